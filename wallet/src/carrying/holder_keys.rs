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
/// The members of records in which keys lie. What others wrote may read like a key, and is none: it keeps no wallet from going elsewhere.
const PLACES: [&str; 8] = [HOSTS_OWN, "key", "keys", "mailbox", "read", "seal", "sign", "unanswered"];

/// What there is in a value, each with whether it lies where keys do: in a member of such a name, or in a list there.
pub(super) fn parts_mut(value: &mut Value, is_place: bool) -> Vec<(&mut Value, bool)> {
    match value {
        Value::Array(all) => all.iter_mut().map(|one| (one, is_place)).collect(),
        Value::Object(members) => {
            members.iter_mut().map(|(name, one)| (one, PLACES.contains(&name.as_str()))).collect()
        }
        _ => Vec::new(),
    }
}

/// Opens all keys of these records, which were sealed under `keys`.
pub(super) fn bring_here(records: &mut [Record], keys: &[u8; 32]) -> Result<(), FileError> {
    for record in records {
        let mut value: Value = serde_json::from_slice(&record.json).map_err(|_| FileError::Damaged)?;
        let mut changed = open_in(&mut value, false, keys)?;
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
        Ok(value) => !has_open_key(&value, false),
        Err(_) => false,
    })
}

fn has_open_key(value: &Value, is_place: bool) -> bool {
    match value {
        Value::String(text) => is_place && is_private_key(text),
        Value::Array(all) => all.iter().any(|one| has_open_key(one, is_place)),
        Value::Object(members) => members
            .iter()
            .any(|(name, one)| name != HOSTS_OWN && has_open_key(one, PLACES.contains(&name.as_str()))),
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
fn open_in(value: &mut Value, is_place: bool, keys: &[u8; 32]) -> Result<bool, FileError> {
    if let Some((public, sealed)) = is_place.then(|| sealed_key(value)).flatten() {
        *value = Value::String(opened(&public, &sealed, keys).ok_or(FileError::Damaged)?);
        return Ok(true);
    }
    let mut changed = false;
    for (part, is_place) in parts_mut(value, is_place) {
        changed |= open_in(part, is_place, keys)?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::json;

    use super::*;

    /// The members of records that hold a key, as they stand in the sources.
    fn in_sources() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/records");
        let texts = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let texts = texts.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
        let of = |line: &str| {
            let (name, kind) = line.trim().strip_prefix("pub(crate) ")?.split_once(": ")?;
            kind.contains("PrivateKey").then(|| name.to_owned())
        };
        texts.flat_map(|text| text.lines().filter_map(of).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn every_member_of_a_record_that_holds_a_key_is_known_here_and_to_the_script() {
        let places: BTreeSet<String> = PLACES.map(str::to_owned).into();
        assert_eq!(in_sources(), places);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/assets/files.js");
        let script = std::fs::read_to_string(script).unwrap();
        let listed = PLACES.map(|name| format!("'{name}'")).join(", ");
        assert!(script.contains(&format!("const PLACES = [{listed}]")), "{listed}");
    }

    #[test]
    fn a_key_lies_in_a_member_of_its_own_and_nowhere_else() {
        let key = r#"{"kty":"EC","crv":"P-256","d":"AQ"}"#;
        let record = |value: Value| has_open_key(&value, false);
        assert!(record(json!({"key": key})) && record(json!({"keys": ["x", key]})));
        assert!(record(json!({"inbox": {"read": key}})));
        for none in
            [json!({"purpose": key}), json!({"requested": [key]}), json!({"key": "x", "dpop_key": key})]
        {
            assert!(!record(none.clone()), "{none}");
        }
    }

    #[test]
    fn what_reads_like_a_sealed_key_is_opened_where_keys_lie_alone() {
        let key = SigningKey::generate(Algorithm::Es256, &environment::SeededRandomness::new(1)).unwrap();
        let sealed = json!({"public": key.public_jwk().to_value(), "sealed": "AA"});
        let mut said = json!({"purpose": sealed});
        assert!(!open_in(&mut said, false, &[1; 32]).unwrap());
        let mut held = json!({"keys": [sealed]});
        assert!(matches!(open_in(&mut held, false, &[1; 32]), Err(FileError::Damaged)));
    }
}
