//! Token Status List: encodings and signed tokens of the draft, in JWT and in CWT form.

use std::fs;
use std::path::Path;

use coset::cbor::value::Value as Cbor;
use coset::{CborSerializable as _, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _, iana};
use credentials::status_list::{
    Bits, CWT_MEDIA_TYPE, CoseFault, MEDIA_TYPE, Status, StatusList, TYPE, TokenError, UnverifiedCwt,
    UnverifiedToken, VerifiedToken,
};
use environment::{SeededRandomness, Timestamp};
use harness::vectors::{Suite, suite};
use jose::{Algorithm, Jwk, Signer as _, SigningKey, VerifyingKey, base64url, json, jwt};
use serde_json::{Map, Value, json};

use crate::walk::{said, same, text, unbroken};

const NAME: &str = "token-status-list";
const URI: &str = "https://example.com/statuslists/1";
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

#[test]
fn lists_of_1_2_4_and_8_bits_and_signed_tokens_read_as_the_draft_says() {
    let Some(folder) = suite(NAME) else { return };
    let file = |name: &str| json::parse(fs::read_to_string(folder.join(name)).unwrap()).unwrap();
    let mut run = Suite::new(NAME, &[]);
    let vectors = file("status_list_vectors_1_2_4_8_bits.json");
    for vector in vectors.as_array().unwrap() {
        let bits = &vector["bits"];
        run.case(&format!("{bits} bits, encoding"), encoding(vector));
        run.case(&format!("{bits} bits, in a JWT"), in_a_jwt(vector));
        run.case(&format!("{bits} bits, in a CWT"), in_a_cwt(vector));
    }
    let tokens = file("tokens_with_key.json");
    run.case(
        "status_list_jwt",
        own_token(&tokens, |key| {
            let token = UnverifiedToken::from_response(
                MEDIA_TYPE,
                tokens["status_list_jwt"].as_str().unwrap().as_bytes(),
            );
            token?.verify(key, URI, NOW, 0)
        }),
    );
    run.case(
        "status_list_cwt",
        own_token(&tokens, |key| {
            let token =
                UnverifiedCwt::from_response(CWT_MEDIA_TYPE, &hex(&tokens["status_list_cwt_hex"]).unwrap());
            token?.verify(key, URI, NOW, 0)
        }),
    );
    for name in ["status_list_cwt_hex", "referenced_token_cwt_hex"] {
        run.case(&format!("{name}, for an SD-JWT VC"), refused_for_sd_jwt_vc(&hex(&tokens[name]).unwrap()));
    }
    run.case("referenced_token_cwt_hex, as a list", no_list(&tokens));
    let examples = folder.join("examples");
    let mut pages: Vec<_> = fs::read_dir(&examples)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    for page in pages {
        run.case(&page, example(&examples, &page, &vectors, &tokens));
    }
    run.finish();
}

// The lists of 2^20 entries.

fn bits(value: &Value) -> Result<Bits, String> {
    Bits::from_count(value.as_u64().ok_or("no bits")?).map_err(said)
}

/// Every entry is as the vector lists it, and the one behind the last is no entry.
fn entries(vector: &Value, status: impl Fn(u64) -> Option<Status>) -> Result<(), String> {
    let size = vector["size"].as_u64().ok_or("no size")?;
    let expected = expected(vector, size).ok_or("malformed statuses")?;
    for (index, expected) in (0..).zip(&expected) {
        let status = status(index).ok_or_else(|| format!("no entry {index}"))?;
        if status.value() != *expected {
            return Err(format!("entry {index} is {}, not {expected}", status.value()));
        }
    }
    match [size, size * 8, u64::MAX].into_iter().find(|index| status(*index).is_some()) {
        None => Ok(()),
        Some(index) => Err(format!("{index}, which lies outside, is taken")),
    }
}

fn expected(vector: &Value, size: u64) -> Option<Vec<u8>> {
    let status = |value: &Value| u8::try_from(value.as_u64()?).ok();
    let mut expected = vec![status(&vector["all_other_statuses"])?; usize::try_from(size).ok()?];
    for (index, value) in vector["non_default_statuses"].as_object()? {
        *expected.get_mut(index.parse::<usize>().ok()?)? = status(value)?;
    }
    Some(expected)
}

fn encoding(vector: &Value) -> Result<(), String> {
    let bits = bits(&vector["bits"])?;
    let list = StatusList::from_lst(bits, vector["lst_base64url"].as_str().ok_or("no lst")?).map_err(said)?;
    same("size", Some(list.len()), vector["size"].as_u64())?;
    entries(vector, |index| list.get(index).ok())?;
    let mut rebuilt = StatusList::new(bits, list.len()).map_err(said)?;
    for index in 0..list.len() {
        rebuilt.set(index, list.get(index).map_err(said)?).map_err(said)?;
    }
    let again = StatusList::from_lst(bits, &rebuilt.to_lst()).map_err(said)?;
    if again == list { Ok(()) } else { Err("the list does not survive being written".to_owned()) }
}

fn signer() -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap()
}

fn verifying(signer: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(signer.public_jwk()).unwrap()
}

fn in_a_jwt(vector: &Value) -> Result<(), String> {
    let claims = json!({"sub": URI, "iat": NOW.seconds(),
                        "status_list": {"bits": vector["bits"], "lst": vector["lst_base64url"]}});
    let token = jwt::sign(TYPE, Map::new(), claims.as_object().unwrap(), &signer()).unwrap();
    let verified =
        UnverifiedToken::parse(token).and_then(|token| token.verify(&verifying(&signer()), URI, NOW, 0));
    let verified = verified.map_err(said)?;
    entries(vector, |index| verified.status(index, NOW).ok())
}

fn in_a_cwt(vector: &Value) -> Result<(), String> {
    let list = Cbor::from_slice(&hex(&vector["cbor_hex"])?).map_err(said)?;
    let claims = Cbor::Map(vec![
        (Cbor::from(2), Cbor::from(URI)),
        (Cbor::from(6), Cbor::from(NOW.seconds())),
        (Cbor::from(65_533), list),
    ]);
    let header =
        HeaderBuilder::new().algorithm(iana::Algorithm::ES256).value(16, Cbor::from(CWT_MEDIA_TYPE)).build();
    let token = CoseSign1Builder::new()
        .protected(header)
        .payload(claims.to_vec().unwrap())
        .create_signature(&[], |signed| signer().sign(signed).unwrap())
        .build();
    for token in [token.clone().to_tagged_vec().unwrap(), token.to_vec().unwrap()] {
        let verified =
            UnverifiedCwt::parse(&token).and_then(|token| token.verify(&verifying(&signer()), URI, NOW, 0));
        let verified = verified.map_err(said)?;
        entries(vector, |index| verified.status(index, NOW).ok())?;
    }
    Ok(())
}

// The draft's own tokens.

fn own_token(
    tokens: &Value,
    verify: impl Fn(&VerifyingKey) -> Result<VerifiedToken, TokenError>,
) -> Result<(), String> {
    let key = Jwk::from_value(&tokens["issuer_public_jwk"]).map_err(said)?;
    let verified = verify(&VerifyingKey::new(&key).map_err(said)?).map_err(said)?;
    same("ttl", verified.cache_until(NOW), Some(NOW.plus(43_200)))?;
    // §4: sixteen statuses of one bit, 0xb9 0xa3.
    same("bytes", verified.list().as_bytes(), [0xb9, 0xa3])?;
    same("entry 0", verified.status(0, NOW), Ok(Status::Invalid))?;
    same("entry 1", verified.status(1, NOW), Ok(Status::Valid))?;
    if verified.status(16, NOW).is_err() { Ok(()) } else { Err("entry 16 is taken".to_owned()) }
}

/// Whatever the media type says of it.
fn refused_for_sd_jwt_vc(token: &[u8]) -> Result<(), String> {
    for media_type in [CWT_MEDIA_TYPE, MEDIA_TYPE] {
        let refused = UnverifiedToken::from_response(media_type, token);
        same(media_type, refused.err(), Some(TokenError::Cwt))?;
    }
    Ok(())
}

/// A credential that points to a list is none.
fn no_list(tokens: &Value) -> Result<(), String> {
    let key = Jwk::from_value(&tokens["issuer_public_jwk"]).map_err(said)?;
    let key = VerifyingKey::new(&key).map_err(said)?;
    let token = UnverifiedCwt::parse(&hex(&tokens["referenced_token_cwt_hex"])?).map_err(said)?;
    same("refused", token.verify(&key, URI, NOW, 0).err(), Some(TokenError::Cose(CoseFault::WrongType)))
}

// The pages with which the draft prints them.

fn example(folder: &Path, page: &str, vectors: &Value, tokens: &Value) -> Result<(), String> {
    let vector = |bits: u64| {
        let found = vectors.as_array().into_iter().flatten().find(|vector| vector["bits"] == bits);
        found.ok_or_else(|| "no such vector".to_owned())
    };
    let file = folder.join(page);
    if let Some(printed) = page.strip_suffix("_diag.md") {
        let printed = unbroken(&folder.join(format!("{printed}.md")))?;
        let encoded = printed.split_once("encoded:").map_or(printed.as_str(), |(_, encoded)| encoded);
        return same("bytes", digits(&text(&file)?).as_str(), encoded);
    }
    match page {
        "status_list_encoding_json.md" | "status_list_encoding2_json.md" => short(&text(&file)?),
        "status_list_encoding_cbor.md" | "status_list_encoding2_cbor.md" => short_cbor(&text(&file)?),
        "status_list_encoding1_long_json.md" => long(&file, vector(1)?),
        "status_list_encoding2_long_json.md" => long(&file, vector(2)?),
        "status_list_encoding4_json.md" => long(&file, vector(4)?),
        "status_list_encoding8_json.md" => long(&file, vector(8)?),
        "status_list_encoding1_long_cbor.md" => printed(&file, &vector(1)?["cbor_hex"]),
        "status_list_encoding2_long_cbor.md" => printed(&file, &vector(2)?["cbor_hex"]),
        "status_list_encoding4_cbor.md" => printed(&file, &vector(4)?["cbor_hex"]),
        "status_list_encoding8_cbor.md" => printed(&file, &vector(8)?["cbor_hex"]),
        "status_list_cwt.md" => printed(&file, &tokens["status_list_cwt_hex"]),
        "referenced_token_cwt.md" => printed(&file, &tokens["referenced_token_cwt_hex"]),
        "status_list_jwt_raw.md" => printed(&file, &tokens["status_list_jwt"]),
        "status_list_jwt.md" => claims_of_the_jwt(&file, tokens),
        _ => Err(crate::walk::UNKNOWN.to_owned()),
    }
}

/// `byte_array = [0xb9, 0xa3]` and what stands behind `encoded:`.
fn bytes_and_encoding(page: &str) -> Result<(Vec<u8>, &str), String> {
    let (array, encoded) = page.split_once("encoded:").ok_or("no encoding")?;
    let array = array.split_once('[').and_then(|(_, rest)| rest.split_once(']')).ok_or("no bytes")?.0;
    let bytes = array
        .split(',')
        .map(|byte| u8::from_str_radix(byte.trim().trim_start_matches("0x"), 16))
        .collect::<Result<_, _>>()
        .map_err(said)?;
    Ok((bytes, encoded))
}

fn short(page: &str) -> Result<(), String> {
    let (expected, encoded) = bytes_and_encoding(page)?;
    let encoded = json::parse(encoded.trim()).map_err(said)?;
    let list = StatusList::from_lst(bits(&encoded["bits"])?, encoded["lst"].as_str().ok_or("no lst")?);
    same("bytes", list.map_err(said)?.as_bytes(), expected)
}

fn short_cbor(page: &str) -> Result<(), String> {
    let (expected, encoded) = bytes_and_encoding(page)?;
    let encoded: String = encoded.split_whitespace().collect();
    let Ok(Cbor::Map(members)) = Cbor::from_slice(&hex(&json!(encoded))?) else {
        return Err("no map".to_owned());
    };
    let member =
        |name: &str| members.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    let count = member("bits").and_then(Cbor::as_integer).and_then(|count| u64::try_from(count).ok());
    let lst = member("lst").and_then(Cbor::as_bytes).ok_or("no lst")?;
    let bits = Bits::from_count(count.ok_or("no bits")?).map_err(said)?;
    let list = StatusList::from_lst(bits, &base64url::encode(lst)).map_err(said)?;
    same("bytes", list.as_bytes(), expected)
}

fn long(file: &Path, vector: &Value) -> Result<(), String> {
    let page = json::parse(unbroken(file)?).map_err(said)?;
    same("bits", &page["bits"], &vector["bits"])?;
    same("lst", &page["lst"], &vector["lst_base64url"])
}

fn printed(file: &Path, vector: &Value) -> Result<(), String> {
    same("text", Some(unbroken(file)?.as_str()), vector.as_str())
}

/// The page leaves `iss` away, which the token has.
fn claims_of_the_jwt(file: &Path, tokens: &Value) -> Result<(), String> {
    let page = text(file)?;
    let (header, claims) = page.split_once("\n.\n").ok_or("no dot")?;
    let token =
        UnverifiedToken::parse(tokens["status_list_jwt"].as_str().ok_or("no token")?).map_err(said)?;
    same("header", token.header(), &json::parse_object(header).map_err(said)?)?;
    let payload =
        tokens["status_list_jwt"].as_str().and_then(|token| token.split('.').nth(1)).ok_or("no payload")?;
    let payload = json::parse_object(base64url::decode(payload).map_err(said)?).map_err(said)?;
    json::parse_object(claims)
        .map_err(said)?
        .iter()
        .try_for_each(|(name, claim)| same(name, payload.get(name), Some(claim)))
}

/// The digits of a dump: what stands before `#` on each line.
fn digits(dump: &str) -> String {
    let bytes = dump.lines().map(|line| line.split('#').next().unwrap_or_default());
    bytes.flat_map(str::split_whitespace).collect()
}

fn hex(text: &Value) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = text.as_str().ok_or("no text")?.chars().collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).map_err(said))
        .collect()
}
