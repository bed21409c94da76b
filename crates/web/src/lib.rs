//! The server kit: host router, sessions, CSRF, CSP, limits, errors, catalogue.
