//! What is stored of sites, of what members said to them, and of tokens.

use std::collections::BTreeSet;

use environment::Timestamp;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Key, Record};
use verifier_connect::request::Wanted;

use crate::forms::ChangedBy;

/// A site at which members sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// A random identifier, its `client_id`.
    pub id: String,
    /// What members read.
    pub name: String,
    /// Where members are sent back to.
    pub redirect_uris: Vec<String>,
    /// Where they may be sent when they have signed out.
    pub logout_uris: Vec<String>,
    /// What it may learn.
    pub claims: BTreeSet<String>,
    /// What for, in the team's words.
    pub purpose: String,
    /// Members have one name at all sites of one sector.
    pub sector: String,
    /// Hash of its secret; none of a site that cannot keep one.
    pub secret: Option<SecretHash>,
    /// Which version, counted from 1.
    pub number: u32,
    /// Who made it.
    pub by: ChangedBy,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Whether nobody signs in there any more.
    #[serde(default)]
    pub has_ended: bool,
}

const SITE_FIELDS: &[(&str, FieldClass)] = &[
    ("id", FieldClass::Operational),
    ("name", FieldClass::Operational),
    ("redirect_uris", FieldClass::Operational),
    ("logout_uris", FieldClass::Operational),
    ("claims", FieldClass::Operational),
    ("purpose", FieldClass::Operational),
    ("sector", FieldClass::Operational),
    ("secret", FieldClass::Operational),
    ("number", FieldClass::Operational),
    ("by", FieldClass::Operational),
    ("at", FieldClass::Operational),
    ("has_ended", FieldClass::Operational),
];

impl Record for Site {
    const CLASS: &'static str = "site";
    const FIELDS: &'static [(&'static str, FieldClass)] = SITE_FIELDS;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

/// What a site was in one version, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteVersion {
    /// The site as it was.
    pub site: Site,
}

impl Record for SiteVersion {
    const CLASS: &'static str = "site-version";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("site", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(self.site.id.as_str()).then(i64::from(self.site.number))
    }
}

/// A site's request while its member signs in and is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRequest {
    /// Hash of what the browser has of it.
    pub handle: SecretHash,
    /// The site.
    pub site: String,
    /// What it asks.
    pub wanted: Wanted,
    /// Only a session that began no earlier counts, in seconds since the epoch.
    pub fresh_since: Option<i64>,
    /// When it is over.
    pub until: i64,
}

impl Record for SiteRequest {
    const CLASS: &'static str = "site-request";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("handle", FieldClass::Operational),
        ("site", FieldClass::Operational),
        ("wanted", FieldClass::Operational),
        ("fresh_since", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.handle.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// What a member lets a site have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The membership's `sub`.
    pub sub: String,
    /// The site.
    pub site: String,
    /// Another one each time it is given anew: tokens of before count no more.
    pub id: String,
    /// What it may have: what the member was shown.
    pub claims: BTreeSet<String>,
    /// Whether it may go on without the member.
    pub offline: bool,
    /// Since when, in seconds since the epoch.
    pub since: i64,
}

impl Record for Consent {
    const CLASS: &'static str = "site-consent";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("sub", FieldClass::Operational),
        ("site", FieldClass::Operational),
        ("id", FieldClass::Operational),
        ("claims", FieldClass::Operational),
        ("offline", FieldClass::Operational),
        ("since", FieldClass::Operational),
    ];
    // What was taken back after the backup must not count again.
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from((self.sub.as_str(), self.site.as_str()))
    }
}

/// One sign-in at a site: what its code and every token that comes of it are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteSignIn {
    /// A random identifier.
    pub id: String,
    /// The site.
    pub site: String,
    /// The membership's `sub`.
    pub sub: String,
    /// What the member lets it have.
    pub consent: String,
    /// What was asked for.
    pub claims: BTreeSet<String>,
    /// Of these, what ID tokens hold.
    pub in_id_token: BTreeSet<String>,
    /// When the member signed in, in seconds since the epoch.
    pub auth_time: i64,
    /// Of the request.
    pub nonce: Option<String>,
    /// Whether it may be refreshed.
    pub offline: bool,
    /// When the record may go.
    pub until: i64,
}

impl Record for SiteSignIn {
    const CLASS: &'static str = "site-sign-in";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("site", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("consent", FieldClass::Operational),
        ("claims", FieldClass::Operational),
        ("in_id_token", FieldClass::Operational),
        ("auth_time", FieldClass::Operational),
        ("nonce", FieldClass::Operational),
        ("offline", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// What a secret in a site's hands is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A code, for whoever has the verifier of this challenge, at this address.
    Code {
        /// The PKCE challenge.
        challenge: String,
        /// Where it was sent.
        redirect_uri: String,
    },
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

/// A code or a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteToken {
    /// Its hash.
    pub token: SecretHash,
    /// What it is.
    pub kind: Kind,
    /// The sign-in that it belongs to.
    pub sign_in: String,
    /// Until when it counts, in seconds since the epoch.
    pub counts_until: i64,
    /// Whether it was used; a code and a refresh token count once.
    pub was_used: bool,
    /// When the record may go: a used one is known for as long as it could be tried again.
    pub until: i64,
}

impl Record for SiteToken {
    const CLASS: &'static str = "site-token";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("token", FieldClass::Operational),
        ("kind", FieldClass::Operational),
        ("sign_in", FieldClass::Operational),
        ("counts_until", FieldClass::Operational),
        ("was_used", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.token.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Which keys sign ID tokens: the newest; the one before is shown until what it signed is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteKeys {
    /// Always the same: there is one record.
    pub id: String,
    /// Number of the newest.
    pub number: u32,
    /// Until when the one before is shown, in seconds since the epoch.
    pub before_until: i64,
}

impl Record for SiteKeys {
    const CLASS: &'static str = "site-keys";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("number", FieldClass::Operational),
        ("before_until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}
