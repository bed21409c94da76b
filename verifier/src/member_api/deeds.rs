//! What members did with what the space holds, for the team: names of details, when, and no value.
//!
//! It is read from what is kept so that the same request gets the same answer; so it is known for thirty days, and for no longer.

use network::change_proof::{ChangeProof, Deed};
use network::member_api::Outcome;
use serde_json::Value;
use store::{Index, Range};

use super::records::{MemberAnswered, NewValuesGiven};
use crate::records::Member;
use crate::space::{Space, SpaceError};

/// Most that is read.
const MOST: usize = 500;

/// Something that a member did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDeed {
    /// The member.
    pub sub: String,
    /// The contact; none of somebody who left.
    pub contact: Option<String>,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What.
    pub done: Done,
}

/// What a member did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Something about what is held.
    Asked(Deed, Outcome),
    /// New values came for these.
    NewValues(Vec<String>),
}

/// Finds answers in the order of their time.
pub(super) struct AnsweredByTime;

impl Index for AnsweredByTime {
    type Record = MemberAnswered;
    const NAME: &'static str = "time";
}

/// Finds new values in the order of their time.
pub(super) struct GivenByTime;

impl Index for GivenByTime {
    type Record = NewValuesGiven;
    const NAME: &'static str = "time";
}

impl Space {
    /// What members did since a moment, the newest first; at most 500 of each kind.
    ///
    /// # Errors
    /// The store.
    pub async fn deeds_since(&self, since: i64) -> Result<Vec<MemberDeed>, SpaceError> {
        let answered = self.tenant.page::<AnsweredByTime>(Range::all().descending(), MOST).await?.items;
        let given = self.tenant.page::<GivenByTime>(Range::all().descending(), MOST).await?.items;
        let deeds =
            answered.into_iter().filter_map(|one| asked(&one)).chain(given.into_iter().map(new_values));
        let mut deeds: Vec<MemberDeed> = deeds.filter(|deed| deed.at >= since).collect();
        for deed in &mut deeds {
            deed.contact = self.tenant.get::<Member>(&deed.sub).await?.and_then(|member| member.contact);
        }
        deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at));
        Ok(deeds)
    }

    /// What one member did within the last thirty days, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn deeds_of(&self, sub: &str) -> Result<Vec<MemberDeed>, SpaceError> {
        let answered = self.tenant.list::<MemberAnswered>(Range::prefix(sub), MOST).await?.items;
        let given = self.tenant.page::<GivenByTime>(Range::all().descending(), MOST).await?.items;
        let given = given.into_iter().filter(|one| one.sub == sub);
        let deeds = answered.into_iter().filter_map(|one| asked(&one)).chain(given.map(new_values));
        let mut deeds: Vec<MemberDeed> = deeds.collect();
        deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at));
        Ok(deeds)
    }

    /// A word for the last thing that a member did.
    pub(crate) async fn last_deed(&self) -> Result<String, SpaceError> {
        let answered = self.tenant.page::<AnsweredByTime>(Range::all().descending(), 1).await?.items;
        let given = self.tenant.page::<GivenByTime>(Range::all().descending(), 1).await?.items;
        let answered = answered.first().map(|one| format!("{} {}", one.sub, one.id));
        let given = given.first().map(|one| format!("{} {}", one.sub, one.at));
        Ok(format!("{} {}", answered.unwrap_or_default(), given.unwrap_or_default()))
    }
}

/// What stands in a proof of change, which is of our own signing.
fn asked(answered: &MemberAnswered) -> Option<MemberDeed> {
    let claims = jose::jws::Unverified::parse(&answered.proof).ok()?.claims().ok()?;
    let proof: ChangeProof = serde_json::from_value(Value::Object(claims)).ok()?;
    Some(MemberDeed {
        sub: answered.sub.clone(),
        contact: None,
        at: proof.issued_at,
        done: Done::Asked(proof.deed, proof.outcome),
    })
}

fn new_values(given: NewValuesGiven) -> MemberDeed {
    MemberDeed { sub: given.sub, contact: None, at: given.at, done: Done::NewValues(given.claims) }
}
