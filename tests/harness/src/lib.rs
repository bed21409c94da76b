//! What the tests share: processes, vectors, canaries.

pub mod vectors;
