//! Who of a space's team sees a detail: a term that the space gives with its question (specs/profile.md §8).
//!
//! The request says in `verifier_info` (OpenID4VP 1.0 §5.11) which details not everybody of the team sees. The answer's terms and the
//! proof of sharing name that request, so that nothing else was promised. Who does not know the format takes it that the whole team
//! sees everything, which is never less than is true.

use std::collections::BTreeMap;

use credentials::ClaimsPath;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::member_api::covers;

/// The format of its entry in `verifier_info`.
pub const FORMAT: &str = "passport_seen_in_team";
/// Most details that one entry names.
const MOST: usize = 128;

/// Who of the team sees a detail, from the fewest to the most. Nobody, or an auditor, cannot be said.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Default,
    utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SeenInTeam {
    /// Owners alone.
    Owner,
    /// Owners and managers.
    OwnerAndManagers,
    /// Everybody who sees values: owners, managers and the desk.
    #[default]
    Team,
}

impl SeenInTeam {
    /// Each of them, from the most to the fewest.
    pub const ALL: [Self; 3] = [Self::Team, Self::OwnerAndManagers, Self::Owner];

    /// The value on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::OwnerAndManagers => "owner-and-managers",
            Self::Team => "team",
        }
    }

    /// The one with that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether everybody of the team sees it who sees values at all.
    #[must_use]
    pub const fn is_team(&self) -> bool {
        matches!(self, Self::Team)
    }

    /// Who sees the claim at the path `claim` by rules about paths: nobody who may not see what lies around it, or in it.
    #[must_use]
    pub fn of<'a>(claim: &str, rules: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let is_about = |path: &str| covers(path, claim) || covers(claim, path);
        rules.into_iter().filter(|(path, _)| is_about(path)).map(|(_, seen)| seen).min().unwrap_or_default()
    }
}

/// The rules of a request: paths joined by `.`, each with who sees it.
pub type Rules = BTreeMap<String, SeenInTeam>;

/// `data` of the entry in `verifier_info`; none where the whole team sees everything.
#[must_use]
pub fn data<'a>(rules: impl IntoIterator<Item = (&'a str, SeenInTeam)>) -> Option<Value> {
    let mut named = Map::new();
    for (claim, seen) in rules.into_iter().filter(|(_, seen)| !seen.is_team()) {
        let path = Value::from(claim.split('.').collect::<Vec<_>>());
        let paths = named.entry(seen.name()).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(paths) = paths.as_array_mut() {
            paths.push(path);
        }
    }
    (!named.is_empty()).then_some(Value::Object(named))
}

/// The rules that `data` of an entry says; none where it is no such entry. Of a path that stands there twice the fewest count.
#[must_use]
pub fn rules(data: &Value) -> Option<Rules> {
    let mut rules = Rules::new();
    for (name, paths) in data.as_object()? {
        let seen = SeenInTeam::of_name(name)?;
        for path in paths.as_array()? {
            let claim = ClaimsPath::from_value(path).ok()?.to_string();
            let before = rules.get(&claim).copied().unwrap_or_default();
            rules.insert(claim, before.min(seen));
            if rules.len() > MOST {
                return None;
            }
        }
    }
    Some(rules)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_narrowed_is_read_as_it_was_written_and_the_rest_is_not_named() {
        let written = data([
            ("email", SeenInTeam::Team),
            ("birthdate", SeenInTeam::OwnerAndManagers),
            ("billing.tax_id", SeenInTeam::Owner),
        ])
        .unwrap();
        assert_eq!(written, json!({"owner-and-managers": [["birthdate"]], "owner": [["billing", "tax_id"]]}));
        let read = rules(&written).unwrap();
        assert_eq!(read.get("birthdate"), Some(&SeenInTeam::OwnerAndManagers));
        assert_eq!(read.get("billing.tax_id"), Some(&SeenInTeam::Owner));
        assert_eq!(read.len(), 2);
        assert_eq!(data([("email", SeenInTeam::Team)]), None);
    }

    #[test]
    fn an_entry_that_is_none_narrows_nothing_and_no_other_role_can_be_written() {
        for wrong in [
            json!("birthdate"),
            json!(["birthdate"]),
            json!({"auditor": [["birthdate"]]}),
            json!({"nobody": [["birthdate"]]}),
            json!({"manager": [["birthdate"]]}),
            json!({"owner": "birthdate"}),
            json!({"owner": ["birthdate"]}),
            json!({"owner": [[]]}),
            json!({"owner": (0..=MOST).map(|one| [format!("c{one}")]).collect::<Vec<_>>()}),
        ] {
            assert_eq!(rules(&wrong), None, "{wrong}");
        }
        for word in ["auditor", "nobody", "", "Owner", "manager", "desk"] {
            assert!(serde_json::from_value::<SeenInTeam>(json!(word)).is_err(), "{word}");
            assert_eq!(SeenInTeam::of_name(word), None, "{word}");
        }
        for one in SeenInTeam::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), json!(one.name()));
            assert_eq!(SeenInTeam::of_name(one.name()), Some(one));
        }
    }

    #[test]
    fn the_fewest_count_of_what_lies_around_a_claim_and_in_it() {
        let rules = [
            ("address", SeenInTeam::OwnerAndManagers),
            ("address.street_address", SeenInTeam::Owner),
            ("email", SeenInTeam::Team),
        ];
        let of = |claim: &str| SeenInTeam::of(claim, rules);
        assert_eq!(of("address.locality"), SeenInTeam::OwnerAndManagers);
        assert_eq!(of("address.street_address"), SeenInTeam::Owner);
        assert_eq!(of("address"), SeenInTeam::Owner, "the street is in it");
        for other in ["email", "addressee", "company"] {
            assert_eq!(of(other), SeenInTeam::Team, "{other}");
        }
        let twice = json!({"team": [["email"]], "owner": [["email"]]});
        assert_eq!(super::rules(&twice).unwrap().get("email"), Some(&SeenInTeam::Owner));
    }
}
