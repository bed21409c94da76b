//! DID methods key, jwk, web and webvh as pure functions, and the passport number.
