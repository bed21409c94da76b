//! `passport store export|import`: a party's store as text.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use environment::Environment;
use serde_json::json;
use store::Store;
use store_sled::{Sled, admin};

/// Bring a party's store out as text, or back from it (specs/store-export.md).
#[derive(Args, Debug)]
pub(crate) struct StoreArguments {
    #[command(subcommand)]
    command: StoreCommand,
    /// Where the parties keep their data.
    #[arg(long, global = true, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Write everything a party's store holds to a file, also while it runs.
    Export {
        /// The party.
        party: String,
        /// The file; `-` is standard output.
        #[arg(long, default_value = "-")]
        out: PathBuf,
    },
    /// Make a party's store from an export; the store must not exist.
    Import {
        /// The party.
        party: String,
        /// The file; `-` is standard input.
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(
    arguments: StoreArguments,
    environment: &Environment,
    output: &mut (dyn Write + Send),
) -> Result<ExitCode> {
    match arguments.command {
        StoreCommand::Export { party, out } if out == Path::new("-") => {
            export(&arguments.data, &party, environment, output).await?;
        }
        StoreCommand::Export { party, out } => {
            let file = File::create_new(&out).with_context(|| format!("{}", out.display()))?;
            let mut writer = BufWriter::new(file);
            export(&arguments.data, &party, environment, &mut writer).await?;
            writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        StoreCommand::Import { party, file } => {
            let folder = arguments.data.join(&party).join("store");
            let mut reader: Box<dyn io::BufRead + Send> = if file == Path::new("-") {
                Box::new(BufReader::new(io::stdin()))
            } else {
                Box::new(BufReader::new(File::open(&file).with_context(|| format!("{}", file.display()))?))
            };
            let brought = store_sled::import_folder(&folder, environment, reader.as_mut()).await?;
            writeln!(output, "{}", serde_json::to_string(&json!({"imported": brought.entries}))?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// From the running server if there is one, else from the files.
async fn export(
    data: &Path,
    party: &str,
    environment: &Environment,
    to: &mut (dyn Write + Send),
) -> Result<()> {
    let socket = crate::running::socket(data, party);
    match admin::call_with_body(&socket, &json!({"command": "store.export"}), to).await {
        Ok(_) => Ok(()),
        Err(admin::CallError::NotRunning { .. }) => {
            let folder = data.join(party).join("store");
            anyhow::ensure!(folder.is_dir(), "{} holds no store of {party:?}", data.display());
            let engine = std::sync::Arc::new(Sled::open(&folder)?);
            let store = Store::new(engine, environment.clone());
            store::transfer::export(store.engine().as_ref(), environment, to).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
