//! Which column holds what, in the exports of other programs and in a plain table.
//!
//! The headers are those of the programs' published help pages; no export of theirs was at hand.

use serde::{Deserialize, Serialize};

/// What is taken in of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The address to which an invitation goes.
    Email,
    /// First name.
    GivenName,
    /// Last name.
    FamilyName,
    /// The whole name, where a table does not part it.
    Name,
    /// Whom they work for.
    Company,
    /// Their plan at the space.
    Plan,
    /// Since when they are a member.
    Since,
}

impl Column {
    /// Every one.
    pub const ALL: [Self; 7] =
        [Self::Email, Self::GivenName, Self::FamilyName, Self::Name, Self::Company, Self::Plan, Self::Since];

    /// The word on the wire; for details that members give, the claim's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Name => "name",
            Self::Company => "company",
            Self::Plan => "plan",
            Self::Since => "since",
        }
    }

    /// The one with that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// The program that wrote a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Nexudus.
    Nexudus,
    /// Cobot.
    Cobot,
    /// OfficeRnD.
    OfficeRnd,
    /// Any other.
    Table,
}

impl Source {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nexudus => "nexudus",
            Self::Cobot => "cobot",
            Self::OfficeRnd => "office-rnd",
            Self::Table => "table",
        }
    }

    /// Headers that together only this program writes: all of the first, and one of the second.
    const fn marks(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Nexudus => (
                &["fullname", "email"],
                &["sendwelcomeemail", "registrationdate", "contractstartdate", "coworkertype"],
            ),
            Self::Cobot => (&["planname", "email"], &["nextinvoicedate", "paidforby", "startdate"]),
            Self::OfficeRnd => {
                (&["location", "startdate", "email"], &["membername", "contactperson", "billingperson"])
            }
            Self::Table => (&[], &[]),
        }
    }
}

/// Who wrote a table with this header, and what its columns hold.
#[must_use]
pub fn recognised(header: &[String]) -> (Source, Vec<Option<Column>>) {
    let plain: Vec<String> = header.iter().map(|name| plain(name)).collect();
    let has = |name: &&str| plain.iter().any(|one| one == name);
    let is_of = |source: &Source| {
        let (all, one) = source.marks();
        all.iter().all(&has) && one.iter().any(&has)
    };
    let source = [Source::Nexudus, Source::Cobot, Source::OfficeRnd].into_iter().find(is_of);
    let mut columns: Vec<Option<Column>> = Vec::with_capacity(plain.len());
    for name in &plain {
        let column = meaning(name).filter(|column| !columns.contains(&Some(*column)));
        columns.push(column);
    }
    // Who has two dates means the contract's.
    let contract = plain.iter().position(|name| name == "contractstartdate");
    if let Some(place) = contract {
        for (at, column) in columns.iter_mut().enumerate() {
            if at == place {
                *column = Some(Column::Since);
            } else if *column == Some(Column::Since) {
                *column = None;
            }
        }
    }
    (source.unwrap_or(Source::Table), columns)
}

/// A name without case, spaces and signs.
fn plain(name: &str) -> String {
    name.chars().filter(|symbol| symbol.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn meaning(name: &str) -> Option<Column> {
    Some(match name {
        "email" | "emailaddress" | "mail" | "correo" | "correoelectrónico" | "correoelectronico" => {
            Column::Email
        }
        "firstname" | "givenname" | "forename" | "nombre" => Column::GivenName,
        "lastname" | "familyname" | "surname" | "apellido" | "apellidos" => Column::FamilyName,
        "name" | "fullname" | "membername" | "nombrecompleto" => Column::Name,
        "company" | "companyname" | "businessname" | "team" | "empresa" => Column::Company,
        "plan" | "planname" | "membership" | "tariff" | "tarifa" => Column::Plan,
        "membersince" | "since" | "startdate" | "registrationdate" | "contractstartdate" | "miembrodesde" => {
            Column::Since
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> (Source, Vec<(String, Column)>) {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let (source, columns) = recognised(&header);
        assert_eq!(columns.len(), header.len());
        let taken = header.into_iter().zip(columns).filter_map(|(name, column)| Some((name, column?)));
        (source, taken.collect())
    }

    fn taken(header: &str) -> Vec<Column> {
        read(header).1.into_iter().map(|(_, column)| column).collect()
    }

    #[test]
    fn exports_of_other_programs_are_recognised_and_near_misses_are_plain_tables() {
        use Column::{Company, Email, FamilyName, GivenName, Name, Plan, Since};
        let nexudus =
            "Location,FullName,Email,Active,SendWelcomeEmail,Plan,RegistrationDate,ContractStartDate";
        assert_eq!(read(nexudus).0, Source::Nexudus);
        assert_eq!(taken(nexudus), [Name, Email, Plan, Since]);
        assert_eq!(read(nexudus).1[3].0, "ContractStartDate");
        let cobot = "Name,Company,Address,Email,Plan Name,Start Date,Next Invoice Date,Paid For By";
        assert_eq!((read(cobot).0, taken(cobot)), (Source::Cobot, vec![Name, Company, Email, Plan, Since]));
        let office = "Member Name *,Location *,Start Date *,Email,Company,Phone";
        assert_eq!((read(office).0, taken(office)), (Source::OfficeRnd, vec![Name, Since, Email, Company]));
        let own = "E-Mail,First name,Last name,Company,Plan,Member since,Birthday";
        let all = vec![Email, GivenName, FamilyName, Company, Plan, Since];
        assert_eq!((read(own).0, taken(own)), (Source::Table, all));
        for near in ["FullName,Email,Plan", "Name,Email,Plan Name", "Member Name,Location,Email"] {
            assert_eq!(read(near).0, Source::Table, "{near}");
        }
        assert_eq!(taken("Email,E-mail,mail"), [Email], "the first counts");
        assert!(taken("Phone,Address").is_empty());
    }
}
