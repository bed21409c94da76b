use serde_json::json;

use super::super::response::Submission;
use super::super::testing::{STATE, scene};
use super::*;
use crate::secret::SecretText;

fn respond(status: u16, body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.as_bytes().to_vec() }
}

#[test]
fn an_encrypted_answer_opens_with_the_verifiers_key_and_holds_what_was_chosen() {
    let scene = scene();
    let presentations = scene.presentations();
    let request = answer(&scene.request(), presentations.clone()).unwrap();
    let submission = Submission::parse(request.header("content-type"), &request.body).unwrap();
    let Submission::Encrypted(sealed) = &submission else { panic!("encrypted") };
    let header = jwe::header(sealed.token()).unwrap();
    assert_eq!((&header["kid"], &header["enc"]), (&json!("k"), &json!("A256GCM")));
    let opened = submission.open(ResponseMode::DirectPostJwt, Some(&scene.encryption)).unwrap();
    assert_eq!(opened.state.as_deref(), Some(STATE));
    assert_eq!(opened.content, Content::VpToken(VpToken::new(presentations).unwrap()));
}

#[test]
fn a_readable_answer_is_a_form() {
    let scene = scene();
    let plain = scene.read_with(&[("response_mode", json!("direct_post"))]).unwrap();
    let request = answer(&plain, scene.presentations()).unwrap();
    let submission = Submission::parse(request.header("content-type"), &request.body).unwrap();
    let opened = submission.open(ResponseMode::DirectPost, None).unwrap();
    let Content::VpToken(token) = opened.content else { panic!("a token") };
    // Signatures differ from one presentation to the next: the queries answered are compared.
    let answered: Vec<(&str, usize)> = token.iter().map(|(id, list)| (id, list.len())).collect();
    assert_eq!(answered, [("own", 1), ("profile", 1)]);
}

#[test]
fn nothing_is_sent_that_could_not_be_accepted() {
    let scene = scene();
    let mut incomplete = scene.presentations();
    incomplete.remove("profile");
    let error = answer(&scene.request(), incomplete).unwrap_err();
    assert_eq!(error, AnswerError::NotSatisfied(NotSatisfied::RequiredSet(0)));
    let mut twice = scene.presentations();
    twice.get_mut("own").unwrap().push("x".to_owned());
    let error = answer(&scene.request(), twice).unwrap_err();
    assert!(matches!(error, AnswerError::NotSatisfied(NotSatisfied::TooManyPresentations(_))));
}

#[test]
fn a_refusal_is_readable_and_says_only_its_code() {
    let scene = scene();
    let request = refuse(&scene.request(), Refusal::AccessDenied);
    let form = form::Form::parse(request.header("content-type"), &request.body).unwrap();
    assert_eq!(form.iter().collect::<Vec<_>>(), [("error", "access_denied"), ("state", STATE)]);
}

#[test]
fn after_a_success_only_usable_addresses_are_kept() {
    let good = respond(
        200,
        r#"{"redirect_uri":"https://kiln.example/back#code=x","sharing_proof_uri":"https://kiln.example/p"}"#,
    );
    let read = reply(&good).unwrap();
    assert_eq!(read.redirect_uri.as_deref(), Some("https://kiln.example/back#code=x"));
    assert_eq!(read.sharing_proof_uri.as_deref(), Some("https://kiln.example/p"));
    for bad in [
        "javascript:alert(1)",
        "http://kiln.example/",
        "https://kiln.example/\u{202e}",
        "https://kiln.example/#\u{1b}[2J",
    ] {
        let body = json!({"redirect_uri": bad}).to_string();
        assert_eq!(reply(&respond(200, &body)).unwrap(), Reply::default(), "{bad}");
    }
    assert_eq!(reply(&respond(200, "<html></html>")).unwrap(), Reply::default());
}

#[test]
fn an_offer_beside_the_reply_is_a_link_for_wallets_under_the_name_that_verifiers_write() {
    let link = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Foffice.example%2Fo";
    let said = Reply { credential_offer: Some(link.to_owned()), ..Reply::default() };
    assert_eq!(reply(&respond(200, &said.to_value().to_string())).unwrap(), said);
    for (name, value) in [
        ("credential_offer", json!("https://office.example/o")),
        ("credential_offer", json!("openid-credential-offer:x")),
        ("credential_offer", json!("openid-credential-offer://?a=\u{1b}[2J")),
        ("credential_offer", json!({"credential_issuer": "https://office.example"})),
        ("credential_offer_uri", json!(link)),
    ] {
        let body = json!({name: value}).to_string();
        assert_eq!(reply(&respond(200, &body)).unwrap(), Reply::default(), "{name} {value}");
    }
}

#[test]
fn the_way_into_the_member_api_is_read_as_it_is_written_and_only_with_a_bound_token() {
    let access = MemberAccess {
        uri: "https://kiln.example/member".to_owned(),
        access_token: SecretText::new("token"),
        expires_in: 600,
    };
    let said = Reply { member_api: Some(access), ..Reply::default() };
    let value = said.to_value();
    assert_eq!(value["member_api"]["token_type"], "DPoP");
    assert_eq!(reply(&respond(200, &value.to_string())).unwrap(), said);
    for (name, bad) in [
        ("token_type", json!("Bearer")),
        ("access_token", json!("a b")),
        ("access_token", json!("")),
        ("access_token", json!("x".repeat(1_025))),
        ("uri", json!("http://kiln.example/member")),
        ("expires_in", json!(0)),
        ("expires_in", json!("600")),
    ] {
        let mut near = value.clone();
        near["member_api"][name] = bad.clone();
        assert_eq!(reply(&respond(200, &near.to_string())).unwrap(), Reply::default(), "{name} {bad}");
    }
}

#[test]
fn a_refusal_or_redirect_of_the_verifier_is_an_error() {
    let refused = ReplyError::Refused { code: "invalid_request".to_owned() };
    assert_eq!(reply(&respond(400, r#"{"error":"invalid_request"}"#)), Err(refused));
    assert_eq!(reply(&respond(307, "{}")), Err(ReplyError::Status(307)));
    assert_eq!(reply(&respond(400, r#"{"error":"\u001b"}"#)), Err(ReplyError::Status(400)));
    assert_eq!(reply(&respond(500, r#"{"error":"server_error"}"#)), Err(ReplyError::Status(500)));
}

#[test]
fn a_verifier_that_cannot_take_an_answer_now_is_told_from_one_that_refuses_it() {
    const UNAVAILABLE: &str = r#"{"error":"temporarily_unavailable"}"#;
    let asked = |status: u16, body: &str, seconds: Option<&str>| {
        let mut response = respond(status, body);
        response.headers.extend(seconds.map(|seconds| ("Retry-After".to_owned(), seconds.to_owned())));
        reply(&response).unwrap_err()
    };
    let later = |retry_after| ReplyError::Later { retry_after };
    assert_eq!(asked(503, UNAVAILABLE, Some("60")), later(Some(60)));
    assert_eq!(asked(503, UNAVAILABLE, Some(" 2 ")), later(Some(2)));
    assert_eq!(asked(429, r#"{"error":"slow_down"}"#, Some("5")), later(Some(5)));
    assert_eq!(asked(429, "", None), later(None));
    for no_number in ["Fri, 31 Dec 1999 23:59:59 GMT", "-1", "soon", "99999999999999999999"] {
        assert_eq!(asked(503, UNAVAILABLE, Some(no_number)), later(None), "{no_number}");
    }
    // The code alone is none, nor the status alone: something before the verifier may have said it.
    let refused = ReplyError::Refused { code: "temporarily_unavailable".to_owned() };
    assert_eq!(asked(400, UNAVAILABLE, Some("60")), refused);
    for (status, body) in [(503, "<html>"), (503, r#"{"error":"server_error"}"#), (500, UNAVAILABLE)] {
        assert_eq!(asked(status, body, Some("60")), ReplyError::Status(status), "{body}");
    }
}

#[test]
fn of_a_server_that_failed_nobody_knows_whether_it_took_the_answer() {
    for status in [500, 502, 503, 504, 520] {
        assert!(reply(&respond(status, "<html>")).unwrap_err().leaves_open_whether_taken(), "{status}");
    }
    for (status, body) in [(302, ""), (404, ""), (400, r#"{"error":"invalid_request"}"#), (429, "")] {
        assert!(!reply(&respond(status, body)).unwrap_err().leaves_open_whether_taken(), "{status}");
    }
}

#[test]
fn an_answer_goes_again_as_it_went() {
    let scene = scene();
    let first = answer(&scene.request(), scene.presentations()).unwrap();
    let form = String::from_utf8(first.body.clone()).unwrap();
    assert!(again(&first.url, &form) == first);
}
