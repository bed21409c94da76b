//! The flows against a small network that is played by a script: an office, a space, an operator.

mod accepting;
mod arriving;
mod authorizing;
mod collecting;
mod counter_offers;
mod interrupted;
mod mail;
mod marks;
mod member_api;
mod numbers;
mod own_did;
mod presenting;
mod queries;
mod refusals;
mod rotated;
mod sealing;
mod sent_again;
mod stage;
mod standing;
mod telling;
mod upkeep;
mod vouching;
mod waiting;
mod written_down;
