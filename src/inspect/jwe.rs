//! `passport inspect jwe`.

use std::path::PathBuf;

use jose::jwe::{self, ContentEncryption, JweError};
use jose::{DecryptionKey, KeyError, base64url};
use serde_json::Value;
use zeroize::Zeroizing;

use super::report::{Failure, Refusal, Report};
use super::source::Input;

/// Arguments of `passport inspect jwe`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The JWE in compact form; `-` is standard input.
    file: PathBuf,
    /// The private key that opens it, as a JWK.
    #[arg(long, value_name = "FILE")]
    jwk: PathBuf,
}

/// Opens a JWE.
pub(super) fn inspect(arguments: &Arguments, input: &mut Input<'_>) -> Result<Report, Failure> {
    let token = input.text(&arguments.file)?;
    let key = Zeroizing::new(input.bytes(&arguments.jwk)?);
    let key = DecryptionKey::from_private_json(key.as_slice()).map_err(unusable)?;
    Ok(open(&token, &key)?)
}

fn unusable(error: KeyError) -> Refusal {
    let detail = format!("a private P-256 key (crv, x, y and d) is needed: {error}");
    Refusal { detail, ..Refusal::key(error) }
}

fn open(token: &str, key: &DecryptionKey) -> Result<Report, Refusal> {
    let header = jwe::header(token)?;
    // Another algorithm has parts of other lengths; the algorithm is the reason worth naming.
    if header.get("alg").and_then(Value::as_str) != Some("ECDH-ES") {
        return Err(JweError::WrongAlgorithm.into());
    }
    if header.get("enc").and_then(Value::as_str).and_then(ContentEncryption::from_name).is_none() {
        return Err(JweError::WrongEncryption.into());
    }
    let plaintext = jwe::decrypt(token, key)?;
    let report = Report::valid("jwe").with("header", header);
    let report = match (jose::json::parse(plaintext.as_slice()), std::str::from_utf8(&plaintext)) {
        (Ok(document @ (Value::Object(_) | Value::Array(_))), _) => {
            report.with("format", "json").with("document", document)
        }
        (_, Ok(text)) => report.with("format", "text").with("document", text),
        // Bytes that are no text have one spelling only.
        (_, Err(_)) => {
            report.with("format", "base64url").with("document", base64url::encode(plaintext.as_slice()))
        }
    };
    Ok(report.checked(["form", "header", "epk", "lengths", "tag"]))
}
