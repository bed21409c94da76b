//! The Content Security Policy. Nothing is allowed but what the host itself serves; no inline code.

use http::{HeaderName, HeaderValue};

/// The header's name.
pub const HEADER: HeaderName = http::header::CONTENT_SECURITY_POLICY;

/// The policy of every answer that does not bring its own.
pub const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                          connect-src 'self'; manifest-src 'self'; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A policy that opens one more thing than [`STRICT`], for one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy(String);

impl Policy {
    /// [`STRICT`].
    #[must_use]
    pub fn strict() -> Self {
        Self(STRICT.to_owned())
    }

    /// This policy with one more place where a form may end, also by redirect: an origin
    /// (`https://wallet.example.org`) or a scheme (`openid4vp:`). Anything else leaves the policy as it is.
    #[must_use]
    pub fn with_form_action(self, source: &str) -> Self {
        let allowed =
            |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, ':' | '/' | '.' | '-');
        if source.is_empty() || !source.chars().all(allowed) {
            return self;
        }
        Self(self.0.replace("form-action 'self'", &format!("form-action 'self' {source}")))
    }

    /// This policy for a page whose own scripts run WebAssembly, which is compiled in the browser (CSP Level 3 §2.3.1,
    /// `'wasm-unsafe-eval'`): it comes from this host like every other script, and text is still never run.
    #[must_use]
    pub fn with_wasm(self) -> Self {
        Self(self.0.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"))
    }

    /// The header's value.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(STRICT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_inline_and_nobody_may_frame() {
        assert!(STRICT.starts_with("default-src 'none'; "));
        assert!(STRICT.contains("frame-ancestors 'none'"));
        assert!(!STRICT.contains("unsafe") && !STRICT.contains('*') && !STRICT.contains("http"));
    }

    #[test]
    fn a_page_that_runs_wasm_may_do_that_and_nothing_else_more() {
        let opened = Policy::strict().with_wasm();
        assert_eq!(opened.0.replace(" 'wasm-unsafe-eval'", ""), STRICT);
        assert!(opened.0.contains("script-src 'self' 'wasm-unsafe-eval';"));
        assert!(!opened.0.contains("'unsafe-eval'"));
    }

    #[test]
    fn a_form_may_end_at_one_more_origin_and_nothing_else_can_be_slipped_in() {
        let opened = Policy::strict().with_form_action("https://wallet.example.org");
        assert!(opened.0.contains("form-action 'self' https://wallet.example.org;"));
        for injected in ["x; script-src *", "'unsafe-inline'", "*", "a b", ""] {
            assert_eq!(Policy::strict().with_form_action(injected), Policy::strict(), "{injected}");
        }
    }
}
