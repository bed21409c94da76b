//! What an office, a wallet and a space do all day.
#![expect(clippy::expect_used, reason = "a benchmark over fixed material stops loudly when that is not good")]

use std::collections::BTreeSet;
use std::hint::black_box;

use credentials::dcql::{CredentialQuery, Id, Query};
use credentials::sd_jwt::key_binding::Expected;
use credentials::status_list::{Bits, Publishing, Status, StatusList, UnverifiedToken, sign};
use credentials::vc::{Binding, Held, Types, Unverified};
use did::resolution::Version;
use did::webvh::{Log, resolve_log};
use environment::{Randomness, SeededRandomness};
use jose::{Signer, SigningKey};

use crate::bare::{checks, log_checks, signatures};
use crate::fixture::{
    AUDIENCE, NONCE, NOW, STATUS_LIST, TYPE, asked, claims, frame, issue_these, issued, key, present,
    sign_as, verifying, webvh_log,
};
use crate::measure::{Beside, Job, Repeat, fresh, same};
use crate::policy;

const fn job(name: &'static str, what: &'static str, beside: Option<Beside>, ready: fn() -> Repeat) -> Job {
    Job { name, what, beside, ready }
}

/// Every job, in the order in which it is told.
pub const ALL: &[Job] = &[
    job(
        "verify",
        "check a presentation of 5 of 20 details with key binding",
        checks("two ES256 checks", 2.0),
        verify,
    ),
    job(
        "verify_policy",
        "the same with its issuer's certificate and its status in a kept list",
        checks("three ES256 checks", 3.0),
        policy::unknown_issuer,
    ),
    job(
        "verify_policy_known",
        "the same, the certificate checked before",
        checks("two ES256 checks", 2.0),
        policy::known_issuer,
    ),
    job("issue", "issue a credential with 20 details", signatures("one ES256 signature", 1.0), issue),
    job(
        "present",
        "present 5 of 20 details, from text",
        signatures("one ES256 signature", 1.0),
        present_text,
    ),
    job(
        "present_parsed",
        "present 5 of 20 details, credential kept parsed",
        signatures("one ES256 signature", 1.0),
        present_parsed,
    ),
    job("dcql_20", "match one query with 20 credentials", None, || dcql(20)),
    job("dcql_1000", "match one query with 1,000 credentials", None, || dcql(1_000)),
    job("status_list_build", "build a status list of 2^20 places", None, status_list_build),
    job(
        "status_check_cold",
        "look up one place in a list just fetched, with its signature",
        None,
        status_check_cold,
    ),
    job("status_check_kept", "look up one place in a kept list", None, status_check_kept),
    job("webvh_1", "resolve did:webvh, 1 entry", log_checks("one Ed25519 check", 1.0), || webvh(1)),
    job("webvh_10", "resolve did:webvh, 10 entries", log_checks("10 Ed25519 checks", 10.0), || webvh(10)),
    job("webvh_100", "resolve did:webvh, 100 entries", log_checks("100 Ed25519 checks", 100.0), || {
        webvh(100)
    }),
    job(
        "webvh_one_more",
        "one more entry of a log of 100",
        log_checks("one Ed25519 check", 1.0),
        webvh_one_more,
    ),
];

fn issue() -> Repeat {
    let (issuer, holder) = (key(1), key(2));
    fresh(
        || (claims(), frame()),
        move |(claims, frame)| issue_these(&issuer, sign_as(), holder.public_jwk(), TYPE, claims, frame),
    )
}

/// The wallet keeps the text.
fn present_text() -> Repeat {
    let (holder, asked) = (key(2), asked());
    let compact = issued(&key(1), &holder);
    same(move || present(&Held::reopen(black_box(&compact)).expect("it was issued"), &holder, &asked))
}

/// The wallet keeps the credential parsed.
fn present_parsed() -> Repeat {
    let (holder, asked) = (key(2), asked());
    let held = Held::reopen(&issued(&key(1), &holder)).expect("it was issued");
    same(move || present(black_box(&held), &holder, &asked))
}

fn verify() -> Repeat {
    let (issuer, holder) = (key(1), key(2));
    let compact =
        present(&Held::reopen(&issued(&issuer, &holder)).expect("it was issued"), &holder, &asked());
    let issuer = verifying(&issuer);
    same(move || {
        let expected = Expected { audience: AUDIENCE, nonce: NONCE, now: NOW, oldest: 300, skew: 60 };
        let parsed = Unverified::parse(black_box(&compact), Types::Current).expect("it is well formed");
        let verified = parsed.verify(&issuer, NOW, 60).expect("the issuer signed it");
        verified.presented(Binding::Required(&expected)).expect("the holder signed it")
    })
}

/// One query over credentials of the type that it asks for.
fn dcql(credentials: usize) -> Repeat {
    let held = Held::reopen(&issued(&key(1), &key(2))).expect("it was issued");
    let query = CredentialQuery::sd_jwt_vc(Id::new("q").expect("an id"), TYPE, asked());
    let query = Query::new(vec![query], vec![]).expect("a query");
    // The credentials live as long as the benchmark does.
    let held: &'static Held = Box::leak(Box::new(held));
    let candidates = vec![held.as_candidate(&[]); credentials];
    assert_eq!(query.evaluate(&candidates).answerable(), BTreeSet::from(["q"]));
    same(move || query.evaluate(black_box(&candidates)).is_satisfiable())
}

/// 2^20 entries of one bit, one in a hundred set.
fn list() -> StatusList {
    let mut list = StatusList::new(Bits::One, 1 << 20).expect("a list");
    let randomness: &dyn Randomness = &SeededRandomness::new(1);
    for _ in 0..(1 << 20) / 100 {
        list.set(randomness.below(1 << 20), Status::Invalid).expect("within the list");
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
    sign(&publishing, sign_as(), issuer).expect("it signs")
}

/// One entry changes and the whole list is published anew.
fn status_list_build() -> Repeat {
    let issuer = key(1);
    fresh(list, move |mut list| {
        list.set(5, Status::Invalid).expect("within the list");
        token(&list, &issuer)
    })
}

/// The list was just fetched: read it, check its signature, look up one entry.
fn status_check_cold() -> Repeat {
    let issuer = key(1);
    let token = token(&list(), &issuer);
    let issuer = verifying(&issuer);
    same(move || {
        let parsed = UnverifiedToken::parse(black_box(&token)).expect("it is well formed");
        let verified = parsed.verify(&issuer, STATUS_LIST, NOW, 0).expect("the issuer signed it");
        verified.status(4_711, NOW).expect("within the list")
    })
}

fn status_check_kept() -> Repeat {
    let issuer = key(1);
    let parsed = UnverifiedToken::parse(token(&list(), &issuer)).expect("it is well formed");
    let verified = parsed.verify(&verifying(&issuer), STATUS_LIST, NOW, 0).expect("the issuer signed it");
    same(move || black_box(&verified).status(black_box(4_711), NOW).expect("within the list"))
}

/// A log from memory: every hash, proof and rule of every entry.
fn webvh(entries: usize) -> Repeat {
    let (did, log) = webvh_log(entries);
    same(move || {
        resolve_log(&did, black_box(log.as_bytes()), None, &Version::Latest, NOW).expect("a good log")
    })
}

/// 99 entries are known; one more comes.
fn webvh_one_more() -> Repeat {
    let (did, text) = webvh_log(100);
    let (known, new) = text.trim_end().rsplit_once('\n').expect("100 lines");
    let (known, new) = (Log::verify(known.as_bytes(), NOW).expect("a good log"), new.to_owned());
    fresh(
        move || known.clone(),
        move |mut log| {
            log.push(new.as_bytes(), NOW).expect("a good entry");
            (log.resolve(&did, &Version::Latest).expect("its document"), log)
        },
    )
}
