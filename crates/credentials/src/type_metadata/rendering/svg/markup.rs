//! The part of XML 1.0 that templates are written in: elements, attributes, text, comments and the references that
//! everybody knows. No document type, hence no entity and no default of its own; no processing instruction, no CDATA.
//! Whatever else comes is malformed here, also where a lenient reader would find a meaning.

use super::SvgError;

/// Deepest nesting.
const DEEPEST: usize = 32;
/// Most elements.
const MOST_ELEMENTS: usize = 4_096;
/// Most attributes of one element.
const MOST_ATTRIBUTES: usize = 64;
/// Longest name.
const LONGEST_NAME: usize = 64;

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What stands in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Element, SvgError> {
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), elements: 0 };
    reader.declaration()?;
    reader.between()?;
    let root = reader.element(DEEPEST)?;
    reader.between()?;
    if reader.rest.is_empty() { Ok(root) } else { Err(SvgError::Malformed) }
}

/// Whether XML 1.0 §2.2 allows a character.
pub(super) const fn is_character(symbol: char) -> bool {
    matches!(symbol, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a character turns the direction of what stands around it (UAX #9).
pub(super) const fn turns(symbol: char) -> bool {
    matches!(symbol, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

struct Reader<'a> {
    rest: &'a str,
    elements: usize,
}

impl<'a> Reader<'a> {
    /// `<?xml …?>`, in UTF-8.
    fn declaration(&mut self) -> Result<(), SvgError> {
        let Some(after) = self.rest.strip_prefix("<?xml ") else { return Ok(()) };
        let (inner, after) = after.split_once("?>").ok_or(SvgError::Malformed)?;
        let is_plain = !inner.contains(['<', '>', '?']);
        let encoding = inner.split_once("encoding").map_or("UTF-8", |(_, value)| value);
        if !is_plain || !encoding.to_ascii_uppercase().contains("UTF-8") {
            return Err(SvgError::Malformed);
        }
        self.rest = after;
        Ok(())
    }

    /// White space and comments outside of the root.
    fn between(&mut self) -> Result<(), SvgError> {
        loop {
            self.white_space();
            if !self.comment()? {
                return Ok(());
            }
        }
    }

    fn white_space(&mut self) -> bool {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let moved = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        moved
    }

    /// Passes over a comment, in which no placeholder may stand (§6.4.1.2.2).
    fn comment(&mut self) -> Result<bool, SvgError> {
        let Some(after) = self.rest.strip_prefix("<!--") else { return Ok(false) };
        let (inner, after) = after.split_once("--").ok_or(SvgError::Malformed)?;
        if inner.contains("{{") {
            return Err(SvgError::Placeholder);
        }
        self.rest = after.strip_prefix('>').ok_or(SvgError::Malformed)?;
        Ok(true)
    }

    fn take(&mut self, mark: &str) -> Result<(), SvgError> {
        self.rest = self.rest.strip_prefix(mark).ok_or(SvgError::Malformed)?;
        Ok(())
    }

    fn element(&mut self, depth: usize) -> Result<Element, SvgError> {
        let deeper = depth.checked_sub(1).ok_or(SvgError::TooLarge)?;
        self.elements = self.elements.saturating_add(1);
        if self.elements > MOST_ELEMENTS {
            return Err(SvgError::TooLarge);
        }
        self.take("<")?;
        let name = self.name()?;
        let attributes = self.attributes()?;
        let mut element = Element { name, attributes, children: Vec::new() };
        if let Some(after) = self.rest.strip_prefix("/>") {
            self.rest = after;
            return Ok(element);
        }
        self.take(">")?;
        loop {
            if self.comment()? {
                continue;
            }
            if let Some(after) = self.rest.strip_prefix("</") {
                self.rest = after;
                if self.name()? != element.name {
                    return Err(SvgError::Malformed);
                }
                self.white_space();
                self.take(">")?;
                return Ok(element);
            }
            let node = if self.rest.starts_with('<') {
                Node::Element(self.element(deeper)?)
            } else {
                Node::Text(self.text()?)
            };
            element.children.push(node);
        }
    }

    fn name(&mut self) -> Result<String, SvgError> {
        let is_name =
            |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '_' | ':' | '.');
        let end = self.rest.find(|symbol| !is_name(symbol)).unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at_checked(end).ok_or(SvgError::Malformed)?;
        let begins = name.starts_with(|symbol: char| symbol.is_ascii_alphabetic());
        if !begins || name.len() > LONGEST_NAME {
            return Err(SvgError::Malformed);
        }
        self.rest = after;
        Ok(name.to_owned())
    }

    fn attributes(&mut self) -> Result<Vec<(String, String)>, SvgError> {
        let mut found: Vec<(String, String)> = Vec::new();
        loop {
            let apart = self.white_space();
            if self.rest.starts_with(['>', '/']) {
                return Ok(found);
            }
            if !apart || found.len() >= MOST_ATTRIBUTES {
                return Err(SvgError::Malformed);
            }
            let name = self.name()?;
            self.white_space();
            self.take("=")?;
            self.white_space();
            let quote = if self.rest.starts_with('\'') { '\'' } else { '"' };
            let (value, after) = self
                .rest
                .strip_prefix(quote)
                .and_then(|rest| rest.split_once(quote))
                .ok_or(SvgError::Malformed)?;
            if value.contains('<') || found.iter().any(|(known, _)| *known == name) {
                return Err(SvgError::Malformed);
            }
            let value = resolved(value)?;
            self.rest = after;
            found.push((name, value));
        }
    }

    fn text(&mut self) -> Result<String, SvgError> {
        let end = self.rest.find('<').ok_or(SvgError::Malformed)?;
        let (text, after) = self.rest.split_at_checked(end).ok_or(SvgError::Malformed)?;
        if text.is_empty() || text.contains("]]>") {
            return Err(SvgError::Malformed);
        }
        self.rest = after;
        resolved(text)
    }
}

/// The text with its references in place, without those that turn its direction: what a template says around a value must
/// not make it read as another. Characters that are none are refused.
fn resolved(text: &str) -> Result<String, SvgError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (reference, after) = after.split_once(';').ok_or(SvgError::Malformed)?;
        out.push_str(before);
        out.push(referred(reference).ok_or(SvgError::Malformed)?);
        rest = after;
    }
    out.push_str(rest);
    out.retain(|symbol| !turns(symbol));
    if out.chars().all(is_character) { Ok(out) } else { Err(SvgError::Malformed) }
}

fn referred(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        numbered => {
            let (digits, radix) = match numbered.strip_prefix("#x") {
                Some(digits) => (digits, 16),
                None => (numbered.strip_prefix('#')?, 10),
            };
            let plain = (1..=8).contains(&digits.len()) && digits.chars().all(|digit| digit.is_digit(radix));
            plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten().and_then(char::from_u32)
        }
    }
}
