//! Encrypted answers (OpenID4VP §8.3, RFC 7516, RFC 7518 §4.6 and §5.3).

use std::time::Duration;

use jose::jwe::{self, EncryptOptions};
use jose::{DecryptionKey, Jwk, base64url};

use super::network::Members;
use super::*;

/// `jwe` with a member of its header put in, or taken away by null.
fn labelled(jwe: &str, name: &str, member: Value) -> String {
    let (header, rest) = jwe.split_once('.').unwrap();
    let header: Value = jose::json::parse(base64url::decode(header).unwrap()).unwrap();
    format!("{}.{rest}", base64url::encode(with(&header, name, member).to_string()))
}

/// `jwe` with one of its five parts replaced.
fn with_part(jwe: &str, position: usize, part: &str) -> String {
    let mut parts: Vec<&str> = jwe.split('.').collect();
    parts[position] = part;
    parts.join(".")
}

/// The first `bytes` of a part.
fn cut(jwe: &str, position: usize, bytes: usize) -> String {
    let part = base64url::decode(jwe.split('.').nth(position).unwrap()).unwrap();
    with_part(jwe, position, &base64url::encode(&part[..bytes]))
}

#[tokio::test]
async fn an_encrypted_answer_that_was_bent_or_is_for_another_key_is_refused() {
    let members = Members::new();
    let (asked, other) = (members.ask("a", true).await, members.ask("b", true).await);
    let key_of =
        |asked: &Asked| Jwk::from_value(&asked.object["client_metadata"]["jwks"]["keys"][0]).unwrap();
    let recipient = key_of(&asked);
    let honest = members.honest(&asked);
    let content = json!({"vp_token": honest, "state": asked.text("state")}).to_string();
    let seal =
        |plaintext: &[u8], key: &Jwk| jwe::encrypt(plaintext, key, &EncryptOptions::default()).unwrap();
    let good = seal(content.as_bytes(), &recipient);
    let tag = good.rsplit('.').next().unwrap().to_owned();
    let first = if tag.starts_with('A') { 'B' } else { 'A' };
    let flipped: String = std::iter::once(first).chain(tag.chars().skip(1)).collect();
    let private: Value = {
        let key = DecryptionKey::generate("k", members.scene.environment.randomness()).unwrap();
        jose::json::parse(key.to_private_json().as_bytes()).unwrap()
    };
    let curve = json!({"kty": "EC", "crv": "P-384", "x": "AAAA", "y": "AAAA"});
    let off_curve = {
        let zero = base64url::encode([7; 32]);
        json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero})
    };
    let bomb = vec![b' '; 64 << 20];
    let bomb =
        jwe::encrypt(&bomb, &recipient, &EncryptOptions { compress: true, ..EncryptOptions::default() });
    let mut cases = vec![
        ("to the key of another request", seal(content.as_bytes(), &key_of(&other))),
        ("a truncated tag", cut(&good, 4, 15)),
        ("a tag of four bytes", cut(&good, 4, 4)),
        ("an empty tag", with_part(&good, 4, "")),
        ("another tag", with_part(&good, 4, &flipped)),
        ("an empty IV", with_part(&good, 2, "")),
        ("a short IV", cut(&good, 2, 8)),
        ("an encrypted key", with_part(&good, 1, "AAAA")),
        ("an empty ciphertext", with_part(&good, 3, "")),
        ("four parts", good.rsplit_once('.').unwrap().0.to_owned()),
        ("six parts", format!("{good}.AAAA")),
        ("padding", format!("{good}=")),
        ("nothing", String::new()),
        ("a signed answer in its place", "e30.e30.AAAA".to_owned()),
        ("another alg", labelled(&good, "alg", json!("ECDH-ES+A128KW"))),
        ("a direct alg", labelled(&good, "alg", json!("dir"))),
        ("alg none", labelled(&good, "alg", json!("none"))),
        ("another enc", labelled(&good, "enc", json!("A128CBC-HS256"))),
        ("no enc", labelled(&good, "enc", Value::Null)),
        ("another key's name", labelled(&good, "kid", json!("other"))),
        ("no ephemeral key", labelled(&good, "epk", Value::Null)),
        ("a private ephemeral key", labelled(&good, "epk", private)),
        ("an ephemeral key of another curve", labelled(&good, "epk", curve)),
        ("an ephemeral key off the curve", labelled(&good, "epk", off_curve)),
        ("party info that is none", labelled(&good, "apu", json!("=="))),
        ("party info that was not agreed", labelled(&good, "apv", json!("AAAA"))),
        ("a critical extension", labelled(&good, "crit", json!(["x"]))),
        ("another compression", labelled(&good, "zip", json!("GZ"))),
        ("text instead of JSON", seal(b"not JSON", &recipient)),
        ("a list instead of an object", seal(b"[]", &recipient)),
        ("a name twice", seal(br#"{"state":"a","state":"b"}"#, &recipient)),
    ];
    cases.extend(bomb.map(|bomb| ("a text that inflates without end", bomb)));
    assert_eq!(cases.len(), 32, "the bomb could be built");
    for (case, jwe) in &cases {
        let request = || asked.form(&[("response", jwe)]);
        refused(&members.scene, "a", request, "encryption_refused", case).await;
    }
    is_taken(&members.scene, "a", &asked, &honest).await;
    is_taken(&members.scene, "b", &other, &members.honest(&other)).await;
}

#[tokio::test]
async fn a_compressed_answer_waits_for_its_turn_however_short_its_text_is() {
    let members = Members::new();
    let (asked, other) = (members.ask("a", true).await, members.ask("b", true).await);
    let recipient = Jwk::from_value(&asked.object["client_metadata"]["jwks"]["keys"][0]).unwrap();
    let content = json!({"vp_token": members.honest(&asked), "state": asked.text("state")}).to_string();
    let options = EncryptOptions { compress: true, ..EncryptOptions::default() };
    let jwe = jwe::encrypt(content.as_bytes(), &recipient, &options).unwrap();
    assert!(jwe.len() < 8 << 10);
    let replica = &members.scene.replicas[0].inner;
    let turns = replica.turns.take_all().await;
    let answering = send(members.scene.routers[0].clone(), asked.form(&[("response", &jwe)]));
    tokio::pin!(answering);
    let honest = other.post(&members.honest(&other), other.text("state"));
    tokio::select! {
        biased;
        answered = &mut answering => panic!("it has no turn yet: {}", answered.text),
        answered = send(members.scene.routers[0].clone(), honest) => {
            assert_eq!(answered.status, StatusCode::OK, "one that is not compressed waits for nobody");
        }
    }
    drop(turns);
    assert_eq!(answering.await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_answer_that_was_opened_waits_for_no_second_turn_with_everything_found_in_it() {
    let members = Members::new();
    let (asked, other) = (members.ask("a", true).await, members.ask("b", true).await);
    // So that the list is known, and nothing has to be waited for.
    let first = other.post(&members.honest(&other), other.text("state"));
    assert_eq!(send(members.scene.routers[0].clone(), first).await.status, StatusCode::OK);
    let turns = || {
        let replica = members.scene.replicas[0].clone();
        async move { replica.inner.turns.take_all().await }
    };
    let held = turns().await;
    let answer = asked.compressed(&members.honest(&asked));
    let answering = tokio::spawn(send(members.scene.routers[0].clone(), answer));
    tokio::task::yield_now().await;
    // Whoever comes next gets all turns as soon as one is let go of, and keeps them.
    let others = tokio::spawn(turns());
    tokio::task::yield_now().await;
    drop(held);
    let answered = tokio::time::timeout(Duration::from_secs(20), answering).await;
    let answered = answered.expect("it is verified in the turn in which it was opened").unwrap();
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert!(others.await.is_ok(), "and lets go of it then");
}

#[tokio::test]
async fn an_answer_that_waits_for_a_status_list_holds_no_turn_and_is_verified_anew_in_another() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let (lists, long) = (members.hold_lists().await, Duration::from_secs(20));
    let answer = asked.compressed(&members.honest(&asked));
    let mut answering = tokio::spawn(send(members.scene.routers[0].clone(), answer));
    let is_asked_for = async {
        while members.fetched().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(long, is_asked_for).await.expect("its list is asked for");
    let turns = members.scene.replicas[0].inner.turns.take_all();
    let turns = tokio::time::timeout(long, turns).await.expect("whoever waits for a list holds no turn");
    drop(lists);
    let early = tokio::time::timeout(Duration::from_millis(300), &mut answering).await;
    assert!(early.is_err(), "what was found in it is not there any more, and is found anew in a turn");
    drop(turns);
    let answered = tokio::time::timeout(long, answering).await.expect("it has its turn").unwrap();
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
}

#[tokio::test]
async fn the_other_response_mode_is_refused() {
    let members = Members::new();
    for encrypt in [false, true] {
        let subject = if encrypt { "b" } else { "a" };
        let asked = members.ask(subject, encrypt).await;
        let honest = members.honest(&asked);
        let readable = honest.to_string();
        let some_key = DecryptionKey::generate("k", members.scene.environment.randomness()).unwrap();
        let sealed = jwe::encrypt(b"{}", some_key.public_jwk(), &EncryptOptions::default()).unwrap();
        let request = || {
            if encrypt {
                asked.form(&[("vp_token", &readable), ("state", asked.text("state"))])
            } else {
                asked.form(&[("response", &sealed)])
            }
        };
        let case = if encrypt { "readable" } else { "encrypted" };
        refused(&members.scene, subject, request, "wrong_response_mode", case).await;
        is_taken(&members.scene, subject, &asked, &honest).await;
    }
}
