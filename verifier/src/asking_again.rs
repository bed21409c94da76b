//! Asking an applicant for something else instead of saying no: the counter-offer the other way round.
//!
//! The request waits where the wallet collects what follows its answer, and whoever answers it replaces the sign-up: what
//! was given before goes.

use network::follow_up::CounterOfferOfSpace;
use presentation::Refused;
use store::{Change, Fault, Reader, StoreFault, Tx, View};

use crate::api_keys::{Before, Once};
use crate::contact;
use crate::counter_offers::AskedAgain;
use crate::form::Form;
use crate::forms::FormVersion;
use crate::keeping::delete_contact;
use crate::records::{Asked, SignUp};
use crate::space::{Space, SpaceError};

/// For how many seconds an applicant may answer: as long as a wallet of the network lets a request live.
pub const ASKED_AGAIN_FOR: i64 = 7 * 86_400;
/// Seals the link.
const LINK: &[u8] = b"asked again";
/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What the team asks for in the place of what it asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Other {
    /// Another form; the one that was answered if not said.
    pub form: Option<String>,
    /// Claims that are not asked for any more.
    pub without: Vec<String>,
    /// What is asked for in another's place.
    pub instead: Vec<(String, String)>,
}

impl Space {
    /// Records that the applicant of `sign_up` is asked for something else; the caller then makes the request about the
    /// result's id and hands its link to [`Self::keep_asked_again`].
    ///
    /// # Errors
    /// See [`SpaceError`]: no such sign-up, one that was decided, or what a form cannot ask.
    pub async fn ask_again(&self, sign_up: &str, other: &Other) -> Result<Asked, SpaceError> {
        let found = self.undecided(sign_up).await?;
        let (form, version) = self.other_form(&found, other).await?;
        let compiled = self.compile(&form)?;
        crate::asking::check_registration(&self.registration, &form, &compiled)?;
        let asked = self.new_asked((form, version), compiled, None, ASKED_AGAIN_FOR);
        // No page asks this: of whom the applicant was told before, the applicant still was.
        let asked = Asked { in_place_of: Some(found.id), told: found.told, ..asked };
        self.store_asked(&asked).await?;
        Ok(asked)
    }

    async fn undecided(&self, sign_up: &str) -> Result<SignUp, SpaceError> {
        let found = self.tenant.get::<SignUp>(sign_up).await?;
        let found = found.filter(|found| !found.awaited).ok_or(SpaceError::NoSuch("sign-up"))?;
        if found.decided.is_some() { Err(SpaceError::AlreadyDecided) } else { Ok(found) }
    }

    async fn other_form(&self, sign_up: &SignUp, other: &Other) -> Result<(Form, u32), SpaceError> {
        let name = other.form.as_ref().unwrap_or(&sign_up.form);
        let FormVersion { form, number, .. } =
            self.form(name).await?.ok_or_else(|| SpaceError::NoSuchForm(name.clone()))?;
        if other.form.is_none() && other.without.is_empty() && other.instead.is_empty() {
            return Err(SpaceError::NothingElse);
        }
        let form = form.changed(&other.without, &other.instead).map_err(SpaceError::NotOnTheForm)?;
        Ok((Form { beyond_registration: false, ..form }, number))
    }

    /// Keeps the link of the request `asked` for the applicant, in the place of any that was asked again before.
    ///
    /// # Errors
    /// As [`Self::ask_again`]; it may have been decided meanwhile.
    pub async fn keep_asked_again(
        &self,
        asked: &Asked,
        link: &str,
        reason: Option<&str>,
    ) -> Result<(), SpaceError> {
        self.keep_asked_again_once(asked, link, reason, None).await.map(drop)
    }

    /// The same for a program that may ask twice; gives the request that the applicant is asked: that of before, if another call was
    /// first with the same.
    ///
    /// # Errors
    /// As [`Self::keep_asked_again`]; [`SpaceError::OtherRequest`].
    pub async fn keep_asked_again_once(
        &self,
        asked: &Asked,
        link: &str,
        reason: Option<&str>,
        once: Option<&Once>,
    ) -> Result<String, SpaceError> {
        let sign_up = asked.in_place_of.as_deref().ok_or(SpaceError::NoSuch("sign-up"))?;
        let now = self.environment().now();
        let record = AskedAgain {
            sign_up: sign_up.to_owned(),
            asked: asked.id.clone(),
            link: self.keyring.seal(&self.key_of_applicant(sign_up).await?, LINK, link.as_bytes())?,
            reason: reason.map(|reason| reason.chars().take(LONGEST_REASON).collect()),
            at: now.seconds(),
            ends: now.plus(ASKED_AGAIN_FOR).seconds(),
        };
        match self.tenant.commit(&PutAskedAgain { record: &record, once }).await {
            Ok(()) => Ok(record.asked),
            Err(Fault::Store(fault)) => Err(fault.into()),
            Err(Fault::Refused(NotAsked::Decided)) => Err(SpaceError::AlreadyDecided),
            Err(Fault::Refused(NotAsked::Before(Before::Same(asked)))) => Ok(asked),
            Err(Fault::Refused(NotAsked::Before(Before::Other))) => Err(SpaceError::OtherRequest),
        }
    }

    async fn key_of_applicant(&self, sign_up: &str) -> Result<keyring::KeyId, SpaceError> {
        let contact = self.provenance(sign_up).await?;
        Ok(contact::key_of(self.identity.did.as_str(), sign_up, contact.generation))
    }

    /// What the applicant of `sign_up` was asked for again, as long as it is not decided.
    ///
    /// # Errors
    /// The store.
    pub async fn asked_again(&self, sign_up: &SignUp) -> Result<Option<AskedAgain>, SpaceError> {
        if sign_up.decided.is_some() {
            return Ok(None);
        }
        Ok(self.tenant.get::<AskedAgain>(&sign_up.id).await?)
    }

    /// Whether an answer to `asked` may take the place of the sign-up that it names, if it names one.
    ///
    /// # Errors
    /// A rejection: the sign-up was decided, or asked for something else again.
    pub(crate) async fn check_place_of(&self, asked: &Asked) -> Result<(), Refused> {
        let Some(earlier) = &asked.in_place_of else { return Ok(()) };
        if self.tenant.read(&MayReplace { asked: &asked.id, earlier }).await? {
            return Ok(());
        }
        let sentence =
            "the space has decided meanwhile, or asks for something else: look at what follows your answer";
        Err(Refused::rejected("unknown_request", sentence))
    }

    /// The same for the applicant's wallet.
    pub(crate) async fn counter_offer_for(
        &self,
        sign_up: &SignUp,
    ) -> Result<Option<CounterOfferOfSpace>, SpaceError> {
        let now = self.environment().now().seconds();
        let Some(again) = self.asked_again(sign_up).await?.filter(|again| now < again.ends) else {
            return Ok(None);
        };
        // When a part of the contact came to its end, the link went with its key.
        let key = self.key_of_applicant(&sign_up.id).await?;
        let Ok(link) = self.keyring.open_sealed(&key, LINK, &again.link) else { return Ok(None) };
        let link = String::from_utf8(link.to_vec()).map_err(|_| SpaceError::Unreadable)?;
        Ok(Some(CounterOfferOfSpace { request: link, reason: again.reason }))
    }
}

/// Whether an answer to `asked` may still take the place of the sign-up that it names.
///
/// # Errors
/// The store.
pub(crate) async fn may_replace(reader: &mut Reader, asked: &str, sign_up: &str) -> Result<bool, StoreFault> {
    let undecided =
        reader.get::<SignUp>(sign_up).await?.is_some_and(|found| found.decided.is_none() && !found.awaited);
    let last = reader.get::<AskedAgain>(sign_up).await?.is_some_and(|again| again.asked == asked);
    Ok(undecided && last)
}

/// The sign-up whose place another takes, with everything that was given for it.
pub(crate) async fn replace(tx: &mut Tx, sign_up: &str) -> Result<(), StoreFault> {
    tx.delete::<SignUp>(sign_up).await?;
    tx.delete::<AskedAgain>(sign_up).await?;
    delete_contact(tx, sign_up).await
}

struct MayReplace<'a> {
    asked: &'a str,
    earlier: &'a str,
}

impl View for MayReplace<'_> {
    const NAME: &'static str = "may-replace-sign-up";
    type Output = bool;

    async fn read(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        may_replace(reader, self.asked, self.earlier).await
    }
}

enum NotAsked {
    Decided,
    Before(Before),
}

struct PutAskedAgain<'a> {
    record: &'a AskedAgain,
    once: Option<&'a Once>,
}

impl Change for PutAskedAgain<'_> {
    const NAME: &'static str = "ask-again";
    type Output = ();
    type Refusal = NotAsked;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotAsked>> {
        if let Some(once) = self.once {
            if let Some(before) = once.before(tx).await? {
                return Err(Fault::Refused(NotAsked::Before(before)));
            }
            once.done(tx, &self.record.asked).await?;
        }
        let found = tx.get::<SignUp>(&self.record.sign_up).await?;
        if found.is_none_or(|found| found.decided.is_some()) {
            return Err(Fault::Refused(NotAsked::Decided));
        }
        Ok(tx.put(self.record).await?)
    }
}
