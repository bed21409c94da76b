//! Leaving a longer log where an earlier one lies: nothing but the log itself is shown, for only the recovery code can have
//! continued it. What could not be left is kept and tried again.

use did::Did;
use did::webvh::{Identifier, Log};
use openid4vc::http::{Method, Request};
use serde::Serialize;

use super::LOG_TYPE;
use crate::carrier::send;
use crate::flows::origin::origin_of;
use crate::records::{LogToLeave, MemberDid, origin_of as origin_of_place};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// For how long an office that the DID has left is told, in seconds.
const LONGEST_WAIT: i64 = 30 * 86_400;

/// What became of a log at one office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftLog {
    /// The office, by its origin.
    pub at: String,
    /// Whether it has the log.
    pub taken: bool,
    /// Why not, in a sentence.
    pub problem: Option<String>,
}

impl Wallet {
    /// Leaves every log that is still to be left. What an office does not take is tried again another time, at the DID's own
    /// office for ever.
    pub(in crate::flows) async fn leave_logs(&self) -> Result<Vec<LeftLog>, VaultError> {
        let home =
            self.vault.get::<MemberDid>(MemberDid::NAME).await?.and_then(|member| upload_uri(&member.did));
        let mut left = Vec::new();
        for log in self.vault.list::<LogToLeave>().await? {
            let problem = self.leave(&log).await;
            let is_over = self.now().seconds().saturating_sub(log.since) > LONGEST_WAIT
                && home.as_ref() != Some(&log.upload_uri);
            if problem.is_none() || is_over {
                self.forget(&log).await?;
            }
            let at = origin_of(&log.upload_uri).unwrap_or_default();
            left.push(LeftLog { at, taken: problem.is_none(), problem });
        }
        Ok(left)
    }

    /// Why the log is not taken.
    async fn leave(&self, log: &LogToLeave) -> Option<String> {
        let request = Request {
            method: Method::Put,
            url: log.upload_uri.clone(),
            headers: vec![("content-type", LOG_TYPE.to_owned())],
            body: log.log.as_bytes().to_vec(),
        };
        match send(self.fetch.as_ref(), request).await {
            Ok(answer) if (200..300).contains(&answer.status) => None,
            Ok(answer) if answer.status == 409 => Some(
                "the office has other entries of this identifier (status 409); if it serves a log that verifies, take the \
                 identifier back with `passport wallet did recover`"
                    .to_owned(),
            ),
            Ok(answer) => Some(format!("the office does not take the log (status {})", answer.status)),
            Err(error) => Some(format!("the office could not be reached: {error}")),
        }
    }

    /// Unless a longer one has taken its place meanwhile.
    async fn forget(&self, left: &LogToLeave) -> Result<(), VaultError> {
        let _one_at_a_time = self.choosing.lock().await;
        match self.vault.get::<LogToLeave>(&left.upload_uri).await? {
            Some(there) if there.log == left.log => {
                self.vault.batch().delete::<LogToLeave>(&left.upload_uri).commit().await
            }
            _ => Ok(()),
        }
    }

    /// The log, for the place where the DID lies.
    pub(super) fn log_for_home(&self, member: &MemberDid) -> Option<LogToLeave> {
        Some(self.log_for(upload_uri(&member.did)?, member))
    }

    /// The log, for every place where the DID lay before: who knows it by an earlier name learns of this one there.
    pub(super) fn logs_for_earlier_places(&self, member: &MemberDid) -> Vec<LogToLeave> {
        let now = self.now();
        let names = Log::verify(member.log.as_bytes(), now).map(|log| names_before(&log)).unwrap_or_default();
        names.iter().filter_map(|did| upload_uri(did)).map(|uri| self.log_for(uri, member)).collect()
    }

    fn log_for(&self, upload_uri: String, member: &MemberDid) -> LogToLeave {
        LogToLeave { upload_uri, log: member.log.clone(), since: self.now().seconds() }
    }
}

/// Where the log of a DID is left (specs/flows.md §1).
fn upload_uri(did: &str) -> Option<String> {
    let identifier = Identifier::of(&Did::parse(did).ok()?).ok()?;
    let location = identifier.location();
    let [label] = location.segments() else { return None };
    Some(format!("{}/did-log/{label}", origin_of_place(location)))
}

/// The DIDs that this one was before, as its last entry names them: of the same log, so that nobody else is told.
pub(super) fn names_before(log: &Log) -> Vec<String> {
    let Some(did) = log.did() else { return Vec::new() };
    let Ok(identifier) = Identifier::of(did) else { return Vec::new() };
    let Some(document) = log.last_document() else { return Vec::new() };
    let is_before = |name: &&str| {
        *name != did.as_str()
            && Did::parse(name).is_ok_and(|name| {
                Identifier::of(&name).is_ok_and(|before| before.scid() == identifier.scid())
            })
    };
    document.also_known_as().filter(is_before).map(str::to_owned).collect()
}
