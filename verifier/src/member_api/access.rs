//! The way in: whoever shows a copy of the membership gets a token that is bound to the key of that copy.
//!
//! Which membership it is says the copy's place in the status list, as at a refill ([`crate::renewing`]).

use network::member_api::{PATH, TOKEN_LIFETIME};
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vp::response::MemberAccess as GivenAccess;
use presentation::{Answer, BoxFuture, Prepared, Refused, Reply};
use store::{Insertion, Reader, StoreFault, Tx, View};

use super::NotDone;
use super::records::{MemberAccess, UsedMemberProof};
use crate::records::{Counted, DailyCount, Member, Standing};
use crate::renewing::{Refill, own_copy};
use crate::space::{Space, SpaceError};

/// What requests for access are about.
pub(crate) const SUBJECT: &str = "member-access";
/// How often within a day one member is given access. Each costs the wallet a copy.
pub const MOST_ACCESSES: u32 = 48;
/// Seconds for which a token is remembered after its end: a wallet whose answer got lost asks for it again.
const REMEMBERED: i64 = 7 * 86_400;

/// Who asks: a token that is known, with a DPoP proof that fits and is not used up yet.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The token.
    pub access: &'a MemberAccess,
    /// The proof.
    pub proof: ProofUse,
}

/// The use of a DPoP proof, which is stored with what it brings about.
#[derive(Clone, Copy, Debug)]
pub struct ProofUse {
    /// Under which it is remembered.
    pub hash: SecretHash,
    /// Until when, in seconds since the epoch.
    pub until: i64,
}

impl ProofUse {
    /// Uses the proof up in this transaction.
    pub(crate) async fn store(self, tx: &mut Tx) -> Result<Result<(), NotDone>, StoreFault> {
        let used = UsedMemberProof { hash: self.hash, until: self.until };
        Ok(match tx.insert_new(&used).await? {
            Insertion::Inserted => Ok(()),
            Insertion::AlreadyThere => Err(NotDone::Replayed),
        })
    }
}

impl Caller<'_> {
    /// The member, if the token still counts and the membership too.
    pub(crate) async fn member(&self, reader: &mut Reader) -> Result<Result<Member, NotDone>, StoreFault> {
        if !self.access.counts(reader.now()) {
            return Ok(Err(NotDone::TokenExpired));
        }
        let member = reader.get::<Member>(&self.access.sub).await?;
        Ok(member.filter(|member| member.standing == Standing::Active).ok_or(NotDone::MembershipEnded))
    }
}

impl Space {
    /// What to ask of whoever wants access; none where the registration does not cover it. It is what a refill asks.
    #[must_use]
    pub fn member_access_request(&self) -> Option<Refill> {
        self.refill().map(|refill| Refill { subject: SUBJECT, ..refill })
    }

    /// The access that a token stands for, whether or not it still counts.
    ///
    /// # Errors
    /// The store.
    pub async fn member_access(&self, token: &SecretText) -> Result<Option<MemberAccess>, SpaceError> {
        Ok(self.tenant.get::<MemberAccess>(&token.hash().as_bytes()[..]).await?)
    }

    /// Looks at a copy that was verified, and prepares a token for the key it is bound to.
    pub(crate) async fn prepare_access(&self, answer: &Answer) -> Result<PreparedAccess, Refused> {
        let sub = self.membership_behind(own_copy(answer, self.identity.did.as_str())?).await?;
        self.tenant.read(&MayAccess { sub: &sub }).await??;
        let key = answer.answering_key.as_ref().map(jose::Jwk::thumbprint_base64url);
        let key = key.ok_or_else(|| Refused::rejected("wrong_key", "the membership is bound to no key"))?;
        let token = SecretText::random(self.environment().randomness());
        let counts_until = self.environment().now().plus(TOKEN_LIFETIME);
        let access = MemberAccess {
            token: token.hash(),
            sub,
            key,
            counts_until: counts_until.seconds(),
            until: counts_until.plus(REMEMBERED).seconds(),
        };
        Ok(PreparedAccess { access, token, uri: self.identity.address(PATH) })
    }
}

/// Whether a member may be given access.
struct MayAccess<'a> {
    sub: &'a str,
}

impl View for MayAccess<'_> {
    const NAME: &'static str = "may-access-member-api";
    type Output = Result<(), Refused>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let member = reader.get::<Member>(self.sub).await?;
        if member.is_none_or(|member| member.standing != Standing::Active) {
            let sentence = "this membership does not count here any more; ask the space";
            return Ok(Err(Refused::rejected("revoked", sentence)));
        }
        if DailyCount::times(reader, Counted::GivenAccess, self.sub).await? >= MOST_ACCESSES {
            let sentence = "this membership was shown too often today; try again tomorrow";
            return Ok(Err(Refused::rejected("too_many", sentence)));
        }
        Ok(Ok(()))
    }
}

/// A token that waits to be stored.
pub(crate) struct PreparedAccess {
    access: MemberAccess,
    token: SecretText,
    uri: String,
}

impl Prepared for PreparedAccess {
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move { Ok(MayAccess { sub: &self.access.sub }.read(tx).await?.is_ok()) })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            DailyCount::add(tx, Counted::GivenAccess, &self.access.sub).await?;
            tx.put(&self.access).await
        })
    }

    /// The space learned nothing, so there is no proof of sharing.
    fn reply(&self) -> Reply {
        let access = GivenAccess {
            uri: self.uri.clone(),
            access_token: self.token.clone(),
            expires_in: TOKEN_LIFETIME,
        };
        Reply { member_api: Some(access), ..Reply::default() }
    }
}
