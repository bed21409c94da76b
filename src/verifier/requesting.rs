//! `passport verifier request`: a request without a screen.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::name;

#[derive(Args, Debug)]
pub(super) struct RequestArguments {
    /// Name of the space in the data folder.
    pub(super) space: String,
    /// For how many seconds the request may be answered.
    #[arg(long)]
    seconds: Option<u32>,
    /// The form, if not `sign-up`.
    #[arg(long)]
    form: Option<String>,
    /// How the answer is sent.
    #[arg(long, value_enum, default_value_t = ResponseMode::DirectPostJwt)]
    response_mode: ResponseMode,
    /// As whom the space asks.
    #[arg(long, value_enum, default_value_t = ClientKind::X509Hash)]
    client_id: ClientKind,
    /// How the wallet fetches the request.
    #[arg(long, value_enum, default_value_t = Method::Get)]
    request_uri_method: Method,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ResponseMode {
    #[value(name = "direct_post.jwt")]
    DirectPostJwt,
    #[value(name = "direct_post")]
    DirectPost,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ClientKind {
    #[value(name = "x509_hash")]
    X509Hash,
    #[value(name = "decentralized_identifier")]
    DecentralizedIdentifier,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    Get,
    Post,
}

impl RequestArguments {
    /// What `verifier_web::handle` answers.
    pub(super) fn request(&self) -> Value {
        json!({
            "command": "verifier.request",
            "form": self.form,
            "seconds": self.seconds,
            "response_mode": name(self.response_mode),
            "client_id": name(self.client_id),
            "request_uri_method": name(self.request_uri_method),
        })
    }
}

/// What is printed for programs. Under `request_uri` stands the whole link: that is what a wallet's command line takes.
pub(super) fn printed(answer: &Value) -> Value {
    parts(
        answer,
        &[("request_uri", "link"), ("session", "session"), ("link", "link"), ("client_id", "client_id")],
    )
}

/// What is printed for people.
pub(super) fn for_people(answer: &Value) -> Value {
    parts(answer, &[("link", "link"), ("session", "session")])
}

/// What to do with it.
pub(super) fn next(answer: &Value, space: &str) -> Option<String> {
    let session = answer.get("session")?.as_str()?;
    Some(format!(
        "Give the link to whoever is asked: as a QR code, or with `passport wallet present 'LINK'`.\n\
         How it stands: passport verifier result {space} {session}"
    ))
}

fn parts(answer: &Value, named: &[(&str, &str)]) -> Value {
    let part =
        |(name, from): &(&str, &str)| ((*name).to_owned(), answer.get(*from).cloned().unwrap_or_default());
    let warning = answer.get("warning").filter(|warning| !warning.is_null());
    let warning = warning.map(|warning| ("warning".to_owned(), warning.clone()));
    Value::Object(named.iter().map(part).chain(warning).collect())
}
