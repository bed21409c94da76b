//! A space's page, with a space that answers as it should, and with one that lies.

mod changing;
mod deciding;
mod objecting;
mod stage;

use serde_json::{Value, json};

use super::*;
use stage::{Answer, KILN, Member, ROOK, detail, fields_of, page_of, press};

#[tokio::test]
async fn spaces_are_listed_with_their_pages_and_an_office_apart() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    assert!(browser.get("/").await.text.contains("2 spaces have details of you."), "the office is none");
    let list = browser.get("/spaces").await.text;
    assert!(!list.contains("did:web") && !list.contains("<i>"), "{list}");
    let (spaces, offices) = list.split_once("Passport offices").unwrap();
    assert!(spaces.contains("Rook") && spaces.contains("you are a member") && !spaces.contains("The office"));
    assert!(offices.contains("The office") && offices.contains("e-mail address"));
    let address = page_of(&mut browser, "Rook").await;
    let page = browser.get(&address).await.text;
    for part in [
        "Rook",
        "rook.example",
        "ada@example.org",
        "Becoming a member",
        "checked by your passport office",
        "&#60;b&#62;Bakery",
        "your own word, checked by nobody",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>") && member.script.called().is_empty(), "nobody is called by looking");
    for wrong in ["/spaces/AAAAAAAAAAAAAAAAAAAAAA", "/spaces/did:web:rook.example"] {
        assert_eq!(browser.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    assert_eq!(browser.get(&format!("{address}/detail?claim=phone")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("{address}/proofs/none")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("{address}/asked/none")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_space_says_it_has_is_shown_with_every_difference_and_as_others_see_it() {
    let member = Member::new().await;
    member.script.holds.lock().unwrap().extend([
        detail("phone_number", json!("<script>alert(1)</script>"), "public"),
        detail("company", json!("Another"), "team"),
    ]);
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let page = browser.get(&address).await.text;
    let ask = format!("{address}/ask");
    let (at, seen) = press(&mut browser, &page, "value=\"see\"", &ask, &[("as", "team")]).await;
    assert!(seen.text.contains("ada@example.org") && !seen.text.contains("<script>alert"), "{}", seen.text);
    assert!(seen.text.contains("did not give them this") && seen.text.contains("another value"));
    assert_eq!(member.script.called(), ["/member/details"]);
    let at = at.split('?').next().unwrap().to_owned();
    let as_members = browser.get(&format!("{at}?as=members-here")).await.text;
    assert!(as_members.contains("Bakery") && as_members.contains("alert(1)"), "{as_members}");
    assert!(!as_members.contains("ada@example.org") && !as_members.contains("Another"));
    let as_public = browser.get(&format!("{at}?as=public")).await.text;
    assert!(as_public.contains("alert(1)") && !as_public.contains("Bakery"), "{as_public}");
    assert!(member.script.called().is_empty(), "the space is asked once");
    // The page of another space shows nothing of it.
    let kiln = page_of(&mut browser, "Kiln &#60;i&#62;North&#60;/i&#62;").await;
    let elsewhere = at.replace(&address, &kiln);
    assert_eq!(browser.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_that_is_none_is_told_and_changes_nothing() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let before = browser.get(&address).await.text;
    let huge: Vec<Value> = (0..200).map(|one| detail(&format!("c{one}"), json!("x"), "team")).collect();
    let account = |space: &str, details: Vec<Value>| json!({"space": space, "member_since": 0, "plan": "<b>", "details": details, "objections": []});
    let fault = "cannot trust";
    for (case, answer, told) in [
        ("markup", Answer::Body(200, json!("<html>")), fault),
        ("another space's", Answer::Body(200, account(KILN, Vec::new())), fault),
        ("endless", Answer::Body(200, account(ROOK, huge)), fault),
        ("down", Answer::Down, "cannot be reached now"),
        ("busy", Answer::Body(503, json!({})), "cannot do it now"),
        (
            "a sentence of its own",
            Answer::Body(403, json!({"error": "membership_ended", "error_description": "<b>You owe us</b>"})),
            "says that your membership has ended",
        ),
    ] {
        member.script.then(&[answer]);
        let page = browser.get(&address).await.text;
        let ask = format!("{address}/ask");
        let (_, shown) = press(&mut browser, &page, "value=\"see\"", &ask, &[("as", "team")]).await;
        assert!(shown.text.contains(told), "{case}: {}", shown.text);
        assert!(!shown.text.contains("<b>") && !shown.text.contains("owe us"), "{case}");
    }
    let after = browser.get(&address).await.text;
    let has = |page: &str| {
        page.split("id=\"has-title\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned()
    };
    assert_eq!(has(&before), has(&after));
}

#[tokio::test]
async fn a_muted_space_says_so_on_its_page_until_it_is_undone() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let mute = format!("{address}/mute");
    let page = browser.get(&address).await.text;
    let (_, muted) = press(&mut browser, &page, "name=\"muted\"", &mute, &[("muted", "yes")]).await;
    assert!(muted.text.contains("You muted this space"), "{}", muted.text);
    assert!(browser.get("/spaces").await.text.contains("muted"));
    let (_, shown) = press(&mut browser, &muted.text, "name=\"muted\"", &mute, &[("muted", "no")]).await;
    assert!(!shown.text.contains("You muted this space"));
    assert!(member.script.called().is_empty(), "nobody learns of it");
}

#[tokio::test]
async fn forms_of_other_pages_and_what_no_form_sends_do_nothing() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let other = browser.get("/open").await.csrf("/open");
    for path in ["ask", "waiting", "mute"] {
        let path = format!("{address}/{path}");
        let fields = [("csrf", other.as_str()), ("what", "leave"), ("sure", "yes"), ("muted", "yes")];
        assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(member.scene.browser().post(&path, &fields).await.location.as_deref(), Some("/unlock"));
    }
    for path in ["/change", "/change/send"] {
        let fields = [("csrf", other.as_str()), ("claim", "company"), ("value", "x")];
        assert_eq!(browser.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(member.scene.browser().post(path, &fields).await.location.as_deref(), Some("/unlock"));
    }
    let ask = format!("{address}/ask");
    let csrf = browser.get(&address).await.csrf(&ask);
    for odd in [
        &[("what", "everything")][..],
        &[("what", "publish"), ("claim", "company"), ("audience", "world")],
        &[("what", "publish"), ("claim", "company")],
        &[("what", "take-back"), ("claim", "phone_number"), ("sure", "yes")],
        &[],
    ] {
        let fields = [&[("csrf", csrf.as_str()), ("task", "AAAAAAAAAAAAAAAAAAAAAA")], odd].concat();
        assert_eq!(browser.post(&ask, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd:?}");
    }
    // A name of a task that no form of ours has begins nothing.
    for name in ["", "short", "../../../../etc/passwd", "AAAAAAAAAAAAAAAAAAAAA\u{e9}"] {
        let fields = [("csrf", csrf.as_str()), ("task", name), ("what", "leave"), ("sure", "yes")];
        browser.post(&ask, &fields).await;
    }
    assert!(member.script.called().is_empty());
}
