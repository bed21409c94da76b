//! Whose a number is: told to admitted spaces, and to everybody else one answer, whatever the reason.

mod stage;
mod stating;
mod timing;

use did::number::PassportNumber;
use environment::ManualPace;
use issuer::records::PassportStanding;
use network::http_signature::Signed;
use network::number_binding::{BindingToken, HolderStatement, LONGEST_STATEMENT, PATH, REPLACE_PATH};
use trust::Standing;

use super::scene::{A_DAY, OFFICE_DID};
use super::*;
use stage::{Said, Stage, about, jws, post, send, unknown};

/// The answer that tells nothing.
async fn nothing(stage: &Stage) -> Said {
    stage.send(Request::post(PATH).body(Body::empty()).unwrap()).await
}

/// An office and a member whose number Kiln is told; gives the number.
async fn told(stage: &Stage) -> String {
    let number = stage.number().await;
    assert_eq!(stage.state(&number).await.status, StatusCode::OK);
    assert_eq!(stage.ask(&number).await.status, StatusCode::OK);
    number
}

async fn set(stage: &Stage, number: &str, standing: PassportStanding) {
    let number = PassportNumber::parse(number).unwrap();
    stage.world.scene.office().set_standing(&number, standing).await.unwrap();
}

#[tokio::test]
async fn an_admitted_space_is_told_whose_a_number_is_in_both_their_words() {
    let stage = Stage::new().await;
    let number = stage.number().await;
    let mine = stage.state(&number).await;
    assert_eq!(mine.headers[header::CONTENT_TYPE], "application/jwt");
    let now = stage.now();
    let token =
        BindingToken::verify(&mine.body, &stage.office_key(), OFFICE_DID, &stage.did, &number, now).unwrap();
    assert_eq!((&token.did, &token.number), (&stage.did, &number), "the wallet sees what the office says");
    let printed = PassportNumber::parse(&number).unwrap().printed().to_lowercase();
    for spelling in [&number, &printed] {
        let said = stage.ask(spelling).await;
        assert_eq!(said.status, StatusCode::OK);
        assert_eq!(said.headers[header::CONTENT_TYPE], "application/jwt");
        assert_eq!(said.headers[header::CACHE_CONTROL], "no-store");
        let now = stage.now();
        let (office, kiln) = (stage.office_key(), &stage.kiln.did);
        let token = BindingToken::verify(&said.body, &office, OFFICE_DID, kiln, &number, now).unwrap();
        assert_eq!(token.did, stage.did);
        assert_eq!(token.verify_holder(&stage.member_key(), now).unwrap().number, number);
        let other = BindingToken::verify(&said.body, &office, OFFICE_DID, kiln, &unknown("HRB1", 1), now);
        assert_eq!(other, Err(network::MessageError::OtherNumber), "a token of another number");
        let header = jose::jws::Unverified::parse(&said.body).unwrap().header().clone();
        let chain = trust::CertificateChain::from_header(&header).unwrap();
        let admitted =
            stage.directory.admit::<trust::Office>(&chain, trust::Purpose::CredentialIssuing).await;
        assert_eq!(admitted.unwrap().did(), OFFICE_DID);
    }
}

/// Everybody who is told nothing, by name.
async fn told_nothing(stage: &Stage, number: &str) -> Vec<(&'static str, Said)> {
    let mut said = Vec::new();
    let body = about(number);
    let kiln = &stage.kiln;
    let key_id = format!("{}#request", kiln.did);
    let good = || stage.signed(&key_id, &kiln.request.1, &body);

    let stranger = stage.question(&stage.stranger, &body);
    said.push(("a stranger who signs", stage.send(stranger).await));
    let unsigned = Request::post(PATH).header(header::CONTENT_TYPE, "application/json");
    said.push(("a stranger", stage.send(unsigned.body(Body::from(body.clone())).unwrap()).await));
    let office = stage.question(&stage.world.scene.party, &body);
    said.push(("an office", stage.send(office).await));
    let forged = stage.signed(&key_id, &stage.stranger.request.1, &body);
    said.push(("a stranger in a space's name", stage.send(post(&forged, &body)).await));
    let issuing = stage.signed(&format!("{}#issuing", kiln.did), &kiln.issuing.1, &body);
    said.push(("a space by its other key", stage.send(post(&issuing, &body)).await));
    for (case, standing) in [("suspended space", Standing::Suspended), ("expelled space", Standing::Expelled)]
    {
        stage.list(standing);
        said.push((case, stage.ask(number).await));
    }
    stage.list(Standing::Admitted);

    let once = good();
    assert_eq!(stage.send(post(&once, &body)).await.status, StatusCode::OK);
    said.push(("a request again", stage.send(post(&once, &body)).await));
    let other_body = format!(" {body}");
    let mut with_a_query = post(&good(), &body);
    *with_a_query.uri_mut() = format!("{PATH}?a=b").parse().unwrap();
    said.push(("a query that was not signed", stage.send(with_a_query).await));
    said.push(("another body than was signed", stage.send(post(&good(), &other_body)).await));
    let digest = Signed { content_digest: good().content_digest.replace("sha-256", "sha-512"), ..good() };
    said.push(("a wrong digest", stage.send(post(&digest, &body)).await));
    let relabelled = Signed { signature: good().signature.replace("passport=", "sig1="), ..good() };
    said.push(("another label", stage.send(post(&relabelled, &body)).await));
    let two = good();
    let mut twice = post(&two, &body);
    twice.headers_mut().append("signature", two.signature.parse().unwrap());
    said.push(("a signature twice", stage.send(twice).await));

    for (case, ahead) in [("a clock a day ahead", A_DAY), ("a clock a day behind", -A_DAY)] {
        stage.world.scene.clock.advance(ahead);
        let signed = good();
        stage.world.scene.clock.advance(-ahead);
        said.push((case, stage.send(post(&signed, &body)).await));
    }
    said.push(("an unknown number", stage.ask(&unknown("HRB1", 1)).await));
    said.push(("a number of another office", stage.ask(&unknown("HRB2", 1)).await));
    let mistyped = mistyped(number);
    said.push(("a mistyped number", stage.ask(&mistyped).await));
    for (case, text) in [
        ("no number", "{}".to_owned()),
        ("no JSON", "x".to_owned()),
        ("no body", String::new()),
        ("a number twice", format!(r#"{{"number":"{number}","number":"{number}"}}"#)),
        ("a member too many", format!(r#"{{"number":"{number}","did":"x"}}"#)),
        ("a number that is none", r#"{"number":1}"#.to_owned()),
        ("a very long number", about(&"0".repeat(100_000))),
    ] {
        let question = stage.question(kiln, &text);
        said.push((case, stage.send(question).await));
    }
    said
}

/// The number with its last symbol but one changed.
fn mistyped(number: &str) -> String {
    let mut symbols: Vec<char> = number.chars().collect();
    symbols[11] = if symbols[11] == 'A' { 'B' } else { 'A' };
    symbols.into_iter().collect()
}

#[tokio::test]
async fn everybody_who_is_told_nothing_gets_the_same_answer_on_the_tick_that_was_due() {
    let stage = Stage::new().await;
    let number = stage.number().await;
    let nothing = nothing(&stage).await;
    assert_eq!(nothing.code(), (404, "not_found".to_owned()));
    let mut said = vec![("a number without a statement", stage.ask(&number).await)];
    assert_eq!(stage.state(&number).await.status, StatusCode::OK);
    assert_eq!(stage.ask(&number).await.status, StatusCode::OK);

    set(&stage, &number, PassportStanding::Suspended).await;
    said.push(("a suspended passport", stage.ask(&number).await));
    set(&stage, &number, PassportStanding::Active).await;
    assert_eq!(stage.block(&["did:web:other.example", &stage.kiln.did]).await.status, StatusCode::NO_CONTENT);
    said.push(("a space that the member blocks", stage.ask(&number).await));
    stage.world.scene.clock.advance(1);
    assert_eq!(stage.block(&["did:web:other.example"]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(stage.ask(&number).await.status, StatusCode::OK, "unblocked");

    said.extend(told_nothing(&stage, &number).await);
    assert_eq!(stage.ask(&number).await.status, StatusCode::OK, "the honest one is told");

    for _ in 0..40 {
        let question = stage.question_now(&stage.kiln, &about(&number));
        let answer = stage.send(question).await;
        if answer.status != StatusCode::OK {
            said.push(("a space over its budget", answer));
            break;
        }
    }
    let replaced = stage.replace(&number).await;
    assert_eq!(replaced.status, StatusCode::OK);
    said.push(("a number that was replaced", stage.ask(&number).await));

    for (case, answer) in &said {
        assert_eq!(answer, &nothing, "{case}");
    }
    assert!(said.iter().any(|(case, _)| *case == "a space over its budget"));
    // Each answer, also those that tell something, came on the very tick that was fixed on arrival.
    let ticks: Vec<u64> = (1..).map(|answer| answer * 2).take(stage.pace.reached().len()).collect();
    assert_eq!(stage.pace.reached(), ticks);
}

#[tokio::test]
async fn who_is_told_and_who_is_not_wait_for_the_same_tick() {
    let stage = Stage::with_pace(ManualPace::new()).await;
    let number = stage.number().await;
    let stating = stage.stating(&stage.statement(&number));
    let left = tokio::spawn(send(stage.router.clone(), jws("PUT", PATH, &stating)));
    all_wait(&stage, 1).await;
    tick_twice(&stage);
    assert_eq!(left.await.unwrap().status, StatusCode::OK);

    let questions = [
        stage.question_now(&stage.kiln, &about(&number)),
        stage.question_now(&stage.kiln, &about(&unknown("HRB1", 1))),
        stage.question_now(&stage.stranger, &about(&number)),
        Request::post(PATH).body(Body::empty()).unwrap(),
    ];
    let asked: Vec<_> =
        questions.map(|question| tokio::spawn(send(stage.router.clone(), question))).into_iter().collect();
    all_wait(&stage, 4).await;
    assert!(asked.iter().all(|one| !one.is_finished()), "the work is done, and nobody is answered");
    stage.pace.advance();
    all_wait(&stage, 4).await;
    assert!(asked.iter().all(|one| !one.is_finished()), "not on the tick that was nearest");
    stage.pace.advance();
    let mut answers = Vec::new();
    for one in asked {
        answers.push(one.await.unwrap().status.as_u16());
    }
    assert_eq!(answers, [200, 404, 404, 404]);
    assert_eq!(stage.pace.reached(), [2, 4, 4, 4, 4]);
}

async fn all_wait(stage: &Stage, count: usize) {
    for _ in 0..10_000 {
        if stage.pace.waiting() == count {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{} of {count} wait", stage.pace.waiting());
}

fn tick_twice(stage: &Stage) {
    stage.pace.advance();
    stage.pace.advance();
}

#[tokio::test]
async fn a_body_over_every_limit_gets_the_one_answer_on_the_tick_too() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let served = web::Party::new("office.localhost", stage.router.clone()).into_router();
    let before = stage.pace.reached().len();
    let ask = |body: String| {
        let announced = body.len();
        let mut question = stage.question(&stage.kiln, &body);
        question.headers_mut().insert(header::CONTENT_LENGTH, announced.into());
        send(served.clone(), question)
    };
    assert_eq!(ask(about(&number)).await.status, StatusCode::OK);
    let (mistyped, endless) = (ask(about(&mistyped(&number))).await, ask(" ".repeat(3 << 20)).await);
    assert_eq!((endless.code(), endless.body), ((404, "not_found".to_owned()), mistyped.body));
    let mut statement = jws("PUT", PATH, &"a".repeat(3 << 20));
    statement.headers_mut().insert(header::CONTENT_LENGTH, (3 << 20).into());
    assert_eq!(send(served.clone(), statement).await.code(), (403, "not_bound".to_owned()));
    assert_eq!(stage.pace.reached().len(), before + 4);
}

#[tokio::test]
async fn a_stranger_leaves_nothing_in_the_store() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let before = stage.world.scene.memory.entries();
    for _ in 0..3 {
        let question = stage.question(&stage.stranger, &about(&number));
        assert_eq!(stage.send(question).await.code(), (404, "not_found".to_owned()));
        assert_eq!(nothing(&stage).await.code(), (404, "not_found".to_owned()));
    }
    assert!(stage.world.scene.memory.entries() == before);
}

/// Enumeration by an admitted space: it asks sixty times an hour and no more, whatever it asks for.
#[tokio::test]
async fn an_admitted_space_asks_twenty_times_at_once_and_sixty_times_an_hour() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    stage.world.scene.clock.advance(3_600);
    let mut told = 0;
    for _ in 0..30 {
        let question = stage.question_now(&stage.kiln, &about(&number));
        told += usize::from(stage.send(question).await.status == StatusCode::OK);
    }
    assert_eq!(told, 20);
    // Of an hour's tries, one every ten seconds.
    let mut told = 0;
    for _ in 0..360 {
        stage.world.scene.clock.advance(10);
        let question = stage.question_now(&stage.kiln, &about(&number));
        told += usize::from(stage.send(question).await.status == StatusCode::OK);
    }
    assert_eq!(told, 60);
    // Another space has a budget of its own.
    let question = stage.question_now(&stage.world.harbour, &about(&number));
    assert_eq!(stage.send(question).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_is_used_up_at_every_replica_until_it_counts_no_more() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let other = stage::office(&stage.world, &stage.directory, std::sync::Arc::clone(&stage.pace) as _);
    let signed = stage.signed(&format!("{}#request", stage.kiln.did), &stage.kiln.request.1, &about(&number));
    assert_eq!(stage.send(post(&signed, &about(&number))).await.status, StatusCode::OK);
    for seconds in [0, 30, 59, 1, 3_600] {
        stage.world.scene.clock.advance(seconds);
        let again = send(other.clone(), post(&signed, &about(&number))).await;
        assert_eq!(again.code(), (404, "not_found".to_owned()), "after {seconds} more seconds");
    }
}

#[tokio::test]
async fn a_statement_that_has_ended_tells_nothing_more() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    stage.world.scene.clock.advance(LONGEST_STATEMENT);
    stage.list(Standing::Admitted);
    assert_eq!(stage.ask(&number).await, nothing(&stage).await);
    assert_eq!(stage.state(&number).await.status, StatusCode::OK);
    assert_eq!(stage.ask(&number).await.status, StatusCode::OK);
}

/// An office that wanted to bind a number to another DID would need that DID's key: the space refuses the token.
#[tokio::test]
async fn the_office_cannot_sign_for_the_member() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let now = stage.now();
    let (chain, key) = &stage.world.scene.party.issuing;
    let issuing = format!("{OFFICE_DID}#issuing");
    for did in [OFFICE_DID, &stage.did] {
        let forged = BindingToken {
            office: OFFICE_DID.to_owned(),
            audience: stage.kiln.did.clone(),
            number: number.clone(),
            did: did.to_owned(),
            holder: HolderStatement::new(did, &number, now).sign(key).unwrap(),
            issued_at: now.seconds(),
            expires_at: now.plus(60).seconds(),
        };
        let token = forged.sign(&issuing, chain.to_header(), key).unwrap();
        let (office, kiln) = (stage.office_key(), &stage.kiln.did);
        let token = BindingToken::verify(&token, &office, OFFICE_DID, kiln, &number, now).unwrap();
        let refused = token.verify_holder(&stage.member_key(), now);
        assert_eq!(refused.map(drop), Err(jose::jws::JwsError::BadSignature.into()), "{did}");
    }
}

/// The member's wallet has fetched the first passport.
async fn fetched(stage: &Stage) {
    let scene = &stage.world.scene;
    let first = scene.tenant().list::<Application>(Range::all(), 1).await.unwrap();
    scene.office().erase_issued(&first.items[0].id).await.unwrap();
}

#[tokio::test]
async fn a_member_replaces_the_number_and_the_old_one_leads_nowhere_for_ever() {
    let stage = Stage::new().await;
    fetched(&stage).await;
    let old = told(&stage).await;
    let replaced = stage.replace(&old).await;
    assert_eq!(replaced.status, StatusCode::OK);
    let new = replaced.json()["number"].as_str().unwrap().to_owned();
    assert!(new != old && PassportNumber::parse(&new).is_ok());
    let offer = replaced.json()["credential_offer"].as_str().unwrap().to_owned();
    let nothing = nothing(&stage).await;
    assert_eq!(stage.ask(&old).await, nothing);
    assert_eq!(stage.ask(&new).await, nothing, "not stated yet");
    assert_eq!(stage.state(&old).await.code(), (403, "not_bound".to_owned()));
    assert_eq!(stage.state(&new).await.status, StatusCode::OK);
    assert_eq!(stage.ask(&new).await.status, StatusCode::OK);
    assert_eq!(stage.ask(&old).await, nothing);
    let number = PassportNumber::parse(&old).unwrap();
    for standing in [PassportStanding::Active, PassportStanding::Suspended] {
        let brought_back = stage.world.scene.office().set_standing(&number, standing).await;
        assert!(brought_back.is_err(), "the desk does not bring it back");
    }
    assert_eq!(stage.ask(&old).await, nothing);

    // The answer was lost: the same wish brings an offer again and no third number.
    let again = stage.replace(&old).await;
    assert_eq!(again.json()["number"].as_str(), Some(new.as_str()));
    let offer_again = again.json()["credential_offer"].as_str().unwrap().to_owned();
    assert_ne!(offer_again, offer, "one offer is open at a time");
    let access = stage.world.access(&offer_again).await;
    let keys = [stage.world.scene.key()];
    let copies = stage.world.fetch(&access, "passport", &keys).await.unwrap();
    let said = claims(&copies[0]);
    assert_eq!(
        (said["number"].as_str(), said["did"].as_str()),
        (Some(new.as_str()), Some(stage.did.as_str()))
    );
}

#[tokio::test]
async fn the_desk_replaces_a_number_and_the_member_finds_the_new_one_by_a_wish() {
    use issuer::commands::handle;

    let stage = Stage::new().await;
    let old = told(&stage).await;
    let office = stage.world.scene.office();
    let renumber = |number: &str| json!({"command": "issuer.renumber", "number": number});
    let answer = handle(&office, renumber(&old)).await.unwrap();
    let new = PassportNumber::parse(answer["number"].as_str().unwrap()).unwrap();
    assert_eq!(answer["number"], json!(new.printed()));
    assert_eq!(stage.ask(&old).await, nothing(&stage).await);
    for refused in [&old, &unknown("HRB1", 1), &unknown("HRB2", 1)] {
        let sentence = handle(&office, renumber(refused)).await.unwrap_err();
        assert_eq!(sentence, "there is no such passport", "{refused}");
    }
    assert!(handle(&office, renumber("HRB1")).await.unwrap_err().contains("13 symbols"));
    assert!(handle(&office, renumber(&mistyped(&old))).await.unwrap_err().contains("mistyped"));
    let wished = stage.replace(&old).await;
    assert_eq!(wished.json()["number"], json!(new.canonical()), "and no third one");
}

#[tokio::test]
async fn copies_that_show_the_old_number_are_revoked_and_profiles_stay() {
    let stage = Stage::new().await;
    let old = told(&stage).await;
    let application = application(&stage.world).await;
    let request = issuance::OfferRequest {
        subject: application.id.clone(),
        configurations: vec!["passport".to_owned(), "profile".to_owned()],
        tx_code: false,
        lifetime: 600,
    };
    let office = stage.world.scene.office();
    let offer = office.issuance().offer_again(&request, issuance::Shown::ToWallet).await.unwrap();
    let access = stage.world.access(&offer.unwrap().by_value).await;
    let keys = [stage.world.scene.key(), stage.world.scene.key()];
    let passports = stage.world.fetch(&access, "passport", &keys).await.unwrap();
    let profiles = stage.world.fetch(&access, "profile", &keys).await.unwrap();
    let replaced = stage.replace(&old).await;
    assert_eq!(replaced.status, StatusCode::OK);
    for (copies, is_revoked) in [(&passports, true), (&profiles, false)] {
        for copy in copies {
            assert_eq!(revoked(&stage, copy).await, is_revoked);
        }
    }
    // Suspending the new number reaches the profile that was issued under the old one.
    let new = replaced.json()["number"].as_str().unwrap().to_owned();
    set(&stage, &new, PassportStanding::Suspended).await;
    for copy in &profiles {
        assert!(revoked(&stage, copy).await);
    }
}

/// Whether the office's status list says that a copy counts no more.
async fn revoked(stage: &Stage, copy: &str) -> bool {
    let facts: Facts = Held::reopen(copy).unwrap().facts().clone();
    let status = facts.status().unwrap().clone();
    let key = store::Key::from(status.uri.rsplit('/').next().unwrap()).then(status.index);
    let found = stage.world.scene.tenant().get::<issuance::RevokedEntry>(key).await.unwrap();
    found.is_some()
}

#[tokio::test]
async fn a_wish_is_taken_of_the_holder_alone_and_three_times_a_day() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let refused = stage.send(jws("POST", REPLACE_PATH, "x")).await;
    assert_eq!(refused.code(), (403, "not_bound".to_owned()));
    let before = stage.world.scene.memory.entries();
    let randomness = stage.world.scene.environment.randomness();
    let wish = |did: &str, office: &str, number: &str| {
        network::number_binding::Renumber::new(did, office, number, stage.now(), randomness)
    };
    let good = wish(&stage.did, OFFICE_DID, &number);
    let old = network::number_binding::Renumber { issued_at: stage.now().seconds() - 361, ..good.clone() };
    for (case, message) in [
        ("by another key", good.sign(&stage.world.scene.key())),
        ("by the office", good.sign(&stage.world.scene.party.issuing.1)),
        ("for another office", wish(&stage.did, &stage.kiln.did, &number).sign(&stage.sign)),
        ("an unknown number", wish(&stage.did, OFFICE_DID, &unknown("HRB1", 1)).sign(&stage.sign)),
        ("another's number", wish("did:web:eve.example", OFFICE_DID, &number).sign(&stage.sign)),
        ("of six minutes ago", old.sign(&stage.sign)),
        ("a statement", HolderStatement::new(&stage.did, &number, stage.now()).sign(&stage.sign)),
    ] {
        assert_eq!(stage.send(jws("POST", REPLACE_PATH, &message.unwrap())).await, refused, "{case}");
    }
    assert!(stage.world.scene.memory.entries() == before, "nothing was kept");
    let mut number = number;
    for _ in 0..3 {
        let replaced = stage.replace(&number).await;
        assert_eq!(replaced.status, StatusCode::OK);
        number = replaced.json()["number"].as_str().unwrap().to_owned();
    }
    assert_eq!(stage.replace(&number).await.code(), (429, "slow_down".to_owned()));
    stage.world.scene.clock.advance(A_DAY);
    assert_eq!(stage.replace(&number).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_left_every_space_keeps_no_passport_by_changing_its_number() {
    let stage = Stage::new().await;
    fetched(&stage).await;
    let number = told(&stage).await;
    stage.world.scene.clock.advance(15 * A_DAY);
    let replaced = stage.replace(&number).await;
    assert_eq!(replaced.status, StatusCode::OK);
    assert!(replaced.json()["number"].is_string());
    assert_eq!(replaced.json().get("credential_offer"), None);
}

#[tokio::test]
async fn a_list_of_blocked_spaces_is_the_members_and_an_earlier_one_that_comes_late_is_refused() {
    let stage = Stage::new().await;
    let number = told(&stage).await;
    let randomness = stage.world.scene.environment.randomness();
    let blocks = |spaces: &[&str], at| {
        let spaces = spaces.iter().map(|space| (*space).to_owned()).collect();
        network::number_binding::Blocks::new(&stage.did, OFFICE_DID, spaces, at, randomness)
    };
    let path = network::number_binding::BLOCKS_PATH;
    let put = async |message: String| stage.send(jws("PUT", path, &message)).await;
    let refused = put("x".to_owned()).await;
    assert_eq!(refused.code(), (403, "not_bound".to_owned()));
    let by_another = blocks(&[&stage.kiln.did], stage.now()).sign(&stage.world.scene.key()).unwrap();
    assert_eq!(put(by_another).await, refused);
    let no_did = blocks(&["kiln"], stage.now()).sign(&stage.sign).unwrap();
    assert_eq!(put(no_did).await, refused);
    assert_eq!(stage.ask(&number).await.status, StatusCode::OK);

    let earlier = blocks(&[], stage.now()).sign(&stage.sign).unwrap();
    stage.world.scene.clock.advance(10);
    let later = blocks(&[&stage.kiln.did], stage.now()).sign(&stage.sign).unwrap();
    for _ in 0..2 {
        assert_eq!(put(later.clone()).await.status, StatusCode::NO_CONTENT, "it may come again");
    }
    assert_eq!(put(earlier).await, refused, "an earlier list");
    assert_eq!(stage.ask(&number).await, nothing(&stage).await);
    // The block is the member's, not the number's: it stays with another number.
    let new = stage.replace(&number).await.json()["number"].as_str().unwrap().to_owned();
    assert_eq!(stage.state(&new).await.status, StatusCode::OK);
    assert_eq!(stage.ask(&new).await, nothing(&stage).await);
}

#[tokio::test]
async fn the_addresses_take_their_own_methods_alone() {
    let stage = Stage::new().await;
    for (method, path) in [
        ("GET", PATH),
        ("DELETE", PATH),
        ("GET", REPLACE_PATH),
        ("PUT", REPLACE_PATH),
        ("GET", network::number_binding::BLOCKS_PATH),
        ("POST", network::number_binding::BLOCKS_PATH),
    ] {
        assert_eq!(stage.send(jws(method, path, "x")).await.status.as_u16(), 405, "{method} {path}");
    }
}
