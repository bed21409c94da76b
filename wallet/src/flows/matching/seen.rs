//! Who of a space's team sees what, as its request promises (specs/profile.md §8).

use network::seen_in_team::{FORMAT, Rules, rules};
use openid4vc::vp::request::VerifierInfo;

use crate::trust::TrustedRequester;

/// The promises of the request about `query`, of all entries together: of two about one detail the fewest count. Only who was admitted
/// to the network promises anything, and an entry that cannot be read promises nothing: then the whole team sees it.
pub(super) fn promised(said: &[VerifierInfo], query: &str, requester: &TrustedRequester) -> Rules {
    let mut promised = Rules::new();
    if requester.network.is_none() {
        return promised;
    }
    let is_about = |info: &&VerifierInfo| {
        let queries = info.credential_ids.as_ref();
        info.format == FORMAT && queries.is_none_or(|ids| ids.iter().any(|one| one == query))
    };
    for (claim, seen) in said.iter().filter(is_about).filter_map(|info| rules(&info.data)).flatten() {
        let before = promised.get(&claim).copied().unwrap_or_default();
        promised.insert(claim, before.min(seen));
    }
    promised
}
