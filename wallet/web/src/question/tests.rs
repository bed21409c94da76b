//! What the page of a question shows, and what is read of its form.

use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use wallet::{Alternative, Answer, AskedClaim, BrandSite, Group, Possibility, Purpose, Source, Use};
use web::form::Fields;

use super::choosing::less;
use super::*;

fn way(claim: &str, value: Option<&str>, source: Source) -> Possibility {
    let mut answer = Answer::default();
    answer.query = claim.to_owned();
    answer.source = source;
    answer.claims.push(AskedClaim {
        claim: claim.to_owned(),
        value: value.map(str::to_owned),
        beyond_registration: false,
        kept_days: None,
        also_given_to: Vec::new(),
        known_to_asker: None,
        seen_in_team: SeenInTeam::Team,
    });
    Possibility { answers: vec![answer], available: value.is_some() }
}

fn checked(claim: &str) -> Possibility {
    way(claim, Some("a value"), Source::CheckedBy("Office".to_owned()))
}

fn asked(groups: Vec<(bool, Vec<Possibility>)>) -> Question {
    let mut question = Question::default();
    question.asker.name = "Kiln".to_owned();
    question.groups = groups.into_iter().map(|(needed, options)| Group { needed, options }).collect();
    question
}

fn shown(question: &Question, chosen: &Chosen) -> String {
    shown_in(Words::default(), question, chosen)
}

fn shown_in(words: Words, question: &Question, chosen: &Chosen) -> String {
    let form = FormOf { action: "/asked/name".to_owned(), turn: 7, csrf: "token".to_owned() };
    QuestionPage::new(words, form, question, chosen, None).to_string()
}

fn picked(question: &Question, fields: &str) -> Vec<Option<usize>> {
    chosen(question, &Fields::parse(fields).unwrap()).selection.picks
}

#[test]
fn what_is_ticked_is_picked_and_what_fits_nothing_is_not() {
    let question = asked(vec![(true, vec![checked("email")]), (false, vec![checked("bio"), checked("bio")])]);
    assert_eq!(picked(&question, "part-0=0&part-1=1"), [Some(0), Some(1)]);
    assert_eq!(picked(&question, "part-0=0&part-1="), [Some(0), None]);
    assert_eq!(picked(&question, ""), [None, None]);
    assert_eq!(picked(&question, "part-0=1&part-1=2"), [None, None]);
    assert_eq!(picked(&question, "part-0=-1&part-1=x"), [None, None]);
}

#[test]
fn what_can_be_given_in_several_ways_can_be_left_out_where_it_need_not_be_given() {
    let leave = "name=\"part-0\" value=\"\"";
    let two = || vec![checked("bio"), checked("bio")];
    let optional = asked(vec![(false, two())]);
    assert!(shown(&optional, &Chosen::default()).contains(leave));
    let mut needed = asked(vec![(true, two())]);
    assert!(!shown(&needed, &Chosen::default()).contains(leave));
    needed.takes_counter_offers = true;
    assert!(shown(&needed, &Chosen::default()).contains(leave), "less can be offered");
    let one_of_two = asked(vec![(false, vec![checked("bio"), way("bio", None, Source::Missing)])]);
    let page = shown(&one_of_two, &Chosen::default());
    assert!(page.contains("type=\"checkbox\"") && !page.contains("you do not have this"), "{page}");
}

#[test]
fn needed_terms_are_said_with_whatever_is_shared() {
    let mut terms = way("terms", Some(""), Source::Terms);
    terms.answers[0].claims.clear();
    let question = asked(vec![(true, vec![checked("email")]), (true, vec![terms])]);
    let selection = chosen(&question, &Fields::parse("part-0=0").unwrap()).selection;
    assert_eq!(selection.picks, [Some(0), Some(0)]);
    assert_eq!(question.check(&selection), Ok(()));
}

#[test]
fn who_sees_what_is_said_of_what_is_given_and_of_nothing_else() {
    let mut question = asked(vec![(true, vec![checked("email")]), (false, vec![checked("bio")])]);
    let fields = "part-0=0&seen-email=public&seen-bio=members&seen-other=public";
    assert!(
        chosen(&question, &Fields::parse(fields).unwrap()).selection.audiences.is_empty(),
        "nobody asks for it"
    );
    question.asks_for_terms = true;
    let audiences = chosen(&question, &Fields::parse(fields).unwrap()).selection.audiences;
    assert_eq!(audiences.into_iter().collect::<Vec<_>>(), [("email".to_owned(), Audience::Public)]);
    let unknown = chosen(&question, &Fields::parse("part-0=0&seen-email=aliens").unwrap());
    assert!(unknown.selection.audiences.is_empty(), "the team alone");
}

#[test]
fn no_preset_ticks_what_is_beyond_registration_and_the_page_says_so() {
    let mut beyond = checked("address");
    beyond.answers[0].claims[0].beyond_registration = true;
    let question = asked(vec![(true, vec![checked("email")]), (false, vec![beyond.clone()])]);
    for name in [None, Some("needed"), Some("usual"), Some("all"), Some("else")] {
        assert_eq!(preset(&question, name, None).selection.picks, [Some(0), None], "{name:?}");
    }
    let page = shown(&question, &preset(&question, Some("all"), None));
    assert!(page.contains("Not registered: Kiln did not tell the network"), "{page}");
    let needed = asked(vec![(true, vec![beyond])]);
    assert_eq!(preset(&needed, Some("all"), None).selection.picks, [None], "not even where it is needed");
}

#[test]
fn a_question_of_very_many_details_can_be_read_and_answered() {
    let many: Vec<_> = (0..120).map(|number| (false, vec![checked(&format!("detail_{number}"))])).collect();
    let mut question = asked(many);
    question.asks_for_terms = true;
    let page = shown(&question, &preset(&question, Some("all"), None));
    let names = page.matches("name=\"part-").count() + page.matches("<select").count();
    assert_eq!(names, 240);
    assert!(names < web::form::MOST_FIELDS);
}

/// What others may write where they may write anything.
const MARKUP: &str = "</strong><script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=x>\"'>\u{202e}\u{200b}\u{feff}";

/// Everything on the page that others write, hostile.
fn hostile() -> Question {
    let endless = format!("{MARKUP}{}", "x".repeat(10_000));
    let mut part = checked(&endless);
    part.answers[0].source = Source::CheckedBy(endless.clone());
    part.answers[0].claims[0].value = Some(endless.clone());
    part.answers[0].claims[0].also_given_to = vec![endless.clone()];
    part.answers[0].comes_along = vec![(endless.clone(), endless.clone())];
    let mut kind = way("kind", Some("x"), Source::CheckedBy(endless.clone()));
    kind.answers[0].claims.clear();
    kind.answers[0].types = vec![endless.clone()];
    let lacking = way(&endless, None, Source::Missing);
    let mut question = asked(vec![(true, vec![part]), (false, vec![kind]), (false, vec![lacking])]);
    question.asker.name.clone_from(&endless);
    question.asker.host.clone_from(&endless);
    question.asker.did = Some(endless.clone());
    question.asker.legal_name = Some(endless.clone());
    question.asker.admitted_by = Some(endless.clone());
    question.asker.brand = Some(endless.clone());
    question.asker.brand_sites = vec![BrandSite { name: endless.clone(), host: endless.clone() }];
    question.asker.data_protection_contact = Some(endless.clone());
    question.asker.privacy_policy = Some("javascript:alert(1)".to_owned());
    question.asker.supervisory_authority = Some(endless.clone());
    question.purpose = Some(Purpose {
        uses: vec![Use { id: endless.clone(), texts: [(endless.clone(), endless.clone())].into() }],
        legal_basis: Some(endless.clone()),
        ..Purpose::default()
    });
    question.authorises = vec![wallet::Authorised { says: endless.clone(), by: Vec::new() }];
    question.difference = Some(wallet::Difference {
        reason: Some(endless.clone()),
        anew: vec![endless.clone()],
        ..wallet::Difference::default()
    });
    question.takes_counter_offers = true;
    question.alternatives = vec![Alternative { of: endless.clone(), offer: endless.clone(), value: endless }];
    question.asks_for_terms = true;
    question
}

#[test]
fn nothing_that_others_write_is_markup_turns_the_reading_direction_or_never_ends() {
    let question = hostile();
    for language in web::Language::ALL {
        let mut chosen = preset(&question, None, None);
        chosen.selection.audiences = [(question.asked()[0].clone(), Audience::Brand)].into();
        let page = shown_in(Words::new(language), &question, &chosen);
        for part in ["<script", "<img", "<svg", "</strong><script", "onerror=alert(1)>", "href=\"javascript:"]
        {
            assert!(!page.contains(part), "{part}");
        }
        // What a field is called is compared when it comes back, so it is whole; nobody sees it.
        let fields = ["name=\"", "id=\"", "for=\"", "aria-describedby=\"", "value=\""];
        let seen = fields.iter().fold(page, |page, field| without_values_of(field, &page));
        for part in ["\u{202e}", "\u{200b}", "\u{feff}", &"x".repeat(600)] {
            assert!(!seen.contains(part), "{part:?}");
        }
        assert!(seen.contains("\\u{202e}"), "what turns the reading direction is spelled out");
    }
}

/// A page without what stands in this attribute.
fn without_values_of(attribute: &str, page: &str) -> String {
    let mut parts = page.split(attribute);
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |before, part| before + part.split_once('"').unwrap().1)
}

#[test]
fn a_look_alike_host_is_spelled_out_with_a_hint() {
    let mut question = asked(vec![(true, vec![checked("email")])]);
    let hint = "This address holds letters that can look like others";
    question.asker.host = "xn--kln-jhd.example".to_owned();
    let page = shown(&question, &preset(&question, None, None));
    assert!(page.contains("at xn--kln-jhd.example") && page.contains(hint), "{page}");
    question.asker.host = "kiln.example".to_owned();
    assert!(!shown(&question, &preset(&question, None, None)).contains(hint));
}

/// A date of birth is needed and was not registered; the wallet can say less in its place.
fn too_much() -> Question {
    let mut birthdate = checked("birthdate");
    birthdate.answers[0].claims[0].beyond_registration = true;
    let mut question = asked(vec![(true, vec![checked("email")]), (true, vec![birthdate])]);
    question.takes_counter_offers = true;
    let over = |years: u8| Alternative {
        of: "birthdate".to_owned(),
        offer: format!("age_equal_or_over.{years}"),
        value: "true".to_owned(),
    };
    question.alternatives = vec![over(16), over(18)];
    question
}

#[test]
fn what_says_less_is_offered_in_the_place_of_what_is_too_much_and_is_not_shared() {
    let question = too_much();
    let page = shown(&question, &preset(&question, None, None));
    for said in [
        "<a href=\"#less\">Too much? You can offer something else instead: that you are 16 or older, that you are 18 or older</a>",
        "<details id=\"less\" open>",
        "<label for=\"instead-0\">Instead of your date of birth</label>",
        "<option value=\"age_equal_or_over.18\">that you are 18 or older</option>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let offered = |fields: &str| {
        let chosen = chosen(&question, &Fields::parse(fields).unwrap());
        (not_offered(Words::default(), &question, &chosen).map(|offer| (offer.give, offer.instead)), chosen)
    };
    let over_18 = ("birthdate".to_owned(), "age_equal_or_over.18".to_owned());
    let (offer, choice) = offered("part-0=0&part-1=0&instead-0=age_equal_or_over.18");
    assert_eq!(offer.unwrap(), (vec!["email".to_owned()], vec![over_18]), "what is replaced is not given");
    let wrong = not_shared(Words::default(), &question, &choice).unwrap();
    assert_eq!((wrong.field, wrong.said.contains("Offer only this")), ("less", true), "{wrong:?}");
    assert!(shown(&question, &choice).contains("<option value=\"age_equal_or_over.18\" selected>"));
    // What the wallet does not have, or nobody asked for, is not offered.
    for other in ["age_equal_or_over.21", "email", ""] {
        let (offer, choice) = offered(&format!("part-0=0&instead-0={other}&instead-1=age_equal_or_over.18"));
        assert_eq!(offer.unwrap(), (vec!["email".to_owned()], vec![]), "{other}");
        assert!(choice.instead.is_empty(), "{other}");
    }
    assert!(offered("").0.unwrap_err().said.starts_with("Nothing would be offered"));
    let mut takes_none = too_much();
    takes_none.takes_counter_offers = false;
    takes_none.alternatives.clear();
    assert!(!shown(&takes_none, &preset(&takes_none, None, None)).contains("id=\"less\""));
}

#[test]
fn what_is_offered_in_anothers_place_is_not_named_twice() {
    let mut question = too_much();
    question.groups.push(Group { needed: false, options: vec![checked("age_equal_or_over.18")] });
    let fields = Fields::parse("part-0=0&part-2=0&instead-0=age_equal_or_over.18").unwrap();
    let offer = less(&question, &chosen(&question, &fields));
    assert_eq!(offer.names(), ["email", "age_equal_or_over.18"]);
}

#[test]
fn what_is_asked_in_one_piece_with_what_is_replaced_is_given_beside_it_if_it_is_registered() {
    let mut question = too_much();
    let birthdate = question.groups[1].options[0].answers[0].claims[0].clone();
    let phone = AskedClaim { claim: "phone_number".to_owned(), ..birthdate.clone() };
    question.groups[0].options[0].answers[0].claims.extend([birthdate, phone]);
    question.groups.truncate(1);
    let fields = Fields::parse("instead-0=age_equal_or_over.18").unwrap();
    let offer = less(&question, &chosen(&question, &fields));
    assert_eq!(offer.names(), ["email", "age_equal_or_over.18"]);
    assert!(less(&question, &Chosen::default()).names().is_empty(), "nothing is offered unasked");
}

#[test]
fn what_may_be_left_out_and_is_registered_needs_nothing_in_its_place() {
    let mut question = too_much();
    let hint = "You can offer something else instead";
    assert!(shown(&question, &Chosen::default()).contains(hint));
    question.groups[1].needed = false;
    assert!(shown(&question, &Chosen::default()).contains(hint), "beyond registration");
    question.groups[1].options[0].answers[0].claims[0].beyond_registration = false;
    assert!(!shown(&question, &Chosen::default()).contains(hint));
}

#[test]
fn who_of_the_team_sees_a_detail_stands_with_it_unless_it_is_shown_to_more() {
    let mut question = asked(vec![(true, vec![checked("email")]), (false, vec![checked("bio")])]);
    question.asks_for_terms = true;
    question.asker.name = "Kiln North".to_owned();
    let said = "Who sees it: owner and managers of Kiln North";
    let some = "Some of it only a part of their team sees";
    let page = shown(&question, &preset(&question, None, None));
    assert!(!page.contains("Who sees it: ") && !page.contains(some), "{page}");
    question.groups[1].options[0].answers[0].claims[0].seen_in_team = SeenInTeam::OwnerAndManagers;
    let page = shown(&question, &preset(&question, None, None));
    assert_eq!(page.matches(said).count(), 1, "{page}");
    assert!(page.contains(some) && page.contains("Seen by owner and managers of Kiln North."), "{page}");
    let members = Fields::parse("part-0=0&part-1=0&seen-bio=members").unwrap();
    let page = shown(&question, &chosen(&question, &members));
    assert!(!page.contains(said), "{page}");
    question.groups[1].options[0].answers[0].claims[0].seen_in_team = SeenInTeam::Owner;
    let page = shown(&question, &preset(&question, None, None));
    assert!(page.contains("Who sees it: the owner of Kiln North"), "{page}");
}

#[test]
fn of_a_brand_every_space_and_role_is_named_that_will_see_a_detail() {
    let mut question = asked(vec![(true, vec![checked("email")]), (false, vec![checked("bio")])]);
    question.asks_for_terms = true;
    question.asker.name = "Kiln North".to_owned();
    let page = shown(&question, &preset(&question, None, None));
    assert!(!page.contains("value=\"brand\""), "nobody is shown to a brand where there is none");
    let brand = Fields::parse("part-0=0&part-1=0&seen-email=brand&seen-bio=members").unwrap();
    let audiences = chosen(&question, &brand).selection.audiences;
    assert_eq!(audiences.into_iter().collect::<Vec<_>>(), [("bio".to_owned(), Audience::MembersHere)]);

    question.asker.brand = Some("Kiln".to_owned());
    let site = |name: &str| BrandSite { name: name.to_owned(), host: format!("{name}.example") };
    question.asker.brand_sites = vec![site("Kiln South"), site("Kiln West")];
    let choice = chosen(&question, &brand);
    let page = shown(&question, &choice);
    for said in [
        "The team of Kiln North sees it, no other space of Kiln, unless you say otherwise.",
        "<option value=\"brand\" selected>Teams and members of Kiln</option>",
        "<p class=\"hint\" id=\"seen-email-by\">Seen by the teams and the members of Kiln North, Kiln South and Kiln West.</p>",
        "<p class=\"hint\" id=\"seen-bio-by\">Seen by the team and the members of Kiln North.</p>",
        "<dd>Kiln South (Kiln South.example), Kiln West (Kiln West.example)</dd>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let live = Live::of(Words::default(), &question, &choice);
    assert_eq!(
        live.seen[1],
        ("seen-bio".to_owned(), "Seen by the team and the members of Kiln North.".to_owned())
    );
    question.asker.brand_sites.clear();
    assert!(shown(&question, &choice).contains("Seen by the teams and the members of all spaces of Kiln."));
}

#[test]
fn a_day_can_be_chosen_on_which_everything_is_taken_back() {
    let mut question = asked(vec![(true, vec![checked("email")])]);
    question.asks_for_terms = true;
    assert!(
        !shown(&question, &preset(&question, None, None)).contains("name=\"until\""),
        "nobody asks for it"
    );
    let ended = |question: &Question, day: &str| {
        chosen(question, &Fields::parse(format!("part-0=0&until={day}")).unwrap())
    };
    assert_eq!(ended(&question, "2027-03-01").selection.until, None);
    // 2026-11-25, at midnight.
    question.first_end = Some(1_795_564_800);
    let wrong = |day: &str| not_shared(Words::default(), &question, &ended(&question, day));
    assert_eq!(wrong(""), None);
    assert_eq!(wrong("2026-11-25"), None);
    assert_eq!(ended(&question, "2026-11-25").selection.until, Some(1_795_564_800));
    let said = |day: &str| wrong(day).map(|wrong| (wrong.field, wrong.said));
    assert_eq!(said("2026-11-24"), Some(("until", "Choose a day from 2026-11-25 on.".to_owned())));
    for none in ["tomorrow", "25.11.2026", "2027-02-30", "<b>"] {
        assert_eq!(said(none), Some(("until", "Choose a day, such as 2030-01-31.".to_owned())), "{none}");
        let page = shown(&question, &ended(&question, none));
        assert!(page.contains("min=\"2026-11-25\" value=\"") && !page.contains("<b>"), "{page}");
    }
}

#[test]
fn a_purpose_is_said_in_the_pages_language_or_marked_with_its_own() {
    let mut question = asked(vec![(true, vec![checked("email")])]);
    let mut purpose = Purpose::default();
    let used = |said: &[(&str, &str)]| {
        let texts = said.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned()));
        Use { id: "use".to_owned(), texts: texts.collect() }
    };
    purpose.uses = vec![
        used(&[("en", "Joining"), ("es", "Hacerte miembro")]),
        used(&[("de", "Türen"), ("en", "Doors")]),
        used(&[("x-\" onclick=y", "Odd")]),
    ];
    question.purpose = Some(purpose);
    let said = |language| shown_in(Words::new(language), &question, &preset(&question, None, None));
    let spanish =
        "<p>Por qué: <span>Hacerte miembro</span>; <span lang=\"en\">Doors</span>; <span>Odd</span></p>";
    let english = "<p>Why: <span>Joining</span>; <span>Doors</span>; <span>Odd</span></p>";
    for (language, sentence) in [(web::Language::Spanish, spanish), (web::Language::English, english)] {
        assert!(said(language).contains(sentence), "{}", said(language));
    }
}

#[test]
fn what_could_be_linked_is_one_calm_sentence_for_each_set_of_spaces_and_of_what_is_chosen_alone() {
    let known = |claim: &str, others: &[&str]| {
        let mut way = checked(claim);
        way.answers[0].claims[0].also_given_to = others.iter().map(|name| (*name).to_owned()).collect();
        way
    };
    let question = asked(vec![
        (true, vec![known("email", &["Harbour"])]),
        (false, vec![known("phone_number", &["Harbour"])]),
        (false, vec![known("bio", &["Harbour", "Loft"])]),
        (false, vec![known("company", &[])]),
    ]);
    let links = |fields: &str| {
        Live::of(Words::default(), &question, &chosen(&question, &Fields::parse(fields).unwrap())).links
    };
    assert_eq!(
        links("part-0=0&part-3=0"),
        ["Kiln and Harbour could tell that you are the same person, by this: e-mail address."]
    );
    assert_eq!(
        links("part-0=0&part-1=0&part-2=0"),
        [
            "Kiln and Harbour could tell that you are the same person, by this: e-mail address and phone number.",
            "Kiln, Harbour and Loft could tell that you are the same person, by this: about you.",
        ]
    );
    assert!(links("part-3=0").is_empty());
    let page = shown(&question, &preset(&question, None, None));
    assert_eq!(
        page.matches("could tell that you are").count(),
        3,
        "one, and two for whoever has no scripts: {page}"
    );
    assert!(!page.contains("wrong-text\">Kiln"), "{page}");
}

#[test]
fn what_would_be_shared_or_is_missing_is_said_of_each_choice() {
    let question = asked(vec![(true, vec![checked("email")]), (false, vec![checked("company")])]);
    let live = |fields: &str| {
        Live::of(Words::default(), &question, &chosen(&question, &Fields::parse(fields).unwrap()))
    };
    let all = live("part-0=0&part-1=0");
    assert_eq!(
        (all.problem, all.shares.as_deref()),
        (None, Some("You would share: e-mail address, company"))
    );
    let less = live("part-1=0");
    let missing = "Needed, and it would not be shared like this: e-mail address";
    assert_eq!((less.problem.as_deref(), less.shares), (Some(missing), None));
    let page = shown(&question, &Chosen::default());
    let first = format!("<p class=\"wrong-text\" data-problem>{missing}</p>");
    assert!(page.contains(&first), "as it is said once something is chosen: {page}");
    let wrong = Some(Wrong { field: "parts", said: missing.to_owned() });
    let form = FormOf { action: "/asked/one".to_owned(), turn: 1, csrf: "token".to_owned() };
    let refused = QuestionPage::new(Words::default(), form, &question, &Chosen::default(), wrong).to_string();
    assert!(refused.contains("<p class=\"wrong-text\" data-problem></p>"), "the summary says it: {refused}");
}

#[test]
fn the_presets_are_three_equal_choices_above_everything_and_the_one_that_is_chosen_is_marked() {
    let question = asked(vec![(true, vec![checked("email")]), (false, vec![checked("company")])]);
    let marked = |chosen: &Chosen| {
        let page = shown(&question, chosen);
        let choices = page.split("<nav class=\"choices\"").nth(1).unwrap().split("</nav>").next().unwrap();
        assert!(page.find("<nav class=\"choices\"") < page.find("id=\"needed-title\""), "{page}");
        assert_eq!(choices.matches("<a href=\"").count(), 3, "{choices}");
        let names =
            ["needed", "usual", "all"].map(|name| format!("data-pick=\"{name}\" aria-current=\"true\""));
        names.map(|mark| choices.contains(&mark))
    };
    assert_eq!(marked(&preset(&question, None, None)), [true, false, false]);
    assert_eq!(marked(&preset(&question, Some("usual"), None)), [false, true, false]);
    assert_eq!(marked(&preset(&question, Some("all"), None)), [false, false, true]);
    let ticked = |fields: &str| chosen(&question, &Fields::parse(fields).unwrap());
    assert_eq!(marked(&ticked("part-0=0&part-1=0")), [false, false, true]);
    assert_eq!(marked(&ticked("part-1=0")), [false, false, false], "nothing that is picked at one touch");
    let live = Live::of(Words::default(), &question, &ticked("part-0=0&part-1=0"));
    assert_eq!(live.picked, ["all"]);
    // Where nothing is optional there is nothing to pick.
    let needed = asked(vec![(true, vec![checked("email")])]);
    assert!(!shown(&needed, &preset(&needed, None, None)).contains("class=\"choices\""));
}

#[test]
fn for_how_long_something_is_kept_names_an_agreement_only_where_there_can_be_one() {
    let mut question = asked(vec![(true, vec![checked("email")])]);
    question.purpose = Some(Purpose { kept_days: Some(1), ..Purpose::default() });
    let page = |question: &Question| shown(question, &preset(question, None, None));
    assert!(page(&question).contains("<p>They keep it for 1 day at most.</p>"), "{}", page(&question));
    question.asks_for_terms = true;
    assert!(page(&question).contains("They keep it for 1 day at most, unless you agree on something else."));
}

#[test]
fn who_asks_once_more_is_told_what_they_have_and_what_is_new() {
    let mut question = asked(vec![(true, vec![checked("email")]), (true, vec![checked("company")])]);
    let page = |question: &Question| shown(question, &preset(question, None, None));
    assert!(!page(&question).contains("New to Kiln"), "the first time");
    question.groups[0].options[0].answers[0].claims[0].known_to_asker = Some(wallet::Known::Same);
    let again = page(&question);
    for part in ["Kiln has this of you already: e-mail address", "New to Kiln: company"] {
        assert!(again.contains(part), "{part}: {again}");
    }
    question.difference = Some(wallet::Difference { anew: vec!["company".to_owned()], ..Default::default() });
    let instead = page(&question);
    assert!(instead.contains("Asked now: company") && !instead.contains("New to Kiln"), "{instead}");
    assert!(!instead.contains("More of their team"), "{instead}");
    question.difference =
        Some(wallet::Difference { seen_by_more: vec!["company".to_owned()], ..Default::default() });
    assert!(page(&question).contains("More of their team would see it than they said before: company"));
}

#[test]
fn the_details_of_a_question_name_the_request_and_its_end() {
    let mut question = asked(vec![(true, vec![checked("email")])]);
    question.request = "mArK".to_owned();
    question.ends_at = Some(1_795_000_062);
    let page = shown(&question, &preset(&question, None, None));
    for part in ["<dd>mArK</dd>", "<dd>2026-11-18 11:07 UTC</dd>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_picture_is_shown_where_it_is_asked_for_and_nothing_that_is_drawn_or_lies_elsewhere() {
    let from = |value: &str, source: Source| {
        let question = asked(vec![(true, vec![way("picture", Some(value), source)])]);
        shown(&question, &preset(&question, None, None))
    };
    let of = |value: &str| from(value, Source::OwnDetails);
    let jpeg = crate::tests::details::jpeg(&[]);
    assert!(of(&jpeg).contains(&format!("src=\"{jpeg}\"")));
    assert!(!from(&jpeg, Source::CheckedBy("Somebody".to_owned())).contains("<img"), "somebody else's");
    for other in
        ["data:image/svg+xml;base64,PHN2Zy8+", "https://example.org/me.jpg", "data:image/jpeg;base64,AAAA"]
    {
        assert!(!of(other).contains("<img"), "{other}");
    }
}

#[test]
fn at_a_host_the_page_says_what_is_agreed_to_and_elsewhere_nobody_needs_that() {
    let mut question = asked(vec![(true, vec![checked("email")])]);
    question.bound_to.audience = "decentralized_identifier:did:web:kiln.example".to_owned();
    question.bound_to.nonce = "a-nonce".to_owned();
    let form = || FormOf { action: "/asked/name".to_owned(), turn: 7, csrf: "token".to_owned() };
    let page = || QuestionPage::new(Words::default(), form(), &question, &Chosen::default(), None);
    assert!(!page().to_string().contains("data-approves"));
    let at_host = page().agreed_in_browser(&question, &Chosen::default()).to_string();
    let agreed = "data-approves=\"[{&#34;audience&#34;:&#34;decentralized_identifier:did:web:kiln.example&#34;,&#34;nonce&#34;:&#34;a-nonce&#34;}]\"";
    assert!(at_host.contains(agreed), "{at_host}");
    let ways = "data-ways=\"{&#34;part-0&#34;:[[&#34;email&#34;]]}\"";
    assert!(at_host.contains(ways) && !page().to_string().contains("data-ways"), "{at_host}");
}

#[test]
fn each_way_says_by_its_paths_what_it_shows_also_what_comes_along_and_what_lies_in_a_list() {
    let mut more = checked("address.locality");
    more.answers[0].comes_along.push(("plan".to_owned(), "member".to_owned()));
    let parts = vec![
        (true, vec![checked("email"), more]),
        (false, vec![checked("nationalities.*")]),
        (false, vec![checked("degrees.0.name")]),
        (false, vec![checked("age_equal_or_over.18")]),
    ];
    let said = ways(&asked(parts));
    assert_eq!(
        Value::Object(said),
        serde_json::json!({
            "part-0": [["email"], ["address.locality", "plan"]],
            "part-1": [["nationalities.*"]],
            "part-2": [["degrees.0.name", "degrees.name"]],
            "part-3": [["age_equal_or_over.18"]],
        })
    );
}
