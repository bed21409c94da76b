//! Applications at an operator's folder: each call changes the one state file as a whole, so that a restart loses nothing.

use crate::application::{
    self, Application, ApplicationError, ApplicationRefused, Found, MOST, MOST_OF_ONE, MOST_WAITING,
    Standing, Told, is_host_proof,
};
use crate::display_text::{mixes_alphabets, reads_as};
use crate::members;
use crate::operator::{Operator, OperatorError};
use crate::state::State;

/// Most hosts that are looked at, and mails that are sent, in one round.
const AT_ONCE: usize = 8;

/// A host to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The application.
    pub id: String,
    /// The DID, whose documents lie there.
    pub did: String,
    /// The host, without a port.
    pub host: String,
    /// The port that the DID names, for trying out alone.
    pub port: Option<u16>,
    /// What it is to show.
    pub shows: String,
}

impl Look {
    /// Whether a host that shows this shows what the application needs. Nothing else is asked of a host that does not.
    #[must_use]
    pub fn is_proved_by(&self, shown: &str) -> bool {
        is_host_proof(shown, &self.shows)
    }
}

/// A mail to be sent.
#[derive(Clone)]
pub struct LinkMail {
    /// The application.
    pub id: String,
    /// The contact's address.
    pub address: String,
    /// The name of the party.
    pub party: String,
    /// The secret of the link.
    pub link: String,
}

impl std::fmt::Debug for LinkMail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "LinkMail({})", self.id)
    }
}

impl From<ApplicationRefused> for OperatorError {
    fn from(refused: ApplicationRefused) -> Self {
        match refused {
            ApplicationRefused::Application(error) => error.into(),
            ApplicationRefused::Admission(error) => error.into(),
        }
    }
}

impl Operator {
    /// Takes an application; the same one again is the same application.
    ///
    /// # Errors
    /// [`OperatorError::Application`], [`OperatorError::Admission`]; see [`OperatorError`].
    pub fn apply(&self, compact: &str) -> Result<Told, OperatorError> {
        let now = self.environment.now();
        let (admission, token) = application::check(compact, &self.descriptor, now)?;
        let id = jose::base64url::encode(self.environment.randomness().bytes::<16>());
        self.change(|state| {
            forget(state, now);
            // Who names a DID without its keys keeps nobody out who has them.
            let same = state.applications.values().find(|one| {
                one.admission.did == admission.did
                    && one.admission.keys == admission.keys
                    && matches!(one.standing, Standing::Open | Standing::Waiting { .. })
            });
            match same {
                Some(one) if one.is_again(&admission, &token) => return Ok((told(state, one), false)),
                Some(_) => return Err(ApplicationError::Open.into()),
                None => {}
            }
            if state.members.contains_key(&admission.did) {
                return Err(ApplicationError::Member.into());
            }
            members::check_newcomer(&state.members, &admission, now)?;
            if state.applications.values().filter(|one| one.is_of(&admission, now)).count() >= MOST_OF_ONE {
                return Err(ApplicationError::TooOften.into());
            }
            make_room(state, now)?;
            let application = Application::new(id.clone(), admission, &token, now);
            let answer = told(state, &application);
            tracing::info!(application = id, "somebody applied for admission");
            state.applications.insert(id, application);
            Ok((answer, true))
        })
    }

    /// What became of an application.
    ///
    /// # Errors
    /// [`ApplicationError::Unknown`]; see [`OperatorError`].
    pub fn application(&self, id: &str) -> Result<Told, OperatorError> {
        let state = self.state()?;
        let application = state.applications.get(id).filter(|one| !one.is_over(self.environment.now()));
        Ok(told(&state, application.ok_or(ApplicationError::Unknown)?))
    }

    /// All applications, the oldest first.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn applications(&self) -> Result<Vec<Application>, OperatorError> {
        let mut all: Vec<Application> = self.state()?.applications.into_values().collect();
        all.sort_by(|one, other| (one.applied_at, &one.id).cmp(&(other.applied_at, &other.id)));
        Ok(all)
    }

    /// The hosts to be looked at now; who is due is noted, so that two servers do not ask twice.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn hosts_to_look_at(&self) -> Result<Vec<Look>, OperatorError> {
        let now = self.environment.now();
        self.change(|state| {
            let forgot = forget(state, now);
            let mut due: Vec<&mut Application> =
                state.applications.values_mut().filter(|one| one.look_is_due(now)).collect();
            due.sort_by_key(|one| one.turn());
            let due = due.into_iter().filter_map(|one| {
                let look = Look {
                    id: one.id.clone(),
                    did: one.admission.did.clone(),
                    host: one.admission.host.clone(),
                    port: one.admission.check_root_of_host().ok()?,
                    shows: one.shows()?.to_owned(),
                };
                one.look(now);
                Some(look)
            });
            let due: Vec<Look> = due.take(AT_ONCE).collect();
            let changed = forgot || !due.is_empty();
            Ok((due, changed))
        })
    }

    /// Whether there is anything to do for applications: read without a lock, so that a worker may ask often.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn has_open_applications(&self) -> Result<bool, OperatorError> {
        Ok(self.known()?.has_open_applications())
    }

    /// What was found at the host of an application.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn looked(&self, id: &str, found: &Found) -> Result<(), OperatorError> {
        self.change(|state| {
            let Some(application) = state.applications.get_mut(id) else { return Ok(((), false)) };
            let before = application.clone();
            application.looked(found);
            let changed = *application != before;
            self.decide(state, id)?;
            Ok(((), changed))
        })
    }

    /// The mails to be sent now, each with a fresh link.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn mails_to_send(&self) -> Result<Vec<LinkMail>, OperatorError> {
        let now = self.environment.now();
        self.change(|state| {
            let due = state.applications.values_mut().filter_map(|one| {
                let link = jose::base64url::encode(self.environment.randomness().bytes::<16>());
                let address = one.mail_now(&link, now)?;
                Some(LinkMail {
                    id: one.id.clone(),
                    address,
                    party: one.admission.display_name.clone(),
                    link,
                })
            });
            let due: Vec<LinkMail> = due.take(AT_ONCE).collect();
            let changed = !due.is_empty();
            Ok((due, changed))
        })
    }

    /// A mail server took the mail of an application.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn mailed(&self, id: &str) -> Result<(), OperatorError> {
        self.change(|state| {
            let found = state.applications.get_mut(id);
            let changed = found.is_some();
            found.into_iter().for_each(Application::was_mailed);
            Ok(((), changed))
        })
    }

    /// Whose link this is: the name and the host of the party. Looking uses nothing up.
    ///
    /// # Errors
    /// [`ApplicationError::Unknown`]; see [`OperatorError`].
    pub fn behind_link(&self, link: &str) -> Result<(String, String), OperatorError> {
        let (state, now) = (self.state()?, self.environment.now());
        let found = state.applications.values().find(|one| one.has_link(link) && !one.is_over(now));
        let found = found.ok_or(ApplicationError::Unknown)?;
        Ok((found.admission.display_name.clone(), found.admission.host.clone()))
    }

    /// The button behind the link was pressed: the address is proven, and the application decided if the host is.
    ///
    /// # Errors
    /// [`ApplicationError::Unknown`] also where the link was used before; see [`OperatorError`].
    pub fn confirm_link(&self, link: &str) -> Result<(), OperatorError> {
        let now = self.environment.now();
        self.change(|state| {
            let found = state.applications.values_mut().find(|one| one.has_link(link) && !one.is_over(now));
            let found = found.ok_or(ApplicationError::Unknown)?;
            found.confirm();
            let id = found.id.clone();
            self.decide(state, &id)?;
            Ok(((), true))
        })
    }

    /// A person admits what waits for one.
    ///
    /// # Errors
    /// [`ApplicationError::Unknown`], [`ApplicationError::NotWaiting`]; as [`Operator::admit`].
    pub fn admit_application(&self, id: &str) -> Result<(), OperatorError> {
        self.change(|state| {
            let admission = waiting(state, id)?.admission.clone();
            self.admit_to(state, &crate::Admission { proofs: None, ..admission })?;
            stand(state, id, Standing::Admitted);
            Ok(((), true))
        })
    }

    /// A person declines what waits for one, or is still open.
    ///
    /// # Errors
    /// [`ApplicationError::Unknown`], [`ApplicationError::NotWaiting`]; see [`OperatorError`].
    pub fn decline_application(&self, id: &str, reason: &str) -> Result<(), OperatorError> {
        self.change(|state| {
            let found = state.applications.get(id).ok_or(ApplicationError::Unknown)?;
            if !matches!(found.standing, Standing::Open | Standing::Waiting { .. }) {
                return Err(ApplicationError::NotWaiting.into());
            }
            stand(state, id, Standing::Declined { reason: reason.to_owned() });
            Ok(((), true))
        })
    }

    /// Admits an application of which both are proven, if a template covers it.
    fn decide(&self, state: &mut State, id: &str) -> Result<(), OperatorError> {
        let Some(application) = state.applications.get(id).filter(|one| one.is_to_be_decided()) else {
            return Ok(());
        };
        let admission = application.admission.clone();
        let mut because = application::beyond(&admission);
        because.extend(mistakable(state, &admission.display_name));
        let wait = state.applications.values().filter(|one| matches!(one.standing, Standing::Waiting { .. }));
        let standing = if state.members.contains_key(&admission.did) {
            Standing::Declined { reason: ApplicationError::Member.to_string() }
        } else if because.is_empty() {
            match self.admit_to(state, &admission) {
                Ok(_) => Standing::Admitted,
                // Somebody else may have got the host meanwhile.
                Err(OperatorError::Admission(error)) => Standing::Declined { reason: error.to_string() },
                Err(error) => return Err(error),
            }
        } else if wait.count() >= MOST_WAITING {
            let reason = "too many applications wait for a person: apply again in some days".to_owned();
            Standing::Declined { reason }
        } else {
            Standing::Waiting { because }
        };
        stand(state, id, standing);
        Ok(())
    }
}

fn told(state: &State, application: &Application) -> Told {
    let member = state.members.get(&application.admission.did);
    let bundle = member.filter(|_| application.standing == Standing::Admitted).map(|one| one.bundle.clone());
    Told {
        application: application.id.clone(),
        standing: application.standing.clone(),
        host_proved: application.host_proved,
        email_proved: application.email_proved,
        bundle,
    }
}

fn stand(state: &mut State, id: &str, standing: Standing) {
    if let Some(application) = state.applications.get_mut(id) {
        tracing::info!(application = id, ?standing, "an application was decided");
        application.standing = standing;
    }
    let is_decided =
        |one: &&Application| matches!(one.standing, Standing::Admitted | Standing::Declined { .. });
    let decided = || state.applications.values().filter(is_decided);
    if decided().count() > MOST_WAITING {
        let oldest = decided().min_by_key(|one| one.applied_at).map(|one| one.id.clone());
        oldest.and_then(|oldest| state.applications.remove(&oldest));
    }
}

/// Makes room for one more that waits for its proofs: where there is none, the one goes that has waited longest without its host's
/// proof, or else longest of all, once it had time enough.
fn make_room(state: &mut State, now: environment::Timestamp) -> Result<(), ApplicationError> {
    let open = || state.applications.values().filter(|one| one.standing == Standing::Open);
    if open().count() < MOST {
        return Ok(());
    }
    let last = open().filter(|one| one.may_give_way(now)).min_by_key(|one| (one.host_proved, one.applied_at));
    let last = last.map(|one| one.id.clone()).ok_or(ApplicationError::TooMany)?;
    state.applications.remove(&last);
    Ok(())
}

/// Why a name may be taken for another's.
fn mistakable(state: &State, name: &str) -> Vec<String> {
    let of_network = state.descriptor().map(|descriptor| descriptor.name().to_owned());
    let of_members = state.members.values().flat_map(|member| {
        [&member.admission.display_name, &member.admission.registration.legal_name].map(String::as_str)
    });
    let is_known = of_members.chain(of_network.as_deref()).any(|known| reads_as(name, known));
    let known = is_known.then(|| "its name reads as that of a member or of the network".to_owned());
    let mixed =
        mixes_alphabets(name).then(|| "its name is written in letters of more than one alphabet".to_owned());
    known.into_iter().chain(mixed).collect()
}

fn waiting<'a>(state: &'a State, id: &str) -> Result<&'a Application, OperatorError> {
    let found = state.applications.get(id).ok_or(ApplicationError::Unknown)?;
    match found.standing {
        Standing::Waiting { .. } => Ok(found),
        _ => Err(ApplicationError::NotWaiting.into()),
    }
}

/// Drops what is over; gives whether anything was.
fn forget(state: &mut State, now: environment::Timestamp) -> bool {
    let before = state.applications.len();
    state.applications.retain(|_, one| !one.is_over(now));
    state.applications.len() != before
}
