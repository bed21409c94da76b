//! Looking into the errors of libraries.

use std::error::Error;

/// `error`, what caused it, what caused that, and so on.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause: &'a (dyn Error + 'static) = next?;
        next = cause.source();
        Some(cause)
    })
}

/// The TLS failure that `cause` is: they travel inside I/O errors, sometimes two deep, whose source skips what they hold.
pub(crate) fn tls_failure<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut inner = cause;
    while let Some(held) = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        inner = held;
    }
    inner.downcast_ref()
}
