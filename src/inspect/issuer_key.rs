//! The key that must have signed a credential or a status list token, as far as it can be found offline.

use credentials::issuer_key::{IssuedBy, IssuerKeyError};
use did::resolution::Version;
use did::{Did, DidUrl, KeyAtError, Relationship, ResolveError, SelfContainedResolver};
use jose::Jwk;
use serde_json::{Map, Value};
use trust::{Certificate, CertificateChain};

use super::report::Refusal;

/// A key and how it was found, in the word that stands in `checked`.
#[derive(Debug)]
pub(super) struct IssuerKey {
    pub(super) jwk: Jwk,
    pub(super) found: &'static str,
}

/// The key was handed in.
pub(super) const GIVEN: &str = "issuer_key_given";
/// The key is that of the leaf in `x5c`; where its chain leads nobody checked.
pub(super) const LEAF: &str = "issuer_key_of_x5c_leaf_chain_not_anchored";
/// The key was read out of the issuer's did:key or did:jwk.
pub(super) const DID: &str = "issuer_key_of_did";
/// The holder signed with the key in `cnf`.
pub(super) const SELF_ISSUED: &str = "issuer_key_of_cnf_self_issued";

/// The refusal when no key can be found offline.
pub(super) fn missing(why: &str) -> Refusal {
    Refusal::new("issuer_key_missing", format!("no key of the issuer is at hand: {why}"), "RFC 9901 §7.1")
}

/// Finds the key of a token: `given`, or what the token itself leads to without a network.
pub(super) fn find(
    given: Option<Jwk>,
    header: &Map<String, Value>,
    issuer: Option<&Value>,
    holder: Option<&Jwk>,
) -> Result<IssuerKey, Refusal> {
    let issued_by = IssuedBy::of(header, issuer, holder);
    if let Some(jwk) = given {
        // With a key at hand only what no issuer may write is refused; how to find the key no longer matters.
        return match issued_by {
            Err(error @ (IssuerKeyError::MalformedX5c | IssuerKeyError::X5cBesideDid)) => Err(refusal(error)),
            Err(error @ IssuerKeyError::BadIssuer) if !issuer.is_some_and(Value::is_string) => {
                Err(refusal(error))
            }
            _ => Ok(IssuerKey { jwk, found: GIVEN }),
        };
    }
    match issued_by {
        Ok(IssuedBy::X5c { issuer, .. }) => of_leaf(header, issuer.as_deref()),
        Ok(IssuedBy::Did { did, kid }) => of_did(&did, &kid),
        Ok(IssuedBy::Holder { key, .. }) => Ok(IssuerKey { jwk: key, found: SELF_ISSUED }),
        Err(IssuerKeyError::NoIssuer) => Err(missing("it names no issuer; hand the key in")),
        Err(IssuerKeyError::BadIssuer) if issuer.is_some_and(Value::is_string) => {
            Err(missing("its issuer is neither a web address nor a DID; hand the key in"))
        }
        Err(IssuerKeyError::WebIssuer) => Err(missing("its issuer is a web address; hand the key in")),
        Err(error) => Err(refusal(error)),
    }
}

fn refusal(error: IssuerKeyError) -> Refusal {
    credentials::vc::VcError::IssuerKey(error).into()
}

fn of_leaf(header: &Map<String, Value>, issuer: Option<&str>) -> Result<IssuerKey, Refusal> {
    let chain = CertificateChain::from_header(header)?;
    let leaf = chain.leaf();
    if leaf.is_self_issued() {
        return Err(trust::PathError::SelfSigned { position: 0 }.into());
    }
    if leaf.is_authority() {
        return Err(trust::PathError::LeafIsAuthority.into());
    }
    if !leaf.may_sign_data() {
        return Err(trust::PathError::MayNotSign.into());
    }
    if issuer.is_some_and(|issuer| !names(leaf, issuer)) {
        let detail = "iss is no name in the leaf of x5c";
        return Err(Refusal::new("issuer_not_in_certificate", detail, "SD-JWT VC §3.5"));
    }
    let jwk = leaf.public_key().map_err(trust::PathError::Leaf)?.clone();
    Ok(IssuerKey { jwk, found: LEAF })
}

/// Whether `issuer` is a URI of the leaf, or its host a DNS name of it.
fn names(leaf: &Certificate, issuer: &str) -> bool {
    let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    leaf.uris().iter().any(|uri| uri == issuer)
        || host.is_some_and(|host| leaf.dns_names().iter().any(|name| name.eq_ignore_ascii_case(&host)))
}

fn of_did(did: &str, kid: &str) -> Result<IssuerKey, Refusal> {
    let did =
        Did::parse(did).map_err(|error| Refusal::new("bad_iss", error.to_string(), "DID Core 1.0 §3.1"))?;
    let url = DidUrl::parse(kid)
        .map_err(|error| Refusal::new("bad_kid", error.to_string(), "DID Core 1.0 §3.2"))?;
    match key_of_did(&did, &url, Relationship::AssertionMethod) {
        Ok(jwk) => Ok(IssuerKey { jwk, found: DID }),
        Err(KeyAtError::Resolve(ResolveError::Method)) => {
            Err(missing(&format!("did:{} is not resolved offline; hand the key in", did.method())))
        }
        Err(error) => Err(Refusal::new("bad_did_key", error.to_string(), "DID Core 1.0 §5.3")),
    }
}

/// The key at `url` in the document of a did:key or did:jwk.
pub(super) fn key_of_did(did: &Did, url: &DidUrl, relationship: Relationship) -> Result<Jwk, KeyAtError> {
    let resolution = SelfContainedResolver::resolve_now(did, &Version::Latest)?;
    Ok(resolution.document.key(url, relationship)?)
}
