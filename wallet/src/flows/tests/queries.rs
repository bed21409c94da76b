//! Requests that ask for more than claims of one credential each: several credentials, sets of claims, authorities, no holder
//! binding, transactions; and what a request that breaks a rule makes the wallet say.

use std::sync::{Arc, Mutex};

use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{Decoys, Frame, SdJwt};
use credentials::{types, vc};
use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey, base64url, digest, jws};
use openid4vc::vp::transaction_data::{NewTransaction, TransactionType, TransactionTypes};
use serde_json::{Map, Value, json};
use trust::testing::{NOW, TestNetwork};

use super::stage::{Stage, disclosed, holder_keys, offer};
use crate::consent::{ByPreset, Consent, FaultyRequest, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions};
use crate::question::{Choice, NotSatisfied, Question, Selection};
use crate::records::{Copy, HeldCredential, PrivateKey};
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const DEGREE: &str = "urn:example:degree";

/// Picks the option of that number in every group, and keeps the question.
struct Taking {
    option: usize,
    seen: Mutex<Option<Question>>,
}

impl Taking {
    fn option(option: usize) -> Self {
        Self { option, seen: Mutex::new(None) }
    }

    fn question(&self) -> Question {
        self.seen.lock().unwrap().clone().unwrap()
    }
}

impl Consent for Taking {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        *self.seen.lock().unwrap() = Some(question.clone());
        let picks = question.groups.iter().map(|_| Some(self.option)).collect();
        Box::pin(std::future::ready(Choice::Share(Selection { picks, ..Selection::default() })))
    }
}

async fn present(stage: &Stage, consent: &dyn Consent) -> Result<crate::Presented, PresentError> {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), consent).await
}

/// A degree from outside the network, under a key of its own.
async fn hold_degree(stage: &Stage, seed: u64, subject: &str) {
    let network = TestNetwork::new();
    let party = network.party(trust::Role::Office, "did:web:school.example", "school.example");
    let (chain, key) = &party.issuing;
    let chain: Vec<Vec<u8>> = chain.certificates().map(|one| one.der().to_vec()).collect();
    let randomness = SeededRandomness::new(seed);
    let holder = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let issuing = vc::Issuing {
        vct: DEGREE,
        claims: Map::from_iter([("subject".to_owned(), json!(subject)), ("year".to_owned(), json!(2_020))]),
        frame: Frame::Everything { except: Vec::new() },
        decoys: Decoys::default(),
        holder: Some(holder.public_jwk()),
        issued_at: Some(NOW),
        not_before: None,
        expires: None,
        status: None,
    };
    let credential = HeldCredential {
        vct: DEGREE.to_owned(),
        configuration: "degree".to_owned(),
        label: None,
        issuer: "https://school.example".to_owned(),
        issuer_name: "School".to_owned(),
        issuer_did: None,
        network: None,
        network_id: None,
        expires_at: None,
        revoked: false,
        suspended: false,
        noted: None,
        compact: vc::issue(issuing, SignAs::X5c(&chain), key, &randomness).unwrap(),
    };
    let copy = Copy {
        id: holder.public_jwk().thumbprint_base64url(),
        key: PrivateKey::of(&holder),
        credentials: vec![credential],
        received_at: NOW.seconds() + i64::try_from(seed).unwrap(),
        used_at: None,
    };
    stage.vault.put(&copy).await.unwrap();
}

async fn stage_with_degrees(subjects: &[&str]) -> Stage {
    let stage = Stage::new().await;
    for (seed, subject) in (20..).zip(subjects) {
        hold_degree(&stage, seed, subject).await;
    }
    stage
}

fn degree(members: Value) -> Value {
    let mut query = json!({"id": "degree", "format": vc::TYPE, "meta": {"vct_values": [DEGREE]},
        "claims": [{"path": ["subject"]}]});
    query.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({ "credentials": [query] })
}

/// The values that each way of answering shows.
fn ways(question: &Question) -> Vec<Vec<String>> {
    let shown = |option: &crate::question::Possibility| {
        let claims = option.answers.iter().flat_map(|answer| &answer.claims);
        claims.filter_map(|claim| claim.value.clone()).collect()
    };
    question.groups[0].options.iter().map(shown).collect()
}

#[tokio::test]
async fn a_query_that_takes_several_credentials_is_answered_by_as_many_as_the_member_picks() {
    let stage = stage_with_degrees(&["Music", "Law"]).await;
    stage.set(|behaviour| behaviour.query = Some(degree(json!({"multiple": true}))));
    let both = Taking::option(2);
    present(&stage, &both).await.unwrap();
    assert_eq!(ways(&both.question()), [vec!["Music"], vec!["Law"], vec!["Music", "Law"]]);
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().all(|(query, vct, _)| query == "degree" && vct == DEGREE));
    let keys = stage.seen(|seen| holder_keys(seen.answers.last().unwrap()));
    assert_ne!(keys[0], keys[1], "foreign types keep their own keys");
    // Where it takes one, one is offered at a time.
    let stage = stage_with_degrees(&["Music", "Law"]).await;
    stage.set(|behaviour| behaviour.query = Some(degree(json!({}))));
    let one = Taking::option(1);
    present(&stage, &one).await.unwrap();
    assert_eq!(ways(&one.question()), [vec!["Music"], vec!["Law"]]);
    assert_eq!(stage.seen(|seen| disclosed(seen.answers.last().unwrap()).len()), 1);
}

#[tokio::test]
async fn of_our_types_a_space_gets_several_only_under_one_key() {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(3) };
    for email in ["ada@example.org", "lovelace@example.org"] {
        stage.set(|behaviour| behaviour.email = Some(email.to_owned()));
        stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    }
    let query = json!({"credentials": [{"id": "profile", "format": vc::TYPE, "multiple": true,
        "meta": {"vct_values": [types::PROFILE]}, "claims": [{"path": ["email"]}]}]});
    stage.set(|behaviour| behaviour.query = Some(query));
    let one = Taking::option(0);
    present(&stage, &one).await.unwrap();
    assert!(ways(&one.question()).iter().all(|way| way.len() == 1), "{:?}", ways(&one.question()));
}

#[tokio::test]
async fn the_first_set_of_claims_that_can_be_given_is_shown_and_nothing_beside_it() {
    let stage = stage_with_degrees(&["Music"]).await;
    let claims = json!([
        {"id": "s", "path": ["subject"]}, {"id": "y", "path": ["year"]}, {"id": "g", "path": ["grade"]}
    ]);
    let sets = json!([["g", "s"], ["y"], ["s"]]);
    stage.set(|behaviour| behaviour.query = Some(degree(json!({"claims": claims, "claim_sets": sets}))));
    let taking = Taking::option(0);
    let presented = present(&stage, &taking).await.unwrap();
    assert_eq!(presented.disclosed, ["year"]);
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let names: Vec<&str> = shown[0].2.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["year"]);
}

#[tokio::test]
async fn an_authority_must_be_in_the_chain_and_a_list_of_others_is_none_that_the_wallet_knows() {
    let stage = stage_with_degrees(&["Music"]).await;
    let network = TestNetwork::new();
    let party = network.party(trust::Role::Office, "did:web:school.example", "school.example");
    let own = party.issuing.0.authority_key_identifiers();
    for (authorities, is_there) in [
        (json!([{"type": "aki", "values": ["AQID"]}]), false),
        (json!([{"type": "etsi_tl", "values": ["https://lotl.example"]}]), false),
        (
            json!([{"type": "etsi_tl", "values": ["https://lotl.example"]}, {"type": "aki", "values": own}]),
            true,
        ),
    ] {
        stage.set(|behaviour| behaviour.query = Some(degree(json!({"trusted_authorities": authorities}))));
        let taking = Taking::option(0);
        assert_eq!(present(&stage, &taking).await.is_ok(), is_there, "{authorities}");
        assert_eq!(taking.question().can_be_satisfied(), is_there);
    }
}

#[tokio::test]
async fn without_holder_binding_the_state_binds_and_without_a_state_nobody_is_asked() {
    let stage = stage_with_degrees(&["Music"]).await;
    stage.set(|behaviour| {
        behaviour.query = Some(degree(json!({"require_cryptographic_holder_binding": false})));
    });
    let unasked = Taking::option(0);
    assert_eq!(present(&stage, &unasked).await.unwrap_err().code(), "invalid_request");
    assert!(unasked.seen.lock().unwrap().is_none() && stage.seen(|seen| seen.answers.is_empty()));
    let state = "0123456789abcdefghijkl";
    stage.set(|behaviour| {
        behaviour.bend_request =
            Some(Box::new(move |claims| drop(claims.insert("state".to_owned(), json!(state)))));
    });
    present(&stage, &Taking::option(0)).await.unwrap();
    assert_eq!(stage.seen(|seen| seen.answers.last().unwrap()["state"].clone()), state);
}

mod no_answer {
    use super::*;

    /// A query for a claim with one of these values.
    fn valued(subject: &str) -> Value {
        degree(json!({"claims": [{"path": ["subject"], "values": [subject]}]}))
    }

    struct No;

    impl Consent for No {
        fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
            Box::pin(std::future::ready(Choice::Refuse))
        }
    }

    /// What the space got, and every call that the wallet made to anybody.
    async fn said(stage: &Stage, query: Value) -> (Vec<Vec<(String, String)>>, Vec<String>) {
        stage.set(|behaviour| behaviour.query = Some(query));
        let before = stage.calls().len();
        present(stage, &No).await.unwrap_err();
        let answers =
            stage.seen(|seen| seen.answers.iter().map(|one| one.clone().into_iter().collect()).collect());
        (answers, stage.calls().split_off(before))
    }

    #[tokio::test]
    async fn declined_mismatched_and_not_there_are_the_same_to_the_other_side_in_what_is_said_and_done() {
        let declined = said(&stage_with_degrees(&["Music"]).await, valued("Music")).await;
        let mismatched = said(&stage_with_degrees(&["Music"]).await, valued("Law")).await;
        let nothing = said(&Stage::new().await, valued("Music")).await;
        assert_eq!(declined, mismatched);
        assert_eq!(declined, nothing);
        let (answers, calls) = declined;
        let fields: Vec<(&str, &str)> =
            answers[0].iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("error", "access_denied"), ("state", "state")]);
        assert_eq!(calls.iter().filter(|call| call.contains("/response/")).count(), 1, "{calls:?}");
    }

    #[tokio::test]
    async fn copies_that_are_used_up_are_looked_after_whether_or_not_they_are_asked_for() {
        let calls = async |query: Value| {
            let stage = Stage::new().await;
            let options = AcceptOptions { tx_code: None, copies: Some(1) };
            stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
            stage.set(|behaviour| behaviour.no_refills = true);
            said(&stage, query).await.1
        };
        let profile = json!({"credentials": [{"id": "p", "format": vc::TYPE, "meta": {"vct_values": [types::PROFILE]},
            "claims": [{"path": ["email"]}]}]});
        let of_ours = calls(profile).await;
        let of_others = calls(valued("Music")).await;
        assert_eq!(of_ours, of_others);
    }
}

mod authorising {
    use super::*;

    struct Payment;

    impl TransactionType for Payment {
        fn name(&self) -> &'static str {
            "urn:example:payment"
        }

        fn read(&self, members: &Map<String, Value>) -> Option<String> {
            let cents = members.get("cents")?.as_u64()?;
            (members.len() == 1).then(|| format!("Pay {cents} cents"))
        }
    }

    fn payment(by: &[&str]) -> String {
        let members = Map::from_iter([("cents".to_owned(), json!(700))]);
        NewTransaction { kind: "urn:example:payment", credential_ids: by, algorithms: &[], members: &members }
            .encode()
    }

    async fn stage_that_asks(query: Value, transaction: String) -> Stage {
        let mut stage = stage_with_degrees(&["Music", "Law"]).await;
        stage.wallet = stage.wallet.authorising(TransactionTypes::default().with(Arc::new(Payment)));
        stage.set(|behaviour| {
            behaviour.query = Some(query);
            behaviour.bend_request = Some(Box::new(move |claims| {
                claims.insert("transaction_data".to_owned(), json!([transaction]));
            }));
        });
        stage
    }

    /// The hashes in the key binding of each presentation of the last answer.
    fn signed(stage: &Stage) -> Vec<Value> {
        let answer = stage.seen(|seen| seen.answers.last().unwrap()["vp_token"].clone());
        let token: Value = serde_json::from_str(&answer).unwrap();
        let all = token.as_object().unwrap().values().flat_map(|list| list.as_array().unwrap().clone());
        all.map(|presentation| {
            let parsed = SdJwt::parse(presentation.as_str().unwrap()).unwrap();
            let binding = jws::Unverified::parse(parsed.key_binding_jwt().unwrap()).unwrap();
            binding.claims().unwrap().remove("transaction_data_hashes").unwrap_or_default()
        })
        .collect()
    }

    #[tokio::test]
    async fn what_is_asked_to_be_authorised_is_shown_and_signed_by_one_credential() {
        let transaction = payment(&["degree"]);
        let stage = stage_that_asks(degree(json!({"multiple": true})), transaction.clone()).await;
        let both = Taking::option(2);
        present(&stage, &both).await.unwrap();
        assert_eq!(both.question().authorises[0].says, "Pay 700 cents");
        let hash = base64url::encode(digest::sha256(&transaction));
        assert_eq!(signed(&stage), [json!([hash]), Value::Null], "one of the two, and no other");
    }

    #[tokio::test]
    async fn nobody_signs_what_was_not_read_or_without_what_it_is_signed_with() {
        let stage = stage_that_asks(degree(json!({})), payment(&["degree"])).await;
        // A preset says neither yes nor no to it: it is left open.
        present(&stage, &NEEDED).await.unwrap_err();
        assert!(stage.seen(|seen| seen.answers.is_empty()));
        let mut query = degree(json!({}));
        let own = json!({"id": "own", "format": vc::TYPE, "meta": {"vct_values": [types::OWN]}});
        query["credentials"].as_array_mut().unwrap().push(own);
        query["credential_sets"] =
            json!([{"options": [["own"]]}, {"options": [["degree"]], "required": false}]);
        let stage = stage_that_asks(query, payment(&["degree"])).await;
        struct OwnAlone;
        impl Consent for OwnAlone {
            fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
                let selection = Selection { picks: vec![Some(0), None], ..Selection::default() };
                Box::pin(std::future::ready(Choice::Share(selection)))
            }
        }
        let error = present(&stage, &OwnAlone).await.unwrap_err();
        assert!(matches!(error, PresentError::Choice(NotSatisfied::NotAuthorised)), "{error:?}");
        assert_eq!(stage.seen(|seen| seen.answers[0]["error"].clone()), "access_denied");
    }

    #[tokio::test]
    async fn without_the_type_the_request_is_refused_and_the_member_not_asked() {
        let mut stage = stage_that_asks(degree(json!({})), payment(&["degree"])).await;
        stage.wallet = stage.wallet.authorising(TransactionTypes::default());
        let unasked = Taking::option(0);
        assert_eq!(present(&stage, &unasked).await.unwrap_err().code(), "invalid_transaction_data");
        assert!(unasked.seen.lock().unwrap().is_none());
    }
}

mod telling {
    use super::*;

    /// A member who is asked about no request, and about a faulty one says this.
    struct Saying {
        yes: bool,
        faulty: Mutex<Option<FaultyRequest>>,
    }

    impl Consent for Saying {
        fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
            panic!("the member was asked about a request that is refused")
        }

        fn reports<'a>(&'a self, faulty: &'a FaultyRequest) -> BoxFuture<'a, bool> {
            *self.faulty.lock().unwrap() = Some(faulty.clone());
            Box::pin(std::future::ready(self.yes))
        }
    }

    async fn said(
        stage: &Stage,
        yes: bool,
        name: &'static str,
        value: Value,
    ) -> (Option<FaultyRequest>, Vec<(String, String)>) {
        stage.set(|behaviour| {
            behaviour.answers.clear();
            behaviour.bend_request =
                Some(Box::new(move |claims| drop(claims.insert(name.to_owned(), value.clone()))));
        });
        let saying = Saying { yes, faulty: Mutex::new(None) };
        present(stage, &saying).await.unwrap_err();
        let answers = stage.seen(|seen| seen.answers.clone());
        (saying.faulty.into_inner().unwrap(), answers.into_iter().flatten().collect())
    }

    #[tokio::test]
    async fn whoever_made_a_faulty_request_is_told_its_code_if_the_member_agrees_and_else_nothing() {
        let stage = stage_with_degrees(&["Music"]).await;
        for (name, value, code) in [
            ("redirect_uri", json!("http://kiln.localhost/back"), "invalid_request"),
            ("dcql_query", json!({"credentials": []}), "invalid_request"),
            ("transaction_data", json!(["e30"]), "invalid_transaction_data"),
            (
                "client_metadata",
                json!({"vp_formats_supported": {"mso_mdoc": {}}}),
                "vp_formats_not_supported",
            ),
        ] {
            let (faulty, told) = said(&stage, true, name, value.clone()).await;
            let faulty = faulty.unwrap();
            assert_eq!((faulty.code, faulty.host.as_str()), (code, "kiln.localhost"), "{name}");
            assert!(faulty.asker.contains("kiln") && !faulty.problem.is_empty());
            let told: Vec<(&str, &str)> =
                told.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(told, [("error", code), ("state", "state")], "{name}");
            let (asked, told) = said(&stage, false, name, value).await;
            assert!(asked.is_some() && told.is_empty(), "{name}: no was said");
        }
    }

    #[tokio::test]
    async fn what_is_told_depends_on_nothing_that_the_wallet_holds() {
        let (full, empty) = (stage_with_degrees(&["Music"]).await, Stage::new().await);
        let bad = || degree(json!({"claims": [{"path": ["subject"], "values": [1.5]}]}));
        let (one, other) =
            (said(&full, true, "dcql_query", bad()).await, said(&empty, true, "dcql_query", bad()).await);
        assert_eq!(one, other);
    }

    #[tokio::test]
    async fn a_request_of_nobody_known_or_for_another_host_is_told_to_nobody() {
        let stage = stage_with_degrees(&["Music"]).await;
        for (name, value) in [
            ("aud", json!("https://wallet.example")),
            ("exp", json!(NOW.seconds() - 3_600)),
            ("client_id", json!("x509_hash:another")),
        ] {
            let (asked, told) = said(&stage, true, name, value).await;
            assert!(asked.is_none() && told.is_empty(), "{name}");
        }
        stage.set(|behaviour| behaviour.response_host = Some("elsewhere.localhost".to_owned()));
        let (asked, told) = said(&stage, true, "scope", json!("member")).await;
        assert!(asked.is_none() && told.is_empty(), "the answer would go to another host");
    }
}

#[tokio::test]
async fn a_request_cannot_make_the_wallet_lay_out_ways_without_end() {
    let subjects = ["Music", "Law", "History", "Botany", "Logic", "Rhetoric", "Optics", "Greek", "Maths"];
    let stage = stage_with_degrees(&subjects).await;
    let query = |number: usize| {
        json!({"id": format!("q{number}"), "format": vc::TYPE, "meta": {"vct_values": [DEGREE]},
            "claims": [{"path": ["subject"]}]})
    };
    // Nine degrees for each of so many queries: each further way repeats the answers to all of them.
    let laid_out = async |queries: usize| {
        let asked = json!({"credentials": (0..queries).map(query).collect::<Value>()});
        stage.set(|behaviour| behaviour.query = Some(asked.clone()));
        let first = Taking::option(0);
        present(&stage, &first).await.unwrap();
        let question = first.question();
        let answers: Vec<usize> = question.groups[0].options.iter().map(|way| way.answers.len()).collect();
        assert!(answers.iter().all(|count| *count == queries), "a way answers everything");
        answers.len()
    };
    assert_eq!(laid_out(16).await, 1 + 16 * 8, "the near miss: all of them");
    assert_eq!(laid_out(64).await, 1 + 2_048 / 64);
}
