//! The rules of a request's parameters (OpenID4VP 1.0 §5 and §8.2).

use std::collections::BTreeSet;

use credentials::dcql::{CredentialQuery, CredentialSet, Id, Query, Wanted};
use jose::jwt::{self, ClaimError};
use serde_json::{Map, Value};

use super::{
    AUDIENCE, AuthenticRequest, AuthorizationRequest, Expected, RequestError, ResponseMode, SKEW,
    VerifierInfo,
};
use crate::address;
use crate::vp::client_id::{ClientId, ClientKind};
use crate::vp::client_metadata::ClientMetadata;
use crate::vp::response::MOST_PRESENTATIONS;
use crate::vp::transaction_data::{Transaction, TransactionTypes};

/// Oldest request object that is taken even though it has no `exp`, in seconds.
const OLDEST: i64 = 3_600;
/// Longest nonce or state that is sent back.
const LONGEST: usize = 1_024;
/// Longest `id` of a credential or claims query.
const LONGEST_ID: usize = 256;
/// Most values, types, sets, options or authorities at one place.
const MOST_CHOICES: usize = 64;

/// What only signed request objects have: audience, times, the wallet's nonce.
pub(super) fn object(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), RequestError> {
    let audience = claims.get("aud").ok_or(ClaimError::Missing("aud"))?.as_str();
    let bent = expected.compatibility.request_uri_as_audience && expected.request_uri.is_some();
    if audience != Some(AUDIENCE) && !(bent && audience == expected.request_uri) {
        return Err(RequestError::WrongAudience);
    }
    jwt::check_validity(claims, expected.now, SKEW)?;
    if claims.contains_key("iat") {
        // With `exp`, the verifier itself says how long the request lives.
        let oldest = if claims.contains_key("exp") { i64::MAX } else { OLDEST };
        jwt::check_issued_at(claims, expected.now, oldest, SKEW)?;
    }
    if let Some(sent) = expected.wallet_nonce
        && claims.get("wallet_nonce").and_then(Value::as_str) != Some(sent)
    {
        return Err(RequestError::WalletNonce);
    }
    Ok(())
}

/// What every request has.
pub(super) fn parameters(
    request: AuthenticRequest,
    types: &TransactionTypes,
) -> Result<AuthorizationRequest, RequestError> {
    let AuthenticRequest { claims: members, client_id, chain, digest } = request;
    let members = &members;
    excluded(members)?;
    if text(members, "response_type")? != "vp_token" {
        return Err(RequestError::Malformed("response_type"));
    }
    let response_mode = response_mode(members)?;
    let response_uri = response_uri(members, &client_id)?.to_owned();
    let nonce = sent_back(members, "nonce")?.ok_or(RequestError::Missing("nonce"))?;
    let state = sent_back(members, "state")?;
    let query = Query::parse(members.get("dcql_query").ok_or(RequestError::Missing("dcql_query"))?)?;
    amount(&query)?;
    if !query.takes_sd_jwt_vc() {
        return Err(RequestError::Formats);
    }
    bound_by_state(&query, state.as_deref())?;
    let transactions = match members.get("transaction_data") {
        None => Vec::new(),
        Some(data) => Transaction::read_all(data, &query, types)?,
    };
    let metadata = metadata(members, response_mode)?;
    let request = AuthorizationRequest {
        client_id,
        chain,
        response_mode,
        response_uri,
        nonce,
        state,
        query,
        metadata,
        verifier_info: verifier_info(members)?,
        transactions,
        expires_at: jwt::date(members, "exp")?,
        digest,
    };
    Ok(request)
}

/// Which of the modes that are spoken.
pub(super) fn response_mode(members: &Map<String, Value>) -> Result<ResponseMode, RequestError> {
    match text(members, "response_mode")? {
        "direct_post" => Ok(ResponseMode::DirectPost),
        "direct_post.jwt" => Ok(ResponseMode::DirectPostJwt),
        _ => Err(RequestError::Malformed("response_mode")),
    }
}

/// Where the answer goes; for `x509_san_dns` a host of that name (§5.9.3).
pub(super) fn response_uri<'a>(
    members: &'a Map<String, Value>,
    client_id: &ClientId,
) -> Result<&'a str, RequestError> {
    let response_uri = text(members, "response_uri")?;
    let address = address::parse(response_uri)?;
    if let ClientKind::X509SanDns(name) = client_id.kind()
        && !address.host_str().is_some_and(|host| host.eq_ignore_ascii_case(name))
    {
        return Err(RequestError::ResponseUriElsewhere);
    }
    Ok(response_uri)
}

/// What stands in no request object of ours: a second query, a second address, a request in the request (RFC 9101 §4). The
/// drafts' query would be the only one in the request, or beside ours: both are refused by name.
const EXCLUDED: [(&str, &str); 6] = [
    ("presentation_definition", "presentation_definition"),
    ("presentation_definition_uri", "presentation_definition"),
    ("scope", "scope"),
    ("redirect_uri", "redirect_uri"),
    ("request_uri", "request_uri"),
    ("request", "request"),
];

fn excluded(members: &Map<String, Value>) -> Result<(), RequestError> {
    match EXCLUDED.into_iter().find(|(name, _)| members.contains_key(*name)) {
        Some((_, named)) => Err(RequestError::Excluded(named)),
        None => Ok(()),
    }
}

/// §5.3: without a key binding JWT no nonce comes back, and `state` alone ties the answer to its request. How random it is
/// cannot be seen; fewer characters than 128 bits need in this alphabet are too few.
fn bound_by_state(query: &Query, state: Option<&str>) -> Result<(), RequestError> {
    const SHORTEST: usize = 22;
    let unbound = query
        .credentials()
        .iter()
        .any(|asked| !asked.require_holder_binding && query.requests(asked.id.as_str()));
    if unbound && state.is_none_or(|state| state.len() < SHORTEST) {
        return Err(RequestError::StateNeeded);
    }
    Ok(())
}

fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, RequestError> {
    members.get(name).ok_or(RequestError::Missing(name))?.as_str().ok_or(RequestError::Malformed(name))
}

/// A person must be able to look through a request, and an answer must fit into the limits of [`VpToken`] and of
/// what a wallet writes down. Checked before anybody is asked: later a copy would be used up for nothing.
///
/// [`VpToken`]: crate::vp::response::VpToken
fn amount(query: &Query) -> Result<(), RequestError> {
    const MOST_CLAIMS: usize = 128;
    const LONGEST_PATH: usize = 256;
    if query.credentials().len() > MOST_PRESENTATIONS
        || query.credentials().iter().any(|one| is_long(&one.id))
    {
        return Err(RequestError::TooMuch("credentials"));
    }
    let claims = || query.credentials().iter().flat_map(|one| &one.claims);
    if claims().count() > MOST_CLAIMS
        || claims().any(|claim| claim.path.to_value().to_string().len() > LONGEST_PATH)
        || claims().any(|claim| claim.id.as_ref().is_some_and(is_long))
    {
        return Err(RequestError::TooMuch("claims"));
    }
    if claims().any(|claim| claim.values.len() > MOST_CHOICES) {
        return Err(RequestError::TooMuch("values"));
    }
    query.credentials().iter().try_for_each(amount_of_one)?;
    amount_of_sets(query.credential_sets())
}

/// What one credential query may ask for.
fn amount_of_one(query: &CredentialQuery) -> Result<(), RequestError> {
    const LONGEST_TYPE: usize = 512;
    if let Wanted::SdJwtVc { vct_values } = &query.wanted
        && (vct_values.len() > MOST_CHOICES || vct_values.iter().any(|vct| vct.len() > LONGEST_TYPE))
    {
        return Err(RequestError::TooMuch("vct_values"));
    }
    if query.claim_sets.len() > MOST_CHOICES || !query.claim_sets.iter().all(|set| names_each_once(set)) {
        return Err(RequestError::TooMuch("claim_sets"));
    }
    let authorities = &query.trusted_authorities;
    if authorities.len() > MOST_CHOICES || authorities.iter().any(|one| one.values() > MOST_CHOICES) {
        return Err(RequestError::TooMuch("trusted_authorities"));
    }
    Ok(())
}

/// Each option of a set is shown as a way to answer, with all that it names.
fn amount_of_sets(sets: &[CredentialSet]) -> Result<(), RequestError> {
    const MOST_NAMED: usize = 256;
    let options = || sets.iter().flat_map(|set| &set.options);
    let fits = sets.len() <= MOST_CHOICES
        && options().count() <= MOST_CHOICES
        && options().map(Vec::len).sum::<usize>() <= MOST_NAMED
        && options().all(|option| names_each_once(option));
    if fits { Ok(()) } else { Err(RequestError::TooMuch("credential_sets")) }
}

/// The same twice says nothing that once does not, and has no end.
fn names_each_once(ids: &[Id]) -> bool {
    let once: BTreeSet<&Id> = ids.iter().collect();
    once.len() == ids.len()
}

fn is_long(id: &Id) -> bool {
    id.as_str().len() > LONGEST_ID
}

/// §5.2: letters, digits, `-`, `.`, `_` and `~` alone, and not endless.
pub(super) fn sent_back(
    members: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let fits = |text: &&str| !text.is_empty() && text.len() <= LONGEST && text.bytes().all(url_safe);
    value.as_str().filter(fits).map(|text| Some(text.to_owned())).ok_or(RequestError::Malformed(name))
}

fn metadata(members: &Map<String, Value>, mode: ResponseMode) -> Result<ClientMetadata, RequestError> {
    let metadata = match members.get("client_metadata") {
        // Without metadata nothing says which formats are taken: the query itself does.
        None => ClientMetadata::default(),
        Some(value) => ClientMetadata::from_value(value).ok_or(RequestError::Malformed("client_metadata"))?,
    };
    if metadata.takes_sd_jwt_vc == Some(false) {
        return Err(RequestError::Formats);
    }
    let unusable = metadata.encryption_key.is_none() || metadata.encryptions.is_empty();
    if mode == ResponseMode::DirectPostJwt && unusable {
        return Err(RequestError::NoEncryption);
    }
    Ok(metadata)
}

fn verifier_info(members: &Map<String, Value>) -> Result<Vec<VerifierInfo>, RequestError> {
    let malformed = || RequestError::Malformed("verifier_info");
    let Some(list) = members.get("verifier_info") else { return Ok(Vec::new()) };
    let list = list.as_array().filter(|list| !list.is_empty()).ok_or_else(malformed)?;
    let is_too_much = |list: &Vec<Value>| list.len() > MOST_PRESENTATIONS;
    if is_too_much(list) {
        return Err(RequestError::TooMuch("verifier_info"));
    }
    list.iter()
        .map(|info| {
            let credential_ids = match info.get("credential_ids") {
                None => None,
                Some(ids) => {
                    let ids = ids.as_array().filter(|ids| !ids.is_empty()).ok_or_else(malformed)?;
                    if is_too_much(ids) {
                        return Err(RequestError::TooMuch("verifier_info"));
                    }
                    let ids = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
                    Some(ids.ok_or_else(malformed)?)
                }
            };
            Ok(VerifierInfo {
                format: info.get("format").and_then(Value::as_str).ok_or_else(malformed)?.to_owned(),
                data: info
                    .get("data")
                    .filter(|data| is_text_or_object(data))
                    .cloned()
                    .ok_or_else(malformed)?,
                credential_ids,
            })
        })
        .collect()
}

/// §5.1: an attestation is a string or an object.
fn is_text_or_object(data: &Value) -> bool {
    data.is_string() || data.is_object()
}
