//! `passport issuer`: an office is set up, its staff makes offers and suspends passports.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use environment::Environment;
use serde_json::{Value, json};
use trust::Role;
use web::qr::Qr;

use crate::answers::Printing;
use crate::setting_up::{self, NewOffice};

/// Pixels of a QR code's module in a PNG.
const PNG_SCALE: u8 = 8;

/// Run a passport office: set it up, make offers at its desk, suspend passports.
#[derive(Args, Debug)]
pub(crate) struct IssuerArguments {
    /// Name of the office in the data folder.
    #[arg(long, default_value = "office", global = true)]
    office: String,
    #[command(flatten)]
    printing: Printing,
    #[command(subcommand)]
    command: IssuerCommand,
}

#[derive(Debug, Subcommand)]
enum IssuerCommand {
    /// Make an office of your own: its folder with keys, identifier and settings, and the request for its admission.
    Init(NewOffice),
    /// Write the request for admission anew, after a change of party.json; the office must not run.
    RequestAdmission {
        /// Name of the office in the data folder.
        name: String,
    },
    /// Offer a profile of what the staff has checked at the desk; prints the offer.
    Offer(OfferArguments),
    /// Revoke a profile that was offered at the desk, with every copy that came of it.
    Revoke {
        /// The handle that `offer` printed; it may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        handle: String,
    },
    /// Let a passport count no longer, and revoke its copies.
    Suspend {
        /// The passport number, in any spelling.
        number: String,
    },
    /// Give a passport another number; the old one leads nowhere any more, and copies that show it are revoked.
    Renumber {
        /// The passport number, in any spelling.
        number: String,
    },
    /// Let a suspended passport count again.
    Reinstate {
        /// The passport number, in any spelling.
        number: String,
    },
    /// List what members complain of: which space, why, on which day.
    Reports,
    /// List first passports that wait for approval, where party.json says `"approval": "by_hand"`.
    Requests,
    /// Let one of them be issued: the wallet fetches it when it asks again.
    Approve {
        /// The request, as `requests` lists it; it may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        request: String,
    },
    /// Refuse one of them: its values are erased, and the wallet is told when it asks again.
    Decline {
        /// The request, as `requests` lists it; it may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        request: String,
        /// Why, in one line for the person, whose wallet shows it.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// Whom to offer to: all four details, or none for the office's test member.
#[derive(Args, Debug)]
struct OfferArguments {
    /// First name.
    #[arg(long)]
    given_name: Option<String>,
    /// Last name.
    #[arg(long)]
    family_name: Option<String>,
    /// Date of birth, YYYY-MM-DD.
    #[arg(long)]
    birthdate: Option<String>,
    /// E-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Ask for a code that is told on another way.
    #[arg(long)]
    tx_code: bool,
    /// How a wallet takes the offer up: by the code in it, by asking for one at the office's page, or as it likes.
    #[arg(long, value_name = "WAY", default_value = "by-code", value_parser = ["by-code", "by-authorization", "either"])]
    taken_up: String,
    /// For how many seconds the offer is open.
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Also draw the offer as a QR code on standard error.
    #[arg(long)]
    qr: bool,
    /// Also write the QR code as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Also write the QR code as PNG.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

impl IssuerArguments {
    /// The request that [`issuer::commands::handle`] answers, in the server or directly.
    ///
    /// # Errors
    /// The command is carried out without a server.
    pub(crate) fn request(&self) -> anyhow::Result<Value> {
        Ok(match &self.command {
            IssuerCommand::Init(_) | IssuerCommand::RequestAdmission { .. } => {
                bail!("this is done without the server")
            }
            IssuerCommand::Offer(offer) => json!({
                "command": "issuer.offer",
                "given_name": offer.given_name,
                "family_name": offer.family_name,
                "birthdate": offer.birthdate,
                "email": offer.email,
                "tx_code": offer.tx_code,
                "taken_up": offer.taken_up,
                "seconds": offer.seconds,
            }),
            IssuerCommand::Revoke { handle } => json!({"command": "issuer.revoke", "handle": handle}),
            IssuerCommand::Suspend { number } => json!({"command": "issuer.suspend", "number": number}),
            IssuerCommand::Renumber { number } => json!({"command": "issuer.renumber", "number": number}),
            IssuerCommand::Reinstate { number } => json!({"command": "issuer.reinstate", "number": number}),
            IssuerCommand::Reports => json!({"command": "issuer.reports"}),
            IssuerCommand::Requests => json!({"command": "issuer.requests"}),
            IssuerCommand::Approve { request } => json!({"command": "issuer.approve", "request": request}),
            IssuerCommand::Decline { request, reason } => {
                json!({"command": "issuer.decline", "request": request, "reason": reason})
            }
        })
    }

    /// Prints what the office answered, and draws the QR codes that were asked for.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn show(&self, answer: &Value) -> anyhow::Result<()> {
        if let IssuerCommand::Offer(offer) = &self.command {
            draw(offer, answer)?;
        }
        Ok(self.printing.print(answer, None)?)
    }
}

/// Runs one `passport issuer` command: on the folder `data`, or against the server that runs on it.
///
/// # Errors
/// Whatever kept the command from being carried out, for the command line to print.
pub(crate) async fn run(
    arguments: &IssuerArguments,
    data: &Path,
    environment: &Environment,
) -> anyhow::Result<()> {
    match &arguments.command {
        IssuerCommand::Init(new) => setting_up::make_office(new, data, environment, &mut io::stdout()),
        IssuerCommand::RequestAdmission { name } => {
            setting_up::request_admission(data, name, Role::Office, environment, &mut io::stdout())
        }
        _ => {
            let answer = crate::running::call(data, &arguments.office, arguments.request()?).await?;
            arguments.show(&answer)
        }
    }
}

/// Draws the offer by reference: it is short enough for every camera.
fn draw(offer: &OfferArguments, answer: &Value) -> anyhow::Result<()> {
    if !offer.qr && offer.svg.is_none() && offer.png.is_none() {
        return Ok(());
    }
    let link = answer.get("offer_uri").and_then(Value::as_str).context("the office sent no offer")?;
    let qr = Qr::new(link)?;
    if offer.qr {
        writeln!(io::stderr().lock(), "{}", qr.terminal())?;
    }
    if let Some(file) = &offer.svg {
        write(file, qr.svg("QR code of the offer").as_bytes())?;
    }
    if let Some(file) = &offer.png {
        write(file, &qr.png(PNG_SCALE))?;
    }
    Ok(())
}

fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    fs::write(file, content).with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        issuer: IssuerArguments,
    }

    fn request(line: &[&str]) -> Value {
        Line::parse_from([&["issuer"], line].concat()).issuer.request().unwrap()
    }

    #[test]
    fn an_offer_without_a_name_is_for_the_test_member() {
        assert_eq!(
            request(&["offer", "--tx-code", "--seconds", "60"]),
            json!({"command": "issuer.offer", "given_name": null, "family_name": null, "birthdate": null,
                "email": null, "tx_code": true, "taken_up": "by-code", "seconds": 60})
        );
        let either = request(&["offer", "--taken-up", "either"]);
        assert_eq!(either["taken_up"], json!("either"));
    }

    #[test]
    fn a_revocation_names_the_handle_even_if_it_looks_like_a_flag() {
        for handle in ["AbCd_-", "-U_looks_like_a_flag", "--qr"] {
            assert_eq!(request(&["revoke", handle]), json!({"command": "issuer.revoke", "handle": handle}));
        }
    }

    #[test]
    fn a_suspension_and_a_renumbering_name_the_number_as_it_was_typed() {
        assert_eq!(
            request(&["suspend", "hrb1-0000 00000"]),
            json!({"command": "issuer.suspend", "number": "hrb1-0000 00000"})
        );
        assert_eq!(
            request(&["renumber", "hrb1-0000 00000"]),
            json!({"command": "issuer.renumber", "number": "hrb1-0000 00000"})
        );
    }
}
