//! `passport serve`: the parties of a data folder, in one process.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::operator::{Operator, OperatorError, renewal};
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::Args;
use did_resolver::{Keeping, Resolver};
use environment::Environment;
use outbound::{Fetch, Fetching, OutboundError, Policy, Request};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use trust::Role;
use url::Url;
use web::ConnectionLimits;
use web::limits::limited;
use web::proxies::ProxyNetwork;

/// Requests that a client may make of the operator within a minute: those of all members behind one address.
const REQUESTS: u32 = 3_000;
/// The port that is listened on if nothing else is said.
pub(crate) const USUAL_PORT: u16 = 8080;

use crate::demo::{mail_page, mailbox};
use crate::network_command::announce;
use crate::operator::applying::Proving;
use crate::operator::mailing;
use crate::party::{
    MailSettings, Network, PartyFolder, PartySettings, applicant, before_start, development_port,
    is_applying, mailer_of, run_office, run_space, take_admitted, watch,
};
use crate::setting_up::{Around, next_steps};
use mailbox::Mailbox;

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
    let output = &mut Unheard(output);
    let names = PartyFolder::names(&arguments.data)?;
    let operator = operator_in(&arguments.data, environment)?;
    if names.is_empty() && operator.is_none() {
        bail!(
            "{} holds nobody to serve: begin with a space and a network of its own, `passport verifier init` (`passport network init` with flags alone), or make an office with `passport issuer init` or a network with `passport operator init` (docs/space.md), or name another folder with --data",
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
    let mut parties = Vec::new();
    let mut post_office = PostOffice::default();
    let mut ways = Ways { tls: &arguments.tls, is_tls, made: BTreeMap::new() };
    let (admitted, mut watching) = (Arc::new(Notify::new()), JoinSet::new());
    for name in &names {
        let folder = PartyFolder::open(&arguments.data, name, environment)?;
        let mut settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
        parties.push((name.clone(), settings.clone()));
        if let Some((before, entered)) = take_admitted(&folder, &settings)? {
            if let Some(before) = before {
                announce(&arguments.data, &before, &entered, environment)?;
            }
            writeln!(output, "{name} belongs to {} from now on.", wallet::shown(entered.name()))?;
        }
        post_office.stand_in(&mut settings).await?;
        let network = ways.of(settings.is_development())?;
        let at_home = AtHome { operator: operator.as_ref(), fetch: network.fetch.as_ref() };
        if is_applying(&folder) {
            let (path, here, clock) =
                (folder.path().to_owned(), settings.is_development(), environment.clone());
            let (fetch, admitted) = (Arc::clone(&network.fetch), Arc::clone(&admitted));
            watching.spawn(watch(path, name.clone(), here, clock, fetch, admitted));
            if folder.bundle()?.is_none() {
                hosts.push(applicant(&folder, &settings)?);
                continue;
            }
        }
        let ending = before_start(&folder, &settings, &at_home).await?;
        for warning in ending.into_iter().chain(listens_elsewhere(name, &settings.origin, port)) {
            writeln!(output, "{warning}")?;
        }
        let mut party = match settings.role {
            Role::Office => run_office(folder, settings, &network)?.running,
            Role::Space => run_space(folder, settings, &network).await?.running,
        };
        hosts.extend(party.party.take());
        running.push(party);
    }
    let mut served = names;
    let network = operator.as_ref().map(|operator| operator.descriptor().clone());
    if let Some(operator) = operator {
        let list = operator.descriptor().list();
        if let Some(warning) = listens_elsewhere("the operator", list, port) {
            writeln!(output, "{warning}")?;
        }
        let host = list.host_str().unwrap_or_default().to_owned();
        let operator = Arc::new(operator);
        watching.spawn(
            proving(&arguments, Arc::clone(&operator), &mut ways, &mut post_office, environment).await?.run(),
        );
        hosts.push(operator_party(&host, operator));
        served.push("the network's operator".to_owned());
    }
    hosts.extend(post_office.party());
    writeln!(output, "Serving {} on {}; stop with Ctrl-C.", served.join(", "), arguments.listen)?;
    let hints = hints(&arguments.data, &parties, network.as_ref())?;
    output.write_all(hints.as_bytes())?;
    output.flush()?;
    let again = Arc::new(AtomicBool::new(false));
    let noticed = Arc::clone(&again);
    let ending = async move {
        tokio::select! {
            () = stop_signal() => {}
            () = admitted.notified() => noticed.store(true, Ordering::Release),
        }
    };
    web::serve(hosts, listener, serving, ending).await?;
    watching.abort_all();
    drop(running);
    if again.load(Ordering::Acquire) { Err(begin_again()) } else { Ok(ExitCode::SUCCESS) }
}

/// How those in this process reach others: whoever is on this machine, and whoever is not, by one client each.
struct Ways<'a> {
    tls: &'a TlsArguments,
    is_tls: bool,
    made: BTreeMap<bool, Network>,
}

impl Ways<'_> {
    /// The way for one whose host is of this machine, or is not.
    fn of(&mut self, is_here: bool) -> Result<Network> {
        if let Some(network) = self.made.get(&is_here) {
            return Ok(network.clone());
        }
        let policy = match (is_here, self.is_tls) {
            (true, true) => Policy::public().with_development_tls(),
            (true, false) => Policy::development(),
            (false, _) => Policy::public(),
        };
        let network = Network::new(self.tls.trusting(policy)?)?;
        self.made.insert(is_here, network.clone());
        Ok(network)
    }
}

/// A terminal that may be closed: whoever started the server may have read a line and gone, which ends no server.
struct Unheard<'a>(&'a mut dyn Write);

impl Write for Unheard<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// The same program anew in the place of this one: nothing of the network before is left in it. It returns only where that fails.
fn begin_again() -> anyhow::Error {
    let again =
        std::env::current_exe().map(|program| Command::new(program).args(std::env::args_os().skip(1)).exec());
    let (Ok(error) | Err(error)) = again;
    anyhow::Error::new(error).context("start the server again: it was admitted to the network")
}

/// What proves the hosts and addresses of applicants.
async fn proving(
    arguments: &ServeArguments,
    operator: Arc<Operator>,
    ways: &mut Ways<'_>,
    post_office: &mut PostOffice,
    environment: &Environment,
) -> Result<Proving> {
    let list = operator.descriptor().list();
    let is_here = list.host_str().is_some_and(outbound::is_development_host);
    let fetch = ways.of(is_here)?.fetch;
    let settings = match mailing::settings_in(&arguments.data.join("operator"))? {
        Some(settings) => Some(settings),
        None if is_here => {
            Some(post_office.settings(&format!("{} <operator@example.org>", "Network operator")).await?)
        }
        None => None,
    };
    let mailer = settings.map(|mail| mailer_of(&mail, environment)).transpose()?;
    let resolver = Resolver::new(Arc::clone(&fetch), environment.clone(), Keeping::default());
    Ok(Proving { operator, fetch, resolver: Arc::new(resolver), mailer })
}

/// An office in earnest whose mails go nowhere.
fn is_without_mails(settings: &PartySettings) -> bool {
    settings.role == Role::Office && settings.mail.is_none() && !settings.is_development()
}

/// What whoever runs this reads next: the next steps in a network of one (one office, one space, their operator), and what does not work.
fn hints(
    data: &Path,
    parties: &[(String, PartySettings)],
    network: Option<&trust::NetworkDescriptor>,
) -> Result<String> {
    let mut said = Vec::new();
    let of_role = |role: Role| parties.iter().filter(move |(_, one)| one.role == role).collect::<Vec<_>>();
    if let (Some(network), [(_, office)], [(name, space)]) =
        (network, &of_role(Role::Office)[..], &of_role(Role::Space)[..])
    {
        let mut descriptor = network.list().clone();
        descriptor.set_path("/network.json");
        writeln!(said)?;
        next_steps(&Around { data, name, space, office, network: descriptor.as_str() }, &mut said)?;
    }
    for (name, _) in parties.iter().filter(|(_, one)| is_without_mails(one)) {
        writeln!(
            said,
            "Warning: {name} has no mail server (\"mail\" in its party.json), so nobody can confirm an e-mail address there, and it gives no passports."
        )?;
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// Takes the mails of parties that are tried out on this machine and name no mail server, and shows them on a page.
#[derive(Default)]
struct PostOffice(Option<(u16, Mailbox)>);

impl PostOffice {
    /// Lends `settings` a mail server for as long as this process runs.
    async fn stand_in(&mut self, settings: &mut PartySettings) -> Result<()> {
        if settings.mail.is_some() || !settings.is_development() {
            return Ok(());
        }
        settings.mail = Some(self.settings(&format!("{} <{}>", settings.name, settings.contact)).await?);
        Ok(())
    }

    /// How mails are handed to it.
    async fn settings(&mut self, from: &str) -> Result<MailSettings> {
        let port = match &self.0 {
            Some((port, _)) => *port,
            None => {
                let (address, mailbox) = mailbox::open(0).await.context("the mailbox for trying out")?;
                self.0 = Some((address.port(), mailbox));
                address.port()
            }
        };
        let (host, tls) = ("localhost".to_owned(), "plain".to_owned());
        Ok(MailSettings { host, port, tls, from: from.to_owned(), user: None })
    }

    /// The page, if it has mails to show.
    fn party(self) -> Option<web::Party> {
        let (_, mailbox) = self.0?;
        Some(mail_page::party("mail.localhost", mailbox, mail_page::Seen::Here))
    }
}

/// Why this process cannot listen there, and what to do where another does.
pub(crate) fn cannot_listen(address: &str, error: &io::Error) -> String {
    let what_to_do = match error.kind() {
        io::ErrorKind::AddrInUse => {
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
pub(crate) fn operator_party(host: &str, operator: Arc<Operator>) -> web::Party {
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
    let admissions =
        crate::operator::admissions::router(&asked).merge(crate::operator::applying::router(&asked));
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
        let parties = vec![operator_party("operator.localhost", Arc::new(operator))];
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
