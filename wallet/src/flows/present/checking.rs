//! Checking a request before anybody is asked.

use environment::Timestamp;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vp::link::{Fetch, Link};
use openid4vc::vp::request::{
    AuthenticRequest, Authentication, AuthorizationRequest, Compatibility, Expected, Report, RequestObject,
    SKEW,
};
use url::Url;

use super::{PresentError, PresentOptions};
use crate::carrier::send;
use crate::flows::answering::opened;
use crate::flows::origin::host_of;
use crate::question::Binding;
use crate::trust::{SignerEvidence, TrustedRequester};
use crate::wallet::Wallet;

/// For how many seconds a request of the network may live: no command of a space makes a longer one (specs/flows.md §3.1).
/// RFC 9101 leaves `exp` open, and so do we outside the network.
pub(super) const LONGEST_REQUEST: i64 = 7 * 86_400;

/// A request that was checked, and who made it.
pub(in crate::flows) struct Checked {
    /// By which the link that was opened is known again.
    pub(in crate::flows) opened: String,
    pub(in crate::flows) request: AuthorizationRequest,
    pub(in crate::flows) requester: TrustedRequester,
    pub(super) bound_by: Vec<Binding>,
    /// The certificate of whoever asks, if that is its name.
    pub(in crate::flows) certificate: Option<Vec<u8>>,
}

impl Wallet {
    pub(super) async fn checked_request(
        &self,
        link: &str,
        options: &PresentOptions,
    ) -> Result<Checked, Faulty> {
        if is_page(link) {
            return Err(PresentError::Page.into());
        }
        let opened = opened(link);
        let link = Link::parse(link)?;
        let compatibility = Compatibility {
            request_uri_as_audience: options.compat_request_uri_audience,
            unauthenticated_clients: self.trust.takes_unsigned(),
        };
        let (client_id, now) = (link.client_id().clone(), self.now());
        let expected = |wallet_nonce, request_uri| Expected {
            client_id: &client_id,
            wallet_nonce,
            request_uri,
            compatibility,
            transaction_types: &self.transaction_types,
            now,
        };
        match &link {
            Link::Unsigned { parameters, .. } => {
                let request = AuthorizationRequest::unsigned(parameters, &expected(None, None))?;
                let host = host_of(request.response_uri()).unwrap_or_default();
                let bound_by = vec![Binding::AddressOnly];
                Ok(Checked { opened, request, requester: nobody(host), bound_by, certificate: None })
            }
            Link::Value { request, .. } => {
                self.signed_request(RequestObject::decode(request)?, &expected(None, None), opened).await
            }
            Link::Reference { request_uri, method, .. } => {
                let nonces = NonceKey::generate(self.environment.randomness());
                let fetch = Fetch::new(request_uri, *method, &nonces, now, self.environment.randomness());
                let answer = send(self.fetch.as_ref(), fetch.request).await?;
                let expected = expected(fetch.wallet_nonce.as_deref(), Some(request_uri.as_str()));
                self.signed_request(Fetch::read(&answer)?, &expected, opened).await
            }
        }
    }

    async fn signed_request(
        &self,
        object: RequestObject,
        expected: &Expected<'_>,
        opened: String,
    ) -> Result<Checked, Faulty> {
        let (evidence, bound_by) = match object.authentication() {
            Authentication::Chain(chain) => {
                (SignerEvidence::Chain { chain: chain.clone(), claimed: None }, Binding::Certificate)
            }
            Authentication::Did(url) => (SignerEvidence::Key(url.clone()), Binding::Did),
        };
        let certificate = match object.authentication() {
            Authentication::Chain(chain) => Some(chain.leaf().der().to_vec()),
            Authentication::Did(_) => None,
        };
        // The registration certificate is inside what is to be verified, so the signer comes first.
        let signer = self.trust.requester(&evidence, None).await?;
        let request = checked(object.authenticate(signer.key.as_ref(), expected)?, &signer, expected)?;
        let requester = match request.registration() {
            Some(registration) => self.trust.requester(&evidence, Some(registration)).await?,
            None => signer,
        };
        if let Some(host) = &requester.host
            && host_of(request.response_uri()).as_deref() != Some(host.as_str())
        {
            return Err(PresentError::AnswerElsewhere.into());
        }
        if requester.network.is_some() && !ends_in_time(&request, expected.now) {
            return Err(PresentError::Endless.into());
        }
        // In the network the certificate's key is in the DID document too, and was looked up there.
        let both = requester.network.is_some() && bound_by == Binding::Certificate;
        let bound_by = if both { vec![Binding::Certificate, Binding::Did] } else { vec![bound_by] };
        Ok(Checked { opened, request, requester, bound_by, certificate })
    }
}

/// Whether a link leads to a page that a browser shows: it has none of the parameters of a request (OpenID4VP 1.0 §5).
fn is_page(link: &str) -> bool {
    const PARAMETERS: [&str; 6] =
        ["client_id", "request", "request_uri", "request_uri_method", "response_type", "dcql_query"];
    Url::parse(link.trim()).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && !url.query_pairs().any(|(name, _)| PARAMETERS.contains(&name.as_ref()))
    })
}

/// A request that is not answered, and what its maker may be told of it.
pub(super) struct Faulty {
    pub(super) error: PresentError,
    /// Who made it, and what it may be told; only where it is known who that is.
    pub(super) report: Option<Box<(String, Report)>>,
}

impl<E: Into<PresentError>> From<E> for Faulty {
    fn from(error: E) -> Self {
        Self { error: error.into(), report: None }
    }
}

/// The rules of what is asked, of a request of which it is known who made it: `signer` may be told which one is broken, at
/// the host to which its answers go.
fn checked(
    request: AuthenticRequest,
    signer: &TrustedRequester,
    expected: &Expected<'_>,
) -> Result<AuthorizationRequest, Faulty> {
    request.clone().check(expected.transaction_types).map_err(|error| {
        let own_host = |report: &Report| {
            signer.host.as_ref().is_none_or(|host| host_of(report.response_uri()).as_ref() == Some(host))
        };
        let report = request.report(&error).filter(own_host);
        Faulty { report: report.map(|report| Box::new((signer.name.clone(), report))), error: error.into() }
    })
}

/// Whether a request says when it ends, and ends in time.
fn ends_in_time(request: &AuthorizationRequest, now: Timestamp) -> bool {
    request.expires_at().is_some_and(|end| end <= now.plus(LONGEST_REQUEST).plus(SKEW))
}

/// Somebody who signed nothing.
fn nobody(host: String) -> TrustedRequester {
    TrustedRequester {
        name: host,
        did: None,
        host: None,
        network: None,
        network_id: None,
        role: None,
        brand_sites: Vec::new(),
        registration: None,
        key: None,
    }
}
