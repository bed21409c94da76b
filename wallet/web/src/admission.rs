//! Who may make a wallet here, and how many.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use environment::Randomness;
use http::Extensions;
use jose::digest::{constant_time_equal, sha256};
use web::limits::{Limiter, client_key};
use web::proxies;
use zeroize::Zeroizing;

use crate::making::{CODE, MAKE};

/// Wallets that one client may make within an hour: at an event many sit behind one address.
const MADE_BY_CLIENT: u32 = 30;
/// Wallets that all together may make within an hour.
const MADE: u32 = 300;
const HOUR: Duration = Duration::from_secs(3_600);

/// Which codes were given out by a host that invites its members.
pub trait Invitations: Send + Sync {
    /// Whether this code is one of them, used or not.
    fn hold(&self, code: &str) -> bool;
}

/// Who may make a wallet here.
#[derive(Clone)]
pub struct Making(Arc<Rule>);

enum Rule {
    /// Nobody.
    Nobody,
    /// Whoever has the link that was printed when the pages began to be served. It holds until there is a wallet.
    ByLink([u8; 32]),
    /// Everybody, so and so often.
    Anybody(Budget),
    /// Whoever was invited, each once.
    Invited(Arc<dyn Invitations>, Budget),
}

struct Budget {
    of_client: Limiter,
    of_all: Limiter,
}

fn limiter(most: u32) -> Limiter {
    Limiter::new(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN), HOUR)
}

/// How often a client may give wallets that are there other names, which tells as much of names as making does.
pub(crate) fn naming() -> Limiter {
    limiter(MADE_BY_CLIENT)
}

impl Budget {
    fn new() -> Self {
        Self { of_client: limiter(MADE_BY_CLIENT), of_all: limiter(MADE) }
    }

    fn is_spent(&self, extensions: &Extensions) -> bool {
        let client = client_key(proxies::client(extensions));
        self.of_client.take(&client).is_err() || self.of_all.take(&()).is_err()
    }
}

/// The secret in the link by which the owner of a machine makes their wallet.
pub struct MakingLink(Zeroizing<String>);

impl MakingLink {
    /// A new one.
    #[must_use]
    pub fn fresh(randomness: &dyn Randomness) -> Self {
        Self(Zeroizing::new(jose::base64url::encode(randomness.bytes::<32>())))
    }

    /// Where it leads, at a host.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{MAKE}?{CODE}={}", self.0.as_str())
    }
}

impl std::fmt::Debug for MakingLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MakingLink")
    }
}

impl Default for Making {
    fn default() -> Self {
        Self(Arc::new(Rule::Nobody))
    }
}

impl std::fmt::Debug for Making {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Making")
    }
}

impl Making {
    /// By the owner of the machine, who has its link.
    #[must_use]
    pub fn by_link(link: &MakingLink) -> Self {
        Self(Arc::new(Rule::ByLink(sha256(link.0.as_bytes()))))
    }

    /// By everybody.
    #[must_use]
    pub fn by_anybody() -> Self {
        Self(Arc::new(Rule::Anybody(Budget::new())))
    }

    /// By whoever was invited.
    #[must_use]
    pub fn by_invitation(invitations: Arc<dyn Invitations>) -> Self {
        Self(Arc::new(Rule::Invited(invitations, Budget::new())))
    }

    /// Whether a code is needed.
    pub(crate) fn needs_code(&self) -> bool {
        matches!(*self.0, Rule::ByLink(_) | Rule::Invited(..))
    }

    /// Whether codes are typed as well: a link's are not.
    pub(crate) fn takes_typed_codes(&self) -> bool {
        matches!(*self.0, Rule::Invited(..))
    }

    /// Whether this code would do, as far as can be seen before anything is made.
    pub(crate) fn may_do(&self, code: &str) -> bool {
        match &*self.0 {
            Rule::Nobody => false,
            Rule::ByLink(hash) => constant_time_equal(hash, &sha256(code)),
            Rule::Anybody(_) => true,
            Rule::Invited(invitations, _) => invitations.hold(code),
        }
    }

    pub(crate) fn is_spent(&self, extensions: &Extensions) -> bool {
        match &*self.0 {
            Rule::Nobody | Rule::ByLink(_) => false,
            Rule::Anybody(budget) | Rule::Invited(_, budget) => budget.is_spent(extensions),
        }
    }
}
