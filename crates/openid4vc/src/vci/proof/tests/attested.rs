//! Proofs of a request where keys must be attested: one attestation for all, one beside each proof, or one beside several.

use std::cell::Cell;

use credentials::issuer_key::SignAs;

use super::*;
use crate::vci::attestation::keys::NewKeyAttestation;
use crate::vci::attestation::provider::{NamedProvider, TakenProvider};

const PROVIDER: &str = "did:web:wallets.example";
const KID: &str = "did:web:wallets.example#attest";
const MOST: usize = 4;

struct Scene {
    setting: Setting,
    provider: SigningKey,
    wallet: Vec<SigningKey>,
    required: KeyAttestationsRequired,
    randomness: SeededRandomness,
    /// How often a provider's key was asked for: once for each attestation that is checked.
    asked: Cell<usize>,
}

fn scene() -> Scene {
    let randomness = SeededRandomness::new(41);
    let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    Scene {
        setting: setting(),
        provider: key(),
        wallet: (0..6).map(|_| key()).collect(),
        required: KeyAttestationsRequired::default(),
        randomness,
        asked: Cell::new(0),
    }
}

impl Scene {
    fn nonce(&self) -> String {
        self.setting.nonces.issue(Purpose::Credential, NOW, &self.randomness)
    }

    /// An attestation of the wallet's keys at these places.
    fn attestation(&self, places: &[usize], nonce: &str) -> String {
        let keys: Vec<Jwk> = places.iter().map(|&place| self.wallet[place].public_jwk().clone()).collect();
        let new = NewKeyAttestation {
            issuer: PROVIDER,
            keys: &keys,
            nonce: Some(nonce),
            lifetime: 60,
            key_storage: &[],
            user_authentication: &[],
        };
        let signed_as = SignAs::Did { did: PROVIDER, kid: KID };
        new.to_sign(signed_as.header(), Algorithm::Es256, NOW).sign(&self.provider).unwrap()
    }

    /// A proof by the wallet's key at this place.
    fn proof(&self, place: usize, nonce: &str, key_attestation: Option<&str>) -> String {
        let key = &self.wallet[place];
        let new = NewProof {
            key: key.public_jwk(),
            credential_issuer: ISSUER,
            nonce: Some(nonce),
            client_id: None,
            key_attestation,
        };
        new.to_sign(NOW).sign(key).unwrap()
    }

    fn proved(&self, proofs: impl Into<Proofs>) -> Result<ProvedKeys, ProofError> {
        let provider_key = |named: &NamedProvider| {
            self.asked.set(self.asked.get() + 1);
            let kid = named.kid().filter(|kid| kid.to_string() == KID);
            let key = self.provider.public_jwk().clone();
            kid.map(|kid| TakenProvider::by_did(kid.did(), key)).ok_or(KeyAttestationError::UnknownProvider)
        };
        let attesters = Attesters { required: &self.required, provider_key: &provider_key };
        let rules = Rules { attested: Some(attesters), ..self.setting.rules() };
        verify_request(&proofs.into(), MOST, &rules)
    }

    fn refused(&self, proofs: impl Into<Proofs>) -> ProofError {
        self.proved(proofs).unwrap_err()
    }

    /// The places of these keys.
    fn places(&self, proved: &ProvedKeys) -> Vec<usize> {
        let place = |key: &Jwk| self.wallet.iter().position(|own| own.public_jwk() == key).unwrap();
        proved.keys.iter().map(place).collect()
    }
}

#[test]
fn an_attestation_without_proofs_gives_its_keys_in_their_order() {
    let scene = scene();
    let attestation = scene.attestation(&[2, 0, 1], &scene.nonce());
    let proved = scene.proved(Proofs::Attestation(attestation)).unwrap();
    assert_eq!((scene.places(&proved), proved.nonces.len()), (vec![2, 0, 1], 1));
    let unasked = verify_request(
        &Proofs::Attestation(scene.attestation(&[0], &scene.nonce())),
        MOST,
        &scene.setting.rules(),
    );
    assert_eq!(unasked.unwrap_err(), KeyAttestationError::UnknownProvider.into());
}

#[test]
fn a_proof_brings_its_key_first_and_then_all_that_are_attested_beside_it() {
    let scene = scene();
    let nonce = scene.nonce();
    let attestation = scene.attestation(&[0, 1, 2], &nonce);
    let proved = scene.proved(vec![scene.proof(1, &nonce, Some(&attestation))]).unwrap();
    assert_eq!((scene.places(&proved), proved.nonces.len()), (vec![1, 0, 2], 1));
}

#[test]
fn each_proof_needs_an_attestation_that_holds_its_key() {
    let scene = scene();
    let nonce = scene.nonce();
    let attestation = scene.attestation(&[0, 1], &nonce);
    let bare = scene.proof(0, &nonce, None);
    assert_eq!(scene.refused(vec![bare.clone()]), KeyAttestationError::Missing.into());
    let other = scene.proof(2, &nonce, Some(&attestation));
    assert_eq!(scene.refused(vec![other.clone()]), KeyAttestationError::NotAttested.into());
    let good = scene.proof(0, &nonce, Some(&attestation));
    assert!(scene.proved(vec![good.clone()]).is_ok());
    for (second, error) in [
        (scene.proof(1, &nonce, None), KeyAttestationError::Missing),
        // Also where the attestation was checked for a proof before it.
        (other, KeyAttestationError::NotAttested),
    ] {
        assert_eq!(scene.refused(vec![good.clone(), second]), error.into());
    }
    // Nobody asks for attestations: what stands in the header is not looked at.
    let proved = verify_request(&vec![bare].into(), MOST, &scene.setting.rules()).unwrap();
    assert_eq!(scene.places(&proved), [0]);
}

#[test]
fn an_attestation_that_many_proofs_carry_is_checked_once_and_every_nonce_counts() {
    let scene = scene();
    let nonces: Vec<String> = (0..4).map(|_| scene.nonce()).collect();
    let attestation = scene.attestation(&[0, 1, 2], &nonces[3]);
    let proofs: Vec<String> =
        (0..3).map(|place| scene.proof(place, &nonces[place], Some(&attestation))).collect();
    let proved = scene.proved(proofs).unwrap();
    assert_eq!((scene.places(&proved), scene.asked.get()), (vec![0, 1, 2], 1));
    assert_eq!(proved.nonces.len(), 4, "those of the proofs and that of the attestation");
    let apart: Vec<String> = (0..3)
        .map(|place| scene.proof(place, &nonces[0], Some(&scene.attestation(&[place], &nonces[0]))))
        .collect();
    let proved = scene.proved(apart).unwrap();
    assert_eq!((scene.places(&proved), proved.nonces.len(), scene.asked.get()), (vec![0, 1, 2], 1, 4));
}

#[test]
fn more_attested_keys_than_are_taken_are_refused_in_one_attestation_and_in_all_together() {
    let scene = scene();
    let nonce = scene.nonce();
    let too_many = ProofError::from(KeyAttestationError::TooManyKeys);
    let five = scene.attestation(&[0, 1, 2, 3, 4], &nonce);
    assert_eq!(scene.refused(vec![scene.proof(0, &nonce, Some(&five))]), too_many);
    assert_eq!(scene.refused(Proofs::Attestation(five)), too_many);
    let four = scene.attestation(&[0, 1, 2, 3], &nonce);
    assert_eq!(scene.proved(Proofs::Attestation(four)).unwrap().keys.len(), MOST);
    let pair =
        |one: usize, other: usize| scene.proof(one, &nonce, Some(&scene.attestation(&[one, other], &nonce)));
    assert_eq!(scene.proved(vec![pair(0, 1), pair(2, 3)]).unwrap().keys.len(), MOST);
    assert_eq!(scene.proved(vec![pair(0, 1), pair(1, 2), pair(2, 3)]).unwrap().keys.len(), MOST);
    assert_eq!(scene.refused(vec![pair(0, 1), pair(2, 3), pair(4, 3)]), too_many);
    assert_eq!((too_many.code(), too_many.status()), ("invalid_credential_request", 400));
}

#[test]
fn a_foreign_nonce_in_an_attestation_is_an_invalid_nonce_and_a_provider_that_is_down_no_refusal() {
    let scene = scene();
    let nonce = scene.nonce();
    let foreign = scene.attestation(&[0], "x");
    let refused = scene.refused(vec![scene.proof(0, &nonce, Some(&foreign))]);
    assert_eq!((refused.code(), refused.status()), ("invalid_nonce", 400));
    let down = ProofError::from(KeyAttestationError::ProviderUnavailable);
    assert_eq!((down.code(), down.status()), ("temporarily_unavailable", 503));
    let wrapped = crate::vci::credential::CredentialError::from(down);
    assert_eq!((wrapped.code(), wrapped.status()), ("temporarily_unavailable", 503));
    let denied = crate::vci::credential::CredentialError::from(ProofError::SameKey);
    assert_eq!((denied.code(), denied.status()), ("invalid_proof", 400));
}
