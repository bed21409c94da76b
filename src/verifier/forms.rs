//! `passport verifier form`: the forms of a space in versions, from the terminal.

use std::fs;
use std::io::{Read, stdin};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Look at and change what the space asks: forms in versions.
#[derive(Args, Debug)]
pub(super) struct FormArguments {
    #[command(subcommand)]
    command: FormCommand,
}

#[derive(Debug, Subcommand)]
enum FormCommand {
    /// List the forms: what each asks, who decides, and which version holds.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Print one form as JSON, as it holds or as it was.
    // `--version` is the form's here.
    #[command(disable_version_flag = true)]
    Show {
        /// Name of the space in the data folder.
        space: String,
        /// The form.
        form: String,
        /// The version, if not the one that holds.
        #[arg(long)]
        version: Option<u32>,
    },
    /// Make a form the newest version; it holds at once for everybody who is asked from then on.
    Set {
        /// Name of the space in the data folder.
        space: String,
        /// File with the form as JSON; `-` is standard input.
        file: PathBuf,
    },
    /// Ask nobody a form any more; what is under way goes on.
    Withdraw {
        /// Name of the space in the data folder.
        space: String,
        /// The form.
        form: String,
    },
}

impl FormArguments {
    /// Whether a form itself is printed.
    pub(super) const fn prints_a_document(&self) -> bool {
        matches!(self.command, FormCommand::Show { .. })
    }

    /// The space, and what it is asked.
    pub(super) fn request(&self) -> anyhow::Result<(&str, Value)> {
        Ok(match &self.command {
            FormCommand::List { space } => (space, json!({"command": "verifier.form.list"})),
            FormCommand::Show { space, form, version } => {
                (space, json!({"command": "verifier.form.show", "form": form, "version": version}))
            }
            FormCommand::Set { space, file } => {
                (space, json!({"command": "verifier.form.set", "form": read(file)?}))
            }
            FormCommand::Withdraw { space, form } => {
                (space, json!({"command": "verifier.form.withdraw", "form": form}))
            }
        })
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Value> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        stdin().read_to_string(&mut text).context("standard input cannot be read")?;
        text
    } else {
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
    };
    serde_json::from_str(&text).with_context(|| format!("{} holds no JSON", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(file: PathBuf) -> FormArguments {
        FormArguments { command: FormCommand::Set { space: "kiln".to_owned(), file } }
    }

    #[test]
    fn a_form_is_read_from_a_file_and_what_is_no_json_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("form.json");
        let missing = set(file.clone()).request().unwrap_err();
        assert!(missing.to_string().ends_with("form.json cannot be read"), "{missing}");
        fs::write(&file, "{").unwrap();
        let broken = set(file.clone()).request().unwrap_err();
        assert!(broken.to_string().ends_with("form.json holds no JSON"), "{broken}");
        fs::write(&file, r#"{"id": "sign-up"}"#).unwrap();
        let arguments = set(file);
        let (space, request) = arguments.request().unwrap();
        assert_eq!(
            (space, request),
            ("kiln", json!({"command": "verifier.form.set", "form": {"id": "sign-up"}}))
        );
    }
}
