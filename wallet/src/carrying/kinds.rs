//! Every kind of record of a vault: which go along when a wallet is carried away, and which stay behind and why. A kind that stands
//! here in neither way makes a test fail, and in a wallet that has a record of it nothing is carried away.

use crate::records::{
    ArrivedCredential, AwaitedCredentials, BlockedSpace, Copy, Digest, DigestWish, FollowUpAwaited,
    GivenValue, HeldMail, HistoryEntry, JoinedNetwork, KeptAccess, KeptAnswer, KeptChange, KeptDetails,
    KeptLate, KeptMail, KeptPages, KeptSet, KnownSpace, LogToLeave, MemberDid, MutedSpace, NotGiven,
    OutboxItem, OwnNumber, PairwiseInbox, RecoveryCommitment, SeenMail, SentAnswer, Upkeep, Warning,
};
use crate::vault::{Kept, RecoveryTried, SealedToCode, UnprovenCode};

/// A kind of record.
pub(super) struct Kind {
    pub(super) kind: &'static str,
    pub(super) goes: Goes,
}

/// Whether records of a kind go along.
pub(super) enum Goes {
    /// They do. Tells the name under which such a record lies; none for what is no such record.
    Along(fn(&[u8]) -> Option<String>),
    /// They do not.
    Behind,
}

const fn along<T: Kept>() -> Kind {
    Kind { kind: T::KIND, goes: Goes::Along(name_of::<T>) }
}

/// With the reason, for whoever reads this list.
const fn behind(kind: &'static str, _why: &'static str) -> Kind {
    Kind { kind, goes: Goes::Behind }
}

fn name_of<T: Kept>(json: &[u8]) -> Option<String> {
    serde_json::from_slice::<T>(json).ok().map(|record| record.name())
}

/// All of them.
pub(super) const KINDS: &[Kind] = &[
    along::<ArrivedCredential>(),
    along::<AwaitedCredentials>(),
    along::<BlockedSpace>(),
    along::<Copy>(),
    along::<Digest>(),
    along::<DigestWish>(),
    along::<FollowUpAwaited>(),
    along::<GivenValue>(),
    along::<HeldMail>(),
    along::<HistoryEntry>(),
    along::<JoinedNetwork>(),
    along::<KeptAccess>(),
    along::<KeptAnswer>(),
    along::<KeptChange>(),
    along::<KeptDetails>(),
    along::<KeptLate>(),
    along::<KeptMail>(),
    along::<KeptPages>(),
    along::<KeptSet>(),
    along::<KnownSpace>(),
    along::<LogToLeave>(),
    along::<MemberDid>(),
    along::<MutedSpace>(),
    along::<NotGiven>(),
    along::<OutboxItem>(),
    along::<OwnNumber>(),
    along::<PairwiseInbox>(),
    along::<RecoveryCommitment>(),
    // The code stays the same, so that what is known of it stays true.
    along::<RecoveryTried>(),
    along::<SealedToCode>(),
    along::<SeenMail>(),
    along::<SentAnswer>(),
    along::<UnprovenCode>(),
    along::<Upkeep>(),
    along::<Warning>(),
    behind("awaited-authorization", "the issuer's page leads back to the place at which it was begun"),
    behind("at-rest", "it says that this copy of the wallet rests, and the other one does not"),
    behind("bell-hung", "bells lead to the host at which they were hung"),
    behind("called-here", "a name belongs to a host"),
    behind("chosen-provider", "it is a folder of this machine"),
    behind("lost-drill", "it is about the ways in of this place"),
    behind("timeline", "it is made anew when it is asked for"),
    behind("timeline-part", "likewise"),
];

/// The kind of this name.
pub(super) fn named(kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.kind == kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The kinds that stand in the sources, those of tests left out.
    fn in_sources(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                in_sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let kinds = text.split("const KIND: &'static str = \"").skip(1);
                found.extend(kinds.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }

    #[test]
    fn every_kind_of_record_goes_along_or_stays_behind() {
        let mut found = BTreeSet::new();
        in_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 30, "the search itself works: {found:?}");
        let listed: BTreeSet<String> = KINDS.iter().map(|known| known.kind.to_owned()).collect();
        assert_eq!(listed.len(), KINDS.len(), "each stands there once");
        assert_eq!(found, listed);
    }
}
