//! Where a package stands, by its folder, and what may point where.

use std::fmt;

/// The parties of the network, each a folder at the top.
const PARTIES: &[&str] = &["wallet", "issuer", "verifier", "did-resolver"];

/// The ring a package belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `src/`: the composition root.
    Command,
    /// `wallet/web`, `issuer/web`, `verifier/web`: pages and endpoints of one party.
    Web { party: String },
    /// The rules of one party.
    Domain { party: String, part: String },
    /// `crates/`: what two parties share.
    Crate,
    /// `tests/`: may use everything.
    Tests,
    /// `benches/`: may use everything and measures it beside what it is built on; the command shows its figures.
    Benches,
    /// `xtask`: uses nothing of ours.
    Task,
}

impl Place {
    /// The place of a folder, or nothing if the layout has no such folder.
    pub(super) fn of(folder: &str) -> Option<Self> {
        let mut parts = folder.splitn(2, '/');
        let first = parts.next()?;
        let rest = parts.next().unwrap_or_default();
        match (first, rest) {
            ("", "") => Some(Self::Command),
            ("xtask", "") => Some(Self::Task),
            ("crates", rest) if !rest.is_empty() => Some(Self::Crate),
            ("tests", rest) if !rest.is_empty() => Some(Self::Tests),
            ("benches", "") => Some(Self::Benches),
            (party, "web") if PARTIES.contains(&party) => Some(Self::Web { party: party.to_owned() }),
            (party, part) if PARTIES.contains(&party) => {
                Some(Self::Domain { party: party.to_owned(), part: part.to_owned() })
            }
            _ => None,
        }
    }

    /// Why a package here may not use one there, if it may not.
    pub(super) fn forbids(&self, other: &Self) -> Option<&'static str> {
        use Place::{Benches, Command, Crate, Domain, Task, Tests, Web};
        match (self, other) {
            (Tests, Tests | Benches | Crate | Domain { .. } | Web { .. } | Command)
            | (Benches, Crate | Domain { .. } | Web { .. })
            | (Command, Web { .. } | Domain { .. } | Crate | Benches)
            | (Web { .. } | Domain { .. } | Crate, Crate) => None,
            (Task, _) => Some("the project's tasks use nothing of the product"),
            (_, Task) => Some("nothing uses the project's tasks"),
            (_, Tests) => Some("only tests use test packages"),
            (_, Benches) => Some("only the command shows what is measured"),
            (_, Command) => Some("nothing uses the command: it is the composition root"),
            (Crate, _) => Some("a crate is shared by the parties and never imports one of them"),
            (Web { party }, Domain { party: other, .. }) => other_party(party, other),
            (Web { .. }, Web { .. }) => Some("pages of two parties never import one another"),
            (Domain { .. }, Web { .. }) => Some("the rules of a party know no web server"),
            (Domain { party, part }, Domain { party: other, part: other_part }) => {
                other_party(party, other).or_else(|| operator_apart(part, other_part))
            }
        }
    }
}

fn other_party(party: &str, other: &str) -> Option<&'static str> {
    (party != other).then_some(
        "wallet, issuer, verifier and did-resolver never import one another; what two share is a crate",
    )
}

/// The network authority lives in the issuer's folder, but an office must never be able to open its keys.
fn operator_apart(part: &str, other: &str) -> Option<&'static str> {
    (part == "operator" || other == "operator")
        .then_some("an office and the network operator never import one another")
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command => write!(formatter, "the command"),
            Self::Web { party } => write!(formatter, "web of {party}"),
            Self::Domain { party, .. } => write!(formatter, "domain of {party}"),
            Self::Crate => write!(formatter, "shared crate"),
            Self::Tests => write!(formatter, "tests"),
            Self::Benches => write!(formatter, "benches"),
            Self::Task => write!(formatter, "tasks"),
        }
    }
}
