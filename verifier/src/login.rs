//! Members who sign in by a login that the space has already, and get their membership by it (decision 0042).
//!
//! ```text
//! Space::start_login ──► the login ──► Space::finish_login: code for tokens, ID token, is it a member?
//!     ──► first time: a member as the team enters one ──► an offer of membership and statement
//!     ──► afterwards: the same member, offered it again
//! ```
//!
//! What a request, an answer and an ID token are, `verifier-connect` says; [`calling`] asks the login, [`joining`] makes the member.
//! Nobody is matched by name or address: an account there is one member here, known by a keyed hash of issuer and `sub`.

mod calling;
mod joining;
pub mod records;

use std::sync::Arc;

use issuance::{Allowance, Offered};
use openid4vc::form::Form;
use openid4vc::secret::{SecretHash, SecretText};
use outbound::Fetch;
use store::{Change, Fault, StoreFault, Tx};
use verifier_connect::login::provider::Provider;
use verifier_connect::login::returning::{self, Returned};
use verifier_connect::login::starting::{self, Client};

use crate::members::Check;
use crate::space::{Space, SpaceError};
use records::LoginRequest;
pub use verifier_connect::login::person::{Mark, Members};
pub use verifier_connect::login::provider::is_issuer;
pub use verifier_connect::login::starting::{BrowserKey, SCOPE};

/// Where the login sends people back to, below the space's origin.
pub const RETURN: &str = "/no-passport/login/return";
/// Seconds for which a request waits for its person.
pub const REQUEST: i64 = 600;
/// Requests that a process keeps within that time: anybody may begin one.
const MOST_REQUESTS: u32 = 2_000;

/// A login as the space's settings name it.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// Its issuer.
    pub issuer: String,
    /// The space's `client_id` there.
    pub client_id: String,
    /// The secret that goes with it; none of a public client.
    pub secret: Option<SecretText>,
    /// What people call the login.
    pub label: String,
    /// What is asked for; it has `openid` in it.
    pub scope: String,
    /// Whose login makes a member.
    pub members: Members,
    /// How the space checked who its accounts are of; none: it vouches for nobody by it.
    pub check: Option<Check>,
}

/// A login, and the way there.
pub(crate) struct Login {
    settings: LoginSettings,
    fetch: Arc<dyn Fetch>,
    requests: Allowance,
}

/// The browser that signs in.
pub struct Browser {
    /// A name that nobody else's has.
    pub name: SecretText,
    /// Its key.
    pub key: BrowserKey,
}

/// Why nobody was signed in. Nothing that a login said stands in here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginRefused {
    /// The space has no login of its own.
    #[error("this space has no login of its own")]
    NotHere,
    /// So many are on their way that no more are taken now.
    #[error("so many people are signing in that no more are taken now")]
    TooMany,
    /// The login does not answer.
    #[error("the login does not answer")]
    Unreachable,
    /// What the login says cannot be taken.
    #[error("what the login answered cannot be taken: {0}")]
    Unusable(&'static str),
    /// No such request was begun in this browser, or it is over.
    #[error("no such request was begun in this browser, or it is over")]
    NotBegunHere,
    /// The person said no there, or may not sign in.
    #[error("the login signed nobody in")]
    Denied,
    /// The login failed.
    #[error("the login says that it failed")]
    Failed,
    /// Who signed in is no member by what the login says.
    #[error("who signed in is no member by the login's word")]
    NotAMember,
    /// The membership has ended.
    #[error("the membership has ended")]
    Ended,
    /// There are as many copies of the membership as there may be.
    #[error("there are as many copies of the membership as there may be")]
    EnoughCopies,
    /// It was offered too often within a day.
    #[error("the membership was offered too often today")]
    TooOften,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl From<StoreFault> for LoginRefused {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

impl Space {
    /// This space with a login of its own, which is asked by `fetch`.
    #[must_use]
    pub fn with_login(self, settings: LoginSettings, fetch: Arc<dyn Fetch>) -> Self {
        self.with_login_of(settings, fetch, MOST_REQUESTS)
    }

    /// The same, keeping at most so many requests at a time, per process.
    #[must_use]
    pub fn with_login_of(self, settings: LoginSettings, fetch: Arc<dyn Fetch>, most: u32) -> Self {
        let login = Login { settings, fetch, requests: Allowance::new(most) };
        Self { login: Some(Arc::new(login)), ..self }
    }

    /// What people call the space's own login, if it has one.
    #[must_use]
    pub fn login_label(&self) -> Option<&str> {
        self.login.as_ref().map(|login| login.settings.label.as_str())
    }

    /// Whether the space vouches for who signs in by it, and so takes names and birthdate from it.
    #[must_use]
    pub fn login_vouches(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.settings.check.is_some())
    }

    /// Begins a request for `browser`; gives the address where it is to go.
    ///
    /// # Errors
    /// [`LoginRefused`].
    pub async fn start_login(&self, browser: &Browser) -> Result<String, LoginRefused> {
        let login = self.login.as_ref().ok_or(LoginRefused::NotHere)?;
        self.check_here().await?;
        let now = self.environment().now();
        if !login.requests.take(now, REQUEST) {
            return Err(LoginRefused::TooMany);
        }
        let provider = login.provider().await?;
        let state = SecretText::random(self.environment().randomness());
        let redirect_uri = self.login_return();
        let address = starting::address(&provider, &login.client(&redirect_uri), &browser.key, &state);
        let until = now.plus(REQUEST).seconds();
        let request = LoginRequest { state: state.hash(), browser: browser.name.hash(), provider, until };
        self.tenant.carry_out(&KeepRequest(request)).await?;
        Ok(address)
    }

    /// Takes the answer that `browser` came back with; gives the offer of the membership. A request counts once, and in the browser
    /// that began it alone; another one's answer leaves it waiting.
    ///
    /// # Errors
    /// [`LoginRefused`].
    pub async fn finish_login(&self, answer: &Form, browser: &Browser) -> Result<Offered, LoginRefused> {
        let login = self.login.as_ref().ok_or(LoginRefused::NotHere)?;
        self.check_here().await?;
        let state = SecretText::new(answer.get("state").ok_or(LoginRefused::NotBegunHere)?);
        let take = TakeRequest { state: state.hash(), browser: browser.name.hash() };
        let provider = self.tenant.carry_out(&take).await?;
        let provider = provider.filter(|provider| provider.issuer == login.settings.issuer);
        let provider = provider.ok_or(LoginRefused::NotBegunHere)?;
        let code = match returning::read(answer, &provider) {
            Ok(Returned::Code(code)) => code,
            Ok(Returned::Denied) => return Err(LoginRefused::Denied),
            Ok(Returned::Failed) => return Err(LoginRefused::Failed),
            Err(_) => return Err(LoginRefused::Unusable("its answer is another's, or none")),
        };
        let redirect_uri = self.login_return();
        let now = self.environment().now();
        let signed_in = login.signed_in(&provider, &redirect_uri, &code, &state, &browser.key, now).await?;
        if !login.settings.members.takes(signed_in.claims()) {
            return Err(LoginRefused::NotAMember);
        }
        self.offer_by_login(&login.settings, &signed_in).await
    }

    fn login_return(&self) -> String {
        self.identity.address(RETURN)
    }
}

impl Login {
    fn client<'a>(&'a self, redirect_uri: &'a str) -> Client<'a> {
        Client { id: &self.settings.client_id, redirect_uri, scope: &self.settings.scope }
    }
}

struct KeepRequest(LoginRequest);

impl Change for KeepRequest {
    const NAME: &'static str = "keep-login-request";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(&self.0).await?)
    }
}

struct TakeRequest {
    state: SecretHash,
    browser: SecretHash,
}

impl Change for TakeRequest {
    const NAME: &'static str = "take-login-request";
    type Output = Option<Provider>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Provider>, Fault<Self::Refusal>> {
        let key = &self.state.as_bytes()[..];
        // Whoever has learned of another browser's request must not end it.
        let found = tx.get::<LoginRequest>(key).await?;
        if found.is_none_or(|request| request.browser != self.browser) {
            return Ok(None);
        }
        Ok(tx.take::<LoginRequest>(key).await?.live().map(|request| request.provider))
    }
}
