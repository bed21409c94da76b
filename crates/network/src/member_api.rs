//! The member API: what a member asks of a space about what that space holds (specs/member-api.md).
//!
//! Claims are named by their path, joined by `.`. The same identifier sent again gets the same answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claims::Audience;
use crate::seen_in_team::SeenInTeam;

/// The path of the API below a space's address.
pub const PATH: &str = "/member";
/// Seconds for which an access token counts.
pub const TOKEN_LIFETIME: i64 = 600;
/// Longest identifier, in bytes.
pub const LONGEST_ID: usize = 64;
/// Longest path of a claim, in bytes.
pub const LONGEST_CLAIM: usize = 256;
/// Most changes, or claims, in one request.
pub const MOST_CLAIMS: usize = 128;
/// Most openings of doors that are told.
pub const MOST_OPENINGS: usize = 100;
/// Longest reason of an objection, in characters.
pub const LONGEST_REASON: usize = 4_000;

/// Everything that a space holds of a member. A wallet passes over members that it does not know, of each part as well.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Details {
    /// The space's DID.
    pub space: String,
    /// The first day of the membership, in seconds since the epoch.
    pub member_since: i64,
    /// The plan's name.
    pub plan: String,
    /// What is held.
    pub details: Vec<Detail>,
    /// Objections that the space has on file.
    pub objections: Vec<FiledObjection>,
    /// Other software of the space to which details went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handed_on: Vec<HandedOn>,
    /// What the team wrote about the member in its own words; it goes with the membership.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<TeamNote>,
    /// The doors that the member opened, or tried to, the last first: [`MOST_OPENINGS`] at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<DoorOpening>,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.details.iter().map(|detail| &detail.claim)).finish()
    }
}

/// One detail that a space holds.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Detail {
    /// The claim's path, joined by `.`.
    pub claim: String,
    /// Its value; of an object that was disclosed member by member what was not disclosed is missing.
    pub value: Value,
    /// The registered purpose.
    pub purpose: String,
    /// Who may see it.
    pub audience: Audience,
    /// Who of the team sees it, as long as the audience is the team: as promised with the question. Absent: everybody who sees values.
    #[serde(default, skip_serializing_if = "SeenInTeam::is_team")]
    pub seen_in_team: SeenInTeam,
    /// Who that is, in one sentence.
    pub seen_by: String,
    /// When it goes whatever becomes of the membership, in seconds since the epoch; null: no date was set.
    pub until: Option<i64>,
    /// Days for which it is kept when the membership has ended; null: it goes with the membership.
    pub kept_days: Option<u32>,
    /// Since when it is held, in seconds since the epoch.
    pub since: i64,
    /// Whose word it is: `office DID`, `space DID`, `own` or `foreign SUBJECT`.
    pub word_of: String,
    /// Whether the space says that it needs it: taken back, the membership ends.
    pub needed: bool,
}

impl std::fmt::Debug for Detail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Detail({})", self.claim)
    }
}

/// Other software of a space to which details went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandedOn {
    /// Its name, in the space's words.
    pub to: String,
    /// The claims that may lie there.
    pub details: Vec<String>,
    /// When something went there last, in seconds since the epoch.
    pub at: i64,
    /// Whether it said of everything since that it has it; `false`: the space still tries, or a person has to see to it.
    pub confirmed: bool,
}

/// An objection that is on file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FiledObjection {
    /// The identifier that the wallet gave.
    pub id: String,
    /// When it came, in seconds since the epoch.
    pub at: i64,
    /// The claims it is about; empty: everything.
    pub about: Vec<String>,
}

/// What the team of a space wrote about a member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamNote {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Who, as the team calls them.
    pub by: String,
    /// What.
    #[schema(min_length = 1, max_length = 500)]
    pub text: String,
}

/// That a member opened a door of the space, or tried to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DoorOpening {
    /// What the space calls the door; null where it has it no more.
    pub door: Option<String>,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Whether the door said that it opens; null where nothing was heard from it.
    pub opened: Option<bool>,
}

impl std::fmt::Debug for TeamNote {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TeamNote({})", self.at)
    }
}

/// One change of one detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "WrittenChange", try_from = "WrittenChange")]
pub struct ClaimChange {
    /// The claim's path, joined by `.`; what lies below it changes too.
    pub claim: String,
    /// What to do.
    pub what: WhatToDo,
}

/// What is to be done with a detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatToDo {
    /// These may see it from now on, more people or fewer.
    Publish(Audience),
    /// It goes at that time, in seconds since the epoch; without one it stays as registered.
    Until(Option<i64>),
    /// It goes now.
    TakeBack,
}

/// A change as it is written: beside `claim` exactly one of the others.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClaimChange)]
pub struct WrittenChange {
    /// The claim's path, joined by `.`; what lies below it changes too.
    claim: String,
    /// Who may see it from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    publish: Option<Audience>,
    /// When it goes, in seconds since the epoch; null lifts an end that was set.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    until: Option<Option<i64>>,
    /// `true`: it goes now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    take_back: Option<bool>,
}

/// Tells a member that is null from one that is not there.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::<i64>::deserialize(deserializer).map(Some)
}

/// A change that says nothing, or two things at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change names a claim and exactly one of publish, until and take_back")]
pub struct NotOneChange;

impl TryFrom<WrittenChange> for ClaimChange {
    type Error = NotOneChange;

    fn try_from(written: WrittenChange) -> Result<Self, NotOneChange> {
        let what = match (written.publish, written.until, written.take_back) {
            (Some(audience), None, None) => WhatToDo::Publish(audience),
            (None, Some(until), None) => WhatToDo::Until(until),
            (None, None, Some(true)) => WhatToDo::TakeBack,
            _ => return Err(NotOneChange),
        };
        Ok(Self { claim: written.claim, what })
    }
}

impl From<ClaimChange> for WrittenChange {
    fn from(change: ClaimChange) -> Self {
        let nothing = Self { claim: change.claim, ..Self::default() };
        match change.what {
            WhatToDo::Publish(audience) => Self { publish: Some(audience), ..nothing },
            WhatToDo::Until(until) => Self { until: Some(until), ..nothing },
            WhatToDo::TakeBack => Self { take_back: Some(true), ..nothing },
        }
    }
}

/// `POST /member/changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// A random identifier of the wallet's.
    #[schema(min_length = 16, max_length = 64)]
    pub id: String,
    /// Whether to say only what would follow.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// The changes, at most one for each claim.
    #[schema(value_type = Vec<WrittenChange>, min_items = 1, max_items = 128)]
    pub changes: Vec<ClaimChange>,
}

/// `POST /member/leave`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// A random identifier of the wallet's.
    #[schema(min_length = 16, max_length = 64)]
    pub id: String,
    /// Whether to say only what would follow.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

/// `POST /member/objections`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    /// A random identifier of the wallet's.
    #[schema(min_length = 16, max_length = 64)]
    pub id: String,
    /// The claims it is about; empty: everything.
    #[serde(default)]
    pub about: Vec<String>,
    /// Why, in the member's own words.
    #[schema(min_length = 1, max_length = 4000)]
    pub reason: String,
}

impl std::fmt::Debug for Objection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Objection({:?})", self.about)
    }
}

/// `POST /member/change-requests`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// The claims that get new values.
    #[schema(min_items = 1, max_items = 128)]
    pub claims: Vec<String>,
}

/// A request for a presentation, as every `POST …/requests` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestMade {
    /// What a wallet opens.
    pub link: String,
    /// The space's client identifier.
    pub client_id: String,
    /// Where the request object is.
    pub request_uri: String,
    /// How it is asked there.
    pub request_uri_method: String,
}

/// What a change comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Outcome {
    /// The changes, as asked; of who leaves, everything taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<WrittenChange>)]
    pub changes: Vec<ClaimChange>,
    /// The claims that an objection is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// Whether the membership ends by it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub membership_ended: bool,
    /// What the space keeps nevertheless, by which rule and until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptClaim>,
}

impl Outcome {
    /// The claims it speaks of, in order.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|change| change.claim.as_str()).chain(self.about.iter().map(String::as_str))
    }
}

/// A claim that is kept although the membership ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeptClaim {
    /// The claim's path.
    pub claim: String,
    /// Why: `registration` for the days that the space registered, else the law by its name.
    pub rule: String,
    /// When it goes, in seconds since the epoch.
    pub until: i64,
}

/// The rule by which what was registered stays for its days.
pub const REGISTRATION: &str = "registration";

/// What a change is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ChangeAnswer {
    /// It was done.
    Done {
        /// The proof of change, a compact JWS.
        proof: String,
    },
    /// It was a dry run, and nothing has changed.
    DryRun {
        /// What it would come to.
        would: Outcome,
    },
}

/// Why something is not done (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// A machine code.
    pub error: String,
    /// A sentence.
    pub error_description: String,
    /// The claims that are the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Whether a text may be the identifier of a request: base64url of 96 bits or more, so that no two wallets choose the same.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (16..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a path is another or lies below it.
#[must_use]
pub fn covers(path: &str, claim: &str) -> bool {
    claim.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_names_exactly_one_thing_to_do() {
        let read = |value: Value| serde_json::from_value::<ClaimChange>(value);
        for (value, what) in [
            (json!({"claim": "bio", "publish": "public"}), WhatToDo::Publish(Audience::Public)),
            (json!({"claim": "bio", "until": 7}), WhatToDo::Until(Some(7))),
            (json!({"claim": "bio", "until": null}), WhatToDo::Until(None)),
            (json!({"claim": "bio", "take_back": true}), WhatToDo::TakeBack),
        ] {
            let change = read(value.clone()).unwrap();
            assert_eq!(change, ClaimChange { claim: "bio".to_owned(), what });
            assert_eq!(serde_json::to_value(&change).unwrap(), value, "it is written as it came");
        }
        for wrong in [
            json!({"claim": "bio"}),
            json!({"claim": "bio", "take_back": false}),
            json!({"claim": "bio", "take_back": true, "until": null}),
            json!({"claim": "bio", "publish": "team", "until": 7}),
            json!({"claim": "bio", "publish": "world"}),
            json!({"claim": "bio", "take_back": true, "also": 1}),
            json!({"take_back": true}),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_covers_itself_and_what_lies_below_it_and_not_what_begins_alike() {
        assert!(covers("age_equal_or_over", "age_equal_or_over"));
        assert!(covers("age_equal_or_over", "age_equal_or_over.18"));
        assert!(!covers("age_equal_or_over.18", "age_equal_or_over"));
        assert!(!covers("age", "age_equal_or_over"));
    }

    /// A wallet that is older than the space reads what it knows (specs/member-api.md §2).
    #[test]
    fn a_wallet_passes_over_members_that_it_does_not_know_in_every_part_of_what_is_held() {
        let held = json!({
            "space": "did:example:kiln", "member_since": 1, "plan": "member",
            "details": [{
                "claim": "email", "value": "ada@example.org", "purpose": "sign-up", "audience": "team", "seen_by": "the team",
                "until": null, "kept_days": null, "since": 1, "word_of": "own", "needed": true,
            }],
            "objections": [{"id": "AAAAAAAAAAAAAAAA", "at": 1, "about": []}],
            "handed_on": [{"to": "Bookings", "details": ["email"], "at": 1, "confirmed": true}],
            "notes": [{"at": 1, "by": "Mara", "text": "likes the window"}],
            "openings": [{"door": "Front", "at": 1, "opened": null}],
        });
        let plain: Details = serde_json::from_value(held.clone()).unwrap();
        let mut newer = held;
        newer["of_tomorrow"] = json!(1);
        for part in ["details", "objections", "handed_on", "notes", "openings"] {
            newer[part][0]["of_tomorrow"] = json!({"any": [1]});
            let read: Details = serde_json::from_value(newer.clone()).unwrap();
            assert!(read == plain, "{part}");
            // Near: what is known has to be right.
            let mut wrong = newer.clone();
            wrong[part][0] = json!({"of_tomorrow": 1});
            assert!(serde_json::from_value::<Details>(wrong).is_err(), "{part}");
        }
    }

    #[test]
    fn identifiers_are_long_enough_that_no_two_wallets_choose_the_same() {
        assert!(is_id("AAAAAAAAAAAAAAAA"));
        assert!(!is_id("AAAAAAAAAAAAAAA"), "too short");
        assert!(!is_id(&"A".repeat(65)) && is_id(&"A".repeat(64)));
        assert!(!is_id("AAAAAAAAAAAAAAA A"));
    }
}
