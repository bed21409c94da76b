use credentials::issuer_key::SignAs;
use environment::SeededRandomness;
use jose::jws::JwsError;
use jose::{Algorithm, Signer, SigningKey};
use serde_json::json;
use trust::authority::{Authority, LeafRequest, Validity};
use trust::testing::{Flaw, NOW, TestNetwork};
use trust::{Certificate, Purpose, Role};

use super::*;
use crate::timed_nonce::{NonceKey, Purpose as For};
use crate::vci::attestation::keys::{self, KeyAttestationError, NewKeyAttestation};
use crate::vci::attestation::{
    AttestationError, Attested, ClientAttestation, Expected, NewAttestation, NewProofOfPossession, TYPE,
};
use crate::vci::metadata::KeyAttestationsRequired;

const DID: &str = "did:web:wallets.example";
const SERVER: &str = "https://office.example";
const CLIENT: &str = "https://wallets.example/wallet";
const A_DAY: i64 = 86_400;

struct Setting {
    root: Authority,
    roots: ForeignAnchors,
    provider: SigningKey,
    chain: Vec<Vec<u8>>,
    instance: SigningKey,
    challenges: NonceKey,
    randomness: SeededRandomness,
}

fn setting() -> Setting {
    let randomness = SeededRandomness::new(41);
    let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let validity = Validity::days(NOW.minus(A_DAY), 3_650);
    let root = Authority::root("Wallets", key(), validity, &randomness).unwrap();
    let (provider, instance) = (key(), key());
    let chain = vec![leaf(&root, &provider, Validity::days(NOW, 30), &randomness)];
    let roots = ForeignAnchors::from_pem(&root.certificate().to_pem()).unwrap();
    let challenges = NonceKey::generate(&randomness);
    Setting { root, roots, provider, chain, instance, challenges, randomness }
}

fn leaf(root: &Authority, key: &SigningKey, validity: Validity, randomness: &SeededRandomness) -> Vec<u8> {
    let request = LeafRequest::Attesting { name: "Wallets", did: DID, key: key.public_jwk() };
    root.leaf(request, validity, randomness).unwrap().der().to_vec()
}

fn der(certificate: &Certificate) -> Vec<u8> {
    certificate.der().to_vec()
}

impl Setting {
    fn key(&self) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, &self.randomness).unwrap()
    }

    fn leaf(&self, key: &SigningKey, validity: Validity) -> Vec<u8> {
        leaf(&self.root, key, validity, &self.randomness)
    }

    /// An attestation under these certificates by this key.
    fn attestation(&self, chain: &[Vec<u8>], key: &SigningKey) -> String {
        let new = NewAttestation {
            issuer: "https://wallets.example",
            client_id: CLIENT,
            key: self.instance.public_jwk(),
            lifetime: 3_600,
            wallet_name: None,
            wallet_link: None,
        };
        new.to_sign(SignAs::X5c(chain).header(), Algorithm::Es256, NOW).sign(key).unwrap()
    }

    /// What a server that lists this root makes of it.
    fn checked(&self, attestation: &str) -> Result<Attested, AttestationError> {
        let challenge = self.challenges.issue(For::Attestation, NOW, &self.randomness);
        let key = self.instance.public_jwk();
        let challenge = Some(challenge.as_str());
        let proof = NewProofOfPossession { client_id: CLIENT, audience: SERVER, challenge, key };
        let proof = proof.to_sign(NOW, &self.randomness).sign(&self.instance).unwrap();
        let read = ClientAttestation::read(&[attestation], &[&proof])?.unwrap();
        let chain = read.named().chain().unwrap();
        let taken = TakenProvider::by_chain(chain, &self.roots, NOW).map_err(AttestationError::Chain)?;
        let expected =
            Expected { audience: SERVER, client_id: Some(CLIENT), challenges: &self.challenges, now: NOW };
        read.verify(&taken, &expected)
    }

    fn refused(&self, chain: &[Vec<u8>], key: &SigningKey) -> AttestationError {
        let refused = self.checked(&self.attestation(chain, key)).unwrap_err();
        assert_eq!((refused.code(), refused.status()), ("invalid_client", 400));
        refused
    }

    fn key_attestation(&self, chain: &[Vec<u8>], key: &SigningKey) -> Result<usize, KeyAttestationError> {
        let nonce = self.challenges.issue(For::Credential, NOW, &self.randomness);
        let keys = [self.instance.public_jwk().clone()];
        let new = NewKeyAttestation {
            issuer: "https://wallets.example",
            keys: &keys,
            nonce: Some(&nonce),
            lifetime: 60,
            key_storage: &[],
            user_authentication: &[],
        };
        let attestation = new.to_sign(SignAs::X5c(chain).header(), Algorithm::Es256, NOW).sign(key).unwrap();
        let rules = keys::Rules {
            required: &KeyAttestationsRequired::default(),
            provider_key: &|named| {
                TakenProvider::by_chain(named.chain().unwrap(), &self.roots, NOW)
                    .map_err(KeyAttestationError::Chain)
            },
            most_keys: 1,
            nonces: &self.challenges,
            nonce_lifetime: 60,
            now: NOW,
        };
        keys::verify(&attestation, true, &rules).map(|attested| attested.keys.len())
    }
}

#[test]
fn whoever_a_listed_root_certifies_is_taken_whatever_it_calls_itself() {
    let setting = setting();
    let attested = setting.checked(&setting.attestation(&setting.chain, &setting.provider)).unwrap();
    let leaf = Certificate::from_der(&setting.chain[0]).unwrap();
    assert_eq!((attested.provider(), attested.client_id()), (leaf.client_id().as_str(), CLIENT));
    assert_eq!(setting.key_attestation(&setting.chain, &setting.provider), Ok(1));
}

#[test]
fn certificates_that_miss_narrowly_are_refused_for_wallets_and_for_keys() {
    let setting = setting();
    let other = setting.key();
    let network = TestNetwork::seeded(7);
    let party = network.party(Role::Office, "did:web:office.example", "office.example");
    let foreign: Vec<Vec<u8>> = party.issuing.0.certificates().map(der).collect();
    let root = der(setting.root.certificate());
    let expired = setting.leaf(&setting.provider, Validity { from: NOW.minus(3_600), until: NOW.minus(1) });
    let early = setting.leaf(&setting.provider, Validity::days(NOW.plus(1), 30));
    let alone =
        Authority::root("Wallets", setting.key(), Validity::days(NOW.minus(A_DAY), 30), &setting.randomness);
    let alone = alone.unwrap();
    for (what, chain, key, expected) in [
        ("a root that is not listed", foreign.clone(), &party.issuing.1, PathError::UnknownIssuer),
        (
            "one that ended",
            vec![expired],
            &setting.provider,
            PathError::Expired { not_after: NOW.seconds() - 1, now: NOW.seconds() },
        ),
        (
            "one that has not begun",
            vec![early],
            &setting.provider,
            PathError::NotYetValid { not_before: NOW.seconds() + 1, now: NOW.seconds() },
        ),
        (
            "the root as the leaf",
            vec![root.clone()],
            setting.root.key(),
            PathError::AnchorIncluded { position: 0 },
        ),
        (
            "the root behind the leaf",
            vec![setting.chain[0].clone(), root.clone()],
            &setting.provider,
            PathError::AnchorIncluded { position: 1 },
        ),
        (
            "one that certifies itself",
            vec![der(alone.certificate())],
            alone.key(),
            PathError::SelfSigned { position: 0 },
        ),
        (
            "out of order",
            foreign.iter().rev().cloned().collect(),
            &party.issuing.1,
            PathError::LeafIsAuthority,
        ),
        (
            "a leaf behind the leaf",
            vec![setting.chain[0].clone(), setting.leaf(&other, Validity::days(NOW, 30))],
            &setting.provider,
            PathError::NotAnAuthority { position: 1 },
        ),
        (
            "an authority between that did not certify it",
            vec![setting.chain[0].clone(), foreign[1].clone()],
            &setting.provider,
            PathError::OutOfOrder { position: 0 },
        ),
    ] {
        assert_eq!(setting.refused(&chain, key), AttestationError::Chain(expected), "{what}");
        let of_keys = setting.key_attestation(&chain, key).unwrap_err();
        assert_eq!(
            (&of_keys, of_keys.code()),
            (&KeyAttestationError::Chain(expected), "invalid_proof"),
            "{what}"
        );
    }
    // The key of another leaf, which the same root certifies too.
    let second = vec![setting.leaf(&other, Validity::days(NOW, 30))];
    assert!(setting.checked(&setting.attestation(&second, &other)).is_ok());
    let swapped = setting.refused(&second, &setting.provider);
    assert_eq!(swapped, AttestationError::Attestation(JwsError::BadSignature));
    assert_eq!(
        setting.key_attestation(&second, &setting.provider),
        Err(KeyAttestationError::Jws(JwsError::BadSignature))
    );
}

#[test]
fn authorities_between_are_followed_and_one_missing_is_not_guessed() {
    let mut setting = setting();
    let network = TestNetwork::new();
    let party = network.party(Role::Office, "did:web:office.example", "office.example");
    setting.roots = ForeignAnchors::from_pem(&network.root.certificate().to_pem()).unwrap();
    let chain: Vec<Vec<u8>> = party.issuing.0.certificates().map(der).collect();
    assert!(setting.checked(&setting.attestation(&chain, &party.issuing.1)).is_ok());
    let refused = setting.refused(&chain[..1], &party.issuing.1);
    assert_eq!(refused, AttestationError::Chain(PathError::UnknownIssuer));
    let key = setting.key();
    for (flaw, expected) in [
        (Flaw::LeafBelowLeaf, PathError::NotAnAuthority { position: 1 }),
        (Flaw::LeafIsAuthority, PathError::LeafIsAuthority),
        (Flaw::OtherRoot, PathError::UnknownIssuer),
    ] {
        let host = "office.example";
        let purpose = Purpose::CredentialIssuing;
        let bad = network.bad_chain(flaw, Role::Office, "did:web:office.example", host, purpose, &key);
        let bad: Vec<Vec<u8>> = bad.certificates().map(der).collect();
        assert_eq!(setting.refused(&bad, &key), AttestationError::Chain(expected), "{flaw:?}");
    }
}

#[test]
fn what_a_certified_provider_makes_is_read_by_whoever_knows_its_did_or_its_root() {
    let setting = setting();
    let kid = DidUrl::parse(&format!("{DID}#attesting")).unwrap();
    let new = NewAttestation {
        issuer: DID,
        client_id: CLIENT,
        key: setting.instance.public_jwk(),
        lifetime: 3_600,
        wallet_name: None,
        wallet_link: None,
    };
    for (chain, length) in [(setting.chain.as_slice(), Some(1)), (&[], None)] {
        let to_sign = new.to_sign(header(&kid, chain), Algorithm::Es256, NOW);
        let attestation = to_sign.sign(&setting.provider).unwrap();
        let read = jose::jws::Unverified::parse(&attestation).unwrap();
        assert_eq!(read.header()["typ"], json!(TYPE));
        let named = NamedProvider::of(read.header()).unwrap();
        assert_eq!((named.kid(), named.chain().map(<[_]>::len)), (Some(&kid), length));
        let by_did = TakenProvider::by_did(kid.did(), setting.provider.public_jwk().clone());
        assert!(by_did.is_issuer(&read.claims().unwrap()));
        if length.is_some() {
            assert!(setting.checked(&attestation).is_ok());
        }
    }
}
