//! One thing done at one space, and the proof of it.

use credentials::types;
use network::change_proof::{Asked, ChangeProof, Expected};
use network::member_api::{
    ChangeAnswer, ChangeRequest, Changes, Leave, MOST_CLAIMS, Objection, Outcome, RequestMade, WhatToDo,
};

use super::MemberApiError;
use super::calling::at_space;
use super::giving::{AsPromised, GivingNew};
use crate::consent::Consent;
use crate::flows::present::PresentError;
use crate::records::{
    Copy, Errand, HistoryEntry, KeptAccess, KeptAnswer, KeptChange, OutboxItem, ProvenChange,
};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// Whether what a space says would follow is about what it was asked, and no longer than a person reads.
fn is_about(errand: &Errand, would: &Outcome) -> bool {
    let fits =
        would.changes.len() <= MOST_CLAIMS && would.kept.len() <= MOST_CLAIMS && would.about.is_empty();
    fits && match errand {
        Errand::Changes(changes) => would.changes == *changes,
        Errand::Leave => {
            would.membership_ended && would.changes.iter().all(|change| change.what == WhatToDo::TakeBack)
        }
        Errand::NewValue { .. } | Errand::Passport | Errand::Objection { .. } => false,
    }
}

/// The longest proof that is kept.
const LONGEST_PROOF: usize = 64 * 1_024;

impl Wallet {
    /// Does it, and takes it out of the outbox as the `entry` comes into the history. Whatever fails, the item is as it was, but for
    /// the way in that was used.
    pub(super) async fn carry_out(
        &self,
        item: &mut OutboxItem,
        entry: &HistoryEntry,
    ) -> Result<Outcome, MemberApiError> {
        let space = item.space.clone();
        // What was sent before with a way in of that time is answered again by it alone, whether or not it still counts.
        let mut access = match item.access.take() {
            Some(access) => access,
            None => self.access_to(&space).await?,
        };
        for last in [false, true] {
            self.note_access(item, &access).await?;
            let done = match &item.errand {
                Errand::NewValue { claim, value } => {
                    let giving = GivingNew { claim, value };
                    self.give_new(item, &access, std::slice::from_ref(claim), &giving, entry).await
                }
                Errand::Passport => self.give_passport(item, &access, entry).await,
                _ => self.ask(item, &access, entry).await,
            };
            match done {
                Err(MemberApiError::NoAccess) if !last => access = self.new_access_to(&space).await?,
                other => return other,
            }
        }
        Err(MemberApiError::NoAccess)
    }

    async fn note_access(&self, item: &mut OutboxItem, access: &KeptAccess) -> Result<(), MemberApiError> {
        let holder = access.key.public_jwk()?.thumbprint_base64url();
        if !item.holders.contains(&holder) {
            item.holders.push(holder);
        }
        item.access = Some(access.clone());
        Ok(self.vault.put(item).await?)
    }

    /// New values: the space makes a request for them, which is answered like any other.
    pub(super) async fn give_new(
        &self,
        item: &OutboxItem,
        access: &KeptAccess,
        claims: &[String],
        giving: &dyn Consent,
        entry: &HistoryEntry,
    ) -> Result<Outcome, MemberApiError> {
        let asked = ChangeRequest { claims: claims.to_vec() };
        let made: RequestMade = self.post_to_member_api(access, "change-requests", &asked).await?;
        let link = at_space(&made.link, &access.uri)?;
        let known = self.known_spaces().await?.into_iter().find(|space| space.id == item.space);
        let held = known.map(|space| space.held).unwrap_or_default();
        let giving = AsPromised::new(giving, &held);
        let given = self.present_new_values(&link, &giving, &item.space, claims).await;
        given.map_err(|error| match (error, giving.into_wider()) {
            (PresentError::LeftOpen, Some(claim)) => MemberApiError::SeenByMore { claim },
            (PresentError::LeftOpen | PresentError::CannotBeSatisfied { .. }, _) => {
                MemberApiError::NothingToShow { claim: claims.join(", ") }
            }
            (other, _) => other.into(),
        })?;
        self.vault.batch().delete::<OutboxItem>(&item.id).put(entry)?.commit().await?;
        self.forget_values().await?;
        Ok(Outcome::default())
    }

    /// Everything else is one call, which the space answers with a proof.
    async fn ask(
        &self,
        item: &OutboxItem,
        access: &KeptAccess,
        entry: &HistoryEntry,
    ) -> Result<Outcome, MemberApiError> {
        let id = item.id.clone();
        let (answer, asked): (ChangeAnswer, Asked<'_>) = match &item.errand {
            Errand::Changes(changes) => {
                let body = Changes { id, dry_run: false, changes: changes.clone() };
                (self.post_to_member_api(access, "changes", &body).await?, Asked::Changes(changes))
            }
            Errand::Objection { about, reason } => {
                let body = Objection { id, about: about.clone(), reason: reason.clone() };
                (self.post_to_member_api(access, "objections", &body).await?, Asked::Objection(about))
            }
            Errand::Leave | Errand::NewValue { .. } | Errand::Passport => {
                let body = Leave { id, dry_run: false };
                (self.post_to_member_api(access, "leave", &body).await?, Asked::Leave)
            }
        };
        let ChangeAnswer::Done { proof } = answer else { return Err(MemberApiError::Malformed) };
        let outcome = self.checked(item, &proof, asked).await?;
        self.keep_change(item, proof, &outcome, entry).await?;
        self.forget_values().await?;
        Ok(outcome)
    }

    /// What would follow, by the space's account. Nothing is kept of it.
    pub(super) async fn would_follow(
        &self,
        space: &str,
        errand: &Errand,
    ) -> Result<Option<Outcome>, MemberApiError> {
        let mut access = self.access_to(space).await?;
        for last in [false, true] {
            let id = self.random_id();
            let answer: Result<ChangeAnswer, _> = match errand {
                Errand::Changes(changes) => {
                    let body = Changes { id, dry_run: true, changes: changes.clone() };
                    self.post_to_member_api(&access, "changes", &body).await
                }
                Errand::Leave => {
                    let body = Leave { id, dry_run: true };
                    self.post_to_member_api(&access, "leave", &body).await
                }
                Errand::NewValue { .. } | Errand::Passport | Errand::Objection { .. } => return Ok(None),
            };
            match answer {
                Err(MemberApiError::NoAccess) if !last => access = self.new_access_to(space).await?,
                Ok(ChangeAnswer::DryRun { would }) if is_about(errand, &would) => return Ok(Some(would)),
                Ok(ChangeAnswer::DryRun { .. }) => return Err(MemberApiError::Malformed),
                Ok(ChangeAnswer::Done { .. }) => return Err(MemberApiError::Malformed),
                Err(error) => return Err(error),
            }
        }
        Err(MemberApiError::NoAccess)
    }

    /// Checks a proof of change: signed by the space, about this and bound to a key with which it was asked.
    async fn checked(
        &self,
        item: &OutboxItem,
        proof: &str,
        asked: Asked<'_>,
    ) -> Result<Outcome, MemberApiError> {
        if proof.len() > LONGEST_PROOF {
            return Err(MemberApiError::Malformed);
        }
        let key = self.log_key(proof, &item.space, item.made_at).await?;
        let mut refused = network::MessageError::OtherHolder;
        for holder in &item.holders {
            let expected = Expected { space: &item.space, holder, id: &item.id, asked };
            match ChangeProof::verify(proof, &key, &expected, self.now()) {
                Ok(proof) => return Ok(proof.outcome),
                Err(network::MessageError::OtherHolder) => {}
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    async fn keep_change(
        &self,
        item: &OutboxItem,
        proof: String,
        outcome: &Outcome,
        entry: &HistoryEntry,
    ) -> Result<(), MemberApiError> {
        let _one_at_a_time = self.choosing.lock().await;
        let after = self.answers_of(&item.space).await?.len();
        let change = ProvenChange { at: self.now().seconds(), what: item.errand.told(), proof };
        let before = self.vault.list::<KeptChange>().await?;
        let number = before.iter().filter(|kept| kept.space == item.space).count();
        let kept = KeptChange { id: item.id.clone(), space: item.space.clone(), after, number, change };
        let mut batch = self.vault.batch().delete::<OutboxItem>(&item.id).put(&kept)?.put(entry)?;
        if outcome.membership_ended {
            batch = batch.delete::<KeptAccess>(&item.space);
            // Only a member could have it done.
            for other in self.waiting_items().await?.iter().filter(|other| other.space == item.space) {
                batch = batch.delete::<OutboxItem>(&other.id);
            }
            for mut copy in self.vault.list::<Copy>().await? {
                let mut is_changed = false;
                for held in &mut copy.credentials {
                    let is_ours = held.issuer_did.as_deref() == Some(item.space.as_str());
                    if held.vct == types::MEMBERSHIP && is_ours && !held.revoked {
                        held.revoked = true;
                        is_changed = true;
                    }
                }
                if is_changed {
                    batch = batch.put(&copy)?;
                }
            }
        }
        Ok(batch.commit().await?)
    }

    /// What the space was given, in order.
    async fn answers_of(&self, space: &str) -> Result<Vec<KeptAnswer>, VaultError> {
        let mut answers = self.vault.list::<KeptAnswer>().await?;
        answers.retain(|answer| answer.space == space);
        answers.sort_by_key(|answer| answer.number);
        Ok(answers)
    }
}
