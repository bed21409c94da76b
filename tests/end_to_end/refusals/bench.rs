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
