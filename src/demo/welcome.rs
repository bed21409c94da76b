//! What the demo says when it is ready: where to look, and what to type next.

use std::path::Path;

use anyhow::Result;

use super::parties::{OFFICE, OPERATOR, OWN_DESK, Place};

/// The words for the person at the terminal. `data` is the data folder, `programs` the folder of this program.
pub(crate) fn words(place: &Place, data: &Path, programs: Option<&Path>) -> Result<String> {
    let at = |party: &str, path: &str| -> Result<String> { Ok(format!("{}{path}", place.origin(party)?)) };
    let (harbour, kiln) = (at("harbour", "")?, at("kiln-north", "join")?);
    let (office, passport, mail) = (at(OFFICE, "")?, at(OFFICE, "passport")?, at("mail", "")?);
    let network = at(OPERATOR, "network.json")?;
    let data = data.display();
    let path = programs.map_or_else(String::new, |programs| {
        format!("  export PATH='{}':\"$PATH\"     # `passport` is this program\n", programs.display())
    });
    let seen = match place {
        Place::Here { .. } => "",
        Place::Public(_) => {
            "Everybody who finds these addresses can take part, and read every mail that is sent. Type made-up addresses only.\n"
        }
    };
    Ok(format!(
        "A network of one office and three spaces runs on this machine.
{seen}
Look at   {harbour}           a space
          {kiln}    where people join another
          {office}            where passports come from
          {mail}              the mails that office and spaces send

Be a member in a browser, from another terminal:
{path}  passport wallet serve --store browser-wallet --network {network}     # open the link that it prints
  passport verifier member add harbour --data '{data}'     # Harbour offers its member Ada a membership: open \"offer\" with Scan
  on a page of a space open \"My wallet has a web address\" and type http://wallet.localhost:8070

Or be a member in a terminal:
  export PASSPORT_PASSPHRASE='any words you like' PASSPORT_DATA='{data}'
  passport wallet init --store my-wallet
  passport wallet network {network} --store my-wallet
  passport wallet own set email ada@example.org --store my-wallet
  passport verifier member add harbour     # Harbour offers its member Ada a membership
  passport wallet accept-offer 'OFFER' --store my-wallet     # what it printed as \"offer\"

Get the passport:
  open {passport} and copy its link
  passport wallet present 'LINK' --store my-wallet
  open {mail}, follow the link in the mail and press the button
  passport wallet collect --store my-wallet     # leaves your identifier at the office and fetches the passport

Join a space:
  open {kiln} and copy its link
  passport wallet present 'LINK' --store my-wallet     # it says where to go on
  open that address: it shows 6 digits, which you type on the page of the space
  passport wallet collect --store my-wallet
  passport wallet history --store my-wallet     # who has what of you

Be invited by your number, and decide again later:
  passport wallet number show --store my-wallet
  passport verifier invite kiln-south NUMBER     # mistype one symbol, and it says so
  passport wallet mailbox list --store my-wallet     # a few seconds later; then: mailbox open ID
  passport wallet collect --store my-wallet
  passport wallet space see 'Kiln South' --store my-wallet     # also: publish, hide, take-back, leave

Be the team of Harbour, where a person decides who gets a desk of their own:
  passport verifier request harbour --form {OWN_DESK}     # a member presents its \"link\"
  passport verifier sign-ups harbour
  passport verifier approve harbour ID     # or: decline harbour ID --reason 'No desk is free'

See the whole story in a few seconds: passport demo --once
Stop with Ctrl-C; the next start goes on where this one stopped.
"
    ))
}
