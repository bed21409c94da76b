//! A history that was sealed to be kept: the same as in the open form for programs.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::FileError;
use super::content::{self, Record};
use super::form::{self, FileKey, FileKind};
use crate::error::WalletError;
use crate::wallet::Wallet;

const ENTRY: &str = "history";
const SPACE: &str = "space";

impl Wallet {
    /// The whole history, and what each space has: `history`, the newest first, and `spaces`.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn history_json(&self) -> Result<Value, WalletError> {
        let (history, spaces) = (self.history().await?, self.spaces().await?);
        let spaces = spaces.iter().map(|space| {
            json!({
                "id": space.id, "name": space.name, "host": space.host, "network": space.network,
                "held": space.held, "changes": space.changes, "left_at": space.left_at,
            })
        });
        Ok(json!({ "history": history, "spaces": spaces.collect::<Vec<_>>() }))
    }
}

/// The same as records of a file. The name of one is its place in the list.
pub(super) async fn records(wallet: &Wallet) -> Result<Vec<Record>, FileError> {
    let mut whole = match wallet.history_json().await {
        Ok(whole) => whole,
        Err(WalletError::Vault(error)) => return Err(error.into()),
    };
    let mut records = Vec::new();
    for (kind, list) in [(ENTRY, "history"), (SPACE, "spaces")] {
        let Some(Value::Array(all)) = whole.get_mut(list).map(Value::take) else { continue };
        for (place, one) in all.into_iter().enumerate() {
            let json = Zeroizing::new(one.to_string().into_bytes());
            records.push(Record::new(kind, &format!("{place:08}"), json));
        }
    }
    Ok(records)
}

/// A history that was read from a file.
pub struct HistoryFile {
    made: String,
    content: Value,
}

impl std::fmt::Debug for HistoryFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HistoryFile({})", self.made)
    }
}

impl HistoryFile {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn open(file: &[u8], key: &FileKey<'_>) -> Result<Self, FileError> {
        let closed = form::read(file)?;
        if closed.kind() != FileKind::History {
            return Err(FileError::OtherKind(closed.kind()));
        }
        let records = content::read(&closed.open(key).await?.content)?;
        let (mut history, mut spaces) = (Vec::new(), Vec::new());
        for record in records {
            let value = jose::json::parse(&*record.json).map_err(|_| FileError::Damaged)?;
            match record.kind.as_str() {
                ENTRY => history.push(value),
                SPACE => spaces.push(value),
                _ => return Err(FileError::UnknownRecord),
            }
        }
        Ok(Self { made: closed.made().to_owned(), content: json!({"history": history, "spaces": spaces}) })
    }

    /// The day on which it was written.
    #[must_use]
    pub fn made(&self) -> &str {
        &self.made
    }

    /// What is in it, as [`Wallet::history_json`] gives it.
    #[must_use]
    pub const fn content(&self) -> &Value {
        &self.content
    }
}
