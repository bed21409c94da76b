//! Mail addresses that are taken: what a mail server on the Internet takes, in one spelling (RFC 5321 §4.1.2, §4.5.3.1).
//!
//! Left out on purpose: quoted local parts and comments, which are other spellings of an address; address literals and
//! undotted names, by which an office would be sent to connect to machines near it; and addresses outside ASCII
//! (RFC 6531), which most servers refuse only when a mail is under way.

/// Longest address: the longest path without its angle brackets (RFC 5321 §4.5.3.1.3).
const LONGEST: usize = 254;
/// Longest local part (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;
/// Longest label of a domain (RFC 1035 §2.3.4).
const LONGEST_LABEL: usize = 63;

/// Why a text is not taken for a mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It has no `@`, or nothing before it.
    #[error("a mail address is NAME@DOMAIN")]
    NoAddress,
    /// It is longer than any server has to take.
    #[error("a mail address has at most 254 characters, 64 of them before the @")]
    TooLong,
    /// What is before the `@` is no dot-atom of ASCII.
    #[error(
        "before the @ there are letters from a to z, digits, single dots inside, and any of !#$%&'*+-/=?^_`{{|}}~"
    )]
    LocalPart,
    /// The domain is not written in ASCII.
    #[error("write the domain in its ASCII form (xn--…)")]
    DomainNotAscii,
    /// The domain is no dotted name: an address literal, one label, or labels that no domain has.
    #[error("the domain of a mail address is a name with a dot, like example.org")]
    Domain,
}

/// Checks that `text` is one bare mail address that mail can be sent to.
///
/// # Errors
/// [`AddressError`].
pub fn check_address(text: &str) -> Result<(), AddressError> {
    let (local_part, domain) = text.rsplit_once('@').ok_or(AddressError::NoAddress)?;
    if local_part.is_empty() || domain.is_empty() {
        return Err(AddressError::NoAddress);
    }
    if text.len() > LONGEST || local_part.len() > LONGEST_LOCAL_PART {
        return Err(AddressError::TooLong);
    }
    if !is_dot_atom(local_part) {
        return Err(AddressError::LocalPart);
    }
    check_domain(domain)
}

/// RFC 5322 §3.2.3.
fn is_dot_atom(text: &str) -> bool {
    let is_atom_text = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_text))
}

fn check_domain(domain: &str) -> Result<(), AddressError> {
    if !domain.is_ascii() {
        // Only letters have an ASCII form to be written in.
        let is_name = domain.chars().all(|symbol| symbol.is_alphanumeric() || matches!(symbol, '.' | '-'));
        return Err(if is_name { AddressError::DomainNotAscii } else { AddressError::Domain });
    }
    let (_, last) = domain.rsplit_once('.').ok_or(AddressError::Domain)?;
    // An address in digits is no domain: the last label of one begins with a letter (RFC 1123 §2.1, RFC 3696 §2).
    let is_domain =
        domain.split('.').all(is_label) && last.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_domain { Ok(()) } else { Err(AddressError::Domain) }
}

/// Letters, digits and hyphens inside (RFC 5321 §4.1.2).
fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use AddressError::{Domain, DomainNotAscii, LocalPart, NoAddress, TooLong};

    #[test]
    fn an_address_of_a_person_is_taken() {
        let long = format!("{}@{}.example.org", "a".repeat(64), "b".repeat(63));
        let longest =
            format!("{}@{}.{}.{}.org", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(57));
        assert_eq!(longest.len(), 254);
        for text in [
            "ada@example.org",
            "Ada.Lovelace@Example.ORG",
            "ada+coworking@mail.example.org",
            "o'hara@example.org",
            "!#$%&'*+-/=?^_`{|}~@example.org",
            "1@2.3.example.org",
            "-@example.org",
            "ada@xn--mnchen-3ya.example.org",
            "ada@example.xn--p1ai",
            "ada@a-b.c2",
            "ada@office.localhost",
            &long,
            &longest,
        ] {
            assert_eq!(check_address(text), Ok(()), "{text}");
            assert!(text.parse::<lettre::Address>().is_ok(), "{text} can be mailed to");
        }
    }

    #[test]
    fn what_is_none_or_another_spelling_of_one_is_refused_with_its_reason() {
        let long_local_part = format!("{}@example.org", "a".repeat(65));
        let long = format!("{}@{}.{}.{}.org", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(58));
        let long_label = format!("ada@{}.org", "b".repeat(64));
        for (text, reason) in [
            ("", NoAddress),
            ("ada", NoAddress),
            ("@example.org", NoAddress),
            ("ada@", NoAddress),
            ("@", NoAddress),
            (&*long_local_part, TooLong),
            (&*long, TooLong),
            ("a@b@example.org", LocalPart),
            (".ada@example.org", LocalPart),
            ("ada.@example.org", LocalPart),
            ("ada..lovelace@example.org", LocalPart),
            ("\"ada\"@example.org", LocalPart),
            ("\"a@b\"@example.org", LocalPart),
            ("ada(comment)@example.org", LocalPart),
            ("ada lovelace@example.org", LocalPart),
            (" ada@example.org", LocalPart),
            ("Ada <ada@example.org", LocalPart),
            ("<ada@example.org>", LocalPart),
            ("ada,ben@example.org", LocalPart),
            ("ada\\@example.org", LocalPart),
            ("mailto:ada@example.org", LocalPart),
            ("ada\r\nBcc: ben@example.org", LocalPart),
            ("ada\0@example.org", LocalPart),
            ("ada\u{7f}@example.org", LocalPart),
            ("\u{202e}ada@example.org", LocalPart),
            ("a\u{200b}da@example.org", LocalPart),
            ("ä@example.org", LocalPart),
            ("аda@example.org", LocalPart),
            ("ada@münchen.example.org", DomainNotAscii),
            ("ada@пример.рф", DomainNotAscii),
            ("ada@example.org\u{202e}", Domain),
            ("ada@exa\u{200b}mple.org", Domain),
            ("ada@example\u{3002}org", Domain),
            ("ada@localhost", Domain),
            ("ada@[127.0.0.1]", Domain),
            ("ada@[IPv6:::1]", Domain),
            ("ada@127.0.0.1", Domain),
            ("ada@1.2", Domain),
            ("ada@0x7f.1", Domain),
            ("ada@example.org.", Domain),
            ("ada@.example.org", Domain),
            ("ada@example..org", Domain),
            ("ada@-example.org", Domain),
            ("ada@example-.org", Domain),
            ("ada@exam_ple.org", Domain),
            ("ada@example.org:25", Domain),
            ("ada@example.org>", Domain),
            ("ada@example.org ", Domain),
            ("ada@example.org\n", Domain),
            ("ada@example.org?subject=x", Domain),
            ("ada@exa mple.org", Domain),
            (&*long_label, Domain),
        ] {
            assert_eq!(check_address(text), Err(reason), "{text:?}");
        }
    }
}
