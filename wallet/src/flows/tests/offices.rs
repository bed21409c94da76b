//! Passport offices: where they are, and the request with which one is asked for a first passport.

use serde_json::Value;
use trust::Standing;

use super::collecting::about_to_apply;
use super::stage::{OFFICE, Stage, holder_keys, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, HandOutError, PresentOptions};
use crate::records::DetailName;
use crate::trust::OfficePlace;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

/// The office where it is reached here.
fn here() -> OfficePlace {
    OfficePlace { name: "Office".to_owned(), origin: format!("http://{OFFICE}") }
}

async fn office(stage: &Stage) -> OfficePlace {
    let mut offices = stage.wallet.passport_offices().await;
    assert_eq!(offices.len(), 1, "{offices:?}");
    offices.remove(0)
}

#[tokio::test]
async fn offices_are_learned_from_the_list_of_the_network_once() {
    let stage = Stage::new().await;
    assert_eq!(stage.calls(), Vec::<String>::new());
    assert_eq!(office(&stage).await.origin, format!("https://{OFFICE}"));
    let asked = stage.calls();
    assert!(asked.iter().all(|call| call.contains("operator.localhost")), "{asked:?}");
    office(&stage).await;
    assert_eq!(stage.calls().len(), asked.len(), "the list is there");
}

#[tokio::test]
async fn an_office_that_does_not_count_and_one_of_an_unknown_list_are_none() {
    for standing in [Standing::Suspended, Standing::Expelled, Standing::Lapsed] {
        let stage = Stage::new().await;
        stage.set(|behaviour| behaviour.office_stands = Some(standing));
        assert_eq!(stage.wallet.passport_offices().await, [], "{standing:?}");
    }
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.no_list = true);
    assert_eq!(stage.wallet.passport_offices().await, []);
    stage.set(|behaviour| behaviour.no_list = false);
    office(&stage).await;
}

#[tokio::test]
async fn the_request_of_an_office_is_opened_as_any_other() {
    let (stage, link) = about_to_apply(|_| {}).await;
    assert_eq!(stage.wallet.first_passport_request(&here()).await.unwrap(), link);
    assert!(stage.seen(|seen| seen.answers.is_empty()), "nothing is given by asking");
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(presented.asker.host, OFFICE);
}

#[tokio::test]
async fn an_office_gets_papers_under_one_key_also_of_whoever_is_a_member_at_several_spaces() {
    for elsewhere_first in [true, false] {
        let stage = Stage::new().await;
        let at = |types: &[&str]| offer_of("http://kiln.localhost", types);
        let mut offers = vec![at(&["membership", "statement"]), at(&["membership"])];
        if elsewhere_first {
            offers.reverse();
        }
        for one in offers {
            stage.clock.advance(60);
            stage.wallet.accept_offer(&one, &AcceptOptions::default(), &NEEDED).await.unwrap();
        }
        let email = DetailName::new("email").unwrap();
        stage.wallet.set_own_detail(email, Value::from("ada@example.org")).await.unwrap();
        let link = stage.office_link();
        stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
        let keys = stage.seen(|seen| holder_keys(seen.answers.last().unwrap()));
        assert!(keys.len() > 1 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}

#[tokio::test]
async fn a_request_that_lies_elsewhere_and_one_that_is_not_made_are_told() {
    let stage = Stage::new().await;
    let office = here();
    stage.set(|behaviour| behaviour.refill_by_space = true);
    let elsewhere = stage.wallet.first_passport_request(&office).await.unwrap_err();
    assert!(matches!(elsewhere, HandOutError::Elsewhere), "{elsewhere:?}");
    assert_eq!(elsewhere.code(), "malformed_response");
    assert!(stage.calls().iter().all(|call| !call.contains("kiln.localhost")), "nobody else is called");
    stage.set(|behaviour| behaviour.no_refills = true);
    let unmade = stage.wallet.first_passport_request(&office).await.unwrap_err();
    assert!(matches!(unmade, HandOutError::Outbound(_)), "{unmade:?}");
    assert_eq!(unmade.code(), "unreachable");
    let nowhere = OfficePlace { origin: "office".to_owned(), ..office };
    let malformed = stage.wallet.first_passport_request(&nowhere).await.unwrap_err();
    assert!(matches!(malformed, HandOutError::Address), "{malformed:?}");
}

#[tokio::test]
async fn a_membership_is_held_once_it_was_taken() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    assert!(!stage.wallet.holds_membership().await.unwrap(), "a profile is none");
    let member = super::member_api::member(2).await;
    assert!(member.wallet.holds_membership().await.unwrap());
}

#[tokio::test]
async fn a_passport_is_awaited_from_its_office_until_it_is_offered() {
    let (stage, link) = about_to_apply(|_| {}).await;
    assert_eq!(stage.wallet.passport_awaited_from().await.unwrap(), None);
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    let awaited = stage.wallet.passport_awaited_from().await.unwrap();
    assert_eq!(awaited.as_ref(), Some(&presented.asker.name));
    stage.set(|behaviour| behaviour.offer = Some(offer(&["passport", "profile"])));
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(stage.wallet.passport_awaited_from().await.unwrap(), None);

    // What a space was answered is no passport.
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_follow_ups = true);
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(stage.wallet.pending().await.unwrap().len(), 1);
    assert_eq!(stage.wallet.passport_awaited_from().await.unwrap(), None);
}
