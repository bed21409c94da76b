//! A DID that comes from another office, and what an office can do to a DID: keep it, and nothing in its name.

use did::web::Location;
use did::webvh::testing::forged_entry;
use did::webvh::{Created, EntryFault, KeyHash, Log, LogError, ParameterFault, Update};
use did::{Did, DocumentBuilder, Relationship};
use jose::{Algorithm, SigningKey};
use network::did_control::DidControl;
use network::sharing_proof::Confirmation;

use super::*;

/// A member who has applied here, and whose DID began at another office: with commitments, as wallets write it.
struct Mover {
    scene: Scene,
    answering: SigningKey,
    handle: SecretText,
    label: String,
    sign: SigningKey,
    first_key: SigningKey,
    recovery: Vec<SigningKey>,
    created: Created,
}

fn log_key(scene: &Scene) -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, scene.environment.randomness()).unwrap()
}

fn document(did: &Did, sign: &SigningKey) -> did::Document {
    DocumentBuilder::new(did)
        .key("sign", sign.public_jwk(), &[Relationship::AssertionMethod])
        .build()
        .unwrap()
}

impl Mover {
    async fn at(host: &str, portable: bool) -> Self {
        let scene = Scene::new();
        let (answering, handle) = scene.applied().await;
        let label = scene.label(&answering, &handle).await;
        let (sign, first_key) = (scene.key(), log_key(&scene));
        let recovery: Vec<SigningKey> = (0..6).map(|_| log_key(&scene)).collect();
        let place = if host == "office.localhost" { label.as_str() } else { "m-1" };
        let created = did::webvh::create(
            &did::webvh::Inception {
                location: &Location::new(host, Some(8080), &[place]).unwrap(),
                document: &|did: &Did| Ok(document(did, &sign)),
                settings: did::webvh::Settings {
                    portable,
                    next_keys: vec![KeyHash::of(recovery[0].public_jwk())],
                    ..Default::default()
                },
            },
            &first_key,
            scene.now(),
        )
        .unwrap();
        Self { scene, answering, handle, label, sign, first_key, recovery, created }
    }

    /// The update as the member writes entry `index + 2`.
    fn committed(&self, index: usize, update: Update) -> Update {
        Update { next_keys: Some(vec![KeyHash::of(self.recovery[index + 1].public_jwk())]), ..update }
    }

    fn to(&self, host: &str, label: &str) -> Update {
        let place = Location::new(host, Some(8080), &[label]).unwrap();
        self.committed(0, Update { move_to: Some(place), ..Update::default() })
    }

    /// The log with the entry that moves it here.
    fn moved(&self) -> (String, Log) {
        let mut log = self.created.log.clone();
        let update = self.to("office.localhost", &self.label);
        let line = log.append(&update, &self.recovery[0], self.scene.now().plus(1)).unwrap();
        (format!("{}{line}", self.created.text), log)
    }

    fn holder(&self) -> String {
        self.answering.public_jwk().thumbprint_base64url()
    }

    fn control(&self, did: &Did) -> DidControl {
        DidControl {
            did: did.as_str().to_owned(),
            upload_uri: format!("http://office.localhost:8080/did-log/{}", self.label),
            issued_at: self.scene.now().seconds(),
            confirmation: Confirmation { thumbprint: self.holder() },
        }
    }

    async fn show(&self, text: &str, control: &str) -> Result<(), HostingError> {
        let office = self.scene.office();
        office.take_log_with_control(&self.label, &self.holder(), text.as_bytes(), control).await
    }

    async fn served(&self) -> Option<String> {
        self.scene.office().log(&self.label).await.unwrap()
    }
}

#[tokio::test]
async fn a_did_that_began_elsewhere_moves_here_and_gets_a_number_of_this_office() {
    let mover = Mover::at("kiln.localhost", true).await;
    let (text, log) = mover.moved();
    mover.scene.clock.advance(2);
    let control = mover.control(log.did().unwrap()).sign(&mover.sign).unwrap();
    for _ in 0..2 {
        mover.show(&text, &control).await.unwrap();
        assert_eq!(mover.served().await.as_deref(), Some(text.as_str()));
    }
    let passport: Passport = only(&mover.scene).await;
    assert_eq!(passport.did.as_deref(), Some(log.did().unwrap().as_str()));
    assert!(passport.number.starts_with("HRB1"));
    let found = mover.scene.follow_up(&mover.answering, &mover.handle).await;
    assert_eq!(found.waiting_for, [WaitingFor::EmailLink]);
}

#[tokio::test]
async fn a_log_from_elsewhere_is_taken_only_to_its_place_with_the_word_of_its_key_for_this_answer() {
    let mover = Mover::at("kiln.localhost", true).await;
    let (text, log) = mover.moved();
    mover.scene.clock.advance(2);
    let did = log.did().unwrap();
    let good = mover.control(did);
    let by = |control: &DidControl, key: &SigningKey| control.sign(key).unwrap();
    // The log is public once it is served anywhere; a place is for who answered.
    let other_answer = Confirmation { thumbprint: "another".to_owned() };
    for (case, control) in [
        ("another key", by(&good, &mover.scene.key())),
        ("the key of entry 1", by(&good, &mover.first_key)),
        ("for another answer", by(&DidControl { confirmation: other_answer, ..good.clone() }, &mover.sign)),
        ("of the DID as it was", by(&mover.control(&mover.created.did), &mover.sign)),
        ("none", String::new()),
    ] {
        let refused = mover.show(&text, &control).await;
        assert!(matches!(refused, Err(HostingError::Control(_))), "{case}: {refused:?}");
    }
    let control = by(&good, &mover.sign);
    // Without the entry that moves it, and with one that moves it elsewhere.
    let unmoved = mover.show(&mover.created.text, &control).await;
    assert!(matches!(unmoved, Err(HostingError::NoPassport)), "{unmoved:?}");
    for (host, label) in [("office.localhost", "elsewhere"), ("north.localhost", mover.label.as_str())] {
        let mut other = mover.created.log.clone();
        let line = other.append(&mover.to(host, label), &mover.recovery[0], mover.scene.now()).unwrap();
        let refused = mover.show(&format!("{}{line}", mover.created.text), &control).await;
        assert!(matches!(refused, Err(HostingError::NoPassport)), "{host} {label}: {refused:?}");
    }
    // By somebody else, and without the word: a place for a first log is for one that begins there.
    let stranger = mover.scene.key().public_jwk().thumbprint_base64url();
    let office = mover.scene.office();
    let refused = office.take_log_with_control(&mover.label, &stranger, text.as_bytes(), &control).await;
    assert!(matches!(refused, Err(HostingError::NoSuch)));
    let refused = office.put_log(&mover.label, &mover.holder(), text.as_bytes()).await;
    assert!(matches!(refused, Err(HostingError::OtherPlace)));
    let refused = office.continue_log(&mover.label, text.as_bytes()).await;
    assert!(matches!(refused, Err(HostingError::NoSuch)), "nothing lies here that could be continued");
    assert_eq!(mover.served().await, None);
    assert_eq!(only::<Passport>(&mover.scene).await.did, None);
    mover.show(&text, &control).await.unwrap();
}

#[tokio::test]
async fn a_did_that_may_not_move_or_was_given_up_does_not_come_here() {
    let fixed = Mover::at("kiln.localhost", false).await;
    let line = forged_entry(
        &fixed.created.log,
        &fixed.to("office.localhost", &fixed.label),
        &fixed.recovery[0],
        fixed.scene.now().plus(1),
    );
    fixed.scene.clock.advance(2);
    let text = format!("{}{}", fixed.created.text, line.unwrap());
    let did = did::webvh::last_did(text.as_bytes()).unwrap();
    let control = fixed.control(&did).sign(&fixed.sign).unwrap();
    let refused = fixed.show(&text, &control).await;
    assert!(matches!(refused, Err(HostingError::Log(LogError::Entry { number: 2, .. }))), "{refused:?}");

    let ended = Mover::at("kiln.localhost", true).await;
    let (text, mut log) = ended.moved();
    let end = Update { deactivate: true, ..Update::default() };
    let line = log.append(&end, &ended.recovery[1], ended.scene.now().plus(2)).unwrap();
    ended.scene.clock.advance(3);
    let control = ended.control(log.did().unwrap()).sign(&ended.sign).unwrap();
    let refused = ended.show(&format!("{text}{line}"), &control).await;
    assert!(matches!(refused, Err(HostingError::Deactivated)), "{refused:?}");
}

#[tokio::test]
async fn the_office_cannot_sign_for_the_member() {
    let mover = Mover::at("office.localhost", true).await;
    let office = mover.scene.office();
    let holder = mover.holder();
    office.put_log(&mover.label, &holder, mover.created.text.as_bytes()).await.unwrap();
    // The member rotates once, so that there is a key that was rotated away.
    let mut log = mover.created.log.clone();
    let rotation = mover.committed(
        0,
        Update { document: Some(document(&mover.created.did, &mover.scene.key())), ..Update::default() },
    );
    let line = log.append(&rotation, &mover.recovery[0], mover.scene.now().plus(1)).unwrap();
    mover.scene.clock.advance(10);
    let text = format!("{}{line}", mover.created.text);
    office.continue_log(&mover.label, text.as_bytes()).await.unwrap();

    // Whatever keys somebody else holds: the office's own, the vault's, the recovery key that was used already.
    let keys = [
        ("the office's log key", log_key(&mover.scene)),
        (
            "the key of entry 1",
            SigningKey::from_secret_bytes(Algorithm::EdDsa, &mover.first_key.secret_bytes()).unwrap(),
        ),
        (
            "a key that was rotated away",
            SigningKey::from_secret_bytes(Algorithm::EdDsa, &mover.recovery[0].secret_bytes()).unwrap(),
        ),
        (
            "a recovery key out of turn",
            SigningKey::from_secret_bytes(Algorithm::EdDsa, &mover.recovery[2].secret_bytes()).unwrap(),
        ),
    ];
    let own = document(&mover.created.did, &mover.scene.key());
    for (case, key) in &keys {
        for update in [
            Update { document: Some(own.clone()), ..Update::default() },
            Update { deactivate: true, ..Update::default() },
            mover.to("kiln.localhost", "m-1"),
            // Naming the key it has as the committed one, or none at all.
            Update { update_keys: Some(vec![key.public_jwk().clone()]), ..Update::default() },
            Update { update_keys: Some(Vec::new()), ..Update::default() },
            // Naming the member's own next key, which an earlier wallet may have shown.
            Update { update_keys: Some(vec![mover.recovery[1].public_jwk().clone()]), ..Update::default() },
        ] {
            let update = mover.committed(3, update);
            let line = forged_entry(&log, &update, key, mover.scene.now()).unwrap();
            let forged = format!("{text}{line}");
            let resolved = did::webvh::resolve_log(
                &mover.created.did,
                forged.as_bytes(),
                None,
                &did::resolution::Version::Latest,
                mover.scene.now(),
            );
            assert!(
                matches!(resolved, Err(did::ResolveError::Log(LogError::Entry { number: 3, .. }))),
                "{case}"
            );
            let refused = office.continue_log(&mover.label, forged.as_bytes()).await;
            assert!(matches!(refused, Err(HostingError::Log(_))), "{case}: {refused:?}");
        }
    }
    // A history without the rotation, in which the old key would be the next one; valid in itself up to there.
    let mut back = mover.created.log.clone();
    let other = mover.committed(3, Update { document: Some(own), ..Update::default() });
    let line = back.append(&other, &mover.recovery[0], mover.scene.now()).unwrap();
    let parted = format!("{}{line}", mover.created.text);
    assert!(matches!(
        office.continue_log(&mover.label, parted.as_bytes()).await,
        Err(HostingError::OtherLog)
    ));
    // A shorter or an older log changes nothing.
    office.continue_log(&mover.label, mover.created.text.as_bytes()).await.unwrap();
    assert_eq!(mover.served().await, Some(text));
}

#[tokio::test]
async fn whoever_brings_what_the_member_wrote_needs_no_other_proof() {
    let mover = Mover::at("office.localhost", true).await;
    let office = mover.scene.office();
    office.put_log(&mover.label, &mover.holder(), mover.created.text.as_bytes()).await.unwrap();
    let mut log = mover.created.log.clone();
    let update = mover.committed(0, Update::default());
    let line = log.append(&update, &mover.recovery[0], mover.scene.now().plus(1)).unwrap();
    let text = format!("{}{line}", mover.created.text);
    for label in ["0123456789abcdef0123456789abcdef", "elsewhere", ""] {
        let refused = office.continue_log(label, text.as_bytes()).await;
        assert!(matches!(refused, Err(HostingError::NoSuch)), "{label}");
    }
    office.continue_log(&mover.label, text.as_bytes()).await.unwrap();
    assert_eq!(mover.served().await, Some(text));
    assert_eq!(only::<Passport>(&mover.scene).await.standing, PassportStanding::Active, "it is at home here");
}

#[tokio::test]
async fn with_a_did_that_leaves_its_passport_ends_and_nothing_more_is_issued() {
    for last in [true, false] {
        let mover = Mover::at("office.localhost", true).await;
        let office = mover.scene.office();
        office.put_log(&mover.label, &mover.holder(), mover.created.text.as_bytes()).await.unwrap();
        mover.scene.work().await;
        office.confirm_email(&mover.scene.token(), None).await.unwrap();
        assert!(mover.scene.follow_up(&mover.answering, &mover.handle).await.credential_offer.is_some());
        let update = if last {
            Update { deactivate: true, ..Update::default() }
        } else {
            mover.to("kiln.localhost", "m-1")
        };
        let mut log = mover.created.log.clone();
        let line = log.append(&update, &mover.recovery[0], mover.scene.now().plus(1)).unwrap();
        mover.scene.clock.advance(2);
        office.continue_log(&mover.label, format!("{}{line}", mover.created.text).as_bytes()).await.unwrap();
        assert_eq!(only::<Passport>(&mover.scene).await.standing, PassportStanding::Replaced);
        let jobs = mover.scene.tenant().jobs();
        assert_eq!(jobs.waiting(issuer::standing::REVOKE, 10).await.unwrap(), 1);
        mover.scene.work().await;
        assert_eq!(jobs.waiting(issuer::standing::REVOKE, 10).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_did_that_moved_here_stays_although_its_member_came_to_no_passport() {
    let mover = Mover::at("kiln.localhost", true).await;
    let (text, log) = mover.moved();
    mover.scene.clock.advance(2);
    let control = mover.control(log.did().unwrap()).sign(&mover.sign).unwrap();
    mover.show(&text, &control).await.unwrap();
    mover.scene.clock.advance(A_DAY + 60);
    mover.scene.work().await;
    assert_eq!(count::<Passport>(&mover.scene).await, 0, "the number was given back");
    assert_eq!(mover.served().await.as_deref(), Some(text.as_str()), "and the DID has no other place");
    // Whoever applies again gets a passport for it.
    let (answering, handle) = mover.scene.applied().await;
    let label = mover.scene.label(&answering, &handle).await;
    let holder = answering.public_jwk().thumbprint_base64url();
    let control = DidControl {
        upload_uri: format!("http://office.localhost:8080/did-log/{label}"),
        confirmation: Confirmation { thumbprint: holder.clone() },
        ..mover.control(log.did().unwrap())
    };
    let control = control.sign(&mover.sign).unwrap();
    for _ in 0..2 {
        let office = mover.scene.office();
        office.take_log_with_control(&label, &holder, text.as_bytes(), &control).await.unwrap();
    }
    let passport: Passport = only(&mover.scene).await;
    assert_eq!(passport.did.as_deref(), Some(log.did().unwrap().as_str()));
    assert_eq!(passport.label, mover.label);
}

impl Mover {
    /// A member whose DID lies here under the first label, with a passport, and who has applied once more: the place that was
    /// reserved then, and the key that answered.
    async fn with_a_second_place() -> (Self, SigningKey, String) {
        let mover = Self::at("office.localhost", true).await;
        let office = mover.scene.office();
        office.put_log(&mover.label, &mover.holder(), mover.created.text.as_bytes()).await.unwrap();
        mover.scene.clock.advance(2);
        let (answering, handle) = mover.scene.applied().await;
        let label = mover.scene.label(&answering, &handle).await;
        (mover, answering, label)
    }

    /// The member's DID as it is in `log`, brought to another label of this office.
    async fn bring(
        &self,
        (label, answering): (&str, &SigningKey),
        (text, log): (&str, &Log),
    ) -> Result<(), HostingError> {
        let holder = answering.public_jwk().thumbprint_base64url();
        let control = DidControl {
            upload_uri: format!("http://office.localhost:8080/did-log/{label}"),
            issued_at: self.scene.now().seconds(),
            confirmation: Confirmation { thumbprint: holder.clone() },
            ..self.control(log.did().unwrap())
        };
        let control = control.sign(&self.sign).unwrap();
        self.scene.office().take_log_with_control(label, &holder, text.as_bytes(), &control).await
    }

    /// The log with one more entry by recovery key `index + 1`.
    fn longer(&self, (text, log): (&str, &Log), index: usize, update: Update) -> (String, Log) {
        let mut log = log.clone();
        self.scene.clock.advance(1);
        let update = self.committed(index, update);
        let line = log.append(&update, &self.recovery[index], self.scene.now()).unwrap();
        (format!("{text}{line}"), log)
    }

    async fn standing_under(&self, label: &str) -> PassportStanding {
        let all = self.scene.tenant().list::<Passport>(Range::all(), 10).await.unwrap().items;
        all.iter().find(|passport| passport.label == label).unwrap().standing
    }
}

fn place(label: &str) -> Update {
    let place = Location::new("office.localhost", Some(8080), &[label]).unwrap();
    Update { move_to: Some(place), ..Update::default() }
}

#[tokio::test]
async fn a_did_that_moves_within_the_office_and_does_not_tell_its_first_place_has_one_passport() {
    let (mover, answering, label) = Mover::with_a_second_place().await;
    // Somebody else's passport has nothing to do with it.
    let (other, handle) = mover.scene.applied().await;
    let others = mover.scene.label(&other, &handle).await;
    let (created, _) = mover.scene.member_did("office.localhost", &others, true);
    let holder = other.public_jwk().thumbprint_base64url();
    mover.scene.office().put_log(&others, &holder, created.text.as_bytes()).await.unwrap();

    let begun = (mover.created.text.as_str(), &mover.created.log);
    let (text, log) = mover.longer(begun, 0, place(&label));
    for _ in 0..2 {
        mover.bring((&label, &answering), (&text, &log)).await.unwrap();
        assert_eq!(mover.standing_under(&mover.label).await, PassportStanding::Replaced);
        assert_eq!(mover.standing_under(&label).await, PassportStanding::Active);
        assert_eq!(mover.standing_under(&others).await, PassportStanding::Active);
    }
    assert_eq!(mover.scene.tenant().jobs().waiting(issuer::standing::REVOKE, 10).await.unwrap(), 1);
    // Who asks by the earlier name learns of the move, and of what comes after it.
    assert_eq!(mover.served().await.as_ref(), Some(&text));
    let (text, _) = mover.longer((&text, &log), 1, Update::default());
    mover.scene.office().continue_log(&label, text.as_bytes()).await.unwrap();
    assert_eq!(mover.served().await.as_ref(), Some(&text));
    assert_eq!(mover.scene.office().log(&label).await.unwrap().as_ref(), Some(&text));
    assert_eq!(mover.standing_under(&label).await, PassportStanding::Active);
}

#[tokio::test]
async fn a_did_does_not_come_to_a_second_place_of_the_office_with_another_or_an_older_history() {
    let (mover, answering, label) = Mover::with_a_second_place().await;
    let begun = (mover.created.text.as_str(), &mover.created.log);
    let (moved, moved_log) = mover.longer(begun, 0, place(&label));
    // The first place has another entry after the same one; then it knows more than what is brought.
    let (parted, parted_log) = mover.longer(begun, 0, place(&label));
    let (longer, _) = mover.longer((&parted, &parted_log), 1, Update::default());
    mover.scene.office().continue_log(&mover.label, longer.as_bytes()).await.unwrap();
    for brought in [(moved.as_str(), &moved_log), (parted.as_str(), &parted_log)] {
        let refused = mover.bring((&label, &answering), brought).await;
        assert!(matches!(refused, Err(HostingError::OtherLog)), "{refused:?}");
    }
    assert_eq!(mover.scene.office().log(&label).await.unwrap(), None);
    assert_eq!(mover.served().await, Some(longer));
}

/// Writes a record as it is.
struct Write<'a>(&'a HostedDid);

impl store::Change for Write<'_> {
    const NAME: &'static str = "write";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut store::Tx) -> Result<(), store::Fault<Self::Refusal>> {
        Ok(tx.put(self.0).await?)
    }
}

#[tokio::test]
async fn a_flood_of_continuations_is_refused_before_one_signature_of_the_log_that_is_there_is_checked() {
    let mover = Mover::at("office.localhost", true).await;
    let office = mover.scene.office();
    office.put_log(&mover.label, &mover.holder(), mover.created.text.as_bytes()).await.unwrap();
    mover.scene.clock.advance(10);
    // What lies here would not verify: whoever looked would say so of entry 1.
    let mut hosted: HostedDid = only(&mover.scene).await;
    let spoiled = mover.created.text.replacen("\"proofValue\":\"z", "\"proofValue\":\"z1", 1);
    hosted.log = Some(spoiled.clone());
    mover.scene.tenant().carry_out(&Write(&hosted)).await.unwrap();
    let send = async |text: String| office.continue_log(&mover.label, text.as_bytes()).await;

    send(spoiled.clone()).await.unwrap();
    send(spoiled.trim_end().to_owned()).await.unwrap();
    let line = |key: &SigningKey, update_keys: Option<Vec<jose::Jwk>>| {
        let update = mover.committed(0, Update { update_keys, ..Update::default() });
        forged_entry(&mover.created.log, &update, key, mover.scene.now()).unwrap()
    };
    let stranger = log_key(&mover.scene);
    for keys in [None, Some(vec![stranger.public_jwk().clone()]), Some(Vec::new())] {
        let refused = send(format!("{spoiled}{}", line(&stranger, keys))).await;
        let fault = EntryFault::Parameter(ParameterFault::PreRotationKey);
        assert!(
            matches!(&refused, Err(HostingError::Log(LogError::Entry { number: 2, fault: found })) if *found == fault),
            "{refused:?}"
        );
    }
    let refused = send(format!("{spoiled}x")).await;
    assert!(matches!(
        refused,
        Err(HostingError::Log(LogError::Entry { number: 2, fault: EntryFault::Json }))
    ));
    for other in [mover.created.text.clone(), spoiled.replacen('z', "y", 1), "{".to_owned()] {
        assert!(matches!(send(other).await, Err(HostingError::OtherLog)));
    }
    assert!(matches!(send(String::new()).await, Err(HostingError::Log(LogError::Empty))));
    let many = format!("{spoiled}{}", "{}\n".repeat(66));
    assert!(matches!(send(many).await, Err(HostingError::TooLarge)));
    // What the committed key says is looked at, whole.
    let refused = send(format!("{spoiled}{}", line(&mover.recovery[0], None))).await;
    assert!(matches!(refused, Err(HostingError::Log(LogError::Entry { number: 1, .. }))), "{refused:?}");

    hosted.log = Some(mover.created.text.clone());
    mover.scene.tenant().carry_out(&Write(&hosted)).await.unwrap();
    send(format!("{}{}", mover.created.text, line(&mover.recovery[0], None))).await.unwrap();
}
