//! Which inboxes the wallet reads.

use environment::Timestamp;
use jose::{Algorithm, DecryptionKey, KeyError, SigningKey};
use network::terms;

use crate::keys::HolderKey;
use crate::records::{BlockedSpace, EarlierKeys, MemberDid, PairwiseInbox, PrivateKey, mailbox_at};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// For how long keys that were replaced are still used to fetch and open: the longest life of a message.
const EARLIER_KEYS_USED: i64 = network::mailbox::LONGEST_MESSAGE;

/// Whose inbox it is, which decides what may be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of the member's DID: invitations for it, by the names that it has and had until lately.
    Member(Vec<String>),
    /// One that was made for this space: messages of it.
    Space(String),
}

/// An inbox with its keys.
pub(super) struct Inbox {
    pub(super) url: String,
    pub(super) read: HolderKey,
    pub(super) open: Vec<HolderKey>,
    pub(super) whose: Whose,
}

impl Wallet {
    /// All inboxes in random order, so that their order says nothing about which belong together.
    pub(super) async fn inboxes(&self) -> Result<Vec<Inbox>, VaultError> {
        let mut inboxes = Vec::new();
        if let Some(member) = self.vault.get::<MemberDid>(MemberDid::NAME).await? {
            inboxes.extend(of_member(&member, self.now()).map_err(|_| VaultError::Damaged)?);
        }
        for kept in self.vault.list::<PairwiseInbox>().await? {
            inboxes.push(of_space(&kept).map_err(|_| VaultError::Damaged)?);
        }
        self.environment.randomness().shuffle(&mut inboxes);
        Ok(inboxes)
    }

    /// The inbox for `space`, made now if there is none yet at the member's office. None while the member has no office that
    /// keeps a mailbox, and for a space that the member blocked.
    pub(in crate::flows) async fn inbox_for(&self, space: &str) -> Result<Option<terms::Inbox>, VaultError> {
        let Some(host) = self.mailbox_host().await? else { return Ok(None) };
        if self.vault.get::<BlockedSpace>(space).await?.is_some() {
            return Ok(None);
        }
        let name = format!("{host} {space}");
        let kept = match self.vault.get::<PairwiseInbox>(&name).await? {
            Some(kept) => kept,
            None => {
                let kept = self.new_inbox(space, host).map_err(|_| VaultError::Damaged)?;
                // Before anybody is told of it, so that nothing is ever sent where nobody reads.
                self.vault.put(&kept).await?;
                kept
            }
        };
        let address = kept.address().map_err(|_| VaultError::Damaged)?;
        Ok(Some(terms::Inbox { address, key: kept.seal_public }))
    }

    /// Whether [`Self::inbox_for`] would give one, without making any.
    pub(in crate::flows) async fn has_inbox_for(&self, space: &str) -> Result<bool, VaultError> {
        let blocked = self.vault.get::<BlockedSpace>(space).await?.is_some();
        Ok(!blocked && self.mailbox_host().await?.is_some())
    }

    /// The origin of the member's office, if it keeps the mailbox of the member's DID.
    async fn mailbox_host(&self) -> Result<Option<String>, VaultError> {
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
        let member = member.filter(|member| member.uploaded && !member.given_up && member.mailbox.is_some());
        Ok(member.and_then(|member| member.office()))
    }

    /// Its keys lie in the vault, as what comes into it will: they open nothing that the vault does not open too.
    fn new_inbox(&self, space: &str, host: String) -> Result<PairwiseInbox, KeyError> {
        let randomness = self.environment.randomness();
        let read = SigningKey::generate(Algorithm::Es256, randomness)?;
        let seal = DecryptionKey::generate("inbox", randomness)?;
        Ok(PairwiseInbox {
            space: space.to_owned(),
            host,
            read: PrivateKey::of(&read),
            // Bare, as every wallet sends it.
            seal_public: jose::Jwk::from_value(&seal.public_jwk().required_members())?,
            seal: PrivateKey::of_text(seal.to_private_json()),
            made_at: self.now().seconds(),
        })
    }
}

/// The mailbox of the DID, and those it had before as long as something may still be on its way to them. Whoever looked the
/// DID up before it moved or was given other keys seals to those, and names it as it was called then.
fn of_member(member: &MemberDid, now: Timestamp) -> Result<Vec<Inbox>, KeyError> {
    let is_recent =
        |earlier: &&EarlierKeys| now.since(Timestamp::from_seconds(earlier.until)) <= EARLIER_KEYS_USED;
    let recent: Vec<&EarlierKeys> = member.earlier.iter().filter(is_recent).collect();
    let mut names = vec![member.did.clone()];
    for name in recent.iter().filter_map(|earlier| earlier.did.as_ref()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut places: Vec<(String, HolderKey)> = Vec::new();
    if let (Some(read), Some(office), true) = (member.mailbox_key()?, member.office(), member.uploaded) {
        places.push((mailbox_at(&office, &read), read));
    }
    for earlier in &recent {
        let Some(read) = &earlier.mailbox else { continue };
        let read = read.holder_key()?;
        let url = mailbox_at(&earlier.office, &read);
        if !places.iter().any(|(known, _)| *known == url) {
            places.push((url, read));
        }
    }
    let seals = || std::iter::once(&member.seal).chain(recent.iter().map(|earlier| &earlier.seal));
    let inbox = |(url, read)| {
        let open = seals().map(PrivateKey::holder_key).collect::<Result<_, _>>()?;
        Ok(Inbox { url, read, open, whose: Whose::Member(names.clone()) })
    };
    places.into_iter().map(inbox).collect()
}

fn of_space(kept: &PairwiseInbox) -> Result<Inbox, KeyError> {
    Ok(Inbox {
        url: kept.address()?,
        read: kept.read_key()?,
        open: vec![kept.seal.holder_key()?],
        whose: Whose::Space(kept.space.clone()),
    })
}

impl Inbox {
    /// Whether a space may have written here: to the inbox that was made for it, or to the member's own, which every space may
    /// be told of.
    pub(super) fn is_known_to(&self, space: &str) -> bool {
        match &self.whose {
            Whose::Member(_) => true,
            Whose::Space(known) => known == space,
        }
    }
}
