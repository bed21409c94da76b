//! What JSON weighs, against what the process takes for it: this file has one test, so that nothing else takes memory
//! beside it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly, in its helpers too"
)]

use serde_json::{Map, Value};

/// The memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

fn read(text: &str) -> Map<String, Value> {
    jose::json::parse_object(text).unwrap()
}

fn list(item: &str, times: usize) -> String {
    format!(r#"{{"x":[{}]}}"#, vec![item; times].join(","))
}

#[test]
fn small_text_that_fills_the_memory_does_not_weigh_less_than_it_takes() {
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|place| format!(r#""m{place}":0"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    let mut shapes = vec![
        list("{}", 54_001),
        list("[]", 54_001),
        list("[0]", 40_000),
        list("[0,0,0,0,0]", 20_000),
        list(r#""""#, 40_000),
        list(r#""x""#, 40_000),
        list(r#""0123456789""#, 20_000),
        members(30_000),
    ];
    shapes.extend([1, 3, 4, 7, 8, 14, 15, 28, 29].map(|count| list(&members(count), 60_000 / (count + 3))));
    // Nothing is freed before the end: it would be taken again and not be seen.
    let mut kept = Vec::new();
    for text in shapes {
        let shape: String = text.chars().take(40).collect();
        let before = resident();
        let held: Vec<_> = (0..2).map(|_| read(&text)).collect();
        let takes = resident().saturating_sub(before);
        let weighs: usize = held.iter().map(did::weight).sum();
        assert!(takes <= weighs + (1 << 20), "{shape}: {takes} bytes, and weighs {weighs}");
        assert!(weighs <= takes * 5 / 2 + (4 << 20), "{shape}: {takes} bytes, and weighs {weighs}");
        kept.push(held);
    }
}
