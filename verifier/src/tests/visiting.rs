//! Members of the brand's other spaces, who come to see the directory.

use std::sync::{Arc, Mutex};

use jose::Signer;
use openid4vc::secret::SecretText;
use presentation::{Answer, Presented, Receiving, Settlement, SignedBy, Way};
use serde_json::json;

use trust::testing::TestNetwork;
use trust::{Brand, Member, Role, Standing};

use super::renewing::copy;
use super::stage::{DID, REQUEST, Stage};
use crate::community::visiting::{BrandSpaces, VISIT, is_about_visiting, others_of};
use crate::portal::is_about_signing_in;

pub(super) const OTHER: &str = "did:web:kiln-south.example.org";
const HERE: Way = Way::SameDevice { session: openid4vc::secret::SecretHash::from_bytes([9; 32]) };

/// The spaces of the brand as a test says.
#[derive(Default)]
pub(super) struct Named(pub(super) Mutex<Vec<String>>);

impl BrandSpaces for Named {
    fn others(&self, _: &str) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

pub(super) fn stage() -> (Stage, Arc<Named>) {
    let named = Arc::new(Named(Mutex::new(vec![OTHER.to_owned()])));
    let mut stage = Stage::new();
    stage.space = stage.space.clone().with_brand(named.clone());
    (stage, named)
}

/// A membership that `signer` signed and that says it is of `of`.
pub(super) fn membership(stage: &Stage, signer: &str, of: &str, has_status: bool) -> Presented {
    let key = stage.key();
    let place = has_status.then_some(("https://kiln-south.example.org/status/1", 7));
    let mut shown = copy(stage, key.public_jwk(), signer, place);
    shown.claims.insert("space".to_owned(), json!(of));
    shown
}

fn answer(stage: &Stage, presented: Vec<Presented>) -> Answer {
    Answer {
        request_id: "request".to_owned(),
        subject: stage.space.visit_request().unwrap().subject,
        request_hash: REQUEST.to_owned(),
        way: HERE,
        answering_key: Some(stage.key().public_jwk().clone()),
        presented,
    }
}

#[tokio::test]
async fn a_visit_asks_for_a_membership_of_the_others_and_of_nothing_else() {
    let (stage, named) = stage();
    let request = stage.space.visit_request().unwrap();
    assert!(is_about_visiting(&request.subject) && is_about_signing_in(&request.subject));
    assert!(!is_about_visiting(&stage.space.sign_in_request().unwrap().subject));
    assert_eq!(request.query["credentials"][0]["claims"], json!([{"path": ["space"], "values": [OTHER]}]));
    named.0.lock().unwrap().clear();
    assert_eq!(stage.space.visit_request(), None, "no other space of the brand");
    assert_eq!(Stage::new().space.visit_request(), None);
}

#[tokio::test]
async fn one_answer_gives_one_visit_of_an_hour_that_signs_nobody_in() {
    let (stage, named) = stage();
    let answer = answer(&stage, vec![membership(&stage, &format!("space {OTHER}"), OTHER, true)]);
    let reply = stage.give(&answer).await.unwrap();
    assert_eq!(reply.redirect_uri.as_deref(), Some("http://kiln.localhost/sign-in/return"));
    let session = SecretText::new("visitor");
    assert_eq!(stage.space.sign_in(&answer.subject, &session).await.unwrap(), None, "no member");
    let visit = stage.space.begin_visit(&answer.subject, &session).await.unwrap().unwrap();
    assert_eq!((visit.from.as_str(), visit.until), (OTHER, stage.now().plus(VISIT).seconds()));
    assert_eq!(stage.space.begin_visit(&answer.subject, &SecretText::new("b")).await.unwrap(), None, "once");
    assert_eq!(stage.space.signed_in(&session).await.unwrap(), None);
    assert_eq!(stage.space.visit(&SecretText::new("b")).await.unwrap(), None);
    stage.clock.advance(VISIT - 1);
    assert_eq!(stage.space.visit(&session).await.unwrap(), Some(visit.clone()));
    // A space that has left the brand, or was put aside, sends nobody any more.
    named.0.lock().unwrap().clear();
    assert_eq!(stage.space.visit(&session).await.unwrap(), None);
    named.0.lock().unwrap().push(OTHER.to_owned());
    assert_eq!(stage.space.visit(&session).await.unwrap(), Some(visit));
    stage.clock.advance(1);
    assert_eq!(stage.space.visit(&session).await.unwrap(), None, "an hour");
}

#[tokio::test]
async fn what_no_other_space_of_the_brand_signed_as_its_own_opens_nothing() {
    let (stage, _) = stage();
    let before = stage.memory.entries();
    let own = format!("space {DID}");
    let other = format!("space {OTHER}");
    let mut holder = membership(&stage, &other, OTHER, true);
    holder.signed_by = SignedBy::Holder;
    for (case, presented, code) in [
        ("this space", vec![membership(&stage, &own, DID, true)], "untrusted_issuer"),
        ("a stranger", vec![membership(&stage, "space did:web:x.example", OTHER, true)], "untrusted_issuer"),
        ("an office", vec![membership(&stage, &format!("office {OTHER}"), OTHER, true)], "untrusted_issuer"),
        ("the member", vec![holder], "untrusted_issuer"),
        ("another's name", vec![membership(&stage, &other, DID, true)], "invalid_claim"),
        ("no status", vec![membership(&stage, &other, OTHER, false)], "malformed_presentation"),
        ("nothing", Vec::new(), "missing_claims"),
    ] {
        let answer = answer(&stage, presented);
        assert_eq!(stage.give(&answer).await.unwrap_err(), code, "{case}");
        assert_eq!(stage.space.begin_visit(&answer.subject, &SecretText::new("x")).await.unwrap(), None);
    }
    assert!(stage.memory.entries() == before, "nothing was kept");
}

#[tokio::test]
async fn what_somebody_else_showed_is_forgotten_and_signing_out_ends_a_visit() {
    let (stage, _) = stage();
    let shown = || vec![membership(&stage, &format!("space {OTHER}"), OTHER, true)];
    for settlement in [Settlement::Rejected, Settlement::Filed] {
        let answer = answer(&stage, shown());
        stage.give(&answer).await.unwrap();
        let Ok(settled) = stage.space.settle(&answer.subject, settlement).await else { panic!("settled") };
        stage.store(settled.as_ref()).await;
        assert_eq!(stage.space.begin_visit(&answer.subject, &SecretText::new("x")).await.unwrap(), None);
    }
    let answer = answer(&stage, shown());
    stage.give(&answer).await.unwrap();
    let session = SecretText::new("visitor");
    stage.space.begin_visit(&answer.subject, &session).await.unwrap().unwrap();
    assert!(stage.space.sign_out(&session).await.unwrap());
    assert_eq!(stage.space.visit(&session).await.unwrap(), None);
    assert!(!stage.space.sign_out(&session).await.unwrap());
}

#[test]
fn of_the_brand_is_who_the_network_list_says_and_in_good_standing() {
    let network = TestNetwork::new();
    let brand = |id: &str| Some(Brand { id: id.to_owned(), name: "Kiln".to_owned() });
    let member = |name: &str, role, standing, brand| Member {
        standing,
        brand,
        ..network
            .party(role, &format!("did:web:{name}.example.org"), &format!("{name}.example.org"))
            .member(role)
    };
    let list = network.list(
        1,
        &[
            member("own", Role::Space, Standing::Admitted, brand("kiln")),
            member("south", Role::Space, Standing::Admitted, brand("kiln")),
            member("same-name", Role::Space, Standing::Admitted, brand("other")),
            member("none", Role::Space, Standing::Admitted, None),
            member("aside", Role::Space, Standing::Suspended, brand("kiln")),
            member("office", Role::Office, Standing::Admitted, brand("kiln")),
        ],
    );
    let others = |name: &str| others_of(&list, &format!("did:web:{name}.example.org"));
    assert_eq!(others("own"), ["did:web:south.example.org"]);
    assert_eq!(others("south"), ["did:web:own.example.org"]);
    for name in ["same-name", "none", "aside", "unknown"] {
        assert!(others(name).is_empty(), "{name}");
    }
}
