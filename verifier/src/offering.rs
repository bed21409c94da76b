//! An offer made once more, to a member whose offer got lost on its way, or whose wallet has no copy left.

use issuance::{OfferRequest, Offered, PreparedOffer};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use store::{Change, Fault, Tx};

use crate::members::{MEMBERSHIP, STATEMENT};
use crate::records::{Contact, Counted, DailyCount, Member, Standing};
use crate::space::{Space, SpaceError};
use crate::telling::ToTell;

/// Seconds for which an offer in an inbox counts.
const COUNTS: i64 = 14 * 86_400;
/// How often within a day one member is offered the same again.
pub const MOST_OFFERS: u32 = 5;

impl Space {
    /// Offers the member `sub` once more what no wallet has fetched, else copies of the membership; every earlier offer counts
    /// no more. The member is named by `sub` and found by nothing else: two people may share name and birthdate. `by`: who of the
    /// team, for the audit log. Whoever gets the offer can take the member's place: it is for somebody who hands it to the member.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], [`SpaceError::EnoughCopies`], [`SpaceError::OfferedTooOften`], or our side failed. Nothing
    /// has changed then, and an earlier offer still counts.
    pub async fn offer_again(
        &self,
        sub: &str,
        tx_code: bool,
        lifetime: i64,
        by: &str,
    ) -> Result<Offered, SpaceError> {
        let member = self.tenant.get::<Member>(sub).await?.ok_or(SpaceError::NoSuch("member"))?;
        let prepared = self.offer_of(&member, tx_code, lifetime).await?;
        self.offer(&member, &prepared, None, by).await?;
        Ok(prepared.offered().clone())
    }

    /// The same into the inbox that the member named to this space, where nobody else sees it; gives until when it counts.
    ///
    /// # Errors
    /// As [`Self::offer_again`], and [`SpaceError::NoInbox`].
    pub async fn offer_to_member(&self, sub: &str, by: &str) -> Result<i64, SpaceError> {
        let member = self.tenant.get::<Member>(sub).await?.ok_or(SpaceError::NoSuch("member"))?;
        if member.standing != Standing::Active {
            return Err(SpaceError::NoSuch("member"));
        }
        let contact = match &member.contact {
            Some(contact) => self.tenant.get::<Contact>(contact.as_str()).await?,
            None => None,
        };
        let contact = contact.ok_or(SpaceError::NoInbox)?;
        let prepared = self.offer_of(&member, false, COUNTS).await?;
        let to_tell =
            self.telling_offer(&contact, &prepared.offered().by_value)?.ok_or(SpaceError::NoInbox)?;
        self.offer(&member, &prepared, Some(&to_tell), by).await?;
        Ok(to_tell.until())
    }

    async fn offer_of(
        &self,
        member: &Member,
        tx_code: bool,
        lifetime: i64,
    ) -> Result<PreparedOffer, SpaceError> {
        let request = OfferRequest {
            subject: member.sub.clone(),
            configurations: self.offered_to(member).await?,
            tx_code,
            lifetime,
        };
        Ok(self.issuance.prepare_offer(&request)?)
    }

    async fn offer(
        &self,
        member: &Member,
        offer: &PreparedOffer,
        to_tell: Option<&ToTell>,
        by: &str,
    ) -> Result<(), SpaceError> {
        let entry = Entry::new(EntryKind::Issued, self.environment().now()).with_code(by);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let change = OfferAgain { space: self, sub: &member.sub, offer, to_tell, leaf };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Store(fault) => fault.into(),
            Fault::Refused(NotOffered::Gone) => SpaceError::NoSuch("member"),
            Fault::Refused(NotOffered::Enough) => SpaceError::EnoughCopies,
            Fault::Refused(NotOffered::TooOften) => SpaceError::OfferedTooOften,
        })
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
    to_tell: Option<&'a ToTell>,
    leaf: Leaf,
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
        self.offer.put(tx).await?;
        if let Some(to_tell) = self.to_tell {
            to_tell.write(tx).await?;
        }
        Ok(tx.log(self.leaf.clone()).await?)
    }
}
