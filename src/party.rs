//! A party's folder: its settings, keys, DID log and admission, from which its servers are put together.
//!
//! ```text
//! DATA/NAME/party.json              settings, for people to edit
//! DATA/NAME/did.jsonl               its DID log
//! DATA/NAME/did-witness.json        the proofs of the log's witnesses, if it has any
//! DATA/NAME/did-next.jsonl          the log with an entry that waits for its witnesses
//! DATA/NAME/admission-request.json  what it hands to the operator
//! DATA/NAME/admission.json          what the operator gave: chains, registration certificate, network
//! DATA/NAME/networks.json           the newest list seen of each network
//! DATA/NAME/keyring/                sealing keys and the party's own secrets
//! DATA/NAME/store/                  everything else
//! DATA/NAME/admin.sock              commands reach the running server here
//! ```

mod applying;
mod beside;
mod folder;
mod identity;
mod issuing;
mod login;
mod office;
mod renewing;
mod resolving;
mod runtime;
mod settings;
mod space;
mod working;

pub(crate) use applying::{Applying, BEFORE, applicant, is_applying, take_admitted, watch};
pub(crate) use folder::{
    KeyName, PartyFolder, admission_in, check_party, is_party_name, read_text, replace_file, settings_in,
};
pub(crate) use identity::{admission_of, own_did};
pub(crate) use office::{RunningOffice, check_mail, mailer_of, run_office};
pub(crate) use renewing::before_start;
pub(crate) use resolving::COMMAND as RESOLVE;
pub(crate) use runtime::Network;
pub(crate) use settings::{
    ForeignSettings, LookSettings, MailSettings, PartySettings, Registered, TestMember, development_port,
};
pub(crate) use space::{RunningSpace, run_space};
