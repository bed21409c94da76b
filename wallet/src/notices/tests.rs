//! What leaves when something came, and what is known of it where.

use std::sync::{Arc, Mutex};

use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use http::{HeaderMap, StatusCode};
use jose::jws::{Policy, Unverified};
use jose::{Jwk, VerifyingKey};
use outbound::mail::{Deliver, Delivering, Mail, MailError};
use outbound::{OutboundError, Request, Response, Scripted};
use serde_json::json;
use zeroize::Zeroizing;

use super::kept::{MOST_BROWSERS, ToDo};
use super::*;
use crate::vault::{Cost, LockedVault, NewWay, Passphrase, VaultId, Vaults};

const NOW: i64 = 1_795_000_000;
const ENDPOINT: &str = "https://push.example.org/send/canary-endpoint";
const ADDRESS: &str = "canary-ada@example.org";

struct Scene {
    clock: Arc<ManualClock>,
    environment: Environment,
    vaults: Vaults,
    id: VaultId,
    vault: LockedVault,
    notifier: Notifier,
    engine: Arc<store::memory::Memory>,
    letters: Letters,
}

/// Writes the links down and nothing else.
#[derive(Default)]
struct Letters;

impl NewsLetters for Letters {
    fn asks(&self, language: &str, link: &str) -> (String, String) {
        (format!("asks {language}"), link.to_owned())
    }

    fn news(&self, language: &str, wallet: &str, stop: &str) -> (String, String) {
        (format!("news {language}"), format!("{wallet} {stop}"))
    }
}

/// A letter box that may say no.
#[derive(Default)]
struct LetterBox {
    mails: Mutex<Vec<Mail>>,
    says: Mutex<Option<MailError>>,
}

impl Deliver for LetterBox {
    fn deliver(&self, mail: Mail) -> Delivering<'_> {
        let says = *self.says.lock().unwrap();
        if says.is_none() {
            self.mails.lock().unwrap().push(mail);
        }
        Box::pin(std::future::ready(says.map_or(Ok(()), Err)))
    }
}

impl LetterBox {
    fn taken(&self) -> Vec<Mail> {
        std::mem::take(&mut self.mails.lock().unwrap())
    }
}

fn notifier(key: u8) -> Notifier {
    Notifier::of(Zeroizing::new([key; 32]), "https://wallet.example.org").unwrap().with_mails(true)
}

impl Scene {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(NOW)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
        let engine = Arc::new(store::memory::Memory::new());
        let vaults = Vaults::of_host_on(engine.clone(), &environment);
        let id = VaultId::fresh(environment.randomness());
        let passphrase = Passphrase::new("some words").unwrap();
        let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
        let vault = vaults.make(&id, &way, None).await.unwrap().locked();
        let (notifier, letters) = (notifier(1), Letters);
        Self { clock, environment, vaults, id, vault, notifier, engine, letters }
    }

    async fn add(&self, endpoint_: &str) {
        let endpoint = endpoint(endpoint_).unwrap();
        self.notifier.add_browser(&self.vault, &endpoint, "Firefox", &self.environment).await.unwrap();
    }

    async fn ring(&self) -> Option<VaultId> {
        let ticket = self.notifier.ticket(&self.id, self.environment.randomness()).unwrap();
        self.notifier.ring(&self.vaults, &ticket, &self.environment).await.unwrap()
    }

    async fn work(&self, fetch: &Scripted, mailer: &LetterBox) -> usize {
        let out = Outgoing { fetch, mailer: Some(mailer), letters: &self.letters };
        self.notifier.work(&self.vaults, out, &self.environment).await.unwrap()
    }

    async fn notices(&self) -> Notices {
        self.notifier.notices(&self.vault).await.unwrap()
    }

    /// A member whose address is confirmed by the link in the mail; gives that link's token.
    async fn confirmed(&self, mailer: &LetterBox) -> String {
        let (vaults, environment) = (&self.vaults, &self.environment);
        let asked = self.notifier.ask_for_mail(vaults, &self.id, &self.vault, ADDRESS, "es", environment);
        asked.await.unwrap();
        self.work(&nobody(), mailer).await;
        let mail = mailer.taken().pop().unwrap();
        let token = token(&mail.text, "https://wallet.example.org/notices/confirm/");
        assert!(self.notifier.follow_link(vaults, Link::Confirm, &token, environment).await.unwrap());
        token
    }
}

fn token(text: &str, before: &str) -> String {
    text.split(before).nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

fn nobody() -> Scripted {
    Scripted::new(|_| Err(OutboundError::Unreachable))
}

fn answering(status: u16) -> Scripted {
    let status = StatusCode::from_u16(status).unwrap();
    Scripted::new(move |_| Ok(Response::new(status, HeaderMap::new(), "")))
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_push_has_no_body_and_says_who_asks_by_a_key_that_the_browser_was_given() {
    let scene = Scene::new().await;
    scene.add(ENDPOINT).await;
    assert_eq!(scene.ring().await, Some(scene.id.clone()));
    let fetch = answering(201);
    assert_eq!(scene.work(&fetch, &LetterBox::default()).await, 1);
    let calls = fetch.calls();
    let [push] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    assert_eq!((push.method.as_str(), push.url.as_str(), push.body.len()), ("POST", ENDPOINT, 0));
    let mut names: Vec<&str> = push.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["authorization", "topic", "ttl", "urgency"], "nothing that tells of a content");
    let said = (header(push, "ttl"), header(push, "topic"), header(push, "urgency"));
    assert_eq!(said, ("86400", "news", "normal"));

    let (jwt, key) =
        header(push, "authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(key, scene.notifier.application_key());
    let key = Jwk::from_sec1(&jose::base64url::decode(key).unwrap()).unwrap();
    let verifying = VerifyingKey::new(&key).unwrap();
    let token = Unverified::parse(jwt).unwrap().verify(&verifying, &Policy::typed(&["JWT"])).unwrap();
    let claims = token.claims().unwrap();
    let expected = json!({
        "aud": "https://push.example.org", "exp": NOW + 43_200, "sub": "https://wallet.example.org"
    });
    assert_eq!(serde_json::Value::Object(claims), expected);
    // Another host's key is another one, and the same host's is the same after a start.
    assert_eq!(notifier(1).application_key(), scene.notifier.application_key());
    assert_ne!(notifier(2).application_key(), scene.notifier.application_key());
}

#[tokio::test]
async fn a_browser_that_is_gone_is_told_no_more_and_one_that_cannot_be_reached_is_tried_again() {
    for status in [404, 410] {
        let scene = Scene::new().await;
        scene.add(ENDPOINT).await;
        scene.ring().await;
        scene.work(&answering(status), &LetterBox::default()).await;
        assert!(scene.notices().await.is_empty(), "{status}");
        assert_eq!(scene.ring().await, None, "nobody is to be told, and the host of the inbox hears of it");
    }
    for passing in [429, 500, 503] {
        let scene = Scene::new().await;
        scene.add(ENDPOINT).await;
        scene.ring().await;
        scene.work(&answering(passing), &LetterBox::default()).await;
        assert_eq!(scene.notices().await.browsers.len(), 1);
        let again = answering(201);
        assert_eq!(scene.work(&again, &LetterBox::default()).await, 0, "not at once");
        scene.clock.advance(2);
        assert_eq!(
            (scene.work(&again, &LetterBox::default()).await, again.calls().len()),
            (1, 1),
            "{passing}"
        );
    }
    for never in [400, 401, 403, 413] {
        let scene = Scene::new().await;
        scene.add(ENDPOINT).await;
        scene.ring().await;
        scene.work(&answering(never), &LetterBox::default()).await;
        scene.clock.advance(3_600);
        assert_eq!(scene.work(&answering(201), &LetterBox::default()).await, 0, "{never}");
        assert_eq!(scene.notices().await.browsers.len(), 1, "{never}");
    }
}

#[tokio::test]
async fn whoever_has_not_looked_is_not_pushed_for_each_message() {
    let scene = Scene::new().await;
    scene.add(ENDPOINT).await;
    let fetch = answering(201);
    let pushes = async |expected: usize, why: &str| {
        scene.ring().await;
        scene.work(&fetch, &LetterBox::default()).await;
        assert_eq!(fetch.calls().len(), expected, "{why}");
    };
    pushes(1, "the first").await;
    scene.clock.advance(600);
    pushes(1, "it is on the screen already").await;
    scene.notifier.note_look(&scene.vault, &scene.environment).await.unwrap();
    scene.clock.advance(1);
    pushes(2, "the member looked since").await;
    scene.clock.advance(3_599);
    pushes(2, "not yet").await;
    scene.clock.advance(1);
    pushes(3, "an hour later").await;
}

#[tokio::test]
async fn a_mail_goes_after_an_hour_if_nobody_looked_and_one_a_day_at_most() {
    let scene = Scene::new().await;
    let mailer = LetterBox::default();
    scene.confirmed(&mailer).await;
    scene.ring().await;
    scene.clock.advance(3_599);
    scene.work(&nobody(), &mailer).await;
    assert!(mailer.taken().is_empty(), "not before the hour is over");
    scene.clock.advance(1);
    scene.work(&nobody(), &mailer).await;
    let mails = mailer.taken();
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (ADDRESS, "news es"));
    let stop = mail.unsubscribe.clone().unwrap();
    assert_eq!(mail.text, format!("https://wallet.example.org {stop}"), "a link, and how to stop");

    // More came: not before a day has passed since the mail.
    scene.ring().await;
    scene.clock.advance(86_399);
    scene.work(&nobody(), &mailer).await;
    assert!(mailer.taken().is_empty(), "one a day");
    scene.clock.advance(1);
    scene.work(&nobody(), &mailer).await;
    assert_eq!(mailer.taken().len(), 1);

    // Whoever looks in between gets none.
    scene.clock.advance(86_400);
    scene.ring().await;
    scene.clock.advance(3_000);
    scene.notifier.note_look(&scene.vault, &scene.environment).await.unwrap();
    scene.clock.advance(600);
    scene.work(&nobody(), &mailer).await;
    assert!(mailer.taken().is_empty(), "the member has seen it");

    // The link in the mail, without any wallet; twice is once.
    let token = token(&stop, "/notices/stop/");
    let follow = async |link, token: &str| {
        scene.notifier.follow_link(&scene.vaults, link, token, &scene.environment).await.unwrap()
    };
    assert!(!follow(Link::Confirm, &token).await, "a link is for one thing");
    assert!(follow(Link::Stop, &token).await);
    assert!(!follow(Link::Stop, &token).await);
    assert!(scene.notices().await.is_empty());
    assert_eq!(scene.ring().await, None);
    let short: String = token.chars().skip(1).collect();
    for no in ["", "a", &short, &format!("{token}A")] {
        assert!(!follow(Link::Stop, no).await, "{no}");
    }
}

#[tokio::test]
async fn nobody_gets_mail_who_has_not_said_so_and_what_cannot_be_sent_is_due_as_it_was() {
    let scene = Scene::new().await;
    let mailer = LetterBox::default();
    let (vaults, environment) = (&scene.vaults, &scene.environment);
    let ask = async |address: &str| {
        let asked = scene.notifier.ask_for_mail(vaults, &scene.id, &scene.vault, address, "en", environment);
        asked.await.unwrap();
        scene.work(&nobody(), &mailer).await;
        let mail = mailer.taken().pop().unwrap();
        assert_eq!((mail.to.as_str(), mail.subject.as_str(), mail.unsubscribe), (address, "asks en", None));
        token(&mail.text, "/notices/confirm/")
    };
    let first = ask("ben@example.org").await;
    assert!(scene.notifier.is_link_of_wish(vaults, Link::Confirm, &first).await.unwrap());
    assert_eq!(scene.ring().await, None, "not confirmed");
    let second = ask(ADDRESS).await;
    let follow = async |token: &str| {
        scene.notifier.follow_link(vaults, Link::Confirm, token, environment).await.unwrap()
    };
    assert!(!follow(&first).await, "the address was changed since");
    assert!(!scene.notifier.is_link_of_wish(vaults, Link::Confirm, &first).await.unwrap());
    assert!(follow(&second).await);
    assert_eq!(scene.ring().await, Some(scene.id.clone()));
    scene.clock.advance(3_600);
    *mailer.says.lock().unwrap() = Some(MailError::Later { code: 451 });
    scene.work(&nobody(), &mailer).await;
    *mailer.says.lock().unwrap() = None;
    scene.clock.advance(2);
    scene.work(&nobody(), &mailer).await;
    assert_eq!(mailer.taken().len(), 1, "sent once it could be");
    scene.work(&nobody(), &mailer).await;
    assert!(mailer.taken().is_empty());
}

#[tokio::test]
async fn tickets_look_different_say_nothing_and_are_of_one_host() {
    let scene = Scene::new().await;
    scene.add(ENDPOINT).await;
    let randomness = scene.environment.randomness();
    let ticket = scene.notifier.ticket(&scene.id, randomness).unwrap();
    let other = scene.notifier.ticket(&scene.id, randomness).unwrap();
    assert_ne!(ticket, other);
    assert!(ticket.len() <= network::mailbox::LONGEST_TICKET && !ticket.contains(scene.id.as_str()));
    let ring =
        async |ticket: &str| scene.notifier.ring(&scene.vaults, ticket, &scene.environment).await.unwrap();
    assert!(ring(&ticket).await.is_some() && ring(&other).await.is_some());
    let foreign = notifier(2).ticket(&scene.id, randomness).unwrap();
    let unknown = scene.notifier.ticket(&VaultId::fresh(randomness), randomness).unwrap();
    let changed: String = ticket.chars().rev().collect();
    let short: String = ticket.chars().skip(1).collect();
    for no in ["", "a", &foreign, &unknown, &changed, &short, &format!("{ticket}A")] {
        assert_eq!(ring(no).await, None, "{no}");
    }
}

#[tokio::test]
async fn neither_endpoint_nor_address_lies_in_the_store_and_another_key_opens_nothing() {
    let scene = Scene::new().await;
    scene.add(ENDPOINT).await;
    scene.confirmed(&LetterBox::default()).await;
    scene.ring().await;
    let entries = scene.engine.entries();
    let bytes: Vec<u8> = entries.into_iter().flat_map(|(key, value)| [key, value].concat()).collect();
    for canary in ["canary-endpoint", "canary-ada", "push.example.org"] {
        assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary}");
    }
    assert!(notifier(2).notices(&scene.vault).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_browser_that_is_called_otherwise_says_how_it_was_called() {
    let scene = Scene::new().await;
    scene.add(ENDPOINT).await;
    let [before, now] = [ENDPOINT, "https://push.example.org/send/other"].map(|text| endpoint(text).unwrap());
    let moved = async |before, now| {
        scene.notifier.move_browser(&scene.vault, before, now, &scene.environment).await.unwrap()
    };
    assert!(!moved(&now, &before).await, "it is not known by this one");
    assert!(moved(&before, &now).await);
    assert!(!moved(&before, &now).await);
    scene.ring().await;
    let fetch = answering(201);
    scene.work(&fetch, &LetterBox::default()).await;
    assert_eq!(fetch.calls()[0].url, now);
    let id = scene.notices().await.browsers[0].id();
    scene.notifier.remove_browser(&scene.vault, "other", &scene.environment).await.unwrap();
    assert_eq!(scene.notices().await.browsers.len(), 1);
    scene.notifier.remove_browser(&scene.vault, &id, &scene.environment).await.unwrap();
    assert!(scene.notices().await.is_empty());
    assert_eq!(scene.vault.sealed_notices().await.unwrap(), None, "nothing is kept of what is not wanted");
}

#[test]
fn an_endpoint_is_an_https_address_and_there_are_not_too_many() {
    for good in [ENDPOINT, "https://push.example.org:8443/x?y=z", "http://push.localhost:8080/x"] {
        assert!(endpoint(good).is_ok(), "{good}");
    }
    let long = format!("https://push.example.org/{}", "a".repeat(1_000));
    for no in [
        "",
        "push.example.org/x",
        "http://push.example.org/x",
        "https://ada@push.example.org/x",
        "https://:pw@push.example.org/x",
        "https://push.example.org/x#y",
        "javascript:alert(1)",
        &long,
    ] {
        assert_eq!(endpoint(no), Err(NotAnEndpoint), "{no}");
    }
    let mut notices = Notices::default();
    assert_eq!(notices.ring(NOW), ToDo::default());
    for number in 0..=MOST_BROWSERS {
        notices.add(format!("https://push.example.org/{number}"), "Firefox", NOW);
    }
    notices.add("https://push.example.org/3".to_owned(), "again", NOW);
    assert_eq!(notices.browsers.len(), MOST_BROWSERS);
    assert_eq!(notices.browsers.last().unwrap().name, "again");
    assert!(notices.browsers.iter().all(|one| one.id() != kept::id_of("https://push.example.org/0")));
}

#[test]
fn the_key_lies_in_a_file_of_its_own_and_is_the_same_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::new(
        Arc::new(ManualClock::new(Timestamp::from_seconds(NOW))),
        Arc::new(SeededRandomness::new(7)),
    );
    let open = || Notifier::in_folder(folder.path(), "https://wallet.example.org", &environment);
    let first = open().unwrap().application_key();
    assert_eq!(open().unwrap().application_key(), first);
    let file = folder.path().join("notices.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&file, "no key").unwrap();
    assert!(matches!(open(), Err(NotifierError::NoKey(named)) if named == file));
}
