//! New copies of a membership for a present one: a copy counts for 14 days and is shown once, a membership goes on.
//!
//! The member's wallet shows the space one of its own copies, as it does at an office (specs/flows.md §2), and is offered
//! new ones of the same `sub`. Which membership it is says the copy's place in the status list.

use credentials::types;
use credentials::vc::StatusReference;
use issuance::{OfferRequest, PreparedOffer, StatusEntry};
use presentation::{Answer, BoxFuture, Prepared, Presented, Refused, Reply, SignedBy};
use serde_json::{Value, json};
use store::{Reader, StoreFault, Tx, View};
use trust::registration::{ClaimPath, RequestedCredential};
use trust::within;

use crate::deciding::OFFER_LIFETIME;
use crate::members::MEMBERSHIP;
use crate::records::{Counted, DailyCount, Member, Standing};
use crate::space::Space;

/// How often within a day one membership is refilled, as at an office.
pub const MOST_REFILLS: u32 = 24;
/// The registered purpose.
pub const REFILL: &str = "membership-refill";
/// What requests for refills are about. No form's request has this name: those are random.
pub(crate) const SUBJECT: &str = "membership-refill";

/// What a space asks for at a refill.
#[derive(Clone, Debug, PartialEq)]
pub struct Refill {
    /// What the request is about, for [`presentation::Asking`].
    pub subject: &'static str,
    /// The DCQL query.
    pub query: Value,
}

/// What a space registers with the network's operator for refills, beside the uses of its forms.
#[must_use]
pub fn intended_use() -> Value {
    json!({
        "id": REFILL,
        "purpose": {
            "en": "Giving you fresh copies of your membership, and letting you see and change what is held of you",
            "es": "Darte copias nuevas de tu membresía, y dejarte ver y cambiar lo que se guarda de ti",
        },
        "legal_basis": "contract",
        "claims": [{"path": ["space"], "retention_days": 0}],
        "credential_types": [types::MEMBERSHIP],
    })
}

impl Space {
    /// What to ask for at a refill; none where the registration does not cover it. Of the membership only `space` is asked,
    /// with the space's own DID as the one value (OpenID4VP 1.0 §6.3): who is a member of several spaces shows no other.
    #[must_use]
    pub fn refill(&self) -> Option<Refill> {
        let requested = RequestedCredential {
            credential_types: vec![types::MEMBERSHIP.to_owned()],
            claims: vec![ClaimPath::name("space")],
        };
        within(&self.registration, Some(REFILL), &[requested]).ok()?;
        let claim = json!({"path": ["space"], "values": [self.identity.did.as_str()]});
        let query = json!({"credentials": [{
            "id": MEMBERSHIP, "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]}, "claims": [claim],
        }]});
        Some(Refill { subject: SUBJECT, query })
    }

    /// Looks at a copy that was verified: whether it is ours, and its membership counts.
    pub(crate) async fn prepare_refill(&self, answer: &Answer) -> Result<PreparedRefill, Refused> {
        let sub = self.membership_behind(own_copy(answer, self.identity.did.as_str())?).await?;
        self.tenant.read(&MayHave { space: self, sub: &sub }).await?.map_err(NotRefilled::refusal)?;
        let request = OfferRequest {
            subject: sub.clone(),
            configurations: vec![MEMBERSHIP.to_owned()],
            tx_code: false,
            lifetime: OFFER_LIFETIME,
        };
        let offer = self.issuance.prepare_offer(&request);
        let offer = offer.map_err(|error| Refused::Store(StoreFault::unavailable(error)))?;
        Ok(PreparedRefill { space: self.clone(), sub, offer })
    }

    /// The `sub` of the membership of which this is a copy.
    pub(crate) async fn membership_behind(&self, copy: &StatusReference) -> Result<String, Refused> {
        let gone = || NotRefilled::Ended.refusal();
        let list = copy.uri.strip_prefix(&self.identity.address("/status/")).ok_or_else(gone)?;
        let entry = self.tenant.get::<StatusEntry>(store::Key::from(list).then(copy.index)).await?;
        let entry = entry.filter(|entry| entry.configuration == MEMBERSHIP).ok_or_else(gone)?;
        Ok(entry.subject)
    }

    async fn may_have(&self, reader: &mut Reader, sub: &str) -> Result<Result<(), NotRefilled>, StoreFault> {
        let member = reader.get::<Member>(sub).await?;
        if member.is_none_or(|member| member.standing != Standing::Active) {
            return Ok(Err(NotRefilled::Ended));
        }
        if DailyCount::times(reader, Counted::Refilled, sub).await? >= MOST_REFILLS {
            return Ok(Err(NotRefilled::TooOften));
        }
        // A batch for this refill, and one that is left for the team's offer to whoever has used up all others.
        let needed = self.issuance.batch_size().saturating_mul(2);
        let room = self.issuance.room(reader, sub, MEMBERSHIP).await?;
        Ok(if room >= needed { Ok(()) } else { Err(NotRefilled::Enough) })
    }
}

/// The place of the copy that was shown. That it is signed, bound to whoever shows it, in time and not revoked was checked
/// before.
pub(crate) fn own_copy<'a>(answer: &'a Answer, space: &str) -> Result<&'a StatusReference, Refused> {
    let shown: Option<&Presented> = answer.for_query(MEMBERSHIP);
    let shown =
        shown.ok_or_else(|| Refused::rejected("missing_claims", "the answer lacks the membership"))?;
    match &shown.signed_by {
        SignedBy::Space(did) if did == space => {}
        _ => {
            let sentence = "the membership must be signed by this space";
            return Err(Refused::rejected("untrusted_issuer", sentence));
        }
    }
    shown.facts.status().ok_or_else(|| {
        let sentence = "a credential without a status cannot be revoked and is not taken";
        Refused::rejected("malformed_presentation", sentence)
    })
}

/// Why a member gets no new copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotRefilled {
    Ended,
    TooOften,
    Enough,
}

impl NotRefilled {
    fn refusal(self) -> Refused {
        match self {
            Self::Ended => {
                Refused::rejected("revoked", "this membership does not count here any more; ask the space")
            }
            Self::TooOften => Refused::rejected(
                "too_many",
                "this membership was refilled too often today; try again tomorrow",
            ),
            Self::Enough => Refused::rejected(
                "too_many",
                "there are as many copies of this membership as there may be at a time; ask the space for a new offer, or try again when some have expired",
            ),
        }
    }
}

struct MayHave<'a> {
    space: &'a Space,
    sub: &'a str,
}

impl View for MayHave<'_> {
    const NAME: &'static str = "may-refill-membership";
    type Output = Result<(), NotRefilled>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        self.space.may_have(reader, self.sub).await
    }
}

/// An offer of new copies that waits to be stored.
pub(crate) struct PreparedRefill {
    space: Space,
    sub: String,
    offer: PreparedOffer,
}

impl Prepared for PreparedRefill {
    /// Another answer may have spent the budget meanwhile, and the team ended the membership.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move { Ok(self.space.may_have(tx, &self.sub).await?.is_ok()) })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            DailyCount::add(tx, Counted::Refilled, &self.sub).await?;
            self.offer.put(tx).await
        })
    }

    /// The space learned nothing, so there is no proof of sharing.
    fn reply(&self) -> Reply {
        Reply { credential_offer: Some(self.offer.offered().by_value.clone()), ..Reply::default() }
    }
}
