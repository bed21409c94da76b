//! Who is in the directory, as sign-ups and memberships come and go.

use jose::Signer;
use network::claims::Audience;
use network::decision::Outcome;
use presentation::Way;
use serde_json::json;
use store::{Change, Fault, Range, Tx};

use super::ending::all;
use super::stage::{REQUEST, Stage};
use crate::community::listing::Listing;
use crate::community::people::PAGE;
use crate::community::reach::{Reach, Viewer};
use crate::records::{Contact, SignUp};

/// Somebody answers the form and shows the name to `audience`.
async fn answered(stage: &Stage, form: &str, audience: &str) -> SignUp {
    let asked = stage.space.ask(form).await.unwrap();
    let terms = json!({"request": REQUEST, "audiences": {"given_name": audience}});
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, Some(terms));
    stage.give(&answer).await.unwrap();
    stage.space.sign_up_for(&asked.id).await.unwrap().unwrap()
}

async fn listed(stage: &Stage, viewer: Viewer) -> usize {
    stage.space.directory(viewer, None).await.unwrap().map_or(0, |page| page.people.len())
}

#[tokio::test]
async fn whoever_is_not_approved_is_not_there_and_whoever_is_declined_leaves_nothing() {
    let stage = Stage::new();
    let waiting = answered(&stage, "ask-the-team", "members-here").await;
    let refused = answered(&stage, "ask-the-team", "public").await;
    assert_eq!(listed(&stage, Viewer::MemberHere).await, 0, "nobody has decided");
    assert!(
        stage.space.search_directory(Viewer::MemberHere, "canary").await.unwrap().unwrap().people.is_empty()
    );
    stage.space.decide(&refused.id, Outcome::Declined, None).await.unwrap();
    assert_eq!(all::<Listing>(&stage).await.len(), 1, "the listing of who was declined is gone");
    stage.space.decide(&waiting.id, Outcome::Approved, None).await.unwrap();
    let page = stage.space.directory(Viewer::MemberHere, None).await.unwrap().unwrap();
    assert_eq!(page.people[0].name().as_deref(), Some("Canaryada"));
    assert_eq!(page.people[0].details.len(), 1, "the address was not shown to anybody");
    assert_eq!(page.people[0].id, all::<Listing>(&stage).await[0].id);
    assert_eq!(listed(&stage, Viewer::MemberOfBrand).await, 0);
}

#[tokio::test]
async fn pages_are_full_of_whom_the_viewer_may_see_and_tell_of_no_other() {
    let stage = Stage::new();
    stage.space.set_directory_reach("Ines", Reach::Public).await.unwrap();
    for number in 0..PAGE + 3 {
        answered(&stage, "sign-up", "public").await;
        if number % 2 == 0 {
            answered(&stage, "sign-up", "members-here").await;
            answered(&stage, "sign-up", "team").await;
        }
    }
    let first = stage.space.directory(Viewer::Anybody, None).await.unwrap().unwrap();
    assert_eq!(first.people.len(), PAGE);
    let next = first.next.unwrap();
    let second = stage.space.directory(Viewer::Anybody, Some(&next)).await.unwrap().unwrap();
    assert_eq!((second.people.len(), second.next), (3, None));
    assert_eq!(second.people[0].id, next, "the next page begins with somebody who may be seen");
    assert!(first.people.iter().all(|one| second.people.iter().all(|other| one.id != other.id)));
    let publishing = stage.space.published_counts().await.unwrap();
    assert_eq!(publishing.people, PAGE + 3 + PAGE / 2 + 2);
    assert_eq!(publishing.details["given_name"][&Audience::Public], PAGE + 3);
    assert_eq!(publishing.details.keys().collect::<Vec<_>>(), ["given_name"]);
}

#[tokio::test]
async fn exactly_a_page_of_people_has_no_next_one() {
    let stage = Stage::new();
    for _ in 0..PAGE {
        answered(&stage, "sign-up", "members-here").await;
    }
    let page = stage.space.directory(Viewer::MemberHere, None).await.unwrap().unwrap();
    assert_eq!((page.people.len(), page.next), (PAGE, None));
}

/// Takes listings away, as in a store of before there were any.
struct Unlist(Vec<Listing>);

impl Change for Unlist {
    const NAME: &'static str = "unlist";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for listing in &self.0 {
            tx.delete::<Listing>(&listing.id).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn whoever_published_before_there_was_a_directory_is_listed_at_the_start_once() {
    let stage = Stage::new();
    for audience in ["members-here", "team", "public"] {
        answered(&stage, "sign-up", audience).await;
    }
    stage.tenant.carry_out(&Unlist(all::<Listing>(&stage).await)).await.unwrap();
    assert_eq!(listed(&stage, Viewer::MemberHere).await, 0);
    assert_eq!(stage.space.list_publishers().await.unwrap(), 2);
    assert_eq!(listed(&stage, Viewer::MemberHere).await, 2);
    assert_eq!(stage.space.list_publishers().await.unwrap(), 0, "once");
}

#[tokio::test]
async fn a_listing_says_nothing_of_whom_it_is() {
    let stage = Stage::new();
    let sign_up = answered(&stage, "sign-up", "public").await;
    let listing = all::<Listing>(&stage).await.remove(0);
    assert_eq!((listing.contact.as_str(), listing.id.len()), (sign_up.id.as_str(), 22));
    assert!(!listing.id.contains(&sign_up.id) && listing.id != sign_up.member.unwrap());
    assert_eq!(stage.space.person(Viewer::MemberHere, &sign_up.id).await.unwrap(), None);
}

/// Prints what the directory of 10,000 costs; for docs/space.md, run by hand.
#[tokio::test]
#[ignore = "takes a minute"]
async fn ten_thousand_people_are_searched() {
    let stage = Stage::new();
    for _ in 0..10_000 {
        answered(&stage, "sign-up", "members-here").await;
    }
    assert_eq!(stage.tenant.list::<Contact>(Range::all(), 1).await.unwrap().items.len(), 1);
    for (what, term) in
        [("a page", None), ("a search that finds nobody", Some("nobody")), ("a search", Some("canary"))]
    {
        let begun = std::time::Instant::now();
        let found = match term {
            None => stage.space.directory(Viewer::MemberHere, None).await.unwrap().unwrap(),
            Some(term) => stage.space.search_directory(Viewer::MemberHere, term).await.unwrap().unwrap(),
        };
        println!("{what}: {} people, {} ms", found.people.len(), begun.elapsed().as_millis());
    }
}
