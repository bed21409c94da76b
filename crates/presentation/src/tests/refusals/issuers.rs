//! Whose word it is: chains, roles, standings, the member's own word (SD-JWT VC §3.5, HAIP §6.1.1).

use credentials::types;
use did::ResolveError;
use jose::Signer;
use trust::testing::Flaw;
use trust::{Purpose, Standing};

use super::network::{FOREIGN, Members};
use super::*;

#[tokio::test]
async fn a_chain_that_breaks_a_rule_makes_nobody_an_office() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let key = &members.office.issuing.1;
    for flaw in Flaw::ALL {
        let paper = members.signed(&asked, types::PROFILE, &members.bad_chain(*flaw), key);
        let token = token("profile", paper.compact());
        let case = format!("{flaw:?}");
        let request = || asked.post(&token, asked.text("state"));
        refused(&members.scene, "a", request, "untrusted_issuer", &case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn only_the_offices_issuing_key_signs_a_profile() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let (office, harbour) = (&members.office, &members.harbour);
    let profile = |chain: &trust::CertificateChain, key| members.signed(&asked, types::PROFILE, chain, key);
    let rogue = members.network.party(trust::Role::Office, "did:web:rogue.example.org", "rogue.example.org");
    let by_did = |kid: &str| {
        let paper = profile(&office.issuing.0, &office.issuing.1).header("x5c", Value::Null);
        paper.header("kid", json!(kid)).payload("iss", json!(office.did))
    };
    let abroad = members.abroad.party(trust::Role::Office, &office.did, &office.host);
    let malformed = json!(["not base64 of a certificate!"]);
    let cases = [
        ("a space's leaf", profile(&harbour.issuing.0, &harbour.issuing.1), "untrusted_issuer"),
        ("the office's leaf for requests", profile(&office.request.0, &office.request.1), "untrusted_issuer"),
        (
            "a leaf for requests over the issuing key",
            profile(&members.office_chain(Purpose::RequestSigning), &office.issuing.1),
            "untrusted_issuer",
        ),
        ("a party on no list", profile(&rogue.issuing.0, &rogue.issuing.1), "untrusted_issuer"),
        ("an office of another network", profile(&abroad.issuing.0, &abroad.issuing.1), "untrusted_issuer"),
        (
            "the office's DID without its chain",
            by_did(&format!("{}#issuing", office.did)),
            "untrusted_issuer",
        ),
        (
            "an issuer whose name is not in the leaf",
            profile(&office.issuing.0, &office.issuing.1)
                .payload("iss", json!("https://harbour.example.org")),
            "untrusted_issuer",
        ),
        (
            "a chain beside a DID",
            profile(&office.issuing.0, &office.issuing.1).payload("iss", json!(office.did)),
            "x5c_beside_did",
        ),
        (
            "an address without a chain",
            by_did("x").payload("iss", json!("https://office.example.org")),
            "web_issuer_not_supported",
        ),
        ("no issuer", by_did("x").payload("iss", Value::Null), "no_issuer"),
        ("a key of another DID", by_did("did:web:other.example.org#k"), "bad_kid"),
        (
            "a chain of no certificates",
            profile(&office.issuing.0, &office.issuing.1).header("x5c", malformed),
            "malformed_x5c",
        ),
    ];
    for (case, paper, reason) in cases {
        let token = token("profile", paper.compact());
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn an_office_that_was_put_aside_or_out_signs_nothing_until_it_is_back() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let honest = members.honest(&asked);
    let standings = [(2, Standing::Suspended), (3, Standing::Expelled), (4, Standing::Unknown)];
    for (version, standing) in standings {
        members.office_stands(version, standing);
        let request = || asked.post(&honest, asked.text("state"));
        refused(&members.scene, "a", request, "untrusted_issuer", &format!("{standing:?}")).await;
    }
    members.office_stands(5, Standing::Admitted);
    is_taken(&members.scene, "a", &asked, &honest).await;
}

#[tokio::test]
async fn a_resolver_that_others_keep_busy_refuses_no_honest_member_for_good() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let honest = members.honest(&asked);
    let request = || asked.post(&honest, asked.text("state"));
    for says in [ResolveError::Busy, ResolveError::Unreachable] {
        let case = format!("{says:?}");
        *members.resolver_says.lock().unwrap() = Some(says);
        put_off(&members.scene, "a", request, "temporarily_unavailable", &case).await;
    }
    *members.resolver_says.lock().unwrap() = Some(ResolveError::NotFound);
    refused(&members.scene, "a", request, "untrusted_issuer", "the near miss: there is no such DID").await;
    *members.resolver_says.lock().unwrap() = None;
    is_taken(&members.scene, "a", &asked, &honest).await;
}

#[tokio::test]
async fn the_members_own_word_is_the_members_and_short() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let (now, wallet) = (members.scene.now().seconds(), &members.scene.wallet);
    let did = credentials::issuer_key::did_jwk(wallet.public_jwk());
    let own = || members.own(&asked);
    let (chain, key) = &members.office.issuing;
    let stranger = paper::stranger(&members.scene);
    let other_did = credentials::issuer_key::did_jwk(stranger.public_jwk());
    let mut forged = own();
    forged.signer = &stranger;
    let cases = [
        (
            "own details by the office",
            "own",
            members.signed(&asked, types::OWN, chain, key),
            "wrong_kind_of_issuer",
        ),
        (
            "a profile by the member",
            "profile",
            own().payload("vct", json!(types::PROFILE)),
            "wrong_kind_of_issuer",
        ),
        ("signed by another key", "own", forged, "bad_signature"),
        ("in another's name", "own", own().payload("iss", json!(other_did)), "bad_kid"),
        ("longer than five minutes", "own", own().payload("exp", json!(now + 301)), "lives_too_long"),
        ("without an end", "own", own().payload("exp", Value::Null), "lives_too_long"),
        (
            "from the future",
            "own",
            own().payload("iat", json!(now + 61)).payload("exp", json!(now + 300)),
            "lives_too_long",
        ),
        (
            "a foreign type by the member",
            "foreign",
            own().payload("vct", json!(FOREIGN)),
            "wrong_kind_of_issuer",
        ),
    ];
    assert!(own().header["kid"].as_str().unwrap().starts_with(&did));
    for (case, query, paper, reason) in cases {
        let mut answer = members.honest(&asked);
        answer[query] = json!([paper.compact()]);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, case).await;
    }
    let mut answer = members.honest(&asked);
    answer["own"] = json!([own().compact()]);
    is_taken(&members.scene, "a", &asked, &answer).await;
}

#[tokio::test]
async fn a_foreign_type_is_believed_below_its_own_root_alone() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let abroad =
        members.abroad.party(trust::Role::Office, "did:web:identity.example.net", "identity.example.net");
    let (chain, key) = &abroad.issuing;
    let self_signed = members.abroad.bad_chain(
        Flaw::SelfSigned,
        trust::Role::Office,
        &abroad.did,
        &abroad.host,
        Purpose::CredentialIssuing,
        key,
    );
    let beside = members.abroad.bad_chain(
        Flaw::AuthorityBeside,
        trust::Role::Office,
        &abroad.did,
        &abroad.host,
        Purpose::CredentialIssuing,
        key,
    );
    let (office, office_key) = &members.office.issuing;
    let foreign = |chain: &trust::CertificateChain, key| members.signed(&asked, FOREIGN, chain, key);
    let cases = [
        ("the network's own office", foreign(office, office_key), "untrusted_issuer"),
        ("a self-signed leaf", foreign(&self_signed, key), "untrusted_issuer"),
        ("with an authority that certified nothing in it", foreign(&beside, key), "untrusted_issuer"),
        (
            "a foreign type that nobody trusts",
            foreign(chain, key).payload("vct", json!("https://identity.example.net/other")),
            "untrusted_issuer",
        ),
    ];
    for (case, paper, reason) in cases {
        let mut answer = members.honest(&asked);
        answer["foreign"] = json!([paper.compact()]);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, case).await;
    }
    let mut answer = members.honest(&asked);
    answer["foreign"] = json!([foreign(chain, key).payload("status", Value::Null).compact()]);
    is_taken(&members.scene, "a", &asked, &answer).await;
}
