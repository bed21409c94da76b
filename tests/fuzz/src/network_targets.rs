//! Every message of the network, signed or posted.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jose::json;
use ledger::{CommitmentNonce, Entry, EntryKind, Leaf, LeafId};
use network::change_proof::{self, Asked, ChangeProof, Deed, NewChangeProof};
use network::counter_offer::{self, CounterOffer};
use network::decision::{DecidedBy, Decision, Outcome};
use network::did_control::DidControl;
use network::follow_up::FollowUp;
use network::http_signature::{self, Fields};
use network::mailbox::{self, About, Address, Deposit, Done, Invitation, Listing, Message, Slot};
use network::member_api;
use network::number_binding::{self, BindingToken, Blocks, HolderStatement, Question, Renumber, Stating};
use network::sharing_proof::{self, Confirmation, ProofOfSharing};
use network::terms::Terms;
use network::weekly_list::WeeklyList;
use network::{hello, intended_use, member_log, seen_in_team};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::bytes::{Choices, one_byte_changed, text, two};
use crate::fixtures::{MEMBER, NOW, OFFICE, SPACE, holder_thumbprint, opener, randomness, signer, verifier};
use crate::target::Target;

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("network_message", signed_message)
        .made(|| signed().iter().map(|message| message.clone().into_bytes()).collect())
        .words(&["iss", "iat", "exp", "kid", "cnf", "jkt", "sub", "aud", "jti", "-1", "9223372036854775807"]),
    Target::new("network_message_one_byte", signed_message_one_byte),
    Target::new("mailbox_deposit", deposit).made(|| {
        let deposit = Deposit {
            kind: mailbox::Kind::Message,
            slot: Slot::of([1; 16]),
            message: envelope().clone(),
            expires: NOW.plus(1_000).seconds(),
        };
        vec![serde_json::to_vec(&deposit).unwrap()]
    }),
    Target::new("mailbox_envelope", sealed_envelope).made(|| vec![envelope().clone().into_bytes()]),
    Target::new("mailbox_envelope_one_byte", envelope_one_byte),
    Target::new("mailbox_names", mailbox_names).made(|| {
        let address = Address::of(opener().public_jwk());
        let inbox = format!("https://office.example{}", mailbox::path(&address));
        vec![
            address.as_str().as_bytes().to_vec(),
            serde_json::to_vec(&Slot::of([9; 16])).unwrap(),
            format!("office.example\n{inbox}").into_bytes(),
        ]
    }),
    Target::new("http_signature", http_signature_fields).made(|| vec![signature_fields().into_bytes()]).words(&[
        "sig=", "(\"@method\" \"@target-uri\" \"content-digest\")", ";created=", ";expires=", ";nonce=", ";keyid=", ";alg=",
        "sha-256=:", ":", "tag=\"",
    ]),
    Target::new("http_signature_one_byte", http_signature_one_byte),
    Target::new("counter_offer", offers).made(|| {
        vec![
            br#"{"request":"r","state":"s","offered":[["given_name"]],"instead":[{"of":["birthdate"],"offer":["age_equal_or_over","18"]}]}"#.to_vec(),
            br#"{"owner":[["billing","tax_id"]],"owner-and-managers":[["birthdate"],["address"]]}"#.to_vec(),
            br#"{"outcome":"new_request","link":"openid4vp://?x","client_id":"c","request_uri":"https://a.example","request_uri_method":"post"}"#.to_vec(),
        ]
    }),
    Target::new("terms", terms)
        .made(|| vec![br#"{"request":"r","audiences":{"bio":"public"},"until":7}"#.to_vec()])
        .words(&["inbox", "address", "key", "members-here", "team"]),
    Target::new("member_api", member_messages)
        .made(|| {
            vec![
                br#"{"id":"AAAAAAAAAAAAAAAA","changes":[{"claim":"bio","until":null},{"claim":"email","take_back":true}],"dry_run":true}"#.to_vec(),
                br#"{"id":"AAAAAAAAAAAAAAAA","about":["bio"],"reason":"x"}"#.to_vec(),
                br#"{"hello":"AAAAAAAAAAAAAAAAAAAAAA","details":[{"claim":"email","value":"a@b.example"}]}"#.to_vec(),
                br#"{"report":"abuse"}"#.to_vec(),
                br#"{"space":"did:web:a","member_since":1,"plan":"p","details":[],"objections":[]}"#.to_vec(),
            ]
        })
        .words(&["publish", "until", "take_back", "claims", "membership_ended", "kept"]),
    Target::new("leaf", leaf).made(|| {
        let entry = Entry::new(EntryKind::Answered, NOW).with_purpose("x").about(["bio"]);
        let leaf = Leaf::new(LeafId::generate(&randomness(3)), &entry);
        vec![serde_json::to_vec(&leaf).unwrap(), leaf.bytes().to_vec()]
    }),
    Target::new("weekly_list", weekly_list).made(|| WeeklyList::of_week(2_900).map(|list| list.to_string().into_bytes()).collect()),
];

const INBOX: &str = "https://office.example/mailbox/x";
const UPLOAD: &str = "https://office.example/did/x";
const NUMBER: &str = "HRBR-0000-0000";

fn confirmation() -> Confirmation {
    Confirmation { thumbprint: holder_thumbprint() }
}

/// One message of each kind, signed.
fn signed() -> &'static BTreeSet<String> {
    static MESSAGES: OnceLock<BTreeSet<String>> = OnceLock::new();
    MESSAGES.get_or_init(|| {
        let (key, kid) = (signer(), format!("{SPACE}#log"));
        let seconds = NOW.seconds();
        let random = randomness(21);
        let control = DidControl {
            did: MEMBER.to_owned(),
            upload_uri: UPLOAD.to_owned(),
            issued_at: seconds,
            confirmation: confirmation(),
        };
        let decision = Decision {
            issuer: SPACE.to_owned(),
            issued_at: seconds,
            request: "r".to_owned(),
            confirmation: confirmation(),
            outcome: Outcome::Approved,
            by: DecidedBy::Rule,
            because: None,
            rules: None,
            reason: None,
            appeal: None,
        };
        let message = Message {
            space: SPACE.to_owned(),
            inbox: INBOX.to_owned(),
            id: "1".to_owned(),
            issued_at: seconds,
            expires_at: NOW.plus(1_000).seconds(),
            about: About::Offer,
            decision: None,
            credential_offer: Some("openid-credential-offer://?x".to_owned()),
            link: None,
            text: None,
            hello: None,
            hello_answer: None,
        };
        let invitation = Invitation {
            space: SPACE.to_owned(),
            member: MEMBER.to_owned(),
            id: "1".to_owned(),
            issued_at: seconds,
            expires_at: NOW.plus(1_000).seconds(),
            link: "openid4vp://?x".to_owned(),
            purpose: mailbox::Purpose::SignUp,
            email: None,
        };
        let sharing = sharing_proof::NewProof {
            issuer: SPACE,
            request: "r",
            holder: &holder_thumbprint(),
            purpose: "sign-up",
            shared: Vec::new(),
        };
        let change = NewChangeProof {
            issuer: SPACE,
            holder: &holder_thumbprint(),
            id: "AAAAAAAAAAAAAAAA",
            deed: Deed::Left,
            outcome: member_api::Outcome { membership_ended: true, ..member_api::Outcome::default() },
        };
        let statement = HolderStatement::new(MEMBER, NUMBER, NOW);
        let stating = Stating::new(MEMBER, OFFICE, statement.sign(key).unwrap(), NOW, &random);
        let mut messages = BTreeSet::from([
            control.sign(key).unwrap(),
            decision.sign(&kid, key).unwrap(),
            message.sign(&kid, key).unwrap(),
            invitation.sign(&kid, key).unwrap(),
            change.make(NOW, &random).sign(&kid, key).unwrap(),
            statement.sign(key).unwrap(),
            stating.sign(key).unwrap(),
            Renumber::new(MEMBER, OFFICE, NUMBER, NOW, &random).sign(key).unwrap(),
            Blocks::new(MEMBER, OFFICE, vec![SPACE.to_owned()], NOW, &random).sign(key).unwrap(),
        ]);
        if let Ok(proof) = sharing.make(NOW, &random) {
            messages.insert(proof.sign(&kid, key).unwrap());
        }
        let token = BindingToken {
            office: OFFICE.to_owned(),
            audience: SPACE.to_owned(),
            number: NUMBER.to_owned(),
            did: MEMBER.to_owned(),
            holder: statement.sign(key).unwrap(),
            issued_at: seconds,
            expires_at: NOW.plus(1_000).seconds(),
        };
        messages.insert(token.sign(&format!("{OFFICE}#binding"), Map::new(), key).unwrap());
        messages
    })
}

/// How many readers take `message`.
fn readers_that_take(message: &str) -> usize {
    let key = verifier();
    let holder = holder_thumbprint();
    let sharing = sharing_proof::Expected { space: SPACE, request: "r", holder: &holder, shared: &[] };
    let change =
        change_proof::Expected { space: SPACE, holder: &holder, id: "AAAAAAAAAAAAAAAA", asked: Asked::Leave };
    [
        DidControl::verify(message, key, MEMBER, UPLOAD, &holder, NOW).is_ok(),
        Decision::verify(message, SPACE, key, "r", &holder, NOW).is_ok(),
        Message::verify(message, SPACE, key, INBOX, NOW).is_ok(),
        Invitation::verify(message, SPACE, key, MEMBER, NOW).is_ok(),
        ProofOfSharing::verify(message, key, &sharing, NOW).is_ok(),
        ChangeProof::verify(message, key, &change, NOW).is_ok(),
        HolderStatement::verify(message, key, MEMBER, NUMBER, NOW).is_ok(),
        Stating::verify(message, key, MEMBER, OFFICE, NOW).is_ok(),
        Renumber::verify(message, key, MEMBER, OFFICE, NOW).is_ok(),
        Blocks::verify(message, key, MEMBER, OFFICE, NOW).is_ok(),
        BindingToken::verify(message, key, OFFICE, SPACE, NUMBER, NOW).is_ok(),
    ]
    .iter()
    .filter(|taken| **taken)
    .count()
}

/// A message that was signed is read by its own reader and by no other; one that was not, by none.
fn signed_message(input: &[u8]) {
    let Some(message) = text(input) else { return };
    let taken = readers_that_take(message);
    // Some hold another signed message, so that from another process they differ in more than their own signature.
    let is_like_ours = signed().iter().any(|known| known.split('.').next() == message.split('.').next());
    assert!(taken <= usize::from(is_like_ours), "{message}");
    assert!(taken == 1 || !signed().contains(message), "{message}");
    let _ = (number_binding::speaker(message), number_binding::number_in(message));
    let _ = (
        ProofOfSharing::signing_key(message),
        ChangeProof::signing_key(message),
        mailbox::sender_key(message),
    );
}

fn signed_message_one_byte(input: &[u8]) {
    let mut choices = Choices::new(input);
    let messages: Vec<&String> = signed().iter().collect();
    let message = choices.one(&messages).unwrap();
    if let Some(changed) = one_byte_changed(message, &mut choices) {
        assert_eq!(readers_that_take(&changed), 0, "{changed}");
    }
}

fn envelope() -> &'static String {
    static ENVELOPE: OnceLock<String> = OnceLock::new();
    ENVELOPE.get_or_init(|| mailbox::seal("a.b.c", opener().public_jwk(), &randomness(22)).unwrap())
}

fn deposit(input: &[u8]) {
    if let Ok(deposit) = Deposit::read(input, NOW) {
        assert!(mailbox::check_envelope(&deposit.message).is_ok());
        let written = serde_json::to_vec(&deposit).unwrap();
        assert_eq!(Deposit::read(&written, NOW).as_ref(), Ok(&deposit));
    }
    round::<Done>(input);
    round::<Question>(input);
    if let Ok(listing) = json::parse_as::<Listing>(input) {
        let body = listing.clone().body();
        let again: Listing = json::parse_as(&body).expect("written by us");
        assert_eq!((again.messages, again.more), (listing.messages, listing.more));
    }
    if let Ok(follow_up) = json::parse_as::<FollowUp>(input) {
        assert_eq!(json::parse_as::<FollowUp>(serde_json::to_vec(&follow_up).unwrap()), Ok(follow_up));
    }
}

/// What is read is written so that it reads the same.
fn round<T: Serialize + DeserializeOwned>(input: &[u8]) {
    let Ok(read) = json::parse_as::<T>(input) else { return };
    let written = serde_json::to_value(&read).expect("a message is JSON");
    let again: T = json::parse_as(written.to_string()).expect("written by us");
    assert_eq!(serde_json::to_value(&again).expect("a message is JSON"), written);
}

fn sealed_envelope(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if mailbox::check_envelope(given).is_ok() {
        assert!(mailbox::SIZES.contains(&given.len()));
    }
    if mailbox::open(given, opener()).is_ok() {
        assert_eq!(given, envelope(), "an envelope that nobody sealed");
    }
}

/// Any token comes out as it went in; one byte changed and nothing comes out.
fn envelope_one_byte(input: &[u8]) {
    let mut choices = Choices::new(input);
    assert_eq!(mailbox::open(envelope(), opener()).as_deref(), Ok("a.b.c"));
    if let Some(changed) = one_byte_changed(envelope(), &mut choices) {
        assert!(mailbox::open(&changed, opener()).is_err(), "{changed}");
    }
}

fn mailbox_names(input: &[u8]) {
    if let Some(given) = text(input) {
        if let Ok(address) = Address::parse(given) {
            assert_eq!(address.as_str(), given);
            assert!(mailbox::path(&address).ends_with(given));
        }
        if let Ok(slot) = Slot::parse(given) {
            let written = serde_json::to_value(slot).unwrap();
            assert_eq!(written.as_str().map(Slot::parse), Some(Ok(slot)));
        }
    }
    round::<Slot>(input);
    let (host, address) = two(input);
    if let (Some(host), Some(address)) = (text(host), text(address))
        && let Some(inbox) = mailbox::inbox_at(host, address)
    {
        assert!(address.contains(host) && address.ends_with(inbox.as_str()), "{address} is not at {host}");
    }
}

const TARGET_URI: &str = "https://office.example/mailbox/x";

fn signature_fields() -> String {
    static FIELDS: OnceLock<String> = OnceLock::new();
    let sign = || {
        let kid = "did:web:kiln.example#log";
        let signed =
            http_signature::sign("POST", TARGET_URI, b"{}", kid, signer(), NOW, &randomness(23)).unwrap();
        format!("{}\n{}\n{}", signed.content_digest, signed.signature_input, signed.signature)
    };
    FIELDS.get_or_init(sign).clone()
}

fn verifies(fields: &str, method: &str, target: &str, body: &[u8]) -> bool {
    let mut lines = fields.splitn(3, '\n');
    let (Some(content_digest), Some(signature_input), Some(signature)) =
        (lines.next(), lines.next(), lines.next())
    else {
        return false;
    };
    let fields = Fields { content_digest, signature_input, signature };
    http_signature::Unverified::parse(method, target, body, fields)
        .is_ok_and(|unverified| unverified.verify(verifier(), NOW).is_ok())
}

fn http_signature_fields(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if verifies(given, "POST", TARGET_URI, b"{}") {
        let said = |fields: &str| fields.rsplit_once('\n').map(|(said, _)| said.to_owned());
        assert_eq!(said(given), said(&signature_fields()), "a request that nobody signed");
        assert!(!verifies(given, "GET", TARGET_URI, b"{}") && !verifies(given, "POST", TARGET_URI, b"{ }"));
        assert!(!verifies(given, "POST", "https://office.example/mailbox/y", b"{}"));
    }
}

fn http_signature_one_byte(input: &[u8]) {
    let honest = signature_fields();
    assert!(verifies(&honest, "POST", TARGET_URI, b"{}"));
    if let Some(changed) = one_byte_changed(&honest, &mut Choices::new(input)) {
        assert!(!verifies(&changed, "POST", TARGET_URI, b"{}"), "{changed}");
    }
}

fn offers(input: &[u8]) {
    if let Ok(offer) = CounterOffer::from_json(input) {
        assert!(input.len() <= counter_offer::MOST_BYTES);
        assert_eq!(CounterOffer::from_json(offer.to_json().as_bytes()).as_ref(), Ok(&offer));
    }
    if let Ok(reply) = counter_offer::Reply::from_json(input) {
        let written = serde_json::to_vec(&reply).unwrap();
        assert_eq!(counter_offer::Reply::from_json(&written).as_ref(), Ok(&reply));
    }
    if let Ok(value) = json::parse(input) {
        if let Some(uri) = counter_offer::uri(&value) {
            assert_eq!(counter_offer::uri(&counter_offer::data(uri)), Some(uri));
        }
        if let Some(id) = intended_use::id(&value) {
            assert_eq!(intended_use::id(&intended_use::data(id)), Some(id));
        }
        if let Some(mut rules) = seen_in_team::rules(&value) {
            rules.retain(|_, seen| !seen.is_team());
            let written = seen_in_team::data(rules.iter().map(|(claim, seen)| (claim.as_str(), *seen)));
            assert_eq!(written.and_then(|data| seen_in_team::rules(&data)).unwrap_or_default(), rules);
        }
    }
    if let Some(claim) = text(input) {
        let _ = (counter_offer::path_of(claim), counter_offer::less_telling(claim));
    }
}

fn terms(input: &[u8]) {
    let Ok(claims) = json::parse_object(input) else { return };
    let request = claims.get("request").and_then(Value::as_str).unwrap_or_default();
    let Ok(terms) = Terms::from_claims(&claims, request) else { return };
    assert_eq!(Terms::from_claims(&terms.to_claims(), request).as_ref(), Ok(&terms));
    assert!(Terms::from_claims(&claims, "another request").is_err() || request == "another request");
}

fn member_messages(input: &[u8]) {
    round::<member_api::Changes>(input);
    round::<member_api::Leave>(input);
    round::<member_api::Objection>(input);
    round::<member_api::ChangeRequest>(input);
    round::<member_api::RequestMade>(input);
    round::<member_api::Details>(input);
    round::<member_api::ChangeAnswer>(input);
    round::<member_api::Refusal>(input);
    round::<hello::Hello>(input);
    round::<hello::HelloAnswer>(input);
    round::<hello::Contacts>(input);
    if let Ok(hello::HelloResponse::Answer(envelope)) = hello::HelloResponse::from_json(input) {
        assert_eq!(envelope.len(), hello::ENVELOPE);
    }
    if let Some(given) = text(input) {
        if let Ok(words) = hello::HelloText::parse(given) {
            assert_eq!(hello::HelloText::parse(words.as_str()).as_ref(), Ok(&words));
        }
        if let Ok(id) = hello::HelloId::parse(given) {
            assert_eq!(id.expose(), given);
        }
        if member_api::is_id(given) {
            assert!(given.len() <= member_api::LONGEST_ID && given.is_ascii());
        }
        let (path, claim) = given.split_once('\n').unwrap_or((given, given));
        if member_api::covers(path, claim) {
            assert!(claim.starts_with(path));
        }
    }
    let _ = member_log::fits(input.len(), 1, false);
}

fn leaf(input: &[u8]) {
    round::<CommitmentNonce>(input);
    if let Ok(leaf) = json::parse_as::<Leaf>(input) {
        let hash = leaf.hash();
        let again: Leaf = json::parse_as(serde_json::to_vec(&leaf).unwrap()).expect("written by us");
        assert!(again.hash() == hash, "a leaf that is kept keeps its hash");
        let _ = leaf.entry();
    }
}

fn weekly_list(input: &[u8]) {
    let Some(name) = text(input) else { return };
    if let Some(list) = WeeklyList::parse(name) {
        assert_eq!(list.to_string(), name);
        assert!(WeeklyList::of_week(list.week()).any(|other| other == list));
    }
}
