//! From an answer to a sign-up and on: what is kept, what is erased, who decides, what is vouched for.

mod api_keys;
mod brand;
mod directory;
mod doors;
mod ending;
mod exporting;
mod hello;
mod here;
mod importing;
mod inviting;
mod keeping;
mod leaving;
mod limits;
mod member_api;
mod notes;
mod opening;
mod portal;
mod renewing;
mod rules;
mod stage;
mod standing;
mod telling;
mod visiting;
mod working;

use credentials::types;
use issuance::{MintError, Minting, Shown};
use jose::{Signer, VerifyingKey};
use network::claims::Audience;
use network::decision::{DecidedBy, Decision, Outcome};
use network::sharing_proof::{Expected, ProofOfSharing};
use openid4vc::secret::SecretText;
use presentation::{DisclosedClaim, Presented, Receiving, Reply, Settlement, SignedBy, Way};
use serde_json::json;

use crate::deciding::handle_hash;
use crate::members::{Check, MEMBERSHIP, STATEMENT, Vouched};
use crate::records::Asked;
use crate::{Space, SpaceError};
use stage::{CANARIES, REQUEST, Stage, browser};

fn handle(reply: &Reply) -> SecretText {
    let uri = reply.sharing_proof_uri.as_deref().unwrap();
    SecretText::new(uri.strip_prefix("http://kiln.localhost/follow-up/").unwrap())
}

async fn follow_up(
    space: &Space,
    reply: &Reply,
    holder: &str,
) -> Result<network::follow_up::FollowUp, SpaceError> {
    space.follow_up(handle_hash(handle(reply).expose()), holder).await
}

#[tokio::test]
async fn an_answer_becomes_a_member_with_a_sealed_contact_and_a_proof() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let key = stage.key();
    let answer = stage.answer(&asked, key.public_jwk(), Way::NoScreen, None);
    let sent: Vec<(String, String)> = answer
        .presented
        .iter()
        .flat_map(|presented| &presented.disclosed)
        .map(|claim| (claim.path.clone(), jose::base64url::encode(claim.digest)))
        .collect();
    let reply = stage.give(&answer).await.unwrap();
    assert_eq!((&reply.redirect_uri, stage.traces()), (&None, 0), "no value stands in the open");
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), Some("accepted"));

    let holder = key.public_jwk().thumbprint_base64url();
    let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
    let log = VerifyingKey::new(stage.space.identity().log.signer.public_jwk()).unwrap();
    let did = stage.space.identity().did.as_str();
    let expected = Expected { space: did, request: REQUEST, holder: &holder, shared: &sent };
    let proof = ProofOfSharing::verify(&found.sharing_proof.unwrap(), &log, &expected, stage.now()).unwrap();
    let shared: Vec<(&str, Audience)> =
        proof.shared.iter().map(|one| (one.claim.as_str(), one.audience)).collect();
    assert_eq!(shared, [("email", Audience::Team), ("given_name", Audience::Team)]);
    let decision = found.decision.unwrap();
    let decision = Decision::verify(&decision, did, &log, REQUEST, &holder, stage.now()).unwrap();
    assert_eq!((decision.outcome, decision.by), (Outcome::Approved, DecidedBy::Rule));
    assert_eq!(decision.appeal.as_deref(), Some("team@example.org"));
    assert!(found.credential_offer.unwrap().starts_with("openid-credential-offer://"));

    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    let (contact, values) = stage.space.contact(&sign_up.id).await.unwrap();
    let opened: Vec<_> = values.0.iter().map(|kept| kept.value().unwrap()).collect();
    assert_eq!(opened, [json!(CANARIES[0]), json!(CANARIES[1])]);
    assert_eq!((contact.given[0].kept_days, contact.given[1].kept_days), (Some(30), Some(90)));
    let promised: Vec<_> = proof.shared.iter().map(|one| (one.kept_days, one.kept_until)).collect();
    assert_eq!(promised, [(Some(30), None), (Some(90), None)], "the proof says the same");
}

#[tokio::test]
async fn only_the_answering_key_finds_what_follows() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let key = stage.key();
    let reply = stage.give(&stage.answer(&asked, key.public_jwk(), Way::NoScreen, None)).await.unwrap();
    let other = stage.key().public_jwk().thumbprint_base64url();
    let refused = follow_up(&stage.space, &reply, &other).await.unwrap_err();
    let unknown = stage.space.follow_up(handle_hash("unknown"), &other).await.unwrap_err();
    assert_eq!(refused.to_string(), unknown.to_string());
}

#[tokio::test]
async fn terms_say_who_sees_it_and_until_when() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let key = stage.key();
    let terms =
        json!({"request": REQUEST, "audiences": {"given_name": "members-here"}, "until": 1_800_000_000});
    let answer = stage.answer(&asked, key.public_jwk(), Way::NoScreen, Some(terms));
    stage.give(&answer).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    assert_eq!(sign_up.request_hash, REQUEST);
    let contact = stage.space.provenance(&sign_up.id).await.unwrap();
    let seen: Vec<_> = contact.given.iter().map(|one| (one.audience, one.until)).collect();
    assert_eq!(seen, [(Audience::Team, Some(1_800_000_000)), (Audience::MembersHere, Some(1_800_000_000))]);
}

#[tokio::test]
async fn details_that_are_taken_back_within_a_day_are_refused_and_nothing_is_stored() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let before = stage.memory.entries().len();
    let key = stage.key();
    let until = async |seconds: i64| {
        let terms = json!({"request": REQUEST, "until": stage.now().plus(seconds).seconds()});
        stage.give(&stage.answer(&asked, key.public_jwk(), Way::NoScreen, Some(terms))).await.map(drop)
    };
    for seconds in [-86_400, 0, 86_399] {
        assert_eq!(until(seconds).await, Err("until_too_soon"), "{seconds}");
        assert_eq!(stage.memory.entries().len(), before);
    }
    assert_eq!(until(86_400).await, Ok(()));
}

#[tokio::test]
async fn a_device_that_comes_back_late_brings_no_erased_sign_up_back() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let way = Way::SameDevice { session: browser() };
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), way, None)).await.unwrap();
    let settled = stage.space.settle(&asked.id, Settlement::Complete).await.unwrap();
    assert!(stage.holds(settled.as_ref()).await);
    stage.clock.advance(91 * 86_400);
    while stage.space.work().await.unwrap() > 0 {}
    assert!(!stage.holds(settled.as_ref()).await);
    let anew = stage.space.settle(&asked.id, Settlement::Complete).await.unwrap();
    stage.store(anew.as_ref()).await;
    assert!(stage.space.sign_up_for(&asked.id).await.unwrap().is_none());
    assert!(stage.space.members(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn terms_of_another_request_are_refused_and_nothing_is_stored() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let before = stage.memory.entries().len();
    let key = stage.key();
    let terms = json!({"request": "of-another-request"});
    let answer = stage.answer(&asked, key.public_jwk(), Way::NoScreen, Some(terms));
    assert_eq!(stage.give(&answer).await.unwrap_err(), "malformed_presentation");
    assert_eq!(stage.memory.entries().len(), before);
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_detail_comes_by_an_office_or_on_the_members_own_word_and_not_by_both() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let before = stage.memory.entries().len();
    let key = stage.key();
    let claims = json!({"email": "checked@example.org"});
    let checked = Presented {
        signed_by: SignedBy::Office("did:web:office.example.org".to_owned()),
        ..stage.presented("profile_email", types::PROFILE, key.public_jwk(), claims)
    };
    // Both satisfy the question alone: whoever reads one must not take the other's word for it.
    let mut answer = stage.answer(&asked, key.public_jwk(), Way::NoScreen, None);
    answer.presented.push(checked);
    assert_eq!(stage.give(&answer).await.unwrap_err(), "invalid_claim");
    answer.presented.reverse();
    assert_eq!(stage.give(&answer).await.unwrap_err(), "invalid_claim");
    assert_eq!(stage.memory.entries().len(), before);
    answer.presented.retain(|presented| presented.query != "own_email");
    stage.give(&answer).await.unwrap();
}

#[tokio::test]
async fn an_answer_whose_details_say_nothing_or_cannot_be_kept_is_refused_and_nothing_is_stored() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let before = stage.memory.entries().len();
    let key = stage.key();
    let honest = || stage.answer(&asked, key.public_jwk(), Way::NoScreen, None);
    let own = |query: &str, claims| stage.presented(query, types::OWN, key.public_jwk(), claims);
    let invalid = [
        ("own", json!({"given_name": ""})),
        ("own", json!({"given_name": " "})),
        ("own", json!({"given_name": 42})),
        ("own", json!({"given_name": "\u{1b}[2J"})),
        ("own_email", json!({"email": "ada"})),
        ("own_email", json!({"email": null})),
        ("own_company", json!({"company": false})),
        ("profile_email", json!({"email": ["ada@example.org"]})),
    ];
    for (query, claims) in invalid {
        let mut answer = honest();
        let spoiled = own(query, claims.clone());
        match answer.presented.iter_mut().find(|presented| presented.query == query) {
            Some(presented) => *presented = spoiled,
            None => answer.presented.push(spoiled),
        }
        assert_eq!(stage.give(&answer).await.unwrap_err(), "invalid_claim", "{query}: {claims}");
        assert_eq!(stage.memory.entries().len(), before);
    }
    // Not there, there for all to see but not disclosed, and beside a query that means something else.
    let mut withheld = honest();
    withheld.presented.retain(|presented| presented.query != "own");
    let mut undisclosed = honest();
    undisclosed.presented[1].disclosed.clear();
    let mut misplaced = honest();
    misplaced.presented[1].query = "passport".to_owned();
    for answer in [withheld, undisclosed, misplaced] {
        assert_eq!(stage.give(&answer).await.unwrap_err(), "missing_claims");
        assert_eq!(stage.memory.entries().len(), before);
    }
    let mut answer = honest();
    answer.presented.push(own("own_company", json!({"company": ""})));
    stage.give(&answer).await.unwrap();
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), Some("accepted"));
}

#[tokio::test]
async fn a_disclosure_longer_than_its_claim_needs_is_refused_and_nothing_is_stored() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let before = stage.memory.entries().len();
    let key = stage.key();
    let disclosing = |asked: &Asked, presented: usize, texts: Vec<String>| {
        let mut answer = stage.answer(asked, key.public_jwk(), Way::NoScreen, None);
        let disclosed = &mut answer.presented[presented].disclosed;
        let claim = disclosed.pop().unwrap();
        disclosed.extend(texts.into_iter().map(|text| {
            let disclosure = jose::base64url::encode(text);
            let digest = jose::digest::sha256(&disclosure);
            DisclosedClaim { path: claim.path.clone(), disclosure, digest }
        }));
        answer
    };
    let salted =
        |length: usize, claim: &str, value: &str| json!(["s".repeat(length), claim, value]).to_string();
    let name = |length: usize| salted(length, "given_name", CANARIES[1]);
    let blank = format!(r#"["salt",{}"given_name","{}"]"#, " ".repeat(4_000), CANARIES[1]);
    let long = [
        (0, vec![salted(200 << 10, "email", CANARIES[0])]),
        (1, vec![name(200 << 10)]),
        (1, vec![name(4_000)]),
        (1, vec![blank]),
        // Each is short enough, and one claim holds them all.
        (1, (0..5).map(|more| name(800 + more)).collect()),
    ];
    for (presented, texts) in long {
        let answer = disclosing(&asked, presented, texts);
        assert_eq!(stage.give(&answer).await.unwrap_err(), "invalid_claim");
        assert_eq!(stage.memory.entries().len(), before);
    }
    let inbox = json!({"address": "a".repeat(100_000), "key": key.public_jwk().to_value()});
    let terms = json!({"request": REQUEST, "inbox": inbox});
    let answer = stage.answer(&asked, key.public_jwk(), Way::NoScreen, Some(terms));
    assert_eq!(stage.give(&answer).await.unwrap_err(), "invalid_claim", "terms are kept as well");
    // What others signed beside the fields is bounded too.
    let passport = |number: &str| {
        let mut answer = stage.answer(&asked, key.public_jwk(), Way::NoScreen, None);
        answer.presented.push(stage.passport(key.public_jwk(), number, "did:web:office.example.org"));
        answer
    };
    assert_eq!(stage.give(&passport(&"1".repeat(200 << 10))).await.unwrap_err(), "invalid_claim");
    assert_eq!(stage.memory.entries().len(), before);

    let honest = disclosing(&asked, 1, vec![name(64)]);
    stage.give(&honest).await.unwrap();
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), Some("accepted"));
    let asked = stage.space.ask("sign-up").await.unwrap();
    let (value, written) = ("\u{10400}".repeat(200), "\\ud801\\udc00".repeat(200));
    let mut longest =
        disclosing(&asked, 1, vec![format!(r#"["{}","given_name","{written}"]"#, "s".repeat(64))]);
    longest.presented[1].claims.insert("given_name".to_owned(), json!(value));
    stage.give(&longest).await.unwrap();
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), Some("accepted"));
}

#[tokio::test]
async fn an_answer_to_a_request_that_was_forgotten_is_refused() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None);
    stage.clock.advance(crate::asking::REQUEST_LIFETIME + 3_600);
    assert_eq!(stage.give(&answer).await.unwrap_err(), "unknown_request");
    // A request that is open for longer is remembered for longer.
    let asked = stage.space.ask_for("sign-up", 86_400).await.unwrap();
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None);
    stage.clock.advance(86_400 + 3_599);
    assert!(stage.give(&answer).await.is_ok());
}

#[tokio::test]
async fn on_the_same_device_nothing_is_decided_until_the_person_is_back() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let way = Way::SameDevice { session: browser() };
    let key = stage.key();
    let reply = stage.give(&stage.answer(&asked, key.public_jwk(), way, None)).await.unwrap();
    assert_eq!(reply.redirect_uri.as_deref(), Some("http://kiln.localhost/join/return"));
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), None);
    let holder = key.public_jwk().thumbprint_base64url();
    assert!(follow_up(&stage.space, &reply, &holder).await.unwrap().decision.is_none());
    let settled = stage.space.settle(&asked.id, Settlement::Complete).await.unwrap();
    stage.store(settled.as_ref()).await;
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), Some("accepted"));
    assert!(follow_up(&stage.space, &reply, &holder).await.unwrap().decision.is_some());
    assert_eq!(stage.space.members(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_return_in_another_browser_drops_the_values_and_destroys_their_key() {
    let stage = Stage::new();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let keys = stage.sealing_keys();
    let way = Way::SameDevice { session: browser() };
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), way, None)).await.unwrap();
    assert_eq!(stage.sealing_keys(), keys + 1);
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    let settled = stage.space.settle(&asked.id, Settlement::Rejected).await.unwrap();
    stage.store(settled.as_ref()).await;
    assert!(stage.space.sign_up_for(&asked.id).await.unwrap().is_none());
    assert!(matches!(stage.space.contact(&sign_up.id).await, Err(SpaceError::NoSuch("contact"))));
    assert_eq!(stage.space.work().await.unwrap(), 1);
    assert_eq!(stage.sealing_keys(), keys);
    assert!(stage.space.members(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn untyped_digits_leave_the_sign_up_filed() {
    let stage = Stage::new();
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    let way = Way::OtherDevice { session: browser() };
    let reply = stage.give(&stage.answer(&asked, stage.key().public_jwk(), way, None)).await.unwrap();
    assert_eq!(reply.redirect_uri.as_deref(), Some("http://kiln.localhost/join/phone"));
    let settled = stage.space.settle(&asked.id, Settlement::Filed).await.unwrap();
    stage.store(settled.as_ref()).await;
    assert_eq!(stage.space.waiting(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_declined_applicants_data_goes_and_the_reason_is_signed() {
    let stage = Stage::new();
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    let key = stage.key();
    let keys = stage.sealing_keys();
    let reply = stage.give(&stage.answer(&asked, key.public_jwk(), Way::NoScreen, None)).await.unwrap();
    let waiting = stage.space.waiting(10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    let reason = Some("We are full.".to_owned());
    stage.space.decide(&waiting[0].id, Outcome::Declined, reason.clone()).await.unwrap();
    let again = stage.space.decide(&waiting[0].id, Outcome::Approved, None).await;
    assert!(matches!(again, Err(SpaceError::AlreadyDecided)));
    assert_eq!(stage.space.result(&asked.id).await.unwrap(), Some("declined"));
    let holder = key.public_jwk().thumbprint_base64url();
    let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
    let log = VerifyingKey::new(stage.space.identity().log.signer.public_jwk()).unwrap();
    let (did, decision) = (stage.space.identity().did.as_str(), found.decision.unwrap());
    let decision = Decision::verify(&decision, did, &log, REQUEST, &holder, stage.now()).unwrap();
    assert_eq!(
        (decision.outcome, decision.by, decision.reason),
        (Outcome::Declined, DecidedBy::Person, reason)
    );
    assert!(found.credential_offer.is_none());
    assert_eq!(stage.space.work().await.unwrap(), 1);
    assert_eq!(stage.sealing_keys(), keys);
    assert!(stage.space.members(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_form_beyond_the_registration_is_not_asked() {
    let stage = Stage::new();
    let refused = stage.space.ask("beyond").await.unwrap_err();
    assert!(
        matches!(&refused, SpaceError::BeyondRegistration(named) if named == "[\"address\"]"),
        "{refused}"
    );
    assert!(matches!(stage.space.ask("none").await, Err(SpaceError::NoSuchForm(name)) if name == "none"));
    let form = stage.space.forms().await.unwrap()["beyond"].form.clone();
    assert!(stage.space.dangerous_ask_beyond_registration(form).await.is_ok());
}

#[tokio::test]
async fn a_browser_finds_what_it_asked_the_newest_first() {
    let stage = Stage::new();
    let first = stage.asked_on_a_page("sign-up").await;
    stage.clock.advance(1);
    let second = stage.asked_on_a_page("sign-up").await;
    let _ = stage.space.ask("sign-up").await.unwrap();
    let asked = stage.space.asked_at_screen(browser(), 10).await.unwrap();
    let ids: Vec<_> = asked.into_iter().map(|asked| asked.id).collect();
    assert_eq!(ids, [second.id, first.id]);
}

fn vouched() -> Vouched {
    Vouched {
        given_name: CANARIES[1].to_owned(),
        family_name: "Example".to_owned(),
        birthdate: CANARIES[2].to_owned(),
        check: Check::Document,
    }
}

#[tokio::test]
async fn a_statement_is_vouched_for_once_and_then_erased() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    assert_eq!((stage.traces(), stage.sealing_keys()), (0, keys + 1));
    let minted = stage.minting.mint(&sub, STATEMENT).await.unwrap();
    assert_eq!(minted.disclosable["sub"], sub.as_str());
    assert_eq!(minted.disclosable["birthdate"], CANARIES[2]);
    assert_eq!(minted.disclosable["check"], "document");
    assert_eq!(minted.disclosable["checked_on"], "2026-11-25");
    assert_eq!(minted.expires_at.since(minted.issued_at), 14 * 86_400);
    let membership = stage.minting.mint(&sub, MEMBERSHIP).await.unwrap().disclosable;
    assert_eq!((&membership["sub"], &membership["brand"]), (&json!(sub), &json!("Kiln")));
    assert!(!membership.contains_key("given_name"));

    stage.space.statement_issued(&sub).await.unwrap();
    assert_eq!(stage.sealing_keys(), keys);
    assert!(matches!(stage.minting.mint(&sub, STATEMENT).await, Err(MintError::Gone)));
    assert!(stage.minting.mint(&sub, MEMBERSHIP).await.is_ok());
}

#[tokio::test]
async fn an_ended_membership_is_neither_minted_nor_offered() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    assert!(stage.space.membership_offer(&sub, Shown::ToWallet).await.unwrap().is_some());
    stage.space.end_membership(&sub).await.unwrap();
    assert_eq!(stage.sealing_keys(), keys, "what was vouched for is erased, though nobody has fetched it");
    assert_eq!(stage.space.members(10).await.unwrap()[0].statement, None);
    assert!(stage.space.membership_offer(&sub, Shown::ToWallet).await.unwrap().is_none());
    assert!(matches!(stage.minting.mint(&sub, MEMBERSHIP).await, Err(MintError::Gone)));
    assert!(matches!(stage.space.end_membership("nobody").await, Err(SpaceError::NoSuch("member"))));
}
