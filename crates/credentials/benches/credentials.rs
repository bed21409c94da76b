//! What an office, a wallet and a space do all day, beside the bare cryptography it cannot do without.
//!
//! Read the figures as ratios: `verify_presentation` to `floor::two_es256_verifies`, `issue` and `present_*` to
//! `floor::es256_sign`.
#![allow(missing_docs, reason = "divan's macros make the entry points")]
#![expect(clippy::unwrap_used, reason = "a benchmark over a fixed credential")]

use std::collections::BTreeSet;

use credentials::dcql::{CredentialQuery, Id, Query};
use credentials::issuer_key::SignAs;
use credentials::sd_jwt::key_binding::{Expected, KeyBinding};
use credentials::sd_jwt::{Decoys, Frame};
use credentials::status_list::{Bits, Publishing, Status, StatusList, UnverifiedToken, sign};
use credentials::vc::{Binding, Held, Issuing, StatusReference, Types, Unverified, issue};
use credentials::{ClaimsPath, PathPart};
use divan::{Bencher, black_box};
use environment::{Randomness, SeededRandomness, SystemRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const URI: &str = "https://office.example.org/status/1";

fn main() {
    divan::main();
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

/// Twenty disclosable claims: 14 at the top, 4 in an object, 2 in an array.
fn claims() -> Map<String, Value> {
    let mut claims = Map::new();
    for number in 0..14 {
        claims.insert(format!("claim_{number}"), Value::from(format!("value number {number}")));
    }
    claims.insert(
        "address".to_owned(),
        json!({"street_address": "1 Quay", "locality": "Harbour", "postal_code": "12345", "country": "XX"}),
    );
    claims.insert("roles".to_owned(), json!(["treasurer", "member"]));
    claims
}

fn frame() -> Frame {
    let top = (0..14).map(|number| ClaimsPath::name(format!("claim_{number}")));
    let address = ["street_address", "locality", "postal_code", "country"];
    let address = address.map(|name| ClaimsPath::names("address", &[name]));
    let roles = ClaimsPath::name("roles").then(PathPart::All);
    Frame::Paths(top.chain(address).chain([roles]).collect())
}

fn asked() -> Vec<ClaimsPath> {
    let mut asked: Vec<ClaimsPath> =
        (0..3).map(|number| ClaimsPath::name(format!("claim_{number}"))).collect();
    asked.push(ClaimsPath::names("address", &["locality"]));
    asked.push(ClaimsPath::name("roles").then(PathPart::Index(0)));
    asked
}

fn issued(issuer: &SigningKey, holder: &SigningKey) -> String {
    issue_these(issuer, holder, claims(), frame())
}

fn issue_these(issuer: &SigningKey, holder: &SigningKey, claims: Map<String, Value>, frame: Frame) -> String {
    let status = StatusReference { uri: URI.to_owned(), index: 4_711 };
    let issuing = Issuing {
        vct: "urn:passport-network:profile:1",
        claims,
        frame,
        decoys: Decoys::default(),
        holder: Some(holder.public_jwk()),
        issued_at: Some(NOW),
        not_before: None,
        expires: Some(NOW.plus(86_400)),
        status: Some(&status),
    };
    let did = "did:web:office.example.org";
    let sign_as = SignAs::Did { did, kid: "did:web:office.example.org#issue" };
    issue(issuing, sign_as, issuer, &SystemRandomness).unwrap()
}

fn binding() -> KeyBinding<'static> {
    KeyBinding { audience: "x509_hash:abc", nonce: "0123456789abcdef", issued_at: NOW }
}

fn present(held: &Held, holder: &SigningKey) -> String {
    let selection = held.sd_jwt().select(&asked()).unwrap();
    held.sd_jwt().present_bound(&selection, &binding(), holder).unwrap()
}

mod floor {
    use super::{Bencher, Signer, key, verifying};

    #[divan::bench]
    fn es256_sign(bencher: Bencher<'_, '_>) {
        let key = key(1);
        bencher.bench(|| key.sign(&[7; 256]).unwrap());
    }

    #[divan::bench]
    fn two_es256_verifies(bencher: Bencher<'_, '_>) {
        let (one, two) = (key(1), key(2));
        let (first, second) = (one.sign(&[7; 256]).unwrap(), two.sign(&[7; 256]).unwrap());
        let (one, two) = (verifying(&one), verifying(&two));
        bencher.bench(|| one.verifies(&[7; 256], &first) && two.verifies(&[7; 256], &second));
    }
}

#[divan::bench]
fn issue_20_claims(bencher: Bencher<'_, '_>) {
    let (issuer, holder) = (key(1), key(2));
    let inputs = bencher.with_inputs(|| (claims(), frame()));
    inputs.bench_values(|(claims, frame)| issue_these(&issuer, &holder, claims, frame));
}

#[divan::bench]
fn present_5_of_20_from_text(bencher: Bencher<'_, '_>) {
    let holder = key(2);
    let compact = issued(&key(1), &holder);
    bencher.bench(|| present(&Held::reopen(&compact).unwrap(), &holder));
}

#[divan::bench]
fn present_5_of_20_kept_parsed(bencher: Bencher<'_, '_>) {
    let holder = key(2);
    let held = Held::reopen(&issued(&key(1), &holder)).unwrap();
    bencher.bench(|| present(&held, &holder));
}

#[divan::bench]
fn verify_presentation(bencher: Bencher<'_, '_>) {
    let (issuer, holder) = (key(1), key(2));
    let compact = present(&Held::reopen(&issued(&issuer, &holder)).unwrap(), &holder);
    let issuer = verifying(&issuer);
    let expected =
        Expected { audience: "x509_hash:abc", nonce: "0123456789abcdef", now: NOW, oldest: 300, skew: 60 };
    bencher.bench(|| {
        let parsed = Unverified::parse(black_box(&compact), Types::Current).unwrap();
        parsed.verify(&issuer, NOW, 60).unwrap().presented(Binding::Required(&expected)).unwrap()
    });
}

#[divan::bench]
fn dcql_evaluate_20_candidates(bencher: Bencher<'_, '_>) {
    let held = Held::reopen(&issued(&key(1), &key(2))).unwrap();
    let candidates = vec![held.as_candidate(&[]); 20];
    let id = Id::new("q").unwrap();
    let query = CredentialQuery::sd_jwt_vc(id, "urn:passport-network:profile:1", asked());
    let query = Query::new(vec![query], vec![]).unwrap();
    assert_eq!(query.evaluate(&candidates).answerable(), BTreeSet::from(["q"]));
    bencher.bench(|| query.evaluate(black_box(&candidates)).is_satisfiable());
}

/// 2^20 entries of one bit, one in a hundred set.
fn list() -> StatusList {
    let mut list = StatusList::new(Bits::One, 1 << 20).unwrap();
    let randomness: &dyn Randomness = &SeededRandomness::new(1);
    for _ in 0..(1 << 20) / 100 {
        list.set(randomness.below(1 << 20), Status::Invalid).unwrap();
    }
    list
}

fn token(list: &StatusList, issuer: &SigningKey) -> String {
    let publishing =
        Publishing { list, uri: URI, issued_at: NOW, expires: None, ttl: Some(3_600), aggregation_uri: None };
    sign(&publishing, SignAs::Did { did: "did:web:a", kid: "did:web:a#k" }, issuer).unwrap()
}

#[divan::bench]
fn status_list_change_one_and_build(bencher: Bencher<'_, '_>) {
    let issuer = key(1);
    bencher.with_inputs(list).bench_local_values(|mut list| {
        list.set(5, Status::Invalid).unwrap();
        token(&list, &issuer)
    });
}

#[divan::bench]
fn status_check_cold_with_signature(bencher: Bencher<'_, '_>) {
    let issuer = key(1);
    let token = token(&list(), &issuer);
    let issuer = verifying(&issuer);
    bencher.bench(|| {
        let parsed = UnverifiedToken::parse(black_box(&token)).unwrap();
        parsed.verify(&issuer, URI, NOW, 0).unwrap().status(4_711, NOW).unwrap()
    });
}

#[divan::bench]
fn status_check_cached(bencher: Bencher<'_, '_>) {
    let issuer = key(1);
    let parsed = UnverifiedToken::parse(token(&list(), &issuer)).unwrap();
    let verified = parsed.verify(&verifying(&issuer), URI, NOW, 0).unwrap();
    bencher.bench(|| black_box(&verified).status(black_box(4_711), NOW).unwrap());
}
