//! The wallet's router.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use environment::Environment;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use wallet::{Cost, Device, MailError, NumberError, VaultError, VaultId, WalletError};
use web::csrf::CsrfKey;
use web::limits::{Limiter, limited};
use web::navigation::only_the_head;
use web::session::SessionSecret;
use web::{Party, Words, errors};

use crate::admission::{self, Making};
use crate::desk::{Desk, NotOpened};
use crate::desks::Desks;
use crate::doors::{self, Strangers};
use crate::{
    argon2, asked, card, carrying, decoder, details, digests, foreign, held, hello, history, home,
    installable, known, links, live, lost, making, messages, notices, offices, recovery, scan, signing,
    spaces, typed, unlock, ways,
};

/// Requests that a client may make within a minute; a person with three devices makes fewer.
const REQUESTS: u32 = 600;
/// Tries to open the wallet of one client within a minute. How many there are in all, the vault counts.
const TRIES: u32 = 20;
/// How many people sit behind one address of a host's clients, as in a coworking space.
const BEHIND_ONE_ADDRESS: u32 = 10;

/// What the pages of a wallet hold.
#[derive(Clone)]
pub struct WalletWeb {
    pub(crate) desks: Arc<Desks>,
    pub(crate) making: Making,
    /// The networks that a new wallet belongs to, by name.
    networks: Arc<[String]>,
    pub(crate) environment: Environment,
    pub(crate) csrf: CsrfKey,
    /// What a passphrase that is chosen here costs to try.
    pub(crate) cost: Cost,
    /// How often a client may give a wallet another name: that tells which names are taken.
    pub(crate) naming: Limiter,
    /// Tells apart those who try to open the one wallet of a machine from somewhere.
    pub(crate) strangers: Strangers,
}

impl std::fmt::Debug for WalletWeb {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WalletWeb")
    }
}

impl WalletWeb {
    /// The pages at these desks, where nobody makes a wallet. The key of their forms is as fresh as the process: a form of before is loaded anew.
    #[must_use]
    pub fn new(desks: Arc<Desks>, environment: Environment) -> Self {
        let csrf = CsrfKey::fresh(environment.randomness());
        let (making, networks) = (Making::default(), Arc::from([]));
        let naming = admission::naming();
        let strangers = Strangers::new(environment.randomness());
        Self { desks, making, networks, environment, csrf, cost: Cost::USUAL, naming, strangers }
    }

    /// The same with passphrases that cost as much to try.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// The same where wallets are made, which belong to the networks of these names from the first moment on.
    #[must_use]
    pub fn with_making(self, making: Making, networks: &[String]) -> Self {
        Self { making, networks: networks.into(), ..self }
    }

    /// The network that a new wallet belongs to, in a sentence.
    pub(crate) fn network_sentence(&self, words: Words) -> Option<String> {
        let names: Vec<String> = self.networks.iter().map(|name| wallet::shown(name)).collect();
        (!names.is_empty()).then(|| words.say_with("make-network", &[("names", &names.join(", "))]))
    }

    /// The desk of the wallet that a browser is of, whether it is open or not; none where nobody can tell, or it is not there.
    pub(crate) async fn desk_of(&self, headers: &HeaderMap) -> Result<Option<Arc<Desk>>, Failed> {
        let id =
            if self.desks.vaults().are_many() { known::named_in(headers) } else { Some(VaultId::only()) };
        match id {
            Some(id) => Ok(self.desks.find(&id).await?),
            None => Ok(None),
        }
    }

    /// The session of a browser that has opened nothing yet, and the cookie with which it begins; with none where a page's script only
    /// looks.
    pub(crate) fn session_of(&self, headers: &HeaderMap) -> (SessionSecret, Option<HeaderValue>) {
        if let Some(known) = SessionSecret::of_request(headers) {
            return (known, None);
        }
        let fresh = SessionSecret::fresh(self.environment.randomness());
        let cookie = (!live::only_looks(headers)).then(|| fresh.cookie(None));
        (fresh, cookie)
    }

    /// Leads a browser on in the session that it has just begun. What it had open before is locked: nobody could do that any more,
    /// since the key to it goes with the cookie.
    pub(crate) async fn entered(
        &self,
        headers: &HeaderMap,
        desk: &Desk,
        session: &SessionSecret,
        device: Device,
        next: &str,
    ) -> Response {
        let mut response = ([(SET_COOKIE, session.cookie(None))], Redirect::to(next)).into_response();
        if let Err(failed) = self.leave_before(headers).await {
            tracing::warn!(error = %failed, "the session that a browser had before could not be ended");
        }
        if !self.desks.vaults().are_many() {
            if device == Device::Own {
                match doors::remember(desk.vault(), headers, self.environment.randomness()).await {
                    Ok(cookie) => drop(response.headers_mut().append(SET_COOKIE, cookie)),
                    // It is open all the same.
                    Err(error) => tracing::warn!(%error, "a browser could not be remembered"),
                }
            }
            return response;
        }
        let answer = response.headers_mut();
        answer.append(SET_COOKIE, known::remembering(desk.id(), device));
        // What another wallet left in this browser is not for this one (Clear Site Data §3.2).
        if known::named_in(headers).is_some_and(|before| before != *desk.id()) {
            answer.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
        }
        response
    }

    async fn leave_before(&self, headers: &HeaderMap) -> Result<(), Failed> {
        let Some(before) = SessionSecret::of_request(headers) else { return Ok(()) };
        match self.desk_of(headers).await? {
            Some(desk) if desk.device_of(&before).await?.is_some() => desk.lock(&before.id()).await,
            _ => Ok(()),
        }
    }
}

impl FromRef<WalletWeb> for CsrfKey {
    fn from_ref(site: &WalletWeb) -> Self {
        site.csrf.clone()
    }
}

/// The pages at this host, as they are served: a file that is brought along has longer to come than anything else.
#[must_use]
pub fn party(host: &str, site: WalletWeb) -> Party {
    Party::new(host, router(site)).with_time_limit_at(carrying::bringing::BRING, carrying::upload::TIME_LIMIT)
}

/// Everything at a wallet's host, to be served as a [`web::Party`].
pub fn router(site: WalletWeb) -> Router {
    let desks = Arc::clone(&site.desks);
    let people = if desks.vaults().are_many() { BEHIND_ONE_ADDRESS } else { 1 };
    let opening = Router::new()
        .route("/unlock", post(unlock::unlock))
        .route("/unlock/passkey", post(unlock::unlock_by_passkey))
        .route("/unlock/recovery", post(recovery::open))
        .route("/make", post(making::by_passphrase))
        .route("/make/passkey", post(making::by_passkey))
        .route("/make/bring", get(carrying::bringing::show).post(carrying::bringing::bring));
    let pages = Router::new()
        .route("/", get(home::show))
        .route("/unlock", get(unlock::show))
        .route("/unlock/recovery", get(recovery::lost))
        .route("/make", get(making::show))
        .route("/recovery", get(recovery::show).post(recovery::code))
        .route("/lock", post(unlock::lock))
        .route("/notices", get(notices::show))
        .route("/notices/browser", post(notices::add))
        .route("/notices/browser/remove", post(notices::remove))
        .route("/notices/mail", post(notices::ask_for_mail))
        .route("/notices/mail/remove", post(notices::forget_mail))
        .route("/notices/renewed", post(notices::renewed))
        .route("/notices/confirm/{token}", get(notices::confirm).post(notices::confirmed))
        .route("/notices/stop/{token}", get(notices::stop).post(notices::stopped))
        .route("/ring", post(notices::ring))
        .route("/left", get(unlock::left))
        .route("/card", get(card::show))
        .route("/scan", get(scan::show))
        .route("/authorize", get(links::authorize).head(only_the_head))
        .route("/open", get(links::show).head(only_the_head).post(links::open))
        .route("/asked/{name}", get(asked::show).post(asked::answer))
        .route("/asked/{name}/status", get(asked::status))
        .route("/asked/{name}/check", post(asked::check))
        .route("/awaited", post(links::look))
        .route("/passport", post(offices::ask))
        .route("/details", get(details::show).post(details::save))
        .route("/details/sets", post(details::sets::add))
        .route("/details/sets/rename", post(details::sets::rename))
        .route("/details/sets/remove", post(details::sets::remove))
        .route("/details/picture", get(details::picture::show).post(details::picture::save))
        .route("/live", get(live::show))
        .route("/messages", get(messages::show))
        .route("/messages/open", post(messages::open))
        .route("/messages/delete", post(messages::delete))
        .route("/messages/read", post(messages::read))
        .route("/messages/hello", get(hello::show))
        .route("/messages/hello/answer", post(hello::answer))
        .route("/messages/hello/not-now", post(hello::not_now))
        .route("/messages/hello/block", post(hello::block))
        .route("/messages/hello/report", post(hello::report))
        .route("/messages/block", post(messages::block))
        .route("/spaces", get(spaces::show))
        .route("/spaces/{key}", get(spaces::page::show))
        .route("/spaces/{key}/detail", get(spaces::detail::show))
        .route("/spaces/{key}/ask", post(spaces::asking::ask))
        .route("/spaces/{key}/object", get(spaces::objecting::show))
        .route("/spaces/{key}/asked/{task}", get(spaces::asked::show))
        .route("/spaces/{key}/asked/{task}/status", get(spaces::asked::status))
        .route("/spaces/{key}/waiting", post(spaces::page::waiting))
        .route("/spaces/{key}/mute", post(spaces::page::mute))
        .route("/spaces/{key}/proofs/{proof}", get(spaces::proofs::show))
        .route("/spaces/{key}/proofs/{proof}/file", get(spaces::proofs::file))
        .route("/change", get(spaces::changing::show).post(spaces::changing::difference))
        .route("/change/send", post(spaces::changing::send))
        .route("/change/{task}", get(spaces::changing::sent))
        .route("/change/{task}/status", get(spaces::changing::status))
        .route("/held", get(held::show))
        .route("/held/status", get(held::status))
        .route("/held/look", post(held::look))
        .route("/held/anew", post(held::anew))
        .route("/held/put-away", post(held::put_away))
        .route("/held/throw", get(held::throwing::show).post(held::throwing::throw))
        .route("/history", get(history::show))
        .route("/history/delete", get(history::deleting::show).post(history::deleting::delete))
        .route("/history/export", get(history::exporting::show).post(history::exporting::sealed))
        .route("/history.json", get(history::exporting::as_json))
        .route("/history.csv", get(history::exporting::as_csv))
        .route("/export", get(carrying::leaving::show).post(carrying::leaving::write))
        .route("/moved", get(carrying::moved::show).post(carrying::moved::take_up))
        .route("/close", get(carrying::closing::show).post(carrying::closing::close))
        .route("/closed", get(carrying::closing::closed))
        .route("/lost", get(lost::show))
        .route("/lost/begin", post(lost::begin))
        .route("/lost/sessions", post(lost::end_sessions))
        .route("/digests", get(digests::show))
        .route("/digests/seen", post(digests::seen))
        .route("/digests/wish", post(digests::wish))
        .route("/ways", get(ways::show))
        .route("/ways/passkeys", post(ways::add_passkey))
        .route("/ways/passphrase", post(ways::set_passphrase))
        .route("/ways/recovery", post(ways::try_recovery))
        .route("/ways/passkeys/remove", post(ways::remove_passkey))
        .route("/ways/sessions/end", post(ways::end_session))
        .route("/keys/session", get(signing::session))
        .route("/keys/next", get(signing::next))
        .route("/keys/done", post(signing::done))
        .merge(argon2::routes())
        .merge(decoder::routes())
        .merge(installable::routes());
    Router::new()
        .merge(limited(opening, TRIES.saturating_mul(people)))
        .merge(limited(pages, REQUESTS.saturating_mul(people)))
        .layer(from_fn(typed::close))
        .layer(from_fn(foreign::kept_out))
        .merge(web::operations::health(move || is_there(Arc::clone(&desks))))
        .with_state(site)
}

async fn is_there(desks: Arc<Desks>) -> Result<(), VaultError> {
    desks.vaults().answers().await
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The wallet cannot be read.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The vault cannot be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The wallet cannot be put together.
    #[error(transparent)]
    Opening(#[from] NotOpened),
    /// The number cannot be read.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The mail cannot be read.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl Failed {
    /// As a page for a person.
    pub(crate) fn page(self, words: Words) -> Response {
        tracing::error!(error = %self, "a page of the wallet could not be made");
        errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR).into_response()
    }
}
