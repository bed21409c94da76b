//! Whoever is led to the wallet without meaning it.

use super::*;

const LINK: &str = "/authorize?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";
const GIVEN: &str = "/open?link=openid4vp%3A%2F%2F%3Fclient_id%3Ddecentralized_identifier%253Adid%253Aweb%253Akiln.example%26request_uri%3Dhttps%253A%252F%252Fkiln.example%252Fr";

#[tokio::test]
async fn a_page_that_leads_a_browser_here_by_itself_opens_nothing_without_a_button() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    for path in [LINK, GIVEN] {
        for site in ["cross-site", "same-site", "something-else"] {
            let led = Request::get(path).header("sec-fetch-site", site).header("sec-fetch-mode", "navigate");
            let shown = browser.send(led, Body::empty()).await;
            assert_eq!(shown.status, StatusCode::OK, "{site} {path}");
            assert!(shown.text.contains("kiln.example%2Fr</textarea>"), "{}", shown.text);
            assert!(!browser.get("/").await.text.contains("/asked/"), "something is under way");
        }
        for meant in [
            Request::get(path),
            Request::get(path).header("sec-fetch-site", "none"),
            Request::get(path).header("sec-fetch-site", "same-origin"),
            Request::get(path).header("sec-fetch-site", "cross-site").header("sec-fetch-user", "?1"),
        ] {
            assert_eq!(browser.send(meant, Body::empty()).await.status, StatusCode::SEE_OTHER, "{path}");
        }
    }
}
