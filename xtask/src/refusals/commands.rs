//! The subcommands of `passport`, from the enums that derive clap's `Subcommand`.

use crate::sources::File;

/// An enum of subcommands.
struct Choice<'a> {
    file: usize,
    name: &'a str,
    variants: Vec<Variant<'a>>,
}

/// One subcommand: its name, and the text of what it takes.
struct Variant<'a> {
    name: String,
    takes: Vec<&'a str>,
}

/// A struct with a field that is a choice of subcommands.
struct Holder<'a> {
    file: usize,
    name: &'a str,
    choice: Below<'a>,
}

/// The choice that is below a subcommand.
#[derive(Clone, Copy)]
struct Below<'a> {
    name: &'a str,
    /// Whether the subcommand does something without any of it, too.
    is_optional: bool,
}

/// Every subcommand that has none below it or does without, as it is typed.
pub(super) fn commands(files: &[File], program: &str) -> Vec<String> {
    let (mut choices, mut holders) = (Vec::new(), Vec::new());
    let mut first = None;
    for (position, file) in files.iter().enumerate().filter(|(_, file)| !file.is_test()) {
        for (name, attributes, body) in types(file.code()) {
            if attributes.contains("Subcommand") {
                choices.push(Choice { file: position, name, variants: variants(&body) });
            } else if let Some(choice) = subcommand_of(&body) {
                if attributes.contains("Parser") {
                    first = Some((position, choice));
                }
                holders.push(Holder { file: position, name, choice });
            }
        }
    }
    let tree = Tree { choices, holders };
    let mut found = Vec::new();
    if let Some((file, choice)) = first {
        tree.walk(file, choice.name, program, &mut found);
    }
    found
}

struct Tree<'a> {
    choices: Vec<Choice<'a>>,
    holders: Vec<Holder<'a>>,
}

impl Tree<'_> {
    fn walk(&self, file: usize, choice: &str, before: &str, found: &mut Vec<String>) {
        let named = |one: &&Choice<'_>| one.name == choice;
        let here = self.choices.iter().filter(named).find(|one| one.file == file);
        let Some(choice) = here.or_else(|| self.choices.iter().find(named)) else { return };
        for variant in &choice.variants {
            let typed = format!("{before} {}", variant.name);
            match self.below(choice.file, variant) {
                Some((file, choice)) => {
                    self.walk(file, choice.name, &typed, found);
                    if choice.is_optional {
                        found.push(typed);
                    }
                }
                None => found.push(typed),
            }
        }
    }

    /// The choice below a subcommand: in its own fields, or in a struct that it takes.
    fn below<'a>(&'a self, file: usize, variant: &'a Variant<'_>) -> Option<(usize, Below<'a>)> {
        if let Some(choice) = subcommand_of(&variant.takes) {
            return Some((file, choice));
        }
        let words =
            variant.takes.iter().flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        let mut holders = words.filter_map(|word| self.holders.iter().find(|holder| holder.name == word));
        holders.next().map(|holder| (holder.file, holder.choice))
    }
}

/// Every struct and enum of a file: name, attributes, lines of its body.
fn types(code: &str) -> Vec<(&str, String, Vec<&str>)> {
    let mut found = Vec::new();
    let mut attributes = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let named = ["pub(crate) ", "pub(super) ", "pub ", ""].iter().find_map(|public| {
            let rest = line.strip_prefix(public)?;
            rest.strip_prefix("struct ").or_else(|| rest.strip_prefix("enum "))
        });
        if line.starts_with("#[") {
            attributes.push_str(line);
        } else if let Some(name) = named {
            let body = if line.ends_with('{') {
                lines.by_ref().take_while(|line| *line != "}").collect()
            } else {
                Vec::new()
            };
            let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            found.push((name, std::mem::take(&mut attributes), body));
        } else if !line.starts_with("//") {
            attributes.clear();
        }
    }
    found
}

/// The type of the field that is marked as a choice of subcommands.
fn subcommand_of<'a>(body: &[&'a str]) -> Option<Below<'a>> {
    let marked = body.iter().position(|line| line.trim() == "#[command(subcommand)]")?;
    let field =
        body.get(marked.saturating_add(1)..)?.iter().find(|line| !line.trim_start().starts_with("///"))?;
    let (_, named) = field.split_once(": ")?;
    let named = named.trim_end_matches(',');
    let optional = named.strip_prefix("Option<").and_then(|named| named.strip_suffix('>'));
    let name = optional.unwrap_or(named).rsplit("::").next()?;
    Some(Below { name, is_optional: optional.is_some() })
}

/// The variants of an enum, in the form that rustfmt gives them: each begins at the first level of indentation.
fn variants<'a>(body: &[&'a str]) -> Vec<Variant<'a>> {
    let mut found: Vec<Variant<'a>> = Vec::new();
    let mut renamed = None;
    for line in body {
        let code = line.strip_prefix("    ").unwrap_or_default();
        if let Some(rest) = code.strip_prefix("#[command(name = \"") {
            renamed = rest.split('"').next().map(str::to_owned);
        } else if code.starts_with(|c: char| c.is_ascii_uppercase()) {
            let name: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
            let name = renamed.take().unwrap_or_else(|| kebab(&name));
            found.push(Variant { name, takes: vec![code] });
        } else if code.starts_with(' ')
            && let Some(variant) = found.last_mut()
        {
            variant.takes.push(line);
        }
    }
    found
}

/// `SignUps` is typed `sign-ups`.
fn kebab(name: &str) -> String {
    let mut typed = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !typed.is_empty() {
            typed.push('-');
        }
        typed.push(character.to_ascii_lowercase());
    }
    typed
}
