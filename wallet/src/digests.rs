//! Once a month the wallet sums up who still has what. It does so when it is used, and tells nobody: no mail is sent.

use environment::{Date, Timestamp};

use crate::error::WalletError;
use crate::records::{
    Digest, DigestSpace, DigestWish, HeldClaim, KeptAnswer, KeptChange, KnownSpace, SpaceView,
};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// Most spaces in one list of a digest.
const MOST: usize = 200;

impl Wallet {
    /// Makes the digest of the month before this one, if the member wants digests, it is not there and there is something to say.
    /// Whoever calls it again makes no other.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn make_digest(&self) -> Result<(), WalletError> {
        if !self.makes_digests().await? {
            return Ok(());
        }
        let Some(month) = Month::before(self.now()) else { return Ok(()) };
        let _one_at_a_time = self.choosing.lock().await;
        if self.vault.get::<Digest>(&month.name).await?.is_some() {
            return Ok(());
        }
        let digest = self.digest_of(month).await?;
        if digest.has.is_empty() && digest.given.is_empty() && digest.ended.is_empty() {
            return Ok(());
        }
        Ok(self.vault.put(&digest).await?)
    }

    /// The digests, the latest first.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn digests(&self) -> Result<Vec<Digest>, WalletError> {
        let mut digests = self.vault.list::<Digest>().await?;
        digests.sort_by(|left, right| right.month.cmp(&left.month));
        Ok(digests)
    }

    /// Puts a digest away; it stays to be looked at.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn put_digest_away(&self, month: &str) -> Result<(), WalletError> {
        let _one_at_a_time = self.choosing.lock().await;
        let Some(digest) = self.vault.get::<Digest>(month).await? else { return Ok(()) };
        Ok(self.vault.put(&Digest { seen: true, ..digest }).await?)
    }

    /// Whether the member wants digests.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn makes_digests(&self) -> Result<bool, WalletError> {
        Ok(!self.vault.get::<DigestWish>(DigestWish::NAME).await?.unwrap_or_default().off)
    }

    /// Says whether the member wants digests.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn want_digests(&self, wanted: bool) -> Result<(), WalletError> {
        Ok(self.vault.put(&DigestWish { off: !wanted }).await?)
    }

    async fn digest_of(&self, month: Month) -> Result<Digest, VaultError> {
        let spaces = self.vault.list::<KnownSpace>().await?;
        let answers = self.vault.list::<KeptAnswer>().await?;
        let changes = self.vault.list::<KeptChange>().await?;
        let known_at = |moment: Timestamp| {
            let earlier = |at: i64| at < moment.seconds();
            let answers = answers.iter().filter(|answer| earlier(answer.given.at)).cloned().collect();
            let changes = changes.iter().filter(|kept| earlier(kept.change.at)).cloned().collect();
            SpaceView::all(spaces.clone(), answers, changes, moment)
        };
        let (before, after) = (known_at(month.begins), known_at(month.ends));
        let given = |space: &SpaceView| {
            let in_month = space
                .given
                .iter()
                .filter(|given| given.at >= month.begins.seconds() && !given.is_kept_no_more());
            in_month.flat_map(|given| given.named_claims()).map(|claim| claim.claim.clone()).collect()
        };
        let ended = |space: &SpaceView| {
            let left = after.iter().find(|later| later.id == space.id).map_or(&[][..], |later| &later.held);
            let is_gone = |claim: &&HeldClaim| left.iter().all(|later| later.claim != claim.claim);
            space.held.iter().filter(is_gone).map(|claim| claim.claim.clone()).collect()
        };
        let has = |space: &SpaceView| space.held.iter().map(|claim| claim.claim.clone()).collect();
        Ok(Digest {
            has: told(&after, &has),
            given: told(&after, &given),
            ended: told(&before, &ended),
            month: month.name,
            seen: false,
        })
    }
}

/// The spaces of which there is something to tell, by name.
fn told(spaces: &[SpaceView], details: &dyn Fn(&SpaceView) -> Vec<String>) -> Vec<DigestSpace> {
    let with_details = spaces.iter().map(|space| {
        let mut details = details(space);
        details.sort_unstable();
        details.dedup();
        DigestSpace { id: space.id.clone(), name: space.name.clone(), details }
    });
    let mut told: Vec<DigestSpace> = with_details.filter(|space| !space.details.is_empty()).collect();
    told.sort_by(|left, right| (&left.name, &left.id).cmp(&(&right.name, &right.id)));
    told.truncate(MOST);
    told
}

/// A month in UTC.
struct Month {
    /// YYYY-MM.
    name: String,
    begins: Timestamp,
    /// The first moment after it.
    ends: Timestamp,
}

impl Month {
    /// The month before the one in which `now` is.
    fn before(now: Timestamp) -> Option<Self> {
        let this = Date::of(now).to_string();
        let (year, rest) = this.split_once('-')?;
        let month = rest.split_once('-')?.0;
        let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
        let before = match month {
            1 => format!("{:04}-12", year.checked_sub(1)?),
            month => format!("{year:04}-{:02}", month.checked_sub(1)?),
        };
        Some(Self {
            begins: Date::parse(&format!("{before}-01"))?.start(),
            ends: Date::parse(&format!("{year:04}-{month:02}-01"))?.start(),
            name: before,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_before_this_one_ends_where_this_one_begins() {
        for (now, name, begins, ends) in [
            ("2026-12-01", "2026-11", "2026-11-01", "2026-12-01"),
            ("2027-01-31", "2026-12", "2026-12-01", "2027-01-01"),
            ("2028-03-29", "2028-02", "2028-02-01", "2028-03-01"),
        ] {
            let start = |day: &str| Date::parse(day).unwrap().start();
            let month = Month::before(start(now)).unwrap();
            assert_eq!((month.name.as_str(), month.begins, month.ends), (name, start(begins), start(ends)));
        }
    }
}
