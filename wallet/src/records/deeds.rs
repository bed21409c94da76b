//! What the member had done at a space, as the history keeps it: kinds and names, no value and no sentence. Whoever shows it has words
//! of their own.

use network::claims::Audience;
use network::member_api::{ClaimChange, WhatToDo};
use serde::{Deserialize, Serialize};

use super::Errand;

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Deed {
    /// A new value.
    NewValue {
        /// The claim.
        claim: String,
    },
    /// The passport as it is now.
    Passport,
    /// Others see it.
    Publish {
        /// The claim.
        claim: String,
        /// Who.
        audience: Audience,
    },
    /// It goes on a day.
    SetEnd {
        /// The claim.
        claim: String,
        /// That day, in seconds since the epoch; entries of before do not tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
    },
    /// That day counts no more.
    LiftEnd {
        /// The claim.
        claim: String,
    },
    /// It is not theirs any more.
    TakeBack {
        /// The claim.
        claim: String,
    },
    /// The end of it all.
    Leave,
    /// An objection.
    Object {
        /// The claims that it is about; none: everything.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        about: Vec<String>,
    },
    /// A hello of another member was answered.
    AnswerHello {
        /// The details that were shared with them.
        shared: Vec<String>,
    },
}

impl Deed {
    /// What an errand does.
    pub(crate) fn all_of(errand: &Errand) -> Vec<Self> {
        match errand {
            Errand::NewValue { claim, .. } => vec![Self::NewValue { claim: claim.clone() }],
            Errand::Passport => vec![Self::Passport],
            Errand::Changes(changes) => changes.iter().map(Self::of).collect(),
            Errand::Leave => vec![Self::Leave],
            Errand::Objection { about, .. } => vec![Self::Object { about: about.clone() }],
        }
    }

    fn of(change: &ClaimChange) -> Self {
        let claim = change.claim.clone();
        match change.what {
            WhatToDo::Publish(audience) => Self::Publish { claim, audience },
            WhatToDo::Until(Some(until)) => Self::SetEnd { claim, until: Some(until) },
            WhatToDo::Until(None) => Self::LiftEnd { claim },
            WhatToDo::TakeBack => Self::TakeBack { claim },
        }
    }

    /// What a line says that was kept before deeds were: as [`Errand`] tells it. None where it is no such line.
    #[must_use]
    pub fn read(line: &str) -> Option<Vec<Self>> {
        if let Some(about) = line.strip_prefix("object about ") {
            let about = about.split(", ").map(str::to_owned).collect();
            return Some(vec![Self::Object { about }]);
        }
        line.split(", ").map(Self::read_one).collect()
    }

    fn read_one(told: &str) -> Option<Self> {
        let claim = |name: &str| (!name.is_empty() && !name.contains(' ')).then(|| name.to_owned());
        match told {
            "leave" => return Some(Self::Leave),
            "object" => return Some(Self::Object { about: Vec::new() }),
            "your number and identifier as they are now" => return Some(Self::Passport),
            _ => {}
        }
        if let Some(name) = told.strip_prefix("a new ") {
            return Some(Self::NewValue { claim: claim(name)? });
        }
        if let Some(name) = told.strip_prefix("set an end for ") {
            return Some(Self::SetEnd { claim: claim(name)?, until: None });
        }
        if let Some(name) = told.strip_prefix("lift the end of ") {
            return Some(Self::LiftEnd { claim: claim(name)? });
        }
        if let Some(name) = told.strip_prefix("take ").and_then(|rest| rest.strip_suffix(" back")) {
            return Some(Self::TakeBack { claim: claim(name)? });
        }
        let (name, group) = told.strip_prefix("show ")?.split_once(" to ")?;
        let all = [Audience::Team, Audience::MembersHere, Audience::Brand, Audience::Public];
        let audience = all.into_iter().find(|one| one.name() == group)?;
        Some(Self::Publish { claim: claim(name)?, audience })
    }

    /// The names in it.
    pub(super) fn names_mut(&mut self) -> &mut [String] {
        match self {
            Self::NewValue { claim }
            | Self::Publish { claim, .. }
            | Self::SetEnd { claim, .. }
            | Self::LiftEnd { claim }
            | Self::TakeBack { claim } => std::slice::from_mut(claim),
            Self::Object { about } => about,
            Self::AnswerHello { shared } => shared,
            Self::Passport | Self::Leave => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn change(what: WhatToDo) -> ClaimChange {
        ClaimChange { claim: "email".to_owned(), what }
    }

    #[test]
    fn every_line_of_before_is_read_as_the_deed_that_it_told() {
        let objection = |about: &[&str]| Errand::Objection {
            about: about.iter().map(|one| (*one).to_owned()).collect(),
            reason: "canary".to_owned(),
        };
        let changes = vec![
            change(WhatToDo::TakeBack),
            change(WhatToDo::Publish(Audience::MembersHere)),
            change(WhatToDo::Until(None)),
        ];
        for errand in [
            Errand::NewValue { claim: "company".to_owned(), value: Value::from("canary") },
            Errand::Passport,
            Errand::Changes(changes),
            Errand::Leave,
            objection(&[]),
            objection(&["email", "bio"]),
        ] {
            let deeds = Deed::all_of(&errand);
            assert_eq!(Deed::read(&errand.told()), Some(deeds.clone()), "{errand:?}");
            assert!(!format!("{deeds:?}").contains("canary"));
        }
        // Of an end alone the line did not tell the day.
        let end = Errand::Changes(vec![change(WhatToDo::Until(Some(7)))]);
        let of = |until| vec![Deed::SetEnd { claim: "email".to_owned(), until }];
        assert_eq!((Deed::all_of(&end), Deed::read(&end.told())), (of(Some(7)), Some(of(None))));
    }

    #[test]
    fn what_is_no_such_line_is_read_as_nothing() {
        for line in [
            "",
            "email",
            "take back",
            "take email",
            "take my email back",
            "show bio to everybody",
            "leave, now",
            "a new ",
        ] {
            assert_eq!(Deed::read(line), None, "{line}");
        }
    }

    #[test]
    fn a_deed_is_kept_as_data() {
        let kept = [
            (Deed::Leave, json!({"what": "leave"})),
            (
                Deed::Publish { claim: "bio".to_owned(), audience: Audience::MembersHere },
                json!({"what": "publish", "claim": "bio", "audience": "members-here"}),
            ),
            (
                Deed::SetEnd { claim: "company".to_owned(), until: Some(7) },
                json!({"what": "set-end", "claim": "company", "until": 7}),
            ),
        ];
        for (deed, value) in kept {
            assert_eq!(serde_json::to_value(&deed).unwrap(), value);
            assert_eq!(serde_json::from_value::<Deed>(value).unwrap(), deed);
        }
        assert!(serde_json::from_value::<Deed>(json!({"what": "publish", "claim": "bio"})).is_err());
    }
}
