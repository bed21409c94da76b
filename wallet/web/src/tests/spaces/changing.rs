//! One edit at several spaces.

use super::*;

#[tokio::test]
async fn one_edit_shows_what_would_be_another_where_before_anything_is_sent() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let edit = browser.get("/change?claim=company").await;
    let csrf = edit.csrf("/change");
    let edit = edit.text;
    assert!(edit.contains("value=\"&#60;b&#62;Bakery&#60;/b&#62;\"") && edit.contains("Rook"), "{edit}");
    let keys: Vec<String> =
        edit.split("name=\"at-").skip(1).map(|at| at.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 2);
    let (first, second) = (format!("at-{}", keys[0]), format!("at-{}", keys[1]));
    let long = "x".repeat(2_001);
    for (value, at, told) in [
        ("", Some(&first), "Type the new value"),
        (&long, Some(&first), "too long"),
        ("Mill", None, "Tick at least one"),
    ] {
        let mut fields = vec![("csrf", csrf.as_str()), ("claim", "company"), ("value", value)];
        fields.extend(at.map(|at| (at.as_str(), "yes")));
        let refused = browser.post("/change", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(refused.text.contains(told), "{told}: {}", refused.text);
    }
    let fields = [
        ("csrf", csrf.as_str()),
        ("claim", "company"),
        ("value", "<u>Mill</u>"),
        (first.as_str(), "yes"),
        (second.as_str(), "yes"),
    ];
    let difference = browser.post("/change", &fields).await;
    assert_eq!(difference.status, StatusCode::OK);
    let page = difference.text;
    assert!(
        page.contains("&#60;b&#62;Bakery") && page.contains("&#60;u&#62;Mill") && !page.contains("<u>"),
        "{page}"
    );
    assert!(page.contains("Each at a time of its own"), "{page}");
    assert!(member.script.called().is_empty() && !browser.get("/details").await.text.contains("Mill"));
    let (at, told) = press(&mut browser, &page, "name=\"when\"", "/change/send", &[("when", "apart")]).await;
    assert!(
        told.text.contains("The spaces are told one by one") && told.text.matches("Waits").count() == 2,
        "{}",
        told.text
    );
    assert!(member.script.called().is_empty(), "each at a time of its own");
    assert!(browser.get("/details").await.text.contains("Mill"));
    let (again, _) = press(&mut browser, &page, "name=\"when\"", "/change/send", &[("when", "apart")]).await;
    assert_eq!(again, at, "sent once");
    let address = page_of(&mut browser, "Rook").await;
    assert!(browser.get(&address).await.text.contains("A new value: company"));
    for none in ["/change", "/change?claim=number", "/change?claim=did", "/change?claim=a.b"] {
        assert_eq!(browser.get(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn what_an_office_has_to_check_first_is_said_before_and_afterwards() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let edit = browser.get("/change?claim=email").await;
    let csrf = edit.csrf("/change");
    let edit = edit.text;
    let at = format!("at-{}", edit.split("name=\"at-").nth(1).unwrap().split('"').next().unwrap());
    let fields =
        [("csrf", csrf.as_str()), ("claim", "email"), ("value", "new@example.org"), (at.as_str(), "yes")];
    let page = browser.post("/change", &fields).await.text;
    assert!(page.contains("The office has to check the new one first"), "{page}");
    let (_, told) = press(&mut browser, &page, "name=\"task\"", "/change/send", &[("when", "apart")]).await;
    assert!(told.text.contains("Your passport office has to check the new value first"), "{}", told.text);
    assert!(!browser.get("/details").await.text.contains("new@example.org"), "nothing is changed");
    let same =
        [("csrf", csrf.as_str()), ("claim", "email"), ("value", "ada@example.org"), (at.as_str(), "yes")];
    let page = browser.post("/change", &same).await.text;
    assert!(page.contains("Nowhere would anything change.") && !page.contains("/change/send"), "{page}");
}
