//! Own details as they are kept: what is the same in every set in one record, what a set has for its own in one each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DetailName, DetailSet, OwnDetails};
use crate::vault::Kept;

impl OwnDetails {
    /// These details as they are kept.
    pub(crate) fn kept(&self) -> (KeptDetails, Vec<KeptSet>) {
        let sets = self.sets().cloned().collect();
        let own = self.sets.iter().map(|(set, own)| KeptSet { id: set.id.clone(), claims: own.clone() });
        (KeptDetails { claims: self.shared.clone(), sets }, own.collect())
    }

    /// Details that were kept. A set of which nothing was kept is empty.
    pub(crate) fn of(kept: KeptDetails, mut own: Vec<KeptSet>) -> Self {
        let KeptDetails { mut claims, sets } = kept;
        // Earlier wallets called the role otherwise than the network does.
        let earlier = claims.keys().find(|name| name.as_str() == "job_title").cloned();
        if let (Some(role), Ok(name)) =
            (earlier.and_then(|name| claims.remove(&name)), DetailName::new("role"))
        {
            claims.entry(name).or_insert(role);
        }
        let with_own = |set: DetailSet| {
            let values =
                own.iter_mut().find(|one| one.id == set.id).map(|one| std::mem::take(&mut one.claims));
            (set, values.unwrap_or_default())
        };
        Self { shared: claims, sets: sets.into_iter().map(with_own).collect() }
    }
}

/// What is the same in every set, and which sets there are.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct KeptDetails {
    claims: BTreeMap<DetailName, Value>,
    /// In wallets of before there was one, which had no name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sets: Vec<DetailSet>,
}

impl KeptDetails {
    /// The logical name of the only record of its kind.
    pub(crate) const NAME: &'static str = "me";

    /// The sets there are.
    pub(crate) fn sets(&self) -> &[DetailSet] {
        &self.sets
    }
}

impl Kept for KeptDetails {
    const KIND: &'static str = "own-details";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

/// What one set has for its own.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptSet {
    pub(crate) id: String,
    claims: BTreeMap<DetailName, Value>,
}

impl Kept for KeptSet {
    const KIND: &'static str = "own-set";

    fn name(&self) -> String {
        self.id.clone()
    }
}
