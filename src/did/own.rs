//! The next entry of a party's log, and its way past the witnesses.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use did::webvh::witness::{LARGEST_FILE, Witnesses};
use did::webvh::{Approvals, Identifier, Log, LogError, Update, WitnessFault};
use did::{Did, Document};
use environment::Environment;
use network::space_pages::{SpacePage, TYPE};
use serde_json::{Value, json};

use super::{read, witness_did};
use crate::party::{KeyName, PartyFolder, check_party};

/// The words for an entry.
#[derive(Args, Debug)]
pub(super) struct UpdateArguments {
    #[command(flatten)]
    party: PartyArguments,
    /// A witness, as did:key; may be given again. The list replaces the one before.
    #[arg(long, value_name = "DID_KEY", value_parser = witness_did)]
    witness: Vec<Did>,
    /// How many of the witnesses must approve each entry.
    #[arg(long, value_name = "NUMBER", requires = "witness")]
    threshold: Option<usize>,
    /// End witnessing.
    #[arg(long, conflicts_with = "witness")]
    no_witnesses: bool,
    /// For how many seconds resolvers should keep the DID.
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u32>,
}

/// The party whose DID it is.
#[derive(Args, Debug)]
pub(super) struct PartyArguments {
    /// Name of the party, an office or a space of this data folder; it must not be running.
    name: String,
}

/// The words for publishing.
#[derive(Args, Debug)]
pub(super) struct PublishArguments {
    #[command(flatten)]
    party: PartyArguments,
    /// Approvals, as `passport did witness sign` gives them.
    approvals: Vec<PathBuf>,
}

impl PartyArguments {
    fn open(&self, data: &Path, environment: &Environment) -> Result<PartyFolder> {
        check_party(data, &self.name)?;
        PartyFolder::open(data, &self.name, environment)
    }
}

/// Writes an entry. It is published at once if nobody must approve it.
pub(super) fn update(
    arguments: &UpdateArguments,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    if let Some(threshold) = arguments.threshold {
        let given = arguments.witness.len();
        ensure!(
            (1..=given).contains(&threshold),
            "--threshold {threshold} cannot be met: it is between 1 and the number of --witness, which is {given}"
        );
    }
    let folder = arguments.party.open(data, environment)?;
    ensure!(
        folder.next_did_log()?.is_none(),
        "an entry waits for its witnesses already: publish it, or drop it with `passport did withdraw {}`",
        folder.name()
    );
    let (text, mut log) = published(&folder)?;
    let pages = folder.settings()?.map(|settings| settings.page_addresses()).transpose()?.unwrap_or_default();
    let change = change_of(arguments, &log, &pages)?;
    ensure!(
        change.document.is_some() || change.witness.is_some() || change.ttl.is_some(),
        "nothing would change: the DID of {} is as parties have it today",
        folder.name()
    );
    let line = log.append(&change, &folder.key(KeyName::Update)?, environment.now())?;
    let file = folder.put_next_did_log(&format!("{text}{line}"))?;
    if try_publish(&folder)? {
        return said(&folder, &log, output);
    }
    // For the entries before, if somebody approved them.
    let proofs = folder.path().join(did::webvh::WITNESS_FILE);
    let proofs = if proofs.exists() { format!(" and {}", proofs.display()) } else { String::new() };
    Ok(writeln!(
        output,
        "Entry {} waits for its witnesses. Hand them {}{proofs}, then run `passport did publish {} APPROVAL…`.",
        log.number(),
        file.display(),
        folder.name(),
    )?)
}

/// Takes approvals, and publishes what waits once there are enough.
pub(super) fn publish(
    arguments: &PublishArguments,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let folder = arguments.party.open(data, environment)?;
    let next = folder.next_did_log()?.with_context(|| format!("no entry of {} waits", folder.name()))?;
    let log = Log::verify(next.as_bytes(), environment.now())?;
    let mut held = held(&folder)?;
    for file in &arguments.approvals {
        let others = Approvals::read(&read(file, LARGEST_FILE)?);
        others.and_then(|others| held.take(others, &log)).with_context(|| file.display().to_string())?;
    }
    folder.put_did_proofs(&held.to_text())?;
    if try_publish(&folder)? {
        return said(&folder, &log, output);
    }
    let lacking = match log.check_witnesses(Some(held.to_text().as_bytes())) {
        Err(LogError::Witness(WitnessFault::Threshold { approvals, threshold, .. })) => {
            format!("{approvals} of {threshold} witnesses approved")
        }
        _ => "witnesses are missing".to_owned(),
    };
    bail!("entry {} is not published yet: {lacking}. What was given is kept.", log.number())
}

/// Drops what waits.
pub(super) fn withdraw(
    arguments: &PartyArguments,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let folder = arguments.open(data, environment)?;
    ensure!(folder.next_did_log()?.is_some(), "no entry of {} waits", folder.name());
    folder.drop_next_did_log()?;
    Ok(writeln!(
        output,
        "The entry is dropped. A witness that approved it approves no other one in its place."
    )?)
}

/// The party's log as it is published.
fn published(folder: &PartyFolder) -> Result<(String, Log)> {
    let text = folder
        .did_log()?
        .with_context(|| format!("{} has no DID yet: start it once with `passport serve`", folder.name()))?;
    let log = Log::verify(text.as_bytes(), folder.environment().now())
        .with_context(|| format!("the DID log of {}", folder.name()))?;
    Ok((text, log))
}

fn held(folder: &PartyFolder) -> Result<Approvals> {
    match folder.did_proofs()? {
        Some(text) => Approvals::read(text.as_bytes()).context("did-witness.json"),
        None => Ok(Approvals::default()),
    }
}

/// Publishes the entry that waits if enough witnesses approved it; it may have been published before a crash.
fn try_publish(folder: &PartyFolder) -> Result<bool> {
    let Some(next) = folder.next_did_log()? else { return Ok(false) };
    let log = Log::verify(next.as_bytes(), folder.environment().now())?;
    let proofs = folder.did_proofs()?;
    match log.check_witnesses(proofs.as_deref().map(str::as_bytes)) {
        Ok(()) => {}
        Err(LogError::Witness(WitnessFault::Threshold { .. } | WitnessFault::Missing)) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let (_, before) = published(folder)?;
    ensure!(
        log.continues(&before),
        "the entry that waits does not continue the log: drop it with `withdraw`"
    );
    // The proofs are there; now the entry; now what is no longer needed.
    folder.put_did_log(&next)?;
    if proofs.is_some() {
        folder.put_did_proofs(&held(folder)?.pruned(&log).to_text())?;
    }
    folder.drop_next_did_log()?;
    Ok(true)
}

fn said(folder: &PartyFolder, log: &Log, output: &mut dyn Write) -> Result<()> {
    Ok(writeln!(
        output,
        "Entry {} of the DID of {} is published when the party is started again.",
        log.number(),
        folder.name()
    )?)
}

fn change_of(arguments: &UpdateArguments, log: &Log, pages: &[(SpacePage, String)]) -> Result<Update> {
    let witness = if arguments.no_witnesses {
        ensure!(log.witnesses().is_some(), "nobody witnesses this DID");
        Some(None)
    } else if arguments.witness.is_empty() {
        None
    } else {
        let threshold = arguments.threshold.unwrap_or(arguments.witness.len());
        Some(Some(Witnesses::new(threshold, &arguments.witness)?))
    };
    Ok(Update { document: of_today(log, pages)?, witness, ttl: arguments.ttl, ..Update::default() })
}

/// The document with what new parties have and this one lacks: the name of its parallel did:web, and its pages as `party.json` names them
/// by now.
fn of_today(log: &Log, pages: &[(SpacePage, String)]) -> Result<Option<Document>> {
    let document = log.last_document().context("the DID log is empty")?;
    let web = Identifier::of(document.id())?.location().did_web()?;
    let mut members = document.members().clone();
    if !document.also_known_as().any(|name| name == web.as_str()) {
        let mut names: Vec<Value> = document.also_known_as().map(Value::from).collect();
        names.push(Value::from(web.as_str()));
        members.insert("alsoKnownAs".to_owned(), Value::Array(names));
    }
    let others = document.services().into_iter().filter(|service| !service.is(TYPE));
    let mut services: Vec<Value> = others.map(|service| Value::Object(service.members().clone())).collect();
    services.extend(pages.iter().map(|(page, address)| {
        let id = format!("{}#{}", document.id(), page.fragment());
        json!({"id": id, "type": TYPE, "serviceEndpoint": address})
    }));
    if services.is_empty() {
        members.remove("service");
    } else {
        members.insert("service".to_owned(), Value::Array(services));
    }
    if members == *document.members() {
        return Ok(None);
    }
    Ok(Some(Document::from_members(members)?))
}
