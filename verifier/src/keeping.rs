//! For how long details are kept, and their end.
//!
//! What a wallet shows before the member answers, what the contact says and what the proof of sharing promises is one rule:
//! a detail is kept while its person is a member and for [`Provenance::kept_days`] after that, for as many days after the
//! answer where nobody became a member, and never longer than the member said ([`Provenance::until`]). A job enforces it.

use keyring::KeyringError;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use store::{Change, Fault, Job, Reader, StoreFault, Tx, View};

use crate::community::{hello, listing};
use crate::contact::{self, ContactValues, KeptValue};
use crate::doors::opening;
use crate::notes;
use crate::outgoing::events;
use crate::outgoing::records::Event;
use crate::records::{Asked, Contact, Member, Provenance, SignUp, Standing};
use crate::space::{Space, SpaceError};
use crate::telling;

/// The kind of the job that destroys the key of a contact, or of a part of one, that was deleted. The payload is the
/// contact's identifier, and behind a space the generation of the key if it is not the first.
pub const ERASE_CONTACT: &str = "erase-contact";
/// The kind of the job that erases what need not be kept any longer; the payload is the contact's identifier.
pub const END_KEEPING: &str = "end-keeping";
const DAY: i64 = 86_400;
/// How often an end is prepared anew because another change came first.
const TRIES: usize = 8;

/// What the end of a contact depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// Nobody has become a member.
    Answered {
        /// When the answer came.
        at: i64,
        /// Until when its request is open: as long may it wait for a decision, or for the device to come back.
        open_until: i64,
    },
    /// Its person is a member.
    Member,
    /// The membership ended at this time.
    Ended(i64),
}

/// When a detail goes, in seconds since the epoch; none as long as no end is known.
pub(crate) fn end_of(provenance: &Provenance, basis: Basis) -> Option<i64> {
    registered_end(provenance, basis).into_iter().chain(provenance.until).min()
}

/// Whether a detail is over, although it may lie there still.
pub(crate) fn is_over(provenance: &Provenance, basis: Basis, now: i64) -> bool {
    end_of(provenance, basis).is_some_and(|end| end <= now)
}

/// When a detail goes by what the space registered alone, whatever the member said.
pub(crate) fn registered_end(provenance: &Provenance, basis: Basis) -> Option<i64> {
    let days = |from: i64, days: u32| from.saturating_add(i64::from(days).saturating_mul(DAY));
    match basis {
        Basis::Answered { at, open_until } => provenance.kept_days.map(|kept| days(at, kept).max(open_until)),
        Basis::Member => None,
        Basis::Ended(at) => Some(days(at, provenance.kept_days.unwrap_or(0))),
    }
}

pub(crate) async fn basis_of(reader: &mut Reader, contact: &str) -> Result<Basis, StoreFault> {
    let Some(sign_up) = reader.get::<SignUp>(contact).await? else { return Ok(Basis::Member) };
    let Some(sub) = &sign_up.member else {
        let asked = reader.get::<Asked>(&sign_up.asked).await?;
        let at = sign_up.answered_at;
        return Ok(Basis::Answered { at, open_until: asked.map_or(at, |asked| asked.until) });
    };
    Ok(match reader.get::<Member>(sub).await? {
        Some(member) if member.standing == Standing::Active => Basis::Member,
        Some(member) => Basis::Ended(member.ended.unwrap_or_default()),
        None => Basis::Ended(sign_up.answered_at),
    })
}

/// Asks for the job at the next end in a contact, if one is known, and has the directory follow what it publishes. For use inside the change that moves it.
pub(crate) async fn await_end_of(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    let Some(found) = tx.get::<Contact>(contact).await? else { return Ok(()) };
    listing::follow(tx, &found).await?;
    let basis = basis_of(tx, contact).await?;
    let ends = found.given.iter().filter_map(|given| end_of(given, basis));
    if let Some(end) = ends.chain(notes::end_of(&found, basis)).min() {
        let job = Job::new(END_KEEPING, format!("{END_KEEPING}-{contact}-{end}"), &contact)?;
        let _ = tx.enqueue(job.not_before(environment::Timestamp::from_seconds(end))).await?;
    }
    Ok(())
}

/// Deletes a contact, and asks for the end of its key. Nobody is told anything any more.
pub(crate) async fn delete_contact(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    let generation = tx.get::<Contact>(contact).await?.map_or(0, |found| found.generation);
    tx.delete::<Contact>(contact).await?;
    events::happened(tx, contact, Event::Erased, []).await?;
    listing::forget(tx, contact).await?;
    hello::forget(tx, contact).await?;
    telling::forget(tx, contact).await?;
    erase_key(tx, contact, generation).await
}

/// Asks for the end of the key of one generation of a contact.
pub(crate) async fn erase_key(tx: &mut Tx, contact: &str, generation: u32) -> Result<(), StoreFault> {
    let named = match generation {
        0 => contact.to_owned(),
        later => format!("{contact} {later}"),
    };
    let job = Job::new(ERASE_CONTACT, format!("{ERASE_CONTACT}-{named}"), &named)?;
    let _ = tx.enqueue(job).await?;
    Ok(())
}

impl Space {
    /// When each detail of a contact goes, in seconds since the epoch, as far as an end is known: while its person is a
    /// member, only one that the member set.
    ///
    /// # Errors
    /// The store.
    pub async fn ends_of(&self, contact: &Contact) -> Result<Vec<Option<i64>>, SpaceError> {
        let basis = self.tenant.read(&BasisOf(&contact.id)).await?;
        Ok(contact.given.iter().map(|given| end_of(given, basis)).collect())
    }

    /// Opens of a contact what may still be used at this moment, beside what is known of it: what is over lies there until the job comes
    /// that erases it, and nobody gets it meanwhile. The look is noted by whoever calls, before.
    ///
    /// # Errors
    /// The store or the keyring.
    pub(crate) async fn opened_in_time(
        &self,
        contact: &Contact,
    ) -> Result<(Contact, ContactValues), SpaceError> {
        let basis = self.tenant.read(&BasisOf(&contact.id)).await?;
        let now = self.environment().now().seconds();
        let ContactValues(values) = self.opened(contact)?;
        let in_time = contact.given.iter().zip(values).filter(|(given, _)| !is_over(given, basis, now));
        let (given, values): (Vec<_>, Vec<_>) = in_time.map(|(given, value)| (given.clone(), value)).unzip();
        Ok((Contact { given, ..contact.clone() }, ContactValues(values)))
    }

    /// The same of whoever is a member; of who waits to be one what an office has checked, for anybody writes anything of themselves. None
    /// once the membership has ended, and none of what is nobody's yet.
    ///
    /// # Errors
    /// The store or the keyring.
    pub(crate) async fn opened_while_here(&self, contact: &Contact) -> Result<Vec<KeptValue>, SpaceError> {
        let is_nobodys = self.tenant.get::<SignUp>(&contact.id).await?.is_some_and(|found| found.awaited);
        let is_member = match self.tenant.read(&BasisOf(&contact.id)).await? {
            Basis::Member => true,
            Basis::Answered { .. } if !is_nobodys => false,
            Basis::Answered { .. } | Basis::Ended(_) => return Ok(Vec::new()),
        };
        let (found, ContactValues(values)) = self.opened_in_time(contact).await?;
        let counts = |given: &Provenance| is_member || given.is_checked();
        let opened = found.given.iter().zip(values).filter(|(given, _)| counts(given));
        Ok(opened.map(|(_, kept)| kept).collect())
    }

    /// Destroys the key that a job names.
    pub(crate) fn destroy_key(&self, named: &str) -> Result<(), SpaceError> {
        let (contact, generation) = named.split_once(' ').unwrap_or((named, "0"));
        let generation = generation.parse().map_err(|_| SpaceError::Unreadable)?;
        self.keyring.destroy(&contact::key_of(self.identity.did.as_str(), contact, generation))?;
        Ok(())
    }

    /// Erases of a contact what need not be kept any longer, and asks for the next end. May run again, and early.
    ///
    /// # Errors
    /// Our side failed.
    pub(crate) async fn end_keeping(&self, contact: &str) -> Result<(), SpaceError> {
        for _ in 0..TRIES {
            let Some(prepared) = self.prepare_end(contact).await? else { return Ok(()) };
            if self.tenant.carry_out(&prepared).await? {
                return Ok(());
            }
        }
        // The job must not count as done: it is the one that asks for the next end.
        Err(StoreFault::Conflict.into())
    }

    pub(crate) async fn prepare_end(&self, contact: &str) -> Result<Option<EndKeeping>, SpaceError> {
        let Some(found) = self.tenant.get::<Contact>(contact).await? else { return Ok(None) };
        let now = self.environment().now().seconds();
        let basis = self.tenant.read(&BasisOf(contact)).await?;
        let over: Vec<bool> = found.given.iter().map(|given| is_over(given, basis, now)).collect();
        let notes_over = notes::end_of(&found, basis).is_some_and(|end| end <= now);
        let gone = found.given.iter().zip(&over).filter(|(_, over)| **over).map(|(given, _)| given);
        let names = gone.map(|given| given.claim.as_str()).chain(notes_over.then_some(notes::NAME));
        let entry =
            Entry::new(EntryKind::Deleted, self.environment().now()).with_code("expired").about(names);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let rest = match over.iter().all(|over| *over) {
            true => None,
            false if over.contains(&true) || notes_over => {
                match self.without_notes(&found, &over, notes_over) {
                    // Without its key nothing is left that could be kept.
                    Err(SpaceError::Keyring(KeyringError::NoKey)) => None,
                    rest => Some(rest?),
                }
            }
            false => Some(found.clone()),
        };
        Ok(Some(EndKeeping { found, basis, rest, leaf }))
    }

    /// As [`Self::rest_of`], and without notes where those are over, too.
    fn without_notes(&self, contact: &Contact, over: &[bool], notes: bool) -> Result<Contact, SpaceError> {
        let mut found = contact.clone();
        found.notes = found.notes.filter(|_| !notes);
        self.rest_of(&found, over)
    }

    /// The contact without what is over, under a key of its own: the key of the whole can then be destroyed.
    pub(crate) fn rest_of(&self, contact: &Contact, over: &[bool]) -> Result<Contact, SpaceError> {
        let space = self.identity.did.as_str();
        let generation = contact.generation.saturating_add(1);
        let from = contact::key_of(space, &contact.id, contact.generation);
        let to = contact::key_of(space, &contact.id, generation);
        let ContactValues(values) = contact::open_values(&self.keyring, &from, &contact.values)?;
        let values = values.into_iter().zip(over).filter(|(_, over)| !**over).map(|(kept, _)| kept).collect();
        let given = contact.given.iter().zip(over).filter(|(_, over)| !**over);
        let inbox = contact.inbox.as_ref();
        let inbox =
            inbox.map(|sealed| contact::reseal_inbox(&self.keyring, &from, &to, sealed)).transpose()?;
        let notes = contact.notes.as_ref();
        let notes = notes.map(|sealed| notes::reseal(&self.keyring, &from, &to, sealed)).transpose()?;
        Ok(Contact {
            id: contact.id.clone(),
            given: given.map(|(given, _)| given.clone()).collect(),
            values: contact::seal_values(&self.keyring, &to, &ContactValues(values))?,
            inbox,
            generation,
            notes,
        })
    }
}

struct BasisOf<'a>(&'a str);

impl View for BasisOf<'_> {
    const NAME: &'static str = "basis-of-contact";
    type Output = Basis;

    async fn read(&self, reader: &mut Reader) -> Result<Basis, StoreFault> {
        basis_of(reader, self.0).await
    }
}

/// Puts what is left of a contact in its place, or nothing. Gives whether that still held.
pub(crate) struct EndKeeping {
    found: Contact,
    basis: Basis,
    rest: Option<Contact>,
    leaf: Leaf,
}

impl Change for EndKeeping {
    const NAME: &'static str = "end-keeping";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let id = &self.found.id;
        // Another round, or the end or beginning of the membership, may have come first.
        let is_current = tx.get::<Contact>(id).await?.as_ref() == Some(&self.found);
        if !is_current || basis_of(tx, id).await? != self.basis {
            return Ok(false);
        }
        match &self.rest {
            Some(rest) if *rest == self.found => {}
            Some(rest) => {
                tx.put(rest).await?;
                events::contact_changed(tx, &self.found, rest, false).await?;
                erase_key(tx, id, self.found.generation).await?;
                tx.log(self.leaf.clone()).await?;
            }
            None => {
                delete_contact(tx, id).await?;
                forget_person(tx, id).await?;
                tx.log(self.leaf.clone()).await?;
            }
        }
        await_end_of(tx, id).await?;
        Ok(true)
    }
}

/// Nothing is known of the person any more: a sign-up that nobody has decided is over, a member has no contact.
pub(crate) async fn forget_person(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    let Some(sign_up) = tx.get::<SignUp>(contact).await? else { return Ok(()) };
    let Some(sub) = &sign_up.member else { return tx.delete::<SignUp>(contact).await.map(drop) };
    opening::forget(tx, sub).await?;
    if let Some(mut member) = tx.get::<Member>(sub).await? {
        member.contact = None;
        tx.put(&member).await?;
    }
    Ok(())
}
