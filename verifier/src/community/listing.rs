//! Under which name somebody is in the directory: random, of this space alone, and as long as they publish something.
//!
//! A listing holds no value and no word of what is published. It follows the contact in the same transaction; whoever reads it looks
//! at the contact, too, so that one that lags shows nothing.

use network::claims::Audience;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Index, IndexEntry, Key, Range, Record, StoreFault, Tx};

use crate::records::Contact;
use crate::space::{Space, SpaceError};

/// Characters of an identifier: 128 bits in base64url.
const LENGTH: usize = 22;
/// Contacts that are seen to in one transaction.
const AT_ONCE: usize = 50;

/// That somebody publishes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// In the address of the person's page.
    pub id: String,
    /// The contact.
    pub contact: String,
    /// The widest audience of what they publish.
    pub widest: Audience,
}

impl Record for Listing {
    const CLASS: &'static str = "listing";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("contact", FieldClass::Operational),
        ("widest", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByContact::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByContact::entry(&self.contact)]
    }
}

/// Finds the listing of a contact.
pub struct ByContact;

impl Index for ByContact {
    type Record = Listing;
    const NAME: &'static str = "contact";
}

/// Has the listing follow what `contact` publishes now.
pub(crate) async fn follow(tx: &mut Tx, contact: &Contact) -> Result<(), StoreFault> {
    let found = tx.find::<ByContact>(&contact.id).await?;
    let widest = contact.given.iter().map(|given| given.audience).max().unwrap_or_default();
    match found {
        Some(found) if widest == Audience::Team => tx.delete::<Listing>(&found.id).await.map(drop),
        Some(found) if found.widest == widest => Ok(()),
        Some(found) => tx.put(&Listing { widest, ..found }).await,
        None if widest == Audience::Team => Ok(()),
        None => tx.put(&Listing { id: fresh(contact, tx)?, contact: contact.id.clone(), widest }).await,
    }
}

/// Nothing of a contact is published any more.
pub(crate) async fn forget(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    match tx.find::<ByContact>(contact).await? {
        Some(found) => tx.delete::<Listing>(&found.id).await.map(drop),
        None => Ok(()),
    }
}

/// A name that nobody outside can guess or tie to anything: the seals in the contact are random and never leave the store, and
/// with the moment in it each publication has another.
fn fresh(contact: &Contact, tx: &Tx) -> Result<String, StoreFault> {
    let sealed = serde_json::to_string(contact).map_err(StoreFault::unavailable)?;
    let mut id = jose::digest::sha256_base64url(format!("listing\n{}\n{sealed}", tx.now().seconds()));
    id.truncate(LENGTH);
    Ok(id)
}

impl Space {
    /// Lists whoever published something before there was a directory; gives how many that were. For the start of a server.
    ///
    /// # Errors
    /// The store.
    pub async fn list_publishers(&self) -> Result<usize, SpaceError> {
        let (mut range, mut listed) = (Range::all(), 0_usize);
        loop {
            let page = self.tenant.list::<Contact>(range, AT_ONCE).await?;
            let mut missing = Vec::new();
            for contact in page.items {
                let publishes = contact.given.iter().any(|given| given.audience > Audience::Team);
                if publishes && self.tenant.find::<ByContact>(&contact.id).await?.is_none() {
                    missing.push(contact.id);
                }
            }
            if !missing.is_empty() {
                listed = listed.saturating_add(missing.len());
                self.tenant.carry_out(&List(missing)).await?;
            }
            match page.next {
                Some(next) => range = Range::all().after(&next),
                None => return Ok(listed),
            }
        }
    }
}

struct List(Vec<String>);

impl Change for List {
    const NAME: &'static str = "list-publishers";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for id in &self.0 {
            if let Some(contact) = tx.get::<Contact>(id.as_str()).await? {
                follow(tx, &contact).await?;
            }
        }
        Ok(())
    }
}
