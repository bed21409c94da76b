//! `passport wallet serve`: the wallet's own pages, of one member on their own machine or, with `--host`, of many.

use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ::wallet::{BoxFuture, Lifetime, PresentOptions, Vault, VaultId, Vaults, Wallet};
use clap::Args;
use environment::Environment;
use outbound::is_development_host;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use trust::NetworkDescriptor;
use url::Url;
use wallet_web::{Desks, Invitations, Making, MakingLink, NotOpened, OpenWallet, WalletWeb};
use web::proxies::ProxyNetwork;

use super::Failure;
use super::arguments::{OUTSIDE_HEADING, Outside};
use super::opening::{descriptor, put_together};
use super::printing::Report;
use super::telling_of_news::Telling;
use crate::serve::{TlsArguments, cannot_listen, stop_signal};

/// How often it is looked whether anybody is still at the pages.
const LOOKED_AFTER: Duration = Duration::from_secs(15);
/// How often it is looked whether something is to be kept fresh.
const KEPT_FRESH: Duration = Duration::from_secs(2);
/// How often what is over is cleared away: sessions, tries, and at a host the wallets that nobody ever used.
const CLEARED: Duration = Duration::from_secs(3_600);

/// Where the pages are served.
#[derive(Args, Debug)]
pub(super) struct ServeArguments {
    /// The folder of the wallet; with --host that of all of them.
    #[arg(long, value_name = "PATH")]
    pub(super) store: PathBuf,
    /// Keep wallets of many members: whoever comes can make one, which is theirs alone.
    #[arg(long)]
    pub(super) host: bool,
    /// Let only those make a wallet who were invited: a file of codes, one a line, each good for one wallet. Lines can be added
    /// at any time.
    #[arg(long, value_name = "FILE", requires = "host")]
    by_invitation: Option<PathBuf>,
    /// The network that a wallet made here belongs to from the first moment on: where its descriptor is, as for `passport wallet
    /// network`; may be given again.
    #[arg(long, value_name = "DESCRIPTOR")]
    network: Vec<String>,
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8070")]
    listen: String,
    /// The address at which browsers find the wallet, where something in front leads here. Its host is the wallet's alone: passkeys and
    /// sessions belong to it. Without it, wallet.localhost on this machine.
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<PublicUrl>,
    /// A reverse proxy before this server, as ADDRESS or ADDRESS/PREFIX; may be given again. Its X-Forwarded-For or Forwarded says
    /// who a request comes from.
    #[arg(long, value_name = "ADDRESS[/PREFIX]", value_delimiter = ',')]
    trusted_proxy: Vec<ProxyNetwork>,
    /// Send mails that say that there is news, to members who want them and have not looked: a JSON file with the mail server, as under
    /// "mail" in a party.json.
    #[arg(long, value_name = "FILE")]
    pub(super) mail: Option<PathBuf>,
    /// After how many minutes without use the wallet is locked.
    #[arg(long, value_name = "MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=720))]
    lock_after: u16,
    /// Say that it is served, or why not, in JSON.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    tls: TlsArguments,
    /// As long as the pages are served, deal with parties that no network has admitted: those named below.
    #[arg(long, help_heading = OUTSIDE_HEADING)]
    outside_network: bool,
    /// Trust signers below the certificate authorities in this file.
    #[arg(long, help_heading = OUTSIDE_HEADING, value_name = "FILE", requires = "outside_network")]
    ca: Vec<PathBuf>,
    /// Trust the keys of this DID.
    #[arg(long, help_heading = OUTSIDE_HEADING, value_name = "DID", requires = "outside_network")]
    trust_did: Vec<String>,
    /// Speak http with this machine.
    #[arg(long, help_heading = OUTSIDE_HEADING)]
    insecure_http: bool,
    /// Take request objects whose audience is their own address, as known peers send them. Only for tests.
    #[arg(long, hide = true, requires = "outside_network")]
    compat_request_uri_audience: bool,
}

impl ServeArguments {
    /// With whom the wallet deals beside its networks, or instead of them.
    pub(super) fn outside(&self) -> Outside {
        Outside {
            outside_network: self.outside_network,
            ca: self.ca.clone(),
            trust_did: self.trust_did.clone(),
            insecure_http: self.insecure_http,
            tls_ca: self.tls.authorities().to_vec(),
            ..Outside::default()
        }
    }
}

/// An address at which browsers find a wallet: https, or http of a development name.
#[derive(Clone, Debug)]
pub(super) struct PublicUrl(Url);

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRITTEN: &str = "write https://wallet.example.org";
        let url = Url::parse(text).map_err(|_| WRITTEN)?;
        let host = url.host_str().ok_or(WRITTEN)?;
        let is_plain = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        // Passkeys and cookies are given to secure contexts alone.
        let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_development_host(host));
        if is_plain && is_secure { Ok(Self(url)) } else { Err(WRITTEN) }
    }
}

impl PublicUrl {
    fn of_this_machine(is_tls: bool, port: u16) -> Result<Self, Failure> {
        let scheme = if is_tls { "https" } else { "http" };
        let url = Url::parse(&format!("{scheme}://wallet.localhost:{port}"));
        url.map(Self).map_err(|error| Failure::new("serve", error.to_string()))
    }

    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

/// Serves until it is told to stop. While it does, the folder is its own: other commands on it are refused.
pub(super) async fn serve(arguments: ServeArguments, environment: &Environment) -> Result<Report, Failure> {
    let failed =
        |what: String| move |error: std::io::Error| Failure::new("serve", format!("{what}: {error}"));
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|error| Failure::new("serve", cannot_listen(&arguments.listen, &error)))?;
    let tls = arguments.tls.server().map_err(|error| Failure::new("serve", format!("{error:#}")))?;
    let port = listener.local_addr().map_err(failed("the address listened on".to_owned()))?.port();
    let address = match &arguments.public_url {
        Some(url) => url.clone(),
        None => PublicUrl::of_this_machine(tls.is_some(), port)?,
    };
    let pages = Pages::of(&arguments, &address, environment).await?;
    let mut output = std::io::stdout();
    let told = writeln!(output, "{}", pages.line(&arguments, &address.text()));
    told.and_then(|()| output.flush()).map_err(failed("standard output".to_owned()))?;
    let looked_after = tokio::spawn(look_after(Arc::clone(&pages.desks)));
    let kept_fresh = tokio::spawn(keep_fresh(Arc::clone(&pages.desks), environment.clone()));
    let telling = pages.telling.clone().map(|telling| tokio::spawn(telling.go_on(Arc::clone(&pages.desks))));
    let settings = web::ServeSettings {
        tls,
        proxies: arguments.trusted_proxy.iter().copied().collect(),
        ..web::ServeSettings::default()
    };
    let party = wallet_web::party(address.host(), pages.site);
    let served = web::serve(vec![party], listener, settings, stop_signal()).await;
    looked_after.abort();
    kept_fresh.abort();
    if let Some(telling) = telling {
        telling.abort();
    }
    served.map_err(|error| Failure::new("serve", error.to_string()))?;
    Ok(Report { lines: Vec::new(), value: Value::Object(serde_json::Map::new()) })
}

/// What is served.
struct Pages {
    desks: Arc<Desks>,
    site: WalletWeb,
    /// Where the one wallet is made, if there is none yet.
    link: Option<MakingLink>,
    /// How members are told of news while their wallets are locked, where others reach the pages.
    telling: Option<Telling>,
}

impl Pages {
    async fn of(
        arguments: &ServeArguments,
        address: &PublicUrl,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let outside = arguments.outside();
        let networks = networks(&arguments.network, &outside).await?;
        let names: Vec<String> = networks.iter().map(|network| network.name().to_owned()).collect();
        let vaults = if arguments.host {
            Vaults::of_host(&arguments.store, environment)?
        } else {
            Vaults::in_folder(&arguments.store, environment)?
        };
        // Before anybody is at them: what was being closed when this stopped last.
        vaults.finish_closing().await?;
        let (making, link) = making(arguments, &vaults, environment).await?;
        let telling = Telling::of(arguments, address, &networks, environment)?;
        let opener = Opener { outside, networks, environment: environment.clone() };
        let idle = i64::from(arguments.lock_after).saturating_mul(60);
        let desks = Desks::new(vaults, Arc::new(opener), Lifetime { idle, ..Lifetime::USUAL });
        let options = PresentOptions { compat_request_uri_audience: arguments.compat_request_uri_audience };
        let desks = desks.answering(options);
        let desks = Arc::new(match &telling {
            Some(telling) => desks.telling(Arc::clone(&telling.notifier)),
            None => desks,
        });
        let site = WalletWeb::new(Arc::clone(&desks), environment.clone()).with_making(making, &names);
        Ok(Self { desks, site, link, telling })
    }

    /// One line: whoever started this may read no more than that.
    fn line(&self, arguments: &ServeArguments, address: &str) -> String {
        let make = self.link.as_ref().map(|link| format!("{address}{}", link.path()));
        match (arguments.json, make) {
            (true, None) => json!({"ready": true, "url": address}).to_string(),
            (true, Some(make)) => json!({"ready": true, "url": address, "make": make}).to_string(),
            (false, None) if arguments.host => format!("Wallets are kept at {address}; stop with Ctrl-C."),
            (false, None) => format!("Your wallet is at {address}; stop with Ctrl-C."),
            (false, Some(make)) => {
                format!("Make your wallet at {make} ; the link works once. Stop with Ctrl-C.")
            }
        }
    }
}

/// Who may make a wallet: at a host everybody or whoever was invited; else whoever reads the link, as long as there is none.
async fn making(
    arguments: &ServeArguments,
    vaults: &Vaults,
    environment: &Environment,
) -> Result<(Making, Option<MakingLink>), Failure> {
    match &arguments.by_invitation {
        Some(file) => {
            let codes = Codes(file.clone());
            let said = |error| Failure::new("file", format!("{} cannot be read: {error}", file.display()));
            codes.read().map_err(said)?;
            Ok((Making::by_invitation(Arc::new(codes)), None))
        }
        None if arguments.host => Ok((Making::by_anybody(), None)),
        None if vaults.find(&VaultId::only()).await?.is_some() => Ok((Making::default(), None)),
        None => {
            let link = MakingLink::fresh(environment.randomness());
            Ok((Making::by_link(&link), Some(link)))
        }
    }
}

/// The networks that are named, each by its descriptor.
async fn networks(places: &[String], outside: &Outside) -> Result<Vec<NetworkDescriptor>, Failure> {
    let mut networks = Vec::new();
    for place in places {
        let network = NetworkDescriptor::from_json(descriptor(outside, place).await?);
        networks.push(network.map_err(|error| Failure::new("network_descriptor", error.to_string()))?);
    }
    Ok(networks)
}

/// The invitations of a host, in a file.
struct Codes(PathBuf);

impl Codes {
    /// Fewest symbols of a code: nobody may find one by trying.
    const SHORTEST: usize = 16;

    fn read(&self) -> std::io::Result<String> {
        std::fs::read_to_string(&self.0)
    }
}

impl Invitations for Codes {
    fn hold(&self, code: &str) -> bool {
        let text = self.read().unwrap_or_else(|error| {
            tracing::error!(%error, "the file of invitations cannot be read");
            String::new()
        });
        let known = text.lines().map(str::trim).filter(|line| line.chars().count() >= Self::SHORTEST);
        // Each line is compared, so that the time does not tell how far it was right.
        known.fold(false, |found, line| {
            jose::digest::constant_time_equal(line.as_bytes(), code.as_bytes()) | found
        })
    }
}

/// Sessions end by themselves; with the last one of a wallet its key goes from memory. What is over is cleared away.
async fn look_after(desks: Arc<Desks>) {
    let mut cleared = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(LOOKED_AFTER).await;
        if let Err(error) = desks.lock_where_nobody_is().await {
            tracing::warn!(%error, "it could not be seen whether anybody is at the wallets");
        }
        if cleared.elapsed() >= CLEARED {
            cleared = tokio::time::Instant::now();
            clear(&desks).await;
        }
    }
}

/// What open wallets hold is kept fresh (decision 0035).
async fn keep_fresh(desks: Arc<Desks>, environment: Environment) {
    loop {
        tokio::time::sleep(KEPT_FRESH).await;
        if let Err(error) = desks.keep_fresh(&environment).await {
            tracing::warn!(%error, "it could not be seen what is to be kept fresh");
        }
    }
}

async fn clear(desks: &Desks) {
    match desks.vaults().remove_unused().await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "wallets that were never used are gone"),
        Err(error) => tracing::warn!(%error, "it could not be seen which wallets were never used"),
    }
    if let Err(error) = desks.vaults().sweep().await {
        tracing::warn!(%error, "what has expired could not be cleared away");
    }
}

/// Puts wallets together as the terminal does.
struct Opener {
    outside: Outside,
    /// What a wallet belongs to that has joined nothing yet.
    networks: Vec<NetworkDescriptor>,
    environment: Environment,
}

impl OpenWallet for Opener {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        Box::pin(async move {
            self.join_first(&vault).await?;
            let opened = put_together(vault, &self.outside, &self.environment).await;
            opened.map(|opened| opened.wallet).map_err(|failure| NotOpened(failure.sentence))
        })
    }
}

impl Opener {
    /// A wallet of no network joins those that it is served for. That is done at each opening, so that one that was made and not
    /// finished is finished then.
    async fn join_first(&self, vault: &Vault) -> Result<(), NotOpened> {
        let not_opened = |error: String| NotOpened(error);
        if !Wallet::networks(vault).await.map_err(|error| not_opened(error.to_string()))?.is_empty() {
            return Ok(());
        }
        for network in &self.networks {
            Wallet::join_network(vault, network).await.map_err(|error| not_opened(error.to_string()))?;
        }
        Ok(())
    }
}
