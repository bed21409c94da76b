//! Sites at which members sign in, from the terminal.

use std::collections::BTreeSet;

use openid4vc::secret::SecretText;
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::Space;
use verifier::forms::ChangedBy;
use verifier::sites::managing::NewSite;
use verifier::sites::records::Site;

use super::time;

/// What is said of a site.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    name: String,
    purpose: String,
    redirect_uris: Vec<String>,
    #[serde(default)]
    logout_uris: Vec<String>,
    #[serde(default)]
    claims: BTreeSet<String>,
    #[serde(default)]
    sector: Option<String>,
    #[serde(default)]
    public: bool,
}

/// Enters a site; its secret is shown this once.
pub(super) async fn add(space: &Space, wanted: Wanted) -> Result<Value, String> {
    let new = NewSite {
        name: wanted.name,
        redirect_uris: wanted.redirect_uris,
        logout_uris: wanted.logout_uris,
        claims: wanted.claims,
        purpose: wanted.purpose,
        sector: wanted.sector,
        is_public: wanted.public,
    };
    let (site, secret) = space.add_site(new, ChangedBy::Terminal).await.map_err(|error| error.to_string())?;
    let issuer = space.connect_issuer();
    Ok(json!({
        "client_id": site.id,
        "client_secret": secret.as_ref().map(SecretText::expose),
        "issuer": issuer,
        "discovery": format!("{issuer}/.well-known/openid-configuration"),
        "sector": site.sector,
    }))
}

/// The sites, and what a site of this space may learn.
pub(super) async fn list(space: &Space) -> Result<Value, String> {
    let sites = space.sites().await.map_err(|error| error.to_string())?;
    let may = space.claims_for_sites().await.map_err(|error| error.to_string())?;
    Ok(json!({"sites": sites.iter().map(shown).collect::<Vec<_>>(), "claims": may}))
}

/// A site without its secret.
pub(super) fn shown(site: &Site) -> Value {
    json!({
        "client_id": site.id,
        "name": site.name,
        "purpose": site.purpose,
        "redirect_uris": site.redirect_uris,
        "logout_uris": site.logout_uris,
        "claims": site.claims,
        "sector": site.sector,
        "public": site.secret.is_none(),
        "version": site.number,
        "since": time(site.at),
    })
}

/// Gives a site another secret.
pub(super) async fn renew_secret(space: &Space, id: &str) -> Result<Value, String> {
    let secret = space.renew_site_secret(id, ChangedBy::Terminal).await.map_err(|error| error.to_string())?;
    Ok(json!({"client_id": id, "client_secret": secret.expose()}))
}

/// Ends a site.
pub(super) async fn end(space: &Space, id: &str) -> Result<Value, String> {
    space.end_site(id, ChangedBy::Terminal).await.map_err(|error| error.to_string())?;
    Ok(json!({"ended": id}))
}

/// Makes another key for ID tokens.
pub(super) async fn renew_key(space: &Space) -> Result<Value, String> {
    let number = space.renew_site_key().await.map_err(|error| error.to_string())?;
    Ok(json!({"key": number}))
}
