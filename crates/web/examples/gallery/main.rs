//! Serves a page of every component on http://gallery.localhost:8099/, to be looked at and tried.

mod page;

use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use environment::SystemRandomness;
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::csrf::{CsrfForm, CsrfKey, Purpose};
use web::page::WaitingStatus;
use web::session::{ClaimedSession, SessionSecret};
use web::{ApiError, Party, Words};

struct Cancel;

impl Purpose for Cancel {
    const NAME: &'static str = "cancel";
}

#[derive(Clone)]
struct Keys(CsrfKey);

impl FromRef<Keys> for CsrfKey {
    fn from_ref(keys: &Keys) -> Self {
        keys.0.clone()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let show = |State(Keys(key)): State<Keys>, headers: HeaderMap| async move {
        let session = SessionSecret::fresh(&SystemRandomness);
        let token = key.token::<Cancel>(&session.id());
        page::example(Words::of_request(&headers).language(), "Kiln North", &token)
            .map(|page| ([(SET_COOKIE, session.cookie(None))], page))
            .map_err(|_| ApiError::internal())
    };
    let session = |ClaimedSession(session): ClaimedSession| async move {
        if session.is_some() { "a session\n" } else { "no session\n" }
    };
    let status = || async { Json(WaitingStatus { state: "seen", location: Some("/session".to_owned()) }) };
    let router = Router::new()
        .route("/", get(show))
        .route("/session", get(session))
        .route("/status", get(status))
        .route("/cancel", post(|_: CsrfForm<Cancel>| async { "cancelled\n" }))
        .with_state(Keys(CsrfKey::fresh(&SystemRandomness)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8099").await?;
    let stopped = async {
        // Without signals the gallery ends with its terminal.
        let _ = tokio::signal::ctrl_c().await;
    };
    web::serve(
        vec![Party::new("gallery.localhost", router)],
        listener,
        web::ServeSettings::default(),
        stopped,
    )
    .await?;
    Ok(())
}
