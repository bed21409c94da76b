//! Whose a number is, said to admitted spaces and to nobody else (specs/number.md).
//!
//! The office keeps, for each number, the statement that its holder signed; the token that it makes for a space holds it, so that
//! the office's word alone binds nothing. Whatever keeps a space from getting a token, the work is the same: one signature
//! checked, the same records read, one token signed.

use did::Did;
use did::number::PassportNumber;
use did::webvh::Log;
use environment::Timestamp;
use jose::VerifyingKey;
use network::MessageError;
use network::number_binding::{
    self, BindingToken, Blocks, HolderStatement, LONGEST_BINDING, Question, Stating,
};
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Insertion, Key, Lanes, Reader, Record, StoreFault, Tx, View};

use crate::again::signing_key;
use crate::callers::{Callers, NotACaller, Rate, SeenNonce, SignedCall, lane_of};
use crate::office::{HostingError, Office, OfficeError};
use crate::records::{Passport, PassportStanding};

/// How often a space may ask: sixty times an hour, and twenty times at once.
pub const ASKING: Rate = Rate { of: "number-binding", every: 60, burst: 20 };
/// How often a member may state a number: once an hour, and twelve times at once.
pub const STATING: Rate = Rate { of: "number-statement", every: 3_600, burst: 12 };
/// A statement fits into this many bytes.
pub const LONGEST_MESSAGE: usize = 4_096;
/// A list of blocked spaces fits into this many bytes.
pub const LONGEST_LIST: usize = 64 * 1_024;
/// What is looked up where there is no number to look up: no office gives it out, for its check symbol does not fit.
const NO_NUMBER: &str = "0000000000001";
/// Letters of a statement that is not there.
const LIKE_A_STATEMENT: usize = 560;

/// Why what a member says about a number is not taken. On the wire all but [`Self::Office`] are one answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotBound {
    /// The number is unknown, another's, replaced or suspended; or the DID does not lie here.
    #[error("no passport that counts here has this number and this DID")]
    NoPassport,
    /// The message does not count.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A later statement about this number is here already.
    #[error("a later statement about this number is here already")]
    Earlier,
    /// A number was replaced too often today.
    #[error("the number was replaced too often today; try again tomorrow")]
    TooOften,
    /// A number was stated too often.
    #[error("the number was stated too often; try again in an hour")]
    StatedTooOften,
    /// Our side failed.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl From<StoreFault> for NotBound {
    fn from(fault: StoreFault) -> Self {
        Self::Office(fault.into())
    }
}

/// Our side failed: the same question may be answered a moment later. It says nothing about the number.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindingFailed {
    /// Who asks could not be found out.
    #[error(transparent)]
    Caller(NotACaller),
    /// The store or a key.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl Office {
    /// The token about the number that `call` asks for, if an admitted space asks for one that it may know of. None has one
    /// reason for whoever asks.
    ///
    /// # Errors
    /// [`BindingFailed`].
    pub async fn binding(
        &self,
        callers: &Callers,
        call: &SignedCall<'_>,
    ) -> Result<Option<String>, BindingFailed> {
        let asker = match callers.admit(call, Some(ASKING)).await {
            Ok(caller) => Some(caller.space.did().to_owned()),
            Err(NotACaller::Nobody | NotACaller::Replayed | NotACaller::TooOften) => None,
            Err(failed) => return Err(BindingFailed::Caller(failed)),
        };
        let number = self.asked_number(call.body);
        let view = Bound { number: number.as_deref().unwrap_or(NO_NUMBER), asker: asker.as_deref() };
        let bound = self.tenant.read(&view).await.map_err(OfficeError::from)?;
        let is_told = bound.is_some() && asker.is_some();
        let bound = bound.unwrap_or_else(Binding::of_nobody);
        let token = self.token(&bound, asker.as_deref().unwrap_or_default())?;
        Ok(is_told.then_some(token))
    }

    /// The number in the question, canonical, if this office gives out such.
    fn asked_number(&self, body: &[u8]) -> Option<String> {
        let question: Question = jose::json::parse_as(body).ok()?;
        let number = PassportNumber::parse(&question.number).ok()?;
        (number.office() == self.settings.prefix).then(|| number.canonical())
    }

    fn token(&self, binding: &Binding, audience: &str) -> Result<String, OfficeError> {
        let now = self.environment().now();
        let token = BindingToken {
            office: self.identity.did.as_str().to_owned(),
            audience: audience.to_owned(),
            number: binding.number.clone(),
            did: binding.did.clone(),
            holder: binding.statement.clone(),
            issued_at: now.seconds(),
            expires_at: now.plus(LONGEST_BINDING).seconds(),
        };
        let issuing = &self.identity.issuing;
        let chain = issuing.chain.get().map(|chain| chain.to_header()).unwrap_or_default();
        Ok(token.sign(&issuing.key_id.to_string(), chain, issuing.signer.as_ref())?)
    }

    /// Takes the statement by which a member says that a number is theirs, and answers with what the office says of it: the
    /// token, for the member's own DID. Spaces have the statement too, and are told nothing by it: what counts is the wish around
    /// it, which is of now and taken once.
    ///
    /// # Errors
    /// See [`NotBound`]; the wish is used up and counted once it is signed rightly, and nothing else is changed.
    pub async fn leave_statement(&self, message: &str) -> Result<String, NotBound> {
        let did = number_binding::speaker(message)?;
        let key = self.key_of_member(&did).await?;
        let (office, now) = (self.identity.did.as_str(), self.environment().now());
        let wish = Stating::verify(message, &key, &did, office, now)?;
        let number = PassportNumber::parse(&number_binding::number_in(&wish.holder)?);
        let number = number.map_err(|_| NotBound::NoPassport)?.canonical();
        let said = HolderStatement::verify(&wish.holder, &key, &did, &number, now)?;
        let change = KeepStatement::of(&wish, &said);
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })??;
        Ok(self.token(&Binding::of(change.statement), &did)?)
    }

    /// Takes the whole list of spaces to which the member's number shall say nothing.
    ///
    /// # Errors
    /// See [`NotBound`]; nothing is changed then.
    pub async fn block_spaces(&self, message: &str) -> Result<(), NotBound> {
        let did = number_binding::speaker(message)?;
        let key = self.key_of_member(&did).await?;
        let office = self.identity.did.as_str();
        let list = Blocks::verify(message, &key, &did, office, self.environment().now())?;
        if !list.blocked.iter().all(|space| Did::parse(space).is_ok()) {
            return Err(MessageError::Malformed.into());
        }
        let blocked =
            BlockedSpaces { did: list.did, blocked: list.blocked, issued_at: list.issued_at, id: list.id };
        self.tenant.commit(&Block(&blocked)).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })
    }

    /// The key `#sign` of a member's DID, by the log that lies here.
    pub(crate) async fn key_of_member(&self, did: &str) -> Result<VerifyingKey, NotBound> {
        let did = Did::parse(did).map_err(|_| NotBound::NoPassport)?;
        let hosted = self.lies_here(&did).await.map_err(no_passport)?;
        let log = hosted.and_then(|hosted| hosted.log).ok_or(NotBound::NoPassport)?;
        let log = Log::verify(log.as_bytes(), self.environment().now()).map_err(|_| NotBound::NoPassport)?;
        signing_key(&log, &did).map_err(no_passport)
    }
}

/// Hosting says why a log does not do; here that is one answer.
fn no_passport(error: HostingError) -> NotBound {
    match error {
        HostingError::Store(fault) => fault.into(),
        _ => NotBound::NoPassport,
    }
}

pub(crate) fn counts_for(passport: &Passport, did: &str) -> bool {
    passport.standing == PassportStanding::Active && passport.did.as_deref() == Some(did)
}

/// What a token says of a number.
struct Binding {
    number: String,
    did: String,
    statement: String,
}

impl Binding {
    fn of(statement: NumberStatement) -> Self {
        Self { number: statement.number, did: statement.did, statement: statement.statement }
    }

    /// As large as one that says something.
    fn of_nobody() -> Self {
        Self { number: NO_NUMBER.to_owned(), did: String::new(), statement: "0".repeat(LIKE_A_STATEMENT) }
    }
}

/// Asks what may be said of a number to a space. The same records are read whatever there is.
struct Bound<'a> {
    number: &'a str,
    asker: Option<&'a str>,
}

impl View for Bound<'_> {
    const NAME: &'static str = "office-bound-number";
    type Output = Option<Binding>;

    async fn read(&self, reader: &mut Reader) -> Result<Option<Binding>, StoreFault> {
        let now = reader.now().seconds();
        let passport = reader.get::<Passport>(self.number).await?;
        let statement = reader.get::<NumberStatement>(self.number).await?;
        let did = passport.as_ref().and_then(|passport| passport.did.clone()).unwrap_or_default();
        let blocked = reader.get::<BlockedSpaces>(&did).await?;
        let Some((passport, statement, asker)) = passport
            .zip(statement)
            .zip(self.asker)
            .map(|((passport, statement), asker)| (passport, statement, asker))
        else {
            return Ok(None);
        };
        let is_blocked = blocked.is_some_and(|list| list.blocked.iter().any(|space| space == asker));
        let is_bound = counts_for(&passport, &statement.did) && now < statement.until;
        Ok((is_bound && !is_blocked).then(|| Binding::of(statement)))
    }
}

struct KeepStatement {
    statement: NumberStatement,
    seen: SeenNonce,
    counted: SecretHash,
}

impl KeepStatement {
    fn of(wish: &Stating, said: &HolderStatement) -> Self {
        let statement = NumberStatement {
            number: said.number.clone(),
            did: said.did.clone(),
            statement: wish.holder.clone(),
            issued_at: said.issued_at,
            until: said.expires_at,
        };
        let of = SecretHash::of(&format!("{} {} {}", STATING.of, wish.did, wish.id));
        let seen = SeenNonce { of, until: wish.taken_until().seconds() };
        Self { statement, seen, counted: STATING.count_of(&wish.did) }
    }

    /// Whether the statement of the same member that is here was made later.
    async fn is_earlier(&self, tx: &mut Tx) -> Result<bool, StoreFault> {
        let there = tx.get::<NumberStatement>(&self.statement.number).await?;
        Ok(there.is_some_and(|there| {
            there.did == self.statement.did && there.issued_at > self.statement.issued_at
        }))
    }
}

impl Change for KeepStatement {
    const NAME: &'static str = "office-keep-statement";
    /// Whether it was kept: the wish is used up, and counted, either way.
    type Output = Result<(), NotBound>;
    type Refusal = NotBound;

    fn lanes(&self) -> Lanes {
        lane_of(self.counted)
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<NotBound>> {
        if tx.insert_new(&self.seen).await? == Insertion::AlreadyThere {
            return Err(Fault::Refused(NotBound::NoPassport));
        }
        if !STATING.count(self.counted, tx).await? {
            return Err(Fault::Refused(NotBound::StatedTooOften));
        }
        let found = tx.get::<Passport>(&self.statement.number).await?;
        if !found.is_some_and(|passport| counts_for(&passport, &self.statement.did)) {
            return Ok(Err(NotBound::NoPassport));
        }
        if self.is_earlier(tx).await? {
            return Ok(Err(NotBound::Earlier));
        }
        tx.put(&self.statement).await?;
        Ok(Ok(()))
    }
}

struct Block<'a>(&'a BlockedSpaces);

impl Change for Block<'_> {
    const NAME: &'static str = "office-block-spaces";
    type Output = ();
    type Refusal = NotBound;

    /// An earlier list that comes late, or again, changes nothing.
    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotBound>> {
        match tx.get::<BlockedSpaces>(&self.0.did).await? {
            Some(there) if there.id == self.0.id => Ok(()),
            Some(there) if there.issued_at > self.0.issued_at => {
                Err(Fault::Refused(MessageError::Malformed.into()))
            }
            _ => Ok(tx.put(self.0).await?),
        }
    }
}

/// The statement of a number's holder, as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberStatement {
    /// The number, thirteen symbols.
    pub number: String,
    /// The member's DID.
    pub did: String,
    /// The compact JWS.
    pub statement: String,
    /// When it was made, in seconds since the epoch.
    pub issued_at: i64,
    /// The first moment at which it counts no more, in seconds since the epoch.
    pub until: i64,
}

impl Record for NumberStatement {
    const CLASS: &'static str = "office-number-statement";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("number", FieldClass::Operational),
        ("did", FieldClass::Operational),
        ("statement", FieldClass::Operational),
        ("issued_at", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.number)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// The spaces to which a member's number says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedSpaces {
    /// The member's DID.
    pub did: String,
    /// The DIDs of the spaces.
    pub blocked: Vec<String>,
    /// When the member made the list, in seconds since the epoch.
    pub issued_at: i64,
    /// The list's own name.
    pub id: String,
}

impl Record for BlockedSpaces {
    const CLASS: &'static str = "office-blocked-spaces";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("did", FieldClass::Operational),
        ("blocked", FieldClass::Operational),
        ("issued_at", FieldClass::Operational),
        ("id", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.did)
    }
}
