//! `passport demo`: a whole network on one machine, over the real protocols.
//!
//! One process serves the operator, an office and three spaces under `*.localhost`, each with its own folder, store and
//! keys; they talk to one another and to the member's wallet over HTTP only. A second start goes on with the same data.

mod browser;
mod letter;
pub(crate) mod mail_page;
pub(crate) mod mailbox;
mod parties;
mod play;
mod recording;
mod steps;
mod welcome;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use environment::Environment;
use outbound::{Override, Policy};
use serde_json::json;
use tokio::net::TcpListener;
use web::proxies::ProxyNetwork;

use crate::party::{
    ForeignSettings, Network, PartyFolder, RunningOffice, RunningSpace, run_office, run_space,
};
use crate::serve::{TlsArguments, operator_party, stop_signal};
use mailbox::Mailbox;
use parties::{OFFICE, OPERATOR, Place, PublicUrl, SPACES};
use play::{Player, Teams};

/// Play a whole network on this machine: an operator, an office, three spaces, and a member's wallet.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Where the parties keep their data; a later start with the same folder goes on.
    #[arg(long, env = "PASSPORT_DATA", default_value = "passport-data")]
    data: PathBuf,
    /// The port that all parties share; it becomes part of their identifiers at the first start.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Play the ten steps in a fresh temporary folder on a free port, print what happened, and leave.
    #[arg(long)]
    once: bool,
    /// Print JSON only.
    #[arg(long)]
    json: bool,
    /// Let a space trust a credential type from outside: SPACE,TYPE,ROOTFILE. It gets a form named `foreign`.
    #[arg(long, value_name = "SPACE,VCT,ROOTFILE")]
    foreign_type: Vec<String>,
    /// Let phones and other machines take part: the parties' addresses, with `{party}` in the place of each name, as in
    /// `https://{party}.demo.example.org`. Something in front has to end TLS there and lead to the port of this demo. The
    /// addresses become part of the parties' identifiers, so this takes a data folder of its own.
    #[arg(long, value_name = "URL", conflicts_with_all = ["once", "tls_cert"], requires = "data")]
    public_url: Option<PublicUrl>,
    /// A reverse proxy before this demo, as ADDRESS or ADDRESS/PREFIX; may be given again. Its X-Forwarded-For or Forwarded says
    /// who a request comes from.
    #[arg(long, value_name = "ADDRESS[/PREFIX]", value_delimiter = ',')]
    trusted_proxy: Vec<ProxyNetwork>,
    /// Connect elsewhere, where this machine cannot reach itself by its public names: `host:port:address[:port]`.
    #[arg(long, value_name = "WHERE")]
    resolve: Vec<Override>,
    #[command(flatten)]
    tls: TlsArguments,
}

/// Runs the demo.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(
    arguments: DemoArguments,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<ExitCode> {
    if arguments.once {
        return once(&arguments, environment, output).await;
    }
    let network = Demo::start(&arguments.data, arguments.port, &arguments, environment).await?;
    network.welcome(&arguments, output)?;
    stop_signal().await;
    network.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn once(
    arguments: &DemoArguments,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("passport-demo-").tempdir()?;
    let demo = Demo::start(folder.path(), 0, arguments, environment).await?;
    let json = arguments.json;
    let mut lines = Vec::new();
    let played = demo.play(&folder.path().join("wallet"), environment, |line| lines.push(line)).await;
    demo.stop().await;
    match played {
        Ok(report) if json => writeln!(output, "{}", serde_json::to_string(&report)?)?,
        Ok(report) => {
            for line in lines {
                writeln!(output, "{line}")?;
            }
            writeln!(output, "Network passport number {}", report.number.unwrap_or_default())?;
        }
        Err(error) => {
            for line in lines {
                tracing::info!("{line}");
            }
            return Err(error);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The running network.
struct Demo {
    place: Place,
    /// The port that is listened on.
    port: u16,
    descriptor: trust::NetworkDescriptor,
    network: Network,
    mailbox: Mailbox,
    _office: RunningOffice,
    harbour: RunningSpace,
    kiln_north: RunningSpace,
    kiln_south: RunningSpace,
    server: tokio::task::JoinHandle<()>,
    stop: tokio::sync::oneshot::Sender<()>,
}

impl Demo {
    async fn start(
        data: &Path,
        port: u16,
        arguments: &DemoArguments,
        environment: &Environment,
    ) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.with_context(|| {
            format!("port {port} is taken: stop what uses it, or start a new demo with --port and --data")
        })?;
        let port = listener.local_addr()?.port();
        let tls = arguments.tls.server()?;
        let place = match &arguments.public_url {
            Some(public) => Place::Public(public.clone()),
            None => Place::Here { port, tls: tls.is_some() },
        };
        let (mail, mailbox) = mailbox::open(0).await?;
        // Whoever names something that is not there has set up nothing.
        let foreign = foreign_types(&arguments.foreign_type)?;
        let operator = parties::set_up(data, &place, mail.port(), environment)?;
        trust_foreign_types(data, &foreign, &operator, environment)?;
        let policy = match &place {
            Place::Public(_) => Policy::public(),
            Place::Here { tls: true, .. } => Policy::public().with_development_tls(),
            Place::Here { tls: false, .. } => Policy::development(),
        };
        let policy = arguments.resolve.iter().cloned().fold(policy, Policy::with_override);
        let network = Network::new(arguments.tls.trusting(policy)?)?;
        let descriptor = operator.descriptor().clone();
        let office = {
            let folder = PartyFolder::open(data, OFFICE, environment)?;
            let settings = folder.settings()?.context("the office has no settings")?;
            run_office(folder, settings, &network)?
        };
        let mut spaces = Vec::new();
        for name in SPACES {
            let folder = PartyFolder::open(data, name, environment)?;
            let settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
            spaces.push(run_space(folder, settings, &network).await?);
        }
        let mut office = office;
        let mut hosts = vec![operator_party(&place.host(OPERATOR)?, Arc::new(operator))];
        let seen = match &place {
            Place::Here { .. } => mail_page::Seen::Here,
            Place::Public(_) => mail_page::Seen::Everywhere,
        };
        hosts.push(mail_page::party(&place.host("mail")?, mailbox.clone(), seen));
        hosts.extend(office.running.party.take());
        hosts.extend(spaces.iter_mut().filter_map(|space| space.running.party.take()));
        let proxies = arguments.trusted_proxy.iter().copied().collect();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server = tokio::spawn(async move {
            let settings = web::ServeSettings { tls, proxies, ..web::ServeSettings::default() };
            let served = web::serve(hosts, listener, settings, async {
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::error!(%error, "the server has stopped");
            }
        });
        let mut spaces = spaces.into_iter();
        let mut next = || spaces.next().context("three spaces were started");
        let demo = Self {
            place,
            port,
            descriptor,
            network,
            mailbox,
            _office: office,
            harbour: next()?,
            kiln_north: next()?,
            kiln_south: next()?,
            server,
            stop,
        };
        demo.wait_for_lists().await?;
        Ok(demo)
    }

    /// Every party has to have the network list before it can admit anybody.
    async fn wait_for_lists(&self) -> Result<()> {
        for space in [&self.harbour, &self.kiln_north, &self.kiln_south] {
            space.running.wait_for_list(&self.network).await?;
        }
        self._office.running.wait_for_list(&self.network).await
    }

    async fn play(
        &self,
        wallet: &Path,
        environment: &Environment,
        mut told: impl FnMut(String),
    ) -> Result<steps::Report> {
        let teams =
            Teams { harbour: &self.harbour, kiln_north: &self.kiln_north, kiln_south: &self.kiln_south };
        let player = Player::new(
            wallet,
            &self.descriptor,
            Arc::clone(&self.network.fetch),
            self.mailbox.clone(),
            self.place.clone(),
            teams,
            environment,
        )
        .await?;
        player.play(|step| told(step.told())).await
    }

    fn welcome(&self, arguments: &DemoArguments, output: &mut dyn Write) -> Result<()> {
        let origin = |party: &str| self.place.origin(party).map(|url| url.to_string());
        if arguments.json {
            let dids = json!({
                "office": self._office.did.as_str(),
                "harbour": self.harbour.space.identity().did.as_str(),
                "kiln-north": self.kiln_north.space.identity().did.as_str(),
                "kiln-south": self.kiln_south.space.identity().did.as_str(),
            });
            let ready = json!({
                "ready": true,
                "port": self.port,
                "ca_pem": self.descriptor.root().certificate().to_pem(),
                "network": format!("{}network.json", origin(OPERATOR)?),
                "dids": dids,
            });
            writeln!(output, "{ready}")?;
            output.flush()?;
            return Ok(());
        }
        let data = arguments.data.canonicalize().unwrap_or_else(|_| arguments.data.clone());
        let program = std::env::current_exe().ok();
        let programs = program.as_deref().and_then(Path::parent);
        write!(output, "{}", welcome::words(&self.place, &data, programs)?)?;
        output.flush()?;
        Ok(())
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.server.await;
    }
}

/// What `--foreign-type SPACE,VCT,ROOTFILE` names.
struct NamedType<'a> {
    space: &'a str,
    vct: &'a str,
    root: PathBuf,
}

fn foreign_types(named: &[String]) -> Result<Vec<NamedType<'_>>> {
    let named = named.iter().map(|named| {
        let mut parts = named.splitn(3, ',');
        let (Some(space), Some(vct), Some(root)) = (parts.next(), parts.next(), parts.next()) else {
            anyhow::bail!("--foreign-type takes SPACE,VCT,ROOTFILE and not {named:?}");
        };
        anyhow::ensure!(SPACES.contains(&space), "--foreign-type names no space of the demo: {space:?}");
        let root = Path::new(root).canonicalize().with_context(|| format!("the root file {root}"))?;
        Ok(NamedType { space, vct, root })
    });
    named.collect()
}

/// Gives the space of each foreign type a form `foreign` for it.
fn trust_foreign_types(
    data: &Path,
    named: &[NamedType<'_>],
    operator: &::operator::Operator,
    environment: &Environment,
) -> Result<()> {
    for NamedType { space, vct, root } in named {
        let folder = PartyFolder::open(data, space, environment)?;
        let mut settings = folder.settings()?.with_context(|| format!("{space} has no settings"))?;
        settings.foreign.retain(|foreign| foreign.vct != *vct);
        settings.foreign.push(ForeignSettings { vct: (*vct).to_owned(), root: root.clone() });
        settings.forms.retain(|form| form.id != "foreign");
        settings.forms.push(parties::foreign(vct));
        folder.put_settings(&settings)?;
        let bundle = operator.admit(&crate::party::admission_of(&folder, &settings)?)?;
        folder.put_bundle(&bundle)?;
    }
    Ok(())
}
