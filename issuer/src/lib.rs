//! The passport office: numbers, member DID hosting, credentials, status lists.
