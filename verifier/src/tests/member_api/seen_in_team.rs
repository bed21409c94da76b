//! Who of the team sees what: told before the answer, promised with it, and held wherever a value is opened.

use network::member_api::ChangeRequest;
use network::seen_in_team::{self, SeenInTeam};
use network::sharing_proof::ProofOfSharing;
use serde_json::Value;

use super::*;
use crate::exporting::Wanted;
use crate::form::{Approval, Form};
use crate::forms::ChangedBy;
use crate::importing::table::{Table, text_of};
use crate::standing::Called;
use crate::team::Role;
use crate::team::looks::Looker;
use crate::tests::stage;

const OWNER: Looker<'_> = Looker::Teammate("olga", Role::Owner);
const MANAGER: Looker<'_> = Looker::Teammate("mara", Role::Manager);
const DESK: Looker<'_> = Looker::Teammate("dora", Role::Desk);
const AUDITOR: Looker<'_> = Looker::Teammate("otto", Role::Auditor);
const PROGRAM: Looker<'_> = Looker::Program("program desk");
const COMPANY: &str = "canary-company";

/// The form `sign-up`, each of its details for these of the team.
fn form_for(email: SeenInTeam, given_name: SeenInTeam, company: SeenInTeam) -> Form {
    let mut form = stage::form("sign-up", Approval::Automatic);
    for (field, seen) in form.fields.iter_mut().zip([email, given_name, company]) {
        field.seen_in_team = seen;
    }
    form
}

/// The address for owners and managers, the company for owners.
fn narrowed() -> Form {
    form_for(SeenInTeam::OwnerAndManagers, SeenInTeam::Team, SeenInTeam::Owner)
}

async fn asking(form: Form) -> Stage {
    let stage = Stage::new();
    stage.space.change_form(form, Some(0), ChangedBy::Terminal).await.unwrap();
    stage
}

/// What somebody sees of a contact.
async fn seen(stage: &Stage, id: &str, looker: Looker<'_>) -> Vec<Option<Value>> {
    stage.space.contact_for(id, looker).await.unwrap().1
}

/// Which of the details somebody sees.
async fn sees(stage: &Stage, id: &str, looker: Looker<'_>) -> Vec<bool> {
    seen(stage, id, looker).await.iter().map(Option::is_some).collect()
}

#[tokio::test]
async fn each_role_opens_what_the_member_was_told_that_it_sees_and_nothing_else() {
    let stage = asking(narrowed()).await;
    let sign_up = member(&stage, 0).await;
    let all = [json!(CANARIES[0]), json!(CANARIES[1]), json!(COMPANY)];
    for (looker, which) in [
        (Looker::Terminal, [true, true, true]),
        (OWNER, [true, true, true]),
        (MANAGER, [true, true, false]),
        (DESK, [false, true, false]),
        (PROGRAM, [false, true, false]),
        (AUDITOR, [false, false, false]),
    ] {
        let expected: Vec<Option<Value>> =
            all.iter().zip(which).map(|(value, sees)| sees.then(|| value.clone())).collect();
        assert_eq!(seen(&stage, &sign_up.id, looker).await, expected, "{looker:?}");
    }
    // What is noted of a look is what was seen.
    let looks = stage.space.looks(10).await.unwrap();
    let names = |by: &str| looks.iter().find(|look| look.by.as_deref() == Some(by)).unwrap().names.clone();
    assert_eq!(names("dora"), ["given_name"]);
    assert_eq!(names("mara"), ["email", "given_name"]);
    assert_eq!(names("olga"), ["email", "given_name", "company"]);
}

#[tokio::test]
async fn nobody_is_found_by_what_whoever_searches_may_not_see() {
    let stage = asking(narrowed()).await;
    let sign_up = member(&stage, 0).await;
    for (term, looker, found) in [
        ("canary-ada@", DESK, false),
        ("canary-ada@", PROGRAM, false),
        ("canary-ada@", AUDITOR, false),
        ("canary-ada@", MANAGER, true),
        ("canary-comp", DESK, false),
        ("canary-comp", MANAGER, false),
        ("canary-comp", OWNER, true),
        ("canary-comp", Looker::Terminal, true),
        ("canaryada", DESK, true),
    ] {
        let result = stage.space.search(term, looker).await.unwrap();
        assert_eq!(result.found.len(), usize::from(found), "{term} {looker:?}");
        assert!(!result.is_cut);
        assert!(result.found.iter().all(|one| one.contact == sign_up.id));
    }
    // A word that stands in several details is found in those alone that are seen.
    let found = stage.space.search("canary", DESK).await.unwrap().found;
    assert_eq!(found[0].claims, ["given_name"]);
    let found = stage.space.search("canary", MANAGER).await.unwrap().found;
    assert_eq!(found[0].claims, ["email", "given_name"]);
}

#[tokio::test]
async fn a_name_that_is_for_others_stands_in_no_list_and_on_no_screen_at_the_desk() {
    let stage = asking(form_for(SeenInTeam::Team, SeenInTeam::OwnerAndManagers, SeenInTeam::Team)).await;
    let sign_up = member(&stage, 0).await;
    let ids = [sign_up.id.as_str()];
    let name = Some(CANARIES[1].to_owned());
    let hidden = Called::For(SeenInTeam::OwnerAndManagers);
    for (looker, first) in [(MANAGER, name.clone()), (OWNER, name), (DESK, None), (AUDITOR, None)] {
        let listed = stage.space.called(&ids, looker, "members").await.unwrap();
        let called = first.clone().map_or(hidden.clone(), Called::Name);
        assert_eq!(listed, std::slice::from_ref(&called), "{looker:?}");
        let named = stage.space.first_names(&ids, looker, "desk").await.unwrap();
        assert_eq!(named, std::slice::from_ref(&first), "{looker:?}");
    }
    // Who saw no name looked at nothing, and of whoever saw one that name alone is noted.
    let looks = stage.space.looks(10).await.unwrap();
    let mut noted: Vec<_> =
        looks.iter().map(|look| (look.by.as_deref().unwrap(), look.how.as_str())).collect();
    noted.sort_unstable();
    assert_eq!(noted, [("mara", "desk"), ("mara", "members"), ("olga", "desk"), ("olga", "members")]);
    assert!(looks.iter().all(|look| look.names == ["given_name"] && look.people == 1), "{looks:?}");
    let found = stage.space.search("canary-ada@", DESK).await.unwrap().found;
    assert_eq!((found.len(), &found[0].name), (1, &hidden), "found by the address, and not named");
    // Near: of whom there is nothing, nothing is for others, and nobody looks.
    let before = stage.space.looks(100).await.unwrap().len();
    let listed = stage.space.called(&["AAAAAAAAAAAAAAAAAAAAAA"], MANAGER, "members").await.unwrap();
    assert_eq!((listed, stage.space.looks(100).await.unwrap().len()), (vec![Called::Nameless], before));
}

#[tokio::test]
async fn a_table_has_in_the_place_of_what_is_for_others_who_sees_it_and_is_for_whoever_began_it() {
    let stage = asking(narrowed()).await;
    member(&stage, 0).await;
    let wanted = Wanted { claims: ["email", "company"].map(str::to_owned).to_vec(), imported: false };
    for (looker, email, company) in [
        (MANAGER, (CANARIES[0], "own"), ("", "seen by owner alone")),
        (OWNER, (CANARIES[0], "own"), (COMPANY, "own")),
        (DESK, ("", "seen by owner-and-managers alone"), ("", "seen by owner alone")),
    ] {
        let look = stage.space.begin_export(&wanted, looker).await.unwrap();
        let rows = stage.space.export_piece(&look, &wanted, None, looker).await.unwrap().rows;
        let cell = |claim: &str| {
            let (text, word_of) = &rows[0].details[claim];
            (text.clone(), word_of.clone())
        };
        let of = |(text, word): (&str, &str)| (text.to_owned(), word.to_owned());
        assert_eq!((cell("email"), cell("company")), (of(email), of(company)), "{looker:?}");
        // What was held back was not looked at.
        let noted = stage.space.looks(10).await.unwrap().into_iter().find(|one| one.id == look).unwrap();
        let seen = [("company", company), ("email", email)].into_iter().filter(|(_, cell)| cell.1 == "own");
        assert_eq!(noted.names, seen.map(|(name, _)| name).collect::<Vec<_>>(), "{looker:?}");
    }
    // What a member shows to more since is not handed out under a look that does not say so.
    let look = stage.space.begin_export(&wanted, MANAGER).await.unwrap();
    let (_, access) = access(&stage, 0).await;
    let shown = vec![change("company", WhatToDo::Publish(Audience::MembersHere))];
    make(&stage, &access, &changes(ID, shown)).await.unwrap();
    let refused = stage.space.export_piece(&look, &wanted, None, MANAGER).await;
    assert!(matches!(refused, Err(crate::SpaceError::NoSuch("look"))));
    let look = stage.space.begin_export(&wanted, MANAGER).await.unwrap();
    assert!(stage.space.export_piece(&look, &wanted, None, MANAGER).await.is_ok());
    // A look of one is no leave for another to see more.
    let look = stage.space.begin_export(&wanted, MANAGER).await.unwrap();
    for other in [OWNER, DESK, Looker::Terminal] {
        let refused = stage.space.export_piece(&look, &wanted, None, other).await;
        assert!(matches!(refused, Err(crate::SpaceError::NoSuch("look"))), "{other:?}");
    }
}

#[tokio::test]
async fn nobody_is_recognised_in_a_table_by_an_address_that_is_for_others() {
    let stage = asking(form_for(SeenInTeam::Owner, SeenInTeam::Team, SeenInTeam::Team)).await;
    member(&stage, 0).await;
    let text = format!("E-mail\n{}\n", CANARIES[0]);
    let table = Table::parse(&text_of(text.as_bytes()).unwrap()).unwrap();
    for (looker, is_recognised) in [(OWNER, true), (Looker::Terminal, true), (MANAGER, false)] {
        let reading = stage.space.preview_import(&table, "sign-up", None, looker).await.unwrap().reading;
        let counts = (reading.people.len(), reading.bad.len());
        assert_eq!(counts, if is_recognised { (0, 1) } else { (1, 0) }, "{looker:?}");
    }
}

#[tokio::test]
async fn what_the_member_shows_to_others_the_whole_team_sees_and_only_as_long_as_that_is_so() {
    let stage = asking(narrowed()).await;
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let shown = vec![change("company", WhatToDo::Publish(Audience::MembersHere))];
    make(&stage, &access, &changes(ID, shown)).await.unwrap();
    assert_eq!(sees(&stage, &sign_up.id, DESK).await, [false, true, true]);
    assert_eq!(sees(&stage, &sign_up.id, PROGRAM).await, [false, true, true]);
    assert_eq!(stage.space.search(COMPANY, DESK).await.unwrap().found.len(), 1);
    assert_eq!(sees(&stage, &sign_up.id, AUDITOR).await, [false, false, false], "never a value");
    let hidden = vec![change("company", WhatToDo::Publish(Audience::Team))];
    make(&stage, &access, &changes(&id(2), hidden)).await.unwrap();
    assert_eq!(sees(&stage, &sign_up.id, DESK).await, [false, true, false], "as it was promised");
    assert_eq!(sees(&stage, &sign_up.id, MANAGER).await, [true, true, false]);
}

#[tokio::test]
async fn the_request_the_proof_of_sharing_and_the_member_api_all_say_who_sees_it() {
    let stage = asking(narrowed()).await;
    let asked = stage.space.ask("sign-up").await.unwrap();
    let said = stage.space.says_with(&asked);
    let entry: Vec<&Value> =
        said.iter().filter(|one| one.format == seen_in_team::FORMAT).map(|one| &one.data).collect();
    assert_eq!(entry, [&json!({"owner-and-managers": [["email"]], "owner": [["company"]]})]);
    let sign_up = member(&stage, 0).await;
    let proof = jose::jws::Unverified::parse(&sign_up.sharing_proof).unwrap().claims().unwrap();
    let proof: ProofOfSharing = serde_json::from_value(Value::Object(proof)).unwrap();
    let promised: Vec<_> = proof.shared.iter().map(|one| one.seen_in_team).collect();
    assert_eq!(promised, [SeenInTeam::OwnerAndManagers, SeenInTeam::Team, SeenInTeam::Owner]);
    let (_, access) = access(&stage, 0).await;
    let caller = Caller { access: &access, proof: fresh(&stage) };
    let told = stage.space.member_details(&caller).await.unwrap().details;
    let told: Vec<_> = told.iter().map(|one| (one.seen_in_team, one.seen_by.as_str())).collect();
    assert_eq!(
        told,
        [
            (SeenInTeam::OwnerAndManagers, "owner and managers of Kiln North"),
            (SeenInTeam::Team, "the team of Kiln North"),
            (SeenInTeam::Owner, "the owner of Kiln North"),
        ]
    );
    // A form without such a rule says nothing of it: the whole team sees what it asks.
    let open = Stage::new();
    let asked = open.space.ask("sign-up").await.unwrap();
    assert!(open.space.says_with(&asked).iter().all(|one| one.format != seen_in_team::FORMAT));
}

#[tokio::test]
async fn another_version_of_the_form_changes_nothing_of_what_was_given_before() {
    let stage = asking(narrowed()).await;
    let before = member(&stage, 0).await;
    let open = form_for(SeenInTeam::Team, SeenInTeam::Owner, SeenInTeam::Team);
    stage.space.change_form(open, Some(1), ChangedBy::Terminal).await.unwrap();
    let after = member(&stage, 20).await;
    assert_eq!(sees(&stage, &before.id, DESK).await, [false, true, false], "as was promised then");
    assert_eq!(sees(&stage, &after.id, DESK).await, [true, false, true], "as is promised now");
    // A new value is for nobody more than it was promised of the one before.
    let (_, access) = access(&stage, 0).await;
    let caller = Caller { access: &access, proof: fresh(&stage) };
    let claims = ChangeRequest { claims: vec!["email".to_owned()] };
    let asked = stage.space.ask_for_new_values(&caller, &claims).await.unwrap();
    let mut said = asked.uses.iter().filter(|one| one.format == seen_in_team::FORMAT).map(|one| &one.data);
    assert_eq!(said.next(), Some(&json!({"owner-and-managers": [["email"]]})));
    let (key, other) = (stage.key(), stage.key());
    let email = json!({"email": "canary-new@example.org"});
    let new = stage.presented("own_email", credentials::types::OWN, other.public_jwk(), email);
    let answer = shown(&stage, &asked.subject, 1, key.public_jwk(), vec![new]);
    stage.give(&answer).await.unwrap();
    assert_eq!(
        sees(&stage, &before.id, DESK).await,
        [true, false, false],
        "the rest without the new address"
    );
    assert_eq!(sees(&stage, &before.id, MANAGER).await, [true, false, true], "the rest and the new address");
    for (looker, found) in [(DESK, 0), (MANAGER, 1)] {
        assert_eq!(stage.space.search("canary-new@", looker).await.unwrap().found.len(), found, "{looker:?}");
    }
}

#[tokio::test]
async fn a_new_value_of_what_the_form_narrows_now_or_does_not_ask_any_more_says_so() {
    let stage = asking(narrowed()).await;
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let says = async |claim: &str| {
        let caller = Caller { access: &access, proof: fresh(&stage) };
        let claims = ChangeRequest { claims: vec![claim.to_owned()] };
        let uses = stage.space.ask_for_new_values(&caller, &claims).await.unwrap().uses;
        uses.into_iter().find(|one| one.format == seen_in_team::FORMAT).map(|one| one.data)
    };
    assert_eq!(says("email").await, Some(json!({"owner-and-managers": [["email"]]})));
    assert_eq!(says("given_name").await, None);
    let mut less = narrowed();
    less.fields.retain(|field| field.claim != "company");
    less.fields[0].seen_in_team = SeenInTeam::Owner;
    stage.space.change_form(less, Some(1), ChangedBy::Terminal).await.unwrap();
    assert_eq!(says("email").await, Some(json!({"owner": [["email"]]})), "as the form asks now");
    assert_eq!(says("company").await, Some(json!({"owner": [["company"]]})), "as was promised");
}

#[tokio::test]
async fn who_asks_an_applicant_again_asks_a_narrowed_detail_for_nobody_more() {
    let ask = |form: Form| Form { id: "ask-the-team".to_owned(), approval: Approval::Elsewhere, ..form };
    let stage = asking(ask(narrowed())).await;
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    let says = async |without: &str, offer: &str| {
        let instead = (offer != "given_name").then(|| ("given_name".to_owned(), offer.to_owned()));
        let other = crate::asking_again::Other {
            without: vec![without.to_owned()],
            instead: instead.into_iter().collect(),
            ..Default::default()
        };
        let again = stage.space.ask_again(&sign_up.id, &other).await.unwrap();
        let said = stage.space.says_with(&again).into_iter();
        let said: Vec<Value> =
            said.filter(|one| one.format == seen_in_team::FORMAT).map(|one| one.data).collect();
        (again.form.seen_in_team(offer), said)
    };
    let both = json!({"owner-and-managers": [["email"]], "owner": [["company"]]});
    assert_eq!(says("company", "company").await, (SeenInTeam::Owner, vec![both.clone()]));
    assert_eq!(says("email", "email").await, (SeenInTeam::OwnerAndManagers, vec![both]));
    // Near: what no rule narrows stays for the whole team.
    let narrow = json!({"owner-and-managers": [["email"]]});
    assert_eq!(says("company", "given_name").await, (SeenInTeam::Team, vec![narrow]));
}

#[test]
fn a_form_of_before_is_for_the_whole_team_and_no_other_word_is_a_rule() {
    let old =
        json!({"id": "sign-up", "purpose": "membership", "fields": [{"claim": "email", "need": "required"}]});
    let form: Form = serde_json::from_value(old).unwrap();
    assert_eq!(form.fields[0].seen_in_team, SeenInTeam::Team);
    assert!(!serde_json::to_string(&form).unwrap().contains("seen_in_team"), "written as it was");
    for word in ["auditor", "nobody", "desk", "manager", ""] {
        let field = json!({"claim": "email", "need": "required", "seen_in_team": word});
        let wrong = json!({"id": "sign-up", "purpose": "membership", "fields": [field]});
        assert!(serde_json::from_value::<Form>(wrong).is_err(), "{word}");
    }
}

#[test]
fn an_owner_is_among_all_of_them_and_an_auditor_among_none() {
    for (role, among) in [
        (Role::Owner, [true, true, true]),
        (Role::Manager, [true, true, false]),
        (Role::Desk, [true, false, false]),
        (Role::Auditor, [false, false, false]),
    ] {
        assert_eq!(SeenInTeam::ALL.map(|seen| role.is_among(seen)), among, "{role:?}");
    }
}
