//! Whom a flow asks: the member at its page, nobody, or the member alone where nothing was said about it yet.

use std::sync::Arc;

use wallet::{BoxFuture, Choice, Consent, FaultyRequest, OfferChoice, Offered, Question};

use super::{Flow, Said, Stage};
use crate::words::is_known;

/// The member, at the page of one flow.
pub(crate) struct AtThePage(pub(crate) Arc<Flow>);

impl Consent for AtThePage {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(self.0.ask_question(question))
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(self.0.ask_about_offer(offered))
    }

    fn reports<'a>(&'a self, faulty: &'a FaultyRequest) -> BoxFuture<'a, bool> {
        let faulty = Arc::new(faulty.clone());
        Box::pin(async move { matches!(self.0.ask(Stage::Reports(faulty)).await, Some(Said::Report(true))) })
    }

    fn waits(&self, asker: &str, seconds: i64) {
        self.0.stand_at(Stage::Waits(Some(asker.to_owned()), seconds));
    }
}

/// Nobody, while the very same answer goes again: the member said already what there was to say.
pub(crate) struct SaidBefore(pub(crate) Arc<Flow>);

impl Consent for SaidBefore {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::LeaveOpen))
    }

    fn accepts<'a>(&'a self, _: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(std::future::ready(OfferChoice::LeaveOpen))
    }

    fn waits(&self, asker: &str, seconds: i64) {
        self.0.stand_at(Stage::Waits(Some(asker.to_owned()), seconds));
    }
}

/// The member, of what follows what they shared: what was asked for by that, of the kinds that this network knows, is taken without
/// another question. It comes from the very party that was answered: nobody else's offer is looked at there.
pub(crate) struct WhatFollows(pub(crate) Arc<Flow>);

impl Consent for WhatFollows {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(self.0.ask_question(question))
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        let is_asked_for = offered.credentials.iter().all(|one| is_known(&one.vct));
        if is_asked_for {
            return Box::pin(std::future::ready(OfferChoice::Accept));
        }
        Box::pin(self.0.ask_about_offer(offered))
    }
}
