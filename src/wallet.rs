//! `passport wallet`: a member's wallet in the terminal.

mod arguments;
mod asking;
mod opening;
mod printing;

use std::process::ExitCode;

use ::wallet::{
    AcceptError, AcceptOptions, Accepted, CollectError, Collected, Cost, DetailName, NetworkError,
    PresentError, PresentOptions, RefillError, TrustError, Vault, VaultError, Wallet, WalletError,
};
use environment::Environment;
use serde_json::{Value, json};

pub(crate) use arguments::WalletArguments;
use arguments::{Call, OwnCommand, WalletCommand};
use asking::{Asking, confirmed};
use opening::{Opened, new_passphrase, opened};
use printing::Report;

/// Runs one command. The result goes to standard output, questions and problems to standard error.
pub(crate) async fn run(arguments: WalletArguments, environment: &Environment) -> ExitCode {
    let json = arguments.command.call().json;
    match outcome(arguments.command, environment).await {
        Ok(report) => printing::print(&report, json),
        Err(failure) => printing::fail(&failure, json),
    }
}

/// Why a command failed: a short name and a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) sentence: String,
}

impl Failure {
    pub(crate) fn new(code: &str, sentence: impl Into<String>) -> Self {
        Self { code: code.to_owned(), sentence: sentence.into() }
    }
}

macro_rules! failures {
    ($($error:ty => $code:expr),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let code: fn(&$error) -> String = $code;
                Self { code: code(&error), sentence: error.to_string() }
            }
        })*
    };
}

failures! {
    AcceptError => |error| error.code().to_owned(),
    PresentError => |error| error.code().to_owned(),
    CollectError => |_| "not_collected".to_owned(),
    RefillError => |error| match error {
        RefillError::Present(error) => error.code().to_owned(),
        RefillError::Accept(error) => error.code().to_owned(),
        _ => "not_refilled".to_owned(),
    },
    NetworkError => |_| "network_not_joined".to_owned(),
    WalletError => |_| "vault".to_owned(),
    VaultError => |error| match error {
        VaultError::WrongSecret => "wrong_passphrase".to_owned(),
        VaultError::NotThere(_) => "no_wallet".to_owned(),
        VaultError::AlreadyThere(_) => "wallet_exists".to_owned(),
        _ => "vault".to_owned(),
    },
    TrustError => |error| error.code().to_owned(),
    outbound::ClientError => |_| "tls".to_owned(),
    outbound::OutboundError => |_| "unreachable".to_owned(),
}

async fn outcome(command: WalletCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        WalletCommand::Init { call } => init(&call, environment).await,
        WalletCommand::Passphrase { call, recover } => {
            let mut vault = if recover {
                opening::recovered(&call, environment).await?
            } else {
                opening::vault(&call, environment).await?
            };
            vault.change_passphrase(&opening::next_passphrase()?, Cost::USUAL).await?;
            Ok(printing::changed())
        }
        WalletCommand::AcceptOffer { call, offer } => {
            let opened = opened(&call, environment).await?;
            Ok(printing::accepted(&accept(&opened.wallet, &call, &offer).await?))
        }
        WalletCommand::Present { call, request, compat_request_uri_audience } => {
            let opened = opened(&call, environment).await?;
            let options = PresentOptions { compat_request_uri_audience };
            let presented = opened.wallet.present(&request, &options, &Asking::of(&call)).await?;
            Ok(printing::presented(&presented))
        }
        WalletCommand::Collect { call } => {
            let opened = opened(&call, environment).await?;
            Ok(printing::collected(&collect(&opened.wallet, &call).await?))
        }
        WalletCommand::Refill { call, when_low } => refill(&call, when_low, environment).await,
        WalletCommand::List { call } => {
            let Opened { wallet, .. } = opened(&call, environment).await?;
            Ok(printing::listed(&wallet.list().await?, wallet.did().await?.as_deref()))
        }
        WalletCommand::History { call } => {
            let Opened { wallet, .. } = opened(&call, environment).await?;
            Ok(printing::history(&wallet.history().await?, &wallet.spaces().await?))
        }
        WalletCommand::Own { command } => own(command, environment).await,
        WalletCommand::Network { call, descriptor } => join(&call, &descriptor, environment).await,
    }
}

/// Accepts; an issuer's transaction code that was not given beforehand is asked for, since it came another way.
async fn accept(wallet: &Wallet, call: &Call, offer: &str) -> Result<Accepted, Failure> {
    let options = accepting(call);
    let first = wallet.accept_offer(offer, &options, &Asking::of(call)).await;
    match first {
        Err(error) if options.tx_code.is_none() && error.code() == "tx_code_needed" => {
            let code = (!call.yes)
                .then(asking::tx_code)
                .flatten()
                .ok_or_else(|| Failure::new(error.code(), format!("{error}; give it with --tx-code")))?;
            let options =
                AcceptOptions { tx_code: Some(openid4vc::secret::SecretText::new(code)), ..options };
            Ok(wallet.accept_offer(offer, &options, &Asking::agreed()).await?)
        }
        other => Ok(other?),
    }
}

/// Collects; what an issuer promises within moments is waited for.
async fn collect(wallet: &Wallet, call: &Call) -> Result<Collected, Failure> {
    const MOMENTS: u64 = 10;
    const TRIES: usize = 5;
    let mut collected = wallet.collect(&Asking::of(call)).await?;
    for _ in 0..TRIES {
        let Some(seconds) = collected.ask_again_in().and_then(|seconds| u64::try_from(seconds).ok()) else {
            break;
        };
        if seconds > MOMENTS {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
        let again = wallet.collect(&Asking::of(call)).await?;
        // What the first round brought is still news.
        collected.from.retain(|from| from.accepted.is_some() || from.decision.is_some());
        collected.from.extend(again.from);
        collected.did = collected.did.or(again.did);
    }
    Ok(collected)
}

fn accepting(call: &Call) -> AcceptOptions {
    AcceptOptions {
        tx_code: call.tx_code.as_ref().map(|code| openid4vc::secret::SecretText::new(code.as_str())),
        copies: call.batch,
    }
}

async fn init(call: &Call, environment: &Environment) -> Result<Report, Failure> {
    Vault::look_for_room(&call.store)?;
    let passphrase = new_passphrase()?;
    let (_vault, code) = Vault::create(&call.store, &passphrase, Cost::USUAL, environment).await?;
    Ok(printing::made(&call.store, &code))
}

async fn refill(call: &Call, when_low: bool, environment: &Environment) -> Result<Report, Failure> {
    let opened = opened(call, environment).await?;
    if when_low && !opened.wallet.needs_refill().await? {
        return Ok(Report {
            lines: vec!["There are copies enough.".to_owned()],
            value: json!({"accepted": []}),
        });
    }
    let refilled = opened.wallet.refill(&accepting(call), &Asking::for_refill(call)).await?;
    Ok(printing::refilled(&refilled))
}

async fn own(command: OwnCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        OwnCommand::Set { call, name, value } => {
            Vault::look_for(&call.store)?;
            let name =
                DetailName::new(&name).map_err(|error| Failure::new("detail_name", error.to_string()))?;
            // What reads as JSON is kept as JSON; everything else is text.
            let value = if call.json_value {
                jose::json::parse(&value).map_err(|error| Failure::new("detail_value", error.to_string()))?
            } else {
                Value::from(value)
            };
            let opened = opened(&call, environment).await?;
            opened.wallet.set_own_detail(name, value).await?;
            Ok(printing::own(&opened.wallet.own_details().await?))
        }
        OwnCommand::Show { call } => {
            let opened = opened(&call, environment).await?;
            Ok(printing::own(&opened.wallet.own_details().await?))
        }
    }
}

async fn join(call: &Call, descriptor: &str, environment: &Environment) -> Result<Report, Failure> {
    Vault::look_for(&call.store)?;
    let text = opening::descriptor(call, descriptor).await?;
    let descriptor = trust::NetworkDescriptor::from_json(&text)
        .map_err(|error| Failure::new("network_descriptor", error.to_string()))?;
    let vault = opening::vault(call, environment).await?;
    let question = printing::network(&descriptor);
    if !confirmed(call, &question, "Join this network?") {
        return Err(Failure::new("declined", "the network was not joined"));
    }
    Wallet::join_network(&vault, &descriptor).await?;
    Ok(printing::joined(&descriptor))
}
