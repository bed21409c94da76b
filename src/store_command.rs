//! `passport store export|import`: a party's store as text; `drop-key`: its keyring without what is damaged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use environment::Environment;
use serde_json::json;
use store::Store;
use store_sled::{Sled, admin};

/// Bring a party's store out as text, or back from it (specs/store-export.md); drop a damaged key.
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
    /// Write everything a party's store holds to a new file that only you may read, also while it runs.
    Export {
        /// The party.
        party: String,
        /// The file, which must not be there yet; `-` is standard output, for another program and not for a screen.
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
    /// Drop a damaged key of a party that runs. What was sealed under it is lost; bring back a copy of today's keys first if there
    /// is one.
    DropKey {
        /// The party.
        party: String,
        /// The 64 hexadecimal digits that its log says behind `keys/table, at`.
        key: String,
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
            // Screens are looked at and scrolled back to by others.
            anyhow::ensure!(
                !io::stdout().is_terminal(),
                "an export holds everything but keys: name a file with --out, or lead it into another program"
            );
            export(&arguments.data, &party, environment, output).await?;
        }
        StoreCommand::Export { party, out } => {
            let file = new_file(&out)?;
            if let Err(error) = export_to(file, &arguments.data, &party, environment).await {
                // Half an export is none, and the file is ours.
                let _ = fs::remove_file(&out);
                return Err(error);
            }
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
        StoreCommand::DropKey { party, key } => {
            let request = json!({"command": "keyring.drop", "key": key});
            let answer = crate::running::call(&arguments.data, &party, request).await?;
            writeln!(output, "{}", serde_json::to_string(&answer)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a file for its owner alone. What is there already, also a symbolic link, is not touched.
pub(crate) fn new_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).with_context(|| {
        let sentence = "an export goes to a file that is not there yet, in a folder that is";
        format!("{} cannot be made; {sentence}", path.display())
    })
}

async fn export_to(file: File, data: &Path, party: &str, environment: &Environment) -> Result<()> {
    let mut writer = BufWriter::new(file);
    export(data, party, environment, &mut writer).await?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(())
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
            crate::party::check_party(data, party)?;
            let folder = data.join(party).join("store");
            anyhow::ensure!(folder.is_dir(), "{party} has no store in {} yet", data.display());
            let engine = std::sync::Arc::new(Sled::open(&folder)?);
            let store = Store::new(engine, environment.clone());
            store::transfer::export(store.engine().as_ref(), environment, to).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A data folder with the empty store of one party.
    fn data() -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("harbour")).unwrap();
        fs::write(data.path().join("harbour/party.json"), "{}").unwrap();
        drop(Sled::open(&data.path().join("harbour/store")).unwrap());
        data
    }

    async fn exported(data: &Path, party: &str, out: &Path) -> Result<ExitCode> {
        let command = StoreCommand::Export { party: party.to_owned(), out: out.to_owned() };
        let arguments = StoreArguments { command, data: data.to_owned() };
        run(arguments, &Environment::system(), &mut Vec::new()).await
    }

    #[tokio::test]
    async fn an_export_is_for_its_owner_alone() {
        let data = data();
        let out = data.path().join("harbour.export");
        exported(data.path(), "harbour", &out).await.unwrap();
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(fs::metadata(&out).unwrap().len() > 0);
    }

    #[tokio::test]
    async fn what_is_there_already_is_not_touched_and_no_link_is_followed() {
        let data = data();
        let (there, link, dangling) =
            (data.path().join("there"), data.path().join("link"), data.path().join("dangling"));
        fs::write(&there, "kept").unwrap();
        symlink(&there, &link).unwrap();
        symlink(data.path().join("nowhere"), &dangling).unwrap();
        for out in [&there, &link, &dangling] {
            let refused = exported(data.path(), "harbour", out).await.unwrap_err();
            assert!(refused.to_string().contains("a file that is not there yet"), "{refused}");
            assert!(fs::symlink_metadata(out).is_ok());
        }
        assert_eq!(fs::read_to_string(&there).unwrap(), "kept");
        assert!(!data.path().join("nowhere").exists());
    }

    /// Answers as a party does whose log says `damaged`.
    struct Running;

    impl admin::Handler for Running {
        fn handle<'a>(
            &'a self,
            request: serde_json::Value,
            _: &'a mut admin::Body,
        ) -> store::BoxFuture<'a, Result<serde_json::Value, String>> {
            Box::pin(async move {
                let damaged = request == json!({"command": "keyring.drop", "key": "damaged"});
                damaged.then(|| json!({"dropped": "damaged"})).ok_or_else(|| "nothing was dropped".to_owned())
            })
        }
    }

    #[tokio::test]
    async fn a_key_is_dropped_where_it_is_damaged_and_the_party_runs() {
        let words = ["passport", "store", "drop-key", "harbour"];
        let called = <crate::Passport as clap::Parser>::try_parse_from(words);
        assert_eq!(called.unwrap_err().exit_code(), 2);
        let data = data();
        let mut output = Vec::new();
        let mut drop_key = async |party: &str, key: &str| {
            let command = StoreCommand::DropKey { party: party.to_owned(), key: key.to_owned() };
            let arguments = StoreArguments { command, data: data.path().to_owned() };
            run(arguments, &Environment::system(), &mut output).await.map_err(|error| error.to_string())
        };
        let nobody = drop_key("kiln", "damaged").await.unwrap_err();
        assert!(nobody.contains("no party named \"kiln\""), "{nobody}");
        let resting = drop_key("harbour", "damaged").await.unwrap_err();
        assert!(resting.contains("harbour is not running"), "{resting}");
        let socket = crate::running::socket(data.path(), "harbour");
        let _running = admin::serve(&socket, std::sync::Arc::new(Running)).unwrap();
        assert_eq!(drop_key("harbour", "sound").await.unwrap_err(), "nothing was dropped");
        drop_key("harbour", "damaged").await.unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), "{\"dropped\":\"damaged\"}\n");
    }

    #[tokio::test]
    async fn an_export_that_fails_leaves_no_file() {
        let data = data();
        let out = data.path().join("kiln.export");
        let refused = exported(data.path(), "kiln", &out).await.unwrap_err();
        assert!(refused.to_string().contains("no party named \"kiln\""), "{refused}");
        assert!(!out.exists());
    }
}
