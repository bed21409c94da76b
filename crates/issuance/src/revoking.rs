//! Revocation: a page of copies in one transaction, until the last.

use store::{Change, Cursor, Fault, Insertion, Key, Lanes, Range, StoreFault, Tx};

use crate::records::{BySubject, ListHead, RevokedEntry};
use crate::service::Issuance;

/// Copies that are revoked in one transaction.
const MOST_COPIES: usize = 300;
/// The lane of changes that revoke.
pub(crate) const STATUS_LISTS: &str = "status-lists";
/// Holdings that are looked at in one transaction.
const MOST_HOLDINGS: usize = 100;

/// Everything of one configuration that was issued to one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The domain's opaque name.
    pub subject: String,
    /// The configuration.
    pub configuration: String,
}

impl Holding {
    /// What `subject` holds of `configuration`.
    #[must_use]
    pub fn new(subject: &str, configuration: &str) -> Self {
        Self { subject: subject.to_owned(), configuration: configuration.to_owned() }
    }
}

/// What the first transaction of a revocation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Copies that counted before.
    pub copies: usize,
    /// Whether none is left.
    pub is_complete: bool,
}

/// How far a revocation has come in its holdings.
#[derive(Clone, Debug, Default)]
struct Progress {
    holding: usize,
    after: Option<Cursor>,
}

/// What one transaction has revoked, and where the next goes on if anything may be left.
struct Page {
    copies: usize,
    rest: Option<Progress>,
}

/// Revokes the first page of the living copies in `holdings`. For use inside the change with which a domain ends the
/// entitlement, so that nothing is issued afterwards: where something is left, the domain enqueues a job in the same change
/// and goes on with [`Issuance::revoke_all`], and so does the job. Copies that were revoked before are not counted again.
///
/// # Errors
/// The store.
pub async fn revoke(tx: &mut Tx, holdings: &[Holding]) -> Result<Revoked, StoreFault> {
    let page = revoke_page(tx, holdings, &Progress::default()).await?;
    Ok(Revoked { copies: page.copies, is_complete: page.rest.is_none() })
}

async fn revoke_page(tx: &mut Tx, holdings: &[Holding], from: &Progress) -> Result<Page, StoreFault> {
    let mut found = Vec::new();
    let mut rest = None;
    let mut after = from.after.clone();
    for (position, holding) in holdings.iter().enumerate().skip(from.holding) {
        if found.len() >= MOST_COPIES || position.saturating_sub(from.holding) >= MOST_HOLDINGS {
            rest = Some(Progress { holding: position, after: None });
            break;
        }
        let mut range = Range::prefix(Key::from(&holding.subject).then(&holding.configuration));
        if let Some(cursor) = after.take() {
            range = range.after(&cursor);
        }
        let page = tx.page::<BySubject>(range, MOST_COPIES.saturating_sub(found.len())).await?;
        found.extend(page.items.into_iter().map(RevokedEntry::from));
        if page.next.is_some() {
            rest = Some(Progress { holding: position, after: page.next });
            break;
        }
    }
    Ok(Page { copies: revoke_copies(tx, &found).await?, rest })
}

/// Revokes copies by their places; gives how many counted until now.
pub(crate) async fn revoke_copies(tx: &mut Tx, found: &[RevokedEntry]) -> Result<usize, StoreFault> {
    let mut lists: Vec<&String> = Vec::new();
    let mut copies = 0_usize;
    for revoked in found {
        if tx.insert_new(revoked).await? == Insertion::Inserted {
            copies = copies.saturating_add(1);
            if !lists.contains(&&revoked.list) {
                lists.push(&revoked.list);
            }
        }
    }
    for list in lists {
        let version = tx.get::<ListHead>(list).await?.map_or(0, |head| head.version);
        tx.put(&ListHead { list: list.clone(), version: version.saturating_add(1) }).await?;
    }
    Ok(copies)
}

impl Issuance {
    /// Revokes every living copy in `holdings`, a page in each transaction; gives how many counted until now. It may run
    /// again, from the beginning and beside another. The entitlement must have ended before.
    ///
    /// # Errors
    /// The store; what was revoked until then is revoked.
    pub async fn revoke_all(&self, holdings: &[Holding]) -> Result<usize, StoreFault> {
        let mut copies = 0_usize;
        let mut from = Progress::default();
        loop {
            let page = self.inner.tenant.carry_out(&RevokePage { holdings, from }).await?;
            copies = copies.saturating_add(page.copies);
            match page.rest {
                Some(rest) => from = rest,
                None => return Ok(copies),
            }
        }
    }
}

struct RevokePage<'a> {
    holdings: &'a [Holding],
    from: Progress,
}

impl Change for RevokePage<'_> {
    const NAME: &'static str = "revoke-credentials";
    type Output = Page;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of(STATUS_LISTS)
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Page, Fault<Self::Refusal>> {
        Ok(revoke_page(tx, self.holdings, &self.from).await?)
    }
}
