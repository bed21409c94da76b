//! Reaching the server that runs on a data folder, by the admin socket of the party.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use serde_json::Value;
use store_sled::admin::{self, CallError};

/// The admin socket of a party.
///
/// The system allows about 100 bytes for a socket's path, so a longer one is replaced by a name in the temporary
/// folder that follows from it.
pub(crate) fn socket(data: &Path, party: &str) -> PathBuf {
    let folder = data.canonicalize().unwrap_or_else(|_| data.to_owned()).join(party);
    let path = folder.join("admin.sock");
    if path.as_os_str().len() < 96 {
        return path;
    }
    let name = jose::digest::sha256_base64url(path.as_os_str().as_encoded_bytes());
    std::env::temp_dir().join(format!("passport-{}.sock", name.get(..22).unwrap_or(&name)))
}

/// Sends `request` to the server that runs `party` from `data`.
///
/// # Errors
/// No such party, no server, or the server said no.
pub(crate) async fn call(data: &Path, party: &str, request: Value) -> Result<Value> {
    crate::party::check_party(data, party)?;
    admin::call(&socket(data, party), &request).await.map_err(|error| match error {
        CallError::NotRunning { .. } => anyhow!(
            "{party} is not running: start it with `passport demo` or `passport serve --data {}`",
            data.display()
        ),
        other => anyhow!(other),
    })
}
