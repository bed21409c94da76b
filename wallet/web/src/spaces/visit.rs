//! A member at a page of one space: which space it is, by the name that it has in addresses, and what every such page is made of.

use std::fmt;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde_json::json;
use wallet::{OwnSpace, shown};
use web::Words;
use web::csrf::CsrfForm;
use web::form::Fields;

use super::{AtSpaces, answered, page, sorry, task_name, waiting};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;

/// Who is there, and at which space. A request for a space that this wallet does not know is answered with the page that says so.
pub(crate) struct Visit {
    pub(super) site: WalletWeb,
    pub(super) words: Words,
    pub(super) unlocked: Unlocked,
    pub(super) own: OwnSpace,
}

/// What of a space's API is called (specs/member-api.md §2).
#[derive(Clone, Copy)]
pub(super) enum Called {
    Changes,
    Leave,
    Objections,
}

impl Called {
    const fn path(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Leave => "leave",
            Self::Objections => "objections",
        }
    }
}

/// The part of an address that names the space.
const KEY: &str = "key";

impl FromRequestParts<WalletWeb> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &WalletWeb) -> Result<Self, Response> {
        let unlocked = Unlocked::from_request_parts(parts, site).await?;
        let key = key_in(parts, site).await?;
        Self::at(site, Words::of_request(&parts.headers), unlocked, &key).await
    }
}

/// A form that was sent at a page of one space. Whose form it is comes before which space it names.
pub(crate) struct Sent {
    pub(super) visit: Visit,
    pub(super) fields: Fields,
}

impl FromRequest<WalletWeb> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, site: &WalletWeb) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let unlocked = Unlocked::from_request_parts(&mut parts, site).await?;
        let key = key_in(&mut parts, site).await?;
        let words = Words::of_request(&parts.headers);
        let form = CsrfForm::<AtSpaces>::from_request(Request::from_parts(parts, body), site).await;
        let CsrfForm { fields, .. } = form.map_err(IntoResponse::into_response)?;
        Ok(Self { visit: Visit::at(site, words, unlocked, &key).await?, fields })
    }
}

/// What of an address names the space.
async fn key_in(parts: &mut Parts, site: &WalletWeb) -> Result<String, Response> {
    let named = RawPathParams::from_request_parts(parts, site).await.map_err(IntoResponse::into_response)?;
    Ok(named.iter().find(|(name, _)| *name == KEY).map(|(_, key)| key.to_owned()).unwrap_or_default())
}

impl Visit {
    async fn at(site: &WalletWeb, words: Words, unlocked: Unlocked, key: &str) -> Result<Self, Response> {
        match unlocked.wallet.own_space(key).await {
            Ok(Some(own)) => Ok(Self { site: site.clone(), words, unlocked, own }),
            Ok(None) => Err(sorry(
                site,
                words,
                &unlocked,
                StatusCode::NOT_FOUND,
                "space-none-title",
                "space-none-text",
            )),
            Err(error) => Err(Failed::from(error).page(words)),
        }
    }

    /// What the space is called.
    pub(super) fn name(&self) -> String {
        shown(&self.own.space.name)
    }

    /// Where its page is.
    pub(super) fn address(&self) -> String {
        page::address_of(&self.own.key)
    }

    /// At a host: what the member agrees to by having something done at the space, for the script that signs, as JSON.
    pub(super) fn calls(&self, called: Called) -> Option<String> {
        let at = self.own.membership.as_ref()?.at.as_deref()?;
        let is_at_host = self.site.desks.vaults().are_many();
        is_at_host.then(|| json!({"at": at, "path": called.path()}).to_string())
    }

    /// What every form of its pages carries.
    pub(super) fn csrf(&self) -> String {
        self.site.csrf.token::<AtSpaces>(&self.unlocked.session())
    }

    /// A name for the task that a form begins.
    pub(super) fn task_name(&self) -> String {
        task_name(&self.site)
    }

    /// A page, with its status.
    pub(super) fn answered(&self, status: StatusCode, title: String, body: impl fmt::Display) -> Response {
        answered(&self.site, self.words, &self.unlocked, status, title, body)
    }

    /// A page that waits for what is asked.
    pub(super) fn waiting(&self, title: String, body: impl fmt::Display) -> Response {
        waiting(&self.site, self.words, &self.unlocked, title, body)
    }

    /// A page that says what is not there, and where to go on.
    pub(super) fn sorry(&self, status: StatusCode, title: &str, text: &str) -> Response {
        sorry(&self.site, self.words, &self.unlocked, status, title, text)
    }
}
