//! Counter-offers: an applicant offers less than was asked, and the form's rule asks anew or says no.
//!
//! Nothing of it decides about a person: what is offered are names of claims, and whoever is at the screen goes on there.

mod records;

use std::collections::BTreeSet;

use credentials::{ClaimsPath, type_metadata, types};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::counter_offer::{CounterOffer, FORMAT, MOST_PER_REQUEST, data};
use network::seen_in_team;
use openid4vc::secret::SecretHash;
use openid4vc::vp::request::VerifierInfo;
use presentation::for_use;
use store::{Change, Fault, Range, Tx};

use records::ByTime;
pub use records::{AskedAgain, CounterOffered, InPlace};

use crate::asking::{REQUEST_LIFETIME, check_registration};
use crate::form::{Form, NoCounterOffer};
use crate::invitations::opening;
use crate::records::{Asked, ByAsked, ByHandle};
use crate::space::{Space, SpaceError};

/// For how long the team sees what was offered, in seconds.
const REMEMBERED: i64 = 90 * 86_400;
/// What a name is kept as that is of no claim we know: it could be anything, also a value.
const UNKNOWN: &str = "something unknown";

/// What follows from a counter-offer.
#[derive(Clone, Debug)]
pub enum Countered {
    /// The space asks for less: the request is to be made about this.
    AskedAnew(Box<Asked>),
    /// It does not, for this reason.
    Declined(String),
}

/// Why a counter-offer is not looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CounterRefused {
    /// The request has ended, or was answered.
    #[error("this request has ended")]
    Ended,
    /// As many as there may be were looked at.
    #[error("this request takes no more than {MOST_PER_REQUEST} counter-offers")]
    TooMany,
    /// It is none to this request.
    #[error(transparent)]
    None(#[from] NoCounterOffer),
    /// Our side.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

/// The entry of `verifier_info` that says who of the team sees what; none where everybody does who sees values.
pub(crate) fn seen_in_team(form: &Form) -> Option<VerifierInfo> {
    let data = seen_in_team::data(form.seen_rules())?;
    Some(VerifierInfo { format: seen_in_team::FORMAT.to_owned(), data, credential_ids: None })
}

impl Space {
    /// What the request about `asked` says beside the registration certificate: for which registered use it is made, who of the
    /// team sees what, and where counter-offers go. The address is not there once the request was made: it is known to it alone.
    #[must_use]
    pub fn says_with(&self, asked: &Asked) -> Vec<VerifierInfo> {
        let handle = asked.handle.as_ref();
        let entry = handle.map(|handle| VerifierInfo {
            format: FORMAT.to_owned(),
            data: data(&self.identity.address(&format!("/counter-offer/{}", handle.expose()))),
            credential_ids: None,
        });
        std::iter::once(for_use(&asked.form.purpose)).chain(seen_in_team(&asked.form)).chain(entry).collect()
    }

    /// The request whose counter-offers go to `handle`.
    ///
    /// # Errors
    /// The store.
    pub async fn asked_under(&self, handle: SecretHash) -> Result<Option<Asked>, SpaceError> {
        Ok(self.tenant.find::<ByHandle>(&handle.as_bytes()[..]).await?)
    }

    /// Looks at a counter-offer to the request `asked` and says what follows by the rule of its form. Both are stored, and
    /// logged, before anything is said.
    ///
    /// # Errors
    /// See [`CounterRefused`]: nothing is stored then.
    pub async fn counter_offer(
        &self,
        asked: &Asked,
        offer: &CounterOffer,
    ) -> Result<Countered, CounterRefused> {
        let registered = |form: &Form| {
            form.compile()
                .is_ok_and(|compiled| check_registration(&self.registration, form, &compiled).is_ok())
        };
        let reduced = asked.form.reduced(offer, registered)?;
        let outcome = match reduced {
            Ok(form) => {
                let compiled = self.compile(&form).map_err(SpaceError::from)?;
                let anew = self.new_asked((form, asked.version), compiled, asked.screen, REQUEST_LIFETIME);
                // The space has met the member half way: this one is answered, or not.
                Countered::AskedAnew(Box::new(Asked {
                    counter_offers: None,
                    handle: None,
                    told: asked.told.clone(),
                    ..anew
                }))
            }
            Err(not_enough) => Countered::Declined(not_enough.to_string()),
        };
        let record = self.counter_offered(asked, offer, &outcome);
        let leaf = self.counter_offer_leaf(asked, &record);
        let change = StoreCounterOffer { asked: &asked.id, outcome: &outcome, record: &record, leaf: &leaf };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Store(fault) => CounterRefused::Space(fault.into()),
            Fault::Refused(NotTaken::Ended) => CounterRefused::Ended,
            Fault::Refused(NotTaken::TooMany) => CounterRefused::TooMany,
        })?;
        Ok(outcome)
    }

    /// The counter-offers of the last months, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn counter_offers(&self, limit: usize) -> Result<Vec<CounterOffered>, SpaceError> {
        Ok(self.tenant.page::<ByTime>(Range::all().descending(), limit).await?.items)
    }

    fn counter_offered(&self, asked: &Asked, offer: &CounterOffer, outcome: &Countered) -> CounterOffered {
        let now = self.environment().now();
        let offered: Vec<String> = offer.offered.iter().map(ToString::to_string).collect();
        let instead: Vec<InPlace> = offer
            .instead
            .iter()
            .map(|one| InPlace { of: one.of.to_string(), offer: name_of(&one.offer) })
            .collect();
        let named: BTreeSet<&String> = offered.iter().chain(instead.iter().map(|one| &one.of)).collect();
        let mut left_out = asked.form.asked_names();
        left_out.retain(|name| !named.contains(name));
        CounterOffered {
            id: self.fresh_id(),
            asked: asked.id.clone(),
            form: asked.form.id.clone(),
            at: now.seconds(),
            offered,
            instead,
            left_out,
            asked_anew: match outcome {
                Countered::AskedAnew(anew) => Some(anew.id.clone()),
                Countered::Declined(_) => None,
            },
            declined: match outcome {
                Countered::AskedAnew(_) => None,
                Countered::Declined(reason) => Some(reason.clone()),
            },
            until: now.plus(REMEMBERED).seconds(),
        }
    }

    fn counter_offer_leaf(&self, asked: &Asked, record: &CounterOffered) -> Leaf {
        let code = if record.declined.is_some() { "declined" } else { "asked-anew" };
        let instead = record.instead.iter().map(|one| &one.offer);
        let entry = Entry::new(EntryKind::CounterOffered, self.environment().now())
            .with_purpose(asked.form.purpose.clone())
            .with_code(code)
            .about(record.offered.iter().chain(instead).map(String::as_str));
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

/// The name of a claim of ours; of everything else no more than that it is unknown.
fn name_of(path: &ClaimsPath) -> String {
    let known = [types::PROFILE, types::OWN]
        .into_iter()
        .filter_map(type_metadata::built_in)
        .any(|metadata| metadata.label_of(path, "en").is_some());
    if known { path.to_string() } else { UNKNOWN.to_owned() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotTaken {
    Ended,
    TooMany,
}

/// Counts the counter-offer, so that there are no more than there may be however many come at once.
struct StoreCounterOffer<'a> {
    asked: &'a str,
    outcome: &'a Countered,
    record: &'a CounterOffered,
    leaf: &'a Leaf,
}

impl Change for StoreCounterOffer<'_> {
    const NAME: &'static str = "counter-offer";
    type Output = ();
    type Refusal = NotTaken;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotTaken>> {
        let mut asked = tx.get::<Asked>(self.asked).await?.ok_or(Fault::Refused(NotTaken::Ended))?;
        if tx.find::<ByAsked>(self.asked).await?.is_some() {
            return Err(Fault::Refused(NotTaken::Ended));
        }
        if asked.countered >= MOST_PER_REQUEST {
            return Err(Fault::Refused(NotTaken::TooMany));
        }
        asked.countered = asked.countered.saturating_add(1);
        tx.put(&asked).await?;
        if let Countered::AskedAnew(anew) = self.outcome {
            tx.put(anew.as_ref()).await?;
            opening::asked_anew(tx, self.asked, &anew.id).await?;
        }
        tx.put(self.record).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}
