//! The page to which the office's requests point, and the way to it.

use axum::http::StatusCode;

use super::world::World;

#[tokio::test]
async fn the_privacy_page_says_who_why_how_long_and_whom_to_complain_to() {
    let world = World::new();
    let page = world.get("/privacy").await;
    assert_eq!(page.status, StatusCode::OK);
    for said in [
        "What the office keeps",
        "after one day at the latest",
        "needed for its contract with you",
        "have it changed or erased",
        "office@example.org",
        "privacy@example.org",
        "The authority of this country",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(page.text.contains("Passport Office ") && !page.text.contains("<Ltd>"), "{}", page.text);
    for path in ["/", "/passport"] {
        assert!(world.get(path).await.text.contains("href=\"/privacy\""), "{path}");
    }
}

#[tokio::test]
async fn the_passport_page_has_the_button_before_the_qr_code_and_a_word_for_who_has_no_wallet() {
    let page = World::new().get("/passport").await.text;
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part}: {page}"));
    assert!(at("href=\"openid4vp://") < at("no wallet on this device takes such links"));
    assert!(at("no wallet on this device takes such links") < at("<figure class=\"qr-figure\""));
}
