//! The pages of the largest space: its console, for an owner who is signed in, and its directory, for everybody.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderName, StatusCode};
use outbound::{OutboundError, Request, Response};
use serde_json::{Value, json};
use url::Url;

use super::authenticator::passkey;
use super::crowd::Crowd;
use super::figures::PageFigure;
use super::latency;
use super::making::Places;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Whoever looks has addresses of their own, one for each load, behind those of the members.
const LOOKING: u32 = 1 << 23;
/// How often the contacts are searched: as often as one of a team may within a minute.
const SEARCHES: usize = 20;
const CONTACTS: &str = "/console/contacts";

/// An owner's session at the largest space.
pub(super) struct Console {
    origin: Url,
    cookie: String,
    crowd: Arc<Crowd>,
}

impl Console {
    /// Takes an owner into the team and signs in.
    ///
    /// # Errors
    /// The space refused it.
    pub(super) async fn enter(data: &Path, places: &Places, crowd: Arc<Crowd>) -> Result<Self> {
        let origin = places.origin(0)?;
        let invite = json!({"command": "verifier.team.invite", "name": "Bench", "role": "owner"});
        let invited = crate::running::call(data, &places.name(0), invite).await?;
        let link = Url::parse(invited.get("link").and_then(Value::as_str).context("no link was given")?)?;
        let mut console = Self { origin, cookie: String::new(), crowd };
        let begun = console.post(&format!("{}/begin", link.path()), &[]).await?.json()?;
        let options = begun.get("options").context("the authenticator is asked nothing")?;
        let answer = passkey(options, &console.origin.origin().ascii_serialization())?;
        let ceremony = begun.get("ceremony").and_then(Value::as_str).context("no ceremony was begun")?;
        let fields = [("ceremony", ceremony), ("answer", answer.as_str())];
        let done = console.post(&format!("{}/finish", link.path()), &fields).await?;
        let cookies = done.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        let cookie =
            cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with("__Host-"));
        console.cookie = cookie.context("nobody was signed in")?.to_owned();
        Ok(console)
    }

    /// Lets everybody see what members publish to everybody.
    ///
    /// # Errors
    /// The space refused it.
    pub(super) async fn open_directory(&self) -> Result<()> {
        let path = "/console/directory";
        let csrf = self.csrf(path).await?;
        let request = self.form(path, &[("csrf", csrf.as_str()), ("reach", "public")])?;
        match self.crowd.send_any(request, LOOKING).await {
            Err(error) if redirected(&error) => Ok(()),
            Ok(answer) => anyhow::bail!("the directory was not opened: {}", answer.status),
            Err(error) => Err(error),
        }
    }

    /// Asks for each page so many times, one after the other.
    ///
    /// # Errors
    /// A page was refused.
    pub(super) async fn measure(&self, loads: usize) -> Result<Vec<PageFigure>> {
        let csrf = self.csrf(CONTACTS).await?;
        let mut figures = Vec::new();
        for (page, path) in [
            ("console, first page", "/console"),
            ("console, contacts", CONTACTS),
            ("directory, a page", "/people"),
            ("directory, a search that finds many", "/people?q=plants"),
            ("directory, a search that finds nobody", "/people?q=quicksilver"),
        ] {
            figures.push(self.timed(page, loads, || self.get(path)).await?);
        }
        let fields = [("csrf", csrf.as_str()), ("term", "member-77@")];
        let search = || self.form(&format!("{CONTACTS}/search"), &fields);
        figures.push(self.timed("console, a search of all contacts", SEARCHES, search).await?);
        Ok(figures)
    }

    async fn timed(
        &self,
        page: &'static str,
        loads: usize,
        request: impl Fn() -> Result<Request>,
    ) -> Result<PageFigure> {
        let mut taken: Vec<Duration> = Vec::with_capacity(loads);
        for load in 0..loads {
            let (request, looking) = (request()?, LOOKING.saturating_add(u32::try_from(load)?));
            let begun = Instant::now();
            let answer =
                self.crowd.send(request, looking).await.with_context(|| format!("{page}, load {load}"))?;
            taken.push(begun.elapsed());
            ensure!(answer.status == StatusCode::OK, "{page}: {}", answer.status);
        }
        Ok(PageFigure { page, latency: latency(taken) })
    }

    /// The token of the forms of a page.
    async fn csrf(&self, path: &str) -> Result<String> {
        let page = self.crowd.send(self.get(path)?, LOOKING).await?;
        let text = String::from_utf8_lossy(&page.body);
        let (_, rest) = text.split_once("name=\"csrf\" value=\"").context("a page without a form")?;
        Ok(rest.split_once('"').context("a form without an end")?.0.to_owned())
    }

    fn get(&self, path: &str) -> Result<Request> {
        self.with_session(Request::get(self.origin.join(path)?))
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Request> {
        self.with_session(Request::post_form(self.origin.join(path)?, fields))
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Response> {
        self.crowd.send(self.form(path, fields)?, LOOKING).await
    }

    fn with_session(&self, request: Request) -> Result<Request> {
        let request = request.with_header(SEC_FETCH_SITE, "same-origin")?;
        Ok(if self.cookie.is_empty() { request } else { request.with_header(COOKIE, &self.cookie)? })
    }
}

/// Our client follows no redirect: that there is one says that a form was taken.
fn redirected(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(OutboundError::Redirected { status: StatusCode::SEE_OTHER }))
}
