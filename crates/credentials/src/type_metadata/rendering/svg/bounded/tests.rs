use super::super::{SvgError, Template};

fn read(text: &str) -> Result<String, SvgError> {
    Template::read(text.as_bytes())?.without_placeholders()
}

fn svg(inner: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inner}</svg>")
}

fn refused(name: &str) -> SvgError {
    SvgError::Value(name.to_owned())
}

#[test]
fn masks_and_clips_that_refer_to_masks_and_clips_are_refused() {
    assert_eq!(read(include_str!("bombs/nested_masks.svg")), Err(refused("mask")));
    assert_eq!(read(include_str!("bombs/nested_clips.svg")), Err(refused("style")));
    assert_eq!(read(include_str!("bombs/mask_of_itself.svg")), Err(refused("mask")));
    assert_eq!(read(include_str!("bombs/mask_within_itself.svg")), Err(refused("mask")));
    let mask = "<mask id=\"m\"><rect width=\"9\" height=\"9\" fill=\"#fff\"/></mask>";
    assert!(read(&svg(&format!("{mask}<g mask=\"url(#m)\"/>"))).is_ok());
    assert_eq!(
        read(&svg("<clipPath id=\"c\"><rect fill=\"url(#g)\"/></clipPath>")),
        Err(refused("fill")),
        "no reference at all"
    );
}

#[test]
fn what_is_drawn_again_for_each_reference_is_referred_to_a_few_times() {
    assert_eq!(read(include_str!("bombs/many_masked.svg")), Err(SvgError::TooLarge));
    let masked = |times: usize| read(&svg(&"<g mask=\"url(#m)\"/>".repeat(times)));
    assert!(masked(16).is_ok());
    assert_eq!(masked(17), Err(SvgError::TooLarge));
    let styled = "<g style=\"fill: red; mask: url(#m)\"/>".repeat(17);
    assert_eq!(read(&svg(&styled)), Err(SvgError::TooLarge));
    let within = |times: usize| {
        read(&svg(&format!("<clipPath id=\"c\">{}</clipPath>", "<rect width=\"9\"/>".repeat(times))))
    };
    assert!(within(511).is_ok());
    assert_eq!(within(512), Err(SvgError::TooLarge));
    let filled = |times: usize| read(&svg(&"<rect fill=\"url(#g)\"/>".repeat(times)));
    assert!(filled(256).is_ok());
    assert_eq!(filled(257), Err(SvgError::TooLarge));
}

#[test]
fn strokes_of_more_dashes_than_anybody_sees_are_refused() {
    for bomb in [
        include_str!("bombs/dashes_without_end.svg"),
        include_str!("bombs/dashes_in_style.svg"),
        include_str!("bombs/dashes_inherited.svg"),
        include_str!("bombs/dashes_of_a_path_length.svg"),
        include_str!("bombs/dashes_of_smooth_curves.svg"),
        include_str!("bombs/dashes_of_a_stretched_arc.svg"),
        include_str!("bombs/dashes_in_percent.svg"),
        include_str!("bombs/dashes_of_no_length.svg"),
    ] {
        assert_eq!(read(bomb), Err(refused("stroke-dasharray")), "{bomb}");
    }
    // Nothing with a sign is nothing too, and would make fewer than no dashes.
    for pattern in [
        "-0",
        "-0 -0",
        "0",
        "0 0",
        "-1 5",
        "1e-300",
        "NaN",
        "inf",
        "1 inf",
        "5%",
        "1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8",
    ] {
        let line = format!("<line x2=\"9\" y2=\"9\" stroke-dasharray=\"{pattern}\"/>");
        assert_eq!(read(&svg(&line)), Err(refused("stroke-dasharray")), "{pattern}");
    }
    // Beyond all numbers, where one cannot be divided by another.
    let endless = "<line x1=\"1e308\" x2=\"1e308\" stroke-dasharray=\"1e308 1e308\"/>";
    assert_eq!(read(&svg(endless)), Err(refused("stroke-dasharray")));
    // Each is bounded, and so are all together.
    let many = "<line x2=\"999\" stroke-dasharray=\"1\"/>".repeat(3);
    assert_eq!(read(&svg(&many)), Err(refused("stroke-dasharray")));
}

#[test]
fn dashes_that_are_seen_are_kept() {
    for shape in [
        "<rect x=\"5\" y=\"5\" width=\"590\" height=\"390\" rx=\"12\" stroke-dasharray=\"4 4\"/>",
        "<line x1=\"0\" x2=\"600\" y1=\"9\" y2=\"9\" style=\"stroke: #000; stroke-dasharray: 4, 2, 1\"/>",
        "<path d=\"M10,10h80.5.5l-3-4C1 2 3 4 5e1 6z\" stroke-dasharray=\"2\"/>",
        "<g stroke-dasharray=\"none\"><circle r=\"40\" stroke-dasharray=\"none\"/></g>",
    ] {
        let written = read(&svg(shape)).unwrap();
        assert!(written.contains("stroke-dasharray"), "{written}");
    }
}

#[test]
fn text_of_the_template_does_not_turn_what_stands_around_it() {
    let written = read(&svg(
        "<text aria-label=\"a\u{202e}b\">of&#x202e;age: \u{2067}18\u{200f}\u{61c}</text><g>\u{202e}</g>",
    ))
    .unwrap();
    assert!(written.contains("<text aria-label=\"ab\">ofage: 18</text>"), "{written}");
    assert!(!written.contains('\u{202e}'));
    for hidden in ["<rect x=\"{\u{202e}{name}}\"/>", "<g>{\u{202e}{name}}</g>"] {
        assert_eq!(read(&svg(hidden)), Err(SvgError::Placeholder), "{hidden}");
    }
}

#[test]
fn twenty_thousand_dashes_are_drawn_and_not_one_more() {
    let dashed = |shape: String, pattern: &str| svg(&format!("<{shape} stroke-dasharray=\"{pattern}\"/>"));
    let shapes = |n: f64| {
        let line = |x2: f64, pattern: &str| dashed(format!("line x2=\"{x2}\""), pattern);
        let path = |d: String| dashed(format!("path d=\"{d}\""), "1");
        let half = n / 2.0;
        [
            line(n, "1"),
            line(-n, "1"),
            line(n * 2.0, "3, 1"),
            line(half, "0 1"),
            line(n, &"1 ".repeat(16)),
            dashed(format!("line x1=\"{half}\" x2=\"-{half}\""), "1"),
            dashed(format!("rect width=\"{n}\" stroke-width=\"99\" fill=\"red\""), "1"),
            dashed(format!("polyline points=\"1,1 {} 1\"", n - 3.0), "1"),
            path(format!("M0 0H{n}")),
            path(format!("M0,0h-{n}z")),
            path(format!("M.5.5H{}", n - 1.0)),
            path(format!("M0 0H{}e3", n / 1_000.0)),
            path(format!("M0 0H{n}00e-2")),
            path(format!("M0 0H{n}E+0")),
            svg(&format!(
                "<g><line x2=\"{half}\" style=\"stroke-dasharray: 1\"/><line x2=\"{half}\" stroke-dasharray=\"1\"/></g>"
            )),
        ]
    };
    for (most, more) in shapes(2_500.0).into_iter().zip(shapes(2_501.0)) {
        assert!(read(&most).is_ok(), "{most}");
        assert_eq!(read(&more), Err(refused("stroke-dasharray")), "{more}");
    }
}
