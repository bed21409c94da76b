//! A space over a store in memory, and answers as `presentation` hands them over.

use std::collections::BTreeMap;
use std::sync::Arc;

use credentials::types;
use credentials::vc::Facts;
use did::Did;
use directory::{Identity, OwnKey};
use environment::{Environment, ManualClock, SeededRandomness};
use issuance::{Issuance, Minting};
use jose::{Algorithm, Jwk, SigningKey};
use keyring::Keyring;
use openid4vc::secret::SecretHash;
use openid4vc::timed_nonce::NonceKey;
use presentation::{Answer, DisclosedClaim, Prepared, Presented, Receiving, Refused, Reply, SignedBy, Way};
use serde_json::{Map, Value, json};
use store::memory::Memory;
use store::{Change, Fault, Lanes, Store, Tenant, TenantId, Tx};
use tempfile::TempDir;
use trust::registration::{
    ClaimPath, Contacts, IntendedUse, LegalBasis, RegisteredClaim, RegistrationContent, SupervisoryAuthority,
};
use trust::testing::{NOW, TestNetwork};
use trust::{Registration, Role};
use url::Url;

use crate::form::{Approval, Field, Form, Need, SeenInTeam, Source};
use crate::members::{SpaceMinting, configurations};
use crate::records::Asked;
use crate::{Space, SpaceSettings};

pub(crate) const DID: &str = "did:webvh:QmKilnnQmKilnnQmKilnnQmKilnnQmKilnnQmKilnnQmKi:kiln.localhost";

/// The hash of the request object that the member's wallet answers.
pub(crate) const REQUEST: &str = "of-this-request";

/// What must be found nowhere in the open, and nowhere at all once it was deleted.
pub(crate) const CANARIES: [&str; 3] = ["canary-ada@example.org", "Canaryada", "1990-01-02"];

/// A space and everything around it.
pub(crate) struct Stage {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) memory: Memory,
    pub(crate) tenant: Tenant,
    pub(crate) space: Space,
    pub(crate) minting: Arc<SpaceMinting>,
    environment: Environment,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::registered(true)
    }

    /// A space that was registered before there were refills.
    pub(crate) fn without_refills() -> Self {
        Self::registered(false)
    }

    fn registered(refills: bool) -> Self {
        let clock = Arc::new(ManualClock::new(NOW.plus(3_600)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(5)));
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(&folder.path().join("keyring"), environment.clone()).unwrap();
        let keyring = Arc::new(keyring);
        let network = TestNetwork::new();
        let registration = registration(&network, &environment, refills);
        let identity = Arc::new(identity(&network, registration.compact()));
        let memory = Memory::new();
        let store = Store::new(Arc::new(memory.clone()), environment.clone());
        let tenant = store.tenant(&TenantId::new("kiln").unwrap());
        let minting = Arc::new(SpaceMinting::new(
            Arc::clone(&identity),
            tenant.clone(),
            Arc::clone(&keyring),
            Some("Kiln".to_owned()),
        ));
        let issuance = Issuance::new(
            Arc::clone(&identity),
            tenant.clone(),
            NonceKey::generate(environment.randomness()),
            configurations(),
            Arc::clone(&minting) as Arc<dyn Minting>,
            issuance::Settings::default(),
        );
        let with_passport =
            Form { passport: Some(Need::Optional), ..form("with-passport", Approval::Automatic) };
        let (sign_up, person) =
            (form("sign-up", Approval::Automatic), form("ask-the-team", Approval::Person));
        let forms = [sign_up, person, with_passport, beyond()];
        let settings = SpaceSettings {
            forms: forms.into_iter().map(|form| (form.id.clone(), form)).collect(),
            brand: Some("Kiln".to_owned()),
            appeal: Some("team@example.org".to_owned()),
        };
        let space = Space::new(identity, Arc::new(registration), tenant.clone(), keyring, issuance, settings);
        Self { clock, memory, tenant, space, minting, environment, folder }
    }

    pub(crate) fn now(&self) -> environment::Timestamp {
        self.environment.now()
    }

    pub(crate) fn key(&self) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, self.environment.randomness()).unwrap()
    }

    /// An answer with e-mail address and name on the member's own word, and these terms if any.
    pub(crate) fn answer(&self, asked: &Asked, key: &Jwk, way: Way, terms: Option<Value>) -> Answer {
        let own = |query: &str, claims: Value| self.presented(query, types::OWN, key, claims);
        let mut presented = vec![
            own("own_email", json!({"email": CANARIES[0]})),
            own("own", json!({"given_name": CANARIES[1]})),
        ];
        presented.extend(terms.map(|terms| self.presented("terms", types::TERMS, key, terms)));
        Answer {
            request_id: "request".to_owned(),
            subject: asked.id.clone(),
            request_hash: REQUEST.to_owned(),
            way,
            answering_key: Some(key.clone()),
            presented,
        }
    }

    /// A verified presentation, each claim of which came as a disclosure.
    pub(crate) fn presented(&self, query: &str, vct: &str, key: &Jwk, claims: Value) -> Presented {
        let claims: Map<String, Value> = claims.as_object().unwrap().clone();
        let disclosed = claims.iter().map(|(name, value)| {
            let disclosure = jose::base64url::encode(json!(["salt", name, value]).to_string());
            let digest = jose::digest::sha256(&disclosure);
            DisclosedClaim { path: name.clone(), disclosure, digest }
        });
        let now = self.environment.now();
        let facts = json!({"vct": vct, "cnf": {"jwk": key.to_value()}, "iat": now.seconds(),
            "exp": now.plus(300).seconds()});
        Presented {
            query: query.to_owned(),
            signed_by: SignedBy::Holder,
            facts: Facts::of(facts.as_object().unwrap()).unwrap(),
            disclosed: disclosed.collect(),
            claims,
        }
    }

    /// A passport of the office, under its own key.
    pub(crate) fn passport(&self, key: &Jwk, number: &str, did: &str) -> Presented {
        let signed_by = SignedBy::Office("did:web:office.example.org".to_owned());
        let claims = json!({"number": number, "did": did});
        Presented { signed_by, ..self.presented("passport", types::PASSPORT, key, claims) }
    }

    /// A request on a page that says to whom details go on.
    pub(crate) async fn asked_on_a_page(&self, form: &str) -> Asked {
        let told = self.space.recipients_told().await.unwrap();
        self.space.ask_at_screen(form, browser(), &told).await.unwrap()
    }

    /// Brings a backup of this moment back: the space goes on over what survives that.
    pub(crate) async fn restore(&mut self) {
        let mut text = Vec::new();
        store::transfer::export(&self.memory, &self.environment, &mut text).await.unwrap();
        let memory = Memory::new();
        store::transfer::import(&memory, &self.environment, &mut text.as_slice()).await.unwrap();
        let store = Store::new(Arc::new(memory.clone()), self.environment.clone());
        self.memory = memory;
        self.tenant = store.tenant(&TenantId::new("kiln").unwrap());
        self.space.tenant = self.tenant.clone();
    }

    /// Lets the space take an answer, as `presentation` does.
    pub(crate) async fn give(&self, answer: &Answer) -> Result<Reply, &'static str> {
        match self.space.prepare(answer).await {
            Ok(prepared) => {
                self.store(prepared.as_ref()).await;
                Ok(prepared.reply())
            }
            Err(Refused::Rejected(rejection)) => Err(rejection.code),
            Err(Refused::Store(fault)) => panic!("{fault}"),
        }
    }

    /// One more server over the same store, whose file brings `forms`: as after another start.
    pub(crate) fn started_with(&self, forms: &[Form]) -> Space {
        let mut space = self.space.clone();
        let store = Store::new(Arc::new(self.memory.clone()), self.environment.clone());
        space.tenant = store.tenant(&TenantId::new("kiln").unwrap());
        let forms = forms.iter().map(|form| (form.id.clone(), form.clone())).collect();
        space.settings = Arc::new(SpaceSettings { forms, ..(*self.space.settings).clone() });
        space
    }

    /// Whether what was prepared still holds.
    pub(crate) async fn holds(&self, prepared: &dyn Prepared) -> bool {
        self.tenant.commit(&Holds(prepared)).await.unwrap()
    }

    pub(crate) async fn store(&self, prepared: &dyn Prepared) {
        store_at(&self.tenant, prepared).await;
    }

    /// Places at which a canary stands in the open: the store's bytes, or what the keyring keeps.
    pub(crate) fn traces(&self) -> usize {
        self.traces_of(&CANARIES)
    }

    /// The same for these canaries.
    pub(crate) fn traces_of(&self, canaries: &[&str]) -> usize {
        let mut places: Vec<Vec<u8>> =
            self.memory.entries().into_iter().flat_map(|(key, value)| [key, value]).collect();
        for folder in ["keyring", "keyring/keys", "keyring/secrets"] {
            let files = std::fs::read_dir(self.folder.path().join(folder)).unwrap();
            let files = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
            places.extend(files.map(|path| std::fs::read(path).unwrap()));
        }
        let needles: Vec<String> = canaries
            .iter()
            .flat_map(|canary| [(*canary).to_owned(), jose::base64url::encode(canary)])
            .collect();
        places
            .iter()
            .filter(|place| {
                needles.iter().any(|needle| place.windows(needle.len()).any(|part| part == needle.as_bytes()))
            })
            .count()
    }

    /// Destroys every sealing key, as if each contact had been deleted.
    pub(crate) fn lose_sealing_keys(&self) {
        let path = self.folder.path().join("keyring/keys/table");
        let mut table = std::fs::read(&path).unwrap();
        table[4_096..].fill(0);
        std::fs::write(path, table).unwrap();
    }

    /// How many sealing keys there are.
    pub(crate) fn sealing_keys(&self) -> usize {
        let table = std::fs::read(self.folder.path().join("keyring/keys/table")).unwrap();
        // Each in a place of 128 bytes behind the head; the first byte of one with a key is 1.
        table[4_096..].chunks(128).filter(|place| place[0] == 1).count()
    }
}

/// Stores what was prepared, at one of the servers.
pub(crate) async fn store_at(tenant: &Tenant, prepared: &dyn Prepared) {
    tenant.carry_out(&Apply(prepared)).await.unwrap();
}

/// The session of a browser.
pub(crate) fn browser() -> SecretHash {
    SecretHash::of("browser")
}

fn identity(network: &TestNetwork, registration: &str) -> Identity {
    let did = Did::parse(DID).unwrap();
    let party = network.party(Role::Space, DID, "kiln.localhost");
    let key = |fragment: &str, (chain, key): (trust::CertificateChain, SigningKey)| OwnKey {
        signer: Arc::new(key),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: Some(chain).into(),
    };
    Identity {
        name: "Kiln North".to_owned(),
        origin: Url::parse("http://kiln.localhost").unwrap(),
        request: key("request", party.request),
        issuing: key("issuing", party.issuing),
        log: OwnKey {
            signer: Arc::new(network.key()),
            key_id: did.with_fragment("log").unwrap(),
            chain: None.into(),
        },
        registration: registration.to_owned().into(),
        did: did.clone(),
    }
}

fn registration(network: &TestNetwork, environment: &Environment, refills: bool) -> Registration {
    let contacts = || Contacts { email: Some("team@example.org".to_owned()), phone: None, uri: None };
    let claim = |name: &str| RegisteredClaim {
        path: ClaimPath::from_value(&json!([name])).unwrap(),
        retention_days: 90,
    };
    let mut content = RegistrationContent {
        did: DID.to_owned(),
        legal_name: "Kiln North Ltd".to_owned(),
        name: "Kiln North".to_owned(),
        brand: None,
        contacts: contacts(),
        data_protection_contact: contacts(),
        supervisory_authority: SupervisoryAuthority { name: "Authority".to_owned(), contacts: contacts() },
        privacy_policy: "https://kiln.example.org/privacy".to_owned(),
        intended_uses: vec![IntendedUse {
            id: "membership".to_owned(),
            purpose: BTreeMap::from([("en".to_owned(), "Becoming a member".to_owned())]),
            legal_basis: LegalBasis::Contract,
            claims: ["email", "given_name", "company", "number", "did"].map(claim).to_vec(),
            credential_types: [types::PROFILE, types::OWN, types::PASSPORT].map(str::to_owned).to_vec(),
        }],
    };
    if refills {
        content.intended_uses.push(serde_json::from_value(crate::renewing::intended_use()).unwrap());
        content.intended_uses.push(serde_json::from_value(crate::portal::intended_use()).unwrap());
        let here = crate::invitations::here_i_am::intended_use();
        content.intended_uses.push(serde_json::from_value(here).unwrap());
    }
    let (chain, key) = &network.registrar;
    let now = environment.now();
    let compact = trust::registration::sign(&content, &network.network, chain, key, now, 30).unwrap();
    Registration::verify(&compact, network.descriptor(), DID, now).unwrap()
}

pub(crate) fn form(id: &str, approval: Approval) -> Form {
    let field = |claim: &str, need, source, kept_days| Field {
        claim: claim.to_owned(),
        need,
        source,
        kept_days,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    };
    Form {
        id: id.to_owned(),
        purpose: "membership".to_owned(),
        fields: vec![
            field("email", Need::Required, Source::Either, Some(30)),
            field("given_name", Need::Required, Source::Own, None),
            field("company", Need::Optional, Source::Own, None),
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

/// A form that asks for more than was registered.
fn beyond() -> Form {
    let mut form = form("beyond", Approval::Automatic);
    form.fields.push(Field {
        claim: "address".to_owned(),
        need: Need::Optional,
        source: Source::Own,
        kept_days: None,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    });
    form
}

/// Stores what was prepared.
struct Apply<'a>(&'a dyn Prepared);

impl Change for Apply<'_> {
    const NAME: &'static str = "apply";
    type Output = ();
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        self.0.lanes()
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(self.0.apply(tx).await?)
    }
}

/// Asks whether what was prepared still holds.
struct Holds<'a>(&'a dyn Prepared);

impl Change for Holds<'_> {
    const NAME: &'static str = "holds";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        Ok(self.0.still_holds(tx).await?)
    }
}
