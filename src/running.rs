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
        CallError::NotRunning { .. } => {
            anyhow!("{party} is not running: start it with `passport demo` or `{}`", serving(data, party))
        }
        other => anyhow!(other),
    })
}

/// The command that starts `party` from `data`, where its address says.
fn serving(data: &Path, party: &str) -> String {
    // Settings that cannot be read are named when the party is started.
    let settings = crate::party::settings_in(&data.join(party)).ok().flatten();
    let port = settings.and_then(|settings| settings.development_port());
    let listen = match port.filter(|port| *port != crate::serve::USUAL_PORT) {
        Some(port) => format!(" --listen 127.0.0.1:{port}"),
        None => String::new(),
    };
    format!("passport serve --data {}{listen}", data.display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    /// What is said of a party that does not run, whose settings are these.
    async fn said(settings: &Value) -> String {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("kiln")).unwrap();
        fs::write(data.path().join("kiln/party.json"), settings.to_string()).unwrap();
        let error = call(data.path(), "kiln", json!({})).await.unwrap_err().to_string();
        error.replace(&data.path().display().to_string(), "DATA")
    }

    #[tokio::test]
    async fn a_party_that_does_not_run_is_started_where_its_address_says() {
        let usual = "kiln is not running: start it with `passport demo` or `passport serve --data DATA`";
        let settings = |origin: &str| {
            json!({"role": "space", "name": "Kiln", "legal_name": "Kiln Ltd", "origin": origin,
                "contact": "mailto:team@example.org", "supervisory_authority": "The authority"})
        };
        let elsewhere = said(&settings("http://kiln.localhost:18490")).await;
        assert_eq!(
            elsewhere,
            usual.replace("serve --data DATA", "serve --data DATA --listen 127.0.0.1:18490")
        );
        for origin in [
            "http://kiln.localhost:8080",
            "http://kiln.localhost",
            "https://kiln.localhost:18490",
            "https://kiln.example.org:8443",
        ] {
            assert_eq!(said(&settings(origin)).await, usual, "{origin}");
        }
        assert_eq!(said(&json!({})).await, usual, "settings that do not read are none");
    }
}
