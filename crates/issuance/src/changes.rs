//! The changes that move a flow. States and signatures are made before; here it is only checked that nothing has
//! moved meanwhile.

use openid4vc::secret::SecretHash;
use store::{Change, Fault, Insertion, Job, StoreFault, Tx};

use crate::COMPLETE;
use crate::records::{FlowRecord, StatusEntry, Used};

/// Why a prepared step is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overtaken {
    /// Another request has moved the flow: read it again.
    Moved,
    /// The DPoP proof was used before.
    ProofReplayed,
    /// The c_nonce was used before.
    NonceUsed,
    /// A place in the status list is taken: draw others.
    PlaceTaken,
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
    /// Places in the status list for the copies that were signed.
    pub(crate) entries: Vec<StatusEntry>,
    /// The entry in the audit log.
    pub(crate) leaf: Option<ledger::Leaf>,
}

impl Change for MoveFlow<'_> {
    const NAME: &'static str = "move-issuance-flow";
    type Output = ();
    type Refusal = Overtaken;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Overtaken>> {
        let current = tx.get::<FlowRecord>(&self.read.id).await?;
        if current.is_none_or(|current| current.revision != self.read.revision) {
            return Err(Fault::Refused(Overtaken::Moved));
        }
        if let Some(proof) = &self.proof {
            use_once(tx, proof, Overtaken::ProofReplayed).await?;
        }
        for nonce in &self.nonces {
            use_once(tx, nonce, Overtaken::NonceUsed).await?;
        }
        for entry in &self.entries {
            if tx.insert_new(entry).await? == Insertion::AlreadyThere {
                return Err(Fault::Refused(Overtaken::PlaceTaken));
            }
        }
        tx.put(&self.next).await?;
        if let Some(leaf) = &self.leaf {
            tx.log(leaf.clone()).await?;
        }
        if matches!(self.next.flow, openid4vc::vci::issuer::Flow::Issued(_)) && !self.entries.is_empty() {
            let id = format!("{COMPLETE}-{}", self.next.id);
            let _ = tx.enqueue(Job::new(COMPLETE, id, &self.next.subject)?).await?;
        }
        Ok(())
    }
}

async fn use_once(tx: &mut Tx, used: &Used, refusal: Overtaken) -> Result<(), Fault<Overtaken>> {
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
