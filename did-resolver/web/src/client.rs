//! Who asks: what is counted for each client on the way to hosts, and how many questions one has under way.
//!
//! A question is under way until its answer has been taken. A client of HTTP/2 decides when it takes what it asked for, so
//! the bytes themselves hold its share and the room that they take: whatever holds them until then, they end together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use did_resolver::{Share, Shares, asked_from};
use web::limits::{Limited, client_key, network_key};
use web::{ApiError, Taking, Untaken};

/// How many questions under way a client has of those that it may ask within a minute: one of so many. Hosts may let us
/// wait, and what is held meanwhile is bounded for all clients together, and for those of one network.
const SHARE: u32 = 20;
const FEWEST: u32 = 4;

/// Largest answer that is nothing unusual, in bytes.
const USUAL: usize = 16 << 10;
/// Most bytes of usual answers that are under way to all clients.
const USUAL_ANSWERS: usize = 16 << 20;
/// Most bytes of all others. Whoever is slow to take the largest keeps nobody from the usual ones.
const LARGE_ANSWERS: usize = 48 << 20;
/// Within which an answer has to be taken.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

tokio::task_local! {
    static CLIENT: IpAddr;
}

/// The client whose question is being answered.
pub(crate) fn current() -> Option<IpAddr> {
    CLIENT.try_with(|client| *client).ok()
}

/// Runs `task` as the answer to a question of `client`, and of the network around it.
pub(crate) async fn of<T>(client: IpAddr, task: impl Future<Output = T>) -> T {
    let client = client_key(client);
    asked_from(network_key(client), CLIENT.scope(client, task)).await
}

/// The questions under way, and room for their answers.
#[derive(Clone)]
pub(crate) struct Questions {
    under_way: Arc<Mutex<HashMap<IpAddr, u32>>>,
    most: u32,
    usual: Shares,
    large: Shares,
}

/// One of them; it ends when this goes.
struct Question {
    questions: Questions,
    client: IpAddr,
}

/// An answer that has not been taken, with what it takes.
struct Answer {
    bytes: Bytes,
    _question: Question,
    _place: Share,
    _untaken: Option<Untaken>,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Questions {
    /// As many of each client as `most`, and room for so many bytes of usual and of large answers.
    pub(crate) fn new(most: u32, usual: usize, large: usize) -> Self {
        Self { under_way: Arc::default(), most, usual: Shares::of(usual), large: Shares::of(large) }
    }

    fn begin(&self, client: IpAddr) -> Result<Question, Limited> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = under_way.entry(client).or_default();
        if *of_client >= self.most {
            return Err(Limited { retry_after: 1 });
        }
        *of_client = of_client.saturating_add(1);
        Ok(Question { questions: self.clone(), client })
    }
}

impl Question {
    /// A place for its answer. It is there already, so nobody waits.
    fn place(&self, bytes: usize) -> Option<Share> {
        let room = if bytes <= USUAL { &self.questions.usual } else { &self.questions.large };
        room.take(network_key(self.client), bytes)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut under_way = self.questions.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let left = under_way.get(&self.client).map_or(0, |of_client| of_client.saturating_sub(1));
        if left == 0 {
            under_way.remove(&self.client);
        } else {
            under_way.insert(self.client, left);
        }
    }
}

/// `router` where the client of each question is known and has a share of those that are under way, if it may ask `budget`
/// within a minute.
pub(crate) fn known(router: Router, budget: u32) -> Router {
    let most = budget.checked_div(SHARE).unwrap_or(FEWEST).max(FEWEST);
    counted(router, Questions::new(most, USUAL_ANSWERS, LARGE_ANSWERS))
}

/// `router` where each question is one of `questions`.
pub(crate) fn counted(router: Router, questions: Questions) -> Router {
    router.layer(from_fn_with_state(questions, ask))
}

async fn ask(State(questions): State<Questions>, request: Request, next: Next) -> Response {
    let client = client_key(web::proxies::client(request.extensions()));
    let taking = Taking::of(request.extensions());
    match questions.begin(client) {
        Ok(question) => {
            let answer = of(client, next.run(request)).await;
            until_taken(answer, question, taking.as_ref()).await
        }
        Err(limited) => limited.into_response(),
    }
}

/// `answer`, whose question ends when it has been taken or nobody waits for it any more.
async fn until_taken(answer: Response, question: Question, taking: Option<&Taking>) -> Response {
    let (head, body) = answer.into_parts();
    // All our answers are whole when they begin.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return ApiError::internal().into_response() };
    let Some(place) = question.place(bytes.len()) else { return ApiError::busy(1).into_response() };
    let untaken = taking.map(|taking| taking.within(TAKEN_WITHIN));
    let answer = Answer { bytes, _question: question, _place: place, _untaken: untaken };
    Response::from_parts(head, Body::from(Bytes::from_owner(answer)))
}
