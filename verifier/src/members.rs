//! Members: those who were there before the passport, what their credentials say, and the end of a membership.

use std::sync::Arc;

use directory::Identity;
use environment::{Date, Timestamp};
use issuance::{
    BoxFuture, Configuration, Holding, MintError, Minted, Minting, OfferRequest, Offered, Revoked,
};
use keyring::{KeyId, Keyring, Sealed};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Change, Fault, Job, Lanes, Reader, StoreFault, Tenant, Tx};

use crate::keeping;
use crate::outgoing::events;
use crate::places;
use crate::records::{Member, Standing};
use crate::space::{Space, SpaceError};

/// The configuration of memberships.
pub const MEMBERSHIP: &str = "membership";
/// The configuration of statements.
pub const STATEMENT: &str = "statement";
/// The plan of those for whom nothing else was said.
pub const PLAN: &str = "member";
/// Days for which a copy of a credential counts.
const VALID_DAYS: i64 = 14;
const DAY: i64 = 86_400;
const SEALED: &[u8] = b"member statement";
/// The kind of the job that revokes what is left of a membership; the payload is its `sub`.
pub const REVOKE: &str = "revoke-membership";
/// The kind of the job that destroys the key of a statement that nobody needs any more; the payload is the member's `sub`.
pub(crate) const ERASE_STATEMENT: &str = "erase-statement";
/// The lane of whoever revokes.
pub(crate) const STATUS_LISTS: &str = "status-lists";
/// Seconds after which that job is due.
const SOON: i64 = 60;

/// What a space knows of a member from before, and vouches for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouched {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Birthdate, `YYYY-MM-DD`.
    pub birthdate: String,
    /// How it was checked.
    pub check: Check,
}

/// How a space knows a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// An identity document was looked at.
    Document,
    /// The team knows the person.
    KnownInPerson,
}

impl std::fmt::Debug for Vouched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Vouched({:?})", self.check)
    }
}

/// The configurations that a space issues.
#[must_use]
pub fn configurations() -> Vec<Configuration> {
    let named = |id: &str, vct: &str, english: &str, spanish: &str| Configuration {
        id: id.to_owned(),
        vct: vct.to_owned(),
        names: vec![("en".to_owned(), english.to_owned()), ("es".to_owned(), spanish.to_owned())],
    };
    vec![
        named(MEMBERSHIP, credentials::types::MEMBERSHIP, "Membership", "Membresía"),
        named(
            STATEMENT,
            credentials::types::STATEMENT,
            "Statement for a passport office",
            "Declaración para la oficina de pasaportes",
        ),
    ]
}

/// Says what memberships and statements hold.
pub struct SpaceMinting {
    identity: Arc<Identity>,
    tenant: Tenant,
    keyring: Arc<Keyring>,
    brand: Option<String>,
}

impl SpaceMinting {
    /// The minting of the space `identity`.
    #[must_use]
    pub const fn new(
        identity: Arc<Identity>,
        tenant: Tenant,
        keyring: Arc<Keyring>,
        brand: Option<String>,
    ) -> Self {
        Self { identity, tenant, keyring, brand }
    }

    async fn claims(&self, sub: &str, configuration: &str) -> Result<Map<String, Value>, MintError> {
        let member = self.tenant.get::<Member>(sub).await.map_err(|_| MintError::Unavailable)?;
        let member = member.filter(|member| member.standing == Standing::Active).ok_or(MintError::Gone)?;
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), json!(member.sub));
        match configuration {
            MEMBERSHIP => {
                claims.insert(
                    "since".to_owned(),
                    json!(Date::of(Timestamp::from_seconds(member.since)).to_string()),
                );
                claims.insert("plan".to_owned(), json!(member.plan));
                claims.insert("space".to_owned(), json!(self.identity.did.as_str()));
                claims.extend(self.brand.iter().map(|brand| ("brand".to_owned(), json!(brand))));
            }
            _ => {
                let sealed = member.statement.as_ref().ok_or(MintError::Gone)?;
                let key = statement_key(self.identity.did.as_str(), sub);
                let text = self.keyring.open_sealed(&key, SEALED, sealed).map_err(|_| MintError::Gone)?;
                let vouched: Map<String, Value> =
                    jose::json::parse_object(text.as_slice()).map_err(|_| MintError::Unavailable)?;
                claims.extend(vouched);
                let today = Date::of(self.tenant.environment().now());
                claims.insert("checked_on".to_owned(), json!(today.to_string()));
            }
        }
        Ok(claims)
    }
}

impl Minting for SpaceMinting {
    fn mint<'a>(
        &'a self,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<Minted, MintError>> {
        Box::pin(async move {
            let today = self.tenant.environment().now().start_of_day();
            Ok(Minted {
                disclosable: self.claims(subject, configuration).await?,
                issued_at: today,
                expires_at: today.plus(VALID_DAYS.saturating_mul(DAY)),
            })
        })
    }

    fn is_entitled<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move {
            let member = reader.get::<Member>(subject).await?;
            let member = member.filter(|member| member.standing == Standing::Active);
            Ok(member.is_some_and(|member| configuration == MEMBERSHIP || member.statement.is_some()))
        })
    }
}

pub(crate) fn statement_key(space: &str, sub: &str) -> KeyId {
    KeyId::new(space, sub, "statement")
}

impl Space {
    /// Enters an existing member and offers membership and statement to the member's wallet.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn add_member(
        &self,
        vouched: &Vouched,
        tx_code: bool,
        lifetime: i64,
    ) -> Result<(String, Offered), SpaceError> {
        let sub = self.fresh_id();
        let now = self.environment().now();
        let request = OfferRequest {
            subject: sub.clone(),
            configurations: vec![MEMBERSHIP.to_owned(), STATEMENT.to_owned()],
            tx_code,
            lifetime,
        };
        let prepared = self.issuance.prepare_offer(&request)?;
        let statement = self.seal_statement(&sub, vouched)?;
        let member = Member {
            sub: sub.clone(),
            contact: None,
            since: now.start_of_day().seconds(),
            plan: PLAN.to_owned(),
            standing: Standing::Active,
            ended: None,
            statement: Some(statement),
            form: None,
        };
        self.tenant.carry_out(&AddMember { member, offer: &prepared }).await?;
        Ok((sub, prepared.offered().clone()))
    }

    /// What is held of a person until the statement of the member `sub` is issued.
    pub(crate) fn seal_statement(&self, sub: &str, vouched: &Vouched) -> Result<Sealed, SpaceError> {
        let text = serde_json::to_vec(vouched).map_err(|_| SpaceError::Unreadable)?;
        Ok(self.keyring.seal(&statement_key(self.identity.did.as_str(), sub), SEALED, &text)?)
    }

    /// Erases what was held for a statement, once it was issued.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn statement_issued(&self, sub: &str) -> Result<(), SpaceError> {
        self.tenant.carry_out(&ForgetStatement { sub: sub.to_owned() }).await?;
        self.destroy_statement_key(sub)
    }

    /// Destroys the key of a member's statement. May run again.
    pub(crate) fn destroy_statement_key(&self, sub: &str) -> Result<(), SpaceError> {
        self.keyring.destroy(&statement_key(self.identity.did.as_str(), sub))?;
        Ok(())
    }

    /// Ends a membership: nothing more is issued from then on, every copy of it is revoked, what was held for a statement
    /// is erased, and the days for which the member's details are still kept begin. Gives how many copies that were.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or our side failed; what is left to be revoked or erased then, [`Space::work`] sees to.
    pub async fn end_membership(&self, sub: &str) -> Result<usize, SpaceError> {
        let change = self.ending(sub);
        let first = self.tenant.carry_out(&change).await?.ok_or(SpaceError::NoSuch("member"))?;
        self.membership_ended(sub, &first).await
    }

    /// The change that ends a membership.
    pub(crate) fn ending(&self, sub: &str) -> EndMembership {
        let entry = Entry::new(EntryKind::Revoked, self.environment().now()).with_purpose(MEMBERSHIP);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        EndMembership { sub: sub.to_owned(), holdings: memberships_of(sub), leaf }
    }

    /// What follows when that change was made; gives how many copies were revoked in all. Jobs of that change do whatever of
    /// it fails or is never come to.
    pub(crate) async fn membership_ended(&self, sub: &str, first: &Revoked) -> Result<usize, SpaceError> {
        // Neither keeps the other from being done.
        let destroyed = self.destroy_statement_key(sub);
        let rest = if first.is_complete { 0 } else { self.revoke_memberships(sub).await? };
        destroyed?;
        Ok(first.copies.saturating_add(rest))
    }

    /// Revokes what is left of the copies of a membership that has ended; gives how many that were. May run again.
    ///
    /// # Errors
    /// The store.
    pub(crate) async fn revoke_memberships(&self, sub: &str) -> Result<usize, SpaceError> {
        Ok(self.issuance.revoke_all(&memberships_of(sub)).await?)
    }

    /// The members, in no telling order.
    ///
    /// # Errors
    /// The store.
    pub async fn members(&self, limit: usize) -> Result<Vec<Member>, SpaceError> {
        Ok(self.tenant.list::<Member>(store::Range::all(), limit).await?.items)
    }
}

struct AddMember<'a> {
    member: Member,
    offer: &'a issuance::PreparedOffer,
}

impl Change for AddMember<'_> {
    const NAME: &'static str = "add-member";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.put(&self.member).await?;
        Ok(self.offer.put(tx).await?)
    }
}

struct ForgetStatement {
    sub: String,
}

impl Change for ForgetStatement {
    const NAME: &'static str = "forget-statement";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(mut member) = tx.get::<Member>(&self.sub).await? {
            member.statement = None;
            tx.put(&member).await?;
        }
        Ok(())
    }
}

fn memberships_of(sub: &str) -> [Holding; 1] {
    [Holding::new(sub, MEMBERSHIP)]
}

/// Ends a membership, as far as one transaction goes.
pub(crate) struct EndMembership {
    sub: String,
    holdings: [Holding; 1],
    leaf: Leaf,
}

impl Change for EndMembership {
    const NAME: &'static str = "end-membership";
    type Output = Option<Revoked>;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of(STATUS_LISTS)
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Revoked>, Fault<Self::Refusal>> {
        Ok(self.write(tx).await?)
    }
}

impl EndMembership {
    /// Writes it, in this transaction or as a part of another; that one queues for the lane of this.
    pub(crate) async fn write(&self, tx: &mut Tx) -> Result<Option<Revoked>, StoreFault> {
        let Some(mut member) = tx.get::<Member>(&self.sub).await? else { return Ok(None) };
        if member.standing == Standing::Active {
            events::membership_ended(tx, &member).await?;
        }
        if let Some(form) = member.form.as_deref().filter(|_| member.standing == Standing::Active) {
            places::give_back(tx, form, &self.sub).await?;
        }
        member.standing = Standing::Ended;
        member.ended.get_or_insert(tx.now().seconds());
        if member.statement.take().is_some() {
            // Once it is not here any more, nothing but this job tells that its key is to go.
            erase_statement_key(tx, &self.sub).await?;
        }
        tx.put(&member).await?;
        if let Some(contact) = &member.contact {
            keeping::await_end_of(tx, contact).await?;
        }
        issuance::withdraw(tx, &self.sub).await?;
        let revoked = issuance::revoke(tx, &self.holdings).await?;
        if !revoked.is_complete {
            // Should this process end before it has come to the last copy.
            let job = Job::new(REVOKE, format!("{REVOKE}-{}", self.sub), &self.sub)?;
            let _ = tx.enqueue(job.not_before(tx.now().plus(SOON))).await?;
        }
        tx.log(self.leaf.clone()).await?;
        Ok(Some(revoked))
    }
}

/// Asks for the end of the key of a member's statement.
async fn erase_statement_key(tx: &mut Tx, sub: &str) -> Result<(), StoreFault> {
    let job = Job::new(ERASE_STATEMENT, format!("{ERASE_STATEMENT}-{sub}"), &sub)?;
    let _ = tx.enqueue(job).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_vouched_for_is_not_printed() {
        let vouched = Vouched {
            given_name: "Ada".to_owned(),
            family_name: "Example".to_owned(),
            birthdate: "1990-01-02".to_owned(),
            check: Check::Document,
        };
        assert_eq!(format!("{vouched:?}"), "Vouched(Document)");
    }
}
