//! Pages: order, bounds and cursors.

use serde::{Deserialize, Serialize};
use store::{Cursor, FieldClass, Index, IndexEntry, Key, Range, Record};

use super::records::Put;
use crate::place::{Place, on_each_engine};

on_each_engine!(
    pages_follow_one_another_without_gap_or_repetition,
    ranges_keep_to_their_bounds,
    numbers_below_zero_come_first,
    expired_records_do_not_shorten_a_page,
);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Visit {
    day: i64,
    member: String,
    until: Option<i64>,
}

impl Record for Visit {
    const CLASS: &'static str = "visit";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("day", FieldClass::Operational),
        ("member", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &["member"];

    fn key(&self) -> Key {
        Key::from((self.day, &self.member))
    }

    fn expiry(&self) -> Option<environment::Timestamp> {
        self.until.map(environment::Timestamp::from_seconds)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByMember::entry((&self.member, self.day))]
    }
}

struct ByMember;

impl Index for ByMember {
    type Record = Visit;
    const NAME: &'static str = "member";
}

fn visit(day: i64, member: &str) -> Visit {
    Visit { day, member: member.to_owned(), until: None }
}

async fn fill(place: &Place) {
    for day in -3..120 {
        let visits = ["ada", "ad", "ben"].map(|member| visit(day, member));
        place.harbour().commit(&Put(visits.to_vec())).await.unwrap();
    }
}

async fn pages_follow_one_another_without_gap_or_repetition(place: Place) {
    fill(&place).await;
    let harbour = place.harbour();
    for range in [Range::all(), Range::all().descending()] {
        let mut days = Vec::new();
        let mut next = range.clone();
        loop {
            let page = harbour.list::<Visit>(next, 50).await.unwrap();
            days.extend(page.items.iter().map(|visit| (visit.day, visit.member.clone())));
            let Some(cursor) = page.next else { break };
            assert_eq!(page.items.len(), 50);
            // A cursor survives its way through a link.
            next = range.clone().after(&Cursor::from_text(&cursor.to_text()).unwrap());
        }
        assert_eq!(days.len(), 369);
        let mut sorted = days.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 369);
        days.sort();
        assert_eq!(days, sorted);
    }
    assert_eq!(Cursor::from_text("not a cursor"), None);
}

async fn ranges_keep_to_their_bounds(place: Place) {
    fill(&place).await;
    let harbour = place.harbour();
    let days = |page: store::Page<Visit>| page.items.iter().map(|visit| visit.day).collect::<Vec<_>>();
    let ad = Range::prefix("ad");
    assert_eq!(harbour.page::<ByMember>(ad.clone(), 1_000).await.unwrap().items.len(), 123);
    let some = ad.clone().starting_at(("ad", 5_i64)).before(("ad", 8_i64));
    assert_eq!(days(harbour.page::<ByMember>(some.clone(), 10).await.unwrap()), [5, 6, 7]);
    assert_eq!(days(harbour.page::<ByMember>(some.descending(), 2).await.unwrap()), [7, 6]);
    assert_eq!(days(harbour.list::<Visit>(Range::prefix((7_i64, "ben")), 10).await.unwrap()), [7]);
    assert_eq!(days(harbour.list::<Visit>(Range::prefix(7_i64), 10).await.unwrap()), [7, 7, 7]);
    let none = Range::prefix(7_i64).starting_at(9_i64);
    assert_eq!(days(harbour.list::<Visit>(none, 10).await.unwrap()), [] as [i64; 0]);
    assert_eq!(harbour.list::<Visit>(Range::all(), 0).await.unwrap().items, vec![]);
}

async fn numbers_below_zero_come_first(place: Place) {
    fill(&place).await;
    let first = place.harbour().list::<Visit>(Range::all(), 4).await.unwrap().items;
    assert_eq!(first.iter().map(|visit| visit.day).collect::<Vec<_>>(), [-3, -3, -3, -2]);
}

async fn expired_records_do_not_shorten_a_page(place: Place) {
    for day in 0..40 {
        let until = (day % 4 != 0).then(|| engines::noon().seconds());
        place.harbour().commit(&Put(vec![Visit { day, member: "ada".to_owned(), until }])).await.unwrap();
    }
    let page = place.harbour().list::<Visit>(Range::all(), 6).await.unwrap();
    assert_eq!(page.items.iter().map(|visit| visit.day).collect::<Vec<_>>(), [0, 4, 8, 12, 16, 20]);
    let rest = place.harbour().list::<Visit>(Range::all().after(&page.next.unwrap()), 6).await.unwrap();
    assert_eq!(rest.items.iter().map(|visit| visit.day).collect::<Vec<_>>(), [24, 28, 32, 36]);
    assert_eq!(rest.next, None);
    assert_eq!(place.harbour().page::<ByMember>(Range::prefix("ada"), 20).await.unwrap().items.len(), 10);
}
