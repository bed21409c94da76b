//! Objecting to what a space does.

use super::*;

#[tokio::test]
async fn a_member_objects_to_some_of_it_or_to_all_and_the_space_has_proven_that_it_knows() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let page = browser.get(&address).await.text;
    let object = format!("{address}/object");
    assert!(page.contains(&format!("href=\"{object}\"")), "{page}");
    let ask = format!("{address}/ask");
    for (ticked, about) in [(&[("about-company", "yes")][..], json!(["company"])), (&[], json!([]))] {
        let form = browser.get(&object).await;
        assert_eq!(form.status, StatusCode::OK);
        assert!(form.text.contains("name=\"about-email\"") && member.script.called().is_empty());
        let fields = [&[("what", "object"), ("reason", " No <b>news</b>, please. ")], ticked].concat();
        let (_, done) = press(&mut browser, &form.text, "value=\"object\"", &ask, &fields).await;
        assert!(done.text.contains("signed that it came"), "{}", done.text);
        assert!(!done.text.contains("please"), "the reason is theirs alone by now");
        let (path, body) = member.script.calls.lock().unwrap().pop().unwrap();
        assert_eq!(path, "/member/objections");
        assert_eq!((&body["about"], &body["reason"]), (&about, &json!("No <b>news</b>, please.")));
    }
    assert!(browser.get(&address).await.text.contains(">you objected</a>"), "its proof is kept");
}

#[tokio::test]
async fn an_objection_says_why_in_as_many_words_as_a_space_takes() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (object, ask) = (format!("{address}/object"), format!("{address}/ask"));
    let (longest, longer) = ("ä".repeat(4_000), "ä".repeat(4_001));
    for (reason, said) in [
        ("", Some("Say why you object.")),
        (" \n…", Some("Say why you object.")),
        (longer.as_str(), Some("at most 4,000 characters")),
        (longest.as_str(), None),
    ] {
        let csrf = browser.get(&object).await.csrf(&ask);
        let fields = [
            ("csrf", csrf.as_str()),
            ("task", "AAAAAAAAAAAAAAAAAAAAAA"),
            ("what", "object"),
            ("about-email", "yes"),
            ("reason", reason),
        ];
        let shown = browser.post(&ask, &fields).await;
        let Some(said) = said else {
            assert_eq!(shown.status, StatusCode::SEE_OTHER);
            continue;
        };
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{reason}");
        assert!(shown.text.contains(said), "{}", shown.text);
        let about = "name=\"about-email\" value=\"yes\" checked";
        assert!(shown.text.contains(about) && shown.text.contains(reason.trim_start()), "{}", shown.text);
        assert!(member.script.called().is_empty());
    }
}
