//! A browser as plain as can be, and what it finds on the page with the mails.

use std::sync::Arc;

use outbound::{Fetch, HttpClient, OutboundError, Policy, Request};
use url::Url;

/// Opens pages with the guarded client and keeps one cookie.
pub(crate) struct Browser {
    client: Arc<HttpClient>,
    cookie: Option<String>,
}

impl Browser {
    /// A browser that was just opened.
    pub(crate) fn new() -> Self {
        Self { client: Arc::new(HttpClient::new(Policy::development()).unwrap()), cookie: None }
    }

    /// Sends a request as a page of its own host would; gives the page, or nothing if it leads on.
    pub(crate) async fn send(&mut self, mut request: Request) -> String {
        if let Some(cookie) = &self.cookie {
            request = request.with_header(axum::http::header::COOKIE, cookie).unwrap();
        }
        let origin = request.url.origin().ascii_serialization();
        request = request.with_header(axum::http::header::ORIGIN, &origin).unwrap();
        match self.client.fetch(request).await {
            Ok(response) => {
                if let Some(cookie) = response.header(&axum::http::header::SET_COOKIE) {
                    self.cookie = cookie.split(';').next().map(str::to_owned);
                }
                String::from_utf8(response.body.to_vec()).unwrap()
            }
            Err(OutboundError::Redirected { .. }) => String::new(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a page.
    pub(crate) async fn open(&mut self, address: &str) -> String {
        self.send(Request::get(Url::parse(address).unwrap())).await
    }

    /// Presses the one button of the form on `page`, which was opened at `address`.
    pub(crate) async fn press(&mut self, address: &str, page: &str) {
        let after = page.split_once("name=\"csrf\"").expect("a form").1;
        let token = after.split_once("value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        self.send(Request::post_form(Url::parse(address).unwrap(), &[("csrf", token.as_str())])).await;
    }
}

/// The newest mail's link, once it is there.
pub(crate) async fn mail_link(browser: &mut Browser, address: &str) -> String {
    mail_link_to("office", browser, address).await
}

/// The newest mail's link to this party, once it is there.
pub(crate) async fn mail_link_to(party: &str, browser: &mut Browser, address: &str) -> String {
    for _ in 0..100 {
        let page = browser.open(address).await;
        if let Some((_, after)) = page.split_once(&format!("<a href=\"http://{party}.")) {
            return format!("http://{party}.{}", after.split_once('"').unwrap().0);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("no mail came");
}
