//! Which elements, attributes and values a picture may have. Everything else is refused, whatever it would do: shapes,
//! text, gradients and clips draw; nothing here acts, repeats without end, or refers to anything outside.

use super::super::picture;
use super::SvgError;
use super::markup::{Element, Node};

const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// Elements that hold other elements or nothing.
const DRAWING: [&str; 16] = [
    "svg",
    "g",
    "defs",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "path",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "image",
    "mask",
];

/// Elements that hold text.
const WRITING: [&str; 4] = ["text", "tspan", "title", "desc"];

/// Attributes that place and shape.
const PLACING: [&str; 46] = [
    "id",
    "version",
    "viewBox",
    "preserveAspectRatio",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "dx",
    "dy",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "d",
    "points",
    "offset",
    "transform",
    "gradientTransform",
    "gradientUnits",
    "spreadMethod",
    "clipPathUnits",
    "maskUnits",
    "maskContentUnits",
    "pathLength",
    "textLength",
    "lengthAdjust",
    "rotate",
    "role",
    "lang",
    "xml:lang",
    "xml:space",
    "aria-label",
    "aria-hidden",
    "aria-labelledby",
    "overflow",
    "display",
    "visibility",
    "baseProfile",
];

/// Attributes that paint; they may also stand in `style`.
const PAINTING: [&str; 32] = [
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "opacity",
    "color",
    "stop-color",
    "stop-opacity",
    "clip-path",
    "clip-rule",
    "mask",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "font-variant",
    "font-stretch",
    "letter-spacing",
    "word-spacing",
    "text-anchor",
    "text-decoration",
    "dominant-baseline",
    "alignment-baseline",
    "writing-mode",
    "paint-order",
];

/// Functions in values. `url` refers to a part of this picture alone.
const FUNCTIONS: [&str; 11] =
    ["rgb", "rgba", "hsl", "hsla", "matrix", "translate", "scale", "rotate", "skewX", "skewY", "url"];

/// The same picture, if all of it may be shown.
pub(super) fn only(root: Element) -> Result<Element, SvgError> {
    let namespace = root.attributes.iter().find(|(name, _)| name == "xmlns");
    if root.name != "svg" || namespace.is_none_or(|(_, value)| value != SVG) {
        return Err(SvgError::Root);
    }
    let mut root = element(root)?;
    root.attributes.push(("xmlns".to_owned(), SVG.to_owned()));
    Ok(root)
}

fn element(element: Element) -> Result<Element, SvgError> {
    let Element { name, attributes, children } = element;
    let writes = WRITING.contains(&name.as_str());
    if !writes && !DRAWING.contains(&name.as_str()) {
        return Err(SvgError::Element(name));
    }
    let mut kept = Vec::with_capacity(attributes.len());
    for (attribute, value) in attributes {
        kept.extend(self::attribute(&name, attribute, value)?);
    }
    let children = children.into_iter().map(|node| child(node, writes)).collect::<Result<Vec<_>, _>>()?;
    Ok(Element { name, attributes: kept, children: children.into_iter().flatten().collect() })
}

fn child(node: Node, writes: bool) -> Result<Option<Node>, SvgError> {
    match node {
        Node::Element(inner) => Ok(Some(Node::Element(element(inner)?))),
        Node::Text(text) if writes => Ok(Some(Node::Text(text))),
        Node::Text(text) if text.contains("{{") => Err(SvgError::Placeholder),
        Node::Text(text) if text.trim().is_empty() => Ok(None),
        Node::Text(_) => Err(SvgError::Malformed),
    }
}

/// An attribute as it is written again; nothing for those that say what is known.
fn attribute(of: &str, name: String, value: String) -> Result<Option<(String, String)>, SvgError> {
    if value.contains("{{") {
        return Err(SvgError::Placeholder);
    }
    match name.as_str() {
        "xmlns" if value == SVG => Ok(None),
        "xmlns:xlink" if value == XLINK => Ok(None),
        "href" | "xlink:href" if of == "image" => {
            let is_picture = picture::octets_of(&value).is_ok_and(|octets| picture::kind(&octets).is_some());
            let inside = value.starts_with("data:image/") && is_picture;
            if inside { Ok(Some(("href".to_owned(), value))) } else { Err(SvgError::Value(name)) }
        }
        "style" => {
            style(&value)?;
            Ok(Some((name, value)))
        }
        known if PLACING.contains(&known) || PAINTING.contains(&known) => {
            if is_harmless(&value) {
                Ok(Some((name, value)))
            } else {
                Err(SvgError::Value(name))
            }
        }
        _ => Err(SvgError::Attribute(name)),
    }
}

/// Declarations of properties that paint, and nothing else.
fn style(text: &str) -> Result<(), SvgError> {
    for declaration in text.split(';').map(str::trim).filter(|declaration| !declaration.is_empty()) {
        let (property, value) =
            declaration.split_once(':').ok_or_else(|| SvgError::Value("style".to_owned()))?;
        let known = PAINTING.contains(&property.trim());
        if !known || !is_harmless(value) || value.contains(':') {
            return Err(SvgError::Value("style".to_owned()));
        }
    }
    Ok(())
}

/// Whether a value calls no function but those that are known, and refers to this picture alone. Escapes, comments and
/// at-rules of CSS have no use in it.
fn is_harmless(value: &str) -> bool {
    if value.contains(['\\', '@', '<', '>', '{', '}']) || value.contains("/*") || value.contains("//") {
        return false;
    }
    value.match_indices('(').all(|(at, _)| {
        let (before, after) = value.split_at_checked(at).unwrap_or_default();
        let word = before.rsplit(|symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '-').next();
        match word.filter(|word| FUNCTIONS.contains(word)) {
            Some("url") => is_own_reference(after),
            Some(_) => true,
            None => false,
        }
    })
}

/// `(#name)`.
fn is_own_reference(text: &str) -> bool {
    let inner = text.strip_prefix("(#").and_then(|rest| rest.split_once(')'));
    let is_name = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '_' | '.');
    inner.is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_name))
}
