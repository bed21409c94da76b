//! What the member says of themselves, without anybody who checked it: the page with the fields, for each set.

mod coming_back;
pub(crate) mod fields;
pub(crate) mod picture;
pub(crate) mod sets;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::{Map, Value};
use wallet::{DetailName, OwnDetails, OwnDetailsError, Place};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::{Fields, QueryFields};
use web::page::{ErrorSummary, LinkButton};

pub(crate) use self::coming_back::address_from;
use self::coming_back::{Back, onward};
use crate::frame;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;
use crate::words::{begun, detail};
use fields::{FIELDS, Group, Input, Known, typed, values, wrong};
use sets::{SetLink, Sets};

/// The page.
pub(crate) const DETAILS: &str = "/details";

/// The forms of the details' pages.
pub(crate) struct Details;

impl Purpose for Details {
    const NAME: &'static str = "wallet-details";
}

#[derive(Template)]
#[template(path = "details.html")]
struct DetailsPage {
    words: Words,
    csrf: String,
    /// The set that is shown; none where there is but one.
    set: Option<String>,
    groups: Vec<FieldGroup>,
    summary: Option<ErrorSummary>,
    /// The picture as it is, in a `data:` address.
    picture: Option<String>,
    picture_page: LinkButton,
    links: Vec<SetLink>,
    sets: Sets,
    saved: bool,
    /// The question from which the member came.
    back: Option<Back>,
}

struct FieldGroup {
    title: String,
    fields: Vec<Field>,
}

struct Field {
    id: String,
    label: String,
    value: String,
    /// The type of a box of one line; none for a box of several.
    kind: Option<&'static str>,
    keys: Option<&'static str>,
    autocomplete: &'static str,
    hint: Option<String>,
    wrong: Option<String>,
    /// Whether the detail is the same in every set, asked once for each detail where there are several sets.
    place: Option<PlaceBox>,
}

struct PlaceBox {
    id: String,
    label: String,
    ticked: bool,
}

/// The address of the page of a set.
pub(crate) fn address_of(set: Option<&str>) -> String {
    set.map_or_else(|| DETAILS.to_owned(), |set| format!("{DETAILS}?set={set}"))
}

/// The set that is shown: the one that is named, else the first.
pub(crate) fn shown_set(own: &OwnDetails, named: Option<&str>) -> Option<String> {
    let named = named.and_then(|named| own.sets().find(|set| set.id == named));
    named.or_else(|| own.sets().next()).map(|set| set.id.clone())
}

/// Where it is said that a set was saved.
fn saved_of(set: Option<&str>) -> String {
    let to = address_of(set);
    if set.is_some() { format!("{to}&saved=yes") } else { format!("{to}?saved=yes") }
}

/// `GET /details`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(query): QueryFields,
) -> Response {
    match unlocked.wallet.own_details().await {
        Ok(own) => {
            let back = Back::of(words, &unlocked, &query);
            let view = View { back, ..View::of(&site, words, &unlocked, &own, query.optional("set")) };
            view.page(query.optional("saved").is_some())
        }
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /details`: everything on the page, or nothing of it.
pub(crate) async fn save(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Details>,
) -> Response {
    let own = match unlocked.wallet.own_details().await {
        Ok(own) => own,
        Err(error) => return Failed::from(error).page(words),
    };
    let named = form.fields.optional("set");
    // A set that was taken away meanwhile: what was typed for it goes into no other.
    if named.is_some_and(|named| own.sets().all(|set| set.id != named)) {
        return Redirect::to(DETAILS).into_response();
    }
    let faults = wrong(&form.fields, site.environment.now());
    if !faults.is_empty() {
        let view = View {
            typed: Some(&form.fields),
            wrong: faults,
            back: Back::of(words, &unlocked, &form.fields),
            ..View::of(&site, words, &unlocked, &own, named)
        };
        return view.page(false);
    }
    let set = named.map(str::to_owned);
    let edit = |own: &mut OwnDetails| edit(own, &form.fields, set.as_deref());
    match unlocked.wallet.edit_own_details(edit).await {
        Ok(()) | Err(OwnDetailsError::Sets(_)) => {}
        Err(OwnDetailsError::Vault(error)) => return Failed::from(error).page(words),
    }
    let back = Back::of(words, &unlocked, &form.fields);
    Redirect::to(&onward(saved_of(named), back.as_ref())).into_response()
}

/// Puts what was typed where it belongs.
fn edit(own: &mut OwnDetails, fields: &Fields, set: Option<&str>) -> Result<(), wallet::SetError> {
    let claims = own.claims_in(set);
    for (name, value) in values(fields, &claims) {
        let before = claims.get(name).unwrap_or(&Value::Null);
        let was_shared = own.is_shared(name);
        let is_shared = set.is_none() || fields.ticked(&place_id(name));
        if (value == *before && was_shared == is_shared) || (value.is_null() && before.is_null()) {
            continue;
        }
        let Ok(name) = DetailName::new(name) else { continue };
        let place = set.filter(|_| !is_shared).map_or(Place::EverySet, Place::Set);
        own.set_at(name, value, place)?;
    }
    Ok(())
}

/// The name of the box that says that a detail is the same in every set.
pub(crate) fn place_id(name: &str) -> String {
    format!("every-{name}")
}

/// The page of a set, for one browser.
pub(crate) struct View<'a> {
    site: &'a WalletWeb,
    words: Words,
    unlocked: &'a Unlocked,
    own: &'a OwnDetails,
    set: Option<String>,
    claims: Map<String, Value>,
    /// What was typed and is not kept.
    typed: Option<&'a Fields>,
    wrong: Vec<(&'static Known, &'static str)>,
    /// What is wrong with another form of the page: its field, and why.
    problem: Option<(String, String)>,
    back: Option<Back>,
}

impl<'a> View<'a> {
    fn of(
        site: &'a WalletWeb,
        words: Words,
        unlocked: &'a Unlocked,
        own: &'a OwnDetails,
        named: Option<&str>,
    ) -> Self {
        let set = shown_set(own, named);
        let claims = own.claims_in(set.as_deref());
        let (typed, wrong, problem, back) = (None, Vec::new(), None, None);
        Self { site, words, unlocked, own, set, claims, typed, wrong, problem, back }
    }

    fn page(&self, saved: bool) -> Response {
        let words = self.words;
        let typed = self.wrong.iter().map(|(field, key)| (field.id(), words.say(key)));
        let errors: Vec<_> = typed.chain(self.problem.clone()).collect();
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let of_group = |group: Group| FIELDS.iter().filter(move |field| field.group == group);
        let groups = Group::ALL.iter().map(|(group, key)| FieldGroup {
            title: words.say(key),
            fields: of_group(*group).map(|field| self.field(field)).collect(),
        });
        let picture =
            self.claims.get("picture").and_then(Value::as_str).filter(|url| url.starts_with("data:image/"));
        let has_picture = picture.is_some();
        let body = DetailsPage {
            words,
            csrf: self.site.csrf.token::<Details>(&self.unlocked.session()),
            groups: groups.collect(),
            summary: (!errors.is_empty()).then_some(ErrorSummary { words, errors }),
            picture: picture.map(str::to_owned),
            picture_page: LinkButton {
                href: onward(picture::address_of(self.set.as_deref()), self.back.as_ref()),
                label: words.say(if has_picture { "picture-change" } else { "picture-add" }),
                secondary: true,
            },
            links: sets::links(self.own, self.set.as_deref(), self.back.as_ref()),
            sets: Sets::of(words, self.own, self.set.as_deref()),
            set: self.set.clone(),
            saved,
            back: self.back.clone(),
        };
        let page = frame::page(self.site, words, self.unlocked, DETAILS, words.say("own-details"), body);
        (status, page).into_response()
    }

    fn field(&self, field: &'static Known) -> Field {
        let words = self.words;
        let (kind, keys) = match field.input {
            Input::Line(kind) => (Some(kind), None),
            Input::Keys(keys) => (Some("text"), Some(keys)),
            Input::Commas => (Some("text"), None),
            Input::Area | Input::Lines => (None, None),
        };
        let hint = match field.input {
            Input::Commas => Some("details-commas"),
            Input::Lines => Some("details-one-a-line"),
            _ => None,
        };
        let name = field.top();
        let is_last =
            FIELDS.iter().rfind(|other| other.top() == name).is_some_and(|last| last.path == field.path);
        let place = (self.set.is_some() && is_last).then(|| PlaceBox {
            id: place_id(name),
            label: words.say_with("details-in-every-set", &[("detail", &detail(words, name))]),
            ticked: self
                .typed
                .map_or_else(|| self.own.is_shared(name), |typed| typed.ticked(&place_id(name))),
        });
        let kept = || field.said(&self.claims);
        Field {
            id: field.id(),
            label: begun(&detail(words, field.path)),
            value: self.typed.map_or_else(kept, |fields| typed(fields, field).unwrap_or_default()),
            kind,
            keys,
            autocomplete: field.autocomplete,
            hint: hint.map(|key| words.say(key)),
            wrong: self.wrong.iter().find(|(one, _)| one.path == field.path).map(|(_, key)| words.say(key)),
            place,
        }
    }
}
