//! Leaving the log at the office that gives the passport.
//!
//! A log that is left somewhere tells whoever receives it which DID the answering key belongs to, and a DID that lies
//! somewhere stays there. So only an admitted office that was asked for a first passport is obeyed, and only for a place of
//! its own. There the log goes again for the very request it was made for; and where a passport was given for it, whose
//! copies have run out, to the same office with a proof of control, so that the passport is given again and nothing is
//! moved. Whatever else names a place is treated as if it had not; only the member moves the DID ([`super::moving`]).

use credentials::types;
use did::web::Location;
use did::webvh::Identifier;
use did::{Did, DidUrl};
use network::did_control::{self, DidControl};
use network::follow_up::{DidHosting, FollowUp};
use network::sharing_proof::Confirmation;
use openid4vc::http::{Method, Request};
use trust::Role;
use url::Url;

use super::LOG_TYPE;
use crate::carrier::send;
use crate::flows::accept::with_proof;
use crate::flows::collect::CollectError;
use crate::flows::origin::is_same_origin;
use crate::records::{Copy, FollowUpAwaited, Given, MemberDid};
use crate::trust::{SignerEvidence, TrustError, TrustedRequester};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// Whether an answer asks for a first passport (specs/flows.md §2.2): an admitted office was shown the statement of the
/// home space, which serves for nothing else.
pub(crate) fn is_first_passport(requester: &TrustedRequester, given: &Given) -> bool {
    requester.role == Some(Role::Office) && given.claims.iter().any(|claim| claim.vct == types::STATEMENT)
}

impl Wallet {
    /// The same right after the answer that asked for a passport, where that begins no other DID than the member has at another
    /// office: that is the member's to decide, who may want to move it.
    pub(in crate::flows) async fn leave_at_once(
        &self,
        awaited: &FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<Option<String>, CollectError> {
        if let Some(hosting) = follow_up.did_hosting.as_ref().filter(|_| awaited.first_passport) {
            let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
            let stays = member.filter(|member| member.stays() && !member.given_up);
            stays.map_or(Ok(()), |member| check_same_office(&member, hosting))?;
        }
        self.host_did(awaited, follow_up).await
    }

    /// Leaves the log where it is to be hosted; gives the DID if it was left now.
    pub(in crate::flows) async fn host_did(
        &self,
        awaited: &FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<Option<String>, CollectError> {
        let Some(hosting) = &follow_up.did_hosting else { return Ok(None) };
        if !awaited.first_passport {
            tracing::warn!("a party that was not asked for a passport names a place for the DID: ignored");
            return Ok(None);
        }
        self.check_still_an_office(awaited).await?;
        let location = place(hosting, &awaited.uri).ok_or(CollectError::DidPlace)?;
        let member = match self.vault.get::<MemberDid>(MemberDid::NAME).await? {
            Some(member)
                if member.follow_up == awaited.id
                    && member.location == hosting.location
                    && !member.given_up =>
            {
                member
            }
            // A log that was never left anywhere binds nobody; one that was, or was continued, stays where it is.
            Some(member) if member.stays() && !self.begins_again(&member, awaited).await? => {
                return self.show_did(awaited, hosting, &member).await.map(Some);
            }
            earlier => self.new_member_did(awaited, &location, earlier).await?,
        };
        // A log that began elsewhere is taken with a proof of control.
        let control =
            if member.is_continued() { Some(self.control(awaited, hosting, &member).await?) } else { None };
        self.upload(awaited, hosting, &member.log, control).await?;
        self.note_left(&member).await?;
        Ok(Some(member.did))
    }

    /// What follows an answer may come days later: whether the office is one now is asked of the list that counts now.
    pub(super) async fn check_still_an_office(&self, awaited: &FollowUpAwaited) -> Result<(), CollectError> {
        let did = awaited.did.as_deref().ok_or(CollectError::ForeignSigner)?;
        let url = DidUrl::parse(&format!("{did}#request")).map_err(|_| TrustError::MalformedKeyId)?;
        let party = self.trust.requester(&SignerEvidence::Key(url), None).await?;
        if party.role == Some(Role::Office) { Ok(()) } else { Err(CollectError::ForeignSigner) }
    }

    /// The log was taken at its place; the places it had before are to be told.
    async fn note_left(&self, left: &MemberDid) -> Result<(), VaultError> {
        let _one_at_a_time = self.choosing.lock().await;
        let now = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
        let Some(mut member) = now.filter(|member| member.did == left.did) else { return Ok(()) };
        member.uploaded = true;
        let mut batch = self.vault.batch().put(&member)?;
        for log in self.logs_for_earlier_places(&member) {
            batch = batch.put(&log)?;
        }
        batch.commit().await
    }

    /// Shows the office the DID that lies there already; gives the DID.
    async fn show_did(
        &self,
        awaited: &FollowUpAwaited,
        hosting: &DidHosting,
        member: &MemberDid,
    ) -> Result<String, CollectError> {
        check_same_office(member, hosting)?;
        let control = self.control(awaited, hosting, member).await?;
        match self.upload(awaited, hosting, &member.log, Some(control)).await {
            Ok(()) => Ok(member.did.clone()),
            Err(CollectError::Status(403)) => Err(CollectError::PassportSuspended),
            Err(error) => Err(error),
        }
    }

    /// The word of `#sign` that the DID is theirs who answered.
    async fn control(
        &self,
        awaited: &FollowUpAwaited,
        hosting: &DidHosting,
        member: &MemberDid,
    ) -> Result<String, CollectError> {
        let control = DidControl {
            did: member.did.clone(),
            upload_uri: hosting.upload_uri.clone(),
            issued_at: self.now().seconds(),
            confirmation: Confirmation { thumbprint: awaited.key.public_jwk()?.thumbprint_base64url() },
        };
        self.signed(&member.sign_key()?, |signer| Ok(control.sign(signer)?)).await
    }

    /// Whether the member applied again and the DID that was made for the earlier request stands in no passport: no space
    /// knows it. That both logs name one recovery key tells offices no more than the statement they are shown. A DID that
    /// was given up makes room for another; one that the member has continued stays.
    async fn begins_again(&self, member: &MemberDid, awaited: &FollowUpAwaited) -> Result<bool, VaultError> {
        if member.given_up || member.is_continued() {
            return Ok(member.given_up);
        }
        let copies = self.vault.list::<Copy>().await?;
        let mut held = copies.iter().flat_map(|copy| &copy.credentials);
        Ok(awaited.asked_at > member.asked_at && held.all(|one| one.vct != types::PASSPORT))
    }

    async fn upload(
        &self,
        awaited: &FollowUpAwaited,
        hosting: &DidHosting,
        log: &str,
        control: Option<String>,
    ) -> Result<(), CollectError> {
        let mut headers = vec![("content-type", LOG_TYPE.to_owned())];
        headers.extend(control.map(|control| (did_control::HEADER, control)));
        let request = Request {
            method: Method::Put,
            url: hosting.upload_uri.clone(),
            headers,
            body: log.as_bytes().to_vec(),
        };
        let request = with_proof(self, request, &awaited.key.holder_key()?, None, None).await?;
        let answer = send(self.fetch.as_ref(), request).await?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(CollectError::Status(answer.status)) }
    }
}

/// Whether the DID lies at the office that names a place.
fn check_same_office(member: &MemberDid, hosting: &DidHosting) -> Result<(), CollectError> {
    let office = |location: &str| location.split(':').next().unwrap_or_default().to_owned();
    if office(&member.location) == office(&hosting.location) {
        return Ok(());
    }
    Err(CollectError::DidElsewhere(office(&member.location).replace("%3A", ":")))
}

/// The place that is offered, if it is one label at the very origin that was asked, spelled as this wallet would, and
/// the log is to be left at that origin too.
pub(super) fn place(hosting: &DidHosting, asked: &str) -> Option<Location> {
    let did = Did::parse(&format!("did:webvh:{}:{}", "Q".repeat(46), hosting.location)).ok()?;
    let location = Identifier::of(&did).ok()?.location().clone();
    let origin = Url::parse(asked).ok()?;
    let is_there = (Some(location.host()), location.port()) == (origin.host_str(), origin.port());
    let is_one_label = location.segments().len() == 1 && location.identifier() == hosting.location;
    (is_there && is_one_label && is_same_origin(&hosting.upload_uri, asked)).then_some(location)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(location: &str, upload_uri: &str) -> bool {
        let hosting = DidHosting { location: location.to_owned(), upload_uri: upload_uri.to_owned() };
        place(&hosting, "http://office.localhost:8080/follow-up/1").is_some()
    }

    #[test]
    fn a_place_is_one_label_at_the_origin_that_was_asked() {
        let upload_uri = "http://office.localhost:8080/did-log/m-1";
        assert!(is_taken("office.localhost%3A8080:m-1", upload_uri));
        for location in [
            "office.localhost:m-1",
            "office.localhost%3A8081:m-1",
            "kiln.localhost%3A8080:m-1",
            "office.localhost%3A8080",
            "office.localhost%3A8080:m-1:x",
            // The same place in another spelling would be another DID (DID Core 1.0 §3.1).
            "OFFICE.localhost%3A8080:m-1",
            "office.localhost%3a8080:m-1",
            "office.localhost%3A8080:m%2D1",
            "office.localhost%3A8080:",
            "",
        ] {
            assert!(!is_taken(location, upload_uri), "{location}");
        }
    }

    #[test]
    fn a_log_is_left_at_the_origin_that_was_asked() {
        for upload_uri in [
            "http://office.localhost:8081/did-log/m-1",
            "http://kiln.localhost:8080/did-log/m-1",
            "https://office.localhost:8080/did-log/m-1",
            "/did-log/m-1",
        ] {
            assert!(!is_taken("office.localhost%3A8080:m-1", upload_uri), "{upload_uri}");
        }
    }

    #[test]
    fn an_https_origin_names_no_port() {
        let hosting = |location: &str| DidHosting {
            location: location.to_owned(),
            upload_uri: "https://office.example.org:443/did-log/m-1".to_owned(),
        };
        let asked = "https://office.example.org/follow-up/1";
        assert!(place(&hosting("office.example.org:m-1"), asked).is_some());
        assert!(place(&hosting("office.example.org%3A443:m-1"), asked).is_none());
    }
}
