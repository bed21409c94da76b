//! The operator's own certificates: making them, and renewing them before they end.

use environment::{Environment, Timestamp};
use trust::authority::{Authority, BuildError, LeafRequest, Validity};
use trust::{CertificateChain, NetworkDescriptor, Purpose, SubAuthority};

use crate::state::{Certified, State, StoredKey};

const A_DAY: i64 = 86_400;
const ROOT_DAYS: i64 = 20 * 365;
const SUB_AUTHORITY_DAYS: i64 = 5 * 365;
const SIGNER_DAYS: i64 = 365;
/// A sub-authority must outlive the leaves it signs (90 days).
const RENEW_SUB_AUTHORITY: i64 = 120 * A_DAY;
const RENEW_SIGNER: i64 = 45 * A_DAY;
/// Certificates begin an hour back, for clocks that are behind.
const BACK: i64 = 3_600;

/// What an operator's certificate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    SubAuthority(SubAuthority),
    Signer(Purpose),
}

impl Kind {
    const fn days(self) -> i64 {
        match self {
            Self::SubAuthority(_) => SUB_AUTHORITY_DAYS,
            Self::Signer(_) => SIGNER_DAYS,
        }
    }

    const fn renewed_when_left(self) -> i64 {
        match self {
            Self::SubAuthority(_) => RENEW_SUB_AUTHORITY,
            Self::Signer(_) => RENEW_SIGNER,
        }
    }
}

/// Validity of `days`, begun an hour ago but not before the issuer's.
pub(crate) fn validity(issuer: &Authority, now: Timestamp, seconds: i64) -> Validity {
    let certificate = issuer.certificate();
    let from = now.minus(BACK).max(certificate.not_before());
    Validity { from, until: from.plus(seconds).min(certificate.not_after()) }
}

/// All keys and certificates of a new network.
pub(crate) fn create(name: &str, list: &str, environment: &Environment) -> Result<State, BuildError> {
    let randomness = environment.randomness();
    let now = environment.now();
    let root_key = new_key(environment)?;
    let root = Authority::root(
        name,
        root_key.open().map_err(|_| BuildError::WrongKey)?,
        Validity::days(now.minus(BACK), ROOT_DAYS),
        randomness,
    )?;
    let certify = |kind| -> Result<Certified, BuildError> {
        let key = new_key(environment)?;
        Ok(Certified { certificate: certificate(&root, kind, name, &key, environment)?, key })
    };
    let descriptor =
        NetworkDescriptor::new(&network_identifier(environment), name, root.as_network_root()?, list, None)
            .map_err(|_| BuildError::Name)?;
    let certified = [
        Certified {
            certificate: CertificateChain::new(root.certificate().clone(), Vec::new()),
            key: root_key,
        },
        certify(Kind::SubAuthority(SubAuthority::Offices))?,
        certify(Kind::SubAuthority(SubAuthority::Spaces))?,
        certify(Kind::Signer(Purpose::Registrar))?,
        certify(Kind::Signer(Purpose::NetworkList))?,
    ];
    Ok(State::new(&descriptor, certified))
}

/// Renews, under the same key, what would soon end. Tells whether anything was.
pub(crate) fn refresh(state: &mut State, name: &str, environment: &Environment) -> Result<bool, BuildError> {
    let root = open(&state.root)?;
    let now = environment.now();
    let mut renewed = false;
    for (kind, certified) in [
        (Kind::SubAuthority(SubAuthority::Offices), &mut state.offices),
        (Kind::SubAuthority(SubAuthority::Spaces), &mut state.spaces),
        (Kind::Signer(Purpose::Registrar), &mut state.registrar),
        (Kind::Signer(Purpose::NetworkList), &mut state.list_signer),
    ] {
        if certified.certificate.leaf().not_after().since(now) < kind.renewed_when_left() {
            certified.certificate = certificate(&root, kind, name, &certified.key, environment)?;
            renewed = true;
        }
    }
    Ok(renewed)
}

/// An authority of the state, ready to sign.
pub(crate) fn open(certified: &Certified) -> Result<Authority, BuildError> {
    let key = certified.key.open().map_err(|_| BuildError::WrongKey)?;
    Authority::from_parts(certified.certificate.leaf().clone(), key)
}

fn certificate(
    root: &Authority,
    kind: Kind,
    name: &str,
    key: &StoredKey,
    environment: &Environment,
) -> Result<CertificateChain, BuildError> {
    use jose::Signer;
    let key = key.open().map_err(|_| BuildError::WrongKey)?;
    let validity = validity(root, environment.now(), kind.days().saturating_mul(A_DAY));
    let certificate = match kind {
        Kind::SubAuthority(mark) => {
            root.sub_authority(mark, name, key, validity, environment.randomness())?.certificate().clone()
        }
        Kind::Signer(purpose) => {
            let label = if purpose == Purpose::Registrar { "registrar" } else { "network list" };
            let name = format!("{name} {label}");
            let request = LeafRequest::Operator { name: &name, purpose, key: key.public_jwk() };
            root.leaf(request, validity, environment.randomness())?
        }
    };
    Ok(CertificateChain::new(certificate, Vec::new()))
}

fn new_key(environment: &Environment) -> Result<StoredKey, BuildError> {
    StoredKey::generate(environment.randomness()).map_err(|_| BuildError::WrongKey)
}

/// A version 4 UUID as a URN (RFC 9562 §5.4).
fn network_identifier(environment: &Environment) -> String {
    let random = u128::from_be_bytes(environment.randomness().bytes());
    let version = 4_u128 << 76;
    let variant = 2_u128 << 62;
    let value = (random & !(0xf_u128 << 76) & !(3_u128 << 62)) | version | variant;
    let field = |shift: u32, bits: u32| (value >> shift) & (u128::MAX >> 128_u32.saturating_sub(bits));
    format!(
        "urn:uuid:{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        field(96, 32),
        field(80, 16),
        field(64, 16),
        field(48, 16),
        field(0, 48)
    )
}
