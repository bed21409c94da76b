//! Who works for the space: the first owner of its console, and whoever lost every passkey.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::name;

/// What to do about the team.
#[derive(Debug, Subcommand)]
pub(super) enum TeamCommand {
    /// Take somebody into the team; prints a link to the console that works once, for a day.
    Invite {
        /// Name of the space in the data folder.
        space: String,
        /// What the team calls them.
        #[arg(long)]
        name: String,
        /// What they may do.
        #[arg(long, value_enum)]
        role: Role,
    },
    /// Let somebody in again who lost every passkey: earlier passkeys and sessions end, and there is another link.
    Again {
        /// Name of the space in the data folder.
        space: String,
        /// What the team calls them.
        name: String,
    },
    /// End somebody's access, with their passkeys and sessions.
    End {
        /// Name of the space in the data folder.
        space: String,
        /// What the team calls them.
        name: String,
    },
    /// List who is in the team.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
}

/// What somebody is in the team.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Role {
    /// May all.
    Owner,
    /// May all but the team, and leaving the network.
    Manager,
    /// Sees and decides sign-ups, sees contacts, invites.
    Desk,
    /// Sees rules, counts and who looked at what; never a value.
    Auditor,
}

impl TeamCommand {
    /// The space, and what `verifier_web::handle` answers.
    pub(super) fn request(&self) -> (&str, Value) {
        match self {
            Self::Invite { space, name: called, role } => {
                (space, json!({"command": "verifier.team.invite", "name": called, "role": name(*role)}))
            }
            Self::Again { space, name } => (space, json!({"command": "verifier.team.again", "name": name})),
            Self::End { space, name } => (space, json!({"command": "verifier.team.end", "name": name})),
            Self::List { space } => (space, json!({"command": "verifier.team.list"})),
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
        command: TeamCommand,
    }

    #[test]
    fn somebody_comes_in_with_a_name_and_a_role_and_not_without() {
        let line = ["team", "invite", "kiln", "--name", "Ines", "--role", "owner"];
        let parsed = Line::try_parse_from(line).ok().map(|line| {
            let (space, request) = line.command.request();
            (space.to_owned(), request)
        });
        let wanted = json!({"command": "verifier.team.invite", "name": "Ines", "role": "owner"});
        assert_eq!(parsed, Some(("kiln".to_owned(), wanted)));
        for near in [
            &["team", "invite", "kiln", "--name", "Ines"][..],
            &["team", "invite", "kiln", "--role", "owner"],
            &["team", "invite", "kiln", "--name", "Ines", "--role", "king"],
        ] {
            assert!(Line::try_parse_from(near).is_err(), "{near:?}");
        }
    }
}
