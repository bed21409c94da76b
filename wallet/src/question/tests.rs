use std::collections::BTreeMap;

use network::claims::Audience;
use network::seen_in_team::SeenInTeam;

use super::*;

pub(crate) fn claim(name: &str) -> AskedClaim {
    AskedClaim {
        claim: name.to_owned(),
        value: Some("value".to_owned()),
        beyond_registration: false,
        kept_days: Some(30),
        also_given_to: Vec::new(),
        known_to_asker: None,
        seen_in_team: SeenInTeam::Team,
    }
}

pub(crate) fn option(query: &str, claims: Vec<AskedClaim>, available: bool) -> Possibility {
    let answer = Answer {
        query: query.to_owned(),
        types: Vec::new(),
        source: Source::OwnDetails,
        claims,
        comes_along: Vec::new(),
        beyond_registration: false,
        assignment: None,
        key: None,
    };
    Possibility { answers: vec![answer], available }
}

pub(crate) fn question(groups: Vec<Group>) -> Question {
    Question {
        asker: Asker::default(),
        purpose: None,
        groups,
        asks_for_terms: false,
        first_end: None,
        gives_inbox: false,
        usual: Vec::new(),
        takes_counter_offers: false,
        alternatives: Vec::new(),
        difference: None,
        joins_again: false,
        takes_for_new: false,
        authorises: Vec::new(),
        ends_at: None,
        request: String::new(),
        bound_to: BoundTo::default(),
        drawn_from: String::new(),
        own_set: None,
        sets: Vec::new(),
        same_sets: Vec::new(),
        in_other_sets: Vec::new(),
        one_key_only: false,
    }
}

fn two_groups() -> Question {
    let needed = Group {
        needed: true,
        options: vec![
            option("profile_email", vec![claim("email")], false),
            option("own_email", vec![claim("email")], true),
        ],
    };
    let optional = Group { needed: false, options: vec![option("own_bio", vec![claim("bio")], true)] };
    question(vec![needed, optional])
}

fn picks(picks: &[Option<usize>]) -> Selection {
    Selection { picks: picks.to_vec(), ..Selection::default() }
}

#[test]
fn a_selection_is_sent_only_if_every_needed_group_has_something_that_the_member_has() {
    let question = two_groups();
    assert_eq!(question.check(&picks(&[Some(1), None])), Ok(()));
    assert_eq!(question.check(&picks(&[Some(1), Some(0)])), Ok(()));
    assert_eq!(question.check(&picks(&[None, Some(0)])), Err(NotSatisfied::Needed { group: 0 }));
    assert_eq!(question.check(&picks(&[Some(0), None])), Err(NotSatisfied::Unavailable { group: 0 }));
    assert_eq!(question.check(&picks(&[Some(2), None])), Err(NotSatisfied::Unknown { group: 0 }));
    assert_eq!(question.check(&picks(&[Some(1), None, Some(0)])), Err(NotSatisfied::Unknown { group: 2 }));
    assert_eq!(question.check(&Selection::default()), Err(NotSatisfied::Needed { group: 0 }));
}

#[test]
fn an_answer_of_nothing_is_not_sent() {
    let question =
        question(vec![Group { needed: false, options: vec![option("own", vec![claim("bio")], true)] }]);
    assert_eq!(question.check(&picks(&[None])), Err(NotSatisfied::Nothing));
}

#[test]
fn terms_go_only_to_those_who_ask_for_them() {
    let mut question = two_groups();
    let selection = Selection {
        audiences: BTreeMap::from([("email".to_owned(), Audience::Public)]),
        ..picks(&[Some(1), None])
    };
    assert_eq!(question.check(&selection), Err(NotSatisfied::NoTerms));
    question.asks_for_terms = true;
    assert_eq!(question.check(&selection), Ok(()));
}

#[test]
fn an_end_is_said_to_those_who_ask_for_it_and_leaves_them_time() {
    let mut question = two_groups();
    question.asks_for_terms = true;
    let until = |until| Selection { until: Some(until), ..picks(&[Some(1), None]) };
    assert_eq!(question.check(&until(1_000)), Err(NotSatisfied::NoTerms));
    question.first_end = Some(1_000);
    assert_eq!(question.check(&until(1_000)), Ok(()));
    assert_eq!(question.check(&until(999)), Err(NotSatisfied::EndsTooSoon));
}

#[test]
fn names_are_counted_once_whatever_the_number_of_ways_to_give_them() {
    let question = two_groups();
    assert_eq!(question.asked(), ["email", "bio"]);
    assert_eq!(question.given(&picks(&[Some(1), None])), ["email"]);
}

#[test]
fn what_is_needed_and_beyond_registration_is_noticed_unless_there_is_another_way() {
    let mut question = two_groups();
    assert!(!question.needs_what_is_beyond_registration());
    question.groups[0].options[1].answers[0].claims[0].beyond_registration = true;
    assert!(!question.needs_what_is_beyond_registration());
    question.groups[0].options[0].answers[0].beyond_registration = true;
    assert!(question.needs_what_is_beyond_registration());
}

#[test]
fn a_space_takes_what_lies_under_one_key_only() {
    let mut question = two_groups();
    question.groups[0].options[1].answers[0].key = Some("one".to_owned());
    question.groups[1].options[0].answers[0].key = Some("other".to_owned());
    let both = picks(&[Some(1), Some(0)]);
    assert_eq!(question.check(&both), Ok(()));
    question.one_key_only = true;
    assert_eq!(question.check(&both), Err(NotSatisfied::DifferentKeys));
    assert_eq!(question.check(&picks(&[Some(1), None])), Ok(()));
}
