//! Sending an answer and writing down what was given.

mod writing_down;

use std::collections::{BTreeMap, BTreeSet};

use credentials::types;
use jose::{Algorithm, SigningKey};
use network::terms::Inbox;
use openid4vc::http::{Request, Response};
use openid4vc::vp::wallet;
use outbound::OutboundError;
use trust::Role;

use super::matching::Assignment;
use super::member_did::is_first_passport;
use super::minting::{AnswerKeys, Bound, Made, TermsContent, asks_for_an_inbox, make};
use super::origin::is_same_origin;
use super::present::{Checked, LeavingIdentifier, Prepared, PresentError, ShareProof, copies_of};
use crate::carrier::send;
use crate::question::Selection;
use crate::records::{Copy, FollowUpAwaited, Given, HistoryEntry, PrivateKey};
use crate::wallet::Wallet;
use writing_down::{Leaving, space_id};

/// An answer that was taken.
pub(super) struct Answered {
    pub(super) redirect_uri: Option<String>,
    pub(super) credential_offer: Option<String>,
    pub(super) sharing_proof: ShareProof,
    pub(super) identifier: LeavingIdentifier,
}

impl Wallet {
    /// Makes the answer, marks the copies as used, writes down what is given, and sends it. The history's entry, which names it,
    /// stands there before the answer leaves.
    pub(super) async fn answer(
        &self,
        checked: &Checked,
        prepared: &Prepared,
        selection: &Selection,
        entry: &HistoryEntry,
    ) -> Result<Answered, PresentError> {
        let mut assignments: Vec<&Assignment> = Vec::new();
        for answer in prepared.question.picked(selection) {
            let found = answer.assignment.and_then(|position| prepared.assignments.get(position));
            // A query that two groups name is answered once, and by several credentials only where it takes several.
            if let Some(assignment) = found
                && !assignments.iter().any(|one| {
                    one.query == assignment.query
                        && (one.piece == assignment.piece || !takes_several(checked, &one.query))
                })
            {
                assignments.push(assignment);
            }
        }
        let answered: BTreeSet<&str> = assignments.iter().map(|one| one.query.as_str()).collect();
        let binding = Bound {
            authorising: wallet::authorising(&checked.request, &answered)?,
            key_binding: wallet::key_binding(&checked.request, self.now()),
        };
        let keys = self.take_keys(&assignments, prepared).await?;
        let inbox = self.inbox_of_asker(&assignments, checked, prepared).await?;
        let terms = TermsContent { request: &prepared.request_hash, selection, inbox };
        let Made { presentations, given } =
            make(&assignments, &prepared.repertoire, &keys, &binding, &terms, &self.environment)?;
        let answer = wallet::answer(&checked.request, presentations)?;
        let is_office = checked.requester.role == Some(Role::Office);
        let given = Given {
            at: self.now().seconds(),
            request: prepared.request_hash.clone(),
            purpose: prepared.question.purpose.as_ref().map(|purpose| purpose.text.clone()),
            claims: given,
            proof: None,
            decision: None,
            outcome: None,
            replaces: Vec::new(),
            said_yes: if is_office { Vec::new() } else { prepared.question.given(selection) },
            said_no: if is_office { Vec::new() } else { prepared.question.left_out(selection) },
        };
        let leaving = self.write_down(checked, prepared, given, &keys.answering, entry).await?;
        let response = self.send_answer(answer, &leaving).await?;
        self.follow_reply(&response, checked, prepared, leaving, &keys.answering).await
    }

    /// An admitted space that asks for it in the terms gets an inbox of its own; an office, or anybody outside, none.
    async fn inbox_of_asker(
        &self,
        assignments: &[&Assignment],
        checked: &Checked,
        prepared: &Prepared,
    ) -> Result<Option<Inbox>, PresentError> {
        match checked.requester.space() {
            Some(space) if asks_for_an_inbox(assignments.iter().copied(), &prepared.repertoire) => {
                Ok(self.inbox_for(space).await?)
            }
            _ => Ok(None),
        }
    }

    async fn send_answer(&self, answer: Request, leaving: &Leaving) -> Result<Response, PresentError> {
        match send(self.fetch.as_ref(), answer).await {
            Ok(response) => Ok(response),
            Err(error) if never_arrived(&error) => {
                self.take_back(leaving).await?;
                Err(error.into())
            }
            // It may have arrived, so it counts as given.
            Err(error) => Err(PresentError::Unanswered(error)),
        }
    }

    async fn follow_reply(
        &self,
        response: &Response,
        checked: &Checked,
        prepared: &Prepared,
        leaving: Leaving,
        key: &SigningKey,
    ) -> Result<Answered, PresentError> {
        let reply = match wallet::reply(response) {
            Ok(reply) => reply,
            Err(error) => {
                self.note_reply(leaving, None).await?;
                return Err(error.into());
            }
        };
        // A follow-up is fetched from whoever got the answer and from nobody else.
        let asked = checked.request.response_uri();
        let uri = reply.sharing_proof_uri.filter(|uri| is_same_origin(uri, asked));
        let awaited =
            uri.map(|uri| self.awaited_follow_up(uri, checked, prepared, &leaving.answer.given, key));
        self.note_reply(leaving, awaited.as_ref()).await?;
        if let (Some(space), Some(access)) = (checked.requester.space(), &reply.member_api) {
            self.keep_access(space, asked, access, key).await?;
        }
        let (sharing_proof, identifier) = match awaited {
            None => (ShareProof::None, LeavingIdentifier::NotAsked),
            Some(awaited) => self.follow_at_once(awaited).await?,
        };
        Ok(Answered {
            redirect_uri: reply.redirect_uri,
            credential_offer: reply.credential_offer,
            sharing_proof,
            identifier,
        })
    }

    /// The keys of an answer; the copies they belong to count as used from now on, whatever becomes of the answer.
    async fn take_keys(
        &self,
        assignments: &[&Assignment],
        prepared: &Prepared,
    ) -> Result<AnswerKeys, PresentError> {
        let _one_at_a_time = self.choosing.lock().await;
        let now = self.now();
        let chosen = copies_of(assignments, &prepared.repertoire);
        let mut batch = self.vault.batch();
        let mut copies = BTreeMap::new();
        let mut answering: Option<(u8, SigningKey)> = None;
        for (id, shown) in &chosen {
            let copy = self
                .vault
                .get::<Copy>(id)
                .await?
                .filter(|copy| copy.is_fresh(now))
                .ok_or(PresentError::Damaged)?;
            copies.insert((*id).to_owned(), copy.key.signing_key()?);
            // The answering key is that of the passport and profile, or else that of another type of ours.
            if let Some(rank) = shown.iter().filter_map(|vct| rank(vct)).min()
                && answering.as_ref().is_none_or(|(before, _)| rank < *before)
            {
                answering = Some((rank, copy.key.signing_key()?));
            }
            batch = batch.put(&Copy { used_at: Some(now.seconds()), ..copy })?;
        }
        batch.commit().await?;
        let answering = match answering {
            Some((_, key)) => key,
            None => SigningKey::generate(Algorithm::Es256, self.environment.randomness())?,
        };
        Ok(AnswerKeys { copies, answering })
    }

    fn awaited_follow_up(
        &self,
        uri: String,
        checked: &Checked,
        prepared: &Prepared,
        given: &Given,
        key: &SigningKey,
    ) -> FollowUpAwaited {
        FollowUpAwaited {
            id: self.random_id(),
            space: space_id(checked),
            space_name: checked.requester.name.clone(),
            did: checked.requester.did.clone(),
            first_passport: is_first_passport(&checked.requester, given),
            uri,
            key: PrivateKey::of(key),
            request: prepared.request_hash.clone(),
            sent: given.claims.iter().map(|claim| (claim.claim.clone(), claim.digest.clone())).collect(),
            asked_at: self.now().seconds(),
            proof_kept: false,
            decision_kept: false,
            offer_taken: false,
            instead: None,
            last_tried_since: None,
        }
    }
}

/// Whether a query may be answered by several credentials (OpenID4VP 1.0 §6.1 `multiple`).
fn takes_several(checked: &Checked, query: &str) -> bool {
    checked.request.query().credential(query).is_some_and(|asked| asked.multiple)
}

/// Which of our types lends its key to the answer before others.
fn rank(vct: &str) -> Option<u8> {
    match vct {
        types::PASSPORT | types::PROFILE => Some(0),
        types::MEMBERSHIP | types::STATEMENT => Some(1),
        _ => None,
    }
}

/// Whether a failed call cannot have brought the answer to the other side. Of TLS that is so while connecting alone, and nothing
/// else has its name.
const fn never_arrived(error: &OutboundError) -> bool {
    matches!(
        error,
        OutboundError::InsecureScheme
            | OutboundError::MalformedUrl
            | OutboundError::ForbiddenAddress
            | OutboundError::Unresolvable
            | OutboundError::Unreachable
            | OutboundError::Tls(_)
            | OutboundError::Unwritable
    )
}
