//! Token Status List: encodings and signed tokens of the draft.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a walker fails loudly over malformed vectors"
)]

use std::collections::BTreeMap;
use std::fs;

use credentials::status_list::{Bits, Status, StatusList, UnverifiedToken};
use environment::Timestamp;
use harness::vectors::{Suite, suite};
use jose::{Jwk, VerifyingKey, json};
use serde_json::Value;

const NAME: &str = "token-status-list";

#[test]
fn lists_of_1_2_4_and_8_bits_and_signed_tokens_read_as_the_draft_says() {
    let Some(folder) = suite(NAME) else { return };
    let file = |name: &str| json::parse(fs::read_to_string(folder.join(name)).unwrap()).unwrap();
    let cwt = "SD-JWT VC allows the JWT form only; CWT is refused by name";
    let mut run = Suite::new(NAME, &[("status_list_cwt", cwt), ("referenced_token_cwt", cwt)]);
    for vector in file("status_list_vectors_1_2_4_8_bits.json").as_array().unwrap() {
        run.case(&format!("encoding of {} bits", vector["bits"]), encoding(vector));
    }
    for entry in ["status_list_encoding_json.md", "status_list_encoding2_json.md"] {
        run.case(entry, example(&fs::read_to_string(folder.join("examples").join(entry)).unwrap()));
    }
    let tokens = file("tokens_with_key.json");
    run.case("status_list_jwt", token(tokens["status_list_jwt"].as_str().unwrap().as_bytes(), &tokens));
    for name in ["status_list_cwt", "referenced_token_cwt"] {
        run.case(name, token(&bytes(tokens[format!("{name}_hex")].as_str().unwrap()), &tokens));
    }
    run.finish();
}

fn bits(value: &Value) -> Result<Bits, String> {
    Bits::from_count(value.as_u64().ok_or("no bits")?).map_err(|error| error.to_string())
}

fn encoding(vector: &Value) -> Result<(), String> {
    let bits = bits(&vector["bits"])?;
    let list = StatusList::from_lst(bits, vector["lst_base64url"].as_str().ok_or("no lst")?)
        .map_err(|error| error.to_string())?;
    let size = vector["size"].as_u64().ok_or("no size")?;
    if list.len() != size {
        return Err(format!("{} entries", list.len()));
    }
    let set: BTreeMap<u64, u64> = vector["non_default_statuses"]
        .as_object()
        .ok_or("no statuses")?
        .iter()
        .map(|(index, status)| Some((index.parse().ok()?, status.as_u64()?)))
        .collect::<Option<_>>()
        .ok_or("malformed statuses")?;
    let other = vector["all_other_statuses"].as_u64().ok_or("no default")?;
    let mut rebuilt = StatusList::new(bits, size).map_err(|error| error.to_string())?;
    for index in 0..size {
        let expected = *set.get(&index).unwrap_or(&other);
        let status = list.get(index).map_err(|error| error.to_string())?;
        if u64::from(status.value()) != expected {
            return Err(format!("entry {index} is {}, not {expected}", status.value()));
        }
        rebuilt.set(index, status).map_err(|error| error.to_string())?;
    }
    if list.get(size).is_ok() {
        return Err("an index outside is taken".to_owned());
    }
    let again = StatusList::from_lst(bits, &rebuilt.to_lst()).map_err(|error| error.to_string())?;
    if again == list { Ok(()) } else { Err("the list does not survive being written".to_owned()) }
}

/// `byte_array = [0xb9, 0xa3]` and the JSON form of it.
fn example(text: &str) -> Result<(), String> {
    let (array, encoded) = text.split_once("encoded:").ok_or("no encoding")?;
    let array = array.split_once('[').and_then(|(_, rest)| rest.split_once(']')).ok_or("no bytes")?.0;
    let expected: Vec<u8> = array
        .split(',')
        .map(|byte| u8::from_str_radix(byte.trim().trim_start_matches("0x"), 16))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let encoded = json::parse(encoded.trim()).map_err(|error| error.to_string())?;
    let list = StatusList::from_lst(bits(&encoded["bits"])?, encoded["lst"].as_str().ok_or("no lst")?)
        .map_err(|error| error.to_string())?;
    if list.as_bytes() == expected { Ok(()) } else { Err(format!("{:?}", list.as_bytes())) }
}

fn token(token: &[u8], file: &Value) -> Result<(), String> {
    let key = Jwk::from_value(&file["issuer_public_jwk"]).map_err(|error| error.to_string())?;
    let key = VerifyingKey::new(&key).map_err(|error| error.to_string())?;
    let now = Timestamp::from_seconds(1_700_000_000);
    let parsed = UnverifiedToken::parse(token).map_err(|error| error.to_string())?;
    let verified = parsed
        .verify(&key, "https://example.com/statuslists/1", now, 0)
        .map_err(|error| error.to_string())?;
    if verified.cache_until(now) != Some(now.plus(43_200)) {
        return Err("another ttl".to_owned());
    }
    match (verified.status(0, now), verified.status(1, now), verified.status(16, now)) {
        (Ok(Status::Invalid), Ok(Status::Valid), Err(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}
