//! What the EUDI reference libraries test themselves with: metadata, offers and signed metadata of issuers, queries and
//! registration certificates of verifiers.
#![cfg(test)]

mod issuers;
mod verifiers;
