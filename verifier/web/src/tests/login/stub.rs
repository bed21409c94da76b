//! A stub of a login: it answers as OpenID Connect providers do and checks what they check of a client, and signs in whomever a test
//! says without asking anybody.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use environment::{Environment, SeededRandomness};
use http::{HeaderMap, StatusCode, header};
use issuance::BoxFuture;
use jose::{Algorithm, Signer, SigningKey, jwt};
use openid4vc::form::Form;
use outbound::{Fetch, Fetching, OutboundError, Request, Response};
use serde_json::{Map, Value, json};

pub(super) const ISSUER: &str = "https://login.kiln.example/realms/members";
pub(super) const CLIENT: &str = "passport";
pub(super) const SECRET: &str = "a secret: with / and spaces";
/// `passport:a+secret%3A+with+%2F+and+spaces` (RFC 6749 §2.3.1) in Base64.
const BASIC: &str = "Basic cGFzc3BvcnQ6YStzZWNyZXQlM0Erd2l0aCslMkYrYW5kK3NwYWNlcw==";

/// A login.
pub(super) struct StubLogin {
    environment: Environment,
    key: SigningKey,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    codes: BTreeMap<String, Code>,
    metadata: Map<String, Value>,
    id_token: Map<String, Value>,
    user_info: Option<Value>,
    is_silent: bool,
    calls: usize,
    on_token: Option<Meanwhile>,
}

/// What happens while the login is asked for tokens.
type Meanwhile = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

struct Code {
    challenge: String,
    nonce: String,
    redirect_uri: String,
    person: Map<String, Value>,
}

impl StubLogin {
    pub(super) fn new(environment: &Environment) -> Self {
        let key =
            SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(77)).unwrap().with_kid("login-1");
        Self { environment: environment.clone(), key, inner: Mutex::default() }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says this in its metadata from now on.
    pub(super) fn says_of_itself(&self, name: &str, value: Value) {
        self.inner().metadata.insert(name.to_owned(), value);
    }

    /// Says this in every ID token from now on; null leaves a claim out.
    pub(super) fn says_in_tokens(&self, name: &str, value: Value) {
        self.inner().id_token.insert(name.to_owned(), value);
    }

    /// Says this at its userinfo endpoint.
    pub(super) fn says_of_everybody(&self, user_info: Value) {
        self.inner().user_info = Some(user_info);
    }

    pub(super) fn is_silent(&self, is_silent: bool) {
        self.inner().is_silent = is_silent;
    }

    /// Does this once while it is asked for tokens.
    pub(super) fn on_token(&self, meanwhile: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) {
        self.inner().on_token = Some(Box::new(meanwhile));
    }

    pub(super) fn calls(&self) -> usize {
        self.inner().calls
    }

    /// Signs `person` in who comes to `address`; gives the address where the browser is sent.
    pub(super) fn sign_in(&self, address: &str, person: &Value) -> String {
        let asked = asked(address);
        let code = format!("code-{}", self.inner().codes.len());
        let of = |name: &str| asked.get(name).unwrap().to_owned();
        let made = Code {
            challenge: of("code_challenge"),
            nonce: of("nonce"),
            redirect_uri: of("redirect_uri"),
            person: person.as_object().unwrap().clone(),
        };
        self.inner().codes.insert(code.clone(), made);
        let more = [("code", code.as_str()), ("state", asked.get("state").unwrap()), ("iss", ISSUER)];
        format!("{}?{}", of("redirect_uri"), openid4vc::form::encode(more))
    }

    fn answer(&self, request: &Request) -> Result<Response, OutboundError> {
        self.inner().calls += 1;
        if self.inner().is_silent {
            return Err(OutboundError::TimedOut);
        }
        match request.url.path() {
            "/realms/members/.well-known/openid-configuration" => Ok(fine(&self.metadata())),
            "/keys" => Ok(fine(&json!({"keys": [self.key.public_jwk().to_value()]}))),
            "/token" => Ok(self.token(request)),
            "/userinfo" => Ok(self.user_info(request)),
            _ => Ok(Response::of_json(StatusCode::NOT_FOUND, &json!({}))),
        }
    }

    fn metadata(&self) -> Value {
        let mut metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.kiln.example/auth",
            "token_endpoint": "https://login.kiln.example/token",
            "userinfo_endpoint": "https://login.kiln.example/userinfo",
            "jwks_uri": "https://login.kiln.example/keys",
            "authorization_response_iss_parameter_supported": true,
        });
        metadata.as_object_mut().unwrap().extend(self.inner().metadata.clone());
        metadata
    }

    fn token(&self, request: &Request) -> Response {
        let said = request.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap());
        let form = Form::parse(Some("application/x-www-form-urlencoded"), &request.body).unwrap();
        assert_eq!((said, form.get("client_secret")), (Some(BASIC), None));
        let code = self.inner().codes.remove(form.get("code").unwrap());
        let fits = code.filter(|code| {
            form.get("grant_type") == Some("authorization_code")
                && form.get("redirect_uri") == Some(&code.redirect_uri)
                && verifier_connect::token::proves(form.get("code_verifier").unwrap(), &code.challenge)
        });
        let Some(code) = fits else {
            return Response::of_json(StatusCode::BAD_REQUEST, &json!({"error": "invalid_grant"}));
        };
        let now = self.environment.now().seconds();
        let mut claims = json!({
            "iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": code.nonce,
        })
        .as_object()
        .unwrap()
        .clone();
        claims.extend(code.person);
        for (name, value) in self.inner().id_token.clone() {
            match value {
                Value::Null => claims.remove(&name),
                value => claims.insert(name, value),
            };
        }
        let header = json!({"kid": "login-1"}).as_object().unwrap().clone();
        let id_token = jwt::sign("JWT", header, &claims, &self.key).unwrap();
        fine(&json!({"access_token": "the-token", "token_type": "Bearer", "id_token": id_token}))
    }

    fn user_info(&self, request: &Request) -> Response {
        assert_eq!(request.headers[header::AUTHORIZATION], "Bearer the-token");
        match &self.inner().user_info {
            Some(said) => fine(said),
            None => Response::new(StatusCode::FORBIDDEN, HeaderMap::new(), ""),
        }
    }
}

impl Fetch for StubLogin {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        Box::pin(async move {
            let meanwhile = self.inner().on_token.take_if(|_| request.url.path() == "/token");
            if let Some(meanwhile) = meanwhile {
                meanwhile().await;
            }
            self.answer(&request)
        })
    }
}

fn fine(value: &Value) -> Response {
    Response::of_json(StatusCode::OK, value)
}

/// What a browser is sent to the login with.
pub(super) fn asked(address: &str) -> Form {
    Form::from_query(address.split_once('?').unwrap().1).unwrap()
}
