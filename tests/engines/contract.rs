//! What every engine must do, through the store.

mod conflicts;
mod jobs;
mod limits;
mod pages;
mod records;
