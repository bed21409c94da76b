use proptest::prelude::*;
use serde_json::json;

use super::super::super::{Chain, TypeMetadata};
use super::*;

const NS: &str = "xmlns=\"http://www.w3.org/2000/svg\"";
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn metadata() -> TypeMetadata {
    let document = json!({"vct": "urn:a", "claims": [
        {"path": ["name"], "svg_id": "name"},
        {"path": ["address", "street_address"], "svg_id": "address_street_address"},
        {"path": ["skills", null], "svg_id": "skills"},
        {"path": ["address"], "svg_id": "address"},
    ]});
    let mut chain = Chain::new("urn:a", None).unwrap();
    chain.take(document.to_string().as_bytes()).unwrap();
    chain.finish().unwrap()
}

fn svg(inner: &str) -> String {
    format!("<svg {NS}>{inner}</svg>")
}

fn refusal(text: &str) -> SvgError {
    Template::read(text.as_bytes()).expect_err(text)
}

fn filled(inner: &str, claims: Value) -> Result<String, SvgError> {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    let template = Template::read(svg(inner).as_bytes())?;
    Ok(template.fill(&metadata(), &claims)?.markup().to_owned())
}

#[test]
fn the_example_of_the_draft_is_filled() {
    // Draft -19, "SVG Rendering".
    let text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"100\">\n  <text x=\"10\" y=\"20\">Street address: {{address_street_address}}</text>\n</svg>\n";
    let template = Template::read(text.as_bytes()).unwrap();
    let Value::Object(claims) = json!({"address": {"street_address": "42 Market Street"}}) else { panic!() };
    let picture = template.fill(&metadata(), &claims).unwrap();
    let expected = "<svg width=\"100\" height=\"100\" xmlns=\"http://www.w3.org/2000/svg\"><text x=\"10\" y=\"20\">Street address: 42 Market Street</text></svg>";
    assert_eq!(picture.markup(), expected);
    let url = picture.data_url();
    let encoded = url.strip_prefix("data:image/svg+xml;base64,").unwrap();
    assert_eq!(STANDARD.decode(encoded).unwrap(), expected.as_bytes());
    let printed = format!("{picture:?}");
    assert_eq!(printed, format!("Svg({} bytes)", expected.len()), "values are not shown by accident");
}

#[test]
fn values_are_escaped_and_not_looked_at_again() {
    let text = |value: &str| filled("<text>[{{name}}]</text>", json!({"name": value})).unwrap();
    let inside = |value: &str| {
        let markup = text(value);
        let after = markup.split_once('[').unwrap().1;
        after.split_once("]</text>").unwrap().0.to_owned()
    };
    assert_eq!(inside("&<>\"'"), "&amp;&lt;&gt;&quot;&apos;");
    assert_eq!(
        inside("</text><script>alert(1)</script>"),
        "&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    );
    assert_eq!(inside("{{address_street_address}}"), "{{address_street_address}}");
    assert_eq!(inside("a\nb\u{0}c\u{202e}d\u{2066}e\u{fffe}f"), "a bcdef");
    assert_eq!(inside(&"x".repeat(600)).chars().count(), 513, "shortened, and that is seen");
    assert_eq!(
        Template::read(text("</svg>").as_bytes()).unwrap().root.children.len(),
        1,
        "what is written is read again"
    );
}

#[test]
fn a_claim_that_is_not_there_leaves_its_place_empty_and_several_stand_in_a_row() {
    assert!(filled("<text>[{{name}}]</text>", json!({})).unwrap().contains("[]"));
    assert!(
        filled("<text>[{{skills}}]</text>", json!({"skills": ["a", 7, true, null, {"x": 1}]}))
            .unwrap()
            .contains("[a, 7, true]")
    );
    for (address, shown) in [
        (json!({"x": 1}), "[]"),
        (json!(["a", 7, ["b", {}]]), "[a, 7, b]"),
        (json!([{}, null]), "[]"),
        (json!([]), "[]"),
    ] {
        let written = filled("<text>[{{address}}]</text>", json!({"address": address})).unwrap();
        assert!(written.contains(shown), "{written}");
    }
    let skills = filled("<text>[{{skills}}]</text>", json!({"skills": ["a", [], "b"]})).unwrap();
    assert!(skills.contains("[a, b]"), "an empty list leaves no gap");
    assert!(
        filled("<text>[{{address_street_address}}]</text>", json!({"address": "no object"}))
            .unwrap()
            .contains("[]")
    );
}

#[test]
fn a_placeholder_stands_in_text_alone_and_names_a_claim() {
    for inner in [
        "<text x=\"{{name}}\">a</text>",
        "<g id=\"{{name}}\"/>",
        "<g>{{name}}</g>",
        "{{name}}",
        "<!-- {{name}} -->",
        "<text><!--{{name}}--></text>",
        "<rect style=\"fill:{{name}}\"/>",
        "<image href=\"{{name}}\"/>",
    ] {
        assert_eq!(refusal(&svg(inner)), SvgError::Placeholder, "{inner}");
    }
    for inner in [
        "<text>{{name</text>",
        "<text>{{ name }}</text>",
        "<text>{{}}</text>",
        "<text>{{a-b}}</text>",
        "<text>{{{{name}}}}</text>",
    ] {
        assert_eq!(filled(inner, json!({})), Err(SvgError::Placeholder), "{inner}");
    }
    assert_eq!(
        filled("<text>{{nobody}}</text>", json!({"nobody": 1})),
        Err(SvgError::UnknownPlaceholder("nobody".to_owned()))
    );
    assert!(filled("<text>{name} }}</text>", json!({})).is_ok(), "braces alone are text");
    assert!(filled("<text>&#123;{name&#x7d;}</text>", json!({"name": "x"})).unwrap().contains(">x<"));
}

#[test]
fn what_draws_is_kept() {
    let inner = format!(
        "<title>A card</title><defs><linearGradient id=\"g\"><stop offset=\"0\" stop-color=\"#fff\"/></linearGradient>\
         <clipPath id=\"c\"><circle r=\"5\"/></clipPath></defs>\
         <g transform=\"translate(1 2) rotate(3)\" clip-path=\"url(#c)\"><path d=\"M0 0L1 1z\" fill=\"url(#g)\"/>\
         <rect style=\"fill: rgb(1, 2, 3); stroke-width: 2\"/><image width=\"1\" xlink:href=\"{PIXEL}\"/></g>\
         <text font-family=\"sans-serif\">a<tspan dx=\"1\">b</tspan> &amp; c</text>"
    );
    let text = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- made by hand --><svg {NS} xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 10 10\">{inner}</svg>\n"
    );
    let written = Template::read(text.as_bytes()).unwrap().without_placeholders().unwrap();
    for part in [
        "url(#g)",
        "url(#c)",
        "rgb(1, 2, 3)",
        &format!("href=\"{PIXEL}\""),
        "<tspan dx=\"1\">b</tspan> &amp; c",
        "viewBox",
    ] {
        assert!(written.contains(part), "{part} in {written}");
    }
    for part in ["xlink", "<!--", "<?xml"] {
        assert!(!written.contains(part), "{part} in {written}");
    }
    let again = Template::read(written.as_bytes()).unwrap().without_placeholders().unwrap();
    assert_eq!(again, written, "what is written is read as the same");
}

#[test]
fn what_acts_or_repeats_is_refused() {
    for element in [
        "script",
        "style",
        "foreignObject",
        "animate",
        "animateTransform",
        "animateMotion",
        "set",
        "use",
        "symbol",
        "a",
        "iframe",
        "feImage",
        "filter",
        "pattern",
        "marker",
        "switch",
        "handler",
        "SCRIPT",
        "svg:script",
        "unknown",
    ] {
        assert_eq!(refusal(&svg(&format!("<{element}/>"))), SvgError::Element(element.to_owned()));
        assert_eq!(
            refusal(&svg(&format!("<text><{element}>x</{element}></text>"))),
            SvgError::Element(element.to_owned())
        );
    }
    for attribute in [
        "onload",
        "onclick",
        "ONLOAD",
        "onbegin",
        "href",
        "xlink:href",
        "src",
        "xml:base",
        "class",
        "externalResourcesRequired",
        "filter",
        "cursor",
        "marker-end",
        "data-x",
        "tabindex",
        "xmlns:x",
        "begin",
    ] {
        assert_eq!(
            refusal(&svg(&format!("<rect {attribute}=\"x\"/>"))),
            SvgError::Attribute(attribute.to_owned())
        );
    }
}

#[test]
fn references_to_anything_outside_are_refused() {
    for value in [
        "url(https://a.example/x)",
        "url(//a.example/x)",
        "url(x.svg#a)",
        "url('#a')",
        "url(#a)url(https://a.example)",
        "url(data:image/png;base64,AAAA)",
        "URL(https://a.example)",
        "url (https://a.example)",
        "u\\72l(https://a.example)",
        "image-set(x)",
        "src(x)",
        "attr(x)",
        "var(--x)",
        "env(x)",
        "expression(alert(1))",
        "/**/url(#a)",
        "@import x",
        "(x)",
        "url(#a<)",
        "url(#)",
        "url(#a",
        "url(#a b)",
        "x-url(#a)",
        "//a.example/x",
        "a /* b",
    ] {
        let escaped = value.replace('<', "&lt;");
        let refused = refusal(&svg(&format!("<rect fill=\"{escaped}\"/>")));
        assert_eq!(refused, SvgError::Value("fill".to_owned()), "{value}");
        let refused = refusal(&svg(&format!("<rect style=\"fill: {escaped}\"/>")));
        assert_eq!(refused, SvgError::Value("style".to_owned()), "{value}");
    }
    for style in [
        "fill",
        "background: red",
        "behavior: x",
        "-moz-binding: x",
        "fill: red; src: x",
        "fill:x:y",
        "--x: y",
    ] {
        assert_eq!(
            refusal(&svg(&format!("<rect style=\"{style}\"/>"))),
            SvgError::Value("style".to_owned()),
            "{style}"
        );
    }
    for href in [
        "https://a.example/x.png",
        "x.png",
        "#a",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:text/html;base64,iVBORw0KGgo=",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
    ] {
        assert_eq!(
            refusal(&svg(&format!("<image href=\"{href}\"/>"))),
            SvgError::Value("href".to_owned()),
            "{href}"
        );
    }
    assert_eq!(
        refusal(&svg("<g xmlns:xlink=\"http://evil.example\"/>")),
        SvgError::Attribute("xmlns:xlink".to_owned())
    );
    assert_eq!(
        refusal(&svg("<g xmlns=\"http://www.w3.org/1999/xhtml\"/>")),
        SvgError::Attribute("xmlns".to_owned())
    );
}

#[test]
fn xml_that_means_more_than_it_shows_is_malformed() {
    let bomb = "<!DOCTYPE svg [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
    for text in [
        format!("{bomb}{}", svg("<text>&b;</text>")),
        format!("<!DOCTYPE svg SYSTEM \"https://a.example/x.dtd\">{}", svg("")),
        format!("<?xml-stylesheet href=\"https://a.example/x.css\"?>{}", svg("")),
        format!("<?xml version=\"1.0\" encoding=\"utf-7\"?>{}", svg("")),
        svg("<?php x ?>"),
        svg("<text><![CDATA[<script>]]></text>"),
        svg("<text>]]></text>"),
        svg("<text>&nbsp;</text>"),
        svg("<text>& </text>"),
        svg("<text>&#0;</text>"),
        svg("<text>&#xd800;</text>"),
        svg("<text>&#99999999999;</text>"),
        svg("<text>&#000000065;</text>"),
        svg("<text>&#+65;</text>"),
        svg("<text>&#x+41;</text>"),
        svg("<text>\u{1}</text>"),
        svg("<g"),
        svg("<g><g></g>"),
        svg("<g></G>"),
        svg("<rect x=1/>"),
        svg("<rect x=\"1\"y=\"2\"/>"),
        svg("<rect x=\"1\" x=\"2\"/>"),
        svg("<rect x=\"<\"/>"),
        svg("<rect x>"),
        svg("< rect/>"),
        svg("<!-- -- -->"),
        svg("<!-- "),
        svg("words"),
        format!("{}{}", svg(""), svg("")),
        format!("{}words", svg("")),
        String::new(),
        "words".to_owned(),
    ] {
        assert_eq!(refusal(&text), SvgError::Malformed, "{text}");
    }
    assert_eq!(
        Template::read(b"<svg xmlns='http://www.w3.org/2000/svg'>\xff</svg>"),
        Err(SvgError::Malformed)
    );
    for text in [
        "<svg/>",
        "<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        &format!("<g {NS}/>"),
        &format!("<SVG {NS}/>"),
    ] {
        assert_eq!(refusal(text), SvgError::Root, "{text}");
    }
}

#[test]
fn size_depth_and_number_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "<g>".repeat(depth), "</g>".repeat(depth));
    assert!(Template::read(svg(&nested(31)).as_bytes()).is_ok());
    assert_eq!(refusal(&svg(&nested(32))), SvgError::TooLarge);
    assert!(Template::read(svg(&"<g/>".repeat(4_095)).as_bytes()).is_ok());
    assert_eq!(refusal(&svg(&"<g/>".repeat(4_096))), SvgError::TooLarge);
    let spaces = LARGEST_TEMPLATE - svg("").len();
    assert!(Template::read(svg(&" ".repeat(spaces)).as_bytes()).is_ok());
    assert_eq!(refusal(&svg(&" ".repeat(spaces + 1))), SvgError::TooLarge);
    let named = |length: usize| refusal(&svg(&format!("<{}/>", "n".repeat(length))));
    assert_eq!(named(64), SvgError::Element("n".repeat(64)));
    assert_eq!(named(65), SvgError::Malformed);
    let attributes = |count: usize| {
        let all: String = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
        refusal(&svg(&format!("<g{all}/>")))
    };
    assert_eq!(attributes(64), SvgError::Attribute("a0".to_owned()));
    assert_eq!(attributes(65), SvgError::Malformed);
    // Short placeholders, long values.
    let many = format!("<text>{}</text>", "{{name}}".repeat(2_000));
    assert_eq!(filled(&many, json!({"name": "x".repeat(500)})), Err(SvgError::TooLarge));
    assert!(filled(&many, json!({"name": "x"})).is_ok());
    // To the byte, up to what closes the picture.
    let with = |more: usize| {
        let text = format!("<text>{}{}</text>", "{{name}}".repeat(1_000), "y".repeat(more));
        filled(&text, json!({"name": "x".repeat(512)}))
    };
    let open = LARGEST_SVG + "</svg>".len();
    let room = open - with(0).unwrap().len();
    assert_eq!(with(room).unwrap().len(), open);
    assert_eq!(with(room + 1), Err(SvgError::TooLarge));
}

#[test]
fn every_refusal_has_a_name_for_reports_and_test_vectors() {
    let x = || "x".to_owned();
    for (error, code) in [
        (SvgError::TooLarge, "too_large"),
        (SvgError::Malformed, "malformed"),
        (SvgError::Root, "root"),
        (SvgError::Element(x()), "element"),
        (SvgError::Attribute(x()), "attribute"),
        (SvgError::Value(x()), "value"),
        (SvgError::Placeholder, "placeholder"),
        (SvgError::UnknownPlaceholder(x()), "unknown_placeholder"),
    ] {
        assert_eq!(error.code(), code);
    }
}

/// Pieces from which both templates and what resembles them are made.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<svg xmlns=\"http://www.w3.org/2000/svg\">".to_owned()),
        Just("</svg>".to_owned()),
        Just("<g fill=\"url(#a)\">".to_owned()),
        Just("</g>".to_owned()),
        Just("<text x='1'>".to_owned()),
        Just("</text>".to_owned()),
        Just("<rect style=\"fill:red\"/>".to_owned()),
        Just("{{name}}".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("&amp;&#x3c;".to_owned()),
        Just("<script>".to_owned()),
        Just("<![CDATA[".to_owned()),
        "[ -~]{0,6}",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_or_written_so_that_it_is_read_as_the_same(text in pieces(), value in "\\PC{0,20}") {
        for text in [text.clone(), svg(&text), svg(&format!("<text>{text}</text>"))] {
            let Ok(template) = Template::read(text.as_bytes()) else { continue };
            let claims = Map::from_iter([("name".to_owned(), Value::from(value.as_str()))]);
            let Ok(picture) = template.fill(&metadata(), &claims) else { continue };
            // A value may look like a placeholder, and then it is the text of one.
            if picture.markup().contains("{{") {
                continue;
            }
            let again = Template::read(picture.markup().as_bytes()).unwrap();
            prop_assert_eq!(again.without_placeholders().unwrap(), picture.markup());
        }
    }
}
