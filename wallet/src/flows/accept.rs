//! Accepting an offer (OpenID4VCI 1.0, pre-authorised code).

mod checking;
mod errand;
mod keeping;
mod marks;

use openid4vc::secret::SecretText;
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::notification::Event;
use openid4vc::vci::offer::{self, CredentialOffer, Link, OfferError};
use openid4vc::vci::server_metadata::ServerMetadata;
use openid4vc::vci::wallet::{self, Deferred, Plan};
use serde::Serialize;

use super::origin::{host_of, is_same_origin};
use crate::carrier::send;
use crate::consent::{Consent, Offered, OfferedCredential};
use crate::records::{AwaitedCredentials, HistoryEntry, HistoryKind, PrivateKey};
use crate::trust::TrustError;
use crate::vault::VaultError;
use crate::wallet::Wallet;

pub(super) use checking::SKEW;
pub(crate) use checking::{Checked, Expected};
use errand::Errand;
pub(crate) use errand::with_proof;
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
    /// The member did not want it.
    #[error("the offer was not accepted")]
    Declined,
    /// A key could not be made or used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
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
            Self::Declined => "declined",
            Self::Key => "key",
            Self::Vault(_) => "vault",
        }
    }
}

impl Wallet {
    /// Accepts what a link offers: asks the member, fetches as many copies as wanted, each under a key of its own
    /// (copy i of every configuration under the same key), checks every one of them, and keeps all or none.
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

    /// Accepts what is offered on an errand of the wallet's own, and gives the keys that were used.
    pub(super) async fn accept_offer_for(
        &self,
        link: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
        errand: ErrandFor<'_>,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        let mut entry = self.new_entry(HistoryKind::Offer);
        let outcome = self.try_to_accept(link, options, consent, errand, &mut entry).await;
        match &outcome {
            Ok((accepted, _)) => {
                entry.presented = accepted.credentials.iter().map(|one| one.vct.clone()).collect();
            }
            Err(error) => entry.not_completed = Some(error.code().to_owned()),
        }
        self.vault.put(&entry.bounded()).await?;
        outcome
    }

    async fn try_to_accept(
        &self,
        link: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
        ErrandFor { party, keys }: ErrandFor<'_>,
        entry: &mut HistoryEntry,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        let plan = self.plan(link, party.as_ref()).await?;
        let issuer = plan.metadata().credential_issuer.clone();
        entry.host = host_of(&issuer);
        entry.requested = plan.offered().map(|(_, configuration)| configuration.vct.clone()).collect();
        if plan.offered().any(|(_, configuration)| !configuration.is_key_bound()) {
            return Err(AcceptError::Unbound);
        }
        if !consent.accepts(&offered(&plan)).await {
            return Err(AcceptError::Declined);
        }
        let mut errand = Errand::open(self, &plan, options, keys).await?;
        let signer = party.and_then(|party| party.did);
        let fetched = self.fetch_all(&mut errand, &plan, signer, entry).await;
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
        let issuer = plan.metadata().credential_issuer.clone();
        let mut accepted = Accepted { issuer: issuer.clone(), ..Accepted::default() };
        let mut checked: Vec<Checked> = Vec::new();
        let mut awaited: Vec<AwaitedCredentials> = Vec::new();
        for (id, configuration) in plan.offered() {
            let label = configuration.display.first().map(|display| display.name.clone());
            let expected = Expected {
                issuer: &issuer,
                signer,
                configuration: id,
                vct: &configuration.vct,
                label: label.as_deref(),
            };
            let mut copies = 0_usize;
            for outcome in errand.fetch(id).await? {
                match outcome {
                    wallet::Outcome::Issued(issued) => {
                        let found =
                            self.check_credentials(&expected, &issued.credentials, errand.keys()).await?;
                        copies = copies.saturating_add(found.len());
                        checked.extend(found);
                    }
                    wallet::Outcome::Deferred { next, interval } => {
                        awaited.push(self.awaited(&expected, next, interval, errand));
                        accepted.deferred.push(configuration.vct.clone());
                    }
                }
            }
            if copies > 0 {
                accepted.credentials.push(AcceptedCredential {
                    vct: configuration.vct.clone(),
                    label,
                    copies,
                });
            }
        }
        self.refuse_repeated_marks(&checked).await?;
        if let Some(first) = checked.first() {
            accepted.issuer_name = Some(first.credential.issuer_name.clone());
            entry.party = Some(first.credential.issuer_name.clone());
            entry.did.clone_from(&first.credential.issuer_did);
            entry.network.clone_from(&first.credential.network);
        }
        self.keep(checked, &awaited, None).await?;
        Ok(accepted)
    }

    /// Offer and metadata, each checked against the other. Of a party that was asked before, nothing is fetched elsewhere.
    async fn plan(&self, link: &str, party: Option<&Party<'_>>) -> Result<Plan, AcceptError> {
        let fetch = self.fetch.as_ref();
        let from_party = |address: &str| match party {
            Some(party) if !is_same_origin(address, party.address) => Err(AcceptError::OfferOfOther),
            _ => Ok(()),
        };
        let offer = match Link::parse(link)? {
            Link::ByValue(offer) => *offer,
            Link::ByReference(reference) => {
                from_party(&reference)?;
                CredentialOffer::from_response(&send(fetch, offer::request(&reference)).await?)?
            }
        };
        let issuer = offer.credential_issuer.clone();
        from_party(&issuer)?;
        let answer = send(fetch, IssuerMetadata::request(&issuer)?).await?;
        let metadata = IssuerMetadata::from_response(&answer, &issuer)?;
        let server = wallet::server_to_ask(&offer, &metadata)?;
        let answer = send(fetch, ServerMetadata::request(&server)?).await?;
        let server = ServerMetadata::from_response(&answer, &server)?;
        Ok(Plan::new(offer, metadata, server)?)
    }

    fn awaited(
        &self,
        expected: &Expected<'_>,
        deferred: Deferred,
        interval: u64,
        errand: &Errand<'_>,
    ) -> AwaitedCredentials {
        AwaitedCredentials {
            id: self.random_id(),
            deferred,
            dpop_key: PrivateKey::of(errand.dpop_key()),
            keys: errand.keys().iter().map(PrivateKey::of).collect(),
            configuration: expected.configuration.to_owned(),
            vct: expected.vct.to_owned(),
            label: expected.label.map(str::to_owned),
            issuer: expected.issuer.to_owned(),
            signer: expected.signer.map(str::to_owned),
            not_before: self.now().plus(i64::try_from(interval).unwrap_or(i64::MAX)).seconds(),
        }
    }
}

fn offered(plan: &Plan) -> Offered {
    let metadata = plan.metadata();
    Offered {
        issuer: metadata.credential_issuer.clone(),
        claimed_name: metadata.display.first().map(|display| display.name.clone()),
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
pub(crate) fn copies_wanted(options: &AcceptOptions, batch_size: u64) -> usize {
    let wanted = options.copies.unwrap_or(USUAL_COPIES).clamp(1, MOST_COPIES);
    wanted.min(usize::try_from(batch_size).unwrap_or(MOST_COPIES)).max(1)
}
