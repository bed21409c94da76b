//! A post office for trying out: an SMTP server on loopback that keeps the mails it gets, so that they can be read.
//!
//! Only for the demo and networks that are tried out: it takes mail for every address, offers no TLS and forgets everything at exit.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::letter;

/// Longest line of a command or a mail (RFC 5321 §4.5.3.1.6 asks for 1,000).
const LONGEST_LINE: u64 = 4_096;
/// Longest mail, in bytes.
const LONGEST_MAIL: usize = 64 * 1_024;
/// Mails that are kept; the oldest make room.
const MOST_MAILS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    /// The envelope's recipients.
    pub(crate) to: Vec<String>,
    /// Header and body, with dots unstuffed.
    pub(crate) text: String,
}

impl Mail {
    /// The text as its reader sees it.
    pub(crate) fn body(&self) -> String {
        letter::text(&self.text)
    }
}

/// The mails that have arrived.
#[derive(Clone, Default)]
pub(crate) struct Mailbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<Mail>>,
    arrived: Notify,
}

impl Mailbox {
    /// All mails, the oldest first.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.0.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a mail to `recipient` is there and gives the newest one.
    pub(crate) async fn wait_for(&self, recipient: &str, patience: Duration) -> Option<Mail> {
        tokio::time::timeout(patience, async {
            loop {
                let arrived = self.0.arrived.notified();
                let found =
                    self.mails().into_iter().rev().find(|mail| mail.to.iter().any(|to| to == recipient));
                if let Some(mail) = found {
                    return mail;
                }
                arrived.await;
            }
        })
        .await
        .ok()
    }

    fn keep(&self, mail: Mail) {
        let mut mails = self.0.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() >= MOST_MAILS {
            mails.remove(0);
        }
        mails.push(mail);
        drop(mails);
        self.0.arrived.notify_waiters();
    }
}

/// Opens the post office on a port of loopback, 0 for a free one, and serves it until the process ends.
///
/// # Errors
/// When the port cannot be had.
pub(crate) async fn open(port: u16) -> io::Result<(SocketAddr, Mailbox)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let mailbox = Mailbox::default();
    let kept = mailbox.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mailbox = kept.clone();
            tokio::spawn(async move {
                // A client that stalls or breaks off loses its own mail only.
                let _ = tokio::time::timeout(PATIENCE, receive(stream, &mailbox)).await;
            });
        }
    });
    Ok((address, mailbox))
}

async fn receive(stream: TcpStream, mailbox: &Mailbox) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    writer.write_all(b"220 passport demo\r\n").await?;
    let mut to = Vec::new();
    while let Some(line) = line(&mut reader).await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply: &[u8] = match verb.as_str() {
            "EHLO" | "HELO" => b"250 passport demo\r\n",
            "MAIL" | "RSET" => {
                to.clear();
                b"250 ok\r\n"
            }
            "RCPT" => {
                to.extend(address(&line));
                b"250 ok\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go ahead\r\n").await?;
                let text = data(&mut reader).await?;
                mailbox.keep(Mail { to: std::mem::take(&mut to), text });
                b"250 kept\r\n"
            }
            "NOOP" => b"250 ok\r\n",
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 not spoken here\r\n",
        };
        writer.write_all(reply).await?;
    }
    Ok(())
}

async fn line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    (&mut *reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes).await?;
    if bytes.last() != Some(&b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

/// The lines up to the lone dot, with the stuffed dots taken out again (RFC 5321 §4.5.2).
async fn data(reader: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<String> {
    let mut text = String::new();
    while let Some(line) = line(reader).await? {
        if line == "." {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push_str("\r\n");
        if text.len() > LONGEST_MAIL {
            break;
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

fn address(line: &str) -> Option<String> {
    let (_, after) = line.split_once('<')?;
    after.split_once('>').map(|(address, _)| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_arrives_with_its_dots_and_a_broken_one_does_not() {
        let (address, mailbox) = open(0).await.unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let text = "EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\nSubject: s\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
        stream.write_all(text.as_bytes()).await.unwrap();
        let mail = mailbox.wait_for("ada@example.org", Duration::from_secs(10)).await.unwrap();
        assert_eq!(mail.text, "Subject: s\r\n\r\n.dot\r\n");
        let mut broken = TcpStream::connect(address).await.unwrap();
        broken.write_all(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<ben@example.org>\r\nDATA\r\nhalf").await.unwrap();
        drop(broken);
        assert_eq!(mailbox.wait_for("ben@example.org", Duration::from_millis(200)).await, None);
    }
}
