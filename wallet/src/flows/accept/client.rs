//! How a wallet shows itself at an authorisation server, for the time of one errand: by a key that tokens are bound to
//! (RFC 9449), and where the server asks for it by its provider's word (Attestation-Based Client Authentication -07).

use jose::{Algorithm, Signer, SigningKey};
use openid4vc::http::{Request, Response};
use openid4vc::vci::attestation::{ATTESTATION_HEADER, CHALLENGE_HEADER, NewProofOfPossession, PROOF_HEADER};
use openid4vc::vci::wallet::{Again, AttestationAsked, Plan, WalletError, next_dpop_nonce};

use super::{AcceptError, with_proof};
use crate::carrier::send;
use crate::keys::HolderKey;
use crate::records::{Instance, PrivateKey};
use crate::wallet::Wallet;

/// How a wallet names itself that nobody vouches for: all of them in the same way.
const NAMELESS: &str = "passport-wallet";

/// One errand's client.
pub(crate) struct Client {
    server: String,
    takes_dpop: bool,
    /// It lies here, as the token does that is bound to it.
    dpop_key: HolderKey,
    dpop_nonce: Option<String>,
    instance: Option<Instance>,
    challenge: Option<String>,
}

impl Client {
    /// A client with fresh keys. The provider is asked only where the server takes nobody without its word: its name is the
    /// same everywhere, and the fewer wallets it has, the more it tells.
    pub(crate) async fn new(wallet: &Wallet, plan: &Plan) -> Result<Self, AcceptError> {
        let dpop_key =
            HolderKey::here(&SigningKey::generate(Algorithm::Es256, wallet.environment.randomness())?);
        let instance = match (plan.attestation(), &wallet.provider) {
            (AttestationAsked::No | AttestationAsked::Taken, _) => None,
            (AttestationAsked::Needed, None) => return Err(WalletError::AttestationNeeded.into()),
            (AttestationAsked::Needed, Some(provider)) => {
                let key = SigningKey::generate(Algorithm::Es256, wallet.environment.randomness())?;
                let given = provider.attest(key.public_jwk()).await?;
                let (client_id, attestation) = (given.client_id, given.jwt);
                Some(Instance { key: PrivateKey::of(&key), client_id, attestation })
            }
        };
        Ok(Self::again(plan, dpop_key, None, instance))
    }

    /// The client of an errand that was begun before.
    pub(crate) fn again(
        plan: &Plan,
        dpop_key: HolderKey,
        dpop_nonce: Option<String>,
        instance: Option<Instance>,
    ) -> Self {
        let server = plan.server().issuer.clone();
        Self { server, takes_dpop: plan.takes_dpop(), dpop_key, dpop_nonce, instance, challenge: None }
    }

    /// Bound to its key whatever the server says of itself now: what was begun with a key is not finished without.
    pub(crate) fn bound(self) -> Self {
        Self { takes_dpop: true, ..self }
    }

    /// How the wallet names itself where it has to.
    pub(crate) fn id(&self) -> &str {
        self.instance.as_ref().map_or(NAMELESS, |instance| &instance.client_id)
    }

    /// The name that the server has got to know by an attestation.
    pub(crate) fn attested_id(&self) -> Option<&str> {
        self.instance.as_ref().map(|instance| instance.client_id.as_str())
    }

    pub(crate) const fn dpop_key(&self) -> &HolderKey {
        &self.dpop_key
    }

    /// The key that tokens will be bound to; none where the server knows nothing of it.
    pub(crate) fn thumbprint(&self) -> Option<String> {
        self.takes_dpop.then(|| self.dpop_key.thumbprint())
    }

    pub(crate) fn dpop_nonce(&self) -> Option<&str> {
        self.dpop_nonce.as_deref()
    }

    pub(crate) fn instance(&self) -> Option<&Instance> {
        self.instance.as_ref()
    }

    /// Sends a request to the authorisation server, with fresh proofs. What it gives for the next one is used there.
    pub(crate) async fn send(
        &mut self,
        wallet: &Wallet,
        mut request: Request,
    ) -> Result<Response, AcceptError> {
        if self.takes_dpop {
            request = with_proof(wallet, request, &self.dpop_key, None, self.dpop_nonce()).await?;
        }
        if let Some(instance) = &self.instance {
            let key = instance.key.signing_key()?;
            let proof = NewProofOfPossession {
                client_id: &instance.client_id,
                audience: &self.server,
                challenge: self.challenge.as_deref(),
                key: key.public_jwk(),
            };
            let proof = proof.to_sign(wallet.now(), wallet.environment.randomness()).sign(&key)?;
            request = request
                .with_header(ATTESTATION_HEADER, instance.attestation.as_str())
                .with_header(PROOF_HEADER, proof);
        }
        let answer = send(wallet.fetch.as_ref(), request).await?;
        if let Some(nonce) = next_dpop_nonce(&answer) {
            self.dpop_nonce = Some(nonce);
        }
        if let Some(challenge) = answer.header(CHALLENGE_HEADER).filter(|challenge| !challenge.is_empty()) {
            self.challenge = Some(challenge.to_owned());
        }
        Ok(answer)
    }

    /// Takes to heart what the next try needs.
    pub(crate) fn heed(&mut self, again: Again) {
        match again {
            Again::WithDpopNonce(nonce) => self.dpop_nonce = Some(nonce),
            Again::WithChallenge(challenge) => self.challenge = Some(challenge),
            Again::WithFreshNonce => {}
        }
    }
}
