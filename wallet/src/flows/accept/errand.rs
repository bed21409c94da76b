//! One errand at an issuer's endpoints: token, nonces, credentials, notifications.

use openid4vc::access::Scheme;
use openid4vc::dpop;
use openid4vc::http::{Request, Response};
use openid4vc::secret::SecretText;
use openid4vc::vci::authorization::Pending;
use openid4vc::vci::credential::{CredentialRequest, Proofs, Wanted};
use openid4vc::vci::metadata::CredentialConfiguration;
use openid4vc::vci::notification::Event;
use openid4vc::vci::wallet::{Access, Again, Answer, Outcome, Plan, Retries, WalletError, next_dpop_nonce};

use super::client::Client;
use super::proving::{KindOfProof, ProofFor};
use super::{AcceptError, copies_wanted};
use crate::carrier::send;
use crate::keys::{HolderKey, KeyUse, KeysError};
use crate::records::PrivateKey;
use crate::wallet::Wallet;

/// What a token is got for.
pub(super) enum Redeeming<'a> {
    /// The code in the offer, with the transaction code if one was told.
    PreAuthorized(Option<&'a SecretText>),
    /// A code that the person got.
    Code(&'a Pending, &'a SecretText),
}

impl Redeeming<'_> {
    fn request(&self, plan: &Plan, client: &Client) -> Result<Request, WalletError> {
        match self {
            Self::PreAuthorized(tx_code) => plan.token_request_of(client.attested_id(), *tx_code),
            Self::Code(pending, code) => Ok(pending.token_request(code)),
        }
    }

    /// What a person's code gives is bound to the wallet's key wherever the server can do so (HAIP 1.0 §4.3).
    fn check_bound(&self, access: &Access, client: &Client) -> Result<(), WalletError> {
        let must = matches!(self, Self::Code(..)) && client.thumbprint().is_some();
        if must && access.presented().scheme != Scheme::Dpop { Err(WalletError::NotBound) } else { Ok(()) }
    }

    /// How the wallet named itself, for its proofs (Appendix F.1: not at all where it was anonymous).
    fn client_id(&self, client: &Client) -> Option<String> {
        match self {
            Self::PreAuthorized(_) => client.attested_id().map(str::to_owned),
            Self::Code(pending, _) => Some(pending.client_id().to_owned()),
        }
    }
}

/// An errand that holds an access token, and the holder keys it asks credentials for.
pub(crate) struct Errand<'a> {
    wallet: &'a Wallet,
    access: Access,
    client: Client,
    client_id: Option<String>,
    /// The nonce that the issuer gave last, or the authorisation server, which often is the same.
    dpop_nonce: Option<String>,
    keys: Vec<HolderKey>,
    notifications: Vec<SecretText>,
}

/// What came of asking for one configuration.
pub(super) struct Fetched {
    pub(super) outcomes: Vec<Outcome>,
    /// Why there are no more of them.
    pub(super) ended_by: Option<AcceptError>,
}

impl<'a> Errand<'a> {
    /// Gets the access token.
    pub(super) async fn open(
        wallet: &'a Wallet,
        plan: &Plan,
        redeeming: Redeeming<'_>,
        mut client: Client,
        copies: Option<usize>,
        keys: Option<Vec<PrivateKey>>,
    ) -> Result<Self, AcceptError> {
        let mut retries = Retries::default();
        let access = loop {
            let answer = client.send(wallet, redeeming.request(plan, &client)?).await?;
            match plan.token_response(&answer, &mut retries)? {
                Answer::Done(access) => break access,
                Answer::Again(again) => client.heed(again),
            }
        };
        redeeming.check_bound(&access, &client)?;
        let wanted = copies_wanted(copies, access.batch_size());
        let keys = match keys {
            // More keys than the issuer takes at once would all be refused.
            Some(keys) => keys.iter().take(wanted).map(PrivateKey::holder_key).collect::<Result<_, _>>()?,
            None => wallet.new_keys(KeyUse::Sign, wanted).await?,
        };
        let client_id = redeeming.client_id(&client);
        let dpop_nonce = client.dpop_nonce().map(str::to_owned);
        Ok(Self { wallet, access, client, client_id, dpop_nonce, keys, notifications: Vec::new() })
    }

    pub(crate) fn keys(&self) -> &[HolderKey] {
        &self.keys
    }

    pub(crate) const fn dpop_key(&self) -> &HolderKey {
        self.client.dpop_key()
    }

    /// Asks for one configuration under all keys, once for each of its identifiers.
    pub(super) async fn fetch(&mut self, id: &str, configuration: &CredentialConfiguration) -> Fetched {
        let mut outcomes = Vec::new();
        let fetched = self.fetch_into(&mut outcomes, id, configuration).await;
        Fetched { outcomes, ended_by: fetched.err() }
    }

    async fn fetch_into(
        &mut self,
        outcomes: &mut Vec<Outcome>,
        id: &str,
        configuration: &CredentialConfiguration,
    ) -> Result<(), AcceptError> {
        let kind = KindOfProof::of(configuration, self.wallet.provider.is_some())?;
        for wanted in self.access.wanted(id) {
            let outcome = self.fetch_one(wanted, kind).await?;
            if let Outcome::Issued(issued) = &outcome {
                self.notifications.extend(issued.notification_id.clone());
            }
            outcomes.push(outcome);
        }
        Ok(())
    }

    async fn fetch_one(&mut self, wanted: Wanted, kind: KindOfProof) -> Result<Outcome, AcceptError> {
        let mut retries = Retries::default();
        // A nonce serves one request.
        let mut request = CredentialRequest { wanted, proofs: self.proofs(kind).await? };
        loop {
            let call = self.access.credential_call(&request, self.wallet.environment.randomness())?;
            let answer = self.send(call.request.clone()).await?;
            match self.access.credential_response(&call, &answer, self.keys.len(), &mut retries)? {
                Answer::Done(outcome) => return Ok(outcome),
                Answer::Again(Again::WithFreshNonce) => request.proofs = self.proofs(kind).await?,
                Answer::Again(Again::WithDpopNonce(fresh)) => self.dpop_nonce = Some(fresh),
                Answer::Again(Again::WithChallenge(_)) => return Err(WalletError::Malformed("error").into()),
            }
        }
    }

    /// Proofs by all keys, with a fresh nonce where the issuer gives one.
    async fn proofs(&self, kind: KindOfProof) -> Result<Proofs, AcceptError> {
        let nonce = match self.access.nonce_request() {
            None => None,
            Some(request) => Some(Access::nonce_response(&send(self.wallet.fetch.as_ref(), request).await?)?),
        };
        let about = ProofFor {
            credential_issuer: self.access.credential_issuer(),
            nonce: nonce.as_deref(),
            client_id: self.client_id.as_deref(),
        };
        self.wallet.prove(kind, &self.keys, about).await
    }

    async fn send(&mut self, request: Request) -> Result<Response, AcceptError> {
        let presented = self.access.presented();
        let request = if presented.scheme == Scheme::Dpop {
            let token = Some(presented.token.expose());
            with_proof(self.wallet, request, self.dpop_key(), token, self.dpop_nonce.as_deref()).await?
        } else {
            request
        };
        let answer = send(self.wallet.fetch.as_ref(), request).await?;
        if let Some(nonce) = next_dpop_nonce(&answer) {
            self.dpop_nonce = Some(nonce);
        }
        Ok(answer)
    }

    /// Leaves open what became of some credentials: nobody knows it yet.
    pub(super) fn leave_unsaid(&mut self, notification: Option<&SecretText>) {
        self.notifications.retain(|one| Some(one) != notification);
    }

    /// Tells the issuer what became of its credentials. Nothing depends on whether it listens.
    pub(super) async fn notify(&mut self, event: Event) {
        for id in self.notifications.clone() {
            let Some(request) = self.access.notification_request(&id, event) else { return };
            if let Err(error) = self.send(request).await {
                tracing::debug!(code = error.code(), "the issuer could not be notified");
            }
        }
    }
}

/// The request with a DPoP proof (RFC 9449 §4).
pub(crate) async fn with_proof(
    wallet: &Wallet,
    request: Request,
    key: &HolderKey,
    access_token: Option<&str>,
    nonce: Option<&str>,
) -> Result<Request, KeysError> {
    let proof = dpop::NewProof {
        key: key.public_jwk(),
        method: request.method,
        url: &request.url,
        access_token,
        nonce,
    };
    let proof = proof.to_sign(wallet.now(), wallet.environment.randomness());
    let proof = wallet.signed(key, |signer| Ok::<_, KeysError>(proof.sign(signer)?)).await?;
    Ok(request.with_header(dpop::HEADER, proof))
}
