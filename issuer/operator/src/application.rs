//! Applying online: what somebody unknown has to show before the operator admits them, and where that stands. No input or output here.
//!
//! An application is a compact JWS, `typ: passport-application+jwt`, by the party's key for requests over `{"iss": DID, "aud": address of
//! the applications, "network", "token", "iat", "admission": the request with both proofs of possession}`. Two things follow:
//! the **host** shows the [`host_proof`] of that application at [`WELL_KNOWN`] and a DID document with the same keys, and whoever reads
//! the mail of the contact presses a button. Then what lies within the published templates is admitted, and everything else waits for a
//! person. The proof is no secret: it shows that whoever decides what the host serves wants this DID admitted with these keys. Nothing
//! that a host shows for its own application counts for another DID, other keys or another token.

use environment::Timestamp;
use jose::jws::{self, Policy};
use jose::jwt;
use jose::{Jwk, Signer, SigningFailed, VerifyingKey, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trust::NetworkDescriptor;
use trust::network_list::Role;
use trust::registration::{IntendedUse, LegalBasis};
use url::Url;

use crate::admission::{Admission, AdmissionError, Bundle, LeafKeys};
use crate::renewal::at_list;

/// Where the operator takes applications, at the origin of its list; what became of one is at its identifier below.
pub const APPLICATIONS: &str = "/admission/applications";
/// Where the host of an applicant shows its [`host_proof`].
pub const WELL_KNOWN: &str = "/.well-known/passport-admission";
/// For how many seconds both proofs may take.
pub const PROOFS_LAST: i64 = 86_400;
/// For how many seconds an application waits for a person, and what became of it is told.
const REMEMBERED: i64 = 30 * 86_400;
/// Most applications that wait for their proofs at once. What waits for a person, or was decided, takes nobody's place.
pub(crate) const MOST: usize = 200;
/// Most applications within a day of one proven host, or for one contact that confirmed them.
pub(crate) const MOST_OF_ONE: usize = 5;
/// Most that wait for a person, and most of which it is remembered how they were decided.
pub(crate) const MOST_WAITING: usize = 500;
/// For how many seconds an application keeps its place where others need one: until its host is proven, and from then on.
const KEEPS_ITS_PLACE: [i64; 2] = [600, 6 * 3_600];

const TYPE: &str = "passport-application+jwt";
/// What is hashed for the host begins so, and nothing else that a party hashes or signs does.
const HOST_PROOF: &str = "passport-admission-host:1";
const LIFETIME: i64 = 300;
const CLOCK_SKEW: i64 = 60;
/// Longest token: 128 bits are 22 symbols.
const TOKEN: std::ops::RangeInclusive<usize> = 22..=64;
/// Longest time between two looks at a host, in seconds.
const LONGEST_PAUSE: i64 = 600;

/// Why an application is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationError {
    /// It is not of the documented form.
    #[error("the application is not of the documented form")]
    Malformed,
    /// Somebody else signed it, or for another address or network.
    #[error("the application is not signed by the key that it wants certified, for this network and address")]
    Signature,
    /// It was made at another time than now.
    #[error("the application was made at another time: set the clock")]
    Time,
    /// There is one of this DID.
    #[error("there is an open application of this party already; it ends after a day without its proofs")]
    Open,
    /// It is a member.
    #[error("this party is a member already: hand another request for admission to the operator")]
    Member,
    /// The host is of this machine and the network is not, or the other way round.
    #[error("a network that is tried out admits names below localhost, and no other network does")]
    OtherMachine,
    /// Too many wait for their proofs, and came within the last minutes.
    #[error("too many applications wait: try again in ten minutes")]
    TooMany,
    /// Too many came of this host or contact.
    #[error("too many applications came from this host or for this contact: try again tomorrow")]
    TooOften,
    /// There is none.
    #[error("there is no such application")]
    Unknown,
    /// It is not one that waits for a person.
    #[error("the application does not wait for a person")]
    NotWaiting,
}

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "status")]
pub enum Standing {
    /// Host or e-mail address are not proven yet.
    Open,
    /// Both are, and a person decides, because of these.
    Waiting {
        /// In plain words.
        because: Vec<String>,
    },
    /// Admitted.
    Admitted,
    /// Not admitted.
    Declined {
        /// In plain words.
        reason: String,
    },
}

/// An application, as the operator keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Random; whoever applied finds by it what became of it.
    pub id: String,
    /// What is asked for.
    pub admission: Admission,
    /// When, in seconds since the epoch.
    pub applied_at: i64,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether the host is proven.
    pub host_proved: bool,
    /// Whether the e-mail address is.
    pub email_proved: bool,
    /// The [`host_proof`] that its host is to show; none of what was applied for before hosts showed one, which ends unproven.
    #[serde(default)]
    shows: Option<String>,
    /// When the host is looked at next, and how often it was.
    next_look: i64,
    looks: u32,
    /// base64url SHA-256 of the link in the mail; none before one was made.
    link: Option<String>,
    /// Whether a mail server took the mail.
    mailed: bool,
    next_mail: i64,
    mails: u32,
}

/// What was found at a host.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What stands at [`WELL_KNOWN`].
    pub shown: Option<String>,
    /// The keys of the DID document: for requests, and for credentials; none if the DID does not answer or was not asked.
    pub keys: Option<(Vec<Jwk>, Vec<Jwk>)>,
}

/// What whoever applied is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The application.
    pub application: String,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether the host is proven.
    pub host_proved: bool,
    /// Whether the e-mail address is.
    pub email_proved: bool,
    /// What the party gets, once it is admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
}

/// The address at which a network takes applications.
#[must_use]
pub fn address(descriptor: &NetworkDescriptor) -> Url {
    at_list(descriptor, APPLICATIONS)
}

/// The address at which it tells what became of one.
#[must_use]
pub fn address_of(descriptor: &NetworkDescriptor, id: &str) -> Url {
    at_list(descriptor, &format!("{APPLICATIONS}/{id}"))
}

/// What the host of an applicant shows for the application of `did` with `keys` and no other: base64url(SHA-256(`passport-admission-host:1`,
/// token, DID, and the RFC 7638 thumbprints of the keys for requests and for credentials, a line each, without a line break at the end)).
/// No part can hold a line break where [`check`] took the application.
#[must_use]
pub fn host_proof(token: &str, did: &str, keys: &LeafKeys) -> String {
    let [request, issuing] = [&keys.request, &keys.issuing].map(Jwk::thumbprint_base64url);
    digest::sha256_base64url([HOST_PROOF, token, did, &request, &issuing].join("\n"))
}

/// Whether a host that shows `shown` shows `proof`. Both are public; they are compared as secrets are, so that nobody has to wonder.
pub(crate) fn is_host_proof(shown: &str, proof: &str) -> bool {
    digest::constant_time_equal(shown.as_bytes(), proof.as_bytes())
}

/// The application of a party, signed by its key for requests.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn sign(
    admission: &Admission,
    token: &str,
    descriptor: &NetworkDescriptor,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<String, SigningFailed> {
    let claims = Map::from_iter([
        ("iss".to_owned(), Value::from(admission.did.as_str())),
        ("aud".to_owned(), Value::from(address(descriptor).as_str())),
        ("network".to_owned(), Value::from(descriptor.network())),
        ("token".to_owned(), Value::from(token)),
        ("iat".to_owned(), Value::from(now.seconds())),
        ("admission".to_owned(), serde_json::to_value(admission).map_err(|_| SigningFailed)?),
    ]);
    jwt::sign(TYPE, Map::new(), &claims, signer)
}

/// Reads an application and looks at everything that can be looked at without the other members; gives the request and the host's token.
pub(crate) fn check(
    compact: &str,
    descriptor: &NetworkDescriptor,
    now: Timestamp,
) -> Result<(Admission, String), ApplicationRefused> {
    let malformed = || ApplicationError::Malformed;
    let unverified = jws::Unverified::parse(compact).map_err(|_| malformed())?;
    let claimed = unverified.claims().map_err(|_| malformed())?;
    let admission = claimed.get("admission").ok_or_else(malformed)?;
    let admission = Admission::from_json(admission.to_string()).map_err(|_| malformed())?;
    // The key is the applicant's own word until the host shows it; both proofs of possession say the same.
    let key = VerifyingKey::new(&admission.keys.request).map_err(|_| ApplicationError::Signature)?;
    let claims = unverified
        .verify(&key, &Policy::typed(&[TYPE]))
        .and_then(|verified| verified.claims())
        .map_err(|_| ApplicationError::Signature)?;
    let text = |name: &'static str| jwt::text(&claims, name).map_err(|_| ApplicationError::Malformed);
    let is_for_us = text("iss")? == admission.did
        && text("aud")? == address(descriptor).as_str()
        && text("network")? == descriptor.network();
    if !is_for_us {
        return Err(ApplicationError::Signature.into());
    }
    jwt::check_issued_at(&claims, now, LIFETIME, CLOCK_SKEW).map_err(|_| ApplicationError::Time)?;
    let token = text("token")?.to_owned();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !TOKEN.contains(&token.len()) || !token.bytes().all(fits) {
        return Err(ApplicationError::Malformed.into());
    }
    admission.check(now, None)?;
    admission.check_both_proved(now)?;
    admission.check_root_of_host()?;
    if is_of_this_machine(&admission.host) != descriptor.list().host_str().is_some_and(is_of_this_machine) {
        return Err(ApplicationError::OtherMachine.into());
    }
    Ok((admission, token))
}

/// Whether a host means whatever machine asks for it (RFC 6761 §6.3).
fn is_of_this_machine(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

/// Either of both.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplicationRefused {
    #[error(transparent)]
    Application(#[from] ApplicationError),
    #[error(transparent)]
    Admission(#[from] AdmissionError),
}

fn hashed(text: &str) -> String {
    digest::sha256_base64url(text)
}

impl Application {
    pub(crate) fn new(id: String, admission: Admission, token: &str, now: Timestamp) -> Self {
        let shows = host_proof(token, &admission.did, &admission.keys);
        Self {
            id,
            admission,
            applied_at: now.seconds(),
            standing: Standing::Open,
            host_proved: false,
            email_proved: false,
            shows: Some(shows),
            next_look: now.seconds(),
            looks: 0,
            link: None,
            mailed: false,
            next_mail: now.seconds(),
            mails: 0,
        }
    }

    /// Whether it is the same again, sent twice.
    pub(crate) fn is_again(&self, admission: &Admission, token: &str) -> bool {
        let shows = host_proof(token, &admission.did, &admission.keys);
        self.admission.asks_the_same_as(admission) && self.shows.as_ref() == Some(&shows)
    }

    /// What its host is to show.
    pub(crate) fn shows(&self) -> Option<&str> {
        self.shows.as_deref()
    }

    /// Whether it may be forgotten: both proofs take a day at most, and everything else a month.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        let lasts = if self.standing == Standing::Open { PROOFS_LAST } else { REMEMBERED };
        self.age(now) >= lasts
    }

    fn age(&self, now: Timestamp) -> i64 {
        now.since(Timestamp::from_seconds(self.applied_at))
    }

    /// Whether its place may be given to another, where all are taken.
    pub(crate) fn may_give_way(&self, now: Timestamp) -> bool {
        let [unproven, proven] = KEEPS_ITS_PLACE;
        self.standing == Standing::Open && self.age(now) >= if self.host_proved { proven } else { unproven }
    }

    /// Whether it counts toward what the host and the contact of `admission` may within a day. What is not proven counts for nobody:
    /// anybody may name any host, and with a host of their own any address.
    pub(crate) fn is_of(&self, admission: &Admission, now: Timestamp) -> bool {
        let contact =
            |admission: &Admission| admission.registration.contacts.email.as_deref().map(str::to_lowercase);
        let is_same_contact = contact(&self.admission).is_some_and(|one| Some(one) == contact(admission));
        self.host_proved
            && self.age(now) < PROOFS_LAST
            && (self.admission.host == admission.host || (self.email_proved && is_same_contact))
    }

    /// Whether its host is to be looked at now.
    pub(crate) fn look_is_due(&self, now: Timestamp) -> bool {
        self.standing == Standing::Open && !self.host_proved && now.seconds() >= self.next_look
    }

    /// In which order hosts are looked at: those first that were looked at least, so that many silent ones hold up nobody for long.
    pub(crate) const fn turn(&self) -> (u32, i64) {
        (self.looks, self.next_look)
    }

    /// Its host is looked at now.
    pub(crate) fn look(&mut self, now: Timestamp) {
        self.looks = self.looks.saturating_add(1);
        self.next_look = now.plus(pause(self.looks)).seconds();
    }

    /// What was found at the host. Silence, or the proof of another application, may change; where this one's stands, a document with
    /// other keys is an answer.
    pub(crate) fn looked(&mut self, found: &Found) {
        let is_shown = found
            .shown
            .as_deref()
            .zip(self.shows())
            .is_some_and(|(shown, proof)| is_host_proof(shown, proof));
        if self.standing != Standing::Open || self.host_proved || !is_shown {
            return;
        }
        let Some((request, issuing)) = &found.keys else { return };
        if request.contains(&self.admission.keys.request) && issuing.contains(&self.admission.keys.issuing) {
            self.host_proved = true;
        } else {
            let reason = "the DID document of the party has other keys than the application".to_owned();
            self.standing = Standing::Declined { reason };
        }
    }

    /// Whether a mail is to be sent now, to whom the host was proven before: nobody has mails sent to strangers without a host of
    /// their own. `link` is the secret of the fresh link; the one before counts no more.
    pub(crate) fn mail_now(&mut self, link: &str, now: Timestamp) -> Option<String> {
        let is_due = self.standing == Standing::Open
            && self.host_proved
            && !self.email_proved
            && !self.mailed
            && now.seconds() >= self.next_mail;
        let address = self.admission.registration.contacts.email.clone().filter(|_| is_due)?;
        self.mails = self.mails.saturating_add(1);
        self.next_mail = now.plus(pause(self.mails)).seconds();
        self.link = Some(hashed(link));
        Some(address)
    }

    /// A mail server took the mail.
    pub(crate) fn was_mailed(&mut self) {
        self.mailed = true;
    }

    /// Whether this is the link that was mailed last, and still counts.
    pub(crate) fn has_link(&self, link: &str) -> bool {
        self.standing == Standing::Open && self.link.as_deref() == Some(hashed(link).as_str())
    }

    /// The button behind the link was pressed. It works once.
    pub(crate) fn confirm(&mut self) {
        self.email_proved = true;
        self.link = None;
    }

    /// Whether both are proven and nobody has decided.
    pub(crate) fn is_to_be_decided(&self) -> bool {
        self.standing == Standing::Open && self.host_proved && self.email_proved
    }
}

/// Seconds until the next try: 2, 4, 8, and so on to ten minutes.
fn pause(times: u32) -> i64 {
    1_i64.checked_shl(times.min(20)).unwrap_or(LONGEST_PAUSE).clamp(2, LONGEST_PAUSE)
}

/// A use that is admitted without a person, and the details that it may name.
struct Template {
    id: &'static str,
    days: u32,
    claims: &'static [&'static str],
}

/// What members say beside any answer (specs/flows.md §4).
const TERMS: [&str; 4] = ["request", "audiences", "until", "inbox"];
/// The published templates: those of `passport verifier init`, and what every space does anyway.
const TEMPLATES: [Template; 5] = [
    Template { id: "visit", days: 30, claims: &["email", "given_name"] },
    Template {
        id: "membership",
        days: 90,
        claims: &[
            "email",
            "given_name",
            "family_name",
            "company",
            "billing.name",
            "billing.address",
            "billing.tax_id",
        ],
    },
    Template { id: "membership-refill", days: 90, claims: &["space"] },
    Template { id: "sign-in", days: 90, claims: &["space"] },
    Template { id: "here-i-am", days: 90, claims: &["sub", "space"] },
];

/// Why a person has to look at it; nothing for what lies within the templates.
pub(crate) fn beyond(admission: &Admission) -> Vec<String> {
    let mut because = Vec::new();
    if admission.role != Role::Space {
        because.push("it is an office, which signs for people".to_owned());
    }
    if admission.brand.is_some() {
        because.push("it names a brand".to_owned());
    }
    // Letters of other alphabets may look like those of somebody else's host (RFC 5891; UTS 39 §4).
    if admission.host.split('.').any(|label| label.starts_with("xn--")) {
        because.push("its host is written in letters that may look like others".to_owned());
    }
    if admission.registration.contacts.email.is_none() {
        because.push("it names no e-mail address".to_owned());
    }
    because.extend(admission.registration.intended_uses.iter().filter_map(beyond_template));
    because
}

fn beyond_template(intended: &IntendedUse) -> Option<String> {
    let id = &intended.id;
    let Some(template) = TEMPLATES.iter().find(|template| template.id == *id) else {
        return Some(format!("the use {id:?} is in no template"));
    };
    if !matches!(intended.legal_basis, LegalBasis::Contract | LegalBasis::Consent) {
        return Some(format!("the ground of the use {id:?} is in no template"));
    }
    if !intended.credential_types.iter().all(|vct| vct.starts_with("urn:passport-network:")) {
        return Some(format!("the use {id:?} takes credentials from outside the network"));
    }
    intended.claims.iter().find_map(|claim| {
        let path = claim.path.to_string();
        let known = template.claims.iter().chain(&TERMS).any(|known| *known == path);
        if !known {
            Some(format!("the use {id:?} asks for {path}"))
        } else if claim.retention_days > template.days {
            Some(format!("the use {id:?} keeps {path} for {} days", claim.retention_days))
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_less_and_less_often() {
        let pauses: Vec<i64> = [0, 1, 2, 5, 9, 10, 40, u32::MAX].map(pause).into();
        assert_eq!(pauses, [2, 2, 4, 32, 512, 600, 600, 600]);
    }

    #[test]
    fn a_host_of_this_machine_is_told_by_its_last_label() {
        for (host, is) in [
            ("localhost", true),
            ("kiln.localhost", true),
            ("localhost.example.org", false),
            ("evillocalhost", false),
        ] {
            assert_eq!(is_of_this_machine(host), is, "{host}");
        }
    }
}
