//! Terms: what a member attaches to what it shares, minted by the member beside its own details.
//!
//! They travel as the claims of a self-issued credential of type `urn:passport-network:terms:1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::MessageError;
use crate::claims::Audience;

/// The terms of one answer. A claim that is not named in `audiences` is for the team only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// base64url hash of the request object that is being answered.
    pub request: String,
    /// For each claim path joined by `.`: who may see it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub audiences: BTreeMap<String, Audience>,
    /// When the member takes everything back by itself, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Where the space may write to this member, and to nobody else's knowledge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox: Option<Inbox>,
}

/// A pairwise inbox: an address made for one space, and the key that seals what is sent there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// The https address of the inbox.
    pub address: String,
    /// The public P-256 key, as a JWK.
    pub key: jose::Jwk,
}

impl Terms {
    /// The claims of the `terms` credential.
    #[must_use]
    pub fn to_claims(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(claims)) => claims,
            _ => Map::new(),
        }
    }

    /// Reads the processed claims of a verified `terms` credential; `request_hash` is the hash of the request
    /// that was answered.
    ///
    /// # Errors
    /// [`MessageError::Malformed`]; [`MessageError::OtherRequest`] when the terms were made for another request.
    pub fn from_claims(claims: &Map<String, Value>, request_hash: &str) -> Result<Self, MessageError> {
        let terms: Self =
            serde_json::from_value(Value::Object(claims.clone())).map_err(|_| MessageError::Malformed)?;
        if terms.request == request_hash { Ok(terms) } else { Err(MessageError::OtherRequest) }
    }

    /// Who may see `claim` (a path joined by `.`).
    #[must_use]
    pub fn audience(&self, claim: &str) -> Audience {
        self.audiences.get(claim).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terms_survive_the_way_through_a_credential_and_default_to_the_team() {
        let terms = Terms {
            request: "r".to_owned(),
            audiences: BTreeMap::from([("bio".to_owned(), Audience::MembersHere)]),
            until: Some(7),
            inbox: None,
        };
        let mut claims = terms.to_claims();
        claims.insert("vct".to_owned(), json!("urn:passport-network:terms:1"));
        assert_eq!(Terms::from_claims(&claims, "r").unwrap(), terms);
        assert_eq!(terms.audience("bio"), Audience::MembersHere);
        assert_eq!(terms.audience("email"), Audience::Team);
    }

    #[test]
    fn terms_for_another_request_or_with_an_unknown_audience_are_refused() {
        let claims = json!({"request": "r"}).as_object().unwrap().clone();
        assert_eq!(Terms::from_claims(&claims, "s"), Err(MessageError::OtherRequest));
        let claims = json!({"request": "r", "audiences": {"bio": "world"}}).as_object().unwrap().clone();
        assert_eq!(Terms::from_claims(&claims, "r"), Err(MessageError::Malformed));
    }
}
