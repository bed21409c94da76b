//! Which wallet of a host a browser is of: a cookie says so beside the session. It opens nothing; whoever takes it away finds the
//! wallet again with its passkey, or by typing its name.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use wallet::{Device, VaultId};

/// The prefix makes browsers demand `Secure`, `Path=/` and no `Domain` (RFC 6265bis §4.1.3.2).
const NAME: &str = "__Host-wallet";
/// As long as browsers keep a cookie at most: 400 days (RFC 6265bis §5.5).
const SECONDS: u32 = 34_560_000;

/// The wallet that a request names. Two are none: nothing tells which of them is meant.
pub(crate) fn named_in(headers: &HeaderMap) -> Option<VaultId> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut named = texts.flat_map(|text| text.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        if name == NAME { VaultId::parse(value) } else { None }
    });
    let found = named.next()?;
    named.all(|other| other == found).then_some(found)
}

/// The `Set-Cookie` value by which a browser remembers its wallet; at a device that is not the member's until it is closed.
pub(crate) fn remembering(id: &VaultId, device: Device) -> HeaderValue {
    let lasting = match device {
        Device::Own => format!("; Max-Age={SECONDS}"),
        Device::Borrowed => String::new(),
    };
    let text = format!("{NAME}={}; Path=/; Secure; HttpOnly; SameSite=Lax{lasting}", id.as_str());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// The `Set-Cookie` value by which it forgets it.
pub(crate) const fn forgetting() -> HeaderValue {
    HeaderValue::from_static("__Host-wallet=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    #[test]
    fn a_browser_names_one_wallet_or_none() {
        let id = |seed| VaultId::fresh(&SeededRandomness::new(seed));
        let sent = |id: &VaultId| {
            remembering(id, Device::Own).to_str().unwrap().split(';').next().unwrap().to_owned()
        };
        let named = |cookies: &str| {
            named_in(&HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookies).unwrap())]))
        };
        let (first, second) = (id(1), id(2));
        assert_eq!(named(&format!("a=b; {}; c=d", sent(&first))), Some(first.clone()));
        let both = format!("{}; {}", sent(&first), sent(&second));
        for none in ["", "a=b", "__Host-wallet=", "__Host-wallet=wallet", "__Host-wallet=AA", both.as_str()] {
            assert_eq!(named(none), None, "{none}");
        }
        let (own, borrowed) = (remembering(&first, Device::Own), remembering(&first, Device::Borrowed));
        for text in [&own, &borrowed, &forgetting()] {
            for part in ["__Host-wallet=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(text.to_str().unwrap().contains(part), "{part}");
            }
        }
        assert!(own.to_str().unwrap().ends_with("; Max-Age=34560000"));
        assert!(!borrowed.to_str().unwrap().contains("Max-Age"), "it goes when the browser is closed");
        assert!(forgetting().to_str().unwrap().ends_with("; Max-Age=0"));
    }
}
