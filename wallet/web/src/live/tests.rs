use super::*;

#[test]
fn a_desk_looks_soon_then_ever_more_seldom_until_something_came() {
    let within = |pause: Duration, seconds: u64| {
        let (least, most) = (seconds * 750, seconds * 1_250);
        let milliseconds = u64::try_from(pause.as_millis()).unwrap();
        assert!((least..=most).contains(&milliseconds), "{pause:?} for {seconds}");
    };
    for jitter in [[0; 32], [255; 32], [100; 32]] {
        let mut pauses = Pauses::new(jitter);
        for seconds in [4, 30, 45, 67, 100, 150, 225, 300, 300] {
            within(pauses.next(), seconds);
        }
        pauses.begin_again();
        within(pauses.next(), 30);
    }
    assert_ne!(Pauses::new([0; 32]).next(), Pauses::new([255; 32]).next());
}

#[tokio::test]
async fn one_at_a_time_looks_for_a_desk_and_nobody_once_its_pages_are_closed() {
    let watching = Watching::default();
    let session = SessionSecret::fresh(&environment::SeededRandomness::new(7));
    let (place, _lost) = watching.take(&session);
    assert!(watching.begins_to_look() && !watching.begins_to_look());
    assert!(!watching.is_over(), "a page is open");
    drop(place);
    assert_eq!(watching.pages(), 0);
    assert!(watching.is_over());
    let (_place, _lost) = watching.take(&session);
    assert!(watching.begins_to_look(), "whoever comes back is looked for again");
    watching.looks_no_more();
    assert!(watching.begins_to_look());
}
