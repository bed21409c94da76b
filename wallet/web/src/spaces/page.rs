//! A space's page: everything that it has of the member by their own proofs, what was done there and what waits, and the ways to
//! each thing that can be done.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use network::space_pages::SpacePage;
use url::Url;
use wallet::{Errand, HeldClaim, MemberApiError, OwnSpace, shown};
use web::Words;

use super::said::{
    OfMost, Theirs, begun, checked, end_of, errand, facts, purpose, standing, taken_out_of_each, value, waits,
};
use super::visit::{Called, Sent, Visit};
use super::{SPACES, detail, objecting, proofs};
use crate::site::Failed;
use crate::tasks::Job;
use crate::times::day;
use crate::words::{detail as name_of, list, picture};

#[derive(Template)]
#[template(path = "space.html")]
struct PageOfSpace {
    words: Words,
    csrf: String,
    /// Names of the tasks that the forms begin.
    task: String,
    address: String,
    /// Where the member objects to something.
    object: String,
    name: String,
    host: String,
    standing: String,
    plan: Option<String>,
    is_member: bool,
    is_muted: bool,
    /// At a host: what the member agrees to by looking at leaving.
    leaves: Option<String>,
    /// Whether there is anything that can be seen by others.
    has_details: bool,
    details: Vec<HeldDetail>,
    /// Why it has them, where that is the same of each of several.
    purpose: Vec<Theirs>,
    /// What else is said of most of several.
    of_most: OfMost,
    /// What it keeps of whoever is no member there.
    keeps: Option<Keeps>,
    waiting: Vec<Waiting>,
    proofs: Vec<proofs::Listed>,
    /// What can be done at the space itself: the label, the address, and the host to which it leads.
    links: Vec<(String, String, String)>,
}

/// A detail on the page.
struct HeldDetail {
    address: String,
    name: String,
    value: Option<String>,
    picture: Option<String>,
    purpose: Vec<Theirs>,
    needed: bool,
    facts: Vec<String>,
}

/// What a space keeps of whoever is no member there, until when, and where to write to.
struct Keeps {
    said: Vec<String>,
    /// The address, and the link that writes to it.
    contact: Option<(String, Option<String>)>,
}

impl Keeps {
    async fn of(visit: &Visit) -> Option<Self> {
        let Visit { words, own, unlocked, .. } = visit;
        if own.membership.is_some() || own.space.held.is_empty() {
            return None;
        }
        let names: Vec<String> = own.space.held.iter().map(|one| one.claim.clone()).collect();
        let mut said = vec![words.say_with("space-left-keeps", &[("details", &list(*words, &names))])];
        // Where one of them has no end that is known, there is no last day.
        let ends: Option<Vec<i64>> = own.space.held.iter().map(end_of).collect();
        if let Some(last) = ends.and_then(|ends| ends.into_iter().max()) {
            said.push(words.say_with("space-left-until", &[("date", &day(last))]));
        }
        let contact = detail::contact(unlocked, own).await.map(|contact| {
            let link = is_mail_address(&contact).then(|| format!("mailto:{contact}"));
            (contact, link)
        });
        Some(Self { said, contact })
    }
}

/// Whether it is a plain mail address, and nothing that an address for writing mails would read as more.
fn is_mail_address(text: &str) -> bool {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "@.-_+".contains(symbol);
    text.split('@').filter(|part| !part.is_empty()).count() == 2
        && text.matches('@').count() == 1
        && text.chars().all(is_plain)
}

/// Something that waits to be done.
struct Waiting {
    id: String,
    what: String,
    facts: Vec<String>,
    /// The name of the task that sends it now.
    task: String,
    may_be_done: bool,
    /// At a host: what the member agrees to by sending it now.
    calls: Option<String>,
}

/// Where a space's page is.
pub(crate) fn address_of(key: &str) -> String {
    format!("{SPACES}/{key}")
}

/// `GET /spaces/{key}`.
pub(crate) async fn show(visit: Visit) -> Response {
    let Visit { words, own, .. } = &visit;
    let words = *words;
    let waiting = own.waiting.iter().map(|entry| Waiting {
        id: entry.id.clone(),
        what: errand(words, &entry.errand),
        facts: waits(words, entry),
        task: visit.task_name(),
        may_be_done: entry.may_be_done,
        calls: called_by(&entry.errand).and_then(|called| visit.calls(called)),
    });
    let mut details: Vec<HeldDetail> = own.space.held.iter().map(|claim| held(words, own, claim)).collect();
    let of_most = taken_out_of_each(details.iter_mut().map(|one| &mut one.facts));
    let body = PageOfSpace {
        words,
        csrf: visit.csrf(),
        task: visit.task_name(),
        address: visit.address(),
        object: objecting::address_of(&own.key),
        name: visit.name(),
        host: shown(&own.space.host),
        standing: begun(&standing(words, own)),
        plan: own.membership.as_ref().and_then(|one| one.plan.as_deref()).map(shown),
        is_member: own.membership.is_some(),
        is_muted: own.is_muted,
        leaves: visit.calls(Called::Leave),
        has_details: !own.space.held.is_empty(),
        purpose: purpose_of_all(&mut details),
        details,
        of_most,
        keeps: Keeps::of(&visit).await,
        waiting: waiting.collect(),
        proofs: proofs::listed(words, own),
        links: own.pages.iter().filter_map(|(kind, address)| link(words, *kind, address)).collect(),
    };
    visit.answered(StatusCode::OK, visit.name(), body)
}

/// A page of the space: what it is for, its address, and the host to which that leads.
fn link(words: Words, kind: SpacePage, address: &str) -> Option<(String, String, String)> {
    let host = Url::parse(address).ok()?.host_str()?.to_owned();
    let label = words.say(match kind {
        SpacePage::Book => "space-link-book",
        SpacePage::People => "space-link-people",
        SpacePage::Help => "space-link-help",
    });
    Some((label, address.to_owned(), shown(&host)))
}

/// Why the space has all of it, where that is the same of each of several; it is said once then.
fn purpose_of_all(details: &mut [HeldDetail]) -> Vec<Theirs> {
    let [first, rest @ ..] = &mut *details else { return Vec::new() };
    if rest.is_empty() || rest.iter().any(|one| one.purpose != first.purpose) {
        return Vec::new();
    }
    let purpose = std::mem::take(&mut first.purpose);
    rest.iter_mut().for_each(|one| one.purpose.clear());
    purpose
}

fn held(words: Words, own: &OwnSpace, claim: &HeldClaim) -> HeldDetail {
    let mut said = facts(words, claim, own.membership.is_some());
    said.push(checked(words, &claim.vct));
    let known = own.value_of(claim);
    HeldDetail {
        address: detail::address_of(&own.key, &claim.claim),
        name: name_of(words, &claim.claim),
        value: known.map(|one| value(words, &claim.claim, one)),
        picture: known.and_then(|one| picture(&claim.claim, one.as_str()?)),
        purpose: purpose(words, claim),
        needed: claim.needed,
        facts: said,
    }
}

/// Which part of the space's API does it by itself; a new value is shown in an answer.
const fn called_by(errand: &Errand) -> Option<Called> {
    match errand {
        Errand::Changes(_) => Some(Called::Changes),
        Errand::Leave => Some(Called::Leave),
        Errand::Objection { .. } => Some(Called::Objections),
        Errand::NewValue { .. } | Errand::Passport => None,
    }
}

/// `POST /spaces/{key}/mute`: nothing of the space is shown, or is again.
pub(crate) async fn mute(Sent { visit, fields }: Sent) -> Response {
    let muted = fields.optional("muted") == Some("yes");
    match visit.unlocked.wallet.mute_space(&visit.own.space.id, muted).await {
        Ok(()) => Redirect::to(&format!("{}#mute", visit.address())).into_response(),
        Err(error) => Failed::from(error).page(visit.words),
    }
}

/// `POST /spaces/{key}/waiting`: what waits goes now, or not at all.
pub(crate) async fn waiting(Sent { visit, fields }: Sent) -> Response {
    let id = fields.optional("id").unwrap_or_default();
    // What waits at another space is not touched by the form of this one.
    if !visit.own.waiting.iter().any(|entry| entry.id == id) {
        return Redirect::to(&visit.address()).into_response();
    }
    if fields.optional("what") == Some("send") {
        let job = Job::Send { space: visit.own.space.id.clone(), item: id.to_owned() };
        return super::asking::begun(&visit, &fields, job);
    }
    match visit.unlocked.wallet.cancel_change(id).await {
        // Another tab was faster.
        Ok(()) | Err(MemberApiError::NoSuchItem) => Redirect::to(&visit.address()).into_response(),
        Err(MemberApiError::Vault(error)) => Failed::from(error).page(visit.words),
        Err(_) => visit.sorry(StatusCode::UNPROCESSABLE_ENTITY, "failed-title", "space-unclear"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_mail_address_becomes_a_link_that_writes_to_it() {
        for address in ["privacy@kiln.example", "data.protection+ask@kiln-north.example"] {
            assert!(is_mail_address(address), "{address}");
        }
        for other in [
            "",
            "@",
            "kiln.example",
            "a@",
            "@kiln.example",
            "a@b@c",
            "a@b?bcc=x@y",
            "a b@c",
            "https://kiln.example/x",
        ] {
            assert!(!is_mail_address(other), "{other}");
        }
    }
}
