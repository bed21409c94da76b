//! What an office, a wallet and a space do all day, beside the bare cryptography that none of it can do without.
//!
//! Read the figures as ratios: `verify` to `bare::two_es256_verifies`, `issue` and `present` to `bare::es256_sign`.
#![allow(missing_docs, reason = "divan's macros make the entry points")]
#![expect(clippy::unwrap_used, reason = "a benchmark over a fixed credential")]

use std::collections::BTreeSet;

use benches::{AUDIENCE, NONCE, NOW, STATUS_LIST, TYPE, asked, claims, frame, issue_these, issued, key};
use benches::{present as present_held, sign_as, verifying};
use credentials::dcql::{CredentialQuery, Id, Query};
use credentials::issuer_key::SignAs;
use credentials::sd_jwt::key_binding::Expected;
use credentials::status_list::{Bits, Publishing, Status, StatusList, UnverifiedToken, sign};
use credentials::vc::{Binding, Held, Types, Unverified};
use divan::{Bencher, black_box};
use environment::{Randomness, SeededRandomness};
use jose::{Signer, SigningKey};

fn main() {
    divan::main();
}

/// The signatures alone, of 256 bytes, with keys read beforehand.
mod bare {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, ParsedPublicKey,
    };
    use divan::{Bencher, black_box};

    const MESSAGE: [u8; 256] = [7; 256];

    fn es256() -> EcdsaKeyPair {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
    }

    #[divan::bench]
    fn es256_sign(bencher: Bencher<'_, '_>) {
        let (key, random) = (es256(), SystemRandom::new());
        bencher.bench(|| key.sign(&random, black_box(&MESSAGE)).unwrap());
    }

    #[divan::bench]
    fn two_es256_verifies(bencher: Bencher<'_, '_>) {
        let signed = [es256(), es256()].map(|key| {
            let signature = key.sign(&SystemRandom::new(), &MESSAGE).unwrap();
            (ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key()).unwrap(), signature)
        });
        bencher.bench(|| {
            signed
                .iter()
                .all(|(key, signature)| key.verify_sig(black_box(&MESSAGE), signature.as_ref()).is_ok())
        });
    }

    #[divan::bench]
    fn ed25519_sign(bencher: Bencher<'_, '_>) {
        let key = Ed25519KeyPair::generate().unwrap();
        bencher.bench(|| key.sign(black_box(&MESSAGE)));
    }

    #[divan::bench]
    fn ed25519_verify(bencher: Bencher<'_, '_>) {
        let key = Ed25519KeyPair::generate().unwrap();
        let signature = key.sign(&MESSAGE);
        let key = ParsedPublicKey::new(&ED25519, key.public_key()).unwrap();
        bencher.bench(|| key.verify_sig(black_box(&MESSAGE), signature.as_ref()).unwrap());
    }
}

#[divan::bench]
fn issue(bencher: Bencher<'_, '_>) {
    let (issuer, holder) = (key(1), key(2));
    let inputs = bencher.with_inputs(|| (claims(), frame()));
    inputs.bench_values(|(claims, frame)| {
        issue_these(&issuer, sign_as(), holder.public_jwk(), TYPE, claims, frame)
    });
}

/// The wallet keeps the text.
#[divan::bench]
fn present(bencher: Bencher<'_, '_>) {
    let holder = key(2);
    let compact = issued(&key(1), &holder);
    bencher.bench(|| present_held(&Held::reopen(&compact).unwrap(), &holder));
}

/// The wallet keeps the credential parsed.
#[divan::bench]
fn present_parsed(bencher: Bencher<'_, '_>) {
    let holder = key(2);
    let held = Held::reopen(&issued(&key(1), &holder)).unwrap();
    bencher.bench(|| present_held(&held, &holder));
}

#[divan::bench]
fn verify(bencher: Bencher<'_, '_>) {
    let (issuer, holder) = (key(1), key(2));
    let compact = present_held(&Held::reopen(&issued(&issuer, &holder)).unwrap(), &holder);
    let issuer = verifying(&issuer);
    let expected = Expected { audience: AUDIENCE, nonce: NONCE, now: NOW, oldest: 300, skew: 60 };
    bencher.bench(|| {
        let parsed = Unverified::parse(black_box(&compact), Types::Current).unwrap();
        parsed.verify(&issuer, NOW, 60).unwrap().presented(Binding::Required(&expected)).unwrap()
    });
}

/// One query over twenty credentials of the type that it asks for.
#[divan::bench]
fn dcql(bencher: Bencher<'_, '_>) {
    let held = Held::reopen(&issued(&key(1), &key(2))).unwrap();
    let candidates = vec![held.as_candidate(&[]); 20];
    let query = CredentialQuery::sd_jwt_vc(Id::new("q").unwrap(), TYPE, asked());
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
    let publishing = Publishing {
        list,
        uri: STATUS_LIST,
        issued_at: NOW,
        expires: None,
        ttl: Some(3_600),
        aggregation_uri: None,
    };
    sign(&publishing, SignAs::Did { did: "did:web:a", kid: "did:web:a#k" }, issuer).unwrap()
}

/// One entry changes and the whole list is published anew.
#[divan::bench]
fn status_list_build(bencher: Bencher<'_, '_>) {
    let issuer = key(1);
    bencher.with_inputs(list).bench_local_values(|mut list| {
        list.set(5, Status::Invalid).unwrap();
        token(&list, &issuer)
    });
}

/// The list was just fetched: read it, check its signature, look up one entry.
#[divan::bench]
fn status_check_cold(bencher: Bencher<'_, '_>) {
    let issuer = key(1);
    let token = token(&list(), &issuer);
    let issuer = verifying(&issuer);
    bencher.bench(|| {
        let parsed = UnverifiedToken::parse(black_box(&token)).unwrap();
        parsed.verify(&issuer, STATUS_LIST, NOW, 0).unwrap().status(4_711, NOW).unwrap()
    });
}

#[divan::bench]
fn status_check_kept(bencher: Bencher<'_, '_>) {
    let issuer = key(1);
    let parsed = UnverifiedToken::parse(token(&list(), &issuer)).unwrap();
    let verified = parsed.verify(&verifying(&issuer), STATUS_LIST, NOW, 0).unwrap();
    bencher.bench(|| black_box(&verified).status(black_box(4_711), NOW).unwrap());
}
