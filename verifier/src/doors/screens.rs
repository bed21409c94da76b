//! The screens at doors. One is opened by somebody of the team, shows the codes of its door and can do nothing else.
//!
//! It is no session of the team: whoever finds the tablet at the door finds nothing of the console. It ends when somebody ends it, with
//! its door, after a month, and with the access, the role or a passkey of whoever opened it ([`crate::team::people`],
//! [`crate::team::passkeys`]): each but the month is a leaf in the audit log, as its beginning is.

use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, Range, Reader, StoreFault, Tx, View};

use super::records::{ByCookie, Door, DoorScreen};
use crate::space::{Space, SpaceError};
use crate::team::records::{TeamSession, Teammate};
use crate::team::{Right, TeamError};

/// Seconds after which a screen ends in any case.
pub const LONGEST: i64 = 30 * 86_400;
/// Most screens of a space.
pub const MOST_SCREENS: usize = 50;

/// A screen that counts, with its door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenScreen {
    /// The screen.
    pub screen: DoorScreen,
    /// Its door.
    pub door: Door,
}

impl Space {
    /// Opens a screen at a door in the browser of the team's session `session`, which ends with that. `cookie` is the hash of a fresh
    /// secret, which the browser gets.
    ///
    /// # Errors
    /// [`TeamError::TooMany`], [`TeamError::Nobody`] if the session has ended meanwhile, [`SpaceError::NoSuch`], or the store.
    pub async fn open_screen(
        &self,
        door: &str,
        session: &TeamSession,
        cookie: SecretHash,
    ) -> Result<DoorScreen, TeamError> {
        let now = self.environment().now();
        let screen = DoorScreen {
            id: self.fresh_id(),
            door: door.to_owned(),
            teammate: session.teammate.clone(),
            cookie,
            opened_at: now.seconds(),
            until: now.plus(LONGEST).seconds(),
        };
        let leaf = self.screen_leaf(EntryKind::DoorScreen, door);
        self.tenant.commit(&OpenOne { screen: &screen, session: &session.id, leaf }).await?;
        Ok(screen)
    }

    /// The screen of the browser that holds the secret with this hash, if it counts.
    ///
    /// # Errors
    /// The store.
    pub async fn screen_of(&self, cookie: SecretHash) -> Result<Option<OpenScreen>, SpaceError> {
        Ok(self.tenant.read(&OfCookie(cookie)).await?)
    }

    /// What a screen shows now.
    ///
    /// # Errors
    /// The keyring.
    pub fn code_at(&self, open: &OpenScreen) -> Result<SecretText, SpaceError> {
        self.new_code(&open.door.id, &open.screen.id)
    }

    /// The screens there are, the one first that was opened last.
    ///
    /// # Errors
    /// The store.
    pub async fn screens(&self) -> Result<Vec<DoorScreen>, SpaceError> {
        let mut screens = self.tenant.list::<DoorScreen>(Range::all(), MOST_SCREENS).await?.items;
        screens.sort_by_key(|screen| std::cmp::Reverse(screen.opened_at));
        Ok(screens)
    }

    /// Ends a screen: what it shows opens nothing any more, also for whoever has scanned it already.
    ///
    /// # Errors
    /// The store.
    pub async fn end_screen(&self, id: &str) -> Result<(), SpaceError> {
        let Some(screen) = self.tenant.get::<DoorScreen>(id).await? else { return Ok(()) };
        let leaf = self.screens_ended_leaf(&format!("{} by-hand", screen.door));
        Ok(self.tenant.carry_out(&EndScreen { id, leaf }).await?)
    }

    /// That screens ended: of which door and how, or with what of whoever had opened them.
    pub(crate) fn screens_ended_leaf(&self, code: &str) -> Leaf {
        self.screen_leaf(EntryKind::DoorScreenEnded, code)
    }

    fn screen_leaf(&self, kind: EntryKind, code: &str) -> Leaf {
        let entry = Entry::new(kind, self.environment().now()).with_code(code);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

/// The screen and its door, if it counts: it is there, and so is whoever opened it, with the right to.
pub(super) async fn live(reader: &mut Reader, screen: &str) -> Result<Option<OpenScreen>, StoreFault> {
    let Some(screen) = reader.get::<DoorScreen>(screen).await? else { return Ok(None) };
    let teammate = reader.get::<Teammate>(screen.teammate.as_str()).await?;
    let may = teammate.is_some_and(|found| found.ended.is_none() && found.role.may(Right::UseDeskScreen));
    let Some(door) = reader.get::<Door>(screen.door.as_str()).await?.filter(|_| may) else {
        return Ok(None);
    };
    Ok(Some(OpenScreen { screen, door }))
}

struct OfCookie(SecretHash);

impl View for OfCookie {
    const NAME: &'static str = "door-screen";
    type Output = Option<OpenScreen>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        match reader.find::<ByCookie>(&self.0.as_bytes()[..]).await? {
            Some(screen) => live(reader, &screen.id).await,
            None => Ok(None),
        }
    }
}

struct OpenOne<'a> {
    screen: &'a DoorScreen,
    session: &'a str,
    leaf: Leaf,
}

impl Change for OpenOne<'_> {
    const NAME: &'static str = "open-door-screen";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        let refused = Fault::Refused::<TeamError>;
        // The tablet stays behind alone: nothing of the console may stay in it.
        let session = tx.take::<TeamSession>(self.session).await?.live();
        if session.is_none_or(|session| session.teammate != self.screen.teammate) {
            return Err(refused(TeamError::Nobody));
        }
        if tx.get::<Door>(self.screen.door.as_str()).await?.is_none() {
            return Err(refused(SpaceError::NoSuch("door").into()));
        }
        if tx.list::<DoorScreen>(Range::all(), MOST_SCREENS).await?.items.len() >= MOST_SCREENS {
            return Err(refused(TeamError::TooMany));
        }
        tx.put(self.screen).await?;
        tx.log(self.leaf.clone()).await?;
        // Whoever opened it may have left, or have another role, since the page was made.
        match live(tx, &self.screen.id).await? {
            Some(_) => Ok(()),
            None => Err(refused(TeamError::Nobody)),
        }
    }
}

struct EndScreen<'a> {
    id: &'a str,
    leaf: Leaf,
}

impl Change for EndScreen<'_> {
    const NAME: &'static str = "end-door-screen";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if tx.delete::<DoorScreen>(self.id).await? {
            tx.log(self.leaf.clone()).await?;
        }
        Ok(())
    }
}
