//! The wallet's answer, and answers that a space does not take.

use std::collections::BTreeMap;

use credentials::issuer_key::{IssuedBy, SignAs};
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::vc::{self, StatusReference, Types};
use credentials::{ClaimsPath, types};
use environment::{Randomness, Timestamp};
use jose::{Signer, base64url};
use openid4vc::form;
use openid4vc::vp::request::ResponseMode;
use openid4vc::vp::response::{Content, Parameters, Submission, VpToken};
use openid4vc::vp::verification::{Presentations, Rules};
use serde_json::{Map, Value, json};

use super::Cast;
use super::request::Made;
use crate::spec::deterministic::{Key, NOW, seal};

const FORM: &str = "application/x-www-form-urlencoded";

/// What one answer is made of; each member may be bent.
struct Answer<'a> {
    audience: &'a str,
    nonce: &'a str,
    /// The key of the terms.
    terms_key: &'a Key,
    /// Seconds for which the member's own word counts.
    lives: i64,
    /// The details of the copy that are no disclosures.
    visible: bool,
}

struct Maker<'a> {
    cast: &'a Cast,
    request: &'a Made,
    holder: Key,
    copies: [String; 2],
    randomness: &'a dyn Randomness,
}

pub(super) fn vectors(cast: &Cast, request: &Made, randomness: &dyn Randomness) -> Value {
    let holder = Key::generate(randomness);
    let other = Key::generate(randomness);
    let copies = [copy(cast, &holder, false, randomness), copy(cast, &holder, true, randomness)];
    let maker = Maker { cast, request, holder, copies, randomness };
    let honest = || Answer {
        audience: request.client_id.as_str(),
        nonce: Made::nonce(),
        terms_key: &maker.holder,
        lives: 300,
        visible: false,
    };
    let token = maker.token(&honest());
    let verified = maker.check(&token).unwrap();
    assert_eq!(verified, maker.holder.public_jwk().thumbprint_base64url());
    let without = |query: &str| {
        let mut token = token.clone();
        token.remove(query);
        token
    };
    let cases = [
        (
            "for another nonce",
            maker.token(&Answer { nonce: "another-nonce-of-sufficient-length", ..honest() }),
        ),
        ("for another verifier", maker.token(&Answer { audience: "x509_hash:other", ..honest() })),
        ("terms under another key", maker.token(&Answer { terms_key: &other, ..honest() })),
        ("own details for six minutes", maker.token(&Answer { lives: 360, ..honest() })),
        ("a copy whose details are no disclosures", maker.token(&Answer { visible: true, ..honest() })),
        ("without what is needed", without("profile")),
        ("own details in the place of what must be checked", {
            let mut token = token.clone();
            let own = token["own_company"].clone();
            token.insert("profile".to_owned(), own);
            token
        }),
    ];
    let refused: Vec<Value> = cases
        .into_iter()
        .map(|(name, token)| {
            let why = maker.check(&token).unwrap_err();
            json!({"name": name, "vp_token": token, "why": why})
        })
        .collect();
    let body = maker.encrypted(&token);
    assert_eq!(maker.opened(&body), token, "the encrypted answer holds the same");
    json!({
        "holder_key": maker.holder.private_jwk(),
        "answering_key": verified,
        "copy": maker.copies[0],
        "taken": {"vp_token": token, "response_uri": super::request::RESPONSE_URI, "content_type": FORM, "body": body},
        "refused": refused,
    })
}

/// A copy of a profile as the office hands it out, or one whose details every reader sees.
fn copy(cast: &Cast, holder: &Key, visible: bool, randomness: &dyn Randomness) -> String {
    let today = NOW.start_of_day();
    let (chain, key) = &cast.office.issuing;
    let der: Vec<Vec<u8>> = chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
    let claims = json!({
        "email": "ada@example.org", "email_verified": true, "given_name": "Ada", "family_name": "Example",
        "birthdate": "1990-01-02", "age_equal_or_over": {"16": true, "18": true, "21": true},
    });
    let issuing = vc::Issuing {
        vct: types::PROFILE,
        claims: claims.as_object().unwrap().clone(),
        frame: if visible { Frame::Nothing } else { Frame::Everything { except: Vec::new() } },
        decoys: Decoys::default(),
        holder: Some(holder.public_jwk()),
        issued_at: Some(today),
        not_before: None,
        expires: Some(today.plus(14 * 86_400)),
        status: Some(&StatusReference {
            uri: "https://office.example.org/status/2969".to_owned(),
            index: 4711,
        }),
    };
    vc::issue(issuing, SignAs::X5c(&der), &Key::of(key), randomness).unwrap()
}

impl Maker<'_> {
    fn token(&self, answer: &Answer<'_>) -> BTreeMap<String, Vec<String>> {
        let copy = vc::Held::reopen(&self.copies[usize::from(answer.visible)]).unwrap();
        let paths = [ClaimsPath::name("email"), ClaimsPath::names("age_equal_or_over", &["18"])];
        let shown = copy.sd_jwt().select_locations(
            paths
                .iter()
                .map(|path| path.select(copy.claims()).unwrap().remove(0).0)
                .collect::<Vec<_>>()
                .iter(),
        );
        let profile = copy.sd_jwt().present_bound(&shown, &binding(answer), &self.holder).unwrap();
        let own = self.minted(types::OWN, json!({"company": "Lovelace Ltd"}), &self.holder, answer);
        let terms = json!({"request": self.request.hash(), "audiences": {"company": "members-here"}, "until": null, "inbox": null});
        let terms = self.minted(types::TERMS, terms, answer.terms_key, answer);
        BTreeMap::from([
            ("profile".to_owned(), vec![profile]),
            ("own_company".to_owned(), vec![own]),
            ("terms".to_owned(), vec![terms]),
        ])
    }

    /// What the member says itself, signed for this answer alone.
    fn minted(&self, vct: &str, claims: Value, key: &Key, answer: &Answer<'_>) -> String {
        let issuing = vc::Issuing {
            vct,
            claims: claims.as_object().unwrap().clone(),
            frame: Frame::TopLevel { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(key.public_jwk()),
            issued_at: Some(NOW),
            not_before: None,
            expires: Some(NOW.plus(answer.lives)),
            status: None,
        };
        let compact = issuing.issue_as_holder(key, self.randomness).unwrap();
        let held = vc::Held::reopen(&compact).unwrap();
        held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding(answer), key).unwrap()
    }

    /// The thumbprint of the answering key, or why the answer is refused.
    fn check(&self, token: &BTreeMap<String, Vec<String>>) -> Result<String, String> {
        let token = VpToken::new(token.clone()).map_err(|error| error.to_string())?;
        let read = Presentations::read(&token, &self.request.query, Types::Current);
        let presentations = read.map_err(|error| error.to_string())?;
        let office = self.cast.office.issuing.0.leaf().public_key().unwrap();
        let keys: Vec<_> = presentations
            .issuers()
            .map(|wanted| (!matches!(wanted.issued_by, IssuedBy::Holder { .. })).then(|| office.clone()))
            .collect();
        let rules = Rules {
            client_id: &self.request.client_id,
            nonce: Made::nonce(),
            query: &self.request.query,
            one_key: true,
            transaction_data: &[],
            now: NOW,
        };
        let verified = presentations.verify(&keys, &rules).map_err(|error| error.to_string())?;
        Ok(verified.answering_key().unwrap().thumbprint_base64url())
    }

    /// The body of the POST: `direct_post.jwt`.
    fn encrypted(&self, token: &BTreeMap<String, Vec<String>>) -> String {
        let content = json!({"vp_token": token, "state": Made::state()});
        let header = Map::from_iter([("kid".to_owned(), json!("enc-1"))]);
        let to = self.request.encryption.public_jwk();
        let jwe = seal(content.to_string().as_bytes(), to, header, self.randomness);
        form::encode([("response", jwe.as_str())])
    }

    fn opened(&self, body: &str) -> BTreeMap<String, Vec<String>> {
        let submission = Submission::parse(Some(FORM), body.as_bytes()).unwrap();
        let key = self.request.encryption.for_opening();
        let Parameters { state, content } = submission.open(ResponseMode::DirectPostJwt, Some(&key)).unwrap();
        assert_eq!(state.as_deref(), Some(Made::state()));
        let Content::VpToken(token) = content else { panic!("no token") };
        token.iter().map(|(id, list)| (id.to_owned(), list.to_vec())).collect()
    }
}

fn binding<'a>(answer: &Answer<'a>) -> KeyBinding<'a> {
    KeyBinding { audience: answer.audience, nonce: answer.nonce, issued_at: issued() }
}

const fn issued() -> Timestamp {
    NOW
}

#[test]
fn the_hash_of_the_request_is_that_of_its_signing_input() {
    let cast = Cast::new();
    let request = Made::new(&cast, &crate::spec::deterministic::randomness(11));
    let (signing_input, _) = request.object.rsplit_once('.').unwrap();
    assert_eq!(request.hash(), base64url::encode(jose::digest::sha256(signing_input)));
}
