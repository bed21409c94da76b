//! `passport inspect`: what a credential, list, query, request, offer or encrypted answer says, and whether it holds.
//!
//! Offline, for integrators and reviewers. Every command reads files and prints one JSON object: what was
//! accepted and which checks were made, or the refusal with the section of the standard that is broken.

mod dcql;
mod issuer_key;
mod jwe;
mod offer;
mod report;
mod request;
mod sd_jwt;
mod source;
mod status_list;
#[cfg(test)]
mod tests;
mod type_metadata;

use std::io::{Read, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use environment::Environment;

use report::{Failure, Report};
use source::Input;

/// Look into a single piece of the protocols, offline; prints JSON.
#[derive(Args, Debug)]
pub(crate) struct InspectArguments {
    #[command(subcommand)]
    command: InspectCommand,
}

#[derive(Debug, Subcommand)]
enum InspectCommand {
    /// A credential or presentation: its claims, and which checks it passes (RFC 9901, SD-JWT VC).
    SdJwt(sd_jwt::Arguments),
    /// A status list token: the status of one entry (Token Status List).
    StatusList(status_list::Arguments),
    /// A DCQL query: which credentials answer it, and with which claims (OpenID4VP 1.0 §6).
    Dcql(dcql::Arguments),
    /// A presentation request: a signed request object, or the link that starts a presentation (OpenID4VP 1.0 §5).
    Request(request::Arguments),
    /// A credential offer: its JSON, or the link (OpenID4VCI 1.0 §4.1).
    Offer(offer::Arguments),
    /// An encrypted answer: what it holds (RFC 7516).
    Jwe(jwe::Arguments),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The input was accepted.
    Accepted,
    /// The input was refused.
    Refused,
    /// The call itself cannot be meant: a file that cannot be read, standard input named twice.
    WrongCall,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(match ended {
            Ended::Accepted => 0,
            Ended::Refused => 1,
            Ended::WrongCall => 2,
        })
    }
}

/// Runs one `passport inspect` command; `input` is what a file named `-` reads.
///
/// A wrong call is explained on standard error; everything else is one JSON object on `output`.
///
/// # Errors
/// Only if the report cannot be written.
pub(crate) fn run(
    arguments: &InspectArguments,
    environment: &Environment,
    output: &mut dyn Write,
    input: &mut dyn Read,
) -> std::io::Result<Ended> {
    let (report, ended) = match inspect(arguments, environment, &mut Input::new(input)) {
        Ok(report) => (report.to_value(), Ended::Accepted),
        Err(Failure::Refused(refusal)) => (refusal.to_value(), Ended::Refused),
        Err(Failure::WrongCall(message)) => {
            writeln!(std::io::stderr().lock(), "error: {message}")?;
            return Ok(Ended::WrongCall);
        }
    };
    writeln!(output, "{report:#}")?;
    output.flush()?;
    Ok(ended)
}

fn inspect(
    arguments: &InspectArguments,
    environment: &Environment,
    input: &mut Input<'_>,
) -> Result<Report, Failure> {
    match &arguments.command {
        InspectCommand::SdJwt(arguments) => sd_jwt::inspect(arguments, environment, input),
        InspectCommand::StatusList(arguments) => status_list::inspect(arguments, environment, input),
        InspectCommand::Dcql(arguments) => dcql::inspect(arguments, input),
        InspectCommand::Request(arguments) => request::inspect(arguments, environment, input),
        InspectCommand::Offer(arguments) => offer::inspect(arguments, input),
        InspectCommand::Jwe(arguments) => jwe::inspect(arguments, input),
    }
}
