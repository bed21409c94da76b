//! Addresses as a person reads them.

use url::Url;
use wallet::shown;
use web::Words;

/// The host in an address, as it is compared: what looks like another name is in its `xn--` spelling (RFC 5891 §4.4).
pub(crate) fn host_of(address: &str) -> String {
    let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.map_or_else(|| shown(address), |host| shown(&host))
}

/// What is to be known of a host whose letters may look like others.
pub(crate) fn lookalike(words: Words, host: &str) -> Option<String> {
    let is_spelled_otherwise = |label: &str| {
        label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")) || !label.is_ascii()
    };
    host.split('.').any(is_spelled_otherwise).then(|| words.say("host-lookalike"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_looks_like_another_is_spelled_out_with_a_hint() {
        // The second letter is Ukrainian.
        let host = host_of("https://k\u{456}ln.example/oid4vp?x=y");
        assert_eq!(host, "xn--kln-jhd.example");
        for lookalike_host in [host.as_str(), "join.XN--KLN-jhd.example", "k\u{456}ln.example"] {
            assert!(lookalike(Words::default(), lookalike_host).is_some(), "{lookalike_host}");
        }
        for plain in ["kiln.example", "", "xn-kiln.example", "kiln-north.localhost"] {
            assert_eq!(lookalike(Words::default(), plain), None, "{plain}");
        }
        assert_eq!(host_of("https://user:pass@kiln.example@evil.example/"), "evil.example");
        assert_eq!(host_of("no address\u{202e}"), "no address\\u{202e}");
    }
}
