//! What stands before every address of the API: a key that counts, its budget, and its scope.
//!
//! Routes are registered with the scope that they need; one without cannot be written. Whoever lacks it is refused before the handler
//! runs and before anything is read of what is sent.

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use openid4vc::access::{AccessError, Presented, Scheme};
use verifier::api_keys::{ApiKey, Scope};
use web::ApiError;

use super::PROGRAM;
use crate::site::{Failed, SpaceWeb};

/// Which key asks.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) key: ApiKey,
}

impl Caller {
    /// How a look and a decision by this key are noted.
    pub(crate) fn noted_as(&self) -> String {
        format!("{PROGRAM}{}", self.key.name)
    }
}

/// A handler that was reached past the guard answers nothing.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::internal)
    }
}

/// Routes with the scopes that they need.
pub(crate) struct Keyed {
    site: SpaceWeb,
    router: Router<SpaceWeb>,
    table: Vec<(&'static str, Scope)>,
}

impl Keyed {
    pub(crate) fn new(site: SpaceWeb) -> Self {
        Self { site, router: Router::new(), table: Vec::new() }
    }

    /// One more, for one method.
    pub(crate) fn route(mut self, path: &'static str, scope: Scope, method: MethodRouter<SpaceWeb>) -> Self {
        let guard = Guard { site: self.site.clone(), scope };
        let guarded = method.route_layer(from_fn_with_state(guard, stand_before));
        self.table.push((path, scope));
        Self { router: self.router.route(path, guarded), ..self }
    }

    pub(crate) fn into_router(self) -> Router<SpaceWeb> {
        self.router
    }

    /// Path and scope of each, for the test that tries all.
    #[cfg(test)]
    pub(crate) fn table(&self) -> &[(&'static str, Scope)] {
        &self.table
    }
}

#[derive(Clone)]
struct Guard {
    site: SpaceWeb,
    scope: Scope,
}

async fn stand_before(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let mut response = match admitted(&guard, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The key that the request carries, if it may do what is asked.
async fn admitted(guard: &Guard, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let given = headers.get_all(AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or_default());
    let presented = Presented::parse(given).map_err(|error| denied(&error))?;
    if presented.scheme != Scheme::Bearer {
        return Err(denied(&AccessError::WrongScheme));
    }
    let key = guard.site.space.api_key(&presented.token).await.map_err(Failed::from)?;
    let key = key.ok_or_else(|| denied(&AccessError::InvalidToken))?;
    guard.site.keys.take(key.token.as_bytes())?;
    if !key.scopes.contains(&guard.scope) {
        return Err(lacks(guard.scope));
    }
    guard.site.space.api_key_used(&key).await.map_err(Failed::from)?;
    Ok(Caller { key })
}

/// RFC 6750 §3: without a key the challenge names no error.
fn denied(error: &AccessError) -> ApiError {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let challenge = match error {
        AccessError::Missing => HeaderValue::from_static("Bearer"),
        AccessError::Repeated => HeaderValue::from_static("Bearer error=\"invalid_request\""),
        _ => HeaderValue::from_static("Bearer error=\"invalid_token\""),
    };
    let sentence = match error {
        AccessError::Missing => {
            "send a key of this space as Authorization: Bearer KEY; an owner makes one in the console under Program keys"
        }
        AccessError::Repeated => "more than one key was sent: send Authorization once",
        AccessError::WrongScheme => "a key is sent as Authorization: Bearer KEY, and in no other way",
        _ => "this key is not one of this space, was revoked, or has ended",
    };
    ApiError::new(status, error.code(), sentence).with_header(WWW_AUTHENTICATE, challenge)
}

/// RFC 6750 §3.1.
fn lacks(scope: Scope) -> ApiError {
    let sentence = format!("this key may not do that: it needs the scope {}", scope.name());
    let refused = ApiError::new(StatusCode::FORBIDDEN, "insufficient_scope", sentence);
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.name());
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => refused.with_header(WWW_AUTHENTICATE, challenge),
        Err(_) => refused,
    }
}
