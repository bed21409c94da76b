//! What sites call themselves: metadata, keys, tokens, userinfo, revocation. Each call is known by what it carries; cookies are not looked
//! at, so that pages of any origin may call them.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use openid4vc::form::Form as Parameters;
use openid4vc::secret::SecretText;
use serde_json::{Value, json};
use verifier::sites::records::Site;
use verifier::sites::tokens::{ACCESS, Brought, Tokens};
use web::ApiError;

use crate::site::{Failed, SpaceWeb};

/// Longest body, in bytes.
const LONGEST: usize = 16_384;

/// `GET /connect/.well-known/openid-configuration`.
pub(crate) async fn metadata(State(site): State<SpaceWeb>) -> Json<Value> {
    Json(verifier_connect::discovery::metadata(&site.space.connect_issuer()))
}

/// `GET /connect/jwks`.
pub(crate) async fn keys(State(site): State<SpaceWeb>) -> Response {
    match site.space.site_keys().await {
        Ok(keys) => {
            let shown = |key: jose::Jwk| key.with_use("sig").with_alg("ES256").to_value();
            Json(json!({"keys": keys.into_iter().map(shown).collect::<Vec<_>>()})).into_response()
        }
        Err(error) => Failed::from(error).into_response(),
    }
}

/// `POST /connect/token`.
pub(crate) async fn token(State(site): State<SpaceWeb>, request: Request) -> Response {
    match tokens(&site, request).await {
        Ok(tokens) => {
            let mut said = json!({
                "access_token": tokens.access.expose(),
                "token_type": "Bearer",
                "expires_in": ACCESS,
                "id_token": tokens.id_token,
            });
            if let (Some(refresh), Value::Object(members)) = (&tokens.refresh, &mut said) {
                members.insert("refresh_token".to_owned(), refresh.expose().into());
            }
            private(Json(said).into_response())
        }
        Err(error) => error.into_response(),
    }
}

async fn tokens(site: &SpaceWeb, request: Request) -> Result<Tokens, ApiError> {
    let (headers, parameters) = read(request).await?;
    let asking = authenticated(site, &headers, &parameters).await?;
    let needed = |name: &'static str| {
        parameters.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            ApiError::bad_request("invalid_request", format!("the parameter {name} is missing"))
        })
    };
    let held;
    let brought = match needed("grant_type")? {
        "authorization_code" => {
            held = SecretText::new(needed("code")?);
            let (redirect_uri, verifier) = (needed("redirect_uri")?, needed("code_verifier")?);
            Brought::Code { code: &held, redirect_uri, verifier }
        }
        "refresh_token" => {
            held = SecretText::new(needed("refresh_token")?);
            Brought::Refresh(&held)
        }
        _ => {
            return Err(ApiError::bad_request(
                "unsupported_grant_type",
                "grant_type is authorization_code or refresh_token",
            ));
        }
    };
    let given = site.space.tokens_for_site(&asking, brought).await.map_err(Failed::from)?;
    given.ok_or_else(|| {
        ApiError::bad_request(
            "invalid_grant",
            "the code or refresh token is not one of this site's, was used, is over, or was ended by the member, or redirect_uri or \
             code_verifier is not that of the request; begin again at the authorization endpoint",
        )
    })
}

/// `GET` and `POST /connect/userinfo` (Core §5.3). The token is taken in the header alone.
pub(crate) async fn user_info(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let header = values.next().and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token.filter(|_| values.next().is_none()) else {
        return bearer_wanted(None);
    };
    match site.space.user_info(&SecretText::new(token.trim())).await {
        Ok(Some(claims)) => private(Json(claims).into_response()),
        Ok(None) => bearer_wanted(Some("invalid_token")),
        Err(error) => Failed::from(error).into_response(),
    }
}

/// RFC 6750 §3: without a token no code is said.
fn bearer_wanted(code: Option<&'static str>) -> Response {
    let challenge = match code {
        Some(_) => {
            "Bearer error=\"invalid_token\", error_description=\"the access token is over, or was ended by the member; get another one\""
        }
        None => "Bearer",
    };
    let error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        code.unwrap_or("invalid_request"),
        match code {
            Some(_) => {
                "the access token is over, or was ended by the member; get another one by the refresh token, or a new sign-in"
            }
            None => "send the access token as Authorization: Bearer",
        },
    );
    error.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge)).into_response()
}

/// `POST /connect/revoke` (RFC 7009): says the same of every token.
pub(crate) async fn revoke(State(site): State<SpaceWeb>, request: Request) -> Response {
    let revoked = async {
        let (headers, parameters) = read(request).await?;
        let asking = authenticated(&site, &headers, &parameters).await?;
        let Some(token) = parameters.get("token") else {
            return Err(ApiError::bad_request("invalid_request", "the parameter token is missing"));
        };
        site.space.revoke_site_token(&asking, &SecretText::new(token)).await.map_err(Failed::from)?;
        Ok(StatusCode::OK)
    };
    revoked.await.map_or_else(IntoResponse::into_response, |status| private(status.into_response()))
}

async fn read(request: Request) -> Result<(HeaderMap, Parameters), ApiError> {
    let (parts, body): (_, Body) = request.into_parts();
    let body = to_bytes(body, LONGEST).await.map_err(|_| {
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "the request is too large")
    })?;
    let media = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parameters = Parameters::parse(media, &body)
        .map_err(|error| ApiError::bad_request("invalid_request", error.to_string()))?;
    Ok((parts.headers, parameters))
}

/// Which site calls, known by its secret in one of two places, or by its name alone where it can keep none (RFC 6749 §2.3).
async fn authenticated(
    site: &SpaceWeb,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Site, ApiError> {
    let twice = || ApiError::bad_request("invalid_request", "say in one way alone which site calls");
    let by_header = match headers.get(AUTHORIZATION) {
        Some(value) => Some(basic(value).ok_or_else(|| not_known("Authorization is no Basic header"))?),
        None => None,
    };
    if headers.get_all(AUTHORIZATION).iter().count() > 1 {
        return Err(twice());
    }
    let by_form = parameters.get("client_secret").map(SecretText::new);
    let (id, secret) = match (by_header, by_form) {
        (Some(_), Some(_)) => return Err(twice()),
        (Some((id, secret)), None) => {
            if parameters.get("client_id").is_some_and(|named| named != id) {
                return Err(twice());
            }
            (id, Some(secret))
        }
        (None, secret) => (parameters.get("client_id").unwrap_or_default().to_owned(), secret),
    };
    if id.is_empty() {
        return Err(not_known("client_id is missing"));
    }
    let found = site.space.site(&id).await.map_err(Failed::from)?;
    let found = found.ok_or_else(|| not_known("there is no such client_id, or its site has ended"))?;
    match (&found.secret, &secret) {
        (Some(hash), Some(secret)) if hash.matches(secret.expose()) => Ok(found),
        (None, None) => Ok(found),
        (Some(_), Some(_)) => Err(not_known("client_secret is another one")),
        (Some(_), None) => Err(not_known("client_secret is missing")),
        (None, Some(_)) => Err(not_known("this site is public and has no client_secret")),
    }
}

/// The site reads one sentence, so that nobody learns by trying which names there are; our own log says which it was.
fn not_known(why: &'static str) -> ApiError {
    tracing::warn!(why, "nobody knows which site calls");
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "this is no site of this space, or not its secret: send client_id and client_secret as they were printed, by client_secret_basic \
         or client_secret_post; a public site sends client_id alone",
    )
    .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sites\""))
}

/// Name and secret, each encoded as in a form (RFC 6749 §2.3.1).
fn basic(value: &HeaderValue) -> Option<(String, SecretText)> {
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    // The header's alphabet is that of RFC 4648 §4.
    let text = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
    let text = String::from_utf8(jose::base64url::decode(text).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| {
        let form = Parameters::from_query(&format!("x={text}")).ok()?;
        form.get("x").map(str::to_owned)
    };
    Some((decoded(id)?, SecretText::new(decoded(secret)?)))
}

fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
