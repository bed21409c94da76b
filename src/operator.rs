//! `passport operator`: founding a network, admitting parties, publishing the list.

pub(crate) mod admissions;
mod brands;

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ::operator::{Admission, Bundle, Operator};
use anyhow::Context;
use clap::{Args, Subcommand};
use environment::Environment;
use trust::Standing;

/// Run the authority of a network: admit offices and spaces, sign the network list.
#[derive(Args, Debug)]
pub(crate) struct OperatorArguments {
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Found a network in a folder; prints the descriptor that wallets and spaces pin.
    Init {
        /// Where keys and members are kept.
        folder: PathBuf,
        /// Name of the network, for people.
        #[arg(long)]
        name: String,
        /// Address at which the signed network list will be published.
        #[arg(long)]
        list_url: String,
    },
    /// Admit a party, or renew its certificates; prints what it gets.
    Admit {
        /// Folder of the network.
        folder: PathBuf,
        /// The request of the party, in JSON; `-` reads standard input.
        request: PathBuf,
        /// Write the bundle to this file instead of standard output.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Renew the certificates of a party from what it handed in before.
    Renew {
        /// Folder of the network.
        folder: PathBuf,
        /// DID of the party.
        did: String,
        /// Write the bundle to this file instead of standard output.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Print the signed network list.
    List {
        /// Folder of the network.
        folder: PathBuf,
        /// Sign a new one, whatever the age of the current one.
        #[arg(long)]
        renew: bool,
    },
    /// Print the members and where they stand.
    Members {
        /// Folder of the network.
        folder: PathBuf,
    },
    /// Brands that admit spaces of their own, and their limits.
    Brand {
        #[command(subcommand)]
        command: brands::BrandsCommand,
    },
    /// Put a member aside for now.
    Suspend(MemberArguments),
    /// Put a member out.
    Expel(MemberArguments),
    /// Take a suspended or expelled member back.
    Readmit(MemberArguments),
}

#[derive(Args, Debug)]
struct MemberArguments {
    /// Folder of the network.
    folder: PathBuf,
    /// DID of the member.
    did: String,
}

/// Runs one `passport operator` command.
///
/// # Errors
/// Whatever kept the command from being carried out, for the command line to print.
pub(crate) fn run(arguments: OperatorArguments, environment: &Environment) -> anyhow::Result<()> {
    let open = |folder: &Path| Operator::open(folder, environment.clone());
    match arguments.command {
        OperatorCommand::Init { folder, name, list_url } => {
            let operator = Operator::init(&folder, &name, &list_url, environment.clone())?;
            print(&operator.descriptor().to_value())
        }
        OperatorCommand::Admit { folder, request, out } => {
            let admission =
                Admission::from_json(read(&request)?).with_context(|| format!("{}", request.display()))?;
            hand_out(&open(&folder)?.admit(&admission)?, out.as_deref())
        }
        OperatorCommand::Renew { folder, did, out } => hand_out(&open(&folder)?.renew(&did)?, out.as_deref()),
        OperatorCommand::List { folder, renew } => {
            let operator = open(&folder)?;
            let list = if renew { operator.renew_list()? } else { operator.current_list()? };
            Ok(writeln!(io::stdout().lock(), "{list}")?)
        }
        OperatorCommand::Members { folder } => print(&serde_json::to_value(open(&folder)?.members()?)?),
        OperatorCommand::Brand { command } => brands::run(command, environment),
        OperatorCommand::Suspend(member) => stand(&member, Standing::Suspended, environment),
        OperatorCommand::Expel(member) => stand(&member, Standing::Expelled, environment),
        OperatorCommand::Readmit(member) => stand(&member, Standing::Admitted, environment),
    }
}

fn stand(member: &MemberArguments, standing: Standing, environment: &Environment) -> anyhow::Result<()> {
    let operator = Operator::open(&member.folder, environment.clone())?;
    operator.set_standing(&member.did, standing)?;
    let stands = match standing {
        Standing::Suspended => "is suspended",
        Standing::Expelled => "is expelled",
        _ => "is admitted again",
    };
    // Whoever has a list already may go by it until that ends.
    Ok(writeln!(
        io::stdout().lock(),
        "{} {stands}. The network list says so from now on; wallets and spaces see it when they fetch it next, within a day.",
        member.did
    )?)
}

/// Prints what an admitted party gets, or writes it to a file.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn hand_out(bundle: &Bundle, out: Option<&Path>) -> anyhow::Result<()> {
    let text = serde_json::to_value(bundle)?;
    match out {
        Some(file) => {
            fs::write(file, format!("{text:#}\n"))
                .with_context(|| format!("the bundle cannot be written to {}", file.display()))?;
            Ok(writeln!(
                io::stdout().lock(),
                "{} is admitted. Hand it {}, which holds no secret. A party that is new puts it into its folder as admission.json; one that came with `passport network join` runs `passport network enter NAME {}`.",
                bundle.did,
                file.display(),
                file.display()
            )?)
        }
        None => print(&text),
    }
}

fn print(value: &serde_json::Value) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{value:#}")?)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut content = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().read_to_end(&mut content)?;
    } else {
        content = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    Ok(content)
}
