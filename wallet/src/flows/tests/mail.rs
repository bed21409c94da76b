//! The member's mail: what is kept, what is refused and why, and a host that does whatever it likes.

mod blocking;
mod deciding;
mod greeting;
mod hosts;
mod inboxes;
mod invited;
mod unjudged;

use std::collections::BTreeSet;

use credentials::{types, vc};
use jose::{Algorithm, DecryptionKey, Signer, SigningKey};
use network::decision::{DecidedBy, Decision, Outcome};
use network::mailbox::{About, Invitation, Message, Purpose, Reason, seal};
use network::sharing_proof::Confirmation;
use network::terms;
use serde_json::{Value, json};
use trust::Standing;
use trust::testing::NOW;

use super::stage::{NEIGHBOUR, OFFICE, SPACE, Stage, offer, offer_of, private};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, MailError, MailKind, MailRound, OpenedMail, PresentError, PresentOptions};
use crate::records::{
    FollowUpAwaited, HistoryEntry, KeptAnswer, KeptMail, MailContent, MemberDid, PairwiseInbox,
};
use crate::{DetailName, HistoryKind};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const A_DAY: i64 = 86_400;
const LINK: &str = "http://kiln.localhost/join/invited/1";
const SPACE_DID: &str = "did:web:kiln.localhost";

fn did() -> String {
    format!("did:webvh:{}:office.localhost:m-1", "Q".repeat(46))
}

/// A member whose DID names a mailbox at the office, and the keys that others see.
struct Member {
    stage: Stage,
    url: String,
    seal: DecryptionKey,
}

impl Member {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let randomness = environment::SeededRandomness::new(77);
        let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        let (sign, read) = (key(), key());
        let seal = DecryptionKey::generate("seal", &randomness).unwrap();
        let url = format!("http://{OFFICE}/mailbox/{}", read.public_jwk().thumbprint_base64url());
        let member: MemberDid = serde_json::from_value(json!({
            "did": did(), "location": "office.localhost:m-1", "log": "{}\n", "next_recovery_key": 1,
            "sign": private(&sign), "seal": seal.to_private_json().as_str(), "mailbox": private(&read), "uploaded": true,
        }))
        .unwrap();
        stage.vault.put(&member).await.unwrap();
        Self { stage, url, seal }
    }

    fn invitation(&self, id: &str) -> Invitation {
        let now = self.stage.wallet.now();
        Invitation {
            space: SPACE_DID.to_owned(),
            member: did(),
            id: id.to_owned(),
            issued_at: now.seconds(),
            expires_at: now.plus(14 * A_DAY).seconds(),
            link: LINK.to_owned(),
            purpose: Purpose::SignUp,
            email: None,
        }
    }

    /// Leaves what the space signs and seals.
    fn invite(&self, invitation: &Invitation) {
        let signed = invitation.sign(&format!("{}#request", invitation.space), self.stage.space_key());
        self.leave(&signed.unwrap());
    }

    fn leave(&self, signed: &str) {
        self.stage.leave(&self.url, &self.sealed(signed));
    }

    fn sealed(&self, signed: &str) -> String {
        seal(signed, self.seal.public_jwk(), &environment::SeededRandomness::new(3)).unwrap()
    }

    async fn fetch(&self) -> MailRound {
        self.stage.wallet.fetch_mail().await.unwrap()
    }

    /// What was refused in the next round, by name; nothing was kept.
    async fn refused(&self) -> Vec<String> {
        let round = self.fetch().await;
        assert_eq!(round.new, []);
        assert_eq!(round.problems, Vec::<String>::new());
        round.refused.into_iter().map(|one| one.code).collect()
    }

    fn told(&self, what: &str) -> Vec<Value> {
        self.stage.seen(|seen| {
            seen.mail.told.iter().filter(|(told, _)| told == what).map(|(_, body)| body.clone()).collect()
        })
    }

    async fn open(&self, id: &str) -> Result<OpenedMail, MailError> {
        self.stage.wallet.open_mail(id, &AcceptOptions::default(), &NEEDED).await
    }
}

/// Has the space ask, and gives the inbox that it was given.
async fn given_inbox(member: &Member) -> Option<terms::Inbox> {
    let options = AcceptOptions { tx_code: None, copies: Some(6) };
    member.stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    inbox_of_last_answer(member)
}

fn inbox_of_last_answer(member: &Member) -> Option<terms::Inbox> {
    // The last one to the space: the wallet may have refilled at the office since.
    let tokens = member.stage.seen(|seen| {
        let tokens = seen.answers.iter().filter_map(|answer| serde_json::from_str(&answer["vp_token"]).ok());
        tokens.collect::<Vec<Value>>()
    });
    let token = tokens.into_iter().rfind(|token| token.get("profile_given_name").is_some()).unwrap();
    let presentation = token["terms"][0].as_str()?;
    let unverified = vc::Unverified::parse(presentation, vc::Types::Current).unwrap();
    let verified = unverified.verify_self_issued(member.stage.wallet.now(), 0).unwrap();
    let verified = verified.presented(vc::Binding::NotRequired).unwrap();
    let request = verified.claims()["request"].as_str().unwrap().to_owned();
    terms::Terms::from_claims(verified.claims(), &request).unwrap().inbox
}

impl Member {
    fn message(&self, inbox: &terms::Inbox, id: &str) -> Message {
        let now = self.stage.wallet.now();
        Message {
            space: SPACE_DID.to_owned(),
            inbox: inbox.address.clone(),
            id: id.to_owned(),
            issued_at: now.seconds(),
            expires_at: now.plus(30 * A_DAY).seconds(),
            about: About::Note,
            decision: None,
            credential_offer: None,
            link: None,
            text: Some("welcome".to_owned()),
            hello: None,
            hello_answer: None,
        }
    }

    fn write(&self, inbox: &terms::Inbox, message: &Message) {
        let signed = message.sign(&format!("{}#request", message.space), self.stage.space_key()).unwrap();
        self.write_signed(inbox, &signed);
    }

    fn write_signed(&self, inbox: &terms::Inbox, signed: &str) {
        let envelope = seal(signed, &inbox.key, &environment::SeededRandomness::new(4)).unwrap();
        self.stage.leave(&inbox.address, &envelope);
    }
}
