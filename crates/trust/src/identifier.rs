//! The shapes of a DID and of a host name, as far as certificates and lists need them.

/// Whether `text` has the form of a DID (DID Core 1.0 §3.1): no path, query or fragment.
#[must_use]
pub fn is_did(text: &str) -> bool {
    did::Did::parse(text).is_ok()
}

/// Whether `text` is a DNS name in lower case: no port, no address, no wildcard, no final dot.
#[must_use]
pub fn is_host(text: &str) -> bool {
    let label_is_good = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    // A name whose last label is a number, also a hexadecimal one, would be read as an IPv4 address by URL parsers.
    let is_number = |label: &str| match label.strip_prefix("0x") {
        Some(rest) => rest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    };
    let ends_in_number = text.rsplit('.').next().is_some_and(is_number);
    text.len() <= 253 && !ends_in_number && text.split('.').all(label_is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_url_is_not_a_did() {
        assert!(is_did("did:webvh:QmExample:harbour.localhost%3A8080"));
        for other in [
            "",
            "did:",
            "did:web:",
            "did:web:x:",
            "did:Web:x",
            "did:web:x#key",
            "did:web:x/y",
            "https://x",
            "did:web:x?y",
        ] {
            assert!(!is_did(other), "{other}");
        }
    }

    #[test]
    fn a_host_is_a_dns_name_in_lower_case_and_nothing_else() {
        assert!(is_host("harbour.localhost") && is_host("localhost") && is_host("xn--caf-dma.example"));
        for other in [
            "",
            "Harbour.example",
            "harbour.example:443",
            "10.0.0.1",
            "127.0.0.0x1",
            "0x7f000001",
            "kiln.0x",
            "*.example",
            "a..b",
            "a.",
            "-a.example",
            "a/b",
            "[::1]",
        ] {
            assert!(!is_host(other), "{other}");
        }
    }
}
