//! The mailbox: envelopes, what is in them, deposits and listings (specs/mailbox.md).

use std::iter;

use environment::{Randomness, Timestamp};
use jose::{Jwk, Signer, VerifyingKey, jwe};
use network::http_signature::{self, Fields, Signed, Unverified};
use network::mailbox::{
    About, Address, Deposit, Invitation, Kind, LISTING_SIZES, Listed, Listing, Message, Purpose, SIZES, Slot,
    open, room, seal, sender_key,
};
use openid4vc::dpop;
use openid4vc::http::Method;
use serde_json::{Map, Value, json};

use super::deterministic::{self, Key, NOW, randomness};

const SPACE: &str = "did:web:kiln.example.org";
const MEMBER: &str = "did:web:office.example.org:ada";
const HOST: &str = "https://office.example.org";
const DAY: i64 = 86_400;

/// Everybody's keys.
struct Cast {
    /// The space's request key.
    request: Key,
    /// The member's `#seal`.
    seal: Key,
    /// Reads the inbox that was made for the space.
    read: Key,
    /// Opens what comes there.
    inbox_seal: Key,
    /// Nobody's of the above.
    other: Key,
}

pub(super) fn vectors() -> Value {
    let random = randomness(5);
    let key = || Key::generate(&random);
    let cast = Cast { request: key(), seal: key(), read: key(), inbox_seal: key(), other: key() };
    json!({
        "about": "Mailboxes: what a space seals, what a host may see of it, what a wallet takes",
        "spec": "specs/mailbox.md",
        "now": NOW.seconds(),
        "space": {"did": SPACE, "key_id": kid(), "key": cast.request.private_jwk()},
        "member": {"did": MEMBER, "seal": cast.seal.private_jwk()},
        "inbox": {
            "read": cast.read.private_jwk(),
            "address": cast.address().as_str(),
            "url": cast.url(),
            "terms": {"address": cast.url(), "key": cast.inbox_seal.public_jwk().required_members()},
            "seal": cast.inbox_seal.private_jwk(),
        },
        "another_key": cast.other.private_jwk(),
        "room": SIZES.map(|size| json!({"size": size, "characters": room(size)})),
        "taken": cast.taken(&random),
        "refused_envelopes": cast.refused_envelopes(&random),
        "refused_messages": cast.refused_messages(),
        "refused_deposits": cast.refused_deposits(&random),
        "deposit": cast.deposit(&random),
        "fetching": cast.fetching(&random),
        "listings": listings(),
    })
}

fn kid() -> String {
    format!("{SPACE}#request")
}

fn invitation() -> Invitation {
    Invitation {
        space: SPACE.to_owned(),
        member: MEMBER.to_owned(),
        id: "c29tZSByYW5kb20gaWQ".to_owned(),
        issued_at: NOW.seconds(),
        expires_at: NOW.plus(14 * DAY).seconds(),
        link: "https://kiln.example.org/join/invited/x9Jm0oQ3vL2c5rT8yB1n4w".to_owned(),
        purpose: Purpose::SignUp,
        email: Some("ada@example.org".to_owned()),
    }
}

impl Cast {
    fn address(&self) -> Address {
        Address::of(self.read.public_jwk())
    }

    fn url(&self) -> String {
        format!("{HOST}/mailbox/{}", self.address())
    }

    fn message(&self) -> Message {
        Message {
            space: SPACE.to_owned(),
            inbox: self.url(),
            id: "YW5vdGhlciByYW5kb20gaWQ".to_owned(),
            issued_at: NOW.seconds(),
            expires_at: NOW.plus(30 * DAY).seconds(),
            about: About::Note,
            decision: None,
            credential_offer: None,
            link: Some("https://kiln.example.org/news".to_owned()),
            text: Some("We open at eight from Monday on.".to_owned()),
            hello: None,
            hello_answer: None,
        }
    }

    fn taken(&self, random: &dyn Randomness) -> Vec<Value> {
        let ready = VerifyingKey::new(self.request.public_jwk()).unwrap();
        let invitation = invitation();
        let invited = invitation.sign(&kid(), &self.request).unwrap();
        assert_eq!(Invitation::verify(&invited, SPACE, &ready, MEMBER, NOW).unwrap(), invitation);
        let message = self.message();
        let written = message.sign(&kid(), &self.request).unwrap();
        assert_eq!(Message::verify(&written, SPACE, &ready, &self.url(), NOW).unwrap(), message);
        let mut long = Message { text: Some("o".repeat(3_000)), ..message };
        let longer = long.sign(&kid(), &self.request).unwrap();
        long.text = Some("o".repeat(8_000));
        let longest = long.sign(&kid(), &self.request).unwrap();
        [
            ("an invitation", "invitation", invited, &self.seal),
            ("a message to the inbox that was made for the space", "message", written, &self.inbox_seal),
            ("a message of the middle size", "message", longer, &self.inbox_seal),
            ("a message of the largest size", "message", longest, &self.inbox_seal),
        ]
        .into_iter()
        .zip([4_096, 4_096, 8_192, 16_384])
        .map(|((name, kind, jws, to), size)| {
            let envelope = seal(&jws, to.public_jwk(), random).unwrap();
            assert_eq!(envelope.len(), size, "{name}");
            assert_eq!(open(&envelope, &to.for_opening()).unwrap(), jws);
            assert_eq!(sender_key(&jws).unwrap(), kid());
            json!({"name": name, "kind": kind, "size": size, "jws": jws, "envelope": envelope})
        })
        .collect()
    }

    /// All sealed to the member, by hands that are not the product's.
    fn refused_envelopes(&self, random: &dyn Randomness) -> Vec<Value> {
        let content =
            |text: &str, length: usize| format!("{text}{}", " ".repeat(length.saturating_sub(text.len())));
        let right = |text: &str| content(text, jwe::plaintext_for(4_096).unwrap());
        let plain = r#"{"jws":"a.b.c","pad":""}"#;
        let sealed = |text: &str| deterministic::seal(text.as_bytes(), self.to(), Map::new(), random);
        // Headers of other lengths, padded so that the whole has the right size.
        let headed = |name: &str, value: Value| {
            let header = Map::from_iter([(name.to_owned(), value)]);
            let fits = |length: usize| {
                let token =
                    deterministic::seal(content(plain, length).as_bytes(), self.to(), header.clone(), random);
                (token.len() == 4_096).then_some(token)
            };
            (2_000..3_000).rev().find_map(fits).unwrap()
        };
        let good = sealed(&right(plain));
        assert_eq!(open(&good, &self.seal.for_opening()).unwrap(), "a.b.c");
        [
            ("one character too many", format!("{good}A")),
            ("one character too few", good.chars().skip(1).collect()),
            ("a key that is named", headed("kid", json!("ada-0123456"))),
            ("a party that is named", headed("apv", json!("YWRhLTAxMjM0NTY"))),
            ("compression", headed("zip", json!("DEF"))),
            ("a critical extension", headed("crit", json!(["exp", "x-more"]))),
            (
                "sealed to another key",
                deterministic::seal(right(plain).as_bytes(), self.other.public_jwk(), Map::new(), random),
            ),
            ("a tag that was changed", changed(&good)),
            ("no padding", sealed(&right(r#"{"jws":"a.b.c"}"#))),
            ("a member too many", sealed(&right(r#"{"jws":"a.b.c","pad":"","to":"ada"}"#))),
            ("a member twice", sealed(&right(r#"{"jws":"a.b.c","jws":"d.e.f","pad":""}"#))),
            ("no object", sealed(&right(r#""a.b.c""#))),
        ]
        .into_iter()
        .map(|(name, envelope)| {
            let why = open(&envelope, &self.seal.for_opening()).unwrap_err();
            json!({"name": name, "envelope": envelope, "why": why.to_string()})
        })
        .collect()
    }

    fn to(&self) -> &Jwk {
        self.seal.public_jwk()
    }

    fn refused_messages(&self) -> Vec<Value> {
        let ready = VerifyingKey::new(self.request.public_jwk()).unwrap();
        let good = invitation();
        let signed = |one: Invitation| one.sign(&kid(), &self.request).unwrap();
        let typed = |typ: &str, claims: Value| {
            let header = Map::from_iter([("kid".to_owned(), json!(kid()))]);
            jose::jwt::sign(typ, header, claims.as_object().unwrap(), &self.request).unwrap()
        };
        let claims = |change: &dyn Fn(&mut Value)| {
            let mut claims = serde_json::to_value(&good).unwrap();
            change(&mut claims);
            typed("passport-invitation+jwt", claims)
        };
        [
            ("for another member", signed(Invitation { member: format!("{MEMBER}2"), ..good.clone() })),
            (
                "a day more than fourteen",
                signed(Invitation { expires_at: NOW.plus(15 * DAY).seconds(), ..good.clone() }),
            ),
            (
                "expired",
                signed(Invitation {
                    issued_at: NOW.minus(2 * DAY).seconds(),
                    expires_at: NOW.minus(DAY).seconds(),
                    ..good.clone()
                }),
            ),
            ("from tomorrow", signed(Invitation { issued_at: NOW.plus(DAY).seconds(), ..good.clone() })),
            ("without an identifier", signed(Invitation { id: String::new(), ..good.clone() })),
            ("without an end", claims(&|claims| drop(claims.as_object_mut().unwrap().remove("exp")))),
            ("with a member that is not known", claims(&|claims| claims["html"] = json!("<b>"))),
            ("of a purpose that is not known", claims(&|claims| claims["purpose"] = json!("pay"))),
            (
                "by the key of another DID",
                good.sign("did:web:mallory.example.org#request", &self.request).unwrap(),
            ),
            ("by another key", good.sign(&kid(), &self.other).unwrap()),
            ("another kind of message", typed("passport-message+jwt", serde_json::to_value(&good).unwrap())),
        ]
        .into_iter()
        .map(|(name, jws)| {
            let why = Invitation::verify(&jws, SPACE, &ready, MEMBER, NOW).unwrap_err();
            json!({"name": name, "jws": jws, "why": why.to_string()})
        })
        .collect()
    }

    fn refused_deposits(&self, random: &dyn Randomness) -> Vec<Value> {
        let jws = invitation().sign(&kid(), &self.request).unwrap();
        let message = seal(&jws, self.to(), random).unwrap();
        let expires = NOW.plus(14 * DAY).seconds();
        let good =
            json!({"kind": "invitation", "slot": Slot::of([7; 16]), "message": message, "expires": expires});
        assert!(Deposit::read(good.to_string().as_bytes(), NOW).is_ok());
        let with = |name: &str, value: Value| {
            let mut body = good.clone();
            body[name] = value;
            body
        };
        [
            ("a kind that is not known", with("kind", json!("letter"))),
            ("a slot of fifteen bytes", with("slot", json!("BwcHBwcHBwcHBwcHBwcH"))),
            ("a slot in another spelling", with("slot", json!("BwcHBwcHBwcHBwcHBwcHBx"))),
            ("a member that says whom it is for", with("to", json!(MEMBER))),
            ("no envelope", with("message", json!(jws))),
            ("expires now", with("expires", json!(NOW.seconds()))),
            ("expires in more than thirty days", with("expires", json!(NOW.plus(30 * DAY + 1).seconds()))),
            ("expires as text", with("expires", json!("tomorrow"))),
        ]
        .into_iter()
        .map(|(name, body)| {
            let why = Deposit::read(body.to_string().as_bytes(), NOW).unwrap_err();
            json!({"name": name, "body": body, "why": why.to_string()})
        })
        .collect()
    }

    /// A whole call of the space.
    fn deposit(&self, random: &dyn Randomness) -> Value {
        let jws = self.message().sign(&kid(), &self.request).unwrap();
        let message = seal(&jws, self.inbox_seal.public_jwk(), random).unwrap();
        let expires = NOW.plus(30 * DAY).seconds();
        let slot = Slot::random(random);
        let body = serde_json::to_string(&Deposit { kind: Kind::Message, slot, message, expires }).unwrap();
        let url = self.url();
        let signed =
            http_signature::sign("POST", &url, body.as_bytes(), &kid(), &self.request, NOW, random).unwrap();
        let Signed { content_digest, signature_input, signature } = &signed;
        let fields = Fields { content_digest, signature_input, signature };
        let ready = VerifyingKey::new(self.request.public_jwk()).unwrap();
        let verified =
            Unverified::parse("POST", &url, body.as_bytes(), fields).unwrap().verify(&ready, NOW).unwrap();
        assert_eq!(verified.key_id, kid());
        assert!(Deposit::read(body.as_bytes(), NOW).is_ok());
        json!({
            "method": "POST",
            "url": url,
            "headers": {
                "content-type": "application/json",
                "content-digest": content_digest,
                "signature-input": signature_input,
                "signature": signature,
            },
            "body": body,
            "answer": {"status": 202, "body": "{}"},
        })
    }

    /// Proofs of the wallet.
    fn fetching(&self, random: &dyn Randomness) -> Vec<Value> {
        [(Method::Get, ""), (Method::Post, "/done"), (Method::Post, "/blocks"), (Method::Post, "/reports")]
            .map(|(method, what)| {
                let url = format!("{}{what}", self.url());
                let key = self.read.public_jwk();
                let new = dpop::NewProof { key, method, url: &url, access_token: None, nonce: None };
                let proof = new.to_sign(NOW, random).sign(&self.read).unwrap();
                json!({"method": method.name(), "url": url, "headers": {"dpop": proof}, "body": body_of(what)})
            })
            .to_vec()
    }
}

fn body_of(what: &str) -> Value {
    match what {
        "/done" => json!({"ids": ["q83vEjRWeJq83vEjRWeJqw"]}),
        "/blocks" => json!({"space": SPACE, "blocked": true}),
        "/reports" => json!({"space": SPACE, "reason": "phishing"}),
        _ => Value::Null,
    }
}

/// The last character of a token stands for two bits that count and four that do not.
fn changed(token: &str) -> String {
    let last = token.chars().last().unwrap();
    let other = if last == 'A' { 'Q' } else { 'A' };
    token.chars().take(token.len().saturating_sub(1)).chain(iter::once(other)).collect()
}

/// How long the body of a listing is.
fn listings() -> Vec<Value> {
    [
        (0, 4_096),
        (1, 4_096),
        (2, 4_096),
        (7, 4_096),
        (8, 4_096),
        (15, 4_096),
        (16, 4_096),
        (3, 16_384),
        (4, 16_384),
    ]
    .into_iter()
    .map(|(waiting, size)| {
        let one = |number: usize| Listed {
            id: format!("{number:022}"),
            message: "A".repeat(size),
            day: Timestamp::start_of_day(NOW).seconds(),
        };
        let listing = Listing::of((0..waiting).map(one));
        let (listed, more, body) = (listing.messages.len(), listing.more, listing.body());
        assert!(LISTING_SIZES.contains(&body.len()));
        json!({"waiting": waiting, "of": size, "listed": listed, "more": more, "bytes": body.len()})
    })
    .collect()
}
