//! Applications at an operator's folder: each call changes the one state file as a whole, so that a restart loses nothing.

use crate::application::{
    self, Application, ApplicationError, ApplicationRefused, Found, MOST, Standing, Told,
};
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
    /// The port that the DID names, which counts for trying out alone.
    pub port: Option<u16>,
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
            let same = state.applications.values().find(|one| {
                one.admission.did == admission.did
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
            if state.applications.len() >= MOST {
                return Err(ApplicationError::TooMany.into());
            }
            members::check_newcomer(&state.members, &admission, now)?;
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
            let due = state.applications.values_mut().filter_map(|one| {
                let look = Look {
                    id: one.id.clone(),
                    did: one.admission.did.clone(),
                    host: one.admission.host.clone(),
                    port: one.admission.location_of_did().ok().flatten().and_then(|place| place.port()),
                };
                one.look_now(now).then_some(look)
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
        let because = application::beyond(&admission);
        let standing = if because.is_empty() {
            match self.admit_to(state, &admission) {
                Ok(_) => Standing::Admitted,
                // Somebody else may have got the host meanwhile.
                Err(OperatorError::Admission(error)) => Standing::Declined { reason: error.to_string() },
                Err(error) => return Err(error),
            }
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
