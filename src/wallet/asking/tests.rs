//! What is typed, and what comes of it.

use ::wallet::{Alternative, Answer, AskedClaim, Difference, Source};
use network::seen_in_team::SeenInTeam;

use super::*;

fn part(claim: &str, source: Source) -> Possibility {
    let claim = AskedClaim {
        claim: claim.to_owned(),
        value: Some(format!("the {claim}")),
        beyond_registration: false,
        kept_days: Some(30),
        also_given_to: Vec::new(),
        known_to_asker: None,
        seen_in_team: SeenInTeam::Team,
    };
    let mut answer = Answer::default();
    answer.source = source;
    answer.claims.push(claim);
    Possibility { answers: vec![answer], available: true }
}

/// The e-mail address is needed, what the member says of itself is not, and terms may be said.
fn question() -> Question {
    let group = |needed, option| Group { needed, options: vec![option] };
    let mut question = Question::default();
    question.groups = vec![
        group(true, part("email", Source::CheckedBy("Office".to_owned()))),
        group(false, part("bio", Source::OwnDetails)),
        group(false, part("request", Source::Terms)),
    ];
    question.asks_for_terms = true;
    question
}

/// The choice that these lines make, and what was printed.
fn typed(lines: &str, preset: Option<Preset>) -> (Choice, String) {
    let mut output = Vec::new();
    let mut input = lines.as_bytes();
    let choice = Dialogue { input: &mut input, output: &mut output }.ask(&question(), preset);
    (choice, String::from_utf8(output).unwrap())
}

fn picks(choice: &Choice) -> &[Option<usize>] {
    let Choice::Share(selection) = choice else { panic!("{choice:?}") };
    &selection.picks
}

#[test]
fn whatever_is_not_understood_is_asked_again_and_declines_nothing() {
    let (choice, printed) = typed("y\nyes\n\nx\nno\nn\n\nwhat\n\ny\n", None);
    assert_eq!(picks(&choice), [Some(0), None, None]);
    assert_eq!(printed.matches("That is none of the answers. Type one of: n, u, a, c, d, q.").count(), 5);
    assert_eq!(printed.matches("Type one of: y, n, d, q.").count(), 2);
}

#[test]
fn only_the_word_itself_declines() {
    for lines in ["d\n", "decline\n", "D\n", "n\nn\nd\n", "a\nn\ndecline\n"] {
        assert_eq!(typed(lines, None).0, Choice::Refuse, "{lines:?}");
    }
    assert_eq!(typed("d\n", Some(Preset::All)).0, Choice::Refuse);
}

#[test]
fn whoever_goes_away_leaves_the_request_open() {
    for lines in
        ["", "y\n", "q\n", "quit\n", "n\n", "n\nn\nq\n", "n\nn\nn\n", "c\n", "c\ny\ny\n", "c\ny\ny\ny\n"]
    {
        assert_eq!(typed(lines, None).0, Choice::LeaveOpen, "{lines:?}");
    }
    assert_eq!(typed("", Some(Preset::All)).0, Choice::LeaveOpen);
}

#[test]
fn a_no_at_the_end_and_a_no_to_what_is_needed_lead_back_to_the_choice() {
    let (choice, _) = typed("n\nn\nn\na\nn\ny\n", None);
    assert_eq!(picks(&choice), [Some(0), Some(0), None]);
    let (choice, printed) = typed("c\nn\nn\nn\ny\n", None);
    assert_eq!(picks(&choice), [Some(0), None, None]);
    assert!(printed.contains("what is needed would not be given"), "{printed}");
}

#[test]
fn who_sees_it_is_asked_until_it_is_said() {
    let (choice, printed) = typed("c\ny\ny\ny\nnetwork\nme\nm\np\ny\n", None);
    let Choice::Share(selection) = &choice else { panic!("{choice:?}") };
    let audiences: Vec<(&str, Audience)> =
        selection.audiences.iter().map(|(claim, audience)| (claim.as_str(), *audience)).collect();
    assert_eq!(audiences, [("bio", Audience::Public), ("email", Audience::MembersHere)]);
    assert_eq!(printed.matches("Type one of: t, m, b, p.").count(), 2);
    let (choice, _) = typed("c\ny\nn\ny\n\ny\n", None);
    assert!(matches!(choice, Choice::Share(selection) if selection.audiences.is_empty()));
}

#[test]
fn before_anything_is_sent_values_who_sees_them_and_until_when_are_said() {
    let (_, printed) = typed("a\ny\nm\n\ny\n", None);
    let last = printed.rsplit_once("You give").unwrap().1;
    for wanted in [
        "e-mail address: the email, checked by Office; seen by the team and the members there; kept at most 30 days",
        "about you: the bio, your own word; seen by the team; kept at most 30 days",
    ] {
        assert!(last.contains(wanted), "{wanted}: {last}");
    }
}

/// A birthdate is needed that was not registered, and the wallet can say that its member is 18.
fn too_much() -> Question {
    let mut question = question();
    let mut birthdate = part("birthdate", Source::CheckedBy("Office".to_owned()));
    birthdate.answers[0].claims[0].beyond_registration = true;
    question.groups.insert(1, Group { needed: true, options: vec![birthdate] });
    question.takes_counter_offers = true;
    question.alternatives = vec![Alternative {
        of: "birthdate".to_owned(),
        offer: "age_equal_or_over.18".to_owned(),
        value: "true".to_owned(),
    }];
    question
}

fn typed_to(question: &Question, lines: &str) -> (Choice, String) {
    let mut output = Vec::new();
    let mut input = lines.as_bytes();
    let choice = Dialogue { input: &mut input, output: &mut output }.ask(question, None);
    (choice, String::from_utf8(output).unwrap())
}

#[test]
fn less_is_offered_by_name_detail_by_detail() {
    // The e-mail address yes, the birthdate no, its place taken by an age, nothing of oneself.
    let (choice, printed) = typed_to(&too_much(), "l\ny\nn\ny\nn\ny\n");
    let Choice::OfferLess(offer) = choice else { panic!("{choice:?}\n{printed}") };
    assert_eq!(offer.give, ["email"]);
    assert_eq!(offer.instead, [("birthdate".to_owned(), "age_equal_or_over.18".to_owned())]);
    assert!(printed.contains("  that you are 18 or older, in the place of date of birth"), "{printed}");
    assert!(printed.contains("and not: about you"), "{printed}");
    let offered = printed.split("You tell").nth(1).unwrap();
    assert!(!offered.contains("the email") && !offered.contains("the birthdate"), "no value: {offered}");
}

#[test]
fn nothing_goes_in_anothers_place_unless_the_member_says_so() {
    let (choice, _) = typed_to(&too_much(), "l\ny\nn\n\n\ny\n");
    let Choice::OfferLess(offer) = choice else { panic!("{choice:?}") };
    assert!(offer.instead.is_empty());
    // A no at the end offers nothing, and the question is there again.
    assert_eq!(typed_to(&too_much(), "l\ny\nn\ny\nn\nn\nd\n").0, Choice::Refuse);
    let (choice, printed) = typed_to(&too_much(), "l\nn\nn\nn\nn\nq\n");
    assert_eq!(choice, Choice::LeaveOpen);
    assert!(printed.contains("This cannot be offered: nothing is offered"), "{printed}");
}

#[test]
fn whoever_takes_no_counter_offer_is_not_offered_less() {
    let mut question = too_much();
    question.takes_counter_offers = false;
    let (choice, printed) = typed_to(&question, "l\nq\n");
    assert_eq!(choice, Choice::LeaveOpen);
    assert!(printed.contains("Type one of: n, u, a, c, d, q."), "{printed}");
}

#[test]
fn what_changed_since_the_first_request_is_said() {
    let mut question = question();
    question.difference = Some(Difference {
        reason: Some("We need no birthday".to_owned()),
        no_longer: vec!["birthdate".to_owned()],
        anew: vec!["age_equal_or_over.18".to_owned()],
        not_offered: vec!["bio".to_owned()],
        seen_by_more: vec!["email".to_owned()],
    });
    let (_, printed) = typed_to(&question, "q\n");
    for line in [
        "  it says: We need no birthday",
        "  not asked any more: date of birth",
        "  asked now: that you are 18 or older",
        "  YOU DID NOT OFFER: about you",
        "  MORE OF ITS TEAM WOULD SEE THAN IT SAID BEFORE: e-mail address",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
}

#[test]
fn where_nothing_can_be_given_a_person_still_says_no_or_leaves_it_open() {
    let mut nothing = question();
    nothing.groups[0].options[0].available = false;
    for (lines, choice) in [
        ("d\n", Choice::Refuse),
        ("decline\n", Choice::Refuse),
        ("q\n", Choice::LeaveOpen),
        ("", Choice::LeaveOpen),
        ("y\n", Choice::LeaveOpen),
        ("a\nd\n", Choice::Refuse),
    ] {
        let (said, printed) = typed_to(&nothing, lines);
        assert_eq!(said, choice, "{lines:?}");
        assert!(printed.contains("You do not have what is needed."), "{printed}");
    }
}

#[tokio::test]
async fn without_a_person_no_reason_is_told_from_another() {
    let asking = Asking { preset: Some(Preset::All), ..Asking::agreed() };
    assert!(matches!(asking.ask(&question()).await, Choice::Share(_)));
    let mut nothing = question();
    nothing.groups[0].options[0].available = false;
    let mut beyond = question();
    beyond.groups[0].options[0].answers[0].claims[0].beyond_registration = true;
    for why in [nothing, beyond] {
        assert_eq!(asking.ask(&why).await, Choice::LeaveOpen);
    }
}

#[test]
fn what_is_signed_with_an_answer_is_read_first() {
    let mut signing = question();
    let said = "Pay 7 EUR to Example Ltd".to_owned();
    signing.authorises = vec![::wallet::Authorised { says: said, by: vec![String::new()] }];
    let (choice, printed) = typed_to(&signing, "n\nn\ny\n");
    assert!(matches!(choice, Choice::Share(_)), "{choice:?}");
    assert!(printed.contains("- with your answer you SIGN: Pay 7 EUR to Example Ltd"), "{printed}");
}

#[test]
fn whoever_is_a_member_already_reads_before_the_choice_that_an_answer_makes_them_one_again() {
    let warning = "As far as this wallet knows you are a member of Kiln North already; answering this may make you a member a second \
                   time.";
    let mut again = question();
    again.asker.name = "Kiln North".to_owned();
    again.joins_again = true;
    let (choice, printed) = typed_to(&again, "n\nn\ny\n");
    assert!(matches!(choice, Choice::Share(_)), "{choice:?}");
    let before = printed.split("Give (n)").next().unwrap();
    assert!(before.contains(warning), "{printed}");
    again.joins_again = false;
    assert!(!typed_to(&again, "q\n").1.contains("a second time"));
}

#[test]
fn an_offer_is_refused_by_a_word_alone_and_not_by_going_away() {
    let offered =
        Offered { issuer: "https://kiln.example".to_owned(), claimed_name: None, credentials: Vec::new() };
    for (lines, choice) in [
        ("y\n", OfferChoice::Accept),
        ("n\n", OfferChoice::Refuse),
        ("\n", OfferChoice::Refuse),
        ("", OfferChoice::LeaveOpen),
        ("what\n", OfferChoice::LeaveOpen),
    ] {
        let (mut input, mut output) = (lines.as_bytes(), Vec::new());
        let said = Dialogue { input: &mut input, output: &mut output }.accepts(&offered, false);
        assert_eq!(said, choice, "{lines:?}");
    }
}

#[test]
fn who_lacks_what_is_needed_is_offered_no_way_of_giving_it() {
    let mut question = too_much();
    question.groups[0].options[0].available = false;
    for (line, choice) in [("q\n", Choice::LeaveOpen), ("d\n", Choice::Refuse)] {
        let mut output = Vec::new();
        let typed = format!("a\n{line}");
        let mut input = typed.as_bytes();
        let made = Dialogue { input: &mut input, output: &mut output }.ask(&question, None);
        let printed = String::from_utf8(output).unwrap();
        assert_eq!(made, choice);
        assert!(printed.contains("You do not have what is needed. (l) offer less;"), "{printed}");
        assert!(printed.contains("Type one of: l, d, q.") && !printed.contains("(a) all"), "{printed}");
    }
}
