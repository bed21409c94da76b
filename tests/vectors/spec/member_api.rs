//! The messages of the member API, and calls with a token that is bound to a key (specs/member-api.md).

use environment::{Randomness, Timestamp};
use jose::{Signer, digest};
use network::member_api::{
    ChangeAnswer, ChangeRequest, Changes, Details, Leave, Objection, Refusal, RequestMade, TOKEN_LIFETIME,
    covers, is_id,
};
use openid4vc::access::{AccessError, Presented, Scheme};
use openid4vc::dpop::{self, DpopError, Expected, Verified};
use openid4vc::http::{Method, Response};
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vp::wallet;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::deterministic::{Key, NOW, randomness};

const SPACE: &str = "did:web:kiln.example.org";
const AT: &str = "https://kiln.example.org/member";
const TOKEN: &str = "qL9dN3xZ0vC5mB8tR2yW7g";
const ID: &str = "q83vEjRWeJq83vEjRWeJqw";
const DAY: i64 = 86_400;

pub(super) fn vectors() -> Value {
    let random = randomness(0x6D65_6D62);
    let cast = Cast { holder: Key::generate(&random), other: Key::generate(&random) };
    json!({
        "about": "The way in, calls with a bound token, and the messages in both directions",
        "spec": "specs/member-api.md",
        "now": NOW.seconds(),
        "holder": {
            "key": cast.holder.private_jwk(),
            "jkt": cast.holder.public_jwk().thumbprint_base64url(),
        },
        "another_key": cast.other.private_jwk(),
        "way_in": way_in(),
        "calls": cast.calls(&random),
        "ids": ids(),
        "paths": paths(),
        "bodies": bodies(),
        "answers": answers(),
    })
}

// The way in.

fn reply_of(member_api: &Value) -> Option<(String, String, i64)> {
    let body = json!({"member_api": member_api}).to_string().into_bytes();
    let reply = wallet::reply(&Response { status: 200, headers: Vec::new(), body }).unwrap();
    reply.member_api.map(|access| (access.uri, access.access_token.expose().to_owned(), access.expires_in))
}

fn way_in() -> Value {
    let good = json!({
        "uri": AT, "access_token": TOKEN, "token_type": "DPoP", "expires_in": TOKEN_LIFETIME,
    });
    assert_eq!(reply_of(&good), Some((AT.to_owned(), TOKEN.to_owned(), TOKEN_LIFETIME)));
    let with = |name: &str, value: Value| {
        let mut member = good.clone();
        member[name] = value;
        member
    };
    let without = |name: &str| {
        let mut member = good.clone();
        member.as_object_mut().unwrap().remove(name);
        member
    };
    let cases = [
        ("a token that whoever has it may use", with("token_type", json!("Bearer"))),
        ("no type", without("token_type")),
        ("no token", without("access_token")),
        ("a token that is none", with("access_token", json!("two words"))),
        ("an address that is not https", with("uri", json!("http://kiln.example.org/member"))),
        ("no end", without("expires_in")),
        ("an end that has passed", with("expires_in", json!(0))),
        ("no object", json!([good])),
    ];
    let passed_over = cases.map(|(name, member)| {
        assert_eq!(reply_of(&member), None, "{name}");
        json!({"name": name, "member_api": member})
    });
    json!({"taken": {"member_api": good}, "passed_over": passed_over})
}

// Calls.

struct Cast {
    /// To this key the token is bound.
    holder: Key,
    other: Key,
}

/// One call: method, address, headers and the moment at which it comes.
#[derive(Clone)]
struct Call {
    method: Method,
    url: String,
    authorization: Vec<String>,
    dpop: Vec<String>,
    now: Timestamp,
}

impl Call {
    fn told(&self) -> Value {
        json!({
            "method": self.method.name(), "url": self.url, "now": self.now.seconds(),
            "headers": {"authorization": self.authorization, "dpop": self.dpop},
        })
    }
}

impl Cast {
    fn calls(&self, random: &dyn Randomness) -> Value {
        let called = [
            (Method::Get, "details"),
            (Method::Post, "changes"),
            (Method::Post, "change-requests"),
            (Method::Post, "leave"),
            (Method::Post, "objections"),
        ];
        let taken = called.map(|(method, path)| {
            let call = self.call(method, path, random);
            let uses = self.admits(&call).unwrap().use_hash();
            assert_eq!(self.admits(&call).unwrap().use_hash(), uses, "the same proof is known again");
            call.told()
        });
        let refused: Vec<Value> = self
            .near(random)
            .into_iter()
            .map(|(name, call)| {
                let why = self.admits(&call).map(drop).unwrap_err();
                json!({
                    "name": name, "call": call.told(), "status": why.status(), "error": why.code(), "why": why.to_string(),
                })
            })
            .collect();
        let replay = AccessError::from(DpopError::Replayed);
        json!({
            "token": TOKEN, "taken": taken, "refused": refused,
            "again": {
                "note": "any of the calls above, a second time",
                "status": replay.status(), "error": replay.code(), "why": replay.to_string(),
            },
        })
    }

    fn call(&self, method: Method, path: &str, random: &dyn Randomness) -> Call {
        let url = format!("{AT}/{path}");
        let new = dpop::NewProof {
            key: self.holder.public_jwk(),
            method,
            url: &url,
            access_token: Some(TOKEN),
            nonce: None,
        };
        let proof = new.to_sign(NOW, random).sign(&self.holder).unwrap();
        Call { method, authorization: vec![format!("DPoP {TOKEN}")], dpop: vec![proof], url, now: NOW }
    }

    /// As a space looks at a call, in this order.
    fn admits(&self, call: &Call) -> Result<Verified, AccessError> {
        let presented = Presented::parse(call.authorization.iter().map(String::as_str))?;
        if presented.token.expose() != TOKEN {
            return Err(AccessError::InvalidToken);
        }
        if presented.scheme != Scheme::Dpop {
            return Err(AccessError::WrongScheme);
        }
        let expected = Expected {
            method: call.method,
            url: &call.url,
            access_token: Some(TOKEN),
            bound_to: Some(self.holder.public_jwk().thumbprint()),
            nonces: &NonceKey::generate(&randomness(0)),
            nonce_required: false,
            now: call.now,
        };
        Ok(dpop::verify(call.dpop.iter().map(String::as_str), &expected)?)
    }

    fn near(&self, random: &dyn Randomness) -> Vec<(&'static str, Call)> {
        let good = self.call(Method::Post, "changes", random);
        let with = |change: &dyn Fn(&mut Call)| {
            let mut call = good.clone();
            change(&mut call);
            call
        };
        let proven = |change: &dyn Fn(&mut Map<String, Value>), typ: &str, key: &Key| {
            let claims = self.claims(random, change);
            let header = json!({"typ": typ, "jwk": key.public_jwk().required_members()});
            let header = header.as_object().unwrap().clone();
            let proof = jose::jws::sign(header, claims.as_bytes(), key).unwrap();
            Call { dpop: vec![proof], ..good.clone() }
        };
        let said = |name: &'static str, value: Value| {
            proven(
                &|claims| {
                    claims.insert(name.to_owned(), value.clone());
                },
                dpop::TYPE,
                &self.holder,
            )
        };
        vec![
            ("no token", with(&|call| call.authorization.clear())),
            ("two tokens", with(&|call| call.authorization.push(format!("DPoP {TOKEN}")))),
            ("as a bearer token", with(&|call| call.authorization = vec![format!("Bearer {TOKEN}")])),
            ("another token", with(&|call| call.authorization = vec!["DPoP another".to_owned()])),
            ("no proof", with(&|call| call.dpop.clear())),
            ("two proofs", with(&|call| call.dpop.push(call.dpop[0].clone()))),
            ("a proof for another address", with(&|call| call.url = format!("{AT}/leave"))),
            ("a proof for another method", with(&|call| call.method = Method::Get)),
            ("five minutes and a second later", with(&|call| call.now = NOW.plus(dpop::OLDEST + 1))),
            ("more than a minute earlier", with(&|call| call.now = NOW.minus(dpop::SKEW + 1))),
            ("by another key", proven(&|_| {}, dpop::TYPE, &self.other)),
            ("another kind of message", proven(&|_| {}, "JWT", &self.holder)),
            ("of another token", said("ath", json!(digest::sha256_base64url("another")))),
            ("of no token", said("ath", Value::Null)),
            ("without an identifier", said("jti", json!(""))),
            ("with a nonce that the space did not give", said("nonce", json!("AAAAAAAAAAAAAAAAAAAAAA"))),
        ]
    }

    /// The claims of a right proof, changed.
    fn claims(&self, random: &dyn Randomness, change: &dyn Fn(&mut Map<String, Value>)) -> String {
        let right = self.call(Method::Post, "changes", random);
        let unverified = jose::jws::Unverified::parse(&right.dpop[0]).unwrap();
        let mut claims = unverified.claims().unwrap();
        change(&mut claims);
        Value::Object(claims).to_string()
    }
}

// Names.

fn ids() -> Value {
    let good = [ID.to_owned(), "A".repeat(16), "-_".repeat(32)];
    let bad = ["A".repeat(15), "A".repeat(65), format!("{ID}="), "q83vEjRWeJq83vEj eJqw".to_owned()];
    assert!(good.iter().all(|id| is_id(id)) && !bad.iter().any(|id| is_id(id)));
    json!({"good": good, "bad": bad})
}

fn paths() -> Vec<Value> {
    [
        ("email", "email", true),
        ("age_equal_or_over", "age_equal_or_over.18", true),
        ("age_equal_or_over.18", "age_equal_or_over", false),
        ("age_equal_or_over.1", "age_equal_or_over.18", false),
        ("email", "email_verified", false),
    ]
    .map(|(path, claim, expected)| {
        assert_eq!(covers(path, claim), expected, "{path} {claim}");
        json!({"path": path, "claim": claim, "covers": expected})
    })
    .to_vec()
}

// Messages.

/// Reads a body as a party does, and writes it again.
fn reads<T: DeserializeOwned + Serialize>(body: &str) -> Option<Value> {
    let read: T = jose::json::parse_as(body).ok()?;
    Some(serde_json::to_value(read).unwrap())
}

/// Bodies that are taken, each as it is written, and near-misses as texts.
fn kind<T: DeserializeOwned + Serialize>(
    taken: impl IntoIterator<Item = (&'static str, Value)>,
    refused: impl IntoIterator<Item = (&'static str, Value)>,
) -> Value {
    let taken = taken.into_iter().map(|(name, body)| {
        assert_eq!(reads::<T>(&body.to_string()).as_ref(), Some(&body), "{name}");
        json!({"name": name, "body": body})
    });
    let taken: Vec<Value> = taken.collect();
    let refused = refused.into_iter().map(|(name, body)| {
        assert_eq!(reads::<T>(&body.to_string()), None, "{name}");
        json!({"name": name, "body": body})
    });
    let refused: Vec<Value> = refused.collect();
    json!({"taken": taken, "refused": refused})
}

fn bodies() -> Value {
    let changes = |changes: Value| json!({"id": ID, "changes": changes});
    let one = |change: Value| changes(json!([change]));
    let all = json!([
        {"claim": "picture", "publish": "public"},
        {"claim": "bio", "until": NOW.plus(30 * DAY).seconds()},
        {"claim": "skills", "until": null},
        {"claim": "phone_number", "take_back": true},
    ]);
    let twice = format!(r#"{{"id":"{ID}","id":"{ID}","changes":{all}}}"#);
    assert_eq!(reads::<Changes>(&twice), None);
    json!({
        "POST /member/changes": kind::<Changes>(
            [
                ("each of the four", changes(all.clone())),
                ("a dry run", json!({"id": ID, "dry_run": true, "changes": all})),
            ],
            [
                ("nothing to do", one(json!({"claim": "bio"}))),
                ("two things to do", one(json!({"claim": "bio", "until": null, "take_back": true}))),
                ("not to take back", one(json!({"claim": "bio", "take_back": false}))),
                ("an audience that is not known", one(json!({"claim": "bio", "publish": "friends"}))),
                ("an end as text", one(json!({"claim": "bio", "until": "tomorrow"}))),
                ("a value", one(json!({"claim": "bio", "value": "Potter", "publish": "team"}))),
                ("no claim", one(json!({"take_back": true}))),
                ("a path as a list", one(json!({"claim": ["bio"], "take_back": true}))),
                ("no identifier", json!({"changes": []})),
                ("a member that is not known", json!({"id": ID, "changes": [], "reason": "because"})),
            ],
        ),
        "POST /member/changes, a member twice": {"refused_text": twice},
        "POST /member/change-requests": kind::<ChangeRequest>(
            [("a new address", json!({"claims": ["email"]}))],
            [
                ("the value itself", json!({"claims": ["email"], "email": "ada@example.org"})),
                ("a path as a list", json!({"claims": [["email"]]})),
            ],
        ),
        "POST /member/leave": kind::<Leave>(
            [("leave", json!({"id": ID})), ("a dry run", json!({"id": ID, "dry_run": true}))],
            [("no identifier", json!({})), ("a reason", json!({"id": ID, "reason": "because"}))],
        ),
        "POST /member/objections": kind::<Objection>(
            [
                ("about a claim", json!({"id": ID, "about": ["bio"], "reason": "It is shown at the door."})),
                ("about everything", json!({"id": ID, "about": [], "reason": "I was not asked."})),
            ],
            [
                ("no reason", json!({"id": ID, "about": ["bio"]})),
                ("about something else than claims", json!({"id": ID, "about": [1], "reason": "because"})),
            ],
        ),
    })
}

fn answers() -> Value {
    let detail = json!({
        "claim": "email", "value": "ada@example.org", "purpose": "sign-up", "audience": "team",
        "seen_by": "the team of Kiln", "until": null, "kept_days": 30, "since": NOW.minus(90 * DAY).seconds(),
        "word_of": "office did:web:office.example.org", "needed": true,
    });
    let without = |name: &str| {
        let mut detail = detail.clone();
        detail.as_object_mut().unwrap().remove(name);
        detail
    };
    let held = |detail: Value| {
        json!({
            "space": SPACE, "member_since": NOW.minus(90 * DAY).seconds(), "plan": "member", "details": [detail],
            "objections": [{"id": ID, "at": NOW.seconds(), "about": ["bio"]}],
        })
    };
    // What a newer space says beside what is known, and in each part of it.
    let mut known = held(detail.clone());
    known["handed_on"] =
        json!([{"to": "Bookings", "details": ["email"], "at": NOW.seconds(), "confirmed": true}]);
    let mut newer = known.clone();
    newer["of_tomorrow"] = json!({"any": ["value"]});
    for part in ["details", "objections", "handed_on"] {
        newer[part][0]["of_tomorrow"] = json!(true);
    }
    assert_eq!(reads::<Details>(&newer.to_string()), Some(known.clone()));
    let would = json!({"would": {
        "changes": [{"claim": "email", "take_back": true}], "membership_ended": true,
        "kept": [{"claim": "bio", "rule": "registration", "until": NOW.plus(30 * DAY).seconds()}],
    }});
    let request = json!({
        "link": "openid4vp://?client_id=x509_hash%3AAbC&request_uri=https%3A%2F%2Fkiln.example.org%2Frequest%2F1&request_uri_method=post",
        "client_id": "x509_hash:AbC", "request_uri": "https://kiln.example.org/request/1", "request_uri_method": "post",
    });
    let refusal = json!({
        "error": "not_held", "error_description": "this space does not hold what is named", "claims": ["phone_number"],
    });
    json!({
        "request": kind::<RequestMade>([("a request", request)], [("a link alone", json!({"link": "openid4vp://"}))]),
        "details": kind::<Details>(
            [("one detail", held(detail.clone()))],
            [
                ("an audience that is not known", held({
                    let mut detail = detail.clone();
                    detail["audience"] = json!("friends");
                    detail
                })),
                ("no word on whether it is needed", held(without("needed"))),
                ("no value", held(without("value"))),
            ],
        ),
        "details_of_a_newer_space": {"body": newer, "read_as": known},
        "done_or_would": kind::<ChangeAnswer>(
            [("done", json!({"proof": "eyJ0…"})), ("a dry run", would)],
            [("neither", json!({"done": true})), ("a proof that is no text", json!({"proof": {}}))],
        ),
        "refusal": kind::<Refusal>(
            [
                ("not held", refusal),
                ("a word alone", json!({"error": "id_used", "error_description": "choose a new one"})),
            ],
            [("no sentence", json!({"error": "id_used"}))],
        ),
    })
}
