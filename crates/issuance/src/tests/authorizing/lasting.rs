//! What is kept of a request over time: after a restart, for whoever never comes, and in a flood.

use super::*;

#[tokio::test]
async fn a_restart_goes_on_and_a_restored_store_knows_no_code() {
    let mut scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let (client, uri) = scene.pushed(&asking).await;
    scene.restart();
    let opened = scene.replicas[0].open(&client, &uri, browser()).await.unwrap();
    scene.restart();
    let back = scene.replicas[1].grant(&opened.id, browser(), "m-1").await.unwrap().unwrap();
    scene.restart();
    let code = asking.pending.returned(&back).unwrap();
    assert_eq!(scene.send(scene.redeeming(&asking, &code)).await.status, StatusCode::OK);
    const { assert!(!AuthorizationRecord::SURVIVES_RESTORE && !crate::FlowRecord::SURVIVES_RESTORE) };
}

#[tokio::test]
async fn what_strangers_push_and_nobody_opens_is_gone_from_the_store_when_its_seconds_are_over() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    for _ in 0..300 {
        let pushed = scene.send(posted("/par", asking.body.clone(), None)).await;
        assert_eq!(pushed.status, StatusCode::CREATED);
    }
    let opened = scene.opened(&asking).await;
    scene.clock.advance(CODE_FLOW.request - 1);
    assert_eq!(scene.replicas[0].remove_unopened().await, Ok(0));
    scene.clock.advance(1);
    let late = scene.pushed(&asking).await;
    assert_eq!(scene.replicas[0].remove_unopened().await, Ok(300));
    let kept = scene.tenant().list::<AuthorizationRecord>(Range::all(), 10).await.unwrap().items;
    assert_eq!(kept.len(), 2, "what a person looks at, and what is fresh");
    assert!(scene.replicas[1].authorization(&opened.id, browser()).await.unwrap().is_some());
    assert!(scene.replicas[1].open(&late.0, &late.1, browser()).await.is_ok());
    let holds = |bytes: &[u8]| bytes.windows(BACK.len()).any(|window| window == BACK.as_bytes());
    let left = scene.memory.entries().iter().filter(|(_, value)| holds(value)).count();
    assert_eq!(left, 2, "they are not only hidden");
}

#[tokio::test]
async fn a_flood_of_pushed_requests_is_told_to_try_later_and_stores_nothing_more() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    for replica in &scene.replicas {
        while replica.inner.pushed.take(scene.now(), CODE_FLOW.request) {}
    }
    let proof = scene.fresh_proof(&asking.key, "/par", None);
    let refused = scene.send(posted("/par", asking.body.clone(), Some(&proof))).await;
    assert_eq!(refused.refusal(), refusal(503, "temporarily_unavailable"));
    assert_eq!(refused.headers[header::RETRY_AFTER], "90");
    assert!(no_store(&refused));
    let kept = scene.tenant().list::<AuthorizationRecord>(Range::all(), 10).await.unwrap();
    assert_eq!(kept.items.len(), 0);
    scene.clock.advance(CODE_FLOW.request - 1);
    assert_eq!(scene.push(&asking).await.status, StatusCode::SERVICE_UNAVAILABLE);
    scene.clock.advance(1);
    assert_eq!(scene.push(&asking).await.status, StatusCode::CREATED);
}
