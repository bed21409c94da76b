use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey};

use super::super::deferred::DeferredRequest;
use super::super::proof::{NewProof, self_contained_key};
use super::*;
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
    let fetch = |flow: &Flow, id: &SecretText| {
        let request = DeferredRequest { transaction_id: id.clone() };
        office.authorized(stored(flow), &token).deferred(&request, &office.randomness)
    };
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
    let expected = dpop::Expected {
        method: Method::Post,
        url: "https://office.example/token",
        access_token: None,
        bound_to: None,
        nonces: &office.nonces,
        nonce_required: false,
        now: NOW,
    };
    let first = dpop::verify([prove(&key, expected.url, None).as_str()], &expected).unwrap();
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
    assert_eq!(present(Scheme::Dpop, &[]).unwrap_err(), AccessError::Dpop(dpop::DpopError::Missing));
    let thief = SigningKey::generate(Algorithm::Es256, &office.randomness).unwrap();
    let stolen = prove(&thief, ENDPOINT, Some(token.expose()));
    assert_eq!(present(Scheme::Dpop, &[&stolen]).unwrap_err(), AccessError::Dpop(dpop::DpopError::OtherKey));
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
