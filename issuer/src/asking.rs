//! What an office asks wallets for, and who waits for the answer.

use openid4vc::secret::SecretHash;
use serde_json::{Value, json};
use store::{Change, Fault, Tx};

use crate::office::{Office, OfficeError};
use crate::records::{Asked, RequestKind};
use credentials::types::{MEMBERSHIP, OWN, PASSPORT, PROFILE, STATEMENT};

/// How long a request may be answered, in seconds.
pub const REQUEST_LIFETIME: i64 = 300;
/// How long the office remembers what it asked: for the page that waits.
const REMEMBERED: i64 = 3_600;

/// The registered purpose of a first passport.
pub const FIRST_PASSPORT: &str = "first-passport";
/// The registered purpose of refills.
pub const REFILL: &str = "refill";

const MEMBERSHIP_CLAIMS: &[&str] = &["sub", "since", "space"];
const STATEMENT_CLAIMS: &[&str] = &["sub", "given_name", "family_name", "birthdate", "check", "checked_on"];
const PASSPORT_CLAIMS: &[&str] = &["number", "did"];
const PROFILE_CLAIMS: &[&str] = &["email", "email_verified", "given_name", "family_name", "birthdate"];

impl RequestKind {
    /// The registered purpose.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::FirstPassport => FIRST_PASSPORT,
            Self::RefillPassport | Self::RefillProfile => REFILL,
        }
    }

    /// The DCQL query: every credential in it is needed.
    #[must_use]
    pub fn query(self) -> Value {
        let credentials: Vec<Value> = self
            .credentials()
            .iter()
            .map(|(id, vct, claims)| {
                let claims: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
                json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims})
            })
            .collect();
        json!({"credentials": credentials})
    }

    const fn credentials(self) -> &'static [(&'static str, &'static str, &'static [&'static str])] {
        match self {
            Self::FirstPassport => &[
                ("membership", MEMBERSHIP, MEMBERSHIP_CLAIMS),
                ("statement", STATEMENT, STATEMENT_CLAIMS),
                ("own", OWN, &["email"]),
            ],
            // A membership shows that somebody is still a member; who and where is not the office's business.
            Self::RefillPassport => {
                &[("passport", PASSPORT, PASSPORT_CLAIMS), ("membership", MEMBERSHIP, &["since"])]
            }
            Self::RefillProfile => &[("profile", PROFILE, PROFILE_CLAIMS)],
        }
    }
}

/// What an office registers with the network's operator: the `intended_uses` of its registration certificate, which
/// cover everything it asks for.
#[must_use]
pub fn intended_uses() -> Value {
    let paths = |claims: &[&str]| -> Vec<Value> {
        claims.iter().map(|claim| json!({"path": [claim], "retention_days": 1})).collect()
    };
    json!([
        {
            "id": FIRST_PASSPORT,
            "purpose": {
                "en": "Giving you a network passport",
                "es": "Darte un pasaporte de la red",
            },
            "legal_basis": "contract",
            "claims": paths(&[
                "sub", "since", "space", "given_name", "family_name", "birthdate", "check", "checked_on", "email",
            ]),
            "credential_types": [MEMBERSHIP, STATEMENT, OWN],
        },
        {
            "id": REFILL,
            "purpose": {
                "en": "Giving you fresh copies of your network passport",
                "es": "Darte copias nuevas de tu pasaporte de la red",
            },
            "legal_basis": "contract",
            "claims": paths(&[
                "number", "did", "since", "email", "email_verified", "given_name", "family_name", "birthdate",
            ]),
            "credential_types": [PASSPORT, PROFILE, MEMBERSHIP],
        },
    ])
}

impl Office {
    /// Records that something is asked; the caller then makes the request object about the result's id.
    ///
    /// # Errors
    /// The store.
    pub async fn ask(
        &self,
        kind: RequestKind,
        session: Option<SecretHash>,
        language: &str,
    ) -> Result<Asked, OfficeError> {
        self.ask_for(kind, session, language, None).await
    }

    /// The same for the wallet that waits for the code of `authorization` in this browser.
    ///
    /// # Errors
    /// The store.
    pub async fn ask_for(
        &self,
        kind: RequestKind,
        session: Option<SecretHash>,
        language: &str,
        authorization: Option<&str>,
    ) -> Result<Asked, OfficeError> {
        let now = self.environment().now();
        let asked = Asked {
            id: self.fresh_id(),
            kind,
            session,
            language: language.to_owned(),
            application: None,
            authorization: authorization.map(str::to_owned),
            until: now.plus(REMEMBERED).seconds(),
        };
        self.tenant.carry_out(&PutAsked(&asked)).await?;
        Ok(asked)
    }

    /// What was asked under this identifier, if this browser's session asked it.
    ///
    /// # Errors
    /// The store.
    pub async fn asked(&self, id: &str, session: Option<SecretHash>) -> Result<Option<Asked>, OfficeError> {
        Ok(self.tenant.get::<Asked>(id).await?.filter(|asked| asked.session == session))
    }
}

struct PutAsked<'a>(&'a Asked);

impl Change for PutAsked<'_> {
    const NAME: &'static str = "office-ask";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(self.0).await?)
    }
}
