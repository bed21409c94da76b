//! The API of the team: every address with every scope, and what each says.

mod deeds;
mod described;
mod scopes;

use http::Method;
use verifier::api_keys::Scope;

use super::inviting::{ask, key, key_for, with_key};
use super::rules::{waits_for_software, waits_for_software_again};
use super::stage::send;
use super::*;

/// Method, address, and the scope that it needs: written by hand, so that a slip in the routes is not one here.
const ROUTES: &[(&str, &str, Scope)] = &[
    ("GET", "/api/v1/forms", Scope::FormsRead),
    ("GET", "/api/v1/forms/{id}", Scope::FormsRead),
    ("GET", "/api/v1/sign-ups", Scope::SignUpsRead),
    ("GET", "/api/v1/sign-ups/{id}", Scope::SignUpsRead),
    ("GET", "/api/v1/sign-ups/{id}/values", Scope::SignUpsValues),
    ("POST", "/api/v1/sign-ups/{id}/decision", Scope::SignUpsDecide),
    ("POST", "/api/v1/sign-ups/{id}/ask", Scope::SignUpsAsk),
    ("GET", "/api/v1/contacts", Scope::ContactsRead),
    ("GET", "/api/v1/contacts/{id}", Scope::ContactsRead),
    ("GET", "/api/v1/contacts/{id}/values", Scope::ContactsValues),
    ("GET", "/api/v1/invitations", Scope::InvitationsRead),
    ("POST", "/api/v1/invitations", Scope::InvitationsSend),
    ("GET", "/api/v1/invitations/{id}", Scope::InvitationsRead),
    ("GET", "/api/v1/memberships", Scope::MembershipsRead),
    ("GET", "/api/v1/memberships/{sub}", Scope::MembershipsRead),
    ("POST", "/api/v1/memberships/{sub}/end", Scope::MembershipsChange),
    ("POST", "/api/v1/memberships/{sub}/offer", Scope::MembershipsOffer),
];

fn address(path: &str) -> String {
    path.replace("{id}", "AAAAAAAAAAAAAAAAAAAAAA").replace("{sub}", "AAAAAAAAAAAAAAAAAAAAAA")
}

fn request(method: &str, path: &str, key: &str) -> Request<Body> {
    let body = (method == "POST").then(|| json!({}));
    with_key(method.parse().unwrap(), path, key, body.as_ref())
}

/// The answer to a program with this key.
async fn get(scene: &Scene, path: &str, key: &str) -> Answered {
    send(&scene.router(), with_key(Method::GET, path, key, None)).await
}

async fn post(scene: &Scene, path: &str, key: &str, body: Value) -> Answered {
    send(&scene.router(), with_key(Method::POST, path, key, Some(&body))).await
}

fn said(answered: &Answered) -> (u16, String) {
    (answered.status.as_u16(), answered.json()["error"].as_str().unwrap_or("none").to_owned())
}
