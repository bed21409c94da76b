//! Our side as a program of its own: one line of JSON in, one line out.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// The running program; it ends with this value.
#[derive(Debug)]
pub struct Ours {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Ours {
    /// Builds the package `ours` by itself, so that no feature of another library reaches it, and starts it.
    ///
    /// # Panics
    /// When it cannot be built or started.
    #[must_use]
    pub fn start() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ours/Cargo.toml");
        let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut child = Command::new(cargo)
            .args(["run", "--quiet", "--locked", "--manifest-path"])
            .arg(manifest)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo starts");
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("its output is ours to read"));
        Self { child, questions, answers }
    }

    /// Asks one question; `Err` holds its refusal.
    ///
    /// # Errors
    /// What our side refuses, in its words.
    ///
    /// # Panics
    /// When the program ends or does not understand the question.
    pub fn ask(&mut self, question: &Value) -> Result<Value, String> {
        let questions = self.questions.as_mut().expect("it is running");
        writeln!(questions, "{question}").expect("it reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let mut answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer: {line:?}"));
        match answer["refused"].as_str() {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(answer["taken"].take()),
        }
    }

    /// A fresh private key: `ES256` or `EdDSA`.
    ///
    /// # Panics
    /// See [`Self::ask`].
    pub fn key(&mut self, algorithm: &str) -> Value {
        self.ask(&json!({"do": "key", "algorithm": algorithm})).expect("a key")
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        // The end of its input is the end of the program.
        self.questions = None;
        let _ = self.child.wait();
    }
}
