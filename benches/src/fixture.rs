//! What is measured: one credential, one status list and did:webvh logs of three lengths.
//!
//! The credential has the shape of the comparison with other libraries (`benches/peers`): a member's profile of twenty
//! selectively disclosable claims, five of which are presented with key binding, ES256 throughout. The logs are written
//! by ourselves and read by every resolver that is compared. Nothing here measures; that is [`crate::measure`].
#![expect(clippy::expect_used, reason = "a benchmark over fixed material stops loudly when that is not good")]

use credentials::issuer_key::SignAs;
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::vc::{Held, Issuing, StatusReference, issue};
use credentials::{ClaimsPath, PathPart};
use did::web::Location;
use did::webvh::{Inception, Settings, Update, create};
use did::{Did, Document, DocumentBuilder, DocumentError, Relationship};
use environment::{SeededRandomness, SystemRandomness, Timestamp};
use jose::{Algorithm, Jwk, Signer, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

/// When everything here happens.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// Where the status list is.
pub const STATUS_LIST: &str = "https://office.example.org/status/1";
/// Who asks.
pub const AUDIENCE: &str = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk";
/// The nonce of the request.
pub const NONCE: &str = "n-0S6_WzA2Mj-8a1c7d9e0f12";
/// Type of the credential.
pub const TYPE: &str = "urn:passport-network:profile:1";
/// Entries of the logs.
pub const LENGTHS: [usize; 3] = [1, 10, 100];

const A_DAY: i64 = 86_400;

/// A P-256 key made of a seed.
#[must_use]
pub fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).expect("seeds make keys")
}

/// The public half, ready to check signatures.
#[must_use]
pub fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).expect("a generated key is good")
}

/// Twenty disclosable claims: 14 at the top, 4 in an object, 2 in an array.
#[must_use]
pub fn claims() -> Map<String, Value> {
    let mut claims = Map::new();
    for (name, value) in TOP {
        claims.insert((*name).to_owned(), Value::from(*value));
    }
    claims.insert("age_over_18".to_owned(), Value::from(true));
    claims.insert("points".to_owned(), Value::from(18_250));
    claims.insert(
        "address".to_owned(),
        json!({"street_address": "1 Quay", "postal_code": "12345", "locality": "Harbour", "country": "XX"}),
    );
    claims.insert("roles".to_owned(), json!(["treasurer", "coach"]));
    claims
}

const TOP: &[(&str, &str)] = &[
    ("member_id", "M-2026-004711"),
    ("given_name", "Ada"),
    ("family_name", "Example"),
    ("birthdate", "1990-01-02"),
    ("email", "ada@example.org"),
    ("phone_number", "+44 20 7946 0000"),
    ("membership_level", "gold"),
    ("joined", "2019-05-01"),
    ("section", "Harbour North"),
    ("card_number", "0000 1111 2222 3333"),
    ("company", "Example Works"),
    ("fee_paid_until", "2027-12-31"),
];

/// What is disclosable: all of [`claims`].
#[must_use]
pub fn frame() -> Frame {
    let top = TOP.iter().map(|(name, _)| *name).chain(["age_over_18", "points"]).map(ClaimsPath::name);
    let address = ["street_address", "postal_code", "locality", "country"];
    let address = address.map(|name| ClaimsPath::names("address", &[name]));
    let roles = ClaimsPath::name("roles").then(PathPart::All);
    Frame::Paths(top.chain(address).chain([roles]).collect())
}

/// The five that are presented.
#[must_use]
pub fn asked() -> Vec<ClaimsPath> {
    let mut asked: Vec<ClaimsPath> =
        ["given_name", "family_name", "birthdate"].into_iter().map(ClaimsPath::name).collect();
    asked.push(ClaimsPath::names("address", &["locality"]));
    asked.push(ClaimsPath::name("roles").then(PathPart::Index(0)));
    asked
}

/// A credential over these claims.
#[must_use]
pub fn issue_these(
    issuer: &SigningKey,
    sign_as: SignAs<'_>,
    holder: &Jwk,
    vct: &str,
    claims: Map<String, Value>,
    frame: Frame,
) -> String {
    let status = StatusReference { uri: STATUS_LIST.to_owned(), index: 4_711 };
    let issuing = Issuing {
        vct,
        claims,
        frame,
        decoys: Decoys::default(),
        holder: Some(holder),
        issued_at: Some(NOW),
        not_before: None,
        expires: Some(NOW.plus(A_DAY)),
        status: Some(&status),
    };
    issue(issuing, sign_as, issuer, &SystemRandomness).expect("the claims keep every rule")
}

/// The DID as which the issuer signs.
#[must_use]
pub const fn sign_as() -> SignAs<'static> {
    SignAs::Did { did: "did:web:office.example.org", kid: "did:web:office.example.org#issue" }
}

/// The credential.
#[must_use]
pub fn issued(issuer: &SigningKey, holder: &SigningKey) -> String {
    issue_these(issuer, sign_as(), holder.public_jwk(), TYPE, claims(), frame())
}

/// The presentation of the claims that are `asked` for.
#[must_use]
pub fn present(held: &Held, holder: &SigningKey, asked: &[ClaimsPath]) -> String {
    let selection = held.sd_jwt().select(asked).expect("the five are there");
    let binding = KeyBinding { audience: AUDIENCE, nonce: NONCE, issued_at: NOW };
    held.sd_jwt().present_bound(&selection, &binding, holder).expect("the key is the holder's")
}

/// A DID and its log of `entries` lines: three keys and two services; with every entry, which is a day apart from the
/// one before, the update key and one of the three keys are replaced.
#[must_use]
pub fn webvh_log(entries: usize) -> (Did, String) {
    let location = Location::new("office.example.org", None, &[]).expect("a host");
    let begin = NOW.minus(A_DAY.saturating_mul(200));
    let document = |did: &Did| document(did, 0);
    let inception = Inception { location: &location, document: &document, settings: Settings::default() };
    let created = create(&inception, &update_key(0), begin).expect("the document keeps every rule");
    let (did, mut log, mut text) = (created.did, created.log, created.text);
    for number in (1_u64..).take(entries.saturating_sub(1)) {
        let update = Update {
            document: Some(self::document(&did, number).expect("a document")),
            update_keys: Some(vec![update_key(number).public_jwk().clone()]),
            ..Update::default()
        };
        let at = begin.plus(A_DAY.saturating_mul(i64::try_from(number).unwrap_or(0)));
        let signer = update_key(number.saturating_sub(1));
        text.push_str(&log.append(&update, &signer, at).expect("the entry keeps every rule"));
    }
    (did, text)
}

fn update_key(number: u64) -> SigningKey {
    ed25519(1_000_u64.saturating_add(number))
}

fn ed25519(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(seed)).expect("seeds make keys")
}

fn document(did: &Did, number: u64) -> Result<Document, DocumentError> {
    DocumentBuilder::new(did)
        .key("key-0", ed25519(1).public_jwk(), &[Relationship::Authentication])
        .key("key-1", ed25519(2).public_jwk(), &[Relationship::AssertionMethod])
        .key("key-2", ed25519(3_u64.saturating_add(number)).public_jwk(), &[])
        .service("oid4vci", "OID4VCI", "https://office.example.org/")
        .service("status", "StatusLists", "https://office.example.org/status")
        .build()
}
