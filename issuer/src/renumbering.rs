//! Another number for the same passport: the old one then leads nowhere, for ever, and is never given out again.
//!
//! Copies that show the old number are revoked. The profile says no number and stays good.

use did::number::PassportNumber;
use issuance::{PreparedOffer, Revoked, Shown};
use network::number_binding::{self, Renumber};
use openid4vc::secret::SecretHash;
use store::{Change, Cursor, Fault, Insertion, Lanes, Page, Range, Reader, StoreFault, Tx, View};

use crate::binding::{NotBound, NumberStatement, counts_for};
use crate::budget::Budget;
use crate::minting::PASSPORT;
use crate::office::{Office, OfficeError};
use crate::receiving::{expiry_of, offer_of};
use crate::records::{Application, ApplicationKind, ByNumber, CheckKind, Passport, PassportStanding, Stage};
use crate::standing::{Latest, Revoking, Whose};

/// How often a number may be replaced within a day.
pub const MOST_A_DAY: u32 = 3;
/// Seconds for which the copies may be fetched: a day.
const HELD_FOR: i64 = 86_400;
/// Seconds after the last copies that rested on a membership in which fresh ones are given without: fourteen days.
const RESTED: i64 = 14 * 86_400;
/// Numbers that are drawn, should one be taken already.
const CANDIDATES: usize = 4;
/// Applications that are looked at in one go.
const PAGE: usize = 100;

/// What became of a number.
#[derive(Clone, PartialEq, Eq)]
pub struct Renumbered {
    /// The number that took its place, canonical.
    pub number: String,
    /// An offer of copies that show it; none if the passport rested on no fresh membership.
    pub credential_offer: Option<String>,
    /// Copies that were revoked.
    pub revoked: usize,
}

impl std::fmt::Debug for Renumbered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Renumbered")
    }
}

impl Office {
    /// Replaces the number of the member who wishes it in `message`. The same wish again, also a new one about a number that
    /// was replaced already, gives no other number but an offer again: the answer may have been lost.
    ///
    /// # Errors
    /// See [`NotBound`]; nothing is changed then.
    pub async fn replace_number(&self, message: &str) -> Result<Renumbered, NotBound> {
        let did = number_binding::speaker(message)?;
        let key = self.key_of_member(&did).await?;
        let office = self.identity.did.as_str();
        let wish = Renumber::verify(message, &key, &did, office, self.environment().now())?;
        let number = PassportNumber::parse(&wish.number).map_err(|_| NotBound::NoPassport)?.canonical();
        let latest = self.tenant.read(&Latest(&number)).await?;
        let latest = latest.filter(|passport| counts_for(passport, &did)).ok_or(NotBound::NoPassport)?;
        if latest.number != number {
            let credential_offer = self.offer_renumbered(&latest.number).await?;
            return Ok(Renumbered { number: latest.number, credential_offer, revoked: 0 });
        }
        let change = self.replacing(&number, Some(&did), self.is_rested(&latest).await?)?;
        self.carry_out_replacing(&change).await
    }

    /// Replaces a number at the desk. The member's wallet finds copies with the new one by its own wish, or applies again.
    ///
    /// # Errors
    /// [`NotBound::NoPassport`] for a number that is unknown or counts no more, or our side failed.
    pub async fn replace_number_at_desk(&self, number: &PassportNumber) -> Result<Renumbered, NotBound> {
        let change = self.replacing(&number.canonical(), None, false)?;
        self.carry_out_replacing(&change).await
    }

    fn replacing(&self, number: &str, did: Option<&str>, with_copies: bool) -> Result<Replace, OfficeError> {
        let randomness = self.environment().randomness();
        let drawn = std::iter::repeat_with(|| PassportNumber::generate(self.settings.prefix, randomness));
        let offer = if with_copies { Some(self.renumbered_application(number)?) } else { None };
        Ok(Replace {
            number: number.to_owned(),
            did: did.map(str::to_owned),
            candidates: drawn.take(CANDIDATES).map(|number| number.canonical()).collect(),
            offer,
            budget: Budget::renumbering(did.unwrap_or(number)),
            revoking: self.revoking(Whose::Replaced(number.to_owned()), PASSPORT),
        })
    }

    async fn carry_out_replacing(&self, change: &Replace) -> Result<Renumbered, NotBound> {
        let (number, first) = self.tenant.commit(change).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })?;
        let revoked = self.revoke_rest(&Whose::Replaced(change.number.clone()), first).await?;
        let credential_offer = change.offer.as_ref().map(|(_, offer)| offer.offered().by_value.clone());
        Ok(Renumbered { number, credential_offer, revoked })
    }

    fn renumbered_application(&self, number: &str) -> Result<(Application, PreparedOffer), OfficeError> {
        let application = Application {
            id: self.fresh_id(),
            kind: ApplicationKind::Renumbered,
            stage: Stage::AwaitingIssue,
            number: Some(number.to_owned()),
            desk: None,
            label: None,
            holder: None,
            sharing_proof: None,
            follow_up: None,
            values: None,
            checks: vec![self.check_today(CheckKind::EarlierCopy)],
            for_wallet: None,
            until: self.environment().now().plus(HELD_FOR).seconds(),
        };
        let offer = self.issuance.prepare_offer(&offer_of(&application))?;
        Ok((application, offer))
    }

    /// A fresh offer of the copies that a replacement left, as long as some are to be fetched.
    async fn offer_renumbered(&self, number: &str) -> Result<Option<String>, OfficeError> {
        let now = self.environment().now().seconds();
        let mut after = None;
        loop {
            let page = self.tenant.read(&OfNumber { number, after }).await?;
            let waiting = page.items.iter().find(|application| {
                application.kind == ApplicationKind::Renumbered
                    && application.stage == Stage::AwaitingIssue
                    && now < application.until
            });
            if let Some(application) = waiting {
                let offered = self.issuance.offer_again(&offer_of(application), Shown::ToWallet).await?;
                return Ok(offered.map(|offered| offered.by_value));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether this passport rests on a membership of the last fourteen days: who left every space does not keep a passport by
    /// changing its number.
    async fn is_rested(&self, passport: &Passport) -> Result<bool, OfficeError> {
        let now = self.environment().now();
        let mut number = Some(passport.number.clone());
        while let Some(current) = number {
            let mut after = None;
            loop {
                let page = self.tenant.read(&OfNumber { number: &current, after }).await?;
                let is_recent = |application: &&Application| {
                    // An application ends a day after its answer.
                    let answered = application.until.saturating_sub(HELD_FOR);
                    application.kind.shows_membership() && now.seconds().saturating_sub(answered) <= RESTED
                };
                for application in page.items.iter().filter(is_recent) {
                    if self.counts_as_shown(application).await? {
                        return Ok(true);
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            number = self.tenant.get::<Passport>(&current).await?.and_then(|found| found.predecessor);
        }
        Ok(false)
    }

    /// Whether the membership of an application speaks for the passport. One that is given for the first time awaits a link,
    /// perhaps a person of the office: it speaks once its passport was fetched. For fresh copies the passport itself was shown.
    async fn counts_as_shown(&self, application: &Application) -> Result<bool, OfficeError> {
        if !application.kind.is_first_time() || application.stage == Stage::Issued {
            return Ok(true);
        }
        Ok(self.issuance.has_issued(&application.id, PASSPORT).await?)
    }
}

impl ApplicationKind {
    /// Whether a membership was shown for it, beside which a passport is given.
    const fn shows_membership(self) -> bool {
        matches!(self, Self::FirstPassport | Self::Again | Self::RefillPassport)
    }
}

impl Budget {
    /// Numbers that are replaced, for one member; at the desk for one number.
    fn renumbering(of: &str) -> Self {
        Self::new(
            SecretHash::of(&format!("renumbering {of}")),
            MOST_A_DAY,
            "the number was replaced too often today; try again tomorrow",
        )
    }
}

/// A page of the applications about a number.
struct OfNumber<'a> {
    number: &'a str,
    after: Option<Cursor>,
}

impl View for OfNumber<'_> {
    const NAME: &'static str = "office-applications-of-number";
    type Output = Page<Application>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let range = Range::prefix(self.number);
        let range = match &self.after {
            Some(cursor) => range.after(cursor),
            None => range,
        };
        reader.page::<ByNumber>(range, PAGE).await
    }
}

struct Replace {
    number: String,
    /// Whose it must be; at the desk whoever's.
    did: Option<String>,
    candidates: Vec<String>,
    offer: Option<(Application, PreparedOffer)>,
    budget: Budget,
    revoking: Revoking,
}

impl Change for Replace {
    const NAME: &'static str = "office-replace-number";
    /// The new number, and how far the revocation of the old one's copies came.
    type Output = (String, Revoked);
    type Refusal = NotBound;

    fn lanes(&self) -> Lanes {
        Lanes::of("status-lists")
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<NotBound>> {
        let found = tx.get::<Passport>(&self.number).await?;
        let old = found.filter(|passport| self.may_replace(passport));
        let mut old = old.ok_or(Fault::Refused(NotBound::NoPassport))?;
        if !self.budget.is_left(tx).await? {
            return Err(Fault::Refused(NotBound::TooOften));
        }
        let until = tx.now().plus(HELD_FOR).seconds();
        self.budget.spend(tx, until).await?;
        let revoked = self.revoking.begin(tx).await?;
        let number = self.give_number(tx, &old).await?;
        old.standing = PassportStanding::Replaced;
        old.successor = Some(number.clone());
        tx.put(&old).await?;
        tx.delete::<NumberStatement>(&self.number).await?;
        if let Some((application, offer)) = &self.offer {
            let application = Application { number: Some(number.clone()), ..application.clone() };
            let _ = tx.enqueue(expiry_of(&application)?).await?;
            offer.put(tx).await?;
            tx.put(&application).await?;
        }
        Ok((number, revoked))
    }
}

impl Replace {
    /// A number that leads to a DID and counts, and of the member who wishes it.
    fn may_replace(&self, passport: &Passport) -> bool {
        let is_theirs = self.did.is_none() || passport.did == self.did;
        passport.standing == PassportStanding::Active && passport.did.is_some() && is_theirs
    }

    /// The first of the drawn numbers that nobody ever had.
    async fn give_number(&self, tx: &mut Tx, old: &Passport) -> Result<String, StoreFault> {
        for number in &self.candidates {
            let passport = Passport {
                number: number.clone(),
                predecessor: Some(old.number.clone()),
                successor: None,
                ..old.clone()
            };
            if tx.insert_new(&passport).await? == Insertion::Inserted {
                return Ok(number.clone());
            }
        }
        Err(StoreFault::Conflict)
    }
}
