//! Spaces that call the office with a signed request (RFC 9421): who they are, that a request comes once, and how often.

use std::sync::Arc;

use directory::callers::{Caller, CallerError, address_at};
use directory::{Directory, Identity};
use environment::Timestamp;
use jose::{VerifyingKey, base64url, digest};
use network::http_signature::{Fields, Unverified};
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Insertion, Key, Lanes, Record, StoreFault, Tenant, Tx};

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct SignedCall<'a> {
    /// The method.
    pub method: &'a str,
    /// The path at this office, from its `/` on, and the query if there is one: as it was called.
    pub path: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The three fields of the signature, if each came once.
    pub fields: Option<Fields<'a>>,
}

/// How often something may be had: one more every so many seconds, and some at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Names what is counted; counts of different names are apart.
    pub of: &'static str,
    /// Seconds until there is one more.
    pub every: i64,
    /// How many there are after a long pause.
    pub burst: i64,
}

impl Rate {
    /// Under what the calls of `who` are counted.
    pub(crate) fn count_of(self, who: &str) -> SecretHash {
        SecretHash::of(&format!("{} {who}", self.of))
    }

    /// Counts one more under `of`, and says whether it is within the rate. One that is not counts for nothing.
    pub(crate) async fn count(self, of: SecretHash, tx: &mut Tx) -> Result<bool, StoreFault> {
        let now = tx.now();
        let found = tx.get::<CallsMade>(&of.as_bytes()[..]).await?;
        let next = found.map_or(now, |made| Timestamp::from_seconds(made.next).max(now));
        // The burst is how far the next regular call may lie ahead (the virtual scheduling of ITU-T I.371).
        let is_allowed = next.since(now) <= self.every.saturating_mul(self.burst.saturating_sub(1));
        let next = if is_allowed { next.plus(self.every) } else { next };
        tx.put(&CallsMade { of, next: next.seconds() }).await?;
        Ok(is_allowed)
    }
}

/// The lane of what is counted under `of`.
pub(crate) fn lane_of(of: SecretHash) -> Lanes {
    Lanes::of(format!("caller {}", base64url::encode(of.as_bytes())))
}

/// Why a request is not one that an admitted space may make now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotACaller {
    /// Nobody whom the office knows: no signature, a wrong one, a stranger, a space not in good standing.
    #[error("the request is not signed by an admitted space")]
    Nobody,
    /// The request was made before.
    #[error("the request came a second time")]
    Replayed,
    /// The space asks too often.
    #[error("the space asks too often")]
    TooOften,
    /// Our side failed: the network list or the space's DID could not be had.
    #[error("who asks could not be found out: {0}")]
    Unreachable(CallerError),
    /// Our side failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Admits callers of one office.
#[derive(Clone)]
pub struct Callers {
    identity: Arc<Identity>,
    tenant: Tenant,
    directory: Arc<Directory>,
}

impl std::fmt::Debug for Callers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Callers")
    }
}

impl Callers {
    /// Callers of the office `identity`, known by `directory`. What was used is kept in `tenant`.
    #[must_use]
    pub const fn new(identity: Arc<Identity>, tenant: Tenant, directory: Arc<Directory>) -> Self {
        Self { identity, tenant, directory }
    }

    /// Admits the space that made this request, uses the request up, and counts it by `rate` if one is given.
    ///
    /// One signature is checked whoever calls.
    ///
    /// # Errors
    /// See [`NotACaller`]. A request that is too often is used up too.
    pub async fn admit(&self, call: &SignedCall<'_>, rate: Option<Rate>) -> Result<Caller, NotACaller> {
        let Some(request) = self.read(call) else {
            self.check_a_decoy(call.body);
            return Err(NotACaller::Nobody);
        };
        let caller = match self.directory.admit_caller(request).await {
            Ok(caller) => caller,
            Err(error) => {
                if !matches!(error, CallerError::Signature(_)) {
                    self.check_a_decoy(call.body);
                }
                return Err(if error.is_transient() {
                    NotACaller::Unreachable(error)
                } else {
                    NotACaller::Nobody
                });
            }
        };
        let change = UseCall::of(&caller, rate);
        self.tenant
            .commit(&change)
            .await
            .map_err(|fault| match fault {
                Fault::Refused(refused) => refused,
                Fault::Store(fault) => fault.into(),
            })?
            .then_some(caller)
            .ok_or(NotACaller::TooOften)
    }

    fn read(&self, call: &SignedCall<'_>) -> Option<Unverified> {
        let target = address_at(&self.identity.did, call.path)?;
        Unverified::parse(call.method, &target, call.body, call.fields?).ok()
    }

    /// The work of checking a signature, for who has none that can be checked.
    fn check_a_decoy(&self, body: &[u8]) {
        if let Ok(key) = VerifyingKey::new(self.identity.request.signer.public_jwk()) {
            // A signature of ones is well formed, so that the arithmetic is done.
            let _ = std::hint::black_box(key.verifies(&digest::sha256(body), &[1; 64]));
        }
    }
}

struct UseCall {
    seen: SeenNonce,
    rate: Option<(Rate, SecretHash)>,
}

impl UseCall {
    fn of(caller: &Caller, rate: Option<Rate>) -> Self {
        let of = SecretHash::of(&format!("{} {}", caller.key_id, base64url::encode(caller.nonce)));
        let seen = SeenNonce { of, until: caller.expires_at.seconds() };
        let counted = |rate: Rate| (rate, rate.count_of(caller.space.did()));
        Self { seen, rate: rate.map(counted) }
    }
}

impl Change for UseCall {
    const NAME: &'static str = "office-use-call";
    /// Whether the rate allows it.
    type Output = bool;
    type Refusal = NotACaller;

    fn lanes(&self) -> Lanes {
        match &self.rate {
            Some((_, of)) => lane_of(*of),
            None => Lanes::none(),
        }
    }

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<NotACaller>> {
        if tx.insert_new(&self.seen).await? == Insertion::AlreadyThere {
            return Err(Fault::Refused(NotACaller::Replayed));
        }
        match self.rate {
            Some((rate, of)) => Ok(rate.count(of, tx).await?),
            None => Ok(true),
        }
    }
}

/// A request that was made, under a hash of key and nonce (of a wish: DID and `jti`), for as long as it would be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenNonce {
    /// Hash of key id and nonce, or of DID and `jti`.
    pub of: SecretHash,
    /// The first moment at which the request is taken no longer, in seconds since the epoch.
    pub until: i64,
}

impl Record for SeenNonce {
    const CLASS: &'static str = "office-seen-nonce";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("of", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.of.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// How often a space called, or a member stated a number, as the moment at which it may call again without drawing on its burst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsMade {
    /// Hash of what is counted and the caller's DID.
    pub of: SecretHash,
    /// That moment, in seconds since the epoch.
    pub next: i64,
}

impl Record for CallsMade {
    const CLASS: &'static str = "office-calls-made";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("of", FieldClass::Operational), ("next", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.of.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.next))
    }
}
