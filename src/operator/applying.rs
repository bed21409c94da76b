//! Applications over HTTP: taking them, telling what became of them, and the two proofs, each of which asks somebody else.

use std::sync::Arc;
use std::time::Duration;

use ::operator::application::{Found, WELL_KNOWN};
use ::operator::{Look, Operator, OperatorError};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use did::{Did, Relationship, Resolve};
use outbound::mail::{Deliver, Mail};
use outbound::{Fetch, Request, is_development_host, scheme_for_host};
use tokio::task::JoinSet;
use url::Url;
use web::errors::ApiError;
use web::limits::{limited, limited_within};
use web::page::{ErrorPage, Page};
use web::{Language, Words};

use super::admissions::{answer, refusal};

/// Looks of a client within a minute at what became of an application.
const REQUESTS: u32 = 30;
/// Applications of a client at once, regained within an hour. One that proves nothing keeps its place for ten minutes: so one client
/// takes few of the places, however it goes on.
const APPLICATIONS: u32 = 10;
const HOUR: Duration = Duration::from_secs(3_600);
/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_secs(2);
/// How long a host may take, and how much it may say: a proof is a line.
const TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST: usize = 256;

#[derive(Template)]
#[template(path = "apply.html")]
struct Confirm {
    words: Words,
    text: String,
    action: String,
}

/// The addresses.
pub(crate) fn router(operator: &Arc<Operator>) -> Router {
    let [taking, telling, showing, confirming] = [(); 4].map(|()| Arc::clone(operator));
    let taken = Router::new().route(
        "/admission/applications",
        post(move |headers: HeaderMap, body: Bytes| async move {
            answer(&headers, body, move |compact| taking.apply(compact)).await
        }),
    );
    let routes = Router::new()
        .route("/admission/applications/{id}", get(move |Path(id): Path<String>| tell(telling, id)))
        .route(
            "/admission/email/{link}",
            get(move |Path(link): Path<String>, words: Words| show(showing, link, words))
                .post(move |Path(link): Path<String>, words: Words| confirm(confirming, link, words)),
        );
    limited_within(taken, APPLICATIONS, HOUR).merge(limited(routes, REQUESTS))
}

/// Off the async threads: it reads and writes files.
async fn blocking<T: Send + 'static>(
    operator: Arc<Operator>,
    act: impl FnOnce(&Operator) -> Result<T, OperatorError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(move || act(&operator)).await;
    done.map_err(|_| ApiError::internal())?.map_err(|error| refusal(&error))
}

async fn tell(operator: Arc<Operator>, id: String) -> Result<Response, ApiError> {
    let told = blocking(operator, move |operator| operator.application(&id)).await?;
    let body = serde_json::to_string(&told).map_err(|_| ApiError::internal())?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body)
        .into_response())
}

/// The page behind the link in the mail. Looking uses nothing up: programs that look at mails open links, too. The link is the secret, so
/// that nobody can press the button who was not sent it.
async fn show(operator: Arc<Operator>, link: String, words: Words) -> Response {
    let network = operator.descriptor().name().to_owned();
    let action = format!(
        "/admission/email/{}",
        url::form_urlencoded::byte_serialize(link.as_bytes()).collect::<String>()
    );
    match blocking(operator, move |operator| operator.behind_link(&link)).await {
        Ok((party, host)) => {
            let text =
                words.say_with("apply-text", &[("party", &party), ("host", &host), ("network", &network)]);
            Page::new(words, words.say("apply-title"), Confirm { words, text, action })
                .of_site(network)
                .into_response()
        }
        Err(_) => ended(words, "gone", StatusCode::GONE),
    }
}

async fn confirm(operator: Arc<Operator>, link: String, words: Words) -> Response {
    match blocking(operator, move |operator| operator.confirm_link(&link)).await {
        Ok(()) => ended(words, "done", StatusCode::OK),
        Err(_) => ended(words, "gone", StatusCode::GONE),
    }
}

fn ended(words: Words, how: &str, status: StatusCode) -> Response {
    let title = words.say(&format!("apply-{how}-title"));
    let body = ErrorPage::of(title.clone(), words.say(&format!("apply-{how}-text")));
    (status, Page::new(words, title, body)).into_response()
}

/// What proves hosts and addresses, for as long as the operator is served.
#[derive(Clone)]
pub(crate) struct Proving {
    /// The operator.
    pub(crate) operator: Arc<Operator>,
    /// The guarded client: no address of a network within, no redirect, a short answer.
    pub(crate) fetch: Arc<dyn Fetch>,
    /// Reads DID documents by it.
    pub(crate) resolver: Arc<dyn Resolve>,
    /// Takes mails; without it, addresses are not proven, and a person decides.
    pub(crate) mailer: Option<Arc<dyn Deliver>>,
}

impl Proving {
    /// Looks and sends what is due, until it is dropped.
    pub(crate) async fn run(self) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "applications were left for the next round");
            }
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Operator) -> Result<T, OperatorError> + Send + 'static,
    ) -> anyhow::Result<T> {
        let operator = Arc::clone(&self.operator);
        Ok(tokio::task::spawn_blocking(move || act(&operator)).await??)
    }

    async fn round(&self) -> anyhow::Result<()> {
        if !self.ask(Operator::has_open_applications).await? {
            return Ok(());
        }
        // Side by side: one host that answers slowly holds up no other.
        let mut looks = JoinSet::new();
        for look in self.ask(Operator::hosts_to_look_at).await? {
            let proving = self.clone();
            looks.spawn(async move { (proving.look(&look).await, look.id) });
        }
        while let Some(looked) = looks.join_next().await {
            let (found, id) = looked?;
            self.ask(move |operator| operator.looked(&id, &found)).await?;
        }
        let Some(mailer) = &self.mailer else { return Ok(()) };
        for mail in self.ask(Operator::mails_to_send).await? {
            let mut link = self.operator.descriptor().list().clone();
            link.set_path(&format!("/admission/email/{}", mail.link));
            let letter = letter(self.operator.descriptor().name(), &mail.party, link.as_str());
            match mailer.deliver(Mail { to: mail.address, ..letter }).await {
                Ok(()) => self.ask(move |operator| operator.mailed(&mail.id)).await?,
                Err(error) => {
                    tracing::warn!(%error, application = mail.id, "the mail to an applicant was not sent")
                }
            }
        }
        Ok(())
    }

    async fn look(&self, look: &Look) -> Found {
        let shown = self.shown_at(look).await;
        // Of a host that does not want this very application, no DID is resolved.
        let is_proved = shown.as_deref().is_some_and(|shown| look.is_proved_by(shown));
        let keys = if is_proved { self.keys_of(&look.did).await } else { None };
        Found { shown, keys }
    }

    async fn shown_at(&self, look: &Look) -> Option<String> {
        let mut address = Url::parse(&format!("{}://{}", scheme_for_host(&look.host), look.host)).ok()?;
        if let Some(port) = look.port.filter(|_| is_development_host(&look.host)) {
            address.set_port(Some(port)).ok()?;
        }
        address.set_path(WELL_KNOWN);
        let request = Request::get(address).with_limit(LONGEST).with_timeout(TIMEOUT);
        let response =
            self.fetch.fetch(request).await.ok().filter(|response| response.status == StatusCode::OK)?;
        String::from_utf8(response.body.to_vec()).ok()
    }

    async fn keys_of(&self, did: &str) -> Option<(Vec<jose::Jwk>, Vec<jose::Jwk>)> {
        let did = Did::parse(did).ok()?;
        let document = self.resolver.resolve(&did).await.ok()?.document;
        let keys = |relationship| document.keys(relationship).into_iter().map(|(_, key)| key).collect();
        Some((keys(Relationship::Authentication), keys(Relationship::AssertionMethod)))
    }
}

/// The mail, in every language: nobody knows which the reader has.
fn letter(network: &str, party: &str, link: &str) -> Mail {
    let said = |language: Language| {
        Words::new(language)
            .say_with("apply-mail-text", &[("network", network), ("party", party), ("link", link)])
    };
    let text = Language::ALL.map(said).join("\n\n");
    let subject = Words::default().say_with("apply-mail-subject", &[("network", network)]);
    Mail { to: String::new(), subject, text, unsubscribe: None }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use axum::response::Redirect;
    use environment::Environment;
    use outbound::{HttpClient, Policy};
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    const DID: &str = "did:web:kiln.localhost";
    const SHOWN: &str = "0123456789abcdefghijkl";

    /// What is found at a host that answers so.
    async fn found_at(answer: axum::routing::MethodRouter, policy: Policy) -> Option<String> {
        looked_at(answer, policy).await.0
    }

    /// That, whether it is what the application needs, and how often its DID was asked for.
    async fn looked_at(answer: axum::routing::MethodRouter, policy: Policy) -> (Option<String>, bool, u32) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new()
            .route(WELL_KNOWN, answer)
            .route("/elsewhere", get(|| async { "0123456789abcdefghijkl" }));
        let party = web::Party::new("kiln.localhost", router);
        tokio::spawn(web::serve(
            vec![party],
            listener,
            web::ServeSettings::default(),
            std::future::pending(),
        ));
        let folder = tempfile::tempdir().unwrap();
        let list = "http://operator.localhost/network-list";
        let operator = Operator::init(folder.path(), "Test", list, Environment::system()).unwrap();
        let fetch: Arc<dyn Fetch> = Arc::new(HttpClient::new(policy).unwrap());
        let asked = Arc::new(Asked::default());
        let resolver: Arc<dyn Resolve> = Arc::clone(&asked) as Arc<dyn Resolve>;
        let proving = Proving { operator: Arc::new(operator), fetch, resolver, mailer: None };
        let host = "kiln.localhost".to_owned();
        let look =
            Look { id: "1".to_owned(), did: DID.to_owned(), host, port: Some(port), shows: SHOWN.to_owned() };
        let found = proving.look(&look).await;
        assert_eq!(found.keys, None, "there is no document");
        let is_proved = found.shown.as_deref().is_some_and(|shown| look.is_proved_by(shown));
        (found.shown, is_proved, *asked.0.lock().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_applies_ten_times_an_hour_and_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let list = "http://operator.localhost/network-list";
        let operator = Operator::init(folder.path(), "Test", list, Environment::system()).unwrap();
        let router = router(&Arc::new(operator));
        let applied = async |client: [u8; 4]| {
            let mut request = axum::http::Request::post("/admission/applications")
                .header(header::CONTENT_TYPE, "application/jwt")
                .body(axum::body::Body::from("no application"))
                .unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((client, 1))));
            router.clone().oneshot(request).await.unwrap()
        };
        for _ in 0..APPLICATIONS {
            assert_eq!(applied([192, 0, 2, 1]).await.status(), StatusCode::BAD_REQUEST);
        }
        let refused = applied([192, 0, 2, 1]).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(applied([192, 0, 2, 2]).await.status(), StatusCode::BAD_REQUEST);
        tokio::time::advance(HOUR / APPLICATIONS).await;
        assert_eq!(applied([192, 0, 2, 1]).await.status(), StatusCode::BAD_REQUEST, "one is regained");
        assert_eq!(applied([192, 0, 2, 1]).await.status(), StatusCode::TOO_MANY_REQUESTS);
    }

    /// How often somebody asked for a DID.
    #[derive(Default)]
    struct Asked(std::sync::Mutex<u32>);

    impl Resolve for Asked {
        fn resolve_version<'a>(
            &'a self,
            _: &'a Did,
            _: &'a did::resolution::Version,
        ) -> did::BoxFuture<'a, Result<did::Resolution, did::ResolveError>> {
            *self.0.lock().unwrap() += 1;
            Box::pin(std::future::ready(Err(did::ResolveError::NotFound)))
        }
    }

    #[tokio::test]
    async fn no_did_is_asked_for_before_the_host_shows_the_proof_of_this_very_application() {
        let of = |text: &'static str| looked_at(get(move || async move { text }), Policy::development());
        assert_eq!(of(SHOWN).await, (Some(SHOWN.to_owned()), true, 1));
        for other in [
            "0123456789abcdefghijkm",
            "0123456789abcdefghijkl\n",
            " 0123456789abcdefghijkl",
            "0123456789abcdefghijk",
            "",
        ] {
            assert_eq!(of(other).await, (Some(other.to_owned()), false, 0), "{other:?}");
        }
        let missing = get(|| async { (StatusCode::NOT_FOUND, SHOWN) });
        assert_eq!(looked_at(missing, Policy::development()).await, (None, false, 0));
    }

    #[tokio::test]
    async fn a_proof_is_taken_from_the_host_itself_in_one_short_answer_and_from_nowhere_within() {
        let shown = || get(|| async { "0123456789abcdefghijkl" });
        assert_eq!(found_at(shown(), Policy::development()).await.as_deref(), Some("0123456789abcdefghijkl"));
        // The operator of a network in earnest asks no address of its own network, whatever the name says.
        assert_eq!(found_at(shown(), Policy::public()).await, None);
        let elsewhere = get(|| async { Redirect::temporary("/elsewhere") });
        assert_eq!(found_at(elsewhere, Policy::development()).await, None, "redirects are not followed");
        let missing = get(|| async { (StatusCode::NOT_FOUND, "0123456789abcdefghijkl") });
        assert_eq!(found_at(missing, Policy::development()).await, None);
        for (length, taken) in [(256, true), (257, false)] {
            let long = get(move || async move { "x".repeat(length) });
            assert_eq!(found_at(long, Policy::development()).await.is_some(), taken, "{length}");
        }
    }

    #[test]
    fn a_mail_says_who_applies_where_and_has_its_link_in_a_paragraph_of_its_own() {
        let letter = letter("Large", "Kiln", "https://operator.example.org/admission/email/x");
        assert_eq!(letter.text.matches("\n\nhttps://operator.example.org/admission/email/x\n\n").count(), 2);
        assert!(letter.text.starts_with("Kiln applies for admission to Large"), "{}", letter.text);
        assert_eq!(letter.subject, "Confirm an application to Large");
    }
}
