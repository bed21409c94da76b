//! Members of the brand's other spaces, who come to see the directory and nothing else.
//!
//! They sign in as members here do ([`crate::portal`]), by a membership that one of those spaces signed and that its status list has not
//! ended. Which spaces those are says the network list of the moment, of this space and of the others alike; the brand that a membership
//! names is its issuer's word. The space learns of which space somebody is a member, and no more. It does not hear when that membership
//! ends: a visit lasts an hour.

use std::sync::Arc;

use credentials::types;
use directory::Directory;
use environment::Timestamp;
use openid4vc::secret::{SecretHash, SecretText};
use presentation::{Answer, BoxFuture, Prepared, Refused, Reply, SignedBy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Change, Fault, FieldClass, Key, Record, StoreFault, Take, Tx};
use trust::registration::{ClaimPath, RequestedCredential};
use trust::{Member, NetworkList, Role, Standing, within};

use crate::members::MEMBERSHIP;
use crate::portal::{SIGN_IN, SignInRequest};
use crate::space::{Space, SpaceError};

/// What these requests are about begins with this: they are requests to sign in.
const SUBJECT: &str = "sign-in:brand:";
/// Seconds that a visit lasts.
pub const VISIT: i64 = 3_600;
/// Seconds for which an answer waits for its person.
const SHOWN_FOR: i64 = 900;
/// Most spaces of a brand that are asked for.
const MOST_SPACES: usize = 200;

/// Which other spaces are of this space's brand.
pub trait BrandSpaces: Send + Sync {
    /// Their DIDs, for the space with the DID `own`; none if it is of no brand, or nobody knows now.
    fn others(&self, own: &str) -> Vec<String>;
}

impl BrandSpaces for Directory {
    fn others(&self, own: &str) -> Vec<String> {
        self.list().map_or_else(Vec::new, |list| others_of(&list, own))
    }
}

/// The spaces in good standing that have the brand of `own` in the list of the network, as `own` has.
pub(crate) fn others_of(list: &NetworkList, own: &str) -> Vec<String> {
    let is_admitted = |member: &&Member| member.standing == Standing::Admitted;
    let brand = list.by_did(own).filter(is_admitted).and_then(|member| member.brand.as_ref());
    let Some(brand) = brand else { return Vec::new() };
    let is_of_it = |member: &&Member| {
        member.did != own
            && member.roles.contains(&Role::Space)
            && member.brand.as_ref().is_some_and(|other| other.id == brand.id)
    };
    let others = list.members().iter().filter(is_admitted).filter(is_of_it);
    others.map(|member| member.did.clone()).take(MOST_SPACES).collect()
}

/// A space that knows of no other of its brand.
pub(crate) struct NoBrand;

impl BrandSpaces for NoBrand {
    fn others(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// A membership of another space that was shown, until it is known who was at the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownElsewhere {
    /// What the request was about.
    pub subject: String,
    /// The space that signed it.
    pub from: String,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for ShownElsewhere {
    const CLASS: &'static str = "shown-elsewhere";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("subject", FieldClass::Operational),
        ("from", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.subject)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// The browser of a member of another space of the brand. It opens the directory alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Hash of the session's name.
    pub session: SecretHash,
    /// The space of which the visitor is a member.
    pub from: String,
    /// When it is over, in seconds since the epoch.
    pub until: i64,
}

impl Record for Visit {
    const CLASS: &'static str = "directory-visit";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("session", FieldClass::Operational),
        ("from", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.session.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Whether `subject` is one of a request for a visit.
#[must_use]
pub fn is_about_visiting(subject: &str) -> bool {
    subject.starts_with(SUBJECT)
}

impl Space {
    /// This space taking visitors of the spaces that `brand` names.
    #[must_use]
    pub fn with_brand(self, brand: Arc<dyn BrandSpaces>) -> Self {
        Self { brand, ..self }
    }

    /// What to ask of a member of another space of the brand; none where there is no such space, or the registration does not cover it.
    #[must_use]
    pub fn visit_request(&self) -> Option<SignInRequest> {
        let others = self.brand.others(self.identity.did.as_str());
        let requested = RequestedCredential {
            credential_types: vec![types::MEMBERSHIP.to_owned()],
            claims: vec![ClaimPath::name("space")],
        };
        within(&self.registration, Some(SIGN_IN), &[requested]).ok().filter(|_| !others.is_empty())?;
        let claim = json!({"path": ["space"], "values": others});
        let query = json!({"credentials": [{
            "id": MEMBERSHIP, "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]}, "claims": [claim],
        }]});
        Some(SignInRequest { subject: format!("{SUBJECT}{}", self.fresh_id()), query })
    }

    /// Looks at a membership that was verified: whether another space of the brand signed it as its own.
    pub(crate) fn prepare_visit(&self, answer: &Answer, page: &str) -> Result<PreparedVisit, Refused> {
        let shown = answer
            .for_query(MEMBERSHIP)
            .ok_or_else(|| Refused::rejected("missing_claims", "the answer lacks the membership"))?;
        let others = self.brand.others(self.identity.did.as_str());
        let from = match &shown.signed_by {
            SignedBy::Space(did) if others.contains(did) => did.clone(),
            _ => {
                let sentence = "the membership must be signed by another space of this space's brand";
                return Err(Refused::rejected("untrusted_issuer", sentence));
            }
        };
        if shown.claims.get("space").and_then(Value::as_str) != Some(&from) {
            let sentence = "the membership must be of the space that signed it";
            return Err(Refused::rejected("invalid_claim", sentence));
        }
        if shown.facts.status().is_none() {
            let sentence = "a credential without a status cannot be revoked and is not taken";
            return Err(Refused::rejected("malformed_presentation", sentence));
        }
        let until = self.environment().now().plus(SHOWN_FOR).seconds();
        let shown = ShownElsewhere { subject: answer.subject.clone(), from, until };
        Ok(PreparedVisit { shown, redirect_uri: self.identity.address(page) })
    }

    /// Gives the browser with the new session named `session` a visit, as [`Self::sign_in`] does a session; it works once.
    ///
    /// # Errors
    /// The store. None without an answer to the request about `subject`, or one that was used.
    pub async fn begin_visit(
        &self,
        subject: &str,
        session: &SecretText,
    ) -> Result<Option<Visit>, SpaceError> {
        let until = self.environment().now().plus(VISIT).seconds();
        Ok(self.tenant.carry_out(&Begin { subject, session: session.hash(), until }).await?)
    }

    /// The visit in the browser whose session is named `session`: none once it is over, or its space is of the brand no more.
    ///
    /// # Errors
    /// The store.
    pub async fn visit(&self, session: &SecretText) -> Result<Option<Visit>, SpaceError> {
        let found = self.tenant.get::<Visit>(&session.hash().as_bytes()[..]).await?;
        let others = self.brand.others(self.identity.did.as_str());
        Ok(found.filter(|visit| others.contains(&visit.from)))
    }
}

/// A membership of another space that was shown and waits to be stored.
pub(crate) struct PreparedVisit {
    shown: ShownElsewhere,
    redirect_uri: String,
}

impl Prepared for PreparedVisit {
    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move { tx.put(&self.shown).await })
    }

    /// Of the member nothing is kept, so there is no proof of sharing.
    fn reply(&self) -> Reply {
        Reply { redirect_uri: Some(self.redirect_uri.clone()), ..Reply::default() }
    }
}

struct Begin<'a> {
    subject: &'a str,
    session: SecretHash,
    until: i64,
}

impl Change for Begin<'_> {
    const NAME: &'static str = "begin-visit";
    type Output = Option<Visit>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<Self::Refusal>> {
        let Take::Live(shown) = tx.take::<ShownElsewhere>(self.subject).await? else { return Ok(None) };
        let visit = Visit { session: self.session, from: shown.from, until: self.until };
        tx.put(&visit).await?;
        Ok(Some(visit))
    }
}
