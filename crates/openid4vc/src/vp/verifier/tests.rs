use std::collections::BTreeMap;

use jose::Signer;

use super::super::request::{NewRequest, SignedRequest};
use super::super::testing::{NOW, RESPONSE_URI, Scene, after, scene};
use super::super::verification::{Presentations, Rules};
use super::super::{request::RequestObject, wallet};
use super::*;

struct Played {
    scene: Scene,
    flow: Flow,
    secrets: RequestSecrets,
}

/// A request as it is stored, and its secrets as they are unsealed again.
fn play(way: Way) -> Played {
    let scene = scene();
    let new = NewFlow {
        way,
        query: scene.query.clone(),
        client_id: scene.client_id(),
        encrypt: true,
        transaction_data: Vec::new(),
        expires_at: after(300),
    };
    let made = new.make(&scene.randomness).unwrap();
    let secrets = RequestSecrets::from_bytes(&made.secrets.to_bytes()).unwrap();
    let flow = stored(&made.into_flow("sealed".to_owned()));
    Played { scene, flow, secrets }
}

fn stored(flow: &Flow) -> Flow {
    serde_json::from_str(&serde_json::to_string(flow).unwrap()).unwrap()
}

impl Played {
    /// The wallet fetches the request and posts an answer.
    fn submission(&self, profile_only: bool) -> Submission {
        self.submission_to(&ObjectFor::Everybody, profile_only)
    }

    fn submission_to(&self, object: &ObjectFor, profile_only: bool) -> Submission {
        let scene = &self.scene;
        let state = self.secrets.state_key().state(&ObjectFor::Everybody);
        let new = NewRequest {
            response_uri: RESPONSE_URI,
            nonce: self.secrets.nonce(),
            state: state.expose(),
            query: &scene.query,
            client_name: None,
            encryption_key: self.secrets.encryption_key(),
            verifier_info: &[],
            transaction_data: &[],
            issued_at: NOW,
            expires_at: after(300),
        };
        let compact = new.sign(&scene.sign_as(), &scene.space.request.1).unwrap();
        let client_id = scene.client_id();
        let mut expected = scene.expected(&client_id);
        let compact = match object {
            ObjectFor::Everybody => compact,
            ObjectFor::Wallet(nonce) => {
                expected.wallet_nonce = Some(nonce);
                let signed = SignedRequest::read(&compact).unwrap();
                signed.for_wallet(nonce, self.secrets.state_key(), &scene.space.request.1).unwrap()
            }
        };
        let request = RequestObject::decode(&compact).unwrap().verify(None, &expected).unwrap();
        if !profile_only {
            return posted(&wallet::refuse(&request, wallet::Refusal::AccessDenied));
        }
        let held = credentials::vc::Held::reopen(&scene.profile(scene.wallet.public_jwk(), |_| {})).unwrap();
        let binding = wallet::key_binding(&request, NOW);
        let presentation =
            held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding, &scene.wallet).unwrap();
        let presentations = BTreeMap::from([("profile".to_owned(), vec![presentation])]);
        posted(&wallet::answer(&request, presentations).unwrap())
    }

    fn answered(&self) -> AnswerStep {
        let received = stored(&self.flow).receive(self.submission(true), &self.secrets, NOW).unwrap();
        let Received::Answer(answer) = received else { panic!("an answer") };
        let read =
            Presentations::read(answer.vp_token(), answer.requested().query(), Scene::types()).unwrap();
        let client_id = self.scene.client_id();
        let rules = Rules {
            client_id: &client_id,
            nonce: self.secrets.nonce(),
            query: &self.scene.query,
            one_key: true,
            transaction_data: &[],
            now: NOW,
        };
        let key = self.scene.office.issuing.1.public_jwk().clone();
        let verified = read.verify(&[Some(key)], &rules).unwrap();
        answer.accept(&verified, NOW, &self.scene.randomness)
    }
}

fn posted(request: &crate::http::Request) -> Submission {
    Submission::parse(request.header("content-type"), &request.body).unwrap()
}

fn session() -> (SecretText, Way, Way) {
    let secret = SecretText::new("session");
    let hash = secret.hash();
    (secret, Way::SameDevice { session: hash }, Way::OtherDevice { session: hash })
}

#[test]
fn on_this_device_the_code_must_return_in_the_same_session() {
    let (secret, same, _) = session();
    let played = play(same);
    let step = played.answered();
    let code = step.response_code.unwrap();
    let back = stored(&step.next).come_back(code.expose(), Some(&secret), after(RETURN_LIFETIME - 1));
    assert_eq!(back.outcome, Ok(()));
    assert!(matches!(back.next, Flow::Complete { session: Some(session) } if session == secret.hash()));
    let late = stored(&step.next).come_back(code.expose(), Some(&secret), after(RETURN_LIFETIME));
    assert_eq!(late.outcome, Err(PersonError::TooLate));
    assert!(matches!(late.next, Flow::Rejected));
    let wrong = stored(&step.next).come_back("other", Some(&secret), NOW);
    assert_eq!(wrong.outcome, Err(PersonError::UnknownCode));
    assert!(matches!(wrong.next, Flow::Returning(_)));
}

#[test]
fn each_answer_on_this_device_has_a_code_of_its_own_of_at_least_128_bits() {
    let (_, same, other) = session();
    let played = play(same);
    let code = |played: &Played| played.answered().response_code.unwrap();
    let (first, second) = (code(&played), code(&played));
    for code in [&first, &second] {
        // 128 bits are 22 characters of base64url.
        assert!(code.expose().len() >= 22, "{}", code.expose());
    }
    assert_ne!(first.expose(), second.expose());
    let known = [played.secrets.nonce(), played.secrets.state_key().state(&ObjectFor::Everybody).expose()]
        .map(str::to_owned);
    assert!(!known.contains(&first.expose().to_owned()), "it is none of the secrets that travelled before");
    assert!(play(other).answered().response_code.is_some());
    assert_eq!(play(Way::NoScreen).answered().response_code.map(drop), None);
}

#[test]
fn a_request_that_was_passed_on_opens_no_session_and_is_rejected() {
    let (_, same, _) = session();
    let step = play(same).answered();
    let code = step.response_code.unwrap();
    for other in [None, Some(SecretText::new("victim"))] {
        let relayed = stored(&step.next).come_back(code.expose(), other.as_ref(), NOW);
        assert_eq!(relayed.outcome, Err(PersonError::OtherSession));
        assert!(matches!(relayed.next, Flow::Rejected));
    }
}

#[test]
fn on_another_device_six_digits_are_typed_at_the_screen_that_asked() {
    let (secret, _, other) = session();
    let played = play(other);
    let step = played.answered();
    let code = step.response_code.unwrap();
    let shown = stored(&step.next).show_digits(code.expose(), NOW, &played.scene.randomness).unwrap();
    let relayed = stored(&shown.next).type_digits(shown.digits.expose(), Some(&SecretText::new("x")), NOW);
    assert_eq!(relayed.outcome, Err(PersonError::OtherSession));
    let again = stored(&shown.next).show_digits(code.expose(), NOW, &played.scene.randomness).unwrap();
    let old = stored(&again.next).type_digits(shown.digits.expose(), Some(&secret), NOW);
    assert_eq!(old.outcome, Err(PersonError::WrongDigits));
    let spaced = {
        let (first, last) = again.digits.expose().split_at(3);
        format!("{first} {last}")
    };
    let typed = stored(&old.next).type_digits(&spaced, Some(&secret), after(DIGIT_LIFETIME - 1));
    assert_eq!(typed.outcome, Ok(()));
    assert!(matches!(typed.next, Flow::Complete { session: Some(_) }));
    let unknown = stored(&step.next).show_digits("other", NOW, &played.scene.randomness).unwrap_err();
    assert_eq!(unknown, PersonError::UnknownCode);
}

#[test]
fn five_wrong_tries_or_two_minutes_file_the_answer_without_a_session() {
    let (secret, _, other) = session();
    let played = play(other);
    let step = played.answered();
    let code = step.response_code.unwrap();
    let shown = step.next.show_digits(code.expose(), NOW, &played.scene.randomness).unwrap();
    let late = stored(&shown.next).type_digits(shown.digits.expose(), Some(&secret), after(DIGIT_LIFETIME));
    assert_eq!(late.outcome, Err(PersonError::TooLate));
    assert!(matches!(late.next, Flow::Filed));
    let mut flow = stored(&shown.next);
    for _ in 1..DIGIT_TRIES {
        let step = flow.type_digits("x", Some(&secret), NOW);
        assert_eq!(step.outcome, Err(PersonError::WrongDigits));
        // Opening the page again gives new digits, but no new tries.
        flow = step.next.show_digits(code.expose(), NOW, &played.scene.randomness).unwrap().next;
    }
    let last = flow.type_digits("x", Some(&secret), NOW);
    assert_eq!(last.outcome, Err(PersonError::TooManyTries));
    assert!(matches!(last.next, Flow::Filed));
    assert_eq!(shown.next.deadline(), Some(after(DIGIT_LIFETIME)));
    assert!(matches!(stored(&shown.next).after_deadline(after(DIGIT_LIFETIME - 1)), Flow::Typing(_)));
    assert!(matches!(stored(&shown.next).after_deadline(after(DIGIT_LIFETIME)), Flow::Filed));
}

#[test]
fn a_request_is_answered_once_and_until_it_ends() {
    let played = play(Way::NoScreen);
    let step = played.answered();
    assert!(step.response_code.is_none());
    let replay = stored(&step.next).receive(played.submission(true), &played.secrets, NOW).unwrap_err();
    assert_eq!((&replay, replay.reason()), (&ResponseError::AlreadyAnswered, "request_already_answered"));
    let late =
        stored(&played.flow).receive(played.submission(true), &played.secrets, after(300)).unwrap_err();
    assert_eq!(late, ResponseError::Expired);
    let requested = played.flow.requested().unwrap();
    assert!(requested.may_be_fetched(after(299)) && !requested.may_be_fetched(after(300)));
}

#[test]
fn the_state_must_be_that_of_the_request_also_for_an_error() {
    let played = play(Way::NoScreen);
    let other = play(Way::NoScreen);
    let state_key = StateKey::generate(&environment::SeededRandomness::new(99));
    let foreign = RequestSecrets { state_key, ..other.secrets };
    for answer in [true, false] {
        let error = stored(&played.flow).receive(played.submission(answer), &foreign, NOW).unwrap_err();
        assert!(matches!(error, ResponseError::WrongState), "{error:?}");
    }
    let missing = Submission::parse(Some(crate::form::MEDIA_TYPE), b"error=access_denied").unwrap();
    assert_eq!(
        stored(&played.flow).receive(missing, &played.secrets, NOW).unwrap_err(),
        ResponseError::WrongState
    );
    let denied = stored(&played.flow).receive(played.submission(false), &played.secrets, NOW).unwrap();
    assert!(matches!(denied, Received::Refusal { code } if code == "access_denied"));
}

#[test]
fn an_answer_or_refusal_names_the_request_object_that_it_is_about() {
    let wallet = |nonce: &str| ObjectFor::Wallet(nonce.to_owned());
    for object in [ObjectFor::Everybody, wallet("one"), wallet("two")] {
        let played = play(Way::NoScreen);
        let answer = played.submission_to(&object, true);
        let received = stored(&played.flow).receive(answer, &played.secrets, NOW).unwrap();
        assert!(matches!(received, Received::Answer(answer) if answer.object() == &object));
        let refusal = played.submission_to(&object, false);
        let received = stored(&played.flow).receive(refusal, &played.secrets, NOW).unwrap();
        assert!(matches!(received, Received::Refusal { code } if code == "access_denied"));
        // The state of an object of another request.
        let elsewhere = play(Way::NoScreen);
        let state_key = StateKey::generate(&environment::SeededRandomness::new(98));
        let secrets = RequestSecrets { state_key, ..elsewhere.secrets };
        for answer in [true, false] {
            let strayed = played.submission_to(&object, answer);
            let error = stored(&elsewhere.flow).receive(strayed, &secrets, NOW).unwrap_err();
            assert_eq!(error, ResponseError::WrongState);
        }
    }
}

#[test]
fn the_record_of_a_flow_holds_no_secret() {
    let played = play(Way::NoScreen);
    let record = serde_json::to_string(&played.flow).unwrap();
    let key = played.secrets.state_key();
    for secret in [played.secrets.nonce(), key.to_text().as_str(), key.state(&ObjectFor::Everybody).expose()]
    {
        assert!(!record.contains(secret));
    }
    assert_eq!(played.flow.requested().unwrap().sealed(), "sealed");
    assert!(RequestSecrets::from_bytes(b"{}").is_none());
}
