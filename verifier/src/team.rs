//! Who works for the space, and what each may do (decision 0036).
//!
//! - [`Role`], [`Right`]: one table of rights; what is not in it is refused.
//! - [`people`]: who is in the team, and the links by which somebody comes in.
//! - [`passkeys`]: how they prove that it is them (WebAuthn with user verification), and nothing else.
//! - [`sessions`]: for how long a browser then acts for them.
//! - [`looks`]: every look at what members gave, and whose it was.

mod error;
pub mod looks;
pub mod passkeys;
pub mod people;
pub mod records;
mod rights;
pub mod sessions;

pub use error::TeamError;
pub use rights::{Right, Role};
