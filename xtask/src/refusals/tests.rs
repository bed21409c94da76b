//! The check on made-up pages and sources: each rule has a case that keeps it and one that breaks it.

use std::collections::BTreeSet;

use super::page::Page;
use super::verdict::{Found, untrue};
use super::{commands, routes};
use crate::sources::{File, Tests, members, value_of};

fn file(modules: &[&str], text: &str) -> File {
    File { modules: modules.iter().map(|module| (*module).to_owned()).collect(), text: text.to_owned() }
}

fn found() -> Found {
    Found {
        tests: Tests::of([
            ("office", &["tests::a_code_twice_is_refused"]),
            ("passport", &["end_to_end::store::nothing_is_overwritten"]),
        ]),
        routes: BTreeSet::from([("office".to_owned(), "POST /token".to_owned())]),
        commands: BTreeSet::from(["passport store import".to_owned()]),
        unread: Vec::new(),
    }
}

fn page(rows: &str) -> Page {
    let text = format!("## Office (`office`)\n\n| at | refused | error | test |\n|---|---|---|---|\n{rows}");
    Page::read(&text, &BTreeSet::from(["office".to_owned(), "passport".to_owned()]))
}

const TOKEN: &str =
    "| `POST /token` | the code twice | 400 `invalid_grant` | `office::tests::a_code_twice_is_refused` |\n";
const IMPORT: &str = "\n## Commands (`passport`)\n\n| command | refused | error | test |\n|---|---|---|---|\n\
    | `passport store import` | onto a store | exit 1 | `passport::end_to_end::store::nothing_is_overwritten` |\n";

/// What the check says about a page of these rows and the honest row of the command.
fn said(rows: &str) -> Vec<String> {
    untrue(&page(&format!("{rows}{IMPORT}")), &found())
}

#[test]
fn an_honest_page_is_true() {
    assert_eq!(said(TOKEN), Vec::<String>::new());
    let page = page(&format!("{TOKEN}{IMPORT}"));
    assert_eq!((page.rows.len(), page.tests().len()), (2, 2));
}

#[test]
fn a_test_that_there_is_not_is_named() {
    let lost = TOKEN.replace("a_code_twice", "a_code_thrice");
    assert_eq!(
        said(&lost),
        ["specs/refusals.md:5: office::tests::a_code_thrice_is_refused: there is no such test in office"]
    );
    let moved = TOKEN.replace("tests::a_code", "other::a_code");
    assert_eq!(said(&moved).len(), 1, "the path is part of the name");
    let elsewhere = TOKEN.replace("`office::", "`passport::");
    assert_eq!(said(&elsewhere).len(), 1, "a test counts in its own package alone");
    assert!(said(&TOKEN.replace("`office::", "`bank::"))[0].contains("there is no package bank"));
    assert!(said(&TOKEN.replace("office::tests::", ""))[0].contains("is not written package::path"));
}

#[test]
fn a_route_and_a_command_without_a_row_are_named() {
    assert_eq!(said(""), ["specs/refusals.md: no row is about POST /token of office"]);
    assert_eq!(untrue(&page(TOKEN), &found()), ["specs/refusals.md: no row is about passport store import"]);
    // A row in the section of another package is about that package's route.
    let elsewhere = format!("{IMPORT}{TOKEN}");
    assert_eq!(
        untrue(&page(&elsewhere), &found()),
        [
            "specs/refusals.md:11: POST /token is no route of passport",
            "specs/refusals.md: no row is about POST /token of office"
        ]
    );
}

#[test]
fn a_row_about_what_there_is_not_is_named() {
    let gone = format!("{TOKEN}{}", TOKEN.replace("/token", "/gone"));
    assert_eq!(said(&gone), ["specs/refusals.md:6: POST /gone is no route of office"]);
    let forgotten = format!("{IMPORT}{}", IMPORT.lines().last().unwrap().replace("import", "forget"));
    let complaints = untrue(&page(&format!("{TOKEN}{forgotten}\n")), &found());
    assert_eq!(complaints, ["specs/refusals.md:12: there is no command passport store forget"]);
    let group = IMPORT.replace("passport store import", "passport store");
    assert_eq!(
        untrue(&page(&format!("{TOKEN}{group}")), &found()),
        ["specs/refusals.md: no row is about passport store import"],
        "a row about the group does not stand for its commands"
    );
}

#[test]
fn a_row_that_says_too_little_is_named() {
    for (spoilt, part) in [
        (TOKEN.replace("| `POST /token` |", "| the token |"), "names nothing"),
        (TOKEN.replace("| the code twice |", "|  |"), "what is refused"),
        (TOKEN.replace("400 `invalid_grant`", "`invalid_grant`"), "neither a status"),
        (TOKEN.replace("`office::tests::a_code_twice_is_refused`", ""), "no test proves it"),
        (TOKEN.replace("| the code twice ", ""), "four cells"),
    ] {
        let complaints = said(&format!("{TOKEN}{spoilt}"));
        assert!(complaints.len() == 1 && complaints[0].contains(part), "{part}: {complaints:?}");
    }
}

#[test]
fn a_section_within_a_section_is_about_the_same_packages() {
    let rows = |heading: &str| {
        page(&format!("\n{heading}\n\n| at | refused | error | test |\n|---|---|---|---|\n{TOKEN}{IMPORT}"))
    };
    assert_eq!(untrue(&rows("### 1.1 Tokens"), &found()), Vec::<String>::new());
    assert_eq!(untrue(&rows("## 2. Tokens"), &found()).len(), 2, "another section names its own");
}

#[test]
fn tables_of_something_else_are_left_alone() {
    let other = format!("{TOKEN}\n| package | where |\n|---|---|\n| `office` | `office::nowhere` |\n");
    assert_eq!(said(&other), Vec::<String>::new());
}

#[test]
fn every_route_is_read_with_its_methods() {
    let code = r#"
        .route("/code", get(person::to_answer).post(person::code))
        .route(
            "/list",
            get(move || list(Arc::clone(&operator), "post(x)")),
        )
        .route("/log/{label}", put(wallet::leave_log))
        .layer(get(nothing))
        let (client, url) = self.route(&host, &request.url)?;
    "#;
    let expected = ["GET /code", "POST /code", "GET /list", "PUT /log/{label}"].map(str::to_owned);
    assert_eq!(routes::routes(code), (expected.to_vec(), Vec::new()));
}

#[test]
fn routes_that_cannot_be_read_are_named() {
    let (found, unread) = routes::routes(".route(\"/x\", handlers).nest(\"/y\", other)");
    assert_eq!((found, unread), (Vec::new(), vec![".nest(".to_owned(), ".route(\"/x\")".to_owned()]));
    let found = Found { unread: vec![("office".to_owned(), ".nest(".to_owned())], ..found_without_routes() };
    assert_eq!(untrue(&page(""), &found), ["office: .nest( is no route that can be read"]);
}

fn found_without_routes() -> Found {
    Found { routes: BTreeSet::new(), commands: BTreeSet::new(), ..found() }
}

#[test]
fn every_command_is_read_down_to_the_last_choice() {
    let files = [
        file(
            &[],
            "#[derive(Debug, Parser)]\nstruct Passport {\n    #[command(subcommand)]\n    command: Command,\n}\n\n\
             #[derive(Debug, Subcommand)]\nenum Command {\n    Demo(demo::DemoArguments),\n    /// Office.\n    \
             Issuer(OnData<issuer::IssuerArguments>),\n    Wallet(wallet::WalletArguments),\n    Bench(bench::BenchArguments),\n}\n",
        ),
        file(
            &["bench"],
            "#[derive(Args)]\npub(crate) struct BenchArguments {\n    #[command(subcommand)]\n    what: Option<What>,\n}\n\n\
             #[derive(Debug, Subcommand)]\nenum What {\n    Network(network::NetworkBench),\n}\n",
        ),
        file(
            &["issuer"],
            "#[derive(Args)]\npub(crate) struct IssuerArguments {\n    #[command(subcommand)]\n    command: IssuerCommand,\n}\n\n\
             #[derive(Debug, Subcommand)]\nenum IssuerCommand {\n    Offer(OfferArguments),\n    SignUps {\n        \
             /// The number.\n        number: String,\n    },\n}\n",
        ),
        file(
            &["wallet"],
            "#[derive(Args)]\npub(crate) struct WalletArguments {\n    #[command(subcommand)]\n    pub(super) command: WalletCommand,\n}\n\n\
             #[derive(Subcommand)]\npub(super) enum WalletCommand {\n    Init {\n        call: Call,\n    },\n    Own {\n        \
             #[command(subcommand)]\n        command: OwnCommand,\n    },\n    #[command(name = \"forget-me\")]\n    Forget,\n}\n\n\
             #[derive(Subcommand)]\nenum OwnCommand {\n    Set {\n        name: String,\n    },\n    Show,\n}\n",
        ),
    ];
    assert_eq!(
        commands::commands(&files, "passport"),
        [
            "passport demo",
            "passport issuer offer",
            "passport issuer sign-ups",
            "passport wallet init",
            "passport wallet own set",
            "passport wallet own show",
            "passport wallet forget-me",
            "passport bench network",
            // It does something of its own, too.
            "passport bench"
        ]
    );
}

#[test]
fn tests_are_known_by_their_modules_and_ignored_ones_not_at_all() {
    let text = "fn helper() {}\n\n#[test]\nfn one() {}\n\n#[tokio::test(flavor = \"multi_thread\")]\nasync fn two() {}\n\n\
        #[test]\n#[ignore = \"slow\"]\nfn three() {}\n\nmod inner {\n    #[test]\n    fn four() {}\n}\n\n#[test]\n\
        #[cfg(unix)]\nfn five() {}\n";
    let tests = file(&["a", "tests"], text).tests();
    assert_eq!(tests, ["a::tests::one", "a::tests::two", "a::tests::inner::four", "a::tests::five"]);
}

#[test]
fn manifests_tell_members_and_targets() {
    let manifest = "[workspace]\nmembers = [\n    \"crates/a\",\n    \"b\",\n]\n\n[package]\nname = \"passport\"\n\n\
        [[test]]\nname = \"end_to_end\"\npath = \"tests/end_to_end/main.rs\"\n";
    assert_eq!(members(manifest).collect::<Vec<_>>(), ["crates/a", "b"]);
    assert_eq!(value_of(manifest, "[package]", "name"), Some("passport"));
    assert_eq!(value_of(manifest, "[[test]]", "path"), Some("tests/end_to_end/main.rs"));
    assert_eq!(value_of(manifest, "[[bin]]", "name"), None);
}

#[test]
fn inline_tests_and_modules_of_tests_register_no_routes() {
    let inline = file(&["site"], "fn a() {}\n#[cfg(test)]\nmod tests {\n.route(\"/x\", get(y))\n}\n");
    assert_eq!(routes::routes(inline.code()).0, Vec::<String>::new());
    assert!(file(&["site", "tests"], "").is_test() && !file(&["site"], "").is_test());
}
