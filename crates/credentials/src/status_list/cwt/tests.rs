use coset::{CoseSign1Builder, HeaderBuilder, iana};
use environment::SeededRandomness;
use jose::jwt::ClaimError;
use jose::{Signer as _, SigningKey};

use super::*;
use crate::status_list::{ListError, Status, UnverifiedToken};

const URI: &str = "https://office.example.org/status/1";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, &SeededRandomness::new(1)).unwrap()
}

fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn number(number: i64) -> Cbor {
    Cbor::from(number)
}

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

/// The list of §4.3's example: sixteen entries of one bit.
fn list() -> Cbor {
    let lst = base64url::decode("eNrbuRgAAhcBXQ").unwrap();
    Cbor::Map(vec![(text("bits"), number(1)), (text("lst"), Cbor::Bytes(lst))])
}

fn payload() -> Vec<(Cbor, Cbor)> {
    vec![
        (number(2), text(URI)),
        (number(6), number(999_000)),
        (number(4), number(1_001_000)),
        (number(65_534), number(600)),
        (number(65_533), list()),
    ]
}

fn with(name: i64, value: Cbor) -> Vec<(Cbor, Cbor)> {
    payload()
        .into_iter()
        .map(|(key, old)| if key == number(name) { (key, value.clone()) } else { (key, old) })
        .collect()
}

fn without(name: i64) -> Vec<(Cbor, Cbor)> {
    payload().into_iter().filter(|(key, _)| *key != number(name)).collect()
}

fn header() -> Header {
    HeaderBuilder::new().algorithm(CoseAlgorithm::ES256).value(TYPE, text(CWT_MEDIA_TYPE)).build()
}

fn signed(protected: Header, unprotected: Header, claims: Vec<(Cbor, Cbor)>) -> CoseSign1 {
    CoseSign1Builder::new()
        .protected(protected)
        .unprotected(unprotected)
        .payload(Cbor::Map(claims).to_vec().unwrap())
        .create_signature(&[], |signed| key(Algorithm::Es256).sign(signed).unwrap())
        .build()
}

fn token(claims: Vec<(Cbor, Cbor)>) -> Vec<u8> {
    signed(header(), Header::default(), claims).to_tagged_vec().unwrap()
}

fn verify(token: &[u8]) -> Result<VerifiedToken, TokenError> {
    UnverifiedCwt::parse(token)?.verify(&verifying(&key(Algorithm::Es256)), URI, NOW, 0)
}

fn refused(claims: Vec<(Cbor, Cbor)>) -> TokenError {
    verify(&token(claims)).unwrap_err()
}

fn header_refused(protected: Header, unprotected: Header) -> TokenError {
    verify(&signed(protected, unprotected, payload()).to_tagged_vec().unwrap()).unwrap_err()
}

#[test]
fn a_token_is_read_tagged_and_untagged_alike() {
    let sign1 = signed(header(), Header::default(), payload());
    for bytes in [sign1.clone().to_tagged_vec().unwrap(), sign1.to_vec().unwrap()] {
        let verified = verify(&bytes).unwrap();
        assert_eq!(verified.status(0, NOW), Ok(Status::Invalid));
        assert_eq!(verified.status(1, NOW), Ok(Status::Valid));
        assert_eq!(verified.status(16, NOW), Err(TokenError::List(ListError::OutOfRange)));
        assert_eq!(verified.cache_until(NOW), Some(NOW.plus(600)));
    }
}

#[test]
fn other_tags_other_bytes_and_bytes_behind_it_are_refused() {
    let malformed = TokenError::Cose(CoseFault::Malformed);
    let good = token(payload());
    assert!(verify(&good).is_ok());
    let mut mac = good.clone();
    mac[0] = 0xd1;
    let cwt_tag = [&[0xd8, 0x3d][..], &good].concat();
    let longer = [&good[..], &[0]].concat();
    let shorter = &good[..good.len() - 1];
    for other in [&mac[..], &cwt_tag, &longer, shorter, b"", b"eyJhbGciOiJFUzI1NiJ9.e30.AA"] {
        assert_eq!(verify(other).unwrap_err(), malformed, "{other:?}");
    }
    let nothing = CoseSign1Builder::new().protected(header()).signature(vec![0; 64]).build();
    assert_eq!(verify(&nothing.to_tagged_vec().unwrap()).unwrap_err(), malformed);
}

#[test]
fn a_token_is_bounded_in_length_depth_and_claims() {
    assert_eq!(verify(&vec![0x84; LONGEST_CWT + 1]).unwrap_err(), TokenError::TooLong);
    assert_eq!(verify(&vec![0x81; LONGEST_CWT]).unwrap_err(), TokenError::Cose(CoseFault::Malformed));
    let with_more = |more: usize| {
        let mut claims = payload();
        claims.extend((100..).take(more).map(|name| (number(name), number(0))));
        claims
    };
    let room = MOST_CLAIMS - payload().len();
    assert!(verify(&token(with_more(room))).is_ok());
    assert_eq!(refused(with_more(room + 1)), TokenError::Cose(CoseFault::MalformedClaims));
}

#[test]
fn the_type_is_protected_and_exact() {
    let wrong = TokenError::Cose(CoseFault::WrongType);
    let typed = |typ: Cbor| HeaderBuilder::new().algorithm(CoseAlgorithm::ES256).value(TYPE, typ).build();
    for typ in [text("statuslist+cwt"), text("application/statuslist+jwt"), number(16)] {
        assert_eq!(header_refused(typed(typ), Header::default()), wrong);
    }
    let untyped = HeaderBuilder::new().algorithm(CoseAlgorithm::ES256).build();
    let unprotected = HeaderBuilder::new().value(TYPE, text(CWT_MEDIA_TYPE)).build();
    assert_eq!(header_refused(untyped, unprotected), wrong);
}

#[test]
fn the_algorithm_is_protected_es256_and_that_of_the_key() {
    let wrong = TokenError::Cose(CoseFault::WrongAlgorithm);
    let typed = || HeaderBuilder::new().value(TYPE, text(CWT_MEDIA_TYPE));
    for algorithm in [CoseAlgorithm::EdDSA, CoseAlgorithm::ES384, CoseAlgorithm::HMAC_256_256] {
        assert_eq!(header_refused(typed().algorithm(algorithm).build(), Header::default()), wrong);
    }
    let unprotected = HeaderBuilder::new().algorithm(CoseAlgorithm::ES256).build();
    assert_eq!(header_refused(typed().build(), unprotected), wrong);
    let parsed = UnverifiedCwt::parse(&token(payload())).unwrap();
    let other = verifying(&key(Algorithm::EdDsa));
    assert_eq!(parsed.verify(&other, URI, NOW, 0).unwrap_err(), wrong);
}

#[test]
fn an_extension_is_refused_wherever_it_is_declared() {
    let unknown = TokenError::Cose(CoseFault::UnknownExtension);
    let critical = |builder: HeaderBuilder| builder.add_critical(iana::HeaderParameter::Kid).build();
    let protected = HeaderBuilder::new().algorithm(CoseAlgorithm::ES256).value(TYPE, text(CWT_MEDIA_TYPE));
    assert_eq!(header_refused(critical(protected), Header::default()), unknown);
    assert_eq!(header_refused(header(), critical(HeaderBuilder::new())), unknown);
}

#[test]
fn another_key_and_a_changed_byte_do_not_verify() {
    let parsed = UnverifiedCwt::parse(&token(payload())).unwrap();
    let other = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(2)).unwrap();
    let bad = TokenError::Cose(CoseFault::BadSignature);
    assert_eq!(parsed.verify(&verifying(&other), URI, NOW, 0).unwrap_err(), bad);
    let mut changed = signed(header(), Header::default(), payload());
    changed.payload = Some(Cbor::Map(with(2, text("https://office.example.org/status/2"))).to_vec().unwrap());
    assert_eq!(verify(&changed.to_tagged_vec().unwrap()).unwrap_err(), bad);
}

#[test]
fn the_claims_are_held_to_the_rules_of_the_jwt_form() {
    assert_eq!(refused(with(2, text("https://office.example.org/status/2"))), TokenError::WrongSubject);
    assert_eq!(refused(without(2)), TokenError::Claim(ClaimError::Missing("sub")));
    assert_eq!(refused(without(6)), TokenError::Claim(ClaimError::Missing("iat")));
    assert_eq!(refused(without(65_533)), TokenError::Claim(ClaimError::Missing("status_list")));
    assert!(verify(&token(without(4))).is_ok() && verify(&token(without(65_534))).is_ok());
    let mut early = payload();
    early.push((number(5), number(1_000_001)));
    let not_yet = ClaimError::NotYetValid { not_before: 1_000_001, now: 1_000_000 };
    assert_eq!(refused(early), TokenError::Claim(not_yet));
    let half_a_second = verify(&token(with(4, Cbor::Float(1_000_500.5)))).unwrap();
    assert_eq!(half_a_second.expires(), Some(Timestamp::from_seconds(1_000_500)));
    let expired = ClaimError::Expired { expired_at: 1_000_000, now: 1_000_000 };
    assert_eq!(refused(with(4, number(1_000_000))), TokenError::Claim(expired));
    assert_eq!(refused(with(65_534, number(0))), TokenError::BadTtl);
    assert_eq!(refused(with(65_534, text("600"))), TokenError::BadTtl);
    assert_eq!(
        refused(with(4, Cbor::Tag(1, Box::new(number(1_001_000))))),
        TokenError::Claim(ClaimError::WrongType("exp"))
    );
}

#[test]
fn a_list_needs_bits_as_a_number_and_lst_as_bytes() {
    let lst = || Cbor::Bytes(base64url::decode("eNrbuRgAAhcBXQ").unwrap());
    let list =
        |bits: Cbor, lst: Cbor| with(65_533, Cbor::Map(vec![(text("bits"), bits), (text("lst"), lst)]));
    assert!(verify(&token(list(number(1), lst()))).is_ok());
    assert_eq!(refused(list(number(3), lst())), TokenError::List(ListError::BadBits));
    assert_eq!(refused(list(text("1"), lst())), TokenError::List(ListError::BadBits));
    assert_eq!(refused(list(number(1), text("eNrbuRgAAhcBXQ"))), TokenError::List(ListError::BadEncoding));
    assert_eq!(refused(list(number(1), Cbor::Bytes(vec![0]))), TokenError::List(ListError::BadEncoding));
    let aggregated = |uri: Cbor| {
        let members = vec![(text("bits"), number(1)), (text("lst"), lst()), (text("aggregation_uri"), uri)];
        verify(&token(with(65_533, Cbor::Map(members))))
    };
    let all = "https://office.example.org/status";
    assert_eq!(aggregated(text(all)).unwrap().aggregation_uri(), Some(all));
    assert_eq!(
        aggregated(Cbor::Bytes(all.as_bytes().to_vec())).unwrap_err(),
        TokenError::Claim(ClaimError::WrongType("status_list"))
    );
    let twice = Cbor::Map(vec![(text("bits"), number(1)), (text("bits"), number(2)), (text("lst"), lst())]);
    assert_eq!(refused(with(65_533, twice)), TokenError::Cose(CoseFault::MalformedClaims));
}

#[test]
fn a_claim_given_twice_is_refused_and_an_unknown_one_ignored() {
    let mut twice = payload();
    twice.push((number(2), text(URI)));
    assert_eq!(refused(twice), TokenError::Cose(CoseFault::MalformedClaims));
    let mut unknown = payload();
    unknown.push((text("sub"), text("https://other.example.org")));
    assert!(verify(&token(unknown)).is_ok());
}

#[test]
fn the_signer_is_named_by_kid_or_certificates_in_either_header() {
    let kid = HeaderBuilder::new().key_id(b"12".to_vec()).build();
    let parse =
        |unprotected| UnverifiedCwt::parse(&signed(header(), unprotected, payload()).to_vec().unwrap());
    assert_eq!(parse(kid).unwrap().kid(), Some(&b"12"[..]));
    let certified = |chain: Cbor| parse(HeaderBuilder::new().value(X5CHAIN, chain).build());
    let certificate = || Cbor::Bytes(vec![0x30]);
    assert_eq!(certified(certificate()).unwrap().x5chain(), Some(&[vec![0x30]][..]));
    assert_eq!(
        certified(Cbor::Array(vec![certificate(), certificate()])).unwrap().x5chain().map(<[_]>::len),
        Some(2)
    );
    let many = |count: usize| Cbor::Array(vec![certificate(); count]);
    assert_eq!(certified(many(LONGEST_CHAIN)).unwrap().x5chain().map(<[_]>::len), Some(LONGEST_CHAIN));
    for malformed in
        [text("MA"), many(0), many(1), many(LONGEST_CHAIN + 1), Cbor::Array(vec![certificate(), text("MA")])]
    {
        assert_eq!(certified(malformed).unwrap_err(), TokenError::Cose(CoseFault::MalformedChain));
    }
}

#[test]
fn an_sd_jwt_vc_is_refused_the_form_that_others_may_use() {
    let good = token(payload());
    assert!(UnverifiedCwt::from_response("application/statuslist+cwt; q=1", &good).is_ok());
    assert_eq!(
        UnverifiedCwt::from_response("application/statuslist+jwt", &good).unwrap_err(),
        TokenError::WrongMediaType
    );
    assert_eq!(UnverifiedToken::from_response(CWT_MEDIA_TYPE, &good).unwrap_err(), TokenError::Cwt);
    assert_eq!(UnverifiedToken::parse(&good).unwrap_err(), TokenError::Cwt);
}
