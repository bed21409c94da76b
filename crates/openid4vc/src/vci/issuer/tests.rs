use environment::SeededRandomness;
use jose::{Algorithm, Jwk, Signer, SigningKey};

use super::super::credential::{CredentialError, CredentialRequest, Wanted};
use super::super::deferred::{Deferral, DeferredRequest, DeferredStep, Due, MOST_AGAIN, PAUSE};
use super::super::notification::{Event, NotificationError, NotificationRequest};
use super::super::proof::{NewProof, self_contained_key};
use super::super::token::TokenGrant;
use super::offered::LONGEST_UNBOUND;
use super::*;
use crate::dpop::DpopError;
use crate::timed_nonce::Purpose;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://office.example";
const ENDPOINT: &str = "https://office.example/credential";

struct Office {
    randomness: SeededRandomness,
    nonces: NonceKey,
}

fn office() -> Office {
    let randomness = SeededRandomness::new(21);
    Office { nonces: NonceKey::generate(&randomness), randomness }
}

fn grant(configuration: &str) -> Grant {
    Grant { configuration: configuration.to_owned(), key_bound: true }
}

fn new_offer() -> NewOffer {
    NewOffer {
        credential_issuer: ISSUER.to_owned(),
        grants: vec![grant("passport"), grant("profile")],
        taken_up: TakenUp::ByCode,
        tx_code: None,
        expires_at: NOW.plus(600),
        token_lifetime: 300,
        nonce_lifetime: 120,
        batch_size: 3,
    }
}

fn request(code: &SecretText, tx_code: Option<&str>) -> TokenRequest {
    TokenRequest {
        code: code.clone(),
        grant: TokenGrant::PreAuthorized { tx_code: tx_code.map(SecretText::new) },
        client_id: None,
        authorization_details: None,
    }
}

impl Office {
    fn with_token(&self) -> (Flow, SecretText) {
        let made = new_offer().make(&self.randomness);
        let step = made.flow.token(&request(&made.code, None), None, NOW, &self.randomness);
        (stored(&step.next), step.reply.unwrap().access_token)
    }

    /// A proof by this key for the token endpoint.
    fn proof_for_token(&self, key: &SigningKey) -> dpop::Verified {
        let url = "https://office.example/token";
        let method = Method::Post;
        let new = dpop::NewProof { key: key.public_jwk(), method, url, access_token: None, nonce: None };
        let proof = new.to_sign(NOW, &self.randomness).sign(key).unwrap();
        let expected = dpop::Expected {
            method,
            url,
            access_token: None,
            bound_to: None,
            nonces: &self.nonces,
            nonce_required: false,
            now: NOW,
        };
        dpop::verify([proof.as_str()], &expected).unwrap()
    }

    fn protected<'a>(&'a self, dpop_headers: &'a [&'a str]) -> Protected<'a> {
        Protected {
            dpop_headers,
            method: Method::Post,
            url: ENDPOINT,
            nonces: &self.nonces,
            nonce_required: false,
            now: NOW,
        }
    }

    fn authorized(&self, flow: Flow, token: &SecretText) -> Authorized {
        let presented = Presented { scheme: Scheme::Bearer, token: token.clone() };
        flow.authorize(&presented, &self.protected(&[])).unwrap()
    }

    fn proofs(&self, count: u64) -> Vec<String> {
        let nonce = self.nonces.issue(Purpose::Credential, NOW, &self.randomness);
        let proof = |_| {
            let key = SigningKey::generate(Algorithm::Es256, &self.randomness).unwrap();
            let new = NewProof {
                key: key.public_jwk(),
                credential_issuer: ISSUER,
                nonce: Some(&nonce),
                client_id: None,
                key_attestation: None,
            };
            new.to_sign(NOW).sign(&key).unwrap()
        };
        (0..count).map(proof).collect()
    }

    /// Asks for what was promised.
    fn fetch(
        &self,
        flow: &Flow,
        token: &SecretText,
        id: &SecretText,
        now: Timestamp,
    ) -> Result<Due, CredentialError> {
        let request = DeferredRequest { transaction_id: id.clone() };
        self.authorized(stored(flow), token).deferred(&request, now, &self.randomness)
    }

    /// What is given for a promise.
    fn given(&self, flow: &Flow, token: &SecretText, id: &SecretText, now: Timestamp) -> DeferredStep {
        match self.fetch(flow, token, id, now).unwrap() {
            Due::Now(step) => *step,
            Due::In(seconds) => panic!("put off for {seconds} s"),
        }
    }

    /// A flow in which the passport was given and the profile was promised.
    fn promised(&self) -> (Flow, SecretText, SecretText) {
        let (flow, token) = self.with_token();
        let ask = |flow: &Flow, name: &str| {
            let authorized = self.authorized(stored(flow), &token);
            self.credential(authorized, configuration(name), self.proofs(2)).unwrap()
        };
        let passport = ask(&flow, "passport");
        let Deferral { next, transaction_id, .. } = ask(&passport.next, "profile").defer(&self.randomness);
        (next, token, transaction_id)
    }

    /// The wallet says what became of something.
    fn told(
        &self,
        flow: &Flow,
        token: &SecretText,
        id: &SecretText,
        event: Event,
    ) -> Result<Flow, NotificationError> {
        let request = NotificationRequest { id: id.clone(), event };
        self.authorized(stored(flow), token).notification(&request).map(|step| step.next)
    }

    fn credential(
        &self,
        authorized: Authorized,
        wanted: Wanted,
        proofs: Vec<String>,
    ) -> Result<CredentialStep, CredentialError> {
        let rules = ProofRules {
            credential_issuer: ISSUER,
            nonces: &self.nonces,
            key_of: &self_contained_key,
            attested: None,
        };
        authorized.credential(
            &CredentialRequest { wanted, proofs: proofs.into() },
            &rules,
            NOW,
            &self.randomness,
        )
    }
}

/// Another replica reads what this one wrote.
fn stored(flow: &Flow) -> Flow {
    serde_json::from_str(&serde_json::to_string(flow).unwrap()).unwrap()
}

fn configuration(name: &str) -> Wanted {
    Wanted::Configuration(name.to_owned())
}

#[test]
fn an_offer_leads_to_each_credential_once_and_to_notifications() {
    let office = office();
    let (flow, token) = office.with_token();
    let step = office
        .credential(office.authorized(flow, &token), configuration("passport"), office.proofs(3))
        .unwrap();
    assert_eq!((step.order.keys.len(), step.order.nonces.len()), (3, 1));
    assert!(matches!(step.next, Flow::TokenIssued(_)));
    let again = office.credential(
        office.authorized(stored(&step.next), &token),
        configuration("passport"),
        office.proofs(1),
    );
    assert_eq!(again.unwrap_err(), CredentialError::AlreadyIssued);
    let last = office
        .credential(office.authorized(stored(&step.next), &token), configuration("profile"), office.proofs(1))
        .unwrap();
    assert!(matches!(last.next, Flow::Issued(_)));
    let notification = NotificationRequest { id: step.order.notification_id, event: Event::Accepted };
    let noted = office.authorized(stored(&last.next), &token).notification(&notification).unwrap();
    assert_eq!((noted.configuration.as_str(), noted.event), ("passport", Event::Accepted));
    let foreign = NotificationRequest { id: SecretText::new("foreign"), event: Event::Accepted };
    let refused = office.authorized(noted.next, &token).notification(&foreign).unwrap_err();
    assert_eq!(refused, NotificationError::UnknownIdentifier);
}

#[test]
fn what_was_promised_and_then_given_at_once_is_given_once_and_ends_nothing_else() {
    let office = office();
    let (flow, token) = office.with_token();
    let ask = |flow: &Flow, name: &str| {
        office.credential(office.authorized(stored(flow), &token), configuration(name), office.proofs(1))
    };
    let fetch = |flow: &Flow, id: &SecretText| office.fetch(flow, &token, id, NOW);
    let promised = ask(&flow, "passport").unwrap().defer(&office.randomness);
    assert!(fetch(&promised.next, &promised.transaction_id).is_ok());
    let given = ask(&promised.next, "passport").unwrap();
    assert!(matches!(given.next, Flow::TokenIssued(_)), "the profile is still to be issued");
    let again = fetch(&given.next, &promised.transaction_id).unwrap_err();
    assert_eq!(again, CredentialError::UnknownTransaction);

    // A record of before: what was given still waits in it.
    let mut record = serde_json::to_value(&given.next).unwrap();
    record["waiting"] = serde_json::to_value(&promised.next).unwrap()["waiting"].clone();
    assert_eq!(record["waiting"].as_array().unwrap().len(), 1);
    let old: Flow = serde_json::from_value(record.clone()).unwrap();
    assert_eq!(fetch(&old, &promised.transaction_id).unwrap_err(), CredentialError::UnknownTransaction);
    // And one in which it was given twice: that is not everything.
    let twice = vec![record["issued"][0].clone(); 2];
    record["issued"] = twice.into();
    let old: Flow = serde_json::from_value(record).unwrap();
    let notification = NotificationRequest { id: given.order.notification_id, event: Event::Accepted };
    let noted = office.authorized(old, &token).notification(&notification).unwrap();
    assert!(matches!(noted.next, Flow::TokenIssued(_)));
    assert!(matches!(ask(&noted.next, "profile").unwrap().next, Flow::Issued(_)));
}

#[test]
fn what_was_promised_is_given_again_for_the_same_keys_until_the_wallet_says_that_it_came() {
    let office = office();
    let (promised, token, id) = office.promised();
    let first = office.given(&promised, &token, &id, NOW);
    assert!(matches!(first.next, Flow::TokenIssued(_)), "nobody knows whether it came");
    let second = office.given(&first.next, &token, &id, NOW.plus(PAUSE));
    let keys = |step: &DeferredStep| step.order.keys.iter().map(Jwk::thumbprint).collect::<Vec<_>>();
    assert_eq!((keys(&first).len(), keys(&first)), (2, keys(&second)));
    // What was given before is nobody's any more.
    let earlier = office.told(&second.next, &token, &first.order.notification_id, Event::Accepted);
    assert_eq!(earlier.unwrap_err(), NotificationError::UnknownIdentifier);
    for event in [Event::Accepted, Event::Deleted, Event::Failure] {
        let told = office.told(&second.next, &token, &second.order.notification_id, event).unwrap();
        assert!(matches!(told, Flow::Issued(_)));
        let refused = office.fetch(&told, &token, &id, NOW.plus(2 * PAUSE)).unwrap_err();
        assert_eq!(refused, CredentialError::UnknownTransaction, "{event:?}");
        // It may be said again.
        assert!(office.told(&told, &token, &second.order.notification_id, event).is_ok());
    }
    let more = office.authorized(stored(&second.next), &token);
    let refused = office.credential(more, configuration("profile"), office.proofs(1)).unwrap_err();
    assert_eq!(refused, CredentialError::AlreadyIssued, "at the other endpoint it is given once");
}

#[test]
fn what_was_given_a_moment_ago_is_put_off_and_given_five_times_more_at_most() {
    let office = office();
    let (mut flow, token, id) = office.promised();
    let mut now = NOW;
    for _ in 0..=MOST_AGAIN {
        flow = office.given(&flow, &token, &id, now).next;
        for (later, left) in [(0, PAUSE), (1, PAUSE - 1), (PAUSE - 1, 1), (-60, PAUSE)] {
            let put_off = office.fetch(&flow, &token, &id, now.plus(later)).unwrap();
            let left = u64::try_from(left).unwrap();
            assert!(matches!(put_off, Due::In(seconds) if seconds == left), "{later}: {put_off:?}");
        }
        now = now.plus(PAUSE);
    }
    let refused = office.fetch(&flow, &token, &id, now).unwrap_err();
    assert_eq!(refused, CredentialError::UnknownTransaction);
}

#[test]
fn who_says_that_one_came_ends_the_promise_of_no_other() {
    let office = office();
    let (flow, token) = office.with_token();
    let promise = |flow: &Flow, name: &str| {
        let authorized = office.authorized(stored(flow), &token);
        let step = office.credential(authorized, configuration(name), office.proofs(1)).unwrap();
        step.defer(&office.randomness)
    };
    let passport = promise(&flow, "passport");
    let profile = promise(&passport.next, "profile");
    let one = office.given(&profile.next, &token, &passport.transaction_id, NOW);
    let both = office.given(&one.next, &token, &profile.transaction_id, NOW);
    assert!(matches!(both.next, Flow::TokenIssued(_)));
    let told = office.told(&both.next, &token, &one.order.notification_id, Event::Accepted).unwrap();
    assert!(matches!(told, Flow::TokenIssued(_)), "the other may have been lost");
    let again = office.given(&told, &token, &profile.transaction_id, NOW.plus(PAUSE));
    let told = office.told(&again.next, &token, &again.order.notification_id, Event::Accepted).unwrap();
    assert!(matches!(told, Flow::Issued(_)));
}

#[test]
fn a_flow_says_when_its_token_was_given_and_one_of_before_long_ago() {
    let office = office();
    let (flow, _) = office.with_token();
    assert_eq!(flow.token_given_at(), Some(NOW));
    assert_eq!(
        (new_offer().make(&office.randomness).flow.token_given_at(), Flow::Dead.token_given_at()),
        (None, None)
    );
    let mut record = serde_json::to_value(&flow).unwrap();
    assert!(record.as_object_mut().unwrap().remove("given_at").is_some());
    let old: Flow = serde_json::from_value(record).unwrap();
    assert_eq!(old.token_given_at(), Some(Timestamp::from_seconds(0)));
    assert_eq!(old.expires_at(), flow.expires_at());
}

#[test]
fn a_code_works_once_and_until_it_expires() {
    let office = office();
    let made = new_offer().make(&office.randomness);
    let code = &made.code;
    let late = stored(&made.flow).token(&request(code, None), None, NOW.plus(600), &office.randomness);
    assert_eq!(late.reply.unwrap_err(), TokenError::InvalidCode);
    let cut = SecretText::new(code.expose().get(..42).unwrap());
    let wrong = stored(&made.flow).token(&request(&cut, None), None, NOW, &office.randomness);
    assert_eq!(wrong.reply.unwrap_err(), TokenError::InvalidCode);
    let first = stored(&made.flow).token(&request(code, None), None, NOW.plus(599), &office.randomness);
    assert!(first.reply.is_ok() && first.token.is_some());
    let second = stored(&first.next).token(&request(code, None), None, NOW, &office.randomness);
    assert_eq!(second.reply.unwrap_err().code(), "invalid_grant");
}

#[test]
fn a_code_that_comes_again_ends_the_token_while_something_is_still_to_be_issued() {
    let office = office();
    let made = new_offer().make(&office.randomness);
    let again = request(&made.code, None);
    let first = made.flow.token(&again, None, NOW, &office.randomness);
    let token = first.reply.unwrap().access_token;
    let presented = Presented { scheme: Scheme::Bearer, token: token.clone() };
    let replayed = stored(&first.next).token(&again, None, NOW, &office.randomness);
    assert_eq!(replayed.reply.unwrap_err(), TokenError::InvalidCode);
    let refused = stored(&replayed.next).authorize(&presented, &office.protected(&[])).unwrap_err();
    assert_eq!(refused, AccessError::InvalidToken);

    let mut flow = first.next;
    let mut notification = None;
    for name in ["passport", "profile"] {
        let authorized = office.authorized(stored(&flow), &token);
        let step = office.credential(authorized, configuration(name), office.proofs(1)).unwrap();
        (flow, notification) = (step.next, Some(step.order.notification_id));
    }
    let late = flow.token(&again, None, NOW, &office.randomness);
    assert_eq!(late.reply.unwrap_err(), TokenError::InvalidCode);
    let notified = NotificationRequest { id: notification.unwrap(), event: Event::Accepted };
    assert!(office.authorized(late.next, &token).notification(&notified).is_ok());
}

/// What comes of a code that was redeemed at `NOW` when it comes again.
fn again(office: &Office, redeemed: &Flow, request: &TokenRequest, now: Timestamp) -> Flow {
    let step = stored(redeemed).token(request, None, now, &office.randomness);
    assert_eq!(step.reply.unwrap_err(), TokenError::InvalidCode, "as an unknown one is");
    stored(&step.next)
}

#[test]
fn who_saw_the_offer_but_not_its_transaction_code_ends_no_token() {
    let office = office();
    let made = NewOffer { tx_code: Some((6, None)), ..new_offer() }.make(&office.randomness);
    let whole = request(&made.code, made.tx_code.as_ref().map(SecretText::expose));
    let first = made.flow.token(&whole, None, NOW, &office.randomness);
    let token = first.reply.unwrap().access_token;
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let body = crate::form::encode([
        ("grant_type", super::super::offer::AUTHORIZATION_CODE),
        ("code", made.code.expose()),
        ("client_id", "wallet"),
        ("redirect_uri", "https://wallet.example/back"),
        ("code_verifier", verifier),
    ]);
    let asked_for = TokenRequest::parse(Some(crate::form::MEDIA_TYPE), body.as_bytes()).unwrap();
    for seen in [request(&made.code, None), asked_for] {
        let next = again(&office, &first.next, &seen, NOW.plus(1));
        assert_eq!(next, first.next, "{:?}", seen.grant);
        let authorized = office.authorized(next, &token);
        assert!(office.credential(authorized, configuration("passport"), office.proofs(1)).is_ok());
    }
    // With all that belongs to it two hold it.
    assert_eq!(again(&office, &first.next, &whole, NOW.plus(1)), Flow::Dead);
    // Nor does the other grant end what an offer without a transaction code gave.
    let bare = new_offer().make(&office.randomness);
    let used = bare.flow.token(&request(&bare.code, None), None, NOW, &office.randomness).next;
    let as_asked_for = TokenRequest {
        grant: TokenRequest::parse(Some(crate::form::MEDIA_TYPE), body.as_bytes()).unwrap().grant,
        ..request(&bare.code, None)
    };
    assert_eq!(again(&office, &used, &as_asked_for, NOW.plus(1)), used);
    assert_eq!(again(&office, &used, &request(&bare.code, Some("1234")), NOW.plus(1)), used);
}

#[test]
fn who_guesses_the_transaction_code_of_a_used_code_ends_nothing_after_five_tries() {
    let office = office();
    let made = NewOffer { tx_code: Some((6, None)), ..new_offer() }.make(&office.randomness);
    let whole = request(&made.code, made.tx_code.as_ref().map(SecretText::expose));
    let mut flow = made.flow.token(&whole, None, NOW, &office.randomness).next;
    for _ in 1..TX_CODE_TRIES {
        flow = again(&office, &flow, &request(&made.code, Some("x")), NOW);
    }
    assert_eq!(again(&office, &flow, &whole, NOW), Flow::Dead, "the fifth is looked at");
    let tired = again(&office, &flow, &request(&made.code, Some("x")), NOW);
    assert!(matches!(tired, Flow::TokenIssued(_)));
    assert_eq!(again(&office, &tired, &whole, NOW), tired);
}

#[test]
fn who_saw_an_offer_whose_token_is_bound_ends_nothing_without_a_proof_and_guesses_nothing() {
    let office = office();
    let key = SigningKey::generate(Algorithm::Es256, &office.randomness).unwrap();
    let proof = office.proof_for_token(&key);
    for tx_code in [None, Some((6, None))] {
        let offer = |token_lifetime| NewOffer { tx_code: tx_code.clone(), token_lifetime, ..new_offer() };
        let made = offer(LONGEST_UNBOUND + 1).make(&office.randomness);
        let whole = request(&made.code, made.tx_code.as_ref().map(SecretText::expose));
        let used = made.flow.token(&whole, Some(&proof), NOW, &office.randomness).next;
        assert_eq!(again(&office, &used, &whole, NOW.plus(1)), used);
        let guess = request(&made.code, tx_code.as_ref().map(|_| "x"));
        assert_eq!(again(&office, &used, &guess, NOW.plus(1)), used, "no guess is looked at");
        let with_proof = stored(&used).token(&whole, Some(&proof), NOW.plus(1), &office.randomness);
        assert_eq!(with_proof.next, Flow::Dead, "with all that the first had to bring two hold it");
        // Where the first needed no proof, neither does the second.
        let made = offer(LONGEST_UNBOUND).make(&office.randomness);
        let whole = request(&made.code, made.tx_code.as_ref().map(SecretText::expose));
        let used = made.flow.token(&whole, Some(&proof), NOW, &office.randomness).next;
        assert_eq!(again(&office, &used, &whole, NOW.plus(1)), Flow::Dead);
    }
}

#[test]
fn a_picture_of_an_offer_ends_nothing_once_its_code_would_have_died() {
    let office = office();
    let made = new_offer().make(&office.randomness);
    let seen = request(&made.code, None);
    let used = made.flow.token(&seen, None, NOW, &office.randomness).next;
    assert_eq!(again(&office, &used, &seen, NOW.plus(599)), Flow::Dead);
    assert_eq!(again(&office, &used, &seen, NOW.plus(600)), used);
}

#[test]
fn five_wrong_transaction_codes_kill_the_code_also_for_the_right_one() {
    let office = office();
    let made = NewOffer { tx_code: Some((6, None)), ..new_offer() }.make(&office.randomness);
    let code = &made.code;
    let right = made.tx_code.unwrap();
    let mut flow = made.flow;
    for _ in 0..TX_CODE_TRIES - 1 {
        let step = stored(&flow).token(&request(code, Some("x")), None, NOW, &office.randomness);
        assert_eq!(step.reply.unwrap_err(), TokenError::WrongTxCode);
        flow = step.next;
    }
    let alive = stored(&flow).token(&request(code, Some(right.expose())), None, NOW, &office.randomness);
    assert!(alive.reply.is_ok());
    let fifth = stored(&flow).token(&request(code, Some("x")), None, NOW, &office.randomness);
    assert!(matches!(fifth.next, Flow::Dead));
    let dead = stored(&fifth.next).token(&request(code, Some(right.expose())), None, NOW, &office.randomness);
    assert_eq!(dead.reply.unwrap_err().code(), "invalid_grant");
}

#[test]
fn a_missing_or_unexpected_transaction_code_is_an_invalid_request_and_costs_no_try() {
    let office = office();
    let without = new_offer().make(&office.randomness);
    let step = without.flow.token(&request(&without.code, Some("1234")), None, NOW, &office.randomness);
    assert_eq!(step.reply.unwrap_err(), TokenError::TxCodeUnexpected);
    let with = NewOffer { tx_code: Some((4, None)), ..new_offer() }.make(&office.randomness);
    let mut flow = with.flow;
    for _ in 0..TX_CODE_TRIES {
        let step = flow.token(&request(&with.code, None), None, NOW, &office.randomness);
        assert_eq!(step.reply.unwrap_err(), TokenError::TxCodeMissing);
        flow = step.next;
    }
    let right = with.tx_code.unwrap();
    let step = flow.token(&request(&with.code, Some(right.expose())), None, NOW, &office.randomness);
    assert!(step.reply.is_ok());
}

#[test]
fn a_token_expires_and_other_texts_are_no_token() {
    let office = office();
    let (flow, token) = office.with_token();
    let presented = Presented { scheme: Scheme::Bearer, token };
    let at = |now: Timestamp| {
        stored(&flow).authorize(&presented, &Protected { now, ..office.protected(&[]) }).map(drop)
    };
    assert_eq!(at(NOW.plus(299)), Ok(()));
    assert_eq!(at(NOW.plus(300)), Err(AccessError::InvalidToken));
    let other = Presented { scheme: Scheme::Bearer, token: SecretText::new("other") };
    let refused = stored(&flow).authorize(&other, &office.protected(&[])).unwrap_err();
    assert_eq!((&refused, refused.status()), (&AccessError::InvalidToken, 401));
    let as_dpop = Presented { scheme: Scheme::Dpop, ..presented };
    assert_eq!(flow.authorize(&as_dpop, &office.protected(&[])).unwrap_err(), AccessError::WrongScheme);
}

#[test]
fn a_bound_token_needs_a_proof_by_its_key() {
    let office = office();
    let key = SigningKey::generate(Algorithm::Es256, &office.randomness).unwrap();
    let prove = |key: &SigningKey, url: &str, token: Option<&str>| {
        let proof = dpop::NewProof {
            key: key.public_jwk(),
            method: Method::Post,
            url,
            access_token: token,
            nonce: None,
        };
        proof.to_sign(NOW, &office.randomness).sign(key).unwrap()
    };
    let first = office.proof_for_token(&key);
    let made = new_offer().make(&office.randomness);
    let step = made.flow.token(&request(&made.code, None), Some(&first), NOW, &office.randomness);
    let reply = step.reply.unwrap();
    assert_eq!(reply.scheme, Scheme::Dpop);
    let token = reply.access_token;
    let present = |scheme, headers: &[&str]| {
        let presented = Presented { scheme, token: token.clone() };
        stored(&step.next).authorize(&presented, &office.protected(headers))
    };
    let good = prove(&key, ENDPOINT, Some(token.expose()));
    assert!(present(Scheme::Dpop, &[&good]).unwrap().dpop().is_some());
    assert_eq!(present(Scheme::Bearer, &[&good]).unwrap_err(), AccessError::WrongScheme);
    assert_eq!(present(Scheme::Dpop, &[]).unwrap_err(), AccessError::Dpop(DpopError::Missing));
    let thief = SigningKey::generate(Algorithm::Es256, &office.randomness).unwrap();
    let stolen = prove(&thief, ENDPOINT, Some(token.expose()));
    assert_eq!(present(Scheme::Dpop, &[&stolen]).unwrap_err(), AccessError::Dpop(DpopError::OtherKey));
}

#[test]
fn what_was_not_granted_is_unknown() {
    let office = office();
    let ask = |wanted: Wanted, proofs: Vec<String>| {
        let (flow, token) = office.with_token();
        office.credential(office.authorized(flow, &token), wanted, proofs).unwrap_err()
    };
    for name in ["membership", "__proto__", ""] {
        assert_eq!(ask(configuration(name), office.proofs(1)), CredentialError::UnknownConfiguration);
    }
    let identifier = Wanted::Identifier("passport:1".to_owned());
    assert_eq!(ask(identifier, office.proofs(1)), CredentialError::UnknownIdentifier);
    assert_eq!(ask(configuration("passport"), Vec::new()), CredentialError::ProofMissing);
    assert_eq!(ask(configuration("passport"), office.proofs(4)), CredentialError::TooManyProofs);
}

#[test]
fn identifiers_are_used_when_the_token_response_gave_them() {
    let office = office();
    let made = new_offer().make(&office.randomness);
    let details = |name: &str| TokenRequest {
        authorization_details: Some(vec![name.to_owned()]),
        ..request(&made.code, None)
    };
    let outside = stored(&made.flow).token(&details("membership"), None, NOW, &office.randomness);
    assert_eq!(outside.reply.unwrap_err(), TokenError::AuthorizationDetails);
    let step = made.flow.token(&details("passport"), None, NOW, &office.randomness);
    let reply = step.reply.unwrap();
    let identifier = reply.identifiers["passport"][0].clone();
    let ask = |wanted: Wanted| {
        office.credential(
            office.authorized(stored(&step.next), &reply.access_token),
            wanted,
            office.proofs(1),
        )
    };
    assert_eq!(ask(configuration("passport")).unwrap_err(), CredentialError::WrongKindOfIdentifier);
    assert_eq!(ask(configuration("profile")).unwrap_err(), CredentialError::UnknownConfiguration);
    assert!(matches!(ask(Wanted::Identifier(identifier)).unwrap().next, Flow::Issued(_)));
}

#[test]
fn the_record_of_a_flow_holds_no_code_and_no_token() {
    let office = office();
    let made = NewOffer { tx_code: Some((6, None)), ..new_offer() }.make(&office.randomness);
    let record = serde_json::to_string(&made.flow).unwrap();
    assert!(!record.contains(made.code.expose()));
    assert!(!record.contains(made.tx_code.unwrap().expose()));
    let (flow, token) = office.with_token();
    assert!(!serde_json::to_string(&flow).unwrap().contains(token.expose()));
}

#[test]
fn a_token_that_lives_longer_than_five_minutes_is_given_with_a_proof_alone() {
    let office = office();
    let asked = |token_lifetime: i64, key: Option<&SigningKey>| {
        let made = NewOffer { token_lifetime, ..new_offer() }.make(&office.randomness);
        let proof = key.map(|key| office.proof_for_token(key));
        made.flow.token(&request(&made.code, None), proof.as_ref(), NOW, &office.randomness)
    };
    assert_eq!(asked(300, None).reply.unwrap().scheme, Scheme::Bearer);
    let refused = asked(301, None);
    let error = refused.reply.unwrap_err();
    assert_eq!((&error, error.code()), (&TokenError::Dpop(DpopError::Missing), "invalid_dpop_proof"));
    assert!(matches!(refused.next, Flow::Offered(_)), "the code is good for who proves a key");
    let key = SigningKey::generate(Algorithm::Es256, &office.randomness).unwrap();
    assert_eq!(asked(301, Some(&key)).reply.unwrap().scheme, Scheme::Dpop);
}
