//! What a space says that it has, beside what it was given by this wallet's record. A space may say anything: what it says
//! changes nothing in the record, and where the two differ the member is told.

use std::collections::BTreeSet;

use network::claims::Audience;
use network::member_api::{Detail, Details, DoorOpening, HandedOn, MOST_CLAIMS, TeamNote};
use network::seen_in_team::SeenInTeam;
use serde_json::Value;

use super::MemberApiError;
use crate::records::{AGES, HeldClaim, SpaceView, is_age, same_as};
use crate::wallet::Wallet;

/// What a space says that it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The first day of the membership, by its account, in seconds since the epoch.
    pub member_since: i64,
    /// The name of the plan.
    pub plan: String,
    /// What it has, by its account.
    pub details: Vec<SeenDetail>,
    /// What it was given by this wallet's record, and does not say that it has.
    pub missing: Vec<String>,
    /// When objections were filed, in seconds since the epoch, and what about.
    pub objections: Vec<(i64, Vec<String>)>,
    /// Other software of the space to which details went, by its account.
    pub handed_on: Vec<HandedOn>,
    /// What its team wrote about the member, by its account.
    pub notes: Vec<TeamNote>,
    /// The doors that the member opened there, or tried to, by its account, the last first.
    pub openings: Vec<DoorOpening>,
}

/// One detail, by the space's account.
#[derive(Clone, PartialEq)]
pub struct SeenDetail {
    /// What it says.
    pub detail: Detail,
    /// Whether this wallet never gave it anything of this name.
    pub is_unknown: bool,
    /// Whether this wallet gave it another value.
    pub is_another_value: bool,
    /// Who may see it by the last proof, where the space says something else.
    pub audience_proven: Option<Audience>,
    /// Who of the team sees it as it was promised, where the space says more. The signed request promised it, proven or not.
    pub seen_in_team_promised: Option<SeenInTeam>,
}

impl std::fmt::Debug for SeenDetail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SeenDetail({})", self.detail.claim)
    }
}

impl Seen {
    /// What somebody sees who belongs to `viewers`, by the space's account.
    pub fn seen_by(&self, viewers: Audience) -> impl Iterator<Item = &SeenDetail> {
        self.details.iter().filter(move |one| one.detail.audience >= viewers)
    }
}

impl Wallet {
    /// Everything that a space says it has of the member, beside what it was given.
    ///
    /// # Errors
    /// See [`MemberApiError`]. [`MemberApiError::Malformed`] where it speaks for another space, says a thing twice, or never ends.
    pub async fn seen_at(&self, space: &str) -> Result<Seen, MemberApiError> {
        let details = self.held_at(space).await?;
        let space = self.space_named(space).await?;
        self.learn_pages(&space).await?;
        compared(&space, details).ok_or(MemberApiError::Malformed)
    }
}

fn compared(space: &SpaceView, said: Details) -> Option<Seen> {
    // More than can be shared is no account of it.
    let lengths = [
        said.details.len(),
        said.objections.len(),
        said.handed_on.len(),
        said.notes.len(),
        said.openings.len(),
    ];
    let fits = lengths.iter().all(|length| *length <= MOST_CLAIMS);
    let names: BTreeSet<(&str, String)> =
        said.details.iter().map(|one| (one.claim.as_str(), same_as(&one.value))).collect();
    if said.space != space.id || !fits || names.len() != said.details.len() {
        return None;
    }
    let is_said = |held: &&HeldClaim| said.details.iter().any(|one| one.claim == held.claim);
    let mut missing: Vec<String> =
        space.held.iter().filter(|held| held.proven && !is_said(held)).map(|one| one.claim.clone()).collect();
    missing.sort_unstable();
    missing.dedup();
    Some(Seen {
        member_since: said.member_since,
        plan: said.plan,
        missing,
        objections: said.objections.into_iter().map(|one| (one.at, one.about)).collect(),
        handed_on: said.handed_on,
        notes: said.notes,
        openings: said.openings,
        details: said.details.into_iter().map(|detail| beside(space, detail)).collect(),
    })
}

fn beside(space: &SpaceView, detail: Detail) -> SeenDetail {
    let of_claim: Vec<&HeldClaim> = space.held.iter().filter(|held| held.claim == detail.claim).collect();
    let value = same_as(&detail.value);
    // An object or list may have been given in part, and comes back in part: whether that is the same nobody can tell by it.
    let is_whole = !matches!(detail.value, Value::Object(_) | Value::Array(_));
    let is_known = of_claim.iter().any(|held| held.same_as == value || held.same_as.is_empty());
    let proven = of_claim.iter().filter(|held| held.proven).map(|held| held.audience);
    // Of another value than all that were given whichever promise is kept will do.
    let of_value = of_claim.iter().filter(|held| held.same_as == value).map(|held| held.seen_in_team).min();
    let promised = of_value.or_else(|| of_claim.iter().map(|held| held.seen_in_team).max());
    SeenDetail {
        seen_in_team_promised: promised.filter(|promised| *promised < detail.seen_in_team),
        is_unknown: of_claim.is_empty() && !held_in_part(space, &detail.claim),
        is_another_value: is_whole && !of_claim.is_empty() && !is_known,
        audience_proven: proven.max().filter(|audience| *audience != detail.audience),
        detail,
    }
}

/// Whether it is what lies around an age that it was given: spaces counted that as given, too (RFC 9901 §4.2.6).
fn held_in_part(space: &SpaceView, claim: &str) -> bool {
    claim == AGES && space.held.iter().any(|held| is_age(&held.claim))
}

#[cfg(test)]
mod tests {
    use credentials::types;
    use serde_json::json;

    use super::*;

    const KILN: &str = "did:example:kiln";

    fn held(claim: &str, value: &Value) -> HeldClaim {
        HeldClaim {
            claim: claim.to_owned(),
            vct: types::OWN.to_owned(),
            since: 0,
            audience: Audience::Team,
            seen_in_team: SeenInTeam::Team,
            kept_days: Some(30),
            until: None,
            proven: true,
            purpose: None,
            uses: Vec::new(),
            needed: false,
            same_as: same_as(value),
        }
    }

    fn space(held: Vec<HeldClaim>) -> SpaceView {
        SpaceView {
            id: KILN.to_owned(),
            name: "Kiln".to_owned(),
            host: "kiln.example".to_owned(),
            network: None,
            given: Vec::new(),
            changes: Vec::new(),
            held,
            left_at: None,
            is_office: false,
        }
    }

    fn said(details: &[(&str, Value, &str)]) -> Details {
        let details = details.iter().map(|(claim, value, audience)| {
            json!({"claim": claim, "value": value, "purpose": "p", "audience": audience, "seen_by": "s", "until": null,
                "kept_days": 30, "since": 0, "word_of": "own", "needed": false})
        });
        let details: Vec<Value> = details.collect();
        serde_json::from_value(
            json!({"space": KILN, "member_since": 0, "plan": "member", "details": details, "objections": []}),
        )
        .unwrap()
    }

    #[test]
    fn what_a_space_says_stands_beside_what_it_was_given_and_every_difference_is_told() {
        let known = space(vec![
            held("email", &json!("a@example.org")),
            held("bio", &json!("potter")),
            held("company", &json!("Kilns")),
        ]);
        let seen = compared(
            &known,
            said(&[
                ("email", json!("a@example.org"), "team"),
                ("bio", json!("painter"), "public"),
                ("phone", json!("+1"), "team"),
            ]),
        )
        .unwrap();
        let told: Vec<_> = seen
            .details
            .iter()
            .map(|one| (one.is_unknown, one.is_another_value, one.audience_proven))
            .collect();
        assert_eq!(
            told,
            [(false, false, None), (false, true, Some(Audience::Team)), (true, false, None)],
            "in the order of what it says"
        );
        assert_eq!(seen.missing, ["company"]);
        let to_members: Vec<&str> =
            seen.seen_by(Audience::MembersHere).map(|one| one.detail.claim.as_str()).collect();
        assert_eq!(to_members, ["bio"]);
        assert_eq!(seen.seen_by(Audience::Team).count(), 3);
    }

    #[test]
    fn a_space_that_says_more_of_its_team_than_it_promised_is_told_of_also_without_its_proof() {
        let promised = HeldClaim { seen_in_team: SeenInTeam::Owner, ..held("bio", &json!("potter")) };
        let unproven = HeldClaim { proven: false, ..promised.clone() };
        let all = |held: Vec<HeldClaim>, says: SeenInTeam| {
            let mut account = said(&[("bio", json!("potter"), "team")]);
            account.details[0].seen_in_team = says;
            compared(&space(held), account).unwrap().details[0].seen_in_team_promised
        };
        let told = |held: HeldClaim, says: SeenInTeam| all(vec![held], says);
        assert_eq!(told(promised.clone(), SeenInTeam::Team), Some(SeenInTeam::Owner));
        assert_eq!(told(promised.clone(), SeenInTeam::Owner), None);
        assert_eq!(
            told(unproven.clone(), SeenInTeam::Team),
            Some(SeenInTeam::Owner),
            "the request promised it"
        );
        assert_eq!(told(unproven.clone(), SeenInTeam::OwnerAndManagers), Some(SeenInTeam::Owner));
        // Near: fewer than were promised, as by a record of before that knows nothing of it.
        let of_before = HeldClaim { seen_in_team: SeenInTeam::Team, ..promised };
        assert_eq!(told(of_before.clone(), SeenInTeam::Owner), None);
        // An earlier value for the whole team takes nothing of what this one was promised.
        let earlier = HeldClaim { seen_in_team: SeenInTeam::Team, ..held("bio", &json!("smith")) };
        assert_eq!(all(vec![earlier, unproven], SeenInTeam::Team), Some(SeenInTeam::Owner));
    }

    #[test]
    fn the_ages_around_one_that_was_given_are_no_difference_and_others_are() {
        let is_unknown = |held: Vec<HeldClaim>, claim: &str| {
            let said = said(&[(claim, json!({"18": true}), "team")]);
            compared(&space(held), said).unwrap().details[0].is_unknown
        };
        let adult = || vec![held("age_equal_or_over.18", &json!(true))];
        assert!(!is_unknown(adult(), "age_equal_or_over"));
        assert!(is_unknown(Vec::new(), "age_equal_or_over"), "none was given");
        assert!(is_unknown(adult(), "age_equal_or_over.21"));
        assert!(is_unknown(vec![held("address.locality", &json!("x"))], "address"));
    }

    #[test]
    fn an_account_of_another_space_one_that_repeats_itself_and_an_endless_one_are_none() {
        let known = space(Vec::new());
        assert!(compared(&known, said(&[("bio", json!("x"), "team")])).is_some());
        let mut other = said(&[]);
        other.space = "did:example:rook".to_owned();
        assert!(compared(&known, other).is_none());
        let twice = [("bio", json!("x"), "team"), ("bio", json!("x"), "public")];
        assert!(compared(&known, said(&twice)).is_none());
        let detail = said(&[("bio", json!("x"), "team")]).details.remove(0);
        let many = |count: usize| {
            let mut said = said(&[]);
            said.details =
                (0..count).map(|one| Detail { claim: format!("c{one}"), ..detail.clone() }).collect();
            said
        };
        assert!(compared(&known, many(MOST_CLAIMS)).is_some());
        assert!(compared(&known, many(MOST_CLAIMS + 1)).is_none());
    }
}
