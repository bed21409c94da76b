//! `passport inspect offer`.

use std::path::PathBuf;

use openid4vc::form::Form;
use openid4vc::vci::offer::{CredentialOffer, Link, OfferError};
use serde_json::{Value, json};
use url::Url;

use super::report::{Failure, Refusal, Report};
use super::source::Input;

/// Arguments of `passport inspect offer`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The offer as JSON, or the link `openid-credential-offer://…`; `-` is standard input.
    file: PathBuf,
}

/// Reads a credential offer.
pub(super) fn inspect(arguments: &Arguments, input: &mut Input<'_>) -> Result<Report, Failure> {
    let text = input.text(&arguments.file)?;
    let report = if text.trim_start().starts_with('{') { by_value(&text, &["offer"]) } else { link(&text) };
    Ok(report?)
}

fn link(text: &str) -> Result<Report, Refusal> {
    if text.chars().any(char::is_whitespace) {
        return Err(OfferError::NotAnOfferLink.into());
    }
    match Link::parse(text)? {
        Link::ByReference(reference) => Ok(Report::valid("credential_offer_uri")
            .with("document", json!({"credential_offer_uri": reference}))
            .checked(["link", "address"])),
        Link::ByValue(_) => {
            let url = Url::parse(text).map_err(|_| OfferError::NotAnOfferLink)?;
            let form = Form::from_query(url.query().unwrap_or_default()).map_err(OfferError::Link)?;
            by_value(form.get("credential_offer").unwrap_or_default(), &["link", "offer"])
        }
    }
}

/// Shows the offer as it was written, members that are not known here included.
fn by_value(text: &str, checked: &[&'static str]) -> Result<Report, Refusal> {
    CredentialOffer::parse(text)?;
    let document: Value = jose::json::parse(text).map_err(|_| OfferError::NotJson)?;
    Ok(Report::valid("credential_offer").with("document", document).checked(checked.iter().copied()))
}
