use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rustls::pki_types::PrivateKeyDer;

use super::*;

/// What the mail server heard.
type Heard = Arc<Mutex<String>>;

/// A mail server of one mail: takes it, or answers `RCPT TO` with `reply`.
fn server(reply: &'static str) -> (u16, Heard) {
    serve(reply, None)
}

fn serve(reply: &'static str, tls: Option<rustls::ServerConfig>) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let record = heard.clone();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        match tls {
            None => converse(stream, reply, &record),
            Some(config) => {
                let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
                converse(rustls::StreamOwned::new(connection, stream), reply, &record);
            }
        }
    });
    (port, heard)
}

/// Speaks until the other side leaves, however it leaves.
fn converse(stream: impl Read + Write, reply: &str, record: &Heard) {
    let mut stream = BufReader::new(stream);
    let mut answer = "220 mail.example.org ESMTP\r\n";
    let (mut data, mut line) = (false, String::new());
    loop {
        let sent = stream.get_mut().write_all(answer.as_bytes()).and_then(|()| stream.get_mut().flush());
        line.clear();
        if sent.is_err() || stream.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        record.lock().unwrap().push_str(&line);
        answer = match line.as_str() {
            ".\r\n" if data => {
                data = false;
                "250 taken\r\n"
            }
            _ if data => "",
            text if text.starts_with("EHLO") => "250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n",
            text if text.starts_with("RCPT") => reply,
            text if text.starts_with("DATA") => {
                data = true;
                "354 go on\r\n"
            }
            text if text.starts_with("AUTH") => "235 welcome\r\n",
            _ => "250 fine\r\n",
        };
    }
}

/// A certificate for `localhost`, and the server's configuration with it.
fn certified() -> (String, rustls::ServerConfig) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certified.signing_key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    (certified.cert.pem(), config)
}

fn mailer(configuration: &MailConfiguration) -> Result<Mailer, MailConfigurationError> {
    Mailer::new(configuration, Environment::system())
}

fn mail() -> Mail {
    Mail {
        to: "ada@example.org".to_owned(),
        subject: "Confirm your address".to_owned(),
        text: "Open this link:\nhttps://office.example.org/confirm/x\n".to_owned(),
        unsubscribe: None,
    }
}

#[tokio::test]
async fn a_mail_that_can_be_ended_by_one_touch_says_where_and_any_other_does_not() {
    let (port, heard) = server("250 fine\r\n");
    let by = |port| mailer(&MailConfiguration::local(port, "office@example.org")).unwrap();
    let address = format!("https://wallet.example.org/notices/stop/{}", "a".repeat(90));
    by(port).send(Mail { unsubscribe: Some(address.clone()), ..mail() }).await.unwrap();
    let told = heard.lock().unwrap().clone();
    assert!(told.contains(&format!("List-Unsubscribe: <{address}>\r\n")), "{told}");
    assert!(told.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{told}");
    let (port, heard) = server("250 fine\r\n");
    by(port).send(mail()).await.unwrap();
    assert!(!heard.lock().unwrap().contains("List-Unsubscribe"));
    for no in
        ["https://a.example/>\r\nBcc: ben@example.org", "https://a.example/a,b", "mailto:x@a.example", ""]
    {
        let mail = Mail { unsubscribe: Some(no.to_owned()), ..mail() };
        assert_eq!(by(1).send(mail).await, Err(MailError::Text), "{no}");
    }
}

#[tokio::test]
async fn a_mail_arrives_as_plain_text_with_sender_recipient_and_subject() {
    let (port, heard) = server("250 fine\r\n");
    let configuration = MailConfiguration::local(port, "Harbour <office@harbour.example.org>");
    mailer(&configuration).unwrap().send(mail()).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    for part in [
        "EHLO harbour.example.org\r\n",
        "MAIL FROM:<office@harbour.example.org>",
        "RCPT TO:<ada@example.org>",
        "Subject: Confirm your address\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "https://office.example.org/confirm/x\r\n",
        "@harbour.example.org>\r\n",
    ] {
        assert!(heard.contains(part), "{part:?} in {heard}");
    }
    assert!(!heard.contains("html"));
}

#[tokio::test]
async fn a_refusal_and_a_delay_of_the_server_are_told_apart_without_its_text() {
    for (reply, expected) in [
        ("550 no such mailbox ada@example.org\r\n", MailError::Refused { code: 550 }),
        ("451 later please\r\n", MailError::Later { code: 451 }),
    ] {
        let (port, _) = server(reply);
        let error = mailer(&MailConfiguration::local(port, "office@example.org")).unwrap().send(mail()).await;
        assert_eq!(error, Err(expected));
        assert!(!expected.to_string().contains("ada"));
        assert_eq!(expected.is_transient(), matches!(expected, MailError::Later { .. }));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let mailer = mailer(&MailConfiguration::local(port, "office@example.org")).unwrap();
    assert_eq!(mailer.send(mail()).await, Err(MailError::Unreachable));
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail_when_tls_is_demanded() {
    let (port, heard) = server("250 fine\r\n");
    let configuration =
        MailConfiguration { tls: TlsMode::StartTls, ..MailConfiguration::local(port, "office@example.org") };
    assert_eq!(mailer(&configuration).unwrap().send(mail()).await, Err(MailError::Tls));
    assert!(!heard.lock().unwrap().contains("MAIL FROM"));
}

#[test]
fn plain_connections_to_other_machines_are_refused() {
    for (host, expected) in [
        ("mail.example.org", Some(MailConfigurationError::PlainToAnotherMachine)),
        ("10.0.0.1", Some(MailConfigurationError::PlainToAnotherMachine)),
        ("mail.localhost", None),
        ("127.0.0.1", None),
        ("::1", None),
    ] {
        let configuration =
            MailConfiguration { host: host.to_owned(), ..MailConfiguration::local(25, "office@example.org") };
        assert_eq!(tls(&configuration).err(), expected, "{host}");
    }
}

#[test]
fn a_sender_and_a_root_that_are_none_are_refused() {
    let configuration = MailConfiguration::local(25, "not an address");
    assert_eq!(mailer(&configuration).err(), Some(MailConfigurationError::Sender));
    let configuration = MailConfiguration {
        tls: TlsMode::Implicit,
        extra_root: Some(b"no certificate".to_vec()),
        ..MailConfiguration::local(25, "office@example.org")
    };
    assert_eq!(mailer(&configuration).err(), Some(MailConfigurationError::Root));
}

#[tokio::test]
async fn header_injection_is_refused_before_anything_is_sent() {
    let mailer = mailer(&MailConfiguration::local(1, "office@example.org")).unwrap();
    let with = |to: &str, subject: &str| Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        text: String::new(),
        unsubscribe: None,
    };
    let refused = [
        (with("ada@example.org\r\nBcc: ben@example.org", "Hello"), MailError::Recipient),
        (with("ada@example.org, ben@example.org", "Hello"), MailError::Recipient),
        (with("Ada <ada@example.org>", "Hello"), MailError::Recipient),
        (with("ada@[127.0.0.1]", "Hello"), MailError::Recipient),
        (with("ä@example.org", "Hello"), MailError::Recipient),
        (with("ada@example.org", "Hello\r\nBcc: ben@example.org"), MailError::Text),
    ];
    for (mail, expected) in refused {
        assert_eq!(mailer.send(mail).await, Err(expected));
    }
}

#[test]
fn neither_mail_nor_password_shows_in_debug_output() {
    let configuration = MailConfiguration {
        login: Some(("office".to_owned(), "canary-password".to_owned().into())),
        ..MailConfiguration::local(25, "office@example.org")
    };
    assert!(!format!("{configuration:?}").contains("canary-password"));
    assert_eq!(format!("{:?}", mail()), "Mail");
}

#[tokio::test]
async fn a_mail_goes_over_tls_with_a_login_to_a_server_that_is_trusted_and_to_no_other() {
    let (root, config) = certified();
    let (port, heard) = serve("250 fine\r\n", Some(config));
    let configuration = MailConfiguration {
        tls: TlsMode::Implicit,
        extra_root: Some(root.into_bytes()),
        login: Some(("office".to_owned(), "password".to_owned().into())),
        ..MailConfiguration::local(port, "office@example.org")
    };
    mailer(&configuration).unwrap().send(mail()).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains("AUTH PLAIN") && heard.contains("RCPT TO:<ada@example.org>"), "{heard}");

    let (_, config) = certified();
    let (port, heard) = serve("250 fine\r\n", Some(config));
    let stranger = MailConfiguration { port, ..configuration };
    assert_eq!(mailer(&stranger).unwrap().send(mail()).await, Err(MailError::Tls));
    assert_eq!(*heard.lock().unwrap(), "");
}
