//! What the script of a host's pages does with files in a member's browser (`wallet/web/assets/files.js`), for tests without one.

use environment::{Randomness, SystemRandomness};
use jose::{Algorithm, Signer, SigningKey, base64url};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::content::{self, Record};
use super::form::{self, FileKey};
use super::{FileError, holder_keys};
use crate::testing::{Fields, MemberKeys, Split};
use crate::vault::{Cost, Kept, Passphrase, RecoveryCode, UnprovenCode};

/// What goes in front of a P-256 key in its PKCS #8 form, and between it and its public half.
const PKCS8: (&[u8], &[u8]) = (
    &[
        0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01,
        0x04, 0x20,
    ],
    &[0xa1, 0x44, 0x03, 0x42, 0x00],
);

/// The fields that a host gets of a file which it is to write.
///
/// # Errors
/// See [`FileError`].
pub async fn begun(words: &str, cost: Cost, keys: Option<&MemberKeys>) -> Result<Fields, FileError> {
    let split = Split::file(words, cost).await?;
    let mut fields = split.fields.clone();
    if let Some(keys) = keys {
        fields.push(("file_keys", keys.wrapped(&split)?));
    }
    Ok(fields)
}

/// A file that is brought along by what was typed, as a host gets it whose wallet is opened by `by`; [`FileError::CodeNeeded`] where the
/// recovery code has to be typed.
///
/// # Errors
/// See [`FileError`].
pub async fn brought(file: &[u8], words: &str, by: &Split) -> Result<(Vec<u8>, Fields), FileError> {
    let closed = form::read(file)?;
    let typed = RecoveryCode::parse(words).ok();
    let passphrase = Passphrase::new(words).map_err(|_| FileError::WrongKey)?;
    let key = typed.as_ref().map_or(FileKey::Passphrase(&passphrase), FileKey::RecoveryCode);
    let (file_key, keys) = closed.file_key(&key).await?;
    if let Some(keys) = keys {
        let keys = MemberKeys::of_bytes(&keys);
        let fields = vec![("file_key", base64url::encode(file_key.as_ref())), ("keys", keys.wrapped(by)?)];
        return Ok((file.to_vec(), fields));
    }
    let keys = MemberKeys::fresh();
    let mut records = content::read(&closed.open(&key).await?.content)?;
    let in_there = closed_records(&mut records, &keys)?;
    let code = typed.or(in_there).ok_or(FileError::CodeNeeded)?;
    let randomness: &dyn Randomness = &SystemRandomness;
    let file_key: Zeroizing<[u8; 32]> = Zeroizing::new(randomness.bytes());
    let lines = file.len().saturating_sub(closed.chunks().len());
    let mut anew = file.get(..lines).unwrap_or_default().to_vec();
    form::append_chunks(&mut anew, &file_key, &content::write(records)?)?;
    let fields = vec![
        ("file_key", base64url::encode(file_key.as_ref())),
        ("keys", keys.wrapped(by)?),
        ("code_keys", keys.wrapped(&Split::code(&code))?),
    ];
    Ok((anew, fields))
}

/// The key of a file by its passphrase, as a browser tells it to a host.
///
/// # Errors
/// See [`FileError`].
pub async fn secret(file: &[u8], words: &str) -> Result<String, FileError> {
    let passphrase = Passphrase::new(words).map_err(|_| FileError::WrongKey)?;
    let (key, _) = form::read(file)?.file_key(&FileKey::Passphrase(&passphrase)).await?;
    Ok(base64url::encode(key.as_ref()))
}

/// Seals every key in these records, and the recovery code if it lies there.
pub(super) fn closed_records(
    records: &mut [Record],
    keys: &MemberKeys,
) -> Result<Option<RecoveryCode>, FileError> {
    let mut code = None;
    for record in records {
        let mut value: Value = serde_json::from_slice(&record.json).map_err(|_| FileError::Damaged)?;
        close(&mut value, false, keys)?;
        if record.kind == UnprovenCode::KIND
            && let Some(text) = value.get("code").and_then(Value::as_str)
        {
            let there = RecoveryCode::parse(text).map_err(|_| FileError::Damaged)?;
            let sealed = keys.sealed(holder_keys::SEALED_CODE, there.values().as_slice())?;
            value = json!({"code": {"sealed": sealed}, "shown_at": value.get("shown_at")});
            code = Some(there);
        }
        record.json = Zeroizing::new(value.to_string().into_bytes());
    }
    Ok(code)
}

fn close(value: &mut Value, is_place: bool, keys: &MemberKeys) -> Result<(), FileError> {
    if let Some(text) = value.as_str().filter(|_| is_place)
        && let Some(sealed) = sealed(text, keys)?
    {
        *value = sealed;
    }
    let mut parts = holder_keys::parts_mut(value, is_place).into_iter();
    parts.try_for_each(|(part, is_place)| close(part, is_place, keys))
}

/// A private key, sealed; none for another text.
fn sealed(text: &str, keys: &MemberKeys) -> Result<Option<Value>, FileError> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return Ok(None) };
    let Some(Value::String(secret)) = members.remove("d") else { return Ok(None) };
    let secret: [u8; 32] = base64url::decode_exact(&secret).map_err(|_| FileError::Damaged)?;
    let key = SigningKey::from_secret_bytes(Algorithm::Es256, &secret).map_err(|_| FileError::Damaged)?;
    let plain = [PKCS8.0, &secret, PKCS8.1, &key.public_jwk().to_bytes()].concat();
    let purpose = if members.get("use").is_some_and(|named| named == "enc") { "open" } else { "sign" };
    let sealed = keys.sealed(&format!("passport-wallet/holder-key/1/{purpose}"), &plain)?;
    Ok(Some(json!({"public": members, "sealed": sealed})))
}
