//! `passport serve`: the parties of a data folder, in one process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ::operator::{Operator, OperatorError, renewal};
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::Args;
use environment::Environment;
use outbound::{Fetch, Fetching, OutboundError, Policy, Request};
use tokio::net::TcpListener;
use trust::Role;
use url::Url;
use web::ConnectionLimits;
use web::limits::limited;
use web::proxies::ProxyNetwork;

/// Requests that a client may make of the operator within a minute: those of all members behind one address.
const REQUESTS: u32 = 3_000;
/// The port that is listened on if nothing else is said.
pub(crate) const USUAL_PORT: u16 = 8080;

use crate::party::{Network, PartyFolder, before_start, development_port, run_office, run_space};

/// Serve the offices, the spaces and the network's operator that have been set up in a data folder.
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// Where the parties keep their data.
    #[arg(long, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
    /// Address and port to listen on.
    #[arg(long, default_value_t = format!("127.0.0.1:{USUAL_PORT}"))]
    listen: String,
    /// A reverse proxy before this server, as ADDRESS or ADDRESS/PREFIX; may be given again. Its X-Forwarded-For or
    /// Forwarded says who a request comes from. Without it these are not read.
    #[arg(long, value_name = "ADDRESS[/PREFIX]", env = "PASSPORT_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<ProxyNetwork>,
    /// Most connections at once; one client may have an eighth of them, but no more than 64.
    #[arg(long, value_name = "NUMBER", default_value_t = ConnectionLimits::default().most, value_parser = connections)]
    max_connections: usize,
    #[command(flatten)]
    tls: TlsArguments,
}

impl ServeArguments {
    fn settings(&self, tls: Option<web::Tls>) -> web::ServeSettings {
        web::ServeSettings {
            tls,
            proxies: self.trusted_proxy.iter().copied().collect(),
            connections: ConnectionLimits::default().with_most(self.max_connections),
        }
    }
}

/// A number of connections that serves anybody at all.
fn connections(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|most| *most >= 4).ok_or_else(|| "write a number from 4 on".to_owned())
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

    /// The files of the authorities named here.
    pub(crate) fn authorities(&self) -> &[PathBuf] {
        &self.tls_ca
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
    let operator = operator_in(&arguments.data, environment)?;
    if names.is_empty() && operator.is_none() {
        bail!(
            "{} holds nobody to serve: begin with a network of one's own, `passport network init`, or make a space with `passport verifier init`, an office with `passport issuer init` or a network with `passport operator init` (docs/space.md), or name another folder with --data",
            arguments.data.display()
        );
    }
    let listener = TcpListener::bind(&arguments.listen).await.map_err(|error| {
        let sentence = cannot_listen(&arguments.listen, &error);
        anyhow::Error::new(error).context(sentence)
    })?;
    let port = listener.local_addr()?.port();
    let tls = arguments.tls.server()?;
    let is_tls = tls.is_some();
    let serving = arguments.settings(tls);
    let mut hosts = Vec::new();
    let mut running = Vec::new();
    for name in &names {
        let folder = PartyFolder::open(&arguments.data, name, environment)?;
        let settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
        let policy = match (settings.is_development(), is_tls) {
            (true, true) => Policy::public().with_development_tls(),
            (true, false) => Policy::development(),
            (false, _) => Policy::public(),
        };
        let network = Network::new(arguments.tls.trusting(policy)?)?;
        let at_home = AtHome { operator: operator.as_ref(), fetch: network.fetch.as_ref() };
        let ending = before_start(&folder, &settings, &at_home).await?;
        for warning in ending.into_iter().chain(listens_elsewhere(name, &settings.origin, port)) {
            writeln!(output, "{warning}")?;
        }
        let mut party = match settings.role {
            Role::Office => run_office(folder, settings, &network)?.running,
            Role::Space => run_space(folder, settings, &network)?.running,
        };
        hosts.extend(party.party.take());
        running.push(party);
    }
    let mut served = names;
    if let Some(operator) = operator {
        let list = operator.descriptor().list();
        if let Some(warning) = listens_elsewhere("the operator", list, port) {
            writeln!(output, "{warning}")?;
        }
        let host = list.host_str().unwrap_or_default().to_owned();
        hosts.push(operator_party(&host, operator));
        served.push("the network's operator".to_owned());
    }
    writeln!(output, "Serving {} on {}; stop with Ctrl-C.", served.join(", "), arguments.listen)?;
    output.flush()?;
    web::serve(hosts, listener, serving, stop_signal()).await?;
    drop(running);
    Ok(ExitCode::SUCCESS)
}

/// Why this process cannot listen there, and what to do where another does.
pub(crate) fn cannot_listen(address: &str, error: &std::io::Error) -> String {
    let what_to_do = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "; another program uses that port, perhaps another `passport`: stop it, or name another with --listen"
        }
        _ => "",
    };
    format!("cannot listen on {address}{what_to_do}")
}

/// A warning for a party for development whose address names another port than the one that is listened on. It is no refusal: a
/// proxy may lead from there to here.
fn listens_elsewhere(name: &str, address: &Url, listens_on: u16) -> Option<String> {
    let port = development_port(address).filter(|port| *port != listens_on)?;
    let address = address.origin().ascii_serialization();
    Some(format!(
        "Warning: {name}'s address is {address}, and this server listens on {listens_on}: start it with --listen 127.0.0.1:{port}, or put a proxy before it."
    ))
}

/// The way to an operator that is about to be served by this very process, and does not listen yet.
struct AtHome<'a> {
    operator: Option<&'a Operator>,
    fetch: &'a dyn Fetch,
}

impl Fetch for AtHome<'_> {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        let at_home = self.operator.filter(|one| renewal::address(one.descriptor()) == request.url);
        let Some(operator) = at_home else { return self.fetch.fetch(request) };
        let renewed = operator.renew_asked(&String::from_utf8_lossy(&request.body));
        let answer = renewed.map_err(|_| OutboundError::Unreachable).and_then(|bundle| {
            let bundle = serde_json::to_value(bundle).map_err(|_| OutboundError::NotJson)?;
            Ok(outbound::Response::of_json(StatusCode::OK, &bundle))
        });
        Box::pin(std::future::ready(answer))
    }
}

/// The network's operator, if there is one in the data folder.
fn operator_in(data: &Path, environment: &Environment) -> Result<Option<Operator>> {
    match Operator::open(&data.join("operator"), environment.clone()) {
        Ok(operator) => Ok(Some(operator)),
        Err(OperatorError::NotInitialised) => Ok(None),
        Err(error) => Err(error).context("the network's operator"),
    }
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

/// The operator's public side: descriptor, list, and the addresses for renewals and brands. There is no member data in it.
pub(crate) fn operator_party(host: &str, operator: Operator) -> web::Party {
    let operator = Arc::new(operator);
    let asked = Arc::clone(&operator);
    let descriptor = operator.descriptor().to_value().to_string();
    let root = operator.descriptor().root().certificate().to_pem();
    let public_side = Router::new()
        .route(
            "/network.json",
            get(move || std::future::ready(public("application/json", descriptor.clone()))),
        )
        .route(
            "/network-root.pem",
            get(move || std::future::ready(public("application/pem-certificate-chain", root.clone()))),
        )
        .route("/network-list", get(move || network_list(Arc::clone(&operator))));
    let admissions = crate::operator::admissions::router(&asked);
    let router = limited(public_side, REQUESTS).merge(admissions).merge(web::operations::health(move || {
        let list = current_list(Arc::clone(&asked));
        async { list.await.map(drop) }
    }));
    web::Party::new(host, router)
}

async fn network_list(operator: Arc<Operator>) -> Response {
    match current_list(operator).await {
        Ok(list) => public("application/jwt", list),
        Err(error) => {
            tracing::error!(%error, "the network list could not be signed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The list, signed anew if it is time: then the folder has taken a write.
async fn current_list(operator: Arc<Operator>) -> Result<String> {
    Ok(tokio::task::spawn_blocking(move || operator.current_list()).await??)
}

fn public(media_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "public, max-age=30"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use outbound::HttpClient;

    use super::*;

    #[derive(Debug, Parser)]
    struct Serve {
        #[command(flatten)]
        arguments: ServeArguments,
    }

    fn settings(words: &[&str]) -> Result<web::ServeSettings, String> {
        let parsed = Serve::try_parse_from(["serve"].iter().chain(words));
        parsed.map(|serve| serve.arguments.settings(None)).map_err(|error| error.to_string())
    }

    #[test]
    fn proxies_are_named_one_by_one_or_with_commas_and_nobody_is_trusted_unnamed() {
        assert_eq!(settings(&[]).unwrap().proxies, web::TrustedProxies::default());
        for words in [
            &["--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "::1"][..],
            &["--trusted-proxy", "10.0.0.0/8,::1"],
        ] {
            let proxies = settings(words).unwrap().proxies;
            for (address, held) in [("10.9.9.9", true), ("::1", true), ("127.0.0.1", false)] {
                assert_eq!(proxies.hold(address.parse().unwrap()), held, "{address}");
            }
        }
        for (word, part) in [
            ("proxy.example.org", "write the address of a proxy"),
            ("10.0.0.1/8", "bits beyond its prefix"),
            ("0.0.0.0/0", "from 1 to 32"),
            ("10.0.0.1, ::1", "write the address of a proxy"),
        ] {
            let refused = settings(&["--trusted-proxy", word]).unwrap_err();
            assert!(refused.contains(part), "{refused}");
        }
    }

    #[test]
    fn one_client_may_have_an_eighth_of_the_connections_and_no_more_than_64() {
        for (words, most, most_of_client) in [
            (&[][..], 512, 64),
            (&["--max-connections", "2000"], 2_000, 64),
            (&["--max-connections", "100"], 100, 13),
            (&["--max-connections", "5"], 5, 1),
        ] {
            let connections = settings(words).unwrap().connections;
            assert_eq!((connections.most, connections.most_of_client), (most, most_of_client));
            assert_eq!(connections.most_of_network, 2 * most_of_client);
        }
        for word in ["3", "0", "many", "-1"] {
            assert!(settings(&["--max-connections", word]).is_err(), "{word}");
        }
    }

    #[test]
    fn a_party_whose_address_names_another_port_is_warned_of_and_no_other() {
        let warning = |address: &str| listens_elsewhere("kiln", &address.parse().unwrap(), USUAL_PORT);
        assert_eq!(
            warning("http://kiln.localhost:18490").unwrap(),
            "Warning: kiln's address is http://kiln.localhost:18490, and this server listens on 8080: start it with --listen 127.0.0.1:18490, or put a proxy before it."
        );
        let list = warning("http://operator.localhost:18490/network-list").unwrap();
        assert!(list.contains("address is http://operator.localhost:18490, and"), "{list}");
        for fits in [
            "http://kiln.localhost:8080",
            "http://kiln.localhost",
            "https://kiln.localhost:18490",
            "https://kiln.example.org",
            "https://kiln.example.org:8443",
            "http://kiln.example.org:18490",
        ] {
            assert_eq!(warning(fits), None, "{fits}");
        }
    }

    #[tokio::test]
    async fn who_cannot_listen_is_told_what_to_do_where_another_program_does() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let error = TcpListener::bind(&address).await.unwrap_err();
        let said = cannot_listen(&address, &error);
        assert!(said.starts_with(&format!("cannot listen on {address}; another program uses")), "{said}");
        assert!(said.ends_with("stop it, or name another with --listen"), "{said}");
        let error = TcpListener::bind("nonsense").await.unwrap_err();
        assert_eq!(cannot_listen("nonsense", &error), "cannot listen on nonsense");
    }

    #[tokio::test]
    async fn the_operator_answers_a_client_only_so_often_and_is_healthy_all_the_same() {
        let data = tempfile::tempdir().unwrap();
        let list = "http://operator.localhost/network-list";
        let operator = Operator::init(data.path(), "Test", list, Environment::system()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let parties = vec![operator_party("operator.localhost", operator)];
        tokio::spawn(web::serve(parties, listener, web::ServeSettings::default(), std::future::pending()));
        let client = HttpClient::new(Policy::development()).unwrap();
        let asked = async |path: &str| {
            let url = format!("http://operator.localhost:{port}{path}").parse().unwrap();
            client.send(Request::get(url)).await.unwrap().status
        };
        assert_eq!(asked("/network-list").await, StatusCode::OK);
        let mut answered = 1;
        while asked("/network.json").await == StatusCode::OK {
            answered = u32::saturating_add(answered, 1);
        }
        // Some come back meanwhile.
        assert!((3_000..12_000).contains(&answered), "{answered}");
        let mut lists = Vec::new();
        for _ in 0..50 {
            lists.push(asked("/network-list").await);
        }
        assert!(lists.contains(&StatusCode::TOO_MANY_REQUESTS), "one budget for both");
        assert_eq!(asked("/healthz").await, StatusCode::OK);
    }
}
