//! What the member says of themselves.

use super::*;

async fn save(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> Shown {
    let csrf = browser.get("/details").await.csrf("/details");
    browser.post("/details", &[&[("csrf", csrf.as_str())], fields].concat()).await
}

/// Sends a form of the page with this action.
async fn send(browser: &mut Browser<'_>, action: &str, fields: &[(&str, &str)]) -> Shown {
    let csrf = browser.get("/details").await.csrf("/details");
    browser.post(action, &[&[("csrf", csrf.as_str())], fields].concat()).await
}

async fn opened(scene: &Scene) -> Browser<'_> {
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    browser
}

/// The identifiers of the sets, in the order of the page; the first is the one that is shown.
async fn sets(browser: &mut Browser<'_>) -> Vec<String> {
    let page = browser.get("/details").await.text;
    let shown =
        page.split("name=\"set\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let others =
        page.split("href=\"/details?set=").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    shown.into_iter().chain(others).collect()
}

#[tokio::test]
async fn what_is_typed_is_kept_changed_and_taken_away() {
    let scene = Scene::new().await;
    let mut browser = opened(&scene).await;
    let saved = save(&mut browser, &[("email", " ada@example.org "), ("bio", "<b>bread</b>")]).await;
    assert_eq!(
        (saved.status, saved.location.as_deref()),
        (StatusCode::SEE_OTHER, Some("/details?saved=yes"))
    );
    let page = browser.get("/details?saved=yes").await.text;
    assert!(page.contains("value=\"ada@example.org\"") && page.contains("&#60;b&#62;bread"), "{page}");
    assert!(!page.contains("<b>") && page.contains("Saved."));
    save(&mut browser, &[("email", ""), ("company", "Bakery")]).await;
    let page = browser.get("/details").await.text;
    assert!(!page.contains("ada@example.org") && page.contains("Bakery") && page.contains("bread"), "{page}");
}

#[tokio::test]
async fn what_no_space_would_take_is_told_at_its_field_and_nothing_of_the_form_is_kept() {
    let scene = Scene::new().await;
    let mut browser = opened(&scene).await;
    let long = "x".repeat(2_001);
    for (name, value, said) in [
        ("email", "not-an-email", "Type one e-mail address"),
        ("phone_number", "030 123456", "Type a number with its country"),
        ("bio", long.as_str(), "This is too long"),
        ("role", "\u{202e}Cook", "Type one line"),
        ("website", "javascript:alert(1)", "Type an address such as"),
        ("links", "https://a.example\nnot an address", "Type an address such as"),
        ("birthdate", "2999-01-01", "Type a past day"),
        ("address-locality", "a\nb", "Type one line"),
    ] {
        let refused = save(&mut browser, &[("company", "Bakery"), (name, value)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(
            refused.text.contains(said) && refused.text.contains(&format!("href=\"#{name}\"")),
            "{}",
            refused.text
        );
        assert!(refused.text.contains("Bakery"), "what was typed is not lost");
        assert!(!browser.get("/details").await.text.contains("Bakery"), "{name}");
    }
    let forged = browser.post("/details", &[("csrf", "x"), ("email", "eve@example.org")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(scene.browser().post("/details", &[]).await.location.as_deref(), Some("/unlock"));
}

#[tokio::test]
async fn with_two_sets_each_value_is_edited_where_it_is() {
    let scene = Scene::new().await;
    let mut browser = opened(&scene).await;
    save(&mut browser, &[("given_name", "Ada"), ("company", "Bakery")]).await;
    let added = send(&mut browser, "/details/sets", &[("first", "Employed"), ("name", "Freelance")]).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    let ids = sets(&mut browser).await;
    let [employed, freelance] = ids.as_slice() else { panic!("{ids:?}") };
    let other = format!("/details?set={freelance}");
    assert_eq!(added.location.as_deref(), Some(other.as_str()), "the new set is shown");
    let page = browser.get(&other).await.text;
    assert!(page.contains("value=\"Ada\"") && !page.contains("Bakery"), "{page}");
    // The name is the same in every set, the company is not.
    let fields = [
        ("set", freelance.as_str()),
        ("given_name", "Ada-Lou"),
        ("every-given_name", "yes"),
        ("company", "Own Ltd"),
    ];
    save(&mut browser, &fields).await;
    let page = browser.get(&format!("/details?set={employed}")).await.text;
    assert!(
        page.contains("value=\"Ada-Lou\"") && page.contains("Bakery") && !page.contains("Own Ltd"),
        "{page}"
    );
    // The company becomes the same in both.
    save(&mut browser, &[("set", employed), ("company", "Bakery"), ("every-company", "yes")]).await;
    assert!(browser.get(&other).await.text.contains("Bakery"));
    // Taken away, the other has no name any more.
    let unsure = send(&mut browser, "/details/sets/remove", &[("set", employed)]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let gone = send(&mut browser, "/details/sets/remove", &[("set", employed), ("sure", "yes")]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "also the second tap");
    }
    assert!(sets(&mut browser).await.is_empty());
    // What a page of before still sends for a set that is gone goes nowhere.
    let late = save(&mut browser, &[("set", employed), ("company", "Late Ltd")]).await;
    assert_eq!(late.location.as_deref(), Some("/details"));
    assert!(!browser.get("/details").await.text.contains("Late Ltd"));
}

#[tokio::test]
async fn a_set_is_called_otherwise_and_no_two_alike() {
    let scene = Scene::new().await;
    let mut browser = opened(&scene).await;
    for (fields, said) in [
        ([("first", "One"), ("name", "One")], "Another set has this name"),
        ([("first", ""), ("name", "Two")], "Type a name"),
        ([("first", "One"), ("name", "\u{202e}")], "Type a name"),
    ] {
        let refused = send(&mut browser, "/details/sets", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(said), "{}", refused.text);
        assert!(sets(&mut browser).await.is_empty());
    }
    send(&mut browser, "/details/sets", &[("first", "One"), ("name", "Two")]).await;
    let ids = sets(&mut browser).await;
    let taken = send(&mut browser, "/details/sets/rename", &[("set", &ids[0]), ("name", "Two")]).await;
    assert!(taken.text.contains("Another set has this name"), "{}", taken.text);
    let renamed =
        send(&mut browser, "/details/sets/rename", &[("set", &ids[0]), ("name", "<b>Uno</b>")]).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER);
    let page = browser.get("/details").await.text;
    assert!(page.contains("&#60;b&#62;Uno") && !page.contains("<b>"), "{page}");
    for action in ["/details/sets", "/details/sets/rename", "/details/sets/remove", "/details/picture"] {
        assert_eq!(browser.post(action, &[("csrf", "x")]).await.status, StatusCode::FORBIDDEN, "{action}");
        assert_eq!(scene.browser().post(action, &[]).await.location.as_deref(), Some("/unlock"), "{action}");
    }
}

/// A JPEG file of 32 pixels by 32, with this segment in it.
pub(crate) fn jpeg(segment: &[u8]) -> String {
    use base64::Engine as _;
    let frame = [0xff, 0xc0, 0, 11, 8, 0, 32, 0, 32, 1, 1, 0x11, 0];
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3, 0xff, 0xd9];
    let file = [&[0xff, 0xd8], segment, &frame, &scan].concat();
    format!("data:image/jpeg;base64,{}", base64::engine::general_purpose::STANDARD.encode(file))
}

#[tokio::test]
async fn a_picture_is_kept_shown_and_taken_away_and_one_with_something_beside_it_is_not_kept() {
    let scene = Scene::new().await;
    let mut browser = opened(&scene).await;
    let exif = [0xff, 0xe1, 0, 8, b'E', b'x', b'i', b'f', 0, 0];
    for (picture, said) in [
        (jpeg(&exif), "Something was in the file beside the picture (Exif or XMP)"),
        ("https://elsewhere.example/me.jpg".to_owned(), "This is no picture of the kind"),
        (String::new(), "This is no picture of the kind"),
        (jpeg(&[]).replace("jpeg", "svg+xml"), "This is no picture of the kind"),
    ] {
        let refused = send(&mut browser, "/details/picture", &[("do", "save"), ("picture", &picture)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(said), "{}", refused.text);
        assert!(browser.get("/details").await.text.contains("You have no picture."));
    }
    let fine = jpeg(&[]);
    let saved = send(&mut browser, "/details/picture", &[("do", "save"), ("picture", &fine)]).await;
    assert_eq!(
        (saved.status, saved.location.as_deref()),
        (StatusCode::SEE_OTHER, Some("/details?saved=yes"))
    );
    for page in ["/details", "/details/picture"] {
        let page = browser.get(page).await.text;
        assert!(page.contains(&fine) && page.contains("alt=\"Your picture\""), "{page}");
    }
    // What is typed beside it does not touch it.
    save(&mut browser, &[("company", "Bakery")]).await;
    assert!(browser.get("/details").await.text.contains(&fine));
    send(&mut browser, "/details/picture", &[("do", "remove")]).await;
    assert!(browser.get("/details").await.text.contains("You have no picture."));
}
