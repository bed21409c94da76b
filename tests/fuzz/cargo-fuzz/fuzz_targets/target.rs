//! The one binary: runs the target that PASSPORT_FUZZ_TARGET names.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();
    let run = TARGET.get_or_init(|| {
        let name = std::env::var("PASSPORT_FUZZ_TARGET").expect("PASSPORT_FUZZ_TARGET names a target");
        fuzz::target(&name).unwrap_or_else(|| panic!("there is no target {name}")).run
    });
    run(input);
});
