//! Online sign-up on and off: the newest decision counts, and who made it is told.

use super::stage::Stage;

#[tokio::test]
async fn nobody_having_decided_it_is_on_and_the_newest_decision_counts() {
    let stage = Stage::new();
    assert!(stage.space.is_online_sign_up_open().await.unwrap());
    assert_eq!(stage.space.online_sign_up(10).await.unwrap(), []);
    let before = stage.memory.entries();
    stage.clock.advance(60);
    let off = stage.space.set_online_sign_up("terminal", false).await.unwrap();
    assert_eq!((off.version, off.is_open, off.by.as_str()), (1, false, "terminal"));
    assert_eq!(off.at, stage.now().seconds());
    assert!(!stage.space.is_online_sign_up_open().await.unwrap());
    assert!(stage.memory.entries() != before);

    // The same again says nothing new: who decided it first stands.
    let before = stage.memory.entries();
    assert_eq!(stage.space.set_online_sign_up("Mara", false).await.unwrap(), off);
    assert!(stage.memory.entries() == before);

    let on = stage.space.set_online_sign_up("Mara", true).await.unwrap();
    assert_eq!((on.version, on.is_open, on.by.as_str()), (2, true, "Mara"));
    assert!(stage.space.is_online_sign_up_open().await.unwrap());
    assert_eq!(stage.space.online_sign_up(10).await.unwrap(), [on, off]);
}

#[tokio::test]
async fn many_decisions_are_in_their_order_and_a_name_has_an_end() {
    let stage = Stage::new();
    for turn in 0..12_u64 {
        let by = "n".repeat(200);
        let made = stage.space.set_online_sign_up(&by, turn % 2 == 1).await.unwrap();
        assert_eq!((made.version, made.by.len()), (turn + 1, 128));
    }
    let newest = stage.space.online_sign_up(1).await.unwrap();
    assert_eq!((newest[0].version, newest[0].is_open), (12, true));
    assert_eq!(stage.space.online_sign_up(100).await.unwrap().len(), 12);
}
