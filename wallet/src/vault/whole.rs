//! All of a vault's records at once, as they are: for carrying them away.

use store::{Range, Reader, StoreFault, View};
use zeroize::Zeroizing;

use super::cipher::VaultKey;
use super::sealed::Sealed;
use super::{Vault, VaultError};

/// A record that was opened, and the identifier under which it lies.
pub(crate) struct OpenedRecord {
    id: String,
    pub(crate) plain: Zeroizing<Vec<u8>>,
}

/// Tells of which kind records of a vault are.
pub(crate) struct Identifiers<'a>(&'a VaultKey);

impl Identifiers<'_> {
    /// How the identifiers of a kind begin.
    pub(crate) fn of_kind(&self, kind: &str) -> String {
        self.0.kind_prefix(kind)
    }
}

impl OpenedRecord {
    /// Whether its identifier begins so.
    pub(crate) fn begins_with(&self, prefix: &str) -> bool {
        self.id.starts_with(prefix)
    }
}

impl Vault {
    /// Every record, read at one moment.
    pub(crate) async fn everything(&self) -> Result<Vec<OpenedRecord>, VaultError> {
        let sealed = self.tenant.read(&ReadAll).await?;
        let open = |one: Sealed| {
            let plain = self.key.open(one.id(), one.data())?;
            Ok(OpenedRecord { id: one.id().to_owned(), plain })
        };
        sealed.into_iter().map(open).collect()
    }

    pub(crate) const fn identifiers(&self) -> Identifiers<'_> {
        Identifiers(&self.key)
    }

    /// A record of this kind and name, as it is, sealed for this vault.
    pub(super) fn sealed_as_it_is(&self, kind: &str, name: &str, plain: &[u8]) -> Result<Sealed, VaultError> {
        let id = self.key.identifier(kind, name);
        let data = self.key.seal(&id, plain, self.environment().randomness())?;
        Ok(Sealed::new(id, data))
    }
}

struct ReadAll;

impl View for ReadAll {
    const NAME: &'static str = "wallet-everything";
    type Output = Vec<Sealed>;

    async fn read(&self, reader: &mut Reader) -> Result<Vec<Sealed>, StoreFault> {
        let (mut all, mut range) = (Vec::new(), Range::all());
        loop {
            let page = reader.list::<Sealed>(range.clone(), store::MAX_PAGE).await?;
            all.extend(page.items);
            match page.next {
                Some(cursor) => range = range.after(&cursor),
                None => return Ok(all),
            }
        }
    }
}
