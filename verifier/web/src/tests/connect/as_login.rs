//! The provider of one space is the login of another: a real provider at the other end, whole, in place of a stub.

use std::sync::Arc;

use outbound::{Fetch, Fetching};
use verifier::login::{LoginSettings, Members};

use super::*;

const LOGIN: &str = "/no-passport/login";

/// Another space, over HTTP as far as it can be told.
struct Elsewhere(Router);

impl Fetch for Elsewhere {
    fn fetch(&self, request: outbound::Request) -> Fetching<'_> {
        Box::pin(async move {
            let mut sent = Request::builder().method(request.method).uri(path(request.url.as_str()));
            for (name, value) in &request.headers {
                sent = sent.header(name, value);
            }
            let answered = send(&self.0, sent.body(Body::from(request.body)).unwrap()).await;
            Ok(outbound::Response::new(answered.status, answered.headers, answered.text))
        })
    }
}

#[tokio::test]
async fn a_member_of_another_space_signs_in_with_its_provider_and_becomes_one_here() {
    let other = Scene::new();
    let sub = member(&other).await;
    let (space, _) = other.stage.space();
    let here = format!("{ORIGIN}{LOGIN}/return");
    let new = NewSite { redirect_uris: vec![here], ..booking(&["given_name", "family_name"], false) };
    let (site, secret) = space.add_site(new, ChangedBy::Terminal).await.unwrap();
    let settings = LoginSettings {
        issuer: format!("{ORIGIN}/connect"),
        client_id: site.id,
        secret,
        label: "Kiln South".to_owned(),
        scope: "openid profile".to_owned(),
        members: Members::Everybody,
        check: None,
    };

    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let space = space.with_login(settings, Arc::new(Elsewhere(other.router())));
    let site = SpaceWeb::new(space, presentation, "{\"versionId\":\"1-x\"}\n", [7; 32]);
    *scene.router.lock().unwrap() = crate::router(site);

    for seed in [42, 43] {
        let (mut browser, mut visitor) = (Browser::new(&scene), Visitor::of_member(&other, &sub, seed).await);
        let sent = browser.get(LOGIN).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let mut answered = visitor.get(&path(sent.header("location"))).await;
        if answered.header("location") == "/connect/consent" {
            let page = visitor.get("/connect/consent").await;
            answered = visitor.press(&page, "yes").await;
        }
        let page = browser.get(&path(answered.header("location"))).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("openid-credential-offer://"));
    }
    let (space, _) = scene.stage.space();
    assert_eq!(space.members(10).await.unwrap().len(), 1, "twice the same member");
}
