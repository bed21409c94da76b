//! The rounds of a space's worker: what fails is tried again later, and nothing is done that nobody asked for.

use issuance::{COMPLETE, StatusEntry};
use jose::Signer;
use presentation::Way;
use store::{Change, Fault, Job, Tx};

use super::ending::issued;
use super::stage::Stage;
use super::vouched;
use crate::keeping::END_KEEPING;
use crate::members::STATEMENT;

struct Enqueue(Job);

impl Change for Enqueue {
    const NAME: &'static str = "enqueue";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let _ = tx.enqueue(self.0.clone()).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_later_and_keeps_no_other_from_being_done() {
    let stage = Stage::new();
    // No job of this kind has a number as its payload.
    let bad = Job::new(END_KEEPING, "a-bad-one", &7).unwrap();
    stage.tenant.carry_out(&Enqueue(bad)).await.unwrap();
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    stage.clock.advance(90 * 86_400);
    assert!(stage.space.work().await.unwrap() > 1);
    assert!(stage.space.sign_up_for(&asked.id).await.unwrap().is_none(), "the other was done");
    while stage.space.work().await.unwrap() > 0 {}
    assert_eq!(stage.tenant.jobs().waiting(END_KEEPING, 10).await.unwrap(), 1, "it is not given up");
    stage.clock.advance(86_400);
    assert_eq!(stage.space.work().await.unwrap(), 1);
}

struct Stated<'a>(&'a str);

impl Change for Stated<'_> {
    const NAME: &'static str = "stated";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let (list, subject) = ("1".to_owned(), self.0.to_owned());
        let (configuration, until) = (STATEMENT.to_owned(), tx.now().plus(86_400).seconds());
        Ok(tx.put(&StatusEntry { list, index: 7, subject, configuration, until }).await?)
    }
}

#[tokio::test]
async fn a_membership_that_was_fetched_alone_leaves_the_statement_and_one_with_it_forgets_it() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    let fetched = async |flow: &str| {
        let job = Job::new(COMPLETE, format!("{COMPLETE}-{flow}"), &sub).unwrap();
        stage.tenant.carry_out(&Enqueue(job)).await.unwrap();
        assert_eq!(stage.space.work().await.unwrap(), 1);
        stage.space.members(10).await.unwrap()[0].statement.is_some()
    };
    issued(&stage, &sub, 0, 1).await;
    assert!(fetched("refill").await);
    stage.tenant.carry_out(&Stated(&sub)).await.unwrap();
    assert!(!fetched("both").await);
}
