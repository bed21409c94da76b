//! From a request to the question: which piece answers which query, and under which key.

use credentials::dcql::{ClaimOption, CredentialQuery, Matches, Query, Wanted};
use credentials::{types, ClaimsPath};
use jose::{base64url, digest};
use serde_json::Value;
use trust::registration::CoveredClaim;
use trust::{ClaimPath, RequestedCredential};

use super::repertoire::Repertoire;
use crate::question::{Answer, AskedClaim, Asker, Binding, Group, Possibility, Purpose, Question, Source};
use crate::records::SpaceView;
use crate::trust::TrustedRequester;

/// How one query would be answered.
pub(crate) struct Assignment {
    /// The query's identifier.
    pub(crate) query: String,
    /// The position of the piece.
    pub(crate) piece: usize,
    /// What of it is shown.
    pub(crate) option: ClaimOption,
}

/// Chooses for each query the piece that would answer it.
///
/// Our own types go under one key where that is possible, and at a space under one key only: then what cannot is
/// not offered (a space refuses our types under different keys, specs/flows.md §4).
pub(crate) fn assign(query: &Query, repertoire: &Repertoire, one_key_only: bool) -> Vec<Assignment> {
    let candidates = repertoire.candidates();
    let matches = query.evaluate(&candidates);
    let mut copies: Vec<&str> = Vec::new();
    for piece in repertoire.pieces.iter().filter(|piece| types::is_ours(&piece.vct)) {
        if let Some(copy) = piece.copy()
            && !copies.contains(&copy)
        {
            copies.push(copy);
        }
    }
    let plain = assignments(&matches, repertoire, None, one_key_only);
    let score = |found: &[Assignment]| {
        let answered = found.iter().map(|one| one.query.as_str()).collect();
        (query.accepts(&answered).is_ok(), found.len())
    };
    copies.into_iter().fold(plain, |best, copy| {
        let found = assignments(&matches, repertoire, Some(copy), one_key_only);
        // Only a copy that answers more than the one before is better.
        if score(&found) > score(&best) { found } else { best }
    })
}

fn assignments(
    matches: &Matches<'_>,
    repertoire: &Repertoire,
    primary: Option<&str>,
    one_key_only: bool,
) -> Vec<Assignment> {
    let mut found = Vec::new();
    for matched in matches.per_query() {
        let rank = |position: usize| -> Option<u8> {
            let piece = repertoire.pieces.get(position)?;
            match piece.copy() {
                Some(copy) if types::is_ours(&piece.vct) => match (primary == Some(copy), one_key_only) {
                    (true, _) => Some(0),
                    (false, true) => None,
                    (false, false) => Some(1),
                },
                _ => Some(0),
            }
        };
        let best = matched
            .candidates
            .iter()
            .filter_map(|candidate| Some((rank(candidate.candidate)?, candidate)))
            .min_by_key(|(rank, _)| *rank);
        if let Some((_, candidate)) = best
            && let Some(option) = candidate.options.first()
        {
            let query = matched.query.id.as_str().to_owned();
            found.push(Assignment { query, piece: candidate.candidate, option: option.clone() });
        }
    }
    found
}

/// The question a request amounts to.
pub(crate) fn question(
    query: &Query,
    assignments: &[Assignment],
    repertoire: &Repertoire,
    requester: &TrustedRequester,
    asker: Asker,
    spaces: &[SpaceView],
) -> Question {
    let mut covered: Vec<CoveredClaim> = Vec::new();
    let mut answer = |id: &str| -> Option<Answer> {
        let asked = query.credential(id)?;
        let registered = Registered::of(asked, requester);
        covered.extend(registered.covered.iter().cloned());
        let assignment = assignments.iter().find(|one| one.query == id);
        let claims = claims(asked, assignment, repertoire, &registered, &asker, spaces);
        let piece = assignment.and_then(|one| repertoire.pieces.get(one.piece));
        Some(Answer {
            query: id.to_owned(),
            types: wanted_types(asked),
            source: source(asked, piece.map(|piece| &piece.source)),
            claims,
            beyond_registration: registered.credential_is_beyond,
        })
    };
    let available = |ids: &[&str]| ids.iter().all(|id| assignments.iter().any(|one| one.query == *id));
    let mut possibility = |ids: Vec<&str>| Possibility {
        available: available(&ids),
        answers: ids.into_iter().filter_map(&mut answer).collect(),
    };
    let groups: Vec<Group> = if query.credential_sets().is_empty() {
        let every = query.credentials().iter().map(|one| one.id.as_str()).collect();
        vec![Group { needed: true, options: vec![possibility(every)] }]
    } else {
        let option = |ids: &Vec<credentials::dcql::Id>| possibility(ids.iter().map(|id| id.as_str()).collect());
        let mut option = option;
        query
            .credential_sets()
            .iter()
            .map(|set| Group { needed: set.required, options: set.options.iter().map(&mut option).collect() })
            .collect()
    };
    let asks_for_terms = query.credentials().iter().any(|one| is_for(one, types::TERMS));
    let usual = usual(spaces);
    Question { purpose: purpose(&covered, requester), asker, groups, asks_for_terms, usual }
}

/// The types a query takes.
fn wanted_types(query: &CredentialQuery) -> Vec<String> {
    match &query.wanted {
        Wanted::SdJwtVc { vct_values } => vct_values.clone(),
        _ => Vec::new(),
    }
}

pub(crate) fn is_for(query: &CredentialQuery, vct: &str) -> bool {
    matches!(&query.wanted, Wanted::SdJwtVc { vct_values } if vct_values.iter().all(|one| one == vct) && !vct_values.is_empty())
}

fn source(query: &CredentialQuery, found: Option<&Source>) -> Source {
    // Terms are recognised even where the member has nothing to say.
    if is_for(query, types::TERMS) {
        return Source::Terms;
    }
    found.cloned().unwrap_or(Source::Missing)
}

/// What of one query is registered.
struct Registered {
    covered: Vec<CoveredClaim>,
    beyond: Vec<ClaimPath>,
    credential_is_beyond: bool,
    /// Outside any network nobody registers anything.
    applies: bool,
}

impl Registered {
    fn of(query: &CredentialQuery, requester: &TrustedRequester) -> Self {
        let nothing = Self { covered: Vec::new(), beyond: Vec::new(), credential_is_beyond: false, applies: false };
        // Terms say what the member wants and nothing about the member.
        if requester.network.is_none() || is_for(query, types::TERMS) {
            return nothing;
        }
        let paths: Option<Vec<ClaimPath>> = query.claims.iter().map(|claim| registered_path(&claim.path)).collect();
        let (Some(registration), Some(paths)) = (&requester.registration, paths) else {
            return Self { credential_is_beyond: true, applies: true, ..nothing };
        };
        let requested = RequestedCredential { credential_types: wanted_types(query), claims: paths };
        match trust::within(registration, None, &[requested]) {
            Ok(within) => Self { covered: within.claims().to_vec(), applies: true, ..nothing },
            Err(beyond) => Self {
                credential_is_beyond: !beyond.credentials.is_empty(),
                beyond: beyond.claims.into_iter().map(|(_, path)| path).collect(),
                covered: beyond.covered,
                applies: true,
            },
        }
    }

    fn is_beyond(&self, path: &ClaimsPath) -> bool {
        self.applies && registered_path(path).is_none_or(|path| self.beyond.contains(&path))
    }

    fn kept_days(&self, path: &ClaimsPath) -> Option<u32> {
        let path = registered_path(path)?;
        self.covered.iter().find(|covered| covered.path == path).map(|covered| covered.retention_days)
    }
}

fn registered_path(path: &ClaimsPath) -> Option<ClaimPath> {
    ClaimPath::from_value(&path.to_value()).ok()
}

fn claims(
    query: &CredentialQuery,
    assignment: Option<&Assignment>,
    repertoire: &Repertoire,
    registered: &Registered,
    asker: &Asker,
    spaces: &[SpaceView],
) -> Vec<AskedClaim> {
    let piece = assignment.and_then(|one| repertoire.pieces.get(one.piece));
    let mut asked: Vec<AskedClaim> = Vec::new();
    for (position, claim) in query.claims.iter().enumerate() {
        let selected = assignment.and_then(|one| one.option.claims.iter().find(|one| one.claim == position));
        // With claim sets, what the chosen set leaves out is not asked any more.
        if assignment.is_some() && selected.is_none() && !query.claim_sets.is_empty() {
            continue;
        }
        let values: Vec<&Value> = match (selected, piece) {
            (Some(selected), Some(piece)) => {
                selected.locations.iter().filter_map(|location| location.value(&piece.claims)).collect()
            }
            _ => Vec::new(),
        };
        asked.push(AskedClaim {
            claim: claim.path.to_string(),
            value: (!values.is_empty()).then(|| values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", ")),
            beyond_registration: registered.is_beyond(&claim.path),
            kept_days: registered.kept_days(&claim.path),
            also_given_to: also_given_to(&values, asker, spaces),
        });
    }
    asked
}

/// A value as a person reads it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// By what the vault notices that two values are the same.
pub(crate) fn same_as(value: &Value) -> String {
    base64url::encode(digest::sha256(value.to_string()))
}

fn also_given_to(values: &[&Value], asker: &Asker, spaces: &[SpaceView]) -> Vec<String> {
    // True and false recognise nobody.
    let telling: Vec<String> =
        values.iter().filter(|value| !value.is_boolean() && !value.is_null()).map(|value| same_as(value)).collect();
    let given = |space: &&SpaceView| {
        let mut claims = space.given.iter().flat_map(|given| &given.claims);
        claims.any(|claim| telling.contains(&claim.same_as))
    };
    let other = |space: &&SpaceView| asker.did.as_deref() != Some(space.id.as_str());
    spaces.iter().filter(other).filter(given).map(|space| space.name.clone()).collect()
}

/// The names of all claims that were given anywhere before.
fn usual(spaces: &[SpaceView]) -> Vec<String> {
    let mut names: Vec<String> =
        spaces.iter().flat_map(|space| &space.given).flat_map(|given| &given.claims).map(|one| one.claim.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn purpose(covered: &[CoveredClaim], requester: &TrustedRequester) -> Option<Purpose> {
    let registration = requester.registration.as_ref()?;
    let mut uses: Vec<&str> = Vec::new();
    for claim in covered {
        if !uses.contains(&claim.intended_use.as_str()) {
            uses.push(&claim.intended_use);
        }
    }
    let uses: Vec<_> = uses.into_iter().filter_map(|id| registration.intended_use(id)).collect();
    let first = uses.first()?;
    let texts: Vec<&str> = uses
        .iter()
        .filter_map(|one| one.purpose.get("en").or_else(|| one.purpose.values().next()))
        .map(String::as_str)
        .collect();
    let basis = serde_json::to_value(first.legal_basis).ok().and_then(|basis| Some(basis.as_str()?.replace('_', " ")));
    Some(Purpose {
        text: texts.join("; "),
        legal_basis: basis,
        kept_days: covered.iter().map(|claim| claim.retention_days).max(),
    })
}

/// Who asks, as the member sees it.
pub(crate) fn asker(requester: &TrustedRequester, host: &str, bound_by: Vec<Binding>) -> Asker {
    let mut asker = Asker {
        name: requester.name.clone(),
        host: host.to_owned(),
        did: requester.did.clone(),
        bound_by,
        admitted_by: requester.network.clone(),
        ..Asker::default()
    };
    if let Some(registration) = &requester.registration {
        let content = registration.content();
        let contact = &content.data_protection_contact;
        asker.legal_name = Some(content.legal_name.clone());
        asker.brand = content.brand.as_ref().map(|brand| brand.name.clone());
        asker.data_protection_contact =
            contact.email.clone().or_else(|| contact.uri.clone()).or_else(|| contact.phone.clone());
        asker.privacy_policy = Some(content.privacy_policy.clone());
        asker.supervisory_authority = Some(content.supervisory_authority.name.clone());
    }
    asker
}
