//! The member's mail: what is kept, what is refused and why, and a host that does whatever it likes.

use std::collections::BTreeSet;

use credentials::vc;
use jose::{Algorithm, DecryptionKey, Signer, SigningKey};
use network::decision::{DecidedBy, Decision, Outcome};
use network::mailbox::{About, Invitation, Message, Purpose, Reason, seal};
use network::sharing_proof::Confirmation;
use network::terms;
use serde_json::{Value, json};
use trust::Standing;
use trust::testing::NOW;

use super::stage::{NEIGHBOUR, OFFICE, SPACE, Stage, offer, offer_of, private};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, MailError, MailKind, MailRound, OpenedMail, PresentError, PresentOptions};
use crate::records::{FollowUpAwaited, MemberDid, PairwiseInbox};
use crate::{DetailName, HistoryKind};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const A_DAY: i64 = 86_400;
const LINK: &str = "http://kiln.localhost/join/invited/1";
const SPACE_DID: &str = "did:web:kiln.localhost";

fn did() -> String {
    format!("did:webvh:{}:office.localhost:m-1", "Q".repeat(46))
}

/// A member whose DID names a mailbox at the office, and the keys that others see.
struct Member {
    stage: Stage,
    url: String,
    seal: DecryptionKey,
}

impl Member {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let randomness = environment::SeededRandomness::new(77);
        let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        let (sign, read) = (key(), key());
        let seal = DecryptionKey::generate("seal", &randomness).unwrap();
        let url = format!("http://{OFFICE}/mailbox/{}", read.public_jwk().thumbprint_base64url());
        let member: MemberDid = serde_json::from_value(json!({
            "did": did(), "location": "office.localhost:m-1", "log": "{}\n", "next_recovery_key": 1,
            "sign": private(&sign), "seal": seal.to_private_json().as_str(), "mailbox": private(&read), "uploaded": true,
        }))
        .unwrap();
        stage.vault.put(&member).await.unwrap();
        Self { stage, url, seal }
    }

    fn invitation(&self, id: &str) -> Invitation {
        let now = self.stage.wallet.now();
        Invitation {
            space: SPACE_DID.to_owned(),
            member: did(),
            id: id.to_owned(),
            issued_at: now.seconds(),
            expires_at: now.plus(14 * A_DAY).seconds(),
            link: LINK.to_owned(),
            purpose: Purpose::SignUp,
            email: None,
        }
    }

    /// Leaves what the space signs and seals.
    fn invite(&self, invitation: &Invitation) {
        let signed = invitation.sign(&format!("{}#request", invitation.space), self.stage.space_key());
        self.leave(&signed.unwrap());
    }

    fn leave(&self, signed: &str) {
        self.stage.leave(&self.url, &self.sealed(signed));
    }

    fn sealed(&self, signed: &str) -> String {
        seal(signed, self.seal.public_jwk(), &environment::SeededRandomness::new(3)).unwrap()
    }

    async fn fetch(&self) -> MailRound {
        self.stage.wallet.fetch_mail().await.unwrap()
    }

    /// What was refused in the next round, by name; nothing was kept.
    async fn refused(&self) -> Vec<String> {
        let round = self.fetch().await;
        assert_eq!(round.new, []);
        assert_eq!(round.problems, Vec::<String>::new());
        round.refused.into_iter().map(|one| one.code).collect()
    }

    fn told(&self, what: &str) -> Vec<Value> {
        self.stage.seen(|seen| {
            seen.mail.told.iter().filter(|(told, _)| told == what).map(|(_, body)| body.clone()).collect()
        })
    }

    async fn open(&self, id: &str) -> Result<OpenedMail, MailError> {
        self.stage.wallet.open_mail(id, &AcceptOptions::default(), &NEEDED).await
    }
}

#[tokio::test]
async fn an_invitation_is_shown_and_opening_it_answers_the_fresh_request_of_its_space() {
    let member = Member::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    member.stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    member.invite(&member.invitation("1"));
    assert!(member.stage.calls().iter().all(|call| !call.contains("/mailbox/")), "only when the member asks");
    let round = member.fetch().await;
    let mail = &round.new[0];
    assert_eq!((mail.space_name.as_str(), mail.kind), (SPACE, MailKind::SignUp));
    assert_eq!((mail.host.as_deref(), mail.space.as_str()), (Some(SPACE), SPACE_DID));
    assert!(
        member.stage.calls().iter().all(|call| !call.contains(SPACE)),
        "the space learns nothing by then"
    );
    assert_eq!(member.told("done"), [json!({"ids": ["id-0"]})]);
    let OpenedMail::Presented(presented) = member.open(&mail.id).await.unwrap() else { panic!("an answer") };
    assert_eq!(presented.asker.did.as_deref(), Some(SPACE_DID));
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    assert!(matches!(member.open(&mail.id).await, Err(MailError::NoSuchMail)));
}

#[tokio::test]
async fn an_invitation_to_the_did_as_it_was_lately_or_sealed_to_its_former_keys_is_taken() {
    let member = Member::new().await;
    let randomness = environment::SeededRandomness::new(78);
    let read = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let seal_before = DecryptionKey::generate("seal", &randomness).unwrap();
    let former = format!("did:webvh:{}:old.localhost:m-9", "Q".repeat(46));
    let month = 30 * A_DAY;
    let moved_at = |until: i64| {
        json!([{"seal": seal_before.to_private_json().as_str(), "mailbox": private(&read), "did": former,
            "office": format!("http://{OFFICE}"), "until": until}])
    };
    let record = async |until: i64| {
        let known = member.stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
        let mut value = serde_json::to_value(&known).unwrap();
        value["earlier"] = moved_at(until);
        member.stage.vault.put(&serde_json::from_value::<MemberDid>(value).unwrap()).await.unwrap();
    };
    let old_box = format!("http://{OFFICE}/mailbox/{}", read.public_jwk().thumbprint_base64url());
    let to = |id: &str, did: &str, seal_to: &DecryptionKey, url: &str| {
        let invitation = Invitation { member: did.to_owned(), ..member.invitation(id) };
        let signed = invitation.sign(&format!("{SPACE_DID}#request"), member.stage.space_key()).unwrap();
        let sealed = seal(&signed, seal_to.public_jwk(), &environment::SeededRandomness::new(4)).unwrap();
        member.stage.leave(url, &sealed);
    };
    let now = member.stage.clock_seconds();
    record(now - month).await;
    for (number, (did_named, seal_to, url)) in [
        (former.as_str(), &seal_before, &old_box),
        (former.as_str(), &member.seal, &member.url),
        (did().as_str(), &seal_before, &member.url),
        (did().as_str(), &member.seal, &old_box),
    ]
    .into_iter()
    .enumerate()
    {
        member.stage.clock.advance(1);
        record(member.stage.clock_seconds() - month).await;
        to(&format!("taken-{number}"), did_named, seal_to, url);
        assert_eq!(member.fetch().await.new.len(), 1, "{number}");
    }
    // One that was never the member's, of the same office and under the same keys.
    let stranger = format!("did:webvh:{}:old.localhost:m-9", "P".repeat(46));
    for (id, url) in [("strange-1", &old_box), ("strange-2", &member.url)] {
        to(id, &stranger, &seal_before, url);
        assert_eq!(member.refused().await, ["other_audience"]);
    }
    // A month later nothing is on its way any more.
    record(member.stage.clock_seconds() - month - 1).await;
    to("late", &former, &member.seal, &member.url);
    assert_eq!(member.refused().await, ["other_audience"]);
    to("late-seal", &did(), &seal_before, &member.url);
    assert_eq!(member.refused().await, ["unreadable"]);
}

#[tokio::test]
async fn each_message_that_misses_narrowly_is_refused_by_its_own_name() {
    let member = Member::new().await;
    let good = member.invitation("0");
    let far = good.expires_at + 1;
    let key = member.stage.space_key();
    let kid = format!("{SPACE_DID}#request");
    let signed = |invitation: &Invitation| invitation.sign(&kid, key).unwrap();
    let stranger = SigningKey::generate(Algorithm::Es256, &environment::SeededRandomness::new(8)).unwrap();
    let own = |id: &str| Invitation { id: id.to_owned(), ..good.clone() };
    let office = Invitation { space: format!("did:web:{OFFICE}"), ..own("9") };
    let nobody = Invitation { space: "did:web:mallory.localhost".to_owned(), ..own("10") };
    for (code, message) in [
        ("other_audience", signed(&Invitation { member: format!("{}2", did()), ..own("1") })),
        ("expired", signed(&Invitation { issued_at: 0, expires_at: 60, ..own("2") })),
        ("lives_too_long", signed(&Invitation { expires_at: far, ..own("3") })),
        ("bad_signature", own("4").sign(&kid, &stranger).unwrap()),
        ("bad_signature", own("5").sign(&kid, key).unwrap().replace('.', "A.")),
        ("malformed", "not-a-token".to_owned()),
        (
            "link_elsewhere",
            signed(&Invitation { link: "http://kiln.localhost.mallory.localhost/".to_owned(), ..own("6") }),
        ),
        ("other_email", signed(&Invitation { email: Some("bob@example.org".to_owned()), ..own("7") })),
        ("key_not_in_did_document", own("8").sign(&format!("{SPACE_DID}#other"), key).unwrap()),
        ("wrong_role", office.sign(&format!("did:web:{OFFICE}#request"), member.stage.office_key()).unwrap()),
        ("not_admitted", nobody.sign("did:web:mallory.localhost#request", &stranger).unwrap()),
    ] {
        member.leave(&message);
        let found = member.refused().await;
        // A token that was bent may be none any more.
        assert!(found == [code] || (code == "bad_signature" && found == ["malformed"]), "{code}: {found:?}");
    }
    member.leave(&signed(&good));
    assert_eq!(member.fetch().await.new.len(), 1);
    let history = member.stage.wallet.history().await.unwrap();
    let noted = history.iter().filter(|entry| entry.kind == HistoryKind::Mail);
    assert_eq!(noted.count(), 11, "one line each, without values");
}

#[tokio::test]
async fn whoever_was_put_aside_or_out_writes_no_more_and_is_not_opened_any_more() {
    for (standing, code) in [(Standing::Suspended, "suspended"), (Standing::Expelled, "expelled")] {
        let member = Member::new().await;
        member.invite(&member.invitation("1"));
        let before = member.fetch().await.new[0].id.clone();
        member.invite(&member.invitation("2"));
        member.stage.set(|behaviour| {
            behaviour.space_stands = Some(standing);
            behaviour.list_version += 1;
        });
        member.stage.clock.advance(A_DAY);
        assert_eq!(member.refused().await, [code]);
        let refused = member.open(&before).await.unwrap_err();
        assert_eq!(refused.code(), code);
    }
}

#[tokio::test]
async fn while_the_network_list_cannot_be_had_everything_is_held_as_it_came_and_judged_afterwards() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    member.leave("not-a-token");
    member.stage.set(|behaviour| behaviour.no_list = true);
    // However long that takes: it says nothing about the sender.
    for days in [0, 13, 0] {
        member.stage.clock.advance(days * A_DAY);
        let round = member.fetch().await;
        assert_eq!((round.new.len(), round.problems.len(), round.held[0].count), (0, 1, 1));
    }
    member.stage.set(|behaviour| {
        behaviour.no_list = false;
        behaviour.list_version += 1;
    });
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.held.len(), round.problems.len()), (1, 0, 0));
}

impl Member {
    /// Leaves an invitation of the neighbour, whose host is down from now on.
    fn invite_as_neighbour(&self, id: &str) {
        let invitation = Invitation {
            space: format!("did:web:{NEIGHBOUR}"),
            link: format!("http://{NEIGHBOUR}/join/invited/1"),
            ..self.invitation(id)
        };
        let key_id = format!("{}#request", invitation.space);
        let randomness = environment::SeededRandomness::new(id.parse().unwrap());
        let signed = invitation.sign(&key_id, self.stage.neighbour_key()).unwrap();
        self.stage.leave(&self.url, &seal(&signed, self.seal.public_jwk(), &randomness).unwrap());
        self.stage.set(|behaviour| behaviour.mail.is_neighbour_silent = true);
    }

    fn neighbour_answers(&self) {
        self.stage.set(|behaviour| {
            behaviour.mail.is_neighbour_silent = false;
            behaviour.list_version += 1;
        });
    }
}

#[tokio::test]
async fn an_honest_invitation_behind_forty_of_a_space_whose_host_is_down_is_seen_in_the_same_round() {
    let member = Member::new().await;
    for number in 0..40 {
        member.invite_as_neighbour(&number.to_string());
    }
    member.invite(&member.invitation("honest"));
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.new[0].space.as_str()), (1, SPACE_DID));
    let held = &round.held;
    assert_eq!((held.len(), held[0].space.as_str(), held[0].count), (1, "did:web:harbour.localhost", 40));
    assert_eq!((round.refused, round.problems), (Vec::new(), Vec::new()));
    assert_eq!(member.stage.seen(|seen| seen.mail.neighbour_called), 1, "its host is called once");
    assert!(
        member.stage.seen(|seen| seen.mail.waiting.values().all(Vec::is_empty)),
        "nothing waits at the host"
    );
    // When it answers again they are judged, and of one purpose one is kept.
    member.neighbour_answers();
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.held.len()), (1, 0));
    assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_nobody_can_judge_is_given_up_after_two_weeks_at_a_last_try_and_not_by_its_days_at_the_host() {
    let member = Member::new().await;
    member.invite_as_neighbour("1");
    // The member looks for the first time only now.
    member.stage.clock.advance(10 * A_DAY);
    for day in 0..14 {
        assert_eq!(member.fetch().await.held[0].count, 1, "{day}");
        member.stage.clock.advance(A_DAY);
        member.stage.set(|behaviour| behaviour.list_version += 1);
    }
    assert_eq!(member.refused().await, ["sender_silent"]);
    assert!(member.fetch().await.held.is_empty());
}

#[tokio::test]
async fn a_space_that_cannot_be_judged_is_blocked_by_its_did_and_what_is_held_of_it_goes() {
    let member = Member::new().await;
    member.invite_as_neighbour("1");
    let did = member.fetch().await.held.remove(0).space;
    let blocked = member.stage.wallet.block_mail(&did).await.unwrap();
    assert_eq!((blocked.space.as_str(), blocked.name.as_str()), (did.as_str(), did.as_str()));
    assert_eq!(member.told("blocks"), [json!({"space": did, "blocked": true})]);
    member.neighbour_answers();
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.held.len(), round.refused.len()), (0, 0, 0));
    member.invite_as_neighbour("2");
    assert_eq!(member.refused().await, ["blocked"]);
    for neither in ["did:", "harbour.localhost", ""] {
        let refused = member.stage.wallet.block_mail(neither).await;
        assert!(matches!(refused, Err(MailError::NoSuchMail)), "{neither}");
    }
}

#[tokio::test]
async fn so_many_that_cannot_be_judged_push_one_another_out_and_nothing_that_another_space_left() {
    let member = Member::new().await;
    member.stage.set(|behaviour| behaviour.no_list = true);
    member.invite(&member.invitation("honest"));
    member.fetch().await;
    for number in 0..260 {
        member.invite_as_neighbour(&number.to_string());
    }
    let held: Vec<(String, usize)> =
        member.fetch().await.held.into_iter().map(|one| (one.space, one.count)).collect();
    assert_eq!(held, [("did:web:harbour.localhost".to_owned(), 255), (SPACE_DID.to_owned(), 1)]);
}

#[tokio::test]
async fn five_hundred_and_twenty_notes_of_one_space_delete_no_invitation_of_another() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    member.invite_as_neighbour("1");
    member.neighbour_answers();
    assert_eq!(member.fetch().await.new.len(), 1);
    member.stage.clock.advance(A_DAY);
    for number in 0..520 {
        member.write(&inbox, &member.message(&inbox, &format!("note-{number}")));
    }
    member.fetch().await;
    let mail = member.stage.wallet.mail().await.unwrap();
    assert_eq!(mail.len(), 512);
    assert_eq!(mail.iter().filter(|one| one.kind == MailKind::SignUp).count(), 1);
}

#[tokio::test]
async fn an_invitation_for_one_purpose_takes_not_the_place_of_one_for_another() {
    let member = Member::new().await;
    let here = Invitation { purpose: Purpose::HereIAm, ..member.invitation("team") };
    member.invite(&here);
    assert_eq!(member.fetch().await.new.len(), 1);
    member.stage.clock.advance(60);
    // A stranger typed the number at the page: with an address that is none of the member's, and with none.
    let email = Some("bob@example.org".to_owned());
    member.invite(&Invitation { email, ..member.invitation("wrong") });
    assert_eq!(member.refused().await, ["other_email"]);
    member.invite(&member.invitation("page"));
    assert_eq!(member.fetch().await.new.len(), 1);
    // One that is older than the kept one of its own purpose.
    let (issued_at, expires_at) = (here.issued_at - 1, here.expires_at - 1);
    let older = Invitation { issued_at, expires_at, ..here.clone() };
    member.invite(&Invitation { id: "older".to_owned(), ..older });
    assert_eq!(member.refused().await, ["older"]);
    let mail = member.stage.wallet.mail().await.unwrap();
    let kinds: BTreeSet<String> = mail.iter().map(|one| format!("{:?}", one.kind)).collect();
    assert_eq!((mail.len(), kinds.len()), (2, 2));
}

#[tokio::test]
async fn a_block_is_told_to_every_host_that_answers_and_can_be_taken_back_when_all_do() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let address = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    for down in [&member.url, &inbox.address] {
        member.stage.set(|behaviour| {
            behaviour.mail.down = BTreeSet::from([address(down)]);
            behaviour.mail.told.clear();
        });
        let blocked = member.stage.wallet.block_mail(SPACE_DID).await.unwrap();
        assert_eq!((blocked.problems.len(), member.told("blocks").len()), (1, 1));
        let refused = member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap_err();
        assert_eq!(refused.code(), "unreachable");
        assert_eq!(member.told("blocks").len(), 2);
        assert_eq!(member.stage.wallet.blocked_spaces().await.unwrap().len(), 1, "it can be tried again");
    }
    member.stage.set(|behaviour| behaviour.mail.down.clear());
    assert!(member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap());
}

#[tokio::test]
async fn an_address_that_was_typed_beside_the_number_must_be_one_of_the_members() {
    let member = Member::new().await;
    let with = |id: &str, email: &str| Invitation { email: Some(email.to_owned()), ..member.invitation(id) };
    member.invite(&with("1", "ada@example.org"));
    assert_eq!(member.refused().await, ["other_email"], "no address is known yet");
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    member.stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    member.invite(&with("2", "Ada@Example.org "));
    assert_eq!(member.fetch().await.new.len(), 1);
    let own = json!("ada@work.example");
    member.stage.wallet.set_own_detail(DetailName::new("email").unwrap(), own).await.unwrap();
    member.invite(&with("3", "ada@work.example"));
    assert_eq!(member.fetch().await.new.len(), 1);
    member.invite(&with("4", "ada@example.com"));
    assert_eq!(member.refused().await, ["other_email"]);
    let told: Vec<String> = member.stage.calls().into_iter().filter(|call| call.contains(SPACE)).collect();
    assert_eq!(told, Vec::<String>::new(), "nobody is told");
}

#[tokio::test]
async fn a_host_that_repeats_shows_nothing_twice_also_after_it_was_deleted_and_until_it_would_be_expired() {
    let member = Member::new().await;
    member.stage.set(|behaviour| behaviour.mail.repeats = true);
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    assert_eq!(member.refused().await, ["repeated"]);
    member.stage.wallet.delete_mail(&id).await.unwrap();
    for _ in 0..15 {
        assert_eq!(
            member.refused().await,
            if member.stage.wallet.now() < NOW.plus(14 * A_DAY + 60) { ["repeated"] } else { ["expired"] }
        );
        member.stage.clock.advance(A_DAY);
        member.stage.set(|behaviour| behaviour.list_version += 1);
    }
    assert_eq!(member.refused().await, ["expired"]);
}

#[tokio::test]
async fn a_host_that_reorders_does_not_bring_an_older_invitation_in_place_of_a_newer_one() {
    let member = Member::new().await;
    let older = Invitation {
        issued_at: NOW.seconds() - 10,
        expires_at: NOW.seconds() + A_DAY,
        ..member.invitation("old")
    };
    member.invite(&member.invitation("new"));
    member.invite(&older);
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.refused[0].code.as_str()), (1, "older"));
    let newer = Invitation { issued_at: NOW.seconds() + 10, ..member.invitation("newest") };
    member.invite(&newer);
    member.fetch().await;
    assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 1, "one open invitation of a space");
}

#[tokio::test]
async fn a_host_that_drops_loses_what_it_drops_and_nothing_else() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    member.stage.set(|behaviour| behaviour.mail.waiting.clear());
    assert!(member.fetch().await.new.is_empty());
    member.invite(&member.invitation("1"));
    assert_eq!(member.fetch().await.new.len(), 1, "the space may leave it again");
}

#[tokio::test]
async fn a_host_that_always_has_more_is_left_after_the_fullest_inbox() {
    let member = Member::new().await;
    member.stage.set(|behaviour| {
        behaviour.mail.endless = true;
        behaviour.mail.repeats = true;
    });
    assert_eq!(member.refused().await, Vec::<String>::new(), "a page without anything leads to no other");
    member.invite(&member.invitation("1"));
    let round = member.fetch().await;
    assert_eq!(
        (round.new.len(), round.refused[0].code.as_str(), round.refused[0].count),
        (1, "repeated", 95)
    );
    assert_eq!(member.stage.seen(|seen| seen.mail.listed.len()), 97);
}

#[tokio::test]
async fn garbage_in_the_place_of_a_listing_or_of_an_envelope_is_named_and_harms_nothing() {
    let member = Member::new().await;
    for garbage in
        ["", "[]", "{\"messages\":{}}", "{\"messages\":[],\"messages\":[],\"more\":false}", "<html>"]
    {
        member.stage.set(|behaviour| behaviour.mail.answer = Some((200, garbage.to_owned())));
        let round = member.fetch().await;
        assert_eq!((round.new.len(), round.refused.len(), round.problems.len()), (0, 0, 1), "{garbage}");
    }
    let many = json!({"messages": vec![json!({"id": "1", "message": "", "day": 0}); 65], "more": false});
    let named = json!({"messages": [{"id": "x".repeat(129), "message": "", "day": 0}], "more": false});
    for answer in
        [(200, many.to_string()), (200, named.to_string()), (404, "{}".to_owned()), (500, String::new())]
    {
        member.stage.set(|behaviour| behaviour.mail.answer = Some(answer));
        assert_eq!(member.fetch().await.problems.len(), 1);
    }
    member.stage.set(|behaviour| behaviour.mail.answer = None);
    for garbage in ["", "a.b.c.d.e", &"A".repeat(4_096), &"A".repeat(20_000)] {
        member.stage.leave(&member.url, garbage);
    }
    member.invite(&member.invitation("1"));
    let round = member.fetch().await;
    assert_eq!(
        (round.new.len(), round.refused[0].code.as_str(), round.refused[0].count),
        (1, "unreadable", 4)
    );
}

/// Has the space ask, and gives the inbox that it was given.
async fn given_inbox(member: &Member) -> Option<terms::Inbox> {
    let options = AcceptOptions { tx_code: None, copies: Some(6) };
    member.stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    inbox_of_last_answer(member)
}

fn inbox_of_last_answer(member: &Member) -> Option<terms::Inbox> {
    // The last one to the space: the wallet may have refilled at the office since.
    let tokens = member.stage.seen(|seen| {
        let tokens = seen.answers.iter().filter_map(|answer| serde_json::from_str(&answer["vp_token"]).ok());
        tokens.collect::<Vec<Value>>()
    });
    let token = tokens.into_iter().rfind(|token| token.get("profile_given_name").is_some()).unwrap();
    let presentation = token["terms"][0].as_str()?;
    let unverified = vc::Unverified::parse(presentation, vc::Types::Current).unwrap();
    let verified = unverified.verify_self_issued(member.stage.wallet.now(), 0).unwrap();
    let verified = verified.presented(vc::Binding::NotRequired).unwrap();
    let request = verified.claims()["request"].as_str().unwrap().to_owned();
    terms::Terms::from_claims(verified.claims(), &request).unwrap().inbox
}

impl Member {
    fn message(&self, inbox: &terms::Inbox, id: &str) -> Message {
        let now = self.stage.wallet.now();
        Message {
            space: SPACE_DID.to_owned(),
            inbox: inbox.address.clone(),
            id: id.to_owned(),
            issued_at: now.seconds(),
            expires_at: now.plus(30 * A_DAY).seconds(),
            about: About::Note,
            decision: None,
            credential_offer: None,
            link: None,
            text: Some("welcome".to_owned()),
        }
    }

    fn write(&self, inbox: &terms::Inbox, message: &Message) {
        let signed = message.sign(&format!("{}#request", message.space), self.stage.space_key()).unwrap();
        self.write_signed(inbox, &signed);
    }

    fn write_signed(&self, inbox: &terms::Inbox, signed: &str) {
        let envelope = seal(signed, &inbox.key, &environment::SeededRandomness::new(4)).unwrap();
        self.stage.leave(&inbox.address, &envelope);
    }
}

#[tokio::test]
async fn a_space_that_is_answered_gets_an_inbox_of_its_own_that_says_nothing_about_the_member() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    assert!(inbox.address.starts_with("http://office.localhost/mailbox/"));
    assert_ne!(inbox.address, member.url);
    assert_eq!(inbox.key.kid().or(inbox.key.alg()).or(inbox.key.public_key_use()), None, "a bare key");
    assert_ne!(inbox.key, *member.seal.public_jwk());
    member.write(&inbox, &member.message(&inbox, "1"));
    let round = member.fetch().await;
    assert_eq!((round.new[0].kind, round.new[0].text.as_deref()), (MailKind::Note, Some("welcome")));
    // Another answer to the same space names the same one; each is listed with a proof of its own key.
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(inbox_of_last_answer(&member), Some(inbox));
    assert_eq!(member.stage.vault.list::<PairwiseInbox>().await.unwrap().len(), 1);
    let listed: BTreeSet<String> = member.stage.seen(|seen| seen.mail.listed.iter().cloned().collect());
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn without_a_mailbox_at_the_members_office_no_inbox_is_named_and_terms_stay_away() {
    let member = Member::new().await;
    let mut me: MemberDid = member.stage.vault.get(MemberDid::NAME).await.unwrap().unwrap();
    me.mailbox = None;
    member.stage.vault.put(&me).await.unwrap();
    assert_eq!(given_inbox(&member).await, None);
    assert!(member.stage.vault.list::<PairwiseInbox>().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_inbox_takes_messages_of_its_own_space_for_its_own_address_alone() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let own = |id: &str| member.message(&inbox, id);
    member.write(&inbox, &Message { inbox: member.url.clone(), ..own("1") });
    assert_eq!(member.refused().await, ["other_audience"]);
    member.write(&inbox, &Message { link: Some("http://kiln.localhost:81/".to_owned()), ..own("2") });
    assert_eq!(member.refused().await, ["link_elsewhere"]);
    let office = Message { space: format!("did:web:{OFFICE}"), ..own("3") };
    member.write_signed(
        &inbox,
        &office.sign(&format!("did:web:{OFFICE}#request"), member.stage.office_key()).unwrap(),
    );
    assert_eq!(member.refused().await, ["other_sender"]);
    // An invitation belongs into the mailbox of the DID, a message into its inbox.
    let invitation = member.invitation("4").sign(&format!("{SPACE_DID}#request"), member.stage.space_key());
    member.write_signed(&inbox, &invitation.unwrap());
    assert_eq!(member.refused().await, ["bad_signature"]);
    let message = own("5").sign(&format!("{SPACE_DID}#request"), member.stage.space_key());
    member.leave(&message.unwrap());
    assert_eq!(member.refused().await, ["bad_signature"]);
    member.write(&inbox, &own("6"));
    assert_eq!(member.fetch().await.new.len(), 1);
}

#[tokio::test]
async fn what_a_host_moves_into_another_inbox_does_not_open_there() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    member.write(&inbox, &member.message(&inbox, "1"));
    member.invite(&member.invitation("2"));
    member.stage.set(|behaviour| behaviour.mail.mixes = true);
    let round = member.fetch().await;
    assert_eq!(round.new.len(), 2);
    let refused: Vec<&str> = round.refused.iter().map(|one| one.code.as_str()).collect();
    assert!(refused.contains(&"unreadable"), "{refused:?}");
    assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_offer_in_a_message_is_accepted_from_its_own_space_alone() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let with = |id: &str, offer: String| Message {
        about: About::Offer,
        credential_offer: Some(offer),
        ..member.message(&inbox, id)
    };
    member.write(&inbox, &with("1", offer_of(&format!("http://{SPACE}"), &["membership"])));
    let id = member.fetch().await.new[0].id.clone();
    let OpenedMail::Accepted(accepted) = member.open(&id).await.unwrap() else { panic!("an offer") };
    assert_eq!(accepted.credentials.len(), 1);
    member.write(&inbox, &with("2", offer(&["profile"])));
    let id = member.fetch().await.new[0].id.clone();
    let refused = member.open(&id).await.unwrap_err();
    assert!(matches!(&refused, MailError::Accept(error) if error.code() == "offer_of_other"), "{refused:?}");
    member.write(&inbox, &member.message(&inbox, "3"));
    let id = member.fetch().await.new[0].id.clone();
    assert!(matches!(member.open(&id).await, Err(MailError::NothingToOpen)));
    member.write(
        &inbox,
        &Message { link: Some("http://kiln.localhost/news".to_owned()), ..member.message(&inbox, "4") },
    );
    let id = member.fetch().await.new[0].id.clone();
    assert!(
        matches!(member.open(&id).await, Ok(OpenedMail::Page(page)) if page == "http://kiln.localhost/news")
    );
}

/// A decision of the space about the one answer that is followed up.
async fn decision(member: &Member, outcome: Outcome) -> (FollowUpAwaited, String) {
    let awaited = member.stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    let holder = awaited.key.signing_key().unwrap().public_jwk().thumbprint_base64url();
    let decision = Decision {
        issuer: SPACE_DID.to_owned(),
        issued_at: member.stage.wallet.now().seconds(),
        request: awaited.request.clone(),
        confirmation: Confirmation { thumbprint: holder },
        outcome,
        by: DecidedBy::Person,
        reason: None,
        appeal: None,
    };
    let signed = decision.sign(&format!("{SPACE_DID}#log"), member.stage.space_log_key()).unwrap();
    (awaited, signed)
}

#[tokio::test]
async fn a_decision_that_comes_as_a_message_is_kept_beside_the_answer_it_is_about() {
    for (outcome, word, is_awaited) in
        [(Outcome::Approved, "approved", true), (Outcome::Declined, "declined", false)]
    {
        let member = Member::new().await;
        let inbox = given_inbox(&member).await.unwrap();
        let (awaited, signed) = decision(&member, outcome).await;
        let told = |id: &str, decision: &str| Message {
            about: About::Decision,
            decision: Some(decision.to_owned()),
            text: None,
            ..member.message(&inbox, id)
        };
        // One that is not signed by the space's log key says nothing about how it ended.
        member.write(&inbox, &told("1", "a.b.c"));
        assert_eq!(member.fetch().await.new[0].outcome, None);
        member.write(&inbox, &told("2", &signed));
        assert_eq!(member.fetch().await.new[0].outcome.as_deref(), Some(word));
        let given = member.stage.wallet.spaces().await.unwrap().remove(0).given.remove(0);
        assert_eq!(
            (given.outcome.as_deref(), given.decision.as_deref()),
            (Some(word), Some(signed.as_str()))
        );
        let left = member.stage.vault.get::<FollowUpAwaited>(&awaited.id).await.unwrap();
        assert_eq!(left.is_some(), is_awaited);
        member.write(&inbox, &told("3", &signed));
        assert_eq!(member.fetch().await.new[0].outcome.as_deref(), Some(word), "told twice");
        // The membership that comes by a message is not fetched a second time.
        let offer = offer_of(&format!("http://{SPACE}"), &["membership"]);
        let with_offer = Message { credential_offer: Some(offer), ..told("4", &signed) };
        member.write(&inbox, &with_offer);
        let id = member.fetch().await.new[0].id.clone();
        assert!(matches!(member.open(&id).await, Ok(OpenedMail::Accepted(_))));
        assert!(member.stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_blocked_space_is_heard_no_more_whatever_its_host_does_and_gets_no_inbox() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    let blocked = member.stage.wallet.block_mail(&id).await.unwrap();
    assert_eq!((blocked.name.as_str(), blocked.problems), (SPACE, Vec::new()));
    assert_eq!(
        member.told("blocks"),
        vec![json!({"space": SPACE_DID, "blocked": true}); 2],
        "at both inboxes"
    );
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    member.invite(&member.invitation("2"));
    member.write(&inbox, &member.message(&inbox, "3"));
    assert_eq!(member.refused().await, ["blocked"]);
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(inbox_of_last_answer(&member), None);
    assert_eq!(
        member.stage.wallet.blocked_spaces().await.unwrap(),
        [(SPACE_DID.to_owned(), SPACE.to_owned())]
    );
    assert!(member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap());
    assert!(!member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap());
    member.invite(&member.invitation("4"));
    assert_eq!(member.fetch().await.new.len(), 1);
}

#[tokio::test]
async fn a_complaint_names_space_and_reason_and_nothing_of_the_message() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    member.stage.wallet.report_mail(&id, Reason::Phishing).await.unwrap();
    assert_eq!(member.told("reports"), [json!({"space": SPACE_DID, "reason": "phishing"})]);
    let unknown = member.stage.wallet.report_mail("0", Reason::Phishing).await;
    assert!(matches!(unknown, Err(MailError::NoSuchMail)));
}

#[tokio::test]
async fn an_invitation_whose_request_lies_elsewhere_or_is_of_another_is_left_alone() {
    let member = Member::new().await;
    let request =
        |answer: Option<(u16, Value)>| member.stage.set(|behaviour| behaviour.mail.invited = answer);
    let elsewhere = member.stage.link().replace("kiln.localhost", OFFICE);
    for (number, (answer, code)) in [
        (Some((200, json!({"link": elsewhere}))), "request_elsewhere"),
        (Some((200, json!({"link": member.stage.office_link()}))), "request_elsewhere"),
        (Some((200, json!({}))), "malformed_response"),
        (Some((410, json!({}))), "other_side"),
        (Some((404, json!({}))), "other_side"),
    ]
    .into_iter()
    .enumerate()
    {
        member.invite(&member.invitation(&number.to_string()));
        let id = member.fetch().await.new[0].id.clone();
        request(answer);
        let refused = member.open(&id).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused:?}");
        assert!(member.stage.seen(|seen| seen.answers.is_empty()));
        assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 1, "it can be opened again");
    }
    request(None);
    let id = member.stage.wallet.mail().await.unwrap()[0].id.clone();
    let refused = member.open(&id).await.unwrap_err();
    assert!(matches!(refused, MailError::Present(PresentError::CannotBeSatisfied { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_expired_message_is_neither_listed_nor_opened_and_is_forgotten() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    member.stage.clock.advance(14 * A_DAY);
    member.stage.set(|behaviour| behaviour.list_version += 1);
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    assert!(matches!(member.open(&id).await, Err(MailError::Expired)));
    member.fetch().await;
    assert!(matches!(member.open(&id).await, Err(MailError::NoSuchMail)));
}

#[tokio::test]
async fn a_clock_that_is_a_day_off_refuses_by_name_and_takes_what_is_in_time() {
    let member = Member::new().await;
    member.stage.clock.advance(-A_DAY);
    let ahead = Invitation {
        issued_at: NOW.seconds(),
        expires_at: NOW.plus(A_DAY).seconds(),
        ..member.invitation("1")
    };
    member.invite(&ahead);
    assert_eq!(member.refused().await, ["malformed"], "it is from the future");
    member.stage.clock.advance(A_DAY);
    member.stage.set(|behaviour| behaviour.list_version += 1);
    member.invite(&Invitation { id: "2".to_owned(), ..ahead });
    assert_eq!(member.fetch().await.new.len(), 1);
}
