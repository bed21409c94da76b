//! Keys of the past: a signature that was made before its key was rotated away counts by the document that was current
//! then (did:webvh 1.0, "Reading did:webvh DID URLs", `versionTime`).

use environment::Timestamp;
use jose::Jwk;

use crate::document::{KeyLookupError, Relationship};
use crate::identifier::DidUrl;
use crate::resolution::Version;
use crate::resolve::{KeyAtError, Resolve, ResolveError};
use crate::webvh::VersionTime;

/// Dereferences `url` to the key that the DID's document listed under `relationship` at `moment`; also of a DID that
/// was given up since.
///
/// The moment must be known otherwise than from what was signed: whoever got hold of an old key writes any date into a
/// message. Use [`crate::key_at`] for everything that speaks for the present.
///
/// # Errors
/// [`ResolveError::NotFound`] for a moment before the DID began, [`ResolveError::Feature`] for a method without history
/// (did:web), and what [`KeyAtError`] says besides.
pub async fn key_then(
    resolver: &dyn Resolve,
    url: &DidUrl,
    relationship: Relationship,
    moment: Timestamp,
) -> Result<Jwk, KeyAtError> {
    if !url.is_plain() || url.fragment().is_none() {
        return Err(KeyLookupError::Elsewhere.into());
    }
    let moment = VersionTime::of(moment).ok_or(ResolveError::NotFound)?;
    let version = match url.did().method() {
        // Their documents follow from the DID and never change.
        "key" | "jwk" => Version::Latest,
        _ => Version::Time(moment),
    };
    let resolution = resolver.resolve_version(url.did(), &version).await?;
    Ok(resolution.document.key(url, relationship)?)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use environment::SeededRandomness;
    use jose::{Algorithm, Signer, SigningKey};

    use super::*;
    use crate::resolution::Resolution;
    use crate::resolve::BoxFuture;
    use crate::web::Location;
    use crate::webvh::{Created, Inception, Log, Settings, Update, create};
    use crate::{Did, Document, DocumentBuilder, SelfContainedResolver};

    const BEGAN: Timestamp = Timestamp::from_seconds(1_790_000_000);

    /// Resolves from one log.
    struct OfLog(Log);

    impl Resolve for OfLog {
        fn resolve_version<'a>(
            &'a self,
            did: &'a Did,
            version: &'a Version,
        ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
            Box::pin(ready(self.0.resolve(did, version)))
        }
    }

    fn then(
        resolver: &dyn Resolve,
        url: &str,
        relationship: Relationship,
        moment: Timestamp,
    ) -> Result<Jwk, KeyAtError> {
        let url = DidUrl::parse(url).unwrap();
        let mut future = Box::pin(key_then(resolver, &url, relationship, moment));
        match Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(key) => key,
            Poll::Pending => panic!("a log answers at once"),
        }
    }

    fn key(seed: u64) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
    }

    fn document(did: &Did, log_key: &SigningKey) -> Document {
        let listed = &[Relationship::AssertionMethod];
        DocumentBuilder::new(did).key("log", log_key.public_jwk(), listed).build().unwrap()
    }

    /// A DID whose `#log` is replaced a hundred seconds after it began, and which is given up after two hundred.
    fn rotated() -> (Did, OfLog) {
        let update = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let location = Location::new("kiln.example.org", None, &[]).unwrap();
        let first = |did: &Did| Ok(document(did, &key(2)));
        let inception = Inception { location: &location, document: &first, settings: Settings::default() };
        let Created { did, mut log, .. } = create(&inception, &update, BEGAN).unwrap();
        let rotation = Update { document: Some(document(&did, &key(3))), ..Update::default() };
        log.append(&rotation, &update, BEGAN.plus(100)).unwrap();
        log.append(&Update { deactivate: true, ..Update::default() }, &update, BEGAN.plus(200)).unwrap();
        (did, OfLog(log))
    }

    #[test]
    fn a_key_counts_for_the_time_in_which_it_was_listed_and_no_other() {
        let (did, resolver) = rotated();
        let url = format!("{did}#log");
        let at = |seconds| then(&resolver, &url, Relationship::AssertionMethod, BEGAN.plus(seconds));
        assert_eq!(at(0).as_ref(), Ok(key(2).public_jwk()));
        assert_eq!(at(99).as_ref(), Ok(key(2).public_jwk()));
        assert_eq!(at(100).as_ref(), Ok(key(3).public_jwk()));
        assert_eq!(at(199).as_ref(), Ok(key(3).public_jwk()), "although the DID was given up since");
        assert_eq!(at(-1), Err(KeyAtError::Resolve(ResolveError::NotFound)));
        assert!(matches!(at(200), Err(KeyAtError::Resolve(ResolveError::Deactivated(_)))));
        let otherwise = then(&resolver, &url, Relationship::Authentication, BEGAN);
        assert_eq!(otherwise, Err(KeyAtError::Lookup(KeyLookupError::NotForThisPurpose)));
        let dated =
            then(&resolver, &format!("{did}?versionNumber=1#log"), Relationship::AssertionMethod, BEGAN);
        assert_eq!(
            dated,
            Err(KeyAtError::Lookup(KeyLookupError::Elsewhere)),
            "a URL does not choose the moment"
        );
        // Nobody is asked about such a URL: else the answer would be that there was nothing yet.
        for elsewhere in [format!("{did}?versionNumber=1#log"), format!("{did}/path#log"), did.to_string()] {
            let refused = then(&resolver, &elsewhere, Relationship::AssertionMethod, BEGAN.minus(1));
            assert_eq!(refused, Err(KeyAtError::Lookup(KeyLookupError::Elsewhere)), "{elsewhere}");
        }
    }

    #[test]
    fn what_never_changes_has_its_key_at_any_moment_and_what_has_no_history_at_none() {
        let did = crate::jwk::did(key(2).public_jwk()).unwrap();
        let of_jwk = then(&SelfContainedResolver, &format!("{did}#0"), Relationship::AssertionMethod, BEGAN);
        assert_eq!(of_jwk.as_ref(), Ok(key(2).public_jwk()));
        let web = Did::parse("did:web:kiln.example.org").unwrap();
        let resolver = crate::StaticResolver::new([document(&web, &key(2))]);
        let of_web = then(&resolver, &format!("{web}#log"), Relationship::AssertionMethod, BEGAN);
        assert_eq!(of_web, Err(KeyAtError::Resolve(ResolveError::Feature)));
    }
}
