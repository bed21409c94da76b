//! The admin socket: how a command reaches the store of a running server.
//!
//! A Unix socket, mode 0600, that answers JSON requests. One connection carries one request. A frame is one
//! byte for its kind, four for its length (big-endian), then its content:
//!
//! | kind | from | content |
//! |---|---|---|
//! | `Q` | the command, once | the request, JSON |
//! | `B` | the server, any number of times | a piece of a body, bytes |
//! | `A` | the server, last | the answer, JSON |
//! | `E` | the server, last | a sentence that says what went wrong |
//!
//! What requests there are is decided by the [`Handler`].

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use store::transfer::{self, TransferError, Transferred};
use store::{BoxFuture, CommitId, Store};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tracing::warn;

/// The largest frame, and so the largest request and answer; a body takes any number of frames.
const MAX_FRAME_BYTES: usize = 1_024 * 1_024;
/// How long a command may take to ask.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// Answers requests.
pub trait Handler: Send + Sync {
    /// Answers one request, after writing any body. The error is a sentence for the person at the terminal.
    fn handle<'a>(&'a self, request: Value, body: &'a mut Body) -> BoxFuture<'a, Result<Value, String>>;
}

/// What a handler writes before its answer: an export, a file.
#[derive(Debug)]
pub struct Body {
    stream: UnixStream,
}

impl Body {
    /// Sends bytes to the command.
    ///
    /// # Errors
    /// The command has gone.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(MAX_FRAME_BYTES) {
            write_frame(&mut self.stream, b'B', piece).await?;
        }
        Ok(())
    }
}

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No server listens there.
    #[error("no server is running behind {path}")]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The server said no.
    #[error("{0}")]
    Refused(String),
    /// The connection broke, or the answer was not as described here.
    #[error("the running server did not answer: {0}")]
    Connection(#[from] io::Error),
}

/// A listening admin socket. Dropping it ends it and removes the file.
#[derive(Debug)]
pub struct Admin {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Listens at `path` and answers with `handler` until the result is dropped. Call it after the store was
/// opened: the store's lock makes sure that no other server listens there.
///
/// # Errors
/// The socket cannot be made, for instance because its path is longer than the system allows (about 100
/// bytes).
pub fn serve(path: &Path, handler: Arc<dyn Handler>) -> io::Result<Admin> {
    // Bound under another name and closed to others before anybody can find it.
    let mut unborn = path.as_os_str().to_owned();
    unborn.push(".new");
    let unborn = PathBuf::from(unborn);
    let _ = std::fs::remove_file(&unborn);
    let listener = UnixListener::bind(&unborn)?;
    std::fs::set_permissions(&unborn, std::fs::Permissions::from_mode(0o600))?;
    let owner = std::fs::metadata(&unborn)?.uid();
    std::fs::rename(&unborn, path)?;
    let task = tokio::spawn(accept(listener, owner, handler));
    Ok(Admin { path: path.to_owned(), task })
}

/// Asks the server behind `path`; no body is expected.
///
/// # Errors
/// No server runs there, it refused, or the connection broke.
pub async fn call(path: &Path, request: &Value) -> Result<Value, CallError> {
    call_with_body(path, request, &mut io::sink()).await
}

/// Asks the server behind `path` and writes the body that comes before the answer to `to`.
///
/// # Errors
/// No server runs there, it refused, or the connection broke; a part of the body may have been written.
pub async fn call_with_body(
    path: &Path,
    request: &Value,
    to: &mut (dyn io::Write + Send),
) -> Result<Value, CallError> {
    let mut stream = UnixStream::connect(path).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            CallError::NotRunning { path: path.to_owned() }
        }
        _ => CallError::Connection(error),
    })?;
    let request = serde_json::to_vec(request).map_err(io::Error::from)?;
    write_frame(&mut stream, b'Q', &request).await?;
    loop {
        let (kind, content) = read_frame(&mut stream).await?;
        match kind {
            b'B' => to.write_all(&content)?,
            b'A' => return Ok(serde_json::from_slice(&content).map_err(io::Error::from)?),
            b'E' => return Err(CallError::Refused(String::from_utf8_lossy(&content).into_owned())),
            _ => return Err(unexpected().into()),
        }
    }
}

/// Exports a store and sends the text as the body. It is first written whole to a file in `folder` that has no
/// name, so that a slow reader does not hold the store's writers back.
///
/// # Errors
/// The store cannot be exported, the file cannot be written, or the command has gone.
pub async fn send_export(
    store: &Store,
    folder: &Path,
    body: &mut Body,
) -> Result<Transferred, TransferError> {
    let path = folder.join(format!("export-{}.spool", CommitId::random(store.environment().randomness())));
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    let mut spool = BufWriter::new(file);
    let transferred = transfer::export(store.engine().as_ref(), store.environment(), &mut spool).await?;
    let mut file = spool.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut piece = vec![0; 64 * 1_024];
    loop {
        let length = file.read(&mut piece)?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
        body.write(read).await?;
    }
    Ok(transferred)
}

async fn accept(listener: UnixListener, owner: u32, handler: Arc<dyn Handler>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let handler = Arc::clone(&handler);
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, owner, handler.as_ref()).await {
                        warn!(%error, "a request at the admin socket was not answered");
                    }
                });
            }
            Err(error) => {
                warn!(%error, "the admin socket could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(mut stream: UnixStream, owner: u32, handler: &dyn Handler) -> io::Result<()> {
    // The mode of the socket keeps others out; where a system ignores it, this does.
    let caller = stream.peer_cred()?.uid();
    if caller != owner && caller != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let (kind, content) = tokio::time::timeout(REQUEST_TIME, read_frame(&mut stream)).await??;
    if kind != b'Q' {
        return Err(unexpected());
    }
    let request = serde_json::from_slice(&content)?;
    let mut body = Body { stream };
    match handler.handle(request, &mut body).await {
        Ok(answer) => write_frame(&mut body.stream, b'A', &serde_json::to_vec(&answer)?).await,
        Err(sentence) => write_frame(&mut body.stream, b'E', sentence.as_bytes()).await,
    }
}

async fn write_frame(stream: &mut (impl AsyncWrite + Unpin), kind: u8, content: &[u8]) -> io::Result<()> {
    let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= MAX_FRAME_BYTES);
    let length = length.ok_or_else(|| io::Error::other("a message is too long for the admin socket"))?;
    stream.write_u8(kind).await?;
    stream.write_u32(length).await?;
    stream.write_all(content).await?;
    stream.flush().await
}

async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await?;
    let length = stream.read_u32().await?;
    let length = usize::try_from(length).ok().filter(|length| *length <= MAX_FRAME_BYTES);
    let mut content = vec![0; length.ok_or_else(unexpected)?];
    stream.read_exact(&mut content).await?;
    Ok((kind, content))
}

fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what came over the admin socket is none of its messages")
}
