//! The member's picture: a small square, in the bytes of a JPEG or WebP file in which nothing but the picture is.
//!
//! A photograph says where and when it was taken, and with what. The member's browser makes a new file of what is cropped; here it is
//! looked at what came, whoever made it: a segment in which anything else could stand refuses it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most bytes of the file.
const LONGEST: usize = 40 * 1_024;
/// Most pixels of an edge.
const LARGEST: u32 = 256;
/// Fewest: less is a dot by which spaces would count who looks.
const SMALLEST: u32 = 16;

/// Why a file is not taken as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Neither a JPEG nor a WebP file, or a damaged one.
    #[error("this is no picture in a JPEG or WebP file")]
    NoPicture,
    /// It is longer than 40 KiB.
    #[error("a picture has at most 40 KiB")]
    TooLong,
    /// It is no square, or not of a size that is taken.
    #[error("a picture is a square of at most 256 pixels")]
    Measures,
    /// It holds something beside the picture: by which name.
    #[error("something is in the file beside the picture: {0}")]
    Beside(&'static str),
}

/// A picture that was looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Picture({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

impl Picture {
    /// A picture in the bytes of a file. What it is, its first bytes say, and nobody else.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, PictureError> {
        if bytes.len() > LONGEST {
            return Err(PictureError::TooLong);
        }
        let (media_type, (width, height)) = if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            ("image/jpeg", jpeg(&bytes)?)
        } else if bytes.starts_with(b"RIFF") {
            ("image/webp", webp(&bytes)?)
        } else {
            return Err(PictureError::NoPicture);
        };
        if width != height || !(SMALLEST..=LARGEST).contains(&width) {
            return Err(PictureError::Measures);
        }
        Ok(Self { media_type, bytes })
    }

    /// A picture in a `data:` address (RFC 2397) of one of the two types, in base64.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub fn of_data_url(text: &str) -> Result<Self, PictureError> {
        let rest = text.strip_prefix("data:image/").ok_or(PictureError::NoPicture)?;
        let (kind, encoded) = rest.split_once(";base64,").ok_or(PictureError::NoPicture)?;
        if encoded.len() > LONGEST.div_ceil(3).saturating_mul(4) {
            return Err(PictureError::TooLong);
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| PictureError::NoPicture)?;
        let picture = Self::read(bytes)?;
        if picture.media_type.strip_prefix("image/") == Some(kind) {
            Ok(picture)
        } else {
            Err(PictureError::NoPicture)
        }
    }

    /// The picture as a `data:` address: so it stands in the member's own details, and no server has to be asked for it.
    #[must_use]
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, STANDARD.encode(&self.bytes))
    }
}

/// Reads bytes from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], PictureError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(PictureError::NoPicture)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PictureError> {
        self.take(N)?.try_into().map_err(|_| PictureError::NoPicture)
    }

    fn byte(&mut self) -> Result<u8, PictureError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn big(&mut self) -> Result<u16, PictureError> {
        self.array().map(u16::from_be_bytes)
    }
}

/// The measures of a JPEG file (ITU-T T.81 annex B) that has no segments but those of the picture itself, and the header without a
/// thumbnail that JFIF asks for.
fn jpeg(file: &[u8]) -> Result<(u32, u32), PictureError> {
    let mut bytes = Bytes(file);
    bytes.take(2)?;
    let mut measures = None;
    loop {
        if bytes.byte()? != 0xff {
            return Err(PictureError::NoPicture);
        }
        let marker = bytes.byte()?;
        if marker == 0xd9 {
            let measured = measures.ok_or(PictureError::NoPicture)?;
            return if bytes.0.is_empty() {
                Ok(measured)
            } else {
                Err(PictureError::Beside("what follows the end"))
            };
        }
        let length = usize::from(bytes.big()?).checked_sub(2).ok_or(PictureError::NoPicture)?;
        let mut segment = Bytes(bytes.take(length)?);
        match marker {
            0xe0 => jfif(&mut segment)?,
            0xe1 => return Err(PictureError::Beside("Exif or XMP")),
            0xe2 => return Err(PictureError::Beside("a colour profile")),
            0xed => return Err(PictureError::Beside("IPTC")),
            0xe3..=0xef => return Err(PictureError::Beside("an application's segment")),
            0xfe => return Err(PictureError::Beside("a comment")),
            // Baseline, extended and progressive frames.
            0xc0..=0xc2 if measures.is_none() => {
                segment.take(1)?;
                let (height, width) = (segment.big()?, segment.big()?);
                measures = Some((u32::from(width), u32::from(height)));
            }
            // Tables, and how often the decoder starts anew.
            0xc4 | 0xdb | 0xdd => {}
            0xda => bytes.0 = after_scan(bytes.0)?,
            _ => return Err(PictureError::NoPicture),
        }
    }
}

fn jfif(segment: &mut Bytes<'_>) -> Result<(), PictureError> {
    if segment.take(5)? != b"JFIF\0" {
        return Err(PictureError::Beside("an application's segment"));
    }
    segment.take(7)?;
    // No thumbnail, and nothing behind it.
    if segment.0 == [0, 0] { Ok(()) } else { Err(PictureError::Beside("a thumbnail")) }
}

/// What follows the coded data of a scan: its next marker that is neither a stuffed byte nor a restart.
fn after_scan(mut rest: &[u8]) -> Result<&[u8], PictureError> {
    loop {
        let at = rest.iter().position(|byte| *byte == 0xff).ok_or(PictureError::NoPicture)?;
        rest = rest.get(at..).ok_or(PictureError::NoPicture)?;
        match rest.get(1).ok_or(PictureError::NoPicture)? {
            0x00 | 0xd0..=0xd7 => rest = rest.get(2..).ok_or(PictureError::NoPicture)?,
            _ => return Ok(rest),
        }
    }
}

/// The measures of a WebP file (RFC 9649) of one picture and nothing else.
fn webp(file: &[u8]) -> Result<(u32, u32), PictureError> {
    let mut bytes = Bytes(file);
    bytes.take(4)?;
    let length = usize::try_from(u32::from_le_bytes(bytes.array()?)).map_err(|_| PictureError::NoPicture)?;
    if bytes.0.len() != length || bytes.take(4)? != b"WEBP" {
        return Err(PictureError::NoPicture);
    }
    let mut measures = None;
    while !bytes.0.is_empty() {
        let name = bytes.array::<4>()?;
        let length =
            usize::try_from(u32::from_le_bytes(bytes.array()?)).map_err(|_| PictureError::NoPicture)?;
        let mut chunk = Bytes(bytes.take(length)?);
        if length % 2 == 1 && bytes.take(1)? != [0] {
            return Err(PictureError::NoPicture);
        }
        match &name {
            b"VP8 " | b"VP8L" if measures.is_some() => return Err(PictureError::Beside("a second picture")),
            b"VP8 " => measures = Some(lossy(&mut chunk)?),
            b"VP8L" => measures = Some(lossless(&mut chunk)?),
            // The flags of profile, Exif, XMP and animation are those of chunks that are refused below; transparency may be.
            b"VP8X" | b"ALPH" if measures.is_none() => {}
            b"EXIF" => return Err(PictureError::Beside("Exif")),
            b"XMP " => return Err(PictureError::Beside("XMP")),
            b"ICCP" => return Err(PictureError::Beside("a colour profile")),
            b"ANIM" | b"ANMF" => return Err(PictureError::Beside("an animation")),
            _ => return Err(PictureError::Beside("an unknown part")),
        }
    }
    measures.ok_or(PictureError::NoPicture)
}

/// RFC 6386 §9.1: a key frame begins with a tag, three fixed bytes and 14 bits for each measure.
fn lossy(chunk: &mut Bytes<'_>) -> Result<(u32, u32), PictureError> {
    let tag = chunk.take(3)?;
    let is_key = tag.first().is_some_and(|first| first & 1 == 0);
    if !is_key || chunk.take(3)? != [0x9d, 0x01, 0x2a] {
        return Err(PictureError::NoPicture);
    }
    let measure = |bytes: [u8; 2]| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
    Ok((measure(chunk.array()?), measure(chunk.array()?)))
}

/// RFC 9649 §3.4: a fixed byte, and 14 bits for each measure less one.
fn lossless(chunk: &mut Bytes<'_>) -> Result<(u32, u32), PictureError> {
    if chunk.byte()? != 0x2f {
        return Err(PictureError::NoPicture);
    }
    let bits = u32::from_le_bytes(chunk.array()?);
    Ok(((bits & 0x3fff).saturating_add(1), ((bits >> 14) & 0x3fff).saturating_add(1)))
}

/// Files for tests, put together by hand.
#[cfg(test)]
pub(crate) mod testing {
    pub(super) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    }

    pub(super) fn frame(width: u16, height: u16) -> Vec<u8> {
        segment(0xc0, &[&[8], &height.to_be_bytes()[..], &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat())
    }

    pub(super) const JFIF: &[u8] = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

    /// A file with these segments before its scan.
    pub(super) fn file(segments: &[Vec<u8>]) -> Vec<u8> {
        let scan = [&segment(0xda, &[1, 1, 0, 0, 63, 0])[..], &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4]].concat();
        [&[0xff, 0xd8], &segments.concat()[..], &scan, &[0xff, 0xd9]].concat()
    }

    pub(crate) fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        file(&[segment(0xe0, JFIF), segment(0xdb, &[0; 65]), frame(width, height), segment(0xc4, &[0; 20])])
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{JFIF, file, frame, jpeg_of, segment};
    use super::*;

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let pad: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
        [name, &length[..], content, pad].concat()
    }

    fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
        let content = [b"WEBP", &chunks.concat()[..]].concat();
        [b"RIFF", &u32::try_from(content.len()).unwrap().to_le_bytes()[..], &content].concat()
    }

    fn lossy_chunk(edge: u16) -> Vec<u8> {
        let edge = edge.to_le_bytes();
        chunk(b"VP8 ", &[&[0, 0, 0, 0x9d, 1, 0x2a], &edge[..], &edge, &[7]].concat())
    }

    #[test]
    fn a_small_square_is_taken_and_comes_back_from_its_address() {
        let lossless = chunk(b"VP8L", &[&[0x2f], &(255_u32 | 255 << 14).to_le_bytes()[..]].concat());
        for (bytes, begins) in [
            (jpeg_of(256, 256), "data:image/jpeg;base64,/9j/"),
            (jpeg_of(16, 16), "data:image/jpeg;base64,/9j/"),
            (riff(&[lossy_chunk(200)]), "data:image/webp;base64,UklGR"),
            (
                riff(&[chunk(b"VP8X", &[0x10; 10]), chunk(b"ALPH", &[0]), lossy_chunk(64)]),
                "data:image/webp;base64,",
            ),
            (riff(&[lossless]), "data:image/webp;base64,"),
        ] {
            let picture = Picture::read(bytes).unwrap();
            let url = picture.data_url();
            assert!(url.starts_with(begins), "{url}");
            assert_eq!(Picture::of_data_url(&url), Ok(picture));
        }
    }

    #[test]
    fn what_is_no_small_square_is_refused() {
        for (width, height) in [(257, 257), (256, 255), (15, 15), (0, 0)] {
            assert_eq!(
                Picture::read(jpeg_of(width, height)),
                Err(PictureError::Measures),
                "{width} {height}"
            );
        }
        assert_eq!(Picture::read(riff(&[lossy_chunk(300)])), Err(PictureError::Measures));
        let long = |extra: usize| {
            let rest = LONGEST - jpeg_of(64, 64).len();
            let tables = (0..2).map(|half| segment(0xdb, &vec![0; rest / 2 - 4 + half * (rest % 2 + extra)]));
            file(&[&[segment(0xe0, JFIF), segment(0xdb, &[0; 65]), frame(64, 64), segment(0xc4, &[0; 20])][..], &tables.collect::<Vec<_>>()].concat())
        };
        assert_eq!(long(0).len(), LONGEST);
        assert!(Picture::read(long(0)).is_ok());
        assert_eq!(Picture::read(long(1)), Err(PictureError::TooLong));
    }

    #[test]
    fn whatever_is_beside_the_picture_is_refused_by_its_name() {
        let with =
            |extra: Vec<u8>| Picture::read(file(&[segment(0xe0, JFIF), extra, frame(64, 64)])).unwrap_err();
        for (marker, content, name) in [
            (0xe1, &b"Exif\0\0MM"[..], "Exif or XMP"),
            (0xe1, b"http://ns.adobe.com/xap/1.0/\0", "Exif or XMP"),
            (0xe2, b"ICC_PROFILE\0", "a colour profile"),
            (0xed, b"Photoshop 3.0\0", "IPTC"),
            (0xee, b"Adobe", "an application's segment"),
            (0xe0, b"JFXX\0\x10", "an application's segment"),
            (0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01rgb", "a thumbnail"),
            (0xfe, b"taken at home", "a comment"),
        ] {
            assert_eq!(with(segment(marker, content)), PictureError::Beside(name));
        }
        let behind = [jpeg_of(64, 64), b"PK".to_vec()].concat();
        assert_eq!(Picture::read(behind), Err(PictureError::Beside("what follows the end")));
        for (name, told) in [
            (b"EXIF", "Exif"),
            (b"XMP ", "XMP"),
            (b"ICCP", "a colour profile"),
            (b"ANIM", "an animation"),
            (b"note", "an unknown part"),
            (b"VP8 ", "a second picture"),
        ] {
            let more = if name == b"VP8 " { lossy_chunk(64) } else { chunk(name, b"x") };
            assert_eq!(Picture::read(riff(&[lossy_chunk(64), more])), Err(PictureError::Beside(told)));
        }
    }

    #[test]
    fn what_is_none_of_the_two_or_damaged_is_refused_wherever_it_ends() {
        for wrong in [&b""[..], b"GIF89a", b"\x89PNG\r\n", b"<svg/>", b"RIFF", b"\xff\xd8\xff"] {
            assert_eq!(Picture::read(wrong.to_vec()), Err(PictureError::NoPicture), "{wrong:?}");
        }
        for whole in [jpeg_of(64, 64), riff(&[lossy_chunk(64)])] {
            for end in 0..whole.len() {
                assert_eq!(Picture::read(whole[..end].to_vec()), Err(PictureError::NoPicture), "{end}");
            }
        }
        let url = Picture::read(jpeg_of(64, 64)).unwrap().data_url();
        for wrong in [
            url.replace("jpeg", "webp"),
            url.replace("jpeg", "svg+xml"),
            url.replace(";base64", ""),
            format!("{url}!"),
            "https://example.org/a.jpg".to_owned(),
        ] {
            assert_eq!(
                Picture::of_data_url(&wrong),
                Err(PictureError::NoPicture),
                "{}",
                wrong.chars().take(30).collect::<String>()
            );
        }
        assert_eq!(Picture::of_data_url(&format!("{url}{}", "A".repeat(60_000))), Err(PictureError::TooLong));
    }
}
