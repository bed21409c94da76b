//! Who of a table has signed up here already, by the address that they gave themselves: they are left out, since what they gave is
//! newer than any table and theirs to change.

use std::collections::BTreeSet;

use store::Range;

use super::AT_ONCE;
use super::columns::Column;
use super::reading::{BadRow, Reading, Reason};
use crate::records::Contact;
use crate::space::{Space, SpaceError};
use crate::team::looks::{Looker, Looking};

/// How the look at the addresses of those who are here is named.
pub(crate) const COMPARED: &str = "import-compared";

impl Space {
    /// Leaves out whoever is a member here or waits to be one. Whose membership has ended comes in as anybody does.
    pub(super) async fn leave_out_who_is_here(
        &self,
        reading: &mut Reading,
        looker: Looker<'_>,
    ) -> Result<(), SpaceError> {
        if reading.people.is_empty() {
            return Ok(());
        }
        let here = self.addresses_here(looker).await?;
        let is_here = |email: &str| here.contains(&email.to_ascii_lowercase());
        let (out, people): (Vec<_>, Vec<_>) =
            std::mem::take(&mut reading.people).into_iter().partition(|person| is_here(person.email()));
        reading.people = people;
        let out: BTreeSet<u64> = out.into_iter().map(|person| person.line).collect();
        reading.undated.retain(|line| !out.contains(line));
        reading.bad.extend(out.into_iter().map(|line| BadRow { line, reason: Reason::Here }));
        reading.bad.sort_by_key(|bad| bad.line);
        Ok(())
    }

    /// The addresses that members, and those who wait to be, gave and whoever takes the table in may see: nobody is recognised by what
    /// is for others of the team. That somebody looked is noted before.
    async fn addresses_here(&self, looker: Looker<'_>) -> Result<BTreeSet<String>, SpaceError> {
        let email = Column::Email.name();
        let (mut contacts, mut range) = (Vec::new(), Range::all());
        loop {
            let page = self.tenant.list::<Contact>(range, AT_ONCE).await?;
            let gave = |contact: &Contact| {
                let mut addresses = contact.given.iter().filter(|given| given.claim == email).peekable();
                addresses.peek().is_some() && addresses.all(|given| looker.sees(given))
            };
            contacts.extend(page.items.into_iter().filter(gave));
            match page.next {
                Some(next) => range = Range::all().after(&next),
                None => break,
            }
        }
        let whose: Vec<&str> = contacts.iter().map(|contact| contact.id.as_str()).collect();
        if !whose.is_empty() {
            let by = looker.noted_as();
            let looking = Looking { by, how: COMPARED, whose: &whose, names: &[email], again: false };
            self.look(looking).await?;
        }
        let mut addresses = BTreeSet::new();
        for contact in &contacts {
            let values = match self.opened_while_here(contact).await {
                Ok(values) => values,
                Err(SpaceError::Store(fault)) => return Err(fault.into()),
                // What was erased between reading and opening has no key any more.
                Err(_) => continue,
            };
            let given = values.iter().filter(|kept| kept.claim == email).filter_map(|kept| kept.value());
            addresses.extend(given.filter_map(|value| value.as_str().map(str::to_ascii_lowercase)));
        }
        Ok(addresses)
    }
}
