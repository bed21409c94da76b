//! Reading and writing a query as JSON (OpenID4VP 1.0 §6). Unknown members are ignored.

use jose::base64url;
use serde_json::{Map, Value, json};

use super::{
    ClaimsQuery, CredentialQuery, CredentialSet, DcqlError, ExpectedValue, Id, Query, TrustedAuthority,
    Wanted,
};
use crate::claims_path::{ClaimsPath, PathPart};

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// See [`DcqlError`].
    pub fn parse(value: &Value) -> Result<Self, DcqlError> {
        let members = value.as_object().ok_or(DcqlError::NotAnObject)?;
        let credentials = objects(members.get("credentials")).ok_or(DcqlError::BadCredentials)?;
        let credentials = credentials.map(credential).collect::<Result<_, _>>()?;
        let credential_sets = match members.get("credential_sets") {
            None => Vec::new(),
            sets => objects(sets)
                .ok_or(DcqlError::BadCredentialSets)?
                .map(credential_set)
                .collect::<Result<_, _>>()?,
        };
        let query = Self { credentials, credential_sets };
        query.check_references()?;
        Ok(query)
    }

    /// The query as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let credentials: Vec<Value> = self.credentials.iter().map(CredentialQuery::to_value).collect();
        let mut query = Map::from_iter([("credentials".to_owned(), Value::from(credentials))]);
        if !self.credential_sets.is_empty() {
            let sets = self.credential_sets.iter().map(|set| {
                json!({"options": set.options.iter().map(|option| ids_to_value(option)).collect::<Vec<_>>(),
                       "required": set.required})
            });
            query.insert("credential_sets".to_owned(), sets.collect());
        }
        Value::Object(query)
    }
}

/// A non-empty array of nothing but objects.
fn objects(value: Option<&Value>) -> Option<impl Iterator<Item = &Map<String, Value>>> {
    let array = value?.as_array()?;
    if array.is_empty() || !array.iter().all(Value::is_object) {
        return None;
    }
    Some(array.iter().filter_map(Value::as_object))
}

/// A non-empty array of nothing but strings.
fn texts(value: &Value) -> Option<Vec<String>> {
    let texts: Option<Vec<String>> =
        value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect();
    texts.filter(|texts| !texts.is_empty())
}

/// A non-empty array of non-empty arrays of ids.
fn id_sets(value: &Value) -> Option<Vec<Vec<Id>>> {
    let ids = |set: &Value| texts(set)?.into_iter().map(|id| Id::new(id).ok()).collect::<Option<Vec<_>>>();
    let sets: Option<Vec<Vec<Id>>> = value.as_array()?.iter().map(ids).collect();
    sets.filter(|sets| !sets.is_empty())
}

fn id(value: Option<&Value>) -> Result<Id, DcqlError> {
    Id::new(value.and_then(Value::as_str).ok_or(DcqlError::BadId)?)
}

fn flag(
    members: &Map<String, Value>,
    id: &Id,
    member: &'static str,
    default: bool,
) -> Result<bool, DcqlError> {
    members.get(member).map_or(Ok(default), |value| {
        value.as_bool().ok_or_else(|| DcqlError::NotBoolean { id: id.clone(), member })
    })
}

fn credential(members: &Map<String, Value>) -> Result<CredentialQuery, DcqlError> {
    let id = id(members.get("id"))?;
    let wanted = wanted(members, &id)?;
    let claims = match members.get("claims") {
        None => Vec::new(),
        claims => objects(claims)
            .ok_or_else(|| DcqlError::BadClaims(id.clone()))?
            .map(|members| claim(members, &id, &wanted))
            .collect::<Result<_, _>>()?,
    };
    let claim_sets = match members.get("claim_sets") {
        None => Vec::new(),
        Some(sets) => id_sets(sets).ok_or_else(|| DcqlError::BadClaimSets(id.clone()))?,
    };
    let trusted_authorities = match members.get("trusted_authorities") {
        None => Vec::new(),
        authorities => objects(authorities)
            .and_then(|authorities| authorities.map(authority).collect::<Option<Vec<_>>>())
            .ok_or_else(|| DcqlError::BadTrustedAuthorities(id.clone()))?,
    };
    Ok(CredentialQuery {
        multiple: flag(members, &id, "multiple", false)?,
        require_holder_binding: flag(members, &id, "require_cryptographic_holder_binding", true)?,
        id,
        wanted,
        trusted_authorities,
        claims,
        claim_sets,
    })
}

fn wanted(members: &Map<String, Value>, id: &Id) -> Result<Wanted, DcqlError> {
    let format = members
        .get("format")
        .and_then(Value::as_str)
        .filter(|format| !format.is_empty())
        .ok_or_else(|| DcqlError::BadFormat(id.clone()))?;
    let bad_meta = || DcqlError::BadMeta(id.clone());
    let meta = members.get("meta").and_then(Value::as_object).ok_or_else(bad_meta)?;
    match format {
        crate::vc::TYPE => {
            let vct_values = meta.get("vct_values").map_or(Some(Vec::new()), texts).ok_or_else(bad_meta)?;
            Ok(Wanted::SdJwtVc { vct_values })
        }
        "mso_mdoc" => match meta.get("doctype_value") {
            None => Ok(Wanted::Mdoc { doctype: None }),
            Some(Value::String(doctype)) => Ok(Wanted::Mdoc { doctype: Some(doctype.clone()) }),
            Some(_) => Err(bad_meta()),
        },
        other => {
            if other == "jwt_vc_json" || other == "ldp_vc" {
                check_type_values(meta).ok_or_else(bad_meta)?;
            }
            Ok(Wanted::Other { format: other.to_owned(), meta: meta.clone() })
        }
    }
}

/// `type_values`: a non-empty array of non-empty arrays of strings (Appendix B.1.1).
fn check_type_values(meta: &Map<String, Value>) -> Option<()> {
    let Some(values) = meta.get("type_values") else { return Some(()) };
    let values = values.as_array()?;
    let well_formed = !values.is_empty() && values.iter().all(|types| texts(types).is_some());
    well_formed.then_some(())
}

fn claim(members: &Map<String, Value>, query: &Id, wanted: &Wanted) -> Result<ClaimsQuery, DcqlError> {
    let claim_id = members.get("id").map(|value| id(Some(value))).transpose()?;
    let path = ClaimsPath::from_value(members.get("path").unwrap_or(&Value::Null))
        .map_err(|reason| DcqlError::BadPath { id: query.clone(), reason })?;
    if let Wanted::Mdoc { .. } = wanted
        && !matches!(path.parts(), [PathPart::Name(_), PathPart::Name(_)])
    {
        return Err(DcqlError::BadMdocPath(query.clone()));
    }
    let values = match members.get("values") {
        None => Vec::new(),
        Some(values) => values
            .as_array()
            .filter(|values| !values.is_empty())
            .and_then(|values| values.iter().cloned().map(ExpectedValue::new).collect::<Option<Vec<_>>>())
            .ok_or_else(|| DcqlError::BadValues(query.clone()))?,
    };
    let intent_to_retain = match (wanted, members.get("intent_to_retain")) {
        (Wanted::Mdoc { .. }, Some(_)) => Some(flag(members, query, "intent_to_retain", false)?),
        _ => None,
    };
    Ok(ClaimsQuery { id: claim_id, path, values, intent_to_retain })
}

fn authority(members: &Map<String, Value>) -> Option<TrustedAuthority> {
    let kind = members.get("type")?.as_str()?;
    let values = texts(members.get("values")?)?;
    if kind == "aki" {
        let identifiers: Option<Vec<_>> = values.iter().map(|value| base64url::decode(value).ok()).collect();
        return identifiers.map(TrustedAuthority::KeyIdentifiers);
    }
    Some(TrustedAuthority::Other { kind: kind.to_owned(), values })
}

fn credential_set(members: &Map<String, Value>) -> Result<CredentialSet, DcqlError> {
    let options = members.get("options").and_then(id_sets).ok_or(DcqlError::BadCredentialSets)?;
    let required = match members.get("required") {
        None => true,
        Some(required) => required.as_bool().ok_or(DcqlError::BadCredentialSets)?,
    };
    Ok(CredentialSet { options, required })
}

fn ids_to_value(ids: &[Id]) -> Value {
    ids.iter().map(|id| Value::from(id.as_str())).collect()
}

impl CredentialQuery {
    fn to_value(&self) -> Value {
        let mut query = Map::new();
        let mut set = |name: &str, value: Value| query.insert(name.to_owned(), value);
        set("id", Value::from(self.id.as_str()));
        set("format", Value::from(self.wanted.format()));
        set("meta", self.wanted.meta());
        if self.multiple {
            set("multiple", Value::from(true));
        }
        if !self.require_holder_binding {
            set("require_cryptographic_holder_binding", Value::from(false));
        }
        if !self.trusted_authorities.is_empty() {
            set(
                "trusted_authorities",
                self.trusted_authorities.iter().map(TrustedAuthority::to_value).collect(),
            );
        }
        if !self.claims.is_empty() {
            set("claims", self.claims.iter().map(ClaimsQuery::to_value).collect());
        }
        if !self.claim_sets.is_empty() {
            set("claim_sets", self.claim_sets.iter().map(|claims| ids_to_value(claims)).collect());
        }
        Value::Object(query)
    }
}

impl Wanted {
    fn meta(&self) -> Value {
        match self {
            Self::SdJwtVc { vct_values } if vct_values.is_empty() => json!({}),
            Self::SdJwtVc { vct_values } => json!({"vct_values": vct_values}),
            Self::Mdoc { doctype: None } => json!({}),
            Self::Mdoc { doctype: Some(doctype) } => json!({"doctype_value": doctype}),
            Self::Other { meta, .. } => Value::Object(meta.clone()),
        }
    }
}

impl TrustedAuthority {
    fn to_value(&self) -> Value {
        match self {
            Self::KeyIdentifiers(identifiers) => {
                let values: Vec<String> = identifiers.iter().map(base64url::encode).collect();
                json!({"type": "aki", "values": values})
            }
            Self::Other { kind, values } => json!({"type": kind, "values": values}),
        }
    }
}

impl ClaimsQuery {
    fn to_value(&self) -> Value {
        let mut claim = Map::new();
        if let Some(id) = &self.id {
            claim.insert("id".to_owned(), Value::from(id.as_str()));
        }
        claim.insert("path".to_owned(), self.path.to_value());
        if !self.values.is_empty() {
            let values = self.values.iter().map(|value| value.0.clone()).collect();
            claim.insert("values".to_owned(), values);
        }
        if let Some(intent) = self.intent_to_retain {
            claim.insert("intent_to_retain".to_owned(), Value::from(intent));
        }
        Value::Object(claim)
    }
}
