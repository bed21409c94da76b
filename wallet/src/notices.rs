//! A member is told that something came while the wallet is locked: by Web Push without a word in it, and by e-mail where nobody looked
//! (decision 0034 §3, §4). What is told is that there is news, never what or from whom.
//!
//! - [`Notifier`]: the key of whoever keeps wallets; its tickets, links and the key that push services know it by.
//! - [`Notices`]: what a member wants, and when they were told and looked last.
//! - [`push`]: one push as a request (RFC 8030, RFC 8292).
//! - [`Notifier::work`]: the pushes and mails that are due.

mod kept;
mod notifier;
mod push;
mod working;

pub use kept::{Browser, LONGEST_ADDRESS, MailWish, Notices};
pub use notifier::{Link, Notifier, NotifierError};
pub use push::{NotAnEndpoint, endpoint};
pub use working::{NewsLetters, Outgoing};

#[cfg(test)]
mod tests;
