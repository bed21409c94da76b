//! DID documents of did:key, did:jwk and did:web.

use std::collections::BTreeSet;

use harness::vectors::suite;
use second_opinion::{Comparison, Kind, Ours};
use serde_json::{Value, json};
use ssi_dids::{AnyDidMethod, DID, DIDJWK, DIDKey, DIDResolver as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::{jwk, public};

const DIDS: &str = "ssi-dids";

const RELATIONSHIPS: [&str; 5] =
    ["authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation"];

async fn theirs(did: &str) -> Result<Value, String> {
    let did = DID::new(did).map_err(|_| "no DID".to_owned())?;
    let found = AnyDidMethod::default().resolve(did).await.map_err(|error| error.to_string())?;
    serde_json::to_value(found.document.document()).map_err(|error| error.to_string())
}

/// What counts in a document: whose it is, and which key is for what.
#[derive(Debug, PartialEq)]
struct Meaning {
    id: String,
    /// Absolute id and key.
    keys: BTreeSet<(String, String)>,
    /// Relationship and absolute id.
    purposes: BTreeSet<(&'static str, String)>,
}

fn meaning(document: &Value) -> Meaning {
    let id = document["id"].as_str().unwrap_or_default().to_owned();
    let absolute = |reference: &str| match reference.strip_prefix('#') {
        Some(fragment) => format!("{id}#{fragment}"),
        None => reference.to_owned(),
    };
    let items = |name: &str| document[name].as_array().cloned().unwrap_or_default();
    let embedded = RELATIONSHIPS.iter().flat_map(|name| items(name)).filter(Value::is_object);
    let keys = items("verificationMethod")
        .into_iter()
        .chain(embedded)
        .map(|method| (absolute(method["id"].as_str().unwrap_or_default()), key(&method)));
    let purposes = RELATIONSHIPS.iter().flat_map(|name| {
        let ids = items(name).into_iter().map(|item| {
            let reference = item.as_str().or(item["id"].as_str()).unwrap_or_default().to_owned();
            (*name, reference)
        });
        ids.collect::<Vec<_>>()
    });
    let purposes = purposes.map(|(name, reference)| (name, absolute(&reference)));
    Meaning { keys: keys.collect(), purposes: purposes.collect(), id: id.clone() }
}

fn key(method: &Value) -> String {
    let jwk = &method["publicKeyJwk"];
    if jwk.is_object() {
        return format!("{} {} {}", jwk["crv"], jwk["x"], jwk["y"]);
    }
    let text = method["publicKeyMultibase"].as_str().unwrap_or_default();
    let bytes = bs58::decode(text.trim_start_matches('z')).into_vec().unwrap_or_default();
    match bytes.as_slice() {
        [0xed, 0x01, x @ ..] => format!("\"Ed25519\" \"{}\" null", base64url(x)),
        [0xec, 0x01, x @ ..] => format!("\"X25519\" \"{}\" null", base64url(x)),
        [0x80, 0x24, point @ ..] => {
            use p256::elliptic_curve::sec1::ToSec1Point as _;
            let point = p256::PublicKey::from_sec1_bytes(point).expect("a point").to_sec1_point(false);
            let point = point.as_bytes();
            format!("\"P-256\" \"{}\" \"{}\"", base64url(&point[1..33]), base64url(&point[33..]))
        }
        _ => text.to_owned(),
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Meaning {
    /// Without keys and purposes of agreement.
    fn without_agreement(&self) -> Self {
        let agrees = |id: &String| self.purposes.contains(&("keyAgreement", id.clone()));
        let signs = |id: &String| self.purposes.iter().any(|(name, of)| *name != "keyAgreement" && of == id);
        Self {
            id: self.id.clone(),
            keys: self.keys.iter().filter(|(id, _)| !agrees(id) || signs(id)).cloned().collect(),
            purposes: self.purposes.iter().filter(|(name, _)| *name != "keyAgreement").cloned().collect(),
        }
    }

    fn without_capabilities(&self) -> Self {
        let kept = |(name, _): &&(&str, String)| !name.starts_with("capability");
        Self {
            id: self.id.clone(),
            keys: self.keys.clone(),
            purposes: self.purposes.iter().filter(kept).cloned().collect(),
        }
    }
}

const FEWER_PURPOSES: Kind = (
    "fewer purposes in a did:key",
    "we are right: the document has capabilities and, of Ed25519 and P-256 keys, an agreement (did:key, \"Create\"); ssi names authentication and assertion alone",
);
const OTHER_KEYS: Kind = (
    "kinds of keys that one side does not know",
    "neither is wrong: a resolver may leave out kinds (did:key, \"Signature Method Creation Algorithm\"); we take Ed25519, X25519 and P-256, ssi as it is built here others too",
);
const SIGNS_WITH_X25519: Kind = (
    "signatures with an X25519 key",
    "we are right: such a key agrees and does nothing else (RFC 8037 §3.2); ssi names it for authentication and assertion",
);
const DID_KEY: &[Kind] = &[FEWER_PURPOSES, SIGNS_WITH_X25519, OTHER_KEYS];

#[tokio::test(flavor = "current_thread")]
async fn every_did_key_of_the_vectors_and_of_new_keys_means_the_same() {
    let Some(folder) = suite("did-key") else { return };
    let mut ours = Ours::start();
    let mut seen = Comparison::new(DIDS, "did:key documents", DID_KEY);
    let mut dids = named_in(&folder.join("test-vectors"), "did:key:z");
    for algorithm in ["ES256", "EdDSA"].repeat(20) {
        let key = public(&ours.key(algorithm));
        let did = ours.ask(&json!({"do": "did", "method": "key", "key": key})).unwrap();
        let theirs =
            DIDKey::generate(&jwk(&key)).map(|did| did.to_string()).map_err(|error| error.to_string());
        seen.equal(&format!("the DID of {key}"), &Ok(did.as_str().unwrap().to_owned()), &theirs);
        dids.insert(did.as_str().unwrap().to_owned());
    }
    for did in dids {
        compare(&mut seen, &mut ours, &did).await;
    }
    seen.finish();
}

const AGREEMENT: Kind = (
    "an agreement with an Ed25519 key",
    "we are right in substance: an Ed25519 key can only sign (RFC 8037 §3.1); ssi follows the letter of did:jwk, which names `keyAgreement` unless `use` is `sig`",
);
const NO_X25519: Kind = (
    "a did:jwk of an X25519 key",
    "we are right: it is an example of the specification; ssi does not know the curve in a JWK",
);
const DID_JWK: &[Kind] = &[AGREEMENT, NO_X25519];

#[tokio::test(flavor = "current_thread")]
async fn every_did_jwk_of_the_vectors_and_of_new_keys_means_the_same() {
    let Some(folder) = suite("did-jwk") else { return };
    let mut ours = Ours::start();
    let mut seen = Comparison::new(DIDS, "did:jwk documents", DID_JWK);
    let mut dids = named_in(&folder, "did:jwk:");
    for algorithm in ["ES256", "EdDSA"].repeat(20) {
        let key = public(&ours.key(algorithm));
        let did = ours.ask(&json!({"do": "did", "method": "jwk", "key": key})).unwrap();
        dids.insert(did.as_str().unwrap().to_owned());
        dids.insert(DIDJWK::generate(&jwk(&key)).to_string());
    }
    for did in dids {
        compare(&mut seen, &mut ours, &did).await;
    }
    seen.finish();
}

async fn compare(seen: &mut Comparison, ours: &mut Ours, did: &str) {
    let ours = ours.ask(&json!({"do": "resolve", "did": did}));
    let theirs = theirs(did).await;
    match (&ours, &theirs) {
        (Err(_), Err(_)) => seen.agrees(),
        (Ok(one), Ok(other)) => judge(seen, did, &meaning(one), &meaning(other)),
        (Err(_), Ok(_)) | (Ok(_), Err(_)) if did.starts_with("did:key:") && !is_of_both(did) => {
            seen.differs(OTHER_KEYS.0);
        }
        (Ok(one), Err(_)) if did.starts_with("did:jwk:") && is_x25519(&meaning(one)) => {
            seen.differs(NO_X25519.0)
        }
        _ => seen.unexplained(did, &format!("ours {ours:?}, theirs {theirs:?}")),
    }
}

fn is_x25519(document: &Meaning) -> bool {
    document.keys.iter().all(|(_, key)| key.starts_with("\"X25519\""))
}

fn judge(seen: &mut Comparison, did: &str, ours: &Meaning, theirs: &Meaning) {
    let is_ed25519 = ours.keys.iter().any(|(_, key)| key.starts_with("\"Ed25519\""));
    if ours == theirs {
        seen.agrees();
    } else if is_x25519(ours)
        && ours.keys == theirs.keys
        && !theirs.purposes.iter().any(|(name, _)| *name == "keyAgreement")
    {
        seen.differs(SIGNS_WITH_X25519.0);
    } else if did.starts_with("did:key:") && ours.without_agreement().without_capabilities() == *theirs {
        seen.differs(FEWER_PURPOSES.0);
    } else if did.starts_with("did:jwk:") && is_ed25519 && *ours == theirs.without_agreement() {
        seen.differs(AGREEMENT.0);
    } else {
        seen.unexplained(did, &format!("ours {ours:?}, theirs {theirs:?}"));
    }
}

/// Ed25519 and P-256.
fn is_of_both(did: &str) -> bool {
    ["did:key:z6Mk", "did:key:zDn"].iter().any(|start| did.starts_with(start))
}

/// The DIDs that the files of a folder hold.
fn named_in(folder: &std::path::Path, start: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        for rest in text.split(start).skip(1) {
            let end = rest
                .find(|one: char| !one.is_ascii_alphanumeric() && !"-_".contains(one))
                .unwrap_or(rest.len());
            if end > 8 {
                found.insert(format!("{start}{}", &rest[..end]));
            }
        }
    }
    found
}

#[tokio::test(flavor = "current_thread")]
async fn a_did_web_lies_at_the_same_place_and_its_document_means_the_same() {
    let mut ours = Ours::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("localhost%3A{}", listener.local_addr().unwrap().port());
    let mut seen = Comparison::new(DIDS, "did:web documents", DID_WEB);
    // A name of one label is no host to us; ssi reads no other one over http. So we read the same with another name.
    let near = json!({"do": "web", "did": format!("did:web:{place}")});
    assert!(ours.ask(&near).is_err());
    seen.differs(ONE_LABEL.0);
    let renamed = |text: &str| text.replace("did:web:localhost", "did:web:host.localhost");
    for (path, other_id) in
        [("", false), (":members:ana", false), (":members:%C3%B1", false), (":other", true)]
    {
        let did = format!("did:web:{place}{path}");
        let document = served(&did, other_id);
        let (asked, theirs) = tokio::join!(serve_once(&listener, &document), theirs(&did));
        let ours_did = renamed(&did);
        let url = ours.ask(&json!({"do": "web", "did": ours_did})).unwrap();
        let path_of = |url: &str| url.splitn(4, '/').nth(3).map(|path| format!("/{path}"));
        seen.equal(&format!("the place of {did}"), &path_of(url.as_str().unwrap()), &Some(asked));
        let ours =
            ours.ask(&json!({"do": "web", "did": ours_did, "document": renamed(&document.to_string())}));
        let theirs = theirs.map(|document| serde_json::from_str(&renamed(&document.to_string())).unwrap());
        match (&ours, &theirs) {
            (Ok(one), Ok(other)) => seen.equal(&did, &meaning(one), &meaning(other)),
            (Err(_), Ok(_)) if other_id => seen.differs(OTHER_ID.0),
            (ours, theirs) => seen.unexplained(&did, &format!("ours {ours:?}, theirs {theirs:?}")),
        }
    }
    seen.finish();
}

const OTHER_ID: Kind = (
    "a document of another DID",
    "we are right: the id of what a did:web serves must be that DID (did:web, \"Read\"); ssi hands out the document of somebody else",
);
const ONE_LABEL: Kind = (
    "a did:web of `localhost`",
    "we are stricter: a did:web has a domain name (did:web, \"Method-specific identifier\"), of two labels at least; ssi fetches that of `localhost` and of private addresses over plain http",
);
const DID_WEB: &[Kind] = &[ONE_LABEL, OTHER_ID];

fn served(did: &str, other_id: bool) -> Value {
    let key = format!("{did}#key");
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": if other_id { format!("{did}x") } else { did.to_owned() },
        "verificationMethod": [{"id": key, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": {
            "kty": "EC", "crv": "P-256", "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
            "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"}}],
        "authentication": [key],
        "assertionMethod": [key],
    })
}

/// Answers one request with a document, under the media type that ssi knows, and says which path was asked for.
async fn serve_once(listener: &TcpListener, document: &Value) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let body = document.to_string();
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/did+json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned()
}
