//! X.509 paths with roles, registration certificates and the network list.
