//! Hellos: what another member of a space said through it, and what the member says to that (specs/hello.md).
//!
//! Who it is and to which key an answer is sealed is the space's word; what is shared is chosen detail by detail, and nothing is by itself.

use network::hello::{Contacts, Detail, Details, Hello, HelloResponse};
use network::mailbox::{About, Message, Reason};
use outbound::Request;
use serde::Serialize;
use url::Url;

use super::MailError;
use crate::records::{Copy, Deed, HistoryKind, KeptMail, MailContent};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

/// The details by which somebody is reached, in the order in which they are offered.
const CONTACTS: [&str; 3] = ["email", "phone_number", "website"];
/// Most that are offered to be shared.
const MOST_OFFERED: usize = 24;
/// How a hello stands that was answered or reported.
const ANSWERED: &str = "answered";
const REPORTED: &str = "reported";

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
            }),
            (About::HelloAnswer, _, Some(answer)) => Some(Self {
                from: answer.from.clone(),
                text: None,
                contacts: mail.contacts.clone(),
                page,
                is_open: false,
            }),
            _ => None,
        }
    }
}

impl Wallet {
    /// The details by which the member could be reached: own ones, and those that an office checked. None is chosen.
    ///
    /// # Errors
    /// [`MailError::Vault`].
    pub async fn contacts_to_share(&self) -> Result<Vec<Detail>, MailError> {
        let own = self.kept_own_details().await?;
        let copies = self.vault.list::<Copy>().await?;
        let held: Vec<_> =
            copies.iter().flat_map(|copy| &copy.credentials).map(|one| content(&one.compact)).collect();
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
    /// that something was checked is theirs to believe.
    ///
    /// # Errors
    /// [`MailError::NothingChosen`] where none is given, or one that is not among [`Self::contacts_to_share`]; [`MailError::TooMuchChosen`]; else see [`MailError`].
    pub async fn answer_hello(&self, id: &str, chosen: Vec<Detail>) -> Result<(), MailError> {
        let (mut mail, hello) = self.open_hello(id).await?;
        let offered = self.contacts_to_share().await?;
        if chosen.is_empty() || chosen.iter().any(|one| !offered.contains(one)) {
            return Err(MailError::NothingChosen);
        }
        let shared: Vec<String> = chosen.iter().map(|one| one.claim.clone()).collect();
        let details = Details::new(chosen).map_err(|_| MailError::NothingChosen)?;
        let contacts = Contacts { hello: hello.id.clone(), details };
        let sealed = contacts.seal(&hello.key, self.environment.randomness());
        let sealed = sealed.map_err(|_| MailError::TooMuchChosen)?;
        self.respond(&mail, &hello, &HelloResponse::Answer(sealed)).await?;
        mail.opened = true;
        mail.outcome = Some(ANSWERED.to_owned());
        let mut entry = self.new_entry(HistoryKind::Change);
        entry.party = Some(mail.space_name.clone());
        entry.did = Some(mail.space.clone());
        entry.deeds = vec![Deed::AnswerHello { shared }];
        Ok(self.vault.batch().put(&mail)?.put(&entry.bounded())?.commit().await?)
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
        let (mail, hello) = self.open_hello(id).await?;
        self.respond(&mail, &hello, &HelloResponse::Block).await?;
        Ok(self.vault.batch().delete::<KeptMail>(&mail.id).commit().await?)
    }

    /// Reports whoever said hello to the team of the space: the person and the reason, and no word of what was said.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn report_greeter(&self, id: &str, reason: Reason) -> Result<(), MailError> {
        let (mut mail, hello) = self.open_hello(id).await?;
        self.respond(&mail, &hello, &HelloResponse::Report(reason)).await?;
        mail.outcome = Some(REPORTED.to_owned());
        Ok(self.vault.put(&mail).await?)
    }

    /// A hello that nobody has answered.
    async fn open_hello(&self, id: &str) -> Result<(KeptMail, Hello), MailError> {
        let mail = self.kept_mail(id).await?;
        let MailContent::Message(message) = &mail.content else { return Err(MailError::NoSuchMail) };
        let hello = message.hello.clone().filter(|_| mail.outcome.as_deref() != Some(ANSWERED));
        let hello = hello.ok_or(MailError::NoSuchMail)?;
        Ok((mail, *hello))
    }

    /// At the host of the space, which must be in good standing still.
    async fn respond(
        &self,
        mail: &KeptMail,
        hello: &Hello,
        response: &HelloResponse,
    ) -> Result<(), MailError> {
        let MailContent::Message(message) = &mail.content else { return Err(MailError::NoSuchMail) };
        let page = message.link.as_deref().ok_or(MailError::LinkElsewhere)?;
        self.check_page(page, mail).await?;
        let at = Url::parse(page).and_then(|page| page.join(&hello.id.path()));
        let body = serde_json::to_value(response).map_err(|_| MailError::Malformed)?;
        let request = Request::post_json(at.map_err(|_| MailError::LinkElsewhere)?, &body);
        let status = self.fetch.fetch(request).await?.status.as_u16();
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
