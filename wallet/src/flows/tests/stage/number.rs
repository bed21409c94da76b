//! The office's word about numbers, with all its tricks.

use environment::Clock;
use http::Method;
use jose::jws::Unverified;
use network::number_binding::{BindingToken, number_in, speaker};
use outbound::{OutboundError, Request, Response};
use serde_json::Value;

use super::{Cast, OFFICE, ok, text};

/// Changes what the office says before it is signed.
type BendToken = Box<dyn Fn(&mut BindingToken) + Send>;

/// What the office heard, and how it answers.
#[derive(Default)]
pub(in crate::flows::tests) struct NumberDesk {
    /// Wishes to keep a statement that came.
    pub(in crate::flows::tests) statings: Vec<String>,
    /// The statements in them.
    pub(in crate::flows::tests) statements: Vec<String>,
    /// Wishes for another number that came.
    pub(in crate::flows::tests) wishes: Vec<String>,
    /// Lists of blocked spaces that came.
    pub(in crate::flows::tests) lists: Vec<String>,
    /// Status of every answer, if not the good one.
    pub(in crate::flows::tests) status: Option<u16>,
    /// What is done to the token before it is signed.
    pub(in crate::flows::tests) bend: Option<BendToken>,
    /// The token is signed by the space.
    pub(in crate::flows::tests) by_space: bool,
    /// The answer to a wish.
    pub(in crate::flows::tests) replacement: Option<Value>,
}

impl Cast {
    pub(super) fn number(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!(host, OFFICE);
        assert_eq!(request.headers.get("content-type").unwrap(), "application/jwt");
        let message = String::from_utf8(request.body.to_vec()).unwrap();
        let mut behaviour = self.behaviour.lock().unwrap();
        let desk = &mut behaviour.number;
        let answer = match (request.method.clone(), request.url.path()) {
            (Method::PUT, "/number-binding") => {
                let claims = Unverified::parse(&message).unwrap().claims().unwrap();
                let statement = claims["holder"].as_str().unwrap().to_owned();
                desk.statings.push(message);
                desk.statements.push(statement.clone());
                text(200, "application/jwt", self.token(desk, &statement))
            }
            (Method::PUT, "/number-binding/blocks") => {
                desk.lists.push(message);
                text(204, "text/plain", "")
            }
            (Method::POST, "/number-binding/replace") => {
                desk.wishes.push(message);
                ok(desk.replacement.as_ref().unwrap())
            }
            other => panic!("{other:?}"),
        };
        match desk.status {
            Some(status) => text(status, "application/json", ""),
            None => answer,
        }
    }

    fn token(&self, desk: &NumberDesk, statement: &str) -> String {
        let (did, now) = (speaker(statement).unwrap(), self.clock.now());
        let mut token = BindingToken {
            office: self.office.party.did.clone(),
            audience: did.clone(),
            number: number_in(statement).unwrap(),
            did,
            holder: statement.to_owned(),
            issued_at: now.seconds(),
            expires_at: now.plus(3_600).seconds(),
        };
        if let Some(bend) = &desk.bend {
            bend(&mut token);
        }
        let signer = if desk.by_space { &self.space } else { &self.office };
        let (chain, key) = &signer.party.issuing;
        token.sign(&format!("{}#issuing", token.office), chain.to_header(), key).unwrap()
    }
}
