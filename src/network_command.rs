//! `passport network`: a network of one's own, and joining a larger one with it later (decision 0014).

mod applying;
mod leaving;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use ::operator::{Admission, Bundle, Expected, Operator, OperatorError};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use environment::Environment;
use serde::{Deserialize, Serialize};
use trust::NetworkDescriptor;
use wallet::shown;

use crate::party::{
    BEFORE, KeyName, PartyFolder, PartySettings, admission_in, admission_of, check_party, own_did,
};
use crate::published::descriptor_at;
use crate::setting_up::{NewNetwork, make_network};

/// What a party notes while it waits to be admitted to another network.
const JOINING: &str = "joining.json";

/// Found a network of one (operator, office and one space in one folder), or join a larger network with it.
#[derive(Args, Debug)]
pub(crate) struct NetworkArguments {
    /// Where the parties keep their data.
    #[arg(long, global = true, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
    #[command(subcommand)]
    command: NetworkCommand,
}

#[derive(Debug, Subcommand)]
enum NetworkCommand {
    /// Make a network of one: an operator, an office and one space, which `passport serve` runs in one process.
    Init(Box<NewNetwork>),
    /// Show the name of a network and the fingerprint of its root, which members and spaces compare before they join.
    Show {
        /// Address or file of the network's descriptor; without it, the networks to which the parties of this folder belong.
        #[arg(value_name = "URL|FILE")]
        descriptor: Option<String>,
    },
    /// Ask another network for admission with the parties of this folder. They keep host, DID and keys, and the office its numbers.
    Join(JoinArguments),
    /// Apply for admission to a network over its operator's server, with the parties of this folder, which must not run: the server
    /// proves by itself who you are, and takes the answer.
    Apply {
        /// Address or file of the network's descriptor.
        #[arg(value_name = "URL|FILE")]
        descriptor: String,
    },
    /// Write everything that a space has to a file that only you may read, and turn its invitations and its sign-up off. The space
    /// must run; doing it again changes nothing more. Asks first, unless `--yes` says that it is meant.
    Leave(leaving::LeaveArguments),
    /// Take what the operator of the other network gave; from the next start on the party belongs to that network.
    Enter {
        /// Name of the party in the data folder.
        party: String,
        /// What the operator gave.
        admission: PathBuf,
    },
}

#[derive(Args, Debug)]
struct JoinArguments {
    /// Address or file of the network's descriptor.
    #[arg(value_name = "URL|FILE")]
    descriptor: String,
    /// Ask for another number prefix, because another office has ours there. Numbers that were given out then have to be
    /// replaced; DIDs stay.
    #[arg(long)]
    new_prefix: bool,
}

/// The network that is to be joined, pinned from the moment of asking.
#[derive(Debug, Deserialize, Serialize)]
struct Joining {
    network: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number_prefix: Option<String>,
}

/// Runs one `passport network` command.
///
/// # Errors
/// A sentence for the person at the terminal; then nothing changed.
pub(crate) async fn run(
    arguments: &NetworkArguments,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let data = &arguments.data;
    match &arguments.command {
        NetworkCommand::Init(new) => make_network(new, data, environment, output),
        NetworkCommand::Join(join) => {
            let descriptor = descriptor_at(&join.descriptor).await?;
            ask(data, &descriptor, join.new_prefix, environment, output)
        }
        NetworkCommand::Show { descriptor: Some(place) } => tell(&descriptor_at(place).await?, output),
        NetworkCommand::Show { descriptor: None } => {
            of_folder(data)?.iter().try_for_each(|descriptor| tell(descriptor, output))
        }
        NetworkCommand::Apply { descriptor } => {
            let descriptor = descriptor_at(descriptor).await?;
            applying::apply(data, &descriptor, environment, output).await
        }
        NetworkCommand::Leave(leave) => leaving::leave(leave, data, environment, output).await,
        NetworkCommand::Enter { party, admission } => enter(data, party, admission, environment, output),
    }
}

/// A party of the folder that is admitted somewhere.
struct Member {
    folder: PartyFolder,
    settings: PartySettings,
    bundle: Bundle,
}

impl Member {
    fn open(data: &Path, name: &str, environment: &Environment) -> Result<Self> {
        let folder = PartyFolder::open(data, name, environment)?;
        let settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
        let bundle = folder.bundle()?.with_context(|| {
            format!("{name} belongs to no network yet: hand its admission-request.json to the operator")
        })?;
        Ok(Self { folder, settings, bundle })
    }

    fn request(&self, number_prefix: Option<String>) -> Result<Admission> {
        Ok(Admission { number_prefix, ..admission_of(&self.folder, &self.settings)? })
    }

    fn belongs_to(&self, descriptor: &NetworkDescriptor) -> bool {
        self.bundle.network.get("network").and_then(serde_json::Value::as_str) == Some(descriptor.network())
    }
}

fn ask(
    data: &Path,
    descriptor: &NetworkDescriptor,
    new_prefix: bool,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let names = PartyFolder::names(data)?;
    ensure!(
        !names.is_empty(),
        "{} holds nobody who could join: name another folder with --data",
        data.display()
    );
    let members: Vec<Member> =
        names.iter().map(|name| Member::open(data, name, environment)).collect::<Result<_>>()?;
    let asking: Vec<&Member> = members.iter().filter(|one| !one.belongs_to(descriptor)).collect();
    let name = shown(descriptor.name());
    ensure!(!asking.is_empty(), "everybody in {} belongs to {name} already", data.display());
    tell(descriptor, output)?;
    writeln!(output, "Compare it with what its operator tells you. Then hand over, for admission there:")?;
    for member in asking {
        let number_prefix = member.bundle.number_prefix.clone().filter(|_| !new_prefix);
        let request = member.folder.put_admission_request(&member.request(number_prefix.clone())?)?;
        let joining = Joining { network: descriptor.to_value(), number_prefix };
        member.folder.write_json(JOINING, &joining)?;
        let name = member.folder.name();
        writeln!(output, "  {}", request.display())?;
        writeln!(
            output,
            "    and take the answer with  passport network enter {name} ANSWER --data {}",
            data.display()
        )?;
    }
    Ok(())
}

/// What tells a network from every other.
fn tell(descriptor: &NetworkDescriptor, output: &mut dyn Write) -> Result<()> {
    for line in told(descriptor.name(), descriptor.network(), &descriptor.fingerprint()) {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

/// It is shown to be compared with a fingerprint: no name may draw another one.
fn told(name: &str, network: &str, fingerprint: &str) -> [String; 2] {
    [format!("{} ({})", shown(name), shown(network)), format!("Fingerprint of its root: {fingerprint}")]
}

/// The networks to which the parties of the folder belong, also while they run.
fn of_folder(data: &Path) -> Result<Vec<NetworkDescriptor>> {
    let mut found: Vec<NetworkDescriptor> = Vec::new();
    for name in PartyFolder::names(data)? {
        let Some(bundle) = admission_in(&data.join(&name))? else { continue };
        let descriptor = NetworkDescriptor::from_json(bundle.network.to_string())
            .with_context(|| format!("the admission of {name}"))?;
        if !found.contains(&descriptor) {
            found.push(descriptor);
        }
    }
    ensure!(
        !found.is_empty(),
        "{} holds nobody who belongs to a network: name another folder with --data, or a network's descriptor",
        data.display()
    );
    Ok(found)
}

fn enter(
    data: &Path,
    name: &str,
    admission: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    check_party(data, name)?;
    let member = Member::open(data, name, environment)?;
    let joining: Joining = member.folder.read_json(JOINING)?.with_context(|| {
        format!("{name} has asked no network for admission: `passport network join` does it")
    })?;
    let descriptor = NetworkDescriptor::from_json(joining.network.to_string())?;
    let text = fs::read(admission).with_context(|| format!("{} cannot be read", admission.display()))?;
    let bundle: Bundle = jose::json::parse_as(text)
        .ok()
        .with_context(|| format!("{} is not what an operator gives", admission.display()))?;
    let (request, issuing) = (member.folder.key(KeyName::Request)?, member.folder.key(KeyName::Issuing)?);
    let did = own_did(&member.folder, &member.settings)?;
    let expected = Expected {
        network: &descriptor,
        did: did.as_str(),
        host: member.settings.host(),
        role: member.settings.role,
        request: jose::Signer::public_jwk(&request),
        issuing: jose::Signer::public_jwk(&issuing),
        number_prefix: joining.number_prefix.as_deref(),
    };
    bundle
        .check(&expected, environment.now())
        .with_context(|| format!("{} is not taken", admission.display()))?;
    member.folder.write_json(BEFORE, &member.bundle)?;
    member.folder.put_bundle(&bundle)?;
    fs::remove_file(member.folder.path().join(JOINING))?;
    announce(data, &member.bundle, &descriptor, environment)?;
    writeln!(
        output,
        "{name} belongs to {} from its next start on, with the same host, DID and keys. Start its server again.",
        shown(descriptor.name())
    )?;
    writeln!(
        output,
        "Members add that network in their wallets: passport wallet network, then passport wallet refill"
    )?;
    Ok(())
}

/// When the network that is left is our own, its list says where it went: that is how wallets come to ask their members.
pub(crate) fn announce(
    data: &Path,
    before: &Bundle,
    descriptor: &NetworkDescriptor,
    environment: &Environment,
) -> Result<()> {
    let operator = match Operator::open(&data.join("operator"), environment.clone()) {
        Ok(operator) if operator.descriptor().to_value() == before.network => operator,
        Ok(_) | Err(OperatorError::NotInitialised) => return Ok(()),
        Err(error) => return Err(error).context("the network's operator"),
    };
    Ok(operator.announce_successor(descriptor)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_draws_a_line_or_turns_the_direction_where_fingerprints_are_compared() {
        let [names, fingerprint] = told("Kiln\n\u{2028}\u{200b}", "real\u{202e}\u{1b}[8m", "ab12");
        assert_eq!(names, "Kiln\\u{a}\\u{2028}\\u{200b} (real\\u{202e}\\u{1b}[8m)");
        assert_eq!(fingerprint, "Fingerprint of its root: ab12");
    }
}
