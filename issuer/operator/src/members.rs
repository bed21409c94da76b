//! Admitting a party: rules between members, leaves, registration certificate.

use std::collections::BTreeMap;

use environment::{Environment, Timestamp};
use jose::Jwk;
use trust::authority::{LONGEST_LEAF_VALIDITY, LeafRequest};
use trust::network_list::{ListContent, Member, Role, Standing, usual_credential_types};
use trust::{CertificateChain, NetworkDescriptor, Purpose, registration};

use crate::admission::{Admission, AdmissionError, Bundle};
use crate::authorities::{open, validity};
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
    admission.check(now)?;
    check_against_others(&state.members, admission)?;
    let known = state.members.get(&admission.did);
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
    let before = known.map(member);
    let list_changed = before != Some(member(&record));
    let bundle = record.bundle.clone();
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

fn check_against_others(
    members: &BTreeMap<String, Record>,
    admission: &Admission,
) -> Result<(), AdmissionError> {
    for record in members.values().filter(|record| record.admission.did != admission.did) {
        let other = &record.admission;
        if other.host == admission.host {
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
pub(crate) fn list_content(state: &State, descriptor: &NetworkDescriptor, version: u64) -> ListContent {
    ListContent {
        network: descriptor.network().to_owned(),
        version,
        members: state.members.values().map(member).collect(),
        credential_types: usual_credential_types(),
    }
}

/// The member as the list names it.
pub(crate) fn member(record: &Record) -> Member {
    let admission = &record.admission;
    Member {
        did: admission.did.clone(),
        host: admission.host.clone(),
        roles: vec![admission.role],
        standing: record.standing,
        display_name: admission.display_name.clone(),
        brand: admission.brand.clone(),
        number_prefix: record.number_prefix.clone(),
    }
}
