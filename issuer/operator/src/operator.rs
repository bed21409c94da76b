//! The operations on an operator's folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use environment::Environment;
use jose::SigningFailed;
use trust::authority::BuildError;
use trust::network_list::{self, Member, Role, Standing};
use trust::{DescriptorError, NetworkDescriptor};

use crate::admission::{Admission, AdmissionError, Bundle};
use crate::application::ApplicationError;
use crate::authorities;
use crate::brand::{BrandError, BrandLimits, BrandRecord, Signed};
use crate::folder::{Access, LockedFolder};
use crate::known::{Known, Version, list_in_hand};
use crate::members;
use crate::renewal::{Asked, RenewalError};
use crate::state::{FILE, SignedList, State};

const DESCRIPTOR: &str = "network.json";

/// Why the operator did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The folder cannot be read or written.
    #[error("the operator's folder: {0}")]
    Folder(#[from] io::Error),
    /// There is no network in the folder.
    #[error("there is no network in this folder: run `passport operator init` first")]
    NotInitialised,
    /// There is another network in the folder.
    #[error("there is a network with another name or another list address in this folder")]
    OtherNetwork,
    /// The state cannot be read: it was damaged, or written by another version.
    #[error("operator.json cannot be read: restore it from a backup")]
    Corrupt,
    /// The name or the address of the list cannot be used.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Build(#[from] BuildError),
    /// A key did not sign.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// The party is not admitted.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// The request for renewal is not taken.
    #[error(transparent)]
    Renewal(#[from] RenewalError),
    /// The brand is not made or changed, or its admission not taken.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// The application is not taken.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// No member has this DID.
    #[error("no member of the network has this DID")]
    UnknownMember,
    /// The member cannot come to stand so: an unknown word is for readers only, and who has lapsed follows from its certificates.
    #[error("a member is admitted, suspended or expelled")]
    Standing,
    /// A public network would lead its members to names that mean their own machine.
    #[error("a network whose list is public joins none whose list is at localhost")]
    DevelopmentSuccessor,
}

/// A brand and how many spaces it has on the list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BrandView {
    /// The brand.
    #[serde(flatten)]
    pub record: BrandRecord,
    /// Its spaces that are not expelled.
    pub spaces_now: usize,
}

/// The operator of one network, working on its folder.
#[derive(Clone, Debug)]
pub struct Operator {
    folder: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) descriptor: NetworkDescriptor,
    known: Arc<RwLock<Option<Arc<Known>>>>,
}

impl Operator {
    /// Founds a network in `folder`, or opens the one that was founded there with the same name and list address.
    ///
    /// # Errors
    /// [`OperatorError::OtherNetwork`] when there is another one; see [`OperatorError`].
    pub fn init(
        folder: &Path,
        name: &str,
        list: &str,
        environment: Environment,
    ) -> Result<Self, OperatorError> {
        let locked = LockedFolder::lock(folder, true)?;
        let descriptor = match read(&locked)? {
            Some((_, descriptor)) => {
                // Compared as addresses: what is stored went through the same parser.
                let asked = NetworkDescriptor::new(
                    descriptor.network(),
                    name,
                    descriptor.root().clone(),
                    list,
                    None,
                )?;
                if asked.name() != descriptor.name() || asked.list() != descriptor.list() {
                    return Err(OperatorError::OtherNetwork);
                }
                descriptor
            }
            None => {
                let state = authorities::create(name, list, &environment)?;
                let descriptor = state.descriptor().ok_or(OperatorError::Corrupt)?;
                store(&locked, &state)?;
                tracing::info!(network = descriptor.network(), "network founded");
                descriptor
            }
        };
        write_descriptor(&locked, &descriptor)?;
        Ok(Self::at(folder, environment, descriptor))
    }

    /// Opens the network that was founded in `folder`.
    ///
    /// # Errors
    /// [`OperatorError::NotInitialised`]; see [`OperatorError`].
    pub fn open(folder: &Path, environment: Environment) -> Result<Self, OperatorError> {
        if !folder.join(FILE).exists() {
            return Err(OperatorError::NotInitialised);
        }
        let locked = LockedFolder::lock(folder, false)?;
        let (_, descriptor) = read(&locked)?.ok_or(OperatorError::NotInitialised)?;
        write_descriptor(&locked, &descriptor)?;
        Ok(Self::at(folder, environment, descriptor))
    }

    fn at(folder: &Path, environment: Environment, descriptor: NetworkDescriptor) -> Self {
        Self { folder: folder.to_owned(), environment, descriptor, known: Arc::default() }
    }

    /// What wallets, offices and spaces pin.
    #[must_use]
    pub const fn descriptor(&self) -> &NetworkDescriptor {
        &self.descriptor
    }

    /// Admits a party, or renews what an admitted party got.
    ///
    /// The same request gives the same bundle while half of its time is left, and a new one afterwards. The list changes at once
    /// when the party is new or appears otherwise than before. That the keys stand in the party's DID document is not
    /// checked here: every reader does.
    ///
    /// # Errors
    /// [`OperatorError::Admission`]; see [`OperatorError`].
    pub fn admit(&self, admission: &Admission) -> Result<Bundle, OperatorError> {
        self.change(|state| self.admit_to(state, admission))
    }

    pub(crate) fn admit_to(
        &self,
        state: &mut State,
        admission: &Admission,
    ) -> Result<(Bundle, bool), OperatorError> {
        let outcome = members::admit(state, &self.descriptor, admission, &self.environment)?;
        if outcome.list_changed {
            self.sign_list(state)?;
            tracing::info!(did = admission.did, role = admission.role.name(), "party admitted");
        }
        Ok((outcome.bundle, outcome.changed))
    }

    /// Renews the certificates of an admitted party from what it handed in before.
    ///
    /// # Errors
    /// [`OperatorError::UnknownMember`]; as [`Operator::admit`].
    pub fn renew(&self, did: &str) -> Result<Bundle, OperatorError> {
        let (state, _) = read(&self.lock()?)?.ok_or(OperatorError::NotInitialised)?;
        let record = state.members.get(did).ok_or(OperatorError::UnknownMember)?;
        // Its proofs were checked when they were handed in, and would be too old by now.
        self.admit(&Admission { proofs: None, ..record.admission.clone() })
    }

    /// The signed network list, made anew when half of its day is over or somebody on it has lapsed.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn current_list(&self) -> Result<String, OperatorError> {
        let now = self.environment.now();
        if let Some(list) = self.known()?.current_list(now) {
            return Ok(list.to_owned());
        }
        self.change(|state| match list_in_hand(state, now) {
            Some(list) => Ok((list.compact.clone(), false)),
            None => Ok((self.sign_list(state)?, true)),
        })
    }

    /// A new list with a higher version, whatever the age of the current one.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn renew_list(&self) -> Result<String, OperatorError> {
        self.change(|state| Ok((self.sign_list(state)?, true)))
    }

    /// Suspends, expels or readmits a member and signs a new list at once; none if it stands so already.
    ///
    /// # Errors
    /// [`OperatorError::UnknownMember`]; see [`OperatorError`].
    pub fn set_standing(&self, did: &str, standing: Standing) -> Result<(), OperatorError> {
        if matches!(standing, Standing::Unknown | Standing::Lapsed) {
            return Err(OperatorError::Standing);
        }
        self.change(|state| {
            let record = state.members.get_mut(did).ok_or(OperatorError::UnknownMember)?;
            if record.standing == standing {
                return Ok(((), false));
            }
            record.standing = standing;
            self.sign_list(state)?;
            tracing::info!(did, ?standing, "standing changed");
            Ok(((), true))
        })
    }

    /// All members, as the list names them.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn members(&self) -> Result<Vec<Member>, OperatorError> {
        let (state, _) = read(&self.lock()?)?.ok_or(OperatorError::NotInitialised)?;
        let now = self.environment.now();
        Ok(state.members.values().map(|record| members::member(record, &state.brands, now)).collect())
    }

    /// Renews what a member asks for over HTTP, signed by its key for requests: what is registered of it, under the keys it has.
    ///
    /// # Errors
    /// [`OperatorError::Renewal`]; [`OperatorError::Brand`] when it has come to lie beyond its brand's limits; as
    /// [`Operator::admit`].
    pub fn renew_asked(&self, compact: &str) -> Result<Bundle, OperatorError> {
        let asked = Asked::parse(compact)?;
        let now = self.environment.now();
        let (known, did) = (self.known()?, asked.did().to_owned());
        let keys = known.keys(&did).ok_or(RenewalError::NotFromAMember)?;
        asked.check(keys, &self.descriptor, now)?;
        self.change(|state| {
            let record = state.members.get(&did).ok_or(RenewalError::NotFromAMember)?;
            if record.admission.keys != *keys {
                return Err(RenewalError::OtherKeys.into());
            }
            if record.standing != Standing::Admitted {
                return Err(AdmissionError::NotInGoodStanding.into());
            }
            let brand = members::brand_of(&record.admission, &state.brands);
            // A brand's limits are for its spaces; an office that named one before was admitted by the operator.
            if let Some(brand) = brand.filter(|_| record.admission.role == Role::Space) {
                brand.allows(&record.admission, now)?;
            }
            let admission = Admission { proofs: None, ..record.admission.clone() };
            self.admit_to(state, &admission)
        })
    }

    /// Admits a space that its brand admits, within the brand's limits. The space itself proves that it holds both keys, and its DID
    /// is at its host: of neither is the brand's word enough.
    ///
    /// # Errors
    /// [`OperatorError::Brand`]; as [`Operator::admit`].
    pub fn admit_by_brand(&self, compact: &str) -> Result<Bundle, OperatorError> {
        let signed = Signed::parse(compact)?;
        let (now, known) = (self.environment.now(), self.known()?);
        let brand = known.brand(signed.brand()).ok_or(BrandError::NotFromABrand)?;
        let admission = signed.verify(brand, self.descriptor.network(), now)?;
        let did = &brand.did;
        self.change(|state| {
            let brand = state.brands.values().find(|brand| brand.did == *did);
            let brand = brand.ok_or(BrandError::NotFromABrand)?;
            brand.allows(&admission, now)?;
            admission.check_both_proved(now)?;
            // Nobody's space becomes a brand's because the brand says so.
            let known = state.members.get(&admission.did);
            if known.is_some_and(|known| known.admission.brand.as_ref() != Some(&brand.brand)) {
                return Err(BrandError::NotItsSpace.into());
            }
            let most = brand.limits.spaces;
            if known.is_none()
                && members::spaces_of(&state.members, brand) >= usize::try_from(most).unwrap_or(0)
            {
                return Err(BrandError::from(crate::brand::LimitError::Spaces(most)).into());
            }
            self.admit_to(state, &admission)
        })
    }

    /// Lets a brand admit spaces of its own.
    ///
    /// # Errors
    /// [`OperatorError::Brand`]; see [`OperatorError`].
    pub fn add_brand(&self, brand: BrandRecord) -> Result<(), OperatorError> {
        brand.check()?;
        self.change(|state| {
            let is_taken = |known: &BrandRecord| known.brand.id == brand.brand.id || known.did == brand.did;
            if state.brands.values().any(is_taken) {
                return Err(BrandError::Known.into());
            }
            let other_name = |record: &crate::state::Record| {
                let known = record.admission.brand.as_ref();
                known.is_some_and(|known| known.id == brand.brand.id && *known != brand.brand)
            };
            if state.members.values().any(other_name) {
                return Err(AdmissionError::BrandName.into());
            }
            tracing::info!(brand = brand.brand.id, "brand added");
            state.brands.insert(brand.brand.id.clone(), brand);
            self.sign_list(state)?;
            Ok(((), true))
        })
    }

    /// Sets other limits for a brand. Its spaces stay until their certificates end, or until its day; those beyond are renewed no
    /// more.
    ///
    /// # Errors
    /// [`BrandError::Unknown`], [`BrandError::Limits`]; see [`OperatorError`].
    pub fn limit_brand(&self, id: &str, limits: BrandLimits) -> Result<(), OperatorError> {
        limits.check()?;
        self.change(|state| {
            state.brands.get_mut(id).ok_or(BrandError::Unknown)?.limits = limits;
            // With another day, others may have lapsed.
            self.sign_list(state)?;
            Ok(((), true))
        })
    }

    /// Suspends a brand, and all spaces that name it with it, or takes it back; signs a new list at once.
    ///
    /// # Errors
    /// [`BrandError::Unknown`]; see [`OperatorError`].
    pub fn set_brand_standing(&self, id: &str, suspended: bool) -> Result<(), OperatorError> {
        let standing = if suspended { Standing::Suspended } else { Standing::Admitted };
        self.change(|state| {
            let brand = state.brands.get_mut(id).ok_or(BrandError::Unknown)?;
            if brand.standing == standing {
                return Ok(((), false));
            }
            brand.standing = standing;
            self.sign_list(state)?;
            tracing::info!(brand = id, ?standing, "standing of a brand changed");
            Ok(((), true))
        })
    }

    /// Says in the list that this network has joined another, so that its members' wallets can offer to join that one too.
    ///
    /// # Errors
    /// [`OperatorError::OtherNetwork`] for this very network; [`OperatorError::DevelopmentSuccessor`]; see [`OperatorError`].
    pub fn announce_successor(&self, descriptor: &NetworkDescriptor) -> Result<(), OperatorError> {
        if descriptor.network() == self.descriptor.network() {
            return Err(OperatorError::OtherNetwork);
        }
        if descriptor.is_development() && !self.descriptor.is_development() {
            return Err(OperatorError::DevelopmentSuccessor);
        }
        self.change(|state| {
            state.successor = Some(descriptor.to_value());
            self.sign_list(state)?;
            Ok(((), true))
        })
    }

    /// All brands.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn brands(&self) -> Result<Vec<BrandView>, OperatorError> {
        let (state, _) = read(&self.lock()?)?.ok_or(OperatorError::NotInitialised)?;
        let view = |brand: &BrandRecord| BrandView {
            spaces_now: members::spaces_of(&state.members, brand),
            record: brand.clone(),
        };
        Ok(state.brands.values().map(view).collect())
    }

    fn sign_list(&self, state: &mut State) -> Result<String, OperatorError> {
        let now = self.environment.now();
        // Never below the time in seconds: an operator restored from a backup would otherwise give out versions again
        // that its members have seen, and they would refuse them.
        let version = state.version.saturating_add(1).max(u64::try_from(now.seconds()).unwrap_or(0));
        let content = members::list_content(state, &self.descriptor, version, now);
        let key = state.list_signer.key.open().map_err(|_| OperatorError::Corrupt)?;
        let chain = &state.list_signer.certificate;
        let compact = network_list::sign(&content, chain, &key, now, network_list::LONGEST_VALIDITY)?;
        state.version = version;
        state.list = Some(SignedList { compact: compact.clone(), issued_at: now.seconds() });
        Ok(compact)
    }

    /// What is known of the state that lies in the folder now, read again only if it is another than before.
    pub(crate) fn known(&self) -> Result<Arc<Known>, OperatorError> {
        if let Some(known) = self.known_as(self.version()?) {
            return Ok(known);
        }
        let locked = self.lock()?;
        // Somebody else may have read it while this waited.
        if let Some(known) = self.known_as(self.version()?) {
            return Ok(known);
        }
        let (state, _) = read(&locked)?.ok_or(OperatorError::NotInitialised)?;
        self.remember(&state)
    }

    fn known_as(&self, version: Version) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| known.version == version).cloned()
    }

    /// Under the lock, so that the file is that of `state`.
    fn remember(&self, state: &State) -> Result<Arc<Known>, OperatorError> {
        let known = Arc::new(Known::of(self.version()?, state));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        Ok(known)
    }

    fn version(&self) -> Result<Version, OperatorError> {
        match std::fs::metadata(self.folder.join(FILE)) {
            Ok(metadata) => Ok(Version::of(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OperatorError::NotInitialised),
            Err(error) => Err(error.into()),
        }
    }

    fn lock(&self) -> Result<LockedFolder, OperatorError> {
        Ok(LockedFolder::lock(&self.folder, false)?)
    }

    /// Reads the state, lets `act` change it, and stores it if `act` says so (or a certificate of ours was renewed).
    ///
    /// Nothing is handed out that is not stored: a version of the list can never be given twice.
    /// The state as it is now.
    pub(crate) fn state(&self) -> Result<State, OperatorError> {
        let (state, _) = read(&self.lock()?)?.ok_or(OperatorError::NotInitialised)?;
        Ok(state)
    }

    pub(crate) fn change<T>(
        &self,
        act: impl FnOnce(&mut State) -> Result<(T, bool), OperatorError>,
    ) -> Result<T, OperatorError> {
        let locked = self.lock()?;
        let (mut state, _) = read(&locked)?.ok_or(OperatorError::NotInitialised)?;
        let renewed = authorities::refresh(&mut state, self.descriptor.name(), &self.environment)?;
        let (value, changed) = act(&mut state)?;
        if changed || renewed {
            store(&locked, &state)?;
            self.remember(&state)?;
        }
        Ok(value)
    }
}

fn read(folder: &LockedFolder) -> Result<Option<(State, NetworkDescriptor)>, OperatorError> {
    let Some(content) = folder.read(FILE)? else { return Ok(None) };
    let content = zeroize::Zeroizing::new(content);
    let state = State::read(&content).ok_or(OperatorError::Corrupt)?;
    let descriptor = state.descriptor().ok_or(OperatorError::Corrupt)?;
    Ok(Some((state, descriptor)))
}

fn store(folder: &LockedFolder, state: &State) -> Result<(), OperatorError> {
    let content = state.write().map_err(io::Error::other)?;
    Ok(folder.replace(FILE, &content, Access::Owner)?)
}

/// The descriptor's file follows from the state; a crash may have kept it from being written.
fn write_descriptor(folder: &LockedFolder, descriptor: &NetworkDescriptor) -> Result<(), OperatorError> {
    let content = format!("{:#}\n", descriptor.to_value());
    if folder.read(DESCRIPTOR)?.as_deref() != Some(content.as_bytes()) {
        folder.replace(DESCRIPTOR, content.as_bytes(), Access::Everybody)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
