//! Marks by which a holder would be recognised (design: no common handle).
//!
//! Whoever is shown a copy sees its header, its visible claims and its status, whatever is disclosed. In the network these
//! say nothing that is not the same for everybody who got copies that day, and what differs from copy to copy is drawn at
//! random: the key, the place in the status list, the salts (specs/flows.md §2). A copy of another form, a claim too many,
//! an address or a date of its own, tells who is there, wherever it is shown, and a status list of one's own tells
//! the issuer when.
//!
//! An issuer still knows each copy again that it is sent itself, by the signature it made: no form helps against that.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use credentials::sd_jwt::{Disclosure, SdJwt};
use credentials::vc::{Facts, Held};
use environment::Timestamp;
use jose::{base64url, json};
use network::weekly_list::{WeeklyList, week_of};
use serde_json::{Map, Value, json};

use super::AcceptError;
use super::checking::{Checked, SKEW};
use crate::flows::origin::origin_of;
use crate::records::{Copy, HeldCredential};
use crate::wallet::{Wallet, content};

const DAY: i64 = 86_400;
/// For how many seconds a copy counts at most.
const LONGEST_LIFE: i64 = 14 * DAY;
/// And at least: shorter-lived copies would bring the wallet back to their issuer as often as it likes.
const SHORTEST_LIFE: i64 = 7 * DAY;
/// Places in one status list.
const PLACES: u64 = 1 << 20;
/// Lists of one issuer in which the wallet's copies may have places at one time, two of every week: which ones a wallet
/// fetches must not tell whose it is.
const MOST_LISTS: usize = 8;
/// What stands in a header: the key is named by one of the last two (SD-JWT VC §3.5).
const HEADER: [&str; 4] = ["alg", "typ", "x5c", "kid"];
/// What a reader sees of every copy.
const VISIBLE: [&str; 9] = ["vct", "cnf", "status", "iat", "nbf", "exp", "iss", "_sd", "_sd_alg"];

/// By what a holder would be recognised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mark {
    /// The header holds more than names the key.
    #[error("the header holds {0:?}, which no copy of this network has")]
    Header(String),
    /// A claim is visible to every reader.
    #[error("{0:?} is visible in every copy and says more than a copy of this network may")]
    Visible(String),
    /// `iss` is neither the issuer's DID nor its address.
    #[error("iss is neither the issuer's DID nor its address")]
    Issuer,
    /// `cnf` holds more than the key.
    #[error("cnf holds more than the key this wallet gave")]
    Confirmation,
    /// `iat`, `nbf` or `exp` is no whole day, not of today, or `exp` is missing, too early or too late.
    #[error("iat and exp must be whole days, iat that of today and exp 7 to 14 days later")]
    Dates,
    /// The status is missing, or no place in a list that everybody shares.
    #[error("status must be a place in a list of this week at the issuer's own address, and nothing else")]
    Status,
    /// The copies of one issuer are spread over more lists than living copies need.
    #[error("the copies of this issuer would lie in more than {MOST_LISTS} status lists")]
    TooManyLists,
    /// There are digests to which no disclosure belongs.
    #[error("there are digests that no disclosure belongs to")]
    Decoys,
    /// The copies of one batch differ in more than what is random.
    #[error("the copies differ in more than key, status index and salts")]
    CopiesDiffer,
    /// Two copies have one place in the status list.
    #[error("two copies have the same place in the status list")]
    PlaceTwice,
    /// A salt occurs twice, in one copy or in two.
    #[error("a salt occurs twice")]
    SaltTwice,
}

/// Refuses the copies of one answer if one of them bears a mark, or not all of them look the same. Outside the network
/// everybody has another form.
pub(super) fn check_batch<'a>(
    issuer: &str,
    copies: impl Iterator<Item = &'a HeldCredential>,
    now: Timestamp,
) -> Result<(), AcceptError> {
    let mut first: Option<Look> = None;
    for credential in copies.filter(|copy| is_of_the_network(copy)) {
        let copy = SdJwt::parse(&credential.compact).map_err(credentials::vc::VcError::from)?;
        check_header(copy.header())?;
        check_visible(copy.payload(), issuer, credential, now)?;
        check_digests(&copy)?;
        let look = Look::of(&copy, credential)?;
        match &first {
            None => first = Some(look),
            Some(first) if *first == look => {}
            Some(_) => return Err(Mark::CopiesDiffer.into()),
        }
    }
    Ok(())
}

/// Refuses copies that say something else than those that came before them by the same errand. They may be of another day.
pub(super) fn check_beside<'a>(
    there: impl Iterator<Item = &'a HeldCredential>,
    mut new: impl Iterator<Item = &'a HeldCredential>,
) -> Result<(), AcceptError> {
    let look = |credential: &HeldCredential| {
        let copy = SdJwt::parse(&credential.compact).map_err(credentials::vc::VcError::from)?;
        Look::of(&copy, credential)
    };
    // Among each other they were found to look the same.
    let Some(new) = new.find(|copy| is_of_the_network(copy)) else { return Ok(()) };
    let new = look(new)?;
    for there in there.filter(|copy| is_of_the_network(copy)) {
        if !new.is_beside(&look(there)?) {
            return Err(Mark::CopiesDiffer.into());
        }
    }
    Ok(())
}

impl Wallet {
    /// Refuses new copies that share a salt or a place in a status list among themselves or with those that are here, or
    /// that would lie in too many lists together with them.
    pub(crate) async fn refuse_repeated_marks(&self, new: &[Checked]) -> Result<(), AcceptError> {
        let mut seen = Seen::default();
        for held in self.vault.list::<Copy>().await?.iter().flat_map(|copy| &copy.credentials) {
            if is_of_the_network(held) {
                // What came before may repeat itself; only what comes now is judged.
                let _ = seen.add(held);
            }
        }
        for one in new.iter().map(|checked| &checked.credential).filter(|one| is_of_the_network(one)) {
            seen.add(one)?.map_or(Ok(()), Err)?;
        }
        self.refuse_too_many_lists(new).await
    }

    async fn refuse_too_many_lists(&self, new: &[Checked]) -> Result<(), AcceptError> {
        let now = self.now();
        let mut copies = self.vault.list::<Copy>().await?;
        copies.retain(|copy| copy.is_fresh(now));
        // Only lists of copies that still count are fetched.
        let held = || copies.iter().flat_map(|copy| &copy.credentials).filter(|one| one.counts(now));
        let new = || new.iter().map(|checked| &checked.credential);
        let issuers: BTreeSet<&str> = new().map(|one| one.issuer.as_str()).collect();
        for issuer in issuers {
            if lists_of(issuer, held().chain(new())).len() > MOST_LISTS {
                return Err(Mark::TooManyLists.into());
            }
        }
        Ok(())
    }
}

/// The status lists in which copies of an issuer have places.
fn lists_of<'a>(issuer: &str, credentials: impl Iterator<Item = &'a HeldCredential>) -> BTreeSet<String> {
    let credentials = credentials.filter(|one| is_of_the_network(one) && one.issuer == issuer);
    let held = credentials.filter_map(|one| Held::reopen(&one.compact).ok());
    held.filter_map(|held| held.facts().status().map(|place| place.uri.clone())).collect()
}

/// Only a network's own parties sign its types, and none of them any other.
fn is_of_the_network(credential: &HeldCredential) -> bool {
    credential.network.is_some()
}

fn check_header(header: &Map<String, Value>) -> Result<(), Mark> {
    match header.keys().find(|name| !HEADER.contains(&name.as_str())) {
        Some(other) => Err(Mark::Header(other.clone())),
        None if header.contains_key("x5c") && header.contains_key("kid") => {
            Err(Mark::Header("kid".to_owned()))
        }
        None => Ok(()),
    }
}

fn check_visible(
    payload: &Map<String, Value>,
    issuer: &str,
    credential: &HeldCredential,
    now: Timestamp,
) -> Result<(), AcceptError> {
    if let Some(other) = payload.keys().find(|name| !VISIBLE.contains(&name.as_str())) {
        return Err(Mark::Visible(other.clone()).into());
    }
    let names_issuer =
        |name: &Value| [Some(issuer), credential.issuer_did.as_deref()].contains(&name.as_str());
    if payload.get("iss").is_some_and(|name| !names_issuer(name)) {
        return Err(Mark::Issuer.into());
    }
    let facts = Facts::of(payload)?;
    let confirmation = facts.holder_key().map(|key| json!({"jwk": key.required_members()}));
    if payload.get("cnf") != confirmation.as_ref() {
        return Err(Mark::Confirmation.into());
    }
    let issued_at = check_dates(payload, &facts, now)?;
    Ok(check_status(payload, &facts, issuer, issued_at)?)
}

/// Gives `iat`.
fn check_dates(payload: &Map<String, Value>, facts: &Facts, now: Timestamp) -> Result<Timestamp, Mark> {
    // Whole days written as whole numbers: a fraction would be a mark as well.
    let is_day = |name: &str, moment: Timestamp| {
        moment == moment.start_of_day() && payload.get(name) == Some(&Value::from(moment.seconds()))
    };
    let (Some(issued_at), Some(expires)) = (facts.issued_at(), facts.expires()) else {
        return Err(Mark::Dates);
    };
    // An issuer that had a credential ready later may have signed it the day before.
    let today = now.minus(DAY).start_of_day()..=now.plus(SKEW).start_of_day();
    let in_order = is_day("iat", issued_at)
        && is_day("exp", expires)
        && today.contains(&issued_at)
        && (issued_at.plus(SHORTEST_LIFE)..=issued_at.plus(LONGEST_LIFE)).contains(&expires)
        && facts.not_before().is_none_or(|moment| moment == issued_at && is_day("nbf", moment));
    if in_order { Ok(issued_at) } else { Err(Mark::Dates) }
}

fn check_status(
    payload: &Map<String, Value>,
    facts: &Facts,
    issuer: &str,
    issued_at: Timestamp,
) -> Result<(), Mark> {
    let place = facts.status().ok_or(Mark::Status)?;
    let at_issuer = origin_of(issuer).map(|origin| format!("{origin}/status/"));
    let list = at_issuer.and_then(|lists| place.uri.strip_prefix(lists.as_str()));
    // Midnight may pass between the date and the place.
    let days = [issued_at, issued_at.plus(DAY)];
    let is_shared = list.is_some_and(|list| days.iter().any(|day| is_list_of(list, *day)));
    let is_nothing_else = payload.get("status") == Some(&place.to_value());
    if is_shared && is_nothing_else && place.index < PLACES { Ok(()) } else { Err(Mark::Status) }
}

/// Whether `list` is one of the lists that everybody shares in the week of `day`. A name that is known beforehand cannot be
/// that of a member.
fn is_list_of(list: &str, day: Timestamp) -> bool {
    WeeklyList::parse(list).is_some_and(|list| list.week() == week_of(day))
}

/// Decoys hide how many claims there are; their number would be a mark, and the types of the network hide nothing by it.
fn check_digests(copy: &SdJwt) -> Result<(), Mark> {
    let in_payload: usize = copy.payload().iter().map(|(name, value)| digests(name, value)).sum();
    let in_values = copy.disclosures().iter().map(|one| digests("", one.value()));
    // Each disclosure was found to belong to a digest of its own (RFC 9901 §7.1).
    let all = in_values.fold(in_payload, usize::saturating_add);
    if all == copy.disclosures().len() { Ok(()) } else { Err(Mark::Decoys) }
}

/// How many digests stand in the member `name` (RFC 9901 §4.2.4).
fn digests(name: &str, value: &Value) -> usize {
    match (name, value) {
        ("_sd", Value::Array(digests)) => digests.len(),
        ("...", _) => 1,
        (_, Value::Array(elements)) => elements.iter().map(|element| digests("", element)).sum(),
        (_, Value::Object(members)) => members.iter().map(|(name, value)| digests(name, value)).sum(),
        _ => 0,
    }
}

/// What the copies of one batch have in common.
#[derive(PartialEq)]
struct Look {
    header: Map<String, Value>,
    visible: BTreeMap<String, Value>,
    says: Map<String, Value>,
    disclosable: BTreeSet<String>,
}

impl Look {
    fn of(copy: &SdJwt, credential: &HeldCredential) -> Result<Self, AcceptError> {
        let random = ["cnf", "status", "_sd"];
        let visible = copy.payload().iter().filter(|(name, _)| !random.contains(&name.as_str()));
        let held = Held::reopen(&credential.compact)?;
        let disclosed = held.sd_jwt().processed().disclosed().iter();
        Ok(Self {
            header: copy.header().clone(),
            visible: visible.map(|(name, value)| (name.clone(), value.clone())).collect(),
            says: content(&credential.compact),
            disclosable: disclosed.map(|one| one.location().to_string()).collect(),
        })
    }
}

impl Look {
    /// Whether a copy that looks so may come of one errand with one that looks like `other`: the same, or of another day and for
    /// as long. In between the issuer may have got another certificate.
    fn is_beside(&self, other: &Self) -> bool {
        if self.visible.get("iat") == other.visible.get("iat") {
            return self == other;
        }
        self.says == other.says
            && self.disclosable == other.disclosable
            && self.life() == other.life()
            && self.undated().eq(other.undated())
            && self.header.keys().eq(other.header.keys())
    }

    /// For how many seconds the copy counts.
    fn life(&self) -> Option<i64> {
        let moment = |name: &str| self.visible.get(name).and_then(Value::as_i64);
        moment("exp")?.checked_sub(moment("iat")?)
    }

    /// What is visible beside the dates, and whether there are any.
    fn undated(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        let is_date = |name: &str| ["iat", "nbf", "exp"].contains(&name);
        self.visible.iter().map(move |(name, value)| (name.as_str(), (!is_date(name)).then_some(value)))
    }
}

/// What was drawn at random and may not come again.
#[derive(Default)]
struct Seen {
    places: HashSet<(String, u64)>,
    salts: HashSet<String>,
}

impl Seen {
    /// Adds what is random in a copy; gives what was there already.
    fn add(&mut self, credential: &HeldCredential) -> Result<Option<Mark>, credentials::vc::VcError> {
        let copy = SdJwt::parse(&credential.compact)?;
        let mut mark = None;
        if let Some(place) = Facts::of(copy.payload())?.status()
            && !self.places.insert((place.uri.clone(), place.index))
        {
            mark = Some(Mark::PlaceTwice);
        }
        for disclosure in copy.disclosures() {
            if !self.salts.insert(salt(disclosure)) {
                mark = Some(Mark::SaltTwice);
            }
        }
        Ok(mark)
    }
}

/// The salt, the first element of a disclosure (RFC 9901 §4.2.1).
fn salt(disclosure: &Disclosure) -> String {
    let elements = base64url::decode(disclosure.encoded()).ok().and_then(|bytes| json::parse(bytes).ok());
    elements
        .as_ref()
        .and_then(|elements| elements.get(0))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
