//! Forms that only members of the brand answer.

use jose::{Jwk, Signer};
use presentation::{Answer, Presented, SignedBy, Way};
use serde_json::{Value, json};

use super::stage::{DID, REQUEST, Stage, form};
use super::visiting::{OTHER, membership, stage};
use crate::form::{Approval, Form, FormError, Need, Only};
use crate::records::{Asked, Contact, SignUp};
use crate::space::SpaceError;

/// A day at this space, for members of the brand.
fn day() -> Form {
    let only = Only { brand: true, ..Only::default() };
    let nothing = Form { fields: Vec::new(), terms: false, ..form("brand-day", Approval::Automatic) };
    Form { membership: Some(Need::Required), only, ..nothing }
}

async fn asked(stage: &Stage) -> Asked {
    stage.space.dangerous_ask_beyond_registration(day()).await.unwrap()
}

fn answer(asked: &Asked, key: &Jwk, presented: Vec<Presented>) -> Answer {
    Answer {
        request_id: "request".to_owned(),
        subject: asked.id.clone(),
        request_hash: REQUEST.to_owned(),
        way: Way::NoScreen,
        answering_key: Some(key.clone()),
        presented,
    }
}

fn spaces(asked: &Asked) -> &Value {
    asked.compiled.query.pointer("/credentials/0/claims/1").unwrap()
}

#[tokio::test]
async fn the_question_names_the_spaces_of_the_brand_as_they_are_now() {
    let (stage, named) = stage();
    assert_eq!(spaces(&asked(&stage).await), &json!({"path": ["space"], "values": [DID, OTHER]}));
    named.0.lock().unwrap().clear();
    assert_eq!(spaces(&asked(&stage).await), &json!({"path": ["space"], "values": [DID]}));
    // What other forms ask of a membership has no word about where it is from.
    let of_anybody = Form { only: Only::default(), ..day() };
    let asked = stage.space.dangerous_ask_beyond_registration(of_anybody).await.unwrap();
    assert_eq!(asked.compiled.query["credentials"][0]["claims"], json!([{"path": ["since"]}]));
}

#[tokio::test]
async fn a_member_of_the_brand_is_let_in_and_a_member_of_this_space_is_one() {
    let (stage, _) = stage();
    for from in [OTHER, DID] {
        let asked = asked(&stage).await;
        let shown = membership(&stage, &format!("space {from}"), from, true);
        stage.give(&answer(&asked, stage.key().public_jwk(), vec![shown])).await.unwrap();
        let sign_up = stage.tenant.find::<crate::records::ByAsked>(&asked.id).await.unwrap().unwrap();
        assert!(sign_up.decided.is_some() && sign_up.member.is_some(), "{from}");
    }
}

#[tokio::test]
async fn nobody_else_is_and_nothing_is_kept_of_them() {
    let (stage, named) = stage();
    let other = format!("space {OTHER}");
    let stranger = "did:web:x.example";
    let mut holder = membership(&stage, &other, OTHER, true);
    holder.signed_by = SignedBy::Holder;
    let mut silent = membership(&stage, &other, OTHER, true);
    silent.claims.remove("space");
    for (case, presented, code) in [
        (
            "a stranger",
            vec![membership(&stage, &format!("space {stranger}"), stranger, true)],
            "untrusted_issuer",
        ),
        (
            "its word alone",
            vec![membership(&stage, &format!("space {stranger}"), OTHER, true)],
            "untrusted_issuer",
        ),
        ("an office", vec![membership(&stage, &format!("office {OTHER}"), OTHER, true)], "untrusted_issuer"),
        ("the member", vec![holder], "untrusted_issuer"),
        ("another's name", vec![membership(&stage, &other, DID, true)], "invalid_claim"),
        ("no name", vec![silent], "invalid_claim"),
        ("nothing", Vec::new(), "missing_claims"),
    ] {
        let answer = answer(&asked(&stage).await, stage.key().public_jwk(), presented);
        assert_eq!(stage.give(&answer).await.unwrap_err(), code, "{case}");
    }
    // Asked while it was of the brand, answered when it had left.
    let asked = asked(&stage).await;
    named.0.lock().unwrap().clear();
    let late = answer(&asked, stage.key().public_jwk(), vec![membership(&stage, &other, OTHER, true)]);
    assert_eq!(stage.give(&late).await.unwrap_err(), "untrusted_issuer");
    for kept in [
        stage.tenant.list::<SignUp>(store::Range::all(), 9).await.unwrap().items.len(),
        stage.tenant.list::<Contact>(store::Range::all(), 9).await.unwrap().items.len(),
    ] {
        assert_eq!(kept, 0);
    }
}

#[tokio::test]
async fn a_rule_for_the_brand_needs_the_membership() {
    for membership in [None, Some(Need::Optional)] {
        let wrong = Form { membership, ..Form { fields: form("x", Approval::Person).fields, ..day() } };
        assert_eq!(wrong.check(), Err(FormError::BrandNeedsMembership), "{membership:?}");
    }
    assert_eq!(day().check(), Ok(()));
    // The use must be registered for what is asked, as for everything.
    let (stage, _) = stage();
    let space = stage.started_with(&[day()]);
    space.take_forms_of_file().await.unwrap();
    let refused = space.ask("brand-day").await.unwrap_err();
    assert!(
        matches!(&refused, SpaceError::BeyondRegistration(claims) if claims.contains("space")),
        "{refused}"
    );
}
