//! The text of a mail as its reader sees it: without header, with its transfer encoding undone (RFC 2045 §6).

/// The text behind the header lines.
pub(crate) fn text(mail: &str) -> String {
    let (header, body) = mail.split_once("\r\n\r\n").unwrap_or(("", mail));
    let decoded = match encoding(header).as_str() {
        "quoted-printable" => quoted_printable(body),
        "base64" => base64(body).unwrap_or_else(|| body.as_bytes().to_vec()),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The first http or https link in a text.
pub(crate) fn link(text: &str) -> Option<String> {
    let start = text.find("http://").or_else(|| text.find("https://"))?;
    let link = text.get(start..)?.split_whitespace().next()?;
    Some(link.trim_end_matches(['.', ',', ')', '>']).to_owned())
}

/// The value of `Content-Transfer-Encoding`, in lower case; nothing means that nothing is encoded.
fn encoding(header: &str) -> String {
    let value = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-transfer-encoding").then_some(value)
    });
    value.unwrap_or_default().trim().to_ascii_lowercase()
}

/// RFC 2045 §6.7. What is no encoding stays as it is: the reader sees more than with an error.
fn quoted_printable(body: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    for line in body.split_inclusive("\r\n") {
        let (content, end) = line.strip_suffix("\r\n").map_or((line, ""), |content| (content, "\r\n"));
        // White space at the end of a line was added on the way (§6.7 rule 3).
        let content = content.trim_end_matches([' ', '\t']);
        let (content, end) = content.strip_suffix('=').map_or((content, end), |content| (content, ""));
        let mut parts = content.split('=');
        decoded.extend(parts.next().unwrap_or_default().bytes());
        for part in parts {
            let octet = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
            match octet.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                Some(octet) => {
                    decoded.push(octet);
                    decoded.extend(part.bytes().skip(2));
                }
                None => {
                    decoded.push(b'=');
                    decoded.extend(part.bytes());
                }
            }
        }
        decoded.extend(end.bytes());
    }
    decoded
}

/// RFC 2045 §6.8.
fn base64(body: &str) -> Option<Vec<u8>> {
    let symbols = body.chars().filter(|symbol| !symbol.is_whitespace() && *symbol != '=');
    let url_safe: String = symbols
        .map(|symbol| match symbol {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    jose::base64url::decode(url_safe).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(encoding: &str, body: &str) -> String {
        format!("Subject: s\r\ncontent-Transfer-Encoding: {encoding}\r\n\r\n{body}")
    }

    #[test]
    fn the_encoding_that_the_header_names_is_undone_and_no_other() {
        let quoted = "Confirma tu direcci=C3=B3n:=\r\n http://office.localhost:1/email/abc=\r\ndef?x=3D1  \r\nadi=c3=b3s\r\n";
        let read = "Confirma tu dirección: http://office.localhost:1/email/abcdef?x=1\r\nadiós\r\n";
        assert_eq!(text(&mail("Quoted-Printable", quoted)), read);
        assert_eq!(text(&mail("8bit", quoted)), quoted);
        assert_eq!(text(&format!("Subject: s\r\n\r\n{quoted}")), quoted);
        assert_eq!(text(&mail("base64", "RGlyZWNjacOz\r\nbj8+\r\n")), "Dirección?>");
        assert_eq!(text(&mail("base64", "RGly ZWNjacOzbj8=")), "Dirección?");
    }

    #[test]
    fn what_is_no_encoding_is_shown_as_it_came() {
        assert_eq!(text(&mail("quoted-printable", "1=1 =Zé =4\r\nend =")), "1=1 =Zé =4\r\nend ");
        assert_eq!(text(&mail("base64", "a*b")), "a*b");
        assert_eq!(text("no header"), "no header");
    }

    #[test]
    fn the_link_is_found_without_the_mark_that_ends_the_sentence() {
        assert_eq!(
            link("See http://a.localhost:1/b?c=1.\r\nBye").as_deref(),
            Some("http://a.localhost:1/b?c=1")
        );
        assert_eq!(link("(https://a.example/b)").as_deref(), Some("https://a.example/b"));
        assert_eq!(link("no link"), None);
    }
}
