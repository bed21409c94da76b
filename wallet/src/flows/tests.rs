//! The flows against a small network that is played by a script: an office, a space, an operator.

mod accepting;
mod collecting;
mod marks;
mod presenting;
mod refusals;
mod stage;
mod upkeep;
