//! Pages of a space for its members, which its DID document names: where to book, who is there, where to find help.
//!
//! The document is the same for everybody and lies in the log of the DID, so that no address in it can tell one member from
//! another. Each is a service of [`TYPE`] under the fragment of its kind; its endpoint is an https page at the space's own host.

use serde::{Deserialize, Serialize};

/// The `type` of the service.
pub const TYPE: &str = "PassportSpacePage";

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpacePage {
    /// Booking rooms and desks.
    Book,
    /// The people there.
    People,
    /// Help by its team.
    Help,
}

impl SpacePage {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Book, Self::People, Self::Help];

    /// The fragment of the service.
    #[must_use]
    pub const fn fragment(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::People => "people",
            Self::Help => "help",
        }
    }
}
