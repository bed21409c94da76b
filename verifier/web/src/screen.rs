//! The browser at which somebody joins or signs in: its session, and when it gets another.

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use openid4vc::secret::SecretText;
use web::session::SessionSecret;

use crate::progress::{Progress, look};
use crate::signing_in::{self, SigningIn};
use crate::site::{Failed, SpaceWeb};

/// Requests of one kind that one session may hold; `presentation` looks at the first forty of a session only.
pub(crate) const MOST_ASKED: usize = 16;

/// A browser with the session in which it asks.
pub(crate) struct Screen {
    session: SessionSecret,
    is_new: bool,
}

impl Screen {
    /// Goes on in the browser's session to join. One in which something has come to an end is replaced, so that whoever joins next
    /// at the same device does not find what belongs to the last.
    pub(crate) async fn for_asking(site: &SpaceWeb, headers: &HeaderMap) -> Result<Self, Failed> {
        if let Some(session) = SessionSecret::of_request(headers)
            && joining_goes_on(site, &name_of(&session)).await?
        {
            return Ok(Self { session, is_new: false });
        }
        Ok(Self::fresh(site))
    }

    /// Goes on in the browser's session to sign in, likewise.
    pub(crate) async fn for_signing_in(site: &SpaceWeb, headers: &HeaderMap) -> Result<Self, Failed> {
        if let Some(session) = SessionSecret::of_request(headers)
            && signing_in_goes_on(site, &name_of(&session)).await?
        {
            return Ok(Self { session, is_new: false });
        }
        Ok(Self::fresh(site))
    }

    fn fresh(site: &SpaceWeb) -> Self {
        Self { session: SessionSecret::fresh(site.environment().randomness()), is_new: true }
    }

    /// What the requests of this browser are bound to.
    pub(crate) fn name(&self) -> SecretText {
        name_of(&self.session)
    }

    /// `response` with the cookie, if the browser does not have it yet.
    pub(crate) fn give_cookie(&self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        if self.is_new {
            response.headers_mut().append(SET_COOKIE, self.session.cookie(None));
        }
        response
    }
}

/// Only a session in which nothing has been answered yet takes further requests. One in which nobody has asked to join is kept
/// where it is a member's, or waits for one who signs in in another tab.
async fn joining_goes_on(site: &SpaceWeb, name: &SecretText) -> Result<bool, Failed> {
    let asked = site.space.asked_at_screen(name.hash(), MOST_ASKED).await?.len();
    if asked == 0 {
        let seen = signing_in::look(site, Some(name)).await?;
        return Ok(matches!(seen, SigningIn::Done | SigningIn::Waiting | SigningIn::CodeWanted));
    }
    Ok(asked < MOST_ASKED && look(site, Some(name)).await?.progress == Progress::Waiting)
}

/// The same where somebody signs in: a session is kept in which another tab waits for somebody who joins.
async fn signing_in_goes_on(site: &SpaceWeb, name: &SecretText) -> Result<bool, Failed> {
    let asked = signing_in::asked_at_screen(site, name).await?.len();
    if asked == 0 {
        let seen = look(site, Some(name)).await?.progress;
        return Ok(matches!(seen, Progress::Waiting | Progress::CodeWanted));
    }
    Ok(asked < MOST_ASKED && signing_in::look(site, Some(name)).await? == SigningIn::Waiting)
}

/// The name under which requests know a session. It is a hash of what the cookie holds, and they store a hash of it.
pub(crate) fn name_of(session: &SessionSecret) -> SecretText {
    SecretText::new(session.id().text())
}

/// The same for the session that a request brings.
pub(crate) fn name_in(headers: &HeaderMap) -> Option<SecretText> {
    SessionSecret::of_request(headers).map(|session| name_of(&session))
}
