//! The holder's wallet: vault, credentials, consent, spaces, history.
//!
//! [`Vault`] keeps everything sealed in one folder. [`Wallet`] goes through the flows of a member: it accepts
//! offers, shows a [`Question`] through [`Consent`] and answers it, collects what follows, refills, lists.
//! [`Trust`] says who may ask and who may sign: [`NetworkTrust`] by the network's list, [`OutsideTrust`] for one call
//! with parties outside any network. Calls go out through `outbound`; messages and their rules are those of `openid4vc` and
//! `credentials`. There is no web server and no terminal in here.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod carrier;
mod consent;
mod error;
mod flows;
mod provider;
mod question;
mod records;
mod shown;
mod trust;
mod vault;
mod wallet;

pub use consent::{ByPreset, Consent, FaultyRequest, Offered, OfferedCredential, Preset};
pub use error::{NetworkError, WalletError};
pub use flows::{
    AcceptError, AcceptOptions, Accepted, AcceptedCredential, AskedAnew, Begun, CollectError, Collected,
    CollectedFrom, DidChanged, DidError, HeldCount, InformedSpace, LateAnswer, LeavingIdentifier, LeftLog,
    LeftSpace, LookedAt, MailError, MailItem, MailKind, MailRound, Mark, MemberApiError, NumberError,
    NumberReplaced, NumberView, OpenedMail, PresentError, PresentOptions, Presented, RefillError, Refilled,
    RefusedCount, RefusedMail, SentChange, ServedLog, ShareProof, SpaceBlocked, When,
};
pub use provider::{Attestation, Provider, ProviderError, WalletProvider};
pub use question::{
    Alternative, Answer, AskedClaim, Asker, Authorised, Binding, Choice, CounterOffer, Difference, Group,
    NoCounterOffer, NotSatisfied, Possibility, Purpose, Question, Selection, Source,
};
pub use records::{
    DetailName, Given, GivenClaim, HeldClaim, HistoryEntry, HistoryKind, ListedCredential, OutboxEntry,
    OwnDetails, PendingSummary, ProvenChange, SpaceView, Warning, WarningKind,
};
pub use shown::{shown, shown_json};
pub use trust::{
    NetworkTrust, NotRefreshed, OutsideTrust, SignerEvidence, Successors, Trust, TrustError, TrustedIssuer,
    TrustedRequester,
};
pub use vault::{Cost, NotARecoveryCode, Passphrase, RecoveryCode, Vault, VaultError};
pub use wallet::{BoxFuture, Wallet};
