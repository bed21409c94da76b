//! OpenID4VP 1.0: every file of its examples, and what the text itself prints: the encrypted response of §8.3, what is
//! bent on it, and the session transcripts of mdoc.
#![cfg(test)]

mod credential;
mod messages;
pub(crate) mod queries;

use std::fs;
use std::path::Path;

use harness::vectors::{Suite, suite};
use jose::jwe::{self, JweError};
use jose::{DecryptionKey, json};
use openid4vc::vp::client_metadata::ClientMetadata;
use serde_json::Value;

use crate::walk::{self, UNKNOWN, same};

const INLINE: &str = "openid4vp-1.0-inline";

#[test]
fn every_example_of_openid4vp_is_read_as_it_says_or_refused_by_its_reason() {
    walk::every_file("openid4vp-1.0-examples", "1.0/examples", &[], |case, file| {
        let (group, name) = case.rsplit_once('/').ok_or(UNKNOWN)?;
        match group {
            "query_lang" => queries::check(name, file),
            "request" if name.starts_with("dcql_") => queries::check(name, file),
            "request" => messages::request(name, file),
            "client_metadata" => messages::client_metadata(name, file),
            "digital_credentials_api" => messages::digital_credentials_api(name, file),
            "response" => messages::response(name, file),
            "credentials" => credential::check(name, file),
            "sd_jwt_vcld" | "sd_jwt_vcld/01" => credential::linked_data(name, file),
            _ => Err(UNKNOWN.to_owned()),
        }
    });
}

#[test]
fn the_encrypted_response_of_section_8_3_opens_to_its_payload_and_not_when_bent() {
    let Some(folder) = suite(INLINE) else { return };
    let read = |file: &str| json::parse(fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    let vector = read("encrypted_response_ecdh-es_a128gcm.json");
    let handovers = "session transcripts belong to mdoc, which is not spoken";
    let mut run =
        Suite::new(INLINE, &[("OpenID4VPHandover", handovers), ("OpenID4VPDCAPIHandover", handovers)]);
    run.case("files", files(&folder));
    run.case("response opens", opens(&vector));
    run.case("of the keys offered, the first usable one is taken", metadata(&vector));
    run.case("the request is one of the Digital Credentials API", messages::not_for_us(&vector["request"]));
    run.case(
        "tag cut to eight bytes",
        refused(&vector, JweError::BadLengths, |parts| {
            parts[4] = jose::base64url::encode(&jose::base64url::decode(&parts[4]).unwrap()[..8]);
        }),
    );
    run.case("IV emptied", refused(&vector, JweError::BadLengths, |parts| parts[2].clear()));
    run.case(
        "ciphertext changed",
        refused(&vector, JweError::DecryptionFailed, |parts| {
            let changed = if parts[3].starts_with('A') { "B" } else { "A" };
            parts[3].replace_range(0..1, changed);
        }),
    );
    for name in read("session_transcripts.json").as_object().unwrap().keys() {
        run.case(name, Err("mdoc is not spoken".to_owned()));
    }
    run.finish();
}

/// A third file would go unread.
fn files(folder: &Path) -> Result<(), String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    same("files", names, ["SOURCE.md", "encrypted_response_ecdh-es_a128gcm.json", "session_transcripts.json"])
}

fn key(vector: &Value) -> DecryptionKey {
    DecryptionKey::from_private_json(vector["private_jwk"].to_string()).unwrap()
}

/// §8.3: X25519, P-384 and X448 are passed over, and of the encryptions the CBC one.
fn metadata(vector: &Value) -> Result<(), String> {
    let metadata =
        ClientMetadata::from_value(&vector["request"]["client_metadata"]).ok_or("malformed metadata")?;
    same("kid", metadata.encryption_key.as_ref().and_then(|key| key.kid()), Some("ac"))?;
    same("enc", metadata.encryptions, [jwe::ContentEncryption::A128Gcm])
}

fn opens(vector: &Value) -> Result<(), String> {
    let token = vector["response_jwe"].as_str().ok_or("no response")?;
    let plaintext = jwe::decrypt(token, &key(vector)).map_err(walk::said)?;
    let payload = json::parse(plaintext.as_slice()).map_err(walk::said)?;
    same("payload", &payload, &vector["payload"])
}

fn refused(vector: &Value, expected: JweError, bend: impl FnOnce(&mut Vec<String>)) -> Result<(), String> {
    let token = vector["response_jwe"].as_str().ok_or("no response")?;
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    bend(&mut parts);
    walk::refused(jwe::decrypt(&parts.join("."), &key(vector)).map(|_| ()), expected)
}
