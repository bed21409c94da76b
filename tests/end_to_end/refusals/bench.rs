//! `passport bench`: a time that can be measured, or nothing is.

use super::*;

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    for each in ["0", "60001", "1.5", "long", ""] {
        refuses(&["bench", "--each", each], 2, "--each");
    }
    refuses(&["bench", "verify"], 2, "verify");
}

#[test]
fn every_job_is_told_and_most_beside_the_bare_cryptography() {
    let figures = json_of(&does(&["bench", "--each", "1", "--json"]));
    let figures = figures.as_array().unwrap();
    let named = |name: &str| figures.iter().find(|figure| figure["name"] == name).unwrap();
    for name in ["bare_es256_verify", "verify", "issue", "present", "status_list_build", "webvh_100"] {
        assert!(named(name)["microseconds"].as_f64().unwrap() > 0.0, "{name}");
    }
    assert!(named("verify")["ratio"].as_f64().unwrap() >= 1.0);
    assert_eq!(named("verify")["beside"], "two ES256 checks");
}

#[test]
fn a_network_that_cannot_be_made_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().to_str().unwrap();
    for (arguments, status, said) in [
        (&["--spaces", "1"][..], 2, "--spaces"),
        (&["--members", "0"], 2, "--members"),
        (&["--at-once", "0"], 2, "--at-once"),
        (&["--members", "10", "--largest", "11"], 1, "--largest is among --members: give at most 10"),
        (&["--members", "10", "--largest", "5", "--data", there], 1, "--data names a folder that is made"),
    ] {
        refuses(&[&["bench", "network"], arguments].concat(), status, said);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The figures are what they are; that so many got in, and no more, is so on every machine.
#[test]
fn two_hundred_at_once_over_http_get_the_fifty_places_that_there_are() {
    let few = ["--spaces", "2", "--members", "6", "--largest", "4", "--at-once", "2", "--json"];
    let figures = json_of(&does(&[&["bench", "network"], &few[..]].concat()));
    let rush = &figures["rush"];
    assert_eq!([&rush["wanting"], &rush["places"], &rush["let_in"], &rush["waiting"]], [200, 50, 50, 150]);
    assert_eq!((&figures["spaces"], &figures["members"]), (&2.into(), &6.into()));
    assert!(figures["memory_megabytes"].as_f64().unwrap() > 1.0);
    assert_eq!(figures["pages"].as_array().unwrap().len(), 6);
}
