//! A statement is left by the member who holds the number, just now, and by nobody who was handed it.

use issuer::binding::NumberStatement;
use issuer::records::PassportStanding;
use network::number_binding::{BindingToken, HolderStatement, LONGEST_STATEMENT, PATH, Stating};
use store::Range;

use super::super::scene::{A_DAY, OFFICE_DID};
use super::super::*;
use super::stage::{Said, Stage, jws, unknown};
use super::{mistyped, set, told};

async fn kept(stage: &Stage) -> Vec<NumberStatement> {
    stage.world.scene.tenant().list::<NumberStatement>(Range::all(), 10).await.unwrap().items
}

/// The answer to whoever states nothing that counts.
async fn not_bound(stage: &Stage) -> Said {
    let refused = stage.send(jws("PUT", PATH, "x")).await;
    assert_eq!(refused.code(), (403, "not_bound".to_owned()));
    refused
}

#[tokio::test]
async fn a_statement_is_taken_of_the_holder_of_a_number_that_counts_and_of_nobody_else() {
    let stage = Stage::new().await;
    let number = stage.number().await;
    let now = stage.now();
    let statement = HolderStatement::new(&stage.did, &number, now);
    let other = |number: &str| stage.stating(&stage.statement(number));
    let long = HolderStatement { expires_at: now.plus(LONGEST_STATEMENT + 1).seconds(), ..statement.clone() };
    let ended = HolderStatement { issued_at: 1, expires_at: 2, ..statement.clone() };
    let good = statement.sign(&stage.sign).unwrap();
    let randomness = stage.world.scene.environment.randomness();
    let wish = Stating::new(&stage.did, OFFICE_DID, good.clone(), now, randomness);
    let elsewhere = Stating { office: stage.kiln.did.clone(), ..wish.clone() };
    let old = Stating { issued_at: now.seconds() - 361, ..wish.clone() };
    let eve = Stating { did: "did:web:eve.example".to_owned(), ..wish.clone() };
    let foreign = HolderStatement::new("did:web:eve.example", &number, now).sign(&stage.sign).unwrap();
    let refused = not_bound(&stage).await;
    for (case, message) in [
        ("an unknown number", other(&unknown("HRB1", 1))),
        ("a number of another office", other(&unknown("HRB2", 1))),
        ("a mistyped number", other(&mistyped(&number))),
        ("another DID's number", eve.sign(&stage.stranger.request.1).unwrap()),
        ("another DID's statement", stage.stating(&foreign)),
        ("a wish by another key", wish.sign(&stage.world.scene.key()).unwrap()),
        ("a wish by the office", wish.sign(&stage.world.scene.party.issuing.1).unwrap()),
        ("a wish for another office", elsewhere.sign(&stage.sign).unwrap()),
        ("a wish of six minutes ago", old.sign(&stage.sign).unwrap()),
        ("a statement by another key", stage.stating(&statement.sign(&stage.world.scene.key()).unwrap())),
        ("for more than ninety days", stage.stating(&long.sign(&stage.sign).unwrap())),
        ("that has ended", stage.stating(&ended.sign(&stage.sign).unwrap())),
        ("a statement without a wish", good.clone()),
        ("another wish in its place", stage.wish(&number)),
        ("another wish inside", stage.stating(&stage.wish(&number))),
        ("nothing", String::new()),
        ("very long", "a".repeat(5_000)),
        ("endless", "a".repeat(3 << 20)),
    ] {
        assert_eq!(stage.send(jws("PUT", PATH, &message)).await, refused, "{case}");
    }
    let mut as_json = jws("PUT", PATH, &stage.stating(&good));
    as_json.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    assert_eq!(stage.send(as_json).await, refused, "another media type");
    set(&stage, &number, PassportStanding::Suspended).await;
    assert_eq!(stage.leave(&good).await, refused, "a suspended passport");
    assert_eq!(kept(&stage).await, [], "nothing was kept");
    set(&stage, &number, PassportStanding::Active).await;
    assert_eq!(stage.leave(&good).await.status, StatusCode::OK);
    assert_eq!(stage.leave(&good).await.status, StatusCode::OK, "it may come again, by a wish of now");
}

/// The token that a space is given holds the statement: sent back to the office, at once or later, it would tell whether the
/// number still counts, also to a space that the member blocks.
#[tokio::test]
async fn a_space_that_was_handed_a_statement_learns_nothing_by_sending_it_to_the_office() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let token = stage.ask(&number).await.body;
    let (office, kiln, now) = (stage.office_key(), &stage.kiln.did, stage.now());
    let holder = BindingToken::verify(&token, &office, OFFICE_DID, kiln, &number, now).unwrap().holder;
    let refused = not_bound(&stage).await;
    let before = stage.world.scene.memory.entries();
    let randomness = stage.world.scene.environment.randomness();
    let by_kiln = Stating::new(&stage.did, OFFICE_DID, holder.clone(), now, randomness);
    let own = Stating { did: kiln.clone(), ..by_kiln.clone() };
    for message in [
        holder.clone(),
        by_kiln.sign(&stage.kiln.request.1).unwrap(),
        own.sign(&stage.kiln.request.1).unwrap(),
        token.clone(),
    ] {
        assert_eq!(stage.send(jws("PUT", PATH, &message)).await, refused, "the number counts");
    }
    assert!(stage.world.scene.memory.entries() == before, "nothing was kept");
    set(&stage, &number, PassportStanding::Suspended).await;
    assert_eq!(stage.send(jws("PUT", PATH, &holder)).await, refused, "and it does not");
}

#[tokio::test]
async fn a_recorded_wish_is_taken_once_for_as_long_as_it_would_count() {
    let stage = Stage::new().await;
    let number = stage.number().await;
    let wish = stage.stating(&stage.statement(&number));
    assert_eq!(stage.send(jws("PUT", PATH, &wish)).await.status, StatusCode::OK);
    let refused = not_bound(&stage).await;
    for seconds in [0, 1, 300, 59, 1, 3_600] {
        stage.world.scene.clock.advance(seconds);
        let again = stage.send(jws("PUT", PATH, &wish)).await;
        assert_eq!(again, refused, "after {seconds} more seconds");
    }
}

#[tokio::test]
async fn an_older_statement_does_not_take_the_place_of_a_newer_one() {
    let stage = Stage::new().await;
    let number = stage.number().await;
    let older = stage.statement(&number);
    stage.world.scene.clock.advance(1);
    let newer = stage.statement(&number);
    assert_eq!(stage.leave(&newer).await.status, StatusCode::OK);
    assert_eq!(stage.leave(&older).await, not_bound(&stage).await);
    assert_eq!(kept(&stage).await[0].statement, newer);
    stage.world.scene.clock.advance(1);
    let newest = stage.statement(&number);
    assert_eq!(stage.leave(&newest).await.status, StatusCode::OK);
    assert_eq!(kept(&stage).await[0].statement, newest);
}

#[tokio::test]
async fn a_member_states_numbers_twelve_times_at_once_and_once_an_hour() {
    let stage = Stage::new().await;
    let number = stage.number().await;
    for _ in 0..11 {
        assert_eq!(stage.state(&number).await.status, StatusCode::OK);
    }
    // One that is refused counts too, once it is signed by the DID.
    assert_eq!(stage.state(&unknown("HRB1", 1)).await, not_bound(&stage).await);
    let entries = stage.world.scene.memory.entries();
    for _ in 0..3 {
        assert_eq!(stage.state(&number).await.code(), (429, "slow_down".to_owned()));
        assert_eq!(stage.state(&unknown("HRB1", 1)).await.code(), (429, "slow_down".to_owned()));
    }
    assert!(stage.world.scene.memory.entries() == entries, "and leaves nothing");
    stage.world.scene.clock.advance(3_600);
    assert_eq!(stage.state(&number).await.status, StatusCode::OK);
    assert_eq!(stage.state(&number).await.code(), (429, "slow_down".to_owned()));
    stage.world.scene.clock.advance(A_DAY);
    assert_eq!(stage.state(&number).await.status, StatusCode::OK);
}
