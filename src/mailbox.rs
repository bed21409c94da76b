//! `passport mailbox`: the demo's post office for a network of one's own that is tried out on one machine.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use tokio::net::TcpListener;

use crate::demo::{mail_page, mailbox};
use crate::serve::stop_signal;

/// Take an office's mails on this machine and show them on a page, for trying out; nothing is kept or sent on.
#[derive(Args, Debug)]
pub(crate) struct MailboxArguments {
    /// Port on 127.0.0.1 that takes mails: the `--mail-port` of an office.
    #[arg(long, default_value_t = 2525)]
    smtp: u16,
    /// Port on 127.0.0.1 at which the page is shown: http://mail.localhost:PORT
    #[arg(long, default_value_t = 8085)]
    page: u16,
}

/// Takes and shows mails until it is told to stop.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(arguments: MailboxArguments, output: &mut dyn Write) -> Result<ExitCode> {
    let (_, mails) =
        mailbox::open(arguments.smtp).await.with_context(|| format!("the port {}", arguments.smtp))?;
    let listener = TcpListener::bind(("127.0.0.1", arguments.page))
        .await
        .with_context(|| format!("the port {}", arguments.page))?;
    let (smtp, page) = (arguments.smtp, arguments.page);
    writeln!(
        output,
        "Mails to 127.0.0.1:{smtp} are shown at http://mail.localhost:{page}; stop with Ctrl-C."
    )?;
    output.flush()?;
    web::serve(
        vec![mail_page::party("mail.localhost", mails, mail_page::Seen::Here)],
        listener,
        web::ServeSettings::default(),
        stop_signal(),
    )
    .await?;
    Ok(ExitCode::SUCCESS)
}
