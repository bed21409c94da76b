//! A wallet that has been used for years, for figures.

use did::number::{OfficePrefix, PassportNumber};
use environment::SeededRandomness;
use jose::{Algorithm, DecryptionKey, SigningKey};
use network::hello::{Detail, Details, Hello, HelloId, HelloText, OPEN_FOR};
use network::mailbox::{About, Invitation, Message, Purpose};

use super::NotMade;
use crate::records::{
    Copy, HeldCredential, HistoryEntry, HistoryKind, KeptMail, MailContent, Noted, OwnNumber, PrivateKey,
};
use crate::vault::{Vault, VaultError};

/// Records that are written in one step.
const AT_ONCE: usize = 200;

/// A credential as its issuer signed it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The type.
    pub vct: String,
    /// The issuer's address.
    pub issuer: String,
    /// As it was issued.
    pub compact: String,
}

/// Has a number of this office, and no passport that shows it.
///
/// # Errors
/// The vault.
pub async fn hold_number(vault: &Vault, office: &str) -> Result<(), NotMade> {
    let prefix = OfficePrefix::parse("HRB1").map_err(|_| VaultError::Damaged)?;
    let did = "did:web:office.example".to_owned();
    let own = OwnNumber {
        number: PassportNumber::generate(prefix, &SeededRandomness::new(6)).canonical(),
        did: did.clone(),
        office: "https://office.example".to_owned(),
        office_did: did,
        office_name: office.to_owned(),
        stated: None,
        again_at: None,
        looked_at: None,
        blocked: Vec::new(),
        blocks_left: true,
    };
    vault.put(&own).await?;
    Ok(())
}

/// Holds these, one copy of each; nobody looks at the signatures.
///
/// # Errors
/// The vault, or a key.
pub async fn hold_signed(vault: &Vault, all: &[Signed]) -> Result<(), NotMade> {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(5))?;
    for some in all.chunks(AT_ONCE) {
        let mut batch = vault.batch();
        for signed in some {
            let credential = HeldCredential {
                vct: signed.vct.clone(),
                configuration: "made".to_owned(),
                label: Some("Made".to_owned()),
                issuer: signed.issuer.clone(),
                issuer_name: signed.issuer.clone(),
                issuer_did: None,
                network: None,
                network_id: None,
                expires_at: None,
                revoked: false,
                suspended: false,
                noted: Some(Noted::of(&signed.compact)),
                compact: signed.compact.clone(),
            };
            batch = batch.put(&Copy {
                id: format!("{} {}", signed.vct, signed.issuer),
                key: PrivateKey::of(&key),
                credentials: vec![credential],
                received_at: 1_794_000_000,
                used_at: None,
            })?;
        }
        batch.commit().await?;
    }
    Ok(())
}

/// Has so many spaces ask, in turn, so many times in all, a minute apart up to `until`.
///
/// # Errors
/// The vault.
pub async fn tell(vault: &Vault, entries: usize, spaces: usize, until: i64) -> Result<(), NotMade> {
    for some in (0..entries).collect::<Vec<_>>().chunks(AT_ONCE) {
        let mut batch = vault.batch();
        for number in some {
            let minutes = i64::try_from(*number).unwrap_or_default();
            let at = until.saturating_sub(minutes.saturating_mul(60));
            let mut entry = HistoryEntry::new(format!("{number:022}"), at, HistoryKind::Request);
            let space = number.checked_rem(spaces).unwrap_or_default();
            entry.party = Some(format!("Space {space}"));
            entry.did = Some(format!("did:web:space-{space}.example"));
            entry.host = Some(format!("space-{space}.example"));
            entry.purpose = Some("To know who works here".to_owned());
            entry.requested = vec!["email".to_owned(), "given_name".to_owned(), "company".to_owned()];
            entry.presented.clone_from(&entry.requested);
            batch = batch.put(&entry)?;
        }
        batch.commit().await?;
    }
    Ok(())
}

/// Keeps so many messages, of as many spaces, until a moment.
///
/// # Errors
/// The vault.
pub async fn receive_mail(vault: &Vault, count: usize, until: i64) -> Result<(), NotMade> {
    for some in (0..count).collect::<Vec<_>>().chunks(AT_ONCE) {
        let mut batch = vault.batch();
        for number in some {
            let host = format!("space-{number}.example");
            let invitation = Invitation {
                space: format!("did:web:{host}"),
                member: "did:example:member".to_owned(),
                id: format!("{number}"),
                issued_at: until.saturating_sub(86_400),
                expires_at: until,
                link: format!("https://{host}/join/invited/{number}"),
                purpose: Purpose::SignUp,
                email: None,
            };
            batch = batch.put(&KeptMail {
                id: format!("mail-{number}"),
                inbox: "https://office.example/mailbox/one".to_owned(),
                space: invitation.space.clone(),
                space_name: format!("Space {number}"),
                key_id: format!("did:web:{host}#request"),
                day: until.saturating_sub(86_400),
                opened: false,
                outcome: None,
                contacts: None,
                answer: None,
                content: MailContent::Invitation(invitation),
            })?;
        }
        batch.commit().await?;
    }
    Ok(())
}

/// Keeps a hello of somebody called Ada at a space that nobody admitted; gives what it is called.
///
/// # Errors
/// The vault, or a key.
pub async fn receive_hello(vault: &Vault, now: i64) -> Result<String, NotMade> {
    let randomness = SeededRandomness::new(8);
    let from = Detail { claim: "given_name".to_owned(), value: "Ada".to_owned(), checked: false };
    let hello = Hello {
        id: HelloId::random(&randomness),
        text: HelloText::parse("Do you weave, too?").map_err(|_| VaultError::Damaged)?,
        from: Details::new(vec![from]).map_err(|_| VaultError::Damaged)?,
        key: DecryptionKey::generate("inbox", &randomness)?.public_jwk().clone(),
    };
    let (space, inbox) = ("did:web:kiln.example", "https://office.example/mailbox/one");
    let message = Message {
        space: space.to_owned(),
        inbox: inbox.to_owned(),
        id: "hello".to_owned(),
        issued_at: now,
        expires_at: now.saturating_add(OPEN_FOR),
        about: About::Hello,
        decision: None,
        credential_offer: None,
        link: Some("https://kiln.example/people/ada".to_owned()),
        text: None,
        hello: Some(Box::new(hello)),
        hello_answer: None,
    };
    let mail = KeptMail {
        id: "hello".to_owned(),
        inbox: inbox.to_owned(),
        space: space.to_owned(),
        space_name: "Kiln".to_owned(),
        key_id: format!("{space}#request"),
        day: now,
        opened: false,
        outcome: None,
        contacts: None,
        answer: None,
        content: MailContent::Message(message),
    };
    vault.put(&mail).await?;
    Ok(mail.id)
}
