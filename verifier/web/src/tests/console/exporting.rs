//! A table of people, carried away from the console.

use super::deciding::waiting;
use super::*;

const EXPORT: &str = "/console/export";

#[tokio::test]
async fn a_table_is_made_of_what_is_held_now_and_noted() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let nobody = manager.get(EXPORT).await;
    assert!(nobody.text.contains("There is nothing to carry away."), "{}", nobody.text);
    let (kept, gone) = (waiting(&scene).await, waiting(&scene).await);
    manager.press(&format!("/console/sign-ups/{kept}/approve"), &[]).await;
    let page = manager.get(EXPORT).await.text;
    assert!(
        page.contains("You hold something of 2 people.") && page.contains("name=\"column-email\""),
        "{page}"
    );
    assert!(!page.contains("ada@example.org"), "names of details, and no value");
    let none = manager.press(EXPORT, &[("column-no-such", "yes")]).await;
    assert!(none.status == 422 && none.text.contains("Tick the details that you need."), "{}", none.text);
    let wrong = manager.press(EXPORT, &[("column-email", "yes"), ("separator", "tab")]).await;
    assert_eq!(wrong.status, 400);
    assert!(
        space.looks(10).await.unwrap().iter().all(|look| look.how != "export"),
        "nothing was carried away"
    );
    manager.press(&format!("/console/sign-ups/{gone}/decline"), &[]).await;
    let fields = [("column-email", "yes"), ("column-given_name", "yes")];
    let table = manager.press(EXPORT, &fields).await;
    let lines: Vec<&str> = table.text.split("\r\n").collect();
    assert_eq!(lines[0], "email,given_name,kind,plan,since,word_of,kept_until,id");
    assert!(lines[1].starts_with("ada@example.org,Ada,member,"), "{}", table.text);
    assert!(
        lines[1].contains(",\"email: own; given_name: own\",,") && lines[1].contains(&kept),
        "{}",
        lines[1]
    );
    assert_eq!((lines.len(), lines[2]), (3, ""), "who was declined is not there: {}", table.text);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"people.csv\"");
    assert_eq!(table.header("cache-control"), "no-store");
    let spreadsheet =
        manager.press(EXPORT, &[("column-email", "yes"), ("separator", "semicolon"), ("mark", "yes")]).await;
    assert!(spreadsheet.text.starts_with("\u{feff}email;kind;plan;"), "{}", spreadsheet.text);
    let looks = space.looks(10).await.unwrap();
    let look = looks.iter().find(|look| look.how == "export" && look.names.len() == 2).unwrap();
    let mara = space.teammate_named("Mara").await.unwrap().unwrap().id;
    assert_eq!((look.by.as_deref(), look.people, look.whose.as_deref()), (Some(mara.as_str()), 1, None));
    let listed = manager.get("/console/looks").await.text;
    assert!(listed.contains("a table of 1 person, carried away"), "{listed}");
}

#[tokio::test(start_paused = true)]
async fn who_carries_away_too_often_waits() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    waiting(&scene).await;
    let mut codes = Vec::new();
    for _ in 0..21 {
        codes.push(manager.press(EXPORT, &[("column-email", "yes")]).await.status.as_u16());
    }
    assert!(codes[..20].iter().all(|code| *code == 200) && codes[20] == 429, "{codes:?}");
}
