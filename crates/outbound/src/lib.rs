//! The guarded HTTP client and SMTP.
