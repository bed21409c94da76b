//! Copies of more than one network in one wallet (decision 0014).

use std::collections::BTreeSet;

use credentials::types;

use crate::records::{Copy, HeldCredential, JoinedNetwork};
use crate::trust::TrustedRequester;

/// The copies that `requester` would not take: those by which another network vouches for their issuer. The issuer itself knows
/// its own copies again, whatever network it has joined since, and gives new ones for them.
///
/// Networks are told apart by their identifiers: a name is for people, and two may have the same.
pub(super) fn of_other_networks(
    copies: &[Copy],
    requester: &TrustedRequester,
    joined: &[JoinedNetwork],
) -> BTreeSet<String> {
    let Some(asking) = requester.network_id.as_deref() else { return BTreeSet::new() };
    let is_elsewhere = |copy: &&Copy| {
        let mut ours = copy.credentials.iter().filter(|one| types::is_ours(&one.vct));
        ours.any(|one| {
            let is_its_own = one.issuer_did.is_some() && one.issuer_did == requester.did;
            network_of(one, joined) != Some(asking) && !is_its_own
        })
    };
    copies.iter().filter(is_elsewhere).map(|copy| copy.id.clone()).collect()
}

/// The identifier of the network that vouches for a copy. One of before has a name alone: it says as much as an identifier if
/// exactly one network of the wallet has it.
fn network_of<'a>(credential: &'a HeldCredential, joined: &'a [JoinedNetwork]) -> Option<&'a str> {
    if let Some(identifier) = &credential.network_id {
        return Some(identifier);
    }
    let name = credential.network.as_deref()?;
    let mut named = joined.iter().filter(|network| network.pinned("name") == Some(name));
    let only = named.next()?;
    if named.next().is_some() { None } else { only.pinned("network") }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::{Algorithm, SigningKey};
    use serde_json::{Value, json};
    use trust::{NetworkState, Role};

    use super::*;
    use crate::records::PrivateKey;

    const OFFICE: &str = "did:web:office.example.org";

    fn joined(identifier: &str, name: &str) -> JoinedNetwork {
        JoinedNetwork {
            place: identifier.to_owned(),
            descriptor: json!({"network": identifier, "name": name}),
            state: NetworkState::new(identifier),
            list: None,
        }
    }

    fn requester(network: &str, did: &str) -> TrustedRequester {
        TrustedRequester {
            name: "Kiln".to_owned(),
            did: Some(did.to_owned()),
            host: None,
            network: Some("Guild".to_owned()),
            network_id: Some(network.to_owned()),
            role: Some(Role::Space),
            brand_sites: Vec::new(),
            registration: None,
            key: None,
        }
    }

    /// A copy, as a vault holds it, with what is said of its network.
    fn copy(network: &Value) -> Copy {
        let mut credential = json!({
            "vct": types::PASSPORT, "configuration": "passport", "label": null, "issuer": "https://office.example.org",
            "issuer_name": "Office", "issuer_did": OFFICE, "network": null, "expires_at": null, "compact": "",
        });
        credential.as_object_mut().unwrap().extend(network.as_object().unwrap().clone());
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        Copy {
            id: "one".to_owned(),
            key: PrivateKey::of(&key),
            credentials: vec![serde_json::from_value(credential).unwrap()],
            received_at: 0,
            used_at: None,
        }
    }

    fn is_kept_back(network: &Value, requester: &TrustedRequester, joined: &[JoinedNetwork]) -> bool {
        !of_other_networks(&[copy(network)], requester, joined).is_empty()
    }

    #[test]
    fn a_network_that_calls_itself_as_another_is_shown_none_of_its_copies() {
        let networks = [joined("urn:a", "Guild"), joined("urn:b", "Guild")];
        let of_a = json!({"network": "Guild", "network_id": "urn:a"});
        assert!(!is_kept_back(&of_a, &requester("urn:a", "did:web:kiln"), &networks));
        assert!(is_kept_back(&of_a, &requester("urn:b", "did:web:kiln"), &networks));
        assert!(!is_kept_back(&of_a, &requester("urn:b", OFFICE), &networks), "its own issuer");
    }

    #[test]
    fn a_copy_of_before_belongs_to_the_one_network_of_its_name_and_to_none_if_there_are_two() {
        let of_before = json!({"network": "Guild"});
        let one = [joined("urn:a", "Guild"), joined("urn:b", "Other")];
        let two = [joined("urn:a", "Guild"), joined("urn:b", "Guild")];
        let renamed = [joined("urn:a", "Guilds"), joined("urn:b", "Other")];
        let ask = |networks: &[JoinedNetwork], network: &str| {
            is_kept_back(&of_before, &requester(network, "did:web:kiln"), networks)
        };
        assert!(!ask(&one, "urn:a"));
        assert!(ask(&one, "urn:b"));
        for networks in [&two, &renamed] {
            assert!(ask(networks, "urn:a") && ask(networks, "urn:b"));
        }
        let outside = TrustedRequester { network: None, network_id: None, ..requester("", "did:web:kiln") };
        assert!(!is_kept_back(&of_before, &outside, &one));
    }
}
