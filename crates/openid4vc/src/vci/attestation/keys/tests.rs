use credentials::issuer_key::SignAs;
use environment::SeededRandomness;
use jose::{Signer, SigningKey, jws};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const PROVIDER: &str = "did:web:wallets.example";
const KID: &str = "did:web:wallets.example#attest";
/// Of a provider that does not answer.
const DOWN: &str = "did:web:down.example#attest";

struct Setting {
    provider: SigningKey,
    keys: Vec<Jwk>,
    nonces: NonceKey,
    nonce: String,
    required: KeyAttestationsRequired,
}

fn setting() -> Setting {
    let randomness = SeededRandomness::new(31);
    let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let keys = (0..3).map(|_| key().public_jwk().clone()).collect();
    let nonces = NonceKey::generate(&randomness);
    let nonce = nonces.issue(Purpose::Credential, NOW, &randomness);
    Setting { provider: key(), keys, nonces, nonce, required: KeyAttestationsRequired::default() }
}

impl Setting {
    fn signed(&self, header: Value, changes: &[(&str, Value)]) -> String {
        let keys: Vec<Value> = self.keys.iter().map(Jwk::required_members).collect();
        let claims = json!({
            "iss": PROVIDER, "iat": NOW.seconds(), "exp": NOW.plus(60).seconds(), "attested_keys": keys,
            "nonce": self.nonce, "key_storage": ["iso_18045_moderate"],
        });
        let mut claims = claims.as_object().unwrap().clone();
        for (name, value) in changes {
            if value.is_null() {
                claims.remove(*name);
            } else {
                claims.insert((*name).to_owned(), value.clone());
            }
        }
        let header = header.as_object().unwrap().clone();
        jws::sign(header, &serde_json::to_vec(&claims).unwrap(), &self.provider).unwrap()
    }

    fn checked(&self, attestation: &str, with_proof: bool) -> Result<AttestedKeys, KeyAttestationError> {
        let rules = Rules {
            required: &self.required,
            provider_key: &|named| match named.kid().map(ToString::to_string).as_deref() {
                Some(KID) => {
                    let did = did::Did::parse(PROVIDER).unwrap();
                    Ok(TakenProvider::by_did(&did, self.provider.public_jwk().clone()))
                }
                Some(DOWN) => Err(KeyAttestationError::ProviderUnavailable),
                _ => Err(KeyAttestationError::UnknownProvider),
            },
            most_keys: 3,
            nonces: &self.nonces,
            nonce_lifetime: 60,
            now: NOW,
        };
        verify(attestation, with_proof, &rules)
    }

    fn with(&self, name: &str, value: Value) -> KeyAttestationError {
        self.checked(&self.signed(header(), &[(name, value)]), true).unwrap_err()
    }
}

fn header() -> Value {
    json!({"typ": TYPE, "kid": KID})
}

#[test]
fn what_a_provider_makes_here_is_taken_here() {
    let setting = setting();
    let new = NewKeyAttestation {
        issuer: PROVIDER,
        keys: &setting.keys,
        nonce: Some(&setting.nonce),
        lifetime: 60,
        key_storage: &["iso_18045_basic"],
        user_authentication: &[],
    };
    let signed_as = SignAs::Did { did: PROVIDER, kid: KID };
    let attestation = new.to_sign(signed_as.header(), Algorithm::Es256, NOW).sign(&setting.provider).unwrap();
    assert_eq!(setting.checked(&attestation, true).unwrap().keys, setting.keys);
    assert_eq!(provider_of(&attestation).unwrap().kid().unwrap().to_string(), KID);
}

#[test]
fn the_signer_is_a_provider_that_is_taken() {
    let (setting, mut other) = (setting(), setting());
    let unknown = KeyAttestationError::UnknownProvider;
    for kid in [json!("did:web:other.example#attest"), json!("attest"), Value::Null] {
        let attestation = setting.signed(json!({"typ": TYPE, "kid": kid}), &[]);
        assert_eq!(setting.checked(&attestation, true).unwrap_err(), unknown);
    }
    assert_eq!(setting.with("iss", json!("did:web:other.example")), unknown);
    assert!(setting.checked(&setting.signed(header(), &[("iss", Value::Null)]), true).is_ok());
    other.provider = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(4)).unwrap();
    let forged = other.signed(header(), &[]);
    assert_eq!(setting.checked(&forged, true).unwrap_err(), JwsError::BadSignature.into());
    let typed = setting.signed(json!({"typ": "JWT", "kid": KID}), &[]);
    assert!(matches!(
        setting.checked(&typed, true),
        Err(KeyAttestationError::Jws(JwsError::WrongType { .. }))
    ));
}

#[test]
fn it_has_its_times_and_expires_where_it_stands_beside_a_proof() {
    let setting = setting();
    assert_eq!(setting.with("iat", Value::Null), ClaimError::Missing("iat").into());
    assert_eq!(setting.with("exp", Value::Null), ClaimError::Missing("exp").into());
    assert!(setting.checked(&setting.signed(header(), &[("exp", Value::Null)]), false).is_ok());
    let expired = setting.with("exp", json!(NOW.minus(SKEW).seconds()));
    assert!(matches!(expired, KeyAttestationError::Claim(ClaimError::Expired { .. })));
    let ahead = setting.with("iat", json!(NOW.plus(SKEW + 1).seconds()));
    assert!(matches!(ahead, KeyAttestationError::Claim(ClaimError::IssuedAtOutsideWindow { .. })));
}

#[test]
fn the_keys_are_public_all_different_and_at_least_one() {
    let setting = setting();
    let one = setting.keys[0].required_members();
    let mut private = one.clone();
    private["d"] = json!(jose::base64url::encode([1; 32]));
    for keys in [json!([]), json!("x"), Value::Null, json!([one, one]), json!([private]), json!([{}])] {
        assert_eq!(setting.with("attested_keys", keys), KeyAttestationError::NoKeys);
    }
}

#[test]
fn more_keys_than_are_taken_are_refused_before_one_of_them_is_read() {
    let setting = setting();
    let with = |more: usize| {
        let keys = setting.keys.iter().map(Jwk::required_members).chain(vec![json!({}); more]);
        setting.with("attested_keys", keys.collect())
    };
    for more in [1, 2, 1_000] {
        let refused = with(more);
        assert_eq!(
            (&refused, refused.code(), refused.status()),
            (&KeyAttestationError::TooManyKeys, "invalid_credential_request", 400)
        );
    }
    let within = vec![setting.keys[0].required_members(), json!({})];
    assert_eq!(setting.with("attested_keys", within.into()), KeyAttestationError::NoKeys);
    let attested = setting.checked(&setting.signed(header(), &[]), true).unwrap();
    assert!(setting.keys.iter().all(|key| attested.contains(&key.thumbprint())));
    assert!(!attested.contains(&setting.provider.public_jwk().thumbprint()));
}

#[test]
fn a_provider_that_does_not_answer_is_no_fault_of_the_wallet() {
    let setting = setting();
    let attestation = setting.signed(json!({"typ": TYPE, "kid": DOWN}), &[]);
    let refused = setting.checked(&attestation, true).unwrap_err();
    assert_eq!(
        (&refused, refused.code(), refused.status()),
        (&KeyAttestationError::ProviderUnavailable, "temporarily_unavailable", 503)
    );
}

#[test]
fn strengths_count_where_the_issuer_names_them() {
    let mut setting = setting();
    setting.required.key_storage = vec!["iso_18045_high".to_owned(), "iso_18045_moderate".to_owned()];
    assert!(setting.checked(&setting.signed(header(), &[]), true).is_ok());
    assert_eq!(setting.with("key_storage", json!(["iso_18045_basic"])), KeyAttestationError::Insufficient);
    assert_eq!(setting.with("key_storage", json!("iso_18045_high")), KeyAttestationError::Insufficient);
    assert_eq!(setting.with("key_storage", Value::Null), KeyAttestationError::Insufficient);
    setting.required.user_authentication = vec!["iso_18045_high".to_owned()];
    let neither = setting.checked(&setting.signed(header(), &[]), true).unwrap_err();
    assert_eq!(neither, KeyAttestationError::Insufficient);
}

#[test]
fn the_nonce_is_a_fresh_one_of_ours() {
    let setting = setting();
    assert_eq!(setting.with("nonce", Value::Null), ClaimError::Missing("nonce").into());
    let foreign = setting.with("nonce", json!("x"));
    assert_eq!((&foreign, foreign.code()), (&NonceError::Foreign.into(), "invalid_nonce"));
    let old = setting.nonces.issue(Purpose::Credential, NOW.minus(60), &SeededRandomness::new(1));
    assert_eq!(setting.with("nonce", json!(old)), NonceError::Stale.into());
}
