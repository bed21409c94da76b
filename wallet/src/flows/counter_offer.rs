//! Offering a space less than it asked (specs/profile.md §7).
//!
//! Names of claims go out, chosen by the member, to the host of whoever asked and to nobody else. What the space asks
//! then is checked and shown like any other request, beside what it asked before.

use std::collections::BTreeMap;

use credentials::{ClaimsPath, types};
use network::counter_offer::{self as wire, Reply};
use openid4vc::http::Request;
use openid4vc::vp::link::Link;
use trust::Role;

use super::matching::{is_for, text};
use super::origin::is_same_origin;
use super::present::{Checked, Prepared, PresentError};
use super::repertoire::Repertoire;
use crate::carrier::send;
use crate::question::{Alternative, CounterOffer, Promised, Question};
use crate::wallet::Wallet;

/// A request that a space makes in the place of another.
pub(super) struct Anew {
    pub(super) link: String,
    /// The DID of whoever asked before: nobody else is answered.
    pub(super) asker: String,
    /// What was asked before, and who of the team was to see it.
    pub(super) before: Vec<Promised>,
    /// What the member had offered, if that is why.
    pub(super) offer: Option<CounterOffer>,
    /// Why, in the space's words.
    pub(super) reason: Option<String>,
}

impl Checked {
    /// Where counter-offers go: named once, by a space of the network, at the very origin that the answer goes to.
    pub(super) fn counter_offers(&self) -> Option<&str> {
        if self.requester.network.is_none() || self.requester.role != Some(Role::Space) {
            return None;
        }
        let mut entries = self.request.verifier_info().iter().filter(|info| info.format == wire::FORMAT);
        let one = entries.next()?;
        if entries.next().is_some() {
            return None;
        }
        wire::uri(&one.data).filter(|uri| is_same_origin(uri, self.request.response_uri()))
    }
}

impl Wallet {
    /// Offers less; what the space asks for then is to be shown to the member.
    pub(super) async fn offer_less(
        &self,
        checked: &Checked,
        prepared: &Prepared,
        offer: CounterOffer,
    ) -> Result<Anew, PresentError> {
        prepared.question.check_offer(&offer)?;
        let (Some(uri), Some(asker), Some(state)) =
            (checked.counter_offers(), &checked.requester.did, checked.request.state())
        else {
            return Err(PresentError::NoCounterOffer(crate::question::NoCounterOffer::NotTaken));
        };
        let message = message(&checked.request, prepared, state, &offer)?;
        let request = Request::post(uri, wire::MEDIA_TYPE, message.to_json());
        let answer = send(self.fetch.as_ref(), request).await?;
        if answer.status != 200 {
            return Err(PresentError::OfferNotTaken(answer.status));
        }
        let reply = Reply::from_json(&answer.body).map_err(|_| PresentError::OfferUnanswered)?;
        match reply {
            Reply::Declined { reason } => Err(PresentError::OfferDeclined(reason)),
            Reply::NewRequest { request } => {
                if !is_at(&request.link, uri) {
                    return Err(PresentError::OtherAsker);
                }
                Ok(Anew {
                    link: request.link,
                    asker: asker.clone(),
                    before: prepared.question.promised(),
                    offer: Some(offer),
                    reason: None,
                })
            }
        }
    }
}

/// Whether the request behind `link` lies at the origin of `uri`.
pub(super) fn is_at(link: &str, uri: &str) -> bool {
    match Link::parse(link) {
        Ok(Link::Reference { request_uri, .. }) => is_same_origin(&request_uri, uri),
        // Whoever signed it is looked at in any case.
        Ok(_) => true,
        Err(_) => false,
    }
}

fn message(
    request: &openid4vc::vp::request::AuthorizationRequest,
    prepared: &Prepared,
    state: &str,
    offer: &CounterOffer,
) -> Result<wire::CounterOffer, PresentError> {
    let paths: BTreeMap<String, &ClaimsPath> = request
        .query()
        .credentials()
        .iter()
        .filter(|query| !is_for(query, types::TERMS))
        .flat_map(|query| &query.claims)
        .map(|claim| (claim.path.to_string(), &claim.path))
        .collect();
    let asked = |name: &String| {
        let unknown = || crate::question::NoCounterOffer::NotAsked(name.clone());
        paths.get(name).copied().cloned().ok_or_else(|| PresentError::NoCounterOffer(unknown()))
    };
    let instead = offer.instead.iter().map(|(of, other)| {
        let none = crate::question::NoCounterOffer::NoAlternative { of: of.clone(), offer: other.clone() };
        let offer = wire::path_of(other).ok_or(PresentError::NoCounterOffer(none))?;
        Ok(wire::Instead { of: asked(of)?, offer })
    });
    Ok(wire::CounterOffer {
        request: prepared.request_hash.clone(),
        state: state.to_owned(),
        offered: offer.give.iter().map(asked).collect::<Result<_, _>>()?,
        instead: instead.collect::<Result<_, PresentError>>()?,
    })
}

/// What the member has that says less than something that is asked for. Only what says yes: a no would say more.
pub(super) fn alternatives(question: &Question, repertoire: &Repertoire) -> Vec<Alternative> {
    let mut found = Vec::new();
    for of in question.asked() {
        for offer in wire::less_telling(&of) {
            let path = wire::path_of(offer);
            let held = repertoire.pieces.iter().filter(|piece| piece.vct == types::PROFILE);
            let value = path.and_then(|path| {
                held.filter_map(|piece| path.select(&piece.claims).ok())
                    .flat_map(|selected| selected.into_iter().map(|(_, value)| value))
                    .find(|value| value.as_bool() == Some(true))
                    .map(text)
            });
            found.extend(value.map(|value| Alternative {
                of: of.clone(),
                offer: (*offer).to_owned(),
                value,
            }));
        }
    }
    found
}
