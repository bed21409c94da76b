//! Texts in a template that stand for what only the team knows: the name of its space there, the number of a plan, a lock.
//!
//! A template says which those are (`"replace"`). While one of them still stands in it nothing is sent by it: a request to
//! somebody else's `your-space` would carry details of people.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TemplateError;

/// Length of such a text, in characters.
const TEXT: std::ops::RangeInclusive<usize> = 3..=64;
/// Longest text that is put there, and longest words about it, in characters.
const LONGEST: usize = 200;
/// Parts of a template that are words about it.
const WORDS: [&str; 3] = ["checked", "notes", "replace"];

/// A text that is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// As it stands in addresses and bodies.
    pub text: String,
    /// By what, in words for the team.
    pub by: String,
    /// What that is.
    #[serde(default, rename = "as", skip_serializing_if = "Kind::is_text")]
    pub kind: Kind,
}

/// What is put in the place of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A text.
    #[default]
    Text,
    /// A whole number, written as one where the text stands alone.
    Number,
}

impl Kind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

impl Replace {
    pub(super) fn check(&self) -> Result<(), TemplateError> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
        let is_name = TEXT.contains(&self.text.chars().count()) && self.text.chars().all(is_plain);
        let is_said = (1..=LONGEST).contains(&self.by.trim().chars().count());
        if is_name && is_said && !self.by.chars().any(char::is_control) {
            Ok(())
        } else {
            Err(TemplateError::Replace(self.text.clone()))
        }
    }

    /// What a text becomes in which this one stands.
    fn put(&self, within: &str, setting: &str, place: Place) -> Result<Value, TemplateError> {
        let bad = || TemplateError::BadSetting(self.text.clone());
        let number = match self.kind {
            Kind::Text => None,
            Kind::Number => Some(setting.parse::<u32>().map_err(|_| bad())?),
        };
        match (place, number) {
            // Whatever ends a host or a part of a path would make another address of it (RFC 3986 §2.3, §3.2.3).
            (Place::Address, _)
                if !setting.chars().all(|one| one.is_ascii_alphanumeric() || "-._~:".contains(one)) =>
            {
                Err(bad())
            }
            (Place::Body, Some(number)) if within == self.text => Ok(number.into()),
            _ => Ok(within.replace(&self.text, setting).into()),
        }
    }
}

/// Where in a template a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Address,
    Body,
}

/// Those of `replace` that still stand in a template.
pub(crate) fn standing(template: &impl Serialize, replace: &[Replace]) -> Vec<Replace> {
    let mut texts = Vec::new();
    // A template was JSON, and is written as such again.
    if let Ok(Value::Object(members)) = serde_json::to_value(template) {
        let parts = members.into_iter().filter(|(name, _)| !WORDS.contains(&name.as_str()));
        parts.for_each(|(_, part)| collect(part, &mut texts));
    }
    let stands = |one: &&Replace| texts.iter().any(|text| text.contains(&one.text));
    replace.iter().filter(stands).cloned().collect()
}

fn collect(part: Value, texts: &mut Vec<String>) {
    match part {
        Value::String(text) => texts.push(text),
        Value::Array(parts) => parts.into_iter().for_each(|part| collect(part, texts)),
        Value::Object(members) => members.into_iter().for_each(|(_, part)| collect(part, texts)),
        _ => {}
    }
}

/// The template with these settings in it, by the texts that they replace; what does not stand in it any more is not named in it
/// any more. It is to be looked at anew.
pub(crate) fn replaced<T: Serialize + DeserializeOwned>(
    template: &T,
    replace: &[Replace],
    settings: &BTreeMap<String, String>,
) -> Result<T, TemplateError> {
    let mut value = written(template)?;
    for (text, setting) in settings {
        let found = replace.iter().find(|one| one.text == *text);
        let one = found.ok_or_else(|| TemplateError::NothingToReplace(text.clone()))?;
        let setting = setting.trim();
        let fits = (1..=LONGEST).contains(&setting.chars().count()) && !setting.chars().any(char::is_control);
        if !fits {
            return Err(TemplateError::BadSetting(text.clone()));
        }
        if let Value::Object(members) = &mut value {
            let parts = members.iter_mut().filter(|(name, _)| !WORDS.contains(&name.as_str()));
            for (name, part) in parts {
                put_everywhere(part, name, one, setting)?;
            }
        }
    }
    let left = standing(&value, replace);
    if let Value::Object(members) = &mut value {
        let _ = members.insert("replace".to_owned(), written(&left)?);
    }
    read_again(value)
}

fn put_everywhere(part: &mut Value, name: &str, one: &Replace, setting: &str) -> Result<(), TemplateError> {
    match part {
        Value::String(text) if text.contains(&one.text) => {
            let place = if matches!(name, "url" | "token_url") { Place::Address } else { Place::Body };
            *part = one.put(text, setting, place)?;
            Ok(())
        }
        Value::Array(parts) => parts.iter_mut().try_for_each(|part| put_everywhere(part, name, one, setting)),
        Value::Object(members) => {
            members.iter_mut().try_for_each(|(name, part)| put_everywhere(part, name, one, setting))
        }
        _ => Ok(()),
    }
}

fn written(template: &impl Serialize) -> Result<Value, TemplateError> {
    serde_json::to_value(template).map_err(|error| TemplateError::Malformed(error.to_string()))
}

fn read_again<T: DeserializeOwned>(value: Value) -> Result<T, TemplateError> {
    serde_json::from_value(value).map_err(|error| TemplateError::Malformed(error.to_string()))
}

/// Texts that still stand, each with what belongs there.
pub(super) fn listed(standing: &[Replace]) -> String {
    let one = |replace: &Replace| format!("{} ({})", replace.text, replace.by);
    standing.iter().map(one).collect::<Vec<_>>().join(", ")
}
