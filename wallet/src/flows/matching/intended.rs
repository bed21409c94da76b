//! Which of its registered uses a request is made for (specs/profile.md §8).

use credentials::dcql::Id;
use network::intended_use::{FORMAT, id};
use openid4vc::vp::request::VerifierInfo;

/// The use that the request names for `query`. Two entries for one query name none: whichever is meant, the member sees
/// what holds for all that would cover it.
pub(super) fn named<'a>(said: &'a [VerifierInfo], query: &Id) -> Option<&'a str> {
    let is_about = |info: &&VerifierInfo| {
        let queries = info.credential_ids.as_ref();
        info.format == FORMAT && queries.is_none_or(|ids| ids.iter().any(|one| one == query.as_str()))
    };
    let mut entries = said.iter().filter(is_about);
    let one = entries.next()?;
    if entries.next().is_some() { None } else { id(&one.data) }
}
