//! Certificates, registration certificates, the network list and what pins it.

use std::sync::OnceLock;

use jose::json;
use openid4vc::vp::request::VerifierInfo;
use serde_json::{Value, json};
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{
    Certificate, CertificateChain, ClaimPath, ForeignAnchors, NetworkDescriptor, NetworkList, Purpose,
    Registration, Role, dangerous_verify_foreign, is_did, is_host, path, registration,
};
use url::Url;

use crate::bytes::{Choices, one_byte_changed, say_the_same, text};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("certificate", certificate).made(certificates),
    Target::new("certificate_pem", certificate_pem)
        .made(|| vec![network().root().to_pem().into_bytes(), chain_pem().into_bytes()])
        .words(&["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "\r\n"]),
    Target::new("certificate_one_byte", certificate_one_byte),
    Target::new("certificate_chain", certificate_chain)
        .made(|| vec![network().party.request.0.to_value().to_string().into_bytes()])
        .published(&[files("openid4vp-1.0-examples", "request_object_client_id_x509_san_dns.json")]),
    Target::new("registration", registration_certificate)
        .made(|| vec![network().list.clone().into_bytes()])
        .words(&["rc-rp+jwt", "network", "intended_uses", "exp", "iat", "x5c"]),
    Target::new("network_list", network_list).made(|| vec![network().list.clone().into_bytes()]),
    Target::new("network_list_one_byte", network_list_one_byte),
    Target::new("network_descriptor", descriptor)
        .made(|| vec![network().network.descriptor().to_value().to_string().into_bytes()]),
    Target::new("registered_path", registered_path).made(|| {
        vec![br#"["a",null,"b",0]"#.to_vec(), br#"[{"format":"registration_cert","data":"x"}]"#.to_vec()]
    }),
    Target::new("names", names).made(|| vec![b"kiln.example".to_vec(), b"did:web:kiln.example".to_vec()]),
];

/// A network and a space in it.
struct Known {
    network: TestNetwork,
    party: TestParty,
    list: String,
}

impl Known {
    fn root(&self) -> &Certificate {
        self.network.descriptor().root().certificate()
    }
}

fn network() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let network = TestNetwork::new();
        let party = network.party(Role::Space, "did:web:kiln.example", "kiln.example");
        let list = network.sign_list(1, &[party.member(Role::Space)], NOW);
        Known { network, party, list }
    })
}

fn certificates() -> Vec<Vec<u8>> {
    let known = network();
    let chain = known.party.request.0.certificates().chain([known.root()]);
    chain.map(|certificate| certificate.der().to_vec()).collect()
}

fn chain_pem() -> String {
    network().party.request.0.certificates().map(Certificate::to_pem).collect()
}

/// What is read is kept byte for byte; no text in it is taken for a host or a DID that is none.
fn certificate(input: &[u8]) {
    let Ok(certificate) = Certificate::from_der(input) else { return };
    assert_eq!(certificate.der(), input);
    check_certificate(&certificate);
    let chain = CertificateChain::new(certificate, Vec::new());
    let taken = path::verify(&chain, network().network.descriptor().root(), Purpose::RequestSigning, NOW);
    assert!(taken.is_err(), "a lone certificate under a sub-authority's place was taken");
}

fn check_certificate(certificate: &Certificate) {
    let again = Certificate::from_base64(&certificate.to_base64()).expect("written by us");
    assert_eq!(again.der(), certificate.der());
    let pem = Certificate::from_pem(&certificate.to_pem()).expect("written by us");
    assert!(pem.len() == 1 && pem[0].der() == certificate.der());
    if let Ok(did) = certificate.did() {
        assert!(is_did(did), "{did}");
    }
    // Its form is the network list's to check: a leaf counts only with the host of the list.
    let _ = certificate.host();
    let _ = (certificate.common_name(), certificate.uris(), certificate.dns_names(), certificate.client_id());
    let _ = (certificate.subject_key_identifier(), certificate.authority_key_identifier());
    if let Ok(key) = certificate.public_key() {
        assert!(!key.to_bytes().is_empty());
    }
}

fn certificate_pem(input: &[u8]) {
    let Some(pem) = text(input) else { return };
    for certificate in Certificate::from_pem(pem).unwrap_or_default() {
        check_certificate(&certificate);
    }
    if let Ok(anchors) = ForeignAnchors::from_pem(pem) {
        assert!(!anchors.certificates().is_empty());
        let _ = dangerous_verify_foreign(&network().party.request.0, &anchors, NOW);
    }
}

/// A chain with one byte changed in any of its certificates leads nowhere.
fn certificate_one_byte(input: &[u8]) {
    let mut choices = Choices::new(input);
    let chain = &network().party.request.0;
    let mut ders: Vec<Vec<u8>> = chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
    let which = choices.below(ders.len());
    let place = choices.below(ders[which].len());
    let bit = 1 << choices.below(8);
    ders[which][place] ^= bit;
    let Ok(mut certificates) =
        ders.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>()
    else {
        return;
    };
    let leaf = certificates.remove(0);
    let changed = CertificateChain::new(leaf, certificates);
    let root = network().network.descriptor().root();
    assert!(path::verify(chain, root, Purpose::RequestSigning, NOW).is_ok());
    assert!(path::verify(&changed, root, Purpose::RequestSigning, NOW).is_err(), "byte {place} of {which}");
}

fn certificate_chain(input: &[u8]) {
    let Ok(value) = json::parse(input) else { return };
    let inner = value.get("x5c").unwrap_or(&value);
    if let Ok(chain) = CertificateChain::from_value(inner) {
        let again = CertificateChain::from_value(&chain.to_value()).expect("written by us");
        let ders =
            |chain: &CertificateChain| chain.certificates().map(|one| one.der().to_vec()).collect::<Vec<_>>();
        assert_eq!(ders(&again), ders(&chain));
        let _ = chain.authority_key_identifiers();
    }
    if let Some(header) = value.as_object() {
        let _ = CertificateChain::from_header(header);
    }
}

/// Nobody has registered anything in this network: nothing verifies.
fn registration_certificate(input: &[u8]) {
    let Some(compact) = text(input) else { return };
    let descriptor = network().network.descriptor();
    assert!(Registration::verify(compact, descriptor, "did:web:kiln.example", NOW).is_err());
    let info = VerifierInfo::registration(compact);
    let _ = info;
}

/// Only the list that was signed is taken.
fn network_list(input: &[u8]) {
    let Some(compact) = text(input) else { return };
    if let Ok(list) = NetworkList::verify(compact, network().network.descriptor(), NOW) {
        assert!(say_the_same(compact, &network().list), "a list that nobody signed");
        assert!(list.by_host("kiln.example").is_some() && list.by_host("other.example").is_none());
    }
}

fn network_list_one_byte(input: &[u8]) {
    let Some(changed) = one_byte_changed(&network().list, &mut Choices::new(input)) else { return };
    assert!(NetworkList::verify(&changed, network().network.descriptor(), NOW).is_err(), "{changed}");
}

fn descriptor(input: &[u8]) {
    let Ok(descriptor) = NetworkDescriptor::from_json(input) else { return };
    let again = NetworkDescriptor::from_json(descriptor.to_value().to_string()).expect("written by us");
    assert_eq!(again.to_value(), descriptor.to_value());
    let list = descriptor.list();
    assert!(list.scheme() == "https" || descriptor.is_development(), "{list}");
}

fn registered_path(input: &[u8]) {
    let Ok(value) = json::parse(input) else { return };
    if let Ok(path) = ClaimPath::from_value(&value) {
        assert_eq!(path.to_value(), value);
        assert!(path.covers(&path));
    }
    if let Some(found) = registration::from_verifier_info(&value) {
        let entry: Value = registration::to_verifier_info(found);
        assert_eq!(registration::from_verifier_info(&json!([entry])), Some(found));
    }
}

/// A host or a DID fits into an address without changing what the address means.
fn names(input: &[u8]) {
    let Some(name) = text(input) else { return };
    if is_host(name) {
        match Url::parse(&format!("https://{name}/path")) {
            Ok(url) => assert_eq!((url.host_str(), url.path()), (Some(name), "/path")),
            // What looks like an internationalised label and is none is called by nobody.
            Err(error) => assert!(name.contains("xn--"), "{name}: {error}"),
        }
    }
    if is_did(name) {
        assert!(name.starts_with("did:") && !name.contains(['#', '?', '/', ' ']));
    }
}
