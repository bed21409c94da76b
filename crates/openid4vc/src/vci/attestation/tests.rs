use credentials::issuer_key::SignAs;
use environment::SeededRandomness;
use jose::{Signer, SigningKey};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const SERVER: &str = "https://office.example";
const PROVIDER: &str = "did:web:wallets.example";
const KID: &str = "did:web:wallets.example#attest";
const CLIENT: &str = "https://wallets.example/wallet";

struct Setting {
    provider: SigningKey,
    instance: SigningKey,
    challenges: NonceKey,
    randomness: SeededRandomness,
}

fn setting() -> Setting {
    let randomness = SeededRandomness::new(21);
    let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    Setting { provider: key(), instance: key(), challenges: NonceKey::generate(&randomness), randomness }
}

fn changed(claims: &mut Map<String, Value>, changes: &[(&str, Value)]) {
    for (name, value) in changes {
        if value.is_null() {
            claims.remove(*name);
        } else {
            claims.insert((*name).to_owned(), value.clone());
        }
    }
}

fn signed(header: Value, claims: &Map<String, Value>, key: &SigningKey) -> String {
    jws::sign(header.as_object().unwrap().clone(), &serde_json::to_vec(claims).unwrap(), key).unwrap()
}

fn by_did(key: &SigningKey) -> TakenProvider {
    TakenProvider::by_did(&did::Did::parse(PROVIDER).unwrap(), key.public_jwk().clone())
}

impl Setting {
    fn challenge(&self) -> String {
        self.challenges.issue(Purpose::Attestation, NOW, &self.randomness)
    }

    fn attestation(&self, changes: &[(&str, Value)]) -> String {
        self.attestation_under(json!({"typ": TYPE, "kid": KID}), changes)
    }

    fn attestation_under(&self, header: Value, changes: &[(&str, Value)]) -> String {
        let cnf = json!({"jwk": self.instance.public_jwk().required_members()});
        let claims = json!({
            "iss": PROVIDER, "sub": CLIENT, "iat": NOW.seconds(), "exp": NOW.plus(3_600).seconds(), "cnf": cnf,
        });
        let mut claims = claims.as_object().unwrap().clone();
        changed(&mut claims, changes);
        signed(header, &claims, &self.provider)
    }

    fn proof(&self, changes: &[(&str, Value)]) -> String {
        let claims = json!({
            "iss": CLIENT, "aud": SERVER, "jti": "j", "iat": NOW.seconds(), "challenge": self.challenge(),
        });
        let mut claims = claims.as_object().unwrap().clone();
        changed(&mut claims, changes);
        signed(json!({"typ": PROOF_TYPE}), &claims, &self.instance)
    }

    fn expected(&self) -> Expected<'_> {
        Expected { audience: SERVER, client_id: Some(CLIENT), challenges: &self.challenges, now: NOW }
    }

    fn checked(&self, attestation: &str, proof: &str) -> Result<Attested, AttestationError> {
        let read = ClientAttestation::read(&[attestation], &[proof])?.unwrap();
        assert_eq!(read.named().kid().unwrap().to_string(), KID);
        read.verify(&by_did(&self.provider), &self.expected())
    }

    fn with_attestation(&self, name: &str, value: Value) -> AttestationError {
        self.checked(&self.attestation(&[(name, value)]), &self.proof(&[])).unwrap_err()
    }

    fn with_proof(&self, name: &str, value: Value) -> AttestationError {
        self.checked(&self.attestation(&[]), &self.proof(&[(name, value)])).unwrap_err()
    }
}

#[test]
fn what_provider_and_wallet_make_here_is_taken_here() {
    let setting = setting();
    let attestation = NewAttestation {
        issuer: PROVIDER,
        client_id: CLIENT,
        key: setting.instance.public_jwk(),
        lifetime: 3_600,
        wallet_name: Some("Passport"),
        wallet_link: None,
    };
    let signed_as = SignAs::Did { did: PROVIDER, kid: KID };
    let attestation =
        attestation.to_sign(signed_as.header(), Algorithm::Es256, NOW).sign(&setting.provider).unwrap();
    let challenge = setting.challenge();
    let proof = NewProofOfPossession {
        client_id: CLIENT,
        audience: SERVER,
        challenge: Some(&challenge),
        key: setting.instance.public_jwk(),
    };
    let proof = proof.to_sign(NOW, &setting.randomness).sign(&setting.instance).unwrap();
    let attested = setting.checked(&attestation, &proof).unwrap();
    assert_eq!((attested.provider(), attested.client_id()), (PROVIDER, CLIENT));
    assert_eq!(attested.instance(), setting.instance.public_jwk().thumbprint_base64url());
    assert_eq!(attested.expires_at(), NOW.plus(OLDEST + 1));
    let claims = jws::Unverified::parse(&attestation).unwrap().claims().unwrap();
    assert_eq!(claims["iss"], PROVIDER, "the pinned draft wants it");
}

#[test]
fn neither_header_is_no_attestation_and_anything_but_one_of_each_is_refused() {
    let setting = setting();
    let (attestation, proof) = (setting.attestation(&[]), setting.proof(&[]));
    let (attestation, proof) = (attestation.as_str(), proof.as_str());
    assert!(ClientAttestation::read(&[], &[]).unwrap().is_none());
    let none: &[&str] = &[];
    for (attestations, proofs) in [
        (&[attestation][..], none),
        (none, &[proof][..]),
        (&[attestation, attestation][..], &[proof][..]),
        (&[attestation][..], &[proof, proof][..]),
    ] {
        let error = ClientAttestation::read(attestations, proofs).unwrap_err();
        assert_eq!((&error, error.code()), (&AttestationError::NotOneOfEach, "invalid_client"));
    }
    assert!(matches!(ClientAttestation::read(&["x"], &[proof]), Err(AttestationError::Attestation(_))));
    assert!(matches!(ClientAttestation::read(&[attestation], &["x"]), Err(AttestationError::Proof(_))));
}

#[test]
fn the_provider_is_named_by_a_did_url_or_by_certificates() {
    let setting = setting();
    for kid in [json!("11"), json!(PROVIDER.trim_start_matches("did:")), json!(7), Value::Null] {
        let attestation = setting.attestation_under(json!({"typ": TYPE, "kid": kid}), &[]);
        let error = ClientAttestation::read(&[&attestation], &[&setting.proof(&[])]).unwrap_err();
        assert_eq!(error, AttestationError::ProviderNotNamed);
    }
    // Malformed certificates name nobody, whatever stands beside them.
    let many = vec!["AAAA"; 9];
    for x5c in [json!([]), json!("AAAA"), json!([7]), json!(["*"]), json!(many)] {
        for kid in ["11", KID] {
            let attestation = setting.attestation_under(json!({"typ": TYPE, "kid": kid, "x5c": x5c}), &[]);
            let error = ClientAttestation::read(&[&attestation], &[&setting.proof(&[])]).unwrap_err();
            assert_eq!(error, AttestationError::ProviderNotNamed, "{x5c}");
        }
    }
    for (header, has_kid) in [
        (json!({"typ": TYPE, "x5c": ["AAAA"], "kid": "11"}), false),
        (json!({"typ": TYPE, "x5c": ["AAAA"], "kid": KID}), true),
    ] {
        let attestation = setting.attestation_under(header, &[]);
        let read = ClientAttestation::read(&[&attestation], &[&setting.proof(&[])]).unwrap().unwrap();
        assert_eq!((read.named().kid().is_some(), read.named().chain().unwrap().len()), (has_kid, 1));
    }
}

#[test]
fn iss_may_be_missing_from_both_and_may_not_be_anybody_elses() {
    let setting = setting();
    let without = [("iss", Value::Null)];
    assert!(setting.checked(&setting.attestation(&without), &setting.proof(&without)).is_ok());
    assert_eq!(setting.with_attestation("iss", json!("did:web:other")), AttestationError::UnknownProvider);
    assert_eq!(setting.with_attestation("iss", json!(7)), AttestationError::UnknownProvider);
    assert_eq!(setting.with_proof("iss", json!("other")), AttestationError::OtherClient);
}

#[test]
fn an_attestation_of_another_type_key_or_time_is_refused() {
    let setting = setting();
    let proof = setting.proof(&[]);
    let typed =
        |typ: &str| setting.checked(&setting.attestation_under(json!({"typ": typ, "kid": KID}), &[]), &proof);
    for other in ["JWT", PROOF_TYPE, "OAuth-client-attestation+jwt"] {
        assert!(matches!(typed(other), Err(AttestationError::Attestation(JwsError::WrongType { .. }))));
    }
    let read = ClientAttestation::read(&[&setting.attestation(&[])], &[&proof]).unwrap().unwrap();
    let foreign = read.verify(&by_did(&setting.instance), &setting.expected());
    assert_eq!(foreign, Err(AttestationError::Attestation(JwsError::BadSignature)));
    let claim = AttestationError::AttestationClaim;
    assert_eq!(setting.with_attestation("exp", Value::Null), claim(ClaimError::Missing("exp")));
    assert_eq!(setting.with_attestation("sub", Value::Null), claim(ClaimError::Missing("sub")));
    assert_eq!(setting.with_attestation("sub", json!("")), claim(ClaimError::WrongType("sub")));
    let ahead = setting.with_attestation("nbf", json!(NOW.plus(SKEW + 1).seconds()));
    assert!(matches!(ahead, AttestationError::AttestationClaim(ClaimError::NotYetValid { .. })));
    let expired = setting.with_attestation("exp", json!(NOW.minus(SKEW).seconds()));
    assert_eq!((&expired, expired.code()), (&AttestationError::Expired, "use_fresh_attestation"));
    let just = [("exp", json!(NOW.minus(SKEW - 1).seconds()))];
    assert!(setting.checked(&setting.attestation(&just), &proof).is_ok());
}

#[test]
fn cnf_holds_one_public_key_and_the_proof_is_by_it() {
    let setting = setting();
    let public = setting.instance.public_jwk().required_members();
    let mut private = public.clone();
    private["d"] = json!(base64url::encode([1; 32]));
    for cnf in [Value::Null, json!({}), json!({"jkt": "x"}), json!({"jwk": private}), json!({"jwk": "x"})] {
        assert_eq!(setting.with_attestation("cnf", cnf), AttestationError::NoInstanceKey);
    }
    let other = json!({"jwk": setting.provider.public_jwk().required_members()});
    let error = setting.with_attestation("cnf", other);
    assert_eq!(error, AttestationError::Proof(JwsError::BadSignature));
}

#[test]
fn client_id_subject_and_proof_agree() {
    let setting = setting();
    let other = [("sub", json!("https://wallets.example/other"))];
    let refused = setting.checked(&setting.attestation(&other), &setting.proof(&[])).unwrap_err();
    assert_eq!((&refused, refused.code()), (&AttestationError::OtherClient, "invalid_client"));
    let read =
        ClientAttestation::read(&[&setting.attestation(&[])], &[&setting.proof(&[])]).unwrap().unwrap();
    let unnamed = Expected { client_id: None, ..setting.expected() };
    assert_eq!(read.verify(&by_did(&setting.provider), &unnamed).unwrap().client_id(), CLIENT);
}

#[test]
fn a_proof_is_for_this_server_now_and_has_an_identifier() {
    let setting = setting();
    for aud in [json!("https://office.example/"), json!([SERVER, "https://other"]), json!([]), Value::Null] {
        assert_eq!(setting.with_proof("aud", aud), AttestationError::WrongAudience);
    }
    assert!(setting.checked(&setting.attestation(&[]), &setting.proof(&[("aud", json!([SERVER]))])).is_ok());
    let claim = AttestationError::ProofClaim;
    assert_eq!(setting.with_proof("jti", Value::Null), claim(ClaimError::Missing("jti")));
    assert_eq!(setting.with_proof("jti", json!("")), claim(ClaimError::WrongType("jti")));
    assert_eq!(setting.with_proof("iat", Value::Null), claim(ClaimError::Missing("iat")));
    for at in [NOW.minus(OLDEST + 1), NOW.plus(SKEW + 1)] {
        let error = setting.with_proof("iat", json!(at.seconds()));
        assert!(matches!(error, AttestationError::ProofClaim(ClaimError::IssuedAtOutsideWindow { .. })));
    }
    for at in [NOW.minus(OLDEST), NOW.plus(SKEW)] {
        let proof = setting.proof(&[("iat", json!(at.seconds()))]);
        assert!(setting.checked(&setting.attestation(&[]), &proof).is_ok());
    }
}

#[test]
fn a_proof_without_a_fresh_challenge_of_ours_is_told_to_fetch_one() {
    let setting = setting();
    let old =
        setting.challenges.issue(Purpose::Attestation, NOW.minus(CHALLENGE_LIFETIME), &setting.randomness);
    let other_purpose = setting.challenges.issue(Purpose::Dpop, NOW, &setting.randomness);
    for challenge in [Value::Null, json!("x"), json!(7), json!(old), json!(other_purpose)] {
        let error = setting.with_proof("challenge", challenge);
        assert_eq!((&error, error.code()), (&AttestationError::ChallengeNeeded, "use_attestation_challenge"));
    }
}

#[test]
fn the_use_of_a_proof_is_told_by_key_and_identifier() {
    let (setting, before) = (setting(), setting());
    let uses = |setting: &Setting, jti: &str| {
        let proof = setting.proof(&[("jti", json!(jti))]);
        setting.checked(&setting.attestation(&[]), &proof).unwrap().use_hash()
    };
    assert_eq!(uses(&setting, "a"), uses(&setting, "a"));
    assert_ne!(uses(&setting, "a"), uses(&setting, "b"));
    let other =
        Setting { instance: SigningKey::generate(Algorithm::Es256, &setting.randomness).unwrap(), ..setting };
    assert_ne!(uses(&other, "a"), uses(&before, "a"));
}
