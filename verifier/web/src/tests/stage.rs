//! A space over a store in memory, and a wallet that says only what its holder types: no office is needed for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::{types, vc};
use did::resolution::Version;
use did::{BoxFuture, Did, Resolution, Resolve, ResolveError};
use directory::{Directory, Identity, OwnKey};
use environment::{Environment, SystemRandomness};
use http::{HeaderMap, Request, StatusCode, header};
use issuance::Issuance;
use jose::jwe::{self, EncryptOptions};
use jose::{Algorithm, Jwk, Signer, SigningKey, jws};
use keyring::Keyring;
use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;
use openid4vc::timed_nonce::NonceKey;
use outbound::{OutboundError, Scripted};
use presentation::{Presentation, Settings, StatusLists};
use serde_json::{Map, Value, json};
use store::memory::Memory;
use store::{Store, Tenant, TenantId};
use tempfile::TempDir;
use tower::ServiceExt;
use trust::registration::{
    ClaimPath, Contacts, IntendedUse, LegalBasis, RegisteredClaim, RegistrationContent, SupervisoryAuthority,
};
use trust::testing::TestNetwork;
use trust::{Registration, Role};
use url::Url;
use verifier::form::{Approval, Field, Form, Need, SeenInTeam, Source};
use verifier::members::{SpaceMinting, configurations};
use verifier::{Space, SpaceSettings};

use super::SpaceWeb;
use super::outbox::Outbox;

pub(crate) const DID: &str =
    "did:webvh:QmKilnnQmKilnnQmKilnnQmKilnnQmKilnnQmKilnnQmKi:kiln-north.localhost%3A8097";
pub(crate) const ORIGIN: &str = "http://kiln-north.localhost:8097";
pub(crate) const NAME: &str = "Kiln North";

/// Everything that outlives one server.
pub(crate) struct Stage {
    pub(crate) environment: Environment,
    pub(crate) memory: Memory,
    keyring: Arc<Keyring>,
    identity: Arc<Identity>,
    registration: Arc<Registration>,
    network: TestNetwork,
    nonces: NonceKey,
    forms: Vec<Form>,
    pub(crate) outbox: Arc<Outbox>,
    /// What stands where locks and other software are.
    pub(crate) outside: std::sync::Mutex<Option<Arc<Scripted>>>,
    _folder: TempDir,
}

impl Stage {
    pub(crate) fn new(environment: Environment, forms: Vec<Form>) -> Self {
        Self::registered(environment, forms, true)
    }

    /// With or without the use of refills, which spaces lack that were registered before there were any.
    pub(crate) fn registered(environment: Environment, forms: Vec<Form>, refills: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(&folder.path().join("keyring"), environment.clone()).unwrap();
        let network = TestNetwork::new();
        let registration = registration(&network, &environment, &forms, refills);
        let identity = identity(&network, registration.compact().to_owned());
        Self {
            memory: Memory::new(),
            keyring: Arc::new(keyring),
            identity: Arc::new(identity),
            registration: Arc::new(registration),
            nonces: NonceKey::generate(environment.randomness()),
            network,
            environment,
            forms,
            outbox: Arc::default(),
            outside: std::sync::Mutex::default(),
            _folder: folder,
        }
    }

    pub(crate) fn tenant(&self) -> Tenant {
        Store::new(Arc::new(self.memory.clone()), self.environment.clone())
            .tenant(&TenantId::new("kiln-north").unwrap())
    }

    /// One more space over the same store: a replica.
    pub(crate) fn space(&self) -> (Space, Presentation) {
        let tenant = self.tenant();
        let (identity, keyring) = (Arc::clone(&self.identity), Arc::clone(&self.keyring));
        let minting = SpaceMinting::new(Arc::clone(&identity), tenant.clone(), Arc::clone(&keyring), None);
        let issuance = Issuance::new(
            Arc::clone(&identity),
            tenant.clone(),
            self.nonces.clone(),
            configurations(),
            Arc::new(minting),
            issuance::Settings::default(),
        );
        let settings = SpaceSettings {
            forms: self.forms.iter().map(|form| (form.id.clone(), form.clone())).collect(),
            brand: None,
            appeal: Some("team@example.org".to_owned()),
        };
        let space = Space::new(
            Arc::clone(&identity),
            Arc::clone(&self.registration),
            tenant.clone(),
            Arc::clone(&keyring),
            issuance,
            settings,
        )
        .with_post(Outbox::post(&self.outbox));
        let space = match self.outside.lock().unwrap().clone() {
            Some(outside) => space.with_outgoing(outside),
            None => space,
        };
        let environment = self.environment.clone();
        let directory =
            Directory::new(self.network.descriptor().clone(), None, Arc::new(Nowhere), environment.clone());
        let fetch = Arc::new(Scripted::new(|_| Err(OutboundError::Unreachable)));
        let presentation = Presentation::new(
            identity,
            tenant,
            keyring,
            self.nonces.clone(),
            Arc::new(directory),
            Arc::new(StatusLists::new(fetch, environment)),
            Arc::new(space.clone()),
            Settings { one_key: true, foreign: Vec::new() },
        );
        (space, presentation)
    }

    pub(crate) fn site(&self) -> SpaceWeb {
        let (space, presentation) = self.space();
        SpaceWeb::new(space, presentation, "{\"versionId\":\"1-x\"}\n", [7; 32])
    }
}

struct Nowhere;

impl Resolve for Nowhere {
    fn resolve_version<'a>(
        &'a self,
        _: &'a Did,
        _: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(std::future::ready(Err(ResolveError::Unreachable)))
    }
}

fn identity(network: &TestNetwork, registration: String) -> Identity {
    let did = Did::parse(DID).unwrap();
    let party = network.party(Role::Space, DID, "kiln-north.localhost");
    let key = |fragment: &str, (chain, key): (trust::CertificateChain, SigningKey)| OwnKey {
        signer: Arc::new(key),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: Some(chain).into(),
    };
    Identity {
        name: NAME.to_owned(),
        origin: Url::parse(ORIGIN).unwrap(),
        request: key("request", party.request),
        issuing: key("issuing", party.issuing),
        log: OwnKey {
            signer: Arc::new(network.key()),
            key_id: did.with_fragment("log").unwrap(),
            chain: None.into(),
        },
        did: did.clone(),
        registration: registration.into(),
    }
}

fn registration(
    network: &TestNetwork,
    environment: &Environment,
    forms: &[Form],
    refills: bool,
) -> Registration {
    let contacts = || Contacts { email: Some("team@example.org".to_owned()), phone: None, uri: None };
    let registered = forms.iter().filter(|form| !form.beyond_registration);
    let claims = registered.flat_map(|form| &form.fields).map(|field| field.claim.as_str());
    let instead = forms.iter().flat_map(|form| &form.fields).flat_map(|field| &field.instead);
    let terms = ["request", "audiences", "until", "inbox"];
    let claims: std::collections::BTreeSet<&str> =
        claims.chain(instead.map(String::as_str)).chain(terms).collect();
    let mut content = RegistrationContent {
        did: DID.to_owned(),
        legal_name: "Kiln North Ltd".to_owned(),
        name: NAME.to_owned(),
        brand: None,
        contacts: contacts(),
        data_protection_contact: contacts(),
        supervisory_authority: SupervisoryAuthority {
            name: "Data protection authority".to_owned(),
            contacts: contacts(),
        },
        privacy_policy: format!("{ORIGIN}/privacy"),
        intended_uses: vec![IntendedUse {
            id: "membership".to_owned(),
            purpose: BTreeMap::from([
                ("en".to_owned(), "Becoming a member of this space".to_owned()),
                ("es".to_owned(), "Hacerte miembro de este espacio".to_owned()),
            ]),
            legal_basis: LegalBasis::Contract,
            claims: claims
                .into_iter()
                .map(|name| RegisteredClaim {
                    path: ClaimPath::from_value(&json!(name.split('.').collect::<Vec<_>>())).unwrap(),
                    retention_days: 90,
                })
                .collect(),
            credential_types: [types::PROFILE, types::OWN, types::TERMS].map(str::to_owned).into(),
        }],
    };
    if refills {
        content.intended_uses.push(serde_json::from_value(verifier::renewing::intended_use()).unwrap());
        content.intended_uses.push(serde_json::from_value(verifier::portal::intended_use()).unwrap());
        let here = verifier::invitations::here_i_am::intended_use();
        content.intended_uses.push(serde_json::from_value(here).unwrap());
    }
    let (chain, key) = &network.registrar;
    let compact =
        trust::registration::sign(&content, &network.network, chain, key, environment.now(), 30).unwrap();
    Registration::verify(&compact, network.descriptor(), DID, environment.now()).unwrap()
}

/// A form that a wallet without any office can answer.
pub(crate) fn form(id: &str, approval: Approval) -> Form {
    let field = |claim: &str, need, source| Field {
        claim: claim.to_owned(),
        need,
        source,
        kept_days: None,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    };
    Form {
        id: id.to_owned(),
        purpose: "membership".to_owned(),
        fields: vec![
            field("email", Need::Required, Source::Either),
            field("given_name", Need::Required, Source::Either),
            field("family_name", Need::Required, Source::Either),
            field("birthdate", Need::Optional, Source::Checked),
            field("company", Need::Optional, Source::Own),
            field("bio", Need::Optional, Source::Own),
        ],
        passport: None,
        membership: None,
        foreign: Vec::new(),
        terms: true,
        approval,
        beyond_registration: false,
        ..Form::default()
    }
}

/// A form that needs an address, which was not registered, and does with the country.
pub(crate) fn beyond() -> Form {
    let mut form = form("ask-too-much", Approval::Person);
    form.beyond_registration = true;
    form.fields.push(Field {
        claim: "address".to_owned(),
        need: Need::Required,
        source: Source::Own,
        kept_days: None,
        instead: vec!["address.country".to_owned()],
        seen_in_team: SeenInTeam::Team,
    });
    form
}

/// An answer as a test looks at it.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answered {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    Answered {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// A wallet with details of the member's own word.
pub(crate) struct Wallet {
    pub(crate) key: SigningKey,
    environment: Environment,
}

impl Wallet {
    pub(crate) fn new(environment: &Environment) -> Self {
        let key = SigningKey::generate(Algorithm::Es256, environment.randomness()).unwrap();
        Self { key, environment: environment.clone() }
    }

    /// Answers the request behind `link`; gives what the space said.
    pub(crate) async fn answer(&self, router: &Router, link: &str) -> Answered {
        self.answer_with(router, link, &[]).await
    }

    /// The same, with more: the query that each answers, the claim and its value.
    pub(crate) async fn answer_with(
        &self,
        router: &Router,
        link: &str,
        more: &[(&str, &str, Value)],
    ) -> Answered {
        let object = self.fetch(router, link).await;
        let text = |name: &str| object[name].as_str().unwrap().to_owned();
        let usual = [
            ("own_email", "email", json!("ada@example.org")),
            ("own_given_name", "given_name", json!("Ada")),
            ("own_family_name", "family_name", json!("Ada")),
        ];
        let presented: Map<String, Value> = usual
            .iter()
            .chain(more)
            .map(|(query, claim, value)| {
                let own = self.own(claim, value, &text("client_id"), &text("nonce"));
                ((*query).to_owned(), json!([own]))
            })
            .collect();
        let content = json!({"vp_token": presented, "state": object["state"]});
        let recipient = Jwk::from_value(&object["client_metadata"]["jwks"]["keys"][0]).unwrap();
        let jwe =
            jwe::encrypt(content.to_string().as_bytes(), &recipient, &EncryptOptions::default()).unwrap();
        post_form(router, &text("response_uri"), &[("response", &jwe)]).await
    }

    /// Says no to the request behind `link`.
    pub(crate) async fn decline(&self, router: &Router, link: &str) -> Answered {
        let object = self.fetch(router, link).await;
        let fields = [("error", "access_denied"), ("state", object["state"].as_str().unwrap())];
        post_form(router, object["response_uri"].as_str().unwrap(), &fields).await
    }

    /// Where the request behind `link` wants its answer.
    pub(crate) async fn response_uri(&self, router: &Router, link: &str) -> String {
        self.fetch(router, link).await["response_uri"].as_str().unwrap().to_owned()
    }

    /// The claims of the request object behind `link`.
    pub(crate) async fn request(&self, router: &Router, link: &str) -> Value {
        self.fetch(router, link).await
    }

    async fn fetch(&self, router: &Router, link: &str) -> Value {
        let compact = self.compact(router, link).await;
        Value::Object(jws::Unverified::parse(&compact).unwrap().claims().unwrap())
    }

    /// The request object behind `link`.
    pub(crate) async fn compact(&self, router: &Router, link: &str) -> String {
        let link = Url::parse(link).unwrap();
        let (_, uri) = link.query_pairs().find(|(name, _)| name == "request_uri").unwrap();
        let object = send(router, Request::get(path(&uri)).body(Body::empty()).unwrap()).await;
        assert_eq!(object.status, StatusCode::OK, "{}", object.text);
        object.text
    }

    fn own(&self, claim: &str, value: &Value, audience: &str, nonce: &str) -> String {
        let now = self.environment.now();
        let issuing = vc::Issuing {
            vct: types::OWN,
            claims: Map::from_iter([(claim.to_owned(), value.clone())]),
            frame: Frame::Everything { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(self.key.public_jwk()),
            issued_at: Some(now),
            not_before: None,
            expires: Some(now.plus(300)),
            status: None,
        };
        let compact = issuing.issue_as_holder(&self.key, &SystemRandomness).unwrap();
        let held = vc::Held::reopen(&compact).unwrap();
        let binding = KeyBinding { audience, nonce, issued_at: now };
        held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding, &self.key).unwrap()
    }

    /// Asks at the address that the space gave, with a proof of `key`.
    pub(crate) async fn follow_up(&self, router: &Router, uri: &str, key: &SigningKey) -> Answered {
        let proof = NewProof {
            key: key.public_jwk(),
            method: Method::Get,
            url: uri,
            access_token: None,
            nonce: None,
        };
        let proof = proof.to_sign(self.environment.now(), &SystemRandomness).sign(key).unwrap();
        let request = Request::get(path(uri)).header(dpop::HEADER, proof);
        send(router, request.body(Body::empty()).unwrap()).await
    }
}

pub(crate) async fn post_form(router: &Router, uri: &str, fields: &[(&str, &str)]) -> Answered {
    let body = openid4vc::form::encode(fields.iter().copied());
    let request = Request::post(path(uri)).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    send(router, request.body(Body::from(body)).unwrap()).await
}

/// Path and query of an address of the space.
pub(crate) fn path(uri: &str) -> String {
    let url = Url::parse(uri).unwrap();
    assert!(uri.starts_with(ORIGIN), "{uri}");
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
