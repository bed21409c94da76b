//! What an answer gives, written down before it leaves: whenever the wallet is killed, it knows what it gave, and can send that
//! very answer again.

use environment::Timestamp;
use openid4vc::http::Request;
use openid4vc::secret::SecretText;
use openid4vc::vp::wallet::ReplyError;

use super::again::replaced_by;
use crate::flows::member_did::is_first_passport;
use crate::flows::present::{Checked, Prepared, PresentError};
use crate::keys::HolderKey;
use crate::records::{
    FollowUpAwaited, Given, GivenFor, GivenValue, HistoryEntry, KeptAnswer, KnownSpace, SentAnswer,
};
use crate::vault::{Kept, VaultError};
use crate::wallet::Wallet;

/// An answer as it was made; nothing of it has left.
pub(super) struct MadeAnswer {
    pub(super) request: Request,
    pub(super) given: Given,
    /// The answering key.
    pub(super) key: HolderKey,
    pub(super) given_for: GivenFor,
    /// Of how many claims the member saw the name.
    pub(super) disclosed: usize,
    /// Nobody takes it then or later.
    pub(super) until: Timestamp,
}

/// An answer that leaves, as it was written down.
pub(super) struct Leaving {
    pub(super) answer: KeptAnswer,
    pub(super) sent: SentAnswer,
    /// Whether nothing was known of the space before.
    is_new_space: bool,
    /// Whether it is short enough to lie in the vault until it was taken.
    pub(super) is_kept: bool,
    /// What is known of earlier tries.
    pub(super) before: Before,
}

/// What is known of the times that an answer left before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// It leaves for the first time.
    Never,
    /// It could not be taken then.
    PutOff,
    /// It may have been taken.
    Unknown,
}

/// The code of an answer in the history as long as it is not known what became of it.
const OUTCOME_UNKNOWN: &str = "outcome_unknown";
/// The same of one that could not be taken and goes again.
const PUT_OFF: &str = "put_off";
/// The same of one that was never taken.
const NOT_TAKEN: &str = "not_taken";
/// The longest form that is kept: sealed, it has room in a record. Ours have some ten thousand characters.
const LONGEST_FORM: usize = 128 * 1_024;
/// For so many seconds an answer that has just left counts as under way: longer than a call takes.
pub(super) const UNDER_WAY: i64 = 60;

impl Wallet {
    /// Writes down that an answer leaves now: what is given, by which key, the answer itself, and in the history.
    pub(super) async fn write_down(
        &self,
        checked: &Checked,
        prepared: &Prepared,
        made: MadeAnswer,
        entry: &HistoryEntry,
    ) -> Result<Leaving, PresentError> {
        let space = space_id(checked);
        let entry = HistoryEntry { not_completed: Some(OUTCOME_UNKNOWN.to_owned()), ..entry.clone() };
        let _one_at_a_time = self.choosing.lock().await;
        let entry = entry.bounded();
        let mut batch = self.vault.batch().put(&entry)?;
        let known = self.vault.get::<KnownSpace>(&space).await?;
        let is_new_space = known.is_none();
        let is_office = checked.requester.is_office();
        if known.is_none_or(|known| known.is_office != is_office) {
            batch = batch.put(&KnownSpace {
                id: space.clone(),
                name: checked.requester.name.clone(),
                host: prepared.question.asker.host.clone(),
                network: checked.requester.network.clone(),
                is_office,
            })?;
        }
        let before = self.vault.list::<KeptAnswer>().await?;
        let numbers = before.iter().filter(|answer| answer.space == space).map(|answer| answer.number);
        let number = numbers.max().map_or(0, |last| last.saturating_add(1));
        let MadeAnswer { request, given, key, given_for, disclosed, until } = made;
        for value in given.claims.iter().filter_map(|one| one.value.as_ref()).filter_map(GivenValue::of) {
            batch = batch.put(&value)?;
        }
        let form = String::from_utf8(request.body).map_err(|_| PresentError::Minting)?;
        let is_kept = form.len() <= LONGEST_FORM;
        let sent = SentAnswer {
            id: entry.id,
            opened: checked.opened.clone(),
            response_uri: request.url,
            form: SecretText::new(form),
            not_before: self.now().plus(UNDER_WAY).seconds(),
            until: until.seconds(),
            put_off: false,
            space: space.clone(),
            number,
            space_name: checked.requester.name.clone(),
            did: checked.requester.did.clone(),
            admitted_space: checked.requester.space().map(str::to_owned),
            first_passport: is_first_passport(&checked.requester, &given),
            given_for,
            disclosed,
        };
        let answer = KeptAnswer { space, number, given, unanswered: Some(key.kept()) };
        if is_kept {
            batch = batch.put(&sent)?;
        }
        batch.put(&answer)?.commit().await?;
        Ok(Leaving { answer, sent, is_new_space, is_kept, before: Before::Never })
    }

    /// An answer that was written down before leaves once more. Whatever was known of it, it may be taken from now on.
    pub(super) async fn write_down_again(
        &self,
        sent: SentAnswer,
        answer: KeptAnswer,
    ) -> Result<Leaving, PresentError> {
        let before = if sent.put_off { Before::PutOff } else { Before::Unknown };
        let mut leaving = Leaving { answer, sent, is_new_space: false, is_kept: true, before };
        self.note_leaving(&mut leaving).await?;
        Ok(leaving)
    }

    /// It leaves again.
    pub(super) async fn note_leaving(&self, leaving: &mut Leaving) -> Result<(), PresentError> {
        leaving.sent.put_off = false;
        leaving.sent.not_before = self.now().plus(UNDER_WAY).seconds();
        if leaving.is_kept { Ok(self.vault.put(&leaving.sent).await?) } else { Ok(()) }
    }

    /// It could not be taken, and may go again in so many seconds. Of a try before this one, of which nothing was heard, that tells
    /// nothing: whoever took it may be too busy now to look whether they did.
    pub(super) async fn note_put_off(&self, leaving: &mut Leaving, seconds: i64) -> Result<(), PresentError> {
        let is_unknown = leaving.before == Before::Unknown;
        if !is_unknown {
            leaving.before = Before::PutOff;
            leaving.sent.put_off = true;
        }
        leaving.sent.not_before = self.now().seconds().saturating_add(seconds);
        if !leaving.is_kept {
            return Ok(());
        }
        let code = if is_unknown { OUTCOME_UNKNOWN } else { PUT_OFF };
        let mut batch = self.vault.batch().put(&leaving.sent)?;
        if let Some(entry) = self.entry_of(&leaving.sent, Some(code)).await? {
            batch = batch.put(&entry)?;
        }
        Ok(batch.commit().await?)
    }

    /// It was not heard of this time: what is known of it is what was known before.
    pub(super) async fn note_unheard(&self, leaving: &mut Leaving) -> Result<(), PresentError> {
        leaving.sent.put_off = leaving.before == Before::PutOff;
        leaving.sent.not_before = self.now().plus(UNDER_WAY).seconds();
        if leaving.is_kept { Ok(self.vault.put(&leaving.sent).await?) } else { Ok(()) }
    }

    /// The answer cannot have arrived: nothing was given.
    pub(super) async fn take_back(&self, leaving: &Leaving) -> Result<(), PresentError> {
        let Leaving { answer, sent, is_new_space, .. } = leaving;
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch =
            self.vault.batch().delete::<KeptAnswer>(&answer.name()).delete::<SentAnswer>(&sent.id);
        if let Some(entry) = self.vault.get::<HistoryEntry>(&sent.id).await? {
            batch = batch.delete_listed::<HistoryEntry>(&entry.id, entry.at);
        }
        let mut others = self.vault.list::<KeptAnswer>().await?.into_iter();
        if *is_new_space && !others.any(|other| other.space == answer.space && other.number != answer.number)
        {
            batch = batch.delete::<KnownSpace>(&answer.space);
        }
        Ok(batch.commit().await?)
    }

    /// It was taken. What it was asked for instead of is awaited no more.
    pub(super) async fn note_taken(
        &self,
        leaving: Leaving,
        awaited: Option<&FollowUpAwaited>,
    ) -> Result<(), PresentError> {
        let Leaving { answer, sent, .. } = leaving;
        let mut batch = self.vault.batch().delete::<SentAnswer>(&sent.id);
        for follow_up in self.vault.list::<FollowUpAwaited>().await? {
            if replaced_by(&follow_up, &sent) {
                batch = batch.delete::<FollowUpAwaited>(&follow_up.id);
            }
        }
        if let Some(entry) = self.entry_of(&sent, None).await? {
            batch = batch.put(&entry)?;
        }
        if let Some(awaited) = awaited {
            batch = batch.put(awaited)?;
        }
        Ok(batch.put(&KeptAnswer { unanswered: None, ..answer })?.commit().await?)
    }

    /// It was refused. Of one that may have been taken before that tells nothing: who took it refuses it ever after. Nor does the
    /// failure of a server. Then the key is kept, since it alone proves whose answer it was.
    pub(super) async fn note_not_taken(
        &self,
        leaving: Leaving,
        error: ReplyError,
    ) -> Result<PresentError, PresentError> {
        let Leaving { answer, sent, before, .. } = leaving;
        let mut batch = self.vault.batch().delete::<SentAnswer>(&sent.id);
        let is_unknown = before == Before::Unknown || error.leaves_open_whether_taken();
        let error = if is_unknown { PresentError::OutcomeUnknown } else { error.into() };
        if let Some(mut entry) = self.entry_of(&sent, None).await? {
            entry.fail(error.code(), error.is_their_word());
            batch = batch.put(&entry)?;
        }
        if !is_unknown {
            batch = batch.put(&KeptAnswer { unanswered: None, ..answer })?;
        }
        batch.commit().await?;
        Ok(error)
    }

    /// It is not sent any more.
    pub(super) async fn note_ended(&self, sent: &SentAnswer) -> Result<(), VaultError> {
        let mut batch = self.vault.batch().delete::<SentAnswer>(&sent.id);
        let code = if sent.put_off { NOT_TAKEN } else { OUTCOME_UNKNOWN };
        if let Some(entry) = self.entry_of(sent, Some(code)).await? {
            batch = batch.put(&entry)?;
        }
        let answer = self.vault.get::<KeptAnswer>(&sent.kept_answer()).await?;
        if let Some(answer) = answer.filter(|_| sent.put_off) {
            batch = batch.put(&KeptAnswer { unanswered: None, ..answer })?;
        }
        batch.commit().await
    }

    /// The entry of an answer in the history, with what became of it.
    async fn entry_of(
        &self,
        sent: &SentAnswer,
        not_completed: Option<&str>,
    ) -> Result<Option<HistoryEntry>, VaultError> {
        let entry = self.vault.get::<HistoryEntry>(&sent.id).await?;
        let not_completed = not_completed.map(str::to_owned);
        Ok(entry.map(|entry| HistoryEntry { not_completed, is_their_word: false, ..entry }))
    }
}

/// Under which name a space is kept: its DID, or how it named itself.
fn space_id(checked: &Checked) -> String {
    checked.requester.did.clone().unwrap_or_else(|| checked.request.client_id().as_str().to_owned())
}
