//! What a wallet finds at `sharing_proof_uri` (an additional member of the answer to a presentation).
//!
//! The resource is fetched with a DPoP proof by the answering key (RFC 9449), so that only the wallet that
//! answered reads it. It is fetched as often as the wallet likes.

use serde::{Deserialize, Serialize};

/// The resource's media type.
pub const MEDIA_TYPE: &str = "application/json";

/// What followed from one answer, so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The proof of sharing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_proof: Option<String>,
    /// The decision, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// A credential offer (an `openid-credential-offer://` link), as long as it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_offer: Option<String>,
    /// Where the office would host the member's DID, until a log has been left there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did_hosting: Option<DidHosting>,
    /// What the other side waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<WaitingFor>,
    /// What the space's team asks for instead, as long as nothing is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter_offer: Option<CounterOfferOfSpace>,
}

/// A team asks the applicant for something else. An answer takes the place of the one that is followed up here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterOfferOfSpace {
    /// The request, as the link that a button or a QR would carry.
    pub request: String,
    /// A plain sentence for the applicant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A place for a member's DID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DidHosting {
    /// The DID's method-specific part behind the SCID: host (port as `%3A`) and random label, joined by `:`.
    pub location: String,
    /// Where the log is left: PUT, `application/jsonl`, with a DPoP proof by the answering key.
    pub upload_uri: String,
}

/// What has to happen before the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingFor {
    /// The member opens the link in the mail.
    EmailLink,
    /// The wallet leaves its DID log.
    DidLog,
    /// The space's team decides.
    Team,
    /// All places are taken: a place becomes free.
    Place,
    /// The member types the code at the waiting screen.
    ScreenCode,
}
