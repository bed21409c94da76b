//! A witness: a key in a folder, and the logs that it has approved.
//!
//! ```text
//! FOLDER/witness/keyring/      its key
//! FOLDER/witness/SCID.jsonl    a log as it was published, or as it was approved here last
//! ```
//!
//! The folder may be that of an operator, who then witnesses the DIDs of its network's parties, or any other.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, Subcommand};
use did::webvh::witness::LARGEST_FILE;
use did::webvh::{ApprovalError, Candidate, LARGEST_LOG, Log, LogError, WitnessFault};
use environment::Environment;
use jose::{Algorithm, Signer, SigningKey};
use keyring::Keyring;

use super::{hand_out, read, scid_of};
use crate::party::{read_text, replace_file};

const KEY: &str = "witness-key";

#[derive(Debug, Subcommand)]
pub(super) enum WitnessCommand {
    /// Print the did:key of the witness in a folder, for whoever names it; the key is made at first use.
    Key {
        /// Folder of the witness; an operator's, for one.
        folder: PathBuf,
    },
    /// Keep a published log, so that its next entry can be approved.
    Keep(KeepArguments),
    /// Verify the newest entry of a log and approve it.
    Sign(SignArguments),
}

#[derive(Args, Debug)]
pub(super) struct KeepArguments {
    /// Folder of the witness.
    #[arg(long = "key", value_name = "FOLDER")]
    folder: PathBuf,
    /// The log as it is published.
    log: PathBuf,
    /// The witnesses' proofs for it, if it has any.
    #[arg(long, value_name = "FILE")]
    proofs: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct SignArguments {
    /// Folder of the witness.
    #[arg(long = "key", value_name = "FOLDER")]
    folder: PathBuf,
    /// The log with the entry to be approved: did-next.jsonl of the party.
    log: PathBuf,
    /// The witnesses' proofs for the entries before: did-witness.json of the party.
    #[arg(long, value_name = "FILE")]
    proofs: Option<PathBuf>,
    /// Write the approval to this file instead of standard output.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn run(command: WitnessCommand, environment: &Environment, output: &mut dyn Write) -> Result<()> {
    match command {
        WitnessCommand::Key { folder } => {
            let key = Witness::open(&folder, environment)?.key()?;
            Ok(writeln!(output, "{}", did::key::did(key.public_jwk())?)?)
        }
        WitnessCommand::Keep(arguments) => keep(&arguments, environment, output),
        WitnessCommand::Sign(arguments) => sign(&arguments, environment, output),
    }
}

fn keep(arguments: &KeepArguments, environment: &Environment, output: &mut dyn Write) -> Result<()> {
    let witness = Witness::open(&arguments.folder, environment)?;
    let text = read(&arguments.log, LARGEST_LOG)?;
    let proofs = arguments.proofs.as_deref().map(|file| read(file, LARGEST_FILE)).transpose()?;
    let log = Log::verify(&text, environment.now()).with_context(|| arguments.log.display().to_string())?;
    log.check_witnesses(proofs.as_deref())
        .map_err(|error| with_hint(error.into()))
        .with_context(|| arguments.log.display().to_string())?;
    let scid = scid_of(log.did().context("the log is empty")?)?;
    if let Some(known) = witness.known(&scid)? {
        let known = Log::verify(known.as_bytes(), environment.now())?;
        ensure!(log.continues(&known), "this log does not continue the one that the witness knows");
    }
    witness.remember(&scid, &text)?;
    let number = log.number();
    let entries = if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") };
    Ok(writeln!(output, "The witness knows {entries} of this log.")?)
}

fn sign(arguments: &SignArguments, environment: &Environment, output: &mut dyn Write) -> Result<()> {
    let witness = Witness::open(&arguments.folder, environment)?;
    let text = read(&arguments.log, LARGEST_LOG)?;
    let proofs = arguments.proofs.as_deref().map(|file| read(file, LARGEST_FILE)).transpose()?;
    let named = did::webvh::last_did(&text).context("the file is no DID log")?;
    let scid = scid_of(&named)?;
    let known = witness.known(&scid)?;
    let known = known.as_deref().map(str::as_bytes);
    let candidate = Candidate { log: &text, known, proofs: proofs.as_deref() };
    let approval = candidate.approve(&witness.key()?, environment.now()).map_err(with_hint)?;
    // First it is remembered, then handed out: after a crash nothing else is approved in its place.
    witness.remember(&scid, &text)?;
    hand_out(&format!("{approval}\n"), arguments.out.as_ref(), output)
}

/// The error, and where the proofs are that it misses.
fn with_hint(error: ApprovalError) -> anyhow::Error {
    match error {
        ApprovalError::Log(LogError::Witness(WitnessFault::Missing)) => {
            anyhow!("{error}: give the party's did-witness.json with --proofs")
        }
        error => error.into(),
    }
}

struct Witness {
    folder: PathBuf,
    keyring: Keyring,
    environment: Environment,
}

impl Witness {
    fn open(folder: &Path, environment: &Environment) -> Result<Self> {
        ensure!(
            folder.is_dir(),
            "there is no folder {}: make it first, or name an operator's",
            folder.display()
        );
        let folder = folder.join("witness");
        let keyring = Keyring::open(&folder.join("keyring"), environment.clone())
            .with_context(|| format!("the witness's keyring in {}", folder.display()))?;
        Ok(Self { folder, keyring, environment: environment.clone() })
    }

    fn key(&self) -> Result<SigningKey> {
        if let Some(text) = self.keyring.secret(KEY)? {
            return SigningKey::from_private_json(text.as_slice()).context("the witness's key");
        }
        let key = SigningKey::generate(Algorithm::EdDsa, self.environment.randomness())?;
        self.keyring.put_new_secret(KEY, key.to_private_json().as_bytes())?;
        Ok(key)
    }

    /// The log as this witness knows it. A SCID is base58, so it is a file's name.
    fn known(&self, scid: &str) -> Result<Option<String>> {
        read_text(&self.folder.join(format!("{scid}.jsonl")))
    }

    fn remember(&self, scid: &str, log: &[u8]) -> Result<()> {
        replace_file(&self.folder.join(format!("{scid}.jsonl")), log)
    }
}
