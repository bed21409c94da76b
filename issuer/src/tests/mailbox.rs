//! Mailboxes: quotas at their edges, blocks, expiry, and what their host can learn.

use std::sync::Arc;

use environment::{Environment, ManualClock, SeededRandomness};
use issuer::mailbox::records::{Complaint, Envelope, Inbox, Occupied};
use issuer::mailbox::{
    MOST_BYTES, MOST_DEPOSITS, MOST_INVITATIONS, MOST_MESSAGES, MOST_OPEN, Mailbox, NotDeposited,
};
use jose::{Algorithm, DecryptionKey, Signer, SigningKey};
use network::mailbox::{Address, Deposit, Invitation, Kind, Purpose, Reason, SIZES, Slot, open, seal};
use store::memory::Memory;
use store::{Engine, Range, Record, Store, Tenant, TenantId};
use trust::testing::NOW;

const A_DAY: i64 = 86_400;
const KILN: &str = "did:web:kiln.example";
const HARBOUR: &str = "did:web:harbour.example";

struct Post {
    tenants: [Tenant; 2],
    clock: Arc<ManualClock>,
    randomness: SeededRandomness,
    seal: DecryptionKey,
}

impl Post {
    fn new() -> Self {
        Self::over(Arc::new(Memory::new()))
    }

    fn over(engine: Arc<dyn Engine>) -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
        let tenant = || {
            let store = Store::new(engine.clone(), environment.clone());
            store.tenant(&TenantId::new("office").unwrap())
        };
        let randomness = SeededRandomness::new(2);
        let seal = DecryptionKey::generate("seal", &randomness).unwrap();
        Self { tenants: [tenant(), tenant()], clock, randomness, seal }
    }

    /// One of two services over one store.
    fn service(&self, replica: usize) -> Mailbox {
        Mailbox::new(self.tenants[replica % 2].clone())
    }

    fn inbox(&self) -> Address {
        Address::of(SigningKey::generate(Algorithm::Es256, &self.randomness).unwrap().public_jwk())
    }

    fn sealed(&self, text: &str) -> String {
        seal(text, self.seal.public_jwk(), &self.randomness).unwrap()
    }

    fn deposit(&self, kind: Kind, text: &str) -> Deposit {
        let expires = self.tenants[0].environment().now().plus(10 * A_DAY).seconds();
        Deposit { kind, slot: Slot::of([0; 16]), message: self.sealed(text), expires }
    }

    /// An invitation in one of a space's slots.
    async fn invite(&self, space: &str, inbox: &Address, slot: u8, text: &str) {
        let deposit = Deposit { slot: Slot::of([slot; 16]), ..self.deposit(Kind::Invitation, text) };
        self.service(0).deposit(space, inbox, deposit).await.unwrap();
    }

    async fn leave(&self, space: &str, inbox: &Address, kind: Kind, text: &str) {
        self.service(0).deposit(space, inbox, self.deposit(kind, text)).await.unwrap();
    }

    /// What waits, opened, page by page through both services, and erased.
    async fn emptied(&self, inbox: &Address) -> Vec<String> {
        let mut found = Vec::new();
        for round in 0.. {
            let listing = self.service(round).waiting(inbox).await.unwrap();
            found.extend(listing.messages.iter().map(|one| open(&one.message, &self.seal).unwrap()));
            let ids: Vec<String> = listing.messages.into_iter().map(|one| one.id).collect();
            self.service(round + 1).done(inbox, &ids).await.unwrap();
            if !listing.more {
                break;
            }
        }
        found
    }

    async fn count<R: Record>(&self) -> usize {
        self.tenants[0].list::<R>(Range::all(), 1_000).await.unwrap().items.len()
    }
}

#[tokio::test]
async fn what_was_left_is_found_in_order_and_once() {
    let post = Post::new();
    let (inbox, other) = (post.inbox(), post.inbox());
    for number in 0..40 {
        post.leave(KILN, &inbox, Kind::Message, &format!("a.{number}.c")).await;
        post.done_nothing(&inbox).await;
        if number == 30 {
            assert_eq!(post.emptied(&inbox).await.len(), 31);
        }
    }
    let expected: Vec<String> = (31..40).map(|number| format!("a.{number}.c")).collect();
    assert_eq!(post.emptied(&inbox).await, expected);
    assert_eq!(post.emptied(&inbox).await, Vec::<String>::new());
    assert_eq!(post.emptied(&other).await, Vec::<String>::new());
    assert_eq!(post.count::<Envelope>().await, 0);
}

impl Post {
    /// What is not there, and what is another inbox's, is passed over.
    async fn done_nothing(&self, inbox: &Address) {
        self.service(1).done(inbox, &["nothing".to_owned()]).await.unwrap();
        let listing = self.service(0).waiting(inbox).await.unwrap();
        let ids: Vec<String> = listing.messages.into_iter().map(|one| one.id).collect();
        self.service(1).done(&self.inbox(), &ids).await.unwrap();
    }
}

#[tokio::test]
async fn of_one_space_thirty_two_messages_wait_and_the_thirty_third_is_dropped_without_a_word() {
    let post = Post::new();
    let inbox = post.inbox();
    for number in 0..MOST_MESSAGES + 1 {
        post.leave(KILN, &inbox, Kind::Message, &format!("a.{number}.c")).await;
    }
    post.leave(HARBOUR, &inbox, Kind::Message, "a.harbour.c").await;
    post.leave(KILN, &inbox, Kind::Invitation, "a.invited.c").await;
    let found = post.emptied(&inbox).await;
    assert_eq!(found.len(), MOST_MESSAGES + 2);
    assert!(!found.contains(&format!("a.{MOST_MESSAGES}.c")));
    assert!(found.contains(&"a.harbour.c".to_owned()) && found.contains(&"a.invited.c".to_owned()));
    // Once they were fetched there is room again.
    post.leave(KILN, &inbox, Kind::Message, "a.again.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.again.c"]);
}

#[tokio::test]
async fn an_invitation_that_is_called_a_message_is_counted_as_one_whatever_slot_it_names() {
    let post = Post::new();
    let inbox = post.inbox();
    for number in 0..40 {
        let deposit = post.deposit(Kind::Message, &format!("a.{number}.c"));
        let deposit = Deposit { slot: Slot::of([number; 16]), ..deposit };
        post.service(0).deposit(KILN, &inbox, deposit).await.unwrap();
    }
    let found = post.emptied(&inbox).await;
    assert_eq!((found.len(), found.last().unwrap().as_str()), (MOST_MESSAGES, "a.31.c"));
}

#[tokio::test]
async fn of_the_invitations_of_one_space_the_newest_of_a_slot_waits_alone() {
    let post = Post::new();
    let inbox = post.inbox();
    for (space, text) in [(KILN, "a.1.c"), (HARBOUR, "a.2.c"), (KILN, "a.3.c")] {
        post.invite(space, &inbox, 1, text).await;
    }
    assert_eq!(post.count::<Envelope>().await, 2, "the older one is erased");
    assert_eq!(post.emptied(&inbox).await, ["a.2.c", "a.3.c"]);
}

#[tokio::test]
async fn what_a_stranger_has_a_space_send_for_another_purpose_or_member_erases_no_open_invitation() {
    let post = Post::new();
    let inbox = post.inbox();
    post.invite(KILN, &inbox, 1, "a.team.c").await;
    post.invite(KILN, &inbox, 2, "a.stranger.c").await;
    post.invite(KILN, &inbox, 2, "a.stranger-again.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.team.c", "a.stranger-again.c"]);
}

#[tokio::test]
async fn a_space_has_four_slots_open_in_an_inbox_and_the_fifth_is_dropped_without_a_word() {
    let post = Post::new();
    let inbox = post.inbox();
    for slot in 0..u8::try_from(MOST_INVITATIONS).unwrap() + 1 {
        post.invite(KILN, &inbox, slot, &format!("a.{slot}.c")).await;
    }
    post.invite(HARBOUR, &inbox, 4, "a.harbour.c").await;
    // One that is open is still replaced.
    post.invite(KILN, &inbox, 0, "a.new.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.1.c", "a.2.c", "a.3.c", "a.harbour.c", "a.new.c"]);
    post.invite(KILN, &inbox, 4, "a.4.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.4.c"], "there is room again");
}

#[tokio::test]
async fn eight_spaces_that_fill_an_inbox_keep_no_newcomer_out_and_lose_their_own_oldest() {
    let post = Post::new();
    let inbox = post.inbox();
    post.invite("did:web:first.example", &inbox, 1, "a.first.c").await;
    // The first of the eight has one message fewer.
    for number in 1..MOST_OPEN {
        let space = format!("did:web:{}.example", number / MOST_MESSAGES);
        post.leave(&space, &inbox, Kind::Message, &format!("a.{number}.c")).await;
    }
    post.invite("did:web:last.example", &inbox, 1, "a.late.c").await;
    post.invite("did:web:first.example", &inbox, 1, "a.new.c").await;
    post.leave("did:web:other.example", &inbox, Kind::Message, "a.other.c").await;
    let found = post.emptied(&inbox).await;
    assert_eq!(found.len(), MOST_OPEN);
    for kept in ["a.late.c", "a.new.c", "a.other.c", "a.1.c", "a.31.c", "a.255.c"] {
        assert!(found.contains(&kept.to_owned()), "{kept}");
    }
    // The oldest of the second, then of the third.
    for gone in ["a.first.c", "a.32.c", "a.64.c"] {
        assert!(!found.contains(&gone.to_owned()), "{gone}");
    }
    assert_eq!(post.count::<Envelope>().await, 0);
}

#[tokio::test]
async fn of_what_a_space_leaves_at_made_up_addresses_no_more_is_kept_than_its_room_holds() {
    let post = Post::new();
    let largest = SIZES[2];
    let expires = NOW.plus(30 * A_DAY).seconds();
    let deposit = Deposit { expires, ..post.deposit(Kind::Message, &"o".repeat(9_000)) };
    assert_eq!(deposit.message.len(), largest);
    let fits = MOST_BYTES / largest;
    let mut last = post.inbox();
    for number in 0..fits + 3 {
        if number % usize::try_from(MOST_DEPOSITS).unwrap() == 0 {
            post.clock.advance(A_DAY);
        }
        last = post.inbox();
        post.service(0).deposit(KILN, &last, deposit.clone()).await.unwrap();
        let listed = post.service(1).waiting(&last).await.unwrap().messages.len();
        assert_eq!(listed, usize::from(number < fits), "{number}");
    }
    post.leave(HARBOUR, &last, Kind::Message, "a.harbour.c").await;
    let inbox = post.inbox();
    post.leave(KILN, &inbox, Kind::Message, "a.b.c").await;
    assert_eq!(post.emptied(&inbox).await, Vec::<String>::new());
    assert_eq!(post.emptied(&last).await, ["a.harbour.c"]);
    post.clock.advance(31 * A_DAY);
    post.leave(KILN, &inbox, Kind::Message, "a.b.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.b.c"], "what went by itself takes no room");
}

#[tokio::test]
async fn what_was_fetched_replaced_or_blocked_takes_no_room_of_its_space_any_more() {
    let post = Post::new();
    let occupied = async || {
        let all = post.tenants[0].list::<Occupied>(Range::all(), 10).await.unwrap().items;
        all.iter().flat_map(|one| one.until.values()).sum::<usize>()
    };
    let inbox = post.inbox();
    post.leave(KILN, &inbox, Kind::Message, "a.b.c").await;
    for _ in 0..3 {
        post.invite(KILN, &inbox, 1, "a.b.c").await;
    }
    assert_eq!(occupied().await, 2 * SIZES[0]);
    assert_eq!(post.emptied(&inbox).await.len(), 2);
    assert_eq!(occupied().await, 0);
    post.leave(KILN, &inbox, Kind::Message, "a.b.c").await;
    post.service(0).block(&inbox, KILN, true).await.unwrap();
    post.leave(KILN, &inbox, Kind::Message, "a.b.c").await;
    assert_eq!(occupied().await, 0);
}

#[tokio::test]
async fn a_space_leaves_a_thousand_a_day_wherever_they_go_and_then_is_told() {
    let post = Post::new();
    let deposit = post.deposit(Kind::Message, "a.b.c");
    for _ in 0..MOST_DEPOSITS {
        post.service(0).deposit(KILN, &post.inbox(), deposit.clone()).await.unwrap();
    }
    let known = post.inbox();
    post.leave(HARBOUR, &known, Kind::Message, "a.b.c").await;
    for inbox in [post.inbox(), known.clone()] {
        let refused = post.service(1).deposit(KILN, &inbox, deposit.clone()).await;
        assert!(matches!(refused, Err(NotDeposited::OverBudget)));
    }
    assert!(!post.service(0).is_known(&post.inbox()).await.unwrap());
    post.clock.advance(A_DAY - 1);
    let refused = post.service(0).deposit(KILN, &known, deposit.clone()).await;
    assert!(matches!(refused, Err(NotDeposited::OverBudget)));
    post.clock.advance(1);
    post.leave(KILN, &known, Kind::Message, "a.b.c").await;
}

#[tokio::test]
async fn deposits_at_one_inbox_at_the_same_moment_are_counted_exactly() {
    let post = Arc::new(Post::new());
    let inbox = post.inbox();
    let many = (0..80).map(|number| {
        let (post, inbox) = (post.clone(), inbox.clone());
        tokio::spawn(async move {
            let deposit = post.deposit(Kind::Message, "a.b.c");
            post.service(number).deposit(KILN, &inbox, deposit).await.unwrap();
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert_eq!(post.emptied(&inbox).await.len(), MOST_MESSAGES);
}

#[tokio::test]
async fn a_blocked_space_leaves_nothing_and_what_it_left_is_gone_until_it_is_let_in_again() {
    let post = Post::new();
    let inbox = post.inbox();
    post.leave(KILN, &inbox, Kind::Message, "a.before.c").await;
    post.leave(HARBOUR, &inbox, Kind::Message, "a.harbour.c").await;
    post.service(1).block(&inbox, KILN, true).await.unwrap();
    assert_eq!(post.count::<Envelope>().await, 1);
    post.leave(KILN, &inbox, Kind::Message, "a.blocked.c").await;
    post.leave(KILN, &inbox, Kind::Invitation, "a.blocked.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.harbour.c"]);
    // Another inbox of whoever it is knows nothing of it.
    let other = post.inbox();
    post.leave(KILN, &other, Kind::Message, "a.other.c").await;
    assert_eq!(post.emptied(&other).await, ["a.other.c"]);
    post.clock.advance(400 * A_DAY);
    post.leave(KILN, &inbox, Kind::Message, "a.blocked.c").await;
    assert_eq!(post.emptied(&inbox).await, Vec::<String>::new(), "a block has no end");
    post.service(0).block(&inbox, KILN, false).await.unwrap();
    post.leave(KILN, &inbox, Kind::Message, "a.after.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.after.c"]);
}

#[tokio::test]
async fn what_is_dropped_costs_the_same_writes_as_what_is_kept_and_is_swept_away() {
    let memory = Memory::new();
    let post = Post::over(Arc::new(memory.clone()));
    let (open_to, closed, full) = (post.inbox(), post.inbox(), post.inbox());
    for inbox in [&open_to, &closed] {
        post.leave(KILN, inbox, Kind::Message, "a.b.c").await;
    }
    post.service(0).block(&closed, KILN, true).await.unwrap();
    for _ in 0..MOST_MESSAGES {
        post.leave(KILN, &full, Kind::Message, "a.b.c").await;
    }
    let mut written = Vec::new();
    for inbox in [&open_to, &closed, &full] {
        let before = memory.entries();
        post.leave(KILN, inbox, Kind::Message, "a.b.c").await;
        let after = memory.entries();
        let changed = after.iter().filter(|entry| !before.contains(entry)).count();
        written.push((after.len() - before.len(), changed));
    }
    assert_eq!(written, [written[0]; 3]);
    post.tenants[0].store().sweep().await.unwrap();
    assert_eq!(post.count::<Envelope>().await, MOST_MESSAGES + 2);
    let left = memory.entries().len();
    post.tenants[0].store().sweep().await.unwrap();
    assert_eq!(memory.entries().len(), left, "nothing dropped is left");
}

#[tokio::test]
async fn who_never_wrote_is_neither_blocked_nor_complained_of_and_makes_no_inbox() {
    let post = Post::new();
    let inbox = post.inbox();
    post.service(0).block(&inbox, KILN, true).await.unwrap();
    post.service(0).report(&inbox, KILN, Reason::Phishing).await.unwrap();
    assert_eq!((post.count::<Inbox>().await, post.count::<Complaint>().await), (0, 0));
    post.leave(HARBOUR, &inbox, Kind::Message, "a.b.c").await;
    post.service(0).report(&inbox, KILN, Reason::Phishing).await.unwrap();
    assert_eq!(post.count::<Complaint>().await, 0);
}

#[tokio::test]
async fn a_complaint_counts_once_a_day_and_says_neither_who_nor_where() {
    let post = Post::new();
    let inbox = post.inbox();
    post.leave(KILN, &inbox, Kind::Message, "a.b.c").await;
    for reason in [Reason::Phishing, Reason::Unwanted] {
        post.service(0).report(&inbox, KILN, reason).await.unwrap();
    }
    post.clock.advance(A_DAY);
    post.service(1).report(&inbox, KILN, Reason::Abuse).await.unwrap();
    let reports = post.service(0).reports().await.unwrap();
    let reasons: Vec<(Reason, u32)> = reports.iter().map(|one| (one.reason, one.count)).collect();
    assert_eq!(reasons, [(Reason::Abuse, 1), (Reason::Phishing, 1)]);
    assert!(!serde_json::to_string(&reports).unwrap().contains(inbox.as_str()));
    post.clock.advance(90 * A_DAY);
    assert_eq!(post.service(0).reports().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_flood_of_complaints_about_one_space_hides_none_about_another() {
    let post = Post::new();
    let about = async |space: &str| {
        let inbox = post.inbox();
        post.leave(space, &inbox, Kind::Message, "a.b.c").await;
        post.service(0).report(&inbox, space, Reason::Phishing).await.unwrap();
    };
    about(HARBOUR).await;
    post.clock.advance(A_DAY);
    for _ in 0..MOST_DEPOSITS {
        about(KILN).await;
    }
    post.clock.advance(A_DAY);
    about(KILN).await;
    let reports = post.service(0).reports().await.unwrap();
    let counts: Vec<(&str, u32, i64)> =
        reports.iter().map(|one| (one.space.as_str(), one.count, one.day)).collect();
    let first = NOW.start_of_day();
    assert_eq!(
        counts,
        [(KILN, MOST_DEPOSITS + 1, first.plus(2 * A_DAY).seconds()), (HARBOUR, 1, first.seconds())]
    );
}

#[tokio::test]
async fn what_expires_is_gone_at_that_moment_and_leaves_room() {
    let post = Post::new();
    let inbox = post.inbox();
    let until = |seconds| Deposit {
        expires: NOW.plus(seconds).seconds(),
        ..post.deposit(Kind::Message, &format!("a.{seconds}.c"))
    };
    for _ in 0..MOST_MESSAGES - 1 {
        post.service(0).deposit(KILN, &inbox, until(100)).await.unwrap();
    }
    post.service(0).deposit(KILN, &inbox, until(200)).await.unwrap();
    post.clock.advance(99);
    assert_eq!(post.count::<Envelope>().await, MOST_MESSAGES);
    post.clock.advance(1);
    assert_eq!(post.count::<Envelope>().await, 1);
    post.leave(KILN, &inbox, Kind::Message, "a.new.c").await;
    assert_eq!(post.emptied(&inbox).await, ["a.200.c", "a.new.c"]);
    post.clock.advance(60 * A_DAY);
    assert!(!post.service(0).is_known(&inbox).await.unwrap());
}

#[tokio::test]
async fn the_host_finds_neither_content_nor_member_in_what_it_keeps() {
    const CANARIES: [&str; 4] = [
        "did:web:canary.example:ada",
        "canary-ada@example.org",
        "/join/invited/canary",
        "passport-invitation",
    ];
    let memory = Memory::new();
    let post = Post::over(Arc::new(memory.clone()));
    let inbox = post.inbox();
    let invitation = Invitation {
        space: KILN.to_owned(),
        member: CANARIES[0].to_owned(),
        id: "1".to_owned(),
        issued_at: NOW.seconds(),
        expires_at: NOW.plus(A_DAY).seconds(),
        link: format!("https://kiln.example{}", CANARIES[2]),
        purpose: Purpose::SignUp,
        email: Some(CANARIES[1].to_owned()),
    };
    let key = SigningKey::generate(Algorithm::Es256, &post.randomness).unwrap();
    let signed = invitation.sign(&format!("{KILN}#request"), &key).unwrap();
    post.leave(KILN, &inbox, Kind::Invitation, &signed).await;
    post.service(0).report(&inbox, KILN, Reason::Unwanted).await.unwrap();
    let envelopes = post.tenants[0].list::<Envelope>(Range::all(), 10).await.unwrap().items;
    assert!(envelopes.iter().all(|one| SIZES.contains(&one.message.len())));
    let everything: Vec<String> = [
        serde_json::to_string(&envelopes).unwrap(),
        serde_json::to_string(&post.tenants[0].list::<Inbox>(Range::all(), 10).await.unwrap().items).unwrap(),
        serde_json::to_string(&post.service(0).reports().await.unwrap()).unwrap(),
    ]
    .into_iter()
    .collect();
    for canary in CANARIES.iter().copied().chain([signed.as_str()]) {
        for text in &everything {
            assert!(!text.contains(canary), "{canary}");
        }
    }
    assert_eq!(post.emptied(&inbox).await, [signed]);
}

/// Ten thousand where there is time for it, and always so many that every page and quota is used.
#[tokio::test]
async fn many_messages_are_left_listed_in_pages_and_erased_on_the_disk() {
    let is_long = std::env::var_os("PASSPORT_TEST_LONG").is_some();
    let inboxes = if is_long { 40 } else { 8 };
    let folder = tempfile::tempdir().unwrap();
    let engine = store_sled::Sled::open(&folder.path().join("store")).unwrap();
    let post = Arc::new(Post::over(Arc::new(engine)));
    let began = std::time::Instant::now();
    let addresses: Vec<Address> = (0..inboxes).map(|_| post.inbox()).collect();
    let tasks = addresses.iter().enumerate().map(|(place, inbox)| {
        let (post, inbox) = (post.clone(), inbox.clone());
        tokio::spawn(async move {
            for number in 0..250 {
                // Ten spaces for each inbox, each below its day's budget.
                let space = format!("did:web:{}.example", place * 10 + number / 25);
                let deposit = post.deposit(Kind::Message, &format!("a.{place}-{number}.c"));
                post.service(number).deposit(&space, &inbox, deposit).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let left = began.elapsed();
    for (place, inbox) in addresses.iter().enumerate() {
        let found = post.emptied(inbox).await;
        let expected: Vec<String> = (0..250).map(|number| format!("a.{place}-{number}.c")).collect();
        assert_eq!(found, expected, "in order, each once");
        assert!(post.service(0).waiting(inbox).await.unwrap().messages.is_empty());
    }
    assert_eq!(post.count::<Envelope>().await, 0);
    let all = inboxes * 250;
    println!("{all} messages left in {left:?}, listed and erased by {:?}", began.elapsed());
}
