//! What is known after an attempt.

use http::StatusCode;
use keyring::Sealed;
use outbound::{OutboundError, Response};
use serde_json::Value;

use super::{Deed, Due};
use crate::outgoing::records::Way;
use crate::outgoing::template::{Step, Template};
use crate::space::{Space, SpaceError};

/// Longest identifier that other software may give, in bytes.
const LONGEST_ID: usize = 256;
/// Seals such an identifier.
pub(super) const THERE: &[u8] = b"outgoing identifier";

/// What is known after an attempt.
pub(super) enum Verdict {
    Confirmed {
        status: u16,
        names: Vec<String>,
        there: Option<Sealed>,
    },
    Nothing,
    /// A person has to see to it. `names`: what went out nevertheless.
    ByHand {
        code: String,
        names: Option<Vec<String>>,
    },
    /// `for_good`: nobody wants it there any more.
    Failed {
        status: Option<u16>,
        code: Option<String>,
        for_good: bool,
    },
}

impl Space {
    /// What an answer means.
    pub(super) fn judge(
        &self,
        due: &Due,
        names: Vec<String>,
        answer: Result<Response, OutboundError>,
    ) -> Result<Verdict, SpaceError> {
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                let code = Some(code_of(&error).to_owned());
                return Ok(Verdict::Failed { status: None, code, for_good: false });
            }
        };
        let status = response.status;
        let deed = due.deed();
        let was_gone = deed == Deed::Erase && matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE);
        if !status.is_success() && !was_gone {
            let for_good = deed == Deed::Tell && status == StatusCode::GONE;
            return Ok(Verdict::Failed { status: Some(status.as_u16()), code: None, for_good });
        }
        let Way::Action { template } = &due.recipient.way else {
            return Ok(Verdict::Confirmed { status: status.as_u16(), names, there: None });
        };
        match deed {
            Deed::Create => self.created(due, template, names, &response),
            Deed::Change => Ok(self.changed(due, template, names, status)),
            _ => Ok(Verdict::Confirmed { status: status.as_u16(), names, there: None }),
        }
    }

    fn created(
        &self,
        due: &Due,
        template: &Template,
        names: Vec<String>,
        response: &Response,
    ) -> Result<Verdict, SpaceError> {
        let status = response.status.as_u16();
        let Some(pointer) = &template.create.id else {
            return Ok(Verdict::Confirmed { status, names, there: None });
        };
        let text = response.json().ok().and_then(|body| identifier(body.pointer(pointer)?));
        let Some(text) = text else {
            return Ok(Verdict::ByHand { code: "no_identifier".to_owned(), names: Some(names) });
        };
        let key = self.line_key(&due.line.person, &due.line.recipient);
        let there = Some(self.keyring.seal(&key, THERE, text.as_bytes())?);
        Ok(Verdict::Confirmed { status, names, there })
    }

    /// A change that was taken, unless it could not say of something that it is gone.
    fn changed(&self, due: &Due, template: &Template, names: Vec<String>, status: StatusCode) -> Verdict {
        let step = template.change.as_ref();
        let unsaid = step.and_then(Step::map).map(|map| map.can_unsay()).unwrap_or_default();
        let replaces = step.is_some_and(|step| step.replaces_whole);
        let left = due.line.has.iter().any(|name| !names.contains(name) && !unsaid.contains(name));
        if left && !replaces {
            return Verdict::ByHand { code: "cannot_unsay".to_owned(), names: Some(names) };
        }
        Verdict::Confirmed { status: status.as_u16(), names, there: None }
    }
}

/// An identifier: a text or a whole number.
fn identifier(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    let is_one = (1..=LONGEST_ID).contains(&text.len()) && !text.chars().any(char::is_control);
    is_one.then_some(text)
}

/// Why no answer came, as a machine code.
fn code_of(error: &OutboundError) -> &'static str {
    match error {
        OutboundError::InsecureScheme | OutboundError::MalformedUrl => "address",
        OutboundError::ForbiddenAddress => "not_public",
        OutboundError::Unresolvable => "unknown_host",
        OutboundError::Busy | OutboundError::Unreachable | OutboundError::Broken => "unreachable",
        OutboundError::Tls(_) => "tls",
        OutboundError::TimedOut => "timed_out",
        OutboundError::Redirected { .. } => "redirected",
        OutboundError::TooLarge { .. } => "too_large",
        OutboundError::Status { .. } | OutboundError::NotJson => "no_token",
        _ => "unwritable",
    }
}
