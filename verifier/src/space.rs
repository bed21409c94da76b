//! The service of one space: what its endpoints and commands hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Identity;
use environment::Environment;
use issuance::{Allowance, Issuance, OfferError};
use jose::SigningFailed;
use keyring::{Keyring, KeyringError};
use outbound::Fetch;
use store::{StoreFault, Tenant};
use trust::Registration;

use crate::community::visiting::{BrandSpaces, NoBrand};
use crate::form::{Form, FormError};
use crate::invitations::post::Post;
use crate::login::Login;
use crate::sites::asking::MOST_WAITING;

/// How a space is set up.
#[derive(Clone, Debug, Default)]
pub struct SpaceSettings {
    /// The forms that its file brings, by name ([`crate::forms`]).
    pub forms: BTreeMap<String, Form>,
    /// The brand's name, for the membership.
    pub brand: Option<String>,
    /// Where an applicant can appeal: an address for people.
    pub appeal: Option<String>,
}

/// Why a space does not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// No form of that name.
    #[error("there is no form named {0}")]
    NoSuchForm(String),
    /// The form cannot be asked.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The registration certificate does not cover what the form asks.
    #[error(
        "the registration does not cover {0}: ask the network's operator to register it, or take it off the form"
    )]
    BeyondRegistration(String),
    /// The space has left: it asks nobody and invites nobody.
    #[error(
        "this space has left: it asks no newcomer and invites nobody (`passport network leave --undo` takes that back)"
    )]
    Left,
    /// No such sign-up, member or request.
    #[error("there is no such {0}")]
    NoSuch(&'static str),
    /// It was decided already.
    #[error("this sign-up has been decided already")]
    AlreadyDecided,
    /// There is no place for whoever is to be approved.
    #[error(
        "all places are taken: end a membership, or give the form more places; whoever waits gets the next"
    )]
    NoPlace,
    /// There are as many copies of the membership as there may be.
    #[error(
        "there are as many copies of this membership as there may be at a time; try again when some have expired, or end the membership and add the person anew"
    )]
    EnoughCopies,
    /// The same was offered too often within a day.
    #[error(
        "this member was offered it again 5 times today; the last offer still counts, or try again tomorrow"
    )]
    OfferedTooOften,
    /// Software decides what it was not asked to decide.
    #[error("this sign-up is not decided elsewhere: its form says who decides")]
    NotYours,
    /// An `Idempotency-Key` comes again with something else.
    #[error(
        "this Idempotency-Key was used for another request; take a fresh one for each thing that is to be done"
    )]
    OtherRequest,
    /// A team asks again for the same.
    #[error("say what to ask for instead: another form, what to leave out, or what to take in its place")]
    NothingElse,
    /// What is to be left out or replaced is not asked for.
    #[error("the form does not ask for {0}")]
    NotOnTheForm(String),
    /// Something stored cannot be read.
    #[error("what is stored cannot be read")]
    Unreadable,
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The member named no inbox to this space, or nothing can be left there.
    #[error(
        "this member named no inbox to your space, or nothing can be left there: offer the membership at your desk, in the console"
    )]
    NoInbox,
    /// So many sites' requests wait for their members that no more are taken now.
    #[error(
        "so many people are on their way to sites that no more are taken now; try again in a few minutes"
    )]
    TooManyWaiting,
    /// A signing key.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// An offer.
    #[error(transparent)]
    Offer(#[from] OfferError),
}

/// One space over one tenant of a store.
#[derive(Clone)]
pub struct Space {
    pub(crate) identity: Arc<Identity>,
    pub(crate) registration: Arc<Registration>,
    pub(crate) tenant: Tenant,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) issuance: Issuance,
    pub(crate) settings: Arc<SpaceSettings>,
    pub(crate) post: Option<Arc<Post>>,
    pub(crate) brand: Arc<dyn BrandSpaces>,
    pub(crate) outgoing: Option<Arc<dyn Fetch>>,
    pub(crate) site_requests: Arc<Allowance>,
    pub(crate) login: Option<Arc<Login>>,
}

impl Space {
    /// A space with its issuer of memberships.
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        registration: Arc<Registration>,
        tenant: Tenant,
        keyring: Arc<Keyring>,
        issuance: Issuance,
        settings: SpaceSettings,
    ) -> Self {
        let (settings, brand) = (Arc::new(settings), Arc::new(NoBrand));
        Self {
            identity,
            registration,
            tenant,
            keyring,
            issuance,
            settings,
            post: None,
            brand,
            outgoing: None,
            site_requests: Arc::new(Allowance::new(MOST_WAITING)),
            login: None,
        }
    }

    /// This space sending invitations by `post`; without one it sends none.
    #[must_use]
    pub fn with_post(self, post: Post) -> Self {
        Self { post: Some(Arc::new(post)), ..self }
    }

    /// This space sending by `outgoing` what goes into other software; without one it sends nothing.
    #[must_use]
    pub fn with_outgoing(self, outgoing: Arc<dyn Fetch>) -> Self {
        Self { outgoing: Some(outgoing), ..self }
    }

    /// This space keeping at most so many requests of sites for their members at a time, per process.
    #[must_use]
    pub fn with_most_waiting(self, most: u32) -> Self {
        Self { site_requests: Arc::new(Allowance::new(most)), ..self }
    }

    /// Who the space is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The store's tenant.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The issuer of memberships and statements.
    #[must_use]
    pub const fn issuance(&self) -> &Issuance {
        &self.issuance
    }

    /// What the network's operator registered for the space.
    #[must_use]
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Where an applicant can appeal.
    #[must_use]
    pub fn appeal(&self) -> Option<&str> {
        self.settings.appeal.as_deref()
    }

    pub(crate) fn environment(&self) -> &Environment {
        self.tenant.environment()
    }

    /// A random identifier of 128 bits.
    pub(crate) fn fresh_id(&self) -> String {
        jose::base64url::encode(self.environment().randomness().bytes::<16>())
    }
}
