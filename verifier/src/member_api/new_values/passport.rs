//! The passport, asked for anew when its number was replaced or its DID has moved.
//!
//! What is checked is what is checked of every passport: an admitted office signed it, and whoever shows it holds its key. That
//! it is the member's says the membership beside it. The number and the DID may both be others than before, and are compared
//! with nobody's: an account is found by the membership alone.

use credentials::types;
use presentation::{Answer, Refused};
use serde_json::{Value, json};

use crate::records::Contact;

/// The query in which a form asks for a passport.
const QUERY: &str = "passport";

/// Whether a passport gave the claim of this very name.
pub(super) fn gave(contact: &Contact, claim: &str) -> bool {
    let mut of_name = contact.given.iter().filter(|given| given.claim == claim);
    of_name.next().is_some_and(|given| given.vct == types::PASSPORT) && of_name.next().is_none()
}

/// Asks a passport for these claims and for no others: a form asks for all of it, of which the member may have taken back some.
pub(super) fn narrow(query: &mut Value, claims: &[String]) {
    let credentials = query.get_mut("credentials").and_then(Value::as_array_mut);
    let passport = credentials.into_iter().flatten().filter(|one| one.get("id") == Some(&json!(QUERY)));
    for asked in passport.filter_map(|one| one.get_mut("claims")) {
        *asked = claims.iter().map(|claim| json!({"path": [claim]})).collect();
    }
}

/// A passport came, and shows these claims.
pub(super) fn check(answer: &Answer, claims: &[String]) -> Result<(), Refused> {
    let shown = || answer.for_query(QUERY).into_iter().filter(|one| one.facts.vct() == types::PASSPORT);
    let lacks = |claim: &&String| !shown().any(|one| one.disclosed.iter().any(|path| path.path == **claim));
    match claims.iter().find(lacks) {
        None => Ok(()),
        Some(claim) => {
            let sentence = format!("the answer lacks {claim} of the passport, which is needed");
            Err(Refused::rejected("missing_claims", sentence))
        }
    }
}
