use environment::SeededRandomness;
use jose::jws::{self, JwsError};
use jose::{Algorithm, Signer, SigningKey};
use serde_json::json;

use super::*;
use crate::claims_path::ClaimsPath;
use crate::issuer_key::{SignAs, did_jwk};
use crate::sd_jwt::key_binding::{Expected, KeyBinding, KeyBindingError};
use crate::sd_jwt::{Decoys, Frame};
use crate::types;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
const CHAIN: &[u8] = &[0x30, 0x00];

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn status() -> StatusReference {
    StatusReference { uri: "https://office.example.org/status/1".to_owned(), index: 7 }
}

fn issuing<'a>(holder: &'a Jwk, status: &'a StatusReference) -> Issuing<'a> {
    Issuing {
        vct: types::PROFILE,
        claims: object(json!({"given_name": "Ada", "address": {"locality": "Harbour"}, "sub": "s-1"})),
        frame: Frame::Everything { except: vec![] },
        decoys: Decoys::default(),
        holder: Some(holder),
        issued_at: Some(NOW.start_of_day()),
        not_before: Some(NOW.minus(10)),
        expires: Some(NOW.plus(1_000)),
        status: Some(status),
    }
}

fn issued() -> String {
    let holder = key(5);
    let chain = [CHAIN.to_vec()];
    let status = status();
    issue(issuing(holder.public_jwk(), &status), SignAs::X5c(&chain), &key(1), &SeededRandomness::new(2))
        .unwrap()
}

/// Signs any payload as the office would with its chain.
fn forge(typ: &str, payload: Value, disclosures: &[&str]) -> String {
    let mut header = SignAs::X5c(&[CHAIN.to_vec()]).header();
    header.insert("typ".to_owned(), Value::from(typ));
    let mut compact = jws::sign(header, payload.to_string().as_bytes(), &key(1)).unwrap() + "~";
    for disclosure in disclosures {
        compact.push_str(disclosure);
        compact.push('~');
    }
    compact
}

fn verify(compact: &str) -> Result<IssuerVerified, VcError> {
    Unverified::parse(compact, Types::Current)?.verify(&verifying(&key(1)), NOW, 0)
}

fn expected() -> Expected<'static> {
    Expected { audience: "x509_hash:abc", nonce: "n-1", now: NOW, oldest: 300, skew: 60 }
}

fn presentation(signer: &SigningKey) -> String {
    let held = verify(&issued()).unwrap().into_held().unwrap();
    let selection = held.sd_jwt().select([&ClaimsPath::name("given_name")]).unwrap();
    let binding = KeyBinding { audience: "x509_hash:abc", nonce: "n-1", issued_at: NOW };
    held.sd_jwt().present_bound(&selection, &binding, signer).unwrap()
}

#[test]
fn an_issued_credential_says_what_was_put_in() {
    let parsed = Unverified::parse(&issued(), Types::Current).unwrap();
    let by_chain = IssuedBy::X5c { chain: vec![CHAIN.to_vec()], issuer: None };
    assert_eq!(parsed.issued_by(), &by_chain);
    assert_eq!(parsed.vct(), Some(types::PROFILE));
    assert_eq!(parsed.sd_jwt().header()["typ"], TYPE);
    assert!(!parsed.sd_jwt().payload().contains_key("iss"), "with x5c there is no iss");
    let verified = verify(&issued()).unwrap();
    let facts = verified.facts();
    assert_eq!(facts.vct(), types::PROFILE);
    assert_eq!(facts.holder_key(), Some(key(5).public_jwk()));
    assert_eq!(facts.status(), Some(&status()));
    assert_eq!(facts.not_before(), Some(NOW.minus(10)));
    assert_eq!(facts.expires(), Some(NOW.plus(1_000)));
    assert_eq!(facts.issued_at(), Some(NOW.start_of_day()));
    assert_eq!(verified.claims()["address"]["locality"], "Harbour");
}

#[test]
fn registered_claims_are_never_disclosable_and_all_others_are() {
    let verified = verify(&issued()).unwrap();
    let always = verified.processed().always_disclosed();
    let mut names: Vec<&str> = always.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["cnf", "exp", "iat", "nbf", "status", "vct"]);
}

#[test]
fn a_credential_without_disclosable_claims_has_no_digests() {
    let (holder, status) = (key(5), status());
    let plain = Issuing { frame: Frame::Nothing, ..issuing(holder.public_jwk(), &status) };
    let did = "did:web:office.example.org";
    let kid = "did:web:office.example.org#issue";
    let compact = issue(plain, SignAs::Did { did, kid }, &key(1), &SeededRandomness::new(2)).unwrap();
    let parsed = Unverified::parse(&compact, Types::Current).unwrap();
    let by_did = IssuedBy::Did { did: did.to_owned(), kid: kid.to_owned() };
    assert_eq!(parsed.issued_by(), &by_did);
    assert!(!parsed.sd_jwt().payload().contains_key("_sd"));
    assert!(parsed.sd_jwt().disclosures().is_empty());
    assert!(parsed.verify(&verifying(&key(1)), NOW, 0).is_ok());
}

#[test]
fn what_must_stay_visible_cannot_be_issued_as_disclosable() {
    let (holder, status) = (key(5), status());
    let attempt = |claims: Value, frame: Frame, sign_as: SignAs<'_>| {
        let issuing = Issuing { claims: object(claims), frame, ..issuing(holder.public_jwk(), &status) };
        issue(issuing, sign_as, &key(1), &SeededRandomness::new(2)).unwrap_err()
    };
    let chain = [CHAIN.to_vec()];
    let all = || Frame::Everything { except: vec![] };
    for name in ["iss", "exp", "nbf", "cnf", "vct", "vct#integrity", "status", "aka_vcts", "iat"] {
        let error = attempt(json!({ name: "x" }), all(), SignAs::X5c(&chain));
        assert_eq!(error, VcIssueError::RegisteredClaim(name));
    }
    let inside = Frame::Paths(vec![ClaimsPath::names("status", &["status_list"])]);
    assert_eq!(attempt(json!({}), inside, SignAs::X5c(&chain)), VcIssueError::Disclosable("status"));
    assert_eq!(attempt(json!({}), all(), SignAs::X5c(&[])), VcIssueError::EmptyChain);
    let relative = SignAs::Did { did: "did:web:a", kid: "#key" };
    assert_eq!(attempt(json!({}), all(), relative), VcIssueError::BadKid);
}

#[test]
fn a_disclosable_registered_claim_is_refused_with_its_sub_claims() {
    for name in NEVER_DISCLOSABLE {
        let value = match name {
            "cnf" => json!({"jwk": key(5).public_jwk().required_members()}),
            "status" => json!({"status_list": {"idx": 1, "uri": "https://a.example.org"}}),
            "iss" | "vct" | "vct#integrity" => json!("https://a.example.org"),
            "aka_vcts" => json!(["a"]),
            _ => json!(1_000_100),
        };
        let disclosure = jose::base64url::encode(json!(["salt", name, value]).to_string());
        let mut payload = json!({"_sd": [jose::digest::sha256_base64url(&disclosure)]});
        if name != "vct" {
            payload["vct"] = json!("t");
        }
        let compact = forge(TYPE, payload, &[&disclosure]);
        assert_eq!(verify(&compact).unwrap_err(), VcError::Disclosable(name));
    }
    let disclosure = jose::base64url::encode(json!(["salt", "idx", 1]).to_string());
    let payload = json!({"vct": "t", "status": {"status_list": {
        "uri": "https://a.example.org", "_sd": [jose::digest::sha256_base64url(&disclosure)]}}});
    let compact = forge(TYPE, payload, &[&disclosure]);
    assert_eq!(verify(&compact).unwrap_err(), VcError::Disclosable("status"));
}

#[test]
fn what_is_never_disclosable_is_what_the_draft_lists_and_all_that_lies_in_it() {
    let listed = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aka_vcts"];
    assert_eq!(NEVER_DISCLOSABLE, listed, "SD-JWT VC §3.2.2.2, and aka_vcts of later drafts");
    let member = jose::base64url::encode(json!(["salt", "kid", "k"]).to_string());
    let of_member = json!([jose::digest::sha256_base64url(&member)]);
    let element = jose::base64url::encode(json!(["salt", "urn:other"]).to_string());
    let of_element = jose::digest::sha256_base64url(&element);
    let jwk = json!(key(5).public_jwk().required_members());
    let mut with_digest = jwk.clone();
    with_digest["_sd"] = of_member.clone();
    for (name, payload, disclosure) in [
        ("cnf", json!({"vct": "t", "cnf": {"jwk": jwk, "_sd": of_member}}), &member),
        ("cnf", json!({"vct": "t", "cnf": {"jwk": with_digest}}), &member),
        ("status", json!({"vct": "t", "status": {"_sd": of_member}}), &member),
        ("aka_vcts", json!({"vct": "t", "aka_vcts": ["u", {"...": of_element}]}), &element),
    ] {
        let compact = forge(TYPE, payload.clone(), &[disclosure]);
        assert_eq!(verify(&compact).unwrap_err(), VcError::Disclosable(name), "{payload}");
    }
    // The same below a claim of another name.
    let compact = forge(TYPE, json!({"vct": "t", "cnf_of_old": {"_sd": of_member}}), &[&member]);
    assert!(verify(&compact).is_ok());
}

#[test]
fn sub_and_iat_may_be_disclosable() {
    let sub = jose::base64url::encode(json!(["salt", "sub", "s"]).to_string());
    let iat = jose::base64url::encode(json!(["salt", "iat", 5]).to_string());
    let digests = [jose::digest::sha256_base64url(&sub), jose::digest::sha256_base64url(&iat)];
    let compact = forge(TYPE, json!({"vct": "t", "_sd": digests}), &[&sub, &iat]);
    let verified = verify(&compact).unwrap();
    assert_eq!(verified.facts().issued_at(), Some(Timestamp::from_seconds(5)));
}

#[test]
fn the_type_is_dc_sd_jwt_and_the_old_one_only_by_choice() {
    let payload = || json!({"vct": "t"});
    assert!(verify(&forge(TYPE, payload(), &[])).is_ok());
    let old = forge(LEGACY_TYPE, payload(), &[]);
    assert_eq!(verify(&old).unwrap_err().code(), "wrong_type");
    let tolerated = Unverified::parse(&old, Types::CurrentAndLegacy).unwrap();
    assert!(tolerated.verify(&verifying(&key(1)), NOW, 0).is_ok());
    for other in ["JWT", "DC+SD-JWT", "application/dc+sd-jwt", ""] {
        let compact = forge(other, payload(), &[]);
        assert_eq!(Unverified::parse(&compact, Types::CurrentAndLegacy).unwrap_err().code(), "wrong_type");
    }
}

#[test]
fn a_type_of_credential_is_needed() {
    let error = verify(&forge(TYPE, json!({}), &[])).unwrap_err();
    assert_eq!(error, VcError::Claim(ClaimError::Missing("vct")));
    let error = verify(&forge(TYPE, json!({"vct": 1}), &[])).unwrap_err();
    assert_eq!(error, VcError::Claim(ClaimError::WrongType("vct")));
}

#[test]
fn times_are_checked_to_the_second_after_processing() {
    let at = |payload: Value, now: i64| {
        let parsed = Unverified::parse(&forge(TYPE, payload, &[]), Types::Current).unwrap();
        parsed.verify(&verifying(&key(1)), Timestamp::from_seconds(now), 0).map(|_| ())
    };
    let payload = || json!({"vct": "t", "nbf": 100, "exp": 200});
    assert_eq!(at(payload(), 100), Ok(()));
    assert_eq!(at(payload(), 199), Ok(()));
    assert_eq!(at(payload(), 200).unwrap_err().code(), "expired");
    assert_eq!(at(payload(), 99).unwrap_err().code(), "not_yet_valid");
    assert_eq!(at(json!({"vct": "t", "exp": "200"}), 1).unwrap_err().code(), "malformed_claim");
}

#[test]
fn a_malformed_or_private_confirmation_key_is_refused_and_a_kid_beside_it_is_not() {
    let jwk = key(5).public_jwk().required_members();
    let with = |cnf: Value| verify(&forge(TYPE, json!({"vct": "t", "cnf": cnf}), &[]));
    assert!(with(json!({"jwk": jwk, "kid": "k"})).is_ok());
    assert_eq!(with(json!({"kid": "k"})).unwrap_err().code(), "bad_cnf");
    assert_eq!(with(json!("k")).unwrap_err().code(), "bad_cnf");
    let mut private = jwk.clone();
    private["d"] = json!("AA");
    assert_eq!(with(json!({"jwk": private})).unwrap_err(), VcError::BadConfirmation(KeyError::Private));
    let mut off_curve = jwk;
    off_curve["y"] = off_curve["x"].clone();
    assert_eq!(with(json!({"jwk": off_curve})).unwrap_err(), VcError::BadConfirmation(KeyError::NotOnCurve));
}

#[test]
fn a_status_must_name_list_and_index() {
    let with = |status: Value| {
        let compact = forge(TYPE, json!({"vct": "t", "status": status}), &[]);
        verify(&compact).map(|verified| verified.facts().status().cloned())
    };
    let uri = "https://office.example.org/status/1";
    assert_eq!(with(json!({"status_list": {"idx": 7, "uri": uri}})), Ok(Some(status())));
    assert_eq!(with(json!({"another_mechanism": {}})), Ok(None));
    for bad in [
        json!(1),
        json!({"status_list": {"idx": -1, "uri": uri}}),
        json!({"status_list": {"idx": "7", "uri": uri}}),
        json!({"status_list": {"idx": 7}}),
        json!({"status_list": {"uri": uri}}),
        json!({"status_list": {"idx": 7, "uri": ""}}),
        json!({"status_list": []}),
    ] {
        assert_eq!(with(bad), Err(VcError::BadStatus));
    }
}

#[test]
fn a_presentation_goes_from_issuer_to_verifier() {
    let presented = verify(&presentation(&key(5))).unwrap();
    let presented = presented.presented(Binding::Required(&expected())).unwrap();
    assert_eq!(presented.proven_key(), Some(key(5).public_jwk()));
    assert_eq!(presented.key_binding().unwrap()["nonce"], "n-1");
    assert_eq!(presented.claims()["given_name"], "Ada");
    assert!(!presented.claims().contains_key("address") && !presented.claims().contains_key("sub"));
    assert!(presented.as_answer().holder_bound);
}

#[test]
fn whether_key_binding_is_needed_is_never_read_off_what_came() {
    let bare = presentation(&key(5)).rsplit_once('~').unwrap().0.to_owned() + "~";
    let required = verify(&bare).unwrap().presented(Binding::Required(&expected()));
    assert_eq!(required.unwrap_err(), VcError::KeyBinding(KeyBindingError::Missing));
    let waived = verify(&bare).unwrap().presented(Binding::NotRequired).unwrap();
    assert_eq!(waived.proven_key(), None);
    // A key binding that was not asked for proves nothing.
    let unasked = verify(&presentation(&key(6))).unwrap().presented(Binding::NotRequired).unwrap();
    assert_eq!((unasked.proven_key(), unasked.key_binding()), (None, None));
}

#[test]
fn a_stolen_credential_cannot_be_presented_with_another_key() {
    let stolen = verify(&presentation(&key(6))).unwrap().presented(Binding::Required(&expected()));
    assert_eq!(stolen.unwrap_err(), VcError::KeyBinding(KeyBindingError::Jws(JwsError::BadSignature)));
    let unbound = verify(&forge(TYPE, json!({"vct": "t"}), &[])).unwrap();
    assert_eq!(unbound.presented(Binding::Required(&expected())).unwrap_err(), VcError::NotBound);
}

#[test]
fn another_issuer_key_is_refused() {
    let parsed = Unverified::parse(&issued(), Types::Current).unwrap();
    let error = parsed.verify(&verifying(&key(2)), NOW, 0).unwrap_err();
    assert_eq!(error, VcError::SdJwt(SdJwtError::Jws(JwsError::BadSignature)));
}

#[test]
fn a_member_signs_own_details_with_the_key_they_are_bound_to() {
    let holder = key(5);
    let own = Issuing {
        vct: types::OWN,
        claims: object(json!({"company": "Example Works"})),
        frame: Frame::TopLevel { except: vec![] },
        decoys: Decoys::default(),
        holder: Some(holder.public_jwk()),
        issued_at: Some(NOW),
        not_before: None,
        expires: Some(NOW.plus(300)),
        status: None,
    };
    let compact = own.clone().issue_as_holder(&holder, &SeededRandomness::new(3)).unwrap();
    let parsed = Unverified::parse(&compact, Types::Current).unwrap();
    assert_eq!(parsed.issued_by().did(), Some(did_jwk(holder.public_jwk()).as_str()));
    let verified = parsed.clone().verify_self_issued(NOW, 0).unwrap();
    assert_eq!(verified.claims()["company"], "Example Works");
    // It is never mistaken for something an office signed, nor the other way round.
    assert_eq!(parsed.verify(&verifying(&holder), NOW, 0).unwrap_err(), VcError::NotSelfIssued);
    let office = Unverified::parse(&issued(), Types::Current).unwrap();
    assert_eq!(office.verify_self_issued(NOW, 0).unwrap_err(), VcError::NotSelfIssued);
    let other = own.issue_as_holder(&key(6), &SeededRandomness::new(3)).unwrap_err();
    assert_eq!(other, VcIssueError::NotTheHolder);
}

#[test]
fn a_self_issued_credential_signed_by_somebody_else_is_refused() {
    let did = did_jwk(key(5).public_jwk());
    let payload = json!({"vct": types::OWN, "iss": did,
                         "cnf": {"jwk": key(5).public_jwk().required_members()}});
    let header = object(json!({"typ": TYPE, "kid": format!("{did}#0")}));
    let compact = jws::sign(header, payload.to_string().as_bytes(), &key(6)).unwrap() + "~";
    let error = Unverified::parse(&compact, Types::Current).unwrap().verify_self_issued(NOW, 0).unwrap_err();
    assert_eq!(error, VcError::SdJwt(SdJwtError::Jws(JwsError::BadSignature)));
}

#[test]
fn a_kept_credential_opens_again_with_all_it_said() {
    let held = verify(&issued()).unwrap().into_held().unwrap();
    let again = Held::reopen(&held.sd_jwt().to_compact()).unwrap();
    assert_eq!(again.facts(), held.facts());
    assert_eq!(again.issued_by(), held.issued_by());
    assert_eq!(again.as_candidate(&[]).vct, types::PROFILE);
}

#[test]
fn copies_of_one_batch_share_no_salt_digest_or_key() {
    let (first, second) = (key(5), key(6));
    let status = status();
    let randomness = SeededRandomness::new(4);
    let chain = [CHAIN.to_vec()];
    let copy = |holder: &SigningKey| {
        issue(issuing(holder.public_jwk(), &status), SignAs::X5c(&chain), &key(1), &randomness).unwrap()
    };
    let (one, two) = (copy(&first), copy(&second));
    let parts =
        |compact: &str| compact.split('~').map(str::to_owned).filter(|part| !part.is_empty()).collect();
    let (one_parts, two_parts): (Vec<String>, Vec<String>) = (parts(&one), parts(&two));
    assert!(one_parts.iter().all(|part| !two_parts.contains(part)));
    let digests = |compact: &str| {
        Unverified::parse(compact, Types::Current).unwrap().sd_jwt().payload()["_sd"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert!(digests(&one).iter().all(|digest| !digests(&two).contains(digest)));
}

#[test]
fn debug_output_shows_no_value_and_no_key() {
    let verified = verify(&presentation(&key(5))).unwrap();
    let printed = format!("{:?} {:?}", verified.facts(), verified.processed());
    assert!(!printed.contains("Ada") && !printed.contains("status/1"));
}

#[test]
fn every_refusal_has_a_name_for_reports_and_the_section_that_is_broken() {
    let (expired, early) =
        (ClaimError::Expired { expired_at: 1, now: 2 }, ClaimError::NotYetValid { not_before: 2, now: 1 });
    for (error, code, section) in [
        (VcError::SdJwt(SdJwtError::EmptyPart), "empty_part", "RFC 9901 §4"),
        (VcError::IssuerKey(IssuerKeyError::NoIssuer), "no_issuer", "SD-JWT VC §3.5"),
        (VcError::NotSelfIssued, "not_self_issued", "SD-JWT VC §3.5"),
        (VcError::Claim(ClaimError::Missing("vct")), "missing_claim", "SD-JWT VC §3.2.2.2"),
        (VcError::Claim(ClaimError::WrongType("vct")), "malformed_claim", "SD-JWT VC §3.2.2.2"),
        (VcError::Claim(expired), "expired", "RFC 7519 §4.1.4"),
        (VcError::Claim(early), "not_yet_valid", "RFC 7519 §4.1.5"),
        (VcError::Disclosable("exp"), "disclosable_claim", "SD-JWT VC §3.2.2.2"),
        (VcError::BadConfirmation(KeyError::Private), "bad_cnf", "RFC 7800 §3.2"),
        (VcError::BadStatus, "bad_status", "Token Status List §6.2"),
        (VcError::NotBound, "not_bound", "RFC 9901 §7.3"),
        (VcError::KeyBinding(KeyBindingError::WrongNonce), "wrong_nonce", "RFC 9901 §4.3"),
    ] {
        assert_eq!((error.code(), error.section()), (code, section), "{error}");
    }
}
