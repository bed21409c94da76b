//! Who asks: what is counted for each client on the way to hosts, and how many questions one has under way.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use web::limits::{Limited, client_key};

/// How many questions under way a client has of those that it may ask within a minute: one of so many. Hosts may let us
/// wait, and what is held meanwhile is bounded for all clients together.
const SHARE: u32 = 20;
const FEWEST: u32 = 4;

tokio::task_local! {
    static CLIENT: IpAddr;
}

/// The client whose question is being answered.
pub(crate) fn current() -> Option<IpAddr> {
    CLIENT.try_with(|client| *client).ok()
}

/// Runs `task` as the answer to a question of `client`.
#[cfg(test)]
pub(crate) async fn of<T>(client: IpAddr, task: impl Future<Output = T>) -> T {
    CLIENT.scope(client_key(client), task).await
}

/// The questions under way.
#[derive(Clone)]
struct Questions {
    under_way: Arc<Mutex<HashMap<IpAddr, u32>>>,
    most: u32,
}

/// One of them; it ends when this goes.
struct Question {
    questions: Questions,
    client: IpAddr,
}

impl Questions {
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
    router.layer(from_fn_with_state(Questions { under_way: Arc::default(), most }, ask))
}

async fn ask(State(questions): State<Questions>, request: Request, next: Next) -> Response {
    let client = client_key(web::proxies::client(request.extensions()));
    match questions.begin(client) {
        Ok(question) => {
            let answer = CLIENT.scope(client, next.run(request)).await;
            drop(question);
            answer
        }
        Err(limited) => limited.into_response(),
    }
}
