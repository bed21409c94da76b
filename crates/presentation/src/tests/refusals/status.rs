//! The status of what was shown (Token Status List §8.3).

use credentials::status_list::{MEDIA_TYPE, Status};

use super::network::Members;
use super::paper::stranger;
use super::*;

/// The honest profile, whose status stands at another address or place.
fn pointing(members: &Members, asked: &Asked, uri: &str, index: u64) -> Value {
    let status = json!({"status_list": {"uri": uri, "idx": index}});
    token("profile", members.profile(asked).payload("status", status).compact())
}

#[tokio::test]
async fn what_was_taken_back_or_cannot_be_told_does_not_count() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let names = [
        "revoked",
        "suspended",
        "forged",
        "moved",
        "elsewhere",
        "old",
        "garbled",
        "gone",
        "text",
        "cwt",
        "typ",
    ];
    // Each at a list of its own.
    let at = |name: &str| network::list_number(names.iter().position(|known| *known == name).unwrap() + 1);
    let (key, other) = (&members.office.issuing.1, stranger(&members.scene));
    let list = |name: &str, status| members.list(&at(name), status, key);
    members.serve(&at("revoked"), &list("revoked", Status::Invalid));
    members.serve(&at("suspended"), &list("suspended", Status::Suspended));
    members.serve(&at("forged"), &members.list(&at("forged"), Status::Valid, &other));
    members.serve(&at("moved"), &list("elsewhere", Status::Valid));
    let until = members.scene.now().minus(60);
    members.serve(&at("old"), &members.list_until(&at("old"), Status::Valid, key, until));
    members.serve(&at("garbled"), "no token");
    members.serve_as(&at("gone"), StatusCode::NOT_FOUND, MEDIA_TYPE, &list("gone", Status::Valid));
    members.serve_as(&at("text"), StatusCode::OK, "text/plain", &list("text", Status::Valid));
    members.serve_as(&at("cwt"), StatusCode::OK, "application/statuslist+cwt", &list("cwt", Status::Valid));
    let another_type = jose::jws::sign(
        serde_json::Map::from_iter([("typ".to_owned(), json!("JWT"))]),
        json!({"sub": at("typ"), "iat": 0, "status_list": {"bits": 1, "lst": "eNpjAAAAAQAB"}})
            .to_string()
            .as_bytes(),
        key,
    );
    members.serve(&at("typ"), &another_type.unwrap());
    let cases = [
        ("revoked", at("revoked"), 3, "revoked"),
        ("suspended", at("suspended"), 3, "suspended"),
        ("a place beyond the end", network::LIST.to_owned(), 16, "status_unknown"),
        ("a list by another key", at("forged"), 3, "status_unknown"),
        ("a list of another address", at("moved"), 3, "status_unknown"),
        ("a list that has expired", at("old"), 3, "status_unknown"),
        ("a list of another typ", at("typ"), 3, "status_unknown"),
        ("a list that is none", at("garbled"), 3, "status_unknown"),
        ("a list that is gone", at("gone"), 3, "status_unknown"),
        ("a list of another media type", at("text"), 3, "status_unknown"),
        ("a list in the other form", at("cwt"), 3, "status_unknown"),
    ];
    for (case, uri, index, reason) in cases {
        let answer = pointing(&members, &asked, &uri, index);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn a_status_that_cannot_be_told_now_does_not_refuse_a_member_for_good() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let silent = network::list_number(13);
    let failing = network::list_number(12);
    members.serve_as(&failing, StatusCode::BAD_GATEWAY, MEDIA_TYPE, "");
    for uri in [&silent, &failing] {
        let answer = pointing(&members, &asked, uri, 3);
        for case in ["asked for", "not asked for again so soon"] {
            let request = || asked.post(&answer, asked.text("state"));
            put_off(&members.scene, "a", request, "status_unknown", case).await;
        }
    }
    members.serve(&silent, &members.list(&silent, Status::Valid, &members.office.issuing.1));
    members.scene.clock.advance(60);
    is_taken(&members.scene, "a", &asked, &pointing(&members, &asked, &silent, 3)).await;
}

#[tokio::test]
async fn nothing_is_fetched_for_a_credential_that_is_refused_anyway() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let expired = members.profile(&asked).payload("exp", json!(members.scene.now().seconds() - 60));
    let status = json!({"status_list": {"uri": network::list_number(13), "idx": 3}});
    let answer = token("profile", expired.payload("status", status).compact());
    let case = "expired, with a list that cannot be had";
    refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), "expired", case).await;
    // A list that could be had, which says that all is well, for credentials that are bad in other ways.
    let (own, known) =
        (network::list_number(12), json!({"status_list": {"uri": network::list_number(12), "idx": 3}}));
    members.serve(&own, &members.list(&own, Status::Valid, &members.office.issuing.1));
    let paper = || members.profile(&asked).payload("status", known.clone());
    let (thief, before) = (stranger(&members.scene), members.scene.now().seconds() - 60);
    let mut stolen = paper();
    stolen.binder = &thief;
    let mut forged = paper();
    forged.signer = &thief;
    let mut withheld = paper();
    withheld.disclosures.clear();
    members.fetched();
    for (case, paper, reason) in [
        ("expired", paper().payload("exp", json!(before)), "expired"),
        ("shown by a thief", stolen, "bad_signature"),
        ("signed by a stranger", forged, "bad_signature"),
        ("for another request", paper().binding("nonce", json!("another")), "stale_nonce"),
        ("without what was asked", withheld, "missing_claims"),
    ] {
        let answer = token("profile", paper.compact());
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, case).await;
        assert_eq!(members.fetched(), Vec::<String>::new(), "{case}");
    }
    is_taken(&members.scene, "a", &asked, &token("profile", paper().compact())).await;
    assert_eq!(members.fetched(), [own], "what nothing else is wrong with is looked up");
    let asked = members.ask("a", true).await;
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn a_status_list_that_not_everybody_shares_is_refused_and_never_fetched() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let here = "https://office.example.org";
    let lists = [
        ("at another host", "https://tracker.example.net/status/2968".to_owned()),
        ("at another party", "https://harbour.example.org/status/2968".to_owned()),
        ("below the issuer's name", "https://status.office.example.org/status/2968".to_owned()),
        ("at another port", "https://office.example.org:8443/status/2968".to_owned()),
        ("without TLS", "http://office.example.org/status/2968".to_owned()),
        ("named for a member", format!("{here}/status/member-4711")),
        ("of a number that is no week", format!("{here}/status/4711")),
        ("of a week before every living copy", format!("{here}/status/2964")),
        ("of a week to come", format!("{here}/status/2969")),
        ("with a query", format!("{here}/status/2968?copy=1")),
        ("with a fragment", format!("{here}/status/2968#1")),
        ("one level deeper", format!("{here}/status/2968/1")),
        ("of a number beyond all lists of a week", format!("{here}/status/2968-4")),
        ("elsewhere at the issuer", format!("{here}/lists/2968")),
        ("an address that is none", "nowhere".to_owned()),
    ];
    members.fetched();
    for (case, uri) in &lists {
        members.serve(uri, &members.list(uri, Status::Valid, &members.office.issuing.1));
        let answer = pointing(&members, &asked, uri, 3);
        let request = || asked.post(&answer, asked.text("state"));
        refused(&members.scene, "a", request, "status_elsewhere", case).await;
    }
    let profile =
        |status: Value| token("profile", members.profile(&asked).payload("status", status).compact());
    for (case, status) in [
        ("no status", Value::Null),
        ("a status of another kind", json!({"other_list": {"idx": 3, "uri": network::LIST}})),
        ("an empty status", json!({})),
    ] {
        let answer = profile(status);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), "missing_status", case)
            .await;
    }
    assert_eq!(members.fetched(), Vec::<String>::new());
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
    assert_eq!(members.fetched(), [network::LIST]);
}

#[tokio::test]
async fn a_space_keeps_to_its_own_lists_and_one_misplaced_list_stops_the_fetch_of_all() {
    let members = Members::new();
    let (chain, key) = &members.harbour.issuing;
    let own = "https://harbour.example.org/status/2967";
    members.serve(own, &members.list(own, Status::Valid, key));
    let asked = members.ask("a", true).await;
    let membership = |status: Value| {
        members.signed(&asked, credentials::types::MEMBERSHIP, chain, key).payload("status", status).compact()
    };
    let with_membership = |status: Value| {
        let mut answer = members.honest(&asked);
        answer["membership"] = json!([membership(status)]);
        answer
    };
    members.fetched();
    for (case, status, reason) in [
        ("at the office", json!({"status_list": {"uri": network::LIST, "idx": 3}}), "status_elsewhere"),
        ("nowhere", Value::Null, "missing_status"),
    ] {
        let answer = with_membership(status);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, case).await;
    }
    assert_eq!(members.fetched(), Vec::<String>::new(), "not even the profile's list");
    let honest = with_membership(json!({"status_list": {"uri": own, "idx": 3}}));
    is_taken(&members.scene, "a", &asked, &honest).await;
}

#[tokio::test]
async fn more_lists_than_an_office_needs_are_not_fetched() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let at = network::list_number;
    let beyond = pointing(&members, &asked, network::LIST, 16);
    let request = || asked.post(&beyond, asked.text("state"));
    refused(&members.scene, "a", request, "status_unknown", "the first list").await;
    for number in 1..12 {
        members.serve(&at(number), &members.list(&at(number), Status::Invalid, &members.office.issuing.1));
        let answer = pointing(&members, &asked, &at(number), 3);
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), "revoked", "one more")
            .await;
    }
    members.fetched();
    for number in [12, 13, 12] {
        let answer = pointing(&members, &asked, &at(number), 3);
        let request = || asked.post(&answer, asked.text("state"));
        refused(&members.scene, "a", request, "too_many_status_lists", "one too many").await;
    }
    // What is known already goes on counting.
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
    assert_eq!(members.fetched(), Vec::<String>::new());
}

#[tokio::test]
async fn a_foreign_type_keeps_the_rules_of_its_standard() {
    let members = Members::new();
    let abroad =
        members.abroad.party(trust::Role::Office, "did:web:identity.example.net", "identity.example.net");
    let (chain, key) = &abroad.issuing;
    let elsewhere = "https://lists.example.com/any/name?of=theirs";
    members.serve(elsewhere, &members.list(elsewhere, Status::Valid, key));
    let century = members.scene.now().seconds() + 100 * 365 * 86_400;
    for (case, status, exp) in [
        ("no status", Value::Null, json!(century)),
        ("another mechanism", json!({"other_list": {}}), Value::Null),
        ("a list at another host", json!({"status_list": {"uri": elsewhere, "idx": 3}}), json!(century)),
    ] {
        let asked = members.ask(case, true).await;
        let foreign = members.signed(&asked, network::FOREIGN, chain, key);
        let foreign = foreign.payload("status", status).payload("exp", exp).payload("country", json!("XX"));
        let mut answer = members.honest(&asked);
        answer["foreign"] = json!([foreign.compact()]);
        is_taken(&members.scene, case, &asked, &answer).await;
    }
    let asked = members.ask("gone", true).await;
    let gone = json!({"status_list": {"uri": "https://lists.example.com/gone", "idx": 3}});
    let mut answer = members.honest(&asked);
    answer["foreign"] =
        json!([members.signed(&asked, network::FOREIGN, chain, key).payload("status", gone).compact()]);
    let request = || asked.post(&answer, asked.text("state"));
    put_off(&members.scene, "gone", request, "status_unknown", "a foreign list that does not come").await;
}
