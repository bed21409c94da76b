//! Who asks, and how it is known that it is them.

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// The name people know it by.
    pub name: String,
    /// The name of the legal person.
    pub legal_name: Option<String>,
    /// The host the answer goes to.
    pub host: String,
    /// Its identifier.
    pub did: Option<String>,
    /// How the request is bound to it.
    pub bound_by: Vec<Binding>,
    /// The network that admitted it; none outside any network.
    pub admitted_by: Option<String>,
    /// The brand it belongs to.
    pub brand: Option<String>,
    /// The other spaces of that brand.
    pub brand_sites: Vec<BrandSite>,
    /// Where to ask about data protection.
    pub data_protection_contact: Option<String>,
    /// Where the privacy policy is.
    pub privacy_policy: Option<String>,
    /// The authority to complain to.
    pub supervisory_authority: Option<String>,
}

/// A space of a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandSite {
    /// The name people know it by.
    pub name: String,
    /// Its host.
    pub host: String,
}

/// How a request is bound to its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The signing key has a certificate below the network's root (or a root the caller named).
    Certificate,
    /// The signing key is in the sender's DID document.
    Did,
    /// Not at all: the answer goes to the address that the request names.
    AddressOnly,
}
