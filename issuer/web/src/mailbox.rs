//! Mailboxes: spaces leave envelopes, whoever holds an inbox's key fetches them (specs/mailbox.md).

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use issuer::callers::NotACaller;
use issuer::mailbox::NotDeposited;
use network::mailbox::{
    self, Address, Bell, BellWish, Block, Deposit, DepositError, Done, MOST_DONE, Report,
};
use openid4vc::http::Method;
use serde::de::DeserializeOwned;
use serde_json::json;
use web::ApiError;

use crate::binding::on_tick;
use crate::callers::signed_call;
use crate::site::{Failed, Site};

/// Longest body of what a wallet tells of its inbox, in bytes.
const LONGEST_WORD: usize = 16_384;

type Body = Result<Bytes, BytesRejection>;
type Refused = Box<Response>;

/// `POST /mailbox/{address}`: a space leaves an envelope. What is malformed is refused before anything is looked up; the rest
/// is answered on a tick, and to an admitted space within its budget always in the same way.
pub(crate) async fn deposit(
    State(site): State<Site>,
    Path(address): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let now = site.office.tenant().environment().now();
    let Ok(body) = body else { return malformed(&DepositError::TooLong) };
    let deposit = match (is_json(&headers), Deposit::read(&body, now)) {
        (true, Ok(deposit)) => deposit,
        (false, Ok(_)) => return malformed(&DepositError::Malformed),
        (_, Err(error)) => return malformed(&error),
    };
    let Ok(address) = Address::parse(&address) else {
        return ApiError::bad_request("invalid_request", mailbox::NotAnAddress.to_string()).into_response();
    };
    on_tick(&site, async {
        match leave(&site, &address, &uri, &headers, &body, deposit).await {
            Ok(()) => (StatusCode::ACCEPTED, [(CACHE_CONTROL, "no-store")], Json(json!({}))).into_response(),
            Err(refused) => *refused,
        }
    })
    .await
}

async fn leave(
    site: &Site,
    address: &Address,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    deposit: Deposit,
) -> Result<(), Refused> {
    let call = signed_call("POST", uri, headers, body);
    let caller = site.callers().admit(&call, None).await.map_err(|error| Box::new(not_a_caller(error)))?;
    let left = site.office.mailbox().deposit(caller.space.did(), address, deposit).await;
    left.map_err(|error| match error {
        NotDeposited::OverBudget => Box::new(slow_down(&error)),
        NotDeposited::Store(fault) => Box::new(Failed::from(fault).into_response()),
    })
}

fn malformed(error: &DepositError) -> Response {
    let status = match error {
        DepositError::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    ApiError::new(status, "invalid_request", error.to_string()).into_response()
}

/// Whoever is no admitted space in good standing that calls for the first time with this very request gets one answer.
fn not_a_caller(error: NotACaller) -> Response {
    match error {
        NotACaller::Unreachable(_) | NotACaller::Store(_) => {
            tracing::error!(%error, "a deposit could not be taken");
            ApiError::busy(2).into_response()
        }
        NotACaller::TooOften => slow_down(&NotDeposited::OverBudget),
        _ => {
            let sentence =
                "only an admitted space may leave something here, with a signed request that is new";
            ApiError::new(StatusCode::UNAUTHORIZED, "invalid_client", sentence).into_response()
        }
    }
}

fn slow_down(error: &NotDeposited) -> Response {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", error.to_string()).into_response()
}

/// `GET /mailbox/{address}`: what waits. Its length is one of four whatever that is.
pub(crate) async fn fetch(
    State(site): State<Site>,
    Path(address): Path<String>,
    headers: HeaderMap,
) -> Response {
    let address = match reader(&site, &address, &headers, Method::Get, "", false).await {
        Ok(address) => address,
        Err(refused) => return *refused,
    };
    match site.office.mailbox().waiting(&address).await {
        Ok(listing) => ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], listing.body())
            .into_response(),
        Err(fault) => Failed::from(fault).into_response(),
    }
}

/// `POST /mailbox/{address}/done`: the wallet has these.
pub(crate) async fn done(
    State(site): State<Site>,
    Path(address): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    told(&site, &address, &headers, "/done", body, async |address, done: Done| {
        site.office.mailbox().done(address, &done.ids).await
    })
    .await
}

/// `POST /mailbox/{address}/blocks`: nothing more from a space, or again.
pub(crate) async fn block(
    State(site): State<Site>,
    Path(address): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    told(&site, &address, &headers, "/blocks", body, async |address, block: Block| {
        site.office.mailbox().block(address, &block.space, block.blocked).await
    })
    .await
}

/// `POST /mailbox/{address}/reports`: a complaint about a space.
pub(crate) async fn report(
    State(site): State<Site>,
    Path(address): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    told(&site, &address, &headers, "/reports", body, async |address, report: Report| {
        site.office.mailbox().report(address, &report.space, report.reason).await
    })
    .await
}

/// `POST /mailbox/{address}/bell`: who is told that something came, or nobody. Also where nobody has written yet, since that is what is
/// waited for; so its proof is used up like one that finds something.
pub(crate) async fn bell(
    State(site): State<Site>,
    Path(address): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    told(&site, &address, &headers, "/bell", body, async |address, wish: BellWish| {
        site.office.mailbox().hang_bell(address, wish.bell).await
    })
    .await
}

/// What the holder of an inbox's key tells the host. The answer is the same whether there was anything to do.
async fn told<T: Told>(
    site: &Site,
    address: &str,
    headers: &HeaderMap,
    what: &str,
    body: Body,
    act: impl AsyncFnOnce(&Address, T) -> Result<(), store::StoreFault>,
) -> Response {
    let Ok(body) = body.map(|body| body.to_vec()) else {
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "that is too long")
            .into_response();
    };
    let address = match reader(site, address, headers, Method::Post, what, T::ALSO_WHERE_NOTHING_IS).await {
        Ok(address) => address,
        Err(refused) => return *refused,
    };
    let read = (body.len() <= LONGEST_WORD).then(|| jose::json::parse_as::<T>(&body).ok()).flatten();
    let Some(word) = read.filter(Told::is_sensible) else {
        return ApiError::bad_request("invalid_request", "the body is not what this address takes")
            .into_response();
    };
    match act(&address, word).await {
        Ok(()) => ([(CACHE_CONTROL, "no-store")], Json(json!({}))).into_response(),
        Err(fault) => Failed::from(fault).into_response(),
    }
}

/// What may be told of an inbox.
trait Told: DeserializeOwned {
    /// Whether it changes something where nobody has written, so that its proof must count once there, too.
    const ALSO_WHERE_NOTHING_IS: bool = false;

    fn is_sensible(&self) -> bool;
}

impl Told for Done {
    fn is_sensible(&self) -> bool {
        self.ids.len() <= MOST_DONE
    }
}

impl Told for Block {
    fn is_sensible(&self) -> bool {
        true
    }
}

impl Told for Report {
    fn is_sensible(&self) -> bool {
        true
    }
}

impl Told for BellWish {
    const ALSO_WHERE_NOTHING_IS: bool = true;

    fn is_sensible(&self) -> bool {
        self.bell.as_ref().is_none_or(Bell::is_sensible)
    }
}

/// The address, if whoever asks proves to hold its key. Where nobody has written there is nothing to be had or changed, and a
/// proof leaves nothing in the store: anybody can make a key, its address and proofs.
async fn reader(
    site: &Site,
    address: &str,
    headers: &HeaderMap,
    method: Method,
    what: &str,
    also_where_nothing_is: bool,
) -> Result<Address, Refused> {
    let not_found = || Box::new(ApiError::not_found().into_response());
    let address = Address::parse(address).map_err(|_| not_found())?;
    let path = format!("{}{what}", mailbox::path(&address));
    let holder = site.presentation.proof_at(headers, method, &path)?;
    if holder.thumbprint() != address.as_str() {
        return Err(not_found());
    }
    match site.office.mailbox().is_known(&address).await {
        Ok(known) if known || also_where_nothing_is => site.presentation.use_proof(&holder).await?,
        Ok(_) => {}
        Err(fault) => return Err(Box::new(Failed::from(fault).into_response())),
    }
    Ok(address)
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}
