//! The verifier in a network of an office and another space, whose status lists can be fetched.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use credentials::status_list::{self, Bits, Publishing, Status, StatusList};
use credentials::{issuer_key::SignAs, types};
use did::resolution::{Resolution, Version};
use did::{Did, Document, DocumentBuilder, Relationship, Resolve, ResolveError, StaticResolver};
use directory::Directory;
use jose::{Signer, SigningKey};
use openid4vc::vp::link::RequestUriMethod;
use outbound::{Fetch, Fetching, OutboundError, Response};
use serde_json::{Value, json};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{CertificateChain, ForeignAnchors, Purpose, Role};

use super::super::scene::{Asked, OPEN, Scene, claims_of};
use super::paper::Paper;
use crate::{Asking, ClientIdentifier, ForeignType, Presentation, Settings, StatusLists, Way};

const OFFICE: &str = "did:web:office.example.org";
const OFFICE_HOST: &str = "office.example.org";
const HARBOUR: &str = "did:web:harbour.example.org";
/// The status list of everything honest: that of the office in the week of this test.
pub(super) const LIST: &str = "https://office.example.org/status/2968";
/// The lists that living copies of the office may point to: four of each week, the present one first; 0 is [`LIST`].
pub(super) fn list_number(number: usize) -> String {
    let week = 2_968 - number / 4;
    match number % 4 {
        0 => format!("https://office.example.org/status/{week}"),
        more => format!("https://office.example.org/status/{week}-{more}"),
    }
}

/// A type from outside the network that the verifier trusts under a root of its own choosing.
pub(super) const FOREIGN: &str = "https://identity.example.net/person";

/// Status, media type and body.
type Answer = (StatusCode, String, String);

/// Knows the parties, while it has time for it.
struct Resolver {
    known: StaticResolver,
    says: Arc<Mutex<Option<ResolveError>>>,
}

impl Resolve for Resolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> did::BoxFuture<'a, Result<Resolution, ResolveError>> {
        let refused = self.says.lock().unwrap().clone();
        Box::pin(ready(refused.map_or_else(|| self.known.resolve_now(did, version), Err)))
    }
}

/// What is served, and what was fetched.
#[derive(Clone, Default)]
struct Served {
    lists: Arc<Mutex<HashMap<String, Answer>>>,
    fetched: Arc<Mutex<Vec<String>>>,
    /// Whoever holds it has the hosts take their time.
    held: Arc<RwLock<()>>,
}

impl Fetch for Served {
    fn fetch(&self, request: outbound::Request) -> Fetching<'_> {
        let uri = request.url.as_str().to_owned();
        Box::pin(async move {
            self.fetched.lock().unwrap().push(uri.clone());
            let _answering = self.held.read().await;
            served_at(self, &uri)
        })
    }
}

pub(super) struct Members {
    pub(super) scene: Scene,
    pub(super) network: TestNetwork,
    pub(super) office: TestParty,
    pub(super) harbour: TestParty,
    /// A network of the same names under a root that only [`FOREIGN`] is trusted under.
    pub(super) abroad: TestNetwork,
    /// What the resolver says instead of resolving.
    pub(super) resolver_says: Arc<Mutex<Option<ResolveError>>>,
    directories: [Arc<Directory>; 2],
    served: Served,
}

impl Members {
    pub(super) fn new() -> Self {
        let mut scene = Scene::new();
        let (network, abroad) = (TestNetwork::new(), TestNetwork::seeded(77));
        let office = network.party(Role::Office, OFFICE, OFFICE_HOST);
        let harbour = network.party(Role::Space, HARBOUR, "harbour.example.org");
        let served = Served::default();
        let resolver_says = Arc::default();
        let resolver: Arc<dyn Resolve> = Arc::new(Resolver {
            known: StaticResolver::new([document(&office), document(&harbour)]),
            says: Arc::clone(&resolver_says),
        });
        let directory = || {
            let descriptor = network.descriptor().clone();
            let directory =
                Directory::new(descriptor, None, Arc::clone(&resolver), scene.environment.clone());
            directory.take_list(&network.sign_list(1, &members(&office, &harbour), NOW)).unwrap();
            Arc::new(directory)
        };
        let directories = [directory(), directory()];
        let anchors = ForeignAnchors::from_pem(&abroad.root.certificate().to_pem()).unwrap();
        let replica = |directory: &Arc<Directory>| {
            let inner = &scene.replicas[0].inner;
            Presentation::new(
                Arc::clone(&inner.identity),
                inner.tenant.clone(),
                Arc::clone(&inner.keyring),
                inner.nonces.clone(),
                Arc::clone(directory),
                Arc::new(StatusLists::new(Arc::new(served.clone()), scene.environment.clone())),
                Arc::clone(&inner.receiving),
                Settings {
                    one_key: true,
                    foreign: vec![ForeignType { vct: FOREIGN.to_owned(), anchors: anchors.clone() }],
                },
            )
        };
        let replicas = [replica(&directories[0]), replica(&directories[1])];
        scene.routers = replicas.clone().map(|replica| replica.routes());
        scene.replicas = replicas;
        let this = Self { scene, network, office, harbour, abroad, resolver_says, directories, served };
        this.serve(LIST, &this.list(LIST, Status::Valid, &this.office.issuing.1));
        this
    }

    /// A request for the checked given name, and as it likes the member's own company, a membership and a foreign name.
    pub(super) async fn ask(&self, subject: &str, encrypt: bool) -> Asked {
        let query = |id: &str, vct: &str, claim: &str| json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": [{"path": [claim]}]});
        let asking = Asking {
            subject: subject.to_owned(),
            query: json!({
                "credentials": [
                    query("profile", types::PROFILE, "given_name"),
                    query("own", types::OWN, "company"),
                    query("membership", types::MEMBERSHIP, "given_name"),
                    query("foreign", FOREIGN, "given_name"),
                ],
                "credential_sets": [
                    {"options": [["profile"]]},
                    {"options": [["own"]], "required": false},
                    {"options": [["membership"]], "required": false},
                    {"options": [["foreign"]], "required": false},
                ],
            }),
            way: Way::NoScreen,
            encrypt,
            client: ClientIdentifier::X509Hash,
            method: RequestUriMethod::Get,
            lifetime: OPEN,
        };
        let request = self.scene.replicas[0].ask(asking).await.unwrap();
        let fetched = self.scene.fetch(&request).await;
        assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.text);
        Asked { object: claims_of(&fetched.text), compact: fetched.text, request }
    }

    /// An honest profile of the office, bound to `asked` by the member's key.
    pub(super) fn profile(&self, asked: &Asked) -> Paper<'_> {
        let (chain, key) = &self.office.issuing;
        self.signed(asked, types::PROFILE, chain, key)
    }

    /// A credential of any type by any chain, bound to `asked` by the member's key.
    pub(super) fn signed<'a>(
        &'a self,
        asked: &Asked,
        vct: &str,
        chain: &CertificateChain,
        key: &'a SigningKey,
    ) -> Paper<'a> {
        let header = with_type(chain.to_header().into());
        let payload = json!({"vct": vct, "status": {"status_list": {"uri": LIST, "idx": 3}}});
        Paper::new(&self.scene, asked, header, payload, "given_name", "Ada", key)
    }

    /// An honest word of the member's own.
    pub(super) fn own(&self, asked: &Asked) -> Paper<'_> {
        let wallet = &self.scene.wallet;
        let did = credentials::issuer_key::did_jwk(wallet.public_jwk());
        let header = with_type(json!({"kid": format!("{did}#0")}));
        let payload = json!({"vct": types::OWN, "iss": did});
        let mut paper = Paper::new(&self.scene, asked, header, payload, "company", "Example Ltd", wallet);
        paper.payload["exp"] = json!(self.scene.now().seconds() + 300);
        paper
    }

    /// The profile that answers in honesty.
    pub(super) fn honest(&self, asked: &Asked) -> Value {
        super::token("profile", self.profile(asked).compact())
    }

    /// A chain for the issuing key of the office, for another purpose.
    pub(super) fn office_chain(&self, purpose: Purpose) -> CertificateChain {
        self.network.chain(Role::Office, OFFICE, OFFICE_HOST, purpose, self.office.issuing.1.public_jwk())
    }

    /// A chain for the issuing key of the office that breaks one rule.
    pub(super) fn bad_chain(&self, flaw: trust::testing::Flaw) -> CertificateChain {
        let key = &self.office.issuing.1;
        self.network.bad_chain(flaw, Role::Office, OFFICE, OFFICE_HOST, Purpose::CredentialIssuing, key)
    }

    /// A status list whose entry 3 has `status`.
    pub(super) fn list(&self, uri: &str, status: Status, key: &SigningKey) -> String {
        self.list_until(uri, status, key, NOW.plus(86_400))
    }

    pub(super) fn list_until(
        &self,
        uri: &str,
        status: Status,
        key: &SigningKey,
        until: environment::Timestamp,
    ) -> String {
        let mut list = StatusList::new(Bits::Two, 16).unwrap();
        list.set(3, status).unwrap();
        let publishing = Publishing {
            list: &list,
            uri,
            issued_at: NOW,
            expires: Some(until),
            ttl: None,
            aggregation_uri: None,
        };
        let chain: Vec<Vec<u8>> =
            self.office.issuing.0.certificates().map(|one| one.der().to_vec()).collect();
        status_list::sign(&publishing, SignAs::X5c(&chain), key).unwrap()
    }

    /// The way to the lists that are served.
    pub(super) fn fetch(&self) -> Arc<dyn Fetch> {
        Arc::new(self.served.clone())
    }

    /// The hosts of the lists do not answer until this is dropped.
    pub(super) async fn hold_lists(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.served.held).write_owned().await
    }

    pub(super) fn serve(&self, uri: &str, token: &str) {
        self.serve_as(uri, StatusCode::OK, status_list::MEDIA_TYPE, token);
    }

    pub(super) fn serve_as(&self, uri: &str, status: StatusCode, media_type: &str, token: &str) {
        let answer = (status, media_type.to_owned(), token.to_owned());
        self.served.lists.lock().unwrap().insert(uri.to_owned(), answer);
    }

    /// Which lists were fetched since this was asked last.
    pub(super) fn fetched(&self) -> Vec<String> {
        std::mem::take(&mut *self.served.fetched.lock().unwrap())
    }

    /// Both replicas take a newer list, in which the office stands so.
    pub(super) fn office_stands(&self, version: u64, standing: trust::Standing) {
        let mut members = members(&self.office, &self.harbour);
        members[0].standing = standing;
        let list = self.network.sign_list(version, &members, NOW);
        for directory in &self.directories {
            directory.take_list(&list).unwrap();
        }
    }
}

fn with_type(header: Value) -> Value {
    super::with(&header, "typ", json!(credentials::vc::TYPE))
}

fn members(office: &TestParty, harbour: &TestParty) -> [trust::network_list::Member; 2] {
    [office.member(Role::Office), harbour.member(Role::Space)]
}

fn document(party: &TestParty) -> Document {
    let did = Did::parse(&party.did).unwrap();
    DocumentBuilder::new(&did)
        .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
        .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
        .build()
        .unwrap()
}

fn served_at(served: &Served, uri: &str) -> Result<Response, OutboundError> {
    let served = served.lists.lock().unwrap();
    let (status, media_type, token) = served.get(uri).ok_or(OutboundError::Unreachable)?;
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap())]);
    Ok(Response::new(*status, headers, token.clone()))
}
