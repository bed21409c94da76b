//! What a request says about the use of what it asks for.

use network::seen_in_team::SeenInTeam;

use super::*;

/// A space that registered a second use for the e-mail address, asks for `claims`, and says `entries` about the use that it
/// asks for.
async fn stage_with_two_uses(claims: &[&str], entries: Vec<Value>) -> Stage {
    let stage = stage_with(&["profile"], 2).await;
    stage.set(|behaviour| {
        behaviour.registers_also = Some(IntendedUse {
            id: "late".to_owned(),
            purpose: BTreeMap::from([("en".to_owned(), "The bar".to_owned())]),
            legal_basis: LegalBasis::Contract,
            claims: vec![RegisteredClaim { path: ClaimPath::name("email"), retention_days: 1 }],
            credential_types: vec![types::PROFILE.to_owned()],
        });
        let claims: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
        behaviour.query = Some(json!({"credentials": [{"id": "profile", "format": "dc+sd-jwt",
            "meta": {"vct_values": [types::PROFILE]}, "claims": claims}]}));
        behaviour.bend_request = Some(Box::new(move |claims| {
            claims["verifier_info"].as_array_mut().unwrap().extend(entries.clone());
        }));
    });
    stage
}

/// What the question then says about the e-mail address: purpose, and days.
async fn use_shown(entries: Vec<Value>) -> (String, Option<u32>) {
    let stage = stage_with_two_uses(&["email"], entries).await;
    let seen = Mutex::new(None);
    let looking = Picking(|question: &Question| {
        let claim = &question.groups[0].options[0].answers[0].claims[0];
        let purpose = question.purpose.as_ref().unwrap();
        assert_eq!(purpose.kept_days, claim.kept_days);
        *seen.lock().unwrap() = Some((purpose.text.clone(), claim.kept_days));
        Choice::Refuse
    });
    assert!(matches!(present(&stage, &looking).await, Err(PresentError::Declined)));
    seen.into_inner().unwrap().unwrap()
}

#[tokio::test]
async fn the_use_that_a_request_names_is_shown_and_without_one_the_longest_retention_with_all_purposes() {
    let entry = |id: &str| json!({"format": "passport_intended_use", "data": {"id": id}});
    let about = |id: &str, query: &str| json!({"format": "passport_intended_use", "data": {"id": id}, "credential_ids": [query]});
    let all = ("To know who works here; The bar".to_owned(), Some(30));
    let late = ("The bar".to_owned(), Some(1));
    let sign_up = ("To know who works here".to_owned(), Some(30));
    assert_eq!(use_shown(vec![]).await, all);
    assert_eq!(use_shown(vec![entry("late")]).await, late);
    assert_eq!(use_shown(vec![entry("sign-up")]).await, sign_up);
    assert_eq!(use_shown(vec![about("late", "profile")]).await, late);
    // Said about another query, said twice, or not said as it is written down: nothing is named.
    assert_eq!(use_shown(vec![about("late", "terms")]).await, all);
    assert_eq!(use_shown(vec![entry("late"), entry("sign-up")]).await, all);
    assert_eq!(use_shown(vec![json!({"format": "passport_intended_use", "data": "late"})]).await, all);
}

#[tokio::test]
async fn no_other_use_stands_in_for_what_the_named_one_does_not_cover() {
    let named = |id: &str| vec![json!({"format": "passport_intended_use", "data": {"id": id}})];
    for (claims, entries, is_beyond) in [
        (&["email"][..], named("marketing"), true),
        (&["email", "given_name"], named("late"), true),
        (&["email", "given_name"], named("sign-up"), false),
        (&["email", "given_name"], vec![], false),
    ] {
        let stage = stage_with_two_uses(claims, entries.clone()).await;
        match present(&stage, &NEEDED).await {
            Ok(_) => assert!(!is_beyond, "{entries:?}"),
            Err(error) => {
                assert!(
                    is_beyond && matches!(error, PresentError::BeyondRegistration),
                    "{entries:?} {error}"
                );
            }
        }
    }
}

/// Who of the team sees the e-mail address and the name, by what the request says.
async fn seen_in_team(entries: Vec<Value>) -> Vec<SeenInTeam> {
    let stage = stage_with_two_uses(&["email", "given_name"], entries).await;
    let seen = Mutex::new(None);
    let looking = Picking(|question: &Question| {
        let claims = &question.groups[0].options[0].answers[0].claims;
        *seen.lock().unwrap() = Some(claims.iter().map(|claim| claim.seen_in_team).collect::<Vec<_>>());
        Choice::Refuse
    });
    assert!(matches!(present(&stage, &looking).await, Err(PresentError::Declined)));
    seen.into_inner().unwrap().unwrap()
}

#[tokio::test]
async fn who_of_the_team_sees_it_stands_in_the_question_as_the_request_promises_it() {
    let entry = |data: Value| json!({"format": "passport_seen_in_team", "data": data});
    let (all, managers, owner) = (SeenInTeam::Team, SeenInTeam::OwnerAndManagers, SeenInTeam::Owner);
    assert_eq!(seen_in_team(vec![]).await, [all, all]);
    let of_email = entry(json!({"owner-and-managers": [["email"]]}));
    assert_eq!(seen_in_team(vec![of_email.clone()]).await, [managers, all]);
    // Of two about one detail the fewest count; one about another query is not about this one.
    assert_eq!(
        seen_in_team(vec![entry(json!({"owner": [["email"]]})), of_email.clone()]).await,
        [owner, all]
    );
    let mut elsewhere = of_email;
    elsewhere["credential_ids"] = json!(["terms"]);
    assert_eq!(seen_in_team(vec![elsewhere]).await, [all, all]);
    // What cannot be read promises nothing.
    for data in [json!({"auditor": [["email"]]}), json!({"owner": ["email"]}), json!("owner")] {
        assert_eq!(seen_in_team(vec![entry(data.clone())]).await, [all, all], "{data}");
    }
}
