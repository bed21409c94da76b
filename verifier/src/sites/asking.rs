//! A site's request while somebody signs in, and what the member says to it.

use std::collections::BTreeSet;

use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, Range, Reader, StoreFault, Take, Tx, View};
use verifier_connect::claims;
use verifier_connect::request::{Prompt, Wanted};

use super::records::{Consent, Kind, Site, SiteRequest, SiteSignIn, SiteToken};
use super::tokens::{CODE, REMEMBERED, active};
use crate::keeping::{basis_of, is_over};
use crate::portal::SignedIn;
use crate::records::Contact;
use crate::space::{Space, SpaceError};

/// Seconds for which a site's request waits for its member.
const REQUEST: i64 = 900;
/// Requests of strangers that a process keeps within that time: anybody may send some.
pub(crate) const MOST_WAITING: u32 = 5_000;
/// Most sites on one member's page.
const MOST_CONSENTS: usize = 100;

/// A request that waits for its member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The request.
    pub request: SiteRequest,
    /// Its site.
    pub site: Site,
}

/// What a site would get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// What the member gave this space, of what the site asks and may have.
    pub claims: BTreeSet<String>,
    /// Whether it wants to go on without the member.
    pub offline: bool,
    /// The agreement by which the member has said yes to all of it, if there is one.
    pub agreed: Option<String>,
}

/// What is sent to the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// The code.
    pub code: SecretText,
    /// What was asked.
    pub wanted: Wanted,
}

impl Space {
    /// Keeps a request for the browser of a stranger that has `secret`, a fresh one.
    ///
    /// # Errors
    /// [`SpaceError::TooManyWaiting`], or the store.
    pub async fn keep_site_request(
        &self,
        site: &Site,
        wanted: Wanted,
        secret: &SecretText,
    ) -> Result<(), SpaceError> {
        if !self.site_requests.take(self.environment().now(), REQUEST) {
            return Err(SpaceError::TooManyWaiting);
        }
        self.keep_members_site_request(site, wanted, secret).await
    }

    /// The same for the browser of a member, which is let in however many strangers there are.
    ///
    /// # Errors
    /// The store.
    pub async fn keep_members_site_request(
        &self,
        site: &Site,
        wanted: Wanted,
        secret: &SecretText,
    ) -> Result<(), SpaceError> {
        let now = self.environment().now();
        let fresh_since = match (wanted.prompt, wanted.max_age) {
            (Prompt::Login, _) => Some(now.seconds()),
            (_, Some(age)) => Some(now.minus(age).seconds()),
            _ => None,
        };
        let until = now.plus(REQUEST).seconds();
        let request =
            SiteRequest { handle: secret.hash(), site: site.id.clone(), wanted, fresh_since, until };
        Ok(self.tenant.carry_out(&Keep(request)).await?)
    }

    /// The request of the browser that has `secret`.
    ///
    /// # Errors
    /// The store.
    pub async fn site_request(&self, secret: &SecretText) -> Result<Option<Waiting>, SpaceError> {
        let Some(request) = self.tenant.get::<SiteRequest>(&secret.hash().as_bytes()[..]).await? else {
            return Ok(None);
        };
        if self.environment().now().seconds() >= request.until {
            return Ok(None);
        }
        let site = self.site(&request.site).await?;
        Ok(site.map(|site| Waiting { request, site }))
    }

    /// What `site` would get of whoever is signed in.
    ///
    /// # Errors
    /// The store.
    pub async fn offered_to_site(
        &self,
        site: &Site,
        wanted: &Wanted,
        signed_in: &SignedIn,
    ) -> Result<Offered, SpaceError> {
        let view = Offering { site, wanted, sub: &signed_in.member.sub };
        Ok(self.tenant.read(&view).await?.unwrap_or_default())
    }

    /// The member says yes to the request of the browser that has `secret`, having been shown `shown`. None where it waits no more,
    /// or where the membership or the site has ended.
    ///
    /// # Errors
    /// The store.
    pub async fn agree_with_site(
        &self,
        secret: &SecretText,
        shown: &Offered,
        signed_in: &SignedIn,
    ) -> Result<Option<Coded>, SpaceError> {
        self.give_code(From::Kept(secret.hash()), Word::Now, shown, signed_in).await
    }

    /// Gives the code for the request of the browser that has `secret`, by what the member has agreed with before. None as with
    /// [`Self::agree_with_site`], and where that agreement is there no more: then the request goes on waiting.
    ///
    /// # Errors
    /// The store.
    pub async fn code_for_waiting(
        &self,
        secret: &SecretText,
        offered: &Offered,
        signed_in: &SignedIn,
    ) -> Result<Option<Coded>, SpaceError> {
        let Some(agreed) = &offered.agreed else { return Ok(None) };
        self.give_code(From::Kept(secret.hash()), Word::Before(agreed), offered, signed_in).await
    }

    /// Gives the code for a request of a site that the member has agreed with before; none where that agreement is there no more.
    ///
    /// # Errors
    /// The store.
    pub async fn code_for_site(
        &self,
        site: &Site,
        wanted: Wanted,
        offered: &Offered,
        signed_in: &SignedIn,
    ) -> Result<Option<Coded>, SpaceError> {
        let Some(agreed) = &offered.agreed else { return Ok(None) };
        let from = From::Now(Box::new((site.id.clone(), wanted)));
        self.give_code(from, Word::Before(agreed), offered, signed_in).await
    }

    async fn give_code(
        &self,
        from: From,
        word: Word<'_>,
        shown: &Offered,
        signed_in: &SignedIn,
    ) -> Result<Option<Coded>, SpaceError> {
        let now = self.environment().now();
        let code = SecretText::random(self.environment().randomness());
        let entry = Entry::new(EntryKind::Changed, now)
            .with_code("site")
            .about(shown.claims.iter().map(String::as_str));
        let give = GiveCode {
            from,
            word,
            shown,
            sub: &signed_in.session.sub,
            auth_time: signed_in.session.made,
            now: now.seconds(),
            code: code.hash(),
            sign_in: self.fresh_id(),
            consent: self.fresh_id(),
            leaf: Leaf::new(LeafId::generate(self.environment().randomness()), &entry),
        };
        let wanted = self.tenant.carry_out(&give).await?;
        Ok(wanted.map(|wanted| Coded { code, wanted }))
    }

    /// The member says no, or the request is over.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_site_request(&self, secret: &SecretText) -> Result<Option<SiteRequest>, SpaceError> {
        Ok(self.tenant.carry_out(&Forget(secret.hash())).await?)
    }

    /// What the member lets sites have, with the sites that there still are.
    ///
    /// # Errors
    /// The store.
    pub async fn consents_of(&self, sub: &str) -> Result<Vec<(Consent, Site)>, SpaceError> {
        let all = self.tenant.list::<Consent>(Range::prefix(sub), MOST_CONSENTS).await?.items;
        let mut found = Vec::new();
        for consent in all {
            if let Some(site) = self.site(&consent.site).await? {
                found.push((consent, site));
            }
        }
        Ok(found)
    }

    /// Takes back what the member lets a site have; whether there was anything. Its tokens open nothing from now on.
    ///
    /// # Errors
    /// The store.
    pub async fn end_consent(&self, sub: &str, site: &str) -> Result<bool, SpaceError> {
        let entry = Entry::new(EntryKind::Changed, self.environment().now()).with_code("site-ended");
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        Ok(self.tenant.carry_out(&EndConsent { sub, site, leaf }).await?)
    }
}

/// What of a contact a site may see by its registration: `asked`, as far as the member gave it.
pub(super) fn given(asked: &BTreeSet<String>, contact: Option<&Contact>) -> BTreeSet<String> {
    let is_held = |name: &str| {
        contact.is_some_and(|contact| {
            contact.given.iter().any(|one| one.claim == name || one.claim.starts_with(&format!("{name}.")))
        })
    };
    asked.iter().filter(|claim| claims::is_given(claim, is_held)).cloned().collect()
}

struct Keep(SiteRequest);

impl Change for Keep {
    const NAME: &'static str = "keep-site-request";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(&self.0).await?)
    }
}

struct Offering<'a> {
    site: &'a Site,
    wanted: &'a Wanted,
    sub: &'a str,
}

impl View for Offering<'_> {
    const NAME: &'static str = "offered-to-site";
    type Output = Option<Offered>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let Some(member) = active(reader, self.sub).await? else { return Ok(None) };
        let mut contact = match &member.contact {
            Some(contact) => reader.get::<Contact>(contact.as_str()).await?,
            None => None,
        };
        if let Some(contact) = &mut contact {
            let (basis, now) = (basis_of(reader, &contact.id).await?, reader.now().seconds());
            contact.given.retain(|given| !is_over(given, basis, now));
        }
        let may: BTreeSet<String> = self.wanted.claims.intersection(&self.site.claims).cloned().collect();
        let claims = given(&may, contact.as_ref());
        let before = reader.get::<Consent>((self.sub, self.site.id.as_str())).await?;
        let offline = self.wanted.offline;
        let covers = |before: &Consent| claims.is_subset(&before.claims) && (before.offline || !offline);
        let agreed = before.filter(covers).map(|before| before.id);
        Ok(Some(Offered { claims, offline, agreed }))
    }
}

/// Where the request is.
enum From {
    Kept(SecretHash),
    Now(Box<(String, Wanted)>),
}

/// By which word of the member a code is given.
enum Word<'a> {
    /// The member says so now.
    Now,
    /// The member has said so before: it counts as long as that very agreement is there.
    Before(&'a str),
}

struct GiveCode<'a> {
    from: From,
    word: Word<'a>,
    shown: &'a Offered,
    sub: &'a str,
    auth_time: i64,
    now: i64,
    code: SecretHash,
    sign_in: String,
    consent: String,
    leaf: Leaf,
}

impl Change for GiveCode<'_> {
    const NAME: &'static str = "give-code-to-site";
    type Output = Option<Wanted>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<Self::Refusal>> {
        let (site, wanted) = match &self.from {
            From::Now(now) => (**now).clone(),
            From::Kept(handle) => match tx.get::<SiteRequest>(&handle.as_bytes()[..]).await? {
                Some(request) => (request.site, request.wanted),
                None => return Ok(None),
            },
        };
        let is_there = tx.get::<Site>(site.as_str()).await?.is_some_and(|site| !site.has_ended);
        if !is_there || active(tx, self.sub).await?.is_none() {
            return Ok(None);
        }
        let Some(consent) = self.consent(tx, &site).await? else { return Ok(None) };
        if let From::Kept(handle) = &self.from
            && !matches!(tx.take::<SiteRequest>(&handle.as_bytes()[..]).await?, Take::Live(_))
        {
            return Ok(None);
        }
        let sign_in = SiteSignIn {
            id: self.sign_in.clone(),
            site,
            sub: self.sub.to_owned(),
            consent,
            claims: wanted.claims.intersection(&self.shown.claims).cloned().collect(),
            in_id_token: wanted.in_id_token.intersection(&self.shown.claims).cloned().collect(),
            auth_time: self.auth_time,
            nonce: wanted.nonce.clone(),
            offline: wanted.offline,
            until: self.now.saturating_add(REMEMBERED),
        };
        tx.put(&sign_in).await?;
        let kind =
            Kind::Code { challenge: wanted.challenge.clone(), redirect_uri: wanted.redirect_uri.clone() };
        let code = SiteToken {
            token: self.code,
            kind,
            sign_in: sign_in.id,
            counts_until: self.now.saturating_add(CODE),
            was_used: false,
            until: self.now.saturating_add(REMEMBERED),
        };
        tx.put(&code).await?;
        Ok(Some(wanted))
    }
}

impl GiveCode<'_> {
    /// What the member agreed with: what was before and what was shown now. Only where that is more, it is written. None where the
    /// agreement of before has ended since it was looked at, or is another one.
    async fn consent(&self, tx: &mut Tx, site: &str) -> Result<Option<String>, StoreFault> {
        let before = tx.get::<Consent>((self.sub, site)).await?;
        let covers = |before: &Consent| {
            self.shown.claims.is_subset(&before.claims) && (before.offline || !self.shown.offline)
        };
        let covering = before.as_ref().filter(|before| covers(before)).map(|before| before.id.clone());
        if let Word::Before(agreed) = self.word {
            return Ok(covering.filter(|id| id == agreed));
        }
        if covering.is_some() {
            return Ok(covering);
        }
        let mut consent = before.unwrap_or_else(|| Consent {
            sub: self.sub.to_owned(),
            site: site.to_owned(),
            id: self.consent.clone(),
            claims: BTreeSet::new(),
            offline: false,
            since: self.now,
        });
        consent.claims.extend(self.shown.claims.iter().cloned());
        consent.offline |= self.shown.offline;
        tx.put(&consent).await?;
        tx.log(self.leaf.clone()).await?;
        Ok(Some(consent.id))
    }
}

struct Forget(SecretHash);

impl Change for Forget {
    const NAME: &'static str = "forget-site-request";
    type Output = Option<SiteRequest>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<Self::Refusal>> {
        Ok(match tx.take::<SiteRequest>(&self.0.as_bytes()[..]).await? {
            Take::Live(request) => Some(request),
            _ => None,
        })
    }
}

struct EndConsent<'a> {
    sub: &'a str,
    site: &'a str,
    leaf: Leaf,
}

impl Change for EndConsent<'_> {
    const NAME: &'static str = "end-site-consent";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let was_there = tx.delete::<Consent>((self.sub, self.site)).await?;
        if was_there {
            tx.log(self.leaf.clone()).await?;
        }
        Ok(was_there)
    }
}
