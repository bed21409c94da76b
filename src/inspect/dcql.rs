//! `passport inspect dcql`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use credentials::dcql::{Candidate, ClaimOption, DcqlError, Match, Matches, Query};
use credentials::sd_jwt::Processed;
use credentials::vc::TYPE;
use serde_json::{Map, Value, json};
use trust::{Certificate, CertificateChain};

use super::report::{Failure, Refusal, Report};
use super::sd_jwt;
use super::source::Input;

/// Arguments of `passport inspect dcql`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The query as JSON; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    query: PathBuf,
    /// The credentials that may answer, each an SD-JWT in compact form or JSON serialised; signatures are not checked.
    #[arg(long = "credential", value_name = "FILE", required = true, num_args = 1..)]
    credentials: Vec<PathBuf>,
}

/// A credential as far as a query looks at it.
struct Offered {
    vct: Option<String>,
    processed: Processed,
    authorities: Vec<Vec<u8>>,
}

/// Finds which credentials answer a query.
pub(super) fn inspect(arguments: &Arguments, input: &mut Input<'_>) -> Result<Report, Failure> {
    let query = jose::json::parse(input.text(&arguments.query)?)
        .map_err(|_| Refusal::from(DcqlError::NotAnObject))?;
    let mut offered = Vec::with_capacity(arguments.credentials.len());
    for (position, path) in arguments.credentials.iter().enumerate() {
        let text = input.text(path)?;
        offered.push(read(&text).map_err(|refusal| refusal.at(position))?);
    }
    Ok(evaluate(&query, &offered)?)
}

fn read(text: &str) -> Result<Offered, Refusal> {
    let sd_jwt = sd_jwt::read(text)?;
    let is_credential = sd_jwt.header().get("typ").and_then(Value::as_str) == Some(TYPE);
    let authorities = match sd_jwt.header().get("x5c") {
        None => Vec::new(),
        Some(x5c) => {
            let chain = CertificateChain::from_value(x5c)?;
            chain
                .certificates()
                .filter_map(Certificate::authority_key_identifier)
                .map(<[u8]>::to_vec)
                .collect()
        }
    };
    let processed = sd_jwt.process_unverified()?;
    let vct = processed.claims().get("vct").and_then(Value::as_str).filter(|_| is_credential);
    Ok(Offered { vct: vct.map(str::to_owned), processed, authorities })
}

fn evaluate(query: &Value, offered: &[Offered]) -> Result<Report, Refusal> {
    let query = Query::parse(query)?;
    // Only an SD-JWT VC answers a query for dc+sd-jwt; the others keep their place in the count.
    let positions: Vec<usize> = offered
        .iter()
        .enumerate()
        .filter(|(_, one)| one.vct.is_some())
        .map(|(position, _)| position)
        .collect();
    let candidates: Vec<Candidate<'_>> = offered
        .iter()
        .filter_map(|one| {
            Some(Candidate {
                vct: one.vct.as_deref()?,
                claims: one.processed.claims(),
                holder_bound: one.processed.claims().get("cnf").is_some_and(|cnf| cnf.get("jwk").is_some()),
                authority_key_identifiers: &one.authorities,
            })
        })
        .collect();
    let found = query.evaluate(&candidates);
    let satisfied = found.is_satisfiable();
    Ok(Report::valid("dcql_query")
        .with("matches", matches(&found, &positions))
        .with("satisfied", satisfied)
        .with("credential_sets", credential_sets(&query, &found))
        .checked(["query", "credential_form", "credential_disclosures"]))
}

/// Per query id, the credentials that answer it; a query that nothing answers is left out.
fn matches(found: &Matches<'_>, positions: &[usize]) -> Map<String, Value> {
    let answered = found.per_query().iter().filter(|one| !one.candidates.is_empty());
    answered
        .map(|one| {
            let matches = one.candidates.iter().filter_map(|found| answer(found, positions));
            (one.query.id.as_str().to_owned(), matches.collect())
        })
        .collect()
}

/// The verifier's most wanted way to answer with one credential.
fn answer(found: &Match, positions: &[usize]) -> Option<Value> {
    let option: &ClaimOption = found.options.first()?;
    let claims: Vec<Value> = option.locations().filter_map(sd_jwt::path).collect();
    let mut answer = json!({"credential": positions.get(found.candidate)?, "claims": claims});
    if let (Some(index), Value::Object(members)) = (option.claim_set, &mut answer) {
        members.insert("claim_set".to_owned(), Value::from(index));
    }
    Some(answer)
}

/// For each credential set, the first option that can be answered.
fn credential_sets(query: &Query, found: &Matches<'_>) -> Vec<Value> {
    let answerable: BTreeSet<&str> = found.answerable();
    let sets = query.credential_sets().iter().map(|set| {
        let mut options = set.options.iter();
        let option = options.position(|option| option.iter().all(|id| answerable.contains(id.as_str())));
        json!({"required": set.required, "satisfied": option.is_some(), "option": option})
    });
    sets.collect()
}
