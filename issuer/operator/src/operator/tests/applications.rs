//! Applications: both proofs, what is admitted without a person, and everything that is not taken.

use super::*;
use crate::application::{self, ApplicationError, Found, Standing, Told};

const PUBLIC_LIST: &str = "https://operator.example.org/network-list";
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
    Found { shown: Some(proof_of(party, TOKEN)), keys: Some(keys) }
}

fn proof_of(party: &Party, token: &str) -> String {
    application::host_proof(token, &party.admission.did, &party.admission.keys)
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
fn a_host_that_shows_nothing_another_proof_or_no_document_is_looked_at_again_and_other_keys_end_it() {
    let scene = Scene::new();
    let party = usual(&scene);
    let told = applied(&scene, &party);
    for nothing in [
        Found::default(),
        Found { shown: None, ..found(&party) },
        Found { shown: Some(String::new()), ..found(&party) },
        // The bare token, as any other applicant could show it.
        Found { shown: Some(TOKEN.to_owned()), ..found(&party) },
        Found { shown: Some(proof_of(&party, "another-token-of-22-sym")), ..found(&party) },
        Found { shown: Some(proof_of(&party, TOKEN) + "\n"), ..found(&party) },
        // Keys count for nothing where the proof does not stand.
        Found { shown: None, keys: Some((Vec::new(), Vec::new())) },
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
fn what_a_host_shows_is_made_of_token_did_and_both_keys_and_of_nothing_else() {
    let scene = Scene::new();
    let party = usual(&scene);
    let [request, issuing] =
        [&party.request, &party.issuing].map(|key| key.public_jwk().thumbprint_base64url());
    let text = format!("passport-admission-host:1\n{TOKEN}\n{HARBOUR}\n{request}\n{issuing}");
    assert_eq!(proof_of(&party, TOKEN), jose::digest::sha256_base64url(text));
}

#[test]
fn what_a_host_shows_for_its_own_application_counts_for_nobody_elses() {
    let scene = Scene::new();
    let honest = usual(&scene);
    let of_honest = applied(&scene, &honest);
    // Who has read what the honest host shows names the same token for a DID at that host, with keys of their own or the other way round.
    for forged in ["did", "keys", "request", "issuing", "swapped"] {
        let mut other = usual(&scene);
        let keys = &honest.admission.keys;
        match forged {
            "did" => other.admission.did = "did:webvh:QmOther:harbour.localhost%3A8080".to_owned(),
            "request" => other.admission.keys.issuing = keys.issuing.clone(),
            "issuing" => other.admission.keys.request = keys.request.clone(),
            "swapped" => {
                other.admission.keys.request = keys.issuing.clone();
                other.admission.keys.issuing = keys.request.clone();
            }
            _ => {}
        }
        assert_ne!(proof_of(&other, TOKEN), proof_of(&honest, TOKEN), "{forged}");
        if !matches!(forged, "did" | "keys") {
            // Without the honest party's keys nobody signs such an application.
            let before = scene.state();
            assert!(scene.operator.apply(&signed(&scene, &other)).is_err(), "{forged}");
            assert_eq!(scene.state(), before, "{forged}");
            continue;
        }
        let told = applied(&scene, &other);
        let stolen = Found { shown: found(&honest).shown, ..found(&other) };
        let before = scene.state();
        scene.operator.looked(&told.application, &stolen).unwrap();
        assert_eq!(scene.state(), before, "{forged}: nothing is stored");
        let now = scene.operator.application(&told.application).unwrap();
        assert_eq!((now.standing, now.host_proved), (Standing::Open, false), "{forged}");
    }
    scene.operator.looked(&of_honest.application, &found(&honest)).unwrap();
    assert!(
        scene.operator.application(&of_honest.application).unwrap().host_proved,
        "and the honest one passes"
    );
}

#[test]
fn the_did_of_who_applies_lies_at_the_root_of_its_host_and_at_no_other_port() {
    for (list, host, did, taken) in [
        (LIST, "harbour.localhost", "did:web:harbour.localhost", true),
        (LIST, "harbour.localhost", "did:web:harbour.localhost%3A8443", true),
        (LIST, "harbour.localhost", "did:webvh:QmTest:harbour.localhost%3A8080", true),
        (LIST, "harbour.localhost", "did:web:harbour.localhost:tenant", false),
        (LIST, "harbour.localhost", "did:web:harbour.localhost%3A8080:tenant", false),
        (LIST, "harbour.localhost", "did:webvh:QmTest:harbour.localhost%3A8080:tenant", false),
        (PUBLIC_LIST, "harbour.example.org", "did:webvh:QmTest:harbour.example.org", true),
        (PUBLIC_LIST, "harbour.example.org", "did:webvh:QmTest:harbour.example.org%3A8443", false),
        (PUBLIC_LIST, "harbour.example.org", "did:webvh:QmTest:harbour.example.org%3A443", false),
        (PUBLIC_LIST, "harbour.example.org", "did:webvh:QmTest:harbour.example.org:tenant", false),
        (PUBLIC_LIST, "harbour.example.org", "did:web:harbour.example.org%3A8443", false),
    ] {
        let scene = Scene::listed_at(list);
        let mut party = usual(&scene);
        party.admission.host = host.to_owned();
        party.admission.did = did.to_owned();
        let before = scene.state();
        match scene.operator.apply(&signed(&scene, &party)) {
            Ok(_) => assert!(taken, "{did}"),
            Err(OperatorError::Admission(AdmissionError::RootOfHost)) => {
                assert!(!taken, "{did}");
                assert_eq!(scene.state(), before, "{did}: nothing is stored");
            }
            other => panic!("{did}: {other:?}"),
        }
        if taken {
            // The host is looked at where the DID says, and nowhere else.
            let looks = scene.operator.hosts_to_look_at().unwrap();
            let port = did.split("%3A").nth(1).map(|port| port.parse().unwrap());
            assert_eq!((looks[0].host.as_str(), looks[0].port), (host, port), "{did}");
            assert!(looks[0].is_proved_by(&proof_of(&party, TOKEN)));
            assert!(!looks[0].is_proved_by(TOKEN));
        }
    }
}

#[test]
fn no_text_of_an_application_may_hold_what_its_reader_does_not_see() {
    let bend = |change: fn(&mut Admission)| {
        let scene = Scene::new();
        let mut party = usual(&scene);
        change(&mut party.admission);
        let before = scene.state();
        let answer = scene.operator.apply(&signed(&scene, &party));
        assert!(answer.is_ok() || scene.state() == before, "nothing is stored");
        match answer {
            Ok(_) => None,
            Err(OperatorError::Admission(AdmissionError::HiddenText { place })) => Some(place),
            other => panic!("{other:?}"),
        }
    };
    type Bent = (&'static str, fn(&mut Admission));
    let refused: [Bent; 10] = [
        ("display_name", |one| one.display_name = "Kiln\nYour mailbox is full".to_owned()),
        ("display_name", |one| one.display_name = "Kiln\u{202e}nliK".to_owned()),
        ("display_name", |one| one.display_name = "Ki\u{200b}ln".to_owned()),
        ("registration.legal_name", |one| one.registration.legal_name.push('\r')),
        ("registration.contacts.phone", |one| {
            one.registration.contacts.phone = Some("+49\u{2066}1".to_owned());
        }),
        ("registration.data_protection_contact.email", |one| {
            one.registration.data_protection_contact.email = Some("a@b.org\nBcc: c@d.org".to_owned());
        }),
        ("registration.supervisory_authority.name", |one| {
            one.registration.supervisory_authority.name.push('\u{feff}');
        }),
        ("registration.intended_uses.0.purpose.en", |one| {
            one.registration.intended_uses[0].purpose.insert("en".to_owned(), "Join\u{1b}[2J".to_owned());
        }),
        ("registration.intended_uses.0.purpose", |one| {
            one.registration.intended_uses[0].purpose.insert("e\u{200d}s".to_owned(), "Join".to_owned());
        }),
        ("brand.name", |one| {
            one.brand = Some(serde_json::from_value(json!({"id": "kiln", "name": "Ki\u{ad}ln"})).unwrap());
        }),
    ];
    for (place, change) in refused {
        assert_eq!(bend(change).as_deref(), Some(place));
    }
    let taken: [fn(&mut Admission); 4] = [
        |one| one.display_name = "Zoë’s Café".to_owned(),
        |one| one.display_name = "O'Neill & Søn".to_owned(),
        |one| one.display_name = "東京の家".to_owned(),
        |one| {
            let purpose = "Hacerse miembro: «mañana», ¿sí?".to_owned();
            one.registration.intended_uses[0].purpose.insert("es".to_owned(), purpose);
        },
    ];
    for change in taken {
        assert_eq!(bend(change), None);
    }
}

#[test]
fn a_member_that_was_admitted_with_such_a_text_is_renewed_and_takes_no_new_one() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    let text = std::fs::read_to_string(scene.folder.path().join(FILE)).unwrap();
    std::fs::write(scene.folder.path().join(FILE), text.replace("Becoming a member", "Becoming\\na member"))
        .unwrap();
    let operator = Operator::open(scene.folder.path(), scene.environment()).unwrap();
    scene.clock.advance(15 * A_DAY);
    operator.renew(HARBOUR).unwrap();
    let changed = Admission { display_name: "Harbour\n".to_owned(), ..space.admission };
    let place = "display_name".to_owned();
    assert_eq!(scene.refusal(&changed), AdmissionError::HiddenText { place });
}

#[test]
fn whatever_is_beyond_the_templates_waits_for_a_person() {
    for (change, because) in [
        ("use", "the use \"join\" is in no template"),
        ("claim", "asks for birthdate"),
        ("days", "keeps email for 91 days"),
        ("host", "letters that may look like others"),
        ("brand", "names a brand"),
        ("network", "reads as that of a member or of the network"),
        ("member", "reads as that of a member or of the network"),
        ("alphabets", "letters of more than one alphabet"),
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
        match change {
            "network" => party.admission.display_name = "TEST NETWORK".to_owned(),
            "member" => {
                let member = scene.party("space", "did:webvh:QmTest:kiln.localhost", "kiln.localhost");
                scene
                    .operator
                    .admit(&Admission { display_name: "H-a-r-b-o-u-r".to_owned(), ..member.admission })
                    .unwrap();
            }
            "alphabets" => party.admission.display_name = "Harb\u{43e}ur".to_owned(),
            _ => {}
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
        assert!(scene.operator.members().unwrap().iter().all(|member| member.did != HARBOUR));
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

/// An open application of a space of this number.
fn numbered(scene: &Scene, number: usize) -> (Party, Told) {
    let host = format!("space-{number}.localhost");
    let party = scene.party("space", &format!("did:webvh:QmTest:{host}"), &host);
    let told = applied(scene, &party);
    (party, told)
}

#[test]
fn what_was_decided_takes_no_place_of_what_is_open() {
    let scene = Scene::new();
    for number in 0..201 {
        let (_, told) = numbered(&scene, number);
        scene.operator.decline_application(&told.application, "no").unwrap();
    }
    applied(&scene, &usual(&scene));
}

#[test]
fn where_all_places_are_taken_the_one_goes_that_has_shown_no_proof_for_longest() {
    let scene = Scene::new();
    let (proven, kept) = numbered(&scene, 0);
    scene.operator.looked(&kept.application, &found(&proven)).unwrap();
    let (_, first) = numbered(&scene, 1);
    scene.clock.advance(1);
    for number in 2..200 {
        numbered(&scene, number);
    }
    scene.clock.set(NOW.plus(599));
    let before = scene.state();
    assert_eq!(refused(&scene, &signed(&scene, &usual(&scene))), ApplicationError::TooMany);
    assert_eq!(scene.state(), before);
    scene.clock.set(NOW.plus(600));
    let told = applied(&scene, &usual(&scene));
    assert!(scene.operator.application(&first.application).is_err());
    for kept in [&kept, &told] {
        assert_eq!(stands(&scene, kept), Standing::Open);
    }
    // A newcomer's host is looked at before those that were silent.
    scene.clock.advance(3_600);
    for _ in 0..25 {
        scene.operator.hosts_to_look_at().unwrap();
    }
    scene.clock.advance(3_600);
    let (_, newest) = numbered(&scene, 300);
    assert_eq!(scene.operator.hosts_to_look_at().unwrap()[0].id, newest.application);
}

#[test]
fn a_host_and_a_contact_may_apply_five_times_a_day_and_whoever_proves_nothing_uses_nothing_up() {
    enum By {
        Host,
        Contact { confirms: bool },
    }
    for (by, uses_up) in
        [(By::Host, true), (By::Contact { confirms: true }, true), (By::Contact { confirms: false }, false)]
    {
        let scene = Scene::new();
        // Five of DIDs at that host, or of hosts with that contact; and five whose hosts never showed anything.
        for number in 0..10 {
            let host = match by {
                By::Host => "harbour.localhost".to_owned(),
                By::Contact { .. } => format!("space-{number}.localhost"),
            };
            let mut party = scene.party("space", &format!("did:webvh:QmOther{number}:{host}"), &host);
            if matches!(by, By::Host) {
                party.admission.registration.contacts.email = Some(format!("{number}@example.org"));
            }
            let told = applied(&scene, &party);
            if number >= 5 {
                scene.operator.looked(&told.application, &found(&party)).unwrap();
                if matches!(by, By::Contact { confirms: true }) {
                    scene.operator.confirm_link(&mailed(&scene, &told)).unwrap();
                }
            }
            let answer = scene.operator.apply(&signed(&scene, &usual(&scene)));
            if number < 9 || !uses_up {
                scene.operator.decline_application(&answer.unwrap().application, "no").unwrap();
            } else {
                assert!(matches!(answer, Err(OperatorError::Application(ApplicationError::TooOften))));
            }
        }
        let mut other = scene.party("space", "did:webvh:QmTest:kiln.localhost", "kiln.localhost");
        other.admission.registration.contacts.email = Some("other@example.org".to_owned());
        applied(&scene, &other);
        scene.clock.set(NOW.plus(A_DAY));
        applied(&scene, &usual(&scene));
    }
}

#[test]
fn whoever_names_a_did_with_other_keys_keeps_nobody_out() {
    let scene = Scene::new();
    let (squatter, honest) = (usual(&scene), usual(&scene));
    let squatted = applied(&scene, &squatter);
    let told = applied(&scene, &honest);
    scene.operator.looked(&told.application, &found(&honest)).unwrap();
    scene.operator.confirm_link(&mailed(&scene, &told)).unwrap();
    assert_eq!(stands(&scene, &told), Standing::Admitted);
    // Also where the host would show it later: the party is a member, and its keys stay.
    scene.operator.looked(&squatted.application, &found(&squatter)).unwrap();
    let mails = scene.operator.mails_to_send().unwrap();
    scene.operator.confirm_link(&mails[0].link).unwrap();
    let reason = ApplicationError::Member.to_string();
    assert_eq!(stands(&scene, &squatted), Standing::Declined { reason });
}

#[test]
fn only_so_many_wait_and_mails_go_to_nobody_before_a_host_was_proven() {
    let scene = Scene::new();
    for number in 0..200 {
        numbered(&scene, number);
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
