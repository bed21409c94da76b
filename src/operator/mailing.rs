//! `passport operator mail`: the mail server by which the operator asks applicants for their addresses.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use environment::Environment;

use crate::party::{MailSettings, check_mail, read_text, replace_file};
use crate::setting_up::MailArguments;

/// Beside the operator's keys.
const FILE: &str = "mail.json";

/// What is told of the mail server.
#[derive(Args, Debug)]
pub(crate) struct MailingArguments {
    /// Folder of the network.
    folder: PathBuf,
    #[command(flatten)]
    mail: MailArguments,
}

/// The mail server of the operator in `folder`, if it has one.
///
/// # Errors
/// The file is not understood.
pub(crate) fn settings_in(folder: &Path) -> Result<Option<MailSettings>> {
    let file = folder.join(FILE);
    let Some(text) = read_text(&file)? else { return Ok(None) };
    let settings = jose::json::parse_as(text).ok();
    settings
        .map(Some)
        .with_context(|| format!("{} is not understood; `passport operator mail` writes it", file.display()))
}

/// Keeps another mail server; gives what to tell the person at the terminal.
///
/// # Errors
/// There is no operator in the folder, or no mail can go out by what was told; then what was there stays.
pub(crate) fn put(arguments: &MailingArguments, environment: &Environment) -> Result<String> {
    let MailingArguments { folder, mail } = arguments;
    // Whoever names another folder by mistake has changed nothing there.
    ::operator::Operator::open(folder, environment.clone())?;
    let settings = mail.settings();
    check_mail(&settings, environment)?;
    replace_file(&folder.join(FILE), &serde_json::to_vec_pretty(&settings)?)?;
    Ok(format!(
        "The operator's mails go by {} from the next start of the server on. A password is read from PASSPORT_MAIL_PASSWORD then.",
        settings.host
    ))
}

#[cfg(test)]
mod tests {
    use ::operator::Operator;
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        mailing: MailingArguments,
    }

    fn told(folder: &Path, port: &str) -> MailingArguments {
        let line = ["mail", folder.to_str().unwrap(), "--mail-host", "mail.example.org", "--mail-port", port];
        let rest = ["--mail-tls", "implicit", "--mail-from", "Operator <operator@example.org>"];
        Line::try_parse_from([&line[..], &rest[..]].concat()).unwrap().mailing
    }

    #[test]
    fn what_is_told_is_what_the_server_reads() {
        let (folder, environment) = (tempfile::tempdir().unwrap(), Environment::system());
        Operator::init(
            folder.path(),
            "Net",
            "https://operator.example.org/network-list",
            environment.clone(),
        )
        .unwrap();
        assert!(settings_in(folder.path()).unwrap().is_none());
        let said = put(&told(folder.path(), "465"), &environment).unwrap();
        assert!(said.starts_with("The operator's mails go by mail.example.org"), "{said}");
        let kept = settings_in(folder.path()).unwrap().unwrap();
        assert_eq!((kept.host.as_str(), kept.port), ("mail.example.org", 465));
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        let said = settings_in(folder.path()).unwrap_err().to_string();
        assert!(said.contains("mail.json is not understood; `passport operator mail` writes it"), "{said}");
    }

    #[test]
    fn a_folder_without_an_operator_gets_no_mail_server() {
        let folder = tempfile::tempdir().unwrap();
        assert!(put(&told(folder.path(), "465"), &Environment::system()).is_err());
        assert!(!folder.path().join(FILE).exists());
    }
}
