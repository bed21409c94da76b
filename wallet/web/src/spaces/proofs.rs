//! The proofs of a space: what each proves in words, and as the file that its space signed.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use credentials::types;
use environment::Timestamp;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jose::{base64url, digest};
use network::change_proof::Deed;
use network::sharing_proof::SharedClaim;
use wallet::{Given, GivenClaim, OwnSpace, ProvenChange, SpaceView};
use web::Words;

use super::page::address_of as address_of_space;
use super::said::{change, kept, kept_until, seen_key, used_for};
use super::visit::Visit;
use crate::times::{day, minute};
use crate::told::change_in_words;
use crate::words::{detail, list};

/// Bytes of the name of a proof in addresses.
const NAME_BYTES: usize = 12;

/// A proof on a space's page.
pub(super) struct Listed {
    pub(super) address: String,
    pub(super) label: String,
    pub(super) at: String,
}

/// A proof that is kept.
enum Proof<'a> {
    Sharing(&'a Given, &'a str),
    Change(&'a ProvenChange),
}

#[derive(Template)]
#[template(path = "space_proof.html")]
struct ProofPage {
    words: Words,
    title: String,
    /// The space's page.
    address: String,
    file: String,
    says: String,
    /// What is proven of each detail.
    details: Vec<(String, String)>,
    lines: Vec<String>,
}

impl Proof<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Sharing(_, text) => text,
            Self::Change(change) => &change.proof,
        }
    }

    const fn at(&self) -> i64 {
        match self {
            Self::Sharing(given, _) => given.at,
            Self::Change(change) => change.at,
        }
    }

    /// Tells it from every other one: a hash of it.
    fn name(&self) -> String {
        let hash = digest::sha256(self.text());
        base64url::encode(hash.get(..NAME_BYTES).unwrap_or_default())
    }

    fn label(&self, words: Words) -> String {
        match self {
            Self::Sharing(given, _) => {
                // A membership that is shown at its own space names that space, which is no news to it.
                let is_news = |one: &&GivenClaim| !(one.vct == types::MEMBERSHIP && one.claim == "space");
                let mut told: Vec<&GivenClaim> = given.claims.iter().filter(is_news).collect();
                if told.is_empty() {
                    told = given.claims.iter().collect();
                }
                let names: Vec<String> = told.into_iter().map(|one| one.claim.clone()).collect();
                words.say_with("space-proof-sharing", &[("details", &list(words, &names))])
            }
            Self::Change(change) => deed(words, change),
        }
    }
}

/// What was done, in words; as it was noted where its proof cannot be read any more.
fn deed(words: Words, one: &ProvenChange) -> String {
    let Some(proof) = one.proven() else { return change_in_words(words, &one.what) };
    match proof.deed {
        Deed::Left => words.say("space-did-leave"),
        Deed::Objected => words.say("space-did-object"),
        Deed::Changed => {
            proof.outcome.changes.iter().map(|one| change(words, one)).collect::<Vec<_>>().join(", ")
        }
    }
}

/// All proofs of a space, the newest first.
fn all(own: &OwnSpace) -> Vec<Proof<'_>> {
    let sharing =
        own.space.given.iter().filter_map(|given| Some(Proof::Sharing(given, given.proof.as_deref()?)));
    let mut proofs: Vec<Proof<'_>> = sharing.chain(own.space.changes.iter().map(Proof::Change)).collect();
    proofs.sort_by_key(|proof| std::cmp::Reverse(proof.at()));
    proofs
}

/// The proofs as a space's page lists them: what was shared, and what was changed when.
pub(super) fn listed(words: Words, own: &OwnSpace) -> Vec<Listed> {
    let proofs = all(own);
    let listed = |proof: &Proof<'_>| Listed {
        address: address_of(own, proof),
        label: proof.label(words),
        at: day(proof.at()),
    };
    proofs.iter().map(listed).collect()
}

fn address_of(own: &OwnSpace, proof: &Proof<'_>) -> String {
    format!("{}/proofs/{}", address_of_space(&own.key), proof.name())
}

/// `GET /spaces/{key}/proofs/{proof}`.
pub(crate) async fn show(visit: Visit, Path((_, name)): Path<(String, String)>) -> Response {
    match all(&visit.own).iter().find(|proof| proof.name() == name) {
        Some(proof) => page(&visit, proof),
        None => none(&visit),
    }
}

/// `GET /spaces/{key}/proofs/{proof}/file`: as the space signed it, for whoever is to check it.
pub(crate) async fn file(visit: Visit, Path((_, name)): Path<(String, String)>) -> Response {
    let proofs = all(&visit.own);
    let Some(proof) = proofs.iter().find(|proof| proof.name() == name) else { return none(&visit) };
    let named = format!("attachment; filename=\"passport-proof-{}.jwt\"", day(proof.at()));
    let headers = [(CONTENT_TYPE, "application/jwt".to_owned()), (CONTENT_DISPOSITION, named)];
    (headers, proof.text().to_owned()).into_response()
}

fn none(visit: &Visit) -> Response {
    visit.sorry(StatusCode::NOT_FOUND, "space-proof-none-title", "space-proof-none-text")
}

fn page(visit: &Visit, proof: &Proof<'_>) -> Response {
    let Visit { words, own, .. } = visit;
    let words = *words;
    let (space, at) = (visit.name(), minute(proof.at()));
    let (title, says) = match proof {
        Proof::Sharing(..) => ("proof-of-sharing", "space-proof-sharing-text"),
        Proof::Change(_) => ("space-proof-of-change", "space-proof-change-text"),
    };
    let title = words.say(title);
    let body = ProofPage {
        words,
        title: title.clone(),
        address: visit.address(),
        file: format!("{}/file", address_of(own, proof)),
        says: words.say_with(says, &[("space", &space), ("date", &at)]),
        details: match proof {
            Proof::Sharing(given, _) => given.proven().map(|proven| {
                let told = |one: &SharedClaim| (detail(words, &one.claim), shared(words, &own.space, one));
                proven.shared.iter().map(told).collect()
            }),
            Proof::Change(_) => None,
        }
        .unwrap_or_default(),
        lines: match proof {
            Proof::Sharing(..) => Vec::new(),
            Proof::Change(one) => came_to(words, one),
        },
    };
    visit.answered(StatusCode::OK, title, body)
}

/// What is proven of a detail that was shared.
fn shared(words: Words, space: &SpaceView, one: &SharedClaim) -> String {
    let mut said = vec![used_for(words, space, &one.purpose)];
    said.push(words.say(if one.needed { "needed" } else { "optional" }));
    said.push(words.say(seen_key(one.audience, one.seen_in_team)));
    said.extend(one.kept_days.map(|days| words.count("space-until-leaving", "days", days)));
    said.extend(one.kept_until.map(|until| kept_until(words, Timestamp::from_seconds(until))));
    said.join(" · ")
}

/// What a change came to.
fn came_to(words: Words, one: &ProvenChange) -> Vec<String> {
    let Some(proof) = one.proven() else { return vec![change_in_words(words, &one.what)] };
    let mut lines: Vec<String> = proof.outcome.changes.iter().map(|one| change(words, one)).collect();
    if !proof.outcome.about.is_empty() {
        lines.push(list(words, &proof.outcome.about));
    }
    if proof.outcome.membership_ended {
        lines.push(words.say("space-ended"));
    }
    lines.extend(proof.outcome.kept.iter().map(|one| kept(words, one)));
    lines
}
