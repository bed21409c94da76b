//! Accepting an offer (OpenID4VCI 1.0): with the code in it, or with one that the person got (`authorizing`).

mod authorizing;
mod beside;
mod checking;
mod clearing;
mod client;
mod errand;
mod gathered;
mod keeping;
mod looking;
mod marks;
mod proving;

use jose::base64url;
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vci::authorization::ReturnError;
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::notification::Event;
use openid4vc::vci::offer::OfferError;
use openid4vc::vci::reason::Reason;
use openid4vc::vci::signed_metadata::SignedMetadataError;
use openid4vc::vci::wallet::{self, Plan};
use serde::Serialize;

use super::origin::host_of;
use crate::consent::{Consent, Offered, OfferedCredential};
use crate::provider::ProviderError;
use crate::records::{AwaitedCredentials, HistoryEntry, HistoryKind, PrivateKey};
use crate::shown::shown;
use crate::trust::TrustError;
use crate::vault::VaultError;
use crate::wallet::Wallet;

pub use authorizing::Begun;
pub(super) use checking::SKEW;
pub(crate) use checking::{Checked, Expected};
pub(crate) use errand::with_proof;
use errand::{Errand, Fetched, Redeeming};
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
    /// The code of what did not come with the rest, in the history.
    fn lacks(&self) -> Option<&'static str> {
        if !self.missing.is_empty() {
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

/// Why an offer was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The offer.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// The issuer's metadata.
    #[error(transparent)]
    Metadata(#[from] openid4vc::vci::metadata::MetadataError),
    /// The issuance.
    #[error(transparent)]
    Issuance(#[from] wallet::WalletError),
    /// A call.
    #[error("the issuer could not be reached: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The issuer is not trusted.
    #[error("the issuer is not trusted: {0}")]
    Trust(#[from] TrustError),
    /// A credential is not in order.
    #[error("the credential is refused: {0}")]
    Credential(#[from] credentials::vc::VcError),
    /// An issuer sends no key binding.
    #[error(transparent)]
    KeyBinding(#[from] credentials::sd_jwt::ReceivedKeyBinding),
    /// The issuer sent another type than it offered.
    #[error("the issuer sent another type of credential than it offered")]
    OtherType,
    /// A credential is not as its type says.
    #[error("the credential is refused: {0}")]
    NotAsItsType(#[from] credentials::type_metadata::Mismatch),
    /// A credential is bound to a key that is not this wallet's, or to none.
    #[error("the credential is not bound to the key this wallet gave")]
    OtherKey,
    /// Two credentials are bound to one key.
    #[error("two credentials are bound to the same key and could be linked")]
    KeyTwice,
    /// A credential that binds no key is offered.
    #[error(
        "a credential is offered that anybody could show; only those bound to a key of the wallet are taken"
    )]
    Unbound,
    /// Whoever signed is not whoever offered.
    #[error("the credential was not signed by the party that offered it")]
    OtherIssuer,
    /// Whoever was asked hands on an offer of somebody else.
    #[error("the offer that came is not of the party that was asked; it was left alone")]
    OfferOfOther,
    /// The copies would give their holder away.
    #[error("the credentials are refused, since their holder could be recognised by them: {0}")]
    Marked(#[from] Mark),
    /// The issuer's metadata are signed, and not as they have to be.
    #[error(transparent)]
    SignedMetadata(#[from] SignedMetadataError),
    /// The issuer describes several credentials, or none of this name.
    #[error("name what you want of this issuer; it has {0}")]
    NameOne(String),
    /// What is given is not what the person was shown.
    #[error(
        "the issuer has changed what it gives since you agreed: nothing was fetched; begin again to see what it is now"
    )]
    OtherThanAgreed,
    /// An issuer that promised something has not had it for a month.
    #[error("the issuer has not had what it promised for 30 days: it is not asked any more")]
    NeverReady,
    /// What came late is kept, and cannot be judged at this moment.
    #[error(
        "what was promised has come and is kept, and cannot be checked at this moment: {0}; collect again later"
    )]
    NotCheckedYet(#[source] TrustError),
    /// What an issuer gave has no room in a record, as it is written there.
    #[error("what the issuer gave is longer than this wallet keeps")]
    TooLong,
    /// The issuer describes nothing of this name.
    #[error("this issuer has no {}; it has {has}", shown(.wanted))]
    NotThere {
        /// What was named.
        wanted: String,
        /// What it has.
        has: String,
    },
    /// What the browser brought back.
    #[error(transparent)]
    Return(#[from] ReturnError),
    /// Nothing was begun that this would finish, or its time is over.
    #[error(
        "this wallet does not wait for this answer: it was taken up already, has run out, or is another wallet's"
    )]
    NotAwaited,
    /// The offer was taken up already, and something of it is still to come.
    #[error(
        "this offer was taken up already, and what it promised will be ready later: fetch it with `passport wallet collect`"
    )]
    TakenUp,
    /// The wallet provider gives no word.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The member did not want it.
    #[error("the offer was not accepted")]
    Declined,
    /// A key could not be made or used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// The vault.
    #[error(transparent)]
    Vault(VaultError),
}

/// What is too long for the vault is so by what the issuer gave: its failure, where another one is the wallet's own.
impl From<VaultError> for AcceptError {
    fn from(error: VaultError) -> Self {
        if error.is_too_large() { Self::TooLong } else { Self::Vault(error) }
    }
}

impl From<jose::KeyError> for AcceptError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl From<jose::SigningFailed> for AcceptError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl AcceptError {
    /// Why the issuer declined, in its words.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Issuance(wallet::WalletError::Denied { reason }) => reason.as_ref().map(Reason::as_str),
            _ => None,
        }
    }

    /// Whether the issuer was not reached, or has not been able to answer: it has said nothing.
    pub(in crate::flows) fn is_silence(&self) -> bool {
        match self {
            Self::Outbound(_) | Self::Issuance(wallet::WalletError::Busy { .. }) => true,
            Self::Issuance(wallet::WalletError::Status(status)) => *status >= 500,
            Self::Trust(error) => error.tells_nothing(),
            _ => false,
        }
    }

    /// A short name for the history and for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Offer(error) => error.code(),
            Self::Metadata(_) => "metadata_refused",
            Self::Issuance(error) => error.code(),
            Self::Outbound(_) => "unreachable",
            Self::Trust(error) => error.code(),
            Self::Credential(error) => error.code(),
            Self::KeyBinding(_) => "issued_with_key_binding",
            Self::OtherType => "other_type",
            Self::NotAsItsType(_) => "not_as_its_type",
            Self::OtherKey => "other_key",
            Self::KeyTwice => "key_twice",
            Self::Unbound => "not_key_bound",
            Self::OtherIssuer => "other_issuer",
            Self::OfferOfOther => "offer_of_other",
            Self::Marked(_) => "marked_copies",
            Self::SignedMetadata(_) => "signed_metadata_refused",
            Self::NameOne(_) | Self::NotThere { .. } => "name_one",
            Self::OtherThanAgreed => "other_than_agreed",
            Self::NeverReady => "never_ready",
            Self::NotCheckedYet(_) => "not_checked_yet",
            Self::TooLong => "too_long",
            Self::Return(error) => error.code(),
            Self::NotAwaited => "not_awaited",
            Self::TakenUp => "taken_up",
            Self::Provider(_) => "provider",
            Self::Declined => "declined",
            Self::Key => "key",
            Self::Vault(_) => "vault",
        }
    }
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
        let (accepted, _) = self.entered(entry, outcome).await?;
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
        let mut entry = self.new_entry(HistoryKind::Offer);
        let outcome = match self.plan(link, errand.party.as_ref()).await {
            Ok(plan) => self.accept_plan(&plan, options, consent, errand, &mut entry).await,
            Err(error) => Err(error),
        };
        self.entered(entry, outcome).await
    }

    /// Writes into the history what came of an errand.
    async fn entered(
        &self,
        mut entry: HistoryEntry,
        outcome: Result<(Accepted, Vec<PrivateKey>), AcceptError>,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        match &outcome {
            Ok((accepted, _)) => {
                entry.presented = accepted.credentials.iter().map(|one| one.vct.clone()).collect();
                entry.not_completed = accepted.lacks().map(str::to_owned);
            }
            Err(error) => {
                entry.not_completed = Some(error.code().to_owned());
                entry.reason = error.said().map(str::to_owned);
            }
        }
        self.vault.put(&entry.bounded()).await?;
        outcome
    }

    async fn accept_plan(
        &self,
        plan: &Plan,
        options: &AcceptOptions,
        consent: &dyn Consent,
        ErrandFor { party, keys }: ErrandFor<'_>,
        entry: &mut HistoryEntry,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        note_offered(entry, plan);
        if plan.needs_authorization() {
            return Err(wallet::WalletError::NoPreAuthorizedCode.into());
        }
        self.refuse_taken_up(plan).await?;
        self.ask_first(plan, consent).await?;
        let client = client::Client::new(self, plan).await?;
        let redeeming = Redeeming::PreAuthorized(options.tx_code.as_ref());
        let mut errand = Errand::open(self, plan, redeeming, client, options.copies, keys).await?;
        let signer = party.and_then(|party| party.did);
        self.run(&mut errand, plan, signer, entry).await
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

    /// What is refused before anybody is asked, and the member's word.
    async fn ask_first(&self, plan: &Plan, consent: &dyn Consent) -> Result<(), AcceptError> {
        for (_, configuration) in plan.offered() {
            if !configuration.is_key_bound() {
                return Err(AcceptError::Unbound);
            }
            proving::KindOfProof::of(configuration, self.provider.is_some())?;
        }
        if consent.accepts(&offered(plan)).await { Ok(()) } else { Err(AcceptError::Declined) }
    }

    /// With a token in hand: fetches, checks, keeps, and says what came of it.
    async fn run(
        &self,
        errand: &mut Errand<'_>,
        plan: &Plan,
        signer: Option<&str>,
        entry: &mut HistoryEntry,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        let fetched = self.fetch_all(errand, plan, signer, entry).await;
        errand.notify(if fetched.is_ok() { Event::Accepted } else { Event::Failure }).await;
        Ok((fetched?, errand.keys().iter().map(PrivateKey::of).collect()))
    }

    /// Fetches and checks everything, then keeps it in one step.
    async fn fetch_all(
        &self,
        errand: &mut Errand<'_>,
        plan: &Plan,
        signer: Option<&str>,
        entry: &mut HistoryEntry,
    ) -> Result<Accepted, AcceptError> {
        let mut gathered = Gathered::new(plan, signer);
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
        self.keep(checked, &to_come, None).await?;
        Ok(accepted)
    }

    /// What is to be looked at again, about which nothing more is known yet.
    fn awaited(&self, expected: &Expected<'_>, plan: &Plan, errand: &Errand<'_>) -> AwaitedCredentials {
        AwaitedCredentials {
            id: self.random_id(),
            deferred: None,
            dpop_key: PrivateKey::of(errand.dpop_key()),
            keys: errand.keys().iter().map(PrivateKey::of).collect(),
            configuration: expected.configuration.to_owned(),
            vct: expected.vct.to_owned(),
            label: expected.label.map(str::to_owned),
            issuer: expected.issuer.to_owned(),
            claimed_name: named(plan.metadata()),
            offer: hash_of_offer(plan),
            signer: expected.signer.map(str::to_owned),
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
