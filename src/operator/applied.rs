//! `passport operator applications`: who applied online, and what a person decides.

use std::path::PathBuf;

use ::operator::Operator;
use anyhow::Result;
use clap::Subcommand;
use environment::Environment;
use std::io::{self, Write};

/// What the operator does about applications.
#[derive(Debug, Subcommand)]
pub(crate) enum AppliedCommand {
    /// Print the applications: what is asked for, what is proven, and why a person has to decide.
    List {
        /// Folder of the network.
        folder: PathBuf,
    },
    /// Admit an application that waits for a person.
    Admit {
        /// Folder of the network.
        folder: PathBuf,
        /// The application.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Decline an application; the party is told the reason.
    Decline {
        /// Folder of the network.
        folder: PathBuf,
        /// The application.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Why, in words for the party.
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(super) fn run(command: AppliedCommand, environment: &Environment) -> Result<()> {
    let open = |folder: PathBuf| Operator::open(&folder, environment.clone());
    match command {
        AppliedCommand::List { folder } => {
            super::print(&serde_json::to_value(open(folder)?.applications()?)?)
        }
        AppliedCommand::Admit { folder, id } => {
            open(folder)?.admit_application(&id)?;
            Ok(writeln!(io::stdout().lock(), "{id} is admitted; its server fetches the answer by itself.")?)
        }
        AppliedCommand::Decline { folder, id, reason } => {
            open(folder)?.decline_application(&id, &reason)?;
            Ok(writeln!(io::stdout().lock(), "{id} is declined.")?)
        }
    }
}
