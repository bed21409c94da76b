//! Our own messages under the suite's schemas; for each a neighbour that the schema refuses.

use std::collections::BTreeMap;
use std::path::Path;

use credentials::dcql::Query;
use environment::{SeededRandomness, Timestamp};
use jose::DecryptionKey;
use openid4vc::secret::SecretText;
use openid4vc::vci::credential::{CredentialRequest, Wanted};
use openid4vc::vci::encryption::{RequestEncryption, ResponseEncryption};
use openid4vc::vci::metadata::{CredentialConfiguration, Display, IssuerMetadata, KeyAttestationsRequired};
use openid4vc::vci::offer::{
    AUTHORIZATION_CODE, AuthorizationCodeGrant, CredentialOffer, PRE_AUTHORIZED_CODE, PreAuthorizedGrant,
    TransactionCode,
};
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::request::{NewRequest, VerifierInfo};
use serde_json::{Value, json};

use super::{fits, schema, unfit};
use crate::walk::UNKNOWN;

pub(super) fn check(name: &str, file: &Path) -> Result<(), String> {
    let schema = schema(file)?;
    match name {
        "credential_issuer_metadata-1_0.json" => {
            for metadata in [bare().to_value(), whole().to_value()] {
                fits(&schema, &metadata)?;
            }
            let mut bad = whole().to_value();
            bad["batch_credential_issuance"]["batch_size"] = json!(1);
            unfit("a batch of one", &schema, &bad)?;
            let mut bad = whole().to_value();
            bad["credential_request_encryption"]["jwks"] =
                bad["credential_request_encryption"]["jwks"]["keys"].clone();
            unfit("a bare array of keys", &schema, &bad)
        }
        "credential_offer-1_0.json" => {
            for offer in offers() {
                fits(&schema, &offer)?;
            }
            let mut bad = offers().remove(0);
            bad["grants"][PRE_AUTHORIZED_CODE]["tx_code"]["length"] = json!(0);
            unfit("a code of no length", &schema, &bad)
        }
        "credential_request-1_0.json" => {
            for request in requests() {
                fits(&schema, &request)?;
            }
            let mut bad = requests().remove(0);
            bad["credential_identifier"] = json!("passport-1");
            unfit("a request under both names", &schema, &bad)
        }
        "dcql_request.json" => {
            for query in queries() {
                fits(&schema, &query)?;
            }
            let mut bad = queries().remove(0);
            bad["credentials"][0]["id"] = json!("a b");
            unfit("a query by another name", &schema, &bad)
        }
        "verifier_info.json" => {
            fits(&schema, &json!({"verifier_info": verifier_info()}))?;
            let mut bad = verifier_info();
            bad[0].as_object_mut().unwrap().remove("data");
            unfit("an entry without data", &schema, &json!({"verifier_info": bad}))
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

const ISSUER: &str = "https://office.example";

/// What has no member that could be left out.
fn bare() -> IssuerMetadata {
    let mut passport = CredentialConfiguration::key_bound("urn:passport-network:passport:1", "passport");
    passport.scope = None;
    IssuerMetadata {
        credential_issuer: ISSUER.to_owned(),
        authorization_servers: Vec::new(),
        credential_endpoint: format!("{ISSUER}/credential"),
        nonce_endpoint: None,
        deferred_credential_endpoint: None,
        notification_endpoint: None,
        request_encryption: None,
        response_encryption: None,
        batch_size: None,
        display: Vec::new(),
        configurations: BTreeMap::from([("passport".to_owned(), passport)]),
    }
}

/// What has every member that there is.
fn whole() -> IssuerMetadata {
    let mut passport = CredentialConfiguration::key_bound("urn:passport-network:passport:1", "passport");
    let mut name = Display::named("Passport", Some("en"));
    name.logo_uri = Some("https://office.example/logo.png".to_owned());
    name.background_color = Some("#12107c".to_owned());
    name.text_color = Some("#FFFFFF".to_owned());
    passport.display.push(name);
    passport.claims.push(
        json!({"path": ["number"], "mandatory": true, "display": [{"name": "Number", "locale": "en"}]}),
    );
    passport.attestation_algorithms = vec!["ES256".to_owned()];
    let levels = || vec!["iso_18045_moderate".to_owned()];
    passport.key_attestations_required =
        Some(KeyAttestationsRequired { key_storage: levels(), user_authentication: levels() });
    let key = DecryptionKey::generate("enc-1", &SeededRandomness::new(3)).unwrap();
    IssuerMetadata {
        authorization_servers: vec![ISSUER.to_owned()],
        nonce_endpoint: Some(format!("{ISSUER}/nonce")),
        deferred_credential_endpoint: Some(format!("{ISSUER}/deferred")),
        notification_endpoint: Some(format!("{ISSUER}/notification")),
        request_encryption: Some(RequestEncryption::offering(key.public_jwk().clone(), true)),
        response_encryption: Some(ResponseEncryption::offering(true)),
        batch_size: Some(10),
        display: vec![Display::named("Office", Some("en"))],
        configurations: BTreeMap::from([("passport".to_owned(), passport)]),
        ..bare()
    }
}

fn offers() -> Vec<Value> {
    let code = || {
        Some(PreAuthorizedGrant {
            code: SecretText::new("code"),
            tx_code: Some(TransactionCode {
                numeric: true,
                length: Some(6),
                description: Some("By mail".to_owned()),
            }),
            authorization_server: Some(ISSUER.to_owned()),
        })
    };
    let plain = || {
        Some(PreAuthorizedGrant { code: SecretText::new("code"), tx_code: None, authorization_server: None })
    };
    let flow = || {
        Some(AuthorizationCodeGrant {
            issuer_state: Some(SecretText::new("state")),
            authorization_server: None,
        })
    };
    let made: Vec<Value> = [(code(), None), (plain(), flow()), (None, flow()), (None, None)]
        .into_iter()
        .map(|(pre_authorized, authorization_code)| {
            CredentialOffer {
                credential_issuer: ISSUER.to_owned(),
                configuration_ids: vec!["passport".to_owned(), "profile".to_owned()],
                pre_authorized,
                authorization_code,
            }
            .to_value()
        })
        .collect();
    assert!(made[1]["grants"][AUTHORIZATION_CODE].is_object(), "both grants are written");
    made
}

fn requests() -> Vec<Value> {
    let proofs = || vec!["a.b.c".to_owned(), "d.e.f".to_owned()];
    let wanted = [Wanted::Configuration("passport".to_owned()), Wanted::Identifier("passport-1".to_owned())];
    let with = |wanted: &Wanted, proofs: Vec<String>| {
        CredentialRequest { wanted: wanted.clone(), proofs: proofs.into() }.to_value()
    };
    wanted.iter().flat_map(|one| [with(one, proofs()), with(one, Vec::new())]).collect()
}

/// What spaces and offices ask: forms of every kind of field, and the three requests of an office.
fn queries() -> Vec<Value> {
    let forms = [
        json!({"id": "sign-up", "purpose": "membership", "fields": [
            {"claim": "email", "need": "required", "source": "checked"},
            {"claim": "given_name", "need": "required", "source": "either"},
            {"claim": "birthdate", "need": "required", "source": "checked", "instead": ["age_equal_or_over.18"]},
            {"claim": "age_equal_or_over.16", "need": "optional", "source": "checked"},
            {"claim": "company", "need": "optional", "source": "own", "kept_days": 3},
            {"claim": "links", "need": "optional"}
        ], "passport": "required", "membership": "optional", "foreign": [
            {"vct": "urn:eudi:pid:1", "claims": [["nationalities", null], ["degrees", 0, "name"]], "need": "optional"}
        ]}),
        json!({"id": "door", "purpose": "visit", "membership": "required", "terms": false, "approval": "automatic"}),
    ];
    let of_forms = forms.into_iter().map(|form| {
        let form: verifier::form::Form = serde_json::from_value(form).unwrap();
        form.compile().unwrap().query
    });
    use issuer::records::RequestKind::{FirstPassport, RefillPassport, RefillProfile};
    of_forms.chain([FirstPassport, RefillPassport, RefillProfile].map(|kind| kind.query())).collect()
}

fn verifier_info() -> Value {
    let counter = VerifierInfo {
        format: network::counter_offer::FORMAT.to_owned(),
        data: network::counter_offer::data("https://kiln.example/counter-offer/1"),
        credential_ids: Some(vec!["profile".to_owned()]),
    };
    let query = Query::parse(&queries().remove(0)).unwrap();
    let request = NewRequest {
        response_uri: "https://kiln.example/answer",
        nonce: "nonce",
        state: "state",
        query: &query,
        client_name: Some("Kiln"),
        encryption_key: None,
        verifier_info: &[VerifierInfo::registration("a.b.c"), counter],
        transaction_data: &[],
        issued_at: Timestamp::from_seconds(1),
        expires_at: Timestamp::from_seconds(2),
    };
    request.claims(&ClientId::x509_hash(b"leaf"))["verifier_info"].clone()
}
