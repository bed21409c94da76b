//! Logs that we publish.

use did::ResolveError;
use did::webvh::LogError;
use second_opinion::{Comparison, Kind};

use crate::written::logs;
use crate::{LIBRARY, named, ours, theirs};

const BEFORE_APPROVAL: Kind = (
    "the entry that names the first witnesses, before they approved",
    "we are right: the list is active at once (did:webvh 1.0, \"Parameters\", `witness`); didwebvh-rs asks for approval from the next entry on",
);

#[test]
fn every_log_that_we_publish_is_read_alike_from_its_first_entry_to_its_last() {
    let mut seen = Comparison::new(LIBRARY, "did:webvh logs that we publish", &[BEFORE_APPROVAL]);
    for log in logs() {
        let lines: Vec<&str> = log.text.lines().collect();
        let whole = lines.len();
        for entries in 1..=whole {
            let text = lines[..entries].join("\n");
            // A later proof of a witness approves all entries before it.
            let did = named(&text);
            let case = format!("{} with {entries} of {whole} entries", log.name);
            let witness = log.witness.as_deref();
            let ours = ours(&did, &text, witness);
            if entries == whole {
                assert!(ours.is_ok(), "{case}: {ours:?}");
            }
            match (ours, theirs(&did, &text, witness)) {
                (Err(_), Err(_)) => seen.agrees(),
                (Err(ResolveError::Log(LogError::Witness(_))), Ok(_))
                    if log.name == "everything" && entries == 2 =>
                {
                    seen.differs(BEFORE_APPROVAL.0);
                }
                (ours, theirs) => seen.equal(&case, &ours.map_err(|error| error.to_string()), &theirs),
            }
        }
    }
    seen.finish();
}
