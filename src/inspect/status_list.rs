//! `passport inspect status-list`.

use std::path::PathBuf;

use credentials::status_list::{Bits, ListError, Status, StatusList, TYPE, TokenError, UnverifiedToken};
use environment::{Environment, Timestamp};
use jose::jws::{self, JwsError};
use jose::jwt::{self, ClaimError};
use jose::{Jwk, VerifyingKey};
use serde_json::{Map, Value};

use super::issuer_key;
use super::report::{Failure, Refusal, Report};
use super::source::{Input, without_line_break};

/// Arguments of `passport inspect status-list`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The status list token in JWT form; `-` is standard input.
    file: PathBuf,
    /// The entry, `status.status_list.idx` of the credential.
    #[arg(long, value_name = "N")]
    index: u64,
    /// The issuer's public key as a JWK. Without it, the key of x5c or of a did:key or did:jwk is taken, if there is one.
    #[arg(long, value_name = "FILE")]
    jwk: Option<PathBuf>,
    /// Check as of this time (seconds since 1970) instead of now.
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    at: Option<i64>,
}

/// Reads a status list token and looks up one entry.
pub(super) fn inspect(
    arguments: &Arguments,
    environment: &Environment,
    input: &mut Input<'_>,
) -> Result<Report, Failure> {
    let bytes = input.bytes(&arguments.file)?;
    let given = arguments.jwk.as_ref().map(|path| input.public_key(path)).transpose()?;
    let now = arguments.at.map_or_else(|| environment.now(), Timestamp::from_seconds);
    Ok(look_up(&bytes, given, arguments.index, now)?)
}

fn look_up(bytes: &[u8], given: Option<Jwk>, index: u64, now: Timestamp) -> Result<Report, Refusal> {
    let text = std::str::from_utf8(bytes).map(without_line_break);
    let token = UnverifiedToken::parse(text.map_or(bytes, str::as_bytes))?;
    let claims = text
        .map_err(|_| JwsError::Malformed)
        .and_then(|text| jws::Unverified::parse(text)?.claims())
        .map_err(TokenError::Jws)?;
    let key = match issuer_key::find(given, token.header(), claims.get("iss"), None) {
        Ok(key) => Some(key),
        Err(refusal) if refusal.code == "issuer_key_missing" => None,
        Err(refusal) => return Err(refusal),
    };
    let Some(issuer) = key else { return decoded(&token, &claims, index, now) };
    let key = VerifyingKey::new(&issuer.jwk).map_err(Refusal::key)?;
    let uri = jwt::text(&claims, "sub").map_err(TokenError::Claim)?;
    let status = token.verify(&key, uri, now, 0)?.status(index, now)?;
    let checked = ["form", issuer.found, "issuer_signature", "times", "list", "index"];
    Ok(describe(Report::valid(TYPE), status, index, &claims).checked(checked))
}

/// Without a key: everything but the signature.
fn decoded(
    token: &UnverifiedToken,
    claims: &Map<String, Value>,
    index: u64,
    now: Timestamp,
) -> Result<Report, Refusal> {
    if token.header().get("typ").and_then(Value::as_str) != Some(TYPE) {
        return Err(TokenError::Jws(JwsError::WrongType { expected: TYPE.to_owned() }).into());
    }
    jwt::text(claims, "sub").map_err(TokenError::Claim)?;
    jwt::check_issued_at(claims, now, i64::MAX, 0).map_err(TokenError::Claim)?;
    jwt::check_validity(claims, now, 0).map_err(TokenError::Claim)?;
    let list = claims.get("status_list").ok_or(TokenError::Claim(ClaimError::Missing("status_list")))?;
    let bits = list.get("bits").and_then(Value::as_u64).ok_or(TokenError::List(ListError::BadBits))?;
    let lst = list.get("lst").and_then(Value::as_str).ok_or(TokenError::List(ListError::BadEncoding))?;
    let list = Bits::from_count(bits).and_then(|bits| StatusList::from_lst(bits, lst));
    let status = list.and_then(|list| list.get(index)).map_err(TokenError::List)?;
    Ok(describe(Report::decoded(TYPE), status, index, claims).checked(["form", "times", "list", "index"]))
}

fn describe(report: Report, status: Status, index: u64, claims: &Map<String, Value>) -> Report {
    let mut document = claims.clone();
    // The list itself is what nobody wants to read.
    if let Some(Value::Object(list)) = document.get_mut("status_list") {
        list.remove("lst");
    }
    report
        .with("status", status.value())
        .with("status_name", name(status))
        .with("index", index)
        .with("document", document)
}

/// The names of §7.1.
const fn name(status: Status) -> &'static str {
    match status {
        Status::Valid => "VALID",
        Status::Invalid => "INVALID",
        Status::Suspended => "SUSPENDED",
        Status::ApplicationSpecific(_) => "APPLICATION_SPECIFIC",
        Status::Reserved(_) => "RESERVED",
    }
}
