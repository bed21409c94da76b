//! Several sets of details: which there are, and how one is added, called otherwise and taken away.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use wallet::{OwnDetails, OwnDetailsError, SetError, SetName};
use web::Words;
use web::csrf::CsrfForm;

use super::coming_back::{Back, onward};
use super::{Details, View, address_of};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;

/// A set, as the page leads to it.
pub(super) struct SetLink {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) is_shown: bool,
}

/// What the page says of the sets.
pub(super) struct Sets {
    /// The name of the set that is shown; none where there is but one.
    pub(super) shown: Option<String>,
    /// What is said to whoever wants to take it away.
    pub(super) remove: String,
    /// What the set that there is might be called, where there is but one.
    pub(super) first: String,
    /// Whether there is room for one more.
    pub(super) has_room: bool,
}

pub(super) fn links(own: &OwnDetails, shown: Option<&str>, back: Option<&Back>) -> Vec<SetLink> {
    let link = |set: &wallet::DetailSet| SetLink {
        href: onward(address_of(Some(&set.id)), back),
        name: set.name.as_str().to_owned(),
        is_shown: Some(set.id.as_str()) == shown,
    };
    own.sets().map(link).collect()
}

impl Sets {
    pub(super) fn of(words: Words, own: &OwnDetails, shown: Option<&str>) -> Self {
        let shown =
            own.sets().find(|set| Some(set.id.as_str()) == shown).map(|set| set.name.as_str().to_owned());
        let name = shown.clone().unwrap_or_default();
        Self {
            remove: words.say_with("sets-remove-text", &[("name", &name)]),
            first: words.say("sets-first-example"),
            has_room: own.has_room(),
            shown,
        }
    }
}

/// `POST /details/sets`: adds a set.
pub(crate) async fn add(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Details>,
) -> Response {
    let back = Back::of(words, &unlocked, &form.fields);
    let answer = Answer { site: &site, words, unlocked: &unlocked, set: form.fields.optional("set"), back };
    let name = |field: &str| SetName::new(form.fields.optional(field).unwrap_or_default());
    let Ok(new) = name("name") else { return answer.wrong("set-name", "sets-wrong-name").await };
    // Only where there is but one set it is asked what that is called.
    let first = if form.fields.optional("first").is_some() { name("first") } else { Ok(new.clone()) };
    let Ok(first) = first else { return answer.wrong("set-first", "sets-wrong-name").await };
    let made = unlocked.wallet.add_detail_set(new, first).await;
    answer.of("set-name", made.map(|set| Some(set.id))).await
}

/// `POST /details/sets/rename`.
pub(crate) async fn rename(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Details>,
) -> Response {
    let set = form.fields.optional("set").unwrap_or_default();
    let back = Back::of(words, &unlocked, &form.fields);
    let answer = Answer { site: &site, words, unlocked: &unlocked, set: Some(set), back };
    let Ok(name) = SetName::new(form.fields.optional("name").unwrap_or_default()) else {
        return answer.wrong("set-rename", "sets-wrong-name").await;
    };
    let renamed = unlocked.wallet.edit_own_details(|own| own.rename_set(set, name)).await;
    answer.of("set-rename", renamed.map(|()| Some(set.to_owned()))).await
}

/// `POST /details/sets/remove`.
pub(crate) async fn remove(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Details>,
) -> Response {
    let set = form.fields.optional("set").unwrap_or_default();
    let back = Back::of(words, &unlocked, &form.fields);
    let answer = Answer { site: &site, words, unlocked: &unlocked, set: Some(set), back };
    if !form.fields.ticked("sure") {
        return answer.wrong("set-sure", "sets-wrong-sure").await;
    }
    let removed = unlocked.wallet.edit_own_details(|own| own.remove_set(set)).await;
    answer.of("set-sure", removed.map(|()| None)).await
}

/// What is answered to a form of the sets.
struct Answer<'a> {
    site: &'a WalletWeb,
    words: Words,
    unlocked: &'a Unlocked,
    /// The set at whose page it was sent.
    set: Option<&'a str>,
    back: Option<Back>,
}

impl Answer<'_> {
    /// The page of the set that is there now; the same page where the sets cannot be so, with why at the field.
    async fn of(&self, field: &str, made: Result<Option<String>, OwnDetailsError>) -> Response {
        match made {
            Ok(set) => self.to(set.as_deref()),
            // A second tap on the same button, or another tab.
            Err(OwnDetailsError::Sets(SetError::NoSuchSet)) => self.to(None),
            Err(OwnDetailsError::Sets(SetError::NameTaken)) => self.wrong(field, "sets-wrong-taken").await,
            Err(OwnDetailsError::Sets(SetError::TooMany)) => self.wrong(field, "sets-wrong-many").await,
            Err(OwnDetailsError::Vault(error)) => Failed::from(error).page(self.words),
        }
    }

    fn to(&self, set: Option<&str>) -> Response {
        Redirect::to(&onward(address_of(set), self.back.as_ref())).into_response()
    }

    async fn wrong(&self, field: &str, key: &str) -> Response {
        let own = match self.unlocked.wallet.own_details().await {
            Ok(own) => own,
            Err(error) => return Failed::from(error).page(self.words),
        };
        let problem = (field.to_owned(), self.words.say(key));
        let back = self.back.clone();
        View {
            problem: Some(problem),
            back,
            ..View::of(self.site, self.words, self.unlocked, &own, self.set)
        }
        .page(false)
    }
}
