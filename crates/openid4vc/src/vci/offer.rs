//! Credential offers (OpenID4VCI 1.0 §4.1): the link, by value or by reference, and the offer itself.

use std::collections::BTreeSet;

use jose::json;
use serde_json::{Map, Value, json};
use url::Url;

use crate::address::{self, AddressError};
use crate::form::{self, Form, FormError};
use crate::http::{AnswerError, Request, Response};
use crate::secret::SecretText;

/// The grant of the authorisation code flow.
pub const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant of the pre-authorised code flow.
pub const PRE_AUTHORIZED_CODE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// Longest description of a transaction code, in characters (§4.1.1).
const LONGEST_DESCRIPTION: usize = 300;
/// Longest `issuer_state` that is taken, in bytes.
pub const LONGEST_ISSUER_STATE: usize = 2_048;
/// Most configurations that one offer may name.
const MOST_CONFIGURATIONS: usize = 32;

/// Why an offer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// The link is no URL of a known scheme.
    #[error("not a link to a credential offer")]
    NotAnOfferLink,
    /// The link's query cannot be read.
    #[error("the link cannot be read: {0}")]
    Link(#[from] FormError),
    /// Not exactly one of `credential_offer` and `credential_offer_uri`.
    #[error("an offer link has either credential_offer or credential_offer_uri")]
    ValueAndReference,
    /// `credential_offer_uri` or `credential_issuer` is no URL of ours.
    #[error("an address in the offer is refused: {0}")]
    Address(#[from] AddressError),
    /// The address of an offer did not answer with one.
    #[error("the offer could not be fetched: {0}")]
    Fetch(#[from] AnswerError),
    /// Not a JSON object with unique names.
    #[error("the offer is not a JSON object with unique names")]
    NotJson,
    /// A member is missing or has the wrong type.
    #[error("{0} of the offer is missing or malformed")]
    Member(&'static str),
    /// `credential_configuration_ids` is empty or names one twice.
    #[error("the offer must name each credential configuration once")]
    Configurations,
    /// The offer has grants, but none that is spoken.
    #[error("the offer allows neither the pre-authorised code flow nor the authorisation code flow")]
    NoKnownGrant,
}

impl OfferError {
    /// A stable name of the refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKnownGrant => "unsupported_grant_type",
            Self::Address(_) => "address_refused",
            Self::Fetch(_) => "offer_not_fetched",
            _ => "invalid_credential_offer",
        }
    }
}

/// A link as it is shown, scanned or clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// `credential_offer`.
    ByValue(Box<CredentialOffer>),
    /// `credential_offer_uri`: where the offer is.
    ByReference(String),
}

impl Link {
    /// Reads `openid-credential-offer://`, `haip-vci://` or an https link with the same parameters.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub fn parse(text: &str) -> Result<Self, OfferError> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| OfferError::NotAnOfferLink)?;
        let known = match url.scheme() {
            "openid-credential-offer" | "haip-vci" => true,
            _ => address::parse(text).is_ok(),
        };
        if !known {
            return Err(OfferError::NotAnOfferLink);
        }
        let parameters = Form::from_query(url.query().unwrap_or_default())?;
        match (parameters.get("credential_offer"), parameters.get("credential_offer_uri")) {
            (Some(offer), None) => Ok(Self::ByValue(Box::new(CredentialOffer::parse(offer)?))),
            (None, Some(reference)) => {
                address::parse(reference)?;
                Ok(Self::ByReference(reference.to_owned()))
            }
            _ => Err(OfferError::ValueAndReference),
        }
    }

    /// The link in text: `scheme://?…`.
    #[must_use]
    pub fn to_uri(&self, scheme: &str) -> String {
        let query = match self {
            Self::ByValue(offer) => {
                let offer = offer.to_value().to_string();
                form::encode([("credential_offer", offer.as_str())])
            }
            Self::ByReference(reference) => form::encode([("credential_offer_uri", reference.as_str())]),
        };
        format!("{scheme}://?{query}")
    }
}

/// The request for an offer by reference.
#[must_use]
pub fn request(reference: &str) -> Request {
    Request::get(reference, "application/json")
}

/// Describes the transaction code a person must type; even an empty object means that one is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionCode {
    /// Whether only digits occur (`input_mode: numeric`, the default) or any text.
    pub numeric: bool,
    /// Its length, where the issuer says.
    pub length: Option<u64>,
    /// What the person is told, at most 300 characters.
    pub description: Option<String>,
}

/// The grant with the pre-authorised code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreAuthorizedGrant {
    /// The code.
    pub code: SecretText,
    /// Present if a transaction code is needed.
    pub tx_code: Option<TransactionCode>,
    /// Which of several authorisation servers to ask.
    pub authorization_server: Option<String>,
}

/// The grant of the authorisation code flow (§4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationCodeGrant {
    /// Goes into the authorisation request, so that the issuer finds the offer again. It need not come from the issuer
    /// that reads it.
    pub issuer_state: Option<SecretText>,
    /// Which of several authorisation servers to ask.
    pub authorization_server: Option<String>,
}

/// A credential offer. Unknown members are ignored. Without any grant, the authorisation server's metadata say which one
/// there is (§4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialOffer {
    /// The issuer's identifier, compared exactly.
    pub credential_issuer: String,
    /// What is offered, keys of the issuer's metadata.
    pub configuration_ids: Vec<String>,
    /// How to get it with the code in the offer.
    pub pre_authorized: Option<PreAuthorizedGrant>,
    /// How to get it by asking for a code.
    pub authorization_code: Option<AuthorizationCodeGrant>,
}

impl CredentialOffer {
    /// Reads the JSON of an offer.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, OfferError> {
        Self::from_object(&json::parse_object(text).map_err(|_| OfferError::NotJson)?)
    }

    /// Reads the answer to [`request`].
    ///
    /// # Errors
    /// See [`OfferError`].
    pub fn from_response(response: &Response) -> Result<Self, OfferError> {
        Self::from_object(&response.ok_object()?)
    }

    fn from_object(offer: &Map<String, Value>) -> Result<Self, OfferError> {
        let credential_issuer = offer
            .get("credential_issuer")
            .and_then(Value::as_str)
            .ok_or(OfferError::Member("credential_issuer"))?;
        address::well_known(credential_issuer, "")?;
        let none = Map::new();
        let grants = match offer.get("grants") {
            None => &none,
            Some(grants) => grants.as_object().ok_or(OfferError::Member("grants"))?,
        };
        let pre_authorized = grants.get(PRE_AUTHORIZED_CODE).map(PreAuthorizedGrant::from_value);
        let authorization_code = grants.get(AUTHORIZATION_CODE).map(AuthorizationCodeGrant::from_value);
        if pre_authorized.is_none() && authorization_code.is_none() && !grants.is_empty() {
            return Err(OfferError::NoKnownGrant);
        }
        Ok(Self {
            credential_issuer: credential_issuer.to_owned(),
            configuration_ids: configuration_ids(offer)?,
            pre_authorized: pre_authorized.transpose()?,
            authorization_code: authorization_code.transpose()?,
        })
    }

    /// The offer as JSON, served as `application/json` and never signed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut grants = Map::new();
        if let Some(grant) = &self.authorization_code {
            grants.insert(AUTHORIZATION_CODE.to_owned(), grant.to_value());
        }
        if let Some(grant) = &self.pre_authorized {
            grants.insert(PRE_AUTHORIZED_CODE.to_owned(), grant.to_value());
        }
        let mut value = json!({
            "credential_issuer": self.credential_issuer,
            "credential_configuration_ids": self.configuration_ids,
        });
        if let Value::Object(members) = &mut value
            && !grants.is_empty()
        {
            members.insert("grants".to_owned(), Value::Object(grants));
        }
        value
    }

    /// The authorisation server that the offer names for the grant that is taken.
    #[must_use]
    pub fn authorization_server(&self) -> Option<&str> {
        match (&self.pre_authorized, &self.authorization_code) {
            (Some(grant), _) => grant.authorization_server.as_deref(),
            (None, Some(grant)) => grant.authorization_server.as_deref(),
            (None, None) => None,
        }
    }
}

fn configuration_ids(offer: &Map<String, Value>) -> Result<Vec<String>, OfferError> {
    let member = OfferError::Member("credential_configuration_ids");
    let listed = offer.get("credential_configuration_ids").and_then(Value::as_array).ok_or(member.clone())?;
    let ids: Vec<String> = listed
        .iter()
        .map(|id| id.as_str().filter(|id| !id.is_empty()).map(str::to_owned).ok_or(member.clone()))
        .collect::<Result<_, _>>()?;
    let distinct = ids.iter().collect::<BTreeSet<_>>().len();
    if ids.is_empty() || distinct != ids.len() || ids.len() > MOST_CONFIGURATIONS {
        return Err(OfferError::Configurations);
    }
    Ok(ids)
}

impl PreAuthorizedGrant {
    fn from_value(grant: &Value) -> Result<Self, OfferError> {
        let grant = grant.as_object().ok_or(OfferError::Member("grants"))?;
        let code = grant
            .get("pre-authorized_code")
            .and_then(Value::as_str)
            .filter(|code| !code.is_empty())
            .ok_or(OfferError::Member("pre-authorized_code"))?;
        let authorization_server = authorization_server(grant)?;
        let tx_code = grant.get("tx_code").map(TransactionCode::from_value).transpose()?;
        Ok(Self { code: SecretText::new(code), tx_code, authorization_server })
    }

    fn to_value(&self) -> Value {
        let mut grant = Map::new();
        grant.insert("pre-authorized_code".to_owned(), Value::from(self.code.expose()));
        if let Some(tx_code) = &self.tx_code {
            grant.insert("tx_code".to_owned(), tx_code.to_value());
        }
        if let Some(server) = &self.authorization_server {
            grant.insert("authorization_server".to_owned(), Value::from(server.as_str()));
        }
        Value::Object(grant)
    }
}

impl AuthorizationCodeGrant {
    fn from_value(grant: &Value) -> Result<Self, OfferError> {
        let grant = grant.as_object().ok_or(OfferError::Member("grants"))?;
        let issuer_state = match grant.get("issuer_state") {
            None => None,
            Some(state) => {
                let fits = |state: &&str| !state.is_empty() && state.len() <= LONGEST_ISSUER_STATE;
                let state = state.as_str().filter(fits).ok_or(OfferError::Member("issuer_state"))?;
                Some(SecretText::new(state))
            }
        };
        Ok(Self { issuer_state, authorization_server: authorization_server(grant)? })
    }

    fn to_value(&self) -> Value {
        let mut grant = Map::new();
        if let Some(state) = &self.issuer_state {
            grant.insert("issuer_state".to_owned(), Value::from(state.expose()));
        }
        if let Some(server) = &self.authorization_server {
            grant.insert("authorization_server".to_owned(), Value::from(server.as_str()));
        }
        Value::Object(grant)
    }
}

fn authorization_server(grant: &Map<String, Value>) -> Result<Option<String>, OfferError> {
    let Some(server) = grant.get("authorization_server") else { return Ok(None) };
    let server = server.as_str().ok_or(OfferError::Member("authorization_server"))?;
    address::parse(server)?;
    Ok(Some(server.to_owned()))
}

impl TransactionCode {
    fn from_value(value: &Value) -> Result<Self, OfferError> {
        let wrong = || OfferError::Member("tx_code");
        let members = value.as_object().ok_or_else(wrong)?;
        let numeric = match members.get("input_mode").map(Value::as_str) {
            None | Some(Some("numeric")) => true,
            Some(Some("text")) => false,
            Some(_) => return Err(wrong()),
        };
        let length = match members.get("length") {
            None => None,
            Some(length) => Some(length.as_u64().filter(|length| *length > 0).ok_or_else(wrong)?),
        };
        let description = match members.get("description") {
            None => None,
            Some(text) => {
                let fits = |text: &&str| text.chars().count() <= LONGEST_DESCRIPTION;
                Some(text.as_str().filter(fits).ok_or_else(wrong)?.to_owned())
            }
        };
        Ok(Self { numeric, length, description })
    }

    fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("input_mode".to_owned(), Value::from(if self.numeric { "numeric" } else { "text" }));
        if let Some(length) = self.length {
            members.insert("length".to_owned(), Value::from(length));
        }
        if let Some(description) = &self.description {
            members.insert("description".to_owned(), Value::from(description.as_str()));
        }
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Value {
        json!({
            "credential_issuer": "https://office.example",
            "credential_configuration_ids": ["passport", "profile"],
            "grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": "code", "tx_code": {}}},
            "future": {"a": [1]},
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<CredentialOffer, OfferError> {
        let mut value = offer();
        change(&mut value);
        CredentialOffer::parse(value.to_string())
    }

    #[test]
    fn an_offer_is_read_written_and_survives_its_link() {
        let read = read(|_| {}).unwrap();
        assert_eq!(read.configuration_ids, ["passport", "profile"]);
        let wanted = TransactionCode { numeric: true, length: None, description: None };
        assert_eq!(read.pre_authorized.as_ref().unwrap().tx_code, Some(wanted));
        let link = Link::ByValue(Box::new(read));
        for scheme in ["openid-credential-offer", "haip-vci"] {
            assert_eq!(Link::parse(&link.to_uri(scheme)).unwrap(), link);
        }
        let https = link.to_uri("x").replace("x://", "https://wallet.example/offer");
        assert_eq!(Link::parse(&https).unwrap(), link);
    }

    #[test]
    fn a_link_names_value_or_reference_and_never_both_or_none() {
        let reference = Link::ByReference("https://office.example/offers/1".to_owned());
        let uri = reference.to_uri("openid-credential-offer");
        assert_eq!(Link::parse(&uri).unwrap(), reference);
        let both = format!("{uri}&credential_offer=%7B%7D");
        assert_eq!(Link::parse(&both), Err(OfferError::ValueAndReference));
        assert_eq!(Link::parse("openid-credential-offer://?"), Err(OfferError::ValueAndReference));
        let twice = format!("{uri}&credential_offer_uri=https%3A%2F%2Fx.example");
        assert_eq!(Link::parse(&twice), Err(OfferError::Link(FormError::Repeated)));
    }

    #[test]
    fn links_of_other_schemes_and_references_without_https_are_refused() {
        for other in
            ["openid4vp://?credential_offer=%7B%7D", "http://wallet.example/?credential_offer=%7B%7D", "x"]
        {
            assert_eq!(Link::parse(other), Err(OfferError::NotAnOfferLink), "{other}");
        }
        let plain = "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Foffice.example";
        assert_eq!(Link::parse(plain), Err(OfferError::Address(AddressError::NotHttps)));
    }

    #[test]
    fn configurations_must_be_named_once_each() {
        for ids in [json!([]), json!(["passport", "passport"])] {
            assert_eq!(
                read(|offer| offer["credential_configuration_ids"] = ids),
                Err(OfferError::Configurations)
            );
        }
        let member = Err(OfferError::Member("credential_configuration_ids"));
        for ids in [json!("passport"), json!([1]), json!([""])] {
            assert_eq!(read(|offer| offer["credential_configuration_ids"] = ids), member);
        }
    }

    #[test]
    fn an_offer_may_have_either_grant_both_or_none() {
        let code = json!({"issuer_state": "state", "authorization_server": "https://server.example"});
        let both = read(|offer| offer["grants"][AUTHORIZATION_CODE] = code.clone()).unwrap();
        assert!(both.pre_authorized.is_some());
        assert_eq!(both.authorization_server(), None);
        let alone = read(|offer| offer["grants"] = json!({AUTHORIZATION_CODE: code})).unwrap();
        let grant = alone.authorization_code.clone().unwrap();
        assert_eq!(grant.issuer_state.unwrap().expose(), "state");
        assert_eq!(
            (alone.authorization_server(), &alone.pre_authorized),
            (Some("https://server.example"), &None)
        );
        let bare = read(|offer| offer["grants"] = json!({AUTHORIZATION_CODE: {}})).unwrap();
        assert_eq!(bare.authorization_code, Some(AuthorizationCodeGrant::default()));
        for grants in [json!({}), Value::Null] {
            let unsaid = read(|offer| {
                if grants.is_null() {
                    offer.as_object_mut().unwrap().remove("grants");
                } else {
                    offer["grants"] = grants;
                }
            });
            let unsaid = unsaid.unwrap();
            assert_eq!((&unsaid.pre_authorized, &unsaid.authorization_code), (&None, &None));
            assert_eq!(CredentialOffer::parse(unsaid.to_value().to_string()).unwrap(), unsaid);
        }
        for offer in [both, alone, bare] {
            assert_eq!(CredentialOffer::parse(offer.to_value().to_string()).unwrap(), offer);
        }
    }

    #[test]
    fn grants_that_are_not_spoken_and_malformed_ones_are_refused() {
        let implicit = read(|offer| offer["grants"] = json!({"implicit": {}}));
        assert_eq!(implicit, Err(OfferError::NoKnownGrant));
        let empty = read(|offer| offer["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"] = json!(""));
        assert_eq!(empty, Err(OfferError::Member("pre-authorized_code")));
        let with = |grant: Value| read(|offer| offer["grants"][AUTHORIZATION_CODE] = grant);
        for wrong in [json!(""), json!(1), json!("x".repeat(LONGEST_ISSUER_STATE + 1))] {
            assert_eq!(with(json!({"issuer_state": wrong})), Err(OfferError::Member("issuer_state")));
        }
        assert_eq!(with(json!([])), Err(OfferError::Member("grants")));
        let plain = with(json!({"authorization_server": "http://server.example"}));
        assert_eq!(plain, Err(OfferError::Address(AddressError::NotHttps)));
    }

    #[test]
    fn a_transaction_code_is_described_within_bounds() {
        let with = |tx_code: Value| read(|offer| offer["grants"][PRE_AUTHORIZED_CODE]["tx_code"] = tx_code);
        let text = with(json!({"input_mode": "text", "length": 8, "description": "é".repeat(300)})).unwrap();
        assert!(!text.pre_authorized.unwrap().tx_code.unwrap().numeric);
        let refused = Err(OfferError::Member("tx_code"));
        for wrong in [
            json!({"description": "é".repeat(301)}),
            json!({"length": 0}),
            json!({"input_mode": "voice"}),
            json!(true),
        ] {
            assert_eq!(with(wrong), refused);
        }
    }
}
