//! The code that a screen shows, and the ticket that a browser gets for it.
//!
//! ```text
//! code   = slot ‖ nonce ‖ screen ‖ HMAC(door, slot, nonce, screen)          in the address behind the QR code
//! ticket = moment ‖ nonce ‖ screen ‖ HMAC(door, moment, nonce, screen)      in a cookie of the browser that scanned it
//! ```
//!
//! Both are HMAC-SHA-256 (RFC 2104) under a key of the space's keyring, each with a word of its own, and neither is stored: whoever comes
//! by without a membership writes nothing. A code is taken in the slot in which it was shown and in those beside it.

use environment::{Randomness, Timestamp};
use jose::base64url;
use jose::digest::constant_time_equal;
use openid4vc::secret::SecretText;

use crate::portal::MemberSession;
use crate::space::{Space, SpaceError};

/// Seconds of a slot.
pub const SLOT: i64 = 15;
/// Seconds for which a ticket counts for whoever was signed in when the code was scanned.
pub const TICKET: i64 = 45;
/// Seconds for which it counts for whoever signed in after that: that takes its time.
pub const TICKET_OF_SIGN_IN: i64 = 180;
const NONCE: usize = 12;
const SCREEN: usize = 16;
const HEAD: usize = 8 + NONCE + SCREEN;
const CODE: &str = "door code";
const ARRIVED: &str = "door ticket";

/// What a code or a ticket says: its number, its nonce and its screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The slot of a code, the moment of a ticket.
    pub(super) number: i64,
    nonce: [u8; NONCE],
    screen: [u8; SCREEN],
}

impl Said {
    /// The screen's identifier.
    pub(super) fn screen(&self) -> String {
        base64url::encode(self.screen)
    }

    /// What names the code for ever.
    pub(super) fn nonce(&self) -> String {
        base64url::encode(self.nonce)
    }

    fn fresh(number: i64, screen: &str, randomness: &dyn Randomness) -> Option<Self> {
        let screen = base64url::decode_exact(screen).ok()?;
        Some(Self { number, nonce: randomness.bytes(), screen })
    }

    fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let parts = self.number.to_be_bytes().into_iter().chain(self.nonce).chain(self.screen);
        for (place, byte) in head.iter_mut().zip(parts) {
            *place = byte;
        }
        head
    }
}

impl Space {
    /// A code for a screen at a door.
    pub(super) fn new_code(&self, door: &str, screen: &str) -> Result<SecretText, SpaceError> {
        let slot = slot_of(self.environment().now());
        let said =
            Said::fresh(slot, screen, self.environment().randomness()).ok_or(SpaceError::Unreadable)?;
        self.written(CODE, door, &said)
    }

    /// What a code says that was shown a moment ago; none for any other.
    pub(super) fn read_code(&self, door: &str, code: &str) -> Result<Option<Said>, SpaceError> {
        let now = slot_of(self.environment().now());
        let said = self.said_in(CODE, door, code)?;
        Ok(said.filter(|said| said.number.abs_diff(now) <= 1))
    }

    /// The ticket of a browser that has just scanned a code.
    pub(super) fn new_ticket(&self, door: &str, code: &Said) -> Result<SecretText, SpaceError> {
        let arrived = Said { number: self.environment().now().seconds(), ..*code };
        self.written(ARRIVED, door, &arrived)
    }

    /// What a ticket says that counts still in this session; none: for whoever has yet to sign in.
    ///
    /// Who is signed in already needs seconds. Three minutes would be the time of somebody far away who got the code from a stranger at the
    /// door, and waits for the word to press.
    pub(super) fn read_ticket(
        &self,
        door: &str,
        ticket: &str,
        session: Option<&MemberSession>,
    ) -> Result<Option<Said>, SpaceError> {
        let now = self.environment().now().seconds();
        let Some(said) = self.said_in(ARRIVED, door, ticket)? else { return Ok(None) };
        let signed_in_since = session.is_none_or(|session| session.made >= said.number);
        let counts_for = if signed_in_since { TICKET_OF_SIGN_IN } else { TICKET };
        // One of the future is of a clock that was set back.
        Ok(Some(said).filter(|said| (0..counts_for).contains(&now.saturating_sub(said.number))))
    }

    fn written(&self, word: &str, door: &str, said: &Said) -> Result<SecretText, SpaceError> {
        let (head, code) = (said.head(), self.code_over(word, door, said)?);
        let bytes: Vec<u8> = head.into_iter().chain(code).collect();
        Ok(SecretText::new(base64url::encode(bytes)))
    }

    fn said_in(&self, word: &str, door: &str, text: &str) -> Result<Option<Said>, SpaceError> {
        let Ok(bytes) = base64url::decode_exact::<{ HEAD + 32 }>(text) else { return Ok(None) };
        let Some((number, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
        let Some((nonce, rest)) = rest.split_first_chunk::<NONCE>() else { return Ok(None) };
        let Some((screen, code)) = rest.split_first_chunk::<SCREEN>() else { return Ok(None) };
        let said = Said { number: i64::from_be_bytes(*number), nonce: *nonce, screen: *screen };
        let is_ours = constant_time_equal(&self.code_over(word, door, &said)?, code);
        Ok(is_ours.then_some(said))
    }

    fn code_over(&self, word: &str, door: &str, said: &Said) -> Result<[u8; 32], SpaceError> {
        self.marked([word, door, &said.number.to_string(), &said.nonce(), &said.screen()])
    }
}

fn slot_of(now: Timestamp) -> i64 {
    now.seconds().div_euclid(SLOT)
}
