//! Leaving hellos and answers at inboxes. What was left, or is given up, lies nowhere any more: its key is destroyed.

use keyring::KeyringError;
use network::hello::{Hello, HelloAnswer, OPEN_FOR};
use network::mailbox::{About, Message};
use network::terms::Inbox;
use store::{Change, Fault, Lease, StoreFault, Tx};

use super::records::{SaidHello, Waiting};
use super::{AreMembers, key_of_answer, key_of_words, who};
use crate::community::people;
use crate::contact;
use crate::invitations::post::Post;
use crate::records::Contact;
use crate::space::{Space, SpaceError};

/// The kind of the job; the payload is the hash of the hello's identifier.
pub const CARRY_HELLO: &str = "carry-hello";
/// For how many seconds it is tried.
pub const CARRIED_FOR: i64 = 86_400;
/// Seconds after which an unfinished job is taken up again: longer than a mailbox is waited for.
const LEASE: i64 = 60;
/// Hellos in one round.
const AT_ONCE: usize = 20;

impl Space {
    /// Leaves what members said to each other; gives how many jobs were seen to. What cannot be left yet is tried again for a day. Safe
    /// to run in several processes.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn carry_hellos(&self) -> Result<usize, SpaceError> {
        let Some(post) = self.post.as_deref() else { return Ok(0) };
        let now = self.environment().now();
        let jobs = self.tenant.jobs();
        let leases = jobs.lease(CARRY_HELLO, now, LEASE, AT_ONCE).await?;
        for lease in &leases {
            match self.carry_hello(lease, post).await {
                Ok(()) => {
                    let _ = jobs.complete(lease).await?;
                }
                Err(failure) => {
                    tracing::info!(attempt = lease.attempt(), %failure, "a hello could not be left yet");
                    let _ = jobs.fail(lease, Some(now.plus(lease.backoff_seconds()))).await?;
                }
            }
        }
        Ok(leases.len())
    }

    async fn carry_hello(&self, lease: &Lease, post: &Post) -> Result<(), SpaceError> {
        let id: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
        let said = self.tenant.get::<SaidHello>(&id).await?;
        let waits = said.as_ref().and_then(|said| Some((said, said.waits.as_ref()?)));
        let mut is_left = false;
        if let Some((said, waits)) =
            waits.filter(|(_, waits)| self.environment().now().seconds() < waits.until)
            && let Some((inbox, message)) = self.message_of(said, waits).await?
        {
            let left = post.courier.leave(&inbox, &message).await;
            left.map_err(|not_yet| SpaceError::Store(StoreFault::unavailable(not_yet)))?;
            is_left = true;
        }
        let waits = said.as_ref().and_then(|said| said.waits.as_ref());
        self.tenant.carry_out(&Carried { id: &id, waits, is_left }).await?;
        let space = self.identity.did.as_str();
        self.keyring.destroy(&key_of_words(space, &id))?;
        // An answer comes when the words were left; a job of theirs that is taken up again leaves its key.
        if said.is_none_or(|said| said.is_closed) {
            self.keyring.destroy(&key_of_answer(space, &id))?;
        }
        Ok(())
    }

    /// What is left, and where; nothing where either is no member any more, shows nothing any more, or has no inbox.
    async fn message_of(
        &self,
        said: &SaidHello,
        waits: &Waiting,
    ) -> Result<Option<(Inbox, Message)>, SpaceError> {
        if !self.tenant.read(&AreMembers(said)).await? {
            return Ok(None);
        }
        let [from, to] = [&said.from, &said.to].map(|contact| self.inbox_of(contact));
        let (Some(from), Some(to)) = (from.await?, to.await?) else { return Ok(None) };
        let whose = if waits.is_answer { &said.to } else { &said.from };
        let Some(person) = self.person_of_contact(whose).await? else { return Ok(None) };
        let space = self.identity.did.as_str();
        let now = self.environment().now();
        let message = Message {
            space: space.to_owned(),
            inbox: if waits.is_answer { from.address.clone() } else { to.address.clone() },
            id: if waits.is_answer { format!("{}-answer", said.id) } else { said.id.clone() },
            issued_at: now.seconds(),
            expires_at: if waits.is_answer { now.plus(OPEN_FOR).seconds() } else { said.until },
            about: if waits.is_answer { About::HelloAnswer } else { About::Hello },
            decision: None,
            credential_offer: None,
            link: Some(self.identity.address(&people::path_of(&person.id))),
            text: None,
            hello: None,
            hello_answer: None,
        };
        let opened = if waits.is_answer {
            waits.answered(&self.keyring, &key_of_answer(space, &said.id)).map(|answer| {
                let answer = HelloAnswer { id: answer.id, from: who(&person), answer: answer.envelope };
                (from, Message { hello_answer: Some(Box::new(answer)), ..message })
            })
        } else {
            waits.words(&self.keyring, &key_of_words(space, &said.id)).map(|words| {
                let hello = Hello { id: words.id, text: words.text, from: who(&person), key: from.key };
                (to, Message { hello: Some(Box::new(hello)), ..message })
            })
        };
        match opened {
            Ok(opened) => Ok(Some(opened)),
            Err(SpaceError::Keyring(KeyringError::NoKey)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn inbox_of(&self, contact: &str) -> Result<Option<Inbox>, SpaceError> {
        let Some(contact) = self.tenant.get::<Contact>(contact).await? else { return Ok(None) };
        let Some(sealed) = &contact.inbox else { return Ok(None) };
        let key = contact::key_of(self.identity.did.as_str(), &contact.id, contact.generation);
        contact::open_inbox(&self.keyring, &key, sealed).map(Some)
    }
}

/// It was left, or is given up. A hello whose answer was left is over, and so is one that did not arrive.
pub(crate) struct Carried<'a> {
    pub(crate) id: &'a str,
    /// What waited when it was read.
    pub(crate) waits: Option<&'a Waiting>,
    pub(crate) is_left: bool,
}

impl Change for Carried<'_> {
    const NAME: &'static str = "hello-carried";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let Some(mut said) = tx.get::<SaidHello>(self.id).await? else { return Ok(()) };
        // Where a job ran twice, an answer may wait by now in the place of the words: that was not left.
        if said.waits.as_ref() != self.waits {
            return Ok(());
        }
        let Some(waits) = said.waits.take() else { return Ok(()) };
        if waits.is_answer {
            tx.delete::<SaidHello>(self.id).await?;
            return Ok(());
        }
        // The sender is not told that it did not arrive, and may not ask by saying hello again.
        said.is_closed |= !self.is_left;
        Ok(tx.put(&said).await?)
    }
}
