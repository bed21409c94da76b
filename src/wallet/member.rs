//! `passport wallet space`, `change` and `outbox`: what the member does with what spaces hold.

use ::wallet::{DetailName, LeftSpace, MemberApiError, OutboxEntry, SentChange, Vault, When, shown};
use clap::{Args, Subcommand, ValueEnum};
use environment::{Date, Environment};
use network::claims::Audience;
use network::member_api::{ClaimChange, Detail, Details, Outcome, REGISTRATION, WhatToDo};
use serde_json::{Value, json};

use super::arguments::{Call, HERE, OUT, only};
use super::asking::confirmed;
use super::opening::{Opened, opened};
use super::printing::{Report, moment};
use super::words;
use super::{Failure, own_detail};

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

/// The first moment of a day; none to lift an end.
fn until(day: &str) -> Result<Option<i64>, Failure> {
    if day == "none" {
        return Ok(None);
    }
    let day = Date::parse(day).ok_or_else(|| Failure::new("day", "a day is written YYYY-MM-DD"))?;
    Ok(Some(day.start().seconds()))
}

/// Who would see a detail, told to whoever decides it.
const fn seen_by(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "the team",
        Audience::MembersHere => "the team and the members there",
        Audience::Brand => "the teams and members of the brand's spaces",
        Audience::Public => "everybody",
    }
}

/// Where something is kept although the membership ends: leaving keeps nothing.
fn leaving_instead(would: &Outcome, space: &str) -> Option<String> {
    let is_better = would.membership_ended && !would.kept.is_empty();
    is_better.then(|| {
        format!("leaving erases the rest as well: `passport wallet space leave {}`", quoted(&shown(space)))
    })
}

/// One word of a command.
fn quoted(word: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '.' | ':' | '-' | '_');
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What the member left, and what is still there.
fn left_sentence(left: &LeftSpace) -> String {
    let kept = left.kept.iter().map(|(claim, until)| {
        let until = until.map(|until| format!(" until {}", moment(until))).unwrap_or_default();
        format!("{}{until}", words::claim(claim))
    });
    let kept = if left.kept.is_empty() {
        "what it still keeps: nothing of yours, as far as this wallet knows".to_owned()
    } else {
        format!("what it still keeps and until when: {}", words::joined_by_commas(kept))
    };
    let contact = left.contact.as_deref().map_or_else(|| "its team".to_owned(), shown);
    format!("you left {} on {}; {kept}; write to {contact}", shown(&left.space), moment(left.at))
}

/// What the space says would follow.
fn follows(would: &Outcome, gone: &str) -> Vec<String> {
    let claims: Vec<String> = would.claims().map(str::to_owned).collect();
    let mut lines = Vec::new();
    if !claims.is_empty() {
        lines.push(format!("{gone}: {}", words::list(&claims)));
    }
    if would.membership_ended {
        lines.push("Your membership of this space ends by it.".to_owned());
    }
    lines.extend(would.kept.iter().map(|kept| kept_line(&kept.claim, &kept.rule, kept.until)));
    lines
}

fn kept_line(claim: &str, rule: &str, until: i64) -> String {
    let rule = if rule == REGISTRATION { "as it registered".to_owned() } else { shown(rule) };
    format!("kept until {}, {rule}: {}", moment(until), words::claim(claim))
}

/// What a space holds.
fn held(details: &Details) -> Report {
    let mut lines: Vec<String> = details.details.iter().flat_map(detail).collect();
    for objection in &details.objections {
        let about =
            if objection.about.is_empty() { "everything".to_owned() } else { words::list(&objection.about) };
        lines.push(format!("Your objection of {} about {about}", moment(objection.at)));
    }
    if lines.is_empty() {
        lines.push("This space holds no details of you beside your membership.".to_owned());
    }
    let value = serde_json::to_value(details).unwrap_or_default();
    Report { lines, value }
}

fn detail(detail: &Detail) -> Vec<String> {
    let value = detail.value.as_str().map_or_else(|| detail.value.to_string(), str::to_owned);
    let needed = if detail.needed { ", needed" } else { "" };
    let end = match (detail.until, detail.kept_days) {
        (Some(until), _) => format!("until {}", moment(until)),
        (None, Some(days)) => format!("while you are a member, and {}", words::after_that(days)),
        (None, None) => "while you are a member".to_owned(),
    };
    vec![
        format!("{} ({}): {}", words::claim(&detail.claim), shown(&detail.claim), shown(&value)),
        format!("  for {}{needed}; seen by {}", shown(&detail.purpose), shown(&detail.seen_by)),
        format!("  held since {}, {end}", moment(detail.since)),
    ]
}

/// What became of what was sent at once; where nothing of it was done, that is a failure.
fn sent(changes: &[SentChange]) -> Result<Report, Failure> {
    let report = report(changes);
    if changes.iter().any(|change| change.done) {
        return Ok(report);
    }
    Err(Failure::new("not_changed", report.lines.join("; ")))
}

fn report(changes: &[SentChange]) -> Report {
    let lines = changes.iter().flat_map(change_lines).collect();
    Report { lines, value: json!({"changes": changes}) }
}

/// What became of one change.
pub(super) fn change_lines(change: &SentChange) -> Vec<String> {
    let what = format!("{}: {}", shown(&change.space), shown(&change.what));
    if change.done {
        let mut lines = vec![format!("{what}: done, and proven")];
        if change.membership_ended {
            lines.push("  the membership has ended".to_owned());
        }
        let kept = change.kept.iter().map(|(claim, rule, until)| kept_line(claim, rule, *until));
        lines.extend(kept.map(|line| format!("  {line}")));
        return lines;
    }
    if !change.waits {
        let problem = change.problem.as_deref().unwrap_or_default();
        return vec![format!("{what}: not done: {}", shown(problem))];
    }
    let when = match change.again_at {
        Some(at) => format!("to be sent by `passport wallet collect` from {} on", moment(at)),
        None => "not sent again by itself; `passport wallet outbox cancel` forgets it".to_owned(),
    };
    match &change.problem {
        Some(problem) => vec![format!("{what}: not done: {}; {when}", shown(problem))],
        None => vec![format!("{what}: {when}")],
    }
}

fn waiting(entries: &[OutboxEntry]) -> Report {
    let line = |entry: &OutboxEntry| {
        let when = if entry.given_up {
            "not sent again by itself".to_owned()
        } else {
            format!("from {} on", moment(entry.due_at))
        };
        let problem = entry.problem.as_deref().map(|why| format!(" ({})", shown(why))).unwrap_or_default();
        format!("{}  {}: {}, {when}{problem}", entry.id, shown(&entry.space), shown(&entry.what))
    };
    let mut lines: Vec<String> = entries.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("Nothing waits to be changed.".to_owned());
    }
    Report { lines, value: json!({"outbox": entries}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> SentChange {
        SentChange {
            space: "Kiln North".to_owned(),
            what: "take email back".to_owned(),
            done: true,
            waits: false,
            membership_ended: true,
            kept: vec![("given_name".to_owned(), REGISTRATION.to_owned(), 1_795_564_800)],
            problem: None,
            again_at: None,
        }
    }

    #[test]
    fn what_was_done_is_told_with_what_followed_and_what_stays() {
        let lines = sent(&[change()]).map(|report| report.lines).unwrap_or_default().join("\n");
        assert!(lines.contains("Kiln North: take email back: done, and proven"), "{lines}");
        assert!(lines.contains("the membership has ended") && lines.contains("as it registered"), "{lines}");
    }

    #[test]
    fn what_was_done_nowhere_is_a_failure_and_what_was_done_somewhere_tells_of_each_space() {
        let failed = SentChange {
            space: "Rook\u{1b}[2J".to_owned(),
            done: false,
            waits: true,
            problem: Some("the space could not be reached".to_owned()),
            again_at: Some(1_795_564_800),
            ..change()
        };
        let failure = sent(std::slice::from_ref(&failed)).map(|_| ()).unwrap_err();
        assert_eq!(failure.code, "not_changed");
        assert!(failure.sentence.contains("could not be reached") && !failure.sentence.contains('\u{1b}'));
        let both = sent(&[change(), failed]).map(|report| report.lines.join("\n")).unwrap_or_default();
        assert!(both.contains("Kiln North") && both.contains("from 2026-11-25"), "{both}");
    }

    #[test]
    fn what_was_never_queued_is_not_told_to_be_in_the_outbox() {
        let problem = Some("your passport office has to check the new address first".to_owned());
        let refused = SentChange { done: false, waits: false, problem, ..change() };
        let lines = change_lines(&refused).join("\n");
        assert_eq!(
            lines,
            "Kiln North: take email back: not done: your passport office has to check the new address first"
        );
        let given_up = change_lines(&SentChange { waits: true, ..refused }).join("\n");
        assert!(given_up.contains("`passport wallet outbox cancel`"), "{given_up}");
    }

    fn would_be(membership_ended: bool, kept: &[&str]) -> Outcome {
        let kept = kept.iter().map(|claim| network::member_api::KeptClaim {
            claim: (*claim).to_owned(),
            rule: REGISTRATION.to_owned(),
            until: 1_795_564_800,
        });
        let back = ClaimChange { claim: "email".to_owned(), what: WhatToDo::TakeBack };
        Outcome { changes: vec![back], membership_ended, kept: kept.collect(), ..Outcome::default() }
    }

    #[test]
    fn a_question_before_doing_does_not_read_as_done() {
        let lines = follows(&would_be(true, &["given_name"]), "to be taken back");
        assert_eq!(lines[0], "to be taken back: e-mail address");
        assert_eq!(lines[1], "Your membership of this space ends by it.");
        assert!(lines[2].starts_with("kept until 2026-11-25"), "{lines:?}");
    }

    #[test]
    fn leaving_is_offered_where_something_would_be_kept_although_the_membership_ends() {
        assert_eq!(
            leaving_instead(&would_be(true, &["given_name"]), "Kiln North").as_deref(),
            Some("leaving erases the rest as well: `passport wallet space leave 'Kiln North'`")
        );
        assert_eq!(leaving_instead(&would_be(true, &[]), "kiln.example"), None);
        assert_eq!(leaving_instead(&would_be(false, &["given_name"]), "kiln.example"), None);
        let odd = leaving_instead(&would_be(true, &["given_name"]), "Ada's $(kiln)").unwrap_or_default();
        assert!(odd.contains(r"'Ada'\''s $(kiln)'"), "{odd}");
    }

    #[test]
    fn who_left_is_told_when_what_is_still_kept_and_where_to_write() {
        let left = LeftSpace {
            space: "Kiln North".to_owned(),
            at: 1_795_564_800,
            kept: vec![("email".to_owned(), Some(1_795_651_200))],
            contact: Some("privacy@kiln.example\u{1b}".to_owned()),
        };
        let failure = Failure::from(MemberApiError::Left(Box::new(left.clone())));
        assert_eq!(failure.code, "left");
        let (before, rest) = failure.sentence.split_once("; ").unwrap();
        assert!(before.starts_with("you left Kiln North on 2026-11-25"), "{before}");
        assert!(
            rest.starts_with("what it still keeps and until when: e-mail address until 2026-11-26"),
            "{rest}"
        );
        assert!(rest.ends_with("; write to privacy@kiln.example\\u{1b}"), "{rest}");
        let nothing = left_sentence(&LeftSpace { kept: Vec::new(), contact: None, ..left });
        assert!(
            nothing.ends_with("nothing of yours, as far as this wallet knows; write to its team"),
            "{nothing}"
        );
    }

    #[test]
    fn an_end_is_a_day_or_none() {
        assert_eq!(until("none").ok(), Some(None));
        assert_eq!(until("2026-11-25").ok(), Some(Some(1_795_564_800)));
        for wrong in ["", "25.11.2026", "never", "2026-02-30"] {
            assert_eq!(until(wrong).map_err(|failure| failure.code), Err("day".to_owned()), "{wrong}");
        }
    }
}
