use std::collections::BTreeSet;

use environment::SeededRandomness;

use super::*;

fn samples() -> Vec<PassportNumber> {
    ["HRB1", "0000", "ZZZZ", "7A9K"]
        .iter()
        .flat_map(|prefix| {
            let office = OfficePrefix::parse(prefix).unwrap();
            (0..25).map(move |seed| PassportNumber::generate(office, &SeededRandomness::new(seed)))
        })
        .collect()
}

fn numbers_of(office: &str) -> Vec<PassportNumber> {
    samples().into_iter().filter(|number| number.office().to_string() == office).collect()
}

/// What a number with this value at this place and 0 everywhere else sums up to.
fn contribution(place: usize, value: u8) -> u8 {
    let mut number = [0; LENGTH];
    number[place] = value;
    weighted_sum(&number)
}

fn pairs(below: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..below).flat_map(|first| (0..first).map(move |second| (first, second)))
}

#[test]
fn the_generator_visits_every_non_zero_value() {
    let mut value = 1;
    let mut seen = BTreeSet::new();
    for _ in 0..31 {
        assert!(seen.insert(value));
        value = times_generator(value);
    }
    assert_eq!((seen.len(), value), (31, 1));
}

/// The sum is linear over GF(2), in each place and over all: what changes a number by a difference changes its sum by the
/// contribution of that difference, whatever the number is. The two tests after this one go through all differences there
/// are, and so through all errors in all 32¹³ texts.
#[test]
fn the_sum_of_differences_is_the_difference_of_sums() {
    for place in 0..LENGTH {
        for (left, right) in (0..32).flat_map(|left| (0..32).map(move |right| (left, right))) {
            assert_eq!(
                contribution(place, left) ^ contribution(place, right),
                contribution(place, left ^ right),
                "{place} {left} {right}"
            );
        }
    }
    for number in samples() {
        let parts = number.0.iter().enumerate().map(|(place, value)| contribution(place, *value));
        assert_eq!(parts.fold(0, |sum, part| sum ^ part), weighted_sum(&number.0));
    }
}

#[test]
fn no_single_error_passes_in_any_number() {
    for place in 0..LENGTH {
        for difference in 1..32 {
            assert_ne!(contribution(place, difference), 0, "{place} {difference}");
        }
    }
}

/// Two symbols that are swapped differ from what stood there by the same difference in both places.
#[test]
fn no_swap_of_two_symbols_passes_in_any_number() {
    for (first, second) in pairs(LENGTH) {
        for difference in 1..32 {
            assert_ne!(
                contribution(first, difference) ^ contribution(second, difference),
                0,
                "{first} {second} {difference}"
            );
        }
    }
}

/// The same by reading: every symbol of every sample replaced by every other, and every two of them swapped.
#[test]
fn every_single_error_and_every_swap_in_the_samples_is_told_as_mistyped() {
    for number in samples() {
        for place in 0..LENGTH {
            for value in (0..32).filter(|value| *value != number.0[place]) {
                let mut wrong = number.0;
                wrong[place] = value;
                assert_eq!(PassportNumber::parse(&letters(&wrong)), Err(NumberError::Check));
            }
        }
        for (first, second) in pairs(LENGTH) {
            let mut swapped = number.0;
            swapped.swap(first, second);
            let caught = PassportNumber::parse(&letters(&swapped)) == Err(NumberError::Check);
            assert_eq!(caught, number.0[first] != number.0[second]);
        }
    }
}

/// One symbol left out and the rest moved up, or one typed twice, is another length.
#[test]
fn a_symbol_left_out_or_typed_twice_is_noticed() {
    for number in samples() {
        let text = number.canonical();
        for place in 0..LENGTH {
            let (before, after) = text.split_at(place);
            let mut rest = after.chars();
            let symbol = rest.next().unwrap();
            let without = format!("{before}{}", rest.as_str());
            assert_eq!(PassportNumber::parse(&without), Err(NumberError::Length));
            let twice = format!("{before}{symbol}{after}");
            assert_eq!(PassportNumber::parse(&twice), Err(NumberError::Length));
        }
    }
}

#[test]
fn any_twelve_symbols_have_one_check_symbol() {
    for number in samples() {
        let fitting = (0..32).filter(|value| {
            let mut other = number.0;
            other[LENGTH - 1] = *value;
            PassportNumber::parse(&letters(&other)).is_ok()
        });
        assert_eq!(fitting.count(), 1);
    }
}

#[test]
fn reading_forgives_case_separators_and_look_alikes() {
    let number = PassportNumber::generate(OfficePrefix([1, 0, 1, 0]), &SeededRandomness::new(7));
    let printed = number.printed();
    assert_eq!(printed.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 5]);
    for spelling in [
        printed.clone(),
        printed.to_lowercase(),
        printed.replace('-', ""),
        printed.replacen("1010", "IOlo", 1),
        printed.replacen("1010", "i0LO", 1),
        printed.replacen("1010", "lO1O", 1),
        format!("\t{printed}\n"),
        format!("-{printed}-"),
        printed.chars().flat_map(|letter| [letter, ' ']).collect(),
    ] {
        assert_eq!(PassportNumber::parse(&spelling), Ok(number), "{spelling}");
    }
    assert_eq!(number.canonical(), printed.replace('-', ""));
    assert_eq!(number.office().to_string(), "1010");
}

#[test]
fn reading_forgives_the_dashes_dots_and_spaces_of_every_keyboard() {
    let number = samples()[0];
    for separator in [
        " ",
        "  ",
        "\u{A0}",
        "\u{2009}",
        "\u{202F}",
        "\u{3000}",
        "\n",
        "-",
        "\u{2010}",
        "\u{2011}",
        "\u{2012}",
        "\u{2013}",
        "\u{2014}",
        "\u{2015}",
        "\u{2212}",
        "\u{2043}",
        "\u{FE58}",
        "\u{FE63}",
        "\u{FF0D}",
        ".",
        "\u{FF0E}",
        "\u{B7}",
        "\u{2022}",
        "\u{30FB}",
        "_",
        "\u{AD}",
        "\u{200B}",
        "\u{2060}",
        "\u{FEFF}",
        "\u{200E}",
        " \u{2013} ",
    ] {
        let spelling = number.printed().replace('-', separator);
        assert_eq!(PassportNumber::parse(&spelling), Ok(number), "{separator:?}");
    }
}

#[test]
fn reading_takes_full_width_letters_and_digits_as_their_narrow_ones() {
    for number in samples() {
        let wide = |letter: char| char::from_u32(u32::from(letter) + 0xFEE0).unwrap();
        let spelling: String = number.canonical().chars().map(wide).collect();
        assert_eq!(PassportNumber::parse(&spelling), Ok(number), "{spelling}");
        let small: String = number.canonical().to_lowercase().chars().map(wide).collect();
        assert_eq!(PassportNumber::parse(&small), Ok(number), "{small}");
    }
}

#[test]
fn what_only_looks_like_a_symbol_is_not_guessed_at() {
    let canonical = numbers_of("HRB1")[0].canonical();
    for other in [
        "U",
        "u",
        "*",
        "$",
        "=",
        "/",
        "\u{39D}",
        "\u{41D}",
        "\u{127}",
        "\u{210D}",
        "\u{1D407}",
        "\u{24BD}",
        "\u{FF35}",
        "\u{FF0B}",
        "\u{660}",
        "H\u{301}",
        "\u{0}",
    ] {
        let spelling = canonical.replacen('H', other, 1);
        assert_eq!(PassportNumber::parse(&spelling), Err(NumberError::Symbol), "{other:?}");
    }
    // Digits of other scripts, which a computer could read and the office would never have printed.
    for digit in ["\u{661}", "\u{967}", "\u{1D7CF}", "\u{B9}", "\u{2460}"] {
        let spelling = canonical.replacen('1', digit, 1);
        assert_eq!(PassportNumber::parse(&spelling), Err(NumberError::Symbol), "{digit:?}");
    }
}

#[test]
fn other_lengths_are_refused() {
    let canonical = numbers_of("HRB1")[0].canonical();
    assert_eq!(PassportNumber::parse(canonical.strip_prefix('H').unwrap()), Err(NumberError::Length));
    assert_eq!(PassportNumber::parse(&format!("{canonical}0")), Err(NumberError::Length));
    assert_eq!(PassportNumber::parse(&"0".repeat(100_000)), Err(NumberError::Length));
    assert_eq!(PassportNumber::parse(""), Err(NumberError::Length));
    assert_eq!(PassportNumber::parse("-- --"), Err(NumberError::Length));
    assert_eq!(OfficePrefix::parse("HRB"), Err(NumberError::Length));
    assert_eq!(OfficePrefix::parse("HRB11"), Err(NumberError::Length));
    assert_eq!(OfficePrefix::parse("HRBU"), Err(NumberError::Symbol));
    assert_eq!(OfficePrefix::parse("hrb-l").unwrap().to_string(), "HRB1");
}

#[test]
fn debug_output_does_not_hold_the_number() {
    assert_eq!(format!("{:?}", samples()[0]), "PassportNumber");
    assert_eq!(format!("{:?}", samples()[0].office()), "OfficePrefix(HRB1)");
}

#[test]
fn numbers_of_one_office_differ() {
    let numbers: BTreeSet<_> = numbers_of("HRB1").into_iter().collect();
    assert_eq!(numbers.len(), 25);
}
