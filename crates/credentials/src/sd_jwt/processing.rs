//! Putting disclosures back into the payload (RFC 9901 §7.1), with a record of where each one went.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::map::Entry;
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
    is_frame: bool,
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

    /// Those of [`Self::needed_for`] that say something of what is asked: without the objects and lists around it that hold
    /// digests alone.
    pub fn said_by(&self, location: &Location) -> impl Iterator<Item = usize> + '_ {
        let asked = location.clone();
        self.needed_for(location).filter(move |index| {
            let lies_around = |one: &Disclosed| one.location != asked && one.location.holds(&asked);
            !self.disclosed.get(*index).is_some_and(|one| one.is_frame && lies_around(one))
        })
    }

    /// What a reader who gets only the disclosures `sent` sees at `location`.
    #[must_use]
    pub fn value_with(&self, sent: &BTreeSet<usize>, location: &Location) -> Option<Value> {
        // Only what lies below is taken out: the places beside it stay where they are.
        let lies_below = |one: &Disclosed| one.location != *location && location.holds(&one.location);
        let seen =
            self.disclosed.iter().enumerate().filter(|(index, one)| sent.contains(index) || !lies_below(one));
        location.value(&self.claims_with(&seen.map(|(index, _)| index).collect())).cloned()
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
    let mut waiting = Waiting::with_capacity(disclosures.len());
    let mut disclosed = Vec::with_capacity(disclosures.len());
    for disclosure in disclosures {
        let digest = disclosure.digest(hash);
        let Disclosure { encoded, name, value } = disclosure;
        let is_frame = is_frame(&value);
        waiting.add(&digest, Content { name, value });
        disclosed.push(Disclosed { encoded, location: Location::default(), parent: None, is_frame });
    }
    waiting.sort();
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
}

/// Whether a disclosed value holds digests of others, and nothing beside them.
fn is_frame(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.len() == 1 && members.contains_key("_sd"),
        Value::Array(elements) => {
            !elements.is_empty() && elements.iter().all(|element| element.get("...").is_some())
        }
        _ => false,
    }
}

/// What a disclosure puts in the place of its digest.
struct Content {
    name: Option<String>,
    value: Value,
}

/// The disclosures whose digests have not been met yet.
struct Waiting {
    /// In the order of the disclosures; none once it was handed out.
    contents: Vec<Option<Content>>,
    /// The digests in the order of the disclosures, one after the other, all of one length.
    digests: String,
    /// Beginning and place of each digest, in the order of the digests: seldom is more than the beginning compared.
    order: Vec<(u64, usize)>,
}

impl Waiting {
    fn with_capacity(count: usize) -> Self {
        Self { contents: Vec::with_capacity(count), digests: String::new(), order: Vec::with_capacity(count) }
    }

    fn add(&mut self, digest: &Digest, content: Content) {
        self.order.push((beginning(digest.as_str()), self.contents.len()));
        self.digests.push_str(digest.as_str());
        self.contents.push(Some(content));
    }

    fn digest(&self, place: usize) -> &str {
        let length = self.digests.len().checked_div(self.contents.len()).unwrap_or(0);
        let begin = length.saturating_mul(place);
        self.digests.get(begin..begin.saturating_add(length)).unwrap_or_default()
    }

    /// Puts them in order. Of a disclosure that comes twice, one is never met.
    fn sort(&mut self) {
        let mut order = std::mem::take(&mut self.order);
        order.sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| self.digest(left.1).cmp(self.digest(right.1)))
        });
        self.order = order;
    }

    /// What waits for a digest, and its place among the disclosures; each is handed out once.
    fn take(&mut self, beginning: u64, digest: &str) -> Option<(usize, Content)> {
        let found = self.order.binary_search_by(|(begins, place)| {
            begins.cmp(&beginning).then_with(|| self.digest(*place).cmp(digest))
        });
        let (_, place) = *self.order.get(found.ok()?)?;
        Some((place, self.contents.get_mut(place)?.take()?))
    }
}

/// The first eight bytes of a digest as a number, in the order of the texts.
fn beginning(digest: &str) -> u64 {
    let mut bytes = [0; 8];
    for (place, byte) in bytes.iter_mut().zip(digest.bytes()) {
        *place = byte;
    }
    u64::from_be_bytes(bytes)
}

struct Walk {
    waiting: Waiting,
    disclosed: Vec<Disclosed>,
    /// Every digest that was met. Who wrote them chose them freely, so they are sorted in the end and not hashed.
    seen: Vec<(u64, String)>,
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
    fn take(&mut self, digest: Value) -> Result<Option<(usize, Content)>, SdJwtError> {
        let Value::String(digest) = digest else { return Err(SdJwtError::MalformedDigests) };
        let beginning = beginning(&digest);
        let found = self.waiting.take(beginning, &digest);
        self.seen.push((beginning, digest));
        Ok(found)
    }

    /// Whether no digest came twice and every disclosure was met.
    fn end(&mut self) -> Result<(), SdJwtError> {
        self.seen.sort_unstable();
        if !self.seen.is_sorted_by(|left, right| left < right) {
            return Err(SdJwtError::DigestTwice);
        }
        if self.waiting.contents.iter().any(Option::is_some) {
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
            let Some((index, Content { name, value })) = self.take(digest)? else { continue };
            let name = name.ok_or(SdJwtError::WrongArity)?;
            if is_reserved(&name) {
                return Err(SdJwtError::ReservedName);
            }
            let step = Step::Name(Arc::from(name.as_str()));
            let Entry::Vacant(entry) = object.entry(name) else { return Err(SdJwtError::NameTaken) };
            entry.insert(self.reveal(index, value, step, deeper)?);
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
                    let Some((index, Content { name, value })) = self.take(digest)? else { continue };
                    if name.is_some() {
                        return Err(SdJwtError::WrongArity);
                    }
                    self.reveal(index, value, step, deeper)?
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
