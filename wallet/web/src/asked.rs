//! The page of one link that was opened: what it asks or offers, and what came of it ([`outcome`]).

mod outcome;

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use credentials::types;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use wallet::{Choice, FaultyRequest, OfferChoice, Offered, Question, shown};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::page::Page;

use crate::flows::{Flow, Said, Stage, Turn};
use crate::frame::{self, ELSEWHERE};
use crate::hosts::{host_of, lookalike};
use crate::question::{
    Chosen, FormOf, Live, PICK, QuestionPage, SET, Wrong, chosen, not_offered, not_shared, preset,
};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::{Unlocked, desk_if_unlocked};
use crate::words::{is_known, kind};

/// The script that tells at once whether what is ticked can be shared.
pub(crate) const SCRIPT: &str = "/asked.js";

/// The form that answers.
pub(crate) struct Answered;

impl Purpose for Answered {
    const NAME: &'static str = "wallet-answered";
}

/// Where a flow is looked at.
pub(crate) fn address_of(flow: &Flow) -> String {
    format!("/asked/{}", flow.name)
}

/// The name of the flow that is looked at there.
pub(crate) fn name_in(path: &str) -> Option<&str> {
    path.strip_prefix("/asked/").filter(|name| !name.contains('/'))
}

/// The field that says that an answer came when the wallet was not open any more.
const UNSENT: &str = "unsent";

/// The box of an offer: whether an office is asked for a passport then.
const FOR_PASSPORT: &str = "passport";

/// Where whoever sent an answer there, and has no session any more, is told that nothing was sent.
pub(crate) fn unsent(path: &str) -> Option<String> {
    name_in(path).map(|_| format!("{path}?{UNSENT}=yes"))
}

/// Who waits, at home.
pub(crate) fn asker_of(stage: &Stage) -> String {
    match stage {
        Stage::Asks(question) => shown(&question.asker.name),
        Stage::Offers(offered) => host_of(&offered.issuer),
        Stage::NeedsCode(issuer) => host_of(issuer),
        Stage::Reports(faulty) => shown(&faulty.asker),
        Stage::Waits(asker, _) => shown(asker.as_deref().unwrap_or_default()),
        Stage::Working | Stage::Over(_) => String::new(),
    }
}

#[derive(Template)]
#[template(path = "working.html")]
struct Working {
    words: Words,
    title: String,
    text: String,
    status_url: String,
    state: String,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    words: Words,
    form: FormOf,
    title: String,
    lookalike: Option<String>,
    claimed: Option<String>,
    things: Vec<String>,
    /// Where a membership leads to a passport: what is said at the box.
    then_passport: Option<String>,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    words: Words,
    form: FormOf,
    place: String,
    lookalike: Option<String>,
}

#[derive(Template)]
#[template(path = "faulty.html")]
struct FaultyPage {
    words: Words,
    form: FormOf,
    title: String,
    text: String,
    /// What rule that is, in English.
    problem: String,
    tell: String,
}

/// `GET /asked/{name}`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let is_unsent = fields.optional(UNSENT).is_some();
    let Some(flow) = unlocked.desk.flows().named(&name) else {
        return gone(&site, words, &unlocked, is_unsent);
    };
    flow.settled().await;
    if let Err(failed) = asked_by_what_there_is(&unlocked, &flow).await {
        return failed.page(words);
    }
    let turn = match by_now(&unlocked, &flow).await {
        Ok(turn) => turn,
        Err(failed) => return failed.page(words),
    };
    let pages = Pages { site: &site, words, unlocked: &unlocked, flow: &flow };
    let wrong = is_unsent.then(|| Wrong { field: "parts", said: words.say("asks-unsent") });
    pages.of(&turn, |question| preset(question, fields.optional(PICK), fields.optional(SET)), wrong)
}

/// Where a flow is, of which the question is asked as it is by now: its member may have joined since, at another page.
async fn by_now(unlocked: &Unlocked, flow: &Flow) -> Result<Turn, Failed> {
    let turn = flow.turn();
    if let Stage::Asks(question) = &turn.stage
        && let Some(question) = unlocked.wallet.question_by_now(question).await?
    {
        flow.ask_in_its_place(turn.number, question);
    }
    Ok(flow.turn())
}

/// A question that is looked at is asked by what its member has by now: what was missing may have been filled in since.
async fn asked_by_what_there_is(unlocked: &Unlocked, flow: &Flow) -> Result<(), Failed> {
    let turn = flow.turn();
    if let Stage::Asks(question) = &turn.stage
        && unlocked.wallet.has_other_things_since(question).await?
        && flow.say(turn.number, Said::Choice(Choice::AskAgain))
    {
        flow.settled().await;
    }
    Ok(())
}

/// `GET /asked/{name}/status`: where it is, for the script of a page that waits.
pub(crate) async fn status(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response {
    let flow = match desk_if_unlocked(&site, &headers).await {
        Ok(desk) => desk.and_then(|desk| desk.flows().named(&name)),
        Err(failed) => return failed.page(words),
    };
    Json(match flow {
        Some(flow) => json!({ "state": state_of(&flow.turn()) }),
        None => json!({ "state": "gone" }),
    })
    .into_response()
}

fn state_of(turn: &Turn) -> String {
    turn.number.to_string()
}

/// `POST /asked/{name}/check`: whether what is ticked can be shared, for the page's script.
pub(crate) async fn check(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    Path(name): Path<String>,
    form: CsrfForm<Answered>,
) -> Response {
    let flow = match desk_if_unlocked(&site, &headers).await {
        Ok(desk) => desk.and_then(|desk| desk.flows().named(&name)),
        Err(failed) => return failed.page(words),
    };
    let turn = flow.map(|flow| flow.turn());
    let Some(Turn { stage: Stage::Asks(question), .. }) = turn.filter(|turn| is_of(turn, &form.fields))
    else {
        return Json(json!({ "gone": true })).into_response();
    };
    Json(Live::of(words, &question, &chosen(&question, &form.fields)).to_json()).into_response()
}

/// Whether a form is that of this turn.
fn is_of(turn: &Turn, fields: &Fields) -> bool {
    fields.optional("turn") == Some(state_of(turn).as_str())
}

/// `POST /asked/{name}`.
pub(crate) async fn answer(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    Path(name): Path<String>,
    form: CsrfForm<Answered>,
) -> Response {
    let Some(flow) = unlocked.desk.flows().named(&name) else {
        return gone(&site, words, &unlocked, false);
    };
    let seen = flow.turn();
    let turn = match by_now(&unlocked, &flow).await {
        Ok(turn) => turn,
        Err(failed) => return failed.page(words),
    };
    let pages = Pages { site: &site, words, unlocked: &unlocked, flow: &flow };
    if turn.number != seen.number && is_of(&seen, &form.fields) {
        return pages.asked_otherwise(&turn, &form.fields);
    }
    // What was answered already, or is another question now, is shown as it is: nothing is taken for an answer to what was not seen.
    if is_of(&turn, &form.fields) {
        match pages.said(&turn.stage, &form.fields) {
            Ok(Some(said)) => {
                flow.say(turn.number, said);
            }
            Ok(None) => {}
            Err(unsent) => return pages.unsent(&turn, *unsent),
        }
    }
    Redirect::to(&address_of(&flow)).into_response()
}

/// A choice that is not sent.
struct Unsent {
    /// Why it cannot be; none where nobody asked for that.
    wrong: Option<Wrong>,
    chosen: Chosen,
}

/// The pages of one flow, for one browser.
struct Pages<'a> {
    site: &'a WalletWeb,
    words: Words,
    unlocked: &'a Unlocked,
    flow: &'a Arc<Flow>,
}

impl Pages<'_> {
    /// What a form says to what is asked.
    fn said(&self, stage: &Stage, fields: &Fields) -> Result<Option<Said>, Box<Unsent>> {
        let answer = fields.optional("answer").unwrap_or_default();
        Ok(match stage {
            Stage::Asks(question) => self.choice(question, answer, fields)?.map(Said::Choice),
            Stage::Offers(_) => match answer {
                "take" if fields.optional(FOR_PASSPORT).is_some() => Some(Said::TakeForPassport),
                "take" => Some(Said::Offer(OfferChoice::Accept)),
                "no" => Some(Said::Offer(OfferChoice::Refuse)),
                "later" => Some(Said::Offer(OfferChoice::LeaveOpen)),
                _ => None,
            },
            Stage::NeedsCode(_) if answer == "later" => Some(Said::Offer(OfferChoice::LeaveOpen)),
            Stage::NeedsCode(_) => {
                let code = fields.optional("code").map(str::trim).filter(|code| !code.is_empty());
                code.map(|code| Said::Code(code.to_owned()))
            }
            Stage::Reports(_) => match answer {
                "tell" => Some(Said::Report(true)),
                "later" => Some(Said::Report(false)),
                _ => None,
            },
            Stage::Working | Stage::Waits(..) | Stage::Over(_) => None,
        })
    }

    fn choice(
        &self,
        question: &Question,
        answer: &str,
        fields: &Fields,
    ) -> Result<Option<Choice>, Box<Unsent>> {
        let words = self.words;
        let chosen = chosen(question, fields);
        match answer {
            "share" => match not_shared(words, question, &chosen) {
                None => Ok(Some(Choice::Share(chosen.selection))),
                wrong => Err(Box::new(Unsent { wrong, chosen })),
            },
            "less" => match not_offered(words, question, &chosen) {
                Ok(offer) => Ok(Some(Choice::OfferLess(offer))),
                Err(wrong) => Err(Box::new(Unsent { wrong: Some(wrong), chosen })),
            },
            // Enter in a box: the page as it is, with what is ticked.
            "look" => Err(Box::new(Unsent { wrong: None, chosen })),
            "no" => Ok(Some(Choice::Refuse)),
            "later" => Ok(Some(Choice::LeaveOpen)),
            _ => Ok(None),
        }
    }

    /// What was said to a question that is another one by now. A no is one all the same; of anything else its member reads first
    /// what has changed.
    fn asked_otherwise(&self, turn: &Turn, fields: &Fields) -> Response {
        let answer = fields.optional("answer").unwrap_or_default();
        let Stage::Asks(question) = &turn.stage else {
            return gone(self.site, self.words, self.unlocked, false);
        };
        if let ("no" | "later", Ok(Some(choice))) = (answer, self.choice(question, answer, fields)) {
            self.flow.say(turn.number, Said::Choice(choice));
            return Redirect::to(&address_of(self.flow)).into_response();
        }
        let said = self.words.say_with("asks-again-member", &[("asker", &shown(&question.asker.name))]);
        let wrong = Some(Wrong { field: "parts", said });
        self.unsent(turn, Unsent { wrong, chosen: chosen(question, fields) })
    }

    fn form(&self, turn: &Turn) -> FormOf {
        FormOf {
            action: address_of(self.flow),
            turn: turn.number,
            csrf: self.site.csrf.token::<Answered>(&self.unlocked.session()),
        }
    }

    /// The page of what is asked in this turn, with what is chosen at first; `wrong` is what is to be known before.
    fn of(&self, turn: &Turn, chosen: impl FnOnce(&Question) -> Chosen, wrong: Option<Wrong>) -> Response {
        let words = self.words;
        match &turn.stage {
            Stage::Asks(question) => self.question(turn, question, &chosen(question), wrong).into_response(),
            Stage::Offers(offered) => self.page(&words.say("offers-title-page"), self.offer(turn, offered)),
            Stage::NeedsCode(issuer) => {
                let host = host_of(issuer);
                let place = words.say_with("code-place", &[("host", &host)]);
                let lookalike = lookalike(words, &host);
                self.page(
                    &words.say("code-title"),
                    CodePage { words, form: self.form(turn), place, lookalike },
                )
            }
            Stage::Reports(faulty) => self.page(&words.say("failed-title"), self.faulty(turn, faulty)),
            Stage::Over(outcome) => self.over(outcome),
            Stage::Working => self.working(turn, words.say("open-working"), words.say("open-working-text")),
            Stage::Waits(asker, seconds) => {
                let seconds = seconds.to_string();
                let asker = asker.as_deref().map(shown);
                let text = match &asker {
                    Some(asker) => {
                        words.say_with("open-sent-waits", &[("asker", asker), ("seconds", &seconds)])
                    }
                    None => words.say_with("open-sent-waits-there", &[("seconds", &seconds)]),
                };
                self.working(turn, words.say("open-working"), text)
            }
        }
    }

    fn question(
        &self,
        turn: &Turn,
        question: &Question,
        chosen: &Chosen,
        wrong: Option<Wrong>,
    ) -> impl IntoResponse + use<> {
        let body = QuestionPage::new(self.words, self.form(turn), question, chosen, wrong);
        let is_at_host = self.site.desks.vaults().are_many();
        let body = if is_at_host { body.agreed_in_browser(question, chosen) } else { body };
        self.framed(body.title(), body).with_script(SCRIPT)
    }

    fn unsent(&self, turn: &Turn, Unsent { wrong, chosen }: Unsent) -> Response {
        let Stage::Asks(question) = &turn.stage else {
            return gone(self.site, self.words, self.unlocked, false);
        };
        let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        (status, self.question(turn, question, &chosen, wrong)).into_response()
    }

    fn page(&self, title: &str, body: impl std::fmt::Display) -> Response {
        self.framed(title.to_owned(), body).into_response()
    }

    fn framed<B: std::fmt::Display>(&self, title: String, body: B) -> Page<B> {
        frame::page(self.site, self.words, self.unlocked, ELSEWHERE, title, body)
    }

    fn working(&self, turn: &Turn, title: String, text: String) -> Response {
        let body = Working {
            words: self.words,
            title: title.clone(),
            text,
            status_url: self.status_url(),
            state: state_of(turn),
        };
        self.framed(title, body).with_waiting().into_response()
    }

    fn status_url(&self) -> String {
        format!("{}/status", address_of(self.flow))
    }

    fn offer(&self, turn: &Turn, offered: &Offered) -> OfferPage {
        let words = self.words;
        let issuer = host_of(&offered.issuer);
        let things = offered.credentials.iter().map(|one| match &one.claimed_name {
            // What this wallet has no word for has that of whoever offers it.
            Some(name) if !is_known(&one.vct) => format!("{} ({})", shown(name), shown(&one.vct)),
            _ => kind(words, &one.vct),
        });
        OfferPage {
            words,
            form: self.form(turn),
            title: words.say_with("offers-title", &[("issuer", &issuer)]),
            lookalike: lookalike(words, &issuer),
            claimed: offered
                .claimed_name
                .as_deref()
                .map(|name| words.say_with("offers-claimed", &[("name", &shown(name))])),
            things: things.collect(),
            then_passport: self
                .flow
                .asked_last()
                .office
                .filter(|_| offered.credentials.iter().any(|one| one.vct == types::MEMBERSHIP))
                .map(|office| words.say_with("offers-then-passport", &[("office", &shown(&office.name))])),
        }
    }

    fn faulty(&self, turn: &Turn, faulty: &FaultyRequest) -> FaultyPage {
        let words = self.words;
        FaultyPage {
            words,
            form: self.form(turn),
            title: words.say_with("asks-faulty", &[("asker", &shown(&faulty.asker))]),
            text: words.say_with("asks-faulty-text", &[("code", faulty.code)]),
            problem: shown(&faulty.problem),
            tell: words.say_with("asks-faulty-tell", &[("host", &shown(&faulty.host))]),
        }
    }
}

/// Nothing is there any more, or the wallet was locked in between; whoever answered meanwhile is told that nothing was sent.
fn gone(site: &WalletWeb, words: Words, unlocked: &Unlocked, is_unsent: bool) -> Response {
    let over = words.say("failed-gone");
    let said = if is_unsent { format!("{} {over}", words.say("asks-unsent")) } else { over };
    frame::sentence(site, words, unlocked, StatusCode::NOT_FOUND, words.say("failed-title"), said)
}
