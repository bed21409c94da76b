//! A member opens a door: the membership is looked at, and one request goes out, now or never.
//!
//! This is no job: what waits in a queue goes out late, and a door that opens ten minutes late lets in whoever stands there then. What is
//! to be remembered is written before the request and after it; a process that ends between the two leaves [`Outcome::Asked`],
//! and nothing is sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::member_api::{DoorOpening, MOST_OPENINGS};
use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, Insertion, Job, Range, StoreFault, Tx};

use super::code::{Said, TICKET_OF_SIGN_IN};
use super::records::{CodeUsed, Door, Opening, OpeningsByTime, OpeningsOf, Outcome};
use super::screens::live;
use crate::outgoing::sending::authorizing::with_auth;
use crate::outgoing::sending::judging::code_of;
use crate::outgoing::sending::preparing::careful;
use crate::portal::MemberSession;
use crate::records::{Counted, DailyCount, Member, Standing};
use crate::space::{Space, SpaceError};
use crate::team::looks::Looking;

/// For how long a door's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many openings are read at once, or deleted in one commit, which may hold other things, too.
const AT_ONCE: usize = 30;
/// How often one member asks the doors of a space to open within a day.
pub const MOST_IN_A_DAY: u32 = 100;
/// The kind of the job that deletes what is left of what somebody opened who was erased; the payload is the membership's `sub`.
pub(crate) const FORGET_OPENINGS: &str = "forget-openings";
/// How the look at who opened what is noted.
pub(crate) const LOOK: &str = "doors";

/// What a door is told to whoever wants to open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtDoor {
    /// It was asked, and this is what became of it.
    Asked(Outcome),
    /// Nobody is signed in in this browser, or the membership has ended.
    NotSignedIn,
    /// It is not for this plan.
    NotForPlan,
    /// This member has used the code already.
    Used,
    /// This member has asked often enough for a day.
    TooOften,
    /// The ticket is over, or the screen is.
    Over,
}

impl Space {
    /// The ticket of a browser that has scanned a code; none if it is none that a screen of this door shows.
    ///
    /// # Errors
    /// The store.
    pub async fn arrive(&self, door: &str, code: &str) -> Result<Option<SecretText>, SpaceError> {
        let Some(code) = self.read_code(door, code)? else { return Ok(None) };
        if !self.is_shown(door, &code).await? {
            return Ok(None);
        }
        Ok(Some(self.new_ticket(door, &code)?))
    }

    /// The door that a ticket leads to, as long as it counts in this session; none: for whoever has yet to sign in.
    ///
    /// # Errors
    /// The store.
    pub async fn door_of_ticket(
        &self,
        door: &str,
        ticket: &str,
        session: Option<&MemberSession>,
    ) -> Result<Option<Door>, SpaceError> {
        let Some(ticket) = self.read_ticket(door, ticket, session)? else { return Ok(None) };
        if !self.is_shown(door, &ticket).await? {
            return Ok(None);
        }
        self.door(door).await
    }

    async fn is_shown(&self, door: &str, said: &Said) -> Result<bool, SpaceError> {
        let screen = said.screen();
        Ok(self.tenant.read(&Live(&screen)).await?.is_some_and(|open| open.door.id == door))
    }

    /// Opens a door for whoever is signed in in the browser whose session is named `session`, by the ticket that it holds.
    ///
    /// # Errors
    /// The store, before anything was sent.
    pub async fn open_door(
        &self,
        door: &str,
        ticket: &str,
        session: &SecretText,
    ) -> Result<AtDoor, SpaceError> {
        let signed_in = self.signed_in(session).await?;
        let since = signed_in.as_ref().map(|signed_in| &signed_in.session);
        let Some(ticket) = self.read_ticket(door, ticket, since)? else { return Ok(AtDoor::Over) };
        let Some(signed_in) = signed_in else { return Ok(AtDoor::NotSignedIn) };
        let sub = signed_in.member.sub;
        let now = self.environment().now();
        let begin = Begin {
            door,
            screen: ticket.screen(),
            session: session.hash(),
            used: CodeUsed {
                mark: SecretHash::from_bytes(self.marked(["door used", door, &ticket.nonce(), &sub])?),
                until: now.plus(TICKET_OF_SIGN_IN).plus(super::code::SLOT.saturating_mul(4)).seconds(),
            },
            opening: Opening {
                id: self.fresh_id(),
                door: door.to_owned(),
                sub,
                at: now.seconds(),
                outcome: Outcome::Asked,
            },
            admitted: self.asked_leaf(door, "admitted"),
            refused: self.asked_leaf(door, "refused"),
        };
        let door = match self.tenant.carry_out(&begin).await? {
            Ok(door) => door,
            Err(said) => return Ok(said),
        };
        let outcome = self.ask_door(&door, &begin.opening.id).await;
        let settle = Settle(Opening { outcome: outcome.clone(), ..begin.opening });
        if let Err(fault) = self.tenant.carry_out(&settle).await {
            // The door has answered, whatever is remembered of it.
            tracing::warn!(%fault, "what became of an opening was not written");
        }
        Ok(AtDoor::Asked(outcome))
    }

    /// Deletes what is left of what somebody opened who was erased. May run again.
    pub(crate) async fn forget_openings(&self, sub: &str) -> Result<(), SpaceError> {
        while !self.tenant.carry_out(&ForgetMore(sub)).await? {}
        Ok(())
    }

    /// The one request.
    async fn ask_door(&self, door: &Door, id: &str) -> Outcome {
        let failed = |code: &str| Outcome::NotOpened { status: None, code: Some(code.to_owned()) };
        let Some(fetch) = self.outgoing.clone() else { return failed("unreachable") };
        let secret = match self.open_door_secret(door) {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(%error, "a door's secret cannot be opened");
                return failed("unwritable");
            }
        };
        let request = match door.template.request(id) {
            Ok(request) => careful(request).with_timeout(PATIENCE),
            Err(code) => return failed(code),
        };
        let asked = match with_auth(request, &door.template.auth, secret.as_ref(), fetch.as_ref()).await {
            Ok(request) => fetch.fetch(request).await,
            Err(error) => Err(error),
        };
        match asked {
            Ok(response) if response.status.is_success() => Outcome::Opened,
            Ok(response) => Outcome::NotOpened { status: Some(response.status.as_u16()), code: None },
            Err(error) => failed(code_of(&error)),
        }
    }

    /// Who opened what last.
    ///
    /// # Errors
    /// The store.
    pub async fn openings(&self, limit: usize) -> Result<Vec<Opening>, SpaceError> {
        Ok(self.tenant.page::<OpeningsByTime>(Range::all().descending(), limit).await?.items)
    }

    /// The same for somebody of the team. When somebody came is personal, though nobody gave it: the look is noted before.
    ///
    /// # Errors
    /// The store.
    pub async fn look_at_openings(&self, by: &str, limit: usize) -> Result<Vec<Opening>, SpaceError> {
        let openings = self.openings(limit).await?;
        let people: BTreeSet<&str> = openings.iter().map(|opening| opening.sub.as_str()).collect();
        if !people.is_empty() {
            let whose: Vec<&str> = people.into_iter().collect();
            self.look(Looking { by: Some(by), how: LOOK, whose: &whose, names: &[], again: false }).await?;
        }
        Ok(openings)
    }

    /// That a door was to be opened. Who it was says the opening, for a month; the log names nobody.
    fn asked_leaf(&self, door: &str, decision: &str) -> Leaf {
        let entry = Entry::new(EntryKind::DoorAsked, self.environment().now())
            .with_code(format!("{door} {decision}"));
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

struct Live<'a>(&'a str);

impl store::View for Live<'_> {
    const NAME: &'static str = "live-door-screen";
    type Output = Option<super::screens::OpenScreen>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Self::Output, StoreFault> {
        live(reader, self.0).await
    }
}

/// Everything is looked at once more, and the code is used up for this member.
struct Begin<'a> {
    door: &'a str,
    screen: String,
    session: SecretHash,
    used: CodeUsed,
    opening: Opening,
    admitted: Leaf,
    refused: Leaf,
}

impl Change for Begin<'_> {
    const NAME: &'static str = "open-door";
    type Output = Result<Door, AtDoor>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<Self::Refusal>> {
        let Some(open) = live(tx, &self.screen).await?.filter(|open| open.door.id == self.door) else {
            return Ok(Err(AtDoor::Over));
        };
        let session = tx.get::<MemberSession>(&self.session.as_bytes()[..]).await?;
        let member = tx.get::<Member>(self.opening.sub.as_str()).await?;
        let is_theirs = session.is_some_and(|session| session.sub == self.opening.sub);
        let member = member.filter(|member| is_theirs && member.standing == Standing::Active);
        let Some(member) = member else { return Ok(Err(AtDoor::NotSignedIn)) };
        // Used up first, whatever comes of it: a code is at most one leaf for a member.
        if tx.insert_new(&self.used).await? == Insertion::AlreadyThere {
            return Ok(Err(AtDoor::Used));
        }
        if !open.door.is_for(&member.plan) {
            tx.log(self.refused.clone()).await?;
            return Ok(Err(AtDoor::NotForPlan));
        }
        if DailyCount::times(tx, Counted::OpenedDoor, &member.sub).await? >= MOST_IN_A_DAY {
            return Ok(Err(AtDoor::TooOften));
        }
        DailyCount::add(tx, Counted::OpenedDoor, &member.sub).await?;
        tx.put(&self.opening).await?;
        tx.log(self.admitted.clone()).await?;
        Ok(Ok(open.door))
    }
}

struct Settle(Opening);

impl Change for Settle {
    const NAME: &'static str = "settle-opening";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        // The member may have been erased since, with every opening.
        if tx.get::<Opening>(self.0.id.as_str()).await?.is_some() {
            tx.put(&self.0).await?;
        }
        Ok(())
    }
}

/// What a member opened, for that member: the last first, no more than are told. For use inside the change that tells it.
pub(crate) async fn told(tx: &mut Tx, sub: &str) -> Result<Vec<DoorOpening>, StoreFault> {
    let mut found = openings_of(tx, sub).await?;
    found.sort_unstable_by_key(|opening| std::cmp::Reverse(opening.at));
    found.truncate(MOST_OPENINGS);
    let mut doors = BTreeMap::new();
    for opening in &found {
        if !doors.contains_key(&opening.door) {
            let door = tx.get::<Door>(&opening.door).await?;
            doors.insert(opening.door.clone(), door.map(|door| door.name));
        }
    }
    let told = found.into_iter().map(|opening| DoorOpening {
        door: doors.get(&opening.door).cloned().flatten(),
        at: opening.at,
        opened: match opening.outcome {
            Outcome::Asked => None,
            Outcome::Opened => Some(true),
            Outcome::NotOpened { .. } => Some(false),
        },
    });
    Ok(told.collect())
}

/// All that is known of what a member opened, in no telling order.
async fn openings_of(tx: &mut Tx, sub: &str) -> Result<Vec<Opening>, StoreFault> {
    let (mut found, mut range) = (Vec::new(), Range::prefix(sub));
    loop {
        let page = tx.page::<OpeningsOf>(range, AT_ONCE).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => range = Range::prefix(sub).after(&next),
            None => return Ok(found),
        }
    }
}

/// Deletes what is known of what a member opened; what is more than one commit takes, a job deletes. For use inside the change that
/// erases the member.
pub(crate) async fn forget(tx: &mut Tx, sub: &str) -> Result<(), StoreFault> {
    DailyCount::forget(tx, Counted::OpenedDoor, sub).await?;
    if !forget_some(tx, sub).await? {
        let job = Job::new(FORGET_OPENINGS, format!("{FORGET_OPENINGS}-{sub}"), &sub)?;
        let _ = tx.enqueue(job).await?;
    }
    Ok(())
}

/// Deletes as much as one commit takes; gives whether that was all.
async fn forget_some(tx: &mut Tx, sub: &str) -> Result<bool, StoreFault> {
    let openings = tx.page::<OpeningsOf>(Range::prefix(sub), AT_ONCE).await?.items;
    for opening in &openings {
        tx.delete::<Opening>(opening.id.as_str()).await?;
    }
    Ok(openings.len() < AT_ONCE)
}

/// Deletes the next of them; gives whether that was all.
struct ForgetMore<'a>(&'a str);

impl Change for ForgetMore<'_> {
    const NAME: &'static str = "forget-openings";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        Ok(forget_some(tx, self.0).await?)
    }
}
