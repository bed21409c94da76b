//! The rules of an office, over a store in memory.

mod again;
mod approving;
mod bells;
mod budget;
mod hosting;
mod mailbox;
mod moving;
#[expect(dead_code, reason = "the scene serves the tests of the office's routers too")]
mod scene;
mod standing;

use issuer::Person;
use issuer::commands::handle;
use issuer::email::{LinkOutcome, MOST_LINKS, MailAgain, PAUSE};
use issuer::records::{
    Application, Asked, CheckKind, EmailCheck, HostedDid, Passport, PassportStanding, RequestKind, Stage,
};
use issuer::{HostingError, OfficeError};
use jose::Signer;
use network::follow_up::WaitingFor;
use openid4vc::secret::SecretText;
use outbound::mail::MailError;
use presentation::SignedBy;
use scene::{A_DAY, CANARIES, HARBOUR, OFFICE_DID, Scene};
use serde_json::{Value, json};
use store::Range;

async fn only<R: store::Record>(scene: &Scene) -> R {
    let mut all = scene.tenant().list::<R>(Range::all(), 10).await.unwrap().items;
    assert_eq!(all.len(), 1);
    all.pop().unwrap()
}

async fn count<R: store::Record>(scene: &Scene) -> usize {
    scene.tenant().list::<R>(Range::all(), 100).await.unwrap().items.len()
}

#[tokio::test]
async fn an_answer_becomes_an_application_with_sealed_values_and_a_number() {
    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    assert_eq!(scene.traces(), Vec::<String>::new());
    let application: Application = only(&scene).await;
    let passport: Passport = only(&scene).await;
    assert_eq!(application.stage, Stage::AwaitingLinkAndLog);
    assert_eq!(application.number.as_ref(), Some(&passport.number));
    assert!(passport.number.starts_with("HRB1"));
    assert_eq!((passport.did, passport.standing), (None, PassportStanding::Active));
    assert_eq!(passport.checks.len(), 1);
    assert_eq!(passport.checks[0].kind, CheckKind::Document);
    assert_eq!(only::<Asked>(&scene).await.application, Some(application.id.clone()));
    let found = scene.follow_up(&key, &handle).await;
    assert_eq!(found.waiting_for, [WaitingFor::EmailLink, WaitingFor::DidLog]);
    assert_eq!(found.credential_offer, None);
    let hosting = found.did_hosting.unwrap();
    let label = application.label.unwrap();
    assert_eq!(hosting.location, format!("office.localhost%3A8080:{label}"));
    assert_eq!(hosting.upload_uri, format!("http://office.localhost:8080/did-log/{label}"));
    assert_eq!(scene.tenant().list::<store::PendingLeaf>(Range::all(), 10).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn the_proof_of_sharing_names_exactly_what_was_shown() {
    let scene = Scene::new();
    let asked = scene.ask(RequestKind::FirstPassport).await;
    let key = scene.key();
    let answer = scene.first_answer(&asked, key.public_jwk());
    let reply = scene.give(&answer).await.unwrap();
    let handle = SecretText::new(reply.sharing_proof_uri.unwrap().rsplit('/').next().unwrap());
    let proof = scene.follow_up(&key, &handle).await.sharing_proof.unwrap();
    let shared: Vec<(String, String)> = answer
        .presented
        .iter()
        .flat_map(|presented| &presented.disclosed)
        .map(|claim| (claim.path.clone(), jose::base64url::encode(claim.digest)))
        .collect();
    let holder = key.public_jwk().thumbprint_base64url();
    let expected = network::sharing_proof::Expected {
        space: OFFICE_DID,
        request: "hash",
        holder: &holder,
        shared: &shared,
    };
    let log_key = jose::VerifyingKey::new(scene.identity.log.signer.public_jwk()).unwrap();
    let now = scene.now();
    let checked = network::sharing_proof::ProofOfSharing::verify(&proof, &log_key, &expected, now).unwrap();
    assert_eq!(checked.shared[0].kept_until, Some(now.plus(A_DAY).seconds()));
    let fewer = network::sharing_proof::Expected { shared: &shared[1..], ..expected };
    assert!(network::sharing_proof::ProofOfSharing::verify(&proof, &log_key, &fewer, now).is_err());
}

#[tokio::test]
async fn papers_that_do_not_belong_together_are_refused_and_nothing_is_kept() {
    type Spoil = fn(&Scene, &mut presentation::Answer);
    let cases: [(&str, &str, Spoil); 14] = [
        ("statement of another space", "untrusted_issuer", |_, answer| {
            answer.presented[1].signed_by = SignedBy::Space("did:webvh:QmOther:kiln.localhost".to_owned());
        }),
        ("membership by an office", "untrusted_issuer", |_, answer| {
            for presented in &mut answer.presented[..2] {
                presented.signed_by = SignedBy::Office(OFFICE_DID.to_owned());
            }
        }),
        ("own details by a space", "untrusted_issuer", |_, answer| {
            answer.presented[2].signed_by = SignedBy::Space(HARBOUR.to_owned());
        }),
        ("another space named", "malformed_presentation", |_, answer| {
            answer.presented[0].claims.insert("space".to_owned(), json!("did:web:kiln.localhost"));
        }),
        ("another member", "malformed_presentation", |_, answer| {
            answer.presented[1].claims.insert("sub".to_owned(), json!("m-2"));
        }),
        ("expired membership", "expired", |scene, answer| {
            let key = answer.answering_key.clone().unwrap();
            let now = scene.now();
            scene.dated(&mut answer.presented[0], &key, now.minus(20 * A_DAY), now);
        }),
        ("expired statement", "expired", |scene, answer| {
            let key = answer.answering_key.clone().unwrap();
            let now = scene.now();
            scene.dated(&mut answer.presented[1], &key, now.minus(20 * A_DAY), now.minus(1));
        }),
        ("statement of another key", "different_keys", |scene, answer| {
            let (other, now) = (scene.key().public_jwk().clone(), scene.now());
            scene.dated(&mut answer.presented[1], &other, now, now.plus(60));
        }),
        ("own details of another key", "different_keys", |scene, answer| {
            let (other, now) = (scene.key().public_jwk().clone(), scene.now());
            scene.dated(&mut answer.presented[2], &other, now, now.plus(60));
        }),
        ("no own details", "missing_claims", |_, answer| drop(answer.presented.pop())),
        ("no birthdate", "missing_claims", |_, answer| {
            drop(answer.presented[1].claims.remove("birthdate"));
        }),
        ("no mail address", "malformed_presentation", |_, answer| {
            answer.presented[2].claims.insert("email".to_owned(), json!("nobody"));
        }),
        ("a check to come", "malformed_presentation", |_, answer| {
            answer.presented[1].claims.insert("checked_on".to_owned(), json!("2026-11-26"));
        }),
        ("an unknown check", "malformed_presentation", |_, answer| {
            answer.presented[1].claims.insert("check".to_owned(), json!("hearsay"));
        }),
    ];
    let scene = Scene::new();
    let asked = scene.ask(RequestKind::FirstPassport).await;
    let before = scene.memory.entries();
    let key = scene.key();
    for (name, code, spoil) in cases {
        let mut answer = scene.first_answer(&asked, key.public_jwk());
        spoil(&scene, &mut answer);
        assert_eq!(scene.give(&answer).await, Err(code), "{name}");
    }
    assert_eq!(scene.memory.entries(), before);
    let unknown = Asked { id: "other".to_owned(), ..asked.clone() };
    assert_eq!(scene.give(&scene.first_answer(&unknown, key.public_jwk())).await, Err("unknown_request"));
    assert!(scene.give(&scene.first_answer(&asked, key.public_jwk())).await.is_ok());
}

#[tokio::test]
async fn one_membership_is_brought_five_times_a_day_and_no_more() {
    let scene = Scene::new();
    let key = scene.key();
    let give = async || {
        let asked = scene.ask(RequestKind::FirstPassport).await;
        scene.give(&scene.first_answer(&asked, key.public_jwk())).await.map(drop)
    };
    for _ in 0..issuer::budget::MOST_APPLICATIONS {
        assert_eq!(give().await, Ok(()));
    }
    assert_eq!(give().await, Err("too_many"));
    let asked = scene.ask(RequestKind::FirstPassport).await;
    let mut other = scene.first_answer(&asked, key.public_jwk());
    for presented in &mut other.presented[..2] {
        presented.claims.insert("sub".to_owned(), json!("m-2"));
    }
    assert!(scene.give(&other).await.is_ok());
    scene.clock.advance(A_DAY);
    assert_eq!(give().await, Ok(()));
}

#[tokio::test]
async fn a_value_in_the_open_would_be_found() {
    let scene = Scene::new();
    scene.applied().await;
    let (key, mut value) = scene.memory.entries().remove(0);
    value.extend_from_slice(CANARIES[3].as_bytes());
    scene.memory.dangerous_overwrite(&key, value);
    assert_eq!(scene.traces().len(), 1);
}

#[tokio::test]
async fn link_and_log_may_come_in_either_order_and_then_there_is_an_offer() {
    let scene = Scene::new();
    let (key, handle, did) = scene.ready().await;
    let found = scene.follow_up(&key, &handle).await;
    assert_eq!((found.waiting_for.len(), found.did_hosting), (0, None));
    assert!(found.credential_offer.unwrap().starts_with("openid-credential-offer://"));
    assert_eq!(only::<Passport>(&scene).await.did, Some(did));
    assert!(scene.traces().is_empty());

    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    let label = scene.label(&key, &handle).await;
    let (created, _) = scene.member_did("office.localhost", &label, true);
    let holder = key.public_jwk().thumbprint_base64url();
    scene.office().put_log(&label, &holder, created.text.as_bytes()).await.unwrap();
    assert_eq!(scene.follow_up(&key, &handle).await.waiting_for, [WaitingFor::EmailLink]);
    scene.work().await;
    assert_eq!(scene.office().confirm_email(&scene.token(), None).await.unwrap(), LinkOutcome::Confirmed);
    assert!(scene.follow_up(&key, &handle).await.credential_offer.is_some());
    let kinds: Vec<CheckKind> =
        only::<Passport>(&scene).await.checks.iter().map(|check| check.kind).collect();
    assert_eq!(kinds, [CheckKind::Document, CheckKind::EmailLink]);
}

#[tokio::test]
async fn the_follow_up_is_for_the_answering_key_alone() {
    let scene = Scene::new();
    let (_, handle) = scene.applied().await;
    let other = scene.key().public_jwk().thumbprint_base64url();
    let refused = scene.office().follow_up(handle.hash(), &other).await;
    assert!(matches!(refused, Err(OfficeError::NoSuch("answer"))));
    let refused = scene.office().follow_up(SecretText::new("other").hash(), &other).await;
    assert!(matches!(refused, Err(OfficeError::NoSuch("answer"))));
}

#[tokio::test]
async fn a_link_works_once_and_for_one_day_and_looking_uses_nothing_up() {
    let scene = Scene::new();
    scene.applied().await;
    scene.work().await;
    assert_eq!(scene.mails.mails().len(), 1);
    let mail = &scene.mails.mails()[0];
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (CANARIES[3], "es: confirm"));
    let token = scene.token();
    for _ in 0..2 {
        assert!(scene.office().is_link_open(&token).await.unwrap());
    }
    assert_eq!(scene.office().confirm_email(&token, None).await.unwrap(), LinkOutcome::Confirmed);
    assert!(!scene.office().is_link_open(&token).await.unwrap());
    assert_eq!(scene.office().confirm_email(&token, None).await.unwrap(), LinkOutcome::UsedUp);
    let never = SecretText::new("never");
    assert_eq!(scene.office().confirm_email(&never, None).await.unwrap(), LinkOutcome::UsedUp);

    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    scene.work().await;
    scene.clock.advance(A_DAY);
    assert_eq!(scene.office().confirm_email(&scene.token(), None).await.unwrap(), LinkOutcome::Expired);
    let found = scene.follow_up(&key, &handle).await;
    assert_eq!((found.waiting_for.len(), found.did_hosting, found.credential_offer), (0, None, None));
    assert!(found.sharing_proof.is_some());
}

#[tokio::test]
async fn a_mail_is_tried_again_when_the_server_says_later_and_given_up_when_it_says_never() {
    let scene = Scene::new();
    scene.applied().await;
    scene.mails.refuse_next(MailError::Later { code: 451 });
    scene.work().await;
    assert_eq!(scene.mails.mails().len(), 0);
    scene.clock.advance(2);
    scene.work().await;
    assert_eq!(scene.mails.mails().len(), 1);

    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    scene.mails.refuse_next(MailError::Refused { code: 550 });
    scene.work().await;
    scene.clock.advance(3_600);
    scene.work().await;
    assert_eq!(scene.mails.mails().len(), 0);
    // The same to the outside as an address that is known.
    let waiting = scene.follow_up(&key, &handle).await.waiting_for;
    assert_eq!(waiting, [WaitingFor::EmailLink, WaitingFor::DidLog]);
}

#[tokio::test]
async fn a_mail_that_got_lost_is_sent_again_with_a_link_that_replaces_the_earlier_one() {
    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    scene.work().await;
    let lost = scene.token();
    let asked: Asked = only(&scene).await;
    scene.clock.advance(PAUSE);
    assert!(scene.office().may_mail_again(&asked).await.unwrap());
    assert_eq!(scene.office().mail_again(&asked).await.unwrap(), MailAgain::Sent);
    // The earlier link counts no more as soon as that is said, whether or not the mail has gone out.
    assert_eq!(scene.office().confirm_email(&lost, None).await.unwrap(), LinkOutcome::UsedUp);
    assert_eq!(scene.mails.mails().len(), 1);
    scene.work().await;
    let mails = scene.mails.mails();
    assert_eq!(
        (mails.len(), mails[1].to.as_str(), mails[1].subject.as_str()),
        (2, CANARIES[3], "es: confirm")
    );
    let found = scene.token();
    assert_ne!(found.expose(), lost.expose());
    assert!(!scene.office().is_link_open(&lost).await.unwrap());
    assert!(scene.office().is_link_open(&found).await.unwrap());
    assert_eq!(count::<EmailCheck>(&scene).await, 1);
    assert_eq!(scene.traces(), Vec::<String>::new());
    assert_eq!(scene.office().confirm_email(&found, None).await.unwrap(), LinkOutcome::Confirmed);
    assert_eq!(scene.follow_up(&key, &handle).await.waiting_for, [WaitingFor::DidLog]);
}

#[tokio::test]
async fn a_mail_that_has_not_gone_out_yet_goes_out_with_the_link_that_counts() {
    let scene = Scene::new();
    scene.applied().await;
    scene.mails.refuse_next(MailError::Later { code: 451 });
    scene.work().await;
    scene.clock.advance(PAUSE);
    assert_eq!(scene.office().mail_again(&only::<Asked>(&scene).await).await.unwrap(), MailAgain::Sent);
    scene.work().await;
    assert!(!scene.mails.mails().is_empty());
    for mail in scene.mails.mails() {
        let token = SecretText::new(mail.text.rsplit("/email/").next().unwrap());
        assert!(scene.office().is_link_open(&token).await.unwrap(), "a link that never worked was mailed");
    }
}

#[tokio::test]
async fn mails_of_one_answer_are_few_and_a_minute_apart() {
    let scene = Scene::new();
    scene.applied().await;
    let asked: Asked = only(&scene).await;
    let again = async || scene.office().mail_again(&asked).await.unwrap();
    for _ in 1..MOST_LINKS {
        scene.work().await;
        let sent = scene.mails.mails().len();
        scene.clock.advance(PAUSE - 1);
        assert_eq!(again().await, MailAgain::TooSoon);
        scene.clock.advance(1);
        assert_eq!(again().await, MailAgain::Sent);
        assert_ne!(again().await, MailAgain::Sent);
        scene.work().await;
        assert_eq!(scene.mails.mails().len(), sent + 1);
    }
    assert!(!scene.office().may_mail_again(&asked).await.unwrap());
    scene.clock.advance(PAUSE);
    assert_eq!(again().await, MailAgain::TooOften);
    scene.work().await;
    assert_eq!(scene.mails.mails().len(), usize::try_from(MOST_LINKS).unwrap());
    // What was refused has changed nothing: the last link still works.
    assert_eq!(scene.office().confirm_email(&scene.token(), None).await.unwrap(), LinkOutcome::Confirmed);
}

#[tokio::test]
async fn no_mail_is_sent_again_where_no_link_is_waited_for() {
    let scene = Scene::new();
    let open = scene.ask(RequestKind::FirstPassport).await;
    assert_eq!(scene.office().mail_again(&open).await.unwrap(), MailAgain::NotAwaited, "nobody has answered");
    let scene = Scene::new();
    scene.applied().await;
    scene.work().await;
    let asked: Asked = only(&scene).await;
    scene.clock.advance(PAUSE);
    scene.office().confirm_email(&scene.token(), None).await.unwrap();
    assert!(!scene.office().may_mail_again(&asked).await.unwrap());
    assert_eq!(scene.office().mail_again(&asked).await.unwrap(), MailAgain::NotAwaited, "confirmed");

    for worked in [false, true] {
        let scene = Scene::new();
        scene.applied().await;
        scene.work().await;
        let asked: Asked = only(&scene).await;
        scene.clock.advance(A_DAY + if worked { 60 } else { 0 });
        if worked {
            scene.work().await;
        }
        assert_eq!(scene.office().mail_again(&asked).await.unwrap(), MailAgain::NotAwaited, "time is up");
        scene.work().await;
        assert_eq!(scene.mails.mails().len(), 1);
    }
}

#[tokio::test]
async fn of_two_wishes_at_once_one_is_granted() {
    let scene = Scene::new();
    scene.applied().await;
    scene.work().await;
    let asked: Asked = only(&scene).await;
    scene.clock.advance(PAUSE);
    let (one, other) = (scene.office(), scene.office());
    let (one, other) = tokio::join!(one.mail_again(&asked), other.mail_again(&asked));
    let mut outcomes = [one.unwrap(), other.unwrap()];
    outcomes.sort_by_key(|outcome| *outcome != MailAgain::Sent);
    assert_eq!(outcomes[0], MailAgain::Sent);
    assert!(matches!(outcomes[1], MailAgain::NotAwaited | MailAgain::TooSoon), "{outcomes:?}");
    scene.work().await;
    assert_eq!(scene.mails.mails().len(), 2);
    assert!(scene.office().is_link_open(&scene.token()).await.unwrap());
}

#[tokio::test]
async fn only_the_log_for_the_reserved_place_by_the_answering_key_is_taken() {
    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    let label = scene.label(&key, &handle).await;
    let holder = key.public_jwk().thumbprint_base64url();
    let other = scene.key().public_jwk().thumbprint_base64url();
    let office = scene.office();
    let (good, mut log_key) = scene.member_did("office.localhost", &label, true);
    let put =
        async |label: &str, holder: &str, log: &str| office.put_log(label, holder, log.as_bytes()).await;
    assert!(matches!(put(&label, &other, &good.text).await, Err(HostingError::NoSuch)));
    assert!(matches!(put("elsewhere", &holder, &good.text).await, Err(HostingError::NoSuch)));
    let (elsewhere, _) = scene.member_did("office.localhost", "elsewhere", true);
    assert!(matches!(put(&label, &holder, &elsewhere.text).await, Err(HostingError::OtherPlace)));
    let (other_host, _) = scene.member_did("kiln.localhost", &label, true);
    assert!(matches!(put(&label, &holder, &other_host.text).await, Err(HostingError::OtherPlace)));
    let (fixed, _) = scene.member_did("office.localhost", &label, false);
    assert!(matches!(put(&label, &holder, &fixed.text).await, Err(HostingError::NotPortable)));
    let broken = good.text.replace("assertionMethod", "authentication");
    assert!(matches!(put(&label, &holder, &broken).await, Err(HostingError::Log(_))));
    assert!(matches!(put(&label, &holder, "").await, Err(HostingError::Log(_))));
    let long = "x".repeat(issuer::hosting::LONGEST_LOG + 1);
    assert!(matches!(put(&label, &holder, &long).await, Err(HostingError::TooLarge)));
    let mut log = good.log.clone();
    let given_up = did::webvh::Update { deactivate: true, ..Default::default() };
    let last = log.append(&given_up, &log_key, scene.now().plus(1)).unwrap();
    let ended = format!("{}{last}", good.text);
    assert!(matches!(put(&label, &holder, &ended).await, Err(HostingError::Deactivated)));
    assert_eq!(office.log(&label).await.unwrap(), None);
    assert_eq!(only::<Application>(&scene).await.stage, Stage::AwaitingLinkAndLog);

    put(&label, &holder, good.text.trim_end()).await.unwrap();
    assert_eq!(office.log(&label).await.unwrap().as_deref(), Some(good.text.as_str()));
    log_key = log_key.with_kid("unused");
    let mut log = good.log.clone();
    let update = did::webvh::Update { ttl: Some(60), ..Default::default() };
    let line = log.append(&update, &log_key, scene.now().plus(1)).unwrap();
    let longer = format!("{}{line}", good.text);
    put(&label, &holder, &longer).await.unwrap();
    for again in [&good.text, &longer] {
        put(&label, &holder, again).await.unwrap();
        assert_eq!(office.log(&label).await.unwrap().as_ref(), Some(&longer));
    }
    let (second, _) = scene.member_did("office.localhost", &label, true);
    assert!(matches!(put(&label, &holder, &second.text).await, Err(HostingError::OtherLog)));
    assert_eq!(office.log(&label).await.unwrap(), Some(longer));
    assert_eq!(only::<Passport>(&scene).await.did.as_deref(), Some(good.did.as_str()));
}

#[tokio::test]
async fn what_nobody_fetches_in_a_day_is_erased_with_number_and_place() {
    let scene = Scene::new();
    scene.ready().await;
    assert_eq!(scene.sealing_keys(), 1);
    scene.clock.advance(A_DAY + 59);
    scene.work().await;
    assert_eq!(scene.sealing_keys(), 1);
    scene.clock.advance(1);
    scene.work().await;
    assert_eq!(scene.sealing_keys(), 0);
    let application: Application = only(&scene).await;
    assert_eq!((application.stage, application.values), (Stage::Ended, None));
    assert_eq!((application.number, application.label), (None, None));
    assert_eq!((count::<Passport>(&scene).await, count::<HostedDid>(&scene).await), (0, 0));
    // A job that runs again does no harm.
    scene.office().erase_expired(&application.id).await.unwrap();
    scene.office().erase_issued(&application.id).await.unwrap();
    assert_eq!(only::<Application>(&scene).await.stage, Stage::Ended);
}

#[tokio::test]
async fn a_passport_is_refilled_by_its_holder_with_a_fresh_membership_alone() {
    let scene = Scene::new();
    let (_, _, did) = scene.ready().await;
    let number = only::<Passport>(&scene).await.number;
    let key = scene.key();
    let asked = scene.ask(RequestKind::RefillPassport).await;
    let good = || scene.passport_answer(&asked, key.public_jwk(), &number, &did);
    let refused = async |answer: &presentation::Answer| scene.give(answer).await.unwrap_err();

    let mut answer = good();
    answer.presented[0].signed_by = SignedBy::Office("did:web:other-office.localhost".to_owned());
    assert_eq!(refused(&answer).await, "untrusted_issuer");
    answer = good();
    answer.presented[1].signed_by = SignedBy::Office(OFFICE_DID.to_owned());
    assert_eq!(refused(&answer).await, "untrusted_issuer");
    answer = good();
    let (other, now) = (scene.key().public_jwk().clone(), scene.now());
    scene.dated(&mut answer.presented[1], &other, now.minus(14 * A_DAY + 1), now.plus(60));
    assert_eq!(refused(&answer).await, "expired");
    assert_eq!(
        refused(&scene.passport_answer(&asked, key.public_jwk(), &number, "did:web:other")).await,
        "revoked"
    );
    assert_eq!(
        refused(&scene.passport_answer(&asked, key.public_jwk(), "HRB100000000", &did)).await,
        "revoked"
    );

    let reply = scene.give(&good()).await.unwrap();
    assert!(reply.credential_offer.unwrap().starts_with("openid-credential-offer://"));
    assert!(reply.sharing_proof_uri.is_some());
    for (_, value) in scene.memory.entries() {
        let text = String::from_utf8_lossy(&value);
        assert!(!text.contains(HARBOUR) && !text.contains("m-1"), "space and sub are not kept");
    }

    let parsed = did::number::PassportNumber::parse(&number).unwrap();
    let set = async |standing| scene.office().set_standing(&parsed, standing).await;
    set(PassportStanding::Suspended).await.unwrap();
    assert_eq!(refused(&good()).await, "revoked");
    set(PassportStanding::Active).await.unwrap();
    assert!(scene.give(&good()).await.is_ok());
    set(PassportStanding::Replaced).await.unwrap();
    assert_eq!(refused(&good()).await, "revoked");
    assert!(set(PassportStanding::Active).await.is_err(), "for ever");
    assert_eq!(refused(&good()).await, "revoked");
}

#[tokio::test]
async fn the_desk_offers_to_whom_it_names_and_else_to_the_test_member() {
    let scene = Scene::new();
    let office = scene.office();
    let named = json!({"command": "issuer.offer", "given_name": "Ben", "family_name": "Example",
        "birthdate": "1985-06-07", "email": "ben@example.org", "tx_code": true, "seconds": 60});
    let answer = handle(&office, named).await.unwrap();
    assert!(answer["offer"].as_str().unwrap().starts_with("openid-credential-offer://?credential_offer="));
    assert!(answer["offer_uri"].as_str().unwrap().contains("credential_offer_uri="));
    assert_eq!(answer["tx_code"].as_str().unwrap().len(), 6);
    let answer = handle(&office, json!({"command": "issuer.offer"})).await.unwrap();
    assert_eq!(answer["tx_code"], Value::Null);
    assert!(scene.traces().is_empty());
    let nobody = scene.office_with(None);
    let refusal = handle(&nobody, json!({"command": "issuer.offer"})).await.unwrap_err();
    assert_eq!(refusal, OfficeError::NobodyNamed.to_string());
    for (request, part) in [
        (json!({"command": "issuer.offer", "given_name": "Ben"}), "whole person"),
        (json!({"command": "issuer.offer", "seconds": "x"}), "does not know"),
        (json!({"command": "issuer.offer", "surname": "x"}), "does not know"),
        (json!({"command": "verifier.offer"}), "does not know"),
        (json!({"command": "issuer.suspend", "number": "HRB1"}), "13 symbols"),
    ] {
        let refusal = handle(&office, request).await.unwrap_err();
        assert!(refusal.contains(part), "{refusal}");
    }
    assert!(issuer::commands::is_for_office(&json!({"command": "issuer.offer"})));
    assert!(!issuer::commands::is_for_office(&json!({"command": "verifier.request"})));
}

#[tokio::test]
async fn what_the_desk_took_in_is_erased_when_the_offer_ends() {
    let scene = Scene::new();
    let person = Person::new("Ben", "Example", "1985-06-07", "ben@example.org", scene.now()).unwrap();
    scene.office().offer_at_desk(person, false, 60).await.unwrap();
    assert_eq!(scene.sealing_keys(), 1);
    scene.clock.advance(60 + 300 + 60);
    scene.work().await;
    assert_eq!(scene.sealing_keys(), 0);
    assert_eq!(only::<Application>(&scene).await.values, None);
}

#[tokio::test]
async fn a_suspension_of_an_unknown_number_is_refused() {
    let scene = Scene::new();
    let prefix = did::number::OfficePrefix::parse("HRB1").unwrap();
    let number = did::number::PassportNumber::generate(prefix, scene.environment.randomness());
    let refused = scene.office().set_standing(&number, PassportStanding::Suspended).await;
    assert!(matches!(refused, Err(OfficeError::NoSuch("passport"))));
}

#[test]
fn the_registration_covers_every_claim_and_type_that_is_asked_for() {
    let uses: Vec<trust::registration::IntendedUse> =
        serde_json::from_value(issuer::asking::intended_uses()).unwrap();
    for kind in [RequestKind::FirstPassport, RequestKind::RefillPassport, RequestKind::RefillProfile] {
        let registered = uses.iter().find(|registered| registered.id == kind.purpose()).unwrap();
        let registered = serde_json::to_value(registered).unwrap();
        let query = kind.query();
        credentials::dcql::Query::parse(&query).unwrap();
        for asked in query["credentials"].as_array().unwrap() {
            let types = registered["credential_types"].as_array().unwrap();
            assert!(types.contains(&asked["meta"]["vct_values"][0]));
            for claim in asked["claims"].as_array().unwrap() {
                let covered =
                    registered["claims"].as_array().unwrap().iter().any(|one| one["path"] == claim["path"]);
                assert!(covered, "{claim}");
            }
        }
    }
}
