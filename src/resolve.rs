//! `passport resolve`: the W3C resolution result of a DID, or what a DID URL means, fetched or from files; and whose a passport
//! number is, for a space.

use std::fs::File;
use std::io::{Read, Write, stderr, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::error::ErrorKind;
use did::dereference::{self, Dereferenced, Reference, Wanted};
use did::number::PassportNumber;
use did::resolution::{self, Version};
use did::{Did, DidUrl, Resolution, Resolve, ResolveError, webvh};
use did_resolver::{Keeping, RemoteResolver, Resolver};
use environment::Environment;
use outbound::{HttpClient, Policy};
use serde_json::{Map, Value, json};

/// Resolve a DID, or dereference a DID URL, and print the result as JSON; with `--as`, a passport number as a space of this data
/// folder.
#[derive(Args, Debug)]
pub(crate) struct ResolveArguments {
    /// The DID, with `?versionId=`, `?versionTime=` or `?versionNumber=` for an older version; or a DID URL: `#key` for a part,
    /// `?service=` for services, `/path` for the address of a resource, `/whois` for what the DID tells about its controller.
    /// With `--as` a passport number.
    #[arg(value_name = "DID_URL", required_unless_present = "log")]
    did_url: Option<String>,
    /// Verify this did:webvh log instead of fetching it; `-` is standard input. Alone, it names the DID itself.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The witnesses' proofs for that log; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "log")]
    witness: Option<PathBuf>,
    /// Ask this resolver instead of the DID's host, as https://resolver.example.org/1.0/identifiers/. It is believed, and
    /// it learns what is looked for.
    #[arg(long, value_name = "URL", conflicts_with = "log")]
    resolver: Option<String>,
    /// Ask whose a passport number is, as this space, which must run and be admitted: offices answer nobody else.
    #[arg(long = "as", value_name = "SPACE", requires = "did_url", conflicts_with_all = ["log", "resolver"])]
    asking: Option<String>,
    /// Where the space keeps its data.
    #[arg(long, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
}

/// Resolves and prints. The exit code is 1 when the result has an error; a deactivated DID is a result.
///
/// # Errors
/// Only if the result cannot be written.
pub(crate) async fn run(arguments: &ResolveArguments, environment: &Environment) -> anyhow::Result<ExitCode> {
    if let (Some(space), Some(number)) = (&arguments.asking, &arguments.did_url) {
        return whose_number(&arguments.data, space, number).await;
    }
    if arguments.did_url.as_deref().is_some_and(|text| PassportNumber::parse(text).is_ok()) {
        wrong_call(
            ErrorKind::MissingRequiredArgument,
            "this is a passport number: offices tell admitted spaces alone whose it is; name one of yours with --as SPACE",
        );
    }
    let (result, failed) = match asked(arguments, environment) {
        Err(error) => (resolution::to_value(&Err(error)), true),
        Ok(asked) => {
            let outcome = resolved(&asked, arguments, environment).await;
            let failed = !matches!(outcome, Ok(_) | Err(ResolveError::Deactivated(_)));
            if asked.reference.is_document() {
                (resolution::to_value(&outcome), failed)
            } else {
                let outcome = dereferenced(&asked.reference, outcome).await;
                let failed = !matches!(outcome, Ok(_) | Err(ResolveError::Deactivated(_)));
                (dereference::to_value(&outcome), failed)
            }
        }
    };
    writeln!(stdout().lock(), "{}", serde_json::to_string_pretty(&result)?)?;
    if let Some(hint) = arguments.did_url.as_deref().filter(|_| failed).and_then(port_hint) {
        writeln!(stderr().lock(), "{}", wallet::shown(&hint))?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// Where a DID names a path of digits, what was meant may have been a port.
fn port_hint(did: &str) -> Option<String> {
    let rest = did
        .strip_prefix("did:web:")
        .or_else(|| did.strip_prefix("did:webvh:")?.split_once(':').map(|(_, rest)| rest))?;
    let mut parts = rest.split(['?', '#', '/']).next()?.split(':');
    let (host, digits) = (parts.next()?, parts.next()?);
    let is_port = digits.parse::<u16>().is_ok_and(|port| port > 0);
    is_port
        .then(|| format!("{host}:{digits} is a host and a path here; a port is written {host}%3A{digits}."))
}

/// Whose a passport number is, as the office tells this space. What was mistyped is said here, and asked of nobody.
async fn whose_number(data: &Path, space: &str, number: &str) -> anyhow::Result<ExitCode> {
    let number = PassportNumber::parse(number)?.canonical();
    let request = json!({"command": crate::party::RESOLVE, "number": number});
    let found = crate::running::call(data, space, request).await?;
    writeln!(stdout().lock(), "{}", serde_json::to_string_pretty(&found)?)?;
    Ok(ExitCode::SUCCESS)
}

/// What is asked for, and the log that it is looked for in.
struct Asked {
    reference: Reference,
    log: Option<Vec<u8>>,
    witness: Option<Vec<u8>>,
}

fn asked(arguments: &ResolveArguments, environment: &Environment) -> Result<Asked, ResolveError> {
    if arguments.log.as_deref().is_some_and(is_stdin) && arguments.witness.as_deref().is_some_and(is_stdin) {
        wrong_call(ErrorKind::ArgumentConflict, "only one of --log and --witness can be standard input");
    }
    let log = arguments.log.as_deref().map(|path| read(path, webvh::LARGEST_LOG));
    let witness = arguments.witness.as_deref().map(|path| read(path, webvh::witness::LARGEST_FILE));
    let url = match (&arguments.did_url, &log) {
        (Some(text), _) => DidUrl::parse(text)?,
        (None, Some(log)) => named_by(log, environment)?,
        (None, None) => wrong_call(ErrorKind::MissingRequiredArgument, "give a DID or --log"),
    };
    Ok(Asked { reference: Reference::read(&url)?, log, witness })
}

async fn resolved(
    asked: &Asked,
    arguments: &ResolveArguments,
    environment: &Environment,
) -> Result<Resolution, ResolveError> {
    let Reference { did, version, .. } = &asked.reference;
    match &asked.log {
        Some(log) => webvh::resolve_log(did, log, asked.witness.as_deref(), version, environment.now()),
        None => fetched(did, version, arguments.resolver.as_deref(), environment).await,
    }
}

/// What a DID URL means. What the DID tells at `/whois` is fetched; of other resources the address is told.
async fn dereferenced(
    reference: &Reference,
    resolved: Result<Resolution, ResolveError>,
) -> Result<(Value, &'static str, Map<String, Value>), ResolveError> {
    const DOCUMENT: &str = "application/did";
    Ok(match reference.find(resolved?, Wanted::Document)? {
        Dereferenced::Document(found) => {
            let metadata = found.metadata.to_value().as_object().cloned().unwrap_or_default();
            (found.document.to_value(), DOCUMENT, metadata)
        }
        Dereferenced::Part(part) => (part, DOCUMENT, Map::new()),
        Dereferenced::Addresses(addresses) => {
            (Value::from(addresses.join("\r\n")), dereference::ADDRESSES, Map::new())
        }
        Dereferenced::Resource(address) if reference.is_whois() => {
            let client = HttpClient::new(Policy::development()).map_err(|_| ResolveError::Unreachable)?;
            let served = did_resolver::presentation(&client, &address).await?;
            let text = String::from_utf8(served.body).map_err(|_| ResolveError::Representation)?;
            let content = serde_json::from_str(&text).unwrap_or(Value::String(text));
            (content, served.media_type, Map::new())
        }
        Dereferenced::Resource(address) => (Value::from(address), dereference::ADDRESSES, Map::new()),
        _ => return Err(ResolveError::Feature),
    })
}

/// The DID that a log names; a log that names none fails as it would have when verified.
fn named_by(log: &[u8], environment: &Environment) -> Result<DidUrl, ResolveError> {
    match webvh::last_did(log) {
        Some(did) => Ok(did.into()),
        None => {
            Err(webvh::Log::verify(log, environment.now()).err().map_or(ResolveError::NotFound, Into::into))
        }
    }
}

async fn fetched(
    did: &Did,
    version: &Version,
    elsewhere: Option<&str>,
    environment: &Environment,
) -> Result<Resolution, ResolveError> {
    // The person at the terminal chose the DID, so names of this machine may be asked.
    if let Some(endpoint) = elsewhere {
        let policy = Policy::development().with_insecure_loopback_http();
        let client = HttpClient::new(policy).map_err(|_| ResolveError::Unreachable)?;
        let resolver = RemoteResolver::new(Arc::new(client), endpoint)
            .unwrap_or_else(|error| wrong_call(ErrorKind::ValueValidation, &error.to_string()));
        return resolver.resolve_version(did, version).await;
    }
    let client = HttpClient::new(Policy::development()).map_err(|_| ResolveError::Unreachable)?;
    let resolver = Resolver::new(Arc::new(client), environment.clone(), Keeping::nothing());
    resolver.resolve_version(did, version).await
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file or standard input; one byte more than allowed is enough for the reader to refuse it.
fn read(path: &Path, limit: usize) -> Vec<u8> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    let outcome = if is_stdin(path) {
        stdin().lock().take(limit).read_to_end(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut text))
    };
    match outcome {
        Ok(_) => text,
        Err(error) => wrong_call(ErrorKind::Io, &format!("{} cannot be read: {error}", path.display())),
    }
}

/// Ends the process as clap does for arguments that cannot be meant: the message, and exit code 2.
fn wrong_call(kind: ErrorKind, message: &str) -> ! {
    clap::Error::raw(kind, format!("{message}\n")).exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_digits_is_told_from_a_port() {
        let said = Some(
            "kiln.localhost:8080 is a host and a path here; a port is written kiln.localhost%3A8080."
                .to_owned(),
        );
        for did in [
            "did:web:kiln.localhost:8080",
            "did:web:kiln.localhost:8080:members#key",
            "did:webvh:QmXq:kiln.localhost:8080?versionId=1",
        ] {
            assert_eq!(port_hint(did), said, "{did}");
        }
        for did in [
            "did:web:kiln.localhost%3A8080",
            "did:web:kiln.localhost:members:8080",
            "did:web:kiln.localhost:0",
            "did:key:z6Mk:80",
        ] {
            assert_eq!(port_hint(did), None, "{did}");
        }
    }
}
