//! An issuer that takes the wallets of one provider only, at two replicas over one store.

mod keys;
mod pushing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use credentials::issuer_key::SignAs;
use did::resolution::Version;
use did::{
    BoxFuture, Did, Document, DocumentBuilder, Relationship, Resolution, Resolve, ResolveError,
    StaticResolver,
};
use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Jwk, Signer, SigningKey};
use openid4vc::dpop;
use openid4vc::http::Method;
use openid4vc::secret::SecretHash;
use openid4vc::timed_nonce::Purpose;
use openid4vc::vci::attestation::keys::NewKeyAttestation;
use openid4vc::vci::attestation::provider::ListedStatus;
use openid4vc::vci::attestation::{self, NewAttestation, NewProofOfPossession};
use openid4vc::vci::authorization::{NewAuthorization, Wish};
use openid4vc::vci::metadata::KeyAttestationsRequired;
use openid4vc::vci::proof::NewProof;
use serde_json::{Value, json};
use trust::ForeignAnchors;
use trust::authority::{Authority, LeafRequest, Validity};

use super::at_once;
use super::scene::{Answered, ISSUER, PASSPORT, Scene, Token, credential_request, refusal, send};
use crate::{AttestationStanding, AttestationStatuses, Extensions, WalletProviders};

const PROVIDER: &str = "did:web:wallets.example";
const KID: &str = "did:web:wallets.example#attest";
const CLIENT: &str = "https://wallets.example/wallet";

/// Knows the providers, while they can be reached.
struct Providers {
    known: StaticResolver,
    line: Arc<Line>,
}

/// What lies between us and the providers.
#[derive(Default)]
struct Line {
    is_down: AtomicBool,
    /// Nobody tried: others keep the resolver busy.
    is_busy: AtomicBool,
    asked: AtomicUsize,
}

impl Resolve for Providers {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(async move {
            self.line.asked.fetch_add(1, Ordering::SeqCst);
            if self.line.is_down.load(Ordering::SeqCst) {
                let is_busy = self.line.is_busy.load(Ordering::SeqCst);
                return Err(if is_busy { ResolveError::Busy } else { ResolveError::Unreachable });
            }
            self.known.resolve_now(did, version)
        })
    }
}

/// Status lists that say in their address what becomes of whoever points to them.
struct Lists;

impl AttestationStatuses for Lists {
    fn standing<'a>(&'a self, listed: &'a ListedStatus) -> crate::BoxFuture<'a, AttestationStanding> {
        let standing = match listed.reference.uri.as_str() {
            "https://wallets.example/valid" => AttestationStanding::Counts,
            "https://wallets.example/revoked" => AttestationStanding::TakenBack,
            at => AttestationStanding::Unknown { is_transient: at == "https://wallets.example/gone" },
        };
        Box::pin(std::future::ready(standing))
    }
}

/// Of the root that is listed.
const ROOT_SEED: u64 = 51;

/// A root of wallet providers; one seed gives one root.
fn root(seed: u64) -> Authority {
    let randomness = SeededRandomness::new(seed);
    let key = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let validity = Validity::days(Timestamp::from_seconds(1_700_000_000), 7_300);
    Authority::root("Wallets", key, validity, &randomness).unwrap()
}

/// The certificates of this key under the root of this seed.
fn certified(seed: u64, key: &Jwk) -> Vec<Vec<u8>> {
    let request = LeafRequest::Attesting { name: "Wallets", did: PROVIDER, key };
    let validity = Validity::days(Timestamp::from_seconds(1_700_000_000), 7_000);
    let leaf = root(seed).leaf(request, validity, &SeededRandomness::new(seed)).unwrap();
    vec![leaf.der().to_vec()]
}

struct Stage {
    scene: Scene,
    provider: SigningKey,
    wallet: SigningKey,
    line: Arc<Line>,
}

fn document(did: &str, key: &Jwk, relationship: Relationship) -> Document {
    let did = Did::parse(did).unwrap();
    DocumentBuilder::new(&did).key("attest", key, &[relationship]).build().unwrap()
}

fn stage(reachable: bool, keys: Option<KeyAttestationsRequired>) -> Stage {
    let mut made = None;
    let line = Arc::new(Line { is_down: AtomicBool::new(!reachable), ..Line::default() });
    let resolving = line.clone();
    let scene = Scene::extended(|environment| {
        let key = || SigningKey::generate(Algorithm::Es256, environment.randomness()).unwrap();
        let (provider, wallet) = (key(), key());
        let documents = vec![
            document(PROVIDER, provider.public_jwk(), Relationship::AssertionMethod),
            // Resolvable, and not on the list.
            document("did:web:other.example", provider.public_jwk(), Relationship::AssertionMethod),
        ];
        made = Some((provider, wallet));
        let wallets = WalletProviders {
            providers: vec![Did::parse(PROVIDER).unwrap()],
            roots: Some(ForeignAnchors::from_pem(&root(ROOT_SEED).certificate().to_pem()).unwrap()),
            statuses: Arc::new(Lists),
            resolver: Arc::new(Providers { known: StaticResolver::new(documents), line: resolving }),
            keys,
        };
        Extensions { wallets: Some(wallets), ..Extensions::default() }
    });
    let (provider, wallet) = made.unwrap();
    Stage { scene, provider, wallet, line }
}

impl Stage {
    fn attestation_by(&self, did: &str, kid: &str, key: &SigningKey, lifetime: i64) -> String {
        let new = NewAttestation {
            issuer: did,
            client_id: CLIENT,
            key: self.wallet.public_jwk(),
            lifetime,
            wallet_name: None,
            wallet_link: None,
        };
        new.to_sign(SignAs::Did { did, kid }.header(), Algorithm::Es256, self.scene.now()).sign(key).unwrap()
    }

    /// An attestation with another header and more claims, signed by `key`.
    fn attestation_of(&self, mut header: Value, more: &[(&str, Value)], key: &SigningKey) -> String {
        let now = self.scene.now();
        let mut claims = json!({
            "sub": CLIENT, "iat": now.seconds(), "exp": now.plus(3_600).seconds(),
            "cnf": {"jwk": self.wallet.public_jwk().required_members()},
        });
        header["typ"] = json!(attestation::TYPE);
        for (name, value) in more {
            claims[*name] = value.clone();
        }
        let header = header.as_object().unwrap().clone();
        jose::jws::sign(header, claims.to_string().as_bytes(), key).unwrap()
    }

    fn attestation(&self) -> String {
        self.attestation_by(PROVIDER, KID, &self.provider, 3_600)
    }

    async fn challenge(&self) -> String {
        let answered = self.scene.send(Request::post("/challenge").body(Body::empty()).unwrap()).await;
        assert_eq!(answered.status, StatusCode::OK);
        assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
        answered.json()["attestation_challenge"].as_str().unwrap().to_owned()
    }

    fn proof(&self, audience: &str, challenge: Option<&str>) -> String {
        let new =
            NewProofOfPossession { client_id: CLIENT, audience, challenge, key: self.wallet.public_jwk() };
        new.to_sign(self.scene.now(), self.scene.environment.randomness()).sign(&self.wallet).unwrap()
    }

    async fn fresh_proof(&self) -> String {
        self.proof(ISSUER, Some(&self.challenge().await))
    }

    async fn code(&self) -> String {
        self.scene.offer(&[PASSPORT], false).await.code
    }

    async fn send(&self, request: Request<Body>) -> Answered {
        self.scene.send(request).await
    }

    async fn refused(&self, attestation: &str, proof: &str) -> (u16, String) {
        self.send(token_request(&self.code().await, &[], &[attestation], &[proof])).await.refusal()
    }

    async fn token(&self) -> Token {
        let proof = self.fresh_proof().await;
        let request = token_request(&self.code().await, &[], &[&self.attestation()], &[&proof]);
        let answered = self.send(request).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        Token(format!("Bearer {}", answered.json()["access_token"].as_str().unwrap()))
    }
}

/// When the wallet is to come again.
fn again_after(answered: &Answered) -> Option<&str> {
    answered.headers.get(header::RETRY_AFTER).map(|seconds| seconds.to_str().unwrap())
}

fn token_request(code: &str, more: &[(&str, &str)], attestations: &[&str], proofs: &[&str]) -> Request<Body> {
    let mut request = super::scene::token_request(code, more, None);
    for (name, values) in
        [(attestation::ATTESTATION_HEADER, attestations), (attestation::PROOF_HEADER, proofs)]
    {
        for value in values {
            request.headers_mut().append(name, value.parse().unwrap());
        }
    }
    request
}

#[tokio::test]
async fn an_attested_wallet_gets_its_token_and_the_code_is_bound_to_its_client_id() {
    let stage = stage(true, None);
    let token = stage.token().await;
    let nonce = stage.scene.nonce().await;
    let proof = |client_id: Option<&str>| {
        let key = stage.scene.key();
        let new = NewProof {
            key: key.public_jwk(),
            credential_issuer: ISSUER,
            nonce: Some(&nonce),
            client_id,
            key_attestation: None,
        };
        new.to_sign(stage.scene.now()).sign(&key).unwrap()
    };
    let of_another = proof(Some("https://wallets.example/other"));
    let refused = stage.send(credential_request(&token, PASSPORT, &[of_another], None)).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_proof"), "a token does not change clients");
    let own = stage.send(credential_request(&token, PASSPORT, &[proof(Some(CLIENT))], None)).await;
    assert_eq!(own.copies().len(), 1);
}

#[tokio::test]
async fn wallets_without_attestation_or_of_others_are_refused_and_use_no_code_up() {
    let stage = stage(true, None);
    let invalid = refusal(400, "invalid_client");
    let code = stage.code().await;
    let attestation = stage.attestation();
    let none: &[&str] = &[];
    let bare = stage.send(token_request(&code, &[], none, none)).await;
    assert_eq!(bare.refusal(), invalid);
    let half = stage.send(token_request(&code, &[], &[&attestation], none)).await;
    assert_eq!(half.refusal(), invalid);
    let twice = [attestation.as_str(), attestation.as_str()];
    let proof = stage.fresh_proof().await;
    assert_eq!(stage.send(token_request(&code, &[], &twice, &[&proof])).await.refusal(), invalid);
    let listed_not =
        stage.attestation_by("did:web:other.example", "did:web:other.example#attest", &stage.provider, 3_600);
    assert_eq!(stage.refused(&listed_not, &stage.fresh_proof().await).await, invalid);
    let no_such_key = stage.attestation_by(PROVIDER, "did:web:wallets.example#other", &stage.provider, 3_600);
    assert_eq!(stage.refused(&no_such_key, &stage.fresh_proof().await).await, invalid);
    let forged = stage.attestation_by(PROVIDER, KID, &stage.wallet, 3_600);
    assert_eq!(stage.refused(&forged, &stage.fresh_proof().await).await, invalid);
    let elsewhere = stage.proof("https://other.example", Some(&stage.challenge().await));
    assert_eq!(stage.refused(&attestation, &elsewhere).await, invalid);
    let expired = stage.attestation_by(PROVIDER, KID, &stage.provider, -61);
    assert_eq!(
        stage.refused(&expired, &stage.fresh_proof().await).await,
        refusal(400, "use_fresh_attestation")
    );
    let other = [("client_id", "https://wallets.example/other")];
    let other =
        stage.send(token_request(&code, &other, &[&attestation], &[&stage.fresh_proof().await])).await;
    assert_eq!(other.refusal(), invalid);
    let own = [("client_id", CLIENT)];
    let own = stage.send(token_request(&code, &own, &[&attestation], &[&stage.fresh_proof().await])).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text);
}

#[tokio::test]
async fn a_wallet_whose_provider_a_listed_root_certifies_is_taken_by_x5c_alone() {
    let stage = stage(true, Some(strong()));
    let by = |seed: u64| json!(SignAs::X5c(&certified(seed, stage.provider.public_jwk())).header());
    let issuer = [("iss", json!("https://wallets.example"))];
    let good = stage.attestation_of(by(ROOT_SEED), &issuer, &stage.provider);
    for (what, attestation) in [
        ("a root that is not listed", stage.attestation_of(by(ROOT_SEED + 1), &[], &stage.provider)),
        ("another key than the leaf's", stage.attestation_of(by(ROOT_SEED), &[], &stage.scene.key())),
        (
            "one root for another",
            stage.attestation_of(
                json!({"x5c": by(ROOT_SEED + 1)["x5c"], "kid": "did:web:other.example#attest"}),
                &[],
                &stage.provider,
            ),
        ),
    ] {
        let refused = stage.refused(&attestation, &stage.fresh_proof().await).await;
        assert_eq!(refused, refusal(400, "invalid_client"), "{what}");
    }
    // Beside the DID of a listed provider the certificates are not looked at: its key of now counts.
    let mut both = by(ROOT_SEED + 1);
    both["kid"] = json!(KID);
    let listed = stage.attestation_of(both.clone(), &[], &stage.provider);
    let taken =
        stage.send(token_request(&stage.code().await, &[], &[&listed], &[&stage.fresh_proof().await])).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let forged = stage.attestation_of(both, &[], &stage.wallet);
    let forged = stage.refused(&forged, &stage.fresh_proof().await).await;
    assert_eq!(forged, refusal(400, "invalid_client"));
    // The token of the one that is taken, for keys that are attested likewise.
    let proof = stage.fresh_proof().await;
    let asked = stage.line.asked.load(Ordering::SeqCst);
    let answered = stage.send(token_request(&stage.code().await, &[], &[&good], &[&proof])).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert_eq!(stage.line.asked.load(Ordering::SeqCst), asked, "no DID is resolved");
    let token = Token(format!("Bearer {}", answered.json()["access_token"].as_str().unwrap()));
    let nonce = stage.scene.nonce().await;
    let key = stage.scene.key();
    let keys = |header: Value| of_keys(&stage, header, &nonce, key.public_jwk(), &[]);
    let foreign = with_attestation(&stage, &token, &keys(by(ROOT_SEED + 1))).await;
    assert_eq!(foreign.refusal(), refusal(400, "invalid_proof"));
    assert_eq!(with_attestation(&stage, &token, &keys(by(ROOT_SEED))).await.copies().len(), 1);
}

fn strong() -> KeyAttestationsRequired {
    KeyAttestationsRequired { key_storage: vec!["iso_18045_moderate".to_owned()], ..Default::default() }
}

fn key_attestation(stage: &Stage, keys: &[Jwk], nonce: &str, storage: &str) -> String {
    let new = NewKeyAttestation {
        issuer: PROVIDER,
        keys,
        nonce: Some(nonce),
        lifetime: 3_600,
        key_storage: &[storage],
        user_authentication: &[],
    };
    let signed_as = SignAs::Did { did: PROVIDER, kid: KID };
    new.to_sign(signed_as.header(), Algorithm::Es256, stage.scene.now()).sign(&stage.provider).unwrap()
}

async fn with_attestation(stage: &Stage, token: &Token, attestation: &str) -> Answered {
    let body = json!({"credential_configuration_id": PASSPORT, "proofs": {"attestation": [attestation]}});
    let request = Request::post("/credential")
        .header(header::AUTHORIZATION, &token.0)
        .header(header::CONTENT_TYPE, "application/json");
    stage.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// A key attestation for one key with another header and more claims.
fn of_keys(stage: &Stage, mut header: Value, nonce: &str, key: &Jwk, more: &[(&str, Value)]) -> String {
    let now = stage.scene.now();
    let mut claims = json!({
        "iat": now.seconds(), "exp": now.plus(600).seconds(), "attested_keys": [key.required_members()],
        "nonce": nonce, "key_storage": ["iso_18045_moderate"],
    });
    header["typ"] = json!("key-attestation+jwt");
    for (name, value) in more {
        claims[*name] = value.clone();
    }
    let header = header.as_object().unwrap().clone();
    jose::jws::sign(header, claims.to_string().as_bytes(), &stage.provider).unwrap()
}

#[tokio::test]
async fn an_attestation_that_was_taken_back_is_refused_and_one_whose_status_cannot_be_told_is_asked_to_wait()
{
    let stage = stage(true, Some(strong()));
    let header = || json!({"kid": KID});
    let listed =
        |at: &str| json!({"status_list": {"idx": 7, "uri": format!("https://wallets.example/{at}")}});
    for (status, refused) in [
        (listed("revoked"), Some((400, "invalid_client", "invalid_proof"))),
        (listed("gone"), Some((503, "temporarily_unavailable", "temporarily_unavailable"))),
        // As one that another key has signed: asking again makes it no better.
        (listed("foreign"), Some((400, "invalid_client", "invalid_proof"))),
        (json!("revoked"), Some((400, "invalid_client", "invalid_proof"))),
        (json!({"status_list": {"idx": -1}}), Some((400, "invalid_client", "invalid_proof"))),
        (listed("valid"), None),
        // Another mechanism than a list is not spoken, and says nothing here.
        (json!({"other": {}}), None),
    ] {
        let more = [("status", status.clone())];
        let attestation = stage.attestation_of(header(), &more, &stage.provider);
        let (code, proof) = (stage.code().await, stage.fresh_proof().await);
        let answered = stage.send(token_request(&code, &[], &[&attestation], &[&proof])).await;
        match refused {
            Some((number, name, _)) => assert_eq!(answered.refusal(), refusal(number, name), "{status}"),
            None => assert_eq!(answered.status, StatusCode::OK, "{status}: {}", answered.text),
        }
        assert_eq!(again_after(&answered), (answered.status == 503).then_some("60"), "{status}");
        let again = stage.send(token_request(&code, &[], &[&attestation], &[&proof])).await;
        let is_looked_up = ["revoked", "gone", "foreign"].iter().any(|at| status == listed(at));
        if refused.is_none() || is_looked_up {
            assert_eq!(again.refusal(), refusal(400, "invalid_client"), "the proof was used: {status}");
        }
        let token = stage.token().await;
        let (nonce, key) = (stage.scene.nonce().await, stage.scene.key());
        let keys = of_keys(&stage, header(), &nonce, key.public_jwk(), &more);
        let answered = with_attestation(&stage, &token, &keys).await;
        match refused {
            Some((number, _, name)) => assert_eq!(answered.refusal(), refusal(number, name), "{status}"),
            None => assert_eq!(answered.copies().len(), 1, "{status}"),
        }
        assert_eq!(again_after(&answered), (answered.status == 503).then_some("60"), "{status}");
    }
}

#[tokio::test]
async fn a_wallet_that_is_refused_takes_no_offer_from_the_one_it_is_for() {
    let stage = stage(true, None);
    let offer = stage.scene.offer(&[PASSPORT], true).await;
    // Another wallet of the same provider has seen the offer and guesses its transaction code.
    let other = stage.scene.key();
    let more = [("cnf", json!({"jwk": other.public_jwk().required_members()}))];
    let attestation = stage.attestation_of(json!({"kid": KID}), &more, &stage.provider);
    let challenge = stage.challenge().await;
    let new = NewProofOfPossession {
        client_id: CLIENT,
        audience: ISSUER,
        challenge: Some(&challenge),
        key: other.public_jwk(),
    };
    let proof = new.to_sign(stage.scene.now(), stage.scene.environment.randomness()).sign(&other).unwrap();
    let wrong = token_request(&offer.code, &[("tx_code", "x")], &[&attestation], &[&proof]);
    assert_eq!(stage.send(wrong).await.refusal(), refusal(400, "invalid_grant"));
    let tx_code = offer.tx_code.clone().unwrap();
    let proof = stage.fresh_proof().await;
    let own = token_request(&offer.code, &[("tx_code", &tx_code)], &[&stage.attestation()], &[&proof]);
    let taken = stage.send(own).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
}

#[tokio::test]
async fn who_has_no_fresh_challenge_is_given_one_and_gets_through_with_it() {
    let stage = stage(true, None);
    let (code, attestation) = (stage.code().await, stage.attestation());
    let old = stage.challenge().await;
    stage.scene.clock.advance(attestation::CHALLENGE_LIFETIME);
    for challenge in [None, Some("x"), Some(old.as_str())] {
        let proof = stage.proof(ISSUER, challenge);
        let asked = stage.send(token_request(&code, &[], &[&attestation], &[&proof])).await;
        assert_eq!(asked.refusal(), refusal(400, "use_attestation_challenge"));
        let given = asked.headers[attestation::CHALLENGE_HEADER].to_str().unwrap().to_owned();
        if challenge.is_none() {
            let code = stage.code().await;
            let proof = stage.proof(ISSUER, Some(&given));
            let taken = stage.send(token_request(&code, &[], &[&attestation], &[&proof])).await;
            assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
        }
    }
}

#[tokio::test]
async fn a_proof_counts_once_over_all_replicas_even_at_the_same_moment() {
    let stage = stage(true, None);
    let (attestation, proof) = (stage.attestation(), stage.fresh_proof().await);
    let first = stage.send(token_request(&stage.code().await, &[], &[&attestation], &[&proof])).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    for router in &stage.scene.routers {
        let again = token_request(&stage.code().await, &[], &[&attestation], &[&proof]);
        assert_eq!(send(router.clone(), again).await.refusal(), refusal(400, "invalid_client"));
    }
    let proof = stage.fresh_proof().await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(stage.code().await);
    }
    let requests = codes.iter().map(|code| token_request(code, &[], &[&attestation], &[&proof]));
    let answered = at_once(&stage.scene, requests).await;
    assert_eq!(answered.iter().filter(|one| one.status == StatusCode::OK).count(), 1);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_no_fault_of_the_wallet() {
    let stage = stage(false, None);
    let (attestation, proof) = (stage.attestation(), stage.fresh_proof().await);
    let asked = token_request(&stage.code().await, &[], &[&attestation], &[&proof]);
    let answered = stage.send(asked).await;
    assert_eq!(answered.refusal(), refusal(503, "temporarily_unavailable"));
    assert_eq!(again_after(&answered), Some("60"));
}

#[tokio::test]
async fn the_metadata_say_what_is_asked_of_wallets_and_nothing_where_nothing_is() {
    let read = |scene: &Scene| scene.replicas[0].server_metadata().to_value();
    let attested = read(&stage(true, None).scene);
    assert_eq!(attested["token_endpoint_auth_methods_supported"], json!(["attest_jwt_client_auth"]));
    assert_eq!(attested["pre-authorized_grant_anonymous_access_supported"], false);
    assert_eq!(attested["challenge_endpoint"], format!("{ISSUER}/challenge"));
    for list in ["client_attestation", "client_attestation_pop"] {
        assert_eq!(attested[format!("{list}_signing_alg_values_supported")], json!(["ES256", "EdDSA"]));
    }
    let plain = Scene::new();
    assert_eq!(read(&plain)["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert!(read(&plain).get("challenge_endpoint").is_none());
    let answered = plain.send(Request::post("/challenge").body(Body::empty()).unwrap()).await;
    assert_eq!(answered.refusal(), refusal(404, "not_found"));
    let offer = plain.offer(&[PASSPORT], false).await;
    let shown = plain.send(token_request(&offer.code, &[], &["not", "read"], &[])).await;
    assert_eq!(shown.status, StatusCode::OK, "who takes any wallet looks at no attestation");
}
