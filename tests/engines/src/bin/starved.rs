//! The process of the test in `descriptors.rs`: takes every file descriptor that it may have and then goes on writing.
//!
//! `store-starved FOLDER CHANGES`: makes so many changes before, while and after there is no descriptor left, and prints
//! the last number reached each time.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use engines::{CountUp, tenant};
use environment::Environment;
use store::{Store, Tenant};
use store_sled::Sled;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: store-starved FOLDER CHANGES");
    let folder = next()?;
    let changes: u64 = next()?.parse()?;
    let engine = Sled::open(Path::new(&folder))?;
    let harbour = Store::new(Arc::new(engine), Environment::system()).tenant(&tenant()?);
    count(&harbour, changes).await?;
    let taken = take_all_descriptors();
    count(&harbour, changes).await?;
    drop(taken);
    count(&harbour, changes).await?;
    // The store is closed as it was used: without a descriptor to spare.
    let taken = take_all_descriptors();
    drop(harbour);
    drop(taken);
    Ok(())
}

/// Opens files until the system refuses.
fn take_all_descriptors() -> Vec<File> {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken
}

async fn count(harbour: &Tenant, changes: u64) -> Result<(), Box<dyn Error>> {
    let mut last = 0;
    for _ in 0..changes {
        let leaf = engines::leaf(0, harbour.environment().randomness());
        last = harbour.commit(&CountUp { writer: 0, leaf }).await.map_err(|fault| fault.to_string())?;
    }
    Ok(writeln!(std::io::stdout(), "{last}")?)
}
