//! Which doors there are. Each change is a leaf in the audit log.

use std::collections::BTreeSet;

use keyring::{KeyId, Sealed};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::SecretText;
use outbound::OutboundError;
use store::{Change, Fault, Job, Range, StoreFault, Tx};

use super::records::{Door, DoorScreen};
use super::screens::MOST_SCREENS;
use super::template::DoorTemplate;
use crate::forms::ChangedBy;
use crate::outgoing::recipients::{RecipientError, check_secret};
use crate::outgoing::template::{Auth, TemplateError};
use crate::space::{Space, SpaceError};

/// Most doors of a space.
pub const MOST_DOORS: usize = 50;
/// Most plans that one is for.
const MOST_PLANS: usize = 20;
/// Longest name, in characters.
const LONGEST_NAME: usize = 64;
/// Seals what says who asks.
const SECRET: &[u8] = b"door secret";
/// The kind of the job that destroys the key of a door's secret. The payload is the door.
pub(crate) const ERASE_DOOR: &str = "erase-door";

/// A door to be entered.
#[derive(Clone, Debug)]
pub struct NewDoor {
    /// What people call it.
    pub name: String,
    /// What opens it.
    pub template: DoorTemplate,
    /// The plans whose members may open it; none: every member's.
    pub plans: BTreeSet<String>,
}

/// Why a door is not entered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoorError {
    /// The name.
    #[error("a door's name has 1 to {LONGEST_NAME} characters: members read it")]
    BadName,
    /// The plans.
    #[error("a door is for at most {MOST_PLANS} plans, each named in 1 to {LONGEST_NAME} characters")]
    BadPlans,
    /// The template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// This server calls no such address.
    #[error(
        "no lock would be asked at this address: {0}. Give the name of a host, by https; passport serve --resolve names a device in your own network"
    )]
    NotCalled(OutboundError),
    /// The secret is none that could be sent.
    #[error("this lock wants a secret: {0}")]
    BadSecret(&'static str),
    /// There are as many as there may be.
    #[error("a space has at most {MOST_DOORS} doors")]
    TooMany,
    /// Our side failed, or there is no such door.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// The doors, in the order of their names.
    ///
    /// # Errors
    /// The store.
    pub async fn doors(&self) -> Result<Vec<Door>, SpaceError> {
        let mut doors = self.tenant.list::<Door>(Range::all(), MOST_DOORS).await?.items;
        doors.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Ok(doors)
    }

    /// The door `id`, if there is one.
    ///
    /// # Errors
    /// The store.
    pub async fn door(&self, id: &str) -> Result<Option<Door>, SpaceError> {
        Ok(self.tenant.get::<Door>(id).await?)
    }

    /// Enters a door.
    ///
    /// # Errors
    /// See [`DoorError`].
    pub async fn add_door(
        &self,
        new: NewDoor,
        secret: &SecretText,
        by: ChangedBy,
    ) -> Result<Door, DoorError> {
        let fits = |text: &str| {
            (1..=LONGEST_NAME).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
        };
        if !fits(&new.name) {
            return Err(DoorError::BadName);
        }
        if new.plans.len() > MOST_PLANS || !new.plans.iter().all(|plan| fits(plan)) {
            return Err(DoorError::BadPlans);
        }
        new.template.check_replaced()?;
        self.check_called([new.template.address()?]).map_err(DoorError::NotCalled)?;
        check_secret(&new.template.auth, secret.expose()).map_err(|error| match error {
            RecipientError::BadSecret(why) => DoorError::BadSecret(why),
            _ => DoorError::BadSecret("1 to 4,096 visible characters"),
        })?;
        let id = self.fresh_id();
        let kept = (new.template.auth != Auth::None).then(|| secret.expose());
        let door = Door {
            name: new.name.trim().to_owned(),
            secret: kept.map(|text| self.seal_door_secret(&id, text)).transpose()?,
            template: Box::new(new.template),
            plans: new.plans.iter().map(|plan| plan.trim().to_owned()).collect(),
            by,
            since: self.environment().now().seconds(),
            id,
        };
        match self.tenant.commit(&AddDoor { door: &door, leaf: self.door_leaf("door") }).await {
            Ok(()) => Ok(door),
            Err(Fault::Refused(TooMany)) => Err(DoorError::TooMany),
            Err(Fault::Store(fault)) => Err(SpaceError::from(fault).into()),
        }
    }

    /// Removes a door, with its screens and its secret: nobody opens it from now on.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn remove_door(&self, id: &str) -> Result<(), SpaceError> {
        let screens = self.screens_ended_leaf(&format!("{id} door-removed"));
        let was_there =
            self.tenant.carry_out(&RemoveDoor { id, leaf: self.door_leaf("door-removed"), screens }).await?;
        if was_there { Ok(()) } else { Err(SpaceError::NoSuch("door")) }
    }

    fn door_leaf(&self, code: &str) -> Leaf {
        let entry = Entry::new(EntryKind::RuleChanged, self.environment().now()).with_code(code);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }

    fn door_key(&self, door: &str) -> KeyId {
        KeyId::new(self.identity.did.as_str(), door, "door-secret")
    }

    fn seal_door_secret(&self, door: &str, text: &str) -> Result<Sealed, SpaceError> {
        Ok(self.keyring.seal(&self.door_key(door), SECRET, text.as_bytes())?)
    }

    pub(super) fn open_door_secret(&self, door: &Door) -> Result<Option<SecretText>, SpaceError> {
        let Some(sealed) = &door.secret else { return Ok(None) };
        let text = self.keyring.open_sealed(&self.door_key(&door.id), SECRET, sealed)?;
        let text = std::str::from_utf8(&text).map_err(|_| SpaceError::Unreadable)?;
        Ok(Some(SecretText::new(text)))
    }

    /// Destroys the key that a job names.
    pub(crate) fn destroy_door_key(&self, door: &str) -> Result<(), SpaceError> {
        self.keyring.destroy(&self.door_key(door))?;
        Ok(())
    }
}

struct TooMany;

struct AddDoor<'a> {
    door: &'a Door,
    leaf: Leaf,
}

impl Change for AddDoor<'_> {
    const NAME: &'static str = "add-door";
    type Output = ();
    type Refusal = TooMany;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TooMany>> {
        if tx.list::<Door>(Range::all(), MOST_DOORS).await?.items.len() >= MOST_DOORS {
            return Err(Fault::Refused(TooMany));
        }
        tx.put(self.door).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

struct RemoveDoor<'a> {
    id: &'a str,
    leaf: Leaf,
    screens: Leaf,
}

impl RemoveDoor<'_> {
    async fn with_its_screens(&self, tx: &mut Tx) -> Result<(), StoreFault> {
        let screens = tx.list::<DoorScreen>(Range::all(), MOST_SCREENS).await?.items;
        let mut ended = false;
        for screen in screens.iter().filter(|screen| screen.door == self.id) {
            ended |= tx.delete::<DoorScreen>(screen.id.as_str()).await?;
        }
        if ended {
            tx.log(self.screens.clone()).await?;
        }
        let job = Job::new(ERASE_DOOR, format!("{ERASE_DOOR}-{}", self.id), &self.id)?;
        let _ = tx.enqueue(job).await?;
        tx.log(self.leaf.clone()).await
    }
}

impl Change for RemoveDoor<'_> {
    const NAME: &'static str = "remove-door";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let was_there = tx.delete::<Door>(self.id).await?;
        if was_there {
            self.with_its_screens(tx).await?;
        }
        Ok(was_there)
    }
}
