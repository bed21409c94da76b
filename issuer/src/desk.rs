//! Offers that the office's staff makes for a person at the desk.

use issuance::Offered;
use openid4vc::vci::issuer::TakenUp;
use store::{Change, Fault, Tx};

use crate::office::{Office, OfficeError};
use crate::person::Person;
use crate::receiving::{DeskApplication, NewDeskOffer, expiry_of};
use crate::records::DeskProfile;

/// Seconds for which an offer made at the desk is open when nothing else is said.
pub const OFFER_LIFETIME: i64 = 600;
/// Longest time for which it may be, in seconds.
pub const LONGEST_LIFETIME: i64 = 86_400;
/// Seconds after a check at the desk in which what came of it is refilled: a year. Then the person comes to the desk again.
pub const REFILLED_FOR: i64 = 365 * 86_400;
/// Seconds for which the person may be at the office's page.
const AT_THE_PAGE: i64 = 3_600;
/// Seconds for which a wallet may still fetch after it took the offer up.
const FETCHING: i64 = 300;

/// A profile that is offered at the desk.
#[derive(Clone, Debug)]
pub struct DeskOffer {
    /// By this handle it is revoked, with every copy that comes of it.
    pub handle: String,
    /// The offer.
    pub offered: Offered,
}

impl Office {
    /// Offers a profile of what the staff checked. The values are erased once it was fetched, or when time is up; it is
    /// refilled for [`REFILLED_FOR`].
    ///
    /// # Errors
    /// Our side failed.
    pub async fn offer_at_desk(
        &self,
        person: Person,
        tx_code: bool,
        lifetime: i64,
    ) -> Result<DeskOffer, OfficeError> {
        self.offer_at_desk_by(person, TakenUp::ByCode, tx_code, lifetime).await
    }

    /// The same, taken up in the given way: also, or only, at the office's page.
    ///
    /// # Errors
    /// Our side failed, or a transaction code is to guard what is taken up at the page.
    pub async fn offer_at_desk_by(
        &self,
        person: Person,
        taken_up: TakenUp,
        tx_code: bool,
        lifetime: i64,
    ) -> Result<DeskOffer, OfficeError> {
        let lifetime = lifetime.clamp(1, LONGEST_LIFETIME);
        let held_for = match taken_up {
            TakenUp::ByCode => lifetime.saturating_add(FETCHING),
            // The person may look at the page for so long.
            _ => lifetime.saturating_add(FETCHING).saturating_add(AT_THE_PAGE),
        };
        let new = NewDeskOffer { taken_up, tx_code, lifetime, held_for };
        let prepared = self.desk_application(person, new)?;
        let handle = prepared.application.id.clone();
        let refilled_until = self.environment().now().plus(REFILLED_FOR).seconds();
        let profile = DeskProfile { handle: handle.clone(), refilled_until, revoked: false };
        self.tenant.carry_out(&TakeIn { prepared: &prepared, profile }).await?;
        Ok(DeskOffer { handle, offered: prepared.offer.offered().clone() })
    }

    /// Offers the profile of the test member that the office's configuration names.
    ///
    /// # Errors
    /// [`OfficeError::NobodyNamed`] when it names none, or our side failed.
    pub async fn issue_offer_for_test_member(
        &self,
        tx_code: bool,
        lifetime: i64,
    ) -> Result<DeskOffer, OfficeError> {
        self.offer_at_desk(self.test_member()?, tx_code, lifetime).await
    }

    /// The test member that the office's configuration names.
    ///
    /// # Errors
    /// [`OfficeError::NobodyNamed`] when it names none.
    pub fn test_member(&self) -> Result<Person, OfficeError> {
        self.settings.test_member.clone().ok_or(OfficeError::NobodyNamed)
    }
}

struct TakeIn<'a> {
    prepared: &'a DeskApplication,
    profile: DeskProfile,
}

impl Change for TakeIn<'_> {
    const NAME: &'static str = "office-desk";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let DeskApplication { application, offer } = self.prepared;
        let _ = tx.enqueue(expiry_of(application)?).await?;
        tx.put(application).await?;
        tx.put(&self.profile).await?;
        Ok(offer.put(tx).await?)
    }
}
