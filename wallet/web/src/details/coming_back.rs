//! Where the member came from to fill in what a question said they do not have, so that they come back to it: the very question, with
//! the preset that was picked.

use wallet::shown;
use web::Words;
use web::form::Fields;

use super::DETAILS;
use crate::asked;
use crate::flows::Stage;
use crate::question::{PICK, PRESETS, SET};
use crate::unlocked::Unlocked;

/// The field that names the question.
const ASKED: &str = "asked";

/// The way back to a question.
#[derive(Clone)]
pub(super) struct Back {
    /// The name of its flow.
    pub(super) asked: String,
    /// The preset that was picked there.
    pub(super) pick: Option<&'static str>,
    pub(super) address: String,
    pub(super) label: String,
}

/// Where own details are filled in, for whoever is at a question: at this address, with this set and this preset.
pub(crate) fn address_from(question: &str, set: Option<&str>, pick: Option<&str>) -> String {
    let Some(name) = asked::name_in(question) else { return DETAILS.to_owned() };
    let set = set.map(|set| format!("&set={set}")).unwrap_or_default();
    let pick = pick.map(|pick| format!("&{PICK}={pick}")).unwrap_or_default();
    format!("{DETAILS}?{ASKED}={name}{set}{pick}")
}

impl Back {
    /// The question that is named, as long as it is asked.
    pub(super) fn of(words: Words, unlocked: &Unlocked, fields: &Fields) -> Option<Self> {
        let flow = unlocked.desk.flows().named(fields.optional(ASKED)?)?;
        let Stage::Asks(question) = flow.turn().stage else { return None };
        let pick = fields.optional(PICK).and_then(|named| PRESETS.into_iter().find(|one| *one == named));
        let set = fields.optional("set").filter(|set| question.sets.iter().any(|one| one.id == *set));
        let said = [(PICK, pick), (SET, set)];
        let query: Vec<String> =
            said.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?))).collect();
        let mut address = asked::address_of(&flow);
        if !query.is_empty() {
            address = format!("{address}?{}", query.join("&"));
        }
        let label = words.say_with("details-back", &[("asker", &shown(&question.asker.name))]);
        Some(Self { asked: flow.name.clone(), pick, address, label })
    }

    /// By which it is known on the page that comes next.
    fn fields(&self) -> String {
        let pick = self.pick.map(|pick| format!("&{PICK}={pick}")).unwrap_or_default();
        format!("{ASKED}={}{pick}", self.asked)
    }
}

/// The address of a page of the details, with the way back to the question from which the member came.
pub(super) fn onward(address: String, back: Option<&Back>) -> String {
    let Some(back) = back else { return address };
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}{}", back.fields())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_a_part_of_the_address_whatever_stands_there() {
        let back =
            |pick| Back { asked: "abc".to_owned(), pick, address: String::new(), label: String::new() };
        let to = |address: &str, back: Option<&Back>| onward(address.to_owned(), back);
        assert_eq!(to("/details", None), "/details");
        assert_eq!(to("/details", Some(&back(None))), "/details?asked=abc");
        assert_eq!(to("/details?set=one", Some(&back(Some("all")))), "/details?set=one&asked=abc&pick=all");
    }
}
