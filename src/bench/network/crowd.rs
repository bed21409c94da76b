//! Members who sign up, many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::http::HeaderName;
use environment::Environment;
use outbound::{HttpClient, Policy, Request, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use super::figures::Latency;
use super::latency;
use super::making::Places;
use super::member::Member;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A call may wait behind many others.
const PATIENCE: Duration = Duration::from_secs(120);

/// What signing up took.
pub(super) struct SignedUp {
    pub(super) per_second: f64,
    pub(super) latency: Latency,
}

/// Everybody, and the way to the spaces.
pub(super) struct Crowd {
    client: HttpClient,
    places: Places,
    environment: Environment,
    /// Everybody has an address and a name of their own.
    next: AtomicU32,
}

impl Crowd {
    /// Nobody has come yet.
    ///
    /// # Errors
    /// No client can be made.
    pub(super) fn new(places: &Places, environment: Environment) -> Result<Self> {
        let client = HttpClient::new(Policy::development())?;
        Ok(Self { client, places: places.clone(), environment, next: AtomicU32::new(0) })
    }

    /// Lets `members` sign up, `largest` of them at the first space and the others evenly at the rest.
    ///
    /// # Errors
    /// The first that a space refused.
    pub(super) async fn sign_up(
        self: &Arc<Self>,
        members: u32,
        largest: u32,
        at_once: u16,
        step: impl Fn() + Send + Sync + 'static,
    ) -> Result<SignedUp> {
        let (step, taken) = (Arc::new(step), Arc::new(AtomicU32::new(0)));
        let begun = Instant::now();
        let mut working = JoinSet::new();
        for _ in 0..at_once {
            let (crowd, taken, step) = (Arc::clone(self), Arc::clone(&taken), Arc::clone(&step));
            working.spawn(async move {
                let mut took = Vec::new();
                loop {
                    let number = taken.fetch_add(1, Ordering::Relaxed);
                    if number >= members {
                        return Ok::<_, anyhow::Error>(took);
                    }
                    let begun = Instant::now();
                    crowd.one(crowd.place_of(number, members, largest)).await?;
                    took.push(begun.elapsed());
                    step();
                }
            });
        }
        let mut all = Vec::new();
        while let Some(took) = working.join_next().await {
            all.extend(took??);
        }
        let per_second = f64::from(members) / begun.elapsed().as_secs_f64();
        Ok(SignedUp { per_second, latency: latency(all) })
    }

    /// Where a member signs up: mixed, so that all spaces are at work all the time.
    fn place_of(&self, number: u32, members: u32, largest: u32) -> usize {
        let others = u32::try_from(self.places.spaces).unwrap_or(u32::MAX).saturating_sub(1).max(1);
        // How many of the first `numbers` go to the largest.
        let of_largest = |numbers: u32| {
            u64::from(numbers).saturating_mul(u64::from(largest)).checked_div(u64::from(members)).unwrap_or(0)
        };
        if of_largest(number.saturating_add(1)) > of_largest(number) {
            return 0;
        }
        // The number among those who go elsewhere.
        let among = u64::from(number).saturating_sub(of_largest(number));
        let place = among.checked_rem(u64::from(others)).unwrap_or(0).saturating_add(1);
        usize::try_from(place).unwrap_or(1)
    }

    /// So many at one space, all at once.
    ///
    /// # Errors
    /// The first that the space refused.
    pub(super) async fn rush(self: &Arc<Self>, space: usize, wanting: usize) -> Result<Latency> {
        let mut working = JoinSet::new();
        for _ in 0..wanting {
            let crowd = Arc::clone(self);
            working.spawn(async move {
                let begun = Instant::now();
                crowd.one(space).await.map(|()| begun.elapsed())
            });
        }
        let mut all = Vec::new();
        while let Some(took) = working.join_next().await {
            all.push(took??);
        }
        Ok(latency(all))
    }

    /// One sign-up, from the space's page to its word that it has taken the answer.
    async fn one(&self, space: usize) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let member = Member::new(number, &self.environment)?;
        let page = self.places.origin(space)?.join("/join/requests")?;
        let asked = self.send(Request::post_json(page, &json!({"way": "qr"})), number).await?.json()?;
        let link = asked.get("link").and_then(Value::as_str).context("no request was made")?;
        let link = Url::parse(link)?;
        let (_, uri) = link.query_pairs().find(|(name, _)| name == "request_uri").context("no request")?;
        let object = self.send(Request::get(Url::parse(&uri)?), number).await?;
        let (to, answer) = member.answer(std::str::from_utf8(&object.body)?)?;
        let reply = self.send(Request::post_form(Url::parse(&to)?, &[("response", answer)]), number).await?;
        ensure!(reply.json()?.get("sharing_proof_uri").is_some(), "a space took an answer without a proof");
        Ok(())
    }

    /// Sends a request as the proxy of whoever has this number would.
    ///
    /// # Errors
    /// It was refused, with what was said.
    pub(super) async fn send(&self, request: Request, number: u32) -> Result<Response> {
        let response = self.send_any(request, number).await?;
        let said = String::from_utf8_lossy(&response.body);
        ensure!(response.status.is_success(), "a space answered {}: {said}", response.status);
        Ok(response)
    }

    /// The same, whatever the status.
    ///
    /// # Errors
    /// There was no answer.
    pub(super) async fn send_any(&self, mut request: Request, number: u32) -> Result<Response> {
        request.timeout = Some(PATIENCE);
        let [_, second, third, fourth] = number.to_be_bytes();
        let request = request.with_header(X_FORWARDED_FOR, &format!("10.{second}.{third}.{fourth}"))?;
        Ok(self.client.send(request).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_place_and_the_largest_its_share() {
        let crowd = Crowd::new(&Places { port: 1, spaces: 7 }, Environment::system()).unwrap();
        let mut counts = [0_u32; 7];
        for number in 0..1_000 {
            counts[crowd.place_of(number, 1_000, 400)] += 1;
        }
        assert_eq!(counts[0], 400);
        assert_eq!(counts[1..].iter().sum::<u32>(), 600);
        assert!(counts[1..].iter().all(|count| *count == 100), "{counts:?}");
    }
}
