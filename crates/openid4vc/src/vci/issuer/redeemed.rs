//! The code of an offer after it was redeemed. When it comes again with all that belonged to it, two hold it (RFC 6749
//! §4.1.2). Whoever merely saw an offer that has a transaction code, on a screen or a sheet of paper, ends nothing of what its
//! member waits for; where it has none, the offer is all there is, and who saw it holds it too, while the code would count.

use environment::Timestamp;
use jose::digest;
use serde::{Deserialize, Serialize};

use super::offered::tx_code_hash;
use super::{Access, Flow};
use crate::dpop;
use crate::seconds;
use crate::secret::SecretHash;
use crate::vci::token::{TokenGrant, TokenRequest};

/// What belonged to the code of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfOffer {
    pub(super) tx_code: Option<SecretHash>,
    /// How many guesses at the transaction code are still looked at; those after them end nothing, the right one neither.
    pub(super) tries_left: u8,
    /// Whether the code was redeemed with a DPoP proof alone, by whatever key.
    #[serde(default)]
    pub(super) needs_proof: bool,
    /// When the code would have died by itself. Who comes later holds a dead code, whoever redeemed it.
    #[serde(with = "seconds")]
    pub(super) expires_at: Timestamp,
}

impl OfOffer {
    /// Whether the request brings all that the first one had to bring.
    fn is_whole(&mut self, request: &TokenRequest, dpop: Option<&dpop::Verified>, now: Timestamp) -> bool {
        let TokenGrant::PreAuthorized { tx_code } = &request.grant else { return false };
        if now >= self.expires_at || (self.needs_proof && dpop.is_none()) {
            return false;
        }
        match (&self.tx_code, tx_code) {
            (None, None) => true,
            (Some(right), Some(given)) if self.tries_left > 0 => {
                let given = tx_code_hash(&request.code, given);
                let is_right = digest::constant_time_equal(right.as_bytes(), given.as_bytes());
                if !is_right {
                    self.tries_left = self.tries_left.saturating_sub(1);
                }
                is_right
            }
            _ => false,
        }
    }
}

impl Access {
    /// The code by which this access was got comes again.
    pub(super) fn came_again(
        mut self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
        now: Timestamp,
    ) -> Flow {
        let is_in_two_hands = match (&self.redeemed, &mut self.of_offer) {
            (Some(holder), _) => holder.check(request, dpop).is_ok(),
            (None, Some(offer)) => offer.is_whole(request, dpop, now),
            (None, None) => false,
        };
        if is_in_two_hands { Flow::Dead } else { Flow::TokenIssued(self) }
    }
}
