//! A table of people, to be carried away.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::running::call;
use crate::store_command::new_file;

/// What to do about all contacts together.
#[derive(Debug, Subcommand)]
pub(super) enum ContactsCommand {
    /// Write what is held of people now as CSV. Only what may be kept is in it, with whose word it is and until when; that
    /// somebody carried it away goes into the audit log.
    Export(ExportArguments),
}

#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    /// Name of the space in the data folder.
    space: String,
    /// A detail by its name, such as `email`; may be given several times. All that there are if left out.
    #[arg(long = "column")]
    columns: Vec<String>,
    /// People from tables that were taken in, too.
    #[arg(long)]
    imported: bool,
    /// What separates cells.
    #[arg(long, value_enum, default_value_t = Separator::Comma)]
    separator: Separator,
    /// Begin with the byte order mark by which Excel knows UTF-8.
    #[arg(long)]
    mark: bool,
    /// The file, which must not be there yet; `-` is standard output.
    #[arg(long, default_value = "-")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Separator {
    Comma,
    Semicolon,
}

impl ContactsCommand {
    pub(super) async fn run(&self, data: &Path) -> Result<()> {
        let Self::Export(export) = self;
        if export.out == Path::new("-") {
            return export.write(data, &mut io::stdout().lock()).await.map(drop);
        }
        crate::party::check_party(data, &export.space)?;
        let mut writer = BufWriter::new(new_file(&export.out)?);
        let written = export.write(data, &mut writer).await;
        let people = written.inspect_err(|_| {
            // Half of it is nothing to go by, and the file is ours.
            let _ = fs::remove_file(&export.out);
        })?;
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let (out, noted) = (export.out.display(), "That you carried them away stands in the log.");
        Ok(writeln!(io::stdout(), "{out} holds {people} people, for you alone. {noted}")?)
    }
}

impl ExportArguments {
    async fn write(&self, data: &Path, output: &mut dyn Write) -> Result<u64> {
        let separator = super::name(self.separator);
        let (mut columns, mut look, mut place, mut people) =
            (json!(self.columns), Value::Null, Value::Null, 0_u64);
        loop {
            let request = json!({
                "command": "verifier.export", "columns": columns, "imported": self.imported,
                "separator": separator, "mark": self.mark, "look": look, "place": place,
            });
            let answer = call(data, &self.space, request).await?;
            let part = |name: &str| answer.get(name).cloned().unwrap_or_default();
            let text = answer.get("text").and_then(Value::as_str).context("the space gave no table")?;
            output.write_all(text.as_bytes())?;
            people = people.saturating_add(part("people").as_u64().unwrap_or_default());
            (columns, look, place) = (part("columns"), part("look"), part("place"));
            if place.is_null() {
                output.flush()?;
                return Ok(people);
            }
        }
    }
}
