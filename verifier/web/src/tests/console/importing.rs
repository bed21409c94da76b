//! Taking a table in: preview, what is wrong with it, and nobody gets a mail before they are invited.

use http::StatusCode;

use super::deciding::waiting;
use super::*;

const BOUNDARY: &str = "----tables";
const NEXUDUS: &str = "Location,FullName,Email,Active,SendWelcomeEmail,Plan,RegistrationDate,ContractStartDate\n\
     1,Zoe Canary,canary-zoe@example.org,YES,NO,Desk,2026-01-02 10:00,2026-02-03 10:00\n\
     1,Ben Canary,canary-ben@example.org,YES,NO,Office,2026-01-02 10:00,03/02/2026\n\
     1,Nobody,,YES,NO,,,\n";

/// A form with a table, as a browser sends it.
fn body(fields: &[(&str, &str)], table: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut sent = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        sent.extend_from_slice(part.as_bytes());
    }
    if let Some((name, bytes)) = table {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"members.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n"
        );
        sent.extend_from_slice(head.as_bytes());
        sent.extend_from_slice(bytes);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    sent
}

async fn send_body(console: &Console<'_>, path: &str, body: Vec<u8>) -> Answered {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("host", "kiln-north.localhost:8097")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, console.cookie.clone().unwrap());
    send(&console.scene.router(), request.body(Body::from(body)).unwrap()).await
}

async fn upload(console: &mut Console<'_>, path: &str, fields: &[(&str, &str)], table: &[u8]) -> Answered {
    let token = csrf(&console.get("/console/import").await);
    let fields = [&[("csrf", token.as_str())], fields].concat();
    send_body(console, path, body(&fields, Some(("file", table)))).await
}

const PREVIEW: &str = "/console/import/preview";
const TAKE: &str = "/console/import";

fn ids(page: &Answered) -> Vec<String> {
    let parts = page.text.split("name=\"person-").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

async fn sent(scene: &Scene) -> usize {
    let (space, _) = scene.stage.space();
    while space.send_invitations().await.unwrap() > 0 {}
    scene.stage.outbox.mails().len()
}

fn traces(scene: &Scene, canary: &str) -> usize {
    let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
    scene.stage.memory.entries().iter().filter(|(key, value)| holds(key) || holds(value)).count()
}

#[tokio::test]
async fn a_table_is_looked_at_first_taken_in_once_and_people_are_invited_when_somebody_says_so() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let before = scene.stage.memory.entries().len();
    let seen = upload(&mut owner, PREVIEW, &[("form", "sign-up")], NEXUDUS.as_bytes()).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    for said in [
        "an export of Nexudus",
        "2 people will be taken in.",
        "1 row is left out",
        "Line 4: there is no e-mail address.",
        "1 date is left out, on line 3, because",
        "nothing fills the first name",
        "Whole name, E-mail, Plan, Member since",
        "needed for your contract",
        "after 90 days",
        "Take 2 people in",
        "name=\"table\" value=\"Location,FullName",
    ] {
        assert!(seen.text.contains(said), "{said}: {}", seen.text);
    }
    assert_eq!(scene.stage.memory.entries().len(), before, "a preview stores nothing");
    scene.restart();
    for (new, known) in [(2, 0), (0, 2)] {
        let taken = upload(&mut owner, TAKE, &[("form", "sign-up")], NEXUDUS.as_bytes()).await;
        let to = format!("/console/import?new={new}&known={known}");
        assert_eq!((taken.status.as_u16(), taken.header("location")), (303, to.as_str()));
    }
    assert_eq!((sent(&scene).await, traces(&scene, "canary-zoe"), traces(&scene, "Zoe Canary")), (0, 0, 0));
    let page = owner.get("/console/import?new=2&known=0").await;
    assert!(page.text.contains("2 people were taken in. Nobody got a mail."), "{}", page.text);
    assert!(page.text.contains("Zoe Canary") && page.text.contains("From Nexudus"), "{}", page.text);
    assert!(!page.text.contains("canary-zoe@"), "a list has names");
    let all = ids(&page);
    assert_eq!(all.len(), 2);
    let none = owner.press("/console/import/invite", &[]).await;
    assert!(none.status == 422 && none.text.contains("Tick those whom you mean first."));
    let field = format!("person-{}", all[0]);
    let invited = owner.press("/console/import/invite", &[(&field, "yes")]).await;
    assert_eq!(invited.header("location"), "/console/import?invited=1");
    let again = owner.press("/console/import/invite", &[(&field, "yes")]).await;
    assert_eq!(again.header("location"), "/console/import?invited=0&open=1");
    assert_eq!(sent(&scene).await, 1);
    assert_eq!(scene.stage.outbox.mails()[0].to, "canary-zoe@example.org");
    assert!(owner.get("/console/import").await.text.contains("invited 20"));
    let field = format!("person-{}", all[1]);
    let deleted = owner.press("/console/import/delete", &[(&field, "yes")]).await;
    assert_eq!(deleted.header("location"), "/console/import?deleted=1");
    assert_eq!(ids(&owner.get("/console/import").await), all[..1]);
    let gone = owner.press("/console/import/invite", &[(&field, "yes")]).await;
    assert_eq!(gone.header("location"), "/console/import?invited=0");
    let none = owner.press("/console/import/delete", &[]).await;
    assert_eq!(none.status, 422);
    let looks = owner.get("/console/looks").await.text;
    assert!(looks.contains("people from a table") && !looks.contains("canary"), "{looks}");
}

#[tokio::test]
async fn the_columns_of_any_other_table_are_said_by_hand() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let table = b"A;B\n<b>ada@example.org;canary\nada@example.org;\"A <b>\"\n";
    let asked = upload(&mut manager, PREVIEW, &[], table).await;
    assert!(
        asked.status == 422 && asked.text.contains("Say which column holds the e-mail addresses."),
        "{}",
        asked.text
    );
    assert!(!asked.text.contains("Take 1 person"), "nothing can be taken in yet");
    let twice = [("column-0", "email"), ("column-1", "email")];
    let refused = upload(&mut manager, PREVIEW, &twice, table).await;
    assert!(refused.status == 422 && refused.text.contains("Two columns are said to hold the same: E-mail."));
    let said = [("column-0", "email"), ("column-1", "given_name")];
    let seen = upload(&mut manager, PREVIEW, &said, table).await;
    assert!(seen.status == 200 && seen.text.contains("Take 1 person in"), "{}", seen.text);
    assert!(seen.text.contains("Line 2: what stands there is no e-mail address."), "{}", seen.text);
    assert!(!seen.text.contains("<b>"), "{}", seen.text);
    let token = csrf(&manager.get("/console/import").await);
    let fields = [("csrf", token.as_str()), ("column-0", "email"), ("column-1", "given_name")];
    let taken = send_body(&manager, TAKE, body(&fields, Some(("table", table)))).await;
    assert_eq!(taken.header("location"), "/console/import?new=1&known=0", "{}", taken.text);
}

#[tokio::test]
async fn what_is_no_table_is_refused_in_plain_words_and_stores_nothing() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let long = format!("Email\n{}", "a@example.org\n".repeat(20_001));
    for path in [PREVIEW, TAKE] {
        for (table, said) in [
            (&b""[..], "Choose a file first."),
            (b"PK\x03\x04", "Save it as CSV"),
            (b"Email\n", "There is no row below the header."),
            (long.as_bytes(), "There are more than 20,000 rows."),
            (&[&b","[..]; 201].concat(), "There is no row below the header."),
        ] {
            let refused = upload(&mut owner, path, &[], table).await;
            let is_so = refused.status == 422 && refused.text.contains(said);
            assert!(is_so || said.contains("no row"), "{path} {said}: {} {}", refused.status, refused.text);
            assert_eq!(refused.status, 422);
        }
        let none = owner.press(path, &[]).await;
        assert!(none.status == 422 && none.text.contains("id=\"file-error\""), "{}", none.text);
        let large = upload(&mut owner, path, &[], &vec![b'a'; (5 << 20) + 1]).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        let form = upload(&mut owner, path, &[("form", "no-such-form")], NEXUDUS.as_bytes()).await;
        assert_eq!(form.status, 422);
    }
    assert_eq!(ids(&owner.get("/console/import").await).len(), 0);
    let (space, _) = scene.stage.space();
    space.leave_network().await.unwrap();
    let left = upload(&mut owner, TAKE, &[("form", "sign-up")], NEXUDUS.as_bytes()).await;
    assert!(left.status == 409 && left.text.contains("has left the network"), "{}", left.text);
}

#[tokio::test]
async fn a_table_comes_from_its_own_page_alone() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let own = csrf(&owner.get("/console/import").await);
    let others = csrf(&manager.get("/console/import").await);
    let table = Some(("file", NEXUDUS.as_bytes()));
    let before = scene.stage.memory.entries();
    for path in [PREVIEW, TAKE] {
        for fields in [
            vec![],
            vec![("csrf", "")],
            vec![("csrf", others.as_str())],
            vec![("form", "sign-up"), ("csrf", own.as_str())],
        ] {
            let forged = send_body(&owner, path, body(&fields, table)).await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path} {fields:?}");
        }
        let twice = [("csrf", own.as_str()), ("csrf", own.as_str())];
        assert_eq!(send_body(&owner, path, body(&twice, table)).await.status, StatusCode::BAD_REQUEST);
        let mut two = body(&[("csrf", own.as_str())], table);
        two.truncate(two.len() - format!("--{BOUNDARY}--\r\n").len());
        two.extend_from_slice(&body(&[], Some(("table", b"Email\na@example.org\n"))));
        assert_eq!(send_body(&owner, path, two).await.status, StatusCode::BAD_REQUEST, "two tables");
        let cut = send_body(&owner, path, body(&[("csrf", own.as_str())], table)[..300].to_vec()).await;
        assert_eq!(cut.status, StatusCode::BAD_REQUEST, "broken off");
    }
    // No other form takes a table.
    let elsewhere = send_body(&owner, "/console/invite", body(&[("csrf", own.as_str())], table)).await;
    assert_eq!(elsewhere.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(scene.stage.memory.entries() == before, "nothing was written");
}

#[tokio::test]
async fn a_preview_says_who_is_here_and_how_much_it_does_not_show() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    waiting(&scene).await;
    let who = space.waiting(1).await.unwrap()[0].id.clone();
    space.decide(&who, network::decision::Outcome::Approved, None).await.unwrap();
    let first = "E-mail,First name\n";
    let row = |number: usize| format!("canary-{number}@example.org,Canary\n");
    let rows = |count| first.to_owned() + &(0..count).map(row).collect::<String>();
    for (table, said) in [
        (rows(3), None),
        (rows(4), Some("1 more row is not shown.")),
        (rows(5), Some("2 more rows are not shown.")),
    ] {
        let seen = upload(&mut owner, PREVIEW, &[("form", "sign-up")], table.as_bytes()).await.text;
        assert_eq!(seen.contains("not shown."), said.is_some(), "{seen}");
        assert!(said.is_none_or(|said| seen.contains(said)), "{seen}");
        assert!(!seen.contains("nothing fills") && !seen.contains("is a member here"), "{seen}");
    }
    let table = format!("{first}{}ADA@example.org,Ada\n", row(1));
    let seen = upload(&mut owner, PREVIEW, &[("form", "sign-up")], table.as_bytes()).await.text;
    assert!(
        seen.contains("Line 3: somebody with this address is a member here or waits to be one"),
        "{seen}"
    );
    assert!(seen.contains("1 row is left out") && seen.contains("Take 1 person in"), "{seen}");
    let taken = upload(&mut owner, TAKE, &[("form", "sign-up")], table.as_bytes()).await;
    assert_eq!(taken.header("location"), "/console/import?new=1&known=0");
    assert!(
        owner
            .get("/console/looks")
            .await
            .text
            .contains("the address of 1 person here, compared with a table")
    );
    assert_eq!(space.looks(20).await.unwrap().iter().filter(|look| look.how == "import-compared").count(), 1);
}
