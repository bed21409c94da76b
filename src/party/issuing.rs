//! What a party's issuer does beside what every issuer does: encryption, wallets of certain providers, approval by hand.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use did::{Did, Resolve};
use directory::Renewable;
use issuance::{Encryption, Extensions, WalletProviders};
use jose::DecryptionKey;
use openid4vc::vci::metadata::KeyAttestationsRequired;
use serde::{Deserialize, Serialize};
use trust::Role;

use super::folder::PartyFolder;
use super::settings::PartySettings;

/// Seconds for which a key for encrypted requests is published: much longer than anybody keeps our metadata.
const PUBLISHED: i64 = 7 * 86_400;
/// Periods whose keys are looked for to be wiped, for a party that did not run for a while.
const FORGOTTEN: i64 = 60;
/// How often it is seen to that the right keys are in use.
const LOOKED_AT: Duration = Duration::from_secs(3_600);

/// The keys for encrypted requests, shared by everything that opens some.
pub(super) type RequestKeys = Renewable<Vec<Arc<DecryptionKey>>>;

/// Who says that a first passport may be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Approval {
    /// A person, by `passport issuer approve`.
    ByHand,
}

/// What becomes of readable credential requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestsAre {
    /// They are refused.
    Required,
}

/// What wallet providers must say of the keys that credentials are bound to (OpenID4VCI Appendix D.2).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttestedKeys {
    /// `key_storage`: one of these; empty: anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) key_storage: Vec<String>,
    /// `user_authentication`: one of these; empty: anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) user_authentication: Vec<String>,
}

/// What `settings` want of the issuer.
pub(super) fn extensions(
    settings: &PartySettings,
    keys: &RequestKeys,
    resolver: &Arc<dyn Resolve>,
) -> Result<Extensions> {
    let issuing = settings.issuing.clone().unwrap_or_default();
    let by_hand = is_by_hand(settings);
    if by_hand && settings.role != Role::Office {
        bail!("\"approval\" in party.json is an office's; a space decides about sign-ups");
    }
    let required = issuing.encryption == Some(RequestsAre::Required);
    Ok(Extensions {
        encryption: Some(Encryption { keys: keys.clone(), required }),
        wallets: wallets(&issuing.wallet_providers, issuing.attested_keys, resolver)?,
        defers: by_hand,
    })
}

/// Whether a person approves first passports.
pub(super) fn is_by_hand(settings: &PartySettings) -> bool {
    settings.issuing.as_ref().is_some_and(|issuing| issuing.approval == Some(Approval::ByHand))
}

fn wallets(
    providers: &[String],
    keys: Option<AttestedKeys>,
    resolver: &Arc<dyn Resolve>,
) -> Result<Option<WalletProviders>> {
    if providers.is_empty() {
        if keys.is_some() {
            bail!("\"attested_keys\" in party.json needs \"wallet_providers\", who attest them");
        }
        return Ok(None);
    }
    let parsed = |did: &String| Did::parse(did).with_context(|| format!("the wallet provider {did:?}"));
    Ok(Some(WalletProviders {
        providers: providers.iter().map(parsed).collect::<Result<_>>().context("party.json")?,
        resolver: Arc::clone(resolver),
        keys: keys.map(|keys| KeyAttestationsRequired {
            key_storage: keys.key_storage,
            user_authentication: keys.user_authentication,
        }),
    }))
}

/// The keys in use: this period's, made at first use, and the one before, as long as somebody may hold its public half. Older
/// ones are wiped, so that what was sent to them opens never again.
pub(super) fn request_keys(folder: &PartyFolder) -> Result<Vec<Arc<DecryptionKey>>> {
    let period = folder.environment().now().seconds().div_euclid(PUBLISHED);
    let mut keys = vec![Arc::new(key_of(folder, period)?)];
    if let Some(text) = folder.keyring().secret(&name_of(period.saturating_sub(1)))? {
        keys.push(Arc::new(DecryptionKey::from_private_json(text.as_slice()).context("a request key")?));
    }
    for back in 2..FORGOTTEN {
        let _ = folder.keyring().destroy_secret(&name_of(period.saturating_sub(back)))?;
    }
    Ok(keys)
}

fn key_of(folder: &PartyFolder, period: i64) -> Result<DecryptionKey> {
    let name = name_of(period);
    if let Some(text) = folder.keyring().secret(&name)? {
        return DecryptionKey::from_private_json(text.as_slice())
            .with_context(|| format!("the {name} of {}", folder.name()));
    }
    let key = DecryptionKey::generate(&name, folder.environment().randomness())?;
    folder.keyring().put_new_secret(&name, key.to_private_json().as_bytes())?;
    Ok(key)
}

fn name_of(period: i64) -> String {
    format!("request-key-{period}")
}

/// Puts fresh keys in the place of old ones, for as long as the party runs.
pub(super) async fn rotate(folder: PartyFolder, keys: RequestKeys) {
    let mut tick = tokio::time::interval(LOOKED_AT);
    loop {
        tick.tick().await;
        let folder = folder.clone();
        match tokio::task::spawn_blocking(move || request_keys(&folder)).await {
            Ok(Ok(now)) => keys.replace(now),
            failed => tracing::error!(?failed, "the keys for encrypted requests were not renewed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use environment::{Environment, ManualClock, SeededRandomness, Timestamp};

    use super::*;

    fn kids(folder: &PartyFolder) -> Vec<String> {
        let keys = request_keys(folder).unwrap();
        keys.iter().map(|key| key.public_jwk().kid().unwrap().to_owned()).collect()
    }

    #[test]
    fn keys_change_weekly_survive_a_restart_and_are_wiped_when_nobody_can_hold_them() {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
        let folder = PartyFolder::open(data.path(), "office", &environment).unwrap();
        let first = request_keys(&folder).unwrap();
        assert_eq!((first.len(), kids(&folder)), (1, vec!["request-key-2976".to_owned()]));
        drop(folder);
        let folder = PartyFolder::open(data.path(), "office", &environment).unwrap();
        assert_eq!(request_keys(&folder).unwrap()[0].public_jwk(), first[0].public_jwk());
        clock.advance(PUBLISHED);
        assert_eq!(kids(&folder), ["request-key-2977", "request-key-2976"]);
        clock.advance(PUBLISHED);
        assert_eq!(kids(&folder), ["request-key-2978", "request-key-2977"]);
        assert!(folder.keyring().secret("request-key-2976").unwrap().is_none());
        clock.advance(5 * PUBLISHED);
        assert_eq!(kids(&folder), ["request-key-2983"], "a party that stood still");
        assert!(folder.keyring().secret("request-key-2978").unwrap().is_none());
    }

    #[test]
    fn providers_are_dids_and_attested_keys_need_some() {
        let resolver: Arc<dyn Resolve> = Arc::new(did::SelfContainedResolver);
        assert!(wallets(&[], None, &resolver).unwrap().is_none());
        let alone = wallets(&[], Some(AttestedKeys::default()), &resolver).unwrap_err();
        assert!(alone.to_string().contains("wallet_providers"), "{alone}");
        let listed = ["did:web:wallets.example".to_owned()];
        assert_eq!(wallets(&listed, None, &resolver).unwrap().unwrap().providers.len(), 1);
        let address = ["https://wallets.example".to_owned()];
        assert!(format!("{:#}", wallets(&address, None, &resolver).unwrap_err()).contains("wallets.example"));
    }
}
