//! Sending an answer and writing down what was given.

mod again;
mod writing_down;

use std::collections::{BTreeMap, BTreeSet};

use credentials::types;
use environment::Timestamp;
use network::terms::Inbox;
use openid4vc::vp::response::Reply;
use openid4vc::vp::transaction_data::Authorising;
use openid4vc::vp::verification::OLDEST_KEY_BINDING;
use openid4vc::vp::wallet;
use trust::Role;

use super::matching::Assignment;
use super::minting::{AnswerKeys, Bound, MINTED_FOR, Made, TermsContent, asks_for_an_inbox};
use super::origin::is_same_origin;
use super::present::{Addressee, Checked, LeavingIdentifier, Prepared, PresentError, ShareProof, copies_of};
use super::repertoire::{Origin, Repertoire};
use crate::consent::Consent;
use crate::keys::{HolderKey, KeyUse};
use crate::question::Selection;
use crate::records::{Copy, FollowUpAwaited, Given, GivenFor, HistoryEntry};
use crate::wallet::Wallet;
pub use again::LateAnswer;
pub(super) use again::{MOMENTS, SentAgain, opened};
use writing_down::{Leaving, MadeAnswer};

/// An answer that was taken.
pub(super) struct Answered {
    pub(super) redirect_uri: Option<String>,
    pub(super) credential_offer: Option<String>,
    pub(super) sharing_proof: ShareProof,
    pub(super) identifier: LeavingIdentifier,
    /// The follow-up of this very answer, if it has one.
    pub(super) follow_up: Option<String>,
}

impl Wallet {
    /// Makes the answer, marks the copies as used, writes down what is given, and sends it; again within moments where it cannot be
    /// taken at once. The history's entry, which names it, stands there before the answer leaves.
    pub(super) async fn answer(
        &self,
        checked: &Checked,
        prepared: &Prepared,
        selection: &Selection,
        addressee: Addressee<'_>,
        entry: &HistoryEntry,
        consent: &dyn Consent,
    ) -> Result<Answered, PresentError> {
        // Of another question that was open at the same time the very copy may have been shown since.
        let mut anew: Option<Prepared> = None;
        let keys = loop {
            let current = anew.as_ref().unwrap_or(prepared);
            let assignments = picked(checked, current, selection);
            // What could not be answered costs no copy.
            authorising(checked, &assignments)?;
            if let Some(keys) = self.take_keys(&assignments, current).await? {
                break keys;
            }
            anew = Some(self.prepare_the_same(checked, prepared, selection, addressee).await?);
        };
        let prepared = anew.as_ref().unwrap_or(prepared);
        let assignments = picked(checked, prepared, selection);
        let binding = Bound {
            authorising: authorising(checked, &assignments)?,
            key_binding: wallet::key_binding(&checked.request, self.now()),
            certificate: checked.certificate.as_deref(),
        };
        let inbox = self.inbox_of_asker(&assignments, checked, prepared).await?;
        let terms = TermsContent { request: &prepared.request_hash, selection, inbox };
        let Made { presentations, mut given } =
            match self.make(&assignments, &prepared.repertoire, &keys, &binding, &terms).await {
                Ok(made) => made,
                Err(error) => {
                    self.give_back(&keys).await?;
                    return Err(error);
                }
            };
        prepared.question.promise(selection, &mut given);
        let answer = wallet::answer(&checked.request, presentations)?;
        let shows_own = given.iter().any(|claim| claim.vct == types::OWN);
        let is_office = checked.requester.role == Some(Role::Office);
        let given = Given {
            at: self.now().seconds(),
            request: prepared.request_hash.clone(),
            purpose: prepared.question.purpose.as_ref().map(|purpose| purpose.text.clone()),
            uses: prepared.question.purpose.as_ref().map(|purpose| purpose.uses.clone()).unwrap_or_default(),
            claims: given,
            proof: None,
            decision: None,
            outcome: None,
            own_set: prepared.question.own_set.clone().filter(|_| shows_own),
            // By its proof alone a new value takes the place of another.
            replaces: addressee.replaces().to_vec(),
            said_yes: if is_office { Vec::new() } else { prepared.question.given(selection) },
            said_no: if is_office { Vec::new() } else { prepared.question.left_out(selection) },
        };
        let made = MadeAnswer {
            request: answer,
            given,
            key: keys.answering,
            given_for: addressee.given_for(),
            disclosed: prepared.question.given(selection).len(),
            until: until(checked, &assignments, &prepared.repertoire, self.now()),
        };
        let leaving = self.write_down(checked, prepared, made, entry).await?;
        self.send_off(leaving, MOMENTS, consent).await
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

    /// What follows an answer that was taken: all that is done with it is known from what was written down.
    async fn follow_reply(&self, reply: Reply, leaving: Leaving) -> Result<Answered, PresentError> {
        let key = leaving.answer.unanswered.as_ref().ok_or(PresentError::Damaged)?.holder_key()?;
        let sent = leaving.sent.clone();
        // A follow-up is fetched from whoever got the answer and from nobody else.
        let uri = reply.sharing_proof_uri.filter(|uri| is_same_origin(uri, &sent.response_uri));
        let awaited = uri.map(|uri| self.awaited_follow_up(uri, &leaving, &key));
        // Nobody else asks for it in between.
        let _turn = awaited.as_ref().and_then(|awaited| self.under_way.turn(&awaited.id));
        self.note_taken(leaving, awaited.as_ref()).await?;
        if let (Some(space), Some(access)) = (&sent.admitted_space, &reply.member_api) {
            self.keep_access(space, &sent.response_uri, access, &key).await?;
        }
        let mut follow_up = awaited.as_ref().map(|awaited| awaited.id.clone());
        let (sharing_proof, identifier) = match awaited {
            None => (ShareProof::None, LeavingIdentifier::NotAsked),
            Some(awaited) => self.follow_at_once(awaited).await?,
        };
        // With its proof it may have come to its end.
        if let Some(id) = &follow_up
            && self.vault.get::<FollowUpAwaited>(id).await?.is_none()
        {
            follow_up = None;
        }
        Ok(Answered {
            redirect_uri: reply.redirect_uri,
            credential_offer: reply.credential_offer,
            sharing_proof,
            identifier,
            follow_up,
        })
    }

    /// The same question once more, of which a copy that was chosen is not fresh any more: the member has said yes to what it says,
    /// and to nothing else.
    async fn prepare_the_same(
        &self,
        checked: &Checked,
        before: &Prepared,
        selection: &Selection,
        addressee: Addressee<'_>,
    ) -> Result<Prepared, PresentError> {
        let prepared = self.prepare_for(checked, addressee).await?.chosen(selection);
        let is_the_same = prepared.question.says_the_same_as(&before.question)
            && prepared.question.check(selection).is_ok();
        if is_the_same { Ok(prepared) } else { Err(PresentError::Damaged) }
    }

    /// The keys of an answer; the copies they belong to count as used from now on, whatever becomes of the answer. None, and none of
    /// them is used, where one of the copies is not fresh any more.
    async fn take_keys(
        &self,
        assignments: &[&Assignment],
        prepared: &Prepared,
    ) -> Result<Option<AnswerKeys>, PresentError> {
        let _one_at_a_time = self.choosing.lock().await;
        let now = self.now();
        let chosen = copies_of(assignments, &prepared.repertoire);
        let mut batch = self.vault.batch();
        let mut copies = BTreeMap::new();
        let mut answering: Option<(u8, HolderKey)> = None;
        for (id, shown) in &chosen {
            let copy = self.vault.get::<Copy>(id).await?.filter(|copy| copy.is_fresh(now));
            let Some(copy) = copy else { return Ok(None) };
            copies.insert((*id).to_owned(), copy.key.holder_key()?);
            // The answering key is that of the passport and profile, or else that of another type of ours.
            if let Some(rank) = shown.iter().filter_map(|vct| rank(vct)).min()
                && answering.as_ref().is_none_or(|(before, _)| rank < *before)
            {
                answering = Some((rank, copy.key.holder_key()?));
            }
            batch = batch.put(&Copy { used_at: Some(now.seconds()), ..copy })?;
        }
        let answering = match answering {
            Some((_, key)) => key,
            None => self.new_key(KeyUse::Sign).await?,
        };
        batch.commit().await?;
        Ok(Some(AnswerKeys { copies, answering }))
    }

    /// Not all was signed, so nothing was sent: nobody has seen these copies. They were fresh when they were taken.
    async fn give_back(&self, keys: &AnswerKeys) -> Result<(), PresentError> {
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch = self.vault.batch();
        for id in keys.copies.keys() {
            if let Some(copy) = self.vault.get::<Copy>(id).await? {
                batch = batch.put(&Copy { used_at: None, ..copy })?;
            }
        }
        Ok(batch.commit().await?)
    }

    fn awaited_follow_up(&self, uri: String, leaving: &Leaving, key: &HolderKey) -> FollowUpAwaited {
        let (sent, given) = (&leaving.sent, &leaving.answer.given);
        FollowUpAwaited {
            id: self.random_id(),
            space: sent.space.clone(),
            space_name: sent.space_name.clone(),
            did: sent.did.clone(),
            first_passport: sent.first_passport,
            uri,
            key: key.kept(),
            request: given.request.clone(),
            sent: given.claims.iter().map(|claim| (claim.claim.clone(), claim.digest.clone())).collect(),
            asked_at: self.now().seconds(),
            proof_kept: false,
            decision_kept: false,
            proof_alone: sent.given_for == GivenFor::Change,
            instead: None,
            last_tried_since: None,
        }
    }
}

/// The ways in which the queries are answered.
fn picked<'a>(checked: &Checked, prepared: &'a Prepared, selection: &Selection) -> Vec<&'a Assignment> {
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
    assignments
}

/// What these answers authorise.
fn authorising<'a>(
    checked: &'a Checked,
    assignments: &[&Assignment],
) -> Result<Authorising<'a>, wallet::AnswerError> {
    let answered: BTreeSet<&str> = assignments.iter().map(|one| one.query.as_str()).collect();
    wallet::authorising(&checked.request, &answered)
}

/// Until when an answer that is made now may be taken: then the request has ended, or what was signed for it counts no longer.
fn until(
    checked: &Checked,
    assignments: &[&Assignment],
    repertoire: &Repertoire,
    now: Timestamp,
) -> Timestamp {
    let is_minted = |assignment: &&Assignment| {
        let piece = repertoire.pieces.get(assignment.piece);
        piece.is_some_and(|piece| !matches!(piece.origin, Origin::Held { .. }))
    };
    let signed_for = if assignments.iter().any(is_minted) {
        MINTED_FOR.min(OLDEST_KEY_BINDING)
    } else {
        OLDEST_KEY_BINDING
    };
    let signed = now.plus(signed_for);
    checked.request.expires_at().map_or(signed, |end| end.min(signed))
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
