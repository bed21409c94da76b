//! DCQL: what the OpenID Foundation's schema refuses, we refuse. Its examples are walked in [`crate::openid4vp`].

use std::fs;

use credentials::dcql::Query;
use harness::vectors::{Suite, suite};
use jose::json;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::oidf::schema_of;

const EMPTY_META: &str =
    "an empty meta asks for any type (OpenID4VP 1.0 §6.1); the schema takes Appendix B.3.5 for the last word";

/// The schema's own keywords, applied to queries it must refuse; we must refuse them too.
#[test]
fn what_the_conformance_suite_s_schema_requires_we_require_too() {
    let name = "oidf-conformance-suite";
    let Some(folder) = suite(name) else { return };
    let path = folder.join("src/main/resources/json-schemas/oid4vp/dcql_request.json");
    let schema = json::parse(fs::read_to_string(path).unwrap()).unwrap();
    let good = json!({
        "credentials": [{
            "id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["t"]},
            "claims": [{"id": "a", "path": ["x", 0, null], "values": ["v", 1, true]}],
            "claim_sets": [["a"]],
            "trusted_authorities": [{"type": "aki", "values": ["AQ"]}]
        }],
        "credential_sets": [{"options": [["q"]]}]
    });
    let validator = schema_of("oid4vp/dcql_request.json").unwrap();
    assert!(validator.is_valid(&good));
    let refused = |query: &Value| refused(&validator, query);
    // The text (§6.1) lets `meta` say nothing; our own queries always name types.
    let mut run = Suite::new(
        "oidf-conformance-suite: DCQL",
        &[("VcSdJwtCredentialQueryMeta without vct_values", EMPTY_META)],
    );
    run.case("a full query", Query::parse(&good).map(|_| ()));
    // Where each definition stands in the query above.
    let places = [
        ("DCQLQuery", ""),
        ("VcSdJwtCredentialQuery", "/credentials/0"),
        ("VcSdJwtCredentialQueryMeta", "/credentials/0/meta"),
        ("VcSdJwtCredentialQueryClaim", "/credentials/0/claims/0"),
        ("TrustedAuthorities", "/credentials/0/trusted_authorities/0"),
        ("CredentialSet", "/credential_sets/0"),
    ];
    for (definition, place) in places {
        let definition_of = &schema["definitions"][definition];
        for member in definition_of["required"].as_array().unwrap().iter().filter_map(Value::as_str) {
            let mut bad = good.clone();
            bad.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(member);
            run.case(&format!("{definition} without {member}"), refused(&bad));
        }
        for (member, rule) in definition_of["properties"].as_object().unwrap() {
            if rule["type"] == "array" && rule["minItems"] == 1 {
                let mut bad = good.clone();
                bad.pointer_mut(place).unwrap()[member] = json!([]);
                run.case(&format!("{definition} with empty {member}"), refused(&bad));
            }
            if rule["type"] == "boolean" {
                let mut bad = good.clone();
                bad.pointer_mut(place).unwrap()[member] = json!("true");
                run.case(&format!("{definition} with text in {member}"), refused(&bad));
            }
            if rule.get("pattern").is_some() {
                let mut bad = good.clone();
                bad.pointer_mut(place).unwrap()[member] = json!("a b");
                run.case(&format!("{definition} with another character in {member}"), refused(&bad));
            }
        }
    }
    run.finish();
}

/// Refused by the schema, so that the case is one, and by us.
fn refused(schema: &Validator, query: &Value) -> Result<(), String> {
    if schema.is_valid(query) {
        return Err("the schema takes it".to_owned());
    }
    match Query::parse(query) {
        Ok(_) => Err("taken".to_owned()),
        Err(_) => Ok(()),
    }
}
