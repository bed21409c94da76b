//! Keeping what was accepted, and clearing away what it replaces.

use credentials::types;
use environment::Timestamp;
use openid4vc::secret::SecretText;
use serde_json::{Map, Value};

use super::clearing::{AwaitedKeys, take_out_stale};
use super::{Accepted, Behind, Checked};
use crate::records::{
    Arrival, ArrivedCredential, AwaitedCredentials, Copy, HeldCredential, HistoryEntry, KeptMail,
};
use crate::vault::{Batch, VaultError};
use crate::wallet::{Wallet, content};

/// Of these an issuer says one thing about the member: what it said before and says otherwise now counts no more. From others
/// a member may hold several of one type.
const ONE_CONTENT: [&str; 3] = [types::PASSPORT, types::PROFILE, types::MEMBERSHIP];

/// What an errand leaves for later.
#[derive(Default)]
pub(in crate::flows) struct StillToCome {
    pub(in crate::flows) awaited: Vec<AwaitedCredentials>,
    /// What has come of it and could not be checked.
    pub(in crate::flows) arrived: Vec<ArrivedCredential>,
}

impl StillToCome {
    /// Puts aside what has come at once and cannot be checked now.
    pub(super) fn put_aside(
        &mut self,
        awaited: AwaitedCredentials,
        credentials: Vec<SecretText>,
        now: Timestamp,
    ) {
        let arrival = Arrival { at: now.seconds(), count: credentials.len(), notification: None };
        self.arrived.extend(ArrivedCredential::all(&awaited.id, credentials));
        self.awaited.push(AwaitedCredentials { arrival: Some(arrival), ..awaited });
    }
}

impl Wallet {
    /// Keeps what an errand brought. In the same step the history tells of it, the message that it came in is over, the follow-up that
    /// it stood in is over but for its proof, unless something of it is missing, and what an earlier offer in that promised gives way:
    /// whenever the wallet is killed, nobody is asked for what is here.
    pub(super) async fn keep_gathered(
        &self,
        checked: Vec<Checked>,
        to_come: &StillToCome,
        behind: Behind<'_>,
        accepted: &Accepted,
        entry: &HistoryEntry,
    ) -> Result<(), VaultError> {
        let mut batch = self.vault.batch().put(entry)?;
        // Taken is taken, also in part: the code in an offer counts once (OpenID4VCI 1.0 §4.1.1).
        if let Some(mail) = behind.mail {
            batch = batch.delete::<KeptMail>(mail);
        }
        let Some(follow_up) = behind.follow_up else {
            return self.keep(checked, to_come, &[], batch).await;
        };
        let given = checked.iter().map(|one| one.credential.configuration.as_str());
        let promised = to_come.awaited.iter().map(|one| one.configuration.as_str());
        let before = self.promised_before(follow_up, &given.chain(promised).collect()).await?;
        batch = self.tell_promised_anew(batch, &before)?;
        if accepted.is_whole() {
            batch = self.await_proof_alone(batch, follow_up).await?;
        }
        self.keep(checked, to_come, &before, batch).await
    }

    /// Keeps checked credentials, each beside what is already bound to its key, and clears away copies of the
    /// same kind that were used or have expired. What they were awaited by is over; what is in `batch` is written with them.
    pub(in crate::flows) async fn keep(
        &self,
        checked: Vec<Checked>,
        to_come: &StillToCome,
        over: &[AwaitedCredentials],
        mut batch: Batch<'_>,
    ) -> Result<(), VaultError> {
        // A copy that is shown meanwhile counts as used afterwards.
        let _one_at_a_time = self.choosing.lock().await;
        let now = self.now();
        let mut copies = self.vault.list::<Copy>().await?;
        let mut awaited = self.vault.list::<AwaitedCredentials>().await?;
        awaited.retain(|one| over.iter().all(|done| done.id != one.id));
        let awaited_keys = AwaitedKeys::of(awaited.iter().chain(&to_come.awaited));
        let mut touched = take_out_stale(&mut copies, &checked, now);
        touched.extend(take_out_replaced(&mut copies, &checked));
        touched.extend(checked.iter().map(|one| one.key_id.clone()));
        put_in(&mut copies, checked, now);
        for copy in copies.iter().filter(|copy| touched.contains(&copy.id)) {
            batch = awaited_keys.put_or_clear(batch, copy)?;
        }
        for one in &to_come.awaited {
            batch = batch.put(one)?;
        }
        for one in &to_come.arrived {
            batch = batch.put(one)?;
        }
        for done in over {
            batch = batch.delete::<AwaitedCredentials>(&done.id);
            for name in done.arrived() {
                batch = batch.delete::<ArrivedCredential>(&name);
            }
        }
        batch.commit().await
    }
}

/// Binds each to its key, beside what is bound to it already.
fn put_in(copies: &mut Vec<Copy>, checked: Vec<Checked>, now: Timestamp) {
    for one in checked {
        match copies.iter_mut().find(|copy| copy.id == one.key_id) {
            Some(copy) => copy.add(one.credential, now),
            None => copies.push(Copy {
                id: one.key_id,
                key: one.key,
                credentials: vec![one.credential],
                received_at: now.seconds(),
                used_at: None,
            }),
        }
    }
}

/// Takes out of copies that were not shown what contradicts what comes now: nobody is to be given an address that the office
/// has since checked anew. What speaks of other claims stays: an office's desk may have checked more than came with the
/// passport. Gives the copies that lost something.
fn take_out_replaced(copies: &mut [Copy], new: &[Checked]) -> Vec<String> {
    let is_replaced = |there: &HeldCredential| {
        ONE_CONTENT.contains(&there.vct.as_str())
            && new.iter().map(|new| &new.credential).any(|new| {
                (&new.vct, &new.issuer) == (&there.vct, &there.issuer)
                    && contradict(&content(&new.compact), &content(&there.compact))
            })
    };
    let mut touched = Vec::new();
    for copy in copies.iter_mut().filter(|copy| copy.used_at.is_none()) {
        let before = copy.credentials.len();
        copy.credentials.retain(|there| !is_replaced(there));
        if copy.credentials.len() < before {
            touched.push(copy.id.clone());
        }
    }
    touched
}

/// Whether two say different things of one claim.
fn contradict(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.iter().any(|(name, value)| other.get(name).is_some_and(|there| there != value))
}
