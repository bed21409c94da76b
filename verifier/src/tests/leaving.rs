//! A space that has left asks and invites nobody, and carries everything away, a piece at a time.

use super::stage::{Stage, browser};
use super::vouched;
use crate::SpaceError;
use crate::leaving::{Carried, Part};

#[tokio::test]
async fn a_space_that_has_left_asks_nobody_until_it_comes_back() {
    let stage = Stage::new();
    let space = &stage.space;
    space.ask("sign-up").await.unwrap();
    let since = space.leave_network().await.unwrap();
    assert_eq!(since, stage.now().seconds());
    assert!(!space.is_online_sign_up_open().await.unwrap());
    assert_eq!(space.leave_network().await.unwrap(), since, "again, it changes nothing");
    assert!(matches!(space.ask("sign-up").await, Err(SpaceError::Left)));
    assert!(matches!(space.ask_for("sign-up", 60).await, Err(SpaceError::Left)));
    assert!(matches!(space.ask_at_screen("sign-up", browser(), &[]).await, Err(SpaceError::Left)));
    assert!(matches!(space.set_online_sign_up("ada", true).await, Err(SpaceError::Left)));
    assert!(!space.set_online_sign_up("ada", false).await.unwrap().is_open);
    assert!(space.come_back().await.unwrap());
    assert!(!space.come_back().await.unwrap(), "it was here already");
    space.ask("sign-up").await.unwrap();
}

#[tokio::test]
async fn everything_is_carried_once_in_pieces_of_any_length() {
    let stage = Stage::new();
    let space = &stage.space;
    for _ in 0..5 {
        space.add_member(&vouched(), false, 600).await.unwrap();
    }
    let mut all: Vec<String> = space.members(10).await.unwrap().into_iter().map(|one| one.sub).collect();
    all.sort();
    for limit in [1, 2, 5, 100] {
        let (mut carried, mut after) = (Vec::new(), None);
        loop {
            let piece = space.carried(Part::Members, after.as_deref(), limit).await.unwrap();
            assert!(piece.items.len() <= limit + 1);
            for item in piece.items {
                let Carried::Member(member) = item else { panic!("no member") };
                carried.push(member.sub);
            }
            after = piece.next;
            if after.is_none() {
                break;
            }
        }
        carried.sort();
        assert_eq!(carried, all, "{limit}");
    }
    let mut leaves = Vec::new();
    let mut after = None;
    loop {
        let piece = space.carried(Part::Log, after.as_deref(), 2).await.unwrap();
        for item in piece.items {
            let Carried::Leaf(leaf) = item else { panic!("no leaf") };
            leaves.push(leaf.id().to_owned());
        }
        after = piece.next;
        if after.is_none() {
            break;
        }
    }
    let whole = space.carried(Part::Log, None, 100).await.unwrap();
    assert_eq!(leaves.len(), whole.items.len());
    leaves.dedup();
    assert_eq!(leaves.len(), whole.items.len(), "each once");
    assert!(matches!(space.carried(Part::Log, Some("nowhere"), 2).await, Err(SpaceError::NoSuch(_))));
}
