//! The page on which a browser ends. It holds nothing of what came: no address, no code.

/// What is said to whoever came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The awaited answer came with a code.
    Back,
    /// The awaited answer is a no, as after a cancellation.
    Nothing,
    /// Nobody waits for this.
    Other,
}

impl Said {
    /// By whether the awaited address tells of an error (RFC 6749 §4.1.2.1).
    pub(super) fn about(target: &str) -> Self {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let is_no = query.split('&').any(|pair| pair.split('=').next() == Some("error"));
        if is_no { Self::Nothing } else { Self::Back }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Back => (
                "Back in the wallet",
                "The wallet goes on in the terminal and tells there what it got. Close this page.",
            ),
            Self::Nothing => (
                "Nothing was given",
                "You or the issuer said no, and the wallet got nothing. Close this page; the terminal says more.",
            ),
            Self::Other => ("Not awaited", "The wallet does not wait for this, and nothing was changed."),
        }
    }
}

/// The colours and sizes of the network's own pages (crates/web/assets/style.css).
const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f6f7f5;--surface:#fff;--text:#16211f;--hairline:#d5dbd9}\
@media(prefers-color-scheme:dark){:root{--ground:#111716;--surface:#1a2221;--text:#ecf1ef;--hairline:#33403e}}\
body{margin:0;padding:1.5rem;background:var(--ground);color:var(--text);font:1.0625rem/1.55 system-ui,sans-serif}\
main{max-width:40rem;margin:0 auto;padding:1.25rem;background:var(--surface);border:1px solid var(--hairline);\
border-radius:.625rem}h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5em}p{margin:0}";

/// A whole answer.
pub(super) fn page(status: &str, said: Said) -> String {
    let (title, text) = said.words();
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title} · Passport wallet</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p></main></body></html>\n"
    );
    // The address holds the code: nobody is told where the browser came from, and nothing is kept.
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_cancelled_is_not_told_that_the_wallet_got_something() {
        assert_eq!(Said::about("/return?code=x&state=y"), Said::Back);
        assert_eq!(Said::about("/return?state=y&error=access_denied"), Said::Nothing);
        assert_eq!(Said::about("/return?code=x&error_description=z&state=y"), Said::Back);
        let (back, nothing) = (page("200 OK", Said::Back), page("200 OK", Said::Nothing));
        assert!(back.contains("tells there what it got") && !back.contains("Nothing was given"), "{back}");
        assert!(nothing.contains("Nothing was given") && nothing.contains("name=\"viewport\""), "{nothing}");
        let length = back.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0;
        assert_eq!(length.parse(), Ok(back.split_once("\r\n\r\n").unwrap().1.len()));
    }
}
