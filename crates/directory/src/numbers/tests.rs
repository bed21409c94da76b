use std::sync::{Arc, Mutex};

use did::{DocumentBuilder, StaticResolver};
use environment::{ManualClock, SeededRandomness};
use http::{HeaderMap, StatusCode};
use jose::{Signer, SigningKey};
use network::http_signature::{Fields, Unverified as UnverifiedCall};
use network::number_binding::HolderStatement;
use outbound::{Response, Scripted};
use serde_json::{Value, json};
use trust::network_list::Member;
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{Role, Standing};

use super::*;
use crate::OwnKey;

const MEMBER: &str = "did:web:office.example.org:m-1";
const MAILBOX_AT: &str = "https://office.example.org/mailbox/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct Scene {
    network: TestNetwork,
    office: TestParty,
    other: TestParty,
    asker: Identity,
    clock: Arc<ManualClock>,
    environment: Environment,
    directory: Directory,
    member: SigningKey,
    number: PassportNumber,
}

fn own_key(did: &Did, fragment: &str, (chain, key): (CertificateChain, SigningKey)) -> OwnKey {
    let key_id = did.with_fragment(fragment).unwrap();
    OwnKey { signer: Arc::new(key), key_id, chain: Some(chain).into() }
}

fn scene() -> Scene {
    scene_with(MAILBOX_AT)
}

fn scene_with(mailbox: &str) -> Scene {
    let network = TestNetwork::new();
    let party = |role, host: &str| network.party(role, &format!("did:web:{host}"), host);
    let space = party(Role::Space, "kiln.example.org");
    let (office, other) =
        (party(Role::Office, "office.example.org"), party(Role::Office, "other.example.org"));
    let (member, seal) = (network.key(), network.key());
    let mut documents: Vec<Document> = [&office, &other]
        .map(|party| {
            DocumentBuilder::new(&Did::parse(&party.did).unwrap())
                .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
                .build()
                .unwrap()
        })
        .into();
    documents.push(
        DocumentBuilder::new(&Did::parse(MEMBER).unwrap())
            .key("sign", member.public_jwk(), &[Relationship::AssertionMethod])
            .key("seal", seal.public_jwk(), &[Relationship::KeyAgreement])
            .service("mailbox", "PassportMailbox", mailbox)
            .build()
            .unwrap(),
    );
    let clock = Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
    let resolver = Arc::new(StaticResolver::new(documents));
    let directory = Directory::new(network.descriptor().clone(), None, resolver, environment.clone());
    let did = Did::parse(&space.did).unwrap();
    let asker = Identity {
        name: "Kiln".to_owned(),
        origin: "https://kiln.example.org".parse().unwrap(),
        request: own_key(&did, "request", space.request),
        issuing: own_key(&did, "issuing", space.issuing),
        log: OwnKey {
            signer: Arc::new(network.key()),
            key_id: did.with_fragment("log").unwrap(),
            chain: None.into(),
        },
        did,
        registration: String::new().into(),
    };
    let prefix = did::number::OfficePrefix::parse("HRB1").unwrap();
    let number = PassportNumber::generate(prefix, &SeededRandomness::new(3));
    let scene = Scene { network, office, other, asker, clock, environment, directory, member, number };
    scene.take_list(1, Standing::Admitted);
    scene
}

impl Scene {
    fn take_list(&self, version: u64, standing: Standing) {
        let prefixed = |party: &TestParty, prefix: &str| Member {
            number_prefix: Some(prefix.to_owned()),
            ..party.member(Role::Office)
        };
        let office = Member { standing, ..prefixed(&self.office, "HRB1") };
        let members = [office, prefixed(&self.other, "HRB2")];
        self.directory.take_list(&self.network.sign_list(version, &members, NOW)).unwrap();
    }

    fn token(&self) -> BindingToken {
        let number = self.number.canonical();
        BindingToken {
            office: self.office.did.clone(),
            audience: self.asker.did.as_str().to_owned(),
            did: MEMBER.to_owned(),
            holder: HolderStatement::new(MEMBER, &number, NOW).sign(&self.member).unwrap(),
            number,
            issued_at: NOW.seconds(),
            expires_at: NOW.plus(3_600).seconds(),
        }
    }

    fn signed(&self, token: &BindingToken, by: &TestParty) -> String {
        let (chain, key) = &by.issuing;
        token.sign(&format!("{}#issuing", token.office), chain.to_header(), key).unwrap()
    }

    /// What comes of an office that answers with this.
    async fn answered(&self, status: u16, media_type: &str, body: &str) -> Result<Found, ResolveNumberError> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        let response = Response::new(StatusCode::from_u16(status).unwrap(), headers, body.to_owned());
        let fetch = Scripted::new(move |_| Ok(response.clone()));
        self.ask(&fetch).await
    }

    async fn said(&self, token: &BindingToken) -> Result<Found, ResolveNumberError> {
        self.answered(200, "application/jwt", &self.signed(token, &self.office)).await
    }

    async fn ask(&self, fetch: &dyn Fetch) -> Result<Found, ResolveNumberError> {
        resolve(&self.directory, &self.asker, fetch, &self.environment, &self.number).await
    }
}

#[tokio::test]
async fn a_number_leads_to_did_key_and_mailbox_by_one_signed_question() {
    let scene = scene();
    let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
    let (answer, kept) = (scene.signed(&scene.token(), &scene.office), Arc::clone(&asked));
    let fetch = Scripted::new(move |request| {
        kept.lock().unwrap().push(request.clone());
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/jwt".parse().unwrap());
        Ok(Response::new(StatusCode::OK, headers, answer.clone()))
    });
    let found = scene.ask(&fetch).await.unwrap();
    assert_eq!((found.did.as_str(), found.mailbox.as_str()), (MEMBER, MAILBOX_AT));
    assert_eq!(found.until, NOW.plus(3_600));
    let request = asked.lock().unwrap().remove(0);
    let at = "https://office.example.org/number-binding";
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", at));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"number": scene.number.canonical()}));
    let field = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
    let fields = Fields {
        content_digest: field("content-digest"),
        signature_input: field("signature-input"),
        signature: field("signature"),
    };
    let call = UnverifiedCall::parse("POST", at, &request.body, fields).unwrap();
    let key = VerifyingKey::new(scene.asker.request.signer.public_jwk()).unwrap();
    assert!(call.verify(&key, NOW).is_ok());
}

#[tokio::test]
async fn what_the_office_says_of_others_or_alone_is_not_taken() {
    let scene = scene();
    let token = scene.token();
    for spoiled in [
        BindingToken { number: "HRB1000000000".to_owned(), ..token.clone() },
        BindingToken { audience: "did:web:harbour.example.org".to_owned(), ..token.clone() },
        BindingToken { expires_at: NOW.plus(86_401).seconds(), ..token.clone() },
        BindingToken { office: scene.other.did.clone(), ..token.clone() },
    ] {
        let refused = scene.said(&spoiled).await;
        assert!(matches!(refused, Err(ResolveNumberError::Binding(_))), "{refused:?}");
    }
    // The office puts a DID of its own in the place of the member's, or signs the statement itself.
    let number = scene.number.canonical();
    let forged = HolderStatement::new(MEMBER, &number, NOW).sign(&scene.office.issuing.1).unwrap();
    let refused = scene.said(&BindingToken { holder: forged, ..token.clone() }).await;
    assert!(matches!(refused, Err(ResolveNumberError::Holder(_))), "{refused:?}");
    let swapped = BindingToken { did: scene.other.did.clone(), ..token.clone() };
    let refused = scene.said(&swapped).await;
    assert!(matches!(refused, Err(ResolveNumberError::Lacks("sign"))), "{refused:?}");
    assert!(scene.said(&token).await.is_ok());
}

#[tokio::test]
async fn another_office_than_the_one_with_the_prefix_is_not_believed() {
    let scene = scene();
    let token = BindingToken { office: scene.other.did.clone(), ..scene.token() };
    let answer = scene.signed(&token, &scene.other);
    let refused = scene.answered(200, "application/jwt", &answer).await;
    assert!(matches!(refused, Err(ResolveNumberError::OtherOffice)), "{refused:?}");
    let (chain, key) = &scene.office.request;
    let by_request_key =
        scene.token().sign(&format!("{}#request", scene.office.did), chain.to_header(), key).unwrap();
    let refused = scene.answered(200, "application/jwt", &by_request_key).await;
    assert!(matches!(refused, Err(ResolveNumberError::Directory(DirectoryError::Path(_)))), "{refused:?}");
}

#[tokio::test]
async fn silence_disorder_and_refusal_are_told_apart() {
    let scene = scene();
    let good = scene.signed(&scene.token(), &scene.office);
    assert!(matches!(scene.answered(404, "application/json", "{}").await, Err(ResolveNumberError::NotFound)));
    let busy = scene.answered(503, "application/json", "{}").await.unwrap_err();
    assert!(busy.is_transient(), "{busy}");
    let refused = scene.answered(200, "application/json", &good).await;
    assert!(matches!(refused, Err(ResolveNumberError::Office(_))), "{refused:?}");
    let refused = scene.answered(200, "application/jwt", "x").await;
    assert!(matches!(refused, Err(ResolveNumberError::Binding(_))), "{refused:?}");
    let fetch = Scripted::new(|_| Err(OutboundError::Unreachable));
    assert!(scene.ask(&fetch).await.unwrap_err().is_transient());
    for (error, is_transient) in
        [(ResolveError::Unreachable, true), (ResolveError::Busy, true), (ResolveError::NotFound, false)]
    {
        assert_eq!(ResolveNumberError::from(error.clone()).is_transient(), is_transient, "{error:?}");
        let of_office = ResolveNumberError::from(DirectoryError::from(error));
        assert_eq!(of_office.is_transient(), is_transient, "{of_office:?}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_a_prefix_without_an_office_in_good_standing() {
    let scene = scene();
    let fetch = Scripted::new(|_| panic!("nobody is asked"));
    for (version, standing) in [(2, Standing::Suspended), (3, Standing::Expelled)] {
        scene.take_list(version, standing);
        assert!(matches!(scene.ask(&fetch).await, Err(ResolveNumberError::NoOffice)));
    }
    let prefix = did::number::OfficePrefix::parse("XXXX").unwrap();
    let number = PassportNumber::generate(prefix, &SeededRandomness::new(3));
    let nowhere = resolve(&scene.directory, &scene.asker, &fetch, &scene.environment, &number).await;
    assert!(matches!(nowhere, Err(ResolveNumberError::NoOffice)), "{nowhere:?}");
    scene.take_list(4, Standing::Admitted);
    scene.clock.advance(86_400);
    assert!(matches!(scene.ask(&fetch).await, Err(ResolveNumberError::Directory(_))));
}

#[tokio::test]
async fn a_member_makes_a_space_call_no_path_port_or_scheme_of_an_office_but_an_inbox() {
    let inbox = MAILBOX_AT.rsplit('/').next().unwrap();
    for elsewhere in [
        "https://office.example.org/number-binding".to_owned(),
        "https://office.example.org/passport/mail".to_owned(),
        "https://office.example.org".to_owned(),
        "https://office.example.org:8443/admin".to_owned(),
        format!("https://office.example.org:8443/mailbox/{inbox}"),
        format!("https://office.example.org:443/mailbox/{inbox}"),
        format!("http://office.example.org/mailbox/{inbox}"),
        format!("{MAILBOX_AT}/done"),
        format!("{MAILBOX_AT}?a"),
        format!("{MAILBOX_AT}#a"),
        format!("https://kiln.example.org/mailbox/{inbox}"),
        format!("https://elsewhere.example.org/mailbox/{inbox}"),
    ] {
        let scene = scene_with(&elsewhere);
        let refused = scene.said(&scene.token()).await;
        assert!(matches!(refused, Err(ResolveNumberError::Lacks("mailbox"))), "{elsewhere}: {refused:?}");
    }
    let other = scene_with(&format!("https://other.example.org/mailbox/{inbox}"));
    assert!(other.said(&other.token()).await.is_ok(), "an inbox at another office");
}
