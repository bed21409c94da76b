//! From a form to what is asked.

use openid4vc::secret::{SecretHash, SecretText};
use serde_json::Value;
use store::{Change, Fault, Range, Tx};
use trust::registration::{BeyondRegistration, ClaimPath, RequestedCredential};
use trust::{Registration, within};

use crate::form::{CompiledForm, Form};
use crate::forms::FormVersion;
use crate::outgoing::seeing::ToldRecipient;
use crate::records::{Asked, ByScreen};
use crate::space::{Space, SpaceError};

/// How long a request may be answered if nothing else is said, in seconds.
pub const REQUEST_LIFETIME: i64 = 300;
/// How long the space remembers what it asked after that: long enough for every wait that follows an answer.
const REMEMBERED: i64 = 3_600;

impl Space {
    /// Records that `form` is asked and may be answered for [`REQUEST_LIFETIME`]; the caller then makes the request
    /// object about the result's id.
    ///
    /// # Errors
    /// See [`SpaceError`]: an unknown form, one that asks beyond the registration, or the store.
    pub async fn ask(&self, form: &str) -> Result<Asked, SpaceError> {
        self.ask_for(form, REQUEST_LIFETIME).await
    }

    /// As [`Self::ask`], for `seconds`.
    ///
    /// # Errors
    /// See [`Self::ask`].
    pub async fn ask_for(&self, form: &str, seconds: i64) -> Result<Asked, SpaceError> {
        let asked = self.asked_within_registration(form, None, seconds).await?;
        self.store_asked(&asked).await?;
        Ok(asked)
    }

    /// As [`Self::ask`], for the browser whose session has the hash `screen`. `told`: to whom details go on, as the page says on which
    /// the request stands; what nobody was told of goes nowhere.
    ///
    /// # Errors
    /// See [`Self::ask`].
    pub async fn ask_at_screen(
        &self,
        form: &str,
        screen: SecretHash,
        told: &[ToldRecipient],
    ) -> Result<Asked, SpaceError> {
        let asked = self.asked_within_registration(form, Some(screen), REQUEST_LIFETIME).await?;
        let told = told.iter().filter_map(|one| one.said_with(&asked.form)).collect();
        let asked = Asked { told, ..asked };
        self.store_asked(&asked).await?;
        Ok(asked)
    }

    /// What was asked in that browser, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn asked_at_screen(&self, screen: SecretHash, limit: usize) -> Result<Vec<Asked>, SpaceError> {
        let range = Range::prefix(&screen.as_bytes()[..]).descending();
        Ok(self.tenant.page::<ByScreen>(range, limit).await?.items)
    }

    async fn asked_within_registration(
        &self,
        form: &str,
        screen: Option<SecretHash>,
        lifetime: i64,
    ) -> Result<Asked, SpaceError> {
        self.check_here().await?;
        let FormVersion { form, number, .. } =
            self.form(form).await?.ok_or_else(|| SpaceError::NoSuchForm(form.to_owned()))?;
        let compiled = self.compile(&form)?;
        match check_registration(&self.registration, &form, &compiled) {
            Err(SpaceError::BeyondRegistration(claims)) if form.beyond_registration => {
                tracing::warn!(form = form.id, claims, "asked beyond the registration, as the form says");
            }
            checked => checked?,
        }
        Ok(self.new_asked((form, number), compiled, screen, lifetime))
    }

    /// What `form` asks beyond the registration, in a sentence for the team; nothing for a form that keeps to it.
    #[must_use]
    pub fn beyond_registration(&self, form: &Form) -> Option<String> {
        let compiled = form.compile().ok()?;
        let Err(SpaceError::BeyondRegistration(claims)) =
            check_registration(&self.registration, form, &compiled)
        else {
            return None;
        };
        Some(format!(
            "this form asks for {claims}, which is not registered: wallets of the network mark it, give none of it by themselves, and may offer less"
        ))
    }

    /// The names of what `form` asks, or would take instead, and the registration does not cover; paths joined by `.`.
    #[must_use]
    pub fn not_registered(&self, form: &Form) -> Vec<String> {
        let whole = form.to_register();
        let requested = whole.as_ref().and_then(|whole| requested(&whole.compile().ok()?));
        let Some(requested) = requested else { return Vec::new() };
        let Err(beyond) = within(&self.registration, Some(&form.purpose), &requested) else {
            return Vec::new();
        };
        let claims = beyond.claims.iter().map(|(_, path)| path.to_string());
        let types = beyond.credentials.iter().flatten().cloned();
        claims.chain(types).collect()
    }

    /// As [`Self::ask`], without looking at the registration: for drills and demonstrations of what wallets refuse.
    ///
    /// # Errors
    /// See [`SpaceError`].
    pub async fn dangerous_ask_beyond_registration(&self, form: Form) -> Result<Asked, SpaceError> {
        let compiled = self.compile(&form)?;
        let asked = self.new_asked((form, 0), compiled, None, REQUEST_LIFETIME);
        self.store_asked(&asked).await?;
        Ok(asked)
    }

    /// What is recorded of a request before it is made. The form comes with its version.
    pub(crate) fn new_asked(
        &self,
        (form, version): (Form, u32),
        compiled: CompiledForm,
        screen: Option<SecretHash>,
        lifetime: i64,
    ) -> Asked {
        let handle = SecretText::random(self.environment().randomness());
        let now = self.environment().now();
        Asked {
            id: self.fresh_id(),
            form,
            version,
            compiled,
            screen,
            counter_offers: Some(handle.hash()),
            handle: Some(handle),
            countered: 0,
            in_place_of: None,
            told: Vec::new(),
            until: now.plus(lifetime).plus(REMEMBERED).seconds(),
        }
    }

    pub(crate) async fn store_asked(&self, asked: &Asked) -> Result<(), SpaceError> {
        Ok(self.tenant.carry_out(&PutAsked(asked)).await?)
    }
}

/// A space's own form must lie within its registration; what lies beyond is named.
pub(crate) fn check_registration(
    registration: &Registration,
    form: &Form,
    compiled: &CompiledForm,
) -> Result<(), SpaceError> {
    let requested = requested(compiled).ok_or(SpaceError::Unreadable)?;
    match within(registration, Some(&form.purpose), &requested) {
        Ok(_) => Ok(()),
        Err(beyond) => Err(SpaceError::BeyondRegistration(named(&beyond))),
    }
}

/// The credentials and claims of a compiled form, as a registration speaks of them.
fn requested(compiled: &CompiledForm) -> Option<Vec<RequestedCredential>> {
    let credentials = compiled.query.get("credentials")?.as_array()?;
    credentials
        .iter()
        .filter(|credential| credential.get("id").and_then(Value::as_str) != Some("terms"))
        .map(|credential| {
            let types = credential.get("meta")?.get("vct_values")?.as_array()?;
            let claims = credential.get("claims")?.as_array()?;
            Some(RequestedCredential {
                credential_types: types.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                claims: claims
                    .iter()
                    .map(|claim| ClaimPath::from_value(claim.get("path")?).ok())
                    .collect::<Option<_>>()?,
            })
        })
        .collect()
}

fn named(beyond: &BeyondRegistration) -> String {
    let claims = beyond.claims.iter().map(|(_, path)| path.to_value().to_string());
    let credentials = beyond.credentials.iter().map(|types| types.join(" or "));
    claims.chain(credentials).collect::<Vec<_>>().join(", ")
}

struct PutAsked<'a>(&'a Asked);

impl Change for PutAsked<'_> {
    const NAME: &'static str = "ask";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(self.0).await?)
    }
}
