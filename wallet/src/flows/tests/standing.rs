//! Suspension and expulsion as a wallet sees them: within the life of a list, and never longer.

use directory::DirectoryError;
use trust::{AdmissionError, Standing};

use super::collecting::{applied, at_the_office};
use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptError, AcceptOptions, PresentError, PresentOptions};
use crate::trust::TrustError;

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const AN_HOUR: i64 = 3_600;

async fn accept(stage: &Stage) -> Result<(), AcceptError> {
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.map(drop)
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.no_refills = true);
    accept(&stage).await.unwrap();
    stage
}

/// Why the space's request is refused.
async fn asked(stage: &Stage) -> Option<AdmissionError> {
    match stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await {
        Ok(_) => None,
        Err(PresentError::Trust(TrustError::Directory(DirectoryError::Admission(error)))) => Some(error),
        Err(other) => panic!("{other:?}"),
    }
}

fn next_list(stage: &Stage, space: Option<Standing>, office: Option<Standing>) {
    stage.set(|behaviour| {
        behaviour.list_version += 1;
        behaviour.space_stands = space;
        behaviour.office_stands = office;
    });
}

#[tokio::test]
async fn a_space_that_was_put_aside_or_out_gets_no_answer_from_the_next_list_on() {
    for (standing, refused) in
        [(Standing::Suspended, AdmissionError::Suspended), (Standing::Expelled, AdmissionError::Expelled)]
    {
        let stage = stage().await;
        assert_eq!(asked(&stage).await, None);
        next_list(&stage, Some(standing), None);
        // The wallet takes the next list six hours before the one in hand ends, if it is used then.
        stage.clock.advance(18 * AN_HOUR);
        let answers = stage.seen(|seen| seen.answers.len());
        assert_eq!(asked(&stage).await, Some(refused));
        assert_eq!(stage.seen(|seen| seen.answers.len()), answers, "not even a no is sent");
        next_list(&stage, None, None);
        stage.clock.advance(18 * AN_HOUR);
        assert_eq!(asked(&stage).await, None, "taken back");
    }
}

#[tokio::test]
async fn an_office_that_was_put_aside_gives_the_wallet_nothing_from_the_next_list_on() {
    let stage = stage().await;
    next_list(&stage, None, Some(Standing::Suspended));
    stage.clock.advance(18 * AN_HOUR);
    let refused = accept(&stage).await;
    assert!(
        matches!(
            refused,
            Err(AcceptError::Trust(TrustError::Directory(DirectoryError::Admission(
                AdmissionError::Suspended
            ))))
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn whoever_keeps_the_operators_newer_list_from_a_wallet_gains_no_more_than_the_day_of_the_old_one() {
    let stage = stage().await;
    next_list(&stage, Some(Standing::Suspended), None);
    stage.set(|behaviour| behaviour.no_list = true);
    stage.clock.advance(24 * AN_HOUR - 1);
    assert_eq!(asked(&stage).await, None, "the list in hand still counts");
    stage.clock.advance(1);
    let ended = stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await;
    assert!(
        matches!(ended, Err(PresentError::Trust(TrustError::Directory(DirectoryError::Fetch(_))))),
        "trust ends with the list: {ended:?}"
    );
    stage.set(|behaviour| behaviour.no_list = false);
    assert_eq!(asked(&stage).await, Some(AdmissionError::Suspended));
}

#[tokio::test]
async fn an_office_that_was_put_aside_since_it_was_asked_gets_no_did_to_host() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    next_list(&stage, None, Some(Standing::Suspended));
    stage.clock.advance(18 * AN_HOUR);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((&collected.did, stage.seen(|seen| seen.did_logs.len())), (&None, 0));
    assert!(
        collected.from[0].problem.as_deref().is_some_and(|said| said.contains("suspended")),
        "{collected:?}"
    );
    next_list(&stage, None, None);
    stage.clock.advance(18 * AN_HOUR);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.did.is_some(), "taken back: {collected:?}");
}
