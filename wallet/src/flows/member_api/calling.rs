//! The way into a space's API: a copy of its membership is shown to it, and the token it gives is bound to that copy's key.

use credentials::types;
use network::member_api::{Details, PATH, Refusal, RequestMade};
use openid4vc::http::{Request, Response};
use openid4vc::vp::link::Link;
use openid4vc::vp::response::MemberAccess;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::MemberApiError;
use crate::carrier::send;
use crate::flows::accept::with_proof;
use crate::flows::origin::is_same_origin;
use crate::flows::present::PresentOptions;
use crate::flows::refill::Renewing;
use crate::keys::HolderKey;
use crate::records::{Copy, KeptAccess, SpaceView};
use crate::wallet::Wallet;

/// A token is not used any more so many seconds before its end.
const MARGIN: i64 = 15;
/// The longest text of a space that is shown, in characters.
const LONGEST_TEXT: usize = 500;
/// The code by which a space refuses what comes under an identifier that stands for something else.
pub(super) const ID_USED: &str = "id_used";

impl Wallet {
    /// The space that the member means: by DID, host or name.
    pub(super) async fn space_named(&self, name: &str) -> Result<SpaceView, MemberApiError> {
        let mut spaces = self.known_spaces().await?;
        // A team may have added the member by hand: then there is a membership, and no record of anything that was given.
        for space in self.spaces_of_memberships().await? {
            if !spaces.iter().any(|known| known.id == space.id) {
                spaces.push(space);
            }
        }
        let exact = spaces.iter().find(|space| space.id == name || space.host == name);
        if let Some(space) = exact {
            return Ok(space.clone());
        }
        let mut named = spaces.into_iter().filter(|space| space.name.eq_ignore_ascii_case(name));
        let first = named.next().ok_or_else(|| MemberApiError::UnknownSpace(name.to_owned()))?;
        match named.next() {
            None => Ok(first),
            Some(_) => Err(MemberApiError::SeveralSpaces(name.to_owned())),
        }
    }

    /// Everything that a space holds of the member, by its own account.
    ///
    /// # Errors
    /// See [`MemberApiError`].
    pub async fn held_at(&self, space: &str) -> Result<Details, MemberApiError> {
        let space = self.space_named(space).await?;
        let access = self.access_to(&space.id).await?;
        let details = match self.details(&access).await {
            Err(MemberApiError::NoAccess) => self.details(&self.new_access_to(&space.id).await?).await,
            other => other,
        };
        self.look_after_copies_if_possible().await;
        details
    }

    pub(super) async fn details(&self, access: &KeptAccess) -> Result<Details, MemberApiError> {
        let url = format!("{}/details", access.uri);
        self.call(access, Request::get(url, "application/json")).await
    }

    /// A way in that still counts, or a new one.
    pub(super) async fn access_to(&self, space: &str) -> Result<KeptAccess, MemberApiError> {
        let kept = self.vault.get::<KeptAccess>(space).await?;
        match kept.filter(|access| access.until > self.now().plus(MARGIN).seconds()) {
            Some(access) => Ok(access),
            None => self.new_access_to(space).await,
        }
    }

    /// Shows the space a copy of its membership, and nobody else.
    pub(super) async fn new_access_to(&self, space: &str) -> Result<KeptAccess, MemberApiError> {
        self.check_not_left_by_id(space).await?;
        self.vault.batch().delete::<KeptAccess>(space).commit().await?;
        let issuer = self.membership_of(space).await?;
        let url = format!("{}{PATH}/requests", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| MemberApiError::Malformed)?;
        let answer = self.fetch.fetch(outbound::Request::post_json(url, &serde_json::json!({}))).await?;
        let made: RequestMade = read(answer.status.as_u16(), &answer.body)?;
        let link = at_space(&made.link, &issuer)?;
        let consent = Renewing { vct: types::MEMBERSHIP.to_owned() };
        let taken = self.present_to(&link, &PresentOptions::default(), &consent, Some(space)).await?;
        // Nothing is decided about it, or offered for it.
        if let Some(follow_up) = &taken.follow_up {
            self.await_proof_alone(self.vault.batch(), follow_up).await?.commit().await?;
        }
        self.vault.get::<KeptAccess>(space).await?.ok_or(MemberApiError::NoAccess)
    }

    /// Keeps the way in that came with the reply of an admitted space, if it leads to that very space.
    pub(in crate::flows) async fn keep_access(
        &self,
        space: &str,
        asked: &str,
        given: &MemberAccess,
        key: &HolderKey,
    ) -> Result<(), crate::vault::VaultError> {
        if !is_same_origin(&given.uri, asked) {
            return Ok(());
        }
        let access = KeptAccess {
            space: space.to_owned(),
            uri: given.uri.trim_end_matches('/').to_owned(),
            token: given.access_token.expose().to_owned(),
            key: key.kept(),
            until: self.now().plus(given.expires_in).seconds(),
        };
        self.vault.put(&access).await
    }

    /// The address of the space, by the membership that it issued.
    pub(super) async fn membership_of(&self, space: &str) -> Result<String, MemberApiError> {
        let copies = self.vault.list::<Copy>().await?;
        let mut held = copies.iter().flat_map(|copy| &copy.credentials);
        let membership = held.find(|one| {
            one.vct == types::MEMBERSHIP && one.issuer_did.as_deref() == Some(space) && one.network.is_some()
        });
        membership.map(|one| one.issuer.clone()).ok_or_else(|| MemberApiError::NoMembership(space.to_owned()))
    }

    /// Posts something to the API.
    pub(super) async fn post_to_member_api<T: DeserializeOwned>(
        &self,
        access: &KeptAccess,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, MemberApiError> {
        let body = serde_json::to_vec(body).map_err(|_| MemberApiError::Malformed)?;
        let request = Request::post(format!("{}/{path}", access.uri), "application/json", body);
        self.call(access, request).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        access: &KeptAccess,
        request: Request,
    ) -> Result<T, MemberApiError> {
        let key = access.key.holder_key()?;
        let request = request.with_header("authorization", format!("DPoP {}", access.token));
        let request = with_proof(self, request, &key, Some(&access.token), None).await?;
        let Response { status, body, .. } = send(self.fetch.as_ref(), request).await?;
        read(status, &body)
    }
}

/// A link to a request at the space itself: nothing is fetched where it points to otherwise.
pub(super) fn at_space(link: &str, address: &str) -> Result<String, MemberApiError> {
    match Link::parse(link).map_err(|_| MemberApiError::Malformed)? {
        Link::Reference { request_uri, .. } if is_same_origin(&request_uri, address) => Ok(link.to_owned()),
        _ => Err(MemberApiError::Malformed),
    }
}

fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, MemberApiError> {
    match status {
        200 => jose::json::parse_as(body).map_err(|_| MemberApiError::Malformed),
        401 | 404 => Err(MemberApiError::NoAccess),
        _ => Err(match jose::json::parse_as::<Refusal>(body) {
            Ok(refusal) if is_of_member_api(status, &refusal.error) => MemberApiError::Refused {
                sentence: sentence(&refusal),
                code: refusal.error,
                claims: refusal.claims,
            },
            _ => MemberApiError::NotNow(status),
        }),
    }
}

/// Whether a refusal is one that the member API gives for good (specs/member-api.md §4). Any other says nothing about what was asked:
/// whatever stands at the address for a while, a proxy or a process that serves the name no more (421), answers in the same form.
fn is_of_member_api(status: u16, code: &str) -> bool {
    match status {
        400 => matches!(
            code,
            "invalid_request"
                | "not_held"
                | "unknown_audience"
                | "until_too_soon"
                | "until_too_late"
                | "not_changeable"
        ),
        403 => code == "membership_ended",
        409 => code == ID_USED,
        _ => false,
    }
}

/// The space's sentence; where that tells a program what to call, what a member does instead.
fn sentence(refusal: &Refusal) -> String {
    match refusal.error.as_str() {
        "not_held" => {
            "it does not hold what is named (`passport wallet space see` says what it holds)".to_owned()
        }
        _ => plain(&refusal.error_description, LONGEST_TEXT),
    }
}

/// A text of the space without what turns a terminal around, and not endless.
fn plain(text: &str, longest: usize) -> String {
    text.chars().filter(|symbol| !symbol.is_control()).take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_lies_elsewhere_is_not_fetched() {
        let client = format!("x509_hash%3A{}", "A".repeat(43));
        let link = |at: &str| format!("openid4vp://?client_id={client}&request_uri={at}");
        let here = link("https%3A%2F%2Fkiln.example%2Frequest%2F1");
        assert_eq!(at_space(&here, "https://kiln.example").unwrap(), here);
        let there = link("https%3A%2F%2Fkiln.example.evil.example%2Frequest%2F1");
        for wrong in [there.as_str(), "openid4vp://?client_id=x", "nonsense"] {
            assert!(
                matches!(at_space(wrong, "https://kiln.example"), Err(MemberApiError::Malformed)),
                "{wrong}"
            );
        }
    }

    #[test]
    fn refusals_are_told_from_what_may_work_later() {
        let body =
            br#"{"error":"not_changeable","error_description":"no \u001b[2J such","claims":["phone"]}"#;
        let Err(MemberApiError::Refused { code, sentence, claims }) = read::<Details>(400, body) else {
            panic!("a refusal")
        };
        assert_eq!(
            (code.as_str(), sentence.as_str(), claims),
            ("not_changeable", "no [2J such", vec!["phone".to_owned()])
        );
        let to_programs = br#"{"error":"not_held","error_description":"`GET /member/details` says what it holds","claims":["phone"]}"#;
        let told = read::<Details>(400, to_programs).unwrap_err().to_string();
        assert!(told.contains("`passport wallet space see`") && !told.contains("GET"), "{told}");
        assert!(matches!(read::<Details>(401, body), Err(MemberApiError::NoAccess)));
        assert!(matches!(read::<Details>(429, body), Err(MemberApiError::NotNow(429))));
        assert!(matches!(read::<Details>(503, b""), Err(MemberApiError::NotNow(503))));
        assert!(matches!(read::<Details>(200, b"{"), Err(MemberApiError::Malformed)));
    }

    #[test]
    fn a_refusal_counts_with_a_status_and_a_code_of_the_member_api_alone() {
        let answered = |status: u16, code: &str| {
            let body = format!(r#"{{"error":"{code}","error_description":"no"}}"#);
            read::<Details>(status, body.as_bytes()).unwrap_err()
        };
        for (status, code) in [
            (400, "invalid_request"),
            (400, "not_held"),
            (400, "unknown_audience"),
            (400, "until_too_soon"),
            (400, "until_too_late"),
            (400, "not_changeable"),
            (403, "membership_ended"),
            (409, ID_USED),
        ] {
            let refused = answered(status, code);
            assert!(matches!(&refused, MemberApiError::Refused { code: said, .. } if said == code), "{code}");
            assert!(refused.is_final(), "{code}");
            assert_eq!(refused.is_a_no(), code != ID_USED, "{code}");
        }
        for (status, code) in [
            (421, "invalid_request"),
            (408, "invalid_request"),
            (425, "invalid_request"),
            (405, "invalid_request"),
            (413, "invalid_request"),
            (415, "invalid_request"),
            (429, "too_many"),
            (400, "membership_ended"),
            (400, "anything_else"),
            (403, "invalid_request"),
            (403, "not_held"),
            (409, "not_held"),
            (503, "not_held"),
        ] {
            let later = answered(status, code);
            assert!(matches!(later, MemberApiError::NotNow(said) if said == status), "{status} {code}");
            assert!(!later.is_final(), "{status} {code}");
        }
    }
}
