//! Carrying out what was planned: everything in one transaction, once for each identifier.

use keyring::KeyringError;
use ledger::Leaf;
use network::member_api::{ChangeAnswer, Changes, Leave, Objection as Objecting, is_id};
use openid4vc::secret::SecretHash;
use store::{Change, Fault, Lanes, Range, Reader, StoreFault, Tx, View};

use super::access::{Caller, ProofUse};
use super::planning::{Next, Plan, check_changes, check_objection};
use super::records::{MemberAnswered, Objection};
use super::seeing::refused;
use super::{DAY, NotDone, TRIES, fingerprint, objections};
use crate::doors::opening;
use crate::keeping::{self, Basis, basis_of};
use crate::members::STATUS_LISTS;
use crate::outgoing::events;
use crate::outgoing::records::Event;
use crate::records::{Contact, Counted, DailyCount, Member};
use crate::space::{Space, SpaceError};

/// How often within a day a member may have something changed.
pub const MOST_CHANGES: u32 = 200;
/// Seconds for which an answer is remembered.
const REMEMBERED: i64 = 30 * DAY;

/// How things stand with a member.
pub(super) struct Standstill {
    pub(super) member: Member,
    pub(super) contact: Option<Contact>,
    pub(super) basis: Basis,
}

impl Space {
    /// Changes who sees details and until when they are kept, and takes details back. Who takes back a detail that the space
    /// needs ends the membership by it.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn change_details(
        &self,
        caller: &Caller<'_>,
        asked: &Changes,
    ) -> Result<ChangeAnswer, NotDone> {
        check_changes(&asked.changes)?;
        let once = Once { caller, id: &asked.id, asked: fingerprint("changes", &asked.changes)? };
        let plan = |standstill: &Standstill| self.plan_changes(standstill, &asked.changes);
        self.once(&once, asked.dry_run, plan).await
    }

    /// Ends the membership and erases everything that is held of the member.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn leave(&self, caller: &Caller<'_>, asked: &Leave) -> Result<ChangeAnswer, NotDone> {
        let once = Once { caller, id: &asked.id, asked: fingerprint("leave", &())? };
        self.once(&once, asked.dry_run, |standstill| Ok(self.plan_leaving(standstill))).await
    }

    /// Files an objection for the team.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn object(&self, caller: &Caller<'_>, asked: &Objecting) -> Result<ChangeAnswer, NotDone> {
        check_objection(asked)?;
        // The reason has no hash in the store: a short one could be guessed by it. It is compared with what lies sealed.
        let once = Once { caller, id: &asked.id, asked: fingerprint("objection", &asked.about)? };
        let answer = self.once(&once, false, |standstill| self.plan_objection(standstill, asked)).await?;
        match self.is_filed(&caller.access.sub, asked).await? {
            true => Ok(answer),
            false => Err(NotDone::IdUsed),
        }
    }

    async fn once(
        &self,
        once: &Once<'_>,
        dry_run: bool,
        plan: impl Fn(&Standstill) -> Result<Plan, NotDone>,
    ) -> Result<ChangeAnswer, NotDone> {
        if !is_id(once.id) {
            return Err(NotDone::Malformed(
                "an identifier is 16 to 64 characters of base64url, chosen at random",
            ));
        }
        for _ in 0..TRIES {
            let ready = match self.tenant.read(once).await? {
                Before::Answered => None,
                Before::Refused(why) => return Err(why),
                Before::Standstill(standstill) => Some(plan(&standstill)?),
            };
            if dry_run {
                let would = ready.map(|plan| plan.outcome).ok_or(NotDone::IdUsed)?;
                self.tenant.commit(&UseUp(once.caller.proof)).await.map_err(refused)?;
                return Ok(ChangeAnswer::DryRun { would });
            }
            let ready = ready.map(|plan| self.ready(plan, once)).transpose()?;
            match self.tenant.commit(&CarryOut { once, ready: ready.as_ref() }).await.map_err(refused)? {
                Carried::Moved => {}
                Carried::Answered(proof) => return Ok(ChangeAnswer::Done { proof }),
                Carried::Ended(proof, revoked) => {
                    // Should this fail, or never be come to, the worker does it: its jobs came with the change.
                    if let Err(failure) = self.membership_ended(&once.caller.access.sub, &revoked).await {
                        tracing::warn!(%failure, "what follows the end of a membership is left to the worker");
                    }
                    return Ok(ChangeAnswer::Done { proof });
                }
            }
        }
        Err(StoreFault::Conflict.into())
    }

    /// Seals what is left, and signs.
    fn ready(&self, mut plan: Plan, once: &Once<'_>) -> Result<Ready, NotDone> {
        if let Next::Without { changed, taken_back } = &plan.next {
            plan.next = match self.rest_of(changed, taken_back) {
                Ok(rest) => Next::Other(Box::new(rest)),
                // Without its key nothing is left that could be kept.
                Err(SpaceError::Keyring(KeyringError::NoKey)) => Next::Gone,
                Err(error) => return Err(error.into()),
            };
        }
        let environment = self.environment();
        let new = plan.proof(self, once.caller, once.id);
        let proof = new.make(environment.now(), environment.randomness());
        let log = &self.identity.log;
        let signed = proof.sign(&log.key_id.to_string(), log.signer.as_ref()).map_err(SpaceError::from)?;
        Ok(Ready { plan, leaf: proof.log.leaf, proof: signed })
    }
}

/// One thing that is asked under an identifier.
struct Once<'a> {
    caller: &'a Caller<'a>,
    id: &'a str,
    asked: SecretHash,
}

/// How it stands before anything is planned.
enum Before {
    /// It was answered already.
    Answered,
    /// Nothing may be asked.
    Refused(NotDone),
    /// It is new.
    Standstill(Box<Standstill>),
}

impl Once<'_> {
    async fn answered(&self, reader: &mut Reader) -> Result<Option<MemberAnswered>, StoreFault> {
        reader.get::<MemberAnswered>((self.caller.access.sub.as_str(), self.id)).await
    }
}

impl View for Once<'_> {
    const NAME: &'static str = "before-member-change";
    type Output = Before;

    async fn read(&self, reader: &mut Reader) -> Result<Before, StoreFault> {
        if self.answered(reader).await?.is_some() {
            return Ok(Before::Answered);
        }
        let member = match self.caller.member(reader).await? {
            Ok(member) => member,
            Err(why) => return Ok(Before::Refused(why)),
        };
        let (contact, basis) = match &member.contact {
            Some(contact) => (reader.get::<Contact>(contact).await?, basis_of(reader, contact).await?),
            None => (None, Basis::Member),
        };
        Ok(Before::Standstill(Box::new(Standstill { member, contact, basis })))
    }
}

/// What is written.
struct Ready {
    plan: Plan,
    leaf: Leaf,
    proof: String,
}

/// Uses a DPoP proof up, and nothing else.
struct UseUp(ProofUse);

impl Change for UseUp {
    const NAME: &'static str = "use-member-proof";
    type Output = ();
    type Refusal = NotDone;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotDone>> {
        self.0.store(tx).await?.map_err(Fault::Refused)
    }
}

/// What came of it.
enum Carried {
    /// It was planned on what is no more.
    Moved,
    /// It is done, or was before.
    Answered(String),
    /// It is done, and the membership has ended by it.
    Ended(String, issuance::Revoked),
}

/// Does what was planned, unless it was done before.
struct CarryOut<'a> {
    once: &'a Once<'a>,
    ready: Option<&'a Ready>,
}

impl Change for CarryOut<'_> {
    const NAME: &'static str = "change-member-details";
    type Output = Carried;
    type Refusal = NotDone;

    fn lanes(&self) -> Lanes {
        let ends = self.ready.is_some_and(|ready| ready.plan.end.is_some());
        if ends { Lanes::of(STATUS_LISTS) } else { Lanes::none() }
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Carried, Fault<NotDone>> {
        if let Some(before) = self.once.answered(tx).await? {
            if before.asked != self.once.asked {
                return Err(Fault::Refused(NotDone::IdUsed));
            }
            self.once.caller.proof.store(tx).await?.map_err(Fault::Refused)?;
            return Ok(Carried::Answered(before.proof));
        }
        let member = self.once.caller.member(tx).await?.map_err(Fault::Refused)?;
        let Some(ready) = self.ready else { return Ok(Carried::Moved) };
        let contact = match &member.contact {
            Some(contact) => tx.get::<Contact>(contact).await?,
            None => None,
        };
        if contact != ready.plan.found {
            return Ok(Carried::Moved);
        }
        let sub = &self.once.caller.access.sub;
        if DailyCount::times(tx, Counted::Changed, sub).await? >= MOST_CHANGES {
            return Err(Fault::Refused(NotDone::TooMany));
        }
        self.once.caller.proof.store(tx).await?.map_err(Fault::Refused)?;
        DailyCount::add(tx, Counted::Changed, sub).await?;
        self.write(tx, ready).await
    }
}

impl CarryOut<'_> {
    async fn write(&self, tx: &mut Tx, ready: &Ready) -> Result<Carried, Fault<NotDone>> {
        let (plan, sub) = (&ready.plan, &self.once.caller.access.sub);
        if matches!(plan.next, Next::Gone)
            && plan.end.is_some()
            && let Some(found) = &plan.found
        {
            // Once the contact is gone nothing tells whose membership it was.
            events::happened(tx, &found.id, Event::MembershipEnded, []).await?;
        }
        write_contact(tx, plan).await?;
        if plan.erases_objections {
            objections::erase(tx, sub).await?;
        }
        if let Some(objection) = &plan.objection {
            let filed = tx.list::<Objection>(Range::prefix(sub), objections::MOST_OBJECTIONS).await?;
            if filed.items.len() >= objections::MOST_OBJECTIONS {
                return Err(Fault::Refused(NotDone::TooMany));
            }
            tx.put(objection).await?;
        }
        let revoked = match &plan.end {
            Some(end) => {
                // With the contact they went already: once more would be half a commit of others.
                if plan.found.is_none() || !matches!(plan.next, Next::Gone) {
                    opening::forget(tx, sub).await?;
                }
                end.write(tx).await?
            }
            None => None,
        };
        tx.log(ready.leaf.clone()).await?;
        let proof = ready.proof.clone();
        tx.put(&MemberAnswered {
            sub: sub.clone(),
            id: self.once.id.to_owned(),
            asked: self.once.asked,
            proof: proof.clone(),
            until: tx.now().plus(REMEMBERED).seconds(),
        })
        .await?;
        Ok(match revoked {
            Some(revoked) => Carried::Ended(proof, revoked),
            None => Carried::Answered(proof),
        })
    }
}

async fn write_contact(tx: &mut Tx, plan: &Plan) -> Result<(), StoreFault> {
    let Some(found) = &plan.found else { return Ok(()) };
    match &plan.next {
        Next::Same => Ok(()),
        Next::Other(next) => {
            tx.put(next.as_ref()).await?;
            events::contact_changed(tx, found, next, true).await?;
            if next.generation != found.generation {
                keeping::erase_key(tx, &found.id, found.generation).await?;
            }
            keeping::await_end_of(tx, &found.id).await
        }
        // What is to be resealed was, before this began.
        Next::Without { .. } => Err(StoreFault::unavailable("the rest of a contact was not sealed")),
        Next::Gone => {
            keeping::delete_contact(tx, &found.id).await?;
            keeping::forget_person(tx, &found.id).await
        }
    }
}
