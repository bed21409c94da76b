//! An offer made once more, to a member whose offer got lost on its way, or whose wallet has no copy left.

use issuance::{OfferRequest, Offered, PreparedOffer};
use store::{Change, Fault, Tx};

use crate::members::{MEMBERSHIP, STATEMENT};
use crate::records::{Counted, DailyCount, Member, Standing};
use crate::space::{Space, SpaceError};

/// How often within a day one member is offered the same again.
pub const MOST_OFFERS: u32 = 5;

impl Space {
    /// Offers the member `sub` once more what no wallet has fetched, else copies of the membership; every earlier offer counts
    /// no more. The member is named by `sub` and found by nothing else: two people may share name and birthdate.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], [`SpaceError::EnoughCopies`], [`SpaceError::OfferedTooOften`], or our side failed. Nothing
    /// has changed then, and an earlier offer still counts.
    pub async fn offer_again(&self, sub: &str, tx_code: bool, lifetime: i64) -> Result<Offered, SpaceError> {
        let member = self.tenant.get::<Member>(sub).await?.ok_or(SpaceError::NoSuch("member"))?;
        let request = OfferRequest {
            subject: sub.to_owned(),
            configurations: self.offered_to(&member).await?,
            tx_code,
            lifetime,
        };
        let prepared = self.issuance.prepare_offer(&request)?;
        let change = OfferAgain { space: self, sub, offer: &prepared };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Store(fault) => fault.into(),
            Fault::Refused(NotOffered::Gone) => SpaceError::NoSuch("member"),
            Fault::Refused(NotOffered::Enough) => SpaceError::EnoughCopies,
            Fault::Refused(NotOffered::TooOften) => SpaceError::OfferedTooOften,
        })?;
        Ok(prepared.offered().clone())
    }

    /// What a member can be offered: the statement as long as the space holds what it vouches for, and a wallet lacks half
    /// of what was offered.
    async fn offered_to(&self, member: &Member) -> Result<Vec<String>, SpaceError> {
        let mut offered = vec![MEMBERSHIP.to_owned()];
        let is_fetched = self.issuance.has_issued(&member.sub, MEMBERSHIP).await?
            && self.issuance.has_issued(&member.sub, STATEMENT).await?;
        if member.statement.is_some() && !is_fetched {
            offered.push(STATEMENT.to_owned());
        }
        Ok(offered)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotOffered {
    Gone,
    Enough,
    TooOften,
}

struct OfferAgain<'a> {
    space: &'a Space,
    sub: &'a str,
    offer: &'a PreparedOffer,
}

impl Change for OfferAgain<'_> {
    const NAME: &'static str = "offer-member-again";
    type Output = ();
    type Refusal = NotOffered;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotOffered>> {
        let found = tx.get::<Member>(self.sub).await?;
        if found.is_none_or(|member| member.standing != Standing::Active) {
            return Err(Fault::Refused(NotOffered::Gone));
        }
        if self.space.issuance.room(tx, self.sub, MEMBERSHIP).await? == 0 {
            return Err(Fault::Refused(NotOffered::Enough));
        }
        if DailyCount::times(tx, Counted::OfferedAgain, self.sub).await? >= MOST_OFFERS {
            return Err(Fault::Refused(NotOffered::TooOften));
        }
        DailyCount::add(tx, Counted::OfferedAgain, self.sub).await?;
        issuance::withdraw(tx, self.sub).await?;
        Ok(self.offer.put(tx).await?)
    }
}
