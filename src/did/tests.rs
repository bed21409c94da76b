use clap::Parser;
use did::webvh::{Log, WITNESS_FILE};
use environment::{ManualClock, SystemRandomness, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::party::{PartyFolder, PartySettings, own_did};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    did: DidArguments,
}

struct World {
    folder: tempfile::TempDir,
    clock: std::sync::Arc<ManualClock>,
    environment: Environment,
}

/// A space with a DID, and two folders of witnesses.
fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(clock.clone(), std::sync::Arc::new(SystemRandomness));
    let world = World { folder, clock, environment };
    let settings: PartySettings = serde_json::from_value(json!({
        "role": "space", "name": "Kiln", "legal_name": "Kiln Ltd", "origin": "https://kiln.example.org",
        "contact": "team@kiln.example.org", "supervisory_authority": "Authority", "uses": {}, "forms": [],
    }))
    .unwrap();
    let kiln = PartyFolder::open(&world.data(), "kiln", &world.environment).unwrap();
    kiln.put_settings(&settings).unwrap();
    own_did(&kiln, &settings).unwrap();
    for witness in ["one", "two"] {
        std::fs::create_dir(world.path(witness)).unwrap();
    }
    world
}

impl World {
    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn of_kiln(&self, file: &str) -> String {
        self.data().join("kiln").join(file).to_str().unwrap().to_owned()
    }

    fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.of_kiln(file)).ok()
    }

    fn log(&self) -> Log {
        Log::verify(self.read("did.jsonl").unwrap().as_bytes(), self.environment.now()).unwrap()
    }

    /// What a command prints, or its complaint.
    async fn run(&self, words: &[&str]) -> std::result::Result<String, String> {
        let parsed = Words::try_parse_from([&["did"], words].concat()).map_err(|error| error.to_string())?;
        let mut output = Vec::new();
        run(parsed.did, &self.data(), &self.environment, &mut output)
            .await
            .map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8(output).unwrap())
    }

    async fn key(&self, witness: &str) -> String {
        let folder = self.path(witness);
        self.run(&["witness", "key", folder.to_str().unwrap()]).await.unwrap().trim().to_owned()
    }

    async fn sign(&self, witness: &str, more: &[&str]) -> std::result::Result<String, String> {
        let (folder, next) = (self.path(witness), self.of_kiln("did-next.jsonl"));
        let words = ["witness", "sign", "--key", folder.to_str().unwrap(), next.as_str()];
        self.run(&[&words, more].concat()).await
    }

    /// A file with what a witness gave.
    fn file(&self, name: &str, approval: &str) -> String {
        let file = self.path(name);
        std::fs::write(&file, approval).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// The space's DID with both witnesses, of whom one is enough, and entry 2 waiting.
    async fn asked_for_witnesses(&self) {
        let (one, two) = (self.key("one").await, self.key("two").await);
        let words = ["update", "kiln", "--witness", &one, "--witness", &two, "--threshold", "2"];
        let said = self.run(&words).await.unwrap();
        assert!(said.contains("waits for its witnesses") && !said.contains(WITNESS_FILE), "{said}");
    }

    async fn known_to(&self, witness: &str) {
        let (folder, log) = (self.path(witness), self.of_kiln("did.jsonl"));
        self.run(&["witness", "keep", "--key", folder.to_str().unwrap(), &log]).await.unwrap();
    }
}

#[tokio::test]
async fn an_entry_waits_until_enough_witnesses_approved_it_and_then_its_proofs_are_there_first() {
    let world = world();
    world.asked_for_witnesses().await;
    assert_eq!(world.log().number(), 1, "nothing is published yet");
    for witness in ["one", "two"] {
        world.known_to(witness).await;
    }
    let one = world.file("one.json", &world.sign("one", &[]).await.unwrap());
    let lacking = world.run(&["publish", "kiln", &one]).await.unwrap_err();
    assert!(lacking.contains("1 of 2 witnesses approved"), "{lacking}");
    assert_eq!(world.log().number(), 1);
    assert!(world.read(WITNESS_FILE).is_some(), "what was given is kept");
    let two = world.file("two.json", &world.sign("two", &[]).await.unwrap());
    assert!(world.run(&["publish", "kiln", &two]).await.unwrap().contains("Entry 2"));
    let log = world.log();
    assert_eq!((log.number(), world.read("did-next.jsonl")), (2, None));
    assert_eq!(log.check_witnesses(world.read(WITNESS_FILE).as_deref().map(str::as_bytes)), Ok(()));
    // The next entry needs proofs for the one before.
    world.clock.advance(60);
    let proofs = world.of_kiln(WITNESS_FILE);
    assert!(world.run(&["update", "kiln", "--no-witnesses"]).await.unwrap().contains(&proofs));
    let lacking = world.sign("one", &[]).await.unwrap_err();
    assert!(lacking.contains("proofs are missing") && lacking.contains("--proofs"), "{lacking}");
    let approvals = [
        world.file("one.json", &world.sign("one", &["--proofs", &proofs]).await.unwrap()),
        world.file("two.json", &world.sign("two", &["--proofs", &proofs]).await.unwrap()),
    ];
    world.run(&["publish", "kiln", &approvals[0], &approvals[1]]).await.unwrap();
    let (log, proofs) = (world.log(), world.read(WITNESS_FILE).unwrap());
    assert!(log.witnesses().is_none() && log.check_witnesses(Some(proofs.as_bytes())).is_ok());
    let kept: Value = serde_json::from_str(&proofs).unwrap();
    assert_eq!(kept.as_array().unwrap().len(), 1, "only the latest proofs are kept: {kept}");
    let shown: Value = serde_json::from_str(&world.run(&["show", "kiln"]).await.unwrap()).unwrap();
    assert_eq!((&shown["witness"], shown["versions"].as_array().unwrap().len()), (&Value::Null, 3));
}

#[tokio::test]
async fn whatever_was_written_before_a_crash_the_next_call_goes_on() {
    let world = world();
    world.asked_for_witnesses().await;
    let mut files = Vec::new();
    for witness in ["one", "two"] {
        world.known_to(witness).await;
        files.push(world.file(&format!("{witness}.json"), &world.sign(witness, &[]).await.unwrap()));
    }
    let (next, first) = (world.read("did-next.jsonl").unwrap(), world.read("did.jsonl").unwrap());
    world.run(&["publish", "kiln", &files[0], &files[1]]).await.unwrap();
    let (published, proofs) = (world.read("did.jsonl").unwrap(), world.read(WITNESS_FILE).unwrap());
    // Cut off after the proofs, and after the entry.
    for log in [&first, &published] {
        world.file("data/kiln/did.jsonl", log);
        world.file("data/kiln/did-next.jsonl", &next);
        world.file(&format!("data/kiln/{WITNESS_FILE}"), &proofs);
        assert_eq!(
            Log::verify(log.as_bytes(), NOW).unwrap().check_witnesses(Some(proofs.as_bytes())),
            Ok(())
        );
        world.run(&["publish", "kiln"]).await.unwrap();
        assert_eq!((world.read("did.jsonl"), world.read("did-next.jsonl")), (Some(published.clone()), None));
        assert_eq!(world.read(WITNESS_FILE).as_ref(), Some(&proofs));
    }
}

#[tokio::test]
async fn a_witness_approves_nothing_but_the_next_entry_of_what_it_knows() {
    let world = world();
    world.asked_for_witnesses().await;
    assert!(world.sign("one", &[]).await.unwrap_err().contains("does not know the published log yet"));
    world.known_to("one").await;
    std::fs::create_dir(world.path("stranger")).unwrap();
    world.known_to("stranger").await;
    assert!(world.sign("stranger", &[]).await.unwrap_err().contains("not among the witnesses"));
    world.sign("one", &[]).await.unwrap();
    // The entry is dropped and another made in its place.
    world.run(&["withdraw", "kiln"]).await.unwrap();
    world.clock.advance(60);
    world.asked_for_witnesses().await;
    assert!(world.sign("one", &[]).await.unwrap_err().contains("no second history"));
    let (folder, log) = (world.path("one"), world.of_kiln("did.jsonl"));
    let keep = ["witness", "keep", "--key", folder.to_str().unwrap(), log.as_str()];
    assert!(world.run(&keep).await.unwrap_err().contains("does not continue"));
    let none = world.path("none");
    let nowhere = world.run(&["witness", "key", none.to_str().unwrap()]).await.unwrap_err();
    assert!(nowhere.contains("there is no folder") && nowhere.contains("make it first"), "{nowhere}");
    assert!(!none.exists());
    let html = world.file("page.html", "<html>");
    let words = ["witness", "sign", "--key", folder.to_str().unwrap(), html.as_str()];
    assert!(world.run(&words).await.unwrap_err().contains("no DID log"));
}

#[tokio::test]
async fn an_update_that_cannot_be_is_refused_and_nothing_is_written() {
    let world = world();
    let one = world.key("one").await;
    let before = world.read("did.jsonl");
    for (words, part) in [
        (&["update", "kiln"][..], "nothing would change"),
        (&["update", "nobody"], "no party named"),
        (&["update", "kiln", "--no-witnesses"], "nobody witnesses"),
        (&["update", "kiln", "--witness", &one, "--threshold", "2"], "cannot be met"),
        (&["update", "kiln", "--witness", &one, "--threshold", "0"], "cannot be met"),
        (&["update", "kiln", "--witness", &one, "--witness", &one], "witness must be"),
        (&["update", "kiln", "--witness", "did:web:kiln.example.org"], "did:key"),
        (&["update", "kiln", "--threshold", "1"], "--witness"),
        (&["update", "kiln", "--ttl", "2147483649"], "not allowed"),
        (&["publish", "kiln"], "no entry of kiln waits"),
        (&["withdraw", "kiln"], "no entry of kiln waits"),
        (&["show", "nowhere"], "cannot be read"),
    ] {
        let refused = world.run(words).await.unwrap_err();
        assert!(refused.contains(part), "{words:?}: {refused}");
        assert_eq!(
            (world.read("did.jsonl"), world.read("did-next.jsonl")),
            (before.clone(), None),
            "{words:?}"
        );
    }
    assert!(world.run(&["update", "kiln", "--ttl", "60"]).await.unwrap().contains("is published"));
    assert_eq!((world.log().ttl(), world.log().number()), (60, 2), "nobody must approve it");
    world.asked_for_witnesses().await;
    let again = world.run(&["update", "kiln", "--ttl", "61"]).await.unwrap_err();
    assert!(again.contains("waits for its witnesses already"), "{again}");
    let foreign = world.file("foreign.json", "[]");
    assert!(world.run(&["publish", "kiln", &foreign]).await.unwrap_err().contains("not published yet"));
    let malformed = world.file("malformed.json", "{}");
    assert!(world.run(&["publish", "kiln", &malformed]).await.unwrap_err().contains("must be a JSON object"));
    assert_eq!(world.log().number(), 2);
}

#[tokio::test]
async fn a_party_that_was_made_before_names_its_did_web_from_then_on() {
    let world = world();
    let document = world.log().last_document().unwrap();
    let names: Vec<&str> = document.also_known_as().collect();
    assert_eq!(names, ["did:web:kiln.example.org"], "a new one does");
    let folder = PartyFolder::open(&world.data(), "kiln", &world.environment).unwrap();
    let mut members = document.members().clone();
    members.remove("alsoKnownAs");
    let mut log = world.log();
    let update = did::webvh::Update {
        document: Some(did::Document::from_members(members).unwrap()),
        ..did::webvh::Update::default()
    };
    let key = folder.key(crate::party::KeyName::Update).unwrap();
    let line = log.append(&update, &key, NOW.plus(1)).unwrap();
    folder.put_did_log(&format!("{}{line}", world.read("did.jsonl").unwrap())).unwrap();
    drop(folder);
    world.clock.advance(60);
    world.run(&["update", "kiln"]).await.unwrap();
    let document = world.log().last_document().unwrap();
    assert_eq!((document.also_known_as().count(), world.log().number()), (1, 3));
}

#[tokio::test]
async fn the_pages_of_a_space_are_those_that_its_settings_name_by_now() {
    let world = world();
    let pages = |world: &World| {
        let document = world.log().last_document().unwrap();
        let told = document.services().into_iter().map(|service| {
            (service.id().rsplit('#').next().unwrap().to_owned(), service.endpoint_url().unwrap().to_owned())
        });
        told.collect::<Vec<_>>()
    };
    let named = |page: &str, path: &str| (page.to_owned(), format!("https://kiln.example.org{path}"));
    let directory = named("people", "/people");
    let directory = std::slice::from_ref(&directory);
    assert_eq!(pages(&world), directory, "the directory is the space's page of people");
    let file = world.data().join("kiln/party.json");
    let name = |pages: Value| {
        let mut settings: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        settings["pages"] = pages;
        std::fs::write(&file, settings.to_string()).unwrap();
        world.clock.advance(60);
    };
    name(serde_json::json!({"help": "/help", "book": "/rooms?from=passport"}));
    world.run(&["update", "kiln"]).await.unwrap();
    let own = [named("book", "/rooms?from=passport"), named("help", "/help")];
    assert_eq!(pages(&world), [&own[..], directory].concat());
    assert!(world.run(&["update", "kiln"]).await.unwrap_err().contains("nothing would change"));
    name(serde_json::json!({"help": "https://elsewhere.example/help"}));
    assert!(world.run(&["update", "kiln"]).await.unwrap_err().contains("leads to another host"));
    name(serde_json::json!({}));
    world.run(&["update", "kiln"]).await.unwrap();
    assert_eq!(pages(&world), directory);
    name(serde_json::json!({"people": "/who"}));
    world.run(&["update", "kiln"]).await.unwrap();
    assert_eq!(pages(&world), [named("people", "/who")]);
}
