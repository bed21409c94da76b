//! Who may do what, and who nothing.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_address_of_the_api_is_in_the_list_that_is_tried() {
    let scene = Scene::new();
    let routes = crate::api::routes(&site(&scene));
    let registered: BTreeSet<(&str, Scope)> = routes.table().iter().copied().collect();
    let tried: BTreeSet<(&str, Scope)> = ROUTES.iter().map(|(_, path, scope)| (*path, *scope)).collect();
    assert_eq!(registered, tried);
    assert_eq!(routes.table().len(), ROUTES.len());
    let used: BTreeSet<Scope> = ROUTES.iter().map(|(_, _, scope)| *scope).collect();
    assert_eq!(used, Scope::ALL.into(), "no scope is there for nothing");
}

#[tokio::test]
async fn every_address_opens_to_its_own_scope_and_to_no_other() {
    let scene = Scene::new();
    for scope in Scope::ALL {
        let own = key_for(&scene, &scope.name().replace(':', "-"), &[scope]).await;
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
        let without = key_for(&scene, &format!("not-{}", scope.name().replace(':', "-")), &others).await;
        for (method, path, needed) in ROUTES {
            for (key, may) in [(&own, *needed == scope), (&without, *needed != scope)] {
                let answered = send(&scene.router(), request(method, &address(path), key)).await;
                let case = format!("{scope:?} {method} {path}: {} {}", answered.status, answered.text);
                assert_eq!(answered.header("cache-control"), "no-store", "{case}");
                if may {
                    assert!(![401, 403, 405, 429].contains(&answered.status.as_u16()), "{case}");
                    assert!(answered.status.as_u16() < 500, "{case}");
                    continue;
                }
                assert_eq!(said(&answered), (403, "insufficient_scope".to_owned()), "{case}");
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", needed.name());
                assert_eq!(answered.header("www-authenticate"), challenge, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_opens_without_a_key_that_counts_and_nothing_of_what_is_sent_is_looked_at() {
    let scene = Scene::new();
    let good = key(&scene, "desk").await;
    let revoked = key(&scene, "gone").await;
    ask(&scene, json!({"command": "verifier.key.revoke", "name": "gone"})).await.unwrap();
    let wanted = json!({"command": "verifier.key.make", "name": "short", "scopes": Scope::ALL, "days": 1});
    let short = ask(&scene, wanted).await.unwrap()["key"].as_str().unwrap().to_owned();
    assert_eq!(get(&scene, "/api/v1/forms", &short).await.status, 200);
    scene.clock.advance(86_400);
    // The day of the last use is written once a day.
    assert_eq!(get(&scene, "/api/v1/forms", &good).await.status, 200);
    let near =
        format!("{}{}", good.strip_suffix(|_| true).unwrap(), if good.ends_with('A') { 'B' } else { 'A' });
    let elsewhere = Scene::new();
    key(&elsewhere, "first").await;
    let other = key(&elsewhere, "desk").await;
    let before = scene.stage.memory.entries();
    for (case, header) in [
        ("revoked", format!("Bearer {revoked}")),
        ("at its end", format!("Bearer {short}")),
        ("one symbol off", format!("Bearer {near}")),
        ("one symbol more", format!("Bearer {good}A")),
        ("of another space", format!("Bearer {other}")),
        ("as DPoP", format!("DPoP {good}")),
    ] {
        for (method, path, _) in ROUTES {
            let mut request = Request::builder().method(*method).uri(address(path));
            request = request.header("authorization", &header).header("content-type", "text/plain");
            let answered = send(&scene.router(), request.body(Body::from("{")).unwrap()).await;
            assert_eq!(said(&answered), (401, "invalid_token".to_owned()), "{case} {method} {path}");
            assert!(
                answered.text.contains(" key ") && !answered.text.contains("access token"),
                "{}",
                answered.text
            );
            assert_eq!(answered.header("www-authenticate"), "Bearer error=\"invalid_token\"", "{case}");
        }
    }
    for (method, path, _) in ROUTES {
        let none = Request::builder().method(*method).uri(address(path)).body(Body::empty()).unwrap();
        let answered = send(&scene.router(), none).await;
        assert_eq!(
            (answered.status.as_u16(), answered.header("www-authenticate")),
            (401, "Bearer"),
            "{path}"
        );
        let mut twice = request(method, &address(path), &good);
        twice.headers_mut().append("authorization", format!("Bearer {good}").parse().unwrap());
        assert_eq!(said(&send(&scene.router(), twice).await), (400, "invalid_request".to_owned()), "{path}");
        let query = format!("{}?access_token={good}", address(path));
        let in_the_address = Request::builder().method(*method).uri(query).body(Body::empty()).unwrap();
        assert_eq!(send(&scene.router(), in_the_address).await.status, 401, "{path}");
    }
    assert!(scene.stage.memory.entries() == before, "nothing was written");
}

#[tokio::test]
async fn a_key_that_is_revoked_at_one_server_opens_nothing_at_the_other() {
    let scene = Scene::new();
    let key = key(&scene, "desk").await;
    let servers = [crate::router(scene.stage.site()), crate::router(scene.stage.site())];
    for server in &servers {
        let answered = send(server, with_key(Method::GET, "/api/v1/forms", &key, None)).await;
        assert_eq!(answered.status, 200);
    }
    scene.stage.space().0.revoke_api_key("desk").await.unwrap();
    for server in &servers {
        let answered = send(server, with_key(Method::GET, "/api/v1/forms", &key, None)).await;
        assert_eq!(said(&answered), (401, "invalid_token".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_asks_too_much_is_told_when_to_come_again_and_others_go_on() {
    let scene = Scene::new();
    let (busy, other) = (key_for(&scene, "busy", &[Scope::FormsRead]).await, key(&scene, "other").await);
    let router = crate::router(scene.stage.site().with_budget(10_000));
    let ask = async |key: &str, path: &str| send(&router, with_key(Method::GET, path, key, None)).await;
    let mut taken = 0;
    let over = loop {
        let answered = ask(&busy, "/api/v1/forms/none").await;
        if answered.status != 404 {
            break answered;
        }
        taken += 1;
        assert!(taken < 5_000, "no budget");
    };
    assert!(taken >= 600, "{taken}");
    assert_eq!(said(&over), (429, "slow_down".to_owned()));
    assert!(over.header("retry-after").parse::<u32>().unwrap() >= 1);
    // What it may not do is no way around that.
    assert_eq!(said(&ask(&busy, "/api/v1/contacts").await), (429, "slow_down".to_owned()));
    assert_eq!(ask(&other, "/api/v1/forms").await.status, 200);
}
