//! What a party tells about itself at `/whois` (did:webvh 1.0, "whois LinkedVP Service"): the registration certificate that
//! the operator gave it.
//!
//! The method wants a presentation of the W3C data model, signed by the DID, with a credential about the DID. The registration
//! certificate is none, so the party makes one that says no more than it can: that this is the certificate it was given. The
//! certificate itself is what anybody should go by; it is the operator's word, checked as in a request.

use environment::Timestamp;
use jose::jws::Unverified;
use jose::{SigningFailed, jwt};
use serde_json::{Map, Value, json};

use crate::identity::{Identity, OwnKey};

const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// For how many seconds a presentation counts; a new one is made long before.
const LIFETIME: i64 = 86_400;

/// The type of the credential, and its claim.
const CREDENTIAL: &str = "RegisteredParty";
const CLAIM: &str = "registrationCertificate";

/// A presentation as `application/vp`, and until when it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The presentation.
    pub presentation: Value,
    /// It ends with the certificate, and within a day.
    pub until: Timestamp,
}

/// The presentation; `None` while the party has no certificate that counts.
///
/// # Errors
/// A key that does not sign.
pub fn presentation(identity: &Identity, now: Timestamp) -> Result<Option<Shown>, SigningFailed> {
    let certificate = identity.registration.get();
    let Some(end) = end_of(&certificate).filter(|end| now < *end) else { return Ok(None) };
    let until = end.min(now.plus(LIFETIME));
    let did = identity.did.as_str();
    let credential = json!({
        "@context": [CONTEXT, {
            CREDENTIAL: "urn:passport-network:registered-party",
            CLAIM: "urn:passport-network:registration-certificate",
        }],
        "type": ["VerifiableCredential", CREDENTIAL],
        "issuer": did,
        "validFrom": dated(now),
        "validUntil": dated(until),
        "credentialSubject": {"id": did, CLAIM: certificate},
    });
    let credential = signed("vc+jwt", "vc", &identity.issuing, credential, now, until)?;
    let presentation = json!({
        "@context": [CONTEXT],
        "type": ["VerifiablePresentation"],
        "holder": did,
        "verifiableCredential": [enveloped("EnvelopedVerifiableCredential", "application/vc+jwt", &credential)],
    });
    let presentation = signed("vp+jwt", "vp", &identity.request, presentation, now, until)?;
    let presentation = enveloped("EnvelopedVerifiablePresentation", "application/vp+jwt", &presentation);
    Ok(Some(Shown { presentation, until }))
}

/// When a certificate ends, as it says itself: it is our own.
fn end_of(certificate: &str) -> Option<Timestamp> {
    let claims = Unverified::parse(certificate).ok()?.claims().ok()?;
    jwt::date(&claims, "exp").ok().flatten()
}

/// An instant of XML Schema, as the data model writes them.
fn dated(moment: Timestamp) -> String {
    did::webvh::VersionTime::of(moment).map(|moment| moment.to_string()).unwrap_or_default()
}

/// A JWS over `content` (Securing Verifiable Credentials using JOSE and COSE §3.1).
fn signed(
    typ: &str,
    content_type: &str,
    key: &OwnKey,
    content: Value,
    now: Timestamp,
    until: Timestamp,
) -> Result<String, SigningFailed> {
    let Value::Object(mut claims) = content else { return Err(SigningFailed) };
    claims.insert("iss".to_owned(), Value::from(key.key_id.did().as_str()));
    claims.insert("iat".to_owned(), Value::from(now.seconds()));
    claims.insert("exp".to_owned(), Value::from(until.seconds()));
    let header = Map::from_iter([
        ("kid".to_owned(), Value::from(key.key_id.to_string())),
        ("cty".to_owned(), Value::from(content_type)),
    ]);
    jwt::sign(typ, header, &claims, key.signer.as_ref())
}

/// Something signed, as a member of a document of the data model (VC Data Model 2.0 §4.13).
fn enveloped(kind: &str, media_type: &str, compact: &str) -> Value {
    json!({"@context": CONTEXT, "id": format!("data:{media_type},{compact}"), "type": kind})
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use did::{Did, DocumentBuilder, Relationship};
    use environment::SeededRandomness;
    use jose::jws::Policy;
    use jose::{Algorithm, Signer, SigningKey, VerifyingKey};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn key(seed: u64) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
    }

    fn identity(registration: &str) -> Identity {
        let did = Did::parse("did:web:kiln.example.org").unwrap();
        let own = |seed, fragment| OwnKey {
            signer: Arc::new(key(seed)),
            key_id: did.with_fragment(fragment).unwrap(),
            chain: None.into(),
        };
        Identity {
            name: "Kiln".to_owned(),
            origin: "https://kiln.example.org".parse().unwrap(),
            request: own(1, "request"),
            issuing: own(2, "issuing"),
            log: own(3, "log"),
            registration: registration.to_owned().into(),
            did,
        }
    }

    /// A certificate that ends so many seconds after now; whose word it is does not matter here.
    fn certificate(seconds: i64) -> String {
        let claims = Map::from_iter([("exp".to_owned(), Value::from(NOW.plus(seconds).seconds()))]);
        jwt::sign("rc-wrp+jwt", Map::new(), &claims, &key(9)).unwrap()
    }

    /// What an envelope holds, if its signature is by the key that the DID document lists for this purpose.
    fn opened(
        envelope: &Value,
        media_type: &str,
        typ: &str,
        relationship: Relationship,
    ) -> Map<String, Value> {
        let did = Did::parse("did:web:kiln.example.org").unwrap();
        let document = DocumentBuilder::new(&did)
            .key("request", key(1).public_jwk(), &[Relationship::Authentication])
            .key("issuing", key(2).public_jwk(), &[Relationship::AssertionMethod])
            .build()
            .unwrap();
        let compact = envelope["id"].as_str().unwrap().strip_prefix(&format!("data:{media_type},")).unwrap();
        let unverified = Unverified::parse(compact).unwrap();
        let url = did::DidUrl::parse(unverified.header_text("kid").unwrap()).unwrap();
        let key = VerifyingKey::new(&document.key(&url, relationship).unwrap()).unwrap();
        unverified.verify(&key, &Policy::typed(&[typ])).unwrap().claims().unwrap()
    }

    #[test]
    fn a_party_shows_its_certificate_under_the_signatures_of_its_did() {
        let certificate = certificate(1_000);
        let shown = presentation(&identity(&certificate), NOW).unwrap().unwrap().presentation;
        assert_eq!(shown["type"], "EnvelopedVerifiablePresentation");
        let holder = opened(&shown, "application/vp+jwt", "vp+jwt", Relationship::Authentication);
        assert_eq!(holder["holder"], "did:web:kiln.example.org");
        let credentials = holder["verifiableCredential"].as_array().unwrap();
        assert_eq!(credentials.len(), 1);
        assert_eq!(credentials[0]["type"], "EnvelopedVerifiableCredential");
        let credential =
            opened(&credentials[0], "application/vc+jwt", "vc+jwt", Relationship::AssertionMethod);
        let subject = json!({"id": "did:web:kiln.example.org", "registrationCertificate": certificate});
        assert_eq!((&credential["credentialSubject"], &credential["issuer"]), (&subject, &holder["holder"]));
        assert_eq!(credential["validUntil"], dated(NOW.plus(1_000)), "it ends with the certificate");
        assert_eq!(holder["exp"], NOW.plus(1_000).seconds());
    }

    #[test]
    fn a_presentation_ends_within_a_day_however_long_the_certificate_lives() {
        let shown = presentation(&identity(&certificate(30 * LIFETIME)), NOW).unwrap().unwrap();
        assert_eq!(shown.until, NOW.plus(LIFETIME));
        let holder =
            opened(&shown.presentation, "application/vp+jwt", "vp+jwt", Relationship::Authentication);
        assert_eq!(holder["exp"], NOW.plus(LIFETIME).seconds());
    }

    #[test]
    fn without_a_certificate_that_counts_a_party_says_nothing_about_itself() {
        for certificate in [certificate(0), certificate(-1), String::new(), "a.b.c".to_owned()] {
            assert_eq!(presentation(&identity(&certificate), NOW), Ok(None), "{certificate}");
        }
        let endless = jwt::sign("rc-wrp+jwt", Map::new(), &Map::new(), &key(9)).unwrap();
        assert_eq!(presentation(&identity(&endless), NOW), Ok(None));
    }
}
