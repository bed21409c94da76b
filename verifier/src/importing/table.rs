//! A table as other programs write it: whatever its encoding and its separator.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Most bytes of a table.
pub const LARGEST: usize = 5 << 20;
/// Most rows below the header.
pub const MOST_ROWS: usize = 20_000;
/// Most columns.
pub const MOST_COLUMNS: usize = 200;
/// What separates columns.
const SEPARATORS: [u8; 3] = *b",;\t";

/// Why a file is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// More than [`LARGEST`].
    #[error("the file is larger than 5 MiB")]
    TooLarge,
    /// A workbook, a picture, or whatever.
    #[error("this is no text: save it as CSV")]
    NotText,
    /// No row.
    #[error("there is no row below the header")]
    Empty,
    /// More than [`MOST_ROWS`].
    #[error("there are more than 20,000 rows")]
    TooManyRows,
    /// More than [`MOST_COLUMNS`].
    #[error("there are more than 200 columns")]
    TooManyColumns,
    /// The row that begins on this line has more cells than a table may have columns.
    #[error("the row on line {0} has more than 200 cells")]
    WideRow(u64),
}

/// A row below the header.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// Its cells, without the space around them.
    pub cells: Vec<String>,
}

/// A table with its header.
#[derive(Clone, PartialEq, Eq)]
pub struct Table {
    /// The names of the columns.
    pub header: Vec<String>,
    /// What is below, without empty rows.
    pub rows: Vec<Row>,
}

/// The text of a file: UTF-8, UTF-16 or, for what is neither, Windows-1252.
///
/// # Errors
/// [`TableError::TooLarge`] or [`TableError::NotText`].
pub fn text_of(bytes: &[u8]) -> Result<String, TableError> {
    if bytes.len() > LARGEST {
        return Err(TableError::TooLarge);
    }
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => {
            let rest = bytes.get(mark..).unwrap_or_default();
            let (text, is_broken) = encoding.decode_without_bom_handling(rest);
            if is_broken {
                return Err(TableError::NotText);
            }
            text.into_owned()
        }
        None => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text.to_owned(),
            _ => unmarked(bytes).decode_without_bom_handling(bytes).0.into_owned(),
        },
    };
    let is_control = |symbol: char| symbol.is_control() && !matches!(symbol, '\t' | '\r' | '\n');
    if text.contains(is_control) { Err(TableError::NotText) } else { Ok(text) }
}

/// UTF-16 without a mark has a zero in every other byte of plain text.
fn unmarked(bytes: &[u8]) -> &'static Encoding {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), bytes.len() / 4);
    match bytes.len() % 2 {
        0 if even > half && odd == 0 => UTF_16BE,
        0 if odd > half && even == 0 => UTF_16LE,
        _ => WINDOWS_1252,
    }
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn parse(text: &str) -> Result<Self, TableError> {
        if text.len() > LARGEST {
            return Err(TableError::TooLarge);
        }
        let (said, text, above) = without_separator_line(text);
        let separator = said.unwrap_or_else(|| separator_of(text));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|_| TableError::NotText)?;
        let header: Vec<String> = header.iter().map(str::to_owned).collect();
        if header.len() > MOST_COLUMNS {
            return Err(TableError::TooManyColumns);
        }
        let (mut rows, mut lines) = (Vec::new(), Lines { text: text.as_bytes(), at: 0, line: 1 });
        for record in reader.records() {
            let record = record.map_err(|_| TableError::NotText)?;
            if record.len() <= MOST_COLUMNS && record.iter().all(str::is_empty) {
                continue;
            }
            if rows.len() >= MOST_ROWS {
                return Err(TableError::TooManyRows);
            }
            let line = lines.at(record.position().map_or(0, csv::Position::byte)).saturating_add(above);
            // Before its cells are copied: five million of them fit into a file.
            if record.len() > MOST_COLUMNS {
                return Err(TableError::WideRow(line));
            }
            rows.push(Row { line, cells: record.iter().map(str::to_owned).collect() });
        }
        if rows.is_empty() { Err(TableError::Empty) } else { Ok(Self { header, rows }) }
    }
}

/// Counts lines as people do: the reader stands before the end of the line above, and skips empty lines without saying so.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first sign at or behind this byte that is no end of a line.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(sign) = self.text.get(self.at).copied() {
            let is_end = matches!(sign, b'\r' | b'\n');
            if self.at >= byte && !is_end {
                break;
            }
            self.at = self.at.saturating_add(1);
            // The two signs of one end are one line.
            if is_end && !(sign == b'\r' && self.text.get(self.at) == Some(&b'\n')) {
                self.line = self.line.saturating_add(1);
            }
        }
        self.line
    }
}

/// Spreadsheets write and read a first line `sep=;`.
fn without_separator_line(text: &str) -> (Option<u8>, &str, u64) {
    let Some((first, rest)) = text.split_once('\n') else { return (None, text, 0) };
    match first.trim_end_matches('\r').strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) if SEPARATORS.contains(separator) => (Some(*separator), rest, 1),
        _ => (None, text, 0),
    }
}

/// Whichever stands most often in the header, outside quotes; a comma where none does.
fn separator_of(text: &str) -> u8 {
    let mut counts = [0_usize; 3];
    let mut is_quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                for (separator, count) in SEPARATORS.iter().zip(&mut counts) {
                    *count = count.saturating_add(usize::from(*separator == byte));
                }
            }
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    SEPARATORS.iter().zip(counts).find(|(_, count)| *count == most).map_or(b',', |(found, _)| *found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let table = Table::parse(&text_of(bytes).unwrap()).unwrap();
        assert_eq!(table.header, ["Email", "Name"]);
        table.rows.into_iter().map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn every_encoding_and_separator_reads_the_same() {
        let text = "Email,Name\nzoe@example.org,Zoë\n";
        let utf_16 = |bytes: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
            mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        let read = [(2, vec!["zoe@example.org".to_owned(), "Zoë".to_owned()])];
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            utf_16(u16::to_le_bytes, true),
            utf_16(u16::to_be_bytes, true),
            utf_16(u16::to_le_bytes, false),
            utf_16(u16::to_be_bytes, false),
            b"Email,Name\nzoe@example.org,Zo\xEB\n".to_vec(),
            text.replace(',', ";").into_bytes(),
            text.replace(',', "\t").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace('\n', "\r").into_bytes(),
        ] {
            assert_eq!(cells(&bytes), read, "{bytes:?}");
        }
        assert_eq!(cells(b"sep=;\nEmail;Name\nzoe@example.org;\"Zo\xEB\"\n"), [(3, read[0].1.clone())]);
    }

    #[test]
    fn quoted_lines_count_and_empty_rows_do_not() {
        let rows = cells(b"Email,Name\na@example.org,\"Ada,\nLovelace\"\n,\n\nb@example.org,Ben,more\n");
        let lines: Vec<(u64, usize)> = rows.iter().map(|(line, cells)| (*line, cells.len())).collect();
        assert_eq!(lines, [(2, 2), (6, 3)]);
        assert_eq!(rows[0].1[1], "Ada,\nLovelace");
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let refused =
            |bytes: &[u8]| text_of(bytes).and_then(|text| Table::parse(&text).map(drop)).unwrap_err();
        assert_eq!(refused(b"PK\x03\x04 a workbook"), TableError::NotText);
        assert_eq!(refused(b"Email\0Name"), TableError::NotText);
        assert_eq!(refused(b"\xEF\xBB\xBFEmail,\xFF\n"), TableError::NotText);
        for empty in [&b""[..], b"Email,Name", b"Email,Name\n\n,\n"] {
            assert_eq!(refused(empty), TableError::Empty);
        }
        assert_eq!(refused(&vec![b'a'; LARGEST + 1]), TableError::TooLarge);
        let rows = |count: usize| format!("Email\n{}", "a\n".repeat(count));
        assert_eq!(Table::parse(&rows(MOST_ROWS)).map(|table| table.rows.len()).ok(), Some(MOST_ROWS));
        assert_eq!(refused(rows(MOST_ROWS + 1).as_bytes()), TableError::TooManyRows);
        let columns = |count: usize| format!("{}\na\n", vec!["x"; count].join(","));
        assert!(Table::parse(&columns(MOST_COLUMNS)).is_ok());
        assert_eq!(refused(columns(MOST_COLUMNS + 1).as_bytes()), TableError::TooManyColumns);
        // A row that is wider than its header is left out by whoever reads it; one that no table has is refused here, empty or not.
        let wide = |cells: usize, cell: &str| format!("Email\na\n{}\n", vec![cell; cells].join(","));
        assert!(Table::parse(&wide(MOST_COLUMNS, "x")).is_ok());
        for cell in ["x", ""] {
            assert_eq!(refused(wide(MOST_COLUMNS + 1, cell).as_bytes()), TableError::WideRow(3));
        }
        let widest = format!("Email\na\n{}\n", ",".repeat(LARGEST - 20));
        assert_eq!(refused(widest.as_bytes()), TableError::WideRow(3));
    }
}
