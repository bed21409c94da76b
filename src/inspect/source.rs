//! The files that a command reads.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jose::{Jwk, KeyError};
use serde_json::Value;

use super::report::{Failure, Refusal};

/// Longest file that is read, in bytes; every reader behind it has a tighter bound of its own.
const LONGEST: u64 = 16 << 20;

/// Files and, at most once, standard input.
pub(super) struct Input<'a> {
    standard: Option<&'a mut dyn Read>,
}

impl<'a> Input<'a> {
    /// Reads `standard` for the file named `-`.
    pub(super) fn new(standard: &'a mut dyn Read) -> Self {
        Self { standard: Some(standard) }
    }

    /// The bytes of a file.
    pub(super) fn bytes(&mut self, path: &PathBuf) -> Result<Vec<u8>, Failure> {
        let outcome = if path == Path::new("-") {
            let Some(standard) = self.standard.take() else {
                return Err(Failure::WrongCall("only one file can be standard input".to_owned()));
            };
            read(standard)
        } else {
            File::open(path).and_then(read)
        };
        match outcome {
            Ok(bytes) if u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST) => Ok(bytes),
            Ok(_) => {
                Err(Refusal::new("too_long", "the file is longer than 16 MiB", "passport inspect").into())
            }
            Err(error) => Err(Failure::WrongCall(format!("{} cannot be read: {error}", path.display()))),
        }
    }

    /// The text of a file. The one line break that editors leave at the end is forgiven, nothing else.
    pub(super) fn text(&mut self, path: &PathBuf) -> Result<String, Failure> {
        let text = String::from_utf8(self.bytes(path)?)
            .map_err(|_| Refusal::new("not_text", "the file is not UTF-8 text", "RFC 7515 §7.1"))?;
        Ok(without_line_break(&text).to_owned())
    }

    /// A public key. A private JWK is taken for its public half: nothing leaves this process.
    pub(super) fn public_key(&mut self, path: &PathBuf) -> Result<Jwk, Failure> {
        let mut value =
            jose::json::parse(self.bytes(path)?).map_err(|_| Refusal::key(KeyError::NotAnObject))?;
        if let Value::Object(members) = &mut value
            && members.get("kty").and_then(Value::as_str).is_some_and(|kty| kty != "oct")
        {
            members.remove("d");
        }
        Ok(Jwk::from_value(&value).map_err(Refusal::key)?)
    }
}

fn read(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LONGEST.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `text` without one line break at its end.
pub(super) fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}
