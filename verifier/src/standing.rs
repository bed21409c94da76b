//! How things stand, for the team: what waits, what is due to go, and what people are called in lists.
//!
//! A name in a list is a value that somebody looks at, and counts as a look ([`crate::team::looks`]).

use environment::Timestamp;
use network::seen_in_team::SeenInTeam;
use serde_json::Value;
use store::Range;

use crate::importing::END_IMPORTED;
use crate::keeping::{END_KEEPING, ERASE_CONTACT};
use crate::member_api::ERASE_OBJECTIONS;
use crate::members::ERASE_STATEMENT;
use crate::records::{Asked, Contact, Member, SignUp, Waiting};
use crate::space::{Space, SpaceError};
use crate::team::looks::{Looker, Looking};

/// How far ahead is looked for what is due, in seconds.
const AHEAD: i64 = 7 * 86_400;
/// By how many seconds something may be late before the team is told: the server does such work every few seconds.
const GRACE: i64 = 300;
/// Most that is listed of each.
const MOST: usize = 200;
/// Most members that are listed, and how many are read at once.
pub const MOST_MEMBERS: usize = 10_000;
const PAGE: usize = 500;
/// The details that name a person in a list, as far as a form asked for them.
const GIVEN_NAME: &str = "given_name";
const NAMES: [&str; 4] = [GIVEN_NAME, "family_name", "name", "nickname"];

/// What a person is called, as far as whoever looks may see it.
#[derive(Clone, PartialEq, Eq)]
pub enum Called {
    /// By this name.
    Name(String),
    /// A name was given, and it is for these of the team.
    For(SeenInTeam),
    /// No name was asked for, or it is gone.
    Nameless,
}

impl std::fmt::Debug for Called {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(_) => formatter.write_str("Name(…)"),
            Self::For(seen) => write!(formatter, "For({seen:?})"),
            Self::Nameless => formatter.write_str("Nameless"),
        }
    }
}

/// Details that are due to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub contact: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Which.
    pub names: Vec<String>,
}

/// What is overdue and what is due soon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletions {
    /// Details whose time is up, and that are still there: nothing, unless something is broken.
    pub overdue: Vec<Due>,
    /// Keys that were to be destroyed and still are there: none, likewise.
    pub keys_overdue: usize,
    /// Details whose time is up within a week.
    pub soon: Vec<Due>,
}

impl Deletions {
    /// Whether anything is late.
    #[must_use]
    pub fn is_late(&self) -> bool {
        !self.overdue.is_empty() || self.keys_overdue > 0
    }
}

impl Space {
    /// What is overdue for deletion, or due within a week.
    ///
    /// # Errors
    /// The store.
    pub async fn deletions(&self) -> Result<Deletions, SpaceError> {
        let now = self.environment().now();
        let jobs = self.tenant.jobs();
        let mut found = Deletions::default();
        for job in jobs.due_before::<String>(END_KEEPING, now.plus(AHEAD), MOST).await? {
            let Some(contact) = self.tenant.get::<Contact>(job.payload.as_str()).await? else { continue };
            let ends = self.ends_of(&contact).await?;
            let at = |late: bool, end: i64| if late { end <= now.seconds() } else { end > now.seconds() };
            for (late, into) in [(true, &mut found.overdue), (false, &mut found.soon)] {
                let edge = if late { now.seconds().saturating_sub(GRACE) } else { now.plus(AHEAD).seconds() };
                let of = contact.given.iter().zip(&ends);
                let due: Vec<(&str, i64)> = of
                    .filter_map(|(given, end)| Some((given.claim.as_str(), (*end)?)))
                    .filter(|(_, end)| at(late, *end) && *end <= edge)
                    .collect();
                let first = due.iter().map(|(_, end)| *end).min();
                let Some(at) = first.filter(|_| into.iter().all(|one: &Due| one.contact != contact.id))
                else {
                    continue;
                };
                let names = due.iter().map(|(name, _)| (*name).to_owned()).collect();
                into.push(Due { contact: contact.id.clone(), at, names });
            }
        }
        for kind in [ERASE_CONTACT, ERASE_OBJECTIONS, ERASE_STATEMENT, END_IMPORTED] {
            let late = jobs.due_before::<Value>(kind, now.plus(AHEAD), MOST).await?;
            let is_late = |job: &store::Due<Value>| job.attempts > 1 || job.at < now.plus(-GRACE);
            found.keys_overdue =
                found.keys_overdue.saturating_add(late.iter().filter(|job| is_late(job)).count());
        }
        Ok(found)
    }

    /// How many objections are on file.
    ///
    /// # Errors
    /// The store.
    pub async fn objections_on_file(&self) -> Result<usize, SpaceError> {
        self.count_objections(MOST).await
    }

    /// A word that is another one whenever something changed that the team's pages show.
    ///
    /// # Errors
    /// The store.
    pub async fn stands(&self) -> Result<String, SpaceError> {
        let waiting = self.tenant.page::<Waiting>(Range::all(), MOST).await?.items;
        let mut parts = Vec::new();
        for sign_up in &waiting {
            let again = self.asked_again(sign_up).await?.map_or(0, |again| again.at);
            parts.push(format!("{} {again}", sign_up.id));
        }
        parts.push(self.objections_on_file().await?.to_string());
        parts.push(self.last_deed().await?);
        parts.push(self.counter_offers(1).await?.first().map_or_else(String::new, |one| one.id.clone()));
        let members = self.members(MOST).await?;
        parts.extend(members.iter().map(|member| format!("{} {:?}", member.sub, member.standing)));
        parts.push(self.deletions().await?.is_late().to_string());
        Ok(jose::digest::sha256_base64url(parts.join("\n")))
    }

    /// What the people of these contacts are called, as far as their forms asked for it. That somebody looked is noted before; the
    /// same look within a few minutes is one.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn called(
        &self,
        contacts: &[&str],
        looker: Looker<'_>,
        how: &'static str,
    ) -> Result<Vec<Called>, SpaceError> {
        let found = self.names_looked_at(contacts, looker, how, &NAMES).await?;
        let called = |contact: &Option<Contact>| {
            contact.as_ref().map_or(Called::Nameless, |contact| self.called_of(contact, looker))
        };
        Ok(found.iter().map(called).collect())
    }

    /// These contacts, after a look at these of their details was noted: whose that whoever looks sees some of, and which of them. Who
    /// sees nothing of anybody looked at nothing.
    async fn names_looked_at(
        &self,
        contacts: &[&str],
        looker: Looker<'_>,
        how: &'static str,
        names: &[&'static str],
    ) -> Result<Vec<Option<Contact>>, SpaceError> {
        let mut found = Vec::new();
        for id in contacts {
            found.push(self.tenant.get::<Contact>(*id).await?);
        }
        let sees = |contact: &Contact, name: &str| {
            contact.given.iter().any(|given| given.claim == name && looker.sees(given))
        };
        let is_seen = |name: &&str| found.iter().flatten().any(|contact| sees(contact, name));
        let names: Vec<&str> = names.iter().copied().filter(is_seen).collect();
        let seen = found.iter().flatten().filter(|contact| names.iter().any(|name| sees(contact, name)));
        let whose: Vec<&str> = seen.map(|contact| contact.id.as_str()).collect();
        if !whose.is_empty() {
            let by = looker.noted_as();
            self.look(Looking { by, how, whose: &whose, names: &names, again: false }).await?;
        }
        Ok(found)
    }

    /// The first names of the people of these contacts, as far as their forms asked for them: no more than a screen may show that
    /// others see, too. That somebody looked is noted before.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn first_names(
        &self,
        contacts: &[&str],
        looker: Looker<'_>,
        how: &'static str,
    ) -> Result<Vec<Option<String>>, SpaceError> {
        let found = self.names_looked_at(contacts, looker, how, &[GIVEN_NAME]).await?;
        let first = |contact: &Contact| {
            let values = self.opened_for(contact, looker).ok()?;
            let kept = values.iter().find(|kept| kept.claim == GIVEN_NAME)?;
            kept.value()?.as_str().map(str::to_owned)
        };
        Ok(found.iter().map(|contact| contact.as_ref().and_then(first)).collect())
    }

    /// What a person is called by what somebody may see, or for whom that is.
    pub(crate) fn called_of(&self, contact: &Contact, looker: Looker<'_>) -> Called {
        if let Some(name) = self.name_of(contact, looker) {
            return Called::Name(name);
        }
        let names = contact.given.iter().filter(|given| NAMES.contains(&given.claim.as_str()));
        let hidden = names.filter(|given| !looker.sees(given)).map(|given| given.seen_in_team);
        hidden.max().map_or(Called::Nameless, Called::For)
    }

    /// What a person is called by what somebody may see; nothing where no name was asked for, or it is gone, or for others.
    pub(crate) fn name_of(&self, contact: &Contact, looker: Looker<'_>) -> Option<String> {
        let is_named =
            |name: &&str| contact.given.iter().any(|given| given.claim == **name && looker.sees(given));
        if !NAMES.iter().any(is_named) {
            return None;
        }
        let values = self.opened_for(contact, looker).ok()?;
        let text = |name: &str| {
            let kept = values.iter().find(|kept| kept.claim == name)?;
            kept.value()?.as_str().map(str::to_owned)
        };
        let whole: Vec<String> = ["given_name", "family_name"].into_iter().filter_map(text).collect();
        let name =
            if whole.is_empty() { text("name").or_else(|| text("nickname")) } else { Some(whole.join(" ")) };
        name.filter(|name| !name.trim().is_empty())
    }

    /// Every member, the newest first; at most [`MOST_MEMBERS`].
    ///
    /// # Errors
    /// The store.
    pub async fn all_members(&self) -> Result<Vec<Member>, SpaceError> {
        let mut members: Vec<Member> = Vec::new();
        let mut range = Range::all();
        while members.len() < MOST_MEMBERS {
            let page = self.tenant.list::<Member>(range, PAGE).await?;
            members.extend(page.items);
            let Some(next) = page.next else { break };
            range = Range::all().after(&next);
        }
        members.sort_by(|one, other| other.since.cmp(&one.since).then_with(|| one.sub.cmp(&other.sub)));
        Ok(members)
    }

    /// One member.
    ///
    /// # Errors
    /// The store.
    pub async fn member(&self, sub: &str) -> Result<Option<Member>, SpaceError> {
        Ok(self.tenant.get::<Member>(sub).await?)
    }

    /// Requests that may still be answered, or whose end is not long ago, the one first that ends last.
    ///
    /// # Errors
    /// The store.
    pub async fn open_requests(&self, limit: usize) -> Result<Vec<Asked>, SpaceError> {
        let mut asked = self.tenant.list::<Asked>(Range::all(), limit).await?.items;
        asked.sort_by_key(|asked| std::cmp::Reverse(asked.until));
        Ok(asked)
    }

    /// For how long a sign-up has waited, in seconds.
    #[must_use]
    pub fn waited(&self, sign_up: &SignUp) -> i64 {
        self.environment().now().seconds().saturating_sub(sign_up.answered_at)
    }

    /// The present moment, for pages.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.environment().now()
    }
}
