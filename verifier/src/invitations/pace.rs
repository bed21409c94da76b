//! How fast numbers are looked up: no faster than an office answers a space (60 an hour, 20 at once; specs/number.md), for what
//! is asked beyond that is not answered, and nobody could tell.
//!
//! The team and the page have a share each, so that strangers who type numbers delay nobody but each other. Whoever has to wait
//! is given a turn, in the order in which they came.

use did::number::{OfficePrefix, PassportNumber};
use store::{Change, Fault, Tx};

use super::records::{InvitedBy, Outgoing, Pace};
use crate::space::{Space, SpaceError};

/// Seconds between two questions, and how many may be asked without.
#[derive(Clone, Copy)]
struct Rate {
    every: i64,
    burst: i64,
}

/// 40 an hour and 10 at once for the team, 16 and 5 for the page: an hour's worth of the page's invitations
/// ([`super::MOST_AT_PAGE`]) goes out before it expires.
const fn rate(by: InvitedBy) -> Rate {
    match by {
        InvitedBy::Team => Rate { every: 90, burst: 10 },
        InvitedBy::Page => Rate { every: 220, burst: 5 },
    }
}

/// When a number may be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Now, once.
    Now,
    /// At that time, in seconds since the epoch.
    At(i64),
}

impl Space {
    /// Takes one of the questions that the office of `number` answers this space, as the team does with each invitation. A turn
    /// that is not now is not kept for the caller.
    ///
    /// # Errors
    /// The store.
    pub async fn look_up_turn(&self, number: &PassportNumber) -> Result<Turn, SpaceError> {
        Ok(self.tenant.carry_out(&Ask { by: InvitedBy::Team, office: number.office() }).await?)
    }
}

/// Asks for a turn now.
struct Ask {
    by: InvitedBy,
    office: OfficePrefix,
}

impl Change for Ask {
    const NAME: &'static str = "look-up-number";
    type Output = Turn;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Turn, Fault<Self::Refusal>> {
        let (turn, pace) = next(tx, self.by, self.office).await?;
        if turn == Turn::Now {
            tx.put(&pace).await?;
        }
        Ok(turn)
    }
}

/// Asks for the turn of one invitation, which keeps it.
pub(super) struct AskFor<'a> {
    pub(super) id: &'a str,
    pub(super) by: InvitedBy,
    pub(super) office: OfficePrefix,
}

impl Change for AskFor<'_> {
    const NAME: &'static str = "look-up-invited-number";
    type Output = Turn;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Turn, Fault<Self::Refusal>> {
        let now = tx.now().seconds();
        let Some(mut outgoing) = tx.get::<Outgoing>(self.id).await? else { return Ok(Turn::At(now)) };
        let turn = match outgoing.turn {
            Some(at) if at > now => return Ok(Turn::At(at)),
            Some(_) => Turn::Now,
            None => {
                let (turn, pace) = next(tx, self.by, self.office).await?;
                // One that would come too late is nobody's.
                if let Turn::At(at) = turn
                    && at >= outgoing.until
                {
                    return Ok(Turn::At(outgoing.until));
                }
                tx.put(&pace).await?;
                turn
            }
        };
        outgoing.turn = match turn {
            Turn::Now => None,
            Turn::At(at) => Some(at),
        };
        tx.put(&outgoing).await?;
        Ok(turn)
    }
}

/// The next turn, and how the pace stands when it is taken.
async fn next(tx: &mut Tx, by: InvitedBy, office: OfficePrefix) -> Result<(Turn, Pace), store::StoreFault> {
    let (now, office, Rate { every, burst }) = (tx.now().seconds(), office.to_string(), rate(by));
    let found = tx.get::<Pace>(Pace::key_of(by, &office)).await?;
    let through = found.map_or(now, |pace| pace.through.max(now)).saturating_add(every);
    let at = through.saturating_sub(every.saturating_mul(burst));
    let turn = if at <= now { Turn::Now } else { Turn::At(at) };
    Ok((turn, Pace { by, office, through }))
}
