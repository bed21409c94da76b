//! The network authority: admission, registration certificates, network list.
