//! A party's DID, what it asks the operator for, and the identity its servers use.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::operator::{Admission, Bundle, LeafKeys, Proofs, RegistrationRequest, prove_possession};
use anyhow::{Context, Result};
use did::web::Location;
use did::webvh::{self, Inception, Settings};
use did::{Did, DocumentBuilder, Relationship};
use directory::{Identity, OwnKey};
use jose::{Signer, SigningKey};
use network::space_pages::TYPE;
use presentation::OwnDid;
use serde_json::Value;
use trust::registration::{ClaimPath, Contacts, IntendedUse, RegisteredClaim, SupervisoryAuthority};
use trust::{CertificateChain, Role};
use verifier::form::Form;

use super::folder::{KeyName, PartyFolder};
use super::settings::PartySettings;

/// The party's DID. Its first log entry is written once; the port of a development host becomes part of it for ever.
pub(crate) fn own_did(folder: &PartyFolder, settings: &PartySettings) -> Result<Did> {
    let now = folder.environment().now();
    if let Some(log) = folder.did_log()? {
        let log = webvh::Log::verify(log.as_bytes(), now)
            .with_context(|| format!("the DID log of {}", folder.name()))?;
        return log.did().cloned().context("the DID log is empty");
    }
    let location = Location::new(settings.host(), settings.origin.port(), &[])?;
    let keys = [
        (folder.key(KeyName::Request)?, KeyName::Request, Relationship::Authentication),
        (folder.key(KeyName::Issuing)?, KeyName::Issuing, Relationship::AssertionMethod),
        (folder.key(KeyName::Log)?, KeyName::Log, Relationship::AssertionMethod),
    ];
    // The parallel did:web, which resolvers without did:webvh may use.
    let web = location.did_web()?;
    let pages = settings.page_addresses()?;
    let document = |did: &Did| {
        let builder = DocumentBuilder::new(did).also_known_as(web.as_str());
        let builder = pages.iter().fold(builder, |builder, (page, address)| {
            builder.service(page.fragment(), TYPE, address.as_str())
        });
        keys.iter()
            .fold(builder, |builder, (key, name, relationship)| {
                builder.key(name.fragment(), key.public_jwk(), &[*relationship])
            })
            .build()
    };
    let settings = Settings { ttl: Some(300), ..Settings::default() };
    let inception = Inception { location: &location, document: &document, settings };
    let created = webvh::create(&inception, &folder.key(KeyName::Update)?, now)?;
    folder.put_did_log(&created.text)?;
    Ok(created.did)
}

/// The files of the party's DID, as its servers show them.
pub(crate) fn own_files(folder: &PartyFolder) -> Result<OwnDid> {
    let log = folder.did_log()?.unwrap_or_default();
    let proofs = folder.did_proofs()?.map(Into::into);
    Ok(OwnDid::new(log, proofs, folder.environment().now()))
}

/// What the party asks the operator for, with proofs that it holds the keys: so that nobody else has them certified.
pub(crate) fn admission_of(folder: &PartyFolder, settings: &PartySettings) -> Result<Admission> {
    let contacts = || Contacts { email: Some(settings.contact.clone()), phone: None, uri: None };
    let (did, now) = (own_did(folder, settings)?, folder.environment().now());
    let (request, issuing) = (folder.key(KeyName::Request)?, folder.key(KeyName::Issuing)?);
    let proof = |key: &SigningKey| prove_possession(key, did.as_str(), settings.host(), now);
    Ok(Admission {
        did: did.as_str().to_owned(),
        host: settings.host().to_owned(),
        role: settings.role,
        display_name: settings.name.clone(),
        brand: settings.brand.clone(),
        number_prefix: None,
        keys: LeafKeys { request: request.public_jwk().clone(), issuing: issuing.public_jwk().clone() },
        proofs: Some(Proofs { request: Some(proof(&request)?), issuing: Some(proof(&issuing)?) }),
        registration: RegistrationRequest {
            legal_name: settings.legal_name.clone(),
            contacts: contacts(),
            data_protection_contact: contacts(),
            supervisory_authority: SupervisoryAuthority {
                name: settings.supervisory_authority.clone(),
                contacts: contacts(),
            },
            privacy_policy: format!("{}/privacy", settings.origin()),
            intended_uses: intended_uses(settings)?,
        },
    })
}

/// The uses of a space follow from its forms, beside the refill of memberships, signing in and *Here I am*; those of an office from what offices do.
fn intended_uses(settings: &PartySettings) -> Result<Vec<IntendedUse>> {
    if settings.role == Role::Office {
        return Ok(serde_json::from_value(::issuer::asking::intended_uses())?);
    }
    let mut asked: BTreeMap<String, Vec<AskedClaim>> = BTreeMap::new();
    for form in &settings.forms {
        let named = || format!("the form {} in party.json", form.id);
        form.compile().with_context(named)?;
        let Some(form) = form.to_register() else { continue };
        let compiled = form.compile().with_context(named)?;
        asked.entry(form.purpose.clone()).or_default().extend(claims_of(&form, &compiled.query));
    }
    let mut uses: Vec<IntendedUse> =
        asked.into_iter().map(|(id, claims)| intended_use(settings, id, claims)).collect::<Result<_>>()?;
    uses.push(serde_json::from_value(::verifier::renewing::intended_use())?);
    uses.push(serde_json::from_value(::verifier::portal::intended_use())?);
    uses.push(serde_json::from_value(::verifier::invitations::here_i_am::intended_use())?);
    Ok(uses)
}

/// A claim that a form asks for.
struct AskedClaim {
    vct: String,
    path: Value,
    /// For how many days the form keeps it, where it says so.
    kept_days: Option<u32>,
}

fn intended_use(settings: &PartySettings, id: String, asked: Vec<AskedClaim>) -> Result<IntendedUse> {
    let registered = settings
        .uses
        .get(&id)
        .with_context(|| format!("party.json of {} says nothing about the use {id:?}", settings.name))?;
    let mut claims: Vec<RegisteredClaim> = Vec::new();
    let mut credential_types: Vec<String> = Vec::new();
    for AskedClaim { vct, path, kept_days } in asked {
        let path = ClaimPath::from_value(&path)?;
        // A wallet shows this number, so it is what the form keeps it for; of two forms the longer counts.
        let retention_days = kept_days.unwrap_or(u32::MAX).min(registered.retention_days);
        match claims.iter_mut().find(|claim| claim.path == path) {
            Some(claim) => claim.retention_days = claim.retention_days.max(retention_days),
            None => claims.push(RegisteredClaim { path, retention_days }),
        }
        if !credential_types.contains(&vct) {
            credential_types.push(vct);
        }
    }
    Ok(IntendedUse {
        id,
        purpose: registered.purpose.clone(),
        legal_basis: registered.legal_basis,
        claims,
        credential_types,
    })
}

/// Everything that a form, compiled to a DCQL query, asks for.
fn claims_of(form: &Form, query: &Value) -> Vec<AskedClaim> {
    let list = |value: &Value, name: &str| -> Vec<Value> {
        value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let kept_days = |path: &Value| {
        let name = path.get(0).and_then(Value::as_str)?;
        form.field(name)?.kept_days
    };
    let mut claims = Vec::new();
    for credential in list(query, "credentials") {
        let types = credential.get("meta").map(|meta| list(meta, "vct_values")).unwrap_or_default();
        for vct in types.iter().filter_map(Value::as_str) {
            for claim in list(&credential, "claims") {
                claims.extend(claim.get("path").map(|path| AskedClaim {
                    vct: vct.to_owned(),
                    path: path.clone(),
                    kept_days: kept_days(path),
                }));
            }
        }
    }
    claims
}

/// The identity under which the party's servers act.
pub(crate) fn own_identity(
    folder: &PartyFolder,
    settings: &PartySettings,
    bundle: &Bundle,
) -> Result<Identity> {
    let did = own_did(folder, settings)?;
    anyhow::ensure!(
        bundle.did == did.as_str(),
        "admission.json of {} belongs to another DID: ask the operator for a new one",
        folder.name()
    );
    let own = |name: KeyName, chain: Option<CertificateChain>| -> Result<OwnKey> {
        Ok(OwnKey {
            signer: Arc::new(folder.key(name)?),
            key_id: did.with_fragment(name.fragment())?,
            chain: chain.into(),
        })
    };
    Ok(Identity {
        name: settings.name.clone(),
        origin: settings.origin.clone(),
        request: own(KeyName::Request, Some(bundle.request.clone()))?,
        issuing: own(KeyName::Issuing, Some(bundle.issuing.clone()))?,
        log: own(KeyName::Log, None)?,
        registration: bundle.registration.clone().into(),
        did,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_registered_is_for_how_long_a_form_keeps_each_detail() {
        let field = |claim: &str, days: Option<u32>| json!({"claim": claim, "need": "required", "source": "own", "kept_days": days});
        let form =
            |id: &str, fields: Vec<Value>| json!({"id": id, "purpose": "membership", "fields": fields});
        let forms = [
            form("one", vec![field("email", None), field("company", Some(30)), field("bio", Some(400))]),
            form("other", vec![field("company", Some(60)), field("skills", Some(0))]),
        ];
        let settings: PartySettings = serde_json::from_value(json!({
            "role": "space", "name": "Kiln", "legal_name": "Kiln Ltd", "origin": "http://kiln.localhost:8084",
            "contact": "team@kiln.example.org", "supervisory_authority": "Authority",
            "uses": {"membership": {"purpose": {"en": "Membership"}, "legal_basis": "contract", "retention_days": 90}},
            "forms": forms,
        }))
        .unwrap();
        let uses = intended_uses(&settings).unwrap();
        let days = |claim: &str| {
            let registered = uses[0].claims.iter().find(|one| one.path.to_string() == claim);
            registered.map(|one| one.retention_days)
        };
        for (claim, expected) in [("email", 90), ("company", 60), ("bio", 90), ("skills", 0)] {
            assert_eq!(days(claim), Some(expected), "{claim}");
        }
    }
}
