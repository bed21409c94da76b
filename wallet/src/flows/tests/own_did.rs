//! The member's DID is the member's: the recovery code changes it, and nothing else does.

use did::Relationship;
use did::resolution::Version;
use did::webvh::testing::forged_entry;
use did::webvh::{KeyHash, Log, Update};
use environment::{Clock, Timestamp};
use jose::{Algorithm, Signer, SigningKey};
use serde_json::Value;

use super::collecting::{applied, apply_again, at_the_office, hosting};
use super::stage::Stage;
use crate::consent::{ByPreset, Preset};
use crate::flows::{DidError, ServedLog};
use crate::records::{Copy, FollowUpAwaited, LogToLeave, MemberDid, RecoveryCommitment};
use crate::vault::{RecoveryCode, Vault};

const NEEDED: ByPreset = ByPreset(Preset::Needed);

/// A member whose DID lies at the office, as it was left there.
async fn member() -> Stage {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    assert!(stage.wallet.collect(&NEEDED).await.unwrap().did.is_some());
    stage.set(|behaviour| behaviour.did_hosting = None);
    stage.clock.advance(60);
    let log = record(&stage.vault).await.log;
    stage.set(|behaviour| behaviour.served_log = Some(log));
    stage
}

async fn record(vault: &Vault) -> MemberDid {
    vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap()
}

fn now(stage: &Stage) -> Timestamp {
    stage.clock.now()
}

fn verified(stage: &Stage, text: &str) -> Log {
    Log::verify(text.as_bytes(), now(stage)).unwrap()
}

fn code(text: char) -> RecoveryCode {
    RecoveryCode::parse(&text.to_string().repeat(32)).unwrap()
}

fn thumbprint(key: &crate::records::PrivateKey) -> String {
    key.public_jwk().unwrap().thumbprint_base64url()
}

/// What the newest log says of the DID.
fn document(stage: &Stage, member: &MemberDid) -> did::Document {
    let did = did::Did::parse(&member.did).unwrap();
    verified(stage, &member.log).resolve(&did, &Version::Latest).unwrap().document
}

/// The document lists the keys that the wallet holds, and the mailbox at `office`.
fn assert_keys_of(stage: &Stage, member: &MemberDid, office: &str) {
    let document = document(stage, member);
    let key = |fragment: &str, relationship| {
        let url = document.id().with_fragment(fragment).unwrap();
        document.key(&url, relationship).unwrap().thumbprint_base64url()
    };
    assert_eq!(key("sign", Relationship::AssertionMethod), thumbprint(&member.sign));
    let seal = member.seal_key().unwrap();
    assert_eq!(key("seal", Relationship::KeyAgreement), seal.public_jwk().thumbprint_base64url());
    let mailbox = document.service("mailbox").unwrap();
    let address = format!("{office}/mailbox/{}", thumbprint(member.mailbox.as_ref().unwrap()));
    assert!(mailbox.is("PassportMailbox") && mailbox.endpoint_url() == Some(address.as_str()));
}

#[tokio::test]
async fn the_document_names_the_keys_and_the_mailbox_from_the_beginning() {
    let stage = member().await;
    let member = record(&stage.vault).await;
    assert_keys_of(&stage, &member, "http://office.localhost");
    assert_eq!(member.office().as_deref(), Some("http://office.localhost"));
}

#[tokio::test]
async fn the_recovery_code_gives_the_did_new_keys_and_the_log_alone_goes_to_the_office() {
    let stage = member().await;
    let before = record(&stage.vault).await;
    let changed = stage.wallet.rotate_did(&stage.code).await.unwrap();
    assert_eq!((changed.did.as_str(), changed.entries, changed.resumed), (before.did.as_str(), 2, false));
    assert!(changed.left.iter().all(|left| left.taken) && changed.left.len() == 1, "{changed:?}");
    let after = record(&stage.vault).await;
    assert_keys_of(&stage, &after, "http://office.localhost");
    assert_ne!(thumbprint(&before.sign), thumbprint(&after.sign));
    assert_ne!(thumbprint(before.mailbox.as_ref().unwrap()), thumbprint(after.mailbox.as_ref().unwrap()));
    assert_eq!((before.next_recovery_key, after.next_recovery_key), (1, 2));
    // What was sealed to the keys of before can still be opened.
    assert_eq!(
        thumbprint(after.earlier[0].mailbox.as_ref().unwrap()),
        thumbprint(before.mailbox.as_ref().unwrap())
    );
    // Entry 2 is signed by recovery key 1 and names the hash of key 2.
    let entry: Value = serde_json::from_str(after.log.lines().nth(1).unwrap()).unwrap();
    let key = |index| stage.code.did_key(index).unwrap().public_jwk().clone();
    let multikey = did::multikey::encode(&key(1));
    assert_eq!(entry["parameters"]["updateKeys"], serde_json::json!([multikey]));
    assert_eq!(entry["parameters"]["nextKeyHashes"], serde_json::json!([KeyHash::of(&key(2)).as_str()]));
    let (uri, text) = stage.seen(|seen| seen.did_logs.last().cloned()).unwrap();
    assert_eq!((uri.as_str(), &text), ("http://office.localhost/did-log/label", &after.log));
    assert_eq!(stage.seen(|seen| seen.did_controls.last().cloned()).unwrap(), None);
    assert!(stage.vault.list::<LogToLeave>().await.unwrap().is_empty());
    // And again.
    stage.set(|behaviour| behaviour.served_log = Some(text));
    assert_eq!(stage.wallet.rotate_did(&stage.code).await.unwrap().entries, 3);
}

#[tokio::test]
async fn whoever_has_the_open_vault_and_not_the_code_changes_nothing() {
    let stage = member().await;
    let before = record(&stage.vault).await;
    let calls = stage.calls().len();
    let wrong = code('7');
    assert!(matches!(stage.wallet.rotate_did(&wrong).await, Err(DidError::WrongCode)));
    assert!(matches!(stage.wallet.deactivate_did(&wrong).await, Err(DidError::WrongCode)));
    assert!(matches!(
        stage.wallet.recover_did(&wrong, before.log.as_bytes()).await,
        Err(DidError::WrongCode)
    ));
    let after = record(&stage.vault).await;
    assert_eq!(
        (before.log.as_str(), thumbprint(&before.sign)),
        (after.log.as_str(), thumbprint(&after.sign))
    );
    assert_eq!(stage.calls().len(), calls, "nobody is called");
    // Every key that lies in the vault: that of entry 1, and those in the document.
    let first =
        SigningKey::from_secret_bytes(Algorithm::EdDsa, &stage.vault.derived("did-first-entry")).unwrap();
    let own = SigningKey::generate(Algorithm::EdDsa, &environment::SeededRandomness::new(9)).unwrap();
    let commitment = stage.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap().unwrap();
    let log = verified(&stage, &before.log);
    assert!(log.commits_to(&commitment.key), "the vault knows the public half of the next key");
    for key in [&first, &own] {
        for update_keys in [None, Some(vec![key.public_jwk().clone()]), Some(vec![commitment.key.clone()])] {
            let next_keys = Some(vec![KeyHash::of(key.public_jwk())]);
            let update = Update { update_keys, next_keys, ..Update::default() };
            let line = forged_entry(&log, &update, key, now(&stage)).unwrap();
            assert!(Log::verify(format!("{}{line}", before.log).as_bytes(), now(&stage)).is_err());
        }
    }
}

#[tokio::test]
async fn a_change_that_did_not_arrive_is_sent_again_and_not_written_twice() {
    let stage = member().await;
    stage.set(|behaviour| behaviour.did_log_status = Some(503));
    let changed = stage.wallet.rotate_did(&stage.code).await.unwrap();
    let problem = changed.left[0].problem.clone().unwrap();
    assert!(!changed.left[0].taken && problem.contains("503"), "{problem}");
    let written = record(&stage.vault).await.log;
    // As after a kill: nothing but the vault is left, and the same command is given again.
    for _ in 0..2 {
        let again = stage.wallet.rotate_did(&stage.code).await.unwrap();
        assert!(again.resumed && !again.left[0].taken);
    }
    assert!(
        matches!(stage.wallet.rotate_did(&code('7')).await, Err(DidError::WrongCode)),
        "the code is asked for"
    );
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(record(&stage.vault).await.log, written);
    stage.set(|behaviour| behaviour.did_log_status = None);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(stage.seen(|seen| seen.did_logs.last().cloned()).unwrap().1, written);
    assert!(stage.vault.list::<LogToLeave>().await.unwrap().is_empty());
    assert_eq!(stage.wallet.rotate_did(&stage.code).await.unwrap().entries, 3);
}

/// What the history says of the identifier.
async fn noted(wallet: &crate::Wallet) -> Vec<String> {
    let history = wallet.history().await.unwrap();
    let own = history.into_iter().filter(|entry| entry.kind == crate::HistoryKind::Identity);
    own.flat_map(|entry| entry.presented).collect()
}

/// The office issues passport and profile; the passport names this DID.
async fn accept_passports_naming(stage: &Stage, did: &str) {
    let did = did.to_owned();
    stage.set(|behaviour| {
        behaviour.bend_copy = Some(Box::new(move |_, copy| {
            copy.disclose(|elements| {
                if elements[1] == "did" {
                    elements[2] = Value::from(did.as_str());
                }
            });
        }));
    });
    let offer = super::stage::offer(&["passport", "profile"]);
    stage.wallet.accept_offer(&offer, &Default::default(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.bend_copy = None);
}

/// The DIDs in the passports that the wallet holds.
async fn named(stage: &Stage) -> Vec<String> {
    let copies = stage.vault.list::<Copy>().await.unwrap();
    let passports = copies.iter().flat_map(|copy| &copy.credentials);
    let passports = passports.filter(|one| one.vct == credentials::types::PASSPORT);
    let mut dids: Vec<String> = passports
        .map(|one| crate::wallet::content(&one.compact)["did"].as_str().unwrap().to_owned())
        .collect();
    dids.sort_unstable();
    dids.dedup();
    dids
}

#[tokio::test]
async fn passports_that_name_the_did_as_it_was_go_and_what_the_member_is_to_be_warned_of_stays() {
    let stage = member().await;
    let before = record(&stage.vault).await.did;
    for (did, office) in
        [(before.as_str(), "http://old.localhost"), ("did:example:swapped", "http://other.localhost")]
    {
        accept_passports_naming(&stage, did).await;
        // As if another office had given them.
        for mut copy in stage.vault.list::<Copy>().await.unwrap() {
            for one in copy.credentials.iter_mut().filter(|one| one.vct == credentials::types::PASSPORT) {
                if one.issuer == "http://office.localhost" {
                    one.issuer = office.to_owned();
                }
            }
            stage.vault.put(&copy).await.unwrap();
        }
    }
    apply_again(&stage).await;
    stage.set(|behaviour| {
        behaviour.did_hosting =
            hosting("office.localhost:another", "http://office.localhost/did-log/another");
    });
    stage.wallet.move_did(&stage.code, None).await.unwrap();
    assert_eq!(named(&stage).await, ["did:example:swapped".to_owned(), before.clone()]);
    let after = record(&stage.vault).await.did;
    accept_passports_naming(&stage, &after).await;
    stage.set(|behaviour| behaviour.did_hosting = None);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(named(&stage).await, ["did:example:swapped".to_owned(), after]);
}

#[tokio::test]
async fn a_key_that_was_shown_with_a_passport_that_is_taken_out_is_shown_to_nobody_else() {
    let stage = member().await;
    let did = record(&stage.vault).await.did;
    stage.set(|behaviour| {
        behaviour.defers_after = Some(1);
        behaviour.no_refills = true;
    });
    accept_passports_naming(&stage, &did).await;
    let query = serde_json::json!({"credentials": [{"id": "passport", "format": "dc+sd-jwt",
        "meta": {"vct_values": [credentials::types::PASSPORT]}, "claims": [{"path": ["number"]}]}]});
    stage.set(|behaviour| behaviour.query = Some(query));
    stage.wallet.present(&stage.link(), &Default::default(), &NEEDED).await.unwrap();
    stage.wallet.deactivate_did(&stage.code).await.unwrap();
    assert!(named(&stage).await.is_empty());
    stage.clock.advance(61);
    let promised = stage.wallet.collect(&NEEDED).await.unwrap().from.remove(0);
    assert_eq!((promised.problem, promised.accepted.is_some()), (None, true));
    let shown = stage.seen(|seen| super::stage::holder_keys(seen.answers.last().unwrap()).remove(0));
    let shown = jose::Jwk::from_value(&shown).unwrap().thumbprint_base64url();
    let copies = stage.vault.list::<Copy>().await.unwrap();
    let copy = copies.iter().find(|copy| copy.id == shown).unwrap();
    assert!(copy.used_at.is_some() && copy.credentials.len() == 1, "the profile, which nobody is shown");
}

#[tokio::test]
async fn a_did_that_is_given_up_is_so_for_ever_and_the_next_one_has_nothing_of_it() {
    let stage = member().await;
    let before = record(&stage.vault).await;
    accept_passports_naming(&stage, &before.did).await;
    let changed = stage.wallet.deactivate_did(&stage.code).await.unwrap();
    assert!(changed.left[0].taken);
    let ended = record(&stage.vault).await;
    assert!(ended.given_up && verified(&stage, &ended.log).is_deactivated());
    assert!(stage.wallet.is_did_given_up().await.unwrap());
    let copies = stage.vault.list::<Copy>().await.unwrap();
    let mut held = copies.iter().flat_map(|copy| &copy.credentials);
    assert!(
        held.all(|one| one.issuer != "http://office.localhost"),
        "no passport and no profile of that office"
    );
    for refused in [
        stage.wallet.rotate_did(&stage.code).await,
        stage.wallet.deactivate_did(&stage.code).await,
        stage.wallet.recover_did(&stage.code, ended.log.as_bytes()).await,
    ] {
        assert!(matches!(refused, Err(DidError::GivenUp)), "{refused:?}");
    }
    // A new first passport comes with a new DID, whose keys nobody has seen.
    stage.set(|behaviour| behaviour.did_hosting = at_the_office());
    apply_again(&stage).await;
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    assert_ne!(did, before.did);
    let next = record(&stage.vault).await;
    let known =
        |index| ended.log.contains(KeyHash::of(stage.code.did_key(index).unwrap().public_jwk()).as_str());
    assert!(known(1) && !known(next.next_recovery_key));
    assert!(verified(&stage, &next.log).commits_to(stage.code.did_key(2).unwrap().public_jwk()));
}

#[tokio::test]
async fn nothing_but_the_code_and_the_public_log_brings_the_did_back_with_new_keys() {
    let stage = member().await;
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    let lost = record(&stage.vault).await;
    stage.set(|behaviour| behaviour.served_log = Some(lost.log.clone()));
    stage.clock.advance(60);
    let found = stage.another_wallet(&stage.code, 21).await;
    let log = found.fetch_did_log(&lost.did).await.unwrap();
    let by_address = found.fetch_did_log("http://office.localhost/label/did.jsonl").await.unwrap();
    assert_eq!(log, by_address);
    // What did not arrive is sent again, and written once.
    stage.set(|behaviour| behaviour.did_log_status = Some(503));
    let first = found.recover_did(&stage.code, &log).await.unwrap();
    assert!(!first.resumed && !first.left[0].taken, "{first:?}");
    stage.set(|behaviour| behaviour.did_log_status = None);
    let changed = found.recover_did(&stage.code, &log).await.unwrap();
    assert!(changed.resumed && changed.left[0].taken, "{changed:?}");
    assert_eq!((changed.did.as_str(), changed.entries), (lost.did.as_str(), 3));
    assert_eq!(noted(&found).await, ["the identifier recovered"]);
    let back = record(&found.vault).await;
    assert_keys_of(&stage, &back, "http://office.localhost");
    assert!(thumbprint(&back.sign) != thumbprint(&lost.sign) && back.earlier.is_empty());
    assert!(back.log.starts_with(&lost.log));
    assert_eq!(stage.seen(|seen| seen.did_logs.last().cloned()).unwrap().1, back.log);
    // The lost wallet, should it come back, does not part the log.
    stage.set(|behaviour| behaviour.served_log = Some(back.log.clone()));
    let refused = stage.wallet.rotate_did(&stage.code).await;
    assert!(matches!(refused, Err(DidError::ContinuedElsewhere(_))), "{refused:?}");
    // It takes the DID back as it is now, and not as it was.
    stage.clock.advance(60);
    stage.wallet.recover_did(&stage.code, back.log.as_bytes()).await.unwrap();
    let refused = stage.wallet.recover_did(&stage.code, back.log.as_bytes()).await;
    assert!(matches!(refused, Err(DidError::OlderLog)), "{refused:?}");
}

/// A wallet that was made again and was given a log without its newest entry: what it wrote, and the log as it is.
async fn misled(stage: &Stage, status: Option<u16>) -> (crate::Wallet, MemberDid, String) {
    let truncated = record(&stage.vault).await.log;
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    let whole = record(&stage.vault).await.log;
    stage.clock.advance(60);
    let found = stage.another_wallet(&stage.code, 31).await;
    stage.set(|behaviour| behaviour.did_log_status = status);
    let changed = found.recover_did(&stage.code, truncated.as_bytes()).await.unwrap();
    assert_eq!((changed.entries, changed.dropped), (2, false));
    assert_eq!(changed.left[0].taken, status.is_none());
    let is_pointed_on = changed.left[0].problem.as_ref().is_some_and(|it| it.contains("did recover"));
    assert_eq!(is_pointed_on, status == Some(409), "{changed:?}");
    let fork = record(&found.vault).await;
    assert!(fork.log.starts_with(&truncated) && fork.log != whole);
    let again = found.recover_did(&stage.code, truncated.as_bytes()).await;
    match status {
        Some(_) => assert!(again.unwrap().resumed, "the same log brings no second entry"),
        None => assert!(matches!(again, Err(DidError::OlderLog)), "{again:?}"),
    }
    (found, fork, whole)
}

#[tokio::test]
async fn an_office_that_left_out_the_newest_entry_once_does_not_keep_the_member_from_the_did() {
    let stage = member().await;
    let (found, fork, whole) = misled(&stage, Some(409)).await;
    stage.clock.advance(60);
    stage.set(|behaviour| {
        behaviour.served_log = Some(whole.clone());
        behaviour.did_log_status = None;
    });
    assert!(matches!(found.recover_did(&code('7'), whole.as_bytes()).await, Err(DidError::WrongCode)));
    assert_eq!(record(&found.vault).await.log, fork.log);
    let changed = found.recover_did(&stage.code, whole.as_bytes()).await.unwrap();
    assert!(changed.dropped && !changed.resumed && changed.left[0].taken, "{changed:?}");
    let back = record(&found.vault).await;
    assert!(back.log.starts_with(&whole) && changed.entries == 3);
    assert_keys_of(&stage, &back, "http://office.localhost");
    assert_ne!(thumbprint(&back.sign), thumbprint(&fork.sign));
    assert_eq!(stage.seen(|seen| seen.did_logs.last().cloned()).unwrap().1, back.log);
    // What was dropped goes nowhere any more.
    assert!(found.vault.list::<LogToLeave>().await.unwrap().is_empty());
    stage.set(|behaviour| behaviour.served_log = Some(back.log.clone()));
    assert_eq!(found.rotate_did(&stage.code).await.unwrap().entries, 4);
}

#[tokio::test]
async fn no_key_that_a_dropped_entry_named_is_named_by_another_one() {
    let stage = member().await;
    let (_, other, whole) = misled(&stage, Some(409)).await;
    let found = stage.another_wallet(&stage.code, 32).await;
    found.recover_did(&stage.code, whole.as_bytes()).await.unwrap();
    let fork = record(&found.vault).await;
    assert_eq!((fork.next_recovery_key, other.next_recovery_key), (3, 2));
    stage.clock.advance(60);
    assert!(found.recover_did(&stage.code, other.log.as_bytes()).await.unwrap().dropped);
    let back = record(&found.vault).await;
    assert!(back.log.starts_with(&other.log) && back.next_recovery_key == 4);
    assert!(verified(&stage, &back.log).commits_to(stage.code.did_key(4).unwrap().public_jwk()));
}

#[tokio::test]
async fn an_entry_that_the_office_has_taken_is_not_dropped_for_a_log_that_parts_from_it() {
    // The second time its answer was lost.
    for status in [None, Some(503)] {
        let stage = member().await;
        let (found, fork, whole) = misled(&stage, status).await;
        stage.clock.advance(60);
        stage.set(|behaviour| behaviour.served_log = Some(fork.log.clone()));
        let refused = found.recover_did(&stage.code, whole.as_bytes()).await.unwrap_err();
        assert!(matches!(&refused, DidError::Parted(office) if office == "http://office.localhost"));
        assert!(refused.to_string().contains("two histories"), "{refused}");
        assert_eq!(record(&found.vault).await.log, fork.log, "nothing was changed");
        // The member goes on with the one that is served.
        stage.set(|behaviour| behaviour.did_log_status = None);
        found.recover_did(&stage.code, fork.log.as_bytes()).await.unwrap();
        assert_eq!(record(&found.vault).await.log.lines().count(), 3);
    }
}

#[tokio::test]
async fn an_entry_taken_where_the_did_was_before_it_moved_does_not_keep_the_member_from_it() {
    let stage = member().await;
    let truncated = record(&stage.vault).await;
    apply_again(&stage).await;
    stage.set(|behaviour| {
        behaviour.did_hosting =
            hosting("office.localhost:another", "http://office.localhost/did-log/another");
    });
    stage.wallet.move_did(&stage.code, None).await.unwrap();
    let moved = record(&stage.vault).await;
    stage.clock.advance(60);
    let found = stage.another_wallet(&stage.code, 33).await;
    // The office of before serves and takes what it likes.
    let misled = found.recover_did(&stage.code, truncated.log.as_bytes()).await.unwrap();
    assert!(misled.left[0].taken && misled.did == truncated.did);
    let fork = record(&found.vault).await.log;
    stage.set(|behaviour| behaviour.served_log = Some(fork.clone()));
    let changed = found.recover_did(&stage.code, moved.log.as_bytes()).await.unwrap();
    assert_eq!((changed.did.as_str(), changed.dropped), (moved.did.as_str(), true));
    assert!(record(&found.vault).await.log.starts_with(&moved.log));
}

#[tokio::test]
async fn what_does_not_belong_together_is_not_recovered_and_changes_nothing() {
    let stage = member().await;
    let log = record(&stage.vault).await.log;
    let calls = stage.calls().len();
    let mistyped = stage.another_wallet(&code('7'), 22).await;
    assert!(matches!(mistyped.recover_did(&code('7'), log.as_bytes()).await, Err(DidError::WrongCode)));
    assert!(matches!(mistyped.recover_did(&stage.code, log.as_bytes()).await, Err(DidError::OtherCode)));
    let found = stage.another_wallet(&stage.code, 23).await;
    let changed = log.replace("assertionMethod", "authentication");
    for broken in ["", "{}", changed.as_str()] {
        let refused = found.recover_did(&stage.code, broken.as_bytes()).await;
        assert!(matches!(refused, Err(DidError::Log(_))), "{refused:?}");
    }
    for (wallet, vault) in [(&mistyped, &mistyped.vault), (&found, &found.vault)] {
        assert!(vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().is_none());
        assert!(matches!(wallet.rotate_did(&stage.code).await, Err(DidError::NoDid)));
    }
    assert_eq!(stage.calls().len(), calls, "nobody is told");
    // A wallet that has a DID takes no other one.
    let other = member_of_another_seed(&stage).await;
    let refused = other.recover_did(&stage.code, log.as_bytes()).await;
    assert!(matches!(refused, Err(DidError::OtherDid(_))), "{refused:?}");
}

/// A wallet with the same code and another DID.
async fn member_of_another_seed(stage: &Stage) -> crate::Wallet {
    let wallet = stage.another_wallet(&stage.code, 24).await;
    let key = SigningKey::generate(Algorithm::EdDsa, &environment::SeededRandomness::new(25)).unwrap();
    let location = did::web::Location::new("office.localhost", None, &["another"]).unwrap();
    let created = did::webvh::create(
        &did::webvh::Inception {
            location: &location,
            document: &|did: &did::Did| did::DocumentBuilder::new(did).build(),
            settings: did::webvh::Settings {
                portable: true,
                next_keys: vec![KeyHash::of(stage.code.did_key(1).unwrap().public_jwk())],
                ..Default::default()
            },
        },
        &key,
        now(stage),
    )
    .unwrap();
    stage.clock.advance(5);
    wallet.recover_did(&stage.code, created.text.as_bytes()).await.unwrap();
    wallet
}

#[tokio::test]
async fn the_did_moves_where_an_office_that_was_asked_has_named_a_place_and_the_old_place_is_told() {
    let stage = member().await;
    let before = record(&stage.vault).await;
    let refused = stage.wallet.move_did(&stage.code, None).await;
    assert!(matches!(refused, Err(DidError::NoPlace)), "{refused:?}");
    apply_again(&stage).await;
    stage.set(|behaviour| {
        behaviour.did_hosting =
            hosting("office.localhost:another", "http://office.localhost/did-log/another");
    });
    let refused = stage.wallet.move_did(&stage.code, Some("kiln.localhost")).await;
    assert!(matches!(refused, Err(DidError::NoPlace)), "of another office than was named: {refused:?}");
    let refused = stage.wallet.move_did(&code('7'), Some("office.localhost")).await;
    assert!(matches!(refused, Err(DidError::WrongCode)), "{refused:?}");
    assert_eq!(record(&stage.vault).await.log, before.log);

    // What the new office does not take goes nowhere else.
    stage.set(|behaviour| behaviour.did_log_status = Some(503));
    let refused = stage.wallet.move_did(&stage.code, Some("office.localhost")).await;
    assert!(matches!(refused, Err(DidError::Office(_))), "{refused:?}");
    let uris = |stage: &Stage| {
        stage.seen(|seen| seen.did_logs.iter().map(|(uri, _)| uri.clone()).collect::<Vec<_>>())
    };
    assert!(!uris(&stage).iter().any(|uri| uri.ends_with("/did-log/label")), "{:?}", uris(&stage));
    let written = record(&stage.vault).await;
    assert!(matches!(stage.wallet.rotate_did(&stage.code).await, Err(DidError::NotThereYet)));

    stage.set(|behaviour| behaviour.did_log_status = None);
    let changed = stage.wallet.move_did(&stage.code, Some("http://office.localhost")).await.unwrap();
    assert!(changed.resumed && changed.entries == 2, "{changed:?}");
    let moved = record(&stage.vault).await;
    assert_eq!(moved.log, written.log, "the entry was written once");
    assert_eq!(noted(&stage.wallet).await, ["the identifier moved here"], "and stands in the history once");
    assert_eq!(changed.did, moved.did);
    assert!(moved.did.ends_with(":office.localhost:another") && moved.did != before.did);
    let document = document(&stage, &moved);
    assert_eq!(document.also_known_as().collect::<Vec<_>>(), [before.did.as_str()]);
    assert_keys_of(&stage, &moved, "http://office.localhost");
    // The new place with a proof of control, then the old one, with the log alone.
    let (logs, controls) = stage.seen(|seen| (seen.did_logs.clone(), seen.did_controls.clone()));
    let last_two: Vec<_> = logs.iter().zip(&controls).rev().take(2).collect();
    let [((old, _), None), ((new, log), Some(control))] = last_two.as_slice() else { panic!("{logs:?}") };
    assert_eq!((old.as_str(), log), ("http://office.localhost/did-log/label", &moved.log));
    assert_eq!(new, "http://office.localhost/did-log/another");
    let awaited = stage.vault.list::<FollowUpAwaited>().await.unwrap();
    let awaited = awaited.iter().find(|one| one.id == moved.follow_up).unwrap();
    let holder = thumbprint(&awaited.key);
    let key = jose::VerifyingKey::new(moved.sign_key().unwrap().public_jwk()).unwrap();
    network::did_control::DidControl::verify(control, &key, &moved.did, new, &holder, now(&stage)).unwrap();
    // Other keys later are told to both places.
    stage.set(|behaviour| behaviour.served_log = Some(moved.log.clone()));
    let rotated = stage.wallet.rotate_did(&stage.code).await.unwrap();
    assert_eq!((rotated.entries, rotated.left.len()), (3, 2));
    let after = record(&stage.vault).await;
    assert_eq!(
        verified(&stage, &after.log).last_document().unwrap().also_known_as().collect::<Vec<_>>(),
        [before.did.as_str()]
    );
}

#[tokio::test]
async fn an_old_office_that_never_takes_note_is_left_alone_after_a_month_and_the_new_one_is_not() {
    let stage = member().await;
    apply_again(&stage).await;
    stage.set(|behaviour| {
        behaviour.did_hosting =
            hosting("office.localhost:another", "http://office.localhost/did-log/another");
    });
    stage.wallet.move_did(&stage.code, None).await.unwrap();
    let moved = record(&stage.vault).await.log;
    stage.set(|behaviour| {
        behaviour.served_log = Some(moved);
        behaviour.did_log_status = Some(404);
        behaviour.did_hosting = None;
    });
    let changed = stage.wallet.rotate_did(&stage.code).await.unwrap();
    assert!(changed.left.len() == 2 && changed.left.iter().all(|left| !left.taken));
    stage.clock.advance(30 * 86_400 + 1);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    let kept = stage.vault.list::<LogToLeave>().await.unwrap();
    assert_eq!(
        kept.iter().map(|log| log.upload_uri.as_str()).collect::<Vec<_>>(),
        ["http://office.localhost/did-log/another"]
    );
}

#[tokio::test]
async fn the_wallet_sees_when_the_office_serves_another_log_than_the_one_it_left() {
    let stage = member().await;
    let first = record(&stage.vault).await.log;
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    let ours = record(&stage.vault).await.log;
    let log = verified(&stage, &ours);
    let key = |index| stage.code.did_key(index).unwrap();
    let next_keys = Some(vec![KeyHash::of(key(3).public_jwk())]);
    let update = Update { next_keys, ..Update::default() };
    let newer = format!("{ours}{}", forged_entry(&log, &update, &key(2), now(&stage)).unwrap());
    let by_office = format!("{ours}{}", forged_entry(&log, &update, &key(5), now(&stage)).unwrap());
    let parted = forged_entry(&verified(&stage, &first), &update, &key(1), now(&stage)).unwrap();
    let parted = format!("{first}{parted}");
    for (served, expected) in [
        (Some(ours.clone()), ServedLog::AsLeft),
        (Some(first), ServedLog::Older),
        (Some(newer), ServedLog::Newer),
        (Some(by_office), ServedLog::Other),
        (Some(parted), ServedLog::Other),
        (Some("{}".to_owned()), ServedLog::Other),
        (None, ServedLog::Nothing),
    ] {
        stage.set(|behaviour| behaviour.served_log = served);
        assert_eq!(stage.wallet.served_log().await.unwrap(), Some(expected));
    }
    let without = Stage::new().await;
    assert_eq!(without.wallet.served_log().await.unwrap(), None);
}

#[tokio::test]
async fn the_spaces_that_have_an_earlier_number_or_did_are_named_until_they_were_shown_the_new_one() {
    let stage = Stage::new().await;
    let passports = super::stage::offer(&["passport"]);
    stage.wallet.accept_offer(&passports, &Default::default(), &NEEDED).await.unwrap();
    assert_eq!(stage.wallet.informed_spaces().await.unwrap(), []);
    let query = serde_json::json!({"credentials": [{"id": "passport", "format": "dc+sd-jwt",
        "meta": {"vct_values": [credentials::types::PASSPORT]},
        "claims": [{"path": ["number"]}]}]});
    stage.set(|behaviour| behaviour.query = Some(query));
    let show = async || {
        stage.clock.advance(60);
        stage.wallet.present(&stage.link(), &Default::default(), &NEEDED).await.unwrap();
        let informed = stage.wallet.informed_spaces().await.unwrap();
        let [space] = informed.as_slice() else { panic!("{informed:?}") };
        assert_eq!((space.host.as_str(), space.has.join(" ")), (super::stage::SPACE, "number".to_owned()));
        space.is_current
    };
    assert!(show().await);
    // Another number came, with a passport that is newer.
    stage.clock.advance(60);
    stage.set(|behaviour| {
        behaviour.bend_copy = Some(Box::new(|_, copy| {
            copy.disclose(|elements| {
                if elements[1] == "number" {
                    elements[2] = Value::from("ANOTHER");
                }
            });
        }));
    });
    for copy in stage.vault.list::<Copy>().await.unwrap() {
        stage.vault.batch().delete::<Copy>(&copy.id).commit().await.unwrap();
    }
    stage.wallet.accept_offer(&passports, &Default::default(), &NEEDED).await.unwrap();
    assert!(!stage.wallet.informed_spaces().await.unwrap()[0].is_current);
    assert!(show().await, "the space was shown the new one");
}
