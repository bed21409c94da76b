//! Files as a wallet writes them, and files as they must not be.

mod closing;
mod files;
mod moving;
mod vector;

use std::sync::Arc;

use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use outbound::{Fetch, Fetching, OutboundError};
use serde_json::Value;
use store::memory::Memory;

use super::*;
use crate::records::DetailName;
use crate::testing::{MadeSpace, make_member};
use crate::trust::NetworkTrust;
use crate::vault::{Cost, NewWay, Passphrase, RecoveryCode, Secret, Vault, VaultId, Vaults};
use crate::wallet::Wallet;

pub(super) const FILE_WORDS: &str = "words of the file";
const DID: &str = "did:web:harbour.example.org";

/// Nobody is called; it only says whether somebody would have been.
struct Nowhere;

impl Fetch for Nowhere {
    fn fetch(&self, _: outbound::Request) -> Fetching<'_> {
        Box::pin(std::future::ready(Err(OutboundError::Busy)))
    }
}

fn environment(seed: u64) -> Environment {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    Environment::new(clock, Arc::new(SeededRandomness::new(seed)))
}

pub(super) fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

const fn by(passphrase: &Passphrase) -> NewWay<'_> {
    NewWay::Passphrase(passphrase, Cost::LEAST)
}

async fn wallet_of(vault: Vault, environment: &Environment) -> Wallet {
    let vault = Arc::new(vault);
    let fetch: Arc<dyn Fetch> = Arc::new(Nowhere);
    let resolver = Arc::new(did::SelfContainedResolver);
    let trust =
        NetworkTrust::load(vault.clone(), fetch.clone(), resolver, environment.clone()).await.unwrap();
    Wallet::new(vault, fetch, Arc::new(trust), environment.clone())
}

/// A wallet that is a member somewhere, has details of its own, and its recovery code.
async fn lived_in(seed: u64) -> (Wallet, RecoveryCode) {
    let environment = environment(seed);
    let (vault, code) =
        Vault::create_on(Arc::new(Memory::new()), &by(&passphrase("words of before")), &environment)
            .await
            .unwrap();
    let given = [("email", "profile", Value::from("ada@example.org"))];
    let space =
        MadeSpace { did: DID, name: "Harbour", host: "harbour.example.org", is_office: false, given: &given };
    make_member(&vault, &space).await.unwrap();
    let wallet = wallet_of(vault, &environment).await;
    wallet.set_own_detail(DetailName::new("bio").unwrap(), Value::from("canary-bio")).await.unwrap();
    (wallet, code)
}

/// A file of such a wallet.
async fn file(purpose: Purpose) -> (Vec<u8>, Wallet, RecoveryCode) {
    let (wallet, code) = lived_in(7).await;
    let file = wallet.export(purpose, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    (file, wallet, code)
}

async fn opened(file: &[u8]) -> Result<WalletFile, FileError> {
    WalletFile::open(file, &FileKey::Passphrase(&passphrase(FILE_WORDS))).await
}

/// A store that fails for good after so many commits that write.
struct Cut {
    engine: Arc<dyn store::Engine>,
    left: Arc<std::sync::atomic::AtomicUsize>,
}

impl Cut {
    fn new(engine: Arc<dyn store::Engine>, commits: usize) -> Self {
        Self { engine, left: Arc::new(commits.into()) }
    }
}

impl store::Engine for Cut {
    fn begin(
        &self,
        mode: store::Mode,
    ) -> store::BoxFuture<'_, Result<Box<dyn store::EngineTx>, store::StoreFault>> {
        Box::pin(async move {
            let tx = self.engine.begin(mode).await?;
            Ok(Box::new(CutTx { tx, left: Arc::clone(&self.left) }) as Box<dyn store::EngineTx>)
        })
    }

    fn outcome_can_be_unknown(&self) -> bool {
        // As the engine of the product: no marks of commits are left in the store.
        false
    }

    fn wakes(&self) -> store::Wakes {
        self.engine.wakes()
    }
}

struct CutTx {
    tx: Box<dyn store::EngineTx>,
    left: Arc<std::sync::atomic::AtomicUsize>,
}

impl store::EngineTx for CutTx {
    fn get<'a>(
        &'a mut self,
        key: &'a [u8],
    ) -> store::BoxFuture<'a, Result<Option<Vec<u8>>, store::StoreFault>> {
        self.tx.get(key)
    }

    fn scan<'a>(
        &'a mut self,
        range: &'a store::KeyRange,
        limit: usize,
        direction: store::Direction,
    ) -> store::BoxFuture<'a, Result<store::Entries, store::StoreFault>> {
        self.tx.scan(range, limit, direction)
    }

    fn commit(
        self: Box<Self>,
        writes: store::WriteSet,
    ) -> store::BoxFuture<'static, Result<store::CommitId, store::StoreFault>> {
        use std::sync::atomic::Ordering::SeqCst;
        let is_write = !writes.writes.is_empty();
        let goes = self
            .left
            .fetch_update(SeqCst, SeqCst, |left| if is_write { left.checked_sub(1) } else { Some(left) });
        match goes {
            Ok(_) => self.tx.commit(writes),
            Err(_) => Box::pin(std::future::ready(Err(store::StoreFault::unavailable("cut off")))),
        }
    }
}
