//! SD-JWT VC, key binding, type metadata, status lists and DCQL.
