//! Templates that read, and what narrowly misses being one.

use serde_json::{Value, json};

use super::head::LONGEST;
use super::*;

fn whole() -> Value {
    json!({
        "name": "Desks", "auth": "bearer", "headers": {"Accept": "application/json"},
        "create": {"method": "POST", "url": "https://desks.example/people?by={person}", "id": "/data/id",
            "body": {"mail": {"$detail": "email", "needed": true}, "who": {"$name": "full"},
                "born": {"$date": "birthdate", "format": "DD.MM.YYYY"}, "plan": 3, "tags": ["a", {"$person": true}]}},
        "change": {"method": "PATCH", "url": "https://desks.example/people/{id}",
            "body": {"mail": {"$detail": "email"}, "phone": {"$detail": "phone_number", "missing": null}}},
        "erase": {"method": "DELETE", "url": "https://desks.example/people/{id}"},
    })
}

fn with(pointer: &str, value: Value) -> Result<Template, TemplateError> {
    let mut template = whole();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    template.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    Template::parse(&template.to_string())
}

#[test]
fn a_template_reads_and_says_which_details_it_names_and_needs() {
    let template = Template::parse(&whole().to_string()).unwrap();
    let claims: Vec<String> = template.claims().into_iter().collect();
    assert_eq!(claims, ["birthdate", "email", "family_name", "given_name", "name", "phone_number"]);
    assert_eq!(template.needed().into_iter().collect::<Vec<_>>(), ["email"]);
    let unsays = template.change.as_ref().unwrap().map().unwrap().can_unsay();
    assert_eq!(unsays.into_iter().collect::<Vec<_>>(), ["phone_number"]);
    assert!(template.erase.as_ref().unwrap().needs_id() && !template.create.needs_id());
}

#[test]
fn what_is_filled_into_an_address_stays_one_segment_of_its_path() {
    let template = Template::parse(&whole().to_string()).unwrap();
    let erase = template.erase.unwrap();
    let at = |id: &str| erase.address(id, "p").map(String::from);
    assert_eq!(at("7").as_deref(), Some("https://desks.example/people/7"));
    assert_eq!(
        at("../admin?x=1#y{person}").as_deref(),
        Some("https://desks.example/people/..%2Fadmin%3Fx%3D1%23y%7Bperson%7D")
    );
    assert_eq!((at(".."), at(".")), (None, None));
    let created = template.create.address("", "a b").map(String::from);
    assert_eq!(created, None, "an empty identifier is none");
    let created = template.create.address("x", "a b&c").map(String::from);
    assert_eq!(created.as_deref(), Some("https://desks.example/people?by=a%20b%26c"));
}

#[test]
fn what_narrowly_misses_being_a_template_is_refused_and_said() {
    let refused = |pointer: &str, value: Value| with(pointer, value).unwrap_err();
    assert_eq!(refused("/create/method", json!("GET")), TemplateError::Method("GET".to_owned()));
    for url in [
        "http://desks.example/people",
        "https://{id}.example/people",
        "https://desks.example/{email}",
        "https://desks.example/{id",
        "https://user:secret@desks.example/",
        "desks.example",
        "ftp://desks.example/",
    ] {
        assert_eq!(refused("/erase/url", json!(url)), TemplateError::Address(url.to_owned()), "{url}");
    }
    assert_eq!(refused("/create/url", json!("https://desks.example/{id}")), TemplateError::NoId);
    assert_eq!(refused("/create/id", json!("id")), TemplateError::Pointer);
    assert_eq!(refused("/erase/id", json!("/id")), TemplateError::Pointer);
    assert_eq!(refused("/headers", json!({"Host": "x"})), TemplateError::Header("Host".to_owned()));
    // Headers lie open: what says who asks stands in "auth".
    let open = refused("/headers", json!({"authorization": "Bearer key"}));
    assert_eq!(open, TemplateError::Header("authorization".to_owned()));
    assert_eq!(refused("/headers", json!({"X-A": "a\nb"})), TemplateError::Header("X-A".to_owned()));
    assert_eq!(refused("/name", json!(" ")), TemplateError::Name);
    for (near, said) in [
        (json!({"$detail": "number"}), "number is no detail that goes out"),
        (json!({"$detail": "did"}), "did is no detail that goes out"),
        (json!({"$detail": "email", "format": "x"}), "format has no place beside its instruction"),
        (json!({"$detail": "email", "needed": "yes"}), "\"needed\" is true or false"),
        (json!({"$id": true, "as": "date"}), "an identifier is written as text or number"),
        (json!({"$name": "middle"}), "$name is full, given or family"),
        (json!({"$date": "birthday"}), "$date is birthdate, since or today"),
        (json!({"$value": "email"}), "an instruction is $detail, $name, $date, $person or $id"),
        (json!([[[[[[[[1]]]]]]]]), "a body is at most 8 levels deep"),
    ] {
        assert_eq!(refused("/create/body", near), TemplateError::Body(said.to_owned()));
    }
    assert!(matches!(refused("/secret", json!("x")), TemplateError::Malformed(_)));
    let mut without = whole();
    without["create"].as_object_mut().unwrap().remove("id");
    assert_eq!(Template::parse(&without.to_string()), Err(TemplateError::NoId));
    assert!(matches!(Template::parse(&" ".repeat(LONGEST + 1)), Err(TemplateError::Malformed(_))));
}

/// One with texts that stand for what only the team knows.
fn with_texts() -> Template {
    let mut template = whole();
    template["replace"] = json!([
        {"text": "your-space", "by": "the name of your space"},
        {"text": "PLAN-ID", "by": "the plan"},
        {"text": "COUNTRY-ID", "by": "the country", "as": "number"},
    ]);
    template["notes"] = json!(["PLAN-ID is told by your-space"]);
    template["create"]["url"] = json!("https://your-space.desks.example/people/COUNTRY-ID");
    template["create"]["body"]["plan"] = json!({"id": "PLAN-ID", "country": "COUNTRY-ID"});
    Template::parse(&template.to_string()).unwrap()
}

fn settings(settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    settings.iter().map(|(text, setting)| ((*text).to_owned(), (*setting).to_owned())).collect()
}

fn names(standing: &[Replace]) -> Vec<&str> {
    standing.iter().map(|one| one.text.as_str()).collect()
}

#[test]
fn what_stands_for_something_of_the_teams_is_named_until_it_is_replaced() {
    let template = with_texts();
    assert_eq!(names(&template.standing()), ["your-space", "PLAN-ID", "COUNTRY-ID"]);
    let said = template.check_replaced().unwrap_err().to_string();
    assert_eq!(
        said,
        "it still has texts that stand for yours: your-space (the name of your space), PLAN-ID (the plan), COUNTRY-ID (the country)"
    );
    let some = template.with(&settings(&[("PLAN-ID", " a \"b\" ")])).unwrap();
    assert_eq!(names(&some.standing()), ["your-space", "COUNTRY-ID"]);
    let whole = some.with(&settings(&[("your-space", "kiln"), ("COUNTRY-ID", "7")])).unwrap();
    assert_eq!(whole.check_replaced(), Ok(()));
    assert_eq!(whole.create.url, "https://kiln.desks.example/people/7");
    assert_eq!(whole.create.body.as_ref().unwrap()["plan"], json!({"id": "a \"b\"", "country": 7}));
    assert_eq!((whole.replace, whole.notes), (vec![], template.notes), "words about it stay as they are");
    let edited = serde_json::to_string(&with_texts()).unwrap();
    let edited = edited.replace("your-space.desks", "kiln.desks").replace(r#""id":"PLAN-ID""#, r#""id":"1""#);
    assert_eq!(names(&Template::parse(&edited).unwrap().standing()), ["COUNTRY-ID"], "the file was edited");
}

#[test]
fn a_setting_stays_within_the_place_that_it_is_for() {
    let template = with_texts();
    for (text, near) in [
        ("your-space", "evil.example/"),
        ("your-space", "evil.example#"),
        ("your-space", "evil.example?x"),
        ("your-space", "me@evil"),
        ("your-space", "{id}"),
        ("your-space", "a b"),
        ("your-space", " "),
        ("PLAN-ID", "a\nb"),
        ("PLAN-ID", ""),
        ("COUNTRY-ID", "seven"),
        ("COUNTRY-ID", "7.5"),
        ("COUNTRY-ID", "-7"),
    ] {
        let refused = template.with(&settings(&[(text, near)]));
        assert_eq!(refused, Err(TemplateError::BadSetting(text.to_owned())), "{near}");
    }
    let long = "a".repeat(201);
    let refused = template.with(&settings(&[("PLAN-ID", &long)]));
    assert_eq!(refused, Err(TemplateError::BadSetting("PLAN-ID".to_owned())));
    let unknown = template.with(&settings(&[("PLAN", "7")]));
    assert_eq!(unknown, Err(TemplateError::NothingToReplace("PLAN".to_owned())));
    for (text, by) in [("ab", "x"), ("a b c", "x"), ("abc", " "), ("abc", "a\nb")] {
        let refused = with("/replace", json!([{"text": text, "by": by}]));
        assert_eq!(refused, Err(TemplateError::Replace(text.to_owned())));
    }
    assert!(with("/replace", json!([{"text": "desks.example", "by": "the host"}])).is_ok());
}
