//! What a space has of the member by now, as proven.

use ::wallet::{HeldClaim, SpaceView};
use environment::{Date, Timestamp};
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;

use super::moment;
use crate::wallet::words::{in_days, list};

pub(super) fn lines(space: &SpaceView) -> Vec<String> {
    let mut lines: Vec<String> = space.left_at.iter().map(|at| format!("  left, {}", moment(*at))).collect();
    let mut parts: Vec<(String, Vec<String>)> = Vec::new();
    for claim in &space.held {
        let part = part(claim);
        match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, names)) => names.push(claim.claim.clone()),
            None => parts.push((part, vec![claim.claim.clone()])),
        }
    }
    if parts.is_empty() {
        lines.push("  has none of your details".to_owned());
    } else {
        lines.push("  has:".to_owned());
        lines.extend(parts.into_iter().map(|(part, names)| format!("    {part}: {}", list(&names))));
    }
    lines
}

/// Until when it is kept and who sees it.
fn part(claim: &HeldClaim) -> String {
    let until = claim.until.map(Timestamp::from_seconds);
    let end_of =
        |days: u32| Timestamp::from_seconds(claim.since).plus(i64::from(days).saturating_mul(86_400));
    let of_member = |days: u32| match days {
        0 => "until leaving".to_owned(),
        days => format!("until {} after leaving", in_days(days)),
    };
    let end = match (claim.kept_days, until) {
        _ if !claim.proven => "as far as is known, without a proof".to_owned(),
        (Some(days), None) => {
            format!("kept until {}; of a member, {}", Date::of(end_of(days)), of_member(days))
        }
        // The member's own end holds for members, too.
        (Some(days), Some(until)) => format!(
            "kept until {}; of a member, {}, and never after {}",
            Date::of(end_of(days).min(until)),
            of_member(days),
            Date::of(until)
        ),
        (None, Some(end)) => format!("kept until {}", Date::of(end)),
        (None, None) => "kept without a date".to_owned(),
    };
    format!("{end}, seen by {}", seen_by(claim.audience, claim.seen_in_team))
}

const fn seen_by(audience: Audience, seen_in_team: SeenInTeam) -> &'static str {
    match audience {
        Audience::Team => match seen_in_team {
            SeenInTeam::Team => "the team",
            SeenInTeam::OwnerAndManagers => "owner and managers",
            SeenInTeam::Owner => "the owner",
        },
        Audience::MembersHere => "the members there",
        Audience::Brand => "the brand's spaces",
        Audience::Public => "everybody",
    }
}
