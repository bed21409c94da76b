//! The console: who comes in, and what each may do.

mod authenticator;
mod contacts;
mod deciding;
mod entering;
mod exporting;
mod importing;
mod keys;
mod limits;
mod notes;
mod outgoing;
mod rights;
mod rules;
mod seen_in_team;

use std::fmt::Write as _;

use verifier::team::Role;

use super::stage::send;
use super::*;
use authenticator::Authenticator;

const HOST: &str = "kiln-north.localhost";

/// A browser of somebody of the team.
pub(super) struct Console<'a> {
    pub(super) scene: &'a Scene,
    pub(super) cookie: Option<String>,
}

impl<'a> Console<'a> {
    pub(super) const fn new(scene: &'a Scene) -> Self {
        Self { scene, cookie: None }
    }

    /// Somebody with this role who has come in by a link.
    pub(super) async fn of_role(scene: &'a Scene, name: &str, role: Role) -> (Self, Authenticator) {
        let (space, _) = scene.stage.space();
        let (_, token) = space.invite_to_team(name, role).await.unwrap();
        let mut console = Self::new(scene);
        let passkey = console.enter(token.expose()).await;
        (console, passkey)
    }

    /// Makes a passkey by a link.
    pub(super) async fn enter(&mut self, token: &str) -> Authenticator {
        let begun = self.post(&format!("/console/enter/{token}/begin"), &[]).await;
        assert_eq!(begun.status, 200, "{}", begun.text);
        let (authenticator, answer) = Authenticator::make(&begun.json()["options"], stage::ORIGIN);
        let ceremony = begun.json()["ceremony"].as_str().unwrap().to_owned();
        let fields = [("ceremony", ceremony.as_str()), ("answer", &answer), ("label", "tablet")];
        let done = self.post(&format!("/console/enter/{token}/finish"), &fields).await;
        assert_eq!(done.status, 200, "{}", done.text);
        authenticator
    }

    /// Signs in with a passkey.
    pub(super) async fn sign_in(&mut self, passkey: &mut Authenticator) -> Answered {
        let begun = self.post("/console/sign-in/begin", &[]).await.json();
        let answer = passkey.sign(&begun["options"], stage::ORIGIN);
        let ceremony = begun["ceremony"].as_str().unwrap();
        self.post("/console/sign-in/finish", &[("ceremony", ceremony), ("answer", &answer)]).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Answered {
        self.send(Request::get(path), String::new()).await
    }

    /// Sends a form as its own page does, but for the token.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, form_body(fields)).await
    }

    /// The same with the token of the page of one's own access.
    pub(super) async fn press(&mut self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let token = csrf(&self.get("/console/access").await);
        let fields = [&[("csrf", token.as_str())], fields].concat();
        self.post(path, &fields).await
    }

    pub(super) async fn send(&mut self, mut request: http::request::Builder, body: String) -> Answered {
        request = request
            .header("host", "kiln-north.localhost:8097")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "text/html,application/json");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answered = send(&self.scene.router(), request.body(Body::from(body)).unwrap()).await;
        for cookie in answered.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("__Host-team=") {
                self.cookie = (pair != "__Host-team=").then(|| pair.to_owned());
            }
        }
        answered
    }
}

pub(super) fn form_body(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        write!(body, "{name}=").unwrap();
        for byte in value.bytes() {
            write!(body, "%{byte:02X}").unwrap();
        }
    }
    body
}
