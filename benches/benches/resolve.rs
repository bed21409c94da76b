//! Resolving did:webvh logs of 1, 10 and 100 entries, from memory: every hash, proof and rule of every entry.
#![allow(missing_docs, reason = "divan's macros make the entry points")]
#![expect(clippy::unwrap_used, reason = "a benchmark over fixed logs")]

use benches::{LENGTHS, NOW, webvh_log};
use did::resolution::Version;
use did::webvh::{Log, resolve_log};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

#[divan::bench(args = LENGTHS)]
fn webvh(bencher: Bencher<'_, '_>, entries: usize) {
    let (did, log) = webvh_log(entries);
    bencher.bench(|| resolve_log(&did, black_box(log.as_bytes()), None, &Version::Latest, NOW).unwrap());
}

/// 99 entries are known; one more comes.
#[divan::bench]
fn webvh_one_more(bencher: Bencher<'_, '_>) {
    let (did, text) = webvh_log(100);
    let last = text.trim_end().rfind('\n').unwrap();
    let (known, new) = (text.get(..last).unwrap(), text.get(last..).unwrap().trim());
    let inputs = bencher.with_inputs(|| Log::verify(known.as_bytes(), NOW).unwrap());
    inputs.bench_values(|mut log| {
        log.push(new.as_bytes(), NOW).unwrap();
        log.resolve(&did, &Version::Latest).unwrap()
    });
}
