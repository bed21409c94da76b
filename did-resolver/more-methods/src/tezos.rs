//! did:tz: the document that follows from the address ("Deriving DID documents"). A contract that the account may have
//! made says more; it stands on the chain and is not asked.

use serde_json::{Value, json};
use ssi_dids::DID;
use ssi_dids::tz::{Prefix, VerificationMethodType};

use crate::ResolveError;
use crate::accounts::is_tezos;

/// Networks and the beginnings of their genesis blocks (CAIP-26).
const NETWORKS: [(&str, &str); 5] = [
    ("mainnet", "NetXdQprcVkpaWU"),
    ("delphinet", "NetXm8tYqnMWky1"),
    ("granadanet", "NetXz969SFaFn8k"),
    ("edonet", "NetXSgo1ZT2DRUG"),
    ("florencenet", "NetXxkAx4woPLyu"),
];

pub(crate) fn document(did: &DID) -> Result<Value, ResolveError> {
    let id = did.method_specific_id();
    let (network, address) = id.split_once(':').unwrap_or(("mainnet", id));
    let network = NETWORKS.iter().find(|(name, _)| *name == network);
    let (Some((_, chain)), true) = (network, is_tezos(address)) else { return Err(ResolveError::InvalidDid) };
    let method = match Prefix::from_address(address) {
        // What the document of a contract is, only its contract tells.
        Ok(Prefix::KT1) => return Err(ResolveError::NotFound),
        Ok(prefix) => VerificationMethodType::from_prefix(prefix),
        Err(_) => return Err(ResolveError::InvalidDid),
    };
    let mut context = json!({"blockchainAccountId": "https://w3id.org/security#blockchainAccountId"});
    if let Some(terms) = context.as_object_mut() {
        terms.insert(method.name().to_owned(), Value::from(method.as_iri().as_str()));
    }
    let key = format!("{did}#blockchainAccountId");
    Ok(json!({
        "@context": ["https://www.w3.org/ns/did/v1", context],
        "id": did.as_str(),
        "verificationMethod": [{
            "id": key,
            "type": method.name(),
            "controller": did.as_str(),
            "blockchainAccountId": format!("tezos:{chain}:{address}"),
        }],
        "authentication": [key],
        "assertionMethod": [key],
    }))
}
