//! Fetches DID documents and caches them.
