//! Requests for programs: another page, a command, a wallet that refills.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use issuer::asking::REQUEST_LIFETIME;
use issuer::records::{Asked, RequestKind};
use openid4vc::secret::SecretHash;
use openid4vc::vp::link::RequestUriMethod;
use presentation::{AskedRequest, Asking, ClientIdentifier, Way};
use serde::Deserialize;
use serde_json::json;
use web::session::SessionSecret;
use web::{ApiError, StrictJson, Words, csrf};

use crate::site::{Failed, Site};

/// `POST /passport/requests`.
pub(crate) async fn first_passport(State(site): State<Site>, headers: HeaderMap, _: Bytes) -> Response {
    answer(&site, &headers, RequestKind::FirstPassport).await
}

/// What is to be refilled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refill {
    what: What,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Passport,
    Profile,
}

/// `POST /refill/requests`.
pub(crate) async fn refill(
    State(site): State<Site>,
    headers: HeaderMap,
    StrictJson(refill): StrictJson<Refill>,
) -> Response {
    let kind = match refill.what {
        What::Passport => RequestKind::RefillPassport,
        What::Profile => RequestKind::RefillProfile,
    };
    answer(&site, &headers, kind).await
}

async fn answer(site: &Site, headers: &HeaderMap, kind: RequestKind) -> Response {
    if csrf::same_origin(headers).is_err() {
        let sentence = "requests are made by this office's own pages and by programs";
        return ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence).into_response();
    }
    let session = SessionSecret::of_request(headers).map(|session| session_hash(&session));
    match ask(site, kind, session, Words::of_request(headers), None).await {
        Ok((asked, request)) => {
            let body = json!({
                "link": request.link,
                "client_id": request.client_id,
                "request_uri": request.request_uri,
                "request_uri_method": request.request_uri_method,
                "session": asked.id,
            });
            ([(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
        }
        Err(failed) => failed.into_response(),
    }
}

/// Records what is asked, for the wallet that waits for the code of `authorization` if one does, and makes the request.
pub(crate) async fn ask(
    site: &Site,
    kind: RequestKind,
    session: Option<SecretHash>,
    words: Words,
    authorization: Option<&str>,
) -> Result<(Asked, AskedRequest), Failed> {
    let asked = site.office.ask_for(kind, session, words.tag(), authorization).await?;
    let asking = Asking {
        subject: asked.id.clone(),
        query: kind.query(),
        // Whoever is at the screen gets nothing for the answer alone: everything goes to the wallet that answers, or after a
        // link in a mail that counts in this browser only, to the wallet that sent the browser here.
        way: Way::NoScreen,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    };
    let request = site.presentation.ask_saying(asking, &[presentation::for_use(kind.purpose())]).await?;
    Ok((asked, request))
}

/// How records know a browser's session.
pub(crate) fn session_hash(session: &SessionSecret) -> SecretHash {
    SecretHash::from_bytes(*session.id().bytes())
}
