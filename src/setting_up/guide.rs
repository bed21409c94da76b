//! What to do next with a network of one: said by `init` and again by `serve`.

use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::party::PartySettings;

/// The parties of which is told.
pub(crate) struct Around<'a> {
    /// The data folder.
    pub(crate) data: &'a Path,
    /// The folder of the space in it.
    pub(crate) name: &'a str,
    /// The space.
    pub(crate) space: &'a PartySettings,
    /// The office.
    pub(crate) office: &'a PartySettings,
    /// Address of the network's descriptor.
    pub(crate) network: &'a str,
}

/// The flag for a data folder that is not the usual one.
pub(crate) fn data_flag(data: &Path) -> String {
    let usual = Path::new("passport-data");
    if data == usual { String::new() } else { format!(" --data '{}'", data.display()) }
}

/// Where mails are read that no mail server takes, at the port of this party.
pub(crate) fn mail_page(party: &PartySettings) -> String {
    let port = party.origin.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://mail.localhost{port}", party.origin.scheme())
}

/// The next steps.
///
/// # Errors
/// The terminal.
pub(crate) fn next_steps(around: &Around<'_>, output: &mut dyn Write) -> Result<()> {
    let Around { data, name, space, office, network } = around;
    let flag = data_flag(data);
    let person_decides = space.forms.iter().any(|form| form.approval == ::verifier::form::Approval::Person);
    writeln!(output, "People sign up at  {}/join", space.origin())?;
    writeln!(output, "Passports are at   {}/passport", office.origin())?;
    match &office.mail {
        Some(mail) => writeln!(output, "Mails go out by    {}", mail.host)?,
        None if office.is_development() => writeln!(output, "Mails are shown at {}", mail_page(office))?,
        None => writeln!(
            output,
            "Mails are not sent: until \"mail\" stands in {}/office/party.json (docs/space.md, \"Your settings\"), the office gives no passports and nobody is invited by e-mail; signing up and approving work.",
            data.display()
        )?,
    }
    writeln!(output, "\nBe the first to sign up, in a wallet of your own, from another terminal:")?;
    writeln!(output, "  passport wallet serve --store my-wallet --network {network}")?;
    writeln!(
        output,
        "  Open the link that it prints, make the wallet, and take the link of the page above into its Scan."
    )?;
    writeln!(
        output,
        "Your team works in a browser. This prints the link of its first member, for a passkey:"
    )?;
    writeln!(output, "  passport verifier team invite {name} --name YOUR-NAME --role owner{flag}")?;
    if person_decides {
        writeln!(output, "Or here, see who waits, and approve:")?;
        writeln!(output, "  passport verifier sign-ups {name}{flag}")?;
        writeln!(output, "  passport verifier approve {name} ID{flag}")?;
    }
    if let Some(member) = &space.test_member {
        writeln!(
            output,
            "Or offer {} {}, the made-up test member, her membership, which opens the office to her:",
            member.given_name, member.family_name
        )?;
        writeln!(output, "  passport verifier member add {name}{flag}")?;
    }
    Ok(())
}
