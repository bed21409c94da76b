//! One process, several hosts: the host router, the layers that every party gets, and `serve`.

mod connections;
mod layers;
mod taking;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use http::header::{HOST, HeaderValue, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, StatusCode, Uri};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::ServiceExt;
use tower_http::set_header::SetResponseHeaderLayer;

pub use connections::ConnectionLimits;
pub use taking::{Taking, Untaken};

use crate::live::{self, Stopping};
use crate::{TrustedProxies, assets, proxies};
use connections::Bounded;

/// Longest wait for open requests when the process ends.
const GRACE: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 * 1_024;
/// Largest body that a party takes, if it does not say otherwise.
const BODY_LIMIT: usize = 1 << 20;
/// Within which a party answers, if it does not say otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Most requests at once on one HTTP/2 connection, the fewest that RFC 9113 §6.5.2 recommends.
const MOST_STREAMS: u32 = 100;

/// One party: a host name and what is served there.
#[derive(Clone, Debug)]
pub struct Party {
    host: String,
    router: Router,
    body_limit: usize,
    time_limits: TimeLimits,
}

/// Within which a party answers.
#[derive(Clone, Debug)]
struct TimeLimits {
    usual: Duration,
    /// At routes of their own, by their pattern.
    at: Vec<(&'static str, Duration)>,
}

impl TimeLimits {
    const fn all(usual: Duration) -> Self {
        Self { usual, at: Vec::new() }
    }

    /// That of the route with this pattern.
    fn of(&self, pattern: &str) -> Duration {
        self.at.iter().find(|(known, _)| *known == pattern).map_or(self.usual, |(_, time)| *time)
    }
}

impl Party {
    /// A party at `host` (a port in it is ignored). The standard layers and `/assets/` are added.
    #[must_use]
    pub fn new(host: &str, router: Router) -> Self {
        Self {
            host: without_port(host).to_ascii_lowercase(),
            router,
            body_limit: BODY_LIMIT,
            time_limits: TimeLimits::all(TIME_LIMIT),
        }
    }

    /// This party taking bodies of up to `bytes`; 1 MiB if not said.
    #[must_use]
    pub fn with_body_limit(self, bytes: usize) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// This party answering within `time`; 30 seconds if not said.
    #[must_use]
    pub fn with_time_limit(self, time: Duration) -> Self {
        Self { time_limits: TimeLimits { usual: time, ..self.time_limits }, ..self }
    }

    /// This party answering within `time` at the route of this pattern, which reads what takes long to send and looks itself that it
    /// goes on.
    #[must_use]
    pub fn with_time_limit_at(mut self, pattern: &'static str, time: Duration) -> Self {
        self.time_limits.at.push((pattern, time));
        self
    }

    /// The party's host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The party's whole router with the standard layers, as tests call it without a host router.
    pub fn into_router(self) -> Router {
        layers::standard(self.router.merge(assets::routes()), self.body_limit, self.time_limits)
    }
}

/// Certificate and key with which every host is served.
#[derive(Clone)]
pub struct Tls(RustlsConfig);

impl Tls {
    /// Reads a certificate chain and a key in PEM.
    ///
    /// # Errors
    /// [`ServeError::Certificate`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, ServeError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| ServeError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| ServeError::Certificate)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| ServeError::Certificate)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|_| ServeError::Certificate)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(RustlsConfig::from_config(Arc::new(config))))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls")
    }
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Two parties want the same host.
    #[error("two parties want the host {0}; give each a host of its own")]
    HostTwice(String),
    /// Certificate or key cannot be used.
    #[error("the TLS certificate and key are not a pair in PEM")]
    Certificate,
    /// The address cannot be listened on.
    #[error("the server cannot listen")]
    Listen(#[source] io::Error),
}

/// A router that gives each request to the party of its host; 421 for other hosts (RFC 9110 §15.5.20).
///
/// # Errors
/// [`ServeError::HostTwice`].
pub fn host_router(parties: Vec<Party>) -> Result<Router, ServeError> {
    let mut hosts = HashMap::new();
    for party in parties {
        let host = party.host.clone();
        if hosts.insert(host.clone(), party.into_router()).is_some() {
            return Err(ServeError::HostTwice(host));
        }
    }
    let hosts = Arc::new(Hosts { parties: hosts, nobody: nobody() });
    Ok(Router::new().fallback(move |request: Request| dispatch(hosts.clone(), request)))
}

struct Hosts {
    parties: HashMap<String, Router>,
    /// What answers at all other hosts.
    nobody: Router,
}

/// No party, with the layers of one.
fn nobody() -> Router {
    let misdirected = || std::future::ready(StatusCode::MISDIRECTED_REQUEST);
    layers::standard(Router::new().fallback(misdirected), BODY_LIMIT, TimeLimits::all(TIME_LIMIT))
}

async fn dispatch(hosts: Arc<Hosts>, request: Request) -> Response {
    let host = requested_host(request.uri(), request.headers());
    let party = host.and_then(|host| hosts.parties.get(&host)).unwrap_or(&hosts.nobody).clone();
    party.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// The host that a request names: in its target (HTTP/2, or the absolute form, which wins by RFC 9112
/// §3.2.2) or in its one `Host` field. Two that differ are nobody's.
fn requested_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut fields = headers.get_all(HOST).iter();
    let field = match fields.next() {
        Some(value) => Some(value.to_str().ok()?),
        None => None,
    };
    if fields.next().is_some() {
        return None;
    }
    let target = uri.authority().map(http::uri::Authority::as_str);
    let authority = match (target, field) {
        (Some(target), Some(field)) if !target.eq_ignore_ascii_case(field) => return None,
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => return None,
    };
    Some(without_port(authority).to_ascii_lowercase())
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => authority,
    }
}

/// How parties are served.
#[derive(Clone, Debug, Default)]
pub struct ServeSettings {
    /// Certificate and key; without them, plain http.
    pub tls: Option<Tls>,
    /// The proxies whose word for who a request comes from is taken.
    pub proxies: TrustedProxies,
    /// What connections may take.
    pub connections: ConnectionLimits,
}

/// Serves every party on one listener until `shutdown` ends, then lets open requests finish.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    parties: Vec<Party>,
    listener: tokio::net::TcpListener,
    settings: ServeSettings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let ServeSettings { tls, proxies, connections } = settings;
    let (stop, stopping) = Stopping::pair();
    let router = host_router(parties)?
        .layer(from_fn_with_state(proxies.clone(), proxies::tell_client))
        .layer(from_fn_with_state(stopping, live::tell_stopping));
    let listener = listener.into_std().map_err(ServeError::Listen)?;
    let handle = Handle::new();
    let stopper = handle.clone();
    let stopping = tokio::spawn(async move {
        shutdown.await;
        tracing::info!("stopping");
        // Those that would stay open end by themselves, and keep nobody waiting.
        stop.send_replace(true);
        stopper.graceful_shutdown(Some(GRACE));
    });
    let mut server = axum_server::from_tcp(listener)
        .map_err(ServeError::Listen)?
        .handle(handle)
        .first_request_timeout(connections.first_request);
    let builder = server.http_builder();
    // Counts also while the connection waits for a request, so it is no shorter than the rest.
    builder.http1().header_read_timeout(connections.rest).max_buf_size(LARGEST_HEAD);
    builder.http2().max_concurrent_streams(MOST_STREAMS);
    let bounded = Bounded::new(connections, proxies);
    let served = match tls {
        Some(Tls(config)) => {
            let value = HeaderValue::from_static("max-age=63072000");
            let router = router.layer(SetResponseHeaderLayer::overriding(STRICT_TRANSPORT_SECURITY, value));
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let handshake =
                RustlsAcceptor::new(config).handshake_timeout(connections.first_request).acceptor(bounded);
            server.acceptor(handshake).serve(service).await
        }
        None => {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            server.acceptor(bounded).serve(service).await
        }
    };
    stopping.abort();
    served.map_err(ServeError::Listen)
}
