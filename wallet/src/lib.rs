//! The holder's wallet: vault, credentials, consent, spaces, history.
//!
//! [`Vault`] keeps everything sealed in one folder. [`Wallet`] goes through the flows of a member: it accepts
//! offers, shows a [`Question`] through [`Consent`] and answers it, collects what follows, refills, lists.
//! [`Trust`] says who may ask and who may sign: [`NetworkTrust`] by the network's list, [`OutsideTrust`] for one call
//! with parties outside any network. Calls go out through `outbound`; messages and their rules are those of `openid4vc` and
//! `credentials`. There is no web server and no terminal in here.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod carrier;
mod carrying;
mod consent;
mod detail_form;
mod digests;
mod error;
mod flows;
mod fresh;
mod history;
mod keys;
pub mod notices;
mod own;
mod picture;
mod provider;
mod question;
mod reading;
mod records;
mod shown;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod trust;
mod vault;
mod wallet;

pub use carrying::{
    FileError, FileKey, FileKind, FileOfBrowser, FileSecret, HistoryFile, LARGEST_FILE,
    Purpose as FilePurpose, WalletFile,
};
pub use consent::{ByPreset, Consent, FaultyRequest, OfferChoice, Offered, OfferedCredential, Preset};
pub use detail_form::DetailForm;
pub use error::{NetworkError, WalletError};
pub use flows::{
    AcceptError, AcceptOptions, Accepted, AcceptedCredential, AskedAnew, AwaitedKind, AwaitedState, Begun,
    Bells, CollectError, Collected, CollectedFrom, DidChanged, DidError, Explained, Greeter, HandOutError,
    HeldCount, InformedSpace, LateAnswer, LeavingIdentifier, LeftLog, LeftSpace, LookedAt, MailError,
    MailItem, MailKind, MailRound, Mark, MemberApiError, Membership, NumberError, NumberReplaced, NumberView,
    OpenedMail, OwnSpace, PlannedChange, PresentError, PresentOptions, Presented, Problem, RefillError,
    Refilled, RefusedCount, RefusedMail, Seen, SeenDetail, SentChange, ServedLog, ShareProof, SpaceBlocked,
    When,
};
pub use fresh::{Attendance, Care, Due, Keeper, Next, Pace};
pub use history::{HistoryDeleted, HistoryDeletion, HistoryFilter, HistoryPage, HistoryParty, history_csv};
pub use keys::{HolderKey, HolderKeys, KeptInVault, KeyUse, KeysError, Showing, Wanted};
pub use own::OwnDetailsError;
pub use picture::{Picture, PictureError};
pub use provider::{Attestation, Provider, ProviderError, WalletProvider};
pub use question::{
    Alternative, Answer, AskedAgain, AskedClaim, Asker, Authorised, Binding, BoundTo, BrandSite, Choice,
    CounterOffer, Difference, Group, Known, Link, NoCounterOffer, NotSatisfied, Possibility, Purpose,
    Question, SaidIn, Selection, Source, Use,
};
pub use reading::{PageAddress, Reading, Unreadable};
pub use records::{
    Anew, Deed, DetailName, DetailSet, Digest, DigestSpace, Errand, Given, GivenClaim, HeldClaim, HeldState,
    HistoryEntry, HistoryKind, ListedCredential, NotASetName, NotDone, NotGiven, OutboxEntry, OwnDetails,
    PendingSummary, Place, ProvenChange, SetError, SetName, SpaceView, Warning, WarningKind,
};
pub use shown::{shown, shown_json};
pub use trust::{
    NetworkTrust, NotRefreshed, OfficePlace, OutsideTrust, SignerEvidence, Successors, Trust, TrustError,
    TrustedIssuer, TrustedRequester,
};
pub use vault::{
    CodeOfBrowser, CodeShown, Cost, CredentialId, Device, Door, DrillView, JUST_OPENED, KeysOfWays, Lifetime,
    LockedVault, Named, NewPasskey, NewWay, NotACredentialId, NotARecoveryCode, NotAVaultName, NotClaimed,
    NotWrappedKeys, PasskeySecret, PasskeyView, Passphrase, PrfSalt, RecoveryCode, RecoveryHalf, Secret,
    SessionKeys, SessionView, Stretched, Stretching, UsedWay, Vault, VaultError, VaultId, VaultName, Vaults,
    WaysIn, WrappedKeys,
};
pub use wallet::{BoxFuture, Wallet};
