//! What a person reads of results.

use ::wallet::{Asker, Given, HeldClaim, HistoryEntry, HistoryKind, SpaceView};
use network::follow_up::WaitingFor;

use super::*;

#[test]
fn whoever_scanned_with_a_phone_is_told_of_the_six_digits() {
    let mut presented = Presented {
        asker: Asker { name: "Kiln North".to_owned(), ..Asker::default() },
        requested: vec!["email".to_owned()],
        disclosed: vec!["email".to_owned()],
        withheld: Vec::new(),
        came_along: Vec::new(),
        redirect_uri: Some("https://kiln.example.org/join/phone?response_code=x".to_owned()),
        credential_offer: None,
        sharing_proof: ShareProof::Kept,
        identifier: LeavingIdentifier::NotAsked,
        follow_up: None,
    };
    let lines = super::presented(&presented).lines;
    assert_eq!(lines[2], "Go on at https://kiln.example.org/join/phone?response_code=x");
    assert!(lines[3].contains("this page shows six digits: type them there"), "{}", lines[3]);
    presented.identifier =
        LeavingIdentifier::NotLeft("the other side answered with the status 500".to_owned());
    let said = super::presented(&presented).lines.join(" ");
    assert!(said.contains("Kiln North waits for it") && said.contains("`passport wallet collect`"), "{said}");
    presented.redirect_uri = None;
    assert!(!super::presented(&presented).lines.join(" ").contains("six digits"));
}

#[test]
fn a_decision_says_who_or_what_decided_and_where_to_appeal() {
    let by = |by, because, appeal: Option<&str>| Explained {
        by,
        because,
        rules: None,
        appeal: appeal.map(str::to_owned),
    };
    for (told, line) in [
        (by(DecidedBy::Person, None, None), "    decided by a person of the team"),
        (
            by(DecidedBy::Rule, Some(Because::EmailDomain), Some("team@kiln.example")),
            "    decided by a rule: the checked e-mail address is of none of the domains that are taken there; appeal to team@kiln.example",
        ),
        (
            by(DecidedBy::Software, None, Some("x\u{1b}[31m")),
            "    decided by the space's own software, not by a person; appeal to x\\u{1b}[31m",
        ),
    ] {
        let decision = Some("declined".to_owned());
        let from = CollectedFrom { decision, explained: Some(told), ..CollectedFrom::default() };
        let lines = collected_from(&from);
        assert_eq!(lines[1..], ["  declined", line]);
    }
}

#[test]
fn what_is_awaited_is_said_with_what_to_do() {
    for (what, part) in [
        (WaitingFor::EmailLink, "the link in the mail, then run `passport wallet collect` again"),
        (WaitingFor::Team, "the team's decision; run `passport wallet collect` again later"),
        (WaitingFor::Place, "no place is free there; the next one is yours"),
        (WaitingFor::ScreenCode, "type the six digits at the waiting screen"),
        (WaitingFor::DidLog, "this wallet's identifier"),
    ] {
        let from = CollectedFrom { waiting_for: vec![what], ..CollectedFrom::default() };
        let report = collected(&Collected { from: vec![from], ..Collected::default() });
        assert!(report.lines[1].contains(part), "{:?}", report.lines);
    }
    let report = collected(&Collected { from: vec![CollectedFrom::default()], ..Collected::default() });
    assert!(report.lines[1].contains("nothing new"), "{:?}", report.lines);
    assert_eq!(collected(&Collected::default()).lines, ["Nothing is awaited."]);
}

#[test]
fn an_answer_that_goes_again_is_told_in_words() {
    assert_eq!(
        waiting("Kiln \u{202e}North", 2),
        "Kiln \\u{202e}North cannot take the answer at this moment: the same one goes again in 2 s."
    );
    let told = |answer: LateAnswer, change: fn(&mut CollectedFrom)| {
        let mut from = CollectedFrom { party: "Kiln North".to_owned(), ..CollectedFrom::default() };
        (from.answer, from.host) = (Some(answer), Some("kiln.example".to_owned()));
        change(&mut from);
        collected(&Collected { from: vec![from], ..Collected::default() }).lines
    };
    assert_eq!(
        told(LateAnswer::NotYet, |from| from.ask_again_in = Some(57)),
        ["Kiln North (kiln.example):", "  your answer could not be taken yet; run this again in 57 seconds"]
    );
    let problem = |from: &mut CollectedFrom| from.problem = Some("the answer was never taken".to_owned());
    assert_eq!(
        told(LateAnswer::NotTaken, problem),
        ["Kiln North (kiln.example):", "  the answer was never taken"]
    );
    let taken = |offer: Option<&str>| LateAnswer::Taken {
        redirect_uri: Some("https://kiln.example/join/phone?response_code=x".to_owned()),
        credential_offer: offer.map(str::to_owned),
    };
    let lines = told(taken(None), |from| from.sharing_proof = true);
    assert_eq!(lines[1], "  your answer was taken");
    assert_eq!(lines[2], "  Go on at https://kiln.example/join/phone?response_code=x");
    assert!(lines[3].contains("type them there"), "{lines:?}");
    assert_eq!(lines[4..], ["  the proof of sharing is kept"]);
    let lines = told(taken(Some("openid-credential-offer://?x=y")), |_| {});
    assert_eq!(
        lines[4..],
        [
            "  Something is offered to you in return. Take it with",
            "    passport wallet accept-offer 'openid-credential-offer://?x=y'"
        ]
    );
}

#[test]
fn what_was_promised_is_named_and_pages_that_are_open_are_listed() {
    let promised = |change: fn(&mut CollectedFrom)| {
        let mut from = CollectedFrom {
            party: "office.example".to_owned(),
            promised: Some(credentials::types::PASSPORT.to_owned()),
            ..CollectedFrom::default()
        };
        change(&mut from);
        collected(&Collected { from: vec![from], ..Collected::default() }).lines
    };
    assert_eq!(
        promised(|from| from.ask_again_in = Some(299)),
        ["office.example:", "  a network passport will be ready later; run this again in 299 seconds"]
    );
    assert_eq!(
        promised(|from| from.problem = Some("declined by the issuer".to_owned())),
        ["office.example:", "  a network passport: declined by the issuer"]
    );
    let told = promised(|from| {
        from.party = "Office of \u{202e}Harbour".to_owned();
        from.host = Some("office.example".to_owned());
        from.problem = Some("declined by the issuer".to_owned());
        from.reason = Some("No \u{1b}[2Jmatch".to_owned());
    });
    assert_eq!(
        told,
        [
            "Office of \\u{202e}Harbour (office.example):",
            "  a network passport: declined by the issuer",
            "    it says: “No \\u{1b}[2Jmatch”",
        ]
    );
    let pending = |what: &str| PendingSummary {
        from: "https://office.example".to_owned(),
        claimed_name: None,
        awaited: vec![what.to_owned()],
    };
    let listed = |what| with_open_pages(collected(&Collected::default()), &[pending(what)]).lines;
    assert_eq!(listed("decision"), ["Nothing is awaited."]);
    let [line] = &listed("authorization")[..] else { panic!("one line") };
    assert!(
        line.starts_with("https://office.example: waits for your say")
            && line.contains("`passport wallet finish`")
    );
    let named = PendingSummary { claimed_name: Some("Harbour".to_owned()), ..pending("authorization") };
    let [line] = &with_open_pages(collected(&Collected::default()), &[named]).lines[..] else { panic!() };
    assert!(line.starts_with("Harbour (https://office.example): waits"), "{line}");
}

fn entry(presented: &[&str], not_completed: Option<&str>) -> HistoryEntry {
    HistoryEntry {
        id: "id".to_owned(),
        at: 1_795_564_800,
        kind: HistoryKind::Request,
        party: Some("Kiln North".to_owned()),
        did: None,
        host: None,
        network: None,
        purpose: None,
        uses: Vec::new(),
        data_protection_contact: Some("team@kiln.example.org".to_owned()),
        supervisory_authority: None,
        requested: vec!["email".to_owned(), "sub".to_owned(), "sub".to_owned()],
        deeds: Vec::new(),
        presented: presented.iter().map(|name| (*name).to_owned()).collect(),
        offered_less: Vec::new(),
        reason: None,
        not_completed: not_completed.map(str::to_owned),
        is_their_word: false,
    }
}

fn space(outcome: &str) -> SpaceView {
    let given: Given = serde_json::from_value(json!({
        "at": 1_795_564_800, "request": "r", "purpose": null, "proof": null, "decision": null, "outcome": outcome,
        "claims": [{"claim": "email", "vct": "urn:passport-network:profile:1", "digest": "d", "audience": "team"}],
    }))
    .unwrap();
    SpaceView {
        id: "did:web:kiln.example.org".to_owned(),
        name: "Kiln North".to_owned(),
        host: "kiln.example.org".to_owned(),
        network: None,
        given: vec![given],
        changes: Vec::new(),
        held: Vec::new(),
        left_at: None,
        is_office: false,
    }
}

#[test]
fn deletion_is_asked_for_where_something_was_given() {
    let given = history(&[entry(&["email"], None)], &[]).lines.join("\n");
    assert!(given.contains("ask for deletion: team@kiln.example.org"), "{given}");
    assert!(given.contains("asked for: e-mail address, your member number\n"), "each once: {given}");
    let declined = history(&[entry(&[], Some("declined"))], &[]).lines.join("\n");
    assert!(!declined.contains("ask for deletion"), "{declined}");
}

#[test]
fn nobody_puts_a_word_into_the_members_mouth() {
    for code in ["declined", "left_open", "let_go", "cannot_be_satisfied", "not_returned", "offered_less"] {
        let own = history(&[entry(&[], Some(code))], &[]).lines.join("\n");
        assert!(own.contains("(not completed: you "), "{own}");
        let theirs = HistoryEntry { is_their_word: true, ..entry(&[], Some(code)) };
        let theirs = history(&[theirs], &[]).lines.remove(0);
        assert!(theirs.contains(&format!("(not completed: they refused it ({code}))")), "{theirs}");
        assert!(!theirs.contains("you "), "{theirs}");
    }
}

#[test]
fn what_was_never_begun_is_told_in_words() {
    for (code, words) in [
        ("no_network", "(not completed: this wallet had joined no network)"),
        ("invalid_request", "(not completed: it was no valid request)"),
        ("invalid_credential_offer", "(not completed: it was no valid offer)"),
    ] {
        let lines = history(&[entry(&[], Some(code))], &[]).lines.join("\n");
        assert!(lines.contains(words), "{lines}");
    }
}

#[test]
fn a_space_that_declined_is_not_listed_as_having_what_it_was_given() {
    let lines = history(&[], &[space("declined")]).lines;
    assert!(
        lines[1].contains("declined, so nothing of it is to be kept there: e-mail address"),
        "{}",
        lines[1]
    );
    let lines = history(&[], &[space("approved")]).lines;
    assert!(lines[1].ends_with("e-mail address (no proof of sharing, approved)"), "{}", lines[1]);
}

#[test]
fn what_a_space_has_by_now_is_said_apart_from_what_it_was_given() {
    let claim = |claim: &str,
                 audience: &str,
                 until: Option<i64>,
                 kept_days: Option<u32>,
                 proven: bool|
     -> HeldClaim {
        serde_json::from_value(json!({
            "claim": claim, "type": "urn:passport-network:own:1", "since": 1_795_564_800, "audience": audience,
            "until": until, "kept_days": kept_days, "proven": proven,
        }))
        .unwrap()
    };
    let mut kiln = space("approved");
    kiln.held = vec![
        claim("email", "team", None, Some(30), true),
        claim("given_name", "team", None, Some(30), true),
        claim("bio", "public", Some(1_795_564_800 + 86_400), None, true),
        claim("phone_number", "team", None, None, false),
        claim("company", "team", Some(1_795_564_800 + 90 * 86_400), Some(30), true),
        claim("role", "team", Some(1_795_564_800 + 2 * 86_400), Some(30), true),
    ];
    let lines = history(&[], std::slice::from_ref(&kiln)).lines;
    assert_eq!(
        lines[2..],
        [
            "  has:",
            "    kept until 2026-12-25; of a member, until 30 days after leaving, seen by the team: e-mail address, first name",
            "    kept until 2026-11-26, seen by everybody: about you",
            "    as far as is known, without a proof, seen by the team: phone number",
            "    kept until 2026-12-25; of a member, until 30 days after leaving, and never after 2027-02-23, seen by the team: company",
            "    kept until 2026-11-27; of a member, until 30 days after leaving, and never after 2026-11-27, seen by the team: role",
        ]
    );
    kiln.held = vec![claim("email", "team", None, Some(0), true)];
    assert_eq!(
        history(&[], std::slice::from_ref(&kiln)).lines[3],
        "    kept until 2026-11-25; of a member, until leaving, seen by the team: e-mail address"
    );
    kiln.held.clear();
    kiln.left_at = Some(1_795_564_800);
    let report = history(&[], &[kiln]);
    assert_eq!(report.lines[2..], ["  left, 2026-11-25T00:00:00Z", "  has none of your details"]);
    assert_eq!(report.value["spaces"][0]["left_at"], 1_795_564_800);
    assert_eq!(report.value["spaces"][0]["given"][0]["claims"][0]["claim"], "email", "the history stays");
}

#[test]
fn a_link_of_others_in_a_command_is_one_word_and_the_same_link() {
    let hostile = "openid-credential-offer://?x=a'; touch harm; '\n\u{1b}[2J\u{202e}é";
    let word = as_word(hostile);
    assert_eq!(word, "'openid-credential-offer://?x=a%27;%20touch%20harm;%20%27%0A%1B[2J%E2%80%AE%C3%A9'");
    let long = format!("openid-credential-offer://?credential_offer={}", "%7B".repeat(1_000));
    assert_eq!(as_word(&long), format!("'{long}'"), "nothing is cut off");
}
