//! Whoever keeps a wallet is told that something came, and by what it told the mailbox alone.

use std::sync::Arc;

use environment::{Environment, ManualClock, SeededRandomness};
use http::{HeaderMap, StatusCode};
use issuer::mailbox::{Hung, Mailbox};
use jose::{Algorithm, DecryptionKey, Signer, SigningKey};
use network::mailbox::{Address, Bell, Deposit, Kind, Slot, seal};
use outbound::{OutboundError, Response, Scripted};
use serde_json::{Value, json};
use store::memory::Memory;
use store::{Range, Store, Tenant, TenantId};
use trust::testing::NOW;

const A_DAY: i64 = 86_400;
const KILN: &str = "did:web:kiln.example";

struct Tower {
    tenant: Tenant,
    clock: Arc<ManualClock>,
    randomness: SeededRandomness,
    seal: DecryptionKey,
}

impl Tower {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
        let store = Store::new(Arc::new(Memory::new()), environment);
        let randomness = SeededRandomness::new(2);
        let seal = DecryptionKey::generate("seal", &randomness).unwrap();
        Self { tenant: store.tenant(&TenantId::new("office").unwrap()), clock, randomness, seal }
    }

    fn service(&self) -> Mailbox {
        Mailbox::new(self.tenant.clone())
    }

    /// An inbox with a bell.
    async fn inbox(&self, ticket: &str) -> Address {
        let key = SigningKey::generate(Algorithm::Es256, &self.randomness).unwrap();
        let inbox = Address::of(key.public_jwk());
        self.service().hang_bell(&inbox, Some(bell(ticket))).await.unwrap();
        inbox
    }

    async fn leave(&self, inbox: &Address) {
        let expires = self.tenant.environment().now().plus(10 * A_DAY).seconds();
        let message = seal("a.b.c", self.seal.public_jwk(), &self.randomness).unwrap();
        let deposit = Deposit { kind: Kind::Message, slot: Slot::of([0; 16]), message, expires };
        self.service().deposit(KILN, inbox, deposit).await.unwrap();
    }

    async fn hung(&self) -> usize {
        self.tenant.list::<Hung>(Range::all(), 1_000).await.unwrap().items.len()
    }
}

fn bell(ticket: &str) -> Bell {
    Bell { at: "https://wallet.example.org".to_owned(), ticket: ticket.to_owned() }
}

fn answering(status: u16) -> Scripted {
    let status = StatusCode::from_u16(status).unwrap();
    Scripted::new(move |_| Ok(Response::new(status, HeaderMap::new(), "")))
}

/// What was called, and what was said there.
fn said(fetch: &Scripted) -> Vec<(String, Value)> {
    let calls = fetch.calls().into_iter();
    calls.map(|call| (call.url.to_string(), serde_json::from_slice(&call.body).unwrap())).collect()
}

#[tokio::test]
async fn a_ring_says_a_ticket_and_nothing_else_and_comes_for_what_is_kept_alone() {
    let tower = Tower::new();
    let inbox = tower.inbox("ticket-1").await;
    let without =
        Address::of(SigningKey::generate(Algorithm::Es256, &tower.randomness).unwrap().public_jwk());
    tower.leave(&without).await;
    let fetch = answering(204);
    assert_eq!(tower.service().ring(&fetch).await.unwrap(), 0, "nobody hung a bell there");
    tower.leave(&inbox).await;
    assert_eq!(tower.service().ring(&fetch).await.unwrap(), 1);
    let rung = ("https://wallet.example.org/ring".to_owned(), json!({"ticket": "ticket-1"}));
    assert_eq!(said(&fetch), std::slice::from_ref(&rung));
    // However much comes in the same minute, it is one ring more, in the next.
    for _ in 0..5 {
        tower.leave(&inbox).await;
    }
    assert_eq!(tower.service().ring(&fetch).await.unwrap(), 0);
    tower.clock.advance(60);
    assert_eq!(tower.service().ring(&fetch).await.unwrap(), 1);
    assert_eq!(tower.service().ring(&fetch).await.unwrap(), 0);
    assert_eq!(said(&fetch), [rung.clone(), rung]);
    // Of a space that is blocked nothing is kept, and nothing rings.
    tower.service().block(&inbox, KILN, true).await.unwrap();
    tower.clock.advance(60);
    tower.leave(&inbox).await;
    assert_eq!(tower.service().ring(&fetch).await.unwrap(), 0);
}

#[tokio::test]
async fn a_bell_that_nobody_knows_any_more_is_taken_down_and_one_that_is_not_heard_is_rung_again() {
    for gone in [404, 410] {
        let tower = Tower::new();
        let inbox = tower.inbox("ticket").await;
        tower.leave(&inbox).await;
        tower.service().ring(&answering(gone)).await.unwrap();
        assert_eq!(tower.hung().await, 0, "{gone}");
    }
    for passing in [429, 500, 503] {
        let tower = Tower::new();
        let inbox = tower.inbox("ticket").await;
        tower.leave(&inbox).await;
        tower.service().ring(&answering(passing)).await.unwrap();
        let again = answering(204);
        assert_eq!(tower.service().ring(&again).await.unwrap(), 0, "not at once");
        tower.clock.advance(2);
        tower.service().ring(&again).await.unwrap();
        assert_eq!(again.calls().len(), 1, "{passing}");
    }
    let tower = Tower::new();
    let inbox = tower.inbox("ticket").await;
    tower.leave(&inbox).await;
    let mut tries = 0;
    for _ in 0..100 {
        let nobody = Scripted::new(|_| Err(OutboundError::Unreachable));
        tower.service().ring(&nobody).await.unwrap();
        tries += nobody.calls().len();
        tower.clock.advance(60);
    }
    assert_eq!((tries, tower.hung().await), (5, 1), "it is given up, and the bell stays for what comes next");
}

#[tokio::test]
async fn whoever_is_not_heard_once_keeps_nobody_waiting_and_a_bell_hangs_sixty_days() {
    let tower = Tower::new();
    for number in 0..4 {
        let inbox = tower.inbox(&format!("ticket-{number}")).await;
        tower.leave(&inbox).await;
    }
    let silent = Scripted::new(|_| Err(OutboundError::TimedOut));
    assert_eq!(tower.service().ring(&silent).await.unwrap(), 4);
    assert_eq!(silent.calls().len(), 1, "its host was waited for once");

    let inbox = tower.inbox("other").await;
    tower.service().hang_bell(&inbox, Some(bell("newer"))).await.unwrap();
    tower.clock.advance(60 * A_DAY - 1);
    tower.leave(&inbox).await;
    let fetch = answering(204);
    tower.service().ring(&fetch).await.unwrap();
    assert!(said(&fetch).iter().any(|(_, said)| *said == json!({"ticket": "newer"})), "{:?}", said(&fetch));
    tower.clock.advance(60);
    tower.leave(&inbox).await;
    let late = answering(204);
    tower.service().ring(&late).await.unwrap();
    assert_eq!(late.calls().len(), 0, "it was not hung anew");
    tower.service().hang_bell(&inbox, Some(bell("again"))).await.unwrap();
    tower.service().hang_bell(&inbox, None).await.unwrap();
    tower.clock.advance(60);
    tower.leave(&inbox).await;
    tower.service().ring(&late).await.unwrap();
    assert_eq!(late.calls().len(), 0, "it was taken down");
}
