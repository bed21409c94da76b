//! Looking at what is offered: the offer, and what issuer and authorisation server say of themselves, each checked against the
//! others. Nothing is taken yet.

use jose::VerifyingKey;
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::offer::{self, CredentialOffer, Link};
use openid4vc::vci::server_metadata::ServerMetadata;
use openid4vc::vci::signed_metadata::{self, SignedBy, SignedMetadata};
use openid4vc::vci::wallet::{self, Plan};

use super::{AcceptError, Party};
use crate::carrier::send;
use crate::flows::origin::{host_of, is_same_origin};
use crate::records::HistoryKind;
use crate::trust::{SignerEvidence, TrustError, chain_of};
use crate::wallet::Wallet;

/// Signed metadata are liked better; whoever has none gives readable ones.
const SIGNED_OR_READABLE: &str = "application/jwt, application/json;q=0.9";

/// What an issuer offers, looked at and not taken yet. It is looked at once: some offers are shown once.
#[derive(Clone, Debug)]
pub struct LookedAt(Plan);

impl LookedAt {
    pub(super) const fn plan(&self) -> &Plan {
        &self.0
    }

    /// Whether the person has to say so on the issuer's own page.
    #[must_use]
    pub const fn needs_authorization(&self) -> bool {
        self.0.needs_authorization()
    }

    /// Whether it is given only with a code that came another way.
    #[must_use]
    pub const fn needs_tx_code(&self) -> bool {
        self.0.needs_tx_code()
    }

    /// The issuer's address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.issuer()
    }
}

impl Wallet {
    /// Looks at what a link offers.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub async fn look_at_offer(&self, link: &str) -> Result<LookedAt, AcceptError> {
        let looked = self.plan(link, None).await;
        self.looked(looked).await
    }

    /// Looks at what an issuer has without any offer: `wanted` are names of its metadata, or types. With none named, the one
    /// thing it has.
    ///
    /// # Errors
    /// See [`AcceptError`]; [`AcceptError::NameOne`] where it is not clear what is wanted.
    pub async fn look_at_issuer(&self, issuer: &str, wanted: &[&str]) -> Result<LookedAt, AcceptError> {
        let looked = self.plan_of_issuer(issuer, wanted).await;
        self.looked(looked).await
    }

    async fn looked(&self, looked: Result<Plan, AcceptError>) -> Result<LookedAt, AcceptError> {
        match looked {
            Ok(plan) => Ok(LookedAt(plan)),
            Err(error) => {
                let mut entry = self.new_entry(HistoryKind::Offer);
                entry.fail(self.cause_of(error.code()), error.is_their_word());
                self.vault.put(&entry.bounded()).await?;
                Err(error)
            }
        }
    }

    /// Offer and metadata, each checked against the other. Of a party that was asked before, nothing is fetched elsewhere.
    pub(super) async fn plan(&self, link: &str, party: Option<&Party<'_>>) -> Result<Plan, AcceptError> {
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
        from_party(&offer.credential_issuer)?;
        let metadata = self.issuer_metadata(&offer.credential_issuer).await?;
        self.plan_of(offer, metadata).await
    }

    async fn plan_of_issuer(&self, issuer: &str, wanted: &[&str]) -> Result<Plan, AcceptError> {
        let metadata = self.issuer_metadata(issuer).await?;
        let ids = meant(&metadata, wanted)?;
        let offer = wallet::offer_of_issuer(&metadata, ids);
        self.plan_of(offer, metadata).await
    }

    /// With the authorisation server's metadata.
    pub(super) async fn plan_of(
        &self,
        offer: CredentialOffer,
        metadata: IssuerMetadata,
    ) -> Result<Plan, AcceptError> {
        let server = wallet::server_to_ask(&offer, &metadata)?;
        let answer = send(self.fetch.as_ref(), ServerMetadata::request(&server)?).await?;
        let server = ServerMetadata::from_response(&answer, &server)?;
        Ok(Plan::new(offer, metadata, server)?)
    }

    /// The issuer's metadata. A network's parties are asked for signed ones: what their key vouches for, nobody on the way has
    /// changed. Who answers with readable ones is taken at the word of its host, as everybody is outside a network. Signed ones
    /// count only when their signer is trusted as one of this issuer's credentials would be; they are never read as if they were
    /// not signed (§12.2.3).
    pub(in crate::flows) async fn issuer_metadata(
        &self,
        issuer: &str,
    ) -> Result<IssuerMetadata, AcceptError> {
        let mut request = IssuerMetadata::request(issuer)?;
        if self.trust.asks_for_signed_metadata() {
            request = request.with_header("accept", SIGNED_OR_READABLE);
        }
        let answer = send(self.fetch.as_ref(), request).await?;
        let is_signed =
            answer.media_type().is_some_and(|given| given.eq_ignore_ascii_case(signed_metadata::MEDIA_TYPE));
        if !is_signed {
            return Ok(IssuerMetadata::from_response(&answer, issuer)?);
        }
        let signed = SignedMetadata::read(&answer)?;
        let signer = self.trust.signer_of_metadata(&evidence(signed.signed_by())?).await?;
        // In a network each party speaks for itself alone.
        if signer.host.is_some() && signer.host != host_of(issuer) {
            return Err(AcceptError::OtherIssuer);
        }
        Ok(signed.verify(&VerifyingKey::new(&signer.key)?, issuer, self.now())?)
    }
}

fn evidence(signed_by: &SignedBy) -> Result<SignerEvidence, AcceptError> {
    match signed_by {
        SignedBy::X5c(chain) => {
            Ok(SignerEvidence::Chain { chain: Box::new(chain_of(chain)?), claimed: None })
        }
        SignedBy::Did(kid) => {
            let kid = did::DidUrl::parse(kid).map_err(|_| TrustError::MalformedKeyId)?;
            Ok(SignerEvidence::Key(kid))
        }
    }
}

/// The configurations that are meant by these names or types.
fn meant(metadata: &IssuerMetadata, wanted: &[&str]) -> Result<Vec<String>, AcceptError> {
    let all = &metadata.configurations;
    let has = || {
        let names: Vec<&str> = all.keys().map(String::as_str).collect();
        if names.is_empty() { "nothing of a kind spoken here".to_owned() } else { names.join(", ") }
    };
    if wanted.is_empty() {
        let mut ids = all.keys();
        return match (ids.next(), ids.next()) {
            (Some(only), None) => Ok(vec![only.clone()]),
            _ => Err(AcceptError::NameOne(has())),
        };
    }
    let mut ids: Vec<String> = Vec::new();
    for name in wanted {
        let named = all.contains_key(*name).then(|| (*name).to_owned());
        let of_type = || all.iter().find(|(_, one)| one.vct == *name).map(|(id, _)| id.clone());
        let id = named
            .or_else(of_type)
            .ok_or_else(|| AcceptError::NotThere { wanted: (*name).to_owned(), has: has() })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
