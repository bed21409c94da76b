//! Messages to a pairwise inbox: what a space tells somebody who answered it.

use std::fmt;

use environment::Timestamp;
use jose::{Signer, SigningFailed, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::invitation::check_frame;
use crate::MessageError;
use crate::hello::{Hello, HelloAnswer};
use crate::signed;

/// The `typ` of a message.
pub const MESSAGE_TYPE: &str = "passport-message+jwt";
/// For how many seconds a message may count: 30 days.
pub const LONGEST_MESSAGE: i64 = 30 * 86_400;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A sign-up was decided.
    Decision,
    /// There is something to be had.
    Offer,
    /// Something of what the space holds changed, or is to be asked anew.
    Change,
    /// A few words.
    Note,
    /// Another member says hello. A kind of its own, so that no stranger's words pass for the space's.
    Hello,
    /// Somebody answered a hello.
    HelloAnswer,
}

/// A message to the inbox that was made for one space.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The space's DID.
    #[serde(rename = "iss")]
    pub space: String,
    /// The address of the inbox as `terms` named it: an https URL.
    #[serde(rename = "aud")]
    pub inbox: String,
    /// Tells it from every other message of the space.
    #[serde(rename = "jti")]
    pub id: String,
    /// When it was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// Until when it counts, at most [`LONGEST_MESSAGE`] later.
    #[serde(rename = "exp")]
    pub expires_at: i64,
    /// What it is about.
    pub about: About,
    /// A signed decision ([`crate::decision`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// An offer of credentials, as a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_offer: Option<String>,
    /// A page of the space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A few plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What another member says ([`About::Hello`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<Box<Hello>>,
    /// What was answered ([`About::HelloAnswer`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello_answer: Option<Box<HelloAnswer>>,
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Message({:?} of {})", self.about, self.space)
    }
}

impl Message {
    /// Signs the message with the space's request key, under its DID URL `kid`.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, kid: &str, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(MESSAGE_TYPE, kid, self, signer)
    }

    /// Checks a message of `space`, signed with its request key `key`, to the inbox `audience` (its https URL).
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        space: &str,
        key: &VerifyingKey,
        audience: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let message: Self = signed::verify(message, MESSAGE_TYPE, space, key, now)?;
        check_frame(&message.id, message.issued_at, message.expires_at, LONGEST_MESSAGE)?;
        if message.inbox != audience {
            return Err(MessageError::OtherAudience);
        }
        if message.is_whole() { Ok(message) } else { Err(MessageError::Malformed) }
    }

    /// Whether it has what its kind says, and nothing of another kind: a hello has the page of whoever says it and no word of the space.
    fn is_whole(&self) -> bool {
        let is_bare = self.decision.is_none() && self.credential_offer.is_none() && self.text.is_none();
        match self.about {
            About::Hello => {
                is_bare && self.link.is_some() && self.hello.is_some() && self.hello_answer.is_none()
            }
            About::HelloAnswer => is_bare && self.hello.is_none() && self.hello_answer.is_some(),
            _ => self.hello.is_none() && self.hello_answer.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::{Algorithm, SigningKey};

    use super::*;

    const SPACE: &str = "did:web:kiln.example";
    const INBOX: &str = "https://office.example/mailbox/x";
    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn message() -> Message {
        Message {
            space: SPACE.to_owned(),
            inbox: INBOX.to_owned(),
            id: "1".to_owned(),
            issued_at: NOW.seconds(),
            expires_at: NOW.plus(LONGEST_MESSAGE).seconds(),
            about: About::Offer,
            decision: None,
            credential_offer: Some("openid-credential-offer://?x".to_owned()),
            link: None,
            text: None,
            hello: None,
            hello_answer: None,
        }
    }

    fn hello() -> Message {
        use crate::hello::{Details, HelloId, HelloText};
        let randomness = SeededRandomness::new(3);
        let hello = Hello {
            id: HelloId::random(&randomness),
            text: HelloText::parse("Hello").unwrap(),
            from: Details::default(),
            key: SigningKey::generate(Algorithm::Es256, &randomness).unwrap().public_jwk().clone(),
        };
        let link = Some("https://kiln.example/people/x".to_owned());
        Message {
            about: About::Hello,
            credential_offer: None,
            link,
            hello: Some(Box::new(hello)),
            ..message()
        }
    }

    #[test]
    fn a_message_has_what_its_kind_says_and_nothing_of_another() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let ready = VerifyingKey::new(key.public_jwk()).unwrap();
        let check = |message: Message| {
            let text = message.sign(&format!("{SPACE}#request"), &key).unwrap();
            Message::verify(&text, SPACE, &ready, INBOX, NOW).map(drop)
        };
        let Hello { id, from, .. } = *hello().hello.unwrap();
        let answer = HelloAnswer { id, from, answer: "sealed".to_owned() };
        let answered = Message {
            about: About::HelloAnswer,
            hello: None,
            hello_answer: Some(Box::new(answer)),
            ..hello()
        };
        for whole in [message(), hello(), answered.clone(), Message { link: None, ..answered.clone() }] {
            assert_eq!(check(whole), Ok(()));
        }
        for half in [
            Message { hello: None, ..hello() },
            Message { link: None, ..hello() },
            Message { text: Some("from us".to_owned()), ..hello() },
            Message { decision: Some("x".to_owned()), ..hello() },
            Message { credential_offer: Some("x".to_owned()), ..hello() },
            Message { about: About::Note, ..hello() },
            Message { about: About::HelloAnswer, ..hello() },
            Message { about: About::Note, ..answered.clone() },
            Message { about: About::Hello, ..answered.clone() },
            Message { hello: hello().hello, ..answered },
        ] {
            assert_eq!(check(half), Err(MessageError::Malformed));
        }
    }

    #[test]
    fn a_message_is_taken_in_its_own_inbox_from_its_own_space_alone() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let ready = VerifyingKey::new(key.public_jwk()).unwrap();
        let signed = |message: Message| message.sign(&format!("{SPACE}#request"), &key).unwrap();
        let check = |text: &str, space, inbox| Message::verify(text, space, &ready, inbox, NOW);
        assert_eq!(check(&signed(message()), SPACE, INBOX).unwrap(), message());
        let elsewhere = check(&signed(message()), SPACE, "https://office.example/mailbox/y");
        assert_eq!(elsewhere, Err(MessageError::OtherAudience));
        assert_eq!(check(&signed(message()), "did:web:other.example", INBOX), Err(MessageError::ForeignKey));
        let longer = Message { expires_at: message().expires_at + 1, ..message() };
        assert_eq!(check(&signed(longer), SPACE, INBOX), Err(MessageError::LivesTooLong));
    }

    #[test]
    fn an_invitation_is_no_message() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let ready = VerifyingKey::new(key.public_jwk()).unwrap();
        let other =
            signed::sign(super::super::INVITATION_TYPE, &format!("{SPACE}#request"), &message(), &key);
        let refused = Message::verify(&other.unwrap(), SPACE, &ready, INBOX, NOW);
        assert!(matches!(refused, Err(MessageError::Signature(_))));
    }
}
