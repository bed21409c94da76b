//! The descriptor of a network, from its address or from a file.

use std::path::Path;

use anyhow::{Context, Result};
use outbound::{Fetch, HttpClient, Policy, Request, is_development_host};
use trust::NetworkDescriptor;
use url::Url;

/// A client for this address: names of this machine are called only by the address of such a name.
///
/// # Errors
/// None but those of the system.
pub(crate) fn client_for(address: &Url) -> Result<HttpClient> {
    let is_here = address.host_str().is_some_and(is_development_host);
    let policy = match (is_here, address.scheme()) {
        (true, "https") => Policy::public().with_development_tls(),
        (true, _) => Policy::development(),
        (false, _) => Policy::public(),
    };
    Ok(HttpClient::new(policy)?)
}

/// Reads a network descriptor.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn descriptor_at(place: &str) -> Result<NetworkDescriptor> {
    let text = match Url::parse(place) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let response = client_for(&url)?.fetch(Request::get_json(url)).await;
            response.and_then(outbound::Response::successful).context(place.to_owned())?.body.to_vec()
        }
        _ => std::fs::read(Path::new(place)).with_context(|| format!("{place} cannot be read"))?,
    };
    NetworkDescriptor::from_json(text).with_context(|| place.to_owned())
}
