//! Suspended and reinstated passports.

use did::number::PassportNumber;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use store::{Change, Fault, Lanes, Range, Tx};

use crate::minting::{PASSPORT, PROFILE};
use crate::office::{Office, OfficeError};
use crate::records::{ByNumber, Passport, PassportStanding};

/// Applications of one passport whose copies may still count: one refill of each kind a day would be 28.
const MOST_APPLICATIONS: usize = 60;

impl Office {
    /// Says whether a passport counts. When it no longer does, every copy of it and of its profile is revoked; gives
    /// how many that were. Copies that were revoked do not come back.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`], or our side failed.
    pub async fn set_standing(
        &self,
        number: &PassportNumber,
        standing: PassportStanding,
    ) -> Result<usize, OfficeError> {
        let entry = Entry::new(EntryKind::Revoked, self.environment().now()).with_purpose(PASSPORT);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let change = SetStanding { number: number.canonical(), standing, leaf };
        self.tenant.carry_out(&change).await?.ok_or(OfficeError::NoSuch("passport"))
    }
}

struct SetStanding {
    number: String,
    standing: PassportStanding,
    leaf: Leaf,
}

impl Change for SetStanding {
    const NAME: &'static str = "office-set-standing";
    type Output = Option<usize>;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of("status-lists")
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Option<usize>, Fault<Self::Refusal>> {
        let Some(mut passport) = tx.get::<Passport>(&self.number).await? else { return Ok(None) };
        passport.standing = self.standing;
        tx.put(&passport).await?;
        if self.standing == PassportStanding::Active {
            return Ok(Some(0));
        }
        let mut revoked = 0_usize;
        let applications = tx.page::<ByNumber>(Range::prefix(&self.number), MOST_APPLICATIONS).await?.items;
        for application in applications {
            for configuration in [PASSPORT, PROFILE] {
                let copies = issuance::revoke(tx, &application.id, configuration).await?;
                revoked = revoked.saturating_add(copies);
            }
        }
        tx.log(self.leaf.clone()).await?;
        Ok(Some(revoked))
    }
}
