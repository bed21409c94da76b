//! Less than was asked, by the command line: offered by a member, and asked for by a team.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::demo::{Demo, passport};

const SPACE: &str = "kiln-south";
const TOO_MUCH: &str = "late-evening-by-birthdate";

struct Member<'a> {
    folder: PathBuf,
    data: &'a Path,
}

impl Member<'_> {
    /// One command of the wallet, with what is typed.
    fn wallet(&self, arguments: &[&str], typed: &str) -> Output {
        let mut command = passport();
        command.arg("wallet").args(arguments).arg("--store").arg(&self.folder);
        command.env("PASSPORT_PASSPHRASE", "a passphrase for this test");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may have ended before it read anything.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn does(&self, arguments: &[&str]) -> Value {
        let output = self.wallet(&[arguments, &["--json"]].concat(), "");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// The code of the refusal.
    fn refused(&self, arguments: &[&str]) -> Value {
        let output = self.wallet(&[arguments, &["--json"]].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        printed["error"].clone()
    }

    fn team(&self, arguments: &[&str]) -> Value {
        let output = passport().args(arguments).arg("--data").arg(self.data).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn sign_ups(&self) -> Value {
        self.team(&["verifier", "sign-ups", SPACE])["sign_ups"].clone()
    }

    /// What the space has of a sign-up is what its question named, and nothing around it: each with its end.
    fn has_what_the_question_named(&self, sign_up: &str) {
        let contact = self.team(&["verifier", "contact", SPACE, sign_up, "--values"]);
        let given = contact["given"].as_array().unwrap();
        let has: Vec<(&Value, &Value, &Value)> =
            given.iter().map(|one| (&one["claim"], &one["value"], &one["kept_days"])).collect();
        let named = [json!("email"), json!("age_equal_or_over.18")];
        let claims: Vec<&Value> = has.iter().map(|(claim, _, _)| *claim).collect();
        assert_eq!(claims, named.iter().collect::<Vec<_>>(), "{contact}");
        assert_eq!((has[1].1, has[1].2), (&json!(true), &json!(1)), "{contact}");
        assert!(given.iter().all(|one| one["until"].is_string()), "{contact}");
        let history = self.does(&["history"]);
        let spaces = history["spaces"].as_array().unwrap();
        let held = |space: &Value| {
            space["held"].as_array().unwrap().iter().map(|one| one["claim"].clone()).collect::<Vec<_>>()
        };
        assert!(spaces.iter().any(|space| held(space) == named), "{history}");
        assert!(spaces.iter().all(|space| !held(space).contains(&json!("age_equal_or_over"))), "{history}");
    }

    /// What the team asks instead, as the wallet collects it.
    fn asked_anew(&self) -> Value {
        let collected = self.does(&["collect", "--yes"]);
        let from = collected["from"].as_array().unwrap();
        from.iter().map(|one| &one["asked_anew"]).find(|asked| !asked.is_null()).cloned().unwrap_or_default()
    }
}

#[test]
fn over_18_is_taken_instead_of_the_birthdate_and_the_team_asks_for_less_in_its_turn() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let member = Member { folder: root.path().join("wallet"), data: &data };
    let operator = format!("http://operator.localhost:{}/network.json", demo.port());
    member.wallet(&["init"], "");
    member.wallet(&["network", &operator, "--yes"], "");
    let offer = member.team(&["issuer", "offer"]);
    member.does(&["accept-offer", offer["offer"].as_str().unwrap(), "--yes"]);

    let asked = member.team(&["verifier", "request", SPACE, "--form", TOO_MUCH]);
    assert!(asked["warning"].as_str().unwrap().contains("[\"birthdate\"]"), "{asked}");
    let link = asked["link"].as_str().unwrap();
    assert_eq!(member.refused(&["present", link, "--yes"])["code"], "beyond_registration");
    let declined = member.refused(&["present", link, "--yes", "--offer-less"]);
    assert_eq!(declined["code"], "counter_offer_declined");
    assert!(
        declined["detail"].as_str().unwrap().contains("age_equal_or_over.18 would be taken"),
        "{declined}"
    );
    let less = ["present", link, "--yes", "--offer-less", "--instead", "birthdate=age_equal_or_over.18"];
    let presented = member.does(&less);
    assert_eq!(presented["disclosed"], json!(["email", "age_equal_or_over.18"]));
    assert_eq!(presented["came_along"], json!([]), "no other age");
    let listed = member.team(&["verifier", "counter-offers", SPACE]);
    let outcomes: Vec<&Value> =
        listed["counter_offers"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes.len(), 2, "{listed}");
    assert!(outcomes.contains(&&json!("asked_anew")) && outcomes.contains(&&json!("declined")), "{listed}");

    let id = member.sign_ups()[0]["id"].as_str().unwrap().to_owned();
    member.has_what_the_question_named(&id);
    let again = [
        "verifier",
        "ask-again",
        SPACE,
        &id,
        "--form",
        "late-evening",
        "--without",
        "age_equal_or_over.18",
        "--reason",
        "We know you are 18",
    ];
    member.team(&again);
    let anew = member.asked_anew();
    assert_eq!(anew["reason"], "We know you are 18");
    let link = anew["request"].as_str().unwrap();
    let no = member.wallet(&["present", link], "d\n");
    assert_eq!(no.status.code(), Some(1), "{}", String::from_utf8_lossy(&no.stderr));
    assert!(String::from_utf8_lossy(&no.stderr).contains("it says: We know you are 18"));
    assert_eq!(member.sign_ups()[0]["asked_again"]["state"], "access_denied");
    assert_eq!(member.asked_anew()["declined"], true);

    member.team(&again);
    let link = member.asked_anew()["request"].as_str().unwrap().to_owned();
    assert_eq!(member.does(&["present", &link, "--yes"])["disclosed"], json!(["email"]));
    let listed = member.sign_ups();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["in_place_of"]), (1, &json!(id)), "{listed}");

    // The same of whoever is asked for an age at once.
    let asked = member.team(&["verifier", "request", SPACE, "--form", "late-evening"]);
    let presented = member.does(&["present", asked["link"].as_str().unwrap(), "--yes"]);
    assert_eq!(presented["disclosed"], json!(["email", "age_equal_or_over.18"]));
    let all = member.sign_ups();
    let newest = all.as_array().unwrap().iter().find(|one| one["id"] != listed[0]["id"]).unwrap();
    member.has_what_the_question_named(newest["id"].as_str().unwrap());
    demo.stop();
}
