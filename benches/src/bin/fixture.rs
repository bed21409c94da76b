//! Writes what the other libraries are measured with: `fixture FOLDER` makes `fixture.json` and `log-N.jsonl`.

use std::path::Path;
use std::process::ExitCode;

use benches::fixture::{AUDIENCE, LENGTHS, NONCE, NOW, STATUS_LIST, TYPE, claims, key, webvh_log};
use jose::{Signer, SigningKey};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else { return ExitCode::from(2) };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("fixture.json"), fixture().to_string())?;
    for entries in LENGTHS {
        let (did, log) = webvh_log(entries);
        std::fs::write(folder.join(format!("log-{entries}.jsonl")), log)?;
        std::fs::write(folder.join(format!("log-{entries}.did")), did.as_str())?;
    }
    Ok(())
}

fn fixture() -> Value {
    let (issuer, holder) = (key(1), key(2));
    let top: Vec<String> = claims().keys().filter(|name| !NESTED.contains(&name.as_str())).cloned().collect();
    let nested = ["/address/street_address", "/address/postal_code", "/address/locality", "/address/country"];
    let pointers: Vec<String> = top
        .iter()
        .map(|name| format!("/{name}"))
        .chain(nested.into_iter().chain(["/roles/0", "/roles/1"]).map(str::to_owned))
        .collect();
    let mut members = claims();
    members.insert("iss".to_owned(), Value::from("https://office.example.org"));
    members.insert("iat".to_owned(), Value::from(NOW.minus(86_400 * 365).seconds()));
    members.insert("exp".to_owned(), Value::from(NOW.plus(86_400 * 3_650).seconds()));
    members.insert("vct".to_owned(), Value::from(TYPE));
    members.insert("cnf".to_owned(), json!({"jwk": holder.public_jwk().to_value()}));
    members.insert("status".to_owned(), json!({"status_list": {"idx": 4711, "uri": STATUS_LIST}}));
    json!({
        "issuer": private(&issuer),
        "holder": private(&holder),
        "claims": members,
        "top": top,
        "pointers": pointers,
        "disclose": ["/given_name", "/family_name", "/birthdate", "/address/locality", "/roles/0"],
        "audience": AUDIENCE,
        "nonce": NONCE,
        "status_entries": 1 << 20,
        "status_index": 4711,
    })
}

/// Claims that are not disclosed as a whole.
const NESTED: [&str; 2] = ["address", "roles"];

fn private(key: &SigningKey) -> Value {
    serde_json::from_str(&key.to_private_json()).unwrap_or(Value::Null)
}
