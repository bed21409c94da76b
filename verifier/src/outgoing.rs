//! What goes out of a space into software that it already has (decision 0040): webhooks, and actions by template.
//!
//! - [`events`]: what happens to a person, noted in the transaction in which it happens.
//! - [`recipients`]: where things go out to, what each may have, their secrets.
//! - [`sending`]: from a delivery to a request, at the moment of sending; retries, and what an answer means.
//! - [`signing`]: Standard Webhooks. [`template`]: which requests an action makes; [`filling`]: their bodies for one person.
//! - [`seeing`]: what went out and what is not confirmed, for the team and for the member; [`dry_run`]: what an action would send.
//!
//! A delivery names an event, a person by a random identifier and details by their names. It never holds a value: the body is
//! built from the contact when it is sent, so that nothing goes out that was taken back meanwhile.

pub mod dry_run;
pub mod events;
pub mod filling;
pub mod recipients;
pub mod records;
pub mod seeing;
pub mod sending;
pub mod signing;
pub mod template;

/// The kind of the job that destroys the key under which the identifier lies that other software gave to somebody. The payload
/// is the person and behind a space the recipient.
pub(crate) const ERASE_LINE: &str = "erase-outgoing-line";
