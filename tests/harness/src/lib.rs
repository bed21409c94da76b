//! What the tests share: processes, vectors, canaries.
