//! Why a call brought no answer. No variant holds anything of a body.

use http::StatusCode;

/// Why an [`HttpClient`](crate::HttpClient) could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The extra certificate authorities are not PEM certificates.
    #[error(
        "the extra certificate authorities are not certificates in PEM; give the file of a CA certificate"
    )]
    NotCertificates,
    /// TLS could not be set up.
    #[error("TLS could not be set up with the certificate authorities given")]
    Tls,
}

/// Why a call brought no usable answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundError {
    /// The address is neither https nor a permitted development address.
    #[error("only https addresses are called")]
    InsecureScheme,
    /// The address is not an http address at all, has no host, or carries a user name or password.
    #[error("the address is not a plain http address")]
    MalformedUrl,
    /// The address names, or resolves to, a machine that is not on the public internet.
    #[error("the address leads to a machine that is not on the public internet")]
    ForbiddenAddress,
    /// The host name does not resolve.
    #[error("the host name does not resolve")]
    Unresolvable,
    /// Names are looked up for so many other calls that nobody was asked, let alone called. It says nothing about the host.
    #[error("too many hosts are being looked for at this moment; try again later")]
    Busy,
    /// No connection could be made.
    #[error("the host does not accept connections")]
    Unreachable,
    /// The other side's certificate or its TLS is not acceptable, so that no connection was made: nothing of the request was sent.
    #[error("the TLS of the host is not acceptable: {0}")]
    Tls(rustls::Error),
    /// The answer did not come in time.
    #[error("the host did not answer in time")]
    TimedOut,
    /// The other side broke off, or did not speak HTTP, or TLS no more; it may have read the request.
    #[error("the host broke off or did not speak HTTP")]
    Broken,
    /// The answer is a redirect, which is never followed.
    #[error("the host answered with a redirect ({status}), and redirects are not followed")]
    Redirected {
        /// Which redirect.
        status: StatusCode,
    },
    /// The answer is longer than the call allows.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// How many bytes the call allows.
        limit: usize,
    },
    /// The answer's status is not what the caller can use.
    #[error("the host answered with status {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// The answer is not the JSON that was asked for.
    #[error("the answer is not valid JSON, or not marked as JSON")]
    NotJson,
    /// A value to be sent cannot stand in a request.
    #[error("the request cannot be written")]
    Unwritable,
}

impl OutboundError {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unresolvable | Self::Busy | Self::Unreachable | Self::TimedOut | Self::Broken => true,
            Self::Status { status } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            _ => false,
        }
    }
}
