//! `party.json`: what people decide about a party.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::verifier::form::Form;
use anyhow::{Context, Result, ensure};
use network::space_pages::SpacePage;
use serde::{Deserialize, Serialize};
use trust::registration::LegalBasis;
use trust::{Brand, Role};
use url::Url;
use verifier_web::{MOST_LOGO, SpaceLook};

use super::issuing::{Approval, AttestedKeys, RequestsAre};
use super::login::OwnLogin;

/// Where a space's directory is.
const DIRECTORY: &str = "/people";

/// The settings of an office or a space.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartySettings {
    /// Office or space.
    pub(crate) role: Role,
    /// The name that people read.
    pub(crate) name: String,
    /// The legal name.
    pub(crate) legal_name: String,
    /// Its address: scheme, host and, in development, port.
    pub(crate) origin: Url,
    /// The brand it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) brand: Option<Brand>,
    /// An address for people, for contact, data protection and appeals.
    pub(crate) contact: String,
    /// The authority to complain to.
    pub(crate) supervisory_authority: String,
    /// What claims are used for, by identifier.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) uses: BTreeMap<String, Registered>,
    /// A space's forms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) forms: Vec<Form>,
    /// Credential types from outside the network that a form may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) foreign: Vec<ForeignSettings>,
    /// A space's own pages for its members, by what each is for: `book`, `people`, `help`; a path at its own address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) pages: BTreeMap<SpacePage, String>,
    /// A space's own colour and logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) look: Option<LookSettings>,
    /// Where wallets are to be had, for people at a space's pages who have none: https addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wallets: Vec<String>,
    /// How credentials are issued, where it differs from the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuing: Option<IssuingSettings>,
    /// The mail server of an office, or of a space that invites by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mail: Option<MailSettings>,
    /// The login that a space has already: whoever is a member by it gets the membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) login: Option<OwnLogin>,
    /// A made-up member for trying things out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) test_member: Option<TestMember>,
}

/// What a space's pages wear.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookSettings {
    /// The colour of buttons and links, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) accent: Option<String>,
    /// An SVG, PNG or WebP file, relative to the party's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) logo: Option<PathBuf>,
}

/// Why and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registered {
    /// The purpose in plain words, by language.
    pub(crate) purpose: BTreeMap<String, String>,
    /// The ground (GDPR Article 6).
    pub(crate) legal_basis: LegalBasis,
    /// Days after which values are erased when nothing else was agreed.
    pub(crate) retention_days: u32,
}

/// A credential type from outside the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForeignSettings {
    /// Its type.
    pub(crate) vct: String,
    /// PEM file with the roots it is trusted under, relative to the party's folder.
    pub(crate) root: PathBuf,
}

/// Lifetimes and limits of issuing; what is absent is as usual.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuingSettings {
    /// For how many seconds an access token may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_seconds: Option<u32>,
    /// For how many seconds the nonce of a proof may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce_seconds: Option<u32>,
    /// Most copies of one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) batch_size: Option<u32>,
    /// Who approves first passports; absent: they are issued as soon as everything is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<Approval>,
    /// The DIDs of wallet providers, and PEM files with roots that certify such, relative to the party's folder: only their
    /// wallets are taken; absent: any wallet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wallet_providers: Vec<String>,
    /// What those providers must attest of keys too; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attested_keys: Option<AttestedKeys>,
    /// `required`: readable credential requests are refused; absent: encryption is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<RequestsAre>,
}

/// Seconds for which an access token may be used where a person approves: as long as an application lasts.
const UNTIL_APPROVED: i64 = 86_400;

impl IssuingSettings {
    /// These settings over the usual ones.
    pub(crate) fn over_usual(&self) -> issuance::Settings {
        let usual = issuance::Settings::default();
        let token_lifetime = if self.approval.is_some() { UNTIL_APPROVED } else { usual.token_lifetime };
        issuance::Settings {
            token_lifetime: self.token_seconds.map_or(token_lifetime, i64::from),
            nonce_lifetime: self.nonce_seconds.map_or(usual.nonce_lifetime, i64::from),
            batch_size: self.batch_size.map_or(usual.batch_size, u64::from),
            ..usual
        }
    }
}

/// Where mails are handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSettings {
    /// The server.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// `implicit`, `starttls`, or `plain` on this machine.
    pub(crate) tls: String,
    /// The sender.
    pub(crate) from: String,
    /// User name, if the server asks; the password stands in the environment variable `PASSPORT_MAIL_PASSWORD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

/// A made-up member.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestMember {
    /// Given name.
    pub(crate) given_name: String,
    /// Family name.
    pub(crate) family_name: String,
    /// Birthdate, `YYYY-MM-DD`.
    pub(crate) birthdate: String,
    /// E-mail address.
    pub(crate) email: String,
}

/// The port in a plain http address below `localhost`, if one stands there.
pub(crate) fn development_port(address: &Url) -> Option<u16> {
    let is_development = address.host_str().is_some_and(outbound::is_development_host);
    address.port().filter(|_| is_development && address.scheme() == "http")
}

impl PartySettings {
    /// The host name, without a port.
    pub(crate) fn host(&self) -> &str {
        self.origin.host_str().unwrap_or_default()
    }

    /// The addresses of the pages for members. Where a space names no page of its people it is the directory.
    ///
    /// # Errors
    /// One leads to another host than the party's own.
    pub(crate) fn page_addresses(&self) -> Result<Vec<(SpacePage, String)>> {
        let address = |(page, path): (&SpacePage, &String)| {
            let named = || format!("the page {:?} in party.json", page.fragment());
            let url = self.origin.join(path).with_context(named)?;
            ensure!(url.origin() == self.origin.origin(), "{} leads to another host", named());
            Ok((*page, url.to_string()))
        };
        let mut addresses = self.pages.iter().map(address).collect::<Result<Vec<_>>>()?;
        if self.role == Role::Space && !self.pages.contains_key(&SpacePage::People) {
            addresses.push(address((&SpacePage::People, &DIRECTORY.to_owned()))?);
        }
        Ok(addresses)
    }

    /// A space's look, with its logo read from `folder`.
    ///
    /// # Errors
    /// The colour or the logo does not fit, or the file cannot be read.
    pub(crate) fn space_look(&self, folder: &Path) -> Result<SpaceLook> {
        let Some(look) = &self.look else { return Ok(SpaceLook::default()) };
        let named = || format!("the look in party.json of {}", self.name);
        let logo = match &look.logo {
            None => None,
            Some(file) => {
                let file = folder.join(file);
                let size = std::fs::metadata(&file)
                    .with_context(|| format!("{}: the logo {} cannot be read", named(), file.display()))?;
                ensure!(
                    size.is_file() && size.len() <= MOST_LOGO as u64,
                    "{}: the logo {} may have {MOST_LOGO} bytes at most, and has {}",
                    named(),
                    file.display(),
                    size.len()
                );
                Some(std::fs::read(&file).with_context(named)?)
            }
        };
        SpaceLook::new(look.accent.as_deref(), logo).with_context(named)
    }

    /// Where wallets are to be had.
    ///
    /// # Errors
    /// One is no https address.
    pub(crate) fn wallet_addresses(&self) -> Result<Vec<String>> {
        let address = |text: &String| {
            let named = || format!("the wallet {text:?} in party.json of {}", self.name);
            let url = Url::parse(text).with_context(named)?;
            let is_own = url.scheme() == "http" && url.host_str().is_some_and(outbound::is_development_host);
            ensure!(url.scheme() == "https" || is_own, "{} is no https address", named());
            Ok(url.to_string())
        };
        self.wallets.iter().map(address).collect()
    }

    /// The origin as text without a trailing slash.
    pub(crate) fn origin(&self) -> String {
        self.origin.as_str().trim_end_matches('/').to_owned()
    }

    /// Lifetimes and limits of issuing.
    pub(crate) fn issuance(&self) -> issuance::Settings {
        self.issuing.clone().unwrap_or_default().over_usual()
    }

    /// The port in the address of a party for development that is spoken to without TLS, if one stands there.
    pub(crate) fn development_port(&self) -> Option<u16> {
        development_port(&self.origin)
    }

    /// Whether the party is for development on this machine: a name below `localhost`.
    pub(crate) fn is_development(&self) -> bool {
        outbound::is_development_host(self.host())
    }
}
