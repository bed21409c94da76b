//! The member API's endpoints (specs/member-api.md): the token that a presentation of the membership gives, with a DPoP proof
//! by its key (RFC 9449 §7.1), before anything else is looked at.

mod description;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use jose::base64url;
use network::member_api::{
    ChangeAnswer, ChangeRequest, Changes, Details, Leave, Objection, Refusal, RequestMade,
};
use openid4vc::access::{AccessError, Presented, Scheme};
use openid4vc::dpop::DpopError;
use openid4vc::http::Method;
use openid4vc::vp::link::RequestUriMethod;
use openid4vc::vp::request::VerifierInfo;
use presentation::{Asking, BoundToken, ClientIdentifier, Way, for_use};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use verifier::SpaceError;
use verifier::asking::REQUEST_LIFETIME;
use verifier::member_api::{Caller, MemberAccess, NotDone, ProofUse};
use verifier::renewing::REFILL;
use web::{ApiError, StrictJson, csrf};

use crate::site::{Failed, SpaceWeb};

pub use description::description;

/// Makes a request for a copy of the membership; the reply to its answer carries the access token.
#[utoipa::path(
    post,
    tag = "member",
    path = "/member/requests",
    request_body(content = Value, description = "An empty object.", example = json!({})),
    responses(
        (status = 200, description = "A request for the membership; the 200 reply to its answer carries `member_api`.",
            body = RequestMade, example = json!(description::request_made())),
        (status = 404, description = "This space has not registered that it asks for memberships.", body = Refusal),
    ),
    security(()),
)]
pub(crate) async fn requests(
    State(site): State<SpaceWeb>,
    headers: HeaderMap,
    StrictJson(nothing): StrictJson<Map<String, Value>>,
) -> Response {
    if !nothing.is_empty() {
        return ApiError::bad_request("invalid_request", "this takes an empty object").into_response();
    }
    if csrf::same_origin(&headers).is_err() {
        let sentence = "requests are made by this space's own pages and by programs";
        return ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence).into_response();
    }
    let Some(wanted) = site.space.member_access_request() else {
        return ApiError::not_found().into_response();
    };
    make_request(&site, wanted.subject.to_owned(), wanted.query, &[for_use(REFILL)]).await
}

/// Everything that the space holds of the member.
#[utoipa::path(
    get,
    tag = "member",
    path = "/member/details",
    responses(
        (status = 200, description = "What is held.", body = Details, example = json!(description::details())),
        (status = 401, description = "Token or DPoP proof.", body = Refusal),
        (status = 403, description = "The membership has ended.", body = Refusal),
    ),
)]
pub(crate) async fn details(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    let admitted = match admitted(&site, &headers, Method::Get, "/member/details").await {
        Ok(admitted) => admitted,
        Err(refused) => return *refused,
    };
    answered(&site, site.space.member_details(&admitted.caller()).await)
}

/// Changes who sees details and until when they are kept, and takes details back.
#[utoipa::path(
    post,
    tag = "member",
    path = "/member/changes",
    request_body(content = Changes, example = json!(description::changes())),
    responses(
        (status = 200, description = "Done, or what would follow.", body = ChangeAnswer,
            examples(
                ("done" = (value = json!(description::done()))),
                ("dry run" = (value = json!(description::would()))),
            )),
        (status = 400, description = "Nothing has changed.", body = Refusal, example = json!(description::not_held())),
        (status = 401, description = "Token or DPoP proof.", body = Refusal),
        (status = 403, description = "The membership has ended.", body = Refusal),
        (status = 409, description = "The identifier was used for something else.", body = Refusal),
    ),
)]
pub(crate) async fn changes(State(site): State<SpaceWeb>, request: Request) -> Response {
    let (admitted, asked): (_, Changes) = match read(&site, request, "/member/changes").await {
        Ok(read) => read,
        Err(refused) => return *refused,
    };
    answered(&site, site.space.change_details(&admitted.caller(), &asked).await)
}

/// Makes a request for new values of claims that are held. Its answer shows the membership too.
#[utoipa::path(
    post,
    tag = "member",
    path = "/member/change-requests",
    request_body(content = ChangeRequest, example = json!(description::change_request())),
    responses(
        (status = 200, description = "A request for the new values and the membership.", body = RequestMade,
            example = json!(description::request_made())),
        (status = 400, description = "Nothing is asked.", body = Refusal, example = json!(description::not_held())),
        (status = 401, description = "Token or DPoP proof.", body = Refusal),
        (status = 403, description = "The membership has ended.", body = Refusal),
    ),
)]
pub(crate) async fn change_requests(State(site): State<SpaceWeb>, request: Request) -> Response {
    let (admitted, asked): (_, ChangeRequest) = match read(&site, request, "/member/change-requests").await {
        Ok(read) => read,
        Err(refused) => return *refused,
    };
    match site.space.ask_for_new_values(&admitted.caller(), &asked).await {
        Ok(wanted) => make_request(&site, wanted.subject, wanted.query, &wanted.uses).await,
        Err(refused) => not_done(&site, &refused),
    }
}

/// Ends the membership and erases what is held of the member.
#[utoipa::path(
    post,
    tag = "member",
    path = "/member/leave",
    request_body(content = Leave, example = json!(description::leave())),
    responses(
        (status = 200, description = "Done, or what would follow.", body = ChangeAnswer,
            examples(
                ("done" = (value = json!(description::done()))),
                ("dry run" = (value = json!(description::would()))),
            )),
        (status = 401, description = "Token or DPoP proof.", body = Refusal),
        (status = 403, description = "The membership has ended.", body = Refusal),
        (status = 409, description = "The identifier was used for something else.", body = Refusal),
    ),
)]
pub(crate) async fn leave(State(site): State<SpaceWeb>, request: Request) -> Response {
    let (admitted, asked): (_, Leave) = match read(&site, request, "/member/leave").await {
        Ok(read) => read,
        Err(refused) => return *refused,
    };
    answered(&site, site.space.leave(&admitted.caller(), &asked).await)
}

/// Files an objection for the space's team.
#[utoipa::path(
    post,
    tag = "member",
    path = "/member/objections",
    request_body(content = Objection, example = json!(description::objection())),
    responses(
        (status = 200, description = "Filed.", body = ChangeAnswer, example = json!(description::done())),
        (status = 400, description = "Nothing is filed.", body = Refusal, example = json!(description::not_held())),
        (status = 401, description = "Token or DPoP proof.", body = Refusal),
        (status = 403, description = "The membership has ended.", body = Refusal),
        (status = 409, description = "The identifier was used for something else.", body = Refusal),
    ),
)]
pub(crate) async fn objections(State(site): State<SpaceWeb>, request: Request) -> Response {
    let (admitted, asked): (_, Objection) = match read(&site, request, "/member/objections").await {
        Ok(read) => read,
        Err(refused) => return *refused,
    };
    answered(&site, site.space.object(&admitted.caller(), &asked).await)
}

/// Whoever has a token and proves to hold its key.
struct Admitted {
    access: MemberAccess,
    proof: ProofUse,
}

impl Admitted {
    const fn caller(&self) -> Caller<'_> {
        Caller { access: &self.access, proof: self.proof }
    }
}

/// Admits whoever asks, and only then reads what is asked: a stranger learns nothing of its form.
async fn read<T: DeserializeOwned>(
    site: &SpaceWeb,
    request: Request,
    path: &str,
) -> Result<(Admitted, T), Box<Response>> {
    let admitted = admitted(site, request.headers(), Method::Post, path).await?;
    match StrictJson::<T>::from_request(request, site).await {
        Ok(StrictJson(asked)) => Ok((admitted, asked)),
        Err(refused) => Err(Box::new(refused.into_response())),
    }
}

/// The token, the key it is bound to, and a proof by that key. The proof is used up with what it brings about.
async fn admitted(
    site: &SpaceWeb,
    headers: &HeaderMap,
    method: Method,
    path: &str,
) -> Result<Admitted, Box<Response>> {
    let refused = |error: AccessError| Box::new(access_refused(&error));
    let texts = headers.get_all(AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or_default());
    let presented = Presented::parse(texts).map_err(refused)?;
    let access = site.space.member_access(&presented.token).await;
    let access = access.map_err(|error| Box::new(Failed::from(error).into_response()))?;
    let access = access.ok_or_else(|| refused(AccessError::InvalidToken))?;
    if presented.scheme != Scheme::Dpop {
        return Err(refused(AccessError::WrongScheme));
    }
    let key = base64url::decode_exact(&access.key)
        .map_err(|_| Box::new(Failed::from(SpaceError::Unreadable).into_response()))?;
    let bound = BoundToken { token: &presented.token, key };
    let holder = site.presentation.proof_of_token(headers, method, path, bound)?;
    let (hash, until) = holder.use_until();
    Ok(Admitted { access, proof: ProofUse { hash, until: until.seconds() } })
}

/// RFC 6750 §3, RFC 9449 §7.1.
fn access_refused(error: &AccessError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let mut refused = ApiError::new(status, error.code(), error.to_string()).into_response();
    if let Ok(challenge) = error.challenge().parse() {
        refused.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    refused
}

fn answered(site: &SpaceWeb, outcome: Result<impl Serialize, NotDone>) -> Response {
    match outcome {
        Ok(answer) => ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(refused) => not_done(site, &refused),
    }
}

fn not_done(site: &SpaceWeb, refused: &NotDone) -> Response {
    match refused {
        NotDone::Space(error) => {
            tracing::error!(%error, "what a member asked could not be done");
            ApiError::busy(2).into_response()
        }
        NotDone::TokenExpired => access_refused(&AccessError::InvalidToken),
        NotDone::Replayed => site.presentation.proof_refused(&DpopError::Replayed),
        _ => {
            let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let body = Refusal {
                error: refused.code().to_owned(),
                error_description: refused.to_string(),
                claims: refused.claims().to_vec(),
            };
            (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
    }
}

async fn make_request(site: &SpaceWeb, subject: String, query: Value, uses: &[VerifierInfo]) -> Response {
    let asking = Asking {
        subject,
        query,
        // Nobody is at a screen: the wallet that asks answers.
        way: Way::NoScreen,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    };
    match site.presentation.ask_saying(asking, uses).await {
        Ok(request) => {
            let body = RequestMade {
                link: request.link,
                client_id: request.client_id,
                request_uri: request.request_uri,
                request_uri_method: request.request_uri_method.to_owned(),
            };
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(error) => Failed::from(error).into_response(),
    }
}
