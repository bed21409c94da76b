//! The type of a credential: whether it is as its type says, and what its claims are called (SD-JWT VC §6).

use std::path::PathBuf;

use credentials::sd_jwt::Processed;
use credentials::type_metadata::{Chain, MetadataError, Mismatch, TypeMetadata, built_in};
use serde_json::{Map, Value, json};

use super::report::{Failure, Refusal};
use super::source::Input;

/// Arguments about the type.
#[derive(clap::Args, Debug)]
pub(super) struct AboutType {
    /// The type metadata document of the credential's type; given again, those of the types that it extends, in their
    /// order. The types of the network need none, and nothing is fetched.
    #[arg(long, value_name = "FILE")]
    type_metadata: Vec<PathBuf>,
    /// The language in which claims are named.
    #[arg(long, value_name = "TAG", default_value = "en")]
    locale: String,
}

/// The type of a credential with the visible claims `payload`; nothing if it is a foreign one whose documents are not given.
pub(super) fn read(
    arguments: &AboutType,
    payload: &Map<String, Value>,
    input: &mut Input<'_>,
) -> Result<Option<TypeMetadata>, Failure> {
    let vct = payload.get("vct").and_then(Value::as_str).unwrap_or_default();
    if arguments.type_metadata.is_empty() {
        return Ok(built_in(vct));
    }
    let integrity = match payload.get("vct#integrity") {
        None => None,
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) => return Err(Refusal::from(MetadataError::Malformed).into()),
    };
    let mut chain = Chain::new(vct, integrity).map_err(Refusal::from)?;
    for file in &arguments.type_metadata {
        if chain.wanted().is_none() {
            return Err(Refusal::new("not_extended", "no document before extends this type", SOURCE).into());
        }
        chain.take(&input.bytes(file)?).map_err(Refusal::from)?;
    }
    // A document that ends in a type of the network ends in what everybody has.
    while let Some(text) = chain.wanted().and_then(|next| credentials::type_metadata::document_of(next.vct()))
    {
        chain.take(text.as_bytes()).map_err(Refusal::from)?;
    }
    Ok(Some(chain.finish().map_err(Refusal::from)?))
}

/// What the report says of the type.
pub(super) fn describe(metadata: &TypeMetadata, credential: &Processed, arguments: &AboutType) -> Value {
    let selects = |path: &credentials::ClaimsPath| path.select(credential.claims()).is_ok();
    let labels: Map<String, Value> = metadata
        .claims()
        .iter()
        .filter(|claim| selects(&claim.path))
        .filter_map(|claim| {
            let label = metadata.label_of(&claim.path, &arguments.locale)?;
            Some((claim.path.to_string(), Value::from(label)))
        })
        .collect();
    json!({"types": metadata.types(), "name": metadata.name_in(&arguments.locale), "labels": labels})
}

const SOURCE: &str = "SD-JWT VC §6";

impl From<MetadataError> for Refusal {
    fn from(error: MetadataError) -> Self {
        let source = if matches!(error, MetadataError::Integrity(_)) { "SD-JWT VC §7" } else { SOURCE };
        Self::new(error.code(), error.to_string(), source)
    }
}

impl From<Mismatch> for Refusal {
    fn from(mismatch: Mismatch) -> Self {
        Self::new(mismatch.code(), mismatch.to_string(), SOURCE)
    }
}
