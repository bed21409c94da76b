//! What could be answered, and what the member may choose of it.

use std::collections::BTreeMap;

use jose::base64url;
use openid4vc::vp::transaction_data::Transaction;

use super::{Checked, PresentError};
use crate::flows::counter_offer::alternatives;
use crate::flows::matching::{Assignment, Assignments, asker, assign, question};
use crate::flows::minting::asks_for_an_inbox;
use crate::flows::networks::of_other_networks;
use crate::flows::origin::host_of;
use crate::flows::refill::kept_back_from;
use crate::flows::repertoire::Repertoire;
use crate::flows::upkeep::Looking;
use crate::question::{Authorised, Question, Selection};
use crate::records::Copy;
use crate::wallet::Wallet;

/// What could be answered, before the member chose.
pub(in crate::flows) struct Prepared {
    pub(in crate::flows) repertoire: Repertoire,
    pub(in crate::flows) assignments: Assignments,
    pub(in crate::flows) question: Question,
    pub(in crate::flows) request_hash: String,
}

impl Wallet {
    /// Copies that count no longer are not shown; and where the request could not be answered new ones are fetched before the
    /// member is asked: whether or not that helps, so that the time tells nobody why there is no answer (OpenID4VP 1.0 §15.4.1).
    pub(super) async fn prepare_with_new_copies(&self, checked: &Checked) -> Result<Prepared, PresentError> {
        self.learn_statuses(Looking::WhenDue).await?;
        let prepared = self.prepare(checked, None).await?;
        if prepared.question.can_be_satisfied() {
            return Ok(prepared);
        }
        // A refill shows copies itself, so that this future holds one of its own kind.
        Box::pin(self.look_after_copies()).await?;
        self.prepare(checked, None).await
    }

    /// The last copies are shown for a refill alone, to the `party` that is asked for it.
    pub(super) async fn prepare(
        &self,
        checked: &Checked,
        party: Option<&str>,
    ) -> Result<Prepared, PresentError> {
        let request_hash = base64url::encode(checked.request.digest());
        let copies = self.vault.list::<Copy>().await?;
        let own = self.vault.get(crate::records::OwnDetails::NAME).await?.unwrap_or_default();
        let spaces = self.known_spaces().await?;
        let mut kept_back = kept_back_from(party, &copies, self.now());
        let joined = self.vault.list::<crate::records::JoinedNetwork>().await?;
        kept_back.extend(of_other_networks(&copies, &checked.requester, &joined));
        let repertoire = Repertoire::new(&copies, &kept_back, &own, &request_hash, self.now());
        let query = checked.request.query();
        // Who is asked for by the wallet itself shows who it is beside what it gives, under another key.
        let one_key_only = party.is_none() && checked.requester.takes_one_key_only();
        let assignments = assign(query, &repertoire, one_key_only);
        let host = host_of(checked.request.response_uri()).unwrap_or_default();
        let asker = asker(&checked.requester, &host, checked.bound_by.clone());
        let said = checked.request.verifier_info();
        let mut question =
            question(query, &assignments, &repertoire, &checked.requester, said, asker, &spaces);
        question.one_key_only = one_key_only;
        question.authorises = checked.request.transactions().iter().map(authorised).collect();
        question.gives_inbox = match checked.requester.space() {
            Some(space) if asks_for_an_inbox(assignments.iter(), &repertoire) => {
                self.has_inbox_for(space).await?
            }
            _ => false,
        };
        if checked.counter_offers().is_some() {
            question.takes_counter_offers = true;
            question.alternatives = alternatives(&question, &repertoire);
        }
        Ok(Prepared { repertoire, assignments, question, request_hash })
    }
}

fn authorised(transaction: &Transaction) -> Authorised {
    Authorised { says: transaction.says().to_owned(), by: transaction.credential_ids().to_vec() }
}

impl Selection {
    /// This selection with the terms' own group picked where there is something to say in it, and only there.
    pub(super) fn with_terms(mut self, question: &Question) -> Self {
        self.picks.resize(question.groups.len(), None);
        let says_something = !self.audiences.is_empty() || self.until.is_some() || question.gives_inbox;
        for (group, pick) in question.groups.iter().zip(&mut self.picks) {
            if group.is_terms() && says_something && pick.is_none() {
                *pick = group.options.iter().position(|option| option.available);
            }
        }
        self
    }
}

/// Why the member could not have answered, where that is so; told to the member only.
pub(super) fn why_impossible(prepared: &Prepared) -> Option<PresentError> {
    let question = &prepared.question;
    if !question.can_be_satisfied() {
        let missing = question
            .groups
            .iter()
            .filter(|group| group.needed)
            .flat_map(|group| &group.options)
            .filter(|option| !option.available)
            .flat_map(|option| &option.answers)
            .flat_map(|answer| &answer.types);
        let asked: Vec<&String> = missing.collect();
        let exhausted = &prepared.repertoire.exhausted;
        let (mut types, mut ways): (Vec<String>, Vec<String>) = exhausted
            .iter()
            .filter(|one| asked.contains(&&one.vct))
            .map(|one| (one.vct.clone(), one.way.clone()))
            .unzip();
        types.sort_unstable();
        ways.sort_unstable();
        ways.dedup();
        return Some(if types.is_empty() {
            PresentError::CannotBeSatisfied { missing: question.missing().cloned().collect() }
        } else {
            PresentError::NoFreshCopy { types, ways }
        });
    }
    question.needs_what_is_beyond_registration().then_some(PresentError::BeyondRegistration)
}

/// The copies a set of assignments shows.
pub(in crate::flows) fn copies_of<'a>(
    assignments: &[&'a Assignment],
    repertoire: &'a Repertoire,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut copies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for assignment in assignments {
        if let Some(piece) = repertoire.pieces.get(assignment.piece)
            && let Some(copy) = piece.copy()
        {
            copies.entry(copy).or_default().push(&piece.vct);
        }
    }
    copies
}
