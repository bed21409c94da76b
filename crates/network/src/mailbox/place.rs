//! Which addresses a space writes to.

use super::address::Address;

/// The inbox that `address` names, if it is spelled exactly as the address of an inbox at `host`, the scheme, name and port
/// that stand in an office's DID (`https://office.example.org`). A member names the address, and a space signs what it sends
/// there: a word more, another port, a query, and the member would choose what the space calls.
#[must_use]
pub fn inbox_at(host: &str, address: &str) -> Option<Address> {
    let inbox = address.strip_prefix(host)?.strip_prefix("/mailbox/")?;
    Address::parse(inbox).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "https://office.example.org";

    #[test]
    fn a_member_makes_a_space_call_nothing_of_an_office_but_an_inbox() {
        let inbox = "A".repeat(43);
        let at = format!("{HOST}/mailbox/{inbox}");
        assert_eq!(inbox_at(HOST, &at), Address::parse(&inbox).ok());
        let with_port = format!("{HOST}:3000/mailbox/{inbox}");
        assert!(inbox_at(&format!("{HOST}:3000"), &with_port).is_some());
        for near in [
            with_port,
            format!("http://office.example.org/mailbox/{inbox}"),
            format!("https://office.example.org:443/mailbox/{inbox}"),
            format!("https://ada@office.example.org/mailbox/{inbox}"),
            format!("https://OFFICE.example.org/mailbox/{inbox}"),
            format!("https://office.example.org.example.com/mailbox/{inbox}"),
            format!("{HOST}/passport/mail"),
            format!("{HOST}/number-binding"),
            format!("{HOST}/mailbox/"),
            format!("{HOST}/mailbox/../number-binding"),
            format!("{HOST}/a/mailbox/{inbox}"),
            format!("{HOST}//mailbox/{inbox}"),
            format!("{at}/"),
            format!("{at}/done"),
            format!("{at}?a=b"),
            format!("{at}#a"),
            format!("{at} "),
            format!(" {at}"),
            format!("{HOST}/mailbox/%41{}", "A".repeat(42)),
            HOST.to_owned(),
            String::new(),
        ] {
            assert_eq!(inbox_at(HOST, &near), None, "{near}");
        }
    }
}
