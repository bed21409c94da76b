//! The changes that move a flow. States and signatures are made before; here it is checked that nothing has moved
//! meanwhile, and that the subject may still be given what was signed.

use openid4vc::secret::SecretHash;
use openid4vc::vci::issuer::Flow;
use store::{Change, Fault, Insertion, Job, Lanes, StoreFault, Tx};

use crate::COMPLETE;
use crate::copies::room;
use crate::minting::Minting;
use crate::records::{FlowRecord, RevokedEntry, StatusEntry, Used};
use crate::revoking::{STATUS_LISTS, revoke_copies};

/// Why a prepared step is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Overtaken {
    /// Another request has moved the flow: read it again.
    Moved,
    /// The domain has ended the entitlement.
    NotEntitled,
    /// The subject has as many living copies as it may have.
    EnoughCopies,
    /// The subject may have so many living copies more, which are fewer than were signed.
    RoomFor(usize),
    /// The DPoP proof was used before.
    ProofReplayed,
    /// The c_nonce was used before.
    NonceUsed,
    /// These of the copies have places in the status lists that were taken meanwhile: draw others.
    PlacesTaken(Vec<usize>),
}

/// Puts `next` in the place of the state that was read.
pub(crate) struct MoveFlow<'a> {
    /// The record as it was read.
    pub(crate) read: &'a FlowRecord,
    /// The record as it shall be; its revision is one more.
    pub(crate) next: FlowRecord,
    /// A DPoP proof that came along.
    pub(crate) proof: Option<Used>,
    /// Nonces that are used up.
    pub(crate) nonces: Vec<Used>,
    /// Copies that were signed.
    pub(crate) copies: Option<HandOut<'a>>,
}

/// Copies of one configuration that are handed out.
pub(crate) struct HandOut<'a> {
    /// The domain, which says whether they still may be.
    pub(crate) minting: &'a dyn Minting,
    /// The configuration.
    pub(crate) configuration: &'a str,
    /// Their places in the status lists.
    pub(crate) entries: Vec<StatusEntry>,
    /// Copies that count no more from then on, because these are given in their place.
    pub(crate) replaced: Vec<RevokedEntry>,
    /// How many living copies of the configuration the subject may have.
    pub(crate) most: usize,
    /// The entry in the audit log.
    pub(crate) leaf: ledger::Leaf,
}

impl Change for MoveFlow<'_> {
    const NAME: &'static str = "move-issuance-flow";
    type Output = ();
    type Refusal = Overtaken;

    fn lanes(&self) -> Lanes {
        let revokes = self.copies.as_ref().is_some_and(|copies| !copies.replaced.is_empty());
        if revokes { Lanes::of(STATUS_LISTS) } else { Lanes::none() }
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Overtaken>> {
        let current = tx.get::<FlowRecord>(&self.read.id).await?;
        if current.is_none_or(|current| current.revision != self.read.revision) {
            return Err(Fault::Refused(Overtaken::Moved));
        }
        if let Some(copies) = &self.copies {
            copies.check(tx, &self.next.subject).await?;
        }
        if let Some(proof) = &self.proof {
            use_once(tx, proof, Overtaken::ProofReplayed).await?;
        }
        for nonce in &self.nonces {
            use_once(tx, nonce, Overtaken::NonceUsed).await?;
        }
        tx.put(&self.next).await?;
        if let Some(copies) = &self.copies {
            copies.store(tx).await?;
        }
        if self.completes() {
            let id = format!("{COMPLETE}-{}", self.next.id);
            let _ = tx.enqueue(Job::new(COMPLETE, id, &self.next.subject)?).await?;
        }
        Ok(())
    }
}

impl MoveFlow<'_> {
    /// Whether nothing is left to be issued or given again: by the last copies, or by the wallet's word that they came.
    const fn completes(&self) -> bool {
        matches!(self.next.flow, Flow::Issued(_)) && !matches!(self.read.flow, Flow::Issued(_))
    }
}

impl HandOut<'_> {
    async fn check(&self, tx: &mut Tx, subject: &str) -> Result<(), Fault<Overtaken>> {
        if !self.minting.is_entitled(tx, subject, self.configuration).await? {
            return Err(Fault::Refused(Overtaken::NotEntitled));
        }
        match room(tx, subject, self.configuration, self.most).await? {
            0 => Err(Fault::Refused(Overtaken::EnoughCopies)),
            copies if copies < self.entries.len() => Err(Fault::Refused(Overtaken::RoomFor(copies))),
            _ => Ok(()),
        }
    }

    async fn store(&self, tx: &mut Tx) -> Result<(), Fault<Overtaken>> {
        let mut taken = Vec::new();
        for (position, entry) in self.entries.iter().enumerate() {
            if tx.insert_new(entry).await? == Insertion::AlreadyThere {
                taken.push(position);
            }
        }
        if !taken.is_empty() {
            return Err(Fault::Refused(Overtaken::PlacesTaken(taken)));
        }
        let _ = revoke_copies(tx, &self.replaced).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

pub(crate) async fn use_once(tx: &mut Tx, used: &Used, refusal: Overtaken) -> Result<(), Fault<Overtaken>> {
    match tx.insert_new(used).await? {
        Insertion::Inserted => Ok(()),
        Insertion::AlreadyThere => Err(Fault::Refused(refusal)),
    }
}

/// The record of a use.
pub(crate) const fn used(hash: SecretHash, until: environment::Timestamp) -> Used {
    Used { hash, until: until.seconds() }
}

/// A fault of the store, or the reason why the step was overtaken.
pub(crate) fn split(fault: Fault<Overtaken>) -> Result<Overtaken, StoreFault> {
    match fault {
        Fault::Refused(overtaken) => Ok(overtaken),
        Fault::Store(fault) => Err(fault),
    }
}
