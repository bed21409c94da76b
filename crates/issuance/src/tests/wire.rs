//! What goes out to everybody, as the standards and the profile write it: metadata, offers, nonces, copies, status lists.
//! Metadata and offers are also held against the JSON Schemas of the OpenID Foundation's conformance suite.

use std::collections::BTreeSet;
use std::fs;

use credentials::status_list::UnverifiedToken;
use credentials::vc::{Types, Unverified};
use harness::vectors::suite;
use jsonschema::Validator;
use serde_json::{Value, json};
use trust::CertificateChain;

use super::*;

/// A schema of the suite; `None` where the vectors are absent, which has been said.
fn schema(name: &str) -> Option<Validator> {
    let folder = suite("oidf-conformance-suite")?;
    let text = fs::read(folder.join("src/main/resources/json-schemas/oid4vci").join(name)).unwrap();
    let schema = jose::json::parse(text).unwrap();
    Some(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
}

fn fits(schema: Option<&Validator>, value: &Value) {
    let Some(schema) = schema else { return };
    let complaints: Vec<String> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert_eq!(complaints, Vec::<String>::new(), "{value}");
}

async fn get(scene: &Scene, path: &str) -> Answered {
    let answered = scene.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(answered.status, StatusCode::OK, "{path}");
    answered
}

fn media_type(answered: &Answered) -> &str {
    answered.headers[header::CONTENT_TYPE].to_str().unwrap()
}

#[tokio::test]
async fn the_metadata_are_as_the_standard_and_the_profile_say() {
    let scene = Scene::new();
    let answered = get(&scene, "/.well-known/openid-credential-issuer").await;
    assert_eq!(media_type(&answered), "application/json");
    let metadata = answered.json();
    fits(schema("credential_issuer_metadata-1_0.json").as_ref(), &metadata);
    assert_eq!(metadata["credential_issuer"], ISSUER, "as it is written in offers");
    // HAIP 1.0 §4.1: key-bound configurations need a nonce endpoint, and each its scope.
    assert_eq!(metadata["nonce_endpoint"], format!("{ISSUER}/nonce"));
    assert!(metadata["batch_credential_issuance"]["batch_size"].as_u64().unwrap() >= 2);
    let configurations = metadata["credential_configurations_supported"].as_object().unwrap();
    assert_eq!(configurations.keys().collect::<Vec<_>>(), [PASSPORT, PROFILE]);
    let mut scopes = BTreeSet::new();
    for (id, configuration) in configurations {
        assert_eq!(configuration["format"], "dc+sd-jwt", "{id}");
        assert!(scopes.insert(configuration["scope"].as_str().unwrap().to_owned()), "{id}");
        for list in [
            "/credential_signing_alg_values_supported",
            "/cryptographic_binding_methods_supported",
            "/proof_types_supported/jwt/proof_signing_alg_values_supported",
        ] {
            assert!(!configuration.pointer(list).unwrap().as_array().unwrap().is_empty(), "{id} {list}");
        }
        assert!(configuration.get("display").is_none() && configuration.get("claims").is_none(), "{id}");
    }
}

#[tokio::test]
async fn an_offer_is_readable_json_and_names_no_server_where_there_is_one_alone() {
    let scene = Scene::new();
    let schema = schema("credential_offer-1_0.json");
    for tx_code in [true, false] {
        let offer = scene.offer(&[PASSPORT, PROFILE], tx_code).await;
        let shown = get(&scene, offer.address.strip_prefix(ISSUER).unwrap()).await;
        assert_eq!(media_type(&shown), "application/json");
        let shown = shown.json();
        fits(schema.as_ref(), &shown);
        assert_eq!(shown["credential_configuration_ids"], json!([PASSPORT, PROFILE]));
        let grant = &shown["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        assert_eq!(grant.get("tx_code").is_some_and(Value::is_object), tx_code);
        assert!(grant.get("authorization_server").is_none());
    }
}

#[tokio::test]
async fn a_nonce_is_given_to_anybody_and_never_twice_nor_out_of_a_cache() {
    let scene = Scene::new();
    let mut given = BTreeSet::new();
    for _ in 0..8 {
        let answered = scene.send(Request::post("/nonce").body(Body::empty()).unwrap()).await;
        assert_eq!((answered.status, media_type(&answered)), (StatusCode::OK, "application/json"));
        assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
        // One for a proof of the key, another for a proof of possession (RFC 9449 §8.2).
        assert!(given.insert(answered.json()["c_nonce"].as_str().unwrap().to_owned()));
        assert!(given.insert(answered.headers["dpop-nonce"].to_str().unwrap().to_owned()));
    }
}

#[tokio::test]
async fn a_copy_is_signed_with_es256_by_a_leaf_whose_chain_ends_below_the_anchor() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let issued = scene.whole_batch(&token, PASSPORT).await;
    assert_eq!(issued.headers[header::CACHE_CONTROL], "no-store");
    let (mut holders, mut digests, mut places) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let copies = issued.copies();
    for copy in &copies {
        let parsed = Unverified::parse(copy, Types::Current).unwrap();
        let (header, payload) = (parsed.sd_jwt().header(), parsed.sd_jwt().payload());
        assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("dc+sd-jwt")));
        let chain = CertificateChain::from_header(header).unwrap();
        assert!(chain.certificates().all(|certificate| !certificate.is_self_issued()));
        assert!(payload.get("iss").is_none(), "the leaf says who issued");
        let holder = payload["cnf"]["jwk"].clone();
        assert!(holder.get("d").is_none() && holders.insert(holder.to_string()), "a key of its own");
        for digest in payload["_sd"].as_array().unwrap() {
            assert!(digests.insert(digest.to_string()), "salts of its own");
        }
        assert_eq!(payload["iat"].as_i64().unwrap() % 86_400, 0, "whole days link nothing");
        assert_eq!(payload["exp"].as_i64().unwrap() % 86_400, 0);
        let status = &payload["status"]["status_list"];
        assert!(places.insert((status["uri"].to_string(), status["idx"].as_u64().unwrap())));
    }
    assert_eq!(holders.len(), copies.len());
    let next_to_each_other = places.iter().zip(places.iter().skip(1)).any(|(one, next)| one.1 + 1 == next.1);
    assert!(!next_to_each_other, "places are drawn, not counted: {places:?}");
}

#[tokio::test]
async fn each_copy_is_bound_to_a_key_that_was_proven_for_it_and_holds_its_public_half_alone() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let nonce = scene.nonce().await;
    let proofs: Vec<String> = (0..3).map(|_| scene.proof(&nonce)).collect();
    let proven: Vec<Value> = proofs
        .iter()
        .map(|proof| jose::jws::Unverified::parse(proof).unwrap().header()["jwk"].clone())
        .collect();
    let issued = scene.send(credential_request(&token, PASSPORT, &proofs, None)).await;
    let bound: Vec<Value> = issued
        .copies()
        .iter()
        .map(|copy| Unverified::parse(copy, Types::Current).unwrap().sd_jwt().payload()["cnf"].clone())
        .collect();
    assert_eq!(bound.len(), proven.len());
    for key in &proven {
        let members = ["kty", "crv", "x", "y"].map(|name| (name.to_owned(), key[name].clone()));
        let expected = json!({"jwk": serde_json::Map::from_iter(members)});
        assert_eq!(bound.iter().filter(|cnf| **cnf == expected).count(), 1, "{expected} in {bound:?}");
    }
}

#[tokio::test]
async fn a_status_list_is_a_jwt_of_the_key_and_chain_that_signed_the_copies() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let copy = scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().remove(0);
    let (address, _) = scene.status_of(&copy);
    let answered = get(&scene, address.strip_prefix(ISSUER).unwrap()).await;
    assert_eq!(media_type(&answered), "application/statuslist+jwt");
    let list = UnverifiedToken::parse(answered.text.as_bytes()).unwrap();
    let chain = Unverified::parse(&copy, Types::Current).unwrap().sd_jwt().header()["x5c"].clone();
    assert_eq!((&list.header()["typ"], &list.header()["x5c"]), (&json!("statuslist+jwt"), &chain));
    let path = CertificateChain::from_header(list.header()).unwrap();
    assert!(
        path.certificates().all(|certificate| !certificate.is_self_issued()),
        "neither anchor nor self-signed"
    );
    let leaf = VerifyingKey::new(path.leaf().public_key().unwrap()).unwrap();
    assert!(list.verify(&leaf, &address, scene.now(), 0).is_ok(), "by the key of the copies' leaf");
    let claims = jose::jws::Unverified::parse(&answered.text).unwrap().claims().unwrap();
    assert_eq!(claims["sub"], address);
    let ttl = claims["ttl"].as_i64().unwrap();
    assert!(ttl > 0 && claims["exp"].as_i64().unwrap() >= claims["iat"].as_i64().unwrap() + ttl);
}
