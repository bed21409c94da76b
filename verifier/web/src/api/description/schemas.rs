//! What goes over the wire, as JSON Schema 2020-12.

use serde_json::{Value, json};

/// By its name.
pub(super) fn all() -> Value {
    json!({
        "Refusal": refusal(),
        "Id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "Time": {"type": "string", "format": "date-time"},
        "Form": form(),
        "Forms": listed("forms", "Form"),
        "SignUp": sign_up(),
        "SignUps": listed("sign_ups", "SignUp"),
        "Detail": detail(false),
        "DetailWithValue": detail(true),
        "Contact": contact(),
        "Contacts": listed("contacts", "Contact"),
        "Values": object(json!({
            "id": of("Id"),
            "can_be_written_to": can_be_written_to(),
            "given": {"type": "array", "items": of("DetailWithValue")},
        })),
        "Invitation": invitation(),
        "Invitations": listed("invitations", "Invitation"),
        "NewInvitation": new_invitation(),
        "Membership": membership(),
        "Memberships": listed("memberships", "Membership"),
        "Offer": object(json!({
            "sub": of("Id"),
            "sent_to": {"const": "inbox", "description": "The inbox that the member named to this space: no program sees the offer."},
            "until": of("Time"),
        })),
        "Decision": decision(),
        "Instead": instead(),
        "Asked": object(json!({
            "id": of("Id"),
            "request": {"$ref": "#/components/schemas/Id", "description": "Its state tells `passport verifier result`."},
        })),
    })
}

fn of(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn or_null(schema: Value) -> Value {
    json!({"oneOf": [schema, {"type": "null"}]})
}

/// An object with these members and no others, all of them.
fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn listed(name: &str, of_what: &str) -> Value {
    object(json!({
        (name): {"type": "array", "items": of(of_what)},
        "next": {
            "type": ["string", "null"],
            "description": "The `after` of the next page; null when this was the last. A page may be short, or empty, and not be the last.",
        },
    }))
}

fn refusal() -> Value {
    object(json!({
        "error": {"type": "string", "description": "A word for programs."},
        "error_description": {"type": "string", "description": "A sentence for people."},
    }))
}

fn form() -> Value {
    let field = json!({
        "type": "object",
        "required": ["claim", "need"],
        "properties": {
            "claim": {"type": "string"},
            "need": {"enum": ["required", "optional"]},
            "source": {"enum": ["checked", "either", "own"]},
            "kept_days": {"type": ["integer", "null"], "description": "Days for which it is kept after the membership."},
            "instead": {"type": "array", "items": {"type": "string"}},
            "seen_in_team": {"enum": ["team", "owner-and-managers", "owner"], "default": "team"},
        },
    });
    object(json!({
        "id": of("Id"),
        "version": {"type": "integer", "minimum": 0},
        "is_asked": {"type": "boolean", "description": "Whether it was not withdrawn."},
        "approval": {"enum": ["automatic", "person", "elsewhere"]},
        "purpose": {"type": "string", "description": "The registered purpose."},
        "fields": {"type": "array", "items": field},
        "places": {"type": ["integer", "null"], "description": "How many members it takes at a time; null: as many as come."},
        "places_taken": {"type": ["integer", "null"]},
    }))
}

fn sign_up() -> Value {
    object(json!({
        "id": of("Id"),
        "form": of("Id"),
        "version": {"type": "integer", "minimum": 0, "description": "Which version of the form was answered."},
        "state": {"enum": ["waiting", "approved", "declined"]},
        "waits_for": {
            "enum": ["person", "elsewhere", "a-place", "rule", null],
            "description": "Who decides; `elsewhere` is a program with the scope `sign-ups:decide`.",
        },
        "answered_at": of("Time"),
        "decided_by": {"enum": ["rule", "person", "software", null]},
        "membership": or_null(of("Id")),
        "asked_again_at": or_null(of("Time")),
    }))
}

fn can_be_written_to() -> Value {
    json!({"type": "boolean", "description": "Whether the member named a place for messages."})
}

fn contact() -> Value {
    object(json!({
        "id": {"$ref": "#/components/schemas/Id", "description": "That of the sign-up with which it came."},
        "state": {"enum": ["waiting", "member", "ended"]},
        "form": of("Id"),
        "answered_at": of("Time"),
        "membership": or_null(of("Id")),
        "can_be_written_to": can_be_written_to(),
        "given": {"type": "array", "items": of("Detail")},
    }))
}

fn detail(with_value: bool) -> Value {
    let properties = json!({
        "claim": {"type": "string", "description": "The name of the detail; one within another by its path, joined by dots."},
        "type": {"type": "string", "description": "The credential type in which it came."},
        "word_of": {"type": "string", "description": "Whose word it is: `office DID`, `space DID`, `own` or `foreign SUBJECT`."},
        "needed": {"type": "boolean"},
        "purpose": {"type": "string"},
        "who_sees_it": {"enum": ["team", "members-here", "brand", "public"]},
        "seen_in_team": {"enum": ["team", "owner-and-managers", "owner"], "description": "Who of the team sees the value while nobody else does. Programs get what is for the whole team, or for others beside it."},
        "kept_days": {"type": ["integer", "null"], "description": "Days for which it is kept after the membership."},
        "until": or_null(of("Time")),
        "kept": {"type": "string", "description": "The same as a sentence."},
    });
    let mut detail = object(properties);
    let properties = detail.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties.filter(|_| with_value) {
        let value =
            json!({"description": "What the member gave, of any type. Absent: it is not for programs."});
        properties.insert("value".to_owned(), value);
    }
    detail
}

fn invitation() -> Value {
    object(json!({
        "id": of("Id"),
        "purpose": {"enum": ["sign-up", "here-i-am"]},
        "by": {"enum": ["team", "page"]},
        "form": or_null(of("Id")),
        "state": {"enum": ["sent", "opened", "answered", "expired"]},
        "made_at": of("Time"),
        "until": of("Time"),
        "sub": {"oneOf": [of("Id"), {"type": "null"}], "description": "The membership that answered a *Here I am*."},
    }))
}

fn new_invitation() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{"required": ["number"]}, {"required": ["email"]}],
        "properties": {
            "number": {"type": "string", "pattern": "^[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{5}$", "description": "A passport number."},
            "email": {"type": "string", "format": "email", "maxLength": 254},
            "purpose": {"enum": ["sign-up", "here-i-am"], "default": "sign-up"},
            "form": {"$ref": "#/components/schemas/Id", "description": "Of a sign-up, if there are several."},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "language": {"enum": ["en", "es"], "default": "en"},
        },
    })
}

fn membership() -> Value {
    object(json!({
        "sub": {"$ref": "#/components/schemas/Id", "description": "The random name of the membership."},
        "contact": or_null(of("Id")),
        "form": or_null(of("Id")),
        "since": of("Time"),
        "plan": {"type": "string"},
        "standing": {"enum": ["active", "ended"]},
        "ended_at": or_null(of("Time")),
    }))
}

fn reason() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": super::super::sign_ups::LONGEST_REASON,
        "description": "One line for the applicant.",
    })
}

fn decision() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["outcome"],
        "properties": {"outcome": {"enum": ["approved", "declined"]}, "reason": reason()},
    })
}

fn instead() -> Value {
    let name = json!({"type": "string", "minLength": 1});
    let in_place = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["of", "offer"],
        "properties": {"of": name, "offer": name},
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "form": {"$ref": "#/components/schemas/Id", "description": "Another form."},
            "without": {"type": "array", "maxItems": 100, "items": name, "description": "Details that are not asked for any more."},
            "instead": {"type": "array", "maxItems": 100, "items": in_place, "description": "A detail in the place of another."},
            "reason": reason(),
        },
    })
}
