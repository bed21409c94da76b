//! Whether the office serves the log that the member left there.
//!
//! It cannot write an entry of its own, since entries are signed by the recovery code; it can leave out the newest ones, or
//! serve another log.

use did::Did;
use did::webvh::{Identifier, Log};
use openid4vc::http::Request;
use serde::Serialize;

use crate::carrier::send_within;
use crate::records::MemberDid;
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// The longest log that is looked at, in bytes: longer than any that an office takes.
pub(super) const LONGEST: usize = 1 << 20;

/// What is served under the member's DID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServedLog {
    /// The log as the member left it.
    AsLeft,
    /// The log without its newest entries.
    Older,
    /// The log with entries that this wallet did not write: the recovery code was used elsewhere.
    Newer,
    /// Another log, or one that does not verify.
    Other,
    /// Nothing, or the office is not reached.
    Nothing,
}

impl ServedLog {
    /// What `served` is beside the log `ours`, as both are verified now.
    pub(crate) fn compare(ours: &Log, served: Option<&Log>) -> Self {
        match served {
            None => Self::Other,
            Some(served) => match (served.continues(ours), ours.continues(served)) {
                (true, true) => Self::AsLeft,
                (true, false) => Self::Newer,
                (false, true) => Self::Older,
                (false, false) => Self::Other,
            },
        }
    }
}

impl Wallet {
    /// Looks at the log that is served under the member's DID. None while it was never left anywhere.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn served_log(&self) -> Result<Option<ServedLog>, VaultError> {
        match self.vault.get::<MemberDid>(MemberDid::NAME).await? {
            Some(member) if member.uploaded => self.served_log_of(&member).await.map(Some),
            _ => Ok(None),
        }
    }

    pub(super) async fn served_log_of(&self, member: &MemberDid) -> Result<ServedLog, VaultError> {
        let now = self.now();
        let ours = Log::verify(member.log.as_bytes(), now).map_err(|_| VaultError::Damaged)?;
        let did = Did::parse(&member.did).map_err(|_| VaultError::Damaged)?;
        let address = Identifier::of(&did).map_err(|_| VaultError::Damaged)?.log_url();
        let mut request = Request::get(address.as_str(), "*/*");
        // What a cache on the way kept from before is not what the office serves (RFC 9111 §5.2.1.4).
        request.headers.push(("cache-control", "no-cache".to_owned()));
        match send_within(self.fetch.as_ref(), request, LONGEST).await {
            Ok(answer) if answer.status == 200 => {
                Ok(ServedLog::compare(&ours, Log::verify(&answer.body, now).ok().as_ref()))
            }
            Ok(_) => Ok(ServedLog::Nothing),
            Err(error) => {
                tracing::debug!(%error, "the log of the DID could not be fetched");
                Ok(ServedLog::Nothing)
            }
        }
    }
}
