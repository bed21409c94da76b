//! A sealed record as it is stored.

use serde::{Deserialize, Serialize};
use store::{FieldClass, Key, Record};

/// A name that says nothing, and a ciphertext.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Sealed {
    id: String,
    data: String,
}

impl Sealed {
    pub(super) const fn new(id: String, data: String) -> Self {
        Self { id, data }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn data(&self) -> &str {
        &self.data
    }
}

impl Record for Sealed {
    const CLASS: &'static str = "sealed";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("id", FieldClass::Operational), ("data", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}
