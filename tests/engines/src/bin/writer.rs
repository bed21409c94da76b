//! The process that the kill and power-loss tests let die: writers that count up in one store and say so on
//! standard output, one line `writer number` after each acknowledged change.
//!
//! `store-writer FOLDER WRITERS CHANGES`: with 0 changes it goes on until it is killed.

use std::error::Error;
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
    let mut next = || arguments.next().ok_or("usage: store-writer FOLDER WRITERS CHANGES");
    let folder = next()?;
    let writers: u64 = next()?.parse()?;
    let changes: u64 = next()?.parse()?;
    let engine = Sled::open(Path::new(&folder))?;
    let harbour = Store::new(Arc::new(engine), Environment::system()).tenant(&tenant()?);
    let tasks: Vec<_> =
        (0..writers).map(|writer| tokio::spawn(count(harbour.clone(), writer, changes))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn count(harbour: Tenant, writer: u64, changes: u64) -> Result<(), String> {
    let mut made = 0_u64;
    while changes == 0 || made < changes {
        let leaf = engines::leaf(writer, harbour.environment().randomness());
        let number = harbour.commit(&CountUp { writer, leaf }).await.map_err(|fault| format!("{fault:?}"))?;
        // One write, so that a line is in the pipe whole or not at all.
        let line = format!("{writer} {number}\n");
        std::io::stdout().lock().write_all(line.as_bytes()).map_err(|error| error.to_string())?;
        std::io::stdout().lock().flush().map_err(|error| error.to_string())?;
        made = made.saturating_add(1);
    }
    Ok(())
}
