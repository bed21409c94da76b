//! `cargo xtask doctor`: what this machine has, what is missing and which package brings it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::stage::Outcome;

/// Credo's packages need it.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// Something the tests need: a program under one of these names, in this Debian package.
struct Need {
    programs: &'static [&'static str],
    what_for: &'static str,
    package: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        programs: &["cc"],
        what_for: "compiles the C and assembly parts of the cryptography",
        package: "build-essential",
    },
    Need { programs: &["make"], what_for: "builds OpenSSL from its source", package: "build-essential" },
    Need { programs: &["perl"], what_for: "configures OpenSSL's build", package: "perl" },
    Need { programs: &["git"], what_for: "tells which packages have changed", package: "git" },
    Need { programs: &["node"], what_for: "runs the browser and interoperability tests", package: "nodejs" },
    Need { programs: &["npm"], what_for: "installs what those tests need", package: "npm" },
    Need {
        programs: &["strace"],
        what_for: "records what was fsynced, for the power-loss test",
        package: "strace",
    },
    Need {
        programs: &["openssl"],
        what_for: "makes the certificates of the tests over TLS",
        package: "openssl",
    },
    Need {
        programs: &["ip"],
        what_for: "opens a loopback of its own for hostile addresses",
        package: "iproute2",
    },
    Need {
        programs: &["systemd-analyze"],
        what_for: "checks the unit in packaging/, which it does not install",
        package: "systemd",
    },
    // Debian has the module in a package of its own, beside the program.
    Need {
        programs: &["python3"],
        what_for: "asks a space's API what its description says",
        package: "python3-venv",
    },
    Need { programs: &["curl"], what_for: "asks the servers of a container how they are", package: "curl" },
    // It brings Apache itself, and nothing that runs by itself.
    Need {
        programs: &["/usr/lib/apache2/modules/mod_auth_openidc.so"],
        what_for: "signs a member in at a site, as a judge of ours",
        package: "libapache2-mod-auth-openidc",
    },
    Need {
        programs: &["chromium", "chromium-browser", "google-chrome"],
        what_for: "is the browser of the browser tests",
        package: "chromium",
    },
];

/// Parts of the Rust toolchain, each asked for its version.
const TOOLCHAIN: &[(&str, &[&str], &str)] = &[
    ("cargo", &["--version"], "install Rust 1.95 or newer"),
    ("cargo fmt", &["fmt", "--version"], "rustup component add rustfmt"),
    ("cargo clippy", &["clippy", "--version"], "rustup component add clippy"),
];

/// Prints what is there; what is missing is an error that names it.
pub(crate) fn run(root: &Path, install: bool) -> Result<()> {
    let mut packages = missing_packages(true);
    if install && !packages.is_empty() {
        install_packages(&packages)?;
        packages = missing_packages(true);
    }
    let mut problems: Vec<String> =
        packages.iter().map(|package| format!("Debian package `{package}`")).collect();
    problems.extend(toolchain_problems());
    problems.extend(node_problem());
    problems.extend(unwritable(root));
    if problems.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    bail!("missing: {}", problems.join("; "))
}

/// The first stage of `cargo xtask test`: installs what it may, and fails when something is still missing.
pub(crate) fn stage(root: &Path) -> Result<Outcome> {
    run(root, true).map(|()| Outcome::holds())
}

fn missing_packages(print: bool) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for Need { programs, what_for, package } in NEEDS {
        let found = programs.iter().find_map(|program| find(program));
        if print {
            let name = programs.first().copied().unwrap_or_default();
            match &found {
                Some(place) => println!("ok       {name:<12} {place}"),
                None => println!("missing  {name:<12} {what_for}: Debian package `{package}`"),
            }
        }
        if found.is_none() && !missing.contains(package) {
            missing.push(*package);
        }
    }
    missing
}

/// Where a program lies, by the search path.
fn find(program: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .map(|file| file.display().to_string())
}

/// Installs Debian packages if this is Debian and we are root; otherwise names the command.
fn install_packages(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if find("apt-get").is_none() || !is_root() {
        bail!("missing, and only root may install it here: apt-get install {wanted}");
    }
    println!("installing {wanted}");
    apt(&["update"])?;
    let mut words = vec!["install", "-y", "--no-install-recommends"];
    words.extend(packages);
    apt(&words)
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()
        .context("apt-get does not start")?;
    if status.success() { Ok(()) } else { bail!("apt-get {} ended with {status}", arguments.join(" ")) }
}

fn is_root() -> bool {
    answer("id", &["-u"]).is_some_and(|id| id == "0")
}

fn toolchain_problems() -> Vec<String> {
    let program = crate::cargo_program();
    let mut problems = Vec::new();
    for (name, arguments, remedy) in TOOLCHAIN {
        match answer(&program, arguments) {
            Some(version) => println!("ok       {name:<12} {version}"),
            None => {
                println!("missing  {name:<12} {remedy}");
                problems.push(format!("{name} ({remedy})"));
            }
        }
    }
    problems
}

fn node_problem() -> Option<String> {
    let version = answer("node", &["--version"])?;
    let (major, minor) = OLDEST_NODE;
    if node_version(&version).is_some_and(|found| found >= OLDEST_NODE) {
        println!("ok       {:<12} {version}", "Node.js");
        return None;
    }
    println!("too old  {:<12} {version}, wanted {major}.{minor} or newer", "Node.js");
    Some(format!("Node.js {major}.{minor} or newer (found {version})"))
}

/// `v20.19.1` as major and minor number.
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Folders that builds and tests write to.
fn unwritable(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for (what, folder) in [("checkout", root.to_path_buf()), ("temporary folder", std::env::temp_dir())] {
        let probe = folder.join(format!(".xtask-doctor-{}", std::process::id()));
        let writable = fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).is_ok();
        println!("{}  {what:<12} {}", if writable { "ok     " } else { "missing" }, folder.display());
        if !writable {
            problems.push(format!("leave to write to the {what} {}", folder.display()));
        }
    }
    problems
}

/// The first line of what a program says, if it succeeds.
fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_node_is_compared_by_its_numbers() {
        assert_eq!(node_version("v20.19.1"), Some((20, 19)));
        assert!(node_version("v20.9.0").unwrap() < OLDEST_NODE);
        assert!(node_version("v22.0.0").unwrap() > OLDEST_NODE);
        assert_eq!(node_version("20.19.1"), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert_eq!(find("no-such-program-of-this-project"), None);
        assert_eq!(answer("no-such-program-of-this-project", &[]), None);
    }
}
