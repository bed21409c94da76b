//! Type metadata: chains, integrity, languages, credentials against their type, and what is shown
//! (specs/type-metadata/README.md).

use credentials::sd_jwt::{self, Decoys, Frame, Issuing, Processed, SdJwt};
use credentials::type_metadata::rendering::{Colour, Rendering, SvgError, Template};
use credentials::type_metadata::{
    self, Chain, Integrity, MetadataError, Mismatch, SelectiveDisclosure, TypeMetadata, best_for,
};
use credentials::{ClaimsPath, types};
use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey, VerifyingKey, jws};
use serde_json::{Value, json};

const CHILD: &str = "https://child.example.org/type/1";
const BASE: &str = "https://base.example.org/type/1";

/// The code of a refusal, if there is one.
type Refusal = Option<&'static str>;

pub(super) fn vectors() -> Value {
    json!({
        "about": "SD-JWT VC Type Metadata: documents are given as text, because integrity is that of their octets (UTF-8)",
        "spec": "specs/type-metadata/README.md",
        "issuer_key": issuer().public_jwk(),
        "built_in": built_in(),
        "integrity": integrity(),
        "chains": chains(),
        "languages": languages(),
        "credentials": credentials(),
        "colours": colours(),
        "svg_templates": svg_templates(),
    })
}

/// Our own documents, by the digest of the octets that are served at `/types/NAME/1`.
fn built_in() -> Value {
    let of = |name: &str| {
        let text = type_metadata::document(name).unwrap();
        json!({"name": name, "integrity": Integrity::text_of(text.as_bytes())})
    };
    type_metadata::names().map(of).collect()
}

fn integrity() -> Value {
    let sha256 = Integrity::text_of(b"document");
    let other = Integrity::text_of(b"another document");
    let sha512 = format!("sha512-{}==", "A".repeat(86));
    let cases = [
        ("its digest", None, sha256.clone()),
        ("another digest", Some("integrity_mismatch"), other.clone()),
        ("one of two digests", None, format!("{other} {sha256}")),
        ("the strongest function alone counts", Some("integrity_mismatch"), format!("{sha256} {sha512}")),
        ("an unknown function beside a known one", None, format!("sha3-AAAA {sha256}")),
        ("unknown functions alone", Some("integrity_unsupported"), "sha3-AAAA md5-AAAA".to_owned()),
        (
            "the alphabet of base64url",
            Some("integrity_malformed"),
            "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
        ),
        ("no padding", Some("integrity_malformed"), sha256.trim_end_matches('=').to_owned()),
        ("a digest that is too short", Some("integrity_malformed"), "sha256-AAAA".to_owned()),
        ("nothing", Some("integrity_malformed"), String::new()),
    ];
    let judged = |(name, expected, text): (&str, Refusal, String)| {
        let outcome = Integrity::parse(&text).and_then(|integrity| integrity.verify(b"document"));
        assert_eq!(outcome.err().map(|error| error.code()), expected, "{name}");
        json!({"name": name, "document": "document", "integrity": text, "refused": expected})
    };
    cases.map(judged).to_vec().into()
}

fn taken(documents: &[String]) -> Result<TypeMetadata, MetadataError> {
    let mut chain = Chain::new(CHILD, None)?;
    for document in documents {
        chain.take(document.as_bytes())?;
    }
    chain.finish()
}

fn effective(metadata: &TypeMetadata) -> Value {
    let sd = |rule| match rule {
        SelectiveDisclosure::Always => "always",
        SelectiveDisclosure::Allowed => "allowed",
        SelectiveDisclosure::Never => "never",
    };
    let claims: Vec<Value> = metadata
        .claims()
        .iter()
        .map(|claim| {
            let labels: Vec<Value> =
                claim.display.iter().map(|one| json!({"locale": one.locale, "label": one.label})).collect();
            json!({"path": claim.path.to_value(), "display": labels, "mandatory": claim.mandatory,
                "sd": sd(claim.sd), "svg_id": claim.svg_id})
        })
        .collect();
    let display: Vec<Value> =
        metadata.display().iter().map(|one| json!({"locale": one.locale, "name": one.name})).collect();
    json!({"types": metadata.types(), "display": display, "claims": claims})
}

fn chains() -> Value {
    let label = |text: &str| json!([{"locale": "en", "label": text}]);
    let base = json!({"vct": BASE, "display": [{"locale": "en", "name": "Base"}], "claims": [
        {"path": ["name"], "display": label("Full name"), "mandatory": true, "sd": "always", "svg_id": "name"},
        {"path": ["address", "city"], "display": label("City")},
        {"path": ["nationality"], "sd": "never"},
    ]});
    let child = |claims: Value| json!({"vct": CHILD, "extends": BASE, "claims": claims});
    let pinned = |document: &Value| json!({"vct": CHILD, "extends": BASE, "extends#integrity": Integrity::text_of(document.to_string().as_bytes())});
    let circle = json!({"vct": BASE, "extends": CHILD});
    let mut long: Vec<Value> = vec![json!({"vct": CHILD, "extends": "urn:example:1"})];
    long.extend(
        (1..8_u8).zip(2..).map(|(at, next): (u8, u8)| {
        json!({"vct": format!("urn:example:{at}"), "extends": format!("urn:example:{next}")})
    }),
    );
    let cases: Vec<(&str, Refusal, Vec<Value>)> = vec![
        (
            "a type alone, with members that nobody knows",
            None,
            vec![json!({"vct": CHILD, "new": 1, "claims": [{"path": ["x"], "new": 1}]})],
        ),
        (
            "a claim overridden, one added, the rest inherited",
            None,
            vec![
                child(
                    json!([{"path": ["address", "city"], "display": label("Town")}, {"path": ["skills", null], "sd": "always"}]),
                ),
                base.clone(),
            ],
        ),
        (
            "display of its own in place of the extended type's",
            None,
            vec![
                json!({"vct": CHILD, "extends": BASE, "display": [{"locale": "es", "name": "Hija"}]}),
                base.clone(),
            ],
        ),
        (
            "rules made stricter",
            None,
            vec![
                child(json!([{"path": ["address", "city"], "mandatory": true, "sd": "never"}])),
                base.clone(),
            ],
        ),
        (
            "always made never",
            Some("disclosure_changed"),
            vec![child(json!([{"path": ["name"], "sd": "never"}])), base.clone()],
        ),
        (
            "never made allowed",
            Some("disclosure_changed"),
            vec![child(json!([{"path": ["nationality"], "sd": "allowed"}])), base.clone()],
        ),
        (
            "mandatory made optional",
            Some("mandatory_dropped"),
            vec![child(json!([{"path": ["name"], "mandatory": false}])), base.clone()],
        ),
        (
            "one svg_id for two claims",
            Some("svg_id_twice"),
            vec![child(json!([{"path": ["nickname"], "svg_id": "name"}])), base.clone()],
        ),
        ("the extended document as pinned", None, vec![pinned(&base), base.clone()]),
        (
            "another extended document than pinned",
            Some("integrity_mismatch"),
            vec![pinned(&circle), base.clone()],
        ),
        ("the extended document is not there", Some("incomplete"), vec![child(json!([]))]),
        ("a type that extends itself", Some("circular"), vec![json!({"vct": CHILD, "extends": CHILD})]),
        ("two types that extend each other", Some("circular"), vec![child(json!([])), circle]),
        ("nine documents", Some("too_deep"), long),
        ("another type than was looked up", Some("wrong_type"), vec![base]),
        (
            "a claim twice",
            Some("claim_twice"),
            vec![json!({"vct": CHILD, "claims": [{"path": ["x"]}, {"path": ["x"]}]})],
        ),
        (
            "integrity of nothing",
            Some("malformed"),
            vec![json!({"vct": CHILD, "extends#integrity": Integrity::text_of(b"")})],
        ),
        (
            "lang in place of locale",
            Some("malformed"),
            vec![json!({"vct": CHILD, "display": [{"lang": "en", "name": "x"}]})],
        ),
        (
            "an svg_id that begins with a digit",
            Some("malformed"),
            vec![json!({"vct": CHILD, "claims": [{"path": ["x"], "svg_id": "1x"}]})],
        ),
        ("a path that is empty", Some("malformed"), vec![json!({"vct": CHILD, "claims": [{"path": []}]})]),
    ];
    let judged = |(name, expected, documents): (&str, Refusal, Vec<Value>)| {
        let documents: Vec<String> = documents.iter().map(Value::to_string).collect();
        let outcome = taken(&documents);
        assert_eq!(outcome.as_ref().err().map(MetadataError::code), expected, "{name}");
        match outcome {
            Ok(metadata) => {
                json!({"name": name, "vct": CHILD, "documents": documents, "effective": effective(&metadata)})
            }
            Err(error) => {
                json!({"name": name, "vct": CHILD, "documents": documents, "refused": error.code()})
            }
        }
    };
    cases.into_iter().map(judged).collect()
}

fn languages() -> Value {
    let cases: [(&str, &[&str]); 7] = [
        ("es", &["en", "es"]),
        ("ES-mx", &["en", "es"]),
        ("es", &["en", "es-MX"]),
        ("zh-Hant-TW", &["zh-Hans", "zh-Hant"]),
        ("de-a-value", &["en", "de"]),
        ("fr", &["en", "es"]),
        ("fr", &[]),
    ];
    let chosen = |(wanted, tags): (&str, &[&str])| json!({"wanted": wanted, "tags": tags, "taken": best_for(wanted, tags, |tag| tag)});
    cases.map(chosen).to_vec().into()
}

fn issuer() -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(91)).unwrap()
}

fn issued(claims: Value, disclosable: &[Value]) -> String {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    let frame = Frame::Paths(disclosable.iter().map(|path| ClaimsPath::from_value(path).unwrap()).collect());
    let header = serde_json::Map::new();
    let issuing = Issuing { typ: "dc+sd-jwt", header, claims, frame: &frame, decoys: Decoys::default() };
    sd_jwt::issue(issuing, &issuer(), &SeededRandomness::new(92)).unwrap()
}

/// The SD-JWT without the disclosures that hold `text`.
fn without(compact: &str, text: &str) -> String {
    let holds = |part: &&str| {
        let decoded = jose::base64url::decode(part).unwrap_or_default();
        String::from_utf8(decoded).is_ok_and(|decoded| decoded.contains(text))
    };
    let (jwt, disclosures) = compact.split_once('~').unwrap();
    let kept: String = disclosures
        .split('~')
        .filter(|part| !part.is_empty() && !holds(part))
        .map(|part| format!("{part}~"))
        .collect();
    format!("{jwt}~{kept}")
}

fn processed(compact: &str) -> Processed {
    let key = VerifyingKey::new(issuer().public_jwk()).unwrap();
    let policy = jws::Policy::typed(&["dc+sd-jwt"]);
    SdJwt::parse(compact).unwrap().verify(&key, &policy).unwrap().processed().clone()
}

fn credentials() -> Value {
    let claims =
        json!({"vct": CHILD, "name": "Ada", "address": {"city": "Kiln"}, "list": ["zero", "one", "two"]});
    let disclosable = [
        json!(["name"]),
        json!(["address"]),
        json!(["address", "city"]),
        json!(["list", 0]),
        json!(["list", 2]),
    ];
    let all = issued(claims, &disclosable);
    let no_name = without(&all, "\"Ada\"");
    let no_zero = without(&all, "\"zero\"");
    let cases = [
        (
            "as it should be",
            (None, None),
            &all,
            json!([
                {"path": ["name"], "mandatory": true, "sd": "always"},
                {"path": ["address", "city"], "mandatory": true, "sd": "always"},
                {"path": ["list"], "mandatory": true, "sd": "never"},
                {"path": ["list", 1], "sd": "never"},
            ]),
        ),
        (
            "always, and it is visible",
            (Some("not_disclosable"), Some("not_disclosable")),
            &all,
            json!([{"path": ["list"], "sd": "always"}]),
        ),
        (
            "never, and it is disclosable",
            (Some("disclosable"), Some("disclosable")),
            &all,
            json!([{"path": ["name"], "sd": "never"}]),
        ),
        (
            "an element that is visible among those that are not",
            (Some("not_disclosable"), Some("not_disclosable")),
            &all,
            json!([{"path": ["list", null], "sd": "always"}]),
        ),
        ("a name in a text", (Some("path"), Some("path")), &all, json!([{"path": ["name", "first"]}])),
        ("an index in an object", (Some("path"), Some("path")), &all, json!([{"path": ["address", 0]}])),
        (
            "mandatory and left out of the presentation",
            (Some("missing"), None),
            &no_name,
            json!([{"path": ["name"], "mandatory": true, "sd": "always"}]),
        ),
        (
            "mandatory and never issued, though it might have been left out",
            (Some("missing"), None),
            &all,
            json!([{"path": ["phone_number"], "mandatory": true}]),
        ),
        (
            "mandatory, never disclosable, and not there",
            (Some("missing"), Some("missing")),
            &all,
            json!([{"path": ["phone_number"], "mandatory": true, "sd": "never"}]),
        ),
        (
            "elements count as they were issued",
            (None, None),
            &no_zero,
            json!([{"path": ["list", 1], "sd": "never"}]),
        ),
        (
            "an element that is not disclosed is disclosable",
            (None, Some("disclosable")),
            &no_zero,
            json!([{"path": ["list", 0], "sd": "never"}]),
        ),
        (
            "what lies in an element that is not disclosed is not known",
            (None, None),
            &no_zero,
            json!([{"path": ["list", 0, "x"], "sd": "never"}]),
        ),
    ];
    let judged = |(name, expected, sd_jwt, rules): (&str, (Refusal, Refusal), &String, Value)| {
        let document = json!({"vct": CHILD, "claims": rules}).to_string();
        let metadata = taken(std::slice::from_ref(&document)).unwrap();
        let credential = processed(sd_jwt);
        let code = |outcome: Result<(), Mismatch>| outcome.err().map(|error| error.code());
        let holder = code(metadata.check_issued(&credential));
        assert_eq!((holder, code(metadata.check_presented(&credential))), expected, "{name}");
        json!({
            "name": name, "document": document, "sd_jwt": sd_jwt,
            "holder_refuses": expected.0, "verifier_refuses": expected.1,
        })
    };
    cases.map(judged).to_vec().into()
}

fn colours() -> Value {
    let texts = [
        "#0a3",
        "#0A3B4c",
        "rgb(1, 2, 255)",
        "rgb(1 2 3)",
        "red",
        "#12345678",
        "rgb(256, 0, 0)",
        "#fff;background:url(https://x)",
    ];
    let read = texts.map(
        |text| json!({"text": text, "written": Colour::parse(text).ok().map(|colour| colour.to_string())}),
    );
    let pairs = [("#ffffff", "#767676"), ("#ffffff", "#777777"), ("#123456", "#123456")];
    let readable = pairs.map(|(background, text)| {
        let display = json!({"locale": "en", "name": "x", "rendering": {"simple": {"background_color": background, "text_color": text}}});
        let taken = Rendering::of(&serde_json::from_value(display).unwrap()).is_ok();
        json!({"background_color": background, "text_color": text, "taken": taken})
    });
    json!({"read": read, "together": readable})
}

fn svg_templates() -> Value {
    let document = json!({"vct": CHILD, "claims": [{"path": ["name"], "svg_id": "name"}, {"path": ["skills", null], "svg_id": "skills"}]});
    let metadata = taken(&[document.to_string()]).unwrap();
    let svg = |inner: &str| {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\">{inner}</svg>")
    };
    let cases = [
        ("a value", None, svg("<text x=\"1\" y=\"9\">{{name}}</text>"), json!({"name": "Ada"})),
        ("no value", None, svg("<text>[{{name}}]</text>"), json!({})),
        ("several values", None, svg("<text>{{skills}}</text>"), json!({"skills": ["felt", "glaze"]})),
        (
            "a value with markup",
            None,
            svg("<text>{{name}}</text>"),
            json!({"name": "</text><script>\"&'</script>"}),
        ),
        (
            "a value that looks like a placeholder",
            None,
            svg("<text>{{name}}</text>"),
            json!({"name": "{{skills}}"}),
        ),
        (
            "a gradient of its own",
            None,
            svg("<defs><linearGradient id=\"g\"/></defs><rect width=\"9\" height=\"9\" fill=\"url(#g)\"/>"),
            json!({}),
        ),
        (
            "a placeholder in an attribute",
            Some("placeholder"),
            svg("<text x=\"{{name}}\">a</text>"),
            json!({}),
        ),
        ("a placeholder in a comment", Some("placeholder"), svg("<!-- {{name}} -->"), json!({})),
        (
            "a placeholder that no claim has",
            Some("unknown_placeholder"),
            svg("<text>{{nobody}}</text>"),
            json!({}),
        ),
        ("a script", Some("element"), svg("<script>alert(1)</script>"), json!({})),
        ("an event", Some("attribute"), svg("<rect onload=\"alert(1)\"/>"), json!({})),
        ("a foreign object", Some("element"), svg("<foreignObject/>"), json!({})),
        ("an animation", Some("element"), svg("<rect><animate/></rect>"), json!({})),
        ("a picture elsewhere", Some("value"), svg("<image href=\"https://a.example/x.png\"/>"), json!({})),
        ("a paint elsewhere", Some("value"), svg("<rect fill=\"url(https://a.example/x)\"/>"), json!({})),
        ("a style elsewhere", Some("value"), svg("<rect style=\"fill: url(//a.example/x)\"/>"), json!({})),
        ("a style sheet", Some("element"), svg("<style>rect {}</style>"), json!({})),
        ("a shape that repeats another", Some("element"), svg("<use href=\"#a\"/>"), json!({})),
        ("a document type", Some("malformed"), format!("<!DOCTYPE svg>{}", svg("")), json!({})),
        (
            "another root",
            Some("root"),
            "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>".to_owned(),
            json!({}),
        ),
    ];
    let judged = |(name, expected, template, claims): (&str, Refusal, String, Value)| {
        let Value::Object(members) = &claims else { panic!("claims are an object") };
        let made = Template::read(template.as_bytes()).and_then(|read| read.fill(&metadata, members));
        assert_eq!(made.as_ref().err().map(SvgError::code), expected, "{name}");
        match made {
            Ok(picture) => {
                json!({"name": name, "template": template, "claims": claims, "picture": picture.markup()})
            }
            Err(error) => {
                json!({"name": name, "template": template, "claims": claims, "refused": error.code()})
            }
        }
    };
    json!({"document": document.to_string(), "cases": cases.map(judged)})
}

#[test]
fn our_documents_are_served_in_the_octets_that_the_vectors_name() {
    for (entry, vct) in built_in().as_array().unwrap().iter().zip(types::ALL) {
        let integrity = entry["integrity"].as_str();
        let mut chain = Chain::new(vct, integrity).unwrap();
        chain.take(type_metadata::document_of(vct).unwrap().as_bytes()).unwrap();
        assert!(chain.finish().is_ok());
    }
}
