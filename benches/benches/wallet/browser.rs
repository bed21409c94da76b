//! A browser: it keeps cookies and sends what stands in a form.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Request, StatusCode};
use tower::ServiceExt;
use wallet::Cost;
use wallet::testing::{MemberKeys, Split, salt_of_name};

/// What is typed to open each wallet here.
pub const PASSPHRASE: &str = "some right words";
/// Where the wallets are.
pub const HOST: &str = "wallet.localhost";
/// Longest page.
const LONGEST: usize = 1 << 24;

/// A browser at an address of its own, so that no limit of another one holds for it.
pub struct Browser {
    router: Router,
    address: SocketAddr,
    cookies: Vec<(String, String)>,
}

/// What came back.
pub struct Shown {
    pub status: StatusCode,
    pub location: Option<String>,
    pub text: String,
}

impl Shown {
    /// What stands in a hidden field of the form that goes to `action`.
    pub fn field(&self, action: &str, name: &str) -> String {
        let form = self.text.split(&format!("action=\"{action}\"")).nth(1).unwrap();
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    /// The browser of this number.
    pub fn new(router: &Router, number: u32) -> Self {
        let address = SocketAddr::from(((0x0A00_0000_u32 + number).to_be_bytes(), 4_000));
        Self { router: router.clone(), address, cookies: Vec::new() }
    }

    /// The same at another router over the same wallets.
    pub fn at(self, router: &Router) -> Self {
        Self { router: router.clone(), ..self }
    }

    pub async fn get(&mut self, path: &str) -> Shown {
        self.send(Request::get(path), Body::empty()).await
    }

    /// A page that is there.
    pub async fn page(&mut self, path: &str) -> String {
        let shown = self.get(path).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}: {:?}", shown.location);
        shown.text
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form)).await
    }

    /// Opens the one wallet of a place.
    pub async fn unlock(&mut self) {
        let csrf = self.get("/unlock").await.field("/unlock", "csrf");
        let fields = [("csrf", csrf.as_str()), ("next", "/"), ("passphrase", PASSPHRASE)];
        assert_eq!(self.post("/unlock", &fields).await.status, StatusCode::SEE_OTHER);
    }

    /// Makes a wallet of a host, with keys of its own as the page's script makes them (decision 0028).
    pub async fn make(&mut self, name: &str) {
        let page = self.get("/make").await;
        let (csrf, wallet) = (page.field("/make", "csrf"), page.field("/make", "wallet"));
        let split = Split::passphrase(PASSPHRASE, &salt_of_name(HOST, name), Cost::LEAST).await.unwrap();
        let (_, begun) = MemberKeys::begin(&split).unwrap();
        let typed = [("csrf", csrf.as_str()), ("wallet", &wallet), ("next", "/"), ("name", name)];
        let made_here = begun.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<(&str, &str)> = typed.into_iter().chain(made_here).collect();
        let made = self.post("/make", &fields).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    }

    /// Locks the wallet.
    pub async fn lock(&mut self) {
        let csrf = self.get("/").await.field("/lock", "csrf");
        assert_eq!(self.post("/lock", &[("csrf", &csrf)]).await.status, StatusCode::SEE_OTHER);
    }

    async fn send(&mut self, request: http::request::Builder, body: Body) -> Shown {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request.header("host", HOST);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let request = request.extension(ConnectInfo(self.address)).body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        for set in response.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let location = response.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = response.status();
        let text =
            String::from_utf8_lossy(&to_bytes(response.into_body(), LONGEST).await.unwrap()).into_owned();
        Shown { status, location, text }
    }
}
