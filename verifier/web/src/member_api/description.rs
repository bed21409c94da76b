//! The API in OpenAPI 3.1, for `specs/member-api.openapi.json`, with the examples in it.

use network::claims::Audience;
use network::member_api::{
    ChangeAnswer, ChangeRequest, Changes, ClaimChange, Detail, Details, DoorOpening, FiledObjection,
    HandedOn, KeptClaim, Leave, Objection, Outcome, REGISTRATION, Refusal, RequestMade, TeamNote, WhatToDo,
    WrittenChange,
};
use network::seen_in_team::SeenInTeam;
use serde_json::{Value, json};
use utoipa::OpenApi;

const ID: &str = "y6zKc0X3o2mQnq1m0qYc4w";
const DID: &str = "did:webvh:QmKilnnQmKilnnQmKilnnQmKilnnQmKilnnQmKilnnQmKi:kiln-north.example";

/// The description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Member API of a space",
        description = "What a member does with what a space holds. The rules are in member-api.md.",
        version = "1",
        license(name = "See the project"),
    ),
    paths(
        super::requests,
        super::details,
        super::changes,
        super::change_requests,
        super::leave,
        super::objections,
    ),
    components(schemas(
        Audience, ChangeAnswer, ChangeRequest, Changes, Detail, Details, DoorOpening, FiledObjection, HandedOn, KeptClaim, Leave, Objection,
        Outcome, Refusal, RequestMade, SeenInTeam, TeamNote, WrittenChange,
    )),
    security(("dpop" = [])),
)]
struct Description;

/// The description as it is published.
///
/// # Errors
/// [`serde_json::Error`], which does not happen for what is written here.
pub fn description() -> Result<String, serde_json::Error> {
    let mut written = serde_json::to_value(Description::openapi())?;
    if let Some(components) = written.pointer_mut("/components").and_then(Value::as_object_mut) {
        components.insert("securitySchemes".to_owned(), json!({"dpop": bound_token()}));
    }
    serde_json::to_string_pretty(&written).map(|text| format!("{text}\n"))
}

/// A scheme of the IANA registry for which `utoipa` has no word (RFC 9449 §12.6).
fn bound_token() -> Value {
    json!({
        "type": "http",
        "scheme": "DPoP",
        "description": "`Authorization: DPoP TOKEN`, and a header `DPoP` by the key that presented the membership (RFC 9449 §7.1)",
    })
}

pub(super) fn request_made() -> RequestMade {
    let request_uri = "https://kiln-north.example/request/Kx1";
    RequestMade {
        link: "openid4vp://?client_id=x509_hash%3AAbc&request_uri=https%3A%2F%2Fkiln-north.example%2Frequest%2FKx1"
            .to_owned(),
        client_id: "x509_hash:Abc".to_owned(),
        request_uri: request_uri.to_owned(),
        request_uri_method: "post".to_owned(),
    }
}

pub(super) fn details() -> Details {
    Details {
        space: DID.to_owned(),
        member_since: 1_795_824_000,
        plan: "member".to_owned(),
        details: vec![Detail {
            claim: "email".to_owned(),
            value: json!("ada@example.org"),
            purpose: "membership".to_owned(),
            audience: Audience::Team,
            seen_in_team: SeenInTeam::OwnerAndManagers,
            seen_by: "owner and managers of Kiln North".to_owned(),
            until: None,
            kept_days: Some(30),
            since: 1_795_861_200,
            word_of: "own".to_owned(),
            needed: true,
        }],
        objections: vec![FiledObjection {
            id: ID.to_owned(),
            at: 1_795_861_300,
            about: vec!["email".to_owned()],
        }],
        handed_on: vec![HandedOn {
            to: "Desk software".to_owned(),
            details: vec!["email".to_owned()],
            at: 1_795_861_200,
            confirmed: true,
        }],
        notes: vec![TeamNote {
            at: 1_795_861_400,
            by: "Dora".to_owned(),
            text: "Has a locker on the second floor.".to_owned(),
        }],
        openings: vec![DoorOpening {
            door: Some("Front door".to_owned()),
            at: 1_795_861_500,
            opened: Some(true),
        }],
    }
}

fn change(claim: &str, what: WhatToDo) -> ClaimChange {
    ClaimChange { claim: claim.to_owned(), what }
}

pub(super) fn changes() -> Changes {
    Changes {
        id: ID.to_owned(),
        dry_run: false,
        changes: vec![
            change("bio", WhatToDo::Publish(Audience::MembersHere)),
            change("company", WhatToDo::Until(Some(1_798_416_000))),
            change("role", WhatToDo::Until(None)),
            change("phone_number", WhatToDo::TakeBack),
        ],
    }
}

pub(super) fn change_request() -> ChangeRequest {
    ChangeRequest { claims: vec!["email".to_owned()] }
}

pub(super) fn leave() -> Leave {
    Leave { id: ID.to_owned(), dry_run: true }
}

pub(super) fn objection() -> Objection {
    Objection {
        id: ID.to_owned(),
        about: vec!["email".to_owned()],
        reason: "Please send me no newsletter.".to_owned(),
    }
}

pub(super) fn done() -> ChangeAnswer {
    ChangeAnswer::Done { proof: "eyJ0eXAiOiJwYXNzcG9ydC1jaGFuZ2UtcHJvb2Yrand0In0.e30.c2ln".to_owned() }
}

pub(super) fn would() -> ChangeAnswer {
    let kept =
        KeptClaim { claim: "given_name".to_owned(), rule: REGISTRATION.to_owned(), until: 1_803_600_000 };
    ChangeAnswer::DryRun {
        would: Outcome {
            changes: vec![change("email", WhatToDo::TakeBack)],
            about: Vec::new(),
            membership_ended: true,
            kept: vec![kept],
        },
    }
}

pub(super) fn not_held() -> Refusal {
    Refusal {
        error: "not_held".to_owned(),
        error_description: "this space does not hold what is named; `GET /member/details` says what it holds"
            .to_owned(),
        claims: vec!["phone_number".to_owned()],
    }
}
