//! `passport serve`: the parties of a data folder, in one process.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ::operator::Operator;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::Args;
use environment::Environment;
use outbound::Policy;
use tokio::net::TcpListener;
use trust::Role;

use crate::party::{Network, PartyFolder, run_office, run_space};

/// Serve the offices and spaces that have been set up in a data folder.
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// Where the parties keep their data.
    #[arg(long, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    #[command(flatten)]
    tls: TlsArguments,
}

/// How TLS is spoken, as a server and as a client.
#[derive(Args, Debug, Default)]
pub(crate) struct TlsArguments {
    /// PEM file with the certificate chain of this server; without it, plain http.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the private key of this server.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// PEM file with a certificate authority that is trusted besides the machine's own.
    #[arg(long)]
    tls_ca: Vec<PathBuf>,
}

impl TlsArguments {
    /// What the server presents.
    pub(crate) fn server(&self) -> Result<Option<web::Tls>> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let read = |file: &PathBuf| std::fs::read(file).with_context(|| format!("{}", file.display()));
        Ok(Some(web::Tls::from_pem(&read(chain)?, &read(key)?)?))
    }

    /// `policy` with the authorities named here.
    pub(crate) fn trusting(&self, mut policy: Policy) -> Result<Policy> {
        for file in &self.tls_ca {
            let pem = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
            policy = policy.with_root(pem);
        }
        Ok(policy)
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(
    arguments: ServeArguments,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<ExitCode> {
    let names = PartyFolder::names(&arguments.data)?;
    if names.is_empty() {
        bail!(
            "{} holds no party: `passport demo` makes some, or name another folder with --data",
            arguments.data.display()
        );
    }
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let tls = arguments.tls.server()?;
    let mut hosts = Vec::new();
    let mut running = Vec::new();
    for name in &names {
        let folder = PartyFolder::open(&arguments.data, name, environment)?;
        let settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
        let policy = match (settings.is_development(), tls.is_some()) {
            (true, true) => Policy::public().with_development_tls(),
            (true, false) => Policy::development(),
            (false, _) => Policy::public(),
        };
        let network = Network::new(arguments.tls.trusting(policy)?)?;
        let mut party = match settings.role {
            Role::Office => run_office(folder, settings, &network)?.running,
            Role::Space => run_space(folder, settings, &network)?.running,
        };
        hosts.extend(party.party.take());
        running.push(party);
    }
    if let Ok(operator) = Operator::open(&arguments.data.join("operator"), environment.clone()) {
        let host = operator.descriptor().list().host_str().unwrap_or_default().to_owned();
        hosts.push(operator_party(&host, operator));
    }
    writeln!(output, "Serving {} on {}; stop with Ctrl-C.", names.join(", "), arguments.listen)?;
    output.flush()?;
    web::serve(hosts, listener, tls, stop_signal()).await?;
    drop(running);
    Ok(ExitCode::SUCCESS)
}

/// Ends when the process is asked to stop.
pub(crate) async fn stop_signal() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// The operator's public side: descriptor and list. It has no other endpoint, and no member data.
pub(crate) fn operator_party(host: &str, operator: Operator) -> web::Party {
    let operator = Arc::new(operator);
    let descriptor = operator.descriptor().to_value().to_string();
    let root = operator.descriptor().root().certificate().to_pem();
    let router = Router::new()
        .route(
            "/network.json",
            get(move || std::future::ready(public("application/json", descriptor.clone()))),
        )
        .route(
            "/network-root.pem",
            get(move || std::future::ready(public("application/pem-certificate-chain", root.clone()))),
        )
        .route("/network-list", get(move || network_list(Arc::clone(&operator))))
        .route("/healthz", get(|| std::future::ready("ok")));
    web::Party::new(host, router)
}

async fn network_list(operator: Arc<Operator>) -> Response {
    let list = tokio::task::spawn_blocking(move || operator.current_list()).await;
    match list {
        Ok(Ok(list)) => public("application/jwt", list),
        Ok(Err(error)) => {
            tracing::error!(%error, "the network list could not be signed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn public(media_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "public, max-age=30"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, body).into_response()
}
