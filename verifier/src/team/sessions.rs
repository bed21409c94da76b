//! For how long a browser acts for somebody of the team.

use store::{Change, Fault, Range, StoreFault, Tx, View};

use super::TeamError;
use super::people::{MOST_OF_ONE, active};
use super::records::{SessionsOf, TeamSession, Teammate};
use crate::space::Space;

/// Seconds by which the record of the last use may be late, so that not every page is a write.
const FORGIVEN: i64 = 300;

/// Who acts, and in which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: TeamSession,
    /// Who.
    pub teammate: Teammate,
}

impl Space {
    /// Who acts in the session whose cookie has this hash; nobody if there is none, it has ended, or they have left.
    ///
    /// # Errors
    /// The store.
    pub async fn team_session(&self, id: &str) -> Result<Option<SignedIn>, TeamError> {
        Ok(self.tenant.read(&Session(id)).await?)
    }

    /// Notes that a session is used, so that it does not end for want of it.
    ///
    /// # Errors
    /// The store.
    pub async fn team_session_used(&self, signed_in: &SignedIn) -> Result<(), TeamError> {
        let now = self.environment().now().seconds();
        if now < signed_in.session.seen_at.saturating_add(FORGIVEN) {
            return Ok(());
        }
        Ok(self.tenant.carry_out(&Used { id: &signed_in.session.id, now }).await?)
    }

    /// The sessions of somebody, the one first that was used last.
    ///
    /// # Errors
    /// The store.
    pub async fn team_sessions_of(&self, teammate: &str) -> Result<Vec<TeamSession>, TeamError> {
        let mut sessions = self.tenant.page::<SessionsOf>(Range::prefix(teammate), MOST_OF_ONE).await?.items;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.seen_at));
        Ok(sessions)
    }

    /// Ends a session of somebody. One that is not theirs stays.
    ///
    /// # Errors
    /// The store.
    pub async fn end_team_session(&self, teammate: &str, id: &str) -> Result<(), TeamError> {
        Ok(self.tenant.carry_out(&EndSession { teammate, id }).await?)
    }
}

/// A new session of somebody who has just proven who they are, within the change that notes it. Of many the oldest ends.
pub(super) async fn begin(
    tx: &mut Tx,
    id: &str,
    teammate: &str,
    opened_with: &str,
) -> Result<Teammate, Fault<TeamError>> {
    let found = active(tx, teammate).await?;
    let mut sessions = tx.page::<SessionsOf>(Range::prefix(teammate), MOST_OF_ONE).await?.items;
    if sessions.len() >= MOST_OF_ONE {
        sessions.sort_by_key(|session| session.seen_at);
        if let Some(oldest) = sessions.first() {
            tx.delete::<TeamSession>(&oldest.id).await?;
        }
    }
    let now = tx.now().seconds();
    let session = TeamSession {
        id: id.to_owned(),
        teammate: teammate.to_owned(),
        opened_with: opened_with.to_owned(),
        began_at: now,
        seen_at: now,
    };
    tx.put(&session).await?;
    Ok(found)
}

struct Session<'a>(&'a str);

impl View for Session<'_> {
    const NAME: &'static str = "team-session";
    type Output = Option<SignedIn>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Option<SignedIn>, StoreFault> {
        let Some(session) = reader.get::<TeamSession>(self.0).await? else { return Ok(None) };
        let found = reader.get::<Teammate>(&session.teammate).await?;
        let found = found.filter(|teammate| teammate.ended.is_none());
        Ok(found.map(|teammate| SignedIn { session, teammate }))
    }
}

struct Used<'a> {
    id: &'a str,
    now: i64,
}

impl Change for Used<'_> {
    const NAME: &'static str = "use-team-session";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(session) = tx.get::<TeamSession>(self.id).await? {
            let seen_at = session.seen_at.max(self.now);
            tx.put(&TeamSession { seen_at, ..session }).await?;
        }
        Ok(())
    }
}

struct EndSession<'a> {
    teammate: &'a str,
    id: &'a str,
}

impl Change for EndSession<'_> {
    const NAME: &'static str = "end-team-session";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let found = tx.get::<TeamSession>(self.id).await?;
        if found.is_some_and(|session| session.teammate == self.teammate) {
            tx.delete::<TeamSession>(self.id).await?;
        }
        Ok(())
    }
}
