//! `passport wallet`: a member's wallet in the terminal.

mod arguments;
mod asking;
mod carrying;
mod did;
mod doorway;
mod getting;
mod less;
mod mailbox;
mod member;
mod number;
mod opening;
mod own_detail;
mod printing;
mod provider;
mod serving;
mod telling;
mod telling_of_news;
mod words;

use std::process::ExitCode;

use ::wallet::{
    AcceptOptions, Collected, Cost, DetailName, LateAnswer, MailRound, NewWay, OwnDetails, Place,
    PresentOptions, Vault, Wallet, shown,
};
use environment::Environment;
use serde_json::{Value, json};

pub(crate) use arguments::WalletArguments;
use arguments::{Call, OwnCommand, PresetName, WalletCommand};
pub(crate) use asking::agrees_at_terminal;
use asking::{Asking, confirmed};
use opening::{Opened, new_passphrase, opened};
use printing::Report;

/// Runs one command. The result goes to standard output, questions and problems to standard error.
pub(crate) async fn run(arguments: WalletArguments, environment: &Environment) -> ExitCode {
    let json = arguments.command.json();
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

async fn outcome(command: WalletCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        WalletCommand::Init { call, recover } => init(&call, recover, environment).await,
        WalletCommand::Did { command } => did::did(command, environment).await,
        WalletCommand::Number { command } => number::number(command, environment).await,
        WalletCommand::Passphrase { call, recover } => {
            let vault = if recover {
                opening::recovered(&call, environment).await?
            } else {
                opening::vault(&call, environment).await?
            };
            vault.add_way(&NewWay::Passphrase(&opening::next_passphrase()?, Cost::USUAL)).await?;
            Ok(printing::changed())
        }
        WalletCommand::AcceptOffer { call, offer, no_wait } => {
            getting::accept(&call, &offer, no_wait, environment).await
        }
        WalletCommand::Get { call, issuer, wanted, no_wait } => {
            getting::get(&call, &issuer, &wanted, no_wait, environment).await
        }
        WalletCommand::Finish { call, address } => getting::finish(&call, &address, environment).await,
        WalletCommand::Provider { command } => provider::provider(command, environment).await,
        WalletCommand::Present { call, request, preset, own_set, less, compat_request_uri_audience } => {
            telling::check_asks(&request)?;
            let opened = opened(&call, environment).await?;
            let own_set = set_named(&opened.wallet, own_set.as_deref()).await?;
            let options = PresentOptions { compat_request_uri_audience };
            let asking = Asking::with_preset(&call, preset).offering(less).with_own_set(own_set);
            let presented = opened.wallet.present(&request, &options, &asking).await;
            Ok(printing::presented(&presented.map_err(|error| opened.explained(error))?))
        }
        WalletCommand::Collect { call, let_go: Some(issuer) } => let_go(&call, &issuer, environment).await,
        WalletCommand::Collect { call, let_go: None } => {
            let opened = opened(&call, environment).await?;
            let report = printing::collected(&collect(&opened.wallet, &call).await?);
            let report = printing::with_open_pages(report, &opened.wallet.pending().await?);
            // One that was moved calls nobody, and has said so.
            let mail = if opened.rests { MailRound::default() } else { opened.wallet.fetch_mail().await? };
            Ok(mailbox::collected(report, &mail))
        }
        WalletCommand::Refill { call, when_low, preset } => {
            refill(&call, when_low, preset, environment).await
        }
        WalletCommand::List { call } => {
            let Opened { wallet, .. } = opened(&call, environment).await?;
            let held = wallet.list().await?;
            let (being_made, not_given) = (wallet.being_made().await?, wallet.not_given_lately(&held).await?);
            let holding = printing::Holding { held, being_made, not_given };
            let listed = printing::listed(&holding, wallet.did().await?.as_deref());
            let listed = did::told_if_given_up(listed, wallet.is_did_given_up().await?);
            Ok(number::with_warnings(listed, &wallet.warnings().await?))
        }
        WalletCommand::Copy { call, vct } => copy(&call, words::type_of(&vct), environment).await,
        WalletCommand::History { call } => {
            let Opened { wallet, .. } = opened(&call, environment).await?;
            Ok(printing::history(&wallet.history().await?, &wallet.spaces().await?))
        }
        WalletCommand::Export(arguments) => carrying::export(arguments, environment).await,
        WalletCommand::Import { call, file, recover } => {
            carrying::import(&call, &file, recover, environment).await
        }
        WalletCommand::OpenExport(arguments) => carrying::open_export(&arguments).await,
        WalletCommand::TakeUp { call } => carrying::take_up(&call, environment).await,
        WalletCommand::Close { call } => carrying::close(&call, environment).await,
        WalletCommand::Mailbox { command } => mailbox::mailbox(command, environment).await,
        WalletCommand::Space { command } => member::space(command, environment).await,
        WalletCommand::Change(arguments) => member::change(arguments, environment).await,
        WalletCommand::Outbox { command } => member::outbox(command, environment).await,
        WalletCommand::Own { command } => own(command, environment).await,
        WalletCommand::Serve(arguments) => serving::serve(arguments, environment).await,
        WalletCommand::Network { call, descriptor } => join(&call, descriptor.as_deref(), environment).await,
    }
}

/// Collects as far as it goes: what one round brings may be what the next one waited for, and what an issuer promises
/// within moments is waited for.
async fn collect(wallet: &Wallet, call: &Call) -> Result<Collected, Failure> {
    const MOMENTS: u64 = 10;
    const ROUNDS: usize = 5;
    let mut did = wallet.did().await?;
    let mut collected = wallet.collect(&Asking::of(call)).await?;
    for _ in 0..ROUNDS {
        let soon = collected.ask_again_in().and_then(|seconds| u64::try_from(seconds).ok());
        let known = wallet.did().await?;
        let moved = std::mem::replace(&mut did, known.clone()) != known;
        match soon.filter(|seconds| *seconds <= MOMENTS) {
            Some(seconds) => tokio::time::sleep(std::time::Duration::from_secs(seconds)).await,
            // The office goes on as soon as it has the identifier.
            None if moved => {}
            None => break,
        }
        let again = wallet.collect(&Asking::of(call)).await?;
        // What the rounds before brought is still news.
        let is_settled = |answer: &LateAnswer| *answer != LateAnswer::NotYet;
        collected.from.retain(|from| {
            from.accepted.is_some() || from.decision.is_some() || from.answer.as_ref().is_some_and(is_settled)
        });
        collected.from.extend(again.from);
        collected.changes.extend(again.changes);
        collected.did = collected.did.or(again.did);
    }
    Ok(collected)
}

/// Lets go of what an issuer promised for later, or a party has still to give.
async fn let_go(call: &Call, issuer: &str, environment: &Environment) -> Result<Report, Failure> {
    let Opened { wallet, .. } = opened(call, environment).await?;
    let gone = wallet.let_go_of(issuer).await?;
    if gone == 0 {
        let sentence = format!(
            "nothing is awaited of {}; name its host, as `passport wallet collect` does, its address or its DID",
            shown(issuer)
        );
        return Err(Failure::new("nothing_promised", sentence));
    }
    let sentence = format!("{} is asked no more for what was to come.", shown(issuer));
    Ok(Report { lines: vec![sentence], value: json!({"let_go": gone}) })
}

/// A copy that was shown already, in clear.
async fn copy(call: &Call, vct: &str, environment: &Environment) -> Result<Report, Failure> {
    let opened = opened(call, environment).await?;
    let Some(compact) = opened.wallet.shown_copy(vct).await? else {
        let sentence = format!(
            "the wallet keeps no copy of {} that was shown already; one that was not is not printed, since whoever sees \
             it could recognise you by it later",
            words::kind(vct)
        );
        return Err(Failure::new("no_shown_copy", sentence));
    };
    Ok(Report { lines: vec![compact.clone()], value: json!({"type": vct, "credential": compact}) })
}

fn accepting(call: &Call) -> AcceptOptions {
    AcceptOptions {
        tx_code: call.tx_code.as_ref().map(|code| openid4vc::secret::SecretText::new(code.as_str())),
        copies: call.batch,
    }
}

async fn init(call: &Call, recover: bool, environment: &Environment) -> Result<Report, Failure> {
    Vault::look_for_room(&call.store)?;
    let passphrase = new_passphrase()?;
    let first = NewWay::Passphrase(&passphrase, Cost::USUAL);
    if recover {
        let code = opening::recovery_code()?;
        Vault::create_with_code(&call.store, &first, &code, environment).await?;
        return Ok(printing::made_again(&call.store));
    }
    let (_vault, code) = Vault::create(&call.store, &first, environment).await?;
    Ok(printing::made(&call.store, &code))
}

async fn refill(
    call: &Call,
    when_low: bool,
    preset: Option<PresetName>,
    environment: &Environment,
) -> Result<Report, Failure> {
    let opened = opened(call, environment).await?;
    if when_low && !opened.wallet.needs_refill().await? {
        return Ok(Report {
            lines: vec!["There are copies enough.".to_owned()],
            value: json!({"accepted": []}),
        });
    }
    let refilled = opened.wallet.refill(&accepting(call), &Asking::for_refill(call, preset)).await;
    let refilled = refilled.map_err(|error| opened.explained(error))?;
    Ok(printing::refilled(&refilled))
}

async fn own(command: OwnCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        OwnCommand::Set { call, name, value, json_value, own_set } => {
            Vault::look_for(&call.store)?;
            let name =
                DetailName::new(&name).map_err(|error| Failure::new("detail_name", error.to_string()))?;
            let value = if json_value {
                jose::json::parse(&value).map_err(|error| Failure::new("detail_value", error.to_string()))?
            } else {
                Value::from(value)
            };
            own_detail::check(name.as_str(), &value, environment.now())?;
            let opened = opened(&call, environment).await?;
            match set_named(&opened.wallet, own_set.as_deref()).await? {
                None => opened.wallet.set_own_detail(name, value).await?,
                Some(set) => {
                    let edit = |own: &mut OwnDetails| own.set_at(name, value, Place::Set(&set));
                    let edited = opened.wallet.edit_own_details(edit).await;
                    edited.map_err(|error| Failure::new("own_details", error.to_string()))?;
                }
            }
            Ok(printing::own(&opened.wallet.own_details().await?))
        }
        OwnCommand::Remove { call, name } => remove(&call, &name, environment).await,
        OwnCommand::Show { call } => {
            let opened = opened(&call, environment).await?;
            Ok(printing::own(&opened.wallet.own_details().await?))
        }
    }
}

/// The identifier of the set of own details that is named; none where none is.
async fn set_named(wallet: &Wallet, named: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let own = wallet.own_details().await?;
    match own.set_named(named) {
        Some(set) => Ok(Some(set.id.clone())),
        None => {
            let sentence = format!(
                "you have no set of details called {}; `passport wallet own show` lists them",
                shown(named)
            );
            Err(Failure::new("no_such_set", sentence))
        }
    }
}

async fn remove(call: &Call, name: &str, environment: &Environment) -> Result<Report, Failure> {
    let unknown = || {
        let sentence =
            format!("you have no own detail called {}; `passport wallet own show` lists them", shown(name));
        Failure::new("no_such_detail", sentence)
    };
    Vault::look_for(&call.store)?;
    let detail = DetailName::new(name).map_err(|error| Failure::new("detail_name", error.to_string()))?;
    let opened = opened(call, environment).await?;
    if !opened.wallet.own_details().await?.to_claims().contains_key(name) {
        return Err(unknown());
    }
    opened.wallet.set_own_detail(detail, Value::Null).await?;
    Ok(printing::own(&opened.wallet.own_details().await?))
}

async fn join(call: &Call, place: Option<&str>, environment: &Environment) -> Result<Report, Failure> {
    Vault::look_for(&call.store)?;
    let named = match place {
        Some(place) => {
            let text = opening::descriptor(&call.outside, place).await?;
            let descriptor = trust::NetworkDescriptor::from_json(&text)
                .map_err(|error| Failure::new("network_descriptor", error.to_string()))?;
            Some(descriptor)
        }
        None => None,
    };
    let vault = std::sync::Arc::new(opening::vault(call, environment).await?);
    let descriptor = match named {
        Some(descriptor) => descriptor,
        None => opening::successor(call, &vault, environment).await?,
    };
    let before = Wallet::networks(&vault).await?;
    if before.contains(&descriptor) {
        return Ok(printing::joined(&descriptor, true));
    }
    let mut question = printing::network(&descriptor);
    question.extend(printing::besides(&before, &descriptor));
    if !confirmed(call, &question, "Join this network?") {
        return Err(Failure::new("declined", "the network was not joined"));
    }
    Wallet::join_network(&vault, &descriptor).await?;
    Ok(printing::joined(&descriptor, false))
}
