//! Protection against forged forms: a token bound to session and purpose, and a look at where the
//! request comes from. Both must hold.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use environment::Randomness;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use sha2::Sha256;
use zeroize::ZeroizeOnDrop;

use crate::errors::error_page;
use crate::form::{Fields, Form};
use crate::session::{SessionId, SessionSecret};
use crate::{ApiError, Words};

/// The name of the form field that carries the token.
pub const FIELD: &str = "csrf";

/// What a form is for; a token for one purpose serves no other.
pub trait Purpose: Send {
    /// A name that no other form of the party has.
    const NAME: &'static str;
}

/// The key of a party's tokens: the same in every replica, kept where its other secrets are.
#[derive(Clone, ZeroizeOnDrop)]
pub struct CsrfKey([u8; 32]);

impl CsrfKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new key.
    #[must_use]
    pub fn fresh(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// The token for a form with purpose `P` in `session`.
    #[must_use]
    pub fn token<P: Purpose>(&self, session: &SessionId) -> String {
        jose::base64url::encode(self.code(session, P::NAME))
    }

    /// Whether `token` is the one for purpose `P` in `session`.
    #[must_use]
    pub fn accepts<P: Purpose>(&self, session: &SessionId, token: &str) -> bool {
        let Ok(token) = jose::base64url::decode(token) else { return false };
        jose::digest::constant_time_equal(&self.code(session, P::NAME), &token)
    }

    fn code(&self, session: &SessionId, purpose: &str) -> [u8; 32] {
        // HMAC takes keys of every length, so there is always a code.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(session.bytes());
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for CsrfKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CsrfKey")
    }
}

/// Why a form is taken for forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrfError {
    /// It comes from a page of another host.
    #[error("the form was sent from a page of another host")]
    ForeignPage,
    /// The browser sent no session cookie.
    #[error("the browser sent no session")]
    NoSession,
    /// The token is missing or is not for this session and purpose.
    #[error("the form is not of this session; load the page again")]
    Token,
}

/// Refuses what a page of another host made the browser send. `Sec-Fetch-Site` decides where there is
/// one: pages without referrer send `Origin: null` even to their own host. Programs send neither.
///
/// # Errors
/// [`CsrfError::ForeignPage`].
pub fn same_origin(headers: &HeaderMap) -> Result<(), CsrfError> {
    let text = |name: http::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let own = match (text(http::HeaderName::from_static("sec-fetch-site")), text(ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == text(HOST)
        }
        (None, None) => true,
    };
    if own { Ok(()) } else { Err(CsrfError::ForeignPage) }
}

/// A form that is proven to come from our own page with purpose `P` in the session that it names.
///
/// The route's state gives the key ([`FromRef`]); whether the session is alive, the party's store knows.
pub struct CsrfForm<P> {
    /// The session of the form.
    pub session: SessionSecret,
    /// The fields without the token.
    pub fields: Fields,
    purpose: PhantomData<P>,
}

impl<S, P> FromRequest<S> for CsrfForm<P>
where
    S: Send + Sync,
    P: Purpose,
    CsrfKey: FromRef<S>,
{
    type Rejection = CsrfRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, CsrfRejection> {
        let words = Words::of_request(request.headers());
        let forged = |error| CsrfRejection::Forged(error, words);
        same_origin(request.headers()).map_err(forged)?;
        let session =
            SessionSecret::of_request(request.headers()).ok_or_else(|| forged(CsrfError::NoSession))?;
        let Form(mut fields) = Form::from_request(request, state).await.map_err(CsrfRejection::Form)?;
        let token = fields.take(FIELD).unwrap_or_default();
        if !CsrfKey::from_ref(state).accepts::<P>(&session.id(), &token) {
            return Err(forged(CsrfError::Token));
        }
        Ok(Self { session, fields, purpose: PhantomData })
    }
}

/// Why a [`CsrfForm`] was refused.
#[derive(Debug)]
pub enum CsrfRejection {
    /// The form is taken for forged; answered with a page in the reader's language.
    Forged(CsrfError, Words),
    /// The form cannot be read.
    Form(ApiError),
}

impl IntoResponse for CsrfRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Forged(error, words) => {
                tracing::info!(%error, "a form was refused");
                error_page(words, StatusCode::FORBIDDEN)
            }
            Self::Form(error) => error.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::post;
    use environment::SeededRandomness;
    use http::HeaderValue;
    use tower::ServiceExt;

    use super::*;

    struct Join;
    impl Purpose for Join {
        const NAME: &'static str = "join";
    }
    struct Leave;
    impl Purpose for Leave {
        const NAME: &'static str = "leave";
    }

    fn session(seed: u64) -> SessionSecret {
        SessionSecret::fresh(&SeededRandomness::new(seed))
    }

    fn key() -> CsrfKey {
        CsrfKey::new([7; 32])
    }

    #[test]
    fn a_token_serves_its_own_session_purpose_and_key_alone() {
        let token = key().token::<Join>(&session(1).id());
        assert!(key().accepts::<Join>(&session(1).id(), &token));
        assert!(!key().accepts::<Join>(&session(2).id(), &token));
        assert!(!key().accepts::<Leave>(&session(1).id(), &token));
        assert!(!CsrfKey::new([8; 32]).accepts::<Join>(&session(1).id(), &token));
        assert!(!key().accepts::<Join>(&session(1).id(), ""));
        let shorter: String = token.chars().take(40).collect();
        assert!(!key().accepts::<Join>(&session(1).id(), &shorter));
    }

    #[test]
    fn only_our_own_pages_and_programs_may_send() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
            same_origin(&HeaderMap::from_iter(pairs))
        };
        let host = ("host", "kiln.localhost:8080");
        for accepted in [
            &[host][..],
            &[host, ("sec-fetch-site", "same-origin")],
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[host, ("sec-fetch-site", "none")],
            &[host, ("origin", "http://kiln.localhost:8080")],
        ] {
            assert_eq!(from(accepted), Ok(()), "{accepted:?}");
        }
        for refused in [
            &[host, ("sec-fetch-site", "cross-site")][..],
            &[host, ("sec-fetch-site", "same-site"), ("origin", "http://kiln.localhost:8080")],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://kiln.localhost")],
            &[host, ("origin", "https://kiln.localhost:8080.example.org")],
            &[("origin", "http://kiln.localhost:8080")],
        ] {
            assert_eq!(from(refused), Err(CsrfError::ForeignPage), "{refused:?}");
        }
    }

    #[derive(Clone)]
    struct State(CsrfKey);
    impl FromRef<State> for CsrfKey {
        fn from_ref(state: &State) -> Self {
            state.0.clone()
        }
    }

    async fn send(cookie: Option<HeaderValue>, body: String, site: &str) -> StatusCode {
        let handler = |form: CsrfForm<Join>| async move {
            assert!(form.fields.optional(FIELD).is_none());
            form.fields.required("name").map(str::to_owned)
        };
        let router = Router::new().route("/", post(handler)).with_state(State(key()));
        let mut request = http::Request::post("/")
            .header("host", "kiln.localhost")
            .header("sec-fetch-site", site)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie.to_str().unwrap().split(';').next().unwrap());
        }
        router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_form_needs_its_session_its_token_and_its_own_page() {
        let good = session(1);
        let cookie = || Some(good.cookie(None));
        let body = |token: String| format!("name=Ada&csrf={token}");
        let token = key().token::<Join>(&good.id());
        assert_eq!(send(cookie(), body(token.clone()), "same-origin").await, StatusCode::OK);
        assert_eq!(send(cookie(), body(token.clone()), "cross-site").await, StatusCode::FORBIDDEN);
        assert_eq!(send(None, body(token.clone()), "same-origin").await, StatusCode::FORBIDDEN);
        assert_eq!(
            send(Some(session(2).cookie(None)), body(token.clone()), "same-origin").await,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            send(cookie(), body(key().token::<Leave>(&good.id())), "same-origin").await,
            StatusCode::FORBIDDEN
        );
        assert_eq!(send(cookie(), "name=Ada".to_owned(), "same-origin").await, StatusCode::FORBIDDEN);
        assert_eq!(
            send(cookie(), format!("csrf={token}&csrf={token}"), "same-origin").await,
            StatusCode::BAD_REQUEST
        );
    }
}
