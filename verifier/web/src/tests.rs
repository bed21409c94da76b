//! The pages as a browser sees them, over replicas that share nothing but the store.

mod api;
mod asking_again;
mod commands;
mod connect;
mod console;
mod counter_offers;
mod doors;
mod hello;
mod inviting;
mod joining;
mod login;
mod member_api;
mod members;
mod opening;
mod outbox;
mod pages;
mod people;
mod portal;
mod refusals;
mod rules;
pub(crate) mod stage;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use environment::{Environment, ManualClock, SeededRandomness};
use http::{Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use trust::testing::NOW;
use verifier::form::Approval;

use crate::{CatalogueLetters, SpaceWeb};
use stage::{Answered, Stage, Wallet, form, send};

/// A space that takes everybody by `sign-up` and lets a person decide about `ask-the-team`.
struct Scene {
    stage: Stage,
    clock: Arc<ManualClock>,
    router: Mutex<Router>,
}

impl Scene {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW.plus(3_600)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(3)));
        let forms = vec![
            form("sign-up", Approval::Automatic),
            form("ask-the-team", Approval::Person),
            stage::beyond(),
        ];
        let stage = Stage::new(environment, forms);
        let router = Mutex::new(in_turn(&stage));
        Self { stage, clock, router }
    }

    /// The site: two replicas over one store, of which each request meets the other than the one before.
    fn router(&self) -> Router {
        self.router.lock().unwrap().clone()
    }

    /// Both replicas end and begin anew: what they held in memory is gone, the store and the secrets are there.
    fn restart(&self) {
        *self.router.lock().unwrap() = in_turn(&self.stage);
    }

    fn wallet(&self) -> Wallet {
        Wallet::new(&self.stage.environment)
    }
}

/// One address behind which two replicas answer in turn.
fn in_turn(stage: &Stage) -> Router {
    // The tests of the budget have a router of their own.
    let replica = || crate::router(stage.site().with_budget(1_000));
    let (replicas, turn) = ([replica(), replica()], Arc::new(AtomicUsize::new(0)));
    Router::new().fallback(move |request: Request<Body>| {
        let next = turn.fetch_add(1, Ordering::Relaxed) % 2;
        replicas[next].clone().oneshot(request)
    })
}

/// A browser with its cookie.
struct Browser<'a> {
    scene: &'a Scene,
    cookie: Option<String>,
    language: &'static str,
}

impl<'a> Browser<'a> {
    fn new(scene: &'a Scene) -> Self {
        Self { scene, cookie: None, language: "en" }
    }

    async fn get(&mut self, path: &str) -> Answered {
        self.send(Request::get(path), Body::empty()).await
    }

    async fn post_json(&mut self, path: &str, value: &Value) -> Answered {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request, Body::from(value.to_string())).await
    }

    async fn post_form(&mut self, path: &str, body: &str) -> Answered {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.to_owned())).await
    }

    async fn send(&mut self, mut request: http::request::Builder, body: Body) -> Answered {
        request = request
            .header("host", "kiln-north.localhost:8097")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "text/html,application/json")
            .header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answered = send(&self.scene.router(), request.body(body).unwrap()).await;
        if let Some(cookie) = answered.headers.get(header::SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answered
    }

    /// Makes a request as the page's script or a program would; gives its link.
    async fn ask(&mut self, way: &str) -> String {
        let asked = self.post_json("/join/requests", &json!({"way": way})).await;
        asked.json()["link"].as_str().expect("a link").to_owned()
    }

    async fn state(&mut self) -> String {
        self.get("/join/status").await.json()["state"].as_str().expect("a state").to_owned()
    }
}

/// The token of the form on a page.
fn csrf(page: &Answered) -> String {
    let (_, after) = page.text.split_once("name=\"csrf\" value=\"").expect("a form");
    after.split_once('"').unwrap().0.to_owned()
}

/// The digits on the phone's page.
fn digits(page: &Answered) -> String {
    let (_, after) = page.text.split_once("class=\"digits\">").expect("digits");
    after.split_once('<').unwrap().0.to_owned()
}

fn site(scene: &Scene) -> SpaceWeb {
    scene.stage.site()
}
