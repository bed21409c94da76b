//! What a client may do beyond calling public https hosts.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

/// What an [`HttpClient`](crate::HttpClient) may do. The default is for production: public https hosts
/// alone. It is built in the composition root; nothing that a message says may choose it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Policy {
    /// `localhost` and `*.localhost` lead to loopback, over http or https. Only for development: in
    /// production a stranger's link would reach whatever listens on the server itself.
    pub development: bool,
    /// Development hosts serve TLS: what would be called over http is called over https.
    pub development_tls: bool,
    /// `http://127.0.0.1`, `http://[::1]` and `http://localhost` may be called (`--insecure-http`).
    pub insecure_loopback_http: bool,
    /// PEM texts with certificate authorities trusted besides the machine's own (`--tls-ca`).
    pub extra_roots: Vec<Vec<u8>>,
    /// Hosts whose address is told instead of resolved (`--resolve`); they may be on any network.
    pub overrides: Vec<Override>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time from the start of a call to the last byte of its answer.
    pub total_timeout: Duration,
    /// How long a connection is kept for the next call to its host; of each host one is kept. It ends within twice that
    /// time. See also [`Request::with_connection_closed`](crate::Request::with_connection_closed).
    pub idle_timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            development: false,
            development_tls: false,
            insecure_loopback_http: false,
            extra_roots: Vec::new(),
            overrides: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(5),
        }
    }
}

impl Policy {
    /// Public https hosts alone.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// Public https hosts, and `*.localhost` on this machine over http.
    #[must_use]
    pub fn development() -> Self {
        Self { development: true, ..Self::default() }
    }

    /// This policy with `*.localhost` opened.
    #[must_use]
    pub fn with_development(self) -> Self {
        Self { development: true, ..self }
    }

    /// This policy for development hosts that serve TLS: did:webvh of `*.localhost` is then fetched over https too.
    #[must_use]
    pub fn with_development_tls(self) -> Self {
        Self { development: true, development_tls: true, ..self }
    }

    /// This policy with http to loopback addresses opened.
    #[must_use]
    pub fn with_insecure_loopback_http(self) -> Self {
        Self { insecure_loopback_http: true, ..self }
    }

    /// This policy with the certificate authorities of a PEM text.
    #[must_use]
    pub fn with_root(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// This policy with one host's address told.
    #[must_use]
    pub fn with_override(mut self, told: Override) -> Self {
        self.overrides.push(told);
        self
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Policy")
            .field("development", &self.development)
            .field("insecure_loopback_http", &self.insecure_loopback_http)
            .field("extra_roots", &self.extra_roots.len())
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

/// Where one host and port is really found: `host:port:address[:port]`, an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The host as it stands in addresses, in lower case.
    pub host: String,
    /// The port as it stands in addresses, or the scheme's own.
    pub port: u16,
    /// Where to connect.
    pub to: SocketAddr,
}

/// The text is not `host:port:address[:port]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not host:port:address[:port]; an IPv6 address stands in brackets")]
pub struct OverrideError;

impl FromStr for Override {
    type Err = OverrideError;

    fn from_str(text: &str) -> Result<Self, OverrideError> {
        let (host, rest) = text.split_once(':').ok_or(OverrideError)?;
        let (port, target) = rest.split_once(':').ok_or(OverrideError)?;
        let port: u16 = port.parse().map_err(|_| OverrideError)?;
        let to = match target.parse::<SocketAddr>() {
            Ok(address) => address,
            Err(_) => SocketAddr::new(bare_address(target)?, port),
        };
        if host.is_empty() || port == 0 || to.port() == 0 {
            return Err(OverrideError);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, to })
    }
}

fn bare_address(text: &str) -> Result<IpAddr, OverrideError> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    inner.parse().map_err(|_| OverrideError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_reads_with_and_without_another_port() {
        let told: Override = "Office.example.org:443:127.0.0.1:8443".parse().unwrap();
        assert_eq!((told.host.as_str(), told.port), ("office.example.org", 443));
        assert_eq!(told.to, "127.0.0.1:8443".parse().unwrap());
        let told: Override = "office.example.org:8443:127.0.0.1".parse().unwrap();
        assert_eq!(told.to, "127.0.0.1:8443".parse().unwrap());
        let told: Override = "office.example.org:443:[::1]:9443".parse().unwrap();
        assert_eq!(told.to, "[::1]:9443".parse().unwrap());
        let told: Override = "office.example.org:443:[::1]".parse().unwrap();
        assert_eq!(told.to, "[::1]:443".parse().unwrap());
    }

    #[test]
    fn a_malformed_override_is_refused() {
        for text in [
            "",
            "host",
            "host:443",
            "host:443:",
            "host:x:127.0.0.1",
            ":443:127.0.0.1",
            "host:0:127.0.0.1",
            "host:443:127.0.0.1:0",
            "host:443:elsewhere",
        ] {
            assert_eq!(text.parse::<Override>(), Err(OverrideError), "{text}");
        }
    }

    #[test]
    fn nothing_is_opened_by_default() {
        let policy = Policy::default();
        assert!(!policy.development && !policy.insecure_loopback_http);
        assert!(policy.extra_roots.is_empty() && policy.overrides.is_empty());
    }
}
