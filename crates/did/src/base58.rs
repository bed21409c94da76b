//! base58btc of a known length, decoded in limbs.
//!
//! What lives here: the two lengths that every entry of a log has, a signature and an Ed25519 multikey. `bs58`, which reads
//! and writes all else, goes through all bytes for each digit: a tenth of what an entry costs. The tests hold both to
//! the same verdicts.

/// Most bytes that are decoded.
pub(crate) const LONGEST: usize = 64;

/// Digits that are taken at a time: 58^5 is less than 2^32.
const GROUP: usize = 5;

/// The `LENGTH` bytes, at most [`LONGEST`], that `digits` stand for; `None` for what is not base58btc and for every other
/// length: each byte of 0 at the beginning has one digit `1`, and there is no other spelling.
pub(crate) fn decode<const LENGTH: usize>(digits: &str) -> Option<[u8; LENGTH]> {
    // No byte takes two digits; more of them are not looked at.
    if digits.len() > LENGTH.saturating_mul(2) {
        return None;
    }
    // The most significant limb first.
    let mut limbs = [0_u32; LONGEST / 4];
    for group in digits.as_bytes().chunks(GROUP) {
        let (mut value, mut scale) = (0_u64, 1_u64);
        for digit in group {
            value = value.checked_mul(58)?.checked_add(u64::from(value_of(*digit)?))?;
            scale = scale.checked_mul(58)?;
        }
        let mut carry = value;
        for limb in limbs.iter_mut().rev() {
            // Below 2^32 × 58^5: it never overflows.
            let [high, low] = halves(u64::from(*limb).wrapping_mul(scale).wrapping_add(carry));
            *limb = low;
            carry = u64::from(high);
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0; LONGEST];
    for (place, limb) in bytes.chunks_exact_mut(4).zip(limbs) {
        place.copy_from_slice(&limb.to_be_bytes());
    }
    let (before, decoded) = bytes.split_last_chunk::<LENGTH>()?;
    let ones = digits.bytes().take_while(|digit| *digit == b'1').count();
    let zeros = decoded.iter().take_while(|byte| **byte == 0).count();
    (before.iter().all(|byte| *byte == 0) && ones == zeros).then_some(*decoded)
}

/// The upper and the lower half.
const fn halves(value: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
    [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])]
}

/// What a digit stands for.
const fn value_of(digit: u8) -> Option<u8> {
    // The first digit of each unbroken run, and what it stands for.
    let (first, value) = match digit {
        b'1'..=b'9' => (b'1', 0),
        b'A'..=b'H' => (b'A', 9),
        b'J'..=b'N' => (b'J', 17),
        b'P'..=b'Z' => (b'P', 22),
        b'a'..=b'k' => (b'a', 33),
        b'm'..=b'z' => (b'm', 44),
        _ => return None,
    };
    Some(digit.wrapping_sub(first).wrapping_add(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn theirs<const LENGTH: usize>(digits: &str) -> Option<[u8; LENGTH]> {
        bs58::decode(digits).into_vec().ok()?.try_into().ok()
    }

    #[test]
    fn every_byte_is_the_digit_that_it_is_for_others_or_none() {
        for byte in 0..=u8::MAX {
            let text = char::from(byte).to_string();
            let expected = theirs::<1>(&text);
            assert_eq!(decode::<1>(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_largest_value_of_each_length_is_taken_and_one_more_is_not() {
        fn all<const LENGTH: usize>() {
            let largest = bs58::encode([0xff; LENGTH]).into_string();
            assert_eq!(decode::<LENGTH>(&largest), Some([0xff; LENGTH]));
            let mut more = [0; LENGTH].to_vec();
            more.insert(0, 1);
            assert_eq!(decode::<LENGTH>(&bs58::encode(more).into_string()), None);
        }
        all::<1>();
        all::<34>();
        all::<63>();
        all::<64>();
    }

    #[test]
    fn a_length_beyond_the_longest_is_refused() {
        assert_eq!(decode::<65>(&bs58::encode([7; 65]).into_string()), None);
        assert_eq!(decode::<64>(&"z".repeat(1_000)), None);
        // A carry that runs out at the top, and then nothing but zeros.
        let beyond = [&[1][..], &[0; 64]].concat();
        assert_eq!(decode::<64>(&bs58::encode(beyond).into_string()), None);
    }

    #[test]
    fn zeros_at_the_beginning_are_as_many_ones() {
        for zeros in 0..=LONGEST {
            let mut bytes = [5; LONGEST];
            bytes[..zeros].fill(0);
            let digits = bs58::encode(bytes).into_string();
            assert_eq!(decode(&digits), Some(bytes));
            assert_eq!(decode::<LONGEST>(&format!("1{digits}")), None);
            if zeros > 0 {
                assert_eq!(decode::<LONGEST>(digits.strip_prefix('1').unwrap()), None);
            }
        }
        assert_eq!(decode::<LONGEST>(""), None);
    }

    proptest! {
        #[test]
        fn the_verdict_is_the_one_of_bs58(
            bytes in prop::collection::vec(any::<u8>(), 60..68),
            zeros in 0_usize..4,
            change in prop::option::of((0_usize..90, any::<u8>())),
        ) {
            let mut bytes = bytes;
            bytes.iter_mut().take(zeros).for_each(|byte| *byte = 0);
            let mut digits = bs58::encode(&bytes).into_vec();
            if let Some((place, byte)) = change
                && let Some(digit) = digits.get_mut(place)
            {
                *digit = byte & 0x7f;
            }
            let digits = String::from_utf8(digits).unwrap();
            prop_assert_eq!(decode::<64>(&digits), theirs(&digits));
        }

        #[test]
        fn of_a_key_too(bytes in prop::collection::vec(any::<u8>(), 32..37), zeros in 0_usize..4) {
            let mut bytes = bytes;
            bytes.iter_mut().take(zeros).for_each(|byte| *byte = 0);
            let digits = bs58::encode(&bytes).into_string();
            prop_assert_eq!(decode::<34>(&digits), theirs(&digits));
        }
    }
}
