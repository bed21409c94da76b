//! `passport store`: nothing is overwritten, and nothing is made of what is damaged.

use super::*;

/// A data folder with a party whose store was made by an import of nothing.
struct Data {
    root: tempfile::TempDir,
    export: PathBuf,
}

impl Data {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let this = Self { export: root.path().join("export.jsonl"), root };
        let party = this.folder().join("kiln");
        fs::create_dir_all(&party).unwrap();
        fs::write(party.join("party.json"), "{}").unwrap();
        let seconds = "{\"passport_store_export\":1,\"exported_at\":0,\"epoch\":1}\n";
        fs::write(&this.export, seconds).unwrap();
        this
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("data")
    }

    fn words<'a>(&'a self, data: &'a str, words: &[&'a str]) -> Vec<&'a str> {
        [&["store"], words, &["--data", data]].concat()
    }
}

#[test]
fn an_export_of_nobody_or_onto_a_file_writes_nothing() {
    let data = Data::new();
    let folder = data.folder();
    let taken = data.root.path().join("taken");
    fs::write(&taken, "mine").unwrap();
    let before = contents(data.root.path());
    let folder = text(&folder);
    refuses(&data.words(folder, &["export", "nobody"]), 1, "no party named \"nobody\"");
    refuses(&data.words(folder, &["export", "kiln"]), 1, "kiln has no store in");
    refuses(&data.words(folder, &["export", "kiln", "--out", text(&taken)]), 1, text(&taken));
    let lost = data.root.path().join("no/such/folder/export");
    refuses(&data.words(folder, &["export", "kiln", "--out", text(&lost)]), 1, text(&lost));
    assert_eq!(contents(data.root.path()), before);
}

#[test]
fn an_import_of_what_is_damaged_or_onto_a_store_makes_nothing() {
    let data = Data::new();
    let folder = data.folder();
    let folder = text(&folder);
    let store = data.folder().join("kiln/store");
    let head = fs::read_to_string(&data.export).unwrap();
    for (case, content, part) in [
        ("empty", String::new(), ""),
        ("cut off", head.clone(), "cut off"),
        ("another format", head.replace(":1,\"exp", ":2,\"exp"), "format 2"),
        ("no JSON", "export\n".to_owned(), "damaged"),
        ("a damaged line", format!("{head}{{\"tenant\":\"kiln\"}}\n"), "damaged"),
    ] {
        fs::write(&data.export, content).unwrap();
        refuses(&data.words(folder, &["import", "kiln", text(&data.export)]), 1, part);
        assert!(!store.exists(), "{case}: a store was made");
    }
    let nowhere = data.root.path().join("nowhere");
    refuses(&data.words(folder, &["import", "kiln", text(&nowhere)]), 1, text(&nowhere));
    assert!(!store.exists());
    fs::create_dir(&store).unwrap();
    fs::write(store.join("mine"), "mine").unwrap();
    let before = contents(&store);
    fs::write(&data.export, head).unwrap();
    refuses(&data.words(folder, &["import", "kiln", text(&data.export)]), 1, "");
    assert_eq!(contents(&store), before);
}

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    for words in
        [&["store"][..], &["store", "export"], &["store", "import", "kiln"], &["store", "delete", "kiln"]]
    {
        refuses(words, 2, "");
    }
}
