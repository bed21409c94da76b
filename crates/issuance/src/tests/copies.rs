//! Copies that are handed out: to whom, how many, and where they stand in the status lists.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use credentials::status_list::Status;
use store::Range;
use tokio::task::JoinSet;

use super::scene::{
    FEW_PLACES, Fill, PASSPORT, PROFILE, SETTINGS, Scene, credential_request, end, refusal, send,
};
use super::{COMPLETE, complete, statuses};
use crate::StatusEntry;
use crate::revoking::Holding;

async fn entries(scene: &Scene) -> Vec<StatusEntry> {
    scene.tenant().list::<StatusEntry>(Range::all(), 1_000).await.unwrap().items
}

#[tokio::test]
async fn whoever_is_ended_between_minting_and_storing_gets_nothing() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let tenant = scene.tenant();
    scene.names.after_minting(|| async move { end(&tenant, "m-1").await });
    for _ in 0..2 {
        let refused = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
        assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
    }
    assert_eq!((scene.copies().await, complete(&scene).await), (0, 0));
}

#[tokio::test]
async fn whoever_is_ended_while_the_copies_are_stored_gets_nothing() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let tenant = scene.tenant();
    scene.names.while_storing(|| async move { end(&tenant, "m-1").await });
    let refused = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
    assert_eq!((scene.copies().await, complete(&scene).await), (0, 0));
}

#[tokio::test]
async fn the_end_of_somebody_else_keeps_nobody_from_anything() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let tenant = scene.tenant();
    scene.names.after_minting(|| async move { end(&tenant, "m-12").await });
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
    assert_eq!(scene.tenant().jobs().waiting(COMPLETE, 10).await.unwrap(), 1);
}

#[tokio::test]
async fn a_subject_has_ten_batches_of_a_configuration_and_no_copy_more() {
    let scene = Scene::new();
    for batch in 1..=10 {
        let token = scene.bearer(&[PASSPORT]).await;
        assert_eq!(scene.whole_batch(&token, PASSPORT).await.copies().len(), 3, "{batch}");
    }
    let token = scene.bearer(&[PASSPORT, PROFILE]).await;
    for _ in 0..2 {
        let refused = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
        assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
    }
    assert_eq!(scene.copies().await, 30);
    // It is counted for each configuration and each subject.
    assert_eq!(scene.whole_batch(&token, PROFILE).await.copies().len(), 3);
    let other = scene.bearer_of("m-12", &[PASSPORT]).await;
    assert_eq!(scene.whole_batch(&other, PASSPORT).await.copies().len(), 3);
    // What has expired counts no more, though its places are kept for a day.
    let until = entries(&scene).await[0].until;
    scene.clock.advance(until - scene.now().seconds() - 1);
    let token = scene.bearer(&[PASSPORT]).await;
    let refused = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
    scene.clock.advance(1);
    let token = scene.bearer(&[PASSPORT]).await;
    assert_eq!(scene.whole_batch(&token, PASSPORT).await.copies().len(), 3);
}

#[tokio::test]
async fn of_a_batch_that_does_not_fit_what_fits_is_handed_out() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
    for _ in 0..9 {
        let token = scene.bearer(&[PASSPORT]).await;
        assert_eq!(scene.whole_batch(&token, PASSPORT).await.copies().len(), 3);
    }
    // 28 of 30: two of three fit, and the flow is over as if it had been three.
    let token = scene.bearer(&[PASSPORT]).await;
    assert_eq!(scene.whole_batch(&token, PASSPORT).await.copies().len(), 2);
    assert_eq!(scene.tenant().jobs().waiting(COMPLETE, 20).await.unwrap(), 11);
    let token = scene.bearer(&[PASSPORT]).await;
    let refused = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
    assert_eq!(scene.copies().await, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_of_many_tokens_at_once_get_no_more_either() {
    let scene = Scene::new();
    let mut sent = JoinSet::new();
    for position in 0..14 {
        let token = scene.bearer(&[PASSPORT]).await;
        let nonce = scene.nonce().await;
        let proofs: Vec<String> = (0..SETTINGS.batch_size).map(|_| scene.proof(&nonce)).collect();
        let request = credential_request(&token, PASSPORT, &proofs, None);
        sent.spawn(send(scene.routers[position % 2].clone(), request));
    }
    let answers = sent.join_all().await;
    let granted = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!((granted, scene.copies().await), (10, 30));
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!(answer.refusal(), refusal(400, "credential_request_denied"));
    }
}

#[tokio::test]
async fn places_that_others_took_meanwhile_are_drawn_anew_and_nothing_else_is_done_again() {
    let scene = Scene::over_lists_of(FEW_PLACES);
    let week = scene.now().seconds() / (7 * 86_400);
    let second = || Request::get(format!("/status/{week}-1")).body(Body::empty()).unwrap();
    for _ in 0..2 {
        assert_eq!(
            scene.send(second()).await.refusal(),
            refusal(404, "not_found"),
            "nobody stands there yet"
        );
    }
    let token = scene.bearer(&[PASSPORT]).await;
    let tenant = scene.tenant();
    scene.names.while_storing(move || async move {
        tenant.carry_out(&Fill(&week.to_string())).await.unwrap();
    });
    let copies = scene.whole_batch(&token, PASSPORT).await.copies();
    let places: Vec<_> = copies.iter().map(|copy| scene.status_of(copy)).collect();
    assert!(places.iter().all(|(address, _)| address.ends_with(&format!("/status/{week}-1"))), "{places:?}");
    assert_eq!(scene.names.minted(), 1);
    assert_eq!(statuses(&scene, &places).await, [Status::Valid; 3]);
}

#[tokio::test]
async fn a_week_has_more_lists_than_one_and_nobody_is_turned_away() {
    let scene = Scene::over_lists_of(FEW_PLACES);
    let mut places = Vec::new();
    for subject in 0..20 {
        let token = scene.bearer_of(&format!("many-{subject}"), &[PASSPORT]).await;
        let copies = scene.whole_batch(&token, PASSPORT).await.copies();
        places.extend(copies.iter().map(|copy| scene.status_of(copy)));
    }
    assert_eq!((places.len(), entries(&scene).await.len()), (60, 60));
    let mut different = places.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 60, "every copy has a place of its own");
    let mut lists: Vec<_> = places.iter().map(|(address, _)| address.clone()).collect();
    lists.sort();
    lists.dedup();
    assert!(lists.len() > 3, "{lists:?}");
    // Every one of them is served, and a copy is revoked in whichever list it stands.
    assert_eq!(statuses(&scene, &places).await, [Status::Valid; 60]);
    let holdings: Vec<_> = (10..20).map(|one| Holding::new(&format!("many-{one}"), PASSPORT)).collect();
    assert_eq!(scene.replicas[1].revoke_all(&holdings).await.unwrap(), 30);
    let expected = [[Status::Valid; 30], [Status::Invalid; 30]].concat();
    assert_eq!(statuses(&scene, &places).await, expected);
}
