//! An offer that is taken up: which server gives the token, the code if one is needed, and the token request.

use environment::Randomness;

use super::access::Access;
use super::{Answer, Retries, WalletError, refused};
use crate::form;
use crate::http::{Request, Response};
use crate::secret::SecretText;
use crate::vci::attestation::METHOD as ATTESTATION;
use crate::vci::authorization::{NewAuthorization, Pending, Wish};
use crate::vci::metadata::{CredentialConfiguration, IssuerMetadata};
use crate::vci::offer::{CredentialOffer, PRE_AUTHORIZED_CODE};
use crate::vci::server_metadata::{NO_AUTHENTICATION, ServerMetadata};
use crate::vci::token::TokenResponse;

/// The authorisation server whose metadata are to be fetched.
///
/// # Errors
/// [`WalletError::ServerNotListed`]; [`WalletError::OtherParty`].
pub fn server_to_ask(offer: &CredentialOffer, metadata: &IssuerMetadata) -> Result<String, WalletError> {
    if offer.credential_issuer != metadata.credential_issuer {
        return Err(WalletError::OtherParty);
    }
    let own = vec![metadata.credential_issuer.clone()];
    let listed =
        if metadata.authorization_servers.is_empty() { &own } else { &metadata.authorization_servers };
    match offer.authorization_server() {
        Some(named) if !listed.iter().any(|one| one == named) => Err(WalletError::ServerNotListed),
        Some(named) => Ok(named.to_owned()),
        None => listed.first().cloned().ok_or(WalletError::ServerNotListed),
    }
}

/// What a wallet that begins by itself asks an issuer for, as an offer without grants: everything is checked as of one that
/// came from outside.
#[must_use]
pub fn offer_of_issuer(metadata: &IssuerMetadata, configuration_ids: Vec<String>) -> CredentialOffer {
    CredentialOffer {
        credential_issuer: metadata.credential_issuer.clone(),
        configuration_ids,
        pre_authorized: None,
        authorization_code: None,
    }
}

/// An offer that can be taken up.
#[derive(Clone, Debug)]
pub struct Plan {
    offer: CredentialOffer,
    metadata: IssuerMetadata,
    server: ServerMetadata,
}

impl Plan {
    /// Puts offer and metadata together.
    ///
    /// # Errors
    /// [`WalletError::UnknownConfiguration`], [`WalletError::ServerNotListed`], [`WalletError::OtherParty`].
    pub fn new(
        offer: CredentialOffer,
        metadata: IssuerMetadata,
        server: ServerMetadata,
    ) -> Result<Self, WalletError> {
        if server_to_ask(&offer, &metadata)? != server.issuer {
            return Err(WalletError::OtherParty);
        }
        if !offer.configuration_ids.iter().all(|id| metadata.configurations.contains_key(id)) {
            return Err(WalletError::UnknownConfiguration);
        }
        Ok(Self { offer, metadata, server })
    }

    /// The offer.
    #[must_use]
    pub const fn offer(&self) -> &CredentialOffer {
        &self.offer
    }

    /// The issuer's metadata.
    #[must_use]
    pub const fn metadata(&self) -> &IssuerMetadata {
        &self.metadata
    }

    /// Where the token request goes, for its DPoP proof.
    #[must_use]
    pub fn token_endpoint(&self) -> &str {
        &self.server.token_endpoint
    }

    /// Whether the server takes DPoP proofs by ES256; then one should go along.
    #[must_use]
    pub fn takes_dpop(&self) -> bool {
        self.server.dpop_algorithms.iter().any(|name| name == jose::Algorithm::Es256.name())
    }

    /// The authorisation server.
    #[must_use]
    pub const fn server(&self) -> &ServerMetadata {
        &self.server
    }

    /// Whether a code has to be asked for, with the person's say at the issuer.
    #[must_use]
    pub const fn needs_authorization(&self) -> bool {
        self.offer.pre_authorized.is_none()
    }

    /// Whether the code of the offer is redeemed only with another one, which came another way (OpenID4VCI 1.0 §4.1.1).
    #[must_use]
    pub const fn needs_tx_code(&self) -> bool {
        match &self.offer.pre_authorized {
            Some(grant) => grant.tx_code.is_some(),
            None => false,
        }
    }

    /// The credential issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.offer.credential_issuer
    }

    /// The authorisation to ask for, by scope where the metadata give one, and the request to push: it gets proofs from the
    /// caller, and goes again with others if need be.
    ///
    /// # Errors
    /// [`WalletError::NoEndpoint`].
    pub fn authorization(
        &self,
        client_id: &str,
        redirect_uri: &str,
        dpop_jkt: Option<&str>,
        randomness: &dyn Randomness,
    ) -> Result<(Pending, Request), WalletError> {
        let grant = self.offer.authorization_code.as_ref();
        let authorization = NewAuthorization {
            server: &self.server,
            client_id,
            redirect_uri,
            wish: &Wish::of(&self.offer.configuration_ids, &self.metadata),
            issuer_state: grant.and_then(|grant| grant.issuer_state.as_ref()),
            dpop_jkt,
        };
        authorization.make(randomness)
    }

    /// Whether the server asks wallets for attestations; and if so, whether it takes others too.
    #[must_use]
    pub fn attestation(&self) -> AttestationAsked {
        let names = |method: &str| self.server.client_authentication.iter().any(|name| name == method);
        match (names(ATTESTATION), names(NO_AUTHENTICATION)) {
            (true, true) => AttestationAsked::Taken,
            (true, false) => AttestationAsked::Needed,
            (false, _) => AttestationAsked::No,
        }
    }

    /// What is offered, with what the issuer says of it.
    pub fn offered(&self) -> impl Iterator<Item = (&str, &CredentialConfiguration)> {
        let configurations = &self.metadata.configurations;
        self.offer.configuration_ids.iter().filter_map(|id| Some((id.as_str(), configurations.get(id)?)))
    }

    /// The token request.
    ///
    /// # Errors
    /// [`WalletError::TxCodeNeeded`], [`WalletError::TxCodeUnexpected`].
    pub fn token_request(&self, tx_code: Option<&SecretText>) -> Result<Request, WalletError> {
        self.token_request_of(None, tx_code)
    }

    /// The token request of a wallet that names itself, because its attestation does.
    ///
    /// # Errors
    /// [`WalletError::TxCodeNeeded`], [`WalletError::TxCodeUnexpected`], [`WalletError::NoPreAuthorizedCode`].
    pub fn token_request_of(
        &self,
        client_id: Option<&str>,
        tx_code: Option<&SecretText>,
    ) -> Result<Request, WalletError> {
        let grant = self.offer.pre_authorized.as_ref().ok_or(WalletError::NoPreAuthorizedCode)?;
        let mut parameters =
            vec![("grant_type", PRE_AUTHORIZED_CODE), ("pre-authorized_code", grant.code.expose())];
        match (&grant.tx_code, tx_code) {
            (Some(_), Some(tx_code)) => parameters.push(("tx_code", tx_code.expose())),
            (Some(_), None) => return Err(WalletError::TxCodeNeeded),
            (None, Some(_)) => return Err(WalletError::TxCodeUnexpected),
            (None, None) => {}
        }
        parameters.extend(client_id.map(|client_id| ("client_id", client_id)));
        Ok(Request::post(self.token_endpoint(), form::MEDIA_TYPE, form::encode(parameters)))
    }

    /// Reads the answer to the token request.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub fn token_response(
        &self,
        response: &Response,
        retries: &mut Retries,
    ) -> Result<Answer<Access>, WalletError> {
        if response.status != 200 {
            return refused(response, retries).map(Answer::Again);
        }
        let members = response.ok_object().map_err(|_| WalletError::Malformed("token"))?;
        let token = TokenResponse::from_object(&members).ok_or(WalletError::Malformed("token"))?;
        Ok(Answer::Done(Access::new(self.metadata.clone(), token)))
    }
}

/// Whether a server wants a provider's word for the wallet (`attest_jwt_client_auth`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationAsked {
    /// It does not: nothing of it is sent.
    No,
    /// It takes one, and wallets without one too.
    Taken,
    /// It takes no wallet without one.
    Needed,
}
