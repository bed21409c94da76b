//! `passport wallet did`: the member's identifier, and what only the recovery code may do with it.

use std::path::Path;

use ::wallet::{DidChanged, DidError, InformedSpace, LeftLog, RecoveryCode, ServedLog, Wallet, When, shown};
use clap::Subcommand;
use environment::Environment;
use serde_json::json;

use super::Failure;
use super::arguments::{Call, HERE, OUT, only};
use super::asking::confirmed;
use super::member;
use super::opening::{opened, recovery_code};
use super::printing::{Report, moment};

#[derive(Debug, Subcommand)]
pub(super) enum DidCommand {
    /// Show your identifier, where it lies, and whether it is served there as you left it.
    #[command(mut_args(only(OUT)))]
    Show {
        #[command(flatten)]
        call: Call,
        /// Print its log alone: a copy of it beside the recovery code is all you need, should the office fail you.
        #[arg(long)]
        log: bool,
    },
    /// Give your identifier new keys. Asks for the recovery code.
    #[command(mut_args(only(OUT)))]
    Rotate {
        #[command(flatten)]
        call: Call,
    },
    /// Move your identifier to another office, which has named a place for it. Asks for the recovery code.
    ///
    /// Ask the new office for a passport first, and answer its request with `passport wallet present`.
    #[command(mut_args(only(OUT)))]
    Move {
        #[command(flatten)]
        call: Call,
        /// The office, by host, address or DID, where more than one has named a place.
        office: Option<String>,
    },
    /// Take your identifier into this new wallet, when the other one is lost. Asks for the recovery code.
    #[command(mut_args(only(OUT)))]
    Recover {
        #[command(flatten)]
        call: Call,
        /// The identifier, or the address or file of a copy of its log.
        #[arg(value_name = "DID|URL|FILE")]
        log: String,
    },
    /// Give your identifier up for ever. Asks for the recovery code.
    #[command(mut_args(only(OUT)))]
    Deactivate {
        #[command(flatten)]
        call: Call,
    },
    /// Begin another identifier in a wallet that was made with `init --recover`, where there is none to recover. Asks for the
    /// recovery code.
    #[command(mut_args(only(HERE)))]
    New {
        #[command(flatten)]
        call: Call,
    },
    /// List the spaces that were given your number or identifier, and whether what they have still counts.
    #[command(mut_args(only(HERE)))]
    Spaces {
        #[command(flatten)]
        call: Call,
    },
    /// Tell spaces that have an earlier number or identifier of yours the one of now, by showing them your new passport.
    #[command(mut_args(only(OUT)))]
    Tell {
        #[command(flatten)]
        call: Call,
        /// The spaces, by name, host or DID; all that have an earlier one if none is named. Each is told at a time of its own, by
        /// `passport wallet collect`.
        #[arg(value_name = "SPACE")]
        spaces: Vec<String>,
        /// Tell them all at once: they could match the moments, and know each other's member by it.
        #[arg(long)]
        now: bool,
    },
}

impl DidCommand {
    pub(super) const fn call(&self) -> &Call {
        match self {
            Self::Show { call, .. }
            | Self::Rotate { call }
            | Self::Move { call, .. }
            | Self::Recover { call, .. }
            | Self::Deactivate { call }
            | Self::New { call }
            | Self::Spaces { call }
            | Self::Tell { call, .. } => call,
        }
    }
}

/// What giving up means, before it is done.
const FOR_EVER: [&str; 3] = [
    "Your identifier ends for ever: nobody can write to you by it any more, and nobody, you neither, can bring it back.",
    "Your passport, which names it, counts no more. What spaces were given stays with them until you take it back there.",
    "A new passport comes with a new identifier and a new number.",
];

pub(super) async fn did(command: DidCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        DidCommand::Show { call, log } => {
            let wallet = opened(&call, environment).await?.wallet;
            if log { show_log(&wallet).await } else { show(&wallet).await }
        }
        DidCommand::Rotate { call } => {
            let wallet = opened(&call, environment).await?.wallet;
            let changed = wallet.rotate_did(&recovery_code()?).await?;
            Ok(changed_report("It has new keys.", &changed))
        }
        DidCommand::Move { call, office } => {
            let opened = opened(&call, environment).await?;
            let changed = opened.wallet.move_did(&recovery_code()?, office.as_deref()).await;
            let changed = changed.map_err(|error| opened.explained(error))?;
            let mut report = changed_report("It lies at the new office.", &changed);
            report.lines.push(
                "Go on with `passport wallet collect`: the new passport, and its number, follow.".to_owned(),
            );
            report.lines.extend(spaces(&opened.wallet).await?.lines);
            Ok(report)
        }
        DidCommand::Recover { call, log } => {
            let wallet = opened(&call, environment).await?.wallet;
            let text = log_text(&wallet, &log).await?;
            let changed = wallet.recover_did(&recovery_code()?, &text).await?;
            Ok(changed_report(
                "It is this wallet's now, with new keys; those of the lost one count no more.",
                &changed,
            ))
        }
        DidCommand::Deactivate { call } => {
            let wallet = opened(&call, environment).await?.wallet;
            let code = give_up(&call)?;
            let changed = wallet.deactivate_did(&code).await?;
            Ok(changed_report("It was given up.", &changed))
        }
        DidCommand::Spaces { call } => {
            let wallet = opened(&call, environment).await?.wallet;
            spaces(&wallet).await
        }
        DidCommand::Tell { call, spaces, now } => {
            let wallet = opened(&call, environment).await?.wallet;
            tell(&wallet, &spaces, if now { When::Now } else { When::Apart }).await
        }
        DidCommand::New { call } => {
            let wallet = opened(&call, environment).await?.wallet;
            wallet.begin_new_did(&recovery_code()?).await?;
            Ok(Report {
                lines: vec![
                    "Your first passport brings a new identifier: `passport wallet collect`.".to_owned(),
                ],
                value: json!({"new": true}),
            })
        }
    }
}

fn give_up(call: &Call) -> Result<RecoveryCode, Failure> {
    let lines = FOR_EVER.map(str::to_owned);
    if !confirmed(call, &lines, "Give it up for ever?") {
        return Err(Failure::new("declined", "nothing was given up"));
    }
    recovery_code()
}

/// A file, if there is one of this name; else the DID or the address.
async fn log_text(wallet: &Wallet, log: &str) -> Result<Vec<u8>, Failure> {
    if Path::new(log).is_file() {
        return std::fs::read(log)
            .map_err(|error| Failure::new("file", format!("{log} cannot be read: {error}")));
    }
    Ok(wallet.fetch_did_log(log).await?)
}

async fn show(wallet: &Wallet) -> Result<Report, Failure> {
    let Some(did) = wallet.did().await? else { return Err(DidError::NoDid.into()) };
    let given_up = wallet.is_did_given_up().await?;
    let served = wallet.served_log().await?;
    let served_as = match served {
        _ if given_up => "You have given it up.",
        None => "It was not left at an office yet.",
        Some(ServedLog::AsLeft) => "The office serves it as you left it.",
        Some(ServedLog::Older) => {
            "The office serves it without your newest change: `passport wallet collect` leaves it there again."
        }
        Some(ServedLog::Newer) => "Another wallet has changed it with your recovery code.",
        Some(ServedLog::Nothing) => "The office does not serve it now.",
        _ => {
            "Warning: the office serves something else under this name. Nobody can sign for you, but whoever asks there is \
              misled; your recovery code moves it to another office."
        }
    };
    Ok(Report {
        lines: vec![format!("Your identifier: {}", shown(&did)), served_as.to_owned()],
        value: json!({"did": did, "given_up": given_up, "served": served}),
    })
}

/// The list of what the wallet holds, where the identifier in it was given up.
pub(super) fn told_if_given_up(mut listed: Report, given_up: bool) -> Report {
    if given_up {
        listed.lines.push("  You have given this identifier up: it ended for ever.".to_owned());
    }
    if let Some(members) = listed.value.as_object_mut() {
        members.insert("did_given_up".to_owned(), given_up.into());
    }
    listed
}

async fn show_log(wallet: &Wallet) -> Result<Report, Failure> {
    let Some(log) = wallet.did_log().await? else { return Err(DidError::NoDid.into()) };
    Ok(Report { lines: vec![log.trim_end().to_owned()], value: json!({"log": log}) })
}

fn changed_report(what: &str, changed: &DidChanged) -> Report {
    let mut lines = vec![format!("Your identifier: {}", shown(&changed.did))];
    if changed.resumed {
        lines.push(
            "Your last change had not arrived yet: it was sent again, and nothing new was written."
                .to_owned(),
        );
    } else {
        lines.push(what.to_owned());
    }
    if changed.dropped {
        lines.push(
            "An entry that this wallet had written on a log without its newest entries was dropped; an office that has taken it \
             does not take the new one."
                .to_owned(),
        );
    }
    lines.extend(changed.left.iter().map(left));
    let value = json!({
        "did": changed.did, "entries": changed.entries, "resumed": changed.resumed,
        "dropped": changed.dropped, "left": changed.left,
    });
    Report { lines, value }
}

fn left(log: &LeftLog) -> String {
    match &log.problem {
        None => format!("{} has its log.", shown(&log.at)),
        Some(problem) => format!(
            "{}: {}. It is kept and tried again with `passport wallet collect`; if that office never takes it, move.",
            shown(&log.at),
            shown(problem)
        ),
    }
}

/// Who was given number or identifier, and who may have been, as far as the wallet knows.
pub(super) async fn spaces(wallet: &Wallet) -> Result<Report, Failure> {
    let informed = wallet.informed_spaces().await?;
    let unknown = wallet.spaces_without_record().await?;
    let mut lines: Vec<String> = informed.iter().map(standing).collect();
    lines.extend(unknown.iter().map(|name| {
        format!("{}: you are a member, and this wallet does not know what it was given", shown(name))
    }));
    if lines.is_empty() {
        lines.push("No space was given your number or identifier.".to_owned());
    } else if !unknown.is_empty() || informed.iter().any(|space| !space.is_current && space.due_at.is_none())
    {
        lines.push("Tell them with `passport wallet did tell`.".to_owned());
    }
    Ok(Report { lines, value: json!({"spaces": informed, "without_record": unknown}) })
}

fn standing(space: &InformedSpace) -> String {
    let has = space.has.iter().map(|what| if what == "did" { "identifier" } else { "number" });
    let has: Vec<&str> = has.collect();
    let standing = match space.due_at {
        _ if space.is_current => format!("as they are now, told {}", moment(space.told_at)),
        None => "an earlier one: tell this space".to_owned(),
        Some(due_at) => format!("an earlier one; it is told after {}", moment(due_at)),
    };
    format!("{} ({}): your {}, {standing}", shown(&space.name), shown(&space.host), has.join(" and "))
}

/// Tells these spaces, or all that have an earlier number or identifier.
pub(super) async fn tell(wallet: &Wallet, spaces: &[String], when: When) -> Result<Report, Failure> {
    let told = wallet.tell_spaces(spaces, when).await?;
    if told.is_empty() {
        let lines = vec![
            "No space of which you are a member has an earlier number or identifier of yours.".to_owned(),
        ];
        return Ok(Report { lines, value: json!({"changes": []}) });
    }
    member::told(&told, when)
}

impl From<DidError> for Failure {
    fn from(error: DidError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
