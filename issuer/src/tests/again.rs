//! A member whose copies no longer count applies again, and gets the passport that is theirs already.

use did::number::PassportNumber;
use did::webvh::{Created, Update};
use jose::SigningKey;
use network::did_control::DidControl;
use network::number_binding::Renumber;
use network::sharing_proof::Confirmation;

use super::*;

/// A member whose passport was given and fetched.
struct Member {
    scene: Scene,
    sign: SigningKey,
    log_key: SigningKey,
    created: Created,
    first_label: String,
    first_holder: String,
    number: String,
}

/// Another application of the same member, as far as the place that was reserved.
struct Applied {
    key: SigningKey,
    handle: SecretText,
    label: String,
    holder: String,
    id: String,
}

impl Member {
    /// The offer of the first passport is there, and nobody has fetched it.
    async fn offered() -> Self {
        let scene = Scene::new();
        let (key, handle) = scene.applied().await;
        scene.work().await;
        scene.office().confirm_email(&scene.token(), None).await.unwrap();
        let first_label = scene.label(&key, &handle).await;
        let sign = scene.key();
        let (created, log_key) =
            scene.member_did_of("office.localhost", &first_label, true, sign.public_jwk());
        let first_holder = key.public_jwk().thumbprint_base64url();
        scene.office().put_log(&first_label, &first_holder, created.text.as_bytes()).await.unwrap();
        let number = only::<Passport>(&scene).await.number;
        Self { scene, sign, log_key, created, first_label, first_holder, number }
    }

    async fn new() -> Self {
        let member = Self::offered().await;
        let first: Application = only(&member.scene).await;
        member.scene.office().erase_issued(&first.id).await.unwrap();
        member
    }

    async fn apply(&self) -> Applied {
        let asked = self.scene.ask(RequestKind::FirstPassport).await;
        let key = self.scene.key();
        let reply = self.scene.give(&self.scene.first_answer(&asked, key.public_jwk())).await.unwrap();
        let handle = SecretText::new(reply.sharing_proof_uri.unwrap().rsplit('/').next().unwrap());
        let label = self.scene.label(&key, &handle).await;
        let id = self.scene.tenant().get::<Asked>(&asked.id).await.unwrap().unwrap().application.unwrap();
        let holder = key.public_jwk().thumbprint_base64url();
        Applied { key, handle, label, holder, id }
    }

    fn control(&self, applied: &Applied) -> DidControl {
        DidControl {
            did: self.created.did.as_str().to_owned(),
            upload_uri: format!("http://office.localhost:8080/did-log/{}", applied.label),
            issued_at: self.scene.now().seconds(),
            confirmation: Confirmation { thumbprint: applied.holder.clone() },
        }
    }

    async fn show(&self, applied: &Applied) -> Result<(), HostingError> {
        let control = self.control(applied).sign(&self.sign).unwrap();
        let log = self.created.text.as_bytes();
        self.scene.office().give_again(&applied.label, &applied.holder, log, &control).await
    }

    async fn application(&self, applied: &Applied) -> Application {
        self.scene.tenant().get::<Application>(&applied.id).await.unwrap().unwrap()
    }

    async fn set(&self, standing: PassportStanding) {
        let number = PassportNumber::parse(&self.number).unwrap();
        self.scene.office().set_standing(&number, standing).await.unwrap();
    }
}

#[tokio::test]
async fn the_passport_is_given_again_with_its_number_and_nothing_is_moved() {
    let member = Member::new().await;
    let before: Passport = only(&member.scene).await;
    let applied = member.apply().await;
    assert_eq!(count::<Passport>(&member.scene).await, 2, "a number is reserved");
    member.show(&applied).await.unwrap();
    member.show(&applied).await.unwrap();
    let passport: Passport = only(&member.scene).await;
    assert_eq!((&passport.number, &passport.did), (&before.number, &before.did));
    assert_eq!((passport.since, &passport.label), (before.since, &member.first_label));
    assert_eq!(member.scene.office().log(&applied.label).await.unwrap(), None);
    assert_eq!(
        member.scene.office().log(&member.first_label).await.unwrap().as_deref(),
        Some(member.created.text.as_str())
    );
    let found = member.scene.follow_up(&applied.key, &applied.handle).await;
    assert_eq!((found.waiting_for, found.did_hosting), (vec![WaitingFor::EmailLink], None));
    member.scene.work().await;
    member.scene.office().confirm_email(&member.scene.token(), None).await.unwrap();
    assert!(member.scene.follow_up(&applied.key, &applied.handle).await.credential_offer.is_some());
    let application = member.application(&applied).await;
    assert_eq!((application.stage, application.number), (Stage::AwaitingIssue, Some(member.number.clone())));
    let checks: Vec<_> = only::<Passport>(&member.scene).await.checks.iter().map(|one| one.kind).collect();
    assert_eq!(checks, [CheckKind::Document, CheckKind::EmailLink], "what was checked this time");

    member.scene.office().erase_issued(&applied.id).await.unwrap();
    assert_eq!((count::<Passport>(&member.scene).await, count::<HostedDid>(&member.scene).await), (1, 1));
    assert_eq!(member.scene.sealing_keys(), 0);
}

#[tokio::test]
async fn what_nobody_fetches_a_second_time_takes_nothing_from_the_member() {
    let member = Member::new().await;
    let applied = member.apply().await;
    member.show(&applied).await.unwrap();
    member.scene.clock.advance(A_DAY + 60);
    member.scene.work().await;
    assert_eq!(member.application(&applied).await.stage, Stage::Ended);
    assert_eq!(only::<Passport>(&member.scene).await.number, member.number);
    assert_eq!(only::<HostedDid>(&member.scene).await.label, member.first_label);
    assert!(member.show(&member.apply().await).await.is_ok(), "and the member may come again");
}

#[tokio::test]
async fn nobody_gets_a_passport_by_the_log_of_another() {
    let member = Member::new().await;
    let applied = member.apply().await;
    let office = member.scene.office();
    let log = member.created.text.as_bytes();
    let good = member.control(&applied);
    let show = async |control: &DidControl, key: &SigningKey| {
        let control = control.sign(key).unwrap();
        office.give_again(&applied.label, &applied.holder, log, &control).await
    };
    let control = |refused: Result<(), HostingError>| matches!(refused, Err(HostingError::Control(_)));
    assert!(control(show(&good, &member.scene.key()).await), "another key");
    assert!(control(show(&good, &member.log_key).await), "the key of the log");
    let other = DidControl { confirmation: Confirmation { thumbprint: "other".to_owned() }, ..good.clone() };
    assert!(control(show(&other, &member.sign).await), "for another answering key");
    let other = DidControl { upload_uri: format!("{}0", good.upload_uri), ..good.clone() };
    assert!(control(show(&other, &member.sign).await), "for another place");
    let late = DidControl { issued_at: member.scene.now().minus(361).seconds(), ..good.clone() };
    assert!(control(show(&late, &member.sign).await), "of long ago");
    assert!(control(office.give_again(&applied.label, &applied.holder, log, "x").await), "no proof");
    let signed = good.sign(&member.sign).unwrap();
    for (label, holder) in [(&applied.label, "other"), (&member.first_label, &*applied.holder)] {
        let refused = office.give_again(label, holder, log, &signed).await;
        assert!(matches!(refused, Err(HostingError::NoSuch)), "another key, another place");
    }
    // And without a proof it is no first log.
    let refused = office.put_log(&applied.label, &applied.holder, log).await;
    assert!(matches!(refused, Err(HostingError::OtherPlace)));
    assert_eq!(member.application(&applied).await.stage, Stage::AwaitingLinkAndLog);
    assert!(show(&good, &member.sign).await.is_ok());
    // Once it is for that passport, no other DID is bound to it.
    let (fresh, _) = member.scene.member_did("office.localhost", &applied.label, true);
    let refused = office.put_log(&applied.label, &applied.holder, fresh.text.as_bytes()).await;
    assert!(matches!(refused, Err(HostingError::OtherLog)));
    assert_eq!(only::<Passport>(&member.scene).await.did.as_deref(), Some(member.created.did.as_str()));
}

#[tokio::test]
async fn a_suspended_passport_is_given_again_only_once_it_was_reinstated() {
    let member = Member::new().await;
    let applied = member.apply().await;
    member.set(PassportStanding::Suspended).await;
    assert!(matches!(member.show(&applied).await, Err(HostingError::NotActive)));
    assert_eq!(member.application(&applied).await.kind, issuer::records::ApplicationKind::FirstPassport);
    member.set(PassportStanding::Active).await;
    member.show(&applied).await.unwrap();
    // Suspended between application and offer.
    member.scene.work().await;
    member.scene.office().confirm_email(&member.scene.token(), None).await.unwrap();
    member.set(PassportStanding::Suspended).await;
    let minting = issuer::minting::OfficeMinting::new(
        member.scene.identity.clone(),
        member.scene.tenant(),
        member.scene.keyring.clone(),
    );
    assert!(issuance::Minting::mint(&minting, &applied.id, issuer::minting::PASSPORT).await.is_err());
}

#[tokio::test]
async fn a_passport_that_was_replaced_is_not_given_again() {
    let member = Member::new().await;
    let applied = member.apply().await;
    member.set(PassportStanding::Replaced).await;
    assert!(matches!(member.show(&applied).await, Err(HostingError::NotActive)));
}

#[tokio::test]
async fn a_passport_that_nobody_has_fetched_and_a_did_that_is_gone_are_not_given_again() {
    let member = Member::offered().await;
    let applied = member.apply().await;
    assert!(matches!(member.show(&applied).await, Err(HostingError::NoPassport)), "it may be taken back");

    let place = did::web::Location::new("kiln.localhost", None, &["m-1"]).unwrap();
    for (last, expected) in [
        (Update { deactivate: true, ..Update::default() }, "given up"),
        (Update { move_to: Some(place), ..Update::default() }, "lies elsewhere"),
    ] {
        let member = Member::new().await;
        let applied = member.apply().await;
        let mut log = member.created.log.clone();
        let line = log.append(&last, &member.log_key, member.scene.now().plus(1)).unwrap();
        member.scene.clock.advance(1);
        let whole = format!("{}{line}", member.created.text);
        let office = member.scene.office();
        office.put_log(&member.first_label, &member.first_holder, whole.as_bytes()).await.unwrap();
        let refused = member.show(&applied).await;
        let is_refused = matches!(refused, Err(HostingError::Deactivated | HostingError::NoPassport));
        assert!(is_refused, "{expected}: {refused:?}");
    }
    // Of another office, and of a place that was never given out here.
    let member = Member::new().await;
    let applied = member.apply().await;
    for (host, label) in [("kiln.localhost", &member.first_label), ("office.localhost", &applied.label)] {
        let (other, _) = member.scene.member_did_of(host, label, true, member.sign.public_jwk());
        let control = DidControl { did: other.did.as_str().to_owned(), ..member.control(&applied) };
        let control = control.sign(&member.sign).unwrap();
        let log = other.text.as_bytes();
        let refused = member.scene.office().give_again(&applied.label, &applied.holder, log, &control).await;
        assert!(matches!(refused, Err(HostingError::NoPassport)), "{host}");
    }
}

/// A member whose copies rested on a membership long ago wishes another number, after another application came to `come_to`.
async fn offered_with_another_number(come_to: &str) -> bool {
    let member = Member::new().await;
    let scene = &member.scene;
    scene.clock.advance(20 * A_DAY);
    scene.work().await;
    if come_to != "nothing" {
        let applied = member.apply().await;
        member.show(&applied).await.unwrap();
        scene.work().await;
        if come_to != "no link pressed" {
            scene.office().confirm_email(&scene.token(), None).await.unwrap();
        }
        match come_to {
            "declined" => scene.office().decline(&applied.id, None).await.unwrap(),
            "fetched" => scene.office().erase_issued(&applied.id).await.unwrap(),
            "ended" => scene.office().erase_expired(&applied.id).await.unwrap(),
            _ => {}
        }
    }
    let did = member.created.did.as_str();
    let random = scene.environment.randomness();
    let wish =
        Renumber::new(did, OFFICE_DID, &member.number, scene.now(), random).sign(&member.sign).unwrap();
    scene.office().replace_number(&wish).await.unwrap().credential_offer.is_some()
}

#[tokio::test]
async fn changing_the_number_does_not_go_round_the_person_who_approves() {
    for come_to in ["nothing", "no link pressed", "not approved", "declined", "ended"] {
        assert!(!offered_with_another_number(come_to).await, "{come_to}");
    }
    assert!(offered_with_another_number("fetched").await);
}
