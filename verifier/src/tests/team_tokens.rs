//! A token of the team is its own and can be taken back.

use crate::SpaceError;
use crate::team_tokens::TokenError;
use crate::tests::stage::Stage;

#[tokio::test]
async fn a_token_of_the_team_is_shown_once_and_opens_nothing_after_it_was_revoked() {
    let stage = Stage::new();
    let space = &stage.space;
    let token = space.make_team_token("desk 1").await.unwrap();
    assert_eq!(stage.traces_of(&[token.expose()]), 0, "it stands as its hash");
    assert!(space.is_of_the_team(&token).await.unwrap());
    assert!(matches!(space.make_team_token("desk 1").await, Err(TokenError::Taken)));
    for name in ["", "  ", "a\n", "ä", &"a".repeat(65)] {
        assert!(matches!(space.make_team_token(name).await, Err(TokenError::BadName)), "{name:?}");
    }
    let other = space.make_team_token("desk-2").await.unwrap();
    let names: Vec<String> = space.team_tokens(10).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["desk 1", "desk-2"]);
    space.revoke_team_token("desk 1").await.unwrap();
    assert!(matches!(space.revoke_team_token("desk 1").await, Err(SpaceError::NoSuch("token"))));
    assert!(!space.is_of_the_team(&token).await.unwrap());
    assert!(space.is_of_the_team(&other).await.unwrap());
    // The same name again is another token.
    let again = space.make_team_token("desk 1").await.unwrap();
    assert!(again != token && !space.is_of_the_team(&token).await.unwrap());
}
