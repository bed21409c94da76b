//! Wycheproof: tokens and keys that are bent, and the primitives below the tokens as far as our crates show them.

mod primitives;
mod tokens;

use std::path::Path;

use serde_json::Value;

use crate::walk::value;

const NAME: &str = "wycheproof";

/// A case: its name, the group it stands in, and the case itself.
struct Case<'a> {
    name: String,
    group: &'a Value,
    test: &'a Value,
}

impl Case<'_> {
    fn text(&self, name: &str) -> &str {
        self.test[name].as_str().unwrap()
    }

    /// `valid`, `invalid`, or `acceptable`.
    fn result(&self) -> &str {
        self.text("result")
    }

    /// Whether what the case says is what happened.
    fn settled<T, E: std::fmt::Debug>(&self, outcome: Result<T, E>) -> Result<(), String> {
        match (self.result(), outcome) {
            ("valid", Ok(_)) | ("invalid", Err(_)) => Ok(()),
            ("invalid", Ok(_)) => Err("taken, and must not be".to_owned()),
            (_, Err(error)) => Err(format!("refused: {error:?}")),
            (other, Ok(_)) => Err(format!("taken, and is only {other}")),
        }
    }
}

fn file(folder: &Path, name: &str) -> Value {
    value(&folder.join("testvectors_v1").join(format!("{name}.json"))).unwrap()
}

fn cases<'a>(name: &str, file: &'a Value) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        let comment = group["comment"].as_str().unwrap_or_default();
        for test in group["tests"].as_array().unwrap() {
            let name =
                format!("{name} {} {} {comment}", test["tcId"], test["comment"].as_str().unwrap_or_default());
            cases.push(Case { name: name.trim().to_owned(), group, test });
        }
    }
    assert_eq!(Some(u64::try_from(cases.len()).unwrap()), file["numberOfTests"].as_u64(), "{name}");
    cases
}
