//! `passport verifier init` and `passport issuer init`: the folder of a space or an office of one's own, and what it hands to the
//! operator of a network.

mod network_of_one;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use ::verifier::form::{Approval, Field, Form, Need, Source};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use environment::Environment;
use outbound::is_development_host;
use outbound::mail::check_address;
use trust::Role;
use trust::registration::LegalBasis;
use url::Url;

use crate::party::{
    MailSettings, PartyFolder, PartySettings, Registered, admission_of, check_mail, is_party_name,
};

pub(crate) use network_of_one::{NewNetwork, make_network};

/// The folder in which `passport serve` looks for the operator; no party can have its name.
const OPERATOR: &str = "operator";
/// Longest name that people read; the operator admits no longer one.
const LONGEST_NAME: usize = 100;
/// The one purpose of a new space.
const MEMBERSHIP: &str = "membership";
/// For how many days a new space keeps what nothing else was agreed about.
const KEPT_DAYS: u32 = 90;

/// A space to be made.
#[derive(Args, Debug)]
pub(crate) struct NewSpace {
    #[command(flatten)]
    party: NewParty,
}

/// An office to be made.
#[derive(Args, Debug)]
pub(crate) struct NewOffice {
    #[command(flatten)]
    party: NewParty,
    #[command(flatten)]
    mail: MailArguments,
}

/// The mail server of an office.
#[derive(Args, Debug)]
struct MailArguments {
    /// The mail server that takes the office's mails.
    #[arg(long, value_name = "HOST")]
    mail_host: String,
    /// Its port.
    #[arg(long, value_name = "PORT")]
    mail_port: u16,
    /// How it speaks TLS.
    #[arg(long, value_enum)]
    mail_tls: MailTls,
    /// The sender of the mails: `Passport office <office@example.org>`.
    #[arg(long, value_name = "SENDER")]
    mail_from: String,
    /// User name, if the mail server asks; the password is read from PASSPORT_MAIL_PASSWORD when the office is served.
    #[arg(long, value_name = "NAME")]
    mail_user: Option<String>,
}

/// What spaces and offices have alike.
#[derive(Args, Clone, Debug)]
struct NewParty {
    /// Name of the new folder in the data folder: lower-case letters, digits and hyphens.
    #[arg(value_name = "NAME")]
    folder: String,
    /// Its address: `https://harbour.example.org`, or for trying out `http://harbour.localhost:8083`. It becomes part of its
    /// identifier for ever.
    #[arg(long, value_name = "URL")]
    origin: Url,
    /// The name that people read.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The legal name.
    #[arg(long, value_name = "NAME")]
    legal_name: String,
    /// An e-mail address for contact, data protection and appeals.
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The data protection authority to which people may complain.
    #[arg(long, value_name = "NAME", default_value = "The data protection authority of this country")]
    supervisory_authority: String,
}

/// How a mail server speaks TLS.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MailTls {
    /// From the first byte, usually on port 465.
    Implicit,
    /// After a plain greeting, usually on port 587.
    Starttls,
    /// Not at all: for a mail server on this machine only.
    Plain,
}

impl MailTls {
    /// The word in `party.json`.
    const fn word(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
            Self::Plain => "plain",
        }
    }
}

/// `passport verifier init`.
///
/// # Errors
/// A sentence for the person at the terminal; then nothing was made.
pub(crate) fn make_space(
    new: &NewSpace,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let settings = new_space(&new.party)?;
    make(&new.party, &settings, data, environment, output)
}

/// `passport issuer init`.
///
/// # Errors
/// A sentence for the person at the terminal; then nothing was made.
pub(crate) fn make_office(
    new: &NewOffice,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let settings = new_office(&new.party, &new.mail, environment)?;
    make(&new.party, &settings, data, environment, output)
}

/// The settings of a new space.
fn new_space(party: &NewParty) -> Result<PartySettings> {
    Ok(PartySettings {
        uses: BTreeMap::from([(MEMBERSHIP.to_owned(), membership())]),
        forms: vec![sign_up()],
        ..party.settings(Role::Space)?
    })
}

/// The settings of a new office.
fn new_office(party: &NewParty, mail: &MailArguments, environment: &Environment) -> Result<PartySettings> {
    let mail = MailSettings {
        host: mail.mail_host.clone(),
        port: mail.mail_port,
        tls: mail.mail_tls.word().to_owned(),
        from: mail.mail_from.clone(),
        user: mail.mail_user.clone(),
    };
    check_mail(&mail, environment).context("the mail settings")?;
    Ok(PartySettings { mail: Some(mail), ..party.settings(Role::Office)? })
}

/// `passport verifier request-admission` and `passport issuer request-admission`: what `party.json` says by now, for the operator.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) fn request_admission(
    data: &Path,
    name: &str,
    role: Role,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let command = command(role);
    ensure!(
        is_party_name(name) && data.join(name).join("party.json").is_file(),
        "{} holds no settings of {name:?}: make them with `passport {command} init`, or name the data folder with --data",
        data.display()
    );
    let folder = PartyFolder::open(data, name, environment)?;
    let settings = folder.settings()?.context("party.json is gone")?;
    let (is, not) = if role == Role::Space { ("an office", "a space") } else { ("a space", "an office") };
    ensure!(settings.role == role, "{name} is {is} and not {not}");
    let request = folder.put_admission_request(&admission_of(&folder, &settings)?)?;
    writeln!(output, "{} is written anew.\n", request.display())?;
    writeln!(
        output,
        "Hand it to the operator, put the answer into {name}/admission.json, and start the server again."
    )?;
    Ok(())
}

/// The word of the command line for a role.
const fn command(role: Role) -> &'static str {
    match role {
        Role::Office => "issuer",
        Role::Space => "verifier",
    }
}

impl NewParty {
    /// The settings that follow from the command line, once nothing in it is wrong.
    fn settings(&self, role: Role) -> Result<PartySettings> {
        ensure!(
            is_party_name(&self.folder),
            "{:?} cannot be the name of a folder: take lower-case letters, digits and hyphens",
            self.folder
        );
        ensure!(
            self.folder != OPERATOR,
            "the folder {OPERATOR} is the network operator's: take another name"
        );
        check_origin(&self.origin)?;
        check_address(&self.email).with_context(|| format!("{:?} is no e-mail address", self.email))?;
        for (flag, text) in [
            ("--name", &self.name),
            ("--legal-name", &self.legal_name),
            ("--supervisory-authority", &self.supervisory_authority),
        ] {
            let length = text.trim().chars().count();
            ensure!((1..=LONGEST_NAME).contains(&length), "{flag} takes 1 to {LONGEST_NAME} characters");
        }
        Ok(PartySettings {
            role,
            name: self.name.trim().to_owned(),
            legal_name: self.legal_name.trim().to_owned(),
            origin: self.origin.clone(),
            brand: None,
            contact: self.email.clone(),
            supervisory_authority: self.supervisory_authority.trim().to_owned(),
            uses: BTreeMap::new(),
            forms: Vec::new(),
            foreign: Vec::new(),
            pages: BTreeMap::new(),
            issuing: None,
            mail: None,
            test_member: None,
        })
    }
}

/// An origin and no more: the rest of every address is the software's.
fn check_origin(origin: &Url) -> Result<()> {
    let host = origin.host_str().unwrap_or_default();
    ensure!(trust::is_host(host), "--origin needs a host name in it, not an IP address");
    let bare = origin.path() == "/"
        && origin.query().is_none()
        && origin.fragment().is_none()
        && origin.username().is_empty()
        && origin.password().is_none();
    ensure!(bare, "--origin takes scheme, host and port only: https://{host}");
    match origin.scheme() {
        "https" => Ok(()),
        "http" if is_development_host(host) => Ok(()),
        "http" => bail!("--origin: plain http is for names below localhost only; take https://{host}"),
        other => bail!("--origin is an https address and not {other}:"),
    }
}

fn membership() -> Registered {
    let purpose = [("en", "Becoming a member of this space"), ("es", "Hacerte miembro de este espacio")];
    Registered {
        purpose: purpose.map(|(language, text)| (language.to_owned(), text.to_owned())).into(),
        legal_basis: LegalBasis::Contract,
        retention_days: KEPT_DAYS,
    }
}

/// What nearly every space needs: a checked e-mail address and a name. A person decides until the team says otherwise.
fn sign_up() -> Form {
    let needed = |claim: &str, source| Field {
        claim: claim.to_owned(),
        need: Need::Required,
        source,
        kept_days: None,
        instead: Vec::new(),
    };
    Form {
        id: "sign-up".to_owned(),
        purpose: MEMBERSHIP.to_owned(),
        fields: vec![
            needed("email", Source::Checked),
            needed("given_name", Source::Either),
            needed("family_name", Source::Either),
        ],
        passport: None,
        membership: None,
        foreign: Vec::new(),
        terms: true,
        approval: Approval::Person,
        beyond_registration: false,
    }
}

fn make(
    new: &NewParty,
    settings: &PartySettings,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let folder = PartyFolder::create(data, &new.folder, environment)?;
    match fill(&folder, settings) {
        Ok(did) => tell_next(&folder, settings, data, &did, output),
        Err(error) => {
            // A folder with half of its files would stand in the way of the next try, and has nothing in it yet.
            let _ = fs::remove_dir_all(folder.path());
            Err(error)
        }
    }
}

/// Keys, identifier and request first: a folder counts as a party when it has settings. Gives the identifier.
fn fill(folder: &PartyFolder, settings: &PartySettings) -> Result<String> {
    let request = admission_of(folder, settings)?;
    folder.put_admission_request(&request)?;
    folder.put_settings(settings)?;
    Ok(request.did)
}

fn tell_next(
    folder: &PartyFolder,
    settings: &PartySettings,
    data: &Path,
    did: &str,
    output: &mut dyn Write,
) -> Result<()> {
    let (name, path) = (folder.name(), folder.path().display());
    let command = command(settings.role);
    let data = data.display();
    writeln!(
        output,
        "{} has its folder {path} with keys, settings and an identifier for ever:",
        settings.name
    )?;
    writeln!(output, "  {did}\n")?;
    writeln!(output, "What to do next (docs/space.md tells more):")?;
    writeln!(output, "1. Look through {path}/party.json. After a change:")?;
    writeln!(output, "     passport {command} request-admission {name} --data {data}")?;
    writeln!(
        output,
        "2. Hand {path}/admission-request.json to the operator of the network; there is no secret in it."
    )?;
    writeln!(output, "   The operator writes the answer with")?;
    writeln!(output, "     passport operator admit FOLDER admission-request.json --out admission.json")?;
    writeln!(output, "3. Put the answer into {path}/admission.json.")?;
    if settings.is_development() {
        let port = settings.origin.port_or_known_default().unwrap_or_default();
        writeln!(output, "4. passport serve --data {data} --listen 127.0.0.1:{port}")?;
    } else {
        writeln!(
            output,
            "4. passport serve --data {data}, behind a proxy that speaks TLS for {},",
            settings.host()
        )?;
        writeln!(output, "   or with --listen, --tls-cert and --tls-key")?;
    }
    if settings.mail.as_ref().is_some_and(|mail| mail.user.is_some()) {
        writeln!(output, "   The password of the mail server is read from PASSPORT_MAIL_PASSWORD.")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
