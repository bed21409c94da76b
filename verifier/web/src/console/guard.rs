//! What stands before every page of the console: a session, the right, and for whatever changes something its own page.
//!
//! Routes are registered with the right that they need; one without cannot be written. Whoever lacks it is refused before the handler
//! runs, whatever that does.

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use verifier::team::looks::Looker;
use verifier::team::records::{TeamSession, Teammate};
use verifier::team::{Right, Role};
use web::csrf::{FIELD, Purpose, same_origin};
use web::errors::error_page;
use web::form::Fields;
use web::session::{SessionSecret, TEAM_COOKIE_NAME};
use web::{ApiError, Form, Words};

use super::{entering, frame, upload};
use crate::site::{Failed, SpaceWeb};

/// The forms of the console. All have one purpose: whoever has the token of one is the session's own browser, and what that may do the
/// right says.
pub(crate) struct ConsoleForm;

impl Purpose for ConsoleForm {
    const NAME: &'static str = "space-console";
}

/// Who acts.
#[derive(Clone)]
pub(crate) struct Acting {
    pub(crate) teammate: Teammate,
    pub(crate) session: TeamSession,
    csrf: String,
}

impl Acting {
    /// The token of this session's forms.
    pub(crate) fn csrf(&self) -> String {
        self.csrf.clone()
    }

    /// Whether they may do that, for what is shown; what is done, the guard has looked at.
    pub(crate) const fn may(&self, right: Right) -> bool {
        self.role().may(right)
    }

    pub(crate) const fn role(&self) -> Role {
        self.teammate.role
    }

    /// Who looks, for whatever opens values.
    pub(crate) const fn looker(&self) -> Looker<'_> {
        Looker::Teammate(self.teammate.id.as_str(), self.teammate.role)
    }
}

/// A handler that was reached past the guard answers nothing.
impl<S: Sync> FromRequestParts<S> for Acting {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::internal)
    }
}

/// The fields of a form whose token was looked at.
#[derive(Clone)]
pub(crate) struct Posted(pub(crate) Fields);

impl Posted {
    /// A field without the space around it; empty if it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.optional(name).unwrap_or_default().trim()
    }
}

impl<S: Sync> FromRequestParts<S> for Posted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::internal)
    }
}

/// The table that came with a form; empty where none did.
#[derive(Clone)]
pub(crate) struct Uploaded(pub(crate) Bytes);

impl<S: Sync> FromRequestParts<S> for Uploaded {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::internal)
    }
}

/// Routes with the rights that they need.
pub(crate) struct Guarded {
    site: SpaceWeb,
    router: Router<SpaceWeb>,
    table: Vec<(&'static str, Right)>,
    tables: &'static [&'static str],
}

impl Guarded {
    pub(crate) fn new(site: SpaceWeb) -> Self {
        Self { site, router: Router::new(), table: Vec::new(), tables: &[] }
    }

    /// Forms at these addresses may bring a table along ([`Uploaded`]).
    pub(crate) fn taking_tables_at(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    /// One more, for one method.
    pub(crate) fn route(mut self, path: &'static str, right: Right, method: MethodRouter<SpaceWeb>) -> Self {
        let guard = Guard { site: self.site.clone(), right, takes_tables: self.tables.contains(&path) };
        let guarded = method.route_layer(from_fn_with_state(guard, stand_before));
        self.table.push((path, right));
        Self { router: self.router.route(path, guarded), ..self }
    }

    pub(crate) fn into_router(self) -> Router<SpaceWeb> {
        self.router
    }

    /// Path and right of each, for the test that tries all.
    #[cfg(test)]
    pub(crate) fn table(&self) -> &[(&'static str, Right)] {
        &self.table
    }
}

#[derive(Clone)]
struct Guard {
    site: SpaceWeb,
    right: Right,
    takes_tables: bool,
}

async fn stand_before(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let words = Words::of_request(request.headers());
    let mut response = match admitted(&guard, request).await {
        Ok(request) => next.run(request).await,
        Err(Kept::Out(to)) => Redirect::to(&to).into_response(),
        Err(Kept::NoRight(acting)) => frame::no_right(&guard.site, words, &acting),
        Err(Kept::Forged) => error_page(words, StatusCode::FORBIDDEN),
        Err(Kept::Unread(error)) => error.into_response(),
        Err(Kept::Failed(failed)) => failed.page(words),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why a request comes no further.
enum Kept {
    /// Nobody is signed in: here is where they do that.
    Out(String),
    NoRight(Box<Acting>),
    Forged,
    Unread(ApiError),
    Failed(Failed),
}

async fn admitted(guard: &Guard, request: Request) -> Result<Request, Kept> {
    let acting = acting(&guard.site, request.headers())
        .await
        .map_err(Kept::Failed)?
        .ok_or_else(|| Kept::Out(sign_in_before(&request)))?;
    if !acting.may(guard.right) {
        return Err(Kept::NoRight(Box::new(acting)));
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(acting);
        return Ok(Request::from_parts(parts, body));
    }
    same_origin(request.headers()).map_err(|_| Kept::Forged)?;
    let (parts, body) = request.into_parts();
    let secret = SessionSecret::of_cookie(&parts.headers, TEAM_COOKIE_NAME);
    let is_own = |token: &str| {
        secret.as_ref().is_some_and(|secret| guard.site.csrf.accepts::<ConsoleForm>(&secret.id(), token))
    };
    let (fields, table) = if guard.takes_tables && upload::is_upload(&parts.headers) {
        let sent = upload::read(&parts.headers, body, is_own).await.map_err(|error| match error {
            upload::NotTaken::Forged => Kept::Forged,
            upload::NotTaken::Unread(error) => Kept::Unread(error),
        })?;
        (sent.fields, sent.table)
    } else {
        let copy = Request::from_parts(parts.clone(), body);
        let Form(mut fields) = Form::from_request(copy, &()).await.map_err(Kept::Unread)?;
        if !is_own(&fields.take(FIELD).unwrap_or_default()) {
            return Err(Kept::Forged);
        }
        (fields, Bytes::new())
    };
    let mut parts = parts;
    parts.extensions.insert(Uploaded(table));
    parts.extensions.insert(acting);
    parts.extensions.insert(Posted(fields));
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}

/// Who acts in the browser that sends these headers.
pub(crate) async fn acting(site: &SpaceWeb, headers: &HeaderMap) -> Result<Option<Acting>, Failed> {
    let Some(secret) = SessionSecret::of_cookie(headers, TEAM_COOKIE_NAME) else { return Ok(None) };
    let Some(found) = site.space.team_session(&secret.id().text()).await? else { return Ok(None) };
    // What a page's script fetches by itself is no use of the session.
    if !headers.contains_key("passport-looks") {
        site.space.team_session_used(&found).await?;
    }
    let csrf = site.csrf.token::<ConsoleForm>(&secret.id());
    Ok(Some(Acting { teammate: found.teammate, session: found.session, csrf }))
}

/// Where somebody signs in who then goes on to where they wanted.
fn sign_in_before(request: &Request) -> String {
    let wanted = request.uri().path_and_query().map_or("", |wanted| wanted.as_str());
    let is_page = request.method() == Method::GET;
    if is_page && wanted != super::CONSOLE {
        entering::address_before(wanted)
    } else {
        entering::SIGN_IN.to_owned()
    }
}
