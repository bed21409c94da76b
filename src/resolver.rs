//! `passport resolver`: DID resolution for others, over HTTP.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use did_resolver::{Forwarding, Keeping, RemoteResolver, Resolver, forwarding_address};
use did_resolver_web::{Site, Spared, router};
use environment::Environment;
use outbound::{Fetch, HttpClient, Policy};
use tokio::net::TcpListener;
use web::proxies::ProxyNetwork;

use crate::serve::{TlsArguments, cannot_listen, stop_signal};

/// Run a DID resolver.
#[derive(Args, Debug)]
pub(crate) struct ResolverArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Resolve DIDs for whoever asks at /1.0/identifiers/DID. It keeps nothing but a cache in memory.
    Serve(ServeArguments),
}

#[derive(Args, Debug)]
struct ServeArguments {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: String,
    /// The name by which it is asked; may be given again. Requests for other names are refused.
    #[arg(long, value_name = "NAME", default_value = "localhost", value_delimiter = ',')]
    host: Vec<String>,
    /// Also fetch from names below `localhost`, which are this machine. For development alone: strangers would reach
    /// whatever listens here.
    #[arg(long)]
    development: bool,
    /// Ask this resolver for the methods that are not spoken here, as http://127.0.0.1:8091 (`did-resolver/more-methods`);
    /// https, or http on this machine. It is believed, and results say that they are its.
    #[arg(long, value_name = "URL", value_parser = forwarding_address)]
    more_methods: Option<String>,
    /// Requests that one client may make at once; they come back within a minute.
    #[arg(long, value_name = "NUMBER", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// A reverse proxy before this server, as ADDRESS or ADDRESS/PREFIX; may be given again.
    #[arg(long, value_name = "ADDRESS[/PREFIX]", env = "PASSPORT_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<ProxyNetwork>,
    #[command(flatten)]
    tls: TlsArguments,
}

/// Serves until it is told to stop.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(
    arguments: ResolverArguments,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<ExitCode> {
    let Action::Serve(arguments) = arguments.action;
    let site = site(&arguments, environment)?;
    let settings = web::ServeSettings {
        tls: arguments.tls.server()?,
        proxies: arguments.trusted_proxy.iter().copied().collect(),
        ..web::ServeSettings::default()
    };
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|error| anyhow!(cannot_listen(&arguments.listen, &error)))?;
    let parties = arguments.host.iter().map(|host| web::Party::new(host, router(site.clone()))).collect();
    let address = listener.local_addr().context("the address that is listened on")?;
    let (scheme, host) = (
        if settings.tls.is_some() { "https" } else { "http" },
        arguments.host.first().map_or("localhost", String::as_str),
    );
    // One line: whoever started this may read no more than that.
    writeln!(
        output,
        "Resolving DIDs at {} on {address}; ask for {scheme}://{host}:{}/1.0/identifiers/DID; stop with Ctrl-C.",
        arguments.host.join(", "),
        address.port(),
    )?;
    output.flush()?;
    web::serve(parties, listener, settings, stop_signal()).await?;
    Ok(ExitCode::SUCCESS)
}

fn site(arguments: &ServeArguments, environment: &Environment) -> Result<Site> {
    let policy = if arguments.development { Policy::development() } else { Policy::public() };
    let client = HttpClient::new(arguments.tls.trusting(policy)?)?;
    let fetch: Arc<dyn Fetch> = Arc::new(Spared::new(client));
    let resolver = Resolver::new(Arc::clone(&fetch), environment.clone(), Keeping::default());
    let site = match &arguments.more_methods {
        None => Site::new(Arc::new(resolver)),
        Some(endpoint) => Site::forwarding(Forwarding::new(Arc::new(resolver), more_methods(endpoint)?)),
    };
    Ok(site.with_whois(fetch).with_budget(arguments.budget))
}

/// The client for the other resolver may call this machine, and nothing of what strangers name.
fn more_methods(endpoint: &str) -> Result<RemoteResolver> {
    let client = HttpClient::new(Policy::public().with_insecure_loopback_http())?;
    Ok(RemoteResolver::new(Arc::new(client), endpoint)?)
}
