//! The code of an authorisation, until it is redeemed (RFC 6749 §4.1.3). It belongs to one client, one address, one
//! verifier and, where the request named one, one DPoP key.

use environment::{Randomness, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Flow, Grant, TokenStep, Tokens, narrowed};
use crate::dpop::{self, DpopError};
use crate::seconds;
use crate::secret::SecretHash;
use crate::vci::pkce::Challenge;
use crate::vci::token::{TokenError, TokenGrant, TokenRequest};

/// Who may redeem a code: whoever holds all of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub(in crate::vci) client_id: String,
    pub(in crate::vci) redirect_uri: String,
    pub(in crate::vci) challenge: Challenge,
    /// `jkt` of the key that the pushed request named.
    pub(in crate::vci) bound_to: Option<String>,
}

impl Holder {
    /// Whether a request comes from whom the code was given to, by all that belongs to it but the code itself.
    pub(super) fn check(
        &self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
    ) -> Result<(), TokenError> {
        let TokenGrant::AuthorizationCode { redirect_uri, verifier } = &request.grant else {
            return Err(TokenError::InvalidCode);
        };
        let is_same = request.client_id.as_deref() == Some(self.client_id.as_str())
            && *redirect_uri == self.redirect_uri
            && self.challenge.matches(verifier);
        if !is_same {
            return Err(TokenError::OtherAuthorization);
        }
        // HAIP 1.0 §4.3: tokens are bound to a key.
        let proof = dpop.ok_or(DpopError::Missing)?;
        if self.bound_to.as_ref().is_some_and(|bound| *bound != proof.key().thumbprint_base64url()) {
            return Err(DpopError::OtherKey.into());
        }
        Ok(())
    }
}

/// An authorisation whose code was given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    pub(in crate::vci) code: SecretHash,
    #[serde(flatten)]
    pub(in crate::vci) holder: Holder,
    pub(in crate::vci) by_identifier: bool,
    pub(in crate::vci) grants: Vec<Grant>,
    #[serde(with = "seconds")]
    pub(in crate::vci) expires_at: Timestamp,
    pub(in crate::vci) token_lifetime: i64,
    pub(in crate::vci) nonce_lifetime: i64,
    pub(in crate::vci) batch_size: u64,
    pub(in crate::vci) dpop_nonce: bool,
}

impl Granted {
    /// Takes a token request; a refusal leaves the code as it was, because nothing can be guessed by trying.
    pub(super) fn token(
        self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> TokenStep {
        match self.check(request, dpop, now) {
            Err(error) => TokenStep { next: Flow::Granted(self), reply: Err(error), token: None },
            Ok(grants) => {
                let tokens = Tokens {
                    grants,
                    by_identifier: self.by_identifier || request.authorization_details.is_some(),
                    token_lifetime: self.token_lifetime,
                    nonce_lifetime: self.nonce_lifetime,
                    batch_size: self.batch_size,
                    dpop_nonce: self.dpop_nonce,
                    redeemed: Some(self.holder),
                    of_offer: None,
                };
                tokens.issue(request, dpop, now, randomness)
            }
        }
    }

    fn check(
        &self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
        now: Timestamp,
    ) -> Result<Vec<Grant>, TokenError> {
        let is_asked_for = matches!(request.grant, TokenGrant::AuthorizationCode { .. });
        if !is_asked_for || !self.code.matches(request.code.expose()) || now >= self.expires_at {
            return Err(TokenError::InvalidCode);
        }
        self.holder.check(request, dpop)?;
        narrowed(&self.grants, request)
    }
}
