//! The forms of a space, from the command line.

use serde_json::{Value, json};
use verifier::form::Form;
use verifier::forms::{ChangedBy, FormVersion};
use verifier::{Space, SpaceError};

use super::{said, time};

/// Every form, with what holds of it.
pub(super) async fn list(space: &Space) -> Result<Value, String> {
    let mut lines = Vec::new();
    for (id, version) in space.all_forms().await.map_err(said)? {
        let mut line = facts(&version);
        let taken = space.places_taken(&id).await.map_err(said)?;
        if let (Some(line), Some(taken)) = (line.as_object_mut(), taken) {
            line.insert("places_taken".to_owned(), json!(taken));
        }
        lines.push(line);
    }
    Ok(json!({"forms": lines}))
}

fn facts(version: &FormVersion) -> Value {
    json!({
        "form": version.id,
        "version": version.number,
        "by": version.by,
        "at": if version.number == 0 { String::new() } else { time(version.at) },
        "is_asked": !version.is_withdrawn,
        "approval": version.form.approval,
        "asks": version.form.fields.iter().map(|field| field.claim.as_str()).collect::<Vec<_>>(),
    })
}

/// One form as it holds, or one version of it.
pub(super) async fn show(space: &Space, form: &str, number: Option<u32>) -> Result<Value, String> {
    let found = match number {
        Some(number) => space.form_version(form, number).await.map_err(said)?,
        None => space.all_forms().await.map_err(said)?.remove(form),
    };
    let version = found.ok_or_else(|| SpaceError::NoSuchForm(form.to_owned()).to_string())?;
    Ok(json!(version.form))
}

/// A form that is the newest version from now on.
pub(super) async fn set(space: &Space, form: Value) -> Result<Value, String> {
    let form: Form = serde_json::from_value(form).map_err(|error| format!("this is no form: {error}"))?;
    let current = space.all_forms().await.map_err(said)?.remove(&form.id);
    let from = current.map(|version| version.number);
    let version =
        space.change_form(form, from, ChangedBy::Terminal).await.map_err(|error| error.to_string())?;
    Ok(facts(&version))
}

/// Nobody is asked it any more.
pub(super) async fn withdraw(space: &Space, form: &str) -> Result<Value, String> {
    let current = space.form(form).await.map_err(said)?;
    let current = current.ok_or_else(|| SpaceError::NoSuchForm(form.to_owned()).to_string())?;
    let withdrawn = space.withdraw_form(form, current.number, ChangedBy::Terminal).await;
    Ok(facts(&withdrawn.map_err(|error| error.to_string())?))
}
