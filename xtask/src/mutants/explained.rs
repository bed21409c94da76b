//! Why a change to the code may survive: file and change as cargo-mutants names them, without the line, and the reason.
//! A test that kills it is better than a reason.

const UNHEARD: &str = "the words of this error are thrown away where it is made: nobody ever hears them";

const REASONS: &[(&str, &str, &str)] = &[
    (
        "crates/jose/src/json.rs",
        "replace <impl Visitor<'de> for Strict>::expecting -> fmt::Result with Ok(Default::default())",
        UNHEARD,
    ),
    (
        "crates/jose/src/json.rs",
        "replace <impl Visitor<'de> for Strict>::visit_unit -> Result<Value, E> with Ok(Default::default())",
        "the default of `Value` is `Null`: the same code",
    ),
];

/// The reason for a line of cargo-mutants, `file:line:column: change`.
pub(super) fn reason(line: &str) -> Option<&'static str> {
    let (place, change) = line.split_once(": ")?;
    let file = place.split(':').next()?;
    REASONS.iter().find(|(of, what, _)| *of == file && *what == change).map(|(_, _, reason)| *reason)
}
