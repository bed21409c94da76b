//! `passport wallet provider`: who vouches for this wallet where an issuer takes only wallets that somebody vouches for.

mod folder;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::wallet::{Vault, Wallet, WalletProvider, shown};
use clap::Subcommand;
use environment::Environment;
use serde_json::json;

use super::Failure;
use super::arguments::{Call, HERE, only};
use super::opening;
use super::printing::Report;
use folder::{Description, LOG, ProviderFolder, ROOT};

#[derive(Debug, Subcommand)]
pub(super) enum ProviderCommand {
    /// Make a wallet provider in a new folder: the key with which it vouches for wallets, and its DID.
    Init {
        /// The folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// The host that serves its DID, as HOST or HOST:PORT. Without one its DID is its key, for trying out.
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
        /// What it calls its wallets.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show what issuers need to know of a provider.
    Show {
        /// The folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Let the provider in this folder vouch for this wallet, where an issuer asks for it and nowhere else.
    #[command(mut_args(only(HERE)))]
    Use {
        #[command(flatten)]
        call: Call,
        /// The provider's folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Let nobody vouch for this wallet any more.
    #[command(mut_args(only(HERE)))]
    Leave {
        #[command(flatten)]
        call: Call,
    },
}

impl ProviderCommand {
    pub(super) const fn json(&self) -> bool {
        match self {
            Self::Init { json, .. } | Self::Show { json, .. } => *json,
            Self::Use { call, .. } | Self::Leave { call } => call.json,
        }
    }
}

pub(super) async fn provider(command: ProviderCommand, environment: &Environment) -> Result<Report, Failure> {
    match command {
        ProviderCommand::Init { folder, host, name, .. } => {
            let (opened, made) = ProviderFolder::create(&folder, host.as_deref(), name, environment)?;
            Ok(described(&folder, &made, opened.is_certified(), "A wallet provider was made"))
        }
        ProviderCommand::Show { folder, .. } => {
            let (opened, there) = ProviderFolder::open(&folder, environment)?;
            Ok(described(&folder, &there, opened.is_certified(), "The wallet provider"))
        }
        ProviderCommand::Use { call, folder } => {
            Vault::look_for(&call.store)?;
            let (opened, there) = ProviderFolder::open(&folder, environment)?;
            opened.provider()?;
            // The wallet is called from other folders too.
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let vault = opening::vault(&call, environment).await?;
            Wallet::choose_provider(&vault, Some(&folder.to_string_lossy())).await?;
            let sentence =
                format!("{} vouches for this wallet, where an issuer asks for it.", shown(&there.did));
            let lines = vec![sentence, ONE_NAME.to_owned()];
            Ok(Report { lines, value: json!({"provider": there.did}) })
        }
        ProviderCommand::Leave { call } => {
            let vault = opening::vault(&call, environment).await?;
            Wallet::choose_provider(&vault, None).await?;
            let sentence = "Nobody vouches for this wallet.".to_owned();
            Ok(Report { lines: vec![sentence], value: json!({"provider": null}) })
        }
    }
}

/// The provider that a wallet has chosen, if it has.
pub(super) async fn chosen(
    vault: &Vault,
    environment: &Environment,
) -> Result<Option<Arc<dyn WalletProvider>>, Failure> {
    let Some(folder) = Wallet::chosen_provider(vault).await? else { return Ok(None) };
    Ok(Some(Arc::new(ProviderFolder::at(Path::new(&folder), environment))))
}

/// What a person has to know of a provider of few.
const ONE_NAME: &str = "All its wallets go under this one name, at every issuer that takes none without it. A provider of one \
     wallet is a name of that wallet alone, by which issuers recognise it together: use one that vouches for many people.";

fn described(folder: &Path, provider: &Description, is_certified: bool, beginning: &str) -> Report {
    let mut lines = vec![
        format!("{beginning} in {}.", shown(&folder.to_string_lossy())),
        format!("Its DID, by which issuers take its wallets: {}", shown(&provider.did)),
    ];
    let root = is_certified.then(|| folder.join(ROOT));
    lines.extend(root.as_ref().map(|root| {
        let root = shown(&root.to_string_lossy());
        format!("Its root, for issuers that take wallets by certificates: {root}")
    }));
    if provider.did.starts_with("did:webvh:") {
        let log = folder.join(LOG);
        lines.push(format!(
            "Serve {} at /.well-known/{LOG} of its host, as text/jsonl; nothing else of this folder.",
            shown(&log.to_string_lossy())
        ));
    }
    lines.push(ONE_NAME.to_owned());
    lines.push("Whoever has this folder can vouch for any wallet: keep it like a key.".to_owned());
    let value = json!({
        "did": provider.did, "key": provider.key, "client_id": provider.client_id, "name": provider.name,
        "root": root,
    });
    Report { lines, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_makes_a_provider_for_one_wallet_is_told_that_it_names_that_wallet_at_all_issuers() {
        let provider = Description {
            did: "did:jwk:x".to_owned(),
            key: "did:jwk:x#0".to_owned(),
            client_id: "did:jwk:x".to_owned(),
            name: None,
        };
        let lines = described(Path::new("provider"), &provider, true, "A wallet provider was made").lines;
        assert!(lines.iter().any(|line| line.contains("a name of that wallet alone")), "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("  ")), "{lines:?}");
    }
}
