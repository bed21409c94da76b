//! Making the DID: its keys, its document and the first entry of its log.
//!
//! A vault key signs entry 1 and no other: it commits to the first key of the recovery code, so that whoever opens the
//! vault cannot take the DID.

use did::web::Location;
use did::webvh::{self, Created, Inception, KeyHash, Settings};
use did::{Did, Document, DocumentBuilder, DocumentError, Relationship};
use jose::{Algorithm, SigningKey};

use crate::flows::collect::CollectError;
use crate::keys::{HolderKey, KeyUse, KeysError};
use crate::records::{FollowUpAwaited, MemberDid, PrivateKey, RecoveryCommitment, mailbox_at, origin_of};
use crate::wallet::Wallet;

/// The `type` of the service that names the mailbox (specs/mailbox.md).
const MAILBOX: &str = "PassportMailbox";

/// The keys that a document lists.
pub(super) struct Keys {
    sign: HolderKey,
    seal: HolderKey,
    mailbox: HolderKey,
}

impl Keys {
    pub(super) async fn make(wallet: &Wallet) -> Result<Self, KeysError> {
        Ok(Self {
            sign: wallet.new_key(KeyUse::Sign).await?,
            seal: wallet.new_key(KeyUse::Open).await?,
            mailbox: wallet.new_key(KeyUse::Sign).await?,
        })
    }

    /// The keys that the DID has; a mailbox if it had none.
    pub(super) async fn of(member: &MemberDid, wallet: &Wallet) -> Result<Self, KeysError> {
        Ok(Self {
            sign: member.sign_key()?,
            seal: member.seal_key()?,
            mailbox: match member.mailbox_key()? {
                Some(key) => key,
                None => wallet.new_key(KeyUse::Sign).await?,
            },
        })
    }

    /// The document of `did` at the office with this origin. `names` are the DIDs it had before.
    pub(super) fn document<'a>(
        &self,
        did: &Did,
        office: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Document, DocumentError> {
        let speaking = [Relationship::Authentication, Relationship::AssertionMethod];
        let document = DocumentBuilder::new(did)
            .key("sign", self.sign.public_jwk(), &speaking)
            .key("seal", self.seal.public_jwk(), &[Relationship::KeyAgreement])
            .service("mailbox", MAILBOX, mailbox_at(office, &self.mailbox));
        names.into_iter().fold(document, DocumentBuilder::also_known_as).build()
    }

    /// `member` with these keys.
    pub(super) fn put_into(&self, member: MemberDid) -> MemberDid {
        let (sign, seal, mailbox) = self.stored();
        MemberDid { sign, seal, mailbox, ..member }
    }

    fn stored(&self) -> (PrivateKey, PrivateKey, Option<PrivateKey>) {
        (self.sign.kept(), self.seal.kept(), Some(self.mailbox.kept()))
    }

    /// A record of a DID with these keys.
    pub(super) fn record(&self, did: &Did, location: &Location, log: String) -> MemberDid {
        let (sign, seal, mailbox) = self.stored();
        MemberDid {
            did: did.as_str().to_owned(),
            location: location.identifier(),
            log,
            next_recovery_key: 0,
            sign,
            seal,
            mailbox,
            earlier: Vec::new(),
            uploaded: false,
            given_up: false,
            follow_up: String::new(),
            asked_at: 0,
        }
    }
}

impl Wallet {
    /// Writes entry 1 and keeps it before anybody sees it. Nothing is awaited any more for which another was written.
    pub(super) async fn new_member_did(
        &self,
        awaited: &FollowUpAwaited,
        location: &Location,
        earlier: Option<MemberDid>,
    ) -> Result<MemberDid, CollectError> {
        let recovery = self.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await?;
        let recovery = recovery.ok_or(CollectError::RecoverFirst)?;
        let keys = Keys::make(self).await?;
        let signer = SigningKey::from_secret_bytes(Algorithm::EdDsa, &self.vault.derived("did-first-entry"))?;
        let office = origin_of(location);
        let Created { did, text, .. } = webvh::create(
            &Inception {
                location,
                document: &|did: &Did| keys.document(did, &office, []),
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
            next_recovery_key: recovery.index,
            follow_up: awaited.id.clone(),
            asked_at: awaited.asked_at,
            ..keys.record(&did, location, text)
        };
        let mut batch = self.vault.batch().put(&member)?;
        if let Some(earlier) = earlier.filter(|earlier| earlier.follow_up != awaited.id) {
            batch = batch.delete::<FollowUpAwaited>(&earlier.follow_up);
        }
        batch.commit().await?;
        Ok(member)
    }
}
