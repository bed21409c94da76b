use environment::SeededRandomness;
use jose::jws::JwsError;
use jose::jwt::ClaimError;
use jose::{Algorithm, SigningKey};
use serde_json::json;

use super::*;

const DID: &str = "did:webvh:Qm:office.example:ada";
const OFFICE: &str = "did:webvh:Qo:office.example";
const SPACE: &str = "did:webvh:Qs:kiln.example";
const NUMBER: &str = "HRB1000000000";
const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);
const DAY: i64 = 86_400;

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn ready(seed: u64) -> VerifyingKey {
    VerifyingKey::new(key(seed).public_jwk()).unwrap()
}

fn statement() -> HolderStatement {
    HolderStatement::new(DID, NUMBER, NOW)
}

fn token() -> BindingToken {
    BindingToken {
        office: OFFICE.to_owned(),
        audience: SPACE.to_owned(),
        number: NUMBER.to_owned(),
        did: DID.to_owned(),
        holder: statement().sign(&key(1)).unwrap(),
        issued_at: NOW.seconds(),
        expires_at: NOW.plus(LONGEST_BINDING).seconds(),
    }
}

/// Member 1 and office 2 have said these; a space reads them.
fn read(token: &BindingToken, now: Timestamp) -> Result<HolderStatement, MessageError> {
    let header = Map::from_iter([("x5c".to_owned(), json!(["AA"]))]);
    let message = token.sign(&format!("{OFFICE}#issuing"), header, &key(2)).unwrap();
    let token = BindingToken::verify(&message, &ready(2), OFFICE, SPACE, NUMBER, now)?;
    token.verify_holder(&ready(1), now)
}

fn verify(statement: &HolderStatement, now: Timestamp) -> Result<(), MessageError> {
    let message = statement.sign(&key(1)).unwrap();
    HolderStatement::verify(&message, &ready(1), DID, NUMBER, now).map(drop)
}

#[test]
fn a_statement_counts_for_its_did_and_number_for_ninety_days() {
    let longest = statement();
    assert_eq!(longest.expires_at - longest.issued_at, 90 * DAY);
    assert_eq!(verify(&longest, NOW), Ok(()));
    assert_eq!(verify(&longest, NOW.plus(LONGEST_STATEMENT + 59)), Ok(()));
    let late = verify(&longest, NOW.plus(LONGEST_STATEMENT + 60));
    assert!(matches!(late, Err(MessageError::Claim(ClaimError::Expired { .. }))), "{late:?}");
    assert_eq!(verify(&longest, NOW.minus(60)), Ok(()));
    assert_eq!(verify(&longest, NOW.minus(61)), Err(MessageError::Malformed));
    let longer = HolderStatement { expires_at: longest.expires_at + 1, ..longest.clone() };
    assert_eq!(verify(&longer, NOW), Err(MessageError::LivesTooLong));
    let backwards =
        HolderStatement { issued_at: NOW.seconds() + 30, expires_at: NOW.seconds() + 29, ..longest.clone() };
    assert_eq!(verify(&backwards, NOW), Err(MessageError::LivesTooLong));
    let other = HolderStatement { number: "HRB1000000001".to_owned(), ..longest.clone() };
    assert_eq!(verify(&other, NOW), Err(MessageError::OtherNumber));
    let other = HolderStatement { did: format!("{DID}0"), ..longest };
    assert_eq!(verify(&other, NOW), Err(MessageError::ForeignKey));
}

#[test]
fn a_statement_is_signed_by_the_key_sign_of_its_did_and_by_no_other() {
    let message = statement().sign(&key(3)).unwrap();
    let foreign = HolderStatement::verify(&message, &ready(1), DID, NUMBER, NOW);
    assert_eq!(foreign, Err(MessageError::Signature(JwsError::BadSignature)));
    for kid in [format!("{DID}#seal"), format!("{DID}#"), DID.to_owned(), format!("{DID}#sign#sign")] {
        let message = signed::sign(HOLDER_TYPE, &kid, &statement(), &key(1)).unwrap();
        assert_eq!(speaker(&message), Err(MessageError::ForeignKey), "{kid}");
        let refused = HolderStatement::verify(&message, &ready(1), DID, NUMBER, NOW);
        assert_eq!(refused, Err(MessageError::ForeignKey), "{kid}");
    }
    let message = statement().sign(&key(1)).unwrap();
    assert_eq!((speaker(&message), number_in(&message)), (Ok(DID.to_owned()), Ok(NUMBER.to_owned())));
    // A wish of the same member is no statement.
    let wish = Renumber::new(DID, OFFICE, NUMBER, NOW, &SeededRandomness::new(1)).sign(&key(1)).unwrap();
    let refused = HolderStatement::verify(&wish, &ready(1), DID, NUMBER, NOW);
    assert!(matches!(refused, Err(MessageError::Signature(JwsError::WrongType { .. }))), "{refused:?}");
}

#[test]
fn a_statement_without_an_end_is_refused() {
    let claims = json!({"iss": DID, "number": NUMBER, "iat": NOW.seconds()});
    let message = signed::sign(HOLDER_TYPE, &key_id(DID), &claims, &key(1)).unwrap();
    let refused = HolderStatement::verify(&message, &ready(1), DID, NUMBER, NOW);
    assert_eq!(refused, Err(MessageError::Malformed));
}

#[test]
fn a_statement_is_due_when_less_than_half_of_its_life_is_left() {
    let HolderStatement { issued_at, expires_at, .. } = statement();
    let due = |days: i64| HolderStatement::is_due(issued_at, expires_at, NOW.plus(days * DAY));
    assert!(!due(0) && !due(45));
    assert!(due(46) && due(89) && due(100));
}

#[test]
fn a_token_counts_with_both_halves_for_one_asker_and_number_for_a_day() {
    assert_eq!(read(&token(), NOW), Ok(statement()));
    assert_eq!(read(&token(), NOW.plus(DAY + 59)), Ok(statement()));
    let late = read(&token(), NOW.plus(DAY + 60));
    assert!(matches!(late, Err(MessageError::Claim(ClaimError::Expired { .. }))), "{late:?}");
    let longer = BindingToken { expires_at: NOW.plus(DAY + 1).seconds(), ..token() };
    assert_eq!(read(&longer, NOW), Err(MessageError::LivesTooLong));
    let other = BindingToken { audience: format!("{SPACE}0"), ..token() };
    assert_eq!(read(&other, NOW), Err(MessageError::OtherAudience));
    let other = BindingToken { number: "HRB1000000001".to_owned(), ..token() };
    assert_eq!(read(&other, NOW), Err(MessageError::OtherNumber));
    let other = BindingToken { office: format!("{OFFICE}0"), ..token() };
    assert_eq!(read(&other, NOW), Err(MessageError::ForeignKey));
}

#[test]
fn an_office_cannot_bind_a_number_to_a_did_that_did_not_say_so() {
    // Another DID beside the member's statement.
    let swapped = BindingToken { did: format!("{DID}0"), ..token() };
    assert_eq!(read(&swapped, NOW), Err(MessageError::ForeignKey));
    // A statement that the office made itself, with any key it has.
    let forged = BindingToken { holder: statement().sign(&key(2)).unwrap(), ..token() };
    assert_eq!(read(&forged, NOW), Err(MessageError::Signature(JwsError::BadSignature)));
    // The member's statement about another number.
    let other = HolderStatement { number: "HRB1000000001".to_owned(), ..statement() };
    let other = BindingToken { holder: other.sign(&key(1)).unwrap(), ..token() };
    assert_eq!(read(&other, NOW), Err(MessageError::OtherNumber));
    // A statement that has ended, in a token of today.
    let old =
        HolderStatement { expires_at: NOW.seconds() - 61, issued_at: NOW.seconds() - DAY, ..statement() };
    let old = BindingToken { holder: old.sign(&key(1)).unwrap(), ..token() };
    assert!(matches!(read(&old, NOW), Err(MessageError::Claim(ClaimError::Expired { .. }))));
    // None at all.
    let none = BindingToken { holder: String::new(), ..token() };
    assert_eq!(read(&none, NOW), Err(MessageError::Signature(JwsError::Malformed)));
}

#[test]
fn a_wish_counts_for_one_office_and_five_minutes() {
    let randomness = SeededRandomness::new(1);
    let wish = Renumber::new(DID, OFFICE, NUMBER, NOW, &randomness);
    let list = Blocks::new(DID, OFFICE, vec![SPACE.to_owned()], NOW, &randomness);
    let (wish_text, list_text) = (wish.sign(&key(1)).unwrap(), list.sign(&key(1)).unwrap());
    let wished = |office: &str, now| Renumber::verify(&wish_text, &ready(1), DID, office, now);
    let listed = |office: &str, now| Blocks::verify(&list_text, &ready(1), DID, office, now);
    for now in [NOW, NOW.minus(60), NOW.plus(360)] {
        assert_eq!(wished(OFFICE, now), Ok(wish.clone()));
        assert_eq!(listed(OFFICE, now), Ok(list.clone()));
    }
    for now in [NOW.minus(61), NOW.plus(361)] {
        assert_eq!(wished(OFFICE, now), Err(MessageError::Malformed));
        assert_eq!(listed(OFFICE, now), Err(MessageError::Malformed));
    }
    assert_eq!(wished(SPACE, NOW), Err(MessageError::OtherAudience));
    assert_eq!(listed(SPACE, NOW), Err(MessageError::OtherAudience));
    assert!(matches!(
        Renumber::verify(&list_text, &ready(1), DID, OFFICE, NOW),
        Err(MessageError::Signature(JwsError::WrongType { .. }))
    ));
    let by_another = wish.sign(&key(3)).unwrap();
    let refused = Renumber::verify(&by_another, &ready(1), DID, OFFICE, NOW);
    assert_eq!(refused, Err(MessageError::Signature(JwsError::BadSignature)));
}

#[test]
fn a_statement_is_left_by_a_wish_that_spaces_do_not_see() {
    let holder = statement().sign(&key(1)).unwrap();
    let wish = Stating::new(DID, OFFICE, holder.clone(), NOW, &SeededRandomness::new(1));
    let message = wish.sign(&key(1)).unwrap();
    let read = |message: &str, office: &str, now| Stating::verify(message, &ready(1), DID, office, now);
    assert_eq!(read(&message, OFFICE, NOW), Ok(wish.clone()));
    assert_eq!(read(&message, OFFICE, NOW.plus(360)), Ok(wish.clone()));
    assert_eq!(read(&message, OFFICE, NOW.plus(361)), Err(MessageError::Malformed));
    assert_eq!(wish.taken_until(), NOW.plus(361));
    assert_eq!(read(&message, SPACE, NOW), Err(MessageError::OtherAudience));
    let of_the_space = read(&holder, OFFICE, NOW);
    assert!(matches!(of_the_space, Err(MessageError::Signature(JwsError::WrongType { .. }))));
    let by_another = wish.sign(&key(3)).unwrap();
    assert_eq!(read(&by_another, OFFICE, NOW), Err(MessageError::Signature(JwsError::BadSignature)));
}

#[test]
fn no_more_than_256_spaces_are_blocked() {
    let verify = |count: usize| {
        let blocked = vec![SPACE.to_owned(); count];
        let list = Blocks::new(DID, OFFICE, blocked, NOW, &SeededRandomness::new(1)).sign(&key(1)).unwrap();
        Blocks::verify(&list, &ready(1), DID, OFFICE, NOW).map(drop)
    };
    assert_eq!(verify(256), Ok(()));
    assert_eq!(verify(257), Err(MessageError::Malformed));
}

#[test]
fn debug_output_holds_neither_number_nor_did() {
    let stating = Stating::new(DID, OFFICE, NUMBER.to_owned(), NOW, &SeededRandomness::new(1));
    let shown = format!("{:?} {:?} {stating:?}", statement(), token());
    assert!(!shown.contains("HRB1") && !shown.contains("did:"), "{shown}");
}
