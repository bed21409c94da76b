//! Carrying a wallet away: its file, taking one in, reading a history that was sealed, and closing a wallet.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ::wallet::{
    Cost, FileError, FileKey, FilePurpose, HistoryFile, LARGEST_FILE, LockedVault, NewWay, Vault, VaultError,
    WalletFile, shown,
};
use clap::Args;
use environment::Environment;
use serde_json::json;

use super::Failure;
use super::arguments::Call;
use super::asking::confirmed;
use super::opening::{self, Opened, opened};
use super::printing::Report;

/// The options of a call that writes a file.
#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    pub(super) call: Call,
    /// Where the file is written; there must be none yet.
    file: PathBuf,
    /// The wallet moves: this one rests from now on, and the one that takes the file in is the one that is used.
    #[arg(long = "move")]
    moves: bool,
    /// The history alone, to be read elsewhere.
    #[arg(long, conflicts_with = "moves")]
    history: bool,
}

/// The options of a call that reads a file which is no wallet of this machine.
#[derive(Args, Debug)]
pub(super) struct OpenExportArguments {
    /// The file.
    file: PathBuf,
    /// Open it with the recovery code of the wallet that it is of.
    #[arg(long)]
    recover: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

/// Writes a file.
pub(super) async fn export(arguments: ExportArguments, environment: &Environment) -> Result<Report, Failure> {
    let ExportArguments { call, file, moves, history } = arguments;
    Vault::look_for(&call.store)?;
    if file.exists() {
        return Err(unwritable(&file, "there is one already"));
    }
    let Opened { wallet, .. } = opened(&call, environment).await?;
    if history {
        let words = opening::file_passphrase()?;
        write(&file, &wallet.export_history(&words, Cost::USUAL).await?)?;
        let lines = vec![
            format!("The history is in {}.", named(&file)),
            "`passport wallet open-export` reads it.".to_owned(),
        ];
        return Ok(Report { lines, value: json!({"file": file.to_string_lossy(), "kind": "history"}) });
    }
    let question =
        ["After this, your wallet here can be looked at and answers nothing, until you take it up again."
            .to_owned()];
    if moves && !confirmed(&call, &question, "Move your wallet?") {
        return Err(Failure::new("declined", "nothing was moved"));
    }
    let words = opening::file_passphrase()?;
    let purpose = if moves { FilePurpose::Move } else { FilePurpose::Keep };
    let exported = match wallet.export(purpose, &words, Cost::USUAL).await {
        Err(FileError::CodeNeeded) => {
            drop(wallet);
            with_code(&call, &words, purpose, environment).await?
        }
        exported => exported?,
    };
    write(&file, &exported)?;
    let next = if moves {
        "Your wallet here rests. Take it in at its new place with `passport wallet import`, or at the page where a wallet is made. \
         Close this one when that one opens."
    } else {
        "Keep it away from this machine. If you take it in one day, close this wallet when that one has opened, unless this one is lost: of the two only one may be used."
    };
    Ok(Report {
        lines: vec![format!("Your wallet is in {}.", named(&file)), next.to_owned()],
        value: json!({"file": file.to_string_lossy(), "kind": "wallet", "moved": moves}),
    })
}

/// A wallet of before needs its recovery code once.
async fn with_code(
    call: &Call,
    words: &::wallet::Passphrase,
    purpose: FilePurpose,
    environment: &Environment,
) -> Result<Vec<u8>, Failure> {
    let code = opening::recovery_code()?;
    let vault = opening::recovered_by(call, &code, environment).await?;
    vault.try_recovery_code(&code).await?;
    let opened = opening::put_together(std::sync::Arc::new(vault), &call.outside, environment).await?;
    Ok(opened.wallet.export(purpose, words, Cost::USUAL).await?)
}

/// Takes a wallet in, in a new folder.
pub(super) async fn import(
    call: &Call,
    file: &Path,
    recover: bool,
    environment: &Environment,
) -> Result<Report, Failure> {
    // What broke off there is begun anew.
    let room = Vault::look_for_room(&call.store);
    if !matches!(room, Err(VaultError::AlreadyThere(_))) || !broke_off(call, environment).await? {
        room?;
    }
    let bytes = read(file)?;
    let read = if recover {
        WalletFile::open(&bytes, &FileKey::RecoveryCode(&opening::recovery_code()?)).await?
    } else {
        WalletFile::open(&bytes, &FileKey::Passphrase(&opening::file_passphrase_of_now()?)).await?
    };
    let passphrase = opening::new_passphrase()?;
    Vault::bring(&call.store, &NewWay::Passphrase(&passphrase, Cost::USUAL), &read, environment).await?;
    let place = shown(&call.store.to_string_lossy());
    Ok(Report {
        lines: vec![
            format!("Your wallet of {} is in {place}. Its recovery code is the one it had.", read.made()),
            "Close the wallet that the file is of, if it is there still: only one of the two may be used."
                .to_owned(),
        ],
        value: json!({"store": call.store.to_string_lossy(), "made": read.made()}),
    })
}

async fn broke_off(call: &Call, environment: &Environment) -> Result<bool, Failure> {
    let ways = LockedVault::in_folder(&call.store, environment)?.ways_in().await;
    Ok(matches!(ways, Err(VaultError::BrokenOff)))
}

/// Reads a history that was sealed.
pub(super) async fn open_export(arguments: &OpenExportArguments) -> Result<Report, Failure> {
    let bytes = read(&arguments.file)?;
    let read = if arguments.recover {
        HistoryFile::open(&bytes, &FileKey::RecoveryCode(&opening::recovery_code()?)).await?
    } else {
        HistoryFile::open(&bytes, &FileKey::Passphrase(&opening::file_passphrase_of_now()?)).await?
    };
    let text = serde_json::to_string_pretty(read.content())
        .map_err(|error| Failure::new("file", error.to_string()))?;
    Ok(Report { lines: text.lines().map(str::to_owned).collect(), value: read.content().clone() })
}

/// Takes a wallet up again that rests.
pub(super) async fn take_up(call: &Call, environment: &Environment) -> Result<Report, Failure> {
    let vault = opening::vault(call, environment).await?;
    let Some(_) = vault.rests_since().await? else {
        let lines =
            vec!["Your wallet here is in use: it was not moved, so there is nothing to take up.".to_owned()];
        return Ok(Report { lines, value: json!({"taken_up": false}) });
    };
    let question = ["If the wallet at the other place is used too, spaces may be able to tell that two of your answers are of one person.".to_owned()];
    if !confirmed(call, &question, "Take this wallet up again?") {
        return Err(Failure::new("declined", "the wallet rests still"));
    }
    vault.take_up().await?;
    let lines = vec!["Your wallet here is in use again. Close the one at the other place.".to_owned()];
    Ok(Report { lines, value: json!({"taken_up": true}) })
}

/// Closes a wallet.
pub(super) async fn close(call: &Call, environment: &Environment) -> Result<Report, Failure> {
    Vault::look_for(&call.store)?;
    if !Vault::is_half_closed(&call.store, environment).await? {
        let Opened { wallet, .. } = opened(call, environment).await?;
        let mut question: Vec<String> = Vec::new();
        for space in wallet.spaces().await?.iter().filter(|space| space.has_details()) {
            question.push(format!("{} still has details of you.", shown(&space.name)));
        }
        if !question.is_empty() {
            question.push("Leave there first, with `passport wallet space leave`: afterwards you can only write to them.".to_owned());
        }
        question.push(
            "Everything in this wallet is erased, and nobody can bring it back but from a file that you keep.".to_owned(),
        );
        if !confirmed(call, &question, "Close this wallet for ever?") {
            return Err(Failure::new("declined", "the wallet was not closed"));
        }
    }
    LockedVault::in_folder(&call.store, environment)?.close(&call.store).await?;
    let lines = vec!["The wallet is closed, and nothing of it is left here.".to_owned()];
    Ok(Report { lines, value: json!({"closed": true}) })
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let code = match &error {
            FileError::NotAFile => "no_export",
            FileError::OtherVersion => "other_version",
            FileError::OtherKind(_) => "other_kind",
            FileError::WrongKey => "wrong_file_passphrase",
            FileError::CodeNeeded => "recovery_code",
            FileError::UnknownRecord => "unknown_record",
            FileError::TooLarge => "too_large",
            FileError::Vault(_) => return vault_failure(error),
            _ => "damaged_export",
        };
        Self::new(code, error.to_string())
    }
}

fn vault_failure(error: FileError) -> Failure {
    match error {
        FileError::Vault(error) => error.into(),
        other => Failure::new("file", other.to_string()),
    }
}

/// A new file that its owner alone can read.
fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut out| out.write_all(bytes).and_then(|()| out.sync_all()));
    written.map_err(|error| unwritable(file, &error.to_string()))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: std::io::Error| Failure::new("file", format!("{} cannot be read: {error}", named(file)));
    let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_mul(2);
    let mut bytes = Vec::new();
    std::fs::File::open(file).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn unwritable(file: &Path, why: &str) -> Failure {
    Failure::new("file", format!("{} cannot be written: {why}", named(file)))
}

fn named(file: &Path) -> String {
    shown(&file.to_string_lossy()).to_string()
}
