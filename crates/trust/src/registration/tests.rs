use super::*;
use crate::testing::{NOW, TestNetwork};
use jose::SigningKey;

const DID: &str = "did:webvh:QmTest:harbour.localhost";
const PROFILE: &str = "urn:passport-network:profile:1";
const OWN: &str = "urn:passport-network:own:1";

fn content() -> RegistrationContent {
    serde_json::from_value(json!({
        "sub": DID,
        "sub_ln": "Harbour Cooperative",
        "name": "Harbour",
        "contacts": {"email": "hello@example.org"},
        "data_protection_contact": {"email": "privacy@example.org"},
        "supervisory_authority": {"name": "Data Protection Example", "contacts": {"uri": "https://dpa.example"}},
        "privacy_policy": "https://harbour.example/privacy",
        "intended_uses": [
            {"id": "join", "purpose": {"en": "Becoming a member"}, "legal_basis": "contract",
             "claims": [{"path": ["email"], "retention_days": 30}, {"path": ["address"], "retention_days": 10},
                        {"path": ["address", "locality"], "retention_days": 400}],
             "credential_types": [PROFILE, OWN]},
            {"id": "directory", "purpose": {"en": "Showing you to others"}, "legal_basis": "consent",
             "claims": [{"path": ["skills", null], "retention_days": 365}], "credential_types": [OWN]}
        ]
    }))
    .unwrap()
}

fn signed(network: &TestNetwork, content: &RegistrationContent) -> String {
    let (chain, key) = &network.registrar;
    sign(content, &network.network, chain, key, NOW, 30).unwrap()
}

fn verify(network: &TestNetwork, compact: &str, now: Timestamp) -> Result<Registration, RegistrationError> {
    Registration::verify(compact, network.descriptor(), DID, now)
}

fn resigned(
    network: &TestNetwork,
    signer: &(CertificateChain, SigningKey),
    change: &dyn Fn(&mut Value),
) -> String {
    let token = jws::Unverified::parse(&signed(network, &content())).unwrap();
    let mut claims = Value::Object(token.claims().unwrap());
    change(&mut claims);
    jwt::sign(TYPE, signer.0.to_header(), claims.as_object().unwrap(), &signer.1).unwrap()
}

fn registration(network: &TestNetwork) -> Registration {
    verify(network, &signed(network, &content()), NOW).unwrap()
}

fn asks(types: &[&str], paths: &[Value]) -> RequestedCredential {
    RequestedCredential {
        credential_types: types.iter().map(|vct| (*vct).to_owned()).collect(),
        claims: paths.iter().map(|path| ClaimPath::from_value(path).unwrap()).collect(),
    }
}

#[test]
fn a_registration_reads_back_and_carries_the_form_that_eudi_wallets_read() {
    let network = TestNetwork::new();
    let compact = signed(&network, &content());
    let registration = verify(&network, &compact, NOW).unwrap();
    assert_eq!(registration.content(), &content());
    assert_eq!(registration.compact(), compact);
    let claims = jws::Unverified::parse(&compact).unwrap().claims().unwrap();
    assert_eq!(
        claims["credentials"][1],
        json!({"format": "dc+sd-jwt", "meta": {"vct_values": [OWN]}, "claim": [{"path": ["skills", null]}]})
    );
}

#[test]
fn a_registration_is_of_its_type_alone() {
    let network = TestNetwork::new();
    let compact = signed(&network, &content());
    assert_eq!(jws::Unverified::parse(&compact).unwrap().header_text("typ"), Some("rc-wrp+jwt"));
    assert_eq!(FORMAT, "registration_cert");
    let claims = jws::Unverified::parse(&compact).unwrap().claims().unwrap();
    let (chain, key) = &network.registrar;
    for typ in ["JWT", "rc-rp+jwt", "RC-WRP+JWT", "application/rc-wrp+jwt", ""] {
        let other = jwt::sign(typ, chain.to_header(), &claims, key).unwrap();
        let error = verify(&network, &other, NOW).unwrap_err();
        assert!(matches!(error, RegistrationError::Jws(JwsError::WrongType { .. })), "{typ}: {error:?}");
    }
    let same = jwt::sign(TYPE, chain.to_header(), &claims, key).unwrap();
    assert!(verify(&network, &same, NOW).is_ok());
}

#[test]
fn the_registration_of_another_party_is_refused() {
    let network = TestNetwork::new();
    let compact = signed(&network, &content());
    let other = Registration::verify(&compact, network.descriptor(), "did:webvh:QmTest:kiln.localhost", NOW);
    assert_eq!(other, Err(RegistrationError::OtherSubject));
}

#[test]
fn an_expired_registration_is_refused() {
    let network = TestNetwork::new();
    let compact = signed(&network, &content());
    let expires = NOW.plus(LONGEST_VALIDITY);
    assert!(verify(&network, &compact, expires.minus(1)).is_ok());
    assert_eq!(
        verify(&network, &compact, expires),
        Err(RegistrationError::Claim(ClaimError::Expired {
            expired_at: expires.seconds(),
            now: expires.seconds()
        }))
    );
}

#[test]
fn a_registration_for_more_than_thirty_days_is_refused() {
    let network = TestNetwork::new();
    let long = resigned(&network, &network.registrar, &|claims| {
        claims["exp"] = json!(NOW.plus(LONGEST_VALIDITY + 1).seconds());
    });
    let seconds = LONGEST_VALIDITY + 1;
    assert_eq!(verify(&network, &long, NOW), Err(RegistrationError::ValidTooLong { seconds }));
    let endless = resigned(&network, &network.registrar, &|claims| {
        claims.as_object_mut().unwrap().remove("exp");
    });
    assert_eq!(verify(&network, &endless, NOW), Err(RegistrationError::Claim(ClaimError::Missing("exp"))));
}

#[test]
fn only_the_registrar_of_the_same_network_registers() {
    let network = TestNetwork::new();
    let unchanged: &dyn Fn(&mut Value) = &|_| {};
    let by_list_signer = resigned(&network, &network.list_signer, unchanged);
    assert_eq!(verify(&network, &by_list_signer, NOW), Err(RegistrationError::Path(PathError::WrongPurpose)));
    let twin = TestNetwork::seeded(2);
    let by_twin = resigned(&network, &twin.registrar, unchanged);
    assert_eq!(verify(&network, &by_twin, NOW), Err(RegistrationError::Path(PathError::UnknownIssuer)));
    let other = resigned(&network, &network.registrar, &|claims| claims["network"] = json!("urn:uuid:other"));
    assert_eq!(verify(&network, &other, NOW), Err(RegistrationError::OtherNetwork));
}

#[test]
fn a_registration_that_says_too_little_is_refused() {
    let network = TestNetwork::new();
    type Change<'a> = &'a dyn Fn(&mut Value);
    let cases: [(Change<'_>, ContentError); 8] = [
        (&|claims| claims["intended_uses"] = json!([]), ContentError::IntendedUses),
        (&|claims| claims["intended_uses"][1]["id"] = json!("join"), ContentError::IntendedUses),
        (&|claims| claims["intended_uses"][0]["purpose"] = json!({"en": " "}), ContentError::EmptyUse),
        (&|claims| claims["intended_uses"][0]["claims"] = json!([]), ContentError::EmptyUse),
        (&|claims| claims["intended_uses"][0]["legal_basis"] = json!("because"), ContentError::Malformed),
        (&|claims| claims["data_protection_contact"] = json!({}), ContentError::Unreachable),
        (&|claims| claims["privacy_policy"] = json!("javascript:alert(1)"), ContentError::PrivacyPolicy),
        (&|claims| drop(claims.as_object_mut().unwrap().remove("sub_ln")), ContentError::Malformed),
    ];
    for (change, error) in cases {
        let compact = resigned(&network, &network.registrar, change);
        assert_eq!(verify(&network, &compact, NOW), Err(RegistrationError::Content(error)));
    }
}

#[test]
fn what_is_registered_is_within_with_its_use_and_retention() {
    let registration = registration(&TestNetwork::new());
    let requested = [
        asks(&[PROFILE], &[json!(["email"]), json!(["address", "street_address"])]),
        asks(&[PROFILE, OWN], &[json!(["address", "locality"])]),
        asks(&[OWN], &[json!(["skills", 2])]),
    ];
    let within = within(&registration, None, &requested).unwrap();
    let terms: Vec<_> = within
        .claims()
        .iter()
        .map(|claim| (claim.path.to_string(), claim.intended_uses.join(" "), claim.retention_days))
        .collect();
    assert_eq!(
        terms,
        [
            ("email".to_owned(), "join".to_owned(), 30),
            ("address.street_address".to_owned(), "join".to_owned(), 10),
            ("address.locality".to_owned(), "join".to_owned(), 400),
            ("skills.2".to_owned(), "directory".to_owned(), 365),
        ]
    );
}

#[test]
fn of_several_uses_that_cover_a_claim_the_longest_retention_counts_unless_one_is_named() {
    let mut content = content();
    let mut late = content.intended_uses[0].clone();
    late.id = "late".to_owned();
    for claim in &mut late.claims {
        claim.retention_days = 1;
    }
    content.intended_uses.insert(0, late);
    let network = TestNetwork::new();
    let registration = verify(&network, &signed(&network, &content), NOW).unwrap();
    let email = [asks(&[PROFILE], &[json!(["email"])])];
    for (named, uses, days) in
        [(None, &["late", "join"][..], 30), (Some("late"), &["late"], 1), (Some("join"), &["join"], 30)]
    {
        let within = within(&registration, named, &email).unwrap();
        assert_eq!(within.claims()[0].intended_uses, uses);
        assert_eq!(within.claims()[0].retention_days, days, "{named:?}");
    }
}

#[test]
fn every_claim_beyond_the_registration_is_listed() {
    let registration = registration(&TestNetwork::new());
    let requested = [asks(&[PROFILE], &[json!(["email"]), json!(["birthdate"]), json!(["skills", null])])];
    let beyond = within(&registration, None, &requested).unwrap_err();
    let paths: Vec<_> = beyond.claims.iter().map(|(_, path)| path.to_string()).collect();
    // Skills are registered out of the member's own details only, not out of the profile.
    assert_eq!(paths, ["birthdate", "skills.*"]);
    assert_eq!(beyond.covered.len(), 1);
    assert_eq!(beyond.credentials, Vec::<Vec<String>>::new());
}

#[test]
fn a_query_that_another_type_would_satisfy_is_beyond() {
    let registration = registration(&TestNetwork::new());
    for types in [&[PROFILE, "https://example.org/id"][..], &[]] {
        let beyond = within(&registration, None, &[asks(types, &[json!(["email"])])]).unwrap_err();
        assert_eq!(beyond.claims.len(), 1);
    }
}

#[test]
fn the_bare_existence_of_an_unregistered_credential_is_beyond() {
    let registration = registration(&TestNetwork::new());
    assert!(within(&registration, None, &[asks(&[PROFILE], &[])]).is_ok());
    let beyond = within(&registration, None, &[asks(&["https://example.org/id"], &[])]).unwrap_err();
    assert_eq!(beyond.credentials, [["https://example.org/id"]]);
}

#[test]
fn a_named_use_counts_alone() {
    let registration = registration(&TestNetwork::new());
    let email = [asks(&[OWN], &[json!(["email"])])];
    assert!(within(&registration, Some("join"), &email).is_ok());
    assert!(within(&registration, Some("directory"), &email).is_err());
    assert!(within(&registration, Some("unknown"), &email).is_err());
}

#[test]
fn a_purpose_is_told_in_the_readers_language_or_in_english() {
    let mut intended_use = content().intended_uses.remove(0);
    intended_use.purpose.insert("es".to_owned(), "Hacerse socio".to_owned());
    assert_eq!(intended_use.purpose_in(&["es"]), "Hacerse socio");
    assert_eq!(intended_use.purpose_in(&["fr"]), "Becoming a member");
}

#[test]
fn one_registration_in_verifier_info_is_found_and_two_are_none() {
    let ours = to_verifier_info("a.b.c");
    let other = json!({"format": "jwt", "data": "x"});
    assert_eq!(from_verifier_info(&json!([other, ours])), Some("a.b.c"));
    assert_eq!(from_verifier_info(&json!([ours, to_verifier_info("d.e.f")])), None);
    assert_eq!(from_verifier_info(&json!([other])), None);
    assert_eq!(from_verifier_info(&json!("a.b.c")), None);
}
