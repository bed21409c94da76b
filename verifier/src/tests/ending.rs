//! The end of a membership: every copy is revoked, and none follows.

use issuance::{FlowRecord, MintError, Minting, RevokedEntry, Shown, StatusEntry};
use store::{Change, Fault, Range, Reader, Record, StoreFault, Tx, View};

use super::stage::{DID, Stage};
use super::vouched;
use crate::members::{ERASE_STATEMENT, MEMBERSHIP, REVOKE, STATEMENT, SpaceMinting, statement_key};

/// Copies that a member holds somehow.
struct Issued<'a> {
    sub: &'a str,
    from: u64,
    copies: u64,
    until: i64,
}

impl Change for Issued<'_> {
    const NAME: &'static str = "issued";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for index in self.from..self.from + self.copies {
            let (list, subject) = ("1".to_owned(), self.sub.to_owned());
            let configuration = MEMBERSHIP.to_owned();
            tx.put(&StatusEntry { list, index, subject, configuration, until: self.until }).await?;
        }
        Ok(())
    }
}

pub(super) async fn issued(stage: &Stage, sub: &str, from: u64, copies: u64) {
    let until = stage.now().plus(14 * 86_400).seconds();
    for from in (from..from + copies).step_by(170) {
        let copies = copies.min(170);
        stage.tenant.carry_out(&Issued { sub, from, copies, until }).await.unwrap();
    }
}

pub(super) async fn all<R: Record>(stage: &Stage) -> Vec<R> {
    stage.tenant.list::<R>(Range::all(), 1_000).await.unwrap().items
}

/// Takes revocations back, as if the process had ended before it came to them.
struct Undo(Vec<RevokedEntry>);

impl Change for Undo {
    const NAME: &'static str = "undo";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for entry in &self.0 {
            tx.delete::<RevokedEntry>(store::Key::from(&entry.list).then(entry.index)).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn every_copy_is_revoked_however_many_there_are() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    let (other, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(&stage, &sub, 0, 340).await;
    issued(&stage, &other, 1_000, 10).await;
    assert_eq!(stage.space.end_membership(&sub).await.unwrap(), 340);
    let revoked = all::<RevokedEntry>(&stage).await;
    assert_eq!(revoked.len(), 340);
    assert!(revoked.iter().all(|entry| entry.index < 1_000));
    assert_eq!(stage.space.end_membership(&sub).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn an_end_that_broke_off_is_brought_to_its_end_by_the_worker() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(&stage, &sub, 0, 340).await;
    stage.space.end_membership(&sub).await.unwrap();
    assert_eq!(stage.tenant.jobs().waiting(REVOKE, 10).await.unwrap(), 1);
    assert_eq!(stage.space.work().await.unwrap(), 1, "the key of the statement, which goes at once");
    let rest = all::<RevokedEntry>(&stage).await.split_off(300);
    assert_eq!(rest.len(), 40);
    stage.tenant.carry_out(&Undo(rest)).await.unwrap();
    stage.clock.advance(59);
    assert_eq!(stage.space.work().await.unwrap(), 0);
    stage.clock.advance(1);
    assert_eq!(stage.space.work().await.unwrap(), 1);
    assert_eq!(all::<RevokedEntry>(&stage).await.len(), 340);
}

#[tokio::test]
async fn a_membership_of_few_copies_leaves_no_job() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(&stage, &sub, 0, 10).await;
    assert_eq!(stage.space.end_membership(&sub).await.unwrap(), 10);
    assert_eq!(stage.tenant.jobs().waiting(REVOKE, 10).await.unwrap(), 0);
}

#[tokio::test]
async fn the_key_of_a_statement_goes_though_nobody_comes_to_what_follows_the_end() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(&stage, &sub, 0, 10).await;
    let has_key = || stage.space.keyring.holds(&statement_key(DID, &sub)).unwrap();
    stage.tenant.carry_out(&stage.space.ending(&sub)).await.unwrap();
    assert!(has_key());
    assert_eq!(stage.space.work().await.unwrap(), 1);
    assert!(!has_key());
    assert_eq!(stage.tenant.jobs().waiting(ERASE_STATEMENT, 10).await.unwrap(), 0);
}

#[tokio::test]
async fn the_end_of_a_membership_asks_for_no_key_where_no_statement_waits() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    stage.space.statement_issued(&sub).await.unwrap();
    stage.space.end_membership(&sub).await.unwrap();
    assert_eq!(stage.tenant.jobs().waiting(ERASE_STATEMENT, 10).await.unwrap(), 0);
}

/// Asks the minting, in a transaction of its own.
struct Entitled<'a>(&'a SpaceMinting, &'a str, &'a str);

impl View for Entitled<'_> {
    const NAME: &'static str = "entitled";
    type Output = bool;

    async fn read(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        self.0.is_entitled(reader, self.1, self.2).await
    }
}

#[tokio::test]
async fn what_is_minted_is_what_may_be_handed_out() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    let entitled = async |sub: &str, configuration: &str| {
        let view = Entitled(&stage.minting, sub, configuration);
        let entitled = stage.tenant.read(&view).await.unwrap();
        let minted = stage.minting.mint(sub, configuration).await;
        assert!(matches!((&minted, entitled), (Ok(_), true) | (Err(MintError::Gone), false)), "{minted:?}");
        entitled
    };
    assert!(entitled(&sub, MEMBERSHIP).await && entitled(&sub, STATEMENT).await);
    assert!(!entitled("nobody", MEMBERSHIP).await);
    stage.space.statement_issued(&sub).await.unwrap();
    assert!(entitled(&sub, MEMBERSHIP).await && !entitled(&sub, STATEMENT).await);
    stage.space.end_membership(&sub).await.unwrap();
    assert!(!entitled(&sub, MEMBERSHIP).await && !entitled(&sub, STATEMENT).await);
}

#[tokio::test]
async fn of_a_membership_one_offer_is_open_for_the_wallet_and_one_on_the_page() {
    let stage = Stage::new();
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    let before = all::<FlowRecord>(&stage).await.len();
    for _ in 0..34 {
        for shown in [Shown::ToWallet, Shown::OnPage] {
            assert!(stage.space.membership_offer(&sub, shown).await.unwrap().is_some());
        }
    }
    assert_eq!(all::<FlowRecord>(&stage).await.len(), before + 2);
    issued(&stage, &sub, 0, 1).await;
    for shown in [Shown::ToWallet, Shown::OnPage] {
        assert!(stage.space.membership_offer(&sub, shown).await.unwrap().is_none(), "fetched");
    }
}
