//! When a request ends, and from where its follow-up is fetched.

use super::*;

#[tokio::test]
async fn a_request_of_the_network_says_when_it_ends_and_does_not_live_for_ever() {
    const WEEK: i64 = 7 * 86_400;
    let stage = stage_with(&["profile"], 3).await;
    for (end, taken) in [
        (Some(NOW.plus(WEEK)), true),
        (Some(NOW.plus(WEEK + 61)), false),
        (Some(NOW.plus(36_500 * 86_400)), false),
        (None, false),
    ] {
        stage.set(|behaviour| {
            behaviour.bend_request = Some(Box::new(move |claims| match end {
                Some(end) => drop(claims.insert("exp".to_owned(), json!(end.seconds()))),
                None => drop(claims.remove("exp")),
            }));
        });
        let answers = stage.seen(|seen| seen.answers.len());
        let outcome = present(&stage, &NEEDED).await;
        if taken {
            assert!(outcome.is_ok(), "{end:?}: {outcome:?}");
        } else {
            assert!(matches!(outcome, Err(PresentError::Endless)), "{end:?}: {outcome:?}");
            assert_eq!(stage.seen(|seen| seen.answers.len()), answers, "nothing is sent");
        }
    }
}

#[tokio::test]
async fn outside_the_network_a_request_may_leave_its_end_open() {
    let stage = stage_with(&["profile"], 1).await;
    stage.set(|behaviour| behaviour.bend_request = Some(Box::new(|claims| drop(claims.remove("exp")))));
    let outside = stage.outside();
    let outcome =
        outside.present(&stage.link(), &PresentOptions::default(), &Picking(|_| Choice::Refuse)).await;
    assert!(matches!(outcome, Err(PresentError::Declined)), "{outcome:?}");
}

#[tokio::test]
async fn a_follow_up_is_fetched_from_the_very_origin_that_was_answered() {
    for (uri, fetched) in [
        ("http://kiln.localhost:80/follow-up/1", true),
        ("http://kiln.localhost:8080/follow-up/1", false),
        ("https://kiln.localhost/follow-up/1", false),
        ("http://office.localhost/follow-up/1", false),
    ] {
        let stage = stage_with(&["profile"], 1).await;
        stage.set(|behaviour| behaviour.follow_up_uri = Some(uri.to_owned()));
        let presented = present(&stage, &NEEDED).await.unwrap();
        let expected = if fetched { ShareProof::Kept } else { ShareProof::None };
        assert_eq!(presented.sharing_proof, expected, "{uri}");
        assert_eq!(stage.calls().iter().any(|call| call.contains("follow-up")), fetched, "{uri}");
    }
}
