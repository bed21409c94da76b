//! The `passport` command: one file a subcommand, and the composition root of every server.
//!
//! There are no domain rules here: arguments, environment variables and files are read, parts are put together, results
//! are printed. Exit status: 0 done, 1 refused or failed (with a sentence), 2 wrongly called.

mod demo;
mod inspect;
mod issuer;
mod operator;
mod party;
mod resolve;
mod running;
mod serve;
mod store_command;
mod verifier;
mod wallet;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use environment::Environment;
use tracing_subscriber::EnvFilter;

/// Join any coworking space with one touch; you decide what each space gets, and can take it back.
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
    /// Run a passport office: make offers at its desk, suspend passports.
    Issuer(OnData<issuer::IssuerArguments>),
    Verifier(verifier::VerifierArguments),
    Operator(operator::OperatorArguments),
    Inspect(inspect::InspectArguments),
    Resolve(resolve::ResolveArguments),
    Store(store_command::StoreArguments),
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
        .init();
    let environment = Environment::system();
    match run(passport.command, &environment).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "passport: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, environment: &Environment) -> anyhow::Result<ExitCode> {
    let mut output = std::io::stdout();
    match command {
        Command::Demo(arguments) => demo::run(arguments, environment, &mut output).await,
        Command::Serve(arguments) => serve::run(arguments, environment, &mut output).await,
        Command::Wallet(arguments) => Ok(wallet::run(arguments, environment).await),
        Command::Issuer(command) => {
            issuer::run(&command.arguments, &command.data).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Verifier(arguments) => verifier::run(arguments, environment).await,
        Command::Operator(arguments) => operator::run(arguments, environment).map(|()| ExitCode::SUCCESS),
        Command::Inspect(arguments) => {
            let ended = inspect::run(&arguments, environment, &mut output, &mut std::io::stdin().lock())?;
            Ok(ended.into())
        }
        Command::Resolve(arguments) => resolve::run(&arguments, environment).await,
        Command::Store(arguments) => store_command::run(arguments, environment, &mut output).await,
    }
}
