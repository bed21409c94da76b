//! Credentials around the SD-JWT: SD-JWT VC, claims paths, DCQL, status lists, type metadata.

use std::sync::OnceLock;

use credentials::dcql::{Answer, Candidate, Query};
use credentials::issuer_key::{self, SignAs};
use credentials::sd_jwt::{Decoys, Frame};
use credentials::status_list::{
    self, Aggregation, Bits, Publishing, Status, StatusList, UnverifiedCwt, UnverifiedToken,
};
use credentials::type_metadata::rendering::{Colour, Rendering, Template};
use credentials::type_metadata::{self, Chain, Integrity};
use credentials::vc::{self, Binding, Types};
use credentials::{ClaimsPath, types};
use jose::json;
use serde_json::{Map, Value, json};

use crate::bytes::{Choices, say_the_same, text, two};
use crate::fixtures::{NOW, OFFICE, holder, randomness, signer, verifier};
use crate::target::{Target, files};
use crate::tree;

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("vc", credential)
        .published(&[
            files("sd-jwt-spec-testcases", "sd_jwt_presentation.txt"),
            files("eudi-openid4vp", "vc-pid.txt"),
        ])
        .made(|| vec![credential_text().clone().into_bytes()])
        .words(&["vct", "cnf", "iss", "status", "status_list", "dc+sd-jwt", "vc+sd-jwt", "x5c", "kid"]),
    Target::new("claims_path", claims_path)
        .made(|| {
            vec![
                b"[\"a\",null,\"b\",0]\n{\"a\":[{\"b\":[1,2]},{\"b\":[3]}]}".to_vec(),
                b"[\"address\",\"street\"]\n{\"address\":{\"street\":\"x\"}}".to_vec(),
            ]
        })
        .words(&["null", "-1", "[", "]"]),
    Target::new("dcql", dcql)
        .published(&[files("openid4vp-1.0-examples", ".json"), files("eudi-openid4vp", ".json")])
        .words(&[
            "claim_sets",
            "credential_sets",
            "options",
            "required",
            "multiple",
            "values",
            "path",
            "meta",
            "vct_values",
            "trusted_authorities",
            "aki",
            "require_cryptographic_holder_binding",
            "dc+sd-jwt",
        ]),
    Target::new("status_list_lst", status_list_lst).made(lists),
    Target::new("status_list_token", status_list_token)
        .made(|| vec![list_token().clone().into_bytes(), list_token_as_answer()])
        .words(&[
            "statuslist+jwt",
            "statuslist+cwt",
            "bits",
            "lst",
            "ttl",
            "exp",
            "sub",
            "application/statuslist+jwt\n",
        ]),
    Target::new("status_list_cwt", status_list_cwt).made(cwts),
    Target::new("status_aggregation", status_aggregation)
        .made(|| vec![br#"{"status_lists":["https://office.example/status/1"]}"#.to_vec()]),
    Target::new("type_metadata", type_metadata_chain)
        .made(|| {
            type_metadata::names()
                .filter_map(type_metadata::document)
                .map(|text| text.as_bytes().to_vec())
                .collect()
        })
        .words(&[
            "extends",
            "extends#integrity",
            "vct",
            "display",
            "claims",
            "rendering",
            "svg_templates",
            "svg_id",
            "sd",
            "mandatory",
        ]),
    Target::new("integrity", integrity)
        .made(|| vec![Integrity::text_of(b"x").into_bytes(), b"sha384-AAAA sha512-BBBB?x".to_vec()]),
    Target::new("svg", svg).made(|| vec![SVG.as_bytes().to_vec()]).words(&[
        "<script>",
        "onload=",
        "javascript:",
        "<!DOCTYPE",
        "<!ENTITY",
        "&#",
        "&lt;",
        "<![CDATA[",
        "href=",
        "xlink:href",
        "<style>",
        "url(",
        "data:image/svg+xml",
        "<foreignObject>",
        "{{name}}",
        "<use",
        "<image",
        "xmlns=",
    ]),
    Target::new("colour", colour)
        .made(|| vec![b"#a1b2c3".to_vec(), b"rgb(1, 2, 3)".to_vec(), b"Teal".to_vec()]),
    Target::new("x5c", x5c).made(|| vec![br#"{"x5c":["MIIB"],"kid":"a"}"#.to_vec()]),
    Target::new("vct", vct).made(|| vec![types::PASSPORT.as_bytes().to_vec()]),
];

const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" fill="#fff"/><text x="1" y="2">{{given_name}}</text></svg>"##;

/// One validly issued credential.
pub(crate) fn credential_text() -> &'static String {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let claims = json!({"given_name": "Ana", "list": [1, 2], "address": {"street": "x"}});
        let issuing = vc::Issuing {
            vct: "urn:example:1",
            claims: claims.as_object().unwrap().clone(),
            frame: Frame::Everything { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(jose::Signer::public_jwk(holder())),
            issued_at: Some(NOW),
            not_before: None,
            expires: Some(NOW.plus(1_000)),
            status: None,
        };
        let sign_as = SignAs::Did { did: OFFICE, kid: "did:web:office.example#issue" };
        vc::issue(issuing, sign_as, signer(), &randomness(8)).unwrap()
    })
}

/// Whoever did not sign it cannot make it verify, and no registered claim is ever disclosable.
fn credential(input: &[u8]) {
    let Some(compact) = text(input) else { return };
    for types in [Types::default(), Types::CurrentAndLegacy] {
        let Ok(parsed) = vc::Unverified::parse(compact, types) else { continue };
        let _ = (parsed.vct(), parsed.issued_by());
        if let Ok(own) = parsed.clone().verify_self_issued(NOW, 60) {
            assert!(own.facts().holder_key().is_some());
        }
        let Ok(verified) = parsed.verify(verifier(), NOW, 60) else { continue };
        let issued: Vec<&str> = credential_text().split('~').collect();
        let mut parts = compact.split('~');
        let jwt = parts.next().unwrap_or_default();
        assert!(say_the_same(jwt, credential_text()), "a credential that nobody issued");
        let last = compact.rsplit('~').next();
        for part in parts.filter(|part| Some(*part) != last) {
            assert!(issued.contains(&part));
        }
        let _ = verified.presented(Binding::NotRequired);
    }
}

/// A path is written as it was read; what it selects stands where it says.
fn claims_path(input: &[u8]) {
    let (path, claims) = two(input);
    let Ok(value) = json::parse(path) else { return };
    let Ok(path) = ClaimsPath::from_value(&value) else { return };
    assert_eq!(path.to_value(), value);
    assert!(!path.parts().is_empty());
    let Ok(claims) = json::parse_object(claims) else { return };
    for (location, found) in path.select(&claims).unwrap_or_default() {
        assert_eq!(location.value(&claims), Some(found));
        if let Some(exact) = location.to_path() {
            assert_eq!(exact.select(&claims).expect("the place exists").len(), 1);
        }
    }
}

/// A query is written as it was read; what a wallet chooses satisfies it, and is nothing that was not asked.
fn dcql(input: &[u8]) {
    let Ok(value) = json::parse(input) else { return };
    let inner = value.get("dcql_query").unwrap_or(&value);
    let Ok(query) = Query::parse(inner) else { return };
    assert_eq!(Query::parse(&query.to_value()).as_ref(), Ok(&query));
    let vct = wanted_type(&query).unwrap_or_else(|| "urn:example:1".to_owned());
    let claims = example_claims();
    let candidate = Candidate { vct: &vct, claims, holder_bound: true, authority_key_identifiers: &[] };
    let candidates = [candidate, Candidate { holder_bound: false, ..candidate }];
    let matches = query.evaluate(&candidates);
    let Some(choices) = matches.choose(true) else {
        assert!(!matches.is_satisfiable() || !query.credential_sets().is_empty());
        return;
    };
    assert!(matches.is_satisfiable());
    let answers: Vec<(&str, Vec<Answer<'_>>)> = choices
        .iter()
        .map(|choice| {
            let candidate = candidates.get(choice.candidate).expect("a candidate");
            let answer = Answer {
                vct: candidate.vct,
                claims,
                shortened: &[],
                holder_bound: candidate.holder_bound,
                authority_key_identifiers: &[],
            };
            (choice.query.as_str(), vec![answer])
        })
        .collect();
    query.check(&answers).expect("what a wallet chooses satisfies the query");
    for choice in &choices {
        let asked = query.credential(choice.query.as_str()).expect("a query");
        for selected in &choice.option.claims {
            let path = &asked.claims.get(selected.claim).expect("a claims query").path;
            let meant = path.select(claims).expect("it was selected");
            assert!(
                selected.locations.iter().all(|place| meant.iter().any(|(location, _)| location == place))
            );
        }
    }
}

fn wanted_type(query: &Query) -> Option<String> {
    let value = query.to_value();
    Some(value.pointer("/credentials/0/meta/vct_values/0")?.as_str()?.to_owned())
}

fn example_claims() -> &'static Map<String, Value> {
    static CLAIMS: OnceLock<Map<String, Value>> = OnceLock::new();
    CLAIMS.get_or_init(|| {
        let claims = json!({
            "given_name": "Ana", "family_name": "Ruiz", "last_name": "Ruiz", "first_name": "Ana", "name": "Ana",
            "address": {"street_address": "x", "locality": "y", "postal_code": "90210", "region": "z"},
            "postal_code": "90210", "nationalities": ["DE", "ES"], "age_over_18": true, "birthdate": "1990-01-01",
            "degrees": [{"type": "Bachelor"}, {"type": "Master"}], "a": 1, "b": 2, "c": 3, "d": 4, "e": 5,
        });
        claims.as_object().unwrap().clone()
    })
}

/// The first byte says how many bits; a list that is read is read again after writing, and stays below its limit.
fn status_list_lst(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    let Ok(bits) = Bits::from_count(u64::from(*first)) else { return };
    let Some(lst) = text(rest) else { return };
    let Ok(list) = StatusList::from_lst(bits, lst) else { return };
    assert!(list.as_bytes().len() <= status_list::LARGEST_LIST);
    let again = StatusList::from_lst(bits, &list.to_lst()).expect("written by us");
    assert_eq!(again.as_bytes(), list.as_bytes());
    assert!(list.get(list.len()).is_err(), "no entry after the last");
    if !list.is_empty() {
        assert!(list.get(list.len() - 1).is_ok() && list.get(0).is_ok());
    }
}

fn lists() -> Vec<Vec<u8>> {
    [1_u8, 2, 4, 8]
        .iter()
        .map(|count| {
            let bits = Bits::from_count(u64::from(*count)).unwrap();
            let mut list = StatusList::new(bits, 1_000).unwrap();
            list.set(7, Status::from_value(1)).unwrap();
            [&[*count], list.to_lst().as_bytes()].concat()
        })
        .collect()
}

const LIST_URI: &str = "https://office.example/status/1";

fn list_token() -> &'static String {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| {
        let mut list = StatusList::new(Bits::from_count(1).unwrap(), 64).unwrap();
        list.set(3, Status::from_value(1)).unwrap();
        let publishing = Publishing {
            list: &list,
            uri: LIST_URI,
            issued_at: NOW,
            expires: Some(NOW.plus(100)),
            ttl: Some(60),
            aggregation_uri: None,
        };
        let sign_as = SignAs::Did { did: OFFICE, kid: "did:web:office.example#issue" };
        status_list::sign(&publishing, sign_as, signer()).unwrap()
    })
}

fn list_token_as_answer() -> Vec<u8> {
    format!("{}\n{}", status_list::MEDIA_TYPE, list_token()).into_bytes()
}

fn status_list_token(input: &[u8]) {
    let (content_type, body) = two(input);
    let answer = text(content_type).and_then(|kind| UnverifiedToken::from_response(kind, body).ok());
    for (token, given) in [(answer, body), (UnverifiedToken::parse(input).ok(), input)] {
        let Some(token) = token else { continue };
        let _ = (token.kid(), token.x5c());
        if let Ok(verified) = token.verify(verifier(), LIST_URI, NOW, 60) {
            assert!(
                text(given).is_some_and(|given| say_the_same(given, list_token())),
                "a list that nobody signed"
            );
            assert!(!verified.status(3, NOW).expect("an entry").is_valid());
        }
    }
}

fn status_aggregation(input: &[u8]) {
    if let Ok(read) = Aggregation::parse(input) {
        let written = serde_json::to_vec(&read).unwrap();
        assert_eq!(Aggregation::parse(written).expect("written by us"), read);
    }
}

fn type_metadata_chain(input: &[u8]) {
    let named =
        json::parse_object(input).ok().and_then(|members| Some(members.get("vct")?.as_str()?.to_owned()));
    let vct = named.unwrap_or_else(|| types::PASSPORT.to_owned());
    let Ok(mut chain) = Chain::new(&vct, None) else { return };
    if chain.take(input).is_err() {
        return;
    }
    for _ in 0..type_metadata::MOST_DOCUMENTS {
        let Some(wanted) = chain.wanted() else { break };
        let Some(document) = type_metadata::document_of(wanted.vct()) else { return };
        if chain.take(document.as_bytes()).is_err() {
            return;
        }
    }
    let Ok(metadata) = chain.finish() else { return };
    assert_eq!(metadata.vct(), vct);
    for display in metadata.display() {
        if let Ok(rendering) = Rendering::of(display) {
            let _ = rendering.best_template(type_metadata::rendering::Properties::default());
            if let Some(simple) = rendering.simple
                && let Some(logo) = simple.logo
                && let Ok(octets) = logo.embedded()
            {
                let _ = logo.picture(&octets).map(|picture| picture.data_url());
            }
        }
    }
    for claim in metadata.claims() {
        assert!(metadata.claim(&claim.path).is_some());
    }
    let _ = (metadata.name_in("en"), metadata.display_in("de-CH"));
}

fn integrity(input: &[u8]) {
    let Some(stated) = text(input) else { return };
    if let Ok(integrity) = Integrity::parse(stated) {
        let _ = integrity.verify(b"x");
    }
    let of_input = Integrity::parse(&Integrity::text_of(input)).expect("written by us");
    assert!(of_input.verify(input).is_ok());
    assert!(of_input.verify(&[input, b"x"].concat()).is_err());
}

/// What comes out of a template that is taken runs nothing and fetches nothing.
fn svg(input: &[u8]) {
    let Ok(template) = Template::read(input) else { return };
    let metadata = type_metadata::built_in(types::PASSPORT).expect("built in");
    let hostile = json!({"given_name": "<script>alert(1)</script>\"'&", "family_name": "\u{202e}]]>"});
    let Ok(svg) = template.fill(&metadata, hostile.as_object().unwrap()) else { return };
    let markup = svg.markup().to_ascii_lowercase();
    assert!(markup.len() <= type_metadata::rendering::svg::LARGEST_SVG);
    for forbidden in
        ["<script", "<foreignobject", "<!doctype", "<!entity", "<iframe", "<a ", "<animate", "<set "]
    {
        assert!(!markup.contains(forbidden), "{forbidden} in {markup}");
    }
    assert!(Template::read(svg.markup().as_bytes()).is_ok(), "what came out is itself allowed: {markup}");
}

fn colour(input: &[u8]) {
    let Some(written) = text(input) else { return };
    if let Ok(colour) = Colour::parse(written) {
        assert_eq!(Colour::parse(&colour.to_string()).expect("written by us"), colour);
    }
}

fn x5c(input: &[u8]) {
    let Ok(header) = json::parse_object(input) else { return };
    if let Ok(Some(chain)) = issuer_key::x5c(&header) {
        assert!((1..=issuer_key::LONGEST_CHAIN).contains(&chain.len()));
    }
    let _ = issuer_key::IssuedBy::of(&header, header.get("iss"), None);
    let _ = tree::value(&mut Choices::new(input), 1);
}

fn vct(input: &[u8]) {
    let Some(vct) = text(input) else { return };
    if types::is_self_issued(vct) {
        assert!(types::is_ours(vct));
    }
    if type_metadata::built_in(vct).is_some() {
        assert!(type_metadata::document_of(vct).is_some());
    }
}

/// A list in a CWT that nobody signed with our key is not taken, whatever its CBOR.
fn status_list_cwt(input: &[u8]) {
    let answer = UnverifiedCwt::from_response(status_list::CWT_MEDIA_TYPE, input);
    for token in [answer, UnverifiedCwt::parse(input)].into_iter().flatten() {
        assert!(input.len() <= status_list::LONGEST_CWT);
        let _ = (token.kid(), token.x5chain());
        assert!(token.verify(verifier(), LIST_URI, NOW, 60).is_err(), "a list that nobody signed");
    }
    assert!(UnverifiedCwt::from_response(status_list::MEDIA_TYPE, input).is_err());
}

/// A COSE_Sign1 with a protected type and algorithm, claims of a list and a signature of zeros, tagged and not.
fn cwts() -> Vec<Vec<u8>> {
    let head = [
        &[0x84, 0x58, 0x20, 0xa2, 0x01, 0x26, 0x10, 0x78, 0x1a][..],
        b"application/statuslist+cwt",
        &[0xa0, 0x58, 0x20],
    ];
    let claims = [
        &[0xa4, 0x02, 0x61, b'u', 0x06, 0x18, 0x64, 0x19, 0xff, 0xfd, 0xa2, 0x64][..],
        b"bits",
        &[0x01, 0x63],
        b"lst",
        &[0x44, 1, 2, 3, 4],
    ];
    let untagged = [&head.concat()[..], &claims.concat(), &[0x58, 0x40], &[0; 64]].concat();
    vec![[&[0xd2][..], &untagged].concat(), untagged]
}
