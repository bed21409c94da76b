//! The link in the mail: only the button on its own page confirms, once, for a day.

use super::*;

/// The path of the link in the newest mail.
fn link(world: &World) -> String {
    let mail = world.scene.mails.mails().pop().expect("a mail");
    let link = mail.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    link.strip_prefix(ORIGIN).unwrap().to_owned()
}

/// The cookie and the token of the page behind `path`.
async fn page(world: &World, path: &str) -> (String, String) {
    let page = world.get(path).await;
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    (cookie, world::between(&page.text, "name=\"csrf\" value=\"", "\"").to_owned())
}

fn press(path: &str, cookie: Option<&str>, body: &str) -> Request<Body> {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_press_that_is_not_of_the_links_own_page_confirms_nothing() {
    let world = World::new();
    applied(&world, &world.scene.key()).await;
    world.work().await;
    let path = link(&world);
    let ((cookie, csrf), (_, others)) = (page(&world, &path).await, page(&world, &path).await);
    let (good, foreign) = (format!("csrf={csrf}"), format!("csrf={others}"));
    let cases = [
        ("no session", None, good.as_str()),
        ("no token", Some(cookie.as_str()), ""),
        ("an empty token", Some(&cookie), "csrf="),
        ("another session's token", Some(&cookie), &foreign),
        ("a token that is none", Some(&cookie), "csrf=AAAA"),
    ];
    for (case, cookie, body) in cases {
        refused(&world, || press(&path, cookie, body), (403, "none"), case).await;
    }
    let from_elsewhere = || {
        let mut request = press(&path, Some(&cookie), &good);
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        request
    };
    refused(&world, from_elsewhere, (403, "none"), "a page of another host").await;
    let twice = format!("{good}&{good}");
    refused(&world, || press(&path, Some(&cookie), &twice), (400, "invalid_request"), "the token twice")
        .await;
    let as_json = || {
        let request = Request::post(&path).header(header::COOKIE, &cookie);
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap()
    };
    refused(&world, as_json, (415, "invalid_request"), "JSON").await;
    assert_eq!(application(&world).await.stage, Stage::AwaitingLinkAndLog);
    assert_eq!(world.send(press(&path, Some(&cookie), &good)).await.status, StatusCode::OK);
    assert_eq!(application(&world).await.stage, Stage::AwaitingLog);
}

#[tokio::test]
async fn a_link_that_never_was_is_used_up_or_is_old_is_gone() {
    let world = World::new();
    applied(&world, &world.scene.key()).await;
    world.work().await;
    let path = link(&world);
    let (cookie, csrf) = page(&world, &path).await;
    let body = format!("csrf={csrf}");
    let guessed = ["/email/guessed".to_owned(), format!("{path}x"), "/email/..%2Fpassport".to_owned()];
    for never in &guessed {
        refused(&world, || get(never), (410, "none"), never).await;
        refused(&world, || press(never, Some(&cookie), &body), (410, "none"), never).await;
    }
    assert_eq!(world.send(press(&path, Some(&cookie), &body)).await.status, StatusCode::OK);
    refused(&world, || get(&path), (410, "none"), "used up").await;
    refused(&world, || press(&path, Some(&cookie), &body), (410, "none"), "used up").await;

    let world = World::new();
    applied(&world, &world.scene.key()).await;
    world.work().await;
    let path = link(&world);
    let (cookie, csrf) = page(&world, &path).await;
    world.scene.clock.advance(scene::A_DAY);
    for answered in world.both(|| get(&path)).await {
        assert_eq!(answered.status, StatusCode::GONE);
    }
    let late = world.send(press(&path, Some(&cookie), &format!("csrf={csrf}"))).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert_eq!(application(&world).await.stage, Stage::AwaitingLinkAndLog, "nothing was confirmed");
}

#[tokio::test]
async fn whoever_gets_the_mail_unasked_reads_what_the_button_does_and_that_nothing_is_to_be_done() {
    let world = World::new();
    applied(&world, &world.scene.key()).await;
    world.work().await;
    let mail = world.scene.mails.mails().pop().expect("a mail");
    for sentence in [
        "Somebody, probably you, asked Test office for a network passport with this e-mail address.",
        "If it was not you, do nothing and pass the link on to nobody.",
    ] {
        assert!(plain(&mail.text).contains(sentence), "{}", mail.text);
    }
    for (language, sentences) in [
        (
            "en",
            [
                "Somebody asked Test office for a network passport with the e-mail address to which the link to this page was sent.",
                "Then the checked details of whoever asked say that this address is theirs.",
                "Then do nothing. Without you no passport is given, and Test office erases what it has after a day.",
                ">Confirm my address for my passport</button>",
            ],
        ),
        (
            "es",
            [
                "Alguien pidió a Test office un pasaporte de la red con la dirección de correo a la que se envió el enlace de esta página.",
                "Los datos comprobados de quien lo pidió dirán que esta dirección es suya.",
                "Entonces no hagas nada. Sin ti no se da ningún pasaporte, y Test office borra lo que tiene al cabo de un día.",
                ">Confirmar mi dirección para mi pasaporte</button>",
            ],
        ),
    ] {
        let request = Request::get(link(&world)).header("accept-language", language);
        let page = world.send(request.body(Body::empty()).unwrap()).await;
        for sentence in sentences {
            assert!(plain(&page.text).contains(sentence), "{sentence}: {}", page.text);
        }
    }
    // And so it is: who does nothing gives nothing.
    world.scene.clock.advance(scene::A_DAY + 60);
    world.work().await;
    let ended = application(&world).await;
    assert_eq!((ended.stage, ended.values), (Stage::Ended, None));
    let passports = world.scene.tenant().list::<Passport>(Range::all(), 1).await.unwrap().items;
    assert!(passports.is_empty());
}

/// Without the marks that keep the directions of inserted text apart.
fn plain(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}
