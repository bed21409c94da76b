//! Saying hello: what a member of a space tells another through it, and what is answered (specs/hello.md).
//!
//! ```text
//! sender ──(page of the space)──► space ──Message{about: hello}──► inbox of the receiver
//! receiver's wallet ──HelloResponse──► space ──Message{about: hello-answer}──► inbox of the sender
//! ```
//!
//! A hello is told by the space, in a message that the space signs ([`crate::mailbox::Message`]): who wrote it and to which key the answer
//! is sealed is the space's word. What is answered ([`Contacts`]) is sealed to that key, in an envelope as all of a mailbox are.

use std::fmt;

use environment::Randomness;
use jose::{DecryptionKey, Jwk, base64url, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::mailbox::{self, EnvelopeError, Reason};
use crate::unseen::is_unseen;

/// Characters of a hello at most.
pub const LONGEST_TEXT: usize = 500;
/// Details that say who somebody is, or how to reach them, at most.
pub const MOST_DETAILS: usize = 8;
/// Characters of one of them at most.
pub const LONGEST_DETAIL: usize = 100;
/// For how many seconds a hello can be answered: 14 days.
pub const OPEN_FOR: i64 = 14 * 86_400;
/// Characters of the envelope in which an answer travels: the smallest holds [`MOST_DETAILS`] of them.
pub const ENVELOPE: usize = 4_096;
/// Longest body of a [`HelloResponse`].
pub const LONGEST_RESPONSE: usize = ENVELOPE + 256;

/// Why something is no part of a hello.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelloError {
    /// It is no identifier.
    #[error("the identifier of a hello is the base64url of 16 bytes, 22 characters")]
    Id,
    /// Nothing is said, too much, or with signs that nobody sees.
    #[error("a hello has 1 to 500 characters, all of which are seen")]
    Text,
    /// A detail is empty, too long, or has signs that nobody sees; or there are too many.
    #[error("a hello has at most 8 details of 1 to 100 characters, all of which are seen")]
    Details,
    /// It is no response.
    #[error("a response to a hello is one of answer, block and report")]
    Response,
    /// It is about another hello.
    #[error("the answer is about another hello")]
    OtherHello,
    /// The envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// What tells a hello from every other: 128 random bits that the receiver's wallet and the space alone know. Whoever has it may respond.
#[derive(Clone, PartialEq, Eq)]
pub struct HelloId([u8; 16]);

impl HelloId {
    /// An identifier like no other.
    #[must_use]
    pub fn random(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// Reads an identifier.
    ///
    /// # Errors
    /// [`HelloError::Id`] for anything but the one spelling of 16 bytes.
    pub fn parse(text: &str) -> Result<Self, HelloError> {
        base64url::decode_exact(text).map(Self).map_err(|_| HelloError::Id)
    }

    /// Its spelling. It is a secret: it stands in addresses and sealed messages alone.
    #[must_use]
    pub fn expose(&self) -> String {
        base64url::encode(self.0)
    }

    /// By which the space knows it without having it.
    #[must_use]
    pub fn hash(&self) -> String {
        digest::sha256_base64url(self.0)
    }

    /// Where a wallet responds, at the origin of the space.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/hello/{}", self.expose())
    }
}

impl fmt::Debug for HelloId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HelloId")
    }
}

impl Serialize for HelloId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}

impl<'de> Deserialize<'de> for HelloId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The words of a hello: one paragraph, every sign of which is seen by whoever reads it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HelloText(String);

impl HelloText {
    /// Reads the words as they were typed; white space of every kind is one space.
    ///
    /// # Errors
    /// [`HelloError::Text`].
    pub fn parse(text: &str) -> Result<Self, HelloError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let says_something = text.chars().any(char::is_alphanumeric);
        let is_fit = says_something && text.chars().count() <= LONGEST_TEXT && !text.chars().any(is_unseen);
        if is_fit { Ok(Self(text)) } else { Err(HelloError::Text) }
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HelloText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HelloText")
    }
}

impl TryFrom<String> for HelloText {
    type Error = HelloError;

    fn try_from(text: String) -> Result<Self, HelloError> {
        Self::parse(&text)
    }
}

impl From<HelloText> for String {
    fn from(text: HelloText) -> Self {
        text.0
    }
}

/// One detail: who somebody is, or how to reach them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// The claim's path, joined by `.`.
    pub claim: String,
    /// The value, as people read it.
    pub value: String,
    /// Whether an office checked it: the word of whoever sends this, as the value is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checked: bool,
}

impl fmt::Debug for Detail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Detail({})", self.claim)
    }
}

/// Details of one person, few and short, every sign of which is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Detail>", into = "Vec<Detail>")]
pub struct Details(Vec<Detail>);

impl Details {
    /// Reads details.
    ///
    /// # Errors
    /// [`HelloError::Details`].
    pub fn new(details: Vec<Detail>) -> Result<Self, HelloError> {
        let is_line = |text: &str, longest| {
            !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(is_unseen)
        };
        let is_fit =
            |detail: &Detail| is_line(&detail.claim, LONGEST_CLAIM) && is_line(&detail.value, LONGEST_DETAIL);
        if details.len() <= MOST_DETAILS && details.iter().all(is_fit) {
            Ok(Self(details))
        } else {
            Err(HelloError::Details)
        }
    }

    /// As many of these as fit, each as far as it fits; without what is not seen.
    #[must_use]
    pub fn fitting(details: impl IntoIterator<Item = Detail>) -> Self {
        let shortened = details.into_iter().map(|detail| {
            let seen = detail.value.chars().map(|one| if one.is_whitespace() { ' ' } else { one });
            let value: String = seen.filter(|one| !is_unseen(*one)).take(LONGEST_DETAIL).collect();
            Detail { value: value.trim().to_owned(), ..detail }
        });
        let fits = |detail: &Detail| Self::new(vec![detail.clone()]).is_ok();
        Self(shortened.filter(fits).take(MOST_DETAILS).collect())
    }

    /// The details.
    #[must_use]
    pub fn as_slice(&self) -> &[Detail] {
        &self.0
    }
}

impl TryFrom<Vec<Detail>> for Details {
    type Error = HelloError;

    fn try_from(details: Vec<Detail>) -> Result<Self, HelloError> {
        Self::new(details)
    }
}

impl From<Details> for Vec<Detail> {
    fn from(details: Details) -> Self {
        details.0
    }
}

/// Longest path of a claim.
const LONGEST_CLAIM: usize = 64;

/// A hello, as the space tells it to the inbox of its receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// With which it is responded to.
    pub id: HelloId,
    /// The sender's words.
    pub text: HelloText,
    /// What the sender publishes to the receiver of who they are, as the space says it.
    pub from: Details,
    /// To this key the answer is sealed: that of the sender's pairwise inbox, as the space says it.
    pub key: Jwk,
}

/// That a hello was answered, as the space tells it to the inbox of its sender.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelloAnswer {
    /// Of which hello.
    pub id: HelloId,
    /// What the receiver publishes to the sender of who they are, as the space says it.
    pub from: Details,
    /// [`Contacts`], sealed by the receiver's wallet.
    pub answer: String,
}

impl fmt::Debug for HelloAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HelloAnswer")
    }
}

/// What a receiver shares with the sender. Nobody signs it: of whose hand it is, a signature would say nothing that the way it came does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// Of which hello: an answer counts for no other.
    pub hello: HelloId,
    /// The chosen details.
    pub details: Details,
}

impl Contacts {
    /// Seals them to the key that a hello names.
    ///
    /// # Errors
    /// [`HelloError::Envelope`].
    pub fn seal(&self, to: &Jwk, randomness: &dyn Randomness) -> Result<String, HelloError> {
        let text = serde_json::to_vec(self).map_err(|_| HelloError::Details)?;
        let sealed = mailbox::seal(&base64url::encode(text), to, randomness)?;
        if sealed.len() == ENVELOPE { Ok(sealed) } else { Err(EnvelopeError::TooLong.into()) }
    }

    /// What was in an envelope that [`mailbox::open`] opened, of the answer to `hello`.
    ///
    /// # Errors
    /// [`HelloError::Response`], [`HelloError::OtherHello`].
    pub fn read(opened: &str, hello: &HelloId) -> Result<Self, HelloError> {
        let text = base64url::decode(opened).map_err(|_| HelloError::Response)?;
        let contacts: Self = jose::json::parse_as(text).map_err(|_| HelloError::Response)?;
        if contacts.hello == *hello { Ok(contacts) } else { Err(HelloError::OtherHello) }
    }

    /// Opens an answer to `hello`.
    ///
    /// # Errors
    /// As [`Self::read`], and [`HelloError::Envelope`].
    pub fn open(envelope: &str, key: &DecryptionKey, hello: &HelloId) -> Result<Self, HelloError> {
        Self::read(&mailbox::open(envelope, key)?, hello)
    }
}

/// What a wallet says to the space about a hello.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HelloResponse {
    /// The sealed [`Contacts`]. The space cannot open them and leaves them at the sender's inbox.
    Answer(String),
    /// Nothing more of this person.
    Block,
    /// This person should be looked at by the team. No word of the hello goes with it.
    Report(Reason),
}

impl fmt::Debug for HelloResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Answer(_) => "Answer",
            Self::Block => "Block",
            Self::Report(_) => "Report",
        })
    }
}

impl HelloResponse {
    /// Reads a response: all that a space can see of one.
    ///
    /// # Errors
    /// [`HelloError::Response`], [`HelloError::Envelope`].
    pub fn from_json(text: &[u8]) -> Result<Self, HelloError> {
        let response: Self = jose::json::parse_as(text).map_err(|_| HelloError::Response)?;
        if let Self::Answer(envelope) = &response {
            mailbox::check_envelope(envelope)?;
            if envelope.len() != ENVELOPE {
                return Err(EnvelopeError::WrongSize.into());
            }
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use serde_json::json;

    use super::*;

    fn id(seed: u64) -> HelloId {
        HelloId::random(&SeededRandomness::new(seed))
    }

    fn key(seed: u64) -> DecryptionKey {
        DecryptionKey::generate("seal", &SeededRandomness::new(seed)).unwrap()
    }

    fn detail(value: &str) -> Detail {
        Detail { claim: "email".to_owned(), value: value.to_owned(), checked: false }
    }

    #[test]
    fn words_are_one_paragraph_of_which_every_sign_is_seen() {
        assert_eq!(HelloText::parse("  Hello \n there,\tAda ").unwrap().as_str(), "Hello there, Ada");
        for text in ["7", "渡", "¿Qué tal?", "O’Neill says hi ☕", &"é".repeat(LONGEST_TEXT)] {
            assert_eq!(HelloText::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            " \n",
            "-",
            &"a".repeat(LONGEST_TEXT + 1),
            "a\u{202e}b",
            "a\u{1b}[2J",
            "a\u{200b}b",
            "a\0",
            "a\u{feff}",
            "a\u{115f}b",
            "a\u{3164}b",
            "a\u{ffa0}b",
            "a\u{34f}b",
            "a\u{180e}b",
            "a\u{e0041}b",
        ] {
            assert_eq!(HelloText::parse(text), Err(HelloError::Text), "{text:?}");
        }
        assert!(serde_json::from_value::<HelloText>(json!("a\u{2066}b")).is_err());
        assert!(!format!("{:?}", HelloText::parse("secret").unwrap()).contains("secret"));
    }

    #[test]
    fn details_are_few_and_short() {
        let full = vec![detail(&"é".repeat(LONGEST_DETAIL)); MOST_DETAILS];
        assert!(Details::new(full.clone()).is_ok());
        assert_eq!(Details::new([full, vec![detail("a")]].concat()), Err(HelloError::Details));
        for wrong in ["", " ", &"a".repeat(LONGEST_DETAIL + 1), "a\nb", "a\u{202e}b", "\u{3164}"] {
            assert_eq!(Details::new(vec![detail(wrong)]), Err(HelloError::Details), "{wrong:?}");
        }
        let nameless = Detail { claim: String::new(), ..detail("a") };
        assert_eq!(Details::new(vec![nameless]), Err(HelloError::Details));
        let many = (0..20).map(|_| detail(&format!("a\nb\u{202e}{}", "c".repeat(200))));
        let fitting = Details::fitting(std::iter::once(detail(" ")).chain(many));
        assert_eq!(fitting.as_slice().len(), MOST_DETAILS);
        assert!(fitting.as_slice()[0].value.starts_with("a bc"));
        assert!(Details::new(fitting.into()).is_ok());
        assert!(!format!("{:?}", detail("secret")).contains("secret"));
    }

    #[test]
    fn an_answer_opens_with_the_key_that_the_hello_names_and_for_that_hello_alone() {
        let details = Details::new(vec![detail(&"é".repeat(LONGEST_DETAIL)); MOST_DETAILS]).unwrap();
        let contacts = Contacts { hello: id(1), details };
        let sealed = contacts.seal(key(1).public_jwk(), &SeededRandomness::new(2)).unwrap();
        assert_eq!(sealed.len(), ENVELOPE, "the fullest in letters of Europe goes into the smallest");
        assert_eq!(Contacts::open(&sealed, &key(1), &id(1)).unwrap(), contacts);
        assert_eq!(Contacts::open(&sealed, &key(1), &id(2)), Err(HelloError::OtherHello));
        assert!(matches!(Contacts::open(&sealed, &key(2), &id(1)), Err(HelloError::Envelope(_))));
        let foreign = mailbox::seal("a.b.c", key(1).public_jwk(), &SeededRandomness::new(2)).unwrap();
        assert_eq!(Contacts::open(&foreign, &key(1), &id(1)), Err(HelloError::Response));
        let hidden =
            json!({"hello": id(1), "details": [{"claim": "email", "value": "a\u{202e}b"}]}).to_string();
        assert_eq!(Contacts::read(&base64url::encode(hidden), &id(1)), Err(HelloError::Response));
    }

    #[test]
    fn a_response_is_one_of_three_and_an_answer_has_one_size() {
        let contacts = Contacts { hello: id(1), details: Details::new(vec![detail("a@b.example")]).unwrap() };
        let sealed = contacts.seal(key(1).public_jwk(), &SeededRandomness::new(2)).unwrap();
        let read = |value: serde_json::Value| HelloResponse::from_json(value.to_string().as_bytes());
        for (value, response) in [
            (json!("block"), HelloResponse::Block),
            (json!({"report": "abuse"}), HelloResponse::Report(Reason::Abuse)),
            (json!({"answer": sealed}), HelloResponse::Answer(sealed.clone())),
        ] {
            assert_eq!(read(value).unwrap(), response);
        }
        for wrong in [
            json!({}),
            json!("report"),
            json!({"block": true}),
            json!({"report": "dull"}),
            json!({"report": "abuse", "answer": sealed}),
            json!({"answer": 1}),
            json!(null),
        ] {
            assert_eq!(read(wrong.clone()), Err(HelloError::Response), "{wrong}");
        }
        let larger =
            mailbox::seal(&"a".repeat(3_000), key(1).public_jwk(), &SeededRandomness::new(2)).unwrap();
        for wrong in [larger, "a".repeat(ENVELOPE), String::new()] {
            assert!(matches!(read(json!({"answer": wrong})), Err(HelloError::Envelope(_))));
        }
        assert_eq!(HelloResponse::from_json(b"{"), Err(HelloError::Response));
    }

    #[test]
    fn an_identifier_has_one_spelling_and_is_not_printed() {
        let spelled = id(1).expose();
        assert_eq!((spelled.len(), HelloId::parse(&spelled).unwrap()), (22, id(1)));
        let cut: String = spelled.chars().skip(1).collect();
        for wrong in ["", "a", &cut, &format!("{spelled}A"), &format!("{cut}="), "../../../../../../abcd"] {
            assert_eq!(HelloId::parse(wrong), Err(HelloError::Id), "{wrong}");
        }
        assert_eq!(format!("{:?}", id(1)), "HelloId");
        assert_ne!(id(1).hash(), spelled);
    }
}
