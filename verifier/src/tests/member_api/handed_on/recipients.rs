//! Who may be entered, and the end of a recipient.

use outbound::{HttpClient, Policy};

use super::*;
use crate::SpaceError;
use crate::outgoing::recipients::{BOTH_SIGN, MOST_RECIPIENTS, RecipientError};
use crate::outgoing::template::TemplateError;

fn new(url: &str, claims: &[&str]) -> NewWebhook {
    NewWebhook {
        name: "Door list".to_owned(),
        url: url.to_owned(),
        events: BTreeSet::from([Event::Approved]),
        claims: claims.iter().map(|claim| (*claim).to_owned()).collect(),
    }
}

#[tokio::test]
async fn a_recipient_gets_what_forms_ask_and_the_registration_covers_at_an_address_that_is_safe() {
    let stage = Stage::new();
    let add = async |new: NewWebhook| {
        stage.space.add_webhook(new, ChangedBy::Terminal).await.map(|_| ()).map_err(|error| error.to_string())
    };
    let fine = "https://hooks.example.org/in";
    assert_eq!(add(new(fine, &["email"])).await, Ok(()));
    let here = NewWebhook { name: "Here".to_owned(), ..new("http://hooks.localhost:8000/in", &[]) };
    assert_eq!(add(here).await, Ok(()));
    for near in ["Door list", " door LIST "] {
        let same = NewWebhook { name: near.to_owned(), ..new(fine, &[]) };
        assert_eq!(add(same).await, Err(RecipientError::SameName.to_string()), "{near}");
    }
    for near in
        ["http://hooks.example.org/in", "https://a:b@hooks.example.org/", "https://hooks.example.org/#x", ""]
    {
        assert_eq!(add(new(near, &[])).await, Err(RecipientError::BadAddress.to_string()), "{near}");
    }
    let refused = add(new(fine, &["phone_number"])).await;
    assert_eq!(refused, Err(RecipientError::NotAsked("phone_number".to_owned()).to_string()));
    let refused = add(new(fine, &["address"])).await;
    assert_eq!(refused, Err(RecipientError::BeyondRegistration("address".to_owned()).to_string()));
    assert!(add(new(fine, &["number"])).await.is_err(), "a number goes nowhere");
    let nothing = NewWebhook { events: BTreeSet::new(), ..new(fine, &[]) };
    assert_eq!(add(nothing).await, Err(RecipientError::NoEvents.to_string()));
    let nameless = NewWebhook { name: " ".to_owned(), ..new(fine, &[]) };
    assert_eq!(add(nameless).await, Err(RecipientError::BadName.to_string()));
    for number in 2..MOST_RECIPIENTS {
        let other = NewWebhook { name: format!("Door list {number}"), ..new(fine, &[]) };
        assert_eq!(add(other).await, Ok(()));
    }
    assert_eq!(add(new(fine, &[])).await, Err(RecipientError::TooMany.to_string()));
}

#[tokio::test]
async fn an_address_that_would_not_be_called_is_refused_when_it_is_entered() {
    let mut stage = Stage::new();
    let template = |url: &str, token: Option<&str>| {
        let auth = token.map_or(json!("bearer"), |url| json!({"client_credentials": {"token_url": url}}));
        let text = json!({"name": "Desks", "auth": auth, "create": {"method": "POST", "url": url}});
        Template::parse(&text.to_string()).unwrap()
    };
    for (policy, fine, refused) in [
        (
            Policy::public(),
            "https://hooks.example.org/in",
            &[
                ("https://127.0.0.1/in", OutboundError::ForbiddenAddress),
                ("https://10.0.0.1/in", OutboundError::ForbiddenAddress),
                ("https://[::1]/in", OutboundError::ForbiddenAddress),
                ("https://hooks.localhost/in", OutboundError::ForbiddenAddress),
                ("http://hooks.localhost/in", OutboundError::InsecureScheme),
                ("http://127.0.0.1:8000/in", OutboundError::ForbiddenAddress),
            ][..],
        ),
        (
            Policy::development(),
            "http://hooks.localhost/in",
            &[("http://127.0.0.1:8000/in", OutboundError::ForbiddenAddress)],
        ),
    ] {
        stage.space = stage.space.clone().with_outgoing(Arc::new(HttpClient::new(policy).unwrap()));
        let space = &stage.space;
        let action = async |template: Template| {
            let made = space.add_action("", template, &SecretText::new("a:b"), ChangedBy::Terminal).await;
            made.map(|_| ()).map_err(|error| error.to_string())
        };
        for (near, why) in refused {
            let said = Err(RecipientError::NotCalled(why.clone()).to_string());
            let made = space.add_webhook(new(near, &[]), ChangedBy::Terminal).await;
            assert_eq!(made.map(|_| ()).map_err(|error| error.to_string()), said, "{near}");
            assert_eq!(action(template(near, None)).await, said, "{near}");
            assert_eq!(action(template(fine, Some(near))).await, said, "{near}");
        }
        assert!(space.recipients().await.unwrap().is_empty());
        let (made, _) = space.add_webhook(new(fine, &[]), ChangedBy::Terminal).await.unwrap();
        space.end_recipient(&made.id, ChangedBy::Terminal).await.unwrap();
    }
}

#[tokio::test]
async fn a_template_that_still_has_texts_of_nobody_is_not_entered() {
    let stage = Stage::new();
    let text = json!({"name": "YOUR-SOFTWARE", "auth": "none",
        "replace": [{"text": "YOUR-SOFTWARE", "by": "its name"}, {"text": "PLAN-ID", "by": "the plan"}],
        "create": {"method": "POST", "url": "https://desks.example.org/", "body": {"plan": "PLAN-ID"}}});
    let template = Template::parse(&text.to_string()).unwrap();
    let add = async |name: &str, template: &Template| {
        let secret = SecretText::new("");
        stage
            .space
            .add_action(name, template.clone(), &secret, ChangedBy::Terminal)
            .await
            .map(|(made, _)| made)
    };
    let standing = |refused| match refused {
        Err(RecipientError::Template(TemplateError::Unreplaced(standing))) => standing.len(),
        _ => 0,
    };
    assert_eq!(standing(add("", &template).await), 2);
    assert_eq!(standing(add("Desks", &template).await), 1, "members read another name");
    assert!(stage.space.recipients().await.unwrap().is_empty());
    let settings = BTreeMap::from([("PLAN-ID".to_owned(), "7".to_owned())]);
    assert!(add("Desks", &template.with(&settings).unwrap()).await.is_ok());
}

#[tokio::test]
async fn an_action_is_refused_without_what_it_needs_and_with_a_secret_that_is_none() {
    let stage = Stage::new();
    let template = |needs: &str, auth: Value| {
        let text = json!({"name": "Desks", "auth": auth, "create": {"method": "POST",
            "url": "https://desks.example.org/", "body": {"x": {"$detail": needs, "needed": true}}}});
        Template::parse(&text.to_string()).unwrap()
    };
    let add = async |template: Template, secret: &str| {
        let secret = SecretText::new(secret);
        let made = stage.space.add_action("Desks", template, &secret, ChangedBy::Terminal).await;
        made.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(add(template("email", json!("none")), "").await, Ok(()));
    let refused = add(template("phone_number", json!("none")), "").await;
    assert_eq!(refused, Err(RecipientError::NotAsked("phone_number".to_owned()).to_string()));
    let refused = add(template("address", json!("none")), "").await;
    assert_eq!(refused, Err(RecipientError::BeyondRegistration("address".to_owned()).to_string()));
    for (auth, near) in [("bearer", ""), ("bearer", "a\nb"), ("basic", "desk"), ("basic", ":x")] {
        assert!(add(template("email", json!(auth)), near).await.is_err(), "{auth} {near}");
    }
}

#[tokio::test]
async fn for_a_day_after_a_new_secret_both_sign() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let (made, before) = endpoint(&stage, &[]).await;
    let now = stage.space.renew_webhook_secret(&made.id, ChangedBy::Terminal).await.unwrap();
    let signed = async || {
        stage.space.send_test(&made.id).await.unwrap();
        send(&stage.space).await;
        let [request] = other.came().try_into().unwrap();
        let at: i64 = header(&request, "webhook-timestamp").parse().unwrap();
        let of = |secrets: &[&SecretText]| {
            let secrets: Vec<_> =
                secrets.iter().map(|one| WebhookSecret::parse(one.expose()).unwrap()).collect();
            signatures(&secrets, &header(&request, "webhook-id"), at, &request.body)
        };
        (header(&request, "webhook-signature"), of(&[&now, &before]), of(&[&now]))
    };
    let (signature, both, _) = signed().await;
    assert_eq!(signature, both);
    stage.clock.advance(BOTH_SIGN);
    let (signature, _, alone) = signed().await;
    assert_eq!(signature, alone);
    let unknown = stage.space.renew_webhook_secret("nothing", ChangedBy::Terminal).await;
    assert!(matches!(unknown, Err(RecipientError::Space(SpaceError::NoSuch("recipient")))));
}

#[tokio::test]
async fn a_recipient_that_ends_hears_of_nobody_new_and_of_the_others_to_their_end() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let (made, _) = endpoint(&stage, &["email"]).await;
    let sign_up = member(&stage, 0).await;
    send(&stage.space).await;
    other.came();
    assert_eq!(stage.space.recipients_told().await.unwrap()[0].name, "Door list");
    assert_eq!(stage.space.end_recipient(&made.id, ChangedBy::Terminal).await.unwrap(), 1);
    assert_eq!(stage.space.recipients_told().await.unwrap(), []);
    member(&stage, 100).await;
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);
    let keys = stage.sealing_keys();
    leave(&stage, &access(&stage, 0).await.1).await;
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["membership.ended", "person.erased"]);
    assert!(bodies.iter().all(|body| body["data"].get("values").is_none()), "{bodies:?}");
    assert_eq!(bodies[1]["data"]["person"], json!(sign_up.id));
    assert_eq!(stage.space.recipients().await.unwrap(), []);
    work(&stage).await;
    assert!(stage.sealing_keys() < keys - 1, "its secret went with it");

    // One to whom nobody went goes at once.
    let (made, _) = endpoint(&stage, &[]).await;
    assert_eq!(stage.space.end_recipient(&made.id, ChangedBy::Terminal).await.unwrap(), 0);
    assert_eq!(stage.space.recipients().await.unwrap(), []);
}

#[tokio::test]
async fn a_test_is_about_nobody_and_is_tried_once_and_who_wants_nothing_more_is_left_alone() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let (made, _) = endpoint(&stage, &[]).await;
    other.will_answer([Err(OutboundError::ForbiddenAddress)]);
    stage.space.send_test(&made.id).await.unwrap();
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!((types(&bodies), &bodies[0]["data"]), (vec!["test"], &json!({})));
    stage.clock.advance(DAY);
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), [], "it concerned nobody");
    assert_eq!(of_event(&stage, Event::Test).await.last.unwrap().code.as_deref(), Some("not_public"));

    other.will_answer([Ok(status(410))]);
    member(&stage, 0).await;
    send(&stage.space).await;
    let [open] = stage.space.unconfirmed(10).await.unwrap().try_into().unwrap();
    assert_eq!((open.event, open.state), (Event::SignedUp, State::GivenUp), "410 is a no for good");
}
