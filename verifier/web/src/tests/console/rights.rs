//! Every route with every role, without a session, with another's, without its token, from another page.

use std::collections::BTreeSet;

use http::Method;
use verifier::team::Right;

use super::*;

/// Method, address, and the right that it needs: written by hand, so that a slip in the routes is not one here.
const ROUTES: &[(&str, &str, Right)] = &[
    ("GET", "/console", Right::SeeCounts),
    ("GET", "/console/live", Right::SeeCounts),
    ("GET", "/console/access", Right::OwnAccess),
    ("POST", "/console/sign-out", Right::OwnAccess),
    ("POST", "/console/access/link", Right::OwnAccess),
    ("POST", "/console/access/passkeys/begin", Right::OwnAccess),
    ("POST", "/console/access/passkeys/finish", Right::OwnAccess),
    ("POST", "/console/access/passkeys/remove", Right::OwnAccess),
    ("POST", "/console/access/sessions/end", Right::OwnAccess),
    ("GET", "/console/contacts", Right::SeeContacts),
    ("POST", "/console/contacts/search", Right::SeeValues),
    ("GET", "/console/contacts/{id}", Right::SeeContacts),
    ("POST", "/console/contacts/{id}/values", Right::SeeValues),
    ("GET", "/console/contacts/{id}/proof", Right::SeeContacts),
    ("POST", "/console/contacts/{id}/notes", Right::SeeValues),
    ("POST", "/console/contacts/{id}/notes/delete", Right::SeeValues),
    ("GET", "/console/notes", Right::SeeCounts),
    ("POST", "/console/notes", Right::ManageTeam),
    ("POST", "/console/sign-ups/{id}/ask", Right::DecideSignUps),
    ("POST", "/console/members/{sub}/end", Right::ChangeMemberships),
    ("POST", "/console/members/{sub}/offer", Right::ChangeMemberships),
    ("GET", "/console/desk", Right::UseDeskScreen),
    ("POST", "/console/desk/lock", Right::UseDeskScreen),
    ("GET", "/console/directory", Right::Publish),
    ("POST", "/console/directory", Right::Publish),
    ("GET", "/console/directory/people", Right::SeeContacts),
    ("POST", "/console/directory/reports", Right::SeeObjections),
    ("GET", "/console/doors", Right::UseDeskScreen),
    ("POST", "/console/doors", Right::Connect),
    ("GET", "/console/doors/new", Right::Connect),
    ("POST", "/console/doors/remove", Right::Connect),
    ("POST", "/console/doors/screen", Right::UseDeskScreen),
    ("POST", "/console/doors/screen/end", Right::UseDeskScreen),
    ("GET", "/console/looks", Right::SeeLooks),
    ("GET", "/console/refused", Right::SeeSignUps),
    ("GET", "/console/counter-offers", Right::SeeSignUps),
    ("GET", "/console/objections", Right::SeeObjections),
    ("POST", "/console/objections", Right::SeeObjections),
    ("GET", "/console/import", Right::MoveData),
    ("POST", "/console/import", Right::MoveData),
    ("POST", "/console/import/preview", Right::MoveData),
    ("POST", "/console/import/invite", Right::MoveData),
    ("POST", "/console/import/delete", Right::MoveData),
    ("GET", "/console/export", Right::MoveData),
    ("POST", "/console/export", Right::MoveData),
    ("POST", "/console/invite", Right::Invite),
    ("POST", "/console/sign-ups/{id}/approve", Right::DecideSignUps),
    ("POST", "/console/sign-ups/{id}/decline", Right::DecideSignUps),
    ("POST", "/console/online-sign-up", Right::SwitchSignUp),
    ("GET", "/console/rules", Right::SeeRules),
    ("POST", "/console/rules", Right::ChangeRules),
    ("GET", "/console/rules/new", Right::ChangeRules),
    ("POST", "/console/rules/preview", Right::ChangeRules),
    ("GET", "/console/rules/form/{id}", Right::SeeRules),
    ("POST", "/console/rules/form/{id}/withdraw", Right::ChangeRules),
    ("GET", "/console/rules/form/{id}/versions/{number}", Right::SeeRules),
    ("POST", "/console/rules/form/{id}/versions/{number}", Right::ChangeRules),
    ("GET", "/console/sites", Right::Connect),
    ("POST", "/console/sites", Right::Connect),
    ("POST", "/console/sites/secret", Right::Connect),
    ("POST", "/console/sites/end", Right::Connect),
    ("GET", "/console/keys", Right::ManageTeam),
    ("POST", "/console/keys", Right::ManageTeam),
    ("POST", "/console/keys/revoke", Right::ManageTeam),
    ("GET", "/console/outgoing", Right::Connect),
    ("POST", "/console/outgoing", Right::Connect),
    ("POST", "/console/outgoing/secret", Right::Connect),
    ("POST", "/console/outgoing/end", Right::Connect),
    ("POST", "/console/outgoing/test", Right::Connect),
    ("POST", "/console/outgoing/again", Right::Connect),
    ("POST", "/console/outgoing/confirm", Right::Connect),
    ("GET", "/console/outgoing/action", Right::Connect),
    ("POST", "/console/outgoing/action", Right::Connect),
    ("POST", "/console/outgoing/dry-run", Right::Connect),
    ("GET", "/console/team", Right::ManageTeam),
    ("POST", "/console/team", Right::ManageTeam),
    ("POST", "/console/team/role", Right::ManageTeam),
    ("POST", "/console/team/again", Right::ManageTeam),
    ("POST", "/console/team/end", Right::ManageTeam),
    ("GET", "/console/team/{id}/keys", Right::ManageTeam),
    ("POST", "/console/team/{id}/keys", Right::ManageTeam),
];

/// What each role may: the table of decision 0036, once more.
fn may(role: Role, right: Right) -> bool {
    match role {
        Role::Owner => true,
        Role::Manager => !matches!(right, Right::ManageTeam | Right::LeaveNetwork),
        Role::Desk => matches!(
            right,
            Right::OwnAccess
                | Right::SeeCounts
                | Right::SeeSignUps
                | Right::DecideSignUps
                | Right::SeeContacts
                | Right::SeeValues
                | Right::Invite
                | Right::UseDeskScreen
        ),
        Role::Auditor => {
            matches!(right, Right::OwnAccess | Right::SeeCounts | Right::SeeRules | Right::SeeLooks)
        }
    }
}

#[test]
fn the_table_of_rights_is_that_of_the_decision() {
    for role in Role::ALL {
        for right in Right::ALL {
            assert_eq!(role.may(right), may(role, right), "{role:?} {right:?}");
        }
    }
}

#[test]
fn every_route_of_the_console_is_in_the_list_that_is_tried() {
    let scene = Scene::new();
    let routes = crate::console::routes(&site(&scene));
    let registered: BTreeSet<(&str, Right)> = routes.table().iter().copied().collect();
    let tried: BTreeSet<(&str, Right)> = ROUTES.iter().map(|(_, path, right)| (*path, *right)).collect();
    assert_eq!(registered, tried);
    assert_eq!(routes.table().len(), ROUTES.len());
    for (path, _, right) in crate::console::frame::MENU.iter().flat_map(|(_, lines)| *lines) {
        assert!(ROUTES.contains(&("GET", *path, *right)), "{path}");
    }
}

fn address(path: &str) -> String {
    path.replace("{id}", "AAAAAAAAAAAAAAAAAAAAAA")
        .replace("{sub}", "AAAAAAAAAAAAAAAAAAAAAA")
        .replace("{number}", "1")
}

/// Whether the guard refused: a page that says so, or the way to sign in.
fn kept_out(answered: &Answered) -> bool {
    answered.status == 303 && answered.header("location").starts_with("/console/sign-in")
}

fn no_right(answered: &Answered) -> bool {
    answered.status == 403 && answered.text.contains("Your role does not open this")
}

fn forged(answered: &Answered) -> bool {
    answered.status == 403 && answered.text.contains("This is not open to you")
}

#[tokio::test]
async fn every_route_opens_to_the_roles_that_may_and_to_no_other() {
    let scene = Scene::new();
    for role in Role::ALL {
        let (console, _) = Console::of_role(&scene, role.name(), role).await;
        for (method, path, right) in ROUTES {
            // What ends the session or does not end at all is tried by its own test.
            if matches!(*path, "/console/sign-out" | "/console/desk/lock" | "/console/live")
                && role.may(*right)
            {
                continue;
            }
            let mut own = Console { scene: &scene, cookie: console.cookie.clone() };
            let answered = match *method {
                "GET" => own.get(&address(path)).await,
                _ => own.press(&address(path), &[]).await,
            };
            let said = format!("{role:?} {method} {path}: {} {}", answered.status, answered.text);
            assert!(!kept_out(&answered) && !forged(&answered), "{said}");
            assert_eq!(no_right(&answered), !may(role, *right), "{said}");
            assert!(answered.status != 405 && answered.status.as_u16() < 500, "{said}");
        }
    }
}

#[tokio::test]
async fn nothing_opens_without_a_session_that_counts() {
    let scene = Scene::new();
    let (owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let secret = owner.cookie.clone().unwrap();
    let visitor = secret.replace("__Host-team", "__Host-session");
    let guessed = format!("__Host-team={}", jose::base64url::encode([7; 32]));
    // The session of another space's team is one of another store.
    let elsewhere = Scene::new();
    // Both scenes draw the same at the beginning.
    Console::of_role(&elsewhere, "Ines", Role::Owner).await;
    let (other, _) = Console::of_role(&elsewhere, "Omar", Role::Owner).await;
    assert_eq!(Console { scene: &elsewhere, cookie: other.cookie.clone() }.get("/console").await.status, 200);
    let twice = format!("{secret}; {guessed}");
    for cookie in [None, Some(visitor), Some(guessed), other.cookie.clone(), Some(twice)] {
        for (method, path, _) in ROUTES {
            let mut stranger = Console { scene: &scene, cookie: cookie.clone() };
            let answered = match *method {
                "GET" => stranger.get(&address(path)).await,
                _ => stranger.post(&address(path), &[("csrf", "x")]).await,
            };
            assert!(kept_out(&answered), "{method} {path} {cookie:?}: {}", answered.status);
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_without_the_token_of_its_own_session_or_from_another_page() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let own = csrf(&owner.get("/console/access").await);
    let others = csrf(&manager.get("/console/access").await);
    let before = scene.stage.memory.entries();
    for (method, path, _) in ROUTES.iter().filter(|(method, ..)| *method == "POST") {
        for token in [None, Some(""), Some(others.as_str()), own.get(..42)] {
            let fields: Vec<(&str, &str)> = token.map(|token| ("csrf", token)).into_iter().collect();
            let answered = owner.post(&address(path), &fields).await;
            assert!(forged(&answered), "{method} {path} {token:?}: {}", answered.status);
        }
        let twice = owner.post(&address(path), &[("csrf", &own), ("csrf", &own)]).await;
        assert_eq!(twice.status, 400, "{path}");
        for site in ["cross-site", "same-site"] {
            let request = Request::post(address(path))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("host", "kiln-north.localhost:8097")
                .header("sec-fetch-site", site)
                .header(header::ACCEPT, "text/html")
                .header(header::COOKIE, owner.cookie.clone().unwrap());
            let body = Body::from(form_body(&[("csrf", &own)]));
            let answered = send(&scene.router(), request.body(body).unwrap()).await;
            assert!(forged(&answered), "{path} {site}: {}", answered.status);
        }
        let json = Request::post(address(path)).header(header::CONTENT_TYPE, "application/json");
        assert_eq!(owner.send(json, "{}".to_owned()).await.status, 415, "{path}");
    }
    assert!(scene.stage.memory.entries() == before, "nothing was written");
}

#[tokio::test]
async fn every_address_of_the_console_takes_its_own_methods_and_no_other() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let open = [
        ("GET", "/console/locked"),
        ("GET", "/console/sign-in"),
        ("POST", "/console/sign-in/begin"),
        ("POST", "/console/sign-in/finish"),
        ("GET", "/console/enter/x"),
        ("POST", "/console/enter/x/begin"),
        ("POST", "/console/enter/x/finish"),
    ];
    let all: Vec<(&str, &str)> =
        ROUTES.iter().map(|(method, path, _)| (*method, *path)).chain(open).collect();
    for (_, path) in &all {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            if all.contains(&(method.as_str(), path)) {
                continue;
            }
            let answered =
                owner.send(Request::builder().method(&method).uri(address(path)), String::new()).await;
            assert_eq!(answered.status, 405, "{method} {path}");
        }
    }
    assert_eq!(owner.get("/console/no-such-page").await.status, 404);
}
