//! The `state` of a request (OpenID4VP 1.0 §5.2, §8.2), which tells which of its request objects is answered.
//!
//! A wallet that sends a wallet_nonce gets a request object that repeats it (§5.10), so one request has as many request
//! objects as wallets ask for it: a QR is read by bystanders, a link is previewed. Each object has a `state` of its own,
//! which holds the wallet_nonce under a MAC. What comes back in the answer thus names its object, and nothing is kept
//! when one is handed out: whoever fetches a thousand of them takes nothing from the one that is answered.

use std::fmt;

use environment::Randomness;
use jose::base64url;
use zeroize::Zeroizing;

use crate::mac;
use crate::secret::SecretText;

/// One of the request objects of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectFor {
    /// The one that is handed out to everybody who sends no wallet_nonce.
    Everybody,
    /// The one that repeats this wallet_nonce.
    Wallet(String),
}

/// The key of the MAC in the states of one request.
#[derive(Clone)]
pub struct StateKey(Zeroizing<[u8; 32]>);

impl StateKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self(Zeroizing::new(randomness.bytes()))
    }

    /// The key as text, for the sealed secrets of a request.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url::encode(self.0.as_ref()))
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        Some(Self(Zeroizing::new(base64url::decode_exact(text).ok()?)))
    }

    /// The state of an object: 256 bits that cannot be guessed, and the wallet_nonce if it repeats one.
    #[must_use]
    pub fn state(&self, object: &ObjectFor) -> SecretText {
        match object {
            ObjectFor::Everybody => SecretText::new(self.tag(b"passport-network state", "")),
            ObjectFor::Wallet(nonce) => {
                let tag = self.tag(b"passport-network state of a wallet", nonce);
                SecretText::new(format!("{tag}.{}", base64url::encode(nonce)))
            }
        }
    }

    /// The object with this state; none if the state is of no object of this request.
    #[must_use]
    pub fn object(&self, state: &str) -> Option<ObjectFor> {
        let object = match state.split_once('.') {
            None => ObjectFor::Everybody,
            Some((_, nonce)) => ObjectFor::Wallet(String::from_utf8(base64url::decode(nonce).ok()?).ok()?),
        };
        // The whole text is compared, in constant time: there is no second spelling.
        self.state(&object).hash().matches(state).then_some(object)
    }

    fn tag(&self, label: &[u8], body: &str) -> String {
        base64url::encode(mac::tag(&self.0, label, body.as_bytes()))
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StateKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::SeededRandomness;

    fn wallet(nonce: &str) -> ObjectFor {
        ObjectFor::Wallet(nonce.to_owned())
    }

    #[test]
    fn a_state_names_its_object_and_is_the_same_each_time() {
        let key = StateKey::generate(&SeededRandomness::new(1));
        for object in [ObjectFor::Everybody, wallet("n"), wallet("a.b c\u{e9}"), wallet(&"x".repeat(512))] {
            let state = key.state(&object);
            assert_eq!(key.object(state.expose()), Some(object.clone()));
            assert_eq!(key.state(&object), state);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            assert!(state.expose().len() >= 43 && state.expose().bytes().all(plain), "{object:?}");
            let stored = StateKey::from_text(&key.to_text()).unwrap();
            assert_eq!(stored.object(state.expose()), Some(object));
        }
    }

    #[test]
    fn what_is_near_a_state_names_nothing() {
        let (key, other) =
            (StateKey::generate(&SeededRandomness::new(1)), StateKey::generate(&SeededRandomness::new(2)));
        let everybody = key.state(&ObjectFor::Everybody).expose().to_owned();
        let one = key.state(&wallet("one")).expose().to_owned();
        let two = key.state(&wallet("two")).expose().to_owned();
        let (tag, nonce) = one.split_once('.').unwrap();
        let (_, other_nonce) = two.split_once('.').unwrap();
        for state in [
            "",
            ".",
            "x",
            tag,
            nonce,
            &format!("{tag}."),
            &format!(".{nonce}"),
            &format!("{tag}.{other_nonce}"),
            &format!("{everybody}.{nonce}"),
            &format!("{everybody}."),
            &format!("{one}="),
            &format!("{one}.{nonce}"),
            &one.to_uppercase(),
            other.state(&ObjectFor::Everybody).expose(),
            other.state(&wallet("one")).expose(),
        ] {
            assert_eq!(key.object(state), None, "{state}");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        assert_eq!(format!("{:?}", StateKey::generate(&SeededRandomness::new(1))), "StateKey");
    }
}
