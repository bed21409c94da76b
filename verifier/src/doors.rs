//! Doors that members open (decision 0041).
//!
//! ```text
//! somebody of the team opens a screen at the door ──► a code, another one every few seconds
//! a member scans it ──► Space::arrive ──► a ticket of this browser ──► signed in ──► Space::open_door ──► one request, or none
//! ```
//!
//! - [`managing`]: which doors there are, whom each is for, and the request that opens it ([`template`]).
//! - [`screens`]: the screens beside them, which go with the access of whoever opened them.
//! - [`code`]: what a screen shows, and what a browser holds that has scanned it. Neither is stored.
//! - [`opening`]: from a membership to a request, once and never later.

pub mod code;
pub mod managing;
pub mod opening;
pub mod records;
pub mod screens;
pub mod template;
