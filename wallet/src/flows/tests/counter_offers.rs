//! Less than was asked, both ways.

use credentials::types;
use network::follow_up::CounterOfferOfSpace;
use serde_json::{Value, json};

use super::stage::{Stage, disclosed, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions};
use crate::question::{Choice, CounterOffer, NoCounterOffer, Question, Selection};
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const ADDRESS: &str = "http://kiln.localhost/counter-offer/1";

fn profile(claims: &[&[&str]]) -> Value {
    let claims: Vec<Value> = claims.iter().map(|path| json!({"path": path})).collect();
    json!({"credentials": [{"id": "profile", "format": "dc+sd-jwt",
        "meta": {"vct_values": [types::PROFILE]}, "claims": claims}]})
}

/// A space that asks for a birthdate, which it did not register, and takes counter-offers at `uri`.
async fn stage_asking_too_much(uri: &'static str) -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| {
        behaviour.no_refills = true;
        behaviour.query = Some(profile(&[&["email"], &["birthdate"]]));
        behaviour.bend_request = Some(Box::new(move |claims| {
            let entry = json!({"format": "passport_counter_offer", "data": {"uri": uri}});
            claims["verifier_info"].as_array_mut().unwrap().push(entry);
        }));
    });
    stage
}

fn over_18() -> Value {
    profile(&[&["email"], &["age_equal_or_over", "18"]])
}

/// Offers less to the first request, and gives what is needed of what is asked then.
struct Offering(CounterOffer);

impl Consent for Offering {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        match &question.difference {
            None => Box::pin(std::future::ready(Choice::OfferLess(self.0.clone()))),
            Some(_) => NEEDED.ask(question),
        }
    }
}

/// An e-mail address, and that the member is 18.
fn less() -> Offering {
    let instead = vec![("birthdate".to_owned(), "age_equal_or_over.18".to_owned())];
    Offering(CounterOffer { give: vec!["email".to_owned()], instead })
}

async fn present(stage: &Stage, consent: &dyn Consent) -> Result<crate::Presented, PresentError> {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), consent).await
}

#[tokio::test]
async fn over_18_is_offered_in_the_place_of_the_birthdate_and_given_when_it_is_asked() {
    let stage = stage_asking_too_much(ADDRESS).await;
    stage.set(|behaviour| behaviour.asks_anew = Some(over_18()));
    let presented = present(&stage, &less()).await.unwrap();
    assert_eq!(presented.disclosed, ["email", "age_equal_or_over.18"]);
    let sent = stage.seen(|seen| seen.counter_offers.clone());
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["offered"], json!([["email"]]));
    assert_eq!(sent[0]["instead"], json!([{"of": ["birthdate"], "offer": ["age_equal_or_over", "18"]}]));
    let members: Vec<&String> = sent[0].as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 4, "names, and which request: {members:?}");
    assert!(!sent[0].to_string().contains("ada@example.org") && !sent[0].to_string().contains("1990"));
    let given = stage.seen(|seen| disclosed(&seen.answers[0]));
    assert!(given.iter().all(|(_, _, shown)| shown.iter().all(|(name, _)| name != "birthdate")));
    let mut shown: Vec<&str> =
        given.iter().flat_map(|(_, _, shown)| shown).map(|(name, _)| name.as_str()).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["18", "age_equal_or_over", "email"], "the age lies in an object of digests");
    let history = stage.wallet.history().await.unwrap();
    let offered = history.iter().find(|one| one.not_completed.as_deref() == Some("offered_less")).unwrap();
    assert_eq!(offered.offered_less, ["email", "age_equal_or_over.18"]);
    assert_eq!(offered.requested, ["email", "birthdate"]);
    assert!(offered.presented.is_empty());
    let space = stage.wallet.spaces().await.unwrap().remove(0);
    let proof = space.given[0].proven().expect("the proof is checked, and names no more");
    let proven: Vec<&str> = proof.shared.iter().map(|one| one.claim.as_str()).collect();
    let held: Vec<&str> = space.held.iter().map(|one| one.claim.as_str()).collect();
    assert_eq!(
        (held, proven),
        (presented.disclosed.iter().map(String::as_str).collect(), vec!["email", "age_equal_or_over.18"])
    );
    assert!(
        history.iter().all(|one| !one.presented.contains(&"age_equal_or_over".to_owned())),
        "{history:?}"
    );
}

#[tokio::test]
async fn a_detail_of_which_everything_is_asked_counts_whole() {
    let stage = stage_asking_too_much(ADDRESS).await;
    stage.set(|behaviour| behaviour.query = Some(profile(&[&["email"], &["age_equal_or_over"]])));
    present(&stage, &NEEDED).await.unwrap();
    let space = stage.wallet.spaces().await.unwrap().remove(0);
    let mut held: Vec<&str> = space.held.iter().map(|one| one.claim.as_str()).collect();
    held.sort_unstable();
    assert!(space.given[0].proof.is_some());
    assert_eq!(
        held,
        [
            "age_equal_or_over",
            "age_equal_or_over.16",
            "age_equal_or_over.18",
            "age_equal_or_over.21",
            "email"
        ]
    );
    let whole = stage.wallet.own_spaces().await.unwrap().remove(0);
    let ages = whole.space.held.iter().find(|one| one.claim == "age_equal_or_over").unwrap();
    assert_eq!(whole.value_of(ages), Some(&json!({"16": true, "18": true, "21": false})));
}

#[tokio::test]
async fn the_question_says_what_can_be_offered_and_then_what_has_changed() {
    let stage = stage_asking_too_much(ADDRESS).await;
    stage.set(|behaviour| behaviour.asks_anew = Some(over_18()));
    struct Looking(Offering);
    impl Consent for Looking {
        fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
            if let Some(difference) = &question.difference {
                assert_eq!(difference.no_longer, ["birthdate"]);
                assert_eq!(difference.anew, ["age_equal_or_over.18"]);
                assert!(difference.not_offered.is_empty() && !question.takes_counter_offers);
            } else {
                assert!(question.takes_counter_offers);
                let offers: Vec<&str> = question.alternatives.iter().map(|one| one.offer.as_str()).collect();
                assert_eq!(
                    offers,
                    ["age_equal_or_over.16", "age_equal_or_over.18"],
                    "and not 21: not reached"
                );
                assert!(question.alternatives.iter().all(|one| one.of == "birthdate"));
            }
            self.0.ask(question)
        }
    }
    present(&stage, &Looking(less())).await.unwrap();
}

#[tokio::test]
async fn a_space_that_says_no_is_quoted_and_nothing_is_given() {
    let stage = stage_asking_too_much(ADDRESS).await;
    let error = present(&stage, &less()).await.unwrap_err();
    assert!(
        error.to_string().ends_with("less is not enough for whoever asks: A birthdate is needed"),
        "{error}"
    );
    assert!(stage.seen(|seen| seen.answers.is_empty()), "not even a refusal: the request stays open");
    let history = stage.wallet.history().await.unwrap();
    let refused = history.iter().find(|one| one.reason.is_some()).unwrap();
    assert_eq!(refused.not_completed.as_deref(), Some("counter_offer_declined"));
    assert_eq!(refused.reason.as_deref(), Some("A birthdate is needed"));
    assert_eq!(refused.offered_less, ["email", "age_equal_or_over.18"]);
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 4, "no copy was used");
}

#[tokio::test]
async fn nothing_is_given_by_itself_to_a_space_that_asks_again_for_what_was_not_offered() {
    let stage = stage_asking_too_much(ADDRESS).await;
    stage.set(|behaviour| behaviour.asks_anew = Some(profile(&[&["email"], &["given_name"]])));
    let error = present(&stage, &less()).await.unwrap_err();
    assert!(matches!(error, PresentError::LeftOpen), "{error:?}");
    assert!(stage.seen(|seen| seen.answers.is_empty()));
    // The member may give it, having seen that it was not offered.
    stage.set(|behaviour| behaviour.query = Some(profile(&[&["email"], &["birthdate"]])));
    let stage = stage_asking_too_much(ADDRESS).await;
    stage.set(|behaviour| behaviour.asks_anew = Some(profile(&[&["email"], &["given_name"]])));
    struct Knowing;
    impl Consent for Knowing {
        fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
            let choice = match &question.difference {
                None => Choice::OfferLess(less().0),
                Some(difference) => {
                    assert_eq!(difference.not_offered, ["given_name"]);
                    Choice::Share(Selection { picks: vec![Some(0)], ..Selection::default() })
                }
            };
            Box::pin(std::future::ready(choice))
        }
    }
    assert_eq!(present(&stage, &Knowing).await.unwrap().disclosed, ["email", "given_name"]);
}

#[tokio::test]
async fn nothing_is_given_by_itself_to_a_space_that_asks_again_for_more_of_its_team() {
    let promises = |seen: &'static str, claims: &mut serde_json::Map<String, Value>| {
        let infos = claims["verifier_info"].as_array_mut().unwrap();
        infos.push(json!({"format": "passport_seen_in_team", "data": {seen: [["email"]]}}));
    };
    for (then, is_given) in [(None, false), (Some("owner-and-managers"), false), (Some("owner"), true)] {
        let stage = stage_asking_too_much(ADDRESS).await;
        stage.set(|behaviour| {
            behaviour.asks_anew = Some(over_18());
            behaviour.bend_request = Some(Box::new(move |claims| {
                let infos = claims["verifier_info"].as_array_mut().unwrap();
                infos.push(json!({"format": "passport_counter_offer", "data": {"uri": ADDRESS}}));
                promises("owner", claims);
            }));
            behaviour.bend_request_anew = Some(Box::new(move |claims| {
                then.into_iter().for_each(|seen| promises(seen, claims));
            }));
        });
        match present(&stage, &less()).await {
            Ok(given) => assert!(is_given && given.disclosed.contains(&"email".to_owned())),
            Err(error) => assert!(!is_given && matches!(error, PresentError::LeftOpen), "{then:?} {error:?}"),
        }
        assert_eq!(stage.seen(|seen| seen.answers.len()), usize::from(is_given));
    }
}

#[tokio::test]
async fn a_counter_offer_goes_to_the_origin_of_whoever_asked_and_to_nobody_else() {
    for elsewhere in [
        "http://elsewhere.localhost/counter-offer/1",
        "http://kiln.localhost.elsewhere.localhost/counter-offer/1",
        "https://kiln.localhost/counter-offer/1",
        "http://kiln.localhost:81/counter-offer/1",
        "not an address",
    ] {
        let stage = stage_asking_too_much(elsewhere).await;
        let error = present(&stage, &less()).await.unwrap_err();
        assert!(
            matches!(error, PresentError::NoCounterOffer(NoCounterOffer::NotTaken)),
            "{elsewhere}: {error:?}"
        );
        assert!(!stage.calls().iter().any(|call| call.contains("counter-offer")), "{elsewhere}");
    }
    // Two addresses are none.
    let stage = stage_asking_too_much(ADDRESS).await;
    stage.set(|behaviour| {
        behaviour.bend_request = Some(Box::new(|claims| {
            let entry = json!({"format": "passport_counter_offer", "data": {"uri": ADDRESS}});
            claims["verifier_info"].as_array_mut().unwrap().extend([entry.clone(), entry]);
        }));
    });
    assert!(matches!(
        present(&stage, &less()).await,
        Err(PresentError::NoCounterOffer(NoCounterOffer::NotTaken))
    ));
}

#[tokio::test]
async fn what_is_asked_anew_is_answered_only_if_the_same_space_asks_at_its_own_origin() {
    let stage = stage_asking_too_much(ADDRESS).await;
    let office = stage.office_link();
    for link in [office, stage.link().replace("kiln.localhost", "elsewhere.localhost"), "nonsense".to_owned()]
    {
        let stage = stage_asking_too_much(ADDRESS).await;
        stage.set(|behaviour| {
            behaviour.asks_anew = Some(over_18());
            behaviour.link_anew = Some(link.clone());
        });
        let error = present(&stage, &less()).await.unwrap_err();
        assert!(matches!(error, PresentError::OtherAsker), "{link}: {error:?}");
        assert!(stage.seen(|seen| seen.answers.is_empty()));
    }
}

#[tokio::test]
async fn only_what_was_asked_and_what_the_wallet_has_is_offered() {
    let stage = stage_asking_too_much(ADDRESS).await;
    let offer = |give: &[&str], instead: &[(&str, &str)]| {
        Offering(CounterOffer {
            give: give.iter().map(|name| (*name).to_owned()).collect(),
            instead: instead.iter().map(|(of, other)| ((*of).to_owned(), (*other).to_owned())).collect(),
        })
    };
    for wrong in [
        offer(&["email", "phone_number"], &[]),
        offer(&["email"], &[("birthdate", "age_equal_or_over.21")]),
        offer(&["email"], &[("birthdate", "ada@example.org")]),
        offer(&[], &[]),
    ] {
        let error = present(&stage, &wrong).await.unwrap_err();
        assert!(matches!(error, PresentError::NoCounterOffer(_)), "{error:?}");
    }
    assert!(stage.seen(|seen| seen.counter_offers.is_empty()));
}

/// A space whose team has not decided, and asks for something else instead.
async fn stage_asking_instead() -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    stage.set(|behaviour| behaviour.query = Some(profile(&[&["email"], &["given_name"]])));
    present(&stage, &NEEDED).await.unwrap();
    let request = stage.link();
    stage.set(|behaviour| {
        behaviour.query = Some(profile(&[&["email"]]));
        let reason = Some("We need no name".to_owned());
        behaviour.asks_instead = Some(CounterOfferOfSpace { request, reason });
    });
    stage
}

#[tokio::test]
async fn what_a_team_asks_instead_is_collected_and_an_answer_takes_the_place_of_the_first() {
    let stage = stage_asking_instead().await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    let asked = collected.from[0].asked_anew.as_ref().unwrap();
    assert_eq!((asked.reason.as_deref(), asked.declined), (Some("We need no name"), false));
    assert_eq!(stage.seen(|seen| seen.answers.len()), 1, "collecting answers nothing");
    struct Looking;
    impl Consent for Looking {
        fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
            let difference = question.difference.as_ref().unwrap();
            assert_eq!(difference.reason.as_deref(), Some("We need no name"));
            assert_eq!(difference.no_longer, ["given_name"]);
            assert!(difference.anew.is_empty());
            NEEDED.ask(question)
        }
    }
    let link = asked.request.clone();
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &Looking).await.unwrap();
    assert_eq!(presented.disclosed, ["email"]);
    let pending = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(pending.from.len(), 1, "the first answer is awaited no more");
}

#[tokio::test]
async fn a_no_to_what_a_team_asks_instead_is_sent_and_remembered() {
    let stage = stage_asking_instead().await;
    stage.wallet.collect(&NEEDED).await.unwrap();
    struct No;
    impl Consent for No {
        fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
            Box::pin(std::future::ready(Choice::Refuse))
        }
    }
    assert!(matches!(present(&stage, &No).await, Err(PresentError::Declined)));
    let last = stage.seen(|seen| seen.answers.last().unwrap().clone());
    assert_eq!(last.get("error").map(String::as_str), Some("access_denied"));
    stage.set(|behaviour| {
        behaviour.answers.pop();
    });
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.from[0].asked_anew.as_ref().unwrap().declined);
    stage.set(|behaviour| behaviour.asks_instead = None);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].asked_anew, None, "the team asks no more");
}

#[tokio::test]
async fn what_a_team_asks_instead_elsewhere_is_passed_over() {
    let stage = stage_asking_instead().await;
    for link in [
        stage.link().replace("kiln.localhost", "elsewhere.localhost"),
        stage.office_link(),
        "nonsense".to_owned(),
        format!("{}&x={}", stage.link(), "x".repeat(4_096)),
    ] {
        stage.set(|behaviour| {
            behaviour.asks_instead = Some(CounterOfferOfSpace { request: link.clone(), reason: None });
        });
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        assert_eq!(collected.from[0].asked_anew, None, "{link}");
    }
}
