//! The `parameters` of an entry (did:webvh 1.0, "DID Method Parameters").

use jose::Jwk;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::METHOD;
use super::error::ParameterFault;
use super::proof::{Proof, ProofKey};
use super::witness::Witnesses;
use crate::multikey;

/// `ttl` reaches from 0 to 2^31.
const LARGEST_TTL: u64 = 1 << 31;

/// Most members of a list parameter that are read.
const LONGEST_LIST: usize = 64;

/// The commitment to an update key of the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of `key`, an Ed25519 key.
    #[must_use]
    pub fn of(key: &Jwk) -> Self {
        Self(multihash(&Sha256::digest(multikey::encode(key)).into()))
    }

    /// The hash as it stands in `nextKeyHashes`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// base58btc of the SHA-256 multihash, the only hash of did:webvh 1.0.
pub(super) fn multihash(hash: &[u8; 32]) -> String {
    bs58::encode([&[0x12, 0x20][..], hash].concat()).into_string()
}

/// When update keys are checked to be points of the curve.
#[derive(Clone, Copy, Debug)]
pub(super) enum Points {
    /// As soon as an entry names them.
    WhenNamed,
    /// Before the keys are replaced and before the log is given to anybody; a key that made a proof needs no check of its own.
    /// Of a log whose keys change that saves a fourteenth.
    AtTheEnd,
}

/// What an entry says about the parameters; what it leaves out stays as it was.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) method: bool,
    pub(super) scid: Option<String>,
    pub(super) update_keys: Option<Vec<ProofKey>>,
    pub(super) next_key_hashes: Option<Vec<String>>,
    pub(super) witness: Option<Option<Witnesses>>,
    pub(super) watchers: Option<Vec<String>>,
    pub(super) portable: Option<bool>,
    pub(super) deactivated: Option<bool>,
    pub(super) ttl: Option<u32>,
}

impl Changes {
    /// Reads the parameters; unknown names and `null` are refused. Whether update keys are points of the curve is checked as
    /// `points` says.
    pub(super) fn parse(members: &Map<String, Value>, points: Points) -> Result<Self, ParameterFault> {
        let mut changes = Self::default();
        for (name, value) in members {
            match name.as_str() {
                // Never downgraded, defaulted or ignored.
                "method" if value == METHOD => changes.method = true,
                "method" => return Err(ParameterFault::Method),
                "scid" => changes.scid = Some(value.as_str().ok_or(ParameterFault::Value)?.to_owned()),
                "updateKeys" => changes.update_keys = Some(update_keys(value, points)?),
                "nextKeyHashes" => changes.next_key_hashes = Some(texts(value)?),
                "witness" => changes.witness = Some(Witnesses::parse(value)?),
                "watchers" => changes.watchers = Some(texts(value)?),
                "portable" => changes.portable = Some(value.as_bool().ok_or(ParameterFault::Value)?),
                "deactivated" => changes.deactivated = Some(value.as_bool().ok_or(ParameterFault::Value)?),
                "ttl" => changes.ttl = Some(ttl(value).ok_or(ParameterFault::Value)?),
                _ => return Err(ParameterFault::Unknown),
            }
        }
        Ok(changes)
    }

    /// Notes that update keys are points which made some of `proofs`, all of which have verified.
    pub(super) fn note_proofs(&mut self, proofs: &[Proof]) {
        for key in self.update_keys.iter_mut().flatten() {
            key.note_proofs(proofs);
        }
    }

    /// The rules that differ between the first entry and later ones.
    pub(super) fn check_place(&self, first: bool) -> Result<(), ParameterFault> {
        if first {
            let complete = self.method && self.scid.is_some() && self.update_keys.is_some();
            return if complete { Ok(()) } else { Err(ParameterFault::Missing) };
        }
        if self.scid.is_some() {
            return Err(ParameterFault::ScidAgain);
        }
        if self.portable == Some(true) {
            return Err(ParameterFault::PortableLate);
        }
        Ok(())
    }

    /// The rules of pre-rotation, where the entry before committed to `committed`.
    pub(super) fn check_pre_rotation(&self, committed: &[String]) -> Result<(), ParameterFault> {
        if committed.is_empty() {
            return Ok(());
        }
        let (Some(keys), Some(_)) = (&self.update_keys, &self.next_key_hashes) else {
            return Err(ParameterFault::PreRotationOmitted);
        };
        let is_committed = |key: &ProofKey| {
            let hash = multihash(&Sha256::digest(&key.multikey).into());
            committed.contains(&hash)
        };
        if keys.iter().all(is_committed) { Ok(()) } else { Err(ParameterFault::PreRotationKey) }
    }
}

fn texts(value: &Value) -> Result<Vec<String>, ParameterFault> {
    let items = value.as_array().filter(|items| items.len() <= LONGEST_LIST).ok_or(ParameterFault::Value)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or(ParameterFault::Value)).collect()
}

fn update_keys(value: &Value, points: Points) -> Result<Vec<ProofKey>, ParameterFault> {
    let parse = match points {
        Points::WhenNamed => ProofKey::parse,
        Points::AtTheEnd => ProofKey::parse_unproved,
    };
    texts(value)?.iter().map(|text| parse(text).ok_or(ParameterFault::UpdateKey)).collect()
}

fn ttl(value: &Value) -> Option<u32> {
    value.as_u64().filter(|seconds| *seconds <= LARGEST_TTL).and_then(|seconds| u32::try_from(seconds).ok())
}
