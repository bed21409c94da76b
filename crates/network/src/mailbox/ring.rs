//! How whoever keeps a member's wallet is told that something came (specs/mailbox.md §6.1).
//!
//! The wallet leaves a ticket with its inbox. It says nothing to the host of the inbox: whoever gave it knows whose it is, and no two
//! tickets of one wallet look alike.

use serde::{Deserialize, Deserializer, Serialize};

/// Where a ticket is shown, below the origin that gave it.
pub const RING_PATH: &str = "/ring";
/// Longest ticket, in characters.
pub const LONGEST_TICKET: usize = 512;
/// Longest origin, in characters.
const LONGEST_ORIGIN: usize = 255;

/// What is rung when something comes: an origin, and the ticket that it gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bell {
    /// The origin, such as `https://wallet.example.org`.
    pub at: String,
    /// The ticket: base64url.
    pub ticket: String,
}

impl Bell {
    /// Whether it is spelled as a bell may be: an origin and nothing more, https or, in development, http of this machine's own names;
    /// and a ticket of base64url. Who may be called at all is for the caller's client to say.
    #[must_use]
    pub fn is_sensible(&self) -> bool {
        self.has_origin() && (1..=LONGEST_TICKET).contains(&self.ticket.len()) && is_base64url(&self.ticket)
    }

    /// The address at which the ticket is shown.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}{RING_PATH}", self.at)
    }

    fn has_origin(&self) -> bool {
        let host = self.at.strip_prefix("https://").or_else(|| self.at.strip_prefix("http://"));
        let Some(host) = host else { return false };
        let (name, port) = match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        };
        let is_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        self.at.len() <= LONGEST_ORIGIN
            && !name.is_empty()
            && name.bytes().all(is_name)
            && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port))
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// What is rung from now on when something comes into this inbox, or that nothing is: the body of `POST /mailbox/ADDRESS/bell`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BellWish {
    /// The bell; none takes it down, and must be said.
    #[serde(deserialize_with = "said")]
    pub bell: Option<Bell>,
}

fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bell>, D::Error> {
    Option::deserialize(deserializer)
}

/// Something came: the body of `POST /ring`, which the host of the inbox sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// The ticket.
    pub ticket: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bell(at: &str, ticket: &str) -> Bell {
        Bell { at: at.to_owned(), ticket: ticket.to_owned() }
    }

    #[test]
    fn a_bell_is_an_origin_and_a_ticket_and_makes_nobody_call_anything_else() {
        let long = "a".repeat(LONGEST_TICKET);
        for at in
            ["https://wallet.example.org", "https://wallet.example.org:8443", "http://wallet.localhost:8070"]
        {
            assert!(bell(at, "aB0-_").is_sensible() && bell(at, &long).is_sensible(), "{at}");
            assert_eq!(bell(at, "a").address(), format!("{at}/ring"));
        }
        for at in [
            "",
            "https://",
            "https://wallet.example.org/",
            "https://wallet.example.org/x",
            "https://wallet.example.org?x",
            "https://wallet.example.org#x",
            "https://ada@wallet.example.org",
            "https://WALLET.example.org",
            "https://wallet.example.org:",
            "https://wallet.example.org:08443",
            "https://wallet.example.org:70000",
            "https://wallet.example.org:1:2",
            "https://wallet.example.org\\x",
            "https://w\u{e4}llet.example.org",
            "ftp://wallet.example.org",
            "//wallet.example.org",
        ] {
            assert!(!bell(at, "a").is_sensible(), "{at}");
        }
        let name = format!("https://{}", "a".repeat(LONGEST_ORIGIN - 8));
        assert!(bell(&name, "a").is_sensible() && !bell(&format!("{name}a"), "a").is_sensible());
        for ticket in ["", "a b", "a=", "a+", "\u{e4}", &format!("{long}a")] {
            assert!(!bell("https://wallet.example.org", ticket).is_sensible(), "{ticket}");
        }
        assert!(serde_json::from_str::<BellWish>(r#"{"bell":null}"#).is_ok());
        assert!(serde_json::from_str::<BellWish>("{}").is_err(), "what is not said is not taken down");
        assert!(serde_json::from_str::<BellWish>(r#"{"bell":{"at":"x","ticket":"y","to":"z"}}"#).is_err());
        assert!(serde_json::from_str::<Ring>(r#"{"ticket":"y","from":"z"}"#).is_err());
    }
}
