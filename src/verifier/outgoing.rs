//! What goes out of a space into software that it already has.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};

/// What to do about endpoints that are told what happens.
#[derive(Debug, Subcommand)]
pub(super) enum WebhookCommand {
    /// Tell an address what happens (Standard Webhooks); prints its secret, this once.
    Add {
        /// Name of the space in the data folder.
        space: String,
        /// Who gets it, as members read it.
        #[arg(long)]
        name: String,
        /// The address: https, or http on localhost.
        #[arg(long)]
        url: String,
        /// Of what it is told, such as `sign_up.approved`; may be given several times. `list` says which there are.
        #[arg(long = "event", required = true)]
        events: Vec<String>,
        /// A detail that it gets with it, such as `email`; may be given several times. Without any it gets names alone.
        #[arg(long = "claim")]
        claims: Vec<String>,
    },
    /// List where things go out to, what is not confirmed, and what went last.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
    /// End it: nobody new goes there; what concerns the others still does, until they are erased there.
    Remove {
        /// Name of the space in the data folder.
        space: String,
        /// Its identifier.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Give an endpoint another secret, printed this once; for a day the one of before signs as well.
    NewSecret {
        /// Name of the space in the data folder.
        space: String,
        /// Its identifier.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Send a test, which is about nobody.
    Test {
        /// Name of the space in the data folder.
        space: String,
        /// Its identifier.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Send something again that is not confirmed, or was.
    Again {
        /// Name of the space in the data folder.
        space: String,
        /// The delivery.
        delivery: String,
    },
    /// Say that it was done at the other software by hand.
    Confirm {
        /// Name of the space in the data folder.
        space: String,
        /// The delivery.
        delivery: String,
        /// How you know. It is kept; write nothing about the person.
        #[arg(long)]
        reason: String,
    },
}

/// What to do about requests by template.
#[derive(Debug, Subcommand)]
pub(super) enum ActionCommand {
    /// Print a template to begin with: cobot, nexudus, officernd or empty.
    Template {
        /// Name of the space in the data folder.
        space: String,
        /// Which.
        key: String,
    },
    /// Send requests by a template from now on.
    Add {
        /// Name of the space in the data folder.
        space: String,
        /// The template, a file of JSON.
        #[arg(long)]
        template: PathBuf,
        /// What stands in the template for yours, such as `PLAN-ID=17`; may be given several times.
        #[arg(long = "set", value_name = "TEXT=YOURS", value_parser = setting)]
        set: Vec<(String, String)>,
        /// Who gets it, as members read it; the template's own name if not said.
        #[arg(long, default_value = "")]
        name: String,
        /// A file with its key or password; `-` reads it from standard input.
        #[arg(long)]
        secret_file: Option<PathBuf>,
    },
    /// Print what it would send of the last sign-up, without sending it. The look is logged.
    DryRun {
        /// Name of the space in the data folder.
        space: String,
        /// Its identifier; `webhook list` says it.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

impl WebhookCommand {
    /// The space, and what `verifier_web::handle` answers.
    pub(super) fn request(&self) -> (&str, Value) {
        let about =
            |command: &str, id: &str| json!({"command": format!("verifier.outgoing.{command}"), "id": id});
        match self {
            Self::Add { space, name, url, events, claims } => (
                space,
                json!({
                    "command": "verifier.outgoing.webhook",
                    "name": name,
                    "url": url,
                    "events": events,
                    "claims": claims,
                }),
            ),
            Self::List { space } => (space, json!({"command": "verifier.outgoing.list"})),
            Self::Remove { space, id } => (space, about("remove", id)),
            Self::NewSecret { space, id } => (space, about("new-secret", id)),
            Self::Test { space, id } => (space, about("test", id)),
            Self::Again { space, delivery } => (space, about("again", delivery)),
            Self::Confirm { space, delivery, reason } => {
                (space, json!({"command": "verifier.outgoing.confirm", "id": delivery, "reason": reason}))
            }
        }
    }
}

impl ActionCommand {
    /// The space, and what `verifier_web::handle` answers.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn request(&self) -> anyhow::Result<(&str, Value)> {
        Ok(match self {
            Self::Template { space, key } => {
                (space, json!({"command": "verifier.outgoing.template", "key": key}))
            }
            Self::Add { space, template, set, name, secret_file } => {
                let text = fs::read_to_string(template)
                    .with_context(|| format!("the template {}", template.display()))?;
                let secret = secret_file.as_ref().map(secret).transpose()?.unwrap_or_default();
                let request = json!({
                    "command": "verifier.outgoing.action",
                    "name": name,
                    "template": text,
                    "set": set.iter().cloned().collect::<BTreeMap<_, _>>(),
                    "secret": secret,
                });
                (space, request)
            }
            Self::DryRun { space, id } => (space, json!({"command": "verifier.outgoing.dry-run", "id": id})),
        })
    }
}

/// What stands in a template for something of the team's, and that.
pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write TEXT=YOURS, such as PLAN-ID=17")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A secret is in no argument: those stand in the list of processes and in the shell's history.
pub(super) fn secret(file: &PathBuf) -> anyhow::Result<String> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the secret on standard input")?;
        text
    } else {
        fs::read_to_string(file).with_context(|| format!("the secret in {}", file.display()))?
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: WebhookCommand,
    }

    #[test]
    fn an_endpoint_has_a_name_an_address_and_something_to_be_told() {
        let whole = [
            "webhook",
            "add",
            "kiln",
            "--name",
            "Door list",
            "--url",
            "https://hooks.example.org/in",
            "--event",
            "sign_up.approved",
        ];
        let parsed = Line::try_parse_from(whole).ok().map(|line| {
            let (space, request) = line.command.request();
            (space.to_owned(), request)
        });
        let wanted = json!({
            "command": "verifier.outgoing.webhook",
            "name": "Door list",
            "url": "https://hooks.example.org/in",
            "events": ["sign_up.approved"],
            "claims": [],
        });
        assert_eq!(parsed, Some(("kiln".to_owned(), wanted)));
        for without in [3, 5, 7] {
            let mut near = whole.to_vec();
            near.drain(without..without + 2);
            assert!(Line::try_parse_from(&near).is_err(), "{near:?}");
        }
    }
}
