//! OpenID4VP verifier endpoints over the store, shared by offices and spaces.
