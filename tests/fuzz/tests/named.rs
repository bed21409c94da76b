//! Inputs that were faults once. Each is a committed seed too; here it says what it was.

use fuzz::{seeds, targets};

#[test]
fn every_target_has_a_name_of_its_own_and_takes_its_seeds() {
    let mut names: Vec<&str> = targets().map(|target| target.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn no_folder_of_seeds_is_left_without_its_target() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for folder in std::fs::read_dir(corpus).into_iter().flatten().flatten() {
        let name = folder.file_name().into_string().unwrap();
        let target = fuzz::target(&name).unwrap_or_else(|| panic!("no target {name}"));
        assert!(!seeds::of(target).is_empty());
    }
}

#[test]
fn a_host_whose_last_label_is_a_hexadecimal_number_is_none() {
    // URL readers take it for an IPv4 address: a host of the network list would have led somewhere else.
    for host in ["kiln.0x18446744073709551616", "127.0.0.0x1", "0x7f000001"] {
        assert!(!trust::is_host(host), "{host}");
    }
    assert!(trust::is_host("0x7f000001.example"));
}

#[test]
fn an_address_with_invisible_characters_is_none() {
    // URL readers drop them: what was called was not what was written and compared.
    for address in [
        "https://offic\u{feff}e.example/path",
        "https://offi\u{ad}ce.example/",
        "https://office.example/\u{200b}",
    ] {
        assert!(openid4vc::address::parse(address).is_err(), "{address:?}");
    }
}

#[test]
fn a_fraction_before_1970_does_not_move_a_moment_into_the_next_second() {
    let time = did::webvh::VersionTime::parse("1969-12-31T23:59:59.5Z").unwrap();
    assert_eq!(time.timestamp().seconds(), -1);
}
