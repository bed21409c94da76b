//! `passport did show`: a log's versions, its witnesses, and the did:web beside it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Args;
use did::resolution::Version;
use did::webvh::witness::LARGEST_FILE;
use did::webvh::{Identifier, LARGEST_LOG, Log, WITNESS_FILE, check_parallel};
use did::{Did, Document, Resolve};
use did_resolver::{Keeping, Resolver};
use environment::Environment;
use outbound::{Fetch, HttpClient, Policy, Request};
use serde_json::{Value, json};

use super::read;
use crate::party::PartyFolder;

/// The words.
#[derive(Args, Debug)]
pub(super) struct ShowArguments {
    /// A did:webvh, the file of a log, or the name of a party of this data folder.
    what: String,
    /// The witnesses' proofs for a log in a file.
    #[arg(long, value_name = "FILE")]
    proofs: Option<PathBuf>,
}

/// What is to be shown.
struct Files {
    log: Vec<u8>,
    proofs: Option<Vec<u8>>,
    /// The parallel did:web's document, if it was looked for.
    did_web: Option<Result<Document>>,
}

pub(super) async fn run(
    arguments: &ShowArguments,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let files = files(arguments, data, environment).await?;
    let now = environment.now();
    let (log, broken) = Log::read_witnessed(&files.log, files.proofs.as_deref(), now);
    let log = match (log, broken) {
        (Some(log), broken) => {
            if let Some(error) = broken {
                writeln!(output, "{:#}", shown(&log, files.did_web)?)?;
                return Err(error).context("the log counts as far as it is shown");
            }
            log
        }
        (None, Some(error)) => return Err(error.into()),
        (None, None) => anyhow::bail!("the log is empty"),
    };
    Ok(writeln!(output, "{:#}", shown(&log, files.did_web)?)?)
}

async fn files(arguments: &ShowArguments, data: &Path, environment: &Environment) -> Result<Files> {
    let proofs = arguments.proofs.as_deref().map(|file| read(file, LARGEST_FILE)).transpose()?;
    if let Ok(did) = Did::parse(&arguments.what) {
        ensure!(proofs.is_none(), "the proofs of a DID are fetched: leave out --proofs");
        return fetched(&did, environment).await;
    }
    if PartyFolder::names(data)?.contains(&arguments.what) {
        // The files alone are looked at, so the party may be running.
        let folder = data.join(&arguments.what);
        let own = folder.join(WITNESS_FILE);
        let proofs = match proofs {
            None if own.is_file() => Some(read(&own, LARGEST_FILE)?),
            given => given,
        };
        return Ok(Files {
            log: read(&folder.join(did::webvh::LOG_FILE), LARGEST_LOG)?,
            proofs,
            did_web: None,
        });
    }
    Ok(Files { log: read(Path::new(&arguments.what), LARGEST_LOG)?, proofs, did_web: None })
}

/// The files as the DID's host serves them. The person at the terminal chose the DID, so names of this machine may be asked.
async fn fetched(did: &Did, environment: &Environment) -> Result<Files> {
    let identifier = Identifier::of(did)?;
    let client = HttpClient::new(Policy::development())?;
    let file = async |url: String, limit: usize| -> Result<Option<Vec<u8>>> {
        let request = Request::get(url.parse()?).with_limit(limit);
        let response = client.fetch(request).await.with_context(|| url.clone())?;
        match response.status.as_u16() {
            200 => Ok(Some(response.body.to_vec())),
            404 | 410 => Ok(None),
            status => anyhow::bail!("{url} answers {status}"),
        }
    };
    let log = file(identifier.log_url(), LARGEST_LOG).await?.context("there is no log of this DID")?;
    let proofs = file(identifier.witness_url(), LARGEST_FILE).await?;
    let web = identifier.location().did_web()?;
    let resolver = Resolver::new(Arc::new(client), environment.clone(), Keeping::nothing());
    let did_web = resolver.resolve(&web).await.map(|found| found.document).map_err(Into::into);
    Ok(Files { log, proofs, did_web: Some(did_web) })
}

fn shown(log: &Log, did_web: Option<Result<Document>>) -> Result<Value> {
    let did = log.did().context("the log is empty")?;
    let versions = (1..=log.number()).map(|number| version(log, did, number)).collect::<Result<Vec<_>>>()?;
    let witnesses = log.witnesses();
    let mut shown = json!({
        "did": did.as_str(),
        "deactivated": log.is_deactivated(),
        "portable": log.is_portable(),
        "ttl": log.ttl(),
        "witness": witnesses.map(|list| json!({"threshold": list.threshold(), "witnesses": list.ids()})),
        "versions": versions,
    });
    let parallel = did_web.map(|web| parallel(log, did, web));
    if let (Some(parallel), Some(members)) = (parallel, shown.as_object_mut()) {
        members.insert("did_web".to_owned(), Value::from(parallel));
    }
    Ok(shown)
}

fn version(log: &Log, did: &Did, number: u64) -> Result<Value> {
    let metadata = match log.resolve(did, &Version::Number(number)) {
        Ok(found) => found.metadata,
        Err(did::ResolveError::Deactivated(metadata)) => *metadata,
        Err(error) => return Err(error.into()),
    };
    Ok(json!({"version_id": metadata.version_id, "version_time": metadata.version_time}))
}

/// What is to be said of the did:web beside the DID.
fn parallel(log: &Log, did: &Did, web: Result<Document>) -> String {
    match (log.resolve(did, &Version::Latest), web) {
        (Err(error), _) => error.to_string(),
        (_, Err(_)) => "none is served".to_owned(),
        (Ok(found), Ok(web)) => match check_parallel(&found.document, &web) {
            Ok(()) => "goes with it".to_owned(),
            Err(fault) => format!("does not go with it: {fault}"),
        },
    }
}
