//! What the issuer signed and what is disclosed of it (RFC 9901 §7.1, SD-JWT VC §3.2).

use credentials::types;

use super::network::Members;
use super::paper::{private, stranger, under};
use super::*;

#[tokio::test]
async fn disclosures_that_break_a_rule_are_refused() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let paper = || members.profile(&asked);
    let digest = paper().payload["_sd"][0].clone();
    let twice = json!([digest, digest]);
    let again = {
        let mut paper = paper();
        paper.disclosures.push(paper.disclosures[0].clone());
        paper
    };
    let mut withheld = paper();
    withheld.disclosures.clear();
    let mut garbled = paper();
    garbled.disclosures.push("AAAA".to_owned());
    let cases = [
        ("a digest twice", paper().payload("_sd", twice), "digest_twice"),
        (
            "a digest twice, once in a claim",
            paper().payload("nested", json!({"_sd": [digest]})),
            "digest_twice",
        ),
        (
            "nobody refers to it",
            paper().disclosing(&json!(["s", "role", "admin"]), false),
            "unreferenced_disclosure",
        ),
        ("one disclosure twice", again, "unreferenced_disclosure"),
        ("two elements", paper().disclosing(&json!(["s", "x"]), true), "wrong_arity"),
        ("four elements", paper().disclosing(&json!(["s", "a", "b", "c"]), true), "wrong_arity"),
        ("a reserved name", paper().disclosing(&json!(["s", "_sd", []]), true), "reserved_name"),
        ("a name that is taken", paper().disclosing(&json!(["s", "vct", "x"]), true), "name_taken"),
        ("no disclosure at all", garbled, "malformed_disclosure"),
        ("a weak hash", paper().payload("_sd_alg", json!("md5")), "unknown_sd_alg"),
        ("a hash named below", paper().payload("nested", json!({"_sd_alg": "sha-256"})), "misplaced_sd_alg"),
        ("digests that are none", paper().payload("_sd", json!([7])), "malformed_digests"),
        ("the asked claim withheld", withheld, "missing_claims"),
        (
            "a key that may be left out",
            paper().payload("exp", Value::Null).disclosing(&json!(["s", "exp", 4_000_000_000_u64]), true),
            "disclosable_claim",
        ),
    ];
    for (case, paper, reason) in cases {
        let token = token("profile", paper.compact());
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn headers_times_and_claims_that_break_a_rule_are_refused() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let (now, other) = (members.scene.now().seconds(), stranger(&members.scene));
    let skew = openid4vc::vp::verification::SKEW;
    let paper = || members.profile(&asked);
    let mut forged = paper();
    forged.signer = &other;
    let cases = [
        ("the old typ", paper().header("typ", json!("vc+sd-jwt")), "wrong_type"),
        ("another typ", paper().header("typ", json!("JWT")), "wrong_type"),
        ("no typ", paper().header("typ", Value::Null), "wrong_type"),
        ("a critical extension", paper().header("crit", json!(["x"])), "unknown_extension"),
        ("signed by a foreign key", forged, "bad_signature"),
        ("expired", paper().payload("exp", json!(now - skew)), "expired"),
        ("valid later", paper().payload("nbf", json!(now + skew + 1)), "not_yet_valid"),
        ("an end that is no time", paper().payload("exp", json!("tomorrow")), "malformed_claim"),
        ("bound to no key", paper().payload("cnf", Value::Null), "not_bound"),
        ("bound to a private key", paper().payload("cnf", json!({"jwk": private(&other)})), "bad_cnf"),
        (
            "a status that is none",
            paper().payload("status", json!({"status_list": {"idx": 3}})),
            "bad_status",
        ),
        (
            "another type of the office",
            paper().payload("vct", json!(types::PASSPORT)),
            "wrong_credential_type",
        ),
        ("no type", paper().payload("vct", Value::Null), "untrusted_issuer"),
    ];
    for (case, paper, reason) in cases {
        let token = token("profile", paper.compact());
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

/// The same presentation in the flattened JSON serialisation (RFC 9901 §8).
fn flattened(compact: &str) -> String {
    let (before, binding) = compact.rsplit_once('~').unwrap();
    let (jwt, disclosures) = before.split_once('~').unwrap_or((before, ""));
    let disclosures: Vec<_> = disclosures.split('~').filter(|part| !part.is_empty()).collect();
    let parts: Vec<_> = jwt.split('.').collect();
    json!({
        "protected": parts[0], "payload": parts[1], "signature": parts[2],
        "header": {"disclosures": disclosures, "kb_jwt": binding}
    })
    .to_string()
}

#[tokio::test]
async fn unsigned_and_garbled_credentials_are_refused() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let paper = members.profile(&asked);
    let unbound = paper.unbound();
    let (jwt, rest) = unbound.split_once('~').unwrap();
    let rebound = |jwt: &str| paper.bind(format!("{jwt}~{rest}"));
    let compact = paper.compact();
    let cases = [
        ("alg none", rebound(&under("none", jwt, false)), "wrong_algorithm"),
        ("alg none over a signature", rebound(&under("none", jwt, true)), "wrong_algorithm"),
        ("a symmetric alg", rebound(&under("HS256", jwt, true)), "wrong_algorithm"),
        ("no signature", rebound(&under("ES256", jwt, false)), "bad_signature"),
        ("the issuer's JWT alone", jwt.to_owned(), "missing_tilde"),
        ("an empty part", compact.replacen('~', "~~", 1), "empty_part"),
        ("JSON", json!({"payload": "x", "signatures": []}).to_string(), "json_serialisation"),
        ("the whole presentation JSON serialised (HAIP: compact)", flattened(&compact), "json_serialisation"),
        ("padding", rebound(&format!("{jwt}=")), "malformed_jwt"),
        ("white space", format!(" {compact}"), "malformed_jwt"),
    ];
    for (case, presentation, reason) in cases {
        let token = token("profile", presentation);
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn a_copy_that_outlives_two_weeks_or_shows_more_than_it_must_is_refused() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let now = members.scene.now().seconds();
    let two_weeks = 14 * 86_400;
    let paper = || members.profile(&asked);
    let mark = json!("member-4711");
    let cases = [
        ("no end", paper().payload("exp", Value::Null), "lives_too_long"),
        ("a second too long", paper().payload("exp", json!(now + two_weeks + 1)), "lives_too_long"),
        ("a century", paper().payload("exp", json!(now + 3_153_600_000_i64)), "lives_too_long"),
        (
            "two weeks that begin later",
            paper().payload("iat", json!(now + 61)).payload("exp", json!(now + 61 + two_weeks)),
            "lives_too_long",
        ),
        ("the name of a member", paper().payload("member", mark.clone()), "visible_claim"),
        ("a subject", paper().payload("sub", mark.clone()), "visible_claim"),
        ("a hash of the type", paper().payload("vct#integrity", mark.clone()), "visible_claim"),
        ("another detail", paper().payload("family_name", json!("Example")), "visible_claim"),
        ("an object of digests", paper().payload("address", json!({"_sd": []})), "visible_claim"),
    ];
    for (case, paper, reason) in cases {
        let token = token("profile", paper.compact());
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    // What is asked for, and there for all to see in place of a disclosure.
    let mut visible = members.own(&asked).payload("company", json!("Example Ltd"));
    visible.disclosures.clear();
    let mut answer = members.honest(&asked);
    for sd in [json!([]), Value::Null] {
        visible = visible.payload("_sd", sd);
        answer["own"] = json!([visible.compact()]);
        let request = || asked.post(&answer, asked.text("state"));
        refused(&members.scene, "a", request, "visible_claim", "own details").await;
    }
    let longest = paper().payload("exp", json!(now + two_weeks)).payload("nbf", json!(now));
    is_taken(&members.scene, "a", &asked, &token("profile", longest.compact())).await;
}
