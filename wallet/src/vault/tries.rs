//! Wrong passphrases, each of which makes the next try wait longer. A try is counted before it is made, so that many at once are many.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Record, Tx};

/// Tries that nobody waits for.
const FREE: u32 = 5;
/// Longest wait, in seconds.
const LONGEST: i64 = 900;
/// After how many seconds without a try all is forgotten.
const FORGOTTEN: i64 = 86_400;
pub(super) const KEY: &str = "tries";

/// How often in a row, and from when on another try is heard.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tries {
    made: u32,
    not_before: i64,
}

impl Record for Tries {
    const CLASS: &'static str = "tries";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("made", FieldClass::Operational), ("not_before", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(KEY)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.not_before.saturating_add(FORGOTTEN)))
    }
}

/// Counts a try before it is made; refused with the seconds that are still to be waited.
pub(super) struct BeginTry {
    pub(super) now: i64,
}

impl Change for BeginTry {
    const NAME: &'static str = "wallet-try";
    type Output = ();
    type Refusal = i64;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<i64>> {
        let before = tx.get::<Tries>(KEY).await?.unwrap_or(Tries { made: 0, not_before: 0 });
        let wait = before.not_before.saturating_sub(self.now);
        // Nobody waits longer than the longest because a clock was put back.
        if (1..=LONGEST).contains(&wait) {
            return Err(Fault::Refused(wait));
        }
        let made = before.made.saturating_add(1);
        let not_before = self.now.saturating_add(wait_after(made));
        Ok(tx.put(&Tries { made, not_before }).await?)
    }
}

/// Forgets them: the right one was told.
pub(super) struct EndTries;

impl Change for EndTries {
    const NAME: &'static str = "wallet-tries-end";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.delete::<Tries>(KEY).await?;
        Ok(())
    }
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
