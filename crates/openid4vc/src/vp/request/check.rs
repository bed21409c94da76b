//! The rules of a request's parameters (OpenID4VP 1.0 §5 and §8.2).

use credentials::dcql::Query;
use jose::jwt::{self, ClaimError};
use serde_json::{Map, Value};
use trust::CertificateChain;

use super::{AUDIENCE, AuthorizationRequest, Expected, RequestError, ResponseMode, SKEW, VerifierInfo};
use crate::address;
use crate::vp::client_id::{ClientId, ClientKind};
use crate::vp::client_metadata::ClientMetadata;
use crate::vp::response::MOST_PRESENTATIONS;

/// Oldest request object that is taken even though it has no `exp`, in seconds.
const OLDEST: i64 = 3_600;
/// Longest nonce or state that is sent back.
const LONGEST: usize = 1_024;

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
    members: &Map<String, Value>,
    client_id: ClientId,
    chain: Option<CertificateChain>,
    digest: [u8; 32],
) -> Result<AuthorizationRequest, RequestError> {
    excluded(members)?;
    if text(members, "response_type")? != "vp_token" {
        return Err(RequestError::Malformed("response_type"));
    }
    let response_mode = match text(members, "response_mode")? {
        "direct_post" => ResponseMode::DirectPost,
        "direct_post.jwt" => ResponseMode::DirectPostJwt,
        _ => return Err(RequestError::Malformed("response_mode")),
    };
    let response_uri = text(members, "response_uri")?.to_owned();
    let address = address::parse(&response_uri)?;
    if let ClientKind::X509SanDns(name) = client_id.kind()
        && !address.host_str().is_some_and(|host| host.eq_ignore_ascii_case(name))
    {
        return Err(RequestError::ResponseUriElsewhere);
    }
    let nonce = sent_back(members, "nonce")?.ok_or(RequestError::Missing("nonce"))?;
    let state = sent_back(members, "state")?;
    let query = Query::parse(members.get("dcql_query").ok_or(RequestError::Missing("dcql_query"))?)?;
    amount(&query)?;
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
        expires_at: jwt::date(members, "exp")?,
        digest,
    };
    Ok(request)
}

fn excluded(members: &Map<String, Value>) -> Result<(), RequestError> {
    // The drafts' query would be the only one in the request, or beside ours: both are refused by name.
    for name in
        ["presentation_definition", "presentation_definition_uri", "scope", "redirect_uri", "request_uri"]
    {
        if members.contains_key(name) {
            return Err(RequestError::Excluded(match name {
                "scope" => "scope",
                "redirect_uri" => "redirect_uri",
                "request_uri" => "request_uri",
                _ => "presentation_definition",
            }));
        }
    }
    // §8.4: unknown types must be refused, and no type is known.
    match members.get("transaction_data") {
        None => Ok(()),
        Some(_) => Err(RequestError::TransactionData),
    }
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
    const MOST_CHOICES: usize = 64;
    const LONGEST_PATH: usize = 256;
    if query.credentials().len() > MOST_PRESENTATIONS {
        return Err(RequestError::TooMuch("credentials"));
    }
    let claims = || query.credentials().iter().flat_map(|one| &one.claims);
    if claims().count() > MOST_CLAIMS
        || claims().any(|claim| claim.path.to_value().to_string().len() > LONGEST_PATH)
    {
        return Err(RequestError::TooMuch("claims"));
    }
    if query.credentials().iter().any(|one| one.claim_sets.len() > MOST_CHOICES) {
        return Err(RequestError::TooMuch("claim_sets"));
    }
    let sets = query.credential_sets();
    if sets.len() > MOST_CHOICES || sets.iter().map(|set| set.options.len()).sum::<usize>() > MOST_CHOICES {
        return Err(RequestError::TooMuch("credential_sets"));
    }
    Ok(())
}

/// §5.2: characters that need no escaping in a URL, and not endless.
fn sent_back(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let fits = |text: &&str| {
        !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
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
    list.iter()
        .map(|info| {
            let credential_ids = match info.get("credential_ids") {
                None => None,
                Some(ids) => {
                    let ids = ids.as_array().filter(|ids| !ids.is_empty()).ok_or_else(malformed)?;
                    let ids = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
                    Some(ids.ok_or_else(malformed)?)
                }
            };
            Ok(VerifierInfo {
                format: info.get("format").and_then(Value::as_str).ok_or_else(malformed)?.to_owned(),
                data: info.get("data").cloned().ok_or_else(malformed)?,
                credential_ids,
            })
        })
        .collect()
}
