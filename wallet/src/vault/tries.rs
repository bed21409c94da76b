//! Wrong passphrases, each of which makes the next try wait longer. A try is counted before it is made, so that many at once are many.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Record, StoreFault, Tx};

/// Tries that nobody waits for.
const FREE: u32 = 5;
/// Longest wait, in seconds.
const LONGEST: i64 = 900;
/// After how many seconds without a try all is forgotten.
const FORGOTTEN: i64 = 86_400;
const KEY: &str = "tries";

/// Tries that all strangers together may make within a day.
const MOST_OF_STRANGERS: u32 = 500;
const DAY: i64 = 86_400;

/// Where somebody stands who tries: what is tried at one door makes nobody wait at another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door(String);

impl Door {
    /// That of a browser in which the vault was opened before, by the name that it was given then.
    #[must_use]
    pub fn of_browser(name: &str) -> Self {
        Self(format!("browser/{name}"))
    }

    /// That of a stranger, by whatever tells where they come from. All strangers together have so and so many tries a day.
    #[must_use]
    pub fn of_stranger(source: &str) -> Self {
        Self(format!("stranger/{source}"))
    }

    fn is_a_strangers(&self) -> bool {
        self.0.starts_with("stranger/")
    }
}

/// How often in a row, and from when on another try is heard.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tries {
    /// At which door.
    #[serde(default)]
    door: String,
    made: u32,
    not_before: i64,
}

impl Tries {
    fn key_of(door: &Door) -> Key {
        if door.0.is_empty() { Key::from(KEY) } else { Key::from(&format!("{KEY}/{}", door.0)) }
    }
}

impl Record for Tries {
    const CLASS: &'static str = "tries";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("door", FieldClass::Operational),
        ("made", FieldClass::Operational),
        ("not_before", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Self::key_of(&Door(self.door.clone()))
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.not_before.saturating_add(FORGOTTEN)))
    }
}

/// How often all strangers together tried within one day.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct TriesOfStrangers {
    /// Which, in days since the epoch.
    day: i64,
    made: u32,
}

impl TriesOfStrangers {
    const KEY: &'static str = "tries-of-strangers";
}

impl Record for TriesOfStrangers {
    const CLASS: &'static str = "tries-of-strangers";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("day", FieldClass::Operational), ("made", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(Self::KEY)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.day.saturating_add(1).saturating_mul(DAY)))
    }
}

/// Counts a try before it is made; refused with the seconds that are still to be waited.
pub(super) struct BeginTry<'a> {
    pub(super) now: i64,
    pub(super) door: &'a Door,
}

impl BeginTry<'_> {
    /// One try more of all strangers.
    async fn count_strangers(&self, tx: &mut Tx) -> Result<(), Fault<i64>> {
        let day = self.now.div_euclid(DAY);
        let before = tx.get::<TriesOfStrangers>(TriesOfStrangers::KEY).await?;
        let made = before.filter(|before| before.day == day).map_or(0, |before| before.made);
        if made >= MOST_OF_STRANGERS {
            return Err(Fault::Refused(day.saturating_add(1).saturating_mul(DAY).saturating_sub(self.now)));
        }
        Ok(tx.put(&TriesOfStrangers { day, made: made.saturating_add(1) }).await?)
    }
}

impl Change for BeginTry<'_> {
    const NAME: &'static str = "wallet-try";
    type Output = ();
    type Refusal = i64;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<i64>> {
        let before = tx.get::<Tries>(Tries::key_of(self.door)).await?;
        let (made, not_before) = before.map_or((0, 0), |before| (before.made, before.not_before));
        let wait = not_before.saturating_sub(self.now);
        // Nobody waits longer than the longest because a clock was put back.
        if (1..=LONGEST).contains(&wait) {
            return Err(Fault::Refused(wait));
        }
        if self.door.is_a_strangers() {
            self.count_strangers(tx).await?;
        }
        let made = made.saturating_add(1);
        let not_before = self.now.saturating_add(wait_after(made));
        Ok(tx.put(&Tries { door: self.door.0.clone(), made, not_before }).await?)
    }
}

/// Forgets them: the right one was told.
pub(super) struct EndTries<'a> {
    pub(super) door: &'a Door,
}

impl Change for EndTries<'_> {
    const NAME: &'static str = "wallet-tries-end";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.delete::<Tries>(Tries::key_of(self.door)).await?;
        Ok(())
    }
}

/// Forgets those at all doors: there is no vault any more.
pub(super) async fn forget(tx: &mut Tx) -> Result<(), StoreFault> {
    for tries in tx.list::<Tries>(Range::all(), store::MAX_PAGE).await?.items {
        tx.delete::<Tries>(tries.key()).await?;
    }
    Ok(())
}

/// None for the first ones, then a second, two, four and so on.
fn wait_after(made: u32) -> i64 {
    let Some(doublings) = made.checked_sub(FREE) else { return 0 };
    1_i64.checked_shl(doublings).filter(|wait| (1..LONGEST).contains(wait)).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_ends_at_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..=18).map(wait_after).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!((wait_after(68), wait_after(69), wait_after(u32::MAX)), (LONGEST, LONGEST, LONGEST));
    }
}
