//! Admission through the real binary: a network of one that joins a larger one, brands, suspension, and the operator's addresses.

use std::fs;
use std::path::Path;

use axum::http::Method;
use outbound::{HttpClient, Policy, Request};
use serde_json::{Value, json};
use url::Url;

use crate::own_network::{Desk, refusal};

const PASSPORT: &str = "urn:passport-network:passport:1";
const MAIL: &str =
    "--mail-host localhost --mail-port 2525 --mail-tls plain --mail-from 'Office <office@example.org>'";

fn desk(folder: &Path) -> Desk {
    let mut desk = Desk::new(folder);
    desk.environment.push(("PASSPORT_PASSPHRASE".to_owned(), "any words you like".to_owned()));
    desk
}

fn read(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

/// Makes the space `name` and lets the operator in `network` admit it.
fn admitted_space(
    desk: &mut Desk,
    folder: &Path,
    name: &str,
    port: &str,
    network: &str,
    with_passport: bool,
) {
    desk.run(&format!(
        "passport verifier init {name} --alone --data {name}-data --origin http://{name}.localhost:{port} --name {name} --legal-name '{name} Ltd' --email team@example.org"
    ));
    if with_passport {
        let file = format!("{name}-data/{name}/party.json");
        let mut settings = read(folder, &file);
        settings["forms"][0]["passport"] = json!("required");
        fs::write(folder.join(file), settings.to_string()).unwrap();
        desk.run(&format!("passport verifier request-admission {name} --data {name}-data"));
    }
    desk.run(&format!(
        "passport operator admit {network}/operator {name}-data/{name}/admission-request.json --out {name}-data/{name}/admission.json"
    ));
}

/// What the wallet holds of a type: its claims and the network of its issuer.
fn held(desk: &mut Desk, vct: &str) -> Value {
    let list: Value =
        serde_json::from_str(&desk.run("passport wallet list --store ada.store --json")).unwrap();
    list["credentials"].as_array().unwrap().iter().find(|one| one["type"] == vct).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_of_one_joins_a_larger_one_and_its_member_keeps_number_and_did() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let mut desk = desk(folder);
    desk.run(&format!(
        "passport network init harbour --data one --origin http://harbour.localhost:8081 --name Harbour --legal-name 'Harbour Ltd' --email team@harbour.example.org {MAIL}"
    ));
    let serve = "passport serve --data one --listen 127.0.0.1:8081";
    desk.serve(serve);
    desk.serve("passport mailbox --smtp 2525 --page 8085");
    desk.run("passport wallet init --store ada.store");
    desk.run("passport wallet network http://operator.harbour.localhost:8081/network.json --store ada.store");
    desk.run("passport wallet own set email ada@example.org --store ada.store");
    desk.run("passport verifier member add harbour --data one --given-name Ada --family-name Example --birthdate 1990-01-02");
    desk.run("passport wallet accept-offer 'OFFER' --store ada.store");
    let office = desk.at("office.harbour", "8081", "");
    desk.ask_for_passport(&office).await;
    desk.run("passport wallet present 'LINK' --store ada.store");
    desk.run("passport wallet collect --store ada.store");
    desk.confirm_email().await;
    desk.collect_until("passport wallet collect --store ada.store", [PASSPORT, "Harbour passport office"])
        .await;
    let before = held(&mut desk, PASSPORT);
    let identities =
        ["office", "harbour"].map(|name| fs::read(folder.join(format!("one/{name}/did.jsonl"))).unwrap());
    let prefix = read(folder, "one/office/admission.json")["number_prefix"].clone();

    // A larger network, with a space that asks for the passport.
    desk.run("passport operator init large/operator --name Large --list-url http://operator.localhost:8083/network-list");
    admitted_space(&mut desk, folder, "kiln", "8084", "large", true);
    desk.serve("passport serve --data large --listen 127.0.0.1:8083");
    let kiln = "passport serve --data kiln-data --listen 127.0.0.1:8084";
    desk.serve(kiln);
    desk.run("passport verifier request kiln --data kiln-data");
    let stranger = desk.output("passport wallet present 'LINK' --store ada.store");
    let stranger = refusal(&stranger);
    assert!(stranger.contains("not admitted to the network"), "nobody joined it for the member: {stranger}");
    let nothing = desk.output("passport wallet network --store ada.store");
    let nothing = refusal(&nothing);
    assert!(nothing.contains("no network of this wallet has joined another"), "{nothing}");

    // Harbour's office and space ask for admission there, and enter.
    // The servers are: Harbour, mailbox, Large, Kiln.
    desk.servers.remove(0);
    desk.run("passport network join http://operator.localhost:8083/network.json --data one");
    for name in ["office", "harbour"] {
        let own = desk.output(&format!("passport network enter {name} one/{name}/admission.json --data one"));
        assert!(
            refusal(&own).contains("it is for another network"),
            "its own network's answer is not the one"
        );
        desk.run(&format!(
            "passport operator admit large/operator one/{name}/admission-request.json --out {name}.json"
        ));
        desk.run(&format!("passport network enter {name} {name}.json --data one"));
    }
    let others = desk.output("passport network enter harbour office.json --data one");
    assert!(refusal(&others).contains("has asked no network"));
    desk.serve(serve);
    assert_eq!(read(folder, "one/office/admission.json")["number_prefix"], prefix);
    for (name, identity) in ["office", "harbour"].iter().zip(&identities) {
        assert_eq!(&fs::read(folder.join(format!("one/{name}/did.jsonl"))).unwrap(), identity);
    }

    // Kiln fetches the list with its new members; it would by itself within a quarter of an hour.
    // The servers are: mailbox, Large, Kiln, Harbour.
    desk.servers.remove(2);
    desk.serve(kiln);
    // The member is asked by her own network's list, agrees, and refills.
    desk.run("passport wallet network --store ada.store");
    desk.run("passport wallet refill --store ada.store");
    desk.run("passport verifier request kiln --data kiln-data");
    desk.run("passport wallet present 'LINK' --store ada.store");
    desk.run("passport verifier sign-ups kiln --data kiln-data");
    let contact = desk.run("passport verifier contact kiln 'ID' --data kiln-data --values");
    for claim in ["number", "did"] {
        let value = before["claims"][claim].as_str().unwrap();
        assert!(contact.contains(value), "{claim} is another: {contact}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_admits_its_space_within_its_limits_and_goes_with_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let mut desk = desk(folder);
    desk.run("passport operator init network/operator --name Ours --list-url http://operator.localhost:8081/network-list");
    desk.serve("passport serve --data network --listen 127.0.0.1:8081");
    let printed = desk.run("passport verifier brand init kiln --data brand");
    let did = printed.lines().find_map(|line| line.trim().strip_prefix("did:jwk:")).unwrap();
    let limits = "--host '*.kiln.localhost' --spaces 1 --until 2999-01-01";
    desk.run(&format!(
        "passport operator brand add network/operator kiln --name Kiln --did did:jwk:{did} {limits}"
    ));
    for (name, host) in
        [("north", "north.kiln.localhost"), ("south", "south.kiln.localhost"), ("far", "far.localhost")]
    {
        desk.run(&format!(
            "passport verifier init {name} --alone --data spaces --origin http://{host}:8084 --name {name} --legal-name '{name} Ltd' --email team@example.org"
        ));
        let file = format!("spaces/{name}/party.json");
        let mut settings = read(folder, &file);
        settings["brand"] = json!({"id": "kiln", "name": "Kiln"});
        fs::write(folder.join(file), settings.to_string()).unwrap();
        desk.run(&format!("passport verifier request-admission {name} --data spaces"));
    }
    let admit = |name: &str| {
        format!(
            "passport verifier brand admit kiln spaces/{name}/admission-request.json --data brand --network http://operator.localhost:8081/network.json --out spaces/{name}/admission.json"
        )
    };
    let beyond = refusal(&desk.output(&admit("far")));
    assert!(beyond.contains("limit 'hosts'") && beyond.contains("far.localhost"), "{beyond}");
    assert!(desk.run(&admit("north")).contains("is admitted"));
    let beyond = refusal(&desk.output(&admit("south")));
    assert!(beyond.contains("limit 'spaces'"), "{beyond}");
    desk.run("passport operator brand limit network/operator kiln --host '*.kiln.localhost' --spaces 2 --until 2999-01-01");
    desk.run(&admit("south"));
    desk.run("passport operator brand suspend network/operator kiln");
    let members = desk.run("passport operator members network/operator");
    assert_eq!(members.matches("\"suspended\"").count(), 2, "{members}");
    assert!(refusal(&desk.output(&admit("north"))).contains("the brand is suspended"));
    desk.run("passport operator brand readmit network/operator kiln");
    let brands = desk.run("passport operator brand list network/operator");
    assert!(brands.contains("\"spaces_now\": 2") && brands.contains("*.kiln.localhost"), "{brands}");
    operator_refuses_what_it_cannot_mean(&desk.at("operator", "8081", "")).await;
}

/// The addresses for renewals and brands, to whoever is no member.
async fn operator_refuses_what_it_cannot_mean(operator: &str) {
    let client = HttpClient::new(Policy::development()).unwrap();
    let send = async |method: Method, path: &str, media_type: &str, body: String| {
        let url = Url::parse(&format!("{operator}{path}")).unwrap();
        let request = Request::new(method, url).with_body(media_type, body).unwrap();
        let answered = client.send(request).await.unwrap();
        let said: Value = serde_json::from_slice(&answered.body).unwrap_or_default();
        (answered.status.as_u16(), said["error"].as_str().unwrap_or("none").to_owned())
    };
    let stranger = "eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0LXJlbmV3YWwrand0In0.eyJpc3MiOiJkaWQ6d2ViOm5vYm9keS5leGFtcGxlIn0.AAAA";
    for path in ["/admission/renewals", "/admission/brands"] {
        let post =
            |media_type: &'static str, body: &str| send(Method::POST, path, media_type, body.to_owned());
        assert_eq!(post("application/json", "{}").await, (415, "invalid_request".to_owned()), "{path}");
        assert_eq!(post("application/jwt", "a.b.c").await, (400, "invalid_request".to_owned()), "{path}");
        assert_eq!(post("application/jwt", stranger).await, (401, "invalid_client".to_owned()), "{path}");
        let long = "a".repeat(200_000);
        assert_eq!(post("application/jwt", &long).await, (413, "invalid_request".to_owned()), "{path}");
        let read = send(Method::GET, path, "application/jwt", String::new()).await;
        assert_eq!(read, (405, "invalid_request".to_owned()), "{path}");
    }
}

#[test]
fn a_network_of_one_is_not_made_over_what_is_there_or_of_what_cannot_be_meant() {
    let root = tempfile::tempdir().unwrap();
    let mut desk = desk(root.path());
    let init = |name: &str, origin: &str, more: &str| {
        format!(
            "passport network init {name} --data one --origin {origin} --name Harbour --legal-name 'Harbour Ltd' --email team@harbour.example.org {MAIL} {more}"
        )
    };
    let origin = "http://harbour.localhost:8081";
    for (command, part) in [
        (init("office", origin, ""), "the network's office"),
        (init("operator", origin, ""), "the network operator's"),
        (init("harbour", "http://harbour.example.org", ""), "take https://harbour.example.org"),
        (init("harbour", origin, &format!("--office-origin {origin}")), "a host name each"),
        (init("harbour", origin, "--operator-origin http://operator.example.org"), "--operator-origin"),
        (init("harbour", origin, "--network-name ' '"), "the network"),
    ] {
        let said = refusal(&desk.output(&command));
        assert!(said.contains(part), "{command}: {said}");
        for left in ["operator", "office", "harbour"] {
            assert!(!root.path().join("one").join(left).exists(), "{command} left {left}");
        }
    }
    desk.run(&init("harbour", origin, ""));
    let said = refusal(&desk.output(&init("other", "http://other.localhost:8081", "")));
    assert!(said.contains("is there already"), "{said}");
    // Joining: a descriptor that is none, a folder without anybody, a party that there is not.
    fs::write(root.path().join("none.json"), "{}").unwrap();
    for (command, part) in [
        ("passport network join none.json --data one", "none.json"),
        ("passport network join nowhere.json --data one", "cannot be read"),
        ("passport network join one/operator/network.json --data one", "already"),
        ("passport network join one/operator/network.json --data nobody", "nobody who could join"),
        ("passport network show none.json", "none.json"),
        ("passport network show --data nobody", "nobody who belongs to a network"),
        ("passport network enter nobody none.json --data one", "no party named"),
        ("passport network enter harbour none.json --data one", "has asked no network"),
        (
            "passport verifier brand admit kiln none.json --data one --network one/operator/network.json",
            "holds no brand",
        ),
        ("passport verifier brand init operator --data one", "cannot be the name"),
        ("passport operator brand suspend one/operator kiln", "no brand with this identifier"),
        ("passport operator brand readmit one/operator kiln", "no brand with this identifier"),
        ("passport operator brand list nowhere", "no network in this folder"),
        (
            "passport operator brand limit one/operator kiln --host kiln.localhost --spaces 1 --until 2999-01-01",
            "no brand with this identifier",
        ),
        (
            "passport operator brand add one/operator kiln --name Kiln --did did:web:kiln.example --host kiln.localhost --spaces 1 --until 2999-01-01",
            "must be a did:jwk",
        ),
    ] {
        let said = refusal(&desk.output(command));
        assert!(said.contains(part), "{command}: {said}");
    }
    for command in [
        "passport network",
        "passport network init harbour",
        "passport network join",
        "passport network enter harbour",
        "passport operator brand add one/operator",
        "passport operator brand limit one/operator kiln --host a.b --spaces 1 --until tomorrow",
        "passport operator brand suspend one/operator",
        "passport operator brand readmit one/operator",
        "passport operator brand list",
        "passport verifier brand init",
        "passport verifier brand admit kiln",
    ] {
        assert_eq!(desk.output(command).status.code(), Some(2), "{command}");
    }
}
