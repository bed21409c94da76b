//! Which sites there are. Each change is a version, and a leaf in the audit log.

use std::collections::BTreeSet;

use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, Range, Tx};
use verifier_connect::{address, claims};

use super::records::{Site, SiteVersion};
use crate::forms::ChangedBy;
use crate::space::{Space, SpaceError};

/// Most sites of a space.
pub const MOST_SITES: usize = 50;
/// Most sites that are looked through, with those that have ended.
const MOST_LISTED: usize = 1_000;
/// Most addresses of one kind of a site.
const MOST_ADDRESSES: usize = 10;
/// Longest identifier that one of ours has, in bytes.
const LONGEST_ID: usize = 64;
/// Longest name and purpose, in characters.
const LONGEST_NAME: usize = 64;
const LONGEST_PURPOSE: usize = 200;

/// What the team says of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSite {
    /// What members read.
    pub name: String,
    /// Where members are sent back to.
    pub redirect_uris: Vec<String>,
    /// Where they may be sent when they have signed out.
    pub logout_uris: Vec<String>,
    /// What it may learn.
    pub claims: BTreeSet<String>,
    /// What for.
    pub purpose: String,
    /// The sector, if it is not the host of the addresses.
    pub sector: Option<String>,
    /// Whether it cannot keep a secret: it runs in browsers or on phones.
    pub is_public: bool,
}

/// Why a site is not entered or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The name.
    #[error("a site's name has 1 to {LONGEST_NAME} characters")]
    BadName,
    /// What it is for.
    #[error("say in at most {LONGEST_PURPOSE} characters what the site is for")]
    BadPurpose,
    /// An address.
    #[error(
        "a site has 1 to {MOST_ADDRESSES} addresses to send members back to, each https (or http on localhost), without a part behind #"
    )]
    BadAddress,
    /// The addresses are at several hosts, or the sector is none.
    #[error(
        "the addresses are at several hosts: name a sector of lower-case letters, digits, dots and hyphens"
    )]
    NoSector,
    /// The space does not ask members for it.
    #[error("no form of this space asks for {0}, so no site can have it")]
    NotAsked(String),
    /// The registration does not cover it.
    #[error("the registration does not cover {0}: ask the network's operator to register it")]
    BeyondRegistration(String),
    /// There are as many as there may be.
    #[error("a space has at most {MOST_SITES} sites")]
    TooMany,
    /// It has no secret.
    #[error("this site has no secret: it is a public one")]
    Public,
    /// Our side failed, or there is no such site.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// The sites at which members sign in, by identifier.
    ///
    /// # Errors
    /// The store.
    pub async fn sites(&self) -> Result<Vec<Site>, SpaceError> {
        let all = self.tenant.list::<Site>(Range::all(), MOST_LISTED).await?.items;
        Ok(all.into_iter().filter(|site| !site.has_ended).collect())
    }

    /// The site `id`, unless it has ended. What is longer than any of ours names none.
    ///
    /// # Errors
    /// The store.
    pub async fn site(&self, id: &str) -> Result<Option<Site>, SpaceError> {
        if id.len() > LONGEST_ID {
            return Ok(None);
        }
        Ok(self.tenant.get::<Site>(id).await?.filter(|site| !site.has_ended))
    }

    /// What sites can be registered for: what this space's forms ask for and the registration covers.
    ///
    /// # Errors
    /// The store.
    pub async fn claims_for_sites(&self) -> Result<Vec<&'static str>, SpaceError> {
        let asked = self.asked_claims().await?;
        let covered = self.covered_claims();
        let may = |name: &str| asked.contains(name) && covered.contains(name);
        Ok(claims::known().filter(|claim| claims::is_given(claim, may)).collect())
    }

    /// Enters a site; its secret is shown this once.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub async fn add_site(
        &self,
        new: NewSite,
        by: ChangedBy,
    ) -> Result<(Site, Option<SecretText>), SiteError> {
        let (asked, covered) = (self.asked_claims().await?, self.covered_claims());
        let sector = check(&new, &asked, &covered)?;
        let secret = (!new.is_public).then(|| SecretText::random(self.environment().randomness()));
        let site = Site {
            id: self.fresh_id(),
            name: new.name.trim().to_owned(),
            redirect_uris: new.redirect_uris,
            logout_uris: new.logout_uris,
            claims: new.claims,
            purpose: new.purpose.trim().to_owned(),
            sector,
            secret: secret.as_ref().map(SecretText::hash),
            number: 1,
            by,
            at: self.environment().now().seconds(),
            has_ended: false,
        };
        let leaf = self.site_leaf(&site, "site");
        match self.tenant.commit(&AddSite { site: site.clone(), leaf }).await {
            Ok(()) => Ok((site, secret)),
            Err(Fault::Refused(TooMany)) => Err(SiteError::TooMany),
            Err(Fault::Store(fault)) => Err(SpaceError::from(fault).into()),
        }
    }

    /// Gives a site another secret, shown this once; the one of before counts no more.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub async fn renew_site_secret(&self, id: &str, by: ChangedBy) -> Result<SecretText, SiteError> {
        let site = self.site(id).await?.ok_or(SpaceError::NoSuch("site"))?;
        if site.secret.is_none() {
            return Err(SiteError::Public);
        }
        let secret = SecretText::random(self.environment().randomness());
        self.change_site(&site, Some(secret.hash()), by, "site-secret").await?;
        Ok(secret)
    }

    /// Ends a site: nobody signs in there any more, and its tokens open nothing.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn end_site(&self, id: &str, by: ChangedBy) -> Result<(), SiteError> {
        let site = self.site(id).await?.ok_or(SpaceError::NoSuch("site"))?;
        self.change_site(&site, None, by, "site-ended").await
    }

    async fn change_site(
        &self,
        site: &Site,
        secret: Option<SecretHash>,
        by: ChangedBy,
        code: &str,
    ) -> Result<(), SiteError> {
        let change = ChangeSite {
            id: &site.id,
            secret,
            by,
            at: self.environment().now().seconds(),
            leaf: self.site_leaf(site, code),
        };
        let was_there = self.tenant.carry_out(&change).await.map_err(SpaceError::from)?;
        if was_there { Ok(()) } else { Err(SpaceError::NoSuch("site").into()) }
    }

    fn site_leaf(&self, site: &Site, code: &str) -> Leaf {
        let names = site.claims.iter().map(String::as_str);
        let entry = Entry::new(EntryKind::RuleChanged, self.environment().now()).with_code(code).about(names);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }

    /// The first names of what this space's forms ask for.
    pub(crate) async fn asked_claims(&self) -> Result<BTreeSet<String>, SpaceError> {
        let forms = self.forms().await?;
        let fields = forms.values().flat_map(|version| &version.form.fields);
        Ok(fields.map(|field| top(&field.claim).to_owned()).collect())
    }

    /// The first names of what the registration covers.
    pub(crate) fn covered_claims(&self) -> BTreeSet<String> {
        let uses = self.registration.content().intended_uses.iter();
        let claims = uses.flat_map(|one| &one.claims);
        claims.map(|claim| top(&claim.path.to_string()).to_owned()).collect()
    }
}

/// The first name of a path.
fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

/// Looks at what the team says; gives the sector.
fn check(new: &NewSite, asked: &BTreeSet<String>, covered: &BTreeSet<String>) -> Result<String, SiteError> {
    let is_line = |text: &str, longest: usize| {
        (1..=longest).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
    };
    if !is_line(&new.name, LONGEST_NAME) {
        return Err(SiteError::BadName);
    }
    if !is_line(&new.purpose, LONGEST_PURPOSE) {
        return Err(SiteError::BadPurpose);
    }
    let fits = |all: &[String], least: usize| {
        (least..=MOST_ADDRESSES).contains(&all.len())
            && all.iter().all(|text| address::checked(text).is_some())
    };
    if !fits(&new.redirect_uris, 1) || !fits(&new.logout_uris, 0) {
        return Err(SiteError::BadAddress);
    }
    for claim in &new.claims {
        let is_known = claims::known().any(|known| known == claim);
        if !is_known || !claims::is_given(claim, |name| asked.contains(name)) {
            return Err(SiteError::NotAsked(claim.clone()));
        }
        if !claims::is_given(claim, |name| covered.contains(name)) {
            return Err(SiteError::BeyondRegistration(claim.clone()));
        }
    }
    sector(new)
}

/// One host, or a name that the team gives (Core §8.1).
fn sector(new: &NewSite) -> Result<String, SiteError> {
    if let Some(named) = &new.sector {
        let allowed = |symbol: char| {
            symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || matches!(symbol, '.' | '-')
        };
        let is_name = (1..=253).contains(&named.len()) && named.chars().all(allowed);
        return if is_name { Ok(named.clone()) } else { Err(SiteError::NoSector) };
    }
    let hosts = new.redirect_uris.iter().filter_map(|text| address::checked(text));
    let hosts: BTreeSet<String> = hosts.filter_map(|url| url.host_str().map(str::to_owned)).collect();
    match (hosts.len(), hosts.into_iter().next()) {
        (1, Some(host)) => Ok(host),
        _ => Err(SiteError::NoSector),
    }
}

struct AddSite {
    site: Site,
    leaf: Leaf,
}

struct TooMany;

impl Change for AddSite {
    const NAME: &'static str = "add-site";
    type Output = ();
    type Refusal = TooMany;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TooMany>> {
        let all = tx.list::<Site>(Range::all(), MOST_LISTED).await?.items;
        if all.iter().filter(|site| !site.has_ended).count() >= MOST_SITES {
            return Err(Fault::Refused(TooMany));
        }
        put(tx, &self.site).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

/// Another secret, or the end where there is none.
struct ChangeSite<'a> {
    id: &'a str,
    secret: Option<SecretHash>,
    by: ChangedBy,
    at: i64,
    leaf: Leaf,
}

impl Change for ChangeSite<'_> {
    const NAME: &'static str = "change-site";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let Some(mut site) = tx.get::<Site>(self.id).await?.filter(|site| !site.has_ended) else {
            return Ok(false);
        };
        site.number = site.number.saturating_add(1);
        site.secret = self.secret;
        site.has_ended = self.secret.is_none();
        site.by = self.by.clone();
        site.at = self.at;
        put(tx, &site).await?;
        tx.log(self.leaf.clone()).await?;
        Ok(true)
    }
}

async fn put(tx: &mut Tx, site: &Site) -> Result<(), store::StoreFault> {
    tx.put(site).await?;
    tx.put(&SiteVersion { site: Site { secret: None, ..site.clone() } }).await
}
