//! An authorization request (OpenID Connect Core 1.0 §3.1.2, RFC 7636, RFC 9207).

use std::collections::BTreeSet;

use openid4vc::form::Form;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claims;

/// Longest `state`, in bytes: it is kept while somebody signs in.
const LONGEST_STATE: usize = 2_048;
/// Longest `nonce`, in bytes: it is kept as long, and stands in the ID token.
const LONGEST_NONCE: usize = 512;

/// What a site asks for, once it is known to be that site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Where the answer goes, as it was registered.
    pub redirect_uri: String,
    /// Goes back as it came.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// The PKCE challenge, `S256`.
    pub challenge: String,
    /// What is asked for and the site may have.
    pub claims: BTreeSet<String>,
    /// Of these, what the ID token is to hold, too.
    pub in_id_token: BTreeSet<String>,
    /// Whether it is to go on without the member (`offline_access`).
    pub offline: bool,
    /// What the member is to be asked, and what not.
    pub prompt: Prompt,
    /// How long ago the member may have signed in, in seconds.
    pub max_age: Option<i64>,
}

/// What the member is to be asked (Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// What is needed.
    #[default]
    AsNeeded,
    /// Nothing.
    None,
    /// To sign in again.
    Login,
    /// Whether the site may have it, again.
    Consent,
}

/// Why a request is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not certain where an answer may go: the person is told, and nobody is sent anywhere.
    Here(&'static str),
    /// The site is told.
    AtTheSite(Answer),
}

/// An error that goes back to the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// A registered address.
    pub redirect_uri: String,
    /// As it came.
    pub state: Option<String>,
    /// The code of the standard.
    pub code: &'static str,
    /// What was wrong, and what to do.
    pub description: &'static str,
}

/// Reads a request of the site that registered `redirect_uris` and may have the claims `may`.
///
/// # Errors
/// [`Refused::Here`] before client and address are known, [`Refused::AtTheSite`] from then on.
pub fn read(form: &Form, redirect_uris: &[String], may: &BTreeSet<String>) -> Result<Wanted, Refused> {
    let redirect_uri = form.get("redirect_uri").ok_or(Refused::Here("no redirect_uri"))?;
    if !redirect_uris.iter().any(|registered| registered == redirect_uri) {
        return Err(Refused::Here("redirect_uri is not registered"));
    }
    let state = form.get("state").filter(|state| state.len() <= LONGEST_STATE).map(str::to_owned);
    let back = Back { redirect_uri: redirect_uri.to_owned(), state };
    if form.get("state").is_some() != back.state.is_some() {
        return Err(back.says("invalid_request", "state is at most 2048 bytes long"));
    }
    if form.contains("request") {
        return Err(
            back.says("request_not_supported", "send the parameters themselves, without a request object")
        );
    }
    if form.contains("request_uri") {
        return Err(
            back.says("request_uri_not_supported", "send the parameters themselves, without request_uri")
        );
    }
    read_the_rest(form, may, back)
}

fn read_the_rest(form: &Form, may: &BTreeSet<String>, back: Back) -> Result<Wanted, Refused> {
    match form.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(back.says("unsupported_response_type", "response_type is code")),
        None => return Err(back.says("invalid_request", "response_type is missing: it is code")),
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(back.says("invalid_request", "response_mode is query"));
    }
    let scope = form.get("scope").unwrap_or_default();
    if !scope.split(' ').any(|word| word == "openid") {
        return Err(back.says("invalid_scope", "scope has openid in it, as in: openid profile email"));
    }
    if form.get("code_challenge").is_none() {
        return Err(back.says(
            "invalid_request",
            "code_challenge is missing: turn PKCE on at the site, with code_challenge_method S256",
        ));
    }
    let challenge = form.get("code_challenge").filter(|challenge| is_challenge(challenge));
    let (Some(challenge), Some("S256")) = (challenge, form.get("code_challenge_method")) else {
        return Err(back.says("invalid_request", "code_challenge is a SHA-256 by code_challenge_method S256"));
    };
    let nonce = form.get("nonce");
    if nonce.is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
        return Err(back.says("invalid_request", "nonce is at most 512 bytes long"));
    }
    let max_age = match form.get("max_age").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds)) => Some(i64::from(seconds)),
        Some(Err(_)) => return Err(back.says("invalid_request", "max_age is a number of seconds")),
    };
    let Some(prompt) = prompt(form.get("prompt").unwrap_or_default()) else {
        return Err(back.says("invalid_request", "prompt is none, or of login, consent and select_account"));
    };
    let Some((in_user_info, in_id_token)) = singled_out(form.get("claims")) else {
        return Err(back.says("invalid_request", "claims is an object with userinfo and id_token"));
    };
    let asked: BTreeSet<String> =
        claims::of_scopes(scope).into_iter().chain(in_user_info).chain(in_id_token.iter().cloned()).collect();
    Ok(Wanted {
        nonce: nonce.map(str::to_owned),
        challenge: challenge.to_owned(),
        claims: asked.intersection(may).cloned().collect(),
        in_id_token: in_id_token.intersection(may).cloned().collect(),
        offline: scope.split(' ').any(|word| word == "offline_access"),
        prompt,
        max_age,
        redirect_uri: back.redirect_uri,
        state: back.state,
    })
}

/// Where an answer goes.
struct Back {
    redirect_uri: String,
    state: Option<String>,
}

impl Back {
    fn says(&self, code: &'static str, description: &'static str) -> Refused {
        Refused::AtTheSite(Answer {
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            code,
            description,
        })
    }
}

/// base64url of a SHA-256 (RFC 7636 §4.2).
fn is_challenge(challenge: &str) -> bool {
    jose::base64url::decode_exact::<32>(challenge).is_ok()
}

/// `select_account` asks for nothing that there is here: a session is of one member.
fn prompt(text: &str) -> Option<Prompt> {
    let words: BTreeSet<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if words.contains("none") {
        return (words.len() == 1).then_some(Prompt::None);
    }
    if words.iter().any(|word| !matches!(*word, "login" | "consent" | "select_account")) {
        return None;
    }
    Some(match (words.contains("login"), words.contains("consent")) {
        (true, _) => Prompt::Login,
        (false, true) => Prompt::Consent,
        (false, false) => Prompt::AsNeeded,
    })
}

/// Names of the parameter `claims` (Core §5.5): for userinfo, and for the ID token. What is asked of a value is not looked at,
/// since nothing can be made essential here.
fn singled_out(text: Option<&str>) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let Some(text) = text else { return Some(Default::default()) };
    let asked = jose::json::parse_object(text).ok()?;
    let names = |member: &str| match asked.get(member) {
        None => Some(BTreeSet::new()),
        Some(Value::Object(claims)) => Some(claims.keys().cloned().collect()),
        Some(_) => None,
    };
    Some((names("userinfo")?, names("id_token")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "https://book.example.org/back";

    fn challenge() -> String {
        jose::base64url::encode([7; 32])
    }

    fn asked(changes: &[(&str, Option<&str>)]) -> Result<Wanted, Refused> {
        let challenge = challenge();
        let mut fields = vec![
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "s"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            fields.retain(|(field, _)| field != name);
            fields.extend(value.map(|value| (*name, value)));
        }
        let form = Form::from_query(&openid4vc::form::encode(fields)).unwrap();
        let may = ["email", "name", "birthdate"].map(str::to_owned).into();
        read(&form, &[BACK.to_owned()], &may)
    }

    /// The code that goes back to the site, with what came of it.
    fn told(wanted: Result<Wanted, Refused>) -> (&'static str, Option<String>, &'static str) {
        let Err(Refused::AtTheSite(answer)) = wanted else { panic!("{wanted:?}") };
        assert_eq!(answer.redirect_uri, BACK);
        (answer.code, answer.state, answer.description)
    }

    #[test]
    fn a_site_asks_for_what_it_may_have_and_for_nothing_else() {
        let wanted = asked(&[]).unwrap();
        assert_eq!(wanted.claims.iter().collect::<Vec<_>>(), ["birthdate", "email", "name"]);
        assert!(wanted.in_id_token.is_empty() && !wanted.offline && wanted.prompt == Prompt::AsNeeded);
        let claims = r#"{"id_token":{"email":null,"company":null},"userinfo":{"name":{"essential":true}}}"#;
        let wanted = asked(&[("scope", Some("openid offline_access")), ("claims", Some(claims))]).unwrap();
        assert_eq!(wanted.claims.iter().collect::<Vec<_>>(), ["email", "name"]);
        assert_eq!(wanted.in_id_token.iter().collect::<Vec<_>>(), ["email"]);
        assert!(wanted.offline);
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_is_not_registered_letter_by_letter() {
        assert_eq!(asked(&[("redirect_uri", None)]), Err(Refused::Here("no redirect_uri")));
        for near in [
            "https://book.example.org/back/",
            "https://book.example.org/back?x=1",
            "https://book.example.org/Back",
            "https://book.example.org.evil.example/back",
            "http://book.example.org/back",
            "",
        ] {
            let refused = asked(&[("redirect_uri", Some(near)), ("response_type", Some("token"))]);
            assert_eq!(refused, Err(Refused::Here("redirect_uri is not registered")), "{near}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_its_site_is_told_by_the_code_of_the_standard() {
        for (name, value, code) in [
            ("response_type", None, "invalid_request"),
            ("response_type", Some("token"), "unsupported_response_type"),
            ("response_type", Some("code id_token"), "unsupported_response_type"),
            ("response_mode", Some("fragment"), "invalid_request"),
            ("response_mode", Some("form_post"), "invalid_request"),
            ("scope", None, "invalid_scope"),
            ("scope", Some("email"), "invalid_scope"),
            ("code_challenge", None, "invalid_request"),
            ("code_challenge", Some("short"), "invalid_request"),
            ("code_challenge_method", None, "invalid_request"),
            ("code_challenge_method", Some("plain"), "invalid_request"),
            ("prompt", Some("none login"), "invalid_request"),
            ("prompt", Some("create"), "invalid_request"),
            ("max_age", Some("-1"), "invalid_request"),
            ("claims", Some("[]"), "invalid_request"),
            ("claims", Some(r#"{"userinfo":[]}"#), "invalid_request"),
            ("request", Some("x"), "request_not_supported"),
            ("request_uri", Some("https://x"), "request_uri_not_supported"),
        ] {
            let (told, state, description) = told(asked(&[(name, value)]));
            assert_eq!((told, state.as_deref()), (code, Some("s")), "{name} {value:?}");
            assert!(description.contains(name) || name.starts_with("code_"), "{description}");
        }
        let long = "n".repeat(LONGEST_STATE + 1);
        let nonce = long.get(..=LONGEST_NONCE);
        let (code, _, description) = told(asked(&[("nonce", nonce)]));
        assert_eq!((code, description), ("invalid_request", "nonce is at most 512 bytes long"));
        assert!(asked(&[("nonce", long.get(..LONGEST_NONCE))]).is_ok());
        let stateless = ("invalid_request", None, "state is at most 2048 bytes long");
        assert_eq!(told(asked(&[("state", Some(&long))])), stateless);
        assert!(asked(&[("state", long.get(1..))]).is_ok());
    }

    #[test]
    fn a_prompt_says_what_the_member_is_asked() {
        for (text, prompt) in [
            ("none", Prompt::None),
            ("login", Prompt::Login),
            ("login consent", Prompt::Login),
            ("consent", Prompt::Consent),
            ("select_account", Prompt::AsNeeded),
        ] {
            assert_eq!(asked(&[("prompt", Some(text))]).unwrap().prompt, prompt, "{text}");
        }
        assert_eq!(asked(&[("max_age", Some("0"))]).unwrap().max_age, Some(0));
    }
}
