use super::*;
use crate::authority::{LeafRequest, Template, Validity};
use crate::network_list::Role;
use crate::testing::{Flaw, NOW, TestNetwork};
use environment::SeededRandomness;
use jose::Signer;

const DID: &str = "did:webvh:QmTest:harbour.localhost";
const HOST: &str = "harbour.localhost";
const REQUEST: Purpose = Purpose::RequestSigning;

fn good(network: &TestNetwork, role: Role, purpose: Purpose) -> CertificateChain {
    network.chain(role, DID, HOST, purpose, network.key().public_jwk())
}

fn verify_request(network: &TestNetwork, chain: &CertificateChain) -> Result<Path, PathError> {
    verify(chain, network.descriptor().root(), REQUEST, NOW)
}

#[test]
fn a_good_chain_tells_the_key_the_purpose_and_the_sub_authority() {
    let network = TestNetwork::new();
    for (role, under) in [(Role::Office, SubAuthority::Offices), (Role::Space, SubAuthority::Spaces)] {
        for purpose in [Purpose::RequestSigning, Purpose::CredentialIssuing] {
            let key = network.key();
            let chain = network.chain(role, DID, HOST, purpose, key.public_jwk());
            let path = verify(&chain, network.descriptor().root(), purpose, NOW).unwrap();
            assert_eq!(path.under(), Some(under));
            assert_eq!(path.key(), key.public_jwk());
            assert_eq!(path.leaf().did(), Ok(DID));
            assert_eq!(path.leaf().host(), Ok(HOST));
            assert_eq!(path.purpose(), purpose);
        }
    }
}

#[test]
fn an_ed25519_leaf_verifies() {
    let network = TestNetwork::new();
    let key = jose::SigningKey::generate(jose::Algorithm::EdDsa, &SeededRandomness::new(9)).unwrap();
    let chain = network.chain(Role::Space, DID, HOST, REQUEST, key.public_jwk());
    assert_eq!(verify_request(&network, &chain).unwrap().key(), key.public_jwk());
}

#[test]
fn every_flaw_is_refused_for_its_own_reason() {
    let network = TestNetwork::new();
    let now = NOW.seconds();
    for flaw in Flaw::ALL {
        let chain = network.bad_chain(*flaw, Role::Space, DID, HOST, REQUEST, &network.key());
        let expected = match flaw {
            Flaw::Expired => Some(PathError::Expired { not_after: now - 86_400, now }),
            Flaw::NotYetValid => Some(PathError::NotYetValid { not_before: now + 86_400, now }),
            Flaw::LeafBelowLeaf => Some(PathError::NotAnAuthority { position: 1 }),
            Flaw::SelfSigned => Some(PathError::SelfSigned { position: 0 }),
            Flaw::AnchorIncluded => Some(PathError::AnchorIncluded { position: 2 }),
            Flaw::WrongUsage | Flaw::TwoUsages => Some(PathError::WrongPurpose),
            Flaw::TwoUris => Some(PathError::Leaf(CertificateError::NotOneUri { count: 2 })),
            Flaw::LeafIsAuthority => Some(PathError::LeafIsAuthority),
            Flaw::OtherRoot => Some(PathError::UnknownIssuer),
            Flaw::AuthorityBeside => Some(PathError::WrongLength { expected: 2, actual: 3 }),
            // The chain itself is good; that its names are those of another party is found by `admit`.
            Flaw::OtherDid | Flaw::OtherHost => None,
        };
        assert_eq!(verify_request(&network, &chain).err(), expected, "{flaw:?}");
    }
}

#[test]
fn a_leaf_for_credentials_signs_no_requests() {
    let network = TestNetwork::new();
    let chain = good(&network, Role::Space, Purpose::CredentialIssuing);
    assert_eq!(verify_request(&network, &chain), Err(PathError::WrongPurpose));
}

#[test]
fn a_chain_without_its_sub_authority_is_refused() {
    let network = TestNetwork::new();
    let chain = good(&network, Role::Space, REQUEST);
    let bare = CertificateChain::new(chain.leaf().clone(), Vec::new());
    assert_eq!(verify_request(&network, &bare), Err(PathError::WrongLength { expected: 2, actual: 1 }));
}

#[test]
fn the_sub_authority_of_the_other_role_does_not_stand_in() {
    let network = TestNetwork::new();
    let chain = good(&network, Role::Space, REQUEST);
    let swapped = CertificateChain::new(chain.leaf().clone(), vec![network.offices.certificate().clone()]);
    assert_eq!(verify_request(&network, &swapped), Err(PathError::OutOfOrder { position: 0 }));
}

#[test]
fn certificates_out_of_order_or_not_needed_are_refused() {
    let network = TestNetwork::new();
    let chain = good(&network, Role::Space, REQUEST);
    let padded = CertificateChain::new(
        chain.leaf().clone(),
        vec![network.spaces.certificate().clone(), network.offices.certificate().clone()],
    );
    assert_eq!(verify_request(&network, &padded), Err(PathError::OutOfOrder { position: 1 }));
}

#[test]
fn a_signature_by_another_key_under_the_right_names_is_refused() {
    let network = TestNetwork::new();
    let twin = TestNetwork::seeded(2);
    let forged = good(&twin, Role::Space, REQUEST);
    let mixed = CertificateChain::new(forged.leaf().clone(), vec![network.spaces.certificate().clone()]);
    assert_eq!(verify_request(&network, &mixed), Err(PathError::UnknownIssuer));
}

#[test]
fn an_unmarked_sub_authority_gives_no_role_and_one_marked_twice_neither() {
    let network = TestNetwork::new();
    let randomness = SeededRandomness::new(5);
    for policies in [vec![], SubAuthority::ALL.iter().map(|mark| mark.policy_oid()).collect()] {
        let (middle_key, key) = (network.key(), network.key());
        let template = Template {
            authority: Some(0),
            policies,
            ..Template::new("Other".to_owned(), middle_key.public_jwk(), Validity::days(NOW, 100))
        };
        let middle = network.root.build(&template, &randomness).unwrap();
        let middle = crate::authority::Authority::from_parts(middle, middle_key).unwrap();
        let request = LeafRequest::Party { did: DID, host: HOST, purpose: REQUEST, key: key.public_jwk() };
        let leaf = middle.leaf(request, Validity::days(NOW, 90), &randomness).unwrap();
        let chain = CertificateChain::new(leaf, vec![middle.certificate().clone()]);
        assert_eq!(verify_request(&network, &chain), Err(PathError::UnmarkedSubAuthority));
    }
}

/// A chain below a sub-authority of spaces that the root made of `template`.
fn below(network: &TestNetwork, template: Template, key: jose::SigningKey) -> CertificateChain {
    let randomness = SeededRandomness::new(5);
    let middle = network.root.build(&template, &randomness).unwrap();
    let middle = crate::authority::Authority::from_parts(middle, key).unwrap();
    let leaf_key = network.key();
    let request = LeafRequest::Party { did: DID, host: HOST, purpose: REQUEST, key: leaf_key.public_jwk() };
    let leaf = middle.leaf(request, Validity::days(NOW, 90), &randomness).unwrap();
    CertificateChain::new(leaf, vec![middle.certificate().clone()])
}

fn sub_authority_template(key: &jose::SigningKey) -> Template {
    Template {
        authority: Some(0),
        policies: vec![SubAuthority::Spaces.policy_oid()],
        purposes: vec![REQUEST.oid()],
        ..Template::new("Constrained".to_owned(), key.public_jwk(), Validity::days(NOW, 100))
    }
}

#[test]
fn a_host_outside_the_name_constraints_of_its_sub_authority_is_refused() {
    let network = TestNetwork::new();
    for (permitted, outcome) in [("localhost", Ok(())), ("example.org", Err(PathError::NameConstraint))] {
        let key = network.key();
        let template = Template { permitted: vec![permitted.to_owned()], ..sub_authority_template(&key) };
        let chain = below(&network, template, key);
        assert_eq!(verify_request(&network, &chain).map(drop), outcome, "{permitted}");
    }
}

#[test]
fn a_sub_authority_whose_key_usage_forbids_certifying_certifies_nobody() {
    let network = TestNetwork::new();
    for (certifies, outcome) in [(true, Ok(())), (false, Err(PathError::MayNotCertify { position: 1 }))] {
        let key = network.key();
        let chain = below(&network, Template { certifies, ..sub_authority_template(&key) }, key);
        assert_eq!(verify_request(&network, &chain).map(drop), outcome, "{certifies}");
    }
}

#[test]
fn a_sub_authority_certifies_only_for_the_purposes_that_it_bears() {
    let network = TestNetwork::new();
    for (purpose, outcome) in [(REQUEST, Ok(())), (Purpose::CredentialIssuing, Err(PathError::WrongPurpose))]
    {
        let key = network.key();
        let template = Template { purposes: vec![purpose.oid()], ..sub_authority_template(&key) };
        let chain = below(&network, template, key);
        assert_eq!(verify_request(&network, &chain).map(drop), outcome, "{purpose:?}");
    }
}

#[test]
fn a_sub_authority_cannot_make_a_registrar_or_a_list_signer() {
    let network = TestNetwork::new();
    for purpose in [Purpose::Registrar, Purpose::NetworkList] {
        let key = network.key();
        let template = Template {
            purposes: vec![purpose.oid()],
            ..Template::new("Usurper".to_owned(), key.public_jwk(), Validity::days(NOW, 90))
        };
        let leaf = network.spaces.build(&template, &SeededRandomness::new(6)).unwrap();
        let chain = CertificateChain::new(leaf.clone(), vec![network.spaces.certificate().clone()]);
        let verified = verify(&chain, network.descriptor().root(), purpose, NOW);
        assert_eq!(verified, Err(PathError::WrongLength { expected: 1, actual: 2 }));
        let bare =
            verify(&CertificateChain::new(leaf, Vec::new()), network.descriptor().root(), purpose, NOW);
        assert_eq!(bare, Err(PathError::UnknownIssuer));
    }
    let (chain, _) = &network.registrar;
    assert!(verify(chain, network.descriptor().root(), Purpose::Registrar, NOW).is_ok());
    let other = verify(chain, network.descriptor().root(), Purpose::NetworkList, NOW);
    assert_eq!(other, Err(PathError::WrongPurpose));
}

#[test]
fn the_root_too_must_be_valid_at_the_time() {
    let network = TestNetwork::new();
    let chain = good(&network, Role::Space, REQUEST);
    let late = network.root.certificate().not_after().plus(1);
    assert!(matches!(
        verify(&chain, network.descriptor().root(), REQUEST, late),
        Err(PathError::Expired { .. })
    ));
}

#[test]
fn the_last_second_of_validity_counts_and_the_next_does_not() {
    let network = TestNetwork::new();
    let chain = good(&network, Role::Space, REQUEST);
    let last = chain.leaf().not_after();
    let at = |now| verify(&chain, network.descriptor().root(), REQUEST, now);
    assert!(at(last).is_ok());
    let now = last.plus(1).seconds();
    assert_eq!(at(last.plus(1)), Err(PathError::Expired { not_after: last.seconds(), now }));
}

#[test]
fn a_remembered_path_is_checked_for_validity_again_and_not_for_another_purpose() {
    let network = TestNetwork::new();
    let cache = PathCache::new(2);
    let chain = good(&network, Role::Space, REQUEST);
    let root = network.descriptor().root();
    let first = cache.verify(&chain, root, REQUEST, NOW).unwrap();
    assert_eq!(cache.verify(&chain, root, REQUEST, NOW.plus(60)), Ok(first));
    let late = chain.leaf().not_after().plus(1);
    assert!(matches!(cache.verify(&chain, root, REQUEST, late), Err(PathError::Expired { .. })));
    let other = cache.verify(&chain, root, Purpose::CredentialIssuing, NOW);
    assert_eq!(other, Err(PathError::WrongPurpose));
    let twin = TestNetwork::seeded(2);
    assert!(cache.verify(&chain, twin.descriptor().root(), REQUEST, NOW).is_err());
}

#[test]
fn the_cache_stays_within_its_bound() {
    let network = TestNetwork::new();
    let cache = PathCache::new(2);
    for _ in 0..4 {
        let chain = good(&network, Role::Space, REQUEST);
        cache.verify(&chain, network.descriptor().root(), REQUEST, NOW).unwrap();
    }
    assert_eq!(cache.len(), 2);
}

#[test]
fn a_sub_authority_is_no_network_root() {
    let network = TestNetwork::new();
    assert!(NetworkRoot::new(network.root.certificate().clone()).is_ok());
    let other = NetworkRoot::new(network.spaces.certificate().clone());
    assert_eq!(other, Err(CertificateError::Malformed));
}

mod foreign {
    use super::*;
    use std::sync::Arc;

    use crate::foreign::{ForeignAnchors, ForeignAnchorsError, ForeignPathCache, dangerous_verify_foreign};

    fn anchors(network: &TestNetwork) -> ForeignAnchors {
        ForeignAnchors::from_pem(&network.root.certificate().to_pem()).unwrap()
    }

    #[test]
    fn any_root_of_the_file_is_taken_whatever_the_leafs_usage() {
        let network = TestNetwork::new();
        let other = TestNetwork::seeded(3);
        let both = format!("{}{}", other.root.certificate().to_pem(), network.root.certificate().to_pem());
        let both = ForeignAnchors::from_pem(&both).unwrap();
        let key = network.key();
        let chain = network.bad_chain(Flaw::WrongUsage, Role::Space, DID, HOST, REQUEST, &key);
        let path = dangerous_verify_foreign(&chain, &both, NOW).unwrap();
        assert_eq!(path.key(), key.public_jwk());
    }

    fn ders(chain: &CertificateChain) -> Vec<Vec<u8>> {
        chain.certificates().map(|certificate| certificate.der().to_vec()).collect()
    }

    #[test]
    fn a_remembered_foreign_path_is_what_verifying_it_anew_would_give() {
        let network = TestNetwork::new();
        let cache = ForeignPathCache::new(2);
        let (chain, anchors) = (good(&network, Role::Space, REQUEST), anchors(&network));
        let ders = ders(&chain);
        for now in [NOW, NOW.plus(60), chain.leaf().not_after().plus(1), chain.leaf().not_before().minus(1)] {
            let anew = dangerous_verify_foreign(&chain, &anchors, now).map(|path| path.key().clone());
            let remembered = cache.dangerous_verify(&ders, &anchors, now).map(|path| path.key().clone());
            assert_eq!(remembered, anew, "{now:?}");
        }
        assert_eq!(cache.len(), 1);
        let first = cache.dangerous_verify(&ders, &anchors, NOW).unwrap();
        assert!(Arc::ptr_eq(&first, &cache.dangerous_verify(&ders, &anchors, NOW).unwrap()));
    }

    #[test]
    fn a_remembered_foreign_path_ends_with_its_anchor() {
        let network = TestNetwork::new();
        let path = dangerous_verify_foreign(&good(&network, Role::Space, REQUEST), &anchors(&network), NOW);
        let (path, root) = (path.unwrap(), network.root.certificate());
        let ends = path.chain().certificates().chain([root]).map(Certificate::not_after).min().unwrap();
        assert_eq!(path.check_validity(ends), Ok(()));
        assert!(matches!(path.check_validity(ends.plus(1)), Err(PathError::Expired { .. })));
        let begins = path.chain().certificates().chain([root]).map(Certificate::not_before).max().unwrap();
        assert!(matches!(path.check_validity(begins.minus(1)), Err(PathError::NotYetValid { .. })));
    }

    #[test]
    fn a_path_is_not_remembered_for_other_anchors_nor_for_a_chain_with_another_byte() {
        let network = TestNetwork::new();
        let cache = ForeignPathCache::new(4);
        let ders = ders(&good(&network, Role::Space, REQUEST));
        cache.dangerous_verify(&ders, &anchors(&network), NOW).unwrap();
        let twin = TestNetwork::seeded(2);
        assert!(cache.dangerous_verify(&ders, &anchors(&twin), NOW).is_err());
        for position in 0..ders.len() {
            let mut bent = ders.clone();
            *bent[position].last_mut().unwrap() ^= 1;
            assert!(cache.dangerous_verify(&bent, &anchors(&network), NOW).is_err(), "{position}");
        }
        assert!(cache.dangerous_verify(&ders[..1], &anchors(&network), NOW).is_err());
        assert!(cache.dangerous_verify(&[], &anchors(&network), NOW).is_err());
        assert_eq!(cache.len(), 1, "what is refused is not remembered");
    }

    #[test]
    fn remembered_foreign_paths_stay_within_their_bound() {
        let network = TestNetwork::new();
        let cache = ForeignPathCache::new(2);
        for _ in 0..4 {
            let ders = ders(&good(&network, Role::Space, REQUEST));
            cache.dangerous_verify(&ders, &anchors(&network), NOW).unwrap();
        }
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn what_breaks_a_chain_breaks_it_outside_a_network_too() {
        let network = TestNetwork::new();
        for flaw in [
            Flaw::Expired,
            Flaw::NotYetValid,
            Flaw::LeafBelowLeaf,
            Flaw::SelfSigned,
            Flaw::AnchorIncluded,
            Flaw::LeafIsAuthority,
            Flaw::OtherRoot,
        ] {
            let chain = network.bad_chain(flaw, Role::Space, DID, HOST, REQUEST, &network.key());
            assert_eq!(
                dangerous_verify_foreign(&chain, &anchors(&network), NOW).err(),
                verify_request(&network, &chain).err(),
                "{flaw:?}"
            );
        }
    }

    #[test]
    fn an_authority_that_certified_nothing_in_a_chain_is_no_part_of_it() {
        let network = TestNetwork::new();
        let key = network.key();
        let beside = network.bad_chain(Flaw::AuthorityBeside, Role::Space, DID, HOST, REQUEST, &key);
        let refused = dangerous_verify_foreign(&beside, &anchors(&network), NOW).err();
        assert_eq!(refused, Some(PathError::OutOfOrder { position: 1 }));
        // Right above a leaf that the anchor itself certified.
        let template =
            || Template::new("Leaf".to_owned(), network.key().public_jwk(), Validity::days(NOW, 90));
        let leaf = network.root.build(&template(), &SeededRandomness::new(5)).unwrap();
        let stranger = beside.above().last().unwrap().clone();
        assert!(leaf.names_as_issuer(&stranger));
        let of_leaf = |above| CertificateChain::new(leaf.clone(), above);
        let refused = dangerous_verify_foreign(&of_leaf(vec![stranger]), &anchors(&network), NOW).err();
        assert_eq!(refused, Some(PathError::OutOfOrder { position: 0 }));
        // The near misses: without it both lead to the anchor, and every certificate is on the way.
        assert!(dangerous_verify_foreign(&of_leaf(Vec::new()), &anchors(&network), NOW).is_ok());
        let needed = CertificateChain::new(beside.leaf().clone(), beside.above()[..1].to_vec());
        assert!(dangerous_verify_foreign(&needed, &anchors(&network), NOW).is_ok());
    }

    #[test]
    fn two_authorities_above_one_another_are_both_on_the_path() {
        let network = TestNetwork::new();
        let randomness = SeededRandomness::new(5);
        let authority = |above: &crate::authority::Authority, name: &str, length| {
            let key = network.key();
            let template = Template {
                authority: Some(length),
                ..Template::new(name.to_owned(), key.public_jwk(), Validity::days(NOW, 100))
            };
            crate::authority::Authority::from_parts(above.build(&template, &randomness).unwrap(), key)
                .unwrap()
        };
        let upper = authority(&network.root, "Upper", 1);
        let lower = authority(&upper, "Lower", 0);
        let key = network.key();
        let request = LeafRequest::Party { did: DID, host: HOST, purpose: REQUEST, key: key.public_jwk() };
        let leaf = lower.leaf(request, Validity::days(NOW, 80), &randomness).unwrap();
        let above = vec![lower.certificate().clone(), upper.certificate().clone()];
        let chain = CertificateChain::new(leaf, above);
        assert!(dangerous_verify_foreign(&chain, &anchors(&network), NOW).is_ok());
        assert_eq!(chain.certified_by().count(), 3);
    }

    #[test]
    fn an_authority_key_identifier_that_its_certifier_does_not_bear_out_names_nobody() {
        let network = TestNetwork::new();
        let other = TestNetwork::seeded(2);
        let root = network.root.certificate().subject_key_identifier().unwrap();
        let spaces = network.spaces.certificate().subject_key_identifier().unwrap();
        let honest = good(&network, Role::Space, REQUEST);
        assert_eq!(honest.certified_by().collect::<Vec<_>>(), [spaces, root]);
        // The same leaf below another authority of that name: it says whose it is, and is not.
        let twin = other.spaces.certificate().clone();
        let swapped = CertificateChain::new(honest.leaf().clone(), vec![twin]);
        let of_twin = other.root.certificate().subject_key_identifier().unwrap();
        assert_eq!(swapped.certified_by().collect::<Vec<_>>(), [of_twin]);
        let alone = CertificateChain::new(honest.leaf().clone(), Vec::new());
        assert_eq!(alone.certified_by().collect::<Vec<_>>(), [spaces], "its certifier is the anchor");
    }

    #[test]
    fn an_authority_below_one_that_allows_none_is_refused() {
        let network = TestNetwork::new();
        let randomness = SeededRandomness::new(5);
        let (middle_key, key) = (network.key(), network.key());
        let template = Template {
            authority: Some(0),
            ..Template::new("Deeper".to_owned(), middle_key.public_jwk(), Validity::days(NOW, 80))
        };
        let middle = network.spaces.build(&template, &randomness).unwrap();
        let deeper = crate::authority::Authority::from_parts(middle, middle_key).unwrap();
        let request = LeafRequest::Party { did: DID, host: HOST, purpose: REQUEST, key: key.public_jwk() };
        let leaf = deeper.leaf(request, Validity::days(NOW, 70), &randomness).unwrap();
        let above = vec![deeper.certificate().clone(), network.spaces.certificate().clone()];
        let chain = CertificateChain::new(leaf, above);
        let verified = dangerous_verify_foreign(&chain, &anchors(&network), NOW).map(drop);
        assert_eq!(verified.err(), Some(PathError::PathLength));
        let in_network = verify_request(&network, &chain);
        assert_eq!(in_network, Err(PathError::WrongLength { expected: 2, actual: 3 }));
    }

    #[test]
    fn a_file_with_a_self_signed_leaf_is_refused() {
        let network = TestNetwork::new();
        let chain = network.bad_chain(Flaw::SelfSigned, Role::Space, DID, HOST, REQUEST, &network.key());
        let anchors = ForeignAnchors::from_pem(&chain.leaf().to_pem()).map(drop);
        assert_eq!(anchors, Err(ForeignAnchorsError::NotAnAuthority { position: 0 }));
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        let anchors = ForeignAnchors::from_pem("nothing").map(drop);
        assert_eq!(anchors, Err(ForeignAnchorsError::Certificate(CertificateError::NoPem)));
    }
}
