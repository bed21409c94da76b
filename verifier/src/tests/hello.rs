//! A hello reaches its receiver and an answer its sender, and whatever ends either of them ends it.

use std::sync::Arc;

use jose::{DecryptionKey, Signer};
use ledger::EntryKind;
use network::hello::{Contacts, Detail, Details, Hello, HelloId, HelloResponse, HelloText};
use network::mailbox::{About, Message, Reason};
use network::terms::Inbox;
use presentation::Way;
use serde_json::json;
use store::{Change, Fault, PendingLeaf, Tx};

use super::ending::all;
use super::stage::{REQUEST, Stage};
use super::telling::{Hatch, left, with_post};
use crate::community::hello::carrying::Carried;
use crate::community::hello::records::{HelloBlock, HelloReport, SaidHello, TakenAnswer};
use crate::community::hello::responding::NotTaken;
use crate::community::hello::{MOST_HEARD, MOST_SAID, NotSaid, Standing};
use crate::community::listing::{ByContact, Listing};
use crate::community::reach::Reach;
use crate::keeping::delete_contact;
use crate::records::{Member, SignUp};

const TEXT: &str = "canary-words: do you also weave?";

/// A member with an inbox of their own.
struct Person {
    member: Member,
    listing: String,
    key: DecryptionKey,
    address: String,
}

/// Somebody who is a member, shows the name to `audience`, and has an inbox if `has_inbox`.
async fn joined(stage: &Stage, name: &str, audience: &str, has_inbox: bool) -> Person {
    let key = DecryptionKey::generate("inbox", stage.tenant.environment().randomness()).unwrap();
    let address = format!("https://office.localhost/mailbox/canary-{name}");
    let mut terms = json!({"request": REQUEST, "audiences": {"given_name": audience}});
    if has_inbox {
        terms["inbox"] = json!(Inbox { address: address.clone(), key: key.public_jwk().clone() });
    }
    let asked = stage.space.ask("sign-up").await.unwrap();
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, Some(terms));
    stage.give(&answer).await.unwrap();
    let sign_up: SignUp = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    let member = stage.tenant.get::<Member>(sign_up.member.as_deref().unwrap()).await.unwrap().unwrap();
    let listing = stage.tenant.find::<ByContact>(sign_up.id.as_str()).await.unwrap();
    Person { member, listing: listing.map(|one: Listing| one.id).unwrap_or_default(), key, address }
}

struct Scene {
    stage: Stage,
    hatch: Arc<Hatch>,
    ada: Person,
    bea: Person,
}

impl Scene {
    async fn new() -> Self {
        let mut stage = Stage::new();
        let hatch = with_post(&mut stage);
        let ada = joined(&stage, "ada", "members-here", true).await;
        let bea = joined(&stage, "bea", "members-here", true).await;
        Self { stage, hatch, ada, bea }
    }

    async fn says(&self, from: &Person, to: &Person) -> Result<(), NotSaid> {
        let text = HelloText::parse(TEXT).unwrap();
        self.stage.space.say_hello(&from.member, &to.listing, &text).await
    }

    async fn carry(&self) -> usize {
        self.stage.space.carry_hellos().await.unwrap()
    }

    /// Ada says hello to Bea, and it arrives.
    async fn told(&self) -> Hello {
        self.says(&self.ada, &self.bea).await.unwrap();
        assert_eq!(self.carry().await, 1);
        *self.last().hello.unwrap()
    }

    fn last(&self) -> Message {
        left(&self.hatch).pop().unwrap().1
    }

    async fn standing(&self) -> Option<Standing> {
        self.stage.space.hello_standing(&self.ada.member, &self.bea.listing).await.unwrap()
    }

    async fn responds(&self, id: &HelloId, response: HelloResponse) -> Result<(), NotTaken> {
        self.stage.space.respond_to_hello(id, &response).await
    }

    /// How often the log says so.
    async fn logged(&self, code: &str) -> usize {
        let leaves = all::<PendingLeaf>(&self.stage).await;
        let entries = leaves.iter().map(|pending| pending.leaf().entry().unwrap());
        entries
            .filter(|entry| entry.kind == EntryKind::SaidHello && entry.code.as_deref() == Some(code))
            .count()
    }
}

fn answer(hello: &Hello) -> HelloResponse {
    sealed_anew(hello, 9)
}

/// The same answer in other bytes, which depend on the seed.
fn sealed_anew(hello: &Hello, seed: u64) -> HelloResponse {
    let detail = Detail { claim: "email".to_owned(), value: "bea@example.org".to_owned(), checked: false };
    let contacts = Contacts { hello: hello.id.clone(), details: Details::new(vec![detail]).unwrap() };
    HelloResponse::Answer(contacts.seal(&hello.key, &environment::SeededRandomness::new(seed)).unwrap())
}

#[tokio::test]
async fn a_hello_arrives_with_what_its_sender_shows_and_its_answer_with_what_was_chosen() {
    let scene = Scene::new().await;
    let keys = scene.stage.sealing_keys();
    assert_eq!(scene.standing().await, Some(Standing::MaySay));
    scene.says(&scene.ada, &scene.bea).await.unwrap();
    assert_eq!(scene.stage.traces_of(&["canary-words"]), 0, "the words lie sealed");
    let at = scene.stage.now().seconds();
    assert_eq!(scene.standing().await, Some(Standing::Said(at)));
    assert_eq!(scene.carry().await, 1);
    let (inbox, message) = left(&scene.hatch).pop().unwrap();
    assert_eq!((inbox.address.as_str(), message.about), (scene.bea.address.as_str(), About::Hello));
    assert_eq!(
        message.link.as_deref(),
        Some(format!("http://kiln.localhost/people/{}", scene.ada.listing).as_str())
    );
    assert_eq!(message.expires_at, at + 14 * 86_400);
    let hello = *message.hello.unwrap();
    assert_eq!((hello.text.as_str(), &hello.key), (TEXT, scene.ada.key.public_jwk()));
    let who: Vec<_> =
        hello.from.as_slice().iter().map(|one| (one.claim.as_str(), one.value.as_str())).collect();
    assert_eq!(who, [("given_name", "Canaryada")], "the address is shown to nobody");
    assert_eq!(scene.stage.sealing_keys(), keys, "what was left lies nowhere any more");
    assert!(all::<SaidHello>(&scene.stage).await.iter().all(|said| said.waits.is_none()));

    scene.responds(&hello.id, answer(&hello)).await.unwrap();
    assert_eq!(scene.carry().await, 1);
    let (inbox, message) = left(&scene.hatch).pop().unwrap();
    assert_eq!((inbox.address.as_str(), message.about), (scene.ada.address.as_str(), About::HelloAnswer));
    let answered = message.hello_answer.unwrap();
    let contacts = Contacts::open(&answered.answer, &scene.ada.key, &hello.id).unwrap();
    assert_eq!(contacts.details.as_slice()[0].value, "bea@example.org");
    assert_eq!(answered.from.as_slice().len(), 1);
    assert!(
        Contacts::open(&answered.answer, &scene.bea.key, &hello.id).is_err(),
        "it is for the sender alone"
    );
    assert_eq!(scene.stage.sealing_keys(), keys);
    // It is over: nobody is named by what is kept of it, and another can be said.
    assert!(all::<SaidHello>(&scene.stage).await.is_empty());
    assert!(matches!(scene.responds(&hello.id, sealed_anew(&hello, 10)).await, Err(NotTaken::Nothing)));
    assert_eq!(scene.standing().await, Some(Standing::MaySay));
    assert_eq!((scene.logged("said").await, scene.logged("answered").await), (1, 1));
    assert_eq!(scene.carry().await, 0);
}

#[tokio::test]
async fn a_hello_is_said_by_a_member_with_a_name_and_an_inbox_to_somebody_else_who_is_there() {
    let scene = Scene::new().await;
    let stage = &scene.stage;
    let nameless = joined(stage, "nameless", "team", true).await;
    let no_inbox = joined(stage, "without", "members-here", false).await;
    let hidden = joined(stage, "hidden", "team", true).await;
    let nobody = Person { listing: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(), ..hidden };
    let before = all::<SaidHello>(stage).await.len();
    let keys = stage.sealing_keys();
    assert!(matches!(scene.says(&scene.ada, &scene.ada).await, Err(NotSaid::Yourself)));
    assert!(matches!(scene.says(&scene.ada, &nobody).await, Err(NotSaid::Nobody)));
    assert!(matches!(scene.says(&nameless, &scene.bea).await, Err(NotSaid::Nameless)));
    assert!(matches!(scene.says(&no_inbox, &scene.bea).await, Err(NotSaid::NoInbox)));
    assert!(matches!(scene.says(&scene.ada, &no_inbox).await, Err(NotSaid::Unreachable)));
    let standing = |from: &Member, to: &str| {
        let (from, to) = (from.clone(), to.to_owned());
        async move { stage.space.hello_standing(&from, &to).await.unwrap() }
    };
    assert_eq!(standing(&scene.ada.member, &scene.ada.listing).await, Some(Standing::Yourself));
    assert_eq!(standing(&scene.ada.member, &nobody.listing).await, None);
    assert_eq!(standing(&nameless.member, &scene.bea.listing).await, Some(Standing::Nameless));
    assert_eq!(standing(&no_inbox.member, &scene.bea.listing).await, Some(Standing::NoInbox));
    assert_eq!(standing(&scene.ada.member, &no_inbox.listing).await, Some(Standing::Unreachable));
    // Where the team has no directory there is nobody.
    stage.space.set_directory_reach("Ines", Reach::Nobody).await.unwrap();
    assert!(matches!(scene.says(&scene.ada, &scene.bea).await, Err(NotSaid::Nobody)));
    assert_eq!((all::<SaidHello>(stage).await.len(), stage.sealing_keys()), (before, keys));
    assert_eq!((scene.carry().await, scene.logged("said").await), (0, 0));
}

#[tokio::test]
async fn one_hello_of_a_pair_is_open_and_each_has_a_budget_for_a_day() {
    let scene = Scene::new().await;
    scene.told().await;
    let keys = scene.stage.sealing_keys();
    assert!(matches!(scene.says(&scene.ada, &scene.bea).await, Err(NotSaid::Open)));
    assert_eq!(scene.stage.sealing_keys(), keys, "what is refused leaves no key");
    scene.says(&scene.bea, &scene.ada).await.unwrap();
    for number in 1..MOST_SAID {
        let other = joined(&scene.stage, &format!("other-{number}"), "members-here", true).await;
        scene.says(&scene.ada, &other).await.unwrap();
    }
    let one_more = joined(&scene.stage, "one-more", "members-here", true).await;
    assert!(matches!(scene.says(&scene.ada, &one_more).await, Err(NotSaid::TooMany)));
    for number in 1..MOST_HEARD {
        let other = joined(&scene.stage, &format!("greets-{number}"), "members-here", true).await;
        scene.says(&other, &scene.bea).await.unwrap();
    }
    assert!(matches!(scene.says(&one_more, &scene.bea).await, Err(NotSaid::TooManyThere)));
    scene.stage.clock.advance(43_200);
    scene.stage.clock.advance(43_200);
    scene.says(&scene.ada, &one_more).await.unwrap();
    scene.says(&one_more, &scene.bea).await.unwrap();
    assert!(matches!(scene.says(&scene.ada, &scene.bea).await, Err(NotSaid::Open)));
    for _ in 0..14 {
        scene.stage.clock.advance(86_400);
    }
    scene.says(&scene.ada, &scene.bea).await.unwrap();
}

#[tokio::test]
async fn whoever_is_blocked_is_not_told_and_reaches_that_person_no_more() {
    let scene = Scene::new().await;
    let hello = scene.told().await;
    scene.responds(&hello.id, HelloResponse::Block).await.unwrap();
    assert!(matches!(scene.standing().await, Some(Standing::Said(_))), "for the sender nothing has changed");
    assert!(matches!(scene.says(&scene.ada, &scene.bea).await, Err(NotSaid::Open)));
    assert!(matches!(scene.responds(&hello.id, answer(&hello)).await, Err(NotTaken::Nothing)));
    for _ in 0..15 {
        scene.stage.clock.advance(86_400);
    }
    let (left_before, keys) = (left(&scene.hatch).len(), scene.stage.sealing_keys());
    scene.says(&scene.ada, &scene.bea).await.unwrap();
    assert!(matches!(scene.standing().await, Some(Standing::Said(_))));
    scene.carry().await;
    assert_eq!(
        (left(&scene.hatch).len(), scene.stage.sealing_keys()),
        (left_before, keys),
        "it is not carried"
    );
    // The other way it is open, and so is everybody else's.
    scene.says(&scene.bea, &scene.ada).await.unwrap();
    let other = joined(&scene.stage, "other", "members-here", true).await;
    scene.says(&other, &scene.bea).await.unwrap();
    scene.carry().await;
    assert_eq!(left(&scene.hatch).len(), left_before + 2);
    assert_eq!(scene.logged("blocked").await, 1);
}

#[tokio::test]
async fn a_report_names_the_person_and_a_reason_once_until_the_team_has_dealt_with_it() {
    let scene = Scene::new().await;
    let hello = scene.told().await;
    for reason in [Reason::Abuse, Reason::Other] {
        scene.responds(&hello.id, HelloResponse::Report(reason)).await.unwrap();
    }
    let reports = scene.stage.space.hello_reports(10).await.unwrap();
    let [report] = &reports[..] else { panic!("one report: {reports:?}") };
    assert_eq!(Some(report.about.as_str()), scene.ada.member.contact.as_deref());
    assert_eq!((report.reason, report.at), (Reason::Abuse, scene.stage.now().seconds()));
    let kept = serde_json::to_string(report).unwrap();
    assert!(
        !kept.contains("canary") && !kept.contains(scene.bea.member.contact.as_deref().unwrap()),
        "{kept}"
    );
    // By nothing in it is the hello found, which names who was greeted.
    for said in all::<SaidHello>(&scene.stage).await {
        assert!(!kept.contains(&said.id) && said.is_reported, "{kept}");
    }
    assert_eq!(scene.logged("reported").await, 1);
    scene.stage.space.close_hello_report(&report.id).await.unwrap();
    scene.stage.space.close_hello_report(&report.id).await.unwrap();
    assert!(scene.stage.space.hello_reports(10).await.unwrap().is_empty());
    assert_eq!(scene.logged("report-closed").await, 1);
    // A report that was dealt with does not come again by itself, and whoever reported may still answer.
    scene.responds(&hello.id, HelloResponse::Report(Reason::Other)).await.unwrap();
    assert!(scene.stage.space.hello_reports(10).await.unwrap().is_empty());
    scene.responds(&hello.id, answer(&hello)).await.unwrap();
}

#[tokio::test]
async fn nobody_responds_without_the_identifier_or_before_it_arrived_or_after_its_time() {
    let scene = Scene::new().await;
    scene.says(&scene.ada, &scene.bea).await.unwrap();
    let invented = HelloId::random(scene.stage.tenant.environment().randomness());
    let keys = scene.stage.sealing_keys();
    let of = |id: &HelloId| Hello {
        id: id.clone(),
        text: HelloText::parse("x").unwrap(),
        from: Details::default(),
        key: scene.ada.key.public_jwk().clone(),
    };
    for response in [answer(&of(&invented)), HelloResponse::Block, HelloResponse::Report(Reason::Abuse)] {
        assert!(matches!(scene.responds(&invented, response).await, Err(NotTaken::Nothing)));
    }
    assert_eq!(scene.stage.sealing_keys(), keys, "whoever invents makes no keys");
    assert_eq!(scene.carry().await, 1);
    let hello = *scene.last().hello.unwrap();
    for _ in 0..13 {
        scene.stage.clock.advance(86_400);
    }
    scene.stage.clock.advance(86_399);
    scene.responds(&hello.id, HelloResponse::Report(Reason::Other)).await.unwrap();
    scene.stage.clock.advance(1);
    for response in [answer(&hello), HelloResponse::Block, HelloResponse::Report(Reason::Abuse)] {
        assert!(matches!(scene.responds(&hello.id, response).await, Err(NotTaken::Nothing)));
    }
    assert!(all::<HelloBlock>(&scene.stage).await.is_empty());
}

#[tokio::test]
async fn words_that_cannot_be_left_are_gone_after_a_day() {
    let scene = Scene::new().await;
    let keys = scene.stage.sealing_keys();
    *scene.hatch.is_shut.lock().unwrap() = true;
    scene.says(&scene.ada, &scene.bea).await.unwrap();
    assert_eq!(scene.carry().await, 1);
    assert_eq!(scene.stage.sealing_keys(), keys + 1, "it is tried again");
    scene.stage.clock.advance(86_400);
    *scene.hatch.is_shut.lock().unwrap() = false;
    assert_eq!(scene.carry().await, 1);
    assert_eq!((left(&scene.hatch).len(), scene.stage.sealing_keys()), (0, keys));
    assert!(
        matches!(scene.standing().await, Some(Standing::Said(_))),
        "the sender does not learn that it did not arrive"
    );
}

#[tokio::test]
async fn with_a_membership_of_either_and_with_what_they_show_a_hello_ends() {
    for who in ["sender", "receiver"] {
        for when in ["before it is carried", "before it is answered", "before the answer is carried"] {
            let scene = Scene::new().await;
            let keys = scene.stage.sealing_keys();
            let sub = if who == "sender" { &scene.ada.member.sub } else { &scene.bea.member.sub };
            scene.says(&scene.ada, &scene.bea).await.unwrap();
            let mut expected = 0;
            if when != "before it is carried" {
                scene.carry().await;
                expected = 1;
                let hello = *scene.last().hello.unwrap();
                if when == "before it is answered" {
                    scene.stage.space.end_membership(sub).await.unwrap();
                    let refused = scene.responds(&hello.id, answer(&hello)).await;
                    assert!(matches!(refused, Err(NotTaken::Nothing)), "{who} {when}");
                } else {
                    scene.responds(&hello.id, answer(&hello)).await.unwrap();
                }
            }
            if when != "before it is answered" {
                scene.stage.space.end_membership(sub).await.unwrap();
            }
            scene.carry().await;
            assert_eq!(left(&scene.hatch).len(), expected, "{who} {when}");
            assert!(scene.stage.sealing_keys() <= keys, "{who} {when}: no key is left");
            let again = scene.says(&scene.ada, &scene.bea).await;
            assert!(matches!(again, Err(NotSaid::Nobody | NotSaid::Nameless)), "{who} {when}: {again:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_whose_200_was_lost_is_taken_once_more_for_a_day_and_is_left_once() {
    let scene = Scene::new().await;
    let hello = scene.told().await;
    let keys = scene.stage.sealing_keys();
    for when in ["while it waits", "when it was left"] {
        for _ in 0..2 {
            scene.responds(&hello.id, answer(&hello)).await.unwrap();
        }
        let other = scene.responds(&hello.id, sealed_anew(&hello, 10)).await;
        assert!(matches!(other, Err(NotTaken::Nothing)), "{when}");
        scene.carry().await;
        assert_eq!((left(&scene.hatch).len(), scene.stage.sealing_keys()), (2, keys), "{when}");
    }
    assert_eq!(scene.logged("answered").await, 1);
    let kept = serde_json::to_string(&all::<TakenAnswer>(&scene.stage).await).unwrap();
    for member in [&scene.ada.member, &scene.bea.member] {
        assert!(!kept.contains(member.contact.as_deref().unwrap()) && !kept.contains(&member.sub), "{kept}");
    }
    scene.stage.clock.advance(86_400);
    assert!(matches!(scene.responds(&hello.id, answer(&hello)).await, Err(NotTaken::Nothing)));
}

/// Deletes a contact as an end of keeping does.
struct Delete(String);

impl Change for Delete {
    const NAME: &'static str = "delete-contact";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(delete_contact(tx, &self.0).await?)
    }
}

#[tokio::test]
async fn with_a_contact_everything_of_its_hellos_goes() {
    for who in ["sender", "receiver"] {
        let scene = Scene::new().await;
        let hello = scene.told().await;
        scene.responds(&hello.id, HelloResponse::Report(Reason::Abuse)).await.unwrap();
        scene.responds(&hello.id, HelloResponse::Block).await.unwrap();
        let other = joined(&scene.stage, "other", "members-here", true).await;
        scene.says(&scene.bea, &other).await.unwrap();
        let gone = if who == "sender" { &scene.ada } else { &scene.bea };
        scene.stage.tenant.carry_out(&Delete(gone.member.contact.clone().unwrap())).await.unwrap();
        let said = all::<SaidHello>(&scene.stage).await;
        assert!(said.iter().all(|said| Some(&said.from) != gone.member.contact.as_ref()), "{who}");
        assert_eq!(said.len(), usize::from(who == "sender"), "{who}: what others said to each other stays");
        assert!(all::<HelloBlock>(&scene.stage).await.is_empty(), "{who}");
        assert_eq!(all::<HelloReport>(&scene.stage).await.len(), usize::from(who == "receiver"), "{who}");
        scene.carry().await;
        assert_eq!(
            left(&scene.hatch).len(),
            1 + usize::from(who == "sender"),
            "{who}: nothing is carried of who is gone"
        );
    }
}

#[tokio::test]
async fn however_much_there_is_of_a_person_nothing_is_left() {
    for has_blocked in [true, false] {
        let scene = Scene::new().await;
        let bea = scene.bea.member.contact.clone().unwrap();
        for part in 0..PARTS {
            scene.stage.tenant.carry_out(&Fill { bea: &bea, has_blocked, part }).await.unwrap();
        }
        assert_eq!(all::<HelloReport>(&scene.stage).await.len(), PARTS * PART);
        // With all that goes, in one commit: as an erasure does.
        scene.stage.tenant.carry_out(&Delete(bea)).await.unwrap();
        while scene.stage.space.work().await.unwrap() > 0 {}
        assert_eq!(all::<HelloReport>(&scene.stage).await.len(), 1, "that about another stays");
        assert_eq!(all::<HelloBlock>(&scene.stage).await.len(), 1, "and that of others");
    }
}

/// Reports and blocks that are written in one commit.
const PART: usize = 200;
/// So many of those are together more than one commit deletes.
const PARTS: usize = 3;

/// Reports and blocks of somebody; in the first part one of each is of others.
struct Fill<'a> {
    bea: &'a str,
    has_blocked: bool,
    part: usize,
}

impl Change for Fill<'_> {
    const NAME: &'static str = "fill";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let at = tx.now().seconds();
        let from = self.part * PART;
        for number in from..from + PART {
            let other = format!("other-{number}");
            let (about, by, of) = match (number, self.has_blocked) {
                (0, _) => ("other", "other", "another"),
                (_, true) => (self.bea, self.bea, other.as_str()),
                (_, false) => (self.bea, other.as_str(), self.bea),
            };
            let id = format!("report-{number}");
            tx.put(&HelloReport { id, about: about.to_owned(), reason: Reason::Other, at }).await?;
            tx.put(&HelloBlock { by: by.to_owned(), of: of.to_owned() }).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn words_that_are_left_twice_end_no_answer_that_came_in_between() {
    let scene = Scene::new().await;
    scene.says(&scene.ada, &scene.bea).await.unwrap();
    let before = all::<SaidHello>(&scene.stage).await.remove(0);
    scene.carry().await;
    let hello = *scene.last().hello.unwrap();
    scene.responds(&hello.id, answer(&hello)).await.unwrap();
    for waits in [before.waits.as_ref(), None] {
        for is_left in [true, false] {
            scene.stage.tenant.carry_out(&Carried { id: &before.id, waits, is_left }).await.unwrap();
        }
    }
    let said = all::<SaidHello>(&scene.stage).await.remove(0);
    assert!(said.waits.is_some_and(|waits| waits.is_answer), "the answer waits still");
    scene.carry().await;
    assert_eq!(scene.last().about, About::HelloAnswer);
}

#[tokio::test]
async fn as_long_as_an_answered_hello_is_kept_its_sender_can_be_reported_and_blocked_and_not_answered_again()
{
    let scene = Scene::new().await;
    let hello = scene.told().await;
    scene.responds(&hello.id, answer(&hello)).await.unwrap();
    scene.responds(&hello.id, HelloResponse::Report(Reason::Abuse)).await.unwrap();
    for _ in 0..2 {
        scene.responds(&hello.id, HelloResponse::Block).await.unwrap();
    }
    assert!(matches!(scene.responds(&hello.id, sealed_anew(&hello, 10)).await, Err(NotTaken::Nothing)));
    assert_eq!((scene.logged("reported").await, scene.logged("blocked").await), (1, 1));
    scene.carry().await;
    assert_eq!(scene.last().about, About::HelloAnswer, "what was answered goes all the same");
    for response in [HelloResponse::Block, HelloResponse::Report(Reason::Abuse)] {
        assert!(matches!(scene.responds(&hello.id, response).await, Err(NotTaken::Nothing)), "it is over");
    }
}
