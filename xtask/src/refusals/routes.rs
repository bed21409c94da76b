//! The routes that a file registers with axum: `.route("/path", get(handler).post(other))`.

const METHODS: [&str; 8] = ["get", "post", "put", "delete", "patch", "head", "options", "any"];

/// What makes routes that this reader does not see.
const UNREADABLE: [&str; 4] = [".nest(", ".nest_service(", ".route_service(", ".fallback_service("];

/// `METHOD /path` for each route, and what could not be read.
pub(super) fn routes(code: &str) -> (Vec<String>, Vec<String>) {
    let mut found = Vec::new();
    let mut unread: Vec<String> =
        UNREADABLE.iter().filter(|call| code.contains(*call)).map(|call| (*call).to_owned()).collect();
    for (_, rest) in
        code.match_indices(".route(").map(|(at, call)| code.split_at(at.saturating_add(call.len())))
    {
        let rest = rest.trim_start();
        // A method of another type may be called so too; a route begins with its path.
        let Some((path, rest)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        let methods = methods(rest);
        if methods.is_empty() {
            unread.push(format!(".route(\"{path}\")"));
        }
        found.extend(methods.iter().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    (found, unread)
}

/// The methods named outside of every parenthesis, up to the end of the call.
fn methods(arguments: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut word = 0_usize;
    for (at, character) in arguments.char_indices() {
        if quoted {
            quoted = character != '"';
            continue;
        }
        match character {
            '"' => quoted = true,
            '(' | '[' | '{' => {
                let name = arguments.get(word..at).unwrap_or_default();
                if depth == 0 && character == '(' && METHODS.contains(&name) {
                    found.push(name);
                }
                depth = depth.saturating_add(1);
            }
            ')' | ']' | '}' => {
                let Some(outer) = depth.checked_sub(1) else { return found };
                depth = outer;
            }
            _ => {}
        }
        if !(character.is_ascii_alphanumeric() || character == '_') {
            word = at.saturating_add(character.len_utf8());
        }
    }
    found
}
