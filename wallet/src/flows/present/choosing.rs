//! What could be answered, and what the member may choose of it.

use std::collections::{BTreeMap, BTreeSet};

use credentials::dcql::{CredentialQuery, Id, Query, Wanted};
use credentials::{ClaimsPath, types};
use environment::Timestamp;
use jose::{base64url, digest};
use openid4vc::vp::transaction_data::Transaction;
use serde_json::{Value, json};

use super::{Checked, PresentError};
use crate::error::WalletError;
use crate::flows::counter_offer::alternatives;
use crate::flows::matching::{Assignment, Assignments, asker, assign, is_for, question};
use crate::flows::minting::{asks_for_an_end, asks_for_an_inbox};
use crate::flows::networks::of_other_networks;
use crate::flows::origin::host_of;
use crate::flows::refill::kept_back_from;
use crate::flows::repertoire::Repertoire;
use crate::flows::upkeep::Looking;
use crate::question::{Authorised, BoundTo, Question, Selection};
use crate::records::{Copy, DetailSet, SpaceView};
use crate::vault::VaultError;
use crate::wallet::Wallet;

const A_DAY: i64 = 86_400;

/// What could be answered, before the member chose.
pub(in crate::flows) struct Prepared {
    pub(in crate::flows) repertoire: Repertoire,
    pub(in crate::flows) assignments: Assignments,
    pub(in crate::flows) question: Question,
    pub(in crate::flows) request_hash: String,
    /// The same with the own details of each other set that it could be answered from.
    in_other_sets: Vec<Prepared>,
}

impl Prepared {
    /// What the member chose: with the details of the set of the selection.
    pub(in crate::flows) fn chosen(mut self, selection: &Selection) -> Self {
        let chosen = selection.own_set.as_deref();
        let other = self.in_other_sets.iter().position(|other| other.question.own_set.as_deref() == chosen);
        match other.filter(|_| chosen.is_some() && chosen != self.question.own_set.as_deref()) {
            Some(position) => self.in_other_sets.swap_remove(position),
            None => self,
        }
    }
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
        let known = Known {
            request_hash: base64url::encode(checked.request.digest()),
            copies: self.vault.list::<Copy>().await?,
            spaces: self.known_spaces().await?,
            gives_inbox: match checked.requester.space() {
                Some(space) => self.has_inbox_for(space).await?,
                None => false,
            },
            first_end: self.first_end(),
            drawn_from: self.what_there_is().await?,
        };
        let mut kept_back = kept_back_from(party, &known.copies, self.now());
        let joined = self.vault.list::<crate::records::JoinedNetwork>().await?;
        kept_back.extend(of_other_networks(&known.copies, &checked.requester, &joined));
        let own = self.kept_own_details().await?;
        let hash = &known.request_hash;
        let query = checked.request.query();
        let repertoire = Repertoire::new(query, &known.copies, &kept_back, own.to_claims(), hash, self.now());
        let sets: Vec<&DetailSet> =
            if asks_for_own(checked.request.query()) { own.sets().collect() } else { Vec::new() };
        if sets.is_empty() {
            return Ok(prepare(checked, party, &known, repertoire));
        }
        let in_set = |set: &&DetailSet| {
            let repertoire = repertoire.with_own(own.claims_in(Some(&set.id)));
            let mut prepared = prepare(checked, party, &known, repertoire);
            prepared.question.own_set = Some(set.id.clone());
            prepared
        };
        let mut each: Vec<Prepared> = sets.iter().map(in_set).collect();
        let purpose =
            each.first().and_then(|one| one.question.purpose.as_ref()).map(|purpose| purpose.text.clone());
        let offered = own.set_for(checked.requester.space(), purpose.as_deref(), &known.spaces);
        Ok(offering(&mut each, offered, &sets).unwrap_or_else(|| prepare(checked, party, &known, repertoire)))
    }
}

impl Wallet {
    /// A question as it is by now, where the member has become one of the asker's since it was made; none where it is as it was.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub async fn question_by_now(&self, question: &Question) -> Result<Option<Question>, WalletError> {
        let Some(space) = question.asker.did.as_deref().filter(|_| question.takes_for_new) else {
            return Ok(None);
        };
        if question.joins_again || !is_member(&self.vault.list::<Copy>().await?, space) {
            return Ok(None);
        }
        let mut by_now = Question { joins_again: true, ..question.clone() };
        by_now.in_other_sets.iter_mut().for_each(|other| other.joins_again = true);
        Ok(Some(by_now))
    }

    /// Whether the member has something else by now than when a question was made: own details that were filled in since, or a
    /// credential that came. [`Choice::AskAgain`](crate::Choice::AskAgain) asks it by that.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub async fn has_other_things_since(&self, question: &Question) -> Result<bool, WalletError> {
        // A question that no wallet has drawn up is asked by nothing.
        let is_drawn = !question.drawn_from.is_empty();
        Ok(is_drawn && question.drawn_from != self.what_there_is().await?)
    }

    /// A hash of what could be given: the own details of each set, and which kinds of credentials by whom can be shown.
    async fn what_there_is(&self) -> Result<String, VaultError> {
        let own = self.kept_own_details().await?;
        let said: Vec<Value> = own
            .sets()
            .map(|set| json!([set.id, set.name.as_str(), own.claims_in(Some(&set.id))]))
            .chain([Value::Object(own.to_claims())])
            .collect();
        let now = self.now();
        let copies = self.vault.list::<Copy>().await?;
        let fresh = copies.iter().filter(|copy| copy.is_fresh(now)).flat_map(|copy| &copy.credentials);
        let kinds: BTreeSet<(&str, &str)> =
            fresh.map(|one| (one.vct.as_str(), one.issuer.as_str())).collect();
        Ok(digest::sha256_base64url(json!([said, kinds]).to_string()))
    }

    /// The first moment at which what is given now may be taken back by itself: spaces want to have it for a day (specs/refusals.md,
    /// `until_too_soon`), and an end is a day of the calendar.
    fn first_end(&self) -> i64 {
        self.now().plus(2 * A_DAY).start_of_day().seconds()
    }
}

/// What the wallet knows beside its own details.
struct Known {
    request_hash: String,
    copies: Vec<Copy>,
    spaces: Vec<SpaceView>,
    /// Whether there would be an inbox for whoever asks.
    gives_inbox: bool,
    /// The first moment at which what is given may be taken back by itself.
    first_end: i64,
    /// As that of [`Question`].
    drawn_from: String,
}

/// What could be answered with these pieces.
fn prepare(checked: &Checked, party: Option<&str>, known: &Known, repertoire: Repertoire) -> Prepared {
    let query = checked.request.query();
    // Who is asked for by the wallet itself shows who it is beside what it gives, under another key.
    let one_key_only = party.is_none() && checked.requester.takes_one_key_only();
    let assignments = assign(query, &repertoire, one_key_only);
    let host = host_of(checked.request.response_uri()).unwrap_or_default();
    let asker = asker(&checked.requester, &host, checked.bound_by.clone());
    let said = checked.request.verifier_info();
    let mut question =
        question(query, &assignments, &repertoire, &checked.requester, said, asker, &known.spaces);
    question.one_key_only = one_key_only;
    question.bound_to = BoundTo {
        audience: checked.request.client_id().as_str().to_owned(),
        nonce: checked.request.nonce().to_owned(),
    };
    question.ends_at = checked.request.expires_at().map(Timestamp::seconds);
    question.authorises = checked.request.transactions().iter().map(authorised).collect();
    question.gives_inbox = known.gives_inbox && asks_for_an_inbox(assignments.iter(), &repertoire);
    // A party that is asked for a refill takes nobody for somebody new.
    let space = checked.requester.space().filter(|_| party.is_none());
    question.takes_for_new = space.is_some_and(|space| !wants_own_membership(query, space));
    question.joins_again =
        question.takes_for_new && space.is_some_and(|space| is_member(&known.copies, space));
    question.first_end = asks_for_an_end(assignments.iter(), &repertoire).then_some(known.first_end);
    if checked.counter_offers().is_some() {
        question.takes_counter_offers = true;
        question.alternatives = alternatives(&question, &repertoire);
    }
    question.drawn_from.clone_from(&known.drawn_from);
    let request_hash = known.request_hash.clone();
    question.request.clone_from(&request_hash);
    Prepared { repertoire, assignments, question, request_hash, in_other_sets: Vec::new() }
}

/// Of what could be answered from each set, that of the set which is offered, with the others beside it: those that say something
/// else, and of which enough is there if there is of any. A set of which not enough is there gives way to one of which is.
fn offering(each: &mut Vec<Prepared>, offered: Option<&DetailSet>, sets: &[&DetailSet]) -> Option<Prepared> {
    if each.iter().any(|one| one.question.can_be_satisfied()) {
        each.retain(|one| one.question.can_be_satisfied());
    }
    let is_offered = |one: &Prepared| one.question.own_set.as_deref() == offered.map(|set| set.id.as_str());
    let position = each.iter().position(is_offered).unwrap_or(0);
    if position >= each.len() {
        return None;
    }
    let mut first = each.remove(position);
    let (same, others): (Vec<_>, Vec<_>) =
        each.drain(..).partition(|other| other.question.asks_the_same_as(&first.question));
    first.question.same_sets = same.into_iter().filter_map(|other| other.question.own_set).collect();
    *each = others;
    if !each.is_empty() {
        let could = |set: &&&DetailSet| {
            first.question.own_set.as_ref() == Some(&set.id)
                || each.iter().any(|one| one.question.own_set.as_ref() == Some(&set.id))
        };
        first.question.sets = sets.iter().filter(could).map(|set| (*set).clone()).collect();
        first.question.in_other_sets = each.iter().map(|one| one.question.clone()).collect();
        first.in_other_sets = std::mem::take(each);
    }
    Some(first)
}

/// Whether own details are asked for.
fn asks_for_own(query: &Query) -> bool {
    let takes = |wanted: &Wanted| matches!(wanted, Wanted::SdJwtVc { vct_values } if vct_values.iter().any(|one| one == types::OWN));
    query.credentials().iter().any(|asked| takes(&asked.wanted))
}

fn is_member(copies: &[Copy], space: &str) -> bool {
    copies.iter().flat_map(|copy| &copy.credentials).any(|one| one.is_living_membership_of(space))
}

/// Whether nobody can answer without the membership of this very space: by it the space knows its member again. A form that asks for
/// some membership takes that of any space, and what may be left out tells it nothing.
fn wants_own_membership(query: &Query, space: &str) -> bool {
    let bound = query.credentials().iter().filter(|asked| is_bound_to(asked, space));
    let bound: Vec<&Id> = bound.map(|asked| &asked.id).collect();
    let sets = query.credential_sets();
    if sets.is_empty() {
        // Without sets everything is needed (OpenID4VP 1.0 §6.4.2).
        return !bound.is_empty();
    }
    let is_bound = |option: &Vec<Id>| option.iter().any(|id| bound.contains(&id));
    sets.iter().any(|set| set.required && set.options.iter().all(is_bound))
}

/// Whether a membership is asked for whose claim `space` is the DID of this space and nothing else.
fn is_bound_to(asked: &CredentialQuery, space: &str) -> bool {
    let path = ClaimsPath::name("space");
    // A second query for the same claim is ignored (OpenID4VP 1.0 §6.1), and a claim set may leave the claim out.
    let claim = asked.claims.iter().find(|claim| claim.path == path);
    let own = Value::from(space);
    let values = claim.map(|claim| claim.values.as_slice()).unwrap_or_default();
    is_for(asked, types::MEMBERSHIP)
        && asked.claim_sets.is_empty()
        && !values.is_empty()
        && values.iter().all(|value| value.matches(&own))
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
