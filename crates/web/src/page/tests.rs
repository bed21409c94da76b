use axum::body::to_bytes;

use super::*;
use crate::Language;

#[path = "../../examples/gallery/page.rs"]
mod gallery;
use gallery::{Example, example};

async fn text(page: Page<Example>) -> String {
    let response = page.into_response();
    assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(response.headers()[VARY], "Accept-Language");
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_page_shows_every_component_in_the_readers_language() {
    let english = text(example(Language::English, "Kiln North", "token").unwrap()).await;
    let spanish = text(example(Language::Spanish, "Kiln North", "token").unwrap()).await;
    assert!(english.contains("<html lang=\"en\">") && spanish.contains("<html lang=\"es\">"));
    for (page, parts) in [
        (
            &english,
            [
                "<h1>Join Kiln North</h1>",
                "Scan this",
                "Waiting for your wallet",
                "The 6 digits on your phone",
            ],
        ),
        (
            &spanish,
            [
                "<h1>Únete a Kiln North</h1>",
                "Escanéalo",
                "Esperando a tu cartera",
                "Los 6 dígitos de tu teléfono",
            ],
        ),
    ] {
        for part in parts {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("{$") && !page.contains("{ $"), "a place is not filled: {page}");
    }
}

#[tokio::test]
async fn everything_shown_is_escaped_and_components_are_escaped_once() {
    let page = text(example(Language::English, "<script>alert(1)</script>", "token").unwrap()).await;
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains("<2>"));
    assert!(page.contains("<svg ") && page.contains("<figure"));
    assert!(!page.contains("&#38;#60;") && !page.contains("&#60;svg") && !page.contains("&#60;form"));
}

#[tokio::test]
async fn no_page_has_inline_code_styles_or_foreign_files() {
    let page = text(example(Language::English, "Kiln North", "token").unwrap()).await;
    assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"));
    for script in page.split("<script").skip(1) {
        assert!(
            script.starts_with(" type=\"module\" src=\"/assets/") && script.contains("></script>"),
            "{script}"
        );
    }
    for attribute in ["src=\"", "<link rel=\"stylesheet\" href=\""] {
        for value in page.split(attribute).skip(1) {
            assert!(value.starts_with("/assets/"), "{value}");
        }
    }
}

#[tokio::test]
async fn fields_have_labels_and_errors_lead_to_their_fields() {
    let page = text(example(Language::English, "Kiln North", "token").unwrap()).await;
    for id in page.split("<label for=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
    assert!(page.contains("<a href=\"#code\">") && page.contains("aria-invalid=\"true\""));
    assert!(page.contains("aria-describedby=\"code-hint code-error\""));
    assert!(page.contains("role=\"img\" aria-label=\""));
}

#[test]
fn a_waiting_page_goes_on_without_script_unless_a_form_would_be_lost() {
    let words = Words::default();
    let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>";
    let alone = Page::new(words, "t", "").with_waiting().render().unwrap();
    assert!(alone.contains(refresh) && alone.contains("/assets/waiting-"));
    let beside = Page::new(words, "t", "").with_waiting_beside_a_form().render().unwrap();
    assert!(!beside.contains("http-equiv") && beside.contains("/assets/waiting-"));
}

#[test]
fn a_form_without_errors_has_no_summary() {
    assert_eq!(ErrorSummary { words: Words::default(), errors: Vec::new() }.render().unwrap().trim(), "");
}

#[test]
fn the_status_of_a_waiting_page_is_plain_json() {
    let status = |location| serde_json::to_string(&WaitingStatus { state: "answered", location }).unwrap();
    assert_eq!(status(None), r#"{"state":"answered"}"#);
    assert_eq!(status(Some("/join/done".to_owned())), r#"{"state":"answered","location":"/join/done"}"#);
}

/// Relative luminance (WCAG 2.2).
fn luminance(hex: &str) -> f64 {
    let number = u32::from_str_radix(hex.trim_start_matches('#'), 16).unwrap();
    let [_, red, green, blue] = number.to_be_bytes().map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(left: &str, right: &str) -> f64 {
    let (left, right) = (luminance(left), luminance(right));
    (left.max(right) + 0.05) / (left.min(right) + 0.05)
}

#[test]
fn the_colours_keep_the_contrast_of_wcag_aa_in_light_and_dark() {
    let style = include_str!("../../assets/style.css");
    let themes: Vec<&str> =
        style.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(themes.len(), 2);
    for theme in themes {
        let colour = |name: &str| {
            let (_, rest) = theme.split_once(&format!("--{name}: ")).unwrap();
            rest.split(';').next().unwrap()
        };
        for (front, back, least) in [
            ("text", "ground", 4.5),
            ("text", "surface", 4.5),
            ("quiet", "ground", 4.5),
            ("quiet", "surface", 4.5),
            ("accent", "ground", 4.5),
            ("accent", "surface", 4.5),
            ("on-accent", "accent", 4.5),
            ("text", "accent-soft", 4.5),
            ("danger", "surface", 4.5),
            ("danger", "danger-soft", 4.5),
            ("text", "danger-soft", 4.5),
            ("line", "surface", 3.0),
            ("focus", "ground", 3.0),
            ("focus", "surface", 3.0),
        ] {
            let found = contrast(colour(front), colour(back));
            assert!(found >= least, "{front} on {back}: {found:.2}");
        }
    }
}
