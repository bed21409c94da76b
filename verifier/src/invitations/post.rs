//! The ports through which invitations go out.

use std::sync::Arc;

use did::number::{OfficePrefix, PassportNumber};
use jose::Jwk;
use network::mailbox::{Message, Slot};
use network::terms::Inbox;
use outbound::mail::Deliver;
use presentation::BoxFuture;
use serde::{Deserialize, Serialize};

use super::records::Purpose;

/// Why this space can send nothing at all. It is found out without looking for anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// The space was put together without a way out.
    #[error("this space has no connection to its network")]
    NoNetwork,
    /// No list yet, or its time is up.
    #[error("the network list has not been fetched yet, or is out of date; try again in a moment")]
    NoList,
    /// The space is not on the list.
    #[error(
        "this space is not admitted to the network: it invites nobody by number; ask the network's operator"
    )]
    NotAdmitted,
    /// No office has the number's prefix.
    #[error(
        "no passport office of this network gives out numbers that begin like this; ask for the number again"
    )]
    NoOffice,
    /// No mail server.
    #[error("this space has no mail server: give it one in party.json (\"mail\")")]
    NoMailServer,
}

/// What a wallet finds in its mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The invitation's identifier: the same letter again has the same.
    pub id: String,
    /// What for.
    pub purpose: Purpose,
    /// The link.
    pub link: String,
    /// The e-mail address that was typed, which must be one of the member's.
    pub email: Option<String>,
    /// When the invitation was made, in seconds since the epoch.
    pub made_at: i64,
    /// When its time is up, in seconds since the epoch.
    pub until: i64,
    /// It takes the place of what this space wrote before under the same.
    pub slot: Slot,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Letter({})", self.id)
    }
}

/// Where letters to the member with a number are left, as the office and the member both say.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The member's DID.
    pub member: String,
    /// To this key letters are sealed.
    pub seal: Jwk,
    /// The address of the mailbox.
    pub mailbox: String,
    /// From then on it is to be asked for again, in seconds since the epoch.
    pub until: i64,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Place")
    }
}

/// It could not be done; it may be later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// The way was not open, whomever the letter is for.
    #[error("{0}")]
    Way(&'static str),
    /// What the member named, a DID or a mailbox, does not answer or takes nothing. It may be of the member's own making, so
    /// it is tried a few times and no more.
    #[error("{0}")]
    Place(&'static str),
}

/// Carries letters to the mailboxes of members.
pub trait Courier: Send + Sync {
    /// Whether letters to members of an office can go out at all.
    ///
    /// # Errors
    /// [`Obstacle`].
    fn way_to(&self, office: OfficePrefix) -> Result<(), Obstacle>;

    /// Asks whose `number` is, at the cost of one of the questions that the office answers this space. None if it leads
    /// nowhere: nobody has it, or the member has blocked this space or has no mailbox.
    ///
    /// # Errors
    /// [`NotYet`].
    fn find<'a>(&'a self, number: &'a PassportNumber) -> BoxFuture<'a, Result<Option<Place>, NotYet>>;

    /// Leaves the letter. It is the same for the caller whether the member has blocked this space.
    ///
    /// # Errors
    /// [`NotYet`].
    fn carry<'a>(&'a self, to: &'a Place, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotYet>>;

    /// Leaves a message at an inbox that was made for this space. It is the same for the caller whether anybody still reads
    /// there.
    ///
    /// # Errors
    /// [`NotYet`].
    fn leave<'a>(&'a self, inbox: &'a Inbox, message: &'a Message) -> BoxFuture<'a, Result<(), NotYet>> {
        let _ = (inbox, message);
        Box::pin(std::future::ready(Err(NotYet::Way("this space leaves no messages"))))
    }
}

/// Writes the space's letters. The words are the web's catalogue.
pub trait Letters: Send + Sync {
    /// Subject and text of the mail that invites to sign up by `link`.
    fn invitation(&self, language: &str, space: &str, link: &str) -> (String, String);
}

/// How a space sends invitations.
#[derive(Clone)]
pub struct Post {
    /// To mailboxes.
    pub courier: Arc<dyn Courier>,
    /// By e-mail, if the space has a mail server.
    pub mailer: Option<Arc<dyn Deliver>>,
    /// What mails say.
    pub letters: Arc<dyn Letters>,
}
