//! The holder's wallet: vault, credentials, consent, spaces, history.
