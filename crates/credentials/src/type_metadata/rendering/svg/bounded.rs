//! What a picture may cost whoever shows it. A short text of allowed elements can still ask for more drawing than a machine
//! does in a minute: by masks that refer to masks, or by strokes of millions of dashes.

use super::SvgError;
use super::markup::{Element, Node};

/// Elements whose content is drawn anew for each reference to them. In them nothing refers to anything.
const DRAWN_AGAIN: [&str; 2] = ["mask", "clipPath"];
/// Most references in all, and most of those to what is drawn again.
const MOST_REFERENCES: usize = 256;
const MOST_DRAWN_AGAIN: usize = 16;
/// Most elements that are drawn again, in all.
const MOST_WITHIN: usize = 512;

/// Shapes that may be dashed. Elements that hold others may not: each of those would be.
const DASHED: [&str; 7] = ["line", "rect", "circle", "ellipse", "polyline", "polygon", "path"];
/// What says how long the outline of a shape is.
const GEOMETRY: [&str; 14] =
    ["x", "y", "width", "height", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "points"];
/// Commands of a path whose length is bounded by its numbers; arcs and smooth curves grow beyond them.
const COMMANDS: &str = "MmLlHhVvCcQqZz";
/// Most numbers in one pattern of dashes.
const MOST_NUMBERS: usize = 16;
/// Most dashes in a picture.
const MOST_DASHES: f64 = 20_000.0;

/// Whether `root`, all of which is allowed, is drawn with a bounded effort.
pub(super) fn check(root: &Element) -> Result<(), SvgError> {
    Effort::default().element(root, false)
}

#[derive(Default)]
struct Effort {
    within: usize,
    references: usize,
    drawn_again: usize,
    dashes: f64,
}

impl Effort {
    fn element(&mut self, element: &Element, within: bool) -> Result<(), SvgError> {
        let within = within || DRAWN_AGAIN.contains(&element.name.as_str());
        for (name, value) in &element.attributes {
            self.references(name, value, within)?;
        }
        for (property, value) in painted(element) {
            match property {
                "mask" | "clip-path" => {
                    self.drawn_again = self.drawn_again.saturating_add(references(value));
                }
                "stroke-dasharray" if value != "none" => {
                    let dashes = dashes(element, value).ok_or_else(|| refused(property))?;
                    self.dashes += dashes;
                }
                _ => {}
            }
        }
        self.within = self.within.saturating_add(usize::from(within));
        if self.drawn_again > MOST_DRAWN_AGAIN || self.within > MOST_WITHIN {
            return Err(SvgError::TooLarge);
        }
        if self.dashes.is_nan() || self.dashes > MOST_DASHES {
            return Err(refused("stroke-dasharray"));
        }
        element.children.iter().try_for_each(|node| match node {
            Node::Element(child) => self.element(child, within),
            Node::Text(_) => Ok(()),
        })
    }

    fn references(&mut self, name: &str, value: &str, within: bool) -> Result<(), SvgError> {
        let found = references(value);
        if found > 0 && within {
            return Err(refused(name));
        }
        self.references = self.references.saturating_add(found);
        if self.references > MOST_REFERENCES { Err(SvgError::TooLarge) } else { Ok(()) }
    }
}

fn refused(name: &str) -> SvgError {
    SvgError::Value(name.to_owned())
}

fn references(value: &str) -> usize {
    value.matches("url(").count()
}

/// The properties of an element, in attributes of their own and in `style`.
fn painted(element: &Element) -> impl Iterator<Item = (&str, &str)> {
    element.attributes.iter().flat_map(|(name, value)| {
        let declarations = if name == "style" { value.as_str() } else { "" };
        let declared = declarations.split(';').filter_map(|declaration| declaration.split_once(':'));
        declared
            .chain((name != "style").then_some((name.as_str(), value.as_str())))
            .map(|(name, value)| (name.trim(), value.trim()))
    })
}

/// How many dashes the outline of `element` has at most; nothing where it is not known.
fn dashes(element: &Element, pattern: &str) -> Option<f64> {
    if !DASHED.contains(&element.name.as_str()) {
        return None;
    }
    let numbers = numbers(pattern)?;
    if numbers.len() > MOST_NUMBERS || numbers.iter().any(|number| *number < 0.0) {
        return None;
    }
    let period: f64 = numbers.iter().sum();
    let count = f64::from(u8::try_from(numbers.len()).ok()?);
    // A pattern without length would never come to an end.
    (period > 0.0).then(|| outline(element).map(|length| length / period * count))?
}

/// A bound for the length of an outline: no line between points that these numbers name is longer than twice their sum, and
/// closing it goes back at most as far; a circle has less than seven radiuses.
fn outline(element: &Element) -> Option<f64> {
    let mut sum = 0.0;
    for (name, value) in &element.attributes {
        let numbers = match name.as_str() {
            // It would count dashes in lengths of its own.
            "pathLength" => return None,
            "d" => path_numbers(value)?,
            known if GEOMETRY.contains(&known) => numbers(value)?,
            _ => continue,
        };
        sum += numbers.iter().map(|number| number.abs()).sum::<f64>();
    }
    Some(sum * 8.0)
}

/// Numbers between white space and commas, without units.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let parts = text.split(|symbol: char| symbol == ',' || symbol.is_ascii_whitespace());
    parts.filter(|part| !part.is_empty()).map(number).collect()
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The numbers of a path, which also end where the next begins: `1-2.5.5`.
fn path_numbers(text: &str) -> Option<Vec<f64>> {
    let mut found = Vec::new();
    let mut current = String::new();
    for symbol in text.chars() {
        let in_exponent = current.ends_with(['e', 'E']);
        let continues = match symbol {
            '0'..='9' => true,
            '.' => !current.contains(['.', 'e', 'E']),
            'e' | 'E' => !current.is_empty(),
            '+' | '-' => in_exponent,
            _ => false,
        };
        if continues {
            current.push(symbol);
            continue;
        }
        if !current.is_empty() {
            found.push(number(&current)?);
            current.clear();
        }
        match symbol {
            '.' | '+' | '-' => current.push(symbol),
            ',' => {}
            other if other.is_ascii_whitespace() || COMMANDS.contains(other) => {}
            _ => return None,
        }
    }
    if !current.is_empty() {
        found.push(number(&current)?);
    }
    Some(found)
}

#[cfg(test)]
mod tests;
