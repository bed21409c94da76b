//! How long a member's DID log may be where an office keeps it (specs/flows.md §2). Wallets write no entry that no office
//! would take.

/// Longest log that is looked at, in bytes.
pub const LONGEST: usize = 144 * 1_024;

/// Bytes and entries that a log may have.
const LIMITS: (usize, u64) = (128 * 1_024, 64);
/// The same for a DID that moves away or is given up: a full log keeps nobody.
const LIMITS_TO_LEAVE: (usize, u64) = (LONGEST, 66);

/// Whether a log of so many bytes and entries is kept; `is_leaving` is one that ends elsewhere or for ever.
#[must_use]
pub const fn fits(bytes: usize, entries: u64, is_leaving: bool) -> bool {
    let (most_bytes, most_entries) = if is_leaving { LIMITS_TO_LEAVE } else { LIMITS };
    bytes <= most_bytes && entries <= most_entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_leaves_room_for_leaving_alone() {
        for (bytes, entries, is_leaving, expected) in [
            (128 * 1_024, 64, false, true),
            (128 * 1_024 + 1, 1, false, false),
            (1, 65, false, false),
            (144 * 1_024, 66, true, true),
            (144 * 1_024 + 1, 1, true, false),
            (1, 67, true, false),
        ] {
            assert_eq!(fits(bytes, entries, is_leaving), expected, "{bytes} {entries} {is_leaving}");
        }
    }
}
