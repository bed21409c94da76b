//! What is said of the API, beside what it is.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn the_description_is_there_for_everybody_and_names_every_address_with_its_scope() {
    let scene = Scene::new();
    let served = Browser::new(&scene).get("/api/openapi.json").await;
    assert_eq!((served.status.as_u16(), served.header("content-type")), (200, "application/json"));
    assert_eq!(served.header("access-control-allow-origin"), "*");
    assert_eq!(served.json()["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, operations) in served.json()["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let scope = operation["security"][0]["key"][0].as_str().unwrap().to_owned();
            described.insert((method.to_uppercase(), path.clone(), scope));
        }
    }
    let tried = ROUTES
        .iter()
        .map(|(method, path, scope)| ((*method).to_owned(), (*path).to_owned(), scope.name().to_owned()));
    assert_eq!(described, tried.collect());
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let description = crate::api_description();
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

/// What is published for strangers.
mod spec {
    #[test]
    fn the_description_of_the_api_is_what_the_code_says() {
        let file =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/space-api.openapi.json");
        let made = format!("{}\n", serde_json::to_string_pretty(&crate::api_description()).unwrap());
        if std::env::var_os("PASSPORT_WRITE_VECTORS").is_some() {
            std::fs::write(&file, made).unwrap();
            return;
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == made,
            "specs/space-api.openapi.json is not what the code says; if the code is right, run `cargo xtask spec-vectors --write`"
        );
    }
}
