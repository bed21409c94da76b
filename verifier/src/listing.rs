//! Pages of sign-ups, contacts and members, for programs: no values.
//!
//! A page holds what of the next records fits what is asked for: it may be short, or empty, and there is more as long as `next` names where.

use store::{Cursor, Page, Range};

use crate::invitations::records::{ByAge, Invitation};
use crate::records::{Contact, Member, SignUp, Standing, Waiting};
use crate::space::{Space, SpaceError};

/// Most records that are read for one page.
const MOST_READ: usize = 1_000;

/// How a sign-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpState {
    /// Nobody has decided.
    Waiting,
    /// It was approved.
    Approved,
    /// It was declined; what was given is erased.
    Declined,
}

impl SignUpState {
    /// How `sign_up` stands.
    #[must_use]
    pub fn of(sign_up: &SignUp) -> Self {
        match sign_up.decided.as_ref().map(|decided| decided.outcome) {
            None => Self::Waiting,
            Some(network::decision::Outcome::Approved) => Self::Approved,
            Some(network::decision::Outcome::Declined) => Self::Declined,
        }
    }
}

/// How a person of whom something is held stands to the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactState {
    /// The sign-up waits.
    Waiting,
    /// A member.
    Member,
    /// Somebody whose membership has ended, and of whom something is kept still.
    Ended,
}

/// Somebody of whom something is held.
#[derive(Clone, Debug)]
pub struct ListedContact {
    /// What is held, sealed.
    pub contact: Contact,
    /// The sign-up with which it came.
    pub sign_up: SignUp,
    /// How they stand.
    pub state: ContactState,
}

impl Space {
    /// Sign-ups, at most `limit`: those that wait in the order in which they came, others in no telling order.
    ///
    /// # Errors
    /// The store.
    pub async fn sign_ups_in(
        &self,
        state: SignUpState,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SignUp>, SpaceError> {
        if state == SignUpState::Waiting {
            return Ok(self.tenant.page::<Waiting>(from(after), limit).await?);
        }
        let mut found = Page { items: Vec::new(), next: after.cloned() };
        let mut read = 0_usize;
        loop {
            let wanted = limit.saturating_sub(found.items.len());
            let page = self.tenant.list::<SignUp>(from(found.next.as_ref()), wanted).await?;
            read = read.saturating_add(page.items.len());
            // Of which it is not known who was at the screen is nobody's yet.
            let fits = |one: &SignUp| !one.awaited && SignUpState::of(one) == state;
            found.items.extend(page.items.into_iter().filter(fits));
            found.next = page.next;
            if found.next.is_none() || found.items.len() >= limit || read >= MOST_READ {
                return Ok(found);
            }
        }
    }

    /// Those of whom something is held, at most `limit`, in no telling order.
    ///
    /// # Errors
    /// The store.
    pub async fn contacts_after(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ListedContact>, SpaceError> {
        let page = self.tenant.list::<Contact>(from(after), limit).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for contact in page.items {
            items.extend(self.listed(contact).await?);
        }
        Ok(Page { items, next: page.next })
    }

    /// One of them.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn listed_contact(&self, id: &str) -> Result<ListedContact, SpaceError> {
        let contact = self.provenance(id).await?;
        self.listed(contact).await?.ok_or(SpaceError::NoSuch("contact"))
    }

    async fn listed(&self, contact: Contact) -> Result<Option<ListedContact>, SpaceError> {
        let Some(sign_up) = self.sign_up(&contact.id).await? else { return Ok(None) };
        let state = match &sign_up.member {
            None => ContactState::Waiting,
            Some(sub) => {
                let member = self.member(sub).await?;
                let counts = member.is_some_and(|member| member.standing == Standing::Active);
                if counts { ContactState::Member } else { ContactState::Ended }
            }
        };
        Ok(Some(ListedContact { contact, sign_up, state }))
    }

    /// Invitations, at most `limit`, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn invitations_after(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Invitation>, SpaceError> {
        let range = Range::all().descending();
        let range = after.map_or(range.clone(), |cursor| range.after(cursor));
        Ok(self.tenant.page::<ByAge>(range, limit).await?)
    }

    /// Members, at most `limit`, in no telling order.
    ///
    /// # Errors
    /// The store.
    pub async fn members_after(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Member>, SpaceError> {
        Ok(self.tenant.list::<Member>(from(after), limit).await?)
    }
}

fn from(after: Option<&Cursor>) -> Range {
    after.map_or_else(Range::all, |cursor| Range::all().after(cursor))
}
