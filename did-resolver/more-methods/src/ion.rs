//! did:ion in its long form (Sidetree 1.0.0 §9.1): the DID carries the operation that creates it.
//!
//! The operation must be the one that the DID is the hash of, in canonical form, and its delta must fit its hash. Of
//! patches those are read that a creation is made of; a JSON patch is refused.

use serde_json::{Map, Value, json};
use ssi_dids::DID;
use ssi_dids::ion::ION;
use ssi_dids::ion::sidetree::{
    CreateOperation, DIDStatePatch, DocumentState, PublicKey, PublicKeyEntry, ServiceEndpointEntry,
    Sidetree as _, SidetreeDID, SidetreeOperation as _,
};

use crate::ResolveError;

/// Longest id of a key or service (§12.1.1).
const LONGEST_ID: usize = 50;

pub(crate) fn document(did: &DID) -> Result<Value, ResolveError> {
    let parsed: SidetreeDID<ION> = did.as_str().parse().map_err(|_| ResolveError::InvalidDid)?;
    let SidetreeDID::Long { create_operation_data, .. } = parsed else { return Err(ResolveError::NotFound) };
    let operation = operation(&create_operation_data)?;
    if operation.to_sidetree_did::<ION>().to_string() != did.as_str() {
        return Err(ResolveError::InvalidDid);
    }
    let verified = operation.partial_verify::<ION>().map_err(|_| ResolveError::InvalidDid)?;
    let mut state = State::default();
    for patch in verified.hashed_delta.patches {
        state.apply(patch)?;
    }
    state.document(did)
}

fn operation(data: &str) -> Result<CreateOperation, ResolveError> {
    // The one encoding of Sidetree, which ssi has for writing alone.
    let bytes = decoded(data).ok_or(ResolveError::InvalidDid)?;
    let operation: CreateOperation = serde_json::from_slice(&bytes).map_err(|_| ResolveError::InvalidDid)?;
    Ok(operation)
}

fn decoded(data: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(data).ok()?;
    (ION::data_encoding_scheme(&bytes) == data).then_some(bytes)
}

/// Keys and services, in the order in which they were added.
#[derive(Default)]
struct State {
    keys: Vec<PublicKeyEntry>,
    services: Vec<ServiceEndpointEntry>,
}

impl State {
    fn apply(&mut self, patch: DIDStatePatch) -> Result<(), ResolveError> {
        match patch {
            DIDStatePatch::Replace { document: DocumentState { public_keys, services } } => {
                *self = Self::default();
                self.add_keys(public_keys.unwrap_or_default())?;
                self.add_services(services.unwrap_or_default())?;
            }
            DIDStatePatch::AddPublicKeys { public_keys } => self.add_keys(public_keys)?,
            DIDStatePatch::AddServices { services } => self.add_services(services)?,
            DIDStatePatch::RemovePublicKeys { ids } => self.keys.retain(|key| !ids.contains(&key.id)),
            DIDStatePatch::RemoveServices { ids } => self.services.retain(|one| !ids.contains(&one.id)),
            DIDStatePatch::IetfJsonPatch { .. } => return Err(ResolveError::FeatureNotSupported),
        }
        Ok(())
    }

    /// One with an id that is there already takes its place (§12.1.1, §12.1.3).
    fn add_keys(&mut self, keys: Vec<PublicKeyEntry>) -> Result<(), ResolveError> {
        unique(keys.iter().map(|key| key.id.as_str()))?;
        for key in keys {
            match self.keys.iter_mut().find(|one| one.id == key.id) {
                Some(before) => *before = key,
                None => self.keys.push(key),
            }
        }
        Ok(())
    }

    fn add_services(&mut self, services: Vec<ServiceEndpointEntry>) -> Result<(), ResolveError> {
        unique(services.iter().map(|service| service.id.as_str()))?;
        for service in services {
            match self.services.iter_mut().find(|one| one.id == service.id) {
                Some(before) => *before = service,
                None => self.services.push(service),
            }
        }
        Ok(())
    }

    /// Ids of the state are relative to the DID; they are written whole.
    fn document(self, did: &DID) -> Result<Value, ResolveError> {
        let absolute = |id: &str| Value::from(format!("{did}#{id}"));
        let mut members = Map::new();
        members.insert("@context".to_owned(), json!(["https://www.w3.org/ns/did/v1"]));
        members.insert("id".to_owned(), json!(did.as_str()));
        let mut methods = Vec::new();
        for key in self.keys {
            let id = absolute(&key.id);
            for purpose in &key.purposes {
                let purpose = serde_json::to_value(purpose).map_err(|_| ResolveError::Internal)?;
                let name = purpose.as_str().ok_or(ResolveError::Internal)?.to_owned();
                match members.entry(name).or_insert_with(|| json!([])) {
                    Value::Array(references) => references.push(id.clone()),
                    _ => return Err(ResolveError::InvalidDid),
                }
            }
            methods.push(method(key, id, did)?);
        }
        if !methods.is_empty() {
            members.insert("verificationMethod".to_owned(), Value::Array(methods));
        }
        let services: Result<Vec<Value>, ResolveError> = self
            .services
            .into_iter()
            .map(|service| {
                let endpoint = serde_json::to_value(service.service_endpoint);
                let endpoint = endpoint.map_err(|_| ResolveError::Internal)?;
                Ok(json!({"id": absolute(&service.id), "type": service.r#type, "serviceEndpoint": endpoint}))
            })
            .collect();
        let services = services?;
        if !services.is_empty() {
            members.insert("service".to_owned(), Value::Array(services));
        }
        Ok(Value::Object(members))
    }
}

/// Ids are base64url, not too long, and occur once.
fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), ResolveError> {
    let mut seen = Vec::new();
    for id in ids {
        let fits = (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !fits || seen.contains(&id) {
            return Err(ResolveError::InvalidDid);
        }
        seen.push(id);
    }
    Ok(())
}

fn method(key: PublicKeyEntry, id: Value, did: &DID) -> Result<Value, ResolveError> {
    let controller = key.controller.unwrap_or_else(|| did.to_string());
    let (name, value) = match key.public_key {
        PublicKey::PublicKeyJwk(jwk) => {
            ("publicKeyJwk", serde_json::to_value(jwk).map_err(|_| ResolveError::Internal)?)
        }
        PublicKey::PublicKeyMultibase(text) => ("publicKeyMultibase", Value::from(text)),
    };
    let mut method = json!({"id": id, "type": key.r#type, "controller": controller});
    if let Some(members) = method.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    Ok(method)
}
