//! Writing a wallet out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::content::{self, Record};
use super::form::{self, FileKind, FileOfBrowser, KeysInFile, SealedBy, SealedFor};
use super::kinds::{Goes, KINDS};
use super::rest::AtRest;
use super::{FileError, history};
use crate::records::Copy;
use crate::vault::{Cost, Kept, Passphrase, SealedToCode};
use crate::wallet::Wallet;

/// What a file of a whole wallet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The wallet moves: from now on this one rests.
    Move,
    /// It is kept somewhere, for the case that this one is lost. This one goes on.
    Keep,
}

/// What a file says of itself, in a record of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub(super) purpose: Purpose,
}

impl About {
    /// The kind of that record; no vault has one.
    pub(super) const RECORD: &'static str = "about";
}

impl Wallet {
    /// Writes the whole wallet out, sealed under a passphrase that was chosen for the file and for the recovery code. Whoever moves has
    /// a wallet that rests from now on ([`crate::Vault::rests_since`]): of two that act, each would answer for the other, and show
    /// what the other has shown.
    ///
    /// # Errors
    /// [`FileError::CodeNeeded`], [`FileError::UnknownRecord`], [`FileError::TooLarge`] and those of the vault; then it does not rest.
    pub async fn export(
        &self,
        purpose: Purpose,
        passphrase: &Passphrase,
        cost: Cost,
    ) -> Result<Vec<u8>, FileError> {
        self.exported(purpose, SealedBy::Passphrase(passphrase, cost)).await
    }

    /// The same for a wallet whose keys its member's browser uses: there the passphrase of the file is known, and here not.
    ///
    /// # Errors
    /// As [`Self::export`], and [`FileError::KeysElsewhere`] where the file would not open the keys.
    pub async fn export_for_browser(
        &self,
        purpose: Purpose,
        begun: &FileOfBrowser,
    ) -> Result<Vec<u8>, FileError> {
        self.exported(purpose, SealedBy::Browser(begun)).await
    }

    async fn exported(&self, purpose: Purpose, by: SealedBy<'_>) -> Result<Vec<u8>, FileError> {
        let _one_at_a_time = self.choosing.lock().await;
        let code = self.vault.sealed_to_code().await?.ok_or(FileError::CodeNeeded)?;
        // What is refused puts nothing to rest.
        self.keys_in_file(by).await?;
        let rested_before = self.vault.rests_since().await?.is_some();
        if purpose == Purpose::Move {
            // Before anything is read: what changed later would be in one of the two alone.
            self.vault.put(&AtRest::since(self.now())).await?;
        }
        let written = self.written_out(purpose, by, &code).await;
        if written.is_err() && purpose == Purpose::Move && !rested_before {
            self.vault.take_up().await?;
        }
        written
    }

    async fn written_out(
        &self,
        purpose: Purpose,
        by: SealedBy<'_>,
        code: &SealedToCode,
    ) -> Result<Vec<u8>, FileError> {
        let mut records = self.carried(purpose).await?;
        let about = serde_json::to_vec(&About { purpose }).map_err(|_| FileError::UnknownRecord)?;
        records.push(Record::new(About::RECORD, "", Zeroizing::new(about)));
        let by = SealedFor { by, code: Some(code), keys: self.keys_in_file(by).await? };
        let content = content::write(records)?;
        form::seal(FileKind::Wallet, &content, &by, self.now(), self.environment.randomness()).await
    }

    /// What opens the holder keys of a file; none where they lie in the vault and go along in the open.
    async fn keys_in_file(&self, by: SealedBy<'_>) -> Result<Option<KeysInFile>, FileError> {
        let told = match by {
            SealedBy::Browser(begun) => begun.keys(),
            SealedBy::Passphrase(..) => None,
        };
        match (self.vault.locked().keys_of_ways().await?.recovery_code, told) {
            (None, _) => Ok(None),
            (Some(recovery), Some(passphrase)) => {
                Ok(Some(KeysInFile { passphrase: passphrase.clone(), recovery }))
            }
            (Some(_), None) => Err(FileError::KeysElsewhere),
        }
    }

    /// The history and what each space has, sealed to be read elsewhere.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] and those of the vault.
    pub async fn export_history(&self, passphrase: &Passphrase, cost: Cost) -> Result<Vec<u8>, FileError> {
        self.history_exported(SealedBy::Passphrase(passphrase, cost)).await
    }

    /// The same under a passphrase that the member's browser alone knows.
    ///
    /// # Errors
    /// As [`Self::export_history`].
    pub async fn export_history_for_browser(&self, begun: &FileOfBrowser) -> Result<Vec<u8>, FileError> {
        self.history_exported(SealedBy::Browser(begun)).await
    }

    async fn history_exported(&self, by: SealedBy<'_>) -> Result<Vec<u8>, FileError> {
        let code = self.vault.sealed_to_code().await?;
        let content = content::write(history::records(self).await?)?;
        let by = SealedFor { by, code: code.as_ref(), keys: None };
        form::seal(FileKind::History, &content, &by, self.now(), self.environment.randomness()).await
    }

    /// The records that go along.
    async fn carried(&self, purpose: Purpose) -> Result<Vec<Record>, FileError> {
        let staying = match purpose {
            Purpose::Move => BTreeSet::new(),
            Purpose::Keep => self.shown_before_it_is_back().await?,
        };
        let identifiers = self.vault.identifiers();
        let known: Vec<_> = KINDS.iter().map(|known| (identifiers.of_kind(known.kind), known)).collect();
        let mut records = Vec::new();
        for record in self.vault.everything().await? {
            let kind = known.iter().find(|(prefix, _)| record.begins_with(prefix));
            let (_, kind) = kind.ok_or(FileError::UnknownRecord)?;
            let Goes::Along(name_of) = kind.goes else { continue };
            let name = name_of(&record.plain).ok_or(FileError::UnknownRecord)?;
            if kind.kind == Copy::KIND && staying.contains(&name) {
                continue;
            }
            records.push(Record::new(kind.kind, &name, record.plain));
        }
        Ok(records)
    }

    /// The copies that this wallet may have shown by the time at which a file that is kept is needed. Shown again by another one, two
    /// spaces could tell by them that somebody is the same person; so those alone go along that nobody sees but their issuer, for new
    /// ones, and those that nobody renews.
    async fn shown_before_it_is_back(&self) -> Result<BTreeSet<String>, FileError> {
        let copies = self.vault.list::<Copy>().await?;
        Ok(crate::flows::shown_sooner(&copies, self.now()))
    }
}
