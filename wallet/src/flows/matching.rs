//! From a request to the question: which piece answers which query, and under which key.

mod along;
mod assigning;
mod intended;
mod seen;
mod several;

use std::collections::BTreeSet;

use credentials::dcql::{CredentialQuery, Id, Query, Wanted};
use credentials::{ClaimsPath, types};
use network::seen_in_team::{Rules, SeenInTeam};
use openid4vc::vp::request::VerifierInfo;
use serde_json::Value;
use trust::registration::CoveredClaim;
use trust::{ClaimPath, RequestedCredential};

pub(crate) use assigning::{Assignment, Assignments, assign};

use super::repertoire::Repertoire;
use crate::question::{
    Answer, AskedClaim, Asker, Binding, BoundTo, Group, Known, Possibility, Purpose, Question, Source, Use,
};
pub(crate) use crate::records::same_as;
use crate::records::{Given, SpaceView};
use crate::trust::TrustedRequester;

/// Most answers in all the ways beside the usual ones.
const MOST_FURTHER_ANSWERS: usize = 2_048;

/// The question a request amounts to; `said` is its `verifier_info`.
pub(crate) fn question(
    query: &Query,
    assignments: &Assignments,
    repertoire: &Repertoire,
    requester: &TrustedRequester,
    said: &[VerifierInfo],
    asker: Asker,
    spaces: &[SpaceView],
) -> Question {
    let mut builder = Builder {
        query,
        assignments,
        repertoire,
        requester,
        said,
        asker,
        spaces,
        covered: Vec::new(),
        further: 0,
    };
    let ids = |ids: &[Id]| ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
    let groups: Vec<Group> = if query.credential_sets().is_empty() {
        // Without sets everything is needed (OpenID4VP 1.0 §6.4.2).
        let every: Vec<String> = query.credentials().iter().map(|one| one.id.as_str().to_owned()).collect();
        vec![Group { needed: true, options: builder.possibilities(&every) }]
    } else {
        let sets = query.credential_sets().iter();
        sets.map(|set| Group {
            needed: set.required,
            options: set.options.iter().flat_map(|option| builder.possibilities(&ids(option))).collect(),
        })
        .collect()
    };
    Question {
        purpose: purpose(&builder.covered, requester),
        asker: builder.asker,
        groups,
        asks_for_terms: query.credentials().iter().any(|one| is_for(one, types::TERMS)),
        // Whether there is one is for the wallet's records to say.
        first_end: None,
        gives_inbox: false,
        usual: usual(spaces),
        takes_counter_offers: false,
        alternatives: Vec::new(),
        difference: None,
        joins_again: false,
        takes_for_new: false,
        authorises: Vec::new(),
        // The request tells, and not its query.
        ends_at: None,
        request: String::new(),
        bound_to: BoundTo::default(),
        drawn_from: String::new(),
        own_set: None,
        sets: Vec::new(),
        same_sets: Vec::new(),
        in_other_sets: Vec::new(),
        one_key_only: requester.takes_one_key_only(),
    }
}

/// What a question is made of.
struct Builder<'a> {
    query: &'a Query,
    assignments: &'a Assignments,
    repertoire: &'a Repertoire,
    requester: &'a TrustedRequester,
    said: &'a [VerifierInfo],
    asker: Asker,
    spaces: &'a [SpaceView],
    covered: Vec<CoveredClaim>,
    /// How many answers stand in ways beside the usual ones.
    further: usize,
}

impl Builder<'_> {
    /// The ways to answer these queries together: the usual one, one for each other credential that would do, and where a
    /// query takes several, several.
    fn possibilities(&mut self, ids: &[String]) -> Vec<Possibility> {
        let usual: Vec<Option<usize>> = ids.iter().map(|id| self.assignments.usual(id)).collect();
        let mut ways = vec![self.possibility(ids, &usual, &[])];
        for (position, id) in ids.iter().enumerate() {
            for other in self.assignments.others(id) {
                let mut way = usual.clone();
                if let Some(place) = way.get_mut(position) {
                    *place = Some(other);
                }
                ways.extend(self.further(ids, &way, &[]));
            }
            for (first, further) in self.several(id) {
                let mut way = usual.clone();
                if let Some(place) = way.get_mut(position) {
                    *place = Some(first);
                }
                let further: Vec<(&str, usize)> = further.into_iter().map(|one| (id.as_str(), one)).collect();
                ways.extend(self.further(ids, &way, &further));
            }
        }
        ways
    }

    /// A way beside the usual one, unless so many are offered already that nobody would look through more: each repeats the
    /// answers to all queries that it goes together with, and the asker chooses how many those are.
    fn further(
        &mut self,
        ids: &[String],
        way: &[Option<usize>],
        further: &[(&str, usize)],
    ) -> Option<Possibility> {
        let reached = self.further.saturating_add(ids.len()).saturating_add(further.len());
        if reached > MOST_FURTHER_ANSWERS {
            return None;
        }
        self.further = reached;
        Some(self.possibility(ids, way, further))
    }

    /// The ways to answer one query with several credentials, the fewest first.
    fn several(&self, id: &str) -> Vec<(usize, Vec<usize>)> {
        if self.query.credential(id).is_none_or(|asked| !asked.multiple) {
            return Vec::new();
        }
        let all = self.assignments.usual(id).into_iter().chain(self.assignments.others(id)).collect();
        several::together(all, self.requester.takes_one_key_only(), |position| {
            let piece = self.repertoire.pieces.get(self.assignments.get(position)?.piece)?;
            piece.copy().filter(|_| types::is_ours(&piece.vct))
        })
    }

    /// One answer to each query by `way`, and `further` ones to some of them.
    fn possibility(
        &mut self,
        ids: &[String],
        way: &[Option<usize>],
        further: &[(&str, usize)],
    ) -> Possibility {
        let usual = ids.iter().map(String::as_str).zip(way.iter().copied());
        let all = usual.chain(further.iter().map(|(id, assignment)| (*id, Some(*assignment))));
        let answers = all.filter_map(|(id, assignment)| self.answer(id, assignment)).collect();
        Possibility { available: way.iter().all(Option::is_some), answers }
    }

    fn answer(&mut self, id: &str, position: Option<usize>) -> Option<Answer> {
        let asked = self.query.credential(id)?;
        let registered = Registered::of(asked, self.requester, self.said);
        let assignment = position.and_then(|position| self.assignments.get(position));
        let piece = assignment.and_then(|one| self.repertoire.pieces.get(one.piece));
        let seen = seen::promised(self.said, id, self.requester);
        let claims = claims(asked, assignment, self.repertoire, &registered, &seen, &self.asker, self.spaces);
        let along =
            assignment.zip(piece).map(|(one, piece)| along::comes_along(piece, &one.option, self.spaces));
        self.covered.extend(registered.covered);
        Some(Answer {
            query: id.to_owned(),
            types: wanted_types(asked),
            source: source(asked, piece.map(|piece| &piece.source)),
            claims,
            comes_along: along.unwrap_or_default(),
            beyond_registration: registered.credential_is_beyond,
            assignment: position,
            key: piece
                .filter(|piece| types::is_ours(&piece.vct))
                .and_then(|piece| piece.copy())
                .map(str::to_owned),
        })
    }
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
    fn of(query: &CredentialQuery, requester: &TrustedRequester, said: &[VerifierInfo]) -> Self {
        let nothing =
            Self { covered: Vec::new(), beyond: Vec::new(), credential_is_beyond: false, applies: false };
        // Terms say what the member wants and nothing about the member.
        if requester.network.is_none() || is_for(query, types::TERMS) {
            return nothing;
        }
        let paths: Option<Vec<ClaimPath>> =
            query.claims.iter().map(|claim| registered_path(&claim.path)).collect();
        let (Some(registration), Some(paths)) = (&requester.registration, paths) else {
            return Self { credential_is_beyond: true, applies: true, ..nothing };
        };
        let requested = RequestedCredential { credential_types: wanted_types(query), claims: paths };
        match trust::within(registration, intended::named(said, &query.id), &[requested]) {
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
    seen: &Rules,
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
        let name = claim.path.to_string();
        let values: Vec<&Value> = match (selected, piece) {
            (Some(selected), Some(piece)) => {
                selected.locations.iter().filter_map(|location| location.value(&piece.claims)).collect()
            }
            _ => Vec::new(),
        };
        asked.push(AskedClaim {
            value: piece.filter(|_| !values.is_empty()).map(|piece| {
                values.iter().map(|value| piece.told(&name, value, spaces)).collect::<Vec<_>>().join(", ")
            }),
            beyond_registration: registered.is_beyond(&claim.path),
            kept_days: registered.kept_days(&claim.path),
            also_given_to: also_given_to(&values, asker, spaces),
            known_to_asker: known_to(asker, &name, &values, spaces),
            seen_in_team: SeenInTeam::of(&name, seen.iter().map(|(path, seen)| (path.as_str(), *seen))),
            claim: name,
        });
    }
    asked
}

/// A value as a person reads it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the asker has of a claim already, of which these are the values. An office keeps none of what it checks.
fn known_to(asker: &Asker, claim: &str, values: &[&Value], spaces: &[SpaceView]) -> Option<Known> {
    let did = asker.did.as_deref().filter(|_| !values.is_empty())?;
    let space = spaces.iter().find(|space| space.id == did && !space.is_office)?;
    let held: Vec<&str> =
        space.held.iter().filter(|one| one.claim == claim).map(|one| one.same_as.as_str()).collect();
    let is_held = |value: &&Value| held.contains(&same_as(value).as_str());
    match (held.is_empty(), values.iter().all(is_held)) {
        (true, _) => None,
        (false, true) => Some(Known::Same),
        (false, false) => Some(Known::Another),
    }
}

/// The other spaces that have one of these values. What the asker has already tells it nothing new.
fn also_given_to(values: &[&Value], asker: &Asker, spaces: &[SpaceView]) -> Vec<String> {
    let is_asker = |space: &&SpaceView| asker.did.as_deref() == Some(space.id.as_str());
    let has_one_of =
        |space: &SpaceView, values: &[String]| space.held.iter().any(|claim| values.contains(&claim.same_as));
    // True and false recognise nobody.
    let telling = values.iter().filter(|value| !value.is_boolean() && !value.is_null());
    let mut telling: Vec<String> = telling.map(|value| same_as(value)).collect();
    telling.retain(|value| {
        !spaces.iter().filter(is_asker).any(|space| has_one_of(space, std::slice::from_ref(value)))
    });
    let others = spaces.iter().filter(|space| !is_asker(space) && has_one_of(space, &telling));
    let mut names: Vec<String> = others.map(|space| space.name.clone()).collect();
    names.sort_unstable();
    names
}

/// The names of the claims that the member gave to spaces, unless a later no stands against it.
fn usual(spaces: &[SpaceView]) -> Vec<String> {
    let mut answers: Vec<&Given> = spaces.iter().flat_map(|space| &space.given).collect();
    answers.sort_by_key(|given| given.at);
    let mut names = BTreeSet::new();
    for given in answers {
        names.extend(given.said_yes.iter().cloned());
        names.retain(|name| !given.said_no.contains(name));
    }
    names.into_iter().collect()
}

fn purpose(covered: &[CoveredClaim], requester: &TrustedRequester) -> Option<Purpose> {
    let registration = requester.registration.as_ref()?;
    let mut uses: Vec<&str> = Vec::new();
    for one in covered.iter().flat_map(|claim| &claim.intended_uses) {
        if !uses.contains(&one.as_str()) {
            uses.push(one);
        }
    }
    let uses: Vec<_> = uses.into_iter().filter_map(|id| registration.intended_use(id)).collect();
    let basis = serde_json::to_value(uses.first()?.legal_basis)
        .ok()
        .and_then(|basis| Some(basis.as_str()?.replace('_', " ")));
    Some(Purpose {
        legal_basis: basis,
        kept_days: covered.iter().map(|claim| claim.retention_days).max(),
        ..Purpose::of(
            uses.into_iter().map(|one| Use { id: one.id.clone(), texts: one.purpose.clone() }).collect(),
        )
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
        brand_sites: requester.brand_sites.clone(),
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
