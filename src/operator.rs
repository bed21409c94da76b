//! `passport operator`: founding a network, admitting parties, publishing the list.

pub(crate) mod admissions;
mod applied;
pub(crate) mod applying;
mod brands;
pub(crate) mod mailing;

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
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
        /// Write the bundle to this file instead of standard output. What is there already must be an earlier one of this network
        /// for the same party.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Renew the certificates of a party from what it handed in before.
    Renew {
        /// Folder of the network.
        folder: PathBuf,
        /// DID of the party.
        did: String,
        /// Write the bundle to this file instead of standard output. What is there already must be an earlier one of this network
        /// for the same party.
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
    /// Applications over the network: list them, decide those that wait for a person.
    Applications {
        #[command(subcommand)]
        command: applied::AppliedCommand,
    },
    /// Name the mail server by which applicants are asked to confirm their addresses.
    Mail(mailing::MailingArguments),
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
            let operator = open(&folder)?;
            check_out(out.as_deref(), &admission.did, operator.descriptor().network())?;
            hand_out(&operator.admit(&admission)?, out.as_deref())
        }
        OperatorCommand::Renew { folder, did, out } => {
            let operator = open(&folder)?;
            check_out(out.as_deref(), &did, operator.descriptor().network())?;
            hand_out(&operator.renew(&did)?, out.as_deref())
        }
        OperatorCommand::List { folder, renew } => {
            let operator = open(&folder)?;
            let list = if renew { operator.renew_list()? } else { operator.current_list()? };
            Ok(writeln!(io::stdout().lock(), "{list}")?)
        }
        OperatorCommand::Members { folder } => print(&serde_json::to_value(open(&folder)?.members()?)?),
        OperatorCommand::Brand { command } => brands::run(command, environment),
        OperatorCommand::Applications { command } => applied::run(command, environment),
        OperatorCommand::Mail(arguments) => {
            Ok(writeln!(io::stdout().lock(), "{}", mailing::put(&arguments, environment)?)?)
        }
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

/// What is where a bundle is to go.
enum There {
    Nothing,
    /// A pipe or a screen, which has nothing to lose.
    Stream,
    /// An earlier bundle of the same network for the same party.
    Earlier,
}

/// Whether the bundle of `did` from `network` may be written to this file: it is not there yet, or holds an earlier one of that
/// network for the same party. It is looked at before anybody is admitted.
///
/// # Errors
/// The file holds something else.
pub(crate) fn check_out(out: Option<&Path>, did: &str, network: &str) -> anyhow::Result<()> {
    out.map_or(Ok(()), |file| what_is_at(file, did, network).map(drop))
}

fn what_is_at(file: &Path, did: &str, network: &str) -> anyhow::Result<There> {
    match fs::metadata(file) {
        Ok(found) if found.is_file() => {}
        Ok(found) if found.is_dir() => {
            anyhow::bail!("{} is a folder: name a file with --out", file.display())
        }
        Ok(_) => return Ok(There::Stream),
        // A link that leads nowhere is there itself.
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(file).is_err() => {
            return Ok(There::Nothing);
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let is_earlier = serde_json::from_slice::<Bundle>(&text)
        .is_ok_and(|bundle| bundle.did == did && network_of(&bundle) == Some(network));
    anyhow::ensure!(
        is_earlier,
        "{} is there already and is no earlier bundle of this network for {did}: name another file with --out, or put this one aside",
        file.display()
    );
    Ok(There::Earlier)
}

fn network_of(bundle: &Bundle) -> Option<&str> {
    bundle.network.get("network").and_then(serde_json::Value::as_str)
}

/// Prints what an admitted party gets, or writes it to a file, which is looked at again: it is some time since [`check_out`].
///
/// # Errors
/// The file holds something else now, or cannot be written. Then it is as it was.
pub(crate) fn hand_out(bundle: &Bundle, out: Option<&Path>) -> anyhow::Result<()> {
    let text = serde_json::to_value(bundle)?;
    match out {
        Some(file) => {
            write_out(file, bundle, &format!("{text:#}\n")).with_context(|| {
                format!(
                    "{} is admitted, but its bundle was not written; the same command with another file for --out gives it again",
                    bundle.did
                )
            })?;
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

fn write_out(file: &Path, bundle: &Bundle, text: &str) -> anyhow::Result<()> {
    match what_is_at(file, &bundle.did, network_of(bundle).unwrap_or_default())? {
        There::Stream => fs::write(file, text),
        There::Nothing => write_new(file, text),
        There::Earlier => replace(file, text),
    }
    .with_context(|| format!("{} cannot be written", file.display()))
}

/// Writes a file where there is none, as a whole. What has appeared there meanwhile stays.
fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let folder = folder_of(file);
    beside(folder, text)?.persist_noclobber(file)?;
    File::open(folder)?.sync_all()
}

/// Replaces a file as a whole. Of a link it is what the link leads to.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = fs::canonicalize(file)?;
    let folder = folder_of(&file);
    let written = beside(folder, text)?;
    written.as_file().set_permissions(fs::metadata(&file)?.permissions())?;
    written.persist(&file)?;
    File::open(folder)?.sync_all()
}

/// Writes `text` to a file in `folder` that goes again unless it is given a name. Until then it has one that nobody's file has: whoever
/// names a file with --out may have any other beside it.
fn beside(folder: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    // It holds no secret and is for somebody else: who may read it is for the umask to say.
    let anybody = Permissions::from_mode(0o666);
    let mut written = tempfile::Builder::new().prefix(".bundle-").permissions(anybody).tempfile_in(folder)?;
    written.write_all(text.as_bytes())?;
    written.as_file().sync_all()?;
    Ok(written)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::setting_up::{NewSpace, make_space};

    #[derive(Debug, Parser)]
    struct OperatorLine {
        #[command(flatten)]
        arguments: OperatorArguments,
    }

    #[derive(Debug, Parser)]
    struct SpaceLine {
        #[command(flatten)]
        new: NewSpace,
    }

    /// The request for admission of a new space of this name.
    fn request(data: &Path, name: &str) -> PathBuf {
        let origin = format!("http://{name}.localhost:8083");
        let line = [
            "init",
            name,
            "--alone",
            "--origin",
            &origin,
            "--name",
            name,
            "--legal-name",
            name,
            "--email",
            "a@b.example",
        ];
        let new = SpaceLine::parse_from(line).new;
        make_space(&new, data, &Environment::system(), &mut Vec::new()).unwrap();
        data.join(name).join("admission-request.json")
    }

    const LIST: &str = "http://operator.localhost:8081/network-list";

    /// A network in `data`.
    fn network(data: &Path, name: &str) -> Operator {
        Operator::init(&data.join(name), name, LIST, Environment::system()).unwrap()
    }

    fn admission(request: &Path) -> Admission {
        Admission::from_json(fs::read(request).unwrap()).unwrap()
    }

    /// `passport operator COMMAND` of the network of this name.
    fn called(data: &Path, network: &str, command: &str, of: &str, out: &Path) -> anyhow::Result<()> {
        let folder = data.join(network);
        let words = ["operator", command, folder.to_str().unwrap(), of, "--out", out.to_str().unwrap()];
        run(OperatorLine::parse_from(words).arguments, &Environment::system())
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_file_that_appears_after_it_was_looked_at_is_not_replaced() {
        let data = tempfile::tempdir().unwrap();
        let operator = network(data.path(), "network");
        let [kiln, harbour] = ["kiln", "harbour"].map(|name| admission(&request(data.path(), name)));
        let [of_kiln, of_harbour] = [&kiln, &harbour].map(|party| operator.admit(party).unwrap());
        let folder = data.path().join("handed-out");
        fs::create_dir(&folder).unwrap();
        let out = folder.join("admission.json");
        let check =
            |party: &Admission| check_out(Some(&out), &party.did, operator.descriptor().network()).unwrap();

        // Two admissions at one time.
        check(&kiln);
        check(&harbour);
        hand_out(&of_kiln, Some(&out)).unwrap();
        let first = fs::read(&out).unwrap();
        let refused = format!("{:#}", hand_out(&of_harbour, Some(&out)).unwrap_err());
        assert!(refused.contains("is admitted, but") && refused.contains("is there already"), "{refused}");
        assert_eq!(fs::read(&out).unwrap(), first);

        // Also in the last moment.
        let other = folder.join("other.json");
        fs::write(&other, "notes of mine").unwrap();
        assert_eq!(write_new(&other, "bundle").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&other).unwrap(), "notes of mine");
        assert_eq!(names_in(&folder), ["admission.json", "other.json"], "nothing is left beside them");
    }

    #[test]
    fn a_bundle_of_another_network_for_the_same_party_is_not_replaced() {
        let data = tempfile::tempdir().unwrap();
        let (_, there) = (network(data.path(), "here"), network(data.path(), "there"));
        let (kiln, out) = (request(data.path(), "kiln"), data.path().join("out.json"));
        called(data.path(), "here", "admit", kiln.to_str().unwrap(), &out).unwrap();
        let before = fs::read(&out).unwrap();
        let refused =
            called(data.path(), "there", "admit", kiln.to_str().unwrap(), &out).unwrap_err().to_string();
        assert!(refused.contains("is there already") && refused.contains("of this network"), "{refused}");
        assert_eq!((fs::read(&out).unwrap(), there.members().unwrap().len()), (before.clone(), 0));

        there.admit(&admission(&kiln)).unwrap();
        assert!(called(data.path(), "there", "renew", &admission(&kiln).did, &out).is_err());
        assert_eq!(fs::read(&out).unwrap(), before);
        called(data.path(), "here", "renew", &admission(&kiln).did, &out).unwrap();
    }

    #[test]
    fn a_file_is_written_beside_and_takes_its_place_as_a_whole() {
        let data = tempfile::tempdir().unwrap();
        network(data.path(), "network");
        let kiln = request(data.path(), "kiln");
        let admit = |out: &Path| called(data.path(), "network", "admit", kiln.to_str().unwrap(), out);
        let folder = data.path().join("handed-out");
        fs::create_dir(&folder).unwrap();

        // What a command left that was ended, and what happens to be called as other commands call what they write beside.
        let others = [".bundle-aaaaaa", "admission.new"];
        for other in others {
            fs::write(folder.join(other), "{\"did\": \"did:").unwrap();
        }
        let out = folder.join("admission.json");
        admit(&out).unwrap();
        fs::set_permissions(&out, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&out, folder.join("link.json")).unwrap();
        let (before, mut open) = (fs::read(&out).unwrap(), File::open(&out).unwrap());
        // There may be another earlier bundle for it, of which the certificates differ.
        fs::write(&out, [&before[..], b"\n\n"].concat()).unwrap();
        admit(&folder.join("link.json")).unwrap();
        assert_eq!(fs::read(&out).unwrap(), before);
        let mut read = Vec::new();
        open.read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), before.len() + 2, "the old file was not written to");
        assert!(fs::symlink_metadata(folder.join("link.json")).unwrap().is_symlink());
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o640);
        for other in others {
            assert_eq!(fs::read_to_string(folder.join(other)).unwrap(), "{\"did\": \"did:");
        }
        assert_eq!(names_in(&folder), [".bundle-aaaaaa", "admission.json", "admission.new", "link.json"]);
    }

    #[test]
    fn what_can_be_no_file_is_refused_before_anybody_is_admitted() {
        let data = tempfile::tempdir().unwrap();
        let operator = network(data.path(), "network");
        let kiln = request(data.path(), "kiln");
        let nowhere = data.path().join("nowhere.json");
        std::os::unix::fs::symlink(data.path().join("missing/out.json"), &nowhere).unwrap();
        for (out, said) in [(data.path(), "is a folder"), (&nowhere, "cannot be read")] {
            let refused = called(data.path(), "network", "admit", kiln.to_str().unwrap(), out);
            assert!(refused.unwrap_err().to_string().contains(said), "{}", out.display());
        }
        assert!(operator.members().unwrap().is_empty());
        called(data.path(), "network", "admit", kiln.to_str().unwrap(), Path::new("/dev/null")).unwrap();
    }

    #[test]
    fn a_file_that_is_there_is_replaced_by_a_newer_bundle_of_the_same_party_alone() {
        let data = tempfile::tempdir().unwrap();
        let operator = network(data.path(), "network");
        let out = data.path().join("admission.json");
        let (kiln, harbour) = (request(data.path(), "kiln"), request(data.path(), "harbour"));
        let called = |command: &str, of: &str| called(data.path(), "network", command, of, &out);
        let admit = |request: &Path| called("admit", request.to_str().unwrap());
        let members = || operator.members().unwrap().len();
        let did = |request: &Path| admission(request).did;

        fs::write(&out, "notes of mine").unwrap();
        let refused = admit(&kiln).unwrap_err().to_string();
        assert!(refused.contains("is there already") && refused.contains("--out"), "{refused}");
        assert_eq!(
            (fs::read_to_string(&out).unwrap().as_str(), members()),
            ("notes of mine", 0),
            "nobody is admitted"
        );

        fs::remove_file(&out).unwrap();
        admit(&kiln).unwrap();
        // Again, and a renewal: an answer for the same DID.
        admit(&kiln).unwrap();
        called("renew", &did(&kiln)).unwrap();
        let before = fs::read(&out).unwrap();
        assert!(admit(&harbour).unwrap_err().to_string().contains(&did(&harbour)));
        assert_eq!((fs::read(&out).unwrap(), members()), (before.clone(), 1));
        fs::rename(&out, data.path().join("aside.json")).unwrap();
        admit(&harbour).unwrap();
        assert!(called("renew", &did(&kiln)).is_err());
        assert_ne!(fs::read(&out).unwrap(), before);
    }
}
