//! The network's own wire messages: terms, statements, proofs of sharing.
