//! The guarded client.

mod failure;
mod look_ups;
mod resolver;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::HOST;
use http::{HeaderMap, HeaderValue};
use url::{Host, Url};

use crate::{ClientError, Fetch, Fetching, LARGEST_HEAD, OutboundError, Override, Policy, Request, Response};
use crate::{is_development_host, is_public};
use failure::failure;
use resolver::{Guarded, Told};

/// The one client for HTTP to other parties; cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    policy: Policy,
    roots: Vec<reqwest::Certificate>,
    guarded: reqwest::Client,
    told: HashMap<(String, u16), Route>,
}

/// A place that was told, and the client that calls it.
type Route = (Override, reqwest::Client);

impl HttpClient {
    /// A client that keeps to `policy`.
    ///
    /// # Errors
    /// [`ClientError`] if the extra certificate authorities cannot be used.
    pub fn new(policy: Policy) -> Result<Self, ClientError> {
        let roots = extra_roots(&policy)?;
        let guarded = build(&policy, &roots, Guarded::by(&policy))?;
        let mut told = HashMap::new();
        for target in &policy.overrides {
            let client = build(&policy, &roots, Told(target.to))?;
            told.insert((target.host.clone(), target.port), (target.clone(), client));
        }
        Ok(Self(Arc::new(Inner { policy, roots, guarded, told })))
    }

    /// What this client may do.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Makes one call. Any status but a redirect is an answer; 304 is no redirect.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn send(&self, mut request: Request) -> Result<Response, OutboundError> {
        self.upgrade(&mut request.url);
        let host = self.checked_host(&request.url)?;
        let (told, url, authority) = self.route(&host, &request.url)?;
        let client = self.client(told, request.own_connection)?;
        let mut headers = request.headers;
        headers.insert(HOST, HeaderValue::from_str(&authority).map_err(|_| OutboundError::MalformedUrl)?);
        let timeout = request.timeout.unwrap_or(self.0.policy.total_timeout);
        let call = client.request(request.method, url).headers(headers).body(request.body).timeout(timeout);
        let mut response = call.send().await.map_err(|error| failure(&error))?;
        let status = response.status();
        if status.is_redirection() && status != http::StatusCode::NOT_MODIFIED {
            return Err(OutboundError::Redirected { status });
        }
        let headers = headers_of(&mut response)?;
        let body = bounded(response, request.limit, request.length_disbelieved).await?;
        Ok(Response { status, headers, body })
    }

    /// In a development with TLS, addresses that are made from names (those of did:webvh) say http.
    fn upgrade(&self, url: &mut Url) {
        let applies = self.0.policy.development_tls
            && url.scheme() == "http"
            && url.host_str().is_some_and(is_development_host);
        if applies {
            // http to https keeps an explicit port and cannot fail between these two schemes.
            let _ = url.set_scheme("https");
        }
    }

    /// The host of an address that may be called at all.
    fn checked_host(&self, url: &Url) -> Result<String, OutboundError> {
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(OutboundError::MalformedUrl);
        }
        let policy = &self.0.policy;
        let host = url.host().ok_or(OutboundError::MalformedUrl)?;
        let (development, loopback) = match &host {
            Host::Domain(name) => (
                policy.development && is_development_host(name),
                policy.insecure_loopback_http && *name == "localhost",
            ),
            Host::Ipv4(address) => {
                self.permit_literal((*address).into())?;
                (false, address.is_loopback())
            }
            Host::Ipv6(address) => {
                self.permit_literal((*address).into())?;
                (false, address.is_loopback())
            }
        };
        if url.scheme() == "https" || development || (loopback && policy.insecure_loopback_http) {
            Ok(host.to_string())
        } else {
            Err(OutboundError::InsecureScheme)
        }
    }

    /// An address written as a number is nobody's name: only loopback is ever called so, and only if opened.
    fn permit_literal(&self, address: std::net::IpAddr) -> Result<(), OutboundError> {
        if self.0.policy.insecure_loopback_http && address.is_loopback() {
            return Ok(());
        }
        tracing::debug!(public = is_public(address), "an address written as a number is refused");
        Err(OutboundError::ForbiddenAddress)
    }

    /// The client for a place that was told, or for all others. One that shares no connection is made for the call: what is
    /// kept for the next one, open connections and TLS sessions, goes with it.
    fn client(&self, told: Option<&Route>, is_own: bool) -> Result<reqwest::Client, OutboundError> {
        let Inner { policy, roots, guarded, .. } = self.0.as_ref();
        match (told, is_own) {
            (None, false) => Ok(guarded.clone()),
            (Some((_, client)), false) => Ok(client.clone()),
            (None, true) => build(policy, roots, Guarded::by(policy)).map_err(|_| OutboundError::Broken),
            (Some((told, _)), true) => build(policy, roots, Told(told.to)).map_err(|_| OutboundError::Broken),
        }
    }

    /// Whether the place of an address was told, the address to call, and the authority that the other side is to see.
    fn route(&self, host: &str, url: &Url) -> Result<(Option<&Route>, Url, String), OutboundError> {
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let port = url.port_or_known_default().ok_or(OutboundError::MalformedUrl)?;
        let mut url = url.clone();
        url.set_fragment(None);
        match self.0.told.get(&(host.to_ascii_lowercase(), port)) {
            Some(route) => {
                url.set_port(Some(route.0.to.port())).map_err(|()| OutboundError::MalformedUrl)?;
                Ok((Some(route), url, authority))
            }
            None => Ok((None, url, authority)),
        }
    }
}

impl Fetch for HttpClient {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        Box::pin(self.send(request))
    }

    fn permits(&self, url: &Url) -> Result<(), OutboundError> {
        let mut url = url.clone();
        self.upgrade(&mut url);
        let host = self.checked_host(&url)?;
        let (told, ..) = self.route(&host, &url)?;
        let policy = self.policy();
        let opened = policy.development || (policy.insecure_loopback_http && host == "localhost");
        if told.is_none() && is_development_host(&host) && !opened {
            return Err(OutboundError::ForbiddenAddress);
        }
        Ok(())
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HttpClient({:?})", self.0.policy)
    }
}

fn extra_roots(policy: &Policy) -> Result<Vec<reqwest::Certificate>, ClientError> {
    let mut roots = Vec::new();
    for pem in &policy.extra_roots {
        let found = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| ClientError::NotCertificates)?;
        if found.is_empty() {
            return Err(ClientError::NotCertificates);
        }
        roots.extend(found);
    }
    Ok(roots)
}

fn build<R: reqwest::dns::Resolve + Clone + 'static>(
    policy: &Policy,
    roots: &[reqwest::Certificate],
    resolver: R,
) -> Result<reqwest::Client, ClientError> {
    let builder = || {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            // One protocol everywhere: with HTTP/2 the authority could not differ from the port connected to.
            .http1_only()
            .user_agent("passport")
            .connect_timeout(policy.connect_timeout)
            // Each connection takes one of the files that the system lets a process open, and strangers name hosts.
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(policy.idle_timeout)
            .dns_resolver(resolver.clone())
    };
    builder().tls_certs_merge(roots.iter().cloned()).build().or_else(|_| {
        // A machine without any certificate authorities can still speak to those given, and over http.
        tracing::warn!("no certificate authorities on this machine: only those given are trusted");
        builder().tls_certs_only(roots.iter().cloned()).build().map_err(|_| ClientError::Tls)
    })
}

/// The headers, copied, and nothing of the head stays in the answer: they lie in all that came in before the body, which the
/// other side may make much larger than they are, and it may let us wait for the body.
fn headers_of(response: &mut reqwest::Response) -> Result<HeaderMap, OutboundError> {
    // The words beside the status lie here.
    response.extensions_mut().clear();
    let mut headers = std::mem::take(response.headers_mut());
    let length = headers.iter().fold(0_usize, |length, (name, value)| {
        length.saturating_add(name.as_str().len()).saturating_add(value.len())
    });
    if length > LARGEST_HEAD {
        return Err(OutboundError::Broken);
    }
    for value in headers.values_mut() {
        *value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| OutboundError::Broken)?;
    }
    Ok(headers)
}

async fn bounded(
    mut response: reqwest::Response,
    limit: usize,
    length_disbelieved: bool,
) -> Result<Bytes, OutboundError> {
    let too_large = OutboundError::TooLarge { limit };
    let announced = response.content_length().unwrap_or(0);
    if !length_disbelieved && usize::try_from(announced).is_ok_and(|length| length > limit) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
