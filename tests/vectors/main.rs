//! Walkers over the published test vectors.
