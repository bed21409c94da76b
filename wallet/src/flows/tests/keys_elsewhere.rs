//! Keys that the member's browser holds: nothing leaves that was not signed by them, and whoever has the opened vault and not them acts
//! for nobody (decision 0028).

use did::webvh::testing::forged_entry;
use did::webvh::{KeyHash, Log, Update};
use jose::{Algorithm, Signer, SigningKey};

use super::interrupted::with_profile;
use super::numbers::holder;
use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions};
use crate::fresh::{Care, Due};
use crate::keys::{KeptInVault, KeysError};
use crate::records::{
    AwaitedCredentials, Copy, FollowUpAwaited, KeptAccess, KeptAnswer, MemberDid, PairwiseInbox, PrivateKey,
};
use crate::testing::Conduct;
use crate::wallet::Wallet;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

/// A member with a DID, a passport and a profile.
async fn member() -> Stage {
    let (stage, ..) = holder(1).await;
    let copies = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &copies, &NEEDED).await.unwrap();
    stage
}

#[tokio::test]
async fn a_signature_by_another_key_or_over_something_else_is_not_sent() {
    for conduct in [Conduct::OtherKey, Conduct::OtherMessage, Conduct::OneTooFew, Conduct::Away] {
        let stage = with_profile().await;
        let calls = stage.calls().len();
        stage.holder.behaves(conduct);
        let refused = stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await;
        assert!(matches!(refused, Err(PresentError::Keys(_))), "{conduct:?}: {refused:?}");
        assert_eq!(stage.seen(|seen| seen.answers.len()), 0, "{conduct:?}");
        let copies = stage.vault.list::<Copy>().await.unwrap();
        assert!(copies.iter().all(|copy| copy.used_at.is_none()), "{conduct:?}: no copy is used up");
        let sent: Vec<String> = stage.calls().split_off(calls);
        assert!(sent.iter().all(|call| !call.starts_with("POST")), "{conduct:?}: {sent:?}");
        stage.holder.behaves(Conduct::Honest);
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
        assert_eq!(stage.seen(|seen| seen.answers.len()), 1);
    }
}

#[tokio::test]
async fn where_nobody_signs_what_keeps_it_fresh_is_not_done_now_and_neither_used_up_nor_forgotten() {
    let stage = member().await;
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    let before = stage.wallet.agenda().await.unwrap();
    let of_keys =
        |due: &Vec<Due>| due.iter().filter(|one| one.care.needs_signer()).cloned().collect::<Vec<_>>();
    let wanted = of_keys(&before);
    assert!(wanted.iter().any(|one| matches!(one.care, Care::Copies(_))), "{before:?}");
    let used = async || {
        let copies = stage.vault.list::<Copy>().await.unwrap();
        copies.into_iter().map(|copy| (copy.id, copy.used_at)).collect::<Vec<_>>()
    };
    let (copies, signed) = (used().await, stage.holder.signed().len());
    stage.holder.behaves(Conduct::Away);
    let asked = stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap_err();
    assert_eq!(asked.code(), "keys_not_here");
    assert!(asked.to_string().contains("keep one open and try again"), "{asked}");
    for Due { care, .. } in &wanted {
        let done = stage.wallet.look_after(care).await;
        assert!(!matches!(done, Ok(true)), "{care:?}: {done:?}");
    }
    assert_eq!(used().await, copies, "no copy is used up");
    assert_eq!(stage.holder.signed().len(), signed, "nothing was signed");
    let cares = |due: &Vec<Due>| due.iter().map(|one| one.care.clone()).collect::<Vec<_>>();
    let again = of_keys(&stage.wallet.agenda().await.unwrap());
    assert_eq!(cares(&again), cares(&wanted), "it comes again");
    // The near miss: with somebody there it is done.
    // The near miss: with somebody there it is signed for.
    stage.holder.behaves(Conduct::Honest);
    stage.clock.advance(86_400);
    for Due { care, .. } in &wanted {
        let _ = stage.wallet.look_after(care).await;
    }
    assert!(stage.holder.signed().len() > signed);
}

/// All private keys that the vault has of the member, with what they are.
async fn keys_in(stage: &Stage) -> Vec<(&'static str, PrivateKey)> {
    let vault = &stage.vault;
    let mut keys = Vec::new();
    for did in vault.list::<MemberDid>().await.unwrap() {
        keys.extend([("sign", did.sign), ("seal", did.seal)]);
        keys.extend(did.mailbox.map(|key| ("mailbox", key)));
    }
    keys.extend(vault.list::<Copy>().await.unwrap().into_iter().map(|copy| ("copy", copy.key)));
    let answers = vault.list::<KeptAnswer>().await.unwrap();
    keys.extend(answers.into_iter().filter_map(|one| Some(("answer", one.unanswered?))));
    let follow_ups = vault.list::<FollowUpAwaited>().await.unwrap();
    keys.extend(follow_ups.into_iter().map(|one| ("follow-up", one.key)));
    let accesses = vault.list::<KeptAccess>().await.unwrap();
    keys.extend(accesses.into_iter().map(|one| ("access", one.key)));
    for awaited in vault.list::<AwaitedCredentials>().await.unwrap() {
        keys.extend(awaited.keys.into_iter().map(|key| ("awaited", key)));
    }
    keys
}

#[tokio::test]
async fn the_opened_vault_holds_no_key_that_acts_for_the_member() {
    let stage = member().await;
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    let keys = keys_in(&stage).await;
    for what in ["sign", "seal", "mailbox", "copy", "follow-up"] {
        assert!(keys.iter().any(|(kind, _)| *kind == what), "{what}");
    }
    for (what, key) in keys {
        assert!(matches!(key, PrivateKey::Elsewhere { .. }), "{what}");
        assert!(key.signing_key().is_err() && key.decryption_key().is_err(), "{what}");
    }
    // What stays with the host opens the mail of single spaces, which it sees anyway while the wallet is open, and signs nothing.
    let inboxes = stage.vault.list::<PairwiseInbox>().await.unwrap();
    assert!(inboxes.iter().all(|inbox| matches!(inbox.read, PrivateKey::Here(_))));
}

#[tokio::test]
async fn a_host_that_tries_to_act_for_the_member_fails() {
    let stage = member().await;
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let before = (stage.seen(|seen| seen.answers.len()), stage.holder.signed().len());
    // It has the vault, opened, and all the code of this wallet; the browser is not there.
    let host = stage.same_vault().await;
    let host = Wallet { keys: KeptInVault::new(&host.environment), ..host };
    let shown = host.present(&stage.link(), &PresentOptions::default(), &NEEDED).await;
    assert!(matches!(shown, Err(PresentError::Keys(KeysError::NobodyThere))), "no key binding: {shown:?}");
    let copy = stage.vault.list::<Copy>().await.unwrap().remove(0);
    let key = copy.key.holder_key().unwrap();
    let request = openid4vc::http::Request::get("https://kiln.localhost/member", "application/json");
    let proof = crate::flows::accept::with_proof(&host, request, &key, None, None).await;
    assert!(proof.is_err(), "no DPoP proof");
    let sign = member.sign_key().unwrap();
    let stated = host.signed(&sign, |signer| {
        let statement = network::number_binding::HolderStatement::new(&member.did, "K7Q2-0000", host.now());
        Ok::<_, KeysError>(statement.sign(signer)?)
    });
    assert!(stated.await.is_err(), "no statement about the number");
    // The one key of the DID that the vault has signed the first entry; the second is the recovery code's.
    let vaults = SigningKey::from_secret_bytes(Algorithm::EdDsa, &stage.vault.derived("did-first-entry"));
    let vaults = vaults.unwrap();
    let log = Log::verify(member.log.as_bytes(), host.now()).unwrap();
    for update_keys in [None, Some(vec![vaults.public_jwk().clone()])] {
        let next_keys = Some(vec![KeyHash::of(vaults.public_jwk())]);
        let update = Update { update_keys, next_keys, ..Update::default() };
        let line = forged_entry(&log, &update, &vaults, host.now()).unwrap();
        let forged = format!("{}{line}", member.log);
        assert!(Log::verify(forged.as_bytes(), host.now()).is_err(), "no entry of the DID's log");
    }
    assert_eq!((stage.seen(|seen| seen.answers.len()), stage.holder.signed().len()), before);
}
