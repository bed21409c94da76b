//! One errand at an issuer's endpoints: token, nonces, credentials, notifications.

use jose::{Algorithm, Signer, SigningKey};
use openid4vc::access::Scheme;
use openid4vc::dpop;
use openid4vc::http::{Request, Response};
use openid4vc::secret::SecretText;
use openid4vc::vci::notification::Event;
use openid4vc::vci::proof::NewProof;
use openid4vc::vci::wallet::{Access, Again, Answer, Outcome, Plan, Retries};

use super::{AcceptError, AcceptOptions, copies_wanted};
use crate::carrier::send;
use crate::records::PrivateKey;
use crate::wallet::Wallet;

/// An errand that holds an access token, and the holder keys it asks credentials for.
pub(crate) struct Errand<'a> {
    wallet: &'a Wallet,
    access: Access,
    dpop_key: SigningKey,
    dpop_nonce: Option<String>,
    keys: Vec<SigningKey>,
    notifications: Vec<SecretText>,
}

impl<'a> Errand<'a> {
    /// Gets the access token.
    pub(super) async fn open(
        wallet: &'a Wallet,
        plan: &Plan,
        options: &AcceptOptions,
        keys: Option<Vec<PrivateKey>>,
    ) -> Result<Self, AcceptError> {
        let randomness = wallet.environment.randomness();
        let dpop_key = SigningKey::generate(Algorithm::Es256, randomness)?;
        let mut retries = Retries::default();
        let mut nonce: Option<String> = None;
        let access = loop {
            let mut request = plan.token_request(options.tx_code.as_ref())?;
            if plan.takes_dpop() {
                request = with_proof(wallet, request, &dpop_key, None, nonce.as_deref())?;
            }
            let answer = send(wallet.fetch.as_ref(), request).await?;
            match plan.token_response(&answer, &mut retries)? {
                Answer::Done(access) => break access,
                Answer::Again(Again::WithDpopNonce(fresh)) => nonce = Some(fresh),
                Answer::Again(Again::WithFreshNonce) => {}
            }
        };
        let wanted = copies_wanted(options, access.batch_size());
        let keys = match keys {
            // More keys than the issuer takes at once would all be refused.
            Some(keys) => keys.iter().take(wanted).map(PrivateKey::signing_key).collect::<Result<_, _>>()?,
            None => (0..wanted)
                .map(|_| SigningKey::generate(Algorithm::Es256, randomness))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self { wallet, access, dpop_key, dpop_nonce: nonce, keys, notifications: Vec::new() })
    }

    pub(crate) fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    pub(crate) const fn dpop_key(&self) -> &SigningKey {
        &self.dpop_key
    }

    /// Asks for one configuration under all keys.
    pub(super) async fn fetch(&mut self, configuration: &str) -> Result<Vec<Outcome>, AcceptError> {
        let first = self.proofs().await?;
        let count = self.access.credential_requests(configuration, first.clone()).len();
        let mut outcomes = Vec::with_capacity(count);
        for position in 0..count {
            // A nonce serves one request.
            let proofs = if position == 0 { first.clone() } else { self.proofs().await? };
            outcomes.push(self.fetch_one(configuration, position, proofs).await?);
        }
        for outcome in &outcomes {
            if let Outcome::Issued(issued) = outcome {
                self.notifications.extend(issued.notification_id.clone());
            }
        }
        Ok(outcomes)
    }

    async fn fetch_one(
        &mut self,
        configuration: &str,
        position: usize,
        mut proofs: Vec<String>,
    ) -> Result<Outcome, AcceptError> {
        let mut retries = Retries::default();
        loop {
            let requests = self.access.credential_requests(configuration, proofs.clone());
            let request = requests.into_iter().nth(position).ok_or(AcceptError::Key)?;
            let answer = self.send(request).await?;
            match self.access.credential_response(&answer, self.keys.len(), &mut retries)? {
                Answer::Done(outcome) => return Ok(outcome),
                Answer::Again(Again::WithFreshNonce) => proofs = self.proofs().await?,
                Answer::Again(Again::WithDpopNonce(fresh)) => self.dpop_nonce = Some(fresh),
            }
        }
    }

    /// One proof for each key, with a fresh nonce where the issuer gives one.
    async fn proofs(&self) -> Result<Vec<String>, AcceptError> {
        let nonce = match self.access.nonce_request() {
            None => None,
            Some(request) => Some(Access::nonce_response(&send(self.wallet.fetch.as_ref(), request).await?)?),
        };
        let now = self.wallet.now();
        let proof = |key: &SigningKey| {
            let proof = NewProof {
                key: key.public_jwk(),
                credential_issuer: self.access.credential_issuer(),
                nonce: nonce.as_deref(),
                client_id: None,
            };
            proof.to_sign(now).sign(key)
        };
        Ok(self.keys.iter().map(proof).collect::<Result<_, _>>()?)
    }

    async fn send(&self, request: Request) -> Result<Response, AcceptError> {
        let presented = self.access.presented();
        let request = if presented.scheme == Scheme::Dpop {
            let token = Some(presented.token.expose());
            with_proof(self.wallet, request, &self.dpop_key, token, self.dpop_nonce.as_deref())?
        } else {
            request
        };
        Ok(send(self.wallet.fetch.as_ref(), request).await?)
    }

    /// Tells the issuer what became of its credentials. Nothing depends on whether it listens.
    pub(super) async fn notify(&self, event: Event) {
        for id in &self.notifications {
            let Some(request) = self.access.notification_request(id, event) else { return };
            if let Err(error) = self.send(request).await {
                tracing::debug!(code = error.code(), "the issuer could not be notified");
            }
        }
    }
}

/// The request with a DPoP proof (RFC 9449 §4).
pub(crate) fn with_proof(
    wallet: &Wallet,
    request: Request,
    key: &SigningKey,
    access_token: Option<&str>,
    nonce: Option<&str>,
) -> Result<Request, jose::SigningFailed> {
    let proof = dpop::NewProof {
        key: key.public_jwk(),
        method: request.method,
        url: &request.url,
        access_token,
        nonce,
    };
    let proof = proof.to_sign(wallet.now(), wallet.environment.randomness()).sign(key)?;
    Ok(request.with_header(dpop::HEADER, proof))
}
