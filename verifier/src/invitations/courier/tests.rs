use std::future::ready;
use std::sync::Mutex;

use did::resolution::{Resolution, Version};
use did::{Did, DocumentBuilder, Relationship, Resolve, ResolveError, StaticResolver};
use directory::OwnKey;
use environment::{ManualClock, SeededRandomness};
use http::{HeaderMap, Method};
use jose::{DecryptionKey, Signer, SigningKey, VerifyingKey};
use network::http_signature::{Fields, Unverified};
use network::number_binding::{BindingToken, HolderStatement, PATH};
use outbound::{OutboundError, Response, Scripted};
use trust::network_list::Member;
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{CertificateChain, Role, Standing};

use super::*;

const MEMBER: &str = "did:web:office.example.org:m-1";
const HOST: &str = "https://office.example.org";
const INBOX: &str = "/mailbox/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Knows everybody, and says of the member what it is told to.
struct Resolver {
    known: StaticResolver,
    of_member: Mutex<Option<ResolveError>>,
}

impl Resolve for Resolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> did::BoxFuture<'a, Result<Resolution, ResolveError>> {
        let refused = self.of_member.lock().unwrap().clone().filter(|_| did.as_str() == MEMBER);
        Box::pin(ready(refused.map_or_else(|| self.known.resolve_now(did, version), Err)))
    }
}

/// An office with one member, and a space that writes to that member.
struct Scene {
    network: TestNetwork,
    resolver: Arc<Resolver>,
    office: TestParty,
    space: Member,
    clock: Arc<ManualClock>,
    environment: Environment,
    directory: Arc<Directory>,
    identity: Arc<Identity>,
    sign: SigningKey,
    seal: DecryptionKey,
    number: PassportNumber,
}

fn own_key(did: &Did, fragment: &str, (chain, key): (CertificateChain, SigningKey)) -> OwnKey {
    OwnKey { signer: Arc::new(key), key_id: did.with_fragment(fragment).unwrap(), chain: Some(chain).into() }
}

fn scene(mailbox: &str) -> Scene {
    let network = TestNetwork::new();
    let space = network.party(Role::Space, "did:web:kiln.example.org", "kiln.example.org");
    let office = network.party(Role::Office, "did:web:office.example.org", "office.example.org");
    let clock = Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
    let (sign, seal) = (network.key(), DecryptionKey::generate("seal", environment.randomness()).unwrap());
    let documents = vec![
        DocumentBuilder::new(&Did::parse(&office.did).unwrap())
            .key("issuing", office.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
            .build()
            .unwrap(),
        DocumentBuilder::new(&Did::parse(MEMBER).unwrap())
            .key("sign", sign.public_jwk(), &[Relationship::AssertionMethod])
            .key("seal", seal.public_jwk(), &[Relationship::KeyAgreement])
            .service("mailbox", "PassportMailbox", mailbox)
            .build()
            .unwrap(),
    ];
    let resolver = Arc::new(Resolver { known: StaticResolver::new(documents), of_member: Mutex::default() });
    let (descriptor, known) = (network.descriptor().clone(), Arc::clone(&resolver));
    let directory = Directory::new(descriptor, None, known, environment.clone());
    let did = Did::parse(&space.did).unwrap();
    let listed = space.member(Role::Space);
    let identity = Identity {
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
    let number = PassportNumber::generate(OfficePrefix::parse("HRB1").unwrap(), &SeededRandomness::new(3));
    let scene = Scene {
        network,
        resolver,
        office,
        space: listed,
        clock,
        environment,
        directory: Arc::new(directory),
        identity: Arc::new(identity),
        sign,
        seal,
        number,
    };
    scene.take_list(1, Standing::Admitted, Standing::Admitted);
    scene
}

impl Scene {
    fn take_list(&self, version: u64, space: Standing, office: Standing) {
        let office = Member {
            standing: office,
            number_prefix: Some("HRB1".to_owned()),
            ..self.office.member(Role::Office)
        };
        let space = Member { standing: space, ..self.space.clone() };
        let list = self.network.sign_list(version, &[office, space], NOW);
        self.directory.take_list(&list).unwrap();
    }

    fn binding(&self) -> Response {
        let number = self.number.canonical();
        let token = BindingToken {
            office: self.office.did.clone(),
            audience: self.identity.did.as_str().to_owned(),
            did: MEMBER.to_owned(),
            holder: HolderStatement::new(MEMBER, &number, NOW).sign(&self.sign).unwrap(),
            number,
            issued_at: NOW.seconds(),
            expires_at: NOW.plus(3_600).seconds(),
        };
        let (chain, key) = &self.office.issuing;
        let kid = format!("{}#issuing", token.office);
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/jwt".parse().unwrap());
        Response::new(StatusCode::OK, headers, token.sign(&kid, chain.to_header(), key).unwrap())
    }

    /// Carries the letter where office and mailbox answer like this; gives what came of it and what was sent to the mailbox.
    async fn carry(
        &self,
        office: Result<Response, OutboundError>,
        mailbox: Result<u16, OutboundError>,
    ) -> (Result<(), NotYet>, Vec<Request>) {
        let deposits: Arc<Mutex<Vec<Request>>> = Arc::default();
        let kept = Arc::clone(&deposits);
        let fetch = Scripted::new(move |request| {
            if request.url.path() == PATH {
                return office.clone();
            }
            kept.lock().unwrap().push(request.clone());
            let status = mailbox.clone()?;
            Ok(Response::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), "{}"))
        });
        let courier = self.courier(Arc::new(fetch));
        let outcome = match courier.find(&self.number).await {
            Ok(Some(place)) => courier.carry(&place, &letter()).await,
            Ok(None) => Ok(()),
            Err(not_yet) => Err(not_yet),
        };
        let sent = deposits.lock().unwrap().clone();
        (outcome, sent)
    }

    fn courier(&self, fetch: Arc<dyn Fetch>) -> NetworkCourier {
        let (directory, identity) = (Arc::clone(&self.directory), Arc::clone(&self.identity));
        NetworkCourier::new(directory, identity, fetch, self.environment.clone())
    }

    fn way(&self, prefix: &str) -> Result<(), Obstacle> {
        let nobody = Scripted::new(|_| panic!("nobody is asked"));
        self.courier(Arc::new(nobody)).way_to(OfficePrefix::parse(prefix).unwrap())
    }
}

fn at_home() -> Scene {
    scene(&format!("{HOST}{INBOX}"))
}

fn letter() -> Letter {
    Letter {
        id: "invitation".to_owned(),
        purpose: Purpose::SignUp,
        link: "https://kiln.example.org/join/invited/secret".to_owned(),
        email: Some("ada@example.org".to_owned()),
        made_at: NOW.seconds(),
        until: NOW.plus(3_600).seconds(),
        slot: Slot::of([7; Slot::LENGTH]),
    }
}

fn nobody() -> Result<Response, OutboundError> {
    Ok(Response::new(StatusCode::NOT_FOUND, HeaderMap::new(), "{}"))
}

#[tokio::test]
async fn the_letter_is_sealed_to_the_member_and_left_under_the_spaces_signature() {
    let scene = at_home();
    let (outcome, sent) = scene.carry(Ok(scene.binding()), Ok(202)).await;
    assert_eq!((outcome, sent.len()), (Ok(()), 1));
    let at = format!("{HOST}{INBOX}");
    assert_eq!((&sent[0].method, sent[0].url.as_str()), (&Method::POST, at.as_str()));
    let field = |name: &str| sent[0].headers.get(name).unwrap().to_str().unwrap();
    let fields = Fields {
        content_digest: field("content-digest"),
        signature_input: field("signature-input"),
        signature: field("signature"),
    };
    let call = Unverified::parse("POST", &at, &sent[0].body, fields).unwrap();
    let key = VerifyingKey::new(scene.identity.request.signer.public_jwk()).unwrap();
    assert!(call.verify(&key, NOW).is_ok());
    let deposit: Deposit = serde_json::from_slice(&sent[0].body).unwrap();
    assert_eq!((deposit.kind, deposit.expires), (Kind::Invitation, letter().until));
    assert_eq!(deposit.slot, letter().slot);
    let message = mailbox::open(&deposit.message, &scene.seal).unwrap();
    let space = scene.identity.did.as_str();
    let invitation = mailbox::Invitation::verify(&message, space, &key, MEMBER, NOW).unwrap();
    assert_eq!((invitation.id, invitation.link), (letter().id, letter().link));
    assert_eq!((invitation.email, invitation.purpose), (letter().email, mailbox::Purpose::SignUp));
    let text = String::from_utf8(sent[0].body.to_vec()).unwrap();
    assert!(!text.contains(&scene.number.canonical()) && !text.contains("ada@example.org"));
}

#[tokio::test]
async fn a_number_that_nobody_has_ends_like_one_whose_letter_was_left() {
    let scene = at_home();
    let (left, _) = scene.carry(Ok(scene.binding()), Ok(202)).await;
    // Unknown, blocked or over the budget: the office says one thing. A wrong binding of the office is no other.
    let wrong = Response::new(StatusCode::OK, scene.binding().headers, "x");
    for office in [nobody(), Ok(wrong)] {
        let (outcome, sent) = scene.carry(office, Ok(202)).await;
        assert_eq!((&outcome, sent.len()), (&left, 0));
    }
    for status in [400, 404, 413] {
        assert_eq!(scene.carry(Ok(scene.binding()), Ok(status)).await.0, left, "{status}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_whether_or_not_anybody_has_the_number() {
    let scene = at_home();
    let busy = Response::new(StatusCode::SERVICE_UNAVAILABLE, HeaderMap::new(), "{}");
    for office in [Err(OutboundError::Unreachable), Err(OutboundError::TimedOut), Ok(busy)] {
        let (outcome, _) = scene.carry(office, Ok(202)).await;
        assert!(matches!(outcome, Err(NotYet::Way(_))), "{outcome:?}");
    }
    for mailbox in [Ok(401), Ok(429), Ok(500), Ok(503), Err(OutboundError::Unreachable)] {
        let (outcome, _) = scene.carry(Ok(scene.binding()), mailbox.clone()).await;
        assert!(matches!(outcome, Err(NotYet::Place(_))), "{mailbox:?}: {outcome:?}");
    }
    // The member's own host, or a resolver that others keep busy, for as often as a mailbox would be tried.
    for says in [ResolveError::Unreachable, ResolveError::Busy] {
        *scene.resolver.of_member.lock().unwrap() = Some(says.clone());
        let (outcome, sent) = scene.carry(Ok(scene.binding()), Ok(202)).await;
        assert!(matches!(outcome, Err(NotYet::Place(_))), "{says:?}: {outcome:?}");
        assert!(sent.is_empty());
    }
    *scene.resolver.of_member.lock().unwrap() = Some(ResolveError::NotFound);
    assert_eq!(scene.carry(Ok(scene.binding()), Ok(202)).await.0, Ok(()), "there is no such DID");
    *scene.resolver.of_member.lock().unwrap() = None;
    scene.take_list(2, Standing::Admitted, Standing::Suspended);
    assert!(scene.carry(Ok(scene.binding()), Ok(202)).await.0.is_err(), "the office may come back");
}

#[tokio::test]
async fn a_mailbox_that_is_at_no_office_of_the_network_is_not_called() {
    for elsewhere in [
        format!("https://elsewhere.example.org{INBOX}"),
        format!("https://office.example.org.example.com{INBOX}"),
        format!("https://kiln.example.org{INBOX}"),
        format!("https://127.0.0.1{INBOX}"),
    ] {
        let scene = scene(&elsewhere);
        let (outcome, sent) = scene.carry(Ok(scene.binding()), Ok(202)).await;
        assert_eq!((outcome, sent.len()), (Ok(()), 0), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_members_terms_make_a_space_sign_nothing_for_an_office_but_what_it_leaves_at_an_inbox() {
    let scene = at_home();
    let message = Message {
        space: scene.identity.did.as_str().to_owned(),
        inbox: format!("{HOST}{INBOX}"),
        id: "message".to_owned(),
        issued_at: NOW.seconds(),
        expires_at: NOW.plus(3_600).seconds(),
        about: mailbox::About::Note,
        decision: None,
        credential_offer: None,
        link: None,
        text: Some("hello".to_owned()),
        hello: None,
        hello_answer: None,
    };
    let called: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&called);
    let courier = scene.courier(Arc::new(Scripted::new(move |request| {
        kept.lock().unwrap().push(request.url.to_string());
        Ok(Response::new(StatusCode::ACCEPTED, HeaderMap::new(), "{}"))
    })));
    let key = scene.seal.public_jwk().clone();
    for address in [
        format!("{HOST}/number-binding"),
        format!("{HOST}/passport/mail"),
        format!("{HOST}:8443{INBOX}"),
        format!("http://office.example.org{INBOX}"),
        format!("{HOST}{INBOX}/done"),
        format!("{HOST}{INBOX}?a"),
        format!("{HOST}{INBOX}"),
    ] {
        let inbox = Inbox { address, key: key.clone() };
        assert_eq!(courier.leave(&inbox, &message).await, Ok(()));
    }
    assert_eq!(*called.lock().unwrap(), [format!("{HOST}{INBOX}")]);
    scene.clock.advance(86_400);
    let inbox = Inbox { address: format!("{HOST}{INBOX}"), key };
    let without_list = courier.leave(&inbox, &message).await;
    assert!(matches!(without_list, Err(NotYet::Way(_))), "it is not lost with the list: {without_list:?}");
}

#[test]
fn an_expelled_or_suspended_space_invites_nobody() {
    let scene = at_home();
    assert_eq!(scene.way("HRB1"), Ok(()));
    assert_eq!(scene.way("HRB2"), Err(Obstacle::NoOffice));
    for (version, space, office, obstacle) in [
        (2, Standing::Suspended, Standing::Admitted, Obstacle::NotAdmitted),
        (3, Standing::Expelled, Standing::Admitted, Obstacle::NotAdmitted),
        (4, Standing::Admitted, Standing::Suspended, Obstacle::NoOffice),
    ] {
        scene.take_list(version, space, office);
        assert_eq!(scene.way("HRB1"), Err(obstacle));
    }
    scene.take_list(5, Standing::Admitted, Standing::Admitted);
    assert_eq!(scene.way("HRB1"), Ok(()));
    scene.clock.advance(86_400);
    assert_eq!(scene.way("HRB1"), Err(Obstacle::NoList));
}
