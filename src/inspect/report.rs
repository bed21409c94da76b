//! What a command prints, and the names and sections behind a refusal.

use credentials::dcql::DcqlError;
use credentials::sd_jwt::SdJwtError;
use credentials::sd_jwt::key_binding::KeyBindingError;
use credentials::status_list::TokenError;
use credentials::vc::VcError;
use jose::KeyError;
use jose::jwe::JweError;
use jose::jws::JwsError;
use jose::jwt::ClaimError;
use openid4vc::vci::offer::OfferError;
use openid4vc::vp::client_id::ClientIdError;
use openid4vc::vp::request::RequestError;
use serde_json::{Map, Value, json};
use trust::{ChainError, PathError};

/// What was accepted.
#[derive(Debug)]
pub(super) struct Report {
    valid: Value,
    kind: String,
    members: Map<String, Value>,
    checked: Vec<&'static str>,
}

impl Report {
    /// An input that holds.
    pub(super) fn valid(kind: impl Into<String>) -> Self {
        Self::new(Value::Bool(true), kind)
    }

    /// An input that was read, but whose signature nobody checked.
    pub(super) fn decoded(kind: impl Into<String>) -> Self {
        Self::new(Value::Null, kind)
    }

    fn new(valid: Value, kind: impl Into<String>) -> Self {
        Self { valid, kind: kind.into(), members: Map::new(), checked: Vec::new() }
    }

    /// Adds a member.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says which checks were made, in their order.
    pub(super) fn checked(mut self, checks: impl IntoIterator<Item = &'static str>) -> Self {
        self.checked.extend(checks);
        self
    }

    /// The JSON that is printed.
    pub(super) fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("valid".to_owned(), self.valid.clone());
        members.insert("type".to_owned(), Value::from(self.kind.as_str()));
        members.extend(self.members.clone());
        members.insert("checked".to_owned(), json!(self.checked));
        Value::Object(members)
    }
}

/// Why nothing was accepted.
#[derive(Debug)]
pub(super) enum Failure {
    /// The input breaks a rule.
    Refused(Refusal),
    /// The call cannot be meant.
    WrongCall(String),
}

/// A rule that the input breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) source: &'static str,
}

impl Refusal {
    /// A refusal of our own.
    pub(super) fn new(code: &'static str, detail: impl Into<String>, source: &'static str) -> Self {
        Self { code, detail: detail.into(), source }
    }

    /// A key that was handed in and cannot be used.
    pub(super) fn key(error: KeyError) -> Self {
        let source = match error {
            KeyError::WrongUse => "RFC 7517 §4.2",
            KeyError::NotOnCurve => "RFC 7518 §6.2.1",
            _ => "RFC 7517 §4",
        };
        Self::new("unusable_key", error.to_string(), source)
    }

    /// This refusal of the input at `position` among several, counted from 0.
    pub(super) fn at(mut self, position: usize) -> Self {
        self.detail = format!("credential {position}: {}", self.detail);
        self
    }

    /// The JSON that is printed.
    pub(super) fn to_value(&self) -> Value {
        json!({"valid": false,
               "error": {"code": self.code, "detail": self.detail, "source": self.source}})
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<SdJwtError> for Refusal {
    fn from(error: SdJwtError) -> Self {
        let source = match &error {
            // Signature and algorithm of the issuer are step 2 of processing an SD-JWT.
            SdJwtError::Jws(JwsError::BadSignature | JwsError::WrongAlgorithm) => "RFC 9901 §7.1",
            SdJwtError::Jws(error) => Self::from(error.clone()).source,
            other => other.section(),
        };
        Self::new(error.code(), error.to_string(), source)
    }
}

impl From<VcError> for Refusal {
    fn from(error: VcError) -> Self {
        Self::new(error.code(), error.to_string(), error.section())
    }
}

impl From<KeyBindingError> for Refusal {
    fn from(error: KeyBindingError) -> Self {
        Self::new(error.code(), error.to_string(), error.section())
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Self::new(error.code(), error.to_string(), error.section())
    }
}

impl From<JwsError> for Refusal {
    fn from(error: JwsError) -> Self {
        let (code, source) = match &error {
            JwsError::UnknownExtension => ("unknown_extension", "RFC 7515 §4.1.11"),
            JwsError::WrongType { .. } => ("wrong_type", "RFC 8725 §3.11"),
            JwsError::WrongAlgorithm => ("wrong_algorithm", "RFC 8725 §3.1"),
            JwsError::BadSignature => ("bad_signature", "RFC 7515 §5.2"),
            JwsError::MalformedHeader => ("malformed_jwt", "RFC 7515 §4"),
            JwsError::MalformedPayload => ("malformed_jwt", "RFC 7519 §7.2"),
            _ => ("malformed_jwt", "RFC 7515 §7.1"),
        };
        Self::new(code, error.to_string(), source)
    }
}

impl From<ClaimError> for Refusal {
    fn from(error: ClaimError) -> Self {
        let (code, source) = match &error {
            ClaimError::Missing(_) => ("missing_claim", "RFC 7519 §4.1"),
            ClaimError::Expired { .. } => ("expired", "RFC 7519 §4.1.4"),
            ClaimError::NotYetValid { .. } => ("not_yet_valid", "RFC 7519 §4.1.5"),
            ClaimError::IssuedAtOutsideWindow { .. } => ("issued_at_outside_window", "RFC 7519 §4.1.6"),
            _ => ("malformed_claim", "RFC 7519 §4.1"),
        };
        Self::new(code, error.to_string(), source)
    }
}

impl From<JweError> for Refusal {
    fn from(error: JweError) -> Self {
        let (code, source) = match error {
            JweError::TooLong => ("too_long", "RFC 7516 §11"),
            JweError::WrongAlgorithm => ("wrong_algorithm", "RFC 7518 §4.6"),
            JweError::WrongEncryption => ("wrong_encryption", "RFC 7518 §5.3"),
            JweError::UnknownExtension => ("unknown_extension", "RFC 7516 §4.1.13"),
            JweError::BadEphemeralKey => ("bad_epk", "RFC 7518 §4.6.1.1"),
            JweError::BadPartyInfo => ("bad_party_info", "RFC 7518 §4.6.1"),
            JweError::BadLengths => ("bad_lengths", "RFC 7518 §5.3"),
            JweError::WrongKey => ("wrong_key", "RFC 7516 §4.1.6"),
            JweError::PlaintextTooLong => ("plaintext_too_long", "RFC 7516 §4.1.3"),
            JweError::DecryptionFailed => ("decryption_failed", "RFC 7516 §5.2"),
            _ => ("malformed_jwe", "RFC 7516 §7.1"),
        };
        Self::new(code, error.to_string(), source)
    }
}

impl From<ChainError> for Refusal {
    fn from(error: ChainError) -> Self {
        Self::new("malformed_x5c", error.to_string(), "RFC 7515 §4.1.6")
    }
}

impl From<PathError> for Refusal {
    fn from(error: PathError) -> Self {
        let (code, source) = match error {
            PathError::AnchorIncluded { .. } => ("anchor_included", "HAIP 1.0 §6.1.1"),
            PathError::SelfSigned { .. } => ("self_signed", "HAIP 1.0 §6.1.1"),
            PathError::LeafIsAuthority => ("leaf_is_authority", "RFC 5280 §4.2.1.9"),
            PathError::NotAnAuthority { .. } => ("not_an_authority", "RFC 5280 §4.2.1.9"),
            PathError::OutOfOrder { .. } => ("chain_out_of_order", "RFC 7515 §4.1.6"),
            PathError::Expired { .. } => ("certificate_expired", "RFC 5280 §6.1.3"),
            PathError::NotYetValid { .. } => ("certificate_not_yet_valid", "RFC 5280 §6.1.3"),
            PathError::WrongPurpose => ("wrong_purpose", "RFC 5280 §4.2.1.12"),
            PathError::MayNotSign => ("may_not_sign", "RFC 5280 §4.2.1.3"),
            PathError::Leaf(_) => ("unusable_certificate", "RFC 5280 §4.1"),
            PathError::NameConstraint => ("name_constraint", "RFC 5280 §4.2.1.10"),
            PathError::PathLength => ("path_too_long", "RFC 5280 §4.2.1.9"),
            _ => ("untrusted_chain", "RFC 5280 §6.1"),
        };
        Self::new(code, error.to_string(), source)
    }
}

impl From<DcqlError> for Refusal {
    fn from(error: DcqlError) -> Self {
        let source = match &error {
            DcqlError::BadCredentialSets | DcqlError::UnknownCredential(_) => "OpenID4VP 1.0 §6.2",
            DcqlError::BadValues(_) | DcqlError::ClaimWithoutId(_) => "OpenID4VP 1.0 §6.3",
            DcqlError::BadPath { .. } => "OpenID4VP 1.0 §7",
            DcqlError::BadMdocPath(_) => "OpenID4VP 1.0 §7.2",
            DcqlError::BadTrustedAuthorities(_) => "OpenID4VP 1.0 §6.1.1",
            DcqlError::ClaimSetsWithoutClaims(_) => "OpenID4VP 1.0 §6.4.1",
            DcqlError::NotAnObject | DcqlError::BadCredentials => "OpenID4VP 1.0 §6",
            _ => "OpenID4VP 1.0 §6.1",
        };
        Self::new(error.code(), error.to_string(), source)
    }
}

impl From<OfferError> for Refusal {
    fn from(error: OfferError) -> Self {
        let source = match &error {
            OfferError::NotAnOfferLink | OfferError::Link(_) | OfferError::ValueAndReference => {
                "OpenID4VCI 1.0 §4.1"
            }
            OfferError::Address(_) | OfferError::Fetch(_) => "OpenID4VCI 1.0 §4.1.3",
            _ => "OpenID4VCI 1.0 §4.1.1",
        };
        Self::new(error.code(), error.to_string(), source)
    }
}

impl From<RequestError> for Refusal {
    /// Signatures, times and certificates have names of their own; all else has the code of §8.5.
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Jws(error) => error.into(),
            RequestError::Claim(error) => error.into(),
            RequestError::Chain(error) => error.into(),
            RequestError::Key(error) => Self::key(error),
            RequestError::Query(error) => error.into(),
            other => Self::new(request_code(&other), other.to_string(), request_section(&other)),
        }
    }
}

fn request_code(error: &RequestError) -> &'static str {
    match error {
        RequestError::SelfSigned => "self_signed",
        RequestError::CertificateDoesNotFit => "certificate_does_not_fit",
        RequestError::KeyOfOtherDid => "key_of_other_did",
        RequestError::WrongAudience => "wrong_audience",
        RequestError::ClientIdDiffers => "client_id_differs",
        other => other.code(),
    }
}

fn request_section(error: &RequestError) -> &'static str {
    match error {
        RequestError::NotARequestLink | RequestError::Form(_) | RequestError::NotJson => "OpenID4VP 1.0 §5.1",
        RequestError::ValueAndReference => "RFC 9101 §5",
        RequestError::ClientIdDiffers => "RFC 9101 §6.3",
        RequestError::MethodWithoutReference | RequestError::RequestUriMethod | RequestError::WalletNonce => {
            "OpenID4VP 1.0 §5.10"
        }
        RequestError::ClientId(ClientIdError::NotRegistered) => "OpenID4VP 1.0 §5.9.2",
        RequestError::ClientId(_)
        | RequestError::SignatureExpectedOrNot
        | RequestError::UnauthenticatedClient
        | RequestError::CertificateDoesNotFit
        | RequestError::KeyOfOtherDid
        | RequestError::ResponseUriElsewhere => "OpenID4VP 1.0 §5.9.3",
        RequestError::SelfSigned => "HAIP 1.0 §5",
        RequestError::WrongAudience => "OpenID4VP 1.0 §5.8",
        RequestError::TransactionData(_) => "OpenID4VP 1.0 §8.4",
        RequestError::Excluded("redirect_uri") | RequestError::Address(_) => "OpenID4VP 1.0 §8.2",
        RequestError::NoEncryption => "OpenID4VP 1.0 §8.3",
        RequestError::StateNeeded => "OpenID4VP 1.0 §5.3",
        RequestError::Formats => "OpenID4VP 1.0 §11.1",
        _ => "OpenID4VP 1.0 §5",
    }
}
