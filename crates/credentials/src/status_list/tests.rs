use environment::{Randomness, SeededRandomness, Timestamp};
use jose::jws::JwsError;
use jose::jwt::{self, ClaimError};
use jose::{Algorithm, Signer, SigningKey, VerifyingKey, base64url};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::issuer_key::{IssuerKeyError, SignAs};

const URI: &str = "https://office.example.org/status/1";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn claims() -> Value {
    json!({"sub": URI, "iat": 999_000, "exp": 1_001_000, "ttl": 600,
           "status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}})
}

fn forge(typ: &str, claims: &Value) -> String {
    jwt::sign(typ, Map::new(), claims.as_object().unwrap(), &key(1)).unwrap()
}

fn verify(claims: &Value) -> Result<VerifiedToken, TokenError> {
    UnverifiedToken::parse(forge(TYPE, claims)).unwrap().verify(&verifying(&key(1)), URI, NOW, 0)
}

fn with(member: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[member] = value;
    claims
}

#[test]
fn the_examples_of_the_standard_are_packed_from_the_lowest_bit() {
    // §4: 1 bit: statuses 1,0,0,1,1,1,0,1, 1,1,0,0,0,1,0,1; 2 bits: 1,2,0,3, 0,1,0,1, 1,2,3,3.
    let mut one = StatusList::new(Bits::One, 16).unwrap();
    for index in [0, 3, 4, 5, 7, 8, 9, 13, 15] {
        one.set(index, Status::Invalid).unwrap();
    }
    assert_eq!(one.as_bytes(), [0xb9, 0xa3]);
    assert_eq!(StatusList::from_lst(Bits::One, "eNrbuRgAAhcBXQ").unwrap(), one);
    let mut two = StatusList::new(Bits::Two, 12).unwrap();
    for (index, value) in (0..).zip([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]) {
        two.set(index, Status::from_value(value)).unwrap();
    }
    assert_eq!(two.as_bytes(), [0xc9, 0x44, 0xf9]);
    assert_eq!(StatusList::from_lst(Bits::Two, "eNo76fITAAPfAgc").unwrap(), two);
}

#[test]
fn only_1_2_4_and_8_bits_are_taken() {
    for bits in 0..=16 {
        assert_eq!(Bits::from_count(bits).is_ok(), [1, 2, 4, 8].contains(&bits), "{bits}");
    }
    for bad in [json!(3), json!(0), json!("1"), json!(null)] {
        let claims = with("status_list", json!({"bits": bad, "lst": "eNrbuRgAAhcBXQ"}));
        assert_eq!(verify(&claims).unwrap_err(), TokenError::List(ListError::BadBits));
    }
}

#[test]
fn statuses_have_their_names() {
    let names = [Status::Valid, Status::Invalid, Status::Suspended, Status::ApplicationSpecific(3)];
    for (value, status) in (0..).zip(names) {
        assert_eq!(Status::from_value(value), status);
    }
    for value in 0..=255 {
        let status = Status::from_value(value);
        assert_eq!(status.value(), value);
        assert_eq!(status.is_valid(), value == 0);
        let application = value == 3 || (0x0c..=0x0f).contains(&value);
        assert_eq!(matches!(status, Status::ApplicationSpecific(_)), application);
    }
}

#[test]
fn an_index_outside_is_an_error_and_not_a_valid_status() {
    let mut list = StatusList::new(Bits::One, 12).unwrap();
    assert_eq!(list.len(), 16, "rounded up to whole bytes");
    assert!(!list.is_empty() && StatusList::new(Bits::One, 0).unwrap().is_empty());
    assert_eq!(list.get(15), Ok(Status::Valid));
    for outside in [16, 1 << 40, u64::MAX] {
        assert_eq!(list.get(outside), Err(ListError::OutOfRange));
        assert_eq!(list.set(outside, Status::Invalid), Err(ListError::OutOfRange));
    }
    let token = verify(&claims()).unwrap();
    assert_eq!(token.status(15, NOW), Ok(Status::Invalid));
    assert_eq!(token.status(1, NOW), Ok(Status::Valid));
    assert_eq!(token.status(16, NOW), Err(TokenError::List(ListError::OutOfRange)));
}

#[test]
fn a_status_that_needs_more_bits_is_refused() {
    let mut list = StatusList::new(Bits::One, 8).unwrap();
    assert_eq!(list.set(0, Status::Suspended), Err(ListError::DoesNotFit));
    let mut list = StatusList::new(Bits::Two, 8).unwrap();
    assert_eq!(list.set(0, Status::Suspended), Ok(()));
    assert_eq!(list.set(0, Status::Reserved(4)), Err(ListError::DoesNotFit));
}

#[test]
fn zlib_is_taken_and_raw_deflate_gzip_and_trailing_bytes_are_not() {
    let zlib = base64url::decode("eNrbuRgAAhcBXQ").unwrap();
    let read = |bytes: &[u8]| StatusList::from_lst(Bits::One, &base64url::encode(bytes));
    assert!(read(&zlib).is_ok());
    let raw = &zlib[2..zlib.len() - 4];
    assert_eq!(read(raw), Err(ListError::BadEncoding));
    assert_eq!(read(&zlib[..zlib.len() - 1]), Err(ListError::BadEncoding));
    assert_eq!(read(&[&zlib[..], &[0]].concat()), Err(ListError::BadEncoding));
    let mut spoiled = zlib.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    assert_eq!(read(&spoiled), Err(ListError::BadEncoding));
    // The same list by gzip.
    let gzip = [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 219, 185, 24, 0, 92, 245, 1, 59, 2, 0, 0, 0];
    assert_eq!(read(&gzip), Err(ListError::BadEncoding));
    assert_eq!(StatusList::from_lst(Bits::One, "eNrbuRgAAhcBXQ=="), Err(ListError::BadEncoding));
}

#[test]
fn a_small_text_that_inflates_without_end_is_refused() {
    let largest = StatusList::from_bytes(Bits::One, vec![0; LARGEST_LIST]).unwrap();
    assert!(StatusList::from_lst(Bits::One, &largest.to_lst()).is_ok());
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; LARGEST_LIST + 1]).unwrap();
    let bomb = base64url::encode(encoder.finish().unwrap());
    assert!(bomb.len() < 10_000);
    assert_eq!(StatusList::from_lst(Bits::One, &bomb), Err(ListError::TooLarge));
    assert_eq!(StatusList::from_bytes(Bits::One, vec![0; LARGEST_LIST + 1]), Err(ListError::TooLarge));
    let largest = u64::try_from(LARGEST_LIST).unwrap();
    assert_eq!(StatusList::new(Bits::Eight, largest).map(|list| list.len()), Ok(largest));
    for entries in [largest + 1, 1 << 40] {
        assert_eq!(StatusList::new(Bits::Eight, entries), Err(ListError::TooLarge));
    }
}

#[test]
fn a_large_list_with_few_revocations_makes_a_small_token() {
    let mut list = StatusList::new(Bits::One, 1 << 20).unwrap();
    let randomness: &dyn Randomness = &SeededRandomness::new(1);
    for _ in 0..(1 << 20) / 100 {
        list.set(randomness.below(1 << 20), Status::Invalid).unwrap();
    }
    let lst = list.to_lst();
    assert!(lst.len() < 40_000, "{}", lst.len());
    assert_eq!(StatusList::from_lst(Bits::One, &lst).unwrap(), list);
}

#[test]
fn what_was_published_reads_back() {
    let mut list = StatusList::new(Bits::Two, 100).unwrap();
    list.set(42, Status::Suspended).unwrap();
    let publishing = Publishing {
        list: &list,
        uri: URI,
        issued_at: NOW,
        expires: Some(NOW.plus(100)),
        ttl: Some(60),
        aggregation_uri: Some("https://office.example.org/status"),
    };
    let token = sign(&publishing, SignAs::X5c(&[vec![0x30, 0]]), &key(1)).unwrap();
    let parsed = UnverifiedToken::from_response("application/statuslist+jwt", token.as_bytes()).unwrap();
    assert_eq!(parsed.x5c(), Some(&[vec![0x30, 0]][..]));
    assert_eq!(parsed.header()["typ"], TYPE);
    let verified = parsed.verify(&verifying(&key(1)), URI, NOW, 0).unwrap();
    assert_eq!(verified.list(), &list);
    assert_eq!(verified.status(42, NOW), Ok(Status::Suspended));
    assert_eq!(verified.issued_at(), NOW);
    assert_eq!(verified.expires(), Some(NOW.plus(100)));
    assert_eq!(verified.cache_until(NOW), Some(NOW.plus(60)));
    assert_eq!(verified.aggregation_uri(), Some("https://office.example.org/status"));
    let by_did = SignAs::Did { did: "did:web:a", kid: "did:web:a#k" };
    let token = sign(&publishing, by_did, &key(1)).unwrap();
    assert_eq!(UnverifiedToken::parse(token).unwrap().kid(), Some("did:web:a#k"));
    // A ttl of nothing is none, since it has to be positive.
    let token = sign(&Publishing { ttl: Some(0), ..publishing }, by_did, &key(1)).unwrap();
    let verified = UnverifiedToken::parse(token).unwrap().verify(&verifying(&key(1)), URI, NOW, 0).unwrap();
    assert_eq!(verified.cache_until(NOW), Some(NOW.plus(100)));
}

#[test]
fn another_type_key_or_address_is_refused() {
    for typ in ["JWT", "statuslist+cwt", "application/statuslist+jwt"] {
        let token = UnverifiedToken::parse(forge(typ, &claims())).unwrap();
        assert_eq!(token.verify(&verifying(&key(1)), URI, NOW, 0).unwrap_err().code(), "wrong_type");
    }
    let token = || UnverifiedToken::parse(forge(TYPE, &claims())).unwrap();
    let error = token().verify(&verifying(&key(2)), URI, NOW, 0).unwrap_err();
    assert_eq!(error, TokenError::Jws(JwsError::BadSignature));
    for uri in ["https://office.example.org/status/2", "https://OFFICE.example.org/status/1", ""] {
        let error = token().verify(&verifying(&key(1)), uri, NOW, 0).unwrap_err();
        assert_eq!(error, TokenError::WrongSubject);
    }
    assert!(token().verify(&verifying(&key(1)), URI, NOW, 0).is_ok());
}

#[test]
fn sub_iat_and_list_are_needed() {
    for name in ["sub", "iat", "status_list"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(verify(&claims).unwrap_err(), TokenError::Claim(ClaimError::Missing(name)));
    }
    let error = verify(&with("status_list", json!([]))).unwrap_err();
    assert_eq!(error, TokenError::Claim(ClaimError::WrongType("status_list")));
    let error = verify(&with("status_list", json!({"bits": 1}))).unwrap_err();
    assert_eq!(error, TokenError::List(ListError::BadEncoding));
}

#[test]
fn an_expired_token_answers_nothing_also_out_of_a_cache() {
    let token = verify(&claims()).unwrap();
    assert_eq!(token.status(1, Timestamp::from_seconds(1_000_999)), Ok(Status::Valid));
    assert_eq!(token.status(1, Timestamp::from_seconds(1_001_000)).unwrap_err().code(), "expired");
    assert_eq!(verify(&with("exp", json!(1_000_000))).unwrap_err().code(), "expired");
    assert_eq!(verify(&with("iat", json!(1_000_001))).unwrap_err().code(), "not_yet_valid");
}

#[test]
fn ttl_is_positive() {
    for bad in [json!(0), json!(-1), json!("600"), json!(null), json!(0.5)] {
        assert_eq!(verify(&with("ttl", bad)).unwrap_err(), TokenError::BadTtl);
    }
    assert!(verify(&with("ttl", json!(1))).is_ok());
}

#[test]
fn a_copy_is_kept_for_ttl_but_never_past_exp() {
    let token = verify(&claims()).unwrap();
    assert_eq!(token.cache_until(NOW), Some(NOW.plus(600)));
    assert_eq!(token.cache_until(NOW.plus(700)), Some(Timestamp::from_seconds(1_001_000)));
    let mut bare = claims();
    bare.as_object_mut().unwrap().remove("ttl");
    assert_eq!(verify(&bare).unwrap().cache_until(NOW), Some(Timestamp::from_seconds(1_001_000)));
    bare.as_object_mut().unwrap().remove("exp");
    assert_eq!(verify(&bare).unwrap().cache_until(NOW), None);
}

#[test]
fn a_token_of_the_past_must_cover_the_time_that_was_asked_for() {
    let at = |time| {
        let token = UnverifiedToken::parse(forge(TYPE, &claims())).unwrap();
        token.verify_as_of(&verifying(&key(1)), URI, Timestamp::from_seconds(time)).map(|_| ())
    };
    assert_eq!(at(999_000), Ok(()));
    assert_eq!(at(1_001_000), Ok(()));
    assert_eq!(at(998_999), Err(TokenError::OtherTime));
    assert_eq!(at(1_001_001), Err(TokenError::OtherTime));
}

#[test]
fn a_list_of_before_is_refused_where_a_newer_one_was_seen() {
    let seen = |seen: i64| {
        let seen = Some(Timestamp::from_seconds(seen));
        verify(&claims()).unwrap().not_older_than(seen).map(|token| token.issued_at().seconds())
    };
    let older = seen(999_001).unwrap_err();
    let (issued_at, newer) = (Timestamp::from_seconds(999_000), Timestamp::from_seconds(999_001));
    assert_eq!(older, TokenError::OlderThanSeen { issued_at, seen: newer });
    assert_eq!(older.code(), "older_than_seen");
    assert_eq!(seen(999_000), Ok(999_000), "of the same second");
    assert_eq!(seen(998_999), Ok(999_000), "a newer one");
    assert!(verify(&claims()).unwrap().not_older_than(None).is_ok(), "the first one");
}

#[test]
fn an_endless_token_is_refused_before_it_is_read() {
    let of = |length: usize| UnverifiedToken::parse(vec![b'a'; length]).unwrap_err();
    assert_eq!(of(LONGEST_TOKEN), TokenError::Jws(JwsError::Malformed));
    assert_eq!(of(LONGEST_TOKEN + 1), TokenError::TooLong);
}

#[test]
fn every_refusal_has_a_name_for_reports_and_the_section_that_is_broken() {
    for (fault, code) in [
        (CoseFault::Malformed, "malformed_cwt"),
        (CoseFault::UnknownExtension, "unknown_extension"),
        (CoseFault::WrongType, "wrong_type"),
        (CoseFault::WrongAlgorithm, "wrong_algorithm"),
        (CoseFault::MalformedChain, "malformed_x5chain"),
        (CoseFault::BadSignature, "bad_signature"),
        (CoseFault::MalformedClaims, "malformed_claims"),
    ] {
        let error = TokenError::Cose(fault);
        assert_eq!((fault.code(), error.code(), error.section()), (code, code, "Token Status List §5.2"));
    }
    let (expired, early) =
        (ClaimError::Expired { expired_at: 1, now: 2 }, ClaimError::NotYetValid { not_before: 2, now: 1 });
    let ahead = ClaimError::IssuedAtOutsideWindow { issued_at: 9, now: 1 };
    let older = TokenError::OlderThanSeen { issued_at: NOW, seen: NOW.plus(1) };
    for (error, code, section) in [
        (TokenError::TooLong, "too_long", "Token Status List §5.1"),
        (TokenError::List(ListError::TooLarge), "too_long", "Token Status List §4"),
        (TokenError::Cwt, "cwt_not_supported", "SD-JWT VC §3.2.2.2"),
        (TokenError::WrongMediaType, "wrong_media_type", "Token Status List §8.2"),
        (JwsError::BadSignature.into(), "bad_signature", "Token Status List §5.1"),
        (IssuerKeyError::MalformedX5c.into(), "malformed_x5c", "Token Status List §5.1"),
        (ClaimError::Missing("sub").into(), "missing_claim", "Token Status List §5.1"),
        (ClaimError::WrongType("sub").into(), "malformed_claim", "Token Status List §5.1"),
        (expired.into(), "expired", "Token Status List §5.1"),
        (early.into(), "not_yet_valid", "Token Status List §5.1"),
        (ahead.into(), "not_yet_valid", "Token Status List §5.1"),
        (TokenError::WrongSubject, "wrong_subject", "Token Status List §8.3"),
        (TokenError::BadTtl, "bad_ttl", "Token Status List §5.1"),
        (ListError::OutOfRange.into(), "index_out_of_range", "Token Status List §8.3"),
        (ListError::BadBits.into(), "malformed_list", "Token Status List §4"),
        (ListError::BadEncoding.into(), "malformed_list", "Token Status List §4"),
        (TokenError::OtherTime, "other_time", "Token Status List §8.4"),
        (older, "older_than_seen", "Token Status List §5.1"),
    ] {
        assert_eq!((error.code(), error.section()), (code, section), "{error}");
    }
}

#[test]
fn the_cwt_form_is_refused_by_name() {
    let cwt = [0xd2, 0x84, 0x58];
    assert_eq!(UnverifiedToken::parse(cwt).unwrap_err(), TokenError::Cwt);
    let response = |media_type: &str| {
        UnverifiedToken::from_response(media_type, forge(TYPE, &claims()).as_bytes()).map(|_| ())
    };
    assert_eq!(response("application/statuslist+cwt"), Err(TokenError::Cwt));
    assert_eq!(response("application/statuslist+jwt; charset=utf-8"), Ok(()));
    for other in ["application/json", "text/html", ""] {
        assert_eq!(response(other), Err(TokenError::WrongMediaType));
    }
}

#[test]
fn an_aggregation_lists_uris() {
    let read = Aggregation::parse(r#"{"status_lists": ["https://a.example.org/1"], "more": 1}"#).unwrap();
    assert_eq!(read.status_lists, ["https://a.example.org/1"]);
    for bad in ["{}", r#"{"status_lists": [1]}"#, "[]"] {
        assert!(Aggregation::parse(bad).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_entry_keeps_its_own_status(
        bits in prop::sample::select(vec![Bits::One, Bits::Two, Bits::Four, Bits::Eight]),
        changes in prop::collection::vec((0_u64..200, any::<u8>()), 0..60),
    ) {
        let mut list = StatusList::new(bits, 200).unwrap();
        let mut model = vec![0_u8; 200];
        for (index, value) in changes {
            let value = value & u8::try_from((1_u32 << bits.count()) - 1).unwrap();
            list.set(index, Status::from_value(value)).unwrap();
            model[usize::try_from(index).unwrap()] = value;
        }
        let read = StatusList::from_lst(bits, &list.to_lst()).unwrap();
        for (index, value) in (0..).zip(model) {
            prop_assert_eq!(read.get(index), Ok(Status::from_value(value)));
        }
    }
}
