//! DCQL: the example queries of OpenID4VP 1.0, read, written again and held against the OpenID Foundation's schema.

use std::fs;
use std::path::PathBuf;

use credentials::dcql::Query;
use harness::vectors::{Suite, suite};
use jose::json;
use serde_json::{Value, json};

#[test]
fn the_examples_of_openid4vp_read_and_are_written_back_with_the_same_meaning() {
    let name = "openid4vp-1.0-examples";
    let Some(folder) = suite(name) else { return };
    let examples = folder.join("1.0/examples");
    let mut run = Suite::new(name, &[]);
    let mut files: Vec<PathBuf> = fs::read_dir(examples.join("query_lang"))
        .unwrap()
        .chain(fs::read_dir(examples.join("request")).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        if text.contains("\"credentials\"") {
            run.case(&file.file_stem().unwrap().to_string_lossy(), example(&text));
        }
    }
    run.finish();
}

fn example(text: &str) -> Result<(), String> {
    let example = json::parse(text).map_err(|error| error.to_string())?;
    round_trip(example.get("dcql_query").unwrap_or(&example))
}

fn round_trip(query: &Value) -> Result<(), String> {
    let read = Query::parse(query).map_err(|error| error.to_string())?;
    let mut expected = query.clone();
    if let Some(sets) = expected.get_mut("credential_sets").and_then(Value::as_array_mut) {
        for set in sets.iter_mut().filter(|set| set.get("required").is_none()) {
            set["required"] = json!(true);
        }
    }
    let written = read.to_value();
    if written == expected { Ok(()) } else { Err(format!("{written} is not {expected}")) }
}

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
    let mut run = Suite::new(name, &[]);
    run.case("a full query", Query::parse(&good).map(|_| ()));
    // Where each definition stands in the query above.
    let places = [
        ("DCQLQuery", ""),
        ("VcSdJwtCredentialQuery", "/credentials/0"),
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

fn refused(query: &Value) -> Result<(), String> {
    match Query::parse(query) {
        Ok(_) => Err("taken".to_owned()),
        Err(_) => Ok(()),
    }
}
