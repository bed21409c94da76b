//! Every rule of the checklist that a log alone can break, each beside a log that keeps it.

mod approvals;
mod known;
mod moving;
mod parameters;
mod proofs;
mod properties;
mod reading;
mod scene;
mod services;
mod witnesses;
mod writing;
