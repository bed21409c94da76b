use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey};

use super::*;

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap()
}

fn wanted() -> Vec<Wanted> {
    let shown = Showing { presented: "credential~".to_owned(), certificate: Some(vec![1, 2, 3]) };
    let key = HolderKey::elsewhere(KeyUse::Sign, key().public_jwk().clone(), "AAAA".to_owned());
    vec![Wanted { key, message: b"header.payload".to_vec(), shows: Some(shown) }]
}

fn number(job: &Value) -> u64 {
    job["job"].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_is_done_by_a_page_that_asks() {
    let keys = Arc::new(BrowserKeys::default());
    let signing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.sign(wanted()).await }
    });
    let job = keys.next("one").await.unwrap();
    assert_eq!(
        (&job["deed"], &job["about"]),
        (
            &json!("sign"),
            &json!([{"sealed": "AAAA", "input": "header.payload", "shows": {"presented": "credential~", "certificate": "AQID"}}])
        )
    );
    assert!(keys.answer(number(&job), "one", json!({"signatures": ["AQID"]})));
    assert_eq!(signing.await.unwrap(), Ok(vec![vec![1, 2, 3]]));
    assert!(!keys.answer(number(&job), "one", json!({"signatures": ["AQID"]})), "it was done");
    assert_eq!(keys.next("one").await, None, "nothing more for a while");
}

#[tokio::test(start_paused = true)]
async fn what_one_page_took_and_left_is_given_to_another_and_to_nobody_else_before() {
    let keys = Arc::new(BrowserKeys::default());
    let agreeing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move {
            let key = HolderKey::elsewhere(KeyUse::Open, key().public_jwk().clone(), "AAAA".to_owned());
            keys.agree(&key, key.public_jwk()).await
        }
    });
    let first = keys.next("one").await.unwrap();
    let begun = Instant::now();
    let again = keys.next("one").await.unwrap();
    assert_eq!(number(&again), number(&first));
    assert!(begun.elapsed() >= DONE_WITHIN);
    let secret = base64url::encode([7; 32]);
    assert!(keys.answer(number(&again), "one", json!({"secret": secret})));
    assert_eq!(agreeing.await.unwrap().unwrap().as_ref(), &[7; 32]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_and_what_nobody_waits_for_is_not_asked() {
    let keys = BrowserKeys::default();
    let begun = Instant::now();
    assert_eq!(keys.sign(wanted()).await, Err(KeysError::NobodyThere));
    assert!(begun.elapsed() >= SOMEBODY_COMES && begun.elapsed() < LONGEST, "no page was there");
    assert_eq!(keys.next("one").await, None);
    // A page that asks and never answers is waited for a while longer.
    let begun = Instant::now();
    let (signed, _) = tokio::join!(keys.sign(wanted()), async { keys.next("one").await });
    assert_eq!(signed, Err(KeysError::NobodyThere));
    assert!(begun.elapsed() >= LONGEST);
}

#[tokio::test(start_paused = true)]
async fn who_locks_the_wallet_ends_what_was_asked_of_the_browser() {
    let keys = Arc::new(BrowserKeys::default());
    let signing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.sign(wanted()).await }
    });
    let job = keys.next("one").await.unwrap();
    keys.leave();
    assert_eq!(signing.await.unwrap(), Err(KeysError::NobodyThere));
    assert!(!keys.answer(number(&job), "one", json!({"signatures": ["AQID"]})));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_form_is_a_refusal() {
    let keys = Arc::new(BrowserKeys::default());
    let public = key().public_jwk().required_members();
    let long = "A".repeat(LONGEST_SEALED + 1);
    for (answer, refused) in [
        (json!({"refused": true}), KeysError::Refused),
        (json!({"keys": "x"}), KeysError::Refused),
        (json!({"keys": [{"public": public}]}), KeysError::Refused),
        (json!({"keys": [{"public": public, "sealed": "not base64url!"}]}), KeysError::Refused),
        (json!({"keys": [{"public": public, "sealed": long}]}), KeysError::Refused),
        (json!({"keys": [{"public": {"kty": "EC"}, "sealed": "AAAA"}]}), KeysError::Unusable),
    ] {
        let making = keys.make(KeyUse::Sign, 1);
        let answering = async {
            let job = keys.next("one").await.unwrap();
            assert_eq!((&job["deed"], &job["about"]), (&json!("make"), &json!({"use": "sign", "count": 1})));
            keys.answer(number(&job), "one", answer.clone())
        };
        let (made, _) = tokio::join!(making, answering);
        assert_eq!(made.map(|keys| keys.len()), Err(refused), "{answer}");
    }
    assert_eq!(keys.make(KeyUse::Sign, MOST_AT_ONCE + 1).await.map(drop), Err(KeysError::Refused));
}

#[tokio::test(start_paused = true)]
async fn what_one_browser_refuses_is_put_to_that_of_another_session_which_may_have_agreed_to_it() {
    let keys = Arc::new(BrowserKeys::default());
    let refusal = json!({"refused": true});
    let sign = || {
        let keys = Arc::clone(&keys);
        tokio::spawn(async move { keys.sign(wanted()).await })
    };
    let signing = sign();
    let job = keys.next("one").await.unwrap();
    let other = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.next("two").await }
    });
    tokio::task::yield_now().await;
    assert!(keys.answer(number(&job), "one", refusal.clone()));
    assert_eq!(other.await.unwrap().unwrap()["job"], job["job"]);
    assert!(keys.answer(number(&job), "two", json!({"signatures": ["AQID"]})));
    assert_eq!(signing.await.unwrap(), Ok(vec![vec![1, 2, 3]]));
    // Refused by all who are there, it is refused.
    let signing = sign();
    let job = keys.next("one").await.unwrap();
    assert!(keys.answer(number(&job), "one", refusal.clone()));
    let begun = Instant::now();
    assert_eq!(keys.next("two").await.unwrap()["job"], job["job"]);
    assert!(keys.answer(number(&job), "two", refusal));
    assert_eq!(signing.await.unwrap(), Err(KeysError::Refused));
    assert!(begun.elapsed() < DONE_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn somebody_signs_while_a_page_asks_and_not_for_long_after() {
    let keys = BrowserKeys::default();
    assert!(!keys.is_there());
    assert_eq!(keys.next("one").await, None);
    assert!(keys.is_there());
    tokio::time::advance(SOON + Duration::from_secs(1)).await;
    assert!(!keys.is_there());
}
