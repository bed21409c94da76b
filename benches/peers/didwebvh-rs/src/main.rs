//! didwebvh-rs: resolves the logs that our own writer made.

use didwebvh_rs::prelude::*;
use peer::{file, measure};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for entries in [1_usize, 10, 100] {
        let (log, did) = (file(&format!("log-{entries}.jsonl")), file(&format!("log-{entries}.did")));
        let resolve = |log: &str| {
            runtime.block_on(async {
                let mut state = DIDWebVHState::default();
                state.resolve_log_owned(&did, log, None).await
            })
        };
        let newest = format!("{entries}-");
        let (_, metadata) = resolve(&log).unwrap();
        assert!(metadata.version_id.starts_with(&newest), "{}", metadata.version_id);
        let place = log.rfind("OID4VCI").unwrap();
        let bad = format!("{}OID4VCX{}", &log[..place], &log[place + 7..]);
        assert!(resolve(&bad).is_ok_and(|(_, metadata)| !metadata.version_id.starts_with(&newest)) || resolve(&bad).is_err());
        measure(&format!("webvh_{entries}"), || resolve(&log).unwrap());
    }
}
