//! Vectors from the specifications of the methods, each with what must not be taken for it.

mod http;

use serde_json::{Value, json};

use super::*;

async fn document(did: &str) -> Value {
    match resolve(did).await {
        Ok(document) => document,
        Err(error) => panic!("{did}: {error:?}"),
    }
}

/// The one account that a document's first verification method stands for.
fn account(document: &Value) -> &str {
    document["verificationMethod"][0]["blockchainAccountId"].as_str().unwrap()
}

fn kinds(document: &Value) -> Vec<&str> {
    let methods = document["verificationMethod"].as_array().unwrap();
    methods.iter().map(|method| method["type"].as_str().unwrap()).collect()
}

/// did:pkh method specification (draft of 2023), "Test vectors" and CAIP-10, "Test Cases".
#[tokio::test]
async fn a_did_pkh_stands_for_its_account() {
    for (id, first, kind) in [
        ("eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a", None, "EcdsaSecp256k1RecoveryMethod2020"),
        ("eip155:42220:0xa0ae58da58dfa46fa55c3b86545e7065f90ff011", None, "EcdsaSecp256k1RecoveryMethod2020"),
        ("eip155:137:0x4e90e8a8191c1c23a24a598c3ab4fb47ce926ff5", None, "EcdsaSecp256k1RecoveryMethod2020"),
        (
            "bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6",
            None,
            "EcdsaSecp256k1RecoveryMethod2020",
        ),
        (
            "bip122:1a91e3dace36e2be3bf030a65679fe82:DBcZSePDaMMduBMLymWHXhkE5ArFEvkagU",
            None,
            "EcdsaSecp256k1RecoveryMethod2020",
        ),
        (
            "tezos:NetXdQprcVkpaWU:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8",
            None,
            "Ed25519PublicKeyBLAKE2BDigestSize20Base58CheckEncoded2021",
        ),
        (
            "solana:4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZ:CKg5d12Jhpej1JqtmxLJgaFqqeYjxgPqToJ4LBdvG9Ev",
            None,
            "Ed25519VerificationKey2018",
        ),
        (
            "eth:0xb9c5714089478a327f09197987f16f9e5d936e8a",
            Some("eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a"),
            "EcdsaSecp256k1RecoveryMethod2020",
        ),
    ] {
        let did = format!("did:pkh:{id}");
        let document = document(&did).await;
        assert_eq!(document["id"], json!(did));
        assert_eq!(account(&document), first.unwrap_or(id));
        assert_eq!(kinds(&document)[0], kind, "{did}");
        for purpose in ["authentication", "assertionMethod"] {
            assert_eq!(document[purpose][0], document["verificationMethod"][0]["id"], "{did}");
        }
    }
}

#[tokio::test]
async fn an_account_with_a_wrong_letter_is_no_did_pkh() {
    for id in [
        "eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8",
        "eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8g",
        "eip155:1:b9c5714089478a327f09197987f16f9e5d936e8a",
        "bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p7",
        "bip122:000000000019d6689c085ae165831e93:DBcZSePDaMMduBMLymWHXhkE5ArFEvkagU",
        "tezos:NetXdQprcVkpaWU:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM9",
        "tezos:NetXdQprcVkpaWU:tz4TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8",
        "solana:4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZ:CKg5d12Jhpej1JqtmxLJgaFqqeYjxgPqToJ4LBdv",
        "cosmos:cosmoshub-3:cosmos1t2uflqwqe0fsj0shcfkrvpukewcw40yjj6hdc0",
        "eip155:1",
        "eip155",
    ] {
        assert_eq!(resolve(&format!("did:pkh:{id}")).await, Err(ResolveError::InvalidDid), "{id}");
    }
}

/// ethr DID method specification, "CRUD operations: Create" and "Read": the document that holds without any event.
#[tokio::test]
async fn a_did_ethr_has_the_document_that_its_address_or_key_implies() {
    let address = "0xb9c5714089478a327f09197987f16f9e5d936e8a";
    let did = format!("did:ethr:{address}");
    let of_address = document(&did).await;
    assert_eq!(of_address["id"], json!(did));
    assert_eq!(account(&of_address), format!("eip155:1:{address}"));
    assert_eq!(of_address["verificationMethod"][0]["id"], json!(format!("{did}#controller")));
    for purpose in ["authentication", "assertionMethod"] {
        assert_eq!(of_address[purpose][0], json!(format!("{did}#controller")));
    }
    let key = "0x03fdd57adec3d438ea237fe46b33ee1e016eda6b585c3e27ea66686c2ea5358479";
    let of_key = document(&format!("did:ethr:{key}")).await;
    assert_eq!(account(&of_key), "eip155:1:0xF3beAC30C498D9E26865F34fCAa57dBB935b0D74");
    assert_eq!(of_key["verificationMethod"][1]["id"], json!(format!("did:ethr:{key}#controllerKey")));
    let elsewhere = document(&format!("did:ethr:0x89:{address}")).await;
    assert_eq!(account(&elsewhere), format!("eip155:137:{address}"));
}

#[tokio::test]
async fn what_is_no_address_and_no_point_is_no_did_ethr() {
    for id in [
        "0xb9c5714089478a327f09197987f16f9e5d936e8",
        "0xb9c5714089478a327f09197987f16f9e5d936e8g",
        "b9c5714089478a327f09197987f16f9e5d936e8a00",
        "0x05fdd57adec3d438ea237fe46b33ee1e016eda6b585c3e27ea66686c2ea5358479",
        "0x04fdd57adec3d438ea237fe46b33ee1e016eda6b585c3e27ea66686c2ea5358479",
        "nowhere:0xb9c5714089478a327f09197987f16f9e5d936e8a",
        "0x1:0x1:0xb9c5714089478a327f09197987f16f9e5d936e8a",
    ] {
        assert_eq!(resolve(&format!("did:ethr:{id}")).await, Err(ResolveError::InvalidDid), "{id}");
    }
}

/// Tezos DID method specification, "Deriving DID documents": one method for the account, of the kind of its prefix.
#[tokio::test]
async fn a_did_tz_has_the_document_that_its_address_implies() {
    for (address, kind) in [
        ("tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8", "Ed25519PublicKeyBLAKE2BDigestSize20Base58CheckEncoded2021"),
        ("tz2BFTyPeYRzxd5aiBchbXN3WCZhx7BqbMBq", "EcdsaSecp256k1RecoveryMethod2020"),
        ("tz3agP9LGe2cXmKQyYn6T68BHKjjktDbbSWX", "P256PublicKeyBLAKE2BDigestSize20Base58CheckEncoded2021"),
    ] {
        let did = format!("did:tz:{address}");
        let found = document(&did).await;
        let key = format!("{did}#blockchainAccountId");
        assert_eq!((kinds(&found), found["id"].clone()), (vec![kind], json!(did)));
        assert_eq!(account(&found), format!("tezos:NetXdQprcVkpaWU:{address}"));
        assert_eq!((&found["authentication"], &found["assertionMethod"]), (&json!([key]), &json!([key])));
        assert_eq!(account(&document(&format!("did:tz:mainnet:{address}")).await), account(&found));
        let elsewhere = document(&format!("did:tz:delphinet:{address}")).await;
        assert_eq!(account(&elsewhere), format!("tezos:NetXm8tYqnMWky1:{address}"));
    }
}

#[tokio::test]
async fn a_wrong_checksum_or_network_is_no_did_tz_and_a_contract_is_not_guessed() {
    for id in [
        "tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM9",
        "tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM",
        "nowhere:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8",
        "tz",
        "128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6",
    ] {
        assert_eq!(resolve(&format!("did:tz:{id}")).await, Err(ResolveError::InvalidDid), "{id}");
    }
    let contract = bs58::encode([&[2, 90, 121], &[7_u8; 20][..]].concat()).with_check().into_string();
    assert!(contract.starts_with("KT1"), "{contract}");
    assert_eq!(resolve(&format!("did:tz:{contract}")).await, Err(ResolveError::NotFound));
}

/// Sidetree 1.0.0, "Test Vectors": the long form of the DID and the document that it resolves to.
const SUFFIX: &str = "EiDyOQbbZAa3aiRzeCkV7LOx3SERjjH93EXoIM3UoN4oWg";
const DATA: &str = include_str!("../tests/ion-long-form.txt").trim_ascii();

#[tokio::test]
async fn a_long_form_did_ion_has_the_document_that_it_carries() {
    let did = format!("did:ion:{SUFFIX}:{DATA}");
    let key = format!("{did}#publicKeyModel1Id");
    assert_eq!(
        document(&did).await,
        json!({
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": did,
            "verificationMethod": [{
                "id": key,
                "type": "EcdsaSecp256k1VerificationKey2019",
                "controller": did,
                "publicKeyJwk": {
                    "kty": "EC",
                    "crv": "secp256k1",
                    "x": "tXSKB_rubXS7sCjXqupVJEzTcW3MsjmEvq1YpXn96Zg",
                    "y": "dOicXqbjFxoGJ-K0-GJ1kHYJqic_D_OMuUwkQ7Ol6nk",
                },
            }],
            "authentication": [key],
            "keyAgreement": [key],
            "service": [{
                "id": format!("{did}#service1Id"),
                "type": "service1Type",
                "serviceEndpoint": "http://www.service1.com",
            }],
        })
    );
}

/// A long form around other data, with the suffix that belongs to it.
fn carrying(operation: &Value, canonical: bool) -> String {
    use base64::Engine as _;
    use ssi_dids::ion::ION;
    use ssi_dids::ion::sidetree::{CreateOperation, Sidetree as _};
    let read: CreateOperation = serde_json::from_value(operation.clone()).unwrap();
    let did = read.to_sidetree_did::<ION>().to_string();
    let suffix = did.split(':').nth(2).unwrap();
    assert_eq!(ION::METHOD, "ion");
    if canonical {
        return did;
    }
    let data = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(format!("{operation:#}"));
    format!("did:ion:{suffix}:{data}")
}

fn operation() -> Value {
    use base64::Engine as _;
    serde_json::from_slice(&base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(DATA).unwrap()).unwrap()
}

#[tokio::test]
async fn a_did_ion_is_the_hash_of_what_it_carries_and_that_of_its_delta() {
    assert_eq!(resolve(&carrying(&operation(), true)).await.map(|_| ()), Ok(()));
    let refused = |did: String| async move { resolve(&did).await.unwrap_err() };
    // The short form is found in the network of its method alone.
    assert_eq!(refused(format!("did:ion:{SUFFIX}")).await, ResolveError::NotFound);
    for did in [
        format!("did:ion:EiDyOQbbZAa3aiRzeCkV7LOx3SERjjH93EXoIM3UoN4oWA:{DATA}"),
        format!("did:ion:{SUFFIX}:{}", DATA.replacen("eyJkZWx0", "eyJkZWx1", 1)),
        format!("did:ion:{SUFFIX}:{DATA}="),
        format!("did:ion:{SUFFIX}:{DATA}:x"),
        format!("did:ion:{SUFFIX}:e30"),
        "did:ion:nonsense:e30".to_owned(),
        carrying(&operation(), false),
    ] {
        assert_eq!(refused(did.clone()).await, ResolveError::InvalidDid, "{did}");
    }
    let mut other_delta = operation();
    other_delta["delta"]["patches"][0]["document"]["services"] = json!([]);
    assert_eq!(refused(carrying(&other_delta, true)).await, ResolveError::InvalidDid);
}

#[tokio::test]
async fn another_method_and_what_is_no_did_are_told_apart() {
    for (text, error) in [
        ("did:web:a.example", ResolveError::MethodNotSupported),
        ("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", ResolveError::MethodNotSupported),
        ("did:PKH:eth", ResolveError::InvalidDid),
        ("did:tz:", ResolveError::InvalidDid),
        ("nonsense", ResolveError::InvalidDid),
        ("", ResolveError::InvalidDid),
    ] {
        assert_eq!(resolve(text).await, Err(error), "{text}");
    }
    assert_eq!(resolve(&format!("did:pkh:{}", "a".repeat(4_096))).await, Err(ResolveError::InvalidDid));
}
