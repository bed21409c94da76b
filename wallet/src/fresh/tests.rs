//! What is looked after, when, and when not.

use environment::SeededRandomness;

use super::*;

const NOW: i64 = 1_795_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn promised() -> Care {
    Care::Promised("one".to_owned())
}

fn due(care: Care, at: i64) -> Due {
    Due { care, at }
}

const OWN: Attendance = Attendance { unlocked: true, hosted: false, seen_at: None, signs: true };
const HOSTED: Attendance = Attendance { unlocked: true, hosted: true, seen_at: Some(NOW), signs: true };

/// A keeper that has drawn a moment for each of these, and how.
fn keeper(agenda: &[Due]) -> (Keeper, SeededRandomness) {
    let randomness = SeededRandomness::new(11);
    let mut keeper = Keeper::default();
    keeper.note(agenda, at(NOW), &randomness);
    (keeper, randomness)
}

#[test]
fn what_is_due_is_done_after_a_while_within_bounds_that_differs_from_wallet_to_wallet() {
    for care in [promised(), Care::Statuses("list".to_owned()), Care::Number] {
        let (shortest, longest) = care.pace().spread;
        let mut moments = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut keeper = Keeper::default();
            keeper.note(&[due(care.clone(), 0)], at(NOW), &SeededRandomness::new(seed));
            moments.insert(keeper.planned(&care).unwrap() - NOW);
        }
        assert!(moments.first() >= Some(&shortest) && moments.last() <= Some(&longest), "{care:?}");
        assert!(moments.len() > 10, "{care:?}: {moments:?}");
    }
}

#[test]
fn nothing_is_done_before_it_is_due_nor_before_the_moment_that_was_drawn() {
    let (keeper, _) = keeper(&[due(promised(), NOW + 3_600)]);
    let planned = keeper.planned(&promised()).unwrap();
    assert!((NOW + 3_602..=NOW + 3_620).contains(&planned), "{planned}");
    assert_eq!(keeper.next(&OWN, at(planned - 1)), Next::Wait(planned));
    assert_eq!(keeper.next(&OWN, at(planned)), Next::Do(promised()));
}

#[test]
fn a_locked_wallet_is_left_alone_whatever_is_due() {
    let (keeper, _) = keeper(&[due(promised(), 0)]);
    for locked in [OWN, HOSTED].map(|there| Attendance { unlocked: false, ..there }) {
        assert_eq!(keeper.next(&locked, at(NOW + 60)), Next::Nothing);
    }
    assert_eq!(keeper.next(&OWN, at(NOW + 60)), Next::Do(promised()));
}

#[test]
fn at_a_host_something_is_done_only_while_a_page_is_open() {
    let (keeper, _) = keeper(&[due(promised(), 0)]);
    let never = Attendance { seen_at: None, ..HOSTED };
    assert_eq!(keeper.next(&never, at(NOW + 60)), Next::Nothing);
    assert_eq!(keeper.next(&HOSTED, at(NOW + LOOKED_AT)), Next::Do(promised()));
    assert_eq!(keeper.next(&HOSTED, at(NOW + LOOKED_AT + 1)), Next::Nothing);
    let ahead = Attendance { seen_at: Some(NOW + 61), ..HOSTED };
    assert_eq!(keeper.next(&ahead, at(NOW + 60)), Next::Nothing, "its clock was put back");
    // On a machine of one's own it is the session that counts.
    assert_eq!(keeper.next(&OWN, at(NOW + 86_400)), Next::Do(promised()));
}

#[test]
fn where_nobody_signs_for_the_member_only_lists_are_fetched() {
    let list = Care::Statuses("list".to_owned());
    let (keeper, _) = keeper(&[due(promised(), 0), due(list.clone(), 0)]);
    let nobody = Attendance { signs: false, ..OWN };
    assert_eq!(keeper.next(&nobody, at(NOW + 200)), Next::Do(list.clone()));
    let (keeper, _) = self::keeper(&[due(promised(), 0)]);
    assert_eq!(keeper.next(&nobody, at(NOW + 200)), Next::Nothing);
    assert_eq!(keeper.next(&OWN, at(NOW + 200)), Next::Do(promised()));
}

#[test]
fn what_does_not_help_is_tried_ever_more_rarely_and_no_more_rarely_than_that() {
    let agenda = [due(promised(), NOW)];
    let (mut keeper, randomness) = keeper(&agenda);
    let mut now = keeper.planned(&promised()).unwrap();
    for tries in 1..=20 {
        keeper.begun(&promised(), at(now), &randomness);
        keeper.note(&agenda, at(now), &randomness);
        let wait = promised().pace().back_off(tries);
        let planned = keeper.planned(&promised()).unwrap();
        assert!((now + wait..=now + wait + wait / 2).contains(&planned), "{tries}");
        assert_eq!(keeper.next(&OWN, at(planned - 1)), Next::Wait(planned));
        now = planned;
    }
    let waits = [1, 2, 3, 9, 10, u32::MAX].map(|tries| promised().pace().back_off(tries));
    assert_eq!(waits, [60, 120, 240, 15_360, 21_600, 21_600]);
}

#[test]
fn what_helped_is_forgotten_and_what_is_due_anew_begins_anew() {
    let (mut keeper, randomness) = keeper(&[due(promised(), NOW)]);
    let planned = keeper.planned(&promised()).unwrap();
    keeper.begun(&promised(), at(planned), &randomness);
    // The issuer has said another time: it answered.
    keeper.note(&[due(promised(), planned + 5)], at(planned), &randomness);
    let again = keeper.planned(&promised()).unwrap();
    assert!((planned + 7..=planned + 25).contains(&again), "{again}");
    keeper.note(&[], at(again), &randomness);
    assert_eq!((keeper.planned(&promised()), keeper.next(&OWN, at(i64::MAX))), (None, Next::Nothing));
}

#[test]
fn looking_again_does_not_draw_again() {
    let agenda = [due(Care::Statuses("a".to_owned()), 0), due(Care::Statuses("b".to_owned()), 0)];
    let (mut keeper, randomness) = keeper(&agenda);
    let drawn: Vec<_> = agenda.iter().map(|one| keeper.planned(&one.care)).collect();
    assert_ne!(drawn[0], drawn[1], "each waits for itself");
    for later in [1, 5, 9] {
        keeper.note(&agenda, at(NOW + later), &randomness);
        assert_eq!(agenda.iter().map(|one| keeper.planned(&one.care)).collect::<Vec<_>>(), drawn);
    }
}

#[test]
fn of_several_the_one_whose_moment_came_first_is_done_and_one_at_a_time() {
    let agenda = [due(Care::Answers, 0), due(promised(), NOW + 100), due(Care::Number, NOW + 10_000)];
    let (mut keeper, randomness) = keeper(&agenda);
    let late = at(NOW + 1_000);
    assert_eq!(keeper.next(&OWN, late), Next::Do(Care::Answers));
    keeper.begun(&Care::Answers, late, &randomness);
    assert_eq!(keeper.next(&OWN, late), Next::Do(promised()));
    keeper.begun(&promised(), late, &randomness);
    assert!(matches!(keeper.next(&OWN, late), Next::Wait(at) if at > NOW + 1_000));
}
