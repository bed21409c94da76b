//! What is held after what was given and changed.

use environment::SeededRandomness;
use jose::{Algorithm, SigningKey};
use network::change_proof::{Deed, NewChangeProof};
use network::member_api::{Outcome, REGISTRATION};
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::NewProof;
use serde_json::json;

use super::super::ProvenChange;
use super::*;

const SPACE: &str = "did:example:kiln";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
const DAY: i64 = 86_400;

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap()
}

/// An answer with these claims.
fn given(claims: &[(&str, &str)]) -> Given {
    let claim = |(claim, value): &(&str, &str)| GivenClaim {
        claim: (*claim).to_owned(),
        vct: types::OWN.to_owned(),
        digest: digest::sha256_base64url(value),
        audience: Audience::Team,
        seen_in_team: SeenInTeam::default(),
        same_as: same_as(&json!(value)),
        value: None,
    };
    let claims: Vec<GivenClaim> = claims.iter().map(claim).collect();
    let mut given: Given = serde_json::from_value(
        json!({"at": NOW.seconds(), "request": "r", "purpose": null, "claims": [], "proof": null, "decision": null, "outcome": null}),
    )
    .unwrap();
    given.claims = claims;
    given
}

/// The same with the space's proof, which may say more of each claim.
fn proven(claims: &[(&str, &str)], terms: impl Fn(&mut SharedClaim)) -> Given {
    let mut given = given(claims);
    let randomness = SeededRandomness::new(2);
    let shared = given.claims.iter().map(|claim| {
        let mut shared = SharedClaim {
            claim: claim.claim.clone(),
            vct: claim.vct.clone(),
            digest: claim.digest.clone(),
            nonce: ledger::CommitmentNonce::generate(&randomness),
            needed: true,
            purpose: "sign-up".to_owned(),
            audience: claim.audience,
            seen_in_team: SeenInTeam::Team,
            kept_days: Some(30),
            kept_until: None,
        };
        terms(&mut shared);
        shared
    });
    let shared = shared.collect();
    let new = NewProof { issuer: SPACE, request: "r", holder: "holder", purpose: "sign-up", shared };
    let proof = new.make(NOW, &randomness).unwrap();
    given.proof = Some(proof.sign("did:example:kiln#log", &key()).unwrap());
    given
}

fn changed(after: usize, deed: Deed, outcome: Outcome) -> KeptChange {
    let new = NewChangeProof { issuer: SPACE, holder: "holder", id: "AAAAAAAAAAAAAAAA", deed, outcome };
    let proof = new.make(NOW, &SeededRandomness::new(3)).sign("did:example:kiln#log", &key()).unwrap();
    let change = ProvenChange { at: NOW.seconds(), what: String::new(), proof };
    KeptChange { id: String::new(), space: SPACE.to_owned(), after, number: 0, change }
}

fn change(after: usize, claim: &str, what: WhatToDo) -> KeptChange {
    let changes = vec![ClaimChange { claim: claim.to_owned(), what }];
    changed(after, Deed::Changed, Outcome { changes, ..Outcome::default() })
}

fn holding(given: &[Given], changes: &[KeptChange]) -> Holding {
    Holding::of(SPACE, given, &changes.iter().collect::<Vec<_>>(), NOW)
}

fn names(given: &[Given], changes: &[KeptChange]) -> Vec<String> {
    holding(given, changes).held.into_iter().map(|one| one.claim).collect()
}

const BOTH: [(&str, &str); 2] = [("email", "ada@example.org"), ("phone_number", "+31 6 12345678")];

#[test]
fn what_was_taken_back_is_held_no_more_and_given_again_it_is() {
    let given = [proven(&BOTH, |_| {}), proven(&BOTH[1..], |_| {})];
    let back = |after| [change(after, "phone_number", WhatToDo::TakeBack)];
    assert_eq!(names(&given[..1], &[]), ["email", "phone_number"]);
    assert_eq!(names(&given[..1], &back(1)), ["email"]);
    assert_eq!(names(&given, &back(1)), ["email", "phone_number"], "it was given again afterwards");
    assert_eq!(names(&given, &back(2)), ["email"]);
    let ages = [proven(&[("age_equal_or_over.18", "true"), ("age", "50")], |_| {})];
    assert_eq!(names(&ages, &[change(1, "age_equal_or_over", WhatToDo::TakeBack)]), ["age"]);
}

#[test]
fn a_new_value_takes_the_place_of_the_old_one_once_the_space_has_signed_it() {
    let old = proven(&BOTH, |_| {});
    let new = |given: Given| Given { replaces: vec!["email".to_owned()], ..given };
    let value = [("email", "ada@new.example.org")];
    let held = holding(&[old.clone(), new(proven(&value, |_| {}))], &[]).held;
    let values: Vec<_> = held.iter().filter(|one| one.claim == "email").map(|one| &one.same_as).collect();
    assert_eq!((held.len(), values), (2, vec![&same_as(&json!(value[0].1))]));
    let unsigned = names(&[old.clone(), new(given(&value))], &[]);
    assert_eq!(unsigned, ["email", "phone_number", "email"], "until then it may have both");
    let beside = names(&[old, proven(&value, |_| {})], &[]);
    assert_eq!(beside, ["email", "phone_number", "email"], "another sign-up replaces nothing");
}

#[test]
fn the_same_value_counts_once_on_the_terms_that_were_proven_last() {
    let first = proven(&BOTH[..1], |_| {});
    let second = proven(&BOTH[..1], |shared| {
        shared.audience = Audience::Public;
        shared.kept_until = Some(NOW.seconds() + DAY);
    });
    let again = given(&BOTH[..1]);
    let [one] = &holding(&[first, second, again], &[]).held[..] else { panic!("one") };
    assert_eq!((one.audience, one.until, one.proven), (Audience::Public, Some(NOW.seconds() + DAY), true));
    let [one] = &holding(&[given(&BOTH[..1])], &[]).held[..] else { panic!("one") };
    assert!(!one.proven, "what nobody signed counts as held");
}

#[test]
fn audience_and_end_are_those_of_the_last_change_and_what_has_ended_is_held_no_more() {
    let given = [proven(&BOTH, |shared| shared.kept_until = Some(NOW.seconds() + DAY))];
    let changes = [
        change(1, "email", WhatToDo::Publish(Audience::Public)),
        change(1, "email", WhatToDo::Publish(Audience::MembersHere)),
        change(1, "email", WhatToDo::Until(None)),
    ];
    let held = holding(&given, &changes).held;
    assert_eq!((held[0].audience, held[0].until), (Audience::MembersHere, None));
    assert_eq!((held[1].audience, held[1].until), (Audience::Team, Some(NOW.seconds() + DAY)));
    let later = Holding::of(SPACE, &given, &changes.iter().collect::<Vec<_>>(), NOW.plus(DAY));
    assert_eq!(later.held.into_iter().map(|one| one.claim).collect::<Vec<_>>(), ["email"]);
}

#[test]
fn of_who_left_only_what_the_proof_names_as_kept_is_held() {
    let given = [proven(&BOTH, |_| {})];
    let end = |deed, kept: Vec<KeptClaim>| {
        changed(1, deed, Outcome { membership_ended: true, kept, ..Outcome::default() })
    };
    let left = holding(&given, &[end(Deed::Left, Vec::new())]);
    assert_eq!((left.held, left.left_at), (Vec::new(), Some(NOW.seconds())));
    let kept = KeptClaim {
        claim: "email".to_owned(),
        rule: REGISTRATION.to_owned(),
        until: NOW.seconds() + 30 * DAY,
    };
    let ended = holding(&given, &[end(Deed::Changed, vec![kept])]);
    let [one] = &ended.held[..] else { panic!("one") };
    assert_eq!((one.claim.as_str(), one.until), ("email", Some(NOW.seconds() + 30 * DAY)));
    let mut back = proven(&BOTH[..1], |_| {});
    back.outcome = Some("approved".to_owned());
    let joined = holding(&[given[0].clone(), back], &[end(Deed::Left, Vec::new())]);
    assert_eq!((joined.held.len(), joined.left_at), (1, None), "who is taken in again is a member");
}

#[test]
fn what_a_space_declined_or_had_said_itself_is_not_held() {
    let mut declined = proven(&BOTH, |_| {});
    declined.outcome = Some("declined".to_owned());
    let mut shown = given(&[("space", SPACE), ("space", "did:example:rook")]);
    for claim in &mut shown.claims {
        claim.vct = types::MEMBERSHIP.to_owned();
    }
    let held = holding(&[declined, shown], &[]).held;
    assert_eq!(
        held.iter().map(|one| &one.same_as).collect::<Vec<_>>(),
        [&same_as(&json!("did:example:rook"))]
    );
}

#[test]
fn what_a_detail_is_for_is_the_use_that_was_signed_and_not_all_that_it_was_asked_with() {
    let used =
        |id: &str, text: &str| Use { id: id.to_owned(), texts: [("en".to_owned(), text.to_owned())].into() };
    let mut asked = proven(&[("email", "a@example.org")], |_| {});
    asked.purpose = Some("Joining; Renewing".to_owned());
    let held = |given: &Given| {
        let mut held = Holding::of(SPACE, std::slice::from_ref(given), &[], NOW).held;
        let one = held.remove(0);
        let uses: Vec<String> = one.uses.into_iter().map(|one| one.id).collect();
        (one.purpose.unwrap_or_default(), uses)
    };
    assert_eq!(held(&asked), ("Joining; Renewing".to_owned(), Vec::new()), "of before");
    asked.uses = vec![used("another", "Renewing"), used("third", "Joining")];
    let all = vec!["another".to_owned(), "third".to_owned()];
    assert_eq!(held(&asked), ("Joining; Renewing".to_owned(), all), "what was signed is none of them");
    let signed = asked.proven().unwrap().shared.remove(0).purpose;
    asked.uses = vec![used("another", "Renewing"), used(&signed, "Joining")];
    assert_eq!(held(&asked), ("Joining".to_owned(), vec![signed]));
}

#[test]
fn of_an_age_that_was_shown_the_ages_around_it_are_no_detail_of_their_own() {
    let claims = |answer: &Given| {
        let held = Holding::of(SPACE, std::slice::from_ref(answer), &[], NOW).held;
        held.into_iter().map(|one| one.claim).collect::<Vec<_>>()
    };
    let before =
        proven(&[("age_equal_or_over", "{}"), ("age_equal_or_over.18", "true"), ("email", "a")], |_| {});
    assert_eq!(claims(&before), ["age_equal_or_over.18", "email"]);
    let all =
        [("age_equal_or_over", "{}"), ("age_equal_or_over.16", "true"), ("age_equal_or_over.18", "true")];
    assert_eq!(claims(&proven(&all, |_| {})).len(), 3, "asked for as a whole, age by age");
    let whole = proven(&[("age_equal_or_over", "{}"), ("email", "a")], |_| {});
    assert_eq!(claims(&whole), ["age_equal_or_over", "email"], "asked for as a whole");
    let mut other = proven(&[("age_equal_or_over", "{}"), ("age_equal_or_over.18", "true")], |_| {});
    other.claims[0].vct = types::PROFILE.to_owned();
    assert_eq!(claims(&other).len(), 2, "of another type");
    let address = proven(&[("address", "{}"), ("address.locality", "Bilbao")], |_| {});
    assert_eq!(claims(&address), ["address", "address.locality"], "says something itself");
}

#[test]
fn what_the_question_promised_of_the_team_holds_whatever_the_proof_makes_of_it() {
    let held = |promised: SeenInTeam, signed: SeenInTeam| {
        let mut answer = proven(&[("email", "a@example.org")], |shared| shared.seen_in_team = signed);
        answer.claims[0].seen_in_team = promised;
        Holding::of(SPACE, std::slice::from_ref(&answer), &[], NOW).held[0].seen_in_team
    };
    assert_eq!(held(SeenInTeam::Owner, SeenInTeam::Owner), SeenInTeam::Owner);
    assert_eq!(held(SeenInTeam::OwnerAndManagers, SeenInTeam::Team), SeenInTeam::OwnerAndManagers);
    assert_eq!(held(SeenInTeam::Team, SeenInTeam::OwnerAndManagers), SeenInTeam::OwnerAndManagers);
    let mut unproven = given(&[("email", "a@example.org")]);
    unproven.claims[0].seen_in_team = SeenInTeam::Owner;
    let held = Holding::of(SPACE, std::slice::from_ref(&unproven), &[], NOW).held;
    assert_eq!((held[0].seen_in_team, held[0].proven), (SeenInTeam::Owner, false));
}
