//! Whom to believe: the issuers of an answer, found before anything is verified.

use std::sync::Arc;

use credentials::issuer_key::IssuedBy;
use credentials::types;
use directory::{AdmittedParty, DirectoryError};
use jose::Jwk;
use openid4vc::vp::verification::Presentations;
use trust::{Certificate, CertificateChain, ForeignAnchors, ForeignPath, Purpose};

use crate::answer::SignedBy;
use crate::service::Presentation;

/// A credential type from outside the network that this party trusts under roots of its own choosing.
#[derive(Clone, Debug)]
pub struct ForeignType {
    /// The type.
    pub vct: String,
    /// The roots.
    pub anchors: ForeignAnchors,
}

/// An issuer that may sign what it is said to have signed.
pub(crate) struct Believed {
    /// The key; none for the holder's own word, which brings its key along.
    pub(crate) key: Option<Jwk>,
    /// Who it is.
    pub(crate) signed_by: SignedBy,
}

/// The issuer cannot be told at the moment; another try may help.
pub(crate) struct NotNow;

/// An issuer to be found, without what it is said to have signed: that is large and nobody has vouched for it yet.
pub(crate) struct Wanted {
    /// The type as the text says.
    pub(crate) vct: String,
    /// How the issuer is identified.
    pub(crate) issued_by: IssuedBy,
}

impl Wanted {
    /// Of each presentation, in their order.
    pub(crate) fn of(presentations: &Presentations) -> Vec<Self> {
        let issuers = presentations.issuers();
        issuers.map(|one| Self { vct: one.vct.to_owned(), issued_by: one.issued_by.clone() }).collect()
    }
}

impl Presentation {
    /// The issuer, if it is to be believed for this type.
    pub(crate) async fn believe(&self, wanted: &Wanted) -> Result<Option<Believed>, NotNow> {
        match &wanted.issued_by {
            IssuedBy::Holder { .. } => Ok(Some(Believed { key: None, signed_by: SignedBy::Holder })),
            IssuedBy::X5c { chain, issuer } => {
                let names_issuer =
                    |leaf: &Certificate| issuer.as_deref().is_none_or(|issuer| names(leaf, issuer));
                if !types::is_ours(&wanted.vct) {
                    let path = self.foreign_path(chain, &wanted.vct);
                    return Ok(path.filter(|path| names_issuer(path.leaf())).map(|path| foreign(&path)));
                }
                let Ok(chain) = CertificateChain::from_ders(chain) else { return Ok(None) };
                let believed = self.believe_member(&chain, &wanted.vct).await?;
                Ok(believed.filter(|_| names_issuer(chain.leaf())))
            }
            // Members of the network sign with their certificates; nobody else is known by DID here.
            _ => Ok(None),
        }
    }

    async fn believe_member(&self, chain: &CertificateChain, vct: &str) -> Result<Option<Believed>, NotNow> {
        let admitted = if self.is_own_key(chain) {
            // What this party signed itself it knows by its own key, also when the chain beside it leads to the root of a network
            // that it belonged to before (decision 0014). Whether it is in good standing now is asked all the same.
            self.admit_oneself(chain).await
        } else {
            self.inner.directory.admit_issuer(chain).await
        };
        match admitted {
            Ok(issuer) if issuer.may_issue(vct) => {
                let did = issuer.did().to_owned();
                let signed_by = match issuer.role() {
                    trust::Role::Office => SignedBy::Office(did),
                    trust::Role::Space => SignedBy::Space(did),
                };
                Ok(Some(Believed { key: Some(issuer.key().clone()), signed_by }))
            }
            Ok(_) => Ok(None),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "an issuer cannot be looked up");
                Err(NotNow)
            }
            Err(error) => {
                tracing::info!(%error, "an issuer is not admitted");
                Ok(None)
            }
        }
    }

    /// Whether the leaf names this party and the key it signs with.
    fn is_own_key(&self, chain: &CertificateChain) -> bool {
        let (identity, leaf) = (self.identity(), chain.leaf());
        leaf.did() == Ok(identity.did.as_str())
            && leaf.public_key() == Ok(identity.issuing.signer.public_jwk())
    }

    async fn admit_oneself(&self, chain: &CertificateChain) -> Result<AdmittedParty, DirectoryError> {
        // While the chain is of this network it says more than the key alone.
        let directory = &self.inner.directory;
        if directory.path(chain, Purpose::CredentialIssuing).is_ok() {
            return directory.admit_issuer(chain).await;
        }
        directory.admit_issuer_key(&self.identity().issuing.key_id).await
    }

    fn foreign_path(&self, chain: &[Vec<u8>], vct: &str) -> Option<Arc<ForeignPath>> {
        let foreign = self.inner.settings.foreign.iter().find(|foreign| foreign.vct == vct)?;
        let now = self.inner.environment.now();
        self.inner.foreign_paths.dangerous_verify(chain, &foreign.anchors, now).ok()
    }
}

fn foreign(path: &ForeignPath) -> Believed {
    let subject = path.leaf().common_name().unwrap_or("unnamed").to_owned();
    Believed { key: Some(path.key().clone()), signed_by: SignedBy::Foreign(subject) }
}

/// An https `iss` beside a chain must be a name of the leaf (SD-JWT VC §3.5).
fn names(leaf: &Certificate, issuer: &str) -> bool {
    let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    leaf.uris().iter().any(|uri| uri == issuer) || host.is_some_and(|host| leaf.dns_names().contains(&host))
}
