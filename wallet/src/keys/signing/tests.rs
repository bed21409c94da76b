use environment::SeededRandomness;

use super::*;

#[test]
fn what_is_drawn_again_is_the_same_and_goes_on_where_it_ended() {
    let source = SeededRandomness::new(3);
    let repeatable = Repeatable::of(&source);
    let randomness: &dyn Randomness = &repeatable;
    let (first, second) = (randomness.bytes::<8>(), randomness.bytes::<8>());
    repeatable.again();
    assert_eq!(randomness.bytes::<16>()[..8], first);
    repeatable.again();
    assert_eq!((randomness.bytes::<8>(), randomness.bytes::<8>()), (first, second));
    let further = randomness.bytes::<8>();
    assert!(further != first && further != second);
}

#[test]
fn a_signature_is_given_for_its_own_message_alone() {
    use jose::{Algorithm, SigningKey};
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let given = Given {
        public: key.public_jwk().clone(),
        message: b"this".to_vec(),
        signature: key.sign(b"this").unwrap(),
    };
    assert_eq!(given.sign(b"this").unwrap(), given.signature);
    assert_eq!(given.sign(b"that"), Err(SigningFailed));
}
