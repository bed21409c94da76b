//! URLs from outside: https, or http on this machine's own names for development.
//!
//! Whether even a loopback address may be contacted is the outbound client's decision.

use url::{Host, Url};

/// Longest URL that is read, in bytes.
pub const LONGEST: usize = 4_096;

/// Why a URL is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not an absolute URL, or too long.
    #[error("not an absolute URL")]
    Malformed,
    /// Neither https nor http on a loopback name.
    #[error("only https is used")]
    NotHttps,
    /// User name, password or fragment in the URL.
    #[error("a URL of these protocols carries no user name and no fragment")]
    Decorated,
}

/// Reads a URL to which a request may be sent. The text is kept by the caller where it must be compared exactly.
///
/// # Errors
/// See [`AddressError`].
pub fn parse(text: &str) -> Result<Url, AddressError> {
    // A URL is visible ASCII (RFC 3986 §2). Readers of browsers drop invisible characters and turn a backslash: what is
    // called would not be what is written.
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(AddressError::Malformed);
    }
    let url = Url::parse(text).map_err(|_| AddressError::Malformed)?;
    match url.scheme() {
        "https" if url.host().is_some() => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(AddressError::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(AddressError::Decorated);
    }
    if !is_written_as_read(text, &url) {
        return Err(AddressError::Malformed);
    }
    Ok(url)
}

/// Whether the host stands in the text as readers of browsers read it. They take `0x7f.1` and `2130706433` for `127.0.0.1`, turn
/// `%61` to `a` and guess slashes that are missing: a person, or another reader, would see another host.
fn is_written_as_read(text: &str, url: &Url) -> bool {
    let (Some((_, written)), Some(read)) = (text.split_once("://"), url.host_str()) else { return false };
    let authority = written.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        // A colon within brackets is the address's own.
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    };
    match url.host() {
        // An IPv6 address has more than one usual spelling, and none that is another kind of host.
        Some(Host::Ipv6(_)) => host.starts_with('['),
        _ => host.eq_ignore_ascii_case(read),
    }
}

/// Whether the host is this machine: `localhost`, `*.localhost` (RFC 6761 §6.3), or a loopback address.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Inserts a well-known path between host and path of an issuer (RFC 8414 §3.1, OpenID4VCI 1.0 §12.2.2);
/// a slash at the end of the path is left out.
///
/// # Errors
/// See [`AddressError`]; an issuer has no query either.
pub fn well_known(issuer: &str, name: &str) -> Result<String, AddressError> {
    let url = parse(issuer)?;
    if url.query().is_some() {
        return Err(AddressError::Decorated);
    }
    let path = url.path().trim_end_matches('/');
    Ok(format!("{}/.well-known/{name}{path}", url.origin().ascii_serialization()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_taken_and_http_only_on_this_machine() {
        for fine in [
            "https://office.example/a?b=c",
            "http://localhost:3000",
            "http://kiln.localhost:1/x",
            "http://127.0.0.1",
            "http://[::1]:9/",
            "http://[0:0::1]",
            "HTTPS://Office.Example:443?x",
        ] {
            assert!(parse(fine).is_ok(), "{fine}");
        }
        for other in [
            "http://office.example",
            "http://localhost.example",
            "http://10.0.0.1",
            "ftp://office.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(parse(other), Err(AddressError::NotHttps), "{other}");
        }
    }

    #[test]
    fn decorations_and_hidden_characters_are_refused() {
        for decorated in
            ["https://user@office.example/", "https://office.example/#x", "https://:p@office.example/"]
        {
            assert_eq!(parse(decorated), Err(AddressError::Decorated), "{decorated}");
        }
        for malformed in
            ["office.example", "", "https://office.example/a b", "https://office.example/\n", "https://"]
                .into_iter()
                .chain([
                    "https://offic\u{feff}e.example",
                    "https://offi\u{ad}ce.example",
                    "https:\\\\office.example",
                    "https:office.example",
                    "https:///office.example",
                    "https://offic%65.example",
                    "http://0x7f.1/",
                    "http://2130706433/",
                    "http://127.1/",
                    "http://0177.0.0.1:80/",
                ])
        {
            assert_eq!(parse(malformed), Err(AddressError::Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn a_well_known_path_is_inserted_between_host_and_path() {
        let at = |issuer: &str| well_known(issuer, "openid-credential-issuer").unwrap();
        assert_eq!(
            at("https://office.example"),
            "https://office.example/.well-known/openid-credential-issuer"
        );
        assert_eq!(
            at("https://office.example/"),
            "https://office.example/.well-known/openid-credential-issuer"
        );
        assert_eq!(
            at("https://office.example:8443/tenant/a"),
            "https://office.example:8443/.well-known/openid-credential-issuer/tenant/a"
        );
        assert_eq!(well_known("https://office.example/?a", "x"), Err(AddressError::Decorated));
    }
}
