//! One process, several hosts: the host router, the layers that every party gets, and `serve`.

mod layers;
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
use axum::response::{IntoResponse, Response};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use http::header::{HOST, HeaderValue, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, StatusCode, Uri};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::ServiceExt;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::assets;

/// Longest wait for open requests when the process ends.
const GRACE: Duration = Duration::from_secs(10);

/// One party: a host name and what is served there.
#[derive(Clone, Debug)]
pub struct Party {
    host: String,
    router: Router,
    body_limit: usize,
    time_limit: Duration,
}

impl Party {
    /// A party at `host` (a port in it is ignored). The standard layers and `/assets/` are added.
    #[must_use]
    pub fn new(host: &str, router: Router) -> Self {
        Self {
            host: without_port(host).to_ascii_lowercase(),
            router,
            body_limit: 1 << 20,
            time_limit: Duration::from_secs(30),
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
        Self { time_limit: time, ..self }
    }

    /// The party's host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The party's whole router with the standard layers, as tests call it without a host router.
    pub fn into_router(self) -> Router {
        layers::standard(self.router.merge(assets::routes()), self.body_limit, self.time_limit)
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
    let hosts = Arc::new(hosts);
    Ok(Router::new().fallback(move |request: Request| dispatch(hosts.clone(), request)))
}

async fn dispatch(hosts: Arc<HashMap<String, Router>>, request: Request) -> Response {
    let party = requested_host(request.uri(), request.headers()).and_then(|host| hosts.get(&host).cloned());
    match party {
        Some(router) => router.oneshot(request).await.unwrap_or_else(|never| match never {}),
        None => (StatusCode::MISDIRECTED_REQUEST, "this host is not served here\n").into_response(),
    }
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

/// Serves every party on one listener until `shutdown` ends, then lets open requests finish.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    parties: Vec<Party>,
    listener: tokio::net::TcpListener,
    tls: Option<Tls>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let mut router = host_router(parties)?;
    let listener = listener.into_std().map_err(ServeError::Listen)?;
    let handle = Handle::new();
    let stopper = handle.clone();
    let stopping = tokio::spawn(async move {
        shutdown.await;
        tracing::info!("stopping");
        stopper.graceful_shutdown(Some(GRACE));
    });
    let served = match tls {
        Some(Tls(config)) => {
            let value = HeaderValue::from_static("max-age=63072000");
            router = router.layer(SetResponseHeaderLayer::overriding(STRICT_TRANSPORT_SECURITY, value));
            let server = axum_server::from_tcp_rustls(listener, config).map_err(ServeError::Listen)?;
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            server.handle(handle).first_request_timeout(GRACE).serve(service).await
        }
        None => {
            let server = axum_server::from_tcp(listener).map_err(ServeError::Listen)?;
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            server.handle(handle).first_request_timeout(GRACE).serve(service).await
        }
    };
    stopping.abort();
    served.map_err(ServeError::Listen)
}
