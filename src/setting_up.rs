//! `passport verifier init` and `passport issuer init`: the folder of a space or an office of one's own, and what it hands to the
//! operator of a network.

mod defaults;
mod guide;
mod network_of_one;
mod questions;
mod templates;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use environment::Environment;
use outbound::is_development_host;
use outbound::mail::check_address;
use trust::Role;
use url::Url;

use crate::party::{
    MailSettings, PartyFolder, PartySettings, TestMember, admission_of, check_mail, is_party_name,
};
use questions::{Answers, Said};
use templates::{Decides, Template};

pub(crate) use defaults::Defaults;
pub(crate) use guide::{Around, data_flag, next_steps};
pub(crate) use network_of_one::{NewNetwork, make_network};
pub(crate) use questions::TooLittleSaid;

/// The folder in which `passport serve` looks for the operator; no party can have its name.
const OPERATOR: &str = "operator";
/// The folder of the office in a network of one.
const OFFICE: &str = "office";
/// Longest name that people read; the operator admits no longer one.
const LONGEST_NAME: usize = 100;
/// Whom people may complain to, until somebody says which authority it is.
const AUTHORITY: &str = "The data protection authority of this country";

/// A space to be made. What no flag says is asked at a terminal.
#[derive(Args, Debug)]
pub(crate) struct NewSpace {
    /// Name of the new folder in the data folder: lower-case letters, digits and hyphens; without it, the first part of the address.
    #[arg(value_name = "NAME")]
    folder: Option<String>,
    /// The name that people read.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its web address: `https://harbour.example.org`, or for trying out `http://harbour.localhost:8080`. It becomes part of its
    /// identifier for ever.
    #[arg(long, value_name = "URL", value_parser = questions::read_address)]
    origin: Option<Url>,
    /// An e-mail address for contact, data protection and appeals.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// What it asks at sign-up; `member` if nobody can be asked.
    #[arg(long, value_enum)]
    ask: Option<Template>,
    /// Who approves; a person if nobody can be asked.
    #[arg(long, value_enum)]
    approval: Option<Decides>,
    /// The legal name, if it is not the name that people read.
    #[arg(long, value_name = "NAME")]
    legal_name: Option<String>,
    /// The data protection authority to which people may complain.
    #[arg(long, value_name = "NAME", default_value = AUTHORITY)]
    supervisory_authority: String,
    /// A brand's defaults, as `passport verifier brand defaults` writes them: its questions and its look, instead of --ask and --approval.
    #[arg(long, value_name = "FILE", requires = "alone", conflicts_with_all = ["ask", "approval"])]
    like: Option<PathBuf>,
    /// Make the space alone, to be admitted to a network that is there; otherwise an office and an operator of its own are made with it.
    #[arg(long, conflicts_with_all = ["mail_host", "network_name", "office_origin", "operator_origin"])]
    alone: bool,
    #[command(flatten)]
    mail: MaybeMail,
    #[command(flatten)]
    beside: Beside,
}

/// The mail server of the office that is made with a space; all of it or nothing.
#[derive(Args, Debug)]
struct MaybeMail {
    /// The mail server that takes the mails of the office and of the space; without it, names below localhost show them on a page.
    #[arg(long, value_name = "HOST", requires_all = ["mail_port", "mail_tls", "mail_from"])]
    mail_host: Option<String>,
    /// Its port.
    #[arg(long, value_name = "PORT", requires = "mail_host")]
    mail_port: Option<u16>,
    /// How it speaks TLS.
    #[arg(long, value_enum, requires = "mail_host")]
    mail_tls: Option<MailTls>,
    /// The sender of the mails: `Harbour <office@example.org>`.
    #[arg(long, value_name = "SENDER", requires = "mail_host")]
    mail_from: Option<String>,
    /// User name, if the mail server asks; the password is read from PASSPORT_MAIL_PASSWORD when the office is served.
    #[arg(long, value_name = "NAME", requires = "mail_host")]
    mail_user: Option<String>,
}

impl MaybeMail {
    fn settings(&self) -> Option<MailSettings> {
        Some(MailSettings {
            host: self.mail_host.clone()?,
            port: self.mail_port?,
            tls: self.mail_tls?.word().to_owned(),
            from: self.mail_from.clone()?,
            user: self.mail_user.clone(),
        })
    }
}

/// What is made around a space.
#[derive(Args, Clone, Debug)]
struct Beside {
    /// Name of the network, for people; without it, that of the space.
    #[arg(long, value_name = "NAME")]
    network_name: Option<String>,
    /// Address of the office, if not `office.` before that of the space.
    #[arg(long, value_name = "URL")]
    office_origin: Option<Url>,
    /// Address of the network's operator, if not `operator.` before that of the space.
    #[arg(long, value_name = "URL")]
    operator_origin: Option<Url>,
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
pub(crate) struct MailArguments {
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

impl MailArguments {
    /// What a party's settings say of it.
    pub(crate) fn settings(&self) -> MailSettings {
        MailSettings {
            host: self.mail_host.clone(),
            port: self.mail_port,
            tls: self.mail_tls.word().to_owned(),
            from: self.mail_from.clone(),
            user: self.mail_user.clone(),
        }
    }
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
    #[arg(long, value_name = "NAME", default_value = AUTHORITY)]
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

/// `passport verifier init`: asks what no flag said, and makes the space with a network of its own, or alone.
///
/// # Errors
/// A sentence for the person at the terminal; then nothing was made.
pub(crate) fn make_space(
    new: &NewSpace,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    if !new.alone {
        network_of_one::check_room(data, new.folder.as_deref())?;
    }
    let like = new.like.as_deref().map(Defaults::read).transpose()?;
    let said = new.said(like.is_some());
    let answers = if questions::somebody_is_there() {
        said.asking(&mut io::stdin().lock(), output)?
    } else {
        said.alone()?
    };
    new.make(&answers, like.as_ref(), data, environment, output)
}

impl NewSpace {
    /// Nobody is asked about what a brand's defaults say.
    fn said(&self, is_like_another: bool) -> Said {
        Said {
            name: self.name.clone(),
            origin: self.origin.clone(),
            email: self.email.clone(),
            ask: self.ask.or(is_like_another.then_some(Template::Member)),
            approval: self.approval.or(is_like_another.then_some(Decides::Person)),
        }
    }

    fn make(
        &self,
        answers: &Answers,
        like: Option<&Defaults>,
        data: &Path,
        environment: &Environment,
        output: &mut dyn Write,
    ) -> Result<()> {
        let party = NewParty {
            folder: self.folder.clone().unwrap_or_else(|| questions::folder_at(&answers.origin)),
            origin: answers.origin.clone(),
            name: answers.name.clone(),
            legal_name: self.legal_name.clone().unwrap_or_else(|| answers.name.clone()),
            email: answers.email.clone(),
            supervisory_authority: self.supervisory_authority.clone(),
        };
        let settings = new_space(&party, answers.ask, answers.approval)?;
        if self.alone {
            let settings = like.map_or_else(|| settings.clone(), |like| like.over(settings.clone()));
            return make(&party, &settings, like, data, environment, output);
        }
        let mail = self.mail.settings();
        network_of_one::found(&party, settings, mail, &self.beside, data, environment, output)
    }
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
    let settings = new_office(&new.party, Some(new.mail.settings()), environment)?;
    make(&new.party, &settings, None, data, environment, output)
}

/// The settings of a new space.
fn new_space(party: &NewParty, ask: Template, decides: Decides) -> Result<PartySettings> {
    let asked = ask.asked(decides);
    Ok(PartySettings {
        uses: BTreeMap::from([(asked.purpose, asked.registered)]),
        forms: vec![asked.form],
        test_member: Some(test_member()),
        ..party.settings(Role::Space)?
    })
}

/// The settings of a new office.
fn new_office(
    party: &NewParty,
    mail: Option<MailSettings>,
    environment: &Environment,
) -> Result<PartySettings> {
    if let Some(mail) = &mail {
        check_mail(mail, environment).context("the mail settings")?;
    }
    Ok(PartySettings { mail, ..party.settings(Role::Office)? })
}

/// A made-up member, at a name and address that are nobody's (RFC 2606).
pub(crate) fn test_member() -> TestMember {
    TestMember {
        given_name: "Ada".to_owned(),
        family_name: "Example".to_owned(),
        birthdate: "1990-01-02".to_owned(),
        email: "ada@example.org".to_owned(),
    }
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
            look: None,
            wallets: Vec::new(),
            issuing: None,
            mail: None,
            login: None,
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

fn make(
    new: &NewParty,
    settings: &PartySettings,
    like: Option<&Defaults>,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let folder = PartyFolder::create(data, &new.folder, environment)?;
    let filled =
        like.map_or(Ok(()), |like| like.put(&folder, settings)).and_then(|()| fill(&folder, settings));
    match filled {
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
