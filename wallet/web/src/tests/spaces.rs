//! A space's page, with a space that answers as it should, and with one that lies.

use std::collections::VecDeque;
use std::sync::Mutex;

use credentials::types;
use did::DidUrl;
use environment::Clock;
use jose::{Algorithm, Jwk, Signer, SigningKey};
use network::change_proof::{Deed, NewChangeProof};
use network::member_api::{ClaimChange, KeptClaim, Outcome, REGISTRATION, WhatToDo};
use serde_json::{Value, json};
use wallet::testing::{MadeSpace, make_member};
use wallet::{SignerEvidence, Trust, TrustError, TrustedIssuer, TrustedRequester};

use super::*;

const KILN: &str = "did:web:kiln.example";
const ROOK: &str = "did:web:rook.example";
const OFFICE: &str = "did:web:office.example";

/// What the space does with a call.
#[derive(Clone)]
enum Answer {
    /// As it should.
    Right,
    /// It cannot be reached.
    Down,
    /// This status and body.
    Body(u16, Value),
    /// It proves something else than it was asked.
    OtherProof,
    /// It ends the membership without having said so.
    EndsIt,
    /// It keeps the caller waiting until it is told.
    Waits,
}

/// Two spaces behind one script.
struct Script {
    key: SigningKey,
    clock: Arc<ManualClock>,
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<(String, Value)>>,
    holds: Mutex<Vec<Value>>,
    goes_on: tokio::sync::Notify,
}

impl Script {
    fn next(&self) -> Answer {
        self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Right)
    }

    fn then(&self, answers: &[Answer]) {
        self.answers.lock().unwrap().extend(answers.iter().cloned());
    }

    /// The calls since this was asked last, by path.
    fn called(&self) -> Vec<String> {
        self.calls.lock().unwrap().drain(..).map(|(path, _)| path).collect()
    }

    async fn answer(&self, request: outbound::Request) -> Result<outbound::Response, OutboundError> {
        // What the wallet does by itself, such as fetching new copies, is no part of this.
        if !request.url.path().starts_with("/member/") {
            return Err(OutboundError::Unreachable);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.calls.lock().unwrap().push((request.url.path().to_owned(), body.clone()));
        let answer = self.next();
        let (other, ends) = match answer {
            Answer::Right => (false, false),
            Answer::Down => return Err(OutboundError::Unreachable),
            Answer::Body(status, body) => return Ok(said(status, &body)),
            Answer::OtherProof => (true, false),
            Answer::EndsIt => (false, true),
            Answer::Waits => {
                self.goes_on.notified().await;
                (false, false)
            }
        };
        let space = format!("did:web:{}", request.url.host_str().unwrap());
        if request.url.path() == "/member/details" {
            let details = self.holds.lock().unwrap().clone();
            return Ok(said(
                200,
                &json!({"space": space, "member_since": 1_794_000_000, "plan": "member", "details": details, "objections": []}),
            ));
        }
        let leaves = request.url.path() == "/member/leave";
        let outcome = outcome(&body, leaves, ends);
        if body["dry_run"] == true {
            return Ok(said(200, &json!({ "would": outcome })));
        }
        let holder = jose::jws::Unverified::parse(request.headers["dpop"].to_str().unwrap()).unwrap();
        let holder = Jwk::from_value(holder.header().get("jwk").unwrap()).unwrap().thumbprint_base64url();
        let proof = NewChangeProof {
            issuer: &space,
            holder: &holder,
            id: if other { "another" } else { body["id"].as_str().unwrap() },
            deed: if leaves { Deed::Left } else { Deed::Changed },
            outcome,
        };
        let proof = proof.make(self.clock.now(), &SeededRandomness::new(3));
        let proof = proof.sign(&format!("{space}#log"), &self.key).unwrap();
        Ok(said(200, &json!({ "proof": proof })))
    }
}

fn said(status: u16, body: &Value) -> outbound::Response {
    outbound::Response::of_json(StatusCode::from_u16(status).unwrap(), body)
}

/// What is needed ends the membership when it is taken back; then the company stays for its days.
fn outcome(body: &Value, leaves: bool, ends: bool) -> Outcome {
    let back = |claim: &str| ClaimChange { claim: claim.to_owned(), what: WhatToDo::TakeBack };
    let changes: Vec<ClaimChange> = if leaves {
        vec![back("company"), back("email")]
    } else {
        serde_json::from_value(body["changes"].clone()).unwrap()
    };
    let takes_needed = changes.contains(&back("email")) && !leaves;
    let kept = KeptClaim { claim: "company".to_owned(), rule: REGISTRATION.to_owned(), until: 1_796_000_000 };
    Outcome {
        membership_ended: leaves || takes_needed || ends,
        kept: if takes_needed { vec![kept] } else { Vec::new() },
        changes,
        ..Outcome::default()
    }
}

struct Line(Arc<Script>);

impl Fetch for Line {
    fn fetch(&self, request: outbound::Request) -> Fetching<'_> {
        Box::pin(self.0.answer(request))
    }
}

/// Whoever signs has the one key; nobody asks or issues.
struct OneKey(Jwk);

impl Trust for OneKey {
    fn issuer<'a>(
        &'a self,
        _: &'a SignerEvidence,
        _: &'a str,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
    }

    fn signer_of_metadata<'a>(
        &'a self,
        _: &'a SignerEvidence,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
    }

    fn requester<'a>(
        &'a self,
        _: &'a SignerEvidence,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>> {
        Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
    }

    fn assertion_key<'a>(&'a self, _: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}

struct AtSpaces {
    environment: Environment,
    script: Arc<Script>,
}

impl OpenWallet for AtSpaces {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        let trust = Arc::new(OneKey(self.script.key.public_jwk().clone()));
        let line = Arc::new(Line(Arc::clone(&self.script)));
        Box::pin(std::future::ready(Ok(Wallet::new(vault, line, trust, self.environment.clone()))))
    }
}

/// A member of two spaces; an office has something too.
struct Member {
    scene: Scene,
    script: Arc<Script>,
}

impl Member {
    async fn new() -> Self {
        let mut made = None;
        let (scene, vault) = Scene::with(|environment| {
            let script = Arc::new(Script {
                key: SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(2)).unwrap(),
                clock: Arc::new(ManualClock::new(environment.now())),
                answers: Mutex::default(),
                calls: Mutex::default(),
                holds: Mutex::new(vec![
                    detail("email", json!("ada@example.org"), "team"),
                    detail("company", json!("<b>Bakery</b>"), "members-here"),
                ]),
                goes_on: tokio::sync::Notify::new(),
            });
            made = Some(Arc::clone(&script));
            Arc::new(AtSpaces { environment, script })
        })
        .await;
        let given = [
            ("email", types::PROFILE, json!("ada@example.org")),
            ("company", types::OWN, json!("<b>Bakery</b>")),
        ];
        let space = |did, name, host, is_office| MadeSpace { did, name, host, is_office, given: &given };
        make_member(&vault, &space(KILN, "Kiln <i>North</i>", "kiln.example", false)).await.unwrap();
        make_member(&vault, &space(ROOK, "Rook", "rook.example", false)).await.unwrap();
        make_member(&vault, &space(OFFICE, "The office", "office.example", true)).await.unwrap();
        Self { scene, script: made.unwrap() }
    }

    async fn browser(&self) -> Browser<'_> {
        let mut browser = self.scene.browser();
        browser.unlock(PASSPHRASE).await;
        browser
    }
}

fn detail(claim: &str, value: Value, audience: &str) -> Value {
    json!({"claim": claim, "value": value, "purpose": "Becoming a member", "audience": audience, "seen_by": "some",
        "until": null, "kept_days": 30, "since": 1_794_000_000, "word_of": "own", "needed": claim == "email"})
}

/// The address of a space's page.
async fn page_of(browser: &mut Browser<'_>, name: &str) -> String {
    let list = browser.get("/spaces").await.text;
    let link = list.split("<h2><a href=\"").find(|part| part.contains(&format!(">{name}</a>"))).expect("it");
    link.split('"').next().unwrap().to_owned()
}

/// The hidden fields of the form on a page that has this button.
fn fields_of(page: &str, button: &str) -> Vec<(String, String)> {
    let form = page.split("<form").find(|form| form.contains(button)).expect("the form");
    let hidden = form.split("type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once('"').unwrap();
        let value = rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        (name.to_owned(), value.to_owned())
    });
    hidden.collect()
}

/// Sends that form with more fields, and gives the page to which it leads.
async fn press(
    browser: &mut Browser<'_>,
    page: &str,
    button: &str,
    action: &str,
    more: &[(&str, &str)],
) -> (String, Shown) {
    let hidden = fields_of(page, button);
    let mut fields: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend(more);
    let sent = browser.post(action, &fields).await;
    let location = sent.location.clone().unwrap_or_else(|| panic!("{} {}", sent.status, sent.text));
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let shown = browser.get(&location).await;
    (location, shown)
}

#[tokio::test]
async fn spaces_are_listed_with_their_pages_and_an_office_apart() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    assert!(browser.get("/").await.text.contains("2 spaces have details of you."), "the office is none");
    let list = browser.get("/spaces").await.text;
    assert!(!list.contains("did:web") && !list.contains("<i>"), "{list}");
    let (spaces, offices) = list.split_once("Passport offices").unwrap();
    assert!(spaces.contains("Rook") && spaces.contains("you are a member") && !spaces.contains("The office"));
    assert!(offices.contains("The office") && offices.contains("e-mail address"));
    let address = page_of(&mut browser, "Rook").await;
    let page = browser.get(&address).await.text;
    for part in [
        "Rook",
        "rook.example",
        "ada@example.org",
        "Becoming a member",
        "checked by your passport office",
        "&#60;b&#62;Bakery",
        "your own word, checked by nobody",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>") && member.script.called().is_empty(), "nobody is called by looking");
    for wrong in ["/spaces/AAAAAAAAAAAAAAAAAAAAAA", "/spaces/did:web:rook.example"] {
        assert_eq!(browser.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    assert_eq!(browser.get(&format!("{address}/detail?claim=phone")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("{address}/proofs/none")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("{address}/asked/none")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_space_says_it_has_is_shown_with_every_difference_and_as_others_see_it() {
    let member = Member::new().await;
    member.script.holds.lock().unwrap().extend([
        detail("phone_number", json!("<script>alert(1)</script>"), "public"),
        detail("company", json!("Another"), "team"),
    ]);
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let page = browser.get(&address).await.text;
    let ask = format!("{address}/ask");
    let (at, seen) = press(&mut browser, &page, "value=\"see\"", &ask, &[("as", "team")]).await;
    assert!(seen.text.contains("ada@example.org") && !seen.text.contains("<script>alert"), "{}", seen.text);
    assert!(seen.text.contains("did not give them this") && seen.text.contains("another value"));
    assert_eq!(member.script.called(), ["/member/details"]);
    let at = at.split('?').next().unwrap().to_owned();
    let as_members = browser.get(&format!("{at}?as=members-here")).await.text;
    assert!(as_members.contains("Bakery") && as_members.contains("alert(1)"), "{as_members}");
    assert!(!as_members.contains("ada@example.org") && !as_members.contains("Another"));
    let as_public = browser.get(&format!("{at}?as=public")).await.text;
    assert!(as_public.contains("alert(1)") && !as_public.contains("Bakery"), "{as_public}");
    assert!(member.script.called().is_empty(), "the space is asked once");
    // The page of another space shows nothing of it.
    let kiln = page_of(&mut browser, "Kiln &#60;i&#62;North&#60;/i&#62;").await;
    let elsewhere = at.replace(&address, &kiln);
    assert_eq!(browser.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_that_is_none_is_told_and_changes_nothing() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let before = browser.get(&address).await.text;
    let huge: Vec<Value> = (0..200).map(|one| detail(&format!("c{one}"), json!("x"), "team")).collect();
    let account = |space: &str, details: Vec<Value>| json!({"space": space, "member_since": 0, "plan": "<b>", "details": details, "objections": []});
    let fault = "cannot trust";
    for (case, answer, told) in [
        ("markup", Answer::Body(200, json!("<html>")), fault),
        ("another space's", Answer::Body(200, account(KILN, Vec::new())), fault),
        ("endless", Answer::Body(200, account(ROOK, huge)), fault),
        ("down", Answer::Down, "cannot be reached now"),
        ("busy", Answer::Body(503, json!({})), "cannot do it now"),
        (
            "a sentence of its own",
            Answer::Body(403, json!({"error": "membership_ended", "error_description": "<b>You owe us</b>"})),
            "says that your membership has ended",
        ),
    ] {
        member.script.then(&[answer]);
        let page = browser.get(&address).await.text;
        let ask = format!("{address}/ask");
        let (_, shown) = press(&mut browser, &page, "value=\"see\"", &ask, &[("as", "team")]).await;
        assert!(shown.text.contains(told), "{case}: {}", shown.text);
        assert!(!shown.text.contains("<b>") && !shown.text.contains("owe us"), "{case}");
    }
    let after = browser.get(&address).await.text;
    let has = |page: &str| {
        page.split("id=\"has-title\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned()
    };
    assert_eq!(has(&before), has(&after));
}

#[tokio::test]
async fn showing_to_more_people_is_asked_first_and_hiding_is_done_at_once() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (detail, ask) = (format!("{address}/detail?claim=company"), format!("{address}/ask"));
    let page = browser.get(&detail).await.text;
    let more = [("what", "publish"), ("audience", "public")];
    let (_, would) = press(&mut browser, &page, "value=\"publish\"", &ask, &more).await;
    assert!(would.text.contains("Show to more people: company"), "{}", would.text);
    assert_eq!(member.script.called(), ["/member/changes"]);
    assert!(browser.get(&detail).await.text.contains("seen by the team"), "nothing was done");
    let (done_at, done) =
        press(&mut browser, &would.text, "name=\"sure\"", &ask, &[("what", "publish")]).await;
    assert!(done.text.contains("done, and proven"), "{}", done.text);
    // Sent again, by a second tap or by going back, it is the same one.
    let (again_at, _) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &[("what", "publish")]).await;
    assert_eq!((again_at, member.script.called().len()), (done_at, 1));
    let page = browser.get(&detail).await.text;
    assert!(page.contains("seen by everybody"), "{page}");
    let (_, hidden) =
        press(&mut browser, &page, "value=\"publish\"", &ask, &[("what", "publish"), ("audience", "team")])
            .await;
    assert!(hidden.text.contains("done, and proven"), "{}", hidden.text);
    assert_eq!(member.script.called(), ["/member/changes"]);
    // Both are among the proofs, each in words and as a file.
    let page = browser.get(&address).await.text;
    let proof = page.split(&format!("href=\"{address}/proofs/")).nth(1).unwrap().split('"').next().unwrap();
    let proof = format!("{address}/proofs/{proof}");
    assert!(browser.get(&proof).await.text.contains("Rook signed on"));
    let file = browser.get(&format!("{proof}/file")).await;
    assert_eq!(file.headers["content-type"], "application/jwt");
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(file.text.split('.').count(), 3);
}

#[tokio::test]
async fn an_end_is_a_day_that_lies_ahead() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (detail, ask) = (format!("{address}/detail?claim=company"), format!("{address}/ask"));
    let page = browser.get(&detail).await.text;
    for (day, told) in [("", "Choose a day"), ("soon", "Choose a day"), ("2020-01-01", "Choose a later day")]
    {
        let mut fields = fields_of(&page, "value=\"until\"");
        fields.extend([("what".to_owned(), "until".to_owned()), ("day".to_owned(), day.to_owned())]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let refused = browser.post(&ask, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
        assert!(
            refused.text.contains(told) && refused.text.contains("href=\"#day\""),
            "{day}: {}",
            refused.text
        );
    }
    assert!(member.script.called().is_empty());
    let set = [("what", "until"), ("day", "2030-05-01")];
    let (_, done) = press(&mut browser, &page, "value=\"until\"", &ask, &set).await;
    assert!(done.text.contains("done, and proven") && done.text.contains("2030-05-01"), "{}", done.text);
    let page = browser.get(&detail).await.text;
    assert!(page.contains("value=\"2030-05-01\""), "{page}");
    let (_, done) = press(&mut browser, &page, "value=\"endless\"", &ask, &[("what", "endless")]).await;
    assert!(done.text.contains("no day on which it goes"), "{}", done.text);
    assert!(!browser.get(&detail).await.text.contains("value=\"endless\""));
}

#[tokio::test]
async fn what_is_needed_is_taken_back_after_it_was_said_what_follows() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let ask = format!("{address}/ask");
    let page = browser.get(&format!("{address}/detail?claim=email")).await.text;
    let (_, would) = press(&mut browser, &page, "value=\"take-back\"", &ask, &[("what", "take-back")]).await;
    for part in ["Your membership there ends.", "company: until 2026-11-30", "Keep", "If you leave instead"] {
        assert!(would.text.contains(part), "{part}: {}", would.text);
    }
    let sure = [("what", "take-back")];
    let (_, done) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &sure).await;
    assert!(done.text.contains("done, and proven") && done.text.contains("Your membership there has ended."));
    assert!(!done.text.contains("something else than it had said"), "{}", done.text);
    let page = browser.get(&address).await.text;
    assert!(page.contains("You left on") || page.contains("you left on"), "{page}");
    assert!(
        !page.contains("value=\"leave\"") && page.contains("company") && !page.contains("ada@example.org")
    );
    let gone = browser.get(&format!("{address}/detail?claim=company")).await.text;
    assert!(gone.contains("You are no member there") && !gone.contains("value=\"take-back\""), "{gone}");
}

#[tokio::test]
async fn a_space_that_does_something_else_than_it_said_or_proves_something_else_is_told() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (detail, ask) = (format!("{address}/detail?claim=company"), format!("{address}/ask"));
    let page = browser.get(&detail).await.text;
    let back = [("what", "take-back")];
    let (_, would) = press(&mut browser, &page, "value=\"take-back\"", &ask, &back).await;
    assert!(!would.text.contains("Your membership there ends."), "{}", would.text);
    member.script.then(&[Answer::OtherProof]);
    let (_, done) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &back).await;
    assert!(done.text.contains("does not prove what you asked for"), "{}", done.text);
    let page = browser.get(&address).await.text;
    assert!(page.contains("Bakery"), "nothing is taken for done");
    assert!(
        page.contains("It is not sent again by itself.") && page.contains("may have been done"),
        "{page}"
    );
    // Taken out, it is asked anew; and now the space ends the membership, of which it had said nothing.
    let waiting = format!("{address}/waiting");
    let cancel = [("what", "cancel")];
    let (_, page) = press(&mut browser, &page, "value=\"cancel\"", &waiting, &cancel).await;
    assert!(!page.text.contains("It is not sent again by itself."));
    let page = browser.get(&detail).await.text;
    let (_, would) = press(&mut browser, &page, "value=\"take-back\"", &ask, &back).await;
    member.script.then(&[Answer::EndsIt]);
    let (_, done) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &back).await;
    assert!(done.text.contains("did something else than it had said"), "{}", done.text);
}

#[tokio::test]
async fn who_leaves_while_the_space_is_down_decides_all_the_same_and_it_goes_when_it_answers() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let ask = format!("{address}/ask");
    let page = browser.get(&address).await.text;
    member.script.then(&[Answer::Down, Answer::Down]);
    let (_, would) = press(&mut browser, &page, "value=\"leave\"", &ask, &[("what", "leave")]).await;
    for part in ["cannot be reached now", "You can decide all the same", "Stay a member"] {
        assert!(would.text.contains(part), "{part}: {}", would.text);
    }
    let (_, sent) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &[("what", "leave")]).await;
    assert!(sent.text.contains("Not done yet") && sent.text.contains("waits"), "{}", sent.text);
    assert!(browser.get("/spaces").await.text.contains("1 change waits"));
    let page = browser.get(&address).await.text;
    assert!(page.contains("Waits to be done") && page.contains("cannot be reached now"), "{page}");
    // The form of another space touches nothing of this one.
    let kiln = page_of(&mut browser, "Kiln &#60;i&#62;North&#60;/i&#62;").await;
    let hidden = fields_of(&page, "value=\"cancel\"");
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    fields.push(("what", "cancel"));
    browser.post(&format!("{kiln}/waiting"), &fields).await;
    assert!(browser.get(&address).await.text.contains("Waits to be done"));
    let waiting = format!("{address}/waiting");
    let (_, sent) = press(&mut browser, &page, "value=\"send\"", &waiting, &[("what", "send")]).await;
    assert!(sent.text.contains("Your membership there has ended."), "{}", sent.text);
    assert_eq!(browser.get("/spaces").await.text.matches("<li>you are a member</li>").count(), 1);
}

#[tokio::test]
async fn two_tabs_and_two_taps_ask_a_space_once() {
    let member = Member::new().await;
    let (mut phone, mut desk) = (member.browser().await, member.browser().await);
    let address = page_of(&mut phone, "Rook").await;
    let ask = format!("{address}/ask");
    member.script.then(&[Answer::Waits]);
    let mut places = Vec::new();
    for browser in [&mut phone, &mut desk] {
        let page = browser.get(&address).await.text;
        let hidden = fields_of(&page, "value=\"see\"");
        let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.push(("as", "team"));
        for _ in 0..2 {
            places.push(browser.post(&ask, &fields).await.location.unwrap());
        }
    }
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    let status = phone.get(&format!("{}/status", places[0])).await.text;
    assert_eq!(status, r#"{"state":"asked"}"#);
    member.script.goes_on.notify_one();
    assert!(desk.get(&places[0]).await.text.contains("ada@example.org"));
    assert_eq!(member.script.called(), ["/member/details"]);
    assert_eq!(phone.get(&format!("{}/status", places[0])).await.text, r#"{"state":"came"}"#);
    // Another button of the same page does what it says, and not what was asked before.
    let page = phone.get(&address).await.text;
    let (seen_at, _) = press(&mut phone, &page, "value=\"see\"", &ask, &[("as", "team")]).await;
    let (left_at, would) = press(&mut phone, &page, "value=\"leave\"", &ask, &[("what", "leave")]).await;
    assert!(seen_at != left_at && would.text.contains("Leave Rook?"), "{}", would.text);
    // With the lock everything is forgotten.
    for browser in [&mut phone, &mut desk] {
        let csrf = browser.get("/").await.csrf("/lock");
        browser.post("/lock", &[("csrf", &csrf)]).await;
    }
    let status = phone.get(&format!("{}/status", places[0])).await;
    assert_eq!(status.text, r#"{"state":"gone"}"#);
    phone.unlock(PASSPHRASE).await;
    assert_eq!(phone.get(&places[0]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_edit_shows_what_would_be_another_where_before_anything_is_sent() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let edit = browser.get("/change?claim=company").await;
    let csrf = edit.csrf("/change");
    let edit = edit.text;
    assert!(edit.contains("value=\"&#60;b&#62;Bakery&#60;/b&#62;\"") && edit.contains("Rook"), "{edit}");
    let keys: Vec<String> =
        edit.split("name=\"at-").skip(1).map(|at| at.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 2);
    let (first, second) = (format!("at-{}", keys[0]), format!("at-{}", keys[1]));
    let long = "x".repeat(2_001);
    for (value, at, told) in [
        ("", Some(&first), "Type the new value"),
        (&long, Some(&first), "too long"),
        ("Mill", None, "Tick at least one"),
    ] {
        let mut fields = vec![("csrf", csrf.as_str()), ("claim", "company"), ("value", value)];
        fields.extend(at.map(|at| (at.as_str(), "yes")));
        let refused = browser.post("/change", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(refused.text.contains(told), "{told}: {}", refused.text);
    }
    let fields = [
        ("csrf", csrf.as_str()),
        ("claim", "company"),
        ("value", "<u>Mill</u>"),
        (first.as_str(), "yes"),
        (second.as_str(), "yes"),
    ];
    let difference = browser.post("/change", &fields).await;
    assert_eq!(difference.status, StatusCode::OK);
    let page = difference.text;
    assert!(
        page.contains("&#60;b&#62;Bakery") && page.contains("&#60;u&#62;Mill") && !page.contains("<u>"),
        "{page}"
    );
    assert!(page.contains("Each at a time of its own"), "{page}");
    assert!(member.script.called().is_empty() && !browser.get("/details").await.text.contains("Mill"));
    let (at, told) = press(&mut browser, &page, "name=\"when\"", "/change/send", &[("when", "apart")]).await;
    assert!(
        told.text.contains("What each space answered") && told.text.matches("waits").count() >= 2,
        "{}",
        told.text
    );
    assert!(member.script.called().is_empty(), "each at a time of its own");
    assert!(browser.get("/details").await.text.contains("Mill"));
    let (again, _) = press(&mut browser, &page, "name=\"when\"", "/change/send", &[("when", "apart")]).await;
    assert_eq!(again, at, "sent once");
    let address = page_of(&mut browser, "Rook").await;
    assert!(browser.get(&address).await.text.contains("company: a new value"));
    for none in ["/change", "/change?claim=number", "/change?claim=did", "/change?claim=a.b"] {
        assert_eq!(browser.get(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn what_an_office_has_to_check_first_is_said_before_and_afterwards() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let edit = browser.get("/change?claim=email").await;
    let csrf = edit.csrf("/change");
    let edit = edit.text;
    let at = format!("at-{}", edit.split("name=\"at-").nth(1).unwrap().split('"').next().unwrap());
    let fields =
        [("csrf", csrf.as_str()), ("claim", "email"), ("value", "new@example.org"), (at.as_str(), "yes")];
    let page = browser.post("/change", &fields).await.text;
    assert!(page.contains("The office has to check the new one first"), "{page}");
    let (_, told) = press(&mut browser, &page, "name=\"task\"", "/change/send", &[("when", "apart")]).await;
    assert!(told.text.contains("Your passport office has to check the new value first"), "{}", told.text);
    assert!(!browser.get("/details").await.text.contains("new@example.org"), "nothing is changed");
    let same =
        [("csrf", csrf.as_str()), ("claim", "email"), ("value", "ada@example.org"), (at.as_str(), "yes")];
    let page = browser.post("/change", &same).await.text;
    assert!(page.contains("Nowhere would anything change.") && !page.contains("/change/send"), "{page}");
}

#[tokio::test]
async fn a_muted_space_says_so_on_its_page_until_it_is_undone() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let mute = format!("{address}/mute");
    let page = browser.get(&address).await.text;
    let (_, muted) = press(&mut browser, &page, "name=\"muted\"", &mute, &[("muted", "yes")]).await;
    assert!(muted.text.contains("You muted this space"), "{}", muted.text);
    assert!(browser.get("/spaces").await.text.contains("muted"));
    let (_, shown) = press(&mut browser, &muted.text, "name=\"muted\"", &mute, &[("muted", "no")]).await;
    assert!(!shown.text.contains("You muted this space"));
    assert!(member.script.called().is_empty(), "nobody learns of it");
}

#[tokio::test]
async fn forms_of_other_pages_and_what_no_form_sends_do_nothing() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let other = browser.get("/open").await.csrf("/open");
    for path in ["ask", "waiting", "mute"] {
        let path = format!("{address}/{path}");
        let fields = [("csrf", other.as_str()), ("what", "leave"), ("sure", "yes"), ("muted", "yes")];
        assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(member.scene.browser().post(&path, &fields).await.location.as_deref(), Some("/unlock"));
    }
    for path in ["/change", "/change/send"] {
        let fields = [("csrf", other.as_str()), ("claim", "company"), ("value", "x")];
        assert_eq!(browser.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(member.scene.browser().post(path, &fields).await.location.as_deref(), Some("/unlock"));
    }
    let ask = format!("{address}/ask");
    let csrf = browser.get(&address).await.csrf(&ask);
    for odd in [
        &[("what", "everything")][..],
        &[("what", "publish"), ("claim", "company"), ("audience", "world")],
        &[("what", "publish"), ("claim", "company")],
        &[("what", "take-back"), ("claim", "phone_number"), ("sure", "yes")],
        &[],
    ] {
        let fields = [&[("csrf", csrf.as_str()), ("task", "AAAAAAAAAAAAAAAAAAAAAA")], odd].concat();
        assert_eq!(browser.post(&ask, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd:?}");
    }
    // A name of a task that no form of ours has begins nothing.
    for name in ["", "short", "../../../../etc/passwd", "AAAAAAAAAAAAAAAAAAAAA\u{e9}"] {
        let fields = [("csrf", csrf.as_str()), ("task", name), ("what", "leave"), ("sure", "yes")];
        browser.post(&ask, &fields).await;
    }
    assert!(member.script.called().is_empty());
}
