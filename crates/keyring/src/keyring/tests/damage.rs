//! What is damaged: how it is told, named and dropped.

use super::*;

/// The digits behind which the error says that something is damaged.
fn digits(told: KeyringError) -> String {
    let KeyringError::Damaged { file } = told else { panic!("{told}") };
    file.strip_prefix("keys/table, at ").unwrap().to_owned()
}

#[test]
fn whichever_bit_of_its_place_changes_a_key_is_never_told_to_be_gone() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    let place = place_of(folder.path(), &contact());
    for bit in 0..8 * 128 {
        flip(folder.path(), place, bit);
        let named = digits(keyring.holds(&contact()).unwrap_err());
        assert_eq!(digits(keyring.open_sealed(&contact(), b"email", &sealed).unwrap_err()), named);
        assert_eq!(digits(keyring.seal(&contact(), b"email", b"ben").unwrap_err()), named);
        assert_eq!(digits(keyring.destroy(&contact()).unwrap_err()), named);
        flip(folder.path(), place, bit);
    }
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}

#[test]
fn what_is_damaged_is_named_and_once_it_is_dropped_the_epoch_key_before_goes() {
    let other = KeyId::new("harbour.example.org", "sub-2", "contact");
    // In the state (a key that was never there, or nothing known), the name, the wrapped key, the check, and behind it.
    for bit in [0, 1, 8 + 3, 8 * 33 + 5, 8 * 102 + 1, 8 * 127] {
        let folder = TempDir::new().unwrap();
        let keyring = open(folder.path());
        keyring.seal(&contact(), b"email", b"ada").unwrap();
        let sealed = keyring.seal(&other, b"email", b"ben").unwrap();
        let first_epoch = fs::read(folder.path().join("epoch")).unwrap()[8..40].to_vec();
        let is_kept = || {
            let epoch = fs::read(folder.path().join("epoch")).unwrap();
            epoch.windows(32).any(|window| window == first_epoch)
        };
        drop(keyring);
        flip(folder.path(), place_of(folder.path(), &contact()), bit);
        let keyring = open(folder.path());
        let named = digits(keyring.holds(&contact()).unwrap_err());
        assert_eq!(digits(keyring.rotate_epoch().unwrap_err()), named, "bit {bit}");
        drop(keyring);
        let keyring = open(folder.path());
        // It is due, since it was not finished.
        assert_eq!(digits(keyring.rotate_epoch_if_due().unwrap_err()), named, "bit {bit}");
        assert_eq!(keyring.epoch(), 2);
        assert!(is_kept());
        assert_eq!(digits(keyring.holds(&contact()).unwrap_err()), named, "bit {bit}");
        assert_eq!(keyring.open_sealed(&other, b"email", &sealed).unwrap().as_slice(), b"ben");
        assert!(!keyring.drop_damaged(&hexadecimal(&other.name())).unwrap());
        assert!(!keyring.drop_damaged("keys/table").unwrap());
        assert!(keyring.drop_damaged(&named).unwrap());
        assert!(!keyring.drop_damaged(&named).unwrap());
        assert_eq!(keyring.rotate_epoch_if_due().unwrap(), Some(3));
        assert!(!is_kept());
        assert!(!keyring.holds(&contact()).unwrap());
        assert_eq!(keyring.open_sealed(&other, b"email", &sealed).unwrap().as_slice(), b"ben");
    }
}

#[test]
fn a_key_that_does_not_open_is_dropped_by_its_digits_and_one_that_opens_is_not() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    let broken = KeyId::new("harbour.example.org", "sub-2", "contact");
    keyring.keys().table.put(&broken.name(), &[1; 69]).unwrap();
    let named = digits(keyring.rotate_epoch().unwrap_err());
    assert!(!keyring.drop_damaged(&hexadecimal(&contact().name())).unwrap());
    assert!(keyring.drop_damaged(&named).unwrap());
    assert!(!keyring.holds(&broken).unwrap());
    assert_eq!(keyring.rotate_epoch().unwrap(), 3);
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}
