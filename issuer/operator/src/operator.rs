//! The operations on an operator's folder.

use std::io;
use std::path::{Path, PathBuf};

use environment::Environment;
use jose::SigningFailed;
use trust::authority::BuildError;
use trust::network_list::{self, Member, Standing};
use trust::{DescriptorError, NetworkDescriptor};

use crate::admission::{Admission, AdmissionError, Bundle};
use crate::authorities;
use crate::folder::{Access, LockedFolder};
use crate::members;
use crate::state::{FILE, SignedList, State};

const DESCRIPTOR: &str = "network.json";
/// The list is made anew when half of its day is over.
const LIST_LEFT: i64 = 12 * 3_600;

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
    /// No member has this DID.
    #[error("no member of the network has this DID")]
    UnknownMember,
    /// The member cannot come to stand so: an unknown word is for readers only.
    #[error("a member is admitted, suspended or expelled")]
    Standing,
}

/// The operator of one network, working on its folder.
#[derive(Clone, Debug)]
pub struct Operator {
    folder: PathBuf,
    environment: Environment,
    descriptor: NetworkDescriptor,
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
        Ok(Self { folder: folder.to_owned(), environment, descriptor })
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
        Ok(Self { folder: folder.to_owned(), environment, descriptor })
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
        self.change(|state| {
            let outcome = members::admit(state, &self.descriptor, admission, &self.environment)?;
            if outcome.list_changed {
                self.sign_list(state)?;
                tracing::info!(did = admission.did, role = admission.role.name(), "party admitted");
            }
            Ok((outcome.bundle, outcome.changed))
        })
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

    /// The signed network list, made anew when half of its day is over.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn current_list(&self) -> Result<String, OperatorError> {
        self.change(|state| {
            let now = self.environment.now();
            let age = |list: &SignedList| now.since(environment::Timestamp::from_seconds(list.issued_at));
            // A list from the future (the clock was put back) is made anew too.
            match &state.list {
                Some(list) if (0..LIST_LEFT).contains(&age(list)) => Ok((list.compact.clone(), false)),
                _ => Ok((self.sign_list(state)?, true)),
            }
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
        if standing == Standing::Unknown {
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
        Ok(state.members.values().map(members::member).collect())
    }

    fn sign_list(&self, state: &mut State) -> Result<String, OperatorError> {
        let now = self.environment.now();
        // Never below the time in seconds: an operator restored from a backup would otherwise give out versions again
        // that its members have seen, and they would refuse them.
        let version = state.version.saturating_add(1).max(u64::try_from(now.seconds()).unwrap_or(0));
        let content = members::list_content(state, &self.descriptor, version);
        let key = state.list_signer.key.open().map_err(|_| OperatorError::Corrupt)?;
        let chain = &state.list_signer.certificate;
        let compact = network_list::sign(&content, chain, &key, now, network_list::LONGEST_VALIDITY)?;
        state.version = version;
        state.list = Some(SignedList { compact: compact.clone(), issued_at: now.seconds() });
        Ok(compact)
    }

    fn lock(&self) -> Result<LockedFolder, OperatorError> {
        Ok(LockedFolder::lock(&self.folder, false)?)
    }

    /// Reads the state, lets `act` change it, and stores it if `act` says so (or a certificate of ours was renewed).
    ///
    /// Nothing is handed out that is not stored: a version of the list can never be given twice.
    fn change<T>(
        &self,
        act: impl FnOnce(&mut State) -> Result<(T, bool), OperatorError>,
    ) -> Result<T, OperatorError> {
        let locked = self.lock()?;
        let (mut state, _) = read(&locked)?.ok_or(OperatorError::NotInitialised)?;
        let renewed = authorities::refresh(&mut state, self.descriptor.name(), &self.environment)?;
        let (value, changed) = act(&mut state)?;
        if changed || renewed {
            store(&locked, &state)?;
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
