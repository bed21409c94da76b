//! A host that repeats, reorders, drops, moves or makes up what it should hand on.

use super::*;

#[tokio::test]
async fn a_host_that_repeats_shows_nothing_twice_also_after_it_was_deleted_and_until_it_would_be_expired() {
    let member = Member::new().await;
    member.stage.set(|behaviour| behaviour.mail.repeats = true);
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    assert_eq!(member.refused().await, ["repeated"]);
    member.stage.wallet.delete_mail(&id).await.unwrap();
    for _ in 0..15 {
        assert_eq!(
            member.refused().await,
            if member.stage.wallet.now() < NOW.plus(14 * A_DAY + 60) { ["repeated"] } else { ["expired"] }
        );
        member.stage.clock.advance(A_DAY);
        member.stage.set(|behaviour| behaviour.list_version += 1);
    }
    assert_eq!(member.refused().await, ["expired"]);
}

#[tokio::test]
async fn a_host_that_reorders_does_not_bring_an_older_invitation_in_place_of_a_newer_one() {
    let member = Member::new().await;
    let older = Invitation {
        issued_at: NOW.seconds() - 10,
        expires_at: NOW.seconds() + A_DAY,
        ..member.invitation("old")
    };
    member.invite(&member.invitation("new"));
    member.invite(&older);
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.refused[0].code.as_str()), (1, "older"));
    let newer = Invitation { issued_at: NOW.seconds() + 10, ..member.invitation("newest") };
    member.invite(&newer);
    member.fetch().await;
    assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 1, "one open invitation of a space");
}

#[tokio::test]
async fn a_host_that_drops_loses_what_it_drops_and_nothing_else() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    member.stage.set(|behaviour| behaviour.mail.waiting.clear());
    assert!(member.fetch().await.new.is_empty());
    member.invite(&member.invitation("1"));
    assert_eq!(member.fetch().await.new.len(), 1, "the space may leave it again");
}

#[tokio::test]
async fn a_host_that_always_has_more_is_left_after_the_fullest_inbox() {
    let member = Member::new().await;
    member.stage.set(|behaviour| {
        behaviour.mail.endless = true;
        behaviour.mail.repeats = true;
    });
    assert_eq!(member.refused().await, Vec::<String>::new(), "a page without anything leads to no other");
    member.invite(&member.invitation("1"));
    let round = member.fetch().await;
    assert_eq!(
        (round.new.len(), round.refused[0].code.as_str(), round.refused[0].count),
        (1, "repeated", 95)
    );
    assert_eq!(member.stage.seen(|seen| seen.mail.listed.len()), 97);
}

#[tokio::test]
async fn garbage_in_the_place_of_a_listing_or_of_an_envelope_is_named_and_harms_nothing() {
    let member = Member::new().await;
    for garbage in
        ["", "[]", "{\"messages\":{}}", "{\"messages\":[],\"messages\":[],\"more\":false}", "<html>"]
    {
        member.stage.set(|behaviour| behaviour.mail.answer = Some((200, garbage.to_owned())));
        let round = member.fetch().await;
        assert_eq!((round.new.len(), round.refused.len(), round.problems.len()), (0, 0, 1), "{garbage}");
    }
    let many = json!({"messages": vec![json!({"id": "1", "message": "", "day": 0}); 65], "more": false});
    let named = json!({"messages": [{"id": "x".repeat(129), "message": "", "day": 0}], "more": false});
    for answer in
        [(200, many.to_string()), (200, named.to_string()), (404, "{}".to_owned()), (500, String::new())]
    {
        member.stage.set(|behaviour| behaviour.mail.answer = Some(answer));
        assert_eq!(member.fetch().await.problems.len(), 1);
    }
    member.stage.set(|behaviour| behaviour.mail.answer = None);
    for garbage in ["", "a.b.c.d.e", &"A".repeat(4_096), &"A".repeat(20_000)] {
        member.stage.leave(&member.url, garbage);
    }
    member.invite(&member.invitation("1"));
    let round = member.fetch().await;
    assert_eq!(
        (round.new.len(), round.refused[0].code.as_str(), round.refused[0].count),
        (1, "unreadable", 4)
    );
}

#[tokio::test]
async fn what_a_host_moves_into_another_inbox_does_not_open_there() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    member.write(&inbox, &member.message(&inbox, "1"));
    member.invite(&member.invitation("2"));
    member.stage.set(|behaviour| behaviour.mail.mixes = true);
    let round = member.fetch().await;
    assert_eq!(round.new.len(), 2);
    let refused: Vec<&str> = round.refused.iter().map(|one| one.code.as_str()).collect();
    assert!(refused.contains(&"unreadable"), "{refused:?}");
    assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 2);
}
