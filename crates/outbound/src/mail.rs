//! Mail over SMTP: plain text, one recipient. Addresses and texts are never logged.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use environment::Environment;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};

use crate::cause::{causes, tls_failure};
use crate::is_development_host;

mod recipient;
#[cfg(test)]
mod tests;

pub use recipient::{AddressError, check_address};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// TLS from the first byte (port 465; RFC 8314).
    Implicit,
    /// STARTTLS, demanded (port 587; RFC 3207).
    StartTls,
    /// None. Only to this machine, for development.
    Plain,
}

/// The mail server and the sender.
#[derive(Clone, Debug)]
pub struct MailConfiguration {
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// User name and password, if the server asks for them.
    pub login: Option<(String, SecretString)>,
    /// The sender: `office@example.org` or `Harbour <office@example.org>`.
    pub from: String,
    /// A certificate authority in PEM trusted for this server besides the usual ones.
    pub extra_root: Option<Vec<u8>>,
    /// Longest wait for the server.
    pub timeout: Duration,
}

impl MailConfiguration {
    /// A mail server on this machine, for development.
    #[must_use]
    pub fn local(port: u16, from: &str) -> Self {
        Self {
            host: "localhost".to_owned(),
            port,
            tls: TlsMode::Plain,
            login: None,
            from: from.to_owned(),
            extra_root: None,
            timeout: Duration::from_secs(20),
        }
    }
}

/// Why a [`Mailer`] could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailConfigurationError {
    /// The sender is no mail address.
    #[error("the sender is not a mail address")]
    Sender,
    /// Unprotected mail is for this machine alone.
    #[error("mail without TLS goes to this machine alone; choose implicit or starttls")]
    PlainToAnotherMachine,
    /// The certificate authority is not PEM.
    #[error("the certificate authority of the mail server is not a certificate in PEM")]
    Root,
    /// TLS could not be set up for the server's name.
    #[error("TLS could not be set up for the mail server")]
    Tls,
}

/// Why a mail was not accepted by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The recipient is no mail address that is taken, see [`check_address`].
    #[error("the recipient is not a mail address")]
    Recipient,
    /// Subject or text holds what a mail cannot.
    #[error("the subject or the text holds control characters")]
    Text,
    /// The server could not be reached, or broke off.
    #[error("the mail server cannot be reached")]
    Unreachable,
    /// The server did not answer in time.
    #[error("the mail server did not answer in time")]
    TimedOut,
    /// The server offers no TLS or a certificate that is not trusted.
    #[error("the TLS of the mail server is not acceptable")]
    Tls,
    /// The server says: later (4yz).
    #[error("the mail server asks to try later ({code})")]
    Later {
        /// The reply code.
        code: u16,
    },
    /// The server says: never (5yz).
    #[error("the mail server refuses ({code})")]
    Refused {
        /// The reply code.
        code: u16,
    },
}

impl MailError {
    /// Whether the same mail may be taken later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable | Self::TimedOut | Self::Later { .. })
    }
}

/// One mail.
#[derive(Clone)]
pub struct Mail {
    /// The recipient's bare address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Where whoever gets it ends such mails by one touch in their mail program (RFC 8058); an https address of the sender.
    pub unsubscribe: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mail")
    }
}

/// A delivery under way.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

/// Whoever takes mails: the SMTP client, or a test's letter box.
pub trait Deliver: Send + Sync {
    /// Hands one mail over.
    fn deliver(&self, mail: Mail) -> Delivering<'_>;
}

/// Whether `text` is one bare mail address that mail can be sent to, see [`check_address`].
#[must_use]
pub fn is_address(text: &str) -> bool {
    check_address(text).is_ok()
}

/// The SMTP client.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    environment: Environment,
}

impl Mailer {
    /// A client for the configured server; connects with each mail.
    ///
    /// # Errors
    /// [`MailConfigurationError`].
    pub fn new(
        configuration: &MailConfiguration,
        environment: Environment,
    ) -> Result<Self, MailConfigurationError> {
        let from: Mailbox = configuration.from.parse().map_err(|_| MailConfigurationError::Sender)?;
        let tls = tls(configuration)?;
        // Names under localhost are not known to every system's resolver.
        let host =
            if is_development_host(&configuration.host) { "127.0.0.1" } else { configuration.host.as_str() };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(configuration.port)
            .tls(tls)
            .timeout(Some(configuration.timeout))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        if let Some((name, password)) = &configuration.login {
            builder =
                builder.credentials(Credentials::new(name.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, environment })
    }

    /// Hands one mail to the server.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        check_address(&mail.to).map_err(|_| MailError::Recipient)?;
        let to = Address::from_str(&mail.to).map_err(|_| MailError::Recipient)?;
        let writable =
            |text: &str| text.chars().all(|symbol| !symbol.is_control() || matches!(symbol, '\n' | '\t'));
        if mail.subject.chars().any(char::is_control) || !writable(&mail.text) {
            return Err(MailError::Text);
        }
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|_| MailError::Recipient)?;
        let mut message = Message::builder()
            .envelope(envelope)
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .message_id(Some(self.message_id()))
            .header(ContentType::TEXT_PLAIN);
        if let Some(address) = &mail.unsubscribe {
            for (name, value) in one_click(address).ok_or(MailError::Text)? {
                message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
            }
        }
        let message = message.body(mail.text).map_err(|_| MailError::Text)?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| refusal(&error))
    }

    fn message_id(&self) -> String {
        let label = jose::base64url::encode(self.environment.randomness().bytes::<16>());
        format!("<{label}@{}>", self.from.email.domain())
    }
}

impl Deliver for Mailer {
    fn deliver(&self, mail: Mail) -> Delivering<'_> {
        Box::pin(self.send(mail))
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mailer")
    }
}

/// The two headers of RFC 8058 §3.1; none for what is no address of the web.
fn one_click(address: &str) -> Option<[(&'static str, String); 2]> {
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','));
    (is_plain && address.starts_with("http")).then(|| {
        let post = "List-Unsubscribe=One-Click".to_owned();
        [("List-Unsubscribe", format!("<{address}>")), ("List-Unsubscribe-Post", post)]
    })
}

fn tls(configuration: &MailConfiguration) -> Result<Tls, MailConfigurationError> {
    if configuration.tls == TlsMode::Plain {
        let literal = configuration.host.parse::<std::net::IpAddr>();
        let local =
            is_development_host(&configuration.host) || literal.is_ok_and(|address| address.is_loopback());
        return if local { Ok(Tls::None) } else { Err(MailConfigurationError::PlainToAnotherMachine) };
    }
    let mut parameters = TlsParameters::builder(configuration.host.clone());
    if let Some(pem) = &configuration.extra_root {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| MailConfigurationError::Root)?;
        let root = Certificate::from_der(der.to_vec()).map_err(|_| MailConfigurationError::Root)?;
        parameters = parameters.add_root_certificate(root);
    }
    let parameters = parameters.build_rustls().map_err(|_| MailConfigurationError::Tls)?;
    Ok(match configuration.tls {
        TlsMode::Implicit => Tls::Wrapper(parameters),
        _ => Tls::Required(parameters),
    })
}

/// The server's text stays behind: servers like to repeat the recipient in it.
fn refusal(error: &lettre::transport::smtp::Error) -> MailError {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        return if error.is_transient() { MailError::Later { code } } else { MailError::Refused { code } };
    }
    if error.is_timeout() {
        MailError::TimedOut
    } else if error.is_tls() || error.is_client() || causes(error).any(|cause| tls_failure(cause).is_some()) {
        // lettre calls a server without STARTTLS an error of the client.
        MailError::Tls
    } else {
        MailError::Unreachable
    }
}
