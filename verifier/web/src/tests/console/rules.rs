//! The rules editor: what it takes, and what it refuses without changing anything.

use http::StatusCode;
use verifier::form::{Approval, Need};
use verifier::forms::{ChangedBy, FormVersion};

use super::*;
use crate::tests::rules::change;
use crate::tests::stage::form;

const FORM: &str = "/console/rules/form/sign-up";

async fn held(scene: &Scene, id: &str) -> Option<FormVersion> {
    let (space, _) = scene.stage.space();
    space.form(id).await.unwrap()
}

/// What the page of a form that needs an e-mail address sends.
fn typed<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("purpose", "membership"),
        ("need.email", "required"),
        ("source.email", "either"),
        ("kept.email", ""),
        ("approval", "person"),
        ("terms", "on"),
        ("otherwise", "person"),
    ];
    let others = usual.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    others.chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn what_is_typed_is_the_newest_version_and_names_who_made_it() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let fields = typed(&[
        ("id", "sign-up"),
        ("from", "0"),
        ("kept.email", "14"),
        ("need.given_name", "optional"),
        ("source.given_name", "own"),
        ("invited", "on"),
        ("places", "12"),
    ]);
    let saved = console.press("/console/rules", &fields).await;
    assert_eq!(saved.status, StatusCode::OK);
    assert!(
        saved.text.contains("Version 1 holds from now on") && saved.text.contains("by Mara"),
        "{}",
        saved.text
    );
    let version = held(&scene, "sign-up").await.unwrap();
    let form = &version.form;
    assert!(matches!(version.by, ChangedBy::Team(_)));
    let asked: Vec<_> =
        form.fields.iter().map(|field| (field.claim.as_str(), field.need, field.kept_days)).collect();
    assert_eq!(asked, [("email", Need::Required, Some(14)), ("given_name", Need::Optional, None)]);
    assert_eq!((form.places.map(u32::from), form.only.invited), (Some(12), true));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_what_to_do_and_changes_nothing() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("need.address", "required"), ("source.address", "own")],
            "Not registered for this purpose: Address",
        ),
        (&[("purpose", "sign-in")], "Not registered for this purpose"),
        (&[("purpose", "<script>")], "Not registered for this purpose"),
        (&[("need.email", "none")], "Nothing is asked"),
        (&[("kept.email", "two")], "takes a number of days"),
        (&[("kept.email", "-1")], "takes a number of days"),
        (&[("kept.email", "4000")], "3,650 days at most"),
        (&[("places", "0")], "takes a number from 1 on"),
        (&[("places", "99999999999")], "takes a number from 1 on"),
        (&[("domains", "example")], "write it as example.org"),
        (&[("domains", "example.org")], "checked by a passport office"),
        (&[("need.bio", "required"), ("source.bio", "checked")], "Nobody checks About you"),
        (&[("need.a b", "required"), ("source.a b", "own")], "cannot be asked"),
    ];
    for (more, said) in cases {
        let fields = typed(&[&[("id", "sign-up"), ("from", "0")], *more].concat());
        let refused = console.press("/console/rules", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        assert!(refused.text.contains(said), "{more:?}: {}", refused.text);
        assert!(!refused.text.contains("<script>&") && !refused.text.contains("<script>\""), "{more:?}");
    }
    assert_eq!(held(&scene, "sign-up").await.unwrap().number, 0);
    for id in ["", "New", "a b", "-a", "a/b", &"a".repeat(41)] {
        let refused = console.press("/console/rules", &typed(&[("id", id)])).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{id:?}");
        assert!(refused.text.contains("Give the form a name"), "{id:?}");
        assert!(held(&scene, id).await.is_none());
    }
}

#[tokio::test]
async fn whoever_was_slower_is_told_and_looking_at_it_unsaved_saves_nothing() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let fields = typed(&[("id", "sign-up"), ("from", "0"), ("places", "3")]);
    let shown = console.press("/console/rules/preview", &fields).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains("3 places; whoever comes later waits for one."), "{}", shown.text);
    assert_eq!(held(&scene, "sign-up").await.unwrap().number, 0);
    console.press("/console/rules", &fields).await;
    let slower = console.press("/console/rules", &fields).await;
    assert_eq!(slower.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(slower.text.contains("Somebody else has changed this form meanwhile"), "{}", slower.text);
    let slower = console.press(&format!("{FORM}/withdraw"), &[("from", "0")]).await;
    assert_eq!(slower.status, StatusCode::CONFLICT);
    assert_eq!(held(&scene, "sign-up").await.unwrap().number, 1);
    // An unknown form, or version, is not there.
    for path in [
        "/console/rules/form/none",
        "/console/rules/form/sign-up/versions/9",
        "/console/rules/form/sign-up/versions/x",
    ] {
        assert!(
            matches!(console.get(path).await.status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_earlier_version_is_put_back_as_the_newest_and_a_form_withdrawn() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    console.press("/console/rules", &typed(&[("id", "sign-up"), ("from", "0"), ("places", "3")])).await;
    console.press("/console/rules", &typed(&[("id", "sign-up"), ("from", "1")])).await;
    assert!(console.get(&format!("{FORM}/versions/1")).await.text.contains("3 places"));
    let back = console.press(&format!("{FORM}/versions/1"), &[]).await;
    assert!(back.text.contains("Version 3 holds"), "{}", back.text);
    assert_eq!(held(&scene, "sign-up").await.unwrap().form.places.map(u32::from), Some(3));
    let gone = console.press(&format!("{FORM}/withdraw"), &[("from", "3")]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    assert!(held(&scene, "sign-up").await.is_none());
    assert!(console.get("/console/rules").await.text.contains("not asked any more"));
}

#[tokio::test]
async fn an_auditor_sees_the_rules_and_has_no_button_that_changes_them() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Odile", Role::Auditor).await;
    let page = console.get(FORM).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.contains("<fieldset disabled>") && !page.text.contains("Save</button>"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("Withdraw it"));
}

#[tokio::test]
async fn a_space_of_no_brand_is_offered_no_box_for_it_unless_what_was_sent_has_it() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    change(&scene, form("sign-up", Approval::Person)).await;
    let page = console.get(FORM).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("name=\"brand\""), "{}", page.text);
    let sent = typed(&[("id", "sign-up"), ("from", "1"), ("brand", "on")]);
    let refused = console.press("/console/rules", &sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("name=\"brand\" value=\"on\" checked"), "{}", refused.text);
}
