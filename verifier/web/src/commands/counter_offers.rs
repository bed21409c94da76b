//! What applicants offered instead, and what the team asks again.

use openid4vc::vp::link::RequestUriMethod;
use presentation::{AskError, Asking, ClientIdentifier, Presentation, Way};
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::api_keys::Once;
use verifier::asking_again::{ASKED_AGAIN_FOR, Other};
use verifier::counter_offers::{CounterOffered, InPlace};
use verifier::records::SignUp;
use verifier::{Space, SpaceError};

use super::{MOST_LISTED, contacts, said, time};

/// What is asked again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    pub(crate) id: String,
    pub(crate) form: Option<String>,
    #[serde(default)]
    pub(crate) without: Vec<String>,
    #[serde(default)]
    pub(crate) instead: Vec<InPlace>,
    pub(crate) reason: Option<String>,
}

/// The counter-offers of the last months, the newest first, and which forms invite them because they ask too much.
pub(super) async fn list(space: &Space, presentation: &Presentation) -> Result<Value, String> {
    let mut lines = Vec::new();
    for offered in space.counter_offers(MOST_LISTED).await.map_err(said)? {
        lines.push(line(&offered, state(presentation, offered.asked_anew.as_deref()).await?));
    }
    let forms = space.forms().await.map_err(said)?;
    let warned = forms.values().filter_map(|version| {
        let form = &version.form;
        let sentence = space.beyond_registration(form)?;
        Some(json!({"form": form.id, "is_asked": form.beyond_registration, "sentence": sentence}))
    });
    Ok(json!({"counter_offers": lines, "beyond_registration": warned.collect::<Vec<_>>()}))
}

fn line(offered: &CounterOffered, state: Option<String>) -> Value {
    let mut line = self::offered(offered);
    if let Some(line) = line.as_object_mut() {
        line.insert("then".to_owned(), json!(state));
    }
    line
}

/// A counter-offer, without how the request stands that was made then.
pub(super) fn offered(offered: &CounterOffered) -> Value {
    let outcome = if offered.declined.is_some() { "declined" } else { "asked_anew" };
    json!({
        "id": offered.id,
        "at": time(offered.at),
        "form": offered.form,
        "session": offered.asked,
        "offered": offered.offered,
        "instead": offered.instead,
        "left_out": offered.left_out,
        "outcome": outcome,
        "reason": offered.declined,
        "asked_anew": offered.asked_anew,
    })
}

/// How the request about `asked` stands, in one word.
async fn state(presentation: &Presentation, asked: Option<&str>) -> Result<Option<String>, String> {
    let Some(asked) = asked else { return Ok(None) };
    let state = presentation.state(asked).await.map_err(|fault| fault.to_string())?;
    Ok(Some(state.map_or_else(|| "over".to_owned(), |state| state.name().to_owned())))
}

/// The sign-ups that wait, each with what was asked again and what the applicant said to it.
pub(super) async fn sign_ups(space: &Space, presentation: &Presentation) -> Result<Value, String> {
    let mut lines = Vec::new();
    for sign_up in space.waiting(MOST_LISTED).await.map_err(said)? {
        lines.push(sign_up_line(space, presentation, &sign_up).await?);
    }
    Ok(json!({"sign_ups": lines}))
}

async fn sign_up_line(space: &Space, presentation: &Presentation, sign_up: &SignUp) -> Result<Value, String> {
    let mut line = contacts::sign_up(sign_up);
    let again = space.asked_again(sign_up).await.map_err(said)?;
    if let Value::Object(members) = &mut line {
        if let Some(earlier) = &sign_up.in_place_of {
            members.insert("in_place_of".to_owned(), json!(earlier));
        }
        if let Some(again) = again {
            let state = state(presentation, Some(&again.asked)).await?;
            let asked = json!({
                "at": time(again.at),
                "until": time(again.ends),
                "reason": again.reason,
                "session": again.asked,
                "state": state,
            });
            members.insert("asked_again".to_owned(), asked);
        }
    }
    Ok(line)
}

/// Why an applicant is not asked for something else.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAsked {
    /// The rules.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The request cannot be made.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// What an applicant was asked.
pub(crate) struct AskedAgain {
    /// The request, by the name under which its state is told.
    pub(crate) request: String,
    claims: Vec<String>,
}

/// Asks the applicant of a sign-up for something else.
pub(crate) async fn ask_again(
    space: &Space,
    presentation: &Presentation,
    again: Again,
) -> Result<Value, String> {
    let id = again.id.clone();
    let made = ask_again_once(space, presentation, again, None).await.map_err(|error| error.to_string())?;
    Ok(json!({"id": id, "asks": made.claims, "session": made.request}))
}

/// The same for a program that may ask twice.
pub(crate) async fn ask_again_once(
    space: &Space,
    presentation: &Presentation,
    again: Again,
    once: Option<&Once>,
) -> Result<AskedAgain, NotAsked> {
    let other = Other {
        form: again.form,
        without: again.without,
        instead: again.instead.into_iter().map(|one| (one.of, one.offer)).collect(),
    };
    let asked = space.ask_again(&again.id, &other).await?;
    let asking = Asking {
        subject: asked.id.clone(),
        query: asked.compiled.query.clone(),
        // The applicant's wallet collects the link: nobody waits at a screen.
        way: Way::NoScreen,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: ASKED_AGAIN_FOR,
    };
    let made = presentation.ask_saying(asking, &space.says_with(&asked)).await?;
    let request = space.keep_asked_again_once(&asked, &made.link, again.reason.as_deref(), once).await?;
    Ok(AskedAgain { request, claims: asked.form.fields.into_iter().map(|field| field.claim).collect() })
}
