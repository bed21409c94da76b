//! `passport did`: a party's own DID, and witnessing the DIDs of others.
//!
//! An entry that needs witnesses waits in the party's folder until enough of them approved. Whoever reads the folder at any
//! moment, also after a crash, finds a log whose proofs are there: they are written before the log, and those that are no longer
//! needed are dropped after it.

mod own;
mod showing;
mod witness;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use did::Did;
use environment::Environment;

/// Look at a DID's history, change a party's own DID, witness those of others.
#[derive(Args, Debug)]
pub(crate) struct DidArguments {
    #[command(subcommand)]
    command: HistoryCommand,
}

#[derive(Debug, Subcommand)]
enum HistoryCommand {
    /// Print the versions of a DID's log that verify and were approved, its witnesses, and whether its did:web goes with it.
    Show(showing::ShowArguments),
    /// Write the next entry of a party's log: witnesses, and the names and services that parties have today.
    Update(own::UpdateArguments),
    /// Take witnesses' approvals of the entry that waits, and publish it when there are enough.
    Publish(own::PublishArguments),
    /// Drop the entry that waits.
    Withdraw(own::PartyArguments),
    /// Approve entries of others' logs.
    Witness {
        #[command(subcommand)]
        command: witness::WitnessCommand,
    },
}

/// Runs one `passport did` command.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(
    arguments: DidArguments,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    match arguments.command {
        HistoryCommand::Show(arguments) => showing::run(&arguments, data, environment, output).await,
        HistoryCommand::Update(arguments) => own::update(&arguments, data, environment, output),
        HistoryCommand::Publish(arguments) => own::publish(&arguments, data, environment, output),
        HistoryCommand::Withdraw(arguments) => own::withdraw(&arguments, data, environment, output),
        HistoryCommand::Witness { command } => witness::run(command, environment, output),
    }
}

/// Reads a file of at most `limit` bytes.
fn read(file: &Path, limit: usize) -> Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    if bytes.len() > limit {
        bail!("{} is too large", file.display());
    }
    Ok(bytes)
}

/// The SCID of a log's DID: what stays the same when it moves.
fn scid_of(did: &Did) -> Result<String> {
    Ok(did::webvh::Identifier::of(did)?.scid().to_owned())
}

/// Reads a did:key of a witness.
fn witness_did(text: &str) -> std::result::Result<Did, String> {
    let did = Did::parse(text).map_err(|error| error.to_string())?;
    if did.method() == "key" { Ok(did) } else { Err("a witness is a did:key".to_owned()) }
}

/// Where an approval is written.
fn hand_out(approval: &str, out: Option<&PathBuf>, output: &mut dyn Write) -> Result<()> {
    match out {
        Some(file) => {
            std::fs::write(file, approval)
                .with_context(|| format!("the approval cannot be written to {}", file.display()))?;
            Ok(writeln!(output, "The approval is in {}.", file.display())?)
        }
        None => Ok(output.write_all(approval.as_bytes())?),
    }
}

#[cfg(test)]
mod tests;
