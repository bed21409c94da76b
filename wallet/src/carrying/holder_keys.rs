//! Holder keys in the records of a file: sealed by the member's browser where the wallet was at a host, in the open where it was on its
//! member's own machine (decision 0028). Their form in a record is that of [`crate::records::PrivateKey`].

use jose::{Algorithm, Jwk, Signer, SigningKey, base64url};
use serde_json::Value;
use zeroize::Zeroizing;

use super::FileError;
use super::content::Record;
use crate::records::PairwiseInbox;
use crate::vault::{Kept, RecoveryCode, UnprovenCode, open_under};

/// For what the recovery code is sealed that lies in a vault until it was tried.
pub(crate) const SEALED_CODE: &str = "passport-wallet/recovery-code/1";
/// Where a P-256 key stands in its PKCS #8 form (RFC 5915 §3, RFC 5958): version 1, then an octet string of 32 bytes.
const BEFORE_KEY: [u8; 5] = [0x02, 0x01, 0x01, 0x04, 0x20];
/// The key of a token endpoint, which is its host's to use wherever the others lie.
const HOSTS_OWN: &str = "dpop_key";

/// Opens all keys of these records, which were sealed under `keys`.
pub(super) fn bring_here(records: &mut [Record], keys: &[u8; 32]) -> Result<(), FileError> {
    for record in records {
        let mut value: Value = serde_json::from_slice(&record.json).map_err(|_| FileError::Damaged)?;
        let mut changed = open_in(&mut value, keys)?;
        if record.kind == UnprovenCode::KIND {
            changed |= open_code(&mut value, keys)?;
        }
        if changed {
            record.json = Zeroizing::new(serde_json::to_vec(&value).map_err(|_| FileError::Damaged)?);
        }
    }
    Ok(())
}

/// Whether no key that acts for the member lies in the open in these records, and no recovery code.
pub(super) fn lie_elsewhere(records: &[Record]) -> bool {
    records.iter().all(|record| match serde_json::from_slice::<Value>(&record.json) {
        // What opens the mail of one space is its host's to use.
        Ok(_) if record.kind == PairwiseInbox::KIND => true,
        Ok(value) if record.kind == UnprovenCode::KIND => !value.get("code").is_some_and(Value::is_string),
        Ok(value) => !has_open_key(&value),
        Err(_) => false,
    })
}

fn has_open_key(value: &Value) -> bool {
    match value {
        Value::String(text) => is_private_key(text),
        Value::Array(all) => all.iter().any(has_open_key),
        Value::Object(members) => {
            members.iter().any(|(name, member)| name != HOSTS_OWN && has_open_key(member))
        }
        _ => false,
    }
}

fn is_private_key(text: &str) -> bool {
    let is_object = text.trim_start().starts_with('{');
    is_object
        && serde_json::from_str::<Value>(text)
            .is_ok_and(|value| value.get("kty").is_some() && value.get("d").is_some())
}

/// Opens the keys in a value; whether there was any.
fn open_in(value: &mut Value, keys: &[u8; 32]) -> Result<bool, FileError> {
    if let Some((public, sealed)) = sealed_key(value) {
        *value = Value::String(opened(&public, &sealed, keys).ok_or(FileError::Damaged)?);
        return Ok(true);
    }
    let members: Vec<&mut Value> = match value {
        Value::Array(all) => all.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    let mut changed = false;
    for member in members {
        changed |= open_in(member, keys)?;
    }
    Ok(changed)
}

/// A key that lies elsewhere.
fn sealed_key(value: &Value) -> Option<(Jwk, String)> {
    let members = value.as_object().filter(|members| members.len() == 2)?;
    let sealed = members.get("sealed")?.as_str()?.to_owned();
    Some((Jwk::from_value(members.get("public")?).ok()?, sealed))
}

/// The private JWK of a sealed key.
fn opened(public: &Jwk, sealed: &str, keys: &[u8; 32]) -> Option<String> {
    let purpose = if public.public_key_use() == Some("enc") { "open" } else { "sign" };
    let plain = open_under(keys, &format!("passport-wallet/holder-key/1/{purpose}"), sealed)?;
    let begins = plain.windows(BEFORE_KEY.len()).position(|bytes| bytes == BEFORE_KEY)?;
    let begins = begins.checked_add(BEFORE_KEY.len())?;
    let secret: [u8; 32] = plain.get(begins..begins.checked_add(32)?)?.try_into().ok()?;
    let secret = Zeroizing::new(secret);
    let key = SigningKey::from_secret_bytes(Algorithm::Es256, &secret).ok()?;
    if key.public_jwk().to_bytes() != public.to_bytes() {
        return None;
    }
    let mut members = public.to_value();
    members.as_object_mut()?.insert("d".to_owned(), Value::String(base64url::encode(secret.as_ref())));
    Some(members.to_string())
}

/// Opens the recovery code that lies in a vault until it was tried.
fn open_code(record: &mut Value, keys: &[u8; 32]) -> Result<bool, FileError> {
    let Some(code) = record.get_mut("code").filter(|code| code.is_object()) else { return Ok(false) };
    let sealed = code.get("sealed").and_then(Value::as_str).ok_or(FileError::Damaged)?;
    let values = open_under(keys, SEALED_CODE, sealed).ok_or(FileError::Damaged)?;
    let opened = RecoveryCode::of_values(&values).ok_or(FileError::Damaged)?;
    *code = Value::String(opened.printed().to_string());
    Ok(true)
}
