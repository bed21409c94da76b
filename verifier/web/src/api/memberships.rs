//! Memberships, by the random name that each has.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};
use verifier::SpaceError;
use verifier::records::{Member, Standing};

use super::asked::{Named, Query};
use super::guard::Caller;
use super::refusing::refused;
use super::{page, said};
use crate::commands::time;
use crate::site::SpaceWeb;

/// `GET /api/v1/memberships`.
pub(super) async fn list(State(site): State<SpaceWeb>, _: Caller, query: Query) -> Response {
    let wanted = match query.read(false) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    match site.space.members_after(wanted.after.as_ref(), wanted.limit).await {
        Ok(found) => page("memberships", found.items.iter().map(line).collect(), found.next.as_ref()),
        Err(error) => refused(error).into_response(),
    }
}

/// `GET /api/v1/memberships/{sub}`.
pub(super) async fn one(State(site): State<SpaceWeb>, _: Caller, Named(sub): Named) -> Response {
    answered(found(&site, &sub).await.map(|member| line(&member)))
}

async fn found(site: &SpaceWeb, sub: &str) -> Result<Member, SpaceError> {
    site.space.member(sub).await?.ok_or(SpaceError::NoSuch("member"))
}

fn answered(line: Result<Value, SpaceError>) -> Response {
    match line {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

fn line(member: &Member) -> Value {
    json!({
        "sub": member.sub,
        "contact": member.contact,
        "form": member.form,
        "since": time(member.since),
        "plan": member.plan,
        "standing": if member.standing == Standing::Active { "active" } else { "ended" },
        "ended_at": member.ended.map(time),
    })
}

/// `POST /api/v1/memberships/{sub}/end`: one that has ended is answered the same.
pub(super) async fn end(State(site): State<SpaceWeb>, _: Caller, Named(sub): Named) -> Response {
    let ended = async {
        if found(&site, &sub).await?.standing == Standing::Active {
            site.space.end_membership(&sub).await?;
        }
        found(&site, &sub).await
    };
    answered(ended.await.map(|member| line(&member)))
}

/// `POST /api/v1/memberships/{sub}/offer`: for a wallet that lost it, into the inbox that the member named. Whoever has an offer can take
/// the member's place, so no program gets one. The offer of before counts no more.
pub(super) async fn offer(State(site): State<SpaceWeb>, caller: Caller, Named(sub): Named) -> Response {
    let offered = site.space.offer_to_member(&sub, &caller.noted_as()).await;
    answered(offered.map(|until| json!({"sub": sub, "sent_to": "inbox", "until": time(until)})))
}
