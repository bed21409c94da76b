//! Who a request comes from, also behind reverse proxies.
//!
//! Whoever connects may write any `X-Forwarded-For` or `Forwarded` field (RFC 7239 §8.1). So they are read only when the
//! connection comes from a proxy that the operator of the server named, and only from their end, where that proxy wrote,
//! to the first address that is not another such proxy.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::FORWARDED;
use http::{Extensions, HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of a proxy, or a network of proxies: `ADDRESS` or `ADDRESS/PREFIX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNetwork {
    address: IpAddr,
    prefix: u8,
}

/// Why a text names no proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyNetworkError {
    /// Not an address.
    #[error(
        "write the address of a proxy, or of a network as ADDRESS/PREFIX: 192.0.2.1, 10.0.0.0/8 or fd00::/8"
    )]
    Address,
    /// The prefix is no number that fits the address.
    #[error(
        "the prefix after the slash is from 1 to 32 for an IPv4 address and from 1 to 128 for an IPv6 address"
    )]
    Prefix,
    /// The address has bits beyond the prefix.
    #[error("the address has bits beyond its prefix: write the network's own address, as in 10.0.0.0/8")]
    HostBits,
}

impl FromStr for ProxyNetwork {
    type Err = ProxyNetworkError;

    fn from_str(text: &str) -> Result<Self, ProxyNetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ProxyNetworkError::Address)?;
        let address = match prefix {
            // A prefix would mean something else for the IPv4 address within.
            Some(_) if address.to_canonical() != address => return Err(ProxyNetworkError::Address),
            _ => address.to_canonical(),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().map_err(|_| ProxyNetworkError::Prefix)?
            }
            Some(_) => return Err(ProxyNetworkError::Prefix),
            None => most,
        };
        // A prefix of 0 would trust everybody, and so let everybody say who they are.
        if !(1..=most).contains(&prefix) {
            return Err(ProxyNetworkError::Prefix);
        }
        if network(address, prefix) != address {
            return Err(ProxyNetworkError::HostBits);
        }
        Ok(Self { address, prefix })
    }
}

impl ProxyNetwork {
    fn holds(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && network(address, self.prefix) == self.address
    }
}

/// The first `prefix` bits of an address.
fn network(address: IpAddr, prefix: u8) -> IpAddr {
    let dropped = |bits: u32| bits.saturating_sub(u32::from(prefix));
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(dropped(32)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(dropped(128)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

/// The proxies whose word for who a request comes from is taken; none by default. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[ProxyNetwork]>);

impl FromIterator<ProxyNetwork> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = ProxyNetwork>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl TrustedProxies {
    /// Whether `address` is one of these proxies.
    #[must_use]
    pub fn hold(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.holds(address))
    }

    /// Whom a request with these fields comes from, when the connection comes from `peer`.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.hold(peer) {
            return peer;
        }
        let by_x = x_forwarded_for(headers).map(|elements| self.nearest(peer, &elements));
        let by_forwarded = forwarded(headers).map(|elements| self.nearest(peer, &elements));
        match (by_x, by_forwarded) {
            (Some(one), Some(other)) if one == other => one,
            // A proxy writes one of the two and may pass the other on as the client sent it.
            (Some(_), Some(_)) | (None, None) => peer,
            (Some(client), None) | (None, Some(client)) => client,
        }
    }

    /// From the end, the first address that is no trusted proxy. An element that names no address ends the search: then
    /// the proxy that wrote it counts.
    fn nearest(&self, peer: IpAddr, elements: &[Option<IpAddr>]) -> IpAddr {
        let mut nearest = peer;
        for element in elements.iter().rev() {
            let Some(address) = element else { return nearest };
            nearest = address.to_canonical();
            if !self.hold(nearest) {
                return nearest;
            }
        }
        nearest
    }
}

/// The elements of every `X-Forwarded-For` field in order, if there is one.
fn x_forwarded_for(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let mut elements = None;
    for value in headers.get_all(X_FORWARDED_FOR) {
        let elements = elements.get_or_insert_with(Vec::new);
        match value.to_str() {
            Ok(text) => elements.extend(text.split(',').map(|element| node(element.trim()))),
            Err(_) => elements.push(None),
        }
    }
    elements
}

/// The `for` parameters of every `Forwarded` field in order, if there is one (RFC 7239 §4). A field that does not read
/// is one element without an address: nobody knows where in it the proxy's part begins.
fn forwarded(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let mut elements = None;
    for value in headers.get_all(FORWARDED) {
        let elements = elements.get_or_insert_with(Vec::new);
        match value.to_str().ok().and_then(forwarded_elements) {
            Some(found) => elements.extend(found),
            None => elements.push(None),
        }
    }
    elements
}

/// `Forwarded = 1#( [ token "=" value ] *( ";" [ token "=" value ] ) )`; [`None`] if the text is not that.
fn forwarded_elements(text: &str) -> Option<Vec<Option<IpAddr>>> {
    let mut elements = Vec::new();
    let mut address = None;
    let mut seen = false;
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with([',', ';']) {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = parameter_value(after)?;
            if name.eq_ignore_ascii_case("for") {
                if seen {
                    return None;
                }
                (address, seen) = (node(&value), true);
            }
            rest = after.trim_start_matches([' ', '\t']);
        }
        match rest.split_at_checked(1) {
            None => {
                elements.push(address);
                return Some(elements);
            }
            Some((";", after)) => rest = after,
            Some((",", after)) => {
                elements.push(address.take());
                (seen, rest) = (false, after);
            }
            Some(_) => return None,
        }
    }
}

/// A token or a quoted string (RFC 9110 §5.6.2, §5.6.4), and what follows it.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';', ' ', '\t', '"']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        return Some((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

/// An address with or without a port (RFC 7239 §6); names and `unknown` are no addresses.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6)
}

/// Whom a request comes from, as found by [`tell_client`].
#[derive(Clone, Copy, Debug)]
struct Client(IpAddr);

/// A layer that finds out whom each request comes from, for [`client`] to tell.
pub(crate) async fn tell_client(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = proxies.client(peer(request.extensions()), request.headers());
    request.extensions_mut().insert(Client(client));
    next.run(request).await
}

/// Whom a request with these extensions comes from.
#[must_use]
pub fn client(extensions: &Extensions) -> IpAddr {
    extensions.get::<Client>().map_or_else(|| peer(extensions), |Client(address)| *address)
}

/// Who opened the connection.
fn peer(extensions: &Extensions) -> IpAddr {
    let connection = extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

#[cfg(test)]
mod tests;
