//! What a wallet that was found open is not enough for: how it opens is changed, and its recovery code shown, by whoever has opened it
//! a moment ago. Whoever has not opens it once more, and comes back (decision 0030 §5).

use axum::response::{IntoResponse, Redirect, Response};
use wallet::{JUST_OPENED, VaultError};
use web::Words;
use web::page::LinkButton;

use crate::unlock;
use crate::unlocked::Opened;

/// For so many seconds a page offers what needs this; what it sends is taken for longer ([`JUST_OPENED`]), so that there is time to fill
/// it in.
const OFFERED: i64 = 300;

impl Opened {
    /// Whether a page offers at this moment what is for somebody who has just opened the wallet.
    pub(crate) async fn is_offered_all(&self) -> Result<bool, VaultError> {
        self.began_within(OFFERED).await
    }

    /// Whether what such a page sends is taken.
    pub(crate) async fn was_just_opened(&self) -> Result<bool, VaultError> {
        self.began_within(JUST_OPENED).await
    }

    async fn began_within(&self, seconds: i64) -> Result<bool, VaultError> {
        let age = self.vault.locked().session_age(&self.session().text()).await?;
        Ok(age.is_some_and(|age| age <= seconds))
    }
}

/// The way to the page that opens the wallet once more, and from there to `next`.
pub(crate) fn link(words: Words, next: &str) -> LinkButton {
    LinkButton { href: unlock::anew(next), label: words.say("anew-open"), secondary: true }
}

/// Leads there whoever sent something too late; nothing was done.
pub(crate) fn first(next: &str) -> Response {
    Redirect::to(&unlock::anew(next)).into_response()
}
