//! The space's router.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use environment::Environment;
use http::StatusCode;
use network::space_pages::SpacePage;
use presentation::{AskError, OwnDid, Presentation};
use store::{Store, StoreFault};
use verifier::form::Form;
use verifier::team::TeamError;
use verifier::{Space, SpaceError};
use web::csrf::CsrfKey;
use web::limits::{Limiter, PROGRAMS, limited, limited_by_session};
use web::navigation::only_the_head;
use web::page::{Dress, Page};
use web::{ApiError, errors};

use crate::console::Watching;
use crate::door::budgets::{Known, limited_by_browser};
use crate::look::SpaceLook;
use crate::{
    api, button, by_number, connect, console, counter_offer, door, hello, home, invited, join, login, look,
    member_api, member_page, no_passport, people, person, progress, signing_in, wallet,
};

/// The form with which people join, if a space has one of this name.
const SIGN_UP: &str = "sign-up";
/// Requests that a client may have made at once; they come back within a minute.
const BUDGET: u32 = 60;
/// How often a client may load the page that makes requests, for each request that it may have made otherwise. What it
/// makes is kept for an hour, so this bounds what one client has on the disk.
const PAGES: u32 = 2;
/// Steps that a browser's session may take at once: coming back, digits shown and typed. They come back within a minute.
/// Tries at the digits are counted in the store.
const STEPS: u32 = 20;
/// Invitations by number that one client has sent within an hour. How many there are in all, `verifier` counts.
const TYPED: NonZeroU32 = NonZeroU32::new(8).unwrap();
/// Answers of authenticators that one client has looked at within an hour, right and wrong ones.
const TRIES: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Searches of one of the team, of a member or of a client within a minute: each opens everything.
const SEARCHES: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Doors that one member opens within a minute.
const DOORS: NonZeroU32 = NonZeroU32::new(6).unwrap();
/// What a program may ask by one key at once; it comes back within a minute.
const BY_KEY: NonZeroU32 = NonZeroU32::new(600).unwrap();
/// Requests of sites that strangers of one network have kept within a quarter of an hour.
const OF_A_NETWORK: NonZeroU32 = NonZeroU32::new(300).unwrap();
const MINUTE: Duration = Duration::from_secs(60);
const QUARTER: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3_600);

/// What a space's pages and endpoints hold.
#[derive(Clone)]
pub struct SpaceWeb {
    pub(crate) space: Space,
    pub(crate) presentation: Presentation,
    pub(crate) own_did: OwnDid,
    pub(crate) csrf: CsrfKey,
    pub(crate) typed: Limiter,
    pub(crate) tries: Limiter,
    pub(crate) searches: Limiter,
    pub(crate) keys: Limiter,
    pub(crate) strangers: Limiter,
    pub(crate) doors: Limiter,
    pub(crate) known: Known,
    pub(crate) watching: Watching,
    pub(crate) look: Arc<SpaceLook>,
    pub(crate) wallets: Arc<[String]>,
    pub(crate) pages: Arc<[(SpacePage, String)]>,
    form: Option<String>,
    budget: u32,
}

impl SpaceWeb {
    /// The site of `space`, which asks through `presentation`. `own_did` are the files of the space's own DID; `csrf` is the
    /// key of its forms, the same for all replicas.
    #[must_use]
    pub fn new(space: Space, presentation: Presentation, own_did: impl Into<OwnDid>, csrf: [u8; 32]) -> Self {
        let csrf = CsrfKey::new(csrf);
        Self {
            space,
            presentation,
            own_did: own_did.into(),
            csrf,
            typed: Limiter::new(TYPED, HOUR),
            tries: Limiter::new(TRIES, HOUR),
            searches: Limiter::new(SEARCHES, MINUTE),
            keys: Limiter::new(BY_KEY, MINUTE),
            strangers: Limiter::new(OF_A_NETWORK, QUARTER),
            doors: Limiter::new(DOORS, MINUTE),
            known: Known::default(),
            watching: Watching::default(),
            look: Arc::default(),
            wallets: Arc::new([]),
            pages: Arc::new([]),
            form: None,
            budget: BUDGET,
        }
    }

    /// This site asking the form named `form` on its page; `sign-up` or the only form if not said.
    #[must_use]
    pub fn with_form(self, form: impl Into<String>) -> Self {
        Self { form: Some(form.into()), ..self }
    }

    /// This site in a space's own colour and with its logo.
    #[must_use]
    pub fn with_look(self, look: SpaceLook) -> Self {
        Self { look: Arc::new(look), ..self }
    }

    /// This site naming these addresses to whoever needs a wallet.
    #[must_use]
    pub fn with_wallets(self, wallets: Vec<String>) -> Self {
        Self { wallets: wallets.into(), ..self }
    }

    /// This site leading members who are signed in to the space's own pages.
    #[must_use]
    pub fn with_pages(self, pages: Vec<(SpacePage, String)>) -> Self {
        Self { pages: pages.into(), ..self }
    }

    /// This site where each client may have `requests` requests made at once and regains them within a minute; 60 if not
    /// said. It may load the page that makes them twice as often; wallets, waiting pages, the pages of doors and the steps of
    /// people, who also have a limit for each session, a hundred times as often.
    #[must_use]
    pub fn with_budget(self, requests: u32) -> Self {
        Self { budget: requests, ..self }
    }

    /// The name of the form with which people join, if there is one.
    pub(crate) async fn form_name(&self) -> Result<Option<String>, SpaceError> {
        match &self.form {
            Some(name) => Ok(Some(name.clone())),
            None => default_form(&self.space).await,
        }
    }

    /// Whether there is a form with which people join, by themselves or by invitation.
    pub(crate) async fn has_form(&self) -> Result<bool, SpaceError> {
        let Some(name) = self.form_name().await? else { return Ok(false) };
        Ok(self.space.form(&name).await?.is_some())
    }

    /// The form with which people join by themselves: none where only whom the team invites may, or while online sign-up is off.
    pub(crate) async fn open_form(&self) -> Result<Option<Form>, Failed> {
        let Some(name) = self.form_name().await? else { return Ok(None) };
        if !self.space.is_online_sign_up_open().await? {
            return Ok(None);
        }
        let found = self.space.form(&name).await?.map(|version| version.form);
        Ok(found.filter(|form| !form.only.invited))
    }

    /// The space's name.
    pub(crate) fn name(&self) -> &str {
        &self.space.identity().name
    }

    /// A page of the space, in its look.
    pub(crate) fn page<B: std::fmt::Display>(
        &self,
        words: web::Words,
        title: impl Into<String>,
        body: B,
    ) -> Page<B> {
        let dress = Dress { style: self.look.style(), logo: self.look.logo() };
        Page::new(words, title, body).of_site(self.name()).dressed(dress)
    }

    /// Whether somebody may join by themselves: there is a form for it, and the team has online sign-up on.
    pub(crate) async fn may_join(&self) -> Result<bool, Failed> {
        Ok(self.open_form().await?.is_some())
    }

    pub(crate) fn environment(&self) -> &Environment {
        self.space.tenant().environment()
    }
}

/// `sign-up` if there is such a form, else the only one there is.
pub(crate) async fn default_form(space: &Space) -> Result<Option<String>, SpaceError> {
    let forms = space.forms().await?;
    if forms.contains_key(SIGN_UP) {
        return Ok(Some(SIGN_UP.to_owned()));
    }
    Ok(forms.keys().next().filter(|_| forms.len() == 1).cloned())
}

impl FromRef<SpaceWeb> for CsrfKey {
    fn from_ref(site: &SpaceWeb) -> Self {
        site.csrf.clone()
    }
}

/// The space's party, with the time that taking a table in needs.
#[must_use]
pub fn with_time_limits(party: web::Party) -> web::Party {
    let slow = console::importing::TABLES;
    slow.into_iter().fold(party, |party, path| party.with_time_limit_at(path, console::upload::TIME_LIMIT))
}

/// Everything at a space's host, to be served as a [`web::Party`].
pub fn router(site: SpaceWeb) -> Router {
    // People behind one address, as at a space's own desk, must not use up each other's tries.
    let pages = Router::new()
        .route("/join", get(join::show).head(only_the_head))
        .route("/join/number", get(by_number::show).head(only_the_head))
        .route("/sign-in", get(signing_in::show).head(only_the_head))
        .route("/join/invited/{token}", get(invited::show).head(only_the_head).post(invited::request))
        .route(
            "/connect/authorize",
            get(connect::authorize).head(only_the_head).post(connect::authorize_by_form),
        )
        .route("/no-passport/login", get(login::start).head(only_the_head));
    let requests = Router::new()
        .route("/join/requests", post(join::requests))
        .route("/refill/requests", post(wallet::refill))
        .route("/member/requests", post(member_api::requests))
        .route("/member/change-requests", post(member_api::change_requests));
    let steps = Router::new()
        .route("/join/again", post(join::again))
        .route("/join/number", post(by_number::invite))
        .route("/join/return", get(person::come_back).head(only_the_head))
        .route("/join/phone", get(person::phone).head(only_the_head))
        .route("/join/code", get(person::to_answer).post(person::code))
        .route("/no-passport/login/return", get(login::come_back).head(only_the_head))
        .route("/sign-in/return", get(signing_in::come_back).head(only_the_head))
        .route("/sign-in/phone", get(signing_in::phone).head(only_the_head))
        .route("/sign-in/answer", get(signing_in::answer).head(only_the_head))
        .route("/sign-in/code", get(signing_in::to_answer).post(signing_in::code))
        .route("/sign-out", post(member_page::out))
        .route("/connect/consent", get(connect::show).head(only_the_head).post(connect::answer))
        .route("/connect/end", post(connect::end));
    let doors = Router::new()
        .route("/door/{id}", get(door::arrive))
        .route("/door/{id}/open", get(door::show).post(door::open))
        .route("/door/{id}/screen", get(door::screen));
    let directory = Router::new()
        .route("/people", get(people::list))
        .route("/people/{id}", get(people::one))
        .route("/people/{id}/hello", post(hello::say));
    let own = site.own_did.routes(site.space.identity(), site.environment());
    let own = own.layer(web::cors::public());
    let programs = Router::new()
        .route("/join/answer", get(progress::answer))
        .route("/join/status", get(progress::status))
        .route("/sign-in/status", get(signing_in::progress))
        .route("/member", get(member_page::show))
        .route("/people/{id}/picture", get(people::picture))
        .route("/look/{file}", get(look::file))
        .route("/passport-button.js", get(button::script))
        .route("/join/number/sent", get(by_number::sent))
        .route("/join/invited/{token}/status", get(invited::status))
        .route("/counter-offer/{handle}", post(counter_offer::take))
        .route("/follow-up/{handle}", get(wallet::follow_up))
        .route("/hello/{id}", post(hello::respond))
        .route("/member/details", get(member_api::details))
        .route("/member/changes", post(member_api::changes))
        .route("/member/leave", post(member_api::leave))
        .route("/member/objections", post(member_api::objections))
        .with_state(site.clone())
        .merge(site.space.issuance().routes())
        .merge(site.presentation.routes());
    let sites = Router::new()
        .route("/connect/.well-known/openid-configuration", get(connect::endpoints::metadata))
        .route("/connect/jwks", get(connect::endpoints::keys))
        .route("/connect/token", post(connect::endpoints::token))
        .route("/connect/userinfo", get(connect::endpoints::user_info).post(connect::endpoints::user_info))
        .route("/connect/revoke", post(connect::endpoints::revoke))
        .layer(web::cors::protocol())
        .route("/connect/logout", get(connect::log_out).post(connect::log_out_by_form))
        .with_state(site.clone());
    let budget = site.budget;
    let store = site.space.tenant().store().clone();
    Router::new()
        .route("/", get(home::show))
        .route("/privacy", get(home::privacy))
        .merge(console::router(&site, budget))
        .merge(limited(api::router(&site), budget.saturating_mul(PROGRAMS)))
        .route("/no-passport", get(no_passport::show))
        .merge(limited(pages, budget.saturating_mul(PAGES)))
        .merge(limited(requests, budget))
        .merge(limited(directory, budget.saturating_mul(PAGES)))
        .merge(limited(limited_by_session(steps, STEPS), budget.saturating_mul(PROGRAMS)))
        .merge(limited_by_browser(doors, &site.known, budget.saturating_mul(PROGRAMS)))
        .merge(web::operations::health(move || takes_writes(store.clone())))
        .with_state(site)
        .merge(own)
        .merge(limited(sites, budget.saturating_mul(PROGRAMS)))
        .merge(limited(programs, budget.saturating_mul(PROGRAMS)))
}

async fn takes_writes(store: Store) -> Result<(), StoreFault> {
    store.try_writing().await
}

/// Why a page or an endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The domain.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The request cannot be made.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The team.
    #[error(transparent)]
    Team(#[from] TeamError),
    /// A link is too long for a QR code.
    #[error(transparent)]
    Qr(#[from] web::qr::TooLong),
}

impl Failed {
    fn status(&self) -> StatusCode {
        match self {
            Self::Space(SpaceError::NoSuch(_) | SpaceError::NoSuchForm(_)) => StatusCode::NOT_FOUND,
            // What is longer than any key names nothing that there is.
            Self::Space(SpaceError::Store(StoreFault::TooLarge { what: "a key", .. }))
            | Self::Store(StoreFault::TooLarge { what: "a key", .. }) => StatusCode::NOT_FOUND,
            Self::Team(TeamError::Nobody) => StatusCode::NOT_FOUND,
            Self::Team(TeamError::Space(SpaceError::Store(_)))
            | Self::Space(SpaceError::Store(_))
            | Self::Ask(AskError::Store(_))
            | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Space(SpaceError::Left) => StatusCode::GONE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// As a page for a person.
    pub(crate) fn page(self, words: web::Words) -> Response {
        self.log();
        errors::error_page(words, self.status())
    }

    fn log(&self) {
        if !matches!(self.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
            tracing::error!(error = %self, "a space's answer could not be made");
        }
    }
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        failed.log();
        match failed.status() {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::SERVICE_UNAVAILABLE => Self::busy(2),
            StatusCode::GONE => {
                let sentence = "this space has left the network: it takes no sign-ups and invites nobody";
                Self::new(StatusCode::GONE, "space_left", sentence)
            }
            _ => Self::internal(),
        }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}
