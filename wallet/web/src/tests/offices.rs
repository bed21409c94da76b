//! Passport offices that are asked by one touch.

use std::sync::Mutex;
use std::time::Duration;

use credentials::types;
use wallet::testing::{MadeKind, hold, hold_number};
use wallet::{OfferChoice, OfficePlace, SignerEvidence, Trust, TrustError, TrustedIssuer, TrustedRequester};

use super::*;
use crate::flows::{Flow, LinkKind, Outcome, Said, Stage, Stopped};

const OFFICE: &str = "https://office.example";

/// Knows these offices, and nobody else.
struct Offices(Vec<OfficePlace>);

type Asked<'a, T> = BoxFuture<'a, Result<T, TrustError>>;

fn nobody<'a, T: Send + 'a>() -> Asked<'a, T> {
    Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
}

impl Trust for Offices {
    fn offices(&self) -> Vec<OfficePlace> {
        self.0.clone()
    }

    fn issuer<'a>(&'a self, _: &'a SignerEvidence, _: &'a str) -> Asked<'a, TrustedIssuer> {
        nobody()
    }

    fn signer_of_metadata<'a>(&'a self, _: &'a SignerEvidence) -> Asked<'a, TrustedIssuer> {
        nobody()
    }

    fn requester<'a>(&'a self, _: &'a SignerEvidence, _: Option<&'a str>) -> Asked<'a, TrustedRequester> {
        nobody()
    }

    fn assertion_key<'a>(&'a self, _: &'a did::DidUrl) -> Asked<'a, jose::Jwk> {
        nobody()
    }
}

/// Notes who is called, and answers nobody.
#[derive(Default)]
struct Line(Mutex<Vec<String>>);

impl Fetch for Line {
    fn fetch(&self, request: outbound::Request) -> Fetching<'_> {
        self.0.lock().unwrap().push(format!("{} {}", request.method, request.url));
        Box::pin(std::future::ready(Err(OutboundError::Unreachable)))
    }
}

struct AtOffices {
    environment: Environment,
    offices: Vec<OfficePlace>,
    line: Arc<Line>,
}

impl OpenWallet for AtOffices {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        let trust = Arc::new(Offices(self.offices.clone()));
        let wallet = Wallet::new(vault, self.line.clone(), trust, self.environment.clone());
        Box::pin(std::future::ready(Ok(wallet)))
    }
}

fn place(name: &str, origin: &str) -> OfficePlace {
    OfficePlace { name: name.to_owned(), origin: origin.to_owned() }
}

/// A wallet of a network with these offices, and who it calls.
async fn with(offices: &[OfficePlace]) -> (Scene, Vault, Arc<Line>) {
    let line = Arc::new(Line::default());
    let (kept, offices) = (Arc::clone(&line), offices.to_vec());
    let opened = Scene::with(|environment| Arc::new(AtOffices { environment, offices, line: kept })).await;
    (opened.0, opened.1, line)
}

async fn one() -> (Scene, Vault, Arc<Line>) {
    with(&[place("The <b>office</b>", OFFICE)]).await
}

async fn join(vault: &Vault) {
    hold(vault, &[MadeKind { vct: types::MEMBERSHIP, in_network: true, ..MadeKind::default() }])
        .await
        .unwrap();
}

fn asking(office: &str) -> String {
    let office: String = url::form_urlencoded::byte_serialize(office.as_bytes()).collect();
    format!("/passport?office={office}")
}

fn flow_at(scene: &Scene, address: &str) -> Arc<Flow> {
    scene.desk.flows().named(address.strip_prefix("/asked/").unwrap()).unwrap()
}

#[tokio::test]
async fn home_leads_to_the_membership_first_and_then_to_the_office() {
    let (scene, vault, line) = one().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/").await.text;
    assert!(page.contains("Take what your space offers you first"), "{page}");
    assert!(page.contains("Get a passport from The &#60;b&#62;office&#60;/b&#62;"), "{page}");
    assert!(page.contains("class=\"button main secondary\""), "the office is not what is next: {page}");
    let live = "id=\"no-number\" data-live=\"asked held\"";
    assert!(page.contains(live), "what comes is seen without loading: {page}");
    join(&vault).await;
    let page = browser.get("/").await.text;
    assert!(!page.contains("Take what your space offers you first"), "{page}");
    assert!(page.contains("you see it all before anything is sent"), "{page}");
    assert!(line.0.lock().unwrap().is_empty(), "nobody is called by looking");
}

#[tokio::test]
async fn an_office_is_asked_by_the_form_of_this_wallet_alone() {
    let (scene, vault, line) = one().await;
    let mut browser = scene.browser();
    let path = asking(OFFICE);
    assert_eq!(browser.post(&path, &[]).await.location.as_deref(), Some("/unlock"));
    browser.unlock(PASSPHRASE).await;
    join(&vault).await;
    let home = browser.get("/").await;
    let csrf = home.csrf(&path);
    let other = browser.get("/open").await.csrf("/open");
    assert_eq!(browser.post(&path, &[("csrf", &other)]).await.status, StatusCode::FORBIDDEN);
    for elsewhere in
        ["https://office.example.evil.example", "https://kiln.example", "", "http://office.example"]
    {
        let refused = browser.post(&asking(elsewhere), &[("csrf", &csrf)]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{elsewhere}");
        assert!(refused.text.contains("This office gives no passport here"), "{}", refused.text);
    }
    assert!(line.0.lock().unwrap().is_empty(), "nobody was called");
    let asked = browser.post(&path, &[("csrf", &csrf)]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let page = browser.get(&asked.location.unwrap()).await.text;
    assert_eq!(*line.0.lock().unwrap(), ["POST https://office.example/passport/requests"]);
    assert!(
        page.contains("They could not be reached. Try again in a moment; nothing was used up."),
        "{page}"
    );
}

#[tokio::test]
async fn whoever_has_a_number_is_led_to_no_office() {
    let (scene, vault, line) = one().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    join(&vault).await;
    let path = asking(OFFICE);
    let csrf = browser.get("/").await.csrf(&path);
    hold_number(&vault, "The office").await.unwrap();
    let page = browser.get("/").await.text;
    assert!(!page.contains("Get a passport") && !page.contains("id=\"no-number\""), "{page}");
    assert_eq!(browser.post(&path, &[("csrf", &csrf)]).await.status, StatusCode::NOT_FOUND);
    assert!(line.0.lock().unwrap().is_empty(), "nobody was called");
}

/// The page of something that is offered, and what its member says to it.
async fn offered(
    scene: &Scene,
    browser: &mut Browser<'_>,
    vct: &str,
    office: Option<OfficePlace>,
) -> (Arc<Flow>, Shown, tokio::task::JoinHandle<OfferChoice>) {
    let csrf = browser.get("/open").await.csrf("/open");
    let link =
        format!("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fkiln.example%2F{}", vct.len());
    let address = browser.post("/open", &[("csrf", &csrf), ("link", &link)]).await.location.unwrap();
    browser.get(&address).await;
    let flow = flow_at(scene, &address);
    flow.leads_to(office);
    let offered = wallet::Offered {
        issuer: "https://kiln.example".to_owned(),
        credentials: vec![wallet::OfferedCredential { vct: vct.to_owned(), claimed_name: None }],
        claimed_name: None,
    };
    let asked = Arc::clone(&flow);
    let asking =
        tokio::spawn(
            async move { wallet::Consent::accepts(&crate::flows::AtThePage(asked), &offered).await },
        );
    while !flow.waits_for_somebody() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let page = browser.get(&address).await;
    (flow, page, asking)
}

#[tokio::test]
async fn a_membership_leads_to_the_only_office_where_its_member_leaves_the_box_ticked() {
    for (vct, office, box_there) in [
        (types::MEMBERSHIP, Some(place("The office", OFFICE)), true),
        (types::STATEMENT, Some(place("The office", OFFICE)), false),
        (types::MEMBERSHIP, None, false),
    ] {
        for ticked in [true, false] {
            let (scene, _, _) = one().await;
            let mut browser = scene.browser();
            browser.unlock(PASSPHRASE).await;
            let (flow, page, asked) = offered(&scene, &mut browser, vct, office.clone()).await;
            assert_eq!(
                page.text.contains("id=\"passport\" name=\"passport\" value=\"yes\" checked"),
                box_there,
                "{vct}"
            );
            let address = format!("/asked/{}", flow.name);
            let (csrf, turn) = (page.csrf(&address), flow.turn().number.to_string());
            let mut fields = vec![("csrf", csrf.as_str()), ("turn", &turn), ("answer", "take")];
            if ticked {
                fields.push(("passport", "yes"));
            }
            browser.post(&address, &fields).await;
            assert_eq!(asked.await.unwrap(), OfferChoice::Accept);
            assert_eq!(flow.asked_last().goes_on_to_office, ticked, "{vct}");
        }
    }
}

#[tokio::test]
async fn whoever_took_a_membership_alone_is_led_to_the_office_until_it_has_an_answer() {
    let (scene, vault, _) = one().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    join(&vault).await;
    let (flow, _, asked) =
        offered(&scene, &mut browser, types::MEMBERSHIP, Some(place("The office", OFFICE))).await;
    assert!(flow.say(flow.turn().number, Said::Offer(OfferChoice::Accept)));
    asked.await.unwrap();
    let address = format!("/asked/{}", flow.name);
    let mut shows_button = async |outcome: Outcome| {
        flow.stand_at(Stage::Over(Arc::new(outcome)));
        browser.get(&address).await.text.contains("Get a passport from The office")
    };
    let received = |vct: &str| Outcome { received: vec![vct.to_owned()], ..Outcome::default() };
    assert!(shows_button(received(types::MEMBERSHIP)).await);
    assert!(!shows_button(received(types::STATEMENT)).await);
    let left = Some((LinkKind::Request, Stopped::Own("left_open".to_owned())));
    assert!(shows_button(Outcome { failed: left, ..received(types::MEMBERSHIP) }).await, "not now");
    let shared = crate::flows::Shared {
        asker: "The office".to_owned(),
        disclosed: vec!["email".to_owned()],
        came_along: Vec::new(),
        proof: wallet::ShareProof::None,
        identifier: wallet::LeavingIdentifier::NotAsked,
    };
    assert!(!shows_button(Outcome { shared: Some(shared), ..received(types::MEMBERSHIP) }).await);
}
