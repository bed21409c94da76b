//! How a file is sealed: two lines that everybody reads, then chunks of one size that nobody reads without the key.
//!
//! The key is random, and wrapped once for each way in. Each chunk is bound to the two lines, to its place and to whether it is the
//! last, as in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): what is cut, put in another order, put together of
//! two files or changed in any byte does not open.

use environment::{Date, Randomness, Timestamp};
use jose::base64url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{FileError, LARGEST_FILE};
use crate::vault::{
    Cost, NONCE, Passphrase, RecoveryCode, Salt, SealedToCode, WrappedKeys, decrypt, decrypt_at, encrypt,
    encrypt_at, expand,
};

/// How each file of this form begins; then a blank, the version and the end of the line.
const MAGIC: &[u8] = b"passport-wallet-file ";
/// The version that is written and read.
const VERSION: &[u8] = b"1";
/// Longest second line.
const LONGEST_HEADER: usize = 4_096;
/// Plain bytes in each chunk.
const CHUNK: usize = 16_384;
/// By which a sealed chunk is longer.
const TAG: usize = 16;
const BY_PASSPHRASE: &str = "passport-wallet-file/wrapped-by-passphrase/1";
const CONTENT: &str = "passport-wallet-file/content/1";
/// The half of a stretched passphrase that opens the holder keys and never leaves the member's browser.
const KEYS_HALF: &str = "passport-wallet/file/keys/1";

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A whole wallet.
    Wallet,
    /// A history, to be read.
    History,
}

impl FileKind {
    pub(super) const fn described(self) -> &'static str {
        match self {
            Self::Wallet => "a whole wallet",
            Self::History => "a history",
        }
    }
}

/// What is told to open a file.
pub enum FileKey<'a> {
    /// The passphrase that was chosen for it.
    Passphrase(&'a Passphrase),
    /// The recovery code of the wallet that it is of.
    RecoveryCode(&'a RecoveryCode),
    /// Its own key, as the member's browser unwrapped it: it opens what is in the file, and none of the holder keys in there.
    Itself(&'a FileSecret),
}

/// The key of one file.
pub struct FileSecret(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for FileSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FileSecret")
    }
}

impl FileSecret {
    /// What a browser tells; none if it has not the form.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        base64url::decode_exact(text).ok().map(|key| Self(Zeroizing::new(key)))
    }
}

/// A file as a browser begins it (decision 0028): its key, and how that stands in it wrapped by a passphrase which the host never sees.
#[derive(Debug)]
pub struct FileOfBrowser {
    secret: FileSecret,
    passphrase: ByPassphrase,
    keys: Option<WrappedKeys>,
}

impl FileOfBrowser {
    /// What a browser tells; none if it has not the form, or the passphrase could be tried with other work than a file's. `keys` is what
    /// opens the holder keys, wrapped by the other half of the passphrase.
    #[must_use]
    pub fn of_text(
        secret: &str,
        salt: String,
        wrapped: String,
        cost: Cost,
        keys: Option<WrappedKeys>,
    ) -> Option<Self> {
        base64url::decode_exact::<WRAPPED>(&wrapped).ok()?;
        let salt = Salt::try_from(salt).ok()?;
        let is_within = cost.is_within(Cost::MOST_OF_A_FILE);
        let secret = FileSecret::of_text(secret).filter(|_| is_within)?;
        Some(Self { secret, passphrase: ByPassphrase { cost, salt, wrapped }, keys })
    }

    pub(super) const fn keys(&self) -> Option<&WrappedKeys> {
        self.keys.as_ref()
    }
}

/// A wrapped key of 32 bytes: with a nonce in front and a tag behind.
const WRAPPED: usize = 60;

/// The second line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    kind: FileKind,
    /// The day on which it was written.
    made: String,
    passphrase: ByPassphrase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery: Option<String>,
    /// Of a wallet that was at a host: what opens its holder keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<KeysInFile>,
}

/// What the holder keys in a file are sealed under, wrapped by the other half of each way into the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeysInFile {
    pub(super) passphrase: WrappedKeys,
    pub(super) recovery: WrappedKeys,
}

/// The file's key, wrapped by a passphrase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByPassphrase {
    cost: Cost,
    salt: Salt,
    wrapped: String,
}

/// By what a file is opened again, beside the recovery code.
#[derive(Clone, Copy)]
pub(super) enum SealedBy<'a> {
    /// A passphrase, and how much work one try at it is.
    Passphrase(&'a Passphrase, Cost),
    /// One that the member's browser alone knows.
    Browser(&'a FileOfBrowser),
}

/// For whom a file is sealed.
pub(super) struct SealedFor<'a> {
    pub(super) by: SealedBy<'a>,
    pub(super) code: Option<&'a SealedToCode>,
    pub(super) keys: Option<KeysInFile>,
}

impl SealedBy<'_> {
    /// The key of a new file, and how it stands in it.
    async fn begin(
        &self,
        randomness: &dyn Randomness,
    ) -> Result<(Zeroizing<[u8; 32]>, ByPassphrase), FileError> {
        match self {
            Self::Browser(begun) => Ok((begun.secret.0.clone(), begun.passphrase.clone())),
            Self::Passphrase(passphrase, cost) => {
                if !cost.is_within(Cost::MOST_OF_A_FILE) {
                    return Err(FileError::Cost);
                }
                let key = Zeroizing::new(randomness.bytes::<32>());
                let salt = Salt::generate(randomness);
                let stretched = passphrase.stretched(&salt, *cost).await?;
                let wrapped = encrypt(&stretched, BY_PASSPHRASE.as_bytes(), key.as_ref(), randomness)?;
                Ok((key, ByPassphrase { cost: *cost, salt, wrapped: base64url::encode(wrapped) }))
            }
        }
    }
}

/// What was in a file.
pub(super) struct OpenedFile {
    /// The content, with the zeros that it was padded with.
    pub(super) content: Zeroizing<Vec<u8>>,
    /// What its holder keys are sealed under, where that was told by what was typed.
    pub(super) keys: Option<Zeroizing<[u8; 32]>>,
}

/// A file, as far as it is read without its key.
pub(super) struct Closed<'a> {
    header: Header,
    bound_to: [u8; 32],
    chunks: &'a [u8],
}

/// Seals a content.
pub(super) async fn seal(
    kind: FileKind,
    content: &[u8],
    by: &SealedFor<'_>,
    now: Timestamp,
    randomness: &dyn Randomness,
) -> Result<Vec<u8>, FileError> {
    let (key, passphrase) = by.by.begin(randomness).await?;
    let header = Header {
        kind,
        made: Date::of(now).to_string(),
        passphrase,
        recovery: by.code.map(|code| code.seal(&key, randomness)).transpose()?,
        keys: by.keys.clone(),
    };
    let header = serde_json::to_vec(&header).map_err(|_| FileError::Header)?;
    let mut file = [MAGIC, VERSION, b"\n", &header, b"\n"].concat();
    append_chunks(&mut file, &key, content)?;
    Ok(file)
}

/// Puts the content behind the two lines of a file, sealed under its key.
pub(super) fn append_chunks(file: &mut Vec<u8>, key: &[u8; 32], content: &[u8]) -> Result<(), FileError> {
    let bound_to = jose::digest::sha256(&file);
    let key = expand(key, CONTENT);
    let chunks = rounded(content.len().div_ceil(CHUNK).max(1));
    let padded = chunks.checked_mul(CHUNK).ok_or(FileError::TooLarge)?;
    if padded > LARGEST_FILE {
        return Err(FileError::TooLarge);
    }
    for number in 0..chunks {
        let from = number.saturating_mul(CHUNK).min(content.len());
        let to = from.saturating_add(CHUNK).min(content.len());
        let mut plain = Zeroizing::new(content.get(from..to).unwrap_or_default().to_vec());
        plain.resize(CHUNK, 0);
        let place = Place::of(number, chunks);
        file.extend(encrypt_at(&key, place.nonce(), &place.context(&bound_to), &plain)?);
    }
    Ok(())
}

/// Reads what everybody can read of a file.
pub(super) fn read(file: &[u8]) -> Result<Closed<'_>, FileError> {
    let rest = file.strip_prefix(MAGIC).ok_or(FileError::NotAFile)?;
    let (version, rest) = line(rest, 16).ok_or(FileError::NotAFile)?;
    if version != VERSION {
        return Err(FileError::OtherVersion);
    }
    let (header, chunks) = line(rest, LONGEST_HEADER).ok_or(FileError::Header)?;
    let header: Header = jose::json::parse_as(header).map_err(|_| FileError::Header)?;
    // Before any work is done for it.
    if !header.passphrase.cost.is_within(Cost::MOST_OF_A_FILE) {
        return Err(FileError::Cost);
    }
    if Date::parse(&header.made).is_none() {
        return Err(FileError::Header);
    }
    if file.len() > LARGEST_FILE.saturating_add(LARGEST_FILE.div_ceil(CHUNK).saturating_mul(TAG)) {
        return Err(FileError::TooLarge);
    }
    let in_clear = file.len().saturating_sub(chunks.len());
    let bound_to = jose::digest::sha256(file.get(..in_clear).unwrap_or_default());
    Ok(Closed { header, bound_to, chunks })
}

impl Closed<'_> {
    pub(super) const fn kind(&self) -> FileKind {
        self.header.kind
    }

    pub(super) fn made(&self) -> &str {
        &self.header.made
    }

    /// What opens the holder keys in it, beside each way in.
    pub(super) const fn keys(&self) -> Option<&KeysInFile> {
        self.header.keys.as_ref()
    }

    /// What is in it.
    pub(super) async fn open(&self, key: &FileKey<'_>) -> Result<OpenedFile, FileError> {
        let (key, keys) = self.file_key(key).await?;
        let key = expand(key.as_ref(), CONTENT);
        let sealed: Vec<&[u8]> = self.chunks.chunks(CHUNK.saturating_add(TAG)).collect();
        if sealed.is_empty() {
            return Err(FileError::Damaged);
        }
        let mut content = Zeroizing::new(Vec::with_capacity(self.chunks.len()));
        for (number, chunk) in sealed.iter().enumerate() {
            let place = Place::of(number, sealed.len());
            let plain = decrypt_at(&key, place.nonce(), &place.context(&self.bound_to), chunk);
            let plain = plain.filter(|plain| plain.len() == CHUNK).ok_or(FileError::Damaged)?;
            content.extend_from_slice(&plain);
        }
        Ok(OpenedFile { content, keys })
    }

    /// All that is sealed.
    #[cfg(any(test, feature = "testing"))]
    pub(super) const fn chunks(&self) -> &[u8] {
        self.chunks
    }

    /// The key of the file, and what its holder keys are sealed under.
    pub(super) async fn file_key(
        &self,
        key: &FileKey<'_>,
    ) -> Result<(Zeroizing<[u8; 32]>, Option<Zeroizing<[u8; 32]>>), FileError> {
        let (opened, keys) = match key {
            FileKey::Itself(secret) => return Ok((secret.0.clone(), None)),
            FileKey::Passphrase(passphrase) => {
                let way = &self.header.passphrase;
                let stretched = passphrase.stretched(&way.salt, way.cost).await;
                let stretched = stretched.map_err(|_| FileError::Cost)?;
                let wrapped = base64url::decode(&way.wrapped).map_err(|_| FileError::Header)?;
                let half = expand(stretched.as_ref(), KEYS_HALF);
                let keys = self.keys().map(|keys| keys.passphrase.unwrapped(&half));
                (decrypt(&stretched, BY_PASSPHRASE.as_bytes(), &wrapped), keys)
            }
            FileKey::RecoveryCode(code) => {
                let sealed = self.header.recovery.as_ref().ok_or(FileError::WrongKey)?;
                let key = code.unsealing_key().map_err(|_| FileError::WrongKey)?;
                let keys = self.keys().map(|keys| keys.recovery.unwrapped(&code.keys_key()));
                (jose::jwe::decrypt(sealed, &key).ok(), keys)
            }
        };
        let opened = opened.ok_or(FileError::WrongKey)?;
        let opened = Zeroizing::new(opened.as_slice().try_into().map_err(|_| FileError::Damaged)?);
        let keys = keys.map(|keys| keys.ok_or(FileError::Damaged)).transpose()?;
        Ok((opened, keys))
    }
}

/// Where a chunk stands.
struct Place {
    number: [u8; 8],
    is_last: u8,
}

impl Place {
    fn of(number: usize, chunks: usize) -> Self {
        let is_last = u8::from(number.saturating_add(1) == chunks);
        Self { number: u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes(), is_last }
    }

    fn nonce(&self) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        let places = nonce.iter_mut().rev();
        for (place, byte) in places.zip(std::iter::once(&self.is_last).chain(self.number.iter().rev())) {
            *place = *byte;
        }
        nonce
    }

    fn context(&self, bound_to: &[u8; 32]) -> Vec<u8> {
        [bound_to.as_slice(), &self.number, &[self.is_last]].concat()
    }
}

/// The first line of `text`, which is no longer than that, and what follows.
fn line(text: &[u8], longest: usize) -> Option<(&[u8], &[u8])> {
    let end = text.iter().take(longest.saturating_add(1)).position(|byte| *byte == b'\n')?;
    let (line, rest) = text.split_at_checked(end)?;
    Some((line, rest.get(1..)?))
}

/// So many chunks or up to an eighth more: the length of a file says how large it is within an eighth.
fn rounded(chunks: usize) -> usize {
    let step = chunks.checked_ilog2().and_then(|log| log.checked_sub(3)).unwrap_or(0);
    chunks.checked_next_multiple_of(1_usize.checked_shl(step).unwrap_or(1)).unwrap_or(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_chunks_is_rounded_up_by_an_eighth_at_most() {
        let few: Vec<usize> = (1..=20).map(rounded).collect();
        assert_eq!(few, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 18, 20, 20]);
        for chunks in 1..2_000 {
            assert!(rounded(chunks) >= chunks && rounded(chunks) * 8 <= chunks * 9 + 8, "{chunks}");
        }
    }

    #[test]
    fn no_two_places_have_one_nonce() {
        let nonce = |number, chunks| Place::of(number, chunks).nonce();
        assert_eq!(nonce(0, 2), [0; 12]);
        assert_eq!(nonce(1, 2), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(nonce(0x0102, 0x0104), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0]);
    }
}
