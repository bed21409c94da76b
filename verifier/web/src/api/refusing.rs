//! What the API says no to, in one shape: `{"error", "error_description"}`, as every other address of the network.

use http::StatusCode;
use verifier::SpaceError;
use verifier::invitations::InviteError;
use verifier::invitations::post::Obstacle;
use web::ApiError;

use crate::commands::counter_offers::NotAsked;
use crate::commands::inviting::NotInvited;
use crate::site::Failed;

/// Why something of the space is not done.
pub(super) fn refused(error: SpaceError) -> ApiError {
    let sentence = error.to_string();
    let conflict = |code| ApiError::new(StatusCode::CONFLICT, code, sentence.clone());
    match error {
        SpaceError::AlreadyDecided => conflict("already_decided"),
        SpaceError::NoPlace => conflict("no_place"),
        SpaceError::EnoughCopies => conflict("enough_copies"),
        SpaceError::NoInbox => conflict("no_inbox"),
        SpaceError::NotYours => ApiError::new(
            StatusCode::FORBIDDEN,
            "not_yours",
            "software decides where the form says \"approval\": \"elsewhere\", and the form of this sign-up says another; change it in the \
             console under Rules, or let whoever it names decide",
        ),
        SpaceError::Left => ApiError::new(StatusCode::FORBIDDEN, "space_left", sentence),
        SpaceError::OtherRequest => {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_used", sentence)
        }
        SpaceError::OfferedTooOften => ApiError::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", sentence),
        error => Failed::from(error).into(),
    }
}

/// Why an applicant is not asked for something else. What was sent does not come back in it.
pub(super) fn not_asked(error: NotAsked) -> ApiError {
    let wrong = |sentence: &str| ApiError::bad_request("invalid_request", sentence.to_owned());
    match error {
        NotAsked::Space(error @ SpaceError::NothingElse) => wrong(&error.to_string()),
        NotAsked::Space(SpaceError::NotOnTheForm(_)) => {
            wrong("without and instead: name details that the form asks, as GET /api/v1/forms lists them")
        }
        NotAsked::Space(SpaceError::NoSuchForm(_)) => wrong("form: this space has no form of that name"),
        NotAsked::Space(SpaceError::Form(_)) => {
            wrong("what would be left is no form that can be asked: ask for at least one detail, each once")
        }
        NotAsked::Space(SpaceError::BeyondRegistration(_)) => {
            wrong("instead: the registration of this space does not cover what is to be asked")
        }
        NotAsked::Space(error) => refused(error),
        NotAsked::Ask(error) => Failed::from(error).into(),
    }
}

/// Why nobody is invited.
pub(super) fn not_invited(error: NotInvited) -> ApiError {
    let sentence = error.to_string();
    match error {
        NotInvited::Invite(InviteError::AlreadyOpen) => {
            ApiError::new(StatusCode::CONFLICT, "already_open", sentence)
        }
        NotInvited::Invite(InviteError::TooMany) => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", sentence)
        }
        NotInvited::Invite(InviteError::Obstacle(Obstacle::NotAdmitted)) => {
            ApiError::new(StatusCode::FORBIDDEN, "not_admitted", sentence)
        }
        NotInvited::Invite(InviteError::Obstacle(Obstacle::NoList | Obstacle::NoNetwork)) => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", sentence)
        }
        NotInvited::Invite(InviteError::Space(SpaceError::NoSuchForm(_))) => {
            ApiError::bad_request("invalid_request", "this space has no form of that name")
        }
        NotInvited::Invite(InviteError::Space(error)) => refused(error),
        _ => ApiError::bad_request("invalid_request", sentence),
    }
}
