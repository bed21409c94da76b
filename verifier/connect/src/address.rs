//! The addresses of a site: registered whole, compared letter by letter (RFC 9700 §2.1).

use url::{Host, Url};

/// Longest address, in bytes.
pub const LONGEST: usize = 1_024;

/// The address, if a site may register it: https, or http on the machine of whoever builds the site (RFC 8252 §7.3), without
/// fragment, name or password, and written as URLs are normally.
#[must_use]
pub fn checked(text: &str) -> Option<Url> {
    let url = secure(text).filter(|_| text.len() <= LONGEST)?;
    // What is written otherwise than browsers write it would be compared with what they send.
    let is_normal = url.as_str() == text || url.as_str() == format!("{text}/");
    is_normal.then_some(url)
}

/// The address, if it is https, or http on this machine, without fragment, name or password.
pub(crate) fn secure(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_own_machine = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_own_machine);
    let is_plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    (is_safe && is_plain).then_some(url)
}

/// Origin of a checked address, for a policy that lets a form end there.
#[must_use]
pub fn origin(text: &str) -> String {
    Url::parse(text).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// `address` with more parameters behind those that it has.
#[must_use]
pub fn with_parameters<'a>(address: &str, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let more = openid4vc::form::encode(more);
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_sent_back_to_over_https_or_to_its_builders_own_machine() {
        for fine in [
            "https://book.example.org/back",
            "https://book.example.org",
            "https://book.example.org:8443/back?via=kiln",
            "http://localhost:3000/back",
            "http://book.localhost/back",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000/",
        ] {
            assert!(checked(fine).is_some(), "{fine}");
        }
        for near in [
            "http://book.example.org/back",
            "http://localhost.example.org/back",
            "http://10.0.0.1/back",
            "https://book.example.org/back#part",
            "https://ines@book.example.org/back",
            "https://ines:secret@book.example.org/back",
            "https://book.example.org/a/../back",
            "HTTPS://book.example.org/back",
            "https://book.example.org/b ack",
            "javascript:alert(1)",
            "org.example.book:/back",
            "/back",
            "",
        ] {
            assert!(checked(near).is_none(), "{near}");
        }
        let long = format!("https://book.example.org/{}", "a".repeat(LONGEST));
        assert!(checked(&long).is_none());
    }

    #[test]
    fn an_answer_stands_behind_the_parameters_that_are_there() {
        let more = [("code", "a b"), ("iss", "https://kiln/connect")];
        assert_eq!(
            with_parameters("https://x/y", more),
            "https://x/y?code=a+b&iss=https%3A%2F%2Fkiln%2Fconnect"
        );
        assert_eq!(with_parameters("https://x/y?z=1", [("code", "a")]), "https://x/y?z=1&code=a");
        assert_eq!(origin("https://x.example:8443/y"), "https://x.example:8443");
    }
}
