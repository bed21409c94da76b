//! The operator's addresses and those of every host, over HTTP.

use outbound::{HttpClient, Policy, Request, Response};
use url::Url;

use super::*;
use crate::demo::Demo;

struct Net {
    demo: Demo,
    root: tempfile::TempDir,
    client: HttpClient,
}

impl Net {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let demo = Demo::start_logging(&root.path().join("data"), 0, &root.path().join("log"));
        Self { demo, root, client: HttpClient::new(Policy::development()).unwrap() }
    }

    fn url(&self, party: &str, path: &str) -> Url {
        Url::parse(&format!("http://{party}.localhost:{}{path}", self.demo.port())).unwrap()
    }

    async fn send(&self, request: Request) -> Response {
        self.client.send(request).await.unwrap()
    }

    async fn get(&self, party: &str, path: &str) -> Response {
        self.send(Request::get(self.url(party, path))).await
    }
}

/// Status and error code.
fn said(response: &Response) -> (u16, String) {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    (response.status.as_u16(), body["error"].as_str().unwrap_or("none").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_answers_its_four_addresses_to_readers_alone() {
    let net = Net::new();
    let state = net.root.path().join("data/operator/operator.json");
    let list = net.get("operator", "/network-list").await;
    assert_eq!(list.status.as_u16(), 200);
    let before = fs::read(&state).unwrap();
    for path in ["/network.json", "/network-root.pem", "/network-list", "/healthz"] {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let request = Request::new(method.parse().unwrap(), net.url("operator", path));
            let answered = net.send(request).await;
            assert_eq!(said(&answered), (405, "invalid_request".to_owned()), "{method} {path}");
            assert_eq!(answered.headers["allow"], "GET,HEAD", "{method} {path}");
        }
    }
    for path in ["/", "/operator.json", "/..%2Foperator.json", "/members", "/token", "/network-list/1"] {
        assert_eq!(said(&net.get("operator", path).await), (404, "not_found".to_owned()), "{path}");
    }
    assert_eq!(fs::read(&state).unwrap(), before);
    fs::write(&state, before.split_at(before.len() / 2).0).unwrap();
    assert_eq!(
        net.get("operator", "/network-list").await.status.as_u16(),
        503,
        "a damaged state signs nothing"
    );
    assert_eq!(net.get("operator", "/healthz").await.status.as_u16(), 503);
    fs::write(&state, &before).unwrap();
    assert_eq!(net.get("operator", "/network-list").await.body, list.body);
    net.demo.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_hosts_and_addresses_are_refused_everywhere() {
    let net = Net::new();
    for party in ["operator", "office", "harbour", "kiln-north", "kiln-south"] {
        let healthy = net.get(party, "/healthz").await;
        assert_eq!((healthy.status.as_u16(), healthy.body.as_ref()), (200, &b"ok\n"[..]), "{party}");
    }
    let misdirected = net.get("nobody", "/").await;
    assert_eq!(misdirected.status.as_u16(), 421);
    for party in ["office", "harbour", "kiln-north", "kiln-south"] {
        for path in
            ["/nothing", "/admin", "/assets/none.css", "/.well-known/jwt-vc-issuer", "/deferred_credential"]
        {
            assert_eq!(said(&net.get(party, path).await), (404, "not_found".to_owned()), "{party} {path}");
        }
    }
    for method in ["POST", "PUT", "DELETE"] {
        let request = Request::new(method.parse().unwrap(), net.url("mail", "/"));
        assert_eq!(net.send(request).await.status.as_u16(), 405, "{method} at the demo's mails");
    }
    net.demo.stop();
}
