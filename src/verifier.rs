//! `passport verifier`: what a space's team does from its terminal.

mod asking_again;
mod branding;
mod doors;
mod exporting;
mod forms;
mod inviting;
mod keys;
mod members;
mod outgoing;
mod requesting;
mod sites;
mod team;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use environment::Environment;
use serde_json::{Value, json};
use trust::Role;
use verifier_web::Poster;
use web::{Language, Words};

use asking_again::AskAgainArguments;
use doors::DoorCommand;
use exporting::ContactsCommand;
use forms::FormArguments;
use inviting::InviteArguments;
use keys::KeyCommand;
use members::MemberCommand;
use outgoing::{ActionCommand, WebhookCommand};
use requesting::RequestArguments;
use sites::SiteCommand;
use team::TeamCommand;

use crate::answers::Printing;
use crate::party::{PartySettings, check_party};
use crate::setting_up::{self, NewSpace};

/// Run a space: set it up, make requests, add members, decide about sign-ups, print the poster.
#[derive(Args, Debug)]
pub(crate) struct VerifierArguments {
    /// Where the parties keep their data.
    #[arg(long, global = true, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
    #[command(flatten)]
    printing: Printing,
    #[command(subcommand)]
    command: VerifierCommand,
}

#[derive(Debug, Subcommand)]
enum VerifierCommand {
    /// Make a space of your own, with a network of one around it. At a terminal it asks five things; each is a flag, too.
    Init(Box<NewSpace>),
    /// Write the request for admission anew, after a change of party.json; the space must not run.
    RequestAdmission {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Ask for what a form asks, without a screen; prints the request's link and its session.
    Request(RequestArguments),
    /// Print how a request stands: `waiting`, `accepted`, `declined`, `expired` when nobody answered in time, or the reason
    /// for which the last answer was refused.
    Result {
        /// Name of the space in the data folder.
        space: String,
        /// The session that `request` printed, or that a page's request has; it may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        session: String,
    },
    /// Add members that were there before, offer again what got lost, list all, end a membership.
    Member {
        #[command(subcommand)]
        command: MemberCommand,
    },
    /// List the sign-ups that a person has to decide about.
    SignUps {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Approve a sign-up.
    Approve {
        /// Name of the space in the data folder.
        space: String,
        /// The sign-up.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Decline a sign-up; what was shared is erased.
    Decline {
        /// Name of the space in the data folder.
        space: String,
        /// The sign-up.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Why, in words for the applicant.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show what members object to, with their reasons; that somebody looked goes into the audit log.
    Objections {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Show what is known of a contact: which details, whose word they are, who may see them.
    Contact {
        /// Name of the space in the data folder.
        space: String,
        /// The contact: the identifier of its sign-up.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Also show the values; that somebody looked goes into the audit log.
        #[arg(long)]
        values: bool,
    },
    /// Carry away what is held of people, as a table.
    Contacts {
        #[command(subcommand)]
        command: ContactsCommand,
    },
    /// Ask an applicant for something else instead of declining; the wallet collects the request, and an answer takes the
    /// place of the first.
    AskAgain(AskAgainArguments),
    /// List what applicants offered instead of what was asked, and what became of it: names of details, and nobody's name.
    CounterOffers {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Invite somebody by passport number or by e-mail to sign up, or ask a member at the desk to show their membership. Whether
    /// anybody has the number is not said.
    Invite(InviteArguments),
    /// List the invitations: sent, opened, answered or expired. Whom one went to is not kept.
    Invitations {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Take people into the team that works at the console, let them in again, end their access, list them.
    Team {
        #[command(subcommand)]
        command: TeamCommand,
    },
    /// Tell other software what happens here, see what went out, and what is not confirmed.
    Webhook {
        #[command(subcommand)]
        command: WebhookCommand,
    },
    /// Send requests to other software by a template, and see what they would be.
    Action {
        #[command(subcommand)]
        command: ActionCommand,
    },
    /// Enter, list and end the sites at which members sign in by OpenID Connect.
    Site {
        #[command(subcommand)]
        command: SiteCommand,
    },
    /// Turn online sign-up on or off, or tell how it stands. Off, the space's pages make no sign-up; invitations of the team work on.
    Online {
        /// Name of the space in the data folder.
        space: String,
        /// `on` or `off`; left out: how it stands.
        #[arg(value_enum)]
        turn: Option<Turn>,
    },
    /// Look at what the space asks, change it, and see what it was.
    Form(FormArguments),
    /// Make, list and revoke the keys by which programs use the space's API.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Add, list and remove the doors that members open.
    Door {
        #[command(subcommand)]
        command: DoorCommand,
    },
    /// Run a brand: make its key, admit spaces of its own within the limits that the network's operator set.
    Brand {
        #[command(subcommand)]
        command: branding::BrandCommand,
    },
    /// Make a page to be printed, with a QR code of the space's page and what an NFC tag is to carry.
    Poster {
        /// Name of the space in the data folder.
        space: String,
        /// The HTML file; `-` is standard output.
        #[arg(long, default_value = "-")]
        out: PathBuf,
        /// The poster's language.
        #[arg(long, default_value = "en")]
        language: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Turn {
    /// People may sign up at the space's pages.
    On,
    /// They may not.
    Off,
}

/// The name of a value on the command line, which is also its name in a request.
fn name(value: impl ValueEnum) -> Option<String> {
    value.to_possible_value().map(|possible| possible.get_name().to_owned())
}

/// Runs one `passport verifier` command.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(arguments: VerifierArguments, environment: &Environment) -> anyhow::Result<ExitCode> {
    let data = &arguments.data;
    match &arguments.command {
        VerifierCommand::Poster { space, out, language } => poster(&settings(data, space)?, language, out)?,
        VerifierCommand::Init(new) => {
            setting_up::make_space(new, data, environment, &mut io::stdout())?;
        }
        VerifierCommand::Brand { command } => {
            branding::run(command, data, environment, &mut io::stdout()).await?;
        }
        VerifierCommand::Contacts { command } => command.run(data).await?,
        VerifierCommand::RequestAdmission { space } => {
            setting_up::request_admission(data, space, Role::Space, environment, &mut io::stdout())?;
        }
        command => {
            let (space, request) = command.request(data)?;
            let answer = crate::running::call(data, space, request).await?;
            command.print(&answer, space, arguments.printing)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl VerifierCommand {
    /// The space, and the request that `verifier_web::handle` answers.
    fn request(&self, data: &Path) -> anyhow::Result<(&str, Value)> {
        Ok(match self {
            Self::Request(one) => (&one.space, one.request()),
            Self::Result { space, session } => {
                (space, json!({"command": "verifier.result", "session": session}))
            }
            Self::Member { command } => command.request(data)?,
            Self::SignUps { space } => (space, json!({"command": "verifier.sign-ups"})),
            Self::Approve { space, id } => (space, json!({"command": "verifier.approve", "id": id})),
            Self::Decline { space, id, reason } => {
                (space, json!({"command": "verifier.decline", "id": id, "reason": reason}))
            }
            Self::Objections { space } => (space, json!({"command": "verifier.objections"})),
            Self::Contact { space, id, values } => {
                (space, json!({"command": "verifier.contact", "id": id, "values": values}))
            }
            Self::AskAgain(again) => (&again.space, again.request()),
            Self::CounterOffers { space } => (space, json!({"command": "verifier.counter-offers"})),
            Self::Invite(invitation) => (&invitation.space, invitation.request()),
            Self::Invitations { space } => (space, json!({"command": "verifier.invitations"})),
            Self::Team { command } => command.request(),
            Self::Webhook { command } => command.request(),
            Self::Action { command } => command.request()?,
            Self::Site { command } => command.request(),
            Self::Online { space, turn } => {
                (space, json!({"command": "verifier.online", "on": turn.map(|turn| turn == Turn::On)}))
            }
            Self::Form(form) => form.request()?,
            Self::Key { command } => command.request(),
            Self::Door { command } => command.request()?,
            Self::Init(_)
            | Self::Brand { .. }
            | Self::RequestAdmission { .. }
            | Self::Poster { .. }
            | Self::Contacts { .. } => {
                bail!("this is no single request")
            }
        })
    }

    /// Prints the answer.
    fn print(&self, answer: &Value, space: &str, printing: Printing) -> anyhow::Result<()> {
        if let Self::Result { .. } = self {
            return Ok(writeln!(io::stdout().lock(), "{}", result(answer)?)?);
        }
        if self.prints_a_document() {
            let text = if printing.is_for_people() { format!("{answer:#}") } else { answer.to_string() };
            return Ok(writeln!(io::stdout().lock(), "{text}")?);
        }
        let is_asked = matches!(self, Self::Request(_));
        let answer = match self {
            Self::Request(_) if printing.is_for_people() => requesting::for_people(answer),
            Self::Request(_) => requesting::printed(answer),
            _ => answer.clone(),
        };
        let after = match self {
            Self::SignUps { .. } => next_of_sign_ups(&answer, space),
            _ if is_asked => requesting::next(&answer, space),
            _ => None,
        };
        Ok(printing.print(&answer, after.as_deref())?)
    }

    /// Whether what comes is a file to begin with, or to give back.
    fn prints_a_document(&self) -> bool {
        match self {
            Self::Action { command } => matches!(command, ActionCommand::Template { .. }),
            Self::Door { command } => matches!(command, DoorCommand::Template { .. }),
            Self::Form(form) => form.prints_a_document(),
            _ => false,
        }
    }
}

/// The one word of how a request stands.
fn result(answer: &Value) -> anyhow::Result<&str> {
    let result = answer.get("result").and_then(Value::as_str);
    result.context("the space did not say how the request ended")
}

/// What the team does about those who wait.
fn next_of_sign_ups(answer: &Value, space: &str) -> Option<String> {
    let waiting = answer.get("sign_ups").and_then(Value::as_array).filter(|waiting| !waiting.is_empty())?;
    let first = waiting.first()?.get("id")?.as_str()?;
    Some(format!(
        "What came with one: passport verifier contact {space} {first}\n\
         Decide: passport verifier approve {space} {first}, or decline {space} {first} --reason '…'"
    ))
}

/// What `party.json` of a space says. Its keys and its store stay closed.
fn settings(data: &Path, space: &str) -> anyhow::Result<PartySettings> {
    check_party(data, space)?;
    let file = data.join(space).join("party.json");
    let text = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let settings: PartySettings =
        jose::json::parse_as(text).with_context(|| format!("{} is not understood", file.display()))?;
    if settings.role != Role::Space {
        bail!("{space} is not a space");
    }
    Ok(settings)
}

fn poster(settings: &PartySettings, language: &str, out: &Path) -> anyhow::Result<()> {
    let language = Language::of_tag(language)
        .with_context(|| format!("there are no words in {language:?}: take en or es"))?;
    let html = Poster::new(Words::new(language), &settings.name, &settings.origin())?.html();
    if out == Path::new("-") {
        return Ok(io::stdout().lock().write_all(html.as_bytes())?);
    }
    fs::write(out, html).with_context(|| format!("{} cannot be written", out.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        verifier: VerifierArguments,
    }

    fn parsed(line: &[&str]) -> VerifierArguments {
        Line::parse_from([&["verifier"], line].concat()).verifier
    }

    fn request(line: &[&str]) -> (String, Value) {
        let arguments = parsed(line);
        let (space, request) = arguments.command.request(&arguments.data).unwrap();
        (space.to_owned(), request)
    }

    #[test]
    fn a_request_says_how_and_as_whom_it_asks() {
        let (space, plain) = request(&["request", "kiln-north"]);
        assert_eq!(space, "kiln-north");
        assert_eq!(
            plain,
            json!({"command": "verifier.request", "form": null, "seconds": null,
                "response_mode": "direct_post.jwt", "client_id": "x509_hash", "request_uri_method": "get"})
        );
        let (_, other) = request(&[
            "request",
            "kiln-north",
            "--seconds",
            "5",
            "--form",
            "guest-day",
            "--response-mode",
            "direct_post",
            "--client-id",
            "decentralized_identifier",
            "--request-uri-method",
            "post",
        ]);
        assert_eq!(
            other,
            json!({"command": "verifier.request", "form": "guest-day", "seconds": 5,
                "response_mode": "direct_post", "client_id": "decentralized_identifier", "request_uri_method": "post"})
        );
    }

    #[test]
    fn a_request_prints_the_link_where_wallets_look_for_it() {
        let answer = json!({"link": "openid4vp://?a=b", "client_id": "x509_hash:h", "session": "s",
            "request_uri": "https://kiln.example.org/request/1", "request_uri_method": "get"});
        assert_eq!(
            requesting::printed(&answer),
            json!({"request_uri": "openid4vp://?a=b", "link": "openid4vp://?a=b", "client_id": "x509_hash:h", "session": "s"})
        );
    }

    #[test]
    fn a_request_beyond_the_registration_is_printed_with_its_warning() {
        let printed = |warning: Value| {
            let answer = json!({"link": "openid4vp://?a=b", "warning": warning});
            requesting::printed(&answer).get("warning").cloned()
        };
        assert_eq!(printed(json!("this form asks for more")), Some(json!("this form asks for more")));
        assert_eq!(printed(Value::Null), None);
    }

    #[test]
    fn a_result_is_one_word() {
        assert_eq!(result(&json!({"result": "replay"})).unwrap(), "replay");
        assert!(result(&json!({})).is_err());
    }

    #[test]
    fn a_request_is_told_to_people_as_its_link_and_session_with_what_to_do_next() {
        let answer =
            json!({"link": "openid4vp://?a=b", "client_id": "x509_hash:h", "session": "-s", "warning": null});
        let shown = requesting::for_people(&answer);
        assert_eq!(shown, json!({"link": "openid4vp://?a=b", "session": "-s"}));
        let next = requesting::next(&shown, "kiln-north").unwrap();
        assert!(next.contains("passport verifier result kiln-north -s"), "{next}");
        let warned = requesting::for_people(
            &json!({"link": "l", "session": "s", "warning": "more than is registered"}),
        );
        assert_eq!(warned["warning"], "more than is registered");
    }

    #[test]
    fn whoever_lists_sign_ups_reads_how_to_decide_one() {
        let next = next_of_sign_ups(&json!({"sign_ups": [{"id": "A1"}, {"id": "B2"}]}), "harbour").unwrap();
        assert!(next.contains("approve harbour A1") && next.contains("decline harbour A1"), "{next}");
        assert_eq!(next_of_sign_ups(&json!({"sign_ups": []}), "harbour"), None);
    }

    #[test]
    fn templates_and_forms_stay_json_at_a_terminal() {
        for (line, is_document) in [
            (&["action", "template", "kiln", "cobot"][..], true),
            (&["door", "template", "kiln", "kisi"], true),
            (&["form", "show", "kiln", "sign-up"], true),
            (&["form", "list", "kiln"], false),
            (&["door", "list", "kiln"], false),
        ] {
            assert_eq!(parsed(line).command.prints_a_document(), is_document, "{line:?}");
        }
        assert!(parsed(&["sign-ups", "kiln", "--json"]).printing.is_json());
    }

    #[test]
    fn an_identifier_may_begin_with_a_hyphen_and_flags_still_count() {
        for id in [
            "-UXbeginning_like_a_flag-0123456789_abcdefg",
            "--data-is_no-flag-here_0123456789abcdefghij",
            "-",
        ] {
            for line in [
                ["result", "kiln-north"],
                ["approve", "kiln-north"],
                ["decline", "kiln-north"],
                ["contact", "kiln-north"],
            ] {
                let arguments = parsed(&[&line[..], &[id, "--data", "elsewhere"]].concat());
                let (_, request) = arguments.command.request(Path::new("unused")).unwrap();
                assert!(request.as_object().unwrap().values().any(|value| value == id), "{line:?} {id}");
                assert_eq!(arguments.data, PathBuf::from("elsewhere"));
            }
            let (_, request) = request(&["member", "revoke", "kiln-north", id]);
            assert!(request.as_object().unwrap().values().any(|value| value == id));
        }
        assert!(Line::try_parse_from(["verifier", "request", "kiln-north", "--unknown"]).is_err());
    }

    #[test]
    fn a_member_is_named_whole_or_not_at_all() {
        let (_, named) = request(&[
            "member",
            "add",
            "harbour",
            "--given-name",
            "Ada",
            "--family-name",
            "Example",
            "--birthdate",
            "1990-01-02",
            "--check",
            "document",
            "--tx-code",
        ]);
        assert_eq!(
            named,
            json!({"command": "verifier.member.add", "given_name": "Ada", "family_name": "Example",
                "birthdate": "1990-01-02", "check": "document", "tx_code": true, "seconds": null})
        );
        let half = ["verifier", "member", "add", "harbour", "--given-name", "Ada"];
        assert!(Line::try_parse_from(half).is_err());
    }

    #[test]
    fn a_member_is_offered_again_by_its_identifier_alone() {
        let (space, plain) = request(&["member", "offer", "harbour", "-sub_like_a_flag"]);
        assert_eq!(space, "harbour");
        assert_eq!(
            plain,
            json!({"command": "verifier.member.offer", "sub": "-sub_like_a_flag", "tx_code": false, "seconds": null})
        );
        let (_, other) = request(&["member", "offer", "harbour", "s", "--tx-code", "--seconds", "60"]);
        assert_eq!(
            other,
            json!({"command": "verifier.member.offer", "sub": "s", "tx_code": true, "seconds": 60})
        );
        for line in
            [&["member", "offer", "harbour"][..], &["member", "offer", "harbour", "--given-name", "Ada"]]
        {
            assert!(Line::try_parse_from([&["verifier"], line].concat()).is_err(), "{line:?}");
        }
    }

    #[test]
    fn online_sign_up_is_turned_on_or_off_or_asked_about() {
        for (word, on) in [(Some("on"), json!(true)), (Some("off"), json!(false)), (None, json!(null))] {
            let line: Vec<&str> = ["online", "harbour"].into_iter().chain(word).collect();
            assert_eq!(
                request(&line),
                ("harbour".to_owned(), json!({"command": "verifier.online", "on": on}))
            );
        }
        for line in [&["online"][..], &["online", "harbour", "perhaps"], &["online", "harbour", "ON"]] {
            assert!(Line::try_parse_from([&["verifier"], line].concat()).is_err(), "{line:?}");
        }
    }

    #[test]
    fn nobody_reads_settings_outside_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("party.json"), "{}").unwrap();
        for name in ["", "../harbour", "Harbour", "a/b", ".", "harbour"] {
            let error = settings(folder.path(), name).unwrap_err().to_string();
            assert!(error.contains(&format!("there is no party named {name:?}")), "{error}");
        }
    }
}
