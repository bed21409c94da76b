//! Passport offices: asked for a first passport by one touch, without a page of theirs. The wallet has an office make its request, and
//! opens that like any other.

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tokio::time::timeout;
use url::form_urlencoded::byte_serialize;
use wallet::{OfficePlace, Wallet, shown};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::page::{Look, PostButton};

use crate::asked::address_of;
use crate::flows::{LinkKind, TooMany};
use crate::frame;
use crate::site::WalletWeb;
use crate::unlocked::Unlocked;

/// Where the form goes.
pub(crate) const ASK: &str = "/passport";
/// The field of its address that names the office.
const OFFICE: &str = "office";
/// For how long a page waits for the list of a network that was never fetched.
const PATIENCE: Duration = Duration::from_secs(3);

/// The form that asks an office for a passport.
pub(crate) struct AskOffice;

impl Purpose for AskOffice {
    const NAME: &'static str = "wallet-ask-office";
}

/// The offices that could give the wallet its first passport: none where it has a number already.
pub(crate) async fn for_first_passport(wallet: &Wallet) -> Vec<OfficePlace> {
    match wallet.number().await {
        Ok(None) => timeout(PATIENCE, wallet.passport_offices()).await.unwrap_or_default(),
        // Without a look at the number nobody is led to a second one.
        Ok(Some(_)) | Err(_) => Vec::new(),
    }
}

/// The only one of them: where there are several, its member chooses.
pub(crate) async fn only_one(wallet: &Wallet) -> Option<OfficePlace> {
    let mut offices = for_first_passport(wallet).await;
    offices.pop().filter(|_| offices.is_empty())
}

/// The button that asks this office.
pub(crate) fn button(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    office: &OfficePlace,
    look: Look,
) -> PostButton {
    let origin: String = byte_serialize(office.origin.as_bytes()).collect();
    PostButton {
        action: format!("{ASK}?{OFFICE}={origin}"),
        csrf: site.csrf.token::<AskOffice>(&unlocked.session()),
        label: words.say_with("office-ask", &[("office", &shown(&office.name))]),
        look,
    }
}

/// `POST /passport`: asks the office that the address names, which is one of a network of the wallet's.
pub(crate) async fn ask(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    RawQuery(query): RawQuery,
    _form: CsrfForm<AskOffice>,
) -> Response {
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let named = fields.optional(OFFICE).unwrap_or_default();
    let offices = for_first_passport(&unlocked.wallet).await;
    let title = words.say("office-ask-title");
    let Some(office) = offices.into_iter().find(|office| office.origin == named) else {
        let said = words.say("office-gone");
        return frame::sentence(&site, words, &unlocked, StatusCode::NOT_FOUND, title, said);
    };
    let wallet = unlocked.wallet.clone();
    match unlocked.desk.flows().open(
        &office.origin,
        LinkKind::Passport,
        wallet,
        site.environment.randomness(),
    ) {
        Ok(flow) => Redirect::to(&address_of(&flow)).into_response(),
        Err(TooMany) => {
            let said = words.say("failed-many");
            frame::sentence(&site, words, &unlocked, StatusCode::UNPROCESSABLE_ENTITY, title, said)
        }
    }
}
