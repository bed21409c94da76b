//! The words of `passport wallet`.

use std::path::PathBuf;

use ::wallet::Preset;
use clap::{Args, Subcommand, ValueEnum};
use outbound::Override;

/// A member's wallet: get credentials, answer requests, see what was given to whom.
#[derive(Args, Debug)]
pub(crate) struct WalletArguments {
    #[command(subcommand)]
    pub(super) command: WalletCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum WalletCommand {
    /// Make a wallet in a new folder; prints the recovery code, once.
    Init {
        #[command(flatten)]
        call: Call,
    },
    /// Choose a new passphrase.
    Passphrase {
        #[command(flatten)]
        call: Call,
        /// Open the wallet with its recovery code, when the passphrase is lost.
        #[arg(long)]
        recover: bool,
    },
    /// Accept a credential offer.
    AcceptOffer {
        #[command(flatten)]
        call: Call,
        /// The offer: `openid-credential-offer://…` or an https link.
        offer: String,
    },
    /// Answer a request: see who asks for what, choose, send.
    Present {
        #[command(flatten)]
        call: Call,
        /// The request: `openid4vp://…`, `haip-vp://…` or an https link.
        request: String,
        /// Take request objects whose audience is their own address, as known peers send them. Only for tests.
        #[arg(long, hide = true, requires = "outside_network")]
        compat_request_uri_audience: bool,
    },
    /// Fetch what was still to come: decisions, credentials, proofs, a place for your identifier.
    Collect {
        #[command(flatten)]
        call: Call,
    },
    /// Get new copies of passport and profile for the present ones.
    Refill {
        #[command(flatten)]
        call: Call,
        /// Do nothing while there are copies enough.
        #[arg(long)]
        when_low: bool,
    },
    /// Show the credentials.
    List {
        #[command(flatten)]
        call: Call,
    },
    /// Show every transaction, and what each space was given.
    History {
        #[command(flatten)]
        call: Call,
    },
    /// Your own details: what you say about yourself.
    Own {
        #[command(subcommand)]
        command: OwnCommand,
    },
    /// Join the network of this descriptor, once.
    Network {
        #[command(flatten)]
        call: Call,
        /// Address or file of the descriptor.
        #[arg(value_name = "URL|FILE")]
        descriptor: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum OwnCommand {
    /// Set a detail.
    Set {
        #[command(flatten)]
        call: Call,
        /// Its name, such as `email`, `company` or `bio`.
        name: String,
        /// Its value.
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Show all details.
    Show {
        #[command(flatten)]
        call: Call,
    },
}

impl WalletCommand {
    pub(super) const fn call(&self) -> &Call {
        match self {
            Self::Init { call }
            | Self::Passphrase { call, .. }
            | Self::AcceptOffer { call, .. }
            | Self::Present { call, .. }
            | Self::Collect { call }
            | Self::Refill { call, .. }
            | Self::List { call }
            | Self::History { call }
            | Self::Own { command: OwnCommand::Set { call, .. } | OwnCommand::Show { call } }
            | Self::Network { call, .. } => call,
        }
    }
}

/// What every command takes.
#[derive(Args, Debug)]
pub(super) struct Call {
    /// The folder of the wallet.
    #[arg(long, value_name = "PATH")]
    pub(super) store: PathBuf,
    /// Do not ask: accept, and give what the preset says.
    #[arg(long)]
    pub(super) yes: bool,
    /// How much to give without being asked one by one.
    #[arg(long, value_enum, value_name = "PRESET")]
    pub(super) preset: Option<PresetName>,
    /// The transaction code of an offer.
    #[arg(long, value_name = "CODE")]
    pub(super) tx_code: Option<String>,
    /// How many copies of each credential to ask for.
    #[arg(long, value_name = "N")]
    pub(super) batch: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    /// The value of an own detail is JSON.
    #[arg(long)]
    pub(super) json_value: bool,
    #[command(flatten)]
    pub(super) outside: Outside,
}

/// Dealing with parties outside any network, for this one call.
#[derive(Args, Debug)]
#[command(next_help_heading = "Outside any network, for this call only")]
pub(super) struct Outside {
    /// Deal with parties that no network has admitted: those named below.
    #[arg(long)]
    pub(super) outside_network: bool,
    /// Trust signers below the certificate authorities in this file.
    #[arg(long, value_name = "FILE", requires = "outside_network")]
    pub(super) ca: Vec<PathBuf>,
    /// Trust the keys of this DID.
    #[arg(long, value_name = "DID", requires = "outside_network")]
    pub(super) trust_did: Vec<String>,
    /// Speak http with this machine.
    #[arg(long)]
    pub(super) insecure_http: bool,
    /// Trust https servers below the certificate authorities in this file.
    #[arg(long, value_name = "PEM")]
    pub(super) tls_ca: Vec<PathBuf>,
    /// Connect elsewhere: `host:port:address[:port]`.
    #[arg(long, value_name = "WHERE")]
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
