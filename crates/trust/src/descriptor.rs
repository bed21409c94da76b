//! The file by which wallets, offices and spaces know their network.

use serde_json::{Value, json};
use url::Url;

use crate::certificate::{Certificate, CertificateError};
use crate::identifier::is_did;
use crate::path::NetworkRoot;

/// Why a descriptor is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// Not a JSON object.
    #[error("a network descriptor must be a JSON object")]
    NotAnObject,
    /// A member is missing or has the wrong form.
    #[error("this is no network descriptor: its \"{0}\" is missing or malformed")]
    Member(&'static str),
    /// The root is not the certificate of a root.
    #[error("the root of the network descriptor: {0}")]
    Root(#[from] CertificateError),
}

/// A network: its identifier, its name, the root it pins and where its list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkDescriptor {
    network: String,
    name: String,
    root: NetworkRoot,
    list: Url,
    operator: Option<String>,
}

impl NetworkDescriptor {
    /// A descriptor of its parts.
    ///
    /// # Errors
    /// [`DescriptorError::Member`]: the list must be at an https address (http for `localhost` and its subdomains,
    /// which never leave the machine).
    pub fn new(
        network: &str,
        name: &str,
        root: NetworkRoot,
        list: &str,
        operator: Option<&str>,
    ) -> Result<Self, DescriptorError> {
        // People compare both by eye, beside a fingerprint.
        let steers = |text: &str| text.chars().any(char::is_control);
        if network.is_empty() || network.len() > 200 || steers(network) {
            return Err(DescriptorError::Member("network"));
        }
        if name.trim().is_empty() || name.chars().count() > 100 || steers(name) {
            return Err(DescriptorError::Member("name"));
        }
        if operator.is_some_and(|did| !is_did(did)) {
            return Err(DescriptorError::Member("operator"));
        }
        Ok(Self {
            network: network.to_owned(),
            name: name.to_owned(),
            root,
            list: list_address(list).ok_or(DescriptorError::Member("list"))?,
            operator: operator.map(str::to_owned),
        })
    }

    /// Reads a descriptor: `{"network", "name", "root", "list", "operator"?}`, the root in PEM or in base64 DER.
    ///
    /// # Errors
    /// See [`DescriptorError`].
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, DescriptorError> {
        let members = jose::json::parse_object(text).map_err(|_| DescriptorError::NotAnObject)?;
        let text = |name: &'static str| {
            members.get(name).and_then(Value::as_str).ok_or(DescriptorError::Member(name))
        };
        let root = text("root")?;
        let root = if root.contains("-----BEGIN") {
            match Certificate::from_pem(root)?.as_slice() {
                [only] => only.clone(),
                _ => return Err(DescriptorError::Member("root")),
            }
        } else {
            Certificate::from_base64(root)?
        };
        let operator = members.contains_key("operator").then(|| text("operator")).transpose()?;
        Self::new(text("network")?, text("name")?, NetworkRoot::new(root)?, text("list")?, operator)
    }

    /// The descriptor as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "network": self.network,
            "name": self.name,
            "root": self.root.certificate().to_base64(),
            "list": self.list.as_str(),
        });
        if let (Some(did), Value::Object(members)) = (&self.operator, &mut value) {
            members.insert("operator".to_owned(), Value::from(did.as_str()));
        }
        value
    }

    /// The fingerprint of the root, for people to compare: SHA-256 of its certificate (DER) in hexadecimal, in groups of four digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let pairs = self.root.certificate().sha256().chunks(2);
        let groups: Vec<String> =
            pairs.map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
        groups.join(" ")
    }

    /// The identifier of the network.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }

    /// The name of the network, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pinned root.
    #[must_use]
    pub const fn root(&self) -> &NetworkRoot {
        &self.root
    }

    /// Where the signed network list is.
    #[must_use]
    pub const fn list(&self) -> &Url {
        &self.list
    }

    /// Whether this is a network for development: its list is at a name below `localhost`, which is this machine's (RFC 6761 §6.3).
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.list.host_str().is_some_and(stays_here)
    }

    /// The operator's DID, if it has one.
    #[must_use]
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }
}

fn stays_here(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

fn list_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let is_good = (url.scheme() == "https" || (url.scheme() == "http" && stays_here(host)))
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    is_good.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestNetwork;

    #[test]
    fn a_descriptor_reads_back_from_its_json_and_from_pem() {
        let network = TestNetwork::new();
        let descriptor = network.descriptor();
        let mut value = descriptor.to_value();
        assert_eq!(NetworkDescriptor::from_json(value.to_string()).unwrap(), *descriptor);
        value["root"] = Value::from(descriptor.root().certificate().to_pem());
        assert_eq!(NetworkDescriptor::from_json(value.to_string()).unwrap(), *descriptor);
    }

    #[test]
    fn the_fingerprint_is_that_of_the_root_in_groups_of_four_digits() {
        let descriptor = TestNetwork::new().descriptor().clone();
        let fingerprint = descriptor.fingerprint();
        assert_eq!(fingerprint.split(' ').map(str::len).collect::<Vec<_>>(), [4; 16]);
        let digest = jose::digest::sha256(descriptor.root().certificate().der());
        let written: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(fingerprint.replace(' ', ""), written);
    }

    #[test]
    fn a_name_that_could_draw_lines_of_its_own_is_refused() {
        let network = TestNetwork::new();
        for member in ["network", "name"] {
            for (text, is_taken) in
                [("Kiln 東京", true), ("a)\nFingerprint", false), ("a\u{1b}[8m", false), ("\u{9b}8m", false)]
            {
                let mut value = network.descriptor().to_value();
                value[member] = Value::from(text);
                let expected = if is_taken { Ok(()) } else { Err(DescriptorError::Member(member)) };
                assert_eq!(
                    NetworkDescriptor::from_json(value.to_string()).map(drop),
                    expected,
                    "{member}: {text:?}"
                );
            }
        }
    }

    #[test]
    fn a_root_that_is_no_root_is_refused() {
        let network = TestNetwork::new();
        let mut value = network.descriptor().to_value();
        value["root"] = Value::from(network.spaces.certificate().to_base64());
        assert_eq!(
            NetworkDescriptor::from_json(value.to_string()),
            Err(DescriptorError::Root(CertificateError::Malformed))
        );
    }

    #[test]
    fn a_list_over_http_is_taken_from_this_machine_only() {
        let network = TestNetwork::new();
        let with_list = |list: &str| {
            let mut value = network.descriptor().to_value();
            value["list"] = Value::from(list);
            NetworkDescriptor::from_json(value.to_string()).map(drop)
        };
        assert_eq!(with_list("https://operator.example/list"), Ok(()));
        assert_eq!(with_list("http://operator.localhost:8080/list"), Ok(()));
        for other in
            ["http://operator.example/list", "ftp://localhost/list", "https://u:p@operator.example/", "list"]
        {
            assert_eq!(with_list(other), Err(DescriptorError::Member("list")), "{other}");
        }
    }
}
