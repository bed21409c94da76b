//! A space's first day: exactly the commands of README.md, "From an empty folder to your first approved member".

use std::time::Instant;

use crate::own_network::{Desk, documented_in, refusal};

const SECTION: &str = "## From an empty folder to your first approved member";
const MEMBERSHIP: &str = "urn:passport-network:membership:1";

/// A server on the usual port would meet others on this machine.
fn served_here(command: &str) -> String {
    if command == "passport serve" {
        format!("{command} --listen 127.0.0.1:8080")
    } else {
        command.to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_lead_from_an_empty_folder_to_an_approved_member() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    desk.says_all = true;
    let began = Instant::now();
    let commands = documented_in("README.md", SECTION);
    assert!(commands.len() > 10, "{commands:#?}");
    let mut collected = false;
    for command in &commands {
        let command = command.trim();
        if let Some(variable) = command.strip_prefix("export ") {
            let (name, value) = variable.split_once('=').unwrap();
            desk.environment.push((name.to_owned(), value.trim_matches('\'').to_owned()));
        } else if command.starts_with("passport serve") {
            desk.serve(&served_here(command));
        } else if command.starts_with("passport wallet collect") {
            desk.collect_until_in("my-wallet", command, [MEMBERSHIP, "Harbour"]).await;
            collected = true;
        } else {
            desk.run(command);
        }
    }
    assert!(collected, "the membership was collected");
    let members = desk.run("passport verifier member list harbour");
    assert_eq!(members.matches("\"sub\"").count(), 1, "{members}");
    let seconds = began.elapsed().as_secs();
    assert!(seconds < 600, "it took {seconds} seconds");
    println!("from an empty folder to an approved member: {} ms", began.elapsed().as_millis());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_member_gets_a_passport_in_a_network_of_one_without_a_mail_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    desk.environment.push(("PASSPORT_PASSPHRASE".to_owned(), "any words you like".to_owned()));
    let said = desk.run("passport verifier init --name Harbour --origin harbour.localhost:8080 --email team@example.org --ask visitor --approval itself");
    for next in [
        "passport serve",
        "/join",
        "office.harbour.localhost",
        "mail.localhost",
        "passport verifier member add harbour",
    ] {
        assert!(said.contains(next), "{next}: {said}");
    }
    desk.serve("passport serve --listen 127.0.0.1:8080");
    desk.run("passport wallet init --store ada.store");
    desk.run("passport wallet network http://operator.harbour.localhost:8080/network.json --store ada.store");
    desk.run("passport wallet own set email ada@example.org --store ada.store");
    desk.run("passport verifier member add harbour");
    desk.run("passport wallet accept-offer 'OFFER' --store ada.store");
    let office = desk.at("office.harbour", "8080", "");
    desk.ask_for_passport(&office).await;
    desk.run("passport wallet present 'LINK' --store ada.store");
    desk.confirm_email_at(&desk.at("mail", "8080", "/")).await;
    let held = ["urn:passport-network:passport:1", "Harbour passport office"];
    desk.collect_until("passport wallet collect --store ada.store", held).await;
}

#[test]
fn nothing_hangs_without_a_terminal_and_nothing_is_made_over_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    let output = desk.output("passport verifier init --name Harbour");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--origin https://harbour.example.org --email"), "{said}");
    assert!(!folder.path().join("passport-data").exists());
    let init = "passport verifier init --name Harbour --origin http://harbour.localhost:8080 --email team@example.org";
    desk.run(init);
    let again = refusal(&desk.output(init));
    assert!(again.contains("is there already") && again.contains("--alone"), "{again}");
    // In earnest the three names are said, and that no mails go out.
    let said = desk.run("passport verifier init --data kiln --name Kiln --origin kiln.example.org --email team@kiln.example.org");
    for part in
        ["office.kiln.example.org", "operator.kiln.example.org", "Mails are not sent", "legal name: Kiln"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_that_leaves_has_everything_in_a_file_of_its_own_and_asks_nobody_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    desk.environment.push(("PASSPORT_PASSPHRASE".to_owned(), "any words you like".to_owned()));
    desk.run("passport verifier init --name Harbour --origin harbour.localhost:8080 --email team@example.org --ask visitor --approval itself");
    let stopped = refusal(&desk.output("passport network leave harbour --out all.jsonl"));
    assert!(stopped.contains("is not running") && !folder.path().join("all.jsonl").exists(), "{stopped}");
    desk.serve("passport serve --listen 127.0.0.1:8080");
    desk.run("passport wallet init --store ada.store");
    desk.run("passport wallet network http://operator.harbour.localhost:8080/network.json --store ada.store");
    desk.run("passport wallet own set email canary@example.org --store ada.store");
    desk.run("passport wallet own set given_name Canaria --store ada.store");
    desk.run("passport verifier request harbour");
    desk.run("passport wallet present 'LINK' --store ada.store");
    desk.collect_until("passport wallet collect --store ada.store", [MEMBERSHIP, "Harbour"]).await;

    // Without a yes nothing is changed, whether nobody answers or somebody says no.
    for answer in ["", "n\\n", "\\n"] {
        let kept = refusal(&desk.output(&format!(
            "sh -c 'printf \"{answer}\" | passport network leave harbour --out all.jsonl'"
        )));
        assert!(
            kept.contains("nobody signs up or is invited any more") && kept.contains("has not left"),
            "{kept}"
        );
        assert!(!folder.path().join("all.jsonl").exists());
    }
    desk.run("passport verifier request harbour");
    let said = desk.run("sh -c 'printf \"y\\n\" | passport network leave harbour --out all.jsonl'");
    assert!(said.contains("invites nobody and asks no newcomer") && said.contains("--undo"), "{said}");
    let file = folder.path().join("all.jsonl");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.first().unwrap()["format"], "passport-space-export");
    assert_eq!(lines.last().unwrap()["kind"], "end");
    let of_kind = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    for (kind, count) in [("use", 1), ("form", 1), ("member", 1), ("sign-up", 1), ("contact", 1)] {
        assert_eq!(of_kind(kind).len(), count, "{kind}");
    }
    let given = of_kind("contact")[0]["given"].as_array().unwrap().clone();
    let values: Vec<_> =
        given.iter().map(|one| (one["claim"].as_str().unwrap(), one["value"].as_str().unwrap())).collect();
    assert_eq!(values, [("email", "canary@example.org"), ("given_name", "Canaria")]);
    assert!(text.matches("\"kind\":\"log\"").count() > 3, "{text}");

    // Nobody is asked or invited any more, at any door; the file is not written over.
    let asked = refusal(&desk.output("passport verifier request harbour"));
    assert!(asked.contains("this space has left"), "{asked}");
    let invited = refusal(&desk.output("passport verifier invite harbour --email bob@example.org"));
    assert!(invited.contains("this space has left"), "{invited}");
    let again = refusal(&desk.output("passport network leave harbour --out all.jsonl --yes"));
    assert!(again.contains("a file that is not there yet"), "{again}");
    desk.run("passport network leave harbour --out again.jsonl --yes");
    assert_eq!(
        refusal(&desk.output("passport network leave office --out office.jsonl")),
        "passport: office is an office and not a space\n"
    );
    // Her membership is hers, and the space may come back.
    desk.run("passport wallet list --store ada.store");
    assert!(desk.run("passport network leave harbour --undo").contains("asks newcomers again"));
    desk.run("passport verifier request harbour");
}

/// Waits until `done`.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..150 {
        if done() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("{what} does not come");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_applies_online_and_is_admitted_when_host_and_address_are_proven() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    desk.run("passport operator init network/operator --name Large --list-url http://operator.localhost:8081/network-list");
    desk.serve("passport serve --data network --listen 127.0.0.1:8081");
    desk.run("passport verifier init --alone --data kiln --name Kiln --origin kiln.localhost:8084 --email team@kiln.example.org");
    let apply = "passport network apply http://operator.localhost:8081/network.json --data kiln";
    let said = desk.run(apply);
    assert!(
        said.contains("Fingerprint of its root") && said.contains("passport serve --data 'kiln'"),
        "{said}"
    );
    let again = refusal(&desk.output(apply));
    assert!(again.contains("there is an open application of this party already"), "{again}");
    let listed = |desk: &Desk| {
        let output = desk.output("passport operator applications list network/operator");
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        listed[0].clone()
    };
    assert_eq!((&listed(&desk)["status"], &listed(&desk)["host_proved"]), (&"open".into(), &false.into()));
    let id = listed(&desk)["id"].as_str().unwrap().to_owned();
    let early =
        refusal(&desk.output(&format!("passport operator applications admit network/operator '{id}'")));
    assert!(early.contains("does not wait for a person"), "{early}");

    // The space's server shows its proof; then the contact gets a mail.
    desk.serve("passport serve --data kiln --listen 127.0.0.1:8084");
    let mut browser = crate::browser::Browser::new();
    let mails = desk.at("mail", "8081", "/");
    let shown = browser.open(&desk.at("kiln", "8084", "/.well-known/passport-admission")).await;
    assert_eq!(shown.len(), 43, "{shown}");
    let link = crate::browser::mail_link_to("operator", &mut browser, &mails).await;
    let page = browser.open(&link).await;
    assert!(page.contains("Kiln at kiln.localhost applies for admission to Large"), "{page}");
    assert_eq!(listed(&desk)["email_proved"], false, "looking presses no button");
    let confirm = outbound::Request::new(axum::http::Method::POST, link.parse().unwrap());
    let done = browser.send(confirm.clone()).await;
    assert!(done.contains("Your address is confirmed"), "{done}");
    let used = browser.send(confirm).await;
    assert!(used.contains("This link counts no more"), "{used}");
    assert_eq!(listed(&desk)["status"], "admitted");

    // Its server takes that by itself: it asks, and shows no proof any more.
    let admission = folder.path().join("kiln/kiln/admission.json");
    until("the admission", || admission.is_file()).await;
    until("the space", || desk.output("passport verifier request kiln --data kiln").status.success()).await;
    assert!(!folder.path().join("kiln/kiln/applying.json").exists());
    let gone = browser.open(&desk.at("kiln", "8084", "/.well-known/passport-admission")).await;
    assert_ne!(gone, shown);
    let list = desk.run("passport operator members network/operator");
    assert!(list.contains("kiln.localhost"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_application_is_not_taken() {
    use axum::http::Method;
    use outbound::{HttpClient, Policy, Request};

    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    desk.run("passport operator init network/operator --name Large --list-url http://operator.localhost:8081/network-list");
    desk.serve("passport serve --data network --listen 127.0.0.1:8081");
    let client = HttpClient::new(Policy::development()).unwrap();
    let at = |path: &str| desk.at("operator", "8081", path).parse().unwrap();
    let post = |media_type: &str, body: Vec<u8>| {
        Request::new(Method::POST, at("/admission/applications")).with_body(media_type, body).unwrap()
    };
    for (request, status) in [
        (Request::get(at("/admission/applications")), 405),
        (post("application/json", b"{}".to_vec()), 415),
        (post("application/jwt", b"no.jws.x".to_vec()), 400),
        (post("application/jwt", vec![b'x'; (128 << 10) + 1]), 413),
        (Request::get(at("/admission/applications/AAAAAAAAAAAAAAAAAAAAAA")), 404),
        (Request::get(at("/admission/email/AAAAAAAAAAAAAAAAAAAAAA")), 410),
        (Request::new(Method::POST, at("/admission/email/AAAAAAAAAAAAAAAAAAAAAA")), 410),
    ] {
        let (method, url) = (request.method.clone(), request.url.clone());
        assert_eq!(client.send(request).await.unwrap().status.as_u16(), status, "{method} {url}");
    }
    let mut refused = 0;
    for _ in 0..60 {
        let answer = client.send(post("application/jwt", b"no.jws.x".to_vec())).await.unwrap();
        refused += usize::from(answer.status.as_u16() == 429);
    }
    assert!(refused > 20, "one client may try so often and no more: {refused}");
}
