//! Carrying a wallet away and bringing it along, its rest when it was moved, and its end.

pub(crate) mod bringing;
pub(crate) mod closing;
pub(crate) mod leaving;
pub(crate) mod moved;
mod turns;
pub(crate) mod upload;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use web::Words;
use web::page::{Look, PostButton};

use crate::site::WalletWeb;
use crate::unlock::Lock;
use crate::unlocked::Opened;

/// The button that locks a wallet which has to be opened anew.
fn lock_first(site: &WalletWeb, words: Words, opened: &Opened) -> PostButton {
    PostButton {
        action: "/lock".to_owned(),
        csrf: site.csrf.token::<Lock>(&opened.session()),
        label: words.say("lock"),
        look: Look::Main,
    }
}

/// A sealed file that a browser saves.
pub(crate) fn sealed_file(name: &str, content: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, content).into_response()
}
