//! Saying hello: a member here tells another something through the space, which carries it sealed and keeps none of it
//! (specs/hello.md, decision 0037).
//!
//! ```text
//! Space::say_hello ──► job ──► inbox of the receiver ──► Space::respond_to_hello ──► job ──► inbox of the sender
//! ```
//!
//! - [`records`]: what is kept, and until when.
//! - [`carrying`]: leaving hellos and answers at inboxes.
//! - [`responding`]: what a receiver's wallet says: an answer, a block, a report.
//! - [`reports`]: what the team is told.
//!
//! Both are members as long as anything is carried between them. The words are sealed under a key of their own until they were left at
//! the inbox, a day at most; afterwards it is kept who said hello to whom, until the hello is over. The sender learns of an answer and of
//! nothing else.

pub mod carrying;
pub mod records;
pub mod reports;
pub mod responding;

use keyring::KeyId;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::hello::{Detail, Details, HelloId, HelloText, OPEN_FOR};
use store::{Change, Fault, Job, Reader, StoreFault, Tx, View};

use super::listing::ByContact;
use super::people::Person;
use super::reach::Viewer;
use crate::records::{Contact, Counted, DailyCount, Member};
use crate::space::{Space, SpaceError};
use carrying::CARRY_HELLO;
use records::{ByPair, HelloBlock, SaidHello, Waiting, Words};

/// How often one member says hello within a day.
pub const MOST_SAID: u32 = 5;
/// How many hellos one member gets within a day.
pub const MOST_HEARD: u32 = 10;
/// What the log calls it.
const NAME: &str = "hello";
/// The claims that say who somebody is, in this order.
const WHO: &[&str] =
    &["given_name", "family_name", "name", "nickname", "preferred_username", "company", "role"];

/// Why a hello is not said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotSaid {
    /// Nobody of that name is in the directory for this member.
    #[error("there is nobody to say hello to")]
    Nobody,
    /// It is the member's own page.
    #[error("that is yourself")]
    Yourself,
    /// The sender shows no name to the members here.
    #[error("whoever says hello shows the members here at least a name")]
    Nameless,
    /// The sender's wallet gave no inbox, so that no answer would arrive.
    #[error("the sender's wallet has no inbox here")]
    NoInbox,
    /// The receiver cannot be written to.
    #[error("the receiver cannot be written to")]
    Unreachable,
    /// There is one already.
    #[error("there is an open hello already")]
    Open,
    /// Enough for a day.
    #[error("enough hellos for a day")]
    TooMany,
    /// The receiver got enough for a day.
    #[error("the receiver got enough hellos for a day")]
    TooManyThere,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl From<StoreFault> for NotSaid {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

/// How a member stands to somebody in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A hello can be said.
    MaySay,
    /// One was said then, in seconds since the epoch, and is not over.
    Said(i64),
    /// It is the member's own page.
    Yourself,
    /// The member shows no name here.
    Nameless,
    /// The member's wallet gave no inbox.
    NoInbox,
    /// The other cannot be written to.
    Unreachable,
}

/// The kind of the job that deletes what is left of the hellos of somebody who was erased; the payload is the contact's identifier.
pub(crate) const FORGET_HELLOS: &str = "forget-hellos";

/// The key under which the words of a hello lie until they were left.
fn key_of_words(space: &str, hello: &str) -> KeyId {
    KeyId::new(space, hello, NAME)
}

/// The key under which its answer does.
fn key_of_answer(space: &str, hello: &str) -> KeyId {
    KeyId::new(space, hello, "hello-answer")
}

/// What somebody publishes of who they are.
fn who(person: &Person) -> Details {
    let detail = |claim: &&str| {
        let value = person.text(claim)?.to_owned();
        let checked =
            person.details.iter().any(|one| one.claim == **claim && one.word_of.starts_with("office "));
        Some(Detail { claim: (*claim).to_owned(), value, checked })
    };
    Details::fitting(WHO.iter().filter_map(detail))
}

/// Two members, one of whom says hello to the other.
struct Pair {
    from: Contact,
    to: Contact,
}

impl Space {
    /// How the signed-in `member` stands to the person listed as `listing`; none where the member sees nobody there.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn hello_standing(
        &self,
        member: &Member,
        listing: &str,
    ) -> Result<Option<Standing>, SpaceError> {
        Ok(match self.pair(member, listing).await {
            Ok(pair) => {
                let key = (pair.from.id.as_str(), pair.to.id.as_str());
                let open = self.tenant.find::<ByPair>(key).await?;
                let now = self.environment().now().seconds();
                let open = open.filter(|said| now < said.until);
                Some(open.map_or(Standing::MaySay, |said| Standing::Said(said.at)))
            }
            Err(NotSaid::Nobody) => None,
            Err(NotSaid::Yourself) => Some(Standing::Yourself),
            Err(NotSaid::Nameless) => Some(Standing::Nameless),
            Err(NotSaid::NoInbox) => Some(Standing::NoInbox),
            Err(NotSaid::Space(error)) => return Err(error),
            Err(_) => Some(Standing::Unreachable),
        })
    }

    /// Has the signed-in `member` say hello to the person listed as `listing`. It is the same for the member whether that person blocked
    /// them.
    ///
    /// # Errors
    /// [`NotSaid`].
    pub async fn say_hello(&self, member: &Member, listing: &str, text: &HelloText) -> Result<(), NotSaid> {
        let Pair { from, to } = self.pair(member, listing).await?;
        let id = HelloId::random(self.environment().randomness());
        let hash = id.hash();
        let now = self.environment().now();
        let key = key_of_words(self.identity.did.as_str(), &hash);
        let words = Words { id, text: text.clone() };
        let said = SaidHello {
            id: hash,
            from: from.id,
            to: to.id,
            at: now.seconds(),
            until: now.plus(OPEN_FOR).seconds(),
            is_closed: false,
            is_reported: false,
            waits: Some(Waiting::hello(&self.keyring, &key, &words, now)?),
        };
        let outcome = self.tenant.commit(&SayHello { said, leaf: self.hello_leaf("said") }).await;
        if !matches!(outcome, Ok(true)) {
            self.keyring.destroy(&key).map_err(SpaceError::from)?;
        }
        match outcome {
            Ok(_) => Ok(()),
            Err(Fault::Refused(refused)) => Err(refused),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    /// Who says hello and to whom, if both can.
    async fn pair(&self, member: &Member, listing: &str) -> Result<Pair, NotSaid> {
        let to = self.contact_listed(listing).await?.ok_or(NotSaid::Nobody)?;
        let own = member.contact.as_deref().ok_or(NotSaid::Nameless)?;
        if to.id == own {
            return Err(NotSaid::Yourself);
        }
        let from = self.tenant.get::<Contact>(own).await?.ok_or(NotSaid::Nameless)?;
        let shown = self.person_of_contact(&from.id).await?;
        if shown.and_then(|person| person.name()).is_none() {
            return Err(NotSaid::Nameless);
        }
        if from.inbox.is_none() {
            return Err(NotSaid::NoInbox);
        }
        if to.inbox.is_none() || self.post.is_none() {
            return Err(NotSaid::Unreachable);
        }
        Ok(Pair { from, to })
    }

    /// What the person of a contact publishes to the members here; none if nothing.
    async fn person_of_contact(&self, contact: &str) -> Result<Option<Person>, SpaceError> {
        match self.tenant.find::<ByContact>(contact).await? {
            Some(listing) => self.person(Viewer::MemberHere, &listing.id).await,
            None => Ok(None),
        }
    }

    /// Deletes what is left of the hellos of somebody who was erased. May run again.
    pub(crate) async fn forget_hellos(&self, contact: &str) -> Result<(), SpaceError> {
        while !self.tenant.carry_out(&ForgetMore(contact)).await? {}
        Ok(())
    }

    fn hello_leaf(&self, code: &str) -> Leaf {
        let entry = Entry::new(EntryKind::SaidHello, self.environment().now()).with_code(code).about([NAME]);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

/// Whether the people of both contacts are members now.
async fn are_members(reader: &mut Reader, said: &SaidHello) -> Result<bool, StoreFault> {
    Ok(super::people::is_member(reader, &said.from).await?
        && super::people::is_member(reader, &said.to).await?)
}

/// The same, in a reading of its own.
struct AreMembers<'a>(&'a SaidHello);

impl View for AreMembers<'_> {
    const NAME: &'static str = "members-of-hello";
    type Output = bool;

    async fn read(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        are_members(reader, self.0).await
    }
}

/// Nothing is kept of what the person of a contact said, or was told: what is more than one commit takes, a job deletes. As soon as the
/// contact is gone nothing of it is carried, and nothing comes to it.
pub(crate) async fn forget(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    if !records::forget_some(tx, contact).await? {
        let job = Job::new(FORGET_HELLOS, format!("{FORGET_HELLOS}-{contact}"), &contact)?;
        let _ = tx.enqueue(job).await?;
    }
    Ok(())
}

/// Deletes the next of them; gives whether that was all.
struct ForgetMore<'a>(&'a str);

impl Change for ForgetMore<'_> {
    const NAME: &'static str = "forget-hellos";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        Ok(records::forget_some(tx, self.0).await?)
    }
}

struct SayHello {
    said: SaidHello,
    leaf: Leaf,
}

impl Change for SayHello {
    const NAME: &'static str = "say-hello";
    /// Whether it is carried.
    type Output = bool;
    type Refusal = NotSaid;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<NotSaid>> {
        let refused = |why| Err(Fault::Refused(why));
        let said = &self.said;
        if !are_members(tx, said).await? {
            return refused(NotSaid::Nobody);
        }
        let pair = (said.from.as_str(), said.to.as_str());
        if let Some(earlier) = tx.find::<ByPair>(pair).await? {
            if tx.now().seconds() < earlier.until {
                return refused(NotSaid::Open);
            }
            tx.delete::<SaidHello>(&earlier.id).await?;
        }
        if DailyCount::times(tx, Counted::SaidHello, &said.from).await? >= MOST_SAID {
            return refused(NotSaid::TooMany);
        }
        if DailyCount::times(tx, Counted::HeardHello, &said.to).await? >= MOST_HEARD {
            return refused(NotSaid::TooManyThere);
        }
        DailyCount::add(tx, Counted::SaidHello, &said.from).await?;
        tx.log(self.leaf.clone()).await?;
        let block = (said.to.as_str(), said.from.as_str());
        if tx.get::<HelloBlock>(block).await?.is_some() {
            // It looks said, and is not carried.
            tx.put(&SaidHello { waits: None, is_closed: true, ..said.clone() }).await?;
            return Ok(false);
        }
        DailyCount::add(tx, Counted::HeardHello, &said.to).await?;
        tx.put(said).await?;
        carry(tx, &said.id, "words").await?;
        Ok(true)
    }
}

/// Asks for what waits to be left, and for the end of its key in any case.
async fn carry(tx: &mut Tx, hello: &str, what: &str) -> Result<(), StoreFault> {
    let name = format!("{CARRY_HELLO}-{what}-{hello}");
    let _ = tx.enqueue(Job::new(CARRY_HELLO, name, &hello)?).await?;
    Ok(())
}
