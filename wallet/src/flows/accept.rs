//! Accepting an offer (OpenID4VCI 1.0): with the code in it, or with one that the person got (`authorizing`).

mod authorizing;
mod beside;
mod checking;
mod clearing;
mod client;
mod errand;
mod error;
mod gathered;
mod keeping;
mod looking;
mod marks;
mod proving;

use jose::base64url;
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::notification::Event;
use openid4vc::vci::wallet::{self, Plan};
use serde::Serialize;

use super::origin::host_of;
use crate::consent::{Consent, OfferChoice, Offered, OfferedCredential};
use crate::keys::HolderKey;
use crate::records::{AwaitedCredentials, HistoryEntry, HistoryKind, PrivateKey};
use crate::wallet::Wallet;

pub use authorizing::Begun;
pub(super) use checking::SKEW;
pub(crate) use checking::{Checked, Expected};
pub(crate) use errand::with_proof;
use errand::{Errand, Fetched, Redeeming};
pub use error::AcceptError;
use gathered::Gathered;
pub(super) use keeping::StillToCome;
pub use looking::LookedAt;
pub use marks::Mark;

/// How many copies are asked for when nobody says.
const USUAL_COPIES: usize = 8;
/// The most copies that are asked for.
const MOST_COPIES: usize = 100;

/// How an offer is accepted.
#[derive(Clone, Debug, Default)]
pub struct AcceptOptions {
    /// The transaction code, if the issuer told one.
    pub tx_code: Option<SecretText>,
    /// How many copies to ask for; the issuer may allow fewer.
    pub copies: Option<usize>,
}

/// What a wallet knows that fetches an offer for a purpose of its own.
#[derive(Default)]
pub(super) struct ErrandFor<'a> {
    /// The party that was asked, and that nobody else may answer for.
    pub(super) party: Option<Party<'a>>,
    /// The holder keys to use instead of fresh ones.
    pub(super) keys: Option<Vec<PrivateKey>>,
    /// The follow-up that the offer stands in, or that of the answer with whose reply it came or whose decision it came with.
    pub(super) follow_up: Option<&'a str>,
    /// The message that the offer stands in: it is over with what was offered.
    pub(super) mail: Option<&'a str>,
    /// Whether the wallet fetches it by itself, without a word of the member.
    pub(super) is_by_itself: bool,
}

/// Whose offer it is.
#[derive(Clone, Copy, Default)]
struct Behind<'a> {
    /// The DID that must have signed, if it is known beforehand.
    signer: Option<&'a str>,
    /// The follow-up that the offer belongs to.
    follow_up: Option<&'a str>,
    /// The message that it came in.
    mail: Option<&'a str>,
}

/// A party that was asked for something.
pub(super) struct Party<'a> {
    /// An address at which it was asked.
    pub(super) address: &'a str,
    /// Its DID; none outside any network.
    pub(super) did: Option<&'a str>,
}

/// What was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// The credential issuer identifier.
    pub issuer: String,
    /// The issuer's name.
    pub issuer_name: Option<String>,
    /// What arrived.
    pub credentials: Vec<AcceptedCredential>,
    /// Types that the issuer will have ready later.
    pub deferred: Vec<String>,
    /// Types that have come and are kept, and could not be checked at that moment.
    pub unchecked: Vec<String>,
    /// Types that the issuer gave no answer about, or not the whole: the offer is not taken up yet, and there has to be another one
    /// of what is missing.
    pub missing: Vec<String>,
}

impl Accepted {
    /// Whether the offer is taken up: nothing has to be offered once more.
    pub(super) const fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// The code of what did not come with the rest, in the history.
    fn lacks(&self) -> Option<&'static str> {
        if !self.is_whole() {
            return Some("partly");
        }
        let is_to_come = !self.deferred.is_empty() || !self.unchecked.is_empty();
        is_to_come.then_some("still_to_come")
    }
}

/// One type that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptedCredential {
    /// The type.
    #[serde(rename = "type")]
    pub vct: String,
    /// What the issuer calls it.
    pub label: Option<String>,
    /// How many copies.
    pub copies: usize,
}

impl Wallet {
    /// Accepts what a link offers: asks the member, fetches as many copies as wanted, each under a key of its own
    /// (copy i of every configuration under the same key), checks every one of them, and keeps all or none; where the issuer
    /// falls silent, all that it gave before.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub async fn accept_offer(
        &self,
        link: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Accepted, AcceptError> {
        let (accepted, _) = self.accept_offer_for(link, options, consent, ErrandFor::default()).await?;
        self.look_after_number().await?;
        Ok(accepted)
    }

    /// Accepts what was looked at, and had a code in it.
    ///
    /// # Errors
    /// See [`AcceptError`]; `authorization_needed` where the person has to say so at the issuer
    /// ([`Self::begin_authorization`]).
    pub async fn accept(
        &self,
        looked: &LookedAt,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Accepted, AcceptError> {
        let mut entry = self.new_entry(HistoryKind::Offer);
        let errand = ErrandFor::default();
        let outcome = self.accept_plan(looked.plan(), options, consent, errand, &mut entry).await;
        let (accepted, _) = self.entered(entry, outcome, None).await?;
        self.look_after_number().await?;
        Ok(accepted)
    }

    /// Accepts what is offered on an errand of the wallet's own, and gives the keys that were used.
    pub(super) async fn accept_offer_for(
        &self,
        link: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
        errand: ErrandFor<'_>,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        let kind = if errand.is_by_itself { HistoryKind::ByItself } else { HistoryKind::Offer };
        let mut entry = self.new_entry(kind);
        // What came in a message stays there.
        let follow_up = errand.follow_up.filter(|_| errand.mail.is_none());
        let outcome = match self.plan(link, errand.party.as_ref()).await {
            Ok(plan) => self.accept_plan(&plan, options, consent, errand, &mut entry).await,
            Err(error) => Err(error),
        };
        self.entered(entry, outcome, follow_up).await
    }

    /// Writes into the history why nothing came of an errand. What came stands there already ([`Self::keep_gathered`]). After a no
    /// to what stood in a follow-up nothing more is offered there, and its proof alone is awaited.
    async fn entered(
        &self,
        mut entry: HistoryEntry,
        outcome: Result<(Accepted, Vec<PrivateKey>), AcceptError>,
        follow_up: Option<&str>,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        if let Err(error) = &outcome {
            entry.fail(self.cause_of(error.code()), error.is_their_word());
            entry.reason = error.said().map(str::to_owned);
            let mut batch = self.vault.batch().put(&entry.bounded())?;
            if let (AcceptError::Declined, Some(follow_up)) = (error, follow_up) {
                batch = self.await_proof_alone(batch, follow_up).await?;
            }
            batch.commit().await?;
        }
        outcome
    }

    async fn accept_plan(
        &self,
        plan: &Plan,
        options: &AcceptOptions,
        consent: &dyn Consent,
        ErrandFor { party, keys, follow_up, mail, .. }: ErrandFor<'_>,
        entry: &mut HistoryEntry,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        note_offered(entry, plan);
        if plan.needs_authorization() {
            return Err(wallet::WalletError::NoPreAuthorizedCode.into());
        }
        self.refuse_taken_up(plan).await?;
        self.ask_first(plan, consent, follow_up.is_some() && mail.is_none()).await?;
        let client = client::Client::new(self, plan).await?;
        let redeeming = Redeeming::PreAuthorized(options.tx_code.as_ref());
        let mut errand = Errand::open(self, plan, redeeming, client, options.copies, keys).await?;
        let behind = Behind { signer: party.and_then(|party| party.did), follow_up, mail };
        self.run(&mut errand, plan, behind, entry).await
    }

    /// A code that is sent twice ends what it was first redeemed for (RFC 6749 §4.1.2). It is its issuer's own: that of another
    /// may be the same.
    async fn refuse_taken_up(&self, plan: &Plan) -> Result<(), AcceptError> {
        let Some(offer) = hash_of_offer(plan) else { return Ok(()) };
        let awaited = self.vault.list::<AwaitedCredentials>().await?;
        let issuer = &plan.metadata().credential_issuer;
        let is_taken_up =
            awaited.iter().any(|one| one.offer.as_ref() == Some(&offer) && one.issuer == *issuer);
        if is_taken_up { Err(AcceptError::TakenUp) } else { Ok(()) }
    }

    /// What is refused before anybody is asked, and the member's word. What stands in a follow-up `comes_again`.
    async fn ask_first(
        &self,
        plan: &Plan,
        consent: &dyn Consent,
        comes_again: bool,
    ) -> Result<(), AcceptError> {
        for (_, configuration) in plan.offered() {
            if !configuration.is_key_bound() {
                return Err(AcceptError::Unbound);
            }
            proving::KindOfProof::of(configuration, self.provider.is_some())?;
        }
        match consent.accepts(&offered(plan)).await {
            OfferChoice::Accept => Ok(()),
            OfferChoice::Refuse => Err(AcceptError::Declined),
            OfferChoice::LeaveOpen => Err(AcceptError::LeftOpen { comes_again }),
        }
    }

    /// With a token in hand: fetches, checks, keeps, and says what came of it.
    async fn run(
        &self,
        errand: &mut Errand<'_>,
        plan: &Plan,
        behind: Behind<'_>,
        entry: &mut HistoryEntry,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        let fetched = self.fetch_all(errand, plan, behind, entry).await;
        errand.notify(if fetched.is_ok() { Event::Accepted } else { Event::Failure }).await;
        Ok((fetched?, errand.keys().iter().map(HolderKey::kept).collect()))
    }

    /// Fetches and checks everything, then keeps it in one step.
    async fn fetch_all(
        &self,
        errand: &mut Errand<'_>,
        plan: &Plan,
        behind: Behind<'_>,
        entry: &mut HistoryEntry,
    ) -> Result<Accepted, AcceptError> {
        let mut gathered = Gathered::new(plan, behind);
        let mut offered = plan.offered();
        while let Some((id, configuration)) = offered.next() {
            let Fetched { outcomes, ended_by } = errand.fetch(id, configuration).await;
            // A word of the issuer spoils all; its silence does not: the code is used up, and what it gave before may be all
            // that there will be.
            let silence = match ended_by {
                Some(error) if !error.is_silence() => return Err(error),
                silence => silence,
            };
            gathered.take(self, errand, (id, configuration), outcomes).await?;
            let Some(silence) = silence else { continue };
            if !gathered.is_something() {
                return Err(silence);
            }
            gathered.miss(configuration);
            offered.by_ref().for_each(|(_, rest)| gathered.miss(rest));
        }
        let Gathered { mut accepted, checked, to_come, .. } = gathered;
        self.refuse_repeated_marks(&checked).await?;
        if let Some(first) = checked.first() {
            accepted.issuer_name = Some(first.credential.issuer_name.clone());
            entry.party = Some(first.credential.issuer_name.clone());
            entry.did.clone_from(&first.credential.issuer_did);
            entry.network.clone_from(&first.credential.network);
        }
        // Told of as received it is only if it can be kept.
        let received = HistoryEntry {
            presented: accepted.credentials.iter().map(|one| one.vct.clone()).collect(),
            not_completed: accepted.lacks().map(str::to_owned),
            ..entry.clone()
        };
        self.keep_gathered(checked, &to_come, behind, &accepted, &received.bounded()).await?;
        Ok(accepted)
    }

    /// What is to be looked at again, about which nothing more is known yet.
    fn awaited(&self, expected: &Expected<'_>, plan: &Plan, errand: &Errand<'_>) -> AwaitedCredentials {
        AwaitedCredentials {
            id: self.random_id(),
            deferred: None,
            dpop_key: errand.dpop_key().kept(),
            keys: errand.keys().iter().map(HolderKey::kept).collect(),
            configuration: expected.configuration.to_owned(),
            vct: expected.vct.to_owned(),
            label: expected.label.map(str::to_owned),
            issuer: expected.issuer.to_owned(),
            claimed_name: named(plan.metadata()),
            offer: hash_of_offer(plan),
            signer: expected.signer.map(str::to_owned),
            follow_up: None,
            not_before: self.now().seconds(),
            since: Some(self.now().seconds()),
            last_tried_since: None,
            taken: Vec::new(),
            arrival: None,
        }
    }
}

fn note_offered(entry: &mut HistoryEntry, plan: &Plan) {
    entry.host = host_of(&plan.metadata().credential_issuer);
    entry.requested = plan.offered().map(|(_, configuration)| configuration.vct.clone()).collect();
}

/// By which an offer with a code in it is known again among those of its issuer.
fn hash_of_offer(plan: &Plan) -> Option<String> {
    let grant = plan.offer().pre_authorized.as_ref()?;
    Some(base64url::encode(SecretHash::of(grant.code.expose()).as_bytes()))
}

/// What an issuer calls itself in its metadata, which it may have signed. Nobody else vouches for it: its host stands beside it
/// wherever it is shown.
fn named(metadata: &IssuerMetadata) -> Option<String> {
    metadata.display.first().map(|display| display.name.clone())
}

fn offered(plan: &Plan) -> Offered {
    let metadata = plan.metadata();
    Offered {
        issuer: metadata.credential_issuer.clone(),
        claimed_name: named(metadata),
        credentials: plan
            .offered()
            .map(|(_, configuration)| OfferedCredential {
                vct: configuration.vct.clone(),
                claimed_name: configuration.display.first().map(|display| display.name.clone()),
            })
            .collect(),
    }
}

/// How many copies to ask for.
fn copies_wanted(copies: Option<usize>, batch_size: u64) -> usize {
    let wanted = copies.unwrap_or(USUAL_COPIES).clamp(1, MOST_COPIES);
    wanted.min(usize::try_from(batch_size).unwrap_or(MOST_COPIES)).max(1)
}
