//! What the directory shows: built from the contacts at each load, for one viewer, and kept nowhere.
//!
//! Somebody is there who is a member now and publishes something to this viewer, with exactly that. The rest of what the space knows is
//! not opened into it, not searched and not counted.

use std::collections::BTreeMap;
use std::fmt;

use credentials::types;
use network::claims::Audience;
use serde_json::Value;
use store::{Range, Reader, StoreFault, View};

use super::listing::Listing;
use super::reach::{Reach, Viewer, newest};
use crate::keeping::{basis_of, end_of};
use crate::records::{Contact, Member, Provenance, SignUp, Standing};
use crate::space::{Space, SpaceError};

/// People on a page.
pub const PAGE: usize = 24;
/// Most listings that one search opens.
pub const MOST_SEARCHED: usize = 10_000;
/// Most people that a search shows.
pub const MOST_FOUND: usize = 48;
/// Listings that are read in one transaction.
const READ_AT_ONCE: usize = 200;
/// Shortest and longest that is searched for, in characters.
const SHORTEST: usize = 2;
const LONGEST: usize = 100;
/// What is searched: what people are called, where they work, and what they do.
const SEARCHED: &[&str] = &[
    "given_name",
    "family_name",
    "name",
    "nickname",
    "preferred_username",
    "company",
    "role",
    "skills",
    "bio",
];

/// Somebody in the directory, with what they publish to whoever looks.
#[derive(Clone, PartialEq)]
pub struct Person {
    /// In the address of the page.
    pub id: String,
    /// The details, in the order in which they were given.
    pub details: Vec<Published>,
}

/// One detail that somebody publishes.
#[derive(Clone, PartialEq)]
pub struct Published {
    /// The claim's path, joined by `.`.
    pub claim: String,
    /// Whose word it is ([`Provenance::word_of`]).
    pub word_of: String,
    /// The value.
    pub value: Value,
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Person({})", self.id)
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Published({})", self.claim)
    }
}

impl Person {
    /// The text of a detail.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        let found = self.details.iter().find(|detail| detail.claim == claim)?;
        found.value.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// What they are called, as far as they publish it.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let whole: Vec<&str> =
            ["given_name", "family_name"].into_iter().filter_map(|claim| self.text(claim)).collect();
        if !whole.is_empty() {
            return Some(whole.join(" "));
        }
        let others = ["name", "preferred_username", "nickname"];
        others.into_iter().find_map(|claim| self.text(claim)).map(str::to_owned)
    }
}

/// A page of the directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DirectoryPage {
    /// Who is on it.
    pub people: Vec<Person>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Whether a search found more than is shown, or there is more than is searched.
    pub is_cut: bool,
}

/// How many people publish what to whom: names of details, and no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedCounts {
    /// How many people are listed.
    pub people: usize,
    /// How many publish each detail, by audience.
    pub details: BTreeMap<String, BTreeMap<Audience, usize>>,
}

/// Somebody in the directory as the team sees it: who, and which details are for whom. No value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// In the address of the page that others see.
    pub id: String,
    /// The contact.
    pub contact: String,
    /// The details with the widest audience that sees each.
    pub details: Vec<(String, Audience)>,
}

/// A listing with the contact behind it, of which something is for whoever looks.
struct Listed {
    id: String,
    contact: Contact,
    /// Which of the details are.
    shown: Vec<bool>,
}

/// Where somebody's page is, at the space's host.
#[must_use]
pub fn path_of(listing: &str) -> String {
    format!("/people/{listing}")
}

/// Whether `term` is long enough to be searched for, and short enough.
#[must_use]
pub fn may_search(term: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&term.trim().chars().count())
}

impl Space {
    /// A page of the directory for `viewer`, beginning with the listing `from`; none where there is no directory for them.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn directory(
        &self,
        viewer: Viewer,
        from: Option<&str>,
    ) -> Result<Option<DirectoryPage>, SpaceError> {
        let mut page = DirectoryPage::default();
        let mut from = from.map(str::to_owned);
        loop {
            // One more than is shown says whether there is another page. Who is passed over shows in nothing.
            let wanted = PAGE.saturating_add(1).saturating_sub(page.people.len());
            let view = ForViewer { viewer, from: from.as_deref(), wanted };
            let Some(found) = self.tenant.read(&view).await? else { return Ok(None) };
            page.people.extend(found.listed.iter().filter_map(|listed| self.person_of(listed)));
            match found.next {
                Some(next) if page.people.len() <= PAGE => from = Some(next),
                _ => break,
            }
        }
        if page.people.len() > PAGE {
            page.next = page.people.drain(PAGE..).next().map(|person| person.id);
        }
        Ok(Some(page))
    }

    /// The people in whose published names, company, role, skills or words about themselves `term` stands.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn search_directory(
        &self,
        viewer: Viewer,
        term: &str,
    ) -> Result<Option<DirectoryPage>, SpaceError> {
        let term = term.trim().to_lowercase();
        let (mut page, mut from, mut seen) = (DirectoryPage::default(), None::<String>, 0_usize);
        loop {
            let view = ForViewer { viewer, from: from.as_deref(), wanted: READ_AT_ONCE };
            let Some(found) = self.tenant.read(&view).await? else { return Ok(None) };
            seen = seen.saturating_add(found.listed.len());
            for listed in found.listed {
                let Some(person) = self.person_of(&listed) else { continue };
                if !matches(&person, &term) {
                    continue;
                }
                if page.people.len() >= MOST_FOUND {
                    page.is_cut = true;
                    return Ok(Some(page));
                }
                page.people.push(person);
            }
            match found.next {
                Some(_) if seen >= MOST_SEARCHED => {
                    page.is_cut = true;
                    return Ok(Some(page));
                }
                Some(next) => from = Some(next),
                None => return Ok(Some(page)),
            }
        }
    }

    /// One person as `viewer` sees them; none if they publish nothing to this viewer, as if they were not there.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn person(&self, viewer: Viewer, id: &str) -> Result<Option<Person>, SpaceError> {
        let found = self.tenant.read(&OfViewer { viewer, id }).await?;
        Ok(found.and_then(|listed| self.person_of(&listed)))
    }

    /// The contact that is listed as `id`, if it publishes something to the members here.
    pub(super) async fn contact_listed(&self, id: &str) -> Result<Option<Contact>, SpaceError> {
        let found = self.tenant.read(&OfViewer { viewer: Viewer::MemberHere, id }).await?;
        Ok(found.map(|listed| listed.contact))
    }

    /// Opens what is for the viewer. Of a contact that was erased between reading and opening there is nothing: its key is gone.
    fn person_of(&self, listed: &Listed) -> Option<Person> {
        let values = self.opened(&listed.contact).ok()?;
        let details: Vec<Published> = listed
            .contact
            .given
            .iter()
            .zip(&values.0)
            .zip(&listed.shown)
            .filter(|((given, kept), shown)| **shown && given.claim == kept.claim)
            .filter_map(|((given, kept), _)| {
                let (claim, word_of) = (given.claim.clone(), given.word_of.clone());
                Some(Published { claim, word_of, value: kept.value()? })
            })
            .collect();
        (!details.is_empty()).then(|| Person { id: listed.id.clone(), details })
    }

    /// Who publishes something, from a listing on, and where the next begins: for the team, also where there is no directory.
    ///
    /// # Errors
    /// The store.
    pub async fn publishers(
        &self,
        from: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Publisher>, Option<String>), SpaceError> {
        let (mut people, mut from) = (Vec::new(), from.map(str::to_owned));
        loop {
            let found = self.tenant.read(&EveryListing { from: from.as_deref() }).await?;
            for Listed { id, contact, shown } in found.listed {
                if people.len() >= limit {
                    return Ok((people, Some(id)));
                }
                let published = contact.given.iter().zip(shown).filter(|(_, shown)| *shown);
                let details = published.map(|(given, _)| (given.claim.clone(), given.audience)).collect();
                people.push(Publisher { id, contact: contact.id, details });
            }
            match found.next {
                Some(next) => from = Some(next),
                None => return Ok((people, None)),
            }
        }
    }

    /// Who publishes what, for the team.
    ///
    /// # Errors
    /// The store.
    pub async fn published_counts(&self) -> Result<PublishedCounts, SpaceError> {
        let (mut counts, mut from) = (PublishedCounts::default(), None::<String>);
        loop {
            let view = EveryListing { from: from.as_deref() };
            let found = self.tenant.read(&view).await?;
            for Listed { contact, shown, .. } in found.listed {
                counts.people = counts.people.saturating_add(1);
                for (given, _) in contact.given.iter().zip(shown).filter(|(_, shown)| *shown) {
                    let of_claim = counts.details.entry(given.claim.clone()).or_default();
                    let count = of_claim.entry(given.audience).or_default();
                    *count = count.saturating_add(1);
                }
            }
            match found.next {
                Some(next) if counts.people < MOST_SEARCHED => from = Some(next),
                _ => return Ok(counts),
            }
        }
    }
}

/// Whether what is searched holds `term`, which is in small letters.
fn matches(person: &Person, term: &str) -> bool {
    let searched = person.details.iter().filter(|detail| SEARCHED.contains(&detail.claim.as_str()));
    person.name().is_some_and(|name| name.to_lowercase().contains(term))
        || searched.into_iter().any(|detail| crate::searching::holds(&detail.value, term))
}

struct Found {
    listed: Vec<Listed>,
    /// The listing with which the next begins.
    next: Option<String>,
}

struct ForViewer<'a> {
    viewer: Viewer,
    from: Option<&'a str>,
    wanted: usize,
}

impl View for ForViewer<'_> {
    const NAME: &'static str = "directory";
    type Output = Option<Found>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        if !admits(reader, self.viewer).await? {
            return Ok(None);
        }
        read_from(reader, self.viewer, self.from, self.wanted).await.map(Some)
    }
}

/// Everything that anybody but the team may see, whether there is a directory or not.
struct EveryListing<'a> {
    from: Option<&'a str>,
}

impl View for EveryListing<'_> {
    const NAME: &'static str = "published";
    type Output = Found;

    async fn read(&self, reader: &mut Reader) -> Result<Found, StoreFault> {
        read_from(reader, Viewer::MemberHere, self.from, READ_AT_ONCE).await
    }
}

struct OfViewer<'a> {
    viewer: Viewer,
    id: &'a str,
}

impl View for OfViewer<'_> {
    const NAME: &'static str = "directory-person";
    type Output = Option<Listed>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        if !admits(reader, self.viewer).await? {
            return Ok(None);
        }
        match reader.get::<Listing>(self.id).await? {
            Some(listing) => listed(reader, self.viewer, listing).await,
            None => Ok(None),
        }
    }
}

async fn admits(reader: &mut Reader, viewer: Viewer) -> Result<bool, StoreFault> {
    let reach = newest(reader).await?.map_or_else(Reach::default, |newest| newest.reach);
    Ok(reach.admits(viewer))
}

/// Up to `wanted` people from a listing on; what is not for the viewer is passed over without opening anything.
async fn read_from(
    reader: &mut Reader,
    viewer: Viewer,
    from: Option<&str>,
    wanted: usize,
) -> Result<Found, StoreFault> {
    let range = from.map_or_else(Range::all, |from| Range::all().starting_at(from));
    let page = reader.list::<Listing>(range, READ_AT_ONCE).await?;
    let (mut found, mut last) = (Vec::new(), None);
    for listing in page.items {
        if found.len() >= wanted {
            return Ok(Found { listed: found, next: Some(listing.id) });
        }
        last = Some(listing.id.clone());
        found.extend(listed(reader, viewer, listing).await?);
    }
    // No identifier lies between one and itself with the smallest character after it.
    let next = last.filter(|_| page.next.is_some()).map(|last| format!("{last}-"));
    Ok(Found { listed: found, next })
}

async fn listed(reader: &mut Reader, viewer: Viewer, listing: Listing) -> Result<Option<Listed>, StoreFault> {
    if !viewer.sees(listing.widest) {
        return Ok(None);
    }
    let Some(contact) = reader.get::<Contact>(&listing.contact).await? else { return Ok(None) };
    if !is_member(reader, &contact.id).await? {
        return Ok(None);
    }
    let basis = basis_of(reader, &contact.id).await?;
    let now = reader.now().seconds();
    let is_shown = |given: &Provenance| {
        // The job that erases what is over comes a little later than its end.
        viewer.sees(given.audience) && may_be_shown(given) && end_of(given, basis).is_none_or(|end| now < end)
    };
    let shown: Vec<bool> = contact.given.iter().map(is_shown).collect();
    Ok(shown.contains(&true).then_some(Listed { id: listing.id, contact, shown }))
}

/// A number of the network or what ties somebody to another space is nobody's to look up, whatever was said of it.
fn may_be_shown(given: &Provenance) -> bool {
    given.vct != types::PASSPORT && given.vct != types::MEMBERSHIP && given.claim != "number"
}

/// Whether the person of a contact is a member now.
pub(super) async fn is_member(reader: &mut Reader, contact: &str) -> Result<bool, StoreFault> {
    let sign_up = reader.get::<SignUp>(contact).await?;
    let Some(sub) = sign_up.and_then(|sign_up| sign_up.member) else { return Ok(false) };
    let member = reader.get::<Member>(&sub).await?;
    Ok(member.is_some_and(|member| {
        member.standing == Standing::Active && member.contact.as_deref() == Some(contact)
    }))
}
