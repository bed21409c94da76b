//! A space that asks one of its members as somebody new.

use super::*;

/// Whether the question that the space's request amounts to says that the member would join again.
async fn joins_again(stage: &Stage) -> bool {
    struct Reading(std::sync::Mutex<Option<bool>>);
    impl Consent for Reading {
        fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
            *self.0.lock().unwrap() = Some(question.joins_again);
            Box::pin(std::future::ready(Choice::LeaveOpen))
        }
    }
    let reading = Reading(std::sync::Mutex::new(None));
    assert!(stage.wallet.present(&stage.link(), &PresentOptions::default(), &reading).await.is_err());
    reading.0.into_inner().unwrap().unwrap()
}

#[tokio::test]
async fn a_member_whom_a_space_asks_as_somebody_new_is_told_so() {
    let stage = member(6).await;
    assert!(joins_again(&stage).await);
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    assert!(!joins_again(&stage).await, "the membership has ended");
    let stranger = Stage::new().await;
    assert!(!joins_again(&stranger).await);
}

/// A query `id` for a credential of one of these types.
fn asking_for(id: &str, vcts: &[&str], claims: &Value) -> Value {
    json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": vcts}, "claims": claims})
}

/// A query for a membership.
fn asking_for_membership(claims: &Value) -> Value {
    asking_for("membership", &[types::MEMBERSHIP], claims)
}

#[tokio::test]
async fn a_member_is_told_so_unless_nobody_could_answer_without_the_membership_of_that_very_space() {
    const ROOK: &str = "did:web:rook.localhost";
    let stage = member(6).await;
    let of = |values: &[&str]| json!([{"path": ["space"], "values": values}]);
    let own = asking_for_membership(&of(&[KILN]));
    let with_since =
        asking_for_membership(&json!([{"path": ["since"]}, {"path": ["space"], "values": [KILN]}]));
    let email = asking_for("own", &[types::OWN], &json!([{"path": ["email"]}]));
    let alone = |asked: &Value| json!({"credentials": [asked]});
    let beside = |sets: Value| json!({"credentials": [own, email], "credential_sets": sets});
    let needed = json!({"options": [["membership"]]});
    let left_out =
        json!([{"path": ["space"], "values": [KILN], "id": "space"}, {"path": ["since"], "id": "since"}]);
    let mut in_claim_sets = asking_for_membership(&left_out);
    in_claim_sets["claim_sets"] = json!([["since"], ["space"]]);
    let cases = [
        // As refills, the member API, Here I am and requests for new values ask.
        ("its own", alone(&own), false),
        ("its own, and something of it", alone(&with_since), false),
        ("its own, needed beside others", beside(json!([{"options": [["own"]]}, needed])), false),
        ("its own, without sets", json!({"credentials": [own, email]}), false),
        // As a form asks that wants some membership.
        ("of any space, since when", alone(&asking_for_membership(&json!([{"path": ["since"]}]))), true),
        ("of any space, which", alone(&asking_for_membership(&json!([{"path": ["space"]}]))), true),
        ("of another space", alone(&asking_for_membership(&of(&[ROOK]))), true),
        ("of another space as well", alone(&asking_for_membership(&of(&[KILN, ROOK]))), true),
        (
            "a second query for the claim, which counts for nothing",
            alone(&asking_for_membership(
                &json!([{"path": ["space"]}, {"path": ["space"], "values": [KILN]}]),
            )),
            true,
        ),
        ("or something else", alone(&asking_for("m", &[types::MEMBERSHIP, types::OWN], &of(&[KILN]))), true),
        ("a set of claims without it", alone(&in_claim_sets), true),
        (
            "as one may wish",
            beside(json!([{"options": [["own"]]}, {"options": [["membership"]], "required": false}])),
            true,
        ),
        ("or another way", beside(json!([{"options": [["membership"], ["own"]]}])), true),
        ("in no set", beside(json!([{"options": [["own"]]}])), true),
    ];
    for (case, query, expected) in cases {
        stage.set(|behaviour| behaviour.query = Some(query));
        assert_eq!(joins_again(&stage).await, expected, "{case}");
    }
}
