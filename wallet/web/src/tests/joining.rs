//! A question that was opened before its member joined whoever asks.

use wallet::{Choice, Question};

use super::*;
use crate::flows::{Flow, Said, Stage};

const LINK: &str = "openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";

/// A flow that asks, and its page.
async fn asking(
    scene: &Scene,
    browser: &mut Browser<'_>,
) -> (Arc<Flow>, String, tokio::task::JoinHandle<Option<Said>>) {
    let csrf = browser.get("/open").await.csrf("/open");
    let address = browser.post("/open", &[("csrf", &csrf), ("link", LINK)]).await.location.unwrap();
    browser.get(&address).await;
    let flow = scene.desk.flows().named(address.strip_prefix("/asked/").unwrap()).unwrap();
    let asked = Arc::clone(&flow);
    let asking = tokio::spawn(async move { asked.ask(Stage::Asks(Arc::new(Question::default()))).await });
    while !flow.waits_for_somebody() {
        tokio::task::yield_now().await;
    }
    (flow, address, asking)
}

fn joined() -> Question {
    let mut question = Question::default();
    question.asker.name = "Kiln".to_owned();
    question.joins_again = true;
    question
}

#[tokio::test]
async fn whoever_has_joined_since_reads_it_before_an_answer_counts() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let (flow, address, asked) = asking(&scene, &mut browser).await;
    let page = browser.get(&address).await;
    let said = "you are a member of Kiln already";
    assert!(!page.text.contains(said));
    let (csrf, seen) = (page.csrf(&address), flow.turn().number);
    flow.ask_in_its_place(seen, joined());
    flow.ask_in_its_place(seen, Question::default());
    // An answer to what was seen before counts for nothing.
    let fields = [("csrf", csrf.as_str()), ("turn", &seen.to_string()), ("answer", "share")];
    assert_eq!(browser.post(&address, &fields).await.location.as_deref(), Some(address.as_str()));
    assert!(flow.waits_for_somebody());
    let page = browser.get(&address).await;
    assert!(page.text.contains(said), "{}", page.text);
    let turn = flow.turn().number.to_string();
    let fields = [("csrf", csrf.as_str()), ("turn", &turn), ("answer", "no")];
    browser.post(&address, &fields).await;
    assert!(matches!(asked.await.unwrap(), Some(Said::Choice(Choice::Refuse))));
    // Nothing is asked in the place of what was answered.
    let over = flow.turn().number;
    flow.ask_in_its_place(over, joined());
    assert_eq!(flow.turn().number, over);
}
