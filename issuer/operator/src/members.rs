//! Admitting a party: rules between members, leaves, registration certificate.

use std::collections::BTreeMap;

use environment::{Environment, Timestamp};
use jose::Jwk;
use trust::authority::{LONGEST_LEAF_VALIDITY, LeafRequest};
use trust::network_list::{ListContent, Member, Role, Standing, usual_credential_types};
use trust::{CertificateChain, NetworkDescriptor, Purpose, registration};

use crate::admission::{Admission, AdmissionError, Bundle};
use crate::authorities::{open, validity};
use crate::brand::BrandRecord;
use crate::operator::OperatorError;
use crate::state::{Record, State, lasts};

/// Crockford's alphabet, as in passport numbers.
const PREFIX_SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const A_DAY: i64 = 86_400;
const REGISTRATION_DAYS: i64 = 30;
/// A bundle is made anew when half of the time is over.
const LEAVES_LEFT: i64 = 45 * A_DAY;
const REGISTRATION_LEFT: i64 = 15 * A_DAY;

/// What an admission did to the state.
pub(crate) struct Outcome {
    pub(crate) bundle: Bundle,
    /// The state must be stored.
    pub(crate) changed: bool,
    /// The network list says something else than before.
    pub(crate) list_changed: bool,
}

pub(crate) fn admit(
    state: &mut State,
    descriptor: &NetworkDescriptor,
    admission: &Admission,
    environment: &Environment,
) -> Result<Outcome, OperatorError> {
    let now = environment.now();
    let known = state.members.get(&admission.did);
    admission.check(now, known.map(|record| &record.admission))?;
    check_against_others(&state.members, admission, now)?;
    admission.check_host_of_did()?;
    check_against_brands(&state.brands, admission, now)?;
    if known.is_none() && admission.role == Role::Office && admission.brand.is_some() {
        return Err(AdmissionError::OfficeOfABrand.into());
    }
    if let Some(record) = known {
        check_against_before(record, admission)?;
        if record.admission.asks_the_same_as(admission) && is_fresh(record, now) {
            return Ok(Outcome { bundle: record.bundle.clone(), changed: false, list_changed: false });
        }
    }
    let number_prefix = match (admission.role, known.and_then(|record| record.number_prefix.clone())) {
        (Role::Space, _) => None,
        (Role::Office, Some(prefix)) => Some(prefix),
        (Role::Office, None) => {
            Some(admission.number_prefix.clone().unwrap_or_else(|| draw_prefix(&state.members, environment)))
        }
    };
    let record = certify(state, descriptor, admission, number_prefix, environment)?;
    let before = known.map(|known| member(known, &state.brands, now));
    let list_changed = before.as_ref() != Some(&member(&record, &state.brands, now));
    let bundle = record.bundle.clone();
    state.members.retain(|did, other| *did == admission.did || other.admission.host != admission.host);
    state.members.insert(admission.did.clone(), record);
    Ok(Outcome { bundle, changed: true, list_changed })
}

fn is_fresh(record: &Record, now: Timestamp) -> bool {
    lasts(record.leaves_until, now, LEAVES_LEFT) && lasts(record.registration_until, now, REGISTRATION_LEFT)
}

fn check_against_before(record: &Record, admission: &Admission) -> Result<(), AdmissionError> {
    if record.standing != Standing::Admitted {
        return Err(AdmissionError::NotInGoodStanding);
    }
    let same_prefix = admission.number_prefix.is_none() || admission.number_prefix == record.number_prefix;
    if admission.role == record.admission.role && same_prefix { Ok(()) } else { Err(AdmissionError::Fixed) }
}

/// What stands in the way of a newcomer, said before anything is proven.
pub(crate) fn check_newcomer(
    members: &BTreeMap<String, Record>,
    admission: &Admission,
    now: Timestamp,
) -> Result<(), AdmissionError> {
    check_against_others(members, admission, now)?;
    admission.check_host_of_did()
}

fn check_against_others(
    members: &BTreeMap<String, Record>,
    admission: &Admission,
    now: Timestamp,
) -> Result<(), AdmissionError> {
    for record in members.values().filter(|record| record.admission.did != admission.did) {
        let other = &record.admission;
        if other.host == admission.host && !has_left_its_host(record, now) {
            return Err(AdmissionError::HostTaken);
        }
        if admission.number_prefix.is_some() && record.number_prefix == admission.number_prefix {
            return Err(AdmissionError::NumberPrefixTaken);
        }
        let mine: [&Jwk; 2] = [&admission.keys.request, &admission.keys.issuing];
        if mine.contains(&&other.keys.request) || mine.contains(&&other.keys.issuing) {
            return Err(AdmissionError::KeyTaken);
        }
        if let (Some(known), Some(asked)) = (&other.brand, &admission.brand)
            && known.id == asked.id
            && known.name != asked.name
        {
            return Err(AdmissionError::BrandName);
        }
    }
    Ok(())
}

/// Whether somebody else may have the member's host: a space that was expelled, once no certificate names the host any more.
/// The number prefix of an office stays its own for ever, and so does its host.
fn has_left_its_host(record: &Record, now: Timestamp) -> bool {
    record.standing == Standing::Expelled
        && record.admission.role == Role::Space
        && now.seconds() > record.leaves_until
}

/// A prefix that no office has. There are a million of them, and few offices.
fn draw_prefix(members: &BTreeMap<String, Record>, environment: &Environment) -> String {
    loop {
        let bytes: [u8; 4] = environment.randomness().bytes();
        let prefix: String = bytes
            .iter()
            .filter_map(|byte| PREFIX_SYMBOLS.get(usize::from(byte & 0x1f)).map(|symbol| char::from(*symbol)))
            .collect();
        if members.values().all(|record| record.number_prefix.as_ref() != Some(&prefix)) {
            return prefix;
        }
    }
}

fn certify(
    state: &State,
    descriptor: &NetworkDescriptor,
    admission: &Admission,
    number_prefix: Option<String>,
    environment: &Environment,
) -> Result<Record, OperatorError> {
    let now = environment.now();
    let authority = open(match admission.role {
        Role::Office => &state.offices,
        Role::Space => &state.spaces,
    })?;
    let validity = validity(&authority, now, LONGEST_LEAF_VALIDITY);
    let chain = |purpose, key| -> Result<CertificateChain, OperatorError> {
        let request = LeafRequest::Party { did: &admission.did, host: &admission.host, purpose, key };
        let leaf = authority.leaf(request, validity, environment.randomness())?;
        Ok(CertificateChain::new(leaf, vec![authority.certificate().clone()]))
    };
    let registrar = state.registrar.key.open().map_err(|_| OperatorError::Corrupt)?;
    let registration = registration::sign(
        &admission.registration_content(),
        descriptor.network(),
        &state.registrar.certificate,
        &registrar,
        now,
        REGISTRATION_DAYS,
    )?;
    let bundle = Bundle {
        did: admission.did.clone(),
        role: admission.role,
        number_prefix: number_prefix.clone(),
        request: chain(Purpose::RequestSigning, &admission.keys.request)?,
        issuing: chain(Purpose::CredentialIssuing, &admission.keys.issuing)?,
        registration,
        network: descriptor.to_value(),
    };
    Ok(Record {
        admission: admission.clone(),
        standing: Standing::Admitted,
        number_prefix,
        bundle,
        leaves_until: validity.until.seconds(),
        registration_until: now.plus(REGISTRATION_DAYS.saturating_mul(A_DAY)).seconds(),
    })
}

/// What the next list is to say.
pub(crate) fn list_content(
    state: &State,
    descriptor: &NetworkDescriptor,
    version: u64,
    now: Timestamp,
) -> ListContent {
    ListContent {
        network: descriptor.network().to_owned(),
        version,
        members: state.members.values().map(|record| member(record, &state.brands, now)).collect(),
        credential_types: usual_credential_types(),
        successor: state
            .successor
            .as_ref()
            .and_then(|one| NetworkDescriptor::from_json(one.to_string()).ok()),
    }
}

/// The brand that a party belongs to, if the operator keeps one with this identifier.
pub(crate) fn brand_of<'a>(
    admission: &Admission,
    brands: &'a BTreeMap<String, BrandRecord>,
) -> Option<&'a BrandRecord> {
    admission.brand.as_ref().and_then(|brand| brands.get(&brand.id))
}

/// How many spaces of a brand are not expelled.
pub(crate) fn spaces_of(members: &BTreeMap<String, Record>, brand: &BrandRecord) -> usize {
    let is_its = |record: &&Record| {
        record.standing != Standing::Expelled && record.admission.brand.as_ref() == Some(&brand.brand)
    };
    members.values().filter(is_its).count()
}

fn check_against_brands(
    brands: &BTreeMap<String, BrandRecord>,
    admission: &Admission,
    now: Timestamp,
) -> Result<(), AdmissionError> {
    match brand_of(admission, brands) {
        Some(known) if admission.brand.as_ref() != Some(&known.brand) => Err(AdmissionError::BrandName),
        Some(known) if known.standing != Standing::Admitted => Err(AdmissionError::BrandSuspended),
        Some(known) if admission.role == Role::Space && now.seconds() >= known.limits.until => {
            Err(AdmissionError::BrandOver)
        }
        _ => Ok(()),
    }
}

/// The first moment at which an admitted member has lapsed: a certificate or the registration has ended, or the day of its brand
/// has come. None for whoever does not stand so anyway.
pub(crate) fn lapses_at(record: &Record, brands: &BTreeMap<String, BrandRecord>) -> Option<i64> {
    if record.standing != Standing::Admitted {
        return None;
    }
    let certified_until = record.leaves_until.saturating_add(1).min(record.registration_until);
    let brand = brand_of(&record.admission, brands).filter(|_| record.admission.role == Role::Space);
    Some(brand.map_or(certified_until, |brand| certified_until.min(brand.limits.until)))
}

/// The member as the list names it: with its brand, its spaces are put aside, and who was not renewed is admitted no more.
pub(crate) fn member(record: &Record, brands: &BTreeMap<String, BrandRecord>, now: Timestamp) -> Member {
    let admission = &record.admission;
    Member {
        did: admission.did.clone(),
        host: admission.host.clone(),
        roles: vec![admission.role],
        standing: match brand_of(admission, brands) {
            Some(brand) if record.standing == Standing::Admitted && brand.standing != Standing::Admitted => {
                brand.standing
            }
            _ if lapses_at(record, brands).is_some_and(|at| now.seconds() >= at) => Standing::Lapsed,
            _ => record.standing,
        },
        display_name: admission.display_name.clone(),
        brand: admission.brand.clone(),
        number_prefix: record.number_prefix.clone(),
    }
}
