//! Where counter-offers go, and what the space says to them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use network::counter_offer::{CounterOffer, CounterOfferError, MEDIA_TYPE, NewRequest, Reply};
use openid4vc::vp::link::RequestUriMethod;
use presentation::{AskedRequest, Asking, OpenRequest};
use verifier::asking::REQUEST_LIFETIME;
use verifier::counter_offers::{CounterRefused, Countered};
use verifier::deciding::handle_hash;
use verifier::records::Asked;
use web::ApiError;

use crate::site::{Failed, SpaceWeb};

/// `POST /counter-offer/{handle}`. An unknown handle, a request that has ended or was answered, and a `state` of none of
/// its request objects are one answer.
pub(crate) async fn take(
    State(site): State<SpaceWeb>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_json(&headers) {
        let sentence = "a counter-offer is sent as application/json";
        return ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", sentence)
            .into_response();
    }
    let offer = match CounterOffer::from_json(&body) {
        Ok(offer) => offer,
        Err(error) => return malformed(error).into_response(),
    };
    match answer(&site, &handle, &offer).await {
        Ok(reply) => ([(CACHE_CONTROL, "no-store")], Json(reply)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let named = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = named.and_then(|value| value.split(';').next());
    media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

fn malformed(error: CounterOfferError) -> ApiError {
    let status = match error {
        CounterOfferError::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    ApiError::new(status, "invalid_request", error.to_string())
}

async fn answer(site: &SpaceWeb, handle: &str, offer: &CounterOffer) -> Result<Reply, ApiError> {
    let (asked, open) = meant(site, handle, offer).await?.ok_or_else(ApiError::not_found)?;
    if open.request_hash != offer.request {
        let sentence = "request is not the hash of the request object with this state";
        return Err(ApiError::bad_request("invalid_request", sentence));
    }
    match site.space.counter_offer(&asked, offer).await {
        Ok(Countered::Declined(reason)) => Ok(Reply::Declined { reason }),
        Ok(Countered::AskedAnew(anew)) => {
            Ok(Reply::NewRequest { request: new_request(ask_anew(site, &anew, &open).await?) })
        }
        Err(CounterRefused::Ended) => Err(ApiError::not_found()),
        Err(error @ CounterRefused::TooMany) => {
            Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", error.to_string()))
        }
        Err(error @ CounterRefused::None(_)) => {
            Err(ApiError::bad_request("invalid_request", error.to_string()))
        }
        Err(CounterRefused::Space(error)) => Err(Failed::from(error).into()),
        Err(error) => Err(ApiError::bad_request("invalid_request", error.to_string())),
    }
}

/// The open request that the counter-offer is about.
async fn meant(
    site: &SpaceWeb,
    handle: &str,
    offer: &CounterOffer,
) -> Result<Option<(Asked, OpenRequest)>, Failed> {
    let Some(asked) = site.space.asked_under(handle_hash(handle)).await? else { return Ok(None) };
    let open = site.presentation.open_request(&asked.id, &offer.state).await?;
    Ok(open.map(|open| (asked, open)))
}

/// The request about less, for the same person in the same way: whoever waits at the page goes on there.
async fn ask_anew(site: &SpaceWeb, anew: &Asked, open: &OpenRequest) -> Result<AskedRequest, Failed> {
    let asking = Asking {
        subject: anew.id.clone(),
        query: anew.compiled.query.clone(),
        way: open.way,
        encrypt: open.encrypt,
        client: open.client,
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    };
    Ok(site.presentation.ask_saying(asking, &site.space.says_with(anew)).await?)
}

fn new_request(asked: AskedRequest) -> NewRequest {
    NewRequest {
        link: asked.link,
        client_id: asked.client_id,
        request_uri: asked.request_uri,
        request_uri_method: asked.request_uri_method.to_owned(),
    }
}
