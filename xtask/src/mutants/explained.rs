//! Why a change to the code may survive: file and change as cargo-mutants names them, without the line, and the reason.
//! A test that kills it is better than a reason.

const UNHEARD: &str = "the words of this error are thrown away where it is made: nobody ever hears them";
const ROOM: &str = "how much room is set aside beforehand: the text grows into what it needs";
const BEGINNING: &str =
    "where beginnings are alike the digests themselves are compared: it only takes longer";
const TAKEN_OUT: &str =
    "every place that is taken out stands in the claims: the guard keeps a slip elsewhere from a panic";
const PROVED_LATER: &str =
    "a key that is not proved by its proof is computed, or all is read once more: it only takes longer";

const REASONS: &[(&str, &str, &str)] = &[
    (
        "crates/jose/src/json.rs",
        "replace <impl Visitor<'de> for Strict<'_>>::expecting -> fmt::Result with Ok(Default::default())",
        UNHEARD,
    ),
    (
        "crates/jose/src/json.rs",
        "replace <impl Visitor<'de> for Strict<'_>>::visit_unit -> Result<Value, E> with Ok(Default::default())",
        "the default of `Value` is `Null`: the same code",
    ),
    (
        "crates/credentials/src/dcql/candidates.rs",
        "replace > with >= in Candidates<'a>::of_types",
        "those of one type stand in order already, each once: putting them in order again changes nothing",
    ),
    (
        "crates/credentials/src/sd_jwt/disclosure.rs",
        "replace <impl Visitor<'de> for ElementsVisitor>::expecting -> fmt::Result with Ok(Default::default())",
        UNHEARD,
    ),
    (
        "crates/credentials/src/sd_jwt/disclosure.rs",
        "replace <impl Visitor<'_> for Salt>::expecting -> fmt::Result with Ok(Default::default())",
        UNHEARD,
    ),
    ("crates/credentials/src/sd_jwt/held.rs", "replace Held::length -> usize with 0", ROOM),
    ("crates/credentials/src/sd_jwt/held.rs", "replace Held::length -> usize with 1", ROOM),
    ("crates/credentials/src/sd_jwt/processing.rs", "replace beginning -> u64 with 0", BEGINNING),
    ("crates/credentials/src/sd_jwt/processing.rs", "replace beginning -> u64 with 1", BEGINNING),
    (
        "crates/credentials/src/sd_jwt/processing.rs",
        "replace match guard *index < array.len() with true in remove",
        TAKEN_OUT,
    ),
    ("crates/credentials/src/sd_jwt/processing.rs", "replace < with <= in remove", TAKEN_OUT),
    (
        "crates/credentials/src/status_list/list.rs",
        "replace | with ^ in StatusList::set",
        "the bits of the entry were cleared just before, so that both put the status there",
    ),
    (
        "crates/credentials/src/type_metadata/validation.rs",
        "replace < with <= in Selected<'a>::descend",
        "the last position is one that is shown, and what is shown is not hidden",
    ),
    (
        "crates/credentials/src/type_metadata/rendering/colour.rs",
        "replace < with <= in Colours::read",
        "no two of the 2^24 colours have a contrast of exactly 4.5: all were tried",
    ),
    (
        "crates/did/src/canonical.rs",
        "replace < with <= in write_string",
        "a text with a space is written by the general writer, as it stands: only slower",
    ),
    ("crates/did/src/webvh/parameters.rs", "replace Changes::note_proofs with ()", PROVED_LATER),
    ("crates/did/src/webvh/proof.rs", "replace ProofKey::note_proofs with ()", PROVED_LATER),
    ("crates/did/src/webvh/proof.rs", "replace |= with &= in ProofKey::note_proofs", PROVED_LATER),
    (
        "crates/did/src/webvh/proof.rs",
        "replace ProofKey::parse_unproved -> Option<Self> with None",
        PROVED_LATER,
    ),
    ("crates/did/src/webvh/proof.rs", "replace || with && in ProofKey::prove", PROVED_LATER),
];

/// The reason for a line of cargo-mutants, `file:line:column: change`.
pub(super) fn reason(line: &str) -> Option<&'static str> {
    let (place, change) = line.split_once(": ")?;
    let file = place.split(':').next()?;
    REASONS.iter().find(|(of, what, _)| *of == file && *what == change).map(|(_, _, reason)| *reason)
}
