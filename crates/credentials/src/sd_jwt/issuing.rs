//! Making an SD-JWT (RFC 9901 §4): which claims get digests, decoys, and an order that tells nothing.

use std::sync::Arc;

use environment::Randomness;
use jose::{Signer, SigningFailed, base64url, jws};
use serde_json::{Map, Value};

use super::disclosure::encode;
use super::{DEEPEST, HashAlgorithm, is_reserved};
use crate::claims_path::{ClaimsPath, Location, PathPart, Step};

/// Which claims the holder may leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// None: no `_sd`, no disclosures.
    Nothing,
    /// Exactly the claims at these paths. A path and one inside of it make a recursive disclosure.
    Paths(Vec<ClaimsPath>),
    /// Every claim at the top level except the named ones, each as a whole.
    TopLevel {
        /// Claims that always stay visible.
        except: Vec<String>,
    },
    /// Every claim at the top level except the named ones, and in them every member and element.
    Everything {
        /// Claims that always stay visible, with all that is in them.
        except: Vec<String>,
    },
}

/// How many decoy digests an object or array with disclosable parts gets (RFC 9901 §4.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoys {
    /// At least this many.
    pub at_least: u8,
    /// At most this many.
    pub at_most: u8,
}

/// What to issue.
#[derive(Clone, Debug)]
pub struct Issuing<'a> {
    /// `typ` of the issuer-signed JWT.
    pub typ: &'a str,
    /// Further header members.
    pub header: Map<String, Value>,
    /// All claims, the disclosable ones too.
    pub claims: Map<String, Value>,
    /// Which of them are disclosable.
    pub frame: &'a Frame,
    /// Decoys.
    pub decoys: Decoys,
}

/// Why nothing was issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A claim has a name that SD-JWT keeps for itself.
    #[error("a claim has a reserved name")]
    ReservedName,
    /// A path of the frame meets no claim: a slip of the pen would leave the claim always visible.
    #[error("nothing stands at {0}, which was to be disclosable")]
    NothingAt(ClaimsPath),
    /// The claims nest too deep.
    #[error("the claims are nested too deep")]
    TooDeep,
    /// The key's keeper did not sign.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// Issues an SD-JWT in compact form with SHA-256 digests.
///
/// # Errors
/// See [`IssueError`].
pub fn issue(
    issuing: Issuing<'_>,
    signer: &dyn Signer,
    randomness: &dyn Randomness,
) -> Result<String, IssueError> {
    let mut concealer = Concealer::new(issuing.frame, issuing.decoys, randomness);
    let mut payload = concealer.object(issuing.claims, DEEPEST)?;
    if let Some(path) = concealer.unused_path() {
        return Err(IssueError::NothingAt(path));
    }
    if !concealer.disclosures.is_empty() {
        payload.insert("_sd_alg".to_owned(), Value::from(HashAlgorithm::Sha256.name()));
    }
    let mut header = issuing.header;
    header.insert("typ".to_owned(), Value::from(issuing.typ));
    let payload = serde_json::to_vec(&payload).map_err(|_| SigningFailed)?;
    let mut compact = jws::sign(header, &payload, signer)?;
    compact.push('~');
    for disclosure in concealer.disclosures {
        compact.push_str(&disclosure);
        compact.push('~');
    }
    Ok(compact)
}

struct Concealer<'a> {
    frame: &'a Frame,
    used: Vec<bool>,
    decoys: Decoys,
    randomness: &'a dyn Randomness,
    disclosures: Vec<String>,
    location: Location,
}

impl<'a> Concealer<'a> {
    fn new(frame: &'a Frame, decoys: Decoys, randomness: &'a dyn Randomness) -> Self {
        let paths = if let Frame::Paths(paths) = frame { paths.len() } else { 0 };
        Self {
            frame,
            used: vec![false; paths],
            decoys,
            randomness,
            disclosures: Vec::new(),
            location: Location::default(),
        }
    }

    fn unused_path(&self) -> Option<ClaimsPath> {
        let Frame::Paths(paths) = self.frame else { return None };
        paths.iter().zip(&self.used).find(|(_, used)| !**used).map(|(path, _)| path.clone())
    }

    /// Whether the value at the present location is to be disclosable.
    fn conceals(&mut self) -> bool {
        let steps = self.location.steps();
        let kept = |except: &[String]| match steps.first() {
            Some(Step::Name(name)) => except.iter().any(|except| **except == **name),
            _ => false,
        };
        match self.frame {
            Frame::Nothing => false,
            Frame::TopLevel { except } => steps.len() == 1 && !kept(except),
            Frame::Everything { except } => !kept(except),
            Frame::Paths(paths) => {
                let mut conceals = false;
                for (path, used) in paths.iter().zip(&mut self.used) {
                    if matches(path, steps) {
                        *used = true;
                        conceals = true;
                    }
                }
                conceals
            }
        }
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<Value, IssueError> {
        Ok(match value {
            Value::Object(object) => Value::Object(self.object(object, depth)?),
            Value::Array(array) => Value::Array(self.array(array, depth)?),
            other => other,
        })
    }

    fn object(&mut self, object: Map<String, Value>, depth: usize) -> Result<Map<String, Value>, IssueError> {
        let deeper = depth.checked_sub(1).ok_or(IssueError::TooDeep)?;
        let mut shown = Map::new();
        let mut digests = Vec::new();
        for (name, value) in object {
            if is_reserved(&name) {
                return Err(IssueError::ReservedName);
            }
            self.location.push(Step::Name(Arc::from(name.as_str())));
            let value = self.value(value, deeper)?;
            if self.conceals() {
                digests.push(self.conceal(Some(&name), &value)?);
            } else {
                shown.insert(name, value);
            }
            self.location.pop();
        }
        if !digests.is_empty() {
            digests.extend((0..self.decoy_count()).map(|_| self.decoy()));
            // Sorted by a random-looking value: the order says nothing about the claims (RFC 9901 §4.2.4.1).
            digests.sort_unstable();
            shown.insert("_sd".to_owned(), Value::from(digests));
        }
        Ok(shown)
    }

    fn array(&mut self, array: Vec<Value>, depth: usize) -> Result<Vec<Value>, IssueError> {
        let deeper = depth.checked_sub(1).ok_or(IssueError::TooDeep)?;
        let mut shown = Vec::with_capacity(array.len());
        let mut concealed = false;
        for (index, value) in array.into_iter().enumerate() {
            self.location.push(Step::Index(index));
            let value = self.value(value, deeper)?;
            if self.conceals() {
                concealed = true;
                let digest = self.conceal(None, &value)?;
                shown.push(placeholder(digest));
            } else {
                shown.push(value);
            }
            self.location.pop();
        }
        if concealed {
            for _ in 0..self.decoy_count() {
                let places = u64::try_from(shown.len()).unwrap_or(u64::MAX).saturating_add(1);
                let place = usize::try_from(self.randomness.below(places)).unwrap_or(0);
                let decoy = self.decoy();
                shown.insert(place, placeholder(decoy));
            }
        }
        Ok(shown)
    }

    fn conceal(&mut self, name: Option<&str>, value: &Value) -> Result<String, IssueError> {
        let disclosure = encode(name, value, self.randomness).map_err(|_| SigningFailed)?;
        let digest = HashAlgorithm::Sha256.base64url(disclosure.as_bytes());
        self.disclosures.push(disclosure);
        Ok(digest)
    }

    fn decoy_count(&self) -> u64 {
        let span = u64::from(self.decoys.at_most.saturating_sub(self.decoys.at_least)).saturating_add(1);
        u64::from(self.decoys.at_least).saturating_add(self.randomness.below(span))
    }

    /// A digest of nothing anybody has: 256 random bits look like a hash.
    fn decoy(&self) -> String {
        base64url::encode(self.randomness.bytes::<32>())
    }
}

fn placeholder(digest: String) -> Value {
    Value::Object(Map::from_iter([("...".to_owned(), Value::from(digest))]))
}

fn matches(path: &ClaimsPath, steps: &[Step]) -> bool {
    path.parts().len() == steps.len()
        && path.parts().iter().zip(steps).all(|(part, step)| match (part, step) {
            (PathPart::Name(part), Step::Name(step)) => **part == **step,
            (PathPart::Index(part), Step::Index(step)) => part == step,
            (PathPart::All, Step::Index(_)) => true,
            _ => false,
        })
}
