//! What was waited for and comes in the end: nothing that passes takes it away, and nothing comes in by coming late.

use credentials::types;
use did::ResolveError;
use jose::Jwk;
use serde_json::json;

use super::stage::{Behaviour, OFFICE, SPACE, Stage, holder_keys, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::records::{ArrivedCredential, AwaitedCredentials, Copy, FollowUpAwaited, HistoryEntry};

const YES: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

/// An office has promised two copies of the profile, and may be asked for them.
async fn promised() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.defers_after = Some(0));
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    stage.clock.advance(61);
    stage
}

async fn awaited(stage: &Stage) -> Vec<AwaitedCredentials> {
    stage.vault.list::<AwaitedCredentials>().await.unwrap()
}

async fn arrived(stage: &Stage) -> usize {
    stage.vault.list::<ArrivedCredential>().await.unwrap().len()
}

fn times_asked(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.ends_with("/deferred")).count()
}

/// What came of collecting, by its problem.
async fn problem(stage: &Stage) -> Option<String> {
    stage.wallet.collect(&YES).await.unwrap().from.remove(0).problem
}

#[tokio::test]
async fn a_moment_in_which_the_network_cannot_be_asked_costs_nobody_what_they_waited_days_for() {
    type Cut = fn(&mut Behaviour);
    let cuts: [(&str, i64, Cut); 3] = [
        ("no list", DAY + 3_600, |behaviour| behaviour.no_list = true),
        ("no answer", 0, |behaviour| behaviour.office_unresolved = Some(ResolveError::Unreachable)),
        ("too busy", 0, |behaviour| behaviour.office_unresolved = Some(ResolveError::Busy)),
    ];
    for (case, wait, cut) in cuts {
        let stage = promised().await;
        stage.clock.advance(wait);
        stage.set(cut);
        let told = problem(&stage).await.unwrap();
        assert!(told.contains("has come and is kept"), "{case}: {told}");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (1, 2), "{case}");
        assert!(stage.seen(|seen| seen.notified.is_empty()), "{case}: nothing is known of it yet");
        // Days later, in another process; the issuer has nothing more to give, and is not asked.
        stage.clock.advance(3 * DAY);
        stage.set(|behaviour| {
            behaviour.no_list = false;
            behaviour.list_version += 1;
            behaviour.office_unresolved = None;
            behaviour.code.deferred_error = Some("invalid_transaction_id");
        });
        let collected = stage.same_vault().await.collect(&YES).await.unwrap();
        let accepted = collected.from[0].accepted.as_ref();
        let copies = accepted.map(|accepted| accepted.credentials[0].copies);
        assert_eq!(copies, Some(2), "{case}: {:?}", collected.from[0].problem);
        assert_eq!(times_asked(&stage), 1, "{case}");
        assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted"], "{case}");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0), "{case}");
    }
}

#[tokio::test]
async fn what_came_at_once_and_cannot_be_checked_at_that_moment_is_kept_too() {
    type Cut = fn(&mut Behaviour);
    let cuts: [(&str, Cut); 2] = [
        ("no answer", |behaviour| behaviour.office_unresolved = Some(ResolveError::Unreachable)),
        ("too busy", |behaviour| behaviour.office_unresolved = Some(ResolveError::Busy)),
    ];
    for (case, cut) in cuts {
        let stage = Stage::new().await;
        stage.set(cut);
        let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
        let told = (accepted.credentials.len(), accepted.deferred.len(), accepted.unchecked.len());
        assert_eq!(told, (0, 0, 1), "{case}");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (1, 2), "{case}");
        assert!(stage.vault.list::<Copy>().await.unwrap().is_empty(), "{case}: nobody has checked them");
        let told = problem(&stage).await.unwrap();
        assert!(told.contains("has come and is kept"), "{case}: {told}");
        stage.clock.advance(3 * DAY);
        stage.set(|behaviour| {
            behaviour.list_version += 1;
            behaviour.office_unresolved = None;
        });
        let collected = stage.same_vault().await.collect(&YES).await.unwrap();
        let accepted = collected.from[0].accepted.as_ref();
        let copies = accepted.map(|accepted| accepted.credentials[0].copies);
        assert_eq!(copies, Some(2), "{case}: {:?}", collected.from[0].problem);
        assert_eq!(times_asked(&stage), 0, "{case}: the issuer has nothing more to give");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0), "{case}");
        assert_eq!(stage.vault.list::<Copy>().await.unwrap().len(), 2, "{case}");
    }
}

#[tokio::test]
async fn what_came_at_once_from_somebody_who_is_known_not_to_be_trusted_is_refused_and_not_kept() {
    for unresolved in [ResolveError::NotFound, ResolveError::Development] {
        let stage = Stage::new().await;
        stage.set(|behaviour| behaviour.office_unresolved = Some(unresolved));
        let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
        assert!(refused.to_string().contains("not trusted"), "{refused}");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0));
        assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
    }
}

#[tokio::test]
async fn what_was_put_aside_is_checked_like_anything_else_when_it_can_be() {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        behaviour.office_unresolved = Some(ResolveError::Busy);
        behaviour.gives_instead = Some("no credential".to_owned());
    });
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await;
    assert!(refused.is_err(), "what is no credential is refused whoever signed it");
    assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0));

    stage.set(|behaviour| behaviour.gives_instead = None);
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    stage.set(|behaviour| behaviour.office_unresolved = Some(ResolveError::NotFound));
    assert!(problem(&stage).await.unwrap().contains("not trusted"));
    assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0));
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_an_issuer_gave_is_kept_where_it_then_falls_silent_for_its_code_is_used_up() {
    for (given, defers) in [("given", None), ("promised", Some(0))] {
        let stage = Stage::new().await;
        stage.set(|behaviour| {
            behaviour.busy_after = Some(1);
            behaviour.defers_after = defers;
        });
        let link = offer(&["passport", "profile"]);
        let accepted = stage.wallet.accept_offer(&link, &two(), &YES).await.unwrap();
        let told = (accepted.credentials.len(), accepted.deferred.len(), accepted.missing.clone());
        let expected = (usize::from(defers.is_none()), usize::from(defers.is_some()));
        assert_eq!(told, (expected.0, expected.1, vec![types::PROFILE.to_owned()]), "{given}");
        let kept = stage.vault.list::<Copy>().await.unwrap().len();
        assert_eq!((kept, awaited(&stage).await.len()), (2 * expected.0, expected.1), "{given}");
        assert!(stage.seen(|seen| !seen.notified.contains(&"credential_failure".to_owned())), "{given}");
    }
}

#[tokio::test]
async fn what_came_under_one_identifier_is_kept_where_the_issuer_falls_silent_at_the_next() {
    for (given, defers) in [("given", None), ("promised", Some(0))] {
        let stage = Stage::new().await;
        stage.set(|behaviour| {
            behaviour.identifiers = Some(2);
            behaviour.busy_after = Some(1);
            behaviour.defers_after = defers;
        });
        let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
        let told = (accepted.credentials.len(), accepted.deferred.len(), accepted.missing.clone());
        let expected = (usize::from(defers.is_none()), usize::from(defers.is_some()));
        assert_eq!(told, (expected.0, expected.1, vec![types::PROFILE.to_owned()]), "{given}");
        let kept = stage.vault.list::<Copy>().await.unwrap().len();
        assert_eq!((kept, awaited(&stage).await.len()), (2 * expected.0, expected.1), "{given}");
        assert!(stage.seen(|seen| !seen.notified.contains(&"credential_failure".to_owned())), "{given}");
    }
}

#[tokio::test]
async fn an_issuer_that_gives_nothing_at_all_or_refuses_the_rest_has_given_nothing() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.busy_after = Some(0));
    let refused = stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await;
    assert_eq!(refused.unwrap_err().code(), "issuer_busy");

    // The second credential is wrong, which is no silence: all or none.
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.other_type = true);
    let refused = stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await;
    assert_eq!(refused.unwrap_err().code(), "other_type");
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty());
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure", "credential_failure"]);
}

#[tokio::test]
async fn an_offer_that_was_taken_up_and_is_opened_again_does_not_end_what_it_promised() {
    let stage = promised().await;
    let before = stage.calls().iter().filter(|call| call.ends_with("/token")).count();
    let again = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert_eq!(again.code(), "taken_up");
    assert_eq!(stage.calls().iter().filter(|call| call.ends_with("/token")).count(), before);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    assert!(collected.from[0].accepted.is_some(), "{:?}", collected.from[0].problem);
    // Another offer, or this one when nothing of it is to come, is asked about as ever.
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
}

#[tokio::test]
async fn an_offer_is_taken_up_by_its_code_and_its_issuer_for_others_may_have_the_same_code() {
    let stage = promised().await;
    let of_the_space = offer_of(&format!("http://{SPACE}"), &["membership"]);
    let accepted = stage.wallet.accept_offer(&of_the_space, &two(), &YES).await.unwrap();
    assert_eq!(accepted.deferred, [types::MEMBERSHIP]);
    for link in [of_the_space, offer(&["profile"])] {
        let again = stage.wallet.accept_offer(&link, &two(), &YES).await.unwrap_err();
        assert_eq!(again.code(), "taken_up", "{link}");
    }
}

#[tokio::test]
async fn what_says_something_of_what_came_is_final_also_where_it_came_from_the_network() {
    for unresolved in [ResolveError::NotFound, ResolveError::Development] {
        let stage = promised().await;
        stage.set(|behaviour| behaviour.office_unresolved = Some(unresolved));
        assert!(problem(&stage).await.unwrap().contains("not trusted"));
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0));
        assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
    }
}

#[tokio::test]
async fn what_came_is_let_go_of_with_the_promise_and_when_nobody_can_ever_tell() {
    let stage = promised().await;
    stage.set(|behaviour| behaviour.office_unresolved = Some(ResolveError::Unreachable));
    problem(&stage).await.unwrap();
    assert_eq!(stage.wallet.let_go_of("office.localhost").await.unwrap(), 1);
    assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0));

    let stage = promised().await;
    stage.set(|behaviour| behaviour.office_unresolved = Some(ResolveError::Unreachable));
    for (days, left) in [(0, 2), (30, 2), (1, 0)] {
        stage.clock.advance(days * DAY);
        stage.set(|behaviour| behaviour.list_version += 1);
        problem(&stage).await.unwrap();
        assert_eq!(arrived(&stage).await, left, "{days}");
    }
    assert!(awaited(&stage).await.is_empty());
}

#[tokio::test]
async fn a_wallet_killed_before_it_checked_what_came_has_it() {
    let stage = promised().await;
    // The list has to be had again before anybody is trusted.
    stage.clock.advance(DAY + 3_600);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.killed_at("/network-list", async |wallet| drop(wallet.collect(&YES).await)).await;
    assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (1, 2));
    stage.set(|behaviour| behaviour.code.deferred_error = Some("invalid_transaction_id"));
    assert!(stage.same_vault().await.collect(&YES).await.unwrap().from[0].accepted.is_some());
    assert_eq!((times_asked(&stage), arrived(&stage).await), (1, 0));
}

#[tokio::test]
async fn what_is_longer_than_is_kept_is_refused_and_keeps_nothing_else_from_being_collected() {
    for (length, is_kept) in [(100 * 1_024, true), (200 * 1_024, false)] {
        let stage = promised().await;
        let one = awaited(&stage).await.remove(0);
        let other = AwaitedCredentials { id: "zzz".to_owned(), not_before: i64::MAX, ..one };
        stage.vault.put(&other).await.unwrap();
        stage.set(|behaviour| behaviour.email = Some("x".repeat(length)));
        let collected = stage.wallet.collect(&YES).await.unwrap();
        assert_eq!(collected.from.len(), 2);
        assert_eq!(collected.from.iter().any(|from| from.accepted.is_some()), is_kept, "{length}");
        let too_long = |from: &str| from.contains("longer than this wallet keeps");
        let told = collected.from.iter().filter_map(|from| from.problem.as_deref()).any(too_long);
        assert_eq!(told, !is_kept, "{length}");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (1, 0), "{length}");
    }
}

#[tokio::test]
async fn what_an_issuer_gives_that_no_record_has_room_for_ends_its_promise_and_keeps_nothing_else_from_being_collected()
 {
    type Swell = fn(&mut Behaviour);
    let cases: [(&str, usize, Swell); 3] = [
        ("a name for its notification", 0, |behaviour| {
            behaviour.notification_id = Some("n".repeat(200 * 1_024));
        }),
        ("a credential that takes six times its length", 0, |behaviour| {
            behaviour.gives_instead = Some("\u{1}".repeat(60 * 1_024));
        }),
        ("a credential that fits without what it is called", 40 * 1_024, |behaviour| {
            behaviour.email = Some("x".repeat(128 * 1_024));
        }),
    ];
    for (case, label, swell) in cases {
        let stage = promised().await;
        let one = awaited(&stage).await.remove(0);
        let other = AwaitedCredentials { id: "zzz".to_owned(), not_before: i64::MAX, ..one.clone() };
        stage.vault.put(&other).await.unwrap();
        stage.vault.put(&AwaitedCredentials { label: Some("x".repeat(label)), ..one }).await.unwrap();
        stage.set(swell);
        let collected = stage.wallet.collect(&YES).await.unwrap();
        assert_eq!(collected.from.len(), 2, "{case}");
        let too_long = |from: &str| from.contains("longer than this wallet keeps");
        let problems = collected.from.iter().filter_map(|from| from.problem.as_deref());
        assert_eq!(problems.filter(|told| too_long(told)).count(), 1, "{case}: {collected:?}");
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (1, 0), "{case}");
        assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"], "{case}");
        let history = stage.vault.list::<HistoryEntry>().await.unwrap();
        let told = history.iter().filter(|entry| entry.not_completed.as_deref() == Some("too_long"));
        assert_eq!(told.count(), 1, "{case}");
        assert_eq!(stage.wallet.collect(&YES).await.unwrap().from.len(), 1, "{case}");
    }
}

#[tokio::test]
async fn what_fits_by_itself_and_not_beside_what_its_key_has_ends_its_promise_alone() {
    for (length, is_kept) in [(50 * 1_024, true), (100 * 1_024, false)] {
        let stage = Stage::new().await;
        stage.set(|behaviour| {
            behaviour.defers_after = Some(1);
            behaviour.email = Some("x".repeat(80 * 1_024));
        });
        stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap();
        for mut copy in stage.vault.list::<Copy>().await.unwrap() {
            copy.credentials[0].label = Some("x".repeat(length));
            stage.vault.put(&copy).await.unwrap();
        }
        stage.clock.advance(61);
        let told = problem(&stage).await;
        assert_eq!(told.is_none(), is_kept, "{length}: {told:?}");
        assert!(told.is_none_or(|told| told.contains("longer than this wallet keeps")));
        assert_eq!((awaited(&stage).await.len(), arrived(&stage).await), (0, 0), "{length}");
        let copies = stage.vault.list::<Copy>().await.unwrap();
        let each = if is_kept { 2 } else { 1 };
        assert!(copies.len() == 2 && copies.iter().all(|copy| copy.credentials.len() == each), "{length}");
    }
}

#[tokio::test]
async fn a_promise_that_has_no_room_for_one_more_date_is_let_go_of() {
    let stage = promised().await;
    stage.set(|behaviour| behaviour.down = Some(OFFICE));
    let one = awaited(&stage).await.remove(0);
    let since = one.since.unwrap() - 31 * DAY;
    let stretched = |length: usize| AwaitedCredentials {
        since: Some(since),
        label: Some("x".repeat(length)),
        ..one.clone()
    };
    // The longest that there is room for.
    let (mut fits, mut fails) = (100 * 1_024, 256 * 1_024);
    while fails - fits > 1 {
        let middle = usize::midpoint(fits, fails);
        match stage.vault.put(&stretched(middle)).await {
            Ok(()) => fits = middle,
            Err(_) => fails = middle,
        }
    }
    stage.vault.put(&stretched(fits)).await.unwrap();
    assert!(problem(&stage).await.unwrap().contains("longer than this wallet keeps"));
    assert!(awaited(&stage).await.is_empty());
}

#[tokio::test]
async fn one_moments_silence_after_a_month_does_not_end_what_was_promised() {
    for (answers_on, is_taken) in [(6, true), (8, false)] {
        let stage = promised().await;
        stage.clock.advance(31 * DAY);
        stage.set(|behaviour| {
            behaviour.list_version += 1;
            behaviour.down = Some(OFFICE);
        });
        assert!(problem(&stage).await.is_some());
        assert_eq!(awaited(&stage).await.len(), 1);
        stage.clock.advance(answers_on * DAY);
        stage.set(|behaviour| behaviour.list_version += 1);
        assert!(problem(&stage).await.is_some());
        assert_eq!(awaited(&stage).await.len(), usize::from(is_taken), "a week is long enough");
        if !is_taken {
            continue;
        }
        stage.set(|behaviour| behaviour.down = None);
        assert!(stage.wallet.collect(&YES).await.unwrap().from[0].accepted.is_some());
    }
    // A word of the issuer is no silence.
    let stage = promised().await;
    stage.clock.advance(31 * DAY);
    stage.set(|behaviour| {
        behaviour.list_version += 1;
        behaviour.code.deferred_error = Some("invalid_token");
    });
    assert!(problem(&stage).await.is_some());
    assert!(awaited(&stage).await.is_empty());
}

#[tokio::test]
async fn one_moments_silence_after_a_month_does_not_end_a_sign_up() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap();
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &YES).await.unwrap();
    let mut left = Vec::new();
    for days in [31, 7, 1] {
        stage.clock.advance(days * DAY);
        stage.set(|behaviour| {
            behaviour.list_version += 1;
            behaviour.down = Some(SPACE);
        });
        assert!(problem(&stage).await.is_some());
        left.push(stage.vault.list::<FollowUpAwaited>().await.unwrap().len());
    }
    assert_eq!(left, [1, 1, 0], "a week more, and not a day longer");
}

/// The first of two answers for one configuration comes at once, the other after this long.
async fn apart(wait: i64, halves: bool, change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        behaviour.identifiers = Some(2);
        behaviour.halves = halves;
        behaviour.defers_after = Some(1);
    });
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    assert_eq!((accepted.credentials[0].copies, accepted.deferred.len()), (if halves { 1 } else { 2 }, 1));
    stage.clock.advance(wait);
    stage.set(|behaviour| {
        behaviour.list_version += 1;
        change(behaviour);
    });
    stage
}

#[tokio::test]
async fn copies_of_one_configuration_have_a_key_each_also_when_some_come_late() {
    let stage = apart(61, false, |_| {}).await;
    assert!(problem(&stage).await.unwrap().contains("bound to the same key"));
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies, 2, "what came at once stays");
    assert_eq!(stage.seen(|seen| seen.notified.last().cloned()).as_deref(), Some("credential_failure"));
    // The same with the copies of before shown and cleared away.
    let stage = apart(61, false, |_| {}).await;
    for copy in stage.vault.list::<Copy>().await.unwrap() {
        stage.vault.batch().delete::<Copy>(&copy.id).commit().await.unwrap();
    }
    assert!(problem(&stage).await.unwrap().contains("bound to the same key"));
    // Each under a key of its own.
    let stage = apart(61, true, |_| {}).await;
    assert_eq!(problem(&stage).await, None);
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies, 2);
}

#[tokio::test]
async fn two_promises_for_one_configuration_bring_a_key_each_too() {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        behaviour.identifiers = Some(2);
        behaviour.defers_after = Some(0);
    });
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    stage.clock.advance(61);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    let taken = collected.from.iter().filter(|from| from.accepted.is_some()).count();
    let refused = |from: &str| from.contains("bound to the same key");
    let problems = collected.from.iter().filter_map(|from| from.problem.as_deref());
    assert_eq!((taken, problems.filter(|one| refused(one)).count()), (1, 1), "{collected:?}");
}

#[tokio::test]
async fn copies_of_one_configuration_say_the_same_also_when_some_come_late() {
    // Of one day, of the next one, and as an honest issuer makes them then.
    for (wait, lasts, email, is_taken) in [
        (61, 14, None, true),
        (61, 13, None, false),
        (61, 14, Some("ada@example.com"), false),
        (DAY, 14, None, true),
        (DAY, 13, None, false),
        (DAY, 14, Some("ada@example.com"), false),
    ] {
        let stage = apart(wait, true, |behaviour| {
            behaviour.email = email.map(str::to_owned);
            behaviour.bend_copy = Some(Box::new(move |_, copy| {
                let day = copy.payload["iat"].as_i64().unwrap() + lasts * DAY;
                copy.set("exp", json!(day));
            }));
        })
        .await;
        let problem = problem(&stage).await;
        assert_eq!(problem.is_none(), is_taken, "{wait} {lasts} {email:?}: {problem:?}");
        assert!(problem.is_none_or(|told| told.contains("copies differ")));
    }
}

#[tokio::test]
async fn what_is_promised_under_another_configuration_has_the_same_keys_on_purpose() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.defers_after = Some(1));
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap();
    stage.clock.advance(61);
    assert_eq!(problem(&stage).await, None);
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert!(copies.len() == 2 && copies.iter().all(|copy| copy.credentials.len() == 2));
}

/// Shows a passport to the space.
async fn show_a_passport(stage: &Stage) {
    let query = json!({"credentials": [{"id": "passport", "format": "dc+sd-jwt",
        "meta": {"vct_values": [types::PASSPORT]}, "claims": [{"path": ["number"]}]}]});
    stage.set(|behaviour| {
        behaviour.no_refills = true;
        behaviour.query = Some(query);
    });
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &YES).await.unwrap();
}

/// The thumbprints of the keys that somebody was shown.
fn shown(stage: &Stage) -> Vec<String> {
    let keys: Vec<_> = stage.seen(|seen| seen.answers.iter().flat_map(holder_keys).collect());
    keys.iter().map(|key| Jwk::from_value(key).unwrap().thumbprint_base64url()).collect()
}

#[tokio::test]
async fn a_key_that_was_shown_is_shown_to_nobody_else_whatever_comes_late_under_it() {
    for comes_unchecked in [false, true] {
        let stage = Stage::new().await;
        stage.set(|behaviour| behaviour.defers_after = Some(1));
        stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap();
        show_a_passport(&stage).await;
        stage.clock.advance(61);
        if comes_unchecked {
            stage.set(|behaviour| behaviour.office_unresolved = Some(ResolveError::Unreachable));
            assert!(problem(&stage).await.unwrap().contains("has come and is kept"));
            stage.set(|behaviour| behaviour.office_unresolved = None);
        }
        // New passports clear the one away that was shown, and what is known of its key stays.
        stage.set(|behaviour| {
            behaviour.defers_after = None;
            behaviour.list_version += 1;
        });
        let another = offer(&["passport"]).replace("%22code%22", "%22another%22");
        stage.wallet.accept_offer(&another, &two(), &YES).await.unwrap();
        let passports = stage.wallet.list().await.unwrap().remove(0);
        assert_eq!((passports.copies, passports.copies_left), (3, 3), "{comes_unchecked}");
        assert_eq!(problem(&stage).await, None, "{comes_unchecked}");

        let copies = stage.vault.list::<Copy>().await.unwrap();
        let profiles = |copy: &&Copy| copy.credentials.iter().any(|one| one.vct == types::PROFILE);
        let (used, fresh): (Vec<&Copy>, Vec<&Copy>) =
            copies.iter().filter(profiles).partition(|copy| copy.used_at.is_some());
        assert_eq!((used.len(), fresh.len()), (1, 1), "{comes_unchecked}");
        assert_eq!(shown(&stage), [used[0].id.as_str()], "{comes_unchecked}");
        assert!(copies.iter().all(|copy| copy.used_at.is_some() || copy.id != used[0].id));
    }
}

#[tokio::test]
async fn a_key_that_was_shown_is_forgotten_when_nothing_can_come_under_it_any_more() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.defers_after = Some(1));
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap();
    show_a_passport(&stage).await;
    stage.set(|behaviour| behaviour.defers_after = None);
    let another = offer(&["passport"]).replace("%22code%22", "%22another%22");
    let mut left = Vec::new();
    for lets_go in [false, true] {
        if lets_go {
            assert_eq!(stage.wallet.let_go_of(OFFICE).await.unwrap(), 1);
        }
        stage.wallet.accept_offer(&another, &two(), &YES).await.unwrap();
        let copies = stage.vault.list::<Copy>().await.unwrap();
        left.push(copies.iter().filter(|copy| copy.credentials.is_empty()).count());
    }
    assert_eq!(left, [1, 0]);
}
