//! Doors that members open.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};

use super::outgoing::{secret, setting};

/// What to do about doors.
#[derive(Debug, Subcommand)]
pub(super) enum DoorCommand {
    /// Print a template to begin with: kisi or relay.
    Template {
        /// Name of the space in the data folder.
        space: String,
        /// Which.
        key: String,
    },
    /// Add a door; somebody of the team opens the screen beside it in the console.
    Add {
        /// Name of the space in the data folder.
        space: String,
        /// What members read.
        #[arg(long)]
        name: String,
        /// The request that opens it, a file of JSON.
        #[arg(long)]
        template: PathBuf,
        /// What stands in the template for yours, such as `PLAN-ID=17`; may be given several times.
        #[arg(long = "set", value_name = "TEXT=YOURS", value_parser = setting)]
        set: Vec<(String, String)>,
        /// A file with the key or password of the lock; `-` reads it from standard input.
        #[arg(long)]
        secret_file: Option<PathBuf>,
        /// A plan whose members may open it; may be given several times. Without any every member may.
        #[arg(long = "plan")]
        plans: Vec<String>,
    },
    /// List the doors and their screens.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Remove a door, with its screens: nobody opens it from then on.
    Remove {
        /// Name of the space in the data folder.
        space: String,
        /// Its identifier; `list` says it.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

impl DoorCommand {
    /// The space, and what `verifier_web::handle` answers.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn request(&self) -> anyhow::Result<(&str, Value)> {
        Ok(match self {
            Self::Template { space, key } => {
                (space, json!({"command": "verifier.door.template", "key": key}))
            }
            Self::Add { space, name, template, set, secret_file, plans } => {
                let text = fs::read_to_string(template)
                    .with_context(|| format!("the template {}", template.display()))?;
                let secret = secret_file.as_ref().map(secret).transpose()?.unwrap_or_default();
                let request = json!({
                    "command": "verifier.door.add",
                    "name": name,
                    "template": text,
                    "set": set.iter().cloned().collect::<BTreeMap<_, _>>(),
                    "secret": secret,
                    "plans": plans,
                });
                (space, request)
            }
            Self::List { space } => (space, json!({"command": "verifier.door.list"})),
            Self::Remove { space, id } => (space, json!({"command": "verifier.door.remove", "id": id})),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: DoorCommand,
    }

    fn request(line: &[&str]) -> Option<Value> {
        let line = Line::try_parse_from([&["door"], line].concat()).ok()?;
        line.command.request().ok().map(|(_, request)| request)
    }

    #[test]
    fn a_door_has_a_name_and_a_template_and_its_secret_is_in_no_argument() {
        let folder = tempfile::tempdir().unwrap();
        let (template, secret) = (folder.path().join("door.json"), folder.path().join("secret"));
        fs::write(&template, "{}").unwrap();
        fs::write(&secret, "canary-key\n").unwrap();
        let (template, secret) = (template.to_str().unwrap(), secret.to_str().unwrap());
        let whole = [
            "add",
            "kiln",
            "--name",
            "Front",
            "--template",
            template,
            "--secret-file",
            secret,
            "--plan",
            "Desk",
        ];
        let wanted = json!({"command": "verifier.door.add", "name": "Front", "template": "{}", "set": {}, "secret": "canary-key", "plans": ["Desk"]});
        assert_eq!(request(&whole), Some(wanted));
        for near in [
            &["add", "kiln", "--name", "Front"][..],
            &["add", "kiln", "--template", template],
            &["add", "kiln", "--name", "Front", "--template", "/no/such/file"],
            &["add", "kiln", "--name", "Front", "--template", template, "--secret", "canary-key"],
            &["remove", "kiln"],
            &["list"],
        ] {
            assert_eq!(request(near), None, "{near:?}");
        }
        assert_eq!(
            request(&["remove", "kiln", "-x"]),
            Some(json!({"command": "verifier.door.remove", "id": "-x"}))
        );
        assert_eq!(
            request(&["template", "kiln", "kisi"]),
            Some(json!({"command": "verifier.door.template", "key": "kisi"}))
        );
    }
}
