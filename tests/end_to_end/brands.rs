//! A brand through the real binary: its defaults, a form for its members, and a space that leaves it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::own_network::{Desk, refusal};

const PASSPORT: &str = "urn:passport-network:passport:1";
const MEMBERSHIP: &str = "urn:passport-network:membership:1";
const SERVE_NORTH: &str = "passport serve --listen 127.0.0.1:8080";
const SERVE_SOUTH: &str = "passport serve --data south --listen 127.0.0.1:8084";

fn read(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

fn admit(space: &str, data: &str) -> String {
    format!(
        "passport verifier brand admit kiln {data}/{space}/admission-request.json --data brand --network http://operator.north.kiln.localhost:8080/network.json --out {data}/{space}/admission.json"
    )
}

/// North with a network of its own, of the brand Kiln, with a form for a day that members of the brand answer; it is served.
fn north(desk: &mut Desk, folder: &Path) {
    desk.run("passport verifier init --name North --origin north.kiln.localhost:8080 --email team@example.org --ask member --approval itself");
    let printed = desk.run("passport verifier brand init kiln --data brand");
    let did = printed.lines().find_map(|line| line.trim().strip_prefix("did:jwk:")).unwrap();
    desk.run(&format!(
        "passport operator brand add passport-data/operator kiln --name Kiln --did did:jwk:{did} --host '*.kiln.localhost' --spaces 2 --until 2999-01-01"
    ));
    let mut settings = read(folder, "passport-data/north/party.json");
    settings["brand"] = json!({"id": "kiln", "name": "Kiln"});
    settings["look"] = json!({"accent": "#0b4f8a", "logo": "own.svg"});
    fs::write(
        folder.join("passport-data/north/own.svg"),
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>",
    )
    .unwrap();
    settings["forms"].as_array_mut().unwrap().push(json!({
        "id": "brand-day", "purpose": "membership", "membership": "required", "only": {"brand": true}, "terms": false,
    }));
    fs::write(folder.join("passport-data/north/party.json"), settings.to_string()).unwrap();
    desk.run("passport verifier request-admission north");
    // It is a member of the network already, so the operator says of which brand it is from now on.
    desk.run("passport operator admit passport-data/operator passport-data/north/admission-request.json --out passport-data/north/admission.json");
    desk.serve(SERVE_NORTH);
}

/// Ada becomes a member of North and gets her passport at its office.
async fn ada(desk: &mut Desk) {
    desk.run("passport wallet init --store ada.store");
    desk.run(
        "passport wallet network http://operator.north.kiln.localhost:8080/network.json --store ada.store",
    );
    desk.run("passport wallet own set email ada@example.org --store ada.store");
    desk.run("passport verifier member add north");
    desk.run("passport wallet accept-offer 'OFFER' --store ada.store");
    let office = desk.at("office.north.kiln", "8080", "");
    desk.ask_for_passport(&office).await;
    desk.run("passport wallet present 'LINK' --store ada.store");
    desk.confirm_email_at(&desk.at("mail", "8080", "/")).await;
    desk.collect_until("passport wallet collect --store ada.store", [PASSPORT, "North passport office"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_made_like_another_takes_the_brands_members_and_one_that_leaves_keeps_its_own() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let mut desk = Desk::new(folder);
    desk.environment.push(("PASSPORT_PASSPHRASE".to_owned(), "any words you like".to_owned()));
    north(&mut desk, folder);

    // South begins as North is.
    let said = desk.run("passport verifier brand defaults north --out kiln.json");
    assert!(said.contains("passport verifier init --alone --like kiln.json"), "{said}");
    desk.run("passport verifier init --alone --like kiln.json --data south --name South --origin south.kiln.localhost:8084 --email south@example.org");
    let (of_north, of_south) =
        (read(folder, "passport-data/north/party.json"), read(folder, "south/south/party.json"));
    for same in ["brand", "uses"] {
        assert_eq!(of_south[same], of_north[same], "{same}");
    }
    let forms = of_south["forms"].as_array().unwrap();
    let names: Vec<&str> = forms.iter().map(|form| form["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["brand-day", "sign-up"]);
    assert_eq!(forms[0]["only"]["brand"], true);
    assert_eq!(forms[1]["fields"], of_north["forms"][0]["fields"]);
    assert_eq!(of_south["look"], json!({"accent": "#0b4f8a", "logo": "logo"}));
    assert_eq!(
        fs::read(folder.join("south/south/logo")).unwrap(),
        fs::read(folder.join("passport-data/north/own.svg")).unwrap()
    );
    assert_eq!((&of_south["name"], &of_south["contact"]), (&json!("South"), &json!("south@example.org")));
    desk.run(&admit("south", "south"));
    desk.serve(SERVE_SOUTH);

    ada(&mut desk).await;

    // A member of North answers what only members of the brand may.
    desk.run("passport verifier request south --data south --form brand-day");
    desk.run("passport wallet present 'LINK' --store ada.store");
    desk.collect_until("passport wallet collect --store ada.store", [MEMBERSHIP, "South"]).await;

    // North leaves: what it is and whom it has stays.
    desk.servers.clear();
    let identity = fs::read(folder.join("passport-data/north/did.jsonl")).unwrap();
    let said = desk.run("passport verifier brand leave north");
    assert!(said.contains("north leaves Kiln") && said.contains("brand-day"), "{said}");
    let again = refusal(&desk.output("passport verifier brand leave north"));
    assert!(again.contains("north is of no brand"), "{again}");
    desk.run("passport operator admit passport-data/operator passport-data/north/admission-request.json --out passport-data/north/admission.json");
    desk.serve(SERVE_NORTH);
    desk.serve(SERVE_SOUTH);
    assert_eq!(fs::read(folder.join("passport-data/north/did.jsonl")).unwrap(), identity);
    let brands: Value =
        serde_json::from_str(&desk.run("passport operator brand list passport-data/operator")).unwrap();
    assert_eq!(brands[0]["spaces_now"], 1, "{brands}");
    // Copies that are new since then: North still says that she is a member, and the office still vouches for her number.
    let refilled = desk.run("passport wallet refill --store ada.store");
    let list = desk.run("passport wallet list --store ada.store --json");
    let list: Value = serde_json::from_str(&list).unwrap();
    let held = |vct: &str, issuer: &str| {
        let credentials = list["credentials"].as_array().unwrap();
        credentials.iter().any(|one| one["type"] == vct && one["issuer_name"] == issuer)
    };
    for (vct, issuer) in [(PASSPORT, "North passport office"), (MEMBERSHIP, "North"), (MEMBERSHIP, "South")] {
        assert!(held(vct, issuer), "{vct} of {issuer}: {refilled} {list}");
    }
    let members = desk.run("passport verifier member list north");
    assert_eq!(members.matches("\"sub\"").count(), 1, "{members}");
}

#[test]
fn defaults_are_taken_of_a_space_of_a_brand_that_runs_and_read_whole_or_not_at_all() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let mut desk = Desk::new(folder);
    desk.run("passport verifier init north --alone --name North --origin north.localhost:8080 --email team@example.org");
    let none = refusal(&desk.output("passport verifier brand defaults north --out kiln.json"));
    assert!(none.contains("north is of no brand: name it as `brand` in its party.json first"), "{none}");
    let file = "passport-data/north/party.json";
    let mut settings = read(folder, file);
    settings["brand"] = json!({"id": "kiln", "name": "Kiln"});
    fs::write(folder.join(file), settings.to_string()).unwrap();
    let stopped = refusal(&desk.output("passport verifier brand defaults north --out kiln.json"));
    assert!(stopped.contains("north is not running"), "{stopped}");
    assert!(!folder.join("kiln.json").exists());

    let whole = json!({"brand": settings["brand"], "uses": settings["uses"], "forms": settings["forms"]});
    let like = |text: &str| {
        fs::write(folder.join("kiln.json"), text).unwrap();
        "passport verifier init south --alone --like kiln.json --name South --origin south.localhost:8084 --email team@example.org"
    };
    let mut no_use = whole.clone();
    no_use["uses"] = json!({});
    let mut bad_look = whole.clone();
    bad_look["accent"] = json!("blue");
    let mut no_logo = whole.clone();
    no_logo["logo"] = json!("AAAA");
    for (text, said) in [
        ("{".to_owned(), "is not what `passport verifier brand defaults` writes"),
        (
            json!({"brand": {"id": "kiln"}}).to_string(),
            "is not what `passport verifier brand defaults` writes",
        ),
        (no_use.to_string(), "is not in it"),
        (bad_look.to_string(), "the look"),
        (no_logo.to_string(), "the look"),
    ] {
        let refused = refusal(&desk.output(like(&text)));
        assert!(refused.contains(said), "{said}: {refused}");
        assert!(!folder.join("passport-data/south").exists(), "{said}: nothing was made");
    }
    desk.run(like(&whole.to_string()));
    for wrong in [
        "passport verifier init west --like kiln.json --name West --origin west.localhost:8084 --email a@example.org",
        "passport verifier init west --alone --ask member --like kiln.json --name West --origin west.localhost:8084 --email a@example.org",
        "passport verifier brand defaults north",
        "passport verifier brand leave",
    ] {
        assert_eq!(desk.output(wrong).status.code(), Some(2), "{wrong}");
    }
    let nobody = refusal(&desk.output("passport verifier brand leave nobody"));
    assert!(nobody.contains("nobody"), "{nobody}");
}
