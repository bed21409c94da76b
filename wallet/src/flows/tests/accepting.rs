use std::collections::BTreeSet;

use credentials::types;
use jose::base64url;

use super::stage::{Bent, Stage, offer};
use crate::consent::{ByPreset, Consent, OfferChoice, Offered};
use crate::flows::{AcceptError, AcceptOptions};
use crate::question::{Choice, Question};
use crate::records::Copy;
use crate::trust::TrustError;
use crate::wallet::BoxFuture;

const YES: ByPreset = ByPreset(crate::Preset::Needed);

fn options(copies: usize) -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(copies) }
}

#[tokio::test]
async fn copies_come_in_pairs_under_one_key_each() {
    let stage = Stage::new().await;
    let accepted =
        stage.wallet.accept_offer(&offer(&["passport", "profile"]), &options(3), &YES).await.unwrap();
    assert_eq!(accepted.credentials.iter().map(|one| one.copies).collect::<Vec<_>>(), [3, 3]);
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| copy.credentials.len() == 2));
    let keys: BTreeSet<&str> = copies.iter().map(|copy| copy.id.as_str()).collect();
    assert_eq!(keys.len(), 3);
    let listed = stage.wallet.list().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].network.as_deref(), Some("Test network"));
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted", "credential_accepted"]);
}

#[tokio::test]
async fn the_issuer_decides_how_many_copies_there_are_at_most() {
    let stage = Stage::new().await;
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &options(50), &YES).await.unwrap();
    assert_eq!(accepted.credentials[0].copies, 4);
}

#[tokio::test]
async fn what_an_office_said_before_is_shown_no_more_when_it_says_something_else() {
    let stage = Stage::new().await;
    let accept =
        async |what: &[&str]| stage.wallet.accept_offer(&offer(what), &options(3), &YES).await.unwrap();
    accept(&["passport", "profile"]).await;
    // The same again replaces nothing.
    accept(&["profile"]).await;
    let held = async |vct: &str| {
        let copies = stage.vault.list::<Copy>().await.unwrap();
        copies.iter().flat_map(|copy| &copy.credentials).filter(|one| one.vct == vct).count()
    };
    assert_eq!((held(types::PASSPORT).await, held(types::PROFILE).await), (3, 6));
    // Nor does what says less, and no other.
    stage.set(|behaviour| {
        behaviour.bend_copy = Some(Box::new(|_, copy| {
            let address =
                |one: &String| base64url::decode(one).unwrap().windows(9).any(|part| part == b"\"address\"");
            copy.disclosures.retain(|one| !address(one));
            copy.disclose(|_| {});
        }));
    });
    accept(&["profile"]).await;
    assert_eq!((held(types::PASSPORT).await, held(types::PROFILE).await), (3, 9));

    stage.set(|behaviour| {
        behaviour.bend_copy = Some(Box::new(|_, copy| {
            copy.disclose(|elements| {
                if elements[1] == "email" {
                    elements[2] = "ada@new.example.org".into();
                }
            });
        }));
    });
    accept(&["profile"]).await;
    assert_eq!((held(types::PASSPORT).await, held(types::PROFILE).await), (3, 3), "the passports stay");
    let listed = stage.wallet.list().await.unwrap();
    let profile = listed.iter().find(|one| one.vct == types::PROFILE).unwrap();
    assert_eq!(profile.claims["email"], "ada@new.example.org");
}

async fn refused(change: impl FnOnce(&mut super::stage::Behaviour)) -> (Stage, AcceptError) {
    let stage = Stage::new().await;
    stage.set(change);
    let error = stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.unwrap_err();
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty(), "nothing is kept");
    let history = stage.wallet.history().await.unwrap();
    assert_eq!(history[0].not_completed.as_deref(), Some(error.code()));
    (stage, error)
}

#[tokio::test]
async fn a_space_that_signs_a_profile_is_refused_and_told_so() {
    let (stage, error) = refused(|behaviour| behaviour.space_signs = true).await;
    assert!(matches!(error, AcceptError::Trust(TrustError::NotItsType)), "{error:?}");
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
}

#[tokio::test]
async fn a_credential_that_is_not_as_its_type_says_is_refused_and_told_so() {
    type Bend = fn(usize, &mut Bent);
    let without_email: Bend = |_, copy| {
        let email =
            |one: &String| base64url::decode(one).unwrap().windows(8).any(|part| part == b"\"email\",");
        copy.disclosures.retain(|one| !email(one));
        copy.disclose(|_| {});
    };
    let seen_by_everybody: Bend = |_, copy| copy.set("phone_number", "+31 6 12345678");
    for (bend, path) in [(without_email, "email"), (seen_by_everybody, "phone_number")] {
        let (stage, error) = refused(|behaviour| behaviour.bend_copy = Some(Box::new(bend))).await;
        assert!(matches!(error, AcceptError::NotAsItsType(_)), "{error:?}");
        assert!(error.to_string().contains(path), "{error}");
        assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
    }
}

#[tokio::test]
async fn another_type_and_two_copies_under_one_key_are_refused() {
    let (_, error) = refused(|behaviour| behaviour.other_type = true).await;
    assert!(matches!(error, AcceptError::OtherType), "{error:?}");
    let (_, error) = refused(|behaviour| behaviour.one_key = true).await;
    assert!(matches!(error, AcceptError::KeyTwice), "{error:?}");
}

#[tokio::test]
async fn an_older_network_list_is_never_taken() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.list_version = 7);
    stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &YES).await.unwrap();
    // The list in hand has expired, and the operator serves an older one.
    stage.clock.advance(2 * 86_400);
    stage.set(|behaviour| behaviour.list_version = 6);
    let held = stage.vault.list::<Copy>().await.unwrap().len();
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &YES).await.unwrap();
    assert_eq!(
        (accepted.credentials.len(), accepted.unchecked.len()),
        (0, 1),
        "put aside, and believed by nobody"
    );
    let told = stage.wallet.collect(&YES).await.unwrap().from.remove(0).problem.unwrap();
    assert!(told.contains("has come and is kept") && told.contains("older"), "{told}");
    assert_eq!(stage.vault.list::<Copy>().await.unwrap().len(), held);
    stage.set(|behaviour| behaviour.list_version = 8);
    assert!(stage.wallet.collect(&YES).await.unwrap().from[0].accepted.is_some());
}

struct No;

impl Consent for No {
    fn ask<'a>(&'a self, _question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::Refuse))
    }

    fn accepts<'a>(&'a self, _offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(std::future::ready(OfferChoice::Refuse))
    }
}

#[tokio::test]
async fn an_offer_that_the_member_does_not_want_is_left_alone() {
    let stage = Stage::new().await;
    let error = stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &No).await.unwrap_err();
    assert!(matches!(error, AcceptError::Declined));
    assert!(stage.wallet.list().await.unwrap().is_empty());
}

/// Somebody who has gone away.
struct Silent;

impl Consent for Silent {
    fn ask<'a>(&'a self, _question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::LeaveOpen))
    }

    fn accepts<'a>(&'a self, _offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(std::future::ready(OfferChoice::LeaveOpen))
    }
}

#[tokio::test]
async fn an_offer_that_nobody_answers_stays_and_the_history_says_of_no_no() {
    let stage = Stage::new().await;
    let link = offer(&["profile"]);
    let error = stage.wallet.accept_offer(&link, &options(1), &Silent).await.unwrap_err();
    assert!(matches!(error, AcceptError::LeftOpen { comes_again: false }), "{error:?}");
    assert!(error.to_string().contains("the same command asks again"), "{error}");
    let history = stage.wallet.history().await.unwrap();
    assert_eq!(history[0].not_completed.as_deref(), Some("left_open"));
    assert!(stage.wallet.accept_offer(&link, &options(1), &YES).await.is_ok());

    // In a follow-up it is there again.
    let stage = super::collecting::answered(|behaviour| {
        behaviour.offer = Some(super::stage::offer_of("http://kiln.localhost", &["membership"]));
    })
    .await;
    let problem = stage.wallet.collect(&Silent).await.unwrap().from.remove(0).problem.unwrap();
    assert!(problem.contains("`passport wallet collect` offers it again"), "{problem}");
    assert!(stage.wallet.collect(&YES).await.unwrap().from[0].accepted.is_some());
}

#[tokio::test]
async fn credentials_that_come_later_are_collected_after_the_interval() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.unwrap();
    assert_eq!(accepted.deferred.len(), 1);
    let asked = || stage.calls().iter().filter(|call| call.ends_with("/deferred")).count();
    let early = stage.wallet.collect(&YES).await.unwrap();
    assert!(early.from[0].accepted.is_none());
    assert_eq!(early.ask_again_in(), Some(60));
    stage.clock.advance(59);
    assert!(stage.wallet.collect(&YES).await.unwrap().from[0].accepted.is_none());
    assert_eq!(asked(), 0, "before the interval is over the issuer hears nothing");
    stage.clock.advance(2);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    assert_eq!(collected.from[0].accepted.as_ref().unwrap().credentials[0].copies, 2);
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 2);
    assert!(stage.wallet.pending().await.unwrap().is_empty());
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted"]);
}

#[tokio::test]
async fn a_token_for_more_credentials_than_anybody_gives_is_refused_before_any_is_asked_for() {
    for (identifiers, is_taken) in [(16, true), (17, false), (200_000, false)] {
        let stage = Stage::new().await;
        stage.set(|behaviour| behaviour.identifiers = Some(identifiers));
        let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &YES).await;
        let asked = stage.calls().iter().filter(|call| call.ends_with("/credential")).count();
        if is_taken {
            // Of these the wallet takes none either, for another reason: all are bound to one key.
            assert_eq!((accepted.unwrap_err().code(), asked), ("key_twice", identifiers));
        } else {
            assert_eq!((accepted.unwrap_err().code(), asked), ("malformed_response", 0), "{identifiers}");
        }
    }
}

#[tokio::test]
async fn copies_that_differ_are_marks_also_when_they_come_in_two_answers() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.identifiers = Some(2));
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "key_twice", "a copy of one answer could be linked to one of the other");
    assert!(stage.wallet.list().await.unwrap().is_empty());
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure", "credential_failure"]);
    // One half to each answer, and the second ends a day later.
    let answers = std::sync::atomic::AtomicUsize::new(0);
    stage.set(|behaviour| {
        behaviour.halves = true;
        behaviour.bend_copy = Some(Box::new(move |_, copy| {
            if answers.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0 {
                let day = copy.payload["exp"].as_i64().unwrap() - 86_400;
                copy.set("exp", day);
            }
        }));
    });
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "marked_copies");
    // The same, each half like the other.
    stage.set(|behaviour| behaviour.bend_copy = None);
    assert!(stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.is_ok());
}
