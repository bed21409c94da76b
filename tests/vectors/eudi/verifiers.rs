//! `eudi-openid4vp`: queries, a PID in both formats with the keys of its devices, and registration certificates.

use std::path::Path;

use credentials::dcql::Query;
use credentials::issuer_key::IssuedBy;
use credentials::sd_jwt::SdJwt;
use credentials::vc::{Types, Unverified, VcError};
use environment::Timestamp;
use jose::jws::{JwsError, Policy};
use jose::{Jwk, KeyError, Signer, SigningKey, VerifyingKey, jws};
use serde_json::{Value, json};
use trust::registration::{self, Registration, RegistrationError};
use trust::testing::{NOW, TestNetwork};
use trust::{Certificate, CertificateChain};

use crate::openid4vp::queries::{self, Sent};
use crate::walk::{self, UNKNOWN, refused, said, same};

const PID: &str = "urn:eudi:pid:1";

#[test]
fn every_document_of_the_eudi_presentation_library_is_read_or_refused_by_its_reason() {
    walk::every_file("eudi-openid4vp", "src/test/resources", &[], |case, file| {
        let (folder, name) = case.rsplit_once('/').ok_or(UNKNOWN)?;
        match folder {
            "dcql" => query(name, file),
            "example" if name.ends_with("-dcql-query.json") => query(name, file),
            "example" => example(name, file),
            "certificates" => certificate(name, file),
            _ => Err(UNKNOWN.to_owned()),
        }
    });
}

fn query(name: &str, file: &Path) -> Result<(), String> {
    let value = walk::value(file)?;
    match name {
        "basic_example.json" => {
            let query = queries::read(&value)?;
            let person = json!({"last_name": "Doe", "first_name": "John", "address": {"street_address": "1 Quay"}, "age": 1});
            let places = ["last_name", "first_name", "address.street_address"];
            let identity = "https://credentials.example.com/identity_credential";
            let sent = queries::sent(&query, &[(identity, person)]);
            same(
                "sent",
                sent,
                Some(vec![("my_credential".to_owned(), 0, None, places.map(str::to_owned).to_vec())]),
            )
        }
        // An mdoc that is described by types of SD-JWT VCs: a member that its format does not know says nothing.
        "complex_example.json" => {
            let query = Query::parse(&value).map_err(said)?;
            same("meta", &query.to_value()["credentials"][1]["meta"], &json!({}))?;
            queries::foreign(&query)
        }
        "mDL-example.json" | "eudi_msomdoc_pid_dcql_query.json" | "mso_mdoc-pid-dcql-query.json" => {
            queries::foreign(&queries::read(&value)?)
        }
        "sd-jwt-vc-pid-dcql-query.json" => {
            let query = queries::read(&value)?;
            let expected: Sent =
                vec![("eu_europa_ec_eudi_pid_1".to_owned(), 0, None, vec!["family_name".to_owned()])];
            let claims = Value::Object(pid(&file.with_file_name("sd-jwt-vc-pid.txt"))?);
            same("sent", queries::sent(&query, &[(PID, claims)]), Some(expected))
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// The PID, verified with the key of its leaf at the moment it was issued.
fn pid(file: &Path) -> Result<serde_json::Map<String, Value>, String> {
    let credential = Unverified::parse(&walk::text(file)?, Types::Current).map_err(said)?;
    let IssuedBy::X5c { chain, issuer } = credential.issued_by() else { return Err("no chain".to_owned()) };
    same("iss", issuer.as_deref(), Some("https://dev.issuer-backend.eudiw.dev"))?;
    let leaf = Certificate::from_der(chain.first().ok_or("no leaf")?).map_err(said)?;
    same(
        "the leaf is not its own issuer, and no anchor follows",
        (leaf.is_self_issued(), chain.len()),
        (false, 1),
    )?;
    let key = VerifyingKey::new(leaf.public_key().map_err(said)?).map_err(said)?;
    let verified = credential.verify(&key, Timestamp::from_seconds(1_782_986_026), 0).map_err(said)?;
    let status = verified.facts().status().ok_or("no status")?;
    same("status", status.index, 4_216)?;
    same(
        "holder",
        verified.facts().holder_key().map(Jwk::thumbprint),
        Some(holder(file)?.public_jwk().thumbprint()),
    )?;
    Ok(verified.claims().clone())
}

fn holder(beside: &Path) -> Result<SigningKey, String> {
    SigningKey::from_private_json(walk::text(&beside.with_file_name("sd-jwt-vc-pid-key.json"))?).map_err(said)
}

fn example(name: &str, file: &Path) -> Result<(), String> {
    match name {
        "sd-jwt-vc-pid.txt" => {
            let claims = pid(file)?;
            for (name, value) in [
                ("vct", json!(PID)),
                ("family_name", json!("Neal")),
                ("birthdate", json!("1955-04-12")),
                ("sex", json!(1)),
                ("nationalities", json!(["AT"])),
                ("date_of_expiry", json!("2026-10-10")),
            ] {
                same(name, claims.get(name), Some(&value))?;
            }
            same(
                "place of birth",
                &claims["place_of_birth"],
                &json!({"country": "AT", "locality": "101 Trauner"}),
            )?;
            same("address", claims["address"].get("postal_code"), Some(&json!("3331")))?;
            // A day after its end it is nothing any more.
            let credential = Unverified::parse(&walk::text(file)?, Types::Current).map_err(said)?;
            let IssuedBy::X5c { chain, .. } = credential.issued_by() else {
                return Err("no chain".to_owned());
            };
            let leaf = Certificate::from_der(chain.first().ok_or("no leaf")?).map_err(said)?;
            let key = VerifyingKey::new(leaf.public_key().map_err(said)?).map_err(said)?;
            let late = credential.verify(&key, Timestamp::from_seconds(1_785_578_026), 0);
            same("late", late.map(|_| "taken").unwrap_or_else(|error| VcError::code(&error)), "expired")
        }
        // Private keys: fit for signing, refused where a public key belongs.
        "sd-jwt-vc-pid-key.json" | "mso_mdoc_pid-devicekey.json" => {
            refused(Jwk::from_value(&walk::value(file)?).map(|_| ()), KeyError::Private)?;
            let key = SigningKey::from_private_json(walk::text(file)?).map_err(said)?;
            let signature = key.sign(b"message").map_err(said)?;
            let public = VerifyingKey::new(key.public_jwk()).map_err(said)?;
            same("signature", public.verifies(b"message", &signature), true)
        }
        // An IssuerSigned of ISO 18013-5: no SD-JWT, and never taken for one.
        "mso_mdoc_pid-issuersigned.txt" => same(
            "refused",
            SdJwt::parse(&walk::text(file)?).map(|_| ()).map_err(|error| error.code()),
            Err("missing_tilde"),
        ),
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn certificate(name: &str, file: &Path) -> Result<(), String> {
    let text = walk::text(file)?;
    match name {
        "wrprc.txt" => foreign_registration(&text, "Verifier Dev", 1_784_634_642),
        "wrprc_unsigned.txt" => {
            let network = TestNetwork::new();
            let token = jws::Unverified::parse(&text).map_err(said)?;
            let key = VerifyingKey::new(leaf_of(&token)?.public_key().map_err(said)?).map_err(said)?;
            refused(
                token.verify(&key, &Policy::typed(&[registration::TYPE])).map(|_| ()),
                JwsError::BadSignature,
            )?;
            not_of_this_network(&text, &network)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn leaf_of(token: &jws::Unverified) -> Result<Certificate, String> {
    Ok(CertificateChain::from_header(token.header()).map_err(said)?.leaf().clone())
}

/// A registration certificate of the EUDI's form (ETSI TS 119 475): type, signature and claims are as ours write them,
/// it is found in `verifier_info`, and in this network its registrar is nobody.
pub(super) fn foreign_registration(text: &str, name: &str, issued_at: i64) -> Result<(), String> {
    let token = jws::Unverified::parse(text).map_err(said)?;
    let key = VerifyingKey::new(leaf_of(&token)?.public_key().map_err(said)?).map_err(said)?;
    let claims = token
        .verify(&key, &Policy::typed(&[registration::TYPE]))
        .and_then(|token| token.claims())
        .map_err(said)?;
    same("name", claims.get("name"), Some(&json!(name)))?;
    same("iat", claims.get("iat"), Some(&json!(issued_at)))?;
    if let Some(listed) = claims.get("credentials") {
        // `claim`, in the singular, as ours has it too.
        same("format", &listed[0]["format"], &json!("dc+sd-jwt"))?;
        same("types", &listed[0]["meta"]["vct_values"], &json!([PID]))?;
        same("claim", &listed[0]["claim"][0], &json!({"path": ["family_name"]}))?;
    }
    let info = json!([{"format": "other", "data": {}}, registration::to_verifier_info(text)]);
    same("found", registration::from_verifier_info(&info), Some(text))?;
    not_of_this_network(text, &TestNetwork::new())
}

fn not_of_this_network(text: &str, network: &TestNetwork) -> Result<(), String> {
    match Registration::verify(text, network.descriptor(), "did:web:kiln.example", NOW) {
        Err(RegistrationError::Path(_) | RegistrationError::Chain(_)) => Ok(()),
        other => Err(format!("{other:?} instead of a signer that is no registrar here")),
    }
}
