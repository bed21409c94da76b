//! Issuing an SD-JWT VC.

use environment::{Randomness, Timestamp};
use jose::{Jwk, Signer};
use serde_json::{Map, Value, json};

use super::{NEVER_DISCLOSABLE, StatusReference, TYPE};
use crate::issuer_key::{SignAs, did_jwk};
use crate::sd_jwt::{self, Decoys, Frame, IssueError};

/// What to issue. Registered claims have fields; all other claims are in `claims`.
///
/// Copies of one batch should get different keys and status entries and the same rounded dates
/// ([`Timestamp::start_of_day`]), so that they cannot be linked.
#[derive(Clone, Debug)]
pub struct Issuing<'a> {
    /// The type.
    pub vct: &'a str,
    /// The claims about the subject.
    pub claims: Map<String, Value>,
    /// Which of them are disclosable. Registered claims never are.
    pub frame: Frame,
    /// Decoy digests.
    pub decoys: Decoys,
    /// The holder's key.
    pub holder: Option<&'a Jwk>,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
    /// `exp`.
    pub expires: Option<Timestamp>,
    /// The entry in a status list.
    pub status: Option<&'a StatusReference>,
}

/// Why nothing was issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VcIssueError {
    /// `claims` holds a registered claim, which has a field of its own or is not for us to set.
    #[error("{0} is set by its field, not among the claims")]
    RegisteredClaim(&'static str),
    /// A certificate chain without a certificate.
    #[error("the certificate chain is empty")]
    EmptyChain,
    /// The DID URL of the key does not belong to the DID.
    #[error("kid must be an absolute DID URL of the issuer")]
    BadKid,
    /// A self-issued credential without a holder's key, or signed with another one.
    #[error("a self-issued credential is signed with the key in its cnf")]
    NotTheHolder,
    /// The frame makes a registered claim disclosable.
    #[error("{0} must not be selectively disclosable")]
    Disclosable(&'static str),
    /// The SD-JWT could not be made.
    #[error(transparent)]
    SdJwt(#[from] IssueError),
}

/// Issues a credential as an office or a space.
///
/// # Errors
/// See [`VcIssueError`].
pub fn issue(
    issuing: Issuing<'_>,
    sign_as: SignAs<'_>,
    signer: &dyn Signer,
    randomness: &dyn Randomness,
) -> Result<String, VcIssueError> {
    match sign_as {
        SignAs::X5c([]) => return Err(VcIssueError::EmptyChain),
        SignAs::Did { did, kid } if !kid.strip_prefix(did).is_some_and(|rest| rest.starts_with('#')) => {
            return Err(VcIssueError::BadKid);
        }
        _ => {}
    }
    let decoys = issuing.decoys;
    let (claims, frame) = claims(issuing, sign_as.issuer())?;
    let frame = with_registered(frame)?;
    let issuing = sd_jwt::Issuing { typ: TYPE, header: sign_as.header(), claims, frame: &frame, decoys };
    Ok(sd_jwt::issue(issuing, signer, randomness)?)
}

impl Issuing<'_> {
    /// Issues it as the holder itself: `iss` is the did:jwk of the signing key, which is also `cnf`.
    ///
    /// # Errors
    /// See [`VcIssueError`]; `holder` must be the signer's key.
    pub fn issue_as_holder(
        self,
        signer: &dyn Signer,
        randomness: &dyn Randomness,
    ) -> Result<String, VcIssueError> {
        if self.holder != Some(signer.public_jwk()) {
            return Err(VcIssueError::NotTheHolder);
        }
        let did = did_jwk(signer.public_jwk());
        let kid = format!("{did}#0");
        issue(self, SignAs::Did { did: &did, kid: &kid }, signer, randomness)
    }
}

/// All claims, and the frame for them.
fn claims(issuing: Issuing<'_>, issuer: Option<&str>) -> Result<(Map<String, Value>, Frame), VcIssueError> {
    let registered = NEVER_DISCLOSABLE.into_iter().chain(["iat"]);
    if let Some(name) = registered.into_iter().find(|name| issuing.claims.contains_key(*name)) {
        return Err(VcIssueError::RegisteredClaim(name));
    }
    let mut claims = issuing.claims;
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    let seconds = |moment: Option<Timestamp>| moment.map(|moment| Value::from(moment.seconds()));
    set("iss", issuer.map(Value::from));
    set("vct", Some(Value::from(issuing.vct)));
    set("cnf", issuing.holder.map(|key| json!({"jwk": key.required_members()})));
    set("status", issuing.status.map(StatusReference::to_value));
    set("iat", seconds(issuing.issued_at));
    set("nbf", seconds(issuing.not_before));
    set("exp", seconds(issuing.expires));
    Ok((claims, issuing.frame))
}

/// The frame with the registered claims among those that always stay visible.
fn with_registered(frame: Frame) -> Result<Frame, VcIssueError> {
    let add = |mut except: Vec<String>| {
        except.extend(NEVER_DISCLOSABLE.into_iter().chain(["iat"]).map(str::to_owned));
        except
    };
    Ok(match frame {
        Frame::TopLevel { except } => Frame::TopLevel { except: add(except) },
        Frame::Everything { except } => Frame::Everything { except: add(except) },
        Frame::Paths(paths) => {
            let named = |name: &&str| paths.iter().any(|path| path.first_name() == Some(*name));
            match NEVER_DISCLOSABLE.into_iter().find(named) {
                Some(name) => return Err(VcIssueError::Disclosable(name)),
                None => Frame::Paths(paths),
            }
        }
        Frame::Nothing => Frame::Nothing,
    })
}
