//! Who is at the screen? The answer counts for a session only when its person is shown to be the wallet's
//! (OpenID4VP 1.0 §14.2, HAIP 1.0 §5.1).

use environment::{Randomness, Timestamp};
use jose::digest;
use serde::{Deserialize, Serialize};

use super::Flow;
use crate::seconds;
use crate::secret::{SecretHash, SecretText};

/// Within how many seconds the response_code must return.
pub const RETURN_LIFETIME: i64 = 180;
/// For how many seconds the digits are shown.
pub const DIGIT_LIFETIME: i64 = 120;
/// How many digits.
pub const DIGITS: u8 = 6;
/// How many tries.
pub const DIGIT_TRIES: u8 = 5;

/// Why a session is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonError {
    /// The response_code is not the one of this request.
    #[error("the code of this address is unknown")]
    UnknownCode,
    /// It was opened in another browser session than the one that asked.
    #[error("the answer came back in another browser than the one that asked")]
    OtherSession,
    /// Too late.
    #[error("too much time has passed")]
    TooLate,
    /// The digits are wrong.
    #[error("the digits are wrong")]
    WrongDigits,
    /// The digits were wrong too often.
    #[error("the digits were wrong too often")]
    TooManyTries,
    /// Nothing of the kind is awaited.
    #[error("nothing of the kind is awaited")]
    NotAwaited,
}

impl PersonError {
    /// A stable name of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownCode => "unknown_response_code",
            Self::OtherSession => "other_session",
            Self::TooLate => "too_late",
            Self::WrongDigits => "wrong_digits",
            Self::TooManyTries => "too_many_tries",
            Self::NotAwaited => "not_awaited",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::OtherSession | Self::WrongDigits | Self::TooManyTries => 403,
            Self::TooLate | Self::NotAwaited => 410,
            Self::UnknownCode => 404,
        }
    }
}

/// What follows, refused or not: `next` is stored either way.
#[derive(Clone, Debug)]
pub struct PersonStep {
    /// The next state.
    pub next: Flow,
    /// Whether the session is the person's.
    pub outcome: Result<(), PersonError>,
}

/// The digits that are to be shown on the wallet's device.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The next state.
    pub next: Flow,
    /// The digits; opened again, the page shows others, and the tries that are left stay.
    pub digits: SecretText,
}

/// Answered on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returning {
    session: SecretHash,
    response_code: SecretHash,
    #[serde(with = "seconds")]
    until: Timestamp,
}

impl Returning {
    pub(super) fn new(session: SecretHash, code: &SecretText, now: Timestamp) -> Self {
        Self { session, response_code: code.hash(), until: now.plus(RETURN_LIFETIME) }
    }

    fn come_back(self, code: &str, session: Option<&SecretText>, now: Timestamp) -> PersonStep {
        let step = |next, outcome| PersonStep { next, outcome };
        if now >= self.until {
            return step(Flow::Rejected, Err(PersonError::TooLate));
        }
        if !self.response_code.matches(code) {
            return step(Flow::Returning(self), Err(PersonError::UnknownCode));
        }
        // Whoever holds the code holds the wallet; another session means that the request was passed on.
        if !session.is_some_and(|session| self.session.matches(session.expose())) {
            return step(Flow::Rejected, Err(PersonError::OtherSession));
        }
        step(Flow::Complete { session: Some(self.session) }, Ok(()))
    }
}

/// Answered on another device, whose page with the digits is not opened yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showing {
    session: SecretHash,
    response_code: SecretHash,
    #[serde(with = "seconds")]
    until: Timestamp,
}

impl Showing {
    pub(super) fn new(session: SecretHash, code: &SecretText, now: Timestamp) -> Self {
        Self { session, response_code: code.hash(), until: now.plus(RETURN_LIFETIME) }
    }
}

/// Awaits the digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    session: SecretHash,
    response_code: SecretHash,
    digits: SecretHash,
    tries_left: u8,
    #[serde(with = "seconds")]
    until: Timestamp,
}

impl Typing {
    /// Six digits can be found from their hash; that costs an attacker who reads the store two minutes at most
    /// and the session's secret, which no record holds.
    fn digits_hash(session: &SecretHash, digits: &str) -> SecretHash {
        SecretHash::from_bytes(digest::sha256([session.as_bytes().as_slice(), digits.as_bytes()].concat()))
    }

    fn try_digits(mut self, digits: &str, session: Option<&SecretText>, now: Timestamp) -> PersonStep {
        let step = |next, outcome| PersonStep { next, outcome };
        if now >= self.until {
            return step(Flow::Filed, Err(PersonError::TooLate));
        }
        // Only the screen that showed the request has tries: nobody else can use them up.
        if !session.is_some_and(|session| self.session.matches(session.expose())) {
            return step(Flow::Typing(self), Err(PersonError::OtherSession));
        }
        let digits: String = digits.chars().filter(|character| !character.is_whitespace()).collect();
        let given = Self::digits_hash(&self.session, &digits);
        if digest::constant_time_equal(self.digits.as_bytes(), given.as_bytes()) {
            return step(Flow::Complete { session: Some(self.session) }, Ok(()));
        }
        self.tries_left = self.tries_left.saturating_sub(1);
        if self.tries_left == 0 {
            return step(Flow::Filed, Err(PersonError::TooManyTries));
        }
        step(Flow::Typing(self), Err(PersonError::WrongDigits))
    }
}

impl Flow {
    /// The `redirect_uri` was opened on the device that asked: the session must be the one that asked.
    #[must_use]
    pub fn come_back(self, code: &str, session: Option<&SecretText>, now: Timestamp) -> PersonStep {
        match self {
            Self::Returning(returning) => returning.come_back(code, session, now),
            other => PersonStep { next: other, outcome: Err(PersonError::NotAwaited) },
        }
    }

    /// The `redirect_uri` was opened on the wallet's device, and another screen waits: digits are shown.
    ///
    /// # Errors
    /// [`PersonError::UnknownCode`], [`PersonError::TooLate`], [`PersonError::NotAwaited`]; nothing changes.
    pub fn show_digits(
        self,
        code: &str,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Shown, PersonError> {
        let (session, response_code, tries_left, until) = match self {
            Self::Showing(showing) if now < showing.until => {
                (showing.session, showing.response_code, DIGIT_TRIES, now.plus(DIGIT_LIFETIME))
            }
            Self::Typing(typing) if now < typing.until => {
                (typing.session, typing.response_code, typing.tries_left, typing.until)
            }
            Self::Showing(_) | Self::Typing(_) => return Err(PersonError::TooLate),
            _ => return Err(PersonError::NotAwaited),
        };
        if !response_code.matches(code) {
            return Err(PersonError::UnknownCode);
        }
        let digits = SecretText::random_digits(DIGITS, randomness);
        let hash = Typing::digits_hash(&session, digits.expose());
        let typing = Typing { session, response_code, digits: hash, tries_left, until };
        Ok(Shown { next: Self::Typing(typing), digits })
    }

    /// Digits were typed at the waiting screen.
    #[must_use]
    pub fn type_digits(self, digits: &str, session: Option<&SecretText>, now: Timestamp) -> PersonStep {
        match self {
            Self::Typing(typing) => typing.try_digits(digits, session, now),
            other => PersonStep { next: other, outcome: Err(PersonError::NotAwaited) },
        }
    }

    /// When the state ends by itself; `None` for those in which nothing is awaited.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Requested(requested) => Some(requested.expires_at()),
            Self::Returning(returning) => Some(returning.until),
            Self::Showing(showing) => Some(showing.until),
            Self::Typing(typing) => Some(typing.until),
            _ => None,
        }
    }

    /// What becomes of a flow whose time is over: an answer that never came back is rejected, one whose digits were
    /// never typed is filed.
    #[must_use]
    pub fn after_deadline(self, now: Timestamp) -> Self {
        match self {
            Self::Returning(returning) if now >= returning.until => Self::Rejected,
            Self::Showing(showing) if now >= showing.until => Self::Filed,
            Self::Typing(typing) if now >= typing.until => Self::Filed,
            other => other,
        }
    }
}
