//! The same jobs with the allocator of the product, which wipes what is freed (specs/decisions/0028): beside the figures of `jobs` they tell what
//! that costs.
#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

use std::process::ExitCode;

use benches::measure::{LONG, measure};

/// As in the product.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<mimalloc::MiMalloc> =
    zeroizing_alloc::ZeroAlloc(mimalloc::MiMalloc);

fn main() -> ExitCode {
    // With the bare jobs, so that both programs are as warm when a job begins.
    match serde_json::to_string(&measure(&benches::all(), LONG, |_| ())) {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}
