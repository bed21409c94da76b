//! Hellos: what another member of a space said through it, and what the member says to that (specs/hello.md).
//!
//! Who it is and to which key an answer is sealed is the space's word; what is shared is chosen detail by detail, and nothing is by itself.

use credentials::types;
use network::hello::{Contacts, Detail, Details, Hello, HelloResponse};
use network::mailbox::{About, Message, Reason};
use outbound::Request;
use serde::Serialize;
use url::Url;

use super::MailError;
use crate::records::{Copy, Deed, HistoryEntry, HistoryKind, KeptMail, MailContent, UnconfirmedAnswer};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

/// The details by which somebody is reached, in the order in which they are offered.
const CONTACTS: [&str; 3] = ["email", "phone_number", "website"];
/// Most that are offered to be shared.
const MOST_OFFERED: usize = 24;
/// How a hello stands that was answered or reported.
const ANSWERED: &str = "answered";
const REPORTED: &str = "reported";
/// How an answer stands in the history until the space has confirmed it.
const NOT_CONFIRMED: &str = "outcome_unknown";

/// Another member of a space, in a message: what the space says of who they are, and what they wrote or shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Greeter {
    /// Who they are, as the space says it.
    pub from: Details,
    /// Their words, in a hello.
    pub text: Option<String>,
    /// How to reach them, in an answer.
    pub contacts: Option<Details>,
    /// Their page in the directory of the space.
    pub page: Option<String>,
    /// Whether it can still be answered.
    pub is_open: bool,
    /// What was shared in an answer that the space has not confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<Vec<String>>,
}

impl Greeter {
    pub(super) fn of(mail: &KeptMail, message: &Message) -> Option<Self> {
        let page = message.link.clone();
        match (message.about, &message.hello, &message.hello_answer) {
            (About::Hello, Some(hello), _) => Some(Self {
                from: hello.from.clone(),
                text: Some(hello.text.as_str().to_owned()),
                contacts: None,
                page,
                is_open: mail.outcome.as_deref() != Some(ANSWERED),
                unconfirmed: mail.answer.as_ref().map(|answer| answer.shared.clone()),
            }),
            (About::HelloAnswer, _, Some(answer)) => Some(Self {
                from: answer.from.clone(),
                text: None,
                contacts: mail.contacts.clone(),
                page,
                is_open: false,
                unconfirmed: None,
            }),
            _ => None,
        }
    }
}

impl Wallet {
    /// The details by which the member could be reached: own ones, and those of a profile of an office that counts now. None is chosen.
    ///
    /// # Errors
    /// [`MailError::Vault`].
    pub async fn contacts_to_share(&self) -> Result<Vec<Detail>, MailError> {
        let own = self.kept_own_details().await?;
        let copies = self.vault.list::<Copy>().await?;
        let now = self.now();
        let held: Vec<_> = copies
            .iter()
            .flat_map(|copy| &copy.credentials)
            .filter(|one| one.vct == types::PROFILE && one.network.is_some() && one.counts(now))
            .map(|one| content(&one.compact))
            .collect();
        let mut found: Vec<Detail> = Vec::new();
        for claim in CONTACTS {
            let checked = held.iter().filter_map(|claims| claims.get(claim)).map(|value| (value, true));
            let values = checked.chain(own.values_of(claim).map(|value| (value, false)));
            for (value, checked) in values.filter_map(|(value, checked)| Some((value.as_str()?, checked))) {
                let detail = Detail { claim: claim.to_owned(), value: value.to_owned(), checked };
                let is_new = found.iter().all(|one| one.claim != claim || one.value != value);
                // What is too long, or has signs that nobody sees, cannot be shared in this way.
                if is_new && Details::new(vec![detail.clone()]).is_ok() {
                    found.push(detail);
                }
            }
        }
        found.truncate(MOST_OFFERED);
        Ok(found)
    }

    /// Answers a hello with these details, sealed for whoever the space says wrote it. Of the member's own word is what is not checked, and
    /// that something was checked is theirs to believe. The answer and what the history says of it are in the vault before anything is
    /// sent, and stay there, whatever the space says of it.
    ///
    /// # Errors
    /// [`MailError::NothingChosen`] where none is given, or one that is not among [`Self::contacts_to_share`]; [`MailError::TooMuchChosen`];
    /// [`MailError::AnswerUnconfirmed`]; else see [`MailError`].
    pub async fn answer_hello(&self, id: &str, chosen: Vec<Detail>) -> Result<(), MailError> {
        let (mut mail, hello) = self.open_hello(id).await?;
        if mail.answer.is_some() {
            return Err(MailError::AnswerUnconfirmed);
        }
        let offered = self.contacts_to_share().await?;
        if chosen.is_empty() || chosen.iter().any(|one| !offered.contains(one)) {
            return Err(MailError::NothingChosen);
        }
        let shared: Vec<String> = chosen.iter().map(|one| one.claim.clone()).collect();
        let details = Details::new(chosen).map_err(|_| MailError::NothingChosen)?;
        let contacts = Contacts { hello: hello.id.clone(), details };
        let sealed = contacts.seal(&hello.key, self.environment.randomness());
        let sealed = sealed.map_err(|_| MailError::TooMuchChosen)?;
        let at = self.where_to_respond(&mail, &hello).await?;
        let mut entry = self.new_entry(HistoryKind::Change);
        entry.party = Some(mail.space_name.clone());
        entry.did = Some(mail.space.clone());
        entry.deeds = vec![Deed::AnswerHello { shared: shared.clone() }];
        entry.fail(NOT_CONFIRMED, false);
        let answer = UnconfirmedAnswer { sealed, shared, entry: entry.id.clone() };
        mail.answer = Some(answer.clone());
        self.vault.batch().put(&mail)?.put(&entry.bounded())?.commit().await?;
        self.send_answer(mail, answer, at).await
    }

    /// Sends an answer once more that the space has not confirmed: the very same.
    ///
    /// # Errors
    /// [`MailError::NoSuchMail`] where there is none; else see [`MailError`].
    pub async fn answer_hello_again(&self, id: &str) -> Result<(), MailError> {
        let (mail, hello) = self.open_hello(id).await?;
        let answer = mail.answer.clone().ok_or(MailError::NoSuchMail)?;
        let at = self.where_to_respond(&mail, &hello).await?;
        self.send_answer(mail, answer, at).await
    }

    async fn send_answer(
        &self,
        mut mail: KeptMail,
        answer: UnconfirmedAnswer,
        at: Url,
    ) -> Result<(), MailError> {
        self.respond(at, &HelloResponse::Answer(answer.sealed)).await?;
        mail.opened = true;
        mail.outcome = Some(ANSWERED.to_owned());
        mail.answer = None;
        let mut batch = self.vault.batch().put(&mail)?;
        // What was deleted of the history meanwhile stays deleted.
        if let Some(mut entry) = self.vault.get::<HistoryEntry>(&answer.entry).await? {
            entry.not_completed = None;
            batch = batch.put(&entry)?;
        }
        Ok(batch.commit().await?)
    }

    /// Puts a hello off, or calls an answer read: nobody is told, and a hello can be answered as long as it counts.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn put_off_hello(&self, id: &str) -> Result<(), MailError> {
        let mut mail = self.kept_mail(id).await?;
        let is_of_member =
            matches!(&mail.content, MailContent::Message(message) if Greeter::of(&mail, message).is_some());
        if !is_of_member {
            return Err(MailError::NoSuchMail);
        }
        mail.opened = true;
        Ok(self.vault.put(&mail).await?)
    }

    /// Nothing more of whoever said hello: the space is told, carries nothing more of that person, and does not tell them. The message goes.
    ///
    /// # Errors
    /// See [`MailError`]; the message stays where the space could not be told.
    pub async fn block_greeter(&self, id: &str) -> Result<(), MailError> {
        let (mail, hello) = self.kept_hello(id).await?;
        self.respond(self.where_to_respond(&mail, &hello).await?, &HelloResponse::Block).await?;
        Ok(self.vault.batch().delete::<KeptMail>(&mail.id).commit().await?)
    }

    /// Reports whoever said hello to the team of the space: the person and the reason, and no word of what was said.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn report_greeter(&self, id: &str, reason: Reason) -> Result<(), MailError> {
        let (mut mail, hello) = self.kept_hello(id).await?;
        self.respond(self.where_to_respond(&mail, &hello).await?, &HelloResponse::Report(reason)).await?;
        // That it was answered says more.
        if mail.outcome.as_deref() != Some(ANSWERED) {
            mail.outcome = Some(REPORTED.to_owned());
        }
        Ok(self.vault.put(&mail).await?)
    }

    /// A hello, whether it was answered or not.
    async fn kept_hello(&self, id: &str) -> Result<(KeptMail, Hello), MailError> {
        let mail = self.kept_mail(id).await?;
        let MailContent::Message(message) = &mail.content else { return Err(MailError::NoSuchMail) };
        let hello = message.hello.clone().ok_or(MailError::NoSuchMail)?;
        Ok((mail, *hello))
    }

    /// A hello that nobody has answered, as far as the space has confirmed it.
    async fn open_hello(&self, id: &str) -> Result<(KeptMail, Hello), MailError> {
        let (mail, hello) = self.kept_hello(id).await?;
        if mail.outcome.as_deref() == Some(ANSWERED) { Err(MailError::NoSuchMail) } else { Ok((mail, hello)) }
    }

    /// At the host of the space, which must be in good standing still.
    async fn where_to_respond(&self, mail: &KeptMail, hello: &Hello) -> Result<Url, MailError> {
        let MailContent::Message(message) = &mail.content else { return Err(MailError::NoSuchMail) };
        let page = message.link.as_deref().ok_or(MailError::LinkElsewhere)?;
        self.check_page(page, mail).await?;
        let at = Url::parse(page).and_then(|page| page.join(&hello.id.path()));
        at.map_err(|_| MailError::LinkElsewhere)
    }

    async fn respond(&self, at: Url, response: &HelloResponse) -> Result<(), MailError> {
        let body = serde_json::to_value(response).map_err(|_| MailError::Malformed)?;
        let status = self.fetch.fetch(Request::post_json(at, &body)).await?.status.as_u16();
        if status == 200 { Ok(()) } else { Err(MailError::Status(status)) }
    }
}

impl Wallet {
    /// What was in the sealed answer to a hello; none where it does not open, or is about another one.
    pub(super) async fn opened_answer(
        &self,
        message: &Message,
        inbox: &super::inboxes::Inbox,
    ) -> Result<Option<Details>, VaultError> {
        let Some(answer) = &message.hello_answer else { return Ok(None) };
        let opened = self.opened_mail(&answer.answer, &inbox.open).await.map_err(|_| VaultError::Damaged)?;
        let contacts = opened.and_then(|opened| Contacts::read(&opened, &answer.id).ok());
        Ok(contacts.map(|contacts| contacts.details))
    }
}
