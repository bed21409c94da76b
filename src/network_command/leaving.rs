//! `passport network leave`: a space goes, with everything that it has.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use environment::Environment;
use serde_json::{Value, json};

use crate::party::{PartySettings, settings_in};
use crate::running::call;
use crate::store_command::new_file;
use crate::wallet::agrees_at_terminal;

/// Layout of the file.
const FORMAT: &str = "passport-space-export";
const VERSION: u32 = 1;
/// What is carried, in this order.
const PARTS: [&str; 13] = [
    "members",
    "sign-ups",
    "contacts",
    "imported",
    "objections",
    "forms",
    "counter-offers",
    "invitations",
    "sites",
    "recipients",
    "doors",
    "keys",
    "log",
];

/// Which space leaves.
#[derive(Args, Debug)]
pub(crate) struct LeaveArguments {
    /// Name of the space in the data folder.
    space: String,
    /// The file for everything that the space has, which must not be there yet (specs/space-export.md).
    #[arg(long, required_unless_present = "undo")]
    out: Option<PathBuf>,
    /// Take it back: invitations and sign-up work again.
    #[arg(long, conflicts_with = "out")]
    undo: bool,
    /// Do not ask before leaving.
    #[arg(long, conflicts_with = "undo")]
    yes: bool,
}

/// What follows, for whoever is asked whether that is meant.
const FOLLOWS: [&str; 5] = [
    "leaves the network:",
    "  - nobody signs up or is invited any more; invitations that were sent before lead nowhere",
    "  - everything that it has is written to the file, with the values of people; that you looked stands in the log",
    "  - members keep their memberships until you end them, sign in, change and take back what they gave",
    "  - sign-ups that wait can still be decided; the server must go on running for all of this",
];

/// Asks, then turns invitations and sign-up off first, so that nothing comes that is not in the file.
pub(super) async fn leave(
    arguments: &LeaveArguments,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let space = &arguments.space;
    let Some(out) = &arguments.out else {
        let answer = call(data, space, json!({"command": "verifier.come-back"})).await?;
        let had_left = answer.get("had_left").and_then(Value::as_bool).unwrap_or_default();
        let now = if had_left {
            "invites and asks newcomers again; `passport verifier online SPACE on` opens its page to them"
        } else {
            "had not left: nothing changed"
        };
        return Ok(writeln!(output, "{space} {now}.")?);
    };
    crate::party::check_party(data, space)?;
    let settings = settings_in(&data.join(space))?.context("party.json is gone")?;
    ensure!(settings.role == trust::Role::Space, "{space} is an office and not a space");
    // What does not run cannot leave: nobody is asked for nothing.
    call(data, space, json!({"command": "verifier.online", "on": null})).await?;
    let file = new_file(out)?;
    if !arguments.yes && !is_meant(space) {
        let _ = fs::remove_file(out);
        bail!("{space} has not left, and nothing was changed; scripts say --yes");
    }
    let written = write_all(file, data, space, &settings, environment).await;
    let (since, lines) = written.inspect_err(|_| {
        // Half of it is nothing to go by, and the file is ours.
        let _ = fs::remove_file(out);
    })?;
    writeln!(output, "{space} invites nobody and asks no newcomer, since {since}.")?;
    writeln!(
        output,
        "{} holds everything that it has: {lines} lines, with the values of people, for you alone. That you looked stands in the log.",
        out.display()
    )?;
    writeln!(
        output,
        "Its members keep their passports and wallets, and what they have of other spaces. Their memberships here go on until you end them (`passport verifier member revoke`); then their wallets show them as ended, and what you kept of them is erased as was promised. Leave the server running until that is over."
    )?;
    writeln!(
        output,
        "The network's operator takes you off its list with `passport operator expel`. To stay after all: passport network leave {space} --undo"
    )?;
    Ok(())
}

fn is_meant(space: &str) -> bool {
    let [first, rest @ ..] = FOLLOWS;
    let lines: Vec<String> =
        std::iter::once(format!("{space} {first}")).chain(rest.map(str::to_owned)).collect();
    agrees_at_terminal(&lines, "Leave the network?")
}

async fn write_all(
    file: fs::File,
    data: &Path,
    space: &str,
    settings: &PartySettings,
    environment: &Environment,
) -> Result<(String, usize)> {
    let left = call(data, space, json!({"command": "verifier.leave"})).await?;
    let since =
        left.get("left_at").and_then(Value::as_str).context("the space did not say since when")?.to_owned();
    let mut writer = BufWriter::new(file);
    let mut lines = 0_usize;
    let mut write = |line: &Value| -> Result<()> {
        lines = lines.saturating_add(1);
        Ok(writeln!(writer, "{line}")?)
    };
    write(&json!({
        "format": FORMAT, "version": VERSION, "name": settings.name, "legal_name": settings.legal_name,
        "origin": settings.origin(), "made_at": environment.now().seconds(), "left_at": since,
    }))?;
    for (id, registered) in &settings.uses {
        write(&json!({"kind": "use", "id": id, "use": registered}))?;
    }
    for form in &settings.forms {
        write(&json!({"kind": "form", "form": form}))?;
    }
    for part in PARTS {
        let mut after = Value::Null;
        loop {
            let piece =
                call(data, space, json!({"command": "verifier.carry", "part": part, "after": after})).await?;
            let items =
                piece.get("lines").and_then(Value::as_array).context("the space did not say what it has")?;
            items.iter().try_for_each(&mut write)?;
            match piece.get("next") {
                Some(next) if !next.is_null() => after = next.clone(),
                _ => break,
            }
        }
    }
    write(&json!({"kind": "end"}))?;
    writer.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok((since, lines))
}
