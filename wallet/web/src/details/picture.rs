//! The page of the member's picture. The browser makes a small square of what is chosen (`picture.js`); here it is looked at, shown
//! and kept.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::Value;
use wallet::{DetailName, OwnDetails, OwnDetailsError, Picture, PictureError, Place, SetError};
use web::Words;
use web::csrf::CsrfForm;
use web::form::QueryFields;
use web::page::ErrorSummary;

use super::coming_back::{Back, onward};
use super::{Details, place_id, shown_set};
use crate::frame::{self, At};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;

/// The page.
pub(crate) const PICTURE: &str = "/details/picture";
/// The script that crops.
pub(crate) const SCRIPT: &str = "/picture.js";
/// The detail's name.
const NAME: &str = "picture";

#[derive(Template)]
#[template(path = "picture.html")]
struct PicturePage {
    words: Words,
    csrf: String,
    set: Option<String>,
    picture: Option<String>,
    /// Whether it is the same in every set; none where there is but one.
    every: Option<bool>,
    summary: Option<ErrorSummary>,
    /// Leads to the details.
    details: String,
    /// The question from which the member came.
    back: Option<Back>,
}

/// The address of the page for a set.
pub(crate) fn address_of(set: Option<&str>) -> String {
    set.map_or_else(|| PICTURE.to_owned(), |set| format!("{PICTURE}?set={set}"))
}

/// `GET /details/picture`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(query): QueryFields,
) -> Response {
    let back = Back::of(words, &unlocked, &query);
    page(&site, words, &unlocked, query.optional("set"), None, back).await
}

/// `POST /details/picture`: another picture, or none.
pub(crate) async fn save(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Details>,
) -> Response {
    let set = form.fields.optional("set");
    let back = Back::of(words, &unlocked, &form.fields);
    let value = match form.fields.optional("do") {
        Some("remove") => Value::Null,
        _ => match Picture::of_data_url(form.fields.optional("picture").unwrap_or_default()) {
            Ok(picture) => Value::from(picture.data_url()),
            Err(error) => return page(&site, words, &unlocked, set, Some(why(words, error)), back).await,
        },
    };
    let Ok(name) = DetailName::new(NAME) else { return Redirect::to(super::DETAILS).into_response() };
    let edit = |own: &mut OwnDetails| {
        // Taken away is taken away where it is.
        let is_shared =
            if value.is_null() { own.is_shared(NAME) } else { form.fields.ticked(&place_id(NAME)) };
        match set.filter(|_| !is_shared) {
            Some(set) => own.set_at(name, value, Place::Set(set)),
            None => own.set_at(name, value, Place::EverySet),
        }
    };
    match unlocked.wallet.edit_own_details(edit).await {
        Ok(()) | Err(OwnDetailsError::Sets(SetError::NoSuchSet)) => {
            Redirect::to(&onward(super::saved_of(set), back.as_ref())).into_response()
        }
        Err(OwnDetailsError::Sets(_)) => Redirect::to(super::DETAILS).into_response(),
        Err(OwnDetailsError::Vault(error)) => Failed::from(error).page(words),
    }
}

fn why(words: Words, error: PictureError) -> String {
    match error {
        PictureError::TooLong => words.say("picture-wrong-long"),
        PictureError::Measures => words.say("picture-wrong-measures"),
        PictureError::Beside(what) => words.say_with("picture-wrong-beside", &[("what", what)]),
        _ => words.say("picture-wrong"),
    }
}

async fn page(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    named: Option<&str>,
    wrong: Option<String>,
    back: Option<Back>,
) -> Response {
    let own = match unlocked.wallet.own_details().await {
        Ok(own) => own,
        Err(error) => return Failed::from(error).page(words),
    };
    let set = shown_set(&own, named);
    let claims = own.claims_in(set.as_deref());
    let picture = claims.get(NAME).and_then(Value::as_str).filter(|url| url.starts_with("data:image/"));
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = PicturePage {
        words,
        csrf: site.csrf.token::<Details>(&unlocked.session()),
        picture: picture.map(str::to_owned),
        every: set.is_some().then(|| own.is_shared(NAME)),
        summary: wrong.map(|said| ErrorSummary { words, errors: vec![("file".to_owned(), said)] }),
        details: onward(super::address_of(set.as_deref()), back.as_ref()),
        back,
        set,
    };
    let page =
        frame::page(site, words, unlocked, At::Below(super::DETAILS), words.say("picture-title"), body);
    (status, page.with_script(SCRIPT)).into_response()
}
