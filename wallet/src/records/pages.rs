//! The pages of a space that its DID document names, as they were when the member asked it last.

use network::space_pages::SpacePage;
use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// The pages of one space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptPages {
    /// Its DID.
    pub(crate) space: String,
    /// What each is for, and its address: at the space's own host.
    pub(crate) pages: Vec<(SpacePage, String)>,
}

impl Kept for KeptPages {
    const KIND: &'static str = "space-pages";

    fn name(&self) -> String {
        self.space.clone()
    }
}
