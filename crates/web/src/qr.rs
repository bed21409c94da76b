//! QR codes as SVG, PNG and text for terminals, always dark on light with the quiet zone that scanners
//! need (ISO/IEC 18004 §9.1: four modules).

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use qrcode::{Color, EcLevel, QrCode};

const QUIET: usize = 4;

/// The text is too long for a QR code (about 2,300 letters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

/// A QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    /// Rows of modules with the quiet zone around; `true` is dark.
    rows: Vec<Vec<bool>>,
}

impl Qr {
    /// The code of `text`, that still reads when 15 % of it is lost.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong)?;
        let width = code.width().saturating_add(2 * QUIET);
        let blank = vec![false; width];
        let mut rows = vec![blank.clone(); QUIET];
        for line in code.to_colors().chunks(code.width()) {
            let mut row = vec![false; QUIET];
            row.extend(line.iter().map(|color| *color == Color::Dark));
            row.resize(width, false);
            rows.push(row);
        }
        rows.resize(width, blank);
        Ok(Self { rows })
    }

    /// Modules on a side, with the quiet zone.
    #[must_use]
    pub fn side(&self) -> usize {
        self.rows.len()
    }

    /// An SVG that grows with its place; `label` is its text alternative and is escaped here.
    #[must_use]
    pub fn svg(&self, label: &str) -> String {
        let side = self.side();
        let label = askama::filters::escape(label, askama::filters::Html).map(|safe| safe.to_string());
        let label = label.unwrap_or_default();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"qr\" role=\"img\" aria-label=\"{label}\" \
             viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{}\"/></svg>",
            self.path()
        )
    }

    /// One stroke per run of dark modules.
    fn path(&self) -> String {
        let mut path = String::new();
        for (y, row) in self.rows.iter().enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|left, right| left == right) {
                if run.first() == Some(&true) {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{x} {y}h{}v1H{x}z", run.len());
                }
                x = run.len().saturating_add(x);
            }
        }
        path
    }

    /// A PNG with `scale` pixels (1 to 64) a module: one bit a pixel.
    #[must_use]
    pub fn png(&self, scale: u8) -> Vec<u8> {
        let scale = usize::from(scale.clamp(1, 64));
        let mut lines = Vec::new();
        for row in &self.rows {
            let pixels: Vec<bool> = row.iter().flat_map(|dark| std::iter::repeat_n(*dark, scale)).collect();
            // Each line begins with its filter: none.
            let line: Vec<u8> = std::iter::once(0).chain(pixels.chunks(8).map(packed)).collect();
            for _ in 0..scale {
                lines.extend_from_slice(&line);
            }
        }
        let side = u32::try_from(self.side().saturating_mul(scale)).unwrap_or(u32::MAX);
        png(side, &lines)
    }

    /// Two rows of modules a line of text. Light modules are drawn, as terminals are mostly dark.
    #[must_use]
    pub fn terminal(&self) -> String {
        let mut text = String::new();
        for pair in self.rows.chunks(2) {
            let (upper, lower) = (pair.first(), pair.get(1));
            for x in 0..self.side() {
                let light =
                    |row: Option<&Vec<bool>>| row.and_then(|row| row.get(x)).is_some_and(|dark| !dark);
                text.push(match (light(upper), light(lower)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }
}

/// Up to eight pixels in a byte, the first in the highest bit; a set bit is white.
fn packed(pixels: &[bool]) -> u8 {
    let bits = pixels.iter().chain(std::iter::repeat(&true)).take(8);
    bits.fold(0, |byte, dark| byte << 1 | u8::from(!dark))
}

/// Greyscale of one bit a pixel (PNG, third edition, §11).
fn png(side: u32, lines: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&side.to_be_bytes());
    header.extend_from_slice(&side.to_be_bytes());
    header.extend_from_slice(&[1, 0, 0, 0, 0]);
    chunk(&mut file, *b"IHDR", &header);
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let _ = packer.write_all(lines);
    chunk(&mut file, *b"IDAT", &packer.finish().unwrap_or_default());
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let mut checksum = Crc::new();
    checksum.update(&kind);
    checksum.update(data);
    file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend_from_slice(&kind);
    file.extend_from_slice(data);
    file.extend_from_slice(&checksum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qr() -> Qr {
        Qr::new("https://kiln.example.org/join").unwrap()
    }

    #[test]
    fn a_quiet_zone_is_on_all_sides_and_the_finder_patterns_inside() {
        let qr = qr();
        assert_eq!(qr.side(), 29 + 2 * QUIET);
        for (y, row) in qr.rows.iter().enumerate() {
            assert_eq!(row.len(), qr.side());
            for (x, dark) in row.iter().enumerate() {
                let outside = |n: usize| n < QUIET || n >= qr.side() - QUIET;
                assert!(!(dark & (outside(x) || outside(y))), "{x} {y}");
            }
        }
        let finder: Vec<bool> = qr.rows[QUIET][QUIET..QUIET + 8].to_vec();
        assert_eq!(finder, [true, true, true, true, true, true, true, false]);
    }

    #[test]
    fn the_svg_draws_exactly_the_dark_modules_and_escapes_its_label() {
        let qr = qr();
        let svg = qr.svg("a \"quoted\" <label>");
        assert!(!svg.contains("<label>") && !svg.contains("\"quoted\""), "{svg}");
        let drawn: usize = svg
            .split('h')
            .skip(1)
            .filter_map(|part| part.split('v').next().and_then(|number| number.parse::<usize>().ok()))
            .sum();
        assert_eq!(drawn, qr.rows.iter().flatten().filter(|dark| **dark).count());
        assert!(!svg.contains("style"));
    }

    #[test]
    fn the_png_unpacks_to_the_modules() {
        use std::io::Read;
        let qr = qr();
        let png = qr.png(3);
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let side = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert_eq!(usize::try_from(side).unwrap(), qr.side() * 3);
        let length = usize::try_from(u32::from_be_bytes(png[33..37].try_into().unwrap())).unwrap();
        assert_eq!(&png[37..41], b"IDAT");
        let mut lines = Vec::new();
        flate2::read::ZlibDecoder::new(&png[41..41 + length]).read_to_end(&mut lines).unwrap();
        let stride = 1 + (qr.side() * 3).div_ceil(8);
        for (y, row) in qr.rows.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let (x, line) = (x * 3 + 1, &lines[(y * 3 + 2) * stride..]);
                assert_eq!(line[1 + x / 8] >> (7 - x % 8) & 1 == 0, *dark);
            }
        }
    }

    #[test]
    fn the_terminal_shows_two_rows_a_line() {
        let text = qr().terminal();
        assert_eq!(text.lines().count(), 37_usize.div_ceil(2));
        assert!(text.lines().all(|line| line.chars().count() == 37));
        assert!(text.starts_with(&"█".repeat(37)));
    }

    #[test]
    fn a_text_that_does_not_fit_is_refused() {
        assert!(Qr::new(&"a".repeat(2_300)).is_ok());
        assert_eq!(Qr::new(&"a".repeat(2_400)).err(), Some(TooLong));
    }
}
