//! What of the device a page may use (W3C Permissions Policy §5): nothing, unless an answer says otherwise.

use http::{HeaderName, HeaderValue};

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("permissions-policy");

/// The policy of every answer that does not bring its own.
pub const STRICT: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()";

/// The policy of a page that looks through the camera: the page itself, and no frame in it.
#[must_use]
pub fn with_camera() -> HeaderValue {
    HeaderValue::from_str(&STRICT.replace("camera=()", "camera=(self)"))
        .unwrap_or(HeaderValue::from_static(STRICT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_looks_through_the_camera_uses_nothing_else_of_the_device() {
        let opened = with_camera();
        let opened = opened.to_str().unwrap();
        assert!(opened.starts_with("camera=(self), "));
        assert_eq!(opened.replace("(self)", "()"), STRICT);
    }
}
