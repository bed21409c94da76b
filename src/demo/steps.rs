//! What the demo tells: one step after the other, as JSON or in words.

use serde::Serialize;

/// One step of the demo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// `passport`, `join`, `join-own-details`, `beyond-registration`, `counter-offer`, `changed`, `taken-back`, `left`,
    /// `replay`, `revoked`.
    pub(crate) name: &'static str,
    /// Who asked.
    pub(crate) space: String,
    /// `link`, `qr`, `number`, `card`, `tag`.
    pub(crate) way: &'static str,
    /// Claims that were asked for, paths joined by `.`.
    pub(crate) requested: Vec<String>,
    /// Claims that were given.
    pub(crate) disclosed: Vec<String>,
    /// Claims that were not.
    pub(crate) withheld: Vec<String>,
    /// Details that the space was made to change or to give up.
    pub(crate) edited: Vec<String>,
    /// The machine code of the first refusal.
    pub(crate) refused: Option<String>,
    /// The machine codes of further refusals.
    pub(crate) also: Vec<String>,
    /// How long it took.
    pub(crate) millis: u64,
}

impl Step {
    /// The step in words.
    pub(crate) fn told(&self) -> String {
        let list =
            |claims: &[String]| if claims.is_empty() { "nothing".to_owned() } else { claims.join(", ") };
        let codes = list(&self.also);
        let outcome = match &self.refused {
            Some(code) if self.also.is_empty() => format!("refused: {code}"),
            Some(code) => format!("refused: {code}, {codes}"),
            None if self.requested.is_empty() => format!("done: {}", list(&self.edited)),
            None if self.also.is_empty() => format!("gave {}", list(&self.disclosed)),
            None => format!("gave {}; caught: {codes}", list(&self.disclosed)),
        };
        let asked = if self.requested.is_empty() {
            String::new()
        } else {
            format!("asked {}; ", list(&self.requested))
        };
        format!("{} at {} ({}): {asked}{outcome} [{} ms]", self.name, self.space, self.way, self.millis)
    }
}

/// Everything that `--once --json` prints.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The member's network passport number.
    pub(crate) number: Option<String>,
    /// The member's DID.
    pub(crate) did: Option<String>,
    /// The steps, in order.
    pub(crate) steps: Vec<Step>,
}
