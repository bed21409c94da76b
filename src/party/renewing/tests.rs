//! A party and its operator, with the clock in hand.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::operator::Operator;
use axum::http::StatusCode;
use environment::{ManualClock, SeededRandomness};
use outbound::{Fetching, Response};
use serde_json::{Value, json};
use trust::Standing;

use super::*;
use crate::party::PartySettings;
use crate::party::identity::{admission_of, own_identity};

const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);
const A_DAY: i64 = 86_400;
const LIST: &str = "http://operator.localhost:8081/network-list";

/// The operator as a party reaches it, or whoever answers in its place.
struct Line {
    operator: Operator,
    asked: AtomicUsize,
    instead: Mutex<Option<Result<Value, OutboundError>>>,
}

impl Fetch for Line {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        assert_eq!(request.url.as_str(), "http://operator.localhost:8081/admission/renewals");
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = match self.instead.lock().unwrap().clone() {
            Some(instead) => instead.map(|value| Response::of_json(StatusCode::OK, &value)),
            None => Ok(match self.operator.renew_asked(std::str::from_utf8(&request.body).unwrap()) {
                Ok(bundle) => Response::of_json(StatusCode::OK, &serde_json::to_value(bundle).unwrap()),
                Err(error) => Response::of_json(
                    StatusCode::FORBIDDEN,
                    &json!({"error": "not_in_good_standing", "error_description": error.to_string()}),
                ),
            }),
        };
        Box::pin(std::future::ready(answer))
    }
}

struct Scene {
    _data: tempfile::TempDir,
    clock: Arc<ManualClock>,
    line: Line,
    folder: PartyFolder,
    first: Bundle,
    renewing: Renewing,
}

fn settings(name: &str) -> PartySettings {
    serde_json::from_value(json!({
        "role": "space", "name": name, "legal_name": "A Space Ltd", "origin": format!("http://{name}.localhost:8084"),
        "contact": "team@example.org", "supervisory_authority": "Authority",
        "uses": {"membership": {"purpose": {"en": "Membership"}, "legal_basis": "contract", "retention_days": 90}},
        "forms": [{"id": "sign-up", "purpose": "membership",
            "fields": [{"claim": "email", "need": "required", "source": "checked"}]}],
    }))
    .unwrap()
}

fn operator(folder: &Path, environment: &Environment) -> Operator {
    Operator::init(folder, "A network", LIST, environment.clone()).unwrap()
}

fn scene() -> Scene {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(5)));
    let operator = operator(&data.path().join("operator"), &environment);
    let folder = PartyFolder::open(data.path(), "kiln", &environment).unwrap();
    let settings = settings("kiln");
    let first = operator.admit(&admission_of(&folder, &settings).unwrap()).unwrap();
    folder.put_bundle(&first).unwrap();
    let identity = own_identity(&folder, &settings, &first).unwrap();
    let descriptor = operator.descriptor().clone();
    let renewing = Renewing::new(folder.clone(), identity, descriptor, first.clone());
    let line = Line { operator, asked: AtomicUsize::new(0), instead: Mutex::new(None) };
    Scene { _data: data, clock, line, folder, first, renewing }
}

impl Scene {
    async fn round(&mut self) -> Result<Round, RenewingError> {
        self.renewing.round(&self.line).await
    }

    fn asked(&self) -> usize {
        self.line.asked.load(Ordering::Relaxed)
    }

    fn answers(&self, instead: Result<Value, OutboundError>) {
        *self.line.instead.lock().unwrap() = Some(instead);
    }

    /// What is in force, in the folder and at the server, is what was there from the start.
    fn kept_the_first(&self) {
        assert_eq!(self.folder.bundle().unwrap().as_ref(), Some(&self.first));
        assert_eq!(self.renewing.identity.registration.get(), self.first.registration);
        assert_eq!(self.renewing.identity.request.chain.get().as_ref(), Some(&self.first.request));
    }
}

#[tokio::test]
async fn a_bundle_is_renewed_at_half_of_its_life_without_a_restart_and_not_a_second_before() {
    let mut scene = scene();
    let serving = scene.renewing.identity.clone();
    scene.clock.set(NOW.plus(15 * A_DAY - 1));
    assert_eq!(scene.round().await.unwrap(), Round::NotDue);
    assert_eq!(scene.asked(), 0);
    scene.clock.advance(1);
    assert_eq!(scene.round().await.unwrap(), Round::Taken { registration_changed: false });
    let renewed = scene.folder.bundle().unwrap().unwrap();
    assert_ne!(renewed, scene.first);
    assert_eq!(serving.registration.get(), renewed.registration, "the server has it");
    assert_eq!(serving.request.chain.get(), Some(renewed.request));
    assert_eq!(serving.issuing.chain.get(), Some(renewed.issuing));
    scene.clock.advance(TRY_EVERY);
    assert_eq!(scene.round().await.unwrap(), Round::NotDue);
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn a_party_that_is_refused_asks_again_in_an_hour_and_keeps_what_it_has() {
    let mut scene = scene();
    let did = scene.first.did.clone();
    scene.clock.set(NOW.plus(15 * A_DAY));
    scene.line.operator.set_standing(&did, Standing::Suspended).unwrap();
    let refused = scene.round().await;
    assert!(
        matches!(&refused, Err(RenewingError::Refused { status: 403, code, .. }) if code == "not_in_good_standing"),
        "{refused:?}"
    );
    scene.kept_the_first();
    scene.clock.advance(TRY_EVERY - 1);
    assert_eq!(scene.round().await.unwrap(), Round::NotDue);
    assert_eq!(scene.asked(), 1);
    scene.line.operator.set_standing(&did, Standing::Admitted).unwrap();
    scene.clock.advance(1);
    assert_eq!(scene.round().await.unwrap(), Round::Taken { registration_changed: false });
}

#[tokio::test]
async fn whoever_answers_with_anything_but_this_partys_own_fresh_bundle_changes_nothing() {
    let mut scene = scene();
    let elsewhere = tempfile::tempdir().unwrap();
    let environment = Environment::new(scene.clock.clone(), Arc::new(SeededRandomness::new(6)));
    let foreign = operator(&elsewhere.path().join("operator"), &environment);
    let ours = admission_of(&scene.folder, &settings("kiln")).unwrap();
    let other = PartyFolder::open(elsewhere.path(), "harbour", &environment).unwrap();
    let of_another = scene.line.operator.admit(&admission_of(&other, &settings("harbour")).unwrap()).unwrap();
    scene.clock.set(NOW.plus(15 * A_DAY));
    let good = scene.line.operator.admit(&ours).unwrap();
    let foreign = foreign.admit(&ours).unwrap();
    let value = |bundle: &Bundle| serde_json::to_value(bundle).unwrap();
    let rekeyed = Bundle { did: good.did.clone(), network: good.network.clone(), ..of_another.clone() };
    let cases = [
        ("another network", value(&foreign), "it is for another network"),
        (
            "another root under our name",
            value(&Bundle { network: good.network.clone(), ..foreign.clone() }),
            "a certificate in it",
        ),
        ("another party", value(&of_another), "another DID, host or role"),
        ("other keys under our DID", value(&rekeyed), "another DID, host or role"),
        (
            "another's registration",
            value(&Bundle { registration: of_another.registration.clone(), ..good.clone() }),
            "belongs to another party",
        ),
        (
            "no longer than before",
            value(&Bundle { registration: scene.first.registration.clone(), ..good.clone() }),
            "ends before",
        ),
        ("no bundle", json!({"did": good.did}), "no bundle"),
    ];
    for (case, answer, part) in cases {
        scene.answers(Ok(answer));
        let refused = scene.round().await.unwrap_err().to_string();
        assert!(refused.contains(part), "{case}: {refused}");
        scene.kept_the_first();
        scene.clock.advance(TRY_EVERY);
    }
    scene.answers(Err(OutboundError::Unreachable));
    assert!(matches!(scene.round().await, Err(RenewingError::Outbound(OutboundError::Unreachable))));
    scene.kept_the_first();
    scene.clock.advance(TRY_EVERY);
    scene.answers(Ok(value(&good)));
    assert_eq!(scene.round().await.unwrap(), Round::Taken { registration_changed: false });
}

#[tokio::test]
async fn a_week_before_the_end_a_person_is_warned_and_after_it_a_party_can_still_be_renewed() {
    let mut scene = scene();
    scene.answers(Err(OutboundError::Unreachable));
    scene.clock.set(NOW.plus(23 * A_DAY));
    assert_eq!(scene.renewing.soon_over(), None, "a week is left");
    scene.clock.advance(1);
    assert_eq!(scene.renewing.soon_over(), Some(7 * A_DAY - 1));
    scene.clock.set(NOW.plus(200 * A_DAY));
    assert_eq!(scene.renewing.soon_over(), Some(0));
    *scene.line.instead.lock().unwrap() = None;
    assert_eq!(scene.round().await.unwrap(), Round::Taken { registration_changed: false });
    assert_eq!(scene.renewing.soon_over(), None);
}

#[tokio::test]
async fn what_somebody_puts_into_the_folder_is_taken_while_the_server_runs() {
    let mut scene = scene();
    let mut asked = settings("kiln");
    asked.name = "Kiln of Clay".to_owned();
    let changed = scene.line.operator.admit(&admission_of(&scene.folder, &asked).unwrap()).unwrap();
    scene.folder.put_bundle(&changed).unwrap();
    assert_eq!(scene.round().await.unwrap(), Round::Taken { registration_changed: true });
    assert_eq!(scene.renewing.identity.registration.get(), changed.registration);
    // Of another network: it stays for the next start.
    let elsewhere = tempfile::tempdir().unwrap();
    let environment = Environment::new(scene.clock.clone(), Arc::new(SeededRandomness::new(7)));
    let foreign = operator(&elsewhere.path().join("operator"), &environment);
    let foreign = foreign.admit(&admission_of(&scene.folder, &asked).unwrap()).unwrap();
    scene.folder.put_bundle(&foreign).unwrap();
    assert_eq!(scene.round().await.unwrap(), Round::NotDue);
    assert_eq!(scene.renewing.identity.registration.get(), changed.registration);
    assert_eq!(scene.asked(), 0);
}
