//! Resolution that gives permitted addresses alone.
//!
//! The check is made on the addresses that are connected to, in the resolver of the connection itself, so a
//! name that answers differently the second time (rebinding) gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::look_ups::{LookUps, SYSTEM};
use crate::{Policy, is_development_host, is_public};

/// Most addresses of a name that are tried. Each costs its owner a connection, and whoever names the host chooses how many it
/// has, whose they are, and the port.
pub(super) const MOST_TRIED: usize = 8;

/// A name led to an address that may not be called.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub(super) struct Forbidden;

/// A name led nowhere.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name does not resolve")]
pub(super) struct Unresolved;

/// Gives public addresses, and loopback for the names that are opened.
#[derive(Clone)]
pub(super) struct Guarded {
    /// `*.localhost` is opened.
    pub(super) development: bool,
    /// `localhost` is opened.
    pub(super) loopback: bool,
    /// Where names lead that are not opened.
    pub(super) look_ups: &'static LookUps,
}

impl Guarded {
    /// As the policy says.
    pub(super) fn by(policy: &Policy) -> Self {
        let Policy { development, insecure_loopback_http: loopback, .. } = *policy;
        Self { development, loopback, look_ups: &SYSTEM }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let opened =
            (self.development && is_development_host(&name)) || (self.loopback && name == "localhost");
        let look_ups = self.look_ups;
        Box::pin(async move {
            if opened {
                // The system is not asked: glibc does not know names under localhost.
                return Ok(loopback());
            }
            checked(look_ups.look_up(name).await?)
        })
    }
}

fn loopback() -> Addrs {
    let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)))
}

/// A few of the addresses. One that is forbidden forbids the name, wherever it stands: nobody honest mixes them.
pub(super) fn checked(found: Vec<SocketAddr>) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    if found.is_empty() {
        return Err(Unresolved.into());
    }
    if !found.iter().all(|address| is_public(address.ip())) {
        return Err(Forbidden.into());
    }
    Ok(Box::new(few(found)))
}

/// The first addresses of each family in turn, so that a family which this machine cannot reach leaves room for the other.
fn few(found: Vec<SocketAddr>) -> impl Iterator<Item = SocketAddr> + Send {
    let is_first_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, other): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|address| address.is_ipv6() == is_first_v6);
    let (mut next, mut after) = (first.into_iter(), other.into_iter());
    let in_turn = std::iter::from_fn(move || {
        let address = next.next().or_else(|| after.next());
        std::mem::swap(&mut next, &mut after);
        address
    });
    in_turn.take(MOST_TRIED)
}

/// Gives the one address that was told.
#[derive(Clone)]
pub(super) struct Told(pub(super) SocketAddr);

impl Resolve for Told {
    fn resolve(&self, _: Name) -> Resolving {
        let address = self.0;
        Box::pin(async move { Ok::<Addrs, _>(Box::new(std::iter::once(address))) })
    }
}
