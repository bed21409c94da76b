//! Checking presentations (OpenID4VP 1.0 §8.6), in two steps because issuers are resolved in between.
//!
//! ```text
//! Presentations::read(vp_token, query) ─► issuers(): whose keys ─► (the caller: trust, did) ─► verify(keys, …)
//! ```
//! Whether an issuer may sign such a credential is decided by the caller *before* it hands over a key; the status
//! of the credentials is checked by it afterwards. One bad presentation rejects the whole answer.

use std::collections::BTreeSet;

use credentials::dcql::{self, NotSatisfied, Query, SelectedClaim};
use credentials::issuer_key::IssuedBy;
use credentials::sd_jwt::key_binding;
use credentials::types;
use credentials::vc::{Binding, IssuerVerified, Presented, Types, Unverified, VcError};
use environment::Timestamp;
use jose::jwt;
use jose::{Jwk, VerifyingKey};
use trust::CertificateChain;

use super::client_id::ClientId;
use super::response::VpToken;
use super::transaction_data::{self, NotAuthorised};

/// Oldest key binding JWT that is taken, in seconds.
pub const OLDEST_KEY_BINDING: i64 = 900;
/// How far clocks may differ, in seconds.
pub const SKEW: i64 = 60;
/// Longest life of what the member signs for one answer, in seconds.
pub const LONGEST_SELF_ISSUED: i64 = 300;
/// Longest life of a copy that an office or a space of the network signed, in seconds.
pub const LONGEST_COPY: i64 = 14 * 86_400;
/// What stands in a credential of this network beside its disclosures: nothing that says anything about the member.
const VISIBLE: [&str; 7] = ["iss", "vct", "cnf", "status", "iat", "nbf", "exp"];

/// Why an answer is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentationError {
    /// The answer does not fit the query.
    #[error("the answer does not fit what was asked: {0}")]
    Query(#[from] NotSatisfied),
    /// A presentation is no valid SD-JWT VC, or is not bound to this request.
    #[error("the answer to {query} is refused: {error}")]
    Credential {
        /// The query it answers.
        query: String,
        /// What is wrong.
        error: VcError,
    },
    /// The issuer is not trusted for this type, or its key cannot be found.
    #[error("the issuer of the answer to {query} is not trusted for it")]
    UntrustedIssuer {
        /// The query it answers.
        query: String,
    },
    /// A self-issued credential of a type that others must sign, or the other way round.
    #[error("the answer to {query} is signed by the wrong kind of issuer")]
    WrongKindOfIssuer {
        /// The query it answers.
        query: String,
    },
    /// What the member signs for one answer lives at most five minutes, a copy of the network 14 days, and says so.
    #[error("the answer to {query} lives too long or does not say how long")]
    LivesTooLong {
        /// The query it answers.
        query: String,
    },
    /// A credential of this network with a claim that every reader sees: it could not be withheld, it could mark the
    /// member, and there is no disclosure of it that a proof of sharing could name.
    #[error(
        "the answer to {query} has a claim that is not selectively disclosable: here each detail must be a disclosure"
    )]
    VisibleClaim {
        /// The query it answers.
        query: String,
    },
    /// Credentials of this network under different keys in one answer.
    #[error("credentials of this network must be bound to one key in one answer")]
    DifferentKeys,
    /// What was to be authorised with the answer is not, or not as it was asked for.
    #[error("the answer does not authorise what was asked for: {0}")]
    NotAuthorised(#[from] NotAuthorised),
    /// The caller brought another number of keys than there are presentations.
    #[error("a key is needed for each presentation")]
    KeysMissing,
}

impl PresentationError {
    /// The error code on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "invalid_request"
    }

    /// A stable name of the reason, for logs and screens.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Query(error) => error.code(),
            Self::Credential { error, .. } => error.code(),
            Self::UntrustedIssuer { .. } => "untrusted_issuer",
            Self::WrongKindOfIssuer { .. } => "wrong_kind_of_issuer",
            Self::LivesTooLong { .. } => "lives_too_long",
            Self::VisibleClaim { .. } => "visible_claim",
            Self::DifferentKeys => "different_keys",
            Self::NotAuthorised(_) => "not_authorised",
            Self::KeysMissing => "keys_missing",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        400
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        crate::http::error_body(self.code(), self)
    }
}

/// The presentations of an answer, split and not verified.
#[derive(Clone, Debug)]
pub struct Presentations(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    query: String,
    binding_required: bool,
    credential: Unverified,
}

/// An issuer whose key is wanted.
#[derive(Clone, Copy, Debug)]
pub struct IssuerWanted<'a> {
    /// The query that is answered.
    pub query: &'a str,
    /// The type as the text says; it will not change any more, but nobody has signed for it yet.
    pub vct: &'a str,
    /// How the issuer is identified.
    pub issued_by: &'a IssuedBy,
}

/// What an answer must fit.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The verifier.
    pub client_id: &'a ClientId,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// The query of the request.
    pub query: &'a Query,
    /// Whether credentials of this network must be bound to one key: yes at a space; an office is shown a membership
    /// beside the passport.
    pub one_key: bool,
    /// The `transaction_data` of the request, as it was sent.
    pub transaction_data: &'a [String],
    /// The present moment.
    pub now: Timestamp,
}

impl Presentations {
    /// Splits an answer and refuses at once what does not fit the query in number or name.
    ///
    /// # Errors
    /// [`PresentationError::Query`], [`PresentationError::Credential`].
    pub fn read(token: &VpToken, query: &Query, taken: Types) -> Result<Self, PresentationError> {
        let answered: BTreeSet<&str> = token.iter().map(|(id, _)| id).collect();
        query.accepts(&answered)?;
        let mut entries = Vec::new();
        for (id, presentations) in token.iter() {
            let asked = query.credential(id).ok_or_else(|| NotSatisfied::UnknownQuery(id.to_owned()))?;
            if presentations.len() > 1 && !asked.multiple {
                return Err(NotSatisfied::TooManyPresentations(asked.id.clone()).into());
            }
            if asked.multiple && holds_one_twice(presentations) {
                return Err(NotSatisfied::SameTwice(asked.id.clone()).into());
            }
            for presentation in presentations {
                let credential = Unverified::parse(presentation, taken)
                    .map_err(|error| PresentationError::Credential { query: id.to_owned(), error })?;
                let entry = Entry {
                    query: id.to_owned(),
                    binding_required: asked.require_holder_binding,
                    credential,
                };
                entry.check_kind_of_issuer()?;
                entries.push(entry);
            }
        }
        Ok(Self(entries))
    }

    /// The issuers, one for each presentation, in the order in which [`Self::verify`] takes their keys.
    pub fn issuers(&self) -> impl Iterator<Item = IssuerWanted<'_>> {
        self.0.iter().map(|entry| IssuerWanted {
            query: &entry.query,
            vct: entry.credential.vct().unwrap_or_default(),
            issued_by: entry.credential.issued_by(),
        })
    }

    /// Checks everything: signatures, times, disclosures, key binding, the rules of this network, the query.
    ///
    /// `keys` holds, for each of [`Self::issuers`], the key of an issuer that the caller trusts for that type;
    /// `None` where it does not, and for [`IssuedBy::Holder`], whose key is its own.
    ///
    /// # Errors
    /// See [`PresentationError`].
    pub fn verify(self, keys: &[Option<Jwk>], rules: &Rules<'_>) -> Result<Verified, PresentationError> {
        if keys.len() != self.0.len() {
            return Err(PresentationError::KeysMissing);
        }
        let mut presented = Vec::with_capacity(keys.len());
        for (position, (entry, key)) in self.0.into_iter().zip(keys).enumerate() {
            let query = entry.query.clone();
            let authorities = entry.authorities(rules.query);
            let presentation = entry.verify(key.as_ref(), rules)?;
            presented.push(Checked { position, query, authorities, presentation });
        }
        if rules.one_key {
            under_one_key(&presented)?;
        }
        // From here on only what is kept counts: nobody looks up the status of what is dropped.
        let presentations = against_query(presented, rules.query)?;
        let signed: Vec<_> =
            presentations.iter().map(|one| (one.query.as_str(), one.presented.key_binding())).collect();
        transaction_data::check(rules.transaction_data, &signed)?;
        let answering_key = answering_key(&presentations);
        Ok(Verified { presentations, answering_key })
    }
}

/// Whether two presentations are of the same credential: what its issuer signed is the same, whatever the signature, which
/// may be written in two ways.
fn holds_one_twice(presentations: &[String]) -> bool {
    let signed = |presentation: &str| -> Option<String> {
        let (jwt, _) = presentation.split_once('~')?;
        Some(jwt.rsplit_once('.')?.0.to_owned())
    };
    let mut seen = BTreeSet::new();
    presentations.iter().filter_map(|one| signed(one)).any(|one| !seen.insert(one))
}

/// A presentation that is in order by itself.
struct Checked {
    /// Its place among the presentations of the answer.
    position: usize,
    query: String,
    authorities: Vec<Vec<u8>>,
    presentation: Presented,
}

impl Entry {
    /// Who signs follows from the type: the member its own details and terms, others everything else.
    fn check_kind_of_issuer(&self) -> Result<(), PresentationError> {
        let by_holder = matches!(self.credential.issued_by(), IssuedBy::Holder { .. });
        if by_holder == types::is_self_issued(self.credential.vct().unwrap_or_default()) {
            Ok(())
        } else {
            Err(PresentationError::WrongKindOfIssuer { query: self.query.clone() })
        }
    }

    /// The key identifiers of the authorities of its chain, where the query asks for some. The caller has verified the chain
    /// before it brought a key for it, and every certificate in it is on the path then.
    fn authorities(&self, query: &Query) -> Vec<Vec<u8>> {
        let IssuedBy::X5c { chain, .. } = self.credential.issued_by() else { return Vec::new() };
        if query.credential(&self.query).is_none_or(|asked| asked.trusted_authorities.is_empty()) {
            return Vec::new();
        }
        CertificateChain::from_ders(chain)
            .map(|chain| chain.certified_by().map(<[u8]>::to_vec).collect())
            .unwrap_or_default()
    }

    fn verify(self, key: Option<&Jwk>, rules: &Rules<'_>) -> Result<Presented, PresentationError> {
        let query = self.query;
        let refuse = |error: VcError| PresentationError::Credential { query: query.clone(), error };
        let by_holder = matches!(self.credential.issued_by(), IssuedBy::Holder { .. });
        let verified = if by_holder {
            self.credential.verify_self_issued(rules.now, SKEW).map_err(refuse)?
        } else {
            let key = key.and_then(|key| VerifyingKey::new(key).ok());
            let key = key.ok_or_else(|| PresentationError::UntrustedIssuer { query: query.clone() })?;
            self.credential.verify(&key, rules.now, SKEW).map_err(refuse)?
        };
        if types::is_ours(verified.facts().vct()) {
            if lives_too_long(&verified, by_holder, rules.now) {
                return Err(PresentationError::LivesTooLong { query });
            }
            if !verified.processed().always_disclosed().keys().all(|name| VISIBLE.contains(&name.as_str())) {
                return Err(PresentationError::VisibleClaim { query });
            }
        }
        let expected = key_binding::Expected {
            audience: rules.client_id.as_str(),
            nonce: rules.nonce,
            now: rules.now,
            oldest: OLDEST_KEY_BINDING,
            skew: SKEW,
        };
        let binding = if self.binding_required { Binding::Required(&expected) } else { Binding::NotRequired };
        verified.presented(binding).map_err(refuse)
    }
}

/// Whether a credential of this network, whose `exp` has not passed, counts for longer than one may: what lives for long
/// can be recognised for long, and outlives every status list.
fn lives_too_long(verified: &IssuerVerified, by_holder: bool, now: Timestamp) -> bool {
    let facts = verified.facts();
    let Some(until) = facts.expires() else { return true };
    if by_holder {
        let short = |from| (0..=LONGEST_SELF_ISSUED).contains(&until.since(from));
        // Short is worth nothing if it may lie ahead.
        let begun = jwt::check_issued_at(verified.claims(), now, i64::MAX, SKEW).is_ok();
        return !(begun && facts.issued_at().is_some_and(short));
    }
    let from = facts.issued_at().unwrap_or(now);
    !(0..=LONGEST_COPY).contains(&until.since(from)) || until.since(now) > LONGEST_COPY.saturating_add(SKEW)
}

/// Whether our types lie under one key. Foreign types may lie under others, and a key of ours that was not asked to be proven
/// is none that answered, but still another key.
fn under_one_key(presented: &[Checked]) -> Result<(), PresentationError> {
    let facts =
        presented.iter().map(|one| one.presentation.facts()).filter(|facts| types::is_ours(facts.vct()));
    let keys: BTreeSet<[u8; 32]> =
        facts.filter_map(|facts| facts.holder_key().map(Jwk::thumbprint)).collect();
    if keys.len() > 1 { Err(PresentationError::DifferentKeys) } else { Ok(()) }
}

/// The key that answered: that of the types of this network.
fn answering_key(kept: &[VerifiedPresentation]) -> Option<Jwk> {
    let ours = kept.iter().map(VerifiedPresentation::presented);
    let ours = ours.filter(|presented| types::is_ours(presented.facts().vct()));
    ours.filter_map(Presented::proven_key).next().cloned()
}

/// What answers the query, without what completes none of its options (§6.4.2).
fn against_query(
    presented: Vec<Checked>,
    query: &Query,
) -> Result<Vec<VerifiedPresentation>, PresentationError> {
    let mut answers: Vec<(&str, Vec<dcql::Answer<'_>>)> = Vec::new();
    for one in &presented {
        let answer =
            dcql::Answer { authority_key_identifiers: &one.authorities, ..one.presentation.as_answer() };
        match answers.iter_mut().find(|(known, _)| *known == one.query) {
            Some((_, list)) => list.push(answer),
            None => answers.push((&one.query, vec![answer])),
        }
    }
    let accepted = query.check(&answers)?;
    let answered: BTreeSet<&str> = answers.iter().map(|(id, _)| *id).collect();
    let surplus: BTreeSet<String> = query.surplus(&answered).into_iter().map(str::to_owned).collect();
    // Both lists go query by query in the same order, because the token is read in the order of its names.
    let pairs = presented.into_iter().zip(accepted.answers);
    let kept = pairs.filter(|(one, _)| !surplus.contains(&one.query)).map(|(one, accepted)| {
        let Checked { position, presentation: presented, .. } = one;
        VerifiedPresentation { position, query: accepted.query, presented, asked: accepted.claims }
    });
    Ok(kept.collect())
}

/// An answer in which everything fits; made by [`Presentations::verify`] only.
#[derive(Clone, Debug)]
pub struct Verified {
    presentations: Vec<VerifiedPresentation>,
    answering_key: Option<Jwk>,
}

impl Verified {
    /// The presentations that answer a query, without those that complete nothing.
    #[must_use]
    pub fn presentations(&self) -> &[VerifiedPresentation] {
        &self.presentations
    }

    /// The key of this network's credentials in the answer, by which the member is known afterwards.
    #[must_use]
    pub const fn answering_key(&self) -> Option<&Jwk> {
        self.answering_key.as_ref()
    }

    /// The presentation of the first credential that answers a query.
    #[must_use]
    pub fn of(&self, query: &str) -> Option<&VerifiedPresentation> {
        self.presentations.iter().find(|presentation| presentation.query.as_str() == query)
    }
}

/// One presentation that fits.
#[derive(Clone, Debug)]
pub struct VerifiedPresentation {
    position: usize,
    query: dcql::Id,
    presented: Presented,
    asked: Vec<SelectedClaim>,
}

impl VerifiedPresentation {
    /// Its place among [`Presentations::issuers`]: several presentations may answer one query, each by an issuer of its own.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The query it answers.
    #[must_use]
    pub const fn query(&self) -> &dcql::Id {
        &self.query
    }

    /// The credential as it was presented.
    #[must_use]
    pub const fn presented(&self) -> &Presented {
        &self.presented
    }

    /// The claims that were asked for and came; nothing else may be kept.
    #[must_use]
    pub fn asked(&self) -> &[SelectedClaim] {
        &self.asked
    }
}

#[cfg(test)]
mod tests;
