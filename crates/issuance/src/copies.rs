//! The copies of a batch: each signed under a key of its own, with fresh salts and a place of its own in a status list.

use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::vc::{self, StatusReference};
use jose::Jwk;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::SecretText;
use openid4vc::vci::credential::{CredentialError, CredentialResponse};
use openid4vc::vci::issuer::Order;
use store::{MAX_PAGE, Range, Reader, StoreFault};

use crate::changes::{HandOut, MoveFlow, Overtaken, split, used};
use crate::issue::{Refusal, TRIES, crowded, refused};
use crate::minting::Minted;
use crate::records::{BySubject, FlowRecord, RevokedEntry, StatusEntry, Unconfirmed, Used};
use crate::routes::CredentialRefusal;
use crate::service::Issuance;
use crate::status::Place;

/// How many batches of one configuration a subject may have living at a time. It bounds what has to be revoked, and what
/// one subject takes of a week's status lists: a copy lives for more than a week, so within a week nobody takes more than
/// these places of the 64 lists of 2^20. Who shows each copy once and asks anew when one is left comes to it after some
/// ninety copies in two weeks.
const MOST_BATCHES: u64 = 10;

/// Living copies that can be counted in one page beside those that have just expired.
const MOST_LOOKED_AT: usize = MAX_PAGE / 2;

/// Everything of a granted credential request, ready to be stored.
pub(crate) struct Prepared {
    pub(crate) next: FlowRecord,
    pub(crate) proof: Option<Used>,
    pub(crate) order: Order,
    pub(crate) minted: Minted,
    /// Whether it was promised: then it is noted what is given, as it may have to be given again.
    pub(crate) is_promised: bool,
    pub(crate) copies: Vec<SignedCopy>,
}

/// One signed copy.
pub(crate) struct SignedCopy {
    credential: SecretText,
    place: Place,
}

impl Issuance {
    /// One copy for each key, in no telling order.
    pub(crate) async fn sign_copies(
        &self,
        mut prepared: Prepared,
    ) -> Result<Prepared, Refusal<CredentialRefusal>> {
        let places = self.inner.status.draw_places(prepared.order.keys.len()).await?;
        for (key, place) in prepared.order.keys.iter().zip(places) {
            prepared.copies.push(self.sign_copy(&prepared, key, place)?);
        }
        Ok(prepared)
    }

    /// Stores what was signed. Where others took a place meanwhile, that copy alone is signed again with another.
    pub(crate) async fn hand_out(
        &self,
        read: &FlowRecord,
        prepared: &mut Prepared,
    ) -> Result<Result<(), Overtaken>, Refusal<CredentialRefusal>> {
        for _ in 0..TRIES {
            let change = self.handing_out(read, prepared);
            match self.inner.tenant.commit(&change).await.map_err(split) {
                Ok(()) => return Ok(Ok(())),
                Err(Ok(Overtaken::PlacesTaken(taken))) => self.sign_again(prepared, &taken).await?,
                // Fewer copies than keys are in order (OpenID4VCI §8.3): who asks for more than fits goes not without.
                Err(Ok(Overtaken::RoomFor(copies))) => prepared.copies.truncate(copies),
                Err(Ok(overtaken)) => return Ok(Err(overtaken)),
                Err(Err(fault)) => return Err(fault.into()),
            }
        }
        Err(crowded())
    }

    fn handing_out<'a>(&'a self, read: &'a FlowRecord, prepared: &'a Prepared) -> MoveFlow<'a> {
        let environment = &self.inner.environment;
        let entry = Entry::new(EntryKind::Issued, environment.now())
            .with_purpose(prepared.order.configuration.clone())
            .about(prepared.minted.disclosable.keys().map(String::as_str));
        let mut next = prepared.next.clone();
        let given = prepared.is_promised.then(|| prepared.unconfirmed());
        let replaced = given.map(|given| next.note_given(given)).unwrap_or_default();
        let copies = HandOut {
            minting: self.inner.minting.as_ref(),
            configuration: &prepared.order.configuration,
            entries: prepared.entries(),
            replaced,
            most: self.most_copies(),
            leaf: Leaf::new(LeafId::generate(environment.randomness()), &entry),
        };
        let nonces = prepared.order.nonces.iter().map(|nonce| used(nonce.hash, nonce.expires_at));
        MoveFlow { read, next, proof: prepared.proof.clone(), nonces: nonces.collect(), copies: Some(copies) }
    }

    /// How many copies more of `configuration` may be issued to `subject` now. It is asked again where copies are handed
    /// out.
    ///
    /// # Errors
    /// The store.
    pub async fn room(
        &self,
        reader: &mut Reader,
        subject: &str,
        configuration: &str,
    ) -> Result<usize, StoreFault> {
        room(reader, subject, configuration, self.most_copies()).await
    }

    /// The most copies of one request.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        usize::try_from(self.inner.settings.batch_size.max(1)).unwrap_or(usize::MAX)
    }

    fn most_copies(&self) -> usize {
        let most = self.inner.settings.batch_size.max(1).saturating_mul(MOST_BATCHES);
        usize::try_from(most).unwrap_or(MOST_LOOKED_AT).min(MOST_LOOKED_AT)
    }

    async fn sign_again(
        &self,
        prepared: &mut Prepared,
        taken: &[usize],
    ) -> Result<(), Refusal<CredentialRefusal>> {
        let places = self.inner.status.draw_places(taken.len()).await?;
        for (position, place) in taken.iter().zip(places) {
            let Some(key) = prepared.order.keys.get(*position) else { continue };
            let copy = self.sign_copy(prepared, key, place)?;
            if let Some(earlier) = prepared.copies.get_mut(*position) {
                *earlier = copy;
            }
        }
        Ok(())
    }

    fn sign_copy(
        &self,
        prepared: &Prepared,
        key: &Jwk,
        place: Place,
    ) -> Result<SignedCopy, Refusal<CredentialRefusal>> {
        let inner = &self.inner;
        let credential_refused = |error| refused(CredentialRefusal::Credential(error));
        let issuing_key = &inner.identity.issuing;
        let configuration = inner.configurations.get(&prepared.order.configuration);
        let configuration =
            configuration.ok_or_else(|| credential_refused(CredentialError::UnknownConfiguration))?;
        let chain = issuing_key.chain_der();
        let issuing = vc::Issuing {
            vct: &configuration.vct,
            claims: prepared.minted.disclosable.clone(),
            // Each age is shown by itself, and none brings another along.
            frame: Frame::Everything { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(key),
            issued_at: Some(prepared.minted.issued_at),
            not_before: None,
            expires: Some(prepared.minted.expires_at),
            status: Some(&StatusReference { uri: inner.status.address(&place.list), index: place.index }),
        };
        let randomness = inner.environment.randomness();
        let credential = vc::issue(issuing, SignAs::X5c(&chain), issuing_key.signer.as_ref(), randomness)
            .map_err(|error| {
                tracing::error!(%error, "a credential could not be signed");
                credential_refused(CredentialError::Denied)
            })?;
        Ok(SignedCopy { credential: SecretText::new(credential), place })
    }
}

/// How many copies are left of `most` that may live at a time.
pub(crate) async fn room(
    reader: &mut Reader,
    subject: &str,
    configuration: &str,
    most: usize,
) -> Result<usize, StoreFault> {
    let range = Range::prefix(store::Key::from(subject).then(configuration));
    // A place is kept for a day after its copy has expired. Copies expire at midnight, so those of one midnight stand
    // between the living ones, and there were no more of them than may live at a time.
    let page = reader.page::<BySubject>(range, most.saturating_mul(2)).await?.items;
    let now = reader.now().seconds();
    let living = page.iter().filter(|entry| entry.until > now).count();
    Ok(most.saturating_sub(living))
}

impl Prepared {
    /// What the wallet is sent (OpenID4VCI §8.3).
    pub(crate) fn response(self) -> CredentialResponse {
        CredentialResponse {
            credentials: self.copies.into_iter().map(|copy| copy.credential).collect(),
            notification_id: Some(self.order.notification_id),
        }
    }

    fn unconfirmed(&self) -> Unconfirmed {
        let copies = self.entries().into_iter().map(RevokedEntry::from).collect();
        Unconfirmed { configuration: self.order.configuration.clone(), copies }
    }

    fn entries(&self) -> Vec<StatusEntry> {
        let entry = |copy: &SignedCopy| StatusEntry {
            list: copy.place.list.clone(),
            index: copy.place.index,
            subject: self.next.subject.clone(),
            configuration: self.order.configuration.clone(),
            until: self.minted.expires_at.seconds(),
        };
        self.copies.iter().map(entry).collect()
    }
}
