//! Approval by rule or by a person, and what a wallet finds afterwards.

use issuance::{OfferRequest, Offered, Shown};
use jose::VerifyingKey;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::decision::{Because, DecidedBy, Decision, Outcome, Rules};
use network::follow_up::{FollowUp, WaitingFor};
use network::sharing_proof::Confirmation;
use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, Lanes, Range, StoreFault, Tx};

use crate::keeping::delete_contact;
use crate::members::{MEMBERSHIP, PLAN};
use crate::outgoing::events;
use crate::outgoing::records::Event;
use crate::places;
use crate::records::{Asked, ByAsked, ByFollowUp, Decided, Decides, Member, SignUp, Standing, Waiting};
use crate::space::{Space, SpaceError};
use crate::telling::ToTell;

/// Seconds for which an offer of the membership is open; a new one is made whenever the wallet asks.
pub(crate) const OFFER_LIFETIME: i64 = 600;

/// A decision that is signed and waits to be stored.
#[derive(Clone, Debug)]
pub struct Deciding {
    decided: Decided,
    member: Option<Member>,
    leaf: Leaf,
    /// Whether many may fight over the places of its form.
    is_limited: bool,
    /// Whom to tell of it, if anybody is to be.
    to_tell: Option<ToTell>,
}

impl Deciding {
    /// The signed decision.
    pub(crate) fn decision(&self) -> &str {
        &self.decided.decision
    }

    /// The `sub` of the membership that follows, if one does.
    pub(crate) fn member(&self) -> Option<&str> {
        self.member.as_ref().map(|member| member.sub.as_str())
    }

    /// This decision told to an inbox.
    pub(crate) fn told(self, to_tell: ToTell) -> Self {
        Self { to_tell: Some(to_tell), ..self }
    }

    /// What many decisions fight over: the count of places, where there is one.
    pub(crate) fn lanes(&self) -> Lanes {
        places::lanes(self.is_limited)
    }

    /// Writes the decision into `sign_up` (which the caller stores) and what follows from it. Where all places are taken
    /// nothing is decided, and it says no.
    pub(crate) async fn write(&self, tx: &mut Tx, sign_up: &mut SignUp) -> Result<bool, StoreFault> {
        if self.member.is_some() && !places::take(tx, &sign_up.form).await? {
            return Ok(false);
        }
        sign_up.waits_for_a_place = false;
        sign_up.decided = Some(self.decided.clone());
        sign_up.member = self.member.as_ref().map(|member| member.sub.clone());
        match &self.member {
            Some(member) => {
                tx.put(member).await?;
                events::happened(tx, &sign_up.id, Event::Approved, []).await?;
            }
            // A refused applicant's data goes.
            None => {
                events::happened(tx, &sign_up.id, Event::Declined, []).await?;
                delete_contact(tx, &sign_up.id).await?;
            }
        }
        if let Some(to_tell) = &self.to_tell {
            to_tell.write(tx).await?;
        }
        tx.log(self.leaf.clone()).await?;
        Ok(true)
    }

    /// As [`Self::write`] for a decision of a rule: who finds no place waits for one.
    pub(crate) async fn write_or_wait(&self, tx: &mut Tx, sign_up: &mut SignUp) -> Result<(), StoreFault> {
        sign_up.waits_for_a_place = !self.write(tx, sign_up).await?;
        Ok(())
    }
}

impl Space {
    /// What a rule decides about a sign-up whose person is known; nothing where somebody else decides.
    pub(crate) fn decide_by_rule(&self, sign_up: &SignUp) -> Result<Option<Deciding>, SpaceError> {
        let (outcome, because) = match sign_up.decides {
            _ if sign_up.decided.is_some() => return Ok(None),
            Decides::Rule => (Outcome::Approved, Because::Complete),
            Decides::Declined(because) => (Outcome::Declined, because),
            Decides::Person | Decides::Software => return Ok(None),
        };
        self.deciding(sign_up, outcome, DecidedBy::Rule, Some(because), None).map(Some)
    }

    pub(crate) fn deciding(
        &self,
        sign_up: &SignUp,
        outcome: Outcome,
        by: DecidedBy,
        because: Option<Because>,
        reason: Option<String>,
    ) -> Result<Deciding, SpaceError> {
        let now = self.environment().now();
        let log = &self.identity.log;
        let decision = Decision {
            issuer: self.identity.did.as_str().to_owned(),
            issued_at: now.seconds(),
            request: sign_up.request_hash.clone(),
            confirmation: Confirmation { thumbprint: sign_up.holder.clone() },
            outcome,
            by,
            because,
            rules: (sign_up.version > 0)
                .then(|| Rules { form: sign_up.form.clone(), version: sign_up.version }),
            reason,
            appeal: self.settings.appeal.clone(),
        };
        let decision = decision.sign(&log.key_id.to_string(), log.signer.as_ref())?;
        let member = (outcome == Outcome::Approved).then(|| Member {
            sub: self.fresh_id(),
            contact: Some(sign_up.id.clone()),
            since: now.start_of_day().seconds(),
            plan: PLAN.to_owned(),
            standing: Standing::Active,
            ended: None,
            statement: None,
            form: Some(sign_up.form.clone()),
        });
        let code = if outcome == Outcome::Approved { "approved" } else { "declined" };
        let entry = Entry::new(EntryKind::Decided, now).with_purpose(sign_up.form.clone()).with_code(code);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let is_limited = sign_up.is_limited && member.is_some();
        Ok(Deciding {
            decided: Decided { outcome, by, decision, who: None },
            member,
            leaf,
            is_limited,
            to_tell: None,
        })
    }

    /// Decides a sign-up by a person of the team.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], [`SpaceError::AlreadyDecided`], [`SpaceError::NoPlace`], or our side failed.
    pub async fn decide(
        &self,
        sign_up: &str,
        outcome: Outcome,
        reason: Option<String>,
    ) -> Result<(), SpaceError> {
        self.decide_by(sign_up, outcome, reason, None).await
    }

    /// The same by somebody whom the team knows. Of two who decide at once one does, and the other can see who that was.
    ///
    /// # Errors
    /// As [`Self::decide`].
    pub async fn decide_by(
        &self,
        sign_up: &str,
        outcome: Outcome,
        reason: Option<String>,
        who: Option<&str>,
    ) -> Result<(), SpaceError> {
        self.decide_as(sign_up, outcome, DecidedBy::Person, reason, who).await
    }

    /// Decides a sign-up by software of the space's own, `who` among it. Where the form leaves the decision to somebody else it decides nothing.
    ///
    /// # Errors
    /// [`SpaceError::NotYours`], and see [`Self::decide`].
    pub async fn decide_elsewhere(
        &self,
        sign_up: &str,
        outcome: Outcome,
        reason: Option<String>,
        who: &str,
    ) -> Result<(), SpaceError> {
        let found = self.tenant.get::<SignUp>(sign_up).await?.ok_or(SpaceError::NoSuch("sign-up"))?;
        if found.decides != Decides::Software {
            return Err(SpaceError::NotYours);
        }
        let given = reason.clone();
        match self.decide_as(sign_up, outcome, DecidedBy::Software, reason, Some(who)).await {
            // A program whose answer got lost says the same again.
            Err(SpaceError::AlreadyDecided) if self.said_so(sign_up, outcome, given.as_deref()).await? => {
                Ok(())
            }
            decided => decided,
        }
    }

    /// Whether software has decided exactly that, with exactly this reason.
    async fn said_so(
        &self,
        sign_up: &str,
        outcome: Outcome,
        reason: Option<&str>,
    ) -> Result<bool, SpaceError> {
        let Some(found) = self.tenant.get::<SignUp>(sign_up).await? else { return Ok(false) };
        let decided = found.decided.filter(|decided| decided.by == DecidedBy::Software);
        let Some(decided) = decided.filter(|decided| decided.outcome == outcome) else { return Ok(false) };
        let (space, now) = (self.identity.did.as_str(), self.environment().now());
        let Ok(key) = VerifyingKey::new(self.identity.log.signer.public_jwk()) else { return Ok(false) };
        let (request, holder) = (&found.request_hash, &found.holder);
        let read = Decision::verify(&decided.decision, space, &key, request, holder, now);
        Ok(read.is_ok_and(|decision| decision.reason.as_deref() == reason))
    }

    async fn decide_as(
        &self,
        sign_up: &str,
        outcome: Outcome,
        by: DecidedBy,
        reason: Option<String>,
        who: Option<&str>,
    ) -> Result<(), SpaceError> {
        let found = self.tenant.get::<SignUp>(sign_up).await?.ok_or(SpaceError::NoSuch("sign-up"))?;
        let mut deciding = self.deciding(&found, outcome, by, None, reason)?;
        deciding.decided.who = who.map(str::to_owned);
        let deciding = self.telling(deciding, &found).await?;
        self.try_decision(&found.id, &deciding).await?.map_err(|refused| match refused {
            NotDecided::Gone => SpaceError::NoSuch("sign-up"),
            NotDecided::Already => SpaceError::AlreadyDecided,
            NotDecided::Full => SpaceError::NoPlace,
        })
    }

    /// A sign-up that counts: one of which it is known who was at the screen, or that nobody need be.
    ///
    /// # Errors
    /// The store.
    pub async fn sign_up(&self, id: &str) -> Result<Option<SignUp>, SpaceError> {
        Ok(self.tenant.get::<SignUp>(id).await?.filter(|found| !found.awaited))
    }

    /// Stores a decision, if there is still something to decide.
    pub(crate) async fn try_decision(
        &self,
        sign_up: &str,
        deciding: &Deciding,
    ) -> Result<Result<(), NotDecided>, SpaceError> {
        match self.tenant.commit(&StoreDecision { sign_up, deciding }).await {
            Ok(()) => Ok(Ok(())),
            Err(Fault::Refused(refused)) => Ok(Err(refused)),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    /// The sign-ups that nobody has decided, the oldest first.
    ///
    /// # Errors
    /// The store.
    pub async fn waiting(&self, limit: usize) -> Result<Vec<SignUp>, SpaceError> {
        Ok(self.tenant.page::<Waiting>(Range::all(), limit).await?.items)
    }

    /// Whether the key with thumbprint `holder` gave the answer that is followed up under `handle`.
    ///
    /// # Errors
    /// The store.
    pub async fn may_follow_up(&self, handle: SecretHash, holder: &str) -> Result<bool, SpaceError> {
        let is_sign_up = self.answered(handle, holder).await?.is_some();
        Ok(is_sign_up || self.new_values_proof(handle, holder).await?.is_some())
    }

    async fn answered(&self, handle: SecretHash, holder: &str) -> Result<Option<SignUp>, StoreFault> {
        let found = self.tenant.find::<ByFollowUp>(&handle.as_bytes()[..]).await?;
        Ok(found.filter(|sign_up| sign_up.holder == holder))
    }

    /// What the wallet finds under `handle`, if it holds the key with thumbprint `holder`.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`] for an unknown handle and for another key alike.
    pub async fn follow_up(&self, handle: SecretHash, holder: &str) -> Result<FollowUp, SpaceError> {
        if let Some(proof) = self.new_values_proof(handle, holder).await? {
            return Ok(FollowUp { sharing_proof: Some(proof), ..FollowUp::default() });
        }
        let sign_up = self.answered(handle, holder).await?.ok_or(SpaceError::NoSuch("answer"))?;
        let credential_offer = match &sign_up.member {
            Some(sub) => self.membership_offer(sub, Shown::ToWallet).await?.map(|offered| offered.by_value),
            None => None,
        };
        let waiting_for = match (&sign_up.decided, sign_up.awaited) {
            (None, false) if sign_up.waits_for_a_place => vec![WaitingFor::Place],
            (None, false) => vec![WaitingFor::Team],
            _ => Vec::new(),
        };
        let counter_offer = self.counter_offer_for(&sign_up).await?;
        Ok(FollowUp {
            counter_offer,
            sharing_proof: Some(sign_up.sharing_proof),
            decision: sign_up.decided.map(|decided| decided.decision),
            credential_offer,
            did_hosting: None,
            waiting_for,
        })
    }

    /// A fresh offer of the membership `sub`, as long as it counts and no wallet has fetched it or is about to. The one that
    /// was shown there before counts no more.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn membership_offer(&self, sub: &str, shown: Shown) -> Result<Option<Offered>, SpaceError> {
        let request = OfferRequest {
            subject: sub.to_owned(),
            configurations: vec![MEMBERSHIP.to_owned()],
            tx_code: false,
            lifetime: OFFER_LIFETIME,
        };
        Ok(self.issuance.offer_again(&request, shown).await?)
    }

    /// What the space made of an answer to the request `asked`: `accepted` or `declined`; `None` as long as there is no
    /// answer that counts.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn result(&self, asked: &str) -> Result<Option<&'static str>, SpaceError> {
        let sign_up = self.tenant.find::<ByAsked>(asked).await?;
        if let Some(sign_up) = sign_up.filter(|sign_up| !sign_up.awaited) {
            let is_declined = sign_up.decided.is_some_and(|decided| decided.outcome == Outcome::Declined);
            return Ok(Some(if is_declined { "declined" } else { "accepted" }));
        }
        let known = self.tenant.get::<Asked>(asked).await?.is_some();
        if known { Ok(None) } else { Err(SpaceError::NoSuch("request")) }
    }

    /// The sign-up that answers the request `asked`.
    ///
    /// # Errors
    /// The store.
    pub async fn sign_up_for(&self, asked: &str) -> Result<Option<SignUp>, SpaceError> {
        Ok(self.tenant.find::<ByAsked>(asked).await?)
    }
}

/// Hash of a handle as it stands in an address.
#[must_use]
pub fn handle_hash(handle: &str) -> SecretHash {
    SecretText::new(handle).hash()
}

/// Why a decision is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotDecided {
    /// There is nothing to decide about, any more or yet.
    Gone,
    /// Somebody has decided.
    Already,
    /// All places are taken.
    Full,
}

struct StoreDecision<'a> {
    sign_up: &'a str,
    deciding: &'a Deciding,
}

impl Change for StoreDecision<'_> {
    const NAME: &'static str = "decide-sign-up";
    type Output = ();
    type Refusal = NotDecided;

    fn lanes(&self) -> Lanes {
        self.deciding.lanes()
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotDecided>> {
        let mut sign_up = tx.get::<SignUp>(self.sign_up).await?.ok_or(Fault::Refused(NotDecided::Gone))?;
        // As long as nobody knows who was at the screen there is nobody to decide about.
        if sign_up.awaited {
            return Err(Fault::Refused(NotDecided::Gone));
        }
        if sign_up.decided.is_some() {
            return Err(Fault::Refused(NotDecided::Already));
        }
        if !self.deciding.write(tx, &mut sign_up).await? {
            return Err(Fault::Refused(NotDecided::Full));
        }
        Ok(tx.put(&sign_up).await?)
    }
}
