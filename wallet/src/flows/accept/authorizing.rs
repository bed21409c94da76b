//! Credentials for which the person has their say at the issuer (OpenID4VCI 1.0 §5, RFC 9126, RFC 7636, RFC 9207): begun here,
//! gone on with in a browser, finished here.
//!
//! In between nothing of it is in memory: what is waited for lies sealed in the vault until it is answered or its time is over.

use openid4vc::secret::SecretText;
use openid4vc::vci::authorization::{Pending, ReturnError};
use openid4vc::vci::offer::AuthorizationCodeGrant;
use openid4vc::vci::wallet::{self, Answer, Plan, Retries};

use super::client::Client;
use super::errand::{Errand, Redeeming};
use super::{AcceptError, AcceptOptions, Accepted, Behind, LookedAt, named, note_offered};
use crate::consent::Consent;
use crate::flows::origin::host_of;
use crate::records::{AuthorizationAwaited, HistoryEntry, HistoryKind, PrivateKey};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// For how long the person may take at the issuer, in seconds.
const LONGEST: i64 = 3_600;

/// An authorisation that was begun: what is left to do in a browser.
#[derive(Clone)]
pub struct Begun {
    /// The address to open.
    pub address: String,
    /// Whose page that is.
    pub host: String,
    /// Until when the wallet waits, in seconds since the epoch.
    pub until: i64,
    pending: Pending,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Begun({})", self.host)
    }
}

impl Begun {
    /// Whether this is an address to which the browser came back from that page, with whatever answer. Whoever does not know
    /// the secret of this attempt makes none.
    #[must_use]
    pub fn is_answered_by(&self, address: &str) -> bool {
        is_of(&self.pending.returned(address))
    }
}

/// Whether an answer belongs to an attempt: all other refusals come after its secret was compared.
const fn is_of(returned: &Result<SecretText, ReturnError>) -> bool {
    !matches!(returned, Err(ReturnError::OtherAddress | ReturnError::OtherState | ReturnError::Malformed))
}

impl Wallet {
    /// Asks the member, and then the issuer for the page on which the member has their say. `redirect_uri` is where the browser
    /// comes back.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub async fn begin_authorization(
        &self,
        looked: &LookedAt,
        redirect_uri: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Begun, AcceptError> {
        let begun = self.begin(looked.plan(), redirect_uri, options, consent).await;
        if let Err(error) = &begun {
            let mut entry = self.new_entry(HistoryKind::Offer);
            note_offered(&mut entry, looked.plan());
            entry.fail(self.cause_of(error.code()), error.is_their_word());
            self.vault.put(&entry.bounded()).await?;
        }
        begun
    }

    async fn begin(
        &self,
        plan: &Plan,
        redirect_uri: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Begun, AcceptError> {
        self.ask_first(plan, consent, false).await?;
        self.forget_old_authorizations().await?;
        let mut client = Client::new(self, plan).await?;
        let jkt = client.thumbprint();
        let randomness = self.environment.randomness();
        let (pending, request) = plan.authorization(client.id(), redirect_uri, jkt.as_deref(), randomness)?;
        let mut retries = Retries::default();
        let address = loop {
            let answer = client.send(self, request.clone()).await?;
            match pending.pushed(&answer, &mut retries)? {
                Answer::Done(address) => break address,
                Answer::Again(again) => client.heed(again),
            }
        };
        let until = self.now().plus(LONGEST).seconds();
        let host = host_of(&address).ok_or(wallet::WalletError::Malformed("pushed authorization"))?;
        self.vault.put(&self.awaiting(plan, client, pending.clone(), options.copies, until)).await?;
        Ok(Begun { address, host, until, pending })
    }

    fn awaiting(
        &self,
        plan: &Plan,
        client: Client,
        pending: Pending,
        copies: Option<usize>,
        ends_at: i64,
    ) -> AuthorizationAwaited {
        AuthorizationAwaited {
            id: self.random_id(),
            pending,
            issuer: plan.metadata().credential_issuer.clone(),
            claimed_name: named(plan.metadata()),
            server: plan.server().issuer.clone(),
            configuration_ids: plan.offered().map(|(id, _)| id.to_owned()).collect(),
            types: plan.offered().map(|(_, configuration)| configuration.vct.clone()).collect(),
            dpop_key: client.dpop_key().kept(),
            is_bound: client.thumbprint().is_some(),
            dpop_nonce: client.dpop_nonce().map(str::to_owned),
            instance: client.instance().cloned(),
            copies,
            ends_at,
        }
    }

    /// Goes on with the address to which the browser came back: gets what was asked for, once.
    ///
    /// # Errors
    /// See [`AcceptError`]; [`AcceptError::NotAwaited`] for an answer to nothing that this wallet asked.
    pub async fn finish_authorization(&self, address: &str) -> Result<Accepted, AcceptError> {
        self.forget_old_authorizations().await?;
        let all = self.vault.list::<AuthorizationAwaited>().await?;
        let answered = all.into_iter().find_map(|awaited| {
            let returned = awaited.pending.returned(address);
            is_of(&returned).then_some((awaited, returned))
        });
        let (awaited, returned) = answered.ok_or(AcceptError::NotAwaited)?;
        let mut entry = self.new_entry(HistoryKind::Offer);
        entry.host = host_of(&awaited.issuer);
        entry.requested.clone_from(&awaited.types);
        let outcome = match returned {
            Ok(code) => self.redeem(&awaited, &code, &mut entry).await,
            // What names another server, or none, is no word of the one that was asked (RFC 9207 §2.4): its code goes to nobody,
            // and the answer of the right one still counts.
            Err(error @ (ReturnError::OtherIssuer | ReturnError::IssuerMissing)) => Err(error.into()),
            Err(error) => {
                self.forget_authorization(&awaited).await?;
                Err(error.into())
            }
        };
        let (accepted, _) = self.entered(entry, outcome, None).await?;
        self.look_after_number().await?;
        Ok(accepted)
    }

    async fn redeem(
        &self,
        awaited: &AuthorizationAwaited,
        code: &SecretText,
        entry: &mut HistoryEntry,
    ) -> Result<(Accepted, Vec<PrivateKey>), AcceptError> {
        let metadata = self.issuer_metadata(&awaited.issuer).await?;
        let mut offer = wallet::offer_of_issuer(&metadata, awaited.configuration_ids.clone());
        // The code is of one server: the issuer has to name it still.
        let server = (!metadata.authorization_servers.is_empty()).then(|| awaited.server.clone());
        offer.authorization_code =
            Some(AuthorizationCodeGrant { issuer_state: None, authorization_server: server });
        let plan = self.plan_of(offer, metadata).await?;
        // An issuer that names no server any more is its own, and that need not be the one that was asked.
        if plan.server().issuer != awaited.server {
            return Err(wallet::WalletError::ServerNotListed.into());
        }
        refuse_other_types(awaited, &plan)?;
        // A code is sent once: a second time it would end what the first one got (RFC 6749 §4.1.2).
        self.forget_authorization(awaited).await?;
        let dpop_key = awaited.dpop_key.holder_key()?;
        let client = Client::again(&plan, dpop_key, awaited.dpop_nonce.clone(), awaited.instance.clone());
        let client = if awaited.is_bound { client.bound() } else { client };
        let redeeming = Redeeming::Code(&awaited.pending, code);
        let mut errand = Errand::open(self, &plan, redeeming, client, awaited.copies, None).await?;
        self.run(&mut errand, &plan, Behind::default(), entry).await
    }

    async fn forget_authorization(&self, awaited: &AuthorizationAwaited) -> Result<(), VaultError> {
        self.vault.batch().delete::<AuthorizationAwaited>(&awaited.id).commit().await
    }

    /// Lets go of what was never answered.
    pub(in crate::flows) async fn forget_old_authorizations(&self) -> Result<(), VaultError> {
        let now = self.now().seconds();
        for old in self.vault.list::<AuthorizationAwaited>().await? {
            if old.ends_at > now {
                continue;
            }
            let mut entry = self.new_entry(HistoryKind::Offer);
            entry.host = host_of(&old.issuer);
            entry.requested.clone_from(&old.types);
            entry.not_completed = Some("not_returned".to_owned());
            let batch = self.vault.batch().put(&entry.bounded())?;
            batch.delete::<AuthorizationAwaited>(&old.id).commit().await?;
        }
        Ok(())
    }
}

/// The person agreed to types; the names under which an issuer gives them are its own, and it may give another under one.
fn refuse_other_types(awaited: &AuthorizationAwaited, plan: &Plan) -> Result<(), AcceptError> {
    let agreed = awaited.configuration_ids.iter().zip(&awaited.types);
    let given: Vec<(&str, &String)> = plan.offered().map(|(id, given)| (id, &given.vct)).collect();
    let is_same = given.len() == awaited.types.len()
        && agreed.into_iter().all(|(id, vct)| given.contains(&(id.as_str(), vct)));
    if is_same { Ok(()) } else { Err(AcceptError::OtherThanAgreed) }
}
