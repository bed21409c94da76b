//! OpenID4VP 1.0: the encrypted response printed in §8.3, and what is bent on it.
#![cfg(test)]

use std::fs;

use harness::vectors::{Suite, suite};
use jose::jwe::{self, JweError};
use jose::{DecryptionKey, json};
use serde_json::Value;

const NAME: &str = "openid4vp-1.0-inline";

#[test]
fn the_encrypted_response_of_section_8_3_opens_to_its_payload_and_not_when_bent() {
    let Some(folder) = suite(NAME) else { return };
    let read = |file: &str| json::parse(fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    let vector = read("encrypted_response_ecdh-es_a128gcm.json");
    let handovers = "session transcripts belong to mdoc, which is not spoken";
    let mut run =
        Suite::new(NAME, &[("OpenID4VPHandover", handovers), ("OpenID4VPDCAPIHandover", handovers)]);
    run.case("response opens", opens(&vector));
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

fn key(vector: &Value) -> DecryptionKey {
    DecryptionKey::from_private_json(vector["private_jwk"].to_string()).unwrap()
}

fn opens(vector: &Value) -> Result<(), String> {
    let token = vector["response_jwe"].as_str().ok_or("no response")?;
    let plaintext = jwe::decrypt(token, &key(vector)).map_err(|error| error.to_string())?;
    let payload = json::parse(plaintext.as_slice()).map_err(|error| error.to_string())?;
    if payload == vector["payload"] { Ok(()) } else { Err("another payload".to_owned()) }
}

fn refused(vector: &Value, expected: JweError, bend: impl FnOnce(&mut Vec<String>)) -> Result<(), String> {
    let token = vector["response_jwe"].as_str().ok_or("no response")?;
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    bend(&mut parts);
    match jwe::decrypt(&parts.join("."), &key(vector)) {
        Err(error) if error == expected => Ok(()),
        Err(other) => Err(format!("refused for another reason: {other}")),
        Ok(_) => Err("opened".to_owned()),
    }
}
