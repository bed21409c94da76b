//! The member's number: stated to its office, replaced, kept from spaces; and watched, for an office that puts another DID or
//! another number in its place (specs/number.md).

use credentials::types;
use did::number::PassportNumber;
use environment::Timestamp;
use jose::jws::Unverified;
use jose::{SigningFailed, VerifyingKey};
use network::MessageError;
use network::number_binding::{
    BLOCKS_PATH, BindingToken, Blocks, HolderStatement, MOST_BLOCKED, PATH, REPLACE_PATH, Renumber, Stating,
};
use openid4vc::http::{Method, Request, Response};
use serde::Serialize;
use serde_json::Value;
use trust::CertificateChain;

use super::accept::{AcceptError, AcceptOptions, Accepted, ErrandFor, Party};
use super::member_did::{Deed, ServedLog};
use super::origin::is_same_origin;
use crate::carrier::send;
use crate::consent::Consent;
use crate::keys::{HolderKey, KeysError};
use crate::records::{Copy, HeldCredential, MemberDid, OwnNumber, Stated, Warning, WarningKind};
use crate::trust::SignerEvidence;
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

/// The media type of statements and wishes.
const JWT: &str = "application/jwt";
/// Seconds after which an office that was not reached is told again.
const SOON: i64 = 3_600;
/// Seconds after which an office that refused is told again.
const LATER: i64 = 86_400;

/// How seldom the wallet looks at the log that the office serves, in seconds, where nothing is to be told.
const EVERY: i64 = 86_400;

/// The member's number, for the member's eyes.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NumberView {
    /// The number as it is printed.
    pub number: String,
    /// The office's name.
    pub office: String,
    /// Until when spaces are told whose it is, in seconds since the epoch; none while the office has no statement.
    pub stated_until: Option<i64>,
    /// The DIDs of the spaces that are told nothing.
    pub blocked: Vec<String>,
}

impl std::fmt::Debug for NumberView {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NumberView")
    }
}

/// What came of replacing the number.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NumberReplaced {
    /// The number as it is printed.
    pub number: String,
    /// The copies that show it. None: the office wants a membership to be shown first.
    pub accepted: Option<Accepted>,
    /// Why there are no copies although some were offered, as a sentence.
    pub problem: Option<String>,
}

impl std::fmt::Debug for NumberReplaced {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NumberReplaced")
    }
}

/// Why something about the number was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// The wallet has no number.
    #[error(
        "this wallet holds no passport with a number yet; it comes with a passport, from the `/passport` page of the office \
         that your space names"
    )]
    NoNumber,
    /// Not a DID.
    #[error("this wallet knows no one space of that name; name it by its identifier, which begins with did:")]
    NotADid,
    /// Too many spaces.
    #[error("a number is kept from {MOST_BLOCKED} spaces at most; take one off the list first")]
    TooMany,
    /// The office was not reached.
    #[error("the office could not be reached: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The office refused.
    #[error("the office says that this number is not yours, or does not count at present; ask it")]
    NotBound,
    /// The office did that too often today.
    #[error("the number was replaced too often today; try again tomorrow")]
    TooOften,
    /// Another status.
    #[error("the office answered with the status {0}")]
    Status(u16),
    /// The answer is malformed.
    #[error("the office's answer is malformed")]
    Malformed,
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// Whoever holds the holder keys did not use them.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl NumberError {
    /// A short name for machine-readable output.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoNumber => "no_number",
            Self::NotADid => "not_a_did",
            Self::TooMany => "too_many",
            Self::Outbound(_) => "unreachable",
            Self::NotBound => "not_bound",
            Self::TooOften => "too_often",
            Self::Status(_) | Self::Malformed => "office",
            Self::Key => "key",
            Self::Keys(error) => error.code(),
            Self::Vault(_) => "vault",
        }
    }
}

impl From<jose::KeyError> for NumberError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl From<SigningFailed> for NumberError {
    fn from(_: SigningFailed) -> Self {
        Self::Key
    }
}

/// What an office's answer to a statement is not.
enum Unsound {
    /// It says something else than was stated.
    Swapped(WarningKind, Option<String>),
    /// It is no token of this office.
    Malformed,
}

impl Wallet {
    /// The member's number, once a passport shows one.
    ///
    /// # Errors
    /// [`NumberError::Vault`].
    pub async fn number(&self) -> Result<Option<NumberView>, NumberError> {
        let Some(own) = self.vault.get::<OwnNumber>(OwnNumber::NAME).await? else { return Ok(None) };
        let number = PassportNumber::parse(&own.number).map_err(|_| VaultError::Damaged)?;
        Ok(Some(NumberView {
            number: number.printed(),
            office: own.office_name,
            stated_until: own.stated.map(|stated| stated.until),
            blocked: own.blocked,
        }))
    }

    /// What the wallet noticed, the newest first.
    ///
    /// # Errors
    /// [`NumberError::Vault`].
    pub async fn warnings(&self) -> Result<Vec<Warning>, NumberError> {
        let mut warnings = self.vault.list::<Warning>().await?;
        warnings.sort_by_key(|warning| std::cmp::Reverse(warning.at));
        Ok(warnings)
    }

    /// Takes the number of a passport that came, states it to the office and renews the statement when half of its life is over;
    /// and looks, once a day and before anything is signed, whether the office still says what it said and serves the log that
    /// was left there. Where it does not the member is warned and nothing is signed.
    pub(super) async fn look_after_number(&self) -> Result<(), VaultError> {
        let Some(member) = self.vault.get::<MemberDid>(MemberDid::NAME).await? else { return Ok(()) };
        // An office that has not been given the newest keys yet knows nothing of them.
        if !member.uploaded || member.given_up || self.is_unfinished(&member).await? {
            return Ok(());
        }
        let Some(mut own) = self.watched_number(&member).await? else { return Ok(()) };
        let now = self.now();
        let is_due = own.is_statement_due(&member, now);
        let may_tell = own.again_at.is_none_or(|again_at| again_at <= now.seconds());
        let tells = may_tell && (is_due || !own.blocks_left);
        if !tells && !own.is_look_due(now) {
            return Ok(());
        }
        own.looked_at = Some(now.seconds());
        if let Some(kind) = self.served_log().await?.and_then(warning_of) {
            own.again_at = Some(now.plus(LATER).seconds());
            self.vault.put(&own).await?;
            return self.warn(kind, &own, None).await;
        }
        if tells {
            self.tell(&member, &mut own, is_due).await?;
        }
        self.vault.put(&own).await
    }

    async fn tell(&self, member: &MemberDid, own: &mut OwnNumber, is_due: bool) -> Result<(), VaultError> {
        if is_due {
            self.state_number(member, own).await?;
        }
        if !own.blocks_left && own.stated.is_some() {
            own.blocks_left = self.leave_blocks(member, own).await.is_ok();
        }
        Ok(())
    }

    /// The number to be looked after, by the passports of the office at which the DID lies; none while there is none, or while
    /// the office shows another DID or another number than the wallet knows.
    async fn watched_number(&self, member: &MemberDid) -> Result<Option<OwnNumber>, VaultError> {
        let known = self.vault.get::<OwnNumber>(OwnNumber::NAME).await?;
        let passports = self.passports_of(member).await?;
        let Some(newest) = passports.first() else { return Ok(known.filter(|own| own.did == member.did)) };
        let fresh = OwnNumber::of(newest, member);
        let own = match known.clone() {
            Some(known) => known.carried_over(&fresh),
            None => fresh,
        };
        for passport in &passports {
            if passport.did != member.did {
                self.warn(WarningKind::OtherDid, &own, Some(passport.did.clone())).await?;
                return Ok(None);
            }
            if passport.number != own.number {
                self.warn(WarningKind::OtherNumber, &own, Some(printed(&passport.number))).await?;
                return Ok(None);
            }
        }
        if known.as_ref() != Some(&own) {
            self.vault.put(&own).await?;
        }
        Ok(Some(own))
    }

    /// What the passports say that count and come from the office at which the DID lies, the newest first.
    async fn passports_of(&self, member: &MemberDid) -> Result<Vec<Passport>, VaultError> {
        let (now, office) = (self.now(), member.office().unwrap_or_default());
        let mut copies = self.vault.list::<Copy>().await?;
        copies.sort_by_key(|copy| std::cmp::Reverse(copy.received_at));
        let held = copies.iter().flat_map(|copy| &copy.credentials);
        let ours = held.filter(|one| one.counts(now) && is_same_origin(&one.issuer, &office));
        Ok(ours.filter_map(Passport::of).collect())
    }

    /// States the number to the office, and looks at what it says of it.
    async fn state_number(&self, member: &MemberDid, own: &mut OwnNumber) -> Result<(), VaultError> {
        let now = self.now();
        let statement = HolderStatement::new(&member.did, &own.number, now);
        own.again_at = Some(now.plus(SOON).seconds());
        let Ok(key) = member.sign_key() else { return Ok(()) };
        let Ok(message) = self.stating(&statement, own, &key).await else { return Ok(()) };
        let answer = match self.tell_office(Method::Put, own, PATH, message).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(%error, "the office could not be told the number");
                return Ok(());
            }
        };
        match answer.status {
            200 => match self.check_binding(&answer, own).await {
                Ok(()) => {
                    own.stated = Some(Stated {
                        at: statement.issued_at,
                        until: statement.expires_at,
                        key: key.thumbprint(),
                    });
                    own.again_at = None;
                    Ok(())
                }
                Err(Unsound::Swapped(kind, instead)) => {
                    own.again_at = Some(now.plus(LATER).seconds());
                    self.warn(kind, own, instead).await
                }
                Err(Unsound::Malformed) => Ok(()),
            },
            403 => {
                own.again_at = Some(now.plus(LATER).seconds());
                self.warn(WarningKind::NotBound, own, None).await
            }
            _ => Ok(()),
        }
    }

    /// The statement, in the wish that the office keep it: others have the statement too.
    async fn stating(
        &self,
        statement: &HolderStatement,
        own: &OwnNumber,
        key: &HolderKey,
    ) -> Result<String, NumberError> {
        let holder = self.signed(key, |signer| said(statement.sign(signer))).await?;
        let randomness = self.environment.randomness();
        let stating = Stating::new(&statement.did, &own.office_did, holder, self.now(), randomness);
        self.signed(key, |signer| said(stating.sign(signer))).await
    }

    /// Whether the office says what was stated: it signed, for this member, about this number and this DID.
    async fn check_binding(&self, answer: &Response, own: &OwnNumber) -> Result<(), Unsound> {
        let token = std::str::from_utf8(&answer.body).map_err(|_| Unsound::Malformed)?;
        let unverified = Unverified::parse(token).map_err(|_| Unsound::Malformed)?;
        let chain = CertificateChain::from_header(unverified.header()).map_err(|_| Unsound::Malformed)?;
        let evidence = SignerEvidence::Chain { chain: Box::new(chain), claimed: None };
        let signer = self.trust.issuer(&evidence, types::PASSPORT).await.map_err(|_| Unsound::Malformed)?;
        if signer.did.as_deref() != Some(own.office_did.as_str()) {
            return Err(Unsound::Malformed);
        }
        let key = VerifyingKey::new(&signer.key).map_err(|_| Unsound::Malformed)?;
        let said = BindingToken::verify(token, &key, &own.office_did, &own.did, &own.number, self.now());
        let said = said.map_err(|error| match error {
            MessageError::OtherNumber => Unsound::Swapped(WarningKind::OtherNumber, None),
            _ => Unsound::Malformed,
        })?;
        if said.did != own.did {
            return Err(Unsound::Swapped(WarningKind::OtherDid, Some(said.did)));
        }
        Ok(())
    }

    /// Wishes another number. Copies that show the old one count no more; the office offers others, if the passport rested on a
    /// fresh membership.
    ///
    /// # Errors
    /// See [`NumberError`].
    pub async fn replace_number(&self, consent: &dyn Consent) -> Result<NumberReplaced, NumberError> {
        let (member, own) = self.member_and_number().await?;
        let wish = Renumber::new(
            &member.did,
            &own.office_did,
            &own.number,
            self.now(),
            self.environment.randomness(),
        );
        let message = self.signed(&member.sign_key()?, |signer| said(wish.sign(signer))).await?;
        let answer = accepted(self.tell_office(Method::Post, &own, REPLACE_PATH, message).await?)?;
        let body: Value = jose::json::parse(&answer.body).map_err(|_| NumberError::Malformed)?;
        let number = replacement(&body, &own).ok_or(NumberError::Malformed)?;
        let own = OwnNumber { number: number.canonical(), stated: None, again_at: None, ..own };
        self.keep_replaced(&own).await?;
        let mut replaced = NumberReplaced { number: number.printed(), accepted: None, problem: None };
        if let Some(offer) = body.get("credential_offer").and_then(Value::as_str) {
            let party = Party { address: &own.office, did: Some(&own.office_did) };
            let errand = ErrandFor { party: Some(party), ..ErrandFor::default() };
            match self.accept_offer_for(offer, &AcceptOptions::default(), consent, errand).await {
                Ok((accepted, _)) => replaced.accepted = Some(accepted),
                Err(AcceptError::Vault(error)) => return Err(error.into()),
                Err(error) => replaced.problem = Some(error.to_string()),
            }
        }
        self.look_after_number().await?;
        Ok(replaced)
    }

    /// Keeps the new number, and holds copies that show another one for revoked: the office has revoked them.
    async fn keep_replaced(&self, own: &OwnNumber) -> Result<(), VaultError> {
        let _one_at_a_time = self.choosing.lock().await;
        let before = self.vault.get::<OwnNumber>(OwnNumber::NAME).await?;
        let mut batch = self.vault.batch().put(own)?;
        // Asked once more for the copies, the office gives the same number.
        if before.is_none_or(|before| before.number != own.number) {
            batch = batch.put(&self.noted(Deed::Renumbered, Some(&own.office)))?;
        }
        for mut copy in self.vault.list::<Copy>().await? {
            let mut is_touched = false;
            for held in &mut copy.credentials {
                let shows_another = Passport::of(held).is_some_and(|passport| passport.number != own.number);
                if shows_another && is_same_origin(&held.issuer, &own.office) {
                    held.revoked = true;
                    is_touched = true;
                }
            }
            if is_touched {
                batch = batch.put(&copy)?;
            }
        }
        batch.commit().await
    }

    /// Keeps the number from a space: it is told what anybody is told about a number that nobody has.
    ///
    /// # Errors
    /// See [`NumberError`].
    pub async fn block_space(&self, space: &str) -> Result<NumberView, NumberError> {
        let space = did::Did::parse(space).map_err(|_| NumberError::NotADid)?;
        self.change_blocks(|blocked| {
            if !blocked.iter().any(|one| one == space.as_str()) {
                blocked.push(space.as_str().to_owned());
            }
        })
        .await
    }

    /// Keeps the number from a space no longer.
    ///
    /// # Errors
    /// See [`NumberError`].
    pub async fn unblock_space(&self, space: &str) -> Result<NumberView, NumberError> {
        self.change_blocks(|blocked| blocked.retain(|one| one != space)).await
    }

    async fn change_blocks(&self, change: impl FnOnce(&mut Vec<String>)) -> Result<NumberView, NumberError> {
        let (member, mut own) = self.member_and_number().await?;
        change(&mut own.blocked);
        if own.blocked.len() > MOST_BLOCKED {
            return Err(NumberError::TooMany);
        }
        self.leave_blocks(&member, &own).await?;
        own.blocks_left = true;
        self.vault.put(&own).await?;
        self.number().await?.ok_or(NumberError::NoNumber)
    }

    async fn leave_blocks(&self, member: &MemberDid, own: &OwnNumber) -> Result<(), NumberError> {
        let randomness = self.environment.randomness();
        let list = Blocks::new(&member.did, &own.office_did, own.blocked.clone(), self.now(), randomness);
        let message = self.signed(&member.sign_key()?, |signer| said(list.sign(signer))).await?;
        accepted(self.tell_office(Method::Put, own, BLOCKS_PATH, message).await?).map(drop)
    }

    async fn member_and_number(&self) -> Result<(MemberDid, OwnNumber), NumberError> {
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?.ok_or(NumberError::NoNumber)?;
        let own = self.vault.get::<OwnNumber>(OwnNumber::NAME).await?;
        let own = own.filter(|own| own.did == member.did && !member.given_up);
        Ok((member, own.ok_or(NumberError::NoNumber)?))
    }

    async fn tell_office(
        &self,
        method: Method,
        own: &OwnNumber,
        path: &str,
        message: String,
    ) -> Result<Response, outbound::OutboundError> {
        let request = Request {
            method,
            url: format!("{}{path}", own.office.trim_end_matches('/')),
            headers: vec![("content-type", JWT.to_owned())],
            body: message.into_bytes(),
        };
        send(self.fetch.as_ref(), request).await
    }

    async fn warn(
        &self,
        kind: WarningKind,
        own: &OwnNumber,
        instead: Option<String>,
    ) -> Result<(), VaultError> {
        let warning = Warning { kind, office: own.office_name.clone(), instead, at: self.now().seconds() };
        let known = self.vault.list::<Warning>().await?;
        let is_known = |one: &Warning| Warning { at: warning.at, ..one.clone() } == warning;
        if known.iter().any(is_known) { Ok(()) } else { self.vault.put(&warning).await }
    }
}

/// What a passport says.
struct Passport {
    number: String,
    did: String,
    office: String,
    office_did: String,
    office_name: String,
}

impl Passport {
    /// Of a passport that the network admitted; its number in the one spelling.
    fn of(held: &HeldCredential) -> Option<Self> {
        if held.vct != types::PASSPORT || held.network.is_none() {
            return None;
        }
        let claims = content(&held.compact);
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        Some(Self {
            number: PassportNumber::parse(text("number")?).ok()?.canonical(),
            did: text("did")?.to_owned(),
            office: held.issuer.clone(),
            office_did: held.issuer_did.clone()?,
            office_name: held.issuer_name.clone(),
        })
    }
}

impl OwnNumber {
    fn of(passport: &Passport, member: &MemberDid) -> Self {
        Self {
            number: passport.number.clone(),
            did: member.did.clone(),
            office: passport.office.clone(),
            office_did: passport.office_did.clone(),
            office_name: passport.office_name.clone(),
            stated: None,
            again_at: None,
            looked_at: None,
            blocked: Vec::new(),
            blocks_left: true,
        }
    }

    /// Whether the office has no statement that lasts; the statement of a key that others took the place of proves nothing any
    /// more.
    fn is_statement_due(&self, member: &MemberDid, now: Timestamp) -> bool {
        let signs_with = member.sign_key().ok().map(|key| key.thumbprint());
        self.stated.as_ref().is_none_or(|stated| {
            Some(&stated.key) != signs_with.as_ref() || HolderStatement::is_due(stated.at, stated.until, now)
        })
    }

    /// When the office is told or asked next, in seconds since the epoch.
    pub(super) fn due_at(&self, member: &MemberDid, now: Timestamp) -> i64 {
        let looks = self.looked_at.map_or(0, |at| at.saturating_add(EVERY));
        let tells = self.is_statement_due(member, now) || !self.blocks_left;
        if tells { looks.min(self.again_at.unwrap_or_default()) } else { looks }
    }

    fn is_look_due(&self, now: Timestamp) -> bool {
        let looked_at = self.looked_at.map(Timestamp::from_seconds);
        looked_at.is_none_or(|at| !(0..EVERY).contains(&now.since(at)))
    }

    /// What is known already, if it is about the same DID at the same office; else the new one, with the list of blocked
    /// spaces, which the new office has not.
    fn carried_over(self, fresh: &Self) -> Self {
        if self.did == fresh.did && self.office_did == fresh.office_did {
            return self;
        }
        let blocks_left = self.blocked.is_empty();
        Self { blocked: self.blocked, blocks_left, ..fresh.clone() }
    }
}

/// What the member is warned of, where the office does not serve the log as it was left. It has the newest one.
const fn warning_of(served: ServedLog) -> Option<WarningKind> {
    match served {
        ServedLog::Other => Some(WarningKind::OtherLog),
        ServedLog::Older => Some(WarningKind::OlderLog),
        ServedLog::AsLeft | ServedLog::Newer | ServedLog::Nothing => None,
    }
}

fn said(signed: Result<String, SigningFailed>) -> Result<String, NumberError> {
    Ok(signed?)
}

fn printed(number: &str) -> String {
    PassportNumber::parse(number).map_or_else(|_| number.to_owned(), |number| number.printed())
}

/// The number in the answer to a wish: another one of the same office.
fn replacement(body: &Value, own: &OwnNumber) -> Option<PassportNumber> {
    let old = PassportNumber::parse(&own.number).ok()?;
    let new = PassportNumber::parse(body.get("number")?.as_str()?).ok()?;
    (new != old && new.office() == old.office()).then_some(new)
}

fn accepted(answer: Response) -> Result<Response, NumberError> {
    match answer.status {
        200..=299 => Ok(answer),
        403 => Err(NumberError::NotBound),
        429 => Err(NumberError::TooOften),
        status => Err(NumberError::Status(status)),
    }
}
