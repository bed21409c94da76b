//! `passport wallet space`, `change` and `outbox`: what the member does with what spaces hold.

mod printing;

use ::wallet::{DetailName, MemberApiError, SentChange, Vault, When, shown};
use clap::{Args, Subcommand, ValueEnum};
use environment::{Date, Environment};
use network::claims::Audience;
use network::member_api::{ClaimChange, WhatToDo};
use serde_json::Value;

use super::arguments::{Call, HERE, OUT, only};
use super::asking::confirmed;
use super::opening::{Opened, opened};
use super::printing::Report;
use super::{Failure, own_detail};
use printing::{follows, held, leaving_instead, left_sentence, report, seen_by, sent, waiting};

pub(super) use printing::change_lines;

#[derive(Debug, Subcommand)]
pub(super) enum SpaceCommand {
    /// Show what a space holds of you, by its own account.
    #[command(mut_args(only(OUT)))]
    See {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
    },
    /// Give a space a new value of a detail, at once.
    #[command(mut_args(only(OUT)))]
    Change {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        edit: Edit,
    },
    /// Let more people see a detail. Asks first.
    #[command(mut_args(only(OUT)))]
    Publish {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        /// The detail, as `see` names it.
        claim: String,
        /// Who may see it from now on.
        #[arg(value_enum, value_name = "WHO")]
        to: Who,
    },
    /// Let nobody but the team see a detail.
    #[command(mut_args(only(OUT)))]
    Hide {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        /// The detail, as `see` names it.
        claim: String,
    },
    /// Set a day on which a detail goes, or lift it.
    #[command(mut_args(only(OUT)))]
    Until {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        /// The detail, as `see` names it.
        claim: String,
        /// The day, YYYY-MM-DD; `none` lifts it.
        day: String,
    },
    /// Take details back. The space says first what follows.
    #[command(mut_args(only(OUT)))]
    TakeBack {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        /// The details, as `see` names them.
        #[arg(required = true, value_name = "CLAIM")]
        claims: Vec<String>,
    },
    /// Leave a space: the membership ends, and what it holds goes. The space says first what it keeps.
    #[command(mut_args(only(OUT)))]
    Leave {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
    },
    /// Show nothing that a space writes or asks, for a while. It learns nothing of it.
    #[command(mut_args(only(HERE)))]
    Mute {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        /// Show it again.
        #[arg(long)]
        off: bool,
    },
    /// Object to what a space does with your details.
    #[command(mut_args(only(OUT)))]
    Object {
        #[command(flatten)]
        call: Call,
        #[command(flatten)]
        at: At,
        /// Why, for the space's team to read.
        reason: String,
        /// The detail it is about; all of them if none is named.
        #[arg(long, value_name = "CLAIM")]
        about: Vec<String>,
    },
}

/// At which space.
#[derive(Args, Debug)]
pub(super) struct At {
    /// The space, by name, host or DID.
    space: String,
}

/// A new value of an own detail.
#[derive(Args, Debug)]
pub(super) struct Edit {
    /// The detail's name, such as `email`.
    name: String,
    /// Its new value.
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// The value is JSON.
    #[arg(long)]
    json_value: bool,
}

/// `passport wallet change`.
#[derive(Args, Debug)]
pub(super) struct ChangeArguments {
    #[command(flatten)]
    pub(super) call: Call,
    #[command(flatten)]
    edit: Edit,
    /// A space that gets it, by name, host or DID. Each is told at a time of its own, by `passport wallet collect`.
    #[arg(long = "at", required = true, value_name = "SPACE")]
    spaces: Vec<String>,
    /// Tell them all at once: they could match the moments, and know each other's member by it.
    #[arg(long)]
    now: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// List what is to be changed at spaces, and when.
    #[command(mut_args(only(HERE)))]
    List {
        #[command(flatten)]
        call: Call,
    },
    /// Take something out that was not sent yet.
    #[command(mut_args(only(HERE)))]
    Cancel {
        #[command(flatten)]
        call: Call,
        /// As `list` prints it.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

/// Who may see a detail.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Who {
    /// The team only.
    Team,
    /// Also the members of this space.
    MembersHere,
    /// Also the teams and members of the brand's other spaces.
    Brand,
    /// Everybody.
    Public,
}

impl From<Who> for Audience {
    fn from(who: Who) -> Self {
        match who {
            Who::Team => Self::Team,
            Who::MembersHere => Self::MembersHere,
            Who::Brand => Self::Brand,
            Who::Public => Self::Public,
        }
    }
}

impl SpaceCommand {
    pub(super) const fn call(&self) -> &Call {
        match self {
            Self::See { call, .. }
            | Self::Change { call, .. }
            | Self::Publish { call, .. }
            | Self::Hide { call, .. }
            | Self::Until { call, .. }
            | Self::TakeBack { call, .. }
            | Self::Leave { call, .. }
            | Self::Mute { call, .. }
            | Self::Object { call, .. } => call,
        }
    }
}

impl OutboxCommand {
    pub(super) const fn call(&self) -> &Call {
        match self {
            Self::List { call } | Self::Cancel { call, .. } => call,
        }
    }
}

impl From<MemberApiError> for Failure {
    fn from(error: MemberApiError) -> Self {
        match error {
            MemberApiError::Present(error) => error.into(),
            MemberApiError::Refused { code, sentence, claims } => {
                let named = if claims.is_empty() {
                    String::new()
                } else {
                    format!(": {}", shown(&claims.join(", ")))
                };
                Self::new(&code, format!("the space refuses: {}{named}", shown(&sentence)))
            }
            MemberApiError::Left(left) => Self::new("left", left_sentence(&left)),
            other => Self::new(other.code(), other.to_string()),
        }
    }
}

pub(super) async fn space(command: SpaceCommand, environment: &Environment) -> Result<Report, Failure> {
    let change = |claim: String, what: WhatToDo| vec![ClaimChange { claim, what }];
    match command {
        SpaceCommand::See { call, at } => {
            let Opened { wallet, .. } = opened(&call, environment).await?;
            Ok(held(&wallet.held_at(&at.space).await?))
        }
        SpaceCommand::Change { call, at, edit } => {
            tell(&call, edit, &[at.space], When::Now, environment).await
        }
        SpaceCommand::Publish { call, at, claim, to } => {
            publish(&call, &at, claim, to.into(), environment).await
        }
        SpaceCommand::Hide { call, at, claim } => {
            rules(&call, &at, change(claim, WhatToDo::Publish(Audience::Team)), environment).await
        }
        SpaceCommand::Until { call, at, claim, day } => {
            let until = until(&day)?;
            rules(&call, &at, change(claim, WhatToDo::Until(until)), environment).await
        }
        SpaceCommand::TakeBack { call, at, claims } => take_back(&call, &at, claims, environment).await,
        SpaceCommand::Leave { call, at } => leave(&call, &at, environment).await,
        SpaceCommand::Mute { call, at, off } => mute(&call, &at, !off, environment).await,
        SpaceCommand::Object { call, at, reason, about } => {
            let Opened { wallet, .. } = opened(&call, environment).await?;
            sent(&[wallet.object_at(&at.space, about, reason).await?])
        }
    }
}

pub(super) async fn change(arguments: ChangeArguments, environment: &Environment) -> Result<Report, Failure> {
    let ChangeArguments { call, edit, spaces, now } = arguments;
    tell(&call, edit, &spaces, if now { When::Now } else { When::Apart }, environment).await
}

pub(super) async fn outbox(command: OutboxCommand, environment: &Environment) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(command.call(), environment).await?;
    if let OutboxCommand::Cancel { id, .. } = &command {
        wallet.cancel_change(id).await?;
    }
    Ok(waiting(&wallet.outbox().await?))
}

async fn tell(
    call: &Call,
    edit: Edit,
    spaces: &[String],
    when: When,
    environment: &Environment,
) -> Result<Report, Failure> {
    Vault::look_for(&call.store)?;
    let name = DetailName::new(&edit.name).map_err(|error| Failure::new("detail_name", error.to_string()))?;
    let value = if edit.json_value {
        jose::json::parse(&edit.value).map_err(|error| Failure::new("detail_value", error.to_string()))?
    } else {
        Value::from(edit.value)
    };
    if value.is_null() {
        let sentence =
            "null takes an own detail away here; `passport wallet space take-back` takes it back there";
        return Err(Failure::new("detail_value", sentence));
    }
    own_detail::check(name.as_str(), &value, environment.now())?;
    let Opened { wallet, .. } = opened(call, environment).await?;
    told(&wallet.change_at(name, value, spaces, when).await?, when)
}

/// What became of something that several spaces were to be told.
pub(super) fn told(told: &[SentChange], when: When) -> Result<Report, Failure> {
    match when {
        When::Now => sent(told),
        When::Apart => Ok(report(told)),
    }
}

async fn rules(
    call: &Call,
    at: &At,
    changes: Vec<ClaimChange>,
    environment: &Environment,
) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(call, environment).await?;
    sent(&[wallet.change_rules_at(&at.space, changes).await?])
}

async fn publish(
    call: &Call,
    at: &At,
    claim: String,
    to: Audience,
    environment: &Environment,
) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(call, environment).await?;
    let changes = vec![ClaimChange { claim, what: WhatToDo::Publish(to) }];
    if to != Audience::Team {
        let would = wallet.would_follow_changes(&at.space, &changes).await?;
        let heading = format!("to be shown to {}", seen_by(to));
        if !confirmed(call, &follows(&would, &heading), "Show it to them?") {
            return Err(Failure::new("declined", "nothing was shown to more people"));
        }
    }
    sent(&[wallet.change_rules_at(&at.space, changes).await?])
}

async fn take_back(
    call: &Call,
    at: &At,
    claims: Vec<String>,
    environment: &Environment,
) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(call, environment).await?;
    let back = |claim: String| ClaimChange { claim, what: WhatToDo::TakeBack };
    let changes: Vec<ClaimChange> = claims.into_iter().map(back).collect();
    let would = wallet.would_follow_changes(&at.space, &changes).await?;
    let mut lines = follows(&would, "to be taken back");
    lines.extend(leaving_instead(&would, &at.space));
    if !confirmed(call, &lines, "Take it back?") {
        return Err(Failure::new("declined", "nothing was taken back"));
    }
    sent(&[wallet.change_rules_at(&at.space, changes).await?])
}

async fn leave(call: &Call, at: &At, environment: &Environment) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(call, environment).await?;
    let would = wallet.would_follow_leaving(&at.space).await?;
    if !confirmed(call, &follows(&would, "to be erased"), "Leave this space?") {
        return Err(Failure::new("declined", "the space was not left"));
    }
    sent(&[wallet.leave_space(&at.space).await?])
}

async fn mute(call: &Call, at: &At, muted: bool, environment: &Environment) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(call, environment).await?;
    let name = wallet.mute_space_named(&at.space, muted).await?;
    let said = if muted { "is muted: nothing that it writes or asks is shown" } else { "is shown again" };
    let lines = vec![format!("{} {said}.", shown(&name))];
    Ok(Report { lines, value: serde_json::json!({ "space": name, "muted": muted }) })
}

/// The first moment of a day; none to lift an end.
fn until(day: &str) -> Result<Option<i64>, Failure> {
    if day == "none" {
        return Ok(None);
    }
    let day = Date::parse(day).ok_or_else(|| Failure::new("day", "a day is written YYYY-MM-DD"))?;
    Ok(Some(day.start().seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_day_or_none() {
        assert_eq!(until("none").ok(), Some(None));
        assert_eq!(until("2026-11-25").ok(), Some(Some(1_795_564_800)));
        for wrong in ["", "25.11.2026", "never", "2026-02-30"] {
            assert_eq!(until(wrong).map_err(|failure| failure.code), Err("day".to_owned()), "{wrong}");
        }
    }
}
