//! The words of `passport wallet`.

use std::path::PathBuf;

use ::wallet::Preset;
use clap::{Arg, Args, Subcommand, ValueEnum};
use outbound::Override;

use super::carrying::{ExportArguments, OpenExportArguments};
use super::did::DidCommand;
use super::less::LessArguments;
use super::mailbox::MailboxCommand;
use super::member::{ChangeArguments, OutboxCommand, SpaceCommand};
use super::number::NumberCommand;
use super::provider::ProviderCommand;
use super::serving::ServeArguments;

/// A member's wallet: get credentials, answer requests, see what was given to whom.
#[derive(Args, Debug)]
pub(crate) struct WalletArguments {
    #[command(subcommand)]
    pub(super) command: WalletCommand,
}

/// The options of a call that is about this folder and nobody else.
pub(super) const HERE: &[&str] = &["store", "json"];
/// The options of a call that is about this folder and asks before it does it.
const CONFIRMED: &[&str] = &["store", "json", "yes"];
/// The options of a call that goes out.
pub(super) const OUT: &[&str] = &["store", "json", "yes", "insecure_http", "tls_ca", "resolve"];
/// The options of a call that goes out to parties that may be outside any network.
const OUTSIDE: &[&str] =
    &["store", "json", "yes", "outside_network", "ca", "trust_did", "insecure_http", "tls_ca", "resolve"];
/// The options of a call that gets credentials.
const ACCEPTING: &[&str] = &[
    "store",
    "json",
    "yes",
    "tx_code",
    "batch",
    "outside_network",
    "ca",
    "trust_did",
    "insecure_http",
    "tls_ca",
    "resolve",
];
/// The options of a call that gets credentials without an offer.
const GETTING: &[&str] = &[
    "store",
    "json",
    "yes",
    "batch",
    "outside_network",
    "ca",
    "trust_did",
    "insecure_http",
    "tls_ca",
    "resolve",
];
/// The options of a call that gets new copies.
const REFILLING: &[&str] = &["store", "json", "yes", "batch", "insecure_http", "tls_ca", "resolve"];

/// Every command takes the options of every other, so that scripts need not know which; its help shows those that mean
/// something to it.
pub(super) fn only(shown: &'static [&'static str]) -> impl FnMut(Arg) -> Arg {
    move |argument| {
        let own = !CALL.contains(&argument.get_id().as_str());
        let hide = argument.is_hide_set() || !(own || shown.contains(&argument.get_id().as_str()));
        argument.hide(hide)
    }
}

/// The options of [`Call`].
const CALL: &[&str] = &[
    "store",
    "json",
    "yes",
    "tx_code",
    "batch",
    "outside_network",
    "ca",
    "trust_did",
    "insecure_http",
    "tls_ca",
    "resolve",
];

#[derive(Debug, Subcommand)]
pub(super) enum WalletCommand {
    /// Make a wallet in a new folder; prints the recovery code, once.
    #[command(mut_args(only(HERE)))]
    Init {
        #[command(flatten)]
        call: Call,
        /// For the recovery code of a wallet that is lost, which this one keeps; then `passport wallet did recover`.
        #[arg(long)]
        recover: bool,
    },
    /// Serve the wallet's own pages for a browser on this machine, or those of many wallets.
    Serve(ServeArguments),
    /// Choose a new passphrase.
    #[command(mut_args(only(HERE)))]
    Passphrase {
        #[command(flatten)]
        call: Call,
        /// Open the wallet with its recovery code, when the passphrase is lost.
        #[arg(long)]
        recover: bool,
    },
    /// Accept a credential offer.
    #[command(mut_args(only(ACCEPTING)))]
    AcceptOffer {
        #[command(flatten)]
        call: Call,
        /// The offer: `openid-credential-offer://…` or an https link.
        offer: String,
        /// Where the issuer asks you on its own page: print its address and do not wait.
        #[arg(long)]
        no_wait: bool,
    },
    /// Get a credential of an issuer without any offer: it asks you on its own page.
    #[command(mut_args(only(GETTING)))]
    Get {
        #[command(flatten)]
        call: Call,
        /// The issuer's address.
        #[arg(value_name = "ISSUER")]
        issuer: String,
        /// What of it: a type, or a name in the issuer's metadata. Not needed where it has one thing only.
        #[arg(value_name = "WHAT")]
        wanted: Vec<String>,
        /// Print the address of the page and do not wait.
        #[arg(long)]
        no_wait: bool,
    },
    /// Go on with the address at which your browser ended, when the wallet was not waiting there any more.
    #[command(mut_args(only(OUTSIDE)))]
    Finish {
        #[command(flatten)]
        call: Call,
        /// The whole address: `http://127.0.0.1…/return?…`.
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// Answer a request: see who asks for what, choose, send.
    #[command(mut_args(only(OUTSIDE)))]
    Present {
        #[command(flatten)]
        call: Call,
        /// The request: `openid4vp://…`, `haip-vp://…` or an https link.
        request: String,
        /// How much to give without being asked one by one.
        #[arg(long, value_enum, value_name = "PRESET")]
        preset: Option<PresetName>,
        /// The set of your own details that goes along; without it, the one that they were given last.
        #[arg(long = "as", value_name = "SET")]
        own_set: Option<String>,
        #[command(flatten)]
        less: LessArguments,
        /// Take request objects whose audience is their own address, as known peers send them. Only for tests.
        #[arg(long, hide = true, requires = "outside_network")]
        compat_request_uri_audience: bool,
    },
    /// Fetch what was still to come: decisions, credentials, proofs, a place for your identifier.
    #[command(mut_args(only(OUTSIDE)))]
    Collect {
        #[command(flatten)]
        call: Call,
        /// Ask nobody: let go of what this issuer promised for later, or this party has still to give after an answer.
        #[arg(long, value_name = "ISSUER")]
        let_go: Option<String>,
    },
    /// Get new copies of passport and profile for the present ones.
    #[command(mut_args(only(REFILLING)))]
    Refill {
        #[command(flatten)]
        call: Call,
        /// Do nothing while there are copies enough.
        #[arg(long)]
        when_low: bool,
        /// How much to give without being asked one by one; all when nothing is said.
        #[arg(long, value_enum, value_name = "PRESET")]
        preset: Option<PresetName>,
    },
    /// Show the credentials.
    #[command(mut_args(only(HERE)))]
    List {
        #[command(flatten)]
        call: Call,
    },
    /// Print a copy that was shown already, as it was issued, for `passport inspect sd-jwt`.
    ///
    /// It holds everything in it, also what was not shown, in clear. A copy that was not shown yet is not printed:
    /// whoever sees it could recognise you by it later.
    #[command(mut_args(only(HERE)))]
    Copy {
        #[command(flatten)]
        call: Call,
        /// The type: `passport`, `profile`, `membership`, `statement`, or as `wallet list` prints it.
        #[arg(value_name = "TYPE")]
        vct: String,
    },
    /// Show every transaction, and what each space was given.
    #[command(mut_args(only(HERE)))]
    History {
        #[command(flatten)]
        call: Call,
    },
    /// Write your wallet into a file that opens with words of its own, to keep it or to move it to another place.
    #[command(mut_args(only(CONFIRMED)))]
    Export(ExportArguments),
    /// Take a wallet in from its file, in a new folder.
    #[command(mut_args(only(HERE)))]
    Import {
        #[command(flatten)]
        call: Call,
        /// The file.
        file: PathBuf,
        /// Open the file with the recovery code of its wallet, when its words are lost.
        #[arg(long)]
        recover: bool,
    },
    /// Read a history that was exported to be kept.
    OpenExport(OpenExportArguments),
    /// Use a wallet again that was moved and rests.
    #[command(mut_args(only(CONFIRMED)))]
    TakeUp {
        #[command(flatten)]
        call: Call,
    },
    /// Close your wallet: everything in it is erased.
    #[command(mut_args(only(CONFIRMED)))]
    Close {
        #[command(flatten)]
        call: Call,
    },
    /// Your identifier in the network: show it, and change it with the recovery code.
    Did {
        #[command(subcommand)]
        command: DidCommand,
    },
    /// What spaces wrote to you: invitations, decisions, offers.
    Mailbox {
        #[command(subcommand)]
        command: MailboxCommand,
    },
    /// What one space holds of you: see it, change it, take it back, leave.
    Space {
        #[command(subcommand)]
        command: SpaceCommand,
    },
    /// Change one of your own details, here and at the spaces you name, each told at a time of its own.
    #[command(mut_args(only(OUT)))]
    Change(ChangeArguments),
    /// What is still to be changed at spaces.
    Outbox {
        #[command(subcommand)]
        command: OutboxCommand,
    },
    /// Your passport number: show it, replace it, keep it from spaces.
    Number {
        #[command(subcommand)]
        command: NumberCommand,
    },
    /// Who vouches for this wallet, where an issuer takes only wallets that somebody vouches for.
    Provider {
        #[command(subcommand)]
        command: ProviderCommand,
    },
    /// Your own details: what you say about yourself.
    Own {
        #[command(subcommand)]
        command: OwnCommand,
    },
    /// Join the network of this descriptor; networks that were joined before stay. Without one, the network that yours has joined.
    #[command(mut_args(only(OUT)))]
    Network {
        #[command(flatten)]
        call: Call,
        /// Address or file of the descriptor.
        #[arg(value_name = "URL|FILE")]
        descriptor: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum OwnCommand {
    /// Set a detail.
    #[command(mut_args(only(HERE)))]
    Set {
        #[command(flatten)]
        call: Call,
        /// Its name, such as `email`, `company` or `bio`.
        name: String,
        /// Its value.
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// The value is JSON.
        #[arg(long)]
        json_value: bool,
        /// The set that gets it for its own; without it, it is set where it is.
        #[arg(long = "as", value_name = "SET")]
        own_set: Option<String>,
    },
    /// Take a detail away.
    #[command(mut_args(only(HERE)))]
    Remove {
        #[command(flatten)]
        call: Call,
        /// Its name.
        name: String,
    },
    /// Show all details.
    #[command(mut_args(only(HERE)))]
    Show {
        #[command(flatten)]
        call: Call,
    },
}

impl WalletCommand {
    /// Whether the result is printed as one JSON object.
    pub(super) const fn json(&self) -> bool {
        match self {
            Self::Provider { command } => command.json(),
            Self::Serve(arguments) => arguments.json,
            Self::OpenExport(arguments) => arguments.json,
            other => match other.call() {
                Some(call) => call.json,
                None => false,
            },
        }
    }

    /// What all commands take that are about one wallet.
    const fn call(&self) -> Option<&Call> {
        Some(match self {
            Self::Provider { .. } | Self::Serve(_) | Self::OpenExport(_) => return None,
            Self::Export(arguments) => &arguments.call,
            Self::Did { command } => command.call(),
            Self::Number { command } => command.call(),
            Self::Mailbox { command } => command.call(),
            Self::Space { command } => command.call(),
            Self::Change(arguments) => &arguments.call,
            Self::Outbox { command } => command.call(),
            Self::Init { call, .. }
            | Self::Passphrase { call, .. }
            | Self::AcceptOffer { call, .. }
            | Self::Get { call, .. }
            | Self::Finish { call, .. }
            | Self::Present { call, .. }
            | Self::Collect { call, .. }
            | Self::Refill { call, .. }
            | Self::List { call }
            | Self::Copy { call, .. }
            | Self::History { call }
            | Self::Import { call, .. }
            | Self::TakeUp { call }
            | Self::Close { call }
            | Self::Own {
                command:
                    OwnCommand::Set { call, .. } | OwnCommand::Remove { call, .. } | OwnCommand::Show { call },
            }
            | Self::Network { call, .. } => call,
        })
    }
}

/// What every command takes.
#[derive(Args, Debug)]
pub(super) struct Call {
    /// The folder of the wallet.
    #[arg(long, value_name = "PATH")]
    pub(super) store: PathBuf,
    /// Do not ask: accept, and give what is needed or what a preset says.
    #[arg(long)]
    pub(super) yes: bool,
    /// The transaction code of an offer.
    #[arg(long, value_name = "CODE")]
    pub(super) tx_code: Option<String>,
    /// How many copies of each credential to ask for.
    #[arg(long, value_name = "N")]
    pub(super) batch: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) outside: Outside,
}

/// Above the options of [`Outside`].
pub(super) const OUTSIDE_HEADING: &str = "Outside any network, for this call only";

/// Dealing with parties outside any network, for this one call.
#[derive(Args, Debug, Default)]
pub(super) struct Outside {
    /// Deal with parties that no network has admitted: those named below.
    #[arg(long, help_heading = OUTSIDE_HEADING)]
    pub(super) outside_network: bool,
    /// Trust signers below the certificate authorities in this file.
    #[arg(long, help_heading = OUTSIDE_HEADING, value_name = "FILE", requires = "outside_network")]
    pub(super) ca: Vec<PathBuf>,
    /// Trust the keys of this DID.
    #[arg(long, help_heading = OUTSIDE_HEADING, value_name = "DID", requires = "outside_network")]
    pub(super) trust_did: Vec<String>,
    /// Speak http with this machine.
    #[arg(long, help_heading = OUTSIDE_HEADING)]
    pub(super) insecure_http: bool,
    /// Trust https servers below the certificate authorities in this file.
    #[arg(long, help_heading = OUTSIDE_HEADING, value_name = "PEM")]
    pub(super) tls_ca: Vec<PathBuf>,
    /// Connect elsewhere: `host:port:address[:port]`.
    #[arg(long, help_heading = OUTSIDE_HEADING, value_name = "WHERE")]
    pub(super) resolve: Vec<Override>,
}

/// How much to give.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PresetName {
    /// Only what is needed.
    Needed,
    /// What is needed, and what you usually give.
    Usual,
    /// All that was asked.
    All,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Needed => Self::Needed,
            PresetName::Usual => Self::Usual,
            PresetName::All => Self::All,
        }
    }
}
