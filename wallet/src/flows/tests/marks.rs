//! Copies by which their holder would be recognised, and their near neighbours that everybody might have.

use jose::base64url;
use serde_json::{Value, json};
use trust::testing::NOW;

use super::stage::{Bent, Stage, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptError, AcceptOptions, Mark};
use crate::records::Copy;

const YES: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;
/// The list of the week in which the test network lives, and a place in it.
const LIST: &str = "http://office.localhost/status/2968";
const LAST_PLACE: u64 = (1 << 20) - 1;

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

async fn accepting(bend: impl Fn(usize, &mut Bent) + Send + 'static) -> (Stage, Result<(), AcceptError>) {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.bend_copy = Some(Box::new(bend)));
    let outcome = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await;
    (stage, outcome.map(drop))
}

async fn taken(what: &str, bend: impl Fn(usize, &mut Bent) + Send + 'static) {
    let (stage, outcome) = accepting(bend).await;
    assert!(outcome.is_ok(), "{what}: {outcome:?}");
    assert_eq!(stage.vault.list::<Copy>().await.unwrap().len(), 2, "{what}");
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted"], "{what}");
}

/// The whole batch is refused for `mark`, the issuer hears no more than that it failed, and nothing is kept.
async fn refused(mark: Mark, what: &str, bend: impl Fn(usize, &mut Bent) + Send + 'static) {
    let (stage, outcome) = accepting(bend).await;
    let error = outcome.expect_err(what);
    assert!(matches!(&error, AcceptError::Marked(found) if *found == mark), "{what}: {error:?}");
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty(), "{what}");
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"], "{what}");
    let history = stage.wallet.history().await.unwrap();
    assert_eq!(history[0].not_completed.as_deref(), Some("marked_copies"), "{what}");
}

/// Today at midnight and so many seconds.
fn today(seconds: i64) -> i64 {
    NOW.start_of_day().plus(seconds).seconds()
}

fn place(uri: &str, index: impl Into<Value>) -> Value {
    json!({"status_list": {"idx": index.into(), "uri": uri}})
}

#[tokio::test]
async fn dates_are_whole_days_of_today_and_7_to_14_days_apart() {
    taken("as offices issue", |_, _| {}).await;
    taken("a shorter life", |_, copy| copy.set("exp", today(7 * DAY))).await;
    taken("signed yesterday", |_, copy| {
        copy.set("iat", today(-DAY));
        copy.set("exp", today(13 * DAY));
    })
    .await;
    taken("nbf as iat", |_, copy| copy.set("nbf", today(0))).await;
    for (what, exp) in [
        ("exp after six days", json!(today(6 * DAY))),
        ("exp to the second", json!(today(14 * DAY - 777))),
        ("exp a day too late", json!(today(15 * DAY))),
        ("exp in a hundred years", json!(today(36_500 * DAY))),
        ("exp with a fraction", json!(1_795_651_200.25)),
        ("exp as another kind of number", json!(1_795_651_200.0)),
    ] {
        refused(Mark::Dates, what, move |_, copy| copy.set("exp", exp.clone())).await;
    }
    for (what, iat) in [
        ("iat to the second", today(-12_345)),
        ("iat two days ago", today(-2 * DAY)),
        ("iat tomorrow", today(DAY)),
    ] {
        refused(Mark::Dates, what, move |_, copy| copy.set("iat", iat)).await;
    }
    refused(Mark::Dates, "nbf of its own", |_, copy| copy.set("nbf", today(-DAY))).await;
    for name in ["iat", "exp"] {
        refused(Mark::Dates, name, move |_, copy| drop(copy.payload.remove(name))).await;
    }
}

#[tokio::test]
async fn the_copies_of_a_batch_have_the_same_dates() {
    refused(Mark::CopiesDiffer, "exp by copy", |number, copy| {
        copy.set("exp", today(DAY * (14 - i64::try_from(number).unwrap())));
    })
    .await;
    refused(Mark::CopiesDiffer, "nbf in one copy", |number, copy| {
        if number == 1 {
            copy.set("nbf", today(0));
        }
    })
    .await;
}

#[tokio::test]
async fn the_status_is_a_place_in_a_list_of_the_week_at_the_issuer() {
    taken("the first and the last place", |number, copy| {
        copy.set("status", place(LIST, if number == 0 { 0 } else { LAST_PLACE }));
    })
    .await;
    taken("two lists of a week that is busy", |number, copy| {
        copy.set(
            "status",
            place(if number == 0 { LIST } else { "http://office.localhost/status/2968-3" }, 7),
        );
    })
    .await;
    refused(Mark::Status, "none", |_, copy| drop(copy.payload.remove("status"))).await;
    for uri in [
        "http://office.localhost/status/member-4711",
        "http://office.localhost/status/4711",
        "http://office.localhost/status/2967",
        "http://office.localhost/status/02968",
        "http://office.localhost/status/2968-",
        "http://office.localhost/status/2968-0",
        "http://office.localhost/status/2968-01",
        "http://office.localhost/status/2968-4",
        "http://office.localhost/status/2968-4711",
        "http://office.localhost/status/2968-1-1",
        "http://office.localhost/status/29681",
        "http://office.localhost/status/2968/",
        "http://office.localhost/status/2968?member=4711",
        "http://office.localhost/status/2968#4711",
        "http://office.localhost:80/status/2968",
        "http://office.localhost:8080/status/2968",
        "https://office.localhost/status/2968",
        "http://OFFICE.localhost/status/2968",
        "http://kiln.localhost/status/2968",
        "http://tracker.localhost/status/2968",
    ] {
        refused(Mark::Status, uri, move |number, copy| copy.set("status", place(uri, number))).await;
    }
    refused(Mark::Status, "a list for each copy", |number, copy| {
        copy.set("status", place(&format!("{LIST}-4711-copy-{number}"), number));
    })
    .await;
    for index in [LAST_PLACE + 1, 9_007_199_254_740_990] {
        refused(Mark::Status, "out of range", move |_, copy| copy.set("status", place(LIST, index))).await;
    }
    refused(Mark::Status, "beside the list", |_, copy| copy.payload["status"]["mark"] = json!(4711)).await;
    refused(Mark::Status, "in the list", |_, copy| {
        copy.payload["status"]["status_list"]["mark"] = json!(4711);
    })
    .await;
    refused(Mark::PlaceTwice, "one place", |_, copy| copy.set("status", place(LIST, 4711))).await;
}

#[tokio::test]
async fn a_list_of_the_next_week_counts_for_copies_of_its_eve_and_not_before() {
    // Weeks since the epoch begin on Thursdays, the test network on a Wednesday.
    for (days, is_taken) in [(6, false), (7, true), (8, true)] {
        let stage = Stage::new().await;
        stage.clock.advance(DAY * days);
        stage.set(|behaviour| {
            behaviour.bend_copy = Some(Box::new(|number, copy| {
                copy.set("status", place("http://office.localhost/status/2970", number));
            }));
        });
        let outcome = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await;
        if is_taken {
            assert!(outcome.is_ok(), "{days}: {outcome:?}");
        } else {
            assert!(matches!(outcome, Err(AcceptError::Marked(Mark::Status))), "{days}: {outcome:?}");
        }
    }
}

/// One batch more in each of these lists, by weeks from now; what the last one came to.
async fn batches_in(lists: &[(i64, &str)]) -> (Stage, Result<(), AcceptError>) {
    let stage = Stage::new().await;
    let mut outcome = Ok(());
    let mut week = 0;
    for (weeks, number) in lists {
        stage.clock.advance(7 * DAY * (weeks - week));
        week = *weeks;
        let uri = format!("http://office.localhost/status/{}{number}", 2968 + weeks);
        stage.set(|behaviour| {
            behaviour.list_version += 1;
            behaviour.bend_copy = Some(Box::new(move |index, copy| {
                copy.set("status", place(&uri, index));
            }));
        });
        outcome = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.map(drop);
    }
    (stage, outcome)
}

#[tokio::test]
async fn the_copies_of_one_issuer_lie_in_eight_lists_at_most() {
    let eight = [(0, ""), (0, "-1"), (0, "-2"), (0, "-3"), (1, ""), (1, "-1"), (1, "-2"), (1, "-3")];
    // One week more is the time in which the first ones still count.
    let (stage, outcome) = batches_in(&eight).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let ninth = |stage: &Stage| {
        stage.clock.advance(DAY);
        stage.set(|behaviour| {
            behaviour.list_version += 1;
            behaviour.bend_copy = Some(Box::new(|index, copy| {
                copy.set("status", place("http://office.localhost/status/2970", index));
            }));
        });
    };
    // Before the eve of the third week there is no ninth list; on it, the first ones still count.
    stage.clock.advance(5 * DAY);
    ninth(&stage);
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert!(matches!(refused, AcceptError::Marked(Mark::TooManyLists)), "{refused:?}");
    assert_eq!(refused.code(), "marked_copies");
    assert_eq!(stage.vault.list::<Copy>().await.unwrap().len(), 16);
    // Once the first ones have expired there is room again.
    ninth(&stage);
    let outcome = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await;
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[tokio::test]
async fn nothing_is_visible_but_what_every_copy_has() {
    for (name, value) in [
        ("member", json!("member-4711")),
        ("sub", json!("s")),
        ("jti", json!("4711")),
        ("vct#integrity", json!("sha256-bWVtYmVyLTQ3MTE")),
        ("aka_vcts", json!(["urn:example:4711"])),
        ("given_names", json!([])),
    ] {
        refused(Mark::Visible(name.to_owned()), name, move |_, copy| copy.set(name, value.clone())).await;
    }
}

#[tokio::test]
async fn the_header_names_the_key_and_says_nothing_else() {
    for name in ["kid", "mbr", "jti", "iat"] {
        refused(Mark::Header(name.to_owned()), name, move |_, copy| {
            copy.header.insert(name.to_owned(), json!("member-4711"));
        })
        .await;
    }
    // Instead of certificates a DID may name the key; then it is the issuer, and so does `iss`.
    let by_did = |copy: &mut Bent| {
        copy.header.remove("x5c");
        copy.header.insert("kid".to_owned(), json!("did:web:office.localhost#issuing"));
        copy.set("iss", "did:web:office.localhost");
    };
    taken("by DID", move |_, copy| by_did(copy)).await;
    refused(Mark::Issuer, "an address of its own", |_, copy| {
        copy.set("iss", "https://office.localhost/member-4711");
    })
    .await;
    refused(Mark::CopiesDiffer, "one by DID", move |number, copy| {
        if number == 0 {
            by_did(copy);
        }
    })
    .await;
}

#[tokio::test]
async fn cnf_holds_the_bare_key() {
    refused(Mark::Confirmation, "beside the key", |_, copy| copy.payload["cnf"]["kid"] = json!("4711")).await;
    for name in ["kid", "alg", "use", "mark"] {
        let value = if name == "use" { "sig" } else { "ES256" };
        refused(Mark::Confirmation, name, move |_, copy| copy.payload["cnf"]["jwk"][name] = json!(value))
            .await;
    }
}

#[tokio::test]
async fn salts_are_fresh_and_no_digest_is_without_its_disclosure() {
    refused(Mark::SaltTwice, "one salt for all", |_, copy| {
        copy.disclose(|elements| elements[0] = json!("member-4711"));
    })
    .await;
    refused(Mark::SaltTwice, "one salt for each claim", |_, copy| {
        copy.disclose(|elements| elements[0] = elements[1].clone());
    })
    .await;
    taken("salts of another form", |number, copy| {
        copy.disclose(move |elements| elements[0] = json!(format!("{number} {}", elements[1])));
    })
    .await;
    refused(Mark::Decoys, "a decoy", |_, copy| {
        let digests = copy.payload["_sd"].as_array_mut().unwrap();
        digests.push(json!("bWVtYmVyLTQ3MTEbWVtYmVyLTQ3MTEbWVtYmVyLTQ3MTE"));
    })
    .await;
    refused(Mark::Decoys, "a decoy inside a claim", |_, copy| {
        copy.disclose(|elements| {
            if elements[1] == "address" {
                let address = elements[2].as_object_mut().unwrap();
                address.insert("_sd".to_owned(), json!(["bWVtYmVyLTQ3MTEbWVtYmVyLTQ3MTEbWVtYmVyLTQ3MTE"]));
            }
        });
    })
    .await;
}

#[tokio::test]
async fn all_copies_of_a_batch_say_the_same() {
    refused(Mark::CopiesDiffer, "a space more in one copy", |number, copy| {
        copy.disclose(move |elements| {
            if number == 1 && elements[1] == "given_name" {
                elements[2] = json!("Ada ");
            }
        });
    })
    .await;
    refused(Mark::CopiesDiffer, "a claim less in one copy", |number, copy| {
        if number == 1 {
            // Not one in which others lie, nor one that every profile has.
            let address =
                |one: &String| base64url::decode(one).unwrap().windows(9).any(|part| part == b"\"address\"");
            copy.disclosures.retain(|one| !address(one));
            copy.disclose(|_| {});
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_random_in_an_earlier_batch_does_not_come_again() {
    type Bend = fn(usize, &mut Bent);
    let same_salts: Bend = |number, copy| {
        copy.disclose(move |elements| elements[0] = json!(format!("{number} {}", elements[1])));
    };
    let same_places: Bend = |number, copy| copy.set("status", place(LIST, number));
    for (mark, bend) in [(Mark::SaltTwice, same_salts), (Mark::PlaceTwice, same_places)] {
        let (stage, first) = accepting(bend).await;
        assert!(first.is_ok(), "{first:?}");
        let again = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await;
        assert!(matches!(&again, Err(AcceptError::Marked(found)) if *found == mark), "{again:?}");
        let listed = stage.wallet.list().await.unwrap();
        assert_eq!((listed.len(), listed[0].copies), (1, 2), "the earlier copies stay, no other came");
    }
}

#[tokio::test]
async fn a_mark_in_one_type_spoils_all_that_was_offered_with_it() {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        behaviour.bend_copy = Some(Box::new(|_, copy| {
            if copy.payload["vct"] == credentials::types::PROFILE {
                copy.set("member", "4711");
            }
        }));
    });
    let error = stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap_err();
    assert!(matches!(error, AcceptError::Marked(Mark::Visible(_))), "{error:?}");
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty());
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure", "credential_failure"]);
}

#[tokio::test]
async fn a_mark_is_found_in_what_comes_later_and_in_what_spaces_sign_too() {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        behaviour.deferred = true;
        behaviour.bend_copy = Some(Box::new(|_, copy| copy.set("member", "4711")));
    });
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    stage.clock.advance(61);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    assert!(collected.from[0].problem.as_ref().unwrap().contains("\"member\" is visible"));
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
    let membership = offer_of("http://kiln.localhost", &["membership"]);
    let error = stage.wallet.accept_offer(&membership, &two(), &YES).await.unwrap_err();
    assert!(matches!(error, AcceptError::Marked(Mark::Visible(_))), "{error:?}");
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty());
    stage.set(|behaviour| behaviour.bend_copy = None);
    assert!(stage.wallet.accept_offer(&membership, &two(), &YES).await.is_ok());
}

#[tokio::test]
async fn a_reason_names_the_mark_and_shows_no_control_characters() {
    let (_, outcome) = accepting(|_, copy| copy.set("\u{1b}[2Jmark", 1)).await;
    let sentence = outcome.unwrap_err().to_string();
    assert!(sentence.contains("mark") && !sentence.contains('\u{1b}'), "{sentence}");
}
