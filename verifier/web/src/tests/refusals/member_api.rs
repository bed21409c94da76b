//! The member API: a token of the member's own, and a proof by its key that fits in everything (RFC 9449 §7.1).

use network::member_api::{ChangeRequest, Changes, Leave, Objection};
use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;

use super::super::member_api::{Door, ID, changes};
use super::super::stage::ORIGIN;
use super::*;

const PATHS: [&str; 4] =
    ["/member/changes", "/member/change-requests", "/member/leave", "/member/objections"];

/// What it is called, the headers, and what is said.
type Case<'a> = (&'a str, Vec<(&'a str, String)>, (u16, &'a str));

fn with(path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = post(path, None, JSON, body);
    for (name, value) in headers {
        request
            .headers_mut()
            .append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    request
}

/// A proof by this key, for this address and token.
fn proof(scene: &Scene, key: &jose::SigningKey, url: &str, token: Option<&str>, method: Method) -> String {
    let new = NewProof { key: jose::Signer::public_jwk(key), method, url, access_token: token, nonce: None };
    let environment = &scene.stage.environment;
    new.to_sign(environment.now(), environment.randomness()).sign(key).unwrap()
}

#[tokio::test]
async fn without_the_members_own_token_and_a_proof_by_its_key_nothing_is_told_or_done() {
    let scene = Scene::new();
    let door = Door::open(&scene, 0).await;
    let stranger = Door::open(&scene, 1).await;
    let dpop = format!("DPoP {}", door.token);
    for path in PATHS {
        let url = format!("{ORIGIN}{path}");
        let token = Some(door.token.as_str());
        let good = || proof(&scene, &door.key, &url, token, Method::Post);
        let other = format!("DPoP {}", stranger.token);
        let bearer = format!("Bearer {}", door.token);
        let cases: [Case; 12] = [
            ("no token", vec![], (401, "invalid_token")),
            (
                "a guessed token",
                vec![("authorization", "DPoP guessed".to_owned()), (dpop::HEADER, good())],
                (401, "invalid_token"),
            ),
            (
                "as a bearer token",
                vec![("authorization", bearer), (dpop::HEADER, good())],
                (401, "invalid_token"),
            ),
            (
                "a foreign token",
                vec![("authorization", other), (dpop::HEADER, good())],
                (401, "invalid_dpop_proof"),
            ),
            (
                "the token twice",
                vec![("authorization", dpop.clone()), ("authorization", dpop.clone())],
                (400, "invalid_request"),
            ),
            ("no proof", vec![("authorization", dpop.clone())], (401, "invalid_dpop_proof")),
            (
                "a wrong key",
                vec![
                    ("authorization", dpop.clone()),
                    (dpop::HEADER, proof(&scene, &stranger.key, &url, token, Method::Post)),
                ],
                (401, "invalid_token"),
            ),
            (
                "without the token's hash",
                vec![
                    ("authorization", dpop.clone()),
                    (dpop::HEADER, proof(&scene, &door.key, &url, None, Method::Post)),
                ],
                (401, "invalid_dpop_proof"),
            ),
            (
                "another token's hash",
                vec![
                    ("authorization", dpop.clone()),
                    (dpop::HEADER, proof(&scene, &door.key, &url, Some("x"), Method::Post)),
                ],
                (401, "invalid_dpop_proof"),
            ),
            (
                "another address",
                vec![
                    ("authorization", dpop.clone()),
                    (
                        dpop::HEADER,
                        proof(&scene, &door.key, &format!("{ORIGIN}/member"), token, Method::Post),
                    ),
                ],
                (401, "invalid_dpop_proof"),
            ),
            (
                "another method",
                vec![
                    ("authorization", dpop.clone()),
                    (dpop::HEADER, proof(&scene, &door.key, &url, token, Method::Get)),
                ],
                (401, "invalid_dpop_proof"),
            ),
            (
                "two proofs",
                vec![("authorization", dpop.clone()), (dpop::HEADER, good()), (dpop::HEADER, good())],
                (401, "invalid_dpop_proof"),
            ),
        ];
        for (case, headers, said) in &cases {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            // Also what is no JSON: a stranger learns nothing of the form.
            for body in ["{}", "{"] {
                refused(&scene, || with(path, &headers, body), *said, &format!("{path}: {case}")).await;
            }
        }
    }
    let foreign = Request::get("/member/details").body(Body::empty()).unwrap();
    assert_eq!(said(&send(&scene.router(), foreign).await), (401, "invalid_token"));
    assert_eq!(send(&scene.router(), door.get(&scene, "/member/details")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_replayed_change_is_refused_at_either_replica_and_after_a_restart() {
    let scene = Scene::new();
    let door = Door::open(&scene, 0).await;
    let path = "/member/changes";
    let asked = changes(ID, json!([{"claim": "given_name", "publish": "public"}]));
    let header = door.proof(&scene, Method::Post, path);
    let authorization = format!("DPoP {}", door.token);
    let body = serde_json::to_string(&asked).unwrap();
    let request = || with(path, &[("authorization", &authorization), (dpop::HEADER, &header)], &body);
    assert_eq!(send(&scene.router(), request()).await.status, StatusCode::OK);
    refused(&scene, request, (401, "invalid_dpop_proof"), "again").await;
    scene.restart();
    refused(&scene, request, (401, "invalid_dpop_proof"), "after a restart").await;
    assert_eq!(send(&scene.router(), door.post(&scene, path, &asked)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_malformed_or_not_held_is_refused_and_named() {
    let scene = Scene::new();
    let door = Door::open(&scene, 0).await;
    let malformed = json!({"id": ID, "changes": [{"claim": "email", "take_back": true, "until": null}]});
    for (path, body) in [
        ("/member/changes", malformed),
        ("/member/changes", json!({"id": ID})),
        ("/member/changes", json!({"id": "short", "changes": [{"claim": "email", "take_back": true}]})),
        ("/member/change-requests", json!({"claims": []})),
        ("/member/leave", json!({"id": ID, "more": 1})),
        ("/member/objections", json!({"id": ID, "reason": ""})),
    ] {
        refused(&scene, || door.post(&scene, path, &body), (400, "invalid_request"), path).await;
    }
    let unheld = changes(ID, json!([{"claim": "phone_number", "take_back": true}]));
    let objection =
        Objection { id: ID.to_owned(), about: vec!["phone_number".to_owned()], reason: "no".to_owned() };
    let request = ChangeRequest { claims: vec!["phone_number".to_owned()] };
    for (path, body) in [
        ("/member/changes", serde_json::to_value(&unheld).unwrap()),
        ("/member/objections", serde_json::to_value(&objection).unwrap()),
        ("/member/change-requests", serde_json::to_value(&request).unwrap()),
    ] {
        refused(&scene, || door.post(&scene, path, &body), (400, "not_held"), path).await;
        let answered = send(&scene.router(), door.post(&scene, path, &body)).await;
        assert_eq!(answered.json()["claims"], json!(["phone_number"]), "{path}");
    }
    let brand = changes(ID, json!([{"claim": "email", "publish": "brand"}]));
    refused(&scene, || door.post(&scene, PATHS[0], &brand), (400, "unknown_audience"), "a brand").await;
    let soon = scene.stage.environment.now().plus(86_399).seconds();
    let until = changes(ID, json!([{"claim": "email", "until": soon}]));
    refused(&scene, || door.post(&scene, PATHS[0], &until), (400, "until_too_soon"), "too soon").await;
    let done = changes(ID, json!([{"claim": "email", "publish": "public"}]));
    assert_eq!(send(&scene.router(), door.post(&scene, PATHS[0], &done)).await.status, StatusCode::OK);
    let other: Changes = changes(ID, json!([{"claim": "email", "publish": "team"}]));
    refused(&scene, || door.post(&scene, PATHS[0], &other), (409, "id_used"), "another change").await;
}

#[tokio::test]
async fn an_expired_token_and_an_ended_membership_are_refused_at_every_address() {
    let scene = Scene::new();
    let door = Door::open(&scene, 0).await;
    let old = Door::open(&scene, 1).await;
    let (space, _) = scene.stage.space();
    space.end_membership(&door.sub).await.unwrap();
    let take = changes(ID, json!([{"claim": "email", "take_back": true}]));
    let leave = Leave { id: ID.to_owned(), dry_run: false };
    let objection = Objection { id: ID.to_owned(), about: Vec::new(), reason: "no".to_owned() };
    let request = ChangeRequest { claims: vec!["email".to_owned()] };
    let bodies = [json!(take), json!(request), json!(leave), json!(objection)];
    let gone = (403, "membership_ended");
    for (path, body) in PATHS.iter().zip(&bodies) {
        refused(&scene, || door.post(&scene, path, body), gone, path).await;
    }
    refused(&scene, || door.get(&scene, "/member/details"), gone, "details").await;
    scene.clock.advance(600);
    let expired = (401, "invalid_token");
    for (path, body) in PATHS.iter().zip(&bodies) {
        refused(&scene, || old.post(&scene, path, body), expired, path).await;
    }
    refused(&scene, || old.get(&scene, "/member/details"), expired, "details").await;
}

#[tokio::test(start_paused = true)]
async fn a_request_for_access_is_an_empty_object_from_a_program_or_an_own_page() {
    let scene = Scene::new();
    let at = "/member/requests";
    for body in ["", "[]", r#"{"what":"membership"}"#, "{"] {
        refused(&scene, || post(at, None, JSON, body), (400, "invalid_request"), body).await;
    }
    refused(&scene, || post(at, None, "text/plain", "{}"), (415, "invalid_request"), "text").await;
    let foreign = || with(at, &[("sec-fetch-site", "cross-site")], "{}");
    refused(&scene, foreign, (403, "invalid_request"), "another site").await;
    let forms = vec![form("sign-up", Approval::Automatic)];
    let other = Stage::registered(scene.stage.environment.clone(), forms, false);
    let answered = send(&crate::router(other.site()), post(at, None, JSON, "{}")).await;
    assert_eq!(said(&answered), (404, "not_found"), "a space that has not registered it");
    assert_eq!(send(&scene.router(), post(at, None, JSON, "{}")).await.status, StatusCode::OK);
    let router = crate::router(scene.stage.site().with_budget(1));
    assert_eq!(send(&router, post(at, None, JSON, "{}")).await.status, StatusCode::OK);
    assert_eq!(said(&send(&router, post(at, None, JSON, "{}")).await), (429, "slow_down"));
    assert_eq!(
        said(&send(&router, post("/member/change-requests", None, JSON, "{}")).await),
        (429, "slow_down")
    );
}
