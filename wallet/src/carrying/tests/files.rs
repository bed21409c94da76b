//! What is refused, and that nothing of a wallet can be read in a file.

use super::*;

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

/// Where the second line of a file ends.
fn after_header(file: &[u8]) -> usize {
    let ends: Vec<usize> = (0..file.len()).filter(|at| file[*at] == b'\n').take(2).collect();
    ends[1] + 1
}

/// A file with another second line.
fn with_header(file: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let first = file.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let end = after_header(file);
    let mut header: Value = serde_json::from_slice(&file[first..end - 1]).unwrap();
    change(&mut header);
    [&file[..first], header.to_string().as_bytes(), b"\n", &file[end..]].concat()
}

#[tokio::test]
async fn nothing_of_a_wallet_can_be_read_in_its_file_and_nothing_but_its_size_within_an_eighth() {
    let (file, wallet, code) = file(Purpose::Keep).await;
    let printed = code.printed();
    for canary in ["canary", "Harbour", "harbour", "did:", "ada@", FILE_WORDS, printed.as_str(), "history"] {
        assert!(!holds(&file, canary), "{canary}");
    }
    assert!(holds(&file, r#"{"kind":"wallet","made":"2026-11-18""#), "the search itself works");
    wallet.set_own_detail(DetailName::new("bio").unwrap(), Value::from("x".repeat(500))).await.unwrap();
    let longer = wallet.export(Purpose::Keep, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    assert_eq!(file.len(), longer.len());
    assert_ne!(file[after_header(&file)..], longer[after_header(&longer)..]);
}

#[tokio::test]
async fn the_words_of_the_file_or_the_recovery_code_open_it_and_nothing_else_does() {
    let (file, _, code) = file(Purpose::Keep).await;
    let read = opened(&file).await.unwrap();
    assert_eq!((read.purpose(), read.made()), (Purpose::Keep, "2026-11-18"));
    let by_code = WalletFile::open(&file, &FileKey::RecoveryCode(&code)).await.unwrap();
    assert_eq!(by_code.records().len(), read.records().len());
    let (_, other) = lived_in(8).await;
    let wrong = passphrase("Words of the file");
    for key in [FileKey::Passphrase(&wrong), FileKey::RecoveryCode(&other)] {
        assert!(matches!(WalletFile::open(&file, &key).await, Err(FileError::WrongKey)));
    }
}

#[tokio::test]
async fn a_file_that_was_changed_anywhere_is_refused() {
    let (file, ..) = file(Purpose::Keep).await;
    let (body, last) = (after_header(&file), file.len() - 1);
    // In the first chunk, in its tag, at the end.
    for at in [body, body + 8_000, body + 16_384, last] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(matches!(opened(&changed).await, Err(FileError::Damaged)), "{at}");
    }
    for cut in [body, body + 1, body + 8_000, last] {
        if cut < file.len() {
            assert!(matches!(opened(&file[..cut]).await, Err(FileError::Damaged)), "{cut}");
        }
    }
    let longer = [&file[..], &file[body..]].concat();
    assert!(matches!(opened(&longer).await, Err(FileError::Damaged)));
    let longer = [&file[..], b"\0"].concat();
    assert!(matches!(opened(&longer).await, Err(FileError::Damaged)));
    assert!(opened(&file).await.is_ok());
}

#[tokio::test]
async fn chunks_change_neither_their_order_nor_their_file() {
    let (wallet, _) = lived_in(7).await;
    // Three records that need a chunk of their own.
    for name in ["bio", "company", "role"] {
        let detail = DetailName::new(name).unwrap();
        wallet.set_own_detail(detail, Value::from("x".repeat(30_000))).await.unwrap();
    }
    let export = async || wallet.export(Purpose::Keep, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    let (file, other) = (export().await, export().await);
    let (body, size) = (after_header(&file), 16_400);
    assert_eq!((file.len() - body) % size, 0);
    assert!((file.len() - body) / size >= 2);
    let (first, second) = (&file[body..body + size], &file[body + size..body + 2 * size]);
    let turned = [&file[..body], second, first, &file[body + 2 * size..]].concat();
    assert!(matches!(opened(&turned).await, Err(FileError::Damaged)));
    let joined = [&file[..body + size], &other[after_header(&other) + size..]].concat();
    assert!(matches!(opened(&joined).await, Err(FileError::Damaged)));
    let under_another = [&file[..body], &other[after_header(&other)..]].concat();
    assert!(matches!(opened(&under_another).await, Err(FileError::Damaged)));
    // Cut where a chunk ends: it was not the last.
    assert!(matches!(opened(&file[..file.len() - size]).await, Err(FileError::Damaged)));
}

#[tokio::test]
async fn what_stands_at_the_beginning_is_looked_at_before_any_work_is_done() {
    let (file, ..) = file(Purpose::Keep).await;
    let other_version = [b"passport-wallet-file 2".as_slice(), &file[22..]].concat();
    assert!(matches!(opened(&other_version).await, Err(FileError::OtherVersion)));
    for none in [&b""[..], b"passport-wallet-file", b"passport-wallet-file 1", b"PK\x03\x04", &file[1..]] {
        assert!(matches!(opened(none).await, Err(FileError::NotAFile)));
    }
    for cost in [
        serde_json::json!({"memory": 1_048_576, "passes": 3, "lanes": 1}),
        serde_json::json!({"memory": u32::MAX, "passes": 3, "lanes": 1}),
        serde_json::json!({"memory": 65_536, "passes": 7, "lanes": 1}),
        serde_json::json!({"memory": 65_536, "passes": 3, "lanes": 5}),
        serde_json::json!({"memory": 8, "passes": 1, "lanes": 1}),
    ] {
        let asking = with_header(&file, |header| header["passphrase"]["cost"] = cost.clone());
        assert!(matches!(opened(&asking).await, Err(FileError::Cost)), "{cost}");
    }
    let faults: [fn(&mut Value); 6] = [
        |header| header["more"] = Value::from(1),
        |header| header["kind"] = Value::from("key"),
        |header| header["made"] = Value::from("yesterday"),
        |header| header["passphrase"] = Value::Null,
        |header| header["passphrase"]["salt"] = Value::from("AA"),
        |header| header["passphrase"]["wrapped"] = Value::from("?"),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        assert!(matches!(opened(&with_header(&file, fault)).await, Err(FileError::Header)), "{number}");
    }
    // It can be read, and is not what was sealed.
    let another_day = with_header(&file, |header| header["made"] = Value::from("2026-11-19"));
    assert!(matches!(opened(&another_day).await, Err(FileError::Damaged)));
    let history = with_header(&file, |header| header["kind"] = Value::from("history"));
    assert!(matches!(opened(&history).await, Err(FileError::OtherKind(FileKind::History))));
    let long = [b"passport-wallet-file 1\n".as_slice(), &[b' '; 5_000], b"\n"].concat();
    assert!(matches!(opened(&long).await, Err(FileError::Header)));
}

#[tokio::test]
async fn a_history_is_read_back_as_it_is_written_for_programs_and_is_no_wallet() {
    let (wallet, code) = lived_in(7).await;
    let file = wallet.export_history(&passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    assert!(matches!(opened(&file).await, Err(FileError::OtherKind(FileKind::History))));
    for key in [FileKey::Passphrase(&passphrase(FILE_WORDS)), FileKey::RecoveryCode(&code)] {
        let read = HistoryFile::open(&file, &key).await.unwrap();
        assert_eq!(*read.content(), wallet.history_json().await.unwrap());
        assert_eq!(read.content()["spaces"][0]["name"], "Harbour");
    }
    let (whole, ..) = super::file(Purpose::Keep).await;
    let refused = HistoryFile::open(&whole, &FileKey::Passphrase(&passphrase(FILE_WORDS))).await;
    assert!(matches!(refused, Err(FileError::OtherKind(FileKind::Wallet))));
}

/// A file of these records, beside those that every file of a wallet has.
async fn file_with(more: Vec<content::Record>) -> Vec<u8> {
    let (whole, ..) = file(Purpose::Keep).await;
    let key = FileKey::Passphrase(&passphrase(FILE_WORDS));
    let mut records = content::read(&form::read(&whole).unwrap().open(&key).await.unwrap().content).unwrap();
    records.extend(more);
    let content = content::write(records).unwrap();
    let words = passphrase(FILE_WORDS);
    let by = form::SealedFor { by: form::SealedBy::Passphrase(&words, Cost::LEAST), code: None, keys: None };
    let environment = environment(3);
    form::seal(FileKind::Wallet, &content, &by, environment.now(), environment.randomness()).await.unwrap()
}

#[tokio::test]
async fn records_that_no_vault_has_are_refused() {
    let record = |kind: &str, name: &str, json: &str| {
        content::Record::new(kind, name, zeroize::Zeroizing::new(json.as_bytes().to_vec()))
    };
    let muted = r#"{"space":"did:web:kiln.example.org","since":1}"#;
    let fits = file_with(vec![record("muted-space", "did:web:kiln.example.org", muted)]).await;
    assert!(opened(&fits).await.is_ok());
    for (kind, name, json) in [
        ("new-kind", "x", "{}"),
        // What stays behind is in no file.
        ("at-rest", "rest", r#"{"since":1}"#),
        ("called-here", "name", r#"{"name":"heron"}"#),
    ] {
        let file = file_with(vec![record(kind, name, json)]).await;
        assert!(matches!(opened(&file).await, Err(FileError::UnknownRecord)), "{kind}");
    }
    for (name, json) in [("did:web:other.example.org", muted), ("did:web:kiln.example.org", "{}")] {
        let file = file_with(vec![record("muted-space", name, json)]).await;
        assert!(matches!(opened(&file).await, Err(FileError::Damaged)), "{name}");
    }
    let twice = file_with(vec![record("muted-space", "x", "{}"), record("muted-space", "x", "{}")]).await;
    assert!(matches!(opened(&twice).await, Err(FileError::Damaged)));
}

#[test]
fn lengths_that_say_too_much_are_refused_and_what_is_behind_the_last_record_is_nothing() {
    let read = |bytes: &[u8]| content::read(bytes).map(|records| records.len());
    assert!(matches!(read(b"\0"), Ok(0)));
    assert!(matches!(read(b"\0\0\0\0"), Ok(0)));
    assert!(matches!(read(b"\x01k\0\x01n\0\0\0\x02{}\0"), Ok(1)));
    for damaged in [
        &b""[..],
        b"\0\x01",
        b"\x01",
        b"\x01k\0\x05n\0",
        b"\x01\xff\0\0\0\0\0\0\0",
        b"\x01k\0\x01n\0\0\0\x02{}",
    ] {
        assert!(matches!(read(damaged), Err(FileError::Damaged)), "{damaged:?}");
    }
    for large in
        [&b"\x41"[..], b"\x01k\x10\x01", b"\x01k\0\x01n\0\x10\0\x01", b"\x01k\0\x01n\xff\xff\xff\xff"]
    {
        assert!(matches!(read(large), Err(FileError::TooLarge)), "{large:?}");
    }
}
