//! Encrypted requests and answers, signed metadata, and what an issuer has ready later.

use serde_json::json;

use super::stage::{Behaviour, Sealing, Signing, Stage, offer};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptError, AcceptOptions, Accepted};
use crate::records::AwaitedCredentials;

const YES: ByPreset = ByPreset(Preset::Needed);

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

async fn accepted(change: impl FnOnce(&mut Behaviour)) -> (Stage, Result<Accepted, AcceptError>) {
    let stage = Stage::new().await;
    stage.set(change);
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await;
    (stage, accepted)
}

fn sealing(change: impl FnOnce(&mut Sealing)) -> impl FnOnce(&mut Behaviour) {
    let mut sealing = Sealing::default();
    change(&mut sealing);
    move |behaviour| behaviour.code.sealing = Some(sealing)
}

#[tokio::test]
async fn where_encryption_is_offered_both_ways_go_encrypted_and_compressed_only_if_that_is_offered() {
    for (required, zip) in [(true, true), (true, false), (false, true), (false, false)] {
        let (stage, accepted) = accepted(sealing(|it| (it.required, it.zip) = (required, zip))).await;
        assert_eq!(accepted.unwrap().credentials[0].copies, 2, "{required} {zip}");
        let (asked, was_sealed) = stage.seen(|seen| seen.code.asked[0].clone());
        let parameters = &asked["credential_response_encryption"];
        assert!(was_sealed && parameters["enc"] == "A256GCM", "{asked}");
        assert_eq!(parameters.get("zip").is_some(), zip, "{parameters}");
        assert!(parameters["jwk"]["d"].is_null() && parameters["jwk"]["alg"] == "ECDH-ES", "{parameters}");
    }
    let (stage, accepted) = accepted(sealing(|it| (it.required, it.requests_only) = (true, true))).await;
    accepted.unwrap();
    let (asked, was_sealed) = stage.seen(|seen| seen.code.asked[0].clone());
    assert!(was_sealed && asked.get("credential_response_encryption").is_none());
    // Where it is not offered nothing of it is sent.
    let (stage, _) = self::accepted(|_| {}).await;
    let (asked, was_sealed) = stage.seen(|seen| seen.code.asked[0].clone());
    assert!(!was_sealed && asked.get("credential_response_encryption").is_none());
}

#[tokio::test]
async fn each_answer_has_a_key_of_its_own() {
    let stage = Stage::new().await;
    stage.set(sealing(|_| {}));
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &two(), &YES).await.unwrap();
    let keys = stage.seen(|seen| {
        let key = |asked: &serde_json::Value| asked["credential_response_encryption"]["jwk"]["x"].clone();
        seen.code.asked.iter().map(|(asked, _)| key(asked)).collect::<Vec<_>>()
    });
    assert!(keys.len() == 2 && keys[0] != keys[1] && keys[0].is_string(), "{keys:?}");
    // So an answer to another request is not taken for one to this.
    stage.set(sealing(|it| it.answers_again = true));
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "encryption");
}

#[tokio::test]
async fn a_readable_answer_to_a_wallet_that_asked_for_an_encrypted_one_is_refused() {
    let (stage, refused) = accepted(sealing(|it| it.answers_readable = true)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), "encryption");
    assert!(refused.to_string().contains("not encrypted although"), "{refused}");
    assert!(stage.wallet.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn encryption_that_is_required_in_another_way_is_refused_before_anything_is_sent() {
    for (name, value) in [
        ("alg_values_supported", json!(["RSA-OAEP-256"])),
        ("enc_values_supported", json!(["A256CBC-HS512"])),
    ] {
        let (stage, refused) = accepted(|behaviour| {
            sealing(|it| it.required = true)(behaviour);
            behaviour.code.bend_issuer = Some(match name {
                "alg_values_supported" => |it| {
                    it["credential_response_encryption"]["alg_values_supported"] = json!(["RSA-OAEP-256"]);
                },
                _ => |it| {
                    it["credential_response_encryption"]["enc_values_supported"] = json!(["A256CBC-HS512"]);
                },
            });
        })
        .await;
        assert_eq!(refused.unwrap_err().code(), "metadata_refused", "{name} {value}");
        assert!(stage.seen(|seen| seen.code.asked.is_empty()));
    }
}

#[tokio::test]
async fn signed_metadata_are_taken_of_the_party_itself_and_readable_ones_of_everybody() {
    for signing in [Signing::Nobody, Signing::Itself] {
        let (_, accepted) = accepted(|behaviour| behaviour.code.signing = signing).await;
        assert_eq!(accepted.unwrap().credentials[0].copies, 2);
    }
    for (signing, code) in [
        (Signing::Space, "other_issuer"),
        (Signing::OtherSubject, "signed_metadata_refused"),
        (Signing::Bent, "signed_metadata_refused"),
    ] {
        let (stage, refused) = accepted(|behaviour| behaviour.code.signing = signing).await;
        assert_eq!(refused.unwrap_err().code(), code);
        assert_eq!(stage.calls().iter().filter(|call| call.ends_with("/token")).count(), 0, "{code}");
    }
}

#[tokio::test]
async fn signed_metadata_of_somebody_nobody_admitted_are_refused_also_when_nobody_asked_for_them() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.code.signing = Signing::Itself);
    // Outside any network readable ones are asked for, and given.
    let outside = stage.another_wallet(&stage.code, 9).await;
    let refused = outside.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "not_its_type", "the metadata were taken: {refused}");
    stage.set(|behaviour| behaviour.code.signing = Signing::Bent);
    let refused = outside.look_at_issuer("http://office.localhost", &["profile"]).await.unwrap_err();
    assert_eq!(refused.code(), "untrusted");
}

async fn deferred(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let (stage, accepted) = accepted(|behaviour| {
        behaviour.deferred = true;
        change(behaviour);
    })
    .await;
    assert_eq!(accepted.unwrap().deferred.len(), 1);
    stage
}

#[tokio::test]
async fn what_comes_later_is_asked_for_under_the_same_transaction_and_never_too_early() {
    let stage = deferred(|behaviour| behaviour.code.later_still = Some("later")).await;
    let calls = stage.calls().len();
    stage.clock.advance(59);
    assert_eq!(stage.wallet.collect(&YES).await.unwrap().ask_again_in(), Some(1));
    assert_eq!(stage.calls().len(), calls, "nobody is asked before the time");
    stage.clock.advance(1);
    assert_eq!(stage.wallet.collect(&YES).await.unwrap().ask_again_in(), Some(120));
    stage.clock.advance(120);
    let again = stage.same_vault().await;
    assert!(again.collect(&YES).await.unwrap().from[0].accepted.is_some(), "also after a restart");
    let asked = stage.seen(|seen| seen.code.asked.iter().map(|(body, _)| body.clone()).collect::<Vec<_>>());
    assert_eq!(asked[1..], [json!({"transaction_id": "later"}), json!({"transaction_id": "later"})]);
}

#[tokio::test]
async fn a_transaction_that_changes_its_name_is_refused_and_goes_on_waiting() {
    let stage = deferred(|behaviour| behaviour.code.later_still = Some("another")).await;
    stage.clock.advance(60);
    let problem = stage.wallet.collect(&YES).await.unwrap().from.remove(0).problem.unwrap();
    assert!(problem.contains("malformed"), "{problem}");
    assert!(stage.wallet.collect(&YES).await.unwrap().from[0].accepted.is_some());
}

#[tokio::test]
async fn a_last_word_of_the_issuer_is_told_and_it_is_not_asked_again() {
    for (code, is_last) in
        [("credential_request_denied", true), ("invalid_transaction_id", true), ("invalid_token", false)]
    {
        let stage = deferred(|behaviour| behaviour.code.deferred_error = Some(code)).await;
        stage.clock.advance(60);
        let problem = stage.wallet.collect(&YES).await.unwrap().from.remove(0).problem.unwrap();
        assert!(problem.contains(code), "{problem}");
        let is_declined = code == "credential_request_denied";
        assert_eq!(problem.contains("declined by the issuer"), is_declined, "{problem}");
        let waiting = stage.vault.list::<AwaitedCredentials>().await.unwrap().len();
        assert_eq!(waiting, usize::from(!is_last), "{code}");
        if is_last {
            let history = stage.wallet.history().await.unwrap();
            assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some(code)));
            let calls = stage.calls().len();
            assert!(stage.wallet.collect(&YES).await.unwrap().from.is_empty());
            assert_eq!(stage.calls().len(), calls);
        }
    }
}

#[tokio::test]
async fn why_an_issuer_declined_is_told_and_kept_in_its_words_without_what_steers_a_screen() {
    let stage = deferred(|behaviour| {
        behaviour.code.deferred_error = Some("credential_request_denied");
        behaviour.code.deferred_reason = Some("La fecha no \u{202e}coincide\u{1b}[2J");
    })
    .await;
    let early = stage.wallet.collect(&YES).await.unwrap().from.remove(0);
    let named = ("Host of office.localhost".to_owned(), Some("office.localhost".to_owned()));
    assert_eq!((early.party, early.host), named, "also before anybody is asked");
    assert_eq!((early.reason, early.problem), (None, None));
    let promised = stage.wallet.pending().await.unwrap().remove(0);
    assert_eq!(
        (promised.from.as_str(), promised.claimed_name),
        ("http://office.localhost", Some(named.0.clone()))
    );
    stage.clock.advance(60);
    let told = stage.wallet.collect(&YES).await.unwrap().from.remove(0);
    assert_eq!((told.party, told.host), named);
    assert_eq!(told.reason.as_deref(), Some("La fecha no coincide[2J"));
    assert_eq!(told.problem.as_deref(), Some("declined by the issuer (credential_request_denied)"));
    let kept = stage.wallet.history().await.unwrap();
    let kept = kept.iter().find(|entry| entry.reason.is_some()).unwrap();
    assert_eq!(kept.reason.as_deref(), Some("La fecha no coincide[2J"));
    assert_eq!((kept.party.clone().unwrap(), kept.host.clone()), named);
    // The near miss: of any other refusal the issuer's words go nowhere.
    let stage = deferred(|behaviour| {
        behaviour.code.deferred_error = Some("invalid_transaction_id");
        behaviour.code.deferred_reason = Some("Never heard of you");
    })
    .await;
    stage.clock.advance(60);
    let told = stage.wallet.collect(&YES).await.unwrap().from.remove(0);
    assert_eq!(told.reason, None);
    assert!(stage.wallet.history().await.unwrap().iter().all(|entry| entry.reason.is_none()));
}

#[tokio::test]
async fn what_comes_later_is_encrypted_as_the_issuer_offers_it_then() {
    let stage = deferred(|_| {}).await;
    stage.set(sealing(|it| it.required = true));
    stage.clock.advance(60);
    assert!(stage.wallet.collect(&YES).await.unwrap().from[0].accepted.is_some());
    let (asked, was_sealed) = stage.seen(|seen| seen.code.asked[1].clone());
    assert!(was_sealed && asked["transaction_id"] == "later", "{asked}");
    assert!(asked["credential_response_encryption"]["jwk"].is_object(), "{asked}");
}
