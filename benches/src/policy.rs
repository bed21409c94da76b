//! A presentation checked as a space checks one that comes with certificates: their path, the issuer's signature, every
//! rule for the credential, its status in a kept list, and the holder's signature.
#![expect(clippy::expect_used, reason = "a benchmark over fixed material stops loudly when that is not good")]

use std::hint::black_box;

use credentials::issuer_key::{IssuedBy, SignAs};
use credentials::sd_jwt::key_binding::Expected;
use credentials::status_list::{Bits, Publishing, Status, StatusList, UnverifiedToken, VerifiedToken, sign};
use credentials::vc::{Binding, Held, Presented, Types, Unverified};
use environment::SeededRandomness;
use jose::{Signer, SigningKey};
use trust::authority::{Authority, LeafRequest, Validity};
use trust::{ForeignAnchors, ForeignPathCache};

use crate::fixture::{
    AUDIENCE, NONCE, NOW, STATUS_LIST, TYPE, asked, claims, frame, issue_these, key, present, verifying,
};
use crate::measure::{Repeat, same};

/// Every presentation is the first one of its issuer.
pub(crate) fn unknown_issuer() -> Repeat {
    checked(ForeignPathCache::new(0))
}

/// The issuer's certificates were checked before.
pub(crate) fn known_issuer() -> Repeat {
    checked(ForeignPathCache::new(8))
}

fn checked(known: ForeignPathCache) -> Repeat {
    let (issuer, holder) = (key(1), key(2));
    let (chain, anchors) = certified(&issuer);
    let sign_as = SignAs::X5c(&chain);
    let compact = issue_these(&issuer, sign_as, holder.public_jwk(), TYPE, claims(), frame());
    let compact = present(&Held::reopen(&compact).expect("it was issued"), &holder, &asked());
    let statuses = kept_list(&issuer);
    same(move || check(black_box(&compact), &known, &anchors, &statuses))
}

fn check(
    compact: &str,
    known: &ForeignPathCache,
    anchors: &ForeignAnchors,
    statuses: &VerifiedToken,
) -> (Presented, Status) {
    let expected = Expected { audience: AUDIENCE, nonce: NONCE, now: NOW, oldest: 300, skew: 60 };
    let parsed = Unverified::parse(compact, Types::Current).expect("it is well formed");
    let IssuedBy::X5c { chain, .. } = parsed.issued_by() else {
        unreachable!("it was signed by certificate")
    };
    let path = known.dangerous_verify(chain, anchors, NOW).expect("the root certified it");
    let key = path.verifying_key().expect("the key is good");
    let verified = parsed.verify(&key, NOW, 60).expect("the issuer signed it");
    let presented = verified.presented(Binding::Required(&expected)).expect("the holder signed it");
    let place = presented.facts().status().expect("it has a status").index;
    let status = statuses.status(place, NOW).expect("within the list");
    (presented, status)
}

/// The issuer's certificate, directly below a root.
fn certified(issuer: &SigningKey) -> (Vec<Vec<u8>>, ForeignAnchors) {
    let (randomness, validity) = (SeededRandomness::new(7), Validity::days(NOW.minus(86_400), 90));
    let root = Authority::root("Bench", key(3), validity, &randomness).expect("a root");
    let request = LeafRequest::Attesting {
        name: "Office",
        did: "did:web:office.example.org",
        key: issuer.public_jwk(),
    };
    let leaf = root.leaf(request, validity, &randomness).expect("a leaf");
    let anchors = ForeignAnchors::from_pem(&root.certificate().to_pem()).expect("an anchor");
    (vec![leaf.der().to_vec()], anchors)
}

fn kept_list(issuer: &SigningKey) -> VerifiedToken {
    let list = StatusList::new(Bits::One, 1 << 20).expect("a list");
    let publishing = Publishing {
        list: &list,
        uri: STATUS_LIST,
        issued_at: NOW,
        expires: None,
        ttl: Some(3_600),
        aggregation_uri: None,
    };
    let token = sign(&publishing, crate::fixture::sign_as(), issuer).expect("it signs");
    let parsed = UnverifiedToken::parse(&token).expect("it is well formed");
    parsed.verify(&verifying(issuer), STATUS_LIST, NOW, 0).expect("the issuer signed it")
}
