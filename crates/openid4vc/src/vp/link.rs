//! The link that starts a presentation (OpenID4VP 1.0 §5, RFC 9101 §5), and the request behind `request_uri`.

use environment::{Randomness, Timestamp};
use serde_json::{Map, Value};
use url::Url;

use super::client_id::ClientId;
use super::request::{RequestError, RequestObject};
use crate::address;
use crate::form::{self, Form};
use crate::http::{AnswerError, Request, Response};
use crate::timed_nonce::{NonceKey, Purpose};

/// Media type of a signed request object.
pub const MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
/// Longest wallet_nonce that is repeated, in bytes.
const LONGEST_WALLET_NONCE: usize = 512;

/// How `request_uri` is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestUriMethod {
    /// GET, the default.
    Get,
    /// POST with a wallet_nonce (§5.10).
    Post,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A signed request behind `request_uri`.
    Reference {
        /// `client_id`, which the request object must repeat.
        client_id: ClientId,
        /// Where it is.
        request_uri: String,
        /// How to ask.
        method: RequestUriMethod,
    },
    /// A signed request in the link.
    Value {
        /// `client_id`, which the request object must repeat.
        client_id: ClientId,
        /// The compact request object.
        request: String,
    },
    /// Unsigned parameters, for clients of the prefix `redirect_uri` only.
    Unsigned {
        /// `client_id`.
        client_id: ClientId,
        /// The parameters as JSON values.
        parameters: Map<String, Value>,
    },
}

impl Link {
    /// Reads `openid4vp://`, `haip-vp://` or an https link (the wallet's own address).
    ///
    /// # Errors
    /// [`RequestError::NotARequestLink`] and others of the request's rules.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| RequestError::NotARequestLink)?;
        let known = matches!(url.scheme(), "openid4vp" | "haip-vp") || address::parse(text).is_ok();
        if !known {
            return Err(RequestError::NotARequestLink);
        }
        Self::from_query(url.query().unwrap_or_default())
    }

    /// Reads the query of the wallet's own address.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn from_query(query: &str) -> Result<Self, RequestError> {
        let parameters = Form::from_query(query)?;
        let client_id =
            ClientId::parse(parameters.get("client_id").ok_or(RequestError::Missing("client_id"))?)?;
        let method = parameters.get("request_uri_method");
        match (parameters.get("request"), parameters.get("request_uri")) {
            (Some(_), Some(_)) => Err(RequestError::ValueAndReference),
            (None, Some(request_uri)) => {
                address::parse(request_uri)?;
                let request_uri = request_uri.to_owned();
                Ok(Self::Reference { client_id, request_uri, method: request_uri_method(method)? })
            }
            _ if method.is_some() => Err(RequestError::MethodWithoutReference),
            (Some(request), None) => Ok(Self::Value { client_id, request: request.to_owned() }),
            (None, None) => Ok(Self::Unsigned { client_id, parameters: unsigned(&parameters)? }),
        }
    }

    /// The client identifier of the link, not yet authenticated.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        let (Self::Reference { client_id, .. }
        | Self::Value { client_id, .. }
        | Self::Unsigned { client_id, .. }) = self;
        client_id
    }
}

/// The link of a request of ours; `start` is `openid4vp://` or a wallet's address with its path.
#[must_use]
pub fn to_uri(start: &str, client_id: &ClientId, request_uri: &str, method: RequestUriMethod) -> String {
    let mut parameters = vec![("client_id", client_id.as_str()), ("request_uri", request_uri)];
    if method == RequestUriMethod::Post {
        parameters.push(("request_uri_method", "post"));
    }
    format!("{start}?{}", form::encode(parameters))
}

fn request_uri_method(method: Option<&str>) -> Result<RequestUriMethod, RequestError> {
    // Compared in the exact spelling (errata).
    match method {
        None | Some("get") => Ok(RequestUriMethod::Get),
        Some("post") => Ok(RequestUriMethod::Post),
        Some(_) => Err(RequestError::RequestUriMethod),
    }
}

/// In a query, objects and arrays stand as JSON text (§5.1).
fn unsigned(parameters: &Form) -> Result<Map<String, Value>, RequestError> {
    const STRUCTURED: [&str; 4] = ["dcql_query", "client_metadata", "transaction_data", "verifier_info"];
    let value = |(name, text): (&str, &str)| {
        let value = if STRUCTURED.contains(&name) {
            jose::json::parse(text).map_err(|_| RequestError::NotJson)?
        } else {
            Value::from(text)
        };
        Ok((name.to_owned(), value))
    };
    parameters.iter().map(value).collect()
}

/// A wallet's way to a request object behind `request_uri`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The request to send; no redirect is followed.
    pub request: Request,
    /// The nonce that the request object must repeat.
    pub wallet_nonce: Option<String>,
}

impl Fetch {
    /// The request for `request_uri`; with POST it carries a fresh wallet_nonce and what this wallet can do.
    #[must_use]
    pub fn new(
        request_uri: &str,
        method: RequestUriMethod,
        nonces: &NonceKey,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Self {
        match method {
            RequestUriMethod::Get => {
                Self { request: Request::get(request_uri, MEDIA_TYPE), wallet_nonce: None }
            }
            RequestUriMethod::Post => {
                let wallet_nonce = nonces.issue(Purpose::Wallet, now, randomness);
                let metadata = wallet_metadata().to_string();
                let body = form::encode([
                    ("wallet_nonce", wallet_nonce.as_str()),
                    ("wallet_metadata", metadata.as_str()),
                ]);
                let request =
                    Request::post(request_uri, form::MEDIA_TYPE, body).with_header("accept", MEDIA_TYPE);
                Self { request, wallet_nonce: Some(wallet_nonce) }
            }
        }
    }

    /// Reads the answer: anything but a 200 with a request object ends the flow (§5.10.2).
    ///
    /// # Errors
    /// [`RequestError::Fetch`], and those of [`RequestObject::decode`].
    pub fn read(response: &Response) -> Result<RequestObject, RequestError> {
        if response.status != 200 {
            return Err(RequestError::Fetch(AnswerError::Status(response.status)));
        }
        let text =
            std::str::from_utf8(&response.body).map_err(|_| RequestError::Fetch(AnswerError::Malformed))?;
        RequestObject::decode(text.trim())
    }
}

/// What a wallet of ours says of itself (§10.1).
#[must_use]
pub fn wallet_metadata() -> Value {
    serde_json::json!({
        "vp_formats_supported": super::client_metadata::formats(),
        "client_id_prefixes_supported": ["x509_hash", "decentralized_identifier", "x509_san_dns"],
        "response_modes_supported": ["direct_post.jwt", "direct_post"],
        "request_object_signing_alg_values_supported": ["ES256", "EdDSA"],
    })
}

/// What a wallet may send along when it asks for a request object by POST (§5.10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostedByWallet {
    /// To be repeated in the request object.
    pub wallet_nonce: Option<String>,
}

impl PostedByWallet {
    /// Reads the body. Some wallets send none at all; unknown parameters are ignored.
    ///
    /// # Errors
    /// [`RequestError::Form`], [`RequestError::Malformed`] for a `wallet_metadata` that is no JSON object or a
    /// `wallet_nonce` that is empty or longer than 512 bytes: it comes back in `state`.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, RequestError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let form = Form::parse(content_type, body)?;
        if form.get("wallet_metadata").is_some_and(|text| jose::json::parse_object(text).is_err()) {
            return Err(RequestError::Malformed("wallet_metadata"));
        }
        let wallet_nonce = form.get("wallet_nonce");
        if wallet_nonce.is_some_and(|nonce| nonce.is_empty() || nonce.len() > LONGEST_WALLET_NONCE) {
            return Err(RequestError::Malformed("wallet_nonce"));
        }
        Ok(Self { wallet_nonce: wallet_nonce.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::AddressError;
    use crate::form::FormError;
    use crate::vp::client_id::ClientIdError;
    use environment::SeededRandomness;

    const HASH: &str = "x509_hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn link(parameters: &[(&str, &str)]) -> Result<Link, RequestError> {
        Link::parse(&format!("openid4vp://?{}", form::encode(parameters.iter().copied())))
    }

    #[test]
    fn a_link_of_ours_is_read_in_every_scheme() {
        let client_id = ClientId::parse(HASH).unwrap();
        for start in [
            "openid4vp://",
            "haip-vp://",
            "https://wallet.example/authorize",
            "http://wallet.localhost:3000/authorize",
        ] {
            let text = to_uri(start, &client_id, "https://kiln.example/r/1", RequestUriMethod::Post);
            let wanted = Link::Reference {
                client_id: client_id.clone(),
                request_uri: "https://kiln.example/r/1".to_owned(),
                method: RequestUriMethod::Post,
            };
            assert_eq!(Link::parse(&text).unwrap(), wanted, "{start}");
        }
        assert_eq!(Link::parse("openid-credential-offer://?client_id=x"), Err(RequestError::NotARequestLink));
    }

    #[test]
    fn the_method_is_get_or_post_in_small_letters_and_needs_a_reference() {
        let reference = ("request_uri", "https://kiln.example/r/1");
        for (method, right) in [("get", true), ("post", true), ("POST", false), ("put", false), ("", false)] {
            let read = link(&[("client_id", HASH), reference, ("request_uri_method", method)]);
            assert_eq!(read.is_ok(), right, "{method}");
            if let Err(error) = read {
                assert_eq!(
                    (&error, error.code()),
                    (&RequestError::RequestUriMethod, "invalid_request_uri_method")
                );
            }
        }
        let alone = link(&[("client_id", HASH), ("request", "a.b.c"), ("request_uri_method", "post")]);
        assert_eq!(alone, Err(RequestError::MethodWithoutReference));
    }

    #[test]
    fn what_stands_beside_the_reference_counts_for_nothing() {
        let bare = [("client_id", HASH), ("request_uri", "https://kiln.example/r/1")];
        let wanted = link(&bare).unwrap();
        for beside in [
            ("response_uri", "https://evil.example/answer"),
            ("redirect_uri", "https://evil.example/back"),
            ("response_mode", "direct_post"),
            ("nonce", "of-the-link"),
            ("state", "of-the-link"),
            ("dcql_query", "{}"),
            ("scope", "member"),
            ("client_metadata", "{}"),
            ("transaction_data", "[]"),
            ("unheard_of", "x"),
        ] {
            assert_eq!(link(&[bare[0], bare[1], beside]).unwrap(), wanted, "{}", beside.0);
        }
        // The same beside a request by value.
        let by_value = [("client_id", HASH), ("request", "a.b.c")];
        let wanted = link(&by_value).unwrap();
        assert_eq!(link(&[by_value[0], by_value[1], ("nonce", "of-the-link")]).unwrap(), wanted);
        assert_ne!(link(&[bare[0], ("request_uri", "https://kiln.example/r/2")]), link(&bare));
    }

    #[test]
    fn value_and_reference_together_and_odd_addresses_are_refused() {
        let both =
            link(&[("client_id", HASH), ("request", "a.b.c"), ("request_uri", "https://kiln.example")]);
        assert_eq!(both, Err(RequestError::ValueAndReference));
        let plain = link(&[("client_id", HASH), ("request_uri", "http://kiln.example")]);
        assert_eq!(plain, Err(RequestError::Address(AddressError::NotHttps)));
        assert_eq!(link(&[("request_uri", "https://kiln.example")]), Err(RequestError::Missing("client_id")));
        assert_eq!(
            link(&[("client_id", HASH), ("client_id", HASH)]),
            Err(RequestError::Form(FormError::Repeated))
        );
        assert_eq!(link(&[("client_id", "x")]), Err(RequestError::ClientId(ClientIdError::NotRegistered)));
    }

    #[test]
    fn a_post_carries_a_nonce_and_a_wallet_may_send_nothing() {
        let randomness = SeededRandomness::new(5);
        let key = NonceKey::generate(&randomness);
        let now = Timestamp::from_seconds(1_800_000_000);
        let fetch = Fetch::new("https://kiln.example/r/1", RequestUriMethod::Post, &key, now, &randomness);
        let read = PostedByWallet::parse(fetch.request.header("content-type"), &fetch.request.body).unwrap();
        assert!(fetch.wallet_nonce.is_some() && read.wallet_nonce == fetch.wallet_nonce);
        assert_eq!(PostedByWallet::parse(None, b"").unwrap(), PostedByWallet::default());
        let wrong = PostedByWallet::parse(Some(form::MEDIA_TYPE), b"wallet_metadata=x");
        assert_eq!(wrong, Err(RequestError::Malformed("wallet_metadata")));
        let with_nonce = |length: usize| {
            let body = format!("wallet_nonce={}", "n".repeat(length));
            PostedByWallet::parse(Some(form::MEDIA_TYPE), body.as_bytes())
        };
        assert_eq!(with_nonce(512).unwrap().wallet_nonce.map(|nonce| nonce.len()), Some(512));
        for length in [0, 513] {
            assert_eq!(with_nonce(length), Err(RequestError::Malformed("wallet_nonce")));
        }
    }

    #[test]
    fn only_a_200_is_read_as_a_request_object() {
        for status in [302, 404, 500] {
            let response = Response { status, headers: Vec::new(), body: b"a.b.c".to_vec() };
            assert_eq!(Fetch::read(&response).unwrap_err(), RequestError::Fetch(AnswerError::Status(status)));
        }
    }
}
