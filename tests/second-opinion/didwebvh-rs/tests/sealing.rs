//! The hashes and proofs of a log, made by the text of did:webvh 1.0 and not by the code of either side, so that a
//! changed entry is refused for what was changed and not for its hash.

use jose::{Signer as _, SigningKey};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Makes entry `from` and all that follow fit again: SCID, entry hashes, proofs. Proofs are made anew with the key
/// that they name; a proof that names none of `keys`, or has lost its shape, stays as it is.
pub(crate) fn seal(entries: &mut [Value], from: usize, keys: &[SigningKey]) {
    if from == 0 {
        renew_scid(entries);
    }
    for place in from..entries.len() {
        let previous = match place.checked_sub(1) {
            Some(before) => entries[before]["versionId"].as_str().unwrap_or_default().to_owned(),
            None => entries[0]["parameters"]["scid"].as_str().unwrap_or_default().to_owned(),
        };
        let Some(entry) = entries[place].as_object_mut() else { continue };
        let mut bare = entry.clone();
        bare.remove("proof");
        bare.insert("versionId".to_owned(), json!(previous));
        let number = number(entry).unwrap_or_else(|| (place + 1).to_string());
        entry.insert("versionId".to_owned(), json!(format!("{number}-{}", multihash(&Value::Object(bare)))));
        sign(entry, keys);
    }
}

/// The number in `versionId`, also a wrong one.
fn number(entry: &Map<String, Value>) -> Option<String> {
    Some(entry.get("versionId")?.as_str()?.split_once('-')?.0.to_owned())
}

/// The SCID is the hash of the first entry with `{SCID}` in its place; it stands in every entry.
fn renew_scid(entries: &mut [Value]) {
    let Some(old) = entries[0]["parameters"]["scid"].as_str().map(str::to_owned) else { return };
    if old.len() < 8 {
        return;
    }
    let Some(mut bare) = entries[0].as_object().cloned() else { return };
    bare.remove("proof");
    bare.insert("versionId".to_owned(), json!("{SCID}"));
    let open = Value::Object(bare).to_string().replace(&old, "{SCID}");
    let Ok(open) = serde_json::from_str(&open) else { return };
    let scid = multihash(&open);
    for entry in entries {
        *entry = serde_json::from_str(&entry.to_string().replace(&old, &scid)).expect("JSON again");
    }
}

fn multihash(value: &Value) -> String {
    let digest = Sha256::digest(canonical(value));
    bs58::encode([&[0x12, 0x20], digest.as_slice()].concat()).into_string()
}

fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("values that were read")
}

/// `eddsa-jcs-2022` over the entry without its proof.
fn sign(entry: &mut Map<String, Value>, keys: &[SigningKey]) {
    let mut bare = entry.clone();
    bare.remove("proof");
    let document = Sha256::digest(canonical(&Value::Object(bare)));
    let proofs = match entry.get_mut("proof") {
        Some(Value::Array(proofs)) => proofs.as_mut_slice(),
        Some(single) => std::slice::from_mut(single),
        None => return,
    };
    for proof in proofs {
        renew(proof, document.as_slice(), keys);
    }
}

/// Makes a proof anew over a document's hash.
pub(crate) fn renew(proof: &mut Value, document: &[u8], keys: &[SigningKey]) {
    let method = proof["verificationMethod"].as_str().unwrap_or_default().to_owned();
    let names = |key: &&SigningKey| method.ends_with(&did::multikey::encode(key.public_jwk()));
    let Some(key) = keys.iter().find(names) else { return };
    let Some(members) = proof.as_object_mut() else { return };
    members.remove("proofValue");
    let configuration = Sha256::digest(canonical(&Value::Object(members.clone())));
    let signature = key.sign(&[configuration.as_slice(), document].concat()).expect("a key that signs");
    members.insert("proofValue".to_owned(), json!(format!("z{}", bs58::encode(signature).into_string())));
}
