//! What members object to: on file for the team, the reasons sealed.

use keyring::KeyId;
use network::member_api::Objection as Objecting;
use store::{Job, Range, StoreFault, Tx};

use super::DAY;
use super::records::Objection;
use crate::space::{Space, SpaceError};
use crate::team::looks::Looking;

/// Most objections of one member that are on file.
pub const MOST_OBJECTIONS: usize = 32;
/// The kind of the job that destroys the key of a member's objections; the payload is the member's `sub`.
pub(crate) const ERASE_OBJECTIONS: &str = "erase-objections";
/// Seconds for which an objection is on file, unless the member leaves before.
const KEPT: i64 = 365 * DAY;
const REASON: &[u8] = b"objection reason";

/// An objection as the team reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadObjection {
    /// The objection, without its reason.
    pub objection: Objection,
    /// Why, in the member's own words.
    pub reason: String,
}

impl std::fmt::Debug for ReadObjection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ReadObjection({:?})", self.objection.about)
    }
}

fn key_of(space: &str, sub: &str) -> KeyId {
    KeyId::new(space, sub, "objections")
}

impl Space {
    pub(super) fn sealed_objection(&self, sub: &str, asked: &Objecting) -> Result<Objection, SpaceError> {
        let key = key_of(self.identity.did.as_str(), sub);
        let now = self.environment().now();
        Ok(Objection {
            sub: sub.to_owned(),
            id: asked.id.clone(),
            at: now.seconds(),
            about: asked.about.clone(),
            reason: self.keyring.seal(&key, REASON, asked.reason.as_bytes())?,
            until: now.plus(KEPT).seconds(),
        })
    }

    /// The objections on file, opened for a member of the team. That somebody looked is in the audit log before anything is
    /// shown.
    ///
    /// # Errors
    /// The store, or the keyring.
    pub async fn objections(&self, limit: usize) -> Result<Vec<ReadObjection>, SpaceError> {
        self.objections_for(limit, None).await
    }

    /// The same for somebody at the console.
    ///
    /// # Errors
    /// As [`Self::objections`].
    pub async fn objections_for(
        &self,
        limit: usize,
        by: Option<&str>,
    ) -> Result<Vec<ReadObjection>, SpaceError> {
        let filed = self.tenant.list::<Objection>(Range::all(), limit).await?.items;
        self.read_objections(filed, by).await
    }

    /// Opens these, after the look was noted.
    pub(crate) async fn read_objections(
        &self,
        filed: Vec<Objection>,
        by: Option<&str>,
    ) -> Result<Vec<ReadObjection>, SpaceError> {
        if filed.is_empty() {
            return Ok(Vec::new());
        }
        self.look(Looking { by, how: "objections", whose: &[], names: &[], again: true }).await?;
        filed.into_iter().map(|objection| self.read(objection)).collect()
    }

    /// How many are on file, counted up to `limit`; their reasons stay sealed.
    pub(crate) async fn count_objections(&self, limit: usize) -> Result<usize, SpaceError> {
        Ok(self.tenant.list::<Objection>(Range::all(), limit).await?.items.len())
    }

    /// Whether what is on file under this identifier gives this reason. What was erased meanwhile gave any.
    pub(super) async fn is_filed(&self, sub: &str, asked: &Objecting) -> Result<bool, SpaceError> {
        let filed = self.tenant.get::<Objection>((sub, asked.id.as_str())).await?;
        let read = filed.map(|objection| self.read(objection)).transpose()?;
        Ok(read.is_none_or(|read| read.reason == asked.reason))
    }

    fn read(&self, objection: Objection) -> Result<ReadObjection, SpaceError> {
        let key = key_of(self.identity.did.as_str(), &objection.sub);
        let reason = self.keyring.open_sealed(&key, REASON, &objection.reason)?;
        let reason = String::from_utf8(reason.to_vec()).map_err(|_| SpaceError::Unreadable)?;
        Ok(ReadObjection { objection, reason })
    }

    /// Destroys the key of a member's objections.
    pub(crate) fn destroy_objections_key(&self, sub: &str) -> Result<(), SpaceError> {
        self.keyring.destroy(&key_of(self.identity.did.as_str(), sub))?;
        Ok(())
    }
}

/// Deletes a member's objections, and asks for the end of their key.
pub(super) async fn erase(tx: &mut Tx, sub: &str) -> Result<(), StoreFault> {
    let filed = tx.list::<Objection>(Range::prefix(sub), MOST_OBJECTIONS).await?.items;
    for objection in &filed {
        tx.delete::<Objection>((objection.sub.as_str(), objection.id.as_str())).await?;
    }
    if !filed.is_empty() {
        let job = Job::new(ERASE_OBJECTIONS, format!("{ERASE_OBJECTIONS}-{sub}"), &sub)?;
        let _ = tx.enqueue(job).await?;
    }
    Ok(())
}
