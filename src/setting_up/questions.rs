//! The five questions of `passport verifier init`. Each is a flag too; at a terminal what no flag said is asked, and elsewhere nothing
//! waits for an answer that nobody gives.

use std::io::{self, BufRead, IsTerminal as _, Write};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use outbound::is_development_host;
use outbound::mail::check_address;
use url::Url;

use super::templates::{Decides, Template};
use super::{LONGEST_NAME, OFFICE, OPERATOR, check_origin};
use crate::serve::USUAL_PORT;

/// Longest answer that is read.
const LONGEST_ANSWER: u64 = 4_096;

/// What flags said already.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) name: Option<String>,
    pub(super) origin: Option<Url>,
    pub(super) email: Option<String>,
    pub(super) ask: Option<Template>,
    pub(super) approval: Option<Decides>,
}

/// All five answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) origin: Url,
    pub(super) email: String,
    pub(super) ask: Template,
    pub(super) approval: Decides,
}

/// A command that says too little where nobody can be asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TooLittleSaid(String);

/// Whoever sits there.
pub(super) struct Person<'a> {
    answers: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
    asked: usize,
    of: usize,
}

/// Whether somebody sits at the terminal who could be asked.
pub(super) fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Said {
    fn missing(&self) -> Vec<&'static str> {
        let missing = [
            (self.name.is_none(), "--name 'Harbour'"),
            (self.origin.is_none(), "--origin https://harbour.example.org"),
            (self.email.is_none(), "--email team@harbour.example.org"),
        ];
        missing.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, flag)| flag).collect()
    }

    /// What was said, where nobody is asked: a person decides about what members are asked, unless it was said otherwise.
    ///
    /// # Errors
    /// [`TooLittleSaid`].
    pub(super) fn alone(self) -> Result<Answers> {
        let missing = self.missing();
        let (Some(name), Some(origin), Some(email)) = (self.name, self.origin, self.email) else {
            let missing = missing.join(" ");
            bail!(TooLittleSaid(format!(
                "too little is said, and there is no terminal to ask at; add: {missing}"
            )));
        };
        Ok(Answers {
            name,
            origin,
            email,
            ask: self.ask.unwrap_or(Template::Member),
            approval: self.approval.unwrap_or(Decides::Person),
        })
    }

    /// What was said, and asked for what was not.
    ///
    /// # Errors
    /// The answers ended.
    pub(super) fn asking(self, answers: &mut dyn BufRead, output: &mut dyn Write) -> Result<Answers> {
        let of = [self.name.is_none(), self.origin.is_none(), self.email.is_none()]
            .into_iter()
            .chain([self.ask.is_none(), self.approval.is_none()])
            .filter(|is_missing| *is_missing)
            .count();
        let mut person = Person { answers, output, asked: 0, of };
        let name = match self.name {
            Some(name) => name,
            None => person.ask(
                "What is the space called?",
                "as people know it, like Harbour",
                None,
                check_name,
            )?,
        };
        let origin = match self.origin {
            Some(origin) => origin,
            None => {
                let here = format!("http://{}.localhost:{USUAL_PORT}", label_of(&name));
                let hint = "your own, like https://harbour.example.org; it stays for ever. Return tries it out on this machine";
                person.ask("Its web address?", hint, Some(&here), read_checked_address)?
            }
        };
        let email = match self.email {
            Some(email) => email,
            None => {
                let for_trying_out = origin.host_str().is_some_and(is_development_host);
                let usual = for_trying_out.then_some("team@example.org");
                let hint = "for contact, data protection and appeals; members see it";
                person.ask("An e-mail address of the team?", hint, usual, check_email)?
            }
        };
        let ask = match self.ask {
            Some(ask) => ask,
            None => {
                let hint = "visitor: e-mail and first name; member: e-mail and both names, company if they like; company: also the company, and what stands on its invoices";
                person.ask("What do you ask at sign-up?", hint, Some("member"), choice)?
            }
        };
        let approval = match self.approval {
            Some(approval) => approval,
            None => {
                let hint = match ask {
                    Template::Visitor => {
                        "person: somebody of the team; itself: at once, whoever answers in full"
                    }
                    _ => {
                        "person: somebody of the team; itself: at once, whoever answers in full with an e-mail address that an office has checked"
                    }
                };
                person.ask("Who approves?", hint, Some("person"), choice)?
            }
        };
        Ok(Answers { name, origin, email, ask, approval })
    }
}

impl Person<'_> {
    /// Asks until the answer can be meant.
    fn ask<T>(
        &mut self,
        question: &str,
        hint: &str,
        usual: Option<&str>,
        read: impl Fn(&str) -> Result<T>,
    ) -> Result<T> {
        self.asked = self.asked.saturating_add(1);
        writeln!(self.output, "\n{} of {}  {question}\n        ({hint})", self.asked, self.of)?;
        loop {
            match usual {
                Some(usual) => write!(self.output, "  [{usual}] > ")?,
                None => write!(self.output, "  > ")?,
            }
            self.output.flush()?;
            let answer = self.line()?;
            let answer = match (answer.trim(), usual) {
                ("", Some(usual)) => usual.to_owned(),
                (answer, _) => answer.to_owned(),
            };
            match read(&answer) {
                Ok(read) => return Ok(read),
                Err(error) => writeln!(self.output, "  {error:#}.")?,
            }
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        let mut limited = io::Read::take(&mut *self.answers, LONGEST_ANSWER);
        let read = limited.read_until(b'\n', &mut line).context("the answer")?;
        ensure!(read > 0, "the answers ended before all was asked: nothing was made");
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

fn check_name(answer: &str) -> Result<String> {
    let length = answer.chars().count();
    ensure!((1..=LONGEST_NAME).contains(&length), "A name has 1 to {LONGEST_NAME} characters");
    ensure!(!answer.chars().any(char::is_control), "A name is text that can be read");
    Ok(answer.to_owned())
}

fn check_email(answer: &str) -> Result<String> {
    check_address(answer)
        .with_context(|| format!("{answer:?} is no e-mail address, like team@example.org"))?;
    Ok(answer.to_owned())
}

fn choice<T: ValueEnum>(answer: &str) -> Result<T> {
    T::from_str(answer, true).map_err(|_| {
        let known = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known: Vec<String> = known.map(|one| one.get_name().to_owned()).collect();
        anyhow::anyhow!("Type one of: {}", known.join(", "))
    })
}

fn read_checked_address(answer: &str) -> Result<Url> {
    let address = read_address(answer).map_err(anyhow::Error::msg)?;
    check_origin(&address)?;
    Ok(address)
}

/// A web address as people type it: without a scheme it is https, and http below localhost.
pub(super) fn read_address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        let host = text.split([':', '/']).next().unwrap_or_default();
        let scheme = if is_development_host(host) { "http" } else { "https" };
        format!("{scheme}://{text}")
    };
    let url = Url::parse(&full)
        .map_err(|_| format!("{text:?} is no web address, like https://harbour.example.org"))?;
    // `ftp:x` and the like have no host, and would otherwise be told so only later.
    if url.host_str().is_none() { Err(format!("{text:?} names no host")) } else { Ok(url) }
}

/// What a name makes as the first part of a host for trying out.
fn label_of(name: &str) -> String {
    let symbol =
        |symbol: char| if symbol.is_ascii_alphanumeric() { symbol.to_ascii_lowercase() } else { '-' };
    let label: String = name.chars().map(symbol).collect();
    let words: Vec<&str> = label.split('-').filter(|word| !word.is_empty()).collect();
    let label: String = words.join("-").chars().take(40).collect();
    let label = label.trim_matches('-');
    if label.is_empty() || [OPERATOR, OFFICE].contains(&label) {
        "my-space".to_owned()
    } else {
        label.to_owned()
    }
}

/// The name of the folder of a space at this address, if none was given.
pub(super) fn folder_at(origin: &Url) -> String {
    let host = origin.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let label = host.split('.').next().unwrap_or_default();
    if [OPERATOR, OFFICE].contains(&label) { "space".to_owned() } else { label.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(said: Said, typed: &str) -> (Result<Answers>, String) {
        let mut output = Vec::new();
        let answers = said.asking(&mut typed.as_bytes(), &mut output);
        (answers, String::from_utf8(output).unwrap())
    }

    #[test]
    fn five_questions_are_asked_and_return_takes_what_is_usual() {
        let (answers, said) = asked(Said::default(), "Café am Hafen\n\n\n\n\n");
        let answers = answers.unwrap();
        assert_eq!(answers.origin.as_str(), "http://caf-am-hafen.localhost:8080/");
        assert_eq!((answers.email.as_str(), answers.ask), ("team@example.org", Template::Member));
        assert_eq!(answers.approval, Decides::Person);
        assert!(said.contains("5 of 5") && !said.contains("6 of"), "{said}");
    }

    #[test]
    fn what_cannot_be_meant_is_asked_again_with_a_sentence() {
        let typed = "\nHarbour\nhttp://harbour.example.org\n127.0.0.1\nharbour.example.org\n\nteam\nteam@example.org\neverything\nCOMPANY\nnobody\nitself\n";
        let (answers, said) = asked(Said::default(), typed);
        let answers = answers.unwrap();
        assert_eq!(answers.origin.as_str(), "https://harbour.example.org/");
        assert_eq!((answers.ask, answers.approval), (Template::Company, Decides::Itself));
        for sentence in [
            "A name has 1 to 100 characters",
            "take https://harbour.example.org",
            "not an IP address",
            "\"\" is no e-mail address",
            "\"team\" is no e-mail address",
            "Type one of: visitor, member, company",
            "Type one of: itself, person",
        ] {
            assert!(said.contains(sentence), "{sentence}: {said}");
        }
    }

    #[test]
    fn only_what_no_flag_said_is_asked_and_answers_that_end_make_nothing() {
        let flags = Said {
            name: Some("Harbour".to_owned()),
            ask: Some(Template::Visitor),
            approval: Some(Decides::Itself),
            ..Said::default()
        };
        let (answers, said) = asked(flags.clone(), "harbour.localhost:9000\nteam@example.org\n");
        assert_eq!(answers.unwrap().origin.as_str(), "http://harbour.localhost:9000/");
        assert!(said.contains("2 of 2") && !said.contains("called"), "{said}");
        let (ended, _) = asked(flags, "harbour.localhost\n");
        assert!(ended.unwrap_err().to_string().contains("nothing was made"));
    }

    #[test]
    fn without_a_terminal_every_flag_that_is_missing_is_named() {
        let some = Said { name: Some("Harbour".to_owned()), ..Said::default() };
        let error = some.clone().alone().unwrap_err();
        assert!(error.is::<TooLittleSaid>());
        assert_eq!(
            error.to_string(),
            "too little is said, and there is no terminal to ask at; add: --origin https://harbour.example.org --email team@harbour.example.org"
        );
        let all = Said {
            origin: Some(read_address("harbour.localhost").unwrap()),
            email: Some("team@example.org".to_owned()),
            ..some
        };
        let answers = all.alone().unwrap();
        assert_eq!((answers.ask, answers.approval), (Template::Member, Decides::Person));
    }

    #[test]
    fn a_folder_is_named_after_the_address_and_never_like_the_operators() {
        for (address, folder) in [
            ("https://harbour.example.org", "harbour"),
            ("https://www.harbour.example.org", "harbour"),
            ("http://my-space.localhost:8080", "my-space"),
            ("https://office.example.org", "space"),
            ("https://operator.example.org", "space"),
        ] {
            assert_eq!(folder_at(&address.parse().unwrap()), folder, "{address}");
        }
        for (name, label) in
            [("Harbour", "harbour"), ("Operator", "my-space"), ("港", "my-space"), ("A & B", "a-b")]
        {
            assert_eq!(label_of(name), label);
        }
    }
}
