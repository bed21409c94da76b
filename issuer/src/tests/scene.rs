//! An office over a store in memory, with a hand on the clock, and answers as `presentation` hands them over.

use std::sync::{Arc, Mutex};

use credentials::types;
use credentials::vc::Facts;
use did::web::Location;
use did::webvh::{Created, Inception, Settings, create};
use did::{Did, DocumentBuilder, Relationship};
use directory::{Identity, OwnKey};
use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use issuance::Issuance;
use issuer::minting::{OfficeMinting, configurations};
use issuer::records::{Asked, RequestKind};
use issuer::{Letters, Office, OfficeSettings, Person};
use jose::{Algorithm, Jwk, Signer, SigningKey};
use keyring::Keyring;
use openid4vc::secret::SecretText;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vci::authorization::Lifetimes;
use outbound::mail::{Deliver, Delivering, Mail, MailError};
use presentation::{Answer, DisclosedClaim, Prepared, Presented, Receiving, Refused, Reply, SignedBy, Way};
use serde_json::{Map, Value, json};
use store::memory::Memory;
use store::{Change, Fault, Store, Tenant, TenantId, Tx};
use tempfile::TempDir;
use trust::Role;
use trust::testing::{NOW, TestNetwork, TestParty};
use url::Url;

pub(crate) const OFFICE_DID: &str =
    "did:webvh:QmQfficeQmQfficeQmQfficeQmQfficeQmQfficeQmQfff:office.localhost%3A8080";
/// The home space.
pub(crate) const HARBOUR: &str =
    "did:webvh:QmHarbrQmHarbrQmHarbrQmHarbrQmHarbrQmHarbrQmHa:harbour.localhost%3A8080";
pub(crate) const ORIGIN: &str = "http://office.localhost:8080";
pub(crate) const A_DAY: i64 = 86_400;

/// What must be found nowhere once everything was issued.
pub(crate) const CANARIES: [&str; 4] = ["Canaryada", "Canaryexample", "1990-01-02", "canary-ada@example.org"];

pub(crate) struct Scene {
    pub(crate) memory: Memory,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) environment: Environment,
    pub(crate) folder: TempDir,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) nonces: NonceKey,
    pub(crate) network: TestNetwork,
    pub(crate) party: TestParty,
    pub(crate) mails: Arc<LetterBox>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW.plus(3_600)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(&folder.path().join("keyring"), environment.clone()).unwrap();
        let network = TestNetwork::new();
        let party = network.party(Role::Office, OFFICE_DID, "office.localhost");
        let nonces = NonceKey::generate(environment.randomness());
        let identity = identity(&network, &party);
        Self {
            memory: Memory::new(),
            clock,
            environment,
            folder,
            keyring: Arc::new(keyring),
            identity: Arc::new(identity),
            nonces,
            network,
            party,
            mails: Arc::new(LetterBox::default()),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.environment.now()
    }

    pub(crate) fn tenant(&self) -> Tenant {
        let store = Store::new(Arc::new(self.memory.clone()), self.environment.clone());
        store.tenant(&TenantId::new("office").unwrap())
    }

    /// One more office over the same store: a replica.
    pub(crate) fn office(&self) -> Office {
        self.office_with(Some(self.ada()))
    }

    pub(crate) fn office_with(&self, test_member: Option<Person>) -> Office {
        let tenant = self.tenant();
        let minting =
            OfficeMinting::new(Arc::clone(&self.identity), tenant.clone(), Arc::clone(&self.keyring));
        let issuance = Issuance::new(
            Arc::clone(&self.identity),
            tenant.clone(),
            self.nonces.clone(),
            configurations(),
            Arc::new(minting),
            issuance::Settings { code_flow: Some(Lifetimes::default()), ..issuance::Settings::default() },
        );
        let settings =
            OfficeSettings { prefix: did::number::OfficePrefix::parse("HRB1").unwrap(), test_member };
        Office::new(Arc::clone(&self.identity), tenant, Arc::clone(&self.keyring), issuance, settings)
    }

    pub(crate) fn ada(&self) -> Person {
        Person::new(CANARIES[0], CANARIES[1], CANARIES[2], CANARIES[3], self.now()).unwrap()
    }

    pub(crate) fn key(&self) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, self.environment.randomness()).unwrap()
    }

    /// A good answer for a first passport under `key`.
    pub(crate) fn first_answer(&self, asked: &Asked, key: &Jwk) -> Answer {
        let space = || SignedBy::Space(HARBOUR.to_owned());
        let membership = json!({"sub": "m-1", "since": "2026-01-01", "space": HARBOUR});
        let statement = json!({"sub": "m-1", "given_name": CANARIES[0], "family_name": CANARIES[1],
            "birthdate": CANARIES[2], "check": "document", "checked_on": "2026-11-24"});
        let presented = vec![
            self.presented("membership", types::MEMBERSHIP, space(), key, membership),
            self.presented("statement", types::STATEMENT, space(), key, statement),
            self.presented("own", types::OWN, SignedBy::Holder, key, json!({"email": CANARIES[3]})),
        ];
        answer(asked, Some(key.clone()), presented)
    }

    /// A good answer for a refill of a passport: passport and membership are under different keys.
    pub(crate) fn passport_answer(&self, asked: &Asked, key: &Jwk, number: &str, did: &str) -> Answer {
        let office = SignedBy::Office(OFFICE_DID.to_owned());
        let claims = json!({"number": number, "did": did});
        let space = SignedBy::Space(HARBOUR.to_owned());
        let other = self.key().public_jwk().clone();
        let since = json!({"since": "2026-01-01"});
        let presented = vec![
            self.presented("passport", types::PASSPORT, office, key, claims),
            self.presented("membership", types::MEMBERSHIP, space, &other, since),
        ];
        answer(asked, Some(key.clone()), presented)
    }

    fn facts(&self, vct: &str, key: &Jwk, status: &Value) -> Facts {
        let today = self.now().start_of_day();
        let claims = json!({"vct": vct, "cnf": {"jwk": key.to_value()}, "iat": today.seconds(),
            "exp": today.plus(14 * A_DAY).seconds(), "status": status});
        Facts::of(claims.as_object().unwrap()).unwrap()
    }

    pub(crate) fn presented(
        &self,
        query: &str,
        vct: &str,
        signed_by: SignedBy,
        key: &Jwk,
        claims: Value,
    ) -> Presented {
        let status = json!({"status_list": {"uri": "http://harbour.localhost:8080/status/1", "idx": 7}});
        let claims: Map<String, Value> = claims.as_object().unwrap().clone();
        let disclosed = claims.iter().map(|(name, value)| {
            let disclosure = jose::base64url::encode(json!(["salt", name, value]).to_string());
            let digest = jose::digest::sha256(&disclosure);
            DisclosedClaim { path: name.clone(), disclosure, digest }
        });
        Presented {
            query: query.to_owned(),
            signed_by,
            facts: self.facts(vct, key, &status),
            disclosed: disclosed.collect(),
            claims,
        }
    }

    /// Another time of signing and end for a credential.
    pub(crate) fn dated(&self, presented: &mut Presented, key: &Jwk, issued: Timestamp, ends: Timestamp) {
        let claims = json!({"vct": presented.facts.vct(), "cnf": {"jwk": key.to_value()},
            "iat": issued.seconds(), "exp": ends.seconds(),
            "status": {"status_list": {"uri": "http://harbour.localhost:8080/status/1", "idx": 7}}});
        presented.facts = Facts::of(claims.as_object().unwrap()).unwrap();
    }

    /// Another place in the status lists for a credential.
    pub(crate) fn placed(&self, presented: &mut Presented, key: &Jwk, list: &str, index: u64) {
        let status = json!({"status_list": {"uri": list, "idx": index}});
        presented.facts = self.facts(presented.facts.vct(), key, &status);
    }

    pub(crate) async fn ask(&self, kind: RequestKind) -> Asked {
        self.office().ask(kind, None, "es").await.unwrap()
    }

    /// Lets the office take an answer, as `presentation` does.
    pub(crate) async fn give(&self, answer: &Answer) -> Result<Reply, &'static str> {
        loop {
            let prepared = self.prepare(answer).await?;
            if self.store(prepared.as_ref()).await {
                return Ok(prepared.reply());
            }
        }
    }

    /// The first half of it.
    pub(crate) async fn prepare(&self, answer: &Answer) -> Result<Box<dyn Prepared>, &'static str> {
        match self.office().prepare(answer).await {
            Ok(prepared) => Ok(prepared),
            Err(Refused::Rejected(rejection)) => Err(rejection.code),
            Err(Refused::Store(fault)) => panic!("{fault}"),
        }
    }

    /// The second half; false, and nothing is stored, if the answer is to be prepared anew.
    pub(crate) async fn store(&self, prepared: &dyn Prepared) -> bool {
        self.tenant().carry_out(&Apply(prepared)).await.unwrap()
    }

    /// A first passport as far as the answer; gives the answering key and the handle.
    pub(crate) async fn applied(&self) -> (SigningKey, SecretText) {
        let asked = self.ask(RequestKind::FirstPassport).await;
        let key = self.key();
        let reply = self.give(&self.first_answer(&asked, key.public_jwk())).await.unwrap();
        let uri = reply.sharing_proof_uri.unwrap();
        (key, SecretText::new(uri.rsplit('/').next().unwrap()))
    }

    /// What the wallet finds.
    pub(crate) async fn follow_up(
        &self,
        key: &SigningKey,
        handle: &SecretText,
    ) -> network::follow_up::FollowUp {
        let holder = key.public_jwk().thumbprint_base64url();
        self.office().follow_up(handle.hash(), &holder).await.unwrap()
    }

    /// The label that was reserved.
    pub(crate) async fn label(&self, key: &SigningKey, handle: &SecretText) -> String {
        let hosting = self.follow_up(key, handle).await.did_hosting.unwrap();
        hosting.location.rsplit(':').next().unwrap().to_owned()
    }

    /// A new DID at a label.
    pub(crate) fn member_did(&self, host: &str, label: &str, portable: bool) -> (Created, SigningKey) {
        self.member_did_of(host, label, portable, self.key().public_jwk())
    }

    /// The same with this key as `#sign`.
    pub(crate) fn member_did_of(
        &self,
        host: &str,
        label: &str,
        portable: bool,
        sign: &Jwk,
    ) -> (Created, SigningKey) {
        let location = Location::new(host, Some(8080), &[label]).unwrap();
        let log_key = SigningKey::generate(Algorithm::EdDsa, self.environment.randomness()).unwrap();
        let inception = Inception {
            location: &location,
            document: &|did: &Did| {
                DocumentBuilder::new(did).key("sign", sign, &[Relationship::AssertionMethod]).build()
            },
            settings: Settings { portable, ..Settings::default() },
        };
        (create(&inception, &log_key, self.now()).unwrap(), log_key)
    }

    /// The worker, until nothing is left to do.
    pub(crate) async fn work(&self) {
        while self.office().work(self.mails.as_ref(), &PlainLetters).await.unwrap() > 0 {}
    }

    /// The token in the newest mail.
    pub(crate) fn token(&self) -> SecretText {
        let mail = self.mails.mails().pop().expect("a mail");
        SecretText::new(mail.text.rsplit("/email/").next().unwrap())
    }

    /// A first passport as far as the offer: link confirmed, log left. Gives also the DID.
    pub(crate) async fn ready(&self) -> (SigningKey, SecretText, String) {
        let (key, handle) = self.applied().await;
        self.work().await;
        self.office().confirm_email(&self.token(), None).await.unwrap();
        let label = self.label(&key, &handle).await;
        let (created, _) = self.member_did("office.localhost", &label, true);
        let holder = key.public_jwk().thumbprint_base64url();
        self.office().put_log(&label, &holder, created.text.as_bytes()).await.unwrap();
        (key, handle, created.did.as_str().to_owned())
    }

    /// Whether any of the values stands somewhere in the store or the keyring.
    pub(crate) fn traces(&self) -> Vec<String> {
        let mut places: Vec<(String, Vec<u8>)> = Vec::new();
        for (key, value) in self.memory.entries() {
            places.push(("a key of the store".to_owned(), key));
            places.push(("a value of the store".to_owned(), value));
        }
        for folder in ["keyring", "keyring/keys", "keyring/secrets"] {
            for entry in std::fs::read_dir(self.folder.path().join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
                }
            }
        }
        let mut found = Vec::new();
        for (place, bytes) in places {
            for canary in CANARIES {
                let encoded = jose::base64url::encode(canary);
                let spellings = [canary.as_bytes(), encoded.as_bytes()];
                if spellings.iter().any(|needle| bytes.windows(needle.len()).any(|part| part == *needle)) {
                    found.push(format!("{canary} in {place}"));
                }
            }
        }
        found
    }

    /// How many sealing keys there are.
    pub(crate) fn sealing_keys(&self) -> usize {
        let table = std::fs::read(self.folder.path().join("keyring/keys/table")).unwrap();
        // Each in a place of 128 bytes behind the head; the first byte of one with a key is 1.
        table[4_096..].chunks(128).filter(|place| place[0] == 1).count()
    }
}

fn identity(network: &TestNetwork, party: &TestParty) -> Identity {
    let did = Did::parse(OFFICE_DID).unwrap();
    let key = |fragment: &str, (chain, key): &(trust::CertificateChain, SigningKey)| OwnKey {
        signer: Arc::new(copy(key)),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: Some(chain.clone()).into(),
    };
    Identity {
        name: "Test office".to_owned(),
        origin: Url::parse(ORIGIN).unwrap(),
        request: key("request", &party.request),
        issuing: key("issuing", &party.issuing),
        log: OwnKey {
            signer: Arc::new(network.key()),
            key_id: did.with_fragment("log").unwrap(),
            chain: None.into(),
        },
        did,
        registration: "e30.e30.e30".to_owned().into(),
    }
}

fn copy(key: &SigningKey) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::Es256, &key.secret_bytes()).unwrap()
}

pub(crate) fn answer(asked: &Asked, answering_key: Option<Jwk>, presented: Vec<Presented>) -> Answer {
    Answer {
        request_id: "request".to_owned(),
        subject: asked.id.clone(),
        request_hash: "hash".to_owned(),
        way: Way::NoScreen,
        answering_key,
        presented,
    }
}

/// Stores what was prepared, as long as it holds.
struct Apply<'a>(&'a dyn Prepared);

impl Change for Apply<'_> {
    const NAME: &'static str = "apply";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        if !self.0.still_holds(tx).await? {
            return Ok(false);
        }
        self.0.apply(tx).await?;
        Ok(true)
    }
}

/// Keeps mails; refuses as it is told to.
#[derive(Default)]
pub(crate) struct LetterBox {
    mails: Mutex<Vec<Mail>>,
    refusals: Mutex<Vec<MailError>>,
}

impl LetterBox {
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    pub(crate) fn refuse_next(&self, error: MailError) {
        self.refusals.lock().unwrap().push(error);
    }
}

impl Deliver for LetterBox {
    fn deliver(&self, mail: Mail) -> Delivering<'_> {
        let outcome = match self.refusals.lock().unwrap().pop() {
            Some(error) => Err(error),
            None => {
                self.mails.lock().unwrap().push(mail);
                Ok(())
            }
        };
        Box::pin(std::future::ready(outcome))
    }
}

/// A letter that ends with its link.
pub(crate) struct PlainLetters;

impl Letters for PlainLetters {
    fn email_check(&self, language: &str, office: &str, link: &str) -> (String, String) {
        (format!("{language}: confirm"), format!("{office}: {link}"))
    }
}
