//! SVG templates (§6.4.1.2): read strictly, written anew, and filled with escaped text.
//!
//! What is shown is never what came: the markup is read by a reader of a small part of XML ([`markup`]), every element,
//! attribute and value must be on a list ([`allowed`]), and the picture is written from what was understood. There is no
//! script, no event, no animation, no foreign object, no style sheet, no reference to anything outside. Drawing it takes
//! a bounded effort ([`bounded`]). The result is made for an `<img>`, where a browser runs and fetches nothing either.

mod allowed;
mod bounded;
mod markup;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::super::TypeMetadata;
use super::super::document::is_svg_id;
use markup::{Element, Node};

/// Largest template that is read, in bytes.
pub const LARGEST_TEMPLATE: usize = 256 << 10;
/// Largest picture that is made, in bytes.
pub const LARGEST_SVG: usize = 512 << 10;
/// Longest text for one placeholder, in characters.
const LONGEST_TEXT: usize = 512;

/// Why a template is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SvgError {
    /// Too large, too deep, or too many elements, as a template or once it is filled.
    #[error("the SVG is too large")]
    TooLarge,
    /// Not the plain XML that is read: no document type, no processing instruction, no CDATA, no entity of its own.
    #[error("the SVG is not plain, well-formed XML")]
    Malformed,
    /// The root is not `svg` in its namespace.
    #[error("the root must be svg in the namespace of SVG")]
    Root,
    /// An element that is not used: script, foreignObject, animation, style, use and all that is not known.
    #[error("the SVG has an element that is not shown: {0}")]
    Element(String),
    /// An attribute that is not used: events, links and all that is not known.
    #[error("the SVG has an attribute that is not shown: {0}")]
    Attribute(String),
    /// A value that refers to something outside, or calls a function that is not known.
    #[error("the SVG has an attribute with a value that is not shown: {0}")]
    Value(String),
    /// A placeholder stands elsewhere than in text, or is broken.
    #[error("placeholders may stand in text alone, as {{{{svg_id}}}}")]
    Placeholder,
    /// A placeholder that no claim of the type has.
    #[error("the SVG has a placeholder that no claim has: {0}")]
    UnknownPlaceholder(String),
}

impl SvgError {
    /// A short name for reports and test vectors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Root => "root",
            Self::Element(_) => "element",
            Self::Attribute(_) => "attribute",
            Self::Value(_) => "value",
            Self::Placeholder => "placeholder",
            Self::UnknownPlaceholder(_) => "unknown_placeholder",
        }
    }
}

/// A template that is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    root: Element,
}

/// A picture of a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Svg(String);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`SvgError`].
    pub fn read(octets: &[u8]) -> Result<Self, SvgError> {
        if octets.len() > LARGEST_TEMPLATE {
            return Err(SvgError::TooLarge);
        }
        let text = std::str::from_utf8(octets).map_err(|_| SvgError::Malformed)?;
        let root = markup::parse(text)?;
        let root = allowed::only(root)?;
        bounded::check(&root)?;
        Ok(Self { root })
    }

    /// The picture of a credential with `claims`. A claim that is not there leaves its place empty.
    ///
    /// # Errors
    /// [`SvgError::UnknownPlaceholder`], [`SvgError::TooLarge`].
    pub fn fill(&self, metadata: &TypeMetadata, claims: &Map<String, Value>) -> Result<Svg, SvgError> {
        let texts: BTreeMap<&str, String> = metadata
            .claims()
            .iter()
            .filter_map(|claim| {
                let selected = claim.path.select(claims).unwrap_or_default();
                let texts: Vec<String> = selected.iter().filter_map(|(_, value)| text_of(value)).collect();
                Some((claim.svg_id.as_deref()?, shortened(&texts.join(", "))))
            })
            .collect();
        self.written(&texts).map(Svg)
    }

    /// The picture, where placeholders have no meaning: as a logo.
    pub(super) fn without_placeholders(&self) -> Result<String, SvgError> {
        self.written(&BTreeMap::new())
    }

    fn written(&self, texts: &BTreeMap<&str, String>) -> Result<String, SvgError> {
        let mut out = String::new();
        write(&self.root, texts, &mut out)?;
        Ok(out)
    }
}

impl Svg {
    /// The markup.
    #[must_use]
    pub fn markup(&self) -> &str {
        &self.0
    }

    /// The address under which an `<img>` shows it. Markup put into a page instead would be part of the page.
    #[must_use]
    pub fn data_url(&self) -> String {
        format!("data:image/svg+xml;base64,{}", STANDARD.encode(&self.0))
    }
}

impl std::fmt::Debug for Svg {
    /// The length alone: it holds values.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Svg({} bytes)", self.0.len())
    }
}

fn write(element: &Element, texts: &BTreeMap<&str, String>, out: &mut String) -> Result<(), SvgError> {
    out.push('<');
    out.push_str(&element.name);
    for (name, value) in &element.attributes {
        for part in [" ", name, "=\"", &escaped(value), "\""] {
            out.push_str(part);
        }
    }
    out.push('>');
    for node in &element.children {
        match node {
            Node::Text(text) => out.push_str(&escaped(&filled(text, texts)?)),
            Node::Element(child) => write(child, texts, out)?,
        }
        if out.len() > LARGEST_SVG {
            return Err(SvgError::TooLarge);
        }
    }
    for part in ["</", &element.name, ">"] {
        out.push_str(part);
    }
    Ok(())
}

/// The text with what stands for its placeholders. What is put in is not looked at again.
fn filled(text: &str, texts: &BTreeMap<&str, String>) -> Result<String, SvgError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (id, after) = after.split_once("}}").ok_or(SvgError::Placeholder)?;
        if !is_svg_id(id) {
            return Err(SvgError::Placeholder);
        }
        let found = texts.get(id).ok_or_else(|| SvgError::UnknownPlaceholder(id.to_owned()))?;
        out.push_str(before);
        out.push_str(found);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// A claim as text; objects say nothing in one line.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(elements) => {
            let texts: Vec<String> = elements.iter().filter_map(text_of).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// At most [`LONGEST_TEXT`] characters, without those that turn the direction of what stands around them.
fn shortened(text: &str) -> String {
    let shown = |symbol: char| if symbol.is_control() { ' ' } else { symbol };
    let mut symbols =
        text.chars().filter(|symbol| !markup::turns(*symbol) && markup::is_character(*symbol)).map(shown);
    let mut out: String = symbols.by_ref().take(LONGEST_TEXT).collect();
    if symbols.next().is_some() {
        out.push('…');
    }
    out
}

/// The five characters that mean something in XML (§6.4.1.2.2).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
