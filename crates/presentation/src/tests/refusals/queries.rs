//! What is asked beyond one credential for each query: several, sets of claims, values, authorities, no holder binding,
//! transactions. A wallet is relied on for none of it (OpenID4VP §6.4.1, §8.6).

use credentials::dcql::DcqlError;
use credentials::status_list::Status;
use credentials::types;
use jose::{base64url, digest};
use openid4vc::vp::link::RequestUriMethod;
use openid4vc::vp::transaction_data::NewTransaction;
use serde_json::Map;
use trust::Role;

use super::super::scene::{OPEN, claims_of};
use super::network::{FOREIGN, Members};
use super::*;
use crate::{AskError, Asking, ClientIdentifier, SignedBy, Way};

fn asking(subject: &str, query: Value) -> Asking {
    Asking {
        subject: subject.to_owned(),
        query,
        way: Way::NoScreen,
        encrypt: true,
        client: ClientIdentifier::X509Hash,
        method: RequestUriMethod::Get,
        lifetime: OPEN,
    }
}

async fn ask(members: &Members, query: Value, transaction_data: &[String]) -> Asked {
    ask_about(members, "a", query, transaction_data).await
}

async fn ask_about(members: &Members, subject: &str, query: Value, transaction_data: &[String]) -> Asked {
    let asking = asking(subject, query);
    let request = members.scene.replicas[1].ask_to_authorise(asking, &[], transaction_data).await.unwrap();
    let fetched = members.scene.fetch(&request).await;
    assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.text);
    Asked { object: claims_of(&fetched.text), compact: fetched.text, request }
}

/// A query for the given name of a profile, with further members.
fn profile(members: Value) -> Value {
    let mut query = json!({"id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]},
        "claims": [{"path": ["given_name"]}]});
    query.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({ "credentials": [query] })
}

#[tokio::test]
async fn of_several_credentials_for_one_query_each_is_of_its_own_issuer_and_status() {
    let members = Members::new();
    let query = json!({"credentials": [{"id": "foreign", "format": "dc+sd-jwt", "multiple": true,
        "meta": {"vct_values": [FOREIGN]}, "claims": [{"path": ["given_name"]}]}]});
    let asked = ask(&members, query, &[]).await;
    let party = |name: &str| {
        let host = format!("{name}.example.net");
        members.abroad.party(Role::Office, &format!("did:web:{host}"), &host)
    };
    let (one, other) = (party("one"), party("other"));
    let paper = |party: &trust::testing::TestParty, list: &str, serve: Status| {
        members.serve(list, &members.list(list, serve, &party.issuing.1));
        let status = json!({"status_list": {"uri": list, "idx": 3}});
        let (chain, key) = &party.issuing;
        members.signed(&asked, FOREIGN, chain, key).payload("status", status).compact()
    };
    let first = paper(&one, "https://one.example.net/list", Status::Valid);
    let revoked = paper(&other, "https://other.example.net/gone", Status::Invalid);
    let answer = |second: &str| json!({"foreign": [first, second]});
    let request = || asked.post(&answer(&revoked), asked.text("state"));
    refused(&members.scene, "a", request, "revoked", "the second alone is revoked, by its own issuer").await;
    let request = || asked.post(&answer(&first), asked.text("state"));
    refused(&members.scene, "a", request, "same_credential_twice", "one for two").await;
    let second = paper(&other, "https://other.example.net/list", Status::Valid);
    is_taken(&members.scene, "a", &asked, &answer(&second)).await;
    let taken = members.scene.last_answer();
    let signed_by: Vec<&SignedBy> = taken.presented.iter().map(|presented| &presented.signed_by).collect();
    assert_eq!(signed_by.len(), 2);
    assert!(
        matches!(signed_by[..], [SignedBy::Foreign(one), SignedBy::Foreign(other)] if one != other),
        "{signed_by:?}"
    );
}

#[tokio::test]
async fn an_authority_that_was_asked_for_must_have_certified_the_issuer() {
    let members = Members::new();
    let own = members.office.issuing.0.authority_key_identifiers();
    let with = |values: Value| profile(json!({"trusted_authorities": [{"type": "aki", "values": values}]}));
    let elsewhere = ask(&members, with(json!(["AQID"])), &[]).await;
    let answer = members.honest(&elsewhere);
    let request = || elsewhere.post(&answer, elsewhere.text("state"));
    refused(&members.scene, "a", request, "other_authority", "another authority").await;
    let members = Members::new();
    let asked = ask(&members, with(json!(["AQID", own[0]])), &[]).await;
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn an_authority_that_an_issuer_only_put_beside_its_own_chain_is_none_that_was_asked_for() {
    let members = Members::new();
    let school = members.abroad.party(Role::Office, "did:web:school.example.net", "school.example.net");
    let (chain, key) = &school.issuing;
    let beside = members.abroad.bad_chain(
        trust::testing::Flaw::AuthorityBeside,
        Role::Office,
        &school.did,
        &school.host,
        trust::Purpose::CredentialIssuing,
        key,
    );
    let identifiers = |chain: &trust::CertificateChain| chain.authority_key_identifiers();
    let wanted: Vec<String> =
        identifiers(&beside).into_iter().filter(|one| !identifiers(chain).contains(one)).collect();
    assert_eq!(wanted.len(), 1, "the authority beside it names one of its own");
    let query = |values: &[String]| {
        json!({"credentials": [{"id": "foreign", "format": "dc+sd-jwt", "meta": {"vct_values": [FOREIGN]},
            "claims": [{"path": ["given_name"]}],
            "trusted_authorities": [{"type": "aki", "values": values}]}]})
    };
    let shown = |asked: &Asked, chain| {
        let paper = members.signed(asked, FOREIGN, chain, key).payload("status", Value::Null);
        token("foreign", paper.compact())
    };
    let asked = ask(&members, query(&wanted), &[]).await;
    for (chain, reason) in [(&beside, "untrusted_issuer"), (chain, "other_authority")] {
        let answer = shown(&asked, chain);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, reason).await;
    }
    let asked = ask_about(&members, "b", query(&identifiers(chain)), &[]).await;
    is_taken(&members.scene, "b", &asked, &shown(&asked, chain)).await;
}

#[tokio::test]
async fn a_value_or_set_of_claims_that_was_asked_for_is_not_left_to_the_wallet() {
    for (case, query, taken) in [
        ("the value", json!({"claims": [{"path": ["given_name"], "values": ["Ben", "Ada"]}]}), true),
        ("another value", json!({"claims": [{"path": ["given_name"], "values": ["ada"]}]}), false),
        (
            "the second set",
            json!({"claims": [{"id": "e", "path": ["email"]}, {"id": "g", "path": ["given_name"]}], "claim_sets": [["e"], ["g"]]}),
            true,
        ),
        (
            "half of each set",
            json!({"claims": [{"id": "e", "path": ["email"]}, {"id": "g", "path": ["given_name"]}], "claim_sets": [["e"], ["g", "e"]]}),
            false,
        ),
    ] {
        let members = Members::new();
        let asked = ask(&members, profile(query), &[]).await;
        let answer = members.honest(&asked);
        if taken {
            is_taken(&members.scene, "a", &asked, &answer).await;
        } else {
            let request = || asked.post(&answer, asked.text("state"));
            refused(&members.scene, "a", request, "missing_claims", case).await;
        }
    }
}

#[tokio::test]
async fn without_holder_binding_the_state_alone_ties_an_answer_to_its_request() {
    let members = Members::new();
    let query = || profile(json!({"require_cryptographic_holder_binding": false}));
    let asked = ask(&members, query(), &[]).await;
    let again = ask_about(&members, "b", query(), &[]).await;
    assert_ne!(asked.text("state"), again.text("state"), "each request has a state of its own");
    assert!(asked.text("state").len() >= 43, "256 bits");
    let unbound = token("profile", members.profile(&asked).unbound());
    let cut = asked.text("state").split_at(1).1;
    for (case, wrong) in
        [("another", "another-state-of-sufficient-length"), ("a part of it", cut), ("none", "")]
    {
        refused(&members.scene, "a", || asked.post(&unbound, wrong), "wrong_state", case).await;
    }
    is_taken(&members.scene, "a", &asked, &unbound).await;
    assert_eq!(members.scene.last_answer().answering_key, None, "nobody has shown a key");
    // The near miss: the same answer where holder binding is asked for.
    let members = Members::new();
    let asked = ask(&members, profile(json!({})), &[]).await;
    let unbound = token("profile", members.profile(&asked).unbound());
    let request = || asked.post(&unbound, asked.text("state"));
    refused(&members.scene, "a", request, "missing_key_binding", "bound is asked for").await;
}

#[tokio::test]
async fn an_answer_must_authorise_the_transaction_that_was_asked_for() {
    let members = Members::new();
    let payment = |cents: u64| {
        let content = Map::from_iter([("cents".to_owned(), json!(cents))]);
        let kind = "urn:example:payment";
        NewTransaction { kind, credential_ids: &["profile"], algorithms: &[], members: &content }.encode()
    };
    let hash = |transaction: &str| json!(base64url::encode(digest::sha256(transaction)));
    let asked = ask(&members, profile(json!({})), &[payment(700)]).await;
    assert_eq!(asked.object["transaction_data"], json!([payment(700)]));
    let signing = |hashes: Value| {
        let paper = members.profile(&asked).binding("transaction_data_hashes", hashes);
        token("profile", paper.compact())
    };
    for (case, hashes) in [
        ("nothing is signed", Value::Null),
        ("another amount", json!([hash(&payment(7))])),
        ("one more", json!([hash(&payment(700)), hash(&payment(7))])),
        ("the same twice", json!([hash(&payment(700)), hash(&payment(700))])),
        ("no list", hash(&payment(700))),
        ("an empty list", json!([])),
    ] {
        let answer = signing(hashes);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), "not_authorised", case)
            .await;
    }
    is_taken(&members.scene, "a", &asked, &signing(json!([hash(&payment(700))]))).await;
}

#[tokio::test]
async fn nothing_is_asked_that_no_answer_could_be_checked_against() {
    let members = Members::new();
    let list = json!({"type": "etsi_tl", "values": ["https://lotl.example.org"]});
    let twice = json!({"claims": [{"path": ["given_name"]}, {"path": ["given_name"]}]});
    let replica = &members.scene.replicas[0];
    let unchecked = replica.ask(asking("a", profile(json!({"trusted_authorities": [list]})))).await;
    assert!(matches!(unchecked, Err(AskError::Query(DcqlError::UncheckedAuthority(_)))));
    let duplicate = replica.ask(asking("a", profile(twice))).await;
    assert!(matches!(duplicate, Err(AskError::Query(DcqlError::DuplicateClaim { .. }))));
    assert!(members.scene.state("a").await.is_none(), "nothing was stored");
    assert!(replica.ask(asking("a", profile(json!({})))).await.is_ok());
}
