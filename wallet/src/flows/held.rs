//! What the member holds and what is being made for them, as they look at it; and throwing away.

use serde::Serialize;

use super::collect::LONGEST_WAIT;
use super::origin::host_of;
use super::upkeep::Looking;
use crate::error::WalletError;
use crate::records::{AwaitedCredentials, Copy, HistoryKind, ListedCredential, NotGiven};
use crate::wallet::Wallet;

/// The code of what the member threw away, in the history.
const THROWN_AWAY: &str = "thrown_away";
/// For how long it is shown that something was not given, in seconds.
const SHOWN_FOR: i64 = LONGEST_WAIT;

/// Something that is being made, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwaitedKind {
    /// Its identifier.
    pub id: String,
    /// The type.
    #[serde(rename = "type")]
    pub vct: String,
    /// What the issuer calls it.
    pub label: Option<String>,
    /// The credential issuer identifier.
    pub issuer: String,
    /// What the issuer calls itself.
    pub claimed_name: Option<String>,
    /// Since when it is awaited, in seconds since the epoch, as far as that is known.
    pub since: Option<i64>,
    /// Why it is not here yet.
    pub state: AwaitedState,
}

/// Why something is not here yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum AwaitedState {
    /// Its issuer is at it.
    BeingMade {
        /// Before this moment it is not asked for again, in seconds since the epoch.
        not_before: i64,
    },
    /// It has come, and nobody could be asked yet whether whoever signed it may.
    NotChecked,
}

impl AwaitedKind {
    fn of(awaited: AwaitedCredentials) -> Self {
        let state = match &awaited.arrival {
            Some(_) => AwaitedState::NotChecked,
            None => AwaitedState::BeingMade { not_before: awaited.not_before },
        };
        let AwaitedCredentials { id, vct, label, issuer, claimed_name, since, .. } = awaited;
        Self { id, vct, label, issuer, claimed_name, since, state }
    }
}

impl Wallet {
    /// What is being made, the earliest first.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn being_made(&self) -> Result<Vec<AwaitedKind>, WalletError> {
        let awaited = self.vault.list::<AwaitedCredentials>().await?;
        let mut awaited: Vec<AwaitedKind> = awaited.into_iter().map(AwaitedKind::of).collect();
        awaited.sort_by(|left, right| (left.since, &left.id).cmp(&(right.since, &right.id)));
        Ok(awaited)
    }

    /// What was promised and not given, the latest first; not what has come otherwise since, nor what is long ago.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn not_given_lately(&self, held: &[ListedCredential]) -> Result<Vec<NotGiven>, WalletError> {
        let since = self.now().seconds().saturating_sub(SHOWN_FOR);
        let mut not_given = self.vault.list::<NotGiven>().await?;
        let has_come = |one: &NotGiven| {
            held.iter().any(|held| (&held.vct, &held.issuer) == (&one.vct, &one.issuer) && held.uses_left > 0)
        };
        not_given.retain(|one| one.at >= since && !has_come(one));
        not_given.sort_by(|left, right| (right.at, &right.id).cmp(&(left.at, &left.id)));
        Ok(not_given)
    }

    /// Looks now whether all of it still counts: the member wishes to know.
    ///
    /// # Errors
    /// See [`WalletError`]; a list that cannot be had says nothing.
    pub async fn look_at_statuses(&self) -> Result<(), WalletError> {
        self.learn_statuses(Looking::AtOnce).await?;
        Ok(())
    }

    /// Throws away what is held of one kind, by its [key](ListedCredential::key); gives whether there was anything. Who gave it is not
    /// told, and what was shown of it stays where it was shown.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn throw_away(&self, key: &str) -> Result<bool, WalletError> {
        let _one_at_a_time = self.choosing.lock().await;
        let copies = self.vault.list::<Copy>().await?;
        let listed = ListedCredential::all(&copies, self.now());
        let Some(listed) = listed.into_iter().find(|one| one.key() == key) else { return Ok(false) };
        let mut entry = self.new_entry(HistoryKind::Offer);
        entry.party = Some(listed.issuer_name.clone());
        entry.did.clone_from(&listed.issuer_did);
        entry.host = host_of(&listed.issuer);
        entry.requested = vec![listed.vct.clone()];
        entry.not_completed = Some(THROWN_AWAY.to_owned());
        let awaited = self.awaited_keys().await?;
        let mut batch = self.vault.batch().put(&entry.bounded())?;
        for mut copy in copies {
            if copy.take_out(key) {
                batch = awaited.put_or_clear(batch, &copy)?;
            }
        }
        batch.commit().await?;
        Ok(true)
    }

    /// Lets go of something that is being made, by its identifier; gives whether it was awaited. Its token and keys are gone then.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn let_go_of_awaited(&self, id: &str) -> Result<bool, WalletError> {
        let _one_at_a_time = self.collecting.lock().await;
        let Some(awaited) = self.vault.get::<AwaitedCredentials>(id).await? else { return Ok(false) };
        self.let_go_of_promised(&awaited).await?;
        self.forget_kept_late().await?;
        Ok(true)
    }

    /// Puts away that something was not given. The history goes on telling it.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn put_not_given_away(&self, id: &str) -> Result<(), WalletError> {
        Ok(self.vault.batch().delete::<NotGiven>(id).commit().await?)
    }
}
