//! Where an address leads.

use url::Url;

/// The host in an address.
pub(crate) fn host_of(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

/// Scheme, host and port of an address as text (RFC 6454 §6.2); none for what is no address of the web.
pub(crate) fn origin_of(address: &str) -> Option<String> {
    let origin = Url::parse(address).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// Whether both addresses have one origin (RFC 6454 §5); what is no address of the web has none.
pub(crate) fn is_same_origin(one: &str, other: &str) -> bool {
    origin_of(one).is_some_and(|origin| origin_of(other) == Some(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_make_an_origin() {
        let office = "https://office.example/follow-up/1";
        for same in
            ["https://office.example", "https://OFFICE.example:443/x?y", "https://user@office.example/"]
        {
            assert!(is_same_origin(office, same), "{same}");
        }
        for other in [
            "https://office.example:8443/follow-up/1",
            "http://office.example/follow-up/1",
            "https://kiln.office.example/",
            "https://office.example.evil.example/",
            "//office.example/",
            "",
        ] {
            assert!(!is_same_origin(office, other), "{other}");
        }
        // A `data:` address has an origin like no other, its own included (RFC 6454 §4).
        assert!(!is_same_origin("data:,x", "data:,x"));
    }
}
