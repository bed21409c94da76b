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

impl Verdict {
    /// Somebody may have been made there. `names`: the details that went out.
    pub(super) fn outcome_unknown(names: Vec<String>) -> Self {
        Self::ByHand { code: "outcome_unknown".to_owned(), names: Some(names) }
    }
}

/// That no answer came.
pub(super) struct NoAnswer {
    error: OutboundError,
    may_have_arrived: bool,
}

impl NoAnswer {
    /// Of a request that was to be sent.
    pub(super) fn of(error: OutboundError) -> Self {
        let never_left = matches!(
            error,
            OutboundError::InsecureScheme
                | OutboundError::MalformedUrl
                | OutboundError::ForbiddenAddress
                | OutboundError::Unresolvable
                | OutboundError::Busy
                | OutboundError::Unreachable
                | OutboundError::Tls(_)
                | OutboundError::Unwritable
        );
        let was_refused = matches!(error, OutboundError::Redirected { .. });
        Self { error, may_have_arrived: !never_left && !was_refused }
    }

    /// Of one that could not be completed.
    pub(super) const fn before_it_was_sent(error: OutboundError) -> Self {
        Self { error, may_have_arrived: false }
    }
}

/// Whether an answer leaves open what became of the request: the other side, or something before it, failed at it (RFC 9110 §15.6).
fn leaves_open(status: StatusCode) -> bool {
    status.is_server_error()
        && !matches!(status, StatusCode::NOT_IMPLEMENTED | StatusCode::SERVICE_UNAVAILABLE)
}

impl Space {
    /// What a backup brought back: it may have gone out since that backup was made, and whatever it may have told lies there.
    pub(super) async fn of_before_a_restore(&self, due: &Due) -> Result<Verdict, SpaceError> {
        let is_told_nothing = matches!(due.recipient.way, Way::Action { .. }) && due.line.told.is_empty();
        if is_told_nothing {
            return Ok(Verdict::Nothing);
        }
        let names = self.values_for(due).await?.into_keys().collect();
        Ok(Verdict::ByHand { code: "restored".to_owned(), names: Some(names) })
    }

    /// What an answer means.
    pub(super) fn judge(
        &self,
        due: &Due,
        names: Vec<String>,
        answer: Result<Response, NoAnswer>,
    ) -> Result<Verdict, SpaceError> {
        let response = match answer {
            Ok(response) => response,
            Err(none) if none.may_have_arrived && !due.can_be_repeated() => {
                return Ok(Verdict::outcome_unknown(names));
            }
            Err(NoAnswer { error, .. }) => {
                let code = Some(code_of(&error).to_owned());
                return Ok(Verdict::Failed { status: None, code, for_good: false });
            }
        };
        let status = response.status;
        if leaves_open(status) && !due.can_be_repeated() {
            return Ok(Verdict::outcome_unknown(names));
        }
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
pub(crate) fn code_of(error: &OutboundError) -> &'static str {
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
