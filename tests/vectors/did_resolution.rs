//! The OpenAPI of DID Resolution against the answers of our resolver service.
//!
//! The description is YAML of the plainest kind (maps, lists of words, indentation), so it is read here line by line.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use did::resolution::Version;
use did::{BoxFuture, Did, DidError, Document, DocumentMetadata, Resolution, Resolve, ResolveError};
use did_resolver_web::{Site, router};
use harness::vectors::{Suite, suite};
use http::{Method, Request};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

const PATH: &str = "/identifiers/{identifier}";

const EXCEPTIONS: &[(&str, &str)] = &[
    ("post is served", "a resolver MAY have it; ours has not, its options fit the query"),
    ("410 application/did", "a deactivated DID has no document; the whole result says so"),
    (
        "410 DidDocumentMetadata/deactivated is string",
        "the text (DID Resolution, \"DID Document Metadata\") makes it a boolean; the OpenAPI, a string",
    ),
];

const NO_DOCUMENT: &str = "the algorithms (DID Resolution, \"Resolving\" and \"Dereferencing\") return null where there is nothing; the OpenAPI, objects alone";

struct Fixed(Result<Resolution, ResolveError>);

impl Resolve for Fixed {
    fn resolve_version<'a>(
        &'a self,
        _did: &'a Did,
        _version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

/// An outcome for each status that the description lists.
fn outcomes() -> BTreeMap<&'static str, Result<Resolution, ResolveError>> {
    let document = Document::from_value(json!({"id": "did:web:a.example"})).unwrap();
    let mut gone = DocumentMetadata::default();
    gone.deactivated = true;
    BTreeMap::from([
        ("200", Ok(Resolution { document, metadata: DocumentMetadata::default() })),
        ("400", Err(ResolveError::Did(DidError::Scheme))),
        ("404", Err(ResolveError::NotFound)),
        ("406", Err(ResolveError::Representation)),
        ("410", Err(ResolveError::Deactivated(Box::new(gone)))),
        ("500", Err(ResolveError::Unreachable)),
        ("501", Err(ResolveError::Method)),
    ])
}

struct Answer {
    status: String,
    media_type: String,
    body: Value,
}

async fn ask(outcome: Result<Resolution, ResolveError>, method: Method, accept: &str) -> Answer {
    let router = router(Site::new(Arc::new(Fixed(outcome))));
    let request = Request::builder().method(method).uri("/1.0/identifiers/did:web:a.example");
    let request = request.header("accept", accept).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let header = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_str().to_owned();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer { status, media_type: header.unwrap_or_default(), body }
}

#[tokio::test]
async fn our_resolver_answers_as_the_openapi_describes() {
    let Some(folder) = suite("did-resolution") else { return };
    let api = yaml(&fs::read_to_string(folder.join("openapi/openapi.yaml")).unwrap());
    let path = &api["paths"][PATH];
    let responses = path["post"]["responses"].as_object().unwrap();
    let mut exceptions: Vec<(String, &str)> =
        EXCEPTIONS.iter().map(|(case, reason)| ((*case).to_owned(), *reason)).collect();
    let refusing = responses.keys().filter(|status| *status != "200");
    exceptions.extend(refusing.flat_map(|status| {
        ["ResolutionResult/didDocument", "DereferencingResult/content"]
            .map(|place| (format!("{status} {place} is object"), NO_DOCUMENT))
    }));
    let exceptions: Vec<(&str, &str)> =
        exceptions.iter().map(|(case, reason)| (case.as_str(), *reason)).collect();
    let mut suite = Suite::new("did-resolution: OpenAPI", &exceptions);
    for method in ["get", "post"].iter().filter(|method| path.get(**method).is_some()) {
        let answer = ask(outcomes()["200"].clone(), method.to_uppercase().parse().unwrap(), "*/*").await;
        suite.case(&format!("{method} is served"), equal(&answer.status, "200"));
    }
    for (status, response) in responses {
        let outcome = outcomes().remove(status.as_str());
        let Some(outcome) = outcome else {
            suite.case(&format!("{status} is given"), Err("our resolver never answers so"));
            continue;
        };
        for (media_type, content) in response["content"].as_object().unwrap() {
            let case = format!("{status} {media_type}");
            let answer = ask(outcome.clone(), Method::GET, media_type).await;
            let fits = equal(&answer.status, status).and(equal(&answer.media_type, media_type));
            suite.case(&case, fits);
            if let Some(name) =
                content["schema"]["$ref"].as_str().filter(|_| answer.media_type == *media_type)
            {
                for (place, outcome) in checks(&api, name, &answer.body) {
                    suite.case(&format!("{status} {place}"), outcome);
                }
            }
        }
    }
    suite.finish();
}

fn equal(ours: &str, described: &str) -> Result<(), String> {
    if ours == described { Ok(()) } else { Err(format!("{ours} instead of {described}")) }
}

/// Whether a value has the members of a described schema in their types, place by place.
fn checks(api: &Value, reference: &str, value: &Value) -> Vec<(String, Result<(), String>)> {
    let name = reference.rsplit('/').next().unwrap();
    let schema = &api["components"]["schemas"][name];
    let mut found = Vec::new();
    for required in schema["required"].as_array().into_iter().flatten() {
        let required = required.as_str().unwrap();
        let present = value.get(required).map(|_| ()).ok_or_else(|| "it is missing".to_owned());
        found.push((format!("{name}/{required} is there"), present));
    }
    for (member, described) in schema["properties"].as_object().into_iter().flatten() {
        let Some(value) = value.get(member) else { continue };
        if let Some(reference) = described["$ref"].as_str() {
            found.extend(checks(api, reference, value));
        } else if let Some(kind) = described["type"].as_str() {
            found.push((format!("{name}/{member} is {kind}"), is_a(value, kind)));
        }
    }
    found
}

fn is_a(value: &Value, kind: &str) -> Result<(), String> {
    let fits = match kind {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("{value} is no {kind}")) }
}

/// Reads the YAML: `key:` opens a map, `key: text` is text, `- text` is an item; what continues a text is passed over.
fn yaml(text: &str) -> Value {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut rest = lines.as_slice();
    map(&mut rest, 0)
}

fn indent(line: &str) -> usize {
    line.len().saturating_sub(line.trim_start().len())
}

fn map(rest: &mut &[&str], depth: usize) -> Value {
    let mut members = Map::new();
    while let Some((line, after)) = rest.split_first() {
        if indent(line) < depth {
            break;
        }
        *rest = after;
        let Some((key, text)) = key(line).filter(|_| indent(line) == depth) else { continue };
        let value =
            match after.first().map(|next| indent(next)).filter(|next| *next > depth && text.is_empty()) {
                Some(deeper) => below(rest, deeper),
                None => Value::from(text),
            };
        members.insert(key.to_owned(), value);
    }
    Value::Object(members)
}

fn below(rest: &mut &[&str], depth: usize) -> Value {
    if !rest[0].trim_start().starts_with("- ") {
        return map(rest, depth);
    }
    let mut items = Vec::new();
    while let Some((line, after)) = rest.split_first().filter(|(line, _)| indent(line) >= depth) {
        *rest = after;
        items.extend(line.trim_start().strip_prefix("- ").map(Value::from));
    }
    Value::Array(items)
}

fn key(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (key, text) = line.strip_suffix(':').map(|key| (key, "")).or_else(|| line.split_once(": "))?;
    let text = text.trim().trim_matches('"');
    (!key.contains(' ')).then_some((key.trim_matches('"'), text))
}
