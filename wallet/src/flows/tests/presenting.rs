mod endings;
mod uses;

use std::collections::BTreeMap;
use std::sync::Mutex;

use credentials::{dcql, types, vc};
use environment::SeededRandomness;
use network::change_proof::{Deed, NewChangeProof};
use network::claims::Audience;
use network::member_api::{ClaimChange, Outcome, WhatToDo};
use serde_json::{Value, json};
use trust::ClaimPath;
use trust::registration::{IntendedUse, LegalBasis, RegisteredClaim};
use trust::testing::NOW;

use super::Picking;
use super::collecting::applied;
use super::stage::{Stage, disclosed, holder_keys, link_by_did, offer, usual_query};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions, ShareProof};
use crate::question::{Choice, Question, Selection, Source};
use crate::records::{DetailName, KeptAnswer, KeptChange, KnownSpace, ProvenChange};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const ALL: ByPreset = ByPreset(Preset::All);

async fn stage_with(configurations: &[&str], copies: usize) -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(copies) };
    stage.wallet.accept_offer(&offer(configurations), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    stage
}

/// Copies for more visits than one batch is for, since its last ones are kept back.
async fn stage_with_two_batches() -> Stage {
    let stage = stage_with(&["profile"], 4).await;
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    stage
}

async fn present(stage: &Stage, consent: &dyn Consent) -> Result<crate::Presented, PresentError> {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), consent).await
}

fn answered_queries(stage: &Stage) -> Vec<String> {
    stage.seen(|seen| disclosed(seen.answers.last().unwrap()).into_iter().map(|(query, ..)| query).collect())
}

#[tokio::test]
async fn only_what_is_needed_is_given_and_the_proof_of_sharing_is_kept() {
    let stage = stage_with(&["profile"], 2).await;
    let presented = present(&stage, &NEEDED).await.unwrap();
    assert_eq!(presented.requested, ["email", "given_name", "bio"]);
    assert_eq!(presented.disclosed, ["email", "given_name"]);
    assert_eq!(presented.sharing_proof, ShareProof::Kept);
    assert_eq!(presented.redirect_uri.as_deref(), Some("http://kiln.localhost/join/phone?response_code=x"));
    assert_eq!(answered_queries(&stage), ["profile", "profile_given_name"]);
    let spaces = stage.wallet.spaces().await.unwrap();
    assert!(spaces[0].given[0].proof.is_some());
    assert_eq!(spaces[0].given[0].claims.len(), 2);
}

#[tokio::test]
async fn an_office_that_was_told_something_is_no_space_that_has_details() {
    let stage = applied(|_| {}).await;
    let seen = async || {
        let spaces = stage.wallet.spaces().await.unwrap();
        spaces.into_iter().map(|one| (one.host.clone(), one.is_office, one.has_details())).collect::<Vec<_>>()
    };
    let office = ("office.localhost".to_owned(), true, false);
    assert_eq!(seen().await, std::slice::from_ref(&office));
    assert!(!stage.wallet.spaces().await.unwrap()[0].held.is_empty(), "it was told something");
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    present(&stage, &NEEDED).await.unwrap();
    assert_eq!(seen().await, [("kiln.localhost".to_owned(), false, true), office]);
}

#[tokio::test]
async fn whether_somebody_is_an_office_is_known_anew_with_each_answer() {
    let stage = stage_with(&["profile"], 4).await;
    present(&stage, &NEEDED).await.unwrap();
    let known = stage.vault.list::<KnownSpace>().await.unwrap().remove(0);
    stage.vault.put(&KnownSpace { is_office: true, ..known }).await.unwrap();
    assert!(!stage.wallet.spaces().await.unwrap()[0].has_details());
    present(&stage, &NEEDED).await.unwrap();
    assert!(stage.wallet.spaces().await.unwrap()[0].has_details());
}

#[tokio::test]
async fn the_question_says_who_asks_and_why_and_who_vouches_for_what() {
    let stage = stage_with(&["profile"], 2).await;
    let looking = Picking(|question: &Question| {
        let asker = &question.asker;
        assert_eq!(asker.name, "kiln.localhost");
        assert_eq!(asker.legal_name.as_deref(), Some("Kiln Coworking Ltd"));
        assert_eq!(asker.admitted_by.as_deref(), Some("Test network"));
        assert_eq!(asker.bound_by, [crate::Binding::Certificate, crate::Binding::Did]);
        let purpose = question.purpose.as_ref().unwrap();
        assert_eq!((purpose.text.as_str(), purpose.kept_days), ("To know who works here", Some(30)));
        let email = &question.groups[0].options[0].answers[0];
        assert_eq!(email.source, Source::CheckedBy("office.localhost".to_owned()));
        assert_eq!(email.claims[0].value.as_deref(), Some("ada@example.org"));
        assert!(email.comes_along.is_empty());
        assert!(question.groups[3].is_terms() && question.asks_for_terms);
        Choice::Refuse
    });
    let error = present(&stage, &looking).await.unwrap_err();
    assert!(matches!(error, PresentError::Declined));
}

#[tokio::test]
async fn a_copy_is_shown_once_and_then_a_clear_sentence_says_so() {
    let stage = stage_with(&["profile"], 3).await;
    present(&stage, &NEEDED).await.unwrap();
    present(&stage, &NEEDED).await.unwrap();
    let keys = stage.seen(|seen| (holder_keys(&seen.answers[0]), holder_keys(&seen.answers[1])));
    assert_eq!(keys.0[0], keys.0[1], "one answer, one key");
    assert_ne!(keys.0[0], keys.1[0], "two answers, two keys");
    let error = present(&stage, &NEEDED).await.unwrap_err();
    assert!(
        matches!(&error, PresentError::NoFreshCopy { types, .. } if types == &[types::PROFILE]),
        "{error:?}"
    );
    assert!(error.to_string().contains("refill"));
}

#[tokio::test]
async fn a_refusal_looks_the_same_whether_the_member_declined_or_has_nothing() {
    let stage = stage_with(&["profile"], 1).await;
    let no = Picking(|_: &Question| Choice::Refuse);
    assert!(matches!(present(&stage, &no).await, Err(PresentError::Declined)));
    let empty = Stage::new().await;
    assert!(matches!(present(&empty, &NEEDED).await, Err(PresentError::CannotBeSatisfied { .. })));
    let empty_handed = Stage::new().await;
    let told = present(&empty_handed, &no).await;
    assert!(matches!(told, Err(PresentError::Declined)), "whoever said no is told so: {told:?}");
    assert_eq!(
        empty_handed.seen(|seen| seen.answers.clone()),
        empty.seen(|seen| seen.answers.clone()),
        "and nobody else learns which it was"
    );
    let history = empty_handed.wallet.history().await.unwrap();
    assert_eq!(history.first().and_then(|entry| entry.not_completed.as_deref()), Some("declined"));
    assert!(stage.wallet.spaces().await.unwrap().is_empty(), "a refusal gives nothing");
    let (one, other) = (stage.seen(|seen| seen.answers.clone()), empty.seen(|seen| seen.answers.clone()));
    assert_eq!(one, other);
    assert_eq!(one[0].get("error").map(String::as_str), Some("access_denied"));
    assert!(!one[0].contains_key("vp_token"));
    let listed = stage.wallet.list().await.unwrap();
    assert_eq!(listed[0].copies_left, 1, "a refusal uses no copy");
}

#[tokio::test]
async fn a_request_without_an_answer_is_told_nothing_and_can_still_be_answered() {
    let stage = Stage::new().await;
    let quit = Picking(|_: &Question| Choice::LeaveOpen);
    let error = present(&stage, &quit).await.unwrap_err();
    let PresentError::CannotBeSatisfied { missing } = &error else { panic!("{error:?}") };
    let names: Vec<&str> =
        missing.iter().flat_map(|answer| &answer.claims).map(|claim| claim.claim.as_str()).collect();
    assert_eq!(names, ["email", "given_name", "given_name"], "checked, or the member's own word");
    assert_eq!(missing[2].types, [types::OWN]);
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    let error = present(&stage, &quit).await.unwrap_err();
    assert_eq!((error.code(), stage.seen(|seen| seen.answers.len())), ("left_open", 0), "nothing was sent");
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("left_open")));
    assert_eq!(present(&stage, &NEEDED).await.unwrap().disclosed, ["email", "given_name"]);
}

#[tokio::test]
async fn usual_is_what_spaces_were_given_and_a_later_no_counts() {
    let stage = stage_with_two_batches().await;
    for name in ["bio", "email"] {
        stage
            .wallet
            .set_own_detail(DetailName::new(name).unwrap(), Value::from("a@b.example"))
            .await
            .unwrap();
    }
    let usual = async || {
        stage.clock.advance(60);
        let seen = Mutex::new(Vec::new());
        let looking = Picking(|question: &Question| {
            seen.lock().unwrap().clone_from(&question.usual);
            Choice::LeaveOpen
        });
        assert_eq!(present(&stage, &looking).await.unwrap_err().code(), "left_open");
        seen.into_inner().unwrap()
    };
    // An office needs what it needs; that is nobody's habit.
    let claims = json!([{"path": ["email"]}]);
    let of_office = json!({"credentials": [
        {"id": "own", "format": vc::TYPE, "meta": {"vct_values": [types::OWN]}, "claims": claims},
    ]});
    stage.set(|behaviour| behaviour.query = Some(of_office));
    stage.wallet.present(&stage.office_link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.query = None);
    assert_eq!(usual().await, Vec::<String>::new());
    present(&stage, &ALL).await.unwrap();
    assert_eq!(usual().await, ["bio", "email", "given_name"]);
    // The bio could have been given and was not.
    present(&stage, &NEEDED).await.unwrap();
    assert_eq!(usual().await, ["email", "given_name"]);
    present(&stage, &ByPreset(Preset::Usual)).await.unwrap();
    assert!(!answered_queries(&stage).contains(&"own_bio".to_owned()));
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    present(&stage, &ALL).await.unwrap();
    assert_eq!(usual().await, ["bio", "email", "given_name"], "a later yes counts as well");
}

#[tokio::test]
async fn what_the_member_does_not_have_is_no_no() {
    let stage = stage_with_two_batches().await;
    let bio = || DetailName::new("bio").unwrap();
    stage.wallet.set_own_detail(bio(), Value::from("Potter")).await.unwrap();
    present(&stage, &ALL).await.unwrap();
    stage.wallet.set_own_detail(bio(), Value::Null).await.unwrap();
    stage.clock.advance(60);
    present(&stage, &ALL).await.unwrap();
    stage.wallet.set_own_detail(bio(), Value::from("Potter")).await.unwrap();
    present(&stage, &ByPreset(Preset::Usual)).await.unwrap();
    assert!(answered_queries(&stage).contains(&"own_bio".to_owned()));
}

#[tokio::test]
async fn a_copy_that_was_shown_counts_until_new_ones_come_and_may_be_looked_at() {
    let stage = stage_with(&["profile"], 4).await;
    assert_eq!(stage.wallet.shown_copy(types::PROFILE).await.unwrap(), None, "none was shown yet");
    present(&stage, &NEEDED).await.unwrap();
    let shown = stage.wallet.shown_copy(types::PROFILE).await.unwrap().unwrap();
    let answer = stage.seen(|seen| seen.answers.last().unwrap()["vp_token"].clone());
    assert!(answer.contains(shown.split('~').next().unwrap()), "the very copy that was shown");
    assert_eq!(stage.wallet.shown_copy(types::PASSPORT).await.unwrap(), None);
    let home = super::stage::offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&home, &AcceptOptions::default(), &NEEDED).await.unwrap();
    let listed = stage.wallet.list().await.unwrap();
    let profile = listed.iter().find(|one| one.vct == types::PROFILE).unwrap();
    assert_eq!((profile.copies_left, profile.copies), (3, 4));
}

#[tokio::test]
async fn own_details_go_under_the_answering_key_and_nothing_else_of_them_shows() {
    let stage = stage_with(&["passport", "profile"], 2).await;
    for (name, value) in [("bio", "Potter"), ("company", "Canary Ltd")] {
        stage.wallet.set_own_detail(DetailName::new(name).unwrap(), Value::from(value)).await.unwrap();
    }
    let presented = present(&stage, &ALL).await.unwrap();
    assert_eq!(presented.disclosed, ["email", "given_name", "bio"]);
    assert_eq!(presented.sharing_proof, ShareProof::Kept);
    let keys = stage.seen(|seen| holder_keys(seen.answers.last().unwrap()));
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]));
    let own = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let (_, vct, disclosures) = own.iter().find(|(query, ..)| query == "own_bio").unwrap();
    assert_eq!((vct.as_str(), disclosures.len()), (types::OWN, 1));
}

#[tokio::test]
async fn terms_go_along_when_the_member_says_something_in_them() {
    let stage = stage_with(&["profile"], 1).await;
    let with_terms = Picking(|question: &Question| {
        let mut selection = Preset::Needed.pick(question).unwrap();
        selection.audiences = BTreeMap::from([("email".to_owned(), Audience::MembersHere)]);
        Choice::Share(selection)
    });
    let presented = present(&stage, &with_terms).await.unwrap();
    assert_eq!(presented.sharing_proof, ShareProof::Kept, "terms are no part of the proof");
    let answer = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let (_, _, terms) = answer.iter().find(|(_, vct, _)| vct == types::TERMS).unwrap();
    assert_eq!(terms.len(), 4);
    let token: Value =
        stage.seen(|seen| serde_json::from_str(&seen.answers.last().unwrap()["vp_token"]).unwrap());
    let presentation = token["terms"][0].as_str().unwrap();
    let verified =
        vc::Unverified::parse(presentation, vc::Types::Current).unwrap().verify_self_issued(NOW, 0).unwrap();
    let verified = verified.presented(vc::Binding::NotRequired).unwrap();
    let query = dcql::Query::parse(&usual_query()).unwrap();
    let answer = dcql::Answer { holder_bound: true, ..verified.as_answer() };
    assert!(
        query.credential("terms").unwrap().check(&answer).is_ok(),
        "also what is not said is there, as null"
    );
    let request = verified.claims()["request"].as_str().unwrap();
    let read = network::terms::Terms::from_claims(verified.claims(), request).unwrap();
    assert_eq!((read.audience("email"), read.until, read.inbox), (Audience::MembersHere, None, None));
    let spaces = stage.wallet.spaces().await.unwrap();
    assert_eq!(spaces[0].given[0].claims[0].audience, Audience::MembersHere);
}

#[tokio::test]
async fn what_is_needed_beyond_registration_is_marked_and_refused() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| {
        let claims = json!([{"path": ["email"]}, {"path": ["birthdate"]}]);
        behaviour.query = Some(json!({"credentials": [
            {"id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]}, "claims": claims},
        ]}));
    });
    let error = present(&stage, &ALL).await.unwrap_err();
    assert!(matches!(error, PresentError::BeyondRegistration), "{error:?}");
    assert!(!stage.seen(|seen| seen.answers[0].contains_key("vp_token")));
    let history = stage.wallet.history().await.unwrap();
    let refused = history.iter().find(|entry| entry.not_completed.is_some()).unwrap();
    assert_eq!(refused.not_completed.as_deref(), Some("beyond_registration"));
    assert_eq!(refused.requested, ["email", "birthdate"]);
    assert!(refused.presented.is_empty());
    // The member may still decide to give it, knowing that.
    let knowing = Picking(|question: &Question| {
        assert!(question.groups[0].options[0].answers[0].claims[1].beyond_registration);
        assert!(!question.groups[0].options[0].answers[0].claims[0].beyond_registration);
        Choice::Share(Selection { picks: vec![Some(0)], ..Selection::default() })
    });
    assert_eq!(present(&stage, &knowing).await.unwrap().disclosed, ["email", "birthdate"]);
}

#[tokio::test]
async fn a_choice_that_could_not_be_accepted_is_not_sent() {
    let stage = stage_with(&["profile"], 1).await;
    let nothing = Picking(|_: &Question| Choice::Share(Selection::default()));
    assert!(matches!(present(&stage, &nothing).await, Err(PresentError::Choice(_))));
    assert!(!stage.seen(|seen| seen.answers[0].contains_key("vp_token")));
}

#[tokio::test]
async fn a_proof_of_sharing_that_lacks_a_claim_is_noticed() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| behaviour.proof_lacks_a_claim = true);
    let presented = present(&stage, &NEEDED).await.unwrap();
    assert!(matches!(presented.sharing_proof, ShareProof::Wrong(_)), "{:?}", presented.sharing_proof);
    assert!(stage.wallet.spaces().await.unwrap()[0].given[0].proof.is_none());
}

#[tokio::test]
async fn an_answer_to_another_host_than_that_of_the_space_is_refused() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| behaviour.response_host = Some("elsewhere.localhost".to_owned()));
    assert!(matches!(present(&stage, &NEEDED).await, Err(PresentError::AnswerElsewhere)));
    assert!(stage.seen(|seen| seen.answers.is_empty()));
}

#[tokio::test]
async fn an_answer_that_is_not_taken_counts_as_given_and_its_copy_as_used() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| behaviour.reply_status = Some(400));
    let error = present(&stage, &NEEDED).await.unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 0);
    assert_eq!(stage.wallet.spaces().await.unwrap()[0].given.len(), 1);
    let history = stage.wallet.history().await.unwrap();
    let entry = history.iter().find(|entry| entry.not_completed.is_some()).unwrap();
    assert_eq!(entry.presented, ["email", "given_name"]);
}

#[tokio::test]
async fn the_member_is_warned_when_another_space_knows_the_same_value() {
    let stage = stage_with(&["profile"], 3).await;
    present(&stage, &NEEDED).await.unwrap();
    let mut elsewhere = stage.vault.list::<KnownSpace>().await.unwrap().remove(0);
    elsewhere.id = "did:web:harbour.localhost".to_owned();
    elsewhere.name = "Harbour".to_owned();
    stage.vault.put(&elsewhere).await.unwrap();
    let mut given = stage.vault.list::<KeptAnswer>().await.unwrap().remove(0);
    given.space.clone_from(&elsewhere.id);
    stage.vault.put(&given).await.unwrap();
    // The asker does not have it any more.
    let own = KeptAnswer::name_of("did:web:kiln.localhost", 0);
    stage.vault.batch().delete::<KeptAnswer>(&own).commit().await.unwrap();
    let looking = Picking(|question: &Question| {
        assert_eq!(question.groups[0].options[0].answers[0].claims[0].also_given_to, ["Harbour"]);
        assert_eq!(question.usual, ["email", "given_name"]);
        Choice::Refuse
    });
    let _ = present(&stage, &looking).await;
    // Taken back there, it is known there no more.
    let changes = vec![ClaimChange { claim: "email".to_owned(), what: WhatToDo::TakeBack }];
    let outcome = Outcome { changes, ..Outcome::default() };
    let new = NewChangeProof { issuer: &elsewhere.id, holder: "h", id: "i", deed: Deed::Changed, outcome };
    let key = jose::SigningKey::generate(jose::Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let proof = new.make(NOW, &SeededRandomness::new(1)).sign("did:web:harbour.localhost#log", &key).unwrap();
    let change = ProvenChange { at: NOW.seconds(), what: "take email back".to_owned(), proof };
    let kept = KeptChange { id: "i".to_owned(), space: elsewhere.id, after: 1, number: 0, change };
    stage.vault.put(&kept).await.unwrap();
    let looking = Picking(|question: &Question| {
        let options = question.groups.iter().flat_map(|group| &group.options);
        let claims = options.flat_map(|option| &option.answers).flat_map(|answer| &answer.claims);
        let known = claims.filter(|claim| !claim.also_given_to.is_empty()).map(|claim| claim.claim.as_str());
        assert_eq!(known.collect::<Vec<_>>(), ["given_name"]);
        Choice::Refuse
    });
    let _ = present(&stage, &looking).await;
}

#[tokio::test]
async fn every_visit_is_written_down_on_its_own() {
    let stage = stage_with_two_batches().await;
    for _ in 0..3 {
        present(&stage, &NEEDED).await.unwrap();
    }
    let spaces = stage.wallet.spaces().await.unwrap();
    assert_eq!((spaces.len(), spaces[0].given.len()), (1, 3));
    assert!(spaces[0].given.iter().all(|given| given.proof.is_some()));
    let kept = stage.vault.list::<KeptAnswer>().await.unwrap();
    assert_eq!(kept.len(), 3, "no record grows with the number of visits");
}

#[tokio::test]
async fn a_request_for_too_much_is_refused_in_the_history_and_uses_no_copy() {
    let stage = stage_with(&["profile"], 1).await;
    let claims = vec![json!({"path": ["email"]}); 129];
    let query = json!({"id": "profile", "format": vc::TYPE, "meta": {"vct_values": [types::PROFILE]}, "claims": claims});
    stage.set(|behaviour| behaviour.query = Some(json!({"credentials": [query]})));
    let error = present(&stage, &NEEDED).await.unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("invalid_request")));
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 1);
    assert!(stage.seen(|seen| seen.answers.is_empty()));
}

#[tokio::test]
async fn the_history_names_claims_and_holds_no_value() {
    let stage = stage_with(&["profile"], 1).await;
    present(&stage, &NEEDED).await.unwrap();
    let text = serde_json::to_string(&stage.wallet.history().await.unwrap()).unwrap();
    assert!(text.contains("email") && text.contains("To know who works here"));
    assert!(!text.contains("ada@example.org") && !text.contains("Ada"));
}

#[tokio::test]
async fn what_an_issuer_bound_to_a_claim_is_shown_to_the_member_before() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| {
        behaviour.query = Some(json!({"credentials": [{
            "id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]},
            "claims": [{"path": ["address", "locality"]}],
        }]}));
    });
    let looking = Picking(|question: &Question| {
        let answer = &question.groups[0].options[0].answers[0];
        assert_eq!(answer.claims[0].value.as_deref(), Some("Leiden"));
        // The office signed the address as one piece.
        assert_eq!(answer.comes_along, [("address.country".to_owned(), "NL".to_owned())]);
        Choice::Share(Selection { picks: vec![Some(0)], ..Selection::default() })
    });
    let presented = present(&stage, &looking).await.unwrap();
    assert_eq!(presented.disclosed, ["address.locality"]);
    assert_eq!(presented.came_along, ["address.country"]);
    let history = stage.wallet.history().await.unwrap();
    let entry = history.iter().find(|entry| entry.requested == ["address.locality"]).unwrap();
    assert_eq!(entry.presented, ["address.locality", "address.country"]);
}

#[tokio::test]
async fn a_proof_of_sharing_without_end_is_not_kept_and_the_answer_is_written_down() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| behaviour.proof_padding = 64 * 1_024);
    let presented = present(&stage, &NEEDED).await.unwrap();
    assert_eq!(presented.sharing_proof, ShareProof::Later);
    let spaces = stage.wallet.spaces().await.unwrap();
    assert_eq!((spaces[0].given.len(), &spaces[0].given[0].proof), (1, &None));
}

#[tokio::test]
async fn a_space_known_by_its_did_is_answered_and_its_did_is_what_binds_the_request() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| behaviour.by_did = true);
    let presented = stage.wallet.present(&link_by_did(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(presented.asker.bound_by, [crate::Binding::Did]);
    assert_eq!(presented.sharing_proof, ShareProof::Kept);
}

#[tokio::test]
async fn a_link_that_names_another_client_than_the_request_is_refused() {
    let stage = stage_with(&["profile"], 1).await;
    // The link names the DID, the request object the certificate.
    let error = stage.wallet.present(&link_by_did(), &PresentOptions::default(), &NEEDED).await.unwrap_err();
    assert!(
        matches!(error, PresentError::Request(openid4vc::vp::request::RequestError::ClientIdDiffers)),
        "{error:?}"
    );
    assert!(stage.seen(|seen| seen.answers.is_empty()));
}

#[tokio::test]
async fn of_two_credentials_that_would_do_the_member_chooses_one() {
    // Of each kind two copies are kept back.
    let stage = stage_with(&["profile"], 3).await;
    // As if another office had given them: of one office the newer word replaces the older.
    for mut copy in stage.vault.list::<crate::records::Copy>().await.unwrap() {
        copy.credentials[0].issuer = "http://other.localhost".to_owned();
        stage.vault.put(&copy).await.unwrap();
    }
    stage.set(|behaviour| {
        behaviour.email = Some("ada@work.example.org".to_owned());
        behaviour.query = Some(json!({"credentials": [{
            "id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]},
            "claims": [{"path": ["email"]}],
        }]}));
    });
    let options = AcceptOptions { tx_code: None, copies: Some(3) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    let work = Picking(|question: &Question| {
        let values = |value: &str| {
            let options = question.groups[0].options.iter();
            options
                .map(|option| &option.answers[0].claims[0])
                .position(|claim| claim.value.as_deref() == Some(value))
        };
        assert_eq!(question.groups[0].options.len(), 2, "copies that say the same are one choice");
        assert!(values("ada@example.org").is_some());
        let picks = vec![Some(values("ada@work.example.org").unwrap())];
        Choice::Share(Selection { picks, ..Selection::default() })
    });
    present(&stage, &work).await.unwrap();
    let answer = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let disclosure = jose::base64url::decode(&answer[0].2[0].1).unwrap();
    assert!(String::from_utf8(disclosure).unwrap().contains("ada@work.example.org"));
}
