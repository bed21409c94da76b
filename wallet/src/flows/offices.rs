//! Requests that an issuer hands out to a wallet on its own word, without a page of its own: that of a passport office for a first
//! passport, and those for present copies (specs/flows.md §1, §2). And where the offices are.

use credentials::types;
use openid4vc::vp::link::Link;
use openid4vc::vp::request::RequestError;
use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use super::origin::is_same_origin;
use crate::records::{Copy, FollowUpAwaited};
use crate::trust::OfficePlace;
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// Why an issuer handed out no request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandOutError {
    /// The issuer's address is malformed.
    #[error("the issuer's address is malformed")]
    Address,
    /// The issuer did not make a request.
    #[error("the issuer could not be asked: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The issuer's answer is malformed.
    #[error("the issuer's answer is malformed")]
    Malformed,
    /// What the issuer handed out is no link of a request.
    #[error("the issuer handed out no request: {0}")]
    Link(#[from] RequestError),
    /// The issuer's request lies elsewhere.
    #[error("the request that the issuer handed out lies at another address than its own; it was left alone")]
    Elsewhere,
}

impl HandOutError {
    /// A short name for whoever says it in words of their own.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Outbound(_) => "unreachable",
            Self::Address | Self::Malformed | Self::Link(_) | Self::Elsewhere => "malformed_response",
        }
    }
}

impl Wallet {
    /// The passport offices in good standing of the networks that the wallet belongs to. Where none is known yet, the lists of the
    /// networks are fetched first; a list that does not come names no office.
    pub async fn passport_offices(&self) -> Vec<OfficePlace> {
        let known = self.trust.offices();
        if !known.is_empty() {
            return known;
        }
        self.trust.learn_offices().await;
        self.trust.offices()
    }

    /// Whether the wallet holds a membership, present or past: what an office gives a first passport against.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn holds_membership(&self) -> Result<bool, VaultError> {
        let copies = self.vault.list::<Copy>().await?;
        Ok(copies.iter().flat_map(|copy| &copy.credentials).any(|one| one.vct == types::MEMBERSHIP))
    }

    /// The name of the office that was asked for a first passport last, as long as it has offered none.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn passport_awaited_from(&self) -> Result<Option<String>, VaultError> {
        let awaited = self.vault.list::<FollowUpAwaited>().await?.into_iter();
        let of_passports = awaited.filter(|one| one.first_passport && !one.proof_alone);
        Ok(of_passports.max_by_key(|one| one.asked_at).map(|one| one.space_name))
    }

    /// Asks a passport office for its request for what a first passport takes; gives the link of the request, which is opened as any
    /// other.
    ///
    /// # Errors
    /// See [`HandOutError`].
    pub async fn first_passport_request(&self, office: &OfficePlace) -> Result<String, HandOutError> {
        self.handed_out(&office.origin, "/passport/requests", &json!({})).await
    }

    /// Has the issuer at `address` make a request. Nothing is fetched where it points to elsewhere: a third party would see each of
    /// its wallets come.
    pub(super) async fn handed_out(
        &self,
        address: &str,
        path: &str,
        asked: &Value,
    ) -> Result<String, HandOutError> {
        let url = format!("{}{path}", address.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| HandOutError::Address)?;
        let answer = self.fetch.fetch(Request::post_json(url, asked)).await?.successful()?.json()?;
        let link = answer.get("link").and_then(Value::as_str).ok_or(HandOutError::Malformed)?;
        match Link::parse(link)? {
            Link::Reference { request_uri, .. } if !is_same_origin(&request_uri, address) => {
                Err(HandOutError::Elsewhere)
            }
            _ => Ok(link.to_owned()),
        }
    }
}
