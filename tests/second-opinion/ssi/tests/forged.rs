//! SD-JWTs that break a rule of RFC 9901 §7.1, each beside one that does not, and the signatures of others.

use second_opinion::{Comparison, Kind, Ours};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{SD_JWT, public, read, verify};

const KINDS: &[Kind] = &[
    (
        "a claim called _sd",
        "we are right: a disclosed claim must not be called so (RFC 9901 §7.1 step 3); ssi leaves it in what it hands out",
    ),
    (
        "a claim called ...",
        "we are right: a disclosed claim must not be called so (RFC 9901 §7.1 step 3); ssi leaves it in what it hands out",
    ),
    (
        "a claim called _sd_alg",
        "we are stricter: `_sd_alg` belongs at the top of the signed payload (RFC 9901 §4.1.1), and a disclosure is no way around that",
    ),
    (
        "a name twice inside",
        "we are stricter: two readers of one name may see two values (RFC 8259 §4); ssi takes the last one",
    ),
    (
        "a decoy twice",
        "we are right: no digest may occur twice (RFC 9901 §7.1 step 4); ssi looks only at digests that it uses",
    ),
    (
        "an element with another member",
        "we are right: `...` is the only member of such an element (RFC 9901 §4.2.4.2); ssi leaves the digest in what it hands out",
    ),
    ("_sd_alg missing", "we are right: sha-256 is the default (RFC 9901 §4.1.1); ssi calls it an error"),
    (
        "_sd_alg inside",
        "we are right: it may stand at the top level only (RFC 9901 §4.1.1); ssi leaves it in what it hands out",
    ),
    (
        "a disclosure twice",
        "we are right: one digest refers to one disclosure, and one that nobody refers to is refused (RFC 9901 §7.1 step 5)",
    ),
];

/// A case: what the issuer signs, and the disclosures that follow.
struct Case {
    name: &'static str,
    payload: Value,
    disclosures: Vec<String>,
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn digest(disclosure: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(disclosure))
}

fn cases() -> Vec<Case> {
    let good = encoded(r#"["salt","name","Ada"]"#);
    let with = |name, disclosures: Vec<String>| {
        let digests: Vec<Value> = disclosures.iter().map(|one| json!(digest(one))).collect();
        Case { name, payload: json!({"_sd_alg": "sha-256", "_sd": digests}), disclosures }
    };
    let of = |name, payload: Value| Case { name, payload, disclosures: vec![good.clone()] };
    let text = |text: &str| vec![encoded(text)];
    vec![
        with("nothing wrong", vec![good.clone()]),
        with("a claim called _sd", text(r#"["salt","_sd",["x"]]"#)),
        with("a claim called ...", text(r#"["salt","...","x"]"#)),
        with("a claim called _sd_alg", text(r#"["salt","_sd_alg","sha-256"]"#)),
        with("an element where a member belongs", text(r#"["salt","Ada"]"#)),
        with("four parts", text(r#"["salt","name","Ada",1]"#)),
        with("one part", text(r#"["salt"]"#)),
        with("no list", text(r#"{"salt":"name"}"#)),
        with("a name that is a number", text(r#"["salt",1,"Ada"]"#)),
        with("a salt that is a number", text(r#"[1,"name","Ada"]"#)),
        with("white space inside", text(r#"[ "salt" , "name" , "Ada" ]"#)),
        with("two disclosures of one name", vec![good.clone(), encoded(r#"["other","name","Eve"]"#)]),
        with("a name twice inside", text(r#"["salt","name",{"a":1,"a":2}]"#)),
        of(
            "a name that is there already",
            json!({"_sd_alg": "sha-256", "_sd": [digest(&good)], "name": "Eve"}),
        ),
        of("a disclosure that nobody refers to", json!({"_sd_alg": "sha-256", "_sd": []})),
        of(
            "a digest twice in one list",
            json!({"_sd_alg": "sha-256", "_sd": [digest(&good), digest(&good)]}),
        ),
        of(
            "a digest in two places",
            json!({"_sd_alg": "sha-256", "_sd": [digest(&good)], "a": {"_sd": [digest(&good)]}}),
        ),
        of("a decoy twice", json!({"_sd_alg": "sha-256", "_sd": [digest(&good), digest("x"), digest("x")]})),
        of("digests that are no list", json!({"_sd_alg": "sha-256", "_sd": digest(&good)})),
        of("a digest that is a number", json!({"_sd_alg": "sha-256", "_sd": [digest(&good), 1]})),
        of("a member where an element belongs", json!({"_sd_alg": "sha-256", "a": [{"...": digest(&good)}]})),
        of(
            "an element with another member",
            json!({"_sd_alg": "sha-256", "_sd": [digest(&good)], "a": [{"...": digest("x"), "b": 1}]}),
        ),
        of("_sd_alg unknown", json!({"_sd_alg": "md5", "_sd": [digest(&good)]})),
        of("_sd_alg a number", json!({"_sd_alg": 1, "_sd": [digest(&good)]})),
        of("_sd_alg missing", json!({"_sd": [digest(&good)]})),
        of(
            "_sd_alg inside",
            json!({"_sd_alg": "sha-256", "_sd": [digest(&good)], "a": {"_sd_alg": "sha-256"}}),
        ),
        Case {
            name: "a disclosure twice",
            disclosures: vec![good.clone(), good.clone()],
            payload: json!({"_sd_alg": "sha-256", "_sd": [digest(&good)]}),
        },
        Case {
            name: "a padded disclosure",
            disclosures: vec![format!("{good}=")],
            payload: json!({"_sd_alg": "sha-256", "_sd": [digest(&format!("{good}="))]}),
        },
        Case {
            name: "an empty disclosure",
            disclosures: vec![good.clone(), String::new()],
            payload: json!({"_sd_alg": "sha-256", "_sd": [digest(&good)]}),
        },
    ]
}

#[test]
fn what_breaks_a_rule_is_refused_by_us_and_where_ssi_takes_it_the_reason_is_known() {
    let mut ours = Ours::start();
    let issuer = ours.key("ES256");
    let mut seen = Comparison::new(SD_JWT, "SD-JWTs that break a rule", KINDS);
    for case in cases() {
        let signed =
            json!({"do": "sign", "header": {"typ": "dc+sd-jwt"}, "payload": case.payload, "key": issuer});
        let jwt = ours.ask(&signed).unwrap();
        let text = format!(
            "{}~{}",
            jwt.as_str().unwrap(),
            case.disclosures.iter().map(|one| format!("{one}~")).collect::<String>()
        );
        let told = ours.ask(&verify(&text, &issuer, false));
        match (&told, read(&text, &issuer, None)) {
            (Err(_), Err(_)) => seen.agrees(),
            (ours, theirs) if *ours == theirs => seen.agrees(),
            (_, _) if KINDS.iter().any(|(kind, _)| *kind == case.name) => seen.differs(case.name),
            (ours, theirs) => seen.unexplained(case.name, &format!("ours {ours:?}, theirs {theirs:?}")),
        }
    }
    seen.finish();
}

#[test]
fn a_changed_signature_a_stranger_and_other_algorithms_are_refused_by_both() {
    let mut ours = Ours::start();
    let (issuer, stranger) = (ours.key("ES256"), ours.key("ES256"));
    let issue = json!({"do": "issue", "key": issuer, "claims": {"name": "Ada"}, "disclosable": [["name"]]});
    let credential = ours.ask(&issue).unwrap();
    let credential = credential.as_str().unwrap();
    let (jwt, rest) = credential.split_once('~').unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    let unsigned = encoded(r#"{"alg":"none","typ":"dc+sd-jwt"}"#);
    let padded = format!("{jwt}==~{rest}");
    let mut seen = Comparison::new(SD_JWT, "SD-JWTs with signatures that do not hold", &[]);
    for (case, text, key) in [
        ("as it was issued", credential.to_owned(), &issuer),
        ("another key", credential.to_owned(), &stranger),
        ("alg none", format!("{unsigned}.{}.~{rest}", parts[1]), &issuer),
        ("no signature", format!("{}.{}.~{rest}", parts[0], parts[1]), &issuer),
        ("half a signature", format!("{}.{}.{}~{rest}", parts[0], parts[1], &parts[2][..43]), &issuer),
        ("a padded signature", padded, &issuer),
        (
            "another payload",
            format!("{}.{}.{}~{rest}", parts[0], encoded(r#"{"_sd_alg":"sha-256"}"#), parts[2]),
            &issuer,
        ),
    ] {
        let told = ours.ask(&verify(&text, key, false)).map_err(drop);
        seen.equal(case, &told, &read(&text, &public(key), None).map_err(drop));
    }
    seen.finish();
}
