//! What a browser is called in the list of sessions: something that its owner knows it by, and nothing is decided by it.

use http::HeaderMap;
use http::header::USER_AGENT;

/// How browsers name themselves, the most special first: many also say that they are like others.
const BROWSERS: [(&str, &str); 6] = [
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// How they name the system that they run on, likewise.
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// The name of the browser that sent `headers`; empty for one that does not tell.
pub(crate) fn called(headers: &HeaderMap) -> String {
    let told = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| told.contains(mark)).map(|(_, name)| *name)
    };
    let browser = BROWSERS.iter().find(|(mark, _)| told.contains(mark));
    let browser = browser.map(|(mark, name)| format!("{name}{}", version_after(told, mark)));
    let names: Vec<String> = browser.into_iter().chain(known(&SYSTEMS).map(str::to_owned)).collect();
    names.join(", ")
}

/// Which one of its kind it is, by the number that its maker counts up.
fn version_after(told: &str, mark: &str) -> String {
    // Safari says its own number elsewhere.
    let mark = if mark == "Safari/" { "Version/" } else { mark };
    let rest = told.split_once(mark).map_or("", |(_, rest)| rest);
    let number: String = rest.chars().take_while(char::is_ascii_digit).take(4).collect();
    if number.is_empty() { number } else { format!(" {number}") }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_is_called_by_what_its_owner_knows() {
        let named = |told: &'static str| {
            called(&HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(told))]))
        };
        let like = "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko)";
        let phone = format!("{like} Chrome/156.0.0.0 Mobile Safari/537.36");
        assert_eq!(named(Box::leak(phone.into_boxed_str())), "Chrome 156, Android");
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15";
        assert_eq!(named(mac), "Safari 19, Mac");
        assert_eq!(
            named("Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0"),
            "Firefox 150, Windows"
        );
        assert_eq!((named("curl/8.0"), called(&HeaderMap::new())), (String::new(), String::new()));
    }
}
