//! Making the presentations: held credentials, and what the member says itself, minted for one answer.

use std::collections::{BTreeMap, BTreeSet};

use credentials::dcql::ClaimOption;
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::{Location, Step, types, vc};
use jose::digest;
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use network::terms::{Inbox, Terms};
use openid4vc::vp::transaction_data::Authorising;
use serde_json::{Map, Value};

use super::matching::{Assignment, same_as};
use super::present::PresentError;
use super::repertoire::{Origin, Piece, Repertoire};
use crate::keys::{HolderKey, KeysError, Repeatable};
use crate::question::Selection;
use crate::records::GivenClaim;
use crate::wallet::Wallet;

/// For how many seconds what the member says itself is valid.
pub(crate) const MINTED_FOR: i64 = 300;

/// The keys of one answer.
pub(crate) struct AnswerKeys {
    /// The keys of the copies that are shown.
    pub(crate) copies: BTreeMap<String, HolderKey>,
    /// The key of what is minted, and of the proof of sharing.
    pub(crate) answering: HolderKey,
}

/// Presentations by query, and what they disclose.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) presentations: BTreeMap<String, Vec<String>>,
    pub(crate) given: Vec<GivenClaim>,
}

/// What the presentations are bound to, and what is signed with them.
pub(crate) struct Bound<'a> {
    pub(crate) key_binding: KeyBinding<'a>,
    pub(crate) authorising: Authorising<'a>,
    /// The certificate of whoever asks, if that is its name.
    pub(crate) certificate: Option<&'a [u8]>,
}

/// What goes into minted terms.
pub(crate) struct TermsContent<'a> {
    pub(crate) request: &'a str,
    pub(crate) selection: &'a Selection,
    /// The inbox that was made for whoever asked.
    pub(crate) inbox: Option<Inbox>,
}

impl Wallet {
    /// Makes the presentations for `assignments`.
    pub(crate) async fn make(
        &self,
        assignments: &[&Assignment],
        repertoire: &Repertoire,
        keys: &AnswerKeys,
        binding: &Bound<'_>,
        terms: &TermsContent<'_>,
    ) -> Result<Made, PresentError> {
        let mut made = Made::default();
        for assignment in assignments {
            let piece = repertoire.pieces.get(assignment.piece).ok_or(PresentError::Damaged)?;
            let (claims, key) = match &piece.origin {
                Origin::Held { copy, .. } => (None, keys.copies.get(copy).ok_or(PresentError::Damaged)?),
                Origin::OwnDetails => (Some(own_claims(piece, &assignment.option)), &keys.answering),
                Origin::Terms => (Some(terms_claims(piece, terms)), &keys.answering),
            };
            let minted = match claims {
                Some(claims) => Some(self.mint(piece, claims, key).await?),
                None => None,
            };
            let held = match (&piece.origin, &minted) {
                (Origin::Held { held, .. }, _) => held,
                (_, Some(minted)) => minted,
                (_, None) => return Err(PresentError::Damaged),
            };
            let selection = held.sd_jwt().select_locations(assignment.option.locations());
            let shown = made.presentations.entry(assignment.query.clone()).or_default();
            // Of several answers to one query the first alone authorises (OpenID4VP 1.0 §5.1).
            let further =
                if shown.is_empty() { binding.authorising.claims(&assignment.query) } else { Map::new() };
            let presentation = self.signed_presentation(key, binding.certificate, |signer| {
                let sd_jwt = held.sd_jwt();
                Ok::<_, KeysError>(sd_jwt.present_saying(
                    &selection,
                    &binding.key_binding,
                    &further,
                    signer,
                )?)
            });
            shown.push(presentation.await?);
            if !matches!(piece.origin, Origin::Terms) {
                made.given.extend(given(held, &assignment.option, &terms.selection.audiences));
            }
        }
        Ok(made)
    }

    async fn mint(
        &self,
        piece: &Piece,
        claims: Map<String, Value>,
        key: &HolderKey,
    ) -> Result<Box<vc::Held>, PresentError> {
        let now = self.now();
        let issuing = vc::Issuing {
            vct: &piece.vct,
            claims,
            frame: if piece.vct == types::TERMS {
                Frame::TopLevel { except: Vec::new() }
            } else {
                Frame::Everything { except: Vec::new() }
            },
            decoys: Decoys::default(),
            holder: Some(key.public_jwk()),
            issued_at: Some(now),
            not_before: None,
            expires: Some(now.plus(MINTED_FOR)),
            status: None,
        };
        let randomness = Repeatable::of(self.environment.randomness());
        let minted = self.signed(key, |signer| {
            let minted = issuing.clone().issue_as_holder(signer, randomness.again());
            minted.map_err(|_| PresentError::Minting)
        });
        Ok(Box::new(vc::Held::reopen(&minted.await?).map_err(|_| PresentError::Minting)?))
    }
}

/// Whether there are terms among `assignments` in which an inbox is asked for.
pub(crate) fn asks_for_an_inbox<'a>(
    assignments: impl IntoIterator<Item = &'a Assignment>,
    repertoire: &Repertoire,
) -> bool {
    asks_in_terms("inbox", assignments, repertoire)
}

/// Whether there are terms among `assignments` in which an end of everything is asked for.
pub(crate) fn asks_for_an_end<'a>(
    assignments: impl IntoIterator<Item = &'a Assignment>,
    repertoire: &Repertoire,
) -> bool {
    asks_in_terms("until", assignments, repertoire)
}

fn asks_in_terms<'a>(
    name: &str,
    assignments: impl IntoIterator<Item = &'a Assignment>,
    repertoire: &Repertoire,
) -> bool {
    let is_it = |location: &Location| matches!(location.steps(), [Step::Name(step)] if &**step == name);
    assignments.into_iter().any(|assignment| {
        let piece = repertoire.pieces.get(assignment.piece);
        piece.is_some_and(|piece| matches!(piece.origin, Origin::Terms))
            && assignment.option.locations().any(is_it)
    })
}

/// The details that are shown, and no digests of others.
fn own_claims(piece: &Piece, option: &ClaimOption) -> Map<String, Value> {
    let shown: Vec<&str> = option
        .locations()
        .filter_map(|location| match location.steps().first() {
            Some(Step::Name(name)) => Some(&**name),
            _ => None,
        })
        .collect();
    piece
        .claims
        .iter()
        .filter(|(name, _)| shown.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The terms that were chosen; every member that may be asked for is there.
fn terms_claims(piece: &Piece, content: &TermsContent<'_>) -> Map<String, Value> {
    let terms = Terms {
        request: content.request.to_owned(),
        audiences: content.selection.audiences.clone(),
        until: content.selection.until,
        inbox: content.inbox.clone(),
    };
    let mut claims = piece.claims.clone();
    claims.extend(terms.to_claims());
    claims
}

/// What is given by showing `option`. What merely lies around it and holds digests alone tells nothing (RFC 9901 §4.2.6), and the
/// other side proves nothing of it.
fn given(held: &vc::Held, option: &ClaimOption, audiences: &BTreeMap<String, Audience>) -> Vec<GivenClaim> {
    let processed = held.sd_jwt().processed();
    let sent = option.locations().flat_map(|location| processed.needed_for(location)).collect();
    let said: BTreeSet<usize> = option.locations().flat_map(|location| processed.said_by(location)).collect();
    let disclosed = said.iter().filter_map(|index| processed.disclosed().get(*index));
    disclosed
        .map(|one| {
            let claim = one.location().to_string();
            let value = processed.value_with(&sent, one.location());
            GivenClaim {
                vct: held.facts().vct().to_owned(),
                digest: digest::sha256_base64url(one.encoded()),
                audience: audiences.get(&claim).copied().unwrap_or_default(),
                // The question says it, which is not looked at here.
                seen_in_team: SeenInTeam::default(),
                same_as: value.as_ref().map(same_as).unwrap_or_default(),
                value,
                claim,
            }
        })
        .collect()
}
