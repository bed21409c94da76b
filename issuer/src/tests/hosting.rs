//! A member's DID is the member's: whoever holds its keys gives it up or takes it elsewhere, and its office follows.

use did::ResolveError;
use did::resolution::Version;
use did::web::Location;
use did::webvh::{Created, Log, LogError, Update, resolve_log};
use jose::SigningKey;

use super::*;

/// A member's log at the office, and the keys with which it is continued.
struct Hosted {
    scene: Scene,
    label: String,
    holder: String,
    text: String,
    log: Log,
    key: SigningKey,
}

impl Hosted {
    /// Nothing is left yet.
    async fn reserved() -> (Self, Created) {
        let scene = Scene::new();
        let (answering, handle) = scene.applied().await;
        let label = scene.label(&answering, &handle).await;
        let (created, key) = scene.member_did("office.localhost", &label, true);
        let holder = answering.public_jwk().thumbprint_base64url();
        let text = created.text.clone();
        (Self { scene, label, holder, text, log: created.log.clone(), key }, created)
    }

    /// The first entry is left.
    async fn new() -> Self {
        let (this, _) = Self::reserved().await;
        this.put(&this.text).await.unwrap();
        this
    }

    async fn put(&self, text: &str) -> Result<(), HostingError> {
        self.scene.office().put_log(&self.label, &self.holder, text.as_bytes()).await
    }

    /// One more entry, a second after the one before.
    fn append(&mut self, update: &Update) -> String {
        self.scene.clock.advance(1);
        let line = self.log.append(update, &self.key, self.scene.now()).unwrap();
        self.text.push_str(&line);
        self.text.clone()
    }

    async fn served(&self) -> Option<String> {
        self.scene.office().log(&self.label).await.unwrap()
    }

    /// What the office's log says now about the DID with which it began.
    async fn resolved(&self, did: &did::Did) -> Result<did::resolution::Resolution, ResolveError> {
        let served = self.served().await.unwrap();
        resolve_log(did, served.as_bytes(), None, &Version::Latest, self.scene.now())
    }
}

fn to(host: &str, label: &str) -> Update {
    let place = Location::new(host, Some(8080), &[label]).unwrap();
    Update { move_to: Some(place), ..Update::default() }
}

fn given_up() -> Update {
    Update { deactivate: true, ..Update::default() }
}

#[tokio::test]
async fn a_did_that_is_given_up_is_given_up_at_its_office_for_ever() {
    let mut hosted = Hosted::new().await;
    let did = hosted.log.did().unwrap().clone();
    let before = hosted.text.clone();
    let ended = hosted.append(&given_up());
    hosted.put(&ended).await.unwrap();
    assert_eq!(hosted.served().await.as_ref(), Some(&ended));
    assert!(matches!(hosted.resolved(&did).await, Err(ResolveError::Deactivated(_))));
    // The log of before may come again, and brings nothing back.
    hosted.put(&before).await.unwrap();
    assert_eq!(hosted.served().await.as_ref(), Some(&ended));
    let forged = format!("{ended}{}", ended.lines().last().unwrap());
    assert!(matches!(hosted.put(&forged).await, Err(HostingError::Log(LogError::Entry { number: 3, .. }))));
    assert_eq!(hosted.served().await, Some(ended));
    assert_eq!(only::<Passport>(&hosted.scene).await.did.as_deref(), Some(did.as_str()));
}

#[tokio::test]
async fn a_did_that_moved_is_followed_from_its_first_office_as_long_as_the_member_tells_it() {
    let mut hosted = Hosted::new().await;
    let did = hosted.log.did().unwrap().clone();
    let moved = hosted.append(&to("kiln.localhost", "m-1"));
    hosted.put(&moved).await.unwrap();
    let there = hosted.log.did().unwrap().clone();
    assert!(there.as_str().ends_with(":kiln.localhost%3A8080:m-1"));
    let found = hosted.resolved(&did).await.unwrap();
    assert_eq!((found.document.id(), found.metadata.canonical_id.as_ref()), (&there, Some(&there)));
    // What happens at the new place is told here too, to the end.
    for update in [Update { ttl: Some(60), ..Update::default() }, to("north.localhost", "m-2"), given_up()] {
        let longer = hosted.append(&update);
        hosted.put(&longer).await.unwrap();
        assert_eq!(hosted.served().await, Some(longer));
    }
    assert!(matches!(hosted.resolved(&did).await, Err(ResolveError::Deactivated(_))));
}

#[tokio::test]
async fn a_did_that_moved_may_come_back() {
    let mut hosted = Hosted::new().await;
    let did = hosted.log.did().unwrap().clone();
    hosted.append(&to("kiln.localhost", "m-1"));
    let home = hosted.label.clone();
    let back = hosted.append(&to("office.localhost", &home));
    hosted.put(&back).await.unwrap();
    assert_eq!(hosted.resolved(&did).await.unwrap().document.id(), &did);
}

#[tokio::test]
async fn a_log_does_not_begin_here_with_a_did_that_lives_elsewhere_or_no_more() {
    let (mut hosted, created) = Hosted::reserved().await;
    let began = hosted.text.clone();
    let ended = hosted.append(&given_up());
    assert!(matches!(hosted.put(&ended).await, Err(HostingError::Deactivated)));
    (hosted.text, hosted.log) = (began.clone(), created.log.clone());
    let moved = hosted.append(&to("kiln.localhost", "m-1"));
    assert!(matches!(hosted.put(&moved).await, Err(HostingError::OtherPlace)));
    let (elsewhere, key) = hosted.scene.member_did("kiln.localhost", "m-1", true);
    (hosted.text, hosted.log, hosted.key) = (elsewhere.text, elsewhere.log, key);
    let home = hosted.label.clone();
    let came = hosted.append(&to("office.localhost", &home));
    assert!(matches!(hosted.put(&came).await, Err(HostingError::OtherPlace)));
    assert_eq!(hosted.served().await, None);
    hosted.put(&began).await.unwrap();
    assert_eq!(hosted.served().await, Some(began));
}

#[tokio::test]
async fn a_last_entry_is_taken_by_the_dids_key_alone_on_the_log_that_is_there() {
    for last in [given_up(), to("kiln.localhost", "m-1")] {
        let mut hosted = Hosted::new().await;
        let began = hosted.text.clone();
        // By another key than the one that may update.
        let own = std::mem::replace(&mut hosted.key, hosted.scene.member_did("a.localhost", "b", true).1);
        hosted.scene.clock.advance(1);
        assert!(hosted.log.clone().append(&last, &hosted.key, hosted.scene.now()).is_err());
        hosted.key = own;
        let ended = hosted.append(&last);
        let tampered = ended.replacen("\"proofValue\":\"z", "\"proofValue\":\"z1", 2);
        assert!(matches!(hosted.put(&tampered).await, Err(HostingError::OtherLog)));
        let (kept, line) = ended.trim_end().rsplit_once('\n').unwrap();
        let line = line.replacen("\"proofValue\":\"z", "\"proofValue\":\"z1", 1);
        let tampered = format!("{kept}\n{line}");
        assert!(matches!(hosted.put(&tampered).await, Err(HostingError::Log(_))));
        // On another history, valid in itself.
        let (other, key) = hosted.scene.member_did("office.localhost", &hosted.label, true);
        let line = other.log.clone().append(&last, &key, hosted.scene.now().plus(1)).unwrap();
        let other = format!("{}{line}", other.text);
        assert!(matches!(hosted.put(&other).await, Err(HostingError::OtherLog)));
        // By somebody else than who answered.
        let stranger = hosted.scene.key().public_jwk().thumbprint_base64url();
        let refused = hosted.scene.office().put_log(&hosted.label, &stranger, ended.as_bytes()).await;
        assert!(matches!(refused, Err(HostingError::NoSuch)));
        assert_eq!(hosted.served().await, Some(began));
        hosted.put(&ended).await.unwrap();
        assert_eq!(hosted.served().await, Some(ended));
    }
}

#[tokio::test]
async fn a_full_log_still_moves_and_ends() {
    let mut hosted = Hosted::new().await;
    let mut full = hosted.text.clone();
    let mut log = hosted.log.clone();
    let refused = loop {
        let longer = hosted.append(&Update::default());
        match hosted.put(&longer).await {
            Ok(()) => (full, log) = (longer, hosted.log.clone()),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, HostingError::TooLarge));
    assert!(log.number() > 40 && full.len() <= 128 * 1_024, "{} entries", log.number());
    assert_eq!(hosted.served().await.as_ref(), Some(&full));
    (hosted.log, hosted.text) = (log, full);
    for last in [to("kiln.localhost", "m-1"), given_up()] {
        let longer = hosted.append(&last);
        hosted.put(&longer).await.unwrap();
        assert_eq!(hosted.served().await, Some(longer));
    }
}
