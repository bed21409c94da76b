use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;

/// One pixel.
const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn rendering(value: Value) -> Result<Rendering, RenderingError> {
    let display = json!({"locale": "en", "name": "x", "rendering": value});
    Rendering::of(&serde_json::from_value(display).unwrap())
}

fn logo(uri: &str) -> Result<Resource, RenderingError> {
    Ok(rendering(json!({"simple": {"logo": {"uri": uri}}}))?.simple.unwrap().logo.unwrap())
}

#[test]
fn a_simple_rendering_is_read_and_unknown_methods_are_passed_over() {
    let found = rendering(json!({"simple": {
        "logo": {"uri": PNG, "alt_text": "Mark"}, "background_color": "#003366", "text_color": "#fff", "new": {}
    }, "hologram": {}}))
    .unwrap();
    let simple = found.simple.unwrap();
    assert_eq!(simple.colours.unwrap().background().to_string(), "#003366");
    assert_eq!(simple.logo_text.as_deref(), Some("Mark"));
    let none: TypeDisplay = serde_json::from_value(json!({"locale": "en", "name": "x"})).unwrap();
    assert_eq!(Rendering::of(&none), Ok(Rendering::default()));
}

#[test]
fn a_malformed_rendering_is_refused_by_its_fault() {
    for (value, refused) in [
        (json!([]), RenderingError::Malformed),
        (json!({"simple": []}), RenderingError::Malformed),
        (json!({"simple": {"logo": {}}}), RenderingError::Malformed),
        (json!({"simple": {"background_color": 7}}), RenderingError::Malformed),
        (json!({"simple": {"background_color": "red"}}), RenderingError::Colour),
        (json!({"simple": {"background_color": "#fff", "text_color": "#eee"}}), RenderingError::Contrast),
        (json!({"simple": {"logo": {"uri": "http://a.example/x.png"}}}), RenderingError::Address),
        (json!({"simple": {"logo": {"uri": "javascript:alert(1)"}}}), RenderingError::Address),
        (json!({"simple": {"logo": {"uri": "//a.example/x.png"}}}), RenderingError::Address),
        (json!({"simple": {"background_image": {"uri": "file:///etc/passwd"}}}), RenderingError::Address),
        (
            json!({"simple": {"logo": {"uri": PNG, "uri#integrity": "sha1-AAAA"}}}),
            RenderingError::Integrity(IntegrityError::Unsupported),
        ),
        (json!({"svg_templates": {}}), RenderingError::Malformed),
        (json!({"svg_templates": [{"uri": "https://a"}, {"uri": "https://b"}]}), RenderingError::Malformed),
        (json!({"svg_templates": [{"uri": "https://a", "properties": {}}]}), RenderingError::Malformed),
        (
            json!({"svg_templates": [{"uri": "https://a", "properties": {"contrast": "low"}}]}),
            RenderingError::Malformed,
        ),
    ] {
        assert_eq!(rendering(value.clone()), Err(refused), "{value}");
    }
}

#[test]
fn a_template_alone_may_be_made_for_anything_and_there_are_only_so_many() {
    let alone = rendering(json!({"svg_templates": [{"uri": "https://a.example/t"}]})).unwrap();
    assert_eq!(alone.templates[0].properties, Properties::default());
    let many = |count: usize| {
        let one = json!({"uri": "https://a.example/t", "properties": {"contrast": "high"}});
        rendering(json!({"svg_templates": vec![one; count]})).map(|found| found.templates.len())
    };
    assert_eq!(many(MOST_TEMPLATES), Ok(MOST_TEMPLATES));
    assert_eq!(many(MOST_TEMPLATES + 1), Err(RenderingError::Malformed));
}

#[test]
fn the_template_for_what_the_reader_needs_is_taken() {
    let template = |name: &str, properties: Value| json!({"uri": format!("https://a.example/{name}"), "properties": properties});
    let found = rendering(json!({"svg_templates": [
        template("plain", json!({"orientation": "landscape"})),
        template("dark", json!({"color_scheme": "dark"})),
        template("strong", json!({"contrast": "high", "color_scheme": "light"})),
    ]}))
    .unwrap();
    let best = |wanted: Properties| {
        found.best_template(wanted).unwrap().resource.address().unwrap().rsplit('/').next().unwrap()
    };
    let dark = Properties { color_scheme: Some(ColorScheme::Dark), ..Properties::default() };
    assert_eq!(best(dark), "dark");
    assert_eq!(
        best(Properties { contrast: Some(Contrast::High), ..dark }),
        "strong",
        "contrast comes before colours"
    );
    assert_eq!(
        best(Properties { orientation: Some(Orientation::Landscape), ..Properties::default() }),
        "plain"
    );
    assert_eq!(
        best(Properties { orientation: Some(Orientation::Portrait), ..Properties::default() }),
        "dark"
    );
    assert_eq!(Rendering::default().best_template(dark), None);
}

#[test]
fn a_picture_is_taken_for_what_it_is_and_shown_from_its_own_address() {
    let found = logo(PNG).unwrap();
    assert_eq!(found.address(), None);
    let octets = found.embedded().unwrap();
    assert_eq!(found.picture(&octets).unwrap().data_url(), PNG);
    let said_otherwise = logo(&PNG.replace("image/png", "text/html")).unwrap();
    let picture = said_otherwise.picture(&said_otherwise.embedded().unwrap()).unwrap();
    assert_eq!(picture.data_url(), PNG, "what it is said to be is not repeated");
    let svg = logo(
        "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%3E%3Crect%20width='1'/%3E%3C/svg%3E",
    )
    .unwrap();
    let picture = svg.picture(&svg.embedded().unwrap()).unwrap();
    assert_eq!(picture.media_type(), "image/svg+xml");
    for (octets, media_type) in
        [(&b"\xff\xd8\xff\xe0rest"[..], "image/jpeg"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp")]
    {
        assert_eq!(found.picture(octets).unwrap().media_type(), media_type);
    }
}

#[test]
fn what_is_no_picture_or_acts_is_not_shown() {
    let found = logo("https://a.example/logo").unwrap();
    assert_eq!(found.address(), Some("https://a.example/logo"));
    assert_eq!(found.embedded(), Err(RenderingError::Address));
    for (octets, refused) in [
        (&b"GIF89a"[..], PictureError::Kind),
        (b"", PictureError::Kind),
        (b"RIFF\0\0\0\0WAVE", PictureError::Kind),
        (b"<html></html>", PictureError::Svg(SvgError::Root)),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            PictureError::Svg(SvgError::Element("script".to_owned())),
        ),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><text>{{x}}</text></svg>",
            PictureError::Svg(SvgError::UnknownPlaceholder("x".to_owned())),
        ),
    ] {
        assert_eq!(found.picture(octets), Err(RenderingError::Picture(refused)));
    }
    for uri in ["data:image/png;base64,!", "data:image/png", "data:,%2", "data:,%zz"] {
        assert_eq!(
            logo(uri).unwrap().embedded(),
            Err(RenderingError::Picture(PictureError::Address)),
            "{uri}"
        );
    }
}

#[test]
fn the_largest_picture_is_shown_and_one_byte_more_is_not() {
    let refused = RenderingError::Picture;
    let found = logo("https://a.example/logo").unwrap();
    let mut octets = b"\x89PNG\r\n\x1a\n".to_vec();
    octets.resize(LARGEST_PICTURE, 0);
    assert!(found.picture(&octets).is_ok());
    let embedded = |octets: &[u8]| {
        let uri = format!("data:image/png;base64,{}", STANDARD.encode(octets));
        logo(&uri).unwrap().embedded().map(|octets| octets.len())
    };
    assert_eq!(embedded(&octets), Ok(LARGEST_PICTURE));
    octets.push(0);
    assert_eq!(found.picture(&octets), Err(refused(PictureError::TooLarge)));
    assert_eq!(embedded(&octets), Err(refused(PictureError::TooLarge)));
    // What can only be too large is not even decoded.
    let head = "data:image/png;base64,";
    let undecodable = |length: usize| {
        let uri = format!("{head}{}", "!".repeat(length - head.len()));
        logo(&uri).unwrap().embedded()
    };
    assert_eq!(undecodable(2 * LARGEST_PICTURE), Err(refused(PictureError::Address)));
    assert_eq!(undecodable(2 * LARGEST_PICTURE + 1), Err(refused(PictureError::TooLarge)));
}

#[test]
fn a_picture_must_be_the_one_that_was_meant() {
    let octets = b"\x89PNG\r\n\x1a\n";
    let pinned = |integrity: String| {
        let value = json!({"simple": {"logo": {"uri": "https://a.example/x", "uri#integrity": integrity}}});
        rendering(value).unwrap().simple.unwrap().logo.unwrap()
    };
    assert!(pinned(Integrity::text_of(octets)).picture(octets).is_ok());
    let other = pinned(Integrity::text_of(b"other"));
    assert_eq!(other.picture(octets), Err(RenderingError::Integrity(IntegrityError::Mismatch)));
    assert_eq!(other.template(octets), Err(RenderingError::Integrity(IntegrityError::Mismatch)));
}
