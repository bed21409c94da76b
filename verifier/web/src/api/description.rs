//! The API in OpenAPI 3.1, as `/api/openapi.json` serves it and `specs/space-api.openapi.json` keeps it.
//!
//! An address stands here once, with the scope that it needs; the tests compare this with the router, and other software's judge
//! (`tests/interop/api`) with a running space.

mod schemas;

use serde_json::{Map, Value, json};
use verifier::api_keys::Scope;

use super::asked::{LONGEST_CURSOR, MOST, USUAL};

/// What an operation answers beside the refusals that every one has.
struct Operation {
    path: &'static str,
    method: &'static str,
    id: &'static str,
    scope: Scope,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<(&'static str, Value)>,
    status: &'static str,
    said: &'static str,
    schema: &'static str,
    refusals: &'static [(&'static str, &'static str)],
}

const MALFORMED: (&str, &str) = (
    "400",
    "What was sent cannot be meant; nothing was done. `error_description` begins with the member that is wrong.",
);
const NONE_SUCH: (&str, &str) = ("404", "There is none of that name.");
const NOT_JSON: (&str, &str) = ("415", "`Content-Type` is not `application/json`.");
const TOO_LARGE: (&str, &str) = ("413", "The body is too large.");
const NOT_YOURS: &str = "The key lacks the scope (`insufficient_scope`), or the form of the sign-up does not say `\"approval\": \"elsewhere\"` (`not_yours`).";
const KEY_USED: (&str, &str) = ("422", "The `Idempotency-Key` was used for another request.");

/// The description as a document.
#[must_use]
pub fn description() -> Value {
    let mut paths = Map::new();
    for operation in operations() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_owned(), described(&operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "API of a space",
            "version": "1",
            "summary": "What programs of a space's team do: sign-ups, contacts, invitations, memberships and forms.",
            "description": "Every call carries a key of the space (`Authorization: Bearer KEY`, RFC 6750), which the space's owner makes under *Program keys* \
                in the console or by `passport verifier key make`. A key may do what its scopes say and nothing else. Answers are what is so at that \
                moment, and are stored nowhere on the way. Values are what members gave and is kept now; each look at them is noted with the key's name.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/", "description": "The space whose document this is."}],
        "security": [{"key": []}],
        "tags": [
            {"name": "forms"}, {"name": "sign-ups"}, {"name": "contacts"}, {"name": "invitations"}, {"name": "memberships"},
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {
                "type": "http",
                "scheme": "bearer",
                "description": format!("A key of the space. Its scopes are among: {}.", Scope::ALL.map(Scope::name).join(", ")),
            }},
            "headers": {
                "WWW-Authenticate": {"schema": {"type": "string"}, "required": true, "description": "RFC 6750 §3."},
                "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "required": true, "description": "Seconds."},
            },
            "schemas": schemas::all(),
        },
    })
}

fn described(operation: &Operation) -> Value {
    let tag = operation.path.split('/').nth(3).unwrap_or_default();
    let mut responses = Map::new();
    let schema = json!({"$ref": format!("#/components/schemas/{}", operation.schema)});
    let content = json!({"application/json": {"schema": schema}});
    responses.insert(operation.status.to_owned(), json!({"description": operation.said, "content": content}));
    let always = [
        ("400", "More than one key, or a request that cannot be meant."),
        ("401", "No key, or none that counts (`invalid_token`)."),
        ("403", "The key lacks the scope (`insufficient_scope`)."),
        ("429", "Too much by this key or from this client (`slow_down`)."),
        ("503", "Not now (`temporarily_unavailable`)."),
    ];
    for (status, said) in always.iter().chain(operation.refusals) {
        responses.insert((*status).to_owned(), refusal(status, said));
    }
    let mut described = json!({
        "operationId": operation.id,
        "tags": [tag],
        "summary": operation.summary,
        "security": [{"key": [operation.scope.name()]}],
        "parameters": operation.parameters,
        "responses": responses,
    });
    if let (Some((schema, example)), Some(members)) = (&operation.body, described.as_object_mut()) {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        let content = json!({"application/json": {"schema": schema, "example": example}});
        members.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
    }
    described
}

fn refusal(status: &str, said: &str) -> Value {
    let header = match status {
        "401" => Some("WWW-Authenticate"),
        "429" | "503" => Some("Retry-After"),
        _ => None,
    };
    let schema = json!({"$ref": "#/components/schemas/Refusal"});
    let mut refusal = json!({"description": said, "content": {"application/json": {"schema": schema}}});
    // What the space itself says later to (`slow_down` of an hour or a day) names no second.
    let of = header.filter(|name| *name != "Retry-After");
    if let (Some(name), Some(members)) = (of, refusal.as_object_mut()) {
        members.insert("headers".to_owned(), json!({name: {"$ref": format!("#/components/headers/{name}")}}));
    }
    refusal
}

fn named(name: &str, said: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": said, "schema": {"$ref": "#/components/schemas/Id"}})
}

fn paged() -> Vec<Value> {
    vec![
        json!({"name": "after", "in": "query", "description": "`next` of the page before.",
            "schema": {"type": "string", "pattern": "^([0-9a-f]{2})+$", "minLength": 2, "maxLength": LONGEST_CURSOR}}),
        json!({"name": "limit", "in": "query", "description": "Lines of a page at most.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}}),
    ]
}

fn once() -> Value {
    json!({"name": "Idempotency-Key", "in": "header",
        "description": "The same again under the same key within a day is done once and answered the same.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"}, "example": "8e03978e-40d5-43dd-bc93-6894a57f9324"})
}

fn read(
    path: &'static str,
    id: &'static str,
    scope: Scope,
    summary: &'static str,
    schema: &'static str,
) -> Operation {
    let is_one = path.contains('{');
    let parameters = match path {
        _ if path.contains("{sub}") => vec![named("sub", "The membership.")],
        _ if is_one => vec![named("id", "Which one.")],
        _ => paged(),
    };
    let refusals: &[(&str, &str)] = if is_one { &[NONE_SUCH] } else { &[MALFORMED] };
    let (method, status, said, body) = ("get", "200", "As it is now.", None);
    Operation { path, method, id, scope, summary, parameters, body, status, said, schema, refusals }
}

fn operations() -> Vec<Operation> {
    let mut all = reads();
    all.extend(deeds());
    all
}

fn reads() -> Vec<Operation> {
    let mut sign_ups = read(
        "/api/v1/sign-ups",
        "listSignUps",
        Scope::SignUpsRead,
        "Sign-ups of one state: those that wait in the order in which they came, others in no telling order.",
        "SignUps",
    );
    sign_ups.parameters.push(json!({"name": "state", "in": "query", "description": "How they stand.",
        "schema": {"type": "string", "enum": ["waiting", "approved", "declined"], "default": "waiting"}}));
    vec![
        read(
            "/api/v1/forms",
            "listForms",
            Scope::FormsRead,
            "What the space asks, and who decides.",
            "Forms",
        ),
        read("/api/v1/forms/{id}", "readForm", Scope::FormsRead, "One form as it holds.", "Form"),
        sign_ups,
        read(
            "/api/v1/sign-ups/{id}",
            "readSignUp",
            Scope::SignUpsRead,
            "One sign-up, without values.",
            "SignUp",
        ),
        read(
            "/api/v1/sign-ups/{id}/values",
            "readSignUpValues",
            Scope::SignUpsValues,
            "What an applicant gave, while the sign-up waits. The look is noted.",
            "Values",
        ),
        read(
            "/api/v1/contacts",
            "listContacts",
            Scope::ContactsRead,
            "Of whom what is held, whose word it is and until when it is kept, without values.",
            "Contacts",
        ),
        read("/api/v1/contacts/{id}", "readContact", Scope::ContactsRead, "One of them.", "Contact"),
        read(
            "/api/v1/contacts/{id}/values",
            "readContactValues",
            Scope::ContactsValues,
            "What is held of somebody at this moment. The look is noted.",
            "Values",
        ),
        read(
            "/api/v1/invitations",
            "listInvitations",
            Scope::InvitationsRead,
            "Invitations, the newest first. Whom one went to is kept nowhere.",
            "Invitations",
        ),
        read(
            "/api/v1/invitations/{id}",
            "readInvitation",
            Scope::InvitationsRead,
            "One invitation, until a month after its end.",
            "Invitation",
        ),
        read(
            "/api/v1/memberships",
            "listMemberships",
            Scope::MembershipsRead,
            "Memberships, in no telling order, those that ended too.",
            "Memberships",
        ),
        read(
            "/api/v1/memberships/{sub}",
            "readMembership",
            Scope::MembershipsRead,
            "One membership.",
            "Membership",
        ),
    ]
}

fn deeds() -> Vec<Operation> {
    let about = |name, said| vec![named(name, said)];
    vec![
        Operation {
            path: "/api/v1/sign-ups/{id}/decision",
            method: "post",
            id: "decideSignUp",
            scope: Scope::SignUpsDecide,
            summary: "Approves or declines what its form leaves to software. The same decision again is answered the same.",
            parameters: about("id", "The sign-up."),
            body: Some((
                "Decision",
                json!({"outcome": "declined", "reason": "No desk is free before spring."}),
            )),
            status: "200",
            said: "Decided: the applicant's wallet finds it.",
            schema: "SignUp",
            refusals: &[
                MALFORMED,
                ("403", NOT_YOURS),
                NONE_SUCH,
                (
                    "409",
                    "It was decided otherwise (`already_decided`), or all places are taken (`no_place`).",
                ),
                TOO_LARGE,
                NOT_JSON,
            ],
        },
        Operation {
            path: "/api/v1/sign-ups/{id}/ask",
            method: "post",
            id: "askApplicant",
            scope: Scope::SignUpsAsk,
            summary: "Asks an applicant for something else instead of saying no; an answer takes the place of the first.",
            parameters: vec![named("id", "The sign-up."), once()],
            body: Some(("Instead", json!({"without": ["company"], "reason": "We need no company of you."}))),
            status: "200",
            said: "Asked: the applicant's wallet finds it.",
            schema: "Asked",
            refusals: &[
                MALFORMED,
                ("403", NOT_YOURS),
                NONE_SUCH,
                ("409", "It has been decided (`already_decided`)."),
                TOO_LARGE,
                NOT_JSON,
                KEY_USED,
            ],
        },
        Operation {
            path: "/api/v1/invitations",
            method: "post",
            id: "invite",
            scope: Scope::InvitationsSend,
            summary: "Invites by passport number or by e-mail. Whether anybody has the number is not said.",
            parameters: vec![once()],
            body: Some(("NewInvitation", json!({"email": "name@example.org", "days": 2, "language": "es"}))),
            status: "201",
            said: "It is sent.",
            schema: "Invitation",
            refusals: &[
                MALFORMED,
                (
                    "403",
                    "The key lacks the scope (`insufficient_scope`), or the space is not admitted (`not_admitted`) or has left (`space_left`).",
                ),
                ("409", "The team has an open invitation for this member and purpose (`already_open`)."),
                TOO_LARGE,
                NOT_JSON,
                KEY_USED,
            ],
        },
        Operation {
            path: "/api/v1/memberships/{sub}/end",
            method: "post",
            id: "endMembership",
            scope: Scope::MembershipsChange,
            summary: "Ends a membership: every copy of it is revoked. One that has ended is answered the same.",
            parameters: about("sub", "The membership."),
            body: None,
            status: "200",
            said: "It has ended.",
            schema: "Membership",
            refusals: &[NONE_SUCH],
        },
        Operation {
            path: "/api/v1/memberships/{sub}/offer",
            method: "post",
            id: "offerMembership",
            scope: Scope::MembershipsOffer,
            summary: "Offers a membership again to a wallet that lost it, in the inbox that the member named; the offer of before counts no more. Five times a day.",
            parameters: about("sub", "The membership."),
            body: None,
            status: "200",
            said: "It waits in the member's inbox.",
            schema: "Offer",
            refusals: &[
                NONE_SUCH,
                (
                    "409",
                    "There are as many copies as there may be (`enough_copies`), or the member named no inbox (`no_inbox`).",
                ),
            ],
        },
    ]
}
