//! What a party's issuer does beside what every issuer does: encryption, wallets of certain providers, approval by hand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use did::{Did, Resolve};
use directory::Renewable;
use issuance::{AttestationStanding, AttestationStatuses, Encryption, Extensions, WalletProviders};
use jose::DecryptionKey;
use openid4vc::vci::attestation::provider::ListedStatus;
use openid4vc::vci::metadata::KeyAttestationsRequired;
use presentation::{IssuedAs, StatusLists};
use serde::{Deserialize, Serialize};
use trust::{ForeignAnchors, Role};

use super::folder::PartyFolder;
use super::runtime::Parts;
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

/// What the party's settings want of the issuer.
pub(super) fn extensions(parts: &Parts) -> Result<Extensions> {
    let Parts { settings, resolver, statuses, .. } = parts;
    let folder = parts.folder.path();
    let issuing = settings.issuing.clone().unwrap_or_default();
    let by_hand = is_by_hand(settings);
    if by_hand && settings.role != Role::Office {
        bail!("\"approval\" in party.json is an office's; a space decides about sign-ups");
    }
    let required = issuing.encryption == Some(RequestsAre::Required);
    Ok(Extensions {
        encryption: Some(Encryption { keys: parts.request_keys.clone(), required }),
        wallets: wallets(&issuing.wallet_providers, issuing.attested_keys, folder, resolver, statuses)?,
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
    folder: &Path,
    resolver: &Arc<dyn Resolve>,
    statuses: &Arc<StatusLists>,
) -> Result<Option<WalletProviders>> {
    if providers.is_empty() {
        if keys.is_some() {
            bail!("\"attested_keys\" in party.json needs \"wallet_providers\", who attest them");
        }
        return Ok(None);
    }
    let (dids, files): (Vec<&String>, Vec<&String>) =
        providers.iter().partition(|one| one.starts_with("did:"));
    let parsed = |did: &String| Did::parse(did).with_context(|| format!("the wallet provider {did:?}"));
    Ok(Some(WalletProviders {
        providers: dids.into_iter().map(parsed).collect::<Result<_>>().context("party.json")?,
        roots: roots(&files, folder).context("party.json")?,
        resolver: Arc::clone(resolver),
        statuses: Arc::new(Statuses(Arc::clone(statuses))),
        keys: keys.map(|keys| KeyAttestationsRequired {
            key_storage: keys.key_storage,
            user_authentication: keys.user_authentication,
        }),
    }))
}

/// The party's status lists, also of those who attest wallets.
struct Statuses(Arc<StatusLists>);

impl AttestationStatuses for Statuses {
    fn standing<'a>(&'a self, listed: &'a ListedStatus) -> issuance::BoxFuture<'a, AttestationStanding> {
        Box::pin(async move {
            match self.0.status(&listed.reference, &listed.key, IssuedAs::Foreign).await {
                Ok(status) if status.is_valid() => AttestationStanding::Counts,
                Ok(_) => AttestationStanding::TakenBack,
                Err(error) => {
                    tracing::warn!(%error, "the status of an attestation cannot be told");
                    AttestationStanding::Unknown { is_transient: error.is_transient() }
                }
            }
        })
    }
}

/// The roots of wallet providers, from PEM files in the party's folder.
fn roots(files: &[&String], folder: &Path) -> Result<Option<ForeignAnchors>> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut texts = String::new();
    for file in files {
        let named =
            || format!("the wallet provider {file:?}, neither a DID nor a file with the root of some");
        let text = std::fs::read_to_string(folder.join(file)).with_context(named)?;
        ForeignAnchors::from_pem(&text).with_context(named)?;
        texts.push_str(&text);
        texts.push('\n');
    }
    Ok(Some(ForeignAnchors::from_pem(&texts)?))
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
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
    use credentials::issuer_key::{SignAs, did_jwk};
    use credentials::status_list::{self, Bits, Publishing, Status, StatusList};
    use credentials::vc::StatusReference;
    use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
    use jose::{Algorithm, Signer, SigningKey};
    use trust::authority::{Authority, LeafRequest, Validity};

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

    /// A list at this address in which the second place was taken back.
    fn list_by(key: &SigningKey, uri: &str, now: Timestamp) -> outbound::Response {
        let mut list = StatusList::new(Bits::One, 16).unwrap();
        list.set(1, Status::Invalid).unwrap();
        let publishing = Publishing {
            list: &list,
            uri,
            issued_at: now,
            expires: Some(now.plus(3_600)),
            ttl: Some(60),
            aggregation_uri: None,
        };
        let did = did_jwk(key.public_jwk());
        let signed_as = SignAs::Did { did: &did, kid: &format!("{did}#0") };
        let token = status_list::sign(&publishing, signed_as, key).unwrap();
        let media_type = HeaderValue::from_static(status_list::MEDIA_TYPE);
        outbound::Response::new(
            StatusCode::OK,
            HeaderMap::from_iter([(header::CONTENT_TYPE, media_type)]),
            token,
        )
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_had_now_may_be_had_later_and_one_that_is_wrong_may_not() {
        let randomness = SeededRandomness::new(8);
        let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        let (provider, other) = (key(), key());
        let listed = provider.public_jwk().clone();
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let environment = Environment::new(clock, Arc::new(SeededRandomness::new(9)));
        let now = environment.now();
        let fetch = outbound::Scripted::new(move |request| {
            let uri = request.url.as_str();
            let plain = |status| outbound::Response::new(status, HeaderMap::new(), "");
            match uri.rsplit('/').next().unwrap() {
                "good" => Ok(list_by(&provider, uri, now)),
                "foreign" => Ok(list_by(&other, uri, now)),
                "gone" => Ok(plain(StatusCode::NOT_FOUND)),
                "broken" => Ok(plain(StatusCode::BAD_GATEWAY)),
                _ => Err(outbound::OutboundError::Unreachable),
            }
        });
        let statuses = Statuses(Arc::new(StatusLists::new(Arc::new(fetch), environment)));
        for (at, index, standing) in [
            ("good", 0, AttestationStanding::Counts),
            ("good", 1, AttestationStanding::TakenBack),
            ("good", 16, AttestationStanding::Unknown { is_transient: false }),
            ("foreign", 0, AttestationStanding::Unknown { is_transient: false }),
            ("gone", 0, AttestationStanding::Unknown { is_transient: false }),
            ("broken", 0, AttestationStanding::Unknown { is_transient: true }),
            ("down", 0, AttestationStanding::Unknown { is_transient: true }),
        ] {
            let reference = StatusReference { uri: format!("https://wallets.example/{at}"), index };
            let told = statuses.standing(&ListedStatus { reference, key: listed.clone() }).await;
            assert_eq!(told, standing, "{at} {index}");
        }
    }

    #[test]
    fn providers_are_dids_or_files_with_roots_and_attested_keys_need_some() {
        let resolver: Arc<dyn Resolve> = Arc::new(did::SelfContainedResolver);
        let folder = tempfile::tempdir().unwrap();
        let nobody = outbound::Scripted::new(|_| Err(outbound::OutboundError::Unreachable));
        let statuses = Arc::new(StatusLists::new(Arc::new(nobody), Environment::system()));
        let wallets = |listed: &[String], keys: Option<AttestedKeys>| {
            wallets(listed, keys, folder.path(), &resolver, &statuses)
        };
        assert!(wallets(&[], None).unwrap().is_none());
        let alone = wallets(&[], Some(AttestedKeys::default())).unwrap_err();
        assert!(alone.to_string().contains("wallet_providers"), "{alone}");
        let listed = ["did:web:wallets.example".to_owned()];
        let taken = wallets(&listed, None).unwrap().unwrap();
        assert_eq!((taken.providers.len(), taken.roots.is_some()), (1, false));
        let randomness = SeededRandomness::new(5);
        let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        let validity = Validity::days(Timestamp::from_seconds(1_800_000_000), 30);
        let root = Authority::root("Wallets", key(), validity, &randomness).unwrap();
        let (did, key) = ("did:web:wallets.example", key());
        let request = LeafRequest::Attesting { name: "Wallets", did, key: key.public_jwk() };
        let leaf = root.leaf(request, validity, &randomness).unwrap();
        for (name, text) in [
            ("root.pem", root.certificate().to_pem()),
            ("leaf.pem", leaf.to_pem()),
            ("empty.pem", String::new()),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let both = ["did:web:wallets.example".to_owned(), "root.pem".to_owned(), "root.pem".to_owned()];
        let taken = wallets(&both, None).unwrap().unwrap();
        assert_eq!((taken.providers.len(), taken.roots.unwrap().certificates().len()), (1, 2));
        for wrong in ["https://wallets.example", "did:web:wallets.example/path", "leaf.pem", "empty.pem"] {
            let refused = format!("{:#}", wallets(&[wrong.to_owned()], None).unwrap_err());
            assert!(refused.contains(wrong), "{refused}");
        }
    }
}
