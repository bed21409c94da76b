//! What is shown although nobody asked for it: claims that are never hidden, and those that share a disclosure with a
//! claim that was asked for.

use credentials::Location;
use credentials::dcql::ClaimOption;
use credentials::sd_jwt;
use serde_json::Value;

use crate::flows::repertoire::{Origin, Piece};
use crate::records::SpaceView;
use crate::wallet::TECHNICAL;

/// Names and values that come along when `option` of `piece` is shown.
pub(super) fn comes_along(
    piece: &Piece,
    option: &ClaimOption,
    spaces: &[SpaceView],
) -> Vec<(String, String)> {
    // What the member says itself is minted with nothing but what was asked for.
    let Origin::Held { held, .. } = &piece.origin else { return Vec::new() };
    let held = held.sd_jwt();
    let selection = held.select_locations(option.locations());
    let shown: Vec<&Location> = held.revealed_locations(&selection).collect();
    let asked: Vec<&Location> = option.locations().collect();
    let mut along = Vec::new();
    for (name, value) in held.claims().iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str())) {
        walk(&Location::default().name(name), value, &mut |location, value| {
            let was_asked = asked.iter().any(|one| *one == location || one.holds(location));
            if !was_asked && is_shown(held, &shown, location) {
                let name = location.to_string();
                let told = piece.told(&name, value, spaces);
                along.push((name, told));
            }
        });
    }
    along
}

/// Whether every disclosure that a place lies in is sent.
fn is_shown(held: &sd_jwt::Held, shown: &[&Location], location: &Location) -> bool {
    held.processed()
        .disclosed()
        .iter()
        .map(sd_jwt::Disclosed::location)
        .filter(|disclosed| *disclosed == location || disclosed.holds(location))
        .all(|disclosed| shown.contains(&disclosed))
}

fn walk(location: &Location, value: &Value, visit: &mut impl FnMut(&Location, &Value)) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| walk(&location.name(name), value, visit));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| walk(&location.index(index), value, visit));
        }
        _ => visit(location, value),
    }
}
