//! The conformance suite of the OpenID Foundation: its metadata documents, valid and invalid, its mdoc samples, and its
//! JSON Schemas, against which our own messages are held.
#![cfg(test)]

mod documents;
mod own;

use std::fs;
use std::path::Path;

use harness::vectors::suite;
use jose::json;
use jsonschema::Validator;
use serde_json::Value;

use crate::walk::{self, UNKNOWN, said};

const NAME: &str = "oidf-conformance-suite";
const SCHEMAS: &str = "main/resources/json-schemas";

/// What the suite's schema refuses and the text allows.
const EXCEPTIONS: &[(&str, &str)] = &[];

#[test]
fn every_document_of_the_conformance_suite_is_read_or_refused_and_its_schemas_take_our_messages() {
    walk::every_file(NAME, "src", EXCEPTIONS, |case, file| {
        let (folder, name) = case.rsplit_once('/').ok_or(UNKNOWN)?;
        match folder {
            "test/resources/metadata/openid4vci-1_0" => documents::check(name, file),
            "test/resources/ParseVpTokenAsMdoc" => documents::mdoc(name, file),
            _ if folder.starts_with(SCHEMAS) => own::check(name, file),
            _ => Err(UNKNOWN.to_owned()),
        }
    });
}

/// A schema made ready; `format` counts.
fn schema(file: &Path) -> Result<Validator, String> {
    let schema = json::parse(fs::read_to_string(file).map_err(said)?).map_err(said)?;
    jsonschema::options().should_validate_formats(true).build(&schema).map_err(said)
}

/// A schema of the suite, where the vectors are there.
pub(crate) fn schema_of(name: &str) -> Option<Validator> {
    let folder = suite(NAME)?;
    Some(schema(&folder.join("src").join(SCHEMAS).join(name)).unwrap())
}

/// What a schema has against a value, each complaint with its place.
fn complaints(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Whether a schema takes a value.
fn fits(schema: &Validator, value: &Value) -> Result<(), String> {
    let complaints = complaints(schema, value);
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ")) }
}

/// Whether a schema refuses a value.
fn unfit(what: &str, schema: &Validator, value: &Value) -> Result<(), String> {
    if schema.is_valid(value) { Err(format!("{what} fits the schema")) } else { Ok(()) }
}
