//! The directory of a space: what its members publish, to whoever may see it (decision 0037).
//!
//! - [`hello`]: what one member says to another through the space.
//! - [`listing`]: under which random name somebody is listed, as long as they publish something.
//! - [`people`]: what is shown, built from the contacts at each load and from nothing else (decision 0036).
//! - [`reach`]: whether there is a directory, and for whom: the team's setting.
//! - [`visiting`]: members of the brand's other spaces, who may see it.

pub mod hello;
pub mod listing;
pub mod people;
pub mod reach;
pub mod visiting;
