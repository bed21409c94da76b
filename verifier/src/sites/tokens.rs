//! Codes, tokens, and what a site reads with them.
//!
//! A code and a refresh token count once. One that comes again ends everything that came of its sign-in: somebody else has it. That
//! is so only for whoever could have used it, with the site's secret and the code's verifier, so that nobody ends it by guessing.

use std::collections::BTreeSet;

use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::{SecretHash, SecretText};
use serde_json::{Map, Value, json};
use store::{Change, Fault, Reader, StoreFault, Tx, View};
use verifier_connect::claims;
use verifier_connect::token::{IdToken, proves};

use super::asking::given;
use super::records::{Consent, Kind, Site, SiteSignIn, SiteToken};
use crate::contact::ContactValues;
use crate::records::{Contact, Member, Provenance, Standing};
use crate::space::{Space, SpaceError};

/// Seconds for which a code counts.
pub const CODE: i64 = 60;
/// Seconds for which an access token and an ID token count.
pub const ACCESS: i64 = 600;
/// Seconds for which a refresh token counts that nobody uses.
pub const REFRESH: i64 = 30 * 86_400;
/// Seconds for which a sign-in without refresh tokens is remembered: as long as its access token, and longer than its code.
pub(super) const REMEMBERED: i64 = 1_200;

/// What a site gets for a code or a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access: SecretText,
    /// The refresh token, where the member let the site go on alone.
    pub refresh: Option<SecretText>,
    /// The ID token.
    pub id_token: String,
}

/// What a site brings to get tokens.
#[derive(Clone, Copy, Debug)]
pub enum Brought<'a> {
    /// A code, with the address that it was sent to and the verifier of its challenge.
    Code {
        /// The code.
        code: &'a SecretText,
        /// The address.
        redirect_uri: &'a str,
        /// The verifier.
        verifier: &'a str,
    },
    /// A refresh token.
    Refresh(&'a SecretText),
}

impl Space {
    /// Gives `site` tokens for what it brought; none where that does not count.
    ///
    /// # Errors
    /// The store, the keyring or the signing key.
    pub async fn tokens_for_site(
        &self,
        site: &Site,
        brought: Brought<'_>,
    ) -> Result<Option<Tokens>, SpaceError> {
        let random = || SecretText::random(self.environment().randomness());
        let (access, refresh) = (random(), random());
        let now = self.environment().now().seconds();
        let exchange =
            Exchange { site: &site.id, brought, access: access.hash(), refresh: refresh.hash(), now };
        let sign_in = match self.tenant.carry_out(&exchange).await? {
            Ok(sign_in) => sign_in,
            Err(why) => {
                // The site reads one sentence for all of these, so that nobody learns by trying what was right about a guess.
                tracing::warn!(site = site.id, why = why.words(), "a site gets no tokens");
                return Ok(None);
            }
        };
        let Some(read) = self.read_by_site(&access).await? else { return Ok(None) };
        let details = read.only(&sign_in.in_id_token);
        let issuer = self.connect_issuer();
        let claims = IdToken {
            issuer: &issuer,
            subject: &read.subject,
            audience: &site.id,
            nonce: sign_in.nonce.as_deref().filter(|_| matches!(brought, Brought::Code { .. })),
            auth_time: sign_in.auth_time,
            issued_at: now,
            expires: now.saturating_add(ACCESS),
            access_token: access.expose(),
            details,
        };
        let id_token = self.sign_id_token(&claims.claims()).await?;
        Ok(Some(Tokens { access, refresh: sign_in.offline.then_some(refresh), id_token }))
    }

    /// What userinfo says to whoever has the access token; none where it does not count. What was taken back is not in it, and that a
    /// site has read is in the audit log.
    ///
    /// # Errors
    /// The store or the keyring.
    pub async fn user_info(&self, access: &SecretText) -> Result<Option<Map<String, Value>>, SpaceError> {
        let Some(read) = self.read_by_site(access).await? else { return Ok(None) };
        let mut claims = read.details;
        claims.insert("sub".to_owned(), read.subject.into());
        Ok(Some(claims))
    }

    /// Ends the token, with all that came of the same sign-in (RFC 7009 §2.1). A token of another site stays, and there is no telling.
    ///
    /// # Errors
    /// The store.
    pub async fn revoke_site_token(&self, site: &Site, token: &SecretText) -> Result<(), SpaceError> {
        Ok(self.tenant.carry_out(&Revoke { site: &site.id, token: token.hash() }).await?)
    }

    async fn read_by_site(&self, access: &SecretText) -> Result<Option<Read>, SpaceError> {
        let now = self.environment().now();
        let Some(seen) = self.tenant.read(&Behind { access: access.hash(), now: now.seconds() }).await?
        else {
            return Ok(None);
        };
        let subject = self.subject_at(&seen.site.sector, &seen.member.sub)?;
        let details = match &seen.contact {
            Some(contact) if !seen.claims.is_empty() => {
                let names = seen.claims.iter().map(String::as_str);
                let entry = Entry::new(EntryKind::Looked, now).with_code("site").about(names);
                let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
                self.tenant.carry_out(&Log(leaf)).await?;
                let (contact, values) = self.opened_in_time(contact).await?;
                details(&seen.claims, &contact, &values)
            }
            _ => Map::new(),
        };
        Ok(Some(Read { subject, details }))
    }
}

/// What a site reads.
struct Read {
    subject: String,
    details: Map<String, Value>,
}

impl Read {
    fn only(&self, names: &BTreeSet<String>) -> Map<String, Value> {
        let is_wanted =
            |name: &str| names.contains(name) || (name == "email_verified" && names.contains("email"));
        let all = self.details.iter().filter(|(name, _)| is_wanted(name));
        all.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// The values behind `claims`.
fn details(claims: &BTreeSet<String>, contact: &Contact, values: &ContactValues) -> Map<String, Value> {
    let place = |name: &str| values.0.iter().position(|kept| kept.claim == name);
    let value = |name: &str| values.0.get(place(name)?)?.value();
    let mut found = Map::new();
    for claim in claims {
        if let Some(whole) = value(claim).or_else(|| parts(claim, values)).or_else(|| joined(claim, &value)) {
            found.insert(claim.clone(), whole);
        }
    }
    if found.contains_key("email") {
        // Of the very value that goes to the site: another may have come beside it.
        let is_checked = |given: &Provenance| given.claim == "email" && given.is_checked();
        let given = place("email").and_then(|place| contact.given.get(place));
        found.insert("email_verified".to_owned(), given.is_some_and(is_checked).into());
    }
    found
}

/// An object of which the member gave parts, such as an address.
fn parts(claim: &str, values: &ContactValues) -> Option<Value> {
    let mut object = Map::new();
    for kept in &values.0 {
        let below = kept.claim.strip_prefix(claim).and_then(|rest| rest.strip_prefix('.'));
        if let (Some(name), Some(value)) = (below.filter(|name| !name.contains('.')), kept.value()) {
            object.insert(name.to_owned(), value);
        }
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

/// A claim that is made of others, as a whole name of its halves.
fn joined(claim: &str, value: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let parts = claims::behind(claim);
    let texts: Option<Vec<String>> =
        parts.iter().map(|part| value(part)?.as_str().map(str::to_owned)).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| json!(texts.join(" ")))
}

pub(super) async fn active(reader: &mut Reader, sub: &str) -> Result<Option<Member>, StoreFault> {
    let member = reader.get::<Member>(sub).await?;
    Ok(member.filter(|member| member.standing == Standing::Active))
}

/// The sign-in `id`, if its site, the membership and what the member agreed with still count.
async fn counting(
    reader: &mut Reader,
    id: &str,
) -> Result<Option<(SiteSignIn, Site, Member, Consent)>, StoreFault> {
    let Some(sign_in) = reader.get::<SiteSignIn>(id).await? else { return Ok(None) };
    let site = reader.get::<Site>(sign_in.site.as_str()).await?.filter(|site| !site.has_ended);
    let member = active(reader, &sign_in.sub).await?;
    let consent = reader.get::<Consent>((sign_in.sub.as_str(), sign_in.site.as_str())).await?;
    let consent = consent.filter(|consent| consent.id == sign_in.consent);
    Ok(match (site, member, consent) {
        (Some(site), Some(member), Some(consent)) => Some((sign_in, site, member, consent)),
        _ => None,
    })
}

struct Exchange<'a> {
    site: &'a str,
    brought: Brought<'a>,
    access: SecretHash,
    refresh: SecretHash,
    now: i64,
}

impl Exchange<'_> {
    /// Whether what was brought is what `token` is.
    fn fits(&self, token: &SiteToken) -> bool {
        match (&self.brought, &token.kind) {
            (Brought::Code { redirect_uri, verifier, .. }, Kind::Code { challenge, redirect_uri: sent }) => {
                sent == redirect_uri && proves(verifier, challenge)
            }
            (Brought::Refresh(_), Kind::Refresh) => true,
            _ => false,
        }
    }

    async fn put(
        &self,
        tx: &mut Tx,
        sign_in: &str,
        hash: SecretHash,
        kind: Kind,
        lasts: i64,
    ) -> Result<(), StoreFault> {
        let until = self.now.saturating_add(lasts);
        let sign_in = sign_in.to_owned();
        tx.put(&SiteToken { token: hash, kind, sign_in, counts_until: until, was_used: false, until }).await
    }
}

/// Why what a site brought gets it no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoTokens {
    Unknown,
    Ended,
    OtherSite,
    OtherRequest,
    Used,
    Over,
}

impl NoTokens {
    const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "there is no such code or refresh token, or not any more",
            Self::Ended => "the site, the membership or what the member agreed to has ended",
            Self::OtherSite => "it was given to another site",
            Self::OtherRequest => {
                "redirect_uri or code_verifier is not that of the request, or grant_type is another"
            }
            Self::Used => "it was used before: all that came of that sign-in has ended",
            Self::Over => "its time is over",
        }
    }
}

impl Change for Exchange<'_> {
    const NAME: &'static str = "give-tokens-to-site";
    type Output = Result<SiteSignIn, NoTokens>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<Self::Refusal>> {
        let hash = match &self.brought {
            Brought::Code { code, .. } => code.hash(),
            Brought::Refresh(token) => token.hash(),
        };
        let Some(mut token) = tx.get::<SiteToken>(&hash.as_bytes()[..]).await? else {
            return Ok(Err(NoTokens::Unknown));
        };
        let Some((mut sign_in, site, ..)) = counting(tx, &token.sign_in).await? else {
            return Ok(Err(NoTokens::Ended));
        };
        if site.id != self.site {
            return Ok(Err(NoTokens::OtherSite));
        }
        if !self.fits(&token) {
            return Ok(Err(NoTokens::OtherRequest));
        }
        if token.was_used {
            tx.delete::<SiteSignIn>(sign_in.id.as_str()).await?;
            return Ok(Err(NoTokens::Used));
        }
        if self.now >= token.counts_until {
            return Ok(Err(NoTokens::Over));
        }
        let lasts = if sign_in.offline { REFRESH } else { REMEMBERED };
        sign_in.until = self.now.saturating_add(lasts);
        token.was_used = true;
        token.until = sign_in.until;
        tx.put(&token).await?;
        tx.put(&sign_in).await?;
        self.put(tx, &sign_in.id, self.access, Kind::Access, ACCESS).await?;
        if sign_in.offline {
            self.put(tx, &sign_in.id, self.refresh, Kind::Refresh, REFRESH).await?;
        }
        Ok(Ok(sign_in))
    }
}

/// What stands behind an access token.
struct Behind {
    access: SecretHash,
    now: i64,
}

struct Seen {
    site: Site,
    member: Member,
    contact: Option<Contact>,
    claims: BTreeSet<String>,
}

impl View for Behind {
    const NAME: &'static str = "behind-site-token";
    type Output = Option<Seen>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let Some(token) = reader.get::<SiteToken>(&self.access.as_bytes()[..]).await? else {
            return Ok(None);
        };
        if token.kind != Kind::Access || self.now >= token.counts_until {
            return Ok(None);
        }
        let Some((sign_in, site, member, consent)) = counting(reader, &token.sign_in).await? else {
            return Ok(None);
        };
        let contact = match &member.contact {
            Some(contact) => reader.get::<Contact>(contact.as_str()).await?,
            None => None,
        };
        let may = |claim: &&String| consent.claims.contains(*claim) && site.claims.contains(*claim);
        let asked = sign_in.claims.iter().filter(may).cloned().collect();
        let claims = given(&asked, contact.as_ref());
        Ok(Some(Seen { site, member, contact, claims }))
    }
}

struct Log(Leaf);

impl Change for Log {
    const NAME: &'static str = "read-by-site";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.log(self.0.clone()).await?)
    }
}

struct Revoke<'a> {
    site: &'a str,
    token: SecretHash,
}

impl Change for Revoke<'_> {
    const NAME: &'static str = "revoke-site-token";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let Some(token) = tx.get::<SiteToken>(&self.token.as_bytes()[..]).await? else { return Ok(()) };
        let sign_in = tx.get::<SiteSignIn>(token.sign_in.as_str()).await?;
        if let Some(sign_in) = sign_in.filter(|sign_in| sign_in.site == self.site) {
            tx.delete::<SiteSignIn>(sign_in.id.as_str()).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use environment::SystemRandomness;
    use keyring::Sealed;
    use ledger::CommitmentNonce;
    use network::claims::Audience;

    use super::*;
    use network::seen_in_team::SeenInTeam;

    use crate::contact::KeptValue;

    /// A contact with mail addresses, each with whose word it is.
    fn contact(addresses: &[(&str, &str)]) -> (Contact, ContactValues) {
        let given = addresses.iter().map(|(_, word_of)| Provenance {
            claim: "email".to_owned(),
            vct: credentials::types::OWN.to_owned(),
            word_of: (*word_of).to_owned(),
            needed: true,
            purpose: "membership".to_owned(),
            audience: Audience::Team,
            seen_in_team: SeenInTeam::Team,
            kept_days: None,
            until: None,
            since: None,
        });
        let values = addresses.iter().map(|(address, _)| KeptValue {
            claim: "email".to_owned(),
            disclosure: jose::base64url::encode(json!(["salt", "email", address]).to_string()),
            nonce: CommitmentNonce::generate(&SystemRandomness),
        });
        let (id, given) = ("contact".to_owned(), given.collect());
        // Its values were opened by whoever asks.
        let values_at_rest = Sealed::from_bytes(Vec::new());
        let contact = Contact { id, given, values: values_at_rest, inbox: None, generation: 0, notes: None };
        (contact, ContactValues(values.collect()))
    }

    #[test]
    fn an_address_counts_as_verified_where_an_office_checked_that_very_one() {
        let (own, office) = (("mine@example.org", "own"), ("checked@example.org", "office did:web:office"));
        for (addresses, address, is_verified) in [
            (&[own][..], "mine@example.org", false),
            (&[office], "checked@example.org", true),
            (&[own, office], "mine@example.org", false),
            (&[office, own], "checked@example.org", true),
        ] {
            let (contact, values) = contact(addresses);
            let found = details(&BTreeSet::from(["email".to_owned()]), &contact, &values);
            let expected = json!({"email": address, "email_verified": is_verified});
            assert_eq!(Value::Object(found), expected, "{addresses:?}");
        }
    }
}
