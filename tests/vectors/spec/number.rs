//! Passport numbers, whose they are, and signed requests (specs/number.md).

use did::number::{NumberError, OfficePrefix, PassportNumber};
use environment::{Randomness, Timestamp};
use jose::{Signer, VerifyingKey, base64url};
use network::MessageError;
use network::http_signature::{Fields, Signed, Unverified, sign};
use network::number_binding::{BindingToken, Blocks, HolderStatement, Renumber, Stating};
use serde_json::{Map, Value, json};

use super::deterministic::{Key, NOW, randomness};

const MEMBER: &str =
    "did:webvh:QmYbXzVJ6bM5WZ8Gqjg3hvWzR1q9nT7dPz4KfLsXcA2eEu:office.example.org:9f86d081884c7d65";
const OFFICE: &str = "did:webvh:QmR4nV2sQ8dKpXwTj6LmYb3HcG9fZ1aUe7WvN5xBtS8qPo:office.example.org";
const SPACE: &str = "did:webvh:QmT7pW9xLk2MzVb5RcYd8NfHj3Gs6QaUe4ZtX1vBnK5rSw:kiln.example.org";
const AT: &str = "https://office.example.org/number-binding";

struct Cast {
    member: Key,
    office: Key,
    space: Key,
    number: PassportNumber,
}

pub(super) fn vectors() -> Value {
    let randomness: &dyn Randomness = &randomness(0x6E75_6D62);
    let prefix = OfficePrefix::parse("HRB1").unwrap();
    let cast = Cast {
        member: Key::generate(randomness),
        office: Key::generate(randomness),
        space: Key::generate(randomness),
        number: PassportNumber::generate(prefix, randomness),
    };
    json!({
        "about": "Passport numbers, the statements and tokens that bind them, and requests that spaces sign",
        "spec": "specs/number.md",
        "now": NOW.seconds(),
        "number": numbers(&cast, randomness),
        "keys": {
            "member": {"id": format!("{MEMBER}#sign"), "private": cast.member.private_jwk()},
            "office": {"id": format!("{OFFICE}#issuing"), "private": cast.office.private_jwk()},
            "space": {"id": format!("{SPACE}#request"), "private": cast.space.private_jwk()},
        },
        "holder_statement": statements(&cast),
        "stating": cast.stating(randomness),
        "binding_token": tokens(&cast),
        "renumber": cast.wish(randomness),
        "blocks": cast.blocks(randomness),
        "signed_request": requests(&cast, randomness),
    })
}

/// The symbols by their value.
const SYMBOLS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The weighted sum as the page says it, worked out another way than in the product: each weight by itself.
fn weighted_sum(number: &str) -> u8 {
    let weight = |place: usize| {
        let mut weight = 1_u8;
        for _ in place..12 {
            weight = multiplied(weight, 2);
        }
        weight
    };
    let value = |symbol: char| u8::try_from(SYMBOLS.find(symbol).unwrap()).unwrap();
    number.chars().enumerate().fold(0, |sum, (place, symbol)| sum ^ multiplied(weight(place), value(symbol)))
}

/// Multiplication in GF(2)[x] / (x⁵ + x² + 1), bit by bit.
fn multiplied(left: u8, right: u8) -> u8 {
    let mut product =
        (0..5).filter(|bit| right >> bit & 1 == 1).fold(0_u16, |sum, bit| sum ^ (u16::from(left) << bit));
    for bit in (5..10).rev() {
        if product >> bit & 1 == 1 {
            product ^= 0x25 << (bit - 5);
        }
    }
    u8::try_from(product).unwrap()
}

fn numbers(cast: &Cast, randomness: &dyn Randomness) -> Value {
    let prefixes = ["HRB1", "0000", "ZZZZ", "KQ7M"];
    let fresh =
        prefixes.map(|prefix| PassportNumber::generate(OfficePrefix::parse(prefix).unwrap(), randomness));
    let good: Vec<Value> = std::iter::once(cast.number)
        .chain(fresh)
        .map(|number| {
            let canonical = number.canonical();
            assert_eq!(weighted_sum(&canonical), 0);
            json!({"canonical": canonical, "printed": number.printed(), "office": number.office().to_string()})
        })
        .collect();
    json!({"good": good, "spellings": spellings(cast), "refused": refused(cast)})
}

fn spellings(cast: &Cast) -> Vec<Value> {
    let (canonical, printed) = (cast.number.canonical(), cast.number.printed());
    let wide: String =
        canonical.chars().map(|symbol| char::from_u32(u32::from(symbol) + 0xFEE0).unwrap()).collect();
    let typed = [
        printed.clone(),
        printed.to_lowercase(),
        printed.replace('-', " "),
        printed.replace('-', "\u{2013}"),
        printed.replace('-', "\u{2011}"),
        printed.replace('-', "."),
        printed.replace('1', "l"),
        printed.replace('1', "I"),
        printed.replace('0', "O"),
        wide,
        format!(" {printed}\n"),
    ];
    let read = |typed: String| {
        assert_eq!(PassportNumber::parse(&typed), Ok(cast.number), "{typed}");
        json!({"typed": typed, "canonical": canonical})
    };
    typed.map(read).to_vec()
}

fn refused(cast: &Cast) -> Vec<Value> {
    let canonical = cast.number.canonical();
    let symbols: Vec<char> = canonical.chars().collect();
    let with = |place: usize, symbol: char| -> String {
        symbols.iter().enumerate().map(|(at, one)| if at == place { symbol } else { *one }).collect()
    };
    let other = |place: usize| if symbols[place] == 'A' { 'B' } else { 'A' };
    let swapped = |left: usize, right: usize| -> String {
        let mut symbols = symbols.clone();
        symbols.swap(left, right);
        symbols.into_iter().collect()
    };
    let apart = (1..13).find(|place| symbols[*place] != symbols[0]).unwrap();
    let beside = (1..13).find(|place| symbols[*place] != symbols[place - 1]).unwrap();
    let cases = [
        ("one symbol wrong in the prefix", with(1, other(1)), NumberError::Check),
        ("one symbol wrong in the middle", with(6, other(6)), NumberError::Check),
        ("the check symbol wrong", with(12, other(12)), NumberError::Check),
        ("two neighbours swapped", swapped(beside - 1, beside), NumberError::Check),
        ("two symbols swapped that stand apart", swapped(0, apart), NumberError::Check),
        ("one symbol too few", canonical.chars().skip(1).collect(), NumberError::Length),
        ("one symbol too many", format!("{canonical}0"), NumberError::Length),
        ("U, which stands in no number", with(6, 'U'), NumberError::Symbol),
        ("a letter of another script", with(0, '\u{41D}'), NumberError::Symbol),
        ("a sign", with(0, '*'), NumberError::Symbol),
    ];
    let read = |(name, typed, why): (&str, String, NumberError)| {
        assert_eq!(PassportNumber::parse(&typed), Err(why), "{name}");
        json!({"name": name, "typed": typed, "why": why.to_string()})
    };
    cases.map(read).to_vec()
}

impl Cast {
    fn statement(&self) -> HolderStatement {
        HolderStatement::new(MEMBER, &self.number.canonical(), NOW)
    }

    fn token(&self) -> BindingToken {
        BindingToken {
            office: OFFICE.to_owned(),
            audience: SPACE.to_owned(),
            number: self.number.canonical(),
            did: MEMBER.to_owned(),
            holder: self.statement().sign(&self.member).unwrap(),
            issued_at: NOW.seconds(),
            expires_at: NOW.plus(86_400).seconds(),
        }
    }

    fn stating(&self, randomness: &dyn Randomness) -> Value {
        let holder = self.statement().sign(&self.member).unwrap();
        let good = Stating::new(MEMBER, OFFICE, holder.clone(), NOW, randomness);
        let read = |message: &str, now: Timestamp| {
            Stating::verify(message, &ready(&self.member), MEMBER, OFFICE, now)
        };
        let message = good.sign(&self.member).unwrap();
        assert_eq!(read(&message, NOW).as_ref(), Ok(&good));
        let elsewhere = Stating { office: SPACE.to_owned(), ..good.clone() };
        let cases = [
            ("the statement itself, which spaces have", holder, NOW),
            ("by a space that has the statement", good.sign(&self.space).unwrap(), NOW),
            ("for another office", elsewhere.sign(&self.member).unwrap(), NOW),
            ("more than five minutes later, and a minute for clocks", message.clone(), NOW.plus(361)),
        ];
        let refused = cases.map(|(name, message, now)| {
            let why = read(&message, now).unwrap_err();
            json!({"name": name, "jws": message, "now": now.seconds(), "why": why.to_string()})
        });
        json!({"claims": good, "jws": message, "refused": refused})
    }

    fn wish(&self, randomness: &dyn Randomness) -> Value {
        let wish = Renumber::new(MEMBER, OFFICE, &self.number.canonical(), NOW, randomness);
        let message = wish.sign(&self.member).unwrap();
        assert_eq!(Renumber::verify(&message, &ready(&self.member), MEMBER, OFFICE, NOW).as_ref(), Ok(&wish));
        json!({"claims": wish, "jws": message})
    }

    fn blocks(&self, randomness: &dyn Randomness) -> Value {
        let list = Blocks::new(MEMBER, OFFICE, vec![SPACE.to_owned()], NOW, randomness);
        let message = list.sign(&self.member).unwrap();
        assert_eq!(Blocks::verify(&message, &ready(&self.member), MEMBER, OFFICE, NOW).as_ref(), Ok(&list));
        json!({"claims": list, "jws": message})
    }
}

fn ready(key: &Key) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn statements(cast: &Cast) -> Value {
    let number = cast.number.canonical();
    let read = |message: &str, now: Timestamp| {
        HolderStatement::verify(message, &ready(&cast.member), MEMBER, &number, now)
    };
    let good = cast.statement();
    let message = good.sign(&cast.member).unwrap();
    assert_eq!(read(&message, NOW).as_ref(), Ok(&good));
    let long = HolderStatement { expires_at: good.expires_at + 1, ..good.clone() };
    let other = HolderStatement { number: "HRB1000000000".to_owned(), ..good.clone() };
    let cases = [
        ("by the office", good.sign(&cast.office).unwrap()),
        (
            "of another DID",
            HolderStatement { did: OFFICE.to_owned(), ..good.clone() }.sign(&cast.member).unwrap(),
        ),
        ("about another number", other.sign(&cast.member).unwrap()),
        ("for more than 90 days", long.sign(&cast.member).unwrap()),
    ];
    let refused = cases.map(|(name, message)| {
        let why = read(&message, NOW).unwrap_err();
        json!({"name": name, "jws": message, "why": why.to_string()})
    });
    json!({"claims": good, "jws": message, "refused": refused})
}

fn tokens(cast: &Cast) -> Value {
    let number = cast.number.canonical();
    let signed = |token: &BindingToken, key: &Key| {
        token.sign(&format!("{}#issuing", token.office), Map::new(), key).unwrap()
    };
    let read = |message: &str| -> Result<(), MessageError> {
        let (office, now) = (ready(&cast.office), NOW);
        let token = BindingToken::verify(message, &office, OFFICE, SPACE, &number, now)?;
        token.verify_holder(&ready(&cast.member), now).map(drop)
    };
    let good = cast.token();
    let message = signed(&good, &cast.office);
    assert_eq!(read(&message), Ok(()));
    let forged = cast.statement().sign(&cast.office).unwrap();
    let cases = [
        ("by another key", signed(&good, &cast.space)),
        (
            "for another space",
            signed(&BindingToken { audience: MEMBER.to_owned(), ..good.clone() }, &cast.office),
        ),
        (
            "about another number",
            signed(&BindingToken { number: "HRB1000000000".to_owned(), ..good.clone() }, &cast.office),
        ),
        (
            "for more than a day",
            signed(&BindingToken { expires_at: good.expires_at + 1, ..good.clone() }, &cast.office),
        ),
        (
            "another DID than stated it",
            signed(&BindingToken { did: SPACE.to_owned(), ..good.clone() }, &cast.office),
        ),
        ("a statement by the office", signed(&BindingToken { holder: forged, ..good.clone() }, &cast.office)),
    ];
    let refused = cases.map(|(name, message)| {
        let why = read(&message).unwrap_err();
        json!({"name": name, "jwt": message, "why": why.to_string()})
    });
    json!({
        "note": "x5c is left out of these headers: certificates are signed with a random number",
        "claims": good, "jwt": message, "refused": refused,
    })
}

fn requests(cast: &Cast, randomness: &dyn Randomness) -> Value {
    let body = json!({"number": cast.number.canonical()}).to_string();
    let key_id = format!("{SPACE}#request");
    let signed = sign("POST", AT, body.as_bytes(), &key_id, &cast.space, NOW, randomness).unwrap();
    let read = |signed: &Signed, body: &str, now: Timestamp| {
        let fields = Fields {
            content_digest: &signed.content_digest,
            signature_input: &signed.signature_input,
            signature: &signed.signature,
        };
        Unverified::parse("POST", AT, body.as_bytes(), fields)?.verify(&ready(&cast.space), now).map(drop)
    };
    assert_eq!(read(&signed, &body, NOW), Ok(()));
    let parameters = signed.signature_input.strip_prefix("passport=").unwrap();
    let base = format!(
        "\"@method\": POST\n\"@target-uri\": {AT}\n\"content-digest\": {}\n\"@signature-params\": {parameters}",
        signed.content_digest
    );
    let signature = signed.signature.strip_prefix("passport=:").unwrap().strip_suffix("==:").unwrap();
    let signature = base64url::decode(signature.replace('+', "-").replace('/', "_")).unwrap();
    assert!(ready(&cast.space).verifies(base.as_bytes(), &signature), "the base is what was signed");
    let turned = |from: &str, to: &str| Signed {
        signature_input: signed.signature_input.replace(from, to),
        ..signed.clone()
    };
    let cases = [
        ("another body", signed.clone(), format!("{body} "), NOW),
        ("a day later", signed.clone(), body.clone(), NOW.plus(86_400)),
        ("a day earlier", signed.clone(), body.clone(), NOW.minus(86_400)),
        ("other components", turned(" \"content-digest\"", ""), body.clone(), NOW),
        ("a parameter more", turned(";created", ";tag=\"x\";created"), body.clone(), NOW),
        ("another spelling", turned(";created", "; created"), body.clone(), NOW),
        ("another label", turned("passport=", "sig1="), body.clone(), NOW),
        ("another nonce", turned(";nonce=\"", ";nonce=\"AA"), body.clone(), NOW),
        (
            "another life",
            turned(
                &format!(";expires={}", NOW.plus(30).seconds()),
                &format!(";expires={}", NOW.plus(61).seconds()),
            ),
            body.clone(),
            NOW,
        ),
    ];
    let refused = cases.map(|(name, signed, body, now)| {
        let why = read(&signed, &body, now).unwrap_err();
        json!({"name": name, "body": body, "now": now.seconds(), "fields": fields(&signed), "why": why.to_string()})
    });
    json!({
        "method": "POST", "target_uri": AT, "body": body, "fields": fields(&signed), "signature_base": base,
        "refused": refused,
    })
}

fn fields(signed: &Signed) -> Value {
    json!({
        "content-digest": signed.content_digest, "signature-input": signed.signature_input,
        "signature": signed.signature,
    })
}
