//! How somebody of the team proves that it is them: a passkey with user verification (WebAuthn Level 3), made for the exact host of
//! the space, found by the authenticator itself, without attestation.
//!
//! What an authenticator was asked lies in the store until it has answered, and can be answered once.

use ledger::Leaf;
use openid4vc::secret::{SecretHash, SecretText};
use serde_json::{Value, json};
use store::{Change, Fault, Insertion, Range, Tx};
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, CreationChallengeResponse, DiscoverableKey, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::TeamError;
use super::people::{MOST_OF_ONE, active, end_links, end_sessions};
use super::records::{Ceremony, CeremonyState, PasskeysOf, TeamLink, TeamPasskey, TeamSession, Teammate};
use super::sessions;
use crate::space::{Space, SpaceError};

/// Seconds within which an authenticator answers.
pub const CEREMONY_LIFETIME: i64 = 300;
/// Most passkeys of one person: less than what is read at once.
const MOST_PASSKEYS: usize = 20;
/// Longest name of a passkey, in characters.
const LONGEST_LABEL: usize = 40;

/// What a browser asks its authenticator.
#[derive(Debug)]
pub struct AskedOfAuthenticator {
    /// The options of `navigator.credentials.get` or `.create`, as JSON.
    pub options: Value,
    /// What the browser names this by when it answers.
    pub ceremony: SecretText,
}

impl Space {
    /// Asks for any passkey of this host.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn begin_sign_in(&self) -> Result<AskedOfAuthenticator, TeamError> {
        let (challenge, state) =
            self.webauthn()?.start_discoverable_authentication().map_err(|error| failed(&error))?;
        // The person presses a button: what is asked for is not offered beside a field.
        let options = options(&json!(challenge.public_key))?;
        self.asked(options, CeremonyState::SignIn(Box::new(state))).await
    }

    /// Signs in whoever answered. `session` is the hash of a fresh secret, of which the browser gets the cookie.
    ///
    /// # Errors
    /// [`TeamError::NotAccepted`] whatever is wrong with the answer, or our side failed.
    pub async fn finish_sign_in(
        &self,
        ceremony: &SecretText,
        answer: &str,
        session: &str,
    ) -> Result<Teammate, TeamError> {
        let CeremonyState::SignIn(state) = self.taken(ceremony).await? else {
            return Err(TeamError::NotAccepted);
        };
        let answer: PublicKeyCredential =
            jose::json::parse_as(answer.as_bytes()).map_err(|_| TeamError::NotAccepted)?;
        let webauthn = self.webauthn()?;
        let (user, id) =
            webauthn.identify_discoverable_authentication(&answer).map_err(|error| refused(&error))?;
        let id = jose::base64url::encode(id);
        let found = self.tenant.get::<TeamPasskey>(&id).await?.ok_or(TeamError::NotAccepted)?;
        if Uuid::parse_str(&found.teammate).ok() != Some(user) {
            return Err(TeamError::NotAccepted);
        }
        let key = DiscoverableKey::from(&found.passkey);
        // Counters that do not go up are refused by the library: the passkey was copied.
        let result = webauthn
            .finish_discoverable_authentication_v2(&answer, *state, &key)
            .map_err(|error| refused(&error))?;
        if !result.user_verified() {
            return Err(TeamError::NotAccepted);
        }
        Ok(self.tenant.commit(&SignIn { id: &id, result: &result, session }).await?)
    }

    /// Asks for a new passkey by a link that counts.
    ///
    /// # Errors
    /// [`TeamError::NoLink`], or our side failed.
    pub async fn begin_passkey_by_link(&self, token: &SecretText) -> Result<AskedOfAuthenticator, TeamError> {
        let teammate = self.link_leads_to(token).await?.ok_or(TeamError::NoLink)?;
        self.begin_making(&teammate, Some(token.hash())).await
    }

    /// Asks for another passkey of somebody who is signed in.
    ///
    /// # Errors
    /// [`TeamError::TooMany`], or our side failed.
    pub async fn begin_passkey(&self, teammate: &Teammate) -> Result<AskedOfAuthenticator, TeamError> {
        self.begin_making(teammate, None).await
    }

    async fn begin_making(
        &self,
        teammate: &Teammate,
        link: Option<SecretHash>,
    ) -> Result<AskedOfAuthenticator, TeamError> {
        let known = self.passkeys_of(&teammate.id).await?;
        if known.len() >= MOST_PASSKEYS {
            return Err(TeamError::TooMany);
        }
        let user = Uuid::parse_str(&teammate.id).map_err(|_| SpaceError::Unreadable)?;
        let known = known.iter().map(|one| one.passkey.cred_id().clone()).collect();
        let called = format!("{}, {}", teammate.name, self.identity.name);
        let (challenge, asked) = self
            .webauthn()?
            .start_passkey_registration(user, &called, &teammate.name, Some(known))
            .map_err(|error| failed(&error))?;
        let asked = CeremonyState::Make { asked: Box::new(asked), teammate: teammate.id.clone(), link };
        self.asked(discoverable(&challenge)?, asked).await
    }

    /// Keeps a new passkey. Made by a link, the link is used up, and the browser is signed in: `session` is the hash of a fresh secret.
    ///
    /// # Errors
    /// [`TeamError::NotAccepted`] whatever is wrong with the answer, [`TeamError::NoLink`] if the link was used meanwhile,
    /// [`TeamError::TooMany`] if others were made meanwhile, or our side failed.
    pub async fn finish_passkey(
        &self,
        ceremony: &SecretText,
        answer: &str,
        label: &str,
        of: Maker<'_>,
    ) -> Result<Teammate, TeamError> {
        let CeremonyState::Make { asked, teammate, link } = self.taken(ceremony).await? else {
            return Err(TeamError::NotAccepted);
        };
        let answer: RegisterPublicKeyCredential =
            jose::json::parse_as(answer.as_bytes()).map_err(|_| TeamError::NotAccepted)?;
        let passkey =
            self.webauthn()?.finish_passkey_registration(&answer, &asked).map_err(|error| refused(&error))?;
        let by = match (of, link) {
            (Maker::Link { token, session }, Some(link)) if token.hash() == link => {
                By::Link { token: link, session }
            }
            (Maker::SignedIn(who), None) if who == teammate => By::SignedIn,
            _ => return Err(TeamError::NotAccepted),
        };
        let record = TeamPasskey {
            id: jose::base64url::encode(passkey.cred_id()),
            teammate,
            label: label.trim().chars().filter(|symbol| !symbol.is_control()).take(LONGEST_LABEL).collect(),
            passkey,
            made_at: self.environment().now().seconds(),
            used_at: None,
        };
        Ok(self.tenant.commit(&Keep { record, by }).await?)
    }

    /// The passkeys of somebody, in the order in which they were made.
    ///
    /// # Errors
    /// The store.
    pub async fn passkeys_of(&self, teammate: &str) -> Result<Vec<TeamPasskey>, TeamError> {
        let mut found = self.tenant.page::<PasskeysOf>(Range::prefix(teammate), MOST_OF_ONE).await?.items;
        found.sort_by_key(|passkey| passkey.made_at);
        Ok(found)
    }

    /// Removes a passkey of somebody; the last one stays. It may have been in other hands: so every session but `session`, in which it
    /// is removed, every link to another device and every screen at a door of that person ends with it.
    ///
    /// # Errors
    /// [`TeamError::LastPasskey`], or the store.
    pub async fn remove_passkey(&self, session: &TeamSession, id: &str) -> Result<(), TeamError> {
        let screens = self.screens_ended_leaf("passkey");
        Ok(self.tenant.commit(&Remove { session, id, screens }).await?)
    }

    /// The relying party: the exact host of the space, and no name above it.
    fn webauthn(&self) -> Result<Webauthn, TeamError> {
        let origin = &self.identity.origin;
        let host = origin.host_str().unwrap_or_default();
        WebauthnBuilder::new(host, origin)
            .and_then(|builder| builder.rp_name(&self.identity.name).build())
            .map_err(|error| failed(&error))
    }

    async fn asked(&self, options: Value, state: CeremonyState) -> Result<AskedOfAuthenticator, TeamError> {
        let ceremony = SecretText::random(self.environment().randomness());
        let until = self.environment().now().plus(CEREMONY_LIFETIME).seconds();
        self.tenant.carry_out(&Put(Ceremony { id: ceremony.hash(), state, until })).await?;
        Ok(AskedOfAuthenticator { options, ceremony })
    }

    /// What was asked under this name. It is asked once.
    async fn taken(&self, ceremony: &SecretText) -> Result<CeremonyState, TeamError> {
        let taken = self.tenant.carry_out(&Take(ceremony.hash())).await?;
        taken.map(|ceremony| ceremony.state).ok_or(TeamError::NotAccepted)
    }
}

/// Who makes a passkey.
#[derive(Clone, Copy, Debug)]
pub enum Maker<'a> {
    /// Whoever has the link.
    Link {
        /// The token in the link.
        token: &'a SecretText,
        /// The hash of the secret of the session that begins.
        session: &'a str,
    },
    /// Somebody who is signed in.
    SignedIn(&'a str),
}

/// The library leaves it to the authenticator whether it remembers the passkey by itself; ours must, because nobody types a name.
fn discoverable(challenge: &CreationChallengeResponse) -> Result<Value, TeamError> {
    let mut options = options(&json!(challenge.public_key))?;
    if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
        selection.insert("residentKey".to_owned(), json!("required"));
        selection.insert("requireResidentKey".to_owned(), json!(true));
    }
    Ok(options)
}

fn options(options: &Value) -> Result<Value, TeamError> {
    if options.is_object() { Ok(options.clone()) } else { Err(SpaceError::Unreadable.into()) }
}

/// Our own setup is wrong.
fn failed(error: &WebauthnError) -> TeamError {
    tracing::error!(%error, "the passkeys of this host cannot be used");
    SpaceError::Unreadable.into()
}

/// The answer is wrong. Why, whoever sent it is not told.
fn refused(error: &WebauthnError) -> TeamError {
    tracing::info!(%error, "a passkey was not accepted");
    TeamError::NotAccepted
}

struct Put(Ceremony);

impl Change for Put {
    const NAME: &'static str = "begin-team-ceremony";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(&self.0).await?)
    }
}

struct Take(SecretHash);

impl Change for Take {
    const NAME: &'static str = "take-team-ceremony";
    type Output = Option<Ceremony>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Ceremony>, Fault<Self::Refusal>> {
        Ok(tx.take::<Ceremony>(&self.0.as_bytes()[..]).await?.live())
    }
}

struct SignIn<'a> {
    id: &'a str,
    result: &'a AuthenticationResult,
    session: &'a str,
}

impl Change for SignIn<'_> {
    const NAME: &'static str = "sign-in-to-team";
    type Output = Teammate;
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<Teammate, Fault<TeamError>> {
        let found = tx.get::<TeamPasskey>(self.id).await?;
        let mut passkey = found.ok_or(Fault::Refused(TeamError::NotAccepted))?;
        passkey.passkey.update_credential(self.result);
        passkey.used_at = Some(tx.now().seconds());
        tx.put(&passkey).await?;
        sessions::begin(tx, self.session, &passkey.teammate, &passkey.label).await
    }
}

enum By<'a> {
    Link { token: SecretHash, session: &'a str },
    SignedIn,
}

struct Keep<'a> {
    record: TeamPasskey,
    by: By<'a>,
}

impl Change for Keep<'_> {
    const NAME: &'static str = "keep-team-passkey";
    type Output = Teammate;
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<Teammate, Fault<TeamError>> {
        let teammate = active(tx, &self.record.teammate).await?;
        if let By::Link { token, .. } = &self.by {
            let link = tx.take::<TeamLink>(&token.as_bytes()[..]).await?.live();
            if link.is_none_or(|link| link.teammate != teammate.id) {
                return Err(Fault::Refused(TeamError::NoLink));
            }
        }
        // Counted here as well: of two that were asked for at once the second may be one too many.
        let known = tx.page::<PasskeysOf>(Range::prefix(&teammate.id), MOST_PASSKEYS).await?;
        if known.items.len() >= MOST_PASSKEYS {
            return Err(Fault::Refused(TeamError::TooMany));
        }
        // The identifier of a credential is its authenticator's choice: it takes the place of nobody's.
        if tx.insert_new(&self.record).await? == Insertion::AlreadyThere {
            return Err(Fault::Refused(TeamError::NotAccepted));
        }
        if let By::Link { session, .. } = &self.by {
            sessions::begin(tx, session, &teammate.id, &self.record.label).await?;
        }
        Ok(teammate)
    }
}

struct Remove<'a> {
    session: &'a TeamSession,
    id: &'a str,
    screens: Leaf,
}

impl Change for Remove<'_> {
    const NAME: &'static str = "remove-team-passkey";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        let teammate = &self.session.teammate;
        let all = tx.page::<PasskeysOf>(Range::prefix(teammate), MOST_OF_ONE).await?.items;
        if !all.iter().any(|passkey| passkey.id == self.id) {
            return Ok(());
        }
        if all.len() < 2 {
            return Err(Fault::Refused(TeamError::LastPasskey));
        }
        tx.delete::<TeamPasskey>(self.id).await?;
        end_links(tx, teammate).await?;
        let this = tx.get::<TeamSession>(&self.session.id).await?;
        end_sessions(tx, teammate, &self.screens).await?;
        if let Some(this) = this.filter(|this| this.teammate == *teammate) {
            tx.put(&this).await?;
        }
        Ok(())
    }
}
