//! A member who signs up: what a wallet sends, and nothing of what it keeps.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::{types, vc};
use environment::{Environment, SystemRandomness};
use jose::jwe::{self, EncryptOptions};
use jose::{Algorithm, Jwk, Signer, SigningKey, base64url, jws};
use network::claims::Audience;
use network::terms::Terms;
use openid4vc::vp::request::digest_of;
use serde_json::{Map, Value, json};

/// One member, for one answer.
pub(super) struct Member {
    number: u32,
    /// Copies are used once, so it is of this answer alone.
    key: SigningKey,
    environment: Environment,
}

impl Member {
    /// The member of this number.
    ///
    /// # Errors
    /// No key can be made.
    pub(super) fn new(number: u32, environment: &Environment) -> Result<Self> {
        let key = SigningKey::generate(Algorithm::Es256, environment.randomness())?;
        Ok(Self { number, key, environment: environment.clone() })
    }

    fn value(&self, claim: &str) -> Option<Value> {
        let number = self.number;
        Some(match claim {
            "email" => json!(format!("member-{number}@example.org")),
            "given_name" => json!(format!("Member {number}")),
            "family_name" => json!("Of the bench"),
            "company" => json!(format!("Company {}", number % 997)),
            "bio" => {
                json!("Makes things, looks for people to make them with, and waters the plants on Tuesdays.")
            }
            _ => return None,
        })
    }

    /// Answers a request object with everything that it asks; gives where to send it and the encrypted answer.
    ///
    /// # Errors
    /// The request is not one of a bench.
    pub(super) fn answer(&self, request: &str) -> Result<(String, String)> {
        let claims = Value::Object(jws::Unverified::parse(request)?.claims()?);
        let text = |name: &str| {
            claims.get(name).and_then(Value::as_str).with_context(|| format!("the request has no {name}"))
        };
        let (audience, nonce) = (text("client_id")?, text("nonce")?);
        let queries = claims.pointer("/dcql_query/credentials").and_then(Value::as_array);
        let mut presented = Map::new();
        for query in queries.context("the request asks nothing")? {
            let id = query.get("id").and_then(Value::as_str).context("a query without a name")?;
            let (vct, content) = self.content(query, request)?;
            presented.insert(id.to_owned(), json!([self.minted(vct, content, audience, nonce)?]));
        }
        let content = json!({"vp_token": presented, "state": text("state")?}).to_string();
        let key = claims.pointer("/client_metadata/jwks/keys/0").context("the request has no key")?;
        let recipient = Jwk::from_value(key)?;
        let answer = jwe::encrypt(content.as_bytes(), &recipient, &EncryptOptions::default())?;
        Ok((text("response_uri")?.to_owned(), answer))
    }

    fn content(&self, query: &Value, request: &str) -> Result<(&'static str, Map<String, Value>)> {
        let vct = query.pointer("/meta/vct_values/0").and_then(Value::as_str);
        if vct == Some(types::TERMS) {
            let terms = Terms {
                request: base64url::encode(digest_of(request)),
                audiences: ["given_name", "company", "bio"]
                    .map(|claim| (claim.to_owned(), Audience::Public))
                    .into_iter()
                    .collect::<BTreeMap<_, _>>(),
                until: None,
                inbox: None,
            };
            // As wallets say it: what was not chosen is null.
            let mut content = terms.to_claims();
            for unsaid in ["until", "inbox"] {
                content.insert(unsaid.to_owned(), Value::Null);
            }
            return Ok((types::TERMS, content));
        }
        let asked = query.get("claims").and_then(Value::as_array).filter(|_| vct == Some(types::OWN));
        let named = |claim: &Value| claim.pointer("/path/0").and_then(Value::as_str).map(str::to_owned);
        let mut content = Map::new();
        for claim in asked.context("a member of the bench cannot answer this query")? {
            let name = named(claim).context("a claim without a name")?;
            let value = self.value(&name).with_context(|| format!("no member of the bench has {name}"))?;
            content.insert(name, value);
        }
        Ok((types::OWN, content))
    }

    /// A self-issued credential, bound to the request.
    fn minted(&self, vct: &str, claims: Map<String, Value>, audience: &str, nonce: &str) -> Result<String> {
        let now = self.environment.now();
        let issuing = vc::Issuing {
            vct,
            claims,
            frame: Frame::Everything { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(self.key.public_jwk()),
            issued_at: Some(now),
            not_before: None,
            expires: Some(now.plus(300)),
            status: None,
        };
        let held = vc::Held::reopen(&issuing.issue_as_holder(&self.key, &SystemRandomness)?)?;
        let binding = KeyBinding { audience, nonce, issued_at: now };
        Ok(held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding, &self.key)?)
    }
}
