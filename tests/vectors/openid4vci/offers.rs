//! Credential offers (§4.1): what each example offers, by which grant, with which transaction code.

use std::path::Path;

use openid4vc::vci::offer::{CredentialOffer, TransactionCode};

use super::ISSUER;
use crate::walk::{self, UNKNOWN, said, same};

pub(super) fn example(case: &str, file: &Path) -> Result<(), String> {
    let text = walk::text(file)?;
    let offer = match case {
        "credential_offer_authz_code.txt" => {
            CredentialOffer::from_response(&super::http(&text)?).map_err(said)?
        }
        _ => CredentialOffer::parse(&text).map_err(said)?,
    };
    same("issuer", offer.credential_issuer.as_str(), ISSUER)?;
    match case {
        "credential_offer_authz_code.txt" => {
            configurations(&offer, &["UniversityDegreeCredential"])?;
            same("no pre-authorised code", offer.pre_authorized.as_ref().map(|_| ()), None)?;
            let grant = offer.authorization_code.as_ref().ok_or("no grant")?;
            let state = grant.issuer_state.as_ref().map(|state| state.expose());
            same("issuer_state", state, Some("eyJhbGciOiJSU0Et...FYUaBy"))
        }
        "credential_offer_by_reference.json" => {
            configurations(&offer, &["UniversityDegree_LDP_VC"])?;
            // An empty object means that a code is needed (§4.1.1).
            pre_authorised(&offer, "adhjhdjajkdkhjhdj", &described(None, None))
        }
        "credential_offer_multiple_credentials.json" => {
            configurations(&offer, &["UniversityDegreeCredential", "org.iso.18013.5.1.mDL"])?;
            let text = "Please provide the one-time code that was sent via e-mail";
            pre_authorised(&offer, "oaKazRN8I0IbtZ0C7JuMn5", &described(Some(4), Some(text)))
        }
        "credential_offer_pre-authz_code.json" => {
            configurations(&offer, &["UniversityDegreeCredential"])?;
            let text = "Please provide the one-time code which was sent to your mobile phone via SMS";
            pre_authorised(&offer, "adhjhdjajkdkhjhdj", &described(None, Some(text)))
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

pub(crate) fn configurations(offer: &CredentialOffer, expected: &[&str]) -> Result<(), String> {
    same("configurations", offer.configuration_ids.iter().map(String::as_str).collect::<Vec<_>>(), expected)
}

fn described(length: Option<u64>, description: Option<&str>) -> TransactionCode {
    TransactionCode { numeric: true, length, description: description.map(str::to_owned) }
}

fn pre_authorised(offer: &CredentialOffer, code: &str, tx_code: &TransactionCode) -> Result<(), String> {
    same("no code flow", offer.authorization_code.as_ref().map(|_| ()), None)?;
    let grant = offer.pre_authorized.as_ref().ok_or("no grant")?;
    same("code", grant.code.expose(), code)?;
    same("tx_code", grant.tx_code.as_ref(), Some(tx_code))
}
