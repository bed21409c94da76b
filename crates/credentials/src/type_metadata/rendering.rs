//! How a credential is shown (§6.4.1), taken only where it is harmless: whoever writes type metadata must not run code,
//! learn who looks at a credential, or hide what it says.
//!
//! A part that cannot be used is an error of that part alone; without rendering, labels and values are still shown.

mod colour;
mod picture;
pub mod svg;

use serde::Deserialize;

use super::TypeDisplay;
use super::document::{object, some_object, some_objects};
use super::integrity::{Integrity, IntegrityError};

pub use colour::{Colour, Colours};
pub use picture::{LARGEST_PICTURE, Picture, PictureError};
pub use svg::{SvgError, Template};

/// Most SVG templates that one language may have.
const MOST_TEMPLATES: usize = 16;

/// Why a rendering or a part of it is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderingError {
    /// Not of the right shape.
    #[error("the rendering is malformed")]
    Malformed,
    /// A colour that is not `#rgb`, `#rrggbb` or `rgb(…)`.
    #[error("a colour must be an RGB colour: #rgb, #rrggbb or rgb(r, g, b)")]
    Colour,
    /// Text in front of its background could not be read.
    #[error("the text could not be read in front of its background")]
    Contrast,
    /// A resource is neither `https:` nor `data:`.
    #[error("a resource of a rendering is found at an https or data address")]
    Address,
    /// A resource is not the one that was meant.
    #[error(transparent)]
    Integrity(#[from] IntegrityError),
    /// A picture is none that is shown.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// An SVG template is not used.
    #[error(transparent)]
    Svg(#[from] SvgError),
}

/// How a credential is shown in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendering {
    /// The method `simple`.
    pub simple: Option<Simple>,
    /// The method `svg_templates`.
    pub templates: Vec<TemplateReference>,
}

/// The rendering method `simple` (§6.4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    /// `logo`.
    pub logo: Option<Resource>,
    /// `logo.alt_text`.
    pub logo_text: Option<String>,
    /// `background_image`.
    pub background_image: Option<Resource>,
    /// `background_color` and `text_color`: only ever both, and so that text can be read.
    pub colours: Option<Colours>,
}

/// A picture or template that is found elsewhere or in the address itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    uri: String,
    integrity: Option<Integrity>,
}

/// An SVG template and what it is made for (§6.4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateReference {
    /// Where it is found.
    pub resource: Resource,
    /// `properties`.
    pub properties: Properties,
}

/// What a template is made for; `None` means anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// `orientation`.
    pub orientation: Option<Orientation>,
    /// `color_scheme`.
    pub color_scheme: Option<ColorScheme>,
    /// `contrast`.
    pub contrast: Option<Contrast>,
}

/// `orientation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// Higher than wide.
    Portrait,
    /// Wider than high.
    Landscape,
}

/// `color_scheme`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorScheme {
    /// Dark text before a light ground.
    Light,
    /// Light text before a dark ground.
    Dark,
}

/// `contrast`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contrast {
    /// As usual.
    Normal,
    /// For those who need more.
    High,
}

impl Rendering {
    /// The rendering that a type has in one language; nothing if it has none.
    ///
    /// # Errors
    /// [`RenderingError`]. Pictures and templates are judged when they are opened.
    pub fn of(display: &TypeDisplay) -> Result<Self, RenderingError> {
        let Some(rendering) = &display.rendering else { return Ok(Self::default()) };
        let written: Written = object(rendering).map_err(|_| RenderingError::Malformed)?;
        let simple = written.simple.map(Simple::read).transpose()?;
        let templates = written.svg_templates.unwrap_or_default();
        let is_alone = templates.len() == 1;
        if templates.len() > MOST_TEMPLATES {
            return Err(RenderingError::Malformed);
        }
        let templates = templates
            .into_iter()
            .map(|one| TemplateReference::read(one, is_alone))
            .collect::<Result<_, _>>()?;
        Ok(Self { simple, templates })
    }

    /// The template that fits best: what the reader needs counts, contrast before colours before orientation, and one made
    /// for something else is taken only where there is no other.
    #[must_use]
    pub fn best_template(&self, wanted: Properties) -> Option<&TemplateReference> {
        // The first of equals: `min_by_key`.
        self.templates.iter().min_by_key(|one| one.properties.distance(wanted))
    }
}

impl Properties {
    fn distance(self, wanted: Self) -> (u8, u8, u8) {
        (
            apart(self.contrast, wanted.contrast),
            apart(self.color_scheme, wanted.color_scheme),
            apart(self.orientation, wanted.orientation),
        )
    }
}

fn apart<T: PartialEq>(made_for: Option<T>, wanted: Option<T>) -> u8 {
    match (made_for, wanted) {
        (Some(made_for), Some(wanted)) if made_for == wanted => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    }
}

impl Simple {
    fn read(written: WrittenSimple) -> Result<Self, RenderingError> {
        let colours = Colours::read(written.background_color.as_deref(), written.text_color.as_deref())?;
        let (logo, logo_text) = match written.logo {
            None => (None, None),
            Some(logo) => (Some(Resource::new(logo.uri, logo.integrity.as_deref())?), logo.alt_text),
        };
        let background_image = written
            .background_image
            .map(|image| Resource::new(image.uri, image.integrity.as_deref()))
            .transpose()?;
        Ok(Self { logo, logo_text, background_image, colours })
    }
}

impl TemplateReference {
    fn read(written: WrittenTemplate, is_alone: bool) -> Result<Self, RenderingError> {
        let resource = Resource::new(written.uri, written.integrity.as_deref())?;
        let properties = match written.properties {
            None if is_alone => Properties::default(),
            None => return Err(RenderingError::Malformed),
            Some(properties) => properties.read()?,
        };
        Ok(Self { resource, properties })
    }
}

impl Resource {
    fn new(uri: String, integrity: Option<&str>) -> Result<Self, RenderingError> {
        if !["https://", "data:"].iter().any(|scheme| starts_with(&uri, scheme)) {
            return Err(RenderingError::Address);
        }
        Ok(Self { uri, integrity: integrity.map(Integrity::parse).transpose()? })
    }

    /// Where it is to be fetched; `None` if it lies in the address itself. Whoever fetches it tells its host that somebody
    /// looks at such a credential.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        starts_with(&self.uri, "https://").then_some(self.uri.as_str())
    }

    /// What lies in the address itself.
    ///
    /// # Errors
    /// [`RenderingError::Address`] for one that must be fetched; [`PictureError`], [`IntegrityError`].
    pub fn embedded(&self) -> Result<Vec<u8>, RenderingError> {
        if self.address().is_some() {
            return Err(RenderingError::Address);
        }
        let octets = picture::octets_of(&self.uri)?;
        self.check(&octets)?;
        Ok(octets)
    }

    /// Takes what was fetched, or [`embedded`](Self::embedded), as a picture.
    ///
    /// # Errors
    /// [`PictureError`], [`IntegrityError`].
    pub fn picture(&self, octets: &[u8]) -> Result<Picture, RenderingError> {
        self.check(octets)?;
        Ok(Picture::read(octets)?)
    }

    /// Takes what was fetched, or [`embedded`](Self::embedded), as an SVG template.
    ///
    /// # Errors
    /// [`SvgError`], [`IntegrityError`].
    pub fn template(&self, octets: &[u8]) -> Result<Template, RenderingError> {
        self.check(octets)?;
        Ok(Template::read(octets)?)
    }

    fn check(&self, octets: &[u8]) -> Result<(), IntegrityError> {
        self.integrity.as_ref().map_or(Ok(()), |integrity| integrity.verify(octets))
    }
}

fn starts_with(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[derive(Deserialize)]
struct Written {
    #[serde(default, deserialize_with = "some_object")]
    simple: Option<WrittenSimple>,
    #[serde(default, deserialize_with = "some_objects")]
    svg_templates: Option<Vec<WrittenTemplate>>,
}

#[derive(Deserialize)]
struct WrittenSimple {
    #[serde(default, deserialize_with = "some_object")]
    logo: Option<WrittenImage>,
    #[serde(default, deserialize_with = "some_object")]
    background_image: Option<WrittenImage>,
    #[serde(default)]
    background_color: Option<String>,
    #[serde(default)]
    text_color: Option<String>,
}

#[derive(Deserialize)]
struct WrittenImage {
    uri: String,
    #[serde(default, rename = "uri#integrity")]
    integrity: Option<String>,
    #[serde(default)]
    alt_text: Option<String>,
}

#[derive(Deserialize)]
struct WrittenTemplate {
    uri: String,
    #[serde(default, rename = "uri#integrity")]
    integrity: Option<String>,
    #[serde(default, deserialize_with = "some_object")]
    properties: Option<WrittenProperties>,
}

#[derive(Deserialize)]
struct WrittenProperties {
    #[serde(default)]
    orientation: Option<Orientation>,
    #[serde(default)]
    color_scheme: Option<ColorScheme>,
    #[serde(default)]
    contrast: Option<Contrast>,
}

impl WrittenProperties {
    /// At least one must be there (§6.4.1.2.1).
    fn read(self) -> Result<Properties, RenderingError> {
        let Self { orientation, color_scheme, contrast } = self;
        if orientation.is_none() && color_scheme.is_none() && contrast.is_none() {
            return Err(RenderingError::Malformed);
        }
        Ok(Properties { orientation, color_scheme, contrast })
    }
}

#[cfg(test)]
mod tests;
