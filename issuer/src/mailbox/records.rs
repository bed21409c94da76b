//! What the mailbox service keeps.

use std::collections::{BTreeMap, BTreeSet};

use environment::Timestamp;
use network::mailbox::{Address, Kind, Reason, Slot};
use serde::{Deserialize, Serialize};
use store::{FieldClass, Key, Record};

/// For how long an inbox is remembered after the last deposit: beyond the life of any message.
const REMEMBERED: i64 = 60 * 86_400;
/// How many spaces an inbox remembers beside those that it blocks or that have something waiting there.
const MOST_SENDERS: usize = 256;
/// Seconds of a day.
const A_DAY: i64 = 86_400;
/// For how long a complaint is kept.
const COMPLAINTS_KEPT: i64 = 90 * 86_400;

/// A space that wrote to an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Its DID.
    pub space: String,
    /// Whether the member wants nothing from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
    /// On which day the member complained of it last, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<i64>,
}

/// One envelope that waits; the envelope itself is an [`Envelope`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The envelope's identifier.
    pub id: String,
    /// Whose it is: a place in [`Inbox::senders`].
    pub from: usize,
    /// Of which kind its sender said that it is.
    pub kind: Kind,
    /// Which invitation of its sender takes its place.
    pub slot: Slot,
    /// The length of the envelope.
    pub size: usize,
    /// When it is thrown away unread, in seconds since the epoch.
    pub until: i64,
}

/// What is known of an inbox. The first deposit makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// Its address.
    pub address: Address,
    /// Who wrote to it.
    pub senders: Vec<Sender>,
    /// What waits, the oldest first.
    pub waiting: Vec<Waiting>,
    /// When somebody last wrote to it, in seconds since the epoch.
    pub written_at: i64,
}

impl Record for Inbox {
    const CLASS: &'static str = "mailbox-inbox";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("address", FieldClass::Operational),
        ("senders", FieldClass::Operational),
        ("waiting", FieldClass::Operational),
        ("written_at", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(self.address.as_str())
    }

    fn expiry(&self) -> Option<Timestamp> {
        // A block holds until the member takes it back.
        let is_blocking = self.senders.iter().any(|sender| sender.blocked);
        (!is_blocking).then(|| Timestamp::from_seconds(self.written_at).plus(REMEMBERED))
    }
}

impl Inbox {
    /// An inbox to which nobody has written.
    pub(super) fn new(address: &Address, now: Timestamp) -> Self {
        Self { address: address.clone(), senders: Vec::new(), waiting: Vec::new(), written_at: now.seconds() }
    }

    /// The place of `space` among the senders, made for it if need be.
    pub(super) fn place_for(&mut self, space: &str) -> usize {
        if let Some(place) = self.place_of(space) {
            return place;
        }
        if self.senders.len() >= MOST_SENDERS {
            self.forget_a_sender();
        }
        self.senders.push(Sender { space: space.to_owned(), blocked: false, reported: None });
        self.senders.len().saturating_sub(1)
    }

    /// Forgets the first space of which nothing waits and which is not blocked.
    fn forget_a_sender(&mut self) {
        let is_idle = |place: usize, sender: &Sender| {
            !sender.blocked && self.waiting.iter().all(|one| one.from != place)
        };
        let idle = self.senders.iter().enumerate().find(|(place, sender)| is_idle(*place, sender));
        let Some((idle, _)) = idle else { return };
        self.senders.remove(idle);
        for one in self.waiting.iter_mut().filter(|one| one.from > idle) {
            one.from = one.from.saturating_sub(1);
        }
    }

    /// The place of `space` among the senders.
    pub(super) fn place_of(&self, space: &str) -> Option<usize> {
        self.senders.iter().position(|sender| sender.space == space)
    }

    /// The spaces of which these are.
    pub(super) fn spaces_of(&self, ids: &[String]) -> Vec<String> {
        let named = self.waiting.iter().filter(|one| ids.contains(&one.id));
        let places: BTreeSet<usize> = named.map(|one| one.from).collect();
        places.iter().filter_map(|place| self.senders.get(*place)).map(|one| one.space.clone()).collect()
    }

    /// What waits of the sender at this place that is of this kind.
    pub(super) fn of_kind(&self, from: usize, kind: Kind) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter().filter(move |one| one.from == from && one.kind == kind)
    }

    /// Of what waits here, that which goes when there is no room left: the oldest of the space that has most, so that no
    /// space and no dozen of them keeps a newcomer out.
    pub(super) fn crowding(&self) -> Option<&Waiting> {
        let mut counts = BTreeMap::<usize, usize>::new();
        for one in &self.waiting {
            let count = counts.entry(one.from).or_default();
            *count = count.saturating_add(1);
        }
        let most = counts.values().copied().max()?;
        self.waiting.iter().find(|one| counts.get(&one.from) == Some(&most))
    }

    /// What waits at `now`.
    pub(super) fn open(&self, now: Timestamp) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter().filter(move |one| now.seconds() < one.until)
    }
}

/// An envelope that waits in an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Where it waits.
    pub inbox: Address,
    /// Its identifier there, random.
    pub id: String,
    /// The envelope.
    pub message: String,
    /// The start of the day on which it came, in seconds since the epoch.
    pub day: i64,
    /// When it is thrown away unread, in seconds since the epoch.
    pub until: i64,
}

impl Record for Envelope {
    const CLASS: &'static str = "mailbox-envelope";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("inbox", FieldClass::Operational),
        ("id", FieldClass::Operational),
        ("message", FieldClass::Operational),
        ("day", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        envelope_key(&self.inbox, &self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// The key of an envelope.
pub(super) fn envelope_key(inbox: &Address, id: &str) -> Key {
    Key::from(inbox.as_str()).then(id)
}

/// How many bytes of one space wait in all inboxes together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupied {
    /// The space's DID.
    pub space: String,
    /// The bytes, by the end of the day on which they are thrown away unread, in seconds since the epoch.
    pub until: BTreeMap<i64, usize>,
}

impl Record for Occupied {
    const CLASS: &'static str = "mailbox-occupied";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("space", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(self.space.as_str())
    }

    fn expiry(&self) -> Option<Timestamp> {
        self.until.keys().next_back().copied().map(Timestamp::from_seconds)
    }
}

impl Occupied {
    /// Of a space that has left nothing.
    pub(super) fn new(space: &str) -> Self {
        Self { space: space.to_owned(), until: BTreeMap::new() }
    }

    /// The bytes that wait at `now`.
    pub(super) fn bytes(&self, now: Timestamp) -> usize {
        let waiting = self.until.range(now.seconds()..).map(|(_, bytes)| *bytes);
        waiting.fold(0, usize::saturating_add)
    }

    /// So many more until then. What has gone by itself is forgotten.
    pub(super) fn take(&mut self, size: usize, until: i64, now: Timestamp) {
        self.until = self.until.split_off(&now.seconds());
        let bytes = self.until.entry(end_of_day(until)).or_default();
        *bytes = bytes.saturating_add(size);
    }

    /// So many fewer of those until then.
    pub(super) fn give_back(&mut self, size: usize, until: i64) {
        if let Some(bytes) = self.until.get_mut(&end_of_day(until)) {
            *bytes = bytes.saturating_sub(size);
        }
    }
}

fn end_of_day(until: i64) -> i64 {
    Timestamp::from_seconds(until).start_of_day().plus(A_DAY).seconds()
}

/// What members complained of about a space on one day, counted: so many as there may be, they hide no other space's. Neither
/// member nor inbox stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The space's DID.
    pub space: String,
    /// What is complained of.
    pub reason: Reason,
    /// The start of the day, in seconds since the epoch.
    pub day: i64,
    /// By how many inboxes.
    pub count: u32,
}

impl Record for Complaint {
    const CLASS: &'static str = "mailbox-complaint";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("space", FieldClass::Operational),
        ("reason", FieldClass::Operational),
        ("day", FieldClass::Operational),
        ("count", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        complaint_key(self.day, &self.space, self.reason)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.day).plus(COMPLAINTS_KEPT))
    }
}

/// The key of a day's complaints about a space for one reason.
pub(super) fn complaint_key(day: i64, space: &str, reason: Reason) -> Key {
    Key::from(day).then(space).then(reason.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_counted_by_the_day_on_which_it_comes_free() {
        let at = Timestamp::from_seconds;
        let mut occupied = Occupied::new("did:web:kiln.example");
        occupied.take(5, A_DAY, at(0));
        occupied.take(7, A_DAY - 1, at(0));
        occupied.take(9, 3 * A_DAY, at(0));
        assert_eq!(occupied.bytes(at(0)), 21);
        occupied.give_back(2, A_DAY);
        occupied.give_back(100, 9 * A_DAY);
        assert_eq!(occupied.bytes(at(A_DAY)), 19);
        assert_eq!((occupied.bytes(at(A_DAY + 1)), occupied.bytes(at(2 * A_DAY + 1))), (12, 9));
        occupied.take(1, 3 * A_DAY, at(2 * A_DAY + 1));
        assert_eq!((occupied.until.len(), occupied.bytes(at(4 * A_DAY))), (1, 10));
        assert_eq!(occupied.expiry(), Some(at(4 * A_DAY)));
    }

    #[test]
    fn an_inbox_remembers_so_many_spaces_and_never_forgets_one_that_it_blocks_or_that_waits() {
        let address = Address::parse(&jose::base64url::encode([7; 32])).unwrap();
        let mut inbox = Inbox::new(&address, Timestamp::from_seconds(1));
        for number in 0..MOST_SENDERS {
            assert_eq!(inbox.place_for(&number.to_string()), number);
        }
        assert_eq!((inbox.place_for("3"), inbox.senders.len()), (3, MOST_SENDERS));
        inbox.senders[0].blocked = true;
        let waits = |id: &str, from| Waiting {
            id: id.to_owned(),
            from,
            kind: Kind::Message,
            slot: Slot::of([0; 16]),
            size: 1,
            until: 9,
        };
        inbox.waiting = vec![waits("a", 1), waits("b", 5)];
        assert_eq!(inbox.place_for("new"), MOST_SENDERS - 1);
        assert_eq!((inbox.place_of("0"), inbox.place_of("1"), inbox.place_of("2")), (Some(0), Some(1), None));
        let from = |place: usize| inbox.senders[inbox.waiting[place].from].space.as_str();
        assert_eq!((from(0), from(1)), ("1", "5"), "what waits is still of whom it was");
        for sender in &mut inbox.senders {
            sender.blocked = true;
        }
        assert_eq!(inbox.place_for("one more"), MOST_SENDERS, "nobody is idle");
    }
}
