//! *Here I am*: the team sends a request to whoever gave a number at the desk, and the answer says which member that is.
//!
//! The account is found by the `sub` of the membership in the answer and by its place in the space's own status list. No
//! number is kept, and no link from one to an account. Whoever answers in another's place is found as themselves.

use credentials::types;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use presentation::{Answer, BoxFuture, Prepared, Refused, Reply};
use serde_json::{Value, json};
use store::{Reader, StoreFault, Tx, View};
use trust::registration::{ClaimPath, RequestedCredential};
use trust::within;

use super::opening;
use super::records::Invitation;
use crate::members::MEMBERSHIP;
use crate::records::{Member, Standing};
use crate::renewing;
use crate::space::Space;

/// The registered purpose.
pub const HERE: &str = "here-i-am";
/// What these requests are about begins with this; the invitation's identifier follows. No form's request begins so: those
/// are random and have no colon.
const SUBJECT: &str = "here-i-am:";

/// What a space asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct HereIAm {
    /// What the request is about, for [`presentation::Asking`].
    pub subject: String,
    /// The DCQL query.
    pub query: Value,
}

/// What a space registers with the network's operator for *Here I am*, beside the uses of its forms.
#[must_use]
pub fn intended_use() -> Value {
    json!({
        "id": HERE,
        "purpose": {
            "en": "Telling the team at the desk which member you are",
            "es": "Decir al equipo del mostrador qué miembro eres",
        },
        "legal_basis": "contract",
        "claims": [
            {"path": ["sub"], "retention_days": 30},
            {"path": ["space"], "retention_days": 0},
        ],
        "credential_types": [types::MEMBERSHIP],
    })
}

/// The invitation of a request about `subject`.
pub(crate) fn invitation_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(SUBJECT)
}

impl Space {
    /// What to ask for the invitation `id`; none where the registration does not cover it. The membership must be of this
    /// very space (DCQL `values`, OpenID4VP 1.0 §6.3): who is a member of several spaces shows no other.
    #[must_use]
    pub fn here_i_am(&self, id: &str) -> Option<HereIAm> {
        let requested = RequestedCredential {
            credential_types: vec![types::MEMBERSHIP.to_owned()],
            claims: vec![ClaimPath::name("sub"), ClaimPath::name("space")],
        };
        within(&self.registration, Some(HERE), &[requested]).ok()?;
        let claims = json!([{"path": ["sub"]}, {"path": ["space"], "values": [self.identity.did.as_str()]}]);
        let query = json!({"credentials": [{
            "id": MEMBERSHIP, "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]}, "claims": claims,
        }]});
        Some(HereIAm { subject: format!("{SUBJECT}{id}"), query })
    }

    /// Looks at a copy that was verified: whether it is ours, of the membership that it names, and that counts.
    pub(crate) async fn prepare_here(&self, answer: &Answer, id: &str) -> Result<PreparedHere, Refused> {
        let copy = renewing::own_copy(answer, self.identity.did.as_str())?;
        let sub = self.membership_behind(copy).await?;
        let shown = answer.for_query(MEMBERSHIP).and_then(|shown| shown.claims.get("sub"));
        if shown.and_then(Value::as_str) != Some(sub.as_str()) {
            let sentence = "the answer lacks the membership's own identifier";
            return Err(Refused::rejected("missing_claims", sentence));
        }
        let here = PreparedHere {
            subject: answer.subject.clone(),
            invitation: id.to_owned(),
            sub,
            leaf: self.here_leaf(),
        };
        self.tenant.read(&MayCount(&here)).await?.map_err(NotHere::refusal)?;
        Ok(here)
    }

    fn here_leaf(&self) -> Leaf {
        let entry =
            Entry::new(EntryKind::Answered, self.environment().now()).with_purpose(HERE).about(["sub"]);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

/// Why an answer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotHere {
    /// The invitation was answered, or its time is up.
    Over,
    /// The membership has ended.
    Ended,
}

impl NotHere {
    fn refusal(self) -> Refused {
        match self {
            Self::Over => {
                Refused::rejected("request_expired", "this was answered already, or its time is up")
            }
            Self::Ended => {
                Refused::rejected("revoked", "this membership does not count here any more; ask the space")
            }
        }
    }
}

/// A member at the desk, waiting to be stored.
pub(crate) struct PreparedHere {
    subject: String,
    invitation: String,
    sub: String,
    leaf: Leaf,
}

impl PreparedHere {
    async fn may_count(&self, reader: &mut Reader) -> Result<Result<(), NotHere>, StoreFault> {
        let invitation = reader.get::<Invitation>(&self.invitation).await?;
        let now = reader.now().seconds();
        if invitation.is_none_or(|one| one.answered.is_some() || now >= one.until) {
            return Ok(Err(NotHere::Over));
        }
        let member = reader.get::<Member>(&self.sub).await?;
        let counts = member.is_some_and(|member| member.standing == Standing::Active);
        Ok(if counts { Ok(()) } else { Err(NotHere::Ended) })
    }
}

struct MayCount<'a>(&'a PreparedHere);

impl View for MayCount<'_> {
    const NAME: &'static str = "may-be-here";
    type Output = Result<(), NotHere>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        self.0.may_count(reader).await
    }
}

impl Prepared for PreparedHere {
    /// Another answer may have filled the invitation meanwhile, and the team ended the membership.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move { Ok(self.may_count(tx).await?.is_ok()) })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            opening::answered_here(tx, &self.subject, &self.invitation, &self.sub).await?;
            tx.log(self.leaf.clone()).await
        })
    }

    /// The space learned nothing that it had not given itself, so there is no proof of sharing.
    fn reply(&self) -> Reply {
        Reply::default()
    }
}
