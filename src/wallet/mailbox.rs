//! `passport wallet mailbox`: what spaces wrote to the member.

use ::wallet::{AcceptOptions, Greeter, MailItem, MailKind, MailRound, OpenedMail, shown};
use clap::{Subcommand, ValueEnum};
use environment::{Date, Environment, Timestamp};
use network::hello::{Detail, Details};
use network::mailbox::Reason;
use serde_json::{Value, json};

use super::arguments::{Call, OUT, PresetName, only};
use super::asking::{Asking, confirmed};
use super::opening::opened;
use super::printing::{self, Report};
use super::{Failure, accepting};

#[derive(Debug, Subcommand)]
pub(super) enum MailboxCommand {
    /// Fetch what is new, and list what there is. No space learns that you did.
    #[command(mut_args(only(OUT)))]
    List {
        #[command(flatten)]
        call: Call,
    },
    /// Open a message: answer the request behind an invitation, or accept what is offered. Its space learns of it now.
    #[command(mut_args(only(OUT)))]
    Open {
        #[command(flatten)]
        call: Call,
        /// The message, as `list` prints it.
        id: String,
        /// How much to give without being asked one by one.
        #[arg(long, value_enum, value_name = "PRESET")]
        preset: Option<PresetName>,
    },
    /// Delete a message. Its space learns nothing.
    #[command(mut_args(only(OUT)))]
    Delete {
        #[command(flatten)]
        call: Call,
        /// The message, as `list` prints it.
        id: String,
    },
    /// Take nothing more from the space that wrote this message, anywhere. It learns nothing.
    #[command(mut_args(only(OUT)))]
    Block {
        #[command(flatten)]
        call: Call,
        /// The message, as `list` prints it, or the DID of a space.
        id: String,
    },
    /// List the spaces you blocked, or let one write again.
    #[command(mut_args(only(OUT)))]
    Blocked {
        #[command(flatten)]
        call: Call,
        /// The DID of the space that may write again.
        #[arg(long, value_name = "DID")]
        unblock: Option<String>,
    },
    /// Complain of the space that wrote this message to whoever runs your mailbox.
    #[command(mut_args(only(OUT)))]
    Report {
        #[command(flatten)]
        call: Call,
        /// The message, as `list` prints it.
        id: String,
        /// Why.
        #[arg(long, value_enum, value_name = "REASON")]
        reason: ReasonName,
    },
}

/// Why somebody complains.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReasonName {
    /// You did not ask for it.
    Unwanted,
    /// It wants to get something by pretending.
    Phishing,
    /// It threatens or insults.
    Abuse,
    /// Something else.
    Other,
}

impl From<ReasonName> for Reason {
    fn from(name: ReasonName) -> Self {
        match name {
            ReasonName::Unwanted => Self::Unwanted,
            ReasonName::Phishing => Self::Phishing,
            ReasonName::Abuse => Self::Abuse,
            ReasonName::Other => Self::Other,
        }
    }
}

impl MailboxCommand {
    pub(super) const fn call(&self) -> &Call {
        match self {
            Self::List { call }
            | Self::Open { call, .. }
            | Self::Delete { call, .. }
            | Self::Block { call, .. }
            | Self::Blocked { call, .. }
            | Self::Report { call, .. } => call,
        }
    }
}

pub(super) async fn mailbox(command: MailboxCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        MailboxCommand::List { call } => {
            let opened = opened(&call, environment).await?;
            let round = opened.wallet.fetch_mail().await?;
            Ok(listed(&opened.wallet.mail().await?, &round))
        }
        MailboxCommand::Open { call, id, preset } => open(&call, &id, preset, environment).await,
        MailboxCommand::Delete { call, id } => {
            opened(&call, environment).await?.wallet.delete_mail(&id).await?;
            Ok(Report { lines: vec!["The message was deleted.".to_owned()], value: json!({"deleted": id}) })
        }
        MailboxCommand::Block { call, id } => block(&call, &id, environment).await,
        MailboxCommand::Blocked { call, unblock } => blocked(&call, unblock.as_deref(), environment).await,
        MailboxCommand::Report { call, id, reason } => {
            let opened = opened(&call, environment).await?;
            let space = opened.wallet.report_mail(&id, reason.into()).await?;
            let lines = vec![format!(
                "Whoever runs your mailbox was told that you complain of {}, and why; not what it wrote.",
                shown(&space)
            )];
            Ok(Report { lines, value: json!({"reported": space, "reason": Reason::from(reason).name()}) })
        }
    }
}

async fn open(
    call: &Call,
    id: &str,
    preset: Option<PresetName>,
    environment: &Environment,
) -> Result<Report, Failure> {
    let opened = opened(call, environment).await?;
    let options: AcceptOptions = accepting(call);
    let result = opened.wallet.open_mail(id, &options, &Asking::with_preset(call, preset)).await;
    Ok(match result? {
        OpenedMail::Presented(presented) => to_be_collected(printing::presented(&presented)),
        OpenedMail::Accepted(accepted) => printing::accepted(&accepted),
        OpenedMail::Page(link) => Report {
            lines: vec![format!("Open this page of the space in a browser: {}", shown(&link))],
            value: json!({"page": link}),
        },
    })
}

/// What was answered is followed by what the space decides.
fn to_be_collected(mut report: Report) -> Report {
    report
        .lines
        .push("What follows it, such as a decision, comes with `passport wallet collect`.".to_owned());
    report
}

async fn block(call: &Call, id: &str, environment: &Environment) -> Result<Report, Failure> {
    let opened = opened(call, environment).await?;
    let mail = opened.wallet.mail().await?;
    let mail = mail.iter().find(|one| one.id == id);
    let named = if id.starts_with("did:") { id } else { "its space" };
    let name = mail.map_or(named, |one| one.space_name.as_str());
    let question = vec![format!("{} could write to you no more, at none of your addresses.", shown(name))];
    if !confirmed(call, &question, "Block it?") {
        return Err(Failure::new("declined", "nothing was blocked"));
    }
    let blocked = opened.wallet.block_mail(id).await?;
    let (name, did) = (shown(&blocked.name), shown(&blocked.space));
    let mut lines = vec![format!("You will hear no more of {name}, and its messages are gone.")];
    lines.extend(
        blocked.problems.iter().map(|problem| format!("One mailbox was not told: {}", shown(problem))),
    );
    lines.push(format!("To keep your number from it too: `passport wallet number block {did}`."));
    Ok(Report { lines, value: json!({"blocked": blocked.name, "problems": blocked.problems}) })
}

async fn blocked(call: &Call, unblock: Option<&str>, environment: &Environment) -> Result<Report, Failure> {
    let opened = opened(call, environment).await?;
    if let Some(space) = unblock
        && !opened.wallet.unblock_mail(space).await?
    {
        return Err(Failure::new("not_blocked", "you did not block a space with this DID"));
    }
    let blocked = opened.wallet.blocked_spaces().await?;
    let lines = match blocked.as_slice() {
        [] => vec!["You blocked no space.".to_owned()],
        some => some.iter().map(|(space, name)| format!("{} ({})", shown(name), shown(space))).collect(),
    };
    let value = blocked.iter().map(|(space, name)| json!({"space": space, "name": name}));
    Ok(Report { lines, value: json!({"blocked": value.collect::<Vec<Value>>()}) })
}

fn listed(mail: &[MailItem], round: &MailRound) -> Report {
    let mut lines: Vec<String> = mail.iter().flat_map(item).collect();
    if mail.is_empty() {
        lines.push("There is nothing in your mailbox.".to_owned());
    }
    lines.extend(aside(round));
    Report {
        lines,
        value: json!({"mail": mail, "refused": round.refused, "held": round.held, "problems": round.problems}),
    }
}

/// What came of looking into the mailboxes while something else was collected; nothing when nothing did.
pub(super) fn collected(mut report: Report, round: &MailRound) -> Report {
    if round.new.is_empty() && round.held.is_empty() && round.problems.is_empty() {
        return report;
    }
    report.lines.extend(round.new.iter().flat_map(item));
    report.lines.extend(aside(round));
    if let Value::Object(members) = &mut report.value {
        members.insert("mail".to_owned(), json!(round.new));
    }
    report
}

/// Everything in it was said by others.
fn item(item: &MailItem) -> Vec<String> {
    let day = |seconds| Date::of(Timestamp::from_seconds(seconds));
    let mut lines = vec![
        format!("{}  {} {}", shown(&item.id), shown(&item.space_name), what(item.kind)),
        format!("  came on {}, counts until {}", day(item.day), day(item.expires_at)),
    ];
    if let Some(greeter) = &item.greeter {
        lines.extend(greeted(greeter));
    } else if let Some(outcome) = &item.outcome {
        lines.push(format!("  your sign-up was {}", shown(outcome)));
    }
    if let Some(text) = &item.text {
        lines.push(format!("  it says: {}", shown(text)));
    }
    if let Some(host) = &item.host {
        lines.push(format!("  opening it leads to {}", shown(host)));
    }
    lines
}

/// Who another member is, as the space says it, and what they say.
fn greeted(greeter: &Greeter) -> Vec<String> {
    let details = |details: &Details| -> Vec<String> {
        // Each on a line of its own, so that no value looks like another detail.
        let one = |detail: &Detail| format!("    {} {}", shown(&detail.claim), shown(&detail.value));
        details.as_slice().iter().map(one).collect()
    };
    let mut lines = vec!["  who it is, as the space says:".to_owned()];
    lines.extend(details(&greeter.from));
    lines.extend(greeter.text.as_ref().map(|text| format!("  they say: {}", shown(text))));
    if let Some(shared) = &greeter.contacts {
        lines.push("  they shared:".to_owned());
        lines.extend(details(shared));
    }
    if greeter.unconfirmed.is_some() {
        lines.push("  you answered, and the space has not confirmed it".to_owned());
    }
    if greeter.is_open {
        lines.push("  to answer, block or report them: *Messages* in the pages of your wallet".to_owned());
    }
    lines
}

const fn what(kind: MailKind) -> &'static str {
    match kind {
        MailKind::SignUp => "invites you to sign up",
        MailKind::HereIAm => "asks whether it is you who is there",
        MailKind::Decision => "has decided",
        MailKind::Offer => "offers you something",
        MailKind::Change => "tells of a change in what it holds, or asks anew",
        MailKind::Note => "writes to you",
        MailKind::Hello => "passes on a hello of another member",
        MailKind::HelloAnswer => "passes on an answer to your hello",
    }
}

/// What was not kept, and what could not be read. A mismatch of the typed e-mail address is passed over in silence: whoever
/// typed it shall not find out by asking the member.
fn aside(round: &MailRound) -> Vec<String> {
    let mut lines = Vec::new();
    let refused = round.refused.iter().filter(|one| !matches!(one.code.as_str(), "other_email" | "repeated"));
    for one in refused {
        lines.push(format!("Not kept: {} ({})", one.count, shown(&one.code)));
    }
    for held in &round.held {
        let (count, space) = (held.count, shown(&held.space));
        lines.push(format!("Kept aside until it can be looked up who {space} is: {count}"));
        lines.push(format!("  to hear no more of it: `passport wallet mailbox block {space}`"));
    }
    lines.extend(round.problems.iter().map(|problem| format!("Not read: {}", shown(problem))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_out_of_the_mailbox_names_the_step_that_follows() {
        let answered = Report { lines: vec!["Given to Kiln: bio".to_owned()], value: json!({}) };
        let lines = to_be_collected(answered).lines;
        assert_eq!(lines.len(), 2);
        assert!(lines.last().is_some_and(|line| line.contains("`passport wallet collect`")), "{lines:?}");
    }
}
