//! Members' DID logs: left by the answering key at its own place, served to everybody.

use did::webvh::{Update, witness::Witnesses};
use issuer::hosting::LONGEST_LOG;
use jose::Algorithm;

use super::*;

#[tokio::test]
async fn a_log_that_breaks_a_rule_is_not_hosted() {
    let world = World::new();
    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let label = label(&world, &uri, &key).await;
    let made = |host: &str, label: &str, portable| world.scene.member_did(host, label, portable).0.text;
    let (good, log_key) = world.scene.member_did("office.localhost", &label, true);
    let appended = |update: &Update| {
        let line = good.log.clone().append(update, &log_key, world.scene.now().plus(1)).unwrap();
        format!("{}{line}", good.text)
    };
    let ended = appended(&Update { deactivate: true, ..Update::default() });
    let witness = SigningKey::generate(Algorithm::EdDsa, world.scene.environment.randomness()).unwrap();
    let witnesses = Witnesses::new(1, &[did::key::did(witness.public_jwk()).unwrap()]).unwrap();
    let watched = appended(&Update { witness: Some(Some(witnesses)), ..Update::default() });
    let cases = [
        ("not to be moved", made("office.localhost", &label, false)),
        ("of another place", made("office.localhost", "elsewhere", true)),
        ("of another host", made("kiln.localhost", &label, true)),
        ("given up", ended),
        ("watched by witnesses", watched),
        ("changed after signing", good.text.replace("assertionMethod", "authentication")),
        ("of another method", good.text.replace("did:webvh:1.0", "did:webvh:0.5")),
        ("without proof", good.text.replace("\"proof\"", "\"prof\"")),
        ("an entry twice", format!("{0}{0}", good.text)),
        ("no log", "{}".to_owned()),
        ("nothing", String::new()),
    ];
    for (case, log) in &cases {
        for _ in 0..2 {
            let answered = world.leave_log(&label, &key, log).await;
            assert_eq!(said(&answered), (400, "invalid_log".to_owned()), "{case}: {}", answered.text);
        }
        refused(&world, || get(&format!("/{label}/did.jsonl")), (404, "not_found"), case).await;
    }
    let endless = "x".repeat(LONGEST_LOG + 1);
    let answered = world.leave_log(&label, &key, &endless).await;
    assert_eq!(said(&answered), (413, "invalid_log".to_owned()));
    assert_eq!(application(&world).await.stage, Stage::AwaitingLinkAndLog);
    assert_eq!(passport(&world).await.did, None);
    assert_eq!(world.leave_log(&label, &key, &good.text).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&format!("/{label}/did.jsonl")).await.text, good.text);
}

#[tokio::test]
async fn a_log_is_left_by_the_answering_key_at_its_place_in_its_media_type() {
    let world = World::new();
    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let label = label(&world, &uri, &key).await;
    let log = world.scene.member_did("office.localhost", &label, true).0.text;
    let path = format!("/did-log/{label}");
    let put = |path: &str, proof: Option<&str>, media_type: &str| {
        let mut request = Request::put(path).header(header::CONTENT_TYPE, media_type);
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        request.body(Body::from(log.clone())).unwrap()
    };
    let (_, for_get) = world.proven(Method::Get, &path, &key);
    let (_, for_follow_up) = world.proven(Method::Put, uri.strip_prefix(ORIGIN).unwrap(), &key);
    let jsonl = "application/jsonl";
    for (case, proof) in [
        ("no proof", None),
        ("a proof for reading", Some(for_get.as_str())),
        ("a proof for another address", Some(&for_follow_up)),
        ("no JWS", Some("x")),
    ] {
        refused(&world, || put(&path, proof, jsonl), (401, "invalid_dpop_proof"), case).await;
    }
    let before = world.scene.memory.entries();
    for _ in 0..2 {
        let other = world.leave_log(&label, &world.scene.key(), &log).await;
        assert_eq!(said(&other), (404, "not_found".to_owned()), "another key");
        for place in ["0123456789abcdef", "0123456789abcdef0123456789abcdef", &"a".repeat(2_000)] {
            let elsewhere = world.leave_log(place, &key, &log).await;
            assert_eq!(said(&elsewhere), (404, "not_found".to_owned()), "another place");
        }
    }
    assert!(world.scene.memory.entries() == before, "proofs that anybody can make are not kept");
    for _ in 0..2 {
        for media_type in ["text/plain", "application/json", ""] {
            let (_, proof) = world.proven(Method::Put, &path, &key);
            let answered = world.send(put(&path, Some(&proof), media_type)).await;
            assert_eq!(said(&answered), (415, "invalid_request".to_owned()), "{media_type}");
        }
    }
    let (_, proof) = world.proven(Method::Put, &path, &key);
    assert_eq!(said(&world.send(put(&path, Some(&proof), "text/plain")).await).0, 415);
    refused(&world, || put(&path, Some(&proof), jsonl), (401, "invalid_dpop_proof"), "a proof again").await;
    assert_eq!(passport(&world).await.did, None, "nothing was bound");
    let (_, proof) = world.proven(Method::Put, &path, &key);
    assert_eq!(world.send(put(&path, Some(&proof), "text/jsonl")).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_log_that_is_there_is_continued_without_a_proof_and_by_its_own_keys_alone() {
    let world = World::new();
    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let label = label(&world, &uri, &key).await;
    let (first, log_key) = world.scene.member_did("office.localhost", &label, true);
    let put = |media_type: &str, log: String| {
        let request = Request::put(format!("/did-log/{label}")).header(header::CONTENT_TYPE, media_type);
        request.body(Body::from(log)).unwrap()
    };
    let jsonl = "application/jsonl";
    let unproven = world.send(put(jsonl, first.text.clone())).await;
    assert_eq!(said(&unproven), (401, "invalid_dpop_proof".to_owned()), "a log begins with a proof");
    assert_eq!(world.leave_log(&label, &key, &first.text).await.status, StatusCode::NO_CONTENT);
    let next = |key: &SigningKey| {
        let update = Update::default();
        let now = world.scene.now().plus(1);
        let line = did::webvh::testing::forged_entry(&first.log, &update, key, now).unwrap();
        format!("{}{line}", first.text)
    };
    let stranger = SigningKey::generate(Algorithm::EdDsa, world.scene.environment.randomness()).unwrap();
    for (media_type, log, expected) in [
        (jsonl, next(&stranger), (400, "invalid_log")),
        (jsonl, String::new(), (400, "invalid_log")),
        (jsonl, "x".repeat(LONGEST_LOG + 1), (413, "invalid_log")),
        ("text/plain", next(&log_key), (415, "invalid_request")),
    ] {
        let refused = said(&world.send(put(media_type, log)).await);
        assert_eq!(refused, (expected.0, expected.1.to_owned()));
        assert_eq!(world.get(&format!("/{label}/did.jsonl")).await.text, first.text);
    }
    let longer = next(&log_key);
    assert_eq!(world.send(put(jsonl, longer.clone())).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&format!("/{label}/did.jsonl")).await.text, longer);
}

#[tokio::test]
async fn a_log_that_does_not_go_on_from_the_one_that_is_there_is_refused() {
    let world = World::new();
    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let label = label(&world, &uri, &key).await;
    let first = world.scene.member_did("office.localhost", &label, true).0;
    assert_eq!(world.leave_log(&label, &key, &first.text).await.status, StatusCode::NO_CONTENT);
    let second = world.scene.member_did("office.localhost", &label, true).0;
    for _ in 0..2 {
        let answered = world.leave_log(&label, &key, &second.text).await;
        assert_eq!(said(&answered), (409, "invalid_log".to_owned()));
        assert_eq!(world.get(&format!("/{label}/did.jsonl")).await.text, first.text);
    }
    assert_eq!(passport(&world).await.did.as_deref(), Some(first.did.as_str()));
}

#[tokio::test]
async fn a_did_is_given_up_or_moved_away_and_not_brought_back_by_an_older_log() {
    let place = did::web::Location::new("kiln.localhost", None, &["m-1"]).unwrap();
    for last in [
        Update { deactivate: true, ..Update::default() },
        Update { move_to: Some(place), ..Update::default() },
    ] {
        let world = World::new();
        let key = world.scene.key();
        let uri = applied(&world, &key).await;
        let label = label(&world, &uri, &key).await;
        let (mut first, log_key) = world.scene.member_did("office.localhost", &label, true);
        assert_eq!(world.leave_log(&label, &key, &first.text).await.status, StatusCode::NO_CONTENT);
        let line = first.log.append(&last, &log_key, world.scene.now().plus(1)).unwrap();
        let whole = format!("{}{line}", first.text);
        for again in [&whole, &whole, &first.text] {
            assert_eq!(world.leave_log(&label, &key, again).await.status, StatusCode::NO_CONTENT);
            for served in world.both(|| get(&format!("/{label}/did.jsonl"))).await {
                assert_eq!(served.text, whole);
            }
        }
    }
}

#[tokio::test]
async fn a_log_that_lies_here_already_brings_its_passport_again_by_a_proof_of_control_alone() {
    use issuer::records::PassportStanding;
    use network::did_control::{DidControl, HEADER};
    use network::sharing_proof::Confirmation;

    let world = World::new();
    let (key, sign) = (world.scene.key(), world.scene.key());
    let uri = applied(&world, &key).await;
    let first = label(&world, &uri, &key).await;
    let log = world.scene.member_did_of("office.localhost", &first, true, sign.public_jwk()).0;
    assert_eq!(world.leave_log(&first, &key, &log.text).await.status, StatusCode::NO_CONTENT);
    let given = passport(&world).await;
    world.scene.office().erase_issued(&application(&world).await.id).await.unwrap();

    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let place = label(&world, &uri, &key).await;
    let path = format!("/did-log/{place}");
    let control = DidControl {
        did: log.did.as_str().to_owned(),
        upload_uri: format!("{ORIGIN}{path}"),
        issued_at: world.scene.now().seconds(),
        confirmation: Confirmation { thumbprint: key.public_jwk().thumbprint_base64url() },
    };
    let show = async |control: &str| {
        let (request, _) = world.proven(Method::Put, &path, &key);
        let request = request.header(header::CONTENT_TYPE, "application/jsonl").header(HEADER, control);
        said(&world.send(request.body(Body::from(log.text.clone())).unwrap()).await)
    };
    let by_another = control.sign(&key).unwrap();
    let by_the_member = control.sign(&sign).unwrap();
    for spoiled in ["", "x", &by_another] {
        assert_eq!(show(spoiled).await, (400, "invalid_log".to_owned()), "{spoiled}");
    }
    assert_eq!(said(&world.leave_log(&place, &key, &log.text).await), (400, "invalid_log".to_owned()));
    let number = PassportNumber::parse(&given.number).unwrap();
    world.scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!(show(&by_the_member).await, (403, "invalid_log".to_owned()));
    world.scene.office().set_standing(&number, PassportStanding::Active).await.unwrap();
    for _ in 0..2 {
        assert_eq!(show(&by_the_member).await.0, 204);
    }
    assert_eq!(passport(&world).await.number, given.number);
    refused(&world, || get(&format!("/{place}/did.jsonl")), (404, "not_found"), "nothing is moved").await;
    assert_eq!(world.get(&format!("/{first}/did.jsonl")).await.text, log.text);
}
