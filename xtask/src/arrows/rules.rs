//! The rules themselves, over a `cargo metadata` value and the text of the lock file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::place::Place;
use super::{folder, members};

/// Pure protocol rules: bytes, a clock and randomness in; bytes or a typed error out.
const CORES: &[&str] = &["jose", "did", "credentials", "openid4vc", "trust", "network", "ledger"];

/// What a core may not name: runtimes, servers, clients, engines, and our own crates that wrap them.
const NOT_IN_A_CORE: &[&str] = &[
    "tokio",
    "axum",
    "axum-server",
    "hyper",
    "reqwest",
    "lettre",
    "sled",
    "store",
    "store-sled",
    "keyring",
    "outbound",
    "web",
];

/// Libraries that one package alone names, so that its guard cannot be walked around.
const NAMED_ONCE: &[(&str, &str)] = &[
    ("josekit", "jose"),
    ("aws-lc-rs", "jose"),
    ("sled", "store-sled"),
    ("reqwest", "outbound"),
    ("lettre", "outbound"),
];

/// A package of the workspace, its place and the dependencies that it names.
struct Member<'a> {
    name: &'a str,
    place: Place,
    dependencies: Vec<Dependency<'a>>,
}

struct Dependency<'a> {
    name: &'a str,
    for_tests: bool,
}

/// One sentence for each rule that is broken.
pub(super) fn breaches(metadata: &Value, lock: &str) -> Vec<String> {
    let root = metadata.get("workspace_root").and_then(Value::as_str).unwrap_or_default();
    let mut breaches = Vec::new();
    let mut workspace = Vec::new();
    for package in members(metadata) {
        match member(package, root) {
            Ok(member) => workspace.push(member),
            Err(breach) => breaches.push(breach),
        }
    }
    let places: BTreeMap<&str, &Place> =
        workspace.iter().map(|member| (member.name, &member.place)).collect();
    for member in &workspace {
        breaches.extend(
            member.dependencies.iter().filter_map(|dependency| wrong_way(member, dependency, &places)),
        );
        breaches.extend(member.dependencies.iter().filter_map(|dependency| impure_core(member, dependency)));
        breaches
            .extend(member.dependencies.iter().filter_map(|dependency| named_elsewhere(member, dependency)));
    }
    breaches.extend(locked(lock).filter(|name| *name == "ssi" || name.starts_with("ssi-")).map(|name| {
        format!("Cargo.lock holds {name}: ssi changes how the whole build reads JSON; it belongs in a workspace of its own")
    }));
    breaches
}

fn member<'a>(package: &'a Value, root: &str) -> Result<Member<'a>, String> {
    let name = package.get("name").and_then(Value::as_str).unwrap_or("a package without a name");
    let folder = folder(package, root).ok_or_else(|| format!("{name} lies outside the workspace"))?;
    let place = Place::of(&folder)
        .ok_or_else(|| format!("{name}: the layout has no place for the folder {folder}"))?;
    let listed = package.get("dependencies").and_then(Value::as_array);
    let dependencies = listed.into_iter().flatten().filter_map(dependency).collect();
    Ok(Member { name, place, dependencies })
}

fn dependency(value: &Value) -> Option<Dependency<'_>> {
    let name = value.get("name")?.as_str()?;
    Some(Dependency { name, for_tests: value.get("kind").is_some_and(|kind| kind == "dev") })
}

fn wrong_way(
    member: &Member<'_>,
    dependency: &Dependency<'_>,
    places: &BTreeMap<&str, &Place>,
) -> Option<String> {
    let other = places.get(dependency.name)?;
    if dependency.for_tests && **other == Place::Tests {
        return None;
    }
    let reason = member.place.forbids(other)?;
    Some(format!("{} ({}) must not use {} ({other}): {reason}", member.name, member.place, dependency.name))
}

fn impure_core(member: &Member<'_>, dependency: &Dependency<'_>) -> Option<String> {
    let impure =
        CORES.contains(&member.name) && !dependency.for_tests && NOT_IN_A_CORE.contains(&dependency.name);
    impure.then(|| {
        format!("{} is a protocol core and does no I/O, so it must not use {}", member.name, dependency.name)
    })
}

fn named_elsewhere(member: &Member<'_>, dependency: &Dependency<'_>) -> Option<String> {
    let (_, owner) = NAMED_ONCE.iter().find(|(library, _)| *library == dependency.name)?;
    let elsewhere = member.name != *owner && !matches!(member.place, Place::Tests | Place::Benches);
    elsewhere.then(|| format!("{} names {}, which only {owner} may", member.name, dependency.name))
}

/// The names in a lock file.
fn locked(lock: &str) -> impl Iterator<Item = &str> {
    lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}
