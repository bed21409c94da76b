//! A DID that moves here from another office, which need not help: its log validly ends at the place that was reserved for
//! who answered, and its key `#sign` speaks for that answer. The history comes along, and the number is one of ours.
//!
//! That the log may move is in its first entry and in every signature since (did:webvh 1.0, "Portability"); whoever holds
//! the old office's keys can write none of that.

use did::webvh::{self, Log};

use crate::again::signing_key;
use crate::hosting::{Comes, LONGEST_LOG, is_at, upload_path};
use crate::office::{HostingError, Office};
use crate::records::HostedDid;
use network::did_control::DidControl;

impl Office {
    /// Takes, at the place `label` that was reserved for the holder of the key with thumbprint `holder`, a log with a proof of
    /// control: of a DID that moves to this very place, or of one that lies here already ([`Self::give_again`]). It may come
    /// again.
    ///
    /// # Errors
    /// See [`HostingError`]; an unknown label and another key are refused alike, and before the log is looked at.
    pub async fn take_log_with_control(
        &self,
        label: &str,
        holder: &str,
        log: &[u8],
        control: &str,
    ) -> Result<(), HostingError> {
        let found = self.hosted(label).await?;
        let hosted = found.filter(|hosted| hosted.holder == holder).ok_or(HostingError::NoSuch)?;
        if log.len() > LONGEST_LOG {
            return Err(HostingError::TooLarge);
        }
        let place = self.location_of(&hosted.label)?;
        if webvh::last_did(log).is_some_and(|did| is_at(&did, &place)) {
            self.move_here(&hosted, log, control).await
        } else {
            self.give_again(label, holder, log, control).await
        }
    }

    async fn move_here(&self, hosted: &HostedDid, bytes: &[u8], control: &str) -> Result<(), HostingError> {
        let now = self.environment().now();
        let log = Log::verify(bytes, now)?;
        let did = log.did().ok_or(HostingError::OtherPlace)?;
        let upload_uri = self.identity.address(&upload_path(&hosted.label));
        DidControl::verify(
            control,
            &signing_key(&log, did)?,
            did.as_str(),
            &upload_uri,
            &hosted.holder,
            now,
        )?;
        let comes = if hosted.log.is_some() { Comes::After } else { Comes::FromElsewhere };
        self.take_log(hosted, comes, bytes).await
    }
}
