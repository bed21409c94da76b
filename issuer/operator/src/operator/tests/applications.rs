//! Applications: both proofs, what is admitted without a person, and everything that is not taken.

use super::*;
use crate::application::{self, ApplicationError, Found, Standing, Told};

const TOKEN: &str = "0123456789abcdefghijkl";

/// A space whose one use is this.
fn space_that_asks(scene: &Scene, id: &str, claim: &str, days: u32) -> Party {
    let mut party = scene.space();
    let used = &mut party.admission.registration.intended_uses[0];
    used.id = id.to_owned();
    used.claims = serde_json::from_value(json!([{"path": [claim], "retention_days": days}])).unwrap();
    party
}

fn usual(scene: &Scene) -> Party {
    space_that_asks(scene, "membership", "email", 90)
}

fn signed(scene: &Scene, party: &Party) -> String {
    let admission = party.proven(scene.now());
    application::sign(&admission, TOKEN, scene.operator.descriptor(), &party.request, scene.now()).unwrap()
}

fn applied(scene: &Scene, party: &Party) -> Told {
    scene.operator.apply(&signed(scene, party)).unwrap()
}

fn refused(scene: &Scene, compact: &str) -> ApplicationError {
    match scene.operator.apply(compact) {
        Err(OperatorError::Application(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// What the host of an honest party shows.
fn found(party: &Party) -> Found {
    let keys = (vec![party.request.public_jwk().clone()], vec![party.issuing.public_jwk().clone()]);
    Found { token: Some(TOKEN.to_owned()), keys: Some(keys) }
}

/// The link that is mailed now.
fn mailed(scene: &Scene, told: &Told) -> String {
    let mails = scene.operator.mails_to_send().unwrap();
    let [mail] = &mails[..] else { panic!("one mail: {mails:?}") };
    assert_eq!((mail.id.as_str(), mail.address.as_str()), (told.application.as_str(), "hello@example.org"));
    scene.operator.mailed(&mail.id).unwrap();
    mail.link.clone()
}

fn stands(scene: &Scene, told: &Told) -> Standing {
    scene.operator.application(&told.application).unwrap().standing
}

#[test]
fn both_proofs_admit_what_lies_within_the_templates_and_a_restart_loses_nothing() {
    let mut scene = Scene::new();
    let party = usual(&scene);
    let told = applied(&scene, &party);
    assert_eq!((told.standing.clone(), told.host_proved, told.email_proved), (Standing::Open, false, false));
    let restart = |scene: &mut Scene| {
        scene.operator = Operator::open(scene.folder.path(), scene.environment()).unwrap();
    };
    restart(&mut scene);
    assert!(scene.operator.has_open_applications().unwrap());
    assert!(scene.operator.mails_to_send().unwrap().is_empty(), "no mail before the host is proven");
    let looks = scene.operator.hosts_to_look_at().unwrap();
    assert_eq!((looks[0].host.as_str(), looks[0].port), ("harbour.localhost", Some(8080)));
    assert!(scene.operator.hosts_to_look_at().unwrap().is_empty(), "nobody is asked twice at once");
    scene.operator.looked(&told.application, &found(&party)).unwrap();
    restart(&mut scene);
    let link = mailed(&scene, &told);
    restart(&mut scene);
    assert!(scene.operator.mails_to_send().unwrap().is_empty(), "one mail");
    assert!(scene.operator.members().unwrap().is_empty());
    let behind = scene.operator.behind_link(&link).unwrap();
    assert_eq!(behind, ("Harbour".to_owned(), "harbour.localhost".to_owned()));
    assert_eq!(stands(&scene, &told), Standing::Open, "looking presses no button");
    scene.operator.confirm_link(&link).unwrap();
    let told = scene.operator.application(&told.application).unwrap();
    assert_eq!(told.standing, Standing::Admitted);
    assert_eq!(told.bundle.unwrap().did, HARBOUR);
    assert_eq!(scene.operator.members().unwrap().len(), 1);
    let used = scene.operator.confirm_link(&link);
    assert!(matches!(used, Err(OperatorError::Application(ApplicationError::Unknown))), "a link works once");
}

#[test]
fn a_host_that_shows_nothing_another_token_or_no_document_is_looked_at_again_and_other_keys_end_it() {
    let scene = Scene::new();
    let party = usual(&scene);
    let told = applied(&scene, &party);
    for nothing in [
        Found::default(),
        Found { token: None, ..found(&party) },
        Found { token: Some("another-token-of-22-sym".to_owned()), ..found(&party) },
        Found { token: Some(format!("{TOKEN}\n")), ..found(&party) },
        Found { keys: None, ..found(&party) },
    ] {
        scene.operator.looked(&told.application, &nothing).unwrap();
        let now = scene.operator.application(&told.application).unwrap();
        assert_eq!((now.standing, now.host_proved), (Standing::Open, false), "{nothing:?}");
    }
    // The keys of the document are the other way round: a stranger's certificate would stand under them.
    let (request, issuing) = found(&party).keys.unwrap();
    let lying = Found { keys: Some((issuing, request)), ..found(&party) };
    scene.operator.looked(&told.application, &lying).unwrap();
    assert!(matches!(stands(&scene, &told), Standing::Declined { reason } if reason.contains("other keys")));
    scene.operator.looked(&told.application, &found(&party)).unwrap();
    assert!(matches!(stands(&scene, &told), Standing::Declined { .. }), "that was the end of it");
}

#[test]
fn whatever_is_beyond_the_templates_waits_for_a_person() {
    for (change, because) in [
        ("use", "the use \"join\" is in no template"),
        ("claim", "asks for birthdate"),
        ("days", "keeps email for 91 days"),
        ("host", "letters that may look like others"),
        ("brand", "names a brand"),
    ] {
        let scene = Scene::new();
        let mut party = match change {
            "use" => space_that_asks(&scene, "join", "email", 30),
            "claim" => space_that_asks(&scene, "membership", "birthdate", 30),
            "days" => space_that_asks(&scene, "membership", "email", 91),
            _ => usual(&scene),
        };
        if change == "host" {
            // harbоur with a Cyrillic o.
            party.admission.host = "xn--harbur-8dg.localhost".to_owned();
            party.admission.did = "did:webvh:QmTest:xn--harbur-8dg.localhost".to_owned();
        }
        if change == "brand" {
            party.admission.brand =
                Some(serde_json::from_value(json!({"id": "kiln", "name": "Kiln"})).unwrap());
        }
        let told = applied(&scene, &party);
        scene.operator.looked(&told.application, &found(&party)).unwrap();
        let early = scene.operator.admit_application(&told.application);
        assert!(matches!(early, Err(OperatorError::Application(ApplicationError::NotWaiting))), "{change}");
        scene.operator.confirm_link(&mailed(&scene, &told)).unwrap();
        let Standing::Waiting { because: said } = stands(&scene, &told) else { panic!("{change}") };
        assert!(said.iter().any(|one| one.contains(because)), "{change}: {said:?}");
        assert!(scene.operator.members().unwrap().is_empty());
        if change == "days" {
            scene.operator.decline_application(&told.application, "90 days are enough").unwrap();
            assert_eq!(stands(&scene, &told), Standing::Declined { reason: "90 days are enough".to_owned() });
            assert!(scene.operator.admit_application(&told.application).is_err());
        } else {
            scene.operator.admit_application(&told.application).unwrap();
            assert_eq!(stands(&scene, &told), Standing::Admitted);
        }
    }
}

#[test]
fn an_application_that_is_sent_again_is_the_same_one_and_another_of_the_party_waits_for_its_end() {
    let scene = Scene::new();
    let party = usual(&scene);
    let compact = signed(&scene, &party);
    let first = scene.operator.apply(&compact).unwrap();
    let before = scene.state();
    assert_eq!(scene.operator.apply(&compact).unwrap().application, first.application);
    assert_eq!(scene.state(), before, "a replay changes nothing");
    let admission = party.proven(scene.now());
    let descriptor = scene.operator.descriptor();
    let other =
        application::sign(&admission, "another-token-of-22-sym", descriptor, &party.request, scene.now())
            .unwrap();
    assert_eq!(refused(&scene, &other), ApplicationError::Open);
    // Without its proofs it ends after a day.
    scene.clock.set(NOW.plus(A_DAY - 1));
    assert_eq!(
        refused(&scene, &signed_with(&scene, &party, "another-token-of-22-sym")),
        ApplicationError::Open
    );
    scene.clock.set(NOW.plus(A_DAY));
    assert!(scene.operator.application(&first.application).is_err());
    scene.operator.apply(&signed_with(&scene, &party, "another-token-of-22-sym")).unwrap();
}

fn signed_with(scene: &Scene, party: &Party, token: &str) -> String {
    let admission = party.proven(scene.now());
    application::sign(&admission, token, scene.operator.descriptor(), &party.request, scene.now()).unwrap()
}

#[test]
fn what_nobody_of_that_name_signed_for_this_network_now_is_not_taken() {
    let scene = Scene::new();
    let party = usual(&scene);
    let other = usual(&scene);
    let (descriptor, now) = (scene.operator.descriptor(), scene.now());
    let admission = party.proven(now);
    // Signed by another key than the one that is to be certified.
    let foreign = application::sign(&admission, TOKEN, descriptor, &other.request, now).unwrap();
    assert_eq!(refused(&scene, &foreign), ApplicationError::Signature);
    // For another network.
    let elsewhere = Scene::seeded(12);
    let for_other =
        application::sign(&admission, TOKEN, elsewhere.operator.descriptor(), &party.request, now).unwrap();
    assert_eq!(refused(&scene, &for_other), ApplicationError::Signature);
    // Made at another time: five minutes count, and a second more does not.
    let compact = signed(&scene, &party);
    scene.clock.set(NOW.plus(361));
    assert_eq!(refused(&scene, &compact), ApplicationError::Time);
    scene.clock.set(NOW);
    for short in ["", "short", "0123456789abcdefghijk", "0123456789abcdefghijk\n", &"x".repeat(65)] {
        assert_eq!(
            refused(&scene, &signed_with(&scene, &party, short)),
            ApplicationError::Malformed,
            "{short:?}"
        );
    }
    assert_eq!(refused(&scene, "no.jws.at-all"), ApplicationError::Malformed);
    // Without the proofs that the party holds both keys, or with those of another.
    let unproven = Admission { proofs: None, ..admission.clone() };
    let unproven = application::sign(&unproven, TOKEN, descriptor, &party.request, now).unwrap();
    assert!(matches!(
        scene.operator.apply(&unproven),
        Err(OperatorError::Admission(AdmissionError::Proof(ProofError::Missing)))
    ));
    // A host that the DID does not name.
    let mut foreign_host = usual(&scene);
    foreign_host.admission.host = "kiln.localhost".to_owned();
    assert!(matches!(
        scene.operator.apply(&signed(&scene, &foreign_host)),
        Err(OperatorError::Admission(AdmissionError::HostOfDid))
    ));
    // A name of this machine in a network that is tried out, and no other.
    let mut public = usual(&scene);
    public.admission.host = "harbour.example.org".to_owned();
    public.admission.did = "did:webvh:QmTest:harbour.example.org".to_owned();
    assert_eq!(refused(&scene, &signed(&scene, &public)), ApplicationError::OtherMachine);
    assert!(scene.operator.applications().unwrap().is_empty());
    // Whoever is a member, and whose host a member has.
    scene.operator.admit(&party.admission).unwrap();
    assert_eq!(refused(&scene, &signed(&scene, &party)), ApplicationError::Member);
    let mut same_host = usual(&scene);
    same_host.admission.did = "did:webvh:QmOther:harbour.localhost".to_owned();
    assert!(matches!(
        scene.operator.apply(&signed(&scene, &same_host)),
        Err(OperatorError::Admission(AdmissionError::HostTaken))
    ));
}

#[test]
fn only_so_many_wait_and_mails_go_to_nobody_before_a_host_was_proven() {
    let scene = Scene::new();
    for number in 0..200 {
        let host = format!("space-{number}.localhost");
        let party = scene.party("space", &format!("did:webvh:QmTest:{host}"), &host);
        applied(&scene, &party);
    }
    assert_eq!(refused(&scene, &signed(&scene, &usual(&scene))), ApplicationError::TooMany);
    assert!(scene.operator.mails_to_send().unwrap().is_empty());
    assert_eq!(scene.operator.hosts_to_look_at().unwrap().len(), 8, "so many at once");
    scene.clock.set(NOW.plus(A_DAY));
    applied(&scene, &usual(&scene));
    assert_eq!(
        scene.operator.applications().unwrap().len(),
        1,
        "what was not proven within a day is forgotten"
    );
}
