//! Somebody at a page who has opened the wallet.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method};
use wallet::{Device, Vault, Wallet};
use web::Words;
use web::session::{SessionId, SessionSecret};

use crate::asked::unsent;
use crate::carrying::moved::{MOVED, is_for_use};
use crate::desk::Desk;
use crate::site::{Failed, WalletWeb};
use crate::unlock::{UNLOCK, back_to, back_to_path};
use crate::{live, notices};

/// An open wallet, and the session by which it is.
pub(crate) struct Unlocked {
    pub(crate) wallet: Arc<Wallet>,
    pub(crate) secret: SessionSecret,
    /// The desk of this wallet; nothing else of the host is this session's.
    pub(crate) desk: Arc<Desk>,
    /// Whose device it is open at.
    pub(crate) device: Device,
    /// Since when it rests because it was moved; none while it is used.
    pub(crate) rests_since: Option<i64>,
    /// Whether its holder keys are the browser's. Those of a wallet that a host made before that lie in its vault.
    pub(crate) keys_are_elsewhere: bool,
}

impl Unlocked {
    /// The session's name.
    pub(crate) fn session(&self) -> SessionId {
        self.secret.id()
    }

    /// Whether nothing of the wallet is to stay at this device.
    pub(crate) fn is_borrowed(&self) -> bool {
        self.device == Device::Borrowed
    }

    /// The key of the sentence that says why a page of a host has no keys at hand.
    pub(crate) const fn without_keys(&self) -> &'static str {
        if self.keys_are_elsewhere { "keys-missing" } else { "keys-before" }
    }

    /// The wallet that a request has opened; none where it is locked.
    async fn by(headers: &HeaderMap, site: &WalletWeb) -> Result<Option<Self>, Failed> {
        let Some(secret) = SessionSecret::of_request(headers) else { return Ok(None) };
        let Some(desk) = site.desk_of(headers).await? else { return Ok(None) };
        let wallet = match live::only_looks(headers) {
            true => desk.looked_at(&secret, &site.environment).await?,
            false => desk.of_session(&secret, &site.environment).await?,
        };
        let Some(wallet) = wallet else { return Ok(None) };
        let device = desk.device_of(&secret).await?;
        let rests_since = wallet.rests_since().await?;
        desk.seen(site.environment.now());
        let keys_are_elsewhere = desk.vault().ways_in().await?.keys_are_elsewhere;
        let unlocked =
            device.map(|device| Self { wallet, secret, desk, device, rests_since, keys_are_elsewhere });
        if let (Some(unlocked), Some(notifier)) = (&unlocked, site.desks.notifier())
            && !live::only_looks(headers)
        {
            notices::note_look(notifier, unlocked, site).await;
        }
        Ok(unlocked)
    }
}

impl FromRequestParts<WalletWeb> for Unlocked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &WalletWeb) -> Result<Self, Response> {
        match Self::by(&parts.headers, site).await {
            Ok(Some(unlocked))
                if unlocked.rests_since.is_some() && is_for_use(&parts.method, parts.uri.path()) =>
            {
                Err(Redirect::to(MOVED).into_response())
            }
            Ok(Some(unlocked)) => Ok(unlocked),
            Ok(None) => {
                // What was to be changed is not changed when the wallet is open again: only a page is come back to.
                let to = match (parts.method == Method::GET, unsent(parts.uri.path())) {
                    (true, _) => back_to(&parts.uri),
                    (false, Some(page)) => back_to_path(&page),
                    (false, None) => UNLOCK.to_owned(),
                };
                Err(Redirect::to(&to).into_response())
            }
            Err(failed) => Err(failed.page(Words::of_request(&parts.headers))),
        }
    }
}

/// An open wallet with its vault, for the pages that are about how it is opened.
pub(crate) struct Opened {
    pub(crate) unlocked: Unlocked,
    pub(crate) vault: Vault,
}

impl Opened {
    /// The session's name.
    pub(crate) fn session(&self) -> SessionId {
        self.unlocked.session()
    }
}

impl FromRequestParts<WalletWeb> for Opened {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &WalletWeb) -> Result<Self, Response> {
        let unlocked = Unlocked::from_request_parts(parts, site).await?;
        let vault = match live::only_looks(&parts.headers) {
            true => unlocked.desk.vault_looked_at(&unlocked.secret).await,
            false => unlocked.desk.vault_of(&unlocked.secret).await,
        };
        match vault {
            Ok(Some(vault)) => Ok(Self { unlocked, vault }),
            // It ended between two looks at it.
            Ok(None) => Err(Redirect::to(UNLOCK).into_response()),
            Err(failed) => Err(failed.page(Words::of_request(&parts.headers))),
        }
    }
}

/// The desk of the wallet that whoever sends this has open. Scripts of pages ask so again and again by themselves: that is no use of
/// a session, which would never end then.
pub(crate) async fn desk_if_unlocked(
    site: &WalletWeb,
    headers: &HeaderMap,
) -> Result<Option<Arc<Desk>>, Failed> {
    let Some(secret) = SessionSecret::of_request(headers) else { return Ok(None) };
    let Some(desk) = site.desk_of(headers).await? else { return Ok(None) };
    let is_open = desk.device_of(&secret).await?.is_some();
    if is_open {
        desk.seen(site.environment.now());
    }
    Ok(is_open.then_some(desk))
}
