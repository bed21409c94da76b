//! `passport type-metadata`: what a credential type is, with all that it extends, fetched by hand.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use credentials::type_metadata::rendering::{Rendering, RenderingError};
use credentials::type_metadata::{SelectiveDisclosure, TypeDisplay, TypeMetadata};
use environment::Environment;
use outbound::{HttpClient, Policy};
use serde_json::{Value, json};
use type_metadata::{RetrieveError, Retriever};

/// Fetch the type metadata of a credential type, with all that it extends, and print it as JSON.
#[derive(Args, Debug)]
pub(crate) struct TypeMetadataArguments {
    /// The type: an https address, or one of the network's own, which are not fetched. Whoever serves it learns that
    /// somebody looks at such credentials.
    vct: String,
    /// The integrity that a credential names beside its type (`vct#integrity`).
    #[arg(long, value_name = "sha256-…")]
    integrity: Option<String>,
}

/// Fetches and prints. The exit code is 1 when there is no metadata that can be used.
///
/// # Errors
/// Only if nothing can be called or the result cannot be written.
pub(crate) async fn run(
    arguments: &TypeMetadataArguments,
    environment: &Environment,
    output: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let client = HttpClient::new(Policy::public())?;
    let retriever = Retriever::new(Arc::new(client), environment.clone());
    let found = retriever.of(&arguments.vct, arguments.integrity.as_deref()).await;
    let told = match &found {
        Ok(metadata) => described(metadata),
        Err(error) => json!({"error": {"code": code(error), "detail": error.to_string()}}),
    };
    writeln!(output, "{told:#}")?;
    Ok(ExitCode::from(u8::from(found.is_err())))
}

fn code(error: &RetrieveError) -> &'static str {
    match error {
        RetrieveError::NotPublished => "not_published",
        RetrieveError::MediaType => "media_type",
        RetrieveError::Metadata(error) => error.code(),
        _ => "unreachable",
    }
}

fn described(metadata: &TypeMetadata) -> Value {
    let claims: Vec<Value> = metadata
        .claims()
        .iter()
        .map(|claim| {
            let labels: Vec<Value> =
                claim.display.iter().map(|one| json!({"locale": one.locale, "label": one.label})).collect();
            let sd = match claim.sd {
                SelectiveDisclosure::Always => "always",
                SelectiveDisclosure::Allowed => "allowed",
                SelectiveDisclosure::Never => "never",
            };
            json!({"path": claim.path.to_value(), "display": labels, "mandatory": claim.mandatory, "sd": sd, "svg_id": claim.svg_id})
        })
        .collect();
    let display: Vec<Value> = metadata.display().iter().map(shown).collect();
    json!({"types": metadata.types(), "display": display, "claims": claims})
}

/// A name, and what of the rendering is used; pictures and templates are not fetched.
fn shown(display: &TypeDisplay) -> Value {
    let rendering = match Rendering::of(display) {
        Ok(rendering) => of_rendering(&rendering),
        Err(error) => json!({"refused": error.to_string()}),
    };
    json!({"locale": display.locale, "name": display.name, "rendering": rendering})
}

fn of_rendering(rendering: &Rendering) -> Value {
    let picture = |resource: &credentials::type_metadata::rendering::Resource| -> Value {
        if let Some(address) = resource.address() {
            return json!({"address": address});
        }
        let read: Result<_, RenderingError> =
            resource.embedded().and_then(|octets| resource.picture(&octets));
        match read {
            Ok(picture) => json!({"media_type": picture.media_type()}),
            Err(error) => json!({"refused": error.to_string()}),
        }
    };
    let simple = rendering.simple.as_ref().map(|simple| {
        json!({
            "background_color": simple.colours.map(|colours| colours.background().to_string()),
            "text_color": simple.colours.map(|colours| colours.text().to_string()),
            "logo": simple.logo.as_ref().map(picture),
            "background_image": simple.background_image.as_ref().map(picture),
        })
    });
    json!({"simple": simple, "svg_templates": rendering.templates.len()})
}
