//! A space as it is served: its store on disk, its pages and endpoints on a port of this machine. It admits whoever
//! presents a credential that an issuer of its choosing signed with an `x5c` chain and lists in a status list.

use std::collections::BTreeMap;
use std::sync::Arc;

use benches::fixture::{NOW, STATUS_LIST};
use credentials::issuer_key::SignAs;
use credentials::status_list::{self, Bits, Publishing, StatusList};
use did::resolution::Version;
use did::{BoxFuture, Did, Resolution, Resolve, ResolveError};
use directory::{Directory, Identity, OwnKey};
use environment::{Environment, ManualClock, SystemRandomness};
use http::{HeaderMap, StatusCode, header};
use issuance::Issuance;
use jose::SigningKey;
use keyring::Keyring;
use openid4vc::timed_nonce::NonceKey;
use outbound::{Response, Scripted};
use presentation::{ForeignType, Presentation, Settings, StatusLists};
use serde_json::{Value, json};
use store::{Store, TenantId};
use store_sled::Sled;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use trust::registration::{
    ClaimPath, Contacts, IntendedUse, LegalBasis, RegisteredClaim, RegistrationContent, SupervisoryAuthority,
};
use trust::testing::{TestNetwork, TestParty};
use trust::{CertificateChain, ForeignAnchors, Registration, Role};
use url::Url;
use verifier::form::{Approval, ForeignCredential, Form, Need};
use verifier::members::{SpaceMinting, configurations};
use verifier::{Space, SpaceSettings};
use verifier_web::SpaceWeb;

use crate::process::Told;

/// The type that the space asks for.
pub const TYPE: &str = "https://office.example.org/types/member";
const HOST: &str = "kiln.localhost";

/// Where the space keeps what it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// On disk before it answers, as every space does.
    OnDisk,
    /// In memory, as the verifiers do that ours is compared with.
    InMemory,
}

impl Keeping {
    /// The word by which a process is told.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnDisk => "on-disk",
            Self::InMemory => "in-memory",
        }
    }

    /// What that word says.
    pub fn of(word: &str) -> Option<Self> {
        [Self::OnDisk, Self::InMemory].into_iter().find(|keeping| keeping.word() == word)
    }

    fn folder(self) -> TempDir {
        match self {
            Self::OnDisk => tempfile::tempdir().unwrap(),
            Self::InMemory => tempfile::tempdir_in("/dev/shm").unwrap(),
        }
    }

    fn engine(self, folder: &TempDir, keyring: &Arc<Keyring>) -> Arc<dyn store::Engine> {
        match self {
            Self::OnDisk => {
                let (engine, keyring) =
                    (Sled::open(&folder.path().join("store")).unwrap(), Arc::clone(keyring));
                keyring.leave_syncing();
                engine.first(move || keyring.sync());
                Arc::new(engine)
            }
            Self::InMemory => Arc::new(store::memory::Memory::new()),
        }
    }
}

/// Sets a space up on a free port, prints a line about it, and serves until the process is ended.
pub fn serve(keeping: Keeping) {
    Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let origin = format!("http://{HOST}:{port}");
        let environment = Environment::new(Arc::new(ManualClock::new(NOW)), Arc::new(SystemRandomness));
        let folder = keeping.folder();
        let network = TestNetwork::new();
        let office = office(&network);
        let site = Site { network: &network, office: &office, origin: &origin, port, environment };
        let party = web::Party::new(HOST, site.router(keeping, &folder));
        let issuer = office.issuing.1.to_private_json().to_string();
        let told = Told { origin: origin.clone(), chain: der(&office), issuer };
        println!("{}", serde_json::to_string(&told).unwrap());
        // All members are one client here, with as many connections as it likes: at the limit one that rests would be ended
        // just when it is to be used.
        let connections =
            web::ConnectionLimits { most_of_client: 256, most_of_network: 256, ..Default::default() };
        let settings = web::ServeSettings { connections, ..Default::default() };
        web::serve(vec![party], listener, settings, std::future::pending()).await.unwrap();
    });
}

/// The issuer that the space believes.
fn office(network: &TestNetwork) -> TestParty {
    network.party(Role::Office, "did:web:office.example.org", "office.example.org")
}

struct Site<'a> {
    network: &'a TestNetwork,
    office: &'a TestParty,
    origin: &'a str,
    port: u16,
    environment: Environment,
}

impl Site<'_> {
    fn router(&self, keeping: Keeping, folder: &TempDir) -> axum::Router {
        let environment = &self.environment;
        let keyring = Arc::new(Keyring::open(&folder.path().join("keyring"), environment.clone()).unwrap());
        let store = Store::new(keeping.engine(folder, &keyring), environment.clone());
        let tenant = store.tenant(&TenantId::new("kiln").unwrap());
        let nonces = NonceKey::generate(environment.randomness());
        let registration = self.registration();
        let identity = Arc::new(self.identity(registration.compact().to_owned()));
        let minting = SpaceMinting::new(Arc::clone(&identity), tenant.clone(), Arc::clone(&keyring), None);
        let issuance = Issuance::new(
            Arc::clone(&identity),
            tenant.clone(),
            nonces.clone(),
            configurations(),
            Arc::new(minting),
            issuance::Settings::default(),
        );
        let form = form();
        let settings =
            SpaceSettings { forms: BTreeMap::from([(form.id.clone(), form)]), brand: None, appeal: None };
        let space = Space::new(
            Arc::clone(&identity),
            Arc::new(registration),
            tenant.clone(),
            Arc::clone(&keyring),
            issuance,
            settings,
        );
        let list = status_token(self.office);
        let fetch = Arc::new(Scripted::new(move |_| {
            let media_type = status_list::MEDIA_TYPE.parse().unwrap();
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, media_type)]);
            Ok(Response::new(StatusCode::OK, headers, list.clone()))
        }));
        let directory =
            Directory::new(self.network.descriptor().clone(), None, Arc::new(Nowhere), environment.clone());
        let anchors = ForeignAnchors::from_pem(&self.network.root.certificate().to_pem()).unwrap();
        let presentation = Presentation::new(
            identity,
            tenant,
            keyring,
            nonces,
            Arc::new(directory),
            Arc::new(StatusLists::new(fetch, environment.clone())),
            Arc::new(space.clone()),
            Settings { one_key: true, foreign: vec![ForeignType { vct: TYPE.to_owned(), anchors }] },
        );
        let site = SpaceWeb::new(space, presentation, "{}\n", [7; 32]).with_budget(1 << 20);
        verifier_web::router(site)
    }

    fn did(&self) -> String {
        format!("did:web:{HOST}%3A{}", self.port)
    }

    fn identity(&self, registration: String) -> Identity {
        let did = Did::parse(&self.did()).unwrap();
        let party = self.network.party(Role::Space, did.as_str(), HOST);
        let key = |fragment: &str, signer: SigningKey, chain: Option<CertificateChain>| OwnKey {
            signer: Arc::new(signer),
            key_id: did.with_fragment(fragment).unwrap(),
            chain: chain.into(),
        };
        Identity {
            name: "Kiln".to_owned(),
            origin: Url::parse(self.origin).unwrap(),
            request: key("request", party.request.1, Some(party.request.0)),
            issuing: key("issuing", party.issuing.1, Some(party.issuing.0)),
            log: key("log", self.network.key(), None),
            did: did.clone(),
            registration: registration.into(),
        }
    }

    fn registration(&self) -> Registration {
        let contacts = || Contacts { email: Some("team@example.org".to_owned()), phone: None, uri: None };
        let content = RegistrationContent {
            did: self.did(),
            legal_name: "Kiln Ltd".to_owned(),
            name: "Kiln".to_owned(),
            brand: None,
            contacts: contacts(),
            data_protection_contact: contacts(),
            supervisory_authority: SupervisoryAuthority {
                name: "Data protection authority".to_owned(),
                contacts: contacts(),
            },
            privacy_policy: format!("{}/privacy", self.origin),
            intended_uses: vec![IntendedUse {
                id: "membership".to_owned(),
                purpose: BTreeMap::from([("en".to_owned(), "Becoming a member".to_owned())]),
                legal_basis: LegalBasis::Contract,
                claims: asked()
                    .iter()
                    .map(|path| RegisteredClaim {
                        path: ClaimPath::from_value(&json!(path)).unwrap(),
                        retention_days: 90,
                    })
                    .collect(),
                credential_types: vec![TYPE.to_owned()],
            }],
        };
        let (chain, key) = &self.network.registrar;
        let now = self.environment.now();
        let compact =
            trust::registration::sign(&content, &self.network.network, chain, key, now, 30).unwrap();
        Registration::verify(&compact, self.network.descriptor(), &self.did(), now).unwrap()
    }
}

/// Four claims of the credential are asked for, as in the comparison with Credo.
fn asked() -> Vec<Vec<Value>> {
    let path = |names: &[&str]| names.iter().map(|name| Value::from(*name)).collect();
    vec![path(&["given_name"]), path(&["family_name"]), path(&["birthdate"]), path(&["address", "locality"])]
}

fn form() -> Form {
    Form {
        id: "sign-up".to_owned(),
        purpose: "membership".to_owned(),
        fields: Vec::new(),
        passport: None,
        membership: None,
        foreign: vec![ForeignCredential { vct: TYPE.to_owned(), claims: asked(), need: Need::Required }],
        terms: false,
        approval: Approval::Automatic,
        beyond_registration: false,
        ..Form::default()
    }
}

fn status_token(office: &TestParty) -> String {
    let chain = der(office);
    let list = StatusList::new(Bits::One, 1 << 20).unwrap();
    let publishing = Publishing {
        list: &list,
        uri: STATUS_LIST,
        issued_at: NOW,
        expires: None,
        ttl: Some(3_600),
        aggregation_uri: None,
    };
    status_list::sign(&publishing, SignAs::X5c(&chain), &office.issuing.1).unwrap()
}

/// The office's chain as bytes, the leaf first.
fn der(office: &TestParty) -> Vec<Vec<u8>> {
    office.issuing.0.certificates().map(|certificate| certificate.der().to_vec()).collect()
}

/// Nobody needs to be resolved: the issuer is known by its certificate.
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

/// A body for the page that makes requests.
pub fn asking() -> Value {
    json!({"way": "link"})
}
