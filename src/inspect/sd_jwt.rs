//! `passport inspect sd-jwt`.

use std::path::PathBuf;

use credentials::sd_jwt::key_binding::{self, KeyBindingError};
use credentials::sd_jwt::{Processed, SdJwt, SdJwtError, Verified};
use credentials::type_metadata::TypeMetadata;
use credentials::vc::{Facts, NEVER_DISCLOSABLE, TYPE, VcError};
use credentials::{ClaimsPath, Location, Step};
use environment::{Environment, Timestamp};
use jose::jws::{self, JwsError, Policy};
use jose::jwt;
use jose::{Jwk, VerifyingKey};
use openid4vc::vp::verification::{OLDEST_KEY_BINDING, SKEW};
use serde_json::{Map, Value};

use super::report::{Failure, Refusal, Report};
use super::source::Input;
use super::{issuer_key, type_metadata};

/// Arguments of `passport inspect sd-jwt`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The SD-JWT in compact form or JSON serialised; `-` is standard input.
    file: PathBuf,
    /// The issuer's public key as a JWK. Without it, the key of x5c, of a did:key or did:jwk, or of cnf is taken.
    #[arg(long, value_name = "FILE")]
    issuer_jwk: Option<PathBuf>,
    /// The nonce of the request: a key binding JWT must come and repeat it.
    #[arg(long, value_name = "N", requires = "aud")]
    nonce: Option<String>,
    /// The verifier: a key binding JWT must come and name it.
    #[arg(long, value_name = "A", requires = "nonce")]
    aud: Option<String>,
    /// Check as of this time (seconds since 1970) instead of now; then the age of a key binding counts too.
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    at: Option<i64>,
    /// Only show what it says: no signature and no time is checked.
    #[arg(long)]
    decode_only: bool,
    #[command(flatten)]
    about_type: type_metadata::AboutType,
}

/// A plain SD-JWT, in `type`.
const PLAIN: &str = "sd-jwt";

/// Reads and checks an SD-JWT.
pub(super) fn inspect(
    arguments: &Arguments,
    environment: &Environment,
    input: &mut Input<'_>,
) -> Result<Report, Failure> {
    let text = input.text(&arguments.file)?;
    let given = arguments.issuer_jwk.as_ref().map(|path| input.public_key(path)).transpose()?;
    let sd_jwt = read(&text).map_err(Refusal::from)?;
    if arguments.decode_only {
        return Ok(decode(sd_jwt)?);
    }
    let now = arguments.at.map_or_else(|| environment.now(), Timestamp::from_seconds);
    let metadata = type_metadata::read(&arguments.about_type, sd_jwt.payload(), input)?;
    Ok(verify(sd_jwt, given, metadata.as_ref(), arguments, now)?)
}

/// Reads the compact form or a JSON serialisation (RFC 9901 §8), whichever it is.
pub(super) fn read(text: &str) -> Result<SdJwt, SdJwtError> {
    let trimmed = text.trim_start();
    if trimmed.starts_with('{') {
        SdJwt::parse_json(text)
    } else if trimmed.starts_with(['[', '"']) {
        // A tool wrapped it into an array or a string.
        Err(SdJwtError::JsonSerialisation)
    } else {
        SdJwt::parse(text)
    }
}

fn decode(sd_jwt: SdJwt) -> Result<Report, Refusal> {
    let kind = if is_credential(&sd_jwt) { TYPE } else { PLAIN };
    let header = sd_jwt.header().clone();
    let binding = match sd_jwt.key_binding_jwt() {
        None => Value::Null,
        Some(text) => Value::Object(key_binding_claims(text)?),
    };
    let processed = sd_jwt.process_unverified()?;
    let report = describe(Report::decoded(kind), &processed, header);
    Ok(report.with("key_binding", binding).checked(["form", "disclosures"]))
}

fn verify(
    sd_jwt: SdJwt,
    given: Option<Jwk>,
    metadata: Option<&TypeMetadata>,
    arguments: &Arguments,
    now: Timestamp,
) -> Result<Report, Refusal> {
    let credential = is_credential(&sd_jwt);
    check_type(&sd_jwt, credential)?;
    let holder = sd_jwt.payload().get("cnf").and_then(|cnf| cnf.get("jwk")).map(Jwk::from_value);
    // A key in cnf that cannot be read is refused below by the rules of its kind.
    let holder = holder.and_then(Result::ok);
    let issuer = issuer_key::find(given, sd_jwt.header(), sd_jwt.payload().get("iss"), holder.as_ref())?;
    let key = VerifyingKey::new(&issuer.jwk).map_err(Refusal::key)?;
    let policy = if credential { Policy::typed(&[TYPE]) } else { Policy::typed(&[]) };
    let verified = sd_jwt.verify(&key, &policy)?;
    let mut checked = vec!["form", issuer.found, "issuer_signature", "disclosures"];
    let holder = if credential {
        let facts = check_credential(verified.processed())?;
        checked.push("sd_jwt_vc_claims");
        facts.holder_key().cloned()
    } else {
        holder_of_plain(verified.claims())?
    };
    jwt::check_validity(verified.claims(), now, 0)?;
    checked.push("times");
    if let Some(metadata) = metadata {
        // Whether all disclosures are there, nobody says.
        metadata.check_presented(verified.processed())?;
        checked.push("type_metadata");
    }
    let binding = check_binding(&verified, holder.as_ref(), arguments, now, &mut checked)?;
    let report = Report::valid(if credential { TYPE } else { PLAIN });
    let report = describe(report, verified.processed(), verified.header().clone());
    let report = match metadata {
        Some(metadata) => report.with(
            "type_metadata",
            type_metadata::describe(metadata, verified.processed(), &arguments.about_type),
        ),
        None => report,
    };
    Ok(report.with("key_binding", binding).checked(checked))
}

/// An SD-JWT VC by its type or by its claims: one that only lost its `typ` is refused and not let through as plain.
fn is_credential(sd_jwt: &SdJwt) -> bool {
    sd_jwt.header().get("typ").and_then(Value::as_str) == Some(TYPE) || sd_jwt.payload().contains_key("vct")
}

fn check_type(sd_jwt: &SdJwt, credential: bool) -> Result<(), Refusal> {
    let typ = match sd_jwt.header().get("typ") {
        None => None,
        Some(Value::String(typ)) => Some(typ.as_str()),
        Some(_) => return Err(JwsError::MalformedHeader.into()),
    };
    if credential && typ != Some(TYPE) {
        return Err(SdJwtError::Jws(JwsError::WrongType { expected: TYPE.to_owned() }).into());
    }
    if typ == Some(key_binding::TYPE) {
        let expected = "that of an SD-JWT, not of a key binding JWT".to_owned();
        return Err(SdJwtError::Jws(JwsError::WrongType { expected }).into());
    }
    Ok(())
}

/// The rules of SD-JWT VC on the claims (§3.2.2.2).
fn check_credential(processed: &Processed) -> Result<Facts, Refusal> {
    for disclosed in processed.disclosed() {
        let Some(Step::Name(first)) = disclosed.location().steps().first() else { continue };
        if let Some(name) = NEVER_DISCLOSABLE.into_iter().find(|name| **name == **first) {
            return Err(VcError::Disclosable(name).into());
        }
    }
    Ok(Facts::of(processed.claims())?)
}

/// The holder's key of a plain SD-JWT; another kind of confirmation than `jwk` binds it to nobody we could check.
fn holder_of_plain(claims: &Map<String, Value>) -> Result<Option<Jwk>, Refusal> {
    let Some(jwk) = claims.get("cnf").and_then(|cnf| cnf.get("jwk")) else { return Ok(None) };
    Jwk::from_value(jwk).map(Some).map_err(|error| VcError::BadConfirmation(error).into())
}

/// Checks the key binding, which must come when `--nonce` and `--aud` say so; returns its claims.
fn check_binding(
    verified: &Verified,
    holder: Option<&Jwk>,
    arguments: &Arguments,
    now: Timestamp,
    checked: &mut Vec<&'static str>,
) -> Result<Value, Refusal> {
    let required = arguments.nonce.as_deref().zip(arguments.aud.as_deref());
    let Some(text) = verified.key_binding_jwt() else {
        return if required.is_some() { Err(KeyBindingError::Missing.into()) } else { Ok(Value::Null) };
    };
    let holder = holder.ok_or(VcError::NotBound)?;
    let key = VerifyingKey::new(holder).map_err(|error| Refusal::from(VcError::BadConfirmation(error)))?;
    let claims = key_binding_claims(text)?;
    let own = |name: &'static str| jwt::text(&claims, name).map_err(KeyBindingError::Claim);
    let expected = match required {
        Some((nonce, audience)) => {
            // A recording is always old: how old it may be is asked only as of a named moment.
            let oldest = if arguments.at.is_some() { OLDEST_KEY_BINDING } else { i64::MAX };
            key_binding::Expected { audience, nonce, now, oldest, skew: SKEW }
        }
        None => {
            let now = jwt::required_date(&claims, "iat").map_err(KeyBindingError::Claim)?;
            key_binding::Expected { audience: own("aud")?, nonce: own("nonce")?, now, oldest: 0, skew: 0 }
        }
    };
    key_binding::verify(verified, &key, &expected)?;
    checked.extend(["key_binding_type", "key_binding_signature", "key_binding_sd_hash"]);
    if required.is_some() {
        checked.extend(["key_binding_nonce", "key_binding_aud", "key_binding_not_from_the_future"]);
        if arguments.at.is_some() {
            checked.push("key_binding_age");
        }
    }
    Ok(Value::Object(claims))
}

fn key_binding_claims(text: &str) -> Result<Map<String, Value>, Refusal> {
    let claims = jws::Unverified::parse(text).and_then(|jwt| jwt.claims());
    claims.map_err(|error| KeyBindingError::Jws(error).into())
}

fn describe(report: Report, processed: &Processed, header: Map<String, Value>) -> Report {
    let paths = processed.disclosed().iter().filter_map(|disclosed| path(disclosed.location()));
    let disclosed: Vec<Value> = paths.collect();
    report.with("claims", processed.claims().clone()).with("header", header).with("disclosed", disclosed)
}

/// A place in the claims as a claims path.
pub(super) fn path(location: &Location) -> Option<Value> {
    location.to_path().as_ref().map(ClaimsPath::to_value)
}
