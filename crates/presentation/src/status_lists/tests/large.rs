//! Lists that are small on the way and large in memory.

use credentials::status_list::LARGEST_LIST;

use super::super::known::{MOST_BYTES_OF_A_FOREIGNER, MOST_BYTES_OF_FOREIGNERS};
use super::slow::{Scene, at, scene};
use super::*;

/// How many lists as large as can be one foreign issuer has kept.
const OF_ONE: usize = MOST_BYTES_OF_A_FOREIGNER / LARGEST_LIST;

impl Scene {
    /// Looks at a list a second after what was looked at before.
    async fn point(&self, uri: &str, issued_as: IssuedAs) {
        self.hosts.clock.advance(1);
        assert!(self.look(uri, issued_as).await.unwrap(), "{uri}");
    }

    /// Points to as many of the largest lists of the issuer `key` as are kept of one, and to one more.
    async fn point_to_more_than_one_may_have(&self, key: usize) {
        for number in 0..=OF_ONE {
            self.point(&at(key, "large", number), IssuedAs::Foreign).await;
        }
    }

    /// Bytes of the lists that are kept, of members and foreigners.
    fn bytes(&self, issued_as: IssuedAs) -> usize {
        let known = self.lists.shared.known.read().unwrap();
        let lists = known.values().filter(|list| list.issued_as == issued_as);
        lists.filter_map(|list| list.token.as_ref()).map(Kept::size).sum()
    }
}

#[tokio::test]
async fn of_a_foreign_issuers_large_lists_those_used_longest_ago_are_let_go_of() {
    let scene = scene(2);
    scene.point(&at(1, "status", 0), IssuedAs::Foreign).await;
    scene.point_to_more_than_one_may_have(0).await;
    assert_eq!(scene.bytes(IssuedAs::Foreign), MOST_BYTES_OF_A_FOREIGNER + 2);
    scene.fetched();
    for number in (1..=OF_ONE).rev() {
        scene.point(&at(0, "large", number), IssuedAs::Foreign).await;
    }
    assert_eq!(scene.fetched(), Vec::<String>::new());
    let first = at(0, "large", 0);
    let soon = scene.look(&first, IssuedAs::Foreign).await;
    assert!(matches!(soon, Err(StatusListsError::NotAgainYet { is_transient: true })), "{soon:?}");
    assert_eq!(scene.fetched(), Vec::<String>::new(), "its host is not asked at each who comes");
    scene.hosts.clock.advance(300);
    scene.point(&first, IssuedAs::Foreign).await;
    assert_eq!(scene.fetched(), [first], "it was let go of, and is fetched for whoever points to it");
    scene.hosts.clock.advance(300);
    scene.point(&at(0, "large", OF_ONE), IssuedAs::Foreign).await;
    assert_eq!(scene.fetched(), [at(0, "large", OF_ONE)], "the one used longest ago made room for it");
    scene.point(&at(1, "status", 0), IssuedAs::Foreign).await;
    assert_eq!(scene.fetched(), Vec::<String>::new(), "another issuer's list is where it was");
}

#[tokio::test]
async fn what_is_let_go_of_is_known_all_the_same_and_no_longer_renewed() {
    let scene = scene(1);
    scene.point_to_more_than_one_may_have(0).await;
    assert_eq!(scene.lists.shared.known.read().unwrap().len(), OF_ONE + 1);
    scene.fetched();
    scene.hosts.clock.advance(400);
    assert_eq!(scene.lists.refresh_of(IssuedAs::Foreign, false).await, OF_ONE);
    assert!(!scene.fetched().contains(&at(0, "large", 0)));
    assert_eq!(scene.bytes(IssuedAs::Foreign), MOST_BYTES_OF_A_FOREIGNER);
}

#[tokio::test]
async fn foreign_issuers_of_many_keys_fill_no_more_memory_than_is_theirs_and_leave_members_their_lists() {
    let foreigners = MOST_BYTES_OF_FOREIGNERS / MOST_BYTES_OF_A_FOREIGNER + 1;
    let scene = scene(foreigners + 2);
    let (office, small) = (at(foreigners, "large", 1), at(foreigners + 1, "status", 1));
    scene.point(&office, IssuedAs::Member).await;
    for key in 0..foreigners {
        scene.point_to_more_than_one_may_have(key).await;
    }
    assert_eq!(scene.bytes(IssuedAs::Foreign), MOST_BYTES_OF_FOREIGNERS);
    scene.point(&small, IssuedAs::Foreign).await;
    assert_eq!(scene.bytes(IssuedAs::Foreign), MOST_BYTES_OF_FOREIGNERS - LARGEST_LIST + 2);
    assert_eq!(scene.bytes(IssuedAs::Member), LARGEST_LIST);
    scene.fetched();
    scene.point(&office, IssuedAs::Member).await;
    scene.point(&small, IssuedAs::Foreign).await;
    assert_eq!(scene.fetched(), Vec::<String>::new(), "both are kept");
}
