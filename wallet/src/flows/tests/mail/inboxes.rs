//! The inbox that is made for one space.

use super::*;

#[tokio::test]
async fn a_space_that_is_answered_gets_an_inbox_of_its_own_that_says_nothing_about_the_member() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    assert!(inbox.address.starts_with("http://office.localhost/mailbox/"));
    assert_ne!(inbox.address, member.url);
    assert_eq!(inbox.key.kid().or(inbox.key.alg()).or(inbox.key.public_key_use()), None, "a bare key");
    assert_ne!(inbox.key, *member.seal.public_jwk());
    member.write(&inbox, &member.message(&inbox, "1"));
    let round = member.fetch().await;
    assert_eq!((round.new[0].kind, round.new[0].text.as_deref()), (MailKind::Note, Some("welcome")));
    // Another answer to the same space names the same one; each is listed with a proof of its own key.
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(inbox_of_last_answer(&member), Some(inbox));
    assert_eq!(member.stage.vault.list::<PairwiseInbox>().await.unwrap().len(), 1);
    let listed: BTreeSet<String> = member.stage.seen(|seen| seen.mail.listed.iter().cloned().collect());
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn without_a_mailbox_at_the_members_office_no_inbox_is_named_and_terms_stay_away() {
    let member = Member::new().await;
    let mut me: MemberDid = member.stage.vault.get(MemberDid::NAME).await.unwrap().unwrap();
    me.mailbox = None;
    member.stage.vault.put(&me).await.unwrap();
    assert_eq!(given_inbox(&member).await, None);
    assert!(member.stage.vault.list::<PairwiseInbox>().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_inbox_takes_messages_of_its_own_space_for_its_own_address_alone() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let own = |id: &str| member.message(&inbox, id);
    member.write(&inbox, &Message { inbox: member.url.clone(), ..own("1") });
    assert_eq!(member.refused().await, ["other_audience"]);
    member.write(&inbox, &Message { link: Some("http://kiln.localhost:81/".to_owned()), ..own("2") });
    assert_eq!(member.refused().await, ["link_elsewhere"]);
    let office = Message { space: format!("did:web:{OFFICE}"), ..own("3") };
    member.write_signed(
        &inbox,
        &office.sign(&format!("did:web:{OFFICE}#request"), member.stage.office_key()).unwrap(),
    );
    assert_eq!(member.refused().await, ["other_sender"]);
    // An invitation belongs into the mailbox of the DID, a message into its inbox.
    let invitation = member.invitation("4").sign(&format!("{SPACE_DID}#request"), member.stage.space_key());
    member.write_signed(&inbox, &invitation.unwrap());
    assert_eq!(member.refused().await, ["bad_signature"]);
    let message = own("5").sign(&format!("{SPACE_DID}#request"), member.stage.space_key());
    member.leave(&message.unwrap());
    assert_eq!(member.refused().await, ["bad_signature"]);
    member.write(&inbox, &own("6"));
    assert_eq!(member.fetch().await.new.len(), 1);
}
