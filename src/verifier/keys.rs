//! Keys by which programs use the space's API.

use clap::Subcommand;
use serde_json::{Value, json};
use verifier::api_keys::Scope;

/// What to do about keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key; it is printed this once.
    Make {
        /// Name of the space in the data folder.
        space: String,
        /// What the team calls it.
        #[arg(long)]
        name: String,
        /// What it may do, such as `sign-ups:read`; may be given several times.
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// After how many days it ends by itself; when it is revoked if not said.
        #[arg(long)]
        days: Option<u32>,
    },
    /// List the keys, what each may do, and the day on which it was used last.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Revoke a key: from then on it opens nothing.
    Revoke {
        /// Name of the space in the data folder.
        space: String,
        /// The key's name.
        #[arg(long)]
        name: String,
    },
}

fn scope(text: &str) -> Result<Scope, String> {
    let all = || Scope::ALL.map(Scope::name).join(", ");
    Scope::named(text).ok_or_else(|| format!("the scopes are {}", all()))
}

impl KeyCommand {
    /// The space, and what `verifier_web::handle` answers.
    pub(super) fn request(&self) -> (&str, Value) {
        match self {
            Self::Make { space, name, scopes, days } => {
                (space, json!({"command": "verifier.key.make", "name": name, "scopes": scopes, "days": days}))
            }
            Self::List { space } => (space, json!({"command": "verifier.key.list"})),
            Self::Revoke { space, name } => (space, json!({"command": "verifier.key.revoke", "name": name})),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: KeyCommand,
    }

    fn request(line: &[&str]) -> Option<(String, Value)> {
        Line::try_parse_from([&["key"], line].concat()).ok().map(|line| {
            let (space, request) = line.command.request();
            (space.to_owned(), request)
        })
    }

    #[test]
    fn a_key_has_a_name_and_something_that_it_may_do() {
        let whole = [
            "make",
            "kiln",
            "--name",
            "desk",
            "--scope",
            "sign-ups:read",
            "--scope",
            "forms:read",
            "--days",
            "30",
        ];
        let wanted = json!({"command": "verifier.key.make", "name": "desk", "scopes": ["sign-ups:read", "forms:read"], "days": 30});
        assert_eq!(request(&whole), Some(("kiln".to_owned(), wanted)));
        for line in [
            &["make", "kiln", "--name", "desk"][..],
            &["make", "kiln", "--scope", "forms:read"],
            &["make", "kiln", "--name", "desk", "--scope", "forms:write"],
            &["make", "kiln", "--name", "desk", "--scope", "forms:read", "--days", "-1"],
            &["revoke", "kiln"],
            &["list"],
        ] {
            assert_eq!(request(line), None, "{line:?}");
        }
    }

    #[test]
    fn keys_are_listed_and_revoked_by_name() {
        assert_eq!(
            request(&["list", "kiln"]),
            Some(("kiln".to_owned(), json!({"command": "verifier.key.list"})))
        );
        assert_eq!(
            request(&["revoke", "kiln", "--name", "front desk"]),
            Some(("kiln".to_owned(), json!({"command": "verifier.key.revoke", "name": "front desk"})))
        );
    }
}
