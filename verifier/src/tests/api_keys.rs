//! A key does what its scopes say, until its end or until it is taken back.

use std::collections::BTreeSet;

use serde_json::json;

use crate::SpaceError;
use crate::api_keys::{ApiKey, KeyError, MOST_KEYS, NewKey, Scope};
use crate::forms::ChangedBy;
use crate::tests::stage::Stage;

const DAY: i64 = 86_400;

fn new(name: &str, scopes: &[Scope], until: Option<i64>) -> NewKey {
    NewKey { name: name.to_owned(), scopes: scopes.iter().copied().collect(), until }
}

fn forms(name: &str) -> NewKey {
    new(name, &[Scope::FormsRead], None)
}

#[tokio::test]
async fn a_key_is_shown_once_and_opens_nothing_after_it_was_revoked() {
    let stage = Stage::new();
    let space = &stage.space;
    let make = async |new: NewKey| space.make_api_key(new, ChangedBy::Terminal).await;
    let token = make(forms("desk 1")).await.unwrap();
    assert_eq!(stage.traces_of(&[token.expose()]), 0, "it stands as its hash");
    let found = space.api_key(&token).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.scopes), ("desk 1", BTreeSet::from([Scope::FormsRead])));
    assert!(matches!(make(forms("desk 1")).await, Err(KeyError::Taken)));
    for name in ["", "  ", "a\n.", "ä", &"a".repeat(65)] {
        assert!(matches!(make(forms(name)).await, Err(KeyError::BadName)), "{name:?}");
    }
    assert!(matches!(make(new("none", &[], None)).await, Err(KeyError::NoScope)));
    let other = make(forms("desk-2")).await.unwrap();
    let names: Vec<String> = space.api_keys().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["desk 1", "desk-2"]);
    space.revoke_api_key("desk 1").await.unwrap();
    assert!(matches!(space.revoke_api_key("desk 1").await, Err(SpaceError::NoSuch("key"))));
    assert!(space.api_key(&token).await.unwrap().is_none());
    assert!(space.api_key(&other).await.unwrap().is_some());
    // The same name again is another key, and the use of the one of before is none of it.
    let again = make(forms("desk 1")).await.unwrap();
    assert!(again != token && space.api_key(&token).await.unwrap().is_none());
    space
        .api_key_used(&ApiKey { token: token.hash(), ..space.api_keys().await.unwrap().remove(0) })
        .await
        .unwrap();
    assert_eq!(space.api_keys().await.unwrap()[0].used_on, None);
}

#[tokio::test]
async fn a_key_ends_on_its_second_and_the_day_of_its_last_use_is_known() {
    let stage = Stage::new();
    let space = &stage.space;
    let now = space.environment().now().seconds();
    for until in [now, now - 1, 0] {
        let refused =
            space.make_api_key(new("past", &[Scope::FormsRead], Some(until)), ChangedBy::Terminal).await;
        assert!(matches!(refused, Err(KeyError::BadEnd)), "{until}");
    }
    let until = now + 3 * DAY;
    let token = space.make_api_key(new("short", &[Scope::FormsRead], Some(until)), ChangedBy::Terminal).await;
    let token = token.unwrap();
    let used = async || {
        let key = space.api_key(&token).await.unwrap().unwrap();
        space.api_key_used(&key).await.unwrap();
        space.api_key(&token).await.unwrap().unwrap().used_on.unwrap()
    };
    let first = used().await;
    assert_eq!((first % DAY, first <= now && now < first + DAY), (0, true));
    let before = stage.memory.entries();
    assert_eq!(used().await, first);
    assert!(stage.memory.entries() == before, "one write a day");
    stage.clock.set(environment::Timestamp::from_seconds(until - 1));
    assert_eq!(used().await, (until - 1) - (until - 1) % DAY);
    stage.clock.set(environment::Timestamp::from_seconds(until));
    assert!(space.api_key(&token).await.unwrap().is_none());
    assert_eq!(space.api_keys().await.unwrap().len(), 1, "the team sees that it has ended");
}

#[tokio::test]
async fn a_space_has_so_many_keys_and_no_more() {
    let stage = Stage::new();
    for number in 0..MOST_KEYS {
        stage.space.make_api_key(forms(&number.to_string()), ChangedBy::Terminal).await.unwrap();
    }
    let refused = stage.space.make_api_key(forms("more"), ChangedBy::Terminal).await;
    assert!(matches!(refused, Err(KeyError::TooMany)));
    stage.space.revoke_api_key("0").await.unwrap();
    stage.space.make_api_key(forms("more"), ChangedBy::Terminal).await.unwrap();
}

#[test]
fn a_token_of_before_there_were_scopes_keeps_exactly_what_it_could_do() {
    let token = openid4vc::secret::SecretHash::of("token");
    let stored = json!({"name": "booking", "token": token, "made_at": 5});
    let read: ApiKey = serde_json::from_value(stored).unwrap();
    let names: Vec<&str> = read.scopes.iter().map(|scope| scope.name()).collect();
    assert_eq!(
        names,
        ["sign-ups:read", "invitations:read", "invitations:send", "sign-ups:decide", "sign-ups:values"]
    );
    assert_eq!((read.until, read.used_on, read.by), (None, None, None));
}
