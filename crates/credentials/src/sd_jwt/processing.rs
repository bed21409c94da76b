//! Putting disclosures back into the payload (RFC 9901 §7.1), with a record of where each one went.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::disclosure::Part;
use super::{DEEPEST, Digest, Disclosure, HashAlgorithm, SdJwtError, is_reserved};
use crate::claims_path::{Location, Step};

/// The claims of an SD-JWT after processing, and their provenance. Its Debug shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Processed {
    claims: Map<String, Value>,
    disclosed: Vec<Disclosed>,
    shortened: Vec<Shortened>,
}

/// A claim that came out of a disclosure.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosed {
    encoded: Part,
    location: Location,
    parent: Option<usize>,
}

/// An array of which some elements are not disclosed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortened {
    location: Location,
    positions: Vec<usize>,
}

impl Processed {
    /// The claims: disclosures in place, digests and `_sd_alg` removed.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// What was selectively disclosed, in the order of the disclosures.
    #[must_use]
    pub fn disclosed(&self) -> &[Disclosed] {
        &self.disclosed
    }

    /// The arrays with elements that are not disclosed (decoys count as such).
    #[must_use]
    pub fn shortened(&self) -> &[Shortened] {
        &self.shortened
    }

    /// The disclosures without which `location` is not wholly shown: its own, its parents' and its children's.
    pub fn needed_for(&self, location: &Location) -> impl Iterator<Item = usize> + '_ {
        let location = location.clone();
        self.disclosed
            .iter()
            .enumerate()
            .filter(move |(_, disclosed)| {
                disclosed.location.holds(&location) || location.holds(&disclosed.location)
            })
            .map(|(index, _)| index)
    }

    /// The claims a reader sees who gets only the disclosures `sent`.
    #[must_use]
    pub fn claims_with(&self, sent: &BTreeSet<usize>) -> Map<String, Value> {
        let mut hidden: Vec<&Location> = self
            .disclosed
            .iter()
            .enumerate()
            .filter(|(index, _)| !sent.contains(index))
            .map(|(_, disclosed)| &disclosed.location)
            .collect();
        // From the back, so that taking an element out does not move one that is still to be taken out.
        hidden.sort_unstable_by(|left, right| right.cmp(left));
        let mut claims = self.claims.clone();
        for location in hidden {
            remove(&mut claims, location);
        }
        claims
    }

    /// The claims every reader sees, whatever is selected.
    #[must_use]
    pub fn always_disclosed(&self) -> Map<String, Value> {
        self.claims_with(&BTreeSet::new())
    }
}

impl Disclosed {
    /// The text that stands between two tildes.
    #[must_use]
    pub fn encoded(&self) -> &str {
        self.encoded.as_str()
    }

    /// Where the value stands in [`Processed::claims`].
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// The disclosure that holds this one's digest; `None` if the payload does.
    #[must_use]
    pub const fn parent(&self) -> Option<usize> {
        self.parent
    }
}

impl Shortened {
    /// The array.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// For each element that is shown, its position among all elements the issuer signed.
    #[must_use]
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }
}

fn remove(claims: &mut Map<String, Value>, location: &Location) {
    let Some((last, above)) = location.steps().split_last() else { return };
    let Some((first, between)) = above.split_first() else {
        if let Step::Name(name) = last {
            claims.remove(&**name);
        }
        return;
    };
    let Step::Name(first) = first else { return };
    let holder = between.iter().try_fold(claims.get_mut(&**first), |value, step| {
        let value = value?;
        Some(match step {
            Step::Name(name) => value.get_mut(&**name),
            Step::Index(index) => value.get_mut(*index),
        })
    });
    match (holder.flatten(), last) {
        (Some(Value::Object(object)), Step::Name(name)) => {
            object.remove(&**name);
        }
        (Some(Value::Array(array)), Step::Index(index)) if *index < array.len() => {
            array.remove(*index);
        }
        _ => {}
    }
}

/// Longest path to a claim: the bytes of all names on it.
const LONGEST_PATH: usize = 4_096;

fn length(step: &Step) -> usize {
    match step {
        Step::Name(name) => name.len(),
        Step::Index(_) => 0,
    }
}

/// Processes a payload and its disclosures (RFC 9901 §7.1 steps 3 to 5).
pub(super) fn process(
    mut payload: Map<String, Value>,
    disclosures: Vec<Disclosure>,
    hash: HashAlgorithm,
) -> Result<Processed, SdJwtError> {
    payload.remove("_sd_alg");
    let mut waiting = Vec::with_capacity(disclosures.len());
    let mut disclosed = Vec::with_capacity(disclosures.len());
    for (index, disclosure) in disclosures.into_iter().enumerate() {
        let digest = disclosure.digest(hash);
        let Disclosure { encoded, name, value } = disclosure;
        waiting.push(Waiting { digest, content: Some(Content { index, name, value }) });
        disclosed.push(Disclosed { encoded, location: Location::default(), parent: None });
    }
    waiting.sort_unstable_by_key(|waiting| waiting.digest);
    if waiting.is_sorted_by(|left, right| left.digest < right.digest) {
        let mut walk = Walk {
            waiting,
            disclosed,
            seen: Vec::new(),
            shortened: Vec::new(),
            location: Location::default(),
            names: 0,
            parent: None,
        };
        walk.object(&mut payload, DEEPEST)?;
        walk.end()?;
        Ok(Processed { claims: payload, disclosed: walk.disclosed, shortened: walk.shortened })
    } else {
        Err(SdJwtError::UnreferencedDisclosure)
    }
}

/// A disclosure whose digest has not been met yet; they are kept in the order of their digests.
struct Waiting {
    digest: Digest,
    content: Option<Content>,
}

struct Content {
    index: usize,
    name: Option<String>,
    value: Value,
}

struct Walk {
    waiting: Vec<Waiting>,
    disclosed: Vec<Disclosed>,
    /// Every digest that was met. Who wrote them chose them freely, so they are sorted in the end and not hashed.
    seen: Vec<String>,
    shortened: Vec<Shortened>,
    location: Location,
    /// Bytes of the names in `location`.
    names: usize,
    parent: Option<usize>,
}

impl Walk {
    fn value(&mut self, value: &mut Value, depth: usize) -> Result<(), SdJwtError> {
        match value {
            Value::Object(object) => self.object(object, depth),
            Value::Array(array) => self.array(array, depth),
            _ => Ok(()),
        }
    }

    /// Takes a digest; a disclosure is handed out for it at most once.
    fn take(&mut self, digest: Value) -> Result<Option<Content>, SdJwtError> {
        let Value::String(digest) = digest else { return Err(SdJwtError::MalformedDigests) };
        let place = self.waiting.binary_search_by(|waiting| waiting.digest.as_str().cmp(&digest));
        self.seen.push(digest);
        let found = place.ok().and_then(|place| self.waiting.get_mut(place));
        Ok(found.and_then(|waiting| waiting.content.take()))
    }

    /// Whether no digest came twice and every disclosure was met.
    fn end(&mut self) -> Result<(), SdJwtError> {
        self.seen.sort_unstable();
        if !self.seen.is_sorted_by(|left, right| left < right) {
            return Err(SdJwtError::DigestTwice);
        }
        if self.waiting.iter().any(|waiting| waiting.content.is_some()) {
            return Err(SdJwtError::UnreferencedDisclosure);
        }
        Ok(())
    }

    fn object(&mut self, object: &mut Map<String, Value>, depth: usize) -> Result<(), SdJwtError> {
        let deeper = depth.checked_sub(1).ok_or(SdJwtError::TooDeep)?;
        let digests = object.remove("_sd");
        if object.contains_key("_sd_alg") {
            return Err(SdJwtError::MisplacedHash);
        }
        if object.contains_key("...") {
            return Err(SdJwtError::MalformedDigests);
        }
        for (name, value) in object.iter_mut() {
            if value.is_object() || value.is_array() {
                self.enter(Step::Name(Arc::from(name.as_str())))?;
                self.value(value, deeper)?;
                self.leave();
            }
        }
        let digests = match digests {
            None => return Ok(()),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(SdJwtError::MalformedDigests),
        };
        for digest in digests {
            let Some(found) = self.take(digest)? else { continue };
            let name = found.name.ok_or(SdJwtError::WrongArity)?;
            if is_reserved(&name) {
                return Err(SdJwtError::ReservedName);
            }
            if object.contains_key(&name) {
                return Err(SdJwtError::NameTaken);
            }
            let value =
                self.reveal(found.index, found.value, Step::Name(Arc::from(name.as_str())), deeper)?;
            object.insert(name, value);
        }
        Ok(())
    }

    fn array(&mut self, array: &mut Vec<Value>, depth: usize) -> Result<(), SdJwtError> {
        let deeper = depth.checked_sub(1).ok_or(SdJwtError::TooDeep)?;
        let signed = array.len();
        let mut positions = Vec::new();
        let mut shown = Vec::with_capacity(signed);
        for (position, mut element) in std::mem::take(array).into_iter().enumerate() {
            let step = Step::Index(shown.len());
            let element = match placeholder(&mut element)? {
                None => {
                    self.enter(step)?;
                    self.value(&mut element, deeper)?;
                    self.leave();
                    element
                }
                Some(digest) => {
                    let Some(found) = self.take(digest)? else { continue };
                    if found.name.is_some() {
                        return Err(SdJwtError::WrongArity);
                    }
                    self.reveal(found.index, found.value, step, deeper)?
                }
            };
            shown.push(element);
            positions.push(position);
        }
        if shown.len() < signed {
            self.shortened.push(Shortened { location: self.location.clone(), positions });
        }
        *array = shown;
        Ok(())
    }

    fn reveal(
        &mut self,
        index: usize,
        mut value: Value,
        step: Step,
        depth: usize,
    ) -> Result<Value, SdJwtError> {
        self.enter(step)?;
        if let Some(disclosed) = self.disclosed.get_mut(index) {
            disclosed.location = self.location.clone();
            disclosed.parent = self.parent;
        }
        let outer = self.parent.replace(index);
        self.value(&mut value, depth)?;
        self.parent = outer;
        self.leave();
        Ok(value)
    }

    /// Goes one step down. Where many claims stand below long names, each would be compared with all the others by
    /// those names, so a path is not only bounded in its steps.
    fn enter(&mut self, step: Step) -> Result<(), SdJwtError> {
        self.names = self.names.saturating_add(length(&step));
        if self.names > LONGEST_PATH {
            return Err(SdJwtError::TooDeep);
        }
        self.location.push(step);
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(step) = self.location.pop() {
            self.names = self.names.saturating_sub(length(&step));
        }
    }
}

/// The digest of an element that is a placeholder; `...` beside other members is refused.
fn placeholder(element: &mut Value) -> Result<Option<Value>, SdJwtError> {
    let Value::Object(object) = element else { return Ok(None) };
    if !object.contains_key("...") {
        return Ok(None);
    }
    if object.len() > 1 {
        return Err(SdJwtError::MalformedDigests);
    }
    Ok(object.remove("..."))
}

impl fmt::Debug for Disclosed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Disclosed({:?})", self.location)
    }
}

impl fmt::Debug for Processed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Processed({} disclosed)", self.disclosed.len())
    }
}
