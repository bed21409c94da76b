use std::collections::BTreeSet;

use credentials::dcql::Query;
use credentials::sd_jwt::HashAlgorithm;
use jose::{base64url, digest};
use serde_json::json;

use super::*;

/// A payment: an amount in cents and nothing else.
struct Payment;

impl TransactionType for Payment {
    fn name(&self) -> &'static str {
        "urn:example:payment"
    }

    fn read(&self, members: &Map<String, Value>) -> Option<String> {
        let cents = members.get("cents")?.as_u64()?;
        (members.len() == 1).then(|| format!("Pay {cents} cents"))
    }
}

fn types() -> TransactionTypes {
    TransactionTypes::default().with(Arc::new(Payment))
}

/// Card and bank are asked for with holder binding, the ticket without, and the spare is in no set.
fn query() -> Query {
    let one = |id: &str, bound: bool| {
        json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]},
            "require_cryptographic_holder_binding": bound})
    };
    Query::parse(&json!({
        "credentials": [one("card", true), one("bank", true), one("ticket", false), one("spare", true)],
        "credential_sets": [{"options": [["card"], ["bank"]]}, {"options": [["ticket"]], "required": false}]
    }))
    .unwrap()
}

fn encoded(transaction: &Value) -> Value {
    Value::from(base64url::encode(transaction.to_string()))
}

fn payment(cents: u64, by: &[&str]) -> Value {
    json!({"type": "urn:example:payment", "credential_ids": by, "cents": cents})
}

fn read(list: &[Value]) -> Result<Vec<Transaction>, TransactionDataError> {
    Transaction::read_all(&list.iter().map(encoded).collect(), &query(), &types())
}

fn claims(transactions: &[Transaction], answered: &[&str], of: &str) -> Map<String, Value> {
    let answered: BTreeSet<&str> = answered.iter().copied().collect();
    Authorising::choose(transactions, &answered).unwrap().claims(of)
}

#[test]
fn a_transaction_of_a_known_type_is_read_and_said_in_words() {
    let read = read(&[payment(700, &["card", "bank"])]).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].kind(), read[0].says()), ("urn:example:payment", "Pay 700 cents"));
    assert_eq!(read[0].credential_ids(), ["card", "bank"]);
}

#[test]
fn one_transaction_that_is_not_understood_refuses_all() {
    use TransactionDataError as Error;
    let good = || payment(700, &["card"]);
    let with = |name: &str, value: Value| {
        let mut one = good();
        one[name] = value;
        one
    };
    let without = |name: &str| {
        let mut one = good();
        one.as_object_mut().unwrap().remove(name);
        one
    };
    let many = |count: usize| {
        (0..count)
            .map(|one| if one == 0 { json!("sha-256") } else { json!(one.to_string()) })
            .collect::<Value>()
    };
    assert!(read(&[good(), good()]).is_ok());
    assert!(read(&[with("transaction_data_hashes_alg", many(64))]).is_ok());
    for (case, transaction, error) in [
        ("another type", with("type", json!("urn:example:Payment")), Error::UnknownType),
        ("no type", without("type"), Error::Malformed),
        ("a type that is no text", with("type", json!(1)), Error::Malformed),
        ("no credentials", without("credential_ids"), Error::Malformed),
        ("an empty list of credentials", with("credential_ids", json!([])), Error::Malformed),
        ("credentials that are no texts", with("credential_ids", json!([1])), Error::Malformed),
        ("an unknown credential", with("credential_ids", json!(["card", "other"])), Error::UnknownCredential),
        ("one that no set asks for", with("credential_ids", json!(["spare"])), Error::UnknownCredential),
        ("one without binding", with("credential_ids", json!(["ticket"])), Error::WithoutHolderBinding),
        ("an unknown member", with("tip", json!(1)), Error::DoesNotFit),
        ("a member missing", without("cents"), Error::DoesNotFit),
        ("a member of another type", with("cents", json!("700")), Error::DoesNotFit),
        ("a credential twice", with("credential_ids", json!(["card", "bank", "card"])), Error::Malformed),
        (
            "a hash twice",
            with("transaction_data_hashes_alg", json!(["sha-256", "sha-256"])),
            Error::Malformed,
        ),
        ("more hashes than there are", with("transaction_data_hashes_alg", many(65)), Error::Malformed),
        ("an empty list of hashes", with("transaction_data_hashes_alg", json!([])), Error::Malformed),
        ("hashes that are no list", with("transaction_data_hashes_alg", json!("sha-256")), Error::Malformed),
        ("a weak hash alone", with("transaction_data_hashes_alg", json!(["md5"])), Error::NoHash),
    ] {
        assert_eq!(read(&[good(), transaction]).unwrap_err(), error, "{case}");
    }
    let taken = |value: Value| Transaction::read_all(&value, &query(), &types()).map(drop);
    let text = encoded(&good()).as_str().unwrap().to_owned();
    for (case, value) in [
        ("no list", json!(text)),
        ("an empty list", json!([])),
        ("an object itself", json!([good()])),
        ("padding", json!([format!("{text}=")])),
        ("no object", json!([base64url::encode("[]")])),
        ("no JSON", json!([base64url::encode("{")])),
        ("a name twice", json!([base64url::encode(r#"{"type":"a","type":"b","credential_ids":["card"]}"#)])),
        ("more than a person reads", json!(vec![text.clone(); 17])),
    ] {
        assert_eq!(taken(value), Err(Error::Malformed), "{case}");
    }
    assert_eq!(taken(json!(vec![text; 16])), Ok(()));
}

#[test]
fn no_type_is_known_unless_it_was_registered() {
    let one = Value::from(vec![encoded(&payment(1, &["card"]))]);
    let refused = Transaction::read_all(&one, &query(), TransactionTypes::NONE).unwrap_err();
    assert_eq!(refused, TransactionDataError::UnknownType);
    assert_eq!(format!("{:?}", types()), r#"{"urn:example:payment"}"#);
}

#[test]
fn the_text_as_it_was_received_is_hashed_and_signed_by_one_credential() {
    let read = read(&[payment(700, &["card", "bank"]), payment(8, &["bank"])]).unwrap();
    let hash = |one: &Value| Value::from(base64url::encode(digest::sha256(encoded(one).as_str().unwrap())));
    let first = claims(&read, &["card", "bank"], "card");
    assert_eq!(
        Value::Object(first),
        json!({"transaction_data_hashes": [hash(&payment(700, &["card", "bank"]))]})
    );
    let second = claims(&read, &["card", "bank"], "bank");
    assert_eq!(Value::Object(second), json!({"transaction_data_hashes": [hash(&payment(8, &["bank"]))]}));
    let both = claims(&read, &["bank"], "bank");
    assert_eq!(both["transaction_data_hashes"].as_array().unwrap().len(), 2);
    assert!(claims(&read, &["bank", "ticket"], "ticket").is_empty());
    let card_alone = BTreeSet::from(["card"]);
    assert_eq!(Authorising::choose(&read, &card_alone).unwrap_err(), NothingAuthorises);
}

#[test]
fn the_algorithm_is_one_that_all_take_and_is_named_where_the_request_names_some() {
    let with = |algorithms: Value| {
        let mut one = payment(1, &["card"]);
        one["transaction_data_hashes_alg"] = algorithms;
        one
    };
    let named = |list: &[Value]| {
        let read = read(list)?;
        Ok(claims(&read, &["card"], "card").get("transaction_data_hashes_alg").cloned())
    };
    assert_eq!(named(&[payment(1, &["card"])]), Ok(None));
    assert_eq!(named(&[with(json!(["sha-256"]))]), Ok(Some(json!("sha-256"))));
    assert_eq!(named(&[with(json!(["sha3-256", "sha-512", "sha-384"]))]), Ok(Some(json!("sha-384"))));
    let two = [with(json!(["sha-512", "sha-384"])), with(json!(["sha-512"]))];
    assert_eq!(named(&two), Ok(Some(json!("sha-512"))));
    let apart = [payment(1, &["card"]), with(json!(["sha-512"]))];
    assert_eq!(named(&apart), Err(TransactionDataError::NoHash));
}

mod checking {
    use super::*;

    fn new(cents: u64, by: &[&str], algorithms: &[HashAlgorithm]) -> String {
        let members = Map::from_iter([("cents".to_owned(), json!(cents))]);
        let new =
            NewTransaction { kind: "urn:example:payment", credential_ids: by, algorithms, members: &members };
        new.encode()
    }

    /// The queries that are answered, and what is signed with each answer.
    type Signed = Vec<(&'static str, Option<Map<String, Value>>)>;

    /// What an honest wallet signs that answers these queries.
    fn signed(asked: &[String], answered: &[&'static str]) -> Signed {
        let read = Transaction::read_all(&json!(asked), &query(), &types()).unwrap();
        answered.iter().map(|id| (*id, Some(claims(&read, answered, id)))).collect()
    }

    fn verdict(
        asked: &[String],
        signed: &[(&'static str, Option<Map<String, Value>>)],
    ) -> Result<(), NotAuthorised> {
        let presented: Vec<_> = signed.iter().map(|(id, claims)| (*id, claims.as_ref())).collect();
        check(asked, &presented)
    }

    #[test]
    fn what_an_honest_wallet_signs_is_what_was_asked() {
        let sha512 = [HashAlgorithm::Sha512, HashAlgorithm::Sha384];
        for asked in [
            vec![new(1, &["card"], &[])],
            vec![new(1, &["card", "bank"], &[]), new(2, &["bank"], &[])],
            vec![new(1, &["card", "bank"], &sha512), new(2, &["card"], &sha512)],
        ] {
            assert_eq!(verdict(&asked, &signed(&asked, &["card", "bank"])), Ok(()), "{asked:?}");
        }
    }

    #[test]
    fn what_is_missing_elsewhere_twice_or_was_not_asked_is_refused() {
        let asked = vec![new(1, &["card"], &[]), new(2, &["card", "bank"], &[])];
        let honest = signed(&asked, &["card", "bank"]);
        let bent = |change: &dyn Fn(&mut Signed)| {
            let mut signed = honest.clone();
            change(&mut signed);
            verdict(&asked, &signed)
        };
        let hashes = |claims: &mut Option<Map<String, Value>>, value: Value| {
            claims.as_mut().unwrap().insert("transaction_data_hashes".to_owned(), value);
        };
        let all = honest[0].1.as_ref().unwrap()["transaction_data_hashes"].clone();
        assert_eq!(bent(&|_| {}), Ok(()));
        assert_eq!(bent(&|signed| signed.clear()), Err(NotAuthorised::Missing));
        assert_eq!(bent(&|signed| signed[0].1 = None), Err(NotAuthorised::Missing), "no holder binding");
        let one = json!([all[0]]);
        assert_eq!(bent(&|signed| hashes(&mut signed[0].1, one.clone())), Err(NotAuthorised::Missing));
        let second = json!([all[1]]);
        assert_eq!(bent(&|signed| hashes(&mut signed[1].1, second.clone())), Err(NotAuthorised::Twice));
        let doubled = json!([all[0], all[1], all[1]]);
        assert_eq!(bent(&|signed| hashes(&mut signed[0].1, doubled.clone())), Err(NotAuthorised::Twice));
        let foreign = base64url::encode(digest::sha256(new(3, &["card"], &[])));
        let more = json!([all[0], all[1], foreign]);
        assert_eq!(bent(&|signed| hashes(&mut signed[0].1, more.clone())), Err(NotAuthorised::Unasked));
        // The bank may not authorise what only the card may.
        assert_eq!(bent(&|signed| hashes(&mut signed[1].1, one.clone())), Err(NotAuthorised::Unasked));
        let decoded =
            json!([base64url::encode(digest::sha256(base64url::decode(&asked[0]).unwrap())), all[1]]);
        assert_eq!(bent(&|signed| hashes(&mut signed[0].1, decoded.clone())), Err(NotAuthorised::Unasked));
        for malformed in [json!([]), json!("x"), json!([1]), json!(null)] {
            let verdict = bent(&|signed| hashes(&mut signed[0].1, malformed.clone()));
            assert_eq!(verdict, Err(NotAuthorised::Malformed), "{malformed}");
        }
    }

    #[test]
    fn the_algorithm_must_be_one_that_was_asked_for_and_named_then() {
        let named = |asked: &[String], algorithm: Option<&str>| {
            let mut signed = signed(asked, &["card"]);
            let claims = signed[0].1.as_mut().unwrap();
            claims.remove("transaction_data_hashes_alg");
            if let Some(name) = algorithm {
                let used = HashAlgorithm::from_name(name).unwrap_or_default();
                let hash = used.base64url(asked[0].as_bytes());
                claims.insert("transaction_data_hashes".to_owned(), json!([hash]));
                claims.insert("transaction_data_hashes_alg".to_owned(), json!(name));
            }
            verdict(asked, &signed)
        };
        let unsaid = [new(1, &["card"], &[])];
        assert_eq!(named(&unsaid, None), Ok(()));
        assert_eq!(named(&unsaid, Some("sha-256")), Ok(()));
        assert_eq!(named(&unsaid, Some("sha-512")), Err(NotAuthorised::Malformed));
        let said = [new(1, &["card"], &[HashAlgorithm::Sha256, HashAlgorithm::Sha512])];
        assert_eq!(named(&said, Some("sha-512")), Ok(()));
        assert_eq!(named(&said, Some("sha-384")), Err(NotAuthorised::Malformed));
        assert_eq!(named(&said, Some("md5")), Err(NotAuthorised::Malformed));
        assert_eq!(named(&said, None), Err(NotAuthorised::Malformed), "asked for, it must be named");
    }

    #[test]
    fn where_nothing_was_asked_a_claim_about_it_is_not_looked_at() {
        let claims = Map::from_iter([("transaction_data_hashes".to_owned(), json!(["x"]))]);
        assert_eq!(verdict(&[], &[("card", Some(claims))]), Ok(()));
    }
}
