//! The member's own DID: the wallet writes the first entry of its log and leaves it where the office hosts it.
//!
//! A vault key signs entry 1 and no other: it commits to the first key of the recovery code, so that whoever opens the
//! vault cannot take the DID.

use did::webvh::{self, Created, Identifier, Inception, KeyHash, Settings};
use did::{Did, DocumentBuilder, Relationship};
use jose::{Algorithm, DecryptionKey, Signer, SigningKey};
use network::follow_up::{DidHosting, FollowUp};
use openid4vc::http::{Method, Request};

use super::accept::{host_of, with_proof};
use super::collect::CollectError;
use crate::carrier::send;
use crate::records::{FollowUpAwaited, MemberDid, PrivateKey, RecoveryCommitment};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// The media type of a DID log.
const LOG_TYPE: &str = "application/jsonl";

impl Wallet {
    /// Leaves the log where it is to be hosted; gives the DID if it was left now.
    pub(super) async fn host_did(
        &self,
        awaited: &FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<Option<String>, CollectError> {
        let Some(hosting) = &follow_up.did_hosting else { return Ok(None) };
        let mut member = match self.vault.get::<MemberDid>(MemberDid::NAME).await? {
            Some(member) if member.location == hosting.location => member,
            // A log that was never left anywhere binds nobody; one that was cannot move without the recovery code.
            Some(member) if member.uploaded => return Err(CollectError::DidElsewhere),
            _ => self.new_member_did(hosting).await?,
        };
        if host_of(&hosting.upload_uri) != host_of(&awaited.uri) {
            return Err(CollectError::DidPlace);
        }
        self.upload(awaited, hosting, &member.log).await?;
        member.uploaded = true;
        self.vault.put(&member).await?;
        Ok(Some(member.did))
    }

    /// Writes entry 1 and keeps it before anybody sees it.
    async fn new_member_did(&self, hosting: &DidHosting) -> Result<MemberDid, CollectError> {
        let randomness = self.environment.randomness();
        let recovery = self.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await?;
        let recovery = recovery.ok_or(CollectError::Vault(VaultError::Damaged))?;
        let location = place(&hosting.location).ok_or(CollectError::DidPlace)?;
        let sign = SigningKey::generate(Algorithm::Es256, randomness)?;
        let seal = DecryptionKey::generate("seal", randomness)?;
        let signer = SigningKey::from_secret_bytes(Algorithm::EdDsa, &self.vault.derived("did-first-entry"))?;
        let Created { did, text, .. } = webvh::create(
            &Inception {
                location: &location,
                document: &|did: &Did| {
                    DocumentBuilder::new(did)
                        .key(
                            "sign",
                            sign.public_jwk(),
                            &[Relationship::Authentication, Relationship::AssertionMethod],
                        )
                        .key("seal", seal.public_jwk(), &[Relationship::KeyAgreement])
                        .build()
                },
                settings: Settings {
                    portable: true,
                    next_keys: vec![KeyHash::of(&recovery.key)],
                    ..Settings::default()
                },
            },
            &signer,
            self.now(),
        )?;
        let member = MemberDid {
            did: did.as_str().to_owned(),
            location: hosting.location.clone(),
            log: text,
            next_recovery_key: recovery.index,
            sign: PrivateKey::of(&sign),
            seal: PrivateKey::of_text(seal.to_private_json()),
            uploaded: false,
        };
        self.vault.put(&member).await?;
        Ok(member)
    }

    async fn upload(
        &self,
        awaited: &FollowUpAwaited,
        hosting: &DidHosting,
        log: &str,
    ) -> Result<(), CollectError> {
        let request = Request {
            method: Method::Put,
            url: hosting.upload_uri.clone(),
            headers: vec![("content-type", LOG_TYPE.to_owned())],
            body: log.as_bytes().to_vec(),
        };
        let request = with_proof(self, request, &awaited.key.signing_key()?, None, None)?;
        let answer = send(self.fetch.as_ref(), request).await?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(CollectError::Status(answer.status)) }
    }
}

/// The place behind a SCID, read by the method's own grammar.
fn place(text: &str) -> Option<did::web::Location> {
    let did = Did::parse(&format!("did:webvh:{}:{text}", "Q".repeat(46))).ok()?;
    Some(Identifier::of(&did).ok()?.location().clone())
}
