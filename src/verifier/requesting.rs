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

/// What is printed of the answer. Under `request_uri` stands the whole link: that is what a wallet's command line takes.
pub(super) fn printed(answer: &Value) -> String {
    let part = |name: &str| answer.get(name).cloned().unwrap_or_default();
    let mut printed = json!({
        "request_uri": part("link"),
        "session": part("session"),
        "link": part("link"),
        "client_id": part("client_id"),
    });
    if let (Some(warning), Value::Object(members)) =
        (answer.get("warning").filter(|warning| !warning.is_null()), &mut printed)
    {
        members.insert("warning".to_owned(), warning.clone());
    }
    printed.to_string()
}
