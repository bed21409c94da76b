//! From a verified answer to an application: sealed values, a leaf, a proof of sharing, a number and a place for the DID.

use did::number::PassportNumber;
use environment::Timestamp;
use issuance::{OfferRequest, PreparedOffer, StatusEntry};
use jose::base64url;
use keyring::Sealed;
use ledger::CommitmentNonce;
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::{NewProof, ProofOfSharing, SharedClaim};
use openid4vc::secret::SecretText;
use openid4vc::vci::issuer::TakenUp;
use presentation::{Answer, BoxFuture, NothingToStore, Prepared, Receiving, Refused, Reply, Settlement};
use store::{Insertion, Job, Reader, StoreFault, Tx, View};

use crate::budget::Budget;
use crate::checking::{self, FirstPassport, RefillPassport, RefillProfile};
use crate::email::mail_of;
use crate::erasing::EXPIRE;
use crate::minting;
use crate::office::{Office, OfficeError, Values};
use crate::person::Person;
use crate::records::{
    Application, ApplicationKind, Asked, CheckDone, CheckKind, EmailCheck, HostedDid, Passport,
    PassportStanding, RequestKind, Stage, WaitingWallet,
};
use crate::standing::{self, Latest};
use crate::unawaited::looking_after;

/// Seconds for which values are held at most.
pub const HELD_FOR: i64 = 86_400;
/// Seconds for which an offer is open; a new one is made whenever the wallet asks.
pub(crate) const OFFER_LIFETIME: i64 = 600;
/// Seconds by which values are erased after their end: nothing that was minted just before is still on its way.
const GRACE: i64 = 60;
/// Numbers that are drawn at once, should one be taken.
const CANDIDATES: usize = 4;

impl Receiving for Office {
    fn prepare<'a>(&'a self, answer: &'a Answer) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>> {
        Box::pin(async move {
            let asked = self.tenant.get::<Asked>(&answer.subject).await?.ok_or_else(unknown_request)?;
            let now = self.environment().now();
            let office = self.identity.did.as_str();
            let prepared = match asked.kind {
                RequestKind::FirstPassport => {
                    let checked = checking::first_passport(answer, now)?;
                    self.first_passport(asked, answer, checked).await?
                }
                RequestKind::RefillPassport => {
                    let checked = checking::refill_passport(answer, office, now)?;
                    self.refill_passport(asked, answer, checked).await?
                }
                RequestKind::RefillProfile => {
                    let checked = checking::refill_profile(answer, office, now)?;
                    self.refill_profile(asked, answer, checked).await?
                }
            };
            Ok(Box::new(prepared) as Box<dyn Prepared>)
        })
    }

    /// An office opens no session: nobody at a screen gets anything, only the wallet that answered.
    fn settle<'a>(&'a self, _: &'a str, _: Settlement) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>> {
        Box::pin(std::future::ready(Ok(Box::new(NothingToStore) as Box<dyn Prepared>)))
    }
}

impl Office {
    async fn first_passport(
        &self,
        asked: Asked,
        answer: &Answer,
        checked: FirstPassport,
    ) -> Result<PreparedApplication, Refused> {
        let budget = self.within(Budget::applications(checked.membership)).await?;
        let ends_at = match &asked.authorization {
            // The wallet waits no more: nobody could get what is applied for.
            Some(_) => {
                Some(self.opened_for(&asked).await.map_err(unavailable)?.ok_or_else(unknown_request)?.ends_at)
            }
            None => None,
        };
        let randomness = self.environment().randomness();
        let token = SecretText::random(randomness);
        let label = fresh_label(randomness.bytes::<16>());
        let values = Values { person: checked.person, email_token: Some(token.clone()) };
        let new = NewApplication {
            kind: ApplicationKind::FirstPassport,
            stage: Stage::AwaitingLinkAndLog,
            basis: Basis::default(),
            holder: checked.holder,
            values: Some(values),
            checks: vec![checked.vouched],
        };
        let for_wallet = waiting_wallet(&asked);
        let mut prepared = self.application(asked, answer, new, budget)?;
        prepared.application.for_wallet = for_wallet;
        prepared.application.label = Some(label.clone());
        let looking = ends_at.map(|ends_at| looking_after(&prepared.application, ends_at)).transpose()?;
        let numbers = std::iter::repeat_with(|| PassportNumber::generate(self.settings.prefix, randomness));
        prepared.first = Some(First {
            numbers: numbers.take(CANDIDATES).map(|number| number.canonical()).collect(),
            label,
            check: EmailCheck {
                token: token.hash(),
                application: prepared.application.id.clone(),
                number: 1,
                at: self.environment().now().seconds(),
                until: prepared.application.until,
            },
            looking,
        });
        Ok(prepared)
    }

    /// The budget, if something of it is left. It is looked at again where it is spent.
    async fn within(&self, budget: Budget) -> Result<Budget, Refused> {
        if self.tenant.read(&IsLeft(budget)).await? { Ok(budget) } else { Err(budget.refusal()) }
    }

    async fn refill_passport(
        &self,
        asked: Asked,
        answer: &Answer,
        checked: RefillPassport,
    ) -> Result<PreparedApplication, Refused> {
        let passport = self.tenant.get::<Passport>(&checked.number).await?.ok_or_else(no_longer)?;
        if passport.standing != PassportStanding::Active || passport.did.as_ref() != Some(&checked.did) {
            return Err(no_longer());
        }
        let budget = self.within(Budget::refills(asked.kind, &checked.number)).await?;
        let new = NewApplication {
            kind: ApplicationKind::RefillPassport,
            stage: Stage::AwaitingIssue,
            basis: Basis { number: Some(checked.number), desk: None },
            holder: checked.holder,
            values: None,
            checks: vec![self.check_today(CheckKind::EarlierCopy)],
        };
        self.refill(asked, answer, new, budget)
    }

    async fn refill_profile(
        &self,
        asked: Asked,
        answer: &Answer,
        checked: RefillProfile,
    ) -> Result<PreparedApplication, Refused> {
        let before = self.application_behind(&checked.copy).await?;
        if !self.tenant.read(&Counts(&before)).await? {
            return Err(no_longer());
        }
        let number = match &before.number {
            Some(number) => self.tenant.read(&Latest(number)).await?.map(|passport| passport.number),
            None => None,
        };
        // By the number or the handle every copy can be revoked; what has neither is not made more of.
        let of = number.as_ref().or(before.desk.as_ref()).ok_or_else(no_longer)?;
        let budget = self.within(Budget::refills(asked.kind, of)).await?;
        let new = NewApplication {
            kind: ApplicationKind::RefillProfile,
            stage: Stage::AwaitingIssue,
            basis: Basis { number, desk: before.desk },
            holder: checked.holder,
            values: Some(Values { person: checked.person, email_token: None }),
            checks: vec![self.check_today(CheckKind::EarlierCopy)],
        };
        self.refill(asked, answer, new, budget)
    }

    /// The application that a copy of a profile came of, found by the copy's place in the status list: a suspended member
    /// gets no fresh profile either, and neither does whose check at the desk was long ago.
    async fn application_behind(
        &self,
        copy: &credentials::vc::StatusReference,
    ) -> Result<Application, Refused> {
        let list = copy.uri.strip_prefix(&self.identity.address("/status/")).ok_or_else(no_longer)?;
        let key = store::Key::from(list).then(copy.index);
        let entry = self.tenant.get::<StatusEntry>(key).await?.ok_or_else(no_longer)?;
        self.tenant.get::<Application>(&entry.subject).await?.ok_or_else(no_longer)
    }

    fn refill(
        &self,
        asked: Asked,
        answer: &Answer,
        new: NewApplication,
        budget: Budget,
    ) -> Result<PreparedApplication, Refused> {
        let mut prepared = self.application(asked, answer, new, budget)?;
        let offer = self.issuance.prepare_offer(&offer_of(&prepared.application)).map_err(unavailable)?;
        prepared.reply.credential_offer = Some(offer.offered().by_value.clone());
        prepared.offer = Some(offer);
        Ok(prepared)
    }

    fn application(
        &self,
        asked: Asked,
        answer: &Answer,
        new: NewApplication,
        budget: Budget,
    ) -> Result<PreparedApplication, Refused> {
        let now = self.environment().now();
        let id = self.fresh_id();
        let handle = SecretText::random(self.environment().randomness());
        let until = now.plus(HELD_FOR);
        let proof = self.proof(&asked, answer, &new.holder, until)?;
        let signed = proof.sign(&self.identity.log.key_id.to_string(), self.identity.log.signer.as_ref());
        let sealed: Option<Sealed> = match &new.values {
            Some(values) => Some(self.seal(&id, values).map_err(unavailable)?),
            None => None,
        };
        let application = Application {
            id,
            kind: new.kind,
            stage: new.stage,
            number: new.basis.number,
            desk: new.basis.desk,
            label: None,
            holder: Some(new.holder),
            sharing_proof: Some(signed.map_err(unavailable)?),
            follow_up: Some(handle.hash()),
            values: sealed,
            checks: new.checks,
            for_wallet: None,
            until: until.seconds(),
        };
        let reply = Reply {
            redirect_uri: None,
            sharing_proof_uri: Some(self.identity.address(&format!("/follow-up/{}", handle.expose()))),
            ..Reply::default()
        };
        Ok(PreparedApplication { asked, application, first: None, offer: None, budget, proof, reply })
    }

    /// Everything that was disclosed, with the promise that it is gone after a day.
    fn proof(
        &self,
        asked: &Asked,
        answer: &Answer,
        holder: &str,
        until: Timestamp,
    ) -> Result<ProofOfSharing, Refused> {
        let randomness = self.environment().randomness();
        let purpose = asked.kind.purpose();
        let mut shared = Vec::new();
        for presented in &answer.presented {
            shared.extend(presented.disclosed.iter().map(|claim| SharedClaim {
                claim: claim.path.clone(),
                vct: presented.facts.vct().to_owned(),
                digest: base64url::encode(claim.digest),
                nonce: CommitmentNonce::generate(randomness),
                needed: true,
                purpose: purpose.to_owned(),
                audience: Audience::Team,
                seen_in_team: SeenInTeam::Team,
                kept_days: None,
                kept_until: Some(until.seconds()),
            }));
        }
        NewProof {
            issuer: self.identity.did.as_str(),
            request: &answer.request_hash,
            holder,
            purpose,
            shared,
        }
        .make(self.environment().now(), randomness)
        .map_err(|error| Refused::Store(StoreFault::unavailable(error)))
    }

    /// A check that was made today.
    pub(crate) fn check_today(&self, kind: CheckKind) -> CheckDone {
        CheckDone { kind, on: self.environment().now().start_of_day().seconds() }
    }
}

/// What is offered to an application.
pub(crate) fn offer_of(application: &Application) -> OfferRequest {
    OfferRequest {
        subject: application.id.clone(),
        configurations: minting::configurations_of(application.kind)
            .iter()
            .map(|configuration| (*configuration).to_owned())
            .collect(),
        tx_code: false,
        lifetime: OFFER_LIFETIME,
    }
}

/// The job that erases an application's values at their end.
pub(crate) fn expiry_of(application: &Application) -> Result<Job, StoreFault> {
    let job = Job::new(EXPIRE, format!("{EXPIRE}-{}", application.id), &application.id)?;
    Ok(job.not_before(Timestamp::from_seconds(application.until).plus(GRACE)))
}

/// 32 small hexadecimal digits: a segment of a DID and of a path that needs no escaping.
fn fresh_label(bytes: [u8; 16]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}

/// The wallet that waits for a code in the browser that asked.
fn waiting_wallet(asked: &Asked) -> Option<WaitingWallet> {
    Some(WaitingWallet { authorization: asked.authorization.clone()?, browser: asked.session? })
}

fn unknown_request() -> Refused {
    Refused::rejected("unknown_request", "this request has ended; ask for a new one")
}

fn no_longer() -> Refused {
    Refused::rejected("revoked", "this passport or profile does not count here any more; ask the office")
}

fn unavailable(error: impl Into<OfficeError>) -> Refused {
    match error.into() {
        OfficeError::Store(fault) => Refused::Store(fault),
        other => Refused::Store(StoreFault::unavailable(other)),
    }
}

struct NewApplication {
    kind: ApplicationKind,
    stage: Stage,
    basis: Basis,
    holder: String,
    values: Option<Values>,
    checks: Vec<CheckDone>,
}

/// What a refill rests on: by it every copy can be revoked.
#[derive(Default)]
struct Basis {
    number: Option<String>,
    desk: Option<String>,
}

struct IsLeft(Budget);

impl View for IsLeft {
    const NAME: &'static str = "office-budget";
    type Output = bool;

    async fn read(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        self.0.is_left(reader).await
    }
}

struct Counts<'a>(&'a Application);

impl View for Counts<'_> {
    const NAME: &'static str = "office-counts";
    type Output = bool;

    async fn read(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        standing::counts(reader, self.0).await
    }
}

/// What a first passport needs besides.
struct First {
    numbers: Vec<String>,
    label: String,
    check: EmailCheck,
    /// Where a wallet waits for it: looks whether it still does.
    looking: Option<Job>,
}

/// An application that waits to be stored.
struct PreparedApplication {
    asked: Asked,
    application: Application,
    first: Option<First>,
    offer: Option<PreparedOffer>,
    budget: Budget,
    proof: ProofOfSharing,
    reply: Reply,
}

impl PreparedApplication {
    async fn store(&self, tx: &mut Tx) -> Result<(), StoreFault> {
        let mut application = self.application.clone();
        if let Some(first) = &self.first {
            self.reserve(tx, first, &mut application).await?;
            if let Some(looking) = &first.looking {
                let _ = tx.enqueue(looking.clone()).await?;
            }
        }
        if let Some(offer) = &self.offer {
            offer.put(tx).await?;
        }
        self.budget.spend(tx, application.until).await?;
        tx.log(self.proof.log.leaf.clone()).await?;
        let _ = tx.enqueue(expiry_of(&application)?).await?;
        tx.put(&application).await?;
        tx.put(&Asked { application: Some(application.id), ..self.asked.clone() }).await
    }

    async fn reserve(
        &self,
        tx: &mut Tx,
        first: &First,
        application: &mut Application,
    ) -> Result<(), StoreFault> {
        let hosted = HostedDid {
            label: first.label.clone(),
            holder: application.holder.clone().unwrap_or_default(),
            application: application.id.clone(),
            did: None,
            log: None,
        };
        if tx.insert_new(&hosted).await? == Insertion::AlreadyThere {
            return Err(StoreFault::Conflict);
        }
        application.number = Some(self.number(tx, first, application).await?);
        tx.put(&first.check).await?;
        let _ = tx.enqueue(mail_of(&first.check, &self.asked.language)?).await?;
        Ok(())
    }

    /// The first of the drawn numbers that is free.
    async fn number(
        &self,
        tx: &mut Tx,
        first: &First,
        application: &Application,
    ) -> Result<String, StoreFault> {
        for number in &first.numbers {
            let passport = Passport {
                number: number.clone(),
                did: None,
                label: first.label.clone(),
                since: Timestamp::from_seconds(self.proof.issued_at).start_of_day().seconds(),
                standing: PassportStanding::Active,
                checks: application.checks.clone(),
                successor: None,
                predecessor: None,
            };
            if tx.insert_new(&passport).await? == Insertion::Inserted {
                return Ok(number.clone());
            }
        }
        Err(StoreFault::Conflict)
    }
}

impl Prepared for PreparedApplication {
    /// Another answer may have spent the budget meanwhile, and the staff suspended the passport.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move {
            Ok(self.budget.is_left(tx).await? && standing::counts(tx, &self.application).await?)
        })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(self.store(tx))
    }

    fn reply(&self) -> Reply {
        self.reply.clone()
    }
}

/// How an offer of the desk is made.
pub(crate) struct NewDeskOffer {
    pub(crate) taken_up: TakenUp,
    pub(crate) tx_code: bool,
    /// Seconds for which it is open.
    pub(crate) lifetime: i64,
    /// Seconds for which the values are held.
    pub(crate) held_for: i64,
}

/// What the staff took in at the desk, ready to be stored.
pub(crate) struct DeskApplication {
    pub(crate) application: Application,
    pub(crate) offer: PreparedOffer,
}

impl Office {
    /// An application of what the staff checked.
    pub(crate) fn desk_application(
        &self,
        person: Person,
        new: NewDeskOffer,
    ) -> Result<DeskApplication, OfficeError> {
        let NewDeskOffer { taken_up, tx_code, lifetime, held_for } = new;
        let id = self.fresh_id();
        let values = Values { person, email_token: None };
        let application = Application {
            kind: ApplicationKind::Desk,
            stage: Stage::AwaitingIssue,
            number: None,
            desk: Some(id.clone()),
            label: None,
            holder: None,
            sharing_proof: None,
            follow_up: None,
            values: Some(self.seal(&id, &values)?),
            checks: vec![self.check_today(CheckKind::Desk)],
            for_wallet: None,
            until: self.environment().now().plus(held_for).seconds(),
            id,
        };
        let request = OfferRequest { tx_code, lifetime, ..offer_of(&application) };
        let offer = self.issuance.prepare_offer_by(&request, taken_up)?;
        Ok(DeskApplication { application, offer })
    }
}
