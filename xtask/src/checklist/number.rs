//! The number of a requirement: section, point, and a letter where a point has several.

/// `2.0-4a`: section 2.0, point 4, letter a.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number {
    pub(super) section: String,
    pub(super) point: usize,
    /// 1 for `a`, 27 for `aa`; 0 where there is no letter.
    pub(super) letter: usize,
}

impl Number {
    /// Reads a number; nothing when it is written otherwise.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (section, rest) = text.split_once('-')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (point, letters) = rest.split_at(end);
        let letter = letters.bytes().try_fold(0_usize, |value, byte| {
            let place = byte.is_ascii_lowercase().then(|| usize::from(byte.wrapping_sub(b'a')))?;
            value.checked_mul(26)?.checked_add(place)?.checked_add(1)
        })?;
        Some(Self { section: section.to_owned(), point: point.parse().ok()?, letter })
    }

    /// Whether `self` comes right after `before`, or is the first of a section.
    pub(super) fn follows(&self, before: Option<&Self>) -> bool {
        let Some(before) = before.filter(|before| before.section == self.section) else {
            return self.point == 1 && self.letter <= 1;
        };
        if before.point == self.point {
            before.letter > 0 && self.letter == before.letter.saturating_add(1)
        } else {
            self.point == before.point.saturating_add(1) && self.letter <= 1
        }
    }
}
