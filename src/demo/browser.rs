//! A browser as plain as can be: it keeps cookies, finds the hidden field of a form, and reads the code on a page.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::http::HeaderName;
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use outbound::{Fetch, OutboundError, Request, Response};
use serde_json::Value;
use url::Url;

/// One browser: another one does not share its cookies.
pub(crate) struct Browser {
    fetch: Arc<dyn Fetch>,
    cookies: BTreeMap<(String, String), String>,
}

impl Browser {
    /// A browser that was just opened.
    pub(crate) fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, cookies: BTreeMap::new() }
    }

    /// Opens a page.
    pub(crate) async fn open(&mut self, address: &str) -> Result<Response> {
        self.send(Request::get(Url::parse(address)?)).await
    }

    /// Sends JSON as the page's script would, and reads the JSON that comes back.
    pub(crate) async fn post_json(&mut self, address: &str, value: &Value) -> Result<(u16, Value)> {
        let url = Url::parse(address)?;
        let origin = url.origin().ascii_serialization();
        let request = Request::post_json(url, value).with_header(ORIGIN, &origin)?;
        let response = self.send(request).await?;
        let status = response.status.as_u16();
        Ok((status, response.json().unwrap_or(Value::Null)))
    }

    /// Presses the one button of the form on `page`, which was opened at `address`.
    pub(crate) async fn press_button(&mut self, address: &str, page: &Response) -> Result<Response> {
        let html = text(page);
        let csrf = hidden_field(&html, "csrf").context("the page has no form")?;
        let url = Url::parse(address)?;
        let origin = url.origin().ascii_serialization();
        let request = Request::post_form(url, &[("csrf", csrf.as_str())]).with_header(ORIGIN, &origin)?;
        self.send(request).await
    }

    async fn send(&mut self, request: Request) -> Result<Response> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((of, _), _)| *of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let request =
            if cookies.is_empty() { request } else { request.with_header(COOKIE, &cookies.join("; "))? };
        let request = request.with_header(HeaderName::from_static("sec-fetch-site"), "same-origin")?;
        let response = self.follow_once(request).await?;
        for cookie in response.headers.get_all(SET_COOKIE) {
            let Ok(cookie) = cookie.to_str() else { continue };
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert((host.clone(), name.trim().to_owned()), value.to_owned());
            }
        }
        Ok(response)
    }

    /// The guarded client follows no redirect; a page that leads on after a form has done its work by then.
    async fn follow_once(&self, request: Request) -> Result<Response> {
        match self.fetch.fetch(request).await {
            Err(OutboundError::Redirected { status }) => {
                Ok(Response::new(status, axum::http::HeaderMap::new(), Vec::new()))
            }
            other => Ok(other?),
        }
    }
}

/// The text of a page.
pub(crate) fn text(page: &Response) -> String {
    String::from_utf8_lossy(&page.body).into_owned()
}

/// The value of a hidden field.
fn hidden_field(html: &str, name: &str) -> Option<String> {
    let (_, after) = html.split_once(&format!("name=\"{name}\""))?;
    let (_, after) = after.split_once("value=\"")?;
    after.split_once('"').map(|(value, _)| value.to_owned())
}

/// The six digits that a page shows, grouped or not.
pub(crate) fn six_digits(page: &Response) -> Result<String> {
    let html = text(page);
    let mut outside = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            other if !in_tag => outside.push(other),
            _ => {}
        }
    }
    let mut run = String::new();
    for character in outside.chars() {
        if character.is_ascii_digit() {
            run.push(character);
        } else if !character.is_whitespace() && character != '\u{2009}' && character != '-' {
            if run.len() == 6 {
                return Ok(run);
            }
            run.clear();
        }
    }
    if run.len() == 6 { Ok(run) } else { bail!("the page shows no code of six digits") }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn page(html: &str) -> Response {
        Response::new(StatusCode::OK, axum::http::HeaderMap::new(), html.as_bytes().to_vec())
    }

    #[test]
    fn the_code_is_found_grouped_and_whole_and_not_in_attributes() {
        assert_eq!(six_digits(&page("<p id=\"999999\">Code <b>123 456</b> for you</p>")).unwrap(), "123456");
        assert_eq!(six_digits(&page("<b>123456</b>")).unwrap(), "123456");
        assert!(six_digits(&page("<b>1234567</b>")).is_err());
    }

    #[test]
    fn the_hidden_field_of_a_form_is_found() {
        let html = r#"<form><input type="hidden" name="csrf" value="abc"></form>"#;
        assert_eq!(hidden_field(html, "csrf").as_deref(), Some("abc"));
        assert_eq!(hidden_field(html, "other"), None);
    }
}
