//! sd-jwt-rs: SD-JWT on jsonwebtoken and ring.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey};
use peer::{check_claims, fixture, measure, pkcs8, public, tampered, texts};
use sd_jwt_rs::issuer::ClaimsForSelectiveDisclosureStrategy as Strategy;
use sd_jwt_rs::{SDJWTHolder, SDJWTIssuer, SDJWTSerializationFormat as Format, SDJWTVerifier};
use serde_json::{Value, json};

fn main() {
    let fixture = fixture();
    let key = |name: &str| EncodingKey::from_ec_der(&pkcs8(&fixture[name]));
    let coordinate = |name: &str| fixture["issuer"][name].as_str().unwrap();
    let issuer_public = DecodingKey::from_ec_components(coordinate("x"), coordinate("y")).unwrap();
    let holder_public: Jwk = serde_json::from_value(public(&fixture["holder"])).unwrap();
    let mut claims = fixture["claims"].clone();
    claims.as_object_mut().unwrap().remove("cnf"); // The library adds it.
    let paths: Vec<String> = texts(&fixture, "pointers").into_iter().map(json_path).collect();
    let (audience, nonce) =
        (fixture["audience"].as_str().unwrap().to_owned(), fixture["nonce"].as_str().unwrap().to_owned());
    let Value::Object(wanted) = json!({"given_name": true, "family_name": true, "birthdate": true,
        "address": {"locality": true}, "roles": [true, false]})
    else {
        panic!("an object")
    };
    let mut issuer = SDJWTIssuer::new(key("issuer"), Some("ES256".into()));
    let mut issue = || {
        let strategy = Strategy::Custom(paths.iter().map(String::as_str).collect());
        issuer
            .issue_sd_jwt(claims.clone(), strategy, Some(holder_public.clone()), false, Format::Compact)
            .unwrap()
    };
    let credential = issue();
    let holder = key("holder");
    let present = || {
        let mut holding = SDJWTHolder::new(credential.clone(), Format::Compact).unwrap();
        let (audience, nonce) = (Some(audience.clone()), Some(nonce.clone()));
        holding
            .create_presentation(wanted.clone(), nonce, audience, Some(holder.clone()), Some("ES256".into()))
            .unwrap()
    };
    let verify = |text: &str| {
        let key = issuer_public.clone();
        let find = Box::new(move |_: &str, _: &_| key.clone());
        let (audience, nonce) = (Some(audience.clone()), Some(nonce.clone()));
        SDJWTVerifier::new(text.to_owned(), find, audience, nonce, Format::Compact)
            .map(|verifier| verifier.verified_claims)
    };
    let presentation = present();
    check_claims(&verify(&presentation).unwrap());
    assert!(verify(&tampered(&presentation)).is_err());
    measure("issue", &mut issue);
    measure("present", present);
    measure("verify", || verify(&presentation).unwrap());
}

fn json_path(pointer: &str) -> String {
    let dotted = pointer.replace('/', ".").replace("roles.0", "roles[0]").replace("roles.1", "roles[1]");
    format!("${dotted}")
}
