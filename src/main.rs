//! The `passport` command: one file a subcommand, and the composition root of every server.
//!
//! There are no domain rules here: arguments, environment variables and files are read, parts are put together, results
//! are printed. Exit status: 0 done, 1 refused or failed (with a sentence), 2 wrongly called.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod answers;
mod bench;
mod demo;
mod did;
mod inspect;
mod issuer;
mod mailbox;
mod network_command;
mod operator;
mod party;
mod published;
mod resolve;
mod resolver;
mod running;
mod serve;
mod setting_up;
mod store_command;
mod type_metadata;
mod verifier;
mod wallet;

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use environment::Environment;
use tracing_subscriber::EnvFilter;

/// Every job allocates hundreds of small values (specs/decisions/0024). What is freed is wiped first: of a wallet that was locked nothing
/// stays in memory, whichever library had it in its hands (specs/decisions/0028).
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<mimalloc::MiMalloc> =
    zeroizing_alloc::ZeroAlloc(mimalloc::MiMalloc);

/// Join any coworking space with one touch; you decide what each space gets.
#[derive(Debug, Parser)]
#[command(name = "passport", version, about, propagate_version = true)]
struct Passport {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArguments),
    Serve(serve::ServeArguments),
    Wallet(wallet::WalletArguments),
    /// Run a passport office: set it up, make offers at its desk, suspend passports.
    Issuer(OnData<issuer::IssuerArguments>),
    Verifier(verifier::VerifierArguments),
    Network(network_command::NetworkArguments),
    Operator(operator::OperatorArguments),
    Inspect(inspect::InspectArguments),
    Resolve(resolve::ResolveArguments),
    /// Look at a DID's history, change a party's own DID, witness those of others.
    Did(OnData<did::DidArguments>),
    Resolver(resolver::ResolverArguments),
    TypeMetadata(type_metadata::TypeMetadataArguments),
    Bench(bench::BenchArguments),
    Store(store_command::StoreArguments),
    Mailbox(mailbox::MailboxArguments),
}

/// A command to the parties of a data folder.
#[derive(Args, Debug)]
struct OnData<A: Args> {
    /// Where the parties keep their data.
    #[arg(long, global = true, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
    #[command(flatten)]
    arguments: A,
}

#[tokio::main]
async fn main() -> ExitCode {
    let passport = Passport::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("PASSPORT_LOG").unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
    let environment = Environment::system();
    match run(passport.command, &environment).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "passport: {}", told(&error));
            if error.is::<setting_up::TooLittleSaid>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// An error with its causes, each said once: some say the one below themselves.
fn told(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match said.as_str() {
            "" => cause,
            said if said.ends_with(&cause) => said.to_owned(),
            said => format!("{said}: {cause}"),
        }
    })
}

async fn run(command: Command, environment: &Environment) -> anyhow::Result<ExitCode> {
    let mut output = std::io::stdout();
    match command {
        Command::Demo(arguments) => demo::run(arguments, environment, &mut output).await,
        Command::Serve(arguments) => serve::run(arguments, environment, &mut output).await,
        Command::Wallet(arguments) => Ok(wallet::run(arguments, environment).await),
        Command::Issuer(command) => {
            issuer::run(&command.arguments, &command.data, environment).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Verifier(arguments) => verifier::run(arguments, environment).await,
        Command::Network(arguments) => {
            network_command::run(&arguments, environment, &mut output).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Operator(arguments) => operator::run(arguments, environment).map(|()| ExitCode::SUCCESS),
        Command::Inspect(arguments) => {
            let ended = inspect::run(&arguments, environment, &mut output, &mut std::io::stdin().lock())?;
            Ok(ended.into())
        }
        Command::Did(command) => {
            let OnData { data, arguments } = command;
            did::run(arguments, &data, environment, &mut output).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Resolve(arguments) => resolve::run(&arguments, environment).await,
        Command::Resolver(arguments) => resolver::run(arguments, environment, &mut output).await,
        Command::TypeMetadata(arguments) => type_metadata::run(&arguments, environment, &mut output).await,
        Command::Bench(arguments) => bench::run(&arguments, &mut output).await,
        Command::Store(arguments) => store_command::run(arguments, environment, &mut output).await,
        Command::Mailbox(arguments) => mailbox::run(arguments, &mut output).await,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn every_command_can_be_asked_for() {
        // What clap would only find out when somebody asks for that very command.
        let built = std::thread::Builder::new().stack_size(32 << 20).spawn(|| {
            <Passport as clap::CommandFactory>::command().debug_assert();
        });
        built.unwrap().join().unwrap();
    }

    #[test]
    fn a_cause_that_the_error_says_itself_is_not_said_again() {
        let cause = || std::io::Error::other("no space left");
        let error = anyhow::Error::from(::operator::OperatorError::Folder(cause())).context("the demo");
        assert_eq!(told(&error), "the demo: the operator's folder: no space left");
        let plain = Err::<(), _>(cause()).context("the file").unwrap_err();
        assert_eq!(told(&plain), "the file: no space left");
    }
}
