//! Whether a request stays within what was registered.

use super::{ClaimPath, IntendedUse, Registration};

/// A credential that is asked for, with the claims out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedCredential {
    /// The types that would satisfy the query (`vct_values`).
    pub credential_types: Vec<String>,
    /// The claims; none asks for the credential's bare existence.
    pub claims: Vec<ClaimPath>,
}

/// A claim that is registered, and under which terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredClaim {
    /// The claim.
    pub path: ClaimPath,
    /// The intended uses that cover it.
    pub intended_uses: Vec<String>,
    /// Days after which it is erased when nothing else was agreed: of several uses the longest, as any of them may be
    /// meant and a shorter one would promise too much.
    pub retention_days: u32,
}

/// Proof that every claim of a request is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithinRegistration {
    claims: Vec<CoveredClaim>,
}

impl WithinRegistration {
    /// The claims in the order of the request, each with the terms under which it was registered.
    #[must_use]
    pub fn claims(&self) -> &[CoveredClaim] {
        &self.claims
    }
}

/// What of a request is not registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the request asks for {} claims and {} credentials that are not registered", claims.len(), credentials.len())]
pub struct BeyondRegistration {
    /// Claims that no registered use covers, with the types they were asked from.
    pub claims: Vec<(Vec<String>, ClaimPath)>,
    /// Credentials (by their types) whose existence is asked for and that no registered use names.
    pub credentials: Vec<Vec<String>>,
    /// Claims that are registered.
    pub covered: Vec<CoveredClaim>,
}

/// Compares what is asked for with what is registered.
///
/// A claim is covered by a use that registered it, or a claim above it, for every type it is asked from: a query that
/// would be satisfied by a type outside the registration lies beyond. With `intended_use` only that use counts.
///
/// # Errors
/// [`BeyondRegistration`] lists everything that lies beyond; an unknown `intended_use` puts everything there.
pub fn within(
    registration: &Registration,
    intended_use: Option<&str>,
    requested: &[RequestedCredential],
) -> Result<WithinRegistration, BeyondRegistration> {
    let uses: Vec<&IntendedUse> = registration
        .content()
        .intended_uses
        .iter()
        .filter(|candidate| intended_use.is_none_or(|id| candidate.id == id))
        .collect();
    let mut covered = Vec::new();
    let mut beyond = BeyondRegistration::default();
    for credential in requested {
        let fitting: Vec<&IntendedUse> = uses
            .iter()
            .copied()
            .filter(|candidate| names_all(candidate, &credential.credential_types))
            .collect();
        if credential.claims.is_empty() && fitting.is_empty() {
            beyond.credentials.push(credential.credential_types.clone());
        }
        for path in &credential.claims {
            match cover(&fitting, path) {
                Some(claim) => covered.push(claim),
                None => beyond.claims.push((credential.credential_types.clone(), path.clone())),
            }
        }
    }
    if beyond.claims.is_empty() && beyond.credentials.is_empty() {
        Ok(WithinRegistration { claims: covered })
    } else {
        beyond.covered = covered;
        Err(beyond)
    }
}

/// An empty list of types would be satisfied by anything, so no use names all of it.
fn names_all(intended_use: &IntendedUse, types: &[String]) -> bool {
    !types.is_empty() && types.iter().all(|vct| intended_use.credential_types.contains(vct))
}

fn cover(uses: &[&IntendedUse], path: &ClaimPath) -> Option<CoveredClaim> {
    let covering: Vec<(&IntendedUse, u32)> = uses
        .iter()
        .filter_map(|candidate| {
            // The most exact registration counts: it may have a retention of its own.
            let claims = candidate.claims.iter().filter(|claim| claim.path.covers(path));
            let claim = claims.max_by_key(|claim| claim.path.elements().len())?;
            Some((*candidate, claim.retention_days))
        })
        .collect();
    Some(CoveredClaim {
        path: path.clone(),
        retention_days: covering.iter().map(|(_, days)| *days).max()?,
        intended_uses: covering.into_iter().map(|(candidate, _)| candidate.id.clone()).collect(),
    })
}
