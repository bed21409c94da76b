//! Serves a space on http://kiln-north.localhost:8097/, to be looked at and tried. `/try?link=LINK` answers a request with
//! a wallet that lives in this process and goes where the space sends its holder; `/try-no?link=LINK` says no.
#![expect(clippy::unwrap_used, reason = "an example for people who build the pages")]
#![expect(clippy::indexing_slicing, reason = "shared with the tests")]
#![allow(dead_code, reason = "the stage is shared with the tests, which use more of it")]

use std::sync::Arc;

use axum::Router;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use environment::Environment;
use verifier::form::Approval;
use verifier_web::{CatalogueLetters, SpaceWeb};

#[path = "../../src/tests/outbox.rs"]
mod outbox;
#[path = "../../src/tests/stage.rs"]
mod stage;

use stage::{Stage, Wallet, form, path};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let environment = Environment::system();
    let forms = vec![form("sign-up", Approval::Automatic), form("ask-the-team", Approval::Person)];
    let stage = Arc::new(Stage::new(environment.clone(), forms));
    let space = verifier_web::router(stage.site().with_budget(10_000));
    let wallet = Arc::new(Wallet::new(&environment));
    let (answering, declining) = (space.clone(), space.clone());
    let (one, other) = (Arc::clone(&wallet), wallet);
    let answer = move |RawQuery(link): RawQuery| async move {
        let reply = one.answer(&answering, &link_of(link)).await.json();
        reply["redirect_uri"]
            .as_str()
            .map_or_else(|| "answered\n".into_response(), |uri| Redirect::to(&path(uri)).into_response())
    };
    let decline = move |RawQuery(link): RawQuery| async move {
        other.decline(&declining, &link_of(link)).await;
        "declined\n"
    };
    let router = Router::new().route("/try", get(answer)).route("/try-no", get(decline)).merge(space);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8097").await?;
    let stopped = async {
        // Without signals the example ends with its terminal.
        let _ = tokio::signal::ctrl_c().await;
    };
    let party = web::Party::new("kiln-north.localhost", router);
    web::serve(vec![party], listener, web::ServeSettings::default(), stopped).await?;
    Ok(())
}

/// The link after `link=`.
fn link_of(query: Option<String>) -> String {
    let fields = web::form::Fields::parse(query.unwrap_or_default()).unwrap();
    fields.required("link").unwrap().to_owned()
}
