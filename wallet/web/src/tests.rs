//! The pages as a browser asks for them.

mod borrowed;
mod carrying;
mod coming;
pub(crate) mod details;
mod doors;
mod flows;
mod found_open;
mod held;
mod hostile;
mod hosting;
mod isolation;
mod joining;
mod keys;
mod keys_of_before;
mod links;
mod live;
mod looking;
mod making;
mod notices;
mod offices;
mod opening;
mod recovery;
mod spaces;
mod ways;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Request, Response, StatusCode};
use outbound::{Fetch, Fetching, OutboundError};
use tower::ServiceExt;
use wallet::notices::Notifier;
use wallet::testing::{Fields, MemberKeys, Split, salt_of_name};
use wallet::{BoxFuture, Cost, Lifetime, NetworkTrust, NewWay, Passphrase, Vault, VaultId, Vaults, Wallet};

use crate::{Desk, Desks, Making, NotOpened, OpenWallet, WalletWeb, party};

const PASSPHRASE: &str = "some right words";

/// No way out.
struct Nowhere;

impl Fetch for Nowhere {
    fn fetch(&self, _: outbound::Request) -> Fetching<'_> {
        Box::pin(std::future::ready(Err(OutboundError::Unreachable)))
    }
}

struct Opener(Environment);

impl OpenWallet for Opener {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        Box::pin(async move {
            let fetch: Arc<dyn Fetch> = Arc::new(Nowhere);
            let resolver = Arc::new(did::SelfContainedResolver);
            let trust = NetworkTrust::load(vault.clone(), fetch.clone(), resolver, self.0.clone()).await;
            let trust = trust.map_err(|error| NotOpened(error.to_string()))?;
            Ok(Wallet::new(vault, fetch, Arc::new(trust), self.0.clone()))
        })
    }
}

pub(super) struct Scene {
    pub(super) router: Router,
    pub(super) clock: Arc<ManualClock>,
    pub(super) desk: Arc<Desk>,
    /// The recovery code, as it is printed.
    pub(super) code: String,
}

impl Scene {
    /// A wallet that is locked, with its pages.
    pub(super) async fn new() -> Self {
        Self::with(|environment| Arc::new(Opener(environment))).await.0
    }

    /// The same with a wallet that is put together otherwise, and its vault.
    pub(super) async fn with(opener: impl FnOnce(Environment) -> Arc<dyn OpenWallet>) -> (Self, Vault) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
        let engine: Arc<dyn store::Engine> = Arc::new(store::memory::Memory::new());
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
        let (vault, code) = Vault::create_on(engine, &way, &environment).await.unwrap();
        let vaults = Vaults::of(vault.locked(), &environment);
        let (desks, router) =
            put_together(vaults, Making::default(), opener(environment.clone()), environment);
        let desk = desks.find(&VaultId::only()).await.unwrap().unwrap();
        (Self { router, clock, desk, code: code.printed().to_string() }, vault)
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser::of(&self.router)
    }
}

/// The pages of these vaults.
fn served(vaults: Vaults, making: Making, environment: &Environment) -> (Arc<Desks>, Router) {
    put_together(vaults, making, Arc::new(Opener(environment.clone())), environment.clone())
}

/// The same where the wallets are put together otherwise.
fn put_together(
    vaults: Vaults,
    making: Making,
    opener: Arc<dyn OpenWallet>,
    environment: Environment,
) -> (Arc<Desks>, Router) {
    let many = vaults.are_many();
    let desks = Desks::new(vaults, opener, Lifetime::USUAL);
    // Where nobody reaches a wallet, nobody tells it of anything.
    let desks = Arc::new(if many { desks.telling(Arc::new(notifier())) } else { desks });
    let site = WalletWeb::new(Arc::clone(&desks), environment);
    let site = site.with_cost(Cost::LEAST).with_making(making, &["Test network".to_owned()]);
    let router = party("wallet.localhost", site).into_router();
    (desks, router)
}

/// Who tells the members of a host.
pub(super) fn notifier() -> Notifier {
    Notifier::of(zeroize::Zeroizing::new([1; 32]), "https://wallet.example.org").unwrap().with_mails(true)
}

/// A host of many wallets.
pub(super) struct Host {
    pub(super) router: Router,
    pub(super) clock: Arc<ManualClock>,
    pub(super) desks: Arc<Desks>,
}

impl Host {
    pub(super) fn new(making: Making) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
        let engine: Arc<dyn store::Engine> = Arc::new(store::memory::Memory::new());
        let (desks, router) = served(Vaults::of_host_on(engine, &environment), making, &environment);
        Self { router, clock, desks }
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser::of(&self.router)
    }

    /// A browser that has just made a wallet of this name.
    pub(super) async fn member(&self, name: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let made = browser.make(name, PASSPHRASE).await;
        assert_eq!(
            (made.status, made.location.as_deref()),
            (StatusCode::SEE_OTHER, Some("/")),
            "{}",
            made.text
        );
        browser
    }
}

/// A browser: it keeps the cookie, and posts what stands in a form.
pub(super) struct Browser<'a> {
    router: &'a Router,
    /// The cookie of its session.
    pub(super) cookie: Option<String>,
    /// The cookie that says which wallet of a host it is of.
    pub(super) wallet: Option<String>,
    /// The cookie by which the one wallet of a machine knows it again.
    pub(super) known: Option<String>,
    /// From where it comes, if that matters.
    pub(super) from: Option<std::net::SocketAddr>,
    /// The keys of the wallet that it has made at a host.
    pub(super) keys: Option<MemberKeys>,
}

pub(super) struct Shown {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) headers: http::HeaderMap,
    pub(super) text: String,
}

impl Shown {
    /// The token of the form that goes to `action`.
    pub(super) fn csrf(&self, action: &str) -> String {
        self.field(action, "csrf")
    }

    /// The salt with which the page's script stretches a passphrase.
    fn salt(&self) -> Option<String> {
        let told = self.text.split("data-keys=\"").skip(1).filter_map(|rest| rest.split('"').next());
        told.filter_map(|told| told.split("&#34;salt&#34;:&#34;").nth(1)?.split('&').next())
            .map(str::to_owned)
            .next()
    }

    /// What stands in a hidden field of that form.
    pub(super) fn field(&self, action: &str, name: &str) -> String {
        let form = self.text.split(&format!("action=\"{action}\"")).nth(1).expect("the form");
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
        value.split('"').next().unwrap().to_owned()
    }
}

impl<'a> Browser<'a> {
    fn of(router: &'a Router) -> Self {
        Self { router, cookie: None, wallet: None, known: None, from: None, keys: None }
    }

    /// Makes a wallet of a host with a passphrase, as the page's form does.
    pub(super) async fn make(&mut self, name: &str, passphrase: &str) -> Shown {
        let page = self.get("/make").await;
        let (csrf, wallet) = (page.csrf("/make"), page.field("/make", "wallet"));
        let split = self.split(&page, name, passphrase).await;
        let (keys, begun) = MemberKeys::begin(&split).unwrap();
        let fields = [("csrf", csrf.as_str()), ("wallet", &wallet), ("next", "/"), ("name", name)];
        let made = self.post_with(&fields, "/make", &begun).await;
        self.keys = Some(keys);
        made
    }

    /// A passphrase as the page's script splits it: with the salt that the page says, or that of the name.
    pub(super) async fn split(&self, page: &Shown, name: &str, passphrase: &str) -> Split {
        let salt = page.salt().unwrap_or_else(|| salt_of_name("wallet.localhost", name));
        // What a browser cannot stretch it does not send either.
        let passphrase = if passphrase.is_empty() { "nothing" } else { passphrase };
        Split::passphrase(passphrase, &salt, Cost::LEAST).await.unwrap()
    }

    /// Posts these fields and those that a script adds.
    pub(super) async fn post_with(&mut self, fields: &[(&str, &str)], path: &str, added: &Fields) -> Shown {
        let added = added.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<(&str, &str)> = fields.iter().copied().chain(added).collect();
        self.post(path, &all).await
    }

    /// Opens a wallet of a host by what it is called.
    pub(super) async fn open(&mut self, name: &str, passphrase: &str) -> Shown {
        let page = self.get("/unlock?other=1").await;
        let csrf = page.csrf("/unlock");
        let split = self.split(&page, name, passphrase).await;
        self.post_with(&[("csrf", csrf.as_str()), ("next", "/"), ("name", name)], "/unlock", &split.fields)
            .await
    }

    pub(super) async fn get(&mut self, path: &str) -> Shown {
        self.send(Request::get(path), Body::empty()).await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form)).await
    }

    /// Opens the wallet with what is typed at the page.
    pub(super) async fn unlock(&mut self, passphrase: &str) -> Shown {
        self.unlock_with(passphrase, &[]).await
    }

    async fn unlock_with(&mut self, passphrase: &str, more: &[(&str, &str)]) -> Shown {
        let page = self.get("/unlock").await;
        let csrf = page.csrf("/unlock");
        let fields = [&[("csrf", csrf.as_str()), ("next", "/")], more].concat();
        if page.text.contains("data-keys") {
            let split = self.split(&page, "", passphrase).await;
            return self.post_with(&fields, "/unlock", &split.fields).await;
        }
        self.post("/unlock", &[&fields[..], &[("passphrase", passphrase)]].concat()).await
    }

    /// The same at a device that is not the member's.
    pub(super) async fn unlock_borrowed(&mut self, passphrase: &str) -> Shown {
        self.unlock_with(passphrase, &[("borrowed", "yes")]).await
    }

    /// The answer to a request as it begins to come.
    pub(super) async fn answer(&self, mut request: http::request::Builder, body: Body) -> Response<Body> {
        for cookie in [&self.cookie, &self.wallet, &self.known].into_iter().flatten() {
            request = request.header(COOKIE, cookie);
        }
        let mut request = request.header("host", "wallet.localhost").body(body).unwrap();
        if let Some(from) = self.from {
            request.extensions_mut().insert(axum::extract::ConnectInfo(from));
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn send(&mut self, request: http::request::Builder, body: Body) -> Shown {
        let response = self.answer(request, body).await;
        let headers = response.headers().clone();
        for set in headers.get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let kept = match pair.split('=').next() {
                Some("__Host-wallet") => &mut self.wallet,
                Some("__Host-known") => &mut self.known,
                _ => &mut self.cookie,
            };
            *kept = Some(pair).filter(|pair| !pair.ends_with('='));
        }
        Shown {
            status: response.status(),
            location: headers.get(LOCATION).map(|to| to.to_str().unwrap().to_owned()),
            headers,
            text: text(response.into_body()).await,
        }
    }
}

async fn text(body: Body) -> String {
    // Pictures are no text, and nobody looks for words in them.
    String::from_utf8_lossy(&to_bytes(body, 1 << 20).await.unwrap()).into_owned()
}
