//! `passport wallet number`: the member's number, who is not told whose it is, and another one.

use ::wallet::{NumberError, NumberView, Wallet, Warning, WarningKind, When, shown};
use clap::Subcommand;
use environment::{Date, Environment, Timestamp};
use serde_json::{Value, json};

use super::Failure;
use super::arguments::{Call, HERE, OUT, only};
use super::asking::{Asking, confirmed};
use super::did;
use super::opening::opened;
use super::printing::{self, Report};

#[derive(Debug, Subcommand)]
pub(super) enum NumberCommand {
    /// Show your number, until when spaces are told whose it is, and what the wallet noticed about it.
    #[command(mut_args(only(HERE)))]
    Show {
        #[command(flatten)]
        call: Call,
    },
    /// Get another number: the old one leads nowhere any more, for ever, and copies that show it count no more.
    #[command(mut_args(only(OUT)))]
    Replace {
        #[command(flatten)]
        call: Call,
    },
    /// Keep your number from a space: it is told what anybody is told about a number that nobody has.
    #[command(mut_args(only(OUT)))]
    Block {
        #[command(flatten)]
        call: Call,
        /// The space, by name or host where this wallet knows it, or by DID.
        #[arg(value_name = "SPACE")]
        space: String,
    },
    /// Keep your number from a space no longer.
    #[command(mut_args(only(OUT)))]
    Unblock {
        #[command(flatten)]
        call: Call,
        /// The space, by name or host where this wallet knows it, or by DID.
        #[arg(value_name = "SPACE")]
        space: String,
    },
}

impl NumberCommand {
    pub(super) const fn call(&self) -> &Call {
        match self {
            Self::Show { call }
            | Self::Replace { call }
            | Self::Block { call, .. }
            | Self::Unblock { call, .. } => call,
        }
    }
}

/// What replacing means, before it is done.
const REPLACING: [&str; 2] = [
    "Whoever knows your present number can reach you by it no longer, and it never comes back.",
    "Your memberships stay: no space knows you by your number. One that was given it has the old one until it is told.",
];

/// Spaces that were given the old number, and whether they are to be told.
const TELLING: &str = "Tell them the new one, each at a time of its own?";

pub(super) async fn number(command: NumberCommand, environment: &Environment) -> Result<Report, Failure> {
    let opened = opened(command.call(), environment).await?;
    let wallet = &opened.wallet;
    match command {
        NumberCommand::Show { .. } => {
            let view = wallet.number().await?.ok_or(NumberError::NoNumber)?;
            Ok(with_warnings(shown_number(&view), &wallet.warnings().await?))
        }
        NumberCommand::Replace { call } => {
            wallet.number().await?.ok_or(NumberError::NoNumber)?;
            let question: Vec<String> = REPLACING.map(str::to_owned).into();
            if !confirmed(&call, &question, "Get another number?") {
                return Err(Failure::new("declined", "the number was not replaced"));
            }
            let replaced = wallet.replace_number(&Asking::agreed()).await?;
            let mut lines = vec![format!("Your number is now {}.", replaced.number)];
            match (&replaced.accepted, &replaced.problem) {
                (Some(accepted), _) => lines.extend(printing::accepted(accepted).lines),
                (None, Some(problem)) => lines.push(format!(
                    "New copies did not come ({}): run this again, nothing is replaced twice.",
                    shown(problem)
                )),
                (None, None) => lines.push(
                    "Your passport rested on no fresh membership: ask the office for a passport again to get copies."
                        .to_owned(),
                ),
            }
            let mut value = serde_json::to_value(&replaced).unwrap_or(Value::Null);
            let told = offer_telling(&call, wallet).await?;
            lines.extend(told.lines);
            if let (Value::Object(members), Some(changes)) = (&mut value, told.value.get("changes")) {
                members.insert("changes".to_owned(), changes.clone());
            }
            Ok(Report { lines, value })
        }
        NumberCommand::Block { space, .. } => {
            let space = identifier(wallet, space).await?;
            Ok(shown_number(&wallet.block_space(&space).await?))
        }
        NumberCommand::Unblock { space, .. } => {
            let space = identifier(wallet, space).await?;
            Ok(shown_number(&wallet.unblock_space(&space).await?))
        }
    }
}

/// The identifier of a space; of one that this wallet knows, also by its host or name.
async fn identifier(wallet: &Wallet, space: String) -> Result<String, Failure> {
    let known = wallet.spaces().await?;
    let mut meant =
        known.into_iter().filter(|one| one.host == space || one.name.eq_ignore_ascii_case(&space));
    Ok(match (meant.next(), meant.next()) {
        (Some(one), None) => one.id,
        _ => space,
    })
}

/// Spaces that were given the number are told the new one, if the member agrees.
async fn offer_telling(call: &Call, wallet: &Wallet) -> Result<Report, Failure> {
    let mut earlier = wallet.informed_spaces().await?;
    earlier.retain(|space| !space.is_current);
    let nothing = || Report { lines: Vec::new(), value: json!({"changes": []}) };
    if earlier.is_empty() {
        return Ok(nothing());
    }
    let names: Vec<String> = earlier.iter().map(|space| shown(&space.name)).collect();
    let question = vec![format!("These spaces have your old number: {}.", names.join(", "))];
    if confirmed(call, &question, TELLING) {
        return did::tell(wallet, &[], When::Apart).await;
    }
    let lines = vec!["They keep the old one; `passport wallet did tell` tells them.".to_owned()];
    Ok(Report { lines, ..nothing() })
}

fn shown_number(view: &NumberView) -> Report {
    let stated = match view.stated_until {
        Some(until) => format!(
            "Spaces of the network that know it are told who holds it, until {}.",
            Date::of(Timestamp::from_seconds(until))
        ),
        None => "No space is told yet who holds it; run `passport wallet collect`.".to_owned(),
    };
    let mut lines = vec![format!("Your number: {} ({})", view.number, shown(&view.office)), stated];
    lines.extend(view.blocked.iter().map(|space| format!("Kept from {}", shown(space))));
    Report { lines, value: json!({"number": view}) }
}

/// The report with what the wallet noticed, above everything else.
pub(super) fn with_warnings(mut report: Report, warnings: &[Warning]) -> Report {
    report.lines.splice(0..0, warnings.iter().map(sentence));
    if let Value::Object(members) = &mut report.value {
        members.insert("warnings".to_owned(), json!(warnings));
    }
    report
}

fn sentence(warning: &Warning) -> String {
    let day = Date::of(Timestamp::from_seconds(warning.at));
    let office = shown(&warning.office);
    let instead = warning.instead.as_deref().map(|one| format!(" ({})", shown(one))).unwrap_or_default();
    let what = match warning.kind {
        WarningKind::OtherDid => format!(
            "{office} names an identifier that is not yours{instead} beside your number: it may be giving your mail to \
             somebody else. Move to another office with `passport wallet did move` and your recovery code"
        ),
        WarningKind::OtherNumber => format!(
            "{office} shows another number{instead} for you than before. If its desk gave it to you, take it over with \
             `passport wallet number replace`; if not, ask the office"
        ),
        WarningKind::OtherLog => format!(
            "{office} serves another log under your identifier than you left there: ask it, or move to another office \
             with `passport wallet did move` and your recovery code"
        ),
        WarningKind::OlderLog => format!(
            "{office} serves the log under your identifier without its newest entries, so that keys you replaced go on \
             speaking for you there: ask it, or move to another office with `passport wallet did move` and your recovery code"
        ),
        WarningKind::NotBound => format!(
            "{office} does not tell spaces that your number is yours: it was suspended or replaced at its desk; ask it"
        ),
    };
    format!("Warning of {day}: {what}.")
}

impl From<NumberError> for Failure {
    fn from(error: NumberError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
