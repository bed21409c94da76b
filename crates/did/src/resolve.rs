//! The port through which cores and servers resolve DIDs, and the resolvers that need no network.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::pin::Pin;

use jose::Jwk;

use crate::document::{Document, DocumentError, KeyLookupError, Relationship};
use crate::identifier::{Did, DidError, DidUrl};
use crate::jwk::JwkDidError;
use crate::key::KeyDidError;
use crate::multikey::MultikeyError;
use crate::resolution::{DocumentMetadata, ErrorCode, Resolution, Version};
use crate::web::LocationError;
use crate::webvh::LogError;

/// A boxed future, so that [`Resolve`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a DID does not resolve.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such DID or version.
    #[error("the DID or this version of it was not found")]
    NotFound,
    /// The DID or DID URL is malformed.
    #[error(transparent)]
    Did(#[from] DidError),
    /// The DID does not name a place on the web.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The did:key is malformed.
    #[error(transparent)]
    Key(KeyDidError),
    /// The did:jwk is malformed.
    #[error(transparent)]
    Jwk(JwkDidError),
    /// The did:webvh log does not verify.
    #[error("the DID's log does not verify: {0}")]
    Log(#[from] LogError),
    /// The document is malformed or of another DID.
    #[error("the DID document is not taken: {0}")]
    Document(DocumentError),
    /// The DID was given up by its controller.
    #[error("the DID was deactivated by its controller")]
    Deactivated(Box<DocumentMetadata>),
    /// The method is not resolved here.
    #[error("this DID method is not resolved here")]
    Method,
    /// A parameter of the DID URL or a kind of key that is not supported here.
    #[error("a parameter of the DID URL, or its kind of key, is not supported here")]
    Feature,
    /// The parameters of the DID URL are malformed or contradict each other.
    #[error("the parameters of the DID URL are malformed or contradict each other")]
    Options,
    /// A media type was asked that results are not written in.
    #[error("none of the media types that were asked for is served")]
    Representation,
    /// A service is not at one web address (did:webvh 1.0, "DID URL Path Resolution").
    #[error("the service is not at one web address")]
    Endpoint,
    /// The DID URL gives no verification method of the DID's own (Controlled Identifiers 1.0 §3.3).
    #[error("the DID URL does not give a verification method of this DID's own")]
    VerificationMethod,
    /// The verification method is not for the purpose that was asked for.
    #[error("the DID document does not list the verification method under this relationship")]
    Relationship,
    /// The host is a name of the resolver's own machine.
    #[error(
        "the DID's host is a name of this machine, and those are fetched in development alone \
         (`passport resolver serve --development`)"
    )]
    Development,
    /// The document or log could not be fetched.
    #[error("the DID's host could not be reached or gave no usable answer")]
    Unreachable,
    /// The resolver itself called nobody: it has too much to do at this moment, or spares the DID's host. It says nothing
    /// about the DID.
    #[error("the resolver has too much to do at this moment; ask again later")]
    Busy,
    /// Another resolver answered with this error.
    #[error("the other resolver answered {}", .0.name())]
    Elsewhere(ErrorCode),
}

impl ResolveError {
    /// The code of DID Resolution.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::Key(KeyDidError::Key(MultikeyError::Unsupported)) | Self::Feature => {
                ErrorCode::FeatureNotSupported
            }
            Self::Did(DidError::Url) => ErrorCode::InvalidDidUrl,
            // A deactivated DID is a result, not an error, wherever results are written.
            Self::Did(_)
            | Self::Location(_)
            | Self::Key(_)
            | Self::Jwk(_)
            | Self::Log(_)
            | Self::Endpoint
            | Self::Deactivated(_) => ErrorCode::InvalidDid,
            Self::Document(_) => ErrorCode::InvalidDidDocument,
            Self::Method => ErrorCode::MethodNotSupported,
            Self::Options => ErrorCode::InvalidOptions,
            Self::Representation => ErrorCode::RepresentationNotSupported,
            Self::VerificationMethod => ErrorCode::InvalidVerificationMethod,
            Self::Relationship => ErrorCode::InvalidRelationship,
            Self::Unreachable | Self::Busy | Self::Development => ErrorCode::InternalError,
            Self::Elsewhere(code) => *code,
        }
    }

    /// The code's name.
    #[must_use]
    pub const fn code_name(&self) -> &'static str {
        self.code().name()
    }

    /// Whether the same question may be answered differently a moment later, without anybody changing anything: the host did
    /// not answer, or a resolver had no time for it. Nobody is refused for good because of it. A name of this machine
    /// ([`Self::Development`]) stays one.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Busy | Self::Elsewhere(ErrorCode::InternalError))
    }
}

/// Resolves DIDs. Cores and servers hold an `Arc<dyn Resolve>` and do not know where documents come from.
pub trait Resolve: Send + Sync {
    /// The version of `did` that is asked for.
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>>;

    /// The newest version of `did`. A deactivated DID is an error.
    fn resolve<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        self.resolve_version(did, &Version::Latest)
    }
}

/// Why a DID URL does not give a key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyAtError {
    /// The DID does not resolve.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The document does not give the key for this purpose.
    #[error(transparent)]
    Lookup(#[from] KeyLookupError),
}

impl KeyAtError {
    /// See [`ResolveError::is_transient`].
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Resolve(error) if error.is_transient())
    }
}

/// Dereferences `url` to the key that the DID's newest document lists under `relationship`.
///
/// # Errors
/// See [`KeyAtError`].
pub async fn key_at(
    resolver: &dyn Resolve,
    url: &DidUrl,
    relationship: Relationship,
) -> Result<Jwk, KeyAtError> {
    // A query would name an old version; a key of the past must not speak for the present.
    if !url.is_plain() || url.fragment().is_none() {
        return Err(KeyLookupError::Elsewhere.into());
    }
    let resolution = resolver.resolve(url.did()).await?;
    Ok(resolution.document.key(url, relationship)?)
}

/// Resolves did:key and did:jwk, which carry their documents in themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfContainedResolver;

impl SelfContainedResolver {
    /// The resolution of a did:key or did:jwk.
    ///
    /// # Errors
    /// [`ResolveError::Method`] for every other method.
    pub fn resolve_now(did: &Did, version: &Version) -> Result<Resolution, ResolveError> {
        let document = match did.method() {
            "key" => crate::key::resolve(did).map_err(ResolveError::Key)?,
            "jwk" => crate::jwk::resolve(did).map_err(ResolveError::Jwk)?,
            _ => return Err(ResolveError::Method),
        };
        // These methods have no versions to choose from.
        if *version != Version::Latest {
            return Err(ResolveError::Feature);
        }
        Ok(Resolution { document, metadata: DocumentMetadata::default() })
    }
}

impl Resolve for SelfContainedResolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(ready(Self::resolve_now(did, version)))
    }
}

/// Resolves documents it was given, and did:key and did:jwk; for offline checks and tests.
#[derive(Clone, Debug, Default)]
pub struct StaticResolver {
    documents: HashMap<Did, Document>,
}

impl StaticResolver {
    /// A resolver of `documents`.
    #[must_use]
    pub fn new(documents: impl IntoIterator<Item = Document>) -> Self {
        Self { documents: documents.into_iter().map(|document| (document.id().clone(), document)).collect() }
    }

    /// The resolution of `did`.
    ///
    /// # Errors
    /// [`ResolveError::NotFound`] for a DID that was not given and does not carry its document.
    pub fn resolve_now(&self, did: &Did, version: &Version) -> Result<Resolution, ResolveError> {
        match self.documents.get(did) {
            Some(_) if *version != Version::Latest => Err(ResolveError::Feature),
            Some(document) => {
                Ok(Resolution { document: document.clone(), metadata: DocumentMetadata::default() })
            }
            None => match SelfContainedResolver::resolve_now(did, version) {
                Err(ResolveError::Method) => Err(ResolveError::NotFound),
                other => other,
            },
        }
    }
}

impl Resolve for StaticResolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(ready(self.resolve_now(did, version)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use environment::SeededRandomness;
    use jose::{Algorithm, Signer, SigningKey};

    use super::*;
    use crate::DocumentBuilder;

    fn finish<T>(mut future: impl Future<Output = T> + Unpin) -> T {
        match Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("these resolvers answer at once"),
        }
    }

    #[test]
    fn a_trait_object_resolves_what_it_was_given_and_what_carries_itself() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let did = Did::parse("did:web:harbour.example.org").unwrap();
        let document = DocumentBuilder::new(&did)
            .key("sign", key.public_jwk(), &[Relationship::Authentication])
            .build()
            .unwrap();
        let resolver: Arc<dyn Resolve> = Arc::new(StaticResolver::new([document.clone()]));
        assert_eq!(finish(resolver.resolve(&did)).unwrap().document, document);
        let other = Did::parse("did:web:kiln.example.org").unwrap();
        assert_eq!(finish(resolver.resolve(&other)), Err(ResolveError::NotFound));
        let own = crate::jwk::did(key.public_jwk()).unwrap();
        assert_eq!(finish(resolver.resolve(&own)).unwrap().document.id(), &own);
        assert_eq!(finish(SelfContainedResolver.resolve(&did)), Err(ResolveError::Method));
    }

    #[test]
    fn a_key_is_found_at_its_plain_url_for_its_purpose_only() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let did = Did::parse("did:web:harbour.example.org").unwrap();
        let document = DocumentBuilder::new(&did)
            .key("sign", key.public_jwk(), &[Relationship::Authentication])
            .build()
            .unwrap();
        let resolver = StaticResolver::new([document]);
        let at = |text: &str, relationship| {
            let url = DidUrl::parse(text).unwrap();
            finish(Box::pin(key_at(&resolver, &url, relationship)))
        };
        assert_eq!(
            at("did:web:harbour.example.org#sign", Relationship::Authentication).as_ref(),
            Ok(key.public_jwk())
        );
        assert_eq!(
            at("did:web:harbour.example.org#sign", Relationship::AssertionMethod),
            Err(KeyAtError::Lookup(KeyLookupError::NotForThisPurpose))
        );
        for elsewhere in [
            "did:web:harbour.example.org?versionNumber=1#sign",
            "did:web:harbour.example.org",
            // Nobody is asked about these: else the answer would be that there is no such DID.
            "did:web:kiln.example.org?versionNumber=1#sign",
            "did:web:kiln.example.org",
        ] {
            assert_eq!(
                at(elsewhere, Relationship::Authentication),
                Err(KeyAtError::Lookup(KeyLookupError::Elsewhere))
            );
        }
    }

    #[test]
    fn what_says_nothing_of_the_did_is_asked_again_and_nothing_else() {
        for again in
            [ResolveError::Unreachable, ResolveError::Busy, ResolveError::Elsewhere(ErrorCode::InternalError)]
        {
            assert!(again.is_transient(), "{again:?}");
            assert!(KeyAtError::Resolve(again).is_transient());
        }
        for final_word in [
            ResolveError::NotFound,
            ResolveError::Method,
            ResolveError::Feature,
            ResolveError::Development,
            ResolveError::Endpoint,
            ResolveError::Elsewhere(ErrorCode::NotFound),
            ResolveError::Elsewhere(ErrorCode::InvalidDid),
        ] {
            assert!(!final_word.is_transient(), "{final_word:?}");
        }
        assert!(!KeyAtError::Lookup(KeyLookupError::Elsewhere).is_transient());
    }

    #[test]
    fn versions_are_asked_in_vain_where_there_are_none() {
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let did = crate::key::did(key.public_jwk()).unwrap();
        assert_eq!(SelfContainedResolver::resolve_now(&did, &Version::Number(1)), Err(ResolveError::Feature));
    }
}
