//! The check on made-up pages: each rule has a case that keeps it and one that breaks it.

use super::number::Number;
use super::page::{Held, Page};
use super::verdict::untrue;
use crate::sources::Tests;

const HEAD: &str = "## 2.0\n\n| no. | requirement | section | test |\n|---|---|---|---|\n";
const HONEST: &str = "| 2.0-1a | The tilde is needed. | RFC 9901 §4 | `core::tests::a_tilde_is_needed` |\n\
    | 2.0-1b | mdoc is read. | ISO 18013-5 | not built: a later issue |\n\
    | 2.0-2 | A wallet of others is served. | HAIP §4 | `tests/interop/a.mjs#it is served` |\n";

/// What the check says about a page of these rows, of a section with two points.
fn said(rows: &str) -> Vec<String> {
    let tests = Tests::of([("core", &["tests::a_tilde_is_needed"])]);
    let script = |file: &str| (file == "tests/interop/a.mjs").then(|| "case('it is served')".to_owned());
    untrue(&Page::read(&format!("{HEAD}{rows}")), &[("2.0", 2)], &tests, &script)
}

#[test]
fn an_honest_page_is_true() {
    assert_eq!(said(HONEST), Vec::<String>::new());
    let page = Page::read(&format!("{HEAD}{HONEST}"));
    assert_eq!((page.rows.len(), page.tests().len()), (3, 2));
    assert_eq!(page.rows[1].held, Held::NotBuilt("a later issue".to_owned()));
}

#[test]
fn a_test_or_a_case_that_there_is_not_is_named() {
    for (spoilt, part) in [
        (HONEST.replace("a_tilde", "no_tilde"), "there is no such test in core"),
        (HONEST.replace("`core::", "`other::"), "there is no package other"),
        (HONEST.replace("a.mjs#", "b.mjs#"), "there is no script tests/interop/b.mjs"),
        (HONEST.replace("it is served", "it is refused"), "there is no such case"),
        (HONEST.replace("#it is served", "#"), "there is no such case"),
        (HONEST.replace("`core::tests::a_tilde_is_needed`", ""), "no test holds it"),
        (HONEST.replace("not built: a later issue", "not built:"), "why it is not built"),
        (
            HONEST.replace("not built: a later issue", "open: nobody wrote it"),
            "2.0-1b: open: nobody wrote it",
        ),
    ] {
        let complaints = said(&spoilt);
        assert!(complaints.len() == 1 && complaints[0].contains(part), "{part}: {complaints:?}");
    }
}

#[test]
fn a_row_that_says_too_little_or_is_there_twice_is_named() {
    for (spoilt, part) in [
        (HONEST.replace("mdoc is read.", ""), "what must hold"),
        (HONEST.replace("ISO 18013-5", ""), "no section of a standard"),
        (HONEST.replace("mdoc is read.", "The tilde is needed."), "is in line 5 already"),
        (HONEST.replace("| ISO 18013-5 ", ""), "a row has four cells"),
    ] {
        let complaints = said(&spoilt);
        assert!(complaints.iter().any(|one| one.contains(part)), "{part}: {complaints:?}");
    }
}

#[test]
fn a_number_that_is_left_out_twice_or_out_of_order_is_named() {
    for (spoilt, part) in [
        (HONEST.replace("2.0-1b", "2.0-1c"), "2.0-1c does not follow"),
        (HONEST.replace("2.0-1b", "2.0-1a"), "2.0-1a is in line 5 already"),
        (HONEST.replace("2.0-1a", "2.0-1"), "2.0-1b does not follow"),
        (HONEST.replace("2.0-2", "2.0-3"), "2.0-3 does not follow"),
        (HONEST.replace("2.0-2", "2.0-2b"), "2.0-2b does not follow"),
        (HONEST.replace("2.0-2", "2.1-1"), "there is no section 2.1"),
        (HONEST.replace("2.0-2", "two"), "two is no number"),
        (
            HONEST.lines().take(2).map(|line| format!("{line}\n")).collect(),
            "has 2 points, the page ends at 1",
        ),
    ] {
        let complaints = said(&spoilt);
        assert!(complaints.iter().any(|one| one.contains(part)), "{part}: {complaints:?}");
    }
}

#[test]
fn letters_go_on_after_z() {
    let letter = |text: &str| Number::parse(text).map(|number| number.letter);
    assert_eq!(letter("2.8-2z"), Some(26));
    assert_eq!(letter("2.8-2aa"), Some(27));
    assert_eq!(letter("2.8-2A"), None);
    assert!(Number::parse("2.8-2aa").unwrap().follows(Number::parse("2.8-2z").as_ref()));
}

#[test]
fn a_section_that_was_left_does_not_begin_again() {
    let tests = Tests::of([]);
    let row = |number: &str| format!("| {number} | {number} | § | not built: later |\n");
    let text = format!("{HEAD}{}{}{}", row("2.0-1"), row("2.1-1"), row("2.0-1a"));
    let said = untrue(&Page::read(&text), &[("2.0", 1), ("2.1", 1)], &tests, &|_| None);
    assert_eq!(said.len(), 1, "{said:?}");
}
