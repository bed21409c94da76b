//! A space: rules, requests, sign-ups, contacts.
