//! What the team is shown: what is due to go, and people by what they gave.

use std::time::Instant;

use jose::Signer;
use ledger::CommitmentNonce;
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use presentation::Way;
use serde_json::json;
use store::{Change, Fault, Tx};

use super::stage::Stage;
use crate::contact::{ContactValues, KeptValue, key_of, seal_values};
use crate::records::{Contact, Provenance, SignUp};
use crate::searching::SearchError;
use crate::team::looks::Looker;

const DAY: i64 = 86_400;

async fn answered(stage: &Stage) -> SignUp {
    let asked = stage.space.ask("sign-up").await.unwrap();
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None);
    stage.give(&answer).await.unwrap();
    stage.space.sign_up_for(&asked.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_due_is_told_a_week_before_and_what_is_late_once_it_is_late() {
    let stage = Stage::new();
    let sign_up = answered(&stage).await;
    stage.space.end_membership(&sign_up.member.clone().unwrap()).await.unwrap();
    let deletions = stage.space.deletions().await.unwrap();
    assert!(deletions.soon.is_empty() && !deletions.is_late(), "{deletions:?}");
    // The e-mail address is kept for 30 days.
    stage.clock.advance(24 * DAY);
    let deletions = stage.space.deletions().await.unwrap();
    assert_eq!(deletions.soon.len(), 1, "{deletions:?}");
    assert_eq!(
        (deletions.soon[0].contact.as_str(), &deletions.soon[0].names[..]),
        (sign_up.id.as_str(), &["email".to_owned()][..])
    );
    assert!(!deletions.is_late());
    stage.clock.advance(6 * DAY + 299);
    assert!(!stage.space.deletions().await.unwrap().is_late(), "a few minutes are forgiven");
    stage.clock.advance(1);
    let late = stage.space.deletions().await.unwrap();
    assert!(late.is_late() && late.overdue.len() == 1 && late.overdue[0].names == ["email"], "{late:?}");
    while stage.space.work().await.unwrap() > 0 {}
    assert!(!stage.space.deletions().await.unwrap().is_late());
}

#[tokio::test]
async fn what_has_come_to_its_end_is_found_no_more_and_the_rest_still_is() {
    let stage = Stage::new();
    let sign_up = answered(&stage).await;
    for (term, claims) in [("CANARY-ada@", vec!["email"]), ("canaryada", vec!["given_name"])] {
        let result = stage.space.search(term, Looker::Terminal).await.unwrap();
        assert_eq!((result.opened, result.is_cut), (1, false));
        assert_eq!(result.found[0].claims, claims, "{term}");
        assert_eq!(result.found[0].contact, sign_up.id);
    }
    assert!(stage.space.search("nobody", Looker::Terminal).await.unwrap().found.is_empty());
    assert!(matches!(stage.space.search(" a ", Looker::Terminal).await, Err(SearchError::Term)));
    stage.space.end_membership(&sign_up.member.clone().unwrap()).await.unwrap();
    stage.clock.advance(31 * DAY);
    while stage.space.work().await.unwrap() > 0 {}
    assert!(stage.space.search("canary-ada@", Looker::Terminal).await.unwrap().found.is_empty());
    assert_eq!(stage.space.search("canaryada", Looker::Terminal).await.unwrap().found.len(), 1);
    let looks = stage.space.looks(10).await.unwrap();
    assert!(looks.iter().all(|look| look.how == "search" && look.people == 1), "{looks:?}");
}

struct Put(Contact);

impl Change for Put {
    const NAME: &'static str = "put-contact";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(&self.0).await?)
    }
}

/// Puts a contact with three details beside what the space has.
async fn contact(stage: &Stage, number: usize) {
    let id = format!("contact-{number:05}");
    let claims = [
        ("email", json!(format!("member-{number}@example.org"))),
        ("given_name", json!(format!("Member {number}"))),
        ("company", json!("Larch and Linen")),
    ];
    let values = claims.iter().map(|(claim, value)| KeptValue {
        claim: (*claim).to_owned(),
        disclosure: jose::base64url::encode(json!(["salt", claim, value]).to_string()),
        nonce: CommitmentNonce::generate(&environment::SystemRandomness),
    });
    let given = claims.iter().map(|(claim, _)| Provenance {
        claim: (*claim).to_owned(),
        vct: credentials::types::OWN.to_owned(),
        word_of: "own".to_owned(),
        needed: true,
        purpose: "membership".to_owned(),
        audience: Audience::Team,
        seen_in_team: SeenInTeam::Team,
        kept_days: None,
        until: None,
        since: None,
    });
    let key = key_of(stage.space.identity.did.as_str(), &id, 0);
    let values = seal_values(&stage.space.keyring, &key, &ContactValues(values.collect())).unwrap();
    let contact = Contact { id, given: given.collect(), values, inbox: None, generation: 0, notes: None };
    stage.tenant.carry_out(&Put(contact)).await.unwrap();
}

#[tokio::test]
#[ignore = "measures: a search over as many contacts as one opens"]
async fn a_search_over_ten_thousand_contacts() {
    let stage = Stage::new();
    for number in 0..10_001 {
        contact(&stage, number).await;
    }
    let began = Instant::now();
    let result = stage.space.search("member-77@", Looker::Terminal).await.unwrap();
    let took = began.elapsed();
    assert_eq!((result.opened, result.is_cut, result.found.len()), (10_000, true, 1));
    println!("10,000 contacts: {} ms", took.as_millis());
    let few = stage.space.search("larch", Looker::Terminal).await.unwrap();
    assert_eq!((few.found.len(), few.is_cut), (50, true));
}
