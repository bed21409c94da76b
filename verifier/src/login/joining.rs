//! The member that an account at the login is, and what is offered to them.

use issuance::{OfferRequest, Offered, PreparedOffer};
use keyring::Sealed;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use store::{Change, Fault, Tx};
use verifier_connect::login::id_token::SignedIn;
use verifier_connect::login::person::Person;
use verifier_connect::token::SubjectKey;

use super::records::LoginAccount;
use super::{LoginRefused, LoginSettings};
use crate::deciding::OFFER_LIFETIME;
use crate::leaving;
use crate::members::{MEMBERSHIP, PLAN, STATEMENT, Vouched};
use crate::records::{Member, Standing};
use crate::space::{Space, SpaceError};

/// The secret behind the names under which accounts are kept.
const ACCOUNTS: &str = "login-accounts";
/// How the audit log calls whoever signs in so.
const BY: &str = "login";

impl Space {
    /// Offers the membership to whoever signed in, who becomes a member if they are not yet.
    pub(super) async fn offer_by_login(
        &self,
        login: &LoginSettings,
        signed_in: &SignedIn,
    ) -> Result<Offered, LoginRefused> {
        let account = self.account(&login.issuer, signed_in.subject())?;
        if let Some(known) = self.tenant.get::<LoginAccount>(account.as_str()).await? {
            return self.offer_to_known(&known.sub).await;
        }
        let person = login.check.and_then(|check| {
            let Person { given_name, family_name, birthdate } = Person::of(signed_in.claims())?;
            Some(Vouched { given_name, family_name, birthdate, check })
        });
        let joining = self.joining(account, person.as_ref())?;
        let joined = self.tenant.carry_out(&joining).await?;
        if !matches!(joined, Joined::New) {
            self.destroy_statement_key(&joining.member.sub)?;
        }
        match joined {
            Joined::New => Ok(joining.offer.offered().clone()),
            // The same person in another tab was first.
            Joined::Known(sub) => self.offer_to_known(&sub).await,
            Joined::Left => Err(SpaceError::Left.into()),
        }
    }

    async fn offer_to_known(&self, sub: &str) -> Result<Offered, LoginRefused> {
        self.offer_again(sub, false, OFFER_LIFETIME, BY).await.map_err(|error| match error {
            SpaceError::NoSuch(_) => LoginRefused::Ended,
            SpaceError::EnoughCopies => LoginRefused::EnoughCopies,
            SpaceError::OfferedTooOften => LoginRefused::TooOften,
            error => error.into(),
        })
    }

    fn joining(&self, account: String, vouched: Option<&Vouched>) -> Result<Joining, SpaceError> {
        let sub = self.fresh_id();
        let now = self.environment().now();
        let mut configurations = vec![MEMBERSHIP.to_owned()];
        configurations.extend(vouched.map(|_| STATEMENT.to_owned()));
        let request =
            OfferRequest { subject: sub.clone(), configurations, tx_code: false, lifetime: OFFER_LIFETIME };
        let offer = self.issuance.prepare_offer(&request)?;
        let statement: Option<Sealed> =
            vouched.map(|vouched| self.seal_statement(&sub, vouched)).transpose()?;
        let entry = Entry::new(EntryKind::Issued, now).with_purpose(MEMBERSHIP).with_code(BY);
        Ok(Joining {
            member: Member {
                sub: sub.clone(),
                contact: None,
                since: now.start_of_day().seconds(),
                plan: PLAN.to_owned(),
                standing: Standing::Active,
                ended: None,
                statement,
                form: None,
            },
            account: LoginAccount { account, sub },
            offer,
            leaf: Leaf::new(LeafId::generate(self.environment().randomness()), &entry),
        })
    }

    /// The name under which an account is kept.
    fn account(&self, issuer: &str, subject: &str) -> Result<String, SpaceError> {
        let fresh = || Ok(self.environment().randomness().bytes::<32>().to_vec());
        let secret = self.kept_secret(ACCOUNTS, fresh)?;
        let bytes: [u8; 32] = secret.as_slice().try_into().map_err(|_| SpaceError::Unreadable)?;
        Ok(SubjectKey::new(bytes).subject(issuer, subject))
    }
}

/// What became of it.
enum Joined {
    /// A member.
    New,
    /// The account is this member already.
    Known(String),
    /// The space has left the network while the login was asked: nobody.
    Left,
}

struct Joining {
    member: Member,
    account: LoginAccount,
    offer: PreparedOffer,
    leaf: Leaf,
}

impl Change for Joining {
    const NAME: &'static str = "join-by-login";
    type Output = Joined;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Joined, Fault<Self::Refusal>> {
        if leaving::has_left(tx).await? {
            return Ok(Joined::Left);
        }
        if let Some(known) = tx.get::<LoginAccount>(self.account.account.as_str()).await? {
            return Ok(Joined::Known(known.sub));
        }
        tx.put(&self.account).await?;
        tx.put(&self.member).await?;
        self.offer.put(tx).await?;
        tx.log(self.leaf.clone()).await?;
        Ok(Joined::New)
    }
}
