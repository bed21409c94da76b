//! What the wallet could show: held credentials, one fresh copy of each kind, and what it can make on the spot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use credentials::{dcql, types, vc};
use environment::Timestamp;
use jose::base64url;
use serde_json::{Map, Value};
use trust::CertificateChain;

use super::matching::text;
use super::refill::is_renewable;
use crate::question::Source;
use crate::records::{Copy, HeldCredential, SpaceView};
use crate::wallet::TECHNICAL;

/// The claim that names a space by its DID.
const SPACE: &str = "space";

/// One thing that could answer a query.
pub(crate) struct Piece {
    pub(crate) vct: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) source: Source,
    pub(crate) origin: Origin,
    /// The DID and the name of who issued it; none of what is made here.
    issuer: Option<(String, String)>,
    authorities: Vec<Vec<u8>>,
}

/// Where a piece comes from.
pub(crate) enum Origin {
    /// A held credential, under the key of a copy.
    Held { copy: String, held: Box<vc::Held> },
    /// The member's own details, minted when they are shown.
    OwnDetails,
    /// The member's terms, minted when they are shown.
    Terms,
}

/// Everything the wallet could show now.
pub(crate) struct Repertoire {
    pub(crate) pieces: Vec<Arc<Piece>>,
    /// Types of which copies are there, but none that could be shown here.
    pub(crate) exhausted: Vec<Exhausted>,
}

/// A type of which no copy can be shown here.
#[derive(Clone)]
pub(crate) struct Exhausted {
    pub(crate) vct: String,
    /// How the member gets new ones.
    pub(crate) way: String,
}

impl Repertoire {
    /// Of `kept_back` nothing is shown, and nothing is opened that answers no query of `query`.
    pub(crate) fn new(
        query: &dcql::Query,
        copies: &[Copy],
        kept_back: &BTreeSet<String>,
        own: Map<String, Value>,
        request_hash: &str,
        now: Timestamp,
    ) -> Self {
        let mut pieces: Vec<Arc<Piece>> = Vec::new();
        let mut exhausted: Vec<Exhausted> = Vec::new();
        let wanted = Wanted::by(query);
        for copy in one_of_each_kind(copies, kept_back, &wanted, now) {
            pieces.extend(
                copy.credentials
                    .iter()
                    .filter(|one| one.counts(now) && wanted.takes(&one.vct))
                    .filter_map(|one| held(copy, one))
                    .map(Arc::new),
            );
        }
        for credential in
            copies.iter().flat_map(|copy| &copy.credentials).filter(|one| wanted.takes(&one.vct))
        {
            let there = pieces.iter().any(|piece| piece.vct == credential.vct);
            if !there && !exhausted.iter().any(|known| known.vct == credential.vct) {
                let way = way_to_new_copies(credential, copies, now);
                exhausted.push(Exhausted { vct: credential.vct.clone(), way });
            }
        }
        pieces.push(Arc::new(own_piece(own)));
        let terms = Piece::made(types::TERMS, blank_terms(request_hash), Source::Terms, Origin::Terms);
        pieces.push(Arc::new(terms));
        Self { pieces, exhausted }
    }

    /// The same with other own details.
    pub(crate) fn with_own(&self, own: Map<String, Value>) -> Self {
        let mut pieces = self.pieces.clone();
        if let Some(piece) = pieces.iter_mut().find(|piece| matches!(piece.origin, Origin::OwnDetails)) {
            *piece = Arc::new(own_piece(own));
        }
        Self { pieces, exhausted: self.exhausted.clone() }
    }

    /// The pieces as candidates for a query, in the same order.
    pub(crate) fn candidates(&self) -> dcql::Candidates<'_> {
        self.pieces.iter().map(|piece| piece.as_candidate()).collect()
    }
}

impl Piece {
    fn made(vct: &str, claims: Map<String, Value>, source: Source, origin: Origin) -> Self {
        Self { vct: vct.to_owned(), claims, source, origin, issuer: None, authorities: Vec::new() }
    }

    fn as_candidate(&self) -> dcql::Candidate<'_> {
        dcql::Candidate {
            vct: &self.vct,
            claims: &self.claims,
            holder_bound: true,
            authority_key_identifiers: &self.authorities,
        }
    }

    /// Whether a person would see no difference.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        self.vct == other.vct
            && self.source == other.source
            && self.visible().count() == other.visible().count()
            && self.visible().all(|(name, value)| other.claims.get(name) == Some(value))
    }

    fn visible(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.claims.iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str()))
    }

    /// A value as a person reads it: a space by the name that this wallet knows it by.
    pub(crate) fn told(&self, claim: &str, value: &Value, spaces: &[SpaceView]) -> String {
        let did = value.as_str().filter(|_| claim == SPACE);
        let issuer = self.issuer.as_ref().filter(|(issuer, _)| did == Some(issuer.as_str()));
        let known = || spaces.iter().find(|space| did == Some(space.id.as_str())).map(|space| &space.name);
        let name = issuer.map(|(_, name)| name).or_else(known);
        name.cloned().unwrap_or_else(|| text(value))
    }

    /// The copy it belongs to.
    pub(crate) fn copy(&self) -> Option<&str> {
        match &self.origin {
            Origin::Held { copy, .. } => Some(copy),
            Origin::OwnDetails | Origin::Terms => None,
        }
    }
}

fn own_piece(own: Map<String, Value>) -> Piece {
    Piece::made(types::OWN, own, Source::OwnDetails, Origin::OwnDetails)
}

/// Terms that say nothing yet, with every member that may be asked for.
fn blank_terms(request_hash: &str) -> Map<String, Value> {
    Map::from_iter([
        ("request".to_owned(), Value::from(request_hash)),
        ("audiences".to_owned(), Value::Object(Map::new())),
        ("until".to_owned(), Value::Null),
        ("inbox".to_owned(), Value::Null),
    ])
}

/// How the member gets new copies of a type of which none can be shown.
fn way_to_new_copies(credential: &HeldCredential, copies: &[Copy], now: Timestamp) -> String {
    let of_issuer = |vct: &str| {
        let mut held = copies.iter().filter(|copy| copy.is_fresh(now)).flat_map(|copy| &copy.credentials);
        held.any(|one| one.vct == vct && one.issuer == credential.issuer && one.counts(now))
    };
    let has_passport = copies
        .iter()
        .flat_map(|copy| &copy.credentials)
        .any(|one| one.vct == types::PASSPORT && one.issuer == credential.issuer);
    let by_issuer = is_renewable(credential);
    if by_issuer && of_issuer(&credential.vct) {
        "get new ones with `passport wallet refill`".to_owned()
    } else if by_issuer && has_passport {
        let office = credential.issuer.trim_end_matches('/');
        format!("apply again at {office}/passport with your home membership: your number stays")
    } else {
        format!("ask {} for new ones", credential.issuer_name)
    }
}

/// The types that a query may be answered from.
struct Wanted<'a> {
    /// None where some query takes any.
    types: Option<BTreeSet<&'a str>>,
}

impl<'a> Wanted<'a> {
    fn by(query: &'a dcql::Query) -> Self {
        let asked = || query.credentials().iter().map(|one| &one.wanted);
        let takes_any = asked()
            .any(|wanted| matches!(wanted, dcql::Wanted::SdJwtVc { vct_values } if vct_values.is_empty()));
        let named = asked().filter_map(|wanted| match wanted {
            dcql::Wanted::SdJwtVc { vct_values } => Some(vct_values.iter().map(String::as_str)),
            _ => None,
        });
        // What an office has checked is looked at for what says less than something that is asked for.
        let types = named.flatten().chain([types::PROFILE]).collect();
        Self { types: (!takes_any).then_some(types) }
    }

    fn takes(&self, vct: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(vct))
    }
}

/// Of copies that say the same, the one that expires first; so a query is matched once for each kind.
fn one_of_each_kind<'a>(
    copies: &'a [Copy],
    kept_back: &BTreeSet<String>,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Vec<&'a Copy> {
    let has_wanted = |copy: &Copy| copy.credentials.iter().any(|one| wanted.takes(&one.vct));
    let shown = |copy: &&Copy| copy.is_fresh(now) && !kept_back.contains(&copy.id) && has_wanted(copy);
    let mut fresh: Vec<&Copy> = copies.iter().filter(shown).collect();
    fresh.sort_by_key(|copy| (copy.expires_at(), copy.received_at, copy.id.clone()));
    let mut kinds: BTreeMap<String, ()> = BTreeMap::new();
    fresh.into_iter().filter(|copy| kinds.insert(kind(copy), ()).is_none()).collect()
}

/// What a copy says, without what differs from copy to copy.
fn kind(copy: &Copy) -> String {
    let mut parts: Vec<String> = copy
        .credentials
        .iter()
        .map(|one| format!("{}\u{0}{}\u{0}{}", one.vct, one.issuer, one.noted().says))
        .collect();
    parts.sort_unstable();
    parts.join("\u{1}")
}

fn held(copy: &Copy, credential: &HeldCredential) -> Option<Piece> {
    let held = vc::Held::reopen(&credential.compact).ok()?;
    let authorities = CertificateChain::from_header(held.sd_jwt().header())
        .map(|chain| {
            chain.authority_key_identifiers().iter().filter_map(|id| base64url::decode(id).ok()).collect()
        })
        .unwrap_or_default();
    Some(Piece {
        vct: credential.vct.clone(),
        claims: held.claims().clone(),
        source: Source::CheckedBy(credential.issuer_name.clone()),
        origin: Origin::Held { copy: copy.id.clone(), held: Box::new(held) },
        issuer: credential.issuer_did.clone().map(|did| (did, credential.issuer_name.clone())),
        authorities,
    })
}
