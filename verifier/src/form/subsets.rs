//! Whatever the screen lets a member pick, the space accepts; whatever lacks something needed, it refuses
//! (design: nothing is sent that cannot be accepted).

use std::collections::BTreeMap;

use credentials::dcql::{Answer, NotSatisfied, Query};
use credentials::types;
use network::claims::CHECKED;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// What a member may do with one line of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    Checked,
    Own,
    Nothing,
}

const NAMES: [&str; 9] =
    ["email", "given_name", "family_name", "birthdate", "company", "bio", "role", "links", "picture"];

fn forms() -> impl Strategy<Value = Form> {
    let need = || prop_oneof![Just(Need::Required), Just(Need::Optional)];
    let source = prop_oneof![Just(Source::Checked), Just(Source::Either), Just(Source::Own)];
    let fields = proptest::sample::subsequence(NAMES.to_vec(), 1..=NAMES.len()).prop_flat_map(move |names| {
        proptest::collection::vec((need(), source.clone()), names.len()).prop_map(move |chosen| {
            let fields = names.iter().zip(chosen).map(|(name, (need, source))| Field {
                claim: (*name).to_owned(),
                need,
                // What no office checks is never asked as checked.
                source: if CHECKED.contains(name) { source } else { Source::Own },
                kept_days: None,
                instead: Vec::new(),
                seen_in_team: SeenInTeam::Team,
            });
            fields.collect::<Vec<_>>()
        })
    });
    let foreign = proptest::collection::vec(need(), 0..=2).prop_map(|needs| {
        let credential = |(place, need): (usize, Need)| ForeignCredential {
            vct: format!("urn:example:document:{place}"),
            claims: vec![vec![json!("country")]],
            need,
        };
        needs.into_iter().enumerate().map(credential).collect::<Vec<_>>()
    });
    let rest = (proptest::option::of(need()), proptest::option::of(need()), foreign, any::<bool>());
    (fields, rest).prop_map(|(fields, (passport, membership, foreign, terms))| Form {
        id: "sign-up".to_owned(),
        purpose: "membership".to_owned(),
        fields,
        passport,
        membership,
        foreign,
        terms,
        approval: Approval::Automatic,
        beyond_registration: false,
        ..Form::default()
    })
}

/// The picks that the screen allows for a line: a needed line cannot be left out.
fn allowed(need: Need, sources: &[Pick]) -> Vec<Pick> {
    let nothing = (need == Need::Optional).then_some(Pick::Nothing);
    sources.iter().copied().chain(nothing).collect()
}

fn sources(field: &Field) -> Vec<Pick> {
    let checked = field.source != Source::Own && CHECKED.contains(&field.claim.as_str());
    let own = field.source != Source::Checked;
    [checked.then_some(Pick::Checked), own.then_some(Pick::Own)].into_iter().flatten().collect()
}

/// Every line of the screen: the queries that answer it, by pick, and what may be picked.
struct Line {
    needed: bool,
    allowed: Vec<Pick>,
    queries: BTreeMap<&'static str, String>,
}

fn lines(form: &Form) -> Vec<Line> {
    let mut lines: Vec<Line> = form
        .fields
        .iter()
        .map(|field| {
            let bundled = field.need == Need::Required;
            let profile = if bundled && field.source == Source::Checked {
                "profile".to_owned()
            } else {
                format!("profile_{}", field.claim)
            };
            let own = if bundled && field.source == Source::Own {
                "own".to_owned()
            } else {
                format!("own_{}", field.claim)
            };
            Line {
                needed: bundled,
                allowed: allowed(field.need, &sources(field)),
                queries: BTreeMap::from([("checked", profile), ("own", own)]),
            }
        })
        .collect();
    let mut single = |need: Need, query: String| {
        lines.push(Line {
            needed: need == Need::Required,
            allowed: allowed(need, &[Pick::Checked]),
            queries: BTreeMap::from([("checked", query)]),
        });
    };
    form.passport.into_iter().for_each(|need| single(need, "passport".to_owned()));
    form.membership.into_iter().for_each(|need| single(need, "membership".to_owned()));
    for (place, foreign) in form.foreign.iter().enumerate() {
        single(foreign.need, format!("foreign_{place}"));
    }
    lines
}

fn query_of(line: &Line, pick: Pick) -> Option<&String> {
    match pick {
        Pick::Checked => line.queries.get("checked"),
        Pick::Own => line.queries.get("own"),
        Pick::Nothing => None,
    }
}

/// Everything a member has, so that only the picks decide.
fn everything() -> Map<String, Value> {
    let names = NAMES.into_iter().chain([
        "number",
        "did",
        "since",
        "country",
        "request",
        "audiences",
        "until",
        "inbox",
    ]);
    names.map(|name| (name.to_owned(), json!("value"))).collect()
}

fn check(query: &Query, answered: &[String]) -> Result<(), NotSatisfied> {
    let claims = everything();
    let answers: Vec<(&str, Vec<Answer<'_>>)> = answered
        .iter()
        .map(|id| {
            let asked = query.credential(id).expect("the query is asked");
            let vct = vct_of(asked.id.as_str());
            (
                asked.id.as_str(),
                vec![Answer {
                    vct,
                    claims: &claims,
                    shortened: &[],
                    holder_bound: true,
                    authority_key_identifiers: &[],
                }],
            )
        })
        .collect();
    query.check(&answers).map(|_| ())
}

fn vct_of(id: &str) -> &'static str {
    match id.split('_').next() {
        Some("profile") => types::PROFILE,
        Some("own") => types::OWN,
        Some("terms") => types::TERMS,
        Some("passport") => types::PASSPORT,
        Some("membership") => types::MEMBERSHIP,
        _ if id.ends_with('0') => "urn:example:document:0",
        _ => "urn:example:document:1",
    }
}

/// A form, a pick for each of its lines, and whether terms are attached.
fn picked() -> impl Strategy<Value = (Form, Vec<Pick>, bool)> {
    forms().prop_flat_map(|form| {
        let picks: Vec<_> =
            lines(&form).into_iter().map(|line| proptest::sample::select(line.allowed)).collect();
        (Just(form), picks, any::<bool>())
    })
}

fn answered(form: &Form, picks: &[Pick], with_terms: bool, compiled: &CompiledForm) -> Vec<String> {
    let lines = lines(form);
    let picked = lines.iter().zip(picks).filter_map(|(line, pick)| query_of(line, *pick)).cloned();
    let terms = (with_terms && compiled.meanings.contains_key("terms")).then(|| "terms".to_owned());
    let answered: std::collections::BTreeSet<String> = picked.chain(terms).collect();
    answered.into_iter().collect()
}

proptest! {
    #[test]
    fn every_subset_that_the_screen_allows_is_accepted((form, picks, terms) in picked()) {
        let compiled = form.compile().unwrap();
        let query = Query::parse(&compiled.query).unwrap();
        prop_assert_eq!(check(&query, &answered(&form, &picks, terms, &compiled)), Ok(()));
    }

    #[test]
    fn a_subset_without_something_needed_is_refused((form, picks, terms) in picked(), which in any::<prop::sample::Index>()) {
        let compiled = form.compile().unwrap();
        let query = Query::parse(&compiled.query).unwrap();
        let lines = lines(&form);
        let needed: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].needed).collect();
        prop_assume!(!needed.is_empty());
        let left_out = needed[which.index(needed.len())];
        let gone = query_of(&lines[left_out], picks[left_out]).cloned().unwrap();
        let answered: Vec<String> =
            answered(&form, &picks, terms, &compiled).into_iter().filter(|id| *id != gone).collect();
        prop_assert!(matches!(check(&query, &answered), Err(NotSatisfied::RequiredSet(_))));
    }

    #[test]
    fn a_claim_missing_within_a_query_is_refused((form, picks, terms) in picked()) {
        let compiled = form.compile().unwrap();
        let query = Query::parse(&compiled.query).unwrap();
        let answered = answered(&form, &picks, terms, &compiled);
        prop_assume!(!answered.is_empty());
        let asked = query.credential(&answered[0]).unwrap();
        let nothing = Map::new();
        let answer = Answer { vct: vct_of(asked.id.as_str()), claims: &nothing, shortened: &[], holder_bound: true, authority_key_identifiers: &[] };
        let refused = query.check(&[(asked.id.as_str(), vec![answer])]);
        let lacks = matches!(refused, Err(NotSatisfied::MissingClaims { .. }));
        prop_assert!(lacks, "{:?}", refused);
    }
}
