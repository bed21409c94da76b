//! The member API over HTTP, at two replicas over one store.

use std::collections::BTreeMap;

use credentials::types;
use credentials::vc::Facts;
use http::StatusCode;
use jose::{Algorithm, Jwk, Signer, SigningKey, VerifyingKey};
use network::change_proof::{Asked, ChangeProof, Expected};
use network::member_api::{
    ChangeAnswer, ChangeRequest, Changes, Details, Leave, Objection, Refusal, RequestMade,
};
use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;
use presentation::{Answer, Prepared, Presented, Receiving, SignedBy, Way};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Change, Fault, Tx};

use super::stage::{DID, ORIGIN};
use super::*;

/// Gives a member a copy of its membership at this place.
struct Holds<'a> {
    sub: &'a str,
    place: u64,
}

impl Change for Holds<'_> {
    const NAME: &'static str = "holds";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let until = tx.now().plus(14 * 86_400).seconds();
        let (list, configuration) = ("1".to_owned(), "membership".to_owned());
        let subject = self.sub.to_owned();
        Ok(tx.put(&issuance::StatusEntry { list, index: self.place, subject, configuration, until }).await?)
    }
}

struct Apply<'a>(&'a dyn Prepared);

impl Change for Apply<'_> {
    const NAME: &'static str = "apply";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(self.0.apply(tx).await?)
    }
}

/// A member's way into the API.
pub(super) struct Door {
    pub(super) token: String,
    pub(super) key: SigningKey,
    pub(super) sub: String,
}

impl Door {
    /// Somebody signs up by answering the form, and shows the copy at this place.
    pub(super) async fn open(scene: &Scene, place: u64) -> Self {
        let mut browser = Browser::new(scene);
        let link = browser.ask("link").await;
        let reply = scene.wallet().answer(&scene.router(), &link).await;
        browser.get(&stage::path(reply.json()["redirect_uri"].as_str().unwrap())).await;
        let (space, _) = scene.stage.space();
        let members = space.members(100).await.unwrap();
        let tenant = scene.stage.tenant();
        let mut newcomers = Vec::new();
        for member in members {
            let known = tenant.list::<issuance::StatusEntry>(store::Range::all(), 100).await.unwrap();
            if !known.items.iter().any(|entry| entry.subject == member.sub) {
                newcomers.push(member.sub);
            }
        }
        let sub = newcomers.pop().unwrap();
        tenant.carry_out(&Holds { sub: &sub, place }).await.unwrap();
        Self::of_member(scene, sub, place).await
    }

    async fn of_member(scene: &Scene, sub: String, place: u64) -> Self {
        let (space, _) = scene.stage.space();
        let key = SigningKey::generate(Algorithm::Es256, scene.stage.environment.randomness()).unwrap();
        let answer = Answer {
            request_id: "request".to_owned(),
            subject: space.member_access_request().unwrap().subject.to_owned(),
            request_hash: "hash".to_owned(),
            way: Way::NoScreen,
            answering_key: Some(key.public_jwk().clone()),
            presented: vec![membership(scene, key.public_jwk(), place)],
        };
        let Ok(prepared) = space.prepare(&answer).await else { panic!("the membership counts") };
        scene.stage.tenant().carry_out(&Apply(prepared.as_ref())).await.unwrap();
        let given = prepared.reply().member_api.unwrap();
        assert_eq!(given.uri, format!("{ORIGIN}/member"));
        Self { token: given.access_token.expose().to_owned(), key, sub }
    }

    pub(super) fn proof(&self, scene: &Scene, method: Method, path: &str) -> String {
        let url = format!("{ORIGIN}{path}");
        let proof = NewProof {
            key: self.key.public_jwk(),
            method,
            url: &url,
            access_token: Some(&self.token),
            nonce: None,
        };
        let environment = &scene.stage.environment;
        proof.to_sign(environment.now(), environment.randomness()).sign(&self.key).unwrap()
    }

    pub(super) fn get(&self, scene: &Scene, path: &str) -> Request<Body> {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("DPoP {}", self.token))
            .header(dpop::HEADER, self.proof(scene, Method::Get, path));
        request.body(Body::empty()).unwrap()
    }

    pub(super) fn post(&self, scene: &Scene, path: &str, asked: &impl Serialize) -> Request<Body> {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("DPoP {}", self.token))
            .header(dpop::HEADER, self.proof(scene, Method::Post, path));
        request.body(Body::from(serde_json::to_string(asked).unwrap())).unwrap()
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        scene: &Scene,
        path: &str,
        asked: &impl Serialize,
    ) -> T {
        let answered = send(&scene.router(), self.post(scene, path, asked)).await;
        assert_eq!(
            (answered.status, answered.header("cache-control")),
            (StatusCode::OK, "no-store"),
            "{}",
            answered.text
        );
        serde_json::from_str(&answered.text).unwrap()
    }

    async fn details(&self, scene: &Scene) -> Details {
        let answered = send(&scene.router(), self.get(scene, "/member/details")).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        serde_json::from_str(&answered.text).unwrap()
    }

    fn proven(&self, scene: &Scene, answer: &ChangeAnswer, id: &str, asked: Asked<'_>) {
        let ChangeAnswer::Done { proof } = answer else { panic!("a dry run") };
        let (space, _) = scene.stage.space();
        let log = VerifyingKey::new(space.identity().log.signer.public_jwk()).unwrap();
        let holder = self.key.public_jwk().thumbprint_base64url();
        let expected = Expected { space: DID, holder: &holder, id, asked };
        ChangeProof::verify(proof, &log, &expected, scene.stage.environment.now()).unwrap();
    }
}

fn membership(scene: &Scene, key: &Jwk, place: u64) -> Presented {
    let now = scene.stage.environment.now();
    let facts = json!({"vct": types::MEMBERSHIP, "cnf": {"jwk": key.to_value()},
        "iat": now.seconds(), "exp": now.plus(300).seconds(),
        "status": {"status_list": {"uri": format!("{ORIGIN}/status/1"), "idx": place}}});
    Presented {
        query: "membership".to_owned(),
        signed_by: SignedBy::Space(DID.to_owned()),
        facts: Facts::of(facts.as_object().unwrap()).unwrap(),
        claims: serde_json::Map::new(),
        disclosed: Vec::new(),
    }
}

pub(super) fn changes(id: &str, changes: Value) -> Changes {
    serde_json::from_value(json!({"id": id, "changes": changes})).unwrap()
}

pub(super) const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn a_member_sees_changes_takes_back_objects_and_leaves_at_whichever_replica_answers() {
    let scene = Scene::new();
    let door = Door::open(&scene, 0).await;
    let seen = door.details(&scene).await;
    let named: Vec<_> = seen.details.iter().map(|one| one.claim.as_str()).collect();
    assert_eq!(named, ["email", "family_name", "given_name"]);

    let asked = changes(ID, json!([{"claim": "given_name", "publish": "public"}]));
    let answer: ChangeAnswer = door.ask(&scene, "/member/changes", &asked).await;
    door.proven(&scene, &answer, ID, Asked::Changes(&asked.changes));
    scene.restart();
    let again: ChangeAnswer = door.ask(&scene, "/member/changes", &asked).await;
    assert_eq!(again, answer, "the same again, at replicas that began anew");
    let seen = door.details(&scene).await;
    assert_eq!(seen.details[2].seen_by, "everybody");

    let objection = Objection {
        id: "objection-number-1".to_owned(),
        about: vec!["email".to_owned()],
        reason: "no".to_owned(),
    };
    let filed: ChangeAnswer = door.ask(&scene, "/member/objections", &objection).await;
    door.proven(&scene, &filed, &objection.id, Asked::Objection(&objection.about));
    let (space, presentation) = scene.stage.space();
    let read = crate::handle(&space, &presentation, json!({"command": "verifier.objections"})).await.unwrap();
    assert_eq!(
        (&read["objections"][0]["reason"], &read["objections"][0]["sub"]),
        (&json!("no"), &json!(door.sub))
    );

    let made: RequestMade = door
        .ask(&scene, "/member/change-requests", &ChangeRequest { claims: vec!["email".to_owned()] })
        .await;
    let object = scene.wallet().request(&scene.router(), &made.link).await;
    let types: Vec<_> =
        object["dcql_query"]["credentials"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(types, [json!("profile_email"), json!("own_email"), json!("membership")]);

    let leave = Leave { id: "leaving-number-0001".to_owned(), dry_run: true };
    let ChangeAnswer::DryRun { would } = door.ask(&scene, "/member/leave", &leave).await else {
        panic!("it was done")
    };
    assert!(would.membership_ended);
    let leave = Leave { dry_run: false, ..leave };
    let left: ChangeAnswer = door.ask(&scene, "/member/leave", &leave).await;
    door.proven(&scene, &left, &leave.id, Asked::Leave);
    let over = send(&scene.router(), door.get(&scene, "/member/details")).await;
    assert_eq!(
        (over.status, over.json()["error"].as_str()),
        (StatusCode::FORBIDDEN, Some("membership_ended"))
    );
    let lost: ChangeAnswer = door.ask(&scene, "/member/leave", &leave).await;
    assert_eq!(lost, left, "whose answer got lost has it again");
}

#[tokio::test]
async fn a_request_for_access_asks_for_the_membership_of_this_space_alone() {
    let scene = Scene::new();
    let asked = Request::post("/member/requests").header(header::CONTENT_TYPE, "application/json");
    let made = send(&scene.router(), asked.body(Body::from("{}")).unwrap()).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"), "{}", made.text);
    let made: RequestMade = serde_json::from_str(&made.text).unwrap();
    let object = scene.wallet().request(&scene.router(), &made.link).await;
    let credentials = object["dcql_query"]["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0]["claims"], json!([{"path": ["space"], "values": [DID]}]));
}

/// What is published for strangers.
mod spec {
    use super::*;

    const WRITE: &str = "PASSPORT_WRITE_VECTORS";

    fn description() -> Value {
        serde_json::from_str(&crate::description().unwrap()).unwrap()
    }

    #[test]
    fn the_openapi_description_is_what_the_code_says() {
        let file =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/member-api.openapi.json");
        let made = crate::description().unwrap();
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&file, made).unwrap();
            return;
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == made,
            "specs/member-api.openapi.json is not what the code says; if the code is right, run `cargo xtask spec-vectors --write`"
        );
    }

    #[test]
    fn every_address_is_described_and_no_other() {
        let description = description();
        let paths = description["paths"].as_object().unwrap();
        let methods = |path: &Value| path.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let found: BTreeMap<&str, Vec<String>> =
            paths.iter().map(|(name, path)| (name.as_str(), methods(path))).collect();
        let post = || vec!["post".to_owned()];
        let expected = BTreeMap::from([
            ("/member/requests", post()),
            ("/member/details", vec!["get".to_owned()]),
            ("/member/changes", post()),
            ("/member/change-requests", post()),
            ("/member/leave", post()),
            ("/member/objections", post()),
        ]);
        assert_eq!(found, expected);
        assert_eq!(description["components"]["securitySchemes"]["dpop"]["scheme"], "DPoP");
    }

    /// The media types of an operation's request and responses, with where they stand.
    fn contents(description: &Value) -> Vec<(String, Value)> {
        let mut contents = Vec::new();
        for (path, operations) in description["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let request = operation.pointer("/requestBody/content");
                let responses = operation["responses"].as_object().unwrap().iter();
                let responses = responses.map(|(status, response)| (status.clone(), response.get("content")));
                for (place, content) in std::iter::once(("request".to_owned(), request)).chain(responses) {
                    for (media_type, content) in content.and_then(Value::as_object).into_iter().flatten() {
                        assert_eq!(media_type, "application/json", "{method} {path} {place}");
                        contents.push((format!("{method} {path} {place}"), content.clone()));
                    }
                }
            }
        }
        contents
    }

    /// Reads an example as the type that its schema names, and writes it again.
    fn through(schema: &str, example: &Value) -> Value {
        fn both<T: Serialize + DeserializeOwned>(example: &Value) -> Value {
            serde_json::to_value(serde_json::from_value::<T>(example.clone()).unwrap()).unwrap()
        }
        match schema {
            "Changes" => both::<Changes>(example),
            "ChangeRequest" => both::<ChangeRequest>(example),
            "ChangeAnswer" => both::<ChangeAnswer>(example),
            "Details" => both::<Details>(example),
            "Leave" => both::<Leave>(example),
            "Objection" => both::<Objection>(example),
            "Refusal" => both::<Refusal>(example),
            "RequestMade" => both::<RequestMade>(example),
            other => panic!("an example of a type that no test reads: {other}"),
        }
    }

    #[test]
    fn every_example_is_read_by_the_code_and_written_the_same() {
        let description = description();
        let mut read = 0;
        for (place, content) in contents(&description) {
            let named = content.pointer("/schema/$ref").and_then(Value::as_str);
            let schema = named.and_then(|name| name.strip_prefix("#/components/schemas/"));
            let several = content.get("examples").and_then(Value::as_object);
            let several = several.into_iter().flatten().map(|(_, example)| &example["value"]);
            for example in content.get("example").into_iter().chain(several) {
                match schema {
                    Some(schema) => assert_eq!(through(schema, example), *example, "{place}"),
                    None => assert_eq!(*example, json!({}), "{place}"),
                }
                read += 1;
            }
        }
        assert!(read >= 14, "{read}");
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        fn names<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str));
                    members.values().for_each(|value| names(value, found));
                }
                Value::Array(elements) => elements.iter().for_each(|value| names(value, found)),
                _ => {}
            }
        }
        let description = description();
        let mut found = Vec::new();
        names(&description, &mut found);
        assert!(!found.is_empty());
        for name in found {
            let pointer = name.strip_prefix('#').unwrap();
            assert!(description.pointer(pointer).is_some(), "{name}");
        }
    }
}
