//! What a member has done at one space: what is asked first, what is done at once, and what becomes of it.

use super::*;

#[tokio::test]
async fn showing_to_more_people_is_asked_first_and_hiding_is_done_at_once() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (detail, ask) = (format!("{address}/detail?claim=company"), format!("{address}/ask"));
    let page = browser.get(&detail).await.text;
    let more = [("what", "publish"), ("audience", "public")];
    let (_, would) = press(&mut browser, &page, "value=\"publish\"", &ask, &more).await;
    assert!(would.text.contains("Show to more people: company"), "{}", would.text);
    assert_eq!(member.script.called(), ["/member/changes"]);
    assert!(browser.get(&detail).await.text.contains("seen by the team"), "nothing was done");
    let (done_at, done) =
        press(&mut browser, &would.text, "name=\"sure\"", &ask, &[("what", "publish")]).await;
    assert!(done.text.contains("They signed it, and your wallet keeps the proof."), "{}", done.text);
    // Sent again, by a second tap or by going back, it is the same one.
    let (again_at, _) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &[("what", "publish")]).await;
    assert_eq!((again_at, member.script.called().len()), (done_at, 1));
    let page = browser.get(&detail).await.text;
    assert!(page.contains("seen by everybody"), "{page}");
    let (_, hidden) =
        press(&mut browser, &page, "value=\"publish\"", &ask, &[("what", "publish"), ("audience", "team")])
            .await;
    assert!(hidden.text.contains("They signed it, and your wallet keeps the proof."), "{}", hidden.text);
    assert_eq!(member.script.called(), ["/member/changes"]);
    // Both are among the proofs, each in words and as a file.
    let page = browser.get(&address).await.text;
    let proof = page.split(&format!("href=\"{address}/proofs/")).nth(1).unwrap().split('"').next().unwrap();
    let proof = format!("{address}/proofs/{proof}");
    assert!(browser.get(&proof).await.text.contains("Rook signed on"));
    let file = browser.get(&format!("{proof}/file")).await;
    assert_eq!(file.headers["content-type"], "application/jwt");
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(file.text.split('.').count(), 3);
}

#[tokio::test]
async fn an_end_is_a_day_that_lies_ahead() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (detail, ask) = (format!("{address}/detail?claim=company"), format!("{address}/ask"));
    let page = browser.get(&detail).await.text;
    for (day, told) in [("", "Choose a day"), ("soon", "Choose a day"), ("2020-01-01", "Choose a later day")]
    {
        let mut fields = fields_of(&page, "value=\"until\"");
        fields.extend([("what".to_owned(), "until".to_owned()), ("day".to_owned(), day.to_owned())]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let refused = browser.post(&ask, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
        assert!(
            refused.text.contains(told) && refused.text.contains("href=\"#day\""),
            "{day}: {}",
            refused.text
        );
    }
    assert!(member.script.called().is_empty());
    let set = [("what", "until"), ("day", "2030-05-01")];
    let (_, done) = press(&mut browser, &page, "value=\"until\"", &ask, &set).await;
    assert!(
        done.text.contains("They signed it, and your wallet keeps the proof.")
            && done.text.contains("2030-05-01"),
        "{}",
        done.text
    );
    let page = browser.get(&detail).await.text;
    assert!(page.contains("value=\"2030-05-01\""), "{page}");
    let (_, done) = press(&mut browser, &page, "value=\"endless\"", &ask, &[("what", "endless")]).await;
    assert!(done.text.contains("has no day any more on which it erases this: company"), "{}", done.text);
    assert!(!browser.get(&detail).await.text.contains("value=\"endless\""));
}

#[tokio::test]
async fn what_is_needed_is_taken_back_after_it_was_said_what_follows() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let ask = format!("{address}/ask");
    let page = browser.get(&format!("{address}/detail?claim=email")).await.text;
    let (_, would) = press(&mut browser, &page, "value=\"take-back\"", &ask, &[("what", "take-back")]).await;
    for part in [
        "Your membership there ends.",
        "company: until 2026-11-30",
        "Leave it as it is",
        "If you leave instead",
    ] {
        assert!(would.text.contains(part), "{part}: {}", would.text);
    }
    let sure = [("what", "take-back")];
    let (_, done) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &sure).await;
    assert!(
        done.text.contains("They signed it, and your wallet keeps the proof.")
            && done.text.contains("Your membership there has ended.")
    );
    assert!(!done.text.contains("something else than it had said"), "{}", done.text);
    let page = browser.get(&address).await.text;
    assert!(page.contains("You left on") || page.contains("you left on"), "{page}");
    assert!(
        !page.contains("value=\"leave\"") && page.contains("company") && !page.contains("ada@example.org")
    );
    // What is kept, until when and where to write to stands above everything else.
    let keeps = page.split("<div class=\"notice\">").nth(1).unwrap().split("</div>").next().unwrap();
    for part in ["It keeps this of you: company.", "The last of it is kept until 2026-11-30."] {
        assert!(keeps.contains(part), "{part}: {keeps}");
    }
    let other = page_of(&mut browser, "Kiln &#60;i&#62;North&#60;/i&#62;").await;
    assert!(!browser.get(&other).await.text.contains("It keeps this of you"), "of a member's space");
    // What the member ended is nobody else's doing, and nothing to be got again.
    let held = browser.get("/held").await.text;
    let ended = held
        .split("</section>")
        .find(|card| card.contains("You left Rook on 2026-11-18"))
        .unwrap_or_else(|| panic!("{held}"));
    for part in ["</span> Ended</p>", "and with that it ended.", "Throw away"] {
        assert!(ended.contains(part), "{part}: {ended}");
    }
    for part in ["standing wrong", "has taken it back", "/held/anew", "Ask there", "Get a new one"] {
        assert!(!ended.contains(part), "{part}: {ended}");
    }
    let others = held.split("You left Rook").next().unwrap();
    assert!(
        others.contains("</span> Good</p>")
            && !held.split("You left Rook").nth(1).unwrap().contains("</span> Good</p>"),
        "it is the last: {held}"
    );
    let gone = browser.get(&format!("{address}/detail?claim=company")).await.text;
    assert!(gone.contains("You are no member there") && !gone.contains("value=\"take-back\""), "{gone}");
}

#[tokio::test]
async fn a_space_that_does_something_else_than_it_said_or_proves_something_else_is_told() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let (detail, ask) = (format!("{address}/detail?claim=company"), format!("{address}/ask"));
    let page = browser.get(&detail).await.text;
    let back = [("what", "take-back")];
    let (_, would) = press(&mut browser, &page, "value=\"take-back\"", &ask, &back).await;
    assert!(!would.text.contains("Your membership there ends."), "{}", would.text);
    member.script.then(&[Answer::OtherProof]);
    let (_, done) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &back).await;
    assert!(done.text.contains("does not prove what you asked for"), "{}", done.text);
    let page = browser.get(&address).await.text;
    assert!(page.contains("Bakery"), "nothing is taken for done");
    assert!(
        page.contains("It is not sent again by itself.") && page.contains("may have been done"),
        "{page}"
    );
    // Taken out, it is asked anew; and now the space ends the membership, of which it had said nothing.
    let waiting = format!("{address}/waiting");
    let cancel = [("what", "cancel")];
    let (_, page) = press(&mut browser, &page, "value=\"cancel\"", &waiting, &cancel).await;
    assert!(!page.text.contains("It is not sent again by itself."));
    let page = browser.get(&detail).await.text;
    let (_, would) = press(&mut browser, &page, "value=\"take-back\"", &ask, &back).await;
    member.script.then(&[Answer::EndsIt]);
    let (_, done) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &back).await;
    assert!(done.text.contains("did something else than it had said"), "{}", done.text);
}

#[tokio::test]
async fn who_leaves_while_the_space_is_down_decides_all_the_same_and_it_goes_when_it_answers() {
    let member = Member::new().await;
    let mut browser = member.browser().await;
    let address = page_of(&mut browser, "Rook").await;
    let ask = format!("{address}/ask");
    let page = browser.get(&address).await.text;
    member.script.then(&[Answer::Down, Answer::Down]);
    let (_, would) = press(&mut browser, &page, "value=\"leave\"", &ask, &[("what", "leave")]).await;
    for part in ["cannot be reached now", "You can decide all the same", "Stay a member"] {
        assert!(would.text.contains(part), "{part}: {}", would.text);
    }
    let (_, sent) = press(&mut browser, &would.text, "name=\"sure\"", &ask, &[("what", "leave")]).await;
    assert!(
        sent.text.contains("Not done yet") && sent.text.contains("<strong>Waits</strong>"),
        "{}",
        sent.text
    );
    assert!(browser.get("/spaces").await.text.contains("1 change waits"));
    let home = browser.get("/").await.text;
    assert!(home.contains("<a href=\"/spaces\">1 change waits at Rook.</a>"), "{home}");
    let page = browser.get(&address).await.text;
    assert!(page.contains("Not done yet") && page.contains("cannot be reached now"), "{page}");
    // The form of another space touches nothing of this one.
    let kiln = page_of(&mut browser, "Kiln &#60;i&#62;North&#60;/i&#62;").await;
    let hidden = fields_of(&page, "value=\"cancel\"");
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    fields.push(("what", "cancel"));
    browser.post(&format!("{kiln}/waiting"), &fields).await;
    assert!(browser.get(&address).await.text.contains("Not done yet"));
    let waiting = format!("{address}/waiting");
    let (_, sent) = press(&mut browser, &page, "value=\"send\"", &waiting, &[("what", "send")]).await;
    assert!(sent.text.contains("Your membership there has ended."), "{}", sent.text);
    assert_eq!(browser.get("/spaces").await.text.matches("<li>you are a member</li>").count(), 1);
    assert!(!browser.get("/").await.text.contains("waits at"), "nothing waits any more");
}

#[tokio::test]
async fn two_tabs_and_two_taps_ask_a_space_once() {
    let member = Member::new().await;
    let (mut phone, mut desk) = (member.browser().await, member.browser().await);
    let address = page_of(&mut phone, "Rook").await;
    let ask = format!("{address}/ask");
    member.script.then(&[Answer::Waits]);
    let mut places = Vec::new();
    for browser in [&mut phone, &mut desk] {
        let page = browser.get(&address).await.text;
        let hidden = fields_of(&page, "value=\"see\"");
        let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.push(("as", "team"));
        for _ in 0..2 {
            places.push(browser.post(&ask, &fields).await.location.unwrap());
        }
    }
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    let status = phone.get(&format!("{}/status", places[0])).await.text;
    assert_eq!(status, r#"{"state":"asked"}"#);
    member.script.goes_on.notify_one();
    assert!(desk.get(&places[0]).await.text.contains("ada@example.org"));
    assert_eq!(member.script.called(), ["/member/details"]);
    assert_eq!(phone.get(&format!("{}/status", places[0])).await.text, r#"{"state":"came"}"#);
    // Another button of the same page does what it says, and not what was asked before.
    let page = phone.get(&address).await.text;
    let (seen_at, _) = press(&mut phone, &page, "value=\"see\"", &ask, &[("as", "team")]).await;
    let (left_at, would) = press(&mut phone, &page, "value=\"leave\"", &ask, &[("what", "leave")]).await;
    assert!(seen_at != left_at && would.text.contains("Leave Rook?"), "{}", would.text);
    // With the lock everything is forgotten.
    for browser in [&mut phone, &mut desk] {
        let csrf = browser.get("/").await.csrf("/lock");
        browser.post("/lock", &[("csrf", &csrf)]).await;
    }
    let status = phone.get(&format!("{}/status", places[0])).await;
    assert_eq!(status.text, r#"{"state":"gone"}"#);
    phone.unlock(PASSPHRASE).await;
    assert_eq!(phone.get(&places[0]).await.status, StatusCode::NOT_FOUND);
}
