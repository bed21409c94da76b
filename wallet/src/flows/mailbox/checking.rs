//! From an envelope to a message that is kept, or to the reason why it is not.

use std::collections::BTreeSet;

use did::DidUrl;
use directory::DirectoryError;
use directory::callers::address_at;
use jose::VerifyingKey;
use jose::jwt::ClaimError;
use network::MessageError;
use network::mailbox::{self, Invitation, Message};
use openid4vc::address;
use trust::Role;
use url::Url;

use super::MailError;
use super::inboxes::{Inbox, Whose};
use crate::flows::origin::is_same_origin;
use crate::records::{BlockedSpace, Copy, KeptMail, MailContent, SeenMail};
use crate::trust::{SignerEvidence, TrustError, TrustedRequester};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

/// Why a message is not kept. The space is told nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedMail {
    /// The envelope does not open with a key of this inbox: garbage, or another inbox's.
    #[error("it does not open with the keys of this inbox")]
    Unreadable,
    /// What is inside is no message of its kind.
    #[error("what is inside is no message that belongs into this inbox")]
    Malformed,
    /// The inbox was made for another space.
    #[error("it came from another space than the one this inbox was made for")]
    OtherSender,
    /// The member blocked the space.
    #[error("its sender is blocked")]
    Blocked,
    /// The member muted the space: it is kept, and shown when the space is muted no more.
    #[error("its sender is muted")]
    Muted,
    /// The sender is not an admitted space in good standing.
    #[error("its sender is not taken: {0}")]
    Untrusted(String),
    /// Its sender could not be looked up for so long that it is given up.
    #[error("its sender could not be looked up for two weeks")]
    SenderSilent,
    /// The signature does not fit.
    #[error("its signature is not that of its sender")]
    BadSignature,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It counts longer than messages may.
    #[error("it would count for longer than messages may")]
    LivesTooLong,
    /// It is for another member or inbox.
    #[error("it is for somebody else")]
    OtherAudience,
    /// It came before.
    #[error("it came before")]
    Repeated,
    /// A newer invitation of the space for the same purpose is here.
    #[error("a newer invitation of the same space for the same purpose is here")]
    Older,
    /// A link leads elsewhere than to the sender.
    #[error("its link leads elsewhere than to its sender")]
    LinkElsewhere,
    /// The e-mail address that was typed beside the number is none of the member's.
    #[error("it was asked for with an e-mail address that is not yours")]
    OtherEmail,
}

impl RefusedMail {
    /// A short name for the history and for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Malformed => "malformed",
            Self::OtherSender => "other_sender",
            Self::Blocked => "blocked",
            Self::Muted => "muted",
            Self::Untrusted(code) => code,
            Self::SenderSilent => "sender_silent",
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::LivesTooLong => "lives_too_long",
            Self::OtherAudience => "other_audience",
            Self::Repeated => "repeated",
            Self::Older => "older",
            Self::LinkElsewhere => "link_elsewhere",
            Self::OtherEmail => "other_email",
        }
    }
}

impl From<MessageError> for RefusedMail {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Claim(ClaimError::Expired { .. }) => Self::Expired,
            MessageError::Signature(_) | MessageError::ForeignKey => Self::BadSignature,
            MessageError::OtherAudience => Self::OtherAudience,
            MessageError::LivesTooLong => Self::LivesTooLong,
            _ => Self::Malformed,
        }
    }
}

/// What is to be judged: an envelope of an inbox, fresh from the host or held since an earlier look.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) envelope: &'a str,
    pub(super) day: i64,
}

/// What became of an envelope.
pub(super) enum Outcome {
    /// Here it is, and that it came.
    Kept(Box<KeptMail>, SeenMail),
    /// It is not kept; of whom it came and that it did, where that is certain.
    Refused(RefusedMail, Option<SeenMail>),
    /// Its sender cannot be looked up now: the DID that it names, and what went wrong unless that was tried before.
    Later(String, Option<TrustError>),
}

impl Outcome {
    const fn refused(refused: RefusedMail) -> Self {
        Self::Refused(refused, None)
    }
}

/// The word for a sender that is not trusted.
pub(super) fn trust_code(error: &TrustError) -> &'static str {
    match error {
        TrustError::Directory(DirectoryError::Admission(error)) => error.code(),
        TrustError::Directory(DirectoryError::NoSuchKey) => "key_not_in_did_document",
        other => other.code(),
    }
}

/// Whether it is the sender's own host that does not answer, and nothing on the way to the network list.
pub(super) const fn is_of_sender(error: &TrustError) -> bool {
    matches!(error, TrustError::Directory(DirectoryError::Resolve(_)))
}

/// Whether the same sender may be taken a moment later.
fn is_transient(error: &TrustError) -> bool {
    match error {
        TrustError::Directory(error) => error.is_transient(),
        TrustError::NoNetwork | TrustError::Vault(_) => true,
        _ => false,
    }
}

impl Wallet {
    /// Checks what the host gave for `inbox`. A sender that is among the `silent` is not looked up once more: however many
    /// envelopes name it, its host is called once.
    pub(super) async fn checked_mail(
        &self,
        inbox: &Inbox,
        arrived: Arrived<'_>,
        silent: &BTreeSet<String>,
    ) -> Result<Outcome, MailError> {
        let Some(signed) = self.opened_mail(arrived.envelope, &inbox.open).await? else {
            return Ok(Outcome::refused(RefusedMail::Unreadable));
        };
        let key_id = mailbox::sender_key(&signed).ok().and_then(|text| DidUrl::parse(&text).ok());
        let Some(key_id) = key_id else { return Ok(Outcome::refused(RefusedMail::Malformed)) };
        let said = key_id.did().as_str().to_owned();
        // Before anything is fetched for it: nobody makes the wallet call hosts by writing into an inbox of another.
        if matches!(&inbox.whose, Whose::Space(space) if *space != said) {
            return Ok(Outcome::refused(RefusedMail::OtherSender));
        }
        if self.vault.get::<BlockedSpace>(&said).await?.is_some() {
            return Ok(Outcome::refused(RefusedMail::Blocked));
        }
        if silent.contains(&said) {
            return Ok(Outcome::Later(said, None));
        }
        let evidence = SignerEvidence::Key(key_id.clone());
        let sender = match self.trust.requester(&evidence, None).await {
            Ok(sender) => sender,
            Err(error) if is_transient(&error) => return Ok(Outcome::Later(said, Some(error))),
            Err(error) => {
                let code = trust_code(&error).to_owned();
                return Ok(Outcome::refused(RefusedMail::Untrusted(code)));
            }
        };
        let content = match self.verified(inbox, &signed, &said, &sender) {
            Ok(content) => content,
            Err(refused) => return Ok(Outcome::refused(refused)),
        };
        Ok(self.wanted(inbox, arrived.day, content, &key_id, sender).await?)
    }

    /// The message, if its space signed it for this inbox.
    fn verified(
        &self,
        inbox: &Inbox,
        signed: &str,
        space: &str,
        sender: &TrustedRequester,
    ) -> Result<MailContent, RefusedMail> {
        if sender.role != Some(Role::Space) {
            return Err(RefusedMail::Untrusted("wrong_role".to_owned()));
        }
        let key = sender.key.as_ref().and_then(|key| VerifyingKey::new(key).ok());
        let key = key.ok_or(RefusedMail::BadSignature)?;
        let now = self.now();
        Ok(match &inbox.whose {
            Whose::Member(names) => MailContent::Invitation(for_one_of(names, |did| {
                Invitation::verify(signed, space, &key, did, now)
            })?),
            Whose::Space(_) => MailContent::Message(Message::verify(signed, space, &key, &inbox.url, now)?),
        })
    }

    /// What is certainly of this space, if it comes for the first time and leads nowhere else.
    async fn wanted(
        &self,
        inbox: &Inbox,
        day: i64,
        content: MailContent,
        key_id: &DidUrl,
        sender: TrustedRequester,
    ) -> Result<Outcome, VaultError> {
        let space = key_id.did().as_str().to_owned();
        let jti = match &content {
            MailContent::Invitation(invitation) => &invitation.id,
            MailContent::Message(message) => &message.id,
        };
        let seen =
            SeenMail { id: SeenMail::id_of(&space, jti), space: space.clone(), until: content.expires_at() };
        if self.vault.get::<SeenMail>(&seen.id).await?.is_some() {
            return Ok(Outcome::Refused(RefusedMail::Repeated, Some(seen)));
        }
        let refused = match &content {
            _ if !leads_to_sender(&content, &space, &sender) => Some(RefusedMail::LinkElsewhere),
            MailContent::Invitation(invitation) if !self.knows_email(invitation).await? => {
                Some(RefusedMail::OtherEmail)
            }
            MailContent::Invitation(invitation) => self.superseded(invitation).await?,
            MailContent::Message(_) => None,
        };
        let contacts = match &content {
            MailContent::Message(message) => self.opened_answer(message, inbox).await?,
            MailContent::Invitation(_) => None,
        };
        let is_answer = matches!(&content, MailContent::Message(message) if message.hello_answer.is_some());
        // What somebody else sealed for this inbox does not open, or is about another hello.
        let refused =
            refused.or_else(|| (is_answer && contacts.is_none()).then_some(RefusedMail::Unreadable));
        if let Some(refused) = refused {
            return Ok(Outcome::Refused(refused, Some(seen)));
        }
        let mail = KeptMail {
            id: self.mail_id(),
            inbox: inbox.url.clone(),
            space,
            space_name: sender.name,
            key_id: key_id.to_string(),
            day,
            opened: false,
            outcome: None,
            contacts,
            answer: None,
            content,
        };
        Ok(Outcome::Kept(Box::new(mail), seen))
    }

    /// Whether the address that somebody typed beside the number is one of the member's; true where none was typed.
    async fn knows_email(&self, invitation: &Invitation) -> Result<bool, VaultError> {
        let Some(typed) = &invitation.email else { return Ok(true) };
        let same = |known: &str| known.trim().to_lowercase() == typed.trim().to_lowercase();
        let own = self.kept_own_details().await?;
        if own.values_of("email").filter_map(|email| email.as_str()).any(same) {
            return Ok(true);
        }
        let copies = self.vault.list::<Copy>().await?;
        let mut held = copies.iter().flat_map(|copy| &copy.credentials);
        Ok(held
            .any(|one| content(&one.compact).get("email").and_then(|email| email.as_str()).is_some_and(same)))
    }

    /// Whether a newer invitation of the same space for the same purpose is here: a host may bring an older one after it.
    async fn superseded(&self, invitation: &Invitation) -> Result<Option<RefusedMail>, VaultError> {
        let kept = self.vault.list::<KeptMail>().await?;
        let is_newer = |one: &KeptMail| match &one.content {
            MailContent::Invitation(other) => {
                other.space == invitation.space
                    && other.purpose == invitation.purpose
                    && other.issued_at > invitation.issued_at
            }
            MailContent::Message(_) => false,
        };
        Ok(kept.iter().any(is_newer).then_some(RefusedMail::Older))
    }

    fn mail_id(&self) -> String {
        let bytes: [u8; 6] = self.environment.randomness().bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What `verify` takes for one of these DIDs. What is for none of them is for somebody else.
fn for_one_of<T>(
    names: &[String],
    verify: impl Fn(&str) -> Result<T, MessageError>,
) -> Result<T, MessageError> {
    for did in names {
        match verify(did) {
            Err(MessageError::OtherAudience) => {}
            certain => return certain,
        }
    }
    Err(MessageError::OtherAudience)
}

/// Whether every link of a message leads to its space.
fn leads_to_sender(content: &MailContent, space: &str, sender: &TrustedRequester) -> bool {
    let link = match content {
        MailContent::Invitation(invitation) => Some(&invitation.link),
        MailContent::Message(message) => message.link.as_ref(),
    };
    link.is_none_or(|link| is_page_of(link, space, sender.host.as_deref()))
}

/// Whether a link is an https page (in development http on this machine's own names) at the very host that the network list
/// names for the space, at the port of its DID. Compared is the host as the URL standard reads it, so that no other spelling,
/// no name that looks alike and nothing before an `@` passes for it.
pub(in crate::flows) fn is_page_of(link: &str, space: &str, host: Option<&str>) -> bool {
    let Ok(url) = address::parse(link) else { return false };
    let did = did::Did::parse(space).ok();
    let Some(own) = did.and_then(|did| address_at(&did, "/")) else { return false };
    let listed = host.is_some_and(|host| url.host_str() == Some(host));
    // The spelling too: a browser would show another one than the member reads here.
    let as_written = Url::as_str(&url) == link;
    listed && as_written && is_same_origin(link, &own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_host_of_the_network_list_is_a_page_of_the_space() {
        let space = "did:web:kiln.example";
        let is_own = |link: &str| is_page_of(link, space, Some("kiln.example"));
        assert!(is_own("https://kiln.example/join/invited/1") && is_own("https://kiln.example/"));
        for other in [
            "http://kiln.example/join",
            "https://kiln.example:8443/join",
            "https://kiln.example.mallory.example/join",
            "https://mallory.example/kiln.example",
            "https://www.kiln.example/join",
            "https://kiln-example.example/join",
            "https://k\u{131}ln.example/join",
            "https://xn--kln-8qa.example/join",
            "https://kiln.example.:443/join",
            "https://kiln.example./join",
            "https://kiln.example@mallory.example/join",
            "https://mallory.example#kiln.example",
            "https://mallory.example?kiln.example",
            "https://kiln.example\\@mallory.example/join",
            "https://KILN.example/join",
            "https:kiln.example/join",
            "//kiln.example/join",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_own(other), "{other}");
        }
        // The list and the DID must agree.
        assert!(!is_page_of("https://kiln.example/", space, Some("harbour.example")));
        assert!(!is_page_of("https://kiln.example/", space, None));
        assert!(!is_page_of("https://kiln.example/", "did:web:harbour.example", Some("kiln.example")));
    }

    #[test]
    fn in_development_a_space_is_known_by_name_and_port() {
        let space = "did:web:kiln.localhost%3A8080";
        let is_own = |link: &str| is_page_of(link, space, Some("kiln.localhost"));
        assert!(is_own("http://kiln.localhost:8080/join/invited/1"));
        for other in
            ["http://kiln.localhost:8081/", "http://kiln.localhost/", "http://harbour.localhost:8080/"]
        {
            assert!(!is_own(other), "{other}");
        }
    }
}
