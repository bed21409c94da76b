//! Proofs of sharing, decisions and proofs of change (specs/proof-of-sharing.md).

use environment::{Randomness, Timestamp};
use jose::{Signer, VerifyingKey, base64url, digest};
use ledger::{Commitment, CommitmentNonce, Entry, EntryKind, Leaf, LeafId};
use network::MessageError;
use network::change_proof::{Asked, ChangeProof, Deed, Expected as ExpectedChange, NewChangeProof};
use network::claims::Audience;
use network::decision::{DecidedBy, Decision, Outcome as Decided};
use network::member_api::{ClaimChange, KeptClaim, Outcome, REGISTRATION, WhatToDo};
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::{Confirmation, Expected, NewProof, ProofOfSharing, SharedClaim};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::deterministic::{Key, NOW, randomness};

const SPACE: &str = "did:web:kiln.example.org";
const OTHER: &str = "did:web:mallory.example.org";
const DAY: i64 = 86_400;
const REQUEST: &str = "4Yy3Qp1Zk0Yz9Zc8m0vUjH8g2r6b1oQn8f3K2q5d7xE";
const OTHER_REQUEST: &str = "8Yy3Qp1Zk0Yz9Zc8m0vUjH8g2r6b1oQn8f3K2q5d7xE";
const ID: &str = "q83vEjRWeJq83vEjRWeJqw";

/// Everybody's keys.
struct Cast {
    /// The space's `#log`.
    log: Key,
    /// The answering key; tokens of the member API are bound to it as well.
    holder: Key,
    /// Nobody's of the above.
    other: Key,
}

/// A message that is to be refused, and the moment at which it is looked at.
type Near = (&'static str, String, Timestamp);

pub(super) fn vectors() -> Value {
    let random = randomness(0x7368_6172);
    let key = || Key::generate(&random);
    let cast = Cast { log: key(), holder: key(), other: key() };
    json!({
        "about": "What a space signs of what it was given, decided and changed, and what a wallet takes of it",
        "spec": "specs/proof-of-sharing.md",
        "now": NOW.seconds(),
        "space": {"did": SPACE, "key_id": kid(), "key": cast.log.private_jwk()},
        "holder": {"key": cast.holder.private_jwk(), "jkt": cast.jkt()},
        "another_key": cast.other.private_jwk(),
        "sharing": cast.sharing(&random),
        "decision": cast.decisions(),
        "change": cast.changes(&random),
    })
}

fn kid() -> String {
    format!("{SPACE}#log")
}

fn refused(cases: Vec<Near>, why: impl Fn(&str, Timestamp) -> MessageError) -> Vec<Value> {
    cases
        .into_iter()
        .map(|(name, jws, now)| {
            let why = why(&jws, now).to_string();
            json!({"name": name, "jws": jws, "now": now.seconds(), "why": why})
        })
        .collect()
}

impl Cast {
    fn jkt(&self) -> String {
        self.holder.public_jwk().thumbprint_base64url()
    }

    fn ready(&self) -> VerifyingKey {
        VerifyingKey::new(self.log.public_jwk()).unwrap()
    }

    /// A message with other claims than the product would write.
    fn claims(&self, typ: &str, message: &impl Serialize, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = serde_json::to_value(message).unwrap();
        change(&mut claims);
        let header = Map::from_iter([("typ".to_owned(), json!(typ)), ("kid".to_owned(), json!(kid()))]);
        jose::jws::sign(header, claims.to_string().as_bytes(), &self.log).unwrap()
    }

    /// What is refused of every message: another signer, type or moment.
    fn of_others(&self, typ: &str, good: &impl Serialize) -> Vec<Near> {
        let signed = |kid: String, key: &Key| {
            let header = Map::from_iter([("typ".to_owned(), json!(typ)), ("kid".to_owned(), json!(kid))]);
            jose::jws::sign(header, serde_json::to_string(good).unwrap().as_bytes(), key).unwrap()
        };
        let as_it_is = |_: &mut Value| {};
        vec![
            ("by another key", signed(kid(), &self.other), NOW),
            ("by a key of another DID", signed(format!("{OTHER}#log"), &self.log), NOW),
            ("under a DID without a key", signed(SPACE.to_owned(), &self.log), NOW),
            ("another kind of message", self.claims("JWT", good, as_it_is), NOW),
            ("of another space", self.claims(typ, good, |claims| claims["iss"] = json!(OTHER)), NOW),
            ("from more than a minute ahead", signed(kid(), &self.log), NOW.minus(61)),
        ]
    }
}

// Proofs of sharing.

/// The disclosures that were sent: path, type, and the text of RFC 9901 §4.2.1.
fn sent(random: &dyn Randomness) -> Vec<(&'static str, &'static str, String)> {
    let disclosure =
        |name: &str, value: Value| base64url::encode(json!([salt(random), name, value]).to_string());
    vec![
        ("email", "urn:passport-network:profile:1", disclosure("email", json!("ada@example.org"))),
        ("age_equal_or_over.18", "urn:passport-network:profile:1", disclosure("18", json!(true))),
        ("bio", "urn:passport-network:own:1", disclosure("bio", json!("Potter"))),
    ]
}

fn salt(random: &dyn Randomness) -> String {
    base64url::encode(random.bytes::<16>())
}

impl Cast {
    fn sharing(&self, random: &dyn Randomness) -> Value {
        let sent = sent(random);
        let proof = self.proof(&sent, random);
        let pairs = pairs(&proof);
        let message = proof.sign(&kid(), &self.log).unwrap();
        let read = |message: &str, now: Timestamp| {
            let (ready, holder) = (self.ready(), self.jkt());
            let expected = Expected { space: SPACE, request: REQUEST, holder: &holder, shared: &pairs };
            ProofOfSharing::verify(message, &ready, &expected, now)
        };
        assert_eq!(read(&message, NOW).as_ref(), Ok(&proof));
        assert_eq!(read(&message, NOW.minus(60)).as_ref(), Ok(&proof), "a minute ahead is taken");
        let told = self.claims(network::sharing_proof::TYPE, &proof, |claims| claims["more"] = json!(1));
        assert_eq!(read(&told, NOW).as_ref(), Ok(&proof), "what is not known is passed over");
        let mut near = self.of_others(network::sharing_proof::TYPE, &proof);
        near.extend(self.near_sharings(&proof, random));
        json!({
            "request": REQUEST,
            "sent": sent.iter().zip(&proof.shared).map(|(sent, shared)| worked(sent, shared)).collect::<Vec<_>>(),
            "leaf": leaf(&proof.log.leaf),
            "taken": [
                {"name": "a proof of exactly what was sent", "claims": proof, "jws": message},
                {"name": "with a member that nobody knows", "jws": told},
            ],
            "refused": refused(near, |jws, now| read(jws, now).unwrap_err()),
        })
    }

    fn proof(&self, sent: &[(&str, &str, String)], random: &dyn Randomness) -> ProofOfSharing {
        let shared = sent.iter().map(|(claim, vct, disclosure)| SharedClaim {
            claim: (*claim).to_owned(),
            vct: (*vct).to_owned(),
            digest: digest::sha256_base64url(disclosure),
            nonce: CommitmentNonce::generate(random),
            needed: *claim == "email",
            purpose: "sign-up".to_owned(),
            audience: if *claim == "bio" { Audience::MembersHere } else { Audience::Team },
            seen_in_team: SeenInTeam::Team,
            kept_days: Some(30),
            kept_until: (*claim == "bio").then(|| NOW.plus(90 * DAY).seconds()),
        });
        let (shared, holder) = (shared.collect(), self.jkt());
        let new = NewProof { issuer: SPACE, request: REQUEST, holder: &holder, purpose: "sign-up", shared };
        new.make(NOW, random).unwrap()
    }

    fn near_sharings(&self, good: &ProofOfSharing, random: &dyn Randomness) -> Vec<Near> {
        let typ = network::sharing_proof::TYPE;
        let claims = |change: &dyn Fn(&mut Value)| self.claims(typ, good, change);
        let with_leaf = |entry: &Entry| {
            let mut proof = good.clone();
            proof.log.leaf = Leaf::new(LeafId::generate(random), entry);
            proof.sign(&kid(), &self.log).unwrap()
        };
        let named: Vec<&str> = good.shared.iter().map(|one| one.claim.as_str()).collect();
        let turned = good.shared.iter().rev().fold(Entry::new(EntryKind::Answered, NOW), committing);
        let fewer = good.shared.iter().take(2).fold(Entry::new(EntryKind::Answered, NOW), committing);
        let other_nonce = json!(CommitmentNonce::generate(random));
        [
            ("about another request", claims(&|all| all["request"] = json!(OTHER_REQUEST))),
            (
                "bound to another key",
                claims(&|all| all["cnf"]["jkt"] = json!(self.other.public_jwk().thumbprint_base64url())),
            ),
            ("a claim less than was sent", claims(&|all| drop(all["shared"].as_array_mut().unwrap().pop()))),
            (
                "a claim twice",
                claims(&|all| {
                    let again = all["shared"][0].clone();
                    all["shared"].as_array_mut().unwrap().push(again);
                }),
            ),
            (
                "another value",
                claims(&|all| all["shared"][0]["digest"] = json!(digest::sha256_base64url("another"))),
            ),
            ("another claim", claims(&|all| all["shared"][0]["claim"] = json!("phone_number"))),
            (
                "a nonce that does not open the leaf",
                claims(&|all| all["shared"][0]["nonce"] = other_nonce.clone()),
            ),
            ("a nonce that is too short", claims(&|all| all["shared"][0]["nonce"] = json!("AAAA"))),
            ("an audience that is not known", claims(&|all| all["shared"][0]["audience"] = json!("friends"))),
            ("a leaf in another order", with_leaf(&turned)),
            ("a leaf with fewer items", with_leaf(&fewer)),
            ("a leaf without commitments", with_leaf(&Entry::new(EntryKind::Answered, NOW).about(named))),
            ("a leaf that is no JSON", claims(&|all| all["log"]["leaf"]["bytes"] = json!("{"))),
            (
                "no leaf",
                claims(&|all| {
                    all.as_object_mut().unwrap().remove("log");
                }),
            ),
        ]
        .map(|(name, jws)| (name, jws, NOW))
        .to_vec()
    }
}

fn committing(entry: Entry, shared: &SharedClaim) -> Entry {
    let digest = base64url::decode_exact(&shared.digest).unwrap();
    entry.committing(shared.claim.clone(), Commitment::new(&shared.nonce, &digest))
}

/// Claim and digest of each, as a wallet remembers them.
fn pairs(proof: &ProofOfSharing) -> Vec<(String, String)> {
    proof.shared.iter().map(|one| (one.claim.clone(), one.digest.clone())).collect()
}

/// From a disclosure to its commitment, worked out as the page says it and not by the product.
fn worked((claim, _, disclosure): &(&str, &str, String), shared: &SharedClaim) -> Value {
    let digest = Sha256::digest(disclosure.as_bytes());
    assert_eq!(base64url::encode(digest), shared.digest, "{claim}");
    let nonce = String::from(shared.nonce.clone());
    let mut commitment = Sha256::new();
    commitment.update(b"passport-network/commitment/1\0");
    commitment.update(base64url::decode(&nonce).unwrap());
    commitment.update(digest);
    let commitment = base64url::encode(commitment.finalize());
    let opened = Commitment::try_from(commitment.clone()).unwrap();
    assert!(opened.opens_with(&shared.nonce, &digest.into()));
    json!({
        "claim": claim, "disclosure": disclosure, "digest": shared.digest, "nonce": nonce, "commitment": commitment,
    })
}

/// A leaf and its hash (RFC 6962 §2.1), worked out likewise.
fn leaf(leaf: &Leaf) -> Value {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(leaf.bytes());
    let hash = base64url::encode(hash.finalize());
    assert_eq!(hash, String::from(leaf.hash()));
    json!({"bytes": String::from_utf8(leaf.bytes().to_vec()).unwrap(), "hash": hash})
}

// Decisions.

impl Cast {
    fn decisions(&self) -> Value {
        let read = |message: &str, now: Timestamp| {
            Decision::verify(message, SPACE, &self.ready(), REQUEST, &self.jkt(), now)
        };
        let declined = self.decision(Decided::Declined, DecidedBy::Person);
        let good = [
            ("approved by a rule", self.decision(Decided::Approved, DecidedBy::Rule)),
            ("declined by a person", declined.clone()),
        ];
        let taken = good.map(|(name, decision)| {
            let message = decision.sign(&kid(), &self.log).unwrap();
            assert_eq!(read(&message, NOW).as_ref(), Ok(&decision), "{name}");
            json!({"name": name, "claims": decision, "jws": message})
        });
        let typ = network::decision::TYPE;
        let claims = |change: &dyn Fn(&mut Value)| self.claims(typ, &declined, change);
        let mut near = self.of_others(typ, &declined);
        near.extend([
            ("about another request", claims(&|all| all["request"] = json!(OTHER_REQUEST)), NOW),
            (
                "bound to another key",
                claims(&|all| all["cnf"]["jkt"] = json!(self.other.public_jwk().thumbprint_base64url())),
                NOW,
            ),
            ("an outcome that is not known", claims(&|all| all["outcome"] = json!("perhaps")), NOW),
            ("by nobody", claims(&|all| drop(all.as_object_mut().unwrap().remove("by"))), NOW),
        ]);
        json!({
            "request": REQUEST, "taken": taken,
            "refused": refused(near, |jws, now| read(jws, now).unwrap_err()),
        })
    }

    fn decision(&self, outcome: Decided, by: DecidedBy) -> Decision {
        let declined = outcome == Decided::Declined;
        Decision {
            issuer: SPACE.to_owned(),
            issued_at: NOW.seconds(),
            request: REQUEST.to_owned(),
            confirmation: Confirmation { thumbprint: self.jkt() },
            outcome,
            by,
            because: None,
            rules: None,
            reason: declined.then(|| "The studio is full until spring.".to_owned()),
            appeal: declined.then(|| "team@kiln.example.org".to_owned()),
        }
    }
}

// Proofs of change.

fn change(claim: &str, what: WhatToDo) -> ClaimChange {
    ClaimChange { claim: claim.to_owned(), what }
}

/// What is asked, as the file shows it.
fn told(asked: Asked<'_>) -> Value {
    match asked {
        Asked::Changes(changes) => json!({"changes": changes}),
        Asked::Leave => json!("leave"),
        Asked::Objection(about) => json!({"about": about}),
    }
}

impl Cast {
    fn changes(&self, random: &dyn Randomness) -> Value {
        let end = NOW.plus(30 * DAY).seconds();
        let until = change("bio", WhatToDo::Until(Some(end)));
        let lifted = change("bio", WhatToDo::Until(None));
        let publish = change("picture", WhatToDo::Publish(Audience::Public));
        let back = change("phone_number", WhatToDo::TakeBack);
        let kept = KeptClaim { claim: "bio".to_owned(), rule: REGISTRATION.to_owned(), until: end };
        let (ends, ages) = ([until, lifted], ["age_equal_or_over.18".to_owned()]);
        let both = [ends[0].clone(), publish.clone()];
        let all = [ends[1].clone(), publish, back.clone()];
        let asked = |changes: &[ClaimChange]| Outcome { changes: changes.to_vec(), ..Outcome::default() };
        let ended =
            Outcome { membership_ended: true, kept: vec![kept], ..asked(std::slice::from_ref(&back)) };
        let left = Outcome { membership_ended: true, ..asked(std::slice::from_ref(&back)) };
        let objected = Outcome { about: ages.to_vec(), ..Outcome::default() };
        let backs = [back];
        let cases = [
            ("an end is set", "changed", Deed::Changed, Asked::Changes(&ends[..1]), asked(&ends[..1])),
            ("an end is lifted", "changed", Deed::Changed, Asked::Changes(&ends[1..]), asked(&ends[1..])),
            ("seen by others, and an end", "published", Deed::Changed, Asked::Changes(&both), asked(&both)),
            (
                "something taken back beside others",
                "taken-back",
                Deed::Changed,
                Asked::Changes(&all),
                asked(&all),
            ),
            ("something needed taken back", "taken-back", Deed::Changed, Asked::Changes(&backs), ended),
            ("left", "left", Deed::Left, Asked::Leave, left.clone()),
            (
                "left, and nothing was held",
                "left",
                Deed::Left,
                Asked::Leave,
                Outcome { changes: Vec::new(), ..left.clone() },
            ),
            ("an objection about a claim", "objected", Deed::Objected, Asked::Objection(&ages), objected),
            (
                "an objection about everything",
                "objected",
                Deed::Objected,
                Asked::Objection(&[]),
                Outcome::default(),
            ),
        ];
        let mut taken = Vec::new();
        for (name, kind, deed, asked, outcome) in cases {
            let proof = self.change_proof(deed, outcome, random);
            let message = proof.sign(&kid(), &self.log).unwrap();
            assert_eq!(self.read_change(&message, asked, NOW).as_ref(), Ok(&proof), "{name}");
            assert_eq!(json!(proof.log.leaf.entry().unwrap().kind), json!(kind), "{name}");
            taken.push(json!({
                "name": name, "asked": told(asked), "kind": kind, "claims": proof, "jws": message,
                "leaf": leaf(&proof.log.leaf),
            }));
        }
        let good = self.change_proof(Deed::Changed, asked(&all), random);
        json!({
            "id": ID, "taken": taken,
            "refused": self.near_changes(&good, &all, random),
            "refused_of_who_left": self.near_leavings(&left, random),
        })
    }

    fn change_proof(&self, deed: Deed, outcome: Outcome, random: &dyn Randomness) -> ChangeProof {
        NewChangeProof { issuer: SPACE, holder: &self.jkt(), id: ID, deed, outcome }.make(NOW, random)
    }

    fn read_change(
        &self,
        message: &str,
        asked: Asked<'_>,
        now: Timestamp,
    ) -> Result<ChangeProof, MessageError> {
        let holder = self.jkt();
        let expected = ExpectedChange { space: SPACE, holder: &holder, id: ID, asked };
        ChangeProof::verify(message, &self.ready(), &expected, now)
    }

    /// Near-misses of a proof of all these changes.
    fn near_changes(&self, good: &ChangeProof, asked: &[ClaimChange], random: &dyn Randomness) -> Value {
        let typ = network::change_proof::TYPE;
        let claims = |change: &dyn Fn(&mut Value)| self.claims(typ, good, change);
        let with_leaf = |entry: &Entry| {
            let mut proof = good.clone();
            proof.log.leaf = Leaf::new(LeafId::generate(random), entry);
            proof.sign(&kid(), &self.log).unwrap()
        };
        let named = || good.outcome.claims();
        let entry = |kind| Entry::new(kind, NOW);
        let mut near = self.of_others(typ, good);
        near.extend(
            [
                ("another identifier", claims(&|all| all["id"] = json!("AAAAAAAAAAAAAAAAAAAAAA"))),
                (
                    "bound to another key",
                    claims(&|all| all["cnf"]["jkt"] = json!(self.other.public_jwk().thumbprint_base64url())),
                ),
                ("a change less", claims(&|all| drop(all["changes"].as_array_mut().unwrap().pop()))),
                ("another audience", claims(&|all| all["changes"][1]["publish"] = json!("brand"))),
                ("another order", claims(&|all| all["changes"].as_array_mut().unwrap().reverse())),
                ("another deed", claims(&|all| all["deed"] = json!("left"))),
                (
                    "a change that says two things",
                    claims(&|all| all["changes"][1]["take_back"] = json!(true)),
                ),
                ("a leaf of a lesser kind", with_leaf(&entry(EntryKind::Changed).about(named()))),
                (
                    "a leaf of another moment",
                    with_leaf(&Entry::new(EntryKind::TakenBack, NOW.minus(1)).about(named())),
                ),
                ("a leaf about fewer claims", with_leaf(&entry(EntryKind::TakenBack).about(named().skip(1)))),
                ("a leaf that is no JSON", claims(&|all| all["log"]["leaf"]["bytes"] = json!("{"))),
            ]
            .map(|(name, jws)| (name, jws, NOW)),
        );
        json!({
            "asked": told(Asked::Changes(asked)),
            "cases": refused(near, |jws, now| self.read_change(jws, Asked::Changes(asked), now).unwrap_err()),
        })
    }

    fn near_leavings(&self, left: &Outcome, random: &dyn Randomness) -> Value {
        let signed = |deed, outcome: Outcome| {
            self.change_proof(deed, outcome, random).sign(&kid(), &self.log).unwrap()
        };
        let hidden = vec![change("bio", WhatToDo::Publish(Audience::Team))];
        let near = vec![
            (
                "the membership did not end",
                signed(Deed::Left, Outcome { membership_ended: false, ..left.clone() }),
                NOW,
            ),
            (
                "something was changed instead",
                signed(Deed::Left, Outcome { changes: hidden, ..left.clone() }),
                NOW,
            ),
            ("the same as a change", signed(Deed::Changed, left.clone()), NOW),
        ];
        json!({
            "asked": told(Asked::Leave),
            "cases": refused(near, |jws, now| self.read_change(jws, Asked::Leave, now).unwrap_err()),
        })
    }
}
